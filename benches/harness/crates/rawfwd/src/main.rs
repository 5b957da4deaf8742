//! The reference: `tools/call` forwarded by axum and reqwest with no MCP SDK, stateless, with JSON replies.
//!
//! ```text
//! rawfwd --tools TOOLS.json --base URL (--stdio | --port N) [--lean]
//! ```
//!
//! `--lean` shows what is left to gain: a one-thread runtime, hyper-util's client in place of reqwest's, and stdio on
//! plain blocking threads in place of tokio's.

use std::{borrow::Cow, error::Error, io, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use rawfwd::{Forwarder, option, switch};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::mpsc,
};

struct Server {
    forwarder: Forwarder,
    tools_list: Box<RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

#[derive(Serialize)]
struct Reply<'a, T: Serialize> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    result: T,
}

#[derive(Serialize)]
struct Content<'a> {
    r#type: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallResult<'a> {
    content: [Content<'a>; 1],
    is_error: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedTool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Map<String, Value>,
}

fn result<T: Serialize>(id: &RawValue, result: T) -> Vec<u8> {
    serde_json::to_vec(&Reply {
        jsonrpc: "2.0",
        id,
        result,
    })
    .expect("our own types are JSON")
}

fn error(id: Option<&RawValue>, code: i32, message: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
        .to_string()
        .into_bytes()
}

impl Server {
    fn new(forwarder: Forwarder) -> Result<Self, serde_json::Error> {
        let listed = forwarder.tools.iter().map(|tool| ListedTool {
            name: &tool.name,
            description: &tool.description,
            input_schema: &tool.input_schema,
        });
        let tools_list =
            serde_json::value::to_raw_value(&json!({ "tools": listed.collect::<Vec<_>>() }))?;
        Ok(Self {
            forwarder,
            tools_list,
        })
    }

    /// One JSON-RPC message in, at most one out.
    async fn handle(&self, text: &[u8]) -> Option<Vec<u8>> {
        let message: Message = match serde_json::from_slice(text) {
            Ok(message) => message,
            Err(cause) => return Some(error(None, -32700, &cause.to_string())),
        };
        let id = message.id?;
        Some(match &*message.method {
            "tools/call" => self.call(id, message.params).await,
            "tools/list" => result(id, &self.tools_list),
            "initialize" => {
                let params: Value = message
                    .params
                    .and_then(|p| serde_json::from_str(p.get()).ok())
                    .unwrap_or_default();
                let info = json!({"name": "rawfwd", "version": env!("CARGO_PKG_VERSION")});
                let version = &params["protocolVersion"];
                result(
                    id,
                    json!({"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}),
                )
            }
            "ping" => result(id, json!({})),
            method => error(Some(id), -32601, &format!("no method {method}")),
        })
    }

    async fn call(&self, id: &RawValue, params: Option<&RawValue>) -> Vec<u8> {
        let Some(Ok(call)) = params.map(|params| serde_json::from_str::<Call>(params.get())) else {
            return error(Some(id), -32602, "bad params");
        };
        match self.forwarder.call(&call.name, &call.arguments).await {
            Ok(answer) => {
                let content = [Content {
                    r#type: "text",
                    text: &answer.text,
                }];
                result(
                    id,
                    CallResult {
                        content,
                        is_error: answer.is_error,
                    },
                )
            }
            Err(message) => error(Some(id), -32602, &message),
        }
    }
}

async fn mcp(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    match server.handle(&body).await {
        Some(reply) => ([(CONTENT_TYPE, "application/json")], reply).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut runtime = if switch("--lean") {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    runtime.enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let server = Arc::new(Server::new(Forwarder::from_command_line()?)?);
    if let Some(port) = option("--port") {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        axum::serve(
            listener,
            Router::new().route("/mcp", post(mcp)).with_state(server),
        )
        .await?;
    } else if switch("--lean") {
        blocking_stdio(server).await;
    } else {
        stdio(server).await?;
    }
    Ok(())
}

/// Every request in a task of its own; one writer, which flushes when it is idle.
async fn stdio(server: Arc<Server>) -> Result<(), Box<dyn Error>> {
    let (replies, mut to_write) = mpsc::unbounded_channel::<Vec<u8>>();
    let writer = tokio::spawn(async move {
        let mut stdout = tokio::io::stdout();
        while let Some(mut batch) = to_write.recv().await {
            batch.push(b'\n');
            while let Ok(next) = to_write.try_recv() {
                batch.extend_from_slice(&next);
                batch.push(b'\n');
            }
            if stdout.write_all(&batch).await.is_err() || stdout.flush().await.is_err() {
                break;
            }
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (server, replies) = (server.clone(), replies.clone());
        tokio::spawn(async move {
            if let Some(reply) = server.handle(line.as_bytes()).await {
                let _ = replies.send(reply);
            }
        });
    }
    drop(replies);
    Ok(writer.await?)
}

/// One reading thread, and the writes made where the reply is ready.
async fn blocking_stdio(server: Arc<Server>) {
    let (lines, mut to_answer) = mpsc::unbounded_channel::<Vec<u8>>();
    std::thread::spawn(move || {
        let mut stdin = io::BufReader::with_capacity(1 << 16, io::stdin());
        loop {
            let mut line = Vec::with_capacity(512);
            match io::BufRead::read_until(&mut stdin, b'\n', &mut line) {
                Ok(read) if read > 0 && lines.send(line).is_ok() => {}
                _ => break,
            }
        }
    });
    let mut calls = tokio::task::JoinSet::new();
    while let Some(line) = to_answer.recv().await {
        let server = server.clone();
        calls.spawn(async move {
            if let Some(mut reply) = server.handle(&line).await {
                reply.push(b'\n');
                let _ = io::Write::write_all(&mut io::stdout().lock(), &reply);
            }
        });
        while calls.try_join_next().is_some() {}
    }
    while calls.join_next().await.is_some() {}
}
