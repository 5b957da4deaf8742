//! The two tools that take up again what goes on: `check_operation` and `cancel_operation`.
//!
//! A check is the call that began the work, made on behalf of the one that checks, whose first answer is known: it needs
//! the same rights and gives the same result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::super::catalog::Found;
use super::super::custom::Call;
use super::super::engine::{ErrorType, Inner, ToolResult};
use super::super::operations::{Doing, ENDED, HANDLE, Kept, Missing, OPERATION, WAIT};
use super::super::policy::ToolPolicy;
use super::super::steps::Steps;
use super::super::tool::ToolDef;
use super::super::upstream::{Failure, Stage};
use super::agreement::required;
use super::following::{Over, Watch, goes_on, is_ours, looking, name_of, not_known};
use super::record::Facts;
use super::{
    Asked, attempts, failed, hooks, lacking_scopes, owned, plan_of, ready, shown, too_few_scopes,
    transformed, with_fallback,
};

/// The operation that a handle stands for.
///
/// # Errors
/// There is none for this caller: what the model reads.
async fn kept_of(inner: &Inner, call: &Call, facts: &mut Facts) -> Result<Arc<Kept>, ToolResult> {
    let handle = call.text(HANDLE).unwrap_or_default().trim();
    let identity = call.context.identity.as_ref();
    let view = inner.policies.view(identity);
    let known = |name: &str| inner.catalog.generated(name);
    let found = inner.operations.find(handle, identity, known).await;
    let found = found.and_then(|kept| {
        let position = inner.catalog.position(kept.tool);
        let is_seen = position.is_some_and(|position| view.sees(position));
        is_seen.then_some(kept).ok_or(Missing::Unknown)
    });
    if let Ok(kept) = &found {
        facts.operation_of = Some(kept.tool);
    }
    found.map_err(|missing| match missing {
        Missing::Unknown => {
            let text = "There is no operation of this handle for this caller. Use it as the result has it that named \
                        it; an operation that nobody asks for is forgotten after a while.";
            ToolResult::failure(ErrorType::InvalidArguments, text)
        }
        Missing::Tool(tool) => {
            let text = format!(
                "`{tool}` began the operation of this handle, and this server has no such tool any more: its result \
                 cannot be asked for here."
            );
            ToolResult::failure(ErrorType::InvalidArguments, text)
        }
        Missing::Unanswered => {
            let text = "The operation of this handle may be known to another replica of this server, and what they share \
                        does not answer at the moment. The handle is as good as before: try again in some seconds.";
            ToolResult::failure(ErrorType::Internal, text)
        }
    })
}

/// Looks only where the credentials of the tool's calls may be seen: that may have changed since it began.
fn check_place(inner: &Inner, tool: &ToolDef, kept: &Kept) -> Result<(), ToolResult> {
    if kept.operation.is_at(&is_ours(inner, tool.server)) {
        return Ok(());
    }
    let text = format!(
        "The work of `{}` goes on at an address that is none of the API's any more as this server is configured now: \
         its result cannot be asked for here.",
        tool.name
    );
    Err(ToolResult::failure(ErrorType::InvalidArguments, text))
}

/// The call that began an operation, on behalf of the one that takes it up again.
fn resumed(kept: &Kept, call: &Call) -> Call {
    Call {
        tool: Arc::from(kept.tool),
        arguments: kept.arguments.clone(),
        headers: kept.headers.clone(),
        confirmation: None,
        fields: None,
        jq: None,
        context: call.context.clone(),
    }
}

/// What `check_operation` does.
///
/// # Errors
/// There is no such operation, or it cannot be asked for: what the model reads.
pub(super) async fn checked(
    inner: &Arc<Inner>,
    call: &Call,
    facts: &mut Facts,
) -> Result<ToolResult, ToolResult> {
    let handle = call.text(HANDLE).unwrap_or_default().trim().to_owned();
    with_resumed(inner, call, facts, async |asked, policy, kept, facts| {
        let wait = call.arguments.get(WAIT).and_then(Value::as_f64);
        let wait = wait.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let mut operation = kept.operation.clone();
        let mut steps = Steps::new(call.context.progress.as_ref());
        let mut watch = Watch::new(inner, asked, wait, &mut steps);
        let over = watch.until_over(&mut operation, Duration::ZERO).await;
        let whose = (handle.as_str(), call.context.identity.as_ref());
        inner.operations.moved(whose, kept, operation).await;
        let (ended, result) = match over {
            Over::GoesOn(progress) => {
                let handle = (handle.as_str(), kept.operation.can_be_cancelled());
                return Ok(goes_on(inner, asked, Some(handle), progress, facts).await);
            }
            Over::Refused(refusal) => return Err(*refusal),
            over => {
                let ended = (!over.is_refusal()).then(|| over.label());
                let watched = (watch.steps, &mut *facts);
                (ended, over.result(inner, asked, watched).await)
            }
        };
        let result =
            owned(policy, result, asked.call, facts).inspect_err(|_| facts.denied = true)?;
        let result = with_fallback(result, policy);
        let mut result = hooks::ended(inner, asked.call, result).await;
        match ended {
            Some(ended) => {
                let about = json!({"tool": kept.tool, ENDED: ended});
                result.meta.insert(OPERATION.to_owned(), about);
            }
            None => not_known(inner, asked, &handle, &mut result),
        }
        Ok(result)
    })
    .await
}

