//! The generated examples: current, and alike to `mcpgen serve`; and what an owner adds survives a rebuild.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{folder, mcpgen, root, run, spec};
use crate::upstream::{Received, Upstream};

/// Compiles a crate into the target directory of these tests and gives the path of its binary.
fn compiled(directory: &Path, binary: &str) -> PathBuf {
    // TARGET/debug/mcpgen
    let debug = Path::new(env!("CARGO_BIN_EXE_mcpgen"))
        .parent()
        .expect("the binary lies in a folder");
    let target = debug
        .parent()
        .expect("the profile's folder lies in the target directory");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--locked"])
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    target.join("debug").join(binary)
}

/// Sends messages to a server over stdio and gives the answers in the order of their ids.
pub(crate) fn answers(command: &mut Command, messages: &[Value]) -> Vec<Value> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the server starts");
    let mut stdin = child.stdin.take().expect("is piped");
    for message in messages {
        writeln!(stdin, "{message}").expect("the server reads");
    }
    drop(stdin);
    let stdout = child.stdout.take().expect("is piped");
    let mut answers: Vec<Value> = BufReader::new(stdout)
        .lines()
        .map(|line| {
            serde_json::from_str(&line.expect("is text")).expect("only JSON comes on stdout")
        })
        .filter(|answer: &Value| answer.get("id").is_some())
        .collect();
    assert!(child.wait().expect("ends").success());
    answers.sort_by_key(|answer| answer["id"].as_u64());
    answers
}

fn call(id: u32, tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

pub(crate) fn handshake() -> [Value; 2] {
    let client = json!({ "name": "test", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
    ]
}

/// Request ids are random, and the two programs have versions of their own.
fn without_identity(answers: Vec<Value>) -> Vec<Value> {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.shift_remove("mcpgen/requestId");
                map.shift_remove("io.modelcontextprotocol/serverInfo");
                map.shift_remove("serverInfo");
                map.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            _ => {}
        }
    }
    let mut answers = answers;
    answers.iter_mut().for_each(clean);
    answers
}

fn order_service() -> Upstream {
    Upstream::start(|request: &Received| match request.line.split_once(' ') {
        Some(("GET", path)) if path.starts_with('/') => (
            "200 OK",
            "application/json",
            json!({ "orders": [], "seen": path }).to_string(),
        ),
        _ => (
            "409 Conflict",
            "application/problem+json",
            json!({ "title": "Already shipped" }).to_string(),
        ),
    })
}

#[test]
fn the_examples_are_current() {
    for example in ["petstore", "orders", "github"] {
        let ran = run(&spec(example), ["build", "--check"]);
        assert_eq!(
            ran.code, 0,
            "{example}: run `mcpgen build` in specs/{example}\n{}{}",
            ran.stdout, ran.stderr
        );
    }
}

#[test]
fn inspect_names_the_variables_of_credentials_and_servers() {
    let folder = folder();
    let spec = spec("petstore/openapi.yaml");
    let arguments = ["inspect", "--format", "json", spec.to_str().expect("text")];
    let ran = run(folder.path(), arguments);
    let told: Value = serde_json::from_str(&ran.stdout).expect("stdout is JSON");
    assert_eq!(
        told["schemes"],
        json!([
            {"name": "petstore_auth", "variables": ["API_PETSTORE_AUTH_TOKEN"]},
            {"name": "api_key", "variables": ["API_API_KEY_KEY"]},
        ])
    );
    assert_eq!(told["servers"][0]["variable"], "API_BASE_URL");
}

#[test]
fn serve_and_the_generated_crate_answer_alike() {
    let upstream = order_service();
    let mut messages = handshake().to_vec();
    messages.push(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    messages.push(call(2, "list_orders", &json!({})));
    messages.push(call(3, "list_orders", &json!({ "nonsense": 1 })));
    messages.push(call(4, "cancel_order", &json!({ "order_id": "A-1" })));
    messages.push(call(5, "no_such_tool", &json!({})));
    let reference = json!({ "type": "ref/prompt", "name": "explain_order" });
    let argument = json!({ "name": "reason", "value": "" });
    let order = json!({ "order_id": "ORD-1" });
    for (id, method, params) in [
        (6, "prompts/list", json!({})),
        (
            7,
            "prompts/get",
            json!({ "name": "explain_order", "arguments": order }),
        ),
        (
            8,
            "completion/complete",
            json!({ "ref": reference, "argument": argument }),
        ),
    ] {
        messages.push(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    let crate_binary = compiled(&root().join("generated-examples/orders"), "orders-mcp");
    let mut generated = Command::new(crate_binary);
    let mut served = mcpgen(root());
    served.args(["serve", "specs/orders/openapi.yaml"]);
    let mut both = [&mut generated, &mut served].map(|command| {
        command
            .env("API_BASE_URL", &upstream.url)
            .env("API_BEARER_AUTH_TOKEN", "secret")
            .env("MCP_LOG", "error");
        without_identity(answers(command, &messages))
    });
    let custom = both[0][1]["result"]["tools"]
        .as_array_mut()
        .expect("a list of tools");
    custom.retain(|tool| tool["name"] != "api_status");
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0].len(), 9);
    let requests = upstream.received();
    assert_eq!(
        requests.len() % 2,
        0,
        "both send the same number of requests"
    );
    let (first, second) = requests.split_at(requests.len() / 2);
    assert_eq!(
        first.iter().map(|r| &r.line).collect::<Vec<_>>(),
        second.iter().map(|r| &r.line).collect::<Vec<_>>()
    );
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization") == Some("Bearer secret"))
    );
}

