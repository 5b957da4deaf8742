//! Answers that are kept, and requests that are shared.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::super::super::cache::Caching;
use super::super::super::custom::{ApiRequest, Custom, CustomTool};
use super::super::super::engine::ErrorType;
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::super::super::tests::scratch::Scratch;
use super::*;

fn engine(base: &str, cache: Caching, tables: &str) -> Engine {
    let mut setup = Setup::new(base).with_token();
    setup
        .env
        .insert("API_KEY_KEY".to_owned(), "k3y-of-ours".to_owned());
    setup.settings.policies = policies(cache, tables);
    setup.engine()
}

fn policies(cache: Caching, tables: &str) -> PolicySettings {
    PolicySettings {
        cache,
        tables: Tables::parse(tables).unwrap_or_else(|(_, why)| panic!("{why}")),
        ..PolicySettings::default()
    }
}

fn by(name: &str) -> CallContext {
    CallContext {
        identity: Some(Identity::new(
            name.to_owned(),
            Means::Jwt,
            Vec::new(),
            None,
            Map::new(),
        )),
        ..CallContext::default()
    }
}

fn how(result: &ToolResult) -> &str {
    result
        .meta
        .get("mcpgen/cache")
        .map_or("asked", |about| about["status"].as_str().expect("a text"))
}

/// How each of so many calls came by its answer.
async fn calls(engine: &Engine, count: usize, tool: &str, arguments: Value) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        let result = call(engine, tool, arguments.clone()).await;
        assert_eq!(result.error, None, "{}", result.as_text());
        all.push(how(&result).to_owned());
    }
    all
}

const FOR_A_MINUTE: &str = "Content-Type: application/json\r\nCache-Control: Max-Age=60\r\n";

