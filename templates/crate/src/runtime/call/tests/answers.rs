//! What becomes of answers that are more than one JSON text.

use std::time::Duration;

use serde_json::json;

use super::upstream::Recording;
use super::{JSON, Setup, answering, call};

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
