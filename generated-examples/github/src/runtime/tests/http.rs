//! Requests and responses, as bytes on a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;

use clap::Parser;
use serde_json::{Value, json};

use super::super::http::{Shutdown, bind};
use super::super::settings::Options;
use super::{Fixture, PATIENCE, initialize, modern_meta, request, runtime};

/// A server on a port of its own.
pub(super) struct Site {
    pub(super) fixture: Fixture,
    pub(super) address: SocketAddr,
    pub(super) shutdown: Shutdown,
    server: JoinHandle<()>,
}

impl Site {
    pub(super) fn start(args: &[&str]) -> Self {
        Self::of(Fixture::new(), args)
    }

    pub(super) fn of(fixture: Fixture, args: &[&str]) -> Self {
        let shutdown = Shutdown::default();
        let fixed = ["server", "--listen=127.0.0.1:0"];
        let options = Options::parse_from(fixed.iter().chain(args));
        let (server, metrics) = (fixture.server.clone(), fixture.metrics.clone());
        let (bound, address) = mpsc::channel();
        let stop = shutdown.clone();
        let server = std::thread::spawn(move || {
            runtime().block_on(async {
                let site = bind(server, metrics, &options, stop).await.expect("a port");
                bound
                    .send(site.address().expect("an address"))
                    .expect("a test");
                site.serve().await;
            });
        });
        Self {
            fixture,
            address: address.recv_timeout(PATIENCE).expect("a server"),
            shutdown,
            server,
        }
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream
    }

    pub(super) fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut stream = self.connect();
        send(&mut stream, line, headers, body);
        Response::read(stream)
    }

    pub(super) fn get(&self, path: &str) -> Response {
        self.ask(&format!("GET {path}"), &[], "")
    }

    /// A JSON-RPC message to `/mcp`.
    pub(super) fn mcp(&self, headers: &[(&str, &str)], message: &Value) -> Response {
        self.ask("POST /mcp", &[JSON, headers].concat(), &message.to_string())
    }

    fn stop(self) {
        self.shutdown.stop.cancel();
        self.server.join().expect("the server ends well");
    }
}

pub(super) const JSON: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
];

pub(super) fn send(stream: &mut TcpStream, line: &str, headers: &[(&str, &str)], body: &str) {
    let has_host = headers.iter().any(|(name, _)| *name == "host");
    let host: &[(&str, &str)] = if has_host {
        &[]
    } else {
        &[("host", "localhost")]
    };
    let lines = [host, headers].concat();
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let text = format!(
        "{line} HTTP/1.1\r\nconnection: close\r\n{}content-length: {}\r\n\r\n{body}",
        lines.concat(),
        body.len()
    );
    stream.write_all(text.as_bytes()).expect("the server reads");
}

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Response {
    fn read(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let head = head(&mut reader);
        let mut body = String::new();
        reader.read_to_string(&mut body).expect("text");
        Self {
            status: head[9..12].parse().expect("a status"),
            head,
            body,
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line == header)
    }
}

/// The head of a response, with header names in lower case as the server writes them.
pub(super) fn head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = reader.read_line(&mut head).expect("a head");
        assert_ne!(read, 0, "the connection was closed: {head}");
    }
    head.replace('\r', "")
}

fn call(name: &str) -> Value {
    request(1, "tools/call", json!({"name": name}))
}

fn modern_headers<'a>(method: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name),
    ]
}

#[test]
fn a_call_is_answered_as_json_without_a_handshake() {
    let site = Site::start(&[]);
    let answer = site.mcp(&[("x-tenant", "acme")], &call("echo"));
    assert_eq!(answer.status, 200);
    assert!(
        answer.has("content-type: application/json"),
        "{}",
        answer.head
    );
    assert!(answer.has("cache-control: no-store"), "{}", answer.head);
    assert!(answer.head.contains("\nx-request-id: "), "{}", answer.head);
    assert_eq!(
        answer.json()["result"]["structuredContent"]["tenant"],
        "acme"
    );
}

#[test]
fn every_version_is_spoken_at_one_address() {
    let site = Site::start(&[]);
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let answer = site.mcp(&[], &initialize(1, version)).json();
        assert_eq!(answer["result"]["protocolVersion"], version);
        let list = request(2, "tools/list", Value::Null);
        let list = site.mcp(&[("mcp-protocol-version", version)], &list).json();
        assert!(list["result"].get("resultType").is_none());
    }
    let list = request(1, "tools/list", json!({"_meta": modern_meta()}));
    let headers = &modern_headers("tools/list", "")[..2];
    let list = site.mcp(headers, &list).json();
    assert_eq!(list["result"]["resultType"], "complete");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(site.mcp(&[], &initialized).status, 202);
}

