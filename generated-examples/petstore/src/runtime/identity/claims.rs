//! What an issuer says of a caller, in a token or when it is asked: the name, the roles, the scopes.

use std::time::Duration;

use serde_json::{Map, Value};

use super::super::settings::CallerOptions;
use super::{Identity, Means, member};

/// Why nobody is known by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Refused {
    /// It is not taken: what the client may know.
    Token(&'static str),
    /// It may be good or not: the issuer cannot be asked.
    Unasked,
    /// It was not looked at, since its address came with too many that are no good: how long to wait.
    TooMany(Duration),
}

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
                Some(value) => claim.is_some_and(|claim| holds(name, claim, value)),
            }
        };
        if !self.required.iter().all(is_there) {
            return Err(Refused::Token(
                "the token lacks a claim that this server asks for",
            ));
        }
        let name = name(&claims).ok_or(Refused::Token("the token names nobody"))?;
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

/// Whether a claim is this, or a list that has it. Only scopes in a text are words: a name with a space in it is one name.
fn holds(name: &str, claim: &Value, wanted: &str) -> bool {
    let is_it = |claim: &Value| match claim {
        Value::String(text) => text == wanted,
        Value::Number(number) => number.to_string() == wanted,
        Value::Bool(yes) => wanted == if *yes { "true" } else { "false" },
        _ => false,
    };
    match claim {
        Value::String(scopes) if matches!(name, "scope" | "scp") => {
            scopes.split_whitespace().any(|scope| scope == wanted)
        }
        Value::Array(items) => items.iter().any(is_it),
        one => is_it(one),
    }
}

/// What is wrong with the types of the claims that RFC 7519 §4.1 and RFC 7662 §2.2 name; what is null is not there.
pub(super) fn misshapen(claims: &Map<String, Value>) -> Option<&'static str> {
    let is_text_or_texts = |claim: &Value| match claim {
        Value::Array(items) => items.iter().all(Value::is_string),
        one => one.is_string(),
    };
    let is_wrong = |name: &str, fits: &dyn Fn(&Value) -> bool| {
        let claim = claims.get(name).filter(|claim| !claim.is_null());
        claim.is_some_and(|claim| !fits(claim))
    };
    let is_name = |claim: &Value| claim.is_string() || claim.is_number();
    let told = [
        (
            is_wrong("exp", &Value::is_number),
            "`exp` of the token is no number",
        ),
        (
            is_wrong("nbf", &Value::is_number),
            "`nbf` of the token is no number",
        ),
        (
            is_wrong("iss", &Value::is_string),
            "`iss` of the token is no text",
        ),
        (is_wrong("sub", &is_name), "`sub` of the token is no text"),
        (
            is_wrong("aud", &is_text_or_texts),
            "`aud` of the token is neither a text nor a list of texts",
        ),
    ];
    told.into_iter()
        .find_map(|(is_wrong, told)| is_wrong.then_some(told))
}

/// The texts of a list, or the words of a text (RFC 8693 §4.2).
fn words(claim: &Value) -> Vec<String> {
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
