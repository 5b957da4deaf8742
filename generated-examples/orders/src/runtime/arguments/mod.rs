//! Checks a call's arguments, puts right what is safely meant, and says everything that is wrong at once.
//!
//! It knows schemas and values; what becomes of the arguments is decided in `request`.

mod absent;
mod coerce;
mod exact;
mod message;
mod nearest;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub(super) use nearest::nearest;

use super::request::sent;
use super::schema::Schema;

/// How many mistakes are told at once.
const MOST_MISTAKES: usize = 20;
/// From so many values on, arguments that do not fit are neither repaired nor explained: each mistake costs a kilobyte.
const MOST_VALUES: usize = 20_000;
/// How often repaired arguments are repaired again: JSON inside a string may hold strings.
const ROUNDS: usize = 4;

/// What is wrong with the arguments of a call, one line each.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistakes(pub(super) Vec<String>);

impl Mistakes {
    /// What the model reads.
    pub(super) fn text(&self, tool: &str) -> String {
        use std::fmt::Write as _;
        let mut text = format!("The arguments of `{tool}` are not valid, so no request was sent:");
        for mistake in self.0.iter().take(MOST_MISTAKES) {
            text.push_str("\n- ");
            text.push_str(mistake);
        }
        if let Some(more @ 1..) = self.0.len().checked_sub(MOST_MISTAKES) {
            let _ = write!(text, "\n- and {more} more");
        }
        text
    }
}

/// How arguments are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading<'a> {
    /// Arguments that the server fills in; to the client there are none of these names.
    pub(super) bound: Option<&'a Map<String, Value>>,
    /// One value is taken for an array of one.
    pub(super) lenient: bool,
    /// Null is taken for nothing where nothing is required.
    pub(super) null_is_absent: bool,
}

/// Checks the arguments against the schema of the tool and the names that it knows (`None`: any name is the
/// schema's business). Arguments that were coerced are changed in place.
///
/// # Errors
/// Every mistake that is left after coercion.
pub(super) fn check(
    schema: &Schema,
    names: Option<&[&str]>,
    arguments: &mut Map<String, Value>,
    reading: Reading<'_>,
) -> Result<(), Mistakes> {
    let lenient = reading.lenient;
    let unknown = unknown(schema, names, reading.bound, arguments);
    if let Some(bound) = reading.bound {
        arguments.extend(
            bound
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    // The validator takes a `Value`; moving the map in and out costs nothing.
    let mut value = Value::Object(std::mem::take(arguments));
    if reading.null_is_absent {
        absent::drop_nulls(schema, &mut value);
    }
    let mut mistakes = unknown;
    let accepted = schema.accepts(&value);
    if !accepted && values(&value) > MOST_VALUES {
        mistakes.push(format!(
            "the arguments have more than {MOST_VALUES} values and do not fit; send fewer to learn why"
        ));
    } else if !accepted && !repair(schema, &mut value, lenient) {
        message::describe(schema, &value, names.is_some(), &mut mistakes);
    }
    exact::describe(schema, &value, &mut mistakes);
    exact::write_whole_numbers(&mut value);
    if let Value::Object(map) = value {
        *arguments = map;
    }
    let is_kept = |(name, value): (&String, &Value)| {
        (arguments.get(name)).is_some_and(|now| says_the_same(value, now))
    };
    if !reading.bound.is_none_or(|bound| bound.iter().all(is_kept)) {
        let told = "what this server fills in for the caller does not fit the tool";
        mistakes.push(told.to_owned());
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(Mistakes(mistakes))
    }
}

/// The arguments with the members of every object in order: how a client wrote them says nothing.
pub(super) fn sorted(arguments: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let is_one = |value: &Value| !value.is_object() && !value.is_array();
    if arguments.len() <= 1 && arguments.values().all(is_one) {
        return Cow::Borrowed(arguments);
    }
    let mut sorted = arguments.clone();
    sorted.sort_keys();
    sorted.values_mut().for_each(Value::sort_all_objects);
    Cow::Owned(sorted)
}

/// Whether two values are sent as the same text: `7` and `"7"` are, `10` and `"1e1"` are not.
pub(super) fn says_the_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| says_the_same(one, other))
        }
        (Value::Array(items), one) | (one, Value::Array(items)) => {
            matches!(&items[..], [only] if says_the_same(only, one))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, one)| (other.get(name)).is_some_and(|it| says_the_same(one, it));
            one.len() == other.len() && one.iter().all(same)
        }
        (Value::Object(_), _) | (_, Value::Object(_)) => false,
        (Value::Null, other) | (other, Value::Null) => other.is_null(),
        (one, other) => sent(one) == sent(other),
    }
}

/// How many values there are, this one among them; it does not count far beyond [`MOST_VALUES`].
fn values(value: &Value) -> usize {
    let sum = |total: usize, item: &Value| {
        if total > MOST_VALUES {
            total
        } else {
            total + values(item)
        }
    };
    match value {
        Value::Array(items) => items.iter().fold(1, sum),
        Value::Object(fields) => fields.values().fold(1, sum),
        _ => 1,
    }
}

/// Coerces until the value fits or nothing is left to coerce; says whether it fits.
fn repair(schema: &Schema, value: &mut Value, lenient: bool) -> bool {
    for _ in 0..ROUNDS {
        let fixes = coerce::fixes(&schema.errors(value), lenient);
        if fixes.is_empty() {
            return false;
        }
        for fix in fixes {
            fix.apply(value);
        }
        if schema.accepts(value) {
            return true;
        }
    }
    false
}

/// The argument that is a whole body.
const BODY: &str = "body";

fn unknown(
    schema: &Schema,
    names: Option<&[&str]>,
    bound: Option<&Map<String, Value>>,
    arguments: &Map<String, Value>,
) -> Vec<String> {
    let is_bound = |name: &str| bound.is_some_and(|bound| bound.contains_key(name));
    let Some(names) = names else {
        let given = arguments.keys().filter(|name| is_bound(name));
        return given
            .map(|name| format!("unknown argument `{name}`"))
            .collect();
    };
    let seen: Vec<&str>;
    let names = match bound {
        Some(_) => {
            seen = (names.iter().copied())
                .filter(|name| !is_bound(name))
                .collect();
            &seen[..]
        }
        None => names,
    };
    let in_body = |name: &str| names.contains(&BODY) && schema.at([BODY, name]).is_some();
    (arguments.keys())
        .filter(|key| !names.contains(&key.as_str()))
        .enumerate()
        .map(|(number, name)| {
            let key = message::shortened(name);
            // What is not shown is only counted.
            if number >= MOST_MISTAKES {
                return format!("unknown argument `{key}`");
            }
            if in_body(name) {
                return format!("unknown argument `{key}`; put it inside `{BODY}`");
            }
            match nearest(&key, names.iter().copied(), 1).first() {
                Some(near) => format!("unknown argument `{key}`; did you mean `{near}`?"),
                None if names.is_empty() => {
                    format!("unknown argument `{key}`; this tool takes no arguments")
                }
                None => {
                    format!(
                        "unknown argument `{key}`; the arguments are {}",
                        message::list(names)
                    )
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
