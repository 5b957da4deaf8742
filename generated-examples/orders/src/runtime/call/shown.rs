//! An answer on its way to its caller: what stands beside it is gathered, and a large one is looked at aside.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};

use super::super::catalog::{Found, Prepared};
use super::super::credentials::{Credential, Whose};
use super::super::engine::{ErrorType, Inner, ToolResult};
use super::super::redact::Redaction;
use super::super::request::Outgoing;
use super::super::response::{Answer, Fields, Known, Mark, Sender, piece};
use super::super::steps::Steps;
use super::super::tool::ResultShape;
use super::super::upstream::{Answered, End, Failure, Received};
use super::record::Facts;
use super::{Asked, broken, failed, ownership, transformed};

/// An answer as its caller is to see it, with the request that it is the answer to.
pub(super) async fn shown(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    outgoing: &Outgoing,
    (status, headers, received): Answered,
    (steps, facts): (&mut Steps<'_>, &mut Facts),
) -> ToolResult {
    let Asked {
        tool,
        credentials,
        call,
        redaction,
        fields: (fields_argument, paths),
        jq,
        guard,
        marks,
        until,
        ..
    } = *asked;
    if status == StatusCode::UNAUTHORIZED {
        inner.credentials.forget(credentials);
    }
    let sent = sender(credentials);
    // What is shown must not hold what another call, or this one, has asked with.
    #[cfg(feature = "cache")]
    let all = facts.served.as_ref().map(|served| served.with(credentials));
    #[cfg(feature = "cache")]
    let credentials = all.as_deref().unwrap_or(credentials);
    facts.bytes = received.bytes.len();
    if facts.wants_json && status.is_success() && !received.is_part() {
        facts.json = Some(received.bytes.clone());
    }
    steps.done(facts.bytes);
    let mark = marks.then(Mark::new);
    if let Some(None) = mark {
        let text = "The answer is not shown: it is to stand between marks, and this system has no random numbers for them.";
        return ToolResult::failure(ErrorType::Internal, text);
    }
    let mark = mark.flatten();
    let mut seen = Seen {
        tool,
        method: &outgoing.method,
        path: outgoing.uri.path(),
        status,
        arguments: &call.arguments,
        headers: &headers,
        credentials,
        redaction,
        fields: (fields_argument, paths),
        jq: None,
        mark: mark.as_ref(),
        sent,
    };
    // How long a program takes, and whether it fails, tells of what it sees: nobody's program sees what is another's.
    let may_see = || {
        !facts.wants_json
            || guard.is_some_and(|guard| ownership::admitted(guard, facts, call).is_ok())
    };
    let given = match jq.filter(|_| status.is_success() && may_see()) {
        Some(asking) => Some((
            asking.argument,
            Box::pin(transformed::given(inner, asking, &seen, &received)).await,
        )),
        None => None,
    };
    seen.jq = match &given {
        Some((_, Err(failed))) => return failed.clone(),
        Some((argument, Ok(given))) => Some((argument, given.as_deref())),
        None => None,
    };
    let read = |seen: &Seen<'_>, inner: &Inner, received: Received| seen.result(inner, received);
    let is_broken = received.end == End::Broken;
    let result = aside(inner, &seen, received, read).await;
    let mut result = result.unwrap_or_else(|| broken(tool.def.name));
    if is_broken && status.is_success() {
        let came = result.content;
        result = failed(inner, tool, &Failure::Broken, until.1);
        result.content.extend(came);
    }
    #[cfg(feature = "cache")]
    let result = match &facts.served {
        Some(served) => served.marked(result),
        None => result,
    };
    result
}

/// What the caller may see of the events of an answer, one after the other; `None` where that is nothing.
pub(super) fn told<'a>(
    asked: &Asked<'a>,
) -> impl FnMut(&str) -> Option<String> + Send + Sync + use<'a> {
    let (credentials, redaction) = (asked.credentials, asked.redaction);
    let mut is_within_key = false;
    move |said| {
        // A private key may go on over many, each of which looks like nothing.
        let was_within = is_within_key;
        let last = said.rfind("-----BEGIN ").max(said.rfind("-----END "));
        if let Some(last) = last {
            is_within_key =
                said[last..].starts_with("-----BEGIN ") && said[last..].contains("PRIVATE KEY");
        }
        if was_within && redaction.is_some() {
            return None;
        }
        piece(said, credentials, redaction)
    }
}

