//! The part of JSONPath (RFC 9535) that policies need: `$.a.b`, `$['a']`, `$.items[0].a` and `$.items[*].a`.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A path into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Index(usize),
    /// Every item or member.
    All,
}

impl Path {
    /// # Errors
    /// One sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a path like `$.customer.id`, `$['customer']` or `$.items[*].owner`"
            )
        };
        let mut rest = text.trim().strip_prefix('$').ok_or_else(wrong)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or_else(wrong)?;
            steps.push(step);
            rest = after;
        }
        Ok(Self(steps))
    }

    /// The steps from the root.
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Everything that the path leads to in a JSON text; `None` where it leads past what is there, for one of the items
    /// too, where a member on the way is there twice, of which others read the other one (RFC 8259 §4), and where that is
    /// no JSON. A list or an object at its end counts as null: it is nobody's name.
    pub(super) fn values(&self, json: &[u8]) -> Option<Vec<Value>> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        // What is looked at as a whole is not looked at again string by string.
        let json = std::str::from_utf8(json).ok()?;
        let mut found = Vec::new();
        let mut reader = serde_json::Deserializer::from_str(json);
        let way = Way {
            steps: &self.0,
            found: &mut found,
        };
        let leads = way.deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        leads.then_some(found)
    }
}

/// The rest of a path, and where what it leads to is kept. Its value says whether it leads anywhere.
struct Way<'p> {
    steps: &'p [Step],
    found: &'p mut Vec<Value>,
}

impl Way<'_> {
    fn rest(&mut self) -> Way<'_> {
        Way {
            steps: &self.steps[1..],
            found: self.found,
        }
    }

    /// A value that has no members; whether the path ends at it.
    fn ends_at(self, value: Value) -> bool {
        let is_end = self.steps.is_empty();
        if is_end {
            self.found.push(value);
        }
        is_end
    }
}

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Way<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        let name = match self.steps.first() {
            Some(Step::Name(name)) => name,
            Some(Step::All) => {
                let mut names = BTreeSet::new();
                let mut all_lead = true;
                while let Some(name) = map.next_key::<String>()? {
                    all_lead &= map.next_value_seed(self.rest())?;
                    all_lead &= names.insert(name);
                }
                return Ok(all_lead);
            }
            Some(Step::Index(_)) | None => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(self.ends_at(Value::Null));
            }
        };
        let mut leads = None;
        while let Some(is_here) = map.next_key_seed(Named(name))? {
            if is_here {
                let leads_on = map.next_value_seed(self.rest())?;
                leads = Some(leads_on && leads.is_none());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(leads.unwrap_or(false))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<bool, A::Error> {
        let Some(step) = self.steps.first() else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.ends_at(Value::Null));
        };
        let mut leads = *step == Step::All;
        for at in 0.. {
            let item = match step {
                Step::All => {
                    let item = items.next_element_seed(self.rest())?;
                    leads &= item.unwrap_or(true);
                    item.map(|_| ())
                }
                Step::Index(index) if *index == at => {
                    let item = items.next_element_seed(self.rest())?;
                    leads = item.unwrap_or(false);
                    item.map(|_| ())
                }
                Step::Index(_) | Step::Name(_) => {
                    items.next_element::<IgnoredAny>()?.map(|IgnoredAny| ())
                }
            };
            if item.is_none() {
                break;
            }
        }
        Ok(leads)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(self.ends_at(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        Ok(self.ends_at(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        Ok(self.ends_at(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        Ok(self.ends_at(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        Ok(self.ends_at(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(self.ends_at(Value::Null))
    }
}

/// Whether a member has this name.
struct Named<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Named<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        if let Some(rest) = rest.strip_prefix('*') {
            return Some((Step::All, rest));
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
        let legal = !name.is_empty() && name.chars().all(is_name);
        return legal.then(|| (Step::Name(name.to_owned()), rest));
    }
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let quoted = |quote: char| inside.strip_prefix(quote)?.strip_suffix(quote);
    let step = match quoted('\'').or_else(|| quoted('"')) {
        Some(name) => Step::Name(name.to_owned()),
        None if inside == "*" => Step::All,
        None => Step::Index(inside.parse().ok()?),
    };
    Some((step, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_members_items_and_all_of_them() {
        let json = br#"{"a": {"b c": [{"d": 1}, {"d": 2.50}], "f": {"x": true, "y": "\u0061"}}, "e": null, "g": [7]}"#;
        let values = |path: &str| Path::parse(path).expect("a path").values(json);
        for (path, expected) in [
            ("$.a['b c'][1].d", json!([2.5])),
            ("$.a[\"b c\"][*].d", json!([1, 2.5])),
            ("$.g", json!([null])),
            ("$.g[*]", json!([7])),
            ("$.a.f", json!([null])),
            ("$.a.f.*", json!([true, "a"])),
            ("$.e", json!([null])),
        ] {
            let found = values(path).map(Value::from);
            assert_eq!(found, Some(expected), "{path}");
        }
        for path in [
            "$.a.x",
            "$.x[*]",
            "$.a['b c'][*].e",
            "$.a['b c'][2]",
            "$.a['b c'].d",
            "$.a[0]",
            "$.e[*]",
            "$.a.f.*.z",
        ] {
            assert_eq!(values(path), None, "{path}");
        }
        let whole = Path::parse("$").expect("a path");
        assert_eq!(whole.values(b"7"), Some(vec![json!(7)]));
    }

    #[test]
    fn what_is_there_twice_and_what_is_no_json_has_nothing() {
        let values = |path: &str, json: &str| {
            let path = Path::parse(path).expect("a path");
            path.values(json.as_bytes())
        };
        for twice in [
            r#"{"a": {"b": 1, "b": 1}}"#,
            r#"{"a": {"b": 1}, "a": {"b": 1}}"#,
            r#"{"a": {"b": 1, "\u0062": 2}}"#,
            r#"{"a": {"b": 1}, "a": {"b": 2}, "a": {"b": 3}}"#,
        ] {
            for path in ["$.a.b", "$.a.*", "$.*.b", "$.*.*"] {
                assert_eq!(values(path, twice), None, "{path}: {twice}");
            }
        }
        let elsewhere = r#"{"a": 1, "c": {"a": 2}, "b": 3, "b": 4}"#;
        assert_eq!(values("$.a", elsewhere), Some(vec![json!(1)]));
        let disguised = r#"{"a": {"$serde_json::private::RawValue": "\"alice\""}}"#;
        assert_eq!(values("$.a", disguised), Some(vec![json!(null)]));
        assert_eq!(values("$.a", "\u{feff}{\"a\": 1}"), Some(vec![json!(1)]));
        assert_eq!(values("$.a.b", r#"{"a": {"b": 1}, "a": {}}"#), None);
        for broken in ["{\"a\": 1} x", "{\"a\": 1", "", "<a>1</a>"] {
            assert_eq!(values("$.a", broken), None, "{broken}");
        }
        let empty = values("$.items[*].id", r#"{"items": []}"#);
        assert_eq!(empty, Some(Vec::new()));
    }

    #[test]
    fn what_is_no_path_says_so() {
        for text in ["a.b", "$a", "$..a", "$.a[", "$.a[x]", "$.", "$.a b"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
