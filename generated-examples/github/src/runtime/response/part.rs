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

    /// The words of a page. What goes on over tags was not seen before they were away.
    pub(super) fn page(&self, words: String) -> String {
        let mut words = Cow::Owned(words);
        if self.received.is_part() {
            for credential in self.credentials {
                credential.redact(&mut words);
                credential.redact_end(&mut words);
            }
            if self.redaction.is_some() {
                // A tag may have begun.
                let end = before_half(words.trim_end().trim_end_matches('<'));
                words.to_mut().truncate(end);
            }
        }
        self.without_secrets(words.into_owned())
    }
}

/// In characters: how long a number or an address may be that has spaces, references or letters of any script.
const LONGEST: usize = 64;
/// In bytes: the longest authority of a URL that is looked for.
const LONGEST_AUTHORITY: usize = 512;

/// The beginning of an answer without what may be the beginning of something that is to be taken out.
pub(super) fn without_half(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut end = before_half(&text);
    let is_word = |c: char| c.is_ascii_alphanumeric() || "@._%+-/=~".contains(c);
    end = text[..end].trim_end_matches(is_word).len();
    // Of folded lines, all that are one.
    if text.starts_with("BEGIN:V") {
        let mut lines = text.char_indices().rev().filter(|(_, c)| *c == '\n');
        let last = lines.find(|(at, _)| !text[at + 1..].starts_with([' ', '\t']));
        end = end.min(last.map_or(0, |(at, _)| at + 1));
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// Where half a number, an address or an authority begins, at the end of a text.
fn before_half(text: &str) -> usize {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || "@._%+-/=~ &#;()".contains(c) || !c.is_ascii();
    let tail = text.chars().rev().take(LONGEST).take_while(|c| is_part(*c));
    let start = text.len() - tail.map(char::len_utf8).sum::<usize>();
    let may_be_one = |c: char| c.is_ascii_digit() || c == '@';
    let mut end = if text[start..].contains(may_be_one) {
        start
    } else {
        text.len()
    };
    // A password has signs of all kinds (RFC 3986 §3.2.1).
    let is_end = |c: char| "/?#\"'<>".contains(c) || c.is_ascii_whitespace();
    if let Some(authority) = text
        .rfind('/')
        .filter(|at| text.len() - at <= LONGEST_AUTHORITY)
        && !text[authority + 1..].contains(is_end)
        && text[..authority].trim_end_matches('\\').ends_with('/')
    {
        end = end.min(authority + 1);
    }
    end
}
