//! What the owner adds in `src/custom.rs`: tools of their own, and hooks around every call.
//!
//! Every type here is ours: none of the libraries below shows, so that an owner's file survives their new versions.
//! What the hooks are called with, and when, is decided in `engine`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Map, Value};

use super::engine::{CallContext, ErrorType, ToolResult};
pub use super::handle::{Api, ApiRequest, ApiResponse};
pub use super::identity::Identity;
use super::operations::Doing;
use super::tool::Hints;

/// Implemented by `src/custom.rs`. Every method has a default that does nothing.
///
/// A hook has the time of `--hook-timeout`, which ends what waits. Work that blocks its thread holds up other calls: give it to
/// `tokio::task::spawn_blocking`. Code that was seen to block runs on threads of its own from then on, which costs each call more.
///
/// ```ignore
/// impl Custom for Mine {
///     async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
///         call.add_header("X-Tenant", "acme");
///         Ok(())
///     }
/// }
/// ```
pub trait Custom: Send + Sync + 'static {
    /// Tools beside the generated ones. Asked for once, at start.
    fn tools(&self) -> Vec<CustomTool> {
        Vec::new()
    }

    /// Runs before a call's arguments are checked. It may change them, add headers to the request, or refuse the call.
    fn before(&self, call: &mut Call) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = call;
        std::future::ready(Ok(()))
    }

    /// Runs after a call that succeeded. It may change the result.
    fn after(&self, call: &Call, result: &mut ToolResult) -> impl Future<Output = ()> + Send {
        let _ = (call, result);
        std::future::ready(())
    }

    /// Runs when tools are listed. It may hide tools from the list and describe them anew; who calls a tool that is hidden
    /// there still gets to [`Custom::before`], which refuses calls.
    fn on_list(&self, list: &mut ToolList<'_>) -> impl Future<Output = ()> + Send {
        let _ = list;
        std::future::ready(())
    }

    /// Runs after a call that failed, in the place of [`Custom::after`]. It may change the result.
    fn on_error(&self, call: &Call, result: &mut ToolResult) -> impl Future<Output = ()> + Send {
        let _ = (call, result);
        std::future::ready(())
    }
}

/// Adds nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Custom for Nothing {}

/// A call on its way to a tool.
#[derive(Clone)]
#[non_exhaustive]
pub struct Call {
    pub(super) tool: Arc<str>,
    pub(super) arguments: Map<String, Value>,
    pub(super) headers: Vec<(String, String)>,
    /// The token by which the user is said to agree.
    pub(super) confirmation: Option<Value>,
    /// The parts of the answer that are wanted.
    pub(super) fields: Option<Value>,
    /// The jq program that the answer is given to.
    pub(super) jq: Option<Value>,
    pub(super) context: CallContext,
}

impl Call {
    /// The name of the tool.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The arguments: as the client sent them in `before`, checked and coerced afterwards.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// The arguments, to be changed.
    pub fn arguments_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.arguments
    }

    /// The argument of this name, if it is a string.
    #[must_use]
    pub fn text(&self, argument: &str) -> Option<&str> {
        self.arguments.get(argument)?.as_str()
    }

    /// Adds a header to the request, in the place of one of the same name that an argument set.
    pub fn add_header(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.headers.push((name.into(), value.into()));
    }

    /// A header of the client's own request; always `None` over stdio.
    #[must_use]
    pub fn client_header(&self, name: &str) -> Option<&str> {
        self.context.headers.get(name)?.to_str().ok()
    }

    /// `_meta` of the client's request.
    #[must_use]
    pub fn meta(&self) -> &Map<String, Value> {
        &self.context.meta
    }

    /// Who calls, where that was proven.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.context.identity.as_ref()
    }

    /// What identifies the call in the log.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.context.request_id
    }
}

impl fmt::Debug for Call {
    // Neither arguments nor headers: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("tool", &self.tool)
            .field("request_id", &self.context.request_id)
            .finish_non_exhaustive()
    }
}

/// The tools that a caller is about to see.
#[derive(Debug)]
#[non_exhaustive]
pub struct ToolList<'a> {
    pub(super) names: Vec<&'a str>,
    pub(super) identity: Option<&'a Identity>,
    pub(super) headers: Option<&'a HeaderMap>,
    pub(super) changes: ListChanges,
}

/// What is other in a list than in the one that everybody gets.
#[derive(Debug, Default)]
pub(super) struct ListChanges {
    pub(super) hidden: HashSet<String>,
    pub(super) descriptions: HashMap<String, String>,
}

impl ListChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.hidden.is_empty() && self.descriptions.is_empty()
    }
}

