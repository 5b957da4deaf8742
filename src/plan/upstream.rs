//! Where requests go and which credentials they carry.

use std::collections::BTreeMap;

use super::{Need, Scheme, SchemeKind, Server, ServerTemplate, ServerVariable, names};
use crate::api::{self, Api, Operation, SecuritySchemeKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};

/// The servers of a plan: the default first, then those that single operations have of their own.
pub(super) struct Servers {
    servers: Vec<Server>,
    /// The first server of each URL.
    by_url: BTreeMap<Option<String>, usize>,
}

impl Servers {
    pub(super) fn new(api: &Api, diagnostics: &mut Diagnostics) -> Self {
        let default = api.servers.first();
        let url = default.and_then(|server| server.url.clone());
        if url.is_none() {
            diagnostics.push(no_server(api));
        }
        let description = default.and_then(|server| server.description.clone());
        let mut this = Self {
            servers: Vec::new(),
            by_url: BTreeMap::new(),
        };
        let callable: Vec<&api::Server> = (api.servers.iter())
            .filter(|server| server.url.is_some())
            .collect();
        let is_choice = url.is_some()
            && (callable.len() > 1 || callable.iter().any(|server| !server.variables.is_empty()));
        let templates = if is_choice {
            templates(&callable)
        } else {
            Vec::new()
        };
        this.add(url, None, description, templates);
        if let Some(path) = default.and_then(|server| server.path.clone()) {
            this.by_url.insert(Some(path), 0);
        }
        this
    }

    /// The index of the server of an operation, by the first of its own servers.
    pub(super) fn of(&mut self, operation: &Operation, diagnostics: &mut Diagnostics) -> usize {
        let Some(own) = operation.servers.as_ref().and_then(|own| own.first()) else {
            return 0;
        };
        // What is wrong with one that is neither was told when it was read.
        let Some(url) = own.url.as_ref().or(own.path.as_ref()) else {
            return 0;
        };
        if let Some(&known) = self.by_url.get(&Some(url.clone())) {
            return known;
        }
        if own.url.is_none() {
            diagnostics.push(relative(operation, own, &variable(self.servers.len())));
        }
        let templates = match own.variables[..] {
            [] => Vec::new(),
            _ => templates(&[own]),
        };
        self.add(
            own.url.clone(),
            own.path.clone(),
            own.description.clone(),
            templates,
        )
    }

    pub(super) fn into_vec(self) -> Vec<Server> {
        self.servers
    }

    fn add(
        &mut self,
        url: Option<String>,
        path: Option<String>,
        description: Option<String>,
        templates: Vec<ServerTemplate>,
    ) -> usize {
        let index = self.servers.len();
        let key = url.clone().or_else(|| path.clone());
        self.by_url.entry(key).or_insert(index);
        self.servers.push(Server {
            path: path.filter(|_| url.is_none()),
            url,
            variable: variable(index),
            description: super::text::line(&description.unwrap_or_default()),
            templates,
        });
        index
    }
}

fn variable(index: usize) -> String {
    match index {
        0 => "API_BASE_URL".to_owned(),
        _ => format!("API_BASE_URL_{index}"),
    }
}

fn relative(operation: &Operation, server: &api::Server, variable: &str) -> Diagnostic {
    let message = format!(
        "the server `{}` of `{} {}` is relative, and where the spec was published is not known",
        server.template, operation.method, operation.path
    );
    Diagnostic::new(Code::RelativeServer, message)
        .at(&operation.pointer)
        .with_help(format!(
            "it is taken to be where `API_BASE_URL` is; set `document-url` in mcpgen.toml, or `{variable}` when the server is started"
        ))
}

fn templates(servers: &[&api::Server]) -> Vec<ServerTemplate> {
    (servers.iter())
        .map(|server| ServerTemplate {
            url: match server.variables[..] {
                [] => server.url.clone().unwrap_or_default(),
                // OpenAPI 3.2 §4.6: a server's URL has neither query nor fragment.
                _ => (server.template.split(['?', '#']).next().unwrap_or_default())
                    .trim_end_matches('/')
                    .to_owned(),
            },
            description: super::text::line(server.description.as_deref().unwrap_or_default()),
            variables: (server.variables.iter())
                .map(|variable| ServerVariable {
                    name: variable.name.clone(),
                    variable: format!("API_SERVER_{}", names::env_name(&variable.name)),
                    default: variable.default.clone(),
                    values: variable.values.clone(),
                })
                .collect(),
        })
        .collect()
}

