//! What is filled in for a caller must not come a second time in what that caller spreads out. Servers read names in many
//! ways: PHP takes `owner[]` and `owner.x` for `owner` and `owner_x`, others do not tell upper from lower case.

use serde_json::{Map, Value};

use super::super::tool::{BodyFormat, BodySource, Location, Style, ToolDef};
use super::{spread_names_of, style};

/// Which argument of the caller's would be read as one that is filled in here, in words.
pub(in super::super) fn overriding(
    tool: &ToolDef,
    arguments: &Map<String, Value>,
    bound: &Map<String, Value>,
) -> Option<String> {
    let parameters = || {
        let spread = |location| matches!(location, Location::Query | Location::Cookie);
        (tool.parameters.iter()).filter(move |parameter| spread(parameter.location))
    };
    let own: Vec<(Location, String)> = parameters()
        .filter(|parameter| bound.contains_key(parameter.argument))
        .map(|parameter| (parameter.location, read_as(parameter.name)))
        .collect();
    for parameter in parameters().filter(|it| !bound.contains_key(it.argument)) {
        let Some(value) = arguments.get(parameter.argument) else {
            continue;
        };
        let is_own = |name: &String| own.contains(&(parameter.location, read_as(name)));
        if let Some(name) = spread_names_of(parameter, value)
            .iter()
            .find(|name| is_own(name))
        {
            return Some(told(parameter.argument, name));
        }
    }
    in_form(tool, arguments, bound)
}

/// The same of the fields of a form.
fn in_form(
    tool: &ToolDef,
    arguments: &Map<String, Value>,
    bound: &Map<String, Value>,
) -> Option<String> {
    let body = tool.body?;
    let BodySource::Fields(fields) = body.source else {
        return None;
    };
    if !matches!(body.format, BodyFormat::Form | BodyFormat::Multipart) && body.choice.is_none() {
        return None;
    }
    let own: Vec<String> = (fields.iter())
        .filter(|field| bound.contains_key(field.argument))
        .map(|field| read_as(field.name))
        .collect();
    let mut others = fields.iter().filter(|it| !bound.contains_key(it.argument));
    others.find_map(|field| {
        let value = arguments.get(field.argument)?;
        let mut names = style::spread_names(field.name, value, field.style, field.explode);
        if names.is_empty() && field.style == Style::Form {
            names.push(field.name.to_owned());
        }
        let name = names.iter().find(|name| own.contains(&read_as(name)))?;
        Some(told(field.argument, name))
    })
}

fn told(argument: &str, name: &str) -> String {
    format!(
        "argument `{argument}` must not have a field that is sent as `{}`: that is another parameter",
        name.escape_debug()
    )
}

/// The name that any server may read.
fn read_as(name: &str) -> String {
    let name = name.trim();
    let end = name.char_indices().skip(1).find(|(_, c)| *c == '[');
    let name = &name[..end.map_or(name.len(), |(at, _)| at)];
    let name = name.split('\0').next().unwrap_or_default();
    (name.trim_end().chars())
        .map(|c| if matches!(c, '.' | ' ') { '_' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_any_server_may_read_it() {
        for name in [
            "owner",
            "OWNER",
            "owner[]",
            "owner[0][a]",
            " owner",
            "owner\0x",
            "owner ",
        ] {
            assert_eq!(read_as(name), "owner", "{name:?}");
        }
        assert_eq!(read_as("owner.id"), read_as("owner_id"));
        for name in ["owners", "owner_", "[owner]", "x[owner]"] {
            assert_ne!(read_as(name), "owner", "{name:?}");
        }
    }
}
