//! From text to tree: YAML and JSON through their serde parsers into one [`Node`].
//!
//! What the parsers would lose is kept here: duplicate keys are reported, `<<` merges, integers beyond 64 bits become
//! floats, keys such as `200` stay text. Whether the tree is an OpenAPI document is not asked here.

use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde_json::Number;

use super::Limits;
use super::path::Path;
use super::tree::{Map, Node};
use crate::diagnostic::{JsonPointer, Position};

/// Which parser understood the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

/// What a parser made of the text.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Node,
    pub(super) format: Format,
    /// The keys that come twice in their map.
    pub(super) duplicates: Vec<JsonPointer>,
    /// How many values there are, and how many bytes of text: what counts against [`Limits`].
    pub(super) nodes: usize,
    pub(super) text: usize,
}

/// Why there is no tree.
#[derive(Debug)]
pub(super) enum Failure {
    /// The text breaks the rules of its format.
    Syntax {
        /// One sentence.
        message: String,
        /// What to do about it.
        help: &'static str,
        position: Option<Position>,
    },
    /// The text asks for more than [`Limits`] allow.
    Limit(Excess, Option<Position>),
}

/// Which of the [`Limits`] was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    Depth,
    Nodes,
    Text,
    /// What the YAML parser itself allows aliases to repeat.
    Repetition,
}

/// Parses JSON where the text looks like it, YAML otherwise.
pub(super) fn parse(text: &str, limits: &Limits) -> Result<Parsed, Failure> {
    if !text.trim_start().starts_with(['{', '[']) {
        return parse_yaml(text, limits);
    }
    match parse_json(text, limits) {
        // YAML's flow style looks like JSON and allows more: comments, trailing commas, unquoted keys.
        Err(syntax @ Failure::Syntax { .. }) => parse_yaml(text, limits).map_err(|_| syntax),
        done => done,
    }
}

fn parse_json(text: &str, limits: &Limits) -> Result<Parsed, Failure> {
    let mut reading = Reading::new(limits, Format::Json);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = reading
        .root(&mut deserializer)
        .and_then(|tree| deserializer.end().map(|()| tree));
    match tree {
        Ok(tree) => Ok(reading.parsed(tree)),
        Err(error) => Err(json_failure(&error, text, &reading)),
    }
}

fn json_failure(error: &serde_json::Error, text: &str, reading: &Reading<'_>) -> Failure {
    let position = (error.line() > 0).then(|| Position {
        line: error.line(),
        column: character_column(text, error.line(), error.column()),
    });
    let message = error.to_string();
    let message = before(&message, " at line ");
    if let Some(excess) = reading.exceeded.or_else(|| parsers_limit(message)) {
        return Failure::Limit(excess, position);
    }
    let help = if message.starts_with("trailing comma") {
        "remove the comma before the closing bracket"
    } else {
        "the mistake is at this place or shortly before it"
    };
    Failure::Syntax {
        message: format!("this is not valid JSON: {message}"),
        help,
        position,
    }
}

/// `serde_json` counts bytes from 1; people count characters.
fn character_column(text: &str, line: usize, byte_column: usize) -> usize {
    let line = text.split('\n').nth(line - 1).unwrap_or_default();
    line.char_indices()
        .take_while(|(offset, _)| *offset < byte_column.max(1))
        .count()
        .max(1)
}

fn parse_yaml(text: &str, limits: &Limits) -> Result<Parsed, Failure> {
    if opens_too_many_brackets(text) {
        return Err(Failure::Limit(Excess::Depth, None));
    }
    let mut reading = Reading::new(limits, Format::Yaml);
    match reading.root(serde_yaml::Deserializer::from_str(text)) {
        Ok(tree) => Ok(reading.parsed(tree)),
        Err(error) => Err(yaml_failure(&error, text, &reading)),
    }
}

fn yaml_failure(error: &serde_yaml::Error, text: &str, reading: &Reading<'_>) -> Failure {
    let full = error.to_string();
    let position = (error.location())
        .map(|location| Position {
            line: location.line(),
            column: location.column(),
        })
        .filter(|_| !full.contains("control characters"))
        .or_else(|| first_control(text));
    let message = before(&full, " at line ");
    if let Some(excess) = reading.exceeded.or_else(|| parsers_limit(message)) {
        return Failure::Limit(excess, position);
    }
    let (message, help) = yaml_words(message, text, position);
    Failure::Syntax {
        message: format!("this is not valid YAML: {message}"),
        help,
        position,
    }
}

