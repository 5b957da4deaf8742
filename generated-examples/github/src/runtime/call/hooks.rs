//! The owner's code at work: hooks and tools of `src/custom.rs` have a limited time, and when they panic or wait too long
//! it is the call that fails. Code that blocks its thread cannot be interrupted, and holds up what else runs there.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::super::custom::{Call, Handler, ListChanges, ToolList};
use super::super::engine::{ErrorType, Inner, ToolResult};
use super::super::handle::Api;
use super::seconds;

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
    let hook = async { inner.custom.before(call).await };
    match bounded(settings.timeout, hook).await {
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
    let hook = async { inner.custom.on_list(&mut list).await };
    match bounded(settings.timeout, hook).await {
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
    let (name, outcome) = if error.is_some() {
        let hook = async { inner.custom.on_error(call, &mut result).await };
        ("on_error", bounded(settings.timeout, hook).await)
    } else {
        let hook = async { inner.custom.after(call, &mut result).await };
        ("after", bounded(settings.timeout, hook).await)
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
    let running = async { handler(call.clone(), api).await };
    match bounded(limit, running).await {
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

async fn bounded<T>(limit: Duration, code: impl Future<Output = T>) -> Result<T, Broken> {
    // Whatever a panic leaves half done is thrown away by who called.
    let caught = AssertUnwindSafe(code).catch_unwind();
    match tokio::time::timeout(limit, caught).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Broken::Panicked),
        Err(_) => Err(Broken::Late(limit)),
    }
}

fn told(inner: &Inner, hook: &'static str, tool: &str, broken: &Broken) {
    inner.metrics.hook_failure(hook);
    tracing::error!(target: "mcp::custom", hook, tool, "code of src/custom.rs {}", broken.text());
}
