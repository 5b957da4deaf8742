//! The document as one JSON text that reads back to the same document.
//!
//! A number keeps the text that it was written as: `version: 1.10` is `1.10` in the bundle too, and whoever reads the
//! bundle finds the same text where OpenAPI wants one. Nothing else is changed.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::Document;
use super::tree::Node;
use crate::diagnostic::JsonPointer;

/// A node on its way into the bundle, with the way that leads to it.
pub(super) struct Bundled<'a> {
    pub(super) document: &'a Document,
    pub(super) node: &'a Node,
    pub(super) step: Step<'a>,
}

/// Where a node is; a pointer is made of it only for the few nodes that need one.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Root,
    Member(&'a Step<'a>, &'a str),
    Item(&'a Step<'a>, usize),
}

impl Step<'_> {
    fn pointer(&self) -> JsonPointer {
        let child = |parent: &Step<'_>, token: &dyn Display| parent.pointer().child(token);
        match self {
            Self::Root => JsonPointer::root(),
            Self::Member(parent, key) => child(parent, key),
            Self::Item(parent, index) => child(parent, index),
        }
    }
}

impl Bundled<'_> {
    fn child<'c>(&'c self, node: &'c Node, step: Step<'c>) -> Bundled<'c> {
        Bundled {
            document: self.document,
            node,
            step,
        }
    }

    /// The text of a number that would be written otherwise: only floats are.
    fn literal(&self) -> Option<Box<RawValue>> {
        let Node::Number(number) = self.node else {
            return None;
        };
        if !number.is_f64() {
            return None;
        }
        let text = self.document.number_text(&self.step.pointer(), number)?;
        // YAML has forms that JSON does not have, such as `.5` and `+1.0`.
        RawValue::from_string(text.to_owned()).ok()
    }
}

impl Serialize for Bundled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.node {
            Node::Map(map) => {
                let mut members = serializer.serialize_map(Some(map.len()))?;
                for (key, node) in map.iter() {
                    let member = self.child(node, Step::Member(&self.step, key));
                    members.serialize_entry(key, &member)?;
                }
                members.end()
            }
            Node::List(list) => {
                let mut items = serializer.serialize_seq(Some(list.len()))?;
                for (index, node) in list.iter().enumerate() {
                    items.serialize_element(&self.child(node, Step::Item(&self.step, index)))?;
                }
                items.end()
            }
            plain => match self.literal() {
                Some(literal) => literal.serialize(serializer),
                None => plain.serialize(serializer),
            },
        }
    }
}
