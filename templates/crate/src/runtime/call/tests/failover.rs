//! An API at several addresses.

use serde_json::json;

use super::*;

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    format!("http://{address}")
}

#[tokio::test]
async fn an_address_that_cannot_be_reached_is_left_for_the_next() {
    let second = answering("200 OK", JSON, "{}").await;
    let urls = format!("{}/v1, {}/other/v1", nobody().await, second.url);
    let metrics = Arc::new(Metrics::default());
    let mut setup = Setup::new(&urls).with_token();
    setup.metrics = Arc::clone(&metrics);
    let engine = setup.engine();
    // Nothing was sent, so what changes something may go to the next as well.
    let added = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    assert_eq!(added.error, None, "{}", added.as_text());
    let read = call(&engine, "get_pet", json!({"id": 7})).await;
    assert_eq!(read.error, None, "{}", read.as_text());
    let requests = second.requests();
    assert!(
        requests[0].starts_with("POST /other/v1/pets HTTP/1.1"),
        "{}",
        requests[0]
    );
    assert!(
        requests[1].starts_with("GET /other/v1/pets/7 HTTP/1.1"),
        "{}",
        requests[1]
    );
    assert!(requests[1].contains("Bearer geheim"), "{}", requests[1]);
    // The second call did not try the first address again.
    assert!(
        metrics.text().contains("mcp_failovers_total 1"),
        "{}",
        metrics.text()
    );
}

#[tokio::test]
async fn an_answer_is_an_answer_unless_it_may_be_asked_for_again() {
    let first = answering("503 Service Unavailable", JSON, "{}").await;
    let second = answering("200 OK", JSON, "{}").await;
    let urls = format!("{} {}", first.url, second.url);
    let engine = Setup::new(&urls).engine();
    let refused = call(&engine, "ping", json!({})).await;
    assert!(refused.as_text().contains("503"), "{}", refused.as_text());
    assert_eq!(second.requests().len(), 0);
    // The next call does not go where the last one failed.
    let next = call(&engine, "ping", json!({})).await;
    assert_eq!(next.error, None, "{}", next.as_text());
    assert_eq!(second.requests().len(), 1);
    let retrying = || {
        let mut setup = Setup::new(&urls);
        setup.settings.resilience.retries = 1;
        setup.settings.resilience.pause = Duration::from_millis(1);
        setup
    };
    let (engine, again) = (retrying().engine(), retrying());
    let write = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    assert!(write.as_text().contains("503"), "{}", write.as_text());
    assert_eq!(second.requests().len(), 1);
    let engine = again.engine();
    let read = call(&engine, "ping", json!({})).await;
    assert_eq!(read.error, None, "{}", read.as_text());
    assert_eq!((first.requests().len(), second.requests().len()), (3, 2));
}

#[tokio::test]
async fn when_no_address_can_be_reached_each_was_tried_once() {
    let urls = format!("{},{}", nobody().await, nobody().await);
    let metrics = Arc::new(Metrics::default());
    let mut setup = Setup::new(&urls);
    setup.metrics = Arc::clone(&metrics);
    let refused = call(&setup.engine(), "ping", json!({})).await;
    assert!(
        refused
            .as_text()
            .contains("No connection to http://127.0.0.1:"),
        "{}",
        refused.as_text()
    );
    assert!(
        metrics.text().contains("mcp_failovers_total 2"),
        "{}",
        metrics.text()
    );
}

#[test]
fn every_address_has_to_be_one() {
    for (urls, place) in [
        (
            "http://a.example,http://b.example?key=1",
            "contains a query: `http://b.example…`",
        ),
        (
            "https://a.example http://b.example",
            "anybody on the way can read",
        ),
        (
            "http://a.example http://u:p@b.example",
            "contains a user name or password: `http://***@b.example`",
        ),
    ] {
        let StartError(why) = Setup::new(urls).try_engine().expect_err(urls);
        assert!(
            why.starts_with("`API_BASE_URL` ") && why.ends_with(place),
            "{why}"
        );
    }
}

#[cfg(feature = "cache")]
#[tokio::test]
async fn a_write_at_another_address_makes_what_was_read_old() {
    let second = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let mut setup = Setup::new(&format!("{}/v1 {}/other", nobody().await, second.url)).with_token();
    setup.settings.policies.cache = "1h".parse().expect("a time");
    let engine = setup.engine();
    let (id, name) = (json!({"id": 7}), json!({"name": "Rex"}));
    for (tool, arguments) in [
        ("get_pet", &id),
        ("get_pet", &id),
        ("add_pet", &name),
        ("get_pet", &id),
    ] {
        let result = call(&engine, tool, arguments.clone()).await;
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    assert_eq!(second.requests().len(), 3);
}
