//! Which operations may answer before their work is done, and where the result is then.

use serde_json::Value;

use crate::api::{Operation, StatusPattern};
use crate::runtime::tool::FinalState;

/// Azure's mark of such an operation.
const MARK: &str = "x-ms-long-running-operation";
/// What goes with it: `{"final-state-via": "location"}`.
const OPTIONS: &str = "x-ms-long-running-operation-options";

/// Where the result is of work that may go on after the answer: it is described with a 202, or marked.
pub(super) fn final_state(operation: &Operation) -> Option<FinalState> {
    let is_marked = operation.extensions.get(MARK) == Some(&Value::Bool(true));
    let mut responses = operation.responses.iter();
    let is_accepted = responses.any(|response| response.status == StatusPattern::Exact(202));
    if !is_marked && !is_accepted {
        return None;
    }
    let options = operation.extensions.get(OPTIONS);
    let via = options.and_then(|options| options.get("final-state-via"));
    Some(match via.and_then(Value::as_str) {
        Some("location") => FinalState::Location,
        Some("original-uri") => FinalState::Original,
        Some("azure-async-operation" | "operation-location") => FinalState::Status,
        _ => FinalState::Unsaid,
    })
}
