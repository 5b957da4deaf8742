//! `structuredContent` as text: what the upstream sent goes to the client without becoming values in between.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::tokens::Tokens;

/// A JSON object on one line.
#[derive(Debug, Clone)]
pub struct Structured(Box<RawValue>);

impl Structured {
    /// The object as structured content; `None` when it is another JSON value.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        Self::from_json(value.to_string())
    }

    /// Takes JSON text; `None` when it is not an object.
    pub(super) fn from_json(text: String) -> Option<Self> {
        if !text.starts_with('{') {
            return None;
        }
        let text = match on_one_line(&text) {
            Cow::Owned(line) => line,
            Cow::Borrowed(_) => text,
        };
        RawValue::from_string(text).ok().map(Self)
    }

    /// The JSON text; it holds no line break.
    #[must_use]
    pub fn json(&self) -> &str {
        self.0.get()
    }

    /// The object as a value. Numbers that no machine type holds lose digits.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.json()).unwrap_or_default()
    }
}

impl PartialEq for Structured {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json() || self.to_value() == other.to_value()
    }
}

impl Serialize for Structured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// JSON without its line breaks, because over stdio a line is a message. Inside a string there are none (RFC 8259 §7).
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'\n') && !bytes.contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']) {
        // The end of a line may be inside no string, so its spaces are layout.
        out.push_str(line.trim_matches([' ', '\t']));
    }
    Cow::Owned(out)
}

/// How deep JSON is nested at most, so that every client can read the whole message: Python's parser gives up at some 1,000 levels,
/// others at 128.
pub(super) const DEEPEST: usize = 100;

/// Whether JSON is nested deeper; what is no JSON counts as that.
pub(super) fn is_too_deep(json: &str) -> bool {
    Tokens::within(json, DEEPEST).value().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_kept_as_it_was_written_on_one_line() {
        let text = "{\n  \"a b\": 1.10,\r\n\t\"c\": \"x  y\",\n  \"d\": [\n    true\n  ]\n}";
        let structured = Structured::from_json(text.to_owned()).expect("an object");
        assert_eq!(
            structured.json(),
            "{\"a b\": 1.10,\"c\": \"x  y\",\"d\": [true]}"
        );
        let sent = serde_json::to_string(&json!({"n": 1})).expect("json");
        assert_eq!(
            serde_json::to_string(&Structured::of(&json!({"n": 1}))).expect("json"),
            sent
        );
    }

    #[test]
    fn anything_but_an_object_is_no_structured_content() {
        for text in ["[1]", "1", "{", "{} {}", ""] {
            assert!(Structured::from_json(text.to_owned()).is_none(), "{text}");
        }
        assert_eq!(Structured::of(&json!([1])), None);
    }
}
