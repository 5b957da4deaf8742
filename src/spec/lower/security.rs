//! Security schemes, and which of them an operation needs.
//!
//! A requirement is never widened or dropped silently: what cannot be met is told, and the request is then sent
//! without that credential. How a credential is obtained is the runtime's business.

use std::cell::Cell;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::Context;
use super::fields::{Shape, typed};
use super::paths::is_token;
use crate::api::{Api, ParameterLocation, SecurityRequirement, SecurityScheme, SecuritySchemeKind};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::path::Path;
use crate::spec::refs::Target;
use crate::spec::tree::{Map, Node};
use crate::spec::version::Version;

const DECLARE: &str = "declare the scheme in `components.securitySchemes`, or correct its name";

/// RFC 9110 §11.6.2.
pub(super) const AUTHORIZATION: &str = "Authorization";

type Schemes = IndexMap<String, SecurityScheme>;

/// The scheme of operations that have no `security` and a header parameter `Authorization`: the document's only one that
/// is sent there, or an API key of its own.
pub(super) struct Authorization {
    scheme: String,
    is_new: bool,
    is_used: Cell<bool>,
}

impl Authorization {
    pub(super) fn of(schemes: &Schemes) -> Self {
        let is_sent_there = |scheme: &SecurityScheme| match &scheme.kind {
            SecuritySchemeKind::ApiKey { location, name } => {
                *location == ParameterLocation::Header && name.eq_ignore_ascii_case(AUTHORIZATION)
            }
            SecuritySchemeKind::Basic
            | SecuritySchemeKind::Bearer
            | SecuritySchemeKind::OAuth2
            | SecuritySchemeKind::OpenIdConnect { .. } => true,
            SecuritySchemeKind::Digest
            | SecuritySchemeKind::MutualTls
            | SecuritySchemeKind::Unsupported(_) => false,
        };
        let mut there = schemes.iter().filter(|(_, scheme)| is_sent_there(scheme));
        let only = there.next().filter(|_| there.next().is_none());
        let mut own = AUTHORIZATION.to_owned();
        while only.is_none() && schemes.keys().any(|name| name.eq_ignore_ascii_case(&own)) {
            own.push_str("Header");
        }
        Self {
            scheme: only.map_or(own, |(name, _)| name.clone()),
            is_new: only.is_none(),
            is_used: Cell::new(false),
        }
    }

    /// Its credential, or none: the description does not say that requests need one.
    pub(super) fn optional(&self) -> Vec<SecurityRequirement> {
        self.is_used.set(true);
        let schemes = vec![(self.scheme.clone(), Vec::new())];
        let none = SecurityRequirement {
            schemes: Vec::new(),
        };
        vec![SecurityRequirement { schemes }, none]
    }

    /// Adds the scheme if it is new and an operation has it.
    pub(super) fn declare(self, api: &mut Api) {
        if self.is_new && self.is_used.get() {
            let scheme = SecurityScheme {
                kind: SecuritySchemeKind::ApiKey {
                    location: ParameterLocation::Header,
                    name: AUTHORIZATION.to_owned(),
                },
                description: None,
            };
            api.security_schemes.insert(self.scheme, scheme);
        }
    }
}

