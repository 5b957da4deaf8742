//! Token exchange: a caller's verified token becomes one for the API, and goes nowhere else.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::super::super::identity::{Identity, Means};
use super::*;

const PLAIN: &str = "Content-Type: text/plain\r\n";

/// A token endpoint that gives `token-1`, `token-2`, … with this beside it.
async fn issuer(beside: &'static str) -> Recording {
    let count = AtomicUsize::new(1);
    Recording::start(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body = format!(r#"{{"access_token": "token-{number}"{beside}}}"#);
        reply("200 OK", JSON, body.as_bytes())
    })
    .await
}

fn exchanging(api: &Recording, issuer: &Recording, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup::new(&api.url);
    let url = format!("{}/token", issuer.url);
    let variables = [
        ("EXCHANGE_URL", url.as_str()),
        ("CLIENT_ID", "us"),
        ("CLIENT_SECRET", "ge-heim"),
    ];
    for (name, value) in variables.iter().chain(more) {
        let name = format!("API_BEARER_AUTH_{name}");
        setup.env.insert(name, (*value).to_owned());
    }
    setup
}

fn by(name: &str, token: Option<&str>) -> CallContext {
    let identity = Identity::new(name.to_owned(), Means::Jwt, Vec::new(), None, Map::new());
    CallContext {
        identity: Some(match token {
            Some(token) => identity.with_token(token),
            None => identity,
        }),
        ..CallContext::default()
    }
}

async fn pet(tools: &Engine, ctx: CallContext) -> ToolResult {
    call_with(tools, "get_pet", json!({"id": 1}), ctx).await
}

fn bearer(request: &str) -> &str {
    let line = (request.lines()).find_map(|line| line.strip_prefix("authorization: "));
    line.unwrap_or_default()
}

