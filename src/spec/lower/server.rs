//! `servers`: where the API lives.
//!
//! A URL that can be used is absolute, http or https, with the defaults of its variables put in. Whether it may be
//! called is the runtime's business.

use super::Context;
use super::fields::{Shape, typed};
use crate::api::{Server, ServerVariable};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::tree::{Map, Node};

impl<'d> Context<'_, 'd> {
    /// The servers of the whole API; OpenAPI 3.1 §4.8.1: without any, the URL is `/`.
    pub(super) fn root_servers(&mut self) -> Vec<Server> {
        let root = JsonPointer::root();
        let declared = self
            .document
            .tree
            .as_map()
            .and_then(|map| self.servers(map, &root));
        declared.unwrap_or_else(|| {
            vec![Server {
                url: self.absolute("/").ok(),
                template: "/".to_owned(),
                ..Server::default()
            }]
        })
    }

    /// The servers that an object has of its own, if it has any.
    pub(super) fn servers(&mut self, map: &'d Map, pointer: &JsonPointer) -> Option<Vec<Server>> {
        let at = pointer.child("servers");
        let items = match map.get("servers")? {
            Node::Null => return None,
            Node::List(items) if items.is_empty() => return None,
            Node::List(items) => items,
            other => {
                self.invalid_field("servers", other.kind(), "a list", &at);
                return None;
            }
        };
        let servers = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.server(item, &at.child(index)))
            .collect();
        Some(servers)
    }

    /// A server; `None`, with a warning, for one of a kind that cannot be called.
    fn server(&mut self, node: &'d Node, pointer: &JsonPointer) -> Option<Server> {
        let Node::Map(map) = node else {
            self.invalid_field("server", node.kind(), "an object", pointer);
            return None;
        };
        let shape = [("url", Shape::Text), ("description", Shape::Text)];
        let fields = self.fields(map, pointer, &shape);
        let server: openapiv3::Server = match typed(fields) {
            Ok(server) => server,
            Err(message) => {
                self.push(
                    Diagnostic::new(
                        Code::InvalidServer,
                        format!("the server is not usable: {message}"),
                    )
                    .at(pointer)
                    .skipping("this server"),
                );
                return None;
            }
        };
        let mut variables = self.variables(map, pointer);
        let filled = substituted(server.url.trim(), &variables);
        // Where the URL is absolute only by the document's own, another value has nothing to be put into.
        if !filled.as_deref().is_ok_and(is_absolute) {
            variables.clear();
        }
        if filled.as_ref().is_ok_and(|url| url.contains(['?', '#'])) {
            let message = format!(
                "the server URL `{}` has a query or fragment, which was left away",
                server.url.trim()
            );
            self.push(
                Diagnostic::new(Code::InvalidServer, message)
                    .at(&pointer.child("url"))
                    .with_help("paths are put behind a server's URL; describe what the query says as parameters or as a security scheme"),
            );
        }
        let url = filled.and_then(|url| self.absolute(&url));
        let mut path = None;
        let url = match url {
            Ok(url) => Some(url),
            Err(Unusable::Relative(relative)) => {
                path = Some(relative);
                None
            }
            Err(Unusable::Scheme(scheme)) => {
                self.push(
                    Diagnostic::new(
                        Code::InvalidServer,
                        format!(
                            "the server URL `{}` is a `{scheme}` URL, not http or https",
                            server.url
                        ),
                    )
                    .at(&pointer.child("url"))
                    .skipping("this server"),
                );
                return None;
            }
            Err(Unusable::Broken(why)) => {
                self.push(
                    Diagnostic::new(
                        Code::InvalidServer,
                        format!("the server URL `{}` is not usable: {why}", server.url),
                    )
                    .at(&pointer.child("url"))
                    .with_help("correct it, or set `API_BASE_URL` when the server starts"),
                );
                None
            }
        };
        Some(Server {
            url,
            path,
            template: server.url.trim().to_owned(),
            variables,
            description: server.description,
        })
    }

    /// The variables, in order, with their defaults or else the first value that they may take.
    fn variables(&mut self, server: &'d Map, pointer: &JsonPointer) -> Vec<ServerVariable> {
        let at = pointer.child("variables");
        let Some(Node::Map(map)) = server.get("variables") else {
            return Vec::new();
        };
        let mut variables = Vec::new();
        for (name, variable) in map.iter() {
            let Node::Map(variable) = variable else {
                continue;
            };
            let shape = [("default", Shape::Text), ("enum", Shape::Texts)];
            let mut fields = self.fields(variable, &at.child(name), &shape);
            let values = fields.remove("enum").unwrap_or_default();
            if let Some(first) = values.get(0) {
                fields.entry("default").or_insert_with(|| first.clone());
            }
            if let Ok(variable) = typed::<openapiv3::ServerVariable>(fields) {
                variables.push(ServerVariable {
                    name: name.to_owned(),
                    default: variable.default,
                    values: serde_json::from_value(values).unwrap_or_default(),
                });
            }
        }
        variables
    }

    /// A URL that can be called, without a slash at its end.
    pub(super) fn absolute(&self, url: &str) -> Result<String, Unusable> {
        let base = self.document.url.as_ref();
        let parsed = match url::Url::parse(url) {
            Ok(parsed) if parsed.cannot_be_a_base() || looks_like_host(url) => {
                return host_without_scheme(url, &parsed);
            }
            Ok(parsed) => parsed,
            Err(url::ParseError::RelativeUrlWithoutBase) => match base {
                Some(base) => base.join(url).map_err(broken)?,
                None if url.starts_with("//") => {
                    url::Url::parse(&format!("https:{url}")).map_err(broken)?
                }
                None if looks_like_host(url) => {
                    url::Url::parse(&format!("https://{url}")).map_err(broken)?
                }
                None => return Err(relative(url)),
            },
            Err(error) => return Err(broken(error)),
        };
        callable(parsed)
    }
}

