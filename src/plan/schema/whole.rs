//! A precise schema that stands alone: with the shared schemas that it reaches.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{json_chars, reference};

/// A schema with more characters is no longer advertised as a whole. In some APIs every schema reaches every other one,
/// and each tool would carry them all.
const LONGEST: usize = 200_000;

/// The shared schemas, with what each refers to.
pub(crate) struct Whole<'d> {
    definitions: &'d IndexMap<String, Value>,
    refers_to: Vec<BTreeSet<usize>>,
    sizes: Vec<usize>,
}

impl<'d> Whole<'d> {
    pub(crate) fn new(definitions: &'d IndexMap<String, Value>) -> Self {
        let all = || definitions.values();
        Self {
            definitions,
            refers_to: all()
                .map(|schema| references(schema, definitions))
                .collect(),
            sizes: all().map(json_chars).collect(),
        }
    }

    /// The schema with its `$defs`; `None` when it is too long.
    pub(crate) fn schema(&self, schema: &Value) -> Option<Value> {
        let mut size = json_chars(schema);
        let mut reached = BTreeSet::new();
        let mut waiting = references(schema, self.definitions);
        while let Some(index) = waiting.pop_first() {
            if size > LONGEST {
                return None;
            }
            if reached.insert(index) {
                size += self.sizes[index];
                waiting.extend(&self.refers_to[index] - &reached);
            }
        }
        let mut whole = schema.clone();
        if !reached.is_empty() {
            let entries = reached
                .into_iter()
                .filter_map(|index| self.definitions.get_index(index));
            let definitions: Map<String, Value> = entries
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect();
            whole["$defs"] = Value::Object(definitions);
        }
        (size <= LONGEST).then_some(whole)
    }
}

/// The shared schemas that a schema refers to itself.
fn references(schema: &Value, definitions: &IndexMap<String, Value>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                waiting.extend(fields.values());
                let name = reference(fields).and_then(|target| target.strip_prefix("#/$defs/"));
                let name = name.map(|name| name.replace("~1", "/").replace("~0", "~"));
                found.extend(name.and_then(|name| definitions.get_index_of(&name)));
            }
            _ => {}
        }
    }
    found
}
