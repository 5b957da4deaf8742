//! The owner's tools and hooks.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::super::super::custom::{ApiRequest, Call, Custom, CustomTool, Refusal, ToolList};
use super::super::super::engine::{Engine, ErrorType, HookFailure, StartError, ToolResult};
use super::super::super::server::Server;
use super::super::super::wire::Message;
use super::upstream::Recording;
use super::{JSON, Setup, answering, call, reply};

#[derive(Default)]
struct Mine {
    seen: Arc<Mutex<Vec<String>>>,
}

impl Custom for Mine {
    fn tools(&self) -> Vec<CustomTool> {
        vec![
            CustomTool::new("two_pets", |call, api| async move {
                let first = match api.call("get_pet", json!({"id": 1})).await {
                    Ok(result) => result.as_text(),
                    Err(refusal) => return refusal.into(),
                };
                let request = ApiRequest::get("/pets").segment(call.text("other").unwrap_or("2"));
                match api.send(request.query("q", "a&b").credentials_of("get_pet")).await {
                    Ok(answer) => ToolResult::text(format!("{first} {} {}", answer.status(), answer.text())),
                    Err(refusal) => refusal.into(),
                }
            })
            .description("Two pets at once")
            .input(json!({"type": "object", "properties": {"other": {"type": "string"}}, "additionalProperties": false})),
        ]
    }

    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        if call.tool() == "touch" {
            return Err(Refusal::new("not on a Sunday"));
        }
        if call.tool() == "get_pet" {
            call.arguments_mut()
                .insert("verbose".to_owned(), Value::Bool(true));
            call.add_header("X-Tenant", "acme");
        }
        Ok(())
    }

    async fn after(&self, call: &Call, result: &mut ToolResult) {
        self.seen
            .lock()
            .expect("not poisoned")
            .push(format!("after {}", call.tool()));
        result.meta.insert("seen".to_owned(), true.into());
    }

    async fn on_error(&self, call: &Call, result: &mut ToolResult) {
        let text = format!("on_error {}: {}", call.tool(), result.as_text());
        self.seen.lock().expect("not poisoned").push(text);
    }
}

#[tokio::test]
async fn hooks_change_calls_and_see_their_ends() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&upstream.url).with_token();
    let mine = Mine::default();
    let seen = Arc::clone(&mine.seen);
    setup.custom = Arc::new(mine);
    let engine = setup.engine();
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert_eq!(result.meta["seen"], true);
    let request = upstream.request();
    assert!(
        request.starts_with("GET /pets/1?verbose=true "),
        "{request}"
    );
    assert!(request.contains("x-tenant: acme\r\n"), "{request}");
    let refused = call(&engine, "touch", json!({})).await;
    assert_eq!(
        (refused.error, refused.as_text()),
        (Some(ErrorType::Forbidden), "not on a Sunday".to_owned())
    );
    assert_eq!(upstream.requests().len(), 1);
    let seen = seen.lock().expect("not poisoned").clone();
    assert_eq!(seen, ["after get_pet", "on_error touch: not on a Sunday"]);
}

#[tokio::test]
async fn an_own_tool_is_listed_checked_and_calls_the_api() {
    let upstream = Recording::start(|request| {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        reply("200 OK", "Content-Type: text/plain\r\n", path.as_bytes())
    })
    .await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.custom = Arc::new(Mine::default());
    let engine = setup.engine();
    let view = engine.view(None);
    let listed = engine.tools(&view, None).last().expect("a tool");
    assert_eq!(
        (listed.name, listed.description),
        ("two_pets", "Two pets at once")
    );
    let result = call(&engine, "two_pets", json!({"other": "a/b"})).await;
    assert_eq!(
        result.as_text(),
        "/pets/1?verbose=true 200 /pets/a%2Fb?q=a%26b"
    );
    assert!(upstream.requests()[1].contains("authorization: Bearer geheim"));
    let wrong = call(&engine, "two_pets", json!({"othr": "x"})).await;
    assert!(
        wrong
            .as_text()
            .contains("unknown argument `othr`; did you mean `other`?"),
        "{}",
        wrong.as_text()
    );
}

/// Shows each team its own part of the API.
struct ByTeam {
    waits: bool,
}

impl Custom for ByTeam {
    async fn on_list(&self, list: &mut ToolList<'_>) {
        if self.waits {
            std::future::pending::<()>().await;
        }
        match list.client_header("x-team") {
            Some("keepers") => list.describe("get_pet", "A pet, with where it sleeps."),
            Some(_) => {
                let writes = list.names().iter().filter(|name| !name.starts_with("get_"));
                let writes: Vec<String> = writes.map(|name| (*name).to_owned()).collect();
                for name in writes {
                    list.hide(name);
                }
            }
            None => {}
        }
    }
}

/// What `tools/list` answers to who sends this header.
async fn listed(server: &Server, team: Option<&str>) -> Value {
    let text = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let Message::List(request) = Message::read(text) else {
        panic!("a list");
    };
    let headers = team.map(|team| HeaderMap::from_iter([team_header(team)]));
    let answer = server.answer_list(&request, (None, headers.as_ref())).await;
    serde_json::from_slice(&answer).expect("JSON")
}

