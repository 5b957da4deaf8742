//! The answers that are kept, in memory, and where replicas share them in what they share too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ahash::RandomState;
use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    COOKIE, DATE, ETAG, EXPIRES, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    PRAGMA, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_cache_semantics::{CacheOptions, CachePolicy};

use super::super::credentials::Credential;
use super::super::engine::StartError;
use super::super::metrics::Metrics;
use super::super::request::Outgoing;
use super::super::resilience::date;
use super::super::state::{Looked, Point, State};
use super::super::upstream::{Answered, Received};
use super::flights::{Flight, Flights};
use super::shared::{Found, Opened, Shared};
use super::writes::{Moment, Writes};
use super::{CacheSettings, CacheStore, Caching, Keeping, Key, LONGEST};

/// In bytes: what an entry takes beside texts that can be counted, and each header beside its own.
const OVERHEAD: usize = 1024;
const OF_A_HEADER: usize = 128;

/// The answers that are kept, and the requests that are on their way. `T` is what such a request ends with.
pub(in super::super) struct Cache<T: Clone + Send + 'static> {
    kept: moka::sync::Cache<Key, Arc<Kept>, RandomState>,
    flights: Flights<T>,
    writes: Writes,
    /// What replicas keep for each other, where they do.
    shared: Option<Shared>,
    /// For how long the API may be at a write that it did not answer.
    unanswered: Duration,
}

/// An answer that is kept.
pub(in super::super) struct Kept {
    pub(in super::super) answer: Arc<Answered>,
    /// What it was asked for with, and may show.
    pub(in super::super) credentials: Vec<Arc<Credential>>,
    pub(super) path: String,
    standing: Mutex<Standing>,
    /// How long before it came here the API had said that it is right.
    before: Duration,
    /// For how long from then on.
    pub(super) lifetime: Duration,
    /// For how long it stands in afterwards for an API that fails.
    pub(super) allowance: Duration,
    /// Tells it from what other replicas have kept.
    pub(super) version: u64,
}

/// As of when an answer is right.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// When the API said so, or another replica had it.
    confirmed: Instant,
    /// Since when nothing may have been written to its path.
    since: Since,
}

/// An answer that is to be kept; `since` is from before it was asked for.
pub(in super::super) struct Keepable<'a> {
    pub(in super::super) path: &'a str,
    pub(in super::super) answer: &'a Answered,
    /// What it was asked for with, and may show.
    pub(in super::super) credentials: &'a [Arc<Credential>],
    pub(in super::super) lifetime: Duration,
    pub(in super::super) since: Since,
}

/// A point between two writes: of this replica, and of all of them where they tell each other.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Since {
    local: Moment,
    pub(super) shared: Option<Point>,
}

/// What is kept of an answer.
pub(in super::super) struct Look {
    /// What may still be right.
    pub(in super::super) kept: Option<Arc<Kept>>,
    /// Whether it may be given to a call while it is fresh. Else no more is known than that the API can be asked about it.
    pub(in super::super) may_answer: bool,
    /// What other replicas have written; `None` where that is not known.
    written: Option<Looked>,
}

