//! Where the answer to a call comes from: what was kept, a request that is on its way already, or the API.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, PRAGMA, RANGE,
};
use serde_json::json;

use super::super::cache::{
    Caching, Flight, Keepable, Keeping, Kept, Key, Since, age_of, lifetime_of,
};
use super::super::credentials::{Credential, Whose};
use super::super::engine::{Content, Inner, ToolResult};
use super::super::metrics::CacheOutcome;
use super::super::steps::Steps;
use super::super::upstream::{Answered, is_broken_off};
use super::record::Facts;
use super::{Asked, attempts, failed_for_now};

/// Where a result says that it was kept, and how old it is.
const CACHE: &str = "mcpgen/cache";

/// Headers by which a request says what answer it takes.
const CONDITIONS: [HeaderName; 8] = [
    CACHE_CONTROL,
    PRAGMA,
    RANGE,
    IF_MATCH,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE,
    IF_RANGE,
];

/// How many credentials of before are looked for in an answer that the API keeps calling right.
const MOST_CREDENTIALS: usize = 8;

/// How an answer was come by, where it was not asked for by its call alone.
#[derive(Debug)]
pub(super) struct Served {
    how: CacheOutcome,
    age: Duration,
    /// What it was asked for with.
    credentials: Vec<Arc<Credential>>,
}

impl Served {
    /// All credentials that the answer may show.
    pub(super) fn with(&self, own: &[Arc<Credential>]) -> Vec<Arc<Credential>> {
        [own, &self.credentials].concat()
    }

    /// A result that says so.
    pub(super) fn marked(&self, mut result: ToolResult) -> ToolResult {
        let age = self.age.as_secs();
        let about = json!({"status": self.how.label(), "ageSeconds": age});
        result.meta.insert(CACHE.to_owned(), about);
        if self.how == CacheOutcome::Stale {
            let text = format!("The API fails at the moment. This is its answer of {age} s ago.");
            result.content.push(Content::Text(text));
        }
        result
    }
}

/// The answer to a request, from wherever it is right to take it. It is on the heap, as what a call is made of is moved several
/// times until it is polled, and this would be most of it.
///
/// # Errors
/// There is none: what the model reads.
pub(super) fn answered<'a>(
    inner: &'a Inner,
    asked: &'a Asked<'a>,
    (steps, facts): (&'a mut Steps<'_>, &'a mut Facts),
) -> BoxFuture<'a, Result<Answered, Box<ToolResult>>> {
    if let Some(found_by) = asked.may_be_kept(inner) {
        return asked.look_up(inner, found_by, (steps, facts)).boxed();
    }
    let watched = (steps, facts);
    attempts::made_in_part(inner, asked.tool, asked.outgoing, asked.until, watched).boxed()
}

/// What a request ends with for every call that waits for it.
#[derive(Clone)]
pub(in super::super) struct Flown {
    ended: Result<Arc<Answered>, Box<ToolResult>>,
    credentials: Vec<Arc<Credential>>,
    /// Whether other calls may have the answer too.
    is_for_all: bool,
    /// Whether the API said that what was kept is right.
    was_confirmed: bool,
    /// Whether the time of the call was over that made the request.
    is_late: bool,
    upstream_status: Option<u16>,
    denied: bool,
}

impl Flown {
    /// Whether what was kept may stand in: RFC 5861 §4 has four statuses, the owner means every failure of the API.
    fn failed(&self, keeping: &Keeping) -> bool {
        match &self.ended {
            Ok(answer) if is_broken_off(answer) => true,
            Ok(answer) if keeping.stale_if_error.is_some() => {
                answer.0.is_server_error() || answer.0 == StatusCode::TOO_MANY_REQUESTS
            }
            Ok(answer) => matches!(answer.0.as_u16(), 500 | 502 | 503 | 504),
            Err(result) => result.error.is_some_and(failed_for_now),
        }
    }
}

