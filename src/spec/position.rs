//! Where in the text each node stands.
//!
//! serde gives no positions while a tree is read, and most documents are fine, so nobody asks. The first question makes
//! a second pass over the text which notes the position of every node; after that each answer is one look-up, however
//! many diagnostics there are. A member of a map stands where its key stands.

use std::collections::HashMap;
use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::reading::Format;
use crate::diagnostic::{JsonPointer, Position};

/// The positions of all nodes of one text.
#[derive(Debug)]
pub(super) struct Positions {
    /// By the hash of the pointer. Two pointers with one hash would make a diagnostic name a wrong line, no more.
    by_pointer: HashMap<u64, Position>,
    /// The byte at which each line starts.
    lines: Vec<usize>,
}

/// FNV-1a, continued from the parent's hash, so that no pointer is ever spelt out.
fn child_hash(parent: u64, token: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    // 0xff stands in no UTF-8 text, so that `a/b` and `ab` differ.
    token.bytes().fold(step(parent, 0xff), step)
}

const ROOT_HASH: u64 = 0xcbf2_9ce4_8422_2325;

/// Beyond this many bytes a line is not searched for the text of a number.
const LONGEST_LINE: usize = 10_000;

impl Positions {
    /// Notes all positions of a text that has been read before.
    pub(super) fn of(text: &str, format: Format) -> Self {
        let mut by_pointer = HashMap::new();
        match format {
            Format::Json => Scanner::new(text, &mut by_pointer).value(ROOT_HASH),
            Format::Yaml => {
                let seed = Locate {
                    by_pointer: &mut by_pointer,
                    hash: ROOT_HASH,
                    is_item: false,
                };
                // A text that could be read can be located; if not, fewer positions are known.
                let _ = seed.deserialize(serde_yaml::Deserializer::from_str(text));
            }
        }
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(offset, _)| offset + 1))
            .collect();
        Self { by_pointer, lines }
    }

    /// The position of a node or, where it was merged in from elsewhere, of the nearest node around it.
    pub(super) fn position(&self, pointer: &JsonPointer) -> Option<Position> {
        let mut hash = ROOT_HASH;
        let mut nearest = self.by_pointer.get(&hash);
        for token in pointer.tokens() {
            hash = child_hash(hash, &token);
            nearest = self.by_pointer.get(&hash).or(nearest);
        }
        nearest.copied()
    }

    /// The text of a plain scalar as it is written: `1.10`, where the number would be 1.1.
    pub(super) fn scalar_text<'t>(&self, text: &'t str, pointer: &JsonPointer) -> Option<&'t str> {
        let hash = pointer
            .tokens()
            .fold(ROOT_HASH, |hash, token| child_hash(hash, &token));
        let position = self.by_pointer.get(&hash)?;
        let start = *self.lines.get(position.line - 1)?;
        let end = *self.lines.get(position.line).unwrap_or(&text.len());
        // Characters have to be counted; a whole document in one line would be counted again and again.
        let line = text
            .get(start..end)
            .filter(|line| line.len() <= LONGEST_LINE)?;
        let offset = line.char_indices().nth(position.column - 1)?.0;
        let value = after_key(&line[offset..]);
        value
            .split([',', ']', '}', ' ', '\t', '\r', '\n'])
            .next()
            .filter(|token| !token.is_empty())
    }
}

/// What comes after `key:`, or the whole where there is no key (an item of a list).
fn after_key(text: &str) -> &str {
    let after_name = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or("", |end| &text[end + 2..]),
        _ => text,
    };
    after_name
        .split_once(':')
        .map_or(text, |(_, value)| value.trim_start())
}

/// Walks YAML once. The parser tells a place only as part of an error: each key and each scalar item is refused on
/// purpose, after it has been taken, and the parser goes on with what follows.
struct Locate<'a> {
    by_pointer: &'a mut HashMap<u64, Position>,
    hash: u64,
    /// Whether nobody else has noted this place: it has no key.
    is_item: bool,
}

/// The message of the deliberate errors.
const REFUSED: &str = "refused to learn its place";

