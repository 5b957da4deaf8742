//! What `/metrics` shows: the counters of tool calls and connections, in the OpenMetrics text format.
//!
//! It knows names and numbers only: what counts as an error is the engine's business, where the text is served is
//! `http`'s. A tool's handles are made on its first call, so that a thousand tools cost nothing until they are used.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::engine::ErrorType;

/// The label of every tool that the server does not have, so that clients cannot make up time series.
const UNKNOWN: &str = "unknown";

/// Upper bounds of the duration's buckets in seconds: a cache hit to the default timeout.
const BUCKETS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0,
];

/// The label `status` of `mcp_tool_invocations_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The result is not an error.
    Ok,
    /// The result is an error.
    Error,
    /// A policy refused the call.
    Denied,
    /// The client no longer wanted the answer.
    Cancelled,
}

impl Status {
    const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::Denied, Self::Cancelled];

    /// The label's value.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a call came by an answer that may be kept: the label `outcome` of `mcp_cache_outcomes_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome {
    /// It was kept, and the API was not asked.
    Hit,
    /// The API was asked.
    Miss,
    /// Another call had asked the API already.
    Shared,
    /// It was kept, and the API said that it is right.
    Revalidated,
    /// It was kept, and stands in for an API that fails.
    Stale,
}

impl CacheOutcome {
    /// The label's value.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Shared => "shared",
            Self::Revalidated => "revalidated",
            Self::Stale => "stale",
        }
    }
}

impl ErrorType {
    /// The value of the label `error_type`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::InvalidArguments => "invalid_arguments",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::Upstream4xx => "upstream_4xx",
            Self::Upstream5xx => "upstream_5xx",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::TooLarge => "too_large",
            Self::BreakerOpen => "breaker_open",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabels {
    tool_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    tool_name: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    tool_name: String,
    error_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BudgetLabels {
    budget: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabels {
    hook: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Whether the state that replicas share answers; not shown where there is none.
#[derive(Debug, Clone, Default)]
struct StateUp(Arc<OnceLock<Gauge>>);

impl Collector for StateUp {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let Some(gauge) = self.0.get() else {
            return Ok(());
        };
        let help = "Whether the state that replicas share answers.";
        let metric = encoder.encode_descriptor("mcp_state_up", help, None, gauge.metric_type())?;
        gauge.encode(metric)
    }
}

#[derive(Debug, Clone)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// What is counted for one tool, found by its name once a call.
#[derive(Debug)]
struct ToolHandles {
    invocations: [Counter; Status::ALL.len()],
    duration: Histogram,
}

/// The server's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    tools: OnceLock<HashMap<String, OnceLock<ToolHandles>>>,
    unknown: OnceLock<ToolHandles>,
    invocations: Family<StatusLabels, Counter>,
    duration: Family<ToolLabels, Histogram, Buckets>,
    errors: Family<ErrorLabels, Counter>,
    cache_requests: Counter,
    cache_hits: Counter,
    cache_outcomes: Family<OutcomeLabels, Counter>,
    cache_shared: Family<OutcomeLabels, Counter>,
    active_connections: Gauge,
    in_flight: Gauge,
    retries: Counter,
    polls: Counter,
    failovers: Counter,
    limited: Family<LimitLabels, Counter>,
    budget_warnings: Family<BudgetLabels, Counter>,
    audit_lost: Counter,
    hook_failures: Family<HookLabels, Counter>,
    confirmations: Family<OutcomeLabels, Counter>,
    state_up: StateUp,
    state_errors: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            tools: OnceLock::new(),
            unknown: OnceLock::new(),
            invocations: Family::default(),
            duration: Family::new_with_constructor(Buckets),
            errors: Family::default(),
            cache_requests: Counter::default(),
            cache_hits: Counter::default(),
            cache_outcomes: Family::default(),
            cache_shared: Family::default(),
            active_connections: Gauge::default(),
            in_flight: Gauge::default(),
            retries: Counter::default(),
            polls: Counter::default(),
            failovers: Counter::default(),
            limited: Family::default(),
            budget_warnings: Family::default(),
            audit_lost: Counter::default(),
            hook_failures: Family::default(),
            confirmations: Family::default(),
            state_up: StateUp::default(),
            state_errors: Counter::default(),
        };
        metrics.register_all();
        metrics
    }
}

impl Metrics {
    /// Names the tools that there are; `Engine::new` calls it once. Other names are counted as `unknown`.
    pub fn register<I: IntoIterator<Item = S>, S: Into<String>>(&self, tools: I) {
        self.tools.get_or_init(|| {
            tools
                .into_iter()
                .map(|name| (name.into(), OnceLock::new()))
                .collect()
        });
    }

