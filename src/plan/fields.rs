//! The fields of forms and multipart bodies: what each becomes, by its schema and its `encoding`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::schema::flat::{All, Flat, flatten};
use super::schema::{JsonType, Schemas};
use super::{Field, media, parameters, xml};
use crate::api::{Encoding, MediaType};
use crate::runtime::tool::{BodyFormat, FieldFormat, Style};

/// A file as an argument.
pub(super) static FILE: LazyLock<Value> =
    LazyLock::new(|| file("A file: base64, a `data:` URL, or an object with its `text`."));

/// One file as an argument, and several of them.
static FILES: LazyLock<[Given; 2]> = LazyLock::new(|| one_and_several(FILE.clone()));

/// The same where a text may stand in place of a file.
static FILES_OR_TEXTS: LazyLock<[Given; 2]> = LazyLock::new(|| {
    one_and_several(file(
        "A file, as a `data:` URL or an object with its `text` or `base64`; any other text is sent as it is.",
    ))
});

/// The schema of what is given for a field, where it may be null and where it may not.
struct Given {
    schema: Value,
    or_null: Value,
}

fn file(description: &str) -> Value {
    json!({
        "description": description,
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
}

fn one_and_several(file: Value) -> [Given; 2] {
    let list = json!({"type": "array", "items": file});
    [file, list].map(|schema| Given {
        or_null: json!({"anyOf": [schema, {"type": "null"}]}),
        schema,
    })
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
        allow_reserved: encoding.and_then(|encoding| encoding.allow_reserved) == Some(true),
        format: FieldFormat::Value,
        content_type: String::new(),
        headers: Vec::new(),
        xml: String::new(),
        parts: Vec::new(),
        items: encoding.map_or_else(Vec::new, |encoding| parameters::styles(&encoding.items)),
    };
    if matches!(format, BodyFormat::Form | BodyFormat::Multipart) {
        let content_type = encoding.and_then(part_type);
        field.format = field_format(format, content_type.as_deref(), all, schemas);
        // OpenAPI 3.1.1 §4.8.15.1.2: a style that is given is how the field is sent, whatever its `contentType`.
        let is_styled = encoding.is_some_and(|encoding| {
            encoding.style.is_some()
                || encoding.explode.is_some()
                || encoding.allow_reserved.is_some()
        });
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

impl Field {
    /// Whether it is sent as one is of which nothing is said.
    pub(super) fn is_usual(&self) -> bool {
        (self.style, self.explode, self.allow_reserved) == (Style::Form, true, false)
            && self.format == FieldFormat::Value
    }
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
    let carries = (format == BodyFormat::Multipart)
        .then(|| carried(&flatten(schemas, all), schemas, 0))
        .flatten();
    match carries {
        Some(Carried {
            are_files: false, ..
        })
        | None => FieldFormat::Value,
        Some(Carried {
            are_texts: true, ..
        }) => FieldFormat::FileOrText,
        Some(_) => FieldFormat::File,
    }
}

/// Whether a property is bytes, a list of them, or either of these or a text or nothing (OpenAPI 3.0 §4.7.14.2,
/// 3.1 §4.8.14.4).
fn is_file(flat: &Flat<'_>, schemas: &Schemas<'_>) -> bool {
    carried(flat, schemas, 0).is_some_and(|carried| carried.are_files)
}

/// What is given for a property of which each form is bytes or text.
#[derive(Clone, Copy, Default)]
struct Carried {
    /// One of the forms is bytes.
    are_files: bool,
    /// One of them is any other text, such as the address of a file.
    are_texts: bool,
    /// One of them is a list.
    is_list: bool,
}

/// `None` where a form is anything else.
fn carried(flat: &Flat<'_>, schemas: &Schemas<'_>, depth: usize) -> Option<Carried> {
    /// `anyOf: [{type: array, items: {$ref: …}}, {type: "null"}]` and a little more.
    const DEEPEST: usize = 4;
    if depth > DEEPEST {
        return None;
    }
    if !flat.items.is_empty() {
        let item = carried(&flatten(schemas, &flat.items), schemas, depth + 1)?;
        return Some(Carried {
            is_list: true,
            ..item
        });
    }
    let [forms] = flat.alternatives[..] else {
        let is_one = flat.alternatives.is_empty();
        let (are_files, are_texts) = (is_one && is_bytes(flat), is_one && is_text(flat));
        return (are_files || are_texts).then_some(Carried {
            are_files,
            are_texts: !are_files,
            is_list: false,
        });
    };
    (forms.iter())
        .map(|form| flatten(schemas, &[form]))
        .filter(|form| !form.is_null())
        .map(|form| carried(&form, schemas, depth + 1))
        .try_fold(Carried::default(), |all, one| {
            let one = one?;
            Some(Carried {
                are_files: all.are_files || one.are_files,
                are_texts: all.are_texts || one.are_texts,
                is_list: all.is_list || one.is_list,
            })
        })
}

fn is_text(flat: &Flat<'_>) -> bool {
    flat.effective_types().is_some_and(|types| {
        types.contains(JsonType::String)
            && (types.iter()).all(|kind| matches!(kind, JsonType::String | JsonType::Null))
    })
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
    let [one, several] = match field.format {
        FieldFormat::File => &*FILES,
        FieldFormat::FileOrText => &*FILES_OR_TEXTS,
        _ => return all,
    };
    let flat = flatten(schemas, &all);
    let is_list = carried(&flat, schemas, 0).is_some_and(|carried| carried.is_list);
    let argument = if is_list { several } else { one };
    vec![if is_nullable(&flat, schemas) {
        &argument.or_null
    } else {
        &argument.schema
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
    headers(encoding, |name| !name.starts_with("content-"))
}

/// The headers of a part that has no name; what it is may stand in them.
pub(super) fn headers_of_unnamed(encoding: &Encoding) -> Vec<(String, String)> {
    headers(encoding, |name| {
        !matches!(name, "content-type" | "content-length")
    })
}

/// OpenAPI 3.1 §4.8.15.1: `Content-Type` is described elsewhere.
fn headers(encoding: &Encoding, is_ours: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let is_value = |text: &str| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    (encoding.headers.iter())
        .filter(|(name, value)| {
            let is_fine = parameters::is_token(name) && is_value(value);
            is_fine && is_ours(&name.to_ascii_lowercase())
        })
        .cloned()
        .collect()
}
