//! How much a validator has to keep for `unevaluatedProperties` and `unevaluatedItems`.
//!
//! Which members other keywords have evaluated shows only in all the schemas that apply to the same instance (JSON
//! Schema 2020-12, core §11). The validator unfolds these into a tree for each such keyword, so a reference that is
//! followed twice on each of 20 levels makes a million copies. Here the tree is counted, not made.

use serde_json::{Map, Value};

use super::{Schemas, reference};

/// A keyword whose tree would be larger is not checked.
pub(super) const MOST_UNFOLDED: u32 = 2_000;

/// What becomes of a schema, in schemas.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Where it is validated: references are compiled once, and elsewhere.
    compiled: u32,
    /// Below a keyword that asks what was evaluated.
    unfolded: u32,
}

/// The number of schemas in the tree of a keyword beside these.
pub(super) fn size(schemas: &Schemas<'_>, map: &Map<String, Value>) -> u32 {
    of(schemas, map).unfolded
}

fn of(schemas: &Schemas<'_>, map: &Map<String, Value>) -> Size {
    let mut size = Size {
        compiled: 1,
        unfolded: 1,
    };
    if let Some((index, _)) = reference(map).and_then(|text| schemas.resolve(text)) {
        // What is not counted yet closes a circle, and is left out.
        let target = schemas.unfolded.get(index).copied().unwrap_or_default();
        size.unfolded = size.unfolded.saturating_add(target);
    }
    for (keyword, value) in map {
        let is_in_place = matches!(
            keyword.as_str(),
            "allOf" | "anyOf" | "oneOf" | "if" | "then" | "else" | "dependentSchemas"
        );
        let is_kept = is_in_place
            || matches!(
                keyword.as_str(),
                "additionalProperties"
                    | "unevaluatedProperties"
                    | "patternProperties"
                    | "items"
                    | "prefixItems"
                    | "contains"
                    | "unevaluatedItems"
            );
        for inner in parts(keyword, value) {
            let inner = of(schemas, inner);
            size.compiled = size.compiled.saturating_add(inner.compiled);
            if is_kept {
                size.unfolded = size.unfolded.saturating_add(inner.compiled);
            }
            if is_in_place {
                size.unfolded = size.unfolded.saturating_add(inner.unfolded);
            }
        }
    }
    let asking = ["unevaluatedProperties", "unevaluatedItems"];
    if asking.iter().any(|keyword| map.contains_key(*keyword)) && size.unfolded <= MOST_UNFOLDED {
        size.compiled = size.compiled.saturating_add(2 * size.unfolded);
    }
    size
}

/// The schemas in a keyword.
fn parts<'v>(keyword: &str, value: &'v Value) -> Vec<&'v Map<String, Value>> {
    match (keyword, value) {
        ("enum" | "const" | "default" | "example" | "examples", _) => Vec::new(),
        ("properties" | "patternProperties" | "dependentSchemas", Value::Object(inner)) => {
            inner.values().filter_map(Value::as_object).collect()
        }
        (_, Value::Object(inner)) => vec![inner],
        (_, Value::Array(inner)) => inner.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}
