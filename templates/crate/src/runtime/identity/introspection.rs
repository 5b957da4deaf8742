//! Opaque tokens: the issuer is asked what each is (RFC 7662), and its answer is kept for a while.
//!
//! The same holds as for signed tokens: one that is meant for another server is refused, and so is one of which the issuer
//! does not say whom it is meant for.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use http::{StatusCode, Uri};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::super::engine::StartError;
use super::super::oauth;
use super::super::settings::CallerOptions;
use super::super::upstream::Upstream;
use super::claims::{Reader, Refused, words};
use super::watched::Watched;
use super::{Identity, Means};

/// How long an answer is kept at most: a token that was taken back is taken so long.
const KEPT: Duration = Duration::from_secs(60);
/// How many answers are kept.
const MANY: usize = 10_000;
const LONGEST: usize = 16 << 10;

/// Asks the issuer.
pub(in super::super) struct Introspection {
    url: Uri,
    upstream: Upstream,
    client: String,
    secret: Watched<SecretString>,
    audience: Vec<String>,
    reader: Reader,
    /// By the hash of the token: what is kept is worth nothing to who reads memory.
    answers: Mutex<Answers>,
}

/// Until when an answer is kept, and what it says.
type Answers = HashMap<[u8; 32], (Instant, Arc<Map<String, Value>>)>;

impl std::fmt::Debug for Introspection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Introspection")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Introspection {
    /// # Errors
    /// Options that do not fit together, or a file that cannot be read: one line.
    pub(in super::super) fn new(
        options: &CallerOptions,
        upstream: impl FnOnce(String) -> Upstream,
    ) -> Result<Option<Self>, StartError> {
        let Some(url) = &options.introspection_url else {
            return Ok(None);
        };
        let wrong = || {
            StartError(format!(
                "--introspection-url (MCP_INTROSPECTION_URL): `{url}` is no https URL, or http URL of this machine"
            ))
        };
        let (Some(client), Some(secret)) = (
            &options.introspection_client,
            &options.introspection_secret_file,
        ) else {
            return Err(StartError(
                "--introspection-url needs `--introspection-client` and `--introspection-secret-file`: issuers answer \
                 only those whom they know"
                    .to_owned(),
            ));
        };
        let (url, host) = oauth::endpoint(url).ok_or_else(wrong)?;
        let variable = "MCP_INTROSPECTION_SECRET_FILE";
        let parse = |text: &str| match text.trim_end() {
            "" => Err("the file is empty".to_owned()),
            secret => Ok(SecretString::from(secret.to_owned())),
        };
        Ok(Some(Self {
            url,
            upstream: upstream(host),
            client: client.clone(),
            secret: Watched::open(Path::new(secret), variable, parse)?,
            audience: options.audience(),
            reader: Reader::new(options),
            answers: Mutex::default(),
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
            return Err(Refused("the token is too long"));
        }
        let hash = digest(&SHA256, token.as_bytes());
        let hash: [u8; 32] = hash.as_ref().try_into().expect("SHA-256 has 32 bytes");
        let claims = match self.kept(&hash) {
            Some(claims) => claims,
            None => self.asked(token, hash).await?,
        };
        if claims.get("active") != Some(&Value::Bool(true)) {
            return Err(Refused("the token is not, or no longer, good"));
        }
        let end = claims.get("exp").and_then(Value::as_f64);
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 fit for millions of years"
        )]
        if end.is_some_and(|end| end <= Utc::now().timestamp() as f64) {
            return Err(Refused("the token has expired"));
        }
        let named = claims.get("aud").map(words).unwrap_or_default();
        let is_ours = |audience: &String| {
            if self.audience.is_empty() {
                audience.trim_end_matches('/') == resource
            } else {
                self.audience.contains(audience)
            }
        };
        if !named.iter().any(is_ours) {
            return Err(Refused("the token is meant for another server"));
        }
        self.reader
            .identity((*claims).clone(), Means::Introspection)
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self, hash: &[u8; 32]) -> Option<Arc<Map<String, Value>>> {
        let answers = self.lock();
        let (until, claims) = answers.get(hash)?;
        (*until > Instant::now()).then(|| Arc::clone(claims))
    }

    async fn asked(&self, token: &str, hash: [u8; 32]) -> Result<Arc<Map<String, Value>>, Refused> {
        let claims = self.ask(token).await.map_err(|why| {
            tracing::warn!(why, "the issuer could not be asked about a token");
            Refused("the issuer of the token cannot be asked at the moment")
        })?;
        let claims = Arc::new(claims);
        let now = Instant::now();
        let mut answers = self.lock();
        if answers.len() >= MANY {
            answers.retain(|_, (until, _)| *until > now);
        }
        // Where all are fresh, somebody makes tokens up: nothing more is kept for a while.
        if answers.len() < MANY {
            answers.insert(hash, (now + KEPT, Arc::clone(&claims)));
        }
        Ok(claims)
    }

    async fn ask(&self, token: &str) -> Result<Map<String, Value>, String> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let secret = self.secret.current();
        let client = oauth::basic(&self.client, secret.expose_secret());
        let outgoing = oauth::post(&self.url, body, client);
        let (status, bytes) = oauth::answer(&self.upstream, outgoing).await?;
        if status != StatusCode::OK {
            return Err(format!("answered with status {}", status.as_u16()));
        }
        serde_json::from_slice(&bytes).map_err(|_| "gave no JSON object".to_owned())
    }
}
