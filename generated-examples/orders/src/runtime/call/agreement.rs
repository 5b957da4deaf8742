//! What a call waits for before anything is done for it: arguments that are in order, and the user's consent.

use serde_json::{Map, Value};

use super::super::confirmation::{
    ARGUMENTS, Asked, Subject, confirm, declined, given_before, missing,
};
use super::super::custom::Call;
use super::super::engine::{Answers, Asking, ErrorType, Inner, Question, Reply, ToolResult};
use super::super::policy::ToolPolicy;
use super::Wanted;
use super::record::Facts;

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
) -> Result<(), ToolResult> {
    if policy.confirm.is_none() && !inner.settings.confirm.asks_missing {
        return wanted.check(inner, call);
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
) -> Result<(), ToolResult> {
    let given = if inner.settings.confirm.asks_missing {
        completed(inner, wanted, call, facts).await?
    } else {
        Map::new()
    };
    wanted.check(inner, call)?;
    let Some(argument) = &policy.confirm else {
        return Ok(());
    };
    let is_filled_in = |name: &String| wanted.bound.is_some_and(|it| it.contains_key(name));
    let shown: Map<String, Value> = (call.arguments.iter())
        .filter(|(name, _)| !is_filled_in(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let identity = call.context.identity.as_ref();
    let asked = Asked {
        tool: &call.tool,
        does: wanted.does,
        arguments: &shown,
        subject: Subject::new(&call.tool, &call.arguments, identity),
        argument,
        token: call.confirmation.as_ref(),
        given: &given,
    };
    let answer = confirm(&inner.confirmations, asked, &call.context.asking).await;
    let outcome = match &answer {
        Ok(()) => "given",
        Err(refusal) => refusal.outcome,
    };
    inner.metrics.confirmation(outcome);
    facts.confirmation = Some(outcome);
    answer.map_err(|refusal| {
        facts.denied = true;
        refusal.result
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
        Asking::No => return Ok(given),
        Asking::Now(asker) => {
            let answer =
                tokio::time::timeout(inner.settings.confirm.timeout, (asker.0)(question.clone()));
            let late = |_| Reply::None("nobody answered in time".to_owned());
            answer.await.unwrap_or_else(late)
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
        if !arguments.contains_key(name) {
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
