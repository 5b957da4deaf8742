//! How often: buckets per caller, tenant, tool and for all, and the guard against agents that go round in circles.
//!
//! What is limited is told with the time to wait. The buckets are `bucket`'s, or those that replicas share (`shared`); who
//! calls is `identity`'s.

mod bucket;
mod budgets;
mod shared;
pub(super) mod turns;

use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use ahash::{AHasher, RandomState};
use serde_json::{Map, Value, json};

use super::engine::{CallContext, ErrorType, ToolResult};
use super::identity::Means;
use super::settings::{Budget, Frequency};
use super::state::State;
pub(super) use bucket::Buckets;
pub(super) use budgets::{Budgets, Spending, Warning};

/// The limits of a server; `None` is off.
#[derive(Debug, Clone, Default)]
pub struct LimitSettings {
    /// Of an identity, or of an address where there is none.
    pub caller: Option<Frequency>,
    /// Of all identities of a tenant.
    pub tenant: Option<Frequency>,
    /// Of all.
    pub all: Option<Frequency>,
    /// What an identity may use up in a day, or an address where there is none.
    pub budget: Budget,
    /// What all identities of a team may.
    pub team_budget: Budget,
    /// At how many percent of a budget to warn; 0 is never.
    pub budget_warning: u8,
    /// How often the same call goes to the API in a minute.
    pub repetitions: Option<u32>,
    /// How many calls go to a server of the API at once, and how many wait.
    pub concurrency: Option<(usize, usize)>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The claim that names the team.
    pub team_claim: String,
}

/// The limits at work.
#[derive(Debug)]
pub(super) struct Limits {
    caller: Option<Buckets>,
    tenant: Option<Buckets>,
    all: Option<Buckets>,
    repetitions: Option<Buckets>,
    tenant_claim: String,
    hasher: RandomState,
    state: State,
}

/// Who calls, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Caller<'a> {
    Identity(&'a str, Means),
    Address(IpAddr),
    /// Over stdio there is one.
    Only,
}

impl Caller<'_> {
    /// By the same name on every replica; over stdio each process has its own, which is `process`.
    fn name(&self, process: u64) -> Value {
        match self {
            Self::Identity(name, means) => json!([means.label(), name]),
            Self::Address(address) => json!(address.to_string()),
            Self::Only => json!(process),
        }
    }
}

impl Limits {
    pub(super) fn new(settings: &LimitSettings, state: State) -> Self {
        let minute = |count: u32| Frequency {
            count,
            span: Duration::from_secs(60),
            burst: count,
        };
        Self {
            caller: settings.caller.map(Buckets::new),
            tenant: settings.tenant.map(Buckets::new),
            all: settings.all.map(Buckets::new),
            repetitions: settings.repetitions.map(minute).map(Buckets::new),
            tenant_claim: settings.tenant_claim.clone(),
            hasher: RandomState::new(),
            state,
        }
    }

    /// Counts a call against everything that does not depend on the tool.
    ///
    /// # Errors
    /// One is used up: what the model reads.
    pub(super) async fn admit(&self, context: &CallContext) -> Result<(), ToolResult> {
        if self.state.is_shared()
            && let Some(admitted) = Box::pin(self.admit_everywhere(context)).await
        {
            return admitted;
        }
        self.admit_here(context)
    }

    fn admit_here(&self, context: &CallContext) -> Result<(), ToolResult> {
        let (now, parts) = (Instant::now(), self.state.parts());
        // From the narrow to the wide: who is over their own limit takes nothing from the others.
        if let Some(buckets) = &self.caller {
            let key = self.hashed(|hasher| caller(context).hash(hasher));
            buckets
                .take(key, now, parts)
                .map_err(|wait| too_many("You", buckets, wait))?;
        }
        if let (Some(buckets), Some(tenant)) = (&self.tenant, self.tenant_of(context)) {
            let key = self.hashed(|hasher| tenant.hash(hasher));
            buckets
                .take(key, now, parts)
                .map_err(|wait| too_many("Your organisation", buckets, wait))?;
        }
        if let Some(buckets) = &self.all {
            buckets
                .take(0, now, parts)
                .map_err(|wait| too_many("This server", buckets, wait))?;
        }
        Ok(())
    }