impl<T: Clone + Send + 'static> Cache<T> {
    /// `about` tells this server and its API from others, `unanswered` is for how long the API may be at a write that it did
    /// not answer.
    ///
    /// # Errors
    /// The file of the keys is of no use: one line.
    pub(in super::super) fn new(
        settings: &CacheSettings,
        about: String,
        unanswered: Duration,
        (state, metrics): (&State, &Arc<Metrics>),
    ) -> Result<Self, StartError> {
        let shared = match settings.store {
            CacheStore::Memory => None,
            CacheStore::State => {
                let (state, metrics) = (state.clone(), Arc::clone(metrics));
                Some(Shared::new(settings, about, state, metrics)?)
            }
        };
        let weight = |_: &Key, kept: &Arc<Kept>| {
            let (_, headers, received) = &*kept.answer;
            let headers: usize = (headers.iter())
                .map(|(name, value)| name.as_str().len() + value.len() + OF_A_HEADER)
                .sum();
            let bytes = received.bytes.len() + headers + kept.path.len() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Ok(Self {
            kept: moka::sync::Cache::builder()
                .max_capacity(settings.bytes as u64)
                .weigher(weight)
                .time_to_live(LONGEST)
                .build_with_hasher(RandomState::new()),
            flights: Flights::default(),
            writes: Writes::default(),
            shared,
            unanswered,
        })
    }

    /// Whether answers are kept for other processes too.
    pub(in super::super) fn shares(&self) -> bool {
        self.shared.is_some()
    }

    /// What is kept for a key. `until` is when the call has to be over.
    pub(in super::super) async fn look(&self, key: &Key, path: &str, until: Instant) -> Look {
        let own = self.get(key);
        let Some(shared) = &self.shared else {
            return Look {
                kept: own,
                may_answer: true,
                written: None,
            };
        };
        let local = self.writes.now();
        let version = own.as_ref().map(|own| own.version);
        let time = until.saturating_duration_since(Instant::now());
        // On the heap, as all that is only done where replicas share: a call waits in less room without.
        let looked = Box::pin(shared.look((key, path), version, time)).await;
        let Some((written, found)) = looked else {
            shared.count("unanswered");
            return Look {
                kept: own,
                may_answer: false,
                written: None,
            };
        };
        let (kept, outcome) = match found {
            Some(found) => (self.take_over((key, path), found, local), "hit"),
            None => (
                own.filter(|own| (own.since().shared).is_some_and(|since| written.allows(since))),
                "valid",
            ),
        };
        shared.count(if kept.is_some() { outcome } else { "miss" });
        if kept.is_none() {
            self.kept.invalidate(key);
        }
        Look {
            kept,
            may_answer: true,
            written: Some(written),
        }
    }

    /// Keeps what another replica has kept.
    fn take_over(
        &self,
        (key, path): (&Key, &str),
        found: Found,
        local: Moment,
    ) -> Option<Arc<Kept>> {
        if self.writes.has_changed(path, local) {
            return None;
        }
        let kept = Arc::new(Kept {
            answer: Arc::new(found.answer),
            credentials: Vec::new(),
            path: path.to_owned(),
            standing: Standing::now(Since {
                local,
                shared: Some(found.since),
            }),
            before: found.age,
            lifetime: found.lifetime,
            allowance: Duration::ZERO,
            version: found.version,
        });
        self.kept.insert(*key, Arc::clone(&kept));
        Some(kept)
    }

    /// The answer that was kept for a key, unless its path was written to since.
    fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        let kept = self.kept.get(key)?;
        if self.writes.has_changed(&kept.path, kept.since().local) {
            self.kept.invalidate(key);
            return None;
        }
        Some(kept)
    }

    /// Keeps an answer in place of the one `before`; gives whether it is one that can be kept.
    pub(in super::super) async fn keep(
        &self,
        key: Key,
        keepable: &Keepable<'_>,
        keeping: &Keeping,
        before: Option<&Kept>,
    ) -> bool {
        let Some(allowance) = keepable.allowance(keeping) else {
            return false;
        };
        let since = keepable.since;
        let has_changed = || self.writes.has_changed(keepable.path, since.local);
        let Some(shared) = &self.shared else {
            // Otherwise what is there by now is newer.
            if !has_changed() && !before.is_some_and(|before| before.renewed(keepable, allowance)) {
                let kept = Kept::new(keepable, allowance);
                self.kept.insert(key, Arc::new(kept));
            }
            return true;
        };
        let kept = Kept {
            version: getrandom::u64().unwrap_or_default(),
            ..Kept::new(keepable, allowance)
        };
        let put = shared.put(&key, &kept, keeping.is_confidential);
        if !Box::pin(put).await {
            // Nobody will say whether it is still right, but the API can be asked.
            kept.standing().since.shared = None;
        }
        if !has_changed() {
            self.kept.insert(key, Arc::new(kept));
        }
        true
    }

    /// Forgets what was kept of a key, which the API no longer says.
    pub(in super::super) async fn forget(&self, key: &Key, path: &str, since: Since) {
        if let (Some(shared), Some(since)) = (&self.shared, since.shared) {
            Box::pin(shared.remove(key, path, since)).await;
        }
        self.kept.invalidate(key);
    }

    /// Keeps nothing of what there is.
    pub(in super::super) fn clear(&self) {
        self.kept.invalidate_all();
    }

    /// The request for a key: one that is on its way, or this call's. Reads before a write to `path` are not joined.
    pub(in super::super) fn join(&self, key: &Key, (path, look): (&str, &Look)) -> Flight<T> {
        let now = Since {
            local: self.writes.now(),
            shared: look.written.as_ref().map(|written| written.now),
        };
        let is_current = |since: Since| {
            let is_allowed = |written: &Looked| (since.shared).is_some_and(|it| written.allows(it));
            !self.writes.has_changed(path, since.local)
                && look.written.as_ref().is_none_or(is_allowed)
        };
        self.flights.join(key, now, is_current)
    }

    /// What is at a path has changed, by work that the API did after it had answered.
    pub(in super::super) async fn changed(&self, path: &str) {
        self.writes.note(path, None);
        if let Some(shared) = &self.shared {
            shared.changed(path).await;
        }
    }

    /// A request is about to be sent that changes something, of a call that goes on for so long at most. Unless it is said how
    /// it ended, the API may be at it for a while.
    pub(in super::super) async fn writing<'a>(
        &'a self,
        path: &'a str,
        time: Duration,
    ) -> Writing<'a> {
        let shared = match &self.shared {
            Some(shared) => Some(shared.open(path, time + self.unanswered).await),
            None => None,
        };
        Writing {
            writes: &self.writes,
            path,
            ended: Ended::Perhaps(self.unanswered),
            shared,
        }
    }
}

