//! The tools by name: their definitions, and their schemas, each parsed when it is first needed.
//!
//! A server of a thousand tools starts by making an index of names; listing them parses what is listed, calling one
//! compiles what that one needs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use http::HeaderValue;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::custom::{CustomTool, Does};
use super::engine::{ListedTool, StartError};
use super::operations::{self, Doing};
use super::output::Output;
use super::request::Plan;
use super::schema::{Definitions, Schema};
use super::structured::on_one_line;
use super::tool::{ServerDef, ToolDef};

/// JSON Schema 2020-12.
const SCHEMA: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schemas of a tool, not yet parsed.
#[derive(Debug, Deserialize)]
struct Texts {
    #[serde(borrow)]
    advertised: &'static RawValue,
    #[serde(borrow, default)]
    precise: Option<&'static RawValue>,
    #[serde(borrow, default)]
    output: Option<&'static RawValue>,
    /// The whole description, where the listed one is a part of it.
    #[serde(default)]
    description: Option<String>,
    /// Whether the listing leaves something out.
    #[serde(default)]
    partial: bool,
    /// Whether clients were told to send null for what is absent.
    #[serde(default, rename = "nullIsAbsent")]
    null_is_absent: bool,
}

type GroupTexts = HashMap<Cow<'static, str>, Texts>;

/// All tools of a server.
#[derive(Debug)]
pub(super) struct Catalog {
    def: ServerDef,
    user_agent: HeaderValue,
    index: HashMap<Cow<'static, str>, usize>,
    /// The generated tools with their groups, in the order in which they are listed; the owner's follow, then ours.
    generated: Vec<(&'static ToolDef, usize)>,
    custom: Vec<CustomTool>,
    prepared: Vec<OnceLock<Box<Prepared>>>,
    custom_inputs: Vec<OnceLock<Schema>>,
    texts: Vec<OnceLock<GroupTexts>>,
    definitions: OnceLock<Definitions<'static>>,
    no_definitions: Definitions<'static>,
}

/// What a call of a tool needs.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) def: &'static ToolDef,
    /// The request, or why there can be none.
    pub(super) plan: Result<Plan, String>,
    pub(super) input: Schema,
    /// Whether null stands for an absent argument.
    pub(super) null_is_absent: bool,
    pub(super) output: Option<Output>,
}

/// A tool as it is known before it is prepared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Listing<'a> {
    /// A generated tool and the tag of its group.
    Generated(&'static ToolDef, &'static str),
    Custom(&'a CustomTool),
}

/// A tool that was found by its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    Generated(&'a Prepared),
    Custom(&'a CustomTool, &'a Schema),
}

impl Catalog {
    /// Makes the index. `follows` is whether work is followed that goes on.
    ///
    /// # Errors
    /// A tool of the owner's that has no legal name, or the name of another.
    pub(super) fn new(
        def: ServerDef,
        user_agent: HeaderValue,
        mut custom: Vec<CustomTool>,
        follows: bool,
    ) -> Result<Self, StartError> {
        let generated: Vec<(&'static ToolDef, usize)> = (def.groups.iter().enumerate())
            .flat_map(|(group, tools)| tools.tools.iter().map(move |tool| (tool, group)))
            .collect();
        let mut index: HashMap<Cow<'static, str>, usize> =
            HashMap::with_capacity(generated.len() + custom.len());
        for (position, (tool, _)) in generated.iter().enumerate() {
            index.insert(Cow::Borrowed(tool.name), position);
        }
        for (position, tool) in custom.iter().enumerate() {
            if !is_tool_name(&tool.name) {
                return Err(StartError(format!(
                    "the tool `{}` of `src/custom.rs` is not called `^[a-z][a-z0-9_]*$`",
                    tool.name
                )));
            }
            let before = index.insert(Cow::Owned(tool.name.clone()), generated.len() + position);
            if before.is_some() {
                return Err(StartError(format!(
                    "the tool `{}` of `src/custom.rs` has the name of another tool",
                    tool.name
                )));
            }
        }
        if follows {
            let own = operations::tools(&def, &|name| index.contains_key(name));
            for tool in own {
                let position = generated.len() + custom.len();
                index.insert(Cow::Owned(tool.name.clone()), position);
                custom.push(tool);
            }
        }
        Ok(Self {
            user_agent,
            index,
            prepared: generated.iter().map(|_| OnceLock::new()).collect(),
            custom_inputs: custom.iter().map(|_| OnceLock::new()).collect(),
            texts: def.groups.iter().map(|_| OnceLock::new()).collect(),
            definitions: OnceLock::new(),
            no_definitions: Definitions::new(),
            generated,
            custom,
            def,
        })
    }

    /// The facts about the server.
    pub(super) fn def(&self) -> &ServerDef {
        &self.def
    }

    /// What every request calls itself.
    pub(super) fn user_agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    /// The place of the tool that does this with work that goes on.
    pub(super) fn doing(&self, wanted: Doing) -> Option<usize> {
        let is_it = |does: &Does| matches!(does, Does::Follow(doing) if *doing == wanted);
        let position = self.custom.iter().position(|tool| is_it(&tool.does))?;
        Some(self.generated.len() + position)
    }

    /// The name of the tool at this position.
    pub(super) fn name_at(&self, position: usize) -> &str {
        match self.generated.get(position) {
            Some((tool, _)) => tool.name,
            None => &self.custom[position - self.generated.len()].name,
        }
    }

    /// All names, in the order in which the tools are listed.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        (self.generated.iter().map(|(tool, _)| tool.name))
            .chain(self.custom.iter().map(|tool| tool.name.as_str()))
    }

