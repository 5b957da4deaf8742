//! From a tool's name and arguments to a result: the part of the server that knows no transport.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::custom::Custom;
use super::metrics::Metrics;
use super::tool::ServerDef;

/// What the engine needs to know beyond the tools; `settings` reads it from flags, variables and files.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// `API_BASE_URL` and `API_BASE_URL_<N>` by the index of the server.
    pub base_urls: BTreeMap<usize, String>,
    /// `--connect-timeout` (`MCP_CONNECT_TIMEOUT`), default 10 s.
    pub connect_timeout: Duration,
    /// `--read-timeout` (`MCP_READ_TIMEOUT`), default 30 s: the longest silence of the upstream.
    pub read_timeout: Duration,
    /// `--timeout` (`MCP_TIMEOUT`), default 60 s: a whole call.
    pub total_timeout: Duration,
    /// `--max-response-bytes` (`MCP_MAX_RESPONSE_BYTES`), default 1 MiB: what is read of a response body.
    pub max_response_bytes: usize,
    /// `--max-result-chars` (`MCP_MAX_RESULT_CHARS`), default 100,000: the longest text block of a result.
    pub max_result_chars: usize,
    /// `--lenient`: one value is taken for an array of one.
    pub lenient: bool,
    /// `--forward-auth`, by scheme; the key `""` stands for every scheme.
    pub forward_auth: BTreeMap<String, ForwardAuth>,
}

/// Where the client's own credential for a scheme comes from (design: default off).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardAuth {
    /// It is not taken from the client.
    Off,
    /// From the client's `Authorization` header.
    Authorization,
    /// From this header of the client, lower case.
    Header(String),
    /// From `_meta.authorization` of the request.
    Meta,
}

/// A tool as clients see it.
#[derive(Debug, Clone)]
pub struct ListedTool {
    /// The name.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// What the model reads.
    pub description: String,
    /// The advertised input schema.
    pub input_schema: Arc<Map<String, Value>>,
    /// The output schema.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// The four hints.
    pub hints: super::tool::Hints,
}

/// What a transport knows about a call.
#[derive(Debug, Clone, Default)]
pub struct CallContext {
    /// Identifies the call in logs and in `_meta` of error results.
    pub request_id: String,
    /// The HTTP headers of the client's request; empty over stdio.
    pub headers: http::HeaderMap,
    /// `_meta` of the client's request.
    pub meta: Map<String, Value>,
    /// Fires when the client no longer wants the answer.
    pub cancelled: CancellationToken,
    /// Where progress goes, when the client asked for it.
    pub progress: Option<Progress>,
}

/// Sends progress to the client: `(progress, total, message)`. `progress` must grow.
#[derive(Clone)]
pub struct Progress(pub Arc<dyn Fn(f64, Option<f64>, String) + Send + Sync>);

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Progress")
    }
}

/// One block of a result (MCP, server/tools, "Tool result").
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// An image: base64 and media type.
    Image(String, String),
    /// Audio: base64 and media type.
    Audio(String, String),
    /// Other bytes, embedded: URI, media type and base64.
    Blob(String, String, String),
}

/// The answer to a call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolResult {
    /// What the model reads.
    pub content: Vec<Content>,
    /// `structuredContent`; never set together with `error`.
    pub structured: Option<Value>,
    /// Why the call failed; `isError` is sent when it is set.
    pub error: Option<ErrorType>,
    /// What goes into `_meta` of the result.
    pub meta: Map<String, Value>,
}

/// The label `error_type` of `mcp_tool_errors_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorType {
    /// The arguments do not fit the schema.
    InvalidArguments,
    /// A credential is missing, or the upstream answered 401.
    Unauthorized,
    /// The upstream answered 403.
    Forbidden,
    /// The upstream answered 429.
    RateLimited,
    /// Another 4xx.
    Upstream4xx,
    /// A 5xx.
    Upstream5xx,
    /// No answer in time.
    Timeout,
    /// No connection.
    Connect,
    /// The response was larger than what is read.
    TooLarge,
    /// The client cancelled the call.
    Cancelled,
    /// Anything else.
    Internal,
}

/// There is no tool of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTool {
    /// What was asked for.
    pub name: String,
    /// The most similar names, best first, at most three.
    pub nearest: Vec<String>,
}

/// Something is wrong with the configuration; the server does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError(pub String);

/// The tools of one API, ready to be called.
pub struct Engine {}

impl Engine {
    /// Prepares the tools. Reads the credentials' variables through `env` (so that tests need no process
    /// environment) and the files that they name.
    ///
    /// # Errors
    /// A bad or missing base URL, a credential given twice, or a credential file that cannot be read: one line.
    pub fn new(
        _def: ServerDef,
        _custom: Arc<dyn Custom>,
        _settings: EngineSettings,
        _env: &dyn Fn(&str) -> Option<String>,
        _metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        unimplemented!()
    }

    /// The facts about the server.
    #[must_use]
    pub fn def(&self) -> &ServerDef {
        unimplemented!()
    }

    /// All tools in the order in which they are listed; parsed on first use.
    #[must_use]
    pub fn tools(&self) -> &[ListedTool] {
        unimplemented!()
    }

    /// One line for each credential that is absent, naming its variables and the tools that need it.
    #[must_use]
    pub fn missing_credentials(&self) -> Vec<String> {
        unimplemented!()
    }

    /// Host and port of the default upstream, for `--ready-upstream`.
    #[must_use]
    pub fn upstream_host(&self) -> Option<(String, u16)> {
        unimplemented!()
    }

    /// Calls a tool. Everything that goes wrong with the call itself is a [`ToolResult`] with `error` set.
    ///
    /// # Errors
    /// [`UnknownTool`] when there is none of this name.
    pub async fn call(
        &self,
        _name: &str,
        _arguments: Map<String, Value>,
        _ctx: CallContext,
    ) -> Result<ToolResult, UnknownTool> {
        unimplemented!()
    }
}

#[expect(unused, reason = "skeleton")]
fn unused(_: PathBuf) {}