impl<'d> Context<'_, 'd> {
    /// `components.securitySchemes`.
    pub(super) fn security_schemes(&mut self) -> Schemes {
        let root = JsonPointer::root();
        let pointer = match self.version() {
            Version::V2_0 => root.child("securityDefinitions"),
            _ => root.child("components").child("securitySchemes"),
        };
        let mut schemes = Schemes::new();
        let Some(Target { node, pointer }) = self.part(&pointer) else {
            return schemes;
        };
        match node {
            Node::Null => {}
            Node::Map(map) => {
                for (name, node) in map.iter() {
                    if let Some(scheme) = self.security_scheme(name, node, &pointer.child(name)) {
                        schemes.insert(name.to_owned(), scheme);
                    }
                }
            }
            other => {
                self.invalid_field("securitySchemes", other.kind(), "an object", &pointer);
            }
        }
        schemes
    }

    fn security_scheme(
        &mut self,
        name: &str,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Option<SecurityScheme> {
        let skipped = format!("security scheme `{name}`");
        let target = match self.resolved(node, pointer) {
            Ok(target) => target,
            Err(diagnostic) => {
                self.push(diagnostic.skipping(skipped));
                return None;
            }
        };
        let Node::Map(map) = target.node else {
            self.invalid_field("security scheme", target.node.kind(), "an object", pointer);
            return None;
        };
        let (kind, description) = self.scheme_kind(map, &target.pointer);
        match &kind {
            SecuritySchemeKind::Unsupported(what) => self.push(
                Diagnostic::new(
                    Code::UnsupportedSecurityScheme,
                    format!("no credential can be sent for the security scheme `{name}`: {what}"),
                )
                .at(pointer)
                .with_help("requests are sent without it; put a proxy before the API that adds it"),
            ),
            SecuritySchemeKind::MutualTls => self.push(
                Diagnostic::new(
                    Code::ClientCertificate,
                    format!("the security scheme `{name}` is a client certificate"),
                )
                .at(pointer)
                .with_help(
                    "set `API_CLIENT_CERT_FILE` and `API_CLIENT_KEY_FILE` when the server is started",
                ),
            ),
            _ => {}
        }
        Some(SecurityScheme { kind, description })
    }

    fn scheme_kind(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
    ) -> (SecuritySchemeKind, Option<String>) {
        let shapes = [
            "type",
            "description",
            "name",
            "in",
            "scheme",
            "openIdConnectUrl",
        ]
        .map(|name| (name, Shape::Text));
        let mut fields = self.fields(map, pointer, &shapes);
        let description = fields
            .get("description")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let kind = fields
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned);
        // What the flows say is needed to obtain a token, not to send it.
        match kind.as_deref() {
            Some("oauth2") => {
                fields.insert("flows".to_owned(), json!({}));
            }
            Some("openIdConnect") => {
                fields
                    .entry("openIdConnectUrl")
                    .or_insert_with(|| json!(""));
            }
            Some("apiKey" | "http") => {}
            // Swagger 2.0, "Security Scheme Object".
            Some("basic") => {
                fields.insert("type".to_owned(), json!("http"));
                fields.insert("scheme".to_owned(), json!("basic"));
            }
            Some("mutualTLS") => return (SecuritySchemeKind::MutualTls, description),
            other => {
                let what = other.map_or("it has no `type`".to_owned(), |kind| {
                    format!("`{kind}` is not a type of security scheme")
                });
                return (SecuritySchemeKind::Unsupported(what), description);
            }
        }
        let kind = match typed::<openapiv3::SecurityScheme>(fields) {
            Ok(scheme) => kind_of(scheme),
            Err(message) => SecuritySchemeKind::Unsupported(message),
        };
        (kind, description)
    }

    /// `security` of the root.
    pub(super) fn root_security(&mut self, schemes: &Schemes) -> Vec<SecurityRequirement> {
        let root = JsonPointer::root();
        self.document
            .tree
            .as_map()
            .and_then(|map| self.security(map, &root, schemes, "every operation"))
            .unwrap_or_default()
    }

    /// The alternatives that an object has of its own, if it has a `security`.
    pub(super) fn security(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
        schemes: &Schemes,
        of: &str,
    ) -> Option<Vec<SecurityRequirement>> {
        let node = map.get("security").filter(|node| **node != Node::Null)?;
        let pointer = pointer.child("security");
        let items: Vec<(&'d Node, JsonPointer)> = match node {
            Node::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (item, pointer.child(index)))
                .collect(),
            Node::Map(_) => {
                let wanted = "a list; it was read as its only item";
                self.invalid_field("security", node.kind(), wanted, &pointer);
                vec![(node, pointer.clone())]
            }
            other => {
                self.invalid_field("security", other.kind(), "a list", &pointer);
                return None;
            }
        };
        let asked = items.len();
        let mut unknown = Vec::new();
        let alternatives: Vec<_> = items
            .into_iter()
            .filter_map(|(item, at)| self.requirement(item, &at, schemes, &mut unknown))
            .collect();
        if alternatives.is_empty() && asked > 0 {
            let names: Vec<String> = unknown
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            self.push(
                Diagnostic::new(
                    Code::UnknownSecurityScheme,
                    format!(
                        "no alternative of the security of {of} can be met, undeclared: {}; requests are sent without a credential",
                        names.join(", ")
                    ),
                )
                .at(&pointer)
                .with_help(DECLARE),
            );
            return Some(alternatives);
        }
        for (name, at) in unknown {
            self.push(
                Diagnostic::new(
                    Code::UnknownSecurityScheme,
                    format!("`components.securitySchemes` declares no usable `{name}`"),
                )
                .at(&at)
                .skipping("this alternative")
                .with_help(DECLARE),
            );
        }
        Some(alternatives)
    }

    /// One alternative; `None` when it names a scheme that does not exist.
    fn requirement(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
        schemes: &Schemes,
        unknown: &mut Vec<(&'d str, JsonPointer)>,
    ) -> Option<SecurityRequirement> {
        let Node::Map(map) = node else {
            self.invalid_field("security requirement", node.kind(), "an object", pointer);
            return None;
        };
        if let Some((name, _)) = map.iter().find(|(name, _)| !schemes.contains_key(*name)) {
            unknown.push((name, pointer.child(name)));
            return None;
        }
        let requirements = map.iter().map(|(name, scopes)| {
            let scopes = self.scopes(scopes, &pointer.child(name));
            (name.to_owned(), scopes)
        });
        Some(SecurityRequirement {
            schemes: requirements.collect(),
        })
    }

    fn scopes(&mut self, node: &Node, pointer: &JsonPointer) -> Vec<String> {
        let Node::List(scopes) = node else {
            if *node != Node::Null {
                self.invalid_field("scopes", node.kind(), "a list", pointer);
            }
            return Vec::new();
        };
        let start = Path::Start(pointer);
        scopes
            .iter()
            .enumerate()
            .filter_map(|(index, scope)| self.text(scope, &start.item(index)))
            .collect()
    }
}

