//! Credentials go where they were configured for, and nowhere else (security invariant 3).

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::super::super::engine::{CallContext, ErrorType, ForwardAuth, StartError};
use super::upstream::Recording;
use super::{JSON, Setup, answering, call, call_with, forwarding, reply};

#[tokio::test]
async fn a_missing_credential_is_told_and_nothing_is_sent() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let engine = Setup::new(&upstream.url).engine();
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert_eq!(result.error, Some(ErrorType::Unauthorized));
    assert!(
        result.as_text().contains("`API_BEARER_AUTH_TOKEN`"),
        "{}",
        result.as_text()
    );
    assert!(upstream.requests().is_empty());
    assert_eq!(engine.warnings().len(), 2);
}

#[tokio::test]
async fn another_origin_gets_no_credential_unless_the_owner_named_it() {
    let api = answering("200 OK", JSON, "{}").await;
    let other = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&api.url).with_token();
    let url: &'static str = Box::leak(other.url.clone().into_boxed_str());
    setup.def.servers = Box::leak(Box::new([
        super::BaseUrl::new(None),
        super::BaseUrl::new(Some(url)),
    ]));
    let engine = setup.engine();
    let result = call(&engine, "upload", json!({})).await;
    assert_eq!(result.error, Some(ErrorType::Unauthorized));
    assert!(
        result
            .as_text()
            .contains(&format!("set `API_BASE_URL_1={url}`")),
        "{}",
        result.as_text()
    );
    assert!(other.requests().is_empty());
    assert_eq!(call(&engine, "open_upload", json!({})).await.error, None);
    assert!(!other.request().contains("geheim"));

    let mut named = Setup::new(&api.url).with_token();
    named.settings.base_urls.insert(1, other.url.clone());
    assert_eq!(call(&named.engine(), "upload", json!({})).await.error, None);
    assert!(other.requests()[1].contains("authorization: Bearer geheim"));
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let other = answering("200 OK", JSON, "{}").await;
    let target = other.url.clone();
    let api = Recording::start(move |_| {
        reply(
            "307 Temporary Redirect",
            &format!("Location: {target}/steal\r\n"),
            b"",
        )
    })
    .await;
    let engine = Setup::new(&api.url).with_token().engine();
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert!(result.error.is_some());
    let expected = format!("redirects to {}, which was not followed", other.url);
    assert!(result.as_text().contains(&expected), "{}", result.as_text());
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_the_credential() {
    for (status, method) in [
        ("302 Found", "GET"),
        ("303 See Other", "GET"),
        ("307 Temporary Redirect", "POST"),
    ] {
        let api = Recording::start(move |request| {
            if request.contains(" /touch ") {
                reply(status, "Location: ../moved?x=1#part\r\n", b"")
            } else {
                reply("200 OK", JSON, b"{}")
            }
        })
        .await;
        let result = call(&Setup::new(&api.url).engine(), "touch", json!({})).await;
        assert_eq!(result.error, None, "{result:?}");
        let second = api.requests()[1].clone();
        assert!(
            second.starts_with(&format!("{method} /moved?x=1 HTTP/1.1\r\n")),
            "{second}"
        );
    }
    let circle = Recording::start(|_| reply("302 Found", "Location: /pets/2\r\n", b"")).await;
    let engine = Setup::new(&circle.url).with_token().engine();
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert!(
        result.as_text().contains("redirects in circles"),
        "{}",
        result.as_text()
    );
    assert!(
        circle
            .requests()
            .iter()
            .all(|request| request.contains("authorization: Bearer geheim"))
    );
}

#[tokio::test]
async fn the_clients_credential_is_sent_only_when_the_owner_says_so() {
    let upstream = answering("200 OK", JSON, "{}").await;
    let mut ctx = CallContext::default();
    ctx.headers
        .insert("authorization", "Bearer clients".parse().expect("a value"));
    let off = Setup::new(&upstream.url).with_token().engine();
    call_with(&off, "get_pet", json!({"id": 1}), ctx.clone()).await;
    let mut setup = Setup::new(&upstream.url).with_token();
    forwarding(&mut setup, ForwardAuth::Authorization);
    call_with(&setup.engine(), "by_key", json!({}), ctx).await;
    let requests = upstream.requests();
    assert!(requests[0].contains("Bearer geheim") && !requests[0].contains("clients"));
    assert!(
        requests[1].starts_with("GET /by-key?api_key=clients HTTP/1.1\r\n"),
        "{}",
        requests[1]
    );
    assert!(!requests[1].contains("authorization:"), "{}", requests[1]);
}

#[tokio::test]
async fn what_the_upstream_echoes_is_without_the_credential() {
    let upstream = Recording::start(|request| {
        reply(
            "401 Unauthorized",
            "Content-Type: text/plain\r\n",
            request.as_bytes(),
        )
    })
    .await;
    let engine = Setup::new(&upstream.url).with_token().engine();
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert!(
        result.as_text().contains("authorization: Bearer ***"),
        "{}",
        result.as_text()
    );
    assert!(!result.as_text().contains("geheim"));
}

