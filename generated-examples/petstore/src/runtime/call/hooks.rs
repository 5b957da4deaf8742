//! The owner's code at work: hooks and tools of `src/custom.rs` have a limited time, and when they panic or wait too long
//! it is the call that fails. Code that blocks its thread cannot be interrupted, and holds up what else runs there: once it was
//! seen to do so, it runs on threads of its own.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::super::catalog::Prepared;
use super::super::custom::{Call, Handler, ListChanges, ToolList};
use super::super::engine::{ErrorType, Inner, Structured, ToolResult};
use super::super::handle::Api;
use super::super::response::stand_in;
use super::seconds;

/// For how long code of the owner's may hold its thread before it gets others.
const HELD: Duration = Duration::from_millis(200);

/// How hooks are kept in bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookSettings {
    /// `--hook-timeout`: the longest time of one hook.
    pub timeout: Duration,
    /// `--hook-failure`: what becomes of a call whose hook fails.
    pub failure: HookFailure,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            failure: HookFailure::Closed,
        }
    }
}

/// What becomes of a call whose hook panics or takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum HookFailure {
    /// It fails: no request is sent, or its result is withheld.
    Closed,
    /// It goes on as if there were no such hook.
    Open,
}

/// How the owner's code failed.
enum Broken {
    Late(Duration),
    Panicked,
}

impl Broken {
    fn text(&self) -> String {
        match self {
            Self::Late(limit) => format!("did not end within {}", seconds(*limit)),
            Self::Panicked => "broke off".to_owned(),
        }
    }
}

/// Runs `before`, which may change the call.
///
/// # Errors
/// It refuses, or it failed and that is not passed over.
pub(super) async fn before(
    inner: &Inner,
    call: &mut Call,
    denied: &mut bool,
) -> Result<(), ToolResult> {
    let settings = inner.settings.hooks;
    // What a hook has changed before it failed is nobody's wish.
    let untouched = (settings.failure == HookFailure::Open).then(|| call.clone());
    let outcome = if inner.custom_blocks.load(Ordering::Relaxed) {
        let (custom, mut moved) = (Arc::clone(&inner.custom), call.clone());
        let hook = async move {
            let outcome = custom.before(&mut moved).await;
            (outcome, moved)
        };
        aside(settings.timeout, hook).await.map(|(outcome, moved)| {
            *call = moved;
            outcome
        })
    } else {
        bounded(inner, settings.timeout, inner.custom.before(call)).await
    };
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(refusal)) => {
            *denied = true;
            Err(refusal.into())
        }
        Err(broken) => {
            told(inner, "before", call.tool(), &broken);
            let Some(untouched) = untouched else {
                return Err(ToolResult::failure(
                    ErrorType::Internal,
                    format!(
                        "`{}` was not called: a check of this server {}. That is for its operator to mend.",
                        call.tool(),
                        broken.text()
                    ),
                ));
            };
            *call = untouched;
            Ok(())
        }
    }
}

/// Runs `on_list`; gives what it changes.
///
/// # Errors
/// It failed and that is not passed over: a sentence without its end.
pub(in super::super) async fn listing(
    inner: &Inner,
    mut list: ToolList<'_>,
) -> Result<ListChanges, String> {
    let settings = inner.settings.hooks;
    let outcome = bounded(inner, settings.timeout, inner.custom.on_list(&mut list)).await;
    match outcome {
        Ok(()) => Ok(list.changes),
        Err(broken) => {
            told(inner, "on_list", "", &broken);
            match settings.failure {
                HookFailure::Open => Ok(ListChanges::default()),
                HookFailure::Closed => Err(broken.text()),
            }
        }
    }
}

/// Runs `after` or `on_error`, which may change the result.
pub(super) async fn ended(inner: &Inner, call: &Call, mut result: ToolResult) -> ToolResult {
    let settings = inner.settings.hooks;
    let untouched = (settings.failure == HookFailure::Open).then(|| result.clone());
    let error = result.error;
    let name = if error.is_some() { "on_error" } else { "after" };
    let outcome = if inner.custom_blocks.load(Ordering::Relaxed) {
        let (custom, call, mut moved) = (Arc::clone(&inner.custom), call.clone(), result.clone());
        let hook = async move {
            match error {
                Some(_) => custom.on_error(&call, &mut moved).await,
                None => custom.after(&call, &mut moved).await,
            }
            moved
        };
        let outcome = aside(settings.timeout, hook).await;
        outcome.map(|moved| result = moved)
    } else {
        let hook = match error {
            Some(_) => inner.custom.on_error(call, &mut result),
            None => inner.custom.after(call, &mut result),
        };
        bounded(inner, settings.timeout, hook).await
    };
    let Err(broken) = outcome else {
        return result;
    };
    let done = match error {
        None => {
            "The API has answered, and what was asked for may be done: look before you repeat it. "
        }
        Some(
            ErrorType::Timeout
            | ErrorType::Connect
            | ErrorType::Upstream5xx
            | ErrorType::TooLarge
            | ErrorType::Internal,
        ) => {
            "The call failed, and what it has done by now is not known: look before you repeat it. "
        }
        Some(_) => "The call failed. ",
    };
    told(inner, name, call.tool(), &broken);
    untouched.unwrap_or_else(|| {
        ToolResult::failure(
            ErrorType::Internal,
            format!(
                "The result of `{}` is withheld: a check of this server {}. {done}That is for its operator to mend.",
                call.tool(),
                broken.text()
            ),
        )
    })
}

