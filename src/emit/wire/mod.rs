//! `tests/wire.json`: for each tool example arguments and the HTTP request that they should become.
//!
//! `tests/wire.rs` of the generated crate makes the calls and compares. Tools whose arguments or request need more
//! than [`request`] knows are left out, never guessed.

mod example;
mod pattern;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use self::request::{ExpectedBody, Request, covers};
use super::schemas;
use crate::plan::{BodySource, Plan, Scheme, Tool};

/// The text of `tests/wire.json`.
pub(super) fn cases(plan: &Plan) -> String {
    let calls: Vec<_> = (plan.par_tools())
        .filter_map(|tool| case(plan, tool))
        .collect();
    let credentials: Map<String, Value> = variables(plan)
        .into_iter()
        .map(|name| {
            let value = request::credential(&name);
            (name, value.into())
        })
        .collect();
    let servers: Vec<_> = plan
        .servers
        .iter()
        .map(|server| server.variable.as_str())
        .collect();
    let entries = [
        ("credentials", Value::from(credentials).to_string()),
        ("servers", Value::from(servers).to_string()),
        ("calls", schemas::array(calls.iter())),
    ];
    schemas::object(entries.into_iter())
}

/// The variables of all credentials.
fn variables(plan: &Plan) -> Vec<String> {
    plan.schemes.iter().flat_map(Scheme::variables).collect()
}

/// A call with as many arguments as are covered, or else with the required ones.
fn case(plan: &Plan, tool: &Tool) -> Option<Value> {
    let schema = tool.advertised.as_object()?;
    let required = example::required(schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut examples = Map::new();
    for (name, property) in properties.into_iter().flatten() {
        let needed = required.contains(&name.as_str());
        if !needed && !is_simple(tool, name) {
            continue;
        }
        match example::value(property) {
            Some(value) => {
                examples.insert(name.clone(), value);
            }
            None if needed => return None,
            None => {}
        }
    }
    let mut least = examples.clone();
    least.retain(|name, _| required.contains(&name.as_str()));
    let depth = 1 + examples.values().map(levels).max().unwrap_or(0);
    let precise = with_definitions(plan, &tool.precise, depth);
    if unfolded(&precise, &precise, &mut Vec::new(), &mut BTreeMap::new()) > MOST_UNFOLDED {
        return None;
    }
    let validator = jsonschema::draft202012::new(&precise).ok()?;
    [examples, least].into_iter().find_map(|arguments| {
        let request = request::request(plan, tool, &arguments)?;
        let arguments = Value::from(arguments);
        validator
            .is_valid(&arguments)
            .then(|| call(tool, &arguments, request))
    })
}

/// A schema of which more would be checked takes too long.
const MOST_UNFOLDED: usize = 1_000_000;

/// How many schemas there are when every reference is followed once on each way to it.
fn unfolded<'a>(
    document: &'a Value,
    schema: &'a Value,
    followed: &mut Vec<&'a str>,
    known: &mut BTreeMap<&'a str, usize>,
) -> usize {
    match schema {
        Value::Array(items) => (items.iter()).fold(0, |sum: usize, item| {
            sum.saturating_add(unfolded(document, item, followed, known))
        }),
        Value::Object(fields) => {
            let mut sum: usize = 1;
            if let Some(name) = fields.get("$ref").and_then(Value::as_str)
                && !followed.contains(&name)
                && let Some(target) = document.pointer(name.trim_start_matches('#'))
            {
                let inner = known.get(name).copied().unwrap_or_else(|| {
                    followed.push(name);
                    let inner = unfolded(document, target, followed, known);
                    followed.pop();
                    known.insert(name, inner);
                    inner
                });
                sum = sum.saturating_add(inner);
            }
            for (_, value) in fields.iter().filter(|(keyword, _)| *keyword != "$defs") {
                sum = sum.saturating_add(unfolded(document, value, followed, known));
            }
            sum
        }
        _ => 0,
    }
}

/// Whether an optional argument is worth a try.
fn is_simple(tool: &Tool, argument: &str) -> bool {
    let mut parameters = tool.parameters.iter();
    if let Some(parameter) = parameters.find(|parameter| parameter.argument == argument) {
        return covers(parameter);
    }
    match tool.body.as_ref().map(|body| &body.source) {
        Some(BodySource::Whole(whole) | BodySource::Object(whole, _)) => whole == argument,
        Some(BodySource::Fields(fields)) => fields.iter().any(|field| field.argument == argument),
        None => false,
    }
}

fn call(tool: &Tool, arguments: &Value, request: Request) -> Value {
    let mut expected = json!({"method": tool.method, "path": request.path});
    if !request.query.is_empty() {
        expected["query"] = request.query.into();
    }
    expected["headers"] = request.headers.into();
    match request.body {
        Some(ExpectedBody::Json(value)) => expected["json"] = value,
        Some(ExpectedBody::Text(text)) => expected["text"] = text.into(),
        None => {}
    }
    json!({"tool": tool.name, "arguments": arguments, "request": expected})
}

/// How many levels of objects and lists a value has.
fn levels(value: &Value) -> usize {
    let deepest = match value {
        Value::Object(members) => members.values().map(levels).max(),
        Value::Array(items) => items.iter().map(levels).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// A schema with those of the shared definitions that a value of so many levels meets. All others allow anything: in
/// a description where everything hangs together, each tool would otherwise carry all of it.
fn with_definitions(plan: &Plan, schema: &Value, depth: usize) -> Value {
    let mut definitions = Map::new();
    let mut level = vec![schema];
    for _ in 0..=depth {
        let mut below = Vec::new();
        while let Some(schema) = level.pop() {
            if let Some(name) = references(schema, &mut level, &mut below)
                && !definitions.contains_key(&name)
                && let Some(definition) = plan.defs.get(&name)
            {
                level.push(definition);
                definitions.insert(name, definition.clone());
            }
        }
        level = below;
    }
    let mut met = definitions.values().chain([schema]).collect::<Vec<_>>();
    let mut beyond = BTreeSet::new();
    while let Some(schema) = met.pop() {
        let mut inner = Vec::new();
        beyond.extend(references(schema, &mut met, &mut inner));
        met.extend(inner);
    }
    for name in beyond {
        definitions.entry(name).or_insert(Value::Bool(true));
    }
    let mut schema = schema.clone();
    if let (Some(fields), false) = (schema.as_object_mut(), definitions.is_empty()) {
        fields.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// The definition that a schema refers to itself, if any. The schemas in it go to `same` where they are about the same
/// value, and to `below` where they are about its parts.
fn references<'s>(
    schema: &'s Value,
    same: &mut Vec<&'s Value>,
    below: &mut Vec<&'s Value>,
) -> Option<String> {
    let fields = schema.as_object()?;
    for (keyword, value) in fields {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(parts)) => {
                below.extend(parts.values());
            }
            ("prefixItems", Value::Array(parts)) => below.extend(parts),
            (
                "items"
                | "contains"
                | "additionalProperties"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties",
                part,
            ) => below.push(part),
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => same.extend(branches),
            ("not" | "if" | "then" | "else", branch) => same.push(branch),
            ("dependentSchemas", Value::Object(branches)) => same.extend(branches.values()),
            _ => {}
        }
    }
    let target = fields.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    Some(target.replace("~1", "/").replace("~0", "~"))
}