/// A request that changes something: what was read of its path is no longer believed when it is over.
pub(in super::super) struct Writing<'a> {
    writes: &'a Writes,
    path: &'a str,
    /// How it stands when it is dropped.
    ended: Ended,
    shared: Option<Opened>,
}

/// Whether a write is over.
enum Ended {
    Yes,
    /// The API may be at it for so long.
    Perhaps(Duration),
    /// There was none.
    Unsent,
}

impl Writing<'_> {
    /// The API has answered; where it sent the request on, by another path.
    pub(in super::super) async fn answered(mut self, by: Option<&str>) {
        let shared = self.shared.take();
        self.ended = Ended::Yes;
        if let Some(path) = by {
            self.writes.note(path, None);
        }
        // This replica knows it at once.
        drop(self);
        if let Some(shared) = shared {
            shared.close(by).await;
        }
    }

    /// The API has seen nothing of it.
    pub(in super::super) async fn unsent(mut self) {
        self.ended = Ended::Unsent;
        if let Some(shared) = self.shared.take() {
            shared.close(None).await;
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        match self.ended {
            Ended::Unsent => {}
            Ended::Yes => self.writes.note(self.path, None),
            Ended::Perhaps(open) => self.writes.note(self.path, Some(open)),
        }
    }
}

impl Standing {
    fn now(since: Since) -> Mutex<Self> {
        let confirmed = Instant::now();
        Mutex::new(Self { confirmed, since })
    }
}

impl Keepable<'_> {
    /// For how long after its time it stands in for an API that fails; `None` where it is not one to be kept.
    fn allowance(&self, keeping: &Keeping) -> Option<Duration> {
        let (status, headers, received) = self.answer;
        // A part of an answer, a stream that was still open, or a promise of one is not the answer. Where it was sent on,
        // it is one of another path, whose changes would not be seen.
        let is_whole =
            matches!(status.as_u16(), 200 | 203 | 204) && !(received.is_part() || received.moved);
        let is_of_use = !self.lifetime.is_zero()
            || headers.contains_key(ETAG)
            || headers.contains_key(LAST_MODIFIED);
        let allowance = allowance(headers, keeping);
        (is_whole && (is_of_use || allowance.is_some())).then(|| allowance.unwrap_or_default())
    }
}

impl Kept {
    fn new(keepable: &Keepable<'_>, allowance: Duration) -> Self {
        Self {
            answer: Arc::new(on_its_own(keepable.answer)),
            credentials: keepable.credentials.to_vec(),
            path: keepable.path.to_owned(),
            standing: Standing::now(keepable.since),
            before: Duration::ZERO,
            lifetime: keepable.lifetime,
            allowance,
            version: 0,
        }
    }

