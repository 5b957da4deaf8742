//! jq programs in the processes that `mcpgen serve` starts of itself, as a client that means no good sends them.

use std::fs;

use serde_json::{Value, json};

use crate::prompts::told;
use crate::support::folder;
use crate::upstream::Upstream;

const SPEC: &str = r"
openapi: 3.0.3
info: {title: Shop, version: '1'}
servers: [{url: 'ORIGIN'}]
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List orders
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {type: object}}}}}}
";

fn shop() -> (tempfile::TempDir, Upstream) {
    let place = folder();
    let orders = r#"[{"id": 9007199254740993, "total": 1.10}, {"id": 2, "total": 20.5}]"#;
    let upstream = Upstream::start(|_| ("200 OK", "application/json", orders.to_owned()));
    let spec = SPEC.replace("ORIGIN", &upstream.url);
    fs::write(place.path().join("spec.yaml"), spec).expect("can be written");
    (place, upstream)
}

fn asks(program: &str) -> (&'static str, Value) {
    let arguments = json!({ "jq": program });
    (
        "tools/call",
        json!({"name": "list_orders", "arguments": arguments}),
    )
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .expect("a text")
}

#[test]
fn answers_are_given_to_the_programs_of_calls() {
    let (place, _upstream) = shop();
    let requests = [
        ("tools/list", json!({})),
        asks("map({id, total})"),
        asks(".[] | select(.total > 2).id"),
        asks("length"),
    ];
    let answers = told(place.path(), &["--result-jq"], &requests, true);
    let tool = &answers[0]["result"]["tools"][0];
    assert_eq!(tool["inputSchema"]["properties"]["jq"]["type"], "string");
    assert_eq!(
        text(&answers[1]),
        r#"[{"id":9007199254740993,"total":1.10},{"id":2,"total":20.5}]"#
    );
    assert_eq!(text(&answers[2]), "2");
    assert_eq!(text(&answers[3]), "2");
    let value: Value = serde_json::from_str(text(&answers[1])).expect("JSON");
    assert_eq!(
        answers[1]["result"]["structuredContent"],
        json!({ "result": value })
    );
    let without = told(place.path(), &[], &requests[..2], true);
    assert_eq!(
        without[0]["result"]["tools"][0]["inputSchema"]["properties"]["jq"],
        Value::Null
    );
    assert!(text(&without[1]).contains("unknown argument `jq`"));
}

#[test]
fn a_program_that_means_no_good_does_none() {
    let (place, _upstream) = shop();
    let deep = format!("{}1{}", "[".repeat(30_000), "]".repeat(30_000));
    let bad = [
        "def f: f; f",
        "[range(1e18)]",
        "def f: 1 + f; f",
        r#""a" * 10000000000"#,
        r#""x" * 100000000"#,
        ".[1000000000] = 1",
        "reduce range(60) as $i (.; [., .])",
        "env",
        "$ENV",
        "halt",
        "input",
        &deep,
    ];
    let mut requests: Vec<_> = bad.iter().map(|program| asks(program)).collect();
    requests.push(asks("map(.id)"));
    requests.extend((0..50).map(|_| asks("length")));
    let answers = told(place.path(), &["--result-jq"], &requests, true);
    for (program, answer) in bad.iter().zip(&answers) {
        assert_eq!(answer["result"]["isError"], true, "{program:.40}: {answer}");
        assert!(
            text(answer).starts_with("`jq`: "),
            "{program:.40}: {answer}"
        );
    }
    // Whoever comes after them is served.
    assert_eq!(text(&answers[bad.len()]), "[9007199254740993,2]");
    for answer in &answers[bad.len() + 1..] {
        assert_eq!(text(answer), "2");
    }
}
