//! `schemas/<module>.json` and `schemas/defs.json`: a line for each schema, so that a diff shows which tool changed.

use std::fmt::Write as _;

use super::quote;
use crate::plan::{Group, Plan, Tool};

/// The schemas of a group's tools, in the form that [`runtime::tool::Group`](crate::runtime::tool::Group) documents.
#[must_use]
pub fn group_schemas(group: &Group) -> String {
    object(
        group
            .tools
            .iter()
            .map(|tool| (tool.name.as_str(), of_tool(tool))),
    )
}

/// The shared schemas of all tools, as [`runtime::tool::ServerDef`](crate::runtime::tool::ServerDef) has them.
#[must_use]
pub fn shared_schemas(plan: &Plan) -> String {
    object(
        plan.defs
            .iter()
            .map(|(name, schema)| (name.as_str(), schema.to_string())),
    )
}

fn of_tool(tool: &Tool) -> String {
    let mut text = format!("{{\n    \"advertised\": {}", tool.advertised);
    if tool.precise != tool.advertised {
        let _ = write!(text, ",\n    \"precise\": {}", tool.precise);
    }
    if let Some(output) = &tool.output {
        let _ = write!(text, ",\n    \"output\": {output}");
    }
    if let Some(description) = &tool.whole_description {
        let _ = write!(text, ",\n    \"description\": {}", quote::json(description));
    }
    if tool.null_is_absent {
        text.push_str(",\n    \"nullIsAbsent\": true");
    }
    if tool.is_partial {
        text.push_str(",\n    \"partial\": true");
    }
    text.push_str("\n  }");
    text
}

/// A JSON object with an entry for each line of the outermost level.
pub(super) fn object<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let lines: Vec<_> = entries
        .map(|(name, value)| format!("  {}: {value}", quote::json(name)))
        .collect();
    if lines.is_empty() {
        return "{}\n".to_owned();
    }
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// A JSON array with an element on each line.
pub(super) fn array(elements: &[String]) -> String {
    if elements.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n    {}\n  ]", elements.join(",\n    "))
}
