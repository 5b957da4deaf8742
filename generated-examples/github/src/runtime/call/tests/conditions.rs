//! Conditions at work: which calls are made, which are refused before anything is sent, and who sees which tools.

use std::sync::Mutex;

use serde_json::json;

use super::super::super::audit::Auditing;
use super::super::super::confirmation::Confirm;
use super::super::super::custom::{Call, Custom, CustomTool, Refusal};
use super::super::super::engine::{Asker, Asking, ErrorType, Reply};
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::super::super::server::Server;
use super::following::{STARTED_LATER, lines, scripted};
use super::secrets::Log;
use super::*;

const REFUNDS: &[Group] = &[Group {
    tag: "refunds",
    tools: &[
        ToolDef::new("refund", "POST", "/refunds").body(Body::json(BodySource::Fields(&[
            Field::new("amount"),
            Field::new("account"),
            Field::new("lines"),
        ]))),
        ToolDef::new("put_refund", "PUT", "/refunds").body(Body::json(BodySource::Whole("body"))),
        ToolDef::new("get_refund", "GET", "/refunds/{id}")
            .parameters(&[Parameter::path("id")])
            .hints(Hints::READ),
        ToolDef::new("ping", "GET", "/ping").hints(Hints::READ),
    ],
    schemas: r#"{
      "refund": {"advertised": {"type": "object", "properties": {"amount": {"type": "number"}, "account": {"type": "string"}, "lines": {}}}},
      "put_refund": {"advertised": {"type": "object", "properties": {"body": {"type": "object"}}}},
      "get_refund": {"advertised": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}
    }"#,
}];

const AT_MOST_100: &str = "[tools.\"POST /refunds\"]\n\
    require = 'args.amount <= 100 || \"manager\" in identity.roles'\n\
    require-message = 'refunds above 100 are for managers.'\n";

fn setup(base: &str, rules: &str) -> Setup {
    let mut setup = Setup::new(base);
    setup.def.groups = REFUNDS;
    setup.settings.policies = with(rules);
    setup
}

fn with(rules: &str) -> PolicySettings {
    PolicySettings {
        tables: Tables::parse(rules).unwrap_or_else(|(_, why)| panic!("{why}")),
        ..PolicySettings::default()
    }
}

fn engine(base: &str, rules: &str) -> Engine {
    setup(base, rules).engine()
}

fn mistake(rules: &str) -> String {
    let setup = setup("http://127.0.0.1:9", rules);
    setup.try_engine().expect_err(rules).0
}

fn by(roles: &[&str], claims: &Value) -> CallContext {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let claims = claims.as_object().cloned().unwrap_or_default();
    let identity = Identity::new("alice".to_owned(), Means::Jwt, roles, None, claims);
    CallContext {
        identity: Some(identity),
        ..CallContext::default()
    }
}

