//! `tests/wire.json`: for each tool example arguments and the HTTP request that they should become.
//!
//! `tests/wire.rs` of the generated crate makes the calls and compares. Tools whose arguments or request need more
//! than [`request`] knows are left out, never guessed.

mod example;
mod met;
mod pattern;
mod request;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use self::request::{ExpectedBody, Request, covers};
use super::schemas;
use crate::plan::{BodySource, Plan, Scheme, Tool};

/// The text of `tests/wire.json`.
pub(super) fn cases(plan: &Plan) -> String {
    let calls: Vec<_> = (plan.par_tools())
        .filter_map(|tool| Some(case(plan, tool)?.to_string()))
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
        ("calls", schemas::array(&calls)),
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
    let examples = Value::Object(examples);
    // The least arguments meet nothing else.
    let precise = met::part(&tool.precise, &examples, &plan.defs)?;
    let validator = jsonschema::draft202012::new(&precise).ok()?;
    [examples, least.into()].into_iter().find_map(|arguments| {
        let request = request::request(plan, tool, arguments.as_object()?)?;
        validator
            .is_valid(&arguments)
            .then(|| call(tool, &arguments, request))
    })
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
