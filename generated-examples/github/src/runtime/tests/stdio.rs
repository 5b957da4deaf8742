//! Lines in, lines out.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write, pipe};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio_util::sync::CancellationToken;

use super::{Fixture, PATIENCE, initialize, modern_meta, request, runtime};

/// A client of a server on the other end of two pipes.
pub(super) struct Client {
    pub(super) fixture: Fixture,
    input: PipeWriter,
    lines: mpsc::Receiver<Value>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Client {
    pub(super) fn start() -> Self {
        Self::of(Fixture::new())
    }

    pub(super) fn of(fixture: Fixture) -> Self {
        let (server_input, input) = pipe().expect("a pipe");
        let (output, server_output) = pipe().expect("a pipe");
        let stop = CancellationToken::new();
        let (server, stopped) = (fixture.server.clone(), stop.clone());
        let server = std::thread::spawn(move || {
            runtime().block_on(async {
                let input = Receiver::from_owned_fd(server_input.into()).expect("a pipe");
                let output = Sender::from_owned_fd(server_output.into()).expect("a pipe");
                let outcome = super::super::stdio::serve(server, input, output, stopped).await;
                outcome.expect("pipes can be read and written");
            });
        });
        Self {
            fixture,
            input,
            lines: lines(output),
            stop,
            server,
        }
    }

    pub(super) fn send(&mut self, message: &Value) {
        self.write(&format!("{message}\n"));
    }

    fn write(&mut self, text: &str) {
        let written = self.input.write_all(text.as_bytes());
        written.expect("the server reads");
    }

    pub(super) fn receive(&mut self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("an answer")
    }

    pub(super) fn ask(&mut self, message: &Value) -> Value {
        self.send(message);
        self.receive()
    }

    /// Closes the input and returns what the server still says before it ends.
    pub(super) fn close(self) -> Vec<Value> {
        drop(self.input);
        self.server.join().expect("the server ends well");
        self.lines.iter().collect()
    }
}

fn lines(output: PipeReader) -> mpsc::Receiver<Value> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = line.expect("text");
            let message = serde_json::from_str(&line).expect("nothing but messages");
            let _ = sender.send(message);
        }
    });
    lines
}

#[test]
fn a_bare_list_and_call_are_answered_without_a_handshake() {
    let mut client = Client::start();
    let list = client.ask(&request(1, "tools/list", Value::Null));
    assert_eq!(list["result"]["tools"][0]["name"], "echo");
    let call = client.ask(&request(2, "tools/call", json!({"name": "echo"})));
    assert_eq!(call["result"]["structuredContent"]["arguments"], json!({}));
}

#[test]
fn the_end_of_the_input_ends_the_server() {
    assert!(Client::start().close().is_empty());
}

#[test]
fn what_was_asked_before_the_end_of_the_input_is_answered() {
    let mut client = Client::start();
    client.send(&initialize(1, "2025-06-18"));
    client.send(&request(2, "tools/call", json!({"name": "hold"})));
    assert_eq!(client.receive()["id"], 1);
    assert_eq!(client.fixture.event(), "started");
    client.fixture.release.add_permits(1);
    let rest = client.close();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["result"]["content"][0]["text"], "released");
}

#[test]
fn a_client_may_probe_first_and_then_shake_hands() {
    let mut client = Client::start();
    let discover = request(1, "server/discover", json!({"_meta": modern_meta()}));
    assert_eq!(client.ask(&discover)["result"]["ttlMs"], 300_000);
    let answer = client.ask(&initialize(2, "2025-06-18"));
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    let list = client.ask(&request(3, "tools/list", Value::Null));
    assert!(list["result"].get("resultType").is_none(), "{list}");
}

#[test]
fn a_modern_client_forgets_no_metadata() {
    let mut client = Client::start();
    let list = client.ask(&request(1, "tools/list", json!({"_meta": modern_meta()})));
    assert_eq!(list["result"]["resultType"], "complete");
    let bare = client.ask(&request(2, "tools/list", Value::Null));
    assert_eq!(bare["error"]["code"], -32602);
    let other = json!({"_meta": modern_meta()});
    let other = client.ask(&request(3, "prompts/list", other));
    assert_eq!(other["error"]["code"], -32601);
    let resources = json!({"_meta": modern_meta()});
    let resources = client.ask(&request(4, "resources/list", resources));
    assert_eq!(resources["result"]["cacheScope"], "public");
    let unknown = json!({"_meta": modern_meta(), "uri": "x:y"});
    let unknown = client.ask(&request(5, "resources/read", unknown));
    assert_eq!(unknown["error"]["code"], -32602);
}

