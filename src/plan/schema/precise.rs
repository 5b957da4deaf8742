//! The schema that arguments are checked against: JSON Schema 2020-12, recursion kept, nothing left out.
//!
//! It is the spec's own schema as an input: `readOnly` properties go, and so does whatever no validator can read (each
//! with a diagnostic). Descriptions, defaults and examples stay, since this is also the schema that a client reads whose
//! advertised one leaves something out. In two places it is wider than the letter of the spec, because
//! there the letter refuses what APIs take, and a refusal leaves the caller no way out:
//!
//! - `oneOf` is checked as `anyOf`. Branches such as `string` and `string` with a format overlap in many specs.
//!   Branches that only say which properties are required mean it.
//! - `additionalProperties: false` under an `allOf` with more than one part is dropped: each part would forbid
//!   what the others name. So is `unevaluatedProperties: false` of a part; beside the parts it knows them all.
//!
//! Below `not` and `if`, where wider is narrower, the letter holds.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::flat::{is_read_only, is_well_formed, types};
use super::pattern::{Patterns, Verdict};
use super::wording::is_required_set;
use super::{JsonType, Schemas, places, reference, unfolded};
use crate::api::Api;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use crate::plan::text;

/// Makes precise schemas and collects the shared schemas that they refer to.
pub(crate) struct Precise<'a, 's> {
    schemas: &'s Schemas<'a>,
    /// Finished shared schemas.
    shared: BTreeMap<(usize, Variant), Value>,
    waiting: Vec<(usize, Variant)>,
    problems: Vec<Problem>,
    /// How many schemas are being projected, one inside of the other.
    depth: usize,
    /// How many schemas may still be unfolded for keywords that ask what was evaluated.
    unfoldable: u32,
}

/// A schema has at most so many levels: with two of JSON for each, and those around it, the JSON is still read by parsers
/// that go 128 levels deep.
const DEEPEST: usize = 50;
/// How many schemas are unfolded for all keywords of an API that ask what was evaluated.
const MOST_UNFOLDED_IN_ALL: u32 = 50 * unfolded::MOST_UNFOLDED;

/// How a shared schema is read where it is referred to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Variant {
    Plain,
    /// As one of several parts: further properties are allowed.
    Open,
    /// To the letter.
    Exact,
}

/// Something wrong with a keyword, to be told once it is known where the schema stands.
struct Problem {
    schema: *const Value,
    keyword: String,
    /// The argument that the schema was reached from: where it stands if nothing better is known.
    argument: JsonPointer,
    diagnostic: Diagnostic,
}

/// What a schema has to know of those around it.
#[derive(Clone, Copy)]
struct Context<'c> {
    /// The shared schema whose instance this schema still looks at.
    in_place_of: Option<usize>,
    /// One of several parts of an `allOf`.
    is_part: bool,
    /// Below `not` or `if`, where what is wider would refuse values.
    is_exact: bool,
    /// Properties that another part of the same `allOf` makes `readOnly`.
    read_only: &'c BTreeSet<String>,
}

const NOTHING: &BTreeSet<String> = &BTreeSet::new();
const INSIDE: Context<'static> = Context {
    in_place_of: None,
    is_part: false,
    is_exact: false,
    read_only: NOTHING,
};

/// Where problems of a schema are reported.
pub(crate) struct Reporter<'r> {
    pub patterns: &'r mut Patterns,
    pub pointer: &'r JsonPointer,
}

impl<'a, 's> Precise<'a, 's> {
    pub(crate) fn new(schemas: &'s Schemas<'a>) -> Self {
        Self {
            schemas,
            shared: BTreeMap::new(),
            waiting: Vec::new(),
            problems: Vec::new(),
            depth: 0,
            unfoldable: MOST_UNFOLDED_IN_ALL,
        }
    }

