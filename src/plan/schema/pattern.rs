//! Which regular expressions can be checked: by the runtime's validator, and by clients.

use std::collections::BTreeMap;

use jsonschema::{PatternOptions, Validator};
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
    /// The API alone: what the runtime has for it could take too long.
    Unbounded,
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
        let verdict = if goes_back(pattern) && work::of(pattern) > work::MOST {
            Verdict::Unbounded
        } else if jsonschema::draft202012::new(&json!({"pattern": pattern})).is_err() {
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

/// Whether it needs the engine that goes back, whose time is not linear in the text.
fn goes_back(pattern: &str) -> bool {
    jsonschema::draft202012::options()
        .with_pattern_options(PatternOptions::regex())
        .build(&json!({"pattern": pattern}))
        .is_err()
}

/// `\p{L}`: JavaScript knows it under the flag `u` only, each language has other names, and Python has none.
fn names_a_property(pattern: &str) -> bool {
    pattern.contains("\\p") || pattern.contains("\\P")
}

/// What the engine may do from one place of a text, where nothing is counted: steps back are, but not those that a
/// look-around took and that were given up with its end.
mod work {
    /// How often a loop is passed: the longest text that the runtime shows to such a pattern.
    const LOOP: u64 = 1_000;
    pub(super) const MOST: u64 = 16 * LOOP;

    /// How often something is repeated.
    #[derive(Clone, Copy)]
    enum Most {
        Times(u64),
        /// As long as there is text, which is never passed twice.
        Endless,
    }

    #[derive(Clone, Copy, Default)]
    struct Work {
        /// Going through the text.
        along: u64,
        /// Look-arounds on the way, once, and those at each character.
        once: u64,
        always: u64,
    }

    impl Work {
        fn all(self) -> u64 {
            self.along
                .saturating_add(self.once)
                .saturating_add(self.always)
        }

        fn add(&mut self, other: Self) {
            self.along = self.along.saturating_add(other.along);
            self.once = self.once.saturating_add(other.once);
            self.always = self.always.saturating_add(other.always);
        }

        fn times(self, most: Most) -> Self {
            match most {
                Most::Times(count) => Self {
                    along: self.along.saturating_mul(count),
                    once: self.once.saturating_mul(count),
                    always: self.always.saturating_mul(count),
                },
                Most::Endless => Self {
                    along: self.along.max(LOOP),
                    once: 0,
                    always: (self.always).saturating_add(self.once.saturating_mul(LOOP)),
                },
            }
        }
    }

    /// The work of a regular expression.
    pub(super) fn of(pattern: &str) -> u64 {
        let mut chars = pattern.chars().peekable();
        let mut open = vec![(false, Work::default())];
        while let Some(next) = chars.next() {
            let mut atom = Work {
                along: 1,
                ..Work::default()
            };
            match next {
                '\\' => drop(chars.next()),
                '[' => class(&mut chars),
                '(' => {
                    let rest: String = chars.clone().take(3).collect();
                    let looks = ["?=", "?!", "?<=", "?<!"];
                    open.push((
                        looks.iter().any(|look| rest.starts_with(look)),
                        Work::default(),
                    ));
                    continue;
                }
                ')' if open.len() > 1 => {
                    let (looks, inner) = open.pop().unwrap_or_default();
                    atom = inner;
                    if looks {
                        atom = Work {
                            once: inner.all(),
                            ..Work::default()
                        };
                    }
                }
                _ => {}
            }
            while let Some(most) = quantifier(&mut chars) {
                atom = atom.times(most);
            }
            if let Some((_, work)) = open.last_mut() {
                work.add(atom);
            }
        }
        open.iter()
            .fold(0, |sum, (_, work)| sum.saturating_add(work.all()))
    }

    type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

    /// Skips what is left of `[…]`.
    fn class(chars: &mut Chars<'_>) {
        while let Some(next) = chars.next() {
            match next {
                '\\' => drop(chars.next()),
                ']' => return,
                _ => {}
            }
        }
    }

    /// How often what stands before is repeated at most.
    fn quantifier(chars: &mut Chars<'_>) -> Option<Most> {
        match chars.peek()? {
            '*' | '+' => {
                chars.next();
                Some(Most::Endless)
            }
            '?' => {
                chars.next();
                Some(Most::Times(1))
            }
            '{' => {
                let range: String = chars.clone().skip(1).take_while(|c| *c != '}').collect();
                let is_range = range.starts_with(|c: char| c.is_ascii_digit())
                    && range.chars().all(|c| c.is_ascii_digit() || c == ',');
                if !is_range {
                    return None;
                }
                chars.nth(range.len() + 1);
                let most = range.rsplit(',').next().unwrap_or_default();
                Some(most.parse().map_or(Most::Endless, Most::Times))
            }
            _ => None,
        }
    }
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
        for usual in [
            r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,64}$",
            r"^(?!\s*$).+",
            r"^(?:(?!--)[a-z0-9-]{1,63}\.){1,8}[a-z]{2,}$",
            r"^(?:(?:(?!--)[a-z-])+\.)+$",
        ] {
            assert_ne!(patterns.verdict(usual), Verdict::Unbounded, "{usual}");
        }
        assert_eq!(
            patterns.verdict("(?=(?:a(?=(?:b|.)*))*)c"),
            Verdict::Unbounded
        );
        assert_eq!(
            patterns.verdict("(?:(?:(?=a){1000}){1000}){1000}"),
            Verdict::Unbounded
        );
        assert_eq!(patterns.verdict("(?:a{1,99}){1,99}"), Verdict::Portable);
        assert_eq!(patterns.verdict("[z-a]"), Verdict::Invalid);
        assert_eq!(patterns.verdict("(unclosed"), Verdict::Invalid);
    }
}
