//! Calls whose answers are given to jq programs, in processes of this program.

use std::fmt::Write as _;

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::upstream::Recording;
use super::*;

const PETS: &str = r#"{"items": [{"id": 9007199254740993, "name": "Rex", "price": 1.10}, {"id": 2, "name": "Max"}], "total": 2}"#;

fn setup(upstream: &Recording) -> Setup {
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.settings.policies.result_jq = true;
    setup
}

fn tables(toml: &str) -> Tables {
    Tables::parse(toml).unwrap_or_else(|(_, why)| panic!("{why}"))
}

#[tokio::test]
async fn a_call_gives_its_answer_to_a_program() {
    let upstream = answering("200 OK", JSON, PETS).await;
    let engine = setup(&upstream).engine();
    for (program, text, structured) in [
        (
            "{ids: [.items[].id], price: .items[0].price}",
            r#"{"ids":[9007199254740993,2],"price":1.10}"#,
            r#"{"ids":[9007199254740993,2],"price":1.10}"#,
        ),
        (
            ".items[].name",
            "\"Rex\"\n\"Max\"",
            r#"{"result":["Rex","Max"]}"#,
        ),
        (".total", "2", r#"{"result":2}"#),
        ("empty", "`jq` gave no output.", r#"{"result":[]}"#),
        // It does not fit the output schema as it is.
        ("{id: \"x\"}", r#"{"id":"x"}"#, r#"{"result":{"id":"x"}}"#),
    ] {
        let result = call(&engine, "get_pet", json!({"id": 1, "jq": program})).await;
        assert_eq!(result.error, None, "`{program}`: {}", result.as_text());
        assert_eq!(result.as_text(), text, "`{program}`");
        let found = result.structured.expect("it is promised");
        assert_eq!(found.json(), structured, "`{program}`");
    }
    for none in [json!(null), json!(" ")] {
        let result = call(&engine, "get_pet", json!({"id": 1, "jq": none})).await;
        assert_eq!(result.as_text(), PETS);
    }
    let sent = upstream.requests();
    assert!(
        sent.iter().all(|request| !request.contains("jq")),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_program_that_fails_is_told_with_its_fault() {
    let upstream = answering("200 OK", JSON, PETS).await;
    let engine = setup(&upstream).engine();
    for (program, expected) in [
        (json!(".items |"), "`jq`: expected term at the end."),
        (
            json!(".items.name"),
            "`jq`: the program failed: cannot index [",
        ),
        (
            json!("def f: f; f"),
            "`jq`: the program took longer than 2 s; make it do less.",
        ),
        (json!(["."]), "`jq` is a jq program as text"),
    ] {
        let result = call(&engine, "get_pet", json!({"id": 1, "jq": program})).await;
        assert_eq!(result.error, Some(ErrorType::InvalidArguments));
        let text = result.as_text();
        assert!(text.starts_with(expected), "{text}");
        assert!(text.chars().count() < 1_000, "{text}");
    }
}

#[tokio::test]
async fn a_program_does_not_see_what_its_caller_may_not_see() {
    const SECRETS: &str = r#"{"items": [{"card": "4111 1111 1111 1111", "note": "geheim", "hidden": "NDExMSAxMTExIDExMTEgMTExMQ==", "own": "Z2VoZWlt"}], "phone": "123"}"#;
    let upstream = answering("200 OK", JSON, SECRETS).await;
    let mut setup = setup(&upstream);
    setup.settings.policies.tables =
        tables("[tools.\"GET /pets/**\"]\nredact = [\"card\", \"$.phone\"]");
    let engine = setup.engine();
    for program in [
        ".",
        ".items[0].card[0:4]",
        ".items[0].card | explode | implode",
        // What the API wrote in another way shows only now.
        ".items[0].hidden | @base64d",
        ".items[0].own | @base64d",
        ".items[0].own | @base64d | explode | map([.] | implode) | add",
        "error(.items[0].own | @base64d)",
        "error(.items[0].hidden | @base64d)",
        ".phone",
        "{p: .phone} | error",
    ] {
        let result = call(&engine, "get_pet", json!({"id": 1, "jq": program})).await;
        let mut all = result.as_text();
        if let Some(structured) = result.structured {
            let _ = write!(all, "{}", structured.json());
        }
        for secret in ["4111", "geheim", "123\""] {
            assert!(!all.contains(secret), "`{program}`: {all}");
        }
    }
    let wrong = call(&engine, "get_pet", json!({"id": 1, "jq": ".items |"})).await;
    assert_eq!(wrong.as_text(), "`jq`: expected term at the end.");
    // Nor does anything come out of it that cannot be seen.
    let result = call(
        &engine,
        "get_pet",
        json!({"id": 1, "jq": "\"a\" + ([8238, 8203] | implode) + \"b\""}),
    )
    .await;
    assert_eq!(result.as_text(), "\"ab\"");
}

#[tokio::test]
async fn a_long_output_is_cut_as_an_answer_is() {
    let upstream = answering("200 OK", JSON, PETS).await;
    let mut setup = setup(&upstream);
    setup.settings.max_result_chars = 300;
    let engine = setup.engine();
    let one = call(
        &engine,
        "get_pet",
        json!({"id": 1, "jq": "{a: [range(1000)]}"}),
    )
    .await;
    let text = one.as_text();
    assert!(text.starts_with(r#"{"a":[0,1,"#), "{text}");
    assert!(text.contains("cut to 300 characters"), "{text}");
    let many = call(&engine, "get_pet", json!({"id": 1, "jq": "range(1000)"})).await;
    let text = many.as_text();
    assert!(
        text.starts_with("0\n1\n2\n") && text.contains("[Cut: "),
        "{text}"
    );
    assert!(many.structured.is_some());
    let loud = call(&engine, "get_pet", json!({"id": 1, "jq": "\"x\" * 100000"})).await;
    assert_eq!(
        loud.as_text(),
        "`jq`: the program gives more than 65536 bytes; make it choose less."
    );
}

#[tokio::test]
async fn what_is_no_whole_json_stays_as_it_is() {
    for (headers, body, expected) in [
        (
            JSON,
            "{\"a\":1}\n{\"a\":2}",
            "{\"a\":1}\n{\"a\":2}\n`jq` was not applied: the answer is not one JSON text.",
        ),
        (
            "Content-Type: text/plain\r\n",
            "hello",
            "hello\n`jq` was not applied: the answer is not one JSON text.",
        ),
        ("Content-Type: text/plain\r\n", "{\"a\":1}", "1"),
    ] {
        let upstream = answering("200 OK", headers, body).await;
        let engine = setup(&upstream).engine();
        let result = call(&engine, "ping", json!({"jq": ".a"})).await;
        assert_eq!(result.error, None);
        assert!(
            result.as_text().starts_with(expected),
            "{}",
            result.as_text()
        );
    }
    let upstream = answering("404 Not Found", JSON, r#"{"message":"gone"}"#).await;
    let result = call(&setup(&upstream).engine(), "ping", json!({"jq": ".a"})).await;
    assert_eq!(result.error, Some(ErrorType::Upstream4xx));
    assert!(result.as_text().contains("gone"), "{}", result.as_text());
    let large = Recording::start(|_| {
        let body = format!("[{}1]", "1,".repeat(40_000));
        reply("200 OK", JSON, body.as_bytes())
    })
    .await;
    let result = call(&setup(&large).engine(), "ping", json!({"jq": "length"})).await;
    assert!(
        result
            .as_text()
            .contains("`jq` was not applied: not all of the answer was read."),
        "{}",
        result.as_text()
    );
    let mut whole = setup(&large);
    whole.settings.max_response_bytes = 1 << 20;
    let result = call(&whole.engine(), "ping", json!({"jq": "length"})).await;
    assert_eq!(result.as_text(), "40001");
}

#[tokio::test]
async fn a_program_is_checked_before_a_call_that_changes_something() {
    let upstream = answering("201 Created", JSON, r#"{"id": 7}"#).await;
    let everywhere = setup(&upstream).engine();
    let arguments = json!({"name": "Rex", "jq": ".id"});
    let refused = call(&everywhere, "add_pet", arguments).await;
    assert!(refused.as_text().contains("unknown argument `jq`"));
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies.tables = tables("[tools.\"POST /pets\"]\nresult-jq = true");
    let engine = setup.engine();
    let wrong = call(&engine, "add_pet", json!({"name": "Rex", "jq": ".id |"})).await;
    assert_eq!(
        wrong.as_text(),
        "`jq`: expected term at the end. No request was sent."
    );
    assert!(upstream.requests().is_empty());
    let failed = call(&engine, "add_pet", json!({"name": "Rex", "jq": ".id.a"})).await;
    assert!(
        failed
            .as_text()
            .ends_with("do not repeat the call for that.")
    );
    let good = call(&engine, "add_pet", json!({"name": "Rex", "jq": ".id"})).await;
    assert_eq!(good.as_text(), "7");
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn an_argument_jq_of_the_api_stays_what_it_is() {
    const TOOLS: &[ToolDef] = &[ToolDef::new("list", "GET", "/all")
        .parameters(&[Parameter::query("jq")])
        .hints(Hints::READ)];
    let upstream = answering("200 OK", JSON, PETS).await;
    let mut setup = setup(&upstream);
    setup.def.groups = const {
        &[Group {
            tag: "",
            tools: TOOLS,
            schemas: "{}",
        }]
    };
    setup.settings.policies.result_fields = true;
    let engine = setup.engine();
    let result = call(&engine, "list", json!({"jq": "x", "result_jq": ".total"})).await;
    assert_eq!(result.as_text(), "2");
    assert!(upstream.request().starts_with("GET /all?jq=x "));
    let both = json!({"result_jq": ".total", "fields": ["total"]});
    let result = call(&engine, "list", both).await;
    assert_eq!(
        result.as_text(),
        "`result_jq` and `fields` do not go together; no request was sent. The program can choose parts as well."
    );
    let none = json!({"result_jq": ".total", "fields": []});
    assert_eq!(call(&engine, "list", none).await.as_text(), "2");
}

#[tokio::test]
async fn a_program_never_sees_what_is_somebody_elses() {
    let upstream = answering(
        "200 OK",
        JSON,
        r#"{"id": 1, "owner": "bob", "note": "hello"}"#,
    )
    .await;
    let mut setup = setup(&upstream);
    setup.settings.policies.tables =
        tables("[tools.\"GET /pets/**\".guard]\npath = \"$.owner\"\nequals = \"claim:sub\"\n");
    let engine = setup.engine();
    let by = |name: &str| {
        let claims = json!({ "sub": name });
        let claims = claims.as_object().expect("an object").clone();
        let identity = Identity::new(name.to_owned(), Means::ApiKey, Vec::new(), None, claims);
        CallContext {
            identity: Some(identity),
            ..CallContext::default()
        }
    };
    let mut refusals = Vec::new();
    for program in [
        ".note",
        "error(.note)",
        "if .note == \"hello\" then error else . end",
        "(",
    ] {
        let arguments = json!({"id": 1, "jq": program});
        let result = call_with(&engine, "get_pet", arguments, by("ann")).await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "`{program}`");
        refusals.push(result.as_text());
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let arguments = json!({"id": 1, "jq": ".note"});
    let own = call_with(&engine, "get_pet", arguments, by("bob")).await;
    assert_eq!(own.as_text(), "\"hello\"");
}
