//! Work that goes on after the API has answered: followed to its end, or until the time for that is over.
//!
//! What answers say is `operations`'. Each look is a request of the call that began the work: with its credentials, to
//! the origins of its server, as its caller.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderName, Method, StatusCode, Uri};
use serde_json::json;

use super::super::base_url::Origin;
use super::super::custom::Call;
use super::super::engine::{Content, ErrorType, Inner, ToolResult};
use super::super::operations::{
    Beginning, Begun, Doing, Kept, Look, OPERATION, Operation, Pauses, Report, is_for_now,
};
use super::super::plain;
use super::super::request::{Outgoing, with_query};
use super::super::resilience::retry_after;
use super::super::response::{is_word, piece, stand_in};
use super::super::steps::Steps;
use super::super::upstream::Answered;
use super::record::Facts;
use super::stopping::Stop;
use super::{Asked, Until, attempts, failed_for_now, shown};

/// What is left of the time of a call for telling how far the work is.
const RESERVE: Duration = Duration::from_secs(1);
/// How often in a row the API may fail to say how far it is.
const MOST_REFUSALS: u32 = 3;
/// The kinds of error that work is which ended without a result.
const FAILED: ErrorType = ErrorType::Upstream5xx;
const CANCELLED: ErrorType = ErrorType::Upstream4xx;

/// What an answer says of work that goes on, where that is followed. `address` is the one of the server that was asked.
pub(super) fn begun(
    inner: &Inner,
    asked: &Asked<'_>,
    answered: &Answered,
    address: usize,
) -> Begun {
    if !asked.follows || inner.settings.follow.timeout.is_none() {
        return Begun::Nothing;
    }
    let server = asked.tool.def.server;
    let moved = (address > 0).then(|| inner.bases.moved(&asked.outgoing.uri, server, address));
    let uri = moved
        .flatten()
        .unwrap_or_else(|| asked.outgoing.uri.clone());
    beginning(asked, &uri, &is_ours(inner, server)).begun(answered)
}

/// Whether the credentials of a server's calls may be seen at an origin.
pub(super) fn is_ours(inner: &Inner, server: usize) -> impl Fn(&Origin) -> bool + Sync {
    move |origin| {
        let mut addresses = 0..inner.bases.addresses(server);
        addresses.any(|address| {
            let base = inner.bases.at(server, address);
            base.is_some_and(|base| base.origin == *origin)
        })
    }
}

fn beginning<'a>(
    asked: &'a Asked<'_>,
    uri: &'a Uri,
    is_ours: &'a (dyn Fn(&Origin) -> bool + Sync),
) -> Beginning<'a> {
    Beginning {
        method: &asked.outgoing.method,
        uri,
        result: asked.tool.def.long_running,
        is_ours,
    }
}

/// The first answer, with what is to be said where it points at another origin.
pub(super) fn elsewhere(mut result: ToolResult) -> ToolResult {
    if result.error.is_none() {
        let text = "The API goes on with this. How far it is can be seen at the address in the header above, which is \
                    of another origin: this server does not go there.";
        result.content.push(Content::Text(text.to_owned()));
    }
    result
}