fn kind_of(scheme: openapiv3::SecurityScheme) -> SecuritySchemeKind {
    use openapiv3::{APIKeyLocation, SecurityScheme as Scheme};
    match scheme {
        Scheme::APIKey {
            location: APIKeyLocation::Header,
            name,
            ..
        } if belongs_to_the_message(&name) => {
            SecuritySchemeKind::Unsupported(format!("the header `{name}` is no place for a key"))
        }
        Scheme::APIKey {
            location: APIKeyLocation::Header | APIKeyLocation::Cookie,
            name,
            ..
        } if !is_token(&name) => SecuritySchemeKind::Unsupported(format!(
            "`{name}` is no legal name of a header or cookie"
        )),
        Scheme::APIKey { location, name, .. } => SecuritySchemeKind::ApiKey {
            location: match location {
                APIKeyLocation::Query => ParameterLocation::Query,
                APIKeyLocation::Header => ParameterLocation::Header,
                APIKeyLocation::Cookie => ParameterLocation::Cookie,
            },
            name,
        },
        // RFC 7235 §2.1: the name of a scheme is case-insensitive.
        Scheme::HTTP { scheme, .. } => match scheme.to_ascii_lowercase().as_str() {
            "basic" => SecuritySchemeKind::Basic,
            "bearer" => SecuritySchemeKind::Bearer,
            "digest" => SecuritySchemeKind::Digest,
            _ => SecuritySchemeKind::Unsupported(format!("the HTTP scheme `{scheme}`")),
        },
        Scheme::OAuth2 { .. } => SecuritySchemeKind::OAuth2,
        Scheme::OpenIDConnect {
            open_id_connect_url: url,
            ..
        } => SecuritySchemeKind::OpenIdConnect {
            url: Some(url).filter(|url| !url.is_empty()),
        },
    }
}

/// Whether a header says where a message goes, where it ends or how it is to be read (RFC 9110 §7, RFC 9112 §6).
fn belongs_to_the_message(header: &str) -> bool {
    const NAMES: &[&str] = &[
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&header.to_ascii_lowercase().as_str())
}
