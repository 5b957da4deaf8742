//! What is sent, what comes back, and what happens when nothing does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, json};
use tokio::io::AsyncWriteExt as _;

use super::super::super::engine::{CallContext, Content, ErrorType, Progress, Structured};
use super::upstream::Recording;
use super::*;

#[tokio::test]
async fn a_call_is_one_request_with_everything_in_its_place() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let engine = Setup::new(&format!("{}/v1/", upstream.url))
        .with_token()
        .engine();
    let arguments =
        json!({"id": "7", "verbose": true, "trace": "t 1", "theme": "a b", "_meta": {"x": 1}});
    let result = call(&engine, "get_pet", arguments).await;
    let host = upstream.url.strip_prefix("http://").expect("http");
    assert_eq!(
        upstream.request(),
        format!(
            "GET /v1/pets/7?verbose=true HTTP/1.1\r\nuser-agent: pets-mcp/1.0\r\naccept: application/json\r\n\
             x-trace: t 1\r\ncookie: theme=a%20b\r\nauthorization: Bearer geheim\r\n\
             accept-encoding: {}gzip,deflate{}\r\nhost: {host}\r\n\r\n",
            if cfg!(feature = "zstd") { "zstd," } else { "" },
            if cfg!(feature = "brotli") { ",br" } else { "" }
        )
    );
    assert_eq!(result.as_text(), r#"{"id": 7}"#);
    assert_eq!(result.structured, Structured::of(&json!({"id": 7})));
}

#[tokio::test]
async fn a_body_keeps_big_integers_and_explicit_nulls() {
    let upstream = answering("201 Created", "", "").await;
    let engine = Setup::new(&upstream.url).engine();
    let result = call(&engine, "add_pet", json!({"tag": null, "name": "Rex"})).await;
    assert!(
        upstream
            .request()
            .ends_with("content-length: 25\r\n\r\n{\"name\":\"Rex\",\"tag\":null}"),
        "{}",
        upstream.request()
    );
    assert_eq!(
        result.as_text(),
        "The call succeeded (201 Created); the response has no body."
    );
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_has_none() {
    let upstream = answering("204 No Content", "", "").await;
    call(&Setup::new(&upstream.url).engine(), "touch", json!({})).await;
    assert!(
        upstream.request().contains("content-length: 0\r\n"),
        "{}",
        upstream.request()
    );
}

#[tokio::test]
async fn wrong_arguments_are_told_and_nothing_is_sent() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let engine = Setup::new(&upstream.url).with_token().engine();
    let ctx = CallContext {
        request_id: "r-1".to_owned(),
        ..CallContext::default()
    };
    let result = call_with(&engine, "get_pet", json!({"verbos": 1}), ctx).await;
    assert_eq!(result.error, Some(ErrorType::InvalidArguments));
    assert_eq!(
        result.as_text(),
        "The arguments of `get_pet` are not valid, so no request was sent:\n\
         - unknown argument `verbos`; did you mean `verbose`?\n\
         - missing required argument `id` (integer): The pet's id"
    );
    assert_eq!(result.meta["mcpgen/requestId"], "r-1");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_tool_has_near_ones() {
    let engine = Setup::new("http://127.0.0.1:9").engine();
    let unknown = engine
        .call("getPets", Map::new(), CallContext::default())
        .await
        .expect_err("unknown");
    assert_eq!(unknown.nearest, ["get_pet"]);
}

#[tokio::test]
async fn tools_are_listed_in_order_with_what_is_advertised() {
    let engine = Setup::new("http://127.0.0.1:9").engine();
    let view = engine.view(None);
    let tools: Vec<_> = engine.tools(&view, None).collect();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    assert_eq!(names[..3], ["get_pet", "add_pet", "ping"]);
    assert!(!tools[0].input_schema.get().contains("\"required\""));
    assert!(tools[0].output_schema.is_some());
    assert!(tools[2].output_schema.is_none());
    assert_eq!(engine.upstream_host(), Some(("127.0.0.1".to_owned(), 9)));
}

#[tokio::test]
async fn a_kept_connection_is_used_again() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let engine = Setup::new(&upstream.url).engine();
    for _ in 0..3 {
        assert_eq!(call(&engine, "ping", json!({})).await.as_text(), "{}");
    }
    assert_eq!(upstream.requests().len(), 3);
}