#[tokio::test]
async fn nor_is_it_where_the_upstream_spells_it_otherwise() {
    const HTML: &str = "Content-Type: text/html\r\n";
    for (status, head, body) in [
        ("401 Unauthorized", HTML, "<p>No &#103;eh&#x65;im</p>"),
        ("401 Unauthorized", HTML, "<title>No &#103;eheim</title>"),
        ("200 OK", HTML, "<p>No &#103;eheim</p>"),
        ("401 Unauthorized", JSON, r#"{"message": "No \u0067eheim"}"#),
        (
            "401 Unauthorized",
            JSON,
            r#"{"message": "No", "more": ["\u0067eh\u0065im"]}"#,
        ),
        (
            "200 OK",
            JSON,
            r#"{"id": "No \u0067e\u200bheim", "\u0067eheim": 1}"#,
        ),
        ("200 OK", JSON, r#"{"id": "No \u0067eheim"#),
    ] {
        let upstream = Recording::start(move |_| reply(status, head, body.as_bytes())).await;
        let engine = Setup::new(&upstream.url).with_token().engine();
        let result = call(&engine, "get_pet", json!({"id": 1})).await;
        let structured = result.structured.as_ref().map(|it| it.json().to_owned());
        let shown = format!("{}{}", result.as_text(), structured.unwrap_or_default());
        assert!(shown.contains("No"), "{shown}");
        for spelled in ["geheim", r"\u0067", "&#103;"] {
            assert!(!shown.contains(spelled), "{shown}");
        }
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects what this thread logs, at trace level, while what it gives is there.
    pub(super) fn listen(&self) -> impl Sized + use<> {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone())
            .finish();
        // With a single dispatcher alive, tracing asks the thread that meets an event first whether anybody listens, and
        // remembers the answer; other tests' threads have no subscriber. With two it asks both.
        let second = tracing::Dispatch::new(tracing_subscriber::registry());
        (second, tracing::subscriber::set_default(subscriber))
    }

    /// Begins anew, after calls that have met every event: other tests run calls without a subscriber, and what they
    /// find out about it is remembered for all threads.
    pub(super) fn forget(&self) {
        tracing::callsite::rebuild_interest_cache();
        self.0.lock().expect("not poisoned").clear();
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_log_at_trace_level_holds_neither_credentials_nor_arguments() {
    let log = Log::default();
    let _guards = log.listen();
    let upstream = Recording::start(|request| {
        if request.contains("by-key") {
            Vec::from("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 9\r\n\r\nshort")
        } else {
            reply("200 OK", JSON, b"{}")
        }
    })
    .await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup
        .env
        .insert("API_KEY_KEY".to_owned(), "heimlich".to_owned());
    let engine = setup.engine();
    call(&engine, "get_pet", json!({"id": 1})).await;
    log.forget();
    let ctx = CallContext {
        request_id: "r-77".to_owned(),
        ..CallContext::default()
    };
    call_with(
        &engine,
        "get_pet",
        json!({"id": 4_711_815, "trace": "vertraulich"}),
        ctx,
    )
    .await;
    call(&engine, "by_key", json!({})).await;
    call(&engine, "get_pet", json!({"id": "verborgen"})).await;
    let text = log.text();
    assert!(
        text.contains("request_id=\"r-77\"") && text.contains("upstream_status=200"),
        "{text}"
    );
    assert_eq!(text.matches("mcp::call").count(), 3, "{text}");
    for secret in ["geheim", "heimlich", "vertraulich", "4711815", "verborgen"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn a_proxy_of_another_kind_stops_the_start_in_one_line() {
    let mut setup = Setup::new("http://127.0.0.1:9");
    setup.env.insert(
        "HTTPS_PROXY".to_owned(),
        "socks5://user:geheim@host".to_owned(),
    );
    let StartError(text) = setup.try_engine().expect_err("refused");
    assert_eq!(
        text,
        "`HTTPS_PROXY` is not the URL of an http or https proxy"
    );
}

#[tokio::test]
async fn only_headers_that_the_owner_names_go_on() {
    let api = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&api.url);
    setup.settings.forward_headers = vec![http::HeaderName::from_static("traceparent")];
    let mut ctx = CallContext::default();
    for (name, value) in [
        ("traceparent", "00-a-b-01"),
        ("x-tenant", "acme"),
        ("cookie", "a=b"),
    ] {
        ctx.headers
            .insert(name, http::HeaderValue::from_static(value));
    }
    let result = call_with(&setup.engine(), "ping", json!({}), ctx).await;
    assert_eq!(result.error, None);
    let request = api.request();
    assert!(request.contains("traceparent: 00-a-b-01\r\n"), "{request}");
    assert!(
        !request.contains("acme") && !request.contains("cookie"),
        "{request}"
    );
}

#[tokio::test]
async fn a_header_that_is_there_twice_does_not_go_on() {
    let api = answering("200 OK", JSON, "{}").await;
    let mut setup = Setup::new(&api.url);
    let [tenant, trace] = ["x-tenant", "traceparent"].map(http::HeaderName::from_static);
    setup.settings.forward_headers = vec![tenant.clone(), trace.clone()];
    let mut ctx = CallContext::default();
    for (name, value) in [(&tenant, "evil"), (&tenant, "acme"), (&trace, "00-a-b-01")] {
        (ctx.headers).append(name, http::HeaderValue::from_static(value));
    }
    let result = call_with(&setup.engine(), "ping", json!({}), ctx).await;
    assert_eq!(result.error, None);
    let request = api.request();
    assert!(request.contains("traceparent: 00-a-b-01\r\n"), "{request}");
    assert!(!request.contains("x-tenant"), "{request}");
}
