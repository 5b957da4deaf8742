//! Opaque tokens: the issuer is asked what each is (RFC 7662), and its answer is kept for a while.
//!
//! The same holds as for signed tokens: one that is meant for another server is refused, and so is one of which the issuer
//! does not say whom it is meant for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use http::{StatusCode, Uri};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use url::form_urlencoded;

use super::super::engine::StartError;
use super::super::oauth;
use super::super::settings::{CallerOptions, Frequency};
use super::super::upstream::Upstream;
use super::attempts::{Attempts, Turn};
use super::claims::{Reader, Refused, misshapen};
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
    /// Who has to have issued what says so.
    issuer: Option<String>,
    /// How many seconds the clocks may be apart.
    leeway: f64,
    reader: Reader,
    attempts: Attempts,
    /// By the hash of the token: what is kept is worth nothing to who reads memory.
    answers: Mutex<Answers>,
}

type Answers = HashMap<[u8; 32], Arc<Answer>>;

/// What the issuer says of a token, once for all who ask meanwhile; `None` where it cannot be asked.
type Answer = OnceCell<Option<Told>>;

#[derive(Debug)]
struct Told {
    until: Instant,
    claims: Map<String, Value>,
}

impl std::fmt::Debug for Introspection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Introspection")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Introspection {
    /// `limit` is that of callers.
    ///
    /// # Errors
    /// Options that do not fit together, or a file that cannot be read: one line.
    pub(in super::super) fn new(
        options: &CallerOptions,
        limit: Option<Frequency>,
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
            issuer: options.jwt_issuer.clone(),
            leeway: options.jwt_leeway.0.as_secs_f64(),
            reader: Reader::new(options),
            attempts: Attempts::new(limit),
            answers: Mutex::default(),
        }))
    }

    /// Whose token this is. `resource` is the address of this server, `client` that of who sent the token.
    ///
    /// # Errors
    /// It is not taken, or nobody can say.
    pub(in super::super) async fn identify(
        &self,
        token: &str,
        resource: &str,
        client: Option<IpAddr>,
    ) -> Result<Identity, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::Token("the token is too long"));
        }
        let hash = digest(&SHA256, token.as_bytes());
        let hash: [u8; 32] = hash.as_ref().try_into().expect("SHA-256 has 32 bytes");
        let answer = self.answer(hash);
        // Kept until it is written down what came of the question: who is next looks at that.
        let _turn = match answer.get() {
            Some(_) => None,
            None => Some(self.turn(&answer, client).await?),
        };
        let mut attempt = None;
        let asking = async {
            attempt = Some(self.attempts.begin(client));
            self.told(token).await
        };
        let identified = match answer.get_or_init(|| asking).await {
            Some(told) => self.identity(&told.claims, resource),
            None => Err(Refused::Unasked),
        };
        if let (Some(attempt), Ok(_) | Err(Refused::Unasked)) = (attempt, &identified) {
            attempt.forgive();
        }
        identified
    }

    /// Leave to wait for an answer.
    ///
    /// # Errors
    /// The address has asked too often in vain, or waits for too much.
    async fn turn(&self, answer: &Answer, client: Option<IpAddr>) -> Result<Turn<'_>, Refused> {
        self.attempts.check(client)?;
        let turn = self.attempts.turn(client).await?;
        // By now somebody may know.
        if answer.get().is_none() {
            self.attempts.check(client)?;
        }
        Ok(turn)
    }

    fn identity(&self, claims: &Map<String, Value>, resource: &str) -> Result<Identity, Refused> {
        if claims.get("active") != Some(&Value::Bool(true)) {
            return Err(Refused::Token("the token is not, or no longer, good"));
        }
        if let Some(told) = misshapen(claims) {
            return Err(Refused::Token(told));
        }
        let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 fit for millions of years"
        )]
        let now = Utc::now().timestamp() as f64;
        if seconds("exp").is_some_and(|end| end <= now) {
            return Err(Refused::Token("the token has expired"));
        }
        if seconds("nbf").is_some_and(|start| start > now + self.leeway) {
            return Err(Refused::Token("the token is not valid yet"));
        }
        let issuer = claims.get("iss").and_then(Value::as_str);
        if let (Some(wanted), Some(issuer)) = (&self.issuer, issuer)
            && wanted != issuer
        {
            return Err(Refused::Token("the token is of another issuer"));
        }
        if !self.is_for_us(claims.get("aud"), resource) {
            return Err(Refused::Token("the token is meant for another server"));
        }
        self.reader.identity(claims.clone(), Means::Introspection)
    }

    fn is_for_us(&self, audience: Option<&Value>, resource: &str) -> bool {
        let audience = match audience {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        audience.iter().filter_map(Value::as_str).any(|name| {
            if self.audience.is_empty() {
                name.trim_end_matches('/') == resource
            } else {
                self.audience.iter().any(|ours| ours == name)
            }
        })
    }

    /// Where the answer about a token is, or will be.
    fn answer(&self, hash: [u8; 32]) -> Arc<Answer> {
        let now = Instant::now();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&hash).filter(|answer| !is_over(answer, now)) {
            return Arc::clone(answer);
        }
        if answers.len() >= MANY {
            let is_awaited = |answer: &Arc<Answer>| Arc::strong_count(answer) > 1;
            let is_kept = |answer: &Answer| answer.get().is_some() && !is_over(answer, now);
            answers.retain(|_, answer| is_awaited(answer) || is_kept(answer));
        }
        let answer = Arc::new(Answer::new());
        // Where all are fresh, somebody makes tokens up: nothing more is kept for a while.
        if answers.len() < MANY {
            answers.insert(hash, Arc::clone(&answer));
        }
        answer
    }

    async fn told(&self, token: &str) -> Option<Told> {
        match self.ask(token).await {
            Ok(claims) => Some(Told {
                until: Instant::now() + KEPT,
                claims,
            }),
            Err(why) => {
                tracing::warn!(why, "the issuer could not be asked about a token");
                None
            }
        }
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
        if status.is_client_error() && is_about_token(status, &bytes) {
            return Ok(Map::new());
        }
        if status != StatusCode::OK {
            return Err(format!("answered with status {}", status.as_u16()));
        }
        serde_json::from_slice(&bytes).map_err(|_| "gave no JSON object".to_owned())
    }
}

/// Whether an issuer refuses a token and not this server, as some do for what cannot be one of theirs.
fn is_about_token(status: StatusCode, body: &[u8]) -> bool {
    let told: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let error = told.as_ref().and_then(|told| told.get("error")?.as_str());
    let is_about_client = error.is_some_and(|error| error.ends_with("_client"));
    matches!(status.as_u16(), 400 | 404 | 422) && !is_about_client
}

/// Whether an answer is there and of no use any more.
fn is_over(answer: &Answer, now: Instant) -> bool {
    let is_told = |told: &Option<Told>| told.as_ref().is_none_or(|told| told.until <= now);
    answer.get().is_some_and(is_told)
}
