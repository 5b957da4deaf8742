//! The part of a schema that a value meets.
//!
//! To compile a whole schema for one value costs more than all else that is done for a tool, and in a description where
//! everything hangs together each tool would carry all of it.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// A schema of which more is met takes too long: schemas, and entries of lists such as `enum`.
const MOST: usize = 100_000;
/// A validator follows each reference on each way to it. It takes too long with more schemas than this.
const MOST_UNFOLDED: usize = 1_000_000;

/// The schema without what is said of members and items that the value does not have, and without annotations; in its
/// `$defs` is what the value meets of `definitions`. For this value it says the same as the whole.
///
/// Nothing when that is too much, or when a reference leads elsewhere than to a definition.
pub(super) fn part(
    schema: &Value,
    value: &Value,
    definitions: &IndexMap<String, Value>,
) -> Option<Value> {
    let mut names = BTreeSet::new();
    add_names(value, &mut names);
    let names = names.into_iter().map(|name| (name, Value::from(name)));
    let names = names.collect();
    let mut walk = Walk {
        definitions,
        names: &names,
        left: MOST,
        known: BTreeMap::new(),
        pending: Vec::new(),
    };
    let mut met = walk.part(schema, &[value])?;
    let mut parts = Map::new();
    while let Some(Pending {
        number,
        definition,
        values,
    }) = walk.pending.pop()
    {
        parts.insert(number.to_string(), walk.part(definition, &values)?);
    }
    if let (Some(fields), false) = (met.as_object_mut(), parts.is_empty()) {
        fields.insert("$defs".to_owned(), parts.into());
    }
    let unfolded = unfolded(&met, &met, &mut Vec::new(), &mut BTreeMap::new());
    (unfolded <= MOST_UNFOLDED).then_some(met)
}

