//! Requests to an issuer of tokens: where they may go, how this server names itself, and answers of limited size and time.
//!
//! What is asked, and what an answer means, is `credentials`' and `identity`'s business.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, StatusCode, Uri};
use url::{Url, form_urlencoded};

use super::request::Outgoing;
use super::upstream::{Bounds, Received, Upstream, read};

/// How long an issuer may take.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 1 << 20;

/// The address of an endpoint and its host. Whoever listens on the way there could be anybody, or would have a secret.
pub(super) fn endpoint(text: &str) -> Option<(Uri, String)> {
    let url = Url::parse(text.trim()).ok()?;
    let host = url.host_str()?.to_owned();
    let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_plain = url.username().is_empty() && url.password().is_none();
    let uri = (is_safe && is_plain)
        .then(|| url.as_str().parse().ok())
        .flatten()?;
    Some((uri, host))
}

/// A client's id and secret as a header, each encoded as in a form before they are joined (RFC 6749 §2.3.1).
pub(super) fn basic(id: &str, secret: &str) -> Option<HeaderValue> {
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A request for what lies there.
pub(super) fn get(uri: &Uri) -> Outgoing {
    Outgoing {
        method: Method::GET,
        uri: uri.clone(),
        headers: json_wanted(),
        body: Bytes::new(),
        digest: None,
    }
}

/// A form, with the client's header where it is not in the form.
pub(super) fn post(uri: &Uri, form: String, client: Option<HeaderValue>) -> Outgoing {
    let mut headers = json_wanted();
    let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, media_type);
    if let Some(client) = client {
        headers.insert(AUTHORIZATION, client);
    }
    Outgoing {
        method: Method::POST,
        uri: uri.clone(),
        headers,
        body: form.into(),
        digest: None,
    }
}

fn json_wanted() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers
}

/// The status and the body of the answer.
///
/// # Errors
/// There is none: the end of a sentence.
pub(super) async fn answer(
    way: &Upstream,
    outgoing: Outgoing,
) -> Result<(StatusCode, Bytes), String> {
    let exchange = async {
        let response = way.send(&outgoing).await;
        let response = response.map_err(|_| "cannot be reached".to_owned())?;
        let status = response.status();
        let bounds = Bounds {
            most: MOST_BYTES,
            silence: PATIENCE,
            until: None,
        };
        let received = read(response, bounds, |_, _, _| ()).await;
        let received = received.and_then(Received::unbroken);
        let received = received.map_err(|_| "broke off its answer".to_owned())?;
        Ok((status, received.bytes))
    };
    let ended = tokio::time::timeout(PATIENCE, exchange).await;
    ended.unwrap_or_else(|_| Err("did not answer in time".to_owned()))
}
