//! The load over stdio: one child, N calls open at any time.

use std::{collections::BTreeMap, process::Stdio, time::Duration, time::Instant};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::{Outcome, meter::Meter, options::Options, process, protocol, sentence};

/// A server on two pipes.
pub(crate) struct Pipe {
    pub(crate) child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// The last message read.
    pub(crate) line: Vec<u8>,
}

impl Pipe {
    pub(crate) fn spawn(options: &Options) -> Outcome<Self> {
        let mut child = process::spawn(options, Stdio::piped)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the child has no pipes".into());
        };
        Ok(Self {
            child,
            stdin,
            stdout: BufReader::with_capacity(1 << 20, stdout),
            line: Vec::new(),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    async fn write(&mut self, text: &str) -> Outcome<()> {
        self.stdin
            .write_all(text.as_bytes())
            .await
            .map_err(sentence)
    }

    /// Reads up to the next JSON-RPC reply and returns its id; anything else on stdout is skipped.
    async fn reply(&mut self) -> Outcome<u64> {
        loop {
            self.line.clear();
            if self
                .stdout
                .read_until(b'\n', &mut self.line)
                .await
                .map_err(sentence)?
                == 0
            {
                let status = self
                    .child
                    .wait()
                    .await
                    .map(|status| status.to_string())
                    .unwrap_or_default();
                return Err(format!("the server closed stdout ({status})"));
            }
            if protocol::is_not_a_reply(&self.line) {
                continue;
            }
            if let Some(id) = protocol::id(&self.line) {
                return Ok(id);
            }
        }
    }

    /// Sends one request and reads its reply into `line`.
    pub(crate) async fn request(&mut self, request: &Value, limit: Duration) -> Outcome<()> {
        self.write(&format!("{request}\n")).await?;
        timeout(limit, self.reply())
            .await
            .map_err(|_| format!("no reply to {} in {limit:?}", request["method"]))??;
        Ok(())
    }

    pub(crate) async fn handshake(&mut self, limit: Duration) -> Outcome<()> {
        self.request(&protocol::initialize(protocol::LEGACY), limit)
            .await?;
        let reply = protocol::reply(&self.line)?;
        if reply.get("result").is_none() {
            return Err(format!("initialize: {reply}"));
        }
        self.write(&format!("{}\n", protocol::initialized())).await
    }
}

/// `tools/call` over stdio.
pub(crate) async fn load(options: &Options) -> Outcome<Value> {
    let mut pipe = Pipe::spawn(options)?;
    pipe.handshake(Duration::from_secs(60)).await?;
    let depth: usize = options.number("--depth", 1);
    let params = protocol::call_params(options, protocol::LEGACY, 0)?;
    let meter = Meter::start(options, pipe.pid());
    let mut open: BTreeMap<u64, Instant> = BTreeMap::new();
    let mut last_id = 0;
    loop {
        let mut batch = String::new();
        while open.len() < depth && meter.borrow_mut().goes_on() {
            last_id += 1;
            batch.push_str(&protocol::call(last_id, &params));
            batch.push('\n');
            open.insert(last_id, Instant::now());
        }
        if open.is_empty() {
            break;
        }
        pipe.write(&batch).await?;
        match timeout(Duration::from_secs(20), pipe.reply()).await {
            Ok(Ok(id)) => {
                if let Some(sent_at) = open.remove(&id) {
                    meter.borrow_mut().answered(sent_at, &pipe.line);
                }
            }
            Ok(Err(error)) => {
                meter.borrow_mut().failed(error);
                break;
            }
            Err(_) => {
                meter
                    .borrow_mut()
                    .failed(format!("{} replies missing after 20 s", open.len()));
                break;
            }
        }
    }
    let report = meter.borrow_mut().report();
    let _ = pipe.child.kill().await;
    Ok(report)
}
