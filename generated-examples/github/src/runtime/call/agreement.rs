//! What a call waits for before anything is done for it: arguments that are in order, and the user's consent.

use serde_json::{Map, Value};

use super::super::audit::fingerprint;
use super::super::confirmation::{
    ARGUMENTS, Asked, Subject, Ticket, confirm, declined, given_before, missing,
};
use super::super::custom::Call;
use super::super::engine::{Answers, Asking, ErrorType, Inner, Question, Reply, ToolResult};
use super::super::policy::ToolPolicy;
use super::record::Facts;
use super::{Paying, Wanted, admitted, forwarded, payable, telling};

/// What stands for a secret in a question.
const NOT_SHOWN: &str = "(a secret that is not shown)";

/// What is known of a call whose arguments are in order.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// What it uses up.
    pub(super) ticket: Option<Ticket>,
    /// Whether limits were asked already.
    pub(super) is_admitted: bool,
}

/// Brings the arguments of a call in order, and asks the user where that is wanted.
///
/// # Errors
/// The arguments do not fit, or the user does not agree, or not yet: what the model reads.
pub(super) async fn settled(
    inner: &Inner,
    policy: &ToolPolicy,
    wanted: Wanted<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> Result<Settled, ToolResult> {
    let was_asked = || matches!(call.context.asking, Asking::Again(Some(_)));
    let lacks_any = || wanted.schema.lacking(&call.arguments).next().is_some();
    let asks_missing = inner.settings.confirm.asks_missing && (was_asked() || lacks_any());
    if policy.confirm.is_none() && !asks_missing {
        wanted.check(inner, call)?;
        required(policy, call, facts)?;
        return Ok(Settled::default());
    }
    // On the heap: few calls are asked about, and all are moved with what this needs.
    Box::pin(asked(inner, policy, wanted, call, facts)).await
}

async fn asked(
    inner: &Inner,
    policy: &ToolPolicy,
    wanted: Wanted<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> Result<Settled, ToolResult> {
    let given = if inner.settings.confirm.asks_missing {
        completed(inner, wanted, call, facts).await?
    } else {
        Map::new()
    };
    wanted.check(inner, call)?;
    required(policy, call, facts)?;
    let Some(argument) = &policy.confirm else {
        return Ok(Settled::default());
    };
    // Nobody is asked about what is refused anyway, and not without an end.
    let is_admitted = matches!(call.context.asking, Asking::Now(_));
    if is_admitted {
        admitted(inner, policy, (call, Paying::Later), facts).await?;
    } else {
        payable(inner, policy, call, facts).await?;
    }
    let is_filled_in = |name: &String| wanted.bound.is_some_and(|it| it.contains_key(name));
    let shown: Map<String, Value> = (call.arguments.iter())
        .filter(|(name, _)| !is_filled_in(name))
        .map(|(name, value)| {
            let secret = wanted.is_secret(name).then(|| NOT_SHOWN.into());
            (name.clone(), secret.unwrap_or_else(|| value.clone()))
        })
        .collect();
    let does = wanted.does(inner);
    let identity = call.context.identity.as_ref();
    let headers = forwarded(inner, &call.context);
    let sent = (
        telling(&headers),
        inner.credentials.forwarded(&call.context),
    );
    let asked = Asked {
        tool: &call.tool,
        api: inner.catalog.def().title,
        does: &does,
        arguments: &shown,
        subject: Subject::new((&call.tool, &does), &call.arguments, identity, &sent),
        argument,
        token: call.confirmation.as_ref(),
        given: &given,
    };
    let answer = confirm(&inner.confirmations, asked, &call.context.asking).await;
    let outcome = match &answer {
        Ok(_) => "given",
        Err(refusal) => refusal.outcome,
    };
    inner.metrics.confirmation(outcome);
    facts.confirmation = Some(outcome);
    let ticket = answer.map_err(|refusal| {
        facts.denied = true;
        refusal.result
    })?;
    if is_admitted && !is_still_there(inner, call) {
        facts.denied = true;
        let text = format!(
            "`{}` was not called: it is not available any more.",
            call.tool
        );
        return Err(ToolResult::failure(ErrorType::Forbidden, text));
    }
    Ok(Settled {
        ticket,
        is_admitted,
    })
}

/// What the owner requires of the caller and of arguments that are in order.
///
/// # Errors
/// It is not so: what the model reads.
pub(super) fn required(
    policy: &ToolPolicy,
    call: &Call,
    facts: &mut Facts,
) -> Result<(), ToolResult> {
    match refusal(policy, call) {
        None => Ok(()),
        Some(text) => {
            facts.denied = true;
            Err(ToolResult::failure(ErrorType::Forbidden, text))
        }
    }
}

fn refusal(policy: &ToolPolicy, call: &Call) -> Option<String> {
    let identity = call.context.identity.as_ref();
    (policy.requirements).refusal(&call.tool, identity, &call.arguments)
}

/// Whether the caller may still make the call, after a while.
fn is_still_there(inner: &Inner, call: &Call) -> bool {
    let view = inner.policies.view(call.context.identity.as_ref());
    let position = inner.catalog.position(&call.tool);
    position.is_some_and(|position| {
        view.sees(position) && refusal(view.policy(position), call).is_none()
    })
}

/// Asks the user for what is missing; gives what the user has said, which a client does not send again.
///
/// # Errors
/// The user gives nothing, or is to be asked first.
async fn completed(
    inner: &Inner,
    wanted: Wanted<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> Result<Map<String, Value>, ToolResult> {
    let answers = match &call.context.asking {
        Asking::Again(answers) => answers.as_deref().cloned(),
        _ => None,
    };
    let Answers { replies, state } = answers.unwrap_or_default();
    let mut given = given_before(state.as_deref());
    add(&mut call.arguments, &given);
    let is_filled_in = |name: &str| wanted.bound.is_some_and(|it| it.contains_key(name));
    let Some(question) = missing(&call.tool, wanted.schema, &call.arguments, &is_filled_in) else {
        return Ok(given);
    };
    let reply = match &call.context.asking {
        Asking::No | Asking::Never | Asking::Nobody => return Ok(given),
        Asking::Now(asker) => {
            let limit = inner.settings.confirm.timeout;
            asker.ask(question.clone(), limit).await
        }
        Asking::Again(_) => match replies.get(ARGUMENTS) {
            Some(result) => Reply::of(result),
            None => return Err(asking(&call.tool, question)),
        },
    };
    match reply {
        Reply::Accepted(content) => {
            let fields = question.schema.get("properties").and_then(Value::as_object);
            let is_field = |name: &String| fields.is_some_and(|fields| fields.contains_key(name));
            given.extend(content.into_iter().filter(|(name, _)| is_field(name)));
            add(&mut call.arguments, &given);
            if inner.audit.get().is_some() {
                facts.fingerprint = Some(fingerprint(&call.arguments));
            }
            Ok(given)
        }
        reply => {
            facts.denied = true;
            Err(declined(&call.tool, reply))
        }
    }
}

/// What the model has said comes first.
fn add(arguments: &mut Map<String, Value>, given: &Map<String, Value>) {
    for (name, value) in given {
        if arguments.get(name).is_none_or(Value::is_null) {
            arguments.insert(name.clone(), value.clone());
        }
    }
}

fn asking(tool: &str, question: Question) -> ToolResult {
    ToolResult {
        question: Some(Box::new(question)),
        ..ToolResult::failure(
            ErrorType::InvalidArguments,
            format!("`{tool}` was not called yet: the user is asked for what is missing."),
        )
    }
}
