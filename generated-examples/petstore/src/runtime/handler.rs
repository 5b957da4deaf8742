//! The server as rmcp, the official SDK, calls it: handshake, discovery, and every request that is out of the
//! ordinary.
//!
//! What is answered is `server`'s business; here is only what the SDK would otherwise answer wrongly or not at all.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod,
    CompleteRequestParams, CompleteResult, CustomRequest, CustomResult, DiscoverResult, ErrorCode,
    GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, GetTaskParams,
    GetTaskResult, InitializeRequestParams, InitializeResult, JsonObject, ListPromptsRequestMethod,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, PromptsCapability,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    TASKS_EXTENSION_ID, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::engine::{Answers, Asker, Asking, CallContext};
use super::identity::Identity;
use super::server::{Caller, LIST_TTL_MS, Server, growing};
use super::session::{self, ToldOfChanges, identity};

/// The server in the SDK's hands.
#[derive(Clone)]
pub(super) struct Handler(pub(super) Arc<Server>);

impl Handler {
    async fn call(
        &self,
        params: CallToolRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let token = ctx.meta.get_progress_token();
        let progress = token.clone().map(|_| {
            growing(move |progress, total, message| {
                // Fails only once the call is over.
                let _ = sender.send((progress, total, message));
            })
        });
        let caller = Caller {
            progress,
            answers: answers(&params),
            ..self.caller_of(&ctx)
        };
        let arguments = params.arguments.unwrap_or_default();
        let meta = ctx.meta.0.0.clone();
        let call = self.0.call(&params.name, arguments, meta, caller);
        let mut call = std::pin::pin!(call);
        loop {
            tokio::select! {
                // Everything that was reported before the answer goes out before the answer.
                biased;
                Some((progress, total, message)) = reports.recv() => {
                    let Some(token) = token.clone() else { continue };
                    let mut report = ProgressNotificationParam::new(token, progress);
                    report.total = total;
                    report.message = (!message.is_empty()).then_some(message);
                    // The client may be gone; the call finds out by itself.
                    let _ = ctx.peer.notify_progress(report).await;
                }
                result = &mut call => return result,
            }
        }
    }
}

impl Handler {
    /// Who asks, and how; without progress.
    fn caller_of(&self, ctx: &RequestContext<RoleServer>) -> Caller {
        let parts = ctx.extensions.get::<http::request::Parts>();
        Caller {
            headers: parts.map(|parts| parts.headers.clone()).unwrap_or_default(),
            asker: ctx.extensions.get::<Asker>().cloned(),
            ..session::caller(&self.0, parts, ctx.ct.clone())
        }
    }

    /// Of a request of the client's own about a task, which needs nobody's consent.
    fn context_of_task(&self, ctx: &RequestContext<RoleServer>) -> CallContext {
        CallContext {
            asking: Asking::Nobody,
            ..self.context(ctx)
        }
    }

    fn context(&self, ctx: &RequestContext<RoleServer>) -> CallContext {
        let mut context = self.caller_of(ctx).context(ctx.meta.0.0.clone());
        // Only the result of a call may ask, and a token proves less than a user who is asked.
        if !matches!(context.asking, Asking::Now(_)) {
            context.asking = Asking::Never;
        }
        context
    }
}

/// What comes back with a call that was asked about.
fn answers(params: &CallToolRequestParams) -> Option<Box<Answers>> {
    let state = params.request_state.clone();
    let replies = params.input_responses.clone();
    (state.is_some() || replies.is_some()).then(|| {
        let replies = replies.unwrap_or_default().into_iter().collect();
        Box::new(Answers { replies, state })
    })
}

/// Everything is on one page, since common clients do not ask for a second one: no cursor is ever given out.
fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(ErrorData::invalid_params("invalid cursor", None)),
        None => Ok(()),
    }
}

/// Who sent a request.
fn caller(ctx: &RequestContext<RoleServer>) -> Option<Identity> {
    identity(ctx.extensions.get::<http::request::Parts>())
}

