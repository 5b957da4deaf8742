//! The transport of MCP 2024-11-05: `GET /sse` opens a stream, `POST /messages?sessionId=` answers on it.
//!
//! A session lives as long as its stream: when the client goes, its calls are cancelled and its id is forgotten. What
//! a message means is `session`'s business.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::super::identity::Identity;
use super::super::limits;
use super::super::random;
use super::super::session::{self, Session};
#[cfg(feature = "redis")]
use super::super::state::Listening;
use super::super::wire;
#[cfg(feature = "redis")]
use super::elsewhere;
use super::{App, BODY, Known, json, problem, read_body};

/// Proxies close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How many posts of one session may wait; the next one waits for its response.
const INBOX: usize = 32;
/// How many messages may wait to be sent on one stream.
const OUTBOX: usize = 64;
/// How many of them are sent at once.
const BATCH: usize = 64;

pub(super) type Post = (Bytes, Parts);

/// The streams that are open, by session id.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<String, Stream>>>);

/// An open stream.
struct Stream {
    /// Where its posts go.
    inbox: mpsc::Sender<Post>,
    /// Whose it is.
    owner: Owner,
}

/// Who opened a stream, as far as it is known.
struct Owner {
    identity: Option<Identity>,
    address: Option<IpAddr>,
}

impl Owner {
    fn is(&self, identity: Option<&Identity>) -> bool {
        match (&self.identity, identity) {
            (None, None) => true,
            (Some(owner), Some(identity)) => owner.is(identity),
            _ => false,
        }
    }

    /// Whether both have their share together: the streams of an identity, or of an address where there is none.
    fn shares_with(&self, other: &Self) -> bool {
        let is_same_place = self.identity.is_some() || self.address == other.address;
        self.is(other.identity.as_ref()) && is_same_place
    }
}

/// How many streams there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) all: usize,
    /// Of one identity, or of one address where there is none.
    pub(super) each: usize,
}

/// Why a stream is not opened.
enum Full {
    All,
    Own,
}

impl Streams {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, most: Most, id: &str, stream: Stream) -> Result<(), Full> {
        let mut open = self.lock();
        let own = open
            .values()
            .filter(|it| it.owner.shares_with(&stream.owner));
        // What only they can mend comes first.
        if own.count() >= most.each {
            return Err(Full::Own);
        }
        if open.len() >= most.all {
            return Err(Full::All);
        }
        open.insert(id.to_owned(), stream);
        Ok(())
    }

    /// Takes no more posts for a stream, which ends when those before are answered.
    pub(super) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Where the posts of a stream go, for who opened it: an id that somebody else found out is worth nothing.
    fn inbox(&self, id: &str, identity: Option<&Identity>) -> Option<mpsc::Sender<Post>> {
        let open = self.lock();
        let stream = open.get(id)?;
        (stream.owner.is(identity)).then(|| stream.inbox.clone())
    }
}

/// Ends the session together with its stream.
struct Ended {
    streams: Streams,
    id: String,
    /// Its posts that reach other replicas.
    #[cfg(feature = "redis")]
    _elsewhere: Option<Listening>,
    _calls: DropGuard,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.streams.close(&self.id);
    }
}

pub(super) async fn open(State(app): State<App>, Known(request): Known) -> Response {
    let (parts, _) = request.into_parts();
    let owner = Owner {
        identity: session::identity(Some(&parts)),
        address: session::client(Some(&parts)).map(limits::block),
    };
    let Some(id) = random::id() else {
        return problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "no source of randomness",
            "",
        );
    };
    let (inbox, posts) = mpsc::channel(INBOX);
    #[cfg(feature = "redis")]
    let (identity, posted) = (owner.identity.clone(), inbox.clone());
    let stream = Stream { inbox, owner };
    if let Err(full) = app.streams.open(app.most_streams, &id, stream) {
        return refused(&full);
    }
    let calls = CancellationToken::new();
    let ended = Ended {
        streams: app.streams.clone(),
        id: id.clone(),
        #[cfg(feature = "redis")]
        _elsewhere: elsewhere::listen(&app, (&id, identity.as_ref()), posted).await,
        _calls: calls.clone().drop_guard(),
    };
    let (out, messages) = mpsc::channel(OUTBOX);
    let session = Session::new(Arc::clone(&app.server), out, calls);
    tokio::spawn(run(session, posts, app.stop.clone()));
    // Relative to the server, with the prefix under which a proxy shows it.
    let endpoint = format!(
        "event: endpoint\ndata: {}/messages?sessionId={id}\n\n",
        app.prefix
    );
    let body = Body::from_stream(events(endpoint, messages, ended));
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn refused(full: &Full) -> Response {
    let (status, error, help) = match full {
        Full::All => (
            StatusCode::SERVICE_UNAVAILABLE,
            "too many streams are open",
            "close one, raise `--max-streams`, or use /mcp, which needs none",
        ),
        Full::Own => (
            StatusCode::TOO_MANY_REQUESTS,
            "you have too many streams open",
            "close one, raise `--max-streams-each`, or use /mcp, which needs none",
        ),
    };
    ([(RETRY_AFTER, "5")], problem(status, error, help)).into_response()
}