/// The first character that YAML 1.2.2 §5.1 does not allow; its parser tells no line.
fn first_control(text: &str) -> Option<Position> {
    let is_wrong = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let offset = text.find(is_wrong)?;
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Some(Position {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    })
}

/// The parser's complaint in words that say what to look for.
fn yaml_words(message: &str, text: &str, position: Option<Position>) -> (String, &'static str) {
    let character = position.and_then(|place| {
        let line = text.lines().nth(place.line - 1)?;
        line.chars().nth(place.column - 1)
    });
    if message.contains("tab character") || character == Some('\t') {
        return (
            "a tab is used where only spaces are allowed".to_owned(),
            "indent with spaces",
        );
    }
    if message.contains("cannot start any token") {
        return match character {
            Some(other) => (
                format!("a value cannot start with `{other}`"),
                "put the value in quotes",
            ),
            None => (message.to_owned(), "put the value in quotes"),
        };
    }
    if message.contains("control characters") {
        return (
            "control characters are not allowed".to_owned(),
            "remove it, or write it as an escape such as `\\x07` in double quotes",
        );
    }
    if message.contains("more than one document") {
        return (
            "the file holds more than one document".to_owned(),
            "keep one document per file, without a second `---`",
        );
    }
    if message.contains("mapping values are not allowed") {
        return (
            "a `key: value` pair stands where none can be".to_owned(),
            "check the indentation, and put text that holds `: ` in quotes",
        );
    }
    if message.contains("unknown anchor") {
        return (
            "an alias `*name` has no anchor `&name` before it".to_owned(),
            "define the anchor first, or put text that starts with `*` in quotes",
        );
    }
    if message.contains("mapping key") {
        return (
            "a mapping key is not plain text".to_owned(),
            "use text as key; a list or mapping cannot be one in JSON",
        );
    }
    (
        message.to_owned(),
        "the mistake is often on the line before: an indentation, a missing quote or a missing `:`",
    )
}

/// Whether the flow style's brackets stay open in such numbers that libyaml, which looks at all of them with every
/// token, would take for ever. What looks like an open bracket and stands in prose counts too, hence the distance to
/// [`Limits::depth`].
fn opens_too_many_brackets(text: &str) -> bool {
    const OPEN: usize = 250;
    let mut open = 0_usize;
    let mut word_start = b'\n';
    let mut last = b'\n';
    for &byte in text.as_bytes() {
        match byte {
            b' ' | b'\t' | b'\r' => continue,
            // A collection starts after punctuation, or after an anchor or a tag; elsewhere a bracket is part of text.
            b'[' | b'{' if b"\n[{,:-?".contains(&last) || b"&!".contains(&word_start) => {
                open += 1;
                if open > OPEN {
                    return true;
                }
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if b"\n[{,:-?]}&!".contains(&byte) {
            word_start = byte;
        }
        last = byte;
    }
    false
}

/// The limit that a parser has of its own and complains of.
fn parsers_limit(message: &str) -> Option<Excess> {
    if message.contains("recursion limit") {
        Some(Excess::Depth)
    } else if message.contains("repetition limit") {
        Some(Excess::Repetition)
    } else {
        None
    }
}

fn before<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split(mark).next().unwrap_or(text)
}

/// What one reading has seen so far.
struct Reading<'l> {
    limits: &'l Limits,
    format: Format,
    nodes: usize,
    text: usize,
    exceeded: Option<Excess>,
    duplicates: Vec<JsonPointer>,
}

impl<'l> Reading<'l> {
    fn new(limits: &'l Limits, format: Format) -> Self {
        Self {
            limits,
            format,
            nodes: 0,
            text: 0,
            exceeded: None,
            duplicates: Vec::new(),
        }
    }

    fn root<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Node, D::Error> {
        let start = JsonPointer::root();
        NodeSeed {
            reading: self,
            path: Path::Start(&start),
            depth: 1,
        }
        .deserialize(deserializer)
    }

