//! The names that a body has in XML, from the `xml` objects of its schemas (OpenAPI 3.1 §4.8.26).
//!
//! Hints are told schema by schema: `ref` names an entry of the root's `defs`, so that what recurs is told once.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::schema::flat::{Additional, All, flatten};
use super::schema::{Schemas, reference};

/// How deep schemas inside of one another are looked at; below, an element has the name of its property.
const DEEPEST: usize = 64;
/// How many schemas are looked at.
const MOST_NODES: usize = 20_000;

/// The hints of a body's schema as JSON text; empty where there are none.
pub(super) fn hints(schema: &Value, schemas: &Schemas<'_>) -> String {
    told(schema, schemas, |root, definitions| {
        name_after(root, schema, definitions);
        if let Some(items) = schema.get("items") {
            let inner = root.entry("items").or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                name_after(inner, items, definitions);
            }
        }
    })
}

/// The same of a property, which has a name already.
pub(super) fn property_hints(schema: &Value, schemas: &Schemas<'_>) -> String {
    told(schema, schemas, |_, _| {})
}

fn told(
    schema: &Value,
    schemas: &Schemas<'_>,
    name: impl FnOnce(&mut Map<String, Value>, &Definitions),
) -> String {
    let mut hints = Hints {
        schemas,
        definitions: IndexMap::new(),
        waiting: Vec::new(),
        left: MOST_NODES,
    };
    let mut root = hints.inline(&vec![schema], 0);
    hints.define();
    name(&mut root, &hints.definitions);
    let useful = hints.useful();
    let mut root = pruned(&root, &useful);
    let definitions: Map<String, Value> = (hints.definitions.iter())
        .filter(|(name, _)| useful.contains(*name))
        .map(|(name, hints)| (name.clone(), pruned(hints, &useful).into()))
        .collect();
    if !definitions.is_empty() {
        root.insert("defs".to_owned(), definitions.into());
    }
    if root.is_empty() {
        String::new()
    } else {
        Value::Object(root).to_string()
    }
}

/// An element without a name of its own is called as its schema is.
fn name_after(told: &mut Map<String, Value>, schema: &Value, definitions: &Definitions) {
    let referred = (told.get("ref").and_then(Value::as_str)).and_then(|name| definitions.get(name));
    if referred.is_some_and(|referred| referred.contains_key("name")) {
        return;
    }
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = reference.and_then(|reference| reference.rsplit('/').next()) {
        told.entry("name").or_insert_with(|| Value::from(name));
    }
}

/// What is known of shared schemas, by their names.
type Definitions = IndexMap<String, Map<String, Value>>;

struct Hints<'s, 'a> {
    schemas: &'s Schemas<'a>,
    definitions: Definitions,
    waiting: Vec<(String, &'a Value)>,
    left: usize,
}

impl Hints<'_, '_> {
    /// The hints of schemas that hold together.
    fn node(&mut self, all: &All<'_>, depth: usize) -> Map<String, Value> {
        let [schema] = all[..] else {
            return self.inline(all, depth);
        };
        let Some((index, target)) = shared(schema).and_then(|name| self.schemas.resolve(name))
        else {
            return self.inline(all, depth);
        };
        let name = self.schemas.name(index).to_owned();
        let mut out = Map::new();
        own_keys(schema, &mut out);
        if !self.definitions.contains_key(&name) {
            self.definitions.insert(name.clone(), Map::new());
            self.waiting.push((name.clone(), target));
        }
        out.insert("ref".to_owned(), name.into());
        out
    }

    /// Tells the shared schemas that were referred to.
    fn define(&mut self) {
        while let Some((name, schema)) = self.waiting.pop() {
            let told = self.inline(&vec![schema], 0);
            self.definitions.insert(name, told);
        }
    }

