//! The parameters of an operation: its own and its path's, merged and completed.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::fields::{Shape, typed};
use super::security::AUTHORIZATION;
use super::{Context, LimitReached, Shared, text_weight, weight};
use crate::api::{Encoding, Parameter, ParameterLocation, Serialization, Style};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::path::Path;
use crate::spec::tree::{Map, Node};
use crate::spec::version::Version;

/// Why an operation cannot be built.
pub(super) enum Skip {
    /// What is wrong with it.
    Broken(Box<Diagnostic>),
    /// The document has used up what shared parts may add.
    Limit,
}

impl From<Diagnostic> for Skip {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Broken(Box::new(diagnostic))
    }
}

impl From<Box<Diagnostic>> for Skip {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Broken(diagnostic)
    }
}

impl From<LimitReached> for Skip {
    fn from(_: LimitReached) -> Self {
        Self::Limit
    }
}

/// A `parameters` list and where it is.
pub(super) type Level<'d> = (&'d [Node], JsonPointer);

/// The parameters by what makes them the same: location and name, for headers without case.
type Merged = IndexMap<(ParameterLocation, String), Parameter>;

impl<'d> Context<'_, 'd> {
    /// The `parameters` of a path item or an operation.
    pub(super) fn level(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
    ) -> Result<Option<Level<'d>>, Skip> {
        let at = pointer.child("parameters");
        let Some(node) = map.get("parameters").filter(|node| **node != Node::Null) else {
            return Ok(None);
        };
        let target = self.resolved(node, &at)?;
        match target.node {
            Node::List(items) => Ok(Some((items, target.pointer))),
            other => Err(broken(
                format!("`parameters` is {}, not a list", other.kind()),
                &at,
            )),
        }
    }

    /// The parameters of all levels, the later ones winning, and the path that they belong to; every variable of the
    /// path is among them, and no other path parameter. `path` comes with where it stands.
    pub(super) fn parameters(
        &mut self,
        levels: &[Level<'d>],
        path: (&str, &JsonPointer),
    ) -> Result<(Vec<Parameter>, String), Skip> {
        let mut merged = Merged::new();
        for (items, pointer) in levels {
            let mut own = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                let at = pointer.child(index);
                if self.version() == Version::V2_0 && self.is_swagger_body(item, &at) {
                    continue;
                }
                let Some(parameter) = self.parameter(item, &at)? else {
                    continue;
                };
                let key = identity(&parameter);
                if !own.insert(key.clone()) {
                    let message = format!("the parameter `{}` is declared twice", parameter.name);
                    self.push(
                        Diagnostic::new(Code::DuplicateParameter, message)
                            .at(&at)
                            .with_help("keep one of them; this later one was used"),
                    );
                }
                merged.insert(key, parameter);
            }
        }
        let path = self.match_path(&mut merged, path)?;
        Ok((merged.into_values().collect(), path))
    }

    fn match_path(
        &mut self,
        merged: &mut Merged,
        (path, at): (&str, &JsonPointer),
    ) -> Result<String, Skip> {
        let is_declared =
            |name: &str| merged.contains_key(&(ParameterLocation::Path, name.to_owned()));
        let Some((path, variables)) = path_variables(path, is_declared) else {
            return Err(broken(
                format!("the braces of the path `{path}` do not match"),
                at,
            ));
        };
        merged.retain(|_, parameter| {
            let is_used = parameter.location != ParameterLocation::Path
                || variables.contains(&parameter.name);
            if !is_used {
                let message = format!("the path has no variable `{}`", parameter.name);
                self.push(
                    Diagnostic::new(Code::UnusedPathParameter, message)
                        .at(&parameter.pointer)
                        .skipping("this parameter"),
                );
            }
            is_used
        });
        for name in variables {
            let key = (ParameterLocation::Path, name);
            if merged.contains_key(&key) {
                continue;
            }
            let message = format!("no parameter declares the path variable `{}`", key.1);
            self.push(Diagnostic::new(Code::UndeclaredPathParameter, message).at(at));
            let parameter = undeclared(&key.1, at);
            merged.insert(key, parameter);
        }
        Ok(path)
    }

    /// One parameter; `None` for one that is left away on its own.
    fn parameter(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Result<Option<Parameter>, Skip> {
        let target = self.resolved(node, pointer)?;
        let key: *const Node = target.node;
        let is_shared = !std::ptr::eq(target.node, node);
        if let Some(Shared { part, weight }) = self.parameters.get(&key) {
            let (part, weight) = (part.clone(), *weight);
            self.share(weight)?;
            return Ok(Some(part));
        }
        let Node::Map(map) = target.node else {
            let kind = target.node.kind();
            return Err(broken(
                format!("a parameter is {kind}, not an object"),
                pointer,
            ));
        };
        let parameter = self.lowered(map, &target.pointer)?;
        if let (true, Some(parameter)) = (is_shared, &parameter) {
            let part = parameter.clone();
            let weight = parameter_weight(&part);
            self.parameters.insert(key, Shared { part, weight });
        }
        Ok(parameter)
    }

    fn lowered(&mut self, map: &'d Map, pointer: &JsonPointer) -> Result<Option<Parameter>, Skip> {
        let mut fields = self.fields(
            map,
            pointer,
            &[
                ("name", Shape::Text),
                ("in", Shape::Text),
                ("description", Shape::Text),
                ("required", Shape::Flag),
                ("deprecated", Shape::Flag),
                ("style", Shape::Text),
                ("explode", Shape::Flag),
                ("allowReserved", Shape::Flag),
                ("allowEmptyValue", Shape::Flag),
            ],
        );
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, place) = (text("name").to_owned(), text("in").to_owned());
        if name.is_empty() {
            return Err(broken("a parameter has no `name`".to_owned(), pointer));
        }
        if place == "querystring" && self.version() >= Version::V3_2 {
            return self.whole_query(map, name, &fields, pointer).map(Some);
        }
        let Some(location) = location_named(&place) else {
            let message = format!(
                "the parameter `{name}` has `in: {place}`, not `path`, `query`, `header` or `cookie`"
            );
            return Err(broken(message, pointer));
        };
        if location == ParameterLocation::Header && is_reserved_header(&name) {
            let message = format!("the header parameter `{name}` is ignored");
            let mut diagnostic = Diagnostic::new(Code::IgnoredParameter, message)
                .at(pointer)
                .skipping("this parameter");
            if name.eq_ignore_ascii_case(AUTHORIZATION) {
                self.asks_authorization = true;
                diagnostic = diagnostic.with_help(
                    "credentials are no arguments: what has no `security` sends the one of the server's environment, if there is one",
                );
            }
            self.push(diagnostic);
            return Ok(None);
        }
        if self.version() == Version::V2_0 {
            return Ok(Some(self.swagger_parameter(map, location, name, pointer)));
        }
        let required =
            location == ParameterLocation::Path || fields.get("required") == Some(&json!(true));
        if let Some(style) = fields.get("style").and_then(Value::as_str)
            && !has_style(location, style)
        {
            let message = format!(
                "the parameter `{name}` has the style `{style}`, which `in: {place}` has not"
            );
            let diagnostic =
                Diagnostic::new(Code::UnsupportedParameter, message).at(&pointer.child("style"));
            if required {
                return Err(diagnostic.into());
            }
            self.push(diagnostic.skipping(format!("parameter `{name}`")));
            return Ok(None);
        }
        let explode = fields.get("explode").and_then(Value::as_bool);
        // openapiv3 does not know the style `cookie`.
        let is_raw_cookie = fields.get("style") == Some(&json!("cookie"));
        if is_raw_cookie {
            fields.insert("style".to_owned(), json!("form"));
        }
        // OpenAPI 3.2 §4.12.2.2.2: wherever a style percent-encodes; before, in queries.
        let keeps_reserved = fields.get("allowReserved") == Some(&json!(true))
            && self.version() >= Version::V3_2
            && location != ParameterLocation::Header;
        let content = self.parameter_content(map, &name, pointer);
        let format = match &content.media_type {
            Some((media_type, _)) => ("content", json!({ media_type.as_str(): {} })),
            None => ("schema", json!({})),
        };
        fields.insert(format.0.to_owned(), format.1);
        let typed: openapiv3::Parameter = typed(fields).map_err(|message| {
            broken(
                format!("the parameter `{name}` is not usable: {message}"),
                pointer,
            )
        })?;
        let mut parameter = assembled(typed, required, explode, content, pointer);
        if let Serialization::Style {
            style,
            allow_reserved,
            ..
        } = &mut parameter.serialization
        {
            *allow_reserved |= keeps_reserved;
            if is_raw_cookie {
                *style = Style::Cookie;
            }
        }
        Ok(Some(parameter))
    }

    /// A parameter that is the whole query (OpenAPI 3.2 §4.12.1, `in: querystring`).
    fn whole_query(
        &mut self,
        map: &'d Map,
        name: String,
        fields: &serde_json::Map<String, Value>,
        pointer: &JsonPointer,
    ) -> Result<Parameter, Skip> {
        let content = self.parameter_content(map, &name, pointer);
        let Some((media_type, encoding)) = content.media_type else {
            let message =
                format!("the parameter `{name}` is `in: querystring` and has no `content`");
            return Err(broken(message, pointer));
        };
        let is_set = |key: &str| fields.get(key) == Some(&json!(true));
        let description = fields.get("description").and_then(Value::as_str);
        Ok(Parameter {
            name,
            location: ParameterLocation::Query,
            required: is_set("required"),
            description: description.map(str::to_owned),
            deprecated: is_set("deprecated"),
            schema: content.schema,
            schema_pointer: content.schema_pointer,
            example: content.example,
            serialization: Serialization::Content {
                media_type,
                encoding,
                is_whole_query: true,
            },
            pointer: pointer.clone(),
        })
    }

    /// What values a parameter takes.
    fn parameter_content(
        &mut self,
        map: &'d Map,
        name: &str,
        pointer: &JsonPointer,
    ) -> ParameterContent {
        let start = Path::Start(pointer);
        let example = self.example(map, pointer);
        if let Some(schema) = map.get("schema").filter(|node| **node != Node::Null) {
            return ParameterContent {
                media_type: None,
                schema: self.schema(schema, &start.key("schema")),
                schema_pointer: pointer.child("schema"),
                example,
            };
        }
        let mut content = match map.get("content") {
            Some(node) => self.content(node, &pointer.child("content")),
            None => Vec::new(),
        };
        if content.is_empty() {
            let message = format!("the parameter `{name}` has no `schema`; any value is allowed");
            self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
            return ParameterContent {
                media_type: None,
                schema: json!(true),
                schema_pointer: pointer.clone(),
                example,
            };
        }
        if content.len() > 1 {
            let message =
                format!("the parameter `{name}` has several media types; the first was used");
            self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
        }
        let first = content.swap_remove(0);
        ParameterContent {
            media_type: Some((first.name, first.encoding)),
            schema: first.schema.unwrap_or(json!(true)),
            schema_pointer: first.schema_pointer,
            example: example.or(first.example),
        }
    }
}