    fn parsed(self, tree: Node) -> Parsed {
        Parsed {
            tree,
            format: self.format,
            duplicates: self.duplicates,
            nodes: self.nodes,
            text: self.text,
        }
    }

    fn count<E: de::Error>(&mut self, depth: usize, bytes: usize) -> Result<(), E> {
        self.nodes += 1;
        self.text += bytes;
        let limits = self.limits;
        let exceeded = if depth > limits.depth {
            Excess::Depth
        } else if self.nodes > limits.nodes {
            Excess::Nodes
        } else if self.text > limits.text {
            Excess::Text
        } else {
            return Ok(());
        };
        self.exceeded = Some(exceeded);
        Err(E::custom("limit exceeded"))
    }

    /// Puts `<<` where it belongs (https://yaml.org/type/merge.html): own keys win over merged ones, earlier merged
    /// mappings over later ones.
    fn merged(&self, entries: Vec<(Box<str>, Node)>) -> Vec<(Box<str>, Node)> {
        let is_merge = |key: &str, value: &Node| {
            key == "<<"
                && match value {
                    Node::Map(_) => true,
                    Node::List(items) => items.iter().all(|item| item.as_map().is_some()),
                    _ => false,
                }
        };
        if self.format == Format::Json || !entries.iter().any(|(key, value)| is_merge(key, value)) {
            return entries;
        }
        let own: std::collections::HashSet<Box<str>> =
            entries.iter().map(|(key, _)| key.clone()).collect();
        let mut seen = own;
        let mut all = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if !is_merge(&key, &value) {
                all.push((key, value));
                continue;
            }
            let maps = match value {
                Node::List(items) => items,
                map => vec![map],
            };
            for map in maps {
                let Node::Map(map) = map else { continue };
                for (key, value) in map.into_entries() {
                    if seen.insert(key.clone()) {
                        all.push((key, value));
                    }
                }
            }
        }
        all
    }
}

struct NodeSeed<'a, 'l> {
    reading: &'a mut Reading<'l>,
    path: Path<'a>,
    depth: usize,
}

impl NodeSeed<'_, '_> {
    fn scalar<E: de::Error>(self, node: Node) -> Result<Node, E> {
        let bytes = node.as_text().map_or(0, str::len);
        self.reading.count(self.depth - 1, bytes)?;
        Ok(node)
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Node::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Node, E> {
        self.scalar(Node::Bool(flag))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Node, E> {
        self.scalar(Node::Number(number.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Node, E> {
        self.scalar(Node::Number(number.into()))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 64 bits a JSON number is the nearest float"
    )]
    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 64 bits a JSON number is the nearest float"
    )]
    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        // JSON has no `.inf` and `.nan`; as text they are at least still to be seen.
        let node = match Number::from_f64(number) {
            Some(number) => Node::Number(number),
            None if number.is_nan() => Node::Text(".nan".into()),
            None if number > 0.0 => Node::Text(".inf".into()),
            None => Node::Text("-.inf".into()),
        };
        self.scalar(node)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        self.scalar(Node::Text(text.into()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        // A YAML tag such as `!secret`: the value counts.
        let (_, content) = data.variant::<IgnoredAny>()?;
        content.newtype_variant_seed(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.reading.count(self.depth, 0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(NodeSeed {
            reading: self.reading,
            path: self.path.item(list.len()),
            depth: self.depth + 1,
        })? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        self.reading.count(self.depth, 0)?;
        let mut entries = Vec::new();
        while let Some(key) = members.next_key_seed(KeySeed)? {
            self.reading.count(self.depth, key.len())?;
            let value = members.next_value_seed(NodeSeed {
                reading: self.reading,
                path: self.path.key(&key),
                depth: self.depth + 1,
            })?;
            entries.push((key, value));
        }
        let entries = self.reading.merged(entries);
        let path = self.path;
        let duplicates = &mut self.reading.duplicates;
        Ok(Node::Map(Map::new(entries, |key| {
            duplicates.push(path.key(key).pointer());
        })))
    }
}

/// A key as it is written: `200` and `1.10` stay text.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Box<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Box<str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Box<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text as mapping key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Box<str>, E> {
        Ok(key.into())
    }
}
