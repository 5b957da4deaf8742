//! Request bodies: JSON, forms, text and bytes from the arguments of a call.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::{Map, Value};

use super::super::tool::{Body, BodyFormat, BodySource, Field, Style};
use super::style::{Pairs, is_undefined, text};

const FORM: Pairs<'static> = Pairs {
    separator: "&",
    allow_reserved: false,
};

/// RFC 4648 §4, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of the body, or `None` when none is sent.
///
/// # Errors
/// An argument that cannot become a body, as a line that the model reads.
pub(super) fn encode(body: &Body, arguments: &Map<String, Value>) -> Result<Option<Bytes>, String> {
    match body.source {
        BodySource::Fields(fields) => {
            let given = fields
                .iter()
                .any(|field| arguments.contains_key(field.argument));
            if !given && !body.required {
                return Ok(None);
            }
            Ok(Some(encode_fields(body.format, fields, arguments).into()))
        }
        BodySource::Whole(argument) => match arguments.get(argument) {
            Some(value) => encode_whole(body.format, argument, value).map(Some),
            None => Ok(None),
        },
    }
}

fn encode_fields(format: BodyFormat, fields: &[Field], arguments: &Map<String, Value>) -> Vec<u8> {
    if format == BodyFormat::Form {
        let mut out = String::new();
        for field in fields {
            if let Some(value) = arguments.get(field.argument) {
                push_form(&mut out, field.name, value, field.style, field.explode);
            }
        }
        return out.into_bytes();
    }
    json(&Fields(fields, arguments))
}

fn encode_whole(format: BodyFormat, argument: &str, value: &Value) -> Result<Bytes, String> {
    Ok(match (format, value) {
        (BodyFormat::Json, value) => json(value).into(),
        (BodyFormat::Form, Value::Object(fields)) => {
            let mut out = String::new();
            for (name, value) in fields {
                push_form(&mut out, name, value, Style::Form, true);
            }
            out.into()
        }
        (BodyFormat::Bytes, Value::String(encoded)) => {
            let encoded: String = encoded.split_ascii_whitespace().collect();
            BASE64
                .decode(encoded)
                .map_err(|_| format!("argument `{argument}` must be bytes in base64"))?
                .into()
        }
        (BodyFormat::Text | BodyFormat::Form | BodyFormat::Bytes, value) => {
            text(value).into_owned().into()
        }
    })
}

fn push_form(out: &mut String, name: &str, value: &Value, style: Style, explode: bool) {
    // A field that is an object stays one field, as OpenAPI 3.1 §4.8.15.1 has it for forms.
    if matches!(value, Value::Object(_)) && style == Style::Form && explode {
        if !is_undefined(value) {
            FORM.pair(out, name, &value.to_string());
        }
    } else {
        FORM.push(out, name, value, style, explode);
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Values of serde_json's own with text keys always become text.
    serde_json::to_vec(value).expect("JSON values serialise")
}

/// The fields that are given, in the order of the definition, without copying them.
struct Fields<'a>(&'a [Field], &'a Map<String, Value>);

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.0 {
            if let Some(value) = self.1.get(field.argument) {
                map.serialize_entry(field.name, value)?;
            }
        }
        map.end()
    }
}
