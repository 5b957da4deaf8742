//! Request bodies from the arguments of a call: JSON, forms, multipart, XML, streams of JSON, text and bytes.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::tool::{Body, BodyFormat, BodySource, Field, FieldFormat, Style};
use super::style::{Pairs, is_undefined, text};
use super::upload::Upload;
use super::{multipart, xml};

/// The bytes of a body.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    /// The `Content-Type` where it is another than the tool's usual one.
    pub(super) content_type: Option<String>,
}

/// One way to send a body: its usual one, or the one that the call asked for.
#[derive(Clone, Copy)]
struct Way {
    media_type: &'static str,
    format: BodyFormat,
    is_usual: bool,
}

/// A field with the value that it was given.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// What a message calls it.
    pub(super) argument: &'a str,
    pub(super) style: Style,
    pub(super) explode: bool,
    pub(super) allow_reserved: bool,
    pub(super) format: FieldFormat,
    pub(super) content_type: &'a str,
    pub(super) headers: &'a [(&'static str, &'static str)],
    pub(super) value: &'a Value,
}

/// The body, or `None` when none is sent.
///
/// # Errors
/// An argument that cannot become a body, as a line that the model reads.
pub(super) fn encode(
    body: &Body,
    arguments: &Map<String, Value>,
) -> Result<Option<Encoded>, String> {
    let way = way(body, arguments);
    let encoded = match body.source {
        BodySource::Fields(fields) => {
            let entries: Vec<Entry<'_>> = (fields.iter())
                .filter_map(|field| {
                    let value = arguments.get(field.argument)?;
                    Some(Entry::of(field, field.argument, value))
                })
                .collect();
            if entries.is_empty() && !body.required {
                return Ok(None);
            }
            encode_entries(way, body.xml, &entries)?
        }
        BodySource::Object(argument, fields) => match arguments.get(argument) {
            Some(Value::Object(given)) => {
                encode_entries(way, body.xml, &entries_of(given, fields))?
            }
            Some(value) => encode_whole(way, body.xml, argument, value)?,
            None => return Ok(None),
        },
        BodySource::Whole(argument) => match arguments.get(argument) {
            Some(value) => encode_whole(way, body.xml, argument, value)?,
            None => return Ok(None),
        },
    };
    let other = || (!way.is_usual).then(|| way.media_type.to_owned());
    let content_type = encoded.content_type.or_else(other);
    Ok(Some(Encoded {
        bytes: encoded.bytes,
        content_type,
    }))
}

impl<'a> Entry<'a> {
    fn of(field: &'a Field, argument: &'a str, value: &'a Value) -> Self {
        Self {
            name: field.name,
            argument,
            style: field.style,
            explode: field.explode,
            allow_reserved: field.allow_reserved,
            format: field.format,
            content_type: field.content_type,
            headers: field.headers,
            value,
        }
    }

    /// A field that the description does not know.
    fn unknown(name: &'a str, value: &'a Value) -> Self {
        Self {
            name,
            argument: name,
            style: Style::Form,
            explode: true,
            allow_reserved: false,
            format: FieldFormat::Value,
            content_type: "",
            headers: &[],
            value,
        }
    }

    /// The same field with another value.
    pub(super) fn with(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }
}

/// The fields of an object, in its own order.
fn entries_of<'a>(given: &'a Map<String, Value>, fields: &'a [Field]) -> Vec<Entry<'a>> {
    (given.iter())
        .map(
            |(name, value)| match fields.iter().find(|field| field.name == name) {
                Some(field) => Entry::of(field, name, value),
                None => Entry::unknown(name, value),
            },
        )
        .collect()
}

fn way(body: &Body, arguments: &Map<String, Value>) -> Way {
    let usual = Way {
        media_type: body.media_type,
        format: body.format,
        is_usual: true,
    };
    let Some(choice) = body.choice else {
        return usual;
    };
    let wanted = arguments.get(choice.argument).and_then(Value::as_str);
    let other = (choice.others.iter()).find(|other| Some(other.media_type) == wanted);
    other.map_or(usual, |other| Way {
        media_type: other.media_type,
        format: other.format,
        is_usual: false,
    })
}

fn encode_entries(way: Way, hints: &str, entries: &[Entry<'_>]) -> Result<Encoded, String> {
    Ok(match way.format {
        BodyFormat::Form => {
            let mut out = String::new();
            for entry in entries {
                push_form(&mut out, entry);
            }
            plain(out)
        }
        BodyFormat::Multipart => {
            let multipart = multipart::encode(way.media_type, entries)?;
            Encoded {
                bytes: multipart.bytes.into(),
                content_type: Some(multipart.content_type),
            }
        }
        BodyFormat::Xml => {
            let fields = (entries.iter()).map(|entry| (entry.name.to_owned(), entry.value.clone()));
            plain(xml::document(
                &Value::Object(fields.collect()),
                &parsed(hints),
            )?)
        }
        BodyFormat::JsonLines => {
            let mut line = json(&Entries(entries));
            line.push(b'\n');
            plain(line)
        }
        BodyFormat::Json | BodyFormat::Text | BodyFormat::Bytes => plain(json(&Entries(entries))),
    })
}

fn encode_whole(way: Way, hints: &str, argument: &str, value: &Value) -> Result<Encoded, String> {
    Ok(match (way.format, value) {
        (BodyFormat::Json, value) => plain(json(value)),
        (BodyFormat::JsonLines, value) => plain(lines(value)),
        (BodyFormat::Form | BodyFormat::Multipart, Value::Object(given)) => {
            encode_entries(way, hints, &entries_of(given, &[]))?
        }
        (BodyFormat::Xml, Value::Object(_) | Value::Array(_)) => {
            plain(xml::document(value, &parsed(hints))?)
        }
        (BodyFormat::Bytes, value) => plain(Upload::of(argument, value)?.bytes),
        (BodyFormat::Text | BodyFormat::Xml | BodyFormat::Form | BodyFormat::Multipart, value) => {
            plain(text(value).into_owned())
        }
    })
}

fn plain(bytes: impl Into<Bytes>) -> Encoded {
    Encoded {
        bytes: bytes.into(),
        content_type: None,
    }
}

/// The hints are a part of the program: what cannot be read there is as if it were not there.
fn parsed(hints: &str) -> Value {
    serde_json::from_str(hints).unwrap_or_default()
}

fn push_form(out: &mut String, entry: &Entry<'_>) {
    let pairs = Pairs {
        separator: "&",
        allow_reserved: entry.allow_reserved,
    };
    let is_spread = entry.style == Style::Form && entry.explode;
    match (entry.format, entry.value) {
        (FieldFormat::Json, value) => pairs.pair(out, entry.name, &value.to_string()),
        (_, value) if is_undefined(value) => {}
        // A field that is an object stays one field, as OpenAPI 3.1 §4.8.15.1 has it for forms.
        (_, value @ Value::Object(_)) if is_spread => {
            pairs.pair(out, entry.name, &value.to_string());
        }
        (_, value) => pairs.push(out, entry.name, value, entry.style, entry.explode),
    }
}

/// Each item on a line of its own (https://github.com/ndjson/ndjson-spec).
fn lines(value: &Value) -> Vec<u8> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut out = Vec::new();
    for item in items {
        out.extend(json(item));
        out.push(b'\n');
    }
    out
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Values of serde_json's own with text keys always become text.
    serde_json::to_vec(value).expect("JSON values serialise")
}

/// Fields as one object, without copying them.
struct Entries<'a>(&'a [Entry<'a>]);

impl Serialize for Entries<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|entry| (entry.name, entry.value)))
    }
}