/// What identifies an HTTP request in the log, kept with the request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .build();
        if self.0.has_prompts() {
            capabilities.prompts = Some(PromptsCapability::default());
        }
        if self.0.can_complete() {
            capabilities.completions = Some(JsonObject::default());
        }
        if self.0.has_tasks() {
            let tasks = (TASKS_EXTENSION_ID.to_owned(), JsonObject::new());
            capabilities
                .extensions
                .get_or_insert_default()
                .extend([tasks]);
        }
        let config = ServerConfig::new(capabilities).with_server_info(self.0.info().clone());
        let instructions = self.0.instructions();
        if instructions.is_empty() {
            return config;
        }
        config.with_instructions(instructions)
    }

    /// The SDK checks `Mcp-Param-*` headers against the schema that it finds here.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.tool(name)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        tracing::info!(
            client = request.client_info.name,
            client_version = request.client_info.version,
            protocol = request.protocol_version.as_str(),
            "initialize"
        );
        ctx.peer.set_peer_info(request.clone());
        let mut result = self.negotiate_initialize(&request)?;
        // Where each request has its own answer and nothing else, nobody could be told.
        if ctx.extensions.get::<ToldOfChanges>().is_some() {
            let tools = result.capabilities.tools.get_or_insert_default();
            tools.list_changed = Some(true);
        }
        Ok(result)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.ttl_ms = LIST_TTL_MS;
        result.cache_scope = CacheScope::Public;
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        ctx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        only_page(request)?;
        let parts = ctx.extensions.get::<http::request::Parts>();
        let headers = parts.map(|parts| &parts.headers);
        self.0.list((caller(&ctx).as_ref(), headers)).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        ctx: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        only_page(request)?;
        Ok(self.0.resources(caller(&ctx).as_ref()))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        ctx: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        only_page(request)?;
        Ok(self.0.resource_templates(caller(&ctx).as_ref()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = self.0.resource(&request.uri, self.context(&ctx)).await;
        read.map(ReadResourceResponse::from)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(params, ctx).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let context = self.context_of_task(&ctx);
        self.0.task(&request.task_id, context).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let cancelled = (self.0).cancel_task(&request.task_id, self.context_of_task(&ctx));
        cancelled.await
    }

    // The SDK answers these with empty lists even where the capability is not declared.

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        ctx: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        if !self.0.has_prompts() {
            return Err(ErrorData::method_not_found::<ListPromptsRequestMethod>());
        }
        only_page(request)?;
        Ok(self.0.list_prompts(caller(&ctx).as_ref()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if !self.0.has_prompts() {
            return Err(ErrorData::method_not_found::<GetPromptRequestMethod>());
        }
        let result = self.0.prompt(&request, self.context(&ctx)).await;
        result.map(GetPromptResponse::from)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        ctx: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        if !self.0.can_complete() {
            return Err(ErrorData::method_not_found::<CompleteRequestMethod>());
        }
        self.0.complete(&request, caller(&ctx).as_ref())
    }

    /// A request whose parameters do not fit its method arrives here too.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        ctx: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match request.method.as_str() {
            "tools/call" => ErrorData::invalid_params(
                "expected `name`, a string, and `arguments`, an object",
                None,
            ),
            "tools/list" | "resources/list" | "resources/templates/list" => {
                ErrorData::invalid_params("expected `cursor`, a string, or nothing", None)
            }
            "prompts/list" if self.0.has_prompts() => {
                ErrorData::invalid_params("expected `cursor`, a string, or nothing", None)
            }
            "resources/read" => ErrorData::invalid_params("expected `uri`, a string", None),
            "prompts/get" if self.0.has_prompts() => ErrorData::invalid_params(
                "expected `name`, a string, and `arguments`, an object of strings",
                None,
            ),
            "completion/complete" if self.0.can_complete() => ErrorData::invalid_params(
                "expected `ref`, a prompt or a resource, and `argument`, an object of `name` and `value`",
                None,
            ),
            "tasks/get" | "tasks/cancel" if self.0.has_tasks() => {
                ErrorData::invalid_params("expected `taskId`, a string", None)
            }
            // MCP 2026-07-28 has no handshake: there this is a method like any other that does not exist.
            "initialize" if ctx.meta.protocol_version().is_none() => ErrorData::invalid_params(
                "expected `protocolVersion`, `capabilities` and `clientInfo`",
                None,
            ),
            _ => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None),
        })
    }
}
