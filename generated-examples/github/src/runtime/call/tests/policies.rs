//! Policies at work: what an identity sees, what is filled in, and whose objects it reaches.

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::{PolicySettings, Tables};
use super::super::super::tool::Style;
use super::*;

fn tables(text: &str) -> Tables {
    Tables::parse(text).unwrap_or_else(|(_, why)| panic!("{why}"))
}

fn with(text: &str) -> PolicySettings {
    PolicySettings {
        tables: tables(text),
        ..PolicySettings::default()
    }
}

fn engine(base: &str, policies: PolicySettings) -> Engine {
    let mut setup = Setup::new(base).with_token();
    setup.settings.policies = policies;
    setup.engine()
}

fn refused(policies: PolicySettings) -> String {
    let mut setup = Setup::new("http://127.0.0.1:9");
    setup.settings.policies = policies;
    setup.try_engine().expect_err("a mistake").0
}

fn identity(name: &str, roles: &[&str]) -> Identity {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let claims = json!({"sub": name, "org": {"id": 7}});
    let claims = claims.as_object().expect("an object").clone();
    Identity::new(name.to_owned(), Means::ApiKey, roles, None, claims)
}

fn by(identity: Identity) -> CallContext {
    CallContext {
        identity: Some(identity),
        ..CallContext::default()
    }
}

fn seen(engine: &Engine, identity: Option<&Identity>) -> Vec<String> {
    let view = engine.view(identity);
    engine
        .tools(&view, None)
        .map(|tool| tool.name.to_owned())
        .collect()
}

async fn unknown(engine: &Engine, tool: &str, ctx: CallContext) -> Vec<String> {
    let answer = engine.call(tool, Map::new(), ctx).await;
    answer.expect_err("it does not exist").nearest
}

#[tokio::test]
async fn a_tool_that_is_switched_off_does_not_exist() {
    let policies = PolicySettings {
        disabled: vec!["ping".to_owned(), "POST /pets".to_owned()],
        ..with("[tools.\"GET /pages\"]\nenabled = false\n")
    };
    let engine = engine("http://127.0.0.1:9", policies);
    let left = ["get_pet", "touch", "upload", "open_upload", "by_key"];
    assert_eq!(seen(&engine, None), left);
    assert!(
        unknown(&engine, "ping", CallContext::default())
            .await
            .is_empty()
    );
    assert!(engine.input_schema("ping", &engine.view(None)).is_none());
}

#[tokio::test]
async fn read_only_leaves_what_the_method_says_to_change_nothing() {
    let policies = PolicySettings {
        read_only: true,
        ..PolicySettings::default()
    };
    // `by_key` and the uploads are `GET` too, but their hints say that they write.
    assert_eq!(
        seen(&engine("http://127.0.0.1:9", policies), None),
        ["get_pet", "ping", "pages"]
    );
}

#[tokio::test]
async fn an_identity_sees_what_its_roles_allow_and_nothing_else_exists() {
    let engine = engine(
        "http://127.0.0.1:9",
        with(
            "[access.analyst]\nallow = [\"method:GET\"]\ndeny = [\"GET /upload\"]\n\
             [access.writer]\nallow = [\"POST /pets\"]\n[access.anonymous]\nallow = [\"GET /ping\"]\n",
        ),
    );
    let alice = identity("alice", &["analyst", "writer"]);
    let bob = identity("bob", &["writer"]);
    let carol = identity("carol", &["other"]);
    assert_eq!(
        seen(&engine, Some(&alice)),
        ["get_pet", "add_pet", "ping", "by_key", "pages"]
    );
    assert_eq!(seen(&engine, Some(&bob)), ["add_pet"]);
    assert_eq!(seen(&engine, Some(&carol)), Vec::<String>::new());
    assert_eq!(seen(&engine, None), ["ping"]);
    // A neighbour that may not be seen is not suggested either.
    assert!(unknown(&engine, "get_pet", by(bob)).await.is_empty());
    assert!(!engine.view(Some(&alice)).is_public);
}

