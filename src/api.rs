//! IR 1: what the HTTP API is, whichever version of OpenAPI described it.
//!
//! An [`Api`] has no `$ref` between its parts and no word of MCP. Schemas are JSON Schema 2020-12 as raw JSON;
//! the only references left in them are `{"$ref": "#/$defs/NAME"}` into [`Api::schemas`], so that recursion and
//! sharing survive. `spec` makes it, `plan` reads it.

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::JsonPointer;

/// A JSON Schema 2020-12 as raw JSON: an object or a boolean.
///
/// OpenAPI's own keywords `readOnly`, `writeOnly`, `deprecated`, `discriminator`, `xml` and `x-…` stay in it;
/// `nullable`, boolean `exclusiveMinimum`/`exclusiveMaximum` and `example` of OpenAPI 3.0 have been translated.
pub type Schema = Value;

/// An HTTP API.
#[derive(Debug, Clone, Default)]
pub struct Api {
    /// `info.title`.
    pub title: String,
    /// `info.version`, as it is written (`1.10` stays `1.10`).
    pub version: String,
    /// `info.summary`.
    pub summary: Option<String>,
    /// `info.description`, CommonMark.
    pub description: Option<String>,
    /// The declared tags, in order, then those that only operations name.
    pub tags: Vec<Tag>,
    /// `servers` of the root; the first is the default.
    pub servers: Vec<Server>,
    /// `components.securitySchemes`, in order.
    pub security_schemes: IndexMap<String, SecurityScheme>,
    /// All operations that can be called, in document order. Webhooks and callbacks are not among them.
    pub operations: Vec<Operation>,
    /// How many operations the document has besides, each left out with a diagnostic.
    pub left_out: usize,
    /// How many requests the document describes that the API itself sends.
    pub webhooks: usize,
    /// Shared schemas by name: what `#/$defs/NAME` in any schema of this API means.
    pub schemas: IndexMap<String, Schema>,
    /// Where the shared schemas stand in the document, by name.
    pub schema_pointers: IndexMap<String, JsonPointer>,
    /// The `x-mcp…` members of the document's root.
    pub extensions: IndexMap<String, Value>,
}

/// A group of operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    /// The name that operations refer to.
    pub name: String,
    /// CommonMark.
    pub description: Option<String>,
}

/// Where the API lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The URL with the variables' defaults put in, without a trailing slash. `None` when the spec gives only a
    /// relative URL and was not itself read from a URL.
    pub url: Option<String>,
    /// The path of a relative URL where nobody knows the document's own: `/v2`.
    pub path: Option<String>,
    /// The URL as the spec has it.
    pub template: String,
    /// The variables of the template, in order, where other values make another absolute URL of it.
    pub variables: Vec<ServerVariable>,
    /// CommonMark.
    pub description: Option<String>,
}

/// OpenAPI 3.1 §4.8.6.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerVariable {
    /// The name between the braces.
    pub name: String,
    /// The value that is meant when nobody says otherwise.
    pub default: String,
    /// `enum`: the only values there are; empty where any will do.
    pub values: Vec<String>,
}

/// How a credential is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// What kind of credential it is and where it goes.
    pub kind: SecuritySchemeKind,
    /// CommonMark.
    pub description: Option<String>,
}

/// OpenAPI 3.1 §4.8.27.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecuritySchemeKind {
    /// `type: apiKey`.
    ApiKey {
        /// Header, query or cookie.
        location: ParameterLocation,
        /// The name of the header, query parameter or cookie.
        name: String,
    },
    /// `type: http`, `scheme: basic` (RFC 7617).
    Basic,
    /// `type: http`, `scheme: digest` (RFC 7616).
    Digest,
    /// `type: http`, `scheme: bearer` (RFC 6750).
    Bearer,
    /// `type: oauth2`; the access token is sent as a bearer token.
    OAuth2,
    /// `type: openIdConnect`; the access token is sent as a bearer token.
    OpenIdConnect {
        /// `openIdConnectUrl`: where the issuer describes itself.
        url: Option<String>,
    },
    /// `type: mutualTLS`: the client certificate of the connection (OpenAPI 3.1 §4.8.27).
    MutualTls,
    /// Anything for which no credential can be sent; the string says what it is.
    Unsupported(String),
}

/// One alternative of an operation's `security`: all of its schemes together. Empty means: no credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityRequirement {
    /// Scheme name and the scopes that the operation needs of it, in order.
    pub schemes: Vec<(String, Vec<String>)>,
}

/// A method on a path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `operationId`, as it is written.
    pub operation_id: Option<String>,
    /// The method in upper case: `GET`.
    pub method: String,
    /// The path template as the spec has it: `/orders/{orderId}`.
    pub path: String,
    /// `summary`, the operation's or else the path item's.
    pub summary: Option<String>,
    /// `description`, the operation's or else the path item's. CommonMark.
    pub description: Option<String>,
    /// `tags`, in order.
    pub tags: Vec<String>,
    /// `deprecated`.
    pub deprecated: bool,
    /// Path-level and operation-level parameters, merged (the operation's win), in order. The header parameters
    /// that OpenAPI says to ignore are gone; every variable of the path template is among them.
    pub parameters: Vec<Parameter>,
    /// `requestBody`.
    pub body: Option<RequestBody>,
    /// `responses`, in order.
    pub responses: Vec<Response>,
    /// The alternatives of `security`, the operation's or else the root's. Empty means: none needed.
    pub security: Vec<SecurityRequirement>,
    /// The servers of the operation or else of the path item, where it has its own.
    pub servers: Option<Vec<Server>>,
    /// The `x-…` fields of the operation.
    pub extensions: IndexMap<String, Value>,
    /// Where it is in the document.
    pub pointer: JsonPointer,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParameterLocation {
    /// A variable of the path template.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// A pair in the `Cookie` header.
    Cookie,
}