/// The place in a deliberate error; `None` for any other. Inside a visitor the error's type is not known, its text is.
fn place(error: &impl fmt::Display) -> Option<Position> {
    let text = error.to_string();
    let (_, place) = text.rsplit_once(REFUSED)?;
    let mut numbers = place
        .split(' ')
        .filter_map(|word| word.parse::<usize>().ok());
    // The very first character of a text is the one place that the parser leaves out.
    Some(Position {
        line: numbers.next().unwrap_or(1),
        column: numbers.next().unwrap_or(1),
    })
}

impl Locate<'_> {
    fn scalar<E: de::Error>(&self) -> Result<(), E> {
        if self.is_item {
            return Err(E::custom(REFUSED));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Locate<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Locate<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (_, content) = data.variant::<IgnoredAny>()?;
        content.newtype_variant_seed(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let hash = child_hash(self.hash, &index.to_string());
            let item = items.next_element_seed(Locate {
                by_pointer: self.by_pointer,
                hash,
                is_item: true,
            });
            match item {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(error) => {
                    let Some(place) = place(&error) else {
                        return Err(error);
                    };
                    self.by_pointer.insert(hash, place);
                }
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut hash = self.hash;
        while let Err(error) = members.next_key_seed(Refuse {
            parent: self.hash,
            hash: &mut hash,
        }) {
            let Some(place) = place(&error) else {
                return Err(error);
            };
            self.by_pointer.insert(hash, place);
            // A map without a key of its own, such as an item of a list, stands where its first member stands.
            self.by_pointer.entry(self.hash).or_insert(place);
            members.next_value_seed(Locate {
                by_pointer: self.by_pointer,
                hash,
                is_item: false,
            })?;
        }
        Ok(())
    }
}

/// Takes a key and fails on purpose.
struct Refuse<'a> {
    parent: u64,
    hash: &'a mut u64,
}

impl<'de> DeserializeSeed<'de> for Refuse<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Refuse<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text as mapping key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<(), E> {
        *self.hash = child_hash(self.parent, key);
        Err(E::custom(REFUSED))
    }
}

/// Walks JSON that is known to be valid.
struct Scanner<'t, 'a> {
    text: &'t str,
    at: usize,
    by_pointer: &'a mut HashMap<u64, Position>,
    /// The offset up to which `place` has counted.
    counted: usize,
    place: Position,
}

impl<'t, 'a> Scanner<'t, 'a> {
    fn new(text: &'t str, by_pointer: &'a mut HashMap<u64, Position>) -> Self {
        Self {
            text,
            at: 0,
            by_pointer,
            counted: 0,
            place: Position { line: 1, column: 1 },
        }
    }

    fn note(&mut self, hash: u64, offset: usize) {
        for &byte in &self.text.as_bytes()[self.counted..offset] {
            if byte == b'\n' {
                self.place.line += 1;
                self.place.column = 1;
            } else if byte & 0xc0 != 0x80 {
                // The first byte of a character.
                self.place.column += 1;
            }
        }
        self.counted = offset;
        self.by_pointer.insert(hash, self.place);
    }

    /// A map without a key of its own, such as the root, stands where it begins.
    fn note_unnamed(&mut self, hash: u64) {
        if !self.by_pointer.contains_key(&hash) {
            self.note(hash, self.at);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes over one value and notes the places inside of it.
    fn value(&mut self, hash: u64) {
        self.skip_space();
        match self.peek() {
            Some(b'{') => {
                self.note_unnamed(hash);
                self.members(hash);
            }
            Some(b'[') => self.items(hash),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.peek().is_some_and(|byte| !b",]}\n".contains(&byte)) {
                    self.at += 1;
                }
            }
        }
    }

    fn members(&mut self, hash: u64) {
        self.at += 1;
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                break;
            }
            let start = self.at;
            let raw = self.string();
            let key = serde_json::from_str::<String>(raw).unwrap_or_default();
            let child = child_hash(hash, &key);
            self.note(child, start);
            self.skip_space();
            self.at += 1; // the colon
            self.value(child);
            self.skip_space();
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        self.at += 1;
    }