#[test]
fn the_headers_of_a_modern_request_must_say_what_its_body_says() {
    let site = Site::start(&[]);
    let body = request(
        1,
        "tools/call",
        json!({"name": "echo", "_meta": modern_meta()}),
    );
    let right = modern_headers("tools/call", "echo");
    assert_eq!(site.mcp(&right, &body).status, 200);
    let mut wrong = vec![
        modern_headers("tools/list", "echo"),
        modern_headers("tools/call", "fail"),
        right[..2].to_vec(),
        vec![],
        [right.clone(), vec![("mcp-name", "fail")]].concat(),
    ];
    wrong.push(vec![("mcp-protocol-version", "2025-06-18")]);
    for headers in wrong {
        let answer = site.mcp(&headers, &body);
        assert_eq!(answer.status, 400, "{headers:?}");
        assert_eq!(answer.json()["error"]["code"], -32020, "{headers:?}");
    }
    // A name that is no legal header value may come in base64.
    let encoded = modern_headers("tools/call", "=?base64?ZWNobw==?=");
    assert_eq!(site.mcp(&encoded, &body).status, 200);
}

#[test]
fn a_modern_request_without_metadata_is_refused() {
    let site = Site::start(&[]);
    let answer = site.mcp(&modern_headers("tools/call", "echo"), &call("echo"));
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["code"], -32602);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    let body = request(1, "tools/call", json!({"name": "echo", "_meta": meta}));
    let answer = site.mcp(&modern_headers("tools/call", "echo"), &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["code"], -32602);
}

#[test]
fn a_version_that_there_is_not_is_refused() {
    let site = Site::start(&[]);
    let mut meta = modern_meta();
    meta["io.modelcontextprotocol/protocolVersion"] = "2031-01-01".into();
    let body = request(1, "tools/list", json!({"_meta": meta}));
    let headers = [
        ("mcp-protocol-version", "2031-01-01"),
        ("mcp-method", "tools/list"),
    ];
    let answer = site.mcp(&headers, &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["code"], -32022);
}

#[test]
fn the_short_way_and_the_sdk_answer_the_same_over_http() {
    let site = Site::start(&[]);
    for name in ["echo", "nothing"] {
        let body = json!({"name": name, "arguments": {"a": 1}, "_meta": modern_meta()});
        let mut long = body.clone();
        long["requestState"] = "x".into();
        let headers = modern_headers("tools/call", name);
        let short = site.mcp(&headers, &request(1, "tools/call", body));
        let long = site.mcp(&headers, &request(1, "tools/call", long));
        assert_eq!((short.status, &short.body), (long.status, &long.body));
    }
}

#[test]
fn a_call_with_a_progress_token_is_answered_as_a_stream() {
    let site = Site::start(&[]);
    let params = json!({"name": "slow", "_meta": {"progressToken": 7}});
    let answer = site.mcp(&[], &request(1, "tools/call", params));
    assert!(
        answer.has("content-type: text/event-stream"),
        "{}",
        answer.head
    );
    assert!(answer.has("x-accel-buffering: no"), "{}", answer.head);
    assert_eq!(answer.body.matches("notifications/progress").count(), 3);
    let end = answer.body.find("\"done\"").expect("the result");
    let last_report = answer
        .body
        .rfind("notifications/progress")
        .expect("reports");
    assert!(last_report < end, "{}", answer.body);
}

#[test]
fn a_client_that_goes_away_cancels_its_call() {
    let site = Site::start(&[]);
    for params in [
        json!({"name": "hold"}),
        json!({"name": "hold", "_meta": {"progressToken": 1}}),
    ] {
        let mut stream = site.connect();
        let body = request(1, "tools/call", params).to_string();
        send(&mut stream, "POST /mcp", JSON, &body);
        assert_eq!(site.fixture.event(), "started");
        drop(stream);
        assert_eq!(site.fixture.event(), "ended");
    }
}

