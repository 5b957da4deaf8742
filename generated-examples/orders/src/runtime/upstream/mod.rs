//! The HTTP client: one pool of connections, timeouts, same-origin redirects, decompression.
//!
//! It sends what `request` made and knows nothing of tools. The client is made on the first call.

mod body;
mod connect;
mod failure;
mod resolve;
mod trust;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::header::{LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::Service as _;
use tower_http::decompression::{Decompression, DecompressionBody};
use url::Url;

pub(super) use self::body::{Bounds, End, Received, read};
use self::connect::Connector;
pub(super) use self::connect::Proxies;
pub(super) use self::failure::{Failure, Stage};
pub(super) use self::trust::Trust;
use super::base_url::Origin;
use super::credentials::Digest;
use super::engine::EngineSettings;
use super::request::Outgoing;

/// What browsers and other clients follow at most lies between 10 and 50.
const MOST_REDIRECTS: usize = 10;

type Http = Client<Connector, Full<Bytes>>;
/// An answer: its head, and of its body what was read.
pub(super) type Answered = (StatusCode, HeaderMap, Received);
/// Whether an answer is none, since the connection cut it: an error of the API is what its head says.
pub(super) fn is_broken_off((status, _, received): &Answered) -> bool {
    status.is_success() && received.end == End::Broken
}

/// The body of an answer, decompressed while it is read.
pub(super) type Body = DecompressionBody<Incoming>;

/// The path that a request was sent on to, with the answer from there.
#[derive(Debug, Clone)]
pub(super) struct MovedTo(
    #[cfg_attr(
        not(feature = "cache"),
        expect(dead_code, reason = "only a cache asks where to")
    )]
    pub(super) String,
);

/// The way to the upstream.
pub(super) struct Upstream {
    connector: OnceLock<Connector>,
    pool: Mutex<Option<Pool>>,
    max_age: Duration,
    reach: Reach,
    connect_timeout: Duration,
    /// The longest silence.
    pub(super) read_timeout: Duration,
}

/// Connections, and since when they are made.
struct Pool {
    client: Http,
    since: Instant,
}

/// How connections are made, and to whom.
#[derive(Clone)]
pub(super) struct Reach {
    pub(super) proxies: Proxies,
    pub(super) trust: Trust,
    /// They may resolve to any address; the others may not be link-local.
    pub(super) owners_hosts: Vec<String>,
    /// Who may see the client certificate.
    pub(super) trusted_with_certificate: Vec<Origin>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upstream")
    }
}

impl Upstream {
    pub(super) fn new(settings: &EngineSettings, reach: Reach) -> Self {
        Self {
            connector: OnceLock::new(),
            pool: Mutex::default(),
            max_age: settings.connection_max_age,
            reach,
            connect_timeout: settings.connect_timeout,
            read_timeout: settings.read_timeout,
        }
    }

    /// Another way, by the same proxies, authorities and patience, to a host of the owner's, or to one that may not be
    /// link-local; without a certificate.
    pub(super) fn beside(&self, host: Option<String>) -> Self {
        Self {
            connector: OnceLock::new(),
            pool: Mutex::default(),
            max_age: self.max_age,
            reach: Reach {
                owners_hosts: host.into_iter().collect(),
                trusted_with_certificate: Vec::new(),
                ..self.reach.clone()
            },
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
        }
    }

    /// Whom it believes.
    pub(super) fn trust(&self) -> &Trust {
        &self.reach.trust
    }

    /// What the owner should know of a client certificate that nobody will see.
    pub(super) fn warning(&self) -> Option<String> {
        let is_seen = (self.reach.trusted_with_certificate.iter()).any(Origin::is_https);
        (self.reach.trust.has_certificate() && !is_seen).then(|| {
            format!(
                "`{}` is set, but no server that may have credentials speaks https: the certificate is never shown",
                trust::CERTIFICATE
            )
        })
    }

    /// Sends a request and follows redirects within its origin. The answer's body is still to be read.
    ///
    /// # Errors
    /// No answer, or a redirect that is not followed.
    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Response<Body>, Failure> {
        let mut next: Option<Outgoing> = None;
        for _ in 0..MOST_REDIRECTS {
            let current = next.as_ref().unwrap_or(outgoing);
            let mut response = self.exchange(current).await?;
            if let Some(to) = redirected(current, &response)? {
                next = Some(to);
                continue;
            }
            if let Some(last) = next {
                let path = last.uri.path().to_owned();
                response.extensions_mut().insert(MovedTo(path));
            }
            return Ok(response);
        }
        Err(Failure::TooManyRedirects)
    }

