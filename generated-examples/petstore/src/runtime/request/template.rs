//! Path templates: `/pets/{id}.json`, filled in so that a value stays inside its segment.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::super::tool::{Location, Parameter};
use super::style;

/// What a path of a description may hold that a URL may not.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Literal(String),
    /// The index of the parameter.
    Variable(usize),
}

impl Template {
    /// # Errors
    /// A variable that is no parameter.
    pub(super) fn parse(path: &str, parameters: &[Parameter]) -> Result<Self, String> {
        // A fragment is never sent (RFC 9110 §7.1); descriptions use it to tell operations apart.
        let mut rest = path.split('#').next().unwrap_or(path);
        let mut pieces = Vec::new();
        if !rest.starts_with('/') {
            pieces.push(Piece::Literal("/".to_owned()));
        }
        while let Some((front, back)) = rest.split_once('{') {
            let Some((name, back)) = back.split_once('}') else {
                break;
            };
            let index = (parameters.iter())
                .position(|parameter| {
                    parameter.location == Location::Path && parameter.name == name
                })
                .ok_or_else(|| format!("no argument fills in `{{{name}}}` of `{path}`"))?;
            pieces.push(literal(front));
            pieces.push(Piece::Variable(index));
            rest = back;
        }
        pieces.push(literal(rest));
        Ok(Self(pieces))
    }

    /// Appends the path.
    pub(super) fn fill(
        &self,
        out: &mut String,
        parameters: &[Parameter],
        arguments: &Map<String, Value>,
        mistakes: &mut Vec<String>,
    ) {
        // The first parameter of the segment that is being written, and where the segment begins.
        let mut start = out.len();
        let mut filled: Option<&Parameter> = None;
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => {
                    let Some(slash) = text.find(['/', '?']) else {
                        out.push_str(text);
                        continue;
                    };
                    out.push_str(&text[..slash]);
                    check_segment(&out[start..], filled.take(), mistakes);
                    out.push_str(&text[slash..]);
                    start = out.rfind('/').map_or(out.len(), |slash| slash + 1);
                }
                Piece::Variable(index) => {
                    let parameter = &parameters[*index];
                    filled = filled.or(Some(parameter));
                    write_variable(out, parameter, arguments, mistakes);
                }
            }
        }
        check_segment(&out[start..], filled, mistakes);
    }
}

fn literal(text: &str) -> Piece {
    Piece::Literal(utf8_percent_encode(text, LITERAL).to_string())
}

fn write_variable(
    out: &mut String,
    parameter: &Parameter,
    arguments: &Map<String, Value>,
    mistakes: &mut Vec<String>,
) {
    let name = parameter.argument;
    let Some(value) = arguments
        .get(name)
        .filter(|value| !style::is_undefined(value))
    else {
        mistakes.push(format!(
            "missing required argument `{name}`: it is a part of the path"
        ));
        return;
    };
    if let Some(problem) = problem(value, parameter.allow_reserved) {
        mistakes.push(format!(
            "argument `{name}` {problem}: it is a part of the path"
        ));
        return;
    }
    match style::content(parameter, value) {
        Some(text) => style::encode(out, &text),
        // A list in a path is one text, exploded or not.
        None if let Some(split) = style::split_in_url(value, parameter.style, false) => {
            mistakes.push(super::splits(name, split));
        }
        None => style::path(out, parameter, value),
    }
}

/// Why a value cannot be a part of a path. Servers and proxies that decode `%2F` before they look for dot segments are
/// common, so these are refused between encoded slashes too. Where what is encoded stays (`allowReserved`), it must be
/// what could be encoded here.
fn problem(value: &Value, allow_reserved: bool) -> Option<String> {
    let inner = |value: &Value| problem(value, allow_reserved);
    match value {
        Value::String(text) if allow_reserved => {
            match percent_encoding::percent_decode_str(text).decode_utf8() {
                Ok(decoded) => problem_of(&decoded),
                Err(_) => Some("must be UTF-8 where it is percent-encoded".to_owned()),
            }
        }
        Value::String(text) => problem_of(text),
        Value::Array(items) => (items.iter())
            .filter(|item| !item.is_null())
            .find_map(inner),
        Value::Object(fields) => (fields.values())
            .filter(|item| !item.is_null())
            .find_map(inner),
        _ => None,
    }
}

fn problem_of(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Some("must not contain control characters".to_owned());
    }
    (text.split(['/', '\\']))
        .find(|part| matches!(*part, "." | ".."))
        .map(|part| format!("must not contain the path segment `{part}`"))
}

/// RFC 3986 §5.2.4: a dot segment would be taken away together with the one before it. It is looked for in the whole
/// segment as a server may decode it, since names of fields and text of the template stand in it too, and without the
/// parameters after a `;`, which some servers cut off first.
fn check_segment(segment: &str, filled: Option<&Parameter>, mistakes: &mut Vec<String>) {
    let Some(parameter) = filled else {
        return;
    };
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    let dots = (decoded.split(['/', '\\']))
        .map(|part| part.split(';').next().unwrap_or_default())
        .find(|part| matches!(*part, "." | ".."));
    if let Some(dots) = dots {
        mistakes.push(format!(
            "argument `{}` must not make the path segment `{dots}`",
            parameter.argument
        ));
    }
}
