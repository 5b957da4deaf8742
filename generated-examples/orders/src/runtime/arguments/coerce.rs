//! What a wrong argument safely means: driven by the validator's errors, so that right arguments cost nothing.
//!
//! A text becomes a number or boolean, JSON in a text becomes an array or object, a constant is matched by case, a
//! whole number or boolean becomes text where nothing but text is taken. Only under `lenient`, one value becomes an
//! array of one. Nothing that would lose information is done.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::{Number, Value};

use super::exact;

/// A change to the arguments.
#[derive(Debug)]
pub(super) struct Fix {
    path: Vec<String>,
    /// The value to set, or `None` to take an absent one's `null` away.
    value: Option<Value>,
}

impl Fix {
    pub(super) fn apply(self, root: &mut Value) {
        let Some((last, front)) = self.path.split_last() else {
            return;
        };
        let Some(parent) = front
            .iter()
            .try_fold(root, |value, step| child(value, step))
        else {
            return;
        };
        match (self.value, parent) {
            (Some(value), parent) => {
                if let Some(slot) = child(parent, last) {
                    *slot = value;
                }
            }
            (None, Value::Object(object)) => {
                object.shift_remove(last);
            }
            (None, _) => {}
        }
    }
}

fn child<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(object) => object.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The changes that would mend these errors, as far as there are any.
pub(super) fn fixes(errors: &[ValidationError<'_>], lenient: bool) -> Vec<Fix> {
    (errors.iter())
        .filter_map(|error| fix(error, lenient))
        .flatten()
        .collect()
}

fn fix(error: &ValidationError<'_>, lenient: bool) -> Option<Vec<Fix>> {
    let instance = error.instance().as_ref();
    let value = match error.kind() {
        ValidationErrorKind::Type { kind } => {
            // An optional argument that is `null` was meant to be left out.
            if instance.is_null() && error.instance_path().segments().count() == 1 {
                return Some(vec![fix_at(error, None)]);
            }
            retyped(instance, &Types::of(kind), lenient)?
        }
        ValidationErrorKind::Enum { options } => {
            constant(instance, options.as_array().map_or(&[], Vec::as_slice))?
        }
        ValidationErrorKind::Constant { expected_value } => {
            constant(instance, std::slice::from_ref(expected_value.as_ref()))?
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            return context.iter().find_map(|branch| mend_all(branch, lenient));
        }
        _ => return None,
    };
    Some(vec![fix_at(error, Some(value))])
}

/// The changes that mend a branch, if every error of it can be mended.
fn mend_all(branch: &[ValidationError<'_>], lenient: bool) -> Option<Vec<Fix>> {
    let mended: Option<Vec<Vec<Fix>>> = branch.iter().map(|error| fix(error, lenient)).collect();
    mended.map(|fixes| fixes.into_iter().flatten().collect())
}

fn fix_at(error: &ValidationError<'_>, value: Option<Value>) -> Fix {
    Fix {
        path: (error.instance_path().segments())
            .map(|segment| segment.to_string())
            .collect(),
        value,
    }
}

/// The types that a schema takes.
struct Types(Vec<JsonType>);

impl Types {
    fn of(kind: &TypeKind) -> Self {
        Self(match kind {
            TypeKind::Single(single) => vec![*single],
            TypeKind::Multiple(several) => several.iter().collect(),
        })
    }

    fn has(&self, wanted: JsonType) -> bool {
        self.0.contains(&wanted)
    }

    fn only_text(&self) -> bool {
        (self.0.iter()).all(|kind| matches!(kind, JsonType::String | JsonType::Null))
            && self.has(JsonType::String)
    }
}

fn retyped(value: &Value, types: &Types, lenient: bool) -> Option<Value> {
    let retyped = match value {
        Value::String(text) => from_text(text.trim(), types),
        Value::Bool(_) if types.only_text() => Some(value.to_string().into()),
        // A fraction's text is lost already: 1.10 is 1.1 by now.
        Value::Number(number) if types.only_text() && !number.is_f64() => {
            Some(number.to_string().into())
        }
        _ => None,
    };
    retyped.or_else(|| {
        (lenient && types.has(JsonType::Array) && !value.is_array() && !value.is_null())
            .then(|| Value::Array(vec![value.clone()]))
    })
}

fn from_text(text: &str, types: &Types) -> Option<Value> {
    if types.has(JsonType::Number) || types.has(JsonType::Integer) {
        let number = serde_json::from_str::<Number>(text).ok();
        let whole = |number: &Number| number.as_f64().is_some_and(|float| float.fract() == 0.0);
        let fits = |number: &Number| types.has(JsonType::Number) || whole(number);
        if let Some(number) = number.filter(|number| fits(number) && exact::says(number, text)) {
            return Some(Value::Number(number));
        }
    }
    if types.has(JsonType::Boolean) {
        if text.eq_ignore_ascii_case("true") {
            return Some(true.into());
        }
        if text.eq_ignore_ascii_case("false") {
            return Some(false.into());
        }
    }
    let opens = |bracket| text.starts_with(bracket);
    if (types.has(JsonType::Array) && opens('[')) || (types.has(JsonType::Object) && opens('{')) {
        return serde_json::from_str(text).ok();
    }
    (types.has(JsonType::Null) && text == "null").then_some(Value::Null)
}

/// The one constant that a value means: the same text in another case, or the same text as another type.
fn constant(value: &Value, options: &[Value]) -> Option<Value> {
    let text = scalar(value)?;
    let mut matching = (options.iter())
        .filter(|option| scalar(option).is_some_and(|option| option.eq_ignore_ascii_case(&text)));
    let found = matching.next()?;
    matching.next().is_none().then(|| found.clone())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
