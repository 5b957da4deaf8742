//! `src/tools/`: the request facts of every tool as constant tables, for the runtime to read and for people.
//!
//! Tables are built as expressions, the rest as text with every string quoted; prettyplease prints both. A comment is an
//! attribute `#[comment = …]` until then.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use syn::Expr;

use super::expression::{
    Chain as _, call, flag, lines, list, name, number, reference, text, tuple, under_comment,
};
use super::modules::Module;
use super::quote::{comment, rust, rust_lines, rustdoc};
use crate::plan::{
    Alternative, Body, BodySource, Field, Need, Parameter, Plan, Scheme, SchemeKind,
    ServerTemplate, Tool,
};
use crate::runtime::tool::{
    BodyFormat, FieldFormat, FinalState, Hints, Location, ParameterFormat, ResultShape, Style,
};

/// The text of `src/tools/<module>.rs`.
pub(super) fn group_module(module: &Module<'_>) -> String {
    let group = module.group;
    let mut table = parsed("pub(super) const TOOLS: &[ToolDef] = &[];");
    let [syn::Item::Const(constant)] = &mut table.items[..] else {
        unreachable!("the text above is one constant");
    };
    *constant.expr = list(group.tools.iter().map(tool_expression));
    let table = prettyplease::unparse(&table);
    let mut file = header(&format!("The tools of the tag {}.", rustdoc(&group.tag)));
    file.push_str(&imports(&table, "ToolDef"));
    file + &table
}

/// The text of `src/tools/mod.rs`.
pub(super) fn index(plan: &Plan, modules: &[Module<'_>]) -> String {
    let mut server = String::from("/// The whole server: what `main` runs.\n");
    let _ = writeln!(server, "pub const SERVER: ServerDef = ServerDef {{");
    let _ = writeln!(server, "name: {},", rust(&plan.name));
    let _ = writeln!(server, "title: {},", rust(&plan.title));
    let _ = writeln!(server, "version: {},", rust(&plan.version));
    let _ = writeln!(server, "instructions: {},", rust_lines(&plan.instructions));
    let _ = writeln!(server, "servers: &[");
    for base in &plan.servers {
        let url = base
            .url_or_path()
            .map_or_else(|| "None".to_owned(), |url| format!("Some({})", rust(url)));
        let mut expression = format!("BaseUrl::new({url})");
        if !base.templates.is_empty() {
            let templates = joined(&base.templates, template_expression);
            let _ = write!(expression, ".templates(&[{templates}])");
        }
        let _ = writeln!(server, "{expression},");
    }
    let _ = writeln!(server, "],\nschemes: &[");
    for scheme in &plan.schemes {
        let _ = writeln!(server, "{},", scheme_expression(scheme));
    }
    let _ = writeln!(server, "],\ngroups: &[");
    for module in modules {
        let _ = writeln!(
            server,
            "Group {{ tag: {}, tools: {name}::TOOLS, schemas: include_str!(\"../../schemas/{name}.json\") }},",
            rust(&module.group.tag),
            name = module.name
        );
    }
    let _ = writeln!(
        server,
        "],\ndefs: include_str!(\"../../schemas/defs.json\"),\nprompts: {},\n\
         #[cfg(feature = \"spec\")]\ndocument: Some(include_str!(\"../../openapi.json\")),\n\
         #[cfg(not(feature = \"spec\"))]\ndocument: None,\n}};",
        if plan.prompts.is_empty() {
            "&[]"
        } else {
            "crate::prompts::PROMPTS"
        }
    );
    let mut file = header("The tools as data, a module for each tag.");
    file.push_str(
        "#![allow(clippy::unicode_not_nfc, reason = \"the texts are the API's own\")]\n\n",
    );
    for module in modules {
        let _ = writeln!(file, "#[rustfmt::skip]\nmod {};", module.name);
    }
    let server = prettyplease::unparse(&parsed(&server));
    file.push_str(&imports(&server, "ServerDef"));
    file + &server
}

pub(super) fn header(what: &str) -> String {
    format!(
        "//! {what}\n//!\n//! Written by mcpgen; `src/custom.rs` is the place for your own tools.\n"
    )
}

/// The `use` line for the types of `runtime::tool` that a text names.
pub(super) fn imports(text: &str, always: &'static str) -> String {
    const TYPES: [&str; 23] = [
        "Alternative",
        "BaseUrl",
        "Body",
        "BodyFormat",
        "BodySource",
        "Choice",
        "Field",
        "FinalState",
        "Group",
        "Hints",
        "Location",
        "Need",
        "Parameter",
        "PromptArgument",
        "PromptContent",
        "PromptMessage",
        "ResultShape",
        "Scheme",
        "SchemeKind",
        "ServerDef",
        "Style",
        "Template",
        "Variable",
    ];
    let code = without_strings(text);
    let words: BTreeSet<&str> = code
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    let mut names: Vec<_> = TYPES
        .into_iter()
        .filter(|name| *name != always && words.contains(name))
        .collect();
    names.push(always);
    names.sort_unstable();
    match names.as_slice() {
        [only] => format!("\nuse crate::runtime::tool::{only};\n\n"),
        _ => format!("\nuse crate::runtime::tool::{{{}}};\n\n", names.join(", ")),
    }
}

/// The text with every string literal emptied, and without comments.
fn without_strings(text: &str) -> String {
    let mut result = String::new();
    let mut inside = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => inside = !inside,
            '\\' if inside => {
                chars.next();
            }
            '/' if !inside && chars.peek() == Some(&'/') => {
                chars.by_ref().find(|c| *c == '\n');
            }
            _ if !inside => result.push(c),
            _ => {}
        }
    }
    result
}

