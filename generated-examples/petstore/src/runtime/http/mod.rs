//! MCP over HTTP: routes, and the checks that come before them.
//!
//! `connections` accepts clients, each address its `shares` of them, with `tls` where it is asked for; `mcp` and `sse` are the two transports, `guard` says who
//! may use them, `probes` answers orchestrators.

mod authentication;
mod connections;
#[cfg(feature = "redis")]
mod elsewhere;
mod guard;
mod mcp;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod patience;
mod probes;
mod shares;
mod sse;
#[cfg(feature = "tls")]
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CACHE_CONTROL, CONTENT_TYPE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::engine::StartError;
use super::handler::{Handler, RequestId};
use super::metrics::Metrics;
use super::server::Server;
use super::session::{ClientAddress, caller, client};
use super::settings::{Listen, Options};
use authentication::{Authentication, Denied, METADATA, Source};
use connections::{FIRST_HEAD, Peer, Port};
use guard::Guard;
#[cfg(not(feature = "tls"))]
use no_tls as tls;
use probes::Probes;
use shares::Shares;
use tls::{Certified, Tls};

/// How long a client may take to send the body of a request.
const BODY: Duration = Duration::from_secs(60);
/// The same for a client that has proven nothing and is refused.
const BODY_OF_REFUSED: Duration = Duration::from_secs(5);
/// How long calls may go on after the server was told to stop; orchestrators kill after 30 s.
const GRACE: Duration = Duration::from_secs(25);
/// What a page may read besides the body.
const EXPOSED: &str =
    "mcp-protocol-version, mcp-session-id, www-authenticate, retry-after, x-request-id";

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// When to stop, and when to stop waiting.
#[derive(Debug, Clone, Default)]
pub(super) struct Shutdown {
    /// No new calls are taken.
    pub(super) stop: CancellationToken,
    /// Calls that still run are given up.
    pub(super) now: CancellationToken,
}

/// A server that has its ports and does not serve yet.
pub(super) struct Bound {
    main: Port,
    /// Never encrypted: it is for those who run this server.
    admin: Option<Port>,
    shutdown: Shutdown,
}

/// Takes the ports.
///
/// # Errors
/// A port is taken, an address is not ours, or a pattern cannot be understood: one line.
pub(super) async fn bind(
    server: Arc<Server>,
    metrics: Arc<Metrics>,
    options: &Options,
    shutdown: Shutdown,
) -> Result<Bound, StartError> {
    let probes = Probes {
        server: Arc::clone(&server),
        metrics: Arc::clone(&metrics),
        stop: shutdown.stop.clone(),
        upstream: options.ready_upstream,
    };
    let tls = Tls::new(options)?;
    let app = App::new(server, options, &shutdown, tls.as_deref())?;
    let port = |listener, routes| Port {
        listener,
        tls: None,
        routes,
        metrics: None,
        most: options.max_connections,
        shares: Shares::new(options.max_connections, &options.trusted_proxy),
        first_head: FIRST_HEAD,
    };
    let listener = listen(&options.listen, "--listen").await?;
    let (routes, admin) = match &options.admin_listen {
        Some(address) => {
            let listener = listen(address, "--admin-listen").await?;
            let routes = probe_routes(probes).fallback(not_found);
            (mcp_routes(app), Some(port(listener, routes)))
        }
        None => (mcp_routes(app).merge(probe_routes(probes)), None),
    };
    Ok(Bound {
        main: Port {
            tls,
            metrics: Some(metrics),
            ..port(listener, under(&options.path_prefix.0, routes))
        },
        admin,
        shutdown,
    })
}

impl Bound {
    /// Where clients connect; the port is known only now when it was 0.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.main.listener.local_addr().ok()
    }

    /// Where probes are answered, if that is elsewhere.
    pub(super) fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref()?.listener.local_addr().ok()
    }

    /// Serves until it is told to stop, then answers what was asked.
    pub(super) async fn serve(self) {
        let admin = async {
            match self.admin {
                // The probes answer while calls are finished, so that the state can be seen.
                Some(port) => {
                    port.accept(self.shutdown.now.clone()).await;
                }
                None => std::future::pending().await,
            }
        };
        let calls = self.main.accept(self.shutdown.stop.clone());
        let main = async {
            let open = calls.await;
            tokio::select! {
                () = open.shutdown() => {}
                () = tokio::time::sleep(GRACE) => tracing::warn!("calls were given up"),
                () = self.shutdown.now.cancelled() => {}
            }
        };
        tokio::select! {
            () = main => {}
            () = admin => {}
        }
    }
}

