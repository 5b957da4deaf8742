//! Whether the user agrees to a call: who is asked how, and what the answer means.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::super::engine::{ErrorType, ToolResult};
use super::super::text::visible;
use super::token::{Confirmations, Subject, Unfit};
use super::{Answers, Asking, Question, Reply};

/// The key of the question whether a call may be made.
const KEY: &str = "confirm";
/// Where a result says which token a call would need.
const META: &str = "mcpgen/confirm";
/// How much of the arguments a user is shown.
const MOST_ARGUMENTS: usize = 20;
const MOST_CHARS: usize = 300;

/// A call that the user has to agree to.
pub(in super::super) struct Asked<'a> {
    pub(in super::super) tool: &'a str,
    /// What it does: `DELETE /orders/{id}`.
    pub(in super::super) does: &'a str,
    /// What the client sent, as far as it fits.
    pub(in super::super) arguments: &'a Map<String, Value>,
    pub(in super::super) subject: Subject,
    /// The argument that takes a token.
    pub(in super::super) argument: &'a str,
    /// What the client put there.
    pub(in super::super) token: Option<&'a Value>,
    /// Arguments that the user has given, which the client does not send again.
    pub(in super::super) given: &'a Map<String, Value>,
}

/// Why a call is not made.
pub(in super::super) struct Unconfirmed {
    pub(in super::super) result: ToolResult,
    /// What became of the question, for the log.
    pub(in super::super) outcome: &'static str,
}

/// Asks whether a call may be made.
///
/// # Errors
/// The user does not agree, or not yet: what the model reads, with a question where the client can put it.
pub(in super::super) async fn confirm(
    confirmations: &Confirmations,
    call: Asked<'_>,
    asking: &Asking,
) -> Result<(), Box<Unconfirmed>> {
    let told = match call.token {
        Some(Value::String(token)) => match confirmations.redeem(token, &call.subject) {
            Ok(()) => return Ok(()),
            Err(unfit) => Some(unfit),
        },
        Some(_) => Some(Unfit::Other),
        None => None,
    };
    match asking {
        Asking::Now(asker) => {
            let answer = (asker.0)(question(&call, None));
            let answer = tokio::time::timeout(confirmations.lifetime, answer).await;
            let late = |_| Reply::None("nobody answered in time".to_owned());
            judged(&call, answer.unwrap_or_else(late))
        }
        Asking::Again(Some(answers)) if answers.state.is_some() => {
            match redeemed(confirmations, &call, answers) {
                Ok(reply) => judged(&call, reply),
                Err(_) => Err(asked_again(confirmations, &call)),
            }
        }
        Asking::Again(_) => Err(asked_again(confirmations, &call)),
        Asking::No => Err(with_token(confirmations, &call, told)),
    }
}

fn redeemed(
    confirmations: &Confirmations,
    asked: &Asked<'_>,
    answers: &Answers,
) -> Result<Reply, Unfit> {
    let state = answers.state.as_deref().unwrap_or_default();
    let (token, _) = state.split_once('.').unwrap_or((state, ""));
    // An answer to no question uses nothing up.
    let reply = answers.replies.get(KEY).ok_or(Unfit::Other)?;
    confirmations.redeem(token, &asked.subject)?;
    Ok(Reply::of(reply))
}

