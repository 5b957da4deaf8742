//! The results of `tools/list` and `tools/call` as text, where they need not become the SDK's values first: schemas
//! and structured content go out as they came in, with the upstream's own text of numbers.
//!
//! The members are those of the SDK's types, in the same order; a test compares both. What a result *says* is
//! `server`'s business.

use std::borrow::Cow;

use rmcp::model::{CacheScope, CallToolResult, ContentBlock, MetaObject, ToolAnnotations};
use serde::Serialize;
use serde_json::value::RawValue;

use super::engine::{ListedTool, Structured};
use super::tool::Hints;
use super::wire::Era;

/// `resultType` of a result that is one (MCP 2026-07-28, basic: required), which older versions do not know.
fn result_type(era: Era) -> Option<&'static str> {
    match era {
        Era::Legacy => None,
        Era::Modern => Some("complete"),
    }
}

/// The result of a call.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Called {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
    content: Vec<ContentBlock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_content: Option<Structured>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_error: Option<bool>,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<MetaObject>,
}

impl Called {
    /// The SDK's result with this structured content instead of its own.
    pub(super) fn new(era: Era, result: CallToolResult, structured: Option<Structured>) -> Self {
        Self {
            result_type: result_type(era),
            content: result.content,
            structured_content: structured,
            is_error: result.is_error,
            meta: result.meta,
        }
    }
}

/// The result of a listing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
    #[serde(rename = "_meta")]
    meta: &'a MetaObject,
    ttl_ms: u64,
    cache_scope: CacheScope,
    tools: Vec<ListedText<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedText<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    input_schema: Cow<'a, RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Cow<'a, RawValue>>,
    annotations: ToolAnnotations,
}

/// All tools on one page.
pub(super) fn tools<'a>(
    era: Era,
    meta: &MetaObject,
    (ttl_ms, cache_scope): (u64, CacheScope),
    tools: impl Iterator<Item = ListedTool<'a>>,
) -> Box<RawValue> {
    let list = Listed {
        result_type: result_type(era),
        meta,
        ttl_ms,
        cache_scope,
        tools: tools.map(ListedText::from).collect(),
    };
    serde_json::value::to_raw_value(&list).expect("maps have text keys")
}

/// The four hints as MCP calls them.
pub(super) fn annotations(hints: Hints) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world)
}

impl<'a> From<ListedTool<'a>> for ListedText<'a> {
    fn from(tool: ListedTool<'a>) -> Self {
        Self {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            input_schema: tool.input_schema,
            output_schema: tool.output_schema,
            annotations: annotations(tool.hints),
        }
    }
}
