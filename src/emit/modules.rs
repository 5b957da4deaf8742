//! The Rust modules of the tools: one for each tag, under a name that is a file on every system.

use std::collections::BTreeSet;

use crate::output::is_reserved;
use crate::plan::{Group, Plan};

/// A group of tools and the module that holds it.
#[derive(Debug)]
pub(super) struct Module<'p> {
    /// The name of `src/tools/<name>.rs` and `schemas/<name>.json`.
    pub(super) name: String,
    /// What is in it.
    pub(super) group: &'p Group,
}

/// The groups of a plan with the names of their modules, in order.
pub(super) fn modules(plan: &Plan) -> Vec<Module<'_>> {
    let mut taken = BTreeSet::new();
    let mut modules = Vec::new();
    for group in &plan.groups {
        let mut name = module_name(&group.module);
        while !taken.insert(name.clone()) {
            name.push_str("_tools");
        }
        modules.push(Module { name, group });
    }
    modules
}

/// The name that the plan gave, unless it means something else to Rust or to a file system.
fn module_name(wanted: &str) -> String {
    let mut name: String = wanted
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => '_',
        })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert_str(0, "tag_");
    }
    // `mod.rs` and `defs.json` are files of ours beside the groups' own.
    let taken = ["mod", "defs"].contains(&name.as_str());
    if taken || is_reserved(&name) || syn::parse_str::<syn::Ident>(&name).is_err() {
        name.push_str("_tools");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else_are_changed() {
        assert_eq!(module_name("orders"), "orders");
        for (wanted, name) in [
            ("type", "type_tools"),
            ("self", "self_tools"),
            ("mod", "mod_tools"),
            ("defs", "defs_tools"),
            ("aux", "aux_tools"),
            ("com1", "com1_tools"),
            ("2fa", "tag_2fa"),
            ("_", "tag__"),
            ("", "tag_"),
            ("../../etc", "tag_______etc"),
            ("Pull Requests", "pull_requests"),
        ] {
            assert_eq!(module_name(wanted), name);
        }
    }
}
