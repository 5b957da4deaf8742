//! What is counted, logged and audited about a call when it ends, also when its future is dropped.

use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use chrono::Utc;
use serde_json::{Map, Value};

use super::super::audit::{Entry, fingerprint};
use super::super::engine::{CallContext, ErrorType, Inner, ToolResult};
use super::super::identity::Identity;
use super::super::limits::Warning;
use super::super::metrics::{GaugeGuard, Status};
use super::super::policy::DataClass;

/// What is known of a call beside its result.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) upstream_status: Option<u16>,
    pub(super) bytes: usize,
    /// Which address of the server was asked last.
    pub(super) address: usize,
    /// Whether a policy refused it.
    pub(super) denied: bool,
    /// Whether a guard looks at the response.
    pub(super) wants_json: bool,
    /// The whole response, where that is so.
    pub(super) json: Option<Bytes>,
    /// How the answer was come by, where it was not asked for by its call alone.
    pub(super) cache: Option<&'static str>,
    /// What identifies the arguments, where the user gave some of them.
    pub(super) fingerprint: Option<String>,
    /// Whether the work of the call goes on at the API.
    pub(super) goes_on: bool,
    /// The tool whose operation the call is about.
    pub(super) operation_of: Option<&'static str>,
    /// How sensitive the result is, where that is another tool's.
    pub(super) class: Option<DataClass>,
    /// What became of asking the user.
    pub(super) confirmation: Option<&'static str>,
    /// Budgets that it has brought near their end.
    pub(super) warnings: Vec<Warning>,
    #[cfg(feature = "cache")]
    pub(super) served: Option<super::kept::Served>,
}

/// What a tool is called where a call of it is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    /// In metrics and in the log.
    shown: &'a str,
    /// In the audit log, which says what was tried.
    audited: &'a str,
    /// Whether there is such a tool and the caller does not see it.
    is_hidden: bool,
}

impl<'a> Names<'a> {
    /// `seen` is the name where the caller sees the tool. Any other name is the client's own text.
    pub(super) fn of(inner: &Inner, name: &'a str, seen: Option<&'a str>) -> Self {
        const UNKNOWN: &str = "unknown";
        let exists = seen.is_some() || inner.catalog.position(name).is_some();
        Self {
            shown: seen.unwrap_or(UNKNOWN),
            audited: if exists { name } else { UNKNOWN },
            is_hidden: exists && seen.is_none(),
        }
    }
}

pub(super) struct Record<'a> {
    inner: &'a Inner,
    names: Names<'a>,
    started: Instant,
    pub(super) facts: Facts,
    request_id: String,
    identity: Option<Identity>,
    client: Option<IpAddr>,
    audited: Option<Audited>,
    ended: bool,
    _in_flight: GaugeGuard,
}

/// What only the audit log needs.
struct Audited {
    class: DataClass,
    fingerprint: Option<String>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        inner: &'a Inner,
        names: Names<'a>,
        class: DataClass,
        arguments: &Map<String, Value>,
        context: &CallContext,
    ) -> Self {
        let audited = inner.audit.get().map(|_| Audited {
            class,
            fingerprint: (class != DataClass::Confidential).then(|| fingerprint(arguments)),
        });
        Self {
            inner,
            names,
            started: Instant::now(),
            facts: Facts::default(),
            request_id: context.request_id.clone(),
            identity: context.identity.clone(),
            client: context.client,
            audited,
            ended: false,
            _in_flight: inner.metrics.in_flight(),
        }
    }

    pub(super) fn finish(mut self, result: &ToolResult) {
        let status = match result.error {
            None => Status::Ok,
            Some(ErrorType::Cancelled) => Status::Cancelled,
            Some(_) if self.facts.denied => Status::Denied,
            Some(_) => Status::Error,
        };
        self.end(status, result.error);
    }

    fn end(&mut self, status: Status, error: Option<ErrorType>) {
        self.ended = true;
        let seconds = self.started.elapsed().as_secs_f64();
        let metrics = &self.inner.metrics;
        metrics.invocation(self.names.shown, status, seconds);
        if let Some(error) = error {
            metrics.error(self.names.shown, error);
        }
        tracing::info!(
            target: "mcp::call",
            request_id = self.request_id,
            tool = self.names.shown,
            status = status.label(),
            error_type = error.map(ErrorType::label),
            upstream_status = self.facts.upstream_status,
            duration_ms = seconds * 1e3,
            bytes = self.facts.bytes,
            cache = self.facts.cache,
            confirmation = self.facts.confirmation,
            operation_of = self.facts.operation_of,
            identity = self.identity.as_ref().map(Identity::name),
        );
        self.audit(status, error, seconds);
    }

    fn audit(&self, status: Status, error: Option<ErrorType>, seconds: f64) {
        let (Some(log), Some(audited)) = (self.inner.audit.get(), &self.audited) else {
            return;
        };
        let identity = self.identity.as_ref();
        let limits = &self.inner.settings.limits;
        log.write(&Entry {
            time: Utc::now(),
            request_id: &self.request_id,
            identity: identity.map(Identity::name),
            means: identity.map(|identity| identity.means().label()),
            tenant: identity.and_then(|identity| identity.claim(&limits.tenant_claim)),
            team: identity.and_then(|identity| identity.claim(&limits.team_claim)),
            client: self.client,
            tool: self.names.audited,
            data_class: self.facts.class.unwrap_or(audited.class).label(),
            arguments: (audited.fingerprint.as_deref())
                .map(|sent| self.facts.fingerprint.as_deref().unwrap_or(sent)),
            outcome: if self.names.is_hidden {
                Status::Denied
            } else {
                status
            }
            .label(),
            error_type: error.map(ErrorType::label),
            duration_ms: (seconds * 1e6).round() / 1e3,
            upstream_status: self.facts.upstream_status,
            result_bytes: self.facts.bytes,
            cache: self.facts.cache,
            confirmation: self.facts.confirmation,
            operation_of: self.facts.operation_of,
        });
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Status::Cancelled, None);
        }
    }
}
