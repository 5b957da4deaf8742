//! What an answer is found by.

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use super::super::arguments::sorted;
use super::super::custom::Call;
use super::super::tool::ToolDef;
use super::{Caching, Keeping};

/// Headers that name a request and say nothing of what is asked.
const OF_ONE_REQUEST: [&str; 4] = [
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-correlation-id",
];

/// The digest of a tool, its caller, its arguments, the headers that the call adds, and how its answers are kept. The
/// credentials of the API are no part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Key([u8; SHA256_OUTPUT_LEN]);

impl Key {
    /// The key of a call whose arguments are checked.
    pub(in super::super) fn new(tool: &ToolDef, call: &Call, keeping: &Keeping) -> Self {
        let identity = call.context.identity.as_ref();
        let caller = (identity.filter(|_| !keeping.is_shared))
            .map(|identity| (identity.means().label(), identity.name()));
        let mut headers: Vec<(String, &str)> = (call.headers.iter())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
            .filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()))
            .collect();
        headers.sort_unstable();
        let time = match keeping.caching {
            Caching::Off | Caching::Http => None,
            Caching::For(time) => Some(time),
        };
        let facts = (
            (tool.name, tool.method, tool.path, tool.server),
            caller,
            sorted(&call.arguments),
            headers,
            (time, keeping.is_shared, keeping.stale_if_error),
        );
        let text = serde_json::to_vec(&facts).expect("names and values are JSON");
        let mut key = [0; SHA256_OUTPUT_LEN];
        key.copy_from_slice(digest(&SHA256, &text).as_ref());
        Self(key)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