/// Why a URL cannot be called.
pub(super) enum Unusable {
    /// Nobody knows where the document itself is; the path.
    Relative(String),
    Scheme(String),
    Broken(String),
}

fn broken(error: url::ParseError) -> Unusable {
    Unusable::Broken(error.to_string())
}

/// The path of a reference from the root of an origin.
fn relative(reference: &str) -> Unusable {
    match url::Url::parse("http://origin.invalid/").and_then(|origin| origin.join(reference)) {
        Ok(url) => match url.path().trim_end_matches('/') {
            "" => Unusable::Relative("/".to_owned()),
            path => Unusable::Relative(path.to_owned()),
        },
        Err(error) => broken(error),
    }
}

fn callable(mut url: url::Url) -> Result<String, Unusable> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Unusable::Scheme(url.scheme().to_owned()));
    }
    // A path is appended to it: OpenAPI 3.2 §4.6 forbids both.
    url.set_query(None);
    url.set_fragment(None);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// `localhost:8080/v1` parses as a URL with the scheme `localhost`.
fn host_without_scheme(url: &str, parsed: &url::Url) -> Result<String, Unusable> {
    if !looks_like_host(url) {
        return Err(Unusable::Scheme(parsed.scheme().to_owned()));
    }
    let scheme = if url.starts_with("localhost") {
        "http"
    } else {
        "https"
    };
    let url = url::Url::parse(&format!("{scheme}://{url}")).map_err(broken)?;
    callable(url)
}

/// `api.example.com/v1` and `localhost:8080`: a host name where a path would be an odd choice.
fn looks_like_host(url: &str) -> bool {
    let first = url.split('/').next().unwrap_or_default();
    let (host, port) = first.split_once(':').unwrap_or((first, "0"));
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    };
    let has_port = first.contains(':');
    is_name(host)
        && port.chars().all(|c| c.is_ascii_digit())
        && !port.is_empty()
        && (has_port || (host.contains('.') && !host.starts_with('.') && !host.ends_with('.')))
}

fn is_absolute(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Puts the variables' defaults into a template.
fn substituted(template: &str, variables: &[ServerVariable]) -> Result<String, Unusable> {
    let mut url = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Unusable::Broken("a `{` has no `}`".to_owned()));
        };
        let Some(variable) = variables.iter().find(|variable| variable.name == name) else {
            return Err(Unusable::Broken(format!(
                "the variable `{name}` has no default"
            )));
        };
        url.push_str(before);
        url.push_str(&variable.default);
        rest = after;
    }
    url.push_str(rest);
    Ok(url)
}
