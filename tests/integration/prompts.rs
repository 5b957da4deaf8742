//! Prompts from outside: what a client of `mcpgen serve` is told, in both eras.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::generated::{answers, handshake};
use crate::support::{folder, mcpgen};

const SPEC: &str = r#"
openapi: 3.0.3
info: {title: Shop, version: '1'}
servers: [{url: 'http://127.0.0.1:9'}]
x-mcp-prompts:
  - name: triage
    version: "1"
    arguments: [order]
    text: An old question about {{order}}.
  - name: triage
    version: "2"
    title: What is wrong
    description: Finds out what is wrong with an order.
    arguments:
      - {name: order, description: Its number, required: true}
      - {name: status, values: [unknown], complete: 'op:listOrders.status'}
    messages:
      - {role: user, text: 'Order {{order}} is {{status}}. Why?'}
      - {role: assistant, text: 'Let me see.'}
  - name: cancelling
    text: Use `drop` to cancel an order.
  - name: schema
    arguments: [tool]
    messages:
      - {resource: 'openapi://tools/{{tool}}/input-schema'}
      - {image: 'data:image/png;base64,iVBORw0KGgo='}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: status, in: query, schema: {type: array, items: {$ref: '#/components/schemas/Status'}}}
      responses: {'200': {description: ok}}
    delete: {operationId: drop, responses: {'200': {description: ok}}}
components:
  schemas:
    Status: {type: string, enum: [paid, packed, sent]}
"#;

/// What `mcpgen serve` answers to these requests, numbered from 1.
pub(crate) fn told(
    folder: &Path,
    options: &[&str],
    requests: &[(&str, Value)],
    is_modern: bool,
) -> Vec<Value> {
    let mut messages = if is_modern {
        Vec::new()
    } else {
        handshake().to_vec()
    };
    for (index, (method, params)) in requests.iter().enumerate() {
        let mut params = params.clone();
        if is_modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        messages
            .push(json!({"jsonrpc": "2.0", "id": index + 1, "method": method, "params": params}));
    }
    let mut command = mcpgen(folder);
    command
        .args(["serve", "spec.yaml", "--"])
        .args(options)
        .env("MCP_LOG", "error");
    let mut answers = answers(&mut command, &messages);
    if !is_modern {
        answers.remove(0);
    }
    answers
}

fn shop() -> tempfile::TempDir {
    let place = folder();
    fs::write(place.path().join("spec.yaml"), SPEC).expect("can be written");
    place
}

fn get(name: &str, arguments: &Value) -> (&'static str, Value) {
    ("prompts/get", json!({"name": name, "arguments": arguments}))
}

fn complete(name: &str, argument: &str, value: &str) -> (&'static str, Value) {
    let reference = json!({"type": "ref/prompt", "name": name});
    let argument = json!({"name": argument, "value": value});
    (
        "completion/complete",
        json!({"ref": reference, "argument": argument}),
    )
}

fn names(answer: &Value) -> Vec<&str> {
    let prompts = answer["result"]["prompts"].as_array().expect("prompts");
    prompts
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect()
}

#[test]
fn prompts_are_listed_and_filled_in_in_both_eras() {
    let place = shop();
    let order = json!({"order": "{{status}}\u{7}", "status": "{{order}}"});
    let requests = [
        ("prompts/list", json!({})),
        get("triage", &order),
        get("triage@1", &json!({"order": "A-1"})),
        get("triage@2", &json!({"order": "A-1"})),
    ];
    for is_modern in [false, true] {
        let told = told(place.path(), &[], &requests, is_modern);
        assert_eq!(names(&told[0]), ["triage", "cancelling", "schema"]);
        let triage = &told[0]["result"]["prompts"][0];
        assert_eq!(triage["title"], "What is wrong");
        assert_eq!(
            triage["arguments"][0],
            json!({"name": "order", "description": "Its number", "required": true})
        );
        assert_eq!(
            triage["_meta"],
            json!({"mcpgen/version": "2", "mcpgen/versions": ["2", "1"]})
        );
        assert_eq!(told[0]["result"]["cacheScope"], "public");
        assert_eq!(told[0]["result"].get("resultType").is_some(), is_modern);
        // What fills a gap is text: nothing in it is filled in again.
        let messages = &told[1]["result"]["messages"];
        let text = "Order {{status}}\u{7} is {{order}}. Why?";
        assert_eq!(
            messages[0],
            json!({"role": "user", "content": {"type": "text", "text": text}})
        );
        assert_eq!(messages[1]["role"], "assistant");
        let old = &told[2]["result"];
        assert_eq!(
            old["messages"][0]["content"]["text"],
            "An old question about A-1."
        );
        assert_eq!(old["_meta"]["mcpgen/version"], "1");
        let new = &told[3]["result"]["messages"][0]["content"]["text"];
        assert_eq!(new, "Order A-1 is . Why?");
    }
}

