//! How an answer that is no success reads: what the upstream said, and what can be done about it.

use std::fmt::Write as _;

use http::StatusCode;
use http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::Value;

use super::super::engine::{ErrorType, ToolResult};
use super::super::plain;
use super::super::text;
use super::super::tool::Need;
use super::html;
use super::media::{Kind, MediaType};
use super::{Answer, brief};

/// What the advice is made of beside the answer itself.
pub(in super::super) struct Known<'a> {
    /// How the tool's credential is given, as sentences; empty when it needs none. Asked for only when it is told.
    pub(in super::super) way_out: &'a dyn Fn() -> String,
    /// What the tool asks for.
    pub(in super::super) security: &'a [&'a [Need]],
    /// Whether a credential was sent, and whether it was the client's.
    pub(in super::super) sent: Option<Sender>,
}

/// Whose credential was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Sender {
    Client,
    Server,
    /// A token that this server got for itself.
    Issued,
    /// A token that the caller's was exchanged for.
    Exchange,
}

impl Answer<'_> {
    pub(super) fn refused(&self, read_only: bool, known: &Known<'_>) -> ToolResult {
        let mut text = format!("The API answered {}", self.status_line());
        match self.own_words() {
            Some(words) => {
                let words = match self.mark {
                    Some(mark) => format!("\n{}", mark.around(&words)),
                    None => words,
                };
                let _ = write!(text, ": {words}");
            }
            None => text.push('.'),
        }
        let advice = self.advice(read_only, known);
        if !advice.is_empty() {
            text.push('\n');
            text.push_str(&advice);
        }
        ToolResult::failure(error_type(self.status), text)
    }

    /// The upstream's message, from the fields where messages are, with the rest of the body when it says more.
    fn own_words(&self) -> Option<String> {
        let media = MediaType::of(self.headers.get(http::header::CONTENT_TYPE));
        let kind = media.kind(&self.received.bytes);
        let is_text = matches!(kind, Kind::Json | Kind::Text | Kind::Stream);
        if self.received.bytes.is_empty() || !is_text || self.compressed().is_some() {
            return None;
        }
        let body = self.decoded(&media);
        let body = body.trim();
        let reason = self.status.canonical_reason().unwrap_or_default();
        let is_new = |text: &String| !text.eq_ignore_ascii_case(reason);
        if media.is_html() {
            let is_new = |text: &String| is_new(text) && *text != self.status_line();
            let title = html_title(body).filter(is_new);
            return title
                .map(|title| self.without_secrets(title))
                .or_else(|| Some(self.page(html_text(body).filter(is_new)?)))
                .map(|words| brief(&words));
        }
        let Ok(mut value) = plain::read(body.as_bytes()) else {
            return non_empty(body).filter(is_new).map(|words| brief(&words));
        };
        text::clean_all(&mut value, &|text| self.cleaned(text));
        let Some(message) = message(&value, reason) else {
            return (!self.is_only_the_status(&value)).then(|| brief(body));
        };
        Some(if says_more(&value) {
            brief(&format!("{message}\n{body}"))
        } else {
            brief(&message)
        })
    }

    /// Whether a JSON body says nothing but the status and its reason.
    fn is_only_the_status(&self, value: &Value) -> bool {
        match value {
            Value::Object(fields) => (fields.iter()).all(|(name, value)| {
                matches!(name.as_str(), "type" | "instance") || self.is_only_the_status(value)
            }),
            Value::String(text) => {
                let reason = self.status.canonical_reason().unwrap_or_default();
                text.trim().is_empty() || text.trim().eq_ignore_ascii_case(reason)
            }
            Value::Number(number) => number.as_u64() == Some(self.status.as_u16().into()),
            Value::Null => true,
            Value::Array(_) | Value::Bool(_) => false,
        }
    }

    fn advice(&self, read_only: bool, known: &Known<'_>) -> String {
        let way_out = || (known.way_out)();
        match self.status {
            StatusCode::UNAUTHORIZED => match known.sent {
                Some(Sender::Client) => {
                    "The credential that came with the MCP request was not accepted: it may have expired or belong to \
                     another API."
                        .to_owned()
                }
                Some(Sender::Exchange) => {
                    "The token that the caller's was exchanged for was not accepted. It is forgotten: calling once more \
                     has another one made."
                        .to_owned()
                }
                Some(Sender::Issued) => format!(
                    "The token that this server was given was not accepted. It is forgotten: calling once more has \
                     another one made. If that is refused too: {}",
                    way_out()
                ),
                Some(Sender::Server) => format!(
                    "The credential of this server was not accepted: it may have expired or be wrong. To replace it: {}",
                    way_out()
                ),
                None => format!("{}{}", unsent(known), self.challenge()),
            },
            StatusCode::FORBIDDEN => match known.sent {
                Some(_) => format!(
                    "The credential does not permit this call. Calling again will not help: it needs the permission, \
                     or another credential is needed.{}",
                    scopes(known)
                ),
                None => unsent(known),
            },
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                "Check the identifiers in the arguments; a list or search tool may have the right ones.".to_owned()
            }
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
                "The current state does not permit this. Read the resource again before you decide what to change."
                    .to_owned()
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                "Correct the arguments that the message names, and call again.".to_owned()
            }
            StatusCode::TOO_MANY_REQUESTS => self.retry("Too many calls. "),
            StatusCode::REQUEST_TIMEOUT => self.retry(""),
            StatusCode::PAYLOAD_TOO_LARGE => "Send less in one call.".to_owned(),
            status if status.is_server_error() && read_only => {
                self.retry("The fault is the API's, not the arguments'. ")
            }
            status if status.is_server_error() => self.retry(
                "The fault is the API's, not the arguments'. What a changing call has done by now is not known: look \
                 before you repeat it. ",
            ),
            status if status.is_redirection() => self.leftover(),
            _ => String::new(),
        }
    }

    fn retry(&self, reason: &str) -> String {
        let after = (self.headers.get(RETRY_AFTER)).and_then(|value| value.to_str().ok());
        match after.map(str::trim) {
            Some(after) if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) => {
                let plural = if after == "1" { "" } else { "s" };
                format!("{reason}Try again after {after} second{plural}.")
            }
            Some(after) if !after.is_empty() => {
                let date = self.without_secrets(after.chars().take(40).collect());
                match self.mark {
                    Some(mark) => format!("{reason}Try again later:\n{}", mark.around(&date)),
                    None => format!("{reason}Try again after {date}."),
                }
            }
            _ => format!("{reason}Try again later."),
        }
    }

    fn challenge(&self) -> String {
        let scheme = (self.headers.get(WWW_AUTHENTICATE))
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split([' ', ',']).next())
            .filter(|scheme| !scheme.is_empty() && scheme.len() < 30);
        scheme.map_or_else(String::new, |scheme| {
            format!(" The API asks for the authentication scheme `{scheme}`.")
        })
    }

    /// A redirect without a place to go, or another 3xx.
    fn leftover(&self) -> String {
        if self.status == StatusCode::NOT_MODIFIED {
            return "There is nothing newer than what the conditional arguments name.".to_owned();
        }
        match self
            .headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
        {
            Some(_) => "The redirect was not followed.".to_owned(),
            None => "The redirect says nowhere to go.".to_owned(),
        }
    }
}