#[tokio::test]
async fn a_bound_argument_is_filled_in_and_cannot_be_given() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"method:GET\".bind]\nq = \"value:other\"\n";
    // `method:GET` is also about tools without `q`.
    assert!(refused(with(rules)).contains("has no such argument"));
    let rules = "[tools.\"GET /pages\"]\nbind = { q = \"claim:org.id\", page = 3 }\n";
    let engine = engine(&upstream.url, with(rules));
    assert!(!seen(&engine, None).contains(&"pages".to_owned()));
    let alice = identity("alice", &[]);
    let given = call_with(&engine, "pages", json!({"q": "8"}), by(alice.clone())).await;
    assert_eq!(given.error, Some(ErrorType::InvalidArguments));
    let told = given.as_text();
    assert!(
        told.contains("unknown argument `q`; this tool takes no arguments"),
        "{told}"
    );
    let result = call_with(&engine, "pages", json!({}), by(alice)).await;
    assert_eq!(result.error, None, "{}", result.as_text());
    let request = upstream.request();
    assert!(request.starts_with("GET /pages?page=3&q=7 "), "{request}");
}

#[tokio::test]
async fn a_claim_that_says_nothing_fills_nothing_in() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"GET /pages\"]\nbind = { q = \"claim:org\" }\n";
    let engine = engine(&upstream.url, with(rules));
    for org in [
        json!(null),
        json!([]),
        json!(""),
        json!(" "),
        json!([""]),
        json!({}),
    ] {
        let claims = json!({"sub": "alice", "org": org});
        let claims = claims.as_object().expect("an object").clone();
        let alice = Identity::new("alice".to_owned(), Means::Jwt, Vec::new(), None, claims);
        let names = seen(&engine, Some(&alice));
        assert!(!names.contains(&"pages".to_owned()), "{org}");
        let called = engine.call("pages", Map::new(), by(alice)).await;
        assert!(called.is_err(), "{org}");
    }
    assert!(upstream.requests().is_empty());
}

const SPREAD: &[Group] = &[Group {
    tag: "orders",
    tools: &[ToolDef::new("list_orders", "GET", "/orders")
        .parameters(&[
            Parameter::query("owner"),
            Parameter::query("filter").style(Style::Form, true),
        ])
        .hints(Hints::READ)],
    schemas: r#"{"list_orders": {"advertised": {"type": "object", "properties": {"owner": {"enum": ["alice", "bob"]}, "filter": {"type": "object"}}}}}"#,
}];

#[tokio::test]
async fn what_is_filled_in_is_sent_as_it_is_and_once() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&upstream.url);
    setup.def.groups = SPREAD;
    setup.settings.policies = with("[tools.\"method:GET\"]\nbind = { owner = \"claim:sub\" }\n");
    let engine = setup.engine();
    let ask = async |who: &str, filter: Value| {
        let arguments = json!({"filter": filter});
        call_with(&engine, "list_orders", arguments, by(identity(who, &[]))).await
    };
    for name in [
        "owner", "owner[]", "owner[0]", "OWNER", "owner\0x", " owner",
    ] {
        let result = ask("alice", json!({name: "bob"})).await;
        assert_eq!(result.error, Some(ErrorType::InvalidArguments), "{name:?}");
    }
    // An enum is matched by case, but this would be somebody else.
    let other = ask("ALICE", json!({"status": "new"})).await;
    assert_eq!(other.error, Some(ErrorType::InvalidArguments));
    assert!(upstream.requests().is_empty());
    let result = ask("alice", json!({"status": "new", "owners": 1})).await;
    assert_eq!(result.error, None, "{}", result.as_text());
    let request = upstream.request();
    assert!(
        request.starts_with("GET /orders?owner=alice&status=new&owners=1 "),
        "{request}"
    );
}

#[tokio::test]
async fn a_header_that_is_there_twice_fills_nothing_in() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"GET /pages\".bind]\nq = \"header:X-Tenant\"\n";
    let engine = engine(&upstream.url, with(rules));
    let sending = |values: &[&'static str]| {
        let mut ctx = CallContext::default();
        for value in values {
            let value = http::HeaderValue::from_static(value);
            ctx.headers.append("x-tenant", value);
        }
        ctx
    };
    for (values, told) in [
        (&["evil", "acme"][..], "has more than one header `x-tenant`"),
        (&["acme", "acme"], "has more than one header `x-tenant`"),
        (&[], "has no header `x-tenant`"),
    ] {
        let result = call_with(&engine, "pages", json!({}), sending(values)).await;
        let text = result.as_text();
        assert!(result.error.is_some() && text.contains(told), "{text}");
    }
    let result = call_with(&engine, "pages", json!({}), sending(&["acme"])).await;
    assert_eq!(result.error, None, "{}", result.as_text());
    let request = upstream.request();
    assert!(request.starts_with("GET /pages?q=acme "), "{request}");
}

