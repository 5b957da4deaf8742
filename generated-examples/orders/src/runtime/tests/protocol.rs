//! What the answers say, whichever way a request takes.

use serde_json::{Value, json};

use super::super::confirmation::Confirm;
use super::super::policy::{PolicySettings, Tables};
use super::stdio::Client;
use super::{initialize, modern_meta, request};

fn initialized() -> Client {
    let mut client = Client::start();
    client.ask(&initialize(0, "2025-11-25"));
    client
}

#[test]
fn every_version_with_a_handshake_is_spoken() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = Client::start();
        let result = client.ask(&initialize(1, version))["result"].clone();
        assert_eq!(result["protocolVersion"], version);
        let capabilities =
            json!({"completions": {}, "resources": {}, "tools": {"listChanged": true}});
        assert_eq!(result["capabilities"], capabilities);
        let info = json!({"name": "orders", "title": "Orders", "version": "1.2.0"});
        assert_eq!(result["serverInfo"], info);
        assert_eq!(result["instructions"], "Tools for orders.");
    }
    // The newest has no handshake; a client that shakes hands all the same gets the newest that has.
    let mut client = Client::start();
    let answer = client.ask(&initialize(1, "2026-07-28"));
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

#[test]
fn all_tools_are_on_one_page_that_may_be_kept() {
    let list = initialized().ask(&request(1, "tools/list", Value::Null))["result"].clone();
    let names: Vec<&Value> = list["tools"].as_array().expect("an array").iter().collect();
    let names: Vec<&Value> = names.iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["echo", "fail", "slow", "hold"]);
    assert_eq!(list["ttlMs"], 300_000);
    assert_eq!(list["cacheScope"], "public");
    assert!(list.get("nextCursor").is_none());
    let hints = json!({
        "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": true,
    });
    assert_eq!(list["tools"][0]["annotations"], hints);
    assert_eq!(list["tools"][0]["title"], "echo");
}

#[test]
fn every_result_says_who_answers() {
    let mut client = Client::start();
    let info = |answer: &Value| {
        answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"].clone()
    };
    let modern = json!({"_meta": modern_meta()});
    assert_eq!(
        info(&client.ask(&request(1, "server/discover", modern))),
        "orders"
    );
    let mut client = initialized();
    for name in ["echo", "fail"] {
        let answer = client.ask(&request(2, "tools/call", json!({"name": name})));
        assert_eq!(info(&answer), "orders");
    }
    assert_eq!(
        info(&client.ask(&request(3, "tools/list", Value::Null))),
        "orders"
    );
}

#[test]
fn a_failed_call_is_a_result_and_no_error() {
    let answer = initialized().ask(&request(1, "tools/call", json!({"name": "fail"})));
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(
        answer["result"]["content"][0]["text"],
        "upstream answered 503"
    );
    assert!(answer["result"].get("structuredContent").is_none());
}

#[test]
fn an_unknown_tool_is_an_error_that_names_the_nearest() {
    let mut client = initialized();
    let answer = client.ask(&request(1, "tools/call", json!({"name": "ecko"})));
    assert_eq!(answer["error"]["code"], -32602);
    assert_eq!(
        answer["error"]["message"],
        "unknown tool `ecko`, did you mean `echo`?"
    );
}

#[test]
fn wrong_parameters_are_said_to_be_wrong() {
    let mut client = initialized();
    let mut error = |method: &str, params: Value| {
        let error = client.ask(&request(1, method, params))["error"].clone();
        (error["code"].as_i64(), error["message"].to_string())
    };
    let (code, message) = error("tools/call", json!({"name": "echo", "arguments": "x"}));
    assert_eq!(code, Some(-32602));
    assert!(message.contains("`arguments`, an object"), "{message}");
    assert_eq!(error("tools/call", json!({})).0, Some(-32602));
    assert_eq!(error("tools/call", Value::Null).0, Some(-32602));
    assert_eq!(error("tools/list", json!({"cursor": "2"})).0, Some(-32602));
}

