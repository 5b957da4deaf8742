//! The transport of MCP 2024-11-05.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::super::policy::PolicySettings;
use super::callers::KEYS;
use super::http::{JSON, Site, head, send};
use super::{initialize, request};

/// A stream that is open.
pub(super) struct Stream {
    reader: BufReader<TcpStream>,
    endpoint: String,
}

impl Stream {
    pub(super) fn open(site: &Site) -> Self {
        Self::open_as(site, &[])
    }

    fn open_as(site: &Site, headers: &[(&str, &str)]) -> Self {
        let mut stream = site.connect();
        send(&mut stream, "GET /sse", headers, "");
        let mut reader = BufReader::new(stream);
        let head = head(&mut reader);
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        assert!(head.contains("x-accel-buffering: no"), "{head}");
        let mut stream = Self {
            reader,
            endpoint: String::new(),
        };
        stream.endpoint = stream.event("endpoint").expect("an address");
        stream
    }

    /// The data of the next event; `None` when the stream has ended.
    fn event(&mut self, kind: &str) -> Option<String> {
        let (mut event, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            if self.reader.read_line(&mut line).expect("a stream") == 0 {
                return None;
            }
            // What else there is are the sizes of chunks and empty lines.
            if let Some(name) = line.strip_prefix("event: ") {
                name.trim_end().clone_into(&mut event);
            } else if let Some(data) = line.strip_prefix("data: ") {
                assert_eq!(event, kind);
                return Some(data.trim_end().to_owned());
            }
        }
    }

    pub(super) fn message(&mut self) -> Value {
        let data = self.event("message").expect("a message");
        serde_json::from_str(&data).expect("JSON")
    }

    pub(super) fn post(&self, site: &Site, message: &Value) -> u16 {
        self.post_as(site, &[], message)
    }

    fn post_as(&self, site: &Site, headers: &[(&str, &str)], message: &Value) -> u16 {
        let line = format!("POST {}", self.endpoint);
        let headers = [JSON, &[("x-tenant", "acme")], headers].concat();
        site.ask(&line, &headers, &message.to_string()).status
    }
}

#[test]
fn answers_to_posts_come_on_the_stream() {
    let site = Site::start(&[]);
    let mut stream = Stream::open(&site);
    assert!(
        stream.endpoint.starts_with("/messages?sessionId="),
        "{}",
        stream.endpoint
    );
    assert_eq!(stream.post(&site, &initialize(1, "2024-11-05")), 202);
    assert_eq!(stream.message()["result"]["protocolVersion"], "2024-11-05");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(stream.post(&site, &initialized), 202);
    let call = request(2, "tools/call", json!({"name": "echo"}));
    assert_eq!(stream.post(&site, &call), 202);
    assert_eq!(
        stream.message()["result"]["structuredContent"]["tenant"],
        "acme"
    );
}

#[test]
fn progress_and_cancellation_work_on_the_stream() {
    let site = Site::start(&[]);
    let mut stream = Stream::open(&site);
    let params = json!({"name": "slow", "_meta": {"progressToken": 1}});
    stream.post(&site, &request(1, "tools/call", params));
    for progress in [1.0, 2.0, 3.0] {
        assert_eq!(stream.message()["params"]["progress"], progress);
    }
    assert_eq!(stream.message()["id"], 1);
    stream.post(&site, &request(2, "tools/call", json!({"name": "hold"})));
    assert_eq!(site.fixture.event(), "started");
    let cancel = json!({"requestId": 2});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel});
    stream.post(&site, &cancel);
    assert_eq!(site.fixture.event(), "ended");
}

#[test]
fn the_endpoint_lies_under_the_prefix() {
    let site = Site::start(&["--path-prefix=orders"]);
    let mut stream = Stream::open(&site);
    assert!(
        stream.endpoint.starts_with("/orders/messages?sessionId="),
        "{}",
        stream.endpoint
    );
    stream.post(&site, &request(1, "ping", Value::Null));
    assert_eq!(stream.message()["id"], 1);
}

#[test]
fn a_session_ends_with_its_stream() {
    let site = Site::start(&[]);
    let stream = Stream::open(&site);
    stream.post(&site, &request(1, "tools/call", json!({"name": "hold"})));
    assert_eq!(site.fixture.event(), "started");
    let endpoint = stream.endpoint.clone();
    drop(stream);
    assert_eq!(site.fixture.event(), "ended");
    // The calls end after the id is forgotten.
    let answer = site.ask(&format!("POST {endpoint}"), JSON, "{}");
    assert_eq!(answer.status, 404);
}

