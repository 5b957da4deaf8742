//! The page of a tool: all that is said about it, as Markdown.

use serde_json::Value;

use super::super::completion::{choices, variants};
use super::super::tool::ToolDef;

/// More values of an argument are not listed.
const MOST_VALUES: usize = 20;

/// The page. `schema` is the whole input schema with title and description, `output` that of the result as text.
pub(super) fn page(
    name: &str,
    schema: &Value,
    tool: Option<&ToolDef>,
    output: Option<&str>,
) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut page = format!(
        "# {}\n\nThe tool `{name}`",
        one_line(&text(&schema["title"]))
    );
    if let Some(tool) = tool {
        page.push_str(&format!(" calls `{} {}`", tool.method, one_line(tool.path)));
        page.push_str(if tool.hints.read_only {
            " and changes nothing"
        } else {
            ", which may change something"
        });
    }
    page.push_str(".\n\n");
    page.push_str(&text(&schema["description"]));
    page.push_str("\n\n## Arguments\n\n");
    let properties = schema["properties"].as_object();
    match properties.filter(|properties| !properties.is_empty()) {
        None => page.push_str("None.\n"),
        Some(properties) => {
            page.push_str("| name | values | required | |\n|---|---|---|---|\n");
            for (name, property) in properties {
                let required = schema["required"].as_array().into_iter().flatten();
                let required = required.into_iter().any(|known| known == name);
                let required = if required { "yes" } else { "" };
                let values = cell(&values(schema, name));
                let about = cell(&text(&property["description"]));
                page.push_str(&format!("| `{name}` | {values} | {required} | {about} |\n"));
            }
        }
    }
    page.push_str("\n## Result\n\n");
    match output {
        Some(output) => {
            let pretty = serde_json::from_str::<Value>(output);
            let pretty = pretty.map_or_else(|_| output.to_owned(), |value| format!("{value:#}"));
            page.push_str(&format!("JSON of this schema:\n\n```json\n{pretty}\n```\n"));
        }
        None => page.push_str("What the API answers, as text or as a file.\n"),
    }
    page
}

/// The type of an argument, and its values where they are listed.
fn values(schema: &Value, name: &str) -> String {
    let definition = |name: &str| schema["$defs"].get(name);
    let mut types: Vec<&str> = Vec::new();
    for variant in variants(schema, name, &definition) {
        let named = match &variant["type"] {
            Value::String(name) => vec![name.as_str()],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for name in named {
            if !types.contains(&name) {
                types.push(name);
            }
        }
    }
    let mut text = types.join(" or ");
    let values = choices(schema, name, &definition);
    if !values.is_empty() && types != ["boolean"] {
        let some = values.iter().take(MOST_VALUES);
        let some: Vec<String> = some.map(|value| format!("`{value}`")).collect();
        let more = if values.len() > MOST_VALUES {
            ", …"
        } else {
            ""
        };
        text.push_str(&format!(": {}{more}", some.join(", ")));
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that stays within its cell of a table.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