#[test]
fn what_is_not_declared_is_not_there() {
    let mut client = initialized();
    for method in [
        "prompts/list",
        "prompts/get",
        "resources/subscribe",
        "logging/setLevel",
        "made/up",
    ] {
        let params = json!({"name": "x", "uri": "x:y", "level": "info", "ref": {"type": "ref/prompt", "name": "x"},
                            "argument": {"name": "x", "value": "y"}});
        let answer = client.ask(&request(1, method, params));
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
}

#[test]
fn the_whole_schema_of_a_tool_is_a_resource() {
    let mut client = initialized();
    let templates = client.ask(&request(1, "resources/templates/list", Value::Null));
    let template = &templates["result"]["resourceTemplates"][0];
    assert_eq!(
        template["uriTemplate"],
        "openapi://tools/{name}/input-schema"
    );
    // The tools of this server are listed as a whole.
    let list = client.ask(&request(2, "resources/list", Value::Null));
    assert_eq!(list["result"]["resources"], json!([]));

    let uri = "openapi://tools/echo/input-schema";
    let read = client.ask(&request(3, "resources/read", json!({"uri": uri})));
    let content = &read["result"]["contents"][0];
    assert_eq!(content["uri"], uri);
    assert_eq!(content["mimeType"], "application/schema+json");
    let text = content["text"].as_str().expect("text");
    let schema: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["type"], "object");

    for uri in [
        "openapi://tools/nothing/input-schema",
        "file:///etc/passwd",
        "",
    ] {
        let answer = client.ask(&request(4, "resources/read", json!({"uri": uri})));
        assert_eq!(answer["error"]["code"], -32002, "{uri}: {answer}");
        assert_eq!(answer["error"]["data"]["uri"], uri);
    }
}

/// `requestState` is legal and means nothing to a tool: it sends a request the long way, through the SDK.
#[test]
fn the_short_way_and_the_sdk_answer_the_same() {
    let mut client = initialized();
    for meta in [json!({"traceparent": "00-1-2-00"}), modern_meta()] {
        for name in ["echo", "fail", "slow", "nothing"] {
            let mut params = json!({"name": name, "_meta": meta});
            if name == "echo" {
                params["arguments"] = json!({"a": [1.0, 2, "x"]});
            }
            let short = client.ask(&request(1, "tools/call", params.clone()));
            params["requestState"] = "x".into();
            let long = client.ask(&request(1, "tools/call", params));
            assert_eq!(without_request_id(short), without_request_id(long));
        }
        let short = client.ask(&request(1, "tools/list", json!({"_meta": meta})));
        let long = json!({"_meta": meta, "cursor": null});
        let long = client.ask(&request(1, "tools/list", long));
        assert_eq!(short.to_string(), long.to_string());
    }
}

/// The text of an answer without the one thing that no two answers share.
fn without_request_id(mut answer: Value) -> String {
    if let Some(id) = answer.pointer_mut("/result/_meta/mcpgen~1requestId") {
        *id = Value::Null;
    }
    answer.to_string()
}

#[test]
fn the_names_of_tools_are_suggested_for_their_resources() {
    let mut client = initialized();
    let mut complete = |uri: &str, name: &str, value: &str| {
        let reference = json!({"type": "ref/resource", "uri": uri});
        let argument = json!({"name": name, "value": value});
        let params = json!({"ref": reference, "argument": argument});
        client.ask(&request(1, "completion/complete", params))
    };
    let schemas = "openapi://tools/{name}/input-schema";
    let answer = complete(schemas, "name", "E");
    let completion = json!({"values": ["echo"], "total": 1, "hasMore": false});
    assert_eq!(answer["result"]["completion"], completion);
    for (uri, name) in [(schemas, "tool"), ("openapi://nothing/{name}", "name")] {
        assert_eq!(complete(uri, name, "")["error"]["code"], -32602, "{uri}");
    }
}

fn without(tool: &str) -> PolicySettings {
    PolicySettings {
        disabled: vec![tool.to_owned()],
        ..PolicySettings::default()
    }
}

#[test]
fn a_client_with_a_handshake_is_told_when_its_tools_change() {
    let mut client = initialized();
    let engine = client.fixture.server.engine().clone();
    let replace = |policies: PolicySettings| {
        engine.replace_policies(&policies).expect("other policies");
    };
    replace(without("fail"));
    let told = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    assert_eq!(client.receive(), told);
    let list = client.ask(&request(1, "tools/list", Value::Null));
    assert_eq!(list["result"]["tools"].as_array().map(Vec::len), Some(3));
    // What changes nothing for it is not told.
    replace(without("fail"));
    let limited = PolicySettings {
        tables: Tables::parse("[tools.\"op:echo\"]\nrate = \"1000/s\"\n").expect("tables"),
        ..without("fail")
    };
    replace(limited);
    assert_eq!(client.ask(&request(2, "ping", Value::Null))["id"], 2);
    // Other arguments are another list.
    let confirmed = PolicySettings {
        confirm: Confirm::Always,
        ..without("fail")
    };
    replace(confirmed);
    assert_eq!(client.receive(), told);
    assert!(client.close().is_empty());
    // Who shook no hands was told of nothing.
    let mut client = Client::start();
    let list = client.ask(&request(1, "tools/list", Value::Null));
    assert_eq!(list["result"]["tools"].as_array().map(Vec::len), Some(4));
    let engine = client.fixture.server.engine().clone();
    engine
        .replace_policies(&without("fail"))
        .expect("other policies");
    assert_eq!(client.ask(&request(2, "tools/list", Value::Null))["id"], 2);
    assert!(client.close().is_empty());
}
