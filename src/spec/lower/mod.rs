//! From a document of one shape to the [`Api`] that it describes.
//!
//! Each path item, operation, parameter, body, response, security scheme and server is checked on its own and then
//! read with `openapiv3`'s types; schemas go their own way (`schema`). One broken operation costs one diagnostic.

mod body;
mod fields;
mod operation;
mod parameter;
mod paths;
mod security;
mod server;
mod swagger;

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::Document;
use super::path::Path;
use super::reading::Format;
use super::refs::{Refs, Target};
use super::schema::{Dynamic, Heirs, Names, Scope};
use super::tree::{Map, Node};
use super::version::Version;
use crate::api::{Api, Parameter, RequestBody, SecurityRequirement, SecurityScheme, Tag};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use fields::{Shape, typed};
use security::Authorization;

/// What a document's parts are lowered with.
pub(super) struct Context<'c, 'd> {
    document: &'d Document,
    pub(super) diagnostics: &'c mut Diagnostics,
    pub(super) refs: Refs<'d>,
    pub(super) names: Names<'d>,
    /// What shared parts became, by their node's address: GitHub's `owner` is used 900 times.
    parameters: HashMap<*const Node, Shared<Parameter>>,
    bodies: HashMap<*const Node, Shared<RequestBody>>,
    responses: HashMap<*const Node, Shared<body::ResponseParts>>,
    /// How many values shared parts may still add.
    shared_left: usize,
    /// Made when the first base asks for its subtypes.
    pub(super) heirs: Option<Heirs<'d>>,
    /// Made where the document has a `$dynamicRef`.
    pub(super) dynamic: Option<Dynamic<'d>>,
    /// The dynamic anchors of the schemas around the one that is being read; `None` outside of schemas.
    pub(super) scope: Option<Scope<'d>>,
    /// Whether the operation that is being read has a header parameter `Authorization`.
    asks_authorization: bool,
    /// How many operations were left out so far.
    left_out: usize,
    /// How many `properties` that stand elsewhere are being read, one inside of the other.
    pub(super) properties_followed: usize,
}

/// A part that several operations use.
struct Shared<T> {
    part: T,
    /// How many values it holds.
    weight: usize,
}

/// Lowers a whole document.
pub(super) fn api(document: &Document, diagnostics: &mut Diagnostics) -> Api {
    let tree = &document.tree;
    let mut refs =
        Refs::new(tree, document.name().clone(), document.url.as_ref()).alone(document.is_alone);
    let dynamic =
        (document.mentions("$dynamicRef")).then(|| Dynamic::of(tree, &mut refs, diagnostics));
    let mut context = Context {
        document,
        diagnostics,
        refs,
        names: Names::new(tree),
        parameters: HashMap::new(),
        bodies: HashMap::new(),
        responses: HashMap::new(),
        shared_left: document.limits.shared,
        heirs: None,
        dynamic,
        scope: None,
        asks_authorization: false,
        left_out: 0,
        properties_followed: 0,
    };
    context.api()
}

