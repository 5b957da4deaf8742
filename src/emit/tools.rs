//! `src/tools/`: the request facts of every tool as constant tables, for the runtime to read and for people.
//!
//! The text is built as Rust source with every string quoted, parsed, and printed by prettyplease; a comment is an
//! attribute `#[comment = …]` until then, which prettyplease prints as a comment.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::modules::Module;
use super::quote::{comment, rust, rust_lines, rustdoc};
use crate::plan::{
    Body, BodySource, Field, Need, Parameter, Plan, Scheme, SchemeKind, ServerTemplate, Tool,
};
use crate::runtime::tool::{
    BodyFormat, FieldFormat, Hints, Location, ParameterFormat, ResultShape, Style,
};

/// The text of `src/tools/<module>.rs`.
pub(super) fn group_module(module: &Module<'_>) -> String {
    let group = module.group;
    let mut table = String::from("pub(super) const TOOLS: &[ToolDef] = &[\n");
    for tool in &group.tools {
        table.push_str(&tool_expression(tool));
        table.push_str(",\n");
    }
    table.push_str("];\n");
    let mut file = header(&format!("The tools of the tag {}.", rustdoc(&group.tag)));
    file.push_str(&imports(&table, "ToolDef"));
    file + &pretty(&table)
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
            .url
            .as_deref()
            .map_or_else(|| "None".to_owned(), |url| format!("Some({})", rust(url)));
        let mut expression = format!("BaseUrl::new({url})");
        if !base.templates.is_empty() {
            let templates = list(&base.templates, template_expression);
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
        "],\ndefs: include_str!(\"../../schemas/defs.json\"),\n}};"
    );
    let mut file = header("The tools as data, a module for each tag.");
    file.push_str(
        "#![allow(clippy::unicode_not_nfc, reason = \"the texts are the API's own\")]\n\n",
    );
    for module in modules {
        let _ = writeln!(file, "#[rustfmt::skip]\nmod {};", module.name);
    }
    file.push_str(&imports(&server, "ServerDef"));
    file + &pretty(&server)
}

fn header(what: &str) -> String {
    format!(
        "//! {what}\n//!\n//! Written by mcpgen; `src/custom.rs` is the place for your own tools.\n"
    )
}

/// The `use` line for the types of `runtime::tool` that a text names.
fn imports(text: &str, always: &'static str) -> String {
    const TYPES: [&str; 19] = [
        "Alternative",
        "BaseUrl",
        "Body",
        "BodyFormat",
        "BodySource",
        "Choice",
        "Field",
        "Group",
        "Hints",
        "Location",
        "Need",
        "Parameter",
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

/// The text with every string literal emptied.
fn without_strings(text: &str) -> String {
    let mut result = String::new();
    let mut inside = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => inside = !inside,
            '\\' if inside => {
                chars.next();
            }
            _ if !inside => result.push(c),
            _ => {}
        }
    }
    result
}

/// Formats items, or says which text of ours is no Rust.
fn pretty(text: &str) -> String {
    match syn::parse_file(text) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => panic!("mcpgen wrote Rust that does not parse: {error}\n{text}"),
    }
}

