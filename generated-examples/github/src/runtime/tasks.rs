//! The Tasks extension of MCP 2026-07-28 (SEP-2663): for a client that has it, a call whose work goes on becomes a task,
//! and its handle the task's id.
//!
//! `tasks/get` is a call of `check_operation` that does not wait, `tasks/cancel` one of `cancel_operation`: who may make
//! them, what is counted and what the result shows is decided there.

use chrono::{DateTime, SecondsFormat, Utc};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, CreateTaskResult, DetailedTask, GetTaskResult, TASKS_EXTENSION_ID, Task,
    TaskPayload, TaskStatus,
};
use serde_json::{Map, Value, json};

use super::engine::{Engine, ToolResult};
use super::identity::Identity;
use super::operations::{Doing, ENDED, Missing, OPERATION};
use super::wire::CLIENT_CAPABILITIES;

/// How often a client is to look, where the API does not say it, in milliseconds.
const POLL_INTERVAL_MS: f64 = 1000.0;

/// Whether a request says that its client has tasks.
pub(super) fn takes_tasks(meta: &Map<String, Value>) -> bool {
    let extensions = (meta.get(CLIENT_CAPABILITIES)).and_then(|all| all.get("extensions"));
    extensions.is_some_and(|all| all.get(TASKS_EXTENSION_ID).is_some())
}

/// The task that a call has become; `None` where its result is all.
pub(super) async fn begun(
    engine: &Engine,
    tool: &str,
    result: &ToolResult,
    identity: Option<&Identity>,
) -> Option<CreateTaskResult> {
    let about = result.meta.get(OPERATION)?;
    // Who checks by calling a tool wants to read the answer.
    (about.get("tool")?.as_str() == Some(tool)).then_some(())?;
    let id = about.get("handle")?.as_str()?;
    let task = task(engine, id, about, identity).await.ok()?;
    Some(CreateTaskResult::new(task))
}

/// What is told of a task that goes on.
async fn task(
    engine: &Engine,
    id: &str,
    about: &Value,
    identity: Option<&Identity>,
) -> Result<Task, Missing> {
    let (since, lifetime) = engine.operation(id, identity).await?;
    let now = Utc::now();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let age = (now - since).to_std().unwrap_or_default();
    let again = about.get("retryAfterSeconds").and_then(Value::as_f64);
    let again = again.map_or(POLL_INTERVAL_MS, |seconds| seconds * 1000.0);
    let mut task = Task::new(id, TaskStatus::Working, time(since), time(now))
        .with_ttl_ms(milliseconds((age + lifetime).as_secs_f64() * 1000.0))
        .with_poll_interval_ms(milliseconds(again));
    let percent = about.get("percentComplete").and_then(Value::as_f64);
    let word = about.get("status").and_then(Value::as_str);
    let said: Vec<String> = (word.map(str::to_owned).into_iter())
        .chain(percent.map(|percent| format!("{percent} % done")))
        .collect();
    if !said.is_empty() {
        task = task.with_status_message(said.join(", "));
    }
    Ok(task)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a span is never negative, and one beyond what fits is as good as the longest"
)]
fn milliseconds(span: f64) -> u64 {
    span as u64
}

/// What `check_operation` is called with for a task.
pub(super) fn look(id: &str) -> Map<String, Value> {
    Map::from_iter([
        ("handle".to_owned(), id.into()),
        ("wait".to_owned(), json!(0)),
    ])
}

/// What `cancel_operation` is called with for it.
pub(super) fn stop(id: &str) -> Map<String, Value> {
    Map::from_iter([("handle".to_owned(), id.into())])
}

/// The name of the tool that does this for a caller.
///
/// # Errors
/// The caller has none.
pub(super) fn tool(
    engine: &Engine,
    doing: Doing,
    identity: Option<&Identity>,
) -> Result<String, ErrorData> {
    let name = engine.tool_doing(doing, identity).map(str::to_owned);
    name.ok_or_else(|| match doing {
        Doing::Check => unknown(),
        Doing::Cancel => ErrorData::invalid_params("tasks cannot be cancelled here", None),
    })
}

/// There is no such task, or it is somebody else's.
pub(super) fn unknown() -> ErrorData {
    ErrorData::invalid_params("there is no such task for this caller", None)
}

/// Why there is none.
pub(super) fn missing(why: Missing) -> ErrorData {
    match why {
        Missing::Unknown => unknown(),
        Missing::Tool(tool) => {
            let text =
                format!("`{tool}` began this task, and this server has no such tool any more");
            ErrorData::invalid_params(text, None)
        }
        Missing::Unanswered => {
            let text = "another replica may know this task, and what they share does not answer: try again in some seconds";
            ErrorData::internal_error(text, None)
        }
    }
}

/// What `tasks/get` answers, by what `check_operation` has found.
///
/// # Errors
/// It has found nothing out.
pub(super) async fn got(
    engine: &Engine,
    id: &str,
    identity: Option<&Identity>,
    checked: ToolResult,
    shown: impl FnOnce(ToolResult) -> CallToolResult,
) -> Result<GetTaskResult, ErrorData> {
    let about = checked.meta.get(OPERATION).cloned().unwrap_or_default();
    let ended = about.get(ENDED).and_then(Value::as_str);
    if ended.is_none() && about.get("handle").is_none() {
        return Err(ErrorData::internal_error(checked.as_text(), None));
    }
    let task = task(engine, id, &about, identity).await.map_err(missing)?;
    let payload = match ended {
        None => TaskPayload::Working,
        Some("cancelled") => TaskPayload::Cancelled,
        Some(_) => match serde_json::to_value(shown(checked)) {
            Ok(Value::Object(result)) => TaskPayload::Completed { result },
            _ => {
                return Err(ErrorData::internal_error(
                    "the result cannot be written",
                    None,
                ));
            }
        },
    };
    Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
}
