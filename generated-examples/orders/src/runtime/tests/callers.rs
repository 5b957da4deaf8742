//! Who calls: what is asked of clients, and what they are told.

use std::io::{BufReader, Write};

use serde_json::{Value, json};

use super::super::audit::Auditing;
use super::http::{JSON, Response, Site};
use super::request;
use super::scratch::Scratch;

/// `alice` with the key `geheim`, and `bob` with `bobs`.
pub(super) const KEYS: &str = "--api-keys=alice sha256:addb0f5e7826c857d7376d1bd9bc33c0c544790a2eac96144a8af22b1298c940 roles=analyst,bob sha256:39b94ddf63d38931e1c677e591a630171d578394989c457d4c2bace5a0d82cc8";

fn echo(site: &Site, headers: &[(&str, &str)]) -> Response {
    let body = request(1, "tools/call", json!({"name": "echo"}));
    site.ask("POST /mcp", &[JSON, headers].concat(), &body.to_string())
}

fn challenge(response: &Response) -> &str {
    let line = response
        .head
        .lines()
        .find_map(|line| line.strip_prefix("www-authenticate: "));
    line.unwrap_or_default()
}

#[test]
fn who_has_no_key_is_told_to_send_one() {
    let site = Site::start(&[KEYS]);
    for headers in [
        &[][..],
        &[("authorization", "Basic YTpi")],
        &[("authorization", "Bearer geheiM")],
    ] {
        let response = echo(&site, headers);
        assert_eq!(response.status, 401, "{headers:?}");
        assert!(
            challenge(&response).starts_with("Bearer realm=\"mcp\""),
            "{}",
            response.head
        );
        assert!(!response.body.contains("geheiM"), "{}", response.body);
    }
    for path in ["/health", "/ready", "/metrics"] {
        assert_eq!(site.get(path).status, 200, "{path}");
    }
    assert_eq!(site.get("/sse").status, 401);
    assert_eq!(
        site.get("/.well-known/oauth-protected-resource").status,
        404
    );
}

