//! Names that clients, crates and file systems accept, made from whatever a spec has.
//!
//! Every function here depends on the thing that it names and, only for uniqueness, on the set (never the order)
//! of the others, so that a name survives a shuffled spec. What the names are for is decided elsewhere.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use heck::ToShoutySnakeCase;
use sha2::{Digest, Sha256};

use crate::api::Operation;
use words::{ascii_words, fold, folded, shortened};

/// The longest argument name: Anthropic refuses a whole request for a longer property key.
pub(super) const ARGUMENT_LENGTH: usize = 64;
/// The longest server name: with a tool name of 40 and a separator it stays within Cursor's 60.
pub(super) const SERVER_LENGTH: usize = 19;
const MODULE_LENGTH: usize = 40;

/// Words of an API's title that say nothing about the API.
const TITLE_NOISE: &[&str] = &[
    "api",
    "apis",
    "mcp",
    "openapi",
    "rest",
    "restful",
    "spec",
    "specification",
    "swagger",
    "the",
];

/// Words that say nothing at the end of a title: `Orders Service`, but not `Open Build Service Orders`.
const TITLE_TAIL: &[&str] = &[
    "definition",
    "docs",
    "documentation",
    "explorer",
    "reference",
    "server",
    "service",
];

/// The hexadecimal SHA-256 of a text, cut to `length` characters.
pub(super) fn hash(text: &str, length: usize) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex.truncate(length);
    hex
}

/// Whether a text is a legal tool name of at most `limit` characters.
pub(super) fn is_tool_name(text: &str, limit: usize) -> bool {
    text.len() <= limit
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a text is a legal server name.
pub(super) fn is_server_name(text: &str) -> bool {
    text.len() <= SERVER_LENGTH
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The tool names of all operations, in their order. Names in `taken` are not used.
///
/// A name is the operationId, or else method and path, in snake case, shortened to `limit` at word borders. Where
/// two operations come to the same name, both get a hash of method and path.
pub(super) fn tool_names(
    operations: &[Operation],
    taken: &BTreeSet<String>,
    limit: usize,
) -> Vec<String> {
    let words: Vec<Vec<String>> = operations
        .iter()
        .map(|operation| tool_words(operation, limit))
        .collect();
    unique(operations.len(), taken, |index, hash_length| {
        let name = &words[index];
        if hash_length == 0 {
            return shortened(name, limit);
        }
        let operation = &operations[index];
        let hash = hash(
            &format!("{} {}", operation.method, operation.path),
            hash_length,
        );
        // A limit too small for the hash leaves room for at least one letter.
        let room = limit.saturating_sub(hash_length + 1).max(1);
        format!("{}_{hash}", shortened(name, room))
    })
}

/// What a tool is called when nothing else is called so: words for people.
pub(super) fn readable_name(operation: &Operation, limit: usize) -> String {
    shortened(&tool_words(operation, limit), limit)
}

/// Gives every index a name that no other has. `name(index, hash_length)` makes one; the members of a colliding
/// group, and only they, are asked again with a longer hash.
fn unique(
    count: usize,
    taken: &BTreeSet<String>,
    name: impl Fn(usize, usize) -> String,
) -> Vec<String> {
    const HASH_LENGTHS: &[usize] = &[0, 6, 10, 16, 32];
    let mut levels = vec![0; count];
    let mut names: Vec<String> = (0..count).map(|index| name(index, 0)).collect();
    loop {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, text) in names.iter().enumerate() {
            groups.entry(text).or_default().push(index);
        }
        let colliding: Vec<usize> = groups
            .into_iter()
            .filter(|(text, members)| members.len() > 1 || taken.contains(*text))
            .flat_map(|(_, members)| members)
            .filter(|&index| levels[index] + 1 < HASH_LENGTHS.len())
            .collect();
        if colliding.is_empty() {
            return names;
        }
        for index in colliding {
            levels[index] += 1;
            names[index] = name(index, HASH_LENGTHS[levels[index]]);
        }
    }
}

fn tool_words(operation: &Operation, limit: usize) -> Vec<String> {
    let mut words = operation
        .operation_id
        .as_deref()
        .and_then(ascii_words)
        .unwrap_or_else(|| request_words(&operation.method, &operation.path, limit));
    if words[0].starts_with(|c: char| c.is_ascii_digit()) {
        words.splice(..0, method_words(&operation.method));
    }
    words
}

/// A method may be any token of RFC 9110 §5.6.2 since OpenAPI 3.2: `M-SEARCH`, and even `!`.
fn method_words(method: &str) -> Vec<String> {
    ascii_words(method)
        .filter(|words| words[0].starts_with(|c: char| c.is_ascii_lowercase()))
        .unwrap_or_else(|| vec!["call".to_owned()])
}

/// `GET /orders/{id}/items` is `get_orders_by_id_items`; where that is too long, `get_orders_items`.
fn request_words(method: &str, path: &str, limit: usize) -> Vec<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut full = method_words(method);
    let verb = full.len();
    let mut brief = full.clone();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        for (text, is_variable) in template_parts(segment) {
            let Some(words) = ascii_words(text) else {
                continue;
            };
            if is_variable {
                full.push("by".to_owned());
                full.extend(words.iter().cloned());
                if is_last {
                    brief.push("by".to_owned());
                    brief.extend(words);
                }
            } else {
                full.extend(words.iter().cloned());
                brief.extend(words);
            }
        }
    }
    if full.len() == verb {
        full.push("root".to_owned());
        return full;
    }
    if full.join("_").len() <= limit || brief.len() == verb {
        full
    } else {
        brief
    }
}

