//! From a tool's name and arguments to a result: the part of the server that knows no transport.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderValue;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::arguments::nearest;
use super::audit::AuditLog;
use super::base_url::Bases;
pub use super::base_url::ServerChoice;
#[cfg(feature = "cache")]
use super::cache::Cache;
pub use super::cache::{CacheSettings, CacheStore, Caching};
use super::call;
pub use super::call::{HookFailure, HookSettings};
use super::catalog::{Catalog, Found, Listing};
use super::completion::choices;
use super::confirmation::Confirmations;
pub use super::confirmation::{Answers, Asker, Asking, ConfirmSettings, Question, Reply};
pub use super::credentials::LoginSettings;
use super::credentials::{Credentials, Logins};
use super::custom::{AnyCustom, ListChanges, ToolList};
use super::identity::Identity;
use super::jq::Programs;
use super::limits::turns::Turns;
use super::limits::{Budgets, LimitSettings, Limits};
use super::metrics::Metrics;
pub use super::operations::FollowSettings;
use super::operations::{Doing, Handles, Missing, with_every_argument};
use super::policy::{Policies, PolicySettings, View};
use super::resilience::{Breaker, ResilienceSettings};
use super::response::Validators;
use super::state::State;
pub use super::state::StateSettings;
pub use super::structured::Structured;
use super::tool::{ServerDef, ToolDef};
use super::upstream::{Proxies, Reach, Trust, Upstream};

/// What the engine needs to know beyond the tools; `settings` reads it from flags, variables and files.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// `API_BASE_URL` and `API_BASE_URL_<N>` by the index of the server.
    pub base_urls: BTreeMap<usize, String>,
    /// `API_SERVER` and `API_SERVER_<VARIABLE>`: what was chosen of the description's servers.
    pub server: ServerChoice,
    /// `--connect-timeout` (`MCP_CONNECT_TIMEOUT`), default 10 s.
    pub connect_timeout: Duration,
    /// `--read-timeout` (`MCP_READ_TIMEOUT`), default 30 s: the longest silence of the upstream.
    pub read_timeout: Duration,
    /// `--timeout` (`MCP_TIMEOUT`), default 60 s: a whole call.
    pub total_timeout: Duration,
    /// `--connection-max-age` (`MCP_CONNECTION_MAX_AGE`), default 5 min: for how long a connection gets more requests.
    pub connection_max_age: Duration,
    /// `--upstream-ca` (`MCP_UPSTREAM_CA`): a PEM file of authorities beside Mozilla's.
    pub upstream_ca: Option<PathBuf>,
    /// `--max-response-bytes` (`MCP_MAX_RESPONSE_BYTES`), default 1 MiB: what is read of a response body.
    pub max_response_bytes: usize,
    /// `--max-result-chars` (`MCP_MAX_RESULT_CHARS`), default 100,000: the longest text block of a result.
    pub max_result_chars: usize,
    /// `--lenient`: one value is taken for an array of one.
    pub lenient: bool,
    /// `--forward-auth`, by scheme; the key `""` stands for every scheme.
    pub forward_auth: BTreeMap<String, ForwardAuth>,
    /// What may be called, and by whom.
    pub policies: PolicySettings,
    /// Headers of the client's request that go on to the API.
    pub forward_headers: Vec<http::HeaderName>,
    /// Whether callers' tokens need the scopes that the API's description names.
    pub checks_scopes: bool,
    /// How often.
    pub limits: LimitSettings,
    /// What becomes of a call whose API fails.
    pub resilience: ResilienceSettings,
    /// How much is kept of answers, and where.
    pub cache: CacheSettings,
    /// Whether and how users log in.
    pub login: LoginSettings,
    /// What replicas share.
    pub state: StateSettings,
    /// What becomes of a call whose hook fails.
    pub hooks: HookSettings,
    /// How users are asked.
    pub confirm: ConfirmSettings,
    /// How work is followed that goes on after the API has answered.
    pub follow: FollowSettings,
    /// `--resources`: GET operations, and the API's description, are resources.
    pub resources: bool,
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

