//! `multipart/form-data` (RFC 7578): a part for each field, files as their bytes; and parts without names (RFC 2046).

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::super::text::is_invisible;
use super::super::tool::{Field, FieldFormat, Style};
use super::body::Entry;
use super::style::{deep_pairs, is_undefined, joined, split_in_text};
use super::upload::{self, Upload};
use super::{essence, splits, xml};

/// A body and its `Content-Type`.
pub(super) struct Multipart {
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

/// One part, without its boundary.
#[derive(Default)]
struct Part<'a> {
    /// `None` where its place tells what it is.
    name: Option<Cow<'a, str>>,
    filename: Option<String>,
    content_type: Option<String>,
    headers: &'a [(&'static str, &'static str)],
    bytes: Vec<u8>,
}

/// The body that the given fields make.
///
/// # Errors
/// An argument that cannot become a part, as a line that the model reads.
pub(super) fn encode(media_type: &str, entries: &[Entry<'_>]) -> Result<Multipart, String> {
    let mut parts = Vec::new();
    for entry in entries {
        push(&mut parts, *entry)?;
    }
    Ok(assembled(media_type, &parts))
}

/// The body that the items of a list make, each sent as the field of its place, or else as the last one.
///
/// # Errors
/// An item that cannot become a part, as a line that the model reads.
pub(super) fn positional(
    media_type: &str,
    argument: &str,
    fields: &[Field],
    items: &[Value],
) -> Result<Multipart, String> {
    let parts: Result<Vec<Part<'_>>, String> = (items.iter().enumerate())
        .filter_map(|(index, item)| Some((fields.get(index).or(fields.last())?, item)))
        .map(|(field, value)| {
            item_part(Entry {
                name: "",
                argument,
                field,
                value,
            })
        })
        .collect();
    Ok(assembled(media_type, &parts?))
}

fn item_part(entry: Entry<'_>) -> Result<Part<'_>, String> {
    let field = entry.field;
    if let (false, Value::Array(items)) = (field.parts.is_empty(), entry.value) {
        let inner = positional(field.content_type, entry.argument, field.parts, items)?;
        return Ok(Part {
            content_type: Some(inner.content_type),
            headers: field.headers,
            bytes: inner.bytes,
            ..Part::default()
        });
    }
    let mut parts = Vec::new();
    push(&mut parts, entry)?;
    // What is not sent elsewhere is an empty part, since the others are known by their places.
    let part = parts.pop().unwrap_or_default();
    Ok(Part { name: None, ..part })
}

fn push<'a>(parts: &mut Vec<Part<'a>>, entry: Entry<'a>) -> Result<(), String> {
    let plain = |content_type: Option<String>, bytes: String| Part {
        name: Some(entry.name.into()),
        filename: None,
        content_type,
        headers: entry.field.headers,
        bytes: bytes.into_bytes(),
    };
    let own_type =
        || (!entry.field.content_type.is_empty()).then(|| entry.field.content_type.to_owned());
    let json_type = || own_type().or_else(|| Some("application/json".to_owned()));
    let is_spread = entry.is_spread();
    match (entry.field.format, entry.value) {
        (FieldFormat::Json, value) => parts.push(plain(json_type(), value.to_string())),
        // An object without fields says something as JSON, though nothing by a style.
        (FieldFormat::Value, value @ Value::Object(_))
            if is_spread && !is_xml(entry.field.content_type) =>
        {
            parts.push(plain(json_type(), value.to_string()));
        }
        // A file that is an object has to say something.
        (format, value) if is_undefined(value) && !(format.takes_files() && value.is_object()) => {}
        // OpenAPI 3.0 §4.7.15.1: each item of an array is a part of the field's name.
        (format, Value::Array(items)) if format.takes_files() || is_spread => {
            for item in items.iter().filter(|item| !item.is_null()) {
                push(parts, entry.with(item))?;
            }
        }
        (FieldFormat::FileOrText, Value::String(text)) if !upload::is_data_url(text) => {
            parts.push(plain(own_type(), text.clone()));
        }
        (FieldFormat::File | FieldFormat::FileOrText, _) => push_file(parts, entry, own_type())?,
        (_, value @ Value::Object(_)) if is_xml(entry.field.content_type) => {
            let mut hints = xml::parsed(entry.field.xml);
            if hints.get("name").is_none() {
                hints["name"] = entry.name.into();
            }
            parts.push(plain(own_type(), xml::document(value, &hints)?));
        }
        (FieldFormat::Styled, Value::Object(fields)) if is_spread => {
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                let text = joined(value, Style::Form, false);
                parts.push(Part {
                    name: Some(name.into()),
                    ..plain(own_type(), text)
                });
            }
        }
        (FieldFormat::Styled, Value::Object(_)) if entry.field.style == Style::DeepObject => {
            deep_pairs(entry.name, entry.value, &mut |name, text| {
                parts.push(Part {
                    name: Some(name.to_owned().into()),
                    ..plain(own_type(), text.to_owned())
                });
            });
        }
        (FieldFormat::Value | FieldFormat::Styled, value) => {
            let (style, explode) = (entry.field.style, entry.field.explode);
            if let Some(split) = split_in_text(value, style, explode) {
                return Err(splits(entry.argument, split));
            }
            let text = joined(value, style, explode);
            parts.push(plain(own_type(), text));
        }
    }
    Ok(())
}

