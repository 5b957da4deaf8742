//! An OpenAPI document with a given text in every place where an author writes one.
//!
//! The document is in order otherwise, so that the texts reach the last stage: bytes at random seldom do.

use std::cell::Cell;

use serde_json::{Map, Value, json};

/// The texts, one after the other and then from the start again.
struct Texts<'t> {
    texts: &'t [String],
    next: Cell<usize>,
}

impl<'t> Texts<'t> {
    fn new(texts: &'t [String]) -> Self {
        assert!(
            !texts.is_empty(),
            "an input has a text, if only an empty one"
        );
        Self {
            texts,
            next: Cell::new(0),
        }
    }

    /// The next text.
    fn text(&self) -> &'t str {
        let index = self.next.get();
        self.next.set(index + 1);
        &self.texts[index % self.texts.len()]
    }

    /// One of some words, as the next text chooses.
    fn one_of<'w>(&self, words: &[&'w str]) -> &'w str {
        let first = self.text().bytes().next().unwrap_or_default();
        words[usize::from(first) % words.len()]
    }

    fn entry(&self, value: Value) -> Value {
        Value::Object(Map::from_iter([(self.text().to_owned(), value)]))
    }
}

/// A document with everything that OpenAPI has.
pub(super) fn of(texts: &[String]) -> Value {
    let t = Texts::new(texts);
    let variable = t.text();
    let path = format!("/{}/{{{variable}}}", t.text());
    let mut paths = json!({ path: path_item(&t, variable) });
    paths["/plain"] = json!({
        "summary": t.text(),
        t.one_of(&["get", "head", "options", "query"]): operation(&t),
    });
    json!({
        "openapi": t.one_of(&["3.1.0", "3.0.3", "3.2.0"]),
        "info": {
            "title": t.text(),
            "version": t.text(),
            "summary": t.text(),
            "description": t.text(),
            "termsOfService": t.text(),
            "contact": {"name": t.text(), "url": t.text(), "email": t.text()},
            "license": {"name": t.text(), "url": t.text()},
            "x-logo": t.entry(json!(t.text())),
        },
        "servers": [server(&t), {"url": "https://fixed.example/v1", "description": t.text()}, {"url": t.text()}],
        "tags": [{"name": t.text(), "description": t.text(), "externalDocs": {"url": t.text(), "description": t.text()}}],
        "security": [t.entry(json!([t.text()]))],
        "paths": paths,
        "components": {
            "schemas": t.entry(schema(&t, 2)),
            "securitySchemes": security_schemes(&t),
        },
        "externalDocs": {"url": t.text(), "description": t.text()},
        format!("x-{}", t.text()): t.text(),
        "x-mcp-prompts": prompts(&t),
    })
}

fn prompts(t: &Texts<'_>) -> Value {
    let argument = json!({
        "name": "a", "title": t.text(), "description": t.text(), "required": true, "values": [t.text(), t.text()],
        "complete": t.text(),
    });
    json!([
        {
            "name": "ask", "title": t.text(), "description": t.text(), "version": "1.10", "arguments": [argument],
            "messages": [{"role": "user", "text": format!("{} {{{{a}}}}", t.text())}, {"resource": t.text()}],
        },
        {"name": t.text(), "text": t.text(), "arguments": [t.text()]},
        t.entry(json!(t.text())),
    ])
}

/// A document of many operations with little in them but names.
pub(super) fn of_names(texts: &[String]) -> Value {
    let t = Texts::new(texts);
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for text in texts.iter().take(40) {
        let variable = t.text();
        let path = format!("/{text}/{{{variable}}}");
        let mut item = json!({"parameters": [{"name": variable, "in": "path", "required": true, "schema": {"type": "string"}}]});
        for method in ["get", "post"] {
            let mut operation = json!({
                "tags": [t.text()],
                "parameters": [
                    {"name": t.text(), "in": "query", "schema": reference(&t)},
                    {"name": t.text(), "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "ok"}},
            });
            if method == "post" {
                operation["operationId"] = t.text().into();
                operation["requestBody"] = json!({"content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": {t.text(): {"type": "string"}, t.text(): {"type": "string"}},
                }}}});
            }
            item[method] = operation;
        }
        paths.insert(path, item);
        schemas.insert(t.text().to_owned(), json!({"type": "string"}));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": t.text(), "version": "1"},
        "servers": [server(&t)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security_schemes(&t)},
    })
}

fn server(t: &Texts<'_>) -> Value {
    let (host, region) = (t.text(), t.text());
    json!({
        "url": format!("https://{host}.example/{{{region}}}"),
        "description": t.text(),
        "variables": {region: {"default": t.text(), "enum": [t.text(), t.text()], "description": t.text()}},
    })
}

fn security_schemes(t: &Texts<'_>) -> Value {
    let mut schemes = Map::new();
    let key = json!({
        "type": "apiKey", "in": t.one_of(&["header", "query", "cookie"]), "name": t.text(), "description": t.text(),
    });
    let http = json!({
        "type": "http", "scheme": t.one_of(&["bearer", "basic", "digest"]), "bearerFormat": t.text(), "description": t.text(),
    });
    let flow = json!({"authorizationUrl": t.text(), "tokenUrl": t.text(), "scopes": t.entry(json!(t.text()))});
    let oauth =
        json!({"type": "oauth2", "description": t.text(), "flows": {"authorizationCode": flow}});
    let issuer = format!("https://{}/.well-known/openid-configuration", t.text());
    let openid = json!({"type": "openIdConnect", "openIdConnectUrl": t.one_of(&[t.text(), &issuer]), "description": t.text()});
    for scheme in [key, http, oauth, openid] {
        schemes.insert(t.text().to_owned(), scheme);
    }
    Value::Object(schemes)
}

