//! Prompts: `x-mcp-prompts` at the root of the document and, in its place, the tables of mcpgen.toml.
//!
//! ```yaml
//! x-mcp-prompts:
//!   - name: triage_order
//!     version: "2"
//!     description: Finds out what is wrong with an order.
//!     arguments:
//!       - { name: order_id, required: true }
//!       - { name: status, complete: "op:listOrders.status" }
//!     messages:
//!       - { role: user, text: "What is wrong with the order {{order_id}}?" }
//! ```
//!
//! Who sees a prompt is the runtime's to say.

mod fields;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use indexmap::IndexMap;
use serde_json::Value;

use self::fields::{At, Fields, Wrong};
use super::{
    Group, PlanOptions, Prompt, PromptArgument, PromptContent, PromptMessage, SHORTEST_LIMIT, Tool,
    names, text,
};
use crate::api::Api;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use crate::runtime::completion::choices;
use crate::runtime::text::visible;
use crate::runtime::tool::{Piece, PromptArgument as Argument, pieces};

/// The extension of the document.
pub(super) const EXTENSION: &str = "x-mcp-prompts";
const DESCRIPTION: usize = 1_024;
const TITLE: usize = 80;

/// All prompts; those of one name stand together, the newest version first.
pub(super) fn prompts(
    api: &Api,
    options: &PlanOptions,
    groups: &[Group],
    defs: &IndexMap<String, Value>,
    diagnostics: &mut Diagnostics,
) -> Vec<Prompt> {
    let mut reader = Reader {
        tools: groups.iter().flat_map(|group| &group.tools).collect(),
        defs,
        name_length: options.name_length.max(SHORTEST_LIMIT),
        diagnostics,
    };
    let mut by_name: IndexMap<String, Vec<Prompt>> = IndexMap::new();
    let mut known = BTreeSet::new();
    for source in reader.sources(api, options) {
        let Some(prompt) = reader.prompt(&source) else {
            continue;
        };
        if known.insert((prompt.name.clone(), prompt.version.clone())) {
            by_name.entry(prompt.name.clone()).or_default().push(prompt);
        } else {
            let message = format!("the prompt `{}` is there twice", prompt.label());
            let help = "give each its own name, or its own `version`";
            reader.left_out(&source.place, message, help, &prompt.label());
        }
    }
    for versions in by_name.values_mut() {
        versions.sort_by_cached_key(|prompt| std::cmp::Reverse(order(&prompt.version)));
    }
    by_name.into_values().flatten().collect()
}

impl Prompt {
    /// `NAME`, or `NAME@VERSION`.
    fn label(&self) -> String {
        match &*self.version {
            "" => self.name.clone(),
            version => format!("{}@{version}", self.name),
        }
    }
}

/// What versions are sorted by: numbers as numbers, so that 1.10 is newer than 1.9.
fn order(version: &str) -> Vec<(bool, usize, String)> {
    let part = |part: &str| {
        let digits = part.trim_start_matches('0');
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // Of two numbers, the longer one is the greater.
        let size = if is_number { digits.len() } else { 0 };
        let text = if is_number { digits } else { part };
        (is_number, size, text.to_owned())
    };
    let parts = version.split(['.', '-', '_']);
    parts.filter(|part| !part.is_empty()).map(part).collect()
}

/// A prompt that was not read yet.
struct Source<'s> {
    /// The key that it stands under, where that is its name.
    name: Option<&'s str>,
    value: &'s Value,
    place: At,
}

struct Reader<'r> {
    tools: Vec<&'r Tool>,
    defs: &'r IndexMap<String, Value>,
    name_length: usize,
    diagnostics: &'r mut Diagnostics,
}

