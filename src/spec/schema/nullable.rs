//! `nullable: true` of OpenAPI 3.0 in the words of JSON Schema 2020-12.

use serde_json::{Map as Object, Value, json};

use super::keywords::is_annotation;
use super::null_schema;
use crate::spec::tree::{Map, Node};

/// Whether a schema says that `null` is allowed. OpenAPI 3.1 has no such keyword, but documents that were moved up
/// from 3.0 keep it and mean it.
pub(super) fn is_nullable(schema: &Map) -> bool {
    ["nullable", "x-nullable"]
        .iter()
        .any(|key| schema.get(key) == Some(&Node::Bool(true)))
}

/// The converted schema with `null` allowed.
pub(super) fn with_null(mut schema: Object<String, Value>) -> Value {
    let is_composed = ["$ref", "allOf", "oneOf", "not", "const"]
        .iter()
        .any(|key| schema.contains_key(*key));
    if is_composed || (schema.contains_key("anyOf") && schema.contains_key("type")) {
        return either(schema);
    }
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        if !branches.contains(&null_schema()) {
            branches.push(null_schema());
        }
        return Value::Object(schema);
    }
    if let Some(types) = schema.get_mut("type") {
        add_null_type(types);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    Value::Object(schema)
}

fn add_null_type(types: &mut Value) {
    match types {
        Value::String(name) if name != "null" => *types = json!([name, "null"]),
        Value::Array(names) if !names.iter().any(|name| name == "null") => {
            names.push(json!("null"));
        }
        _ => {}
    }
}

/// What the schema says, or `null`; titles and descriptions stay outside.
fn either(schema: Object<String, Value>) -> Value {
    let mut outer = Object::new();
    let mut inner = Object::new();
    for (key, value) in schema {
        if is_annotation(&key) {
            outer.insert(key, value);
        } else {
            inner.insert(key, value);
        }
    }
    outer.insert("anyOf".to_owned(), json!([inner, null_schema()]));
    Value::Object(outer)
}
