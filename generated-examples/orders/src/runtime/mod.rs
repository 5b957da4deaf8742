//! The MCP server itself: one text that powers `mcpgen serve` and every generated crate.
//!
//! It is formatted, linted and tested in mcpgen and copied from there byte for byte. It knows nothing of OpenAPI: the
//! facts about the API come as a [`tool::ServerDef`].
//!
//! ```text
//! stdio ─ session ┐
//! http ─ sse ─────┤─▶ wire ─▶ server ─▶ engine ─▶ the API
//!      └ mcp ─────┘─▶ rmcp ─▶ handler ─┘
//! ```

mod answer;
mod arguments;
mod audit;
mod base_url;
mod batches;
mod cache;
mod call;
mod catalog;
pub(crate) mod completion;
mod confirmation;
mod credentials;
pub mod custom;
pub mod engine;
mod events;
mod files;
mod handle;
mod handler;
mod healthcheck;
#[cfg(feature = "http")]
mod http;
pub mod identity;
mod jq;
pub mod limits;
pub mod logging;
pub mod metrics;
mod oauth;
mod operations;
mod output;
mod path;
mod pem;
mod plain;
pub mod policy;
mod prompts;
mod questions;
mod random;
mod redact;
mod references;
mod reload;
mod request;
pub mod resilience;
mod resources;
mod response;
mod schema;
pub mod selector;
mod server;
mod session;
pub mod settings;
pub mod state;
mod stdio;
mod steps;
mod structured;
mod tasks;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod tokens;
pub mod tool;
mod upstream;
mod wire;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use custom::Custom;
use engine::{Engine, StartError};
use metrics::Metrics;
use server::Server;
use settings::{Options, Settings, Stop, Transport};
use tool::ServerDef;

/// Serves the tools with the options of this process's command line and environment.
pub fn main(def: ServerDef, custom: impl Custom) -> ExitCode {
    run(def, custom, &std::env::args_os().collect::<Vec<_>>())
}

/// Works on a jq program, if this process was started for that by a server, and gives its exit code. A program that does
/// more than [`main`] or [`run`] asks this before anything else.
#[must_use]
pub fn worker() -> Option<ExitCode> {
    jq::worker()
}

/// The same as [`main`] with another command line; `args[0]` is the name of the program.
pub fn run(def: ServerDef, custom: impl Custom, args: &[OsString]) -> ExitCode {
    if let Some(code) = worker() {
        return code;
    }
    #[cfg(feature = "http")]
    if args.get(1).is_some_and(|first| first == "keys") {
        return identity::keys::command(&args[1..]);
    }
    let env = |name: &str| std::env::var(name).ok();
    if let Some(code) = credentials::login(&def, args, &env, &say) {
        return code;
    }
    let file = |path: &str| std::fs::read_to_string(path);
    let settings = match Settings::read(&def, args.to_vec(), &env, &file) {
        Ok(settings) => settings,
        Err(Stop::Usage(error)) => {
            // Help goes to standard output and a mistake to standard error; either may be closed.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
        Err(Stop::Start(error)) => return failure(&error.0),
    };
    let options = &settings.options;
    if options.print_config {
        let written = std::io::stdout().write_all(settings.toml.as_bytes());
        return written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    if options.healthcheck {
        let asked = match &options.admin_listen {
            Some(admin) => healthcheck::ask(admin, false),
            None => healthcheck::ask(&options.listen, options.uses_tls()),
        };
        return asked.map_or_else(|error| failure(&error), |()| ExitCode::SUCCESS);
    }
    let again = || Settings::read(&def, args.to_vec(), &env, &file).map_err(Stop::into_line);
    match serve(def, custom, &settings, &env, again) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error.0),
    }
}

