//! Where the answer to a call comes from: what was kept, a request that is on its way already, or the API.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
    PRAGMA, RANGE,
};
use serde_json::json;

use super::super::cache::{Caching, Keeping, Kept, Key, Landing, Moment};
use super::super::catalog::Found;
use super::super::engine::{Content, Inner, Progress, ToolResult};
use super::super::metrics::CacheOutcome;
use super::super::request::Outgoing;
use super::super::steps::Steps;
use super::super::upstream::Answered;
use super::record::Facts;
use super::{Asked, ErrorType, Until, attempts, failed_for_now};

/// Where a result says that it was kept, and how old it is.
const CACHE: &str = "mcpgen/cache";

/// How an answer was come by, where it was not asked for by its call alone.
#[derive(Debug)]
pub(super) struct Served {
    how: CacheOutcome,
    age: Duration,
}

impl Served {
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

/// The answer to a request, from wherever it is right to take it.
///
/// # Errors
/// There is none: what the model reads.
pub(super) async fn answered(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    (steps, facts): (&mut Steps<'_>, &mut Facts),
) -> Result<Answered, Box<ToolResult>> {
    if let Some((keeping, key)) = asked.may_be_kept() {
        return asked.look_up(inner, keeping, &key, facts).await;
    }
    let _writing =
        (!asked.outgoing.method.is_safe()).then(|| inner.cache.writing(asked.outgoing.uri.path()));
    let watched = (steps, facts);
    attempts::made(inner, asked.tool, asked.outgoing, asked.until, watched).await
}

/// What a request ends with for every call that waits for it.
#[derive(Clone)]
pub(in super::super) struct Flown {
    ended: Result<Arc<Answered>, Box<ToolResult>>,
    /// Whether the API said that what was kept is right.
    was_confirmed: bool,
    /// Whether the time of the call was over that made the request.
    is_late: bool,
    upstream_status: Option<u16>,
    denied: bool,
}

impl Flown {
    fn failed(&self) -> bool {
        match &self.ended {
            // RFC 5861 §4.
            Ok(answer) => matches!(answer.0.as_u16(), 500 | 502 | 503 | 504),
            Err(result) => result.error.is_some_and(failed_for_now),
        }
    }
}

/// A request that calls may share.
struct Shared {
    inner: Arc<Inner>,
    tool: &'static str,
    outgoing: Outgoing,
    key: Key,
    keeping: Keeping,
    until: Until,
    progress: Option<Progress>,
    /// What was kept and may still be right.
    kept: Option<Arc<Kept>>,
}

impl Asked<'_> {
    /// What the call is found by, if its answer may be kept. What a client sent credentials of its own for is nobody
    /// else's, and who asks with a condition wants an answer of the API.
    fn may_be_kept(&self) -> Option<(&Keeping, Key)> {
        let keeping = (self.keeping).filter(|keeping| keeping.caching != Caching::Off)?;
        let conditions = [
            CACHE_CONTROL,
            PRAGMA,
            RANGE,
            IF_MATCH,
            IF_NONE_MATCH,
            IF_MODIFIED_SINCE,
            IF_UNMODIFIED_SINCE,
            IF_RANGE,
        ];
        let asks_api = !self.outgoing.body.is_empty()
            || (conditions.iter()).any(|name| self.outgoing.headers.contains_key(name))
            || self.credentials.iter().any(|credential| credential.clients);
        (!asks_api).then(|| (keeping, Key::new(self.tool.def, self.call, keeping)))
    }

    async fn look_up(
        &self,
        inner: &Arc<Inner>,
        keeping: &Keeping,
        key: &Key,
        facts: &mut Facts,
    ) -> Result<Answered, Box<ToolResult>> {
        // Progress is this call's, and a client that has its answer wants to hear no more of it.
        let waits = Arc::new(());
        let (how, age, ended) = loop {
            let kept = inner.cache.get(key);
            if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(keeping)) {
                break (CacheOutcome::Hit, kept.age(), Ok(Arc::clone(&kept.answer)));
            }
            let start = |landing, since| {
                let progress = self.call.context.progress.as_ref();
                let request = Shared {
                    inner: Arc::clone(inner),
                    tool: self.tool.def.name,
                    outgoing: self.outgoing.clone(),
                    key: key.clone(),
                    keeping: *keeping,
                    until: self.until,
                    progress: progress.map(|progress| while_there(progress, &waits)),
                    kept,
                };
                request.sent(landing, since).boxed()
            };
            let path = self.outgoing.uri.path();
            let (flight, is_ours) = inner.cache.join(key, path, start);
            let flown = flight.await;
            if flown.is_late && !is_ours {
                continue;
            }
            facts.upstream_status = flown.upstream_status;
            let kept = flown.failed().then(|| inner.cache.get(key)).flatten();
            if let Some(kept) = kept.filter(|kept| kept.may_stand_in(keeping)) {
                break (
                    CacheOutcome::Stale,
                    kept.age(),
                    Ok(Arc::clone(&kept.answer)),
                );
            }
            facts.denied |= flown.denied;
            let how = match (is_ours, flown.was_confirmed) {
                (false, _) => CacheOutcome::Shared,
                (true, true) => CacheOutcome::Revalidated,
                (true, false) => CacheOutcome::Miss,
            };
            break (how, Duration::ZERO, flown.ended);
        };
        inner.metrics.cache(how);
        facts.served = (how != CacheOutcome::Miss).then_some(Served { how, age });
        ended.map(Arc::unwrap_or_clone)
    }
}

impl Shared {
    async fn sent(self, landing: Landing<Flown>, since: Moment) -> Flown {
        let _landing = landing;
        let (inner, outgoing) = (&self.inner, &self.outgoing);
        let Some(Found::Generated(tool)) = inner.catalog.find(self.tool) else {
            unreachable!("a tool does not go away")
        };
        let mut facts = Facts::default();
        let mut steps = Steps::new(self.progress.as_ref());
        let mut question = outgoing.clone();
        let kept = (self.kept.as_ref()).filter(|kept| kept.ask_again(&mut question));
        let watched = (&mut steps, &mut facts);
        let ended = attempts::made(inner, tool, &question, self.until, watched).await;
        let mut was_confirmed = false;
        let ended = ended.map(|answer| match kept {
            Some(kept) if answer.0 == StatusCode::NOT_MODIFIED => {
                was_confirmed = true;
                kept.confirmed(&answer.1)
            }
            _ => Arc::new(answer),
        });
        // After a failure of the API, what was kept may have to stand in.
        if let Ok(answer) = &ended
            && !answer.0.is_server_error()
        {
            let key = self.key.clone();
            (inner.cache).keep(key, outgoing, answer, &self.keeping, since);
        }
        let is_late = (ended.as_ref())
            .is_err_and(|result| result.error == Some(ErrorType::Timeout))
            && std::time::Instant::now() >= self.until.0;
        Flown {
            ended,
            was_confirmed,
            is_late,
            upstream_status: facts.upstream_status,
            denied: facts.denied,
        }
    }
}

/// Progress that is told for as long as the call waits which asked for it.
fn while_there(progress: &Progress, waits: &Arc<()>) -> Progress {
    let (progress, waits) = (progress.clone(), Arc::downgrade(waits));
    Progress(Arc::new(move |done, total, message| {
        if waits.strong_count() > 0 {
            (progress.0)(done, total, message);
        }
    }))
}
