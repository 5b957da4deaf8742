//! Asking the user for arguments that a call lacks, where they are plain values.

use serde_json::{Map, Value, json};

use super::super::schema::Schema;
use super::Question;

/// The key of the question for arguments.
pub(in super::super) const KEY: &str = "arguments";
/// A longer form is nobody's pleasure.
const MOST: usize = 10;

/// What to ask for; `None` where nothing is missing, or where it is nothing that a form may ask for.
pub(in super::super) fn missing(
    tool: &str,
    schema: &Schema,
    arguments: &Map<String, Value>,
    is_filled_in: &dyn Fn(&str) -> bool,
) -> Option<Question> {
    let lacking = schema.lacking(arguments);
    let names: Vec<&str> = lacking.filter(|name| !is_filled_in(name)).collect();
    if names.is_empty() || names.len() > MOST {
        return None;
    }
    let mut properties = Map::new();
    for name in &names {
        let described = schema.document.get("properties")?.get(*name)?;
        let mut field = field(name, schema.resolved(described))?;
        // What stands beside a reference is said of this argument.
        if let Some(text) = described.get("description") {
            field["description"] = text.clone();
        }
        properties.insert((*name).to_owned(), field);
    }
    Some(Question {
        key: KEY,
        message: format!("`{tool}` needs more to be called."),
        schema: json!({"type": "object", "properties": properties, "required": names}),
        state: None,
    })
}

/// A field of a form (MCP, client/elicitation, "Requested Schema").
fn field(name: &str, schema: &Value) -> Option<Value> {
    // The same page, "Security": a form MUST NOT ask for what is secret.
    let lower = name.to_ascii_lowercase();
    let is_secret = [
        "password",
        "secret",
        "token",
        "apikey",
        "api_key",
        "credential",
    ];
    if is_secret.iter().any(|word| lower.contains(word))
        || schema.get("format").and_then(Value::as_str) == Some("password")
    {
        return None;
    }
    let kind = schema.get("type")?.as_str()?;
    let kept: &[&str] = match kind {
        "string" => &["title", "description", "minLength", "maxLength"],
        "integer" | "number" => &["title", "description", "minimum", "maximum"],
        "boolean" => &["title", "description"],
        _ => return None,
    };
    let mut field = Map::new();
    field.insert("type".to_owned(), kind.into());
    for key in kept {
        if let Some(value) = schema.get(*key) {
            field.insert((*key).to_owned(), value.clone());
        }
    }
    if let Some(values) = schema.get("enum") {
        // A form has enumerations of texts only.
        let texts = values.as_array()?.iter().all(Value::is_string);
        if kind != "string" || !texts {
            return None;
        }
        field.insert("enum".to_owned(), values.clone());
    }
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(format @ ("email" | "uri" | "date" | "date-time")) = format {
        field.insert("format".to_owned(), format.into());
    }
    Some(Value::Object(field))
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::Definitions;
    use super::*;

    fn asked(schema: Value, arguments: &Value) -> Option<Value> {
        let schema = Schema::compile(schema, &Definitions::new());
        let arguments = arguments.as_object().expect("an object");
        missing("t", &schema, arguments, &|name| name == "bound").map(|question| question.schema)
    }

    #[test]
    fn a_form_asks_for_the_plain_values_that_are_missing() {
        let schema = json!({"type": "object", "required": ["id", "kind", "there", "bound"], "properties": {
            "id": {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "description": "Which"},
            "kind": {"type": "string", "enum": ["a", "b"], "pattern": "x"},
            "there": {"type": "string"},
            "bound": {"type": "string"},
            "optional": {"type": "string"},
        }});
        let expected = json!({"type": "object", "required": ["id", "kind"], "properties": {
            "id": {"type": "integer", "description": "Which", "minimum": 1},
            "kind": {"type": "string", "enum": ["a", "b"]},
        }});
        assert_eq!(
            asked(schema.clone(), &json!({"there": "x"})),
            Some(expected)
        );
        assert_eq!(
            asked(schema, &json!({"there": "x", "id": 1, "kind": "a"})),
            None
        );
    }

    #[test]
    fn what_is_secret_or_no_plain_value_is_not_asked_for() {
        for property in [
            json!({"type": "object"}),
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "string", "format": "password"}),
            json!({"type": "integer", "enum": [1, 2]}),
            json!({}),
        ] {
            let schema =
                json!({"type": "object", "required": ["a"], "properties": {"a": property}});
            assert_eq!(asked(schema.clone(), &json!({})), None, "{schema}");
        }
        let schema = json!({"type": "object", "required": ["api_token"], "properties": {"api_token": {"type": "string"}}});
        assert_eq!(asked(schema, &json!({})), None);
    }
}
