//! Opens connections: straight or through a proxy, plain or with TLS, and never to where a description may not point.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::Service;
use url::Url;

use super::super::base_url::Origin;
use super::super::engine::StartError;
use super::Reach;
use super::failure::{Dialled, Failure, Stage, unreachable};
use super::resolve::{Lookups, Resolve};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Tcp = TokioIo<TcpStream>;
type Plain = MaybeHttpsStream<Tcp>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// The proxies that the environment names.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Proxies(pub(super) Option<Arc<Matcher>>);

impl Proxies {
    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case, as curl does.
    ///
    /// # Errors
    /// A proxy of a kind that is not spoken.
    pub(in super::super) fn read(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let either = |upper: &str| {
            [upper.to_owned(), upper.to_ascii_lowercase()]
                .into_iter()
                .find_map(|name| Some((env(&name)?.trim().to_owned(), name)))
                .filter(|(value, _)| !value.is_empty())
        };
        let (http, https) = (either("HTTP_PROXY"), either("HTTPS_PROXY"));
        for (value, name) in [&http, &https].into_iter().flatten() {
            let scheme = value.split_once("://").map_or("http", |(scheme, _)| scheme);
            if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
                || value.parse::<Uri>().is_err()
            {
                return Err(StartError(format!(
                    "`{name}` is not the URL of an http or https proxy"
                )));
            }
        }
        if http.is_none() && https.is_none() {
            return Ok(Self(None));
        }
        let text = |found: Option<(String, String)>| found.map_or_else(String::new, |(v, _)| v);
        let matcher = Matcher::builder()
            .http(text(http))
            .https(text(https))
            .no(text(either("NO_PROXY")))
            .build();
        Ok(Self(Some(Arc::new(matcher))))
    }
}

/// Opens connections for the pool.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    /// To who may not see the certificate, and to who may.
    direct: [HttpsConnector<Dial>; 2],
    lookups: Lookups,
    timeout: Duration,
    reach: Reach,
}

impl Connector {
    pub(super) fn new(timeout: Duration, reach: Reach) -> Self {
        let owners_hosts: Arc<[String]> = reach.owners_hosts.clone().into();
        let lookups = Lookups::default();
        let direct = [false, true].map(|shows_certificate| {
            let resolve = Resolve::new(&lookups, Some(Arc::clone(&owners_hosts)));
            let dial = Dial::new(timeout, resolve);
            tls(reach.trust.config(shows_certificate), dial)
        });
        Self(Arc::new(Inner {
            direct,
            lookups,
            timeout,
            reach,
        }))
    }
}

/// TLS; with the feature `http2`, HTTP/2 where the upstream speaks it.
fn tls<C>(config: ClientConfig, connector: C) -> HttpsConnector<C> {
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1();
    #[cfg(feature = "http2")]
    let builder = builder.enable_http2();
    builder.wrap_connector(connector)
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            match tokio::time::timeout(inner.timeout, inner.open(to)).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(failure)) => Err(Dialled(failure).into()),
                Err(_) => Err(Dialled(Failure::Timeout(Stage::Connect)).into()),
            }
        })
    }
}

impl Inner {
    async fn open(&self, to: Uri) -> Result<Stream, Failure> {
        let proxy = (self.reach.proxies.0.as_ref()).and_then(|matcher| matcher.intercept(&to));
        match proxy {
            None => {
                let direct = &self.direct[usize::from(self.shows_certificate(&to))];
                let stream = direct.clone().call(to).await;
                stream
                    .map(|stream| Way::Direct(stream).into())
                    .map_err(|error| of_tls(&*error))
            }
            Some(proxy) if to.scheme_str() == Some("https") => self.tunnel(&proxy, to).await,
            Some(proxy) => {
                let stream = self.to_proxy().call(proxy.uri().clone()).await;
                stream
                    .map(|stream| Way::ToProxy(stream).into())
                    .map_err(|_| Failure::Proxy)
            }
        }
    }

    /// The owner named the proxy, so it may be anywhere.
    fn to_proxy(&self) -> HttpsConnector<Dial> {
        // A proxy is spoken to in HTTP/1.1.
        HttpsConnectorBuilder::new()
            .with_tls_config(self.reach.trust.config(false))
            .https_or_http()
            .enable_http1()
            .wrap_connector(Dial::new(self.timeout, Resolve::new(&self.lookups, None)))
    }

    async fn tunnel(&self, proxy: &Intercept, to: Uri) -> Result<Stream, Failure> {
        if to.host().is_some_and(|host| self.is_forbidden(host)) {
            return Err(Failure::Forbidden);
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy());
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let config = self.reach.trust.config(self.shows_certificate(&to));
        let stream = tls(config, ThroughProxy(tunnel)).call(to).await;
        stream
            .map(|stream| Way::Tunnelled(Box::new(stream)).into())
            .map_err(|error| of_tls(&*error))
    }

    fn shows_certificate(&self, to: &Uri) -> bool {
        let url = Url::parse(&to.to_string()).ok();
        let origin = url.as_ref().and_then(Origin::of);
        origin.is_some_and(|origin| self.reach.trusted_with_certificate.contains(&origin))
    }