    /// Counts a call against the limit of its tool, which all callers share, and against its like.
    ///
    /// # Errors
    /// One is used up: which, as in metrics, and what the model reads.
    pub(super) async fn admit_to_tool(
        &self,
        call: &Calling<'_>,
        buckets: Option<&Buckets>,
    ) -> Result<(), (&'static str, ToolResult)> {
        if buckets.is_none() && self.repetitions.is_none() {
            return Ok(());
        }
        if self.state.is_shared()
            && let Some(admitted) = Box::pin(self.admit_to_tool_everywhere(call, buckets)).await
        {
            return admitted;
        }
        let now = Instant::now();
        if let Some(buckets) = buckets {
            let taken = buckets.take(0, now, self.state.parts());
            taken.map_err(|wait| ("rate", too_many(&of_tool(call.tool), buckets, wait)))?;
        }
        let again = self.admit_again(call, now);
        again.map_err(|refusal| ("loop", refusal))
    }

    /// Counts a call against its like.
    ///
    /// # Errors
    /// It was made too often in a minute.
    fn admit_again(&self, call: &Calling<'_>, now: Instant) -> Result<(), ToolResult> {
        let Some(buckets) = self.repetitions.as_ref().filter(|_| !call.repeats) else {
            return Ok(());
        };
        let Calling {
            tool,
            arguments,
            fields,
            jq,
            context,
            ..
        } = *call;
        let key = self.hashed(|hasher| {
            (caller(context), tool).hash(hasher);
            (fields.map(Value::to_string), jq.map(Value::to_string)).hash(hasher);
            for (name, value) in arguments {
                // The order of arguments says nothing; the JSON of a value is the same for the same value.
                let one = self.hasher.hash_one((name, value.to_string()));
                hasher.write_u64(one);
            }
        });
        let taken = buckets.take(key, now, self.state.parts());
        taken.map_err(|wait| in_circles(tool, buckets, wait))
    }

    fn tenant_of<'a>(&self, context: &'a CallContext) -> Option<&'a Value> {
        context.identity.as_ref()?.claim(&self.tenant_claim)
    }

    fn hashed(&self, write: impl FnOnce(&mut AHasher)) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        write(&mut hasher);
        hasher.finish()
    }
}

/// A call whose arguments are in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calling<'a> {
    pub(super) tool: &'a str,
    pub(super) arguments: &'a Map<String, Value>,
    /// The parts of the answer that it wants.
    pub(super) fields: Option<&'a Value>,
    /// The jq program that the answer is given to.
    pub(super) jq: Option<&'a Value>,
    pub(super) context: &'a CallContext,
    /// Whether its tool is made to be called like this again and again.
    pub(super) repeats: bool,
}

/// What tells a caller from the others, in this process.
pub(super) fn number_of(context: &CallContext) -> u64 {
    let mut hasher = DefaultHasher::new();
    caller(context).hash(&mut hasher);
    hasher.finish()
}

fn caller(context: &CallContext) -> Caller<'_> {
    match (&context.identity, context.client) {
        (Some(identity), _) => Caller::Identity(identity.name(), identity.means()),
        (None, Some(address)) => Caller::Address(block(address)),
        (None, None) => Caller::Only,
    }
}

/// Whoever has one IPv6 address usually has 2^64 of them.
pub(super) fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        four @ IpAddr::V4(_) => four,
    }
}

fn of_tool(tool: &str) -> String {
    format!("All callers of `{tool}` together")
}

fn in_circles(tool: &str, buckets: &Buckets, wait: Duration) -> ToolResult {
    let text = format!(
        "`{tool}` was called with these arguments {} times in a minute, and the answer will not be another one now. Use \
         the answers that you have, change the arguments, or tell the user that this does not lead on. It can be called \
         like this again in {}.",
        buckets.frequency().count,
        seconds(wait)
    );
    ToolResult::failure(ErrorType::RateLimited, text)
}

fn too_many(who: &str, buckets: &Buckets, wait: Duration) -> ToolResult {
    let text = format!(
        "Too many calls, so this one was not made: {who} may call {}. Try again in {}.",
        buckets.frequency(),
        seconds(wait)
    );
    ToolResult::failure(ErrorType::RateLimited, text)
}

/// Rounded up, so that who waits that long does not come too early.
fn seconds(wait: Duration) -> String {
    format!("{} s", wait.as_millis().div_ceil(1000).max(1))
}

#[cfg(test)]
mod tests;
