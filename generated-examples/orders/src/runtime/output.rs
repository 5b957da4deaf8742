//! Output schemas: whether a response is what a tool promises, told while its text is read.
//!
//! Output schemas are summaries: types, fields and items. Such a one is checked without building a value, which costs
//! a call less than anything else that could be done with its response. Any other schema is left to `schema`.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::schema::{Definitions, Schema};

/// A compiled output schema.
#[derive(Debug)]
pub(super) enum Output {
    /// Types, fields and items.
    Summary(Summary),
    /// Anything else.
    Full(Box<Schema>),
}

impl Output {
    /// Compiles an output schema.
    pub(super) fn compile(document: Value, definitions: &Definitions<'_>) -> Self {
        match Summary::of(&document) {
            Some(summary) => Self::Summary(summary),
            None => Self::Full(Box::new(Schema::compile(document, definitions))),
        }
    }

    /// Whether a text is JSON that fits.
    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Summary(summary) => {
                let mut reader = serde_json::Deserializer::from_str(text);
                summary.deserialize(&mut reader).is_ok() && reader.end().is_ok()
            }
            Self::Full(schema) => {
                serde_json::from_str(text).is_ok_and(|value| schema.accepts(&value))
            }
        }
    }
}

/// A schema of nothing but types, fields and items.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// The types that are taken, as bits; none are all.
    types: u8,
    properties: Vec<(String, Summary)>,
    /// The names of required fields.
    required: Vec<String>,
    items: Option<Box<Summary>>,
}

const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const INTEGER: u8 = 4;
const NUMBER: u8 = 8;
const STRING: u8 = 16;
const ARRAY: u8 = 32;
const OBJECT: u8 = 64;

impl Summary {
    /// Reads a schema; `None` when it says more than a summary can.
    fn of(schema: &Value) -> Option<Self> {
        let schema = match schema {
            Value::Bool(true) => return Some(Self::default()),
            Value::Object(schema) => schema,
            _ => return None,
        };
        let mut summary = Self::default();
        for (keyword, value) in schema {
            match (keyword.as_str(), value) {
                ("title" | "description" | "examples" | "default" | "deprecated" | "format", _)
                | ("additionalProperties", Value::Bool(true)) => {}
                ("type", Value::String(name)) => summary.types = bit(name)?,
                ("type", Value::Array(names)) => {
                    for name in names {
                        summary.types |= bit(name.as_str()?)?;
                    }
                }
                ("properties", Value::Object(properties)) => {
                    for (name, schema) in properties {
                        summary.properties.push((name.clone(), Self::of(schema)?));
                    }
                }
                ("required", Value::Array(names)) => {
                    for name in names {
                        summary.required.push(name.as_str()?.to_owned());
                    }
                }
                ("items", schema) => summary.items = Some(Box::new(Self::of(schema)?)),
                _ => return None,
            }
        }
        Some(summary)
    }

    fn takes<E: Error>(&self, kind: u8) -> Result<(), E> {
        if self.types == 0 || self.types & kind != 0 {
            Ok(())
        } else {
            Err(E::custom("another type"))
        }
    }
}

fn bit(name: &str) -> Option<u8> {
    Some(match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" => INTEGER,
        "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => return None,
    })
}

impl<'de> DeserializeSeed<'de> for &Summary {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.types == 0 && self.properties.is_empty() && self.items.is_none() {
            return serde::Deserialize::deserialize(reader).map(|IgnoredAny| ());
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Summary {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that fits the output schema")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.takes(NULL)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.takes(BOOLEAN)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.takes(INTEGER | NUMBER)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.takes(INTEGER | NUMBER)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // JSON Schema 2020-12 §4.2.3: 1.0 is an integer.
        let whole = number.fract() == 0.0;
        self.takes(if whole { INTEGER | NUMBER } else { NUMBER })
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.takes(STRING)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.takes(ARRAY)?;
        let anything = Summary::default();
        let each = self.items.as_deref().unwrap_or(&anything);
        while items.next_element_seed(each)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.takes(OBJECT)?;
        let anything = Summary::default();
        let mut present = 0;
        // A required field that is there twice must not count for one that is not there.
        let mut seen = vec![false; self.required.len()];
        while let Some(found) = fields.next_key_seed(Key(self))? {
            if let Some(at) = found.required
                && !std::mem::replace(&mut seen[at], true)
            {
                present += 1;
            }
            let property = found.property.map(|at| &self.properties[at].1);
            fields.next_value_seed(property.unwrap_or(&anything))?;
        }
        if present == self.required.len() {
            Ok(())
        } else {
            Err(A::Error::custom("a required field is missing"))
        }
    }
}

/// Finds a field's name among those that the schema names, without keeping it.
struct Key<'a>(&'a Summary);

struct Found {
    property: Option<usize>,
    required: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Found, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Found, E> {
        let Summary {
            properties,
            required,
            ..
        } = self.0;
        Ok(Found {
            property: properties.iter().position(|(known, _)| known == name),
            required: required.iter().position(|known| known == name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Texts, and whether they fit `schema` by the library that knows everything about schemas.
    #[test]
    fn a_summary_accepts_what_the_whole_specification_accepts() {
        let schema = json!({
            "type": "object",
            "description": "A pet",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": ["string", "null"]},
                "price": {"type": "number"},
                "tags": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "boolean"}}}},
                "any": {}
            }
        });
        assert!(matches!(
            Output::compile(schema.clone(), &Definitions::new()),
            Output::Summary(_)
        ));
        let summary = Output::compile(schema.clone(), &Definitions::new());
        let full = Output::Full(Box::new(Schema::compile(schema, &Definitions::new())));
        for (text, fits) in [
            (r#"{"id": 1}"#, true),
            (
                r#"{"id": 1.0, "name": null, "price": 1, "any": [{}]}"#,
                true,
            ),
            (
                r#"{"id": 1, "tags": [{"a": true, "b": 1}, {}], "more": {"x": []}}"#,
                true,
            ),
            (r#"{"\u0069d": 1}"#, true),
            (r#"{"id": 18446744073709551615}"#, true),
            (r#"{"id": 1.5}"#, false),
            (r#"{"id": "1"}"#, false),
            (r#"{"name": "x"}"#, false),
            (r#"{"id": 1, "tags": [{"a": 1}]}"#, false),
            (r#"{"id": 1, "tags": {}}"#, false),
            ("[]", false),
            (r#"{"id": 1} x"#, false),
            (r#"{"id": 1"#, false),
        ] {
            assert_eq!(summary.accepts(text), fits, "{text}");
            assert_eq!(full.accepts(text), fits, "{text}");
        }
    }

    #[test]
    fn a_schema_that_says_more_is_checked_in_full() {
        let schema = json!({"type": "object", "properties": {"a": {"enum": [1]}}});
        let output = Output::compile(schema, &Definitions::new());
        assert!(matches!(output, Output::Full(_)));
        assert!(output.accepts(r#"{"a": 1}"#) && !output.accepts(r#"{"a": 2}"#));
    }
}