fn team_header(team: &str) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(team).expect("a value");
    (HeaderName::from_static("x-team"), value)
}

fn by_team(waits: bool, failure: HookFailure) -> Arc<Server> {
    let mut setup = Setup::new("http://127.0.0.1:1");
    setup.custom = Arc::new(ByTeam { waits });
    setup.settings.hooks.failure = failure;
    setup.settings.hooks.timeout = std::time::Duration::from_millis(200);
    Server::new(setup.engine())
}

#[tokio::test]
async fn a_hook_hides_tools_from_a_list_and_describes_them_anew_for_who_asks() {
    let server = by_team(false, HookFailure::Closed);
    let tools = |answer: &Value| -> Vec<(String, String)> {
        let tools = answer["result"]["tools"].as_array().expect("tools");
        let text = |tool: &Value, name: &str| tool[name].as_str().unwrap_or_default().to_owned();
        (tools.iter())
            .map(|tool| (text(tool, "name"), text(tool, "description")))
            .collect()
    };
    let everybody = listed(&server, None).await;
    assert_eq!(everybody["result"]["cacheScope"], "public");
    let others = listed(&server, Some("guests")).await;
    assert_eq!(others["result"]["cacheScope"], "private");
    let names: Vec<String> = tools(&others).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["get_pet"]);
    let keepers = tools(&listed(&server, Some("keepers")).await);
    assert_eq!(keepers.len(), tools(&everybody).len());
    let pet = keepers.iter().find(|(name, _)| name == "get_pet");
    assert_eq!(
        pet.map(|(_, text)| &**text),
        Some("A pet, with where it sleeps.")
    );
    assert_eq!(listed(&server, None).await, everybody);
}

#[tokio::test]
async fn a_hook_that_does_not_end_gives_no_list_or_the_one_of_everybody() {
    let closed = listed(&by_team(true, HookFailure::Closed), None).await;
    let text = closed["error"]["message"].as_str().unwrap_or_default();
    let told = "the tools cannot be listed: a check of this server did not end within 0.2 s";
    assert!(text.starts_with(told), "{closed}");
    let open = listed(&by_team(true, HookFailure::Open), Some("guests")).await;
    assert!(
        open["result"]["tools"]
            .as_array()
            .is_some_and(|tools| tools.len() > 1)
    );
}

struct Twice;

impl Custom for Twice {
    fn tools(&self) -> Vec<CustomTool> {
        vec![CustomTool::new("ping", |_, _| async {
            ToolResult::default()
        })]
    }
}

#[test]
fn an_own_tool_with_anothers_name_stops_the_start() {
    let mut setup = Setup::new("http://127.0.0.1:9");
    setup.custom = Arc::new(Twice);
    let StartError(text) = setup.try_engine().expect_err("refused");
    assert_eq!(
        text,
        "the tool `ping` of `src/custom.rs` has the name of another tool"
    );
}

/// Fails in the way that the argument `q` names.
struct Failing;

impl Failing {
    async fn fail(call: &Call, hook: &str) {
        match call.text("q") {
            Some(way) if way == format!("{hook} panics") => panic!("a mistake of the owner's"),
            Some(way) if way == format!("{hook} hangs") => std::future::pending().await,
            _ => {}
        }
    }
}

impl Custom for Failing {
    fn tools(&self) -> Vec<CustomTool> {
        let input = json!({"type": "object", "properties": {"q": {"type": "string"}}});
        let tool = CustomTool::new("mine", |call, _| async move {
            Self::fail(&call, "tool").await;
            ToolResult::text("mine")
        });
        vec![tool.input(input)]
    }

    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        call.add_header("X-Half", "done");
        Self::fail(call, "before").await;
        Ok(())
    }

    async fn after(&self, call: &Call, result: &mut ToolResult) {
        result.meta.insert("half".to_owned(), true.into());
        Self::fail(call, "after").await;
    }

    async fn on_error(&self, call: &Call, _: &mut ToolResult) {
        Self::fail(call, "on_error").await;
    }
}

fn failing(url: &str, failure: HookFailure) -> Engine {
    let mut setup = Setup::new(url);
    setup.custom = Arc::new(Failing);
    // Long enough for a machine that is busy with other things.
    setup.settings.total_timeout = std::time::Duration::from_secs(1);
    setup.settings.hooks.timeout = std::time::Duration::from_millis(200);
    setup.settings.hooks.failure = failure;
    setup.engine()
}