/// Follows work until it is over, or the time for that.
pub(super) async fn followed(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    mut operation: Operation,
    first: Answered,
    (steps, facts): (&mut Steps<'_>, &mut Facts),
) -> ToolResult {
    let stop = Stop::new(inner, asked, &operation);
    let mut watch = Watch::new(inner, asked, None, steps);
    let early = watch.told_early(&operation).await;
    let first_pause = watch.pauses.next(retry_after(&first.1));
    let over = watch.until_over(&mut operation, first_pause).await;
    match over {
        Over::GoesOn(mut progress) => {
            let can_be_cancelled = operation.can_be_cancelled();
            let handle = handle_for(inner, asked, (operation, early)).await;
            stop.not_any_more();
            if handle.is_some() {
                progress.last.get_or_insert(first);
            } else {
                // It has the address where somebody else may look.
                progress.last = Some(first);
            }
            let handle = handle.as_deref().map(|handle| (handle, can_be_cancelled));
            goes_on(inner, asked, handle, progress, facts).await
        }
        over => {
            // What could not be seen may go on all the same.
            let handle = if over.is_refusal() {
                handle_for(inner, asked, (operation, early)).await
            } else {
                if let (Some(early), false) = (early, matches!(over, Over::Refused(_))) {
                    let whose = (early.handle.as_str(), asked.call.context.identity.as_ref());
                    inner.operations.forget(whose, &early.kept).await;
                }
                None
            };
            stop.not_any_more();
            let mut result = over.result(inner, asked, (watch.steps, facts)).await;
            if let Some(handle) = handle {
                not_known(inner, asked, &handle, &mut result);
            }
            result
        }
    }
}

/// Says of work that could not be looked at how to look again.
pub(super) fn not_known(inner: &Inner, asked: &Asked<'_>, handle: &str, result: &mut ToolResult) {
    let tool = &asked.call.tool;
    let check = name_of(inner, asked.call, Doing::Check).unwrap_or_default();
    let text = format!(
        "The API took `{tool}` on before, and whether it is over is not known: do not call it again for it. `{check}` \
         with the handle `{handle}` looks again."
    );
    result.content.push(Content::Text(text));
    let about = json!({"handle": handle, "tool": &**tool});
    result.meta.insert(OPERATION.to_owned(), about);
}

/// How it ended to look at work.
pub(super) enum Over {
    /// With a result.
    Result(Box<Outgoing>, Answered),
    /// Without: the API's word for it, and its answer.
    Without(ErrorType, String, Box<Outgoing>, Answered),
    /// The API cannot be asked.
    Refused(Box<ToolResult>),
    /// Not at all.
    GoesOn(Progress),
}

/// How far work is whose time is over.
#[derive(Default)]
pub(super) struct Progress {
    /// What the API has said last.
    last: Option<Answered>,
    report: Report,
    /// When it wants to be asked again.
    again: Option<Duration>,
}

impl Over {
    /// Whether the API has refused to say how far it is.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Result(_, (status, ..)) if status.is_client_error() || status.is_server_error())
    }

    /// The word for it in the result of a check.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Without(CANCELLED, ..) => "cancelled",
            Self::Without(..) => "failed",
            Self::Result(..) | Self::Refused(_) | Self::GoesOn(_) => "result",
        }
    }

    pub(super) async fn result(
        self,
        inner: &Arc<Inner>,
        asked: &Asked<'_>,
        (steps, facts): (&mut Steps<'_>, &mut Facts),
    ) -> ToolResult {
        match self {
            Self::Result(request, answered) => {
                is_fresh(facts);
                facts.upstream_status = Some(answered.0.as_u16());
                has_changed(inner, asked).await;
                shown(inner, asked, &request, answered, (steps, facts)).await
            }
            Self::Without(kind, word, request, answered) => {
                is_fresh(facts);
                facts.upstream_status = Some(answered.0.as_u16());
                has_changed(inner, asked).await;
                // A program is for the result.
                let asked = &Asked { jq: None, ..*asked };
                let said = shown(inner, asked, &request, answered, (steps, facts)).await;
                let word = cleaned(asked, &word);
                let text = format!(
                    "`{}` was taken on by the API, and ended there without a result: its status is `{word}`.",
                    asked.call.tool
                );
                let mut result = ToolResult::failure(kind, text);
                // Whoever may only see what is theirs cannot be told whose this is.
                if !facts.wants_json {
                    result.content.extend(said.content);
                }
                result
            }
            Self::Refused(result) => *result,
            Self::GoesOn(_) => unreachable!("it has no result yet"),
        }
    }
}

/// What the call was answered with first may have been kept, and this was not.
fn is_fresh(facts: &mut Facts) {
    #[cfg(feature = "cache")]
    let _ = facts.served.take();
    #[cfg(not(feature = "cache"))]
    let _ = facts;
}

/// What was read before work was done is old by now.
#[cfg_attr(
    not(feature = "cache"),
    expect(clippy::unused_async, reason = "only a cache is told")
)]
async fn has_changed(inner: &Inner, asked: &Asked<'_>) {
    #[cfg(feature = "cache")]
    if !asked.outgoing.method.is_safe() {
        inner.cache.changed(asked.outgoing.uri.path()).await;
    }
    #[cfg(not(feature = "cache"))]
    let _ = (inner, asked);
}

