//! Which regular expressions can be checked: by the runtime's validator, and by clients.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Value, json};

/// A pattern longer than this is not shown to clients.
const ADVERTISED_LENGTH: usize = 200;

/// Remembers what it found out: specs repeat patterns thousands of times.
pub(crate) struct Patterns {
    ecma: Validator,
    seen: BTreeMap<String, Verdict>,
}

/// Who can check a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The runtime and clients in any language.
    Portable,
    /// The runtime alone.
    OursOnly,
    /// Nobody: not a regular expression, or one beyond the size limit.
    Invalid,
}

impl Patterns {
    pub(crate) fn new() -> Self {
        Self {
            ecma: jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&json!({"format": "regex"}))
                .expect("a constant schema compiles"),
            seen: BTreeMap::new(),
        }
    }

    /// Compiles the pattern as the runtime does: with the engine that knows look-around and backreferences.
    pub(crate) fn verdict(&mut self, pattern: &str) -> Verdict {
        if let Some(verdict) = self.seen.get(pattern) {
            return *verdict;
        }
        let text = Value::from(pattern);
        let verdict = if jsonschema::draft202012::new(&json!({"pattern": pattern})).is_err() {
            Verdict::Invalid
        } else if pattern.len() <= ADVERTISED_LENGTH
            && !names_a_property(pattern)
            && self.ecma.is_valid(&text)
        {
            Verdict::Portable
        } else {
            Verdict::OursOnly
        };
        self.seen.insert(pattern.to_owned(), verdict);
        verdict
    }
}

/// `\p{L}`: JavaScript knows it under the flag `u` only, each language has other names, and Python has none.
fn names_a_property(pattern: &str) -> bool {
    pattern.contains("\\p") || pattern.contains("\\P")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_judged_by_who_can_check_them() {
        let mut patterns = Patterns::new();
        assert_eq!(patterns.verdict("^[a-z]+$"), Verdict::Portable);
        assert_eq!(patterns.verdict("^(?!x)a"), Verdict::Portable);
        assert_eq!(patterns.verdict(&"a".repeat(300)), Verdict::OursOnly);
        assert_eq!(patterns.verdict(r"^\p{L}+$"), Verdict::OursOnly);
        assert_eq!(patterns.verdict("[z-a]"), Verdict::Invalid);
        assert_eq!(patterns.verdict("(unclosed"), Verdict::Invalid);
    }
}
