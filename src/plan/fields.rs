//! The fields of forms and multipart bodies: what each becomes, by its schema and its `encoding`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::schema::flat::{All, Flat, flatten};
use super::schema::{JsonType, Schemas};
use super::{Field, media, parameters, xml};
use crate::api::{Encoding, MediaType};
use crate::runtime::tool::{BodyFormat, FieldFormat, Style};

/// A file as an argument.
pub(super) static FILE: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "description": "A file: base64, a `data:` URL, or an object with its `text`.",
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "base64": {"type": "string"},
                    "filename": {"type": "string"},
                    "content_type": {"type": "string"},
                },
                "additionalProperties": false,
            },
        ],
    })
});

/// Several of them.
static FILES: LazyLock<Value> = LazyLock::new(|| json!({"type": "array", "items": FILE.clone()}));
static FILE_OR_NULL: LazyLock<Value> = LazyLock::new(|| or_null(&FILE));
static FILES_OR_NULL: LazyLock<Value> = LazyLock::new(|| or_null(&FILES));

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// How a field of a body is sent.
pub(super) fn field(
    format: BodyFormat,
    media: &MediaType,
    wire: &str,
    argument: &str,
    all: &All<'_>,
    schemas: &Schemas<'_>,
) -> Field {
    let encoding = media.encoding.get(wire);
    let style = encoding
        .and_then(|encoding| encoding.style)
        .map_or(Style::Form, parameters::style);
    // OpenAPI 3.1 §4.8.15.1.2: `explode` is true by default for `form` alone; `deepObject` has no other way.
    let explode = encoding
        .and_then(|encoding| encoding.explode)
        .unwrap_or(matches!(style, Style::Form | Style::DeepObject));
    let mut field = Field {
        argument: argument.to_owned(),
        name: wire.to_owned(),
        style,
        explode,
        allow_reserved: encoding.is_some_and(|encoding| encoding.allow_reserved),
        format: FieldFormat::Value,
        content_type: String::new(),
        headers: Vec::new(),
        xml: String::new(),
    };
    if matches!(format, BodyFormat::Form | BodyFormat::Multipart) {
        let content_type = encoding.and_then(part_type);
        field.format = field_format(format, content_type.as_deref(), all, schemas);
        // OpenAPI 3.1.1 §4.8.15.1.2: a style that is given is how the field is sent, whatever its `contentType`.
        let is_styled =
            encoding.is_some_and(|encoding| encoding.style.is_some() || encoding.explode.is_some());
        if is_styled && (format == BodyFormat::Form || field.format == FieldFormat::Value) {
            field.format = FieldFormat::Styled;
        }
        if format == BodyFormat::Multipart {
            field.content_type = content_type.unwrap_or_default();
            if media::is_xml(&media::essence(&field.content_type)) {
                field.xml = part_hints(all, schemas);
            }
            field.headers = encoding.map(part_headers).unwrap_or_default();
        }
    }
    field
}

fn field_format(
    format: BodyFormat,
    content_type: Option<&str>,
    all: &All<'_>,
    schemas: &Schemas<'_>,
) -> FieldFormat {
    match content_type {
        Some(name) if media::is_json(name) => return FieldFormat::Json,
        Some(name) if format == BodyFormat::Multipart && !media::is_text(name) => {
            return FieldFormat::File;
        }
        _ => {}
    }
    if format == BodyFormat::Multipart && is_file(&flatten(schemas, all), schemas) {
        FieldFormat::File
    } else {
        FieldFormat::Value
    }
}

/// Whether a property is bytes, a list of them, or either of these or nothing (OpenAPI 3.0 §4.7.14.2, 3.1 §4.8.14.4).
pub(super) fn is_file(flat: &Flat<'_>, schemas: &Schemas<'_>) -> bool {
    shape(flat, schemas, 0).is_some()
}

/// What is given for a property that is a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    One,
    Several,
}

