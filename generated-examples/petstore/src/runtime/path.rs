//! The part of JSONPath (RFC 9535) that policies need: `$.a.b`, `$['a']`, `$.items[0].a` and `$.items[*].a`.

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

    /// Everything that the path leads to; `None` where it leads past what is there, for one of the items too.
    pub(super) fn values<'v>(&self, root: &'v Value) -> Option<Vec<&'v Value>> {
        let mut found = vec![root];
        for step in &self.0 {
            let next: Option<Vec<Vec<&Value>>> =
                found.into_iter().map(|value| step.of(value)).collect();
            found = next?.concat();
        }
        Some(found)
    }
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Option<Vec<&'v Value>> {
        match (self, value) {
            (Self::Name(name), Value::Object(fields)) => Some(vec![fields.get(name)?]),
            (Self::Index(index), Value::Array(items)) => Some(vec![items.get(*index)?]),
            (Self::All, Value::Array(items)) => Some(items.iter().collect()),
            (Self::All, Value::Object(fields)) => Some(fields.values().collect()),
            _ => None,
        }
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
        let value = json!({"a": {"b c": [{"d": 1}, {"d": 2}]}, "e": null});
        let found = |path: &str| -> Vec<Value> {
            let path = Path::parse(path).expect("a path");
            path.values(&value).into_iter().flatten().cloned().collect()
        };
        assert_eq!(found("$.a['b c'][1].d"), [json!(2)]);
        assert_eq!(found("$.a[\"b c\"][*].d"), [json!(1), json!(2)]);
        assert_eq!(found("$.e"), [json!(null)]);
        let leads = |path: &str| Path::parse(path).expect("a path").values(&value).is_some();
        assert!(
            !leads("$.a.x") && !leads("$.x[*]") && !leads("$.a['b c'][*].e") && !leads("$.e[*]")
        );
    }

    #[test]
    fn what_is_no_path_says_so() {
        for text in ["a.b", "$a", "$..a", "$.a[", "$.a[x]", "$.", "$.a b"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