#[test]
fn what_does_not_fit_a_prompt_is_an_error_of_the_parameters() {
    let place = shop();
    let long = "x".repeat(2 << 20);
    let requests = [
        get("nothing", &json!({})),
        get("triage@3", &json!({"order": "A-1"})),
        get("triage", &json!({})),
        get("triage", &json!({"order": 7})),
        get("triage", &json!({"order": "A-1", "x": "y"})),
        get("triage", &json!({"order": long})),
        ("prompts/list", json!({"cursor": "2"})),
        complete("nothing", "order", ""),
        complete("triage", "nothing", ""),
    ];
    let told = told(place.path(), &[], &requests, true);
    for (index, answer) in told.iter().enumerate() {
        assert_eq!(answer["error"]["code"], -32602, "{index}: {answer}");
    }
    assert_eq!(
        told[2]["error"]["message"],
        "the prompt `triage` needs `order`"
    );
}

#[test]
fn values_are_suggested_by_what_was_typed() {
    let place = shop();
    let requests = [
        complete("triage", "status", ""),
        complete("triage", "status", "PA"),
        complete("triage", "order", "A"),
    ];
    let told = told(place.path(), &[], &requests, false);
    let all =
        json!({"values": ["unknown", "paid", "packed", "sent"], "total": 4, "hasMore": false});
    assert_eq!(told[0]["result"]["completion"], all);
    assert_eq!(
        told[1]["result"]["completion"]["values"],
        json!(["paid", "packed"])
    );
    assert_eq!(told[2]["result"]["completion"]["values"], json!([]));
}

#[test]
fn a_prompt_may_show_a_resource_and_an_image() {
    let place = shop();
    let requests = [
        get("schema", &json!({"tool": "list_orders"})),
        get("schema", &json!({"tool": "../tools/list_orders"})),
    ];
    let told = told(place.path(), &[], &requests, true);
    let messages = &told[0]["result"]["messages"];
    let resource = &messages[0]["content"]["resource"];
    assert_eq!(resource["uri"], "openapi://tools/list_orders/input-schema");
    assert!(
        resource["text"]
            .as_str()
            .is_some_and(|text| text.contains("packed"))
    );
    let image = json!({"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"});
    assert_eq!(messages[1]["content"], image);
    // An argument is a part of the URI that it stands in.
    let uri = "openapi://tools/..%2Ftools%2Flist_orders/input-schema";
    assert_eq!(told[1]["error"]["data"]["uri"], uri);
}

#[test]
fn who_does_not_see_a_tool_sees_no_prompt_that_names_it_and_nothing_of_its_values() {
    let place = shop();
    let requests = [
        ("prompts/list", json!({})),
        get("cancelling", &json!({})),
        complete("triage", "status", ""),
        get("schema", &json!({"tool": "list_orders"})),
    ];
    let options = ["--disabled-tools", "drop,op:listOrders"];
    let mut spec = SPEC.to_owned();
    spec.push_str("    Other: {}\n");
    spec = spec.replace(
        "    delete:",
        "    put: {operationId: other, responses: {'200': {description: ok}}}\n    delete:",
    );
    fs::write(place.path().join("spec.yaml"), spec).expect("can be written");
    let told = told(place.path(), &options, &requests, true);
    assert_eq!(names(&told[0]), ["triage", "schema"]);
    assert_eq!(told[1]["error"]["message"], "unknown prompt `cancelling`");
    assert_eq!(
        told[2]["result"]["completion"]["values"],
        json!(["unknown"])
    );
    assert!(told[3].get("error").is_some());
}

#[test]
fn prompts_are_declared_only_where_there_are_any() {
    let place = shop();
    let discover = [("server/discover", json!({}))];
    let with = told(place.path(), &[], &discover, true);
    let capabilities = json!({"completions": {}, "prompts": {}, "resources": {}, "tools": {}});
    assert_eq!(with[0]["result"]["capabilities"], capabilities);
    let without = "[prompts]\ntriage = {enabled = false}\ncancelling = {enabled = false}\nschema = {enabled = false}\n";
    fs::write(place.path().join("mcpgen.toml"), without).expect("can be written");
    let requests = [
        discover[0].clone(),
        ("prompts/list", json!({})),
        get("triage", &json!({})),
    ];
    let told = told(place.path(), &[], &requests, true);
    assert!(told[0]["result"]["capabilities"].get("prompts").is_none());
    assert_eq!(told[1]["error"]["code"], -32601);
    assert_eq!(told[2]["error"]["code"], -32601);
}
