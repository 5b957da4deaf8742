//! What conditions are decided on: the values that go onto the wire, as they are or not at all.
//!
//! Nothing is rounded, and a member that some APIs would take for one that the condition names is no other member: both are
//! reasons not to decide.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::Value;
use cel::objects::{Key, Map};
use serde_json::{Number, Value as Json};

use super::decision::Undecided;

/// From here on (2^53), not every integer is a float, and comparing one with an integer rounds.
pub(super) const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;

/// The most values that a condition is decided on, and their most bytes of text.
const MOST_VALUES: u64 = 10_000;
const MOST_BYTES: u64 = 256 << 10;
/// The most levels of a value.
const DEEPEST: usize = 64;
/// So many bytes of text are looked at as fast as one value.
const BYTES_A_VALUE: u64 = 32;

/// Makes values, and counts them.
#[derive(Debug, Default)]
pub(super) struct Meter {
    values: u64,
    bytes: u64,
}

impl Meter {
    /// How much there is to look at so far.
    pub(super) fn size(&self) -> u64 {
        self.values + self.bytes / BYTES_A_VALUE
    }

    fn count(&mut self, text: &str) -> Result<(), Undecided> {
        self.values += 1;
        self.bytes += text.len() as u64;
        if self.values > MOST_VALUES || self.bytes > MOST_BYTES {
            return Err(Undecided::TOO_LARGE);
        }
        Ok(())
    }

    /// A value of JSON; `members` are the names that no other may be taken for.
    ///
    /// # Errors
    /// It has too many parts, or one that cannot be decided on.
    pub(super) fn value(
        &mut self,
        json: &Json,
        members: Option<&BTreeMap<String, String>>,
        depth: usize,
    ) -> Result<Value, Undecided> {
        if depth > DEEPEST {
            return Err(Undecided::TOO_LARGE);
        }
        self.count(json.as_str().unwrap_or_default())?;
        Ok(match json {
            Json::Null => Value::Null,
            Json::Bool(yes) => Value::Bool(*yes),
            Json::Number(number) => exact(number)?,
            Json::String(text) => Value::String(Arc::new(text.clone())),
            Json::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| self.value(item, members, depth + 1));
                Value::List(Arc::new(items.collect::<Result<_, _>>()?))
            }
            Json::Object(fields) => {
                let fields = fields.iter().map(|(name, field)| {
                    self.count(name)?;
                    check_name(name, members)?;
                    Ok((name.as_str(), self.value(field, members, depth + 1)?))
                });
                map(fields.collect::<Result<Vec<_>, _>>()?)
            }
        })
    }
}

/// A map with these members.
pub(super) fn map<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let key = |name: &str| Key::String(Arc::new(name.to_owned()));
    let members: HashMap<Key, Value> = (members.into_iter())
        .map(|(name, value)| (key(name), value))
        .collect();
    Value::Map(Map {
        map: Arc::new(members),
    })
}

fn exact(number: &Number) -> Result<Value, Undecided> {
    if let Some(integer) = number.as_i64() {
        return Ok(Value::Int(integer));
    }
    if let Some(integer) = number.as_u64() {
        return Ok(Value::UInt(integer));
    }
    (number.as_f64())
        .filter(|float| float.abs() < FIRST_INEXACT)
        .map(Value::Float)
        .ok_or(Undecided::INEXACT)
}

/// # Errors
/// This is none of these names, but one of them to who does not mind upper and lower case.
pub(super) fn check_name(
    name: &str,
    members: Option<&BTreeMap<String, String>>,
) -> Result<(), Undecided> {
    let meant = members.and_then(|members| members.get(&folded(name)));
    match meant {
        Some(meant) if meant != name => Err(Undecided::LOOKALIKE),
        _ => Ok(()),
    }
}

/// A name without upper and lower case, as readers of JSON compare that do not mind it: `ſ` is an `s` to some of them.
pub(super) fn folded(name: &str) -> String {
    name.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}
