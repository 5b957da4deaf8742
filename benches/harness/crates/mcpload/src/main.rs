//! Load generator for REST, MCP over streamable HTTP, over HTTP+SSE and over stdio, on one thread.
//!
//! It prints one JSON line a run and nothing else; what a run means (rounds, ratios, targets) is
//! the business of `benches/run`. It talks to the loopback interface only.
//!
//! ```text
//! mcpload rest  --url U -c N [--method M --body B] COMMON
//! mcpload http  --url U -c N --tool T --args JSON [--vary NAME] [--shared-session | --get-stream] [--proto P] [--key K] COMMON
//! mcpload sse   --url U -c N --tool T --args JSON COMMON
//! mcpload stdio --depth N   --tool T --args JSON [--log FILE] COMMON -- CMD ARG...
//! mcpload cold  [--http U] [--dump FILE] [--log FILE] [--timeout S] -- CMD ARG...
//!
//! COMMON: [--expect MARK] [--warmup S=0.5] [--secs S=3] [--pid P] [--upstream-pid P]
//! ```
//!
//! A call counts as an error unless its reply holds MARK and neither `isError: true` nor a JSON-RPC
//! error. A session is opened per connection, or none with `--proto 2026-07-28` (the stateless
//! protocol). `--get-stream` is for a server that answers 202 and replies on the session's GET stream. `--key` is the client's API key.
//! With `--vary` the argument of that name is the number of the client, so that no two calls at a time are the same.

mod caller;
mod cold;
mod connection;
mod load;
mod meter;
mod options;
mod process;
mod protocol;
mod stdio;

use options::Options;
use serde_json::{Value, json};

/// A result whose error is the sentence that the run prints.
type Outcome<T> = Result<T, String>;

/// Any error as its sentence.
fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn run(mode: &str, options: &Options) -> Outcome<Value> {
    match mode {
        "rest" => load::rest(options).await,
        "http" => load::streamable_http(options).await,
        "sse" => load::http_sse(options).await,
        "stdio" => stdio::load(options).await,
        "cold" => cold::start(options).await,
        _ => Err("mcpload rest|http|sse|stdio|cold (see the head of main.rs)".into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (mode, options) = Options::from_command_line();
    let local = tokio::task::LocalSet::new();
    match local.run_until(run(&mode, &options)).await {
        Ok(report) => println!("{report}"),
        Err(message) => {
            println!("{}", json!({ "failed": message }));
            std::process::exit(1);
        }
    }
}