    fn items(&mut self, hash: u64) {
        self.at += 1;
        for index in 0_usize.. {
            self.skip_space();
            if matches!(self.peek(), Some(b']') | None) {
                break;
            }
            let child = child_hash(hash, &index.to_string());
            self.note(child, self.at);
            self.value(child);
            self.skip_space();
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        self.at += 1;
    }

    /// Goes over a string and gives it back with its quotes.
    fn string(&mut self) -> &'t str {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.text.get(start..self.at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, format: Format, pointer: &str) -> Option<(usize, usize)> {
        let pointer = JsonPointer::parse(pointer).expect("a pointer");
        Positions::of(text, format)
            .position(&pointer)
            .map(|place| (place.line, place.column))
    }

    const YAML: &str = "openapi: 3.0.3\npaths:\n  /a/{b}:\n    get:\n      tags: [é, pets]\n      parameters:\n        - name: b\n          in: path\n        - &x [1, [2]]\n    put: {a: *x}\n";

    #[test]
    fn a_member_stands_where_its_key_stands() {
        assert_eq!(at(YAML, Format::Yaml, "/openapi"), Some((1, 1)));
        assert_eq!(at(YAML, Format::Yaml, "/paths/~1a~1{b}/get"), Some((4, 5)));
        let json = "{\n \"é\": {\"b\\u0063\": 1,\n\"d\": [true, {}]}}";
        assert_eq!(at(json, Format::Json, "/é/bc"), Some((2, 8)));
        assert_eq!(at(json, Format::Json, "/é/d/1"), Some((3, 13)));
    }

    #[test]
    fn an_item_stands_where_it_begins() {
        let parameters = "/paths/~1a~1{b}/get/parameters";
        assert_eq!(
            at(YAML, Format::Yaml, "/paths/~1a~1{b}/get/tags/1"),
            Some((5, 17))
        );
        assert_eq!(
            at(YAML, Format::Yaml, &format!("{parameters}/0")),
            Some((7, 11))
        );
        assert_eq!(
            at(YAML, Format::Yaml, &format!("{parameters}/0/in")),
            Some((8, 11))
        );
        assert_eq!(
            at(YAML, Format::Yaml, &format!("{parameters}/1/0")),
            Some((9, 15))
        );
    }

    #[test]
    fn what_has_no_place_of_its_own_stands_with_the_nearest_node_around_it() {
        assert_eq!(
            at(YAML, Format::Yaml, "/paths/~1a~1{b}/put/merged/in"),
            Some((10, 5))
        );
        assert_eq!(at(" {}", Format::Json, "/a"), Some((1, 2)));
    }

    #[test]
    fn the_second_of_two_equal_keys_is_the_one_that_counts() {
        assert_eq!(at("a: 1\nb: 2\na: 3\n", Format::Yaml, "/a"), Some((3, 1)));
        assert_eq!(
            at("{\"a\": 1,\n \"a\": 2}", Format::Json, "/a"),
            Some((2, 2))
        );
    }

    #[test]
    fn a_number_is_known_by_its_text() {
        let text = |text, format, pointer: &str| {
            let pointer = JsonPointer::parse(pointer).expect("a pointer");
            Positions::of(text, format)
                .scalar_text(text, &pointer)
                .map(str::to_owned)
        };
        let yaml = "info:\n  version: 1.10 # two\n  'q': {a: 1.20}\n  l: [1.30, 1.40]\n";
        assert_eq!(
            text(yaml, Format::Yaml, "/info/version").as_deref(),
            Some("1.10")
        );
        assert_eq!(
            text(yaml, Format::Yaml, "/info/q/a").as_deref(),
            Some("1.20")
        );
        assert_eq!(
            text(yaml, Format::Yaml, "/info/l/1").as_deref(),
            Some("1.40")
        );
        let json = r#"{"version": 1.10}"#;
        assert_eq!(
            text(json, Format::Json, "/version").as_deref(),
            Some("1.10")
        );
    }
}