/// Runs a tool of the owner's.
pub(super) async fn handled(
    inner: &Inner,
    handler: &Handler,
    call: &Call,
    api: Api,
    limit: Duration,
) -> ToolResult {
    let outcome = if inner.custom_blocks.load(Ordering::Relaxed) {
        let (handler, call) = (Arc::clone(handler), call.clone());
        aside(limit, async move { handler(call, api).await }).await
    } else {
        let running = async { handler(call.clone(), api).await };
        bounded(inner, limit, running).await
    };
    match outcome {
        Ok(result) => result,
        Err(broken) => {
            told(inner, "tool", call.tool(), &broken);
            let kind = match broken {
                Broken::Late(_) => ErrorType::Timeout,
                Broken::Panicked => ErrorType::Internal,
            };
            let text = format!(
                "`{}` {}. What it has done by now is not known: look before you repeat it.",
                call.tool(),
                broken.text()
            );
            ToolResult::failure(kind, text)
        }
    }
}

/// Runs code here.
async fn bounded<T>(
    inner: &Inner,
    limit: Duration,
    code: impl Future<Output = T>,
) -> Result<T, Broken> {
    // Whatever a panic leaves half done is thrown away by who called.
    let mut caught = pin!(AssertUnwindSafe(code).catch_unwind());
    let watched = poll_fn(|context| {
        let polled = Instant::now();
        let state = caught.as_mut().poll(context);
        let held = polled.elapsed();
        // To tell of a panic takes its time.
        let panicked = matches!(state, Poll::Ready(Err(_)));
        if held >= HELD && !panicked && !inner.custom_blocks.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "mcp::custom",
                "code of src/custom.rs held its thread for {}, and with it all that runs there; from now on it has threads of \
                 its own, as `tokio::task::spawn_blocking` gives",
                seconds(held)
            );
        }
        state
    });
    match tokio::time::timeout(limit, watched).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Broken::Panicked),
        Err(_) => Err(Broken::Late(limit)),
    }
}

/// Runs code on a thread of its own.
async fn aside<T: Send + 'static>(
    limit: Duration,
    code: impl Future<Output = T> + Send + 'static,
) -> Result<T, Broken> {
    let runtime = Handle::current();
    // What waits there ends with the call; what blocks cannot be ended.
    let over = CancellationToken::new();
    let _ends = over.clone().drop_guard();
    let running =
        spawn_blocking(move || runtime.block_on(async { over.run_until_cancelled(code).await }));
    match tokio::time::timeout(limit, running).await {
        Ok(Ok(Some(value))) => Ok(value),
        Ok(Err(_)) => Err(Broken::Panicked),
        Ok(Ok(None)) | Err(_) => Err(Broken::Late(limit)),
    }
}

/// Gives a result that the owner's code has made or changed what clients insist on: structured content that fits the tool's
/// output schema. `before` is where it was before that.
pub(super) fn fitted(tool: &Prepared, mut result: ToolResult, before: Option<usize>) -> ToolResult {
    let Some(output) = tool.output.as_ref().filter(|_| result.error.is_none()) else {
        return result;
    };
    let fits = |structured: &Structured| {
        Some(place(structured)) == before || output.accepts(structured.json())
    };
    if !result.structured.as_ref().is_some_and(fits) {
        result.structured = stand_in(output);
    }
    result
}

/// Where structured content lies: what is still there is what it was.
pub(super) fn place(structured: &Structured) -> usize {
    structured.json().as_ptr().addr()
}

fn told(inner: &Inner, hook: &'static str, tool: &str, broken: &Broken) {
    inner.metrics.hook_failure(hook);
    tracing::error!(target: "mcp::custom", hook, tool, "code of src/custom.rs {}", broken.text());
}