    fn is_forbidden(&self, host: &str) -> bool {
        let literal = host.trim_matches(['[', ']']).parse().ok();
        literal.is_some_and(super::super::base_url::is_local_infrastructure)
            && !self.reach.owners_hosts.iter().any(|owners| owners == host)
    }
}

/// A failure below TLS was marked when it happened; what is not marked is TLS's own.
fn of_tls(error: &(dyn std::error::Error + 'static)) -> Failure {
    match Failure::of(error) {
        Failure::Broken => Failure::Tls(innermost(error)),
        marked => marked,
    }
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(|error| error.get_ref().map(ToString::to_string));
    let text = inner.unwrap_or_else(|| error.to_string());
    if text.contains("CaUsedAsEndEntity") {
        return "its certificate is that of an authority, which no server may show: sign one for the host with it, \
                and name the authority in `--upstream-ca`"
            .to_owned();
    }
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

/// Opens TCP connections and marks their failures.
#[derive(Clone)]
struct Dial(HttpConnector<Resolve>);

impl Dial {
    fn new(timeout: Duration, resolve: Resolve) -> Self {
        let mut http = HttpConnector::new_with_resolver(resolve);
        http.enforce_http(false);
        http.set_nodelay(true);
        // For each address: a dead one must leave time for the next. The whole has the same limit once more.
        http.set_connect_timeout(Some(timeout));
        http.set_keepalive(Some(Duration::from_secs(60)));
        Self(http)
    }
}

impl Service<Uri> for Dial {
    type Response = Tcp;
    type Error = BoxError;
    type Future = BoxFuture<Tcp>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move {
            connecting
                .await
                .map_err(|error| Dialled(unreachable(&error)).into())
        })
    }
}

/// A tunnel whose failures are marked as the proxy's.
#[derive(Clone)]
struct ThroughProxy(Tunnel<HttpsConnector<Dial>>);

impl Service<Uri> for ThroughProxy {
    type Response = Plain;
    type Error = BoxError;
    type Future = BoxFuture<Plain>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let tunnelling = self.0.call(to);
        Box::pin(async move { tunnelling.await.map_err(|_| Dialled(Failure::Proxy).into()) })
    }
}

/// A connection.
pub(super) struct Stream {
    way: Way,
    turn: Turn,
}

enum Way {
    Direct(Plain),
    /// To a proxy that is sent whole URLs.
    ToProxy(Plain),
    /// Through a proxy's tunnel.
    Tunnelled(Box<MaybeHttpsStream<Plain>>),
}

impl From<Way> for Stream {
    fn from(way: Way) -> Self {
        Self {
            way,
            turn: Turn::default(),
        }
    }
}

/// What was read without a pause. Who sends interim responses (RFC 9110 §15.2) without end keeps hyper reading, which
/// goes on as long as there is something: neither other calls nor the deadline of this one would have their turn.
#[derive(Default)]
struct Turn(usize);

impl Turn {
    const MOST: usize = 64 << 10;

    /// Ready where so much more may be read; else everybody else goes first.
    fn poll(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<()> {
        if self.0 < Self::MOST {
            self.0 += room;
            return Poll::Ready(());
        }
        self.0 = 0;
        // It wakes this task after timers and connections were looked at.
        std::pin::pin!(tokio::task::yield_now()).poll(cx)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match &self.way {
            Way::Direct(stream) => stream.connected(),
            Way::ToProxy(stream) => stream.connected().proxy(true),
            Way::Tunnelled(stream) => stream.connected(),
        }
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.turn.poll(cx, buffer.remaining()));
        let read = match &mut this.way {
            Way::Direct(stream) | Way::ToProxy(stream) => Pin::new(stream).poll_read(cx, buffer),
            Way::Tunnelled(stream) => Pin::new(&mut **stream).poll_read(cx, buffer),
        };
        if read.is_pending() {
            this.turn = Turn::default();
        }
        read
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().way {
            Way::Direct(stream) | Way::ToProxy(stream) => Pin::new(stream).poll_write(cx, bytes),
            Way::Tunnelled(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().way {
            Way::Direct(stream) | Way::ToProxy(stream) => Pin::new(stream).poll_flush(cx),
            Way::Tunnelled(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().way {
            Way::Direct(stream) | Way::ToProxy(stream) => Pin::new(stream).poll_shutdown(cx),
            Way::Tunnelled(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.way {
            Way::Direct(stream) | Way::ToProxy(stream) => stream.is_write_vectored(),
            Way::Tunnelled(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().way {
            Way::Direct(stream) | Way::ToProxy(stream) => {
                Pin::new(stream).poll_write_vectored(cx, slices)
            }
            Way::Tunnelled(stream) => Pin::new(&mut **stream).poll_write_vectored(cx, slices),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_always_has_something_to_read_lets_timers_fire() {
        let mut turn = Turn::default();
        // Ends at the first turn of others; without one, never.
        let endless = poll_fn(|cx| -> Poll<()> {
            loop {
                ready!(turn.poll(cx, 8_192));
            }
        });
        let ended = tokio::time::timeout(Duration::from_millis(1), endless).await;
        assert!(ended.is_err(), "only its time ends it");
    }
}