/// Looks at work again and again.
pub(super) struct Watch<'w, 'a, 's> {
    inner: &'w Inner,
    asked: &'w Asked<'a>,
    /// When no more waiting begins.
    patience: Instant,
    /// When even a request that is on its way is given up.
    until: Until,
    pauses: Pauses,
    /// How often in a row the API has not said how far it is.
    refusals: u32,
    pub(super) steps: &'w mut Steps<'s>,
}

impl<'w, 'a, 's> Watch<'w, 'a, 's> {
    pub(super) fn new(
        inner: &'w Inner,
        asked: &'w Asked<'a>,
        wait: Option<Duration>,
        steps: &'w mut Steps<'s>,
    ) -> Self {
        let (deadline, limit) = asked.until;
        let last = deadline.checked_sub(RESERVE.min(limit / 10));
        let now = Instant::now();
        let most = inner.settings.follow.timeout.unwrap_or_default();
        let end = (now + most).min(last.unwrap_or(deadline));
        Self {
            inner,
            asked,
            patience: wait.map_or(end, |wait| (now + wait.min(most)).min(end)),
            until: (end, limit),
            pauses: Pauses::new(),
            refusals: 0,
            steps,
        }
    }

    /// Tells a client that hears of progress the handle at once, where replicas share it: should the connection break, it
    /// asks with that.
    async fn told_early(&mut self, operation: &Operation) -> Option<Early> {
        let Self { inner, asked, .. } = *self;
        let check = name_of(inner, asked.call, Doing::Check)?;
        (inner.operations.are_shared() && asked.call.context.progress.is_some()).then_some(())?;
        let kept = kept_for(asked, operation.clone());
        let handle = keep(inner, asked, kept.clone()).await?;
        let message = format!(
            "the API is working on it; should the connection break, `{check}` with the handle `{handle}` has the result"
        );
        self.steps.working(None, message);
        Some(Early { handle, kept })
    }

    /// `pause` is how long to wait before the first look; one without is always taken.
    pub(super) async fn until_over(
        &mut self,
        operation: &mut Operation,
        mut pause: Duration,
    ) -> Over {
        let is_ours = is_ours(self.inner, self.asked.tool.def.server);
        let original = self.asked.outgoing.uri.clone();
        let beginning = beginning(self.asked, &original, &is_ours);
        let mut progress = Progress::default();
        loop {
            let left = self.patience.saturating_duration_since(Instant::now());
            if !pause.is_zero() && pause >= left {
                // After that the handle is not good any more.
                progress.again = Some(pause.min(self.inner.settings.follow.lifetime));
                return Over::GoesOn(progress);
            }
            tokio::time::sleep(pause).await;
            let looked = self.look(operation, &beginning, &mut progress).await;
            match looked {
                Ok(asked_for) => pause = self.pauses.next(asked_for),
                Err(over) => return over,
            }
        }
    }

    /// Looks once. Gives what the API asks for before the next time.
    ///
    /// # Errors
    /// There is no next time.
    async fn look(
        &mut self,
        operation: &mut Operation,
        beginning: &Beginning<'_>,
        progress: &mut Progress,
    ) -> Result<Option<Duration>, Over> {
        let request = self.request(&operation.monitor, operation.is_told_in_json());
        let Some(answered) = self.sent(&request).await? else {
            return Ok(None);
        };
        let asked_for = retry_after(&answered.1);
        let (kind, word) = match operation.look(&answered, beginning) {
            Look::Running(mut report) => {
                self.refusals = 0;
                report.word = (report.word.as_deref())
                    .map(|word| cleaned(self.asked, word))
                    .filter(|word| !word.is_empty());
                self.tell(&report);
                progress.report = report;
                progress.last = Some(answered);
                return Ok(asked_for);
            }
            Look::Unknown => return Ok(asked_for),
            Look::Refused => {
                self.refusals += 1;
                let is_about_token = answered.0 == StatusCode::UNAUTHORIZED;
                if is_about_token {
                    self.inner.credentials.forget(self.asked.credentials);
                }
                if self.refusals < MOST_REFUSALS && !is_about_token {
                    return Ok(asked_for);
                }
                return Err(Over::Result(Box::new(request), answered));
            }
            Look::Done => return Err(Over::Result(Box::new(request), answered)),
            Look::ResultAt(uri) => {
                let request = self.request(&uri, false);
                // It will be there: who asks again comes by here.
                return match self.sent(&request).await? {
                    Some(answered) if !is_for_now(answered.0) => {
                        Err(Over::Result(Box::new(request), answered))
                    }
                    Some((_, headers, _)) => Ok(retry_after(&headers)),
                    None => Ok(None),
                };
            }
            Look::Failed(word) => (FAILED, word),
            Look::Cancelled(word) => (CANCELLED, word),
        };
        Err(Over::Without(kind, word, Box::new(request), answered))
    }

