//! What a tool is: the facts from which a call becomes an HTTP request.
//!
//! The tables in `src/tools/` are made of these types, and so is what `mcpgen serve` builds in memory. Everything
//! is `'static` and constant, so that a table costs nothing at start. Each builder method says how the table
//! reads; nothing here does I/O.

mod body;
mod page;
mod prompt;

pub use body::{Alternative, Body, BodyFormat, BodySource, Choice, Field, FieldFormat};
pub(crate) use page::{chooses_page, plain};
pub(crate) use prompt::{Piece, pieces};
pub use prompt::{PromptArgument, PromptContent, PromptDef, PromptMessage};

/// A whole server: what `main` hands to [`super::main`].
#[derive(Debug, Clone, Copy)]
pub struct ServerDef {
    /// The name in `serverInfo`, at most 19 characters.
    pub name: &'static str,
    /// The API's title.
    pub title: &'static str,
    /// The API's version.
    pub version: &'static str,
    /// What the client's model reads first about this server.
    pub instructions: &'static str,
    /// Where the API lives. The first is the default (`API_BASE_URL`), number N is `API_BASE_URL_N`.
    pub servers: &'static [BaseUrl],
    /// The security schemes of the API.
    pub schemes: &'static [Scheme],
    /// The tools, by tag.
    pub groups: &'static [Group],
    /// The shared schemas of all tools: a JSON object of JSON Schemas, the `$defs` of every precise schema.
    pub defs: &'static str,
    /// The prompts; those of one name stand together, the newest first.
    pub prompts: &'static [PromptDef],
    /// The API's description that all this was made from, as JSON, where the program has it.
    pub document: Option<&'static str>,
}

/// What stands before and behind a tool's name in [`input_schema_uri`].
pub const INPUT_SCHEMA: (&str, &str) = ("openapi://tools/", "/input-schema");

/// The resource that holds the whole input schema and description of a tool.
#[must_use]
pub fn input_schema_uri(tool: &str) -> String {
    format!("{}{tool}{}", INPUT_SCHEMA.0, INPUT_SCHEMA.1)
}

/// The tools of one tag.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The tag.
    pub tag: &'static str,
    /// The tools, in the order of the spec.
    pub tools: &'static [ToolDef],
    /// The schemas of these tools: `{"TOOL": {"advertised": {…}, "precise": {…}, "output": {…}}}`. `precise` is
    /// left out where it equals `advertised`, `output` where the tool has no structured result. `partial: true` says
    /// that the listing leaves something out, `description` is then the whole of a description that was cut, and
    /// `nullIsAbsent: true` that clients send null for what they leave out.
    pub schemas: &'static str,
}

/// A server of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseUrl {
    /// An absolute http or https URL without a trailing slash, or a path on the first server's origin; `None` where the
    /// spec has none.
    pub url: Option<&'static str>,
    /// What can be chosen from at start by `API_SERVER` and `API_SERVER_<VARIABLE>`; the first is the default.
    pub templates: &'static [Template],
}

impl BaseUrl {
    /// A server at this URL.
    #[must_use]
    pub const fn new(url: Option<&'static str>) -> Self {
        Self {
            url,
            templates: &[],
        }
    }

    /// Is chosen from these.
    #[must_use]
    pub const fn templates(mut self, templates: &'static [Template]) -> Self {
        self.templates = templates;
        self
    }
}

/// A URL with variables, `https://{region}.example.com` (OpenAPI 3.1 §4.8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The URL.
    pub url: &'static str,
    /// What stands between its braces.
    pub variables: &'static [Variable],
}

/// A variable of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The name between the braces.
    pub name: &'static str,
    /// The environment variable that sets it: `API_SERVER_REGION`.
    pub env: &'static str,
    /// The usual value.
    pub default: &'static str,
    /// The only values; empty where any will do.
    pub values: &'static [&'static str],
}