/// What `cancel_operation` does.
///
/// # Errors
/// There is no such operation, or it cannot be stopped: what the model reads.
pub(super) async fn cancelled(
    inner: &Arc<Inner>,
    call: &Call,
    facts: &mut Facts,
) -> Result<ToolResult, ToolResult> {
    with_resumed(inner, call, facts, async |asked, policy, kept, facts| {
        if policy.guard.as_ref().is_some_and(|guard| guard.read.is_none()) {
            facts.denied = true;
            let text = format!(
                "The work of `{}` was not stopped: whose it is shows in its result only.",
                kept.tool
            );
            return Err(ToolResult::failure(ErrorType::Forbidden, text));
        }
        if !kept.operation.can_be_cancelled() {
            let text = format!(
                "The work of `{}` cannot be stopped this way: the API names no address for that. Look for another tool \
                 that stops it.",
                kept.tool
            );
            return Err(ToolResult::failure(ErrorType::InvalidArguments, text));
        }
        let request = looking(asked, Method::DELETE, &kept.operation.monitor);
        let mut steps = Steps::new(call.context.progress.as_ref());
        let watched = (&mut steps, &mut *facts);
        let answered = attempts::made(inner, asked.tool, &request, asked.until, watched).await;
        let answered = answered.map_err(|refusal| *refusal)?;
        let status = answered.0;
        if !status.is_success() {
            return Err(shown(inner, asked, &request, answered, (&mut steps, facts)).await);
        }
        let how = match name_of(inner, call, Doing::Check) {
            Some(check) => format!(" `{check}` tells how it ended."),
            None => String::new(),
        };
        Ok(ToolResult::text(format!(
            "The API was asked to stop the work of `{}` and answered {}.{how}",
            kept.tool,
            status.as_u16()
        )))
    })
    .await
}

/// Does something with the operation that a call names, within the time of its tool.
async fn with_resumed(
    inner: &Arc<Inner>,
    call: &Call,
    facts: &mut Facts,
    act: impl AsyncFnOnce(&Asked<'_>, &ToolPolicy, &Kept, &mut Facts) -> Result<ToolResult, ToolResult>,
) -> Result<ToolResult, ToolResult> {
    let kept = kept_of(inner, call, facts).await?;
    let position = inner.catalog.position(kept.tool).unwrap_or_default();
    let Found::Generated(tool) = inner.catalog.at(position) else {
        unreachable!("only generated tools begin operations")
    };
    check_place(inner, tool.def, &kept)?;
    if let Some(scopes) = lacking_scopes(inner, tool.def, &call.context) {
        facts.denied = true;
        return Err(too_few_scopes(tool.def.name, &scopes));
    }
    let view = inner.policies.view(call.context.identity.as_ref());
    let policy = view.policy(position);
    facts.class = Some(policy.class);
    let limit = policy.timeout.unwrap_or(inner.settings.total_timeout);
    let until = (Instant::now() + limit, limit);
    let resumed = resumed(&kept, call);
    required(policy, &resumed, facts)?;
    let (outgoing, credentials) =
        ready(inner, tool, plan_of(tool)?, (&resumed, None), until).await?;
    let guard = policy.guard.as_ref();
    facts.wants_json = guard.is_some_and(|guard| guard.read.is_none());
    let asked = Asked {
        tool,
        outgoing: &outgoing,
        credentials: &credentials,
        call: &resumed,
        redaction: policy.redaction(call.context.identity.as_ref()),
        fields: (policy.fields.as_deref(), &kept.fields),
        jq: transformed::asked(policy, kept.jq.as_deref(), call),
        guard,
        marks: policy.marks,
        #[cfg(feature = "cache")]
        keeping: None,
        follows: false,
        until,
    };
    match tokio::time::timeout_at(until.0.into(), act(&asked, policy, &kept, facts)).await {
        Ok(ended) => ended,
        Err(_) => Err(failed(inner, tool, &Failure::Timeout(Stage::Total), limit)),
    }
}
