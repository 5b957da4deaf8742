//! Who sees which tools: `[access.NAME]` by roles and scopes, deny by default once there is one.

use super::super::engine::StartError;
use super::super::identity::Identity;
use super::super::selector::Selector;
use super::compiled::{Facts, selector};
use super::tables::Tables;

/// The name of the rule for who has no identity.
const ANONYMOUS: &str = "anonymous";

/// The access rules with the tools that each allows.
#[derive(Debug, Default)]
pub(super) struct Access {
    rules: Vec<Rule>,
}

/// One of them; the tools by their positions.
#[derive(Debug)]
struct Rule {
    name: String,
    allows: Vec<bool>,
    denies: Vec<bool>,
}

impl Access {
    pub(super) fn new(tables: &Tables, tools: &[Facts<'_>]) -> Result<Self, StartError> {
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
            });
        }
        Ok(Self { rules })
    }

    /// Whether access depends on who calls.
    pub(super) fn is_set(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The rules that fit an identity, by their indices.
    pub(super) fn rules_of(&self, identity: Option<&Identity>) -> Vec<usize> {
        let fits = |name: &str| match identity {
            Some(identity) => identity.has_role(name),
            None => name == ANONYMOUS,
        };
        (self.rules.iter().enumerate())
            .filter(|(_, rule)| fits(&rule.name))
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether one of these rules allows a tool.
    pub(super) fn allows(&self, rules: &[usize], position: usize) -> bool {
        !self.is_set() || rules.iter().any(|rule| self.rules[*rule].allows[position])
    }

    /// Whether one of these rules denies a tool by name.
    pub(super) fn denies(&self, rules: &[usize], position: usize) -> bool {
        rules.iter().any(|rule| self.rules[*rule].denies[position])
    }
}
