//! Example arguments: a value that fits a schema, made from the schema alone.
//!
//! It need not be clever: what it makes is checked against the schema before it is used.

use serde_json::{Map, Value, json};

use super::pattern;

/// How deep examples go; deeper values are left away where they may be.
const DEPTH: usize = 4;

/// A value that probably fits.
pub(super) fn value(schema: &Value) -> Option<Value> {
    at_depth(schema, DEPTH)
}

fn at_depth(schema: &Value, depth: usize) -> Option<Value> {
    let Some(schema) = schema.as_object() else {
        return (schema == &Value::Bool(true)).then(|| json!("text"));
    };
    if let Some(given) = given(schema) {
        return Some(given.clone());
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(alternatives) = schema.get(keyword).and_then(Value::as_array) {
            return alternatives
                .iter()
                .find_map(|alternative| at_depth(alternative, depth));
        }
    }
    match type_of(schema) {
        "string" => string(schema),
        "integer" => Some(integer(schema).into()),
        "number" => Some(number(schema)),
        "boolean" => Some(true.into()),
        "array" => array(schema, depth),
        "object" => object(schema, depth),
        "null" => Some(Value::Null),
        _ => Some(json!("text")),
    }
}

/// What the schema itself gives as a value.
fn given(schema: &Map<String, Value>) -> Option<&Value> {
    schema
        .get("const")
        .or_else(|| schema.get("examples")?.as_array()?.first())
        .or_else(|| schema.get("example"))
        .or_else(|| schema.get("default").filter(|value| !value.is_null()))
        .or_else(|| {
            schema
                .get("enum")?
                .as_array()?
                .iter()
                .find(|value| !value.is_null())
        })
}

fn type_of(schema: &Map<String, Value>) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .unwrap_or("null"),
        _ if schema.contains_key("properties") => "object",
        _ if schema.contains_key("items") => "array",
        _ => "",
    }
}

fn string(schema: &Map<String, Value>) -> Option<Value> {
    if let Some(pattern) = schema.get("pattern") {
        return pattern::matching(pattern.as_str()?).map(Value::from);
    }
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-31",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("time") => "12:00:00Z",
        Some("duration") => "P1D",
        Some("uuid") => "123e4567-e89b-12d3-a456-426614174000",
        Some("email") => "someone@example.com",
        Some("uri" | "url" | "uri-reference") => "https://example.com/a",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("byte") => "dGV4dA==",
        // A space and a slash, so that an encoding that is left away shows.
        _ => "a b/c",
    };
    let length = |keyword| {
        let length = schema.get(keyword).and_then(Value::as_u64);
        length.and_then(|length| usize::try_from(length).ok())
    };
    let mut text = text.to_owned();
    if let Some(least) = length("minLength") {
        let missing = least.saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n('x', missing.min(1_000)));
    }
    if let Some(most) = length("maxLength") {
        text = text.chars().take(most).collect();
    }
    Some(text.into())
}

fn integer(schema: &Map<String, Value>) -> i64 {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let least = bound("minimum").or_else(|| Some(bound("exclusiveMinimum")?.saturating_add(1)));
    let most = bound("maximum").or_else(|| Some(bound("exclusiveMaximum")?.saturating_sub(1)));
    let wanted = 7_i64
        .max(least.unwrap_or(i64::MIN))
        .min(most.unwrap_or(i64::MAX));
    let down = wanted - wanted.rem_euclid(step);
    if least.is_some_and(|least| down < least) {
        down.saturating_add(step)
    } else {
        down
    }
}

fn number(schema: &Map<String, Value>) -> Value {
    let bounded = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]
    .iter()
    .any(|keyword| schema.contains_key(*keyword));
    if bounded {
        integer(schema).into()
    } else {
        json!(1.5)
    }
}

fn array(schema: &Map<String, Value>, depth: usize) -> Option<Value> {
    let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let item = schema
        .get("items")
        .filter(|_| depth > 0)
        .and_then(|items| at_depth(items, depth - 1));
    match item {
        Some(item) if least <= 1 => Some(vec![item].into()),
        _ if least == 0 => Some(Vec::<Value>::new().into()),
        _ => None,
    }
}

/// An object of the required properties, and of the others that are no objects or arrays.
fn object(schema: &Map<String, Value>, depth: usize) -> Option<Value> {
    let mut object = Map::new();
    let required = required(schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let is_required = required.contains(&name.as_str());
        if depth == 0 && !is_required {
            continue;
        }
        match at_depth(property, depth.saturating_sub(1)) {
            Some(value) if is_required || !(value.is_object() || value.is_array()) => {
                object.insert(name.clone(), value);
            }
            None if is_required => return None,
            _ => {}
        }
    }
    for name in required {
        if !object.contains_key(name) {
            object.insert(name.to_owned(), "text".into());
        }
    }
    Some(object.into())
}

/// The names under `required`.
pub(super) fn required(schema: &Map<String, Value>) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_fit_their_schemas() {
        for schema in [
            json!({"type": "string", "maxLength": 2}),
            json!({"type": "string", "minLength": 12}),
            json!({"type": "string", "format": "uuid"}),
            json!({"type": ["null", "integer"], "minimum": 10, "multipleOf": 4}),
            json!({"type": "integer", "maximum": -3}),
            json!({"type": "integer", "exclusiveMinimum": 7}),
            json!({"enum": [null, "b"]}),
            json!({"anyOf": [{"type": "string", "pattern": "^x"}, {"type": "boolean"}]}),
            json!({"type": "array", "items": {"type": "number"}, "minItems": 1}),
            json!({"type": "object", "required": ["a", "c"], "properties": {
                "a": {"type": "object", "required": ["b"], "properties": {"b": {"const": 4}}},
            }}),
        ] {
            let example = value(&schema).unwrap_or_else(|| panic!("no example for {schema}"));
            let fits = jsonschema::is_valid(&schema, &example);
            assert!(fits, "{example} for {schema}");
        }
    }
}