/// A security scheme of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// The name in the spec: `bearerAuth`.
    pub name: &'static str,
    /// The middle of the variables' names: `BEARER_AUTH` in `API_BEARER_AUTH_TOKEN`.
    pub env: &'static str,
    /// What is sent, and where.
    pub kind: SchemeKind,
}

/// What kind of credential a scheme takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeKind {
    /// `API_<SCHEME>_KEY`, sent as it is under this name.
    ApiKey(Location, &'static str),
    /// `API_<SCHEME>_USERNAME` and `API_<SCHEME>_PASSWORD` (RFC 7617).
    Basic,
    /// `API_<SCHEME>_USERNAME` and `API_<SCHEME>_PASSWORD`, for challenges (RFC 7616).
    Digest,
    /// `API_<SCHEME>_TOKEN` (RFC 6750); also OAuth 2 and OpenID Connect.
    Bearer,
}

/// Whether a header (in lower case) says where a message ends, where it goes or on whose behalf it is sent: no caller's to
/// set.
pub(crate) fn is_own_header(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "content-length"
            | "content-type"
            | "content-encoding"
            | "transfer-encoding"
            | "connection"
            | "keep-alive"
            | "te"
            | "trailer"
            | "upgrade"
            | "expect"
            | "authorization"
            | "cookie"
            | "accept-encoding"
            | "forwarded"
            | "http2-settings"
    ) || name.starts_with("proxy-")
        || name.starts_with("x-forwarded-")
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// A variable of the path template.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// The `Cookie` header.
    Cookie,
}

/// How a value becomes text (OpenAPI 3.1 §4.8.12.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// `;color=blue` in a path.
    Matrix,
    /// `.blue` in a path.
    Label,
    /// `blue,black` in a path or header.
    Simple,
    /// `color=blue&color=black` in a query, cookie or form.
    Form,
    /// `color=blue%20black` in a query.
    SpaceDelimited,
    /// `color=blue|black` in a query.
    PipeDelimited,
    /// `color=blue%09black` in a query (Swagger 2.0's `tsv`).
    TabDelimited,
    /// `color[R]=100&color[G]=200` in a query.
    DeepObject,
    /// `color=blue` in a cookie, without percent-encoding (OpenAPI 3.2).
    Cookie,
}

/// What text a parameter's value becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterFormat {
    /// By its style.
    Style,
    /// JSON text (`content: {application/json: …}`).
    Json,
    /// The text of a form, `a=1&b=2` (`content: {application/x-www-form-urlencoded: …}`).
    Form,
}

/// One tool and the request that it makes.
#[derive(Debug, Clone, Copy)]
pub struct ToolDef {
    /// The name, `^[a-z][a-z0-9_]*$`.
    pub name: &'static str,
    /// What a person reads in a list.
    pub title: &'static str,
    /// What the model reads.
    pub description: &'static str,
    /// `operationId`, or empty.
    pub operation_id: &'static str,
    /// The HTTP method in upper case.
    pub method: &'static str,
    /// The path template, appended to the base URL.
    pub path: &'static str,
    /// The index into [`ServerDef::servers`].
    pub server: usize,
    /// The operation's tags beside that of its [`Group`].
    pub tags: &'static [&'static str],
    /// Whether the operation is deprecated.
    pub deprecated: bool,
    /// What goes into path, query, headers and cookies.
    pub parameters: &'static [Parameter],
    /// What goes into the body.
    pub body: Option<Body>,
    /// The value of the `Accept` header.
    pub accept: &'static str,
    /// Alternatives, each a set of schemes that are needed together. Empty: no credential is sent.
    pub security: &'static [&'static [Need]],
    /// What a client may assume of a call.
    pub hints: Hints,
    /// Whether a result is sent as `structuredContent`, and how.
    pub result: ResultShape,
    /// For work that may go on after the answer: where its result is then.
    pub long_running: Option<FinalState>,
    /// The URI of a GET operation as a resource, with `{ARGUMENT}` for segments of its path; empty for `api://NAME`.
    pub resource: &'static str,
}

