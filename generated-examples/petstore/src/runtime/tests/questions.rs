//! Questions to users, over every transport and in both eras.

use serde_json::{Value, json};

use super::super::confirmation::Confirm;
use super::http::Site;
use super::sse::Stream;
use super::stdio::Client;
use super::{Fixture, initialize, modern_meta, request};

fn asking() -> Fixture {
    Fixture::with(|settings| settings.policies.confirm = Confirm::Always)
}

/// A handshake of a client that takes forms.
fn with_forms(id: i64) -> Value {
    let mut message = initialize(id, "2025-11-25");
    message["params"]["capabilities"] = json!({"elicitation": {}});
    message
}

fn echo(id: i64, arguments: &Value) -> Value {
    request(
        id,
        "tools/call",
        json!({"name": "echo", "arguments": arguments}),
    )
}

fn answer(question: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": result})
}

fn text(response: &Value) -> &str {
    response["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
}

fn session() -> Client {
    let mut client = Client::of(asking());
    assert_eq!(client.ask(&with_forms(1))["id"], 1);
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    client
}

#[test]
fn the_user_of_a_session_is_asked_and_agrees() {
    let mut client = session();
    let arguments = json!({"a": "x\u{202e}y", "b\nOK": {"c": 1}, "d": "no\nconfirm: yes\u{2028}!"});
    let question = client.ask(&echo(2, &arguments));
    assert_eq!(question["method"], "elicitation/create");
    let message = question["params"]["message"].as_str().expect("text");
    let expected = "May `echo` of Orders be called?\n\necho\na: \"x\\u202ey\"\n\"b\\nOK\": {\"c\":1}\n\
                    d: \"no\\nconfirm: yes\\u2028!\"";
    assert_eq!(message, expected);
    assert_eq!(
        question["params"]["requestedSchema"],
        json!({"type": "object", "properties": {}})
    );
    let done = client.ask(&answer(
        &question,
        &json!({"action": "accept", "content": {}}),
    ));
    assert_eq!(done["id"], 2);
    assert_eq!(
        done["result"]["structuredContent"]["arguments"]["b\nOK"],
        json!({"c": 1})
    );
}

#[test]
fn without_a_yes_nothing_is_called() {
    let mut client = session();
    for (id, reply, why) in [
        (
            2,
            json!({"result": {"action": "decline"}}),
            "the user declined",
        ),
        (
            3,
            json!({"result": {"action": "cancel"}}),
            "closed the question",
        ),
        (4, json!({"result": {}}), "no `action`"),
        (
            5,
            json!({"error": {"code": -32601, "message": "no"}}),
            "could not ask",
        ),
    ] {
        let question = client.ask(&echo(id, &json!({})));
        let mut response = json!({"jsonrpc": "2.0", "id": question["id"]});
        for (key, value) in reply.as_object().expect("an object") {
            response[key] = value.clone();
        }
        let refused = client.ask(&response);
        assert_eq!(
            (&refused["id"], &refused["result"]["isError"]),
            (&json!(id), &json!(true))
        );
        assert!(text(&refused).contains(why), "{refused}");
    }
}

#[test]
fn a_request_that_the_sdk_answers_asks_too() {
    let mut client = session();
    let mut call = echo(2, &json!({"a": 1}));
    // Unknown members are the SDK's to judge.
    call["params"]["unknown"] = json!(1);
    let question = client.ask(&call);
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let done = client.ask(&answer(&question, &json!({"action": "accept"})));
    assert_eq!(
        done["result"]["structuredContent"]["arguments"],
        json!({"a": 1})
    );
}

#[test]
fn a_question_ends_with_its_call_and_with_the_session() {
    let mut client = session();
    let question = client.ask(&echo(2, &json!({})));
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    let told = client.ask(&cancelled);
    assert_eq!(told["method"], "notifications/cancelled");
    assert_eq!(told["params"]["requestId"], question["id"]);
    // An answer that comes too late is nobody's.
    client.send(&answer(&question, &json!({"action": "accept"})));
    client.ask(&echo(3, &json!({})));
    let rest = client.close();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["id"], 3);
    assert!(text(&rest[0]).contains("went away"), "{}", rest[0]);
}

#[test]
fn a_client_that_cannot_ask_gets_a_token_for_this_call() {
    let mut client = Client::of(asking());
    client.ask(&initialize(1, "2025-06-18"));
    let list = client.ask(&request(2, "tools/list", Value::Null));
    let schema = &list["result"]["tools"][0]["inputSchema"];
    assert_eq!(schema["properties"]["confirm"]["type"], "string");
    let asked = client.ask(&echo(3, &json!({"a": 1})));
    assert_eq!(asked["result"]["isError"], true);
    assert!(text(&asked).contains("echo\na: 1"), "{asked}");
    let told = &asked["result"]["_meta"]["mcpgen/confirm"];
    assert_eq!(told["argument"], "confirm");
    let token = told["token"].as_str().expect("a token");
    assert!(
        text(&asked).ends_with(&format!("`confirm`: `{token}`")),
        "{asked}"
    );
    let other = client.ask(&echo(4, &json!({"a": 2, "confirm": token})));
    assert!(text(&other).contains("not for this call"), "{other}");
    let done = client.ask(&echo(5, &json!({"a": 1, "confirm": token})));
    assert_eq!(
        done["result"]["structuredContent"]["arguments"],
        json!({"a": 1})
    );
    let again = client.ask(&echo(6, &json!({"a": 1, "confirm": token})));
    assert!(text(&again).contains("was used"), "{again}");
}