/// Where the default server has no URL that could be sent to: why, and which one would.
fn no_server(api: &Api) -> Diagnostic {
    let absolute = api.servers.iter().find_map(|server| server.url.as_deref());
    let root = JsonPointer::root();
    // Without `servers` there is one all the same, `/`.
    let is_declared = api
        .servers
        .first()
        .is_some_and(|first| first.template != "/");
    let at = if is_declared {
        root.child("servers").child(0).child("url")
    } else {
        root
    };
    let (message, help) = match (api.servers.first(), absolute) {
        (Some(first), Some(url)) => (
            format!(
                "the first server of the spec is relative: `{}`",
                first.template
            ),
            format!(
                "set `API_BASE_URL` when the server is started, for example to `{url}`, or put that server first"
            ),
        ),
        _ => (
            "the spec names no absolute server URL".to_owned(),
            "set `API_BASE_URL` when the server is started, or add `servers`".to_owned(),
        ),
    };
    Diagnostic::new(Code::NoServer, message)
        .at(&at)
        .with_help(help)
}

/// The security schemes for which a credential can be sent.
pub(super) struct Schemes {
    schemes: Vec<Scheme>,
    /// The names of those that the connection meets (mutual TLS).
    of_the_connection: Vec<String>,
}

impl Schemes {
    pub(super) fn new(api: &Api) -> Self {
        let mut usable: Vec<(&str, SchemeKind, &api::SecurityScheme)> = Vec::new();
        for (name, scheme) in &api.security_schemes {
            // What is unsupported was told when it was read.
            if let Some(kind) = scheme_kind(&scheme.kind) {
                usable.push((name, kind, scheme));
            }
        }
        let names: Vec<&str> = usable.iter().map(|(name, ..)| *name).collect();
        let schemes = usable
            .iter()
            .zip(names::env_names(&names))
            .map(|((name, kind, scheme), env)| Scheme {
                name: (*name).to_owned(),
                env,
                kind: kind.clone(),
                issuer: issuer(&scheme.kind),
                description: super::text::line(scheme.description.as_deref().unwrap_or_default()),
            })
            .collect();
        let of_the_connection = (api.security_schemes.iter())
            .filter(|(_, scheme)| scheme.kind == SecuritySchemeKind::MutualTls)
            .map(|(name, _)| name.clone())
            .collect();
        Self {
            schemes,
            of_the_connection,
        }
    }

    /// The alternatives of an operation that can be sent whole. Where no credential is among them, there is what can
    /// be sent of the others, and behind it nothing: whoever adds the rest may add all.
    pub(super) fn needs(&self, operation: &Operation) -> Vec<Vec<Need>> {
        let (mut whole, mut partial) = (Vec::new(), Vec::new());
        for requirement in &operation.security {
            let (needs, is_whole) = self.sendable(requirement);
            let alternatives = if is_whole { &mut whole } else { &mut partial };
            if !alternatives.contains(&needs) {
                alternatives.push(needs);
            }
        }
        if whole.iter().all(Vec::is_empty) {
            partial.retain(|needs| !needs.is_empty());
            whole = partial;
            // `[{}]` asks for nothing, as an empty list does.
            if !whole.is_empty() {
                whole.push(Vec::new());
            }
        }
        whole
    }

    /// What a request carries of a requirement, and whether that is all which it asks of requests.
    fn sendable(&self, requirement: &api::SecurityRequirement) -> (Vec<Need>, bool) {
        let mut needs = Vec::new();
        let mut is_whole = true;
        for (name, scopes) in &requirement.schemes {
            if self.schemes.iter().any(|scheme| scheme.name == *name) {
                needs.push(Need {
                    scheme: name.clone(),
                    scopes: scopes.clone(),
                });
            } else {
                is_whole &= self.of_the_connection.contains(name);
            }
        }
        (needs, is_whole)
    }

    pub(super) fn into_vec(self) -> Vec<Scheme> {
        self.schemes
    }
}

/// The issuer that a discovery document is about. Only a person may decide that it gets a secret.
fn issuer(kind: &SecuritySchemeKind) -> Option<String> {
    let SecuritySchemeKind::OpenIdConnect { url: Some(url) } = kind else {
        return None;
    };
    let url = url::Url::parse(url.trim()).ok()?;
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let name = url
        .as_str()
        .strip_suffix("/.well-known/openid-configuration");
    name.filter(|_| is_plain).map(str::to_owned)
}

fn scheme_kind(kind: &SecuritySchemeKind) -> Option<SchemeKind> {
    match kind {
        SecuritySchemeKind::ApiKey { location, name } => Some(SchemeKind::ApiKey(
            super::parameters::location(*location),
            name.clone(),
        )),
        SecuritySchemeKind::Basic => Some(SchemeKind::Basic),
        SecuritySchemeKind::Digest => Some(SchemeKind::Digest),
        SecuritySchemeKind::Bearer
        | SecuritySchemeKind::OAuth2
        | SecuritySchemeKind::OpenIdConnect { .. } => Some(SchemeKind::Bearer),
        SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unsupported(_) => None,
    }
}