struct Walk<'a, 'v> {
    definitions: &'a IndexMap<String, Value>,
    /// The names of all members, as values that `propertyNames` speaks about.
    names: &'v BTreeMap<&'v str, Value>,
    left: usize,
    /// Numbers of definitions with the values that meet them: what is referred to in many places is there once.
    known: BTreeMap<(&'a str, Vec<*const Value>), usize>,
    pending: Vec<Pending<'a, 'v>>,
}

/// A definition whose part is still to be made.
struct Pending<'a, 'v> {
    number: usize,
    definition: &'a Value,
    values: Vec<&'v Value>,
}

impl<'a, 'v> Walk<'a, 'v> {
    /// What of the schema the values meet.
    fn part(&mut self, schema: &'a Value, values: &[&'v Value]) -> Option<Value> {
        let Some(fields) = schema.as_object().filter(|_| !values.is_empty()) else {
            return Some(match schema {
                Value::Bool(_) => schema.clone(),
                _ => Value::Bool(true),
            });
        };
        let mut met = Map::new();
        for (keyword, said) in fields {
            let entries = said.as_array().map_or(0, Vec::len);
            self.left = self.left.checked_sub(1 + entries)?;
            let said = match (keyword.as_str(), said) {
                ("$defs" | "title" | "description" | "examples" | "default", _) => continue,
                ("$ref", Value::String(reference)) => self.reference(reference, values)?,
                ("properties", Value::Object(parts)) => {
                    self.parts(parts, |name| members(values, Some(name)))?
                }
                ("patternProperties", Value::Object(parts)) => {
                    self.parts(parts, |_| members(values, None))?
                }
                ("additionalProperties" | "unevaluatedProperties", part) => {
                    self.part(part, &members(values, None))?
                }
                ("propertyNames", part) => self.part(part, &self.names_of(values))?,
                ("items" | "contains" | "unevaluatedItems", part) => {
                    self.part(part, &items(values))?
                }
                ("prefixItems", Value::Array(parts)) => self.list(parts, &items(values))?,
                ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                    self.list(branches, values)?
                }
                ("dependentSchemas", Value::Object(branches)) => {
                    self.parts(branches, |_| values.to_vec())?
                }
                ("not" | "if" | "then" | "else", branch) => self.part(branch, values)?,
                _ => said.clone(),
            };
            met.insert(keyword.clone(), said);
        }
        Some(met.into())
    }

    /// A reference to what the values meet of a definition.
    fn reference(&mut self, reference: &'a str, values: &[&'v Value]) -> Option<Value> {
        let name = reference.strip_prefix("#/$defs/")?;
        let definition = (self.definitions).get(&name.replace("~1", "/").replace("~0", "~"))?;
        let key = values.iter().map(|value| std::ptr::from_ref(*value));
        let next = self.known.len();
        let number = *(self.known)
            .entry((reference, key.collect()))
            .or_insert(next);
        if number == next {
            self.pending.push(Pending {
                number,
                definition,
                values: values.to_vec(),
            });
        }
        Some(format!("#/$defs/{number}").into())
    }

    /// The same for each schema of a list.
    fn list(&mut self, schemas: &'a [Value], values: &[&'v Value]) -> Option<Value> {
        let parts = schemas.iter().map(|schema| self.part(schema, values));
        Some(parts.collect::<Option<Vec<_>>>()?.into())
    }

    /// The same for each schema of a map, and the values that meet it.
    fn parts(
        &mut self,
        schemas: &'a Map<String, Value>,
        values: impl Fn(&str) -> Vec<&'v Value>,
    ) -> Option<Value> {
        let mut met = Map::new();
        for (name, schema) in schemas {
            let values = values(name);
            if !values.is_empty() {
                met.insert(name.clone(), self.part(schema, &values)?);
            }
        }
        Some(met.into())
    }

    /// The names of the members of the values that are objects.
    fn names_of(&self, values: &[&'v Value]) -> Vec<&'v Value> {
        let objects = values.iter().filter_map(|value| value.as_object());
        let names = objects.flat_map(Map::keys);
        names
            .filter_map(|name| self.names.get(name.as_str()))
            .collect()
    }
}

/// How many schemas there are when every reference is followed once on each way to it.
fn unfolded<'a>(
    document: &'a Value,
    schema: &'a Value,
    followed: &mut Vec<&'a str>,
    known: &mut BTreeMap<&'a str, usize>,
) -> usize {
    match schema {
        Value::Array(items) => (items.iter()).fold(0, |sum: usize, item| {
            sum.saturating_add(unfolded(document, item, followed, known))
        }),
        Value::Object(fields) => {
            let mut sum: usize = 1;
            if let Some(name) = fields.get("$ref").and_then(Value::as_str)
                && !followed.contains(&name)
                && let Some(target) = document.pointer(name.trim_start_matches('#'))
            {
                let inner = known.get(name).copied().unwrap_or_else(|| {
                    followed.push(name);
                    let inner = unfolded(document, target, followed, known);
                    followed.pop();
                    known.insert(name, inner);
                    inner
                });
                sum = sum.saturating_add(inner);
            }
            for (_, value) in fields.iter().filter(|(keyword, _)| *keyword != "$defs") {
                sum = sum.saturating_add(unfolded(document, value, followed, known));
            }
            sum
        }
        _ => 0,
    }
}

/// The names of all members in a value.
fn add_names<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                names.insert(name);
                add_names(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_names(item, names)),
        _ => {}
    }
}

/// The members of this name, or all, of the values that are objects.
fn members<'v>(values: &[&'v Value], name: Option<&str>) -> Vec<&'v Value> {
    let objects = values.iter().filter_map(|value| value.as_object());
    match name {
        Some(name) => objects.filter_map(|object| object.get(name)).collect(),
        None => objects.flat_map(Map::values).collect(),
    }
}

