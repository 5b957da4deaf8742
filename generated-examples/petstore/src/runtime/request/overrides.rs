//! What is filled in for a caller must not come a second time in what that caller spreads out. Servers read names in many
//! ways: PHP takes `owner[]` and `owner.x` for `owner` and `owner_x`, others do not tell upper from lower case.

use serde_json::{Map, Value};

use super::super::tool::{BodyFormat, BodySource, Field, Location, Parameter, Style, ToolDef};
use super::{spread_names_of, style};

/// Which argument of the caller's would be read as one that is filled in here, in words.
pub(in super::super) fn overriding(
    tool: &ToolDef,
    arguments: &Map<String, Value>,
    bound: &Map<String, Value>,
) -> Option<String> {
    let parameters = || {
        let spread = |parameter: &&Parameter| match parameter.location {
            Location::Query | Location::Cookie => true,
            Location::Path => parameter.style == Style::Matrix,
            Location::Header => false,
        };
        tool.parameters.iter().filter(spread)
    };
    // Some servers read parameters and the fields of forms as one.
    let fields = fields_of(tool);
    let own: Vec<Vec<String>> = parameters()
        .filter(|parameter| bound.contains_key(parameter.argument))
        .map(|parameter| parts(parameter.name))
        .chain(
            (fields.iter())
                .filter(|field| bound.contains_key(field.argument))
                .map(|field| parts(field.name)),
        )
        .collect();
    let is_own = |name: &String| own.iter().any(|own| is_read_as(name, own));
    for parameter in parameters().filter(|it| !bound.contains_key(it.argument)) {
        let Some(value) = arguments.get(parameter.argument) else {
            continue;
        };
        let names = spread_names_of(parameter, value);
        if let Some(name) = names.iter().find(|name| is_own(name)) {
            return Some(told(parameter.argument, name));
        }
    }
    in_form(tool, arguments, bound, is_own)
}

/// The fields of a body that is, or may be, a form.
fn fields_of(tool: &ToolDef) -> &'static [Field] {
    match tool.body.map(|body| body.source) {
        Some(BodySource::Fields(fields)) if may_be_form(tool) => fields,
        _ => &[],
    }
}

fn may_be_form(tool: &ToolDef) -> bool {
    tool.body.is_some_and(|body| {
        matches!(body.format, BodyFormat::Form | BodyFormat::Multipart) || body.choice.is_some()
    })
}

/// The same of the fields of a form.
fn in_form(
    tool: &ToolDef,
    arguments: &Map<String, Value>,
    bound: &Map<String, Value>,
    is_own: impl Fn(&String) -> bool,
) -> Option<String> {
    let body = tool.body.filter(|_| may_be_form(tool))?;
    if let BodySource::Object(argument, _) | BodySource::Whole(argument) = body.source {
        let fields = arguments.get(argument)?.as_object()?;
        let name = fields.keys().find(|name| is_own(name))?;
        return Some(told(argument, name));
    }
    let mut others = (fields_of(tool).iter()).filter(|it| !bound.contains_key(it.argument));
    others.find_map(|field| {
        let value = arguments.get(field.argument)?;
        let names = style::spread_names(field.name, value, field.style, field.explode);
        let name = names.iter().find(|name| is_own(name))?;
        Some(told(field.argument, name))
    })
}

fn told(argument: &str, name: &str) -> String {
    format!(
        "argument `{argument}` must not have a field that is sent as `{}`: that is another parameter",
        name.escape_debug()
    )
}

/// The parts of a name: `filter[owner]` has two.
fn parts(name: &str) -> Vec<String> {
    let name = name.split('\0').next().unwrap_or_default();
    let parts = name.split(['[', ']']).map(|part| plain(part.trim()));
    parts.filter(|part| !part.is_empty()).collect()
}

fn plain(part: &str) -> String {
    (part.chars())
        .map(|c| if matches!(c, '.' | ' ') { '_' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether any server may read a name as the one of these parts. PHP takes a bracket that does not close for `_`.
fn is_read_as(name: &str, own: &[String]) -> bool {
    parts(name).starts_with(own) || [plain(&name.trim().replace('[', "_"))] == *own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_any_server_may_read_it() {
        let is_read = |name: &str, own: &str| is_read_as(name, &parts(own));
        for name in [
            "owner",
            "OWNER",
            "owner[]",
            "owner[0][a]",
            " owner",
            "owner\0x",
            "owner ",
            "[owner]",
            "[[owner",
            "owner]",
        ] {
            assert!(is_read(name, "owner"), "{name:?}");
        }
        assert!(is_read("owner.id", "owner_id") && is_read("owner[id", "owner_id"));
        assert!(is_read("filter[owner][]", "filter[owner]"));
        for (name, own) in [
            ("owners", "owner"),
            ("owner_", "owner"),
            ("x[owner]", "owner"),
            ("filter[status]", "filter[owner]"),
            ("filter", "filter[owner]"),
        ] {
            assert!(!is_read(name, own), "{name} {own}");
        }
    }
}
