//! IR 2: which tools there are, and how each call becomes a request.
//!
//! `plan` reads an [`Api`] and decides names, arguments, schemas, hints and descriptions. `emit`
//! prints a [`Plan`] as a crate, `serve` runs it. No OpenAPI words here.

mod body;
mod build;
mod curation;
mod describe;
mod fields;
mod long_running;
mod media;
mod names;
mod pages;
mod parameters;
mod parts;
mod prompts;
mod resources;
mod schema;
mod selection;
#[cfg(test)]
mod tests;
mod text;
mod upstream;
mod ways;
mod xml;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::api::{Api, Operation};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place};
use crate::runtime::tool::{
    BodyFormat, FieldFormat, FinalState, Hints, Location, ParameterFormat, ResultShape, Style,
};
use crate::selector::{Selector, Subject};
pub use schema::profile::SchemaProfile;

/// OpenAI and GitHub Copilot take no more tools at once. Whoever has more pays for every sentence a thousand times,
/// so their descriptions are kept short.
const MANY_TOOLS: usize = 128;

/// A limit below this would leave nothing of a name but its hash.
const SHORTEST_LIMIT: usize = 16;

/// What people may decide about a plan.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// The server's name; otherwise made from the API's title.
    pub name: Option<String>,
    /// Where the name was given, if not on the command line.
    pub name_place: Option<Place>,
    /// Only these operations; none means all.
    pub include: Vec<Selector>,
    /// Not these operations; wins over `include`.
    pub exclude: Vec<Selector>,
    /// Names and texts for the tools of these operations; later ones over earlier ones.
    pub tools: Vec<(Selector, ToolOverride)>,
    /// The prompts of the owner, each in the place of the document's of the same name.
    pub prompts: Vec<PromptOverride>,
    /// The longest tool name, in characters; at least 16.
    pub name_length: usize,
    /// The largest advertised schema of a tool, in tokens.
    pub schema_budget: usize,
    /// Who reads the advertised schemas.
    pub schema_profile: SchemaProfile,
    /// The largest output schema of a tool, in tokens.
    pub output_budget: usize,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            name: None,
            name_place: None,
            include: Vec::new(),
            exclude: Vec::new(),
            tools: Vec::new(),
            prompts: Vec::new(),
            name_length: 40,
            schema_budget: 2_000,
            schema_profile: SchemaProfile::Portable,
            output_budget: 200,
        }
    }
}

/// What a person decided about a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolOverride {
    /// `^[a-z][a-z0-9_]*$`, at most [`PlanOptions::name_length`] characters.
    pub name: Option<String>,
    /// What a person reads.
    pub title: Option<String>,
    /// What the model reads.
    pub description: Option<String>,
    /// The URI of a GET operation as a resource.
    pub resource: Option<String>,
    /// Where the name was given.
    pub name_place: Option<Place>,
}

/// A prompt that a person wrote into mcpgen.toml.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptOverride {
    /// Its name.
    pub name: String,
    /// Its fields, or a list of its versions; not checked yet.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// Decides which tools there are. `None` when there would be none at all, which the diagnostics explain.
#[must_use]
pub fn plan(api: &Api, options: &PlanOptions, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let selected = selection::selected(api, options, diagnostics);
    let mut curations: BTreeMap<usize, curation::Curation> = (selected.iter())
        .map(|index| {
            let operation = &api.operations[*index];
            let curation = curation::Curation::of(operation, options, diagnostics);
            (*index, curation)
        })
        .collect();
    selection::drop_disabled(api, &mut curations, diagnostics);
    let name_length = options.name_length.max(SHORTEST_LIMIT);
    let taken = curation::check_names(&mut curations, &api.operations, name_length, diagnostics);
    // Of all operations, also those that are left out: a selector must not rename the tools that stay.
    let names = names::tool_names(&api.operations, &taken, name_length);
    let made: Vec<OnceCell<Value>> = vec![OnceCell::new(); api.operations.len()];
    let schemas = schema::Schemas::new(&api.schemas);
    let mut shared = build::Drafts {
        schemas: &schemas,
        patterns: schema::pattern::Patterns::new(),
        precise: schema::precise::Precise::new(&schemas),
        servers: upstream::Servers::new(api, diagnostics),
        schemes: upstream::Schemes::new(api),
    };
    let is_terse = curations.len() > MANY_TOOLS;
    let drafts = curations.iter().filter_map(|(index, curation)| {
        let operation = &api.operations[*index];
        let name = curation
            .name
            .clone()
            .unwrap_or_else(|| names[*index].clone());
        shared.draft(operation, name, curation, &made[*index], diagnostics)
    });
    let (mut tools, told) = build::tools(drafts, &schemas, options, is_terse);
    for diagnostic in told {
        diagnostics.push(diagnostic);
    }
    shared.precise.tell(api, diagnostics);
    if tools.is_empty() {
        diagnostics.push(selection::no_tools(
            api,
            options,
            selected.len(),
            curations.len(),
        ));
        return None;
    }
    describe::name_tools(&mut tools);
    resources::check(&mut tools, diagnostics);
    let defs = shared.precise.into_definitions();
    if options.schema_profile == SchemaProfile::Full {
        let whole = schema::whole::Whole::new(&defs);
        for tool in &mut tools {
            if let Some(schema) = whole.schema(&tool.precise) {
                tool.advertised = schema;
                tool.is_partial = tool.whole_description.is_some();
            } else if tool.is_partial {
                let message = format!(
                    "the whole input schema of `{}` is too long to be advertised",
                    tool.name
                );
                let diagnostic = Diagnostic::new(Code::SchemaLeftOpen, message);
                diagnostics.push(diagnostic.at(&tool.pointer));
            }
        }
    }
    let groups = selection::groups(api, tools);
    let prompts = prompts::prompts(api, options, &groups, &defs, diagnostics);
    Some(Plan {
        name: server_name(api, options, diagnostics),
        title: text::line(&api.title),
        version: text::line(&api.version),
        description: api.description.clone().unwrap_or_default(),
        instructions: describe::instructions(api, &groups),
        servers: shared.servers.into_vec(),
        schemes: shared.schemes.into_vec(),
        groups,
        defs,
        prompts,
    })
}

