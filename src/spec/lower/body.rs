//! Request bodies, responses and what both consist of: media types.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::fields::{Shape, typed};
use super::parameter::{Skip, broken};
use super::{Context, Shared, text_weight, weight};
use crate::api::{Encoding, MediaType, Positions, RequestBody, Response, StatusPattern, Style};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::path::Path;
use crate::spec::tree::{Map, Node};
use crate::spec::version::Version;

/// A response without its status, as `components.responses` has it.
#[derive(Debug, Clone)]
pub(super) struct ResponseParts {
    description: Option<String>,
    content: Vec<MediaType>,
}

impl<'d> Context<'_, 'd> {
    /// The `requestBody` of an operation.
    pub(super) fn request_body(
        &mut self,
        operation: &'d Map,
        pointer: &JsonPointer,
    ) -> Result<Option<RequestBody>, Skip> {
        let at = pointer.child("requestBody");
        let Some(node) = operation
            .get("requestBody")
            .filter(|node| **node != Node::Null)
        else {
            return Ok(None);
        };
        let target = self.resolved(node, &at)?;
        let key: *const Node = target.node;
        if let Some(Shared { part, weight }) = self.bodies.get(&key) {
            let (part, weight) = (part.clone(), *weight);
            self.share(weight)?;
            return Ok(Some(part));
        }
        let Node::Map(map) = target.node else {
            let kind = target.node.kind();
            return Err(broken(
                format!("`requestBody` is {kind}, not an object"),
                &at,
            ));
        };
        let body = self.lowered_body(map, &target.pointer)?;
        if let (false, Some(body)) = (std::ptr::eq(target.node, node), &body) {
            let weight = body_weight(body.description.as_deref(), &body.content);
            let part = body.clone();
            self.bodies.insert(key, Shared { part, weight });
        }
        Ok(body)
    }

    fn lowered_body(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
    ) -> Result<Option<RequestBody>, Skip> {
        let shape = [("description", Shape::Text), ("required", Shape::Flag)];
        let mut fields = self.fields(map, pointer, &shape);
        let content = match map.get("content") {
            Some(node) => self.content(node, &pointer.child("content")),
            None => Vec::new(),
        };
        if content.is_empty() {
            let message = "the request body has no `content`, so nothing can be sent".to_owned();
            self.push(
                Diagnostic::new(Code::InvalidField, message)
                    .at(pointer)
                    .skipping("the request body"),
            );
            return Ok(None);
        }
        fields.insert("content".to_owned(), empty_content(&content));
        let body: openapiv3::RequestBody = typed(fields).map_err(|message| {
            broken(format!("`requestBody` is not usable: {message}"), pointer)
        })?;
        Ok(Some(RequestBody {
            required: body.required,
            description: body.description,
            content,
            pointer: pointer.clone(),
        }))
    }

    /// The `responses` of an operation.
    pub(super) fn responses(
        &mut self,
        operation: &'d Map,
        pointer: &JsonPointer,
    ) -> Result<Vec<Response>, Skip> {
        let at = pointer.child("responses");
        let map = match operation.get("responses") {
            None | Some(Node::Null) => return Ok(Vec::new()),
            Some(Node::Map(map)) => map,
            Some(other) => {
                self.invalid_field("responses", other.kind(), "an object", &at);
                return Ok(Vec::new());
            }
        };
        let produces = match self.version() {
            Version::V2_0 => self.produces(operation, pointer),
            _ => Vec::new(),
        };
        let mut responses = Vec::with_capacity(map.len());
        for (status, node) in map.iter().filter(|(status, _)| !status.starts_with("x-")) {
            let at = at.child(status);
            let Some(pattern) = status_pattern(status) else {
                self.push(
                    Diagnostic::new(
                        Code::InvalidField,
                        format!("`{status}` is not a status code"),
                    )
                    .at(&at)
                    .skipping("this response"),
                );
                continue;
            };
            if let Some(parts) = self.response(node, &at, &produces)? {
                responses.push(Response {
                    status: pattern,
                    description: parts.description,
                    content: parts.content,
                });
            }
        }
        Ok(responses)
    }

    fn response(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
        produces: &[String],
    ) -> Result<Option<ResponseParts>, Skip> {
        let target = match self.resolved(node, pointer) {
            Ok(target) => target,
            Err(diagnostic) => {
                self.push(diagnostic.skipping("this response"));
                return Ok(None);
            }
        };
        let key: *const Node = target.node;
        // In Swagger 2.0 the media types of a shared response are each operation's own.
        let is_shared = self.version() != Version::V2_0 && !std::ptr::eq(target.node, node);
        if let Some(Shared { part, weight }) = self.responses.get(&key).filter(|_| is_shared) {
            let (part, weight) = (part.clone(), *weight);
            self.share(weight)?;
            return Ok(Some(part));
        }
        let parts = match target.node {
            Node::Map(map) => self.lowered_response(map, &target.pointer, produces)?,
            // `204:` with nothing behind it.
            Node::Null => ResponseParts {
                description: None,
                content: Vec::new(),
            },
            other => {
                self.invalid_field("response", other.kind(), "an object", pointer);
                return Ok(None);
            }
        };
        if self.version() == Version::V2_0 {
            self.share(body_weight(parts.description.as_deref(), &parts.content))?;
        }
        if is_shared {
            let weight = body_weight(parts.description.as_deref(), &parts.content);
            let part = parts.clone();
            self.responses.insert(key, Shared { part, weight });
        }
        Ok(Some(parts))
    }

    fn lowered_response(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
        produces: &[String],
    ) -> Result<ResponseParts, Skip> {
        let mut fields = self.fields(map, pointer, &[("description", Shape::Text)]);
        // Required by the specification, missing in many documents, needed by nobody.
        fields.entry("description").or_insert_with(|| json!(""));
        let content = match (self.version(), map.get("content")) {
            (Version::V2_0, _) => self.swagger_content(map, pointer, produces),
            (_, Some(node)) => self.content(node, &pointer.child("content")),
            (_, None) => Vec::new(),
        };
        fields.insert("content".to_owned(), empty_content(&content));
        let response: openapiv3::Response = typed(fields)
            .map_err(|message| broken(format!("a response is not usable: {message}"), pointer))?;
        Ok(ResponseParts {
            description: Some(response.description).filter(|text| !text.is_empty()),
            content,
        })
    }

    /// A `content` map.
    pub(super) fn content(&mut self, node: &'d Node, pointer: &JsonPointer) -> Vec<MediaType> {
        let target = match self.resolved(node, pointer) {
            Ok(target) => target,
            Err(diagnostic) => {
                self.push(diagnostic.skipping("this content"));
                return Vec::new();
            }
        };
        let map = match target.node {
            Node::Map(map) => map,
            Node::Null => return Vec::new(),
            other => {
                self.invalid_field("content", other.kind(), "an object", pointer);
                return Vec::new();
            }
        };
        map.iter()
            .filter(|(name, _)| !name.starts_with("x-"))
            .filter_map(|(name, node)| self.media_type(name, node, &target.pointer.child(name)))
            .collect()
    }

    fn media_type(
        &mut self,
        name: &str,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Option<MediaType> {
        let target = match self.resolved(node, pointer) {
            Ok(target) => target,
            Err(diagnostic) => {
                self.push(diagnostic.skipping(format!("the media type `{name}`")));
                return None;
            }
        };
        let mut media_type = MediaType {
            name: name.to_owned(),
            ..MediaType::default()
        };
        let map = match target.node {
            Node::Map(map) => map,
            Node::Null => return Some(media_type),
            other => {
                self.invalid_field(name, other.kind(), "an object", pointer);
                return None;
            }
        };
        let pointer = &target.pointer;
        if let Some(schema) = map.get("schema").filter(|node| **node != Node::Null) {
            media_type.schema = Some(self.schema(schema, &Path::Start(pointer).key("schema")));
            media_type.schema_pointer = pointer.child("schema");
        }
        // OpenAPI 3.2 §4.14: a stream of items is described by one of them.
        if let Some(items) = map.get("itemSchema").filter(|node| **node != Node::Null) {
            let items = self.schema(items, &Path::Start(pointer).key("itemSchema"));
            let list = || json!({"type": "array", "items": items});
            media_type.schema.get_or_insert_with(list);
        }
        media_type.example = self.example(map, pointer);
        media_type.encoding = self.encodings(map, &pointer.child("encoding"));
        media_type.positions = self.positions(map, pointer);
        Some(media_type)
    }

    /// `example`, or the first of `examples`.
    pub(super) fn example(&mut self, map: &'d Map, pointer: &JsonPointer) -> Option<Value> {
        if let Some(example) = map.get("example") {
            return Some(example.to_value());
        }
        let (first, at) = match map.get("examples")? {
            Node::Map(named) => named
                .iter()
                .find(|(name, _)| !name.starts_with("x-"))
                .map(|(name, node)| (node, pointer.child("examples").child(name)))?,
            Node::List(list) => return list.first().map(Node::to_value),
            _ => return None,
        };
        match self.resolved(first, &at) {
            // OpenAPI 3.2 §4.19: `dataValue` is what `value` was.
            Ok(target) => {
                let example = target.node.as_map()?;
                let value = example.get("value").or_else(|| example.get("dataValue"));
                value.map(Node::to_value)
            }
            Err(diagnostic) => {
                self.push(diagnostic.skipping("this example"));
                None
            }
        }
    }

    fn encodings(&mut self, map: &'d Map, pointer: &JsonPointer) -> IndexMap<String, Encoding> {
        let mut encodings = IndexMap::new();
        match map.get("encoding") {
            None | Some(Node::Null) => {}
            Some(Node::Map(properties)) => {
                for (name, node) in properties.iter() {
                    if let Some(encoding) = self.encoding(node, &pointer.child(name)) {
                        encodings.insert(name.to_owned(), encoding);
                    }
                }
            }
            Some(other) => self.invalid_field("encoding", other.kind(), "an object", pointer),
        }
        encodings
    }

    /// `prefixEncoding` and `itemEncoding` of a media type or of an encoding.
    fn positions(&mut self, map: &'d Map, pointer: &JsonPointer) -> Positions {
        let mut positions = Positions::default();
        match map.get("prefixEncoding") {
            None | Some(Node::Null) => {}
            Some(Node::List(items)) => {
                let at = pointer.child("prefixEncoding");
                for (index, item) in items.iter().enumerate() {
                    let encoding = self.encoding(item, &at.child(index));
                    positions.prefix.push(encoding.unwrap_or_default());
                }
            }
            Some(other) => self.invalid_field("prefixEncoding", other.kind(), "a list", pointer),
        }
        if let Some(node) = map.get("itemEncoding").filter(|node| **node != Node::Null) {
            let encoding = self.encoding(node, &pointer.child("itemEncoding"));
            positions.item = encoding.map(Box::new);
        }
        positions
    }

    fn encoding(&mut self, node: &'d Node, pointer: &JsonPointer) -> Option<Encoding> {
        let Node::Map(map) = node else {
            self.invalid_field("encoding", node.kind(), "an object", pointer);
            return None;
        };
        let fields = self.fields(
            map,
            pointer,
            &[
                ("contentType", Shape::Text),
                ("style", Shape::Text),
                ("explode", Shape::Flag),
                ("allowReserved", Shape::Flag),
            ],
        );
        let (headers, unknown_headers) = self.part_headers(map, &pointer.child("headers"));
        let positions = self.positions(map, pointer);
        // openapiv3 cannot tell `false` from nothing.
        let flag = |key: &str| fields.get(key).and_then(Value::as_bool);
        let (explode, allow_reserved) = (flag("explode"), flag("allowReserved"));
        match typed::<openapiv3::Encoding>(fields) {
            Ok(encoding) => Some(Encoding {
                content_type: encoding.content_type,
                style: encoding.style.map(|style| style_of(&style)),
                explode,
                allow_reserved,
                headers,
                positions,
                unknown_headers,
                items: Vec::new(),
            }),
            Err(message) => {
                let message = format!("the encoding is not usable: {message}");
                self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
                None
            }
        }
    }
}