    /// The precise schema of values for which all the given schemas hold.
    pub(crate) fn of(&mut self, all: &[&'a Value], reporter: &mut Reporter<'_>) -> Value {
        let schema = match all {
            [] => json!({}),
            [schema] => self.project(schema, INSIDE, reporter),
            parts => {
                let context = Context {
                    is_part: true,
                    ..INSIDE
                };
                let parts: Vec<Value> = parts
                    .iter()
                    .map(|part| self.project(part, context, reporter))
                    .collect();
                json!({ "allOf": parts })
            }
        };
        while let Some((index, variant)) = self.waiting.pop() {
            let (_, source) = self
                .schemas
                .by_index
                .get_index(index)
                .expect("an index that a reference was resolved to");
            let context = Context {
                in_place_of: Some(index),
                is_part: variant == Variant::Open,
                is_exact: variant == Variant::Exact,
                ..INSIDE
            };
            let projected = self.project(source, context, reporter);
            self.shared.insert((index, variant), projected);
        }
        schema
    }

    /// Tells what was wrong with the schemas of an API.
    pub(crate) fn tell(&mut self, api: &Api, diagnostics: &mut Diagnostics) {
        let problems = std::mem::take(&mut self.problems);
        let wanted = problems.iter().map(|problem| problem.schema).collect();
        let places = places::of(api, wanted);
        for problem in problems {
            let place = places.get(&problem.schema);
            let at = place.map_or(problem.argument, |place| place.child(problem.keyword));
            diagnostics.push(problem.diagnostic.at(&at));
        }
    }

    fn note(
        &mut self,
        schema: &Value,
        keyword: &str,
        reporter: &Reporter<'_>,
        diagnostic: Diagnostic,
    ) {
        self.problems.push(Problem {
            schema,
            keyword: keyword.to_owned(),
            argument: reporter.pointer.clone(),
            diagnostic,
        });
    }

    /// Every shared schema that is referred to, by name.
    pub(crate) fn into_definitions(self) -> IndexMap<String, Value> {
        let schemas = self.schemas;
        let mut definitions: IndexMap<String, Value> = self
            .shared
            .into_iter()
            .map(|((index, variant), schema)| (shared_name(schemas, index, variant), schema))
            .collect();
        definitions.sort_keys();
        definitions
    }

    fn project(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        reporter: &mut Reporter<'_>,
    ) -> Value {
        if self.depth == DEEPEST {
            let message = format!("a schema has more than {DEEPEST} levels inside of one another");
            let diagnostic = Diagnostic::new(Code::SchemaLeftOpen, message)
                .skipping("the check of what is deeper")
                .with_help("give inner schemas a name under `components`");
            self.note(schema, "", reporter, diagnostic);
            return Value::Bool(true);
        }
        self.depth += 1;
        let projected = self.projected(schema, context, reporter);
        self.depth -= 1;
        projected
    }

    fn projected(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        reporter: &mut Reporter<'_>,
    ) -> Value {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(_) => return schema.clone(),
            _ => return json!({}),
        };
        let read_only = if context.is_exact {
            BTreeSet::new()
        } else {
            self.read_only_properties(map, context.read_only)
        };
        let mut out = Map::new();
        let has_default = self.takes_default(schema, map, reporter);
        for (keyword, value) in map {
            match keyword.as_str() {
                "default" if has_default => {
                    out.insert(keyword.clone(), value.clone());
                }
                "$ref" => self.add_reference(map, context, &mut out),
                "required" => add_required(value, &read_only, &mut out),
                "pattern" => self.add_pattern(schema, value, reporter, &mut out),
                "oneOf" | "anyOf" | "allOf" => {
                    let context = Context {
                        read_only: &read_only,
                        is_part: keyword == "allOf" && has_several_parts(map),
                        ..context
                    };
                    self.add_branches(keyword, value, context, reporter, &mut out);
                }
                "additionalProperties"
                    if *value == Value::Bool(false)
                        && !context.is_exact
                        && (context.is_part || has_several_parts(map)) => {}
                "unevaluatedProperties"
                    if *value == Value::Bool(false) && !context.is_exact && context.is_part => {}
                "unevaluatedProperties" | "unevaluatedItems"
                    if self.unfolds_too_much(schema, map, keyword, reporter) => {}
                _ => {
                    let context = Context {
                        read_only: &read_only,
                        ..context
                    };
                    self.add_keyword(
                        schema,
                        (keyword.as_str(), value),
                        context,
                        reporter,
                        &mut out,
                    );
                }
            }
        }
        Value::Object(out)
    }

