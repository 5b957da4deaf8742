//! What the owner's own tools call: the generated tools, and the API itself.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call;
use super::custom::{BoxFuture, Refusal};
use super::engine::{CallContext, ErrorType, Inner, ToolResult};
use super::request::own;
use super::text;

/// The API, as the handler of an own tool sees it.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
    context: CallContext,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Api")
    }
}

impl Api {
    pub(super) fn new(inner: Arc<Inner>, context: &CallContext) -> Self {
        // Progress is the outer call's: two calls would make it jump back.
        let context = CallContext {
            progress: None,
            ..context.clone()
        };
        Self { inner, context }
    }

    /// Calls another tool of this server with the credentials and the request id of this call. Hooks run for it as
    /// for any call.
    ///
    /// # Errors
    /// The text of the tool's error result, or that there is no such tool.
    #[must_use = "the tool is called when this is awaited"]
    pub fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: Value,
    ) -> BoxFuture<'a, Result<ToolResult, Refusal>> {
        Box::pin(async move {
            let arguments = match arguments {
                Value::Object(arguments) => arguments,
                _ => Map::new(),
            };
            // The owner's code may use tools that its caller does not see; their bindings and guards hold all the same.
            let view = self.inner.policies.everything();
            let found = self.inner.catalog.position(tool);
            let found = found.filter(|position| view.sees(*position));
            let found = found.map(|position| (position, &*view));
            let context = self.context.clone();
            match call::run(&self.inner, tool, found, arguments, context).await {
                None => Err(Refusal {
                    text: format!("there is no tool `{tool}`"),
                    kind: ErrorType::Internal,
                }),
                Some(ToolResult {
                    error: Some(kind),
                    content,
                    ..
                }) => Err(Refusal {
                    text: ToolResult {
                        content,
                        ..ToolResult::default()
                    }
                    .as_text(),
                    kind,
                }),
                Some(result) => Ok(result),
            }
        })
    }

    /// Sends a request that no tool makes to the API's default server. Redirects, timeouts and limits are those of
    /// any call.
    ///
    /// # Errors
    /// The request cannot be made, or there is no answer. A status of 400 and above is an answer.
    pub async fn send(&self, request: ApiRequest) -> Result<ApiResponse, Refusal> {
        let refuse = |text: String| Refusal {
            text,
            kind: ErrorType::Internal,
        };
        let credentials = match &request.credentials_of {
            Some(tool) => call::credentials_of(&self.inner, tool, &self.context).await?,
            None => Vec::new(),
        };
        let placed: Vec<_> = credentials.iter().map(|found| &found.placed).collect();
        let base = (self.inner.bases.get(0)).map_err(|problem| refuse(problem.to_owned()))?;
        let user_agent = self.inner.catalog.user_agent();
        let outgoing = own::outgoing(&request, base, user_agent, &placed).map_err(refuse)?;
        let (status, bytes) = call::fetch(&self.inner, outgoing).await?;
        let mut text = text::visible(text::decode(&bytes, None));
        for credential in &credentials {
            credential.redact(&mut text);
        }
        Ok(ApiResponse {
            status,
            text: text.into_owned(),
        })
    }
}

/// A request to the API.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) json: Option<Value>,
    credentials_of: Option<String>,
}

impl ApiRequest {
    /// A request with this method. `path` is written as it is, behind the base URL: put values in with
    /// [`ApiRequest::segment`] and [`ApiRequest::query`].
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            segments: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            json: None,
            credentials_of: None,
        }
    }

    /// A `GET` request.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// Appends a segment to the path, encoded.
    #[must_use]
    pub fn segment(mut self, value: impl fmt::Display) -> Self {
        self.segments.push(value.to_string());
        self
    }

    /// Adds a parameter to the query, encoded.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends this JSON as the body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.json = Some(body);
        self
    }

    /// Sends the credentials that this tool sends.
    #[must_use]
    pub fn credentials_of(mut self, tool: impl Into<String>) -> Self {
        self.credentials_of = Some(tool.into());
        self
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The API's answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ApiResponse {
    status: u16,
    text: String,
}

impl ApiResponse {
    /// The status: 200 and the like.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as text, without what cannot be seen.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_str(&self.text).map_err(|_| Refusal {
            text: "the API's answer is not the JSON that was expected".to_owned(),
            kind: ErrorType::Internal,
        })
    }
}
