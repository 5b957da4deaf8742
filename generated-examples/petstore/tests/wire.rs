//! For each tool: example arguments, and the HTTP request that they become at a mock of the API.
//!
//! The calls stand in wire.json. mcpgen worked the requests out from the API's description, without the runtime.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use petstore_mcp::SERVER;
use petstore_mcp::runtime::custom::Nothing;
use petstore_mcp::runtime::engine::{CallContext, Engine};
use petstore_mcp::runtime::metrics::Metrics;
use petstore_mcp::runtime::settings::Settings;

/// A request as the mock received it.
struct Request {
    method: String,
    path: String,
    /// The pairs of the query, sorted.
    query: Vec<String>,
    /// By lower-case name.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

#[test]
fn every_call_becomes_its_request() {
    let cases: Value = serde_json::from_str(include_str!("wire.json")).expect("wire.json is JSON");
    let (address, requests) = mock();
    let engine = engine(&cases, &format!("http://{address}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut failures = Vec::new();
    for case in cases["calls"].as_array().expect("the calls are a list") {
        let tool = case["tool"].as_str().expect("a call names its tool");
        let arguments = case["arguments"].as_object().cloned().unwrap_or_default();
        let result = runtime
            .block_on(engine.call(tool, arguments, CallContext::default()))
            .expect("the tool exists");
        match requests.try_recv() {
            Ok(request) => failures.extend(differences(tool, &case["request"], &request)),
            Err(_) => failures.push(format!("{tool}: no request; {}", result.as_text())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A server whose API is at `base_url`, with all credentials of wire.json.
fn engine(cases: &Value, base_url: &str) -> Engine {
    let env = |name: &str| {
        let servers = cases["servers"].as_array().expect("the servers are a list");
        if servers.iter().any(|server| server == name) {
            return Some(base_url.to_owned());
        }
        Some(cases["credentials"].get(name)?.as_str()?.to_owned())
    };
    let settings = Settings::read(&SERVER, vec!["wire".into()], &env, &|_| Ok(String::new()))
        .expect("no option is set");
    let metrics = Arc::new(Metrics::default());
    Engine::new(SERVER, Arc::new(Nothing), settings.engine, &env, metrics)
        .expect("base URLs and credentials are all that it needs")
}

/// What is not as it should be.
fn differences(tool: &str, expected: &Value, request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, expected: &Value, is: Value| {
        if *expected != is {
            found.push(format!("{tool}: {what} should be {expected}, is {is}"));
        }
    };
    compare("method", &expected["method"], request.method.clone().into());
    compare("path", &expected["path"], request.path.clone().into());
    let mut query = expected["query"].as_array().cloned().unwrap_or_default();
    query.sort_by_key(ToString::to_string);
    compare("query", &query.into(), request.query.clone().into());
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let is = request.headers.get(name).map(String::as_str);
        compare(&format!("header {name}"), value, is.into());
    }
    if let Some(json) = expected.get("json") {
        let is = serde_json::from_slice(&request.body).unwrap_or_default();
        compare("body", json, is);
    } else {
        let text = expected.get("text").cloned().unwrap_or("".into());
        compare("body", &text, String::from_utf8_lossy(&request.body).into());
    }
    found
}

/// An API that answers every request with an empty JSON object and passes the request on.
fn mock() -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, receiver) = channel();
    let sender = Arc::new(Mutex::new(sender));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = Arc::clone(&sender);
            thread::spawn(move || answer(stream, &sender));
        }
    });
    (address, receiver)
}

/// Answers the requests of a connection until it ends.
fn answer(stream: TcpStream, sender: &Mutex<Sender<Request>>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader)?;
        let sender = sender.lock().ok()?;
        sender.send(request).ok()?;
        writer
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            )
            .ok()?;
    }
}

/// Reads a request; `None` at the end of the connection.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let line = line(reader)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query: Vec<String> = query.split('&').map(str::to_owned).collect();
    query.retain(|pair| !pair.is_empty());
    query.sort_by_key(|pair| Value::from(pair.as_str()).to_string());
    let path = path.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let line = self::line(reader)?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap_or(0))];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        query,
        headers,
        body,
    })
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = reader.read_line(&mut line).ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}