/// Text of ours as Rust, or which text is none.
pub(super) fn parsed(text: &str) -> syn::File {
    match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => panic!("mcpgen wrote Rust that does not parse: {error}\n{text}"),
    }
}

fn tool_expression(tool: &Tool) -> Expr {
    let facts = [&tool.name, &tool.method, &tool.path];
    let mut made = call("ToolDef::new", facts.map(|fact| text(fact)));
    if tool.title != tool.name {
        made = made.with("title", [text(&tool.title)]);
    }
    if !tool.description.is_empty() {
        made = made.with("description", [lines(&tool.description)]);
    }
    if let Some(id) = &tool.operation_id {
        made = made.with("operation_id", [text(id)]);
    }
    if tool.server != 0 {
        made = made.with("server", [number(tool.server)]);
    }
    if let [_, others @ ..] = &tool.tags[..]
        && !others.is_empty()
    {
        made = made.with("tags", [list(others.iter().map(|tag| text(tag)))]);
    }
    if tool.deprecated {
        made = made.with("deprecated", []);
    }
    if !tool.parameters.is_empty() {
        let parameters = tool.parameters.iter().map(parameter_expression);
        made = made.with("parameters", [list(parameters)]);
    }
    if let Some(body) = &tool.body {
        made = made.with("body", [body_expression(body)]);
    }
    if tool.accept != "*/*" {
        made = made.with("accept", [text(&tool.accept)]);
    }
    if !tool.security.is_empty() {
        let security = (tool.security.iter()).map(|needs| list(needs.iter().map(need_expression)));
        made = made.with("security", [list(security)]);
    }
    if tool.hints != Hints::WRITE {
        made = made.with("hints", [hints_expression(tool.hints)]);
    }
    made = match tool.result {
        ResultShape::Unstructured => made,
        ResultShape::Object => made.with("result", [name("ResultShape::Object")]),
        ResultShape::Wrapped => made.with("result", [name("ResultShape::Wrapped")]),
        ResultShape::WrappedText => made.with("result", [name("ResultShape::WrappedText")]),
    };
    if let Some(result) = tool.long_running {
        let name = name(match result {
            FinalState::Unsaid => "FinalState::Unsaid",
            FinalState::Location => "FinalState::Location",
            FinalState::Original => "FinalState::Original",
            FinalState::Status => "FinalState::Status",
        });
        made = made.with("long_running", [name]);
    }
    if let Some(uri) = &tool.resource {
        made = made.with("resource", [text(uri)]);
    }
    under_comment(&format!(" {}", headline(tool)), made)
}

/// What a person reads above a tool: `GET /orders — List my orders`.
fn headline(tool: &Tool) -> String {
    let mark = if tool.deprecated { " (deprecated)" } else { "" };
    comment(&format!(
        "{} {} — {}{mark}",
        tool.method, tool.path, tool.title
    ))
}

fn joined<T>(items: &[T], expression: impl Fn(&T) -> String) -> String {
    items.iter().map(expression).collect::<Vec<_>>().join(", ")
}

