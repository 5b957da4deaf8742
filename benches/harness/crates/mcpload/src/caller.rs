//! One client on one connection: where its messages go and where the replies come from.

use std::time::Duration;

use bytes::Bytes;
use hyper::Uri;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{
    Outcome,
    connection::{Connection, Events, Headers},
    protocol, sentence,
};

const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// A client that is ready to call.
pub(crate) struct Caller {
    connection: Connection,
    method: String,
    target: String,
    headers: Headers,
    /// Where replies come from when they do not stand in the answer to the POST.
    events: Option<Events>,
}

fn target(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned()
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn mcp_headers() -> Headers {
    vec![
        header("content-type", "application/json"),
        header("accept", "application/json, text/event-stream"),
    ]
}

impl Caller {
    /// A client of the REST upstream.
    pub(crate) async fn rest(uri: &Uri, method: &str) -> Outcome<Self> {
        let headers = vec![
            header("authorization", "Bearer bench-token"),
            header("content-type", "application/json"),
        ];
        let connection = Connection::open(uri).await?;
        Ok(Self {
            connection,
            method: method.to_owned(),
            target: target(uri),
            headers,
            events: None,
        })
    }

    /// A client that posts to a streamable HTTP endpoint, without a handshake.
    async fn post(uri: &Uri, headers: Headers) -> Outcome<Self> {
        let connection = Connection::open(uri).await?;
        Ok(Self {
            connection,
            method: "POST".into(),
            target: target(uri),
            headers,
            events: None,
        })
    }

    /// A client of the stateless protocol, which names the tool in a header.
    pub(crate) async fn modern(uri: &Uri, tool: &str) -> Outcome<Self> {
        let mut headers = mcp_headers();
        headers.push(header("mcp-protocol-version", protocol::MODERN));
        headers.push(header("mcp-method", "tools/call"));
        headers.push(header("mcp-name", tool));
        Self::post(uri, headers).await
    }

    /// A client of streamable HTTP after the handshake, in a session of its own if the server keeps sessions.
    pub(crate) async fn streamable(uri: &Uri, protocol: &str, key: Option<&str>) -> Outcome<Self> {
        let mut headers = mcp_headers();
        headers.extend(key.map(|key| header("x-api-key", key)));
        let mut caller = Self::post(uri, headers).await?;
        let body = protocol::initialize(protocol).to_string().into();
        let answer = caller
            .connection
            .exchange("POST", &caller.target, &caller.headers, body)
            .await?;
        let agreed = agreed_version(&answer.body)
            .map_err(|e| format!("initialize: HTTP {}: {e}", answer.status))?;
        caller.headers.push(header("mcp-protocol-version", &agreed));
        if let Some(session) = answer.session {
            caller.headers.push(header("mcp-session-id", &session));
        }
        caller.notify_initialized().await?;
        Ok(caller)
    }

    /// A second client in the session of the first.
    pub(crate) async fn in_the_session_of(first: &Self, uri: &Uri) -> Outcome<Self> {
        Self::post(uri, first.headers.clone()).await
    }

    /// A client of the HTTP+SSE transport (2024-11-05): the stream's first event names where to post.
    pub(crate) async fn http_sse(uri: &Uri) -> Outcome<Self> {
        let mut events = Connection::open(uri).await?.into_events(&Headers::new())?;
        let endpoint = timeout(REPLY_LIMIT, events.recv())
            .await
            .ok()
            .flatten()
            .ok_or("no endpoint event")?;
        let endpoint: Uri = std::str::from_utf8(&endpoint)
            .map_err(sentence)?
            .parse()
            .map_err(sentence)?;
        let connection = Connection::open(uri).await?;
        let (target, headers) = (target(&endpoint), mcp_headers());
        let mut caller = Self {
            connection,
            method: "POST".into(),
            target,
            headers,
            events: Some(events),
        };
        let body = caller
            .ask(protocol::initialize(protocol::LEGACY).to_string().into())
            .await?;
        agreed_version(&body).map_err(|e| format!("initialize: {e}"))?;
        caller.notify_initialized().await?;
        Ok(caller)
    }

    /// Takes replies from the session's GET stream from now on.
    pub(crate) async fn listen(&mut self, uri: &Uri) -> Outcome<()> {
        self.events = Some(Connection::open(uri).await?.into_events(&self.headers)?);
        sleep(Duration::from_millis(200)).await; // nothing says that the stream stands before the first event
        Ok(())
    }

    async fn notify_initialized(&mut self) -> Outcome<()> {
        let body = protocol::initialized().to_string().into();
        let answer = self
            .connection
            .exchange("POST", &self.target, &self.headers, body)
            .await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(format!(
            "initialized: HTTP {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        ))
    }

    /// Sends one message and waits for its reply.
    pub(crate) async fn ask(&mut self, message: Bytes) -> Outcome<Bytes> {
        let answer = self
            .connection
            .exchange(&self.method, &self.target, &self.headers, message)
            .await?;
        if !answer.status.is_success() {
            return Err(format!(
                "HTTP {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            ));
        }
        let Some(events) = &mut self.events else {
            return Ok(answer.body);
        };
        loop {
            let event = timeout(REPLY_LIMIT, events.recv())
                .await
                .ok()
                .flatten()
                .ok_or("no reply on the stream")?;
            if !protocol::is_not_a_reply(&event) {
                return Ok(event);
            }
        }
    }

    /// Closes the session, so that later runs do not pay for it.
    pub(crate) async fn close(mut self) {
        if self
            .headers
            .iter()
            .any(|(name, _)| name == "mcp-session-id")
        {
            let bye = self
                .connection
                .exchange("DELETE", &self.target, &self.headers, Bytes::new());
            let _ = timeout(Duration::from_secs(2), bye).await;
        }
    }
}

fn agreed_version(body: &[u8]) -> Outcome<String> {
    let reply: Value = protocol::reply(body)?;
    reply["result"]["protocolVersion"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| reply.to_string())
}
