//! How a mistake reads: so that a model corrects itself in one turn. Nothing of the validator's own words shows.

use std::fmt::Write as _;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::super::schema::Schema;
use super::{MOST_MISTAKES, exact, nearest};

/// How much of a value is shown.
const MOST_CHARS: usize = 60;
/// How many constants or names are shown.
const MOST_NAMES: usize = 20;
/// How deep alternatives are described.
const MOST_DEPTH: usize = 3;

/// Appends a line for everything that is wrong with the arguments.
pub(super) fn describe(
    schema: &Schema,
    arguments: &Value,
    unknown_told: bool,
    mistakes: &mut Vec<String>,
) {
    for error in schema.errors(arguments) {
        // Unknown arguments are told by name before; the schema's own words on them would be a second line.
        let at_root = error.instance_path().is_empty();
        let unknown = matches!(
            error.kind(),
            ValidationErrorKind::AdditionalProperties { .. }
                | ValidationErrorKind::UnevaluatedProperties { .. }
        );
        if !(unknown_told && at_root && unknown) {
            sentence(schema, &error, 0, mistakes);
        }
    }
    if mistakes.is_empty() && !unknown_told {
        mistakes.push("the arguments do not fit the tool's schema".to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    mistakes.retain(|mistake| seen.insert(mistake.clone()));
    mistakes.extend(usual_choice(&schema.document, arguments));
}

/// Where an argument that is absent decides what others have to be: which form they were taken for.
fn usual_choice(schema: &Value, arguments: &Value) -> Option<String> {
    let named = schema.pointer("/allOf/0/if/properties")?.as_object()?;
    let (name, _) = named.iter().next()?;
    if arguments.get(name).is_some() {
        return None;
    }
    let choice = schema.get("properties")?.get(name)?;
    let options = choice.get("enum")?.as_array()?;
    Some(format!(
        "without `{name}` this is what {} takes; `{name}` may be one of {}",
        shown(choice.get("default")?),
        constants(options)
    ))
}

fn sentence(schema: &Schema, error: &ValidationError<'_>, depth: usize, out: &mut Vec<String>) {
    let steps: Vec<String> = (error.instance_path().segments())
        .map(|segment| segment.to_string())
        .collect();
    let value = error.instance().as_ref();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            out.push(missing(
                schema,
                &steps,
                property.as_str().unwrap_or_default(),
            ));
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                out.push(if out.len() < MOST_MISTAKES {
                    unknown(schema, &steps, name)
                } else {
                    format!("unknown field `{}`", shortened(name))
                });
            }
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            alternatives(schema, error, context, depth, out);
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name = shown(inner.instance());
            out.push(format!(
                "{} must not have a field named {name}",
                subject(&steps)
            ));
        }
        // Where the check stopped, nothing is known.
        ValidationErrorKind::Custom { .. } => {}
        ValidationErrorKind::Type { kind } if !wants_shorter(kind, value) => {
            out.push(of_another_type(schema, &steps, &kinds_of(kind), value));
        }
        kind => {
            let demand = demand(kind, value);
            out.push(format!("{} {demand}", subject(&steps)));
        }
    }
}