struct ParameterContent {
    media_type: Option<(String, IndexMap<String, Encoding>)>,
    schema: Value,
    schema_pointer: JsonPointer,
    example: Option<Value>,
}

/// The diagnostic that costs an operation.
pub(super) fn broken(message: String, pointer: &JsonPointer) -> Skip {
    Diagnostic::new(Code::InvalidOperation, message)
        .at(pointer)
        .into()
}

fn assembled(
    parameter: openapiv3::Parameter,
    required: bool,
    explode: Option<bool>,
    content: ParameterContent,
    pointer: &JsonPointer,
) -> Parameter {
    let (location, style, allow_reserved, allow_empty, data) = parts(parameter);
    // OpenAPI 3.1 §4.8.12.2: the default of `explode` is true for the style `form` only.
    let serialization = content.media_type.map_or(
        Serialization::Style {
            style,
            explode: explode.unwrap_or(style == Style::Form),
            allow_reserved,
            allow_empty,
            items: Vec::new(),
        },
        |(media_type, encoding)| Serialization::Content {
            media_type,
            encoding,
            is_whole_query: false,
        },
    );
    Parameter {
        name: data.name,
        location,
        required,
        description: data.description,
        deprecated: data.deprecated.unwrap_or_default(),
        schema: content.schema,
        schema_pointer: content.schema_pointer,
        example: content.example,
        serialization,
        pointer: pointer.clone(),
    }
}