    /// All tools by their positions.
    pub(super) fn listings(&self) -> impl Iterator<Item = Listing<'_>> {
        let generated = (self.generated.iter())
            .map(|(tool, group)| Listing::Generated(tool, self.def.groups[*group].tag));
        generated.chain(self.custom.iter().map(Listing::Custom))
    }

    /// The place of a tool among all, in the order in which they are listed.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The generated tool of this name, as the tables have it.
    pub(super) fn generated(&self, name: &str) -> Option<&'static str> {
        let (def, _) = self.generated.get(self.position(name)?)?;
        Some(def.name)
    }

    /// The tool of this name, ready to be called.
    pub(super) fn find(&self, name: &str) -> Option<Found<'_>> {
        self.position(name).map(|position| self.at(position))
    }

    /// The tool at this position, ready to be called.
    pub(super) fn at(&self, position: usize) -> Found<'_> {
        if let Some((def, group)) = self.generated.get(position) {
            let prepared =
                self.prepared[position].get_or_init(|| Box::new(self.prepare(def, *group)));
            return Found::Generated(prepared);
        }
        let position = position - self.generated.len();
        let tool = &self.custom[position];
        let input = self.custom_inputs[position].get_or_init(|| {
            Schema::compile(
                Value::Object(tool.input_schema.clone()),
                &Definitions::new(),
            )
        });
        Found::Custom(tool, input)
    }

    /// Whether clients were told to give every argument, and null for what they leave out.
    pub(super) fn is_strict(&self) -> bool {
        let mut groups = 0..self.def.groups.len();
        groups.any(|group| self.texts(group).values().any(|tool| tool.null_is_absent))
    }

    /// All tools as clients see them; nothing is parsed.
    pub(super) fn listed(&self) -> impl Iterator<Item = ListedTool<'_>> {
        let generated = self.generated.iter().map(|(tool, group)| {
            let texts = self.texts(*group).get(tool.name);
            ListedTool {
                name: tool.name,
                title: tool.title,
                description: described(tool.description, tool.title),
                input_schema: texts.map_or_else(any_object, |texts| one_line(texts.advertised)),
                output_schema: texts.and_then(|texts| texts.output.map(one_line)),
                hints: tool.hints,
            }
        });
        let custom = self.custom.iter().map(|tool| ListedTool {
            name: &tool.name,
            title: &tool.title,
            description: described(&tool.description, &tool.title),
            input_schema: to_raw_value(&tool.input_schema)
                .map_or_else(|_| any_object(), Cow::Owned),
            output_schema: None,
            hints: tool.hints,
        });
        generated.chain(custom)
    }

    /// The generated tools whose listing leaves something out.
    pub(super) fn partial(&self) -> impl Iterator<Item = &'static ToolDef> {
        (self.generated.iter())
            .filter(|(tool, group)| {
                self.texts(*group)
                    .get(tool.name)
                    .is_some_and(|it| it.partial)
            })
            .map(|(tool, _)| *tool)
    }

    /// The schema that a tool's arguments are checked against, complete in itself, with all that is said of the tool.
    pub(super) fn input_schema(&self, name: &str) -> Option<Value> {
        let (schema, title, description) = match self.find(name)? {
            Found::Generated(tool) => {
                let group = self.generated[*self.index.get(name)?].1;
                let texts = self.texts(group).get(name);
                let whole = texts.and_then(|texts| texts.description.as_deref());
                let listed = described(tool.def.description, tool.def.title);
                (
                    &tool.input.document,
                    tool.def.title,
                    whole.unwrap_or(listed),
                )
            }
            Found::Custom(tool, input) => {
                let description = described(&tool.description, &tool.title);
                (&input.document, tool.title.as_str(), description)
            }
        };
        let mut whole = Map::new();
        for (key, text) in [
            ("$schema", SCHEMA),
            ("title", title),
            ("description", description),
        ] {
            whole.insert(key.to_owned(), Value::from(text));
        }
        let own = schema.as_object().into_iter().flatten();
        whole.extend(
            own.filter(|(key, _)| *key != "description")
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        Some(Value::Object(whole))
    }

    /// The output schema of the tool at this position, as text.
    pub(super) fn output_schema(&self, position: usize) -> Option<&'static str> {
        self.texts_at(position)?.output.map(RawValue::get)
    }

    /// The advertised input schema of the generated tool at this position, as text.
    pub(super) fn advertised(&self, position: usize) -> Option<&'static str> {
        Some(self.texts_at(position)?.advertised.get())
    }

    /// The arguments that the generated tool at this position cannot be called without.
    pub(super) fn required(&self, position: usize) -> Vec<String> {
        #[derive(Deserialize)]
        struct Root {
            #[serde(default)]
            required: Vec<String>,
        }
        let texts = self.texts_at(position);
        let root = texts.map(|texts| texts.precise.unwrap_or(texts.advertised));
        let root = root.and_then(|root| serde_json::from_str::<Root>(root.get()).ok());
        root.map(|root| root.required).unwrap_or_default()
    }

    fn texts_at(&self, position: usize) -> Option<&Texts> {
        let (tool, group) = self.generated.get(position)?;
        self.texts(*group).get(tool.name)
    }

    fn prepare(&self, def: &'static ToolDef, group: usize) -> Prepared {
        let texts = self.texts(group).get(def.name);
        let input = texts.map(|texts| texts.precise.unwrap_or(texts.advertised));
        let output = texts.and_then(|texts| texts.output);
        Prepared {
            null_is_absent: texts.is_some_and(|texts| texts.null_is_absent),
            def,
            plan: Plan::new(def, &self.user_agent),
            input: match input {
                Some(input) => Schema::compile(parsed(input), self.definitions_for(input)),
                None => Schema::compile(Value::Bool(true), &self.no_definitions),
            },
            output: output
                .map(|output| Output::compile(parsed(output), self.definitions_for(output))),
        }
    }

    /// The shared definitions if a schema refers to them: reading them takes time.
    fn definitions_for(&self, schema: &RawValue) -> &Definitions<'static> {
        if schema.get().contains("#/$defs/") {
            self.definitions()
        } else {
            &self.no_definitions
        }
    }

    /// The schemas of a group. They are a part of the program: what cannot be read there says so in the log, and the
    /// upstream has to check the arguments.
    fn texts(&self, group: usize) -> &GroupTexts {
        self.texts[group].get_or_init(|| {
            let group = &self.def.groups[group];
            serde_json::from_str(group.schemas).unwrap_or_else(|error| {
                tracing::error!(tag = group.tag, %error, "the schemas of a group are not readable");
                GroupTexts::new()
            })
        })
    }

    fn definitions(&self) -> &Definitions<'static> {
        self.definitions.get_or_init(|| {
            serde_json::from_str(self.def.defs).unwrap_or_else(|error| {
                tracing::error!(%error, "the shared schemas are not readable");
                Definitions::new()
            })
        })
    }
}

/// Some clients take no tool without a description.
fn described<'a>(description: &'a str, title: &'a str) -> &'a str {
    match description {
        "" => title,
        description => description,
    }
}

/// The schema of arguments that nothing is known of.
fn any_object() -> Cow<'static, RawValue> {
    Cow::Borrowed(serde_json::from_str(r#"{"type":"object"}"#).expect("this is JSON"))
}

fn one_line(schema: &'static RawValue) -> Cow<'static, RawValue> {
    match on_one_line(schema.get()) {
        Cow::Borrowed(_) => Cow::Borrowed(schema),
        Cow::Owned(line) => Cow::Owned(RawValue::from_string(line).expect("layout is no content")),
    }
}

fn parsed(schema: &RawValue) -> Value {
    serde_json::from_str(schema.get()).unwrap_or(Value::Bool(true))
}

fn is_tool_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