impl ToolList<'_> {
    /// The names of the tools, in their order.
    #[must_use]
    pub fn names(&self) -> &[&str] {
        &self.names
    }

    /// Leaves a tool out.
    pub fn hide(&mut self, tool: impl Into<String>) {
        self.changes.hidden.insert(tool.into());
    }

    /// Gives a tool another description for the model.
    pub fn describe(&mut self, tool: impl Into<String>, description: impl Into<String>) {
        let descriptions = &mut self.changes.descriptions;
        descriptions.insert(tool.into(), description.into());
    }

    /// A header of the client's own request; always `None` over stdio.
    #[must_use]
    pub fn client_header(&self, name: &str) -> Option<&str> {
        self.headers?.get(name)?.to_str().ok()
    }

    /// Who asks, where that was proven.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity
    }
}

/// Why `before` refuses a call: text that the model reads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    pub(super) text: String,
    pub(super) kind: ErrorType,
}

impl Refusal {
    /// Refuses with this text; counted as `denied`.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind: ErrorType::Forbidden,
        }
    }
}

impl From<Refusal> for ToolResult {
    fn from(refusal: Refusal) -> Self {
        Self::failure(refusal.kind, refusal.text)
    }
}

/// A tool that the owner wrote.
#[derive(Clone)]
#[non_exhaustive]
pub struct CustomTool {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) input_schema: Map<String, Value>,
    pub(super) hints: Hints,
    pub(super) does: Does,
}

/// What a call of a tool without an operation of its own does.
#[derive(Clone)]
pub(super) enum Does {
    /// What the owner wrote.
    Handler(Handler),
    /// Something with work that goes on.
    Follow(Doing),
}

pub(super) type Handler = Arc<dyn Fn(Call, Api) -> BoxFuture<'static, ToolResult> + Send + Sync>;

impl CustomTool {
    /// A tool without arguments that reads only. `name` is `^[a-z][a-z0-9_]*$`.
    pub fn new<H, F>(name: impl Into<String>, handler: H) -> Self
    where
        H: Fn(Call, Api) -> F + Send + Sync + 'static,
        F: Future<Output = ToolResult> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call, api| Box::pin(handler(call, api)));
        Self::of(name.into(), Does::Handler(handler))
    }

    pub(super) fn of(name: String, does: Does) -> Self {
        let mut input_schema = Map::new();
        input_schema.insert("type".to_owned(), "object".into());
        input_schema.insert("properties".to_owned(), Value::Object(Map::new()));
        input_schema.insert("additionalProperties".to_owned(), false.into());
        Self {
            title: name.clone(),
            name,
            description: String::new(),
            input_schema,
            hints: Hints::READ,
            does,
        }
    }

    /// Sets what a person reads.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets what the model reads.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets the JSON Schema of the arguments, usually with `serde_json::json!`. What is not an object is ignored.
    #[must_use]
    pub fn input(mut self, schema: Value) -> Self {
        if let Value::Object(schema) = schema {
            self.input_schema = schema;
        }
        self
    }

    /// Sets what a client may assume of a call.
    #[must_use]
    pub fn hints(mut self, hints: Hints) -> Self {
        self.hints = hints;
        self
    }
}

impl fmt::Debug for CustomTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomTool")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// [`Custom`] behind a pointer. Implemented for every [`Custom`]; there is no reason to implement it otherwise.
pub trait AnyCustom: Send + Sync + 'static {
    /// [`Custom::tools`].
    fn tools(&self) -> Vec<CustomTool>;
    /// [`Custom::before`].
    fn before<'a>(&'a self, call: &'a mut Call) -> BoxFuture<'a, Result<(), Refusal>>;
    /// [`Custom::after`].
    fn after<'a>(&'a self, call: &'a Call, result: &'a mut ToolResult) -> BoxFuture<'a, ()>;
    /// [`Custom::on_list`].
    fn on_list<'a>(&'a self, list: &'a mut ToolList<'_>) -> BoxFuture<'a, ()>;
    /// [`Custom::on_error`].
    fn on_error<'a>(&'a self, call: &'a Call, result: &'a mut ToolResult) -> BoxFuture<'a, ()>;
}

/// The future of a hook or a handler.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<T: Custom> AnyCustom for T {
    fn tools(&self) -> Vec<CustomTool> {
        Custom::tools(self)
    }

    fn before<'a>(&'a self, call: &'a mut Call) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(Custom::before(self, call))
    }

    fn after<'a>(&'a self, call: &'a Call, result: &'a mut ToolResult) -> BoxFuture<'a, ()> {
        Box::pin(Custom::after(self, call, result))
    }

    fn on_list<'a>(&'a self, list: &'a mut ToolList<'_>) -> BoxFuture<'a, ()> {
        Box::pin(Custom::on_list(self, list))
    }

    fn on_error<'a>(&'a self, call: &'a Call, result: &'a mut ToolResult) -> BoxFuture<'a, ()> {
        Box::pin(Custom::on_error(self, call, result))
    }
}
