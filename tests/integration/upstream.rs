//! A REST API for tests: answers each request by a rule and remembers the bytes that came.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// `GET /orders?a=b`.
    pub(crate) line: String,
    /// Names in lower case, in the order of arrival.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    /// The value of the only header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A running API.
pub(crate) struct Upstream {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Upstream {
    /// Answers every request with what `rule` gives: a status line such as `200 OK`, a media type and a body.
    pub(crate) fn start(
        rule: impl Fn(&Received) -> (&'static str, &'static str, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("is bound"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, rule) = (received.clone(), Arc::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, rule) = (log.clone(), rule.clone());
                std::thread::spawn(move || converse(&stream, &log, rule.as_ref()));
            }
        });
        Self { url, received }
    }

    /// All requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no test thread panicked")
            .clone()
    }
}

fn converse(
    stream: &TcpStream,
    log: &Mutex<Vec<Received>>,
    rule: &dyn Fn(&Received) -> (&'static str, &'static str, String),
) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = receive(&mut reader) {
        let (status, media_type, body) = rule(&request);
        log.lock().expect("no test thread panicked").push(request);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut writer = stream;
        if writer
            .write_all(format!("{head}{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

fn receive(reader: &mut impl BufRead) -> Option<Received> {
    let line = text_line(reader)?;
    let line = line.strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let header = text_line(reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ")?;
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn text_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}
