//! Yours: tools beside the generated ones, and hooks around every call.
//!
//! mcpgen wrote this file once and never touches it again. What it needs beyond the crate's dependencies goes into
//! `[crate.dependencies]` of mcpgen.toml.

use serde_json::json;

use crate::runtime::custom::{Api, ApiRequest, Call, Custom, CustomTool, Refusal, ToolList};
use crate::runtime::engine::{Content, ToolResult};

/// What this server adds to the generated tools: nothing yet. [`Example`] shows what it may do.
#[derive(Debug, Clone, Copy)]
pub struct Mine;

impl Custom for Mine {}

/// A tool and all hooks, most of them tested below. Let `main` run it, or take from it for [`Mine`] what you need.
#[derive(Debug, Clone, Copy)]
pub struct Example;

impl Custom for Example {
    /// Tools of your own. Each has a schema, which the server checks arguments against.
    fn tools(&self) -> Vec<CustomTool> {
        vec![
            CustomTool::new("probe_api", probe_api)
                .title("Probe the API")
                .description("Says whether the API answers under a path, and with which status.")
                .input(json!({
                    "type": "object",
                    "properties": {"path": {"type": "string", "default": "/"}},
                    "additionalProperties": false,
                })),
        ]
    }

    /// Before a call: change its arguments, add headers to its request, or refuse it.
    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        if call.meta().contains_key("example/dryRun") {
            let text = format!("Dry run: `{}` was not called.", call.tool());
            return Err(Refusal::new(text));
        }
        call.add_header("X-Request-Id", call.request_id().to_owned());
        Ok(())
    }

    /// When tools are listed: hide some from who asks, or describe them anew.
    async fn on_list(&self, list: &mut ToolList<'_>) {
        if list.identity().is_none() {
            list.describe("probe_api", "Says whether the API answers at all.");
        }
    }

    /// After a call that succeeded: change its result.
    async fn after(&self, call: &Call, result: &mut ToolResult) {
        let meta = &mut result.meta;
        meta.insert("example/tool".to_owned(), call.tool().into());
    }

    /// After a call that failed: tell the model what else it can do.
    async fn on_error(&self, _call: &Call, result: &mut ToolResult) {
        let advice = "If this goes on, tell the user to ask the team that runs the API.";
        result.content.push(Content::Text(advice.to_owned()));
    }
}

async fn probe_api(call: Call, api: Api) -> ToolResult {
    let path = call.text("path").unwrap_or("/").to_owned();
    match api.send(ApiRequest::get(path)).await {
        Ok(response) => ToolResult::json(&json!({"status": response.status()})),
        Err(refusal) => refusal.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread;

    use serde_json::{Map, Value};

    use super::*;
    use crate::SERVER;
    use crate::runtime::engine::{CallContext, Engine};
    use crate::runtime::metrics::Metrics;
    use crate::runtime::settings::Settings;

    /// Calls `probe_api` of a server that has [`Example`]; the API is at this address.
    fn probe(api: &str, meta: Map<String, Value>) -> ToolResult {
        let env = |name: &str| name.starts_with("API_BASE_URL").then(|| api.to_owned());
        let settings = Settings::read(&SERVER, vec!["test".into()], &env, &|_| Ok(String::new()))
            .expect("no option is set");
        let metrics = Arc::new(Metrics::default());
        let engine = Engine::new(SERVER, Arc::new(Example), settings.engine, &env, metrics)
            .expect("the base URL is all that it needs");
        let context = CallContext {
            meta,
            ..CallContext::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime
            .block_on(engine.call("probe_api", Map::new(), context))
            .expect("there is this tool")
    }

    /// An API that answers one request with 204.
    fn answering() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        });
        format!("http://{address}")
    }

    #[test]
    fn the_tool_calls_the_api_and_after_runs() {
        let result = probe(&answering(), Map::new());
        let structured = result.structured.map(|content| content.to_value());
        assert_eq!(structured, Some(json!({"status": 204})));
        assert_eq!(result.meta["example/tool"], "probe_api");
    }

    #[test]
    fn on_error_runs_when_there_is_no_api() {
        let result = probe("http://127.0.0.1:1", Map::new());
        assert!(result.error.is_some());
        assert!(result.as_text().contains("ask the team that runs the API"));
    }

    #[test]
    fn before_can_refuse_a_call() {
        let meta = Map::from_iter([("example/dryRun".to_owned(), true.into())]);
        let result = probe("http://127.0.0.1:1", meta);
        let text = result.as_text();
        assert!(text.starts_with("Dry run: `probe_api` was not called."));
    }
}
