//! The request body of a tool.

use super::Style;

/// The request body.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    /// The `Content-Type`.
    pub media_type: &'static str,
    /// How the arguments become bytes.
    pub format: BodyFormat,
    /// Whether a body is sent even when no argument for it is given.
    pub required: bool,
    /// Which arguments it is made of.
    pub source: BodySource,
    /// Other ways to send it.
    pub choice: Option<&'static Choice>,
    /// For XML: the names of elements and attributes as JSON, or empty. Each schema's `xml` object with `properties`
    /// and `items` for what is inside of it.
    pub xml: &'static str,
    /// The arguments that choose a page of a list, and fields of them: `cursor`, `pagination.cursor`.
    pub pages: &'static [&'static str],
}

/// Other ways to send a body.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The argument that names one of them.
    pub argument: &'static str,
    /// The ways beside the usual one.
    pub others: &'static [Alternative],
}

/// One other way to send a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternative {
    /// The `Content-Type`, and the value of the argument.
    pub media_type: &'static str,
    /// How it becomes bytes.
    pub format: BodyFormat,
    /// The fields of the body as this media type sends them; `None` where they are those of the usual way.
    pub fields: Option<&'static [Field]>,
    /// The names in XML where they are not [`Body::xml`]; empty where they are.
    pub xml: &'static str,
}

/// How a value becomes the bytes of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// JSON text.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data` (RFC 7578); the boundary is added to the media type.
    Multipart,
    /// Parts without names, an item of a list each (RFC 2046 §5.1); the boundary is added to the media type.
    Parts,
    /// XML by the hints in [`Body::xml`].
    Xml,
    /// JSON texts, each on a line: `application/x-ndjson` and the like.
    JsonLines,
    /// The argument's text as it is.
    Text,
    /// The bytes that the argument holds in base64 (RFC 4648 §4).
    Bytes,
}

/// Which arguments a body is made of.
#[derive(Debug, Clone, Copy)]
pub enum BodySource {
    /// Each field of the body is an argument of its own.
    Fields(&'static [Field]),
    /// This one argument is the whole body.
    Whole(&'static str),
    /// This one argument is the whole body, an object of which these fields are known; one without a name stands for
    /// those that are not. Of a list of parts, they are those of its items, the last that of all others.
    Object(&'static str, &'static [Field]),
}

/// A field of a body that is an argument of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name of the argument.
    pub argument: &'static str,
    /// The name in the body.
    pub name: &'static str,
    /// How an array or object becomes text, for forms.
    pub style: Style,
    /// Whether arrays and objects are spread out, for forms.
    pub explode: bool,
    /// Whether RFC 3986 reserved characters are sent as they are, for forms.
    pub allow_reserved: bool,
    /// What the value becomes, for forms and multipart.
    pub format: FieldFormat,
    /// The `Content-Type` of the part, for multipart; empty for the usual one.
    pub content_type: &'static str,
    /// More headers of the part, for multipart.
    pub headers: &'static [(&'static str, &'static str)],
    /// The names in XML as in [`Body::xml`], for a part that is XML.
    pub xml: &'static str,
    /// The parts of a part that is multipart itself, as of [`BodyFormat::Parts`].
    pub parts: &'static [Field],
    /// How lists in a list become texts, from outside in (Swagger 2.0).
    pub items: &'static [Style],
}

/// What a field of a form or of a multipart body becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldFormat {
    /// Text by its style; an object becomes JSON.
    Value,
    /// Text by its style, an object too: the description names a style (OpenAPI 3.1.1 §4.8.15.1.2).
    Styled,
    /// JSON text.
    Json,
    /// The bytes of a file, given in base64, as a `data:` URL or as an object with a text.
    File,
    /// The bytes of a file, given as a `data:` URL or as an object; any other text is sent as it is.
    FileOrText,
}

impl FieldFormat {
    /// Whether an object stands for a file.
    #[must_use]
    pub const fn takes_files(self) -> bool {
        matches!(self, Self::File | Self::FileOrText)
    }
}

impl Choice {
    /// Other ways to send a body, one of which `argument` names.
    #[must_use]
    pub const fn new(argument: &'static str, others: &'static [Alternative]) -> Self {
        Self { argument, others }
    }
}

impl Alternative {
    /// This media type, sent as this format.
    #[must_use]
    pub const fn new(media_type: &'static str, format: BodyFormat) -> Self {
        Self {
            media_type,
            format,
            fields: None,
            xml: "",
        }
    }

