//! Whether the user agrees to a call: who is asked how, and what the answer means.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::super::engine::{ErrorType, ToolResult};
use super::super::response::shortened;
use super::super::text::is_invisible;
use super::token::{Bearer, Confirmations, Subject, Ticket, Unfit, Unspent};
use super::{Answers, Asking, Question, Reply};

/// The key of the question whether a call may be made.
const KEY: &str = "confirm";
/// Where a result says which token a call would need.
const META: &str = "mcpgen/confirm";
/// How much of all arguments a user is shown, and of one at least, in characters.
const MOST_SHOWN: usize = 6_000;
const LEAST_SHOWN: usize = 60;

/// A call that the user has to agree to.
pub(in super::super) struct Asked<'a> {
    pub(in super::super) tool: &'a str,
    /// Of which API.
    pub(in super::super) api: &'a str,
    /// What it does: `DELETE https://api.example.com/orders/{id}`.
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

/// Asks whether a call may be made. What the user agreed to by a token uses that up.
///
/// # Errors
/// The user does not agree, or not yet: what the model reads, with a question where the client can put it.
pub(in super::super) async fn confirm(
    confirmations: &Confirmations,
    call: Asked<'_>,
    asking: &Asking,
) -> Result<Option<Ticket>, Box<Unconfirmed>> {
    match asking {
        // A token proves less than a user who is asked.
        Asking::Now(asker) => {
            let reply = asker
                .ask(question(&call, None), confirmations.lifetime)
                .await;
            judged(&call, reply).map(|()| None)
        }
        Asking::Again(answers) => match answered(confirmations, &call, answers.as_deref()) {
            Some((ticket, reply)) => match judged(&call, reply) {
                Ok(()) => Ok(Some(ticket)),
                Err(unconfirmed) => {
                    // What the user did not agree to is over.
                    let _ = confirmations.spend(&ticket).await;
                    Err(unconfirmed)
                }
            },
            None => Err(asked_again(confirmations, &call)),
        },
        Asking::Nobody => Ok(None),
        Asking::Never => Err(Box::new(Unconfirmed {
            result: ToolResult::failure(
                ErrorType::Forbidden,
                format!(
                    "The user has to agree to this, which cannot be asked for when a resource is read: call the tool `{}` \
                     instead.",
                    call.tool
                ),
            ),
            outcome: "asked",
        })),
        Asking::No => {
            let checked = match call.token {
                Some(Value::String(token)) if !token.is_empty() => confirmations
                    .check(token, &call.subject, Bearer::Model)
                    .map_err(Some),
                None | Some(Value::Null | Value::String(_)) => Err(None),
                Some(_) => Err(Some(Unfit::Other)),
            };
            let asks = |unfit| with_token(confirmations, &call, unfit);
            checked.map(Some).map_err(asks)
        }
    }
}

/// What came back to a question that was about this call.
fn answered(
    confirmations: &Confirmations,
    asked: &Asked<'_>,
    answers: Option<&Answers>,
) -> Option<(Ticket, Reply)> {
    let answers = answers?;
    let state = answers.state.as_deref()?;
    let (token, _) = state.split_once('.').unwrap_or((state, ""));
    let reply = answers.replies.get(KEY)?;
    let ticket = (confirmations.check(token, &asked.subject, Bearer::Client)).ok()?;
    Some((ticket, Reply::of(reply)))
}

/// What the model reads when what the user agreed to could not be used up.
pub(in super::super) fn unspent(tool: &str, why: Unspent) -> ToolResult {
    let text = match why {
        Unspent::Unknown => format!(
            "`{tool}` was not called: whether another replica of this server has done what the user agreed to cannot be \
             found out at the moment. Try the same call again in some seconds."
        ),
        Unspent::Used => format!(
            "`{tool}` was not called: what the user agreed to may have been done by another call. Look before you repeat it."
        ),
    };
    ToolResult::failure(ErrorType::Forbidden, text)
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
    if let Some(token) = confirmations.issue(&asked.subject, Bearer::Client) {
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
    if let Some(token) = confirmations.issue(&asked.subject, Bearer::Model) {
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
    let Asked { tool, api, .. } = asked;
    Question {
        key: KEY,
        message: format!("May `{tool}` of {api} be called?\n\n{}", about(asked)),
        schema: json!({"type": "object", "properties": {}}),
        state,
    }
}

/// What a call would do, and with what: a line for each argument, and a word where not all of it is shown.
fn about(asked: &Asked<'_>) -> String {
    let count = asked.arguments.len().max(1);
    let room = (MOST_SHOWN / count).max(LEAST_SHOWN);
    let mut lines = String::new();
    let mut parts = 0;
    for (name, value) in asked.arguments.iter().take(MOST_SHOWN / LEAST_SHOWN) {
        let whole = escaped(&value.to_string());
        let part = shortened(&whole, room);
        parts += usize::from(part.is_some());
        let shown = part.unwrap_or(whole);
        lines.push_str(&format!("\n{}: {shown}", plain_name(name)));
    }
    parts += asked
        .arguments
        .len()
        .saturating_sub(MOST_SHOWN / LEAST_SHOWN);
    let warning = match parts {
        0 => String::new(),
        1 => "\nNOT ALL OF IT IS SHOWN: one argument is too long.".to_owned(),
        parts => format!("\nNOT ALL OF IT IS SHOWN: {parts} arguments are too long or too many."),
    };
    format!("{}{warning}{lines}", asked.does)
}

/// A name as it is, or as JSON where it could be taken for something else.
fn plain_name(name: &str) -> String {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if is_plain && name.len() <= LEAST_SHOWN {
        return name.to_owned();
    }
    let whole = escaped(&Value::from(name).to_string());
    shortened(&whole, LEAST_SHOWN).unwrap_or(whole)
}

/// JSON in which nothing is hidden: what cannot be seen is written as an escape (RFC 8259 §7).
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if !(c.is_control() || is_invisible(c)) {
            out.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}
