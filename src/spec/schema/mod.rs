//! Schemas: from the dialects of OpenAPI 3.0 and 3.1 to JSON Schema 2020-12.
//!
//! A schema stays raw JSON. Its keywords are translated and checked one by one (`keywords`); what JSON Schema would
//! refuse is mended or left away with one warning, so that a schema never becomes stricter than its author wrote it.
//! Each `$ref` becomes `#/$defs/NAME`; what it names is converted once. Whether a schema fits a tool is not asked here.

mod cycles;
mod dynamic;
mod heirs;
mod keywords;
mod names;
mod nullable;

use indexmap::IndexMap;
use serde_json::{Map as Object, Value, json};

use super::lower::Context;
use super::path::Path;
use super::tree::{Map, Node};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
pub(super) use dynamic::{Dynamic, Scope};
pub(super) use heirs::Heirs;
pub(super) use names::Names;

/// A named schema after its conversion.
#[derive(Debug)]
struct Definition {
    value: Value,
    pointer: JsonPointer,
}

impl<'d> Context<'_, 'd> {
    /// A schema where it is used.
    pub(super) fn schema(&mut self, node: &'d Node, path: &Path<'_>) -> Value {
        match node {
            Node::Bool(allowed) => Value::Bool(*allowed),
            Node::Map(map) => self.within(node, path, |context| context.schema_object(map, path)),
            other => {
                self.schema_warning(path, format!("a schema is {}, not an object", other.kind()));
                Value::Bool(true)
            }
        }
    }

    fn schema_object(&mut self, schema: &'d Map, path: &Path<'_>) -> Value {
        let is_reference = schema
            .get("$ref")
            .is_some_and(|node| node.as_text().is_some());
        let mut out = Object::new();
        for (key, value) in schema.iter() {
            // OpenAPI 3.0 §4.8.23: siblings of `$ref` are ignored. What does not constrain is kept all the same,
            // because that is what its authors mean.
            let ignored = is_reference
                && self.version().ignores_siblings()
                && key != "$ref"
                && !keywords::is_annotation(key);
            if !ignored {
                self.keyword(schema, key, value, &path.key(key), &mut out);
            }
        }
        if is_reference && out.is_empty() {
            return Value::Bool(true);
        }
        self.completed(schema, path, out)
    }

    /// A schema whose keywords have been converted, with what several of them say together.
    pub(super) fn completed(
        &mut self,
        schema: &Map,
        path: &Path<'_>,
        mut out: Object<String, Value>,
    ) -> Value {
        self.fit_values(path, &mut out);
        if nullable::is_nullable(schema) {
            return nullable::with_null(out);
        }
        Value::Object(out)
    }

    /// `#/$defs/NAME` for a reference; `None`, with a warning, when it leads nowhere.
    fn schema_reference(&mut self, reference: &str, path: &Path<'_>) -> Option<String> {
        let pointer = path.pointer();
        let target = self.refs.target(reference, &pointer);
        // Two references that only name each other would have a validator run for ever.
        let target = target.and_then(|target| {
            self.refs
                .follow(target.clone())
                .map(|_| target)
                .map_err(|dangling| dangling.problem)
        });
        match target {
            Ok(target) => Some(self.definition(&target)),
            Err(problem) => {
                self.push(
                    problem
                        .diagnostic(reference, &pointer)
                        .skipping("what the reference asks for; any value is allowed"),
                );
                None
            }
        }
    }

    /// Converts everything that has been referred to, and what that refers to in turn; with where each stands.
    pub(super) fn definitions(
        &mut self,
    ) -> (IndexMap<String, Value>, IndexMap<String, JsonPointer>) {
        let mut converted = Vec::new();
        while let Some((target, scope)) = self.names.next_unconverted() {
            self.begin(&target, scope);
            let mut value = self.schema(target.node, &Path::Start(&target.pointer));
            self.list_heirs(&target, &mut value);
            let pointer = target.pointer;
            converted.push(Definition { value, pointer });
        }
        self.scope = None;
        let definitions = self.names.in_document_order(converted);
        cycles::broken(definitions, self.diagnostics)
    }

    /// One warning about a schema.
    fn schema_warning(&mut self, path: &Path<'_>, message: String) {
        self.push(Diagnostic::new(Code::InvalidSchema, message).at(&path.pointer()));
    }

    /// The members of `properties` and the like; with the names of those that call themselves required.
    fn schema_map(
        &mut self,
        members: &'d Map,
        path: &Path<'_>,
    ) -> (Object<String, Value>, Vec<String>) {
        let mut required = Vec::new();
        let mut out = Object::new();
        for (name, member) in members.iter() {
            // `required: true` inside of a property is how JSON Schema draft 3 said it.
            if let Some(Node::Bool(true)) = member.as_map().and_then(|map| map.get("required")) {
                required.push(name.to_owned());
            }
            let value = self.schema(member, &path.key(name));
            out.insert(name.to_owned(), value);
        }
        (out, required)
    }
}

/// `{"type": "null"}`.
fn null_schema() -> Value {
    json!({"type": "null"})
}

#[cfg(test)]
mod tests;
