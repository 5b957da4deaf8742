//! A dynamic tool table and the forwarding of one call.
//!
//! Shared by rawfwd (no SDK) and rmcpfwd (the official SDK), so that the two differ in the protocol layer only. It
//! validates nothing and keeps no metrics: it is the limit that a server with all of that is held against.

use std::{collections::HashMap, error::Error, fs};

use axum::{
    body::Bytes,
    http::{Method, Request, header},
};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

/// RFC 3986 §2.3: what stands for itself anywhere.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const IDLE_CONNECTIONS: usize = 256;
const TOKEN: &str = "Bearer bench-token";

/// One row of the tool table.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolDef {
    /// As `tools/list` has it.
    pub name: String,
    /// As `tools/list` has it.
    pub description: String,
    /// As `tools/list` has it.
    pub input_schema: Map<String, Value>,
    method: String,
    path: String,
    /// Argument name to where it goes: `path`, `query` or `body`.
    params: HashMap<String, String>,
}

enum Upstream {
    Reqwest(reqwest::Client),
    /// `--lean`: hyper-util's client in its place.
    Lean(Client<HttpConnector, Full<Bytes>>),
}

/// What the upstream answered.
pub struct Forwarded {
    /// Whether the result is to be marked as an error.
    pub is_error: bool,
    /// The body as it came, or a sentence.
    pub text: String,
}

impl Forwarded {
    fn error(text: &str) -> Self {
        Self {
            is_error: true,
            text: text.to_owned(),
        }
    }
}

/// The tool table and the client that calls the upstream.
pub struct Forwarder {
    /// In the order of the table.
    pub tools: Vec<ToolDef>,
    index: HashMap<String, usize>,
    upstream: Upstream,
    base: String,
}

impl Forwarder {
    /// Reads `--tools` and `--base` from the command line.
    ///
    /// # Errors
    /// If one is missing, or the table cannot be read.
    pub fn from_command_line() -> Result<Self, Box<dyn Error>> {
        let file = option("--tools").ok_or("--tools is missing")?;
        let base = option("--base").ok_or("--base is missing")?;
        let tools: Vec<ToolDef> = serde_json::from_str(&fs::read_to_string(file)?)?;
        let index = tools
            .iter()
            .enumerate()
            .map(|(at, tool)| (tool.name.clone(), at))
            .collect();
        let upstream = if switch("--lean") {
            let mut tcp = HttpConnector::new();
            tcp.set_nodelay(true);
            Upstream::Lean(
                Client::builder(TokioExecutor::new())
                    .pool_max_idle_per_host(IDLE_CONNECTIONS)
                    .build(tcp),
            )
        } else {
            Upstream::Reqwest(
                reqwest::Client::builder()
                    .pool_max_idle_per_host(IDLE_CONNECTIONS)
                    .build()?,
            )
        };
        Ok(Self {
            tools,
            index,
            upstream,
            base: base.trim_end_matches('/').into(),
        })
    }

    /// Performs one call.
    ///
    /// # Errors
    /// For an unknown tool.
    pub async fn call(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Forwarded, String> {
        let tool = &self.tools[*self
            .index
            .get(name)
            .ok_or_else(|| format!("unknown tool: {name}"))?];
        let url = match self.url(tool, arguments) {
            Ok(url) => url,
            Err(missing) => return Ok(Forwarded::error(&format!("missing argument: {missing}"))),
        };
        let body = arguments
            .iter()
            .find(|(name, _)| tool.params.get(*name).is_some_and(|place| place == "body"));
        let body = body.map(|(_, value)| value.to_string());
        let forwarded = match &self.upstream {
            Upstream::Reqwest(client) => by_reqwest(client, &tool.method, url, body).await,
            Upstream::Lean(client) => by_hyper(client, &tool.method, url, body).await,
        };
        Ok(forwarded.unwrap_or_else(|error| Forwarded::error(&error.to_string())))
    }

    fn url(&self, tool: &ToolDef, arguments: &Map<String, Value>) -> Result<String, String> {
        let mut url = String::with_capacity(128);
        url.push_str(&self.base);
        let mut rest = tool.path.as_str();
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            url.push_str(before);
            push(&mut url, arguments.get(name).ok_or(name)?);
            rest = after;
        }
        url.push_str(rest);
        let mut separator = '?';
        for (name, value) in arguments {
            if tool.params.get(name).is_some_and(|place| place == "query") {
                for value in value
                    .as_array()
                    .map_or(std::slice::from_ref(value), Vec::as_slice)
                {
                    url.push(separator);
                    separator = '&';
                    url.extend(utf8_percent_encode(name, RESERVED));
                    url.push('=');
                    push(&mut url, value);
                }
            }
        }
        Ok(url)
    }
}

fn push(url: &mut String, value: &Value) {
    match value {
        Value::String(text) => url.extend(utf8_percent_encode(text, RESERVED)),
        other => url.extend(utf8_percent_encode(&other.to_string(), RESERVED)),
    }
}

async fn by_reqwest(
    client: &reqwest::Client,
    method: &str,
    url: String,
    body: Option<String>,
) -> Result<Forwarded, Box<dyn Error + Send + Sync>> {
    let mut request = client
        .request(Method::from_bytes(method.as_bytes())?, url)
        .header(header::AUTHORIZATION, TOKEN);
    if let Some(body) = body {
        request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
    }
    let response = request.send().await?;
    let is_error = !response.status().is_success();
    Ok(Forwarded {
        is_error,
        text: String::from_utf8_lossy(&response.bytes().await?).into_owned(),
    })
}

async fn by_hyper(
    client: &Client<HttpConnector, Full<Bytes>>,
    method: &str,
    url: String,
    body: Option<String>,
) -> Result<Forwarded, Box<dyn Error + Send + Sync>> {
    let mut request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, TOKEN);
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let response = client
        .request(request.body(Full::from(body.unwrap_or_default()))?)
        .await?;
    let is_error = !response.status().is_success();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Forwarded {
        is_error,
        text: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// `--flag value` from the command line.
#[must_use]
pub fn option(flag: &str) -> Option<String> {
    let mut words = std::env::args();
    words.find(|word| word == flag)?;
    words.next()
}

/// `--flag` from the command line.
#[must_use]
pub fn switch(flag: &str) -> bool {
    std::env::args().any(|word| word == flag)
}
