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
    /// By name; the tools by their positions.
    rules: Vec<(String, Vec<bool>)>,
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
            let allows = |facts: &Facts<'_>| {
                let is_about =
                    |selectors: &[Selector]| selectors.iter().any(|selector| facts.fits(selector));
                is_about(&allow) && !is_about(&deny)
            };
            rules.push((name.get_ref().clone(), tools.iter().map(allows).collect()));
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
            .filter(|(_, (name, _))| fits(name))
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether one of these rules allows a tool.
    pub(super) fn allows(&self, rules: &[usize], position: usize) -> bool {
        !self.is_set() || rules.iter().any(|rule| self.rules[*rule].1[position])
    }
}