impl<'d> Context<'_, 'd> {
    /// The headers of a part whose value is known: a constant, the only one of an `enum`, or a default; and the names of
    /// the others that are required.
    fn part_headers(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
    ) -> (Vec<(String, String)>, Vec<String>) {
        let (mut fixed, mut unknown) = (Vec::new(), Vec::new());
        let Some(Node::Map(headers)) = map.get("headers") else {
            return (fixed, unknown);
        };
        for (name, node) in headers.iter() {
            let Some(target) = self.resolved_or_told(node, &pointer.child(name)) else {
                continue;
            };
            // OpenAPI 3.2 §4.21: a header that is not percent-encoded has `content`.
            let content = target.node.child("content").and_then(Node::as_map);
            let schema =
                (target.node.child("schema")).or_else(|| content?.iter().next()?.1.child("schema"));
            let value = schema.and_then(|schema| {
                let only = match schema.child("enum") {
                    Some(Node::List(values)) if values.len() == 1 => values.first(),
                    _ => None,
                };
                schema
                    .child("const")
                    .or(only)
                    .or_else(|| schema.child("default"))
            });
            let path = Path::Start(&target.pointer);
            if let Some(text) = value.and_then(|value| self.text(value, &path)) {
                fixed.push((name.to_owned(), text));
            } else if target.node.child("required") == Some(&Node::Bool(true)) {
                unknown.push(name.to_owned());
            }
        }
        (fixed, unknown)
    }
}