    fn add_keyword(
        &mut self,
        schema: &Value,
        (keyword, value): (&str, &Value),
        context: Context<'_>,
        reporter: &mut Reporter<'_>,
        out: &mut Map<String, Value>,
    ) {
        let in_place = Context {
            is_part: false,
            read_only: NOTHING,
            ..context
        };
        let inside = Context {
            is_exact: context.is_exact,
            ..INSIDE
        };
        let projected = match (keyword, value) {
            ("const", value) | ("deprecated", value @ Value::Bool(true)) => value.clone(),
            ("description", Value::String(text)) => match text::plain(text) {
                text if text.is_empty() => return,
                text => Value::from(text),
            },
            ("examples", Value::Array(_)) => value.clone(),
            ("example", value) => {
                out.insert("examples".to_owned(), json!([value]));
                return;
            }
            (
                "type" | "enum" | "multipleOf" | "maximum" | "exclusiveMaximum" | "minimum"
                | "exclusiveMinimum" | "maxLength" | "minLength" | "format" | "maxItems"
                | "minItems" | "uniqueItems" | "maxContains" | "minContains" | "maxProperties"
                | "minProperties" | "contentEncoding" | "contentMediaType" | "dependentRequired",
                value,
            ) => {
                if !is_well_formed(keyword, value) {
                    self.note_keyword(schema, keyword, value, reporter);
                    return;
                }
                value.clone()
            }
            ("properties", Value::Object(properties)) => {
                let kept = properties
                    .iter()
                    .filter(|(name, _)| !context.read_only.contains(*name));
                let kept: Map<String, Value> = kept
                    .map(|(name, schema)| (name.clone(), self.project(schema, inside, reporter)))
                    .collect();
                Value::Object(kept)
            }
            ("patternProperties", Value::Object(properties)) => {
                let mut kept = Map::new();
                for (pattern, property) in properties {
                    if self.check_pattern(schema, keyword, pattern, reporter) {
                        kept.insert(pattern.clone(), self.project(property, inside, reporter));
                    }
                }
                Value::Object(kept)
            }
            ("dependentSchemas", Value::Object(schemas)) => Value::Object(
                schemas
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.project(schema, in_place, reporter)))
                    .collect(),
            ),
            ("items" | "prefixItems", Value::Array(prefix)) => {
                if prefix.is_empty() {
                    return;
                }
                let schemas = prefix
                    .iter()
                    .map(|schema| self.project(schema, inside, reporter));
                let schemas = schemas.collect();
                out.insert("prefixItems".to_owned(), Value::Array(schemas));
                return;
            }
            (
                "items"
                | "contains"
                | "additionalProperties"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties",
                Value::Object(_) | Value::Bool(_),
            ) => self.project(value, inside, reporter),
            ("then" | "else", Value::Object(_) | Value::Bool(_)) => {
                self.project(value, in_place, reporter)
            }
            ("not" | "if", Value::Object(_) | Value::Bool(_)) => {
                let exact = Context {
                    is_exact: true,
                    ..in_place
                };
                let problems = self.problems.len();
                let projected = self.project(value, exact, reporter);
                // Without what no validator can read it would decide otherwise.
                if self.problems.len() > problems {
                    return;
                }
                projected
            }
            _ => return,
        };
        out.insert(keyword.to_owned(), projected);
    }

    fn add_reference(
        &mut self,
        map: &Map<String, Value>,
        context: Context<'_>,
        out: &mut Map<String, Value>,
    ) {
        let Some((index, target)) = reference(map).and_then(|text| self.schemas.resolve(text))
        else {
            return;
        };
        if context
            .in_place_of
            .is_some_and(|from| self.schemas.is_circular(from, index))
        {
            return;
        }
        let forbids = |keyword: &str| target.get(keyword) == Some(&Value::Bool(false));
        let variant = if context.is_exact {
            Variant::Exact
        } else if (context.is_part || has_several_parts(map))
            && (forbids("additionalProperties") || forbids("unevaluatedProperties"))
        {
            Variant::Open
        } else {
            Variant::Plain
        };
        let key = (index, variant);
        if let Entry::Vacant(seen) = self.shared.entry(key) {
            // Marked as seen before it is finished, so that recursion ends.
            seen.insert(Value::Null);
            self.waiting.push(key);
        }
        let name = shared_name(self.schemas, index, variant);
        out.insert("$ref".to_owned(), Value::from(format!("#/$defs/{name}")));
    }

    fn add_branches(
        &mut self,
        keyword: &str,
        value: &Value,
        context: Context<'_>,
        reporter: &mut Reporter<'_>,
        out: &mut Map<String, Value>,
    ) {
        let Some(branches) = value.as_array().filter(|branches| !branches.is_empty()) else {
            return;
        };
        let branches: Vec<Value> = branches
            .iter()
            .map(|branch| self.project(branch, context, reporter))
            .collect();
        let mut parts = match keyword {
            "allOf" => branches,
            "oneOf" if context.is_exact || exclude_one_another(&branches) => {
                out.insert("oneOf".to_owned(), Value::Array(branches));
                return;
            }
            _ if out.contains_key("anyOf") => vec![json!({ "anyOf": branches })],
            _ => {
                out.insert("anyOf".to_owned(), Value::Array(branches));
                return;
            }
        };
        match out.get_mut("allOf").and_then(Value::as_array_mut) {
            Some(before) => before.append(&mut parts),
            None => {
                out.insert("allOf".to_owned(), Value::Array(parts));
            }
        }
    }

    /// The names of properties that a client must not send, in this schema and in the parts of its `allOf`.
    fn read_only_properties(
        &self,
        map: &Map<String, Value>,
        inherited: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut names = inherited.clone();
        let mut maps = vec![map];
        if let Some(Value::Array(parts)) = map.get("allOf") {
            maps.extend(parts.iter().filter_map(Value::as_object));
        }
        for map in maps {
            let Some(Value::Object(properties)) = map.get("properties") else {
                continue;
            };
            for (name, schema) in properties {
                if is_read_only(self.schemas, schema) {
                    names.insert(name.clone());
                }
            }
        }
        names
    }
}