#[tokio::test]
async fn a_hook_that_fails_fails_the_call_and_withholds_its_result() {
    let upstream = answering("200 OK", JSON, r#"{"secret": 1}"#).await;
    let engine = failing(&upstream.url, HookFailure::Closed);
    let mut said = Vec::new();
    for how in [
        "before panics",
        "before hangs",
        "after panics",
        "after hangs",
    ] {
        let result = call(&engine, "pages", json!({"q": how})).await;
        assert_eq!(result.error, Some(ErrorType::Internal), "{how}");
        assert_eq!(result.structured, None, "{how}");
        said.push(result.as_text());
    }
    assert_eq!(upstream.requests().len(), 2, "`before` stops the request");
    assert_eq!(
        said[..3],
        [
            "`pages` was not called: a check of this server broke off. That is for its operator to mend.",
            "`pages` was not called: a check of this server did not end within 0.2 s. That is for its operator to mend.",
            "The result of `pages` is withheld: a check of this server broke off. The API has answered, and what was \
             asked for may be done: look before you repeat it. That is for its operator to mend.",
        ]
    );
    let fine = call(&engine, "pages", json!({"q": "x"})).await;
    assert_eq!(fine.error, None, "the server goes on");
}

/// Blocks its thread: for a moment, or until something else that runs on the server has said so.
struct Blocking(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

impl Custom for Blocking {
    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        match call.text("q") {
            Some("moment") => std::thread::sleep(std::time::Duration::from_millis(250)),
            Some("waits") => {
                let said = self.0.lock().expect("no panic");
                let _ = said.recv_timeout(std::time::Duration::from_secs(60));
            }
            _ => {}
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_hook_that_was_seen_to_block_holds_nobody_up_any_more() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let (say, said) = std::sync::mpsc::channel();
    let mut setup = Setup::new(&upstream.url);
    setup.custom = Arc::new(Blocking(std::sync::Mutex::new(said)));
    let engine = setup.engine();
    let first = call(&engine, "pages", json!({"q": "moment"})).await;
    assert_eq!(first.error, None, "{}", first.as_text());
    // This one goes on only when the other call has been answered.
    let waits = call(&engine, "pages", json!({"q": "waits"}));
    let other = async {
        let result = call(&engine, "pages", json!({"q": "other"})).await;
        let _ = say.send(());
        result
    };
    let (waited, other) = tokio::join!(waits, other);
    assert_eq!((waited.error, other.error), (None, None));
    assert_eq!(upstream.requests().len(), 3);
}

struct Clearing;

impl Custom for Clearing {
    async fn after(&self, _: &Call, result: &mut ToolResult) {
        *result = ToolResult::text("redrawn");
    }
}

#[tokio::test]
async fn a_result_that_a_hook_has_made_fits_the_output_schema_all_the_same() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.custom = Arc::new(Clearing);
    let result = call(&setup.engine(), "get_pet", json!({"id": 7})).await;
    assert_eq!(result.as_text(), "redrawn");
    let structured = result.structured.expect("what the schema promises");
    assert_eq!(structured.json(), "{}");
}

#[tokio::test]
async fn a_hook_that_may_fail_leaves_no_trace() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let engine = failing(&upstream.url, HookFailure::Open);
    for how in ["before panics", "before hangs"] {
        let result = call(&engine, "pages", json!({"q": how})).await;
        assert_eq!(result.error, None, "{how}: {}", result.as_text());
    }
    let sent = upstream.requests();
    assert!(
        sent.iter().all(|request| !request.contains("x-half")),
        "{sent:?}"
    );
    for how in ["after panics", "after hangs"] {
        let result = call(&engine, "pages", json!({"q": how})).await;
        assert_eq!(
            (result.error, result.meta.get("half")),
            (None, None),
            "{how}"
        );
    }
}

#[tokio::test]
async fn the_failure_of_a_failed_call_is_withheld_too() {
    let upstream = answering("404 Not Found", JSON, r#"{"secret": 1}"#).await;
    let engine = failing(&upstream.url, HookFailure::Closed);
    let result = call(&engine, "pages", json!({"q": "on_error panics"})).await;
    assert_eq!(
        result.as_text(),
        "The result of `pages` is withheld: a check of this server broke off. The call failed. That is for its operator to mend."
    );
    let engine = failing(&upstream.url, HookFailure::Open);
    let result = call(&engine, "pages", json!({"q": "on_error panics"})).await;
    assert_eq!(result.error, Some(ErrorType::Upstream4xx));
    let upstream = answering("500 Internal Server Error", JSON, r#"{"secret": 1}"#).await;
    let engine = failing(&upstream.url, HookFailure::Closed);
    let text = call(&engine, "pages", json!({"q": "on_error panics"}))
        .await
        .as_text();
    assert!(text.contains("look before you repeat it"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_own_tool_that_fails_takes_nothing_with_it() {
    let engine = failing("http://127.0.0.1:9", HookFailure::Open);
    let hangs = call(&engine, "mine", json!({"q": "tool hangs"})).await;
    assert_eq!(hangs.error, Some(ErrorType::Timeout));
    let panics = call(&engine, "mine", json!({"q": "tool panics"})).await;
    assert_eq!(
        (panics.error, panics.as_text().as_str()),
        (
            Some(ErrorType::Internal),
            "`mine` broke off. What it has done by now is not known: look before you repeat it."
        )
    );
    assert_eq!(call(&engine, "mine", json!({})).await.as_text(), "mine");
}