fn path_item(t: &Texts<'_>, variable: &str) -> Value {
    json!({
        "summary": t.text(),
        "description": t.text(),
        "servers": [server(t)],
        "parameters": [{"name": variable, "in": "path", "required": true, "description": t.text(), "schema": schema(t, 0)}],
        t.one_of(&["post", "put", "patch", "delete"]): operation(t),
    })
}

fn operation(t: &Texts<'_>) -> Value {
    let mut operation = json!({
        "operationId": t.text(),
        "summary": t.text(),
        "description": t.text(),
        "tags": [t.text(), t.text()],
        "deprecated": t.one_of(&["", "yes"]) == "yes",
        "externalDocs": {"url": t.text(), "description": t.text()},
        "parameters": [
            parameter(t, "query"),
            parameter(t, "header"),
            parameter(t, "cookie"),
            {"name": t.text(), "in": "query", "content": t.entry(json!({"schema": schema(t, 1)}))},
        ],
        "requestBody": {"description": t.text(), "required": t.one_of(&["", "yes"]) == "yes", "content": content(t)},
        "responses": {
            "200": {"description": t.text(), "headers": t.entry(json!({"schema": schema(t, 0)})), "content": {
                t.one_of(&["application/json", "text/plain", "application/xml"]): {"schema": schema(t, 2), "example": t.text()},
            }},
            "default": {"description": t.text(), "content": t.entry(json!({}))},
        },
        "security": [t.entry(json!([t.text()])), {}],
        "callbacks": t.entry(t.entry(json!({"post": {"responses": {}}}))),
        format!("x-{}", t.text()): t.text(),
        "x-mcp": {"title": t.text(), "description": t.text(), "resource": format!("x://{}", t.text())},
    });
    if t.one_of(&["", "named"]) == "named" {
        operation["x-mcp"]["name"] = t.text().into();
    }
    operation
}

fn parameter(t: &Texts<'_>, location: &str) -> Value {
    json!({
        "name": t.text(),
        "in": location,
        "description": t.text(),
        "style": t.one_of(&["form", "simple", "deepObject", "pipeDelimited", "spaceDelimited"]),
        "explode": t.one_of(&["", "yes"]) == "yes",
        "schema": schema(t, 1),
        "example": t.text(),
        "examples": t.entry(json!({"summary": t.text(), "value": t.text()})),
    })
}

/// A body in two media types, one of them the text's own.
fn content(t: &Texts<'_>) -> Value {
    let usual = t.one_of(&[
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/xml",
        "text/plain",
        "application/octet-stream",
        "application/x-ndjson",
    ]);
    let part = t.text();
    let encoding = json!({
        "contentType": t.text(),
        "headers": t.entry(json!({"description": t.text(), "schema": {"type": "string", "const": t.text()}})),
        "style": t.one_of(&["form", "spaceDelimited", "deepObject"]),
    });
    json!({
        usual: {
            "schema": {"type": "object", "required": [part], "properties": {part: schema(t, 1), t.text(): schema(t, 1)}},
            "encoding": {part: encoding},
            "example": {part: t.text()},
        },
        t.text(): {"schema": schema(t, 1)},
    })
}

fn reference(t: &Texts<'_>) -> Value {
    let name = t.text().replace('~', "~0").replace('/', "~1");
    json!({"$ref": format!("#/components/schemas/{name}"), "description": t.text()})
}

fn schema(t: &Texts<'_>, depth: usize) -> Value {
    let kind = match depth {
        0 => t.one_of(&["string", "integer", "choice", "pattern"]),
        _ => t.one_of(&["object", "array", "reference", "union", "choice", "map"]),
    };
    let text =
        json!({"type": "string", "description": t.text(), "format": t.text(), "default": t.text()});
    match kind {
        "object" => {
            let name = t.text();
            json!({
                "type": "object",
                "title": t.text(),
                "description": t.text(),
                "required": [name, t.text()],
                "properties": {name: schema(t, depth - 1), t.text(): text},
                "xml": {"name": t.text(), "namespace": t.text(), "prefix": t.text()},
                "example": t.entry(json!(t.text())),
                "discriminator": {"propertyName": name, "mapping": t.entry(json!(t.text()))},
                format!("x-{}", t.text()): t.text(),
            })
        }
        "array" => json!({"type": "array", "items": schema(t, depth - 1), "description": t.text()}),
        "map" => json!({
            "type": "object",
            "additionalProperties": schema(t, depth - 1),
            "propertyNames": {"pattern": t.text()},
            "patternProperties": t.entry(text),
        }),
        "union" => json!({"oneOf": [schema(t, depth - 1), text], "description": t.text()}),
        "reference" => reference(t),
        "integer" => json!({"type": "integer", "description": t.text(), "default": t.text()}),
        "pattern" => json!({"type": "string", "pattern": t.text(), "description": t.text()}),
        _ => json!({
            "type": "string",
            "enum": [t.text(), t.text(), t.text()],
            "default": t.text(),
            "description": t.text(),
            "x-enum-varnames": [t.text()],
        }),
    }
}
