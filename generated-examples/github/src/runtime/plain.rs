//! JSON read into values as it is written: to the library, an object whose member has a certain name of its own is JSON in a
//! text, which nobody has looked into.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value as it is written.
#[derive(Debug, Default)]
pub(super) struct Plain(pub(super) Value);

/// The value of a JSON text.
///
/// # Errors
/// It is none.
pub(super) fn read(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Plain>(text).map(|Plain(value)| value)
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Plain, E> {
        Ok(Plain(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut all = Vec::new();
        while let Some(Plain(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Plain(all.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Plain, A::Error> {
        let mut all = Map::new();
        while let Some((name, Plain(value))) = members.next_entry()? {
            all.insert(name, value);
        }
        Ok(Plain(all.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_written() {
        for text in [
            r#"{"$serde_json::private::RawValue":"{\"a\":1}"}"#,
            r#"[{"\u0024serde_json::private::RawValue":"[1]"},null,true,-1,18446744073709551615,1.5,"x"]"#,
            r#"{"$serde_json::private::RawValue":[1,2],"b":{"$serde_json::private::Number":"1"}}"#,
        ] {
            let value = read(text.as_bytes()).expect("JSON");
            let expected = text.replace("\\u0024", "$");
            assert_eq!(value.to_string(), expected);
        }
        assert!(read(b"{\"a\":1").is_err());
        assert!(read("[".repeat(200).as_bytes()).is_err());
    }
}
