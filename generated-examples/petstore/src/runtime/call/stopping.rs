//! Work that nobody waits for any more, stopped where the owner wants that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;

use super::super::catalog::Found;
use super::super::engine::{CallContext, Inner};
use super::super::operations::{Doing, Operation};
use super::super::request::Outgoing;
use super::super::steps::Steps;
use super::super::wire::is_modern;
use super::following::looking;
use super::record::Facts;
use super::{Asked, attempts};

/// The longest time for it.
const STOPPING: Duration = Duration::from_secs(10);

/// Asks the API to stop work when it is dropped.
pub(super) struct Stop(Option<Stopping>);

struct Stopping {
    inner: Arc<Inner>,
    tool: &'static str,
    request: Outgoing,
    context: CallContext,
}

impl Stop {
    pub(super) fn new(inner: &Arc<Inner>, asked: &Asked<'_>, operation: &Operation) -> Self {
        let context = &asked.call.context;
        let may_stop = match inner.catalog.doing(Doing::Cancel) {
            Some(position) => inner
                .policies
                .view(context.identity.as_ref())
                .sees(position),
            None => !inner.settings.policies.read_only,
        };
        let stops = inner.settings.follow.cancels_upstream && may_stop;
        Self((stops && operation.can_be_cancelled()).then(|| Stopping {
            inner: Arc::clone(inner),
            tool: asked.tool.def.name,
            request: looking(asked, Method::DELETE, &operation.monitor),
            context: context.clone(),
        }))
    }

    /// The work is over, or somebody has a handle for it.
    pub(super) fn not_any_more(mut self) {
        self.0 = None;
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        let Some(stopping) = self.0.take() else {
            return;
        };
        // Up to MCP 2025-11-25 a connection over HTTP may break without meaning anything.
        let is_meant =
            stopping.context.cancelled.is_cancelled() || is_modern(&stopping.context.meta);
        if let (true, Ok(runtime)) = (is_meant, tokio::runtime::Handle::try_current()) {
            runtime.spawn(stopping.send());
        }
    }
}

impl Stopping {
    async fn send(self) {
        let Some(Found::Generated(tool)) = self.inner.catalog.find(self.tool) else {
            return;
        };
        let until = (Instant::now() + STOPPING, STOPPING);
        let (mut steps, mut facts) = (Steps::new(None), Facts::default());
        let watched = (&mut steps, &mut facts);
        let ended = attempts::made(&self.inner, tool, &self.request, until, watched).await;
        let upstream_status = ended.ok().map(|(status, ..)| status.as_u16());
        tracing::info!(
            target: "mcp::call",
            request_id = self.context.request_id,
            tool = self.tool,
            upstream_status,
            "the API was asked to stop the work of a call that was cancelled"
        );
    }
}
