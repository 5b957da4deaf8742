//! Client credentials: tokens that the server gets for itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::super::super::tests::scratch::Scratch;
use super::*;

/// A token endpoint that gives `t1`, `t2`, … for so many seconds.
async fn issuer(expires_in: &'static str) -> Recording {
    let count = AtomicUsize::new(1);
    Recording::start(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body =
            format!(r#"{{"access_token": "token-{number}", "token_type": "Bearer"{expires_in}}}"#);
        reply("200 OK", JSON, body.as_bytes())
    })
    .await
}

fn client(api: &Recording, issuer: &Recording) -> Setup {
    let mut setup = Setup::new(&api.url);
    for (name, value) in [
        ("CLIENT_ID", "us:1"),
        ("CLIENT_SECRET", "ge heim"),
        ("TOKEN_URL", &format!("{}/token", issuer.url)),
    ] {
        setup
            .env
            .insert(format!("API_BEARER_AUTH_{name}"), value.to_owned());
    }
    setup
}

fn bearer(request: &str) -> &str {
    let line = request
        .lines()
        .find_map(|line| line.strip_prefix("authorization: "));
    line.unwrap_or_default()
}

async fn pet(tools: &Engine) -> ToolResult {
    call(tools, "get_pet", json!({"id": 1})).await
}

#[tokio::test]
async fn a_token_is_got_once_and_kept() {
    let (api, issuer) = (
        answering("200 OK", JSON, "{}").await,
        issuer(", \"expires_in\": 3600").await,
    );
    let tools = client(&api, &issuer).engine();
    assert!(
        tools
            .warnings()
            .iter()
            .all(|line| !line.contains("bearerAuth"))
    );
    let calls = (0..4).map(|_| pet(&tools));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    let asked = issuer.request();
    assert!(asked.starts_with("POST /token HTTP/1.1"), "{asked}");
    // RFC 6749 §2.3.1: `us%3A1:ge+heim`.
    assert_eq!(bearer(&asked), "Basic dXMlM0ExOmdlK2hlaW0=");
    assert!(asked.ends_with("grant_type=client_credentials"), "{asked}");
    assert!(
        api.requests()
            .iter()
            .all(|request| bearer(request) == "Bearer token-1")
    );
}