impl Asked<'_> {
    /// What the call is found by, if its answer may be kept. What was asked for with a credential of the client's or the
    /// caller's is nobody else's, and who asks with a condition wants an answer of the API.
    fn may_be_kept(&self, inner: &Inner) -> Option<(&Keeping, Key)> {
        let keeping = (self.keeping).filter(|keeping| keeping.caching != Caching::Off)?;
        let asks_api = !self.outgoing.body.is_empty()
            || (self.outgoing.headers.keys()).any(|name| CONDITIONS.contains(name))
            || (self.credentials.iter())
                .any(|credential| matches!(credential.whose, Whose::Client | Whose::Caller));
        (!asks_api).then(|| {
            let asked = (self.call, self.credentials);
            let key = Key::new(self.tool.def, asked, keeping, inner.cache.shares());
            (keeping, key)
        })
    }

    async fn look_up(
        &self,
        inner: &Inner,
        (keeping, key): (&Keeping, Key),
        (steps, facts): (&mut Steps<'_>, &mut Facts),
    ) -> Result<Answered, Box<ToolResult>> {
        let (how, age, credentials, ended) = loop {
            let path = self.outgoing.uri.path();
            let until = self.until.0;
            let look = inner.cache.look(&key, path, until).await;
            let fresh = |kept: &&Arc<Kept>| look.may_answer && kept.is_fresh();
            if let Some(kept) = look.kept.as_ref().filter(fresh) {
                break kept_as(CacheOutcome::Hit, kept);
            }
            let (is_ours, flown) = match inner.cache.join(&key, (path, &look)) {
                Flight::Ours(landing, since) => {
                    let before = look.kept.as_deref();
                    let flown = (self.flown(
                        inner,
                        (keeping, key),
                        (before, since),
                        (&mut *steps, &mut *facts),
                    ))
                    .await;
                    landing.with(&flown);
                    (true, flown)
                }
                Flight::Theirs(waiting) => match waiting.ended().await.filter(|it| !it.is_late) {
                    // Whose time is over, or who went away, says nothing of what others may have.
                    None => continue,
                    Some(flown) if flown.is_for_all => (false, flown),
                    Some(_) => {
                        inner.metrics.cache(CacheOutcome::Miss);
                        let (tool, outgoing) = (self.tool, self.outgoing);
                        let watched = (steps, facts);
                        let made =
                            attempts::made_in_part(inner, tool, outgoing, self.until, watched);
                        return Box::pin(made).await;
                    }
                },
            };
            facts.upstream_status = flown.upstream_status;
            let kept = if flown.failed(keeping) {
                inner.cache.look(&key, path, until).await.kept
            } else {
                None
            };
            if let Some(kept) = kept.filter(|kept| kept.may_stand_in(keeping)) {
                break kept_as(CacheOutcome::Stale, &kept);
            }
            facts.denied |= flown.denied;
            let how = match (is_ours, flown.was_confirmed) {
                (false, _) => CacheOutcome::Shared,
                (true, true) => CacheOutcome::Revalidated,
                (true, false) => CacheOutcome::Miss,
            };
            let age = (flown.ended.as_ref()).map_or(Duration::ZERO, |answer| age_of(&answer.1));
            break (how, age, flown.credentials, flown.ended);
        };
        inner.metrics.cache(how);
        facts.cache = Some(how)
            .filter(|how| *how != CacheOutcome::Miss)
            .map(CacheOutcome::label);
        facts.served = (how != CacheOutcome::Miss).then_some(Served {
            how,
            age,
            credentials,
        });
        ended.map(Arc::unwrap_or_clone)
    }

    /// Makes the request, and keeps what may be kept of its answer; `before` was kept and may still be right.
    async fn flown(
        &self,
        inner: &Inner,
        (keeping, key): (&Keeping, Key),
        (before, since): (Option<&Kept>, Since),
        (steps, facts): (&mut Steps<'_>, &mut Facts),
    ) -> Flown {
        let mut credentials = self.credentials.to_vec();
        // What was refused before is no part of it.
        let denied = std::mem::take(&mut facts.denied);
        let watched = (steps, &mut *facts);
        let (ended, was_confirmed) =
            (self.confirmed_or_new(inner, before, &mut credentials, watched)).await;
        let mut is_for_all = true;
        if let Ok(answer) = &ended {
            let path = self.outgoing.uri.path();
            let is_gone = matches!(answer.0, StatusCode::NOT_FOUND | StatusCode::GONE);
            let mut is_kept = false;
            let lifetime = lifetime_of(self.outgoing, answer, keeping);
            is_for_all = lifetime.is_some();
            if let Some(lifetime) = lifetime.filter(|_| answer.0.is_success()) {
                let keepable = Keepable {
                    path,
                    answer,
                    credentials: &credentials,
                    lifetime,
                    since,
                };
                is_kept = inner.cache.keep(key, &keepable, keeping, before).await;
            }
            let is_other = answer.0.is_success() && !is_broken_off(answer);
            if !is_kept && before.is_some() && (is_gone || is_other) {
                inner.cache.forget(&key, path, since).await;
            }
        }
        Flown {
            is_for_all,
            was_confirmed,
            is_late: ended.is_err() && Instant::now() >= self.until.0,
            ended,
            credentials,
            upstream_status: facts.upstream_status,
            denied: std::mem::replace(&mut facts.denied, denied),
        }
    }

    /// The answer of the API, and whether it is that what was kept is right. `credentials` become all that it may show.
    async fn confirmed_or_new(
        &self,
        inner: &Inner,
        before: Option<&Kept>,
        credentials: &mut Vec<Arc<Credential>>,
        (steps, facts): (&mut Steps<'_>, &mut Facts),
    ) -> (Result<Arc<Answered>, Box<ToolResult>>, bool) {
        if let Some(kept) = before
            && let Some(question) = kept.question(self.outgoing)
        {
            let watched = (&mut *steps, &mut *facts);
            let made = attempts::made_in_part(inner, self.tool, &question, self.until, watched);
            let answer = match Box::pin(made).await {
                Ok(answer) => answer,
                Err(refusal) => return (Err(refusal), false),
            };
            if let Some(answer) = kept.confirmed(&answer) {
                // The body is the one of before, and may show what that was asked for with.
                let is_new = |before: &&Arc<Credential>| {
                    !credentials.iter().any(|own| Arc::ptr_eq(own, before))
                };
                let before = kept.credentials.iter().filter(is_new);
                let before: Vec<_> = before.take(MOST_CREDENTIALS).cloned().collect();
                credentials.extend(before);
                return (Ok(answer), true);
            }
            if answer.0 != StatusCode::NOT_MODIFIED {
                return (Ok(Arc::new(answer)), false);
            }
        }
        let watched = (steps, facts);
        let made = attempts::made_in_part(inner, self.tool, self.outgoing, self.until, watched);
        (made.await.map(Arc::new), false)
    }
}

type Found = (
    CacheOutcome,
    Duration,
    Vec<Arc<Credential>>,
    Result<Arc<Answered>, Box<ToolResult>>,
);

fn kept_as(how: CacheOutcome, kept: &Kept) -> Found {
    let answer = Arc::clone(&kept.answer);
    (how, kept.age(), kept.credentials.clone(), Ok(answer))
}
