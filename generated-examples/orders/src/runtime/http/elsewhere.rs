//! Posts to `/messages` that reach another replica than the one that holds their stream.
//!
//! A stream listens for a name that is made of its id and of who opened it: whoever else posts to it writes to a name for
//! which nobody listens. A message is sealed with the id, which only the client and the two replicas know.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use super::super::handler::RequestId;
use super::super::identity::Identity;
use super::super::session::ClientAddress;
use super::super::state::{Listening, Seal, name_of};
use super::App;
use super::sse::Post;

/// A post that is older, or that much younger than now, is not taken: the clocks of replicas differ by less.
const OLD_MS: u64 = 60_000;
/// How many posts of a stream are remembered; more than come in that time.
const REMEMBERED: usize = 65_536;

/// What a session needs to know of a post.
#[derive(Serialize, Deserialize)]
struct Sent {
    /// Tells this post from every other, and when it was sent, in milliseconds since 1970.
    number: u64,
    time: i64,
    text: String,
    /// Values may be any bytes.
    headers: Vec<(String, Vec<u8>)>,
    identity: Option<serde_json::Value>,
    client: Option<IpAddr>,
    request_id: Option<String>,
}

/// What became of a post.
pub(super) enum Outcome {
    Accepted,
    /// No replica has this stream for this caller.
    Unknown,
    /// That cannot be found out.
    Unreachable,
}

/// Takes the posts of a stream that reach other replicas, until this is dropped; `None` where nothing is shared.
pub(super) async fn listen(
    app: &App,
    (id, owner): (&str, Option<&Identity>),
    inbox: mpsc::Sender<Post>,
) -> Option<Listening> {
    let name = name(id, owner);
    let (listening, mut messages) = app.server.engine().state().listen(&name).await?;
    let (app, id, owner) = (app.clone(), id.to_owned(), owner.cloned());
    tokio::spawn(async move {
        let seal = Seal::new([id.as_bytes()]);
        let mut taken = Taken::default();
        while let Some(message) = messages.recv().await {
            let Some(post) = opened((&seal, &name), &message, owner.as_ref(), &mut taken) else {
                tracing::warn!("a message of another replica was not what it should be");
                continue;
            };
            if inbox.send(post).await.is_err() {
                break;
            }
        }
        // Too many waited and one is lost, or the stream has ended anyway.
        app.streams.close(&id);
    });
    Some(listening)
}

/// Hands a post over to whoever has its stream.
pub(super) async fn hand_over(app: &App, id: &str, (text, parts): Post) -> Outcome {
    let identity = parts.extensions.get::<Identity>();
    let name = name(id, identity);
    let mut number = [0; 8];
    if getrandom::fill(&mut number).is_err() {
        return Outcome::Unreachable;
    }
    let sent = Sent {
        number: u64::from_ne_bytes(number),
        time: chrono::Utc::now().timestamp_millis(),
        text: String::from_utf8_lossy(&text).into_owned(),
        headers: (parts.headers.iter())
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_owned()))
            .collect(),
        identity: identity.map(Identity::to_json),
        client: parts
            .extensions
            .get::<ClientAddress>()
            .map(|client| client.0),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
    };
    let message = serde_json::to_vec(&sent).ok();
    let sealed = message.and_then(|message| Seal::new([id.as_bytes()]).seal(&message, &name));
    let Some(sealed) = sealed else {
        return Outcome::Unreachable;
    };
    match app.server.engine().state().tell(&name, &sealed).await {
        Some(true) => Outcome::Accepted,
        Some(false) => Outcome::Unknown,
        None => Outcome::Unreachable,
    }
}

fn name(id: &str, owner: Option<&Identity>) -> String {
    let owner = owner.map(|owner| (owner.means().label(), owner.name()));
    name_of(&json!(["stream", id, owner]))
}

/// The posts that a stream has taken: whoever can publish in Redis could send them once more.
#[derive(Default)]
struct Taken {
    numbers: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Taken {
    /// Whether a post is new, as far as that can be known of one of its age.
    fn is_new(&mut self, number: u64, time: i64) -> bool {
        let age = (chrono::Utc::now().timestamp_millis() - time).unsigned_abs();
        if age > OLD_MS || !self.numbers.insert(number) {
            return false;
        }
        self.order.push_back(number);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
        true
    }
}

fn opened(
    (seal, name): (&Seal, &str),
    message: &[u8],
    owner: Option<&Identity>,
    taken: &mut Taken,
) -> Option<Post> {
    let sent: Sent = serde_json::from_slice(&seal.open(message, name)?).ok()?;
    if !taken.is_new(sent.number, sent.time) {
        return None;
    }
    let identity = match (&sent.identity, owner) {
        (None, None) => None,
        (Some(identity), Some(owner)) => {
            let identity = Identity::from_json(identity)?;
            Some(identity)
                .filter(|identity| owner.is(identity))
                .map(Some)?
        }
        _ => return None,
    };
    Some((Bytes::from(sent.text.clone()), parts(sent, identity)?))
}

fn parts(sent: Sent, identity: Option<Identity>) -> Option<Parts> {
    let request = Request::builder().method(Method::POST).uri("/messages");
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    let mut headers = HeaderMap::with_capacity(sent.headers.len());
    for (name, value) in &sent.headers {
        let name = HeaderName::try_from(name).ok()?;
        headers.append(name, HeaderValue::from_bytes(value).ok()?);
    }
    parts.headers = headers;
    if let Some(identity) = identity {
        parts.extensions.insert(identity);
    }
    if let Some(client) = sent.client {
        parts.extensions.insert(ClientAddress(client));
    }
    if let Some(id) = sent.request_id {
        parts.extensions.insert(RequestId(id));
    }
    Some(parts)
}
