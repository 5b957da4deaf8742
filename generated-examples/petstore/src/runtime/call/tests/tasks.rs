//! Work that goes on as a task of the client's (SEP-2663): messages in, messages out.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::super::policy::Tables;
use super::super::super::server::Server;
use super::super::super::session::Session;
use super::following::{CSV, DONE, RUNNING, STARTED_LATER, lines, scripted, setup};
use super::*;

/// A client of MCP 2026-07-28 in a session with a server.
struct Client {
    session: Session,
    answers: mpsc::Receiver<Vec<u8>>,
    capabilities: Value,
}

impl Client {
    fn new(tools: Engine, capabilities: Value) -> Self {
        let (out, answers) = mpsc::channel(16);
        Self {
            session: Session::new(Server::new(tools), out, CancellationToken::new()),
            answers,
            capabilities,
        }
    }

    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": self.capabilities,
        });
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.session
            .receive(request.to_string().as_bytes(), None)
            .await;
        let answer = tokio::time::timeout(Duration::from_secs(20), self.answers.recv());
        let answer = answer.await.expect("an answer").expect("a session");
        serde_json::from_slice(&answer).expect("JSON")
    }
}

fn with_tasks() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/tasks": {}}})
}

#[tokio::test]
async fn a_call_whose_work_goes_on_is_a_task_until_its_result_is_there() {
    let api = scripted(&[
        ("POST /exports", &[STARTED_LATER]),
        ("GET /operations/1?v=2", &[RUNNING, DONE]),
        ("GET /exports/1", &[CSV]),
    ])
    .await;
    let mut client = Client::new(setup(&api).engine(), with_tasks());
    let discovered = client.ask("server/discover", json!({})).await;
    let extensions = &discovered["result"]["capabilities"]["extensions"];
    assert_eq!(extensions["io.modelcontextprotocol/tasks"], json!({}));
    let begun = client.ask("tools/call", json!({"name": "export"})).await;
    let begun = &begun["result"];
    assert_eq!(
        (&begun["resultType"], &begun["status"]),
        (&json!("task"), &json!("working"))
    );
    assert_eq!(begun["pollIntervalMs"], 60_000);
    assert!(
        begun["ttlMs"].as_u64().is_some_and(|ttl| ttl >= 60_000),
        "{begun}"
    );
    assert!(begun.get("content").is_none(), "{begun}");
    let task = json!({"taskId": begun["taskId"]});
    let working = client.ask("tasks/get", task.clone()).await;
    let working = &working["result"];
    assert_eq!(
        (&working["resultType"], &working["status"]),
        (&json!("complete"), &json!("working"))
    );
    assert_eq!(working["statusMessage"], "Running, 40 % done");
    assert_eq!(working["createdAt"], begun["createdAt"]);
    for _ in 0..2 {
        let ended = client.ask("tasks/get", task.clone()).await;
        let ended = &ended["result"];
        assert_eq!(ended["status"], "completed", "{ended}");
        assert_eq!(ended["result"]["content"][0]["text"], CSV.2);
    }
    let other = client.ask("tasks/get", json!({"taskId": "0"})).await;
    assert_eq!(other["error"]["code"], -32602);
}

#[tokio::test]
async fn a_task_is_cancelled_as_its_operation_is() {
    let api = scripted(&[
        ("POST /exports", &[STARTED_LATER]),
        ("DELETE /operations/1?v=2", &[("204 No Content", "", "")]),
        (
            "GET /operations/1?v=2",
            &[("200 OK", JSON, r#"{"status": "Canceled"}"#)],
        ),
    ])
    .await;
    // Consent is for what a model does, and this is the client.
    let mut asking = setup(&api);
    let tables = "[tools.\"op:*_operation\"]\nconfirm = \"always\"\n";
    asking.settings.policies.tables = Tables::parse(tables).expect("tables");
    let mut client = Client::new(asking.engine(), with_tasks());
    let begun = client.ask("tools/call", json!({"name": "export"})).await;
    let task = json!({"taskId": begun["result"]["taskId"]});
    let cancelled = client.ask("tasks/cancel", task.clone()).await;
    assert_eq!(cancelled["result"]["resultType"], "complete", "{cancelled}");
    let ended = client.ask("tasks/get", task.clone()).await;
    assert_eq!(ended["result"]["status"], "cancelled", "{ended}");
    let sent = [
        "POST /exports",
        "DELETE /operations/1?v=2",
        "GET /operations/1?v=2",
    ];
    assert_eq!(lines(&api), sent);
    // A server that changes nothing has no way to cancel.
    let mut setup = setup(&api);
    setup.settings.policies.read_only = true;
    let mut client = Client::new(setup.engine(), with_tasks());
    let refused = client.ask("tasks/cancel", task).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
}

#[tokio::test]
async fn who_has_no_tasks_gets_a_result_with_a_handle() {
    let api = scripted(&[("POST /exports", &[STARTED_LATER])]).await;
    let mut client = Client::new(setup(&api).engine(), json!({}));
    let result = client.ask("tools/call", json!({"name": "export"})).await;
    let result = &result["result"];
    assert_eq!(result["resultType"], "complete", "{result}");
    let handle = &result["_meta"]["mcpgen/operation"]["handle"];
    let refused = client.ask("tasks/get", json!({"taskId": handle})).await;
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
    let mut none = Client::new(Setup::new(&api.url).engine(), with_tasks());
    let unknown = none.ask("tasks/get", json!({"taskId": handle})).await;
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
}
