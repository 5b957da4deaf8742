//! Guards at work: whether the object that a call is about belongs to who calls.
//!
//! What does not exist and what is somebody else's get the same answer.

use std::sync::Arc;

use serde_json::Value;

use super::super::catalog::Found;
use super::super::custom::Call;
use super::super::engine::{CallContext, ErrorType, Inner, ToolResult};
use super::super::policy::{Guard, Read};
use super::super::structured::Structured;
use super::record::Facts;
use super::{Until, exchange, prepare};

/// Reads the object before the call.
///
/// # Errors
/// It is not the caller's, or that could not be found out.
pub(super) async fn before(
    inner: &Arc<Inner>,
    guard: &Guard,
    read: &Read,
    call: &Call,
    until: Until,
) -> Result<(), ToolResult> {
    let position = inner.catalog.position(read.tool.name);
    let found = position.map(|position| (position, inner.catalog.at(position)));
    let Some((position, Found::Generated(tool))) = found else {
        return Err(not_owned(call));
    };
    let view = inner.policies.everything();
    let bound = view.policy(position).bindings.values(&call.context);
    let bound = bound.map_err(|_| not_owned(call))?;
    let mut reading = Call {
        tool: Arc::from(read.tool.name),
        arguments: read.arguments(&call.arguments),
        headers: call.headers.clone(),
        context: CallContext {
            progress: None,
            ..call.context.clone()
        },
    };
    let ready = prepare(inner, tool, bound.as_ref(), &mut reading).await;
    let (outgoing, credentials) = ready.map_err(|refusal| *refusal)?;
    let facts = &mut Facts::default();
    let watched = (until, facts);
    let result = exchange(inner, tool, outgoing, &credentials, &reading, watched).await;
    match result.error {
        None => admitted(guard, &result, call),
        Some(ErrorType::Upstream4xx | ErrorType::Forbidden) => Err(not_owned(call)),
        Some(kind) => {
            let text = format!(
                "`{}` was not called, since whose object it is about could not be found out: {}",
                call.tool,
                result.as_text()
            );
            Err(ToolResult::failure(kind, text))
        }
    }
}

/// Looks at the response of the call itself.
///
/// # Errors
/// What it shows is not the caller's.
pub(super) fn of_result(
    guard: &Guard,
    result: ToolResult,
    call: &Call,
) -> Result<ToolResult, ToolResult> {
    if result.error.is_none() {
        admitted(guard, &result, call)?;
    }
    Ok(result)
}

fn admitted(guard: &Guard, result: &ToolResult, call: &Call) -> Result<(), ToolResult> {
    if guard.admits(&json_of(result), &call.context) {
        Ok(())
    } else {
        Err(not_owned(call))
    }
}

/// The upstream's JSON; null where it is none, or was cut.
fn json_of(result: &ToolResult) -> Value {
    let text = serde_json::from_str(&result.as_text()).ok();
    let structured = || result.structured.as_ref().map(Structured::to_value);
    text.or_else(structured).unwrap_or_default()
}

fn not_owned(call: &Call) -> ToolResult {
    let text = format!(
        "`{}` cannot be used on this: it does not exist, or it does not belong to the caller.",
        call.tool
    );
    ToolResult::failure(ErrorType::Forbidden, text)
}