/// A path segment as literal and variable parts: `{id}.json` is a variable and a literal.
fn template_parts(segment: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = segment;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            break;
        };
        parts.push((&rest[..open], false));
        parts.push((&rest[open + 1..open + length], true));
        rest = &rest[open + length + 1..];
    }
    parts.push((rest, false));
    parts
}

/// The server's name from the API's title: `GitHub v3 REST API` is `github`.
pub(super) fn server_name(title: &str) -> String {
    let folded = folded(title)
        .to_ascii_lowercase()
        .replace("open api", "api");
    let mut words: Vec<&str> = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !TITLE_NOISE.contains(word) && !is_version(word))
        .collect();
    while words.len() > 1 && words.last().is_some_and(|word| TITLE_TAIL.contains(word)) {
        words.pop();
    }
    let mut name = String::new();
    for word in words {
        let separator = usize::from(!name.is_empty());
        if name.len() + separator + word.len() > SERVER_LENGTH {
            break;
        }
        if separator == 1 {
            name.push('-');
        }
        name.push_str(word);
    }
    if name.is_empty() {
        // A single word longer than the limit is cut; no word at all leaves nothing to cut.
        let first = folded
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| word.len() > SERVER_LENGTH);
        name = first.map_or_else(|| "api".to_owned(), |word| word[..SERVER_LENGTH].to_owned());
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name = format!("api-{name}");
        name.truncate(SERVER_LENGTH);
        name.truncate(name.trim_end_matches('-').len());
    }
    name
}