fn push_file<'a>(
    parts: &mut Vec<Part<'a>>,
    entry: Entry<'a>,
    own_type: Option<String>,
) -> Result<(), String> {
    let upload = Upload::of(entry.argument, entry.value)?;
    let usual = || Some("application/octet-stream".to_owned());
    parts.push(Part {
        name: Some(entry.name.into()),
        filename: (upload.filename.or_else(|| Some(entry.name.to_owned())))
            .filter(|name| !name.is_empty()),
        content_type: upload.content_type.or(own_type).or_else(usual),
        headers: entry.field.headers,
        bytes: upload.bytes,
    });
    Ok(())
}

fn is_xml(content_type: &str) -> bool {
    let name = essence(content_type);
    name.ends_with("/xml") || name.ends_with("+xml")
}

fn assembled(media_type: &str, parts: &[Part<'_>]) -> Multipart {
    let boundary = boundary(parts);
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        write_head(&mut bytes, part);
        bytes.extend_from_slice(&part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let mut content_type = format!("{media_type}; boundary={boundary}");
    // RFC 2387 §3.1: `type` is that of the root, which is the first part; RFC 2046 §5.1: text where nothing is said.
    if let Some(root) = parts
        .first()
        .filter(|_| essence(media_type) == "multipart/related")
    {
        let root = root.content_type.as_deref().map_or("text/plain", essence);
        content_type.push_str(&format!("; type=\"{root}\""));
    }
    Multipart {
        content_type,
        bytes,
    }
}

fn write_head(out: &mut Vec<u8>, part: &Part<'_>) {
    let is_disposed = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("content-disposition");
    let disposition = match (&part.name, &part.filename) {
        (Some(name), _) => Some(format!("form-data; name=\"{}\"", escaped(name))),
        // RFC 2183 §2.2.
        (None, Some(_)) if !part.headers.iter().any(is_disposed) => Some("attachment".to_owned()),
        (None, _) => None,
    };
    let mut head = String::new();
    if let Some(disposition) = disposition {
        head.push_str(&format!("Content-Disposition: {disposition}"));
        if let Some(filename) = &part.filename {
            head.push_str(&format!("; filename=\"{}\"", escaped(filename)));
        }
        head.push_str("\r\n");
    }
    if let Some(content_type) = &part.content_type {
        head.push_str(&format!("Content-Type: {content_type}\r\n"));
    }
    for (name, value) in part.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    out.extend_from_slice(head.as_bytes());
}

/// WHATWG HTML, "multipart/form-data encoding algorithm": what would end the quotes or the line is percent-encoded.
/// Other control characters and what turns the direction of writing have no place in a name.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\r' | '\n') || !(c.is_control() || is_invisible(*c)))
        .collect::<String>()
        .replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A boundary that stands in no part (RFC 2046 §5.1.1). The same parts have the same one.
fn boundary(parts: &[Part<'_>]) -> String {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        part.name.hash(&mut hasher);
        part.bytes.hash(&mut hasher);
    }
    loop {
        let boundary = format!("mcp-{:016x}", hasher.finish());
        let stands = |part: &Part<'_>| {
            let wanted = boundary.as_bytes();
            part.bytes
                .windows(wanted.len())
                .any(|found| found == wanted)
        };
        if !parts.iter().any(stands) {
            return boundary;
        }
        boundary.hash(&mut hasher);
    }
}
