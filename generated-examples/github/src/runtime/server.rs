//! The MCP server behind every transport: what `tools/list` and `tools/call` answer.
//!
//! It turns the engine's tools and results into MCP's, in one place for both ways that lead here: `handler`, which the
//! SDK calls, and [`Server::answer`], which is called with a request that `wire` has read. It knows no transport.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    ContentBlock, CreateTaskResult, GetPromptRequestParams, GetPromptResult, GetTaskResult,
    Implementation, InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, MetaObject, ReadResourceResult, Reference,
    ResourceContents, Tool,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::answer;
use super::completion;
use super::custom::ListChanges;
use super::engine::{
    Answers, Asker, Asking, CallContext, Content, Engine, ListedTool, Progress, Question,
    Structured, ToolResult, UnknownTool,
};
use super::identity::Identity;
use super::operations::Doing;
use super::policy::View;
use super::prompts::{self, Prompts, Said};
use super::resources;
use super::response::EXPLAINED;
use super::tasks;
use super::tool::ServerDef;
use super::wire::{self, Call, Era, Request};
#[cfg(feature = "http")]
use super::{engine::ErrorType, tool::ToolDef};

/// How long a client may keep the list of tools: it changes with a new version of the server only.
pub(super) const LIST_TTL_MS: u64 = 300_000;
/// `_meta` key of a result: who answers (MCP 2026-07-28, basic: on every result).
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The tools of one API as MCP sees them.
pub(super) struct Server {
    engine: Engine,
    info: Implementation,
    ids: RequestIds,
    /// Read when somebody first asks for one.
    prompts: OnceLock<Prompts>,
}

impl Server {
    /// Serves the tools of this engine.
    #[must_use]
    pub(super) fn new(engine: Engine) -> Arc<Self> {
        let def = engine.def();
        let info = Implementation::new(def.name, def.version).with_title(def.title);
        Arc::new(Self {
            info,
            ids: RequestIds::new(),
            prompts: OnceLock::new(),
            engine,
        })
    }

    pub(super) fn def(&self) -> &ServerDef {
        self.engine.def()
    }

    #[cfg(any(feature = "http", test))]
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn info(&self) -> &Implementation {
        &self.info
    }

