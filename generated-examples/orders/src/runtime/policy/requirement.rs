//! What must be true of calls: the conditions of all tables that are about a tool. A closer table adds to what others
//! require, and takes nothing away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use super::super::arguments::nearest;
use super::super::engine::StartError;
use super::super::identity::Identity;
use super::super::selector::Selector;
use super::PolicySettings;
use super::compiled::{Facts, Rules};
use super::condition::{About, Condition};

/// What is said of a refusal for which the owner has no words.
const REFUSED: &str = "this call is not allowed with these arguments.";

/// What one table requires.
#[derive(Debug)]
pub(super) struct Requirement {
    condition: Condition,
    message: Option<String>,
    /// The key that it stands at.
    place: String,
}

/// What all tables about a tool require of its calls.
#[derive(Debug, Default)]
pub(in super::super) struct Requirements {
    all: Vec<Arc<Requirement>>,
    tenant_claim: Arc<str>,
    /// Whether the log says that one could not be decided.
    is_told: AtomicBool,
}

impl Requirements {
    pub(super) fn new(
        all: &[(&Selector, Arc<Requirement>)],
        tool: &Facts<'_>,
        tenant_claim: &Arc<str>,
    ) -> Self {
        let own = all.iter().filter(|(selector, _)| tool.fits(selector));
        Self {
            all: own.map(|(_, it)| Arc::clone(it)).collect(),
            tenant_claim: Arc::clone(tenant_claim),
            is_told: AtomicBool::new(false),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Why a call with these arguments is refused; `None` where it may be made.
    pub(in super::super) fn refusal(
        &self,
        tool: &str,
        identity: Option<&Identity>,
        arguments: &Map<String, Value>,
    ) -> Option<String> {
        let caller = (identity, &*self.tenant_claim);
        self.all.iter().find_map(|required| {
            let told = match required.condition.holds(caller, Some(arguments)) {
                Ok(true) => return None,
                Ok(false) => None,
                Err(undecided) => {
                    self.tell(tool, &required.place, undecided.reason());
                    undecided.told()
                }
            };
            let why = match (&required.message, told) {
                (_, Some(told)) => format!("{told}."),
                (Some(message), None) => message.clone(),
                (None, None) => REFUSED.to_owned(),
            };
            Some(format!("`{tool}` is refused: {why}"))
        })
    }

    /// Once for each tool: what calls hold must not fill the log.
    fn tell(&self, tool: &str, place: &str, reason: &str) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "mcp::policy",
                tool,
                "{place} could not be decided, so the call was refused, as others will be: {reason}"
            );
        }
    }
}

/// The requirements of all tables, each read once.
///
/// # Errors
/// An expression that cannot be one, or that is about an argument that no tool of its table has.
pub(super) fn requirements<'r>(
    rules: &'r Rules<'_>,
    settings: &PolicySettings,
    tools: &[Facts<'_>],
) -> Result<Vec<(&'r Selector, Arc<Requirement>)>, StartError> {
    let mut all = Vec::new();
    for (selector, rule) in rules {
        let place = settings
            .tables
            .place(&format!("[tools.\"{selector}\"] require"));
        let Some(text) = &rule.require else {
            if rule.require_message.is_some() {
                return Err(StartError(format!(
                    "{place}: `require-message` is said when it fails, and it is missing"
                )));
            }
            continue;
        };
        let wrong = |why: String| StartError(format!("{place}: {why}"));
        let condition = Condition::new(text, About::Call).map_err(wrong)?;
        let about: Vec<&Facts<'_>> = tools.iter().filter(|tool| tool.fits(selector)).collect();
        for argument in condition.arguments() {
            check_argument(argument, &about).map_err(wrong)?;
        }
        let required = Requirement {
            condition,
            message: rule.require_message.clone(),
            place,
        };
        all.push((selector, Arc::new(required)));
    }
    Ok(all)
}

fn check_argument(argument: &str, tools: &[&Facts<'_>]) -> Result<(), String> {
    if tools.iter().any(|tool| tool.has_argument(argument)) {
        return Ok(());
    }
    let names = tools.iter().flat_map(|tool| tool.arguments());
    let whose = match tools {
        [tool] => format!("`{}` has no argument `{argument}`", tool.name()),
        _ => format!("no tool that this is about has an argument `{argument}`"),
    };
    Err(match nearest(argument, names, 1).first() {
        Some(near) => format!("{whose}; did you mean `{near}`?"),
        None => whose,
    })
}
