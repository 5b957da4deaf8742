//! Prompts: which there are for whom, and what they say once their gaps are filled in.
//!
//! The texts are the owner's or the API description's. What fills a gap is text and stays text: it is put in once,
//! and nothing in it is looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptResult, ListPromptsResult, MetaObject, Prompt, PromptArgument,
    PromptMessage, ResourceContents, Role,
};
use serde_json::{Map, Value};

use super::engine::Engine;
use super::policy::View;
use super::server::{LIST_TTL_MS, cache_scope};
use super::tool::{Piece, PromptContent, PromptDef, pieces};

/// `_meta` key: which version of a prompt this is.
const VERSION: &str = "mcpgen/version";
/// `_meta` key: which versions can be asked for as `NAME@VERSION`, the newest first.
const VERSIONS: &str = "mcpgen/versions";

/// How many bytes arguments may add to a prompt: a gap can stand in it often.
const MOST_FILLED: usize = 1 << 20;

/// RFC 3986 §2.3: what never needs an escape.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The prompts of a server.
#[derive(Debug)]
pub(super) struct Prompts {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, Range<usize>>,
}

#[derive(Debug)]
struct Entry {
    def: &'static PromptDef,
    /// The positions of the tools that its texts name: who does not see them does not see it.
    names: BTreeSet<usize>,
}

/// A message that is ready but for what a resource holds.
pub(super) enum Said {
    /// The whole message.
    Message(Box<PromptMessage>),
    /// Who says it, and the resource to be read.
    Resource(Role, String),
}

impl Prompts {
    /// Reads the texts of the prompts.
    pub(super) fn new(engine: &Engine) -> Self {
        let defs = engine.def().prompts.iter();
        let entries: Vec<Entry> = (defs.filter(|def| can_be_given(def, engine)))
            .map(|def| Entry {
                def,
                names: named_tools(def, engine),
            })
            .collect();
        let mut by_name: HashMap<&'static str, Range<usize>> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let range = by_name.entry(entry.def.name).or_insert(index..index);
            range.end = index + 1;
        }
        Self { entries, by_name }
    }

    /// Whether there are none, for whomever.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The versions of a prompt that a caller sees, the newest first.
    fn versions<'p>(&'p self, name: &str, view: &'p View) -> impl Iterator<Item = &'p Entry> {
        let range = self.by_name.get(name).cloned().unwrap_or_default();
        (self.entries[range].iter()).filter(|entry| entry.is_seen(view))
    }

    /// The prompt that is called `NAME`, or `NAME@VERSION`.
    ///
    /// # Errors
    /// There is none of this name for this caller.
    pub(super) fn find(&self, name: &str, view: &View) -> Result<&'static PromptDef, ErrorData> {
        let (plain, version) = match name.split_once('@') {
            Some((plain, version)) => (plain, Some(version)),
            None => (name, None),
        };
        let fits = |entry: &&Entry| version.is_none_or(|version| entry.def.version == version);
        let found = self.versions(plain, view).find(fits);
        found.map(|entry| entry.def).ok_or_else(|| {
            let name: String = name.chars().take(100).collect();
            ErrorData::invalid_params(format!("unknown prompt `{name}`"), None)
        })
    }

    /// The answer to `prompts/list`: of each prompt the newest version.
    pub(super) fn list(&self, view: &View, meta: MetaObject) -> ListPromptsResult {
        let mut before = None;
        let newest = self.entries.iter().filter(|entry| {
            entry.is_seen(view) && before.replace(entry.def.name) != Some(entry.def.name)
        });
        let prompts = newest.map(|entry| self.listed(entry.def, view)).collect();
        let mut list = ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(cache_scope(view));
        list.meta = Some(meta);
        list
    }

    /// What an argument of a prompt may be.
    ///
    /// # Errors
    /// There is no such prompt for this caller, or no such argument.
    pub(super) fn choices(
        &self,
        (name, argument): (&str, &str),
        engine: &Engine,
        view: &View,
    ) -> Result<Vec<String>, ErrorData> {
        let def = self.find(name, view)?;
        let found = def.arguments.iter().find(|known| known.name == argument);
        let argument = found.ok_or_else(|| {
            let message = format!("the prompt `{}` has no such argument", def.name);
            ErrorData::invalid_params(message, None)
        })?;
        let mut values: Vec<String> = argument.values.iter().map(|it| (*it).to_owned()).collect();
        if let Some((tool, argument)) = argument.complete {
            let more = engine.choices(tool, argument, view);
            let more = more.into_iter().filter(|value| !values.contains(value));
            values = values.iter().cloned().chain(more).collect();
        }
        Ok(values)
    }

    fn listed(&self, def: &'static PromptDef, view: &View) -> Prompt {
        let arguments: Vec<_> = def.arguments.iter().map(listed_argument).collect();
        let arguments = (!arguments.is_empty()).then_some(arguments);
        let mut prompt = Prompt::new(def.name, some(def.description), arguments);
        if let Some(title) = some(def.title) {
            prompt = prompt.with_title(title);
        }
        let mut meta = version_meta(def);
        let versions: Vec<&str> = (self.versions(def.name, view))
            .map(|entry| entry.def.version)
            .filter(|version| !version.is_empty())
            .collect();
        if versions.len() > 1 {
            meta.insert(VERSIONS.to_owned(), versions.into());
        }
        prompt.meta = (!meta.is_empty()).then_some(MetaObject(meta));
        prompt
    }
}