/// A tool as clients see it. Its schemas are JSON text on one line: what is only passed on need not be parsed.
#[derive(Debug, Clone)]
pub struct ListedTool<'a> {
    /// The name.
    pub name: &'a str,
    /// What a person reads.
    pub title: &'a str,
    /// What the model reads.
    pub description: &'a str,
    /// The advertised input schema.
    pub input_schema: Cow<'a, RawValue>,
    /// The output schema.
    pub output_schema: Option<Cow<'a, RawValue>>,
    /// The four hints.
    pub hints: super::tool::Hints,
}

/// What a transport knows about a call.
#[derive(Clone, Default)]
pub struct CallContext {
    /// Identifies the call in logs and in `_meta` of error results.
    pub request_id: String,
    /// The HTTP headers of the client's request; empty over stdio.
    pub headers: http::HeaderMap,
    /// `_meta` of the client's request.
    pub meta: Map<String, Value>,
    /// Who calls, where that was proven.
    pub identity: Option<Identity>,
    /// From where; `None` over stdio.
    pub client: Option<IpAddr>,
    /// Fires when the client no longer wants the answer.
    pub cancelled: CancellationToken,
    /// Where progress goes, when the client asked for it.
    pub progress: Option<Progress>,
    /// How the user can be asked something.
    pub asking: Asking,
    /// Whether a resource is read, which is what the API sent and nothing else.
    pub is_reading: bool,
}

impl std::fmt::Debug for CallContext {
    // Headers and `_meta` may hold the client's credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallContext")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
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
    pub structured: Option<Structured>,
    /// Why the call failed; `isError` is sent when it is set.
    pub error: Option<ErrorType>,
    /// What goes into `_meta` of the result.
    pub meta: Map<String, Value>,
    /// What the user is to be asked before the call is made: then `error` is set too.
    pub question: Option<Box<Question>>,
}

impl ToolResult {
    /// A result that is this text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::content(Content::Text(text.into()))
    }

    /// A result that is this JSON value: as text, and as structured content if it is an object.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self {
            content: vec![Content::Text(value.to_string())],
            structured: Structured::of(value),
            ..Self::default()
        }
    }

    /// A result that says why the call failed.
    #[must_use]
    pub fn failure(error: ErrorType, text: impl Into<String>) -> Self {
        Self {
            error: Some(error),
            ..Self::text(text)
        }
    }

    /// The text of all text blocks, one below the other.
    #[must_use]
    pub fn as_text(&self) -> String {
        let texts: Vec<&str> = (self.content.iter())
            .filter_map(|content| match content {
                Content::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join("\n")
    }

    pub(super) fn content(content: Content) -> Self {
        Self {
            content: vec![content],
            ..Self::default()
        }
    }
}

/// The label `error_type` of `mcp_tool_errors_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorType {
    /// The arguments do not fit the schema.
    InvalidArguments,
    /// A credential is missing or wrong, or the upstream answered 401.
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
    /// The API failed so often that it is left alone for a while.
    BreakerOpen,
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
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// What guards the way to one server of the API.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) turns: Option<Turns>,
    pub(super) breaker: Option<Breaker>,
}

impl Path {
    fn new(settings: &EngineSettings) -> Self {
        let turns = settings
            .limits
            .concurrency
            .map(|(most, queue)| Turns::new(most, queue));
        let breaker = settings
            .resilience
            .breaker
            .map(|(after, pause)| Breaker::new(after, pause));
        Self { turns, breaker }
    }
}