async fn listen(address: &Listen, option: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::AddrInUse => "the port is taken".to_owned(),
                _ => error.to_string(),
            };
            StartError(format!("cannot listen on `{address}` ({option}): {reason}"))
        })
}

/// What the routes share.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    server: Arc<Server>,
    sdk: StreamableHttpService<Handler, NeverSessionManager>,
    guard: Guard,
    authentication: Authentication,
    streams: sse::Streams,
    most_streams: sse::Most,
    max_request_bytes: usize,
    prefix: String,
    serves_sse: bool,
    /// Whether some tool has arguments that clients repeat in `Mcp-Param-*` headers (MCP 2026-07-28,
    /// basic/transports).
    wants_argument_headers: bool,
    stop: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    fn new(
        server: Arc<Server>,
        options: &Options,
        shutdown: &Shutdown,
        tls: Option<&Tls>,
    ) -> Result<Self, StartError> {
        let guard = Guard::new(options)?;
        let authentication = Authentication::new(&server, options, tls)?;
        let handler = Handler(Arc::clone(&server));
        // Host and Origin were checked by the guard before.
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_max_request_body_bytes(options.max_request_bytes.0)
            .with_cancellation_token(shutdown.now.clone());
        let sessions = Arc::new(NeverSessionManager::default());
        let sdk = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
        let mut groups = server.def().groups.iter();
        Ok(Self(Arc::new(Shared {
            wants_argument_headers: groups.any(|group| group.schemas.contains("\"x-mcp-header\"")),
            server,
            sdk,
            guard,
            authentication,
            streams: sse::Streams::default(),
            most_streams: sse::Most {
                all: options.max_streams,
                each: options.max_streams_each,
            },
            max_request_bytes: options.max_request_bytes.0,
            prefix: options.path_prefix.0.clone(),
            serves_sse: !options.no_sse,
            stop: shutdown.stop.clone(),
        })))
    }
}

fn mcp_routes(app: App) -> Router {
    // MCP 2026-07-28, basic/transports: without sessions there is no GET stream and nothing to DELETE.
    let only_post = |_: Known| async { method_not_allowed("POST") };
    let mut routes = Router::new().route("/mcp", post(mcp::post).fallback(only_post));
    if app.serves_sse {
        let only_get = |_: Known| async { method_not_allowed("GET") };
        routes = routes
            .route("/sse", get(sse::open).fallback(only_get))
            .route("/messages", post(sse::post).fallback(only_post));
    }
    let metadata = |path: &str| (path.to_owned(), get(metadata));
    let (whole, below) = (
        metadata(METADATA),
        metadata(&format!("{METADATA}/{{*path}}")),
    );
    routes
        // RFC 9728 §3.1: the path of the resource stands behind the well-known one.
        .route(&whole.0, whole.1)
        .route(&below.0, below.1)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(app.clone(), check))
        .with_state(app)
}

