//! What becomes of answers that are more than one JSON text.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::upstream::Recording;
use super::{JSON, Setup, answering, call, cut_off, reply};

#[tokio::test]
async fn a_stream_without_an_end_gives_what_has_come() {
    let upstream = Recording::start(|_| {
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\ndata: two\n\n"
            .to_vec()
    })
    .await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.total_timeout = Duration::from_millis(500);
    let result = call(&setup.engine(), "ping", json!({})).await;
    assert_eq!(result.error, None);
    let text = result.as_text();
    assert!(text.starts_with("data: one\n\ndata: two"), "{text}");
    assert!(text.contains("[Cut: the API was still sending"), "{text}");
}

#[tokio::test]
async fn what_came_before_the_connection_broke_is_told() {
    let cases = [
        (
            "200 OK",
            JSON,
            r#"[{"name": "Rex"}, {"na"#,
            "The API had answered 200 OK; what came of it until then:\n\n[{\"name\": \"Rex\"}, {\"na",
        ),
        (
            "201 Created",
            "Content-Type: text/html\r\n",
            "<p>half a</p><p>pa",
            "The API had answered 201 Created; what came of it until then:\n\nhalf a",
        ),
        (
            "200 OK",
            "Content-Type: text/plain\r\nContent-Encoding: foo\r\n",
            "half",
            "The response is compressed with `foo`",
        ),
        (
            "200 OK",
            "Content-Type: image/png\r\n",
            "\u{1}\u{2}",
            "The API had answered 200 OK.",
        ),
        ("200 OK", JSON, "", "The API had answered 200 OK."),
    ];
    for (status, headers, body, told) in cases {
        let upstream = Recording::start(move |_| cut_off(status, headers, body)).await;
        let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
        assert_eq!(result.error, Some(ErrorType::Connect), "{body}");
        assert!(result.structured.is_none());
        let text = result.as_text();
        assert!(
            text.contains("broke before the answer was complete"),
            "{text}"
        );
        assert!(text.contains(told), "{text}");
    }
}

#[tokio::test]
async fn what_came_of_an_answer_is_shown_as_any_is() {
    // What was sent does not come back, and half of it neither.
    for (media, body) in [
        ("application/json", r#"{"echo": "geheim", "more"#),
        ("application/json", r#"{"echo": "gehe"#),
        ("application/json", r#"{"echo": "g\u0065hei\u00"#),
        ("text/html", "<p>echo</p>ge<b>hei</"),
        ("text/html", "<p>echo</p>ge&#104;ei&#1"),
    ] {
        for status in ["200 OK", "400 Bad Request"] {
            let headers = format!("Content-Type: {media}\r\n");
            let upstream = Recording::start(move |_| cut_off(status, &headers, body)).await;
            let engine = Setup::new(&upstream.url).with_token().engine();
            let text = call(&engine, "get_pet", json!({"id": 1})).await.as_text();
            assert!(text.contains("echo") && !text.contains("ei"), "{text}");
        }
    }
    // An error is what its head says.
    let upstream =
        Recording::start(|_| cut_off("404 Not Found", JSON, "{\"message\": \"no such p")).await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(result.error, Some(ErrorType::Upstream4xx));
    assert!(
        result.as_text().contains("404 Not Found"),
        "{}",
        result.as_text()
    );
}

#[tokio::test]
async fn an_answer_that_broke_off_is_asked_for_again() {
    let asked = AtomicUsize::new(0);
    let upstream = Recording::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => cut_off("200 OK", JSON, "[1,"),
        _ => reply("200 OK", JSON, b"[1,2]"),
    })
    .await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.resilience.retries = 1;
    let result = call(&setup.engine(), "ping", json!({})).await;
    assert_eq!((result.error, result.as_text().as_str()), (None, "[1,2]"));
    // What an error says is known from its head.
    let upstream = Recording::start(|_| cut_off("404 Not Found", JSON, "{")).await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.resilience.retries = 1;
    setup.settings.resilience.breaker = Some((1, Duration::from_secs(60)));
    let engine = setup.engine();
    for _ in 0..2 {
        let result = call(&engine, "ping", json!({})).await;
        assert_eq!(result.error, Some(ErrorType::Upstream4xx));
    }
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn the_next_page_is_told_in_the_tools_own_words() {
    let next = "Content-Type: application/json\r\nLink: <http://a.example/pages?page=2&q=x>; rel=\"next\"\r\n";
    let upstream = answering("200 OK", next, "[1,2]").await;
    let engine = Setup::new(&upstream.url).engine();
    let result = call(&engine, "pages", json!({"q": "x"})).await;
    let text = result.as_text();
    assert_eq!(
        text,
        "[1,2]\nThere is more: for the next page call `pages` again with `page`: 2, and the other arguments as they were."
    );
    assert_eq!(result.content.len(), 2);
}

#[tokio::test]
async fn a_created_thing_is_found_by_its_location() {
    let headers =
        "Content-Type: application/json\r\nLocation: /pets/9\r\nX-RateLimit-Remaining: 1\r\n";
    let upstream = answering("201 Created", headers, "{}").await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(
        result.as_text(),
        "{}\nLocation: /pets/9\nThe API allows 1 more calls."
    );
    let plain = answering("200 OK", JSON, "{}").await;
    let result = call(&Setup::new(&plain.url).engine(), "ping", json!({})).await;
    assert_eq!(result.content.len(), 1);
}

#[tokio::test]
async fn a_page_is_read_as_text() {
    let page = "<html><body><h1>Hi</h1><p>A &lt;b&gt;&#8203;</p></body></html>";
    let upstream = answering("200 OK", "Content-Type: text/html\r\n", page).await;
    let result = call(&Setup::new(&upstream.url).engine(), "ping", json!({})).await;
    assert_eq!(result.as_text(), "Hi\nA <b>");
}