    /// What a client's model reads first. Where not every caller sees every tool, nothing about tools.
    pub(super) fn instructions(&self) -> Cow<'static, str> {
        let about = self.about_tools();
        if !self.engine.everything().marks_data() {
            return Cow::Borrowed(about);
        }
        let both = format!("{about}\n{EXPLAINED}");
        Cow::Owned(both.trim_start().to_owned())
    }

    fn about_tools(&self) -> &'static str {
        let def = self.def();
        if self.engine.shows_everything() {
            return def.instructions;
        }
        let count: usize = def.groups.iter().map(|group| group.tools.len()).sum();
        let about = def.instructions.split(&format!(" {count} tool")).next();
        about.unwrap_or_default()
    }

    pub(super) fn next_request_id(&self) -> String {
        self.ids.next()
    }

    /// One tool as it is listed, to whoever may see it.
    pub(super) fn tool(&self, name: &str) -> Option<Tool> {
        let everything = self.engine.everything();
        let listed = (self.engine.tools(&everything, None)).find(|tool| tool.name == name);
        listed.map(|tool| mcp_tool(&tool))
    }

    /// A generated tool that an identity sees.
    #[cfg(feature = "http")]
    pub(super) fn visible(
        &self,
        name: &str,
        identity: Option<&Identity>,
    ) -> Option<&'static ToolDef> {
        self.engine.visible(name, &self.engine.view(identity))
    }

    /// The scopes that a caller's token lacks for a call, which is then refused and written down.
    #[cfg(feature = "http")]
    pub(super) async fn lacks_scopes(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
        caller: Caller,
    ) -> Option<Vec<&'static str>> {
        let ctx = caller.context(Map::new());
        self.engine.lacks_scopes(name, arguments, &ctx).await
    }

    /// Writes down a call that was refused before anybody knew whose it is.
    #[cfg(feature = "http")]
    pub(super) fn turned_away(&self, call: &Call, caller: Caller, error: ErrorType) {
        let ctx = caller.context(Map::new());
        (self.engine).turned_away(&call.name, &call.arguments, &ctx, error);
    }

    /// What `resources/list` answers.
    pub(super) fn resources(&self, identity: Option<&Identity>) -> ListResourcesResult {
        let view = self.engine.view(identity);
        resources::list(&self.engine, &view, self.result_meta(Map::new()))
    }

    /// What `resources/templates/list` answers.
    pub(super) fn resource_templates(
        &self,
        identity: Option<&Identity>,
    ) -> ListResourceTemplatesResult {
        let view = self.engine.view(identity);
        resources::templates(&self.engine, &view, self.result_meta(Map::new()))
    }

    /// What `resources/read` answers.
    ///
    /// # Errors
    /// There is no resource of this URI, or its operation failed.
    pub(super) async fn resource(
        &self,
        uri: &str,
        ctx: CallContext,
    ) -> Result<ReadResourceResult, ErrorData> {
        let (mut result, meta) = resources::read(&self.engine, uri, ctx).await?;
        result.meta = Some(self.result_meta(meta));
        Ok(result)
    }

    /// Whether there are prompts, for whomever.
    pub(super) fn has_prompts(&self) -> bool {
        !self.def().prompts.is_empty() && !self.prompts().is_empty()
    }

    fn prompts(&self) -> &Prompts {
        self.prompts.get_or_init(|| Prompts::new(&self.engine))
    }

    /// What `prompts/list` answers.
    pub(super) fn list_prompts(&self, identity: Option<&Identity>) -> ListPromptsResult {
        let view = self.engine.view(identity);
        self.prompts().list(&view, self.result_meta(Map::new()))
    }

    /// What `prompts/get` answers.
    ///
    /// # Errors
    /// There is no such prompt, its arguments do not fit, or a resource in it cannot be read.
    pub(super) async fn prompt(
        &self,
        request: &GetPromptRequestParams,
        ctx: CallContext,
    ) -> Result<GetPromptResult, ErrorData> {
        let view = self.engine.view(ctx.identity.as_ref());
        let def = self.prompts().find(&request.name, &view)?;
        let mut messages = Vec::new();
        for said in prompts::said(def, request.arguments.as_ref())? {
            match said {
                Said::Message(message) => messages.push(*message),
                Said::Resource(role, uri) => {
                    let read = self.resource(&uri, ctx.clone()).await?.contents.into_iter();
                    messages.extend(read.map(|contents| prompts::embedded(role.clone(), contents)));
                }
            }
        }
        Ok(prompts::result(def, messages, self.result_meta(Map::new())))
    }

    /// Whether there is anything whose arguments can be completed: each tool has resources.
    pub(super) fn can_complete(&self) -> bool {
        self.engine
            .names(&self.engine.everything())
            .next()
            .is_some()
            || self.has_prompts()
    }

    /// What `completion/complete` answers.
    ///
    /// # Errors
    /// There is no such prompt, template or argument.
    pub(super) fn complete(
        &self,
        request: &CompleteRequestParams,
        identity: Option<&Identity>,
    ) -> Result<CompleteResult, ErrorData> {
        let view = self.engine.view(identity);
        let argument = &request.argument;
        let values = match &request.r#ref {
            Reference::Prompt(prompt) => {
                let asked = (&*prompt.name, &*argument.name);
                self.prompts().choices(asked, &self.engine, &view)?
            }
            Reference::Resource(template) => {
                resources::choices(&self.engine, &view, &template.uri, &argument.name)?
            }
            _ => {
                return Err(ErrorData::invalid_params(
                    "nothing else has arguments",
                    None,
                ));
            }
        };
        let meta = self.result_meta(Map::new());
        Ok(completion::result(values, &argument.value, meta))
    }

    /// All tools that who asks sees. The SDK takes `resultType` out for legacy clients.
    ///
    /// # Errors
    /// The owner's code failed that looks at lists.
    pub(super) async fn list(&self, asking: WhoLists<'_>) -> Result<ListToolsResult, ErrorData> {
        let view = self.engine.view(asking.0);
        let changes = self.list_changes(&view, asking).await?;
        let tools = (self.engine.tools(&view, changes.as_ref()))
            .map(|tool| mcp_tool(&tool))
            .collect();
        let mut list = ListToolsResult::with_all_items(tools);
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(list_scope(&view, changes.as_ref()));
        list.meta = Some(self.result_meta(Map::new()));
        Ok(list)
    }

    /// What the owner's code changes; `None` is nothing.
    async fn list_changes(
        &self,
        view: &View,
        asking: WhoLists<'_>,
    ) -> Result<Option<ListChanges>, ErrorData> {
        let changes = self.engine.list_changes(view, asking).await.map_err(|why| {
            let text = format!(
                "the tools cannot be listed: a check of this server {why}, which is for its operator to mend"
            );
            ErrorData::internal_error(text, None)
        })?;
        Ok(Some(changes).filter(|changes| !changes.is_empty()))
    }

    /// The same as text, without reading the schemas; what everybody gets is written once.
    fn list_text<'v>(
        &self,
        era: Era,
        view: &'v View,
        changes: Option<&ListChanges>,
    ) -> Cow<'v, RawValue> {
        let written = || {
            let meta = self.result_meta(Map::new());
            let scope = (LIST_TTL_MS, list_scope(view, changes));
            answer::tools(era, &meta, scope, self.engine.tools(view, changes))
        };
        match changes {
            None => Cow::Borrowed(view.lists[era as usize].get_or_init(written)),
            Some(_) => Cow::Owned(written()),
        }
    }

    /// Waits until an identity sees other tools than those of a view, which is another one then.
    pub(super) async fn other_tools(
        &self,
        identity: Option<&Identity>,
        seen: &mut Arc<View>,
        changes: &mut watch::Receiver<()>,
    ) {
        // The server lives longer than what it serves, and its policies with it.
        while changes.changed().await.is_ok() {
            let now = self.engine.view(identity);
            let before = std::mem::replace(seen, Arc::clone(&now));
            let listed = self.list_text(Era::Legacy, &now, None);
            if listed.get() != self.list_text(Era::Legacy, &before, None).get() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// What tells of other policies, and the tools that an identity sees before.
    pub(super) fn seen(&self, identity: Option<&Identity>) -> (watch::Receiver<()>, Arc<View>) {
        let changes = self.engine.policy_changes();
        (changes, self.engine.view(identity))
    }

    /// The response to `tools/list`.
    pub(super) async fn answer_list(&self, request: &Request, asking: WhoLists<'_>) -> Vec<u8> {
        let view = self.engine.view(asking.0);
        match self.list_changes(&view, asking).await {
            Ok(changes) => {
                let text = self.list_text(request.era, &view, changes.as_ref());
                wire::response(&request.id, &*text)
            }
            Err(error) => wire::error(Some(&request.id), &error),
        }
    }

    /// The response to `tools/call`.
    pub(super) async fn answer(&self, request: &Request, call: Call, caller: Caller) -> Vec<u8> {
        let result = self.called(&call.name, call.arguments, call.meta, caller);
        match result.await {
            Ok(Called::Done(result, structured)) => {
                let answer = answer::Called::new(request.era, result, structured);
                wire::response(&request.id, &answer)
            }
            Ok(Called::Asks(question)) => wire::response(&request.id, &question),
            Ok(Called::Begun(task)) => wire::response(&request.id, &task),
            Err(error) => wire::error(Some(&request.id), &error),
        }
    }

    /// Calls a tool for the SDK.
    ///
    /// # Errors
    /// There is none of this name.
    pub(super) async fn call(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        meta: Map<String, Value>,
        caller: Caller,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(match self.called(name, arguments, meta, caller).await? {
            Called::Done(mut result, structured) => {
                result.structured_content = structured.map(|content| content.to_value());
                result.into()
            }
            Called::Asks(question) => question.into(),
            Called::Begun(task) => (*task).into(),
        })
    }

    async fn called(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        meta: Map<String, Value>,
        caller: Caller,
    ) -> Result<Called, ErrorData> {
        let takes_tasks = tasks::takes_tasks(&meta);
        let identity = caller.identity.clone().filter(|_| takes_tasks);
        let result = self
            .engine
            .call(name, arguments, caller.context(meta))
            .await;
        let result = result.map_err(|unknown| unknown_tool(&unknown))?;
        if let Some(question) = result.question {
            return Ok(Called::Asks(self.input_required(*question)));
        }
        if takes_tasks
            && let Some(task) = tasks::begun(&self.engine, name, &result, identity.as_ref()).await
        {
            let meta = self.result_meta(result.meta);
            return Ok(Called::Begun(Box::new(task.with_meta(meta))));
        }
        let (answer, structured) = self.done(result);
        Ok(Called::Done(answer, structured))
    }

    /// A result as MCP has it, with its structured content beside it.
    fn done(&self, result: ToolResult) -> (CallToolResult, Option<Structured>) {
        let content = result.content.into_iter().map(content_block).collect();
        let (mut answer, structured) = if result.error.is_some() {
            (CallToolResult::error(content), None)
        } else {
            (CallToolResult::success(content), result.structured)
        };
        answer.meta = Some(self.result_meta(result.meta));
        (answer, structured)
    }

    /// Whether a call can become a task.
    pub(super) fn has_tasks(&self) -> bool {
        self.engine.follows()
    }

    /// What `tasks/get` answers.
    ///
    /// # Errors
    /// There is no such task for this caller, or it cannot be said how far it is.
    pub(super) async fn task(
        &self,
        id: &str,
        ctx: CallContext,
    ) -> Result<GetTaskResult, ErrorData> {
        let identity = ctx.identity.clone();
        let tool = tasks::tool(&self.engine, Doing::Check, identity.as_ref())?;
        // Before the call, which cannot tell it apart from other mistakes.
        let known = self.engine.operation(id, identity.as_ref()).await;
        known.map_err(tasks::missing)?;
        let checked = self.engine.call(&tool, tasks::look(id), ctx).await;
        let checked = checked.map_err(|_| tasks::unknown())?;
        let shown = |result| {
            let (mut answer, structured) = self.done(result);
            answer.structured_content = structured.map(|content| content.to_value());
            answer
        };
        let mut got = tasks::got(&self.engine, id, identity.as_ref(), checked, shown).await?;
        got.meta = Some(self.result_meta(Map::new()));
        Ok(got)
    }

    /// Does what `tasks/cancel` asks for.
    ///
    /// # Errors
    /// There is no such task for this caller, or it cannot be stopped.
    pub(super) async fn cancel_task(&self, id: &str, ctx: CallContext) -> Result<(), ErrorData> {
        let identity = ctx.identity.clone();
        let known = self.engine.operation(id, identity.as_ref()).await;
        known.map_err(tasks::missing)?;
        let tool = tasks::tool(&self.engine, Doing::Cancel, identity.as_ref())?;
        let cancelled = self.engine.call(&tool, tasks::stop(id), ctx).await;
        let cancelled = cancelled.map_err(|_| tasks::unknown())?;
        match cancelled.error {
            None => Ok(()),
            Some(_) => Err(ErrorData::invalid_params(cancelled.as_text(), None)),
        }
    }

    /// A result that asks (MCP 2026-07-28, basic/utilities/mrtr).
    fn input_required(&self, question: Question) -> InputRequiredResult {
        let asked = json!({
            "method": "elicitation/create",
            "params": {
                "mode": "form",
                "message": question.message,
                "requestedSchema": question.schema,
            },
        });
        // Forms are plain enough for the SDK's types; what is not would be asked for by the state alone.
        let request = serde_json::from_value(asked).ok();
        let requests = request.map(|request| [(question.key.to_owned(), request)].into());
        InputRequiredResult::new(requests, question.state).with_meta(self.result_meta(Map::new()))
    }

    fn result_meta(&self, mut meta: Map<String, Value>) -> MetaObject {
        let info =
            json!({"name": self.info.name, "title": self.info.title, "version": self.info.version});
        meta.insert(SERVER_INFO.to_owned(), info);
        MetaObject(meta)
    }
}

/// How a call ended.
enum Called {
    /// With a result; its structured content stands beside it, as text.
    Done(CallToolResult, Option<Structured>),
    /// Not yet: the user is asked first.
    Asks(InputRequiredResult),
    /// Not yet: the work goes on.
    Begun(Box<CreateTaskResult>),
}

/// Whether the client of a request without a handshake puts questions to its user, in the form of forms.
fn takes_questions(meta: &Map<String, Value>) -> bool {
    let capabilities = meta.get(wire::CLIENT_CAPABILITIES);
    let elicitation = capabilities.and_then(|all| all.get("elicitation"));
    elicitation.is_some_and(takes_forms) && meta.contains_key(wire::PROTOCOL_VERSION)
}

/// MCP, client/elicitation, "Capabilities": an empty object is a client that takes forms.
pub(super) fn takes_forms(elicitation: &Value) -> bool {
    let kinds = elicitation.as_object();
    kinds.is_some_and(|kinds| kinds.is_empty() || kinds.contains_key("form"))
}

/// What a transport knows about who calls.
pub(super) struct Caller {
    pub(super) request_id: String,
    pub(super) headers: HeaderMap,
    pub(super) identity: Option<Identity>,
    pub(super) client: Option<IpAddr>,
    pub(super) cancelled: CancellationToken,
    pub(super) progress: Option<Progress>,
    /// Asks the user of a session.
    pub(super) asker: Option<Asker>,
    /// What the user said to what was asked before.
    pub(super) answers: Option<Box<Answers>>,
}

impl Caller {
    /// What the engine needs to know, with `_meta` of the request.
    pub(super) fn context(self, meta: Map<String, Value>) -> CallContext {
        let asking = match self.asker {
            Some(asker) => Asking::Now(asker),
            None if takes_questions(&meta) => Asking::Again(self.answers),
            None => Asking::No,
        };
        CallContext {
            asking,
            request_id: self.request_id,
            headers: self.headers,
            meta,
            identity: self.identity,
            client: self.client,
            cancelled: self.cancelled,
            progress: self.progress,
            is_reading: false,
        }
    }
}

/// Who asks for a list, and the headers of the HTTP request.
pub(super) type WhoLists<'a> = (Option<&'a Identity>, Option<&'a HeaderMap>);

fn list_scope(view: &View, changes: Option<&ListChanges>) -> CacheScope {
    match changes {
        Some(_) => CacheScope::Private,
        None => cache_scope(view),
    }
}

/// Whether everybody gets the same.
pub(super) fn cache_scope(view: &View) -> CacheScope {
    if view.is_public {
        CacheScope::Public
    } else {
        CacheScope::Private
    }
}

/// Numbers calls without asking the system each time: 64 random bits of this process, then a count.
struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        Self {
            // Without a source of randomness the count alone still tells calls of one process apart.
            process: getrandom::u64().unwrap_or_default(),
            count: AtomicU64::new(1),
        }
    }

    fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{count:016x}", self.process)
    }
}