fn probe_routes(probes: Probes) -> Router {
    Router::new()
        .route("/health", get(probes::health))
        .route("/ready", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .with_state(probes)
}

/// The same routes with and without the prefix: some proxies take it off, and probes do not know it.
fn under(prefix: &str, routes: Router) -> Router {
    if prefix.is_empty() {
        return routes;
    }
    Router::new().nest(prefix, routes.clone()).merge(routes)
}

/// Refuses who may not call, and completes the response for who may.
async fn check(State(app): State<App>, mut request: Request<Body>, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let checked = app.guard.check(peer, request.uri(), request.headers());
    let origin = match checked {
        Ok(origin) => origin,
        Err(refusal) => {
            let client = peer.map(|peer| app.guard.client(peer, request.headers()).to_string());
            tracing::warn!(client, reason = refusal.message, "request refused");
            return problem(refusal.status, &refusal.message, &refusal.help);
        }
    };
    if let (&Method::OPTIONS, Some(origin)) = (request.method(), &origin) {
        return preflight(origin, request.headers());
    }
    let id = app.server.next_request_id();
    let id_header = HeaderValue::from_str(&id);
    if let Some(client_request_id) = client_request_id(request.headers()) {
        tracing::info!(request_id = id, client_request_id, "request");
    }
    if let Some(peer) = peer {
        let client = app.guard.client(peer, request.headers());
        request.extensions_mut().insert(ClientAddress(client));
    }
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(id) = id_header {
        headers.insert(X_REQUEST_ID, id);
    }
    complete(headers, origin);
    response
}

/// A request of which it is known who sent it, where that is asked for: every way to a tool takes this. As a layer it would cost
/// each call more.
struct Known(Request<Body>);

impl FromRequest<App> for Known {
    type Rejection = Response;

    /// Refuses who has to prove who they are and does not.
    async fn from_request(mut request: Request<Body>, app: &App) -> Result<Self, Response> {
        if !app.authentication.is_needed() {
            return Ok(Self(request));
        }
        let extensions = request.extensions();
        let peer = extensions.get::<Peer>().map(|peer| peer.0.ip());
        let client = extensions.get::<ClientAddress>().map(|client| client.0);
        let from = Source {
            client,
            is_proxy: peer.is_some_and(|peer| app.guard.trusts(peer)),
            certified: extensions.get::<Arc<Certified>>().map(Arc::as_ref),
        };
        match app.authentication.identify(from, request.headers()).await {
            Ok(Some(identity)) => {
                request.extensions_mut().insert(identity);
            }
            Ok(None) => {}
            // On the heap: a request is moved with what it waits for, and few are refused.
            Err(denied) => return Err(Box::pin(refused(app, &denied, request)).await),
        }
        Ok(Self(request))
    }
}

/// The answer to who may not call, which is written down where it was a call.
async fn refused(app: &App, denied: &Denied, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if let Denied::Invalid(reason) | Denied::Certificate(reason) = denied {
        let client = client(Some(&parts)).map(|client| client.to_string());
        tracing::warn!(client, reason, "caller refused");
    }
    let call = mcp::refused_call(&parts, body).await;
    if let Some(call) = &call {
        let caller = caller(&app.server, Some(&parts), CancellationToken::new());
        app.server.turned_away(call, caller, denied.error());
    }
    let scopes = call.and_then(|call| mcp::scopes_of_call(app, &call));
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let is_proxy = peer.is_some_and(|peer| app.guard.trusts(peer));
    (app.authentication).refusal(denied, &parts.headers, is_proxy, scopes.as_deref())
}

/// Who issues the tokens that are taken here (RFC 9728).
async fn metadata(State(app): State<App>, request: Request<Body>) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let is_proxy = peer.is_some_and(|peer| app.guard.trusts(peer));
    let def = app.server.def();
    let own = format!("{METADATA}{}/mcp", app.prefix);
    let path = request.uri().path();
    let is_ours = [METADATA, own.as_str(), &format!("{METADATA}/mcp")].contains(&path);
    let metadata = app
        .authentication
        .metadata(request.headers(), is_proxy, def);
    match metadata.filter(|_| is_ours) {
        Some(metadata) => json(StatusCode::OK, metadata.to_string().into_bytes()),
        None => not_found().await,
    }
}

/// What the client or a proxy calls the request, when it is fit to be logged.
fn client_request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let fit = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fit.then_some(id)
}

/// Headers that every response has.
fn complete(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let is_stream = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
    if is_stream {
        // nginx would hold events back until its buffer is full.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

/// What a browser asks before it lets a page call (Fetch §4.8). The page may send whatever headers it likes: what they
/// mean is checked with the call itself.
fn preflight(origin: &HeaderValue, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST"),
    );
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    complete(answer, Some(origin.clone()));
    response
}

async fn not_found() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "there is nothing here",
        "MCP is served at /mcp",
    )
}

fn method_not_allowed(allowed: &'static str) -> Response {
    let body = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "this method is not allowed here",
        "",
    );
    ([(ALLOW, allowed)], body).into_response()
}

/// A refusal as JSON: `{"error":…,"help":…}`.
fn problem(status: StatusCode, error: &str, help: &str) -> Response {
    let body = match help {
        "" => json!({"error": error}),
        help => json!({"error": error, "help": help}),
    };
    json(status, body.to_string().into_bytes())
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// The whole body, or the response that refuses it.
async fn read_body(body: Body, max: usize, within: Duration) -> Result<Bytes, Response> {
    let collected = tokio::time::timeout(within, Limited::new(body, max).collect());
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("the request is larger than {max} bytes"),
            "raise `--max-request-bytes`",
        )),
        Err(_) => Err(problem(
            StatusCode::REQUEST_TIMEOUT,
            "the request took too long to arrive",
            "",
        )),
        Ok(Err(_)) => Err(problem(
            StatusCode::BAD_REQUEST,
            "the request ended too early",
            "",
        )),
    }
}