/// What is asked of a value and what it is instead: the end of a sentence.
fn demand(kind: &ValidationErrorKind, value: &Value) -> String {
    use ValidationErrorKind as Kind;
    let got = shown(value);
    match kind {
        Kind::Type { .. } => exact::TOO_LONG.to_owned(),
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            format!("must be one of {}; got {got}", constants(options))
        }
        Kind::Constant { expected_value } => {
            format!("must be {}; got {got}", shown(expected_value))
        }
        Kind::Minimum { limit } => format!("must be at least {limit}; got {got}"),
        Kind::Maximum { limit } => format!("must be at most {limit}; got {got}"),
        Kind::ExclusiveMinimum { limit } => format!("must be greater than {limit}; got {got}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}; got {got}"),
        Kind::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of}; got {got}")
        }
        Kind::MinLength { limit } => {
            format!(
                "must have at least {}; got {got}",
                count(*limit, "character")
            )
        }
        Kind::MaxLength { limit } => format!(
            "must have at most {}; got {}",
            count(*limit, "character"),
            value.as_str().map_or(0, |text| text.chars().count())
        ),
        Kind::Pattern { pattern } => {
            format!("must match the pattern `{}`; got {got}", shortened(pattern))
        }
        Kind::Format { format } => format!("must be in the format `{format}`; got {got}"),
        Kind::MinItems { limit } => {
            let items = value.as_array().map_or(0, Vec::len);
            format!("must have at least {}; got {items}", count(*limit, "item"))
        }
        Kind::MaxItems { limit } => at_most_items(*limit, value),
        Kind::AdditionalItems { limit } => at_most_items(*limit as u64, value),
        Kind::UniqueItems => "must not hold the same item twice".to_owned(),
        Kind::MinProperties { limit } => {
            format!("must have at least {}; got {got}", count(*limit, "field"))
        }
        Kind::MaxProperties { limit } => {
            format!("must have at most {}; got {got}", count(*limit, "field"))
        }
        Kind::OneOfMultipleValid { .. } => {
            format!("may have only one of the forms that exclude one another; got {got}")
        }
        Kind::FalseSchema => "must not be given".to_owned(),
        Kind::Contains => format!("lacks an item of the kind that it needs; got {got}"),
        _ => format!("has a value that is not allowed; got {got}"),
    }
}

/// Whether a text is an integer, only too long a one.
fn wants_shorter(kind: &TypeKind, value: &Value) -> bool {
    let integer = kinds_of(kind).contains(&JsonType::Integer);
    integer
        && value
            .as_str()
            .is_some_and(|text| exact::is_too_long(text.trim()))
}

fn at_most_items(limit: u64, value: &Value) -> String {
    let items = value.as_array().map_or(0, Vec::len);
    format!("must have at most {}; got {items}", count(limit, "item"))
}

fn missing(schema: &Schema, steps: &[String], name: &str) -> String {
    let mut full = steps.to_vec();
    full.push(name.to_owned());
    let path = path(&full);
    let found = schema.at(full.iter().map(String::as_str));
    let mut text = format!("missing required argument `{path}`");
    let Some(found) = found else {
        return text;
    };
    let resolved = schema.resolved(found);
    if let Some(kind) = declared_type(resolved) {
        // No validator asks for the format, but the API may.
        let format = resolved.get("format").and_then(Value::as_str);
        let _ = match format.filter(|_| kind == "string") {
            Some(format) => write!(text, " ({kind}, format `{}`)", shortened(format)),
            None => write!(text, " ({kind})"),
        };
    }
    let description = [found, resolved]
        .iter()
        .find_map(|schema| schema.get("description")?.as_str());
    if let Some(description) = description {
        let line = description.trim().lines().next().unwrap_or_default();
        let _ = write!(text, ": {}", cut(line, 2 * MOST_CHARS));
    } else if let Some(options) = resolved.get("enum").and_then(Value::as_array) {
        let _ = write!(text, ": one of {}", constants(options));
    }
    text
}

fn declared_type(schema: &Value) -> Option<String> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = (kinds.iter().filter_map(Value::as_str))
                .filter(|kind| *kind != "null")
                .collect();
            Some(kinds.join(" or "))
        }
        _ => None,
    }
}

fn unknown(schema: &Schema, steps: &[String], name: &str) -> String {
    let mut full = steps.to_vec();
    full.push(name.to_owned());
    let noun = if steps.is_empty() {
        "argument"
    } else {
        "field"
    };
    let names = (schema.at(steps.iter().map(String::as_str)))
        .map_or_else(Vec::new, |found| schema.fields(found));
    let path = path(&full);
    match nearest(name, names.iter().copied(), 1).first() {
        Some(near) => format!("unknown {noun} `{path}`; did you mean `{near}`?"),
        None if names.is_empty() => format!("unknown {noun} `{path}`"),
        None => format!("unknown {noun} `{path}`; the {noun}s are {}", list(&names)),
    }
}

