//! Resources from outside: pages of tools, the description, and GET operations by their URIs.

use std::fs;

use serde_json::{Value, json};

use crate::prompts::told;
use crate::support::folder;
use crate::upstream::{Received, Upstream};

const SPEC: &str = r"
openapi: 3.0.3
info: {title: Shop, version: '1'}
servers: [{url: 'http://127.0.0.1:9'}]
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List orders
      parameters:
        - {name: status, in: query, description: 'One | of', schema: {type: array, items: {type: string, enum: [paid, sent]}}}
        - {name: limit, in: query, schema: {type: integer}}
      responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}
    post: {operationId: addOrder, responses: {'200': {description: ok}}}
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string, maxLength: 20}}]
      responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}
  /labels/{id}:
    get:
      operationId: getLabel
      x-mcp: {resource: 'shop://labels/{id}/pdf'}
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok, content: {application/pdf: {}}}}
  /poll:
    get:
      operationId: poll
      x-mcp: {hints: {readOnly: false}}
      responses: {'200': {description: ok}}
";

fn shop() -> tempfile::TempDir {
    let place = folder();
    fs::write(place.path().join("spec.yaml"), SPEC).expect("can be written");
    place
}

fn service(place: &tempfile::TempDir) -> Upstream {
    let upstream = Upstream::start(|request: &Received| match &*request.line {
        line if line.starts_with("GET /labels") => ("200 OK", "application/pdf", "%PDF".to_owned()),
        line if line.contains("missing") => ("404 Not Found", "text/plain", "no".to_owned()),
        line => (
            "200 OK",
            "application/json",
            json!({ "seen": line }).to_string(),
        ),
    });
    let spec = SPEC.replace("http://127.0.0.1:9", &upstream.url);
    fs::write(place.path().join("spec.yaml"), spec).expect("can be written");
    upstream
}

fn read(uri: &str) -> (&'static str, Value) {
    ("resources/read", json!({ "uri": uri }))
}

fn listed<'a>(answer: &'a Value, list: &str, uri: &str) -> Vec<&'a str> {
    let items = answer["result"][list].as_array().expect("a list");
    items.iter().filter_map(|it| it[uri].as_str()).collect()
}

const LISTS: [&str; 2] = ["resources/list", "resources/templates/list"];

#[test]
fn operations_are_resources_only_when_the_owner_asks_for_it() {
    let place = shop();
    let requests = [
        (LISTS[0], json!({})),
        (LISTS[1], json!({})),
        read("api://list_orders"),
        read("openapi://spec"),
    ];
    let without = told(place.path(), &[], &requests, true);
    assert_eq!(listed(&without[0], "resources", "uri"), [""; 0]);
    assert_eq!(
        listed(&without[1], "resourceTemplates", "uriTemplate"),
        [
            "openapi://tools/{name}/input-schema",
            "openapi://tools/{name}"
        ]
    );
    assert_eq!(without[2]["error"]["code"], -32602);
    assert_eq!(without[3]["error"]["code"], -32602);
    let with = told(place.path(), &["--resources"], &requests, false);
    assert_eq!(
        listed(&with[0], "resources", "uri"),
        ["openapi://spec", "api://list_orders"]
    );
    assert_eq!(
        with[0]["result"]["resources"][1]["mimeType"],
        "application/json"
    );
    assert_eq!(
        listed(&with[1], "resourceTemplates", "uriTemplate")[2..],
        [
            "api://list_orders{?status*,limit}",
            "api://get_order/{id}",
            "shop://labels/{id}/pdf"
        ]
    );
    let text = with[3]["result"]["contents"][0]["text"]
        .as_str()
        .expect("a text");
    let document: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(document["info"]["title"], "Shop");
}