    /// Counts a finished call of a tool and how long it took.
    pub fn invocation(&self, tool: &str, status: Status, seconds: f64) {
        let handles = self.handles(tool);
        handles.invocations[status as usize].inc();
        handles.duration.observe(seconds);
    }

    /// Counts why a call of a tool failed. A cancelled call is no error; its status says it.
    pub fn error(&self, tool: &str, error_type: ErrorType) {
        if error_type == ErrorType::Cancelled {
            return;
        }
        let tool_name = self.known_name(tool).to_owned();
        let error_type = error_type.label();
        self.errors
            .get_or_create(&ErrorLabels {
                tool_name,
                error_type,
            })
            .inc();
    }

    /// Counts a look into the cache of upstream responses.
    pub fn cache(&self, outcome: CacheOutcome) {
        self.cache_requests.inc();
        if outcome == CacheOutcome::Hit {
            self.cache_hits.inc();
        }
        let outcome = outcome.label();
        self.cache_outcomes
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// Counts what the shared state said of an answer: `hit`, it had it, `valid`, that of this replica is still right,
    /// `miss`, or `unanswered`.
    pub fn cache_shared(&self, outcome: &'static str) {
        self.cache_shared
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// Counts what became of asking the user for consent: `asked`, `given` or `declined`.
    pub fn confirmation(&self, outcome: &'static str) {
        self.confirmations
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// Says whether the state that replicas share answers.
    pub fn state(&self, is_up: bool) {
        let gauge = self.state_up.0.get_or_init(Gauge::default);
        gauge.set(i64::from(is_up));
    }

    /// Counts a question to the shared state that had no answer.
    pub fn state_error(&self) {
        self.state_errors.inc();
    }

    /// Counts an address of the API that could not be reached, and another one was asked.
    pub fn failover(&self) {
        self.failovers.inc();
    }

    /// Counts an attempt after the first.
    pub fn retry(&self) {
        self.retries.inc();
    }

    /// Counts a look at how far work is that goes on.
    pub fn poll(&self) {
        self.polls.inc();
    }

    /// Counts code of the owner's that panicked or took too long: `before`, `after`, `on_error`, `on_list` or `tool`.
    pub fn hook_failure(&self, hook: &'static str) {
        self.hook_failures.get_or_create(&HookLabels { hook }).inc();
    }

    /// Counts a call that a limit refused: `rate`, `budget`, `loop`, `queue` or `breaker`.
    pub fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&LimitLabels { limit }).inc();
    }

    /// Counts a budget that comes to its end: of an `identity`, a `team` or a `tool`.
    pub fn budget_warning(&self, budget: &'static str) {
        let labels = BudgetLabels { budget };
        self.budget_warnings.get_or_create(&labels).inc();
    }

    /// Counts lines of the audit log that could not be written.
    pub fn audit_lost(&self, lines: u64) {
        self.audit_lost.inc_by(lines);
    }

    /// Counts a call as in flight until the guard is dropped.
    #[must_use]
    pub fn in_flight(&self) -> GaugeGuard {
        GaugeGuard::new(&self.in_flight)
    }

    /// Counts a client's connection as active until the guard is dropped.
    #[must_use]
    pub fn active_connection(&self) -> GaugeGuard {
        GaugeGuard::new(&self.active_connections)
    }

    /// Everything in the OpenMetrics text format (`application/openmetrics-text; version=1.0.0`).
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }

    fn register_all(&mut self) {
        let registry = &mut self.registry;
        // The encoder appends `_total` to counters and a full stop to every help text.
        registry.register(
            "mcp_tool_invocations",
            "Finished tool calls",
            self.invocations.clone(),
        );
        registry.register(
            "mcp_tool_duration_seconds",
            "Duration of tool calls",
            self.duration.clone(),
        );
        registry.register(
            "mcp_tool_errors",
            "Failed tool calls by cause",
            self.errors.clone(),
        );
        registry.register(
            "mcp_cache_requests",
            "Look-ups in the response cache",
            self.cache_requests.clone(),
        );
        registry.register(
            "mcp_cache_hits",
            "Look-ups that the response cache answered",
            self.cache_hits.clone(),
        );
        registry.register(
            "mcp_cache_outcomes",
            "Look-ups in the response cache by what became of them",
            self.cache_outcomes.clone(),
        );
        registry.register(
            "mcp_cache_shared",
            "Questions about kept answers to the state that replicas share, by its answer",
            self.cache_shared.clone(),
        );
        registry.register(
            "mcp_active_connections",
            "Open connections of clients",
            self.active_connections.clone(),
        );
        registry.register(
            "mcp_retries",
            "Attempts after the first",
            self.retries.clone(),
        );
        registry.register(
            "mcp_polls",
            "Looks at how far work is that goes on at the API",
            self.polls.clone(),
        );
        registry.register(
            "mcp_failovers",
            "Addresses of the API that could not be reached or failed, and were left for the next one",
            self.failovers.clone(),
        );
        registry.register(
            "mcp_limited_calls",
            "Calls that a limit refused",
            self.limited.clone(),
        );
        registry.register(
            "mcp_budget_warnings",
            "Budgets of a day that came near their end",
            self.budget_warnings.clone(),
        );
        registry.register(
            "mcp_hook_failures",
            "Hooks and own tools that panicked or took too long",
            self.hook_failures.clone(),
        );
        registry.register(
            "mcp_confirmations",
            "Calls that need the consent of the user, by what became of asking",
            self.confirmations.clone(),
        );
        registry.register_collector(Box::new(self.state_up.clone()));
        registry.register(
            "mcp_state_errors",
            "Questions to the shared state that had no answer",
            self.state_errors.clone(),
        );
        registry.register(
            "mcp_audit_lost_lines",
            "Lines of the audit log that could not be written",
            self.audit_lost.clone(),
        );
        registry.register(
            "mcp_in_flight",
            "Tool calls that are being answered",
            self.in_flight.clone(),
        );
    }

