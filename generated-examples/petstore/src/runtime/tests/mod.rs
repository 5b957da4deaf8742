//! The server from outside: bytes in, bytes out, over pipes and sockets.

#[cfg(feature = "http")]
mod callers;
#[cfg(feature = "http")]
mod http;
#[cfg(unix)]
mod protocol;
#[cfg(all(unix, feature = "http"))]
mod questions;
pub(super) mod scratch;
#[cfg(feature = "http")]
mod sse;
#[cfg(unix)]
mod stdio;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use super::custom::{Call, Custom, CustomTool};
use super::engine::{Engine, EngineSettings, ErrorType, ToolResult};
use super::metrics::Metrics;
use super::server::Server;
use super::settings::Settings;
use super::tool::ServerDef;

const DEF: ServerDef = ServerDef {
    name: "orders",
    title: "Orders",
    version: "1.2.0",
    instructions: "Tools for orders.",
    servers: &[],
    schemes: &[],
    groups: &[],
    defs: "{}",
    prompts: &[],
    document: None,
};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with the tools of [`TestTools`].
struct Fixture {
    server: Arc<Server>,
    #[cfg(feature = "http")]
    metrics: Arc<Metrics>,
    /// What happens inside the tools.
    events: mpsc::Receiver<&'static str>,
    /// Lets one call of `hold` go on.
    release: Arc<tokio::sync::Semaphore>,
}

impl Fixture {
    fn new() -> Self {
        Self::with(|_| ())
    }

    /// One whose settings are changed.
    fn with(change: impl FnOnce(&mut EngineSettings)) -> Self {
        let metrics = Arc::new(Metrics::default());
        let no_file = |_: &str| Err(std::io::Error::other("there is none"));
        let settings = Settings::read(&DEF, Vec::new(), &|_| None, &no_file);
        let mut settings = settings.expect("no options are in order").engine;
        change(&mut settings);
        let (sender, events) = mpsc::channel();
        let release = Arc::new(tokio::sync::Semaphore::new(0));
        let custom = Arc::new(TestTools {
            events: sender,
            release: Arc::clone(&release),
        });
        let engine = Engine::new(DEF, custom, settings, &|_| None, Arc::clone(&metrics));
        Self {
            server: Server::new(engine.expect("nothing is missing")),
            #[cfg(feature = "http")]
            metrics,
            events,
            release,
        }
    }

    /// Waits for the next thing to happen inside a tool.
    fn event(&self) -> &'static str {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }
}

/// `echo` says what it got, `fail` fails, `slow` reports progress three times, `hold` waits to be released.
struct TestTools {
    events: mpsc::Sender<&'static str>,
    release: Arc<tokio::sync::Semaphore>,
}

impl Custom for TestTools {
    fn tools(&self) -> Vec<CustomTool> {
        let (events, release) = (self.events.clone(), Arc::clone(&self.release));
        let any = json!({"type": "object"});
        vec![
            CustomTool::new("echo", |call, _| async move { echo(&call) }).input(any),
            CustomTool::new("fail", |_, _| async {
                ToolResult::failure(ErrorType::Upstream5xx, "upstream answered 503")
            }),
            CustomTool::new("slow", |call, _| slow(call)),
            CustomTool::new("hold", move |_, _| {
                hold(events.clone(), Arc::clone(&release))
            }),
        ]
    }
}

fn echo(call: &Call) -> ToolResult {
    ToolResult::json(&json!({
        "arguments": call.arguments(),
        "tenant": call.client_header("x-tenant"),
    }))
}

async fn slow(call: Call) -> ToolResult {
    // The second report does not grow and must not be sent.
    for progress in [1.0, 1.0, 2.0, 3.0] {
        if let Some(report) = &call.context.progress {
            (report.0)(progress, Some(3.0), format!("step {progress}"));
        }
        tokio::task::yield_now().await;
    }
    ToolResult::text("done")
}

async fn hold(
    events: mpsc::Sender<&'static str>,
    release: Arc<tokio::sync::Semaphore>,
) -> ToolResult {
    struct Ended(mpsc::Sender<&'static str>);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.send("ended");
        }
    }
    let ended = Ended(events);
    let _ = ended.0.send("started");
    release.acquire().await.expect("never closed").forget();
    ToolResult::text("released")
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// The client's half of the metadata of MCP 2026-07-28.
fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn request(id: i64, method: &str, params: Value) -> Value {
    match params {
        Value::Null => json!({"jsonrpc": "2.0", "id": id, "method": method}),
        params => json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
    }
}

fn initialize(id: i64, version: &str) -> Value {
    let client = json!({"name": "test", "version": "0"});
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
    request(id, "initialize", params)
}
