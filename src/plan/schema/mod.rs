//! What `plan` does with schemas: [`flat`] reads them, [`precise`] makes the one that arguments are checked
//! against, [`advertised`] the one that clients see, [`output`] the summary of a result.

pub(super) mod advertised;
pub(super) mod flat;
pub(super) mod nodes;
pub(super) mod output;
pub(super) mod pattern;
mod places;
pub(super) mod precise;
pub(super) mod profile;
mod unfold;
mod unfolded;
pub(super) mod whole;
mod wording;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use enumset::{EnumSet, EnumSetType};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::names;

/// A name for a JSON type (JSON Schema 2020-12, core §4.2.1, and `integer`).
#[derive(Debug, EnumSetType)]
pub(super) enum JsonType {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    Null,
}

/// The types of some values.
type Types = EnumSet<JsonType>;

impl JsonType {
    const ALL: [Self; 7] = [
        Self::Object,
        Self::Array,
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Null,
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }

    /// Its name as a value of `type`.
    fn as_value(self) -> &'static Value {
        static NAMES: LazyLock<[Value; JsonType::ALL.len()]> =
            LazyLock::new(|| JsonType::ALL.map(|kind| Value::from(kind.as_str())));
        &NAMES[self as usize]
    }

    /// The narrowest type of a value.
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if is_integer(number) => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// Whether it is `string`.
    pub(super) fn is_text(self) -> bool {
        self == Self::String
    }

    /// Whether every value of `other` has this type.
    fn includes(self, other: Self) -> bool {
        self == other || (self == Self::Number && other == Self::Integer)
    }
}

/// 2020-12, validation §6.1.1: a number with a zero fraction is an integer.
fn is_integer(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// The shared schemas of an API, found by reference.
pub(super) struct Schemas<'a> {
    by_index: &'a IndexMap<String, Value>,
    by_name: IndexMap<&'a str, (usize, &'a Value), RandomState>,
    /// Name in the plan, by index.
    names: Vec<String>,
    /// References that lead back to their own schema without stepping into the instance: they say nothing, and a
    /// validator would follow them for ever.
    circular: BTreeSet<(usize, usize)>,
    /// What a keyword that asks what was evaluated unfolds of each, by index; 0 as long as it is not known.
    unfolded: Vec<u32>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(schemas: &'a IndexMap<String, Value>) -> Self {
        let originals: Vec<&str> = schemas.keys().map(String::as_str).collect();
        let mut this = Self {
            by_index: schemas,
            by_name: (schemas.iter().enumerate())
                .map(|(index, (name, schema))| (name.as_str(), (index, schema)))
                .collect(),
            names: names::definition_names(&originals),
            circular: BTreeSet::new(),
            unfolded: vec![0; schemas.len()],
        };
        this.follow_references();
        this
    }

    /// The schema that a `$ref` means, with its index.
    pub(super) fn resolve(&self, reference: &str) -> Option<(usize, &'a Value)> {
        let name = reference.strip_prefix("#/$defs/")?;
        let found = |name: &str| self.by_name.get(name).copied();
        found(name).or_else(|| {
            let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
            found(&decoded.replace("~1", "/").replace("~0", "~"))
        })
    }

    /// The name of a schema in `$defs` of the plan.
    pub(super) fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    /// Whether a reference between these two shared schemas closes a circle.
    pub(super) fn is_circular(&self, from: usize, to: usize) -> bool {
        self.circular.contains(&(from, to))
    }

    /// Finds the back edges of a depth-first walk in document order, and counts schemas after those that they refer to.
    /// Without recursion: a chain of references can be as long as the spec.
    fn follow_references(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let edges: Vec<Vec<usize>> = self
            .by_index
            .values()
            .map(|schema| {
                let mut targets = Vec::new();
                self.in_place_references(schema, &mut targets);
                targets
            })
            .collect();
        let mut marks = vec![Mark::New; edges.len()];
        for start in 0..edges.len() {
            let mut path = vec![(start, 0)];
            while let Some((index, next)) = path.pop() {
                if next == 0 {
                    if marks[index] != Mark::New {
                        continue;
                    }
                    marks[index] = Mark::Open;
                }
                let Some(&target) = edges[index].get(next) else {
                    marks[index] = Mark::Done;
                    if let Value::Object(map) = &self.by_index[index] {
                        self.unfolded[index] = unfolded::size(self, map);
                    }
                    continue;
                };
                path.push((index, next + 1));
                match marks[target] {
                    Mark::New => path.push((target, 0)),
                    Mark::Open => {
                        self.circular.insert((index, target));
                    }
                    Mark::Done => {}
                }
            }
        }
    }

    fn in_place_references(&self, schema: &Value, targets: &mut Vec<usize>) {
        let Value::Object(map) = schema else { return };
        if let Some((index, _)) = reference(map).and_then(|reference| self.resolve(reference)) {
            targets.push(index);
        }
        for (keyword, value) in map {
            match (keyword.as_str(), value) {
                ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                    for branch in branches {
                        self.in_place_references(branch, targets);
                    }
                }
                ("not" | "if" | "then" | "else", branch) => {
                    self.in_place_references(branch, targets);
                }
                ("dependentSchemas", Value::Object(branches)) => {
                    for branch in branches.values() {
                        self.in_place_references(branch, targets);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The `$ref` of a schema.
pub(super) fn reference(map: &Map<String, Value>) -> Option<&str> {
    map.get("$ref").and_then(Value::as_str)
}

/// The number of characters of compact JSON.
pub(super) fn json_chars(value: &(impl Serialize + ?Sized)) -> usize {
    let mut counter = CharCounter(0);
    // Neither what is counted nor this writer can fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// Counts the characters of UTF-8 text that is written to it.
struct CharCounter(usize);

impl std::io::Write for CharCounter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        // Every byte but a continuation byte (10xxxxxx) begins a character.
        self.0 += bytes
            .iter()
            .filter(|byte| **byte & 0b1100_0000 != 0b1000_0000)
            .count();
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keys outside of this make Anthropic's API refuse the whole request.
pub(super) fn is_portable_key(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
