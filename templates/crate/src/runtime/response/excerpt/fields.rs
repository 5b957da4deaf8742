//! Which members of a JSON text somebody wants to see.

use std::cell::Cell;
use std::collections::BTreeMap;

/// Names of members, and of their members; lists are looked into. No names are everything.
#[derive(Debug, Default)]
pub(in super::super::super) struct Fields {
    pub(super) names: BTreeMap<String, Fields>,
    pub(super) is_found: Cell<bool>,
}

impl Fields {
    /// Reads paths like `id`, `items.name` and `$.items[*].name`.
    pub(in super::super::super) fn parse<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let path = path.trim();
            let path = path.strip_prefix('$').unwrap_or(path);
            let steps = path
                .split(['.', '[', ']'])
                .map(|step| step.trim_matches(['\'', '"', ' ']));
            let is_item =
                |step: &str| step.is_empty() || step.bytes().all(|byte| byte.is_ascii_digit());
            let mut fields = &mut root;
            for step in steps.filter(|step| !is_item(step) && *step != "*") {
                fields = fields.names.entry(step.to_owned()).or_default();
            }
        }
        root
    }

    /// Whether they choose nothing.
    pub(in super::super::super) fn is_everything(&self) -> bool {
        self.names.is_empty()
    }

    /// The paths to which nothing led.
    pub(in super::super) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        self.collect_missed("", &mut missed);
        missed
    }

    fn collect_missed(&self, at: &str, missed: &mut Vec<String>) {
        for (name, fields) in &self.names {
            let path = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            if fields.is_found.get() {
                fields.collect_missed(&path, missed);
            } else {
                missed.push(path);
            }
        }
    }
}
