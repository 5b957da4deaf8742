//! The schema that clients see: a projection that every client and model provider accepts, within a budget.
//!
//! - The root is `type: object` with `properties`, `required` and `additionalProperties: false`, no combinator.
//! - No `$ref`: everything is inlined, recursion is unrolled twice and then left open.
//! - `allOf` is merged, `const` is an `enum` of one, `oneOf` is `anyOf`, several types (and `null`) are `anyOf`
//!   with one type each, since a list in `type` is what the fewest read. Boolean schemas do not occur.
//! - Every array has `items`.
//! - A key that providers refuse is not listed inside an object; the object stays open and its description names it.
//! - What does not fit the budget is left open, deepest and optional parts first, and says so; only when the
//!   arguments alone do not fit, descriptions are cut shorter.
//!
//! What it leaves open the precise schema still checks. It refuses nothing that the precise schema takes and the API
//! means: it is narrower only where a schema has no `type` and its keywords tell which one is meant, in that a
//! parameter outside of the body is never null, and in that a discriminator has the value of its form.

use serde_json::{Map, Value, json};

use super::nodes::{Lengths, Source, Tree};
use super::pattern::Patterns;
use super::{Schemas, json_chars};
use crate::diagnostic::JsonPointer;

/// From generous to nothing: the first with which all arguments fit is taken.
const LENGTHS: &[Lengths] = &[
    Lengths {
        argument: 400,
        nested: 160,
        note: 100,
    },
    Lengths {
        argument: 150,
        nested: 100,
        note: 100,
    },
    Lengths {
        argument: 60,
        nested: 40,
        note: 30,
    },
    Lengths {
        argument: 0,
        nested: 0,
        note: 0,
    },
];

/// How much room the schema of a tool has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Characters of compact JSON.
    pub limit: usize,
    /// Whether texts are kept short from the start.
    pub is_terse: bool,
}

/// One argument, as the projection needs it.
pub(crate) struct Argument<'a> {
    pub name: String,
    pub is_required: bool,
    pub source: Source<'a>,
    /// Where it is in the spec.
    pub pointer: &'a JsonPointer,
}

/// The outcome of the projection.
pub(crate) struct Advertised {
    pub schema: Value,
    /// Whether the budget left something out.
    pub is_left_open: bool,
    /// Whether descriptions were cut.
    pub is_cut: bool,
}

/// The advertised schema of a tool.
pub(crate) fn advertised<'a>(
    arguments: &[Argument<'a>],
    schemas: &Schemas<'a>,
    patterns: &mut Patterns,
    room: Room,
) -> Advertised {
    let limit = room.limit;
    let start = usize::from(room.is_terse);
    for (index, lengths) in LENGTHS.iter().enumerate().skip(start) {
        let mut tree = Tree::new(schemas, patterns, *lengths);
        let ids: Vec<usize> = arguments
            .iter()
            .map(|argument| tree.argument(argument.source.clone(), argument.is_required))
            .collect();
        let size = json_chars(&root(arguments, &ids, &tree));
        if size > limit {
            continue;
        }
        let is_left_open = tree.unfold(limit - size) || index > start;
        return Advertised {
            schema: root(arguments, &ids, &tree),
            is_left_open,
            is_cut: tree.is_cut,
        };
    }
    Advertised {
        schema: most_arguments(arguments, schemas, patterns, limit),
        is_left_open: true,
        is_cut: true,
    }
}

fn root(arguments: &[Argument<'_>], ids: &[usize], tree: &Tree<'_, '_>) -> Value {
    let properties: Map<String, Value> = arguments
        .iter()
        .zip(ids)
        .map(|(argument, id)| (argument.name.clone(), tree.schema(*id)))
        .collect();
    closed(arguments, properties)
}

/// The object that has these properties and no others.
pub(crate) fn closed(arguments: &[Argument<'_>], properties: Map<String, Value>) -> Value {
    let required: Vec<&str> = arguments
        .iter()
        .filter(|argument| argument.is_required && properties.contains_key(&argument.name))
        .map(|argument| argument.name.as_str())
        .collect();
    let mut root = Map::new();
    root.insert("type".to_owned(), Value::from("object"));
    root.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        root.insert("required".to_owned(), json!(required));
    }
    root.insert("additionalProperties".to_owned(), Value::Bool(false));
    Value::Object(root)
}

/// Hundreds of arguments: the required ones and as many others as fit, with a root that admits the rest.
fn most_arguments<'a>(
    arguments: &[Argument<'a>],
    schemas: &Schemas<'a>,
    patterns: &mut Patterns,
    limit: usize,
) -> Value {
    let lengths = LENGTHS[LENGTHS.len() - 1];
    let mut tree = Tree::new(schemas, patterns, lengths);
    let mut size = 200;
    let mut kept = vec![false; arguments.len()];
    let mut chosen: Vec<Value> = vec![Value::Null; arguments.len()];
    for wanted in [true, false] {
        for (index, argument) in arguments.iter().enumerate() {
            if argument.is_required != wanted {
                continue;
            }
            let id = tree.argument(argument.source.clone(), wanted);
            let schema = tree.schema(id);
            let name = json_chars(&Value::from(argument.name.as_str()));
            let cost = json_chars(&schema) + name + 2 + if wanted { name + 1 } else { 0 };
            if size + cost <= limit {
                size += cost;
                kept[index] = true;
                chosen[index] = schema;
            }
        }
    }
    let properties: Map<String, Value> = arguments
        .iter()
        .zip(chosen)
        .zip(&kept)
        .filter(|(_, kept)| **kept)
        .map(|((argument, schema), _)| (argument.name.clone(), schema))
        .collect();
    let more = arguments.len() - properties.len();
    let mut schema = closed(arguments, properties);
    if let Value::Object(root) = &mut schema {
        let text = format!("{more} more arguments are accepted.");
        root.insert("description".to_owned(), Value::from(text));
        root.insert("additionalProperties".to_owned(), Value::Bool(true));
    }
    schema
}
