//! What mcpgen tells a person about their spec, their configuration or their output directory.
//!
//! A [`Diagnostic`] has a stable [`Code`], one sentence, the place it speaks of, what was skipped because of
//! it and a way out. Every stage pushes into [`Diagnostics`] and goes on; the command line prints them at the
//! end. Nothing here reads a file or prints: `cli::report` renders.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;

/// How bad a diagnostic is. It belongs to the code, never to the single occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing was lost.
    Note,
    /// Something was left out or assumed; the rest was built.
    Warning,
    /// The command did not do what it was asked for; exit code 1.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($( $variant:ident $code:literal $severity:ident $explanation:literal )*) => {
        /// The catalogue of diagnostics. Codes are stable: people script against them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $( #[doc = $explanation] $variant, )*
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable kebab-case name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The severity of every diagnostic with this code.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// The text of `mcpgen explain CODE`: what it means and what to do.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation),* }
            }
        }
    };
}

codes! {
    UnreadableSpec "unreadable-spec" Error
        "The spec could not be read: the file does not exist, is a directory, may not be read, or the URL did not answer with a document. Check the path or URL and its permissions."
    SpecSyntax "spec-syntax" Error
        "The text is neither valid YAML nor valid JSON. The message names the first place where the parser gave up; the mistake is often on the line before (a tab, a missing quote, a wrong indentation)."
    NotOpenapi "not-openapi" Error
        "The document is not an OpenAPI document: it is empty, an HTML page, or well-formed but without an `openapi` field at its root."
    SizeLimit "size-limit" Error
        "A document has more bytes than mcpgen reads: 128 MiB each, and four times as many for all documents that a spec refers to. The largest published API description has 47 MB. Check that it is the right file, or raise the limit with `--max-size`."
    NodeLimit "node-limit" Error
        "The spec and all that it refers to have more values than mcpgen takes on: 3 million, where the largest published API descriptions have a tenth of that. Shared parameters, bodies and responses count where they are used, and a referred document counts like 150 values. Raise the limit with `--max-nodes`, or cut the spec to the operations that you need."
    AliasLimit "alias-limit" Error
        "The aliases of a YAML document (`*name`) repeat so much that it would be far larger than it is written. What comes out may have 256 MiB of text, which `--max-text` raises; that an alias is followed more than a hundred times as often as the document has values is refused by the parser, and has no flag. Write out what repeats, or use `$ref`."
    DepthLimit "depth-limit" Error
        "The document is nested deeper than 128 levels, which is where its parsers stop; published API descriptions have 30 at most. No flag raises it. A deep schema can be split with `$ref`."
    UnsupportedVersion "unsupported-version" Error
        "mcpgen reads Swagger 2.0 and OpenAPI 3.0.x, 3.1.x and 3.2.x. Convert the document to one of these versions."
    MissingPaths "missing-paths" Error
        "The document has no `paths` object, so there is nothing that could become a tool."
    NoTools "no-tools" Error
        "Nothing became a tool: the spec has no operations, all of them were left out by a selector, or each one had a problem that is listed as a diagnostic of its own."
    InvalidConfig "invalid-config" Error
        "mcpgen.toml is not valid TOML, or a value in it has the wrong type or an impossible value."
    UnknownConfigKey "unknown-config-key" Error
        "mcpgen.toml has a key that mcpgen does not know. A misspelt key would silently do nothing, so it is an error."
    InvalidSelector "invalid-selector" Error
        "A selector is not of one of the forms `tag:NAME`, `op:GLOB`, `method:GET`, `GET /path/**` or `deprecated`."
    InvalidName "invalid-name" Error
        "A name that was given on the command line, in mcpgen.toml or as `x-mcp` in the spec is not usable: it is not unique, too long, or has other characters than crate names (`[a-z][a-z0-9-]*`) and tool names (`[a-z][a-z0-9_]*`) may have."
    OutputNotOurs "output-not-ours" Error
        "The output directory holds files but no `mcpgen.lock`, so it was not written by mcpgen. mcpgen does not write into somebody else's project; choose another directory with `-o`."
    OutputUnwritable "output-unwritable" Error
        "The output could not be written: the path is a file, the disk is full or permission is missing. The previous output was left as it was."
    EditedFile "edited-file" Error
        "A generated file was edited by hand since mcpgen wrote it. Move the change to `src/custom.rs` or to `mcpgen.toml`, or overwrite it with `--force`."
    Drift "drift" Error
        "`mcpgen build --check` found that a file of the committed output differs from what the spec gives today; the exit code is 3. Run `mcpgen build` and commit the result. A file that was edited by hand is not overwritten by that: move the change to `src/custom.rs` or to `mcpgen.toml`, list the file under `keep` there, or give it up with `--force`."
    InvalidOperation "invalid-operation" Warning
        "An operation, or a part of it that is needed to call it, breaks the rules of the OpenAPI Specification; the operation was left out and the rest was built."
    InvalidField "invalid-field" Warning
        "A field has a shape that the OpenAPI Specification does not allow. It was read as it is probably meant, or left away; what it belongs to was built."
    UnresolvedRef "unresolved-ref" Warning
        "A `$ref` points to something that is not in the document. What uses it was left out, or, for a schema, left open."
    ExternalRef "external-ref" Warning
        "A `$ref` points to another document that was not read: it does not exist, or it lies outside the folder or origin of the spec, where a spec may not reach unless `--allow-ref` says so."
    UnsupportedMediaType "unsupported-media-type" Warning
        "A required request body has no media type that can be built from a tool's arguments."
    UnofferedMediaType "unoffered-media-type" Note
        "A request body can also be sent as a media type that is not offered: one that takes a body which cannot be made of arguments, or a range such as `image/*` that takes another body than the others and is no value of a `Content-Type`."
    UnsupportedParameter "unsupported-parameter" Warning
        "A parameter is serialised in a way that is not supported yet. An operation that requires it was left out; an optional one was left away, and so was a header of a part of a multipart body that has no one value."
    IgnoredParameter "ignored-parameter" Note
        "`Accept`, `Content-Type` and `Authorization` header parameters are ignored, as OpenAPI 3.0 §4.7.12.1 says: media types and security schemes decide them. So are headers that say where a message goes, where it ends or on whose behalf it is sent (`Host`, `Connection`, `Content-Encoding`, `Forwarded`, `X-Forwarded-…`, `Proxy-…` and their like): the HTTP client or a proxy writes them, and an argument could use them to reach beyond its place. Requests are sent without them, also where the description requires them. Where nothing is said of `security`, a parameter `Authorization` makes its operations send the credential of the scheme that goes there, or of a scheme `Authorization` of its own (`API_AUTHORIZATION_KEY`), if the environment has it."
    UndeclaredPathParameter "undeclared-path-parameter" Warning
        "The path template has a variable that no parameter declares; it became a required string argument."
    UnusedPathParameter "unused-path-parameter" Warning
        "A path parameter is declared, but the path template has no such variable; the parameter was left away."
    DuplicateParameter "duplicate-parameter" Warning
        "Two parameters of one operation have the same name and location; the later one was used."
    DuplicateKey "duplicate-key" Warning
        "A mapping has the same key twice. The last one was used."
    DuplicateOperationId "duplicate-operation-id" Warning
        "Two operations have the same operationId. Each got a tool name of its own that does not depend on the other's order."
    InvalidSchema "invalid-schema" Warning
        "A schema, or a keyword in it, has a shape that JSON Schema does not allow; the keyword was left away, so that it allows anything."
    InvalidPattern "invalid-pattern" Warning
        "A `pattern` is not a regular expression that can be checked, or one whose check could take too long; it was kept as a description and is not enforced."
    InvalidDefault "invalid-default" Warning
        "A `default` does not fit its own schema; it was dropped."
    UnsupportedSecurityScheme "unsupported-security-scheme" Warning
        "A security scheme is of a kind for which no credential can be sent (an HTTP scheme other than basic, digest and bearer, or a key where none can be). Requests of its operations are sent without it, and with the other credentials that they need beside it where these are configured; a proxy before the API can add what is missing."
    ClientCertificate "client-certificate" Note
        "A security scheme is mutual TLS: the API asks for a client certificate, which belongs to the connection and not to a request. Set `API_CLIENT_CERT_FILE` and `API_CLIENT_KEY_FILE` (PEM) when the server is started; the other schemes of the same requirement are sent as usual."
    UnknownSecurityScheme "unknown-security-scheme" Warning
        "An operation requires a security scheme that `components.securitySchemes` does not declare; that alternative was dropped."
    NoServer "no-server" Warning
        "The spec names no absolute server URL, so the generated server asks for `API_BASE_URL` at start."
    RelativeServer "relative-server" Note
        "A path or an operation has a server whose URL is relative, and the spec was read from a file, so that it is not known what it is relative to. It is taken to be on the same scheme, host and port as the API's first server, or as `API_BASE_URL` where that is set. Set `document-url` in mcpgen.toml to the URL where the spec is published, or `API_BASE_URL_<N>` when the server is started."
    InvalidServer "invalid-server" Warning
        "A server URL is not usable: it is not an http or https URL, or has a variable without a value. A query or fragment of it is left away, since paths are put behind it (OpenAPI 3.2 §4.6 forbids both)."
    UnusedSelector "unused-selector" Warning
        "A selector matched no operation. It is probably misspelt."
    UnusedToolOverride "unused-tool-override" Warning
        "A `[tools.…]` table in mcpgen.toml matches no tool. It is probably misspelt, or the operation has gone."
    InvalidExtension "invalid-extension" Warning
        "A field of `x-mcp` is unknown or has the wrong type; it was ignored."
    InvalidPrompt "invalid-prompt" Warning
        "A prompt of `x-mcp-prompts` or of a `[prompts.NAME]` table in mcpgen.toml cannot be offered as it is written: a field is unknown or has the wrong type, a name is not legal or there twice, or a `{{placeholder}}` is no argument. The prompt was left out and the rest was built; a `complete` that leads nowhere costs only the suggestions."
    DisabledOperation "disabled-operation" Note
        "`x-mcp` says `enabled: false`, so the operation did not become a tool."
    SchemaLeftOpen "schema-left-open" Note
        "The advertised schema of a tool would have exceeded its budget; deep or optional parts were left open. Arguments are still checked against the whole schema, except for what the diagnostic names as skipped: what no validator can check within bounds is left to the API."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A JSON Pointer (RFC 6901): `/paths/~1orders/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The pointer to the whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes the text of a pointer, already escaped: empty, or starting with `/`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// This pointer with one more, still unescaped, reference token.
    #[must_use]
    pub fn child(&self, token: impl fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{token}", self.0))
    }

    /// The unescaped reference tokens from the root on.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.0
            .split('/')
            .skip(1)
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
    }

    /// The escaped text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Where a diagnostic points to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file as the user named it; `None` stands for the root document of the spec.
    pub source: Option<Arc<str>>,
    /// The node inside the document, where there is one.
    pub pointer: Option<JsonPointer>,
    /// Line and column, where they are known. The command line looks missing ones up by the pointer.
    pub position: Option<Position>,
}

/// One thing to tell. Build it with [`Diagnostic::new`] and the `with_` methods.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// What kind of thing it is.
    pub code: Code,
    /// One sentence in lower case without a full stop; the user's values in backticks.
    pub message: String,
    /// Where it is.
    pub place: Option<Place>,
    /// What was left out because of it, such as ``operation `createOrder` ``.
    pub skipped: Option<String>,
    /// How many operations `skipped` stands for; none where a part of one was left out.
    pub operations: usize,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without a place.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
            skipped: None,
            operations: 0,
            help: None,
        }
    }

    /// Points to a node of the root document.
    #[must_use]
    pub fn at(mut self, pointer: &JsonPointer) -> Self {
        self.place = Some(Place {
            pointer: Some(pointer.clone()),
            ..Place::default()
        });
        self
    }

    /// Points to any place.
    #[must_use]
    pub fn in_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says which operations were left out, and how many that are.
    #[must_use]
    pub fn skipping_operations(mut self, what: impl Into<String>, count: usize) -> Self {
        self.operations = count;
        self.skipping(what)
    }

    /// Says which part of an operation or of the spec was left out.
    #[must_use]
    pub fn skipping(mut self, what: impl Into<String>) -> Self {
        self.skipped = Some(what.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The severity, from the code.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// The sink that every stage writes to, in the order in which things were found.
#[derive(Debug, Default)]
pub struct Diagnostics {
    items: IndexSet<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic; the same one twice is kept once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.insert(diagnostic);
    }

    /// All diagnostics so far.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// All diagnostics, in order, to be rendered.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.items.into_iter().collect()
    }

    /// How many there are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.items
            .iter()
            .filter(|item| item.severity() == severity)
            .count()
    }

    /// Whether the command has to fail.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(
            names
                .iter()
                .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn pointer_tokens_are_escaped_and_read_back() {
        let pointer = JsonPointer::root().child("paths").child("/a~b/{c}");
        assert_eq!(pointer.as_str(), "/paths/~1a~0b~1{c}");
        assert_eq!(pointer.tokens().collect::<Vec<_>>(), ["paths", "/a~b/{c}"]);
    }
}