/// What every call shares.
pub(super) struct Inner {
    pub(super) catalog: Catalog,
    pub(super) custom: Arc<dyn AnyCustom>,
    /// Whether that was seen to block its thread.
    pub(super) custom_blocks: AtomicBool,
    pub(super) settings: EngineSettings,
    pub(super) policies: Policies,
    pub(super) limits: Limits,
    pub(super) budgets: Budgets,
    pub(super) confirmations: Confirmations,
    /// What goes on at the API.
    pub(super) operations: Handles,
    /// By the index of the server.
    pub(super) paths: Vec<Path>,
    pub(super) audit: OnceLock<AuditLog>,
    pub(super) bases: Bases,
    pub(super) credentials: Credentials,
    pub(super) upstream: Upstream,
    #[cfg(any(feature = "http", feature = "redis"))]
    pub(super) state: State,
    #[cfg(feature = "cache")]
    pub(super) cache: Cache<call::Flown>,
    /// What runs jq programs, where this program can.
    pub(super) jq: Option<Programs>,
    pub(super) metrics: Arc<Metrics>,
    /// What answers tell of versions.
    pub(super) validators: Validators,
}

/// What answers depend on beside their calls: replicas of another version, or with another API, have their own.
#[cfg(feature = "cache")]
fn about(def: &ServerDef, bases: &Bases) -> String {
    let all = (0..bases.len()).map(|server| {
        let base = bases.at(server, 0);
        base.map(|base| format!("{}{}", base.origin, base.prefix))
    });
    let all: Vec<_> = all.collect();
    serde_json::json!([def.name, def.version, all]).to_string()
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Engine").field(&self.def().name).finish()
    }
}

impl Engine {
    /// Prepares the tools. Reads the credentials' variables and `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` through
    /// `env` (so that tests need no process environment) and the files that they name.
    ///
    /// # Errors
    /// A bad or missing base URL, a credential given twice, or a credential file that cannot be read: one line.
    pub fn new(
        def: ServerDef,
        custom: Arc<dyn AnyCustom>,
        settings: EngineSettings,
        env: &dyn Fn(&str) -> Option<String>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let (bases, upstream) = way(&def, &settings, env)?;
        let logins = Logins {
            def: &def,
            settings: &settings.login,
            apis: bases.trusted_origins(),
        };
        let credentials = Credentials::new(&logins, &settings.forward_auth, env)?;
        let follows = settings.follow.timeout.is_some();
        let catalog = Catalog::new(def, user_agent(&def), custom.tools(), follows)?;
        let policies = Policies::new(&settings.policies, &catalog)?;
        let name = catalog.def().name;
        let state = State::new(&settings.state, name, upstream.trust(), &metrics)?;
        settings.cache.check(state.is_shared())?;
        #[cfg(feature = "cache")]
        let about = about(catalog.def(), &bases);
        metrics.register(catalog.names().map(str::to_owned));
        let validators = Validators::of(catalog.def());
        Ok(Self(Arc::new(Inner {
            catalog,
            custom,
            custom_blocks: AtomicBool::new(false),
            limits: Limits::new(&settings.limits, state.clone()),
            budgets: Budgets::new(&settings.limits, state.clone()),
            confirmations: Confirmations::new(&settings.confirm, &state)?,
            operations: Handles::new(settings.follow.lifetime, state.clone()),
            paths: (0..bases.len()).map(|_| Path::new(&settings)).collect(),
            audit: OnceLock::new(),
            #[cfg(feature = "cache")]
            cache: Cache::new(
                &settings.cache,
                about,
                settings.total_timeout,
                (&state, &metrics),
            )?,
            jq: Programs::new(),
            settings,
            policies,
            bases,
            credentials,
            upstream,
            #[cfg(any(feature = "http", feature = "redis"))]
            state,
            metrics,
            validators,
        })))
    }

    /// What replicas share.
    #[cfg(any(feature = "http", feature = "redis"))]
    pub(super) fn state(&self) -> &State {
        &self.0.state
    }

    /// Writes about every call from now on.
    pub(super) fn audit(&self, log: AuditLog) {
        // A second log is nobody's wish: the first stays.
        let _ = self.0.audit.set(log);
    }

