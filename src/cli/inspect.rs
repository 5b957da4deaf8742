//! `mcpgen inspect`: shows the plan without making anything.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Outcome;
use super::arguments::{Inspect, InspectFormat};
use super::load::{self, Loaded, Session, Wanted};
use super::progress::Progress;
use super::report::{counted, printable, thousands};
use crate::plan::{Plan, Tool, estimated_tokens};
use crate::spec::Document;

const STAGES: u64 = 3;

pub(super) fn run(arguments: &Inspect, session: &mut Session) -> io::Result<Outcome> {
    let progress = Progress::new(STAGES);
    let loaded = load::load(&arguments.input, Wanted::Plan, session, &progress);
    drop(progress);
    let (Some(loaded), Some(document)) = (loaded, &session.document) else {
        return Ok(Outcome::Done);
    };
    let text = match arguments.format {
        InspectFormat::Table => table(&loaded.plan),
        InspectFormat::Json => format!("{:#}\n", everything(&loaded, document)),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn table(plan: &Plan) -> String {
    let rows: Vec<[String; 6]> = plan
        .tools()
        .map(|tool| {
            let bytes = tool.listed_json().to_string().len();
            [
                tool.name.clone(),
                format!("{} {}", tool.method, tool.path),
                arguments(tool).len().to_string(),
                hints(tool),
                security(tool),
                estimated_tokens(bytes).to_string(),
            ]
            .map(|cell| printable(&cell))
        })
        .collect();
    let header = ["TOOL", "REQUEST", "ARGS", "HINTS", "SECURITY", "TOKENS"].map(ToOwned::to_owned);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows
                .iter()
                .chain([&header])
                .map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in [&header].into_iter().chain(&rows) {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text.push_str(&format!(
        "\n{}, tools/list about {} tokens\n",
        counted(rows.len(), "tool"),
        thousands(plan.estimated_tokens())
    ));
    text
}

fn everything(loaded: &Loaded, document: &Document) -> Value {
    let plan = &loaded.plan;
    json!({
        "name": plan.name,
        "title": plan.title,
        "version": plan.version,
        "instructions": plan.instructions,
        "servers": plan.servers.iter().map(|server| json!({ "url": server.url_or_path(), "variable": server.variable })).collect::<Vec<_>>(),
        "operations": loaded.operations,
        "schemes": plan.schemes.iter().map(|scheme| json!({ "name": scheme.name, "variables": scheme.variables() })).collect::<Vec<_>>(),
        "estimatedTokens": plan.estimated_tokens(),
        "tools": plan.tools().map(|tool| described(tool, document)).collect::<Vec<_>>(),
    })
}

fn described(tool: &Tool, document: &Document) -> Value {
    let listed = tool.listed_json();
    let bytes = listed.to_string().len();
    let place = document.place(&tool.pointer);
    json!({
        "name": tool.name,
        "operationId": tool.operation_id,
        "method": tool.method,
        "path": tool.path,
        "tags": tool.tags,
        "deprecated": tool.deprecated,
        "arguments": arguments(tool),
        "security": tool.security.iter().map(|needs| needs.iter().map(|need| json!({ "scheme": need.scheme, "scopes": need.scopes })).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "bytes": bytes,
        "estimatedTokens": estimated_tokens(bytes),
        "origin": { "file": place.source, "pointer": place.pointer.map(|p| p.to_string()), "line": place.position.map(|p| p.line), "column": place.position.map(|p| p.column) },
        "listed": listed,
    })
}

fn arguments(tool: &Tool) -> Vec<&String> {
    let properties = tool.precise.get("properties").and_then(Value::as_object);
    properties
        .map(|properties| properties.keys().collect())
        .unwrap_or_default()
}

/// `read`, or what a write may do.
fn hints(tool: &Tool) -> String {
    let hints = tool.hints;
    let words = [
        (hints.read_only, "read"),
        (hints.destructive, "destructive"),
        (hints.idempotent && !hints.read_only, "idempotent"),
    ];
    let words: Vec<_> = words
        .into_iter()
        .filter_map(|(yes, word)| yes.then_some(word))
        .collect();
    if words.is_empty() {
        "write".to_owned()
    } else {
        words.join("+")
    }
}

/// `a+b | c`: a and b together, or else c.
fn security(tool: &Tool) -> String {
    let alternatives: Vec<_> = tool
        .security
        .iter()
        .map(|needs| match needs.as_slice() {
            [] => "none".to_owned(),
            needs => needs
                .iter()
                .map(|need| need.scheme.as_str())
                .collect::<Vec<_>>()
                .join("+"),
        })
        .collect();
    if alternatives.is_empty() {
        "-".to_owned()
    } else {
        alternatives.join(" | ")
    }
}
