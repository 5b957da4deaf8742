//! One schema as a table: references followed, `allOf` merged, every keyword in one place.
//!
//! Reading is lazy: only the root of a schema is merged, its properties and items are lists of schemas that hold
//! together ([`All`]) and can be flattened in turn. Nothing is copied, so that a spec whose inlined schemas would
//! fill a disk costs no more than what is looked at.

use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Number, Value};

use super::{JsonType, Schemas, Types, reference};

/// Schemas that hold together, as if under one `allOf`; the outermost first.
pub(crate) type All<'a> = Vec<&'a Value>;

/// What is allowed beyond the named properties.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Additional<'a> {
    /// The schema does not say.
    #[default]
    Unsaid,
    /// `false`.
    Forbidden,
    /// `true` or `{}`.
    Anything,
    /// Values of this schema.
    Of(All<'a>),
}

/// The merged root of a schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flat<'a> {
    /// The types that are left, where any schema names types.
    pub types: Option<Types>,
    /// The values of `enum` and `const` that are left.
    pub values: Option<Vec<&'a Value>>,
    pub description: Option<&'a str>,
    pub default: Option<&'a Value>,
    pub example: Option<&'a Value>,
    pub deprecated: bool,
    pub properties: IndexMap<&'a str, All<'a>, RandomState>,
    pub required: IndexSet<&'a str, RandomState>,
    pub additional: Additional<'a>,
    pub items: All<'a>,
    pub prefix_items: &'a [Value],
    /// One entry for each `oneOf` and `anyOf`.
    pub alternatives: Vec<&'a [Value]>,
    /// `not`, `if`, `dependent…`, `patternProperties`, `propertyNames`, `unevaluated…`: what no table can hold.
    pub is_conditional: bool,
    /// `discriminator`: which field tells the forms apart.
    pub discriminator: Option<&'a Value>,
    /// `format`, `pattern`, `minimum` and the like; where two differ, the tighter one.
    pub limits: Limits<'a>,
    /// No value is allowed at all.
    pub is_impossible: bool,
    /// The shared schemas that were followed, by index.
    pub followed: Vec<usize>,
}

/// Keywords with their values, in order. They are few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits<'a>(Vec<(&'a str, &'a Value)>);

impl<'a> Limits<'a> {
    pub(crate) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.iter()
            .find_map(|(own, value)| (own == keyword).then_some(value))
    }

    fn get_mut(&mut self, keyword: &str) -> Option<&mut &'a Value> {
        let mut entries = self.0.iter_mut();
        entries.find_map(|(own, value)| (*own == keyword).then_some(value))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().copied()
    }
}

/// How far references and `allOf`s are followed.
const DEEPEST: usize = 32;

