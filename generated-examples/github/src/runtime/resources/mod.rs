//! Resources: of each tool its page and its whole input schema and, where the owner asks for it, what GET operations
//! answer, and the API's description.
//!
//! Reading an operation is a call of its tool, with all that holds for one. Who does not see a tool sees none of its
//! resources.

mod address;
mod page;

use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, MetaObject, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate,
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use self::address::{Address, is_list, is_readable, variables};
use super::engine::{CallContext, Content, Engine, ErrorType, ToolResult};
use super::policy::View;
use super::server::{LIST_TTL_MS, cache_scope};
use super::tool::{INPUT_SCHEMA, ToolDef, input_schema_uri};

/// JSON Schema 2020-12, core §14.1.
const SCHEMA: &str = "application/schema+json";
/// RFC 7763.
const MARKDOWN: &str = "text/markdown";
/// The media type registrations of OpenAPI are drafts: JSON it is.
const JSON: &str = "application/json";
/// The API's description.
const DOCUMENT: &str = "openapi://spec";

/// The answer to `resources/list`.
pub(super) fn list(engine: &Engine, view: &View, meta: MetaObject) -> ListResourcesResult {
    let mut resources: Vec<Resource> = Vec::new();
    if document(engine, view).is_some() {
        resources.push(
            Resource::new(DOCUMENT, "spec")
                .with_title(format!("{}: the API's description", engine.def().title))
                .with_mime_type(JSON),
        );
    }
    resources.extend(engine.partial_tools(view).map(|tool| {
        Resource::new(input_schema_uri(tool.name), tool.name)
            .with_title(format!("{}: whole input schema", tool.title))
            .with_mime_type(SCHEMA)
    }));
    for (tool, address) in operations(engine, view) {
        if variables(address.plain()).next().is_none() && !engine.requires_any(tool.name, view) {
            let mut resource = Resource::new(address.plain(), tool.name).with_title(tool.title);
            resource.description = some(tool.description);
            resource.mime_type = media_type(tool);
            resources.push(resource);
        }
    }
    let mut list = ListResourcesResult::with_all_items(resources)
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(cache_scope(view));
    list.meta = Some(meta);
    list
}

/// The answer to `resources/templates/list`.
pub(super) fn templates(
    engine: &Engine,
    view: &View,
    meta: MetaObject,
) -> ListResourceTemplatesResult {
    let mut templates = vec![
        ResourceTemplate::new(input_schema_uri("{name}"), "input-schema")
            .with_title("Whole input schema of a tool")
            .with_description(
                "The JSON Schema that the arguments of a tool are checked against, with every description in full.",
            )
            .with_mime_type(SCHEMA),
        ResourceTemplate::new(page_uri("{name}"), "tool")
            .with_title("All about a tool")
            .with_description("What a tool does, its arguments and its result, for people and models to read.")
            .with_mime_type(MARKDOWN),
    ];
    for (tool, address) in operations(engine, view) {
        let schema = engine.advertised(tool.name).unwrap_or_default();
        let Some(uri) = address.template(|name| is_list(&schema, name)) else {
            continue;
        };
        let mut template = ResourceTemplate::new(uri, tool.name).with_title(tool.title);
        template.description = some(tool.description);
        template.mime_type = media_type(tool);
        templates.push(template);
    }
    let mut list = ListResourceTemplatesResult::with_all_items(templates)
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(cache_scope(view));
    list.meta = Some(meta);
    list
}

/// The answer to `resources/read`, and what goes into its `_meta`.
///
/// # Errors
/// There is no resource of this URI, or its operation failed.
pub(super) async fn read(
    engine: &Engine,
    uri: &str,
    ctx: CallContext,
) -> Result<(ReadResourceResult, Map<String, Value>), ErrorData> {
    let view = engine.view(ctx.identity.as_ref());
    if let Some(contents) = known(engine, &view, uri) {
        let result = ReadResourceResult::new(vec![contents])
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(cache_scope(&view));
        return Ok((result, Map::new()));
    }
    let Some((tool, arguments)) = operation(engine, &view, uri) else {
        return Err(not_found(uri));
    };
    let ctx = CallContext {
        is_reading: true,
        ..ctx
    };
    let result = engine.call(tool.name, arguments, ctx).await;
    let result = result.map_err(|_| not_found(uri))?;
    if let Some(error) = result.error {
        return Err(failure(uri, error, &result));
    }
    let contents = result
        .content
        .into_iter()
        .map(|content| contents(content, uri));
    // What an API answers is fresh for as long as its cache says, and for nobody else.
    let answer = ReadResourceResult::new(contents.collect())
        .with_ttl_ms(0)
        .with_cache_scope(CacheScope::Private);
    Ok((answer, result.meta))
}