    fn request(&self, uri: &Uri, takes_json: bool) -> Outgoing {
        let mut request = looking(self.asked, Method::GET, uri);
        if takes_json {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(ACCEPT, json);
        }
        request
    }

    /// The answer to a look; `None` when there is none for now.
    ///
    /// # Errors
    /// There will be none.
    async fn sent(&self, request: &Outgoing) -> Result<Option<Answered>, Over> {
        self.inner.metrics.poll();
        // What is denied or read here says nothing of the call.
        let (mut steps, mut facts) = (Steps::new(None), Facts::default());
        let watched = (&mut steps, &mut facts);
        let ended = attempts::made(self.inner, self.asked.tool, request, self.until, watched).await;
        let is_for_now = |error| failed_for_now(error) || matches!(error, ErrorType::RateLimited);
        match ended {
            Ok(answered) => Ok(Some(answered)),
            Err(refusal) if refusal.error.is_some_and(is_for_now) => Ok(None),
            Err(refusal) => Err(Over::Refused(refusal)),
        }
    }

    fn tell(&mut self, report: &Report) {
        let mut message = "the API is working on it".to_owned();
        let text = report.text();
        if !text.is_empty() {
            message = format!("{message}: {text}");
        }
        self.steps.working(report.percent, message);
    }
}

/// A request about work, with the headers and credentials of the one that began it.
pub(super) fn looking(asked: &Asked<'_>, method: Method, uri: &Uri) -> Outgoing {
    /// What was said of another body, or of another resource.
    const LEFT_OUT: [HeaderName; 11] = [
        CONTENT_TYPE,
        CONTENT_ENCODING,
        EXPECT,
        IF_MATCH,
        IF_NONE_MATCH,
        IF_MODIFIED_SINCE,
        IF_UNMODIFIED_SINCE,
        IF_RANGE,
        RANGE,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("prefer"),
    ];
    let mut headers = asked.outgoing.headers.clone();
    for name in LEFT_OUT {
        headers.remove(name);
    }
    let placed: Vec<_> = (asked.credentials.iter())
        .map(|found| &found.placed)
        .collect();
    Outgoing {
        method,
        uri: with_query(uri, &placed),
        headers,
        body: bytes::Bytes::new(),
        digest: asked.outgoing.digest.clone(),
    }
}

/// A word of the API's for how far it is, as the caller may see it.
fn cleaned(asked: &Asked<'_>, word: &str) -> String {
    // As a part of the answer that it stands in, whose parts may be hidden.
    let status = json!({"status": word}).to_string();
    let shown = piece(&status, asked.credentials, asked.redaction);
    let shown = shown.and_then(|shown| plain::read(shown.as_bytes()).ok());
    let word = shown.as_ref().and_then(|shown| shown["status"].as_str());
    let word = word.unwrap_or_default();
    // Where the API's words stand between marks, there is no more than a word of it in a sentence of ours.
    if asked.marks && !is_word(word) {
        return "…".to_owned();
    }
    word.to_owned()
}

/// The name of the tool that does this, where the caller has it.
pub(super) fn name_of<'i>(inner: &'i Inner, call: &Call, doing: Doing) -> Option<&'i str> {
    let position = inner.catalog.doing(doing)?;
    let view = inner.policies.view(call.context.identity.as_ref());
    view.sees(position).then(|| inner.catalog.name_at(position))
}

/// A handle by which the caller takes work up again, where there is a tool for it; the one that it has `early`, if any.
async fn handle_for(
    inner: &Inner,
    asked: &Asked<'_>,
    (operation, early): (Operation, Option<Early>),
) -> Option<String> {
    let call = asked.call;
    name_of(inner, call, Doing::Check)?;
    if let Some(Early { handle, kept }) = early {
        let whose = (handle.as_str(), call.context.identity.as_ref());
        inner.operations.moved(whose, &kept, operation).await;
        return Some(handle);
    }
    let kept = kept_for(asked, operation);
    keep(inner, asked, kept).await
}

