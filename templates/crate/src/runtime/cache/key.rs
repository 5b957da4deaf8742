//! What an answer is found by.

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use serde_json::json;

use super::super::arguments::sorted;
use super::super::custom::Call;
use super::super::tool::ToolDef;
use super::Keeping;

/// Headers that name a request and say nothing of what is asked.
const OF_ONE_REQUEST: [&str; 4] = [
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-correlation-id",
];

/// The digest of a tool, its caller, its arguments and the headers that the call adds. The credentials of the API are no
/// part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Key([u8; SHA256_OUTPUT_LEN]);

impl Key {
    /// The key of a call whose arguments are checked.
    pub(in super::super) fn new(tool: &ToolDef, call: &Call, keeping: &Keeping) -> Self {
        let caller = match &call.context.identity {
            _ if keeping.is_shared => json!("everybody"),
            Some(identity) => json!([identity.means().label(), identity.name()]),
            None => json!("nobody"),
        };
        let mut headers: Vec<(String, &str)> = (call.headers.iter())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
            .filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()))
            .collect();
        headers.sort_unstable();
        let text = json!([tool.name, caller, sorted(&call.arguments), headers]).to_string();
        let mut key = [0; SHA256_OUTPUT_LEN];
        key.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(key)
    }
}