#[test]
fn a_body_that_is_no_message_is_answered_with_what_is_wrong() {
    let site = Site::start(&[]);
    let code = |body: &str| {
        let answer = site.ask("POST /mcp", JSON, body);
        (answer.status, answer.json()["error"]["code"].as_i64())
    };
    assert_eq!(code("{"), (400, Some(-32700)));
    assert_eq!(code(""), (400, Some(-32700)));
    assert_eq!(code("[]"), (400, Some(-32600)));
    assert_eq!(code("{}"), (400, Some(-32600)));
}

#[test]
fn a_client_must_take_json_and_streams() {
    let site = Site::start(&[]);
    let body = call("echo").to_string();
    let only_json = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ];
    assert_eq!(site.ask("POST /mcp", &only_json, &body).status, 406);
    let not_json = [("content-type", "text/plain"), JSON[1]];
    assert_eq!(site.ask("POST /mcp", &not_json, &body).status, 415);
    let weighted = [
        JSON[0],
        ("accept", "text/event-stream;q=0.5, application/json"),
    ];
    assert_eq!(site.ask("POST /mcp", &weighted, &body).status, 200);
}

#[test]
fn a_request_that_is_too_large_is_not_read() {
    let site = Site::start(&["--max-request-bytes=1k"]);
    let answer = site.ask("POST /mcp", JSON, &"x".repeat(1025));
    assert_eq!(answer.status, 413);
    assert!(
        answer.body.contains("--max-request-bytes"),
        "{}",
        answer.body
    );
}

#[test]
fn what_is_not_there_and_not_allowed_says_so() {
    let site = Site::start(&[]);
    assert_eq!(site.get("/nowhere").status, 404);
    assert_eq!(site.get("/nowhere").json()["help"], "MCP is served at /mcp");
    for method in ["GET", "DELETE", "PUT"] {
        let answer = site.ask(&format!("{method} /mcp"), &[], "");
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.has("allow: POST"), "{}", answer.head);
    }
}

#[test]
fn a_foreign_host_is_refused_with_the_way_out() {
    let site = Site::start(&[]);
    for path in ["/mcp", "/sse", "/messages"] {
        let answer = site.ask(&format!("POST {path}"), &[("host", "evil.example")], "");
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("--allowed-host"), "{}", answer.body);
    }
    let site = Site::start(&["--allowed-host=mcp.example"]);
    let headers = [JSON, &[("host", "mcp.example")]].concat();
    assert_eq!(
        site.ask("POST /mcp", &headers, &call("echo").to_string())
            .status,
        200
    );
}

#[test]
fn every_host_that_a_request_names_is_checked() {
    let site = Site::start(&[]);
    let body = call("echo").to_string();
    let ask = |line: &str, hosts: &[(&str, &str)]| {
        let answer = site.ask(line, &[JSON, hosts].concat(), &body);
        answer.status
    };
    let (ours, evil) = (("host", "localhost"), ("host", "evil.example"));
    assert_eq!(ask("POST /mcp", &[ours, ours]), 400);
    assert_eq!(ask("POST /mcp", &[ours, evil]), 400);
    assert_eq!(ask("POST http://localhost/mcp", &[ours]), 200);
    assert_eq!(ask("POST http://evil.example/mcp", &[ours]), 403);
    assert_eq!(ask("POST http://localhost/mcp", &[evil]), 403);
    assert_eq!(ask("POST /mcp", &[("host", "l\u{f6}calhost")]), 403);
}

#[test]
fn a_page_of_a_foreign_origin_is_refused() {
    let site = Site::start(&[]);
    let answer = site.mcp(&[("origin", "https://evil.example")], &call("echo"));
    assert_eq!(answer.status, 403);
    assert!(!answer.head.contains("access-control"), "{}", answer.head);
    let answer = site.mcp(&[("origin", "http://localhost:3000")], &call("echo"));
    assert_eq!(answer.status, 200);
    let allowed = "access-control-allow-origin: http://localhost:3000";
    assert!(answer.has(allowed), "{}", answer.head);
    assert!(answer.head.contains("\naccess-control-expose-headers: "));
}

#[test]
fn a_browser_may_ask_before_it_calls() {
    let site = Site::start(&[]);
    let wanted = ("access-control-request-headers", "authorization,mcp-method");
    let ask = |origin| site.ask("OPTIONS /mcp", &[("origin", origin), wanted], "");
    let answer = ask("http://localhost:3000");
    assert_eq!(answer.status, 204);
    assert!(answer.has("access-control-allow-headers: authorization,mcp-method"));
    assert!(answer.has("access-control-allow-methods: GET, POST"));
    assert_eq!(ask("https://evil.example").status, 403);
}

