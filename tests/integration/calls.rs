//! Calls through `mcpgen serve`: where their requests go, with what, and what is told of the answers.

use std::fs;

use serde_json::json;

use crate::generated::{answers, handshake};
use crate::prompts::told;
use crate::support::{folder, mcpgen, ran, run};
use crate::upstream::{Received, Upstream};

/// The requests of one call of each tool; `ORIGIN` in the spec and in values of variables is the API.
fn requests(spec: &str, tools: &[&str], variables: &[(&str, &str)]) -> Vec<Received> {
    let place = folder();
    let upstream = Upstream::start(|_| ("200 OK", "application/json", "{}".to_owned()));
    let spec = spec.replace("ORIGIN", &upstream.url);
    fs::write(place.path().join("spec.yaml"), spec).expect("can be written");
    let mut command = mcpgen(place.path());
    command.args(["serve", "spec.yaml"]).env("MCP_LOG", "error");
    for (name, value) in variables {
        command.env(name, value.replace("ORIGIN", &upstream.url));
    }
    let mut messages = handshake().to_vec();
    for (id, name) in tools.iter().enumerate() {
        let params = json!({"name": name, "arguments": {}});
        messages.push(
            json!({"jsonrpc": "2.0", "id": id + 1, "method": "tools/call", "params": params}),
        );
    }
    answers(&mut command, &messages);
    upstream.received()
}

const RELATIVE: &str = "
openapi: 3.0.3
info: {title: T, version: '1'}
security: [{key: []}]
servers: [{url: 'ROOT'}]
paths:
  /a: {get: {operationId: a, responses: {}}}
  /b: {servers: [{url: v2/}], get: {operationId: b, responses: {}}}
  /c: {get: {servers: [{url: /}], operationId: c, responses: {}}}
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
";

#[test]
fn a_relative_server_of_an_operation_is_where_the_first_server_is() {
    let key = ("API_KEY_TOKEN", "secret");
    let lines = ["GET /v1/a", "GET /v2/b", "GET /c"];
    for (root, variables) in [
        ("ORIGIN/v1", vec![key]),
        ("/v0", vec![key, ("API_BASE_URL", "ORIGIN/v1")]),
        (
            "http://other.invalid/v0",
            vec![key, ("API_BASE_URL", "ORIGIN/v1")],
        ),
    ] {
        let spec = RELATIVE.replace("ROOT", root);
        let mut received = requests(&spec, &["a", "b", "c"], &variables);
        received.sort_by_key(|request| lines.iter().position(|line| *line == request.line));
        let found: Vec<&str> = received.iter().map(|request| &*request.line).collect();
        assert_eq!(found, lines, "{root}");
        for request in received {
            assert_eq!(request.header("authorization"), Some("Bearer secret"));
        }
    }
}

#[test]
fn a_servers_own_variable_goes_before_where_it_would_be() {
    let spec = RELATIVE.replace("ROOT", "http://other.invalid/v0");
    let received = requests(
        &spec,
        &["b"],
        &[("API_KEY_TOKEN", "s"), ("API_BASE_URL_1", "ORIGIN/x")],
    );
    assert_eq!(received[0].line, "GET /x/b");
}

#[test]
fn what_can_be_sent_of_a_requirement_is_sent() {
    let spec = "
openapi: 3.1.0
info: {title: T, version: '1'}
servers: [{url: 'ORIGIN'}]
paths:
  /a: {get: {operationId: a, security: [{certificate: [], token: []}], responses: {}}}
  /b: {get: {operationId: b, security: [{hoba: [], key: []}], responses: {}}}
components:
  securitySchemes:
    certificate: {type: mutualTLS}
    token: {type: http, scheme: bearer}
    hoba: {type: http, scheme: hoba}
    key: {type: apiKey, in: header, name: X-Key}
";
    let variables = [("API_TOKEN_TOKEN", "t"), ("API_KEY_KEY", "k")];
    let mut received = requests(spec, &["a", "b"], &variables);
    received.sort_by(|a, b| a.line.cmp(&b.line));
    assert_eq!(received[0].header("authorization"), Some("Bearer t"));
    assert_eq!(received[1].header("x-key"), Some("k"));
    // The token is missed; the key may come from whoever adds the rest.
    let received = requests(spec, &["a", "b"], &[]);
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].line, "GET /b");
}

