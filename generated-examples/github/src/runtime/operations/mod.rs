//! Work that goes on at the API after it has answered: where to look how far it is, and what the answers from there say.
//!
//! Azure's long-running operations (`Operation-Location`, `Azure-AsyncOperation`) say it in a body, others by the status
//! of what is at a `Location` (RFC 9110 §15.3.3). Nothing is sent here: that is `call/following`'s.

mod handles;
mod pauses;
mod shared;
mod tools;

use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::base_url::Origin;
use super::plain;
use super::tool::FinalState;
use super::upstream::Answered;
pub(super) use handles::{Handles, Kept, Missing};
pub(super) use pauses::Pauses;
pub(super) use tools::{HANDLE, WAIT, tools, with_every_argument};

/// Azure's REST API guidelines, "Long-running operations".
pub(super) const OPERATION_LOCATION: HeaderName = HeaderName::from_static("operation-location");
/// Azure Resource Manager's name of the same.
pub(super) const AZURE_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// Where a result says by which handle its operation is taken up again.
pub(super) const OPERATION: &str = "mcpgen/operation";
/// In there: how an operation has ended that was taken up, `result`, `failed` or `cancelled`.
pub(super) const ENDED: &str = "ended";

/// What the two tools do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It asks how far work is that goes on.
    Check,
    /// It stops such work.
    Cancel,
}

/// The longest word of the API's that is repeated.
const LONGEST_WORD: usize = 64;

/// How work is followed that goes on.
#[derive(Debug, Clone, Copy)]
pub struct FollowSettings {
    /// `--poll-timeout`: for how long one call waits for it; `None`: it does not.
    pub timeout: Option<Duration>,
    /// `--operation-lifetime`: for how long nobody has to ask for it until it is forgotten.
    pub lifetime: Duration,
    /// `--cancel-upstream`: whether a call that is cancelled stops it.
    pub cancels_upstream: bool,
}

/// Work that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// Where to look. It is of an origin of the call's server.
    pub(super) monitor: Uri,
    told: Told,
    /// Where the first answer, or a later one, has said that the result will be.
    location: Option<Uri>,
}

/// How an API says how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    /// In the `status` of a JSON body.
    InBody,
    /// By the status of the answer.
    ByStatus,
    /// In the `properties.provisioningState` of the resource itself (Azure Resource Manager).
    InResource,
}

/// What an answer says of work that goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// Nothing.
    Nothing,
    /// One would have to look at another origin, which has nothing to do with this call.
    Elsewhere,
    Here(Operation),
}

/// What is known of the request that began it.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'a> {
    pub(super) method: &'a Method,
    /// Where it went.
    pub(super) uri: &'a Uri,
    /// Where its description says that the result is.
    pub(super) result: Option<FinalState>,
    /// Whether its credentials may be seen there.
    pub(super) is_ours: &'a (dyn Fn(&Origin) -> bool + Sync),
}

/// How far work is.
#[derive(Debug, PartialEq)]
pub(super) enum Look {
    Running(Report),
    /// It is over, and this answer is its result.
    Done,
    /// It is over, and its result is there.
    ResultAt(Uri),
    /// It is over without a result; what the API calls that.
    Failed(String),
    Cancelled(String),
    /// The API cannot say it at the moment.
    Unknown,
    /// It refuses to say it, or fails.
    Refused,
}

/// What the API says of work that goes on.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Report {
    /// Its word for it.
    pub(super) word: Option<String>,
    /// How much of it is done, from 0 to 100.
    pub(super) percent: Option<f64>,
}

impl Report {
    /// As a piece of a sentence.
    pub(super) fn text(&self) -> String {
        let word = self.word.as_ref().map(|word| format!("status `{word}`"));
        let percent = self.percent.map(|percent| format!("{percent} % done"));
        let known: Vec<String> = word.into_iter().chain(percent).collect();
        known.join(", ")
    }
}

