//! What came of an answer that the connection cut.

use std::borrow::Cow;

use super::super::engine::ToolResult;
use super::media::{Kind, MediaType};
use super::{Answer, html};

impl Answer<'_> {
    /// What came of a success, as text: it ends anywhere, so nothing else is made of it.
    pub(super) fn in_part(&self, media: &MediaType) -> ToolResult {
        if let Some(failure) = self.compressed() {
            return failure;
        }
        let head = format!("The API had answered {}", self.status_line());
        let bytes = &self.received.bytes;
        let is_text = matches!(media.kind(bytes), Kind::Json | Kind::Text | Kind::Stream);
        if bytes.is_empty() || !is_text {
            return ToolResult::text(format!("{head}."));
        }
        let decoded = self.decoded(media);
        let text = if media.is_html() {
            self.capped(&self.page(html::text(&decoded)))
        } else {
            self.capped(&decoded)
        };
        ToolResult::text(format!("{head}; what came of it until then:\n\n{text}"))
    }

    /// The words of a page. Between its tags there may be the beginning of what is to be taken out, at the end of a part.
    pub(super) fn page(&self, words: String) -> String {
        let mut words = Cow::Owned(words);
        if self.received.is_part() {
            for credential in self.credentials {
                credential.redact(&mut words);
                credential.redact_end(&mut words);
            }
            // What is between tags was looked at already, but for what goes on over some.
            if self.redaction.is_some() {
                let last = words.rfind(|c: char| c.is_ascii_whitespace());
                words.to_mut().truncate(last.unwrap_or_default());
            }
        }
        self.without_secrets(words.into_owned())
    }
}

/// The beginning of an answer without what may be the beginning of something that is to be taken out.
pub(super) fn without_half(text: Cow<'_, str>) -> Cow<'_, str> {
    /// A number has spaces, and an address letters of any script; a token may be of any length.
    const LONGEST: usize = 64;
    let is_part = |(at, c): &(usize, char)| {
        c.is_ascii_graphic() && !"\"<>{}[]|".contains(*c)
            || (*c == ' ' || !c.is_ascii()) && *at < LONGEST
    };
    let tail = text.chars().rev().enumerate().take_while(is_part);
    let end = text.len() - tail.map(|(_, c)| c.len_utf8()).sum::<usize>();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