    /// Whether the API says the same again as it said before, which is right once more from now on.
    fn renewed(&self, keepable: &Keepable<'_>, allowance: Duration) -> bool {
        fn told(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
            headers.iter().filter(|(name, _)| *name != DATE)
        }
        let (status, headers, received) = &*self.answer;
        let (new_status, new_headers, new_received) = keepable.answer;
        let is_same = self.before.is_zero()
            && (self.lifetime, self.allowance) == (keepable.lifetime, allowance)
            && (self.credentials.iter().map(Arc::as_ptr))
                .eq(keepable.credentials.iter().map(Arc::as_ptr))
            && status == new_status
            && received.bytes == new_received.bytes
            && told(headers).eq(told(new_headers));
        if is_same {
            *self.standing() = Standing {
                confirmed: Instant::now(),
                since: keepable.since,
            };
        }
        is_same
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn since(&self) -> Since {
        self.standing().since
    }

    /// How long ago the API said that it is right.
    pub(super) fn since_confirmed(&self) -> Duration {
        self.before + self.standing().confirmed.elapsed()
    }

    /// Whether it needs no question to the API.
    pub(in super::super) fn is_fresh(&self) -> bool {
        !self.lifetime.is_zero() && self.since_confirmed() < self.lifetime
    }

    /// Whether it may stand in for an API that fails (RFC 5861 §4).
    pub(in super::super) fn may_stand_in(&self, keeping: &Keeping) -> bool {
        let (_, headers, _) = &*self.answer;
        let over = self.since_confirmed().saturating_sub(self.lifetime);
        allowance(headers, keeping).is_some_and(|allowed| over <= allowed)
    }

    /// How long ago the API made it.
    pub(in super::super) fn age(&self) -> Duration {
        age_of(&self.answer.1) + self.since_confirmed()
    }

    /// The question whether this is still right (RFC 9110 §13), if it can be asked.
    pub(in super::super) fn question(&self, outgoing: &Outgoing) -> Option<Outgoing> {
        let (_, headers, _) = &*self.answer;
        let validators = [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)];
        let mut question = None;
        for (validator, condition) in validators {
            if let Some(value) = headers.get(validator) {
                let question = question.get_or_insert_with(|| outgoing.clone());
                question.headers.insert(condition, value.clone());
            }
        }
        question
    }

    /// The answer with what a 304 says of it (RFC 9111 §3.2); `None` where that is about another one.
    pub(in super::super) fn confirmed(
        &self,
        (status, news, _): &Answered,
    ) -> Option<Arc<Answered>> {
        let plain = |tag: &HeaderValue| tag.as_bytes().trim_ascii().to_owned();
        let tag = |headers: &HeaderMap| {
            let tag = headers.get(ETAG).map(plain)?;
            Some(tag.strip_prefix(b"W/").map_or(tag.clone(), <[u8]>::to_vec))
        };
        let (kept_status, headers, received) = &*self.answer;
        let is_other = tag(news).is_some_and(|new| Some(new) != tag(headers));
        if *status != StatusCode::NOT_MODIFIED || is_other {
            return None;
        }
        let mut headers = headers.clone();
        for name in news.keys().filter(|name| !IS_NO_NEWS.contains(name)) {
            headers.remove(name);
            for value in news.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        Some(Arc::new((*kept_status, headers, received.clone())))
    }
}

/// Headers of a 304 that are about its body, which is the one of before, or about the connection.
const IS_NO_NEWS: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Whether an answer has no word about being kept, so that it may be, and has to be asked about again (RFC 9111 §3, §4.2).
fn says_nothing((status, headers, _): &Answered) -> bool {
    let words = [CACHE_CONTROL, EXPIRES, PRAGMA, VARY];
    matches!(status.as_u16(), 200 | 203 | 204)
        && !words.iter().any(|name| headers.contains_key(name))
}

/// For how long an answer is right without a question, if it may be given to more than one call at all.
pub(in super::super) fn lifetime_of(
    outgoing: &Outgoing,
    answer: &Answered,
    keeping: &Keeping,
) -> Option<Duration> {
    match keeping.caching {
        Caching::Off => None,
        Caching::For(time) => Some(time),
        Caching::Http if says_nothing(answer) => Some(Duration::ZERO),
        Caching::Http => {
            let now = SystemTime::now();
            let policy = policy(outgoing, answer, keeping, now)?;
            policy.is_storable().then(|| policy.time_to_live(now))
        }
    }
}

/// How old an answer is when it comes (RFC 9111 §5.1).
pub(in super::super) fn age_of(headers: &HeaderMap) -> Duration {
    /// Any larger number may be taken for this one (RFC 9111 §1.2.2).
    const MOST: u64 = 1 << 31;
    let text = headers.get(AGE).and_then(|age| age.to_str().ok());
    let text = text.unwrap_or_default().trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text
        .parse()
        .unwrap_or(if is_number { MOST } else { 0 })
        .min(MOST);
    Duration::from_secs(seconds)
}

/// How old it is by the clock of who made it (RFC 9111 §4.2.3).
fn apparent_age(headers: &HeaderMap, now: SystemTime) -> Duration {
    let text = headers.get(DATE).and_then(|date| date.to_str().ok());
    let age = text.and_then(|text| now.duration_since(date(text)?.into()).ok());
    age.unwrap_or_default()
}

/// A copy that holds nothing else in memory: what was read is a part of a larger buffer.
fn on_its_own((status, headers, received): &Answered) -> Answered {
    let headers = (headers.iter())
        .filter_map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            Some((name.clone(), value))
        })
        .collect();
    let received = Received {
        bytes: Bytes::copy_from_slice(&received.bytes),
        ..*received
    };
    (*status, headers, received)
}

