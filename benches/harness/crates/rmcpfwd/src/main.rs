//! The same forwarder on the official SDK, with a dynamic tool table: what the SDK itself costs.
//!
//! ```text
//! rmcpfwd --tools TOOLS.json --base URL (--stdio | --port N)
//! ```
//!
//! Over HTTP it is stateless and replies with JSON, the fastest that the SDK offers.

use std::{error::Error, sync::Arc};

use axum::serve::ListenerExt;
use rawfwd::{Forwarder, option};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::{
        stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
        },
    },
};

#[derive(Clone)]
struct Server {
    forwarder: Arc<Forwarder>,
    tools: Arc<Vec<Tool>>,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let answer = self.forwarder.call(&request.name, &arguments).await;
        let answer = answer.map_err(|message| ErrorData::invalid_params(message, None))?;
        let content = vec![ContentBlock::text(answer.text)];
        let result = if answer.is_error {
            CallToolResult::error(content)
        } else {
            CallToolResult::success(content)
        };
        Ok(result.into())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let forwarder = Arc::new(Forwarder::from_command_line()?);
    let tool = |tool: &rawfwd::ToolDef| {
        Tool::new(
            tool.name.clone(),
            tool.description.clone(),
            tool.input_schema.clone(),
        )
    };
    let tools = Arc::new(forwarder.tools.iter().map(tool).collect());
    let server = Server { forwarder, tools };
    let Some(port) = option("--port") else {
        server.serve(stdio()).await?.waiting().await?;
        return Ok(());
    };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service: StreamableHttpService<Server, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
