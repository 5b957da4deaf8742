//! What an answer is found by.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::custom::Call;
use super::super::identity::Identity;
use super::super::tool::ToolDef;
use super::Keeping;

/// Headers that name a request and say nothing of what is asked.
const OF_ONE_REQUEST: [&str; 5] = [
    "traceparent",
    "tracestate",
    "baggage",
    "x-request-id",
    "x-correlation-id",
];

/// Tool, caller, arguments and the headers that the call adds. Credentials are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in super::super) struct Key(Arc<str>);

impl Key {
    /// The key of a call whose arguments are checked.
    pub(in super::super) fn new(tool: &ToolDef, call: &Call, keeping: &Keeping) -> Self {
        let caller = (call.context.identity.as_ref()).filter(|_| !keeping.is_shared);
        let caller = caller.map(|it: &Identity| json!([it.means().label(), it.name()]));
        let mut headers: Vec<(String, &str)> = (call.headers.iter())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
            .filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()))
            .collect();
        headers.sort_unstable();
        let arguments = sorted(&call.arguments);
        Self(Arc::from(
            json!([tool.name, caller, arguments, headers]).to_string(),
        ))
    }

    /// In bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The order of members says nothing.
fn sorted(object: &Map<String, Value>) -> Value {
    let mut members: Vec<(&String, &Value)> = object.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    let members = (members.into_iter()).map(|(name, value)| (name.clone(), sorted_value(value)));
    Value::Object(members.collect())
}

fn sorted_value(value: &Value) -> Value {
    match value {
        Value::Object(object) => sorted(object),
        Value::Array(items) => items.iter().map(sorted_value).collect(),
        plain => plain.clone(),
    }
}