/// Lets progress through only while it grows (MCP, basic/utilities/progress: it MUST increase).
pub(super) fn growing(send: impl Fn(f64, Option<f64>, String) + Send + Sync + 'static) -> Progress {
    let last = std::sync::Mutex::new(f64::NEG_INFINITY);
    Progress(Arc::new(move |progress, total, message| {
        let mut last = last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if progress > *last {
            *last = progress;
            send(progress, total, message);
        }
    }))
}

fn mcp_tool(listed: &ListedTool<'_>) -> Tool {
    let object = |schema: &RawValue| {
        serde_json::from_str::<Map<String, Value>>(schema.get())
            .map(Arc::new)
            .unwrap_or_default()
    };
    let schema = object(&listed.input_schema);
    let mut tool = Tool::new(
        listed.name.to_owned(),
        listed.description.to_owned(),
        schema,
    )
    .with_title(listed.title)
    .with_annotations(answer::annotations(listed.hints));
    tool.output_schema = listed.output_schema.as_deref().map(object);
    tool
}

fn content_block(content: Content) -> ContentBlock {
    match content {
        Content::Text(text) => ContentBlock::text(text),
        Content::Image(data, media_type) => ContentBlock::image(data, media_type),
        Content::Audio(data, media_type) => ContentBlock::audio(data, media_type),
        Content::Blob(uri, media_type, data) => {
            ContentBlock::resource(ResourceContents::blob(data, uri).with_mime_type(media_type))
        }
    }
}

fn unknown_tool(unknown: &UnknownTool) -> ErrorData {
    let mut message = format!("unknown tool `{}`", unknown.name);
    if !unknown.nearest.is_empty() {
        message.push_str(", did you mean `");
        message.push_str(&unknown.nearest.join("`, `"));
        message.push_str("`?");
    }
    ErrorData::invalid_params(message, None)
}
