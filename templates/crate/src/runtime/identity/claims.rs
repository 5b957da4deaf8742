//! What an issuer says of a caller, in a token or when it is asked: the name, the roles, the scopes.

use serde_json::{Map, Value};

use super::super::settings::CallerOptions;
use super::{Identity, Means, member};

/// Why a token is not taken: what the client may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Refused(pub(in super::super) &'static str);

/// How claims are read.
#[derive(Debug)]
pub(super) struct Reader {
    /// `NAME` or `NAME=VALUE`.
    required: Vec<(String, Option<String>)>,
    /// The claims that hold roles.
    roles: Vec<String>,
}

impl Reader {
    pub(super) fn new(options: &CallerOptions) -> Self {
        let required = options.jwt_required_claims.iter().map(|claim| {
            let (name, value) = claim.split_once('=').unzip();
            (name.unwrap_or(claim).to_owned(), value.map(str::to_owned))
        });
        Self {
            required: required.collect(),
            roles: options.roles_claim.clone(),
        }
    }

    /// Who the claims are about.
    ///
    /// # Errors
    /// They lack what the owner asks for, or name nobody.
    pub(super) fn identity(
        &self,
        claims: Map<String, Value>,
        means: Means,
    ) -> Result<Identity, Refused> {
        let is_there = |(name, value): &(String, Option<String>)| {
            let claim = member(&claims, name);
            match value {
                None => claim.is_some_and(|claim| !claim.is_null()),
                Some(value) => claim.is_some_and(|claim| words(claim).contains(value)),
            }
        };
        if !self.required.iter().all(is_there) {
            return Err(Refused("the token lacks a claim that this server asks for"));
        }
        let name = name(&claims).ok_or(Refused("the token names nobody"))?;
        let scopes = claims.get("scope").or_else(|| claims.get("scp")).map(words);
        let roles = self
            .roles
            .iter()
            .filter_map(|name| member(&claims, name))
            .flat_map(words);
        let (roles, scopes) = (roles.collect(), Some(scopes.unwrap_or_default()));
        Ok(Identity::new(name, means, roles, scopes, claims))
    }
}

/// What the caller is called. A client that acts for itself has no subject with some issuers; it is called otherwise than
/// any subject is.
fn name(claims: &Map<String, Value>) -> Option<String> {
    let text = |claim: &Value| match claim {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let Some(subject) = claims.get("sub") else {
        let client = claims.get("client_id").or_else(|| claims.get("azp"))?;
        return Some(format!("client:{}", text(client)?));
    };
    let subject = text(subject)?;
    let is_like_another = subject.starts_with("client:") || subject.starts_with("sub:");
    Some(if is_like_another {
        format!("sub:{subject}")
    } else {
        subject
    })
}

/// The texts of a list, or the words of a text (RFC 8693 §4.2).
pub(super) fn words(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(yes) => vec![yes.to_string()],
        _ => Vec::new(),
    }
}