/// Describes a value that fits none of its alternatives: by types when only these differ, else by the alternative
/// that comes closest.
fn alternatives(
    schema: &Schema,
    error: &ValidationError<'_>,
    branches: &[Vec<ValidationError<'static>>],
    depth: usize,
    out: &mut Vec<String>,
) {
    let here = error.instance_path().as_str();
    let wrong_type = |branch: &&Vec<ValidationError<'static>>| {
        branch.iter().any(|inner| {
            matches!(inner.kind(), ValidationErrorKind::Type { .. })
                && inner.instance_path().as_str() == here
        })
    };
    let right_type: Vec<_> = (branches.iter())
        .filter(|branch| !wrong_type(branch))
        .collect();
    let steps: Vec<String> = (error.instance_path().segments())
        .map(|segment| segment.to_string())
        .collect();
    if right_type.is_empty() {
        let value = error.instance().as_ref();
        out.push(of_another_type(
            schema,
            &steps,
            &union_of_types(branches),
            value,
        ));
        return;
    }
    // Constants of several alternatives at one place are one list to choose from, and the choice comes first.
    if let Some(choice) = merged_constants(&right_type) {
        out.push(choice);
        return;
    }
    let closest = right_type.iter().min_by_key(|branch| cost(branch));
    let Some(closest) = closest.filter(|_| depth < MOST_DEPTH) else {
        out.push(format!(
            "{} fits none of the allowed forms; got {}",
            subject(&steps),
            shown(error.instance())
        ));
        return;
    };
    if right_type.len() > 1 {
        let mut inner = Vec::new();
        closest
            .iter()
            .for_each(|error| sentence(schema, error, depth + 1, &mut inner));
        out.push(format!(
            "{} fits none of the {} allowed forms; for the closest: {}",
            subject(&steps),
            branches.len(),
            inner.join(", ")
        ));
    } else {
        closest
            .iter()
            .for_each(|error| sentence(schema, error, depth + 1, out));
    }
}