/// `v3`, `2`, `v1beta1`.
fn is_version(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
        || word
            .strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Module names for tags, in their order.
pub(super) fn module_names(tags: &[&str]) -> Vec<String> {
    unique(tags.len(), &BTreeSet::new(), |index, hash_length| {
        let tag = tags[index];
        let suffix = match hash_length {
            0 => String::new(),
            length => format!("_{}", hash(tag, length)),
        };
        let room = MODULE_LENGTH - suffix.len();
        let Some(words) = ascii_words(tag) else {
            return format!("tag_{}", hash(tag, hash_length.max(6)));
        };
        let mut name = shortened(&words, room);
        if name.starts_with(|c: char| c.is_ascii_digit()) || is_reserved_module(&name) {
            name = shortened(&[&["tag".to_owned()], words.as_slice()].concat(), room);
        }
        name + &suffix
    })
}

/// Rust keywords of all editions, names with a meaning of their own in a crate, the generated crate's own file
/// `schemas/defs.json`, and device names that Windows does not allow as files.
fn is_reserved_module(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "abstract", "as", "async", "await", "aux", "become", "box", "break", "con", "const",
        "continue", "core", "crate", "defs", "do", "dyn", "else", "enum", "extern", "false",
        "final", "fn", "for", "gen", "if", "impl", "in", "lib", "let", "loop", "macro", "main",
        "match", "mod", "move", "mut", "nul", "override", "priv", "prn", "pub", "ref", "return",
        "self", "static", "std", "struct", "super", "trait", "true", "try", "type", "typeof",
        "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    let is_device = name.len() == 4
        && (name.starts_with("com") || name.starts_with("lpt"))
        && name.ends_with(|c: char| c.is_ascii_digit());
    is_device || RESERVED.contains(&name)
}

/// A name in SCREAMING_SNAKE_CASE, of ASCII letters, digits and `_` alone; empty where none are left.
pub(super) fn env_name(name: &str) -> String {
    folded(name).to_shouty_snake_case()
}

/// The middle of a security scheme's variables: `bearerAuth` is `BEARER_AUTH`. Unique in document order.
pub(super) fn env_names(schemes: &[&str]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    // The last number of each base: a hostile spec has thousands of schemes that come to the same name.
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let unique = |scheme: &&str| {
        let base = match env_name(scheme) {
            base if base.is_empty() => "AUTH".to_owned(),
            base => base,
        };
        let mut name = base.clone();
        let number = numbers.entry(base.clone()).or_insert(1);
        while !taken.insert(name.clone()) {
            *number += 1;
            name = format!("{base}_{number}");
        }
        name
    };
    schemes.iter().map(unique).collect()
}

/// A wire name as an argument name, `^[A-Za-z0-9_]{1,64}$`, as close to it as possible: `filter[name]` is
/// `filter_name`, `$top` is `top`, `StartTime<` is `StartTime_lt`.
pub(super) fn argument_name(wire: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    for (index, c) in wire.char_indices() {
        let next_is_digit = wire[index + c.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
        let word = match c {
            '<' => "lt",
            '>' => "gt",
            '+' if index == 0 && next_is_digit => "plus",
            '-' if index == 0 && next_is_digit => "minus",
            _ => "",
        };
        let folded = fold(c).filter(|text| !text.is_empty());
        match (folded, word) {
            (Some(text), _) => {
                if gap && !name.is_empty() && !name.ends_with('_') {
                    name.push('_');
                }
                gap = false;
                name.push_str(&text);
            }
            (None, "") => gap = true,
            (None, word) => {
                if !name.is_empty() {
                    name.push('_');
                }
                name.push_str(word);
                gap = true;
            }
        }
    }
    if name.is_empty() {
        return opaque_name(wire);
    }
    // The runtime takes `_meta` out of the arguments: some hosts put the request's own there.
    if name == "_meta" {
        name.remove(0);
    }
    if name.len() > ARGUMENT_LENGTH {
        name.truncate(ARGUMENT_LENGTH - 7);
        name = format!("{name}_{}", hash(wire, 6));
    }
    name
}

/// The name of an argument whose wire name has nothing to make one from.
fn opaque_name(wire: &str) -> String {
    format!("arg_{}", hash(wire, 6))
}

/// Whether nobody can see in the argument's name what it is called on the wire.
pub(super) fn is_opaque(argument: &str, wire: &str) -> bool {
    argument.starts_with(&opaque_name(wire))
}

/// Argument names for things of one place that must differ among themselves and from `taken`: where two come to
/// the same name, the one that is called so on the wire keeps it and the others get a hash of their wire name.
pub(super) fn argument_names(
    wires: &[&str],
    suffix: &str,
    taken: &BTreeSet<String>,
) -> Vec<String> {
    let plain: Vec<String> = wires.iter().map(|wire| argument_name(wire)).collect();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &plain {
        *count.entry(name).or_default() += 1;
    }
    unique(wires.len(), taken, |index, hash_length| {
        let name = &plain[index];
        let is_taken = taken.contains(name);
        let is_shared = count[name.as_str()] > 1;
        let tail = match hash_length {
            0 => return name.clone(),
            6 if !is_taken && wires[index] == name => return name.clone(),
            6 if is_taken && !is_shared => format!("_{suffix}"),
            length => format!("_{}", hash(wires[index], length)),
        };
        let room = ARGUMENT_LENGTH - tail.len();
        format!("{}{tail}", &name[..name.len().min(room)])
    })
}

/// Names for shared schemas, safe inside `#/$defs/NAME` without any escaping.
pub(super) fn definition_names(names: &[&str]) -> Vec<String> {
    unique(names.len(), &BTreeSet::new(), |index, hash_length| {
        let safe: String = names[index]
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        match hash_length {
            0 => safe,
            length => format!("{safe}_{}", hash(names[index], length)),
        }
    })
}