/// Flattens schemas that hold together.
pub(crate) fn flatten<'a>(schemas: &Schemas<'a>, all: &[&'a Value]) -> Flat<'a> {
    let mut flat = Flat::default();
    for schema in all {
        flat.add(schemas, schema, 0);
    }
    if let Some(types) = &mut flat.types
        && types.contains(JsonType::Number)
    {
        types.remove(JsonType::Integer);
    }
    flat
}

/// Whether a schema, or one that holds together with it, is `readOnly`.
pub(crate) fn is_read_only(schemas: &Schemas<'_>, schema: &Value) -> bool {
    has_part(schemas, &[schema], "readOnly", false)
}

/// Whether a client may send a property of these schemas: neither `readOnly` nor impossible.
pub(crate) fn is_input(schemas: &Schemas<'_>, all: &[&Value]) -> bool {
    !has_part(schemas, all, "readOnly", true)
}

/// Whether a result may have a property of these schemas: neither `writeOnly` nor impossible.
pub(crate) fn is_output(schemas: &Schemas<'_>, all: &[&Value]) -> bool {
    !has_part(schemas, all, "writeOnly", true)
}

/// Whether one of the schemas that [`flatten`] would merge has this flag, or is `false` where that counts. Without a
/// look at their properties: it is asked for each property, and what a property refers to may have hundreds itself.
fn has_part(schemas: &Schemas<'_>, all: &[&Value], flag: &str, counts_false: bool) -> bool {
    let mut followed = Vec::new();
    all.iter()
        .any(|schema| part_of(schemas, schema, 0, &mut followed, flag, counts_false))
}

fn part_of(
    schemas: &Schemas<'_>,
    schema: &Value,
    depth: usize,
    followed: &mut Vec<usize>,
    flag: &str,
    counts_false: bool,
) -> bool {
    let map = match schema {
        Value::Object(map) => map,
        other => return counts_false && *other == Value::Bool(false),
    };
    let mut target = None;
    let mut branches = None;
    // One pass over what is there, which is little.
    for (keyword, value) in map {
        match (keyword.as_str(), value) {
            (keyword, Value::Bool(true)) if keyword == flag => return true,
            ("$ref", Value::String(text)) => target = schemas.resolve(text),
            ("allOf", Value::Array(list)) => branches = Some(list),
            _ => {}
        }
    }
    if depth > DEEPEST {
        return false;
    }
    if let Some((index, target)) = target
        && !followed.contains(&index)
    {
        followed.push(index);
        if part_of(schemas, target, depth + 1, followed, flag, counts_false) {
            return true;
        }
    }
    (branches.into_iter().flatten())
        .any(|branch| part_of(schemas, branch, depth + 1, followed, flag, counts_false))
}

impl<'a> Flat<'a> {
    /// The types of the values, from `type`, from the values themselves or from the keywords.
    pub(crate) fn effective_types(&self) -> Option<Types> {
        if let Some(values) = &self.values {
            return Some(values.iter().map(|value| JsonType::of(value)).collect());
        }
        if self.types.is_some() {
            return self.types;
        }
        let guess = if !self.properties.is_empty() || self.additional != Additional::Unsaid {
            JsonType::Object
        } else if !self.items.is_empty() || !self.prefix_items.is_empty() {
            JsonType::Array
        } else {
            self.limits.iter().find_map(|(keyword, _)| owner(keyword))?
        };
        Some(Types::only(guess))
    }

    /// Whether nothing but an object fits.
    pub(crate) fn is_object(&self) -> bool {
        self.effective_types() == Some(Types::only(JsonType::Object))
    }

    /// Whether nothing but null fits.
    pub(crate) fn is_null(&self) -> bool {
        self.effective_types() == Some(Types::only(JsonType::Null))
    }

    fn add(&mut self, schemas: &Schemas<'a>, schema: &'a Value, depth: usize) {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(false) => {
                self.is_impossible = true;
                return;
            }
            _ => return,
        };
        // One pass over what is there: most schemas have three keywords of the forty.
        for (keyword, value) in map {
            self.add_keyword(schemas, keyword, value);
        }
        if let (Some(values), Some(types)) = (&mut self.values, &self.types) {
            values.retain(|value| types.iter().any(|kind| kind.includes(JsonType::of(value))));
        }
        if depth > DEEPEST {
            return;
        }
        if let Some((index, target)) = reference(map).and_then(|text| schemas.resolve(text))
            && !self.followed.contains(&index)
        {
            self.followed.push(index);
            self.add(schemas, target, depth + 1);
        }
        if let Some(Value::Array(branches)) = map.get("allOf") {
            for branch in branches {
                self.add(schemas, branch, depth + 1);
            }
        }
    }

    fn add_keyword(&mut self, schemas: &Schemas<'a>, keyword: &'a str, value: &'a Value) {
        let flag = *value == Value::Bool(true);
        match (keyword, value) {
            ("deprecated", _) => self.deprecated |= flag,
            ("description", Value::String(text)) if !text.trim().is_empty() => {
                self.description = self.description.or(Some(text));
            }
            ("default", _) => self.default = self.default.or(Some(value)),
            ("examples", Value::Array(examples)) => {
                self.example = self.example.or(examples.first());
            }
            ("example", _) => self.example = self.example.or(Some(value)),
            ("discriminator", Value::Object(_)) => {
                self.discriminator = self.discriminator.or(Some(value));
            }
            ("type", _) => self.add_types(value),
            ("const", _) => self.add_values(std::slice::from_ref(value)),
            ("enum", Value::Array(values)) if !values.is_empty() => self.add_values(values),
            ("oneOf" | "anyOf", Value::Array(branches)) => self.add_alternatives(schemas, branches),
            ("properties", Value::Object(properties)) => {
                for (name, schema) in properties {
                    self.properties.entry(name).or_default().push(schema);
                }
            }
            ("required", Value::Array(names)) => {
                self.required.extend(names.iter().filter_map(Value::as_str));
            }
            ("additionalProperties", _) | ("unevaluatedProperties", Value::Bool(false)) => {
                self.add_additional(value);
            }
            ("items" | "prefixItems", Value::Array(prefix)) => {
                self.prefix_items = prefix;
            }
            ("items", _) => self.items.push(value),
            (
                "not"
                | "if"
                | "dependentSchemas"
                | "dependentRequired"
                | "patternProperties"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties",
                _,
            ) => self.is_conditional = true,
            _ if is_limit(keyword, value) => self.add_limit(keyword, value),
            _ => {}
        }
    }

    fn add_types(&mut self, value: &Value) {
        if let Some(types) = types(value) {
            self.types = Some(match self.types {
                Some(before) => intersection(before, types),
                None => types,
            });
        }
    }

    fn add_values(&mut self, values: &'a [Value]) {
        let mut kept: Vec<&Value> = Vec::with_capacity(values.len());
        let mut seen = BTreeSet::new();
        for value in values {
            let is_allowed = self
                .values
                .as_ref()
                .is_none_or(|before| before.contains(&value));
            if is_allowed && seen.insert(value.to_string()) {
                kept.push(value);
            }
        }
        self.values = Some(kept);
    }

    fn add_alternatives(&mut self, schemas: &Schemas<'a>, branches: &'a [Value]) {
        // A base schema that lists its own heirs: seen from an heir the list says nothing.
        let leads_back = branches
            .iter()
            .filter_map(|branch| schemas.resolve(reference(branch.as_object()?)?))
            .any(|(index, _)| self.followed.contains(&index));
        if !branches.is_empty() && !leads_back {
            self.alternatives.push(branches);
        }
    }

    fn add_limit(&mut self, keyword: &'a str, value: &'a Value) {
        let Some(before) = self.limits.get_mut(keyword) else {
            self.limits.0.push((keyword, value));
            return;
        };
        let tighter = match (number(before), number(value)) {
            (Some(before), Some(value)) if keyword.to_ascii_lowercase().contains("max") => {
                value < before
            }
            (Some(before), Some(value)) if keyword != "multipleOf" => value > before,
            _ => false,
        };
        if tighter {
            *before = value;
        }
    }

    fn add_additional(&mut self, value: &'a Value) {
        match value {
            // Of several schemas under one `allOf` each forbids what only the others name, which nobody means.
            Value::Bool(false) => {
                if self.additional == Additional::Unsaid {
                    self.additional = Additional::Forbidden;
                }
            }
            Value::Object(schema) if !schema.is_empty() => match &mut self.additional {
                Additional::Of(all) => all.push(value),
                _ => self.additional = Additional::Of(vec![value]),
            },
            _ => {
                if matches!(self.additional, Additional::Unsaid | Additional::Forbidden) {
                    self.additional = Additional::Anything;
                }
            }
        }
    }
}

