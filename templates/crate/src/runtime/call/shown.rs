//! An answer on its way to its caller: what stands beside it is gathered, and a large one is looked at aside.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};

use super::super::catalog::{Found, Prepared};
use super::super::credentials::{Credential, Whose};
use super::super::engine::{Inner, ToolResult};
use super::super::redact::Redaction;
use super::super::request::Outgoing;
use super::super::response::{Answer, Fields, Known, Sender};
use super::super::steps::Steps;
use super::super::tool::ResultShape;
use super::super::upstream::{Answered, Received};
use super::record::Facts;
use super::{Asked, broken};

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
        ..
    } = *asked;
    if status == StatusCode::UNAUTHORIZED {
        inner.credentials.forget(credentials);
    }
    let sent = match credentials {
        [] => None,
        some if some.iter().any(|found| found.whose == Whose::Client) => Some(Sender::Client),
        some if some.iter().any(|found| found.whose == Whose::Caller) => Some(Sender::Exchange),
        some if some.iter().any(|found| found.whose == Whose::Issued) => Some(Sender::Issued),
        _ => Some(Sender::Server),
    };
    // What is shown must not hold what another call, or this one, has asked with.
    #[cfg(feature = "cache")]
    let all = facts.served.as_ref().map(|served| served.with(credentials));
    #[cfg(feature = "cache")]
    let credentials = all.as_deref().unwrap_or(credentials);
    facts.bytes = received.bytes.len();
    if facts.wants_json && status.is_success() && !received.cut && !received.open {
        facts.json = serde_json::from_slice(&received.bytes).ok();
    }
    steps.done(facts.bytes);
    let seen = Seen {
        method: &outgoing.method,
        path: outgoing.uri.path(),
        status,
        arguments: &call.arguments,
        headers: &headers,
        credentials,
        redaction,
        fields: (fields_argument, paths),
        sent,
    };
    let result = if received.bytes.len() > LARGE {
        seen_aside(inner, tool.def.name, &seen, received).await
    } else {
        seen.result(inner, tool, received)
    };
    #[cfg(feature = "cache")]
    let result = match &facts.served {
        Some(served) => served.marked(result),
        None => result,
    };
    result
}

/// From so many bytes on, an answer is looked at beside what else a thread has to do.
const LARGE: usize = 64 << 10;

/// An answer, as its caller is to see it.
struct Seen<'a> {
    method: &'a http::Method,
    path: &'a str,
    status: StatusCode,
    arguments: &'a Map<String, Value>,
    headers: &'a http::HeaderMap,
    credentials: &'a [Arc<Credential>],
    redaction: Option<&'a Redaction>,
    fields: (Option<&'a str>, &'a [String]),
    sent: Option<Sender>,
}

impl Seen<'_> {
    fn result(&self, inner: &Inner, tool: &Prepared, received: Received) -> ToolResult {
        let (fields_argument, paths) = self.fields;
        let mut fields = Fields::parse(paths.iter().map(String::as_str));
        if matches!(
            tool.def.result,
            ResultShape::Wrapped | ResultShape::WrappedText
        ) {
            fields = fields.without("result");
        }
        let answer = Answer {
            method: self.method,
            path: self.path,
            status: self.status,
            arguments: self.arguments,
            headers: self.headers,
            received,
            credentials: self.credentials,
            redaction: self.redaction,
            fields: (!fields.is_everything()).then_some(&fields),
            fields_argument,
            most_bytes: inner.settings.max_response_bytes,
            most_chars: inner.settings.max_result_chars,
        };
        let known = Known {
            way_out: &|| inner.credentials.way_out(tool.def.security),
            security: tool.def.security,
            sent: self.sent,
        };
        answer.into_result(tool.def, tool.output.as_ref(), &known)
    }
}

/// The same on a thread of its own, so that other calls go on and the deadline of this one holds.
async fn seen_aside(
    inner: &Arc<Inner>,
    name: &'static str,
    seen: &Seen<'_>,
    received: Received,
) -> ToolResult {
    let inner = Arc::clone(inner);
    let (method, path, status, sent) = (
        seen.method.clone(),
        seen.path.to_owned(),
        seen.status,
        seen.sent,
    );
    let (arguments, headers) = (seen.arguments.clone(), seen.headers.clone());
    let (credentials, redaction) = (seen.credentials.to_vec(), seen.redaction.cloned());
    let (argument, paths) = (seen.fields.0.map(str::to_owned), seen.fields.1.to_vec());
    let looked = tokio::task::spawn_blocking(move || {
        let Some(Found::Generated(tool)) = inner.catalog.find(name) else {
            return broken(name);
        };
        let seen = Seen {
            method: &method,
            path: &path,
            status,
            arguments: &arguments,
            headers: &headers,
            credentials: &credentials,
            redaction: redaction.as_ref(),
            fields: (argument.as_deref(), &paths),
            sent,
        };
        seen.result(&inner, tool, received)
    });
    looked.await.unwrap_or_else(|_| broken(name))
}