/// What a caller has before the work is over, or the time for it.
struct Early {
    handle: String,
    kept: Kept,
}

async fn keep(inner: &Inner, asked: &Asked<'_>, kept: Kept) -> Option<String> {
    let bytes = asked.outgoing.body.len();
    let identity = asked.call.context.identity.as_ref();
    inner.operations.keep(kept, bytes, identity).await
}

fn kept_for(asked: &Asked<'_>, operation: Operation) -> Kept {
    let call = asked.call;
    Kept {
        tool: asked.tool.def.name,
        arguments: call.arguments.clone(),
        headers: call.headers.clone(),
        fields: asked.fields.1.to_vec(),
        jq: asked.jq.map(|jq| jq.program.to_owned()),
        since: Utc::now(),
        operation,
    }
}

/// The result of a call whose work goes on: what the API has said of it last, and how to ask again. Beside the handle is
/// whether the work can be stopped by it.
pub(super) async fn goes_on(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    handle: Option<(&str, bool)>,
    progress: Progress,
    facts: &mut Facts,
) -> ToolResult {
    facts.goes_on = true;
    let mut result = ToolResult::default();
    // Whoever may only see what is theirs cannot be told yet whose this is.
    if let Some(answered) = (progress.last).filter(|(_, _, received)| {
        !facts.wants_json && (handle.is_none() || !received.bytes.is_empty())
    }) {
        facts.upstream_status = Some(answered.0.as_u16());
        // What there is so far is not all: nobody is told that it was.
        let mut steps = Steps::new(None);
        // The parts that are wanted are those of the result.
        let fields: (Option<&str>, &[String]) = (None, &[]);
        let asked = Asked {
            fields,
            jq: None,
            ..*asked
        };
        let said = shown(inner, &asked, asked.outgoing, answered, (&mut steps, facts)).await;
        if said.error.is_none() {
            result = said;
        }
    }
    if result.structured.is_none() {
        // Clients throw a success away that lacks what an output schema promises.
        result.structured = asked.tool.output.as_ref().and_then(stand_in);
    }
    let report = progress.report.text();
    let told = told(inner, asked, handle, (&report, progress.again));
    result.content.push(Content::Text(told));
    if let Some((handle, _)) = handle {
        let about = json!({
            "handle": handle,
            "tool": &*asked.call.tool,
            "status": progress.report.word,
            "percentComplete": progress.report.percent,
            "retryAfterSeconds": progress.again.map(|again| again.as_secs_f64()),
        });
        result.meta.insert(OPERATION.to_owned(), about);
    }
    result
}

/// How to ask again, in words.
fn told(
    inner: &Inner,
    asked: &Asked<'_>,
    handle: Option<(&str, bool)>,
    (report, again): (&str, Option<Duration>),
) -> String {
    let tool = &asked.call.tool;
    let far = if report.is_empty() {
        String::new()
    } else {
        format!(" ({report})")
    };
    let mut text = format!("`{tool}` is not over: the API is still working on it{far}.");
    let check = name_of(inner, asked.call, Doing::Check);
    match (handle, check) {
        (Some((handle, can_be_cancelled)), Some(check)) => {
            let when = match again.map(|again| again.as_secs()) {
                Some(seconds @ 1..) => format!(" in {seconds} s or later"),
                _ => String::new(),
            };
            let cancel =
                name_of(inner, asked.call, Doing::Cancel).filter(|_| can_be_cancelled);
            let stop = cancel.map(|cancel| format!("; to stop it, `{cancel}`"));
            text.push_str(&format!(
                " Do not call `{tool}` again for it. To get its result, call `{check}` with the handle \
                 `{handle}`{when}{}.",
                stop.unwrap_or_default()
            ));
        }
        (None, Some(_)) => text.push_str(
            " This server keeps no more operations at the moment, so that its result cannot be asked \
             for here.",
        ),
        _ => text.push_str(" This server has no tool that asks for its result later."),
    }
    text
}
