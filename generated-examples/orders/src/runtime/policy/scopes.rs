//! The scopes that an operation needs, as the API's description names them.

use super::super::identity::Identity;
use super::super::tool::{Need, SchemeKind, ServerDef, ToolDef};

/// The sets of scopes, each of which is enough for a tool.
fn alternatives(tool: &ToolDef, def: &ServerDef) -> Vec<Vec<&'static str>> {
    let is_token = |name: &str| {
        let scheme = def.schemes.iter().find(|scheme| scheme.name == name);
        scheme.is_some_and(|scheme| scheme.kind == SchemeKind::Bearer)
    };
    let scopes = |needs: &&'static [Need]| -> Vec<&'static str> {
        let tokens = needs.iter().filter(|need| is_token(need.scheme));
        tokens
            .flat_map(|need| need.scopes.iter().copied())
            .collect()
    };
    tool.security.iter().map(scopes).collect()
}

/// The smallest of them; `None` where a tool needs no scope.
pub(in super::super) fn least(tool: &ToolDef, def: &ServerDef) -> Option<Vec<&'static str>> {
    let least = alternatives(tool, def).into_iter().min_by_key(Vec::len)?;
    (!least.is_empty()).then_some(least)
}

/// The scopes that an identity lacks for a tool; `None` where it lacks none, or has no such things.
pub(in super::super) fn lacking(
    identity: Option<&Identity>,
    tool: &ToolDef,
    def: &ServerDef,
) -> Option<Vec<&'static str>> {
    let has = identity?.scopes()?;
    let needed = least(tool, def)?;
    let fits = |scopes: &Vec<&str>| {
        scopes
            .iter()
            .all(|scope| has.iter().any(|own| own == scope))
    };
    (!alternatives(tool, def).iter().any(fits)).then_some(needed)
}

/// Every scope that some tool needs.
#[cfg(feature = "http")]
pub(in super::super) fn all(def: &ServerDef) -> Vec<&'static str> {
    let tools = def.groups.iter().flat_map(|group| group.tools);
    let mut scopes: Vec<&str> = tools
        .flat_map(|tool| alternatives(tool, def))
        .flatten()
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
