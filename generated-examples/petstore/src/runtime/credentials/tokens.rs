//! Tokens that this server gets for itself, by client credentials (RFC 6749 §4.4) or with a refresh token (§6), and keeps until
//! shortly before they end.
//!
//! Each set of scopes has a token of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use secrecy::{ExposeSecret as _, SecretString};

use super::super::engine::StartError;
use super::super::tool::Scheme;
use super::super::upstream::Upstream;
use super::endpoint::{Answer, TokenEndpoint, client, variable};
use super::kept::{Room, Token};
use super::refresh::RefreshToken;
use super::source::{is_given, origin};
use super::{Credential, Whose};

/// The tokens of one scheme.
#[derive(Debug)]
pub(super) struct Tokens {
    endpoint: TokenEndpoint,
    refresh: Option<RefreshToken>,
    /// By scopes.
    kept: Mutex<HashMap<String, Arc<Room>>>,
}

impl Tokens {
    /// Reads the variables of a scheme; `None` when there are none.
    ///
    /// # Errors
    /// One is missing, given twice or not usable: one line.
    pub(super) fn read(
        scheme: &'static Scheme,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, StartError> {
        let name = |part: &str| variable(scheme, part);
        let refresh = origin(&name("REFRESH_TOKEN"), env)?.map(RefreshToken::new);
        let client = match client(scheme, env)? {
            // With an id alone a user can log in.
            (_, None) if refresh.is_none() => return Ok(None),
            // A client of client credentials has a secret; with a refresh token it may be public.
            (id @ Some(_), secret) if refresh.is_some() || secret.is_some() => (id, secret),
            (id, _) => {
                let missing = name(if id.is_none() {
                    "CLIENT_ID"
                } else {
                    "CLIENT_SECRET"
                });
                return Err(StartError(format!(
                    "`{missing}` is not set, although another part of the client of `{}` is",
                    scheme.name
                )));
            }
        };
        if is_given(&name("TOKEN"), env) {
            let (token, client) = (name("TOKEN"), name("CLIENT_ID"));
            return Err(StartError(format!(
                "`{token}` and `{client}` are both set: keep one of them"
            )));
        }
        Ok(Some(Self {
            endpoint: TokenEndpoint::read(
                scheme,
                Whose::Issued,
                client,
                ("TOKEN_URL", "ISSUER"),
                env,
            )?,
            refresh,
            kept: Mutex::default(),
        }))
    }

    /// The token for these scopes, if there is one that is still good.
    pub(super) fn current(&self, scopes: &[&str]) -> Option<Arc<Credential>> {
        self.room(&self.key(scopes)).current()
    }

    /// Gets a token for these scopes, unless there is one that is good for a while.
    ///
    /// # Errors
    /// There is none to be had: a sentence without its end and without a secret.
    pub(super) async fn ensure(&self, scopes: &[&str], upstream: &Upstream) -> Result<(), String> {
        let key = self.key(scopes);
        let ask = async || self.fetch(&key, upstream).await;
        self.room(&key).ensure(self.endpoint.scheme.name, ask).await
    }

    /// Forgets a token that the API did not take.
    pub(super) fn forget(&self, refused: &Arc<Credential>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for room in kept.values() {
            room.forget(refused);
        }
    }

    /// What to look at when its tokens are not taken, as a sentence without its end.
    pub(super) fn how(&self) -> String {
        let name = |part: &str| format!("`{}`", variable(self.endpoint.scheme, part));
        let given = if self.refresh.is_some() {
            name("REFRESH_TOKEN")
        } else {
            format!(
                "the client `{}`",
                variable(self.endpoint.scheme, "CLIENT_ID")
            )
        };
        format!(
            "look at what the issuer gives {given} tokens for: {} and {} say what is asked for",
            name("SCOPES"),
            name("AUDIENCE")
        )
    }

    fn room(&self, key: &str) -> Arc<Room> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(key) {
            Some(room) => Arc::clone(room),
            None => Arc::clone(kept.entry(key.to_owned()).or_default()),
        }
    }

    fn key(&self, scopes: &[&str]) -> String {
        match &self.endpoint.scopes {
            Some(scopes) => scopes.clone(),
            // What a refresh token is good for was said when it was given.
            None if self.refresh.is_some() => String::new(),
            None => scopes.join(" "),
        }
    }

    async fn fetch(&self, scopes: &str, upstream: &Upstream) -> Result<Token, String> {
        let asked = Instant::now();
        let answer = if let Some(refresh) = &self.refresh {
            self.refreshed(refresh, scopes, upstream).await?
        } else {
            let grant = [("grant_type", "client_credentials")];
            let answer = self.endpoint.ask(&grant, scopes, upstream).await;
            answer.map_err(|refused| refused.told)?
        };
        self.endpoint.token(&answer, asked)
    }

    async fn refreshed(
        &self,
        refresh: &RefreshToken,
        scopes: &str,
        upstream: &Upstream,
    ) -> Result<Answer, String> {
        refresh.renewed().await;
        let used = refresh.value()?;
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", used.expose_secret()),
        ];
        let asked = self.endpoint.ask(&grant, scopes, upstream).await;
        let mut answer = asked.map_err(|refused| {
            if refused.code.as_deref() == Some("invalid_grant") {
                refresh.refused();
            }
            refused.told
        })?;
        if let Some(fresh) = answer.refresh_token.take() {
            refresh.replace(&used, SecretString::from(fresh));
        }
        Ok(answer)
    }
}

/// # Errors
/// There is the id of a client that has neither a secret nor a user: one line.
pub(super) fn check_half(
    scheme: &Scheme,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(), StartError> {
    let [id, secret] = ["CLIENT_ID", "CLIENT_SECRET"].map(|part| variable(scheme, part));
    if !is_given(&id, env) {
        return Ok(());
    }
    Err(StartError(format!(
        "`{secret}` is not set, although another part of the client of `{}` is",
        scheme.name
    )))
}