    async fn exchange(&self, outgoing: &Outgoing) -> Result<Response<Body>, Failure> {
        match &outgoing.digest {
            None => self.exchange_once(outgoing, None).await,
            Some(digest) => Box::pin(self.challenged(outgoing, digest)).await,
        }
    }

    /// One request and its answer, and once more where the answer was a challenge that can be met.
    async fn challenged(
        &self,
        outgoing: &Outgoing,
        digest: &Digest,
    ) -> Result<Response<Body>, Failure> {
        let sent = digest.answer(outgoing);
        let response = self.exchange_once(outgoing, sent.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        match digest.again(outgoing, sent.as_ref(), response.headers()) {
            Some(answer) => self.exchange_once(outgoing, Some(&answer)).await,
            None => Ok(response),
        }
    }

    async fn exchange_once(
        &self,
        outgoing: &Outgoing,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response<Body>, Failure> {
        let mut request = Request::new(Full::new(outgoing.body.clone()));
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = outgoing.uri.clone();
        *request.headers_mut() = outgoing.headers.clone();
        if let Some(authorization) = authorization {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if let Some(authorization) = self.reach.proxies.authorization(&outgoing.uri) {
            let headers = request.headers_mut();
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        // RFC 9110 §8.6: a method that usually has a body says so when it has none.
        if outgoing.body.is_empty() && may_have_body(&outgoing.method) {
            let headers = request.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let answer = Decompression::new(self.client()).call(request);
        match tokio::time::timeout(self.read_timeout, answer).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::Timeout(Stage::Read)),
        }
    }

    /// The connections of now. A kept connection never asks again where its name leads, so they all have an age at
    /// which they are left to the calls that are using them.
    fn client(&self) -> Http {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pool.as_ref()
            && pool.since.elapsed() < self.max_age
        {
            return pool.client.clone();
        }
        let client = self.build();
        *pool = Some(Pool {
            client: client.clone(),
            since: Instant::now(),
        });
        client
    }

    fn build(&self) -> Http {
        let connect = || Connector::new(self.connect_timeout, self.reach.clone());
        let connector = self.connector.get_or_init(connect).clone();
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector)
    }
}

impl Proxies {
    /// What a proxy asks for when it is sent a request for an http URL; a tunnel asks in its own request.
    fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        let matcher: &Matcher = self.0.as_deref()?;
        if uri.scheme_str() != Some("http") {
            return None;
        }
        matcher.intercept(uri)?.basic_auth().cloned()
    }
}

fn may_have_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// The request that a redirect asks for (RFC 9110 §15.4), if the answer is one.
fn redirected(sent: &Outgoing, response: &Response<Body>) -> Result<Option<Outgoing>, Failure> {
    let status = response.status();
    let follows = matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = (response.headers().get(LOCATION)).filter(|_| follows) else {
        return Ok(None);
    };
    let bad = || Failure::BadRedirect;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| bad())?;
    let from = Url::parse(&sent.uri.to_string()).map_err(|_| bad())?;
    let mut to = from.join(location).map_err(|_| bad())?;
    to.set_fragment(None);
    let origin = Origin::of(&to).ok_or_else(bad)?;
    if Origin::of(&from).as_ref() != Some(&origin) {
        return Err(Failure::Redirect(origin.to_string()));
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err(bad());
    }
    let mut next = sent.clone();
    next.uri = to.as_str().parse().map_err(|_| bad())?;
    let becomes_get = match status {
        StatusCode::SEE_OTHER => sent.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => sent.method == Method::POST,
        _ => false,
    };
    if becomes_get && sent.method != Method::GET {
        next.method = Method::GET;
        next.body = Bytes::new();
        next.headers.remove(CONTENT_TYPE);
        next.headers.remove(CONTENT_ENCODING);
    }
    debug_assert_eq!(
        sent.headers.get(AUTHORIZATION),
        next.headers.get(AUTHORIZATION)
    );
    Ok(Some(next))
}