/// One security scheme that a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The name of the [`Scheme`].
    pub scheme: &'static str,
    /// The OAuth 2 scopes that the operation asks for.
    pub scopes: &'static [&'static str],
}

/// An argument that goes into path, query, headers or cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the argument, `^[A-Za-z0-9_]{1,64}$`.
    pub argument: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// Where it goes.
    pub location: Location,
    /// How it becomes text.
    pub style: Style,
    /// Whether arrays and objects are spread out.
    pub explode: bool,
    /// Whether RFC 3986 reserved characters are sent as they are.
    pub allow_reserved: bool,
    /// What text the value becomes.
    pub format: ParameterFormat,
    /// How lists in a list become texts, from outside in (Swagger 2.0).
    pub items: &'static [Style],
    /// Whether it is the whole query, without a name (OpenAPI 3.2, `in: querystring`).
    pub whole_query: bool,
    /// The fields of a form, where one of them is sent in a way of its own.
    pub fields: &'static [Field],
}

/// The four hints of MCP's tool annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// The call changes nothing.
    pub read_only: bool,
    /// The call may delete or overwrite.
    pub destructive: bool,
    /// Calling twice is the same as calling once.
    pub idempotent: bool,
    /// The call reaches beyond a closed system.
    pub open_world: bool,
}

/// How a successful result is structured. A tool with an output schema always sends `structuredContent`: `{}` where
/// the response does not fit the schema, is cut or is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultShape {
    /// No `structuredContent`: there is no single JSON schema.
    Unstructured,
    /// The response is a JSON object and is sent as it is.
    Object,
    /// The response is another JSON value and is sent as `{"result": …}`.
    Wrapped,
    /// The same, and a response that is no JSON is the string that may be there.
    WrappedText,
}

/// Where the result of work is that has gone on after the answer (`final-state-via` of Azure's
/// `x-ms-long-running-operation-options`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalState {
    /// Not said: where the answers say.
    Unsaid,
    /// At the `Location` of the first answer.
    Location,
    /// Where the request went.
    Original,
    /// In the answer that says that the work is done.
    Status,
}

impl ToolDef {
    /// A tool that sends `method` to `path` and takes no arguments.
    #[must_use]
    pub const fn new(name: &'static str, method: &'static str, path: &'static str) -> Self {
        Self {
            name,
            title: name,
            description: "",
            operation_id: "",
            method,
            path,
            server: 0,
            tags: &[],
            deprecated: false,
            parameters: &[],
            body: None,
            accept: "*/*",
            security: &[],
            hints: Hints::WRITE,
            result: ResultShape::Unstructured,
            long_running: None,
            resource: "",
        }
    }

    /// Sets the title.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Sets the description.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Names the operation of the spec.
    #[must_use]
    pub const fn operation_id(mut self, operation_id: &'static str) -> Self {
        self.operation_id = operation_id;
        self
    }

    /// Sends to another server than the first.
    #[must_use]
    pub const fn server(mut self, index: usize) -> Self {
        self.server = index;
        self
    }

    /// Has these tags beside that of its group.
    #[must_use]
    pub const fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    /// Is deprecated.
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Takes arguments for path, query, headers and cookies.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sends a body.
    #[must_use]
    pub const fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// Asks for these media types.
    #[must_use]
    pub const fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// Needs one of these sets of credentials.
    #[must_use]
    pub const fn security(mut self, alternatives: &'static [&'static [Need]]) -> Self {
        self.security = alternatives;
        self
    }

    /// Sets the hints.
    #[must_use]
    pub const fn hints(mut self, hints: Hints) -> Self {
        self.hints = hints;
        self
    }

    /// Sets how the result is structured.
    #[must_use]
    pub const fn result(mut self, result: ResultShape) -> Self {
        self.result = result;
        self
    }

    /// May answer before its work is done.
    #[must_use]
    pub const fn long_running(mut self, result: FinalState) -> Self {
        self.long_running = Some(result);
        self
    }

    /// Is read as this resource.
    #[must_use]
    pub const fn resource(mut self, uri: &'static str) -> Self {
        self.resource = uri;
        self
    }
}

