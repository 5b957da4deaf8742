//! The answers that are kept, in memory.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::header::{CACHE_CONTROL, COOKIE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_cache_semantics::{CacheOptions, CachePolicy};

use super::super::request::Outgoing;
use super::super::upstream::Answered;
use super::flights::{Flight, Flights, Landing};
use super::writes::{Moment, Writes};
use super::{Caching, Keeping, Key};

/// How long an answer stays that nobody asks for.
const IDLE: Duration = Duration::from_secs(3600);
/// How long an answer stays at most, whatever it says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// In bytes: what an entry takes beside texts that can be counted.
const OVERHEAD: usize = 1024;

/// The answers that are kept, and the requests that are on their way. `T` is what such a request ends with.
pub(in super::super) struct Cache<T: Clone + Send + 'static> {
    kept: moka::sync::Cache<Key, Arc<Kept>>,
    flights: Flights<T>,
    writes: Writes,
}

/// An answer that is kept.
pub(in super::super) struct Kept {
    pub(in super::super) answer: Arc<Answered>,
    policy: CachePolicy,
    path: String,
    /// When the API said that it is right.
    confirmed: Instant,
    /// For how long from then on, as it says itself.
    lifetime: Duration,
    /// Since when nothing may have been written to its path.
    since: Moment,
}

impl<T: Clone + Send + 'static> Cache<T> {
    /// Keeps so many bytes at most.
    pub(in super::super) fn new(most_bytes: usize) -> Self {
        let weight = |key: &Key, kept: &Arc<Kept>| {
            let headers = &kept.answer.1;
            let headers: usize = (headers.iter())
                .map(|(name, value)| name.as_str().len() + value.len())
                .sum();
            // Headers are there twice, for the policy has its own.
            let bytes = kept.answer.2.bytes.len() + 2 * headers + 2 * key.len() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            kept: moka::sync::Cache::builder()
                .max_capacity(most_bytes as u64)
                .weigher(weight)
                .time_to_idle(IDLE)
                .time_to_live(LONGEST)
                .build(),
            flights: Flights::default(),
            writes: Writes::default(),
        }
    }

    /// The answer that was kept for a key, unless its path was written to since.
    pub(in super::super) fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        let kept = self.kept.get(key)?;
        if self.writes.has_changed(&kept.path, kept.since) {
            self.kept.invalidate(key);
            return None;
        }
        Some(kept)
    }

    /// Keeps an answer, if it may be kept; `since` is from before it was asked for.
    pub(in super::super) fn keep(
        &self,
        key: Key,
        outgoing: &Outgoing,
        answer: &Arc<Answered>,
        keeping: &Keeping,
        since: Moment,
    ) {
        match Kept::new(outgoing, Arc::clone(answer), keeping, since) {
            Some(kept) => self.kept.insert(key, Arc::new(kept)),
            None => self.kept.invalidate(&key),
        }
    }

    /// The request for a key that is on its way, and whether it is `start` that makes it. Reads before a write to `path`
    /// are not joined.
    pub(in super::super) fn join(
        &self,
        key: &Key,
        path: &str,
        start: impl FnOnce(Landing<T>, Moment) -> futures_util::future::BoxFuture<'static, T>,
    ) -> (Flight<T>, bool) {
        let now = self.writes.now();
        let is_current = |since| !self.writes.has_changed(path, since);
        let start = |landing| start(landing, now);
        self.flights.join(key, now, is_current, start)
    }

    /// A request changes something, or may: what was read of its path before it ended is no longer believed.
    pub(in super::super) fn writing<'a>(&'a self, path: &'a str) -> impl Drop + use<'a, T> {
        Writing(&self.writes, path)
    }
}

struct Writing<'a>(&'a Writes, &'a str);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

impl Kept {
    fn new(
        outgoing: &Outgoing,
        answer: Arc<Answered>,
        keeping: &Keeping,
        since: Moment,
    ) -> Option<Self> {
        let (status, headers, received) = &*answer;
        // A part of an answer, or a stream that was still open, is not the answer.
        if !status.is_success() || received.cut || received.open {
            return None;
        }
        let now = SystemTime::now();
        let policy = policy(outgoing, &answer, keeping, now)?;
        let lifetime = match keeping.caching {
            Caching::For(time) => time,
            _ => policy.time_to_live(now),
        };
        let may_be_kept = match keeping.caching {
            Caching::Off => false,
            Caching::For(_) => true,
            Caching::Http => policy.is_storable(),
        };
        let is_of_use = !lifetime.is_zero()
            || headers.contains_key(ETAG)
            || headers.contains_key(LAST_MODIFIED)
            || allowance(headers, keeping).is_some();
        (may_be_kept && is_of_use).then(|| Self {
            policy,
            path: outgoing.uri.path().to_owned(),
            confirmed: Instant::now(),
            lifetime,
            since,
            answer,
        })
    }

    /// Whether it needs no question to the API.
    pub(in super::super) fn is_fresh(&self, keeping: &Keeping) -> bool {
        match keeping.caching {
            Caching::Off => false,
            Caching::For(time) => self.confirmed.elapsed() < time,
            Caching::Http => self.policy.is_storable() && !self.policy.is_stale(SystemTime::now()),
        }
    }

    /// Whether it may stand in for an API that fails (RFC 5861 §4).
    pub(in super::super) fn may_stand_in(&self, keeping: &Keeping) -> bool {
        let (_, headers, _) = &*self.answer;
        let over = self.confirmed.elapsed().saturating_sub(self.lifetime);
        allowance(headers, keeping).is_some_and(|allowed| over <= allowed)
    }

    /// How long ago the API made it.
    pub(in super::super) fn age(&self) -> Duration {
        self.policy.age(SystemTime::now())
    }

    /// Makes a request the question whether this is still right (RFC 9110 §13); whether it could.
    pub(in super::super) fn ask_again(&self, outgoing: &mut Outgoing) -> bool {
        let (_, headers, _) = &*self.answer;
        let validators = [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)];
        let mut can = false;
        for (validator, condition) in validators {
            if let Some(value) = headers.get(validator) {
                outgoing.headers.insert(condition, value.clone());
                can = true;
            }
        }
        can
    }

    /// The answer with what a 304 says of it (RFC 9111 §3.2).
    pub(in super::super) fn confirmed(&self, news: &HeaderMap) -> Arc<Answered> {
        let (status, headers, received) = &*self.answer;
        let mut headers = headers.clone();
        // They are about the body, which is the one of before.
        let of_body = [
            CONTENT_LENGTH,
            CONTENT_ENCODING,
            CONTENT_RANGE,
            TRANSFER_ENCODING,
        ];
        for name in news.keys().filter(|name| !of_body.contains(name)) {
            headers.remove(name);
            for value in news.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        Arc::new((*status, headers, received.clone()))
    }
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
    let control = directives(headers);
    if !control.is_empty() {
        let control = HeaderValue::from_str(&control).ok()?;
        response.headers_mut().insert(CACHE_CONTROL, control);
    }
    let options = CacheOptions {
        shared: keeping.is_shared,
        // That something did not change for long does not say that it will not change now.
        cache_heuristic: 0.0,
        ..CacheOptions::default()
    };
    Some(CachePolicy::new_options(&request, &response, now, options))
}