#[test]
fn a_version_that_there_is_not_is_refused_with_those_that_there_are() {
    let mut client = Client::start();
    let mut meta = modern_meta();
    meta["io.modelcontextprotocol/protocolVersion"] = "2031-01-01".into();
    let answer = client.ask(&request(1, "tools/list", json!({"_meta": meta})));
    assert_eq!(answer["error"]["code"], -32022);
    assert_eq!(answer["error"]["data"]["supported"][4], "2026-07-28");
}

#[test]
fn notifications_before_the_handshake_do_no_harm() {
    let mut client = Client::start();
    for method in ["notifications/initialized", "notifications/made_up"] {
        client.send(&json!({"jsonrpc": "2.0", "method": method}));
    }
    let cancel = json!({"requestId": 9});
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel}));
    client.send(&json!({"jsonrpc": "2.0", "id": 9, "result": {}}));
    assert_eq!(
        client.ask(&request(1, "ping", Value::Null))["result"],
        json!({})
    );
    assert_eq!(client.ask(&initialize(2, "2025-03-26"))["id"], 2);
}

#[test]
fn a_cancelled_call_ends_and_is_not_answered() {
    let mut client = Client::start();
    client.send(&request(1, "tools/call", json!({"name": "hold"})));
    assert_eq!(client.fixture.event(), "started");
    let cancel = json!({"requestId": 1, "reason": "changed my mind"});
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel}));
    assert_eq!(client.fixture.event(), "ended");
    assert_eq!(client.ask(&request(2, "ping", Value::Null))["id"], 2);
    assert!(client.close().is_empty());
}

#[test]
fn progress_is_reported_while_it_grows_and_only_when_asked_for() {
    let mut client = Client::start();
    let params = json!({"name": "slow", "_meta": {"progressToken": "t"}});
    client.send(&request(1, "tools/call", params));
    let reports: Vec<Value> = (0..3).map(|_| client.receive()).collect();
    let progress: Vec<&Value> = reports.iter().map(|r| &r["params"]["progress"]).collect();
    assert_eq!(progress, [&json!(1.0), &json!(2.0), &json!(3.0)]);
    assert!(
        reports
            .iter()
            .all(|report| report["params"]["progressToken"] == "t")
    );
    assert_eq!(client.receive()["result"]["content"][0]["text"], "done");
    client.send(&request(2, "tools/call", json!({"name": "slow"})));
    assert_eq!(client.receive()["id"], 2);
}

#[test]
fn a_line_that_is_no_message_is_answered_and_the_next_one_too() {
    let mut client = Client::start();
    client.write("\n  \r\nnonsense\n");
    assert_eq!(client.receive()["error"]["code"], -32700);
    client.write("{\"id\":5}\n");
    let answer = client.receive();
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!(5), &json!(-32600))
    );
    let windows = request(6, "ping", Value::Null);
    client.write(&format!("{windows}\r\n"));
    assert_eq!(client.receive()["id"], 6);
}

#[test]
fn a_line_that_is_too_long_is_skipped() {
    let mut client = Client::start();
    let text = "x".repeat(17 << 20);
    client.write(&format!("{text}\n"));
    assert_eq!(client.receive()["error"]["code"], -32600);
    assert_eq!(client.ask(&request(1, "ping", Value::Null))["id"], 1);
}

#[test]
fn many_calls_are_answered_each_once() {
    let mut client = Client::start();
    let call = |id| {
        let params = json!({"name": "echo", "arguments": {"n": id}});
        format!("{}\n", request(id, "tools/call", params))
    };
    let calls = (0..500).map(call).collect::<Vec<_>>().concat();
    let mut writer = client.input.try_clone().expect("a pipe");
    let writing = std::thread::spawn(move || writer.write_all(calls.as_bytes()));
    let mut answered = vec![false; 500];
    for _ in 0..500 {
        let answer = client.receive();
        let id = answer["id"].as_u64().expect("a number");
        assert_eq!(answer["result"]["structuredContent"]["arguments"]["n"], id);
        let id = usize::try_from(id).expect("small");
        assert!(
            !std::mem::replace(&mut answered[id], true),
            "answered twice"
        );
    }
    writing.join().expect("no panic").expect("all written");
}

#[test]
fn a_server_that_is_told_to_stop_ends_without_the_end_of_the_input() {
    let mut client = Client::start();
    assert_eq!(client.ask(&initialize(1, "2025-06-18"))["id"], 1);
    client.stop.cancel();
    client.server.join().expect("the server ends well");
}