#[tokio::test]
async fn an_endpoint_that_fails_is_asked_once_for_all_who_wait_and_those_who_come_soon() {
    let api = answering("200 OK", JSON, "{}").await;
    for (status, body, told) in [
        ("503 Service Unavailable", "{}", "answered with status 503"),
        (
            "400 Bad Request",
            r#"{"error": "invalid_scope"}"#,
            "refuses a token: invalid_scope",
        ),
    ] {
        let issuer = answering(status, JSON, body).await;
        let tools = client(&api, &issuer).engine();
        let calls = (0..8).map(|_| pet(&tools));
        let mut results = futures_util::future::join_all(calls).await;
        results.push(pet(&tools).await);
        for result in results {
            assert_eq!(result.error, Some(ErrorType::Unauthorized));
            let text = result.as_text();
            let told = format!("127.0.0.1 {told}");
            assert!(text.contains(&told), "{text}");
            assert!(text.contains(" (tried again after 2 s)."), "{text}");
        }
        assert_eq!(issuer.requests().len(), 1);
    }
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_token_that_does_not_come_is_waited_for_no_longer_than_the_call() {
    let api = answering("200 OK", JSON, "{}").await;
    // Who connects waits for ever.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/token", silent.local_addr().expect("an address"));
    let mut setup = Setup::new(&api.url);
    for (name, value) in [
        ("CLIENT_ID", "us"),
        ("CLIENT_SECRET", "geheim"),
        ("TOKEN_URL", &url),
    ] {
        let name = format!("API_BEARER_AUTH_{name}");
        setup.env.insert(name, value.to_owned());
    }
    setup.settings.total_timeout = Duration::from_millis(100);
    let result = pet(&setup.engine()).await;
    assert_eq!(result.error, Some(ErrorType::Timeout));
    let text = result.as_text();
    assert!(text.contains("the 0.1 s for this call were over"), "{text}");
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_after_it_was_refused() {
    let (api, short) = (
        answering("200 OK", JSON, "{}").await,
        issuer(", \"expires_in\": 20").await,
    );
    let tools = client(&api, &short).engine();
    assert_eq!(
        (pet(&tools).await.error, pet(&tools).await.error),
        (None, None)
    );
    assert_eq!(
        short.requests().len(),
        2,
        "one that ends in 20 s is renewed at once"
    );
    let refusing = Recording::start(|request| match bearer(request) {
        "Bearer token-1" => reply("401 Unauthorized", JSON, b"{}"),
        _ => reply("200 OK", JSON, b"{}"),
    })
    .await;
    let issuer = issuer("").await;
    let tools = client(&refusing, &issuer).engine();
    let refused = pet(&tools).await;
    assert_eq!(refused.error, Some(ErrorType::Unauthorized));
    let text = refused.as_text();
    let told = "calling once more has another one made. If that is refused too: Look at what the issuer gives the client \
                `API_BEARER_AUTH_CLIENT_ID` tokens for: `API_BEARER_AUTH_SCOPES` and `API_BEARER_AUTH_AUDIENCE` say";
    assert!(text.contains(told), "{text}");
    assert_eq!(pet(&tools).await.error, None);
    assert_eq!(bearer(&refusing.requests()[1]), "Bearer token-2");
}

#[tokio::test]
async fn a_token_that_says_it_ends_at_once_is_used_all_the_same_and_an_empty_one_is_not() {
    let api = answering("200 OK", JSON, "{}").await;
    let endless = issuer(", \"expires_in\": 0").await;
    let tools = client(&api, &endless).engine();
    assert_eq!(
        (pet(&tools).await.error, pet(&tools).await.error),
        (None, None)
    );
    assert_eq!(endless.requests().len(), 1);
    let empty = answering("200 OK", JSON, r#"{"access_token": " "}"#).await;
    let tools = client(&api, &empty).engine();
    let text = pet(&tools).await.as_text();
    assert!(
        text.contains("gave a token for `bearerAuth` that is empty"),
        "{text}"
    );
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_wants_the_client_in_the_body_gets_it_there() {
    let api = answering("200 OK", JSON, "{}").await;
    let issuer = Recording::start(|request| {
        if request.ends_with("&client_id=us%3A1&client_secret=ge+heim") {
            reply("200 OK", JSON, br#"{"access_token": "t"}"#)
        } else {
            reply("401 Unauthorized", JSON, br#"{"error": "invalid_client"}"#)
        }
    })
    .await;
    let mut setup = client(&api, &issuer);
    setup
        .env
        .insert("API_BEARER_AUTH_SCOPES".to_owned(), "a b".to_owned());
    let tools = setup.engine();
    assert_eq!(pet(&tools).await.error, None);
    let asked = issuer.requests();
    assert!(
        asked[1].contains("grant_type=client_credentials&scope=a+b"),
        "{}",
        asked[1]
    );
    assert_eq!(bearer(&asked[1]), "");
}

#[tokio::test]
async fn without_a_token_no_request_is_sent_and_nothing_secret_is_told() {
    let api = answering("200 OK", JSON, "{}").await;
    let body = r#"{"error": "invalid_scope", "error_description": "ge heim is wrong"}"#;
    let issuer = answering("400 Bad Request", JSON, body).await;
    let tools = client(&api, &issuer).engine();
    let result = pet(&tools).await;
    assert_eq!(result.error, Some(ErrorType::Unauthorized));
    let text = result.as_text();
    assert!(
        text.contains("127.0.0.1 refuses a token: invalid_scope"),
        "{text}"
    );
    assert!(!text.contains("heim"), "{text}");
    assert_eq!(api.requests().len(), 0);
}

/// An issuer that gives the tokens `a1`, `a2`, … and, for each refresh token, the next one: `r1`, `r2`, ….
async fn rotating() -> Recording {
    let count = AtomicUsize::new(1);
    Recording::start(move |request| {
        let number = count.load(Ordering::Relaxed);
        let wanted = format!("grant_type=refresh_token&refresh_token=r{number}&client_id=desk");
        if !request.ends_with(&wanted) {
            return reply("400 Bad Request", JSON, br#"{"error": "invalid_grant"}"#);
        }
        count.store(number + 1, Ordering::Relaxed);
        let body = format!(
            r#"{{"access_token": "token-{number}", "refresh_token": "r{}", "expires_in": 20}}"#,
            number + 1
        );
        reply("200 OK", JSON, body.as_bytes())
    })
    .await
}

fn user(api: &Recording, issuer: &Recording, refresh: (&str, &str)) -> Setup {
    let mut setup = Setup::new(&api.url);
    for (name, value) in [
        ("CLIENT_ID", "desk"),
        refresh,
        ("TOKEN_URL", &format!("{}/token", issuer.url)),
    ] {
        setup
            .env
            .insert(format!("API_BEARER_AUTH_{name}"), value.to_owned());
    }
    setup
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_kept_in_its_file() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, rotating().await);
    let file = Scratch::holding("r1\n");
    let engine = || user(&api, &issuer, ("REFRESH_TOKEN_FILE", &file.path())).engine();
    let tools = engine();
    for _ in 0..2 {
        let result = pet(&tools).await;
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    let sent: Vec<_> = api.requests();
    let sent: Vec<_> = sent.iter().map(|request| bearer(request)).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-2"]);
    let kept = std::fs::read_to_string(file.path()).expect("read");
    assert_eq!(kept, "r3");
    assert_eq!(pet(&engine()).await.error, None, "after a restart");
    // The owner gives another one.
    file.write("used up");
    let told = pet(&engine()).await.as_text();
    assert!(told.contains("refuses a token: invalid_grant"), "{told}");
    assert!(!told.contains("used up"), "{told}");
}

#[tokio::test]
async fn a_refresh_token_of_a_variable_is_replaced_in_memory() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, rotating().await);
    let tools = user(&api, &issuer, ("REFRESH_TOKEN", "r1")).engine();
    for _ in 0..3 {
        let result = pet(&tools).await;
        assert_eq!(result.error, None, "{}", result.as_text());
    }
}

#[test]
fn a_client_without_its_other_half_or_an_address_is_a_mistake() {
    let refused = |variables: &[(&str, &str)]| {
        let mut setup = Setup::new("http://127.0.0.1:9");
        for (name, value) in variables {
            setup
                .env
                .insert(format!("API_BEARER_AUTH_{name}"), (*value).to_owned());
        }
        setup.try_engine().expect_err("a mistake").0
    };
    let id = ("CLIENT_ID", "a");
    let secret = ("CLIENT_SECRET", "b");
    assert!(refused(&[id]).contains("`API_BEARER_AUTH_CLIENT_SECRET` is not set"));
    assert!(refused(&[id, secret]).contains("`API_BEARER_AUTH_TOKEN_URL` is not set"));
    let plain = ("TOKEN_URL", "http://login.example/token");
    assert!(refused(&[id, secret, plain]).contains("is no https URL"));
    let twice = [
        id,
        secret,
        ("TOKEN", "c"),
        ("TOKEN_URL", "https://a.example/t"),
    ];
    assert!(refused(&twice).contains("are both set"));
    let alone = [("REFRESH_TOKEN", "r")];
    assert!(refused(&alone).contains("`API_BEARER_AUTH_CLIENT_ID` is not set"));
}
