//! Request bodies from the arguments of a call: JSON, forms, multipart, XML, streams of JSON, text and bytes.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::tool::{Body, BodyFormat, BodySource, Field, FieldFormat, Style};
use super::multipart::Multipart;
use super::style::{self, Pairs, is_undefined, text};
use super::upload::{self, Upload};
use super::{essence, multipart, splits, xml};

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
    /// Its own fields, where they are not those of the usual one.
    fields: Option<&'static [Field]>,
    /// Names in XML.
    xml: &'static str,
    is_usual: bool,
    /// Whether the call named it.
    is_named: bool,
}

/// A field with the value that it was given.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// What a message calls it.
    pub(super) argument: &'a str,
    /// How it is sent.
    pub(super) field: &'a Field,
    pub(super) value: &'a Value,
}

/// A field that the description does not know.
const UNKNOWN: &Field = &Field::new("");
/// The part of a body that has no fields: the name that most servers look for.
const FILE: &Field = &Field::new("file").file();

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
            let fields = way.fields.unwrap_or(fields);
            let entries: Vec<Entry<'_>> = (fields.iter())
                .filter_map(|field| {
                    let value = arguments.get(field.argument)?;
                    Some(Entry::of(field, field.argument, value))
                })
                .collect();
            if entries.is_empty() && !body.required {
                return Ok(None);
            }
            encode_entries(way, fields, &entries)?
        }
        BodySource::Object(argument, fields) => match arguments.get(argument) {
            Some(Value::Object(given)) => {
                let fields = way.fields.unwrap_or(fields);
                encode_entries(way, fields, &entries_of(given, fields))?
            }
            Some(value) => encode_whole(way, body, argument, value)?,
            None => return Ok(None),
        },
        BodySource::Whole(argument) => match arguments.get(argument) {
            Some(value) => encode_whole(way, body, argument, value)?,
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
            field,
            value,
        }
    }

    /// Whether an array or object is spread out over several pairs or parts.
    pub(super) fn is_spread(&self) -> bool {
        self.field.style == Style::Form && self.field.explode
    }

    /// The value as JSON, a form or XML holds it: a file as the text that it was given as.
    fn as_text(&self) -> Cow<'a, Value> {
        match self.field.format {
            format if format.takes_files() => Cow::Owned(upload::as_text(self.value)),
            _ => Cow::Borrowed(self.value),
        }
    }

    /// The same field with another value.
    pub(super) fn with(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }
}

/// The fields of an object, in its own order. A known field without a name is how those are sent that are not known.
fn entries_of<'a>(given: &'a Map<String, Value>, fields: &'a [Field]) -> Vec<Entry<'a>> {
    let named = |wanted: &str| fields.iter().find(|field| field.name == wanted);
    (given.iter())
        .map(|(name, value)| Entry {
            name,
            argument: name,
            field: named(name).or_else(|| named("")).unwrap_or(UNKNOWN),
            value,
        })
        .collect()
}

fn way(body: &Body, arguments: &Map<String, Value>) -> Way {
    let wanted = (body.choice).and_then(|choice| arguments.get(choice.argument)?.as_str());
    let others = body.choice.map_or(&[][..], |choice| choice.others);
    match (others.iter()).find(|other| Some(other.media_type) == wanted) {
        Some(other) => Way {
            media_type: other.media_type,
            format: other.format,
            fields: other.fields,
            xml: if other.xml.is_empty() {
                body.xml
            } else {
                other.xml
            },
            is_usual: false,
            is_named: true,
        },
        None => Way {
            media_type: body.media_type,
            format: body.format,
            fields: None,
            xml: body.xml,
            is_usual: true,
            is_named: wanted.is_some(),
        },
    }
}