impl Beginning<'_> {
    /// What a header of an answer points at; `from` is where the request of that answer went.
    fn place(&self, value: &HeaderValue, from: &Uri) -> Option<Uri> {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        self.place_of(text, from)
    }

    fn place_of(&self, text: &str, from: &Uri) -> Option<Uri> {
        let base = Url::parse(&from.to_string()).ok()?;
        let mut url = base.join(text.trim()).ok()?;
        url.set_fragment(None);
        let is_plain = url.username().is_empty() && url.password().is_none();
        let origin = Origin::of(&url).filter(|_| is_plain)?;
        (self.is_ours)(&origin)
            .then(|| url.as_str().parse().ok())
            .flatten()
    }

    /// What an answer says of work that goes on.
    pub(super) fn begun(&self, (status, headers, received): &Answered) -> Begun {
        if !matches!(status.as_u16(), 200..=202) {
            return Begun::Nothing;
        }
        let named = |name: HeaderName| {
            (headers.get(name)).filter(|value| !value.as_bytes().trim_ascii().is_empty())
        };
        let azure = named(OPERATION_LOCATION).or_else(|| named(AZURE_OPERATION));
        let location = named(LOCATION);
        if let Some(monitor) = azure.and_then(|value| self.place(value, self.uri)) {
            return Begun::Here(Operation {
                monitor,
                told: Told::InBody,
                location: location.and_then(|value| self.place(value, self.uri)),
            });
        }
        let location = location.filter(|_| *status == StatusCode::ACCEPTED);
        if let Some(monitor) = location.and_then(|value| self.place(value, self.uri)) {
            return Begun::Here(Operation {
                monitor,
                told: Told::ByStatus,
                location: None,
            });
        }
        if azure.is_some() || location.is_some() {
            return Begun::Elsewhere;
        }
        if self.result.is_some()
            && matches!(*self.method, Method::PUT | Method::PATCH)
            && is_provisioning(&plain::read(&received.bytes).unwrap_or_default())
        {
            return Begun::Here(Operation {
                monitor: self.uri.clone(),
                told: Told::InResource,
                location: None,
            });
        }
        Begun::Nothing
    }
}

impl Operation {
    /// Whether all places where one would look are of origins for which this holds.
    pub(super) fn is_at(&self, is_ours: &dyn Fn(&Origin) -> bool) -> bool {
        let mut places = std::iter::once(&self.monitor).chain(&self.location);
        places.all(|place| {
            let url = Url::parse(&place.to_string()).ok();
            url.and_then(|url| Origin::of(&url))
                .is_some_and(|origin| is_ours(&origin))
        })
    }

    /// Whether a `DELETE` of the place where one looks stops the work; at a mere `Location` it could be the result that is
    /// deleted.
    pub(super) fn can_be_cancelled(&self) -> bool {
        self.told == Told::InBody
    }

    /// Whether the place where one looks has JSON, whatever the result is.
    pub(super) fn is_told_in_json(&self) -> bool {
        self.told != Told::ByStatus
    }

    /// What an answer from there says. The API may send who looks on to another place.
    pub(super) fn look(&mut self, answered: &Answered, beginning: &Beginning<'_>) -> Look {
        let (status, headers, received) = answered;
        if is_for_now(*status) {
            return Look::Unknown;
        }
        if status.is_client_error() || status.is_server_error() {
            return Look::Refused;
        }
        if !status.is_success() {
            return Look::Done;
        }
        let is_json = || (!received.is_part()).then(|| plain::read(&received.bytes).ok());
        let body: Option<Value> = is_json().flatten();
        // What was to be JSON, or a page of somebody in between, is no result.
        let is_broken = body.is_none()
            && (received.is_part() || says(headers, "json") || says(headers, "html"));
        if is_broken && self.is_told_in_json() {
            return Look::Unknown;
        }
        let body = body.unwrap_or_default();
        let location = headers
            .get(LOCATION)
            .and_then(|value| beginning.place(value, &self.monitor));
        match self.told {
            Told::ByStatus if *status == StatusCode::ACCEPTED => {
                self.monitor = location.unwrap_or_else(|| self.monitor.clone());
                Look::Running(Report::of(&body))
            }
            Told::ByStatus if is_unfinished(headers, &body) => Look::Running(Report::of(&body)),
            Told::ByStatus => Look::Done,
            Told::InBody => {
                self.location = location.or_else(|| self.location.take());
                self.told_in(&body, *status, beginning)
            }
            Told::InResource => match self.told_in(&body, *status, beginning) {
                Look::ResultAt(_) => Look::Done,
                look => look,
            },
        }
    }