/// For how long after its time an answer may be used when the API fails.
fn allowance(headers: &HeaderMap, keeping: &Keeping) -> Option<Duration> {
    if keeping.stale_if_error.is_some() {
        return keeping.stale_if_error;
    }
    let text = directives(headers);
    let all = || text.split(',').map(str::trim);
    let forbids = ["no-store", "no-cache", "must-revalidate"];
    if all().any(|directive| forbids.contains(&directive)) {
        return None;
    }
    let seconds = all().find_map(|directive| directive.strip_prefix("stale-if-error="))?;
    let seconds = seconds.trim_matches('"').parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// `Cache-Control` in lower case: the names of directives have no case (RFC 9111 §5.2).
fn directives(headers: &HeaderMap) -> String {
    let values = headers.get_all(CACHE_CONTROL).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(",").to_ascii_lowercase()
}

/// What the answer says about being kept. Of the request it knows the path and what is no secret.
fn policy(
    outgoing: &Outgoing,
    (status, headers, _): &Answered,
    keeping: &Keeping,
    now: SystemTime,
) -> Option<CachePolicy> {
    // RFC 9111 §4.1: a member `*` fits no request, also where there are others.
    let members = |value: &HeaderValue| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|it| it.trim_ascii() == b"*")
    };
    if headers.get_all(VARY).iter().any(members) {
        return None;
    }
    let mut request = Request::new(());
    *request.method_mut() = outgoing.method.clone();
    *request.uri_mut() = outgoing.uri.path().parse::<Uri>().ok()?;
    for (name, value) in &outgoing.headers {
        if !value.is_sensitive() && name != COOKIE {
            request.headers_mut().append(name, value.clone());
        }
    }
    let mut response = Response::new(());
    *response.status_mut() = *status;
    *response.headers_mut() = headers.clone();
    response.headers_mut().insert(
        AGE,
        age_of(headers)
            .max(apparent_age(headers, now))
            .as_secs()
            .into(),
    );
    let control = directives(headers);
    if !control.is_empty() {
        let control = HeaderValue::from_str(&control).ok()?;
        response.headers_mut().insert(CACHE_CONTROL, control);
    }
    let options = CacheOptions {
        shared: keeping.is_shared,
        // That something did not change for long does not say that it will not change now.
        cache_heuristic: 0.0,
        // RFC 8246 §2 has no lifetime of its own.
        immutable_min_time_to_live: Duration::ZERO,
        ..CacheOptions::default()
    };
    Some(CachePolicy::new_options(&request, &response, now, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_of_a_size_that_can_be_counted_with() {
        let age = |text: &'static str| {
            let headers = HeaderMap::from_iter([(AGE, HeaderValue::from_static(text))]);
            age_of(&headers).as_secs()
        };
        assert_eq!((age("7"), age(""), age("x"), age("-1")), (7, 0, 0, 0));
        assert_eq!(age("18446744073709551615"), 1 << 31);
        assert_eq!(age("99999999999999999999999999"), 1 << 31);
    }
}
