//! From the upstream's answer to a tool's result.
//!
//! A success keeps the upstream's own text; [`refusal`] explains an error so that a model knows what to do. Upstream
//! text is untrusted: capped, made visible, and never interpreted.

mod excerpt;
mod given;
mod html;
mod mark;
mod media;
mod notes;
mod paging;
mod part;
mod refusal;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use self::excerpt::Excerpt;
pub(super) use self::excerpt::Fields;
pub(super) use self::mark::{EXPLAINED, Mark, is_word};
use self::media::{Kind, MediaType};
pub(super) use self::notes::Validators;
use super::credentials::Credential;
use super::engine::{Content, ErrorType, Structured, ToolResult};
use super::operations::{AZURE_OPERATION, OPERATION_LOCATION};
use super::output::Output;
use super::plain;
use super::redact::{REDACTED, Redacted, Redaction};
use super::structured::is_too_deep;
use super::text;
use super::tool::{Location, Parameter, ResultShape, ToolDef};
use super::upstream::{End, Received};

pub(super) use self::refusal::{Known, Sender};

/// An answer of the upstream.
pub(super) struct Answer<'a> {
    pub(super) method: &'a Method,
    /// The path that was asked for, without the query: that may hold a key.
    pub(super) path: &'a str,
    pub(super) status: StatusCode,
    /// What the tool was called with.
    pub(super) arguments: &'a Map<String, Value>,
    pub(super) headers: &'a HeaderMap,
    pub(super) received: Received,
    /// What was sent with the request, to be taken out of what comes back.
    pub(super) credentials: &'a [std::sync::Arc<Credential>],
    /// What is taken out for who asked.
    pub(super) redaction: Option<&'a Redaction>,
    /// What the caller wants to see of it.
    pub(super) fields: Option<&'a Fields>,
    /// The argument that says so, where there is one.
    pub(super) fields_argument: Option<&'a str>,
    /// The argument that is a jq program, and the lines of JSON that it gives for the answer; none where the answer is not
    /// one JSON text.
    pub(super) jq: Option<(&'a str, Option<&'a str>)>,
    /// Which versions of things are worth a word.
    pub(super) validators: Validators,
    /// What is put around what the API says.
    pub(super) mark: Option<&'a Mark>,
    /// `--max-response-bytes`.
    pub(super) most_bytes: usize,
    /// `--max-result-chars`.
    pub(super) most_chars: usize,
    /// The body as it may be shown, once somebody has looked; `None` where it is as it came.
    pub(super) text: OnceCell<Option<String>>,
    /// Whether that somebody has seen that it is one JSON text.
    pub(super) is_json: Cell<bool>,
}

