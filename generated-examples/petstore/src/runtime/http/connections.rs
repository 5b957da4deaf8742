//! Connections: accepted while there is room, encrypted where the owner says so, and finished before the server ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::super::metrics::Metrics;
use super::patience::Patient;
use super::shares::Shares;
use super::tls::{Certified, Tls};

/// How long a client may take to send the head of a request. The wait for the next request on a kept connection counts,
/// and clients keep connections for a minute or so.
const HEAD: Duration = Duration::from_secs(120);
/// How long a client may take to send the head of its first request: who has asked for nothing holds no place for longer.
pub(super) const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long to wait after the system refused a connection, usually for want of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// A port, and what is served there.
pub(super) struct Port {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) routes: Router,
    /// Where connections are counted.
    pub(super) metrics: Option<Arc<Metrics>>,
    /// How many connections may be open at once: the others wait in the system's queue.
    pub(super) most: usize,
    /// How many of them one address may have.
    pub(super) shares: Shares,
    /// How long a connection waits for its first request.
    pub(super) first_head: Duration,
}

impl Port {
    /// Accepts connections until `stop` fires. What comes back waits for those that are open.
    pub(super) async fn accept(self, stop: CancellationToken) -> GracefulShutdown {
        let open = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(self.most));
        // Who has not yet proven anything never holds more than half of the places.
        let handshakes = Arc::new(Semaphore::new((self.most / 2).max(1)));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                let handshake = match &self.tls {
                    Some(_) => Some(Arc::clone(&handshakes).acquire_owned().await),
                    None => None,
                };
                ((place, handshake), self.listener.accept().await)
            };
            let ((place, handshake), accepted) = tokio::select! {
                next = next => next,
                () = stop.cancelled() => return open,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            };
            let Some(share) = self.shares.take(peer.ip()) else {
                continue;
            };
            // A streamed answer goes out in several writes, and each would wait 40 ms for the acknowledgement of the last.
            let _ = stream.set_nodelay(true);
            let active = (self.metrics.as_ref()).map(|metrics| metrics.active_connection());
            let (stream, routes) = (Patient::new(stream), self.routes.clone());
            let asked = Asked::new(self.first_head);
            let Some(tls) = self.tls.clone() else {
                let served = connection(&builder, stream, (peer, None), (routes, &asked));
                let served = open.watch(served);
                tokio::spawn(async move {
                    asked.bound(served).await;
                    drop((active, share, place));
                });
                continue;
            };
            let (builder, watcher) = (builder.clone(), open.watcher());
            tokio::spawn(async move {
                let encrypted = tls.accept(stream, peer).await;
                drop(handshake);
                if let Some((stream, certified)) = encrypted {
                    let by = (peer, certified);
                    let served = connection(&builder, stream, by, (routes, &asked));
                    asked.bound(watcher.watch(served)).await;
                }
                drop((active, share, place));
            });
        }
    }
}

/// Whether a request has come on a connection.
struct Asked {
    has_come: Arc<AtomicBool>,
    patience: Duration,
}

impl Asked {
    fn new(patience: Duration) -> Self {
        Self {
            has_come: Arc::default(),
            patience,
        }
    }

    /// Waits for the end of a connection, or ends it when no request has come in time.
    async fn bound(&self, connection: impl Future) {
        let nothing = async {
            tokio::time::sleep(self.patience).await;
            if self.has_come.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            // A client may close or break its connection at any time.
            _ = connection => {}
            () = nothing => {}
        }
    }
}

fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    builder: &http1::Builder,
    stream: S,
    (peer, certified): (SocketAddr, Option<Arc<Certified>>),
    (routes, asked): (Router, &Asked),
) -> impl GracefulConnection + use<S> {
    let has_come = Arc::clone(&asked.has_come);
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        has_come.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        if let Some(certified) = &certified {
            request.extensions_mut().insert(Arc::clone(certified));
        }
        routes.clone().oneshot(request)
    });
    builder.serve_connection(TokioIo::new(stream), service)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn answer(client: &mut TcpStream) -> String {
        let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
        client.write_all(request).await.expect("the server reads");
        let mut read = [0; 1024];
        let length = client.read(&mut read).await.expect("an answer");
        String::from_utf8_lossy(&read[..length]).into_owned()
    }

    #[tokio::test]
    async fn who_asks_for_nothing_is_let_go_and_who_has_asked_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let port = Port {
            listener,
            tls: None,
            routes: Router::new().route("/", get(|| async { "here" })),
            metrics: None,
            most: 2,
            shares: Shares::new(2, &[]),
            first_head: Duration::from_secs(1),
        };
        let serving = tokio::spawn(port.accept(CancellationToken::new()));
        let mut asking = TcpStream::connect(address).await.expect("a connection");
        assert!(answer(&mut asking).await.ends_with("here"));
        let mut silent = TcpStream::connect(address).await.expect("a connection");
        // Half a head is none.
        let half = b"GET / HTTP/1.1\r\n";
        silent.write_all(half).await.expect("the server reads");
        let mut read = [0];
        let end = tokio::time::timeout(HEAD / 2, silent.read(&mut read)).await;
        assert!(matches!(end.expect("it is let go"), Ok(0) | Err(_)));
        assert!(answer(&mut asking).await.ends_with("here"));
        serving.abort();
    }
}
