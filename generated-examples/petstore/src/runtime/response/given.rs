//! What a jq program gives for an answer, as a result.

use std::borrow::Cow;

use http::header::CONTENT_ENCODING;

use super::super::engine::{Content, Structured, ToolResult};
use super::super::output::Output;
use super::super::tool::{ResultShape, ToolDef};
use super::media::MediaType;
use super::{Answer, excerpt, is_json};

impl Answer<'_> {
    /// The answer, where it is one JSON text that a program can be given.
    pub(in super::super) fn whole_json(&self) -> Option<String> {
        if self.received.is_part() || self.headers.contains_key(CONTENT_ENCODING) {
            return None;
        }
        let text = self.decoded(&self.media_type());
        let text = text.trim();
        is_json(text).then(|| text.to_owned())
    }

    /// What a program gives is cleaned as an answer is: it may have spelt anew what does not show in the answer.
    pub(super) fn given(
        &self,
        argument: &str,
        lines: &str,
        tool: &ToolDef,
        output: Option<&Output>,
    ) -> ToolResult {
        let text = self.safe(Cow::Borrowed(lines.trim_end())).text;
        let structured = self.structured_lines(&text, tool.result, output);
        if text.is_empty() {
            let text = format!("`{argument}` gave no output.");
            return ToolResult {
                structured,
                ..ToolResult::text(text)
            };
        }
        if !self.is_too_long(&text) {
            return ToolResult {
                structured,
                ..ToolResult::text(self.data(text))
            };
        }
        match excerpt::fitted(&text, self.most_chars, false) {
            Some(excerpt) if !text.contains('\n') => self.excerpt(&excerpt, tool, output),
            _ => ToolResult::text(self.capped(&text)),
        }
    }

    /// Some hosts show the structured content alone, so what a program gives stands there too, where the output schema
    /// leaves room for it: as it is, or as `result`.
    fn structured_lines(
        &self,
        lines: &str,
        shape: ResultShape,
        output: Option<&Output>,
    ) -> Option<Structured> {
        if shape == ResultShape::Unstructured || self.is_too_long(lines) {
            return None;
        }
        let mut all = lines.lines();
        let (first, more) = (all.next(), all.next());
        let value = match (first, more) {
            (Some(only), None) => Cow::Borrowed(only),
            _ => Cow::Owned(format!("[{}]", lines.lines().collect::<Vec<_>>().join(","))),
        };
        let itself = self.structured((&value, false), shape, output);
        itself.or_else(|| self.structured((&value, false), ResultShape::Wrapped, output))
    }

    /// The answer as it is, where it cannot be given to a program.
    pub(super) fn ungiven(
        &self,
        argument: &str,
        tool: &ToolDef,
        output: Option<&Output>,
        media: &MediaType,
    ) -> ToolResult {
        let mut result = self.as_it_is(tool, output, media);
        if result.error.is_none() && !self.received.bytes.is_empty() {
            let why = if self.received.is_part() {
                "not all of the answer was read"
            } else {
                "the answer is not one JSON text"
            };
            let note = format!("`{argument}` was not applied: {why}.");
            result.content.push(Content::Text(note));
        }
        result
    }
}