/// A `$ref` or properties beside an `allOf`, or more than one part in it.
fn has_several_parts(map: &Map<String, Value>) -> bool {
    let parts = map
        .get("allOf")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let own = usize::from(map.contains_key("$ref")) + usize::from(map.contains_key("properties"));
    parts + own > 1
}

/// Whether each branch asks for properties of its own and nothing else: these cannot overlap by accident.
fn exclude_one_another(branches: &[Value]) -> bool {
    let sets: Option<Vec<BTreeSet<&str>>> = (branches.iter())
        .map(|branch| {
            let names = is_required_set(branch).then(|| branch.get("required"))??;
            Some(names.as_array()?.iter().filter_map(Value::as_str).collect())
        })
        .collect();
    sets.is_some_and(|sets| {
        (0..sets.len()).all(|one| {
            let mut others = (0..sets.len()).filter(|other| *other != one);
            others.all(|other| !sets[one].is_subset(&sets[other]))
        })
    })
}

fn shared_name(schemas: &Schemas<'_>, index: usize, variant: Variant) -> String {
    let name = schemas.name(index);
    let suffixed = match variant {
        Variant::Plain => return name.to_owned(),
        Variant::Open => format!("{name}.open"),
        Variant::Exact => format!("{name}.exact"),
    };
    if schemas.names.contains(&suffixed) {
        format!("{suffixed}.{}", super::super::names::hash(name, 8))
    } else {
        suffixed
    }
}

fn add_required(value: &Value, read_only: &BTreeSet<String>, out: &mut Map<String, Value>) {
    let Value::Array(names) = value else { return };
    let mut kept: Vec<Value> = Vec::new();
    for name in names {
        if name.as_str().is_some_and(|name| !read_only.contains(name)) && !kept.contains(name) {
            kept.push(name.clone());
        }
    }
    if !kept.is_empty() {
        out.insert("required".to_owned(), Value::Array(kept));
    }
}

