//! What replicas share: through Redis or Valkey, where `--state` names one that answers. Else each replica is on its own.
//!
//! `link` holds the connection and says whether it is up, `address` reads the URL, `scripts` are the programs that Redis
//! runs, `channels` are messages between replicas, `handles` is what is kept of work that goes on, `answers` what is kept of the API's, and `seal` makes that nobody
//! else reads either. What is shared, and what becomes of it without an answer, is the business of those who ask: `limits`,
//! `confirmation`, `operations`, `cache` and `http::sse`.

#[cfg(not(feature = "redis"))]
mod absent;
#[cfg(feature = "redis")]
mod address;
#[cfg(all(feature = "redis", feature = "cache"))]
mod answers;
#[cfg(all(feature = "redis", feature = "http"))]
mod channels;
#[cfg(feature = "redis")]
mod handles;
#[cfg(feature = "redis")]
mod link;
#[cfg(feature = "redis")]
mod scripts;
mod seal;
#[cfg(all(test, feature = "redis"))]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde_json::Value;
#[cfg(all(feature = "redis", feature = "http"))]
use tokio::sync::mpsc::Receiver;

use super::engine::StartError;
use super::metrics::Metrics;
use super::settings::{Budget, Frequency};
use super::text::hex;
use super::upstream::Trust;
#[cfg(not(feature = "redis"))]
use absent::Link;
#[cfg(all(feature = "redis", feature = "http"))]
pub(super) use channels::Listening;
#[cfg(feature = "redis")]
use link::Link;
pub(super) use seal::Seal;

/// Where the state is, and how it is kept there.
#[derive(Debug, Clone)]
pub struct StateSettings {
    /// `--state`.
    pub url: Option<SecretString>,
    /// `--state-file`: a file that holds the URL.
    pub url_file: Option<PathBuf>,
    /// `--state-prefix`; the name of the server unless given.
    pub prefix: Option<String>,
    /// `--state-timeout`: how long an answer may take.
    pub timeout: Duration,
    /// `--replicas`.
    pub replicas: u32,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            prefix: None,
            timeout: Duration::from_millis(100),
            replicas: 1,
        }
    }
}

/// Whether the shared state answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) enum Condition {
    Up,
    Down,
}

/// One token that is wanted of a bucket.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Claim {
    /// Names the bucket among all.
    pub(super) bucket: String,
    pub(super) frequency: Frequency,
}

/// All tokens were taken, or none: the place of the claim that has to wait, and for how long.
pub(super) type Taken = Result<(), (usize, Duration)>;

/// What a call takes from an account.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Draft {
    /// Names the account among all.
    pub(super) account: String,
    pub(super) budget: Budget,
    pub(super) cost: u64,
    /// Calls and cost that this replica has spent while it was on its own, and has not told yet.
    pub(super) alone: (u64, u64),
    /// All that it has spent.
    pub(super) own: (u64, u64),
}

/// A point between two writes that replicas have told each other; those of another epoch are not known any more.
#[cfg(feature = "cache")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) epoch: u64,
    pub(super) number: u64,
}

/// What is asked about an answer that may be kept.
#[cfg(feature = "cache")]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Question<'a> {
    /// What it may be kept as.
    pub(super) names: &'a [String],
    /// Names the key with which it would be kept.
    pub(super) id: &'a str,
    /// How long it may take to ask the API.
    pub(super) time: Duration,
    /// The version that needs not be given.
    pub(super) known: Option<u64>,
    /// The marks of its path.
    pub(super) fields: &'a [String],
    /// How long an answer is kept at most.
    pub(super) longest: Duration,
}

/// What is known of it.
#[cfg(feature = "cache")]
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) now: Point,
    /// The last write to its path.
    pub(super) last: u64,
    /// Whether one may not be over.
    pub(super) is_open: bool,
    pub(super) known: Option<Known>,
}

/// An answer that is kept and that nothing was written to since.
#[cfg(feature = "cache")]
#[derive(Debug)]
pub(super) struct Known {
    pub(super) age: Duration,
    pub(super) since: Point,
    pub(super) version: u64,
    /// That of its name among those that were asked for.
    pub(super) place: usize,
    /// Nothing, where the version is known.
    pub(super) value: Vec<u8>,
}

#[cfg(feature = "cache")]
impl Looked {
    /// Whether nothing was written to the path since.
    pub(super) fn allows(&self, since: Point) -> bool {
        !self.is_open && self.now.epoch == since.epoch && self.last <= since.number
    }
}

/// An answer that is to be kept.
#[cfg(feature = "cache")]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Put<'a> {
    pub(super) name: &'a str,
    pub(super) id: &'a str,
    pub(super) since: Point,
    pub(super) lifetime: Duration,
    /// How long ago the API said that it is right.
    pub(super) age: Duration,
    pub(super) version: u64,
    /// Nothing, where the replica keeps it to itself.
    pub(super) value: &'a [u8],
    pub(super) fields: &'a [String],
}

/// A request that changes something.
#[cfg(feature = "cache")]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Write<'a> {
    pub(super) id: &'a str,
    /// For how long the API may be at it; `None` when it is over.
    pub(super) left: Option<Duration>,
    /// The names of all keys that its marks are named with.
    pub(super) ids: &'a str,
    pub(super) fields: &'a [String],
    pub(super) longest: Duration,
}

/// Where a value of somebody's is kept.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "there is no state")
)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) owner: String,
}

/// A value that is kept, if there is one.
pub(super) type Stored = Option<Vec<u8>>;

/// Calls and cost of each account before, or the place of the one that does not allow it, and its calls and cost.
pub(super) type Spent = Result<Vec<(u64, u64)>, (usize, (u64, u64))>;

