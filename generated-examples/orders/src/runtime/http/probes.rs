//! `/health`, `/ready` and `/metrics`: what an orchestrator asks, without a check of who it is.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::metrics::Metrics;
use super::super::server::Server;
use super::super::state::Condition;

/// How long the upstream's name may take to resolve.
const RESOLVE: Duration = Duration::from_secs(2);

/// What the probes look at.
#[derive(Clone)]
pub(super) struct Probes {
    pub(super) server: Arc<Server>,
    pub(super) metrics: Arc<Metrics>,
    /// Fires when the server no longer takes new calls.
    pub(super) stop: CancellationToken,
    /// Whether readiness depends on the upstream's name.
    pub(super) upstream: bool,
}

/// The process runs: `{"status":"ok","name":…,"version":…}`.
pub(super) async fn health(State(probes): State<Probes>) -> Response {
    let def = probes.server.def();
    let body = json!({"status": "ok", "name": def.name, "version": def.version});
    (StatusCode::OK, axum_json(&body)).into_response()
}

/// The server takes calls: 200 `{"status":"ready"}`, or 503 `{"status":"unavailable","reason":…}`. Where replicas share a
/// state, `"state":"up"`, or `"down"` and `"stateReason"`: without it the server goes on.
pub(super) async fn ready(State(probes): State<Probes>) -> Response {
    let reason = if probes.stop.is_cancelled() {
        Some("the server is stopping".to_owned())
    } else {
        upstream_problem(&probes).await
    };
    match reason {
        None => (StatusCode::OK, axum_json(&ready_body(&probes))).into_response(),
        Some(reason) => {
            let body = json!({"status": "unavailable", "reason": reason});
            (StatusCode::SERVICE_UNAVAILABLE, axum_json(&body)).into_response()
        }
    }
}

fn ready_body(probes: &Probes) -> Value {
    let state = probes.server.engine().state();
    match state.condition() {
        None => json!({"status": "ready"}),
        Some(Condition::Up) => json!({"status": "ready", "state": "up"}),
        Some(Condition::Down) => {
            let reason = format!(
                "the shared state does not answer: this replica has 1/{} of every limit, and shares nothing",
                state.parts()
            );
            json!({"status": "ready", "state": "down", "stateReason": reason})
        }
    }
}

/// The metrics in the OpenMetrics text format.
pub(super) async fn metrics(State(probes): State<Probes>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, media_type)], probes.metrics.text()).into_response()
}

async fn upstream_problem(probes: &Probes) -> Option<String> {
    let (host, port) = probes
        .server
        .engine()
        .upstream_host()
        .filter(|_| probes.upstream)?;
    let lookup = tokio::net::lookup_host((host.as_str(), port));
    let addresses = tokio::time::timeout(RESOLVE, lookup).await;
    let found = addresses.is_ok_and(|found| found.is_ok_and(|mut found| found.next().is_some()));
    (!found).then(|| format!("the upstream's host `{host}` does not resolve"))
}

fn axum_json(body: &Value) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body.to_string())
}
