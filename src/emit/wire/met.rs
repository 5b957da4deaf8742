//! The part of a schema that a value meets.
//!
//! To compile a whole schema for one value costs more than all else that is done for a tool, and in a description where
//! everything hangs together each tool would carry all of it.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// A schema of which more is met takes too long.
const MOST: usize = 100_000;
/// How many schemas may lie within each other.
const DEPTH: usize = 128;

/// The schema with each reference to `definitions` replaced by what it refers to, without what is said of members and
/// items that the value does not have, and without annotations. For this value it says the same as the whole.
///
/// Nothing when that is too much.
pub(super) fn part(
    schema: &Value,
    value: &Value,
    definitions: &IndexMap<String, Value>,
) -> Option<Value> {
    let mut walk = Walk {
        definitions,
        left: MOST,
        depth: 0,
    };
    walk.part(schema, &[value], &mut Vec::new())
}

struct Walk<'a> {
    definitions: &'a IndexMap<String, Value>,
    left: usize,
    depth: usize,
}

impl<'a> Walk<'a> {
    /// What of the schema the values meet. `followed` are the references that led here without a step into a value.
    fn part(
        &mut self,
        schema: &'a Value,
        values: &[&Value],
        followed: &mut Vec<&'a str>,
    ) -> Option<Value> {
        let Some(fields) = schema.as_object().filter(|_| !values.is_empty()) else {
            return Some(match schema {
                Value::Bool(_) => schema.clone(),
                _ => Value::Bool(true),
            });
        };
        self.left = self.left.checked_sub(1)?;
        self.depth += 1;
        let part = (self.depth <= DEPTH).then(|| self.fields(fields, values, followed));
        self.depth -= 1;
        part?.map(Value::from)
    }

    fn fields(
        &mut self,
        fields: &'a Map<String, Value>,
        values: &[&Value],
        followed: &mut Vec<&'a str>,
    ) -> Option<Map<String, Value>> {
        let mut met = Map::new();
        let mut target = None;
        for (keyword, said) in fields {
            let said = match (keyword.as_str(), said) {
                ("$defs" | "title" | "description" | "examples" | "default", _) => continue,
                ("$ref", Value::String(reference)) => {
                    target = self.target(reference, values, followed)?;
                    continue;
                }
                ("properties", Value::Object(parts)) => {
                    self.parts(parts, |name| members(values, Some(name)))?
                }
                ("patternProperties", Value::Object(parts)) => {
                    self.parts(parts, |_| members(values, None))?
                }
                ("additionalProperties" | "unevaluatedProperties", part) => {
                    self.part(part, &members(values, None), &mut Vec::new())?
                }
                ("items" | "contains" | "unevaluatedItems", part) => {
                    self.part(part, &items(values), &mut Vec::new())?
                }
                ("prefixItems", Value::Array(parts)) => {
                    let items = items(values);
                    let parts = parts.iter();
                    let parts = parts.map(|part| self.part(part, &items, &mut Vec::new()));
                    parts.collect::<Option<Vec<_>>>()?.into()
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                    let branches = branches.iter();
                    let branches = branches.map(|branch| self.part(branch, values, followed));
                    branches.collect::<Option<Vec<_>>>()?.into()
                }
                ("dependentSchemas", Value::Object(branches)) => {
                    let mut met = Map::new();
                    for (name, branch) in branches {
                        met.insert(name.clone(), self.part(branch, values, followed)?);
                    }
                    met.into()
                }
                ("not" | "if" | "then" | "else" | "propertyNames", branch) => {
                    self.part(branch, values, followed)?
                }
                _ => said.clone(),
            };
            met.insert(keyword.clone(), said);
        }
        if let Some(target) = target {
            match met
                .entry("allOf")
                .or_insert_with(|| Value::Array(Vec::new()))
            {
                Value::Array(branches) => branches.push(target),
                _ => return None,
            }
        }
        Some(met)
    }

    /// What of the definition that a reference names the values meet. A reference that leads back to itself says nothing
    /// more.
    #[expect(clippy::option_option, reason = "too much, or nothing to say")]
    fn target(
        &mut self,
        reference: &'a str,
        values: &[&Value],
        followed: &mut Vec<&'a str>,
    ) -> Option<Option<Value>> {
        if followed.contains(&reference) {
            return Some(None);
        }
        let name = reference.strip_prefix("#/$defs/")?;
        let name = name.replace("~1", "/").replace("~0", "~");
        let definition = self.definitions.get(&name)?;
        followed.push(reference);
        let part = self.part(definition, values, followed);
        followed.pop();
        part.map(Some)
    }

    /// The same for each schema of a map, and the values that meet it.
    fn parts<'v>(
        &mut self,
        schemas: &'a Map<String, Value>,
        values: impl Fn(&str) -> Vec<&'v Value>,
    ) -> Option<Value> {
        let mut met = Map::new();
        for (name, schema) in schemas {
            let values = values(name);
            if !values.is_empty() {
                met.insert(name.clone(), self.part(schema, &values, &mut Vec::new())?);
            }
        }
        Some(met.into())
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
        let part_of_circle = part(&circle, &json!("a"), &definitions()).expect("little");
        assert!(is_valid(&part_of_circle, &json!("a")));
        let nothing = json!({"$ref": "#/$defs/Nothing"});
        assert_eq!(part(&nothing, &json!("a"), &definitions()), None);
    }

    #[test]
    fn what_would_be_too_much_is_nothing() {
        let mut definitions = IndexMap::new();
        for level in 0..40 {
            let next = json!({"$ref": format!("#/$defs/{}", level + 1)});
            definitions.insert(level.to_string(), json!({"allOf": [next, next]}));
        }
        definitions.insert("40".to_owned(), json!({"type": "string"}));
        assert_eq!(
            part(&json!({"$ref": "#/$defs/0"}), &json!("a"), &definitions),
            None
        );
    }
}
