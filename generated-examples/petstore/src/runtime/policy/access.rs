//! Who sees which tools: `[access.NAME]` by roles and scopes, deny by default once there is one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::engine::StartError;
use super::super::identity::Identity;
use super::super::selector::Selector;
use super::PolicySettings;
use super::compiled::{Facts, selector};
use super::condition::{About, Condition};
use super::tables::{AccessRule, Tables};

/// The name of the rule for who has no identity.
const ANONYMOUS: &str = "anonymous";

/// The access rules with the tools that each allows.
#[derive(Debug, Default)]
pub(super) struct Access {
    rules: Vec<Rule>,
    tenant_claim: String,
}

/// One of them; the tools by their positions.
#[derive(Debug)]
struct Rule {
    name: String,
    allows: Vec<bool>,
    denies: Vec<bool>,
    when: Option<When>,
}

/// A rule that is about a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Applying {
    rule: usize,
    /// Whether it also allows; one whose condition could not be decided only denies.
    allows: bool,
}

/// The condition of a rule.
#[derive(Debug)]
struct When {
    condition: Condition,
    place: String,
    /// Whether the log says that it could not be decided.
    is_told: AtomicBool,
}

impl When {
    /// # Errors
    /// An expression that cannot be one, or that is about who is not known.
    fn new(name: &str, rule: &AccessRule, tables: &Tables) -> Result<Option<Self>, StartError> {
        let Some(text) = &rule.when else {
            return Ok(None);
        };
        let place = tables.place(&format!("[access.{name}] when"));
        if name == ANONYMOUS {
            return Err(StartError(format!(
                "{place}: nothing is known of who has no identity; take the condition away"
            )));
        }
        let condition = Condition::new(text, About::Caller);
        let condition = condition.map_err(|why| StartError(format!("{place}: {why}")))?;
        Ok(Some(Self {
            condition,
            place,
            is_told: AtomicBool::new(false),
        }))
    }

    /// Whether it holds; `None` where that cannot be decided.
    fn holds(&self, identity: Option<&Identity>, tenant_claim: &str) -> Option<bool> {
        let decided = self.condition.holds((identity, tenant_claim), None);
        let told = decided.inspect_err(|undecided| {
            if !self.is_told.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    target: "mcp::policy",
                    "{} could not be decided for a caller, to whom the table allows nothing, nor to others like that: {}",
                    self.place,
                    undecided.reason()
                );
            }
        });
        told.ok()
    }
}

impl Access {
    pub(super) fn new(settings: &PolicySettings, tools: &[Facts<'_>]) -> Result<Self, StartError> {
        let tables = &settings.tables;
        let mut rules = Vec::new();
        for (name, rule) in &tables.access {
            let place = |list: &str| format!("[access.{}] {list}", name.get_ref());
            let read = |list: &str, texts: &[toml::Spanned<String>]| {
                (texts.iter())
                    .map(|text| selector(text.get_ref(), &place(list), tools))
                    .collect::<Result<Vec<Selector>, _>>()
            };
            let (allow, deny) = (read("allow", &rule.allow)?, read("deny", &rule.deny)?);
            let about = |selectors: &[Selector]| -> Vec<bool> {
                (tools.iter())
                    .map(|facts| selectors.iter().any(|selector| facts.fits(selector)))
                    .collect()
            };
            let denies = about(&deny);
            let allows = about(&allow).into_iter().zip(&denies);
            rules.push(Rule {
                name: name.get_ref().clone(),
                allows: allows.map(|(allow, deny)| allow && !deny).collect(),
                denies,
                when: When::new(name.get_ref(), rule, tables)?,
            });
        }
        Ok(Self {
            rules,
            tenant_claim: settings.tenant_claim.clone(),
        })
    }

    /// Whether access depends on who calls.
    pub(super) fn is_set(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether a rule has a condition.
    pub(super) fn has_conditions(&self) -> bool {
        self.rules.iter().any(|rule| rule.when.is_some())
    }

    /// The rules that fit an identity.
    pub(super) fn rules_of(&self, identity: Option<&Identity>) -> Vec<Applying> {
        let fits = |name: &str| match identity {
            Some(identity) => identity.has_role(name),
            None => name == ANONYMOUS,
        };
        let all = self.rules.iter().enumerate();
        all.filter(|(_, rule)| fits(&rule.name))
            .filter_map(|(index, rule)| {
                let holds = match &rule.when {
                    Some(when) => when.holds(identity, &self.tenant_claim),
                    None => Some(true),
                };
                (holds != Some(false)).then_some(Applying {
                    rule: index,
                    allows: holds == Some(true),
                })
            })
            .collect()
    }

    /// Whether one of these rules allows a tool.
    pub(super) fn allows(&self, rules: &[Applying], position: usize) -> bool {
        let allows = |it: &Applying| it.allows && self.rules[it.rule].allows[position];
        !self.is_set() || rules.iter().any(allows)
    }

    /// Whether one of these rules denies a tool by name.
    pub(super) fn denies(&self, rules: &[Applying], position: usize) -> bool {
        (rules.iter()).any(|it| self.rules[it.rule].denies[position])
    }
}
