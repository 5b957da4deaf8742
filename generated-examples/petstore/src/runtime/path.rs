//! The part of JSONPath (RFC 9535) that policies need: `$.a.b`, `$['a']`, `$.items[0].a` and `$.items[*].a`.

use serde_json::Value;

use super::tokens::{Kind, NoJson, Tokens};

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
        let mut tokens = Tokens::of(json);
        let leads = lead(&self.0, &mut tokens, &mut found).ok()?;
        tokens.end().ok()?;
        leads.then_some(found)
    }
}

/// Follows the rest of a path through the next value, and keeps what it leads to; whether it leads anywhere.
fn lead(steps: &[Step], tokens: &mut Tokens<'_>, found: &mut Vec<Value>) -> Result<bool, NoJson> {
    let kind = tokens.kind()?;
    let Some((step, rest)) = steps.split_first() else {
        let place = tokens.value()?;
        let text = tokens.text(place);
        found.push(match kind {
            Kind::Object | Kind::Array => Value::Null,
            Kind::String if !text.contains('\\') => text[1..text.len() - 1].into(),
            _ => serde_json::from_str(text).map_err(|_| NoJson)?,
        });
        return Ok(true);
    };
    match (kind, step) {
        (Kind::Object, Step::Name(_) | Step::All) => {
            let mut all_lead = true;
            let mut names = Vec::new();
            tokens.object(|tokens, name| {
                let name = name.said()?;
                if matches!(step, Step::Name(wanted) if *wanted != name) {
                    return tokens.value().map(drop);
                }
                names.push(name);
                all_lead &= lead(rest, tokens, found)?;
                Ok(())
            })?;
            let is_there = *step == Step::All || !names.is_empty();
            let many = names.len();
            names.sort_unstable();
            names.dedup();
            Ok(is_there && all_lead && names.len() == many)
        }
        (Kind::Array, Step::Index(_) | Step::All) => {
            let mut leads = *step == Step::All;
            tokens.array(|tokens, at| {
                match step {
                    Step::All => leads &= lead(rest, tokens, found)?,
                    Step::Index(index) if *index == at => leads = lead(rest, tokens, found)?,
                    _ => return tokens.value().map(drop),
                }
                Ok(())
            })?;
            Ok(leads)
        }
        _ => tokens.value().map(|_| false),
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