impl Need {
    /// Needs this scheme, without scopes.
    #[must_use]
    pub const fn scheme(scheme: &'static str) -> Self {
        Self {
            scheme,
            scopes: &[],
        }
    }

    /// Asks for these scopes.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }
}

impl Parameter {
    /// A variable of the path, `simple` style.
    #[must_use]
    pub const fn path(name: &'static str) -> Self {
        Self::new(name, Location::Path, Style::Simple, false)
    }

    /// A query parameter, `form` style, exploded.
    #[must_use]
    pub const fn query(name: &'static str) -> Self {
        Self::new(name, Location::Query, Style::Form, true)
    }

    /// A header, `simple` style.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::new(name, Location::Header, Style::Simple, false)
    }

    /// A cookie, `form` style.
    #[must_use]
    pub const fn cookie(name: &'static str) -> Self {
        Self::new(name, Location::Cookie, Style::Form, true)
    }

    const fn new(name: &'static str, location: Location, style: Style, explode: bool) -> Self {
        Self {
            argument: name,
            name,
            location,
            style,
            explode,
            allow_reserved: false,
            format: ParameterFormat::Style,
            items: &[],
            whole_query: false,
            fields: &[],
        }
    }

    /// Is called otherwise as an argument than on the wire.
    #[must_use]
    pub const fn argument(mut self, argument: &'static str) -> Self {
        self.argument = argument;
        self
    }

    /// Is serialised otherwise than by the location's default.
    #[must_use]
    pub const fn style(mut self, style: Style, explode: bool) -> Self {
        self.style = style;
        self.explode = explode;
        self
    }

    /// Keeps reserved characters as they are.
    #[must_use]
    pub const fn allow_reserved(mut self) -> Self {
        self.allow_reserved = true;
        self
    }

    /// Is sent as JSON text.
    #[must_use]
    pub const fn json(mut self) -> Self {
        self.format = ParameterFormat::Json;
        self
    }

    /// Is sent as the text of a form.
    #[must_use]
    pub const fn form(mut self) -> Self {
        self.format = ParameterFormat::Form;
        self
    }

    /// Is a list of lists, which are joined so.
    #[must_use]
    pub const fn items(mut self, items: &'static [Style]) -> Self {
        self.items = items;
        self
    }

    /// Is a form with these fields.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// Is the whole query.
    #[must_use]
    pub const fn whole_query(mut self) -> Self {
        self.whole_query = true;
        self
    }
}

impl Hints {
    /// Reads only.
    pub const READ: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: true,
    };
    /// Adds something; twice adds twice.
    pub const WRITE: Self = Self {
        read_only: false,
        destructive: false,
        idempotent: false,
        open_world: true,
    };
    /// Overwrites or deletes; twice is the same as once.
    pub const OVERWRITE: Self = Self {
        read_only: false,
        destructive: true,
        idempotent: true,
        open_world: true,
    };
    /// May overwrite or delete, and twice may do more than once.
    pub const DESTROY: Self = Self {
        read_only: false,
        destructive: true,
        idempotent: false,
        open_world: true,
    };

    /// Changes whether the call changes nothing.
    #[must_use]
    pub const fn read_only(mut self, yes: bool) -> Self {
        self.read_only = yes;
        self
    }

    /// Changes whether the call may delete or overwrite.
    #[must_use]
    pub const fn destructive(mut self, yes: bool) -> Self {
        self.destructive = yes;
        self
    }

    /// Changes whether calling twice is the same as calling once.
    #[must_use]
    pub const fn idempotent(mut self, yes: bool) -> Self {
        self.idempotent = yes;
        self
    }

    /// Changes whether the call reaches beyond a closed system.
    #[must_use]
    pub const fn open_world(mut self, yes: bool) -> Self {
        self.open_world = yes;
        self
    }
}