#[tokio::test]
async fn an_answer_is_kept_for_as_long_as_it_says_and_is_marked() {
    let upstream = answering("200 OK", FOR_A_MINUTE, r#"{"id": 1}"#).await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let first = call(&engine, "get_pet", json!({"id": 1, "verbose": true})).await;
    let second = call(&engine, "get_pet", json!({"verbose": true, "id": 1})).await;
    assert_eq!((how(&first), how(&second)), ("asked", "hit"));
    assert_eq!(second.meta["mcpgen/cache"]["ageSeconds"], 0);
    assert_eq!(
        (first.content, first.structured),
        (second.content, second.structured)
    );
    assert_eq!(upstream.requests().len(), 1);
    let other = calls(&engine, 1, "get_pet", json!({"id": 2, "verbose": true})).await;
    assert_eq!(other, ["asked"]);
}

#[tokio::test]
async fn nothing_is_kept_that_says_so_or_says_nothing_or_unless_it_is_asked_for() {
    for headers in [
        "",
        "Cache-Control: NO-STORE, max-age=60\r\n",
        "Cache-Control: max-age=60, No-Cache\r\n",
        "Cache-Control: max-age=60\r\nVary: *\r\n",
        "Cache-Control: max-age=60\r\nVary: Accept, *\r\n",
        "Cache-Control: max-age=60\r\nVary: Accept\r\nVary: *\r\n",
        "Cache-Control: immutable\r\n",
        "Cache-Control: max-age=60\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\n",
        "Cache-Control: max-age=0\r\n",
        // Its age counts.
        "Cache-Control: max-age=60\r\nAge: 61\r\n",
    ] {
        let upstream = answering("200 OK", headers, "pong").await;
        let engine = engine(&upstream.url, Caching::Http, "");
        assert_eq!(
            calls(&engine, 2, "ping", json!({})).await,
            ["asked", "asked"],
            "{headers}"
        );
    }
    let upstream = answering("200 OK", FOR_A_MINUTE, "pong").await;
    let off = engine(&upstream.url, Caching::Off, "");
    assert_eq!(calls(&off, 2, "ping", json!({})).await, ["asked", "asked"]);
    let tables = "[tools.\"GET /ping\"]\ncache = \"off\"\n";
    let off = engine(&upstream.url, Caching::Http, tables);
    assert_eq!(calls(&off, 2, "ping", json!({})).await, ["asked", "asked"]);
}

#[tokio::test]
async fn errors_and_parts_are_not_kept() {
    let upstream = answering("404 Not Found", FOR_A_MINUTE, "{}").await;
    let engine_404 = engine(&upstream.url, Caching::Http, "");
    for _ in 0..2 {
        let result = call(&engine_404, "ping", json!({})).await;
        assert_eq!(how(&result), "asked");
    }
    assert_eq!(upstream.requests().len(), 2);
    let upstream = Recording::start(|_| reply("200 OK", FOR_A_MINUTE, &vec![b'x'; 70_000])).await;
    let engine = engine(&upstream.url, Caching::For(Duration::from_secs(60)), "");
    assert_eq!(
        calls(&engine, 2, "ping", json!({})).await,
        ["asked", "asked"]
    );
}

#[tokio::test]
async fn the_owner_may_say_for_how_long() {
    let upstream = answering("200 OK", "Cache-Control: no-store\r\n", "pong").await;
    let tables = "[tools.\"GET /ping\"]\ncache = \"1s\"\n";
    let engine = engine(&upstream.url, Caching::Off, tables);
    assert_eq!(calls(&engine, 2, "ping", json!({})).await, ["asked", "hit"]);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert_eq!(calls(&engine, 2, "ping", json!({})).await, ["asked", "hit"]);
    assert_eq!(upstream.requests().len(), 2);
    assert_eq!(
        calls(&engine, 2, "pages", json!({})).await,
        ["asked", "asked"]
    );
}

#[tokio::test]
async fn what_is_over_is_asked_for_with_a_condition() {
    let upstream = Recording::start(|request| {
        if request.contains("if-none-match: \"v1\"\r\n") {
            b"HTTP/1.1 304 Not Modified\r\nX-New: 1\r\nCache-Control: max-age=60\r\n\r\n".to_vec()
        } else {
            let headers =
                "Content-Type: application/json\r\nETag: \"v1\"\r\nCache-Control: max-age=0\r\n";
            reply("200 OK", headers, br#"{"id": 1}"#)
        }
    })
    .await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let mut seen = Vec::new();
    for _ in 0..3 {
        let result = call(&engine, "get_pet", json!({"id": 1})).await;
        assert_eq!(
            result
                .structured
                .as_ref()
                .map(|it| it.to_value()["id"].clone()),
            Some(json!(1))
        );
        seen.push(how(&result).to_owned());
    }
    // The answer to the condition says that it may be kept now.
    assert_eq!(seen, ["asked", "revalidated", "hit"]);
    assert_eq!(upstream.requests().len(), 2);
    assert!(!upstream.requests()[0].contains("if-none-match"));
}

#[tokio::test]
async fn each_identity_has_its_own_answers_unless_all_are_the_same() {
    let upstream = answering("200 OK", FOR_A_MINUTE, "pong").await;
    let engine_private = engine(&upstream.url, Caching::Http, "");
    for (name, expected) in [("ann", "asked"), ("bob", "asked"), ("ann", "hit")] {
        let result = call_with(&engine_private, "ping", json!({}), by(name)).await;
        assert_eq!(how(&result), expected, "{name}");
    }
    let anonymous = call(&engine_private, "ping", json!({})).await;
    assert_eq!(how(&anonymous), "asked");
    let tables = "[tools.\"GET /ping\"]\ncache-shared = true\n";
    let engine_shared = engine(&upstream.url, Caching::Http, tables);
    for (name, expected) in [("ann", "asked"), ("bob", "hit")] {
        let result = call_with(&engine_shared, "ping", json!({}), by(name)).await;
        assert_eq!(how(&result), expected, "{name}");
    }
    // What is for one caller is not for all, whatever the owner thinks of the tool.
    let private = "Cache-Control: Private, max-age=60\r\n";
    let upstream = answering("200 OK", private, "pong").await;
    let engine = engine(&upstream.url, Caching::Http, tables);
    for name in ["ann", "bob"] {
        let result = call_with(&engine, "ping", json!({}), by(name)).await;
        assert_eq!(how(&result), "asked", "{name}");
    }
}

#[tokio::test]
async fn what_a_client_has_its_own_credential_for_is_never_kept() {
    let upstream = answering("200 OK", FOR_A_MINUTE, r#"{"id": 1}"#).await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.settings.policies = policies(Caching::For(Duration::from_secs(60)), "");
    forwarding(&mut setup, ForwardAuth::Authorization);
    let engine = setup.engine();
    for _ in 0..2 {
        let mut ctx = by("ann");
        let value = "Bearer anns-own".parse().expect("a value");
        ctx.headers.insert("authorization", value);
        let result = call_with(&engine, "get_pet", json!({"id": 1}), ctx).await;
        assert_eq!(how(&result), "asked");
    }
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_write_ends_what_was_read_of_its_path() {
    let upstream = answering("200 OK", FOR_A_MINUTE, r#"{"id": 1}"#).await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let read = || calls(&engine, 1, "get_pet", json!({"id": 1}));
    assert_eq!(
        (read().await, read().await),
        (vec!["asked".into()], vec!["hit".into()])
    );
    call(&engine, "touch", json!({})).await;
    assert_eq!(read().await, ["hit"], "`/touch` is another path");
    call(&engine, "add_pet", json!({"name": "Rex"})).await;
    assert_eq!(read().await, ["asked"], "`/pets` has it in it");
}

struct Writer;

impl Custom for Writer {
    fn tools(&self) -> Vec<CustomTool> {
        vec![CustomTool::new("rename", |_, api| async move {
            let request = ApiRequest::new("PATCH", "/pets").segment(1);
            match api.send(request).await {
                Ok(_) => ToolResult::text("renamed"),
                Err(refusal) => refusal.into(),
            }
        })]
    }
}

#[tokio::test]
async fn a_write_of_the_owners_code_counts_too() {
    let upstream = answering("200 OK", FOR_A_MINUTE, r#"{"id": 1}"#).await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.settings.policies = policies(Caching::Http, "");
    setup.custom = Arc::new(Writer);
    let engine = setup.engine();
    assert_eq!(
        calls(&engine, 2, "get_pet", json!({"id": 1})).await,
        ["asked", "hit"]
    );
    call(&engine, "rename", json!({})).await;
    assert_eq!(
        calls(&engine, 1, "get_pet", json!({"id": 1})).await,
        ["asked"]
    );
}

/// Holds answers to reads back until it is opened.
#[derive(Clone, Default)]
struct Gate {
    is_open: Arc<(Mutex<bool>, Condvar)>,
    /// Told of each request that has come to it.
    reached: Arc<Notify>,
}

impl Gate {
    fn open(&self) {
        *self.is_open.0.lock().expect("not poisoned") = true;
        self.is_open.1.notify_all();
    }

    async fn before(&self, headers: &'static str, body: &'static str) -> Recording {
        self.before_answer(reply("200 OK", headers, body.as_bytes()))
            .await
    }

    async fn before_answer(&self, answer: Vec<u8>) -> Recording {
        let gate = self.clone();
        Recording::start(move |request| {
            if request.starts_with("GET") {
                gate.reached.notify_one();
                // What else this thread had to do, another one does.
                tokio::task::block_in_place(|| {
                    let is_open = gate.is_open.0.lock().expect("not poisoned");
                    // A test that fails does not hang.
                    let longest = Duration::from_secs(10);
                    drop((gate.is_open.1).wait_timeout_while(is_open, longest, |it| !*it));
                });
            }
            answer.clone()
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn identical_calls_at_the_same_time_share_one_request() {
    let gate = Gate::default();
    let upstream = gate.before(FOR_A_MINUTE, "1").await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let all = futures_util::future::join_all((0..5).map(|_| call(&engine, "ping", json!({}))));
    let (all, ()) = tokio::join!(all, async { gate.open() });
    let mut seen: Vec<&str> = all.iter().map(how).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["asked", "shared", "shared", "shared", "shared"]);
    assert!(all.iter().all(|result| result.as_text() == "1"));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_shares_a_request_makes_it_anew_when_its_call_goes_away() {
    let gate = Gate::default();
    let upstream = gate.before(FOR_A_MINUTE, "1").await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let cancelled = CancellationToken::new();
    let ctx = CallContext {
        cancelled: cancelled.clone(),
        ..CallContext::default()
    };
    let first = async {
        let first = call_with(&engine, "ping", json!({}), ctx).await;
        gate.open();
        first
    };
    let second = call(&engine, "ping", json!({}));
    let third = call(&engine, "ping", json!({}));
    let cancel = async {
        gate.reached.notified().await;
        cancelled.cancel();
    };
    let (first, second, third, ()) = tokio::join!(first, second, third, cancel);
    assert_eq!(first.error, Some(ErrorType::Cancelled));
    // Whether the other still waits for that, or comes when it is kept, nobody knows.
    let asked = [how(&second), how(&third)].map(|how| how == "asked");
    assert!(asked[0] != asked[1], "{asked:?}");
    assert_eq!([second.as_text(), third.as_text()], ["1", "1"]);
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_calls_come_and_go_who_stays_has_the_answer() {
    let answer = reply("200 OK", "Cache-Control: max-age=0\r\n", b"1");
    let upstream = Recording::start(move |_| {
        tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(2)));
        answer.clone()
    })
    .await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let calls = (0..400_u64).map(|number| {
        let engine = &engine;
        async move {
            tokio::time::sleep(Duration::from_millis(number % 23)).await;
            let made = call(engine, "ping", json!({}));
            if number.is_multiple_of(3) {
                // Its client goes away.
                let soon = Duration::from_micros(number * 17 % 4_000);
                return tokio::time::timeout(soon, made).await.ok();
            }
            Some(made.await)
        }
    });
    let all = futures_util::future::join_all(calls).await;
    for (number, result) in all.iter().enumerate() {
        match result {
            Some(result) => assert_eq!(result.as_text(), "1"),
            None => assert_eq!(number % 3, 0),
        }
    }
    assert!(all.iter().flatten().any(|result| how(result) == "shared"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_asked_for_before_a_write_is_not_kept_after_it() {
    let gate = Gate::default();
    let upstream = gate.before(FOR_A_MINUTE, r#"{"id": 1}"#).await;
    let engine = engine(&upstream.url, Caching::Http, "");
    let read = calls(&engine, 1, "get_pet", json!({"id": 1}));
    let write_and_read = async {
        call(&engine, "add_pet", json!({"name": "Rex"})).await;
        gate.open();
        // The read that is on its way may have been answered before the write.
        calls(&engine, 1, "get_pet", json!({"id": 1})).await
    };
    let (before, after) = tokio::join!(read, write_and_read);
    assert_eq!((&before[0][..], &after[0][..]), ("asked", "asked"));
    let last = calls(&engine, 1, "get_pet", json!({"id": 1})).await;
    assert_eq!(last, ["hit"], "{:#?}", upstream.requests());
    assert_eq!(upstream.requests().len(), 3);
}

/// Answers once, and fails from then on.
async fn failing_later(headers: &'static str) -> Recording {
    let first = std::sync::atomic::AtomicBool::new(true);
    Recording::start(move |request| {
        if !request.starts_with("GET") || first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            reply("200 OK", headers, b"pong")
        } else {
            reply("503 Service Unavailable", "", b"")
        }
    })
    .await
}

#[tokio::test]
async fn the_last_good_answer_stands_in_where_that_is_allowed() {
    let by_api = "Cache-Control: max-age=0, stale-if-error=60\r\n";
    let forbidden = "Cache-Control: max-age=0, stale-if-error=60, must-revalidate\r\n";
    let tables = "[tools.\"GET /ping\"]\nstale-if-error = \"1m\"\n";
    for (headers, tables, stands_in) in [
        (by_api, "", true),
        (forbidden, "", false),
        ("", "", false),
        ("", tables, true),
    ] {
        let upstream = failing_later(headers).await;
        let engine = engine(&upstream.url, Caching::Http, tables);
        call(&engine, "ping", json!({})).await;
        let result = call(&engine, "ping", json!({})).await;
        assert_eq!(result.error.is_none(), stands_in, "{headers}{tables}");
        if stands_in {
            assert_eq!(how(&result), "stale");
            assert!(
                result
                    .as_text()
                    .starts_with("pong\nThe API fails at the moment. This is its answer of"),
                "{}",
                result.as_text()
            );
        }
    }
}

#[tokio::test]
async fn what_was_kept_stands_in_for_half_an_answer() {
    let asked = AtomicUsize::new(0);
    let upstream = Recording::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => reply("200 OK", "Content-Type: text/plain\r\n", b"pong"),
        _ => cut_off("200 OK", "Content-Type: text/plain\r\n", "po"),
    })
    .await;
    let tables = "[tools.\"GET /ping\"]\nstale-if-error = \"1m\"\n";
    let engine = engine(&upstream.url, Caching::Http, tables);
    for expected in ["asked", "stale", "stale"] {
        let result = call(&engine, "ping", json!({})).await;
        assert_eq!((result.error, how(&result)), (None, expected));
        assert!(result.as_text().starts_with("pong"), "{}", result.as_text());
    }
}

#[tokio::test]
async fn what_was_written_to_since_does_not_stand_in() {
    let upstream = failing_later("").await;
    let tables = "[tools.\"GET /ping\"]\nstale-if-error = \"1m\"\n";
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies = policies(Caching::Http, tables);
    setup.custom = Arc::new(Pinger);
    let engine = setup.engine();
    call(&engine, "ping", json!({})).await;
    assert_eq!(how(&call(&engine, "ping", json!({})).await), "stale");
    call(&engine, "reset", json!({})).await;
    let result = call(&engine, "ping", json!({})).await;
    assert!(result.error.is_some(), "{}", result.as_text());
}

struct Pinger;

impl Custom for Pinger {
    fn tools(&self) -> Vec<CustomTool> {
        vec![CustomTool::new("reset", |call, api| async move {
            let request = ApiRequest::new("DELETE", "/ping");
            // A header that cannot be sent.
            let request = if call.arguments().contains_key("nowhere") {
                request.header("x", "\n")
            } else {
                request
            };
            match api.send(request).await {
                Ok(_) => ToolResult::text("reset"),
                Err(refusal) => refusal.into(),
            }
        })]
    }
}

#[tokio::test]
async fn every_look_is_counted() {
    let upstream = answering("200 OK", FOR_A_MINUTE, "pong").await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies = policies(Caching::Http, "");
    let metrics = Arc::clone(&setup.metrics);
    let engine = setup.engine();
    calls(&engine, 3, "ping", json!({})).await;
    let text = metrics.text();
    for line in [
        "mcp_cache_requests_total 3",
        "mcp_cache_hits_total 2",
        "mcp_cache_outcomes_total{outcome=\"miss\"} 1",
        "mcp_cache_outcomes_total{outcome=\"hit\"} 2",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_kept_answer_shows_no_credential_of_before() {
    let key = Scratch::holding("first-secret");
    let body = r#"{"id": 1, "keys": ["first-secret", "second-secret"]}"#;
    let upstream = answering("200 OK", FOR_A_MINUTE, body).await;
    let mut setup = Setup::new(&upstream.url);
    (setup.env).insert("API_BEARER_AUTH_TOKEN_FILE".to_owned(), key.path());
    setup.settings.policies = policies(Caching::Http, "");
    let engine = setup.engine();
    call(&engine, "get_pet", json!({"id": 1})).await;
    key.write("second-secret");
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    assert_eq!(how(&result), "hit");
    assert!(!result.as_text().contains("secret"), "{}", result.as_text());
}

#[tokio::test]
async fn while_a_write_may_still_be_going_on_nothing_is_kept() {
    // No answer to the write: it is given up.
    let upstream = Recording::start(|request| {
        if request.starts_with("GET") {
            reply("200 OK", FOR_A_MINUTE, br#"{"id": 1}"#)
        } else {
            Vec::new()
        }
    })
    .await;
    let mut setup = Setup::new(&upstream.url).with_token();
    setup.settings.policies = policies(Caching::Http, "");
    setup.settings.total_timeout = Duration::from_secs(1);
    let engine = setup.engine();
    let read = || calls(&engine, 1, "get_pet", json!({"id": 1}));
    read().await;
    let write = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    assert!(write.error.is_some());
    assert_eq!(
        (read().await, read().await),
        (vec!["asked".into()], vec!["asked".into()])
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        (read().await, read().await),
        (vec!["asked".into()], vec!["hit".into()])
    );
}

#[tokio::test]
async fn a_write_that_never_left_ends_nothing() {
    let upstream = answering("200 OK", FOR_A_MINUTE, "1").await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies = policies(Caching::Http, "");
    setup.custom = Arc::new(Pinger);
    let engine = setup.engine();
    calls(&engine, 1, "ping", json!({})).await;
    let refused = call(&engine, "reset", json!({"nowhere": true})).await;
    assert!(refused.error.is_some(), "{}", refused.as_text());
    assert_eq!(calls(&engine, 1, "ping", json!({})).await, ["hit"]);
}

#[tokio::test]
async fn strange_heads_keep_nothing_that_is_not_the_answer() {
    for (status, headers, second) in [
        (
            "200 OK",
            "ETag: \"a\"\r\nAge: 18446744073709551615\r\n",
            "asked",
        ),
        ("202 Accepted", "", "asked"),
        (
            "206 Partial Content",
            "Content-Range: bytes 0-1/9\r\n",
            "asked",
        ),
        ("203 Non-Authoritative Information", "", "hit"),
    ] {
        let upstream = answering(status, headers, "1").await;
        let time = Caching::For(Duration::from_secs(60));
        let caching = if headers.contains("Age") {
            Caching::Http
        } else {
            time
        };
        let engine = engine(&upstream.url, caching, "");
        call(&engine, "ping", json!({})).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(
            how(&call(&engine, "ping", json!({})).await),
            second,
            "{status}"
        );
    }
}

#[tokio::test]
async fn what_a_304_says_of_its_own_body_is_no_news() {
    let upstream = Recording::start(|request| {
        if request.contains("if-none-match") {
            b"HTTP/1.1 304 Not Modified\r\nContent-Type: image/png\r\n\r\n".to_vec()
        } else {
            let headers = "Content-Type: application/json\r\nETag: \"v1\"\r\n";
            reply("200 OK", headers, br#"{"id": 1}"#)
        }
    })
    .await;
    let engine = engine(&upstream.url, Caching::Http, "");
    for expected in ["asked", "revalidated", "revalidated"] {
        let result = call(&engine, "get_pet", json!({"id": 1})).await;
        assert_eq!(
            (how(&result), result.as_text().as_str()),
            (expected, r#"{"id": 1}"#)
        );
    }
}

#[tokio::test]
async fn a_304_about_another_answer_confirms_nothing() {
    let upstream = Recording::start(|request| {
        if request.contains("if-none-match") {
            b"HTTP/1.1 304 Not Modified\r\nETag: \"v2\"\r\n\r\n".to_vec()
        } else {
            reply("200 OK", "ETag: \"v1\"\r\n", b"1")
        }
    })
    .await;
    let engine = engine(&upstream.url, Caching::Http, "");
    assert_eq!(
        calls(&engine, 2, "ping", json!({})).await,
        ["asked", "asked"]
    );
    assert_eq!(
        upstream.requests().len(),
        3,
        "asked again without a condition"
    );
}

#[tokio::test]
async fn an_error_of_the_callers_does_not_take_the_last_good_answer_away() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let upstream =
        Recording::start(
            move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => reply("200 OK", "", b"1"),
                1 => reply("401 Unauthorized", "", b""),
                2 => reply("429 Too Many Requests", "", b""),
                _ => reply("520 Unknown", "", b""),
            },
        )
        .await;
    let tables = "[tools.\"GET /ping\"]\nstale-if-error = \"1m\"\n";
    let engine = engine(&upstream.url, Caching::Http, tables);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let result = call(&engine, "ping", json!({})).await;
        seen.push((how(&result).to_owned(), result.error.is_some()));
    }
    let expected = [
        ("asked", false),
        ("asked", true),
        ("stale", false),
        ("stale", false),
    ];
    assert_eq!(seen, expected.map(|(how, fails)| (how.to_owned(), fails)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_for_one_caller_is_not_shared_on_its_way_either() {
    let gate = Gate::default();
    let upstream = (gate.before("Cache-Control: private, max-age=60\r\n", "1")).await;
    let tables = "[tools.\"GET /ping\"]\ncache-shared = true\n";
    let engine = engine(&upstream.url, Caching::Http, tables);
    let both = ["ann", "bob"].map(|name| call_with(&engine, "ping", json!({}), by(name)));
    let both = futures_util::future::join_all(both);
    let (both, ()) = tokio::join!(both, async { gate.open() });
    assert_eq!((how(&both[0]), how(&both[1])), ("asked", "asked"));
    assert_eq!(upstream.requests().len(), 2);
    // Nor is a part of it.
    let gate = Gate::default();
    let headers = "Content-Type: text/plain\r\nCache-Control: no-store\r\n";
    let upstream = gate
        .before_answer(cut_off("200 OK", headers, "code-1"))
        .await;
    let engine = self::engine(&upstream.url, Caching::Http, "");
    let both = [(); 2].map(|()| call(&engine, "ping", json!({})));
    let both = futures_util::future::join_all(both);
    let (_, ()) = tokio::join!(both, async { gate.open() });
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_get_that_changes_something_is_not_kept_and_is_a_write() {
    let upstream = answering("200 OK", FOR_A_MINUTE, "1").await;
    let mut setup = Setup::new(&upstream.url);
    setup.def.groups = const {
        &[Group {
            tag: "jobs",
            tools: &[
                ToolDef::new("next_job", "GET", "/jobs/next").hints(Hints {
                    read_only: false,
                    destructive: false,
                    idempotent: false,
                    open_world: true,
                }),
                ToolDef::new("jobs", "GET", "/jobs").hints(Hints::READ),
            ],
            schemas: "{}",
        }]
    };
    setup.settings.policies = policies(Caching::Http, "");
    let engine = setup.engine();
    assert_eq!(calls(&engine, 2, "jobs", json!({})).await, ["asked", "hit"]);
    assert_eq!(
        calls(&engine, 2, "next_job", json!({})).await,
        ["asked", "asked"]
    );
    assert_eq!(calls(&engine, 1, "jobs", json!({})).await, ["asked"]);
}

#[tokio::test]
async fn other_rules_begin_with_an_empty_cache() {
    let upstream = answering("200 OK", FOR_A_MINUTE, "1").await;
    let engine = engine(&upstream.url, Caching::Http, "");
    assert_eq!(calls(&engine, 2, "ping", json!({})).await, ["asked", "hit"]);
    for cache in [Caching::Off, Caching::Http] {
        engine
            .replace_policies(&policies(cache, ""))
            .expect("policies");
        assert_eq!(
            calls(&engine, 1, "ping", json!({})).await,
            ["asked"],
            "{cache:?}"
        );
    }
}

#[test]
fn rules_about_what_is_not_kept_are_mistakes() {
    for (cache, table, why) in [
        (
            Caching::Http,
            "[tools.\"POST /pets\"]\nstale-if-error = \"1h\"\n",
            "this is about none",
        ),
        (
            Caching::Http,
            "[tools.\"POST /pets\"]\ncache-shared = true\n",
            "this is about none",
        ),
        (
            Caching::Off,
            "[tools.\"GET /ping\"]\nstale-if-error = \"1h\"\n",
            "set `cache`",
        ),
        (
            Caching::Off,
            "[tools.\"GET /ping\"]\ncache = \"20h\"\nstale-if-error = \"5h\"\n",
            "24 hours at most",
        ),
        (
            Caching::For(Duration::from_secs(90_000)),
            "",
            "24 hours at most",
        ),
    ] {
        let mut setup = Setup::new("http://127.0.0.1:9");
        setup.settings.policies = policies(cache, table);
        let StartError(text) = setup.try_engine().expect_err("a mistake");
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn a_cache_for_what_changes_something_is_a_mistake() {
    let tables = "[tools.\"POST /pets\"]\ncache = \"30s\"\n";
    let mut setup = Setup::new("http://127.0.0.1:9");
    setup.settings.policies = policies(Caching::Off, tables);
    let error = setup.try_engine().expect_err("a mistake").0;
    assert_eq!(
        error,
        "[tools.\"POST /pets\"]: `cache` is about `GET` operations that change nothing, and this is about none"
    );
}