fn parts(
    parameter: openapiv3::Parameter,
) -> (
    ParameterLocation,
    Style,
    bool,
    bool,
    openapiv3::ParameterData,
) {
    use openapiv3::{Parameter as Typed, PathStyle, QueryStyle};
    match parameter {
        Typed::Query {
            parameter_data,
            allow_reserved,
            style,
            allow_empty_value,
        } => {
            let style = match style {
                QueryStyle::Form => Style::Form,
                QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                QueryStyle::PipeDelimited => Style::PipeDelimited,
                QueryStyle::DeepObject => Style::DeepObject,
            };
            let allow_empty = allow_empty_value.unwrap_or_default();
            (
                ParameterLocation::Query,
                style,
                allow_reserved,
                allow_empty,
                parameter_data,
            )
        }
        Typed::Path {
            parameter_data,
            style,
        } => {
            let style = match style {
                PathStyle::Matrix => Style::Matrix,
                PathStyle::Label => Style::Label,
                PathStyle::Simple => Style::Simple,
            };
            (ParameterLocation::Path, style, false, false, parameter_data)
        }
        Typed::Header { parameter_data, .. } => (
            ParameterLocation::Header,
            Style::Simple,
            false,
            false,
            parameter_data,
        ),
        Typed::Cookie { parameter_data, .. } => (
            ParameterLocation::Cookie,
            Style::Form,
            false,
            false,
            parameter_data,
        ),
    }
}