impl Precise<'_, '_> {
    fn add_pattern(
        &mut self,
        schema: &Value,
        value: &Value,
        reporter: &mut Reporter<'_>,
        out: &mut Map<String, Value>,
    ) {
        match value {
            Value::String(pattern) => {
                if self.check_pattern(schema, "pattern", pattern, reporter) {
                    out.insert("pattern".to_owned(), value.clone());
                }
            }
            _ => self.note_keyword(schema, "pattern", value, reporter),
        }
    }

    fn check_pattern(
        &mut self,
        schema: &Value,
        keyword: &str,
        pattern: &str,
        reporter: &mut Reporter<'_>,
    ) -> bool {
        let shown: String = pattern.chars().take(80).collect();
        let (message, help) = match reporter.patterns.verdict(pattern) {
            Verdict::Portable | Verdict::OursOnly => return true,
            Verdict::Invalid => (
                format!("the pattern `{shown}` is not a regular expression that can be checked"),
                "the API itself still checks it; to have it checked before, write it without what only some engines know",
            ),
            Verdict::Unbounded => (
                format!("to check the pattern `{shown}` could take too long"),
                "take loops out of look-arounds that are in loops; the API itself still checks it",
            ),
        };
        let diagnostic = Diagnostic::new(Code::InvalidPattern, message)
            .skipping("the check of this pattern")
            .with_help(help);
        self.note(schema, keyword, reporter, diagnostic);
        false
    }

    fn note_keyword(
        &mut self,
        schema: &Value,
        keyword: &str,
        value: &Value,
        reporter: &Reporter<'_>,
    ) {
        let shown: String = value.to_string().chars().take(60).collect();
        let message = format!("`{keyword}: {shown}` is not what JSON Schema allows there");
        let diagnostic = Diagnostic::new(Code::InvalidSchema, message)
            .skipping("this keyword")
            .with_help("correct it to have it checked");
        self.note(schema, keyword, reporter, diagnostic);
    }

    /// Whether a keyword that asks what was evaluated would make a validator beyond all bounds.
    fn unfolds_too_much(
        &mut self,
        schema: &Value,
        map: &Map<String, Value>,
        keyword: &str,
        reporter: &Reporter<'_>,
    ) -> bool {
        if map[keyword] == Value::Bool(true) {
            return false;
        }
        let size = unfolded::size(self.schemas, map);
        if size <= unfolded::MOST_UNFOLDED
            && let Some(left) = self.unfoldable.checked_sub(size)
        {
            self.unfoldable = left;
            return false;
        }
        let message = format!("`{keyword}` would have to look at too many schemas");
        let diagnostic = Diagnostic::new(Code::SchemaLeftOpen, message)
            .skipping("the check of this keyword")
            .with_help("refer to a schema once instead of from each of several branches; the API itself still checks it");
        self.note(schema, keyword, reporter, diagnostic);
        true
    }

    /// Whether a schema has a default that fits it.
    fn takes_default(
        &mut self,
        schema: &Value,
        map: &Map<String, Value>,
        reporter: &Reporter<'_>,
    ) -> bool {
        let Some(default) = map.get("default") else {
            return false;
        };
        let kind = JsonType::of(default);
        let fits_type = map
            .get("type")
            .and_then(types)
            .is_none_or(|types| types.iter().any(|allowed| allowed.includes(kind)));
        let fits_values = map
            .get("enum")
            .and_then(Value::as_array)
            .is_none_or(|values| values.contains(default));
        // `default: null` is a common way of saying that there is none.
        if (fits_type && fits_values) || default.is_null() {
            return !default.is_null();
        }
        let shown: String = default.to_string().chars().take(60).collect();
        let message = format!("the default `{shown}` does not fit its own schema");
        let diagnostic = Diagnostic::new(Code::InvalidDefault, message)
            .skipping("this default")
            .with_help("correct the default or the schema; without it clients see no default");
        self.note(schema, "default", reporter, diagnostic);
        false
    }
}
