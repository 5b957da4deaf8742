//! What descriptions say inside an advertised schema: the spec's own words within a length, and what was left open.

use std::collections::BTreeSet;

use serde_json::Value;

use super::flat::{Flat, flatten, is_input};
use super::nodes::{Pinned, Place, Source, Tree};
use super::pattern::Verdict;
use super::{JsonType, Schemas, Types};
use crate::plan::text;

const LONGEST_EXAMPLE: usize = 40;
/// Of how many forms the types are told.
const LOOKED_AT: usize = 12;

impl<'a> Tree<'a, '_> {
    pub(super) fn text(&mut self, flat: &Flat<'a>, source: &Source<'a>, place: &Place) -> String {
        if source.only.is_some() {
            return String::new();
        }
        let limit = if place.depth == 0 {
            self.lengths.argument
        } else {
            self.lengths.nested
        };
        let described = source.description.or(flat.description).unwrap_or_default();
        let whole = text::plain(described);
        let mut text = text::cut(&whole, limit);
        self.is_cut |= text.len() < whole.len();
        if source.is_deprecated || flat.deprecated {
            let said = text.to_ascii_lowercase().contains("deprecated");
            if !said && limit > 0 {
                text.insert_str(
                    0,
                    if text.is_empty() {
                        "Deprecated."
                    } else {
                        "Deprecated. "
                    },
                );
            }
        }
        let mut append = |sentence: &str| {
            text = text::sentence(&text);
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(sentence);
        };
        if let Some(Value::String(pattern)) = flat.limits.get("pattern")
            && self.patterns.verdict(pattern) != Verdict::Portable
            && pattern.len() <= 80
        {
            append(&format!("Pattern: `{}`.", text::line(pattern)));
        }
        if let Some(remark) = &source.remark {
            append(remark);
        }
        if place.depth == 0
            && limit >= LONGEST_EXAMPLE
            && flat.default.is_none()
            && flat.values.is_none()
            && let Some(example) = source.example.or(flat.example).and_then(short_example)
            && !described.contains(&example)
        {
            append(&format!("Example: `{example}`."));
        }
        text
    }

    /// `More fields are accepted: a, b, …`, required ones first.
    pub(super) fn fields_note(&self, flat: &Flat<'a>, only: &BTreeSet<&str>) -> String {
        const START: &str = "More fields are accepted";
        let mut list = String::new();
        let (mut listed, mut total) = (0, 0);
        let mut is_full = false;
        for is_required in [true, false] {
            for (name, all) in &flat.properties {
                if flat.required.contains(name) != is_required
                    || !(only.is_empty() || only.contains(name))
                    || !is_input(self.schemas, all)
                {
                    continue;
                }
                total += 1;
                is_full |= list.len() + name.len() + 4 > self.lengths.note;
                if is_full {
                    continue;
                }
                if listed > 0 {
                    list.push_str(", ");
                }
                list.push_str(&text::line(name));
                if is_required {
                    list.push_str(" (required)");
                }
                listed += 1;
            }
        }
        match (listed, total - listed) {
            (0, 0) if only.is_empty() => "Values of any key are accepted.".to_owned(),
            (0, _) => format!("{START}."),
            (_, 0) => format!("{START}: {list}."),
            (_, more) => format!("{START}: {list} and {more} more."),
        }
    }
}

/// The types that forms have, where all of them say; of a long list the first few.
pub(super) fn forms_kinds(schemas: &Schemas<'_>, group: &[Value]) -> Option<Types> {
    let mut kinds = Types::empty();
    for form in group.iter().take(LOOKED_AT) {
        kinds |= flatten(schemas, &[form]).effective_types()?;
    }
    Some(kinds)
}

/// `Accepts string or array.`
pub(super) fn forms_note(schemas: &Schemas<'_>, group: &[Value]) -> String {
    match forms_kinds(schemas, group) {
        Some(kinds) if kinds.len() > 1 && group.len() <= LOOKED_AT => {
            let kinds: Vec<&str> = kinds.into_iter().map(JsonType::as_str).collect();
            format!("Accepts {}.", kinds.join(" or "))
        }
        _ => "Several forms are accepted.".to_owned(),
    }
}