    fn told_in(&self, body: &Value, status: StatusCode, beginning: &Beginning<'_>) -> Look {
        let word = match self.told {
            Told::InResource => provisioning_state(body),
            _ => word_of(body),
        };
        let Some(word) = word else {
            // Without a word the status has to do.
            return match status {
                StatusCode::ACCEPTED => Look::Running(Report::of(body)),
                _ => Look::Done,
            };
        };
        match plain(word).as_str() {
            "succeeded" | "success" | "successful" | "completed" | "complete" | "done"
            | "finished" | "ok" | "partiallysucceeded" | "partiallycompleted" => {
                self.result(body, beginning)
            }
            "failed" | "failure" | "faulted" | "error" | "rejected" | "aborted" | "terminated"
            | "expired" | "timedout" => Look::Failed(short(word)),
            "canceled" | "cancelled" => Look::Cancelled(short(word)),
            _ => Look::Running(Report::of(body)),
        }
    }

    /// Where the result is of what has succeeded: where the description says, or else what Azure's own clients assume.
    fn result(&self, body: &Value, beginning: &Beginning<'_>) -> Look {
        let original = || match *beginning.method {
            // It is gone, or says nothing of one.
            Method::DELETE | Method::HEAD => None,
            _ => Some(beginning.uri.clone()),
        };
        let named = body.get("resourceLocation").and_then(Value::as_str);
        let named = named.and_then(|text| beginning.place_of(text, &self.monitor));
        let place = match beginning.result {
            Some(FinalState::Status) => return Look::Done,
            Some(FinalState::Original) => original(),
            Some(FinalState::Location) => self.location.clone(),
            Some(FinalState::Unsaid) | None => None,
        };
        let place = place.or(named).or_else(|| match *beginning.method {
            Method::PUT | Method::PATCH => original(),
            Method::POST => self.location.clone(),
            _ => None,
        });
        place.map_or(Look::Done, Look::ResultAt)
    }
}

impl Report {
    fn of(body: &Value) -> Self {
        let percent = ["percentComplete", "percent_complete"]
            .iter()
            .find_map(|name| body.get(name)?.as_f64());
        Self {
            word: word_of(body).map(short),
            percent: percent.filter(|percent| (0.0..=100.0).contains(percent)),
        }
    }
}

/// An API's word for how far its work is: that of an operation, or else that of a resource.
fn word_of(body: &Value) -> Option<&str> {
    (body.get("status").and_then(Value::as_str)).or_else(|| provisioning_state(body))
}

/// Azure Resource Manager, "Asynchronous operations".
fn provisioning_state(body: &Value) -> Option<&str> {
    body.get("properties")?.get("provisioningState")?.as_str()
}

/// Whether a resource says that it is not there yet.
fn is_provisioning(resource: &Value) -> bool {
    const ENDED: [&str; 4] = ["succeeded", "failed", "canceled", "cancelled"];
    provisioning_state(resource).is_some_and(|word| !ENDED.contains(&plain(word).as_str()))
}

/// Whether an answer says no more than that there is none for now: RFC 9110 §15.5.9, RFC 6585 §4, and what proxies say of
/// a server behind them.
pub(super) fn is_for_now(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 502..=504)
}

/// Whether what is at a `Location` with 200 says that it is not the result yet. A word alone does not: an order that is
/// `pending` is the result of placing it. Nothing that is finished says when to ask again, or how much of it is done.
fn is_unfinished(headers: &HeaderMap, body: &Value) -> bool {
    let word = body.get("status").and_then(Value::as_str).map(plain);
    let runs = word.is_some_and(|word| {
        matches!(
            word.as_str(),
            "running"
                | "inprogress"
                | "pending"
                | "queued"
                | "processing"
                | "accepted"
                | "notstarted"
                | "started"
                | "waiting"
                | "scheduled"
        )
    });
    let is_on_its_way = || {
        Report::of(body)
            .percent
            .is_some_and(|percent| percent < 100.0)
    };
    runs && (headers.contains_key(RETRY_AFTER) || is_on_its_way())
}

/// A word as it is compared: `Not started` is `notstarted`.
fn plain(word: &str) -> String {
    (word.chars())
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .take(LONGEST_WORD)
        .collect()
}

/// Whether the media type of an answer says this.
fn says(headers: &HeaderMap, what: &str) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    media.is_some_and(|media| media.to_ascii_lowercase().contains(what))
}

/// A word of the API's as a part of a sentence of ours: it cannot end it.
fn short(word: &str) -> String {
    let tame = |c: char| match c {
        '`' => '\'',
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    };
    word.chars().take(LONGEST_WORD).map(tame).collect()
}

#[cfg(test)]
mod tests;