impl Reader<'_> {
    fn sources<'s>(&mut self, api: &'s Api, options: &'s PlanOptions) -> Vec<Source<'s>> {
        let place = At::Spec(JsonPointer::root().child(EXTENSION));
        let mut sources = Vec::new();
        match api.extensions.get(EXTENSION) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => sources.extend(versions(None, items, &place)),
            Some(Value::Object(by_name)) => {
                for (name, value) in by_name {
                    named(name, value, &place.child(name), &mut sources);
                }
            }
            Some(_) => {
                let message = format!("`{EXTENSION}` is neither a list of prompts nor an object");
                let help = "write a list of objects with `name` and `text` or `messages`";
                self.left_out(&place, message, help, "");
            }
        }
        // What mcpgen.toml says about a name is all that there is of it.
        let decided: BTreeSet<&str> = options.prompts.iter().map(|own| &*own.name).collect();
        sources.retain(|source| {
            let name = source.name.or_else(|| source.value.get("name")?.as_str());
            name.is_none_or(|name| !decided.contains(name))
        });
        for own in &options.prompts {
            named(
                &own.name,
                &own.value,
                &At::Config(own.place.clone()),
                &mut sources,
            );
        }
        sources.retain(|source| source.value.get("enabled") != Some(&Value::Bool(false)));
        sources
    }

    /// One prompt, or the diagnostic that says why it was left out.
    fn prompt(&mut self, source: &Source<'_>) -> Option<Prompt> {
        let label = source.name.or_else(|| source.value.get("name")?.as_str());
        let label = label.unwrap_or_default().to_owned();
        match self.read(source) {
            Ok(prompt) => Some(prompt),
            Err(wrong) => {
                self.left_out(&wrong.place, wrong.message, &wrong.help, &label);
                None
            }
        }
    }

    fn read(&mut self, source: &Source<'_>) -> Result<Prompt, Wrong> {
        let at = &source.place;
        let fields = Fields::of(source.value, at, "a prompt")?;
        fields.check(&[
            "name",
            "title",
            "description",
            "version",
            "enabled",
            "arguments",
            "messages",
            "text",
        ])?;
        let name = match source.name {
            Some(name) => name.to_owned(),
            None => fields
                .text("name")?
                .ok_or_else(|| Wrong::new(at, "a prompt has no `name`", "give it one"))?,
        };
        if !names::is_tool_name(&name, self.name_length) {
            let help = format!(
                "use lower-case letters, digits and `_`, a letter first, at most {} characters",
                self.name_length
            );
            return Err(Wrong::new(
                at,
                format!("`{name}` is not a legal name of a prompt"),
                help,
            ));
        }
        let arguments = self.arguments(&fields)?;
        let messages = messages(&fields)?;
        check_gaps(&messages, &arguments)?;
        let words = name.replace('_', " ");
        let title = fields.text("title")?.map(|title| text::line(&title));
        Ok(Prompt {
            title: text::cut(&title.unwrap_or_else(|| text::capitalised(&words)), TITLE),
            description: description(&fields)?,
            version: version(&fields)?,
            name,
            arguments,
            messages: messages.into_iter().map(|(message, _)| message).collect(),
        })
    }

    fn arguments(&mut self, fields: &Fields<'_>) -> Result<Vec<PromptArgument>, Wrong> {
        let mut arguments: Vec<PromptArgument> = Vec::new();
        for (value, at) in fields.list("arguments")? {
            let fields = match value {
                // A name alone is an argument too.
                Value::String(_) => Fields::empty(&at),
                value => Fields::of(value, &at, "an argument of a prompt")?,
            };
            fields.check(&[
                "name",
                "title",
                "description",
                "required",
                "values",
                "complete",
            ])?;
            let name = match value.as_str() {
                Some(name) => Some(name.to_owned()),
                None => fields.text("name")?,
            };
            let name = name.unwrap_or_default();
            if !Argument::is_name(&name) {
                let message = format!("`{name}` is not a legal name of an argument");
                let help = "use letters, digits and `_`, at most 64 characters";
                return Err(Wrong::new(&at, message, help));
            }
            if arguments.iter().any(|other| other.name == name) {
                let message = format!("the argument `{name}` is there twice");
                return Err(Wrong::new(&at, message, "give each a name of its own"));
            }
            let title = fields.text("title")?.unwrap_or_default();
            arguments.push(PromptArgument {
                name,
                title: text::cut(&text::line(&title), TITLE),
                description: description(&fields)?,
                required: fields.flag("required")?,
                values: values(&fields)?,
                complete: match fields.text("complete")? {
                    Some(from) => self.completion(&from, &fields.place("complete")),
                    None => None,
                },
            });
        }
        Ok(arguments)
    }

    /// `op:ID.ARGUMENT` as a tool and its argument. A prompt is of use without it.
    fn completion(&mut self, from: &str, place: &At) -> Option<(String, String)> {
        let parts = from
            .strip_prefix("op:")
            .and_then(|from| from.rsplit_once('.'));
        let found = parts.and_then(|(id, argument)| {
            let is_meant = |tool: &&&Tool| tool.operation_id.as_deref() == Some(id);
            let tool = self.tools.iter().find(is_meant)?;
            let definition = |name: &str| self.defs.get(name);
            let has = !choices(&tool.precise, argument, &definition).is_empty();
            has.then(|| (tool.name.clone(), argument.to_owned()))
        });
        if found.is_none() {
            let message = format!("`complete: {from}` names no argument with a list of values");
            let help =
                "write `op:ID.ARGUMENT`, a tool's operation and an argument that has an `enum`";
            let diagnostic = Diagnostic::new(Code::InvalidPrompt, message).with_help(help);
            self.diagnostics.push(diagnostic.in_place(place.place()));
        }
        found
    }

    fn left_out(&mut self, at: &At, message: impl Into<String>, help: &str, prompt: &str) {
        let mut diagnostic = Diagnostic::new(Code::InvalidPrompt, message)
            .in_place(at.place())
            .with_help(help);
        if !prompt.is_empty() {
            diagnostic = diagnostic.skipping(format!("prompt `{prompt}`"));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// The versions of a prompt that stand under its name: one, or a list.
fn named<'s>(name: &'s str, value: &'s Value, place: &At, sources: &mut Vec<Source<'s>>) {
    match value {
        Value::Array(items) => sources.extend(versions(Some(name), items, place)),
        value => sources.push(Source {
            name: Some(name),
            value,
            place: place.clone(),
        }),
    }
}

fn versions<'s>(
    name: Option<&'s str>,
    items: &'s [Value],
    place: &At,
) -> impl Iterator<Item = Source<'s>> {
    (items.iter().enumerate()).map(move |(index, value)| Source {
        name,
        value,
        place: place.child(index),
    })
}