#[tokio::test]
async fn a_callers_token_is_exchanged_once_for_one_of_the_api() {
    let api = answering("200 OK", JSON, "{}").await;
    let issuer = issuer(r#", "token_type": "bearer", "expires_in": 3600"#).await;
    let more = [
        ("AUDIENCE", "the api"),
        ("RESOURCE", "https://api.example"),
        ("SCOPES", "a b"),
        ("SUBJECT_TOKEN_TYPE", "jwt"),
    ];
    let tools = exchanging(&api, &issuer, &more).engine();
    let calls = (0..100).map(|_| pet(&tools, by("ann", Some("anns+token"))));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    let asked = issuer.request();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    // `us:ge-heim`
    assert_eq!(bearer(&asked), "Basic dXM6Z2UtaGVpbQ==");
    let form = asked.split("\r\n\r\n").nth(1).expect("a body");
    assert_eq!(
        form,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
         &subject_token=anns%2Btoken\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt\
         &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
         &scope=a+b&audience=the+api&resource=https%3A%2F%2Fapi.example"
    );
    let sent = api.requests();
    assert!(
        sent.iter()
            .all(|request| bearer(request) == "Bearer token-1")
    );
    assert!(sent.iter().all(|request| !request.contains("anns")));
}

#[tokio::test]
async fn each_caller_has_a_token_of_its_own_and_who_proved_none_has_none() {
    let api = answering("200 OK", "Cache-Control: max-age=60\r\n", "{}").await;
    let issuer = issuer(", \"expires_in\": \"3600\"").await;
    let tools = exchanging(&api, &issuer, &[]).engine();
    for (token, sent) in [
        ("anns", "token-1"),
        ("bobs", "token-2"),
        ("anns", "token-1"),
    ] {
        // The same name: what counts is the token.
        let result = pet(&tools, by("ann", Some(token))).await;
        assert_eq!(result.error, None, "{}", result.as_text());
        let last = api.requests().pop().expect("a request");
        assert_eq!(bearer(&last), format!("Bearer {sent}"));
    }
    for ctx in [CallContext::default(), by("key", None)] {
        let result = pet(&tools, ctx).await;
        assert_eq!(result.error, Some(ErrorType::Unauthorized));
        let told = result.as_text();
        assert!(told.contains("a token that this server verifies"), "{told}");
    }
    assert_eq!((issuer.requests().len(), api.requests().len()), (2, 3));
    assert!(
        tools
            .warnings()
            .iter()
            .all(|line| !line.contains("bearerAuth"))
    );
}

#[cfg(feature = "cache")]
#[tokio::test]
async fn what_was_asked_for_with_it_is_not_kept() {
    let headers = "Content-Type: application/json\r\nCache-Control: max-age=60\r\n";
    let (api, issuer) = (answering("200 OK", headers, "{}").await, issuer("").await);
    let mut setup = exchanging(&api, &issuer, &[]);
    setup.settings.policies.cache = super::super::super::cache::Caching::Http;
    let tools = setup.engine();
    for token in ["wide", "narrow", "narrow"] {
        assert_eq!(pet(&tools, by("ann", Some(token))).await.error, None);
    }
    assert_eq!(api.requests().len(), 3);
}

#[tokio::test]
async fn an_exchanged_token_is_forgotten_when_the_api_refuses_it() {
    let api = Recording::start(|request| match bearer(request) {
        "Bearer token-1" => reply("401 Unauthorized", PLAIN, request.as_bytes()),
        _ => reply("200 OK", JSON, b"{}"),
    })
    .await;
    let issuer = issuer(", \"expires_in\": 3600").await;
    let tools = exchanging(&api, &issuer, &[]).engine();
    let refused = pet(&tools, by("ann", Some("anns"))).await;
    assert_eq!(refused.error, Some(ErrorType::Unauthorized));
    let told = refused.as_text();
    assert!(
        told.contains("calling once more") && !told.contains("token-1"),
        "{told}"
    );
    let calls = (0..100).map(|_| pet(&tools, by("ann", Some("anns"))));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    assert_eq!(issuer.requests().len(), 2);
}

#[tokio::test]
async fn whatever_the_endpoint_answers_no_secret_is_told_and_nothing_is_sent() {
    let api = answering("200 OK", JSON, "{}").await;
    let thief = answering("200 OK", JSON, r#"{"access_token": "t"}"#).await;
    let elsewhere = format!("Location: {}/steal\r\n", thief.url);
    let elsewhere: &'static str = Box::leak(elsewhere.into_boxed_str());
    let large: &'static str = Box::leak("[".repeat(10 << 20).into_boxed_str());
    for (status, headers, body, told) in [
        ("307 Temporary Redirect", elsewhere, "", "cannot be reached"),
        (
            "200 OK",
            "Content-Type: text/html\r\n",
            "<p>anns",
            "gave no token",
        ),
        ("200 OK", JSON, large, "gave no token"),
        ("200 OK", JSON, r#"{"token": "anns"}"#, "gave no token"),
        (
            "200 OK",
            JSON,
            r#"{"access_token": "an\nns"}"#,
            "control character",
        ),
        (
            "200 OK",
            JSON,
            r#"{"access_token": "x", "token_type": "DPoP"}"#,
            "no bearer token",
        ),
        (
            "400 Bad Request",
            JSON,
            r#"{"error": "anns anns"}"#,
            "refuses a token (",
        ),
        (
            "400 Bad Request",
            JSON,
            r#"{"error": "invalid_target"}"#,
            "invalid_target",
        ),
        (
            "500 Oops",
            PLAIN,
            "anns ge-heim",
            "answered with status 500",
        ),
    ] {
        let issuer = Recording::start(move |_| reply(status, headers, body.as_bytes())).await;
        let tools = exchanging(&api, &issuer, &[]).engine();
        let result = pet(&tools, by("ann", Some("anns"))).await;
        assert_eq!(result.error, Some(ErrorType::Unauthorized));
        let text = result.as_text();
        assert!(text.contains(told), "{text}");
        assert!(!text.contains("anns") && !text.contains("heim"), "{text}");
    }
    assert!(api.requests().is_empty() && thief.requests().is_empty());
}

#[tokio::test]
async fn neither_token_is_in_the_log_at_trace_level_or_in_debug_output() {
    let log = super::secrets::Log::default();
    let _guards = log.listen();
    let (api, issuer) = (
        answering("500 Oops", JSON, "{}").await,
        issuer(", \"expires_in\": 3600").await,
    );
    let tools = exchanging(&api, &issuer, &[]).engine();
    pet(&tools, by("ann", Some("anns"))).await;
    log.forget();
    let ctx = by("ann", Some("anns"));
    let shown = format!("{ctx:?} {:?}", ctx.identity);
    pet(&tools, ctx).await;
    pet(&tools, by("bob", Some("bobs"))).await;
    let text = log.text() + &shown;
    assert!(text.contains("mcp::call"), "{text}");
    for secret in ["anns", "bobs", "token-", "ge-heim"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn an_exchange_beside_another_way_is_a_mistake() {
    let mistake = |variables: &[(&str, &str)], forward: bool| {
        let mut setup = Setup::new("http://127.0.0.1:9");
        for (name, value) in variables {
            let name = format!("API_BEARER_AUTH_{name}");
            setup.env.insert(name, (*value).to_owned());
        }
        if forward {
            forwarding(&mut setup, ForwardAuth::Authorization);
        }
        setup.try_engine().expect_err("a mistake").0
    };
    let url = ("EXCHANGE_URL", "https://login.example/token");
    for other in ["TOKEN", "TOKEN_COMMAND", "REFRESH_TOKEN", "TOKEN_URL"] {
        assert!(mistake(&[url, (other, "x")], false).contains("are both set"));
    }
    assert!(mistake(&[url], true).contains("auth forwarding"));
    assert!(mistake(&[url, ("CLIENT_SECRET", "x")], false).contains("_CLIENT_ID` is not set"));
    assert!(mistake(&[url, ("SUBJECT_TOKEN_TYPE", "x")], false).contains("got `x`"));
    let plain = ("EXCHANGE_URL", "http://login.example/token");
    assert!(mistake(&[plain], false).contains("`API_BEARER_AUTH_EXCHANGE_URL` is no https URL"));
}

#[cfg(feature = "http")]
#[tokio::test]
async fn what_a_caller_was_let_in_with_over_http_is_what_is_exchanged() {
    use clap::Parser as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::super::http::{Shutdown, bind};
    use super::super::super::server::Server;
    use super::super::super::settings::Options;
    use super::super::super::tests::scratch::Scratch;

    let about = answering(
        "200 OK",
        JSON,
        r#"{"active": true, "sub": "ann", "aud": "us"}"#,
    )
    .await;
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer("").await);
    let secret = Scratch::holding("s");
    let options = Options::parse_from([
        "pets",
        "--listen=127.0.0.1:0",
        &format!("--introspection-url={}/about", about.url),
        "--introspection-client=us",
        &format!("--introspection-secret-file={}", secret.path()),
        "--jwt-audience=us",
    ]);
    let server = Server::new(exchanging(&api, &issuer, &[]).engine());
    let bound = bind(server, Arc::default(), &options, Shutdown::default());
    let bound = bound.await.expect("a port");
    let address = bound.address().expect("an address");
    tokio::spawn(bound.serve());
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_pet", "arguments": {"id": 1}}});
    let call = call.to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nAuthorization: Bearer anns\r\nContent-Length: {}\r\n\r\n{call}",
        call.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        issuer.request().contains("&subject_token=anns&"),
        "{}",
        issuer.request()
    );
    assert_eq!(bearer(&api.request()), "Bearer token-1", "{answer}");
}
