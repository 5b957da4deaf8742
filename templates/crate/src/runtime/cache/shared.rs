//! The answers that replicas share, and the writes that they tell each other.
//!
//! What is kept is used only after the shared state has said that no replica has written to its path since, which is one
//! question a call. A write is marked there before it is sent and after it was answered, so that it counts also when its
//! replica dies in between. What cannot be marked is owed: it ends everything as soon as it can.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::engine::StartError;
use super::super::metrics::Metrics;
use super::super::random;
use super::super::state::{Looked, Point, Put, Question, State, Write};
use super::super::upstream::{Answered, End, Received};
use super::names::Names;
use super::room::Room;
use super::store::Kept;
use super::{CacheSettings, Key, LONGEST};

/// In bytes: what is larger is kept by its replica alone.
const LARGEST: usize = 1 << 20;
/// For how much longer an answer is kept of which the API can say that it is still right.
const TO_ASK_AGAIN: Duration = Duration::from_secs(3600);
/// For how long the API's answer may be on its way into the cache.
const MARGIN: Duration = Duration::from_secs(5);
/// How long to wait before it is tried again to settle what is owed.
const PAUSE: Duration = Duration::from_secs(1);

/// What replicas keep for each other.
pub(super) struct Shared(Arc<Inner>);

struct Inner {
    state: State,
    names: Names,
    room: Room,
    metrics: Arc<Metrics>,
    /// Until when writes may go on that could not be marked.
    owed: Mutex<Option<Instant>>,
    is_settling: AtomicBool,
    /// The number of the connection that was used last; 0 before there was any.
    connection: AtomicU64,
}

/// An answer that was found, and since which write it is right.
pub(super) struct Found {
    pub(super) answer: Answered,
    pub(super) lifetime: Duration,
    pub(super) age: Duration,
    pub(super) since: Point,
    pub(super) version: u64,
}

/// What stands before the body of an answer. Values of headers are bytes, each as a character.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    lifetime_ms: u64,
}

impl Shared {
    /// # Errors
    /// The file of the keys is of no use: one line.
    pub(super) fn new(
        settings: &CacheSettings,
        about: String,
        state: State,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        Ok(Self(Arc::new(Inner {
            names: Names::new(settings.key_file.as_deref(), about)?,
            room: Room::new(settings.bytes),
            state,
            metrics,
            owed: Mutex::default(),
            is_settling: AtomicBool::default(),
            connection: AtomicU64::default(),
        })))
    }

    /// Looks for an answer, unless it is that of the version `known`; `None` without an answer of the state. `time` is what
    /// is left of the call.
    pub(super) async fn look(
        &self,
        (key, path): (&Key, &str),
        known: Option<u64>,
        time: Duration,
    ) -> Option<(Looked, Option<Found>)> {
        let inner = &self.0;
        let fields = inner.names.of_read(path)?;
        let connection = inner.connected().await?;
        if !inner.settle().await {
            return None;
        }
        let names = inner.names.of_answer(key);
        let question = Question {
            names: &names,
            id: inner.names.id(),
            time: time + MARGIN,
            known,
            fields: &fields,
            longest: LONGEST,
        };
        let mut looked = inner.state.look(&question).await?;
        if inner.state.connection() != Some(connection) {
            return None;
        }
        let found = looked.known.as_mut().and_then(|known| {
            let value = std::mem::take(&mut known.value);
            let value = (!value.is_empty()).then_some(value)?;
            let (answer, lifetime) = read(inner.names.opened(value, names.get(known.place)?)?)?;
            Some(Found {
                answer,
                lifetime,
                age: known.age,
                since: known.since,
                version: known.version,
            })
        });
        Some((looked, found))
    }

    /// Counts what came of a look.
    pub(super) fn count(&self, outcome: &'static str) {
        self.0.metrics.cache_shared(outcome);
    }

    /// Keeps an answer, or makes only sure that nothing was written to its path; whether nothing was.
    pub(super) async fn put(&self, key: &Key, kept: &Kept, is_confidential: bool) -> bool {
        let inner = &self.0;
        let Some(since) = kept.since().shared else {
            return false;
        };
        let (Some(name), Some(fields)) = (
            inner.names.of_answer(key).into_iter().next(),
            inner.names.of_read(&kept.path),
        ) else {
            return false;
        };
        let may_leave = inner.names.may_have(key)
            && (!is_confidential || inner.names.seals())
            && !shows_a_credential(kept);
        let value = may_leave.then(|| written(kept)).flatten();
        let value = value.filter(|value| {
            let has_room = inner.room.take(value.len() + name.len(), lasting(kept));
            if !has_room {
                self.count("full");
            }
            has_room
        });
        let value = value.and_then(|value| inner.names.sealed(value, &name));
        let put = Put {
            name: &name,
            id: inner.names.id(),
            since,
            lifetime: lasting(kept),
            age: kept.since_confirmed(),
            version: kept.version,
            value: value.as_deref().unwrap_or_default(),
            fields: &fields,
        };
        inner.state.put(&put).await == Some(true)
    }

    /// Forgets what is kept, which the API no longer says.
    pub(super) async fn remove(&self, key: &Key, path: &str, since: Point) {
        let inner = &self.0;
        let name = inner.names.of_answer(key).into_iter().next();
        if let (Some(name), Some(fields)) = (name, inner.names.of_read(path)) {
            let put = Put {
                name: &name,
                id: inner.names.id(),
                since,
                lifetime: MARGIN,
                age: Duration::ZERO,
                version: 0,
                value: &[],
                fields: &fields,
            };
            let _ = inner.state.put(&put).await;
        }
    }