/// Messages with their places.
type Messages = Vec<(PromptMessage, At)>;

fn messages(fields: &Fields<'_>) -> Result<Messages, Wrong> {
    let single = fields.text("text")?;
    let listed = fields.list("messages")?;
    match (single, &listed[..]) {
        (Some(said), []) => {
            let content = PromptContent::Text(seen(&said));
            let message = PromptMessage {
                by_assistant: false,
                content,
            };
            Ok(vec![(message, fields.place("text"))])
        }
        (None, [_, ..]) => listed.into_iter().map(message).collect(),
        _ => Err(Wrong::new(
            &fields.at,
            "a prompt has neither `text` nor `messages`, or both",
            "write one of them",
        )),
    }
}

fn message((value, at): (&Value, At)) -> Result<(PromptMessage, At), Wrong> {
    let fields = Fields::of(value, &at, "a message of a prompt")?;
    fields.check(&["role", "text", "resource", "image"])?;
    let by_assistant = match fields.text("role")?.as_deref() {
        None | Some("user") => false,
        Some("assistant") => true,
        Some(role) => {
            let message = format!("`{role}` is no role of a message");
            return Err(Wrong::new(
                &fields.place("role"),
                message,
                "write `user` or `assistant`",
            ));
        }
    };
    let kinds = (
        fields.text("text")?,
        fields.text("resource")?,
        fields.text("image")?,
    );
    let content = match kinds {
        (Some(said), None, None) => PromptContent::Text(seen(&said)),
        (None, Some(uri), None) => PromptContent::Resource(seen(&uri)),
        (None, None, Some(image)) => data_url(&image).ok_or_else(|| {
            let help = "write `data:image/png;base64,…`";
            Wrong::new(
                &fields.place("image"),
                "an image is no `data:` URL in base64",
                help,
            )
        })?,
        _ => {
            let message = "a message has none of `text`, `resource` and `image`, or several";
            return Err(Wrong::new(&at, message, "write one of them"));
        }
    };
    let message = PromptMessage {
        by_assistant,
        content,
    };
    Ok((message, at))
}

/// RFC 2397, as far as it is about images in base64.
fn data_url(url: &str) -> Option<PromptContent> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let subtype = media_type.strip_prefix("image/")?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-+.".contains(c);
    let is_plain = !subtype.is_empty() && subtype.chars().all(is_token);
    let data: String = data.split_ascii_whitespace().collect();
    (is_plain && !data.is_empty() && BASE64_STANDARD.decode(&data).is_ok())
        .then(|| PromptContent::Image(media_type.to_owned(), data))
}

/// A gap that no argument fills would go to the model as it is.
fn check_gaps(messages: &Messages, arguments: &[PromptArgument]) -> Result<(), Wrong> {
    for (message, at) in messages {
        let (PromptContent::Text(said) | PromptContent::Resource(said)) = &message.content else {
            continue;
        };
        for piece in pieces(said) {
            let Piece::Gap(name) = piece else { continue };
            if !arguments.iter().any(|argument| argument.name == name) {
                let message = format!("`{{{{{name}}}}}` is no argument of the prompt");
                let help = format!("add `{name}` to `arguments`, or correct the name");
                return Err(Wrong::new(at, message, help));
            }
        }
    }
    Ok(())
}

fn version(fields: &Fields<'_>) -> Result<String, Wrong> {
    let version = match fields.map.get("version") {
        None => return Ok(String::new()),
        Some(Value::String(version)) => version.clone(),
        Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
        // `1.10` is the number 1.1.
        Some(_) => String::new(),
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=32).contains(&version.len()) && version.chars().all(is_part) {
        return Ok(version);
    }
    let help = "write at most 32 letters, digits, `.`, `_` and `-`, in quotes: `\"1.10\"`";
    let place = fields.place("version");
    Err(Wrong::new(
        &place,
        "`version` of a prompt is no version",
        help,
    ))
}

fn values(fields: &Fields<'_>) -> Result<Vec<String>, Wrong> {
    let values = fields.list("values")?.into_iter();
    values
        .map(|(value, at)| match value {
            Value::String(value) => Ok(seen(value)),
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            _ => Err(Wrong::new(
                &at,
                "one of `values` is no text",
                "write a list of texts",
            )),
        })
        .collect()
}

fn description(fields: &Fields<'_>) -> Result<String, Wrong> {
    let description = fields.text("description")?.unwrap_or_default();
    Ok(text::cut(&text::plain(&description), DESCRIPTION))
}

/// The text without what a person does not see.
fn seen(said: &str) -> String {
    visible(said.into()).into_owned()
}