#[tokio::test]
async fn a_connection_that_is_old_enough_is_not_used_again() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.connection_max_age = Duration::ZERO;
    let engine = setup.engine();
    for _ in 0..2 {
        assert_eq!(call(&engine, "ping", json!({})).await.as_text(), "{}");
    }
    // The one of the first call, while the engine still runs.
    upstream.closed().await;
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn an_ipv6_upstream_is_called() {
    let started = Recording::start_on("[::1]:0", |_| reply("200 OK", JSON, b"{}")).await;
    // Containers without IPv6 have no such address.
    let Ok(upstream) = started else {
        return;
    };
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(result.as_text(), "{}");
    assert!(
        upstream.request().contains("host: [::1]:"),
        "{}",
        upstream.request()
    );
}

/// `printf '{"a":"%01000d"}' 0 | gzip -9n`.
const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 82, 50, 24, 5, 163, 96, 20, 12, 123,
    160, 84, 11, 0, 43, 197, 235, 232, 240, 3, 0, 0,
];

#[tokio::test]
async fn a_compressed_answer_is_decompressed_and_then_counted() {
    let upstream = Recording::start(|_| {
        reply(
            "200 OK",
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
            GZIPPED,
        )
    })
    .await;
    let whole = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(whole.as_text().len(), 1008);
    let mut small = Setup::new(&upstream.url);
    small.settings.max_response_bytes = 100;
    let cut = call(&small.engine(), "ping", json!({})).await.as_text();
    assert!(
        cut.starts_with("{\"a\":\"000") && cut.contains("larger than 100 bytes"),
        "{cut}"
    );
}

/// `printf '{"a":"%01000d"}' 0 | zstd -3`.
const ZSTANDARD: &[u8] = &[
    0x28, 0xb5, 0x2f, 0xfd, 0x60, 0xf0, 0x02, 0x85, 0x00, 0x00, 0x48, 0x7b, 0x22, 0x61, 0x22, 0x3a,
    0x22, 0x30, 0x22, 0x7d, 0x01, 0x00, 0xe4, 0x2b, 0x60, 0x04,
];

#[tokio::test]
async fn what_was_not_offered_is_named() {
    let upstream = Recording::start(|_| {
        reply(
            "200 OK",
            "Content-Type: application/json\r\nContent-Encoding: zstd\r\n",
            ZSTANDARD,
        )
    })
    .await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    if cfg!(feature = "zstd") {
        assert_eq!(result.as_text().len(), 1008);
    } else {
        let text = result.as_text();
        assert!(text.contains("compressed with `zstd`"), "{text}");
    }
}

#[tokio::test]
async fn nothing_in_compressed_form_is_nothing() {
    let upstream = answering("200 OK", "Content-Encoding: gzip\r\n", "").await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(
        result.as_text(),
        "The call succeeded (200 OK); the response has no body."
    );
}

#[tokio::test]
async fn a_large_answer_is_read_only_as_far_as_it_is_wanted() {
    let upstream = Recording::start(|_| {
        let mut endless =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n"
                .to_vec();
        endless.resize(100_000, b'x');
        endless
    })
    .await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert!(result.as_text().contains(
        "[Cut: these are the first 10000 characters of a response larger than 65536 bytes."
    ));
    upstream.closed().await;
}

const PETS: &str =
    r#"{"items": [{"id": 1, "name": "Rex", "price": 1.10}, {"id": 2, "name": "Max"}], "total": 2}"#;