#[test]
fn who_proves_nothing_is_refused_before_the_request_is_whole() {
    let site = Site::start(&[KEYS]);
    let mut stream = site.connect();
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("the server reads");
    let answer = super::http::head(&mut BufReader::new(stream));
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[test]
fn who_is_refused_is_in_the_audit_log() {
    let site = Site::start(&[KEYS]);
    let file = Scratch::holding("");
    let auditing = Auditing::start(&file.path(), &site.fixture.metrics).expect("a file");
    site.fixture.server.engine().audit(auditing.log());
    let wrong = ("x-api-key", "wrong");
    let mut ids = Vec::new();
    let mut ask = |headers: &[(&str, &str)], body: &str| {
        let response = site.ask("POST /mcp", &[JSON, headers].concat(), body);
        assert_eq!(response.status, 401, "{body}");
        let mut lines = response.head.lines();
        let id = lines.find_map(|line| line.strip_prefix("x-request-id: "));
        ids.push(id.expect("it has one").to_owned());
    };
    let call = |params| request(1, "tools/call", params).to_string();
    ask(&[], &call(json!({"name": "echo", "arguments": {"a": 1}})));
    ask(&[wrong], &call(json!({"name": "geheim", "more": 1})));
    ask(&[wrong], &"x".repeat(70_000));
    let list = request(1, "tools/list", Value::Null).to_string();
    ask(&[wrong], &list);
    assert_eq!(site.get("/sse").status, 401);
    drop(auditing);
    let text = std::fs::read_to_string(file.path()).expect("a log");
    let lines: Vec<Value> = (text.lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let tools: Vec<&Value> = lines.iter().map(|line| &line["tool"]).collect();
    assert_eq!(tools, ["echo", "unknown", "unknown"], "{text}");
    for (line, id) in lines.iter().zip(&ids) {
        let facts = ["request_id", "identity", "client", "outcome", "error_type"];
        let expected = json!([id, null, "127.0.0.1", "denied", "unauthorized"]);
        assert_eq!(json!(facts.map(|name| &line[name])), expected);
    }
}

#[test]
fn a_key_is_taken_as_bearer_token_and_in_a_header_of_its_own() {
    let site = Site::start(&[KEYS]);
    for headers in [
        &[("authorization", "Bearer geheim")][..],
        &[("authorization", "bearer  geheim ")],
        &[("x-api-key", "geheim")],
        &[
            ("x-api-key", "geheim"),
            ("authorization", "Bearer for-the-api"),
        ],
    ] {
        assert_eq!(echo(&site, headers).status, 200, "{headers:?}");
    }
    for headers in [
        &[("x-api-key", "geheim"), ("x-api-key", "bobs")][..],
        &[
            ("authorization", "Bearer geheim"),
            ("authorization", "Bearer x"),
        ],
        &[("x-api-key", "wrong"), ("authorization", "Bearer geheim")],
    ] {
        assert_eq!(echo(&site, headers).status, 401, "{headers:?}");
    }
    // RFC 6750 §2.3: never in the address, which is logged on its way.
    let body = request(1, "tools/list", Value::Null).to_string();
    let in_query = site.ask("POST /mcp?access_token=geheim&api_key=geheim", JSON, &body);
    assert_eq!(in_query.status, 401);
}

#[test]
fn keys_in_a_file_change_while_the_server_runs() {
    let line = KEYS
        .trim_start_matches("--api-keys=")
        .split(',')
        .next()
        .expect("alice");
    // Some editors put a mark before it.
    let file = Scratch::holding(&format!("\u{feff}{line}"));
    let site = Site::start(&[&format!("--api-keys-file={}", file.path())]);
    let status = || echo(&site, &[("x-api-key", "geheim")]).status;
    assert_eq!(status(), 200);
    file.write("# nobody, since today\n");
    let end = std::time::Instant::now() + super::PATIENCE;
    while status() != 401 {
        assert!(std::time::Instant::now() < end, "the file is read again");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn only_a_trusted_proxy_says_who_calls() {
    let args = [
        "--identity-header=X-User",
        "--identity-roles-header=X-Roles",
    ];
    let site = Site::start(&[args[0], args[1], "--trusted-proxy=127.0.0.0/8"]);
    let user = ("x-user", "alice");
    assert_eq!(
        echo(&site, &[user, ("x-roles", "analyst, admin")]).status,
        200
    );
    assert_eq!(echo(&site, &[]).status, 401);
    assert_eq!(echo(&site, &[("x-user", "")]).status, 401);
    assert_eq!(echo(&site, &[user, ("x-user", "bob")]).status, 401);
    assert_eq!(
        echo(&site, &[user, ("x-roles", "a"), ("x-roles", "b")]).status,
        401
    );
    let both = Site::start(&[KEYS, args[0], args[1], "--trusted-proxy=127.0.0.0/8"]);
    let key = ("x-api-key", "geheim");
    assert_eq!(echo(&both, &[key]).status, 200);
    for wrong in ["\u{e4}lice", "alice\u{ff}"] {
        assert_eq!(echo(&both, &[key, ("x-user", wrong)]).status, 401);
        let roles = ("x-roles", wrong);
        assert_eq!(echo(&both, &[key, user, roles]).status, 401);
    }
    let site = Site::start(&[args[0], args[1], "--trusted-proxy=192.0.2.1"]);
    assert_eq!(echo(&site, &[user]).status, 401);
}

#[test]
fn clients_of_other_addresses_are_refused() {
    let site = Site::start(&["--allowed-client=192.0.2.0/24"]);
    assert_eq!(echo(&site, &[]).status, 403);
    let site = Site::start(&["--allowed-client=192.0.2.0/24", "--trusted-proxy=127.0.0.1"]);
    assert_eq!(echo(&site, &[("x-forwarded-for", "192.0.2.7")]).status, 200);
    assert_eq!(
        echo(&site, &[("x-forwarded-for", "192.0.2.7, 203.0.113.1")]).status,
        403
    );
    let site = Site::start(&["--allowed-client=127.0.0.1"]);
    assert_eq!(echo(&site, &[]).status, 200);
}

#[cfg(feature = "jwt")]
#[test]
fn the_metadata_leads_to_who_issues_tokens() {
    let secret = Scratch::holding(&"k".repeat(32));
    let key = format!("--jwt-hs256-secret-file={}", secret.path());
    let issuer = "--jwt-issuer=https://login.example";
    let site = Site::start(&[
        &key,
        issuer,
        "--jwt-audience=orders",
        "--path-prefix=/orders",
        "--trusted-proxy=127.0.0.1",
    ]);
    let response = echo(&site, &[("host", "localhost:1")]);
    let expected =
        "resource_metadata=\"http://localhost:1/.well-known/oauth-protected-resource/orders/mcp\"";
    assert!(
        challenge(&response).ends_with(expected),
        "{}",
        response.head
    );
    for path in ["", "/orders/mcp", "/mcp"] {
        let line = format!("GET /.well-known/oauth-protected-resource{path}");
        let behind_tls = [("host", "localhost:1"), ("x-forwarded-proto", "https")];
        let metadata: Value =
            serde_json::from_str(&site.ask(&line, &behind_tls, "").body).expect("JSON");
        assert_eq!(metadata["resource"], "https://localhost:1/orders/mcp");
        assert_eq!(
            metadata["authorization_servers"],
            json!(["https://login.example"])
        );
    }
    assert_eq!(
        site.get("/.well-known/oauth-protected-resource/other")
            .status,
        404
    );
    let wrong = echo(&site, &[("authorization", "Bearer a.b.c")]);
    assert!(
        challenge(&wrong).contains("error=\"invalid_token\""),
        "{}",
        wrong.head
    );
}