#[test]
fn to_read_an_operation_is_to_call_its_tool() {
    let place = shop();
    let upstream = service(&place);
    let requests = [
        read("api://list_orders?status=paid&status=sent&limit=5"),
        read("api://get_order/a%2Fb%3Fc%3D1"),
        read("shop://labels/7/pdf"),
        read("api://get_order/missing"),
        read("api://get_order/..%2F..%2Fadmin"),
        read("api://get_order/%2e%2e"),
        read("api://get_order/x?admin=1"),
        read("api://list_orders?limit=many"),
        read("api://get_order/"),
        read("api://get_order/a/b"),
        read("api://add_order"),
        read("api://poll"),
        read("api://get_label/7"),
        read("api://get_order/%ff"),
    ];
    let told = told(place.path(), &["--resources"], &requests, true);
    let contents = |index: usize| told[index]["result"]["contents"][0].clone();
    let text = r#"{"seen":"GET /orders?status=paid&status=sent&limit=5"}"#;
    let uri = requests[0].1["uri"].clone();
    assert_eq!(
        contents(0),
        json!({"uri": uri, "mimeType": "application/json", "text": text})
    );
    assert_eq!(told[0]["result"]["cacheScope"], "private");
    assert!(
        contents(1)["text"]
            .as_str()
            .is_some_and(|text| text.contains("GET /orders/a%2Fb%3Fc%3D1\"")),
        "{}",
        told[1]
    );
    assert_eq!(contents(2)["blob"], "JVBERg==");
    assert_eq!(contents(2)["mimeType"], "application/pdf");
    assert_eq!(told[3]["error"]["code"], -32603);
    assert!(
        told[3]["error"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("404"))
    );
    for (index, answer) in told.iter().enumerate().skip(4) {
        assert_eq!(answer["error"]["code"], -32602, "{index}: {answer}");
    }
    assert_eq!(upstream.received().len(), 4);
}

#[test]
fn the_page_of_a_tool_says_what_it_does_and_takes() {
    let place = shop();
    let told = told(
        place.path(),
        &[],
        &[read("openapi://tools/list_orders")],
        false,
    );
    let contents = &told[0]["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "text/markdown");
    let page = contents["text"].as_str().expect("a text");
    for part in [
        "# List orders\n",
        "The tool `list_orders` calls `GET /orders` and changes nothing.",
        "| `status` | array: `paid`, `sent` |  | One \\| of |",
        "## Result",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn who_does_not_see_a_tool_sees_none_of_its_resources() {
    let place = shop();
    let rules = "[tools.\"op:listOrders\".bind]\nstatus = [\"paid\"]\n[tools.\"op:getLabel\"]\nenabled = false\n";
    fs::write(place.path().join("rules.toml"), rules).expect("can be written");
    let upstream = service(&place);
    let reference = json!({"type": "ref/resource", "uri": "shop://labels/{id}/pdf"});
    let complete = |uri: &str, name: &str| {
        let mut reference = reference.clone();
        reference["uri"] = uri.into();
        let argument = json!({"name": name, "value": ""});
        (
            "completion/complete",
            json!({"ref": reference, "argument": argument}),
        )
    };
    let requests = [
        (LISTS[0], json!({})),
        (LISTS[1], json!({})),
        read("shop://labels/7/pdf"),
        read("openapi://tools/get_label"),
        read("openapi://tools/get_label/input-schema"),
        read("openapi://spec"),
        read("api://get_label/7"),
        complete("shop://labels/{id}/pdf", "id"),
        complete("api://list_orders{?limit}", "status"),
        read("api://list_orders?status=sent"),
        read("api://list_orders"),
        complete("openapi://tools/{name}", "name"),
    ];
    let told = told(
        place.path(),
        &["--resources", "--config", "rules.toml"],
        &requests,
        true,
    );
    assert_eq!(listed(&told[0], "resources", "uri"), ["api://list_orders"]);
    let templates = listed(&told[1], "resourceTemplates", "uriTemplate");
    assert_eq!(
        templates[2..],
        ["api://list_orders{?limit}", "api://get_order/{id}"]
    );
    for (index, answer) in told.iter().enumerate().take(10).skip(2) {
        assert_eq!(answer["error"]["code"], -32602, "{index}: {answer}");
    }
    // As one that never was.
    let message = |index: usize| told[index]["error"]["message"].clone();
    assert_eq!(message(2), message(6));
    let text = told[10]["result"]["contents"][0]["text"].as_str();
    assert!(
        text.is_some_and(|text| text.contains("/orders?status=paid")),
        "{}",
        told[10]
    );
    let names = json!(["list_orders", "add_order", "get_order", "poll"]);
    assert_eq!(told[11]["result"]["completion"]["values"], names);
    assert_eq!(upstream.received().len(), 1);
}

#[test]
fn values_of_templates_are_suggested() {
    let place = shop();
    let reference = json!({"type": "ref/resource", "uri": "api://list_orders{?status*,limit}"});
    let params = json!({"ref": reference, "argument": {"name": "status", "value": "p"}});
    let requests = [("completion/complete", params)];
    let told = told(place.path(), &["--resources"], &requests, true);
    assert_eq!(told[0]["result"]["completion"]["values"], json!(["paid"]));
}
