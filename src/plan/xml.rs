//! The names that a body has in XML, from the `xml` objects of its schemas (OpenAPI 3.1 §4.8.26).

use serde_json::{Map, Value};

use super::schema::Schemas;
use super::schema::flat::{All, flatten};

/// How deep names are told; below, an element has the name of its property.
const DEEPEST: usize = 8;
/// Recursive schemas would tell the same names again and again.
const MOST_NODES: usize = 400;

/// The hints of a body's schema as JSON text; empty where there are none.
pub(super) fn hints(schema: &Value, schemas: &Schemas<'_>) -> String {
    let mut left = MOST_NODES;
    let mut hints = of(&vec![schema], schemas, 0, &mut left);
    // Without a name of its own the document is called as its schema is.
    name_after(&mut hints, schema);
    if let Some(items) = schema.get("items") {
        let inner = hints.entry("items").or_insert_with(|| Map::new().into());
        if let Value::Object(inner) = inner {
            name_after(inner, items);
        }
    }
    hints.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    if hints.is_empty() {
        String::new()
    } else {
        Value::Object(hints).to_string()
    }
}

fn name_after(hints: &mut Map<String, Value>, schema: &Value) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = reference.and_then(|reference| reference.rsplit('/').next()) {
        hints.entry("name").or_insert_with(|| Value::from(name));
    }
}

fn of(all: &All<'_>, schemas: &Schemas<'_>, depth: usize, left: &mut usize) -> Map<String, Value> {
    let mut out = Map::new();
    if depth > DEEPEST || *left == 0 {
        return out;
    }
    *left -= 1;
    for schema in all {
        own(schema, schemas, 0, &mut out);
    }
    let flat = flatten(schemas, all);
    let mut properties = Map::new();
    for (name, all) in &flat.properties {
        let inner = of(all, schemas, depth + 1, left);
        if !inner.is_empty() {
            properties.insert((*name).to_owned(), Value::Object(inner));
        }
    }
    for form in flat.alternatives.iter().copied().flatten() {
        let inner = of(&vec![form], schemas, depth + 1, left);
        if let Some(Value::Object(inner)) = inner.get("properties") {
            for (name, hints) in inner {
                properties.entry(name).or_insert_with(|| hints.clone());
            }
        }
    }
    if !properties.is_empty() {
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    if !flat.items.is_empty() {
        let inner = of(&flat.items, schemas, depth + 1, left);
        if !inner.is_empty() {
            out.insert("items".to_owned(), Value::Object(inner));
        }
    }
    out
}

/// The schema's own `xml` object, the outermost first.
fn own(schema: &Value, schemas: &Schemas<'_>, depth: usize, out: &mut Map<String, Value>) {
    const KEYS: &[&str] = &[
        "name",
        "namespace",
        "prefix",
        "attribute",
        "wrapped",
        "nodeType",
        "x-text",
    ];
    let Value::Object(schema) = schema else {
        return;
    };
    if let Some(Value::Object(xml)) = schema.get("xml") {
        for key in KEYS {
            if let Some(value) = xml.get(*key) {
                out.entry(*key).or_insert_with(|| value.clone());
            }
        }
    }
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
