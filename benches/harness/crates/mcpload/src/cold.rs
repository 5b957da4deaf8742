//! Cold start: from spawn to the reply to `initialize`, then to the whole of `tools/list`.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use hyper::Uri;
use serde_json::{Value, json};
use tokio::{process::Child, time::sleep};

use crate::{
    Outcome,
    caller::Caller,
    options::Options,
    process::{self, Usage},
    protocol, sentence,
    stdio::Pipe,
};

/// A server that has answered `initialize`.
enum Started {
    Http(Caller, Child),
    Stdio(Pipe),
}

impl Started {
    fn child(&mut self) -> &mut Child {
        match self {
            Self::Http(_, child) => child,
            Self::Stdio(pipe) => &mut pipe.child,
        }
    }
}

/// All pages of `tools/list`.
#[derive(Default)]
struct Listing {
    tools: Vec<Value>,
    bytes: usize,
    pages: usize,
}

/// Starts the server, lists its tools, ends it.
pub(crate) async fn start(options: &Options) -> Outcome<Value> {
    let limit = Duration::from_secs_f64(options.number("--timeout", 60.0));
    let spawned_at = Instant::now();
    let mut server = if let Some(url) = options.get("--http") {
        started_http(options, &url.parse().map_err(sentence)?, limit).await?
    } else {
        let mut pipe = Pipe::spawn(options)?;
        pipe.handshake(limit).await?;
        Started::Stdio(pipe)
    };
    let initialized_at = spawned_at.elapsed();
    let listing = listing(&mut server, limit).await?;
    let listed_at = spawned_at.elapsed(); // as a client sees it: with its own parse of the list
    // Before the child's stdin is closed: a server that has seen its end is gone in a moment.
    let usage = Usage::of(server.child().id().unwrap_or(0));
    let _ = server.child().kill().await;
    if let Some(file) = options.get("--dump") {
        fs::write(file, serde_json::to_vec(&listing.tools).map_err(sentence)?).map_err(sentence)?;
    }
    Ok(json!({
        "init_ms": initialized_at.as_secs_f64() * 1e3, "list_ms": listed_at.as_secs_f64() * 1e3,
        "cpu_ms": usage.cpu * 1e3, "rss_kib": usage.resident_kib, "peak_kib": usage.peak_kib,
        "tools": listing.tools.len(), "pages": listing.pages, "list_bytes": listing.bytes,
        "list_bytes_without_output": listing.bytes - output_schema_bytes(&listing.tools),
    }))
}

async fn started_http(options: &Options, uri: &Uri, limit: Duration) -> Outcome<Started> {
    let began = Instant::now();
    let mut child = process::spawn(options, Stdio::null)?;
    loop {
        if let Ok(caller) = Caller::streamable(uri, protocol::LEGACY, None).await {
            return Ok(Started::Http(caller, child));
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("the server exited: {status}"));
        }
        if began.elapsed() > limit {
            return Err(format!("no reply to initialize in {limit:?}"));
        }
        sleep(Duration::from_millis(1)).await;
    }
}

async fn listing(server: &mut Started, limit: Duration) -> Outcome<Listing> {
    let mut listing = Listing::default();
    let mut cursor = Value::Null;
    loop {
        let request = protocol::tools_list(&cursor);
        let (reply, bytes) = match server {
            Started::Http(caller, _) => {
                let body = caller.ask(request.to_string().into()).await?;
                (protocol::reply(&body)?, body.len())
            }
            Started::Stdio(pipe) => {
                pipe.request(&request, limit).await?;
                (protocol::reply(&pipe.line)?, pipe.line.len())
            }
        };
        let tools = reply["result"]["tools"]
            .as_array()
            .ok_or_else(|| format!("tools/list: {reply}"))?;
        listing.tools.extend(tools.iter().cloned());
        listing.bytes += bytes;
        listing.pages += 1;
        cursor = reply["result"]["nextCursor"].clone();
        if cursor.is_null() {
            return Ok(listing);
        }
    }
}

/// What `"outputSchema":…,` takes of a compact listing.
fn output_schema_bytes(tools: &[Value]) -> usize {
    let schemas = tools.iter().filter_map(|tool| tool.get("outputSchema"));
    schemas
        .map(|schema| schema.to_string().len() + r#""outputSchema":,"#.len())
        .sum()
}