const ORDERS: &[Group] = &[Group {
    tag: "orders",
    tools: &[
        ToolDef::new("get_order", "GET", "/orders/{id}")
            .parameters(&[Parameter::path("id")])
            .hints(Hints::READ),
        ToolDef::new("cancel_order", "POST", "/orders/{id}/cancel")
            .parameters(&[Parameter::path("id")]),
        ToolDef::new("list_orders", "GET", "/orders").hints(Hints::READ),
    ],
    schemas: "{}",
}];

fn orders(base: &str, rules: &str) -> Result<Engine, StartError> {
    let mut setup = Setup::new(base);
    setup.def.groups = ORDERS;
    setup.settings.policies = with(rules);
    setup.try_engine()
}

/// Order 1 is alice's, order 3 does not exist, the others are bob's.
async fn order_api() -> Recording {
    Recording::start(|request| {
        let line = request.lines().next().unwrap_or_default();
        let (status, body) = match line.split(' ').nth(1).unwrap_or_default() {
            "/orders/1" => ("200 OK", r#"{"id": 1, "owner": {"name": "alice"}}"#),
            "/orders/3" => ("404 Not Found", r#"{"message": "no order 3"}"#),
            "/orders/4" => ("503 Service Unavailable", "{}"),
            "/orders" => (
                "200 OK",
                r#"{"items": [{"owner": "alice"}, {"owner": "bob"}]}"#,
            ),
            path if path.ends_with("/cancel") => ("200 OK", r#"{"cancelled": true}"#),
            _ => ("200 OK", r#"{"id": 2, "owner": {"name": "bob"}}"#),
        };
        reply(status, JSON, body.as_bytes())
    })
    .await
}

const GUARDED: &str = "[tools.\"POST /orders/{id}/cancel\".guard]\nread = \"GET /orders/{id}\"\n\
    arguments = { id = \"argument:id\" }\npath = \"$.owner.name\"\nequals = \"claim:sub\"\n\
    [tools.\"GET /orders/{id}\".guard]\npath = \"$.owner.name\"\nequals = \"claim:sub\"\n\
    [tools.\"GET /orders\".guard]\npath = \"$.items[*].owner\"\nequals = \"claim:sub\"\n";

#[tokio::test]
async fn a_guard_lets_only_the_owner_of_an_object_through() {
    let api = order_api().await;
    let engine = orders(&api.url, GUARDED).expect("an engine");
    assert_eq!(seen(&engine, None), Vec::<String>::new());
    let alice = identity("alice", &[]);
    let ask = |tool: &'static str, id: Value| {
        call_with(&engine, tool, json!({"id": id}), by(alice.clone()))
    };
    for (tool, id, error) in [
        ("cancel_order", json!(1), None),
        ("cancel_order", json!(2), Some(ErrorType::Forbidden)),
        ("cancel_order", json!(3), Some(ErrorType::Forbidden)),
        ("cancel_order", json!(4), Some(ErrorType::Upstream5xx)),
        ("get_order", json!(1), None),
        ("get_order", json!(2), Some(ErrorType::Forbidden)),
    ] {
        let result = ask(tool, id.clone()).await;
        assert_eq!(result.error, error, "{tool} {id}: {}", result.as_text());
        assert!(!result.as_text().contains("bob"), "{}", result.as_text());
    }
    // What does not exist and what is somebody else's cannot be told apart.
    let (other, none) = (
        ask("cancel_order", json!(2)).await,
        ask("cancel_order", json!(3)).await,
    );
    assert_eq!(other.as_text(), none.as_text());
    let list = call_with(&engine, "list_orders", json!({}), by(alice)).await;
    assert_eq!(list.error, Some(ErrorType::Forbidden));
    let cancelled = api
        .requests()
        .iter()
        .filter(|it| it.starts_with("POST"))
        .count();
    assert_eq!(cancelled, 1);
}

const ITEMS: &[Group] = &[Group {
    tag: "items",
    tools: &[
        ToolDef::new("get_item", "GET", "/items/{id}")
            .parameters(&[Parameter::path("id")])
            .hints(Hints::READ),
        ToolDef::new("delete_item", "DELETE", "/items/{id}").parameters(&[Parameter::path("id")]),
        ToolDef::new("find_items", "GET", "/items")
            .parameters(&[Parameter::query("id")])
            .hints(Hints::READ),
        ToolDef::new("delete_items", "DELETE", "/items")
            .parameters(&[Parameter::query("id"), Parameter::query("all")]),
    ],
    schemas: r#"{
      "get_item": {"advertised": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}},
      "delete_item": {"advertised": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}
    }"#,
}];

#[tokio::test]
async fn a_guard_reads_what_the_call_is_about_and_has_to_see_something() {
    let api = Recording::start(|request| {
        let line = request.lines().next().unwrap_or_default();
        let body = match line.split(' ').nth(1).unwrap_or_default() {
            "/items/10" => r#"{"owner": "alice"}"#,
            "/items?id=7" => r#"{"items": [{"owner": "alice"}]}"#,
            path if path.starts_with("/items?") => r#"{"items": []}"#,
            _ => r#"{"owner": "bob"}"#,
        };
        reply("200 OK", JSON, body.as_bytes())
    })
    .await;
    let mut setup = Setup::new(&api.url);
    setup.def.groups = ITEMS;
    setup.settings.policies = with(
        "[tools.\"DELETE /items/{id}\".guard]\nread = \"GET /items/{id}\"\narguments = { id = \"argument:id\" }\n\
         path = \"$.owner\"\nequals = \"claim:sub\"\n\
         [tools.\"DELETE /items\".guard]\nread = \"GET /items\"\narguments = { id = \"argument:id\" }\n\
         path = \"$.items[*].owner\"\nequals = \"claim:sub\"\n",
    );
    let engine = setup.engine();
    let alice = identity("alice", &[]);
    let ask = |tool: &'static str, arguments: Value| {
        call_with(&engine, tool, arguments, by(alice.clone()))
    };
    let deleted = || {
        let all = api.requests();
        let deleted = all.iter().filter(|it| it.starts_with("DELETE"));
        deleted
            .map(|it| it.lines().next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    for id in ["1e1", "10.0", " 10", "1"] {
        let result = ask("delete_item", json!({"id": id})).await;
        assert!(result.error.is_some(), "{id}: {}", result.as_text());
    }
    // Nothing is found of these, or nothing was asked for.
    for arguments in [
        json!({"id": 8}),
        json!({"all": true}),
        json!({"id": null}),
        json!({"id": ""}),
        json!({"id": []}),
        json!({"id": ["", 7]}),
    ] {
        let result = ask("delete_items", arguments.clone()).await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "{arguments}");
    }
    assert_eq!(deleted(), Vec::<String>::new());
    assert_eq!(ask("delete_item", json!({"id": "10"})).await.error, None);
    assert_eq!(ask("delete_items", json!({"id": 7})).await.error, None);
    let expected = ["DELETE /items/10 HTTP/1.1", "DELETE /items?id=7 HTTP/1.1"];
    assert_eq!(deleted(), expected);
}

#[test]
fn a_guard_that_comes_too_late_is_a_mistake() {
    let refused = |rules: &str| {
        orders("http://127.0.0.1:9", rules)
            .expect_err("a mistake")
            .0
    };
    let late = "[tools.\"op:*\".guard]\npath = \"$.a\"\nequals = \"claim:sub\"\n";
    let told = refused(&late.replace("op:*", "method:POST"));
    assert!(
        told.contains("name the operation that reads the object"),
        "{told}"
    );
    let writes = GUARDED.replace("read = \"GET /orders/{id}\"", "read = \"method:POST\"");
    assert!(refused(&writes).contains("does not only read"));
    let nothing = GUARDED.replace("argument:id", "argument:order");
    assert!(refused(&nothing).contains("has no argument `order`"));
}

#[test]
fn a_rule_that_protects_nothing_is_a_mistake() {
    for (text, says) in [
        (
            "[access.a]\nallow = [\"tag:none\"]\n",
            "[access.a] allow: `tag:none` is about no tool",
        ),
        ("[access.a]\nallow = [\"pets\"]\n", "none of `tag:NAME`"),
        ("[tools.\"op:none\"]\nenabled = false\n", "is about no tool"),
        (
            "[tools.\"GET /pages\".bind]\nq = \"sub\"\n",
            "none of `claim:NAME`",
        ),
    ] {
        let told = refused(with(text));
        assert!(told.contains(says), "{told}");
    }
    let disabled = PolicySettings {
        disabled: vec!["pnig".to_owned()],
        ..PolicySettings::default()
    };
    assert!(refused(disabled).contains("`pnig` is none of"));
    for (text, says) in [
        ("[access.a]\nalow = []\n", "unknown field `alow`"),
        (
            "[tools.\"GET /pages\"]\nenabeld = true\n",
            "unknown field `enabeld`",
        ),
    ] {
        let (_, told) = Tables::parse(text).expect_err(text);
        assert!(told.contains(says), "{told}");
    }
}

#[tokio::test]
async fn a_guard_admits_nothing_that_it_cannot_look_at() {
    let answers = [
        (JSON, r#"[{"owner": "alice"}]"#),
        (JSON, r#"{"items": [{"owner": "alice"}, {"secret": 1}]}"#),
        (JSON, r#"{"orders": []}"#),
        ("Content-Type: text/csv\r\n", "owner\nbob\n"),
    ];
    for (headers, body) in answers {
        let api = answering("200 OK", headers, body).await;
        let engine = orders(&api.url, GUARDED).expect("an engine");
        let result = call_with(
            &engine,
            "list_orders",
            json!({}),
            by(identity("alice", &[])),
        )
        .await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "{body}");
    }
    // So is what is said of something that went wrong.
    let api = answering(
        "409 Conflict",
        JSON,
        r#"{"owner": "bob", "note": "secret"}"#,
    )
    .await;
    let engine = orders(&api.url, GUARDED).expect("an engine");
    let alice = by(identity("alice", &[]));
    let result = call_with(&engine, "list_orders", json!({}), alice).await;
    assert_eq!(result.error, Some(ErrorType::Upstream4xx));
    assert!(!result.as_text().contains("secret"), "{}", result.as_text());
    // Numbers of which not all digits are known are nobody's.
    for (owner, claim) in [
        ("12345678901234567890124", "12345678901234567890123"),
        ("0.1000000000000000055", "0.1"),
        ("[\"alice\"]", "[\"alice\"]"),
    ] {
        let body = format!(r#"{{"items": [{{"owner": {owner}}}]}}"#);
        let api = Recording::start(move |_| reply("200 OK", JSON, body.as_bytes())).await;
        let engine = orders(&api.url, GUARDED).expect("an engine");
        let claims = serde_json::from_str(&format!(r#"{{"sub": {claim}}}"#)).expect("claims");
        let who = Identity::new("alice".to_owned(), Means::Jwt, Vec::new(), None, claims);
        let result = call_with(&engine, "list_orders", json!({}), by(who)).await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "{owner}");
    }
    // What is cut may be anybody's.
    let api = answering("200 OK", JSON, r#"{"items": [], "more": "bob's"}"#).await;
    let mut setup = Setup::new(&api.url);
    setup.def.groups = ORDERS;
    setup.settings.policies = with(GUARDED);
    setup.settings.max_response_bytes = 20;
    let engine = setup.engine();
    let cut = call_with(
        &engine,
        "list_orders",
        json!({}),
        by(identity("alice", &[])),
    )
    .await;
    assert_eq!(cut.error, Some(ErrorType::Forbidden));
    let items = r#"{"items": [{"owner": "alice"}, {"owner": "bob", "no"#;
    let api = Recording::start(move |_| cut_off("200 OK", JSON, items)).await;
    let engine = orders(&api.url, GUARDED).expect("an engine");
    for (tool, arguments) in [
        ("list_orders", json!({})),
        ("cancel_order", json!({"id": 1})),
    ] {
        let alice = by(identity("alice", &[]));
        let broken = call_with(&engine, tool, arguments, alice).await;
        assert_eq!(broken.error, Some(ErrorType::Connect), "{tool}");
        assert!(!broken.as_text().contains("owner"), "{}", broken.as_text());
    }
    // A long one that is whole is looked at as a whole, however little of it is shown.
    let api = answering(
        "200 OK",
        JSON,
        r#"{"items": [{"owner": "alice", "note": "0123456789012345678901234567890123456789"}]}"#,
    )
    .await;
    let mut setup = Setup::new(&api.url);
    setup.def.groups = ORDERS;
    setup.settings.policies = with(GUARDED);
    setup.settings.max_result_chars = 20;
    let shown = call_with(
        &setup.engine(),
        "list_orders",
        json!({}),
        by(identity("alice", &[])),
    )
    .await;
    assert_eq!(shown.error, None, "{}", shown.as_text());
}

#[tokio::test]
async fn what_does_not_exist_is_told_as_what_is_somebody_elses() {
    let api = order_api().await;
    let engine = orders(&api.url, GUARDED).expect("an engine");
    let get = |id: u32| {
        call_with(
            &engine,
            "get_order",
            json!({"id": id}),
            by(identity("alice", &[])),
        )
    };
    assert_eq!(get(2).await.as_text(), get(3).await.as_text());
}

#[tokio::test]
async fn a_token_needs_the_scopes_of_the_operation_however_it_is_called() {
    const SCOPED: &[Group] = &[Group {
        tag: "pets",
        tools: &[ToolDef::new("touch", "POST", "/touch").security(&[&[Need {
            scheme: "bearerAuth",
            scopes: &["pets:write"],
        }]])],
        schemas: "{}",
    }];
    let api = answering("200 OK", JSON, "{}").await;
    let engine = |checks: bool| {
        let mut setup = Setup::new(&api.url).with_token();
        setup.def.groups = SCOPED;
        setup.settings.checks_scopes = checks;
        setup.engine()
    };
    let with_scope = |scope: &str| {
        let scopes = Some(vec![scope.to_owned()]);
        by(Identity::new(
            "alice".to_owned(),
            Means::Jwt,
            Vec::new(),
            scopes,
            Map::new(),
        ))
    };
    let few = call_with(&engine(true), "touch", json!({}), with_scope("pets:read")).await;
    assert_eq!(few.error, Some(ErrorType::Forbidden));
    assert!(
        few.as_text().contains("needs the scopes `pets:write`"),
        "{}",
        few.as_text()
    );
    let enough = call_with(&engine(true), "touch", json!({}), with_scope("pets:write")).await;
    assert_eq!(enough.error, None);
    let unchecked = call_with(&engine(false), "touch", json!({}), with_scope("pets:read")).await;
    assert_eq!(unchecked.error, None);
    // A key has no scopes to lack.
    let by_key = call_with(
        &engine(true),
        "touch",
        json!({}),
        by(identity("alice", &[])),
    )
    .await;
    assert_eq!(by_key.error, None);
}

#[tokio::test]
async fn a_file_that_lost_all_rules_of_a_kind_is_not_taken() {
    let engine = orders("http://127.0.0.1:9", GUARDED).expect("an engine");
    for text in ["", "[tools.\"GET /orders\"]\nrate = \"1/h\"\n"] {
        let told = engine
            .replace_policies(&with(text))
            .expect_err("half a file")
            .0;
        assert!(told.contains("has no guard any more"), "{told}");
    }
    assert_eq!(seen(&engine, None), Vec::<String>::new());
    let fewer =
        "[tools.\"GET /orders\".guard]\npath = \"$.items[*].owner\"\nequals = \"claim:sub\"\n";
    engine.replace_policies(&with(fewer)).expect("other rules");
    assert_eq!(seen(&engine, None), ["get_order", "cancel_order"]);
}

#[tokio::test]
async fn a_rate_goes_on_counting_when_the_file_is_read_again() {
    let api = answering("200 OK", JSON, "{}").await;
    let rules = "[tools.\"GET /orders\"]\nrate = \"1/h\"\n";
    let engine = orders(&api.url, rules).expect("an engine");
    assert_eq!(call(&engine, "list_orders", json!({})).await.error, None);
    engine
        .replace_policies(&with(rules))
        .expect("the same rules");
    let second = call(&engine, "list_orders", json!({})).await;
    assert_eq!(second.error, Some(ErrorType::RateLimited));
}
