//! Files as arguments: base64, a `data:` URL, or an object with a text, a name and a media type.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// RFC 4648 §4 and §5, with or without padding.
const STANDARD: GeneralPurpose = engine(&base64::alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = engine(&base64::alphabet::URL_SAFE);

const fn engine(alphabet: &base64::alphabet::Alphabet) -> GeneralPurpose {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

/// A file that an argument holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
}

impl Upload {
    /// # Errors
    /// The value is no file: a line that the model reads.
    pub(super) fn of(argument: &str, value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Self::of_text(argument, text),
            Value::Object(fields) => {
                let text = |key: &str| fields.get(key).and_then(Value::as_str);
                let mut upload = match (text("text"), text("base64")) {
                    (Some(text), None) => Self {
                        bytes: text.as_bytes().to_vec(),
                        filename: None,
                        content_type: None,
                    },
                    (None, Some(encoded)) => Self::of_text(argument, encoded)?,
                    _ => {
                        return Err(format!(
                            "argument `{argument}` must have one of `text` and `base64`"
                        ));
                    }
                };
                upload.filename = text("filename").map(str::to_owned);
                if let Some(content_type) = text("content_type") {
                    upload.content_type = Some(media_type(argument, content_type)?);
                }
                Ok(upload)
            }
            _ => Err(not_a_file(argument)),
        }
    }

    fn of_text(argument: &str, text: &str) -> Result<Self, String> {
        if let Some(url) = data_url(text) {
            return Self::of_data_url(argument, url);
        }
        let bytes = decoded(text).ok_or_else(|| not_a_file(argument))?;
        Ok(Self {
            bytes,
            filename: None,
            content_type: None,
        })
    }

    /// RFC 2397 §3: `[<media type>][;base64],<data>`.
    fn of_data_url(argument: &str, url: &str) -> Result<Self, String> {
        let (head, data) = url.split_once(',').ok_or_else(|| not_a_file(argument))?;
        let (named, is_base64) = match head.strip_suffix(";base64") {
            Some(named) => (named, true),
            None => (head, false),
        };
        let plain: Vec<u8> = percent_decode_str(data).collect();
        let bytes = if is_base64 {
            let text = String::from_utf8(plain).ok();
            text.and_then(|text| decoded(&text))
                .ok_or_else(|| not_a_file(argument))?
        } else {
            plain
        };
        let content_type = match named {
            "" => None,
            named => Some(media_type(argument, named)?),
        };
        Ok(Self {
            bytes,
            filename: None,
            content_type,
        })
    }
}

/// Whether a text is a file by itself (RFC 2397).
pub(super) fn is_data_url(text: &str) -> bool {
    data_url(text).is_some()
}

/// What stands behind the scheme.
fn data_url(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix("data:")
}

/// A file, or several, where only text can be sent: the text, or else the base64 as it was given.
pub(super) fn as_text(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(as_text).collect(),
        Value::Object(fields) => (fields.get("text"))
            .or_else(|| fields.get("base64"))
            .cloned()
            .unwrap_or_default(),
        other => other.clone(),
    }
}

/// The bytes that a text holds in base64.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(&text)
        .or_else(|_| URL_SAFE.decode(&text))
        .ok()
}

fn not_a_file(argument: &str) -> String {
    format!(
        "argument `{argument}` must be bytes in base64, a `data:` URL, or an object such as \
         `{{\"text\": \"…\", \"filename\": \"a.txt\"}}`"
    )
}

/// A media type that can stand in a header of a part.
fn media_type(argument: &str, text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
    let quotes = text.matches('"').count();
    if text.contains('/') && text.chars().all(is_plain) && quotes.is_multiple_of(2) {
        Ok(text.trim().to_owned())
    } else {
        Err(format!(
            "the media type of argument `{argument}` must be one, such as `image/png`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn upload(value: &Value) -> Result<(String, Option<String>, Option<String>), String> {
        let Upload {
            bytes,
            filename,
            content_type,
        } = Upload::of("file", value)?;
        let text = String::from_utf8(bytes).expect("text");
        Ok((text, filename, content_type))
    }

    #[test]
    fn a_file_is_base64_a_data_url_or_an_object() {
        let owned = |text: &str| Some(text.to_owned());
        let hi = |name, kind| Ok(("hi".to_owned(), name, kind));
        assert_eq!(upload(&json!("aGk=")), hi(None, None));
        assert_eq!(upload(&json!("aGk")), hi(None, None));
        assert_eq!(upload(&json!("data:,hi")), hi(None, None));
        assert_eq!(
            upload(&json!("data:text/plain;charset=utf-8;base64,aGk=")),
            hi(None, owned("text/plain;charset=utf-8"))
        );
        assert_eq!(
            upload(&json!({"text": "hi", "filename": "a.txt", "content_type": "text/x"})),
            hi(owned("a.txt"), owned("text/x"))
        );
        assert_eq!(
            upload(&json!({"base64": "data:image/png;base64,aGk="})),
            hi(None, owned("image/png"))
        );
    }

    #[test]
    fn what_is_no_file_is_said_how_it_could_be_one() {
        for value in [json!("no base64!"), json!(7), json!("data:text/plain")] {
            let refused = upload(&value).expect_err("refused");
            assert!(
                refused.contains("base64") && refused.contains("`data:`"),
                "{refused}"
            );
        }
        for value in [json!({}), json!({"text": "a", "base64": "YQ=="})] {
            assert!(upload(&value).expect_err("refused").contains("one of"));
        }
        for name in ["a/b\r\nX: y", "a/b; charset=\"a"] {
            let split = json!({"text": "a", "content_type": name});
            assert!(upload(&split).expect_err("refused").contains("media type"));
        }
    }
}