fn location_named(place: &str) -> Option<ParameterLocation> {
    Some(match place {
        "path" => ParameterLocation::Path,
        "query" => ParameterLocation::Query,
        "header" => ParameterLocation::Header,
        "cookie" => ParameterLocation::Cookie,
        _ => return None,
    })
}

/// OpenAPI 3.1 §4.8.12.4.
fn has_style(location: ParameterLocation, style: &str) -> bool {
    match location {
        ParameterLocation::Path => matches!(style, "matrix" | "label" | "simple"),
        ParameterLocation::Query => {
            matches!(
                style,
                "form" | "spaceDelimited" | "pipeDelimited" | "deepObject"
            )
        }
        ParameterLocation::Header => style == "simple",
        // `cookie` from OpenAPI 3.2 on.
        ParameterLocation::Cookie => matches!(style, "form" | "cookie"),
    }
}

/// OpenAPI 3.0 §4.7.12.1: these are decided by media types and security schemes.
fn is_reserved_header(name: &str) -> bool {
    ["Accept", "Content-Type", AUTHORIZATION]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

fn identity(parameter: &Parameter) -> (ParameterLocation, String) {
    let name = match parameter.location {
        // RFC 9110 §5.1: header names are case-insensitive.
        ParameterLocation::Header => parameter.name.to_ascii_lowercase(),
        _ => parameter.name.clone(),
    };
    (parameter.location, name)
}

fn undeclared(name: &str, path: &JsonPointer) -> Parameter {
    Parameter {
        name: name.to_owned(),
        location: ParameterLocation::Path,
        required: true,
        description: None,
        deprecated: false,
        schema: json!({"type": "string"}),
        schema_pointer: path.clone(),
        example: None,
        serialization: Serialization::Style {
            style: Style::Simple,
            explode: false,
            allow_reserved: false,
            allow_empty: false,
            items: Vec::new(),
        },
        pointer: path.clone(),
    }
}

/// The names between braces, each once, in order, and the path with these names between its braces; `None` when the
/// braces do not match. `{.id*}` and `{id+}`, as RFC 6570 writes them, are `{id}` where that is what is declared.
fn path_variables(
    path: &str,
    is_declared: impl Fn(&str) -> bool,
) -> Option<(String, indexmap::IndexSet<String>)> {
    let mut names = indexmap::IndexSet::new();
    let mut plain = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (written, after) = after.split_once('}')?;
        if before.contains('}') || written.is_empty() || written.contains('{') {
            return None;
        }
        let bare = written
            .trim_start_matches(['.', ';', '+'])
            .trim_end_matches(['*', '+']);
        let name = if !is_declared(written) && is_declared(bare) {
            bare
        } else {
            written
        };
        plain.push_str(before);
        plain.push('{');
        plain.push_str(name);
        plain.push('}');
        names.insert(name.to_owned());
        rest = after;
    }
    if rest.contains('}') {
        return None;
    }
    plain.push_str(rest);
    Some((plain, names))
}

fn parameter_weight(parameter: &Parameter) -> usize {
    1 + weight(&parameter.schema)
        + parameter.example.as_ref().map_or(0, weight)
        + parameter.description.as_deref().map_or(0, text_weight)
}
