//! What kind of thing a body is.

use http::HeaderValue;

/// A media type with its charset.
#[derive(Debug)]
pub(super) struct MediaType {
    essence: String,
    charset: Option<String>,
}

/// How a body is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Text,
    /// Items that come one after the other, perhaps without an end.
    Stream,
    Image,
    Audio,
    Binary,
}

impl MediaType {
    /// Reads a `Content-Type`; what is no media type is taken for bytes of an unknown kind.
    pub(super) fn of(header: Option<&HeaderValue>) -> Self {
        let text = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_owned())
        });
        // It is shown to the model and sent to the client.
        let plain = |c: char| c.is_ascii_alphanumeric() || "/+-._!#$&^".contains(c);
        let essence = if essence.contains('/') && essence.len() < 128 && essence.chars().all(plain)
        {
            essence
        } else {
            String::new()
        };
        Self { essence, charset }
    }

    /// `application/octet-stream` where the upstream says nothing.
    pub(super) fn essence(&self) -> &str {
        if self.essence.is_empty() {
            "application/octet-stream"
        } else {
            &self.essence
        }
    }

    pub(super) fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// The charset of the header or, where that says nothing, of the byte order mark, the XML declaration (XML 1.0 §4.3.3) or the
    /// page.
    pub(super) fn charset_of<'a>(&'a self, bytes: &'a [u8]) -> Option<&'a str> {
        const LOOKED_AT: usize = 200;
        let declared = || {
            let head = bytes.strip_prefix(b"<?xml")?;
            let head = &head[..head.len().min(LOOKED_AT)];
            let end = head.windows(2).position(|pair| pair == b"?>")?;
            let head = std::str::from_utf8(&head[..end]).ok()?;
            let rest = head.split_once("encoding")?.1;
            let rest = rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split(quote).next()
        };
        let marked = (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]))
            .then_some("utf-16");
        (self.charset().or(marked))
            .or_else(declared)
            .or_else(|| self.is_html().then(|| of_meta(bytes))?)
    }

    pub(super) fn is_html(&self) -> bool {
        matches!(self.essence.as_str(), "text/html" | "application/xhtml+xml")
    }

    /// Server-sent events and JSON a line.
    pub(super) fn is_stream(&self) -> bool {
        matches!(
            self.essence.as_str(),
            "text/event-stream"
                | "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/x-jsonlines"
                | "application/stream+json"
                | "application/json-seq"
        )
    }

    pub(super) fn kind(&self, bytes: &[u8]) -> Kind {
        let (main, sub) = self.essence.split_once('/').unwrap_or_default();
        if self.is_stream() {
            return Kind::Stream;
        }
        match (main, sub) {
            ("application" | "text", "json") => Kind::Json,
            (_, sub) if sub.ends_with("+json") => Kind::Json,
            ("text", _)
            | ("image", "svg+xml")
            | (
                "application",
                "xml"
                | "yaml"
                | "x-yaml"
                | "javascript"
                | "graphql"
                | "toml"
                | "csv"
                | "sql"
                | "x-sh"
                | "rtf"
                | "x-www-form-urlencoded"
                | "x-javascript",
            ) => Kind::Text,
            ("application", sub) if sub.ends_with("+xml") || sub.ends_with("+yaml") => Kind::Text,
            ("image", _) => Kind::Image,
            ("audio", _) => Kind::Audio,
            ("", _) => guessed(bytes),
            _ => Kind::Binary,
        }
    }
}

/// What the first `meta` element with a charset says (HTML §13.2.3.2, in short).
fn of_meta(bytes: &[u8]) -> Option<&str> {
    const LOOKED_AT: usize = 1_024;
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let lower = head.to_ascii_lowercase();
    let find = |from: usize, word: &[u8]| {
        let found = lower[from..].windows(word.len()).position(|at| at == word);
        found.map(|at| from + at)
    };
    let mut from = 0;
    while let Some(start) = find(from, b"<meta") {
        let end = find(start, b">")?;
        if let Some(at) = find(start, b"charset=").filter(|at| *at < end) {
            let value = std::str::from_utf8(&head[at + b"charset=".len()..end]).ok()?;
            let value = value.trim_start_matches(['"', '\'']);
            let label = value.split(['"', '\'', ';', '/', ' ']).next()?;
            // Who could read this in UTF-16 would not have to be told.
            return Some(label).filter(|label| !label.to_ascii_lowercase().starts_with("utf-16"));
        }
        from = end;
    }
    None
}

fn guessed(bytes: &[u8]) -> Kind {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim_start().starts_with(['{', '[']) => Kind::Json,
        Ok(text) if !text.contains('\0') => Kind::Text,
        _ => Kind::Binary,
    }
}