#[tokio::test]
async fn a_call_chooses_the_parts_of_an_answer_that_it_wants_to_see() {
    let upstream = answering("200 OK", JSON, PETS).await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.settings.policies.result_fields = true;
    let engine = setup.engine();
    for fields in [
        json!(["items.price", "total"]),
        json!("items.price, total"),
        json!("[\"$.items[*].price\", \"$.total\"]"),
    ] {
        let result = call(&engine, "get_pet", json!({"id": 1, "fields": fields})).await;
        let expected = r#"{"items":[{"price":1.10},{}],"total":2}"#;
        assert_eq!(result.as_text(), expected);
        assert_eq!(result.structured.expect("an object").json(), expected);
    }
    for everything in [json!([]), json!(null), json!("")] {
        let result = call(&engine, "get_pet", json!({"id": 1, "fields": everything})).await;
        assert_eq!(result.as_text(), PETS);
    }
    let missed = call(
        &engine,
        "get_pet",
        json!({"id": 1, "fields": ["name", "total"]}),
    )
    .await;
    let note =
        "`fields`: nothing in the answer is called `name`; at its top there are `items`, `total`.";
    assert_eq!(missed.as_text(), format!("{{\"total\":2}}\n{note}"));
    let sent = upstream.requests();
    assert!(
        sent.iter().all(|request| !request.contains("fields")),
        "{sent:?}"
    );
    let wrong = call(&engine, "get_pet", json!({"id": 1, "fields": {"a": 1}})).await;
    assert!(
        wrong.as_text().contains("`fields` is a list of texts"),
        "{}",
        wrong.as_text()
    );
    assert_eq!(upstream.requests().len(), sent.len());
    // A tool that changes something has all of its answer read.
    let add = call(&engine, "add_pet", json!({"name": "Rex", "fields": ["id"]})).await;
    assert!(
        add.as_text().contains("unknown argument `fields`"),
        "{}",
        add.as_text()
    );
}

#[tokio::test]
async fn an_argument_fields_of_the_api_stays_what_it_is() {
    const FIELDS: &[Parameter] = &[Parameter::query("fields")];
    const TOOLS: &[ToolDef] = &[ToolDef::new("list", "GET", "/all")
        .parameters(FIELDS)
        .hints(Hints::READ)];
    let upstream = answering("200 OK", JSON, PETS).await;
    let mut setup = Setup::new(&upstream.url);
    setup.def.groups = const {
        &[Group {
            tag: "",
            tools: TOOLS,
            schemas: "{}",
        }]
    };
    setup.settings.policies.result_fields = true;
    let arguments = json!({"fields": "items", "result_fields": ["total"]});
    let result = call(&setup.engine(), "list", arguments).await;
    assert_eq!(result.as_text(), r#"{"total":2}"#);
    assert!(upstream.request().starts_with("GET /all?fields=items "));
}

/// The largest answer that is read.
fn large() -> String {
    format!("[{}1]", "1,".repeat(40_000))
}

#[tokio::test]
async fn a_large_answer_is_looked_at_beside_other_calls() {
    let upstream = Recording::start(|_| reply("200 OK", JSON, large().as_bytes())).await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.max_response_bytes = 1 << 20;
    setup.settings.max_result_chars = 1000;
    let result = call(&setup.engine(), "ping", json!({})).await;
    assert_eq!(result.error, None);
    assert!(
        result.as_text().contains("the list has the first"),
        "{}",
        result.as_text()
    );
}

#[tokio::test]
async fn bytes_are_an_embedded_resource() {
    let upstream = answering("200 OK", "Content-Type: application/zip\r\n", "PK").await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(
        result.content,
        [Content::Blob(
            "upstream:///ping".to_owned(),
            "application/zip".to_owned(),
            "UEs=".to_owned()
        )]
    );
}

#[tokio::test]
async fn silence_is_a_timeout_that_says_which() {
    let upstream = Recording::start(|_| Vec::new()).await;
    for (read, total, expected) in [
        (20, 5_000, "was silent for 0.02 s"),
        (5_000, 20, "took longer than 0.02 s"),
    ] {
        let mut setup = Setup::new(&upstream.url);
        setup.settings.read_timeout = Duration::from_millis(read);
        setup.settings.total_timeout = Duration::from_millis(total);
        let result = call(&setup.engine(), "ping", json!({})).await;
        assert_eq!(result.error, Some(ErrorType::Timeout));
        assert!(result.as_text().contains(expected), "{}", result.as_text());
    }
}

#[tokio::test]
async fn no_connection_is_told_in_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let result = call(
        &Setup::new(&format!("http://{address}")).engine(),
        "ping",
        json!({}),
    )
    .await;
    assert_eq!(result.error, Some(ErrorType::Connect));
    assert_eq!(
        result.as_text(),
        format!("No connection to http://{address}: connection refused. Try again later.")
    );
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let https = format!("https://{}", plain.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.expect("a connection");
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .expect("written");
    });
    let result = call(&Setup::new(&https).engine(), "ping", json!({})).await;
    assert_eq!(result.error, Some(ErrorType::Connect));
    assert!(
        result
            .as_text()
            .starts_with(&format!("No secure connection to {https}: ")),
        "{}",
        result.as_text()
    );
}