/// A parameter outside of the body.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Where it goes.
    pub location: ParameterLocation,
    /// Path parameters are always required (OpenAPI 3.0 §4.7.12).
    pub required: bool,
    /// CommonMark.
    pub description: Option<String>,
    /// `deprecated`.
    pub deprecated: bool,
    /// What values it takes.
    pub schema: Schema,
    /// Where that schema is in the document.
    pub schema_pointer: JsonPointer,
    /// `example`, or the first of `examples`, of the parameter object.
    pub example: Option<Value>,
    /// How a value becomes text.
    pub serialization: Serialization,
    /// Where it is in the document.
    pub pointer: JsonPointer,
}

/// How a value becomes text on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serialization {
    /// By `style` and `explode` (OpenAPI 3.1 §4.8.12.6).
    Style {
        /// `style`, with its default for the location put in.
        style: Style,
        /// `explode`, with its default for the style put in.
        explode: bool,
        /// `allowReserved`.
        allow_reserved: bool,
        /// `allowEmptyValue`.
        allow_empty: bool,
        /// How lists in a list become texts, from outside in (Swagger 2.0's `collectionFormat` of `items`).
        items: Vec<Style>,
    },
    /// By the media type of the single `content` entry, such as `application/json`.
    Content {
        /// Its key.
        media_type: String,
        /// Its `encoding`, where it is a form.
        encoding: IndexMap<String, Encoding>,
        /// Whether it has no name, but is the whole query (OpenAPI 3.2, `in: querystring`).
        is_whole_query: bool,
    },
}

/// OpenAPI 3.1 §4.8.12.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Path: `;color=blue`.
    Matrix,
    /// Path: `.blue`.
    Label,
    /// Path and header: `blue,black`.
    Simple,
    /// Query and cookie: `color=blue&color=black`.
    Form,
    /// Query: `color=blue%20black`.
    SpaceDelimited,
    /// Query: `color=blue|black`.
    PipeDelimited,
    /// Swagger 2.0's `collectionFormat: tsv`: `color=blue%09black`.
    TabDelimited,
    /// Query: `color[R]=100&color[G]=200`.
    DeepObject,
    /// Cookie: `color=blue; color=black`, without percent-encoding (OpenAPI 3.2).
    Cookie,
}

/// `requestBody`.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// `required`.
    pub required: bool,
    /// CommonMark.
    pub description: Option<String>,
    /// The media types, in order; at least one.
    pub content: Vec<MediaType>,
    /// Where it is in the document.
    pub pointer: JsonPointer,
}

/// One entry of a `content` map.
#[derive(Debug, Clone, Default)]
pub struct MediaType {
    /// The key: `application/json`, `application/json; charset=utf-8`, `image/*`.
    pub name: String,
    /// What it carries; `None` when the spec does not say.
    pub schema: Option<Schema>,
    /// Where that schema is in the document.
    pub schema_pointer: JsonPointer,
    /// `example`, or the first of `examples`.
    pub example: Option<Value>,
    /// `encoding`: per property of a form or multipart body.
    pub encoding: IndexMap<String, Encoding>,
    /// The same per item of a multipart body that is a list.
    pub positions: Positions,
}

/// OpenAPI 3.2 §4.14.5.2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    /// `prefixEncoding`: of the first items.
    pub prefix: Vec<Encoding>,
    /// `itemEncoding`: of all others.
    pub item: Option<Box<Encoding>>,
}

/// OpenAPI 3.1 §4.8.15.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoding {
    /// `contentType`.
    pub content_type: Option<String>,
    /// `style`, where it is given.
    pub style: Option<Style>,
    /// `explode`, where it is given.
    pub explode: Option<bool>,
    /// `allowReserved`, where it is given.
    pub allow_reserved: Option<bool>,
    /// `headers`, as far as the description fixes their values.
    pub headers: Vec<(String, String)>,
    /// For a part that is multipart itself: its parts.
    pub positions: Positions,
    /// The other ones that are required.
    pub unknown_headers: Vec<String>,
    /// How lists in a list become texts, as in [`Serialization::Style`].
    pub items: Vec<Style>,
}

/// One entry of `responses`.
#[derive(Debug, Clone)]
pub struct Response {
    /// Which statuses it describes.
    pub status: StatusPattern,
    /// `description`, CommonMark.
    pub description: Option<String>,
    /// The media types, in order; none when the response has no body.
    pub content: Vec<MediaType>,
}

/// The key of `responses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// `200`.
    Exact(u16),
    /// `2XX`: the first digit.
    Class(u8),
    /// `default`.
    Default,
}
