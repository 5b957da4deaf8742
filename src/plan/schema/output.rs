//! What a result looks like, so loosely that every live response fits.
//!
//! A client refuses a whole call when the result does not fit the output schema, and real responses break their
//! specs: null where nothing is nullable, numbers as strings, values beyond the enum, fields that are missing. So the
//! summary names the top-level fields and tells their types in words; nothing is required and nothing refused.
//! `writeOnly` fields never come back and are not named.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::flat::{All, Flat, flatten, is_output};
use super::{JsonType, Schemas, is_portable_key, json_chars};
use crate::plan::text;
use crate::runtime::tool::ResultShape;

const DESCRIPTION: usize = 80;
/// A choice of more forms than these is summed up by the first ones.
const FORMS: usize = 32;

/// The shape and the summary of a JSON result in at most `limit` characters.
pub(crate) fn output(schema: &Value, schemas: &Schemas<'_>, limit: usize) -> (ResultShape, Value) {
    let all = vec![schema];
    let fields = Fields::of(schemas, &all, 0);
    if fields.is_object {
        (ResultShape::Object, object(&fields, schemas, limit))
    } else {
        let text = text::cut(&in_words(schemas, &all, true), limit.saturating_sub(80));
        let result = described(&text);
        let schema = json!({"type": "object", "properties": {"result": result}});
        let flat = flatten(schemas, &all);
        let may_be_text = match flat.effective_types() {
            Some(types) => types.contains(JsonType::String),
            None => flat.alternatives.is_empty(),
        };
        let shape = if may_be_text {
            ResultShape::WrappedText
        } else {
            ResultShape::Wrapped
        };
        (shape, schema)
    }
}

/// The fields of an object in all of its forms.
#[derive(Default)]
struct Fields<'a> {
    properties: IndexMap<&'a str, All<'a>>,
    is_object: bool,
}

impl<'a> Fields<'a> {
    fn of(schemas: &Schemas<'a>, all: &[&'a Value], depth: usize) -> Self {
        let flat = flatten(schemas, all);
        let mut fields = Self {
            is_object: flat.is_object(),
            properties: IndexMap::new(),
        };
        let forms: Vec<Self> = flat
            .alternatives
            .iter()
            .take(1)
            .flat_map(|group| group.iter())
            .take(if depth < 3 { FORMS } else { 0 })
            .map(|form| Self::of(schemas, &[form], depth + 1))
            .collect();
        // Without a type of its own a choice is an object when each of its forms is.
        if flat.effective_types().is_none() && !forms.is_empty() {
            fields.is_object = forms.iter().all(|form| form.is_object);
        }
        fields.add(schemas, flat);
        for form in forms {
            for (name, all) in form.properties {
                fields.properties.entry(name).or_insert(all);
            }
        }
        fields
    }

    fn add(&mut self, schemas: &Schemas<'a>, flat: Flat<'a>) {
        for (name, all) in flat.properties {
            if is_portable_key(name) && is_output(schemas, &all) {
                self.properties.insert(name, all);
            }
        }
    }
}

fn object(fields: &Fields<'_>, schemas: &Schemas<'_>, limit: usize) -> Value {
    let limit = limit.saturating_sub(json_chars(&json!({"type": "object", "properties": {}})));
    for detail in [Detail::Full, Detail::Words, Detail::Names] {
        let mut size = 0;
        let mut properties = Map::new();
        for (name, all) in &fields.properties {
            let schema = match detail {
                Detail::Full => {
                    let words = in_words(schemas, all, true);
                    let flat = flatten(schemas, all);
                    let text = text::plain(flat.description.unwrap_or_default());
                    let text = text::first_sentence(&text, DESCRIPTION);
                    described(&if text.is_empty() {
                        words
                    } else {
                        format!("{words}: {text}")
                    })
                }
                Detail::Words => described(&in_words(schemas, all, false)),
                Detail::Names => json!({}),
            };
            size += json_chars(&schema) + json_chars(&Value::from(*name)) + 2;
            if size > limit {
                break;
            }
            properties.insert((*name).to_owned(), schema);
        }
        // With names alone the first fields are better than none.
        let is_last = matches!(detail, Detail::Names);
        if properties.len() == fields.properties.len() || is_last {
            return if properties.is_empty() {
                json!({"type": "object"})
            } else {
                json!({"type": "object", "properties": properties})
            };
        }
    }
    json!({"type": "object"})
}

#[derive(Clone, Copy)]
enum Detail {
    /// Types, the fields of nested objects and descriptions.
    Full,
    /// Types.
    Words,
    /// Nothing but the name.
    Names,
}

fn described(text: &str) -> Value {
    if text.is_empty() {
        json!({})
    } else {
        json!({ "description": text })
    }
}

/// `array of objects with id, name`.
fn in_words(schemas: &Schemas<'_>, all: &[&Value], with_fields: bool) -> String {
    let flat = flatten(schemas, all);
    let types = flat.effective_types().unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for kind in types {
        words.push(match kind {
            JsonType::Array => {
                let item = in_words_once(schemas, &flat.items, with_fields);
                if item.is_empty() {
                    "array".to_owned()
                } else {
                    format!("array of {item}")
                }
            }
            JsonType::Object if with_fields => format!("object{}", with_names(schemas, all)),
            kind => kind.as_str().to_owned(),
        });
    }
    words.join(" or ")
}

/// An item in words; arrays in arrays are not followed further.
fn in_words_once(schemas: &Schemas<'_>, all: &[&Value], with_fields: bool) -> String {
    let flat = flatten(schemas, all);
    let types = flat.effective_types().unwrap_or_default();
    let words: Vec<String> = types
        .iter()
        .map(|kind| match kind {
            JsonType::Object if with_fields => format!("objects{}", with_names(schemas, all)),
            JsonType::Boolean => "booleans".to_owned(),
            kind => format!("{}s", kind.as_str()),
        })
        .filter(|word| word != "nulls")
        .collect();
    words.join(" or ")
}

fn with_names(schemas: &Schemas<'_>, all: &[&Value]) -> String {
    const ROOM: usize = 120;
    let fields = Fields::of(schemas, all, 1);
    let mut list = String::new();
    for name in fields.properties.keys() {
        let name = text::line(name);
        if list.len() + name.len() + 2 > ROOM {
            list.push_str(", …");
            break;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(&name);
    }
    if list.is_empty() {
        list
    } else {
        format!(" with {list}")
    }
}