/// What replicas share.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    replicas: u32,
    link: Option<Arc<Link>>,
}

impl State {
    /// # Errors
    /// The address or a file is of no use, or this program was built without Redis: one line.
    pub(super) fn new(
        settings: &StateSettings,
        server: &str,
        trust: &Trust,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, StartError> {
        Ok(Self {
            replicas: settings.replicas,
            link: Link::new(settings, server, trust, metrics)?.map(Arc::new),
        })
    }

    /// That of one of so many replicas that share nothing.
    #[cfg(test)]
    pub(super) fn of_replicas(replicas: u32) -> Self {
        Self {
            replicas,
            link: None,
        }
    }

    /// Looks for the shared state, waits until it is known whether it answers, and goes on looking.
    #[cfg(feature = "redis")]
    pub(super) async fn start(&self) {
        if let Some(link) = &self.link {
            tokio::spawn(Arc::clone(link).keep());
            link.first_seen().await;
        }
    }

    /// Into how many parts a limit is divided of which each replica counts its own.
    pub(super) fn parts(&self) -> u32 {
        self.replicas.max(1)
    }

    /// Whether there is a state to be shared, up or down.
    pub(super) fn is_shared(&self) -> bool {
        self.link.is_some()
    }

    /// Whether the state answers; `None` where there is none.
    #[cfg(any(feature = "http", all(test, feature = "redis")))]
    pub(super) fn condition(&self) -> Option<Condition> {
        self.link.as_ref().map(|link| link.condition())
    }

    /// Takes a token for each claim, or none at all; `None` without an answer.
    pub(super) async fn take(&self, claims: &[Claim]) -> Option<Taken> {
        self.link.as_ref()?.take(claims).await
    }

    /// Whether this is the first time in `lifetime` that a name is marked, on any replica; `None` without an answer, when it
    /// may or may not be marked now.
    pub(super) async fn once(&self, name: &str, lifetime: Duration) -> Option<bool> {
        self.link.as_ref()?.once(name, lifetime).await
    }

    /// Keeps a value, or another one at its place, for `lifetime` after it was found last, if its owner has less than so many
    /// or one of them makes room; whether it does. `None` without an answer.
    pub(super) async fn hold(
        &self,
        place: &Place,
        value: &[u8],
        lifetime: Duration,
        room: (usize, bool),
    ) -> Option<bool> {
        self.link.as_ref()?.hold(place, value, lifetime, room).await
    }

    /// The value that is kept at a place, if there is one; `None` without an answer.
    pub(super) async fn find(&self, place: &Place, lifetime: Duration) -> Option<Stored> {
        self.link.as_ref()?.find(place, lifetime).await
    }

    /// Looks for an answer, and for what was written to its path; `None` without an answer.
    #[cfg(feature = "cache")]
    pub(super) async fn look(&self, question: &Question<'_>) -> Option<Looked> {
        self.link.as_ref()?.look(question).await
    }

    /// Keeps an answer of the API, or only says that the replica does; whether nothing was written to its path since it was
    /// asked for. `None` without an answer.
    #[cfg(feature = "cache")]
    pub(super) async fn put(&self, put: &Put<'_>) -> Option<bool> {
        self.link.as_ref()?.put(put).await
    }

    /// Tells all replicas of a write; `None` without an answer.
    #[cfg(feature = "cache")]
    pub(super) async fn mark(&self, write: &Write<'_>) -> Option<()> {
        self.link.as_ref()?.mark(write).await
    }

    /// Waits until the shared state answers.
    #[cfg(feature = "cache")]
    pub(super) async fn up(&self) {
        if let Some(link) = &self.link {
            link.seen_up().await;
        }
    }

    /// The number of the connection that is open; each has another one.
    pub(super) fn connection(&self) -> Option<u64> {
        self.link.as_ref()?.connection()
    }

    /// Waits for a connection that has another number than this one; for ever where nothing is shared.
    pub(super) async fn connected_anew(&self, last: Option<u64>) -> u64 {
        match &self.link {
            Some(link) => link.connected_anew(last).await,
            None => std::future::pending().await,
        }
    }

    /// Makes that no answer is believed that is kept; `None` without an answer.
    #[cfg(feature = "cache")]
    pub(super) async fn renew(&self) -> Option<()> {
        self.link.as_ref()?.renew().await
    }

    /// Listens for messages to a name until the first of both is dropped; `None` where nothing is shared.
    #[cfg(all(feature = "redis", feature = "http"))]
    pub(super) async fn listen(&self, name: &str) -> Option<(Listening, Receiver<Vec<u8>>)> {
        Some(self.link.as_ref()?.listen(name).await)
    }

    /// Whether a replica listens for a name, which has got the message then; `None` without an answer, also where nothing is
    /// shared.
    #[cfg(all(feature = "redis", feature = "http"))]
    pub(super) async fn tell(&self, name: &str, message: &[u8]) -> Option<bool> {
        self.link.as_ref()?.tell(name, message).await
    }

    /// Spends from each account or from none, or only looks whether that can be done: what was spent of each before, or the
    /// place of the one that does not allow it and what was spent of that. An account is gone `lifetime` after it was
    /// used last. `None` without an answer.
    pub(super) async fn spend(
        &self,
        drafts: &[Draft],
        lifetime: Duration,
        is_made: bool,
    ) -> Option<Spent> {
        self.link.as_ref()?.spend(drafts, lifetime, is_made).await
    }
}

/// A name of fixed length that tells nothing of what it is made of.
pub(super) fn name_of(facts: &Value) -> String {
    let digest = digest(&SHA256, facts.to_string().as_bytes());
    hex(&digest.as_ref()[..16])
}
