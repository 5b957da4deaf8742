//! Where the schemas of an API stand in its document.
//!
//! A schema is raw JSON and does not know. Most are fine and nobody asks; for those that are not, one walk over all
//! schemas finds them by their address. Only inputs are walked: problems of results are not told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::Api;
use crate::diagnostic::JsonPointer;

/// The places of the schemas at these addresses, as far as they are the API's.
pub(super) fn of(api: &Api, wanted: BTreeSet<*const Value>) -> BTreeMap<*const Value, JsonPointer> {
    let mut search = Search {
        wanted,
        found: BTreeMap::new(),
    };
    for (name, schema) in &api.schemas {
        if let Some(pointer) = api.schema_pointers.get(name) {
            search.walk(schema, &Step::Start(pointer));
        }
    }
    for operation in &api.operations {
        for parameter in &operation.parameters {
            search.walk(&parameter.schema, &Step::Start(&parameter.schema_pointer));
        }
        for media in operation.body.iter().flat_map(|body| &body.content) {
            if let Some(schema) = &media.schema {
                search.walk(schema, &Step::Start(&media.schema_pointer));
            }
        }
    }
    search.found
}

struct Search {
    wanted: BTreeSet<*const Value>,
    found: BTreeMap<*const Value, JsonPointer>,
}

/// The way to a value, spelt out only for those that are found.
enum Step<'s> {
    Start(&'s JsonPointer),
    Key(&'s Step<'s>, &'s str),
    Item(&'s Step<'s>, usize),
}

impl Step<'_> {
    fn pointer(&self) -> JsonPointer {
        match self {
            Self::Start(pointer) => (*pointer).clone(),
            Self::Key(step, key) => step.pointer().child(key),
            Self::Item(step, index) => step.pointer().child(index),
        }
    }
}

impl Search {
    fn walk(&mut self, value: &Value, step: &Step<'_>) {
        if self.found.len() == self.wanted.len() {
            return;
        }
        let address: *const Value = value;
        if self.wanted.contains(&address) {
            self.found.insert(address, step.pointer());
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.walk(value, &Step::Key(step, key));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, &Step::Item(step, index));
                }
            }
            _ => {}
        }
    }
}