/// `type` as a set; nothing when it names no type of JSON.
pub(super) fn types(value: &Value) -> Option<Types> {
    let set: Types = match value {
        Value::String(name) => JsonType::parse(name).into_iter().collect(),
        Value::Array(names) => names
            .iter()
            .filter_map(|name| JsonType::parse(name.as_str()?))
            .collect(),
        _ => return None,
    };
    (!set.is_empty()).then_some(set)
}

fn intersection(left: Types, right: Types) -> Types {
    let in_both = |a: Types, b: Types| -> Types {
        a.iter()
            .filter(|kind| b.iter().any(|other| other.includes(*kind)))
            .collect()
    };
    in_both(left, right) | in_both(right, left)
}

/// Which type a keyword speaks about (2020-12, validation §6.2 to §6.5).
pub(super) fn owner(keyword: &str) -> Option<JsonType> {
    match keyword {
        "pattern" | "minLength" | "maxLength" | "contentEncoding" | "contentMediaType" => {
            Some(JsonType::String)
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            Some(JsonType::Number)
        }
        "minItems" | "maxItems" | "uniqueItems" => Some(JsonType::Array),
        "minProperties" | "maxProperties" => Some(JsonType::Object),
        _ => None,
    }
}

/// Whether this is a keyword of [`Flat::limits`] with a value of the right shape.
fn is_limit(keyword: &str, value: &Value) -> bool {
    match keyword {
        "format" => value.is_string(),
        _ => owner(keyword).is_some() && is_well_formed(keyword, value),
    }
}

/// Whether a keyword that holds no schema has a value that JSON Schema allows.
pub(super) fn is_well_formed(keyword: &str, value: &Value) -> bool {
    match keyword {
        "type" => match value {
            Value::String(name) => JsonType::parse(name).is_some(),
            Value::Array(names) => {
                let known = names
                    .iter()
                    .filter_map(|name| JsonType::parse(name.as_str()?));
                let distinct: Types = known.collect();
                !names.is_empty() && distinct.len() == names.len()
            }
            _ => false,
        },
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => {
            matches!(value, Value::Number(number) if is_count(number))
        }
        "uniqueItems" => value.is_boolean(),
        "pattern" | "format" | "contentEncoding" | "contentMediaType" => value.is_string(),
        "required" => value.as_array().is_some_and(|names| {
            let distinct: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
            distinct.len() == names.len()
        }),
        _ => true,
    }
}

fn is_count(number: &Number) -> bool {
    super::is_integer(number) && number.as_f64().is_some_and(|count| count >= 0.0)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}