    /// Sends the fields in its own way.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = Some(fields);
        self
    }

    /// Names elements and attributes in its own way.
    #[must_use]
    pub const fn xml_hints(mut self, xml: &'static str) -> Self {
        self.xml = xml;
        self
    }
}

impl Body {
    /// A required JSON body.
    #[must_use]
    pub const fn json(source: BodySource) -> Self {
        Self::new("application/json", BodyFormat::Json, source)
    }

    /// A required form.
    #[must_use]
    pub const fn form(source: BodySource) -> Self {
        Self::new(
            "application/x-www-form-urlencoded",
            BodyFormat::Form,
            source,
        )
    }

    /// A required multipart form.
    #[must_use]
    pub const fn multipart(source: BodySource) -> Self {
        Self::new("multipart/form-data", BodyFormat::Multipart, source)
    }

    /// A required list of parts.
    #[must_use]
    pub const fn parts(source: BodySource) -> Self {
        Self::new("multipart/mixed", BodyFormat::Parts, source)
    }

    /// A required XML body.
    #[must_use]
    pub const fn xml(source: BodySource, hints: &'static str) -> Self {
        Self::new("application/xml", BodyFormat::Xml, source).xml_hints(hints)
    }

    /// A required stream of JSON texts.
    #[must_use]
    pub const fn json_lines(source: BodySource) -> Self {
        Self::new("application/x-ndjson", BodyFormat::JsonLines, source)
    }

    /// A required text.
    #[must_use]
    pub const fn text(source: BodySource) -> Self {
        Self::new("text/plain; charset=utf-8", BodyFormat::Text, source)
    }

    /// A required body of bytes.
    #[must_use]
    pub const fn bytes(source: BodySource) -> Self {
        Self::new("application/octet-stream", BodyFormat::Bytes, source)
    }

    const fn new(media_type: &'static str, format: BodyFormat, source: BodySource) -> Self {
        Self {
            media_type,
            format,
            required: true,
            source,
            choice: None,
            xml: "",
            pages: &[],
        }
    }

    /// Can be sent in other ways too.
    #[must_use]
    pub const fn choice(mut self, choice: &'static Choice) -> Self {
        self.choice = Some(choice);
        self
    }

    /// Has these names in XML.
    #[must_use]
    pub const fn xml_hints(mut self, hints: &'static str) -> Self {
        self.xml = hints;
        self
    }

    /// Asks for another page by these arguments.
    #[must_use]
    pub const fn pages(mut self, pages: &'static [&'static str]) -> Self {
        self.pages = pages;
        self
    }

    /// Has another `Content-Type` than the format's usual one.
    #[must_use]
    pub const fn media_type(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }

    /// Is left away when none of its arguments is given.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

impl Field {
    /// A field, in forms of `form` style, exploded.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            argument: name,
            name,
            style: Style::Form,
            explode: true,
            allow_reserved: false,
            format: FieldFormat::Value,
            content_type: "",
            headers: &[],
            xml: "",
            parts: &[],
            items: &[],
        }
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
        self.format = FieldFormat::Json;
        self
    }

    /// Is sent by its style even where it is an object.
    #[must_use]
    pub const fn styled(mut self) -> Self {
        self.format = FieldFormat::Styled;
        self
    }

    /// Is a file.
    #[must_use]
    pub const fn file(mut self) -> Self {
        self.format = FieldFormat::File;
        self
    }

    /// Is a file or else a text, such as the file's address.
    #[must_use]
    pub const fn file_or_text(mut self) -> Self {
        self.format = FieldFormat::FileOrText;
        self
    }

    /// Is a part of this media type.
    #[must_use]
    pub const fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    /// Is a part with these headers too.
    #[must_use]
    pub const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Names elements and attributes of a part that is XML.
    #[must_use]
    pub const fn xml_hints(mut self, xml: &'static str) -> Self {
        self.xml = xml;
        self
    }

    /// Is a part of parts.
    #[must_use]
    pub const fn parts(mut self, parts: &'static [Self]) -> Self {
        self.parts = parts;
        self
    }

    /// Is a list of lists, which are joined so.
    #[must_use]
    pub const fn items(mut self, items: &'static [Style]) -> Self {
        self.items = items;
        self
    }

    /// Is called otherwise as an argument than in the body.
    #[must_use]
    pub const fn argument(mut self, argument: &'static str) -> Self {
        self.argument = argument;
        self
    }

    /// Is serialised otherwise than by the default.
    #[must_use]
    pub const fn style(mut self, style: Style, explode: bool) -> Self {
        self.style = style;
        self.explode = explode;
        self
    }
}