fn failure(message: &str) -> ExitCode {
    say(&format!("error: {message}"));
    ExitCode::FAILURE
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn serve(
    def: ServerDef,
    custom: impl Custom,
    settings: &Settings,
    env: &dyn Fn(&str) -> Option<String>,
    again: impl Fn() -> Result<Settings, String>,
) -> Result<(), StartError> {
    let _logging = logging::start(&settings.options.log)?;
    let metrics = Arc::new(Metrics::default());
    let runtime = runtime(settings.options.worker_threads)?;
    let auditing = match &settings.options.limits.audit_log {
        Some(target) => Some(audit::Auditing::start(target, &metrics)?),
        None => None,
    };
    let engine = Engine::new(
        def,
        Arc::new(custom),
        settings.engine.clone(),
        env,
        Arc::clone(&metrics),
    )?;
    if let Some(auditing) = &auditing {
        engine.audit(auditing.log());
    }
    for warning in engine.warnings() {
        tracing::warn!("{warning}");
    }
    if settings.options.transport == Transport::Stdio && engine.is_empty_for_strangers() {
        tracing::warn!(
            "no tool is listed: the policies allow none to callers without an identity, and over stdio nobody has one; \
             allow some in `[access.anonymous]`, or serve over HTTP and ask callers who they are"
        );
    }
    let server = Server::new(engine.clone());
    let result = runtime.block_on(async {
        #[cfg(feature = "redis")]
        engine.state().start().await;
        let serving = async {
            match settings.options.transport {
                Transport::Stdio => serve_stdio(server).await,
                Transport::Http => serve_http(server, metrics, &settings.options).await,
            }
        };
        tokio::select! {
            result = serving => result,
            () = reload::policies(&engine, settings, again) => Ok(()),
        }
    });
    // A name that is being looked up blocks a thread that nobody needs to wait for.
    runtime.shutdown_background();
    result
}

/// One thread for each core. On one or two cores, a single thread that never hands work over is faster.
fn runtime(worker_threads: Option<usize>) -> Result<Runtime, StartError> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = worker_threads.unwrap_or_else(|| match cores() {
        1 | 2 => 1,
        more => more,
    });
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder
        .enable_all()
        .build()
        .map_err(|error| StartError(format!("the threads cannot be started: {error}")))
}

async fn serve_stdio(server: Arc<Server>) -> Result<(), StartError> {
    if std::io::stdin().is_terminal() {
        hint(server.def());
    }
    let stop = CancellationToken::new();
    let stopped = async {
        signal().await;
        stop.cancel();
        // Whoever asks twice does not want to wait.
        signal().await;
    };
    let serving = stdio::serve(server, stdio::input(), stdio::output(), stop.clone());
    tokio::select! {
        outcome = serving => outcome.map_err(StartError),
        () = stopped => Ok(()),
    }
}

/// Tells a person at a terminal what this program waits for.
fn hint(def: &ServerDef) {
    let text = format!(
        "{} speaks MCP on standard input and output, and waits for a client to do so.\n\
         To serve over HTTP instead, start it with `--transport http`; `--help` shows all options.\n\
         To try it here, paste: {{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}}\n",
        def.title
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(feature = "http")]
async fn serve_http(
    server: Arc<Server>,
    metrics: Arc<Metrics>,
    options: &Options,
) -> Result<(), StartError> {
    let shutdown = http::Shutdown::default();
    let bound = http::bind(server, metrics, options, shutdown.clone()).await?;
    let [address, admin_address] = [bound.address(), bound.admin_address()]
        .map(|address| address.map(|address| address.to_string()));
    let scheme = if options.uses_tls() { "https" } else { "http" };
    tracing::info!(
        address,
        admin_address,
        scheme,
        prefix = options.path_prefix.0,
        "listening"
    );
    if !options.callers.ask_for_identity() && !options.callers.require_certificates() {
        warn_of_strangers(&options.listen);
    }
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping");
        shutdown.stop.cancel();
        // Whoever asks twice does not want to wait.
        signal().await;
        shutdown.now.cancel();
    });
    bound.serve().await;
    Ok(())
}

#[cfg(not(feature = "http"))]
#[expect(
    clippy::unused_async,
    reason = "the same signature as with the feature"
)]
async fn serve_http(_: Arc<Server>, _: Arc<Metrics>, _: &Options) -> Result<(), StartError> {
    let reason = "this program was built without HTTP; build it with `--features http`, or use `--transport stdio`";
    Err(StartError(reason.to_owned()))
}

/// Whoever can connect can use the tools, with the credentials that this process has.
#[cfg(feature = "http")]
fn warn_of_strangers(listen: &settings::Listen) {
    if !listen.is_loopback() {
        tracing::warn!(
            "this server listens on `{listen}` and does not ask who is calling: everybody who can connect can use \
             every tool with the credentials of this server; ask for API keys (`--api-keys-file`) or tokens \
             (`--jwt-issuer`), put a proxy that authenticates in front of it, or listen on 127.0.0.1"
        );
    }
}

/// Waits until the process is asked to end.
async fn signal() {
    let interrupted = async {
        // Without a handler the process ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
