//! Guards at work: whether the object that a call is about belongs to who calls.
//!
//! What does not exist and what is somebody else's get the same answer.

use std::sync::Arc;

use super::super::catalog::Found;
use super::super::custom::Call;
use super::super::engine::{CallContext, ErrorType, Inner, ToolResult};
use super::super::policy::{Guard, Read};
use super::record::Facts;
use super::{Asked, Until, exchange, prepare};

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
    let policy = view.policy(position);
    let bound = policy.bindings.values(&call.context);
    let bound = bound.map_err(|_| not_owned(call))?;
    let arguments = read.arguments(&call.arguments).map_err(|missing| {
        let text = format!(
            "`{}` was not called: without `{missing}` it cannot be seen whose object it is about.",
            call.tool
        );
        ToolResult::failure(ErrorType::Forbidden, text)
    })?;
    let mut reading = Call {
        tool: Arc::from(read.tool.name),
        arguments,
        headers: call.headers.clone(),
        confirmation: None,
        fields: None,
        jq: None,
        context: CallContext {
            progress: None,
            ..call.context.clone()
        },
    };
    let (outgoing, credentials) = prepare(inner, tool, bound.as_ref(), &mut reading, until).await?;
    if !read.is_about(&reading.arguments, &call.arguments) {
        return Err(not_owned(call));
    }
    let mut facts = Facts {
        wants_json: true,
        ..Facts::default()
    };
    let asked = Asked {
        tool,
        outgoing: &outgoing,
        credentials: &credentials,
        call: &reading,
        redaction: policy.redaction(call.context.identity.as_ref()),
        fields: (None, &[]),
        jq: None,
        guard: None,
        marks: false,
        // What was true a while ago says nothing of what is.
        #[cfg(feature = "cache")]
        keeping: None,
        follows: false,
        until,
    };
    let result = exchange(inner, asked, &mut facts).await;
    match result.error {
        None => admitted(guard, &facts, call),
        Some(ErrorType::Upstream4xx | ErrorType::Forbidden) => Err(not_owned(call)),
        Some(kind) => {
            // The words of the API are those of another operation, of which the caller may see nothing.
            let why = match facts.upstream_status {
                Some(..400) => "the answer of the API broke off. Try again later.".to_owned(),
                Some(status) => format!("the API answered {status}. Try again later."),
                None => result.as_text(),
            };
            let text = format!(
                "`{}` was not called, since whose object it is about could not be found out: {why}",
                call.tool,
            );
            Err(ToolResult::failure(kind, text))
        }
    }
}

/// Looks at the response of the call itself.
///
/// # Errors
/// What it shows is not the caller's, or it shows nothing that can be told.
pub(super) fn of_result(
    guard: &Guard,
    result: ToolResult,
    call: &Call,
    facts: &Facts,
) -> Result<ToolResult, ToolResult> {
    match (result.error, facts.upstream_status) {
        (None, _) => admitted(guard, facts, call).map(|()| result),
        (Some(_), Some(403 | 404 | 410)) => Err(not_owned(call)),
        // What it says of an object of which nobody knows whose it is.
        (Some(kind), Some(status)) => {
            let text = format!(
                "The API answered {status}. What it said is not shown, since that does not tell whose object `{}` is about.",
                call.tool
            );
            Err(ToolResult::failure(kind, text))
        }
        (Some(_), None) => Ok(result),
    }
}

/// What is cut or no JSON shows nothing.
///
/// # Errors
/// It is not the caller's.
pub(super) fn admitted(guard: &Guard, facts: &Facts, call: &Call) -> Result<(), ToolResult> {
    match &facts.json {
        Some(json) if guard.admits(json, &call.context) => Ok(()),
        _ => Err(not_owned(call)),
    }
}

fn not_owned(call: &Call) -> ToolResult {
    let text = format!(
        "`{}` cannot be used on this: it does not exist, or it does not belong to the caller.",
        call.tool
    );
    ToolResult::failure(ErrorType::Forbidden, text)
}