    /// The facts about the server.
    #[must_use]
    pub fn def(&self) -> &ServerDef {
        self.0.catalog.def()
    }

    /// The tools as an identity sees them.
    pub(super) fn view(&self, identity: Option<&Identity>) -> Arc<View> {
        self.0.policies.view(identity)
    }

    /// Tells when there are other policies in force.
    pub(super) fn policy_changes(&self) -> watch::Receiver<()> {
        self.0.policies.changes()
    }

    /// Whether every caller sees every tool.
    pub(super) fn shows_everything(&self) -> bool {
        let view = self.view(None);
        view.is_public && (0..self.0.catalog.names().count()).all(|position| view.sees(position))
    }

    /// All tools, whoever may see them.
    pub(super) fn everything(&self) -> Arc<View> {
        self.0.policies.everything()
    }

    /// Puts other policies in force for the calls that come.
    ///
    /// # Errors
    /// A rule that is about no tool, or that contradicts the tool: one line. The policies stay as they are.
    pub fn replace_policies(&self, settings: &PolicySettings) -> Result<(), StartError> {
        self.0.policies.replace(settings, &self.0.catalog)?;
        // It was kept by the rules of before.
        #[cfg(feature = "cache")]
        self.0.cache.clear();
        Ok(())
    }

    /// The tools of a view in the order in which they are listed.
    pub(super) fn tools<'a>(
        &'a self,
        view: &'a View,
        changes: Option<&'a ListChanges>,
    ) -> impl Iterator<Item = ListedTool<'a>> {
        // Most lists are as they were made, and nobody asks.
        let is_strict = LazyCell::new(|| self.0.catalog.is_strict());
        let all = self.0.catalog.listed().enumerate();
        let check = self.0.catalog.doing(Doing::Check);
        let is_hidden =
            move |name: &str| changes.is_some_and(|changes| changes.hidden.contains(name));
        all.filter(move |(position, tool)| view.sees(*position) && !is_hidden(tool.name))
            .map(move |(position, mut tool)| {
                if let Some(text) = changes.and_then(|it| it.descriptions.get(tool.name)) {
                    tool.description = text;
                }
                let policy = view.policy(position);
                let is_check = Some(position) == check && *is_strict;
                if (policy.changes_schema() || is_check)
                    && let Ok(mut schema) = serde_json::from_str(tool.input_schema.get())
                {
                    if is_check {
                        with_every_argument(&mut schema);
                    }
                    policy.change_schema(&mut schema, *is_strict);
                    if let Ok(text) = to_raw_value(&schema) {
                        tool.input_schema = Cow::Owned(text);
                    }
                }
                tool
            })
    }

    /// What the owner's code changes in the list of a view's tools for who asks.
    ///
    /// # Errors
    /// It failed: a sentence without its end.
    pub(super) async fn list_changes(
        &self,
        view: &View,
        (identity, headers): (Option<&Identity>, Option<&http::HeaderMap>),
    ) -> Result<ListChanges, String> {
        let list = ToolList {
            names: self.names(view).collect(),
            identity,
            headers,
            changes: ListChanges::default(),
        };
        call::listing(&self.0, list).await
    }

    /// The tools of a view whose listing leaves something out.
    pub(super) fn partial_tools<'a>(
        &'a self,
        view: &'a View,
    ) -> impl Iterator<Item = &'static ToolDef> + 'a {
        let sees = |tool: &&'static ToolDef| self.seen(tool.name, view).is_some();
        self.0.catalog.partial().filter(sees)
    }

    /// What the arguments of a tool are checked against: JSON Schema 2020-12, with the whole description of the tool.
    #[must_use]
    pub(super) fn input_schema(&self, tool: &str, view: &View) -> Option<Value> {
        let position = self.seen(tool, view)?;
        let mut schema = self.0.catalog.input_schema(tool)?;
        view.policy(position).change_schema(&mut schema, false);
        Some(schema)
    }

    /// The values that an argument of a tool may have, where its schema lists them.
    pub(super) fn choices(&self, tool: &str, argument: &str, view: &View) -> Vec<String> {
        let schema = self.input_schema(tool, view).unwrap_or_default();
        choices(&schema, argument, &|name| schema["$defs"].get(name))
    }

    /// The names of the tools of a view.
    pub(super) fn names<'a>(&'a self, view: &'a View) -> impl Iterator<Item = &'a str> {
        let names = self.0.catalog.names().enumerate();
        names
            .filter(|(position, _)| view.sees(*position))
            .map(|(_, name)| name)
    }

    /// The output schema of a tool as text.
    pub(super) fn output_schema(&self, tool: &str, view: &View) -> Option<&'static str> {
        self.0.catalog.output_schema(self.seen(tool, view)?)
    }

    /// The advertised input schema of a generated tool.
    pub(super) fn advertised(&self, tool: &str) -> Option<Value> {
        let position = self.0.catalog.position(tool)?;
        serde_json::from_str(self.0.catalog.advertised(position)?).ok()
    }

    /// Whether there is an argument without which a tool cannot be called.
    pub(super) fn requires_any(&self, tool: &str, view: &View) -> bool {
        let Some(position) = self.seen(tool, view) else {
            return false;
        };
        let bindings = &view.policy(position).bindings;
        let required = self.0.catalog.required(position);
        required.iter().any(|argument| !bindings.binds(argument))
    }

    /// The generated tools of a view by their positions.
    pub(super) fn generated<'a>(
        &'a self,
        view: &'a View,
    ) -> impl Iterator<Item = (usize, &'static ToolDef)> + 'a {
        let all = self.0.catalog.listings().enumerate();
        all.filter_map(|(position, listing)| match listing {
            Listing::Generated(tool, _) if view.sees(position) => Some((position, tool)),
            _ => None,
        })
    }

    /// The tool that does this with work that goes on, where it is there for a caller.
    pub(super) fn tool_doing(&self, doing: Doing, identity: Option<&Identity>) -> Option<&str> {
        let position = self.0.catalog.doing(doing)?;
        let view = self.view(identity);
        view.sees(position)
            .then(|| self.0.catalog.name_at(position))
    }

    /// Whether there is such a tool for anybody.
    pub(super) fn follows(&self) -> bool {
        self.0.catalog.doing(Doing::Check).is_some()
    }

    /// When a caller's operation was handed over, and for how long it is kept from now on.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn operation(
        &self,
        handle: &str,
        identity: Option<&Identity>,
    ) -> Result<(DateTime<Utc>, Duration), Missing> {
        let known = |name: &str| self.0.catalog.generated(name);
        let kept = self.0.operations.find(handle, identity, known).await?;
        Ok((kept.since, self.0.settings.follow.lifetime))
    }

    /// Whether GET operations are resources too.
    pub(super) fn offers_operations(&self) -> bool {
        self.0.settings.resources
    }

    /// Whether a view has every tool with all its arguments.
    pub(super) fn hides_nothing(&self, view: &View) -> bool {
        (0..self.0.catalog.names().count())
            .all(|position| view.sees(position) && view.policy(position).bindings.is_empty())
    }

    /// A generated tool of a view.
    pub(super) fn visible(&self, tool: &str, view: &View) -> Option<&'static ToolDef> {
        match self.0.catalog.at(self.seen(tool, view)?) {
            Found::Generated(tool) => Some(tool.def),
            Found::Custom(..) => None,
        }
    }

    /// The scopes that a caller's token lacks for a call, which is then refused and written down.
    #[cfg(feature = "http")]
    pub(super) async fn lacks_scopes(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
        ctx: &CallContext,
    ) -> Option<Vec<&'static str>> {
        let view = self.view(ctx.identity.as_ref());
        let tool = self.visible(name, &view)?;
        let scopes = call::lacking_scopes(&self.0, tool, ctx)?;
        let refusal = call::too_few_scopes(name, &scopes);
        // Refused calls count too; what counts is all the same here.
        let _ = self.0.limits.admit(ctx).await;
        call::refused(&self.0, (name, Some(name)), arguments, ctx, refusal);
        Some(scopes)
    }

    /// Writes down a call that was refused before anybody knew whose it is.
    #[cfg(feature = "http")]
    pub(super) fn turned_away(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
        ctx: &CallContext,
        error: ErrorType,
    ) {
        let refusal = ToolResult::failure(error, "");
        call::refused(&self.0, (name, None), arguments, ctx, refusal);
    }

    /// The way to a host that the owner named beside the upstream, such as the issuer of tokens.
    #[cfg(feature = "http")]
    pub(super) fn side_channel(&self, host: String) -> Upstream {
        self.0.upstream.beside(Some(host))
    }

    /// The place of a tool among all, whoever may see it.
    pub(super) fn position(&self, tool: &str) -> Option<usize> {
        self.0.catalog.position(tool)
    }

    fn seen(&self, tool: &str, view: &View) -> Option<usize> {
        let position = self.0.catalog.position(tool)?;
        view.sees(position).then_some(position)
    }

    /// One line for each credential that is absent or of no use, naming its variables and the tools that need it.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.0.credentials.missing(self.def());
        warnings.extend(self.0.upstream.warning());
        warnings
    }

    /// Whether policies hide every tool from callers without an identity.
    pub(super) fn is_empty_for_strangers(&self) -> bool {
        let (view, count) = (self.view(None), self.0.catalog.names().count());
        count > 0 && !(0..count).any(|position| view.sees(position))
    }

    /// Host and port of the default upstream, for `--ready-upstream`.
    #[must_use]
    pub fn upstream_host(&self) -> Option<(String, u16)> {
        Some(self.0.bases.get(0).ok()?.host_and_port())
    }

    /// Calls a tool. Everything that goes wrong with the call itself is a [`ToolResult`] with `error` set. Dropping the
    /// future aborts the request to the upstream.
    ///
    /// # Errors
    /// [`UnknownTool`] when there is none of this name.
    pub async fn call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        ctx: CallContext,
    ) -> Result<ToolResult, UnknownTool> {
        let view = self.view(ctx.identity.as_ref());
        let found = self.seen(name, &view);
        if let Err(refusal) = self.0.limits.admit(&ctx).await {
            self.0.metrics.limited("rate");
            let known = (name, found.map(|_| name));
            return Ok(call::refused(&self.0, known, &arguments, &ctx, refusal));
        }
        (call::run(
            &self.0,
            name,
            found.map(|position| (position, &*view)),
            arguments,
            ctx,
        )
        .await)
            .ok_or_else(|| self.unknown(name, &view))
    }

    fn unknown(&self, name: &str, view: &View) -> UnknownTool {
        UnknownTool {
            name: name.to_owned(),
            nearest: nearest(name, self.names(view), 3)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// The servers of the API, and the way to them.
///
/// # Errors
/// A bad or missing base URL, proxy, authority or client certificate: one line.
pub(super) fn way(
    def: &ServerDef,
    settings: &EngineSettings,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(Bases, Upstream), StartError> {
    let bases = Bases::new(def, &settings.base_urls, &settings.server)?;
    let reach = Reach {
        proxies: Proxies::read(env)?,
        trust: Trust::read(settings.upstream_ca.as_deref(), env)?,
        owners_hosts: bases.owners_hosts().collect(),
        trusted_with_certificate: bases.trusted().collect(),
    };
    let upstream = Upstream::new(settings, reach);
    Ok((bases, upstream))
}

/// RFC 9110 §10.1.5: product and version, without what a token cannot hold.
fn user_agent(def: &ServerDef) -> HeaderValue {
    let token = |text: &str| -> String {
        (text.chars())
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-._~+".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .collect()
    };
    let text = format!("{}-mcp/{}", token(def.name), token(def.version));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("mcp"))
}
