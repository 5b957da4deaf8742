//! Signed tokens (RFC 7519): who issued them, for whom, and what they say.
//!
//! A token is taken when one of the issuer's keys signed it (`issuer`), with an algorithm that is allowed and fits the
//! key, when it is meant for this server (RFC 8707, MCP authorization: a token for another audience MUST be refused),
//! and when its time has come and not passed. The arithmetic is ring's (`provider`).

mod issuer;
mod provider;

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::super::engine::StartError;
use super::super::settings::CallerOptions;
use super::super::upstream::Upstream;
use super::claims::{Reader, Refused, misshapen};
use super::{Identity, Means};
use issuer::Issuer;

/// How long a token may be; a larger one is no token but an attempt.
const LONGEST: usize = 16 << 10;

/// Takes tokens.
pub(in super::super) struct Tokens {
    issuer: Issuer,
    name: Option<String>,
    /// Empty: the address of this server, as each request has it.
    audience: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: u64,
    reader: Reader,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("issuer", &self.name)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// `upstream` fetches the issuer's keys.
    ///
    /// # Errors
    /// Options that do not fit together, or a file that cannot be read: one line.
    pub(in super::super) fn new(
        options: &CallerOptions,
        upstream: impl FnOnce(String) -> Upstream,
    ) -> Result<Option<Self>, StartError> {
        if !options.take_tokens() {
            return Ok(None);
        }
        provider::install();
        let issuer = Issuer::new(options, upstream)?;
        let algorithms = algorithms(&options.jwt_algorithms, issuer.is_secret())?;
        Ok(Some(Self {
            issuer,
            name: options.jwt_issuer.clone(),
            audience: options.audience(),
            algorithms,
            leeway: options.jwt_leeway.0.as_secs(),
            reader: Reader::new(options),
        }))
    }

    /// Whose token this is. `resource` is the address of this server.
    ///
    /// # Errors
    /// It is not taken.
    pub(in super::super) async fn identify(
        &self,
        token: &str,
        resource: &str,
    ) -> Result<Identity, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::Token("the token is too long"));
        }
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| Refused::Token("this is no token"))?;
        if has_critical(token) {
            return Err(Refused::Token(
                "the token asks for an extension that this server does not have",
            ));
        }
        if !header.typ.as_deref().is_none_or(is_for_access) {
            return Err(Refused::Token("this is another kind of token"));
        }
        if !self.algorithms.contains(&header.alg) {
            return Err(Refused::Token(
                "the token is signed with an algorithm that is not allowed",
            ));
        }
        let validation = self.validation(header.alg, resource);
        let id = header.kid.as_deref();
        let mut keys = self.issuer.keys(id, header.alg).await?;
        let mut signed = claims(token, &keys, &validation);
        if signed.is_none() && self.issuer.has_looked_again().await {
            keys = self.issuer.keys(id, header.alg).await?;
            signed = claims(token, &keys, &validation);
        }
        let nobody = || {
            Refused::Token(match keys.as_slice() {
                [] => "the token was signed by nobody whom this server knows",
                _ => "the signature of the token is wrong",
            })
        };
        let claims = signed.ok_or_else(nobody)??;
        self.reader.identity(claims, Means::Jwt)
    }

    /// As if the issuer had not been asked for a while.
    #[cfg(test)]
    pub(in super::super) fn end_pause(&self) {
        self.issuer.end_pause();
    }

    fn validation(&self, algorithm: Algorithm, resource: &str) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway;
        validation.validate_nbf = true;
        let mut needed: HashSet<String> = ["exp", "aud"].map(str::to_owned).into();
        if let Some(issuer) = &self.name {
            validation.set_issuer(&[issuer]);
            needed.insert("iss".to_owned());
        }
        if self.audience.is_empty() {
            // With and without a slash at the end (MCP, authorization, "Canonical Server URI").
            validation.set_audience(&[resource, &format!("{resource}/")]);
        } else {
            validation.set_audience(&self.audience);
        }
        validation.required_spec_claims = needed;
        validation
    }
}

/// The claims of a token that one of these keys signed; `None` where none did.
fn claims(
    token: &str,
    keys: &[DecodingKey],
    validation: &Validation,
) -> Option<Result<Map<String, Value>, Refused>> {
    keys.iter().find_map(|key| {
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, key, validation);
        let told = match decoded {
            Ok(token) => return Some(Ok(token.claims)),
            Err(error) => match error.kind() {
                ErrorKind::ExpiredSignature => "the token has expired",
                ErrorKind::ImmatureSignature => "the token is not valid yet",
                ErrorKind::InvalidAudience => "the token is meant for another server",
                ErrorKind::InvalidIssuer => "the token is of another issuer",
                ErrorKind::MissingRequiredClaim(_) => {
                    misshapen(&part(token, 1)).unwrap_or("the token lacks a claim")
                }
                // What was signed and cannot be read.
                ErrorKind::Json(_) | ErrorKind::InvalidClaimFormat(_) => misshapen(&part(token, 1))
                    .unwrap_or("the claims of the token are no JSON object"),
                _ => return None,
            },
        };
        Some(Err(Refused::Token(told)))
    })
}

/// RFC 8725 §3.11: what an issuer signs for another purpose, such as a logout or a proof, is no access token (RFC 9068).
fn is_for_access(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    // RFC 7515 §4.1.9: that may be left out.
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    matches!(kind, "jwt" | "at+jwt")
}

/// RFC 7515 §4.1.11: what is critical and not understood makes a token invalid.
fn has_critical(token: &str) -> bool {
    part(token, 0).contains_key("crit")
}

/// The header of a token (0) or its claims (1), whoever signed it; empty where it has none.
fn part(token: &str, place: usize) -> Map<String, Value> {
    let part = token.split('.').nth(place).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The algorithms that may sign. One for secrets and one for public keys are never taken side by side: whoever knows
/// the public key could sign with it as if it were the secret (RFC 8725 §2.1).
fn algorithms(names: &[String], is_secret: bool) -> Result<Vec<Algorithm>, StartError> {
    use Algorithm::{
        ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512,
    };
    let wrong = |why: String| StartError(format!("--jwt-algorithms (MCP_JWT_ALGORITHMS): {why}"));
    if names.is_empty() {
        return Ok(if is_secret {
            vec![HS256]
        } else {
            vec![RS256, PS256, ES256, ES384, EdDSA]
        });
    }
    let mut algorithms = Vec::new();
    for name in names {
        let algorithm: Algorithm = name
            .trim()
            .parse()
            .map_err(|_| wrong(format!("`{name}` is not known")))?;
        let with_secret = matches!(algorithm, HS256 | HS384 | HS512);
        let fits = with_secret == is_secret
            && matches!(
                algorithm,
                HS256
                    | HS384
                    | HS512
                    | ES256
                    | ES384
                    | EdDSA
                    | PS256
                    | PS384
                    | PS512
                    | RS256
                    | RS384
                    | RS512
            );
        if !fits {
            return Err(wrong(format!(
                "`{name}` does not fit the key that is configured"
            )));
        }
        algorithms.push(algorithm);
    }
    Ok(algorithms)
}

#[cfg(test)]
mod tests;