fn body(request: &str) -> &str {
    request.split("\r\n\r\n").nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_call_that_does_not_meet_a_condition_is_refused_before_anything_is_sent() {
    let api = answering("200 OK", JSON, "{}").await;
    let setup = setup(&api.url, AT_MOST_100);
    let metrics = Arc::clone(&setup.metrics);
    let engine = setup.engine();
    let clerk = || by(&["clerk"], &json!({}));
    let refused = call_with(&engine, "refund", json!({"amount": 100.5}), clerk()).await;
    assert_eq!(refused.error, Some(ErrorType::Forbidden));
    let told = "`refund` is refused: refunds above 100 are for managers.";
    assert_eq!(refused.as_text(), told);
    let metrics = metrics.text();
    for line in [
        r#"mcp_tool_invocations_total{tool_name="refund",status="denied"} 1"#,
        r#"mcp_tool_errors_total{tool_name="refund",error_type="forbidden"} 1"#,
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    // What is not there is not little.
    let nothing = call_with(&engine, "refund", json!({}), clerk()).await;
    assert_eq!(nothing.as_text(), told);
    assert!(api.requests().is_empty());
    let little = call_with(&engine, "refund", json!({"amount": 100}), clerk()).await;
    let much = by(&["manager"], &json!({}));
    let much = call_with(&engine, "refund", json!({"amount": 5000}), much).await;
    assert_eq!((little.error, much.error), (None, None));
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn a_condition_sees_what_is_sent() {
    let api = answering("200 OK", JSON, "{}").await;
    let rules = AT_MOST_100.replace(" || \"manager\" in identity.roles", "");
    let engine = engine(&api.url, &rules);
    let read = |text: &str| serde_json::from_str::<Value>(text).expect(text);
    for (amount, sent) in [
        ("100", Some("100")),
        (r#""100""#, Some("100")),
        ("1e2", Some("100")),
        ("100.0000000000000001", Some("100")),
        (r#"" 99.5 ""#, Some("99.5")),
        ("100.00000000000001", None),
        (r#""101""#, None),
        (r#""1e3""#, None),
        (r#""1e400""#, None),
        (r#""NaN""#, None),
        (r#""١""#, None),
        ("9007199254740993", None),
        ("18446744073709551617", None),
        ("-1e300", None),
    ] {
        let before = api.requests().len();
        let result = call(&engine, "refund", json!({"amount": read(amount)})).await;
        let requests = api.requests();
        let expected = sent.map(|sent| format!("{{\"amount\":{sent}}}"));
        let got = requests.get(before).map(|request| body(request).to_owned());
        assert_eq!(got, expected, "{amount}: {}", result.as_text());
    }
    let rules =
        "[tools.\"PUT /refunds\"]\nrequire = '!has(args.body.amount) || args.body.amount <= 100'\n";
    let engine = self::engine(&api.url, rules);
    for (sent, error) in [
        (json!({"amount": 1}), None),
        (json!(r#"{"amount": 1}"#), None),
        (
            json!(r#"{"amount": 1, "amount": 1000}"#),
            Some(ErrorType::Forbidden),
        ),
        (json!({"Amount": 1000}), Some(ErrorType::Forbidden)),
        (json!({"amount": "1000"}), Some(ErrorType::Forbidden)),
    ] {
        let result = call(&engine, "put_refund", json!({"body": sent})).await;
        assert_eq!(result.error, error, "{sent}: {}", result.as_text());
    }
}

#[tokio::test]
async fn every_table_about_a_tool_has_a_say() {
    let api = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"method:POST\"]\nrequire = 'args.amount <= 100'\n\
        [tools.\"POST /refunds\"]\nrequire = 'args.amount >= 10'\nbind = { account = \"claim:sub\" }\n\
        [tools.\"tag:refunds\"]\nrequire = '!has(args.account) || args.account == \"alice\"'\n";
    let engine = engine(&api.url, rules);
    let ask = async |amount: u32, sub: &str| {
        let caller = by(&[], &json!({"sub": sub}));
        let arguments = json!({"amount": amount});
        call_with(&engine, "refund", arguments, caller).await.error
    };
    let refused = Some(ErrorType::Forbidden);
    assert_eq!(ask(50, "alice").await, None);
    assert_eq!(ask(101, "alice").await, refused);
    assert_eq!(ask(9, "alice").await, refused);
    // What is bound is an argument as others are.
    assert_eq!(ask(50, "bob").await, refused);
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn a_table_applies_to_callers_of_whom_its_condition_is_true() {
    let rules = "[access.analyst]\nallow = [\"method:GET\"]\nwhen = 'claims.department == \"sales\"'\n\
        [access.writer]\nallow = [\"POST /refunds\"]\nwhen = '!has(claims.suspended)'\n\
        [access.anonymous]\nallow = [\"GET /ping\"]\n";
    let engine = engine("http://127.0.0.1:9", rules);
    let seen = |roles: &[&str], claims: Value| -> Vec<String> {
        let view = engine.view(by(roles, &claims).identity.as_ref());
        let tools = engine.tools(&view, None);
        tools.map(|tool| tool.name.to_owned()).collect()
    };
    let reads = ["get_refund", "ping"];
    assert_eq!(seen(&["analyst"], json!({"department": "sales"})), reads);
    for claims in [
        json!({"department": "legal"}),
        json!({}),
        json!({"department": ["sales"]}),
    ] {
        assert!(seen(&["analyst"], claims).is_empty());
    }
    let both = json!({"department": "sales"});
    assert_eq!(
        seen(&["analyst", "writer"], both),
        ["refund", "get_refund", "ping"]
    );
    assert!(seen(&["writer"], json!({"suspended": true})).is_empty());
    let caller = by(&["analyst"], &json!({"department": "legal"}));
    let unknown = engine.call("ping", Map::new(), caller).await;
    assert!(unknown.expect_err("it does not exist").nearest.is_empty());
}

#[tokio::test]
async fn a_table_whose_condition_cannot_be_decided_allows_nothing_and_still_denies() {
    let api = answering("200 OK", JSON, "{}").await;
    let mut setup = super::following::setup(&api);
    setup.settings.policies = with(
        "[access.clerk]\nallow = [\"POST /exports\"]\n\
         [access.guest]\nallow = [\"GET /ping\"]\ndeny = [\"op:cancel_operation\"]\nwhen = 'claims.level < 2'\n",
    );
    let engine = setup.engine();
    let seen = |claims: Value| -> Vec<String> {
        let view = engine.view(by(&["clerk", "guest"], &claims).identity.as_ref());
        engine.names(&view).map(str::to_owned).collect()
    };
    let level = |level: Value| seen(json!({"level": level}));
    let guest = ["export", "export_by_key", "ping", "check_operation"];
    assert_eq!(level(json!(1)), guest);
    let undecided = ["export", "export_by_key", "check_operation"];
    assert_eq!(level(json!("1")), undecided);
    assert_eq!(seen(json!({})), undecided);
    let not_meant = [
        "export",
        "export_by_key",
        "check_operation",
        "cancel_operation",
    ];
    assert_eq!(level(json!(2)), not_meant);
}

#[test]
fn a_condition_that_protects_nothing_is_a_mistake() {
    let post = |require: &str| format!("[tools.\"POST /refunds\"]\nrequire = '{require}'\n");
    for (rules, says) in [
        (
            post("args.amuont <= 1"),
            "[tools.\"POST /refunds\"] require: `refund` has no argument `amuont`; did you mean `amount`?",
        ),
        (
            post("args.body.amount <= 1"),
            "`refund` has no argument `body`",
        ),
        (post("args.amount <= "), "this is no CEL expression"),
        (
            "[tools.\"tag:refunds\"]\nrequire = 'args.none == 1'\n".to_owned(),
            "no tool that this is about has an argument `none`",
        ),
        (
            "[tools.\"POST /refunds\"]\nrequire-message = 'no'\n".to_owned(),
            "`require-message`",
        ),
        (
            "[access.a]\nallow = [\"GET /ping\"]\nwhen = 'args.amount == 1'\n".to_owned(),
            "[access.a] when: `args` is not known before there is a call",
        ),
        (
            "[access.anonymous]\nallow = [\"GET /ping\"]\nwhen = 'true'\n".to_owned(),
            "nothing is known of who has no identity",
        ),
    ] {
        let told = mistake(&rules);
        assert!(told.contains(says), "{told}");
    }
    let mut tables = Tables::parse(&post("args.amuont <= 1")).expect("tables");
    tables.file = Some("policies.toml".to_owned());
    let mut setup = setup("http://127.0.0.1:9", "");
    setup.settings.policies.tables = tables;
    let told = setup.try_engine().expect_err("a mistake").0;
    assert!(
        told.starts_with("config file `policies.toml`: [tools."),
        "{told}"
    );
}

#[tokio::test]
async fn conditions_change_with_the_file_and_are_not_lost_with_half_of_it() {
    let api = answering("200 OK", JSON, "{}").await;
    let engine = engine(&api.url, AT_MOST_100);
    let ask = async |amount: u32| {
        call(&engine, "refund", json!({"amount": amount}))
            .await
            .error
    };
    let refused = Some(ErrorType::Forbidden);
    for (rules, says) in [
        (
            AT_MOST_100.replace("args.amount", "args.sum"),
            "no argument `sum`",
        ),
        (String::new(), "has no `require` any more"),
    ] {
        let told = engine.replace_policies(&with(&rules)).expect_err(&rules).0;
        assert!(told.contains(says), "{told}");
        assert_eq!((ask(100).await, ask(101).await), (None, refused));
    }
    let fewer = AT_MOST_100.replace("100", "10");
    engine.replace_policies(&with(&fewer)).expect("other rules");
    assert_eq!((ask(10).await, ask(100).await), (None, refused));
}

#[tokio::test]
async fn to_read_a_resource_and_to_look_after_work_are_calls() {
    let api = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let mut setup = setup(
        &api.url,
        "[tools.\"GET /refunds/{id}\"]\nrequire = 'args.id < 10'\n",
    );
    setup.settings.resources = true;
    let server = Server::new(setup.engine());
    let read = async |uri: &str| server.resource(uri, CallContext::default()).await;
    assert!(read("api://get_refund/7").await.is_ok());
    let refused = read("api://get_refund/70").await.expect_err("a refusal");
    assert!(
        refused.message.contains("is refused"),
        "{}",
        refused.message
    );
    assert_eq!(api.requests().len(), 1);

    let api = scripted(&[("POST /exports", &[STARTED_LATER])]).await;
    let mut setup = super::following::setup(&api);
    setup.settings.follow.timeout = Some(Duration::from_millis(1));
    let years = |from: u32| format!("[tools.\"op:export\"]\nrequire = 'args.year >= {from}'\n");
    let named = |from: u32| years(from).replace("op:export", "POST /exports");
    setup.settings.policies =
        with(&named(2020).replace("args.year", "!has(args.year) || args.year"));
    let engine = setup.engine();
    let begun = call(&engine, "export", json!({"year": 2024})).await;
    let handle = begun.meta["mcpgen/operation"]["handle"].clone();
    let later = with(&named(2025).replace("args.year", "!has(args.year) || args.year"));
    engine.replace_policies(&later).expect("other rules");
    for tool in ["check_operation", "cancel_operation"] {
        let result = call(&engine, tool, json!({"handle": handle})).await;
        assert_eq!(
            result.error,
            Some(ErrorType::Forbidden),
            "{}",
            result.as_text()
        );
        assert!(
            result.as_text().starts_with("`export` is refused"),
            "{}",
            result.as_text()
        );
    }
    assert_eq!(lines(&api), ["POST /exports"]);
}

struct Mine;

impl Custom for Mine {
    fn tools(&self) -> Vec<CustomTool> {
        let input = json!({"type": "object", "properties": {"days": {"type": "integer"}}});
        vec![
            CustomTool::new("remind", |_, api| async move {
                match api.call("refund", json!({"amount": 1000})).await {
                    Ok(result) => result,
                    Err(refusal) => refusal.into(),
                }
            })
            .input(input),
        ]
    }

    async fn before(&self, call: &mut Call) -> Result<(), Refusal> {
        if call.tool() == "refund" {
            let amount = call.arguments().get("amount").and_then(Value::as_u64);
            let doubled = json!(amount.unwrap_or_default() * 2);
            call.arguments_mut().insert("amount".to_owned(), doubled);
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_owners_code_is_under_the_same_conditions() {
    let api = answering("200 OK", JSON, "{}").await;
    let rules = format!("{AT_MOST_100}[tools.\"op:remind\"]\nrequire = 'args.days > 3'\n");
    let mut setup = setup(&api.url, &rules);
    setup.custom = Arc::new(Mine);
    let engine = setup.engine();
    // A hook has changed them before.
    let doubled = call(&engine, "refund", json!({"amount": 60})).await;
    assert_eq!(doubled.error, Some(ErrorType::Forbidden));
    let few = call(&engine, "remind", json!({"days": 3})).await;
    assert_eq!(
        few.as_text(),
        "`remind` is refused: this call is not allowed with these arguments."
    );
    let inside = call(&engine, "remind", json!({"days": 4})).await;
    assert!(
        inside.as_text().contains("refunds above 100"),
        "{}",
        inside.as_text()
    );
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_is_refused_anyway() {
    let api = answering("200 OK", JSON, "{}").await;
    let mut setup = setup(&api.url, AT_MOST_100);
    setup.settings.policies.confirm = Confirm::Always;
    let engine = Arc::new(Mutex::new(None::<Engine>));
    let questions = Arc::new(Mutex::new(0));
    let (counted, later) = (Arc::clone(&questions), Arc::clone(&engine));
    let asker = Asker(Arc::new(move |_| {
        *counted.lock().expect("not poisoned") += 1;
        // While the user thinks, the owner allows less.
        let stricter = PolicySettings {
            confirm: Confirm::Always,
            ..with(&AT_MOST_100.replace("100", "10"))
        };
        let engine = later.lock().expect("not poisoned");
        let engine = engine.as_ref().expect("an engine");
        engine.replace_policies(&stricter).expect("other rules");
        Box::pin(async { Reply::Accepted(Map::new()) })
    }));
    *engine.lock().expect("not poisoned") = Some(setup.engine());
    let ask = async |amount: u32| {
        let context = CallContext {
            asking: Asking::Now(asker.clone()),
            ..CallContext::default()
        };
        let engine = engine
            .lock()
            .expect("not poisoned")
            .clone()
            .expect("an engine");
        call_with(&engine, "refund", json!({"amount": amount}), context)
            .await
            .error
    };
    assert_eq!(ask(101).await, Some(ErrorType::Forbidden));
    assert_eq!(*questions.lock().expect("not poisoned"), 0);
    assert_eq!(ask(50).await, Some(ErrorType::Forbidden));
    assert_eq!(*questions.lock().expect("not poisoned"), 1);
    assert!(api.requests().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_condition_that_cannot_be_decided_is_told_once_and_without_values() {
    let log = Log::default();
    let _guards = log.listen();
    let api = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"POST /refunds\"]\nrequire = 'args.lines.all(line, line.price <= 100)'\n";
    let refuse = async |count: usize| {
        let engine = engine(&api.url, rules);
        for _ in 0..count {
            for lines in [
                json!([{"price": "geheim"}]),
                json!("geheim"),
                json!({"geheim": 1}),
            ] {
                let result = call(&engine, "refund", json!({"lines": lines})).await;
                assert_eq!(result.error, Some(ErrorType::Forbidden));
                assert!(!result.as_text().contains("price"), "{}", result.as_text());
            }
        }
    };
    refuse(1).await;
    log.forget();
    refuse(3).await;
    let text = log.text();
    assert_eq!(text.matches("could not be decided").count(), 1, "{text}");
    assert!(
        text.contains("[tools.\\\"POST /refunds\\\"] require")
            || text.contains("[tools.\"POST /refunds\"] require"),
        "{text}"
    );
    assert!(!text.contains("geheim"), "{text}");
    let many: Vec<u32> = (0..100_000).collect();
    let engine = engine(&api.url, rules);
    let result = call(&engine, "refund", json!({"lines": many})).await;
    assert!(
        result.as_text().contains("too large to be checked"),
        "{}",
        result.as_text()
    );
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_is_a_line_of_the_audit_log() {
    let path = std::env::temp_dir().join(format!("mcp-conditions-{}", std::process::id()));
    let metrics = Arc::new(Metrics::default());
    let auditing = Auditing::start(&path.to_string_lossy(), &metrics).expect("a file");
    let engine = engine("http://127.0.0.1:9", AT_MOST_100);
    engine.audit(auditing.log());
    let caller = by(&[], &json!({}));
    let _ = call_with(&engine, "refund", json!({"amount": 4711}), caller).await;
    drop((engine, auditing));
    let text = std::fs::read_to_string(&path).expect("a log");
    let _ = std::fs::remove_file(&path);
    let line: Value = serde_json::from_str(text.trim()).expect("a line");
    let facts = ["tool", "identity", "outcome", "error_type"].map(|field| line[field].clone());
    assert_eq!(
        facts,
        ["refund", "alice", "denied", "forbidden"].map(Value::from)
    );
    assert!(!text.contains("4711"), "{text}");
}