/// Roughly how many tokens a model reads a text as.
#[must_use]
pub fn estimated_tokens(text_chars: usize) -> usize {
    text_chars / 4
}

fn server_name(api: &Api, options: &PlanOptions, diagnostics: &mut Diagnostics) -> String {
    match &options.name {
        Some(name) if names::is_server_name(name) => name.clone(),
        Some(name) => {
            let message = format!("`{name}` is not a legal server name");
            let diagnostic = Diagnostic::new(Code::InvalidName, message).with_help(format!(
                "use lower-case letters, digits and `-`, a letter first, at most {} characters",
                names::SERVER_LENGTH
            ));
            diagnostics.push(match &options.name_place {
                Some(place) => diagnostic.in_place(place.clone()),
                None => diagnostic,
            });
            names::server_name(name)
        }
        None => names::server_name(&api.title),
    }
}

/// How a diagnostic speaks of an operation.
fn operation_label(operation: &Operation) -> String {
    operation.operation_id.as_ref().map_or_else(
        || format!("operation `{} {}`", operation.method, operation.path),
        |id| format!("operation `{id}`"),
    )
}

fn subject(operation: &Operation) -> Subject<'_> {
    Subject {
        operation_id: operation.operation_id.as_deref(),
        method: &operation.method,
        path: &operation.path,
        tags: &operation.tags,
        deprecated: operation.deprecated,
    }
}

/// A whole server.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The short name: `serverInfo.name`, and the crate is `<name>-mcp`. `^[a-z][a-z0-9-]*$`, at most 19 characters.
    pub name: String,
    /// The API's title.
    pub title: String,
    /// The API's version.
    pub version: String,
    /// The API's description, CommonMark, for the README.
    pub description: String,
    /// What the client's model reads first.
    pub instructions: String,
    /// Where the API lives; tools refer to it by index, 0 is the default. At least one.
    pub servers: Vec<Server>,
    /// The credentials that can be sent, with names of variables that do not collide.
    pub schemes: Vec<Scheme>,
    /// The tools by tag, in the order of the spec. Tools without a tag are in the group `default`.
    pub groups: Vec<Group>,
    /// Shared input schemas: the `$defs` of every precise schema.
    pub defs: IndexMap<String, Value>,
    /// The prompts; those of one name stand together, the newest first.
    pub prompts: Vec<Prompt>,
}

/// See [`crate::runtime::tool::PromptDef`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// `^[a-z][a-z0-9_]*$`.
    pub name: String,
    /// What a person reads in a list.
    pub title: String,
    /// What a person reads about it.
    pub description: String,
    /// The version, or empty; unique among those of the name.
    pub version: String,
    /// What it asks for.
    pub arguments: Vec<PromptArgument>,
    /// What it says; at least one.
    pub messages: Vec<PromptMessage>,
}

/// See [`crate::runtime::tool::PromptArgument`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptArgument {
    /// `^[A-Za-z0-9_]{1,64}$`.
    pub name: String,
    /// What a person reads in a form.
    pub title: String,
    /// What a person reads about it.
    pub description: String,
    /// Whether there is no prompt without it.
    pub required: bool,
    /// What is suggested.
    pub values: Vec<String>,
    /// A tool and its argument, whose values are suggested.
    pub complete: Option<(String, String)>,
}