fn parameter_expression(parameter: &Parameter) -> Expr {
    let (constructor, style, explode) = match parameter.location {
        Location::Path => ("Parameter::path", Style::Simple, false),
        Location::Query => ("Parameter::query", Style::Form, true),
        Location::Header => ("Parameter::header", Style::Simple, false),
        Location::Cookie => ("Parameter::cookie", Style::Form, true),
    };
    let mut made = call(constructor, [text(&parameter.name)]);
    if parameter.argument != parameter.name {
        made = made.with("argument", [text(&parameter.argument)]);
    }
    if (parameter.style, parameter.explode) != (style, explode) {
        made = styled(made, parameter.style, parameter.explode);
    }
    if parameter.allow_reserved {
        made = made.with("allow_reserved", []);
    }
    made = match parameter.format {
        ParameterFormat::Style => made,
        ParameterFormat::Json => made.with("json", []),
        ParameterFormat::Form => made.with("form", []),
    };
    made = with_items(made, &parameter.items);
    if parameter.whole_query {
        made = made.with("whole_query", []);
    }
    if !parameter.fields.is_empty() {
        made = made.with("fields", [field_list(&parameter.fields)]);
    }
    made
}

fn with_items(made: Expr, items: &[Style]) -> Expr {
    if items.is_empty() {
        return made;
    }
    made.with(
        "items",
        [list(items.iter().map(|style| name(style_name(*style))))],
    )
}

fn styled(made: Expr, style: Style, explode: bool) -> Expr {
    made.with("style", [name(style_name(style)), flag(explode)])
}

fn template_expression(template: &ServerTemplate) -> String {
    let variables = joined(&template.variables, |variable| {
        format!(
            "Variable {{ name: {}, env: {}, default: {}, values: &[{}] }}",
            rust(&variable.name),
            rust(&variable.variable),
            rust(&variable.default),
            joined(&variable.values, |value| rust(value))
        )
    });
    format!(
        "Template {{ url: {}, variables: &[{variables}] }}",
        rust(&template.url)
    )
}

fn style_name(style: Style) -> &'static str {
    match style {
        Style::Matrix => "Style::Matrix",
        Style::Label => "Style::Label",
        Style::Simple => "Style::Simple",
        Style::Form => "Style::Form",
        Style::SpaceDelimited => "Style::SpaceDelimited",
        Style::PipeDelimited => "Style::PipeDelimited",
        Style::TabDelimited => "Style::TabDelimited",
        Style::DeepObject => "Style::DeepObject",
        Style::Cookie => "Style::Cookie",
    }
}

fn body_expression(body: &Body) -> Expr {
    let (constructor, media_type) = match body.format {
        BodyFormat::Json => ("Body::json", "application/json"),
        BodyFormat::Form => ("Body::form", "application/x-www-form-urlencoded"),
        BodyFormat::Multipart => ("Body::multipart", "multipart/form-data"),
        BodyFormat::Parts => ("Body::parts", "multipart/mixed"),
        BodyFormat::Xml => ("Body::xml", "application/xml"),
        BodyFormat::JsonLines => ("Body::json_lines", "application/x-ndjson"),
        BodyFormat::Text => ("Body::text", "text/plain; charset=utf-8"),
        BodyFormat::Bytes => ("Body::bytes", "application/octet-stream"),
    };
    let source = match &body.source {
        BodySource::Fields(fields) => call("BodySource::Fields", [field_list(fields)]),
        BodySource::Whole(argument) => call("BodySource::Whole", [text(argument)]),
        BodySource::Object(argument, fields) => {
            call("BodySource::Object", [text(argument), field_list(fields)])
        }
    };
    let mut made = match body.format {
        BodyFormat::Xml => call(constructor, [source, text(&body.xml)]),
        _ => call(constructor, [source]),
    };
    if !body.xml.is_empty() && body.format != BodyFormat::Xml {
        made = made.with("xml_hints", [text(&body.xml)]);
    }
    if let Some((argument, others)) = &body.choice {
        let others = list(others.iter().map(alternative_expression));
        let choice = call("Choice::new", [text(argument), others]);
        made = made.with("choice", [reference(choice)]);
    }
    if !body.pages.is_empty() {
        made = made.with("pages", [list(body.pages.iter().map(|way| text(way)))]);
    }
    if body.media_type != media_type {
        made = made.with("media_type", [text(&body.media_type)]);
    }
    if !body.required {
        made = made.with("optional", []);
    }
    made
}

