//! What came of an answer that the connection cut.

use super::super::engine::ToolResult;
use super::media::{Kind, MediaType};
use super::{Answer, html};

impl Answer<'_> {
    /// What came of a success, as text: it ends anywhere, so nothing else is made of it.
    pub(super) fn in_part(&self, media: &MediaType) -> ToolResult {
        let head = format!("The API had answered {}", self.status_line());
        let bytes = &self.received.bytes;
        let is_text = matches!(media.kind(bytes), Kind::Json | Kind::Text | Kind::Stream);
        if bytes.is_empty() || !is_text {
            return ToolResult::text(format!("{head}."));
        }
        let decoded = self.decoded(media);
        let text = if media.is_html() {
            self.capped(&self.without_secrets(html::text(&decoded)))
        } else {
            self.capped(&decoded)
        };
        ToolResult::text(format!("{head}; what came of it until then:\n\n{text}"))
    }
}
