//! `tests/wire.json`: for each tool example arguments and the HTTP request that they should become.
//!
//! `tests/wire.rs` of the generated crate makes the calls and compares. Tools whose arguments or request need more
//! than [`request`] knows are left out, never guessed.

mod example;
mod pattern;
mod request;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::request::{ExpectedBody, Request, covers};
use super::schemas;
use crate::plan::{BodySource, Plan, SchemeKind, Tool};

/// The text of `tests/wire.json`.
pub(super) fn cases(plan: &Plan) -> String {
    let calls: Vec<_> = plan
        .groups
        .iter()
        .flat_map(|group| &group.tools)
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
    let names = plan.schemes.iter().flat_map(|scheme| {
        let suffixes: &[&str] = match scheme.kind {
            SchemeKind::ApiKey(..) => &["KEY"],
            SchemeKind::Bearer => &["TOKEN"],
            SchemeKind::Basic => &["USERNAME", "PASSWORD"],
        };
        suffixes
            .iter()
            .map(|suffix| format!("API_{}_{suffix}", scheme.env))
    });
    names.collect()
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
    let precise = plan.whole_input(tool);
    if unfolded(&precise, &precise, &mut Vec::new(), &mut BTreeMap::new()) > MOST_UNFOLDED {
        return None;
    }
    let validator = jsonschema::validator_for(&precise).ok()?;
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