    /// Marks a write to a path that is over.
    pub(super) async fn changed(&self, path: &str) {
        let inner = &self.0;
        (inner.ended(&id_of_write(), &inner.names.of_write(path))).await;
    }

    /// Marks a write to a path, which may go on for so long.
    pub(super) async fn open(&self, path: &str, left: Duration) -> Opened {
        let inner = &self.0;
        let mut opened = Opened {
            inner: Arc::clone(inner),
            id: id_of_write(),
            fields: inner.names.of_write(path),
            ends: Instant::now() + left,
            is_marked: false,
            // Nothing is sent yet.
            is_over: true,
        };
        opened.is_marked = inner
            .mark(&opened.id, Some(left), &opened.fields)
            .await
            .is_some();
        opened.is_over = false;
        opened
    }
}

/// A write that was begun. When it is dropped before it is over, it may go on.
pub(super) struct Opened {
    inner: Arc<Inner>,
    id: String,
    fields: Vec<String>,
    ends: Instant,
    is_marked: bool,
    is_over: bool,
}

impl Opened {
    /// Says that it is over, also at another path.
    pub(super) async fn close(mut self, also: Option<&str>) {
        let also = also.map(|path| self.inner.names.of_write(path));
        let fields = [self.fields.clone(), also.unwrap_or_default()].concat();
        self.inner.ended(&self.id, &fields).await;
        self.is_over = true;
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if !self.is_over && !self.is_marked {
            self.inner.owe(self.ends);
        }
    }
}

impl Inner {
    async fn mark(&self, id: &str, left: Option<Duration>, fields: &[String]) -> Option<()> {
        let write = Write {
            id,
            left,
            ids: &self.names.ids,
            fields,
            longest: LONGEST,
        };
        self.state.mark(&write).await
    }

    /// The connection. After another one, Redis may have begun anew with what it had on a disk, without the last writes:
    /// then nothing that is kept is believed.
    async fn connected(&self) -> Option<u64> {
        let now = self.state.connection()?;
        let before = self.connection.load(Ordering::Acquire);
        if before != now {
            if before != 0 {
                self.state.renew().await?;
            }
            self.connection.store(now, Ordering::Release);
        }
        Some(now)
    }

    /// Marks a write as over.
    async fn ended(self: &Arc<Self>, id: &str, fields: &[String]) {
        if self.mark(id, None, fields).await.is_none() {
            self.owe(Instant::now());
        }
    }

    /// What was read so far is believed by nobody any more, as soon as that can be said.
    fn owe(self: &Arc<Self>, until: Instant) {
        {
            let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
            *owed = (*owed).max(Some(until));
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if !self.is_settling.swap(true, Ordering::AcqRel) {
            runtime.spawn(Arc::clone(self).settle_up());
        }
    }

    /// Settles what is owed when the state is there again, whether somebody asks it or not: others believe what they read.
    async fn settle_up(self: Arc<Self>) {
        loop {
            self.state.up().await;
            if self.settle().await {
                self.is_settling.store(false, Ordering::Release);
                // What came to be owed since has seen that somebody was at it.
                let is_owed = self.owed().is_some();
                if !is_owed || self.is_settling.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn owed(&self) -> Option<Instant> {
        *self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is owed any more.
    async fn settle(&self) -> bool {
        let Some(until) = self.owed() else {
            return true;
        };
        let left = until.saturating_duration_since(Instant::now());
        let left = (!left.is_zero()).then_some(left);
        let everything = Names::of_everything();
        if (self.mark(&id_of_write(), left, &everything).await).is_none() {
            return false;
        }
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        if *owed == Some(until) {
            *owed = None;
        }
        owed.is_none()
    }
}

/// Without randomness, one name for all of them makes more be asked for anew.
fn id_of_write() -> String {
    random::id().unwrap_or_else(|| "none".to_owned())
}

/// How long it is of use.
fn lasting(kept: &Kept) -> Duration {
    let (_, headers, _) = &*kept.answer;
    let can_ask = headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
    let asking = if can_ask {
        TO_ASK_AGAIN
    } else {
        Duration::ZERO
    };
    let lasting = kept.lifetime.saturating_add(kept.allowance.max(asking));
    lasting.clamp(Duration::from_millis(1), LONGEST)
}

/// Whether a credential that the API was asked with stands in what it has answered.
fn shows_a_credential(kept: &Kept) -> bool {
    let (_, headers, received) = &*kept.answer;
    kept.credentials.iter().any(|credential| {
        let mut values = headers.values();
        credential.is_in(&received.bytes) || values.any(|value| credential.is_in(value.as_bytes()))
    })
}

/// An answer as bytes; `None` where it is too large.
fn written(kept: &Kept) -> Option<Vec<u8>> {
    let (status, headers, received) = &*kept.answer;
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    let head = Head {
        status: status.as_u16(),
        headers: (headers.iter())
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        lifetime_ms: u64::try_from(kept.lifetime.as_millis()).unwrap_or(u64::MAX),
    };
    let head = serde_json::to_vec(&head).ok()?;
    let length = u32::try_from(head.len()).ok()?;
    let bytes = [&length.to_be_bytes()[..], &head, &received.bytes].concat();
    (bytes.len() <= LARGEST).then_some(bytes)
}

fn read(bytes: Vec<u8>) -> Option<(Answered, Duration)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, _) = rest.split_at_checked(length)?;
    let head: Head = serde_json::from_slice(head).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in head.headers {
        let value: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(&value?).ok()?);
    }
    let received = Received {
        bytes: Bytes::from(bytes).slice(4 + length..),
        end: End::Whole,
        moved: false,
    };
    let status = StatusCode::from_u16(head.status).ok()?;
    let lifetime = Duration::from_millis(head.lifetime_ms).min(LONGEST);
    Some(((status, headers, received), lifetime))
}
