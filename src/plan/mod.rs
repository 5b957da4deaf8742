//! IR 2: which tools there are, and how each call becomes a request.
//!
//! `plan` reads an [`Api`](crate::api::Api) and decides names, arguments, schemas, hints and descriptions. `emit`
//! prints a [`Plan`] as a crate, `serve` runs it. No OpenAPI words here.

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::JsonPointer;
use crate::runtime::tool::{BodyFormat, Hints, Location, ResultShape, Style};

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
}

/// A place where the API lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// An absolute URL without a trailing slash, where the spec has one.
    pub url: Option<String>,
    /// `API_BASE_URL`, or `API_BASE_URL_<N>` for number N.
    pub variable: String,
    /// What the spec says about it.
    pub description: String,
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
    /// What the spec says about it.
    pub description: String,
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
    /// How a result is structured.
    pub result: ResultShape,
    /// The projection that clients see: self-contained, within the budget.
    pub advertised: Value,
    /// What arguments are checked against; refers to [`Plan::defs`] by `#/$defs/NAME`.
    pub precise: Value,
    /// A tolerant summary of the result; set unless `result` is `Unstructured`.
    pub output: Option<Value>,
    /// Where the operation is in the spec.
    pub pointer: JsonPointer,
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
    /// Whether it is sent as JSON text.
    pub json: bool,
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
}

/// See [`crate::runtime::tool::BodySource`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodySource {
    /// Each field is an argument.
    Fields(Vec<Field>),
    /// This argument is the body.
    Whole(String),
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
}