/// `The items in their order: an object with author, any, then string.`
pub(super) fn places_note(schemas: &Schemas<'_>, flat: &Flat<'_>) -> String {
    let word = |all: &[&Value]| {
        let flat = flatten(schemas, all);
        let names: Vec<String> = (flat.properties.keys().take(LOOKED_AT))
            .map(|name| text::line(name))
            .collect();
        match (flat.effective_types(), flat.description) {
            _ if !names.is_empty() => format!("an object with {}", names.join(" and ")),
            (Some(kinds), _) => {
                let kinds: Vec<&str> = kinds.into_iter().map(JsonType::as_str).collect();
                kinds.join(" or ")
            }
            (None, Some(text)) => text::line(text).trim_end_matches('.').to_owned(),
            (None, None) => "any".to_owned(),
        }
    };
    let prefix = flat.prefix_items.iter().take(LOOKED_AT);
    let mut places: Vec<String> = prefix.map(|schema| word(&[schema])).collect();
    if !flat.items.is_empty() {
        places.push(format!("then {}", word(&flat.items)));
    }
    format!("The items in their order: {}.", places.join("; "))
}

/// `One of 500 values, such as a, b, c.`
pub(super) fn values_note(values: &[Value], room: usize) -> String {
    let mut list = String::new();
    for value in values {
        let value = match value {
            Value::String(text) => text::line(text),
            value => value.to_string(),
        };
        if list.len() + value.len() + 2 > room {
            break;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(&value);
    }
    if list.is_empty() {
        format!("One of {} values.", values.len())
    } else {
        format!("One of {} values, such as {list}.", values.len())
    }
}

/// ``For `kind` `cat`.``
pub(super) fn form_note(pinned: &Pinned) -> String {
    let values: Vec<String> = (pinned.values.iter().filter_map(Value::as_str))
        .map(|value| format!("`{}`", text::line(value)))
        .collect();
    format!(
        "For `{}` {}.",
        text::line(&pinned.field),
        values.join(" or ")
    )
}

/// The values of the discriminator that mean this form (OpenAPI 3.1 §4.8.25): the only one that the form allows, or of
/// those that it allows its names in the mapping, or else that of its shared schema.
pub(super) fn pinned(
    schemas: &Schemas<'_>,
    discriminator: Option<&Value>,
    form: &Value,
) -> Option<Pinned> {
    let discriminator = discriminator?;
    let field = discriminator.get("propertyName")?.as_str()?;
    let own = flatten(schemas, &[form]).properties.get(field).cloned();
    let values = match own.and_then(|all| flatten(schemas, &all).values).as_deref() {
        Some([value]) if value.is_string() => vec![(*value).clone()],
        Some(allowed) => {
            let mut names = mapped_names(discriminator, form)?;
            names.retain(|name| allowed.contains(&name));
            names
        }
        None => mapped_names(discriminator, form)?,
    };
    (!values.is_empty()).then(|| Pinned {
        field: field.to_owned(),
        values,
    })
}

fn mapped_names(discriminator: &Value, form: &Value) -> Option<Vec<Value>> {
    let name = last_segment(form.get("$ref")?.as_str()?);
    let leads_here = |target: &Value| {
        target
            .as_str()
            .is_some_and(|target| last_segment(target) == name)
    };
    let mapping = discriminator.get("mapping").and_then(Value::as_object);
    let mapped: Vec<Value> = (mapping.into_iter().flatten())
        .filter(|(_, target)| leads_here(target))
        .map(|(value, _)| Value::from(value.as_str()))
        .collect();
    Some(if mapped.is_empty() {
        vec![Value::from(name)]
    } else {
        mapped
    })
}

fn last_segment(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// `Give one of: a; b and c.` for an `anyOf` of `required`s.
pub(super) fn required_sets(flat: &Flat<'_>) -> Option<String> {
    let group = flat
        .alternatives
        .iter()
        .find(|group| group.iter().all(is_required_set))?;
    let sets: Vec<String> = group
        .iter()
        .filter_map(|set| set.get("required")?.as_array())
        .map(|names| {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join(" and ")
        })
        .filter(|set| !set.is_empty())
        .take(8)
        .collect();
    (!sets.is_empty()).then(|| format!("Give one of: {}.", text::line(&sets.join("; "))))
}

pub(super) fn is_required_set(schema: &Value) -> bool {
    schema.as_object().is_some_and(|map| {
        map.contains_key("required")
            && map
                .keys()
                .all(|key| matches!(key.as_str(), "required" | "title" | "description" | "type"))
    })
}

fn short_example(example: &Value) -> Option<String> {
    let text = match example {
        Value::String(text) => text.clone(),
        Value::Null | Value::Object(_) => return None,
        value => value.to_string(),
    };
    let is_short = !text.is_empty() && text.chars().count() <= LONGEST_EXAMPLE;
    (is_short && !text.contains(['`', '\n'])).then(|| text::line(&text))
}