fn unsent(known: &Known<'_>) -> String {
    match (known.way_out)() {
        way if way.is_empty() => {
            "No credential was sent: the API's description asks for none here.".to_owned()
        }
        way => format!("No credential was sent. {way}"),
    }
}

/// The OAuth 2 scopes that the operation asks for.
fn scopes(known: &Known<'_>) -> String {
    let mut scopes: Vec<String> = (known.security.iter().copied().flatten())
        .flat_map(|need| need.scopes)
        .map(|scope| format!("`{scope}`"))
        .collect();
    scopes.dedup();
    if scopes.is_empty() {
        String::new()
    } else {
        format!(" The API asks for the scopes {}.", scopes.join(", "))
    }
}

fn error_type(status: StatusCode) -> ErrorType {
    match status {
        StatusCode::UNAUTHORIZED => ErrorType::Unauthorized,
        StatusCode::FORBIDDEN => ErrorType::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => ErrorType::RateLimited,
        status if status.is_client_error() => ErrorType::Upstream4xx,
        status if status.is_server_error() => ErrorType::Upstream5xx,
        _ => ErrorType::Internal,
    }
}

/// The sentence that a JSON error body holds: RFC 9457's members and the usual names. The status's reason is none.
fn message(value: &Value, reason: &str) -> Option<String> {
    let sentence = |text: &str| non_empty(text).filter(|text| !text.eq_ignore_ascii_case(reason));
    match value {
        Value::String(text) => sentence(text),
        Value::Object(fields) => {
            let named = |name: &str| message(fields.get(name)?, reason);
            let title = (fields.get("title").and_then(Value::as_str)).and_then(sentence);
            let detail = named("detail").or_else(|| named("error_description"));
            match (title, detail) {
                (Some(title), Some(detail)) if title != detail => {
                    Some(format!("{title}: {detail}"))
                }
                (_, Some(detail)) => Some(detail),
                (title, None) => [
                    "message",
                    "error",
                    "msg",
                    "reason",
                    "errors",
                    "fault",
                    "faultstring",
                ]
                .iter()
                .find_map(|name| named(name))
                .or(title),
            }
        }
        Value::Array(items) => {
            let messages: Vec<String> = (items.iter())
                .filter_map(|item| message(item, reason))
                .collect();
            (!messages.is_empty()).then(|| messages.join("; "))
        }
        _ => None,
    }
}

/// Whether a body has more to tell than its message.
fn says_more(value: &Value) -> bool {
    const TOLD: [&str; 5] = ["type", "title", "status", "detail", "instance"];
    value.as_object().is_some_and(|fields| {
        let nested = (fields.values()).any(|value| value.is_array() || value.is_object());
        let all_told = fields.keys().all(|name| TOLD.contains(&name.as_str()));
        nested || (fields.len() > 3 && !all_told)
    })
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// All that is worth reading of an error page.
fn html_title(body: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = html::with_characters(&body[start..end]);
    let words: Vec<&str> = title.split_whitespace().collect();
    non_empty(&words.join(" "))
}

/// The words of an error page whose title says nothing.
fn html_text(body: &str) -> Option<String> {
    let text = html::text_without(body, &["head", "title"]);
    let words: Vec<&str> = text.split_whitespace().collect();
    non_empty(&words.join(" "))
}