/// What the user has said before, of what came back with a call.
pub(in super::super) fn given_before(state: Option<&str>) -> Map<String, Value> {
    let encoded = state.and_then(|state| state.split_once('.'));
    let bytes = encoded.and_then(|(_, text)| URL_SAFE_NO_PAD.decode(text).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn judged(asked: &Asked<'_>, reply: Reply) -> Result<(), Box<Unconfirmed>> {
    let result = match reply {
        Reply::Accepted(_) => return Ok(()),
        reply => declined(asked.tool, reply),
    };
    Err(Box::new(Unconfirmed {
        result,
        outcome: "declined",
    }))
}

/// What the model reads when the user did not say yes.
pub(in super::super) fn declined(tool: &str, reply: Reply) -> ToolResult {
    let why = match reply {
        Reply::Dismissed => "the user closed the question without an answer".to_owned(),
        Reply::None(why) => format!("the user was asked, and {why}"),
        Reply::Declined | Reply::Accepted(_) => "the user declined".to_owned(),
    };
    let text = format!(
        "`{tool}` was not called: {why}. Do not call it again unless the user asks for it."
    );
    ToolResult::failure(ErrorType::Forbidden, text)
}

fn asked_again(confirmations: &Confirmations, asked: &Asked<'_>) -> Box<Unconfirmed> {
    let mut result = ToolResult::failure(
        ErrorType::Forbidden,
        format!(
            "`{}` was not called yet: the user is asked first.",
            asked.tool
        ),
    );
    if let Some(token) = confirmations.issue(&asked.subject) {
        let state = if asked.given.is_empty() {
            token
        } else {
            let given = Value::Object(asked.given.clone()).to_string();
            format!("{token}.{}", URL_SAFE_NO_PAD.encode(given))
        };
        result.question = Some(Box::new(question(asked, Some(state))));
    }
    Box::new(Unconfirmed {
        result,
        outcome: "asked",
    })
}

fn with_token(
    confirmations: &Confirmations,
    asked: &Asked<'_>,
    unfit: Option<Unfit>,
) -> Box<Unconfirmed> {
    let Asked { tool, argument, .. } = asked;
    let why = match unfit {
        None => "This server asks for the user's consent to this call first.".to_owned(),
        Some(Unfit::Other) => format!(
            "What `{argument}` has is not for this call: a token is good for the arguments that it was made for, unchanged."
        ),
        Some(Unfit::Expired) => format!("The token in `{argument}` is too old."),
        Some(Unfit::Used) => format!(
            "The token in `{argument}` was used: what it was for may be done. Look before you repeat it."
        ),
    };
    let mut text = format!("`{tool}` was not called. {why} ");
    let mut meta = Map::new();
    if let Some(token) = confirmations.issue(&asked.subject) {
        let seconds = confirmations.lifetime.as_secs();
        text.push_str(&format!(
            "Show the user what it would do:\n\n{}\n\nOnly if the user agrees, call `{tool}` again within {seconds} s, \
             with the same arguments and `{argument}`: `{token}`",
            about(asked)
        ));
        let told = json!({"argument": argument, "token": token, "expiresInSeconds": seconds});
        meta.insert(META.to_owned(), told);
    }
    let result = ToolResult {
        meta,
        ..ToolResult::failure(ErrorType::Forbidden, text)
    };
    Box::new(Unconfirmed {
        result,
        outcome: "asked",
    })
}

fn question(asked: &Asked<'_>, state: Option<String>) -> Question {
    Question {
        key: KEY,
        message: format!("May `{}` be called?\n\n{}", asked.tool, about(asked)),
        schema: json!({"type": "object", "properties": {}}),
        state,
    }
}

/// What a call would do, and with what: a line for each argument.
fn about(asked: &Asked<'_>) -> String {
    let mut text = asked.does.to_owned();
    for (name, value) in asked.arguments.iter().take(MOST_ARGUMENTS) {
        let value = match value {
            Value::String(text) => on_a_line(text),
            other => on_a_line(&other.to_string()),
        };
        text.push_str(&format!("\n{}: {value}", on_a_line(name)));
    }
    if let Some(more @ 1..) = asked.arguments.len().checked_sub(MOST_ARGUMENTS) {
        text.push_str(&format!("\nand {more} more"));
    }
    text
}

/// The beginning of a text as nothing but one line: nobody puts a second one under it.
fn on_a_line(text: &str) -> String {
    let quoted = (text.contains(char::is_control)).then(|| Value::from(text).to_string());
    let plain = visible(Cow::Owned(quoted.unwrap_or_else(|| text.to_owned())));
    match plain.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain.into_owned(),
    }
}
