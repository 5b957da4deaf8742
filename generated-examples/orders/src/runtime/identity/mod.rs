//! Who calls: the identity that a client has proven, whichever way.
//!
//! The ways are `keys` (API keys), `jwt` (signed tokens), `introspection` (opaque ones), `certificate` (mutual TLS) and what
//! a trusted proxy says; `http` asks them in turn. What an identity may do is `policy`'s business.

#[cfg(feature = "http")]
mod attempts;
#[cfg(feature = "tls")]
pub(super) mod certificate;
#[cfg(feature = "http")]
pub(super) mod claims;
#[cfg(feature = "http")]
pub(super) mod introspection;
#[cfg(feature = "jwt")]
pub(super) mod jwt;
#[cfg(feature = "http")]
pub(super) mod keys;
#[cfg(feature = "http")]
mod watched;

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value};

/// A verified identity.
#[derive(Debug, Clone)]
pub struct Identity(Arc<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    name: String,
    means: Means,
    roles: Vec<String>,
    /// Of a token; `None` where there are no such things.
    scopes: Option<Vec<String>>,
    claims: Map<String, Value>,
    /// What it was proven with, where that is a token; only to be exchanged.
    token: Option<SecretString>,
}

/// A claim by its name, or by the names on the way to it.
fn member<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    // There are few, and each call asks for some: comparing their names takes less than hashing one.
    let claim = |name: &str| {
        let mut all = claims.iter();
        all.find(|(own, _)| *own == name).map(|(_, value)| value)
    };
    claim(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        (rest.split('.')).try_fold(claim(first)?, |value, step| value.get(step))
    })
}

/// How an identity was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Means {
    /// An API key.
    ApiKey,
    /// A signed token (RFC 7519).
    Jwt,
    /// A token of which the issuer was asked (RFC 7662).
    Introspection,
    /// A header of a trusted proxy.
    Proxy,
    /// A client certificate (mutual TLS).
    Certificate,
}

impl Means {
    /// The name in logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Jwt => "jwt",
            Self::Introspection => "introspection",
            Self::Proxy => "proxy",
            Self::Certificate => "mtls",
        }
    }
}

impl Identity {
    /// An identity that was proven by these means.
    #[must_use]
    pub fn new(
        name: String,
        means: Means,
        roles: Vec<String>,
        scopes: Option<Vec<String>>,
        claims: Map<String, Value>,
    ) -> Self {
        Self(Arc::new(Facts {
            name,
            means,
            roles,
            scopes,
            claims,
            token: None,
        }))
    }

    /// The same, with the token that proved it.
    #[cfg(any(feature = "http", test))]
    pub(super) fn with_token(self, token: &str) -> Self {
        let facts = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Facts {
            token: Some(token.into()),
            ..facts
        }))
    }

    /// The token that proved it. Nothing but a token endpoint of the owner's may see it.
    pub(super) fn token(&self) -> Option<&SecretString> {
        self.0.token.as_ref()
    }

    /// What it is called: the name of a key, `sub` of a token (or `client:` and the client that it names), a name in a
    /// certificate.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How it was proven.
    #[must_use]
    pub fn means(&self) -> Means {
        self.0.means
    }

    /// Whether it has this role or scope.
    #[must_use]
    pub fn has_role(&self, name: &str) -> bool {
        let mut roles = self.0.roles.iter().chain(self.0.scopes.iter().flatten());
        roles.any(|role| role == name)
    }

    /// Its roles.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.0.roles
    }

    /// The scopes of its token; `None` where it was not proven by one.
    #[must_use]
    pub fn scopes(&self) -> Option<&[String]> {
        self.0.scopes.as_deref()
    }

    /// All that was said of it.
    #[cfg(feature = "cel")]
    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.0.claims
    }

    /// What was said of it under this name; `a.b` is the member `b` of `a`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        member(&self.0.claims, name)
    }

    /// As another replica is told of it, sealed: with the token that proved it.
    #[cfg(all(feature = "redis", feature = "http"))]
    pub(super) fn to_json(&self) -> Value {
        use secrecy::ExposeSecret;
        let facts = &self.0;
        let token = facts.token.as_ref().map(ExposeSecret::expose_secret);
        let (roles, scopes, claims) = (&facts.roles, &facts.scopes, &facts.claims);
        serde_json::json!([
            facts.means.label(),
            facts.name,
            roles,
            scopes,
            claims,
            token
        ])
    }

    /// What another replica tells of it.
    #[cfg(all(feature = "redis", feature = "http"))]
    pub(super) fn from_json(told: &Value) -> Option<Self> {
        use serde::Deserialize as _;
        type Told = (
            String,
            String,
            Vec<String>,
            Option<Vec<String>>,
            Map<String, Value>,
            Option<String>,
        );
        let (means, name, roles, scopes, claims, token) = Told::deserialize(told).ok()?;
        let all = [
            Means::ApiKey,
            Means::Jwt,
            Means::Introspection,
            Means::Proxy,
            Means::Certificate,
        ];
        let means = all.into_iter().find(|known| known.label() == means)?;
        let identity = Self::new(name, means, roles, scopes, claims);
        Some(match token {
            Some(token) => identity.with_token(&token),
            None => identity,
        })
    }

    /// Whether both are the same caller.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.means == other.0.means && self.0.name == other.0.name
    }
}
