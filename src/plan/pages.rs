//! Which arguments of a body choose a page of a list: the result of a call says how to ask for the next one with them.

use std::collections::VecDeque;

use super::schema::flat::{All, flatten, is_input};
use super::schema::{JsonType, Schemas};
use crate::runtime::tool::{chooses_page, plain};

/// How deep such a field may lie in an argument: `body.pagination.cursor`.
const DEEPEST: usize = 2;
/// Names of arguments that choose a page in a query, and mean other things as well in what is written.
const IN_QUERIES: [&str; 6] = ["before", "token", "start", "next", "from", "since"];

/// How many fields of one body are looked at: schemas that refer to each other have no end.
const MOST: usize = 1_000;

/// The ways to such fields in the arguments of one body, `pagination.cursor`, or an argument itself; what is less deep first.
/// An argument comes with its name in the body.
pub(super) fn within<'a>(
    arguments: impl Iterator<Item = (String, &'a str, All<'a>)>,
    schemas: &Schemas<'a>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut left: VecDeque<(String, &str, All<'a>, usize)> = arguments
        .map(|(way, name, all)| (way, name, all, 0))
        .collect();
    for _ in 0..MOST {
        let Some((way, name, all, depth)) = left.pop_front() else {
            break;
        };
        let flat = flatten(schemas, &all);
        let is_one = |kind| {
            let types = flat.effective_types();
            types.is_some_and(|types| types == kind)
        };
        if flat.is_object() {
            let is_deepest = depth == DEEPEST || left.len() > MOST;
            let fields = (flat.properties.iter())
                .filter(|(name, all)| !name.contains('.') && is_input(schemas, all));
            for (name, all) in fields.filter(|_| !is_deepest) {
                left.push_back((format!("{way}.{name}"), name, all.clone(), depth + 1));
            }
        } else if chooses_page(name)
            && !IN_QUERIES.contains(&plain(name).as_str())
            && !is_one(JsonType::Array)
            && !is_one(JsonType::Boolean)
        {
            found.push(way);
        }
    }
    found
}