#[test]
fn probes_are_answered_to_everybody() {
    let site = Site::start(&[]);
    let strange = [
        ("host", "10.0.0.7:8080"),
        ("origin", "https://evil.example"),
    ];
    let health = site.ask("GET /health", &strange, "");
    let expected = json!({"status": "ok", "name": "orders", "version": "1.2.0"});
    assert_eq!((health.status, health.json()), (200, expected));
    let ready = site.ask("GET /ready", &strange, "");
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({"status": "ready"}))
    );
    site.mcp(&[], &call("echo"));
    let metrics = site.ask("GET /metrics", &strange, "");
    assert!(
        metrics.head.contains("application/openmetrics-text"),
        "{}",
        metrics.head
    );
    let counted = r#"mcp_tool_invocations_total{tool_name="echo",status="ok"} 1"#;
    assert!(metrics.body.contains(counted), "{}", metrics.body);
    assert!(
        metrics.body.contains("mcp_active_connections 1\n"),
        "{}",
        metrics.body
    );
}

#[test]
fn probes_can_have_a_port_of_their_own() {
    let site = Site::start(&["--admin-listen=127.0.0.1:0"]);
    assert_eq!(site.get("/health").status, 404);
    assert_eq!(site.get("/metrics").status, 404);
    site.stop();
}

#[test]
fn a_prefix_is_served_and_need_not_be_taken_off() {
    let site = Site::start(&["--path-prefix=/tools/orders"]);
    let body = call("echo").to_string();
    assert_eq!(site.ask("POST /tools/orders/mcp", JSON, &body).status, 200);
    assert_eq!(site.ask("POST /mcp", JSON, &body).status, 200);
    assert_eq!(site.get("/tools/orders/health").status, 200);
    assert_eq!(site.get("/health").status, 200);
    let foreign = [JSON, &[("host", "evil.example")]].concat();
    assert_eq!(
        site.ask("POST /tools/orders/mcp", &foreign, &body).status,
        403
    );
}

#[test]
fn a_server_that_stops_answers_what_it_was_asked() {
    let site = Site::start(&[]);
    let mut stream = site.connect();
    send(&mut stream, "POST /mcp", JSON, &call("hold").to_string());
    assert_eq!(site.fixture.event(), "started");
    site.shutdown.stop.cancel();
    site.fixture.release.add_permits(1);
    let answer = Response::read(stream);
    assert_eq!(answer.json()["result"]["content"][0]["text"], "released");
    site.stop();
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let site = Site::start(&[]);
    let listen = format!("--listen={}", site.address);
    let options = Options::parse_from(["server", &listen]);
    let (server, metrics) = (site.fixture.server.clone(), site.fixture.metrics.clone());
    let bound = runtime().block_on(bind(server, metrics, &options, Shutdown::default()));
    let error = bound.err().expect("the port is taken").0;
    let expected = format!(
        "cannot listen on `{}` (--listen): the port is taken",
        site.address
    );
    assert_eq!(error, expected);
}

#[test]
fn a_healthcheck_tells_a_server_that_answers_from_one_that_does_not() {
    let site = Site::start(&[]);
    let address = format!("0.0.0.0:{}", site.address.port());
    let listen = address.parse().expect("an address");
    assert_eq!(super::super::healthcheck::ask(&listen, false), Ok(()));
    site.stop();
    let error = super::super::healthcheck::ask(&listen, false).expect_err("nobody answers");
    assert!(
        error.starts_with(&format!("`{address}` is not healthy: ")),
        "{error}"
    );
}

#[test]
fn connections_beyond_the_limit_wait_until_one_is_free() {
    let site = Site::start(&["--max-connections=1"]);
    let mut first = site.connect();
    let body = request(1, "tools/call", json!({"name": "hold"})).to_string();
    send(&mut first, "POST /mcp", JSON, &body);
    assert_eq!(site.fixture.event(), "started");
    let mut second = site.connect();
    send(&mut second, "GET /health", &[], "");
    let moment = std::time::Duration::from_millis(100);
    second.set_read_timeout(Some(moment)).expect("a socket");
    assert!(second.peek(&mut [0]).is_err(), "it was answered");
    drop(first);
    second.set_read_timeout(Some(PATIENCE)).expect("a socket");
    assert_eq!(Response::read(second).status, 200);
}
