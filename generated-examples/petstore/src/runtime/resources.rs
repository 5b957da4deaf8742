//! Resources: of each tool the whole input schema and description, of which the listing may have a part.
//!
//! Those that hold more than the listing are listed; the template leads to the others.

use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, MetaObject, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate,
};
use serde_json::json;

use super::engine::Engine;
use super::policy::View;
use super::server::{LIST_TTL_MS, cache_scope};
use super::tool::{INPUT_SCHEMA, input_schema_uri};

/// JSON Schema 2020-12, core §14.1.
const MEDIA_TYPE: &str = "application/schema+json";

/// The answer to `resources/list`.
pub(super) fn list(engine: &Engine, view: &View, meta: MetaObject) -> ListResourcesResult {
    let resources = engine
        .partial_tools(view)
        .map(|tool| {
            Resource::new(input_schema_uri(tool.name), tool.name)
                .with_title(format!("{}: whole input schema", tool.title))
                .with_mime_type(MEDIA_TYPE)
        })
        .collect();
    let mut list = ListResourcesResult::with_all_items(resources)
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(cache_scope(view));
    list.meta = Some(meta);
    list
}

/// The answer to `resources/templates/list`.
pub(super) fn templates(meta: MetaObject) -> ListResourceTemplatesResult {
    let template = ResourceTemplate::new(input_schema_uri("{name}"), "input-schema")
        .with_title("Whole input schema of a tool")
        .with_description(
            "The JSON Schema that the arguments of a tool are checked against, with every description in full.",
        )
        .with_mime_type(MEDIA_TYPE);
    let mut list = ListResourceTemplatesResult::with_all_items(vec![template])
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(CacheScope::Public);
    list.meta = Some(meta);
    list
}

/// The answer to `resources/read`.
///
/// # Errors
/// There is no resource of this URI.
pub(super) fn read(
    engine: &Engine,
    view: &View,
    uri: &str,
    meta: MetaObject,
) -> Result<ReadResourceResult, ErrorData> {
    let tool = uri
        .strip_prefix(INPUT_SCHEMA.0)
        .and_then(|rest| rest.strip_suffix(INPUT_SCHEMA.1));
    let schema = tool.and_then(|tool| engine.input_schema(tool, view));
    let Some(schema) = schema else {
        // MCP, server/resources, "Error Handling": the URI that was asked for is a part of the error.
        let message =
            "there is no such resource; they are called `openapi://tools/NAME/input-schema`";
        return Err(ErrorData::resource_not_found(
            message,
            Some(json!({ "uri": uri })),
        ));
    };
    let contents = ResourceContents::text(schema.to_string(), uri).with_mime_type(MEDIA_TYPE);
    let mut result = ReadResourceResult::new(vec![contents])
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(cache_scope(view));
    result.meta = Some(meta);
    Ok(result)
}

/// What a variable of a template may be.
///
/// # Errors
/// There is no such template, or no such variable.
pub(super) fn choices(
    engine: &Engine,
    view: &View,
    template: &str,
    variable: &str,
) -> Result<Vec<String>, ErrorData> {
    if template == input_schema_uri("{name}") && variable == "name" {
        return Ok(engine.names(view).map(str::to_owned).collect());
    }
    let message = "there is no such resource template, or no such variable in it";
    Err(ErrorData::invalid_params(message, None))
}