impl Entry {
    fn is_seen(&self, view: &View) -> bool {
        self.names.iter().all(|position| view.sees(*position))
    }
}

/// Whether the resources of a prompt are of a kind that this server has, as far as that can be told without its arguments.
fn can_be_given(def: &PromptDef, engine: &Engine) -> bool {
    let scheme = |uri: &'static str| uri.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_own = |wanted: &str| {
        let mut tools = engine.def().groups.iter().flat_map(|group| group.tools);
        wanted == "api" || tools.any(|tool| scheme(tool.resource) == wanted)
    };
    let is_there = |uri: &'static str| match scheme(uri) {
        "openapi" => true,
        it if it.contains("{{") || uri.starts_with("{{") => true,
        it => engine.offers_operations() && is_own(it),
    };
    let missing = def
        .messages
        .iter()
        .find_map(|message| match message.content {
            PromptContent::Resource(uri) if !is_there(uri) => Some(uri),
            _ => None,
        });
    if let Some(uri) = missing {
        tracing::warn!(
            prompt = def.name,
            "a prompt is left out: this server has no resource `{uri}` (`--resources` offers GET operations)"
        );
    }
    missing.is_none()
}

/// The tools that the texts of a prompt name: a word that is a tool's name, in backticks if it is one of a natural
/// language.
fn named_tools(def: &PromptDef, engine: &Engine) -> BTreeSet<usize> {
    let said = def.messages.iter().map(|message| match message.content {
        PromptContent::Text(text) | PromptContent::Resource(text) => text,
        PromptContent::Image(..) => "",
    });
    let asked = def.arguments.iter().flat_map(|argument| {
        let values = argument.values.iter().copied();
        values.chain([argument.title, argument.description])
    });
    let texts = [def.name, def.title, def.description];
    let texts = texts.into_iter().chain(said).chain(asked);
    let mut named = BTreeSet::new();
    for text in texts {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        for (at, word) in words(text, is_name) {
            let quoted = text[..at].ends_with('`') && text[at + word.len()..].starts_with('`');
            let in_uri = text[..at].ends_with('/');
            if quoted || in_uri || word.contains('_') {
                named.extend(engine.position(word));
            }
        }
    }
    named
}

/// The longest runs of these characters, and where they begin.
fn words(text: &str, is_part: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let at = move |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (at(word), word))
}

