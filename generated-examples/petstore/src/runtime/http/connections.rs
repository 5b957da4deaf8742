//! Connections: accepted while there is room, encrypted where the owner says so, and finished before the server ends.

use std::net::SocketAddr;
use std::sync::Arc;
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
use super::tls::{Certified, Tls};

/// How long a client may take to send the head of a request. The wait for the next request on a kept connection counts,
/// and clients keep connections for a minute or so.
const HEAD: Duration = Duration::from_secs(120);
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
            // A streamed answer goes out in several writes, and each would wait 40 ms for the acknowledgement of the last.
            let _ = stream.set_nodelay(true);
            let active = (self.metrics.as_ref()).map(|metrics| metrics.active_connection());
            let (stream, routes) = (Patient::new(stream), self.routes.clone());
            let Some(tls) = self.tls.clone() else {
                let connection = open.watch(connection(&builder, stream, (peer, None), routes));
                tokio::spawn(async move {
                    // A client may close or break its connection at any time.
                    let _ = connection.await;
                    drop((active, place));
                });
                continue;
            };
            let (builder, watcher) = (builder.clone(), open.watcher());
            tokio::spawn(async move {
                let encrypted = tls.accept(stream, peer).await;
                drop(handshake);
                if let Some((stream, certified)) = encrypted {
                    let connection = connection(&builder, stream, (peer, certified), routes);
                    let _ = watcher.watch(connection).await;
                }
                drop((active, place));
            });
        }
    }
}

fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    builder: &http1::Builder,
    stream: S,
    (peer, certified): (SocketAddr, Option<Arc<Certified>>),
    routes: Router,
) -> impl GracefulConnection + use<S> {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        if let Some(certified) = &certified {
            request.extensions_mut().insert(Arc::clone(certified));
        }
        routes.clone().oneshot(request)
    });
    builder.serve_connection(TokioIo::new(stream), service)
}