/// Takes posts until the stream or the server ends, then answers what it has taken.
async fn run(mut session: Session, mut posts: mpsc::Receiver<Post>, stop: CancellationToken) {
    loop {
        let post = tokio::select! {
            post = posts.recv() => post,
            () = stop.cancelled() => None,
        };
        let Some((text, parts)) = post else { break };
        session.receive(&text, Some(parts)).await;
    }
    session.finish().await;
}

fn events(
    endpoint: String,
    messages: mpsc::Receiver<Vec<u8>>,
    ended: Ended,
) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    let state = (Some(endpoint), messages, ended);
    stream::unfold(state, |(endpoint, mut messages, ended)| async move {
        let chunk = match endpoint {
            Some(endpoint) => Bytes::from(endpoint),
            None => next_events(&mut messages).await?,
        };
        Some((Ok(chunk), (None, messages, ended)))
    })
}

/// Every message that is ready as events, or a comment that keeps the connection; `None` when the session is over.
async fn next_events(messages: &mut mpsc::Receiver<Vec<u8>>) -> Option<Bytes> {
    let mut ready = Vec::new();
    match tokio::time::timeout(KEEP_ALIVE, messages.recv_many(&mut ready, BATCH)).await {
        Err(_) => Some(Bytes::from_static(b": keep-alive\n\n")),
        Ok(0) => None,
        Ok(_) => {
            // The JSON that we write has no line breaks.
            let mut chunk = Vec::new();
            for message in ready {
                chunk.extend_from_slice(b"event: message\ndata: ");
                chunk.extend_from_slice(&message);
                chunk.extend_from_slice(b"\n\n");
            }
            Some(Bytes::from(chunk))
        }
    }
}

pub(super) async fn post(State(app): State<App>, Known(request): Known) -> Response {
    let id = session_id(request.uri().query().unwrap_or_default());
    let identity = request.extensions().get::<Identity>();
    let inbox = (id.as_deref()).and_then(|id| app.streams.inbox(id, identity));
    if inbox.is_none() && !id.as_deref().is_some_and(|id| may_be_elsewhere(&app, id)) {
        return no_session();
    }
    let (parts, body) = request.into_parts();
    let text = match read_body(body, app.max_request_bytes, BODY).await {
        Ok(text) => text,
        Err(refusal) => return refusal,
    };
    if serde_json::from_slice::<&RawValue>(&text).is_err() {
        return json(StatusCode::BAD_REQUEST, wire::unreadable(&text));
    }
    match inbox {
        Some(inbox) => match inbox.send((text, parts)).await {
            Ok(()) => accepted(),
            Err(_) => problem(StatusCode::GONE, "the session has ended", ""),
        },
        #[cfg(feature = "redis")]
        None => handed_over(&app, id.as_deref().unwrap_or_default(), (text, parts)).await,
        #[cfg(not(feature = "redis"))]
        None => no_session(),
    }
}

/// Whether another replica may have a stream of this id.
#[cfg(feature = "redis")]
fn may_be_elsewhere(app: &App, id: &str) -> bool {
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id && app.server.engine().state().is_shared()
}

#[cfg(not(feature = "redis"))]
fn may_be_elsewhere(_: &App, _: &str) -> bool {
    false
}

#[cfg(feature = "redis")]
async fn handed_over(app: &App, id: &str, post: Post) -> Response {
    match elsewhere::hand_over(app, id, post).await {
        elsewhere::Outcome::Accepted => accepted(),
        elsewhere::Outcome::Unknown => no_session(),
        elsewhere::Outcome::Unreachable => {
            let lost = problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "this replica does not have the session, and the others cannot be asked at the moment",
                "post it again, or open another stream",
            );
            ([(RETRY_AFTER, "1")], lost).into_response()
        }
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, "Accepted").into_response()
}

fn no_session() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "there is no such session",
        "open a stream with GET /sse and post to the address in its `endpoint` event",
    )
}

/// What the `endpoint` event of a stream named.
fn session_id(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| (name == "sessionId").then(|| value.into_owned()))
}
