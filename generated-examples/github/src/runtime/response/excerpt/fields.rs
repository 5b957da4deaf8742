//! Which members of a JSON text somebody wants to see.

use std::cell::Cell;
use std::collections::BTreeMap;

/// Names of members, and of their members; lists are looked into.
#[derive(Debug, Default)]
pub(in super::super::super) struct Fields {
    /// Whether all of it is wanted, whatever of its members is too.
    is_whole: bool,
    names: BTreeMap<String, Fields>,
    is_found: Cell<bool>,
}

impl Fields {
    /// Everything.
    pub(super) fn everything() -> Self {
        Self {
            is_whole: true,
            ..Self::default()
        }
    }

    /// Reads paths like `id`, `items.name`, `$.items[*].name` and `['a.b']`. Without any they are everything.
    pub(in super::super::super) fn parse<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let mut fields = &mut root;
            for step in steps(path.trim()) {
                fields = fields.names.entry(step).or_default();
            }
            fields.is_whole = true;
        }
        root.is_whole |= root.names.is_empty();
        root
    }

    /// Takes a name off the front of every path: what an answer is wrapped in, which the API does not know of.
    pub(in super::super::super) fn without(mut self, name: &str) -> Self {
        if let Some(inner) = self.names.remove(name) {
            self.is_whole |= inner.is_whole;
            for (name, fields) in inner.names {
                self.names.entry(name).or_insert(fields);
            }
        }
        self
    }

    /// Whether nothing is left out.
    pub(in super::super::super) fn is_everything(&self) -> bool {
        self.is_whole
    }

    /// What is wanted of the member of this name.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        self.names
            .get(name)
            .inspect(|fields| fields.is_found.set(true))
    }

    /// The paths to which nothing led.
    pub(in super::super) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        self.collect_missed("", &mut missed);
        missed
    }

    fn collect_missed(&self, at: &str, missed: &mut Vec<String>) {
        for (name, fields) in &self.names {
            let path = joined(at, name);
            if fields.is_found.get() {
                fields.collect_missed(&path, missed);
            } else {
                missed.push(path);
            }
        }
    }
}

/// A path with one more name, as it can be asked for.
pub(in super::super) fn joined(path: &str, name: &str) -> String {
    if name.is_empty() || name.contains(['.', '[', ']', '\'', '"', '*', '$', ' ']) {
        format!("{path}['{name}']")
    } else if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The names on a path; items and `*` are passed over.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let end = match quote {
                Some(quote) => inside.find(&format!("{quote}]")).map(|end| end + 1),
                None => inside.find(']'),
            };
            let (inside, after) = match end {
                Some(end) => (&inside[..end], &inside[end + 1..]),
                None => (inside, ""),
            };
            if let Some(quote) = quote {
                steps.push(inside.trim_matches(quote).to_owned());
            } else if !inside.is_empty() && inside != "*" && inside.parse::<usize>().is_err() {
                steps.push(inside.to_owned());
            }
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !name.is_empty() && name != "*" {
            steps.push(name.to_owned());
        }
        rest = after;
    }
    steps
}
