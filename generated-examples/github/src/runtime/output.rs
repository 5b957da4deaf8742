//! Output schemas: whether a response is what a tool promises, told while its text is read.
//!
//! Output schemas are summaries: types, fields and items. Such a one is checked without building a value, which costs
//! a call less than anything else that could be done with its response. Any other schema is left to `schema`.

use serde_json::Value;

use super::schema::{Definitions, Schema};
use super::structured::{DEEPEST, is_too_deep};
use super::tokens::{Kind, NoJson, Tokens};

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

    /// Whether a text is JSON that fits, and no deeper than clients can read.
    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Summary(summary) => {
                let mut tokens = Tokens::within(text, DEEPEST);
                summary.fits(&mut tokens).is_ok() && tokens.end().is_ok()
            }
            Self::Full(schema) => {
                !is_too_deep(text)
                    && serde_json::from_str(text).is_ok_and(|value| schema.accepts(&value))
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

    /// Goes past the next value, if it fits.
    fn fits(&self, tokens: &mut Tokens<'_>) -> Result<(), NoJson> {
        if self.types == 0 && self.properties.is_empty() && self.items.is_none() {
            return tokens.value().map(drop);
        }
        match tokens.kind()? {
            Kind::Null => self.takes(NULL)?,
            Kind::Boolean => self.takes(BOOLEAN)?,
            Kind::String => self.takes(STRING)?,
            Kind::Number => {
                let number = tokens.value()?;
                let is_whole = is_whole(tokens.text(number))?;
                return self.takes(if is_whole { INTEGER | NUMBER } else { NUMBER });
            }
            Kind::Array => {
                self.takes(ARRAY)?;
                return match &self.items {
                    Some(each) => tokens.array(|tokens, _| each.fits(tokens)),
                    None => tokens.value().map(drop),
                };
            }
            Kind::Object => {
                self.takes(OBJECT)?;
                return self.members(tokens);
            }
        }
        tokens.value().map(drop)
    }

    fn members(&self, tokens: &mut Tokens<'_>) -> Result<(), NoJson> {
        let mut present = 0;
        // A required field that is there twice must not count for one that is not there.
        let mut seen = vec![false; self.required.len()];
        tokens.object(|tokens, name| {
            let name = name.said()?;
            if let Some(at) = self.required.iter().position(|known| *known == name)
                && !std::mem::replace(&mut seen[at], true)
            {
                present += 1;
            }
            match self.properties.iter().find(|(known, _)| *known == name) {
                Some((_, property)) => property.fits(tokens),
                None => tokens.value().map(drop),
            }
        })?;
        if present == self.required.len() {
            Ok(())
        } else {
            Err(NoJson)
        }
    }

    fn takes(&self, kind: u8) -> Result<(), NoJson> {
        if self.types == 0 || self.types & kind != 0 {
            Ok(())
        } else {
            Err(NoJson)
        }
    }
}

/// JSON Schema 2020-12 §4.2.3: 1.0 is an integer.
fn is_whole(number: &str) -> Result<bool, NoJson> {
    if !number.contains(['.', 'e', 'E']) {
        return Ok(true);
    }
    let number: f64 = number.parse().map_err(|_| NoJson)?;
    // What no machine type holds, nobody reads.
    if !number.is_finite() {
        return Err(NoJson);
    }
    Ok(number.fract() == 0.0)
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
    fn what_clients_cannot_read_is_not_accepted() {
        let compiled = |schema| Output::compile(schema, &Definitions::new());
        let summary = compiled(json!({"type": "object"}));
        let full = compiled(json!({"type": "object", "minProperties": 1}));
        for (levels, fits) in [(99, true), (100, false)] {
            let text = format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(summary.accepts(&text), fits, "{levels}");
            assert_eq!(full.accepts(&text), fits, "{levels}");
            assert_eq!(is_too_deep(&text), !fits, "{levels}");
        }
        let brackets = format!("{{\"a\":\"{}\"}}", "[{".repeat(100));
        assert!(!is_too_deep(&brackets) && summary.accepts(&brackets));
    }

    #[test]
    fn a_schema_that_says_more_is_checked_in_full() {
        let schema = json!({"type": "object", "properties": {"a": {"enum": [1]}}});
        let output = Output::compile(schema, &Definitions::new());
        assert!(matches!(output, Output::Full(_)));
        assert!(output.accepts(r#"{"a": 1}"#) && !output.accepts(r#"{"a": 2}"#));
    }
}
