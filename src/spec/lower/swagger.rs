//! Swagger 2.0: what it says otherwise than OpenAPI 3, brought to the same shape.
//!
//! Schemas, paths, tags, references and security requirements are the same and are lowered by the other modules. A body
//! is two kinds of parameters here, media types stand in `consumes` and `produces`, and a parameter is its own schema.

use indexmap::IndexMap;
use serde_json::{Map as Object, Value, json};

use super::fields::Shape;
use super::parameter::{Level, Skip, broken};
use super::{Context, weight};
use crate::api::{
    Encoding, MediaType, Parameter, ParameterLocation, RequestBody, Serialization, Server, Style,
};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::path::Path;
use crate::spec::refs::Target;
use crate::spec::tree::{Map, Node};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
const JSON: &str = "application/json";

/// The members of a parameter that are its schema (Swagger 2.0, "Parameter Object").
const SCHEMA_KEYS: &[&str] = &[
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
];

/// Where a parameter goes.
enum Place {
    /// `in: body`.
    Body,
    /// `in: formData`.
    Form,
    /// Path, query or header.
    Elsewhere,
}

impl<'d> Context<'_, 'd> {
    /// The body that the parameters of all levels make, the later ones winning.
    pub(super) fn swagger_body(
        &mut self,
        levels: &[Level<'d>],
        operation: &'d Map,
        pointer: &JsonPointer,
    ) -> Result<Option<RequestBody>, Skip> {
        let mut body: Option<(&'d Map, JsonPointer)> = None;
        let mut form: IndexMap<String, (&'d Map, JsonPointer)> = IndexMap::new();
        for (items, level) in levels {
            for (index, item) in items.iter().enumerate() {
                let Target { node, pointer } = self.resolved(item, &level.child(index))?;
                let Node::Map(map) = node else { continue };
                match place(map) {
                    Place::Body => body = Some((map, pointer)),
                    Place::Form => {
                        let name = map.get("name").and_then(Node::as_text);
                        let Some(name) = name.filter(|name| !name.is_empty()) else {
                            return Err(broken("a parameter has no `name`".to_owned(), &pointer));
                        };
                        form.insert(name.to_owned(), (map, pointer));
                    }
                    Place::Elsewhere => {}
                }
            }
        }
        let consumes = self.media_types(operation, pointer, "consumes");
        match body {
            Some((map, at)) => {
                if !form.is_empty() {
                    let message = "an operation has a body and form fields; the body was used";
                    self.push(Diagnostic::new(Code::InvalidField, message).at(&at));
                }
                self.whole_body(map, &at, &consumes).map(Some)
            }
            None if form.is_empty() => Ok(None),
            None => Ok(Some(self.form_body(&form, &consumes))),
        }
    }

    /// Whether a parameter becomes a part of the body.
    pub(super) fn is_swagger_body(&mut self, node: &'d Node, pointer: &JsonPointer) -> bool {
        let target = self.resolved(node, pointer).ok();
        let map = target.and_then(|target| target.node.as_map());
        map.is_some_and(|map| !matches!(place(map), Place::Elsewhere))
    }

    fn whole_body(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
        consumes: &[String],
    ) -> Result<RequestBody, Skip> {
        let shape = [("description", Shape::Text), ("required", Shape::Flag)];
        let fields = self.fields(map, pointer, &shape);
        let schema = map
            .get("schema")
            .map(|schema| self.schema(schema, &Path::Start(pointer).key("schema")));
        // `in: body` with form types alone is a slip: there are no form fields.
        let mut names: Vec<&str> = (consumes.iter().map(String::as_str))
            .filter(|name| !is_form(name))
            .collect();
        if names.is_empty() {
            names.push(JSON);
        }
        self.share(schema.as_ref().map_or(0, weight) * names.len())?;
        let content = names.into_iter().map(|name| MediaType {
            name: name.to_owned(),
            schema: schema.clone(),
            schema_pointer: pointer.child("schema"),
            ..MediaType::default()
        });
        Ok(RequestBody {
            required: fields.get("required") == Some(&json!(true)),
            description: words(&fields, "description"),
            content: content.collect(),
            pointer: pointer.clone(),
        })
    }

    fn form_body(
        &mut self,
        form: &IndexMap<String, (&'d Map, JsonPointer)>,
        consumes: &[String],
    ) -> RequestBody {
        let mut properties = Object::new();
        let mut required = Vec::new();
        let mut encoding = IndexMap::new();
        let mut has_file = false;
        for (name, (map, pointer)) in form {
            let shape = [
                ("description", Shape::Text),
                ("required", Shape::Flag),
                ("collectionFormat", Shape::Text),
            ];
            let fields = self.fields(map, pointer, &shape);
            has_file |= is_file(map);
            let mut schema = self.schema_of_parameter(map, pointer);
            if let (Some(schema), Some(text)) =
                (schema.as_object_mut(), words(&fields, "description"))
            {
                schema.insert("description".to_owned(), Value::String(text));
            }
            if fields.get("required") == Some(&json!(true)) {
                required.push(name.clone());
            }
            if schema["type"] == "array" {
                let format = words(&fields, "collectionFormat");
                let (style, explode) = self.collection_format(format.as_deref(), pointer);
                encoding.insert(
                    name.clone(),
                    Encoding {
                        style: Some(style),
                        explode: Some(explode),
                        items: self.inner_formats(map, pointer),
                        ..Encoding::default()
                    },
                );
            }
            properties.insert(name.clone(), schema);
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let mut names: Vec<&str> = (consumes.iter().map(String::as_str))
            .filter(|name| is_form(name) && (!has_file || *name == MULTIPART))
            .collect();
        if names.is_empty() {
            names.push(if has_file { MULTIPART } else { FORM });
        }
        let content = names.into_iter().map(|name| MediaType {
            name: name.to_owned(),
            schema: Some(schema.clone()),
            schema_pointer: form[0].1.clone(),
            encoding: encoding.clone(),
            ..MediaType::default()
        });
        RequestBody {
            required: !required.is_empty(),
            description: None,
            content: content.collect(),
            pointer: form[0].1.clone(),
        }
    }

    /// A parameter of path, query or header.
    pub(super) fn swagger_parameter(
        &mut self,
        map: &'d Map,
        location: ParameterLocation,
        name: String,
        pointer: &JsonPointer,
    ) -> Parameter {
        let shape = [
            ("description", Shape::Text),
            ("required", Shape::Flag),
            ("collectionFormat", Shape::Text),
            ("allowEmptyValue", Shape::Flag),
        ];
        let fields = self.fields(map, pointer, &shape);
        let is_set = |key: &str| fields.get(key) == Some(&json!(true));
        let (schema, schema_pointer) = match map.get("schema") {
            // A habit from OpenAPI 3.
            Some(schema) if map.get("type").is_none() => {
                let at = pointer.child("schema");
                (self.schema(schema, &Path::Start(&at)), at)
            }
            _ => (self.schema_of_parameter(map, pointer), pointer.clone()),
        };
        let format = words(&fields, "collectionFormat");
        let (style, explode) = match (location, format.as_deref()) {
            (ParameterLocation::Path | ParameterLocation::Header, None | Some("csv")) => {
                (Style::Simple, false)
            }
            (_, format) => self.collection_format(format, pointer),
        };
        Parameter {
            name,
            location,
            required: location == ParameterLocation::Path || is_set("required"),
            description: words(&fields, "description"),
            deprecated: false,
            schema,
            schema_pointer,
            example: map.get("x-example").map(Node::to_value),
            serialization: Serialization::Style {
                style,
                explode,
                allow_reserved: false,
                allow_empty: is_set("allowEmptyValue"),
                items: self.inner_formats(map, pointer),
            },
            pointer: pointer.clone(),
        }
    }

    fn schema_of_parameter(&mut self, map: &'d Map, pointer: &JsonPointer) -> Value {
        if is_file(map) {
            return json!({"type": "string", "format": "binary"});
        }
        let start = Path::Start(pointer);
        let mut out = Object::new();
        for (key, value) in map.iter().filter(|(key, _)| SCHEMA_KEYS.contains(key)) {
            self.keyword(map, key, value, &start.key(key), &mut out);
        }
        self.completed(map, &start, out)
    }

    /// Swagger 2.0, "Parameter Object": `csv` unless it says otherwise.
    fn collection_format(&mut self, format: Option<&str>, pointer: &JsonPointer) -> (Style, bool) {
        match format {
            None | Some("csv") => (Style::Form, false),
            Some("multi") => (Style::Form, true),
            Some("ssv") => (Style::SpaceDelimited, false),
            Some("tsv") => (Style::TabDelimited, false),
            Some("pipes") => (Style::PipeDelimited, false),
            Some(other) => {
                let message = format!("`collectionFormat` is `{other}`; it was read as `csv`");
                self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
                (Style::Form, false)
            }
        }
    }

    /// How the lists in a list are joined (Swagger 2.0, "Items Object"): `multi` is for parameters alone.
    fn inner_formats(&mut self, list: &'d Map, pointer: &JsonPointer) -> Vec<Style> {
        let mut formats = Vec::new();
        let (mut list, mut at) = (list, pointer.child("items"));
        while let Some(Node::Map(items)) = list.get("items")
            && items.get("type").and_then(Node::as_text) == Some("array")
        {
            let shape = [("collectionFormat", Shape::Text)];
            let format = words(&self.fields(items, &at, &shape), "collectionFormat");
            let (style, is_multi) = self.collection_format(format.as_deref(), &at);
            if is_multi {
                let message = "`collectionFormat` of `items` is `multi`; it was read as `csv`";
                self.push(Diagnostic::new(Code::InvalidField, message).at(&at));
            }
            formats.push(style);
            (list, at) = (items, at.child("items"));
        }
        formats
    }

    /// `consumes` or `produces` of an operation, or else of the whole document.
    fn media_types(&mut self, operation: &'d Map, pointer: &JsonPointer, key: &str) -> Vec<String> {
        let root = JsonPointer::root();
        let own = self.listed(operation, pointer, key);
        own.or_else(|| {
            let document = self.root_map()?;
            self.listed(document, &root, key)
        })
        .unwrap_or_default()
    }

    fn listed(&mut self, map: &'d Map, pointer: &JsonPointer, key: &str) -> Option<Vec<String>> {
        map.get(key).filter(|node| **node != Node::Null)?;
        let mut fields = self.fields(map, pointer, &[(key, Shape::Texts)]);
        serde_json::from_value(fields.remove(key)?).ok()
    }

    /// What a response carries: its schema in each media type that the operation produces.
    pub(super) fn swagger_content(
        &mut self,
        response: &'d Map,
        pointer: &JsonPointer,
        produces: &[String],
    ) -> Vec<MediaType> {
        let examples = response.get("examples");
        let Some(schema) = response.get("schema").filter(|node| **node != Node::Null) else {
            return Vec::new();
        };
        let (schema, usual) = match schema.as_map() {
            Some(map) if is_file(map) => (
                json!({"type": "string", "format": "binary"}),
                "application/octet-stream",
            ),
            _ => {
                let path = Path::Start(pointer);
                (self.schema(schema, &path.key("schema")), JSON)
            }
        };
        let mut names: Vec<&str> = produces.iter().map(String::as_str).collect();
        if names.is_empty() {
            names.push(usual);
        }
        let content = names.into_iter().map(|name| MediaType {
            name: name.to_owned(),
            schema: Some(schema.clone()),
            schema_pointer: pointer.child("schema"),
            example: examples
                .and_then(|examples| examples.child(name))
                .map(Node::to_value),
            ..MediaType::default()
        });
        content.collect()
    }

    /// `produces` of an operation.
    pub(super) fn produces(&mut self, operation: &'d Map, pointer: &JsonPointer) -> Vec<String> {
        self.media_types(operation, pointer, "produces")
    }

    /// `schemes`, `host` and `basePath` as servers, https first.
    pub(super) fn swagger_servers(&mut self) -> Vec<Server> {
        let root = JsonPointer::root();
        let Some(map) = self.root_map() else {
            return Vec::new();
        };
        let shape = [("host", Shape::Text), ("basePath", Shape::Text)];
        let fields = self.fields(map, &root, &shape);
        let path = words(&fields, "basePath").unwrap_or_default();
        let path = match path.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        let mut schemes = self.listed(map, &root, "schemes").unwrap_or_default();
        schemes.retain(|scheme| matches!(scheme.as_str(), "http" | "https"));
        schemes.sort_by_key(|scheme| scheme != "https");
        let Some(host) = words(&fields, "host") else {
            let template = if path.is_empty() {
                "/".to_owned()
            } else {
                path
            };
            return vec![Server {
                url: self.absolute(&template).ok(),
                template,
                ..Server::default()
            }];
        };
        // A habit: the scheme stands before the host.
        let host = host.trim().trim_end_matches('/').to_owned();
        let host = match host.split_once("://") {
            Some((scheme, host)) => {
                schemes.insert(0, scheme.to_owned());
                schemes.truncate(1);
                host.to_owned()
            }
            None => host,
        };
        if schemes.is_empty() {
            // Swagger 2.0, "Swagger Object": the scheme that the document itself was read by.
            schemes.push(self.own_scheme());
        }
        let mut servers = Vec::new();
        for scheme in schemes {
            let template = format!("{scheme}://{host}{path}");
            let url = self.absolute(&template).ok();
            if url.is_none() {
                let message = format!("the server URL `{template}` is not usable");
                self.push(
                    Diagnostic::new(Code::InvalidServer, message)
                        .at(&root.child("host"))
                        .with_help("correct it, or set `API_BASE_URL` when the server starts"),
                );
            }
            servers.push(Server {
                url,
                template,
                ..Server::default()
            });
        }
        servers
    }
}

fn place(map: &Map) -> Place {
    match map.get("in").and_then(Node::as_text) {
        Some("body") => Place::Body,
        Some("formData") => Place::Form,
        _ => Place::Elsewhere,
    }
}

fn is_file(map: &Map) -> bool {
    map.get("type").and_then(Node::as_text) == Some("file")
}

fn is_form(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(FORM) || essence.eq_ignore_ascii_case(MULTIPART)
}

fn words(fields: &Object<String, Value>, key: &str) -> Option<String> {
    let text = fields.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