/// Whose credentials were sent.
fn sender(credentials: &[Arc<Credential>]) -> Option<Sender> {
    let any = |whose| credentials.iter().any(|found| found.whose == whose);
    match credentials {
        [] => None,
        _ if any(Whose::Client) => Some(Sender::Client),
        _ if any(Whose::Caller) => Some(Sender::Exchange),
        _ if any(Whose::Issued) => Some(Sender::Issued),
        _ => Some(Sender::Server),
    }
}

/// From so many bytes on, an answer is looked at beside what else a thread has to do.
const LARGE: usize = 64 << 10;

/// An answer, as its caller is to see it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) tool: &'a Prepared,
    method: &'a http::Method,
    path: &'a str,
    status: StatusCode,
    arguments: &'a Map<String, Value>,
    headers: &'a http::HeaderMap,
    pub(super) credentials: &'a [Arc<Credential>],
    pub(super) redaction: Option<&'a Redaction>,
    fields: (Option<&'a str>, &'a [String]),
    /// The argument that is a jq program, and what that gives for the answer.
    jq: Option<(&'a str, Option<&'a str>)>,
    pub(super) mark: Option<&'a Mark>,
    sent: Option<Sender>,
}

impl Seen<'_> {
    fn result(&self, inner: &Inner, received: Received) -> ToolResult {
        let tool = self.tool;
        let (_, paths) = self.fields;
        let mut fields = Fields::parse(paths.iter().map(String::as_str));
        if matches!(
            tool.def.result,
            ResultShape::Wrapped | ResultShape::WrappedText
        ) {
            fields = fields.without("result");
        }
        let answer = Answer {
            fields: (!fields.is_everything()).then_some(&fields),
            ..self.answer(inner, received)
        };
        let known = Known {
            way_out: &|| inner.credentials.way_out(tool.def.security),
            security: tool.def.security,
            sent: self.sent,
        };
        answer.into_result(tool.def, tool.output.as_ref(), &known)
    }

    /// The answer as JSON text, if it is that.
    pub(super) fn json(&self, inner: &Inner, received: Received) -> Option<String> {
        self.answer(inner, received).whole_json()
    }

    fn answer(&self, inner: &Inner, received: Received) -> Answer<'_> {
        Answer {
            method: self.method,
            path: self.path,
            status: self.status,
            arguments: self.arguments,
            headers: self.headers,
            received,
            credentials: self.credentials,
            redaction: self.redaction,
            fields: None,
            fields_argument: self.fields.0,
            jq: self.jq,
            validators: inner.validators,
            mark: self.mark,
            most_bytes: inner.settings.max_response_bytes,
            most_chars: inner.settings.max_result_chars,
            text: OnceCell::new(),
            is_json: Cell::default(),
        }
    }
}

/// What is made of an answer; of a large one on a thread of its own, so that other calls go on and the deadline of this one
/// holds. `None` where that broke off.
pub(super) async fn aside<T: Send + 'static>(
    inner: &Arc<Inner>,
    seen: &Seen<'_>,
    received: Received,
    make: impl FnOnce(&Seen<'_>, &Inner, Received) -> T + Send + 'static,
) -> Option<T> {
    let (argument, given) = seen.jq.unzip();
    if received
        .bytes
        .len()
        .max(given.flatten().map_or(0, str::len))
        <= LARGE
    {
        return Some(make(seen, inner, received));
    }
    let inner = Arc::clone(inner);
    let name = seen.tool.def.name;
    let (method, path, status, sent) = (
        seen.method.clone(),
        seen.path.to_owned(),
        seen.status,
        seen.sent,
    );
    let (arguments, headers) = (seen.arguments.clone(), seen.headers.clone());
    let (credentials, redaction) = (seen.credentials.to_vec(), seen.redaction.cloned());
    let (fields, paths) = (seen.fields.0.map(str::to_owned), seen.fields.1.to_vec());
    let mark = seen.mark.cloned();
    let jq = (argument.map(str::to_owned)).zip(given.map(|given| given.map(str::to_owned)));
    let looked = tokio::task::spawn_blocking(move || {
        let Some(Found::Generated(tool)) = inner.catalog.find(name) else {
            return None;
        };
        let seen = Seen {
            tool,
            method: &method,
            path: &path,
            status,
            arguments: &arguments,
            headers: &headers,
            credentials: &credentials,
            redaction: redaction.as_ref(),
            fields: (fields.as_deref(), &paths),
            jq: jq
                .as_ref()
                .map(|(argument, given)| (argument.as_str(), given.as_deref())),
            mark: mark.as_ref(),
            sent,
        };
        Some(make(&seen, &inner, received))
    });
    looked.await.ok().flatten()
}
