//! The load over HTTP: N clients, each with one call open at any time.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Uri;
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{Outcome, caller::Caller, meter::Meter, options::Options, protocol, sentence};

fn url(options: &Options) -> Outcome<Uri> {
    options.text("--url", "").parse().map_err(sentence)
}

fn clients(options: &Options) -> usize {
    options.number("-c", 1)
}

/// The upstream itself, without a server between.
pub(crate) async fn rest(options: &Options) -> Outcome<Value> {
    let uri = url(options)?;
    let method = options.text("--method", "GET");
    let mut callers = Vec::new();
    for _ in 0..clients(options) {
        callers.push(Caller::rest(&uri, &method).await?);
    }
    let body = Bytes::from(options.text("--body", ""));
    Ok(drive(options, callers, move |_, _| body.clone()).await)
}

/// `tools/call` over streamable HTTP.
pub(crate) async fn streamable_http(options: &Options) -> Outcome<Value> {
    let uri = url(options)?;
    let version = options.text("--proto", protocol::LEGACY);
    let mut callers: Vec<Caller> = Vec::new();
    for _ in 0..clients(options) {
        let mut caller = match callers.first() {
            _ if version == protocol::MODERN => {
                Caller::modern(&uri, &options.text("--tool", "")).await?
            }
            Some(first) if options.has("--shared-session") => {
                Caller::in_the_session_of(first, &uri).await?
            }
            _ => Caller::streamable(&uri, &version, options.get("--key")).await?,
        };
        if options.has("--get-stream") {
            caller.listen(&uri).await?;
        }
        callers.push(caller);
    }
    calls(options, callers, &version).await
}

/// `tools/call` over HTTP+SSE, a stream a client.
pub(crate) async fn http_sse(options: &Options) -> Outcome<Value> {
    let uri = url(options)?;
    let mut callers = Vec::new();
    for _ in 0..clients(options) {
        callers.push(Caller::http_sse(&uri).await?);
    }
    calls(options, callers, protocol::LEGACY).await
}

async fn calls(options: &Options, callers: Vec<Caller>, version: &str) -> Outcome<Value> {
    let params: Vec<String> = (0..callers.len())
        .map(|client| protocol::call_params(options, version, client))
        .collect::<Outcome<_>>()?;
    Ok(drive(options, callers, move |client, id| {
        protocol::call(id, &params[client]).into()
    })
    .await)
}

async fn drive(
    options: &Options,
    callers: Vec<Caller>,
    message: impl Fn(usize, u64) -> Bytes + Clone + 'static,
) -> Value {
    let meter = Meter::start(options, options.number("--pid", 0));
    let mut running = JoinSet::new();
    for (client, mut caller) in callers.into_iter().enumerate() {
        let (meter, message) = (meter.clone(), message.clone());
        running.spawn_local(async move {
            let mut id = client as u64 * 100_000_000;
            while meter.borrow_mut().goes_on() {
                id += 1;
                let body = message(client, id);
                let sent_at = Instant::now();
                match caller.ask(body).await {
                    Ok(reply) => meter.borrow_mut().answered(sent_at, &reply),
                    Err(error) => {
                        meter.borrow_mut().failed(error);
                        sleep(Duration::from_millis(20)).await; // a dead server should not spin us
                    }
                }
            }
            caller
        });
    }
    let mut callers = Vec::new();
    while let Some(done) = running.join_next().await {
        callers.extend(done);
    }
    let report = meter.borrow_mut().report();
    for caller in callers {
        caller.close().await;
    }
    report
}
