//! `src/prompts.rs`: the prompts as a constant table, where there are any.

use syn::Expr;

use super::expression::{Chain as _, call, lines, list, text};
use super::tools::{header, imports, parsed};
use crate::plan::{Prompt, PromptArgument, PromptContent, PromptMessage};

/// The text of the file.
pub(super) fn module(prompts: &[Prompt]) -> String {
    let mut table = parsed("pub(crate) const PROMPTS: &[PromptDef] = &[];");
    let [syn::Item::Const(constant)] = &mut table.items[..] else {
        unreachable!("the text above is one constant");
    };
    *constant.expr = list(prompts.iter().map(prompt_expression));
    let table = prettyplease::unparse(&table);
    let mut file = header("The prompts as data.");
    file.push_str(
        "\n#![allow(clippy::unicode_not_nfc, reason = \"the texts are the API's own\")]\n",
    );
    file.push_str(&imports(&table, "PromptDef"));
    file + &table
}

fn prompt_expression(prompt: &Prompt) -> Expr {
    let messages = list(prompt.messages.iter().map(message_expression));
    let facts = [text(&prompt.name), text(&prompt.title), messages];
    let mut made = call("PromptDef::new", facts);
    if !prompt.description.is_empty() {
        made = made.with("description", [lines(&prompt.description)]);
    }
    if !prompt.version.is_empty() {
        made = made.with("version", [text(&prompt.version)]);
    }
    if !prompt.arguments.is_empty() {
        let arguments = list(prompt.arguments.iter().map(argument_expression));
        made = made.with("arguments", [arguments]);
    }
    made
}

fn argument_expression(argument: &PromptArgument) -> Expr {
    let mut made = call("PromptArgument::new", [text(&argument.name)]);
    if !argument.title.is_empty() {
        made = made.with("title", [text(&argument.title)]);
    }
    if !argument.description.is_empty() {
        made = made.with("description", [lines(&argument.description)]);
    }
    if argument.required {
        made = made.with("required", []);
    }
    if !argument.values.is_empty() {
        let values = list(argument.values.iter().map(|value| text(value)));
        made = made.with("values", [values]);
    }
    if let Some((tool, name)) = &argument.complete {
        made = made.with("complete", [text(tool), text(name)]);
    }
    made
}

fn message_expression(message: &PromptMessage) -> Expr {
    let content = match &message.content {
        PromptContent::Text(said) => call("PromptContent::Text", [lines(said)]),
        PromptContent::Resource(uri) => call("PromptContent::Resource", [text(uri)]),
        PromptContent::Image(media_type, data) => {
            call("PromptContent::Image", [text(media_type), text(data)])
        }
    };
    let by = if message.by_assistant {
        "PromptMessage::assistant"
    } else {
        "PromptMessage::user"
    };
    call(by, [content])
}