impl Answer<'_> {
    /// The result of a call. `output` is the schema that `structuredContent` must fit.
    pub(super) fn into_result(
        self,
        tool: &ToolDef,
        output: Option<&Output>,
        known: &Known<'_>,
    ) -> ToolResult {
        if !self.status.is_success() {
            return self.refused(tool.hints.read_only, known);
        }
        let media = self.media_type();
        if self.received.end == End::Broken {
            return self.in_part(&media);
        }
        let mut result = self.accepted(tool, output, &media);
        if result.error.is_none() {
            let notes = self.notes(tool, result.structured.is_some(), &media);
            result.content.extend(notes.into_iter().map(Content::Text));
        }
        // Clients throw a success away that lacks the structured content which an output schema promises.
        if result.error.is_none()
            && result.structured.is_none()
            && tool.result != ResultShape::Unstructured
        {
            result.structured = output.and_then(stand_in);
        }
        result
    }

    /// What the head of the answer tells, and where the next page is: a block of its own, so that the first one stays
    /// what the upstream sent.
    ///
    /// Between marks it is two blocks: headers are the API's words, and the rest is ours.
    fn notes(&self, tool: &ToolDef, is_structured: bool, media: &MediaType) -> Vec<String> {
        // Without a body there is a sentence that tells them.
        let headers = if self.received.bytes.is_empty() {
            Vec::new()
        } else {
            notes::headers(self.validators, self.status, self.headers)
        };
        let mut notes: Vec<String> = (headers.into_iter())
            .map(|note| self.without_secrets(note))
            .collect();
        let mut theirs = Vec::new();
        if self.mark.is_some() {
            theirs.append(&mut notes);
        }
        if paging::may_page(tool) {
            let body = self.body_about_pages(media);
            let next = paging::next_page(tool, self.arguments, self.headers, body.as_ref());
            let has_words = next.as_ref().is_some_and(paging::NextPage::has_words_only);
            let sentence = next.map(|next| self.without_secrets(next.sentence(tool.name)));
            let sentence = sentence.filter(|sentence| !sentence.contains(REDACTED));
            // A cursor is the API's, and may be a sentence.
            match self.mark {
                Some(_) if !has_words => theirs.extend(sentence),
                _ => notes.extend(sentence),
            }
        }
        let is_text = matches!(
            media.kind(&self.received.bytes),
            Kind::Json | Kind::Text | Kind::Stream
        );
        if let Some(charset) = (media.charset_of(&self.received.bytes))
            .filter(|charset| is_text && !text::knows(charset))
        {
            let charset = text::visible(Cow::Borrowed(self.word(charset)));
            notes.push(format!(
                "The response is in the character set `{charset}`, which this server was built without: only ASCII is right."
            ));
        }
        if !is_structured && self.is_broken_json(tool, media) {
            notes.push(format!(
                "The response says that it is `{}`, but it is not JSON.",
                self.word(media.essence())
            ));
        }
        let theirs = (!theirs.is_empty()).then(|| self.data(brief(&theirs.join("\n"))));
        let ours = (!notes.is_empty()).then(|| brief(&notes.join("\n")));
        theirs.into_iter().chain(ours).collect()
    }

    /// What the API says, between marks where there are any.
    fn data<'t>(&self, text: impl Into<Cow<'t, str>>) -> String {
        let text = text.into();
        match self.mark {
            Some(mark) => mark.around(&text),
            None => text.into_owned(),
        }
    }

    /// A word of the API within a sentence of ours: where its words stand between marks, no more than a word.
    fn word<'t>(&self, text: &'t str) -> &'t str {
        const LONGEST: usize = 60;
        if self.mark.is_none() || (text.len() <= LONGEST && is_word(text)) {
            text
        } else {
            "…"
        }
    }

    fn without_secrets(&self, text: String) -> String {
        let text = self.cleaned(&text).unwrap_or(text);
        let redacted = (self.redaction).and_then(|redaction| redaction.text(&text));
        redacted.unwrap_or(text)
    }

    /// Whether a body calls itself JSON and is none. Where nobody asks for structure, a look at its start has to do.
    fn is_broken_json(&self, tool: &ToolDef, media: &MediaType) -> bool {
        let bytes = self.received.bytes.trim_ascii_start();
        let [first, ..] = bytes else { return false };
        if self.received.is_part() || media.kind(bytes) != Kind::Json {
            return false;
        }
        let starts = b"{[\"-0123456789tfn".contains(first);
        // Before it is read, UTF-16 and a byte order mark look like anything.
        let is_looked_into = tool.result != ResultShape::Unstructured || !starts;
        is_looked_into && !is_json(self.decoded(media).trim())
    }

    /// The body as JSON, if it may say something about pages: most say nothing, and are not read again.
    fn body_about_pages(&self, media: &MediaType) -> Option<Value> {
        // What the caller may not see is no way to the next page either.
        let text = match self.redaction {
            Some(_) => self.decoded(media),
            None => Cow::Borrowed(std::str::from_utf8(&self.received.bytes).ok()?),
        };
        let says = |word: &str| text.contains(word);
        let words = ["ext", "_more", "ursor", "age", "oken", "arker"];
        if self.received.is_part() || !words.into_iter().any(says) {
            return None;
        }
        plain::read(text.as_bytes()).ok()
    }

    fn accepted(&self, tool: &ToolDef, output: Option<&Output>, media: &MediaType) -> ToolResult {
        if let Some((argument, given)) = self.jq {
            return match given {
                Some(given) => self.given(argument, given, tool, output),
                None => self.ungiven(argument, tool, output, media),
            };
        }
        self.as_it_is(tool, output, media)
    }

    fn as_it_is(&self, tool: &ToolDef, output: Option<&Output>, media: &MediaType) -> ToolResult {
        let shape = tool.result;
        if self.received.bytes.is_empty() {
            return ToolResult::text(self.emptiness());
        }
        if let Some(failure) = self.compressed() {
            return failure;
        }
        match media.kind(&self.received.bytes) {
            Kind::Json => self.json(media, tool, output),
            // A habit of servers: JSON that calls itself text.
            Kind::Text | Kind::Binary
                if shape != ResultShape::Unstructured && self.looks_like_json() =>
            {
                self.json(media, tool, output)
            }
            Kind::Text if media.is_html() && !self.is_json_all_the_same(media) => self.html(media),
            Kind::Text | Kind::Stream => self.text(media, shape, output),
            // What cannot be looked into is shown as it is; what can, is.
            Kind::Image | Kind::Audio | Kind::Binary
                if self.redaction.is_some() && self.is_text(media) =>
            {
                let bytes = self.received.bytes.trim_ascii_start();
                match bytes.first() {
                    Some(b'{' | b'[') => self.json(media, tool, output),
                    _ => self.text(media, shape, output),
                }
            }
            Kind::Image | Kind::Audio | Kind::Binary if self.received.is_part() => {
                ToolResult::failure(
                    ErrorType::TooLarge,
                    format!(
                        "The response is larger than the {} bytes that this server reads \
                         (`MCP_MAX_RESPONSE_BYTES`), and a part of `{}` is of no use.",
                        self.most_bytes,
                        self.word(media.essence())
                    ),
                )
            }
            _ if (self.credentials.iter())
                .any(|credential| credential.is_in(&self.received.bytes)) =>
            {
                ToolResult::failure(
                    ErrorType::Internal,
                    format!(
                        "The response is `{}` and holds the credential that was sent, so it is not shown.",
                        self.word(media.essence())
                    ),
                )
            }
            kind => {
                let data = STANDARD.encode(&self.received.bytes);
                let essence = media.essence().to_owned();
                ToolResult::content(match kind {
                    Kind::Image => Content::Image(data, essence),
                    Kind::Audio => Content::Audio(data, essence),
                    _ => Content::Blob(format!("upstream://{}", self.path), essence, data),
                })
            }
        }
    }

    /// The client takes the header away from what it has decompressed (RFC 9110 §8.4).
    fn compressed(&self) -> Option<ToolResult> {
        let coding = self.headers.get(CONTENT_ENCODING)?;
        let coding = String::from_utf8_lossy(coding.as_bytes());
        if coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity") {
            return None;
        }
        let coding = self.without_secrets(coding.into_owned());
        let coding = self.word(&coding);
        Some(ToolResult::failure(
            ErrorType::Internal,
            format!(
                "The response is compressed with `{coding}`, which was not asked for and which this server cannot read. \
                 Whoever runs it may build it with the feature of that name, if there is one (`brotli`, `zstd`)."
            ),
        ))
    }

    fn media_type(&self) -> MediaType {
        MediaType::of(self.headers.get(CONTENT_TYPE))
    }

    fn json(&self, media: &MediaType, tool: &ToolDef, output: Option<&Output>) -> ToolResult {
        let shape = tool.result;
        let whole = text::visible_json(self.decoded(media));
        let (text, note) = self.chosen(whole.trim());
        let mut result = if self.received.end == End::Open {
            ToolResult::text(self.capped(&text))
        } else if !self.received.is_part() && !self.is_too_long(&text) {
            let is_json = self.fields.is_none() && self.is_json.get();
            let structured = self.structured((&text, is_json), shape, output);
            ToolResult {
                structured: structured.or_else(|| wrapped_text(&text, shape, output)),
                ..ToolResult::text(self.data(text))
            }
        } else if let Some(excerpt) =
            excerpt::fitted(&text, self.most_chars, self.received.is_part())
        {
            self.excerpt(&excerpt, tool, output)
        } else {
            ToolResult::text(self.capped(&text))
        };
        result.content.extend(note.map(Content::Text));
        result
    }

    /// What the caller wants to see of a JSON text, and what is to be said about that.
    fn chosen<'t>(&self, text: &'t str) -> (Cow<'t, str>, Option<String>) {
        let (Some(fields), Some(argument)) = (self.fields, self.fields_argument) else {
            return (Cow::Borrowed(text), None);
        };
        let Some((part, names)) = excerpt::chosen(text, fields, self.received.is_part()) else {
            return (Cow::Borrowed(text), Some(chose_nothing(argument)));
        };
        let missed = fields.missed();
        let note = (!missed.is_empty()).then(|| {
            let read = if self.received.is_part() {
                "part of the answer that was read"
            } else {
                "answer"
            };
            let names: Vec<String> = names.iter().map(|name| excerpt::joined("", name)).collect();
            let there = match names[..] {
                [] => "it has no names at its top".to_owned(),
                _ => format!("at its top there are `{}`", names.join("`, `")),
            };
            let missed = missed.join("`, `");
            let note = brief(&format!(
                "`{argument}`: nothing in the {read} is called `{missed}`; {there}."
            ));
            // Names are the API's words.
            self.data(&note)
        });
        (Cow::Owned(part), note)
    }

    /// A result that has only a part of the answer, and says so.
    fn excerpt(&self, excerpt: &Excerpt, tool: &ToolDef, output: Option<&Output>) -> ToolResult {
        let mut why = if self.received.is_part() {
            format!("a part of a response larger than {} bytes", self.most_bytes)
        } else {
            format!("cut to {} characters", self.most_chars)
        };
        if !excerpt.cuts.is_empty() {
            why.push_str(": ");
            why.push_str(&excerpt.cuts.join("; "));
        }
        let note = format!("[This is {why}. {}]", self.way_to_the_rest(tool));
        // Some hosts show the structured content alone.
        let marked = marked(&excerpt.text, tool.result, &note);
        let accepted = |json: &String| output.is_none_or(|output| output.accepts(json));
        let structured = match tool.result {
            ResultShape::Unstructured => None,
            _ => marked.filter(accepted).and_then(|json| self.visible(json)),
        };
        let mut result = ToolResult::text(self.data(&excerpt.text));
        result.content.push(Content::Text(note));
        ToolResult {
            structured,
            ..result
        }
    }

    /// Which arguments ask for less, or for the next part.
    fn way_to_the_rest(&self, tool: &ToolDef) -> String {
        const MOST: usize = 8;
        let in_query = |parameter: &&Parameter| parameter.location == Location::Query;
        let names: Vec<&str> = (tool.parameters.iter().filter(in_query))
            .map(|parameter| parameter.argument)
            .take(MOST)
            .collect();
        // It makes what is shown smaller, and not what is read.
        let fields = self.fields_argument.filter(|_| !self.received.is_part());
        match (&names[..], fields) {
            ([], None) => "This tool has no argument that asks for less.".to_owned(),
            ([], Some(fields)) => format!("With `{fields}` there is less of each."),
            (names, fields) => {
                let fields = fields.map(|it| format!(" With `{it}` there is less of each."));
                format!(
                    "Ask for less, or for the next part, with `{}`.{}",
                    names.join("`, `"),
                    fields.unwrap_or_default()
                )
            }
        }
    }

    /// `structuredContent`, if the response is what the output schema promises. `is_json` is whether that was seen of it.
    fn structured(
        &self,
        (text, is_json): (&str, bool),
        shape: ResultShape,
        output: Option<&Output>,
    ) -> Option<Structured> {
        let json = match shape {
            ResultShape::Unstructured => return None,
            ResultShape::Object => text.to_owned(),
            ResultShape::Wrapped | ResultShape::WrappedText => {
                // Else `1,"more":2` would become a field of the wrapper.
                if !is_json && !self::is_json(text) {
                    return None;
                }
                format!("{{\"result\":{text}}}")
            }
        };
        let fits = match output {
            Some(output) => output.accepts(&json),
            None => !is_too_deep(&json),
        };
        fits.then(|| self.visible(json))?
    }

    fn visible(&self, json: String) -> Option<Structured> {
        // Raw characters are gone by now; escaped ones do not show before they are read.
        if json.contains("\\u") {
            let mut value = plain::read(json.as_bytes()).ok()?;
            text::clean_all(&mut value, &|text| self.cleaned(text));
            return Structured::of(&value);
        }
        Structured::from_json(json)
    }

    fn text(&self, media: &MediaType, shape: ResultShape, output: Option<&Output>) -> ToolResult {
        let whole = self.decoded(media);
        let structured = if self.received.is_part() || self.is_too_long(&whole) {
            None
        } else {
            wrapped_text(&whole, shape, output)
        };
        let mut result = ToolResult {
            structured,
            ..ToolResult::text(self.capped(&whole))
        };
        if let (Some(_), Some(argument)) = (self.fields, self.fields_argument) {
            result.content.push(Content::Text(chose_nothing(argument)));
        }
        result
    }

    /// Whether bytes of no known kind are text: it says in which charset, or nothing in it is of no text.
    fn is_text(&self, media: &MediaType) -> bool {
        let bytes = &self.received.bytes[..];
        let is_no_text = |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
        media.charset_of(bytes).is_some_and(text::knows) || !bytes.iter().any(is_no_text)
    }

    fn looks_like_json(&self) -> bool {
        let bytes = self.received.bytes.trim_ascii_start();
        bytes.starts_with(b"{") || bytes.starts_with(b"[")
    }

    /// Whether what calls itself something else is JSON, as far as it was read.
    fn is_json_all_the_same(&self, media: &MediaType) -> bool {
        self.looks_like_json() && (self.received.is_part() || is_json(self.decoded(media).trim()))
    }

    fn html(&self, media: &MediaType) -> ToolResult {
        let text = self.page(html::text(&self.decoded(media)));
        if text.is_empty() && !self.received.is_part() {
            let status = self.status_line();
            return ToolResult::text(format!(
                "The call succeeded ({status}); the response is an HTML page without text."
            ));
        }
        ToolResult::text(self.capped(&text))
    }

    /// A text without what cannot be seen and without the credentials that were sent, where it has any of these.
    fn cleaned(&self, text: &str) -> Option<String> {
        let mut clean = text::visible(Cow::Borrowed(text));
        for credential in self.credentials {
            credential.redact(&mut clean);
        }
        match clean {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        }
    }

    /// JSON may spell a credential with any mix of escapes: then it is written anew.
    fn without_escaped_secrets<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        let has_escapes = text.contains("\\u") || text.contains("\\/");
        if self.credentials.is_empty() || !has_escapes {
            return text;
        }
        let plain = text::visible(Cow::Owned(text::unescaped(&text)));
        // What cannot be seen is gone: what is still cleaned is a credential.
        let Some(clean) = self.cleaned(&plain) else {
            return text;
        };
        Cow::Owned(match plain::read(text.as_bytes()) {
            Ok(mut value) => {
                text::clean_all(&mut value, &|text| self.cleaned(text));
                value.to_string()
            }
            Err(_) => clean,
        })
    }

    /// The body as text, without what cannot be seen, the credentials that were sent, and what the caller may not see.
    fn decoded(&self, media: &MediaType) -> Cow<'_, str> {
        let bytes = &self.received.bytes[..];
        let cleaned = self.text.get_or_init(|| {
            let Redacted { text, is_json } = self.decoded_anew(media);
            self.is_json.set(is_json);
            match text {
                Cow::Borrowed(text) if text.len() == bytes.len() => None,
                text => Some(text.into_owned()),
            }
        });
        match cleaned {
            Some(text) => Cow::Borrowed(text),
            None => String::from_utf8_lossy(bytes),
        }
    }

    fn decoded_anew(&self, media: &MediaType) -> Redacted<'_> {
        let mut bytes = &self.received.bytes[..];
        if self.received.is_part() {
            bytes = text::whole_characters(bytes);
        }
        // Text of another kind that does not say what it is in is Latin-1 more often than anything else.
        let is_latin = || {
            self.redaction.is_some()
                && matches!(media.kind(bytes), Kind::Image | Kind::Audio | Kind::Binary)
        };
        let charset = (media.charset_of(bytes)).or_else(|| is_latin().then_some("windows-1252"));
        self.safe(text::decode(bytes, charset))
    }

    fn safe<'t>(&self, text: Cow<'t, str>) -> Redacted<'t> {
        let mut text = text::visible(text);
        for credential in self.credentials {
            credential.redact(&mut text);
            if self.received.is_part() {
                credential.redact_end(&mut text);
            }
        }
        let text = self.without_escaped_secrets(text);
        match self.redaction {
            Some(redaction) if self.received.is_part() => redaction.body(part::without_half(text)),
            Some(redaction) => redaction.body(text),
            None => Redacted {
                text,
                is_json: false,
            },
        }
    }

    fn is_too_long(&self, text: &str) -> bool {
        // Bytes first: counting characters takes a look at each.
        text.len() > self.most_chars && text.chars().count() > self.most_chars
    }

    fn capped(&self, text: &str) -> String {
        if self.is_too_long(text) {
            let end = text
                .char_indices()
                .nth(self.most_chars)
                .map_or(text.len(), |(at, _)| at);
            let note = match self.received.end {
                End::Whole => format!("of {}", text.chars().count()),
                End::TooLarge => format!("of a response larger than {} bytes", self.most_bytes),
                End::Open | End::Broken => "of what has come".to_owned(),
            };
            return format!(
                "{}\n\n[Cut: these are the first {} characters {note}. Ask for less, with the arguments that filter \
                 or page, if there are any.]",
                self.data(self.whole_items(&text[..end])),
                self.most_chars
            );
        }
        let note = match self.received.end {
            End::Whole | End::Broken => return self.data(text),
            End::Open => {
                "the API was still sending when the time for this call was over.".to_owned()
            }
            End::TooLarge => format!(
                "this is the beginning of a response larger than {} bytes. Ask for less, with the arguments that filter \
                 or page, if there are any.",
                self.most_bytes
            ),
        };
        format!("{}\n\n[Cut: {note}]", self.data(text))
    }

    /// The beginning of a stream without the item in which it was cut, where there is a whole one.
    fn whole_items<'t>(&self, text: &'t str) -> &'t str {
        let media = self.media_type();
        if !media.is_stream() {
            return text;
        }
        let between = if media.essence().ends_with("event-stream") {
            "\n\n"
        } else {
            "\n"
        };
        text.rfind(between).map_or(text, |end| &text[..end])
    }

    fn emptiness(&self) -> String {
        use std::fmt::Write as _;
        let text = format!(
            "The call succeeded ({}); the response has no body.",
            self.status_line()
        );
        let mut shown = if *self.method == Method::HEAD {
            vec![
                LOCATION,
                CONTENT_TYPE,
                http::header::CONTENT_LENGTH,
                ETAG,
                LAST_MODIFIED,
            ]
        } else {
            vec![LOCATION, OPERATION_LOCATION, AZURE_OPERATION]
        };
        for name in self.validators.names() {
            if !shown.contains(&name) {
                shown.push(name);
            }
        }
        let mut headers = String::new();
        for name in &shown {
            if let Some(value) = self.headers.get(name) {
                let value = String::from_utf8_lossy(value.as_bytes());
                let value = brief(&self.without_secrets(value.into_owned()));
                let _ = write!(headers, "\n{}: {value}", title_case(name.as_str()));
            }
        }
        match self.mark {
            Some(mark) if !headers.is_empty() => {
                format!("{text}\n{}", mark.around(headers.trim_start()))
            }
            _ => text + &headers,
        }
    }

    /// `404 Not Found`.
    fn status_line(&self) -> String {
        match self.status.canonical_reason() {
            Some(reason) => format!("{} {reason}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

/// A part of JSON that is too long; `None` where it is not.
pub(super) fn shortened(json: &str, most: usize) -> Option<String> {
    if json.chars().count() <= most {
        return None;
    }
    let part = excerpt::fitted(json, most, false).map(|excerpt| excerpt.text);
    Some(part.unwrap_or_else(|| json.chars().take(most).collect()))
}

/// Whether a body comes in items and may have no end.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    MediaType::of(headers.get(CONTENT_TYPE)).is_stream()
}

/// Whether a body is a stream of server-sent events.
pub(super) fn is_events(headers: &HeaderMap) -> bool {
    MediaType::of(headers.get(CONTENT_TYPE)).essence() == "text/event-stream"
}

/// A piece of what the API says as its caller may see it; `None` where none of it may be.
pub(super) fn piece(
    text: &str,
    credentials: &[std::sync::Arc<Credential>],
    redaction: Option<&Redaction>,
) -> Option<String> {
    let cleaned = |text: &str| {
        let mut clean = text::visible(Cow::Owned(text.to_owned()));
        for credential in credentials {
            credential.redact(&mut clean);
        }
        clean.into_owned()
    };
    let clean = cleaned(text);
    // Escapes may spell a credential: where one shows without them, nothing is told.
    let plain = text::visible(Cow::Owned(text::unescaped(&clean)));
    if clean.contains('\\') && cleaned(&plain) != plain {
        return None;
    }
    Some(match redaction {
        Some(redaction) => redaction.body(Cow::Owned(clean)).text.into_owned(),
        None => clean,
    })
}

fn title_case(name: &str) -> String {
    let words: Vec<String> = (name.split('-'))
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect();
    words.join("-")
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Structured content that says itself what it lacks.
fn marked(json: &str, shape: ResultShape, note: &str) -> Option<String> {
    const MARK: &str = "_truncated";
    let note = Value::from(note).to_string();
    match shape {
        ResultShape::Unstructured => None,
        ResultShape::Object => {
            let inside = json.strip_prefix('{')?.strip_suffix('}')?;
            let separator = if inside.is_empty() { "" } else { "," };
            Some(format!("{{{inside}{separator}\"{MARK}\":{note}}}"))
        }
        ResultShape::Wrapped | ResultShape::WrappedText => {
            Some(format!("{{\"result\":{json},\"{MARK}\":{note}}}"))
        }
    }
}

/// The beginning of what is shown beside a response, or instead of one.
fn brief(text: &str) -> String {
    const MOST_CHARS: usize = 2_000;
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{} […]", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text that is no JSON, where a string is promised.
fn wrapped_text(text: &str, shape: ResultShape, output: Option<&Output>) -> Option<Structured> {
    if shape != ResultShape::WrappedText || is_json(text) {
        return None;
    }
    let json = serde_json::json!({ "result": text }).to_string();
    output?
        .accepts(&json)
        .then(|| Structured::from_json(json))?
}

fn chose_nothing(argument: &str) -> String {
    format!("`{argument}` chose nothing: the answer is not one JSON text.")
}

/// What is sent as `structuredContent` where the response is not what the output schema promises: nothing that the
/// upstream did not say, in a form that fits. The response itself is in the content.
pub(super) fn stand_in(output: &Output) -> Option<Structured> {
    ["{}", "{\"result\":null}"]
        .into_iter()
        .find(|json| output.accepts(json))
        .and_then(|json| Structured::from_json(json.to_owned()))
}

#[cfg(test)]
mod tests;
