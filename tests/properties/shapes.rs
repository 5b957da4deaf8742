//! What is left of a file when everything that it says is taken away: its structure, to be compared with another's.

use mcpgen::emit::{group_schemas, shared_schemas};
use mcpgen::plan::Plan;
use proc_macro2::{Literal, TokenStream, TokenTree};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

/// Whether a character is not seen, or changes how its neighbours are seen: controls other than line breaks and tabs,
/// bidirectional controls (Unicode TR 36 §2.9), separators, zero-width characters and tags. The joiners and the selector
/// of emoji stay: words of Persian and of Indian languages are written with them.
pub(super) fn is_hidden(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\n' | '\t');
    is_control
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Rust with every literal emptied; comments are gone, documentation comments are literals.
pub(super) fn rust(path: &str, text: &str) -> String {
    fn emptied(tokens: TokenStream, out: &mut String) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    out.push_str(&format!(" {:?}[", group.delimiter()));
                    emptied(group.stream(), out);
                    out.push(']');
                }
                TokenTree::Literal(_) => out.push_str(" \"\""),
                // A trailing comma comes with a line break, and goes with it.
                TokenTree::Punct(punct) if punct.as_char() == ',' => {}
                other => out.push_str(&format!(" {other}")),
            }
        }
    }
    if let Err(error) = syn::parse_file(text) {
        panic!("{path} is no Rust: {error}\n{text}");
    }
    let mut out = String::new();
    emptied(rust_tokens(text), &mut out);
    out
}

fn rust_tokens(text: &str) -> TokenStream {
    text.parse().expect("what syn takes has tokens")
}

/// The values of all string literals of a Rust file.
pub(super) fn rust_texts(text: &str) -> Vec<String> {
    fn value(literal: &Literal) -> Option<String> {
        syn::parse_str::<syn::LitStr>(&literal.to_string())
            .ok()
            .map(|literal| literal.value())
    }
    fn collect(tokens: TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => collect(group.stream(), found),
                TokenTree::Literal(literal) => found.extend(value(&literal)),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(rust_tokens(text), &mut found);
    found
}

/// Markdown without its words: which blocks, spans, links and HTML there are. An address of a link is structure.
pub(super) fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let mut out = String::new();
    let mut in_code_block = false;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code_block = true;
                out.push_str(&format!("code {kind:?}\n"));
            }
            Event::End(TagEnd::CodeBlock) => in_code_block = false,
            // Commands that people copy: none of their words is a spec's.
            Event::Text(text) if in_code_block => out.push_str(&format!("{text:?}\n")),
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => {}
            // Our own way to write a code span that backticks cannot.
            Event::InlineHtml(html) if matches!(&*html, "<code>" | "</code>") => {}
            other => out.push_str(&format!("{other:?}\n")),
        }
    }
    out
}

/// The keys of all objects, and how long the lists are.
pub(super) fn keys(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", keys(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items = items.iter().map(keys);
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        _ => String::new(),
    }
}

/// Panics where a schema file reads as anything but the schemas of the plan.
pub(super) fn assert_schemas_are_the_plans(plan: &Plan) {
    let read = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    };
    let defs = read(&shared_schemas(plan));
    let defs = defs.as_object().expect("an object");
    assert_eq!(defs.len(), plan.defs.len());
    for (name, schema) in &plan.defs {
        assert_eq!(&defs[name], schema, "{name}");
    }
    for group in &plan.groups {
        let schemas = read(&group_schemas(group));
        for tool in &group.tools {
            let own = &schemas[&tool.name];
            let precise = own.get("precise").unwrap_or(&own["advertised"]);
            assert_eq!(own["advertised"], tool.advertised, "{}", tool.name);
            assert_eq!(precise, &tool.precise, "{}", tool.name);
            assert_eq!(own.get("output"), tool.output.as_ref(), "{}", tool.name);
        }
    }
}