fn alternative_expression(other: &Alternative) -> Expr {
    let facts = [text(&other.media_type), name(format_name(other.format))];
    let mut made = call("Alternative::new", facts);
    if let Some(fields) = &other.fields {
        made = made.with("fields", [field_list(fields)]);
    }
    if !other.xml.is_empty() {
        made = made.with("xml_hints", [text(&other.xml)]);
    }
    made
}

fn field_list(fields: &[Field]) -> Expr {
    list(fields.iter().map(field_expression))
}

fn format_name(format: BodyFormat) -> &'static str {
    match format {
        BodyFormat::Json => "BodyFormat::Json",
        BodyFormat::Form => "BodyFormat::Form",
        BodyFormat::Multipart => "BodyFormat::Multipart",
        BodyFormat::Parts => "BodyFormat::Parts",
        BodyFormat::Xml => "BodyFormat::Xml",
        BodyFormat::JsonLines => "BodyFormat::JsonLines",
        BodyFormat::Text => "BodyFormat::Text",
        BodyFormat::Bytes => "BodyFormat::Bytes",
    }
}

fn field_expression(field: &Field) -> Expr {
    let mut made = call("Field::new", [text(&field.name)]);
    if field.argument != field.name {
        made = made.with("argument", [text(&field.argument)]);
    }
    if (field.style, field.explode) != (Style::Form, true) {
        made = styled(made, field.style, field.explode);
    }
    if field.allow_reserved {
        made = made.with("allow_reserved", []);
    }
    made = match field.format {
        FieldFormat::Value => made,
        FieldFormat::Styled => made.with("styled", []),
        FieldFormat::Json => made.with("json", []),
        FieldFormat::File => made.with("file", []),
        FieldFormat::FileOrText => made.with("file_or_text", []),
    };
    if !field.content_type.is_empty() {
        made = made.with("content_type", [text(&field.content_type)]);
    }
    if !field.headers.is_empty() {
        let headers = (field.headers.iter()).map(|(name, value)| tuple([text(name), text(value)]));
        made = made.with("headers", [list(headers)]);
    }
    if !field.xml.is_empty() {
        made = made.with("xml_hints", [text(&field.xml)]);
    }
    if !field.parts.is_empty() {
        made = made.with("parts", [field_list(&field.parts)]);
    }
    with_items(made, &field.items)
}

fn need_expression(need: &Need) -> Expr {
    let made = call("Need::scheme", [text(&need.scheme)]);
    if need.scopes.is_empty() {
        return made;
    }
    let scopes = need.scopes.iter().map(|scope| text(scope));
    made.with("scopes", [list(scopes)])
}

/// The nearest named set of hints with what differs from it.
fn hints_expression(hints: Hints) -> Expr {
    let named = [
        ("READ", Hints::READ),
        ("WRITE", Hints::WRITE),
        ("OVERWRITE", Hints::OVERWRITE),
        ("DESTROY", Hints::DESTROY),
    ];
    let facts = |h: Hints| [h.read_only, h.destructive, h.idempotent, h.open_world];
    let wanted = facts(hints);
    let differing = |base: Hints| {
        facts(base)
            .iter()
            .zip(wanted)
            .filter(|(a, b)| **a != *b)
            .count()
    };
    let (nearest, base) = named
        .into_iter()
        .min_by_key(|(_, base)| differing(*base))
        .unwrap_or(("READ", Hints::READ));
    let mut made = name(&format!("Hints::{nearest}"));
    let setters = ["read_only", "destructive", "idempotent", "open_world"];
    for ((setter, is), base) in setters.into_iter().zip(wanted).zip(facts(base)) {
        if is != base {
            made = made.with(setter, [flag(is)]);
        }
    }
    made
}

fn scheme_expression(scheme: &Scheme) -> String {
    let kind = match &scheme.kind {
        SchemeKind::Basic => "SchemeKind::Basic".to_owned(),
        SchemeKind::Bearer => "SchemeKind::Bearer".to_owned(),
        SchemeKind::Digest => "SchemeKind::Digest".to_owned(),
        SchemeKind::ApiKey(location, name) => {
            let location = match location {
                Location::Path => "Path",
                Location::Query => "Query",
                Location::Header => "Header",
                Location::Cookie => "Cookie",
            };
            format!("SchemeKind::ApiKey(Location::{location}, {})", rust(name))
        }
    };
    format!(
        "Scheme {{ name: {}, env: {}, kind: {kind} }}",
        rust(&scheme.name),
        rust(&scheme.env)
    )
}
