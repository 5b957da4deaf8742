//! Tokens that this server gets for itself, by client credentials (RFC 6749 §4.4) or with a refresh token (§6), and keeps until
//! shortly before they end.
//!
//! Where tokens come from is the owner's word (`API_<SCHEME>_TOKEN_URL`), never the description's: the secret goes nowhere
//! else. Each set of scopes has a token of its own; one call asks for it while the others wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use http::{StatusCode, Uri};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::form_urlencoded;

use super::super::engine::StartError;
use super::super::oauth;
use super::super::request::Outgoing;
use super::super::tool::{Scheme, SchemeKind};
use super::super::upstream::Upstream;
use super::Credential;
use super::refresh::RefreshToken;
use super::source::{Origin, given, is_given, origin};

/// How long a token is kept that does not say how long it is good for.
const UNSAID: Duration = Duration::from_secs(300);
/// How long before its end a token is renewed at the latest.
const EARLY: Duration = Duration::from_secs(30);

/// The client of one scheme.
#[derive(Debug)]
pub(super) struct Tokens {
    scheme: &'static Scheme,
    id: Origin,
    /// A client of client credentials has one; with a refresh token it may be public.
    secret: Option<Origin>,
    refresh: Option<RefreshToken>,
    url: Uri,
    host: String,
    /// Instead of those that an operation needs.
    scopes: Option<String>,
    audience: Option<String>,
    way: OnceLock<Upstream>,
    kept: Mutex<Kept>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By scopes.
    tokens: HashMap<String, Token>,
    /// Whether the endpoint takes id and secret in the body only (RFC 6749 §2.3.1).
    in_body: bool,
}