const MINE: &str = r#"//! The owner's file of a test.

use crate::runtime::custom::{Call, Custom, CustomTool, Refusal};
use crate::runtime::engine::ToolResult;

/// The owner's additions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mine;

impl Custom for Mine {
    fn tools(&self) -> Vec<CustomTool> {
        vec![CustomTool::new("hand_written", |_call, _api| async { ToolResult::text("by hand") })]
    }

    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        call.add_header("X-Tenant", "acme");
        if call.text("status") == Some("cancelled") { Err(Refusal::new("not today")) } else { Ok(()) }
    }

    async fn after(&self, _call: &Call, result: &mut ToolResult) {
        result.meta.insert("hook".to_owned(), "after".into());
    }

    async fn on_error(&self, _call: &Call, result: &mut ToolResult) {
        result.meta.insert("hook".to_owned(), "on_error".into());
    }
}
"#;

#[test]
fn the_owners_tool_and_hooks_run_and_survive_a_rebuild() {
    let folder = folder();
    let directory = folder.path().join("mine-mcp");
    let source = fs::read_to_string(spec("orders/openapi.yaml")).expect("reads");
    let path = folder.path().join("spec.yaml");
    fs::write(&path, &source).expect("writes");
    let build = |text: &str| {
        fs::write(&path, text).expect("writes");
        let ran = run(
            folder.path(),
            ["build", "spec.yaml", "-o", "mine-mcp", "--name", "mine"],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    build(&source);
    fs::write(directory.join("src/custom.rs"), MINE).expect("writes");
    build(&source.replace("operationId: listOrders", "operationId: findOrders"));
    assert_eq!(
        fs::read_to_string(directory.join("src/custom.rs")).expect("reads"),
        MINE
    );

    let upstream = order_service();
    let mut command = Command::new(compiled(&directory, "mine-mcp"));
    command
        .env("API_BASE_URL", &upstream.url)
        .env("API_BEARER_AUTH_TOKEN", "secret")
        .env("MCP_LOG", "error");
    let mut messages = handshake().to_vec();
    messages.push(call(1, "hand_written", &json!({})));
    messages.push(call(2, "find_orders", &json!({})));
    messages.push(call(3, "find_orders", &json!({ "status": "cancelled" })));
    let answers = answers(&mut command, &messages);
    assert_eq!(answers[1]["result"]["content"][0]["text"], "by hand");
    assert_eq!(answers[2]["result"]["_meta"]["hook"], "after");
    assert_eq!(answers[3]["result"]["_meta"]["hook"], "on_error");
    assert_eq!(answers[3]["result"]["content"][0]["text"], "not today");
    let requests = upstream.received();
    assert_eq!(requests.len(), 1, "the refused call was not sent");
    assert_eq!(requests[0].header("x-tenant"), Some("acme"));
}

#[test]
fn a_crate_compiles_as_a_member_of_a_workspace() {
    let folder = folder();
    let source = fs::read_to_string(spec("orders/openapi.yaml")).expect("reads");
    fs::write(folder.path().join("openapi.yaml"), source).expect("writes");
    let config = "spec = 'openapi.yaml'\nname = 'member'\n[crate]\nworkspace = true\n";
    fs::write(folder.path().join("mcpgen.toml"), config).expect("writes");
    let ran = run(folder.path(), ["build", "-o", "member-mcp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let manifest = "[workspace]\nmembers = ['member-mcp']\nresolver = '3'\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).expect("writes");
    let lock = folder.path().join("member-mcp/Cargo.lock");
    fs::copy(lock, folder.path().join("Cargo.lock")).expect("copies");
    assert!(compiled(folder.path(), "member-mcp").is_file());
}

#[test]
fn the_crate_of_a_hostile_spec_compiles_and_shows_its_texts_as_they_are() {
    let folder = folder();
    let source = spec("hostile/texts.yaml");
    let source = source.to_str().expect("is text");
    let ran = run(
        folder.path(),
        ["build", source, "-o", "hostile-mcp", "--name", "hostile"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut command = Command::new(compiled(&folder.path().join("hostile-mcp"), "hostile-mcp"));
    command.env("API_BASE_URL", "http://127.0.0.1:9");
    let mut messages = handshake().to_vec();
    messages.push(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    let answers = answers(&mut command, &messages);
    let tools = answers[1]["result"]["tools"].as_array();
    let titles: Vec<&Value> = tools
        .into_iter()
        .flatten()
        .map(|tool| &tool["title"])
        .collect();
    assert!(titles.contains(&&json!("{$ 7 * 7 $}")), "{titles:?}");
    assert!(
        titles.contains(&&json!("{} {:?} {x} %s %n {{}} }}{{")),
        "{titles:?}"
    );
}
