//! `POST /mcp`: Streamable HTTP, without sessions, for every protocol version.
//!
//! A plain call is answered at once. What wants a stream (a progress token), what is out of the ordinary and what is
//! wrong goes to the SDK's service, which knows all the rules.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, ProtocolVersion};
use tokio_util::sync::CancellationToken;

use super::super::identity::Identity;
use super::super::policy::scopes;
use super::super::server::Caller;
use super::super::session::{caller, identity};
use super::super::wire::{self, Call, Era, Message};
use super::{App, BODY, BODY_OF_REFUSED, Known, Peer, json, read_body};

/// The first version without a handshake. Versions are dates, so text compares as time does.
const MODERN: &str = "2026-07-28";

pub(super) async fn post(State(app): State<App>, Known(request): Known) -> Response {
    let (parts, body) = request.into_parts();
    let text = match read_body(body, app.max_request_bytes, BODY).await {
        Ok(text) => text,
        Err(refusal) => return refusal,
    };
    let message = Message::read(&text);
    if let Some(refusal) = too_few_scopes(&app, &parts, &message).await {
        return refusal;
    }
    if is_json_rpc(&parts.headers) {
        match message {
            Message::List(request) if fits(&parts.headers, request.era, "tools/list", None) => {
                let caller = identity(Some(&parts));
                let asking = (caller.as_ref(), Some(&parts.headers));
                let answer = app.server.answer_list(&request, asking).await;
                return json(StatusCode::OK, answer);
            }
            Message::Call(request, call)
                if fits(&parts.headers, request.era, "tools/call", Some(&call.name))
                    && wire::progress_token(&call.meta).is_none()
                    && !has_argument_headers(&app, &parts.headers, request.era) =>
            {
                let cancelled = CancellationToken::new();
                // A client that goes away drops this future, and with it the call.
                let _guard = cancelled.clone().drop_guard();
                let known = caller(&app.server, Some(&parts), cancelled);
                let caller = Caller {
                    headers: parts.headers,
                    ..known
                };
                return json(
                    StatusCode::OK,
                    app.server.answer(&request, call, caller).await,
                );
            }
            _ if serde_json::from_slice::<ClientJsonRpcMessage>(&text).is_err() => {
                return json(StatusCode::BAD_REQUEST, wire::unreadable(&text));
            }
            _ => {}
        }
    }
    by_the_sdk(&app, parts, text).await
}

/// Refuses a call for which the caller's token has too few scopes, so that the client can ask for more. What is not
/// plainly a call is refused by the engine.
async fn too_few_scopes(app: &App, parts: &Parts, message: &Message) -> Option<Response> {
    let Message::Call(_, call) = message else {
        return None;
    };
    // Who has none, such as an API key, lacks none.
    (parts.extensions.get::<Identity>()?).scopes()?;
    let caller = caller(&app.server, Some(parts), CancellationToken::new());
    let scopes = app
        .server
        .lacks_scopes(&call.name, &call.arguments, caller)
        .await?;
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let is_proxy = peer.is_some_and(|peer| app.guard.trusts(peer));
    Some(
        app.authentication
            .too_few_scopes(&parts.headers, is_proxy, &scopes),
    )
}

/// The call that somebody asks for who is refused; one without a name where the request is not read.
pub(super) async fn refused_call(parts: &Parts, body: Body) -> Option<Call> {
    if parts.method != Method::POST {
        return None;
    }
    match short_body(&parts.headers, body).await {
        Some(text) => wire::called(&text),
        None => Some(Call::default()),
    }
}

async fn short_body(headers: &HeaderMap, body: Body) -> Option<Bytes> {
    /// More is not read for somebody whom nobody knows.
    const MOST: usize = 64 << 10;
    let length = headers.get(CONTENT_LENGTH)?.to_str().ok()?;
    let length = length.parse::<usize>().ok()?;
    if length > MOST {
        return None;
    }
    read_body(body, MOST, BODY_OF_REFUSED).await.ok()
}

/// The scopes that a call needs, where somebody without an identity may know them.
pub(super) fn scopes_of_call(app: &App, call: &Call) -> Option<Vec<&'static str>> {
    scopes::least(app.server.visible(&call.name, None)?, app.server.def())
}

async fn by_the_sdk(app: &App, parts: Parts, text: Bytes) -> Response {
    let request = Request::from_parts(parts, Body::from(text));
    app.sdk.handle(request).await.map(Body::new)
}

/// Whether the request is JSON and takes JSON as well as a stream (MCP, basic/transports: it MUST take both).
fn is_json_rpc(headers: &HeaderMap) -> bool {
    let text = |value: &http::HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let is_json = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| is_media_type(value.as_bytes(), b"application/json"));
    let mut accepted = headers.get_all(ACCEPT).iter();
    let accept = match (accepted.next(), accepted.next()) {
        (Some(only), None) => text(only),
        _ => return false,
    };
    // Weights are for the SDK to weigh.
    is_json
        && accept.contains("application/json")
        && accept.contains("text/event-stream")
        && !accept.contains("q=")
}

fn is_media_type(value: &[u8], expected: &[u8]) -> bool {
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(expected)
}

/// Whether the headers say the same as the body, as far as its era has them do so.
fn fits(headers: &HeaderMap, era: Era, method: &str, name: Option<&str>) -> bool {
    let version = only(headers, "mcp-protocol-version");
    match (era, version) {
        (_, Only::Many) => false,
        (Era::Legacy, Only::None) => true,
        (Era::Legacy, Only::One(version)) => {
            let known = |known: &ProtocolVersion| known.as_str() == version;
            ProtocolVersion::KNOWN_VERSIONS.iter().any(known) && version < MODERN
        }
        (Era::Modern, version) => {
            version == Only::One(MODERN)
                && only(headers, "mcp-method") == Only::One(method)
                && name.is_none_or(|name| only(headers, "mcp-name") == Only::One(name))
        }
    }
}

/// Whether arguments are repeated in headers, or should be: the SDK compares them.
fn has_argument_headers(app: &App, headers: &HeaderMap, era: Era) -> bool {
    let given = || {
        headers
            .keys()
            .any(|name| name.as_str().starts_with("mcp-param-"))
    };
    era == Era::Modern && (app.wants_argument_headers || given())
}

#[derive(PartialEq, Eq)]
enum Only<'a> {
    None,
    One(&'a str),
    /// More than one, or not text.
    Many,
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Only<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Only::None,
        (Some(value), None) => value.to_str().map_or(Only::Many, Only::One),
        (Some(_), Some(_)) => Only::Many,
    }
}