#[derive(Debug, Clone)]
struct Token {
    credential: Arc<Credential>,
    renewal: Instant,
    end: Instant,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<f64>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
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
        if scheme.kind != SchemeKind::Bearer {
            return Ok(None);
        }
        let name = |part: &str| format!("API_{}_{part}", scheme.env);
        let (id, secret) = (
            origin(&name("CLIENT_ID"), env)?,
            origin(&name("CLIENT_SECRET"), env)?,
        );
        let refresh = origin(&name("REFRESH_TOKEN"), env)?.map(RefreshToken::new);
        let (id, secret) = match (id, secret) {
            (None, None) if refresh.is_none() => return Ok(None),
            (Some(id), secret) if refresh.is_some() => (id, secret),
            (Some(id), Some(secret)) => (id, Some(secret)),
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
        let given = |part: &str| given(&name(part), env);
        let variable = name("TOKEN_URL");
        let text = given("TOKEN_URL").ok_or_else(|| {
            StartError(format!(
                "`{variable}` is not set: where the client of `{}` gets its tokens is not taken from the API's \
                 description, since the secret goes there",
                scheme.name
            ))
        })?;
        let (url, host) = oauth::endpoint(&text).ok_or_else(|| {
            StartError(format!(
                "`{variable}` is no https URL, or http URL of this machine"
            ))
        })?;
        Ok(Some(Self {
            scheme,
            id,
            secret,
            refresh,
            url,
            host,
            scopes: given("SCOPES"),
            audience: given("AUDIENCE"),
            way: OnceLock::new(),
            kept: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token for these scopes, if there is one that is still good.
    pub(super) fn current(&self, scopes: &[&str]) -> Option<Arc<Credential>> {
        let token = self.lock().tokens.get(&self.key(scopes)).cloned()?;
        (token.end > Instant::now()).then_some(token.credential)
    }

    /// Gets a token for these scopes, unless there is one that is good for a while.
    ///
    /// # Errors
    /// There is none to be had: the end of a sentence, without a secret.
    pub(super) async fn ensure(&self, scopes: &[&str], upstream: &Upstream) -> Result<(), String> {
        let key = self.key(scopes);
        let is_fresh = || {
            let kept = self.lock();
            kept.tokens
                .get(&key)
                .is_some_and(|token| token.renewal > Instant::now())
        };
        if is_fresh() {
            return Ok(());
        }
        let _turn = match (self.asking.try_lock(), self.current(scopes)) {
            (Ok(turn), _) => turn,
            // Somebody renews it, and the old one is still good.
            (Err(_), Some(_)) => return Ok(()),
            (Err(_), None) => self.asking.lock().await,
        };
        if is_fresh() {
            return Ok(());
        }
        let asked = Instant::now();
        match self.fetch(&key, upstream).await {
            Ok(answer) => {
                let token = self.token(&answer, asked)?;
                self.lock().tokens.insert(key, token);
                Ok(())
            }
            Err(why) if self.current(scopes).is_some() => {
                tracing::warn!(target: "mcp::credentials", scheme = self.scheme.name, why, "a token could not be renewed");
                Ok(())
            }
            Err(why) => Err(format!("{} {why}", self.host)),
        }
    }

    /// Forgets a token that the API did not take.
    pub(super) fn forget(&self, refused: &Arc<Credential>) {
        self.lock()
            .tokens
            .retain(|_, token| !Arc::ptr_eq(&token.credential, refused));
    }

    fn key(&self, scopes: &[&str]) -> String {
        match &self.scopes {
            Some(scopes) => scopes.clone(),
            // What a refresh token is good for was said when it was given.
            None if self.refresh.is_some() => String::new(),
            None => scopes.join(" "),
        }
    }

    fn token(&self, answer: &Answer, asked: Instant) -> Result<Token, String> {
        let credential = Credential::new(self.scheme, &[&answer.access_token], false)
            .map_err(|why| format!("{} gave a token that {why}", self.host))?;
        let given = answer
            .expires_in
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        // A year is as good as any longer time, and can be added to now.
        let span = given.unwrap_or(UNSAID).min(Duration::from_secs(31_536_000));
        let renewal = span.mul_f64(0.8).min(span.saturating_sub(EARLY));
        Ok(Token {
            credential: Arc::new(credential),
            renewal: asked + renewal,
            end: asked + span,
        })
    }

    async fn fetch(&self, scopes: &str, upstream: &Upstream) -> Result<Answer, String> {
        let answer = self.asked(scopes, upstream).await?;
        answer.map_err(|error| {
            match (error.as_str(), &self.refresh) {
                ("invalid_client", _) => {
                    self.id.refused();
                    self.secret.iter().for_each(Origin::refused);
                }
                ("invalid_grant", Some(refresh)) => refresh.refused(),
                _ => {}
            }
            refused(&error)
        })
    }

    /// Runs the commands again that are due.
    async fn renewed(&self) {
        self.id.renewed().await;
        if let Some(secret) = &self.secret {
            secret.renewed().await;
        }
        if let Some(refresh) = &self.refresh {
            refresh.renewed().await;
        }
    }

    async fn asked(
        &self,
        scopes: &str,
        upstream: &Upstream,
    ) -> Result<Result<Answer, String>, String> {
        let in_body = self.lock().in_body;
        match self.ask(scopes, in_body, upstream).await? {
            Err(error) if error == "invalid_client" && !in_body && self.secret.is_some() => {
                let again = self.ask(scopes, true, upstream).await?;
                if again.is_ok() {
                    self.lock().in_body = true;
                }
                Ok(again)
            }
            answer => Ok(answer),
        }
    }

    /// The answer, or the error code of the endpoint (RFC 6749 §5.2).
    async fn ask(
        &self,
        scopes: &str,
        in_body: bool,
        upstream: &Upstream,
    ) -> Result<Result<Answer, String>, String> {
        self.renewed().await;
        let refresh = self.refresh.as_ref().map(RefreshToken::value).transpose()?;
        let outgoing = self.request(scopes, refresh.as_ref(), in_body)?;
        let way = self.way.get_or_init(|| upstream.beside(self.host.clone()));
        let (status, bytes) = oauth::answer(way, outgoing).await?;
        if status == StatusCode::OK {
            let answer = serde_json::from_slice::<Answer>(&bytes);
            let mut answer = answer.map_err(|_| "gave no token in its answer".to_owned())?;
            if let (Some(token), Some(used), Some(fresh)) =
                (&self.refresh, &refresh, answer.refresh_token.take())
            {
                token.replace(used, fresh.into());
            }
            return Ok(Ok(answer));
        }
        match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => Ok(Err(refusal.error)),
            Err(_) if status == StatusCode::UNAUTHORIZED => Ok(Err("invalid_client".to_owned())),
            Err(_) => Err(format!("answered with status {}", status.as_u16())),
        }
    }

    fn request(
        &self,
        scopes: &str,
        refresh: Option<&SecretString>,
        in_body: bool,
    ) -> Result<Outgoing, String> {
        let id = self.id.value()?;
        let secret = self.secret.as_ref().map(Origin::value).transpose()?;
        let mut body = form_urlencoded::Serializer::new(String::new());
        match refresh {
            Some(token) => {
                body.append_pair("grant_type", "refresh_token");
                body.append_pair("refresh_token", token.expose_secret());
            }
            None => {
                body.append_pair("grant_type", "client_credentials");
            }
        }
        if !scopes.is_empty() {
            body.append_pair("scope", scopes);
        }
        if let Some(audience) = &self.audience {
            body.append_pair("audience", audience);
        }
        let client = match &secret {
            Some(secret) if !in_body => {
                let client = oauth::basic(id.expose_secret(), secret.expose_secret());
                Some(client.ok_or("cannot be sent this client")?)
            }
            _ => {
                body.append_pair("client_id", id.expose_secret());
                if let Some(secret) = &secret {
                    body.append_pair("client_secret", secret.expose_secret());
                }
                None
            }
        };
        Ok(oauth::post(&self.url, body.finish(), client))
    }
}

/// The code of an error is a word of the specification; anything else is not repeated.
fn refused(error: &str) -> String {
    let is_code = error.len() <= 40 && error.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_code {
        format!("refuses a token: {error}")
    } else {
        "refuses a token".to_owned()
    }
}