/// See [`crate::runtime::tool::PromptMessage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Whether the model says it.
    pub by_assistant: bool,
    /// What is said; every gap in it is an argument.
    pub content: PromptContent,
}

/// See [`crate::runtime::tool::PromptContent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptContent {
    /// Text.
    Text(String),
    /// A resource by its URI.
    Resource(String),
    /// An image: media type and base64.
    Image(String, String),
}

/// A place where the API lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// An absolute URL without a trailing slash, where the spec has one.
    pub url: Option<String>,
    /// The path on the default server's origin, where the spec has a relative URL and nobody knows where itself is.
    pub path: Option<String>,
    /// `API_BASE_URL`, or `API_BASE_URL_<N>` for number N.
    pub variable: String,
    /// What the spec says about it.
    pub description: String,
    /// What the owner can choose from when the server is started: all servers of the spec where there are several, and
    /// those with variables. The first is the default.
    pub templates: Vec<ServerTemplate>,
}

impl Server {
    /// As in [`crate::runtime::tool::BaseUrl::url`].
    #[must_use]
    pub fn url_or_path(&self) -> Option<&str> {
        self.url.as_deref().or(self.path.as_deref())
    }
}

/// See [`crate::runtime::tool::Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTemplate {
    /// An absolute URL once its variables are filled in.
    pub url: String,
    /// What the spec says about it.
    pub description: String,
    /// The variables.
    pub variables: Vec<ServerVariable>,
}

/// See [`crate::runtime::tool::Variable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVariable {
    /// The name between the braces.
    pub name: String,
    /// The environment variable: `API_SERVER_REGION`.
    pub variable: String,
    /// The usual value.
    pub default: String,
    /// The only values; empty where any will do.
    pub values: Vec<String>,
}

/// A security scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// The name in the spec.
    pub name: String,
    /// The middle of its variables' names, unique: `BEARER_AUTH`.
    pub env: String,
    /// What is sent, and where.
    pub kind: SchemeKind,
    /// The issuer of its tokens, by the spec's word: a suggestion to the owner.
    pub issuer: Option<String>,
    /// What the spec says about it.
    pub description: String,
}

impl Scheme {
    /// The environment variables that hold the credential.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.kind {
            SchemeKind::ApiKey(..) => &["KEY"],
            SchemeKind::Bearer => &["TOKEN"],
            SchemeKind::Basic | SchemeKind::Digest => &["USERNAME", "PASSWORD"],
        };
        suffixes
            .iter()
            .map(|suffix| format!("API_{}_{suffix}", self.env))
            .collect()
    }
}

/// See [`crate::runtime::tool::SchemeKind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeKind {
    /// A key under this name.
    ApiKey(Location, String),
    /// User name and password.
    Basic,
    /// A bearer token.
    Bearer,
    /// Answers to the challenges of an HTTP server.
    Digest,
}

/// The tools of one tag.
#[derive(Debug, Clone)]
pub struct Group {
    /// The tag.
    pub tag: String,
    /// The tag as a Rust module and file name, unique: `pull_requests`.
    pub module: String,
    /// What the spec says about the tag.
    pub description: String,
    /// The tools.
    pub tools: Vec<Tool>,
}

/// One tool.
#[derive(Debug, Clone)]
pub struct Tool {
    /// `^[a-z][a-z0-9_]*$`, unique.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// What the model reads.
    pub description: String,
    /// All that could be said, where `description` is a part of it.
    pub whole_description: Option<String>,
    /// Whether the description or the advertised schema leaves something out.
    pub is_partial: bool,
    /// Whether clients were told to send null for what is absent.
    pub null_is_absent: bool,
    /// `operationId`.
    pub operation_id: Option<String>,
    /// Upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// All tags of the operation.
    pub tags: Vec<String>,
    /// Whether the operation is deprecated.
    pub deprecated: bool,
    /// The index into [`Plan::servers`].
    pub server: usize,
    /// What goes into path, query, headers and cookies.
    pub parameters: Vec<Parameter>,
    /// What goes into the body.
    pub body: Option<Body>,
    /// The `Accept` header.
    pub accept: String,
    /// Alternatives of scheme names with scopes.
    pub security: Vec<Vec<Need>>,
    /// What a client may assume.
    pub hints: Hints,
    /// The URI of a GET operation as a resource, where it is not `api://NAME`: `{ARGUMENT}` stands for a segment.
    pub resource: Option<String>,
    /// How a result is structured.
    pub result: ResultShape,
    /// Where the result is of work that may go on after the answer.
    pub long_running: Option<FinalState>,
    /// The projection that clients see: self-contained, within the budget.
    pub advertised: Value,
    /// What arguments are checked against; refers to [`Plan::defs`] by `#/$defs/NAME`.
    pub precise: Value,
    /// A tolerant summary of the result; set unless `result` is `Unstructured`.
    pub output: Option<Value>,
    /// Where the operation is in the spec.
    pub pointer: JsonPointer,
}

