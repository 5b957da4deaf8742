//! An API that fails in every way that networks and servers have: each call has one result, in time, that says why.
//!
//! The calls stand in wire.json; of each kind (reading or changing, with a body or without) one tool is called.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use orders_mcp::SERVER;
use orders_mcp::runtime::custom::Nothing;
use orders_mcp::runtime::engine::{CallContext, Engine};
use orders_mcp::runtime::engine::{ErrorType, ToolResult};
use orders_mcp::runtime::metrics::Metrics;
use orders_mcp::runtime::settings::Settings;
use orders_mcp::runtime::tool::ToolDef;

/// What the API does once it has a request. At the end it closes the connection.
#[derive(Clone, Copy)]
enum Act {
    /// Sends this.
    Send(&'static [u8]),
    /// Takes its time.
    Wait(Duration),
    /// Says nothing until the client goes away.
    Silence,
    /// Sends this again and again until the client goes away.
    Drip(&'static [u8]),
    /// Resets the connection.
    Reset,
}
use Act::{Drip, Reset, Send, Silence, Wait};

type Acts = &'static [Act];

const OK: Act =
    Send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
const HALF: Act =
    Send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"a\":");
const CHUNKS: Act = Send(
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n",
);
const BYTES: Act =
    Send(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 99\r\n\r\n\0\x01");
const BUSY: Act = Send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

const PATIENT: &[&str] = &[];
const SILENT: &[&str] = &["--read-timeout", "200ms"];
const SHORT: &[&str] = &["--timeout", "400ms"];

/// What an API does to a request, under which options, and how the call ends.
type Fault = (
    &'static str,
    Acts,
    &'static [&'static str],
    Option<ErrorType>,
    &'static str,
);

/// RFC 8446 §5.1.
const TLS_HANDSHAKE: u8 = 0x16;
/// RFC 8446 §6: a fatal `handshake_failure`.
const ALERT: Acts = &[Send(b"\x15\x03\x03\x00\x02\x02\x28")];
const PLAIN: Acts = &[Send(b"HTTP/1.1 400 Bad Request\r\n\r\n")];
/// Another answer behind the end of the first.
const MORE: Acts = &[
    Send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}\
          HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nsmuggled",
    ),
    Silence,
];

/// What takes longer than this does not end at all.
const LONG: Duration = Duration::from_secs(60);

const BROKE: &str = "broke before the answer was complete";

