//! Secrets that commands print.
#![cfg(unix)]

use serde_json::json;

use super::super::super::engine::{ErrorType, StartError};
use super::super::super::tests::scratch::Scratch;
use super::*;

const TOKEN: &str = "API_BEARER_AUTH_TOKEN_COMMAND";

/// A command that prints `token-1`, `token-2`, … and what it counts in.
fn counting() -> (Scratch, String) {
    let count = Scratch::holding("");
    let path = count.path();
    let line = format!("sh -c 'echo >>{path}; echo token-$(wc -l <{path}); echo ge''heim >&2'");
    (count, line)
}

fn runs(count: &Scratch) -> usize {
    std::fs::read(count.path()).expect("readable").len()
}

fn setup(api: &Recording, variables: &[(&str, &str)]) -> Setup {
    let mut setup = Setup::new(&api.url);
    for (name, value) in variables {
        setup.env.insert((*name).to_owned(), (*value).to_owned());
    }
    setup
}

async fn pets(tools: &Engine, many: usize) -> Vec<Option<ErrorType>> {
    let calls = (0..many).map(|_| call(tools, "get_pet", json!({"id": 1})));
    let results = futures_util::future::join_all(calls).await;
    results.iter().map(|result| result.error).collect()
}

/// An API that takes this token and those after it.
async fn wanting(token: usize) -> Recording {
    Recording::start(move |request| {
        let sent = request.split("Bearer token-").nth(1);
        let sent = sent.and_then(|text| text.lines().next()?.parse().ok());
        match sent {
            Some(sent) if token <= sent => reply("200 OK", JSON, b"{}"),
            _ => reply("401 Unauthorized", JSON, b"{}"),
        }
    })
    .await
}

#[tokio::test]
async fn a_command_runs_at_the_start_and_once_more_when_its_secret_is_refused() {
    let (count, line) = counting();
    let api = wanting(2).await;
    let tools = setup(&api, &[(TOKEN, &line)]).engine();
    assert_eq!(runs(&count), 1);
    let refused = Some(ErrorType::Unauthorized);
    let told = call(&tools, "get_pet", json!({"id": 1}));
    let (errors, told) = futures_util::future::join(pets(&tools, 2), told).await;
    assert_eq!(errors, [refused; 2]);
    let text = told.as_text();
    let told = "To replace it: See to what `API_BEARER_AUTH_TOKEN_COMMAND` prints, which is run again before the next call.";
    assert!(text.contains(told), "{text}");
    assert_eq!(runs(&count), 1, "before the next call");
    assert_eq!(pets(&tools, 100).await, [None; 100]);
    assert_eq!(runs(&count), 2, "once for all");
}

#[tokio::test]
async fn a_command_that_prints_what_was_refused_is_left_alone_for_a_while() {
    let count = Scratch::holding("");
    let line = format!("sh -c 'echo >>{}; echo geheim'", count.path());
    let api = answering("401 Unauthorized", JSON, "{}").await;
    let tools = setup(&api, &[(TOKEN, &line)]).engine();
    for _ in 0..5 {
        pets(&tools, 1).await;
    }
    assert_eq!(runs(&count), 2);
}

#[tokio::test]
async fn a_command_that_fails_later_leaves_the_secret_that_there_is() {
    let gate = Scratch::holding("geheim");
    let line = format!("cat {}", gate.path());
    let api = Recording::start(|request| {
        if request.contains("verbose") {
            reply("401 Unauthorized", JSON, b"{}")
        } else {
            reply("200 OK", JSON, b"{}")
        }
    })
    .await;
    let tools = setup(&api, &[(TOKEN, &line)]).engine();
    let refused = call(&tools, "get_pet", json!({"id": 1, "verbose": true})).await;
    assert_eq!(refused.error, Some(ErrorType::Unauthorized));
    std::fs::remove_file(gate.path()).expect("removable");
    assert_eq!(pets(&tools, 2).await, [None; 2]);
    gate.write("geheim");
}

#[tokio::test]
async fn what_a_command_printed_is_good_for_as_long_as_the_owner_says() {
    let (count, line) = counting();
    let api = answering("200 OK", JSON, "{}").await;
    let ttl = format!("{TOKEN}_TTL");
    let tools = setup(&api, &[(TOKEN, &line), (&ttl, "0.001ms")]).engine();
    pets(&tools, 1).await;
    assert_eq!(runs(&count), 2);
    assert!(api.request().contains("Bearer token-2"));
    let tools = setup(&api, &[(TOKEN, &line), (&ttl, "1h")]).engine();
    pets(&tools, 1).await;
    assert_eq!(runs(&count), 3);
    let StartError(told) = setup(&api, &[(TOKEN, &line), (&ttl, "soon")])
        .try_engine()
        .expect_err("a mistake");
    assert!(told.contains(&ttl) && told.contains("`soon`"), "{told}");
}

#[tokio::test]
async fn a_client_secret_may_come_from_a_command_too() {
    let (count, line) = counting();
    let api = answering("200 OK", JSON, "{}").await;
    let issuer = Recording::start(|request| {
        if request.ends_with("client_secret=token-2") {
            reply("200 OK", JSON, br#"{"access_token": "t"}"#)
        } else {
            reply("401 Unauthorized", JSON, br#"{"error": "invalid_client"}"#)
        }
    })
    .await;
    let url = format!("{}/token", issuer.url);
    let variables = [
        ("API_BEARER_AUTH_CLIENT_ID", "us"),
        ("API_BEARER_AUTH_CLIENT_SECRET_COMMAND", &line),
        ("API_BEARER_AUTH_TOKEN_URL", &url),
    ];
    let tools = setup(&api, &variables).engine();
    assert_eq!(pets(&tools, 1).await, [Some(ErrorType::Unauthorized)]);
    // The issuer is left alone for a moment.
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while pets(&tools, 1).await != [None] {
        assert!(std::time::Instant::now() < end, "the command runs again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(runs(&count), 2);
}

#[test]
fn a_command_that_prints_no_secret_stops_the_start_in_one_line() {
    let told = |variables: &[(&str, &str)]| {
        let mut setup = Setup::new("http://127.0.0.1:9");
        for (name, value) in variables {
            setup.env.insert((*name).to_owned(), (*value).to_owned());
        }
        let StartError(told) = setup.try_engine().expect_err("a mistake");
        assert!(!told.contains("geheim") && !told.contains('\n'), "{told}");
        told
    };
    let failing = told(&[(TOKEN, "sh -c 'echo geheim >&2; exit 2'")]);
    assert_eq!(
        failing,
        "`API_BEARER_AUTH_TOKEN_COMMAND` ended with status 2; run the command by hand to see why"
    );
    // What was put there is the secret itself.
    let mistaken = told(&[(TOKEN, "geheim")]);
    assert!(
        mistaken.ends_with("cannot be run: there is no such file"),
        "{mistaken}"
    );
    let lines = told(&[(TOKEN, r"printf 'geh\neim'")]);
    assert!(lines.contains("line break"), "{lines}");
    let piped = told(&[(TOKEN, "echo geheim | base64")]);
    assert!(piped.contains("sh -c '…'"), "{piped}");
    for other in ["API_BEARER_AUTH_TOKEN", "API_BEARER_AUTH_TOKEN_FILE"] {
        let twice = told(&[(TOKEN, "echo geheim"), (other, "x")]);
        assert_eq!(
            twice,
            format!("`{other}` and `{TOKEN}` are both set: keep one of them")
        );
    }
}