impl<'d> Context<'_, 'd> {
    fn api(&mut self) -> Api {
        let root = JsonPointer::root();
        let mut api = self.info();
        api.tags = self.tags();
        api.servers = match self.version() {
            Version::V2_0 => self.swagger_servers(),
            _ => self.root_servers(),
        };
        api.security_schemes = self.security_schemes();
        let security = self.root_security(&api.security_schemes);
        let authorization = Authorization::of(&api.security_schemes);
        let defaults = Defaults {
            security: &security,
            schemes: &api.security_schemes,
            authorization: &authorization,
        };
        let paths = self.document.tree.child("paths");
        if let Some(Target {
            node: Node::Map(paths),
            pointer,
        }) = paths.and_then(|paths| self.resolved_or_told(paths, &root.child("paths")))
        {
            api.operations = self.operations(paths, &pointer, &defaults);
        }
        authorization.declare(&mut api);
        api.left_out = self.left_out;
        api.webhooks = self.webhooks();
        add_tags_of_operations(&mut api);
        api.extensions = self.extensions();
        (api.schemas, api.schema_pointers) = self.definitions();
        api
    }

    /// OpenAPI 3.1 §4.8.1; before that, `x-webhooks`.
    fn webhooks(&self) -> usize {
        let root = &self.document.tree;
        let named = |key| root.child(key).and_then(Node::as_map).map(Map::len);
        named("webhooks").or(named("x-webhooks")).unwrap_or(0)
    }

    /// Others may be as large as the document, and nobody asks for them.
    fn extensions(&self) -> IndexMap<String, Value> {
        let root = self.root_map().into_iter();
        root.flat_map(fields::extensions)
            .filter(|(key, _)| key.starts_with("x-mcp"))
            .collect()
    }

    fn info(&mut self) -> Api {
        let pointer = JsonPointer::root().child("info");
        let mut api = Api::default();
        let Some(Node::Map(info)) = self.document.tree.child("info") else {
            self.push(
                Diagnostic::new(Code::InvalidField, "the document has no `info` object")
                    .at(&JsonPointer::root())
                    .with_help("give the API a title and a version under `info`"),
            );
            return api;
        };
        let mut fields = self.fields(
            info,
            &pointer,
            &[
                ("title", Shape::Text),
                ("version", Shape::Text),
                ("summary", Shape::Text),
                ("description", Shape::Text),
            ],
        );
        let mut take = |key: &str| match fields.remove(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        api.title = take("title").unwrap_or_default();
        api.version = take("version").unwrap_or_default();
        api.summary = take("summary");
        api.description = take("description");
        api
    }

    fn tags(&mut self) -> Vec<Tag> {
        let pointer = JsonPointer::root().child("tags");
        let mut tags: IndexMap<String, Tag> = IndexMap::new();
        let items = match self.document.tree.child("tags") {
            None | Some(Node::Null) => return Vec::new(),
            Some(Node::List(items)) => items,
            Some(other) => {
                self.invalid_field("tags", other.kind(), "a list", &pointer);
                return Vec::new();
            }
        };
        for (index, item) in items.iter().enumerate() {
            let at = pointer.child(index);
            let Node::Map(map) = item else {
                self.invalid_field("tag", item.kind(), "an object", &at);
                continue;
            };
            let shape = [("name", Shape::Text), ("description", Shape::Text)];
            let fields = self.fields(map, &at, &shape);
            match typed::<openapiv3::Tag>(fields) {
                Ok(tag) => {
                    tags.entry(tag.name.clone()).or_insert(Tag {
                        name: tag.name,
                        description: tag.description,
                    });
                }
                Err(message) => {
                    self.push(Diagnostic::new(Code::InvalidField, message).at(&at));
                }
            }
        }
        tags.into_values().collect()
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The whole document.
    pub(super) fn tree(&self) -> &'d Node {
        &self.document.tree
    }

    fn root_map(&self) -> Option<&'d Map> {
        self.document.tree.as_map()
    }

    /// How the document itself was read: `http` or `https`.
    fn own_scheme(&self) -> String {
        let url = self.document.url.as_ref();
        url.map_or("https", |url| url.scheme()).to_owned()
    }

    pub(super) fn version(&self) -> Version {
        self.document.version
    }

    /// What a node was written in.
    pub(super) fn format(&self, pointer: &JsonPointer) -> Format {
        self.document.part(pointer).0.format()
    }

    /// A part of the root document, through all references on the way.
    fn part(&mut self, pointer: &JsonPointer) -> Option<Target<'d>> {
        let root = JsonPointer::root();
        let target = self.refs.target(&format!("#{pointer}"), &root).ok()?;
        self.refs.follow(target).ok()
    }

    /// The text of a scalar as it was written; `None` for what is not a scalar, or empty.
    pub(super) fn text(&self, node: &Node, path: &Path<'_>) -> Option<String> {
        match node {
            Node::Text(text) => Some(text.to_string()),
            Node::Bool(flag) => Some(flag.to_string()),
            Node::Number(number) if number.is_f64() => {
                let written = self.document.number_text(&path.pointer(), number);
                Some(written.map_or_else(|| number.to_string(), str::to_owned))
            }
            Node::Number(number) => Some(number.to_string()),
            Node::Null | Node::List(_) | Node::Map(_) => None,
        }
    }

    /// The part itself, or what its reference leads to; the diagnostic says why there is none.
    fn resolved(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Result<Target<'d>, Box<Diagnostic>> {
        let here = Target {
            node,
            pointer: pointer.clone(),
        };
        self.refs
            .follow(here)
            .map_err(|dangling| Box::new(dangling.diagnostic()))
    }

    /// The same; what is wrong has been told.
    pub(super) fn resolved_or_told(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Option<Target<'d>> {
        self.resolved(node, pointer)
            .map_err(|diagnostic| self.push(*diagnostic))
            .ok()
    }

    /// Accounts for one more copy of a shared part.
    pub(super) fn share(&mut self, weight: usize) -> Result<(), LimitReached> {
        match self.shared_left.checked_sub(weight) {
            Some(left) => {
                self.shared_left = left;
                Ok(())
            }
            None => Err(LimitReached),
        }
    }
}

/// How many values a node holds, long texts counted by their length.
pub(super) fn node_weight(node: &Node) -> usize {
    match node {
        Node::List(items) => 1 + items.iter().map(node_weight).sum::<usize>(),
        Node::Map(map) => {
            1 + map
                .iter()
                .map(|(key, value)| text_weight(key) + node_weight(value))
                .sum::<usize>()
        }
        Node::Text(text) => 1 + text_weight(text),
        Node::Null | Node::Bool(_) | Node::Number(_) => 1,
    }
}

/// Shared parts have added more than the limits allow.
#[derive(Debug, Clone, Copy)]
pub(super) struct LimitReached;

/// What an operation falls back to.
struct Defaults<'a> {
    security: &'a [SecurityRequirement],
    schemes: &'a IndexMap<String, SecurityScheme>,
    authorization: &'a Authorization,
}

fn add_tags_of_operations(api: &mut Api) {
    let mut known: std::collections::HashSet<String> =
        api.tags.iter().map(|tag| tag.name.clone()).collect();
    for tag in api.operations.iter().flat_map(|operation| &operation.tags) {
        if known.insert(tag.clone()) {
            api.tags.push(Tag {
                name: tag.clone(),
                description: None,
            });
        }
    }
}

/// How many values a JSON value holds, long texts counted by their length.
fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => {
            1 + map
                .iter()
                .map(|(key, value)| text_weight(key) + weight(value))
                .sum::<usize>()
        }
        Value::String(text) => 1 + text_weight(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn text_weight(text: &str) -> usize {
    text.len() / 64
}

#[cfg(test)]
mod tests;
