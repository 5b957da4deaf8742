//! The jq program of a call: whether it is one, and what it makes of the answer.
//!
//! A program sees what its caller may see and no more: it is given the answer after redaction, and what it gives is cleaned
//! as an answer is, since it may spell what was hidden in another way (base64, say).

use std::sync::Arc;

use serde_json::Value;

use super::super::custom::Call;
use super::super::engine::{ErrorType, Inner, ToolResult};
use super::super::jq::Failed;
use super::super::limits::number_of;
use super::super::policy::ToolPolicy;
use super::super::response::piece;
use super::super::tool::ToolDef;
use super::super::upstream::Received;
use super::shown::{Seen, aside};

/// A jq program that a call asks to have run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// The argument that it is.
    pub(super) argument: &'a str,
    pub(super) program: &'a str,
    /// Whose call it is.
    pub(super) caller: u64,
}

/// The program of a call, with the argument that it is.
pub(super) fn asked<'a>(
    policy: &'a ToolPolicy,
    program: Option<&'a str>,
    call: &Call,
) -> Option<Asking<'a>> {
    Some(Asking {
        argument: &policy.jq.as_ref()?.argument,
        program: program?,
        caller: number_of(&call.context),
    })
}

/// # Errors
/// It is no text, or stands beside a choice of fields.
pub(super) fn wished(policy: &ToolPolicy, call: &Call) -> Result<Option<String>, ToolResult> {
    let argument = policy.jq.as_ref().map_or("", |jq| &jq.argument);
    let refuse = |text| Err(ToolResult::failure(ErrorType::InvalidArguments, text));
    let program = match &call.jq {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(program)) if program.trim().is_empty() => return Ok(None),
        Some(Value::String(program)) => program.clone(),
        Some(_) => {
            return refuse(format!(
                "`{argument}` is a jq program as text, like `.items[0].name`; no request was sent."
            ));
        }
    };
    let has_fields =
        |fields: &Value| !fields.is_null() && *fields != "" && *fields != Value::Array(vec![]);
    match &policy.fields {
        Some(fields) if call.fields.as_ref().is_some_and(has_fields) => refuse(format!(
            "`{argument}` and `{fields}` do not go together; no request was sent. The program can choose parts as well."
        )),
        _ => Ok(Some(program)),
    }
}

/// Whether a program is one, before a call is made that cannot be made again.
///
/// # Errors
/// It is none.
pub(super) async fn check(
    inner: &Inner,
    tool: &ToolDef,
    policy: &ToolPolicy,
    (call, program): (&Call, Option<&str>),
) -> Result<(), ToolResult> {
    let (Some(jq), Some(asking)) = (&inner.jq, asked(policy, program, call)) else {
        return Ok(());
    };
    if tool.hints.read_only {
        return Ok(());
    }
    // On the heap: few calls have a program.
    let checked = Box::pin(async {
        let _turn = jq.turn(asking.caller).await;
        jq.check(asking.program).await
    });
    let checked = checked.await;
    checked.map_err(|Failed { text, kind }| {
        let text = format!("`{}`: {text}. No request was sent.", asking.argument);
        ToolResult::failure(kind, text)
    })
}

/// What the program of a call gives for its answer; `None` where that is not one JSON text.
///
/// # Errors
/// It gives nothing: what the model reads.
pub(super) async fn given(
    inner: &Arc<Inner>,
    asking: Asking<'_>,
    seen: &Seen<'_>,
    received: &Received,
) -> Result<Option<String>, ToolResult> {
    let tool = seen.tool.def;
    let read = |seen: &Seen<'_>, inner: &Inner, received: Received| seen.json(inner, received);
    let json = aside(inner, seen, received.clone(), read).await;
    let Some(json) = json.ok_or_else(|| super::broken(tool.name))? else {
        return Ok(None);
    };
    let most = inner.settings.max_response_bytes;
    let given = match &inner.jq {
        Some(jq) => {
            let _turn = jq.turn(asking.caller).await;
            jq.run(asking.program, &json, most).await
        }
        None => Err(Failed::unable()),
    };
    given.map(Some).map_err(|Failed { text, kind }| {
        // What paths lead to was not in what it was given.
        let told = piece(&text, seen.credentials, None);
        let told = told.unwrap_or_else(|| "the program failed".to_owned());
        let redacted = (seen.redaction).and_then(|redaction| redaction.text(&told));
        let told = redacted.unwrap_or(told);
        let again = if tool.hints.read_only {
            ""
        } else {
            " The API has done what was asked for: do not repeat the call for that."
        };
        // It may quote the answer.
        let told = match seen.mark {
            Some(mark) => format!("\n{}\n", mark.around(&told)),
            None => format!("{told}."),
        };
        let text = format!("`{}`: {told}{again}", asking.argument);
        ToolResult::failure(kind, text.trim_end().to_owned())
    })
}