/// A resource that is no operation.
fn known(engine: &Engine, view: &View, uri: &str) -> Option<ResourceContents> {
    if uri == DOCUMENT {
        let text = document(engine, view)?;
        return Some(ResourceContents::text(text, uri).with_mime_type(JSON));
    }
    let tool = uri.strip_prefix(INPUT_SCHEMA.0)?;
    if let Some(tool) = tool.strip_suffix(INPUT_SCHEMA.1) {
        let schema = engine.input_schema(tool, view)?;
        return Some(ResourceContents::text(schema.to_string(), uri).with_mime_type(SCHEMA));
    }
    let schema = engine.input_schema(tool, view)?;
    let output = engine.output_schema(tool, view);
    let page = page::page(tool, &schema, engine.visible(tool, view), output);
    Some(ResourceContents::text(page, uri).with_mime_type(MARKDOWN))
}

/// The API's description, which knows of every tool: for who sees them all, as they are.
fn document(engine: &Engine, view: &View) -> Option<&'static str> {
    let shown = engine.offers_operations() && engine.hides_nothing(view);
    engine.def().document.filter(|_| shown)
}

/// The operations that a caller may read, with their addresses.
fn operations<'a>(
    engine: &'a Engine,
    view: &'a View,
) -> impl Iterator<Item = (&'static ToolDef, Address)> + 'a {
    let tools = engine.offers_operations().then(|| engine.generated(view));
    tools
        .into_iter()
        .flatten()
        .filter(|(_, tool)| is_readable(tool))
        .map(|(position, tool)| (tool, Address::of(tool, position, view)))
}

/// The operation that a URI is about, and its arguments.
fn operation(
    engine: &Engine,
    view: &View,
    uri: &str,
) -> Option<(&'static ToolDef, Map<String, Value>)> {
    operations(engine, view).find_map(|(tool, address)| {
        let start = address.plain().split('{').next().unwrap_or_default();
        // Most addresses are others', and to know a schema takes time.
        if !uri.starts_with(start) {
            return None;
        }
        let schema = engine.input_schema(tool.name, view).unwrap_or_default();
        let arguments = address.arguments(uri, |name| is_list(&schema, name))?;
        Some((tool, arguments))
    })
}

/// MCP, server/resources, "Error Handling": the URI that was asked for is a part of the error.
fn not_found(uri: &str) -> ErrorData {
    let message = "there is no such resource; they are called `openapi://tools/NAME/input-schema`, and as the templates say";
    ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
}

fn failure(uri: &str, error: ErrorType, result: &ToolResult) -> ErrorData {
    let mut data = result.meta.clone();
    data.insert("uri".to_owned(), uri.into());
    let data = Some(Value::Object(data));
    let text = result.as_text();
    match error {
        ErrorType::InvalidArguments => ErrorData::invalid_params(text, data),
        _ => ErrorData::internal_error(text, data),
    }
}

fn contents(content: Content, uri: &str) -> ResourceContents {
    match content {
        Content::Text(text) => {
            let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            let media_type = if is_json { JSON } else { "text/plain" };
            ResourceContents::text(text, uri).with_mime_type(media_type)
        }
        Content::Image(data, media_type)
        | Content::Audio(data, media_type)
        | Content::Blob(_, media_type, data) => {
            ResourceContents::blob(data, uri).with_mime_type(media_type)
        }
    }
}

/// What an operation answers, where that is one type.
fn media_type(tool: &ToolDef) -> Option<String> {
    let is_one = !tool.accept.contains(['*', ',', ';']);
    some(tool.accept).filter(|_| is_one)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn page_uri(tool: &str) -> String {
    format!("{}{tool}", INPUT_SCHEMA.0)
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
    let of_tools = [input_schema_uri("{name}"), page_uri("{name}")];
    if of_tools.iter().any(|known| known == template) && variable == "name" {
        return Ok(engine.names(view).map(str::to_owned).collect());
    }
    let found = operations(engine, view).find_map(|(tool, address)| {
        // Cheaper than to make the whole template of each.
        let start = address.plain();
        let is_its = template.strip_prefix(start)?;
        (is_its.is_empty() || is_its.starts_with("{?")).then_some(())?;
        let schema = engine.advertised(tool.name).unwrap_or_default();
        let whole = address.template(|name| is_list(&schema, name))?;
        (whole == template && address.has(variable)).then_some(tool.name)
    });
    if let Some(tool) = found {
        return Ok(engine.choices(tool, variable, view));
    }
    let message = "there is no such resource template, or no such variable in it";
    Err(ErrorData::invalid_params(message, None))
}
