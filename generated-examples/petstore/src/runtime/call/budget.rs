//! Budgets of a call: whether it can be paid for, and what is said when a budget comes to its end.

use super::super::custom::Call;
use super::super::engine::{Content, Inner, ToolResult};
use super::super::identity::Identity;
use super::super::limits::{Spending, Warning};
use super::super::policy::ToolPolicy;
use super::record::Facts;

/// # Errors
/// A budget is used up: what the model reads.
pub(super) async fn check(
    inner: &Inner,
    policy: &ToolPolicy,
    call: &Call,
) -> Result<(), ToolResult> {
    inner.budgets.check(spending(policy, call)).await
}

/// Pays for a call that is about to be made.
///
/// # Errors
/// As for [`check`].
pub(super) async fn spend(
    inner: &Inner,
    policy: &ToolPolicy,
    call: &Call,
    facts: &mut Facts,
) -> Result<(), ToolResult> {
    let spent = inner.budgets.spend(spending(policy, call)).await;
    facts.warnings = spent.inspect_err(|_| {
        facts.denied = true;
        inner.metrics.limited("budget");
    })?;
    for warning in &facts.warnings {
        inner.metrics.budget_warning(warning.budget);
        tracing::warn!(
            tool = &*call.tool,
            budget = warning.budget,
            identity = call.context.identity.as_ref().map(Identity::name),
            "a budget of today is nearly used up",
        );
    }
    Ok(())
}

/// Says in a result what comes to its end.
pub(super) fn with_warnings(mut result: ToolResult, warnings: Vec<Warning>) -> ToolResult {
    let texts = warnings
        .into_iter()
        .map(|warning| Content::Text(warning.text));
    result.content.extend(texts);
    result
}

fn spending<'a>(policy: &ToolPolicy, call: &'a Call) -> Spending<'a> {
    Spending {
        context: &call.context,
        tool: &call.tool,
        budget: policy.budget,
        cost: policy.cost,
    }
}
