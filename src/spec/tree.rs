//! The document as a tree: the one form that YAML and JSON are read into.
//!
//! Compared with `serde_json::Value` it takes half the memory and keeps no hash tables; a map remembers its order and
//! finds a key in a large map by binary search, so that no document makes look-ups quadratic. It knows nothing of
//! OpenAPI and does not parse.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `null`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; an integer beyond 64 bits is the nearest float.
    Number(Number),
    /// Text.
    Text(Box<str>),
    /// A YAML sequence, a JSON array.
    List(Vec<Node>),
    /// A YAML mapping, a JSON object.
    Map(Map),
}

/// A mapping in the order of the document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Map {
    entries: Box<[(Box<str>, Node)]>,
    /// The numbers of the entries in the order of their keys; empty in a map that is small enough to be searched.
    sorted: Box<[u32]>,
}

/// Up to here a linear search beats a binary one.
const SEARCHED: usize = 16;

impl Map {
    /// Builds a map. A key that comes twice keeps its first place and its last value, and is given to `on_duplicate`.
    pub(super) fn new(
        mut entries: Vec<(Box<str>, Node)>,
        mut on_duplicate: impl FnMut(&str),
    ) -> Self {
        let mut sorted = key_order(&entries);
        if repeats(&entries, &sorted, &mut on_duplicate) {
            entries = last_values(entries);
            sorted = key_order(&entries);
        }
        Self {
            entries: entries.into_boxed_slice(),
            sorted: sorted.into_boxed_slice(),
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let index = if self.sorted.is_empty() {
            self.entries.iter().position(|(name, _)| **name == *key)?
        } else {
            let place = self
                .sorted
                .binary_search_by(|&entry| (*self.entries[entry as usize].0).cmp(key))
                .ok()?;
            self.sorted[place] as usize
        };
        Some(&self.entries[index].1)
    }

    /// The entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The entries in order, with values that can be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, to be put together anew.
    pub(super) fn into_entries(self) -> Vec<(Box<str>, Node)> {
        self.entries.into_vec()
    }
}

/// The order of the keys of a map that is too large to be searched.
fn key_order(entries: &[(Box<str>, Node)]) -> Vec<u32> {
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    if entries.len() <= SEARCHED {
        return Vec::new();
    }
    let mut sorted: Vec<u32> = (0..count).collect();
    sorted.sort_by(|&a, &b| entries[a as usize].0.cmp(&entries[b as usize].0));
    sorted
}

fn repeats(
    entries: &[(Box<str>, Node)],
    sorted: &[u32],
    on_duplicate: &mut impl FnMut(&str),
) -> bool {
    let mut found = false;
    let mut report = |key: &str| {
        on_duplicate(key);
        found = true;
    };
    if sorted.is_empty() {
        for (index, (key, _)) in entries.iter().enumerate() {
            if entries[..index].iter().any(|(earlier, _)| earlier == key) {
                report(key);
            }
        }
    } else {
        for pair in sorted.windows(2) {
            let key = &entries[pair[1] as usize].0;
            if *key == entries[pair[0] as usize].0 {
                report(key);
            }
        }
    }
    found
}

fn last_values(entries: Vec<(Box<str>, Node)>) -> Vec<(Box<str>, Node)> {
    let unique: indexmap::IndexMap<Box<str>, Node> = entries.into_iter().collect();
    unique.into_iter().collect()
}

impl Node {
    /// The map, if this is one.
    pub(super) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, if this is text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The member of a map or, by its decimal number, the item of a list.
    pub(super) fn child(&self, token: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(token),
            Self::List(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// What this is, in words for a message: `a list`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }

    /// The same as JSON.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Map(map) => Value::Object(
                map.iter()
                    .map(|(key, value)| (key.to_owned(), value.to_value()))
                    .collect(),
            ),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(map) => {
                let mut object = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map.iter() {
                    object.serialize_entry(key, value)?;
                }
                object.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(keys: &[&str]) -> (Map, Vec<String>) {
        let mut duplicates = Vec::new();
        let entries = keys
            .iter()
            .enumerate()
            .map(|(index, key)| ((*key).into(), Node::Number(index.into())))
            .collect();
        let map = Map::new(entries, |key| duplicates.push(key.to_owned()));
        (map, duplicates)
    }

    #[test]
    fn the_last_of_two_equal_keys_wins_and_is_reported() {
        let (map, duplicates) = map(&["a", "b", "a"]);
        assert_eq!(duplicates, ["a"]);
        assert_eq!(map.get("a"), Some(&Node::Number(2.into())));
        assert_eq!(
            map.iter().map(|(key, _)| key).collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn a_large_map_keeps_its_order_and_finds_every_key() {
        let names: Vec<String> = (0..100).rev().map(|n| format!("k{n}")).collect();
        let mut keys: Vec<&str> = names.iter().map(String::as_str).collect();
        keys.push("k7");
        let (map, duplicates) = map(&keys);
        assert_eq!(duplicates, ["k7"]);
        assert_eq!(map.len(), 100);
        assert_eq!(map.iter().next().map(|(key, _)| key), Some("k99"));
        assert_eq!(map.get("k7"), Some(&Node::Number(100.into())));
        assert_eq!(map.get("k0"), Some(&Node::Number(99.into())));
        assert_eq!(map.get("k100"), None);
    }
}