    fn inline(&mut self, all: &All<'_>, depth: usize) -> Map<String, Value> {
        let mut out = Map::new();
        if depth > DEEPEST || self.left == 0 {
            return out;
        }
        self.left -= 1;
        for schema in all {
            own(schema, self.schemas, 0, &mut out);
        }
        let flat = flatten(self.schemas, all);
        let mut properties = Map::new();
        for (name, all) in &flat.properties {
            let inner = self.node(all, depth + 1);
            if !inner.is_empty() {
                properties.insert((*name).to_owned(), Value::Object(inner));
            }
        }
        for form in flat.alternatives.iter().copied().flatten() {
            let inner = self.inline(&vec![form], depth + 1);
            if let Some(Value::Object(inner)) = inner.get("properties") {
                for (name, hints) in inner {
                    properties.entry(name).or_insert_with(|| hints.clone());
                }
            }
        }
        let others = match &flat.additional {
            Additional::Of(all) => self.node(all, depth + 1),
            _ => Map::new(),
        };
        let items = if flat.items.is_empty() {
            Map::new()
        } else {
            self.node(&flat.items, depth + 1)
        };
        for (key, inner) in [
            ("properties", properties),
            ("additionalProperties", others),
            ("items", items),
        ] {
            if !inner.is_empty() {
                out.insert(key.to_owned(), inner.into());
            }
        }
        out
    }

    /// The shared schemas that have something to tell, if only of what they refer to.
    fn useful(&self) -> BTreeSet<String> {
        let mut useful = BTreeSet::new();
        loop {
            let more: Vec<String> = (self.definitions.iter())
                .filter(|(name, hints)| {
                    !useful.contains(*name) && !pruned(hints, &useful).is_empty()
                })
                .map(|(name, _)| name.clone())
                .collect();
            if more.is_empty() {
                return useful;
            }
            useful.extend(more);
        }
    }
}

/// The hints without references to what has nothing to tell.
fn pruned(hints: &Map<String, Value>, useful: &BTreeSet<String>) -> Map<String, Value> {
    let all = |members: &Map<String, Value>| -> Map<String, Value> {
        (members.iter())
            .filter_map(|(name, hints)| Some((name.clone(), pruned(hints.as_object()?, useful))))
            .filter(|(_, hints)| !hints.is_empty())
            .map(|(name, hints)| (name, hints.into()))
            .collect()
    };
    let mut out = Map::new();
    for (key, value) in hints {
        let kept = match (key.as_str(), value) {
            ("properties", Value::Object(members)) => Value::Object(all(members)),
            ("items" | "additionalProperties", Value::Object(inner)) => {
                pruned(inner, useful).into()
            }
            ("ref", Value::String(name)) if !useful.contains(name) => continue,
            _ => value.clone(),
        };
        if kept.as_object().is_none_or(|kept| !kept.is_empty()) {
            out.insert(key.clone(), kept);
        }
    }
    out
}

/// The reference to a shared schema, of a schema that says nothing of its own about names inside of it.
fn shared(schema: &Value) -> Option<&str> {
    let schema = schema.as_object()?;
    let has = |keyword: &str| schema.contains_key(keyword);
    if [
        "properties",
        "items",
        "oneOf",
        "anyOf",
        "additionalProperties",
    ]
    .into_iter()
    .any(has)
    {
        return None;
    }
    match (reference(schema), schema.get("allOf")) {
        (Some(reference), None) => Some(reference),
        (None, Some(Value::Array(parts))) => match &parts[..] {
            [part] => shared(part),
            _ => None,
        },
        _ => None,
    }
}

/// The schema's own `xml` object, the outermost first.
fn own(schema: &Value, schemas: &Schemas<'_>, depth: usize, out: &mut Map<String, Value>) {
    own_keys(schema, out);
    let Value::Object(schema) = schema else {
        return;
    };
    if depth > 16 {
        return;
    }
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some((_, target)) = reference.and_then(|reference| schemas.resolve(reference)) {
        own(target, schemas, depth + 1, out);
    }
    for branch in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        own(branch, schemas, depth + 1, out);
    }
}

fn own_keys(schema: &Value, out: &mut Map<String, Value>) {
    const KEYS: &[&str] = &[
        "name",
        "namespace",
        "prefix",
        "attribute",
        "wrapped",
        "nodeType",
        "x-text",
    ];
    if let Some(Value::Object(xml)) = schema.get("xml") {
        for key in KEYS {
            if let Some(value) = xml.get(*key) {
                out.entry(*key).or_insert_with(|| value.clone());
            }
        }
    }
}
