//! Whether a number arrives with all of its digits: JSON has no limit, the numbers of a machine do.

use serde_json::{Number, Value};

use super::super::schema::Schema;
use super::message;

/// What is wrong with an integer that no machine type holds.
pub(super) const TOO_LONG: &str = "has more digits than can be sent exactly; send at most 19";

/// From here on (2^63), an integer that is read as a float has lost digits.
const FIRST_LOST: f64 = 9_223_372_036_854_775_808.0;

/// From here on (2^53), not every integer is a float.
const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;

/// Appends a line for every integer that was too long to be read exactly.
pub(super) fn describe(schema: &Schema, arguments: &Value, mistakes: &mut Vec<String>) {
    let mut left = MOST_SEEN;
    visit(schema, arguments, &mut Vec::new(), &mut left, mistakes);
}

/// At how many schemas one call looks for its long numbers.
const MOST_SEEN: usize = 100_000;

fn visit(
    schema: &Schema,
    value: &Value,
    steps: &mut Vec<String>,
    left: &mut usize,
    mistakes: &mut Vec<String>,
) {
    match value {
        Value::Number(number) if is_lost(number) => {
            let found = schema.at_within(steps.iter().map(String::as_str), left);
            if found.is_some_and(|found| wants_integer(schema, found)) {
                mistakes.push(format!("{} {TOO_LONG}", message::subject(steps)));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate().filter(|(_, item)| may_hold(item)) {
                steps.push(at.to_string());
                visit(schema, item, steps, left, mistakes);
                steps.pop();
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(_, field)| may_hold(field)) {
                steps.push(name.clone());
                visit(schema, field, steps, left, mistakes);
                steps.pop();
            }
        }
        _ => {}
    }
}

/// Makes `5.0` the integer that it is: some clients send every number with a fraction, and many an API takes none where it
/// asks for an integer.
pub(super) fn write_whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() < FIRST_INEXACT);
            if let Some(whole) = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok()) {
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(write_whole_numbers),
        _ => {}
    }
}

fn may_hold(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_lost(number),
        other => other.is_array() || other.is_object(),
    }
}

fn is_lost(number: &Number) -> bool {
    number.is_f64()
        && (number.as_f64()).is_some_and(|float| float.fract() == 0.0 && float.abs() >= FIRST_LOST)
}

/// Whether a schema takes integers but no other numbers.
fn wants_integer(schema: &Schema, found: &Value) -> bool {
    let found = schema.resolved(found);
    let takes = |wanted: &str| match found.get("type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => (found.get("anyOf").and_then(Value::as_array)).is_some_and(|forms| {
            (forms.iter()).any(|form| {
                schema
                    .resolved(form)
                    .get("type")
                    .is_some_and(|t| t == wanted)
            })
        }),
    };
    takes("integer") && !takes("number")
}

/// Whether a text is an integer that is too long to be read exactly.
pub(super) fn is_too_long(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 18
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u64>().is_err()
        && text.parse::<i64>().is_err()
}

/// Whether a number has the value that this text of JSON says, digit by digit.
pub(super) fn says(number: &Number, text: &str) -> bool {
    !number.is_f64()
        || digits(text).is_some_and(|wanted| digits(&number.to_string()) == Some(wanted))
}

/// Sign, significant digits and the power of ten of the last one.
fn digits(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mut exponent: i64 = exponent.parse().ok()?;
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let shortest = significant.trim_end_matches('0');
    if shortest.is_empty() {
        return Some((false, String::new(), 0));
    }
    exponent = exponent.checked_add(i64::try_from(significant.len() - shortest.len()).ok()?)?;
    Some((negative, shortest.to_owned(), exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_says_what_its_text_says_unless_digits_were_lost() {
        for (text, exact) in [
            ("1.50", true),
            ("1e3", true),
            ("-0.10E+2", true),
            ("0.0", true),
            ("0.1", true),
            ("1e400", false),
            ("100000000000000000000", true),
            ("12345678901234567890123", false),
            ("0.12345678901234567890123", false),
        ] {
            let number = serde_json::from_str::<Number>(text);
            assert_eq!(
                number.is_ok_and(|number| says(&number, text)),
                exact,
                "{text}"
            );
        }
    }
}