fn listed_argument(argument: &super::tool::PromptArgument) -> PromptArgument {
    let mut listed = PromptArgument::new(argument.name).with_required(argument.required);
    listed.title = some(argument.title);
    listed.description = some(argument.description);
    listed
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn version_meta(def: &PromptDef) -> Map<String, Value> {
    let version = (!def.version.is_empty()).then(|| (VERSION.to_owned(), def.version.into()));
    version.into_iter().collect()
}

/// What a prompt says with these arguments.
///
/// # Errors
/// A required argument is missing, one is not known or no text, or they are too long.
pub(super) fn said(
    def: &PromptDef,
    arguments: Option<&Map<String, Value>>,
) -> Result<Vec<Said>, ErrorData> {
    let values = checked(def, arguments)?;
    let mut room = MOST_FILLED;
    (def.messages.iter())
        .map(|message| {
            let role = if message.by_assistant {
                Role::Assistant
            } else {
                Role::User
            };
            Ok(match message.content {
                PromptContent::Text(text) => {
                    let text = filled(text, &values, &mut room, ToOwned::to_owned)?;
                    Said::Message(Box::new(PromptMessage::new_text(role, text)))
                }
                PromptContent::Image(media_type, data) => Said::Message(Box::new(
                    PromptMessage::new(role, ContentBlock::image(data, media_type)),
                )),
                PromptContent::Resource(uri) => {
                    // A whole URI is the client's to choose, as in `resources/read`; a part stays that part.
                    let is_whole = matches!(pieces(uri)[..], [Piece::Gap(_)]);
                    let uri = if is_whole {
                        filled(uri, &values, &mut room, ToOwned::to_owned)?
                    } else {
                        let escape = |value: &str| utf8_percent_encode(value, RESERVED).to_string();
                        filled(uri, &values, &mut room, escape)?
                    };
                    Said::Resource(role, uri)
                }
            })
        })
        .collect()
}

/// The arguments by name.
fn checked<'a>(
    def: &PromptDef,
    arguments: Option<&'a Map<String, Value>>,
) -> Result<BTreeMap<&'a str, &'a str>, ErrorData> {
    let invalid = |message: String| Err(ErrorData::invalid_params(message, None));
    let known = || def.arguments.iter().map(|argument| argument.name);
    let mut values = BTreeMap::new();
    for (name, value) in arguments.into_iter().flatten() {
        if !known().any(|known| known == name) {
            let names: Vec<&str> = known().collect();
            let message = if names.is_empty() {
                format!("the prompt `{}` has no arguments", def.name)
            } else {
                format!(
                    "the arguments of the prompt `{}` are `{}`",
                    def.name,
                    names.join("`, `")
                )
            };
            return invalid(message);
        }
        let Some(value) = value.as_str() else {
            return invalid(format!(
                "the argument `{name}` of a prompt must be a string"
            ));
        };
        values.insert(name.as_str(), value);
    }
    let missing = |name: &&str| !values.contains_key(name);
    let required = def.arguments.iter().filter(|argument| argument.required);
    let missing: Vec<&str> = required.map(|it| it.name).filter(missing).collect();
    if missing.is_empty() {
        Ok(values)
    } else {
        invalid(format!(
            "the prompt `{}` needs `{}`",
            def.name,
            missing.join("`, `")
        ))
    }
}

/// The text with its gaps filled in; what is not given is nothing.
fn filled(
    text: &str,
    values: &BTreeMap<&str, &str>,
    room: &mut usize,
    escape: impl Fn(&str) -> String,
) -> Result<String, ErrorData> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Gap(name) => {
                let value = values.get(name).copied().unwrap_or_default();
                *room = room.checked_sub(value.len()).ok_or_else(|| {
                    let message = "the arguments are longer than a prompt may become";
                    ErrorData::invalid_params(message, None)
                })?;
                out.push_str(&escape(value));
            }
        }
    }
    Ok(out)
}

/// The answer to `prompts/get`.
pub(super) fn result(
    def: &PromptDef,
    messages: Vec<PromptMessage>,
    meta: MetaObject,
) -> GetPromptResult {
    let mut result = GetPromptResult::new(messages);
    result.description = some(def.description);
    let MetaObject(mut meta) = meta;
    meta.extend(version_meta(def));
    result.meta = Some(MetaObject(meta));
    result
}

/// A message that embeds what a resource holds.
pub(super) fn embedded(role: Role, contents: ResourceContents) -> PromptMessage {
    PromptMessage::new(role, ContentBlock::resource(contents))
}