    fn known_name<'a>(&self, tool: &'a str) -> &'a str {
        let known = self.tools.get().is_some_and(|t| t.contains_key(tool));
        if known { tool } else { UNKNOWN }
    }

    fn handles(&self, tool: &str) -> &ToolHandles {
        let cell = self.tools.get().and_then(|tools| tools.get(tool));
        match cell {
            Some(cell) => cell.get_or_init(|| self.new_handles(tool)),
            None => self.unknown.get_or_init(|| self.new_handles(UNKNOWN)),
        }
    }

    fn new_handles(&self, tool: &str) -> ToolHandles {
        let tool_name = tool.to_owned();
        ToolHandles {
            invocations: Status::ALL.map(|status| {
                self.invocations.get_or_create_owned(&StatusLabels {
                    tool_name: tool_name.clone(),
                    status: status.label(),
                })
            }),
            duration: self.duration.get_or_create_owned(&ToolLabels { tool_name }),
        }
    }
}

/// Holds a gauge one higher for as long as it lives.
#[derive(Debug)]
pub struct GaugeGuard(Gauge);

impl GaugeGuard {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_call_is_counted_by_tool_and_status() {
        let metrics = Metrics::default();
        metrics.register(["list_pets"]);
        metrics.invocation("list_pets", Status::Ok, 0.004);
        metrics.invocation("list_pets", Status::Denied, 0.2);
        let text = metrics.text();
        for line in [
            r#"mcp_tool_invocations_total{tool_name="list_pets",status="ok"} 1"#,
            r#"mcp_tool_invocations_total{tool_name="list_pets",status="denied"} 1"#,
            r#"mcp_tool_invocations_total{tool_name="list_pets",status="error"} 0"#,
            r#"mcp_tool_duration_seconds_count{tool_name="list_pets"} 2"#,
            r#"mcp_tool_duration_seconds_bucket{le="0.005",tool_name="list_pets"} 1"#,
        ] {
            assert!(text.contains(line), "`{line}` is not in:\n{text}");
        }
    }

    #[test]
    fn a_client_cannot_make_up_time_series() {
        let metrics = Metrics::default();
        metrics.register(["list_pets"]);
        metrics.invocation("made_up_1", Status::Error, 0.1);
        metrics.invocation("made_up_2", Status::Error, 0.1);
        metrics.error("made_up_3", ErrorType::Internal);
        let text = metrics.text();
        assert!(!text.contains("made_up"), "{text}");
        assert!(
            text.contains(r#"mcp_tool_invocations_total{tool_name="unknown",status="error"} 2"#)
        );
        assert!(
            text.contains(r#"mcp_tool_errors_total{tool_name="unknown",error_type="internal"} 1"#)
        );
    }

    #[test]
    fn a_cancelled_call_is_no_error() {
        let metrics = Metrics::default();
        metrics.error("list_pets", ErrorType::Cancelled);
        assert!(!metrics.text().contains("mcp_tool_errors_total{"));
    }

    #[test]
    fn a_guard_counts_for_as_long_as_it_lives() {
        let metrics = Metrics::default();
        let call = metrics.in_flight();
        let connection = metrics.active_connection();
        assert!(metrics.text().contains("mcp_in_flight 1\n"));
        assert!(metrics.text().contains("mcp_active_connections 1\n"));
        drop((call, connection));
        assert!(metrics.text().contains("mcp_in_flight 0\n"));
        assert!(metrics.text().contains("mcp_active_connections 0\n"));
    }
}
