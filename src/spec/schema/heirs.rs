//! Inheritance that no list tells: a base with a `discriminator`, and subtypes that are `allOf` it.
//!
//! OpenAPI 3.0 §4.7.24 and Swagger 2.0 write polymorphism so; in JSON Schema the base knows nothing of its subtypes. It
//! gets the list as an `anyOf`, with the base itself as the last form, so that nothing is refused that was allowed.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::diagnostic::JsonPointer;
use crate::spec::files::HOME;
use crate::spec::lower::Context;
use crate::spec::refs::Target;
use crate::spec::tree::{Map, Node};

/// The shared schemas that are `allOf` another one, by the other one's address, in document order.
pub(in crate::spec) type Heirs<'d> = HashMap<*const Node, Vec<Target<'d>>>;

impl<'d> Context<'_, 'd> {
    /// Puts the list of its subtypes into a base that has none.
    pub(super) fn list_heirs(&mut self, base: &Target<'d>, value: &mut Value) {
        let Value::Object(schema) = value else { return };
        if !schema.contains_key("discriminator")
            || ["oneOf", "anyOf"]
                .iter()
                .any(|list| schema.contains_key(*list))
        {
            return;
        }
        let own = self.definition(base);
        let mapping = schema["discriminator"]
            .get("mapping")
            .and_then(Value::as_object);
        let mapped = mapping.into_iter().flat_map(|mapping| mapping.values());
        let mut forms: Vec<String> =
            (mapped.filter_map(Value::as_str).map(str::to_owned)).collect();
        for heir in self.heirs_of(base.node) {
            forms.push(self.definition(&heir));
        }
        let mut listed: Vec<Value> = Vec::new();
        for form in forms.into_iter().filter(|form| *form != own) {
            let form = json!({ "$ref": form });
            if !listed.contains(&form) {
                listed.push(form);
            }
        }
        if !listed.is_empty() {
            listed.push(json!({}));
            schema.insert("anyOf".to_owned(), Value::Array(listed));
        }
    }

    fn heirs_of(&mut self, base: &'d Node) -> Vec<Target<'d>> {
        if self.heirs.is_none() {
            let heirs = self.all_heirs();
            self.heirs = Some(heirs);
        }
        let heirs = self
            .heirs
            .as_ref()
            .and_then(|heirs| heirs.get(&std::ptr::from_ref(base)));
        heirs.cloned().unwrap_or_default()
    }

    fn all_heirs(&mut self) -> Heirs<'d> {
        let mut heirs = Heirs::new();
        for (schemas, place) in shared_schemas(self.tree()) {
            for (name, schema) in schemas.iter() {
                let pointer = place.child(name);
                for base in self.bases(schema, &pointer) {
                    let heir = Target {
                        node: schema,
                        pointer: pointer.clone(),
                    };
                    heirs.entry(base).or_default().push(heir);
                }
            }
        }
        heirs
    }

    /// What a schema is `allOf`, by address.
    fn bases(&mut self, schema: &'d Node, pointer: &JsonPointer) -> Vec<*const Node> {
        let parts = match schema.child("allOf") {
            Some(Node::List(parts)) => parts.as_slice(),
            _ => &[],
        };
        let references =
            (parts.iter()).filter_map(|part| part.child("$ref").and_then(Node::as_text));
        references
            .filter_map(|reference| {
                // A reference that leads nowhere is told where the schema is converted.
                let target = self.refs.target(reference, pointer).ok()?;
                let base = self.refs.follow(target).ok()?;
                Some(std::ptr::from_ref(base.node))
            })
            .collect()
    }
}

/// The shared schemas of the document and of those that were read with it.
fn shared_schemas(root: &Node) -> Vec<(&Map, JsonPointer)> {
    let home = JsonPointer::root().child(HOME);
    let others = root.child(HOME).and_then(Node::as_map);
    let others = others.into_iter().flat_map(|documents| {
        documents
            .iter()
            .map(|(name, document)| (document, home.child(name)))
            .collect::<Vec<_>>()
    });
    std::iter::once((root, JsonPointer::root()))
        .chain(others)
        .flat_map(|(document, place)| {
            let components = document
                .child("components")
                .and_then(|components| components.child("schemas"))
                .map(|schemas| (schemas, place.child("components").child("schemas")));
            // Swagger 2.0.
            let definitions = document
                .child("definitions")
                .map(|schemas| (schemas, place.child("definitions")));
            [components, definitions].into_iter().flatten()
        })
        .filter_map(|(schemas, place)| Some((schemas.as_map()?, place)))
        .collect()
}