fn tool_expression(tool: &Tool) -> String {
    let mut text = format!(
        "#[comment = {}]\nToolDef::new({}, {}, {})\n",
        rust(&format!(" {}", headline(tool))),
        rust(&tool.name),
        rust(&tool.method),
        rust(&tool.path)
    );
    if tool.title != tool.name {
        let _ = writeln!(text, ".title({})", rust(&tool.title));
    }
    if !tool.description.is_empty() {
        let _ = writeln!(text, ".description({})", rust_lines(&tool.description));
    }
    if let Some(id) = &tool.operation_id {
        let _ = writeln!(text, ".operation_id({})", rust(id));
    }
    if tool.server != 0 {
        let _ = writeln!(text, ".server({})", tool.server);
    }
    if !tool.parameters.is_empty() {
        let list = list(&tool.parameters, parameter_expression);
        let _ = writeln!(text, ".parameters(&[{list}])");
    }
    if let Some(body) = &tool.body {
        let _ = writeln!(text, ".body({})", body_expression(body));
    }
    if tool.accept != "*/*" {
        let _ = writeln!(text, ".accept({})", rust(&tool.accept));
    }
    if !tool.security.is_empty() {
        let list = list(&tool.security, |needs| {
            format!("&[{}]", self::list(needs, need_expression))
        });
        let _ = writeln!(text, ".security(&[{list}])");
    }
    if tool.hints != Hints::WRITE {
        let _ = writeln!(text, ".hints({})", hints_expression(tool.hints));
    }
    match tool.result {
        ResultShape::Unstructured => {}
        ResultShape::Object => text.push_str(".result(ResultShape::Object)\n"),
        ResultShape::Wrapped => text.push_str(".result(ResultShape::Wrapped)\n"),
    }
    text
}

/// What a person reads above a tool: `GET /orders — List my orders`.
fn headline(tool: &Tool) -> String {
    let mark = if tool.deprecated { " (deprecated)" } else { "" };
    comment(&format!(
        "{} {} — {}{mark}",
        tool.method, tool.path, tool.title
    ))
}

fn list<T>(items: &[T], expression: impl Fn(&T) -> String) -> String {
    items.iter().map(expression).collect::<Vec<_>>().join(", ")
}

fn parameter_expression(parameter: &Parameter) -> String {
    let (constructor, style, explode) = match parameter.location {
        Location::Path => ("path", Style::Simple, false),
        Location::Query => ("query", Style::Form, true),
        Location::Header => ("header", Style::Simple, false),
        Location::Cookie => ("cookie", Style::Form, true),
    };
    let mut text = format!("Parameter::{constructor}({})", rust(&parameter.name));
    if parameter.argument != parameter.name {
        let _ = write!(text, ".argument({})", rust(&parameter.argument));
    }
    if (parameter.style, parameter.explode) != (style, explode) {
        let _ = write!(
            text,
            ".style({}, {})",
            style_expression(parameter.style),
            parameter.explode
        );
    }
    if parameter.allow_reserved {
        text.push_str(".allow_reserved()");
    }
    match parameter.format {
        ParameterFormat::Style => {}
        ParameterFormat::Json => text.push_str(".json()"),
        ParameterFormat::Form => text.push_str(".form()"),
    }
    if parameter.whole_query {
        text.push_str(".whole_query()");
    }
    text
}

fn template_expression(template: &ServerTemplate) -> String {
    let variables = list(&template.variables, |variable| {
        format!(
            "Variable {{ name: {}, env: {}, default: {}, values: &[{}] }}",
            rust(&variable.name),
            rust(&variable.variable),
            rust(&variable.default),
            list(&variable.values, |value| rust(value))
        )
    });
    format!(
        "Template {{ url: {}, variables: &[{variables}] }}",
        rust(&template.url)
    )
}

fn style_expression(style: Style) -> &'static str {
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