#[tokio::test]
async fn half_an_answer_is_an_error() {
    let upstream = Recording::start(|_| {
        Vec::from("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf")
    })
    .await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(result.error, Some(ErrorType::Connect), "{result:?}");
    assert!(
        result
            .as_text()
            .contains("broke before the answer was complete"),
        "{}",
        result.as_text()
    );
}

#[tokio::test]
async fn cancelling_closes_the_request_to_the_upstream() {
    let (arrived, mut arrival) = tokio::sync::mpsc::unbounded_channel();
    let upstream = Recording::start(move |_| {
        arrived.send(()).expect("waiting");
        Vec::new()
    })
    .await;
    let engine = Setup::new(&upstream.url).engine();
    let ctx = CallContext::default();
    let cancelled = ctx.cancelled.clone();
    let running = tokio::spawn(async move { call_with(&engine, "ping", json!({}), ctx).await });
    arrival.recv().await.expect("a request");
    cancelled.cancel();
    let result = running.await.expect("an answer");
    assert_eq!(result.error, Some(ErrorType::Cancelled));
    upstream.closed().await;
}

#[tokio::test]
async fn dropping_a_call_closes_the_request_to_the_upstream() {
    let (arrived, mut arrival) = tokio::sync::mpsc::unbounded_channel();
    let upstream = Recording::start(move |_| {
        arrived.send(()).expect("waiting");
        Vec::new()
    })
    .await;
    let engine = Setup::new(&upstream.url).engine();
    let running = tokio::spawn(async move { call(&engine, "ping", json!({})).await });
    arrival.recv().await.expect("a request");
    running.abort();
    upstream.closed().await;
}

#[tokio::test]
async fn progress_grows_from_sent_over_answered_to_done() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&said);
    let ctx = CallContext {
        progress: Some(Progress(Arc::new(move |value, total, message| {
            hears
                .lock()
                .expect("not poisoned")
                .push((value, total, message));
        }))),
        ..CallContext::default()
    };
    call_with(&Setup::new(&upstream.url).engine(), "ping", json!({}), ctx).await;
    let said = said.lock().expect("not poisoned").clone();
    assert!(said.len() >= 3, "{said:?}");
    assert!(
        said.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "{said:?}"
    );
    assert!(
        said.iter()
            .all(|(value, total, _)| total.is_none_or(|total| *value <= total)),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_proxy_is_sent_whole_urls_and_its_own_credential() {
    let proxy = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new("http://api.invalid/v1").with_token();
    let url = proxy.url.replace("http://", "http://user:pass@");
    setup.env.insert("http_proxy".to_owned(), url);
    let result = call(&setup.engine(), "get_pet", json!({"id": 1})).await;
    assert_eq!(result.error, None, "{result:?}");
    let request = proxy.request();
    assert!(
        request.starts_with("GET http://api.invalid/v1/pets/1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("proxy-authorization: Basic dXNlcjpwYXNz\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_no_proxy_goes_past() {
    let proxy = answering("403 Forbidden", "", "").await;
    let mut setup = Setup::new("https://api.invalid/").with_token();
    setup
        .env
        .insert("HTTPS_PROXY".to_owned(), proxy.url.clone());
    let result = call(&setup.engine(), "get_pet", json!({"id": 1})).await;
    assert!(
        result
            .as_text()
            .contains("the proxy cannot be reached or refuses"),
        "{}",
        result.as_text()
    );
    let request = proxy.request();
    assert!(
        request.starts_with("CONNECT api.invalid:443 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(!request.contains("geheim"), "{request}");

    let upstream = answering("200 OK", JSON, "{}").await;
    let mut past = Setup::new(&upstream.url);
    past.env
        .insert("HTTP_PROXY".to_owned(), "http://127.0.0.1:9".to_owned());
    past.env
        .insert("NO_PROXY".to_owned(), "127.0.0.1".to_owned());
    assert_eq!(
        call(&past.engine(), "ping", json!({})).await.as_text(),
        "{}"
    );
}