#[rustfmt::skip]
const FAULTS: &[Fault] = &[
    ("latency", &[Wait(Duration::from_millis(50)), OK], PATIENT, None, ""),
    ("silence", &[Silence], SILENT, Some(ErrorType::Timeout), "was silent for 0.2 s"),
    ("half-open after the head", &[HALF, Silence], SILENT, Some(ErrorType::Timeout), "was silent for 0.2 s"),
    ("a drip of a head", &[Send(b"HTTP/1.1 200 OK\r\n"), Drip(b"A: b\r\n")], SHORT, Some(ErrorType::Timeout), "took longer than 0.4 s"),
    ("a drip of a body", &[CHUNKS, Drip(b"1\r\n \r\n")], SHORT, Some(ErrorType::Timeout), "took longer than 0.4 s"),
    ("reset", &[Reset], PATIENT, Some(ErrorType::Connect), BROKE),
    ("reset within the answer", &[HALF, Reset], PATIENT, Some(ErrorType::Connect), BROKE),
    ("closed without a word", &[], PATIENT, Some(ErrorType::Connect), BROKE),
    ("a truncated body", &[HALF], PATIENT, Some(ErrorType::Connect), BROKE),
    ("chunks without an end", &[CHUNKS], PATIENT, Some(ErrorType::Connect), BROKE),
    ("half a file", &[BYTES], PATIENT, Some(ErrorType::Connect), BROKE),
    ("a length that is none", &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}")], PATIENT, Some(ErrorType::Connect), BROKE),
    ("two lengths", &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}")], PATIENT, Some(ErrorType::Connect), BROKE),
    ("another protocol", &[Send(b"SSH-2.0-OpenSSH_9.9\r\n")], PATIENT, Some(ErrorType::Connect), BROKE),
    ("a server that fails", &[Send(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")], PATIENT, Some(ErrorType::Upstream5xx), "500"),
    ("a server that is busy", &[BUSY], PATIENT, Some(ErrorType::Upstream5xx), "503"),
    ("a stream without an end", &[Send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"), Silence], SHORT, None, ""),
];

#[test]
fn a_fault_is_one_clear_result() {
    for_each_kind(&async |call| {
        for &(fault, acts, options, error, says) in FAULTS {
            let mut api = Api::start(move |_| acts).await;
            let about = format!("{fault}: {}", call.tool.name);
            let result = call
                .judged(&about, &api.origin("http"), options, (error, says))
                .await;
            let text = result.as_text();
            let may_have_changed = error.is_some();
            let warns = text.contains("look before you repeat it");
            assert_eq!(
                warns,
                may_have_changed && !call.tool.hints.read_only,
                "{about}: {text}"
            );
            api.saw(1, &about).await;
        }
    });
}

#[test]
fn a_connection_that_cannot_be_had_is_one_clear_result() {
    for_each_kind(&async |call| {
        for acts in [PLAIN, ALERT] {
            let mut api = Api::start(move |_| acts).await;
            let end = (Some(ErrorType::Connect), "No secure connection to ");
            call.judged("TLS", &api.origin("https"), PATIENT, end).await;
            api.saw(1, "TLS").await;
        }
        let mut api = Api::start(|_| &[Silence]).await;
        let end = (Some(ErrorType::Timeout), "within 0.2 s");
        let options = &["--connect-timeout", "200ms"];
        let origin = api.origin("https");
        call.judged("half-open TLS", &origin, options, end).await;
        api.saw(1, "half-open TLS").await;

        // A port that is taken, and at which nobody listens.
        let nobody = TcpSocket::new_v4().expect("a socket");
        let any = "127.0.0.1:0".parse().expect("an address");
        nobody.bind(any).expect("a port");
        let origin = format!("http://{}", nobody.local_addr().expect("an address"));
        let end = (Some(ErrorType::Connect), "connection refused");
        call.judged("nobody", &origin, PATIENT, end).await;

        // RFC 1035 §2.3.4: no label has more than 63 octets, so no resolver looks far for it.
        let origin = format!("http://{}.invalid", "a".repeat(64));
        let end = (Some(ErrorType::Connect), "its name has no address");
        call.judged("DNS", &origin, PATIENT, end).await;
    });
}

#[test]
fn an_answer_ends_where_its_length_says() {
    for_each_kind(&async |call| {
        let mut api = Api::start(|request| if request == 0 { MORE } else { &[OK] }).await;
        let (engine, _) = call.engine(&api.origin("http"), PATIENT);
        for _ in 0..2 {
            let text = call.of(&engine).await.as_text();
            assert!(!text.contains("smuggled"), "{text}");
        }
        drop(engine);
        api.saw(2, call.tool.name).await;
    });
}

#[test]
fn a_burst_of_failures_is_waited_out_where_that_does_no_harm() {
    let options = &["--retries", "2", "--retry-pause", "1ms"];
    for_each_kind(&async |call| {
        let mut api = Api::start(|request| if request < 2 { &[BUSY] } else { &[OK] }).await;
        let (engine, _) = call.engine(&api.origin("http"), options);
        let result = call.of(&engine).await;
        let is_repeated = match call.tool.method {
            "GET" => true,
            "POST" | "PATCH" if !call.has_key() => false,
            _ => return,
        };
        let about = format!("{}: {}", call.tool.name, result.as_text());
        assert_eq!(result.error.is_none(), is_repeated, "{about}");
        api.saw(if is_repeated { 3 } else { 1 }, &about).await;
    });
}

#[test]
fn an_api_that_keeps_failing_is_left_alone() {
    for_each_kind(&async |call| {
        let mut api = Api::start(|_| &[BUSY]).await;
        let (engine, _) = call.engine(&api.origin("http"), &["--breaker", "2"]);
        for _ in 0..2 {
            let result = call.of(&engine).await;
            assert_eq!(result.error, Some(ErrorType::Upstream5xx));
        }
        let result = call.of(&engine).await;
        assert_eq!(result.error, Some(ErrorType::BreakerOpen));
        api.saw(2, &result.as_text()).await;
    });
}

/// A call whose arguments are known to be right.
struct Call {
    tool: &'static ToolDef,
    case: Value,
    /// The variables of the base URLs, and the credentials.
    cases: Arc<Value>,
}

/// Does the same with a call of each kind, and sees that nothing is left running.
fn for_each_kind(check: &impl AsyncFn(&Call)) {
    let cases = serde_json::from_str(include_str!("wire.json")).expect("wire.json is JSON");
    let cases: Arc<Value> = Arc::new(cases);
    let mut kinds = Vec::new();
    for case in cases["calls"].as_array().expect("the calls are a list") {
        let mut tools = SERVER.groups.iter().flat_map(|group| group.tools);
        let tool = tools.find(|tool| case["tool"] == tool.name);
        let tool = tool.expect("the call is of a tool");
        let kind = (tool.hints.read_only, tool.body.is_some());
        // An answer to HEAD has no body that could break.
        if tool.method == "HEAD" || kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        let (case, cases) = (case.clone(), Arc::clone(&cases));
        let call = Call { tool, case, cases };
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().expect("a runtime");
        runtime.block_on(async { check(&call).await });
        nothing_runs(&runtime);
    }
}

/// The engine and the API are gone: what they started ends.
fn nothing_runs(runtime: &Runtime) {
    let ended = async {
        while runtime.metrics().num_alive_tasks() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = runtime.block_on(async { timeout(LONG, ended).await });
    assert!(ended.is_ok(), "a task outlives its call");
}

impl Call {
    /// A server whose API is at `origin`.
    fn engine(&self, origin: &str, options: &[&str]) -> (Engine, Arc<Metrics>) {
        let env = |name: &str| {
            let mut servers = self.cases["servers"].as_array().into_iter().flatten();
            if servers.any(|server| server == name) {
                return Some(origin.to_owned());
            }
            Some(self.cases["credentials"].get(name)?.as_str()?.to_owned())
        };
        let mut args = vec!["faults".into()];
        args.extend(options.iter().map(Into::into));
        let settings = Settings::read(&SERVER, args, &env, &|_| Ok(String::new()));
        let settings = settings.expect("the options are right").engine;
        let metrics = Arc::new(Metrics::default());
        let engine = Engine::new(
            SERVER,
            Arc::new(Nothing),
            settings,
            &env,
            Arc::clone(&metrics),
        );
        (engine.expect("base URLs and credentials suffice"), metrics)
    }

    async fn of(&self, engine: &Engine) -> ToolResult {
        let arguments = self.case["arguments"].as_object().cloned();
        let calling = engine.call(
            self.tool.name,
            arguments.unwrap_or_default(),
            CallContext::default(),
        );
        calling.await.expect("the tool exists")
    }

    /// Calls once. The end is an error and what it says, or none.
    async fn judged(
        &self,
        about: &str,
        origin: &str,
        options: &[&str],
        (error, says): (Option<ErrorType>, &str),
    ) -> ToolResult {
        let (engine, metrics) = self.engine(origin, options);
        let result = self.of(&engine).await;
        let text = result.as_text();
        let about = format!("{about}: {text}");
        assert_eq!(result.error, error, "{about}");
        assert!(text.contains(says), "{about}");
        if matches!(error, Some(ErrorType::Timeout | ErrorType::Connect)) {
            assert!(text.contains(origin), "{about}");
        }
        for (name, secret) in self.cases["credentials"].as_object().into_iter().flatten() {
            let secret = secret.as_str().expect("a credential is text");
            assert!(
                !format!("{result:?}").contains(secret),
                "{name} is in {about}"
            );
        }
        let counted = metrics.text();
        let status = if error.is_some() { "error" } else { "ok" };
        let calls = format!("tool_name=\"{}\",status=\"{status}\"}} 1\n", self.tool.name);
        assert!(counted.contains(&calls), "{about}\n{counted}");
        assert!(counted.contains("mcp_in_flight 0\n"), "{about}\n{counted}");
        result
    }

    /// Whether requests may have a key that makes them repeatable.
    fn has_key(&self) -> bool {
        let mut parameters = self.tool.parameters.iter();
        parameters.any(|parameter| parameter.name.eq_ignore_ascii_case("idempotency-key"))
    }
}

/// An API with a fault.
struct Api {
    address: String,
    /// Hears of each connection that has ended.
    ended: UnboundedReceiver<()>,
    listening: tokio::task::JoinHandle<()>,
}

impl Api {
    /// Does with each request, which has a connection of its own, what `acts` says; it is given the request's number.
    async fn start(acts: impl Fn(usize) -> Acts + 'static + std::marker::Send) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (ending, ended) = unbounded_channel();
        let listening = tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(serve(stream, acts(number), ending.clone()));
            }
        });
        Self {
            address,
            ended,
            listening,
        }
    }

    fn origin(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// Sees that there were so many requests, and that their connections end.
    async fn saw(&mut self, requests: usize, about: &str) {
        for _ in 0..requests {
            let ended = timeout(LONG, self.ended.recv()).await;
            assert!(ended.is_ok(), "a connection outlives its call: {about}");
        }
        assert!(
            self.ended.is_empty(),
            "more than {requests} requests: {about}"
        );
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, acts: Acts, ending: UnboundedSender<()>) {
    if read(&mut stream).await.is_some() {
        for act in acts {
            if act.done(&mut stream).await.is_none() {
                break;
            }
        }
    }
    drop(stream);
    let _ = ending.send(());
}

impl Act {
    /// `None` when the connection is gone.
    async fn done(self, stream: &mut TcpStream) -> Option<()> {
        match self {
            Send(bytes) => stream.write_all(bytes).await.ok(),
            Wait(time) => {
                sleep(time).await;
                Some(())
            }
            Silence => {
                while stream.read(&mut [0; 64]).await.ok()? > 0 {}
                None
            }
            Drip(bytes) => loop {
                stream.write_all(bytes).await.ok()?;
                sleep(Duration::from_millis(10)).await;
            },
            Reset => stream.set_zero_linger().ok(),
        }
    }
}

/// Reads a request, or the first that is said in TLS.
async fn read(stream: &mut TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(());
            }
        }
        if bytes[0] == TLS_HANDSHAKE {
            return Some(());
        }
    }
}