fn body_expression(body: &Body) -> String {
    let (constructor, media_type) = match body.format {
        BodyFormat::Json => ("json", "application/json"),
        BodyFormat::Form => ("form", "application/x-www-form-urlencoded"),
        BodyFormat::Multipart => ("multipart", "multipart/form-data"),
        BodyFormat::Xml => ("xml", "application/xml"),
        BodyFormat::JsonLines => ("json_lines", "application/x-ndjson"),
        BodyFormat::Text => ("text", "text/plain; charset=utf-8"),
        BodyFormat::Bytes => ("bytes", "application/octet-stream"),
    };
    let source = match &body.source {
        BodySource::Fields(fields) => {
            format!("BodySource::Fields(&[{}])", list(fields, field_expression))
        }
        BodySource::Whole(argument) => format!("BodySource::Whole({})", rust(argument)),
        BodySource::Object(argument, fields) => format!(
            "BodySource::Object({}, &[{}])",
            rust(argument),
            list(fields, field_expression)
        ),
    };
    let mut text = match body.format {
        BodyFormat::Xml => format!("Body::xml({source}, {})", rust(&body.xml)),
        _ => format!("Body::{constructor}({source})"),
    };
    if !body.xml.is_empty() && body.format != BodyFormat::Xml {
        let _ = write!(text, ".xml_hints({})", rust(&body.xml));
    }
    if let Some((argument, others)) = &body.choice {
        let others = list(others, |other| {
            let mut text = format!(
                "Alternative::new({}, {})",
                rust(&other.media_type),
                format_expression(other.format)
            );
            if let Some(fields) = &other.fields {
                let fields = list(fields, field_expression);
                let _ = write!(text, ".fields(&[{fields}])");
            }
            if !other.xml.is_empty() {
                let _ = write!(text, ".xml_hints({})", rust(&other.xml));
            }
            text
        });
        let _ = write!(
            text,
            ".choice(&Choice::new({}, &[{others}]))",
            rust(argument)
        );
    }
    if body.media_type != media_type {
        let _ = write!(text, ".media_type({})", rust(&body.media_type));
    }
    if !body.required {
        text.push_str(".optional()");
    }
    text
}

fn format_expression(format: BodyFormat) -> &'static str {
    match format {
        BodyFormat::Json => "BodyFormat::Json",
        BodyFormat::Form => "BodyFormat::Form",
        BodyFormat::Multipart => "BodyFormat::Multipart",
        BodyFormat::Xml => "BodyFormat::Xml",
        BodyFormat::JsonLines => "BodyFormat::JsonLines",
        BodyFormat::Text => "BodyFormat::Text",
        BodyFormat::Bytes => "BodyFormat::Bytes",
    }
}

fn field_expression(field: &Field) -> String {
    let mut text = format!("Field::new({})", rust(&field.name));
    if field.argument != field.name {
        let _ = write!(text, ".argument({})", rust(&field.argument));
    }
    if (field.style, field.explode) != (Style::Form, true) {
        let _ = write!(
            text,
            ".style({}, {})",
            style_expression(field.style),
            field.explode
        );
    }
    if field.allow_reserved {
        text.push_str(".allow_reserved()");
    }
    match field.format {
        FieldFormat::Value => {}
        FieldFormat::Styled => text.push_str(".styled()"),
        FieldFormat::Json => text.push_str(".json()"),
        FieldFormat::File => text.push_str(".file()"),
    }
    if !field.content_type.is_empty() {
        let _ = write!(text, ".content_type({})", rust(&field.content_type));
    }
    if !field.headers.is_empty() {
        let headers = list(&field.headers, |(name, value)| {
            format!("({}, {})", rust(name), rust(value))
        });
        let _ = write!(text, ".headers(&[{headers}])");
    }
    text
}

fn need_expression(need: &Need) -> String {
    let mut text = format!("Need::scheme({})", rust(&need.scheme));
    if !need.scopes.is_empty() {
        let _ = write!(
            text,
            ".scopes(&[{}])",
            list(&need.scopes, |scope| rust(scope))
        );
    }
    text
}

/// The nearest named set of hints with what differs from it.
fn hints_expression(hints: Hints) -> String {
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
    let (name, base) = named
        .into_iter()
        .min_by_key(|(_, base)| differing(*base))
        .unwrap_or(("READ", Hints::READ));
    let mut text = format!("Hints::{name}");
    let setters = ["read_only", "destructive", "idempotent", "open_world"];
    for ((setter, is), base) in setters.into_iter().zip(wanted).zip(facts(base)) {
        if is != base {
            let _ = write!(text, ".{setter}({is})");
        }
    }
    text
}

fn scheme_expression(scheme: &Scheme) -> String {
    let kind = match &scheme.kind {
        SchemeKind::Basic => "SchemeKind::Basic".to_owned(),
        SchemeKind::Bearer => "SchemeKind::Bearer".to_owned(),
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