/// How far a value is from an alternative. A wrong discriminator (a constant) says that another one was meant.
fn cost(branch: &[ValidationError<'_>]) -> usize {
    (branch.iter())
        .map(|error| match error.kind() {
            ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => 10,
            ValidationErrorKind::Type { .. } => 3,
            _ => 1,
        })
        .sum()
}

fn union_of_types(branches: &[Vec<ValidationError<'static>>]) -> Vec<JsonType> {
    let mut kinds: Vec<JsonType> = Vec::new();
    for error in branches.iter().flatten() {
        if let ValidationErrorKind::Type { kind } = error.kind() {
            for kind in kinds_of(kind) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
    }
    kinds
}

/// What all alternatives want of one place, if each wants another constant there: a discriminator, or the value itself.
fn merged_constants(branches: &[&Vec<ValidationError<'static>>]) -> Option<String> {
    let (first, others) = branches.split_first()?;
    first.iter().find_map(|error| {
        let place = error.instance_path();
        let mut options = constants_of(error)?.to_vec();
        // One constant for all tells nothing about which form is meant.
        let mut differ = false;
        for branch in others {
            let same_place = |error: &&ValidationError<'static>| error.instance_path() == place;
            let more = (branch.iter().filter(same_place)).find_map(constants_of)?;
            for option in more {
                if !options.contains(option) {
                    options.push(option.clone());
                    differ = true;
                }
            }
        }
        let steps: Vec<String> = (place.segments())
            .map(|segment| segment.to_string())
            .collect();
        differ.then(|| {
            format!(
                "{} must be one of {}; got {}",
                subject(&steps),
                constants(&options),
                shown(error.instance())
            )
        })
    })
}

fn constants_of<'e>(error: &'e ValidationError<'static>) -> Option<&'e [Value]> {
    match error.kind() {
        ValidationErrorKind::Enum { options } => options.as_array().map(Vec::as_slice),
        ValidationErrorKind::Constant { expected_value } => {
            Some(std::slice::from_ref(expected_value))
        }
        _ => None,
    }
}

fn kinds_of(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(single) => vec![*single],
        TypeKind::Multiple(several) => several.iter().collect(),
    }
}

fn of_another_type(schema: &Schema, steps: &[String], kinds: &[JsonType], value: &Value) -> String {
    // What is no array is told what the items are: most often, it is to be one of them.
    let items = (kinds.contains(&JsonType::Array) && !value.is_array())
        .then(|| schema.at(steps.iter().map(String::as_str)))
        .flatten()
        .and_then(|found| items(schema, found));
    let wanted = any_of(kinds, items.as_deref());
    format!(
        "{} must be {wanted}; got {}",
        subject(steps),
        described(value)
    )
}

/// What the items of an array are: `` `pending`, `paid` `` or `strings`.
fn items(schema: &Schema, found: &Value) -> Option<String> {
    let found = schema.resolved(found);
    let array = found.get("items").or_else(|| {
        let forms = found.get("anyOf")?.as_array()?;
        (forms.iter()).find_map(|form| schema.resolved(form).get("items"))
    })?;
    let item = schema.resolved(array);
    if let Some(options) = item.get("enum").and_then(Value::as_array) {
        return Some(constants(options));
    }
    let plural = match item.get("type")?.as_str()? {
        "array" => "arrays",
        "boolean" => "booleans",
        "integer" => "integers",
        "number" => "numbers",
        "object" => "objects",
        "string" => "strings",
        _ => return None,
    };
    Some(plural.to_owned())
}

fn any_of(kinds: &[JsonType], items: Option<&str>) -> String {
    let array = items.map_or_else(
        || "an array".to_owned(),
        |items| format!("an array of {items}"),
    );
    let names: Vec<&str> = (kinds.iter())
        .map(|kind| match kind {
            JsonType::Array => array.as_str(),
            JsonType::Boolean => "a boolean",
            JsonType::Integer => "an integer",
            JsonType::Null => "null",
            JsonType::Number => "a number",
            JsonType::Object => "an object",
            JsonType::String => "a string",
        })
        .collect();
    match names.split_last() {
        Some((last, front)) if !front.is_empty() => format!("{} or {last}", front.join(", ")),
        _ => names.concat(),
    }
}

fn described(value: &Value) -> String {
    let kind = match value {
        Value::Null => return "null".to_owned(),
        Value::Bool(_) => "the boolean",
        Value::Number(_) => "the number",
        Value::String(_) => "the string",
        Value::Array(_) => "the array",
        Value::Object(_) => "the object",
    };
    format!("{kind} {}", shown(value))
}

fn constants(options: &[Value]) -> String {
    let names: Vec<String> = options.iter().map(plain).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    list(&names)
}

/// `` `a`, `b` and 3 more ``.
pub(super) fn list(names: &[&str]) -> String {
    let shown: Vec<String> = (names.iter().take(MOST_NAMES))
        .map(|name| format!("`{}`", shortened(name)))
        .collect();
    match names.len().checked_sub(MOST_NAMES) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

pub(super) fn subject(steps: &[String]) -> String {
    if steps.is_empty() {
        "the arguments".to_owned()
    } else {
        format!("argument `{}`", path(steps))
    }
}

/// `body.items[2].price`.
fn path(steps: &[String]) -> String {
    let mut path = String::new();
    for step in steps {
        if !path.is_empty() && step.parse::<usize>().is_ok() {
            let _ = write!(path, "[{step}]");
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&shortened(step));
        }
    }
    path
}

fn shown(value: &Value) -> String {
    format!("`{}`", cut(&plain(value), MOST_CHARS))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text of the client's that fits into a line.
pub(super) fn shortened(text: &str) -> String {
    cut(text, MOST_CHARS)
}

fn cut(text: &str, most: usize) -> String {
    let mut short: String = (text.chars().take(most))
        .map(|c| match c {
            // It stands between backticks.
            '`' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    if text.chars().nth(most).is_some() {
        short.push('…');
    }
    short
}