/// The items of the values that are arrays.
fn items<'v>(values: &[&'v Value]) -> Vec<&'v Value> {
    let arrays = values.iter().filter_map(|value| value.as_array());
    arrays.flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definitions() -> IndexMap<String, Value> {
        let definitions = json!({
            "Name": {"type": "string", "minLength": 2},
            "Pair": {"prefixItems": [{"$ref": "#/$defs/Name"}], "items": {"type": "integer"}, "minItems": 1},
            "Tree": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"$ref": "#/$defs/Name"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                },
                "additionalProperties": false,
            },
            "Circle": {"anyOf": [{"$ref": "#/$defs/Circle"}, {"type": "string"}]},
            "Names": {
                "type": ["object", "string"],
                "maxLength": 3,
                "properties": {"abcdef": {"type": "string"}},
                "propertyNames": {"$ref": "#/$defs/Names"},
            },
            "a/b": {"const": 1},
        });
        serde_json::from_value(definitions).expect("an object")
    }

    fn is_valid(schema: &Value, value: &Value) -> bool {
        let validator = jsonschema::draft202012::new(schema).expect("a schema");
        validator.is_valid(value)
    }

    #[test]
    fn for_its_value_a_part_says_what_the_whole_says() {
        let schemas = [
            json!({"$ref": "#/$defs/Tree"}),
            json!({"$ref": "#/$defs/Pair"}),
            json!({"$ref": "#/$defs/a~1b"}),
            json!({"$ref": "#/$defs/Names"}),
            json!({"$ref": "#/$defs/Name", "maxLength": 3}),
            json!({"properties": {"name": {"$ref": "#/$defs/Name"}}, "unevaluatedProperties": false}),
            json!({"allOf": [{"properties": {"name": true}}], "unevaluatedProperties": {"type": "array"}}),
            json!({"patternProperties": {"^n": {"type": "string"}}, "additionalProperties": {"type": "array"}}),
            json!({"propertyNames": {"$ref": "#/$defs/Name"}}),
            json!({"contains": {"type": "integer"}, "minContains": 2}),
            json!({"prefixItems": [true], "unevaluatedItems": false}),
            json!({"if": {"required": ["children"]}, "then": {"minProperties": 2}, "else": false}),
            json!({"dependentSchemas": {"name": {"required": ["children"]}}}),
            json!({"dependentRequired": {"name": ["children"]}}),
            json!({"not": {"$ref": "#/$defs/Tree"}}),
            json!({"oneOf": [{"$ref": "#/$defs/Tree"}, {"type": "object"}, {"items": false}]}),
            json!({"enum": ["ab", {"name": "ab"}]}),
            json!(true),
            json!(false),
        ];
        let values = [
            json!(1),
            json!("a"),
            json!("ab"),
            json!("abcd"),
            json!([]),
            json!([1]),
            json!(["ab", 1]),
            json!(["ab", 1, 2]),
            json!({}),
            json!({"name": "ab"}),
            json!({"name": "a"}),
            json!({"n": 1}),
            json!({"abcdef": "ab"}),
            json!({"name": "ab", "other": []}),
            json!({"name": "ab", "children": [{"name": "cd"}]}),
            json!({"name": "ab", "children": [{"name": "cd", "children": [{"name": "e"}]}]}),
        ];
        for schema in &schemas {
            let mut whole = schema.clone();
            if let Some(fields) = whole.as_object_mut() {
                fields.insert("$defs".to_owned(), json!(definitions()));
            }
            for value in &values {
                let part = part(schema, value, &definitions()).expect("little");
                assert_eq!(
                    is_valid(&part, value),
                    is_valid(&whole, value),
                    "{schema} of {value} became {part}"
                );
            }
        }
    }

    #[test]
    fn what_a_value_does_not_have_is_left_away() {
        let tree = json!({"$ref": "#/$defs/Tree"});
        let part = part(&tree, &json!({"name": "ab"}), &definitions()).expect("little");
        assert!(!part.to_string().contains("children"), "{part}");
    }

    #[test]
    fn a_circle_and_a_reference_to_nothing_end() {
        let circle = json!({"$ref": "#/$defs/Circle"});
        let circle = part(&circle, &json!("a"), &definitions()).expect("little");
        assert_eq!(circle["$defs"].as_object().map(Map::len), Some(1));
        let nothing = json!({"$ref": "#/$defs/Nothing"});
        assert_eq!(part(&nothing, &json!("a"), &definitions()), None);
    }

    /// A chain of definitions, each of which refers to the next one twice; the last is long.
    fn fan_out(levels: usize) -> IndexMap<String, Value> {
        let mut definitions = IndexMap::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/{}", level + 1)});
            definitions.insert(level.to_string(), json!({"allOf": [next, next]}));
        }
        let values: Vec<usize> = (0..1_000).collect();
        definitions.insert(levels.to_string(), json!({ "enum": values }));
        definitions
    }

    #[test]
    fn what_is_referred_to_in_many_places_is_there_once() {
        let first = json!({"$ref": "#/$defs/0"});
        let part = part(&first, &json!(7), &fan_out(10)).expect("little");
        assert_eq!(part["$defs"].as_object().map(Map::len), Some(11));
        assert!(is_valid(&part, &json!(7)) && !is_valid(&part, &json!(-1)));
    }

    #[test]
    fn what_would_be_too_much_is_nothing() {
        let values: Vec<usize> = (0..MOST).collect();
        assert_eq!(
            part(&json!({ "enum": values }), &json!(1), &IndexMap::new()),
            None
        );
    }
}
