//! The fields of an object, checked before `openapiv3`'s types see them.
//!
//! serde's own complaints name no place and end the whole object; here a field of a wrong shape is read as it is meant,
//! or left away, with a warning that says where it is.

use serde::de::DeserializeOwned;
use serde_json::{Map as Object, Value, json};

use super::Context;
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::path::Path;
use crate::spec::tree::{Map, Node};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text; a number or boolean is read as it is written.
    Text,
    /// `true` or `false`.
    Flag,
    /// A list of text.
    Texts,
}

impl<'d> Context<'_, 'd> {
    /// The fields of these names that are there and have their shape.
    pub(super) fn fields(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
        shapes: &[(&str, Shape)],
    ) -> Object<String, Value> {
        let start = Path::Start(pointer);
        let mut fields = Object::new();
        for (name, shape) in shapes {
            let Some(node) = map.get(name).filter(|node| **node != Node::Null) else {
                continue;
            };
            let path = start.key(name);
            let value = match shape {
                Shape::Text => self.text_field(name, node, &path),
                Shape::Flag => self.flag_field(name, node, &path),
                Shape::Texts => self.texts_field(name, node, &path),
            };
            if let Some(value) = value {
                fields.insert((*name).to_owned(), value);
            }
        }
        fields
    }

    fn text_field(&mut self, name: &str, node: &Node, path: &Path<'_>) -> Option<Value> {
        let text = self.text(node, path);
        if text.is_none() {
            self.invalid_field(name, node.kind(), "text", &path.pointer());
        }
        text.map(Value::String)
    }

    fn flag_field(&mut self, name: &str, node: &Node, path: &Path<'_>) -> Option<Value> {
        let flag = match node {
            Node::Bool(flag) => return Some(Value::Bool(*flag)),
            Node::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" => Some(true),
                "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        };
        let wanted = match flag {
            Some(true) => "a boolean; it was read as `true`",
            Some(false) => "a boolean; it was read as `false`",
            None => "a boolean",
        };
        self.invalid_field(name, node.kind(), wanted, &path.pointer());
        flag.map(Value::Bool)
    }

    fn texts_field(&mut self, name: &str, node: &Node, path: &Path<'_>) -> Option<Value> {
        let items = match node {
            Node::List(items) => items,
            single => {
                let text = self.text(single, path);
                let wanted = if text.is_some() {
                    "a list; it was read as its only item"
                } else {
                    "a list"
                };
                self.invalid_field(name, single.kind(), wanted, &path.pointer());
                return text.map(|text| json!([text]));
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = path.item(index);
            match self.text(item, &path) {
                Some(text) => texts.push(Value::String(text)),
                None => self.invalid_field(name, item.kind(), "text", &path.pointer()),
            }
        }
        Some(Value::Array(texts))
    }

    /// The warning about a field of a wrong shape.
    pub(super) fn invalid_field(
        &mut self,
        name: &str,
        kind: &str,
        wanted: &str,
        pointer: &JsonPointer,
    ) {
        let message = format!("`{name}` is {kind}, not {wanted}");
        self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
    }
}

/// Fields as one of `openapiv3`'s types.
pub(super) fn typed<T: DeserializeOwned>(fields: Object<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| match error.to_string() {
        message if message.starts_with("missing field") => {
            message.replacen("missing field", "it has no", 1)
        }
        message => message,
    })
}

/// The `x-…` members of an object.
pub(super) fn extensions(map: &Map) -> impl Iterator<Item = (String, Value)> {
    map.iter()
        .filter(|(key, _)| key.starts_with("x-"))
        .map(|(key, value)| (key.to_owned(), value.to_value()))
}
