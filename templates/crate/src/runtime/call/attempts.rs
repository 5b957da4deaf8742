//! One call's attempts: turns, the breaker, and what is tried again.

use std::pin::pin;
use std::time::{Duration, Instant};

use http::Response;

use super::super::catalog::Prepared;
use super::super::engine::{ErrorType, Inner, Path, ToolResult};
use super::super::limits::turns::Turns;
use super::super::request::Outgoing;
use super::super::resilience::{Breaker, Outcome, may_repeat};
use super::super::response::{is_events, is_stream};
use super::super::steps::Steps;
#[cfg(feature = "cache")]
use super::super::upstream::MovedTo;
use super::super::upstream::{Answered, Body, Bounds, Failure, Stage, read};
use super::record::Facts;
use super::{Until, failed, seconds};

/// The answer of the last attempt.
///
/// # Errors
/// There was none, or not all of it, or no request was sent: what the model reads.
pub(super) async fn made(
    inner: &Inner,
    tool: &Prepared,
    outgoing: &Outgoing,
    until: Until,
    watched: (&mut Steps<'_>, &mut Facts),
) -> Result<Answered, Box<ToolResult>> {
    let (status, headers, received) = made_in_part(inner, tool, outgoing, until, watched).await?;
    match received.unbroken() {
        Ok(received) => Ok((status, headers, received)),
        Err(failure) => Err(Box::new(failed(inner, tool, &failure, until.1))),
    }
}

/// The same, and what came of an answer that the connection cut.
///
/// # Errors
/// There was none, or no request was sent: what the model reads.
pub(super) async fn made_in_part(
    inner: &Inner,
    tool: &Prepared,
    outgoing: &Outgoing,
    (deadline, limit): Until,
    (steps, facts): (&mut Steps<'_>, &mut Facts),
) -> Result<Answered, Box<ToolResult>> {
    let path = inner.paths.get(tool.def.server);
    let resilience = &inner.settings.resilience;
    let repeatable = resilience.retries > 0 && may_repeat(outgoing);
    let mut attempt = 0;
    loop {
        // A turn is for what is sent, not for the pauses in between.
        let turns = path.and_then(|path| path.turns.as_ref());
        let mut turn = turns.and_then(Turns::free);
        if let Some(turns) = turns.filter(|_| turn.is_none()) {
            let next = tokio::time::timeout_at(deadline.into(), turns.next()).await;
            turn = next.ok().flatten();
            if turn.is_none() {
                return Err(Box::new(busy(inner, facts)));
            }
        }
        let changes = changes(tool, outgoing).then_some(deadline);
        let request = (tool.def.server, outgoing, changes);
        let ended = guarded(inner, path, request, deadline, (&mut *steps, &mut *facts))
            .await
            .map_err(|wait| Box::new(alone(inner, tool, facts, wait)))?;
        drop(turn);
        let outcome = Outcome::of(&ended);
        // The next request, of this call or of another, is for another address.
        if outcome.may_change() && inner.bases.addresses(tool.def.server) > 1 {
            leave(inner, tool.def.server, facts.address, "it fails");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let Some(pause) = resilience.pause(&outcome, attempt, repeatable, left) else {
            return ended.map_err(|failure| Box::new(failed(inner, tool, &failure, limit)));
        };
        attempt += 1;
        inner.metrics.retry();
        tokio::time::sleep(pause).await;
    }
}

/// Whether a request may change something: its method says so, or its description.
fn changes(tool: &Prepared, outgoing: &Outgoing) -> bool {
    !outgoing.method.is_safe() || !tool.def.hints.read_only
}

/// One attempt, if the breaker lets it through.
///
/// # Errors
/// For how long the API is still left alone.
async fn guarded(
    inner: &Inner,
    path: Option<&Path>,
    request: (usize, &Outgoing, Option<Instant>),
    deadline: Instant,
    watched: (&mut Steps<'_>, &mut Facts),
) -> Result<Result<Answered, Failure>, Duration> {
    let breaker = path.and_then(|path| path.breaker.as_ref());
    let pass = breaker.map(Breaker::pass).transpose()?;
    // What hangs until the deadline counts as a failure, which only who is still there can tell.
    let sent = pin!(sent(inner, request, deadline, watched));
    let ended = tokio::time::timeout_at(deadline.into(), sent).await;
    let ended = ended.unwrap_or(Err(Failure::Timeout(Stage::Total)));
    if let Some(pass) = pass {
        pass.ended(Outcome::of(&ended).is_failure());
    }
    Ok(ended)
}

/// The head of the answer. What changes something, until when it is waited for, makes what was read before old, of its path at
/// the first address.
async fn answered(
    inner: &Inner,
    outgoing: &Outgoing,
    (path, changes): (&str, Option<Instant>),
) -> Result<Response<Body>, Failure> {
    #[cfg(feature = "cache")]
    if let Some(deadline) = changes {
        // On the heap, as it is much more than a read.
        return Box::pin(written(inner, outgoing, (path, deadline))).await;
    }
    #[cfg(not(feature = "cache"))]
    let _ = (path, changes);
    inner.upstream.send(outgoing).await
}

/// The same of a request that changes something.
#[cfg(feature = "cache")]
async fn written(
    inner: &Inner,
    outgoing: &Outgoing,
    (path, deadline): (&str, Instant),
) -> Result<Response<Body>, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    let writing = inner.cache.writing(path, left).await;
    let ended = inner.upstream.send(outgoing).await;
    match &ended {
        Ok(response) => {
            let moved = response.extensions().get::<MovedTo>();
            writing.answered(moved.map(|to| to.0.as_str())).await;
        }
        Err(failure) if failure.is_before_request() => writing.unsent().await,
        // Whatever it does, it may do yet.
        Err(_) => drop(writing),
    }
    ended
}

/// The head of the answer of the first address of a server that takes the request. `address` becomes the one that did. A
/// request that changes something says until when it is waited for.
pub(super) async fn anywhere(
    inner: &Inner,
    (server, outgoing, changes): (usize, &Outgoing, Option<Instant>),
    address: &mut usize,
) -> Result<Response<Body>, Failure> {
    let mut untried = inner.bases.addresses(server);
    let writes = (outgoing.uri.path(), changes);
    loop {
        *address = inner.bases.current(server);
        untried -= 1;
        let moved = (*address > 0).then(|| inner.bases.moved(&outgoing.uri, server, *address));
        let ended = match moved.flatten() {
            Some(uri) => {
                let outgoing = Outgoing {
                    uri,
                    ..outgoing.clone()
                };
                Box::pin(answered(inner, &outgoing, writes)).await
            }
            None => answered(inner, outgoing, writes).await,
        };
        match ended {
            // Whoever breaks TLS must not choose where credentials go.
            Err(failure)
                if untried > 0
                    && failure.is_before_request()
                    && !matches!(failure, Failure::Tls(_)) =>
            {
                leave(inner, server, *address, failure.error_type().label());
            }
            ended => return ended,
        }
    }
}

async fn sent(
    inner: &Inner,
    (server, outgoing, changes): (usize, &Outgoing, Option<Instant>),
    deadline: Instant,
    (steps, facts): (&mut Steps<'_>, &mut Facts),
) -> Result<Answered, Failure> {
    steps.sent();
    let response = anywhere(inner, (server, outgoing, changes), &mut facts.address).await?;
    let status = response.status();
    facts.upstream_status = Some(status.as_u16());
    steps.answered(status.as_u16());
    let headers = response.headers().clone();
    let is_stream = is_stream(&headers);
    if is_stream {
        steps.stream(is_events(&headers));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let bounds = Bounds {
        most: inner.settings.max_response_bytes,
        silence: inner.upstream.read_timeout,
        // Before the call as a whole is given up.
        until: is_stream.then(|| Instant::now() + left.mul_f32(0.9)),
    };
    let received = read(response, bounds, |new, bytes, total| {
        steps.read(new, bytes, total);
    })
    .await?;
    Ok((status, headers, received))
}

/// Asks the next address of a server from now on.
fn leave(inner: &Inner, server: usize, address: usize, why: &str) {
    let origin = inner.bases.at(server, address);
    let origin = origin.map(|base| base.origin.to_string());
    tracing::warn!(
        origin,
        why,
        "an address of the API is left for the next one"
    );
    inner.metrics.failover();
    inner.bases.leave(server, address);
}

/// The origin that is asked for a server.
pub(super) fn asked(inner: &Inner, server: usize) -> String {
    let base = inner.bases.at(server, inner.bases.current(server));
    base.map_or_else(|| "the API".to_owned(), |base| base.origin.to_string())
}

fn busy(inner: &Inner, facts: &mut Facts) -> ToolResult {
    facts.denied = true;
    inner.metrics.limited("queue");
    let text = "The API is busy with other calls and too many wait already, so this one was not made. Try again in \
                some seconds.";
    ToolResult::failure(ErrorType::RateLimited, text)
}

fn alone(inner: &Inner, tool: &Prepared, facts: &mut Facts, wait: Duration) -> ToolResult {
    facts.denied = true;
    inner.metrics.limited("breaker");
    let origin = asked(inner, tool.def.server);
    let wait = Duration::from_secs(wait.as_secs() + 1);
    let text = format!(
        "No request was sent: {origin} has failed several times in a row and is left alone for now. Try again in {}.",
        seconds(wait)
    );
    ToolResult::failure(ErrorType::BreakerOpen, text)
}