/// MCP's `Tool`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'t> {
    name: &'t str,
    title: &'t str,
    description: &'t str,
    input_schema: &'t Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<&'t Value>,
    annotations: Annotations,
}

/// MCP's `ToolAnnotations`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotations {
    read_only_hint: bool,
    destructive_hint: bool,
    idempotent_hint: bool,
    open_world_hint: bool,
}

impl Plan {
    /// All tools, in the order in which they are listed.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.groups.iter().flat_map(|group| &group.tools)
    }

    /// The same, for work on all processors; what is collected keeps the order.
    pub(crate) fn par_tools(&self) -> impl ParallelIterator<Item = &Tool> {
        self.groups.par_iter().flat_map(|group| &group.tools)
    }

    /// The estimated tokens of the whole tools/list.
    #[must_use]
    pub fn estimated_tokens(&self) -> usize {
        estimated_tokens(self.par_tools().map(Tool::listed_chars).sum())
    }
}

impl Tool {
    /// The tool exactly as tools/list sends it.
    #[must_use]
    pub fn listed_json(&self) -> Value {
        serde_json::to_value(self.listed()).expect("keys are texts")
    }

    fn listed(&self) -> Listed<'_> {
        Listed {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            input_schema: &self.advertised,
            output_schema: self.output.as_ref(),
            annotations: Annotations {
                read_only_hint: self.hints.read_only,
                destructive_hint: self.hints.destructive,
                idempotent_hint: self.hints.idempotent,
                open_world_hint: self.hints.open_world,
            },
        }
    }

    /// The size of [`Tool::listed_json`] as compact JSON, in characters.
    #[must_use]
    pub fn listed_chars(&self) -> usize {
        schema::json_chars(&self.listed())
    }

    /// The estimated tokens of the tool in tools/list.
    #[must_use]
    pub fn estimated_tokens(&self) -> usize {
        estimated_tokens(self.listed_chars())
    }

    /// The names of the arguments, in order.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.advertised["properties"]
            .as_object()
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }
}

/// See [`crate::runtime::tool::Need`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The scheme's name.
    pub scheme: String,
    /// The scopes.
    pub scopes: Vec<String>,
}

/// See [`crate::runtime::tool::Parameter`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the argument.
    pub argument: String,
    /// The name on the wire.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// How it becomes text.
    pub style: Style,
    /// Whether it is spread out.
    pub explode: bool,
    /// Whether reserved characters stay.
    pub allow_reserved: bool,
    /// What text it becomes.
    pub format: ParameterFormat,
    /// How lists in a list become texts.
    pub items: Vec<Style>,
    /// Whether it is the whole query.
    pub whole_query: bool,
    /// The fields of a form, where not all are sent in the usual way.
    pub fields: Vec<Field>,
}

/// See [`crate::runtime::tool::Body`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The `Content-Type`.
    pub media_type: String,
    /// How it becomes bytes.
    pub format: BodyFormat,
    /// Whether it is always sent.
    pub required: bool,
    /// Which arguments it is made of.
    pub source: BodySource,
    /// The argument that names another way to send it, and the other ways.
    pub choice: Option<(String, Vec<Alternative>)>,
    /// The names in XML, as JSON text.
    pub xml: String,
    /// The ways to arguments that choose a page.
    pub pages: Vec<String>,
}

/// See [`crate::runtime::tool::Alternative`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The `Content-Type`.
    pub media_type: String,
    /// How the body becomes bytes.
    pub format: BodyFormat,
    /// The fields, where they are not those of the usual way.
    pub fields: Option<Vec<Field>>,
    /// The names in XML as JSON text, where they are not those of the usual way.
    pub xml: String,
}

/// See [`crate::runtime::tool::BodySource`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodySource {
    /// Each field is an argument.
    Fields(Vec<Field>),
    /// This argument is the body.
    Whole(String),
    /// This argument is the body, an object of which these fields are known.
    Object(String, Vec<Field>),
}

/// See [`crate::runtime::tool::Field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name of the argument.
    pub argument: String,
    /// The name in the body.
    pub name: String,
    /// How it becomes text in a form.
    pub style: Style,
    /// Whether it is spread out in a form.
    pub explode: bool,
    /// Whether reserved characters stay in a form.
    pub allow_reserved: bool,
    /// What it becomes in a form or a multipart body.
    pub format: FieldFormat,
    /// The media type of its part, or empty.
    pub content_type: String,
    /// More headers of its part.
    pub headers: Vec<(String, String)>,
    /// The names in XML as JSON text, where its part is XML.
    pub xml: String,
    /// The parts of a part, with that of all others at the end.
    pub parts: Vec<Field>,
    /// How lists in a list become texts.
    pub items: Vec<Style>,
}