#[test]
fn a_tool_that_requires_a_header_of_proxies_is_called_without_it() {
    let spec = "
openapi: 3.0.3
info: {title: T, version: '1'}
servers: [{url: 'ORIGIN'}]
paths:
  /a:
    get:
      operationId: a
      parameters:
        - {name: X-Forwarded-For, in: header, required: true, schema: {type: string}}
        - {name: Content-Encoding, in: header, required: true, schema: {type: string}}
      responses: {}
";
    let received = requests(spec, &["a"], &[]);
    assert_eq!(received[0].header("x-forwarded-for"), None);
    assert_eq!(received[0].header("content-encoding"), None);
}

#[test]
fn relative_servers_start_where_redirects_of_the_spec_ended() {
    const SPEC: &str = "
openapi: 3.0.3
info: {title: T, version: '1'}
servers: [{url: ../v2/}]
paths: {/a: {get: {operationId: a, responses: {}}}}
";
    let upstream = Upstream::start(|request| match &*request.line {
        "GET /redirect?key=hunter2" => (
            "302 Found\r\nlocation: /api/docs/spec.yaml",
            "text/plain",
            String::new(),
        ),
        _ => ("200 OK", "application/yaml", SPEC.to_owned()),
    });
    let place = folder();
    let spec = format!(
        "{}/redirect?key=hunter2",
        upstream.url.replace("//", "//user:hunter2@")
    );
    let built = run(place.path(), ["build", &spec, "-o", "made"]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    let made = place.path().join("made");
    let lock = fs::read_to_string(made.join("mcpgen.lock")).expect("is there");
    let document = format!("document-url = \"{}/api/docs/spec.yaml\"", upstream.url);
    assert!(lock.contains(&document), "{lock}");
    assert!(!lock.contains("hunter2"), "{lock}");
    let tools = fs::read_to_string(made.join("src/tools/mod.rs")).expect("is there");
    assert!(
        tools.contains(&format!("{}/api/v2", upstream.url)),
        "{tools}"
    );
    let checked = run(&made, ["build", "--check"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

const THING: &str = "
openapi: 3.0.3
info: {title: T, version: '1'}
servers: [{url: 'ORIGIN'}]
paths:
  /thing:
    get: {operationId: read, responses: {}}
    put:
      operationId: replace
      parameters: [{name: If-Match, in: header, required: true, schema: {type: string}}]
      responses: {}
";

#[test]
fn the_version_of_a_thing_is_told_where_some_tool_can_be_told_it() {
    let place = folder();
    let upstream = Upstream::start(|request| match request.line.split(' ').next() {
        Some("PUT") => (
            "204 No Content\r\netag: \"v2\"",
            "text/plain",
            String::new(),
        ),
        _ => (
            "200 OK\r\netag: \"v1\"",
            "application/json",
            "{}".to_owned(),
        ),
    });
    let spec = THING.replace("ORIGIN", &upstream.url);
    let replace = (
        "tools/call",
        json!({"name": "replace", "arguments": {"If_Match": "\"v1\""}}),
    );
    let read = ("tools/call", json!({"name": "read", "arguments": {}}));
    fs::write(place.path().join("spec.yaml"), &spec).expect("can be written");
    let answers = told(place.path(), &[], &[read.clone(), replace], true);
    assert_eq!(answers[0]["result"]["content"][1]["text"], "Etag: \"v1\"");
    let replaced = answers[1]["result"]["content"][0]["text"].as_str();
    assert!(
        replaced.is_some_and(|text| text.ends_with("\nEtag: \"v2\"")),
        "{replaced:?}"
    );
    // Nobody could make use of it.
    fs::write(
        place.path().join("spec.yaml"),
        spec.replace("If-Match", "X-Any"),
    )
    .expect("can be written");
    let answers = told(place.path(), &[], &[read], true);
    assert_eq!(
        answers[0]["result"]["content"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_list_that_policies_leave_empty_over_stdio_is_warned_of() {
    let place = folder();
    fs::write(place.path().join("spec.yaml"), THING).expect("can be written");
    let warned = |policies: &str| {
        fs::write(place.path().join("policies.toml"), policies).expect("can be written");
        let mut command = mcpgen(place.path());
        command.args(["serve", "spec.yaml", "--", "--config", "policies.toml"]);
        command.env("API_BASE_URL", "http://127.0.0.1:9");
        let ran = ran(command.output().expect("mcpgen starts"));
        ran.stderr.contains("no tool is listed")
    };
    assert!(warned("[access.customer]\nallow = [\"op:read\"]\n"));
    assert!(!warned("[access.anonymous]\nallow = [\"op:read\"]\n"));
}
