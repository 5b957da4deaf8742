//! Completion: what an argument may be, while it is typed.
//!
//! What is suggested is what the caller sees anyway: names of its tools, and the values that their schemas list.

use std::collections::HashSet;

use rmcp::model::{CompleteResult, CompletionInfo, MetaObject};
use serde_json::Value;

/// MCP, server/utilities/completion: no more than this at once.
const MOST_VALUES: usize = CompletionInfo::MAX_VALUES;

/// A schema that says more than this about one value is not looked through to its end.
const MOST_STEPS: usize = 2_000;

/// The values that a schema of arguments lists for one of them; `definition` finds what it refers to by name.
#[must_use]
pub(crate) fn choices<'s>(
    schema: &'s Value,
    argument: &str,
    definition: &dyn Fn(&str) -> Option<&'s Value>,
) -> Vec<String> {
    let mut found = Vec::new();
    for schema in variants(schema, argument, definition) {
        add_choices(schema, &mut found);
        let items = schema.get("items").map(|items| all_of(items, definition));
        for schema in items.into_iter().flatten() {
            add_choices(schema, &mut found);
        }
    }
    let mut known = HashSet::new();
    found.retain(|value| known.insert(value.clone()));
    found
}

fn add_choices(schema: &Value, found: &mut Vec<String>) {
    let listed = schema.get("enum").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().chain(schema.get("const"));
    found.extend(listed.filter_map(as_text));
    if schema.get("enum").is_none() && is_boolean(schema) {
        found.extend(["true", "false"].map(str::to_owned));
    }
}

/// The schemas that say what an argument is: its own, and those that it refers to or chooses from.
pub(super) fn variants<'s>(
    schema: &'s Value,
    argument: &str,
    definition: &dyn Fn(&str) -> Option<&'s Value>,
) -> Vec<&'s Value> {
    let own = schema["properties"].get(argument);
    own.map(|own| all_of(own, definition)).unwrap_or_default()
}

fn all_of<'s>(schema: &'s Value, definition: &dyn Fn(&str) -> Option<&'s Value>) -> Vec<&'s Value> {
    let mut found = Vec::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        if found.len() == MOST_STEPS {
            break;
        }
        found.push(schema);
        let referred = schema.get("$ref").and_then(Value::as_str);
        let referred = referred.and_then(|uri| definition(uri.strip_prefix("#/$defs/")?));
        let choices = ["anyOf", "oneOf", "allOf"].into_iter();
        let choices = choices
            .filter_map(|key| schema.get(key)?.as_array())
            .flatten();
        // The last one goes first, so what is written first is found first.
        let mut next: Vec<&Value> = choices.chain(referred).collect();
        next.reverse();
        open.extend(next);
    }
    found
}

fn is_boolean(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "boolean",
        Some(Value::Array(names)) => names.iter().any(|name| name == "boolean"),
        _ => false,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The answer to `completion/complete`: of these values those that begin with what was typed.
pub(super) fn result(values: Vec<String>, typed: &str, meta: MetaObject) -> CompleteResult {
    let mut fitting: Vec<String> = (values.into_iter())
        .filter(|value| begins(value, typed))
        .collect();
    let total = fitting.len();
    fitting.truncate(MOST_VALUES);
    let mut completion = CompletionInfo::default();
    completion.values = fitting;
    completion.total = u32::try_from(total).ok();
    completion.has_more = Some(total > MOST_VALUES);
    let mut result = CompleteResult::new(completion);
    result.meta = Some(meta);
    result
}

/// Whether a text begins with another, in whatever case of ASCII.
fn begins(text: &str, start: &str) -> bool {
    let head = text.as_bytes().get(..start.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_found_behind_references_choices_and_items_and_once() {
        let schema = json!({"properties": {
            "status": {"anyOf": [{"$ref": "#/$defs/Status"}, {"type": "null"}]},
            "many": {"type": "array", "items": {"$ref": "#/$defs/Status"}},
            "flag": {"type": ["boolean", "null"]},
            "number": {"enum": [1, 2, null]},
            "open": {"type": "string"},
        }});
        let status = json!({"oneOf": [{"const": "paid"}, {"enum": ["sent", "paid"]}]});
        let definition = |name: &str| (name == "Status").then_some(&status);
        let of = |argument| choices(&schema, argument, &definition);
        assert_eq!(of("status"), ["paid", "sent"]);
        assert_eq!(of("many"), ["paid", "sent"]);
        assert_eq!(of("flag"), ["true", "false"]);
        assert_eq!(of("number"), ["1", "2"]);
        assert!(of("open").is_empty() && of("absent").is_empty());
    }

    #[test]
    fn a_schema_that_refers_to_itself_has_an_end() {
        let schema = json!({"properties": {"x": {"$ref": "#/$defs/X"}}});
        let itself = json!({"anyOf": [{"$ref": "#/$defs/X"}, {"$ref": "#/$defs/X"}]});
        assert!(choices(&schema, "x", &|_| Some(&itself)).is_empty());
    }

    #[test]
    fn what_was_typed_is_a_beginning_and_a_hundred_values_are_enough() {
        let numbers = (0..250).map(|number| format!("No{number}")).collect();
        let result = result(numbers, "nO", MetaObject::default());
        assert_eq!(result.completion.values.len(), 100);
        assert_eq!(result.completion.total, Some(250));
        assert_eq!(result.completion.has_more, Some(true));
        assert!(!begins("é", "e") && begins("éa", "é") && !begins("é", "\u{c3}"));
    }
}