#[test]
fn ids_are_not_guessed() {
    let site = Site::start(&[]);
    let first = Stream::open(&site).endpoint;
    let second = Stream::open(&site).endpoint;
    assert_ne!(first, second);
    let id = first.split('=').nth(1).expect("an id");
    assert_eq!(id.len(), 32);
    for path in ["/messages", "/messages?sessionId=", "/messages?sessionId=0"] {
        assert_eq!(site.ask(&format!("POST {path}"), JSON, "{}").status, 404);
    }
}

#[test]
fn only_so_many_streams_are_open_at_once() {
    let site = Site::start(&["--max-streams=1"]);
    let stream = Stream::open(&site);
    let refused = site.get("/sse");
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    drop(stream);
}

#[test]
fn what_is_not_json_is_refused_at_once() {
    let site = Site::start(&[]);
    let stream = Stream::open(&site);
    let line = format!("POST {}", stream.endpoint);
    assert_eq!(site.ask(&line, JSON, "{").status, 400);
}

#[test]
fn one_identity_cannot_take_every_stream() {
    let site = Site::start(&[KEYS, "--max-streams=3", "--max-streams-each=2"]);
    let (alice, bob) = ([("x-api-key", "geheim")], [("x-api-key", "bobs")]);
    let first = Stream::open_as(&site, &alice);
    let _second = Stream::open_as(&site, &alice);
    let third = site.ask("GET /sse", &alice, "");
    assert_eq!(third.status, 429);
    assert!(third.head.contains("retry-after: 5"), "{}", third.head);
    let _his = Stream::open_as(&site, &bob);
    assert_eq!(site.ask("GET /sse", &bob, "").status, 503);
    drop(first);
    wait_until(&site, &alice);
}

#[test]
fn addresses_have_a_share_where_nobody_is_asked_who_calls() {
    let site = Site::start(&["--max-streams-each=1", "--trusted-proxy=127.0.0.1"]);
    let (one, other) = (
        [("x-forwarded-for", "192.0.2.1")],
        [("x-forwarded-for", "192.0.2.2")],
    );
    let _first = Stream::open_as(&site, &one);
    assert_eq!(site.ask("GET /sse", &one, "").status, 429);
    let _second = Stream::open_as(&site, &other);
}

/// Waits until a stream can be opened.
fn wait_until(site: &Site, headers: &[(&str, &str)]) {
    let end = std::time::Instant::now() + super::PATIENCE;
    loop {
        let mut stream = site.connect();
        send(&mut stream, "GET /sse", headers, "");
        let head = head(&mut BufReader::new(stream));
        if head.starts_with("HTTP/1.1 200") {
            return;
        }
        assert!(std::time::Instant::now() < end, "{head}");
    }
}

#[test]
fn streams_end_when_the_server_stops() {
    let site = Site::start(&[]);
    let mut stream = Stream::open(&site);
    stream.post(&site, &request(1, "tools/call", json!({"name": "hold"})));
    assert_eq!(site.fixture.event(), "started");
    site.shutdown.stop.cancel();
    site.fixture.release.add_permits(1);
    assert_eq!(stream.message()["result"]["content"][0]["text"], "released");
    assert_eq!(stream.event("message"), None);
}

#[test]
fn the_transport_can_be_left_out() {
    let site = Site::start(&["--no-sse"]);
    assert_eq!(site.get("/sse").status, 404);
    assert_eq!(
        site.ask("POST /messages?sessionId=1", JSON, "{}").status,
        404
    );
}

#[test]
fn a_stream_is_for_who_opened_it() {
    let site = Site::start(&[super::callers::KEYS]);
    let (alice, bob) = ([("x-api-key", "geheim")], [("x-api-key", "bobs")]);
    let mut stream = Stream::open_as(&site, &alice);
    let hello = initialize(1, "2024-11-05");
    assert_eq!(stream.post_as(&site, &[], &hello), 401);
    assert_eq!(stream.post_as(&site, &bob, &hello), 404);
    assert_eq!(stream.post_as(&site, &alice, &hello), 202);
    assert_eq!(stream.message()["id"], 1);
}

#[test]
fn a_stream_is_told_when_its_tools_change_and_ends_all_the_same() {
    let site = Site::start(&[]);
    let mut stream = Stream::open(&site);
    stream.post(&site, &initialize(1, "2024-11-05"));
    let tools = stream.message()["result"]["capabilities"]["tools"].clone();
    assert_eq!(tools, json!({"listChanged": true}));
    let fewer = PolicySettings {
        disabled: vec!["fail".to_owned()],
        ..PolicySettings::default()
    };
    let engine = site.fixture.server.engine();
    engine.replace_policies(&fewer).expect("other policies");
    let told = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    assert_eq!(stream.message(), told);
    // A request that has an answer and nothing else is promised nothing.
    let alone = site.mcp(&[], &initialize(1, "2025-11-25")).json();
    assert_eq!(alone["result"]["capabilities"]["tools"], json!({}));
}