fn shape(flat: &Flat<'_>, schemas: &Schemas<'_>, depth: usize) -> Option<Shape> {
    /// `anyOf: [{type: array, items: {$ref: …}}, {type: "null"}]` and a little more.
    const DEEPEST: usize = 4;
    if depth > DEEPEST {
        return None;
    }
    if !flat.items.is_empty() {
        let item = shape(&flatten(schemas, &flat.items), schemas, depth + 1);
        return item.map(|_| Shape::Several);
    }
    let [forms] = flat.alternatives[..] else {
        return (flat.alternatives.is_empty() && is_bytes(flat)).then_some(Shape::One);
    };
    let shapes: Option<Vec<Shape>> = (forms.iter())
        .map(|form| flatten(schemas, &[form]))
        .filter(|form| !form.is_null())
        .map(|form| shape(&form, schemas, depth + 1))
        .collect();
    shapes?.into_iter().max()
}

fn is_bytes(flat: &Flat<'_>) -> bool {
    let text = |keyword: &str| flat.limits.get(keyword).and_then(|value| value.as_str());
    let is_text = flat
        .effective_types()
        .is_none_or(|types| types.contains(JsonType::String));
    is_text
        && (text("format") == Some("binary")
            || (text("contentMediaType").is_some_and(|name| !media::is_text(name))
                && text("contentEncoding").is_none()))
}

/// Whether a property may be null.
fn is_nullable(flat: &Flat<'_>, schemas: &Schemas<'_>) -> bool {
    let is_null = |form: &Value| flatten(schemas, &[form]).is_null();
    let may_be_null = flat
        .effective_types()
        .is_some_and(|types| types.contains(JsonType::Null));
    may_be_null || flat.alternatives.iter().copied().flatten().any(is_null)
}

/// Whether a form has a property that is a file.
pub(super) fn has_file(schema: Option<&Value>, schemas: &Schemas<'_>) -> bool {
    let Some(schema) = schema else { return false };
    flatten(schemas, &[schema])
        .properties
        .values()
        .any(|all| is_file(&flatten(schemas, all), schemas))
}

/// The schemas of the argument for a field: a file is described as what a client can give.
pub(super) fn argument_schemas<'a>(field: &Field, all: All<'a>, schemas: &Schemas<'a>) -> All<'a> {
    if field.format != FieldFormat::File {
        return all;
    }
    let flat = flatten(schemas, &all);
    let is_list = shape(&flat, schemas, 0) == Some(Shape::Several);
    vec![match (is_list, is_nullable(&flat, schemas)) {
        (false, false) => &*FILE,
        (true, false) => &*FILES,
        (false, true) => &*FILE_OR_NULL,
        (true, true) => &*FILES_OR_NULL,
    }]
}

/// `contentType`, which may be a list and have wildcards: the first that can be sent.
fn part_type(encoding: &Encoding) -> Option<String> {
    let names = encoding.content_type.as_deref()?;
    let names = names.split(',').map(str::trim);
    let mut sendable = names.filter(|name| media::is_header_text(name) && !name.contains('*'));
    let first = sendable.next().map(str::to_owned);
    // `image/*` still says that it is no text.
    first.or_else(|| {
        let binary = encoding.content_type.as_deref()?.contains("/*");
        binary.then(|| "application/octet-stream".to_owned())
    })
}

/// The names in XML of a part, which is an item where the field is a list.
fn part_hints(all: &All<'_>, schemas: &Schemas<'_>) -> String {
    let flat = flatten(schemas, all);
    match (&flat.items[..], &all[..]) {
        ([schema], _) | ([], [schema]) => xml::property_hints(schema, schemas),
        _ => String::new(),
    }
}

fn part_headers(encoding: &Encoding) -> Vec<(String, String)> {
    let is_value = |text: &str| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    (encoding.headers.iter())
        .filter(|(name, value)| {
            // OpenAPI 3.1 §4.8.15.1: `Content-Type` is described elsewhere.
            parameters::is_token(name)
                && is_value(value)
                && !name.to_ascii_lowercase().starts_with("content-")
        })
        .cloned()
        .collect()
}