fn encode_entries(way: Way, fields: &[Field], entries: &[Entry<'_>]) -> Result<Encoded, String> {
    Ok(match way.format {
        BodyFormat::Form => {
            for entry in entries {
                check_form(entry, fields)?;
            }
            plain(form(entries))
        }
        BodyFormat::Multipart => {
            let spread = (entries.iter()).filter(|entry| {
                let is_deep = entry.field.style == Style::DeepObject;
                entry.field.format == FieldFormat::Styled && (entry.is_spread() || is_deep)
            });
            for entry in spread {
                check_names(entry, fields)?;
            }
            multipart::encode(way.media_type, entries)?.into()
        }
        BodyFormat::Xml => {
            let fields =
                (entries.iter()).map(|entry| (entry.name.to_owned(), entry.as_text().into_owned()));
            plain(xml::document(
                &Value::Object(fields.collect()),
                &xml::parsed(way.xml),
            )?)
        }
        BodyFormat::JsonLines => {
            let mut line = json(&Entries(entries));
            line.push(b'\n');
            plain(line)
        }
        BodyFormat::Json | BodyFormat::Text | BodyFormat::Bytes | BodyFormat::Parts => {
            plain(json(&Entries(entries)))
        }
    })
}

fn encode_whole(way: Way, body: &Body, argument: &str, value: &Value) -> Result<Encoded, String> {
    Ok(match (way.format, value) {
        (BodyFormat::Json, value) => plain(json(value)),
        (BodyFormat::JsonLines, value) => plain(lines(value)),
        (BodyFormat::Form | BodyFormat::Multipart, Value::Object(given)) => {
            let fields = way.fields.unwrap_or_default();
            encode_entries(way, fields, &entries_of(given, fields))?
        }
        (BodyFormat::Parts, Value::Array(items)) => {
            let fields = way.fields.unwrap_or(match body.source {
                BodySource::Object(_, fields) => fields,
                BodySource::Fields(_) | BodySource::Whole(_) => &[],
            });
            multipart::positional(way.media_type, argument, fields, items)?.into()
        }
        (BodyFormat::Xml, Value::Object(_) | Value::Array(_)) => {
            plain(xml::document(value, &xml::parsed(way.xml))?)
        }
        (BodyFormat::Bytes, value) => {
            let upload = Upload::of(argument, value)?;
            Encoded {
                content_type: (upload.content_type)
                    .filter(|name| !way.is_named && may_be_sent_as(body, name)),
                bytes: upload.bytes.into(),
            }
        }
        // A description without fields is that of a file.
        (BodyFormat::Multipart, value) => {
            encode_entries(way, &[], &[Entry::of(FILE, argument, value)])?
        }
        (BodyFormat::Text | BodyFormat::Xml | BodyFormat::Form | BodyFormat::Parts, value) => {
            plain(text(value).into_owned())
        }
    })
}

/// Whether bytes that say themselves what they are may be sent so: where the description leaves it open, or names it.
fn may_be_sent_as(body: &Body, media_type: &str) -> bool {
    let others = body.choice.map_or(&[][..], |choice| choice.others);
    body.media_type == "application/octet-stream"
        || (others.iter())
            .any(|other| essence(other.media_type).eq_ignore_ascii_case(essence(media_type)))
}

impl From<Multipart> for Encoded {
    fn from(multipart: Multipart) -> Self {
        Self {
            bytes: multipart.bytes.into(),
            content_type: Some(multipart.content_type),
        }
    }
}

fn plain(bytes: impl Into<Bytes>) -> Encoded {
    Encoded {
        bytes: bytes.into(),
        content_type: None,
    }
}

/// What a field spreads out must not be another field.
fn check_names(entry: &Entry<'_>, fields: &[Field]) -> Result<(), String> {
    let (style, explode) = (entry.field.style, entry.field.explode);
    let names = style::spread_names(entry.name, entry.value, style, explode);
    let is_taken = |name: &&String| {
        (fields.iter())
            .filter(|other| other.name != entry.name)
            .any(|other| style::is_sent_as(other.name, other.style == Style::DeepObject, name))
    };
    match names.iter().find(is_taken) {
        Some(name) => Err(format!(
            "argument `{}` must not have a field that is sent as `{name}`: that is another field",
            entry.argument
        )),
        None => Ok(()),
    }
}

/// What a field of a form spreads or joins must stay its own, and come apart again.
fn check_form(entry: &Entry<'_>, fields: &[Field]) -> Result<(), String> {
    let is_styled = match entry.field.format {
        FieldFormat::Styled => true,
        FieldFormat::Value => !entry.is_spread(),
        FieldFormat::Json | FieldFormat::File | FieldFormat::FileOrText => false,
    };
    if !is_styled {
        return Ok(());
    }
    check_names(entry, fields)?;
    match style::split_in_url(entry.value, entry.field.style, entry.field.explode) {
        Some(split) => Err(splits(entry.argument, split)),
        None => Ok(()),
    }
}

/// A form that is not the body.
pub(super) struct Form<'a> {
    fields: &'a [Field],
    entries: Vec<Entry<'a>>,
}

impl<'a> Form<'a> {
    pub(super) fn of(given: &'a Map<String, Value>, fields: &'a [Field]) -> Self {
        let entries = entries_of(given, fields);
        Self { fields, entries }
    }

    pub(super) fn text(&self) -> String {
        form(&self.entries)
    }

    /// Why it cannot be sent.
    pub(super) fn mistake(&self) -> Option<String> {
        let mut entries = self.entries.iter();
        entries.find_map(|entry| check_form(entry, self.fields).err())
    }

    /// The names of its pairs, decoded.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.entries.iter().map(|entry| {
            let (style, explode) = (entry.field.style, entry.field.explode);
            let spread = match entry.field.format {
                FieldFormat::Styled => style::spread_names(entry.name, entry.value, style, explode),
                _ => Vec::new(),
            };
            if spread.is_empty() {
                vec![entry.name.to_owned()]
            } else {
                spread
            }
        });
        names.flatten().collect()
    }
}

fn form(entries: &[Entry<'_>]) -> String {
    let mut out = String::new();
    for entry in entries {
        push_form(&mut out, entry);
    }
    out
}

fn push_form(out: &mut String, entry: &Entry<'_>) {
    let pairs = Pairs {
        separator: "&",
        allow_reserved: entry.field.allow_reserved,
    };
    let value = entry.as_text();
    match (entry.field.format, value.as_ref()) {
        (FieldFormat::Json, value) => pairs.pair(out, entry.name, &value.to_string()),
        // A field that is an object stays one field, as OpenAPI 3.1 §4.8.15.1 has it for forms; also one without fields.
        (FieldFormat::Value, value @ Value::Object(_)) if entry.is_spread() => {
            pairs.pair(out, entry.name, &value.to_string());
        }
        (_, value) if is_undefined(value) => {}
        (_, value) => pairs.push(
            out,
            entry.name,
            value,
            entry.field.style,
            entry.field.explode,
        ),
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
        serializer.collect_map((self.0.iter()).map(|entry| (entry.name, entry.as_text())))
    }
}