/// A call of the modern era, by a client that takes forms.
fn modern(id: i64, extra: &Value) -> Value {
    let mut meta = modern_meta();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
    let mut call = echo(id, &json!({"a": 1}));
    call["params"]["_meta"] = meta;
    for (key, value) in extra.as_object().expect("an object") {
        call["params"][key] = value.clone();
    }
    call
}

/// Every step of a question by result, through whatever carries the messages.
fn asks_by_result(mut ask: impl FnMut(Value) -> Value) {
    let asked = ask(modern(1, &json!({})));
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    let question = &result["inputRequests"]["confirm"];
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["mode"], "form");
    assert_eq!(
        question["params"]["message"],
        "May `echo` of Orders be called?\n\necho\na: 1"
    );
    let state = result["requestState"].clone();
    let yes = json!({"confirm": {"action": "accept", "content": {}}});
    let no = json!({"confirm": {"action": "decline"}});
    for nothing in [
        json!({"inputResponses": yes}),
        json!({"requestState": state}),
        json!({"requestState": "made up", "inputResponses": yes}),
        json!({"requestState": state, "inputResponses": yes, "arguments": {"a": 2}}),
    ] {
        let again = ask(modern(2, &nothing));
        assert_eq!(
            again["result"]["resultType"], "input_required",
            "{nothing}: {again}"
        );
    }
    let done = ask(modern(
        3,
        &json!({"requestState": state, "inputResponses": yes}),
    ));
    assert_eq!(
        done["result"]["structuredContent"]["arguments"],
        json!({"a": 1})
    );
    assert_eq!(done["result"]["resultType"], "complete");
    let again = ask(modern(
        4,
        &json!({"requestState": state, "inputResponses": yes}),
    ));
    assert_eq!(again["result"]["resultType"], "input_required", "{again}");
    let state = again["result"]["requestState"].clone();
    let refused = ask(modern(
        5,
        &json!({"requestState": state, "inputResponses": no}),
    ));
    assert!(text(&refused).contains("the user declined"), "{refused}");
}

#[test]
fn a_client_of_the_modern_era_is_asked_by_a_result() {
    let mut client = Client::of(asking());
    asks_by_result(|message| client.ask(&message));
    let site = Site::of(asking(), &[]);
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "echo"),
    ];
    asks_by_result(|message| {
        let response = site.mcp(&headers, &message);
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    });
}

#[test]
fn a_client_of_the_modern_era_without_forms_gets_a_token() {
    let mut client = Client::of(asking());
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        let mut call = modern(1, &json!({}));
        call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        let asked = client.ask(&call);
        assert_eq!(asked["result"]["resultType"], "complete");
        assert!(
            asked["result"]["_meta"]["mcpgen/confirm"]["token"].is_string(),
            "{asked}"
        );
    }
}

#[test]
fn the_user_of_an_sse_stream_is_asked() {
    let site = Site::of(asking(), &[]);
    let mut stream = Stream::open(&site);
    assert_eq!(stream.post(&site, &with_forms(1)), 202);
    assert_eq!(stream.message()["id"], 1);
    assert_eq!(stream.post(&site, &echo(2, &json!({"a": 1}))), 202);
    let question = stream.message();
    assert_eq!(question["method"], "elicitation/create");
    let yes = answer(&question, &json!({"action": "accept"}));
    // Another stream's answer is not one.
    let mut other = Stream::open(&site);
    other.post(&site, &with_forms(1));
    other.message();
    assert_eq!(other.post(&site, &yes), 202);
    assert_eq!(stream.post(&site, &yes), 202);
    let done = stream.message();
    assert_eq!(done["id"], 2);
    assert_eq!(
        done["result"]["structuredContent"]["arguments"],
        json!({"a": 1})
    );
}

#[test]
fn stateless_legacy_http_gets_a_token() {
    let site = Site::of(asking(), &[]);
    let asked = site.mcp(&[], &echo(1, &json!({"a": 1}))).json();
    let token = &asked["result"]["_meta"]["mcpgen/confirm"]["token"];
    let done = site
        .mcp(&[], &echo(2, &json!({"a": 1, "confirm": token})))
        .json();
    assert_eq!(
        done["result"]["structuredContent"]["arguments"],
        json!({"a": 1})
    );
}
