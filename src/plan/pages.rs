//! Which arguments of a body choose a page of a list: the result of a call says how to ask for the next one with them.

use super::schema::flat::{All, flatten, is_input};
use super::schema::{JsonType, Schemas};
use crate::runtime::tool::{chooses_page, plain};

/// How deep such a field may lie in an argument: `body.pagination.cursor`.
const DEEPEST: usize = 2;
/// Names of arguments that choose a page in a query, and mean other things as well in what is written.
const IN_QUERIES: [&str; 6] = ["before", "token", "start", "next", "from", "since"];

/// The ways to such fields in an argument, `pagination.cursor`, or the argument itself. `name` is its name in the body.
pub(super) fn within(
    argument: &str,
    name: &str,
    all: &All<'_>,
    schemas: &Schemas<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    collect(&mut found, argument, name, all, schemas, 0);
    found
}

fn collect(
    found: &mut Vec<String>,
    way: &str,
    name: &str,
    all: &All<'_>,
    schemas: &Schemas<'_>,
    depth: usize,
) {
    let flat = flatten(schemas, all);
    let is_one = |kind| {
        let types = flat.effective_types();
        types.is_some_and(|types| types == kind)
    };
    if flat.is_object() {
        let fields = (flat.properties.iter())
            .filter(|(name, all)| !name.contains('.') && is_input(schemas, all));
        for (name, all) in fields.filter(|_| depth < DEEPEST) {
            let way = format!("{way}.{name}");
            collect(found, &way, name, all, schemas, depth + 1);
        }
    } else if chooses_page(name)
        && !IN_QUERIES.contains(&plain(name).as_str())
        && !is_one(JsonType::Array)
        && !is_one(JsonType::Boolean)
    {
        found.push(way.to_owned());
    }
}