fn style_of(style: &openapiv3::QueryStyle) -> Style {
    match style {
        openapiv3::QueryStyle::Form => Style::Form,
        openapiv3::QueryStyle::SpaceDelimited => Style::SpaceDelimited,
        openapiv3::QueryStyle::PipeDelimited => Style::PipeDelimited,
        openapiv3::QueryStyle::DeepObject => Style::DeepObject,
    }
}

/// The media types' names for `openapiv3`; what is behind them has gone its own way.
fn empty_content(content: &[MediaType]) -> Value {
    let names = content
        .iter()
        .map(|media_type| (media_type.name.clone(), json!({})));
    Value::Object(names.collect())
}

fn status_pattern(key: &str) -> Option<StatusPattern> {
    if key.eq_ignore_ascii_case("default") {
        return Some(StatusPattern::Default);
    }
    match serde_json::from_value(Value::String(key.to_owned())).ok()? {
        openapiv3::StatusCode::Code(code @ 100..=599) => Some(StatusPattern::Exact(code)),
        openapiv3::StatusCode::Range(class @ 1..=5) => {
            u8::try_from(class).ok().map(StatusPattern::Class)
        }
        _ => None,
    }
}

fn body_weight(description: Option<&str>, content: &[MediaType]) -> usize {
    let media_types = content.iter().map(|media_type| {
        let schema = media_type.schema.as_ref().map_or(0, weight);
        let example = media_type.example.as_ref().map_or(0, weight);
        1 + schema + example + media_type.encoding.len()
    });
    1 + description.map_or(0, text_weight) + media_types.sum::<usize>()
}
