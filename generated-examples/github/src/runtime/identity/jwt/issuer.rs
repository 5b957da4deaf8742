//! The keys of an issuer: published at a URL, or in a file.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use http::{StatusCode, Uri};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use super::super::super::engine::StartError;
use super::super::super::oauth;
use super::super::super::settings::CallerOptions;
use super::super::super::upstream::Upstream;
use super::super::claims::Refused;
use super::super::watched::Watched;
use super::provider::family;

/// How long published keys are kept without asking again.
const FRESH: Duration = Duration::from_secs(600);
/// How long to wait before an unknown key is asked for again: clients can make up names of keys, and signatures.
const AGAIN: Duration = Duration::from_secs(10);

/// Where the keys come from.
pub(super) enum Issuer {
    Published(Arc<Published>),
    Pem(Watched<Vec<DecodingKey>>),
    Secret(Watched<Vec<DecodingKey>>),
}

/// Keys at a URL.
pub(super) struct Published {
    url: Uri,
    upstream: Upstream,
    state: RwLock<State>,
    /// One asks at a time; the others wait for its answer.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    keys: Arc<Vec<Known>>,
    fetched: Option<Instant>,
    asked: Option<Instant>,
    /// Whether it could not be asked the last time.
    is_away: bool,
}

struct Known {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

impl Issuer {
    pub(super) fn new(
        options: &CallerOptions,
        upstream: impl FnOnce(String) -> Upstream,
    ) -> Result<Self, StartError> {
        let sources = [
            options.jwt_jwks_url.as_deref(),
            options.jwt_pem_file.as_deref(),
            options.jwt_hs256_secret_file.as_deref(),
        ];
        match sources {
            [Some(url), None, None] => Published::new(url, upstream).map(|published| Self::Published(Arc::new(published))),
            [None, Some(path), None] => {
                Watched::open(Path::new(path), "MCP_JWT_PEM_FILE", pem).map(Self::Pem)
            }
            [None, None, Some(path)] => {
                Watched::open(Path::new(path), "MCP_JWT_HS256_SECRET_FILE", secret).map(Self::Secret)
            }
            _ => Err(StartError(
                "tokens need one of `--jwt-jwks-url`, `--jwt-pem-file` and `--jwt-hs256-secret-file`, which tell the \
                 issuer's signature"
                    .to_owned(),
            )),
        }
    }

    /// Whether both sides have the same secret.
    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The keys that may have signed a token.
    ///
    /// # Errors
    /// None is known, and the issuer cannot be asked.
    pub(super) async fn keys(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<DecodingKey>, Refused> {
        match self {
            Self::Published(published) => published.keys(id, algorithm).await,
            Self::Pem(file) | Self::Secret(file) => Ok(file.current().to_vec()),
        }
    }

    /// Whether keys were fetched for the sake of a token that none of those before signed: an issuer may replace a key and
    /// keep its name.
    pub(super) async fn has_looked_again(&self) -> bool {
        match self {
            Self::Published(published) => published.ask().await,
            Self::Pem(_) | Self::Secret(_) => false,
        }
    }

    /// As if nobody had asked for a while.
    #[cfg(test)]
    pub(super) fn end_pause(&self) {
        if let Self::Published(published) = self {
            published.write().asked = None;
        }
    }
}

/// The keys of a file, of which each may sign. Of certificates it is the first alone: what follows are its authorities,
/// which sign certificates and no tokens.
fn pem(text: &str) -> Result<Vec<DecodingKey>, String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        if line.trim_start().starts_with("-----BEGIN ") {
            blocks.push(String::new());
        }
        let block = blocks.last_mut().expect("there is one");
        block.push_str(line);
        block.push('\n');
    }
    // RFC 7468 §5.2: what stands before the first one explains it.
    let blocks = &blocks[1..];
    let is_certificate = |block: &str| block.contains("-----BEGIN CERTIFICATE-----");
    let keys = blocks.iter().enumerate();
    let keys = keys.filter(|(place, block)| *place == 0 || !is_certificate(block));
    let keys: Vec<DecodingKey> = keys
        .map(|(_, block)| key(block))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err("there is no public key in PEM".to_owned());
    }
    Ok(keys)
}

fn key(block: &str) -> Result<DecodingKey, String> {
    let bytes = block.as_bytes();
    DecodingKey::from_rsa_pem(bytes)
        .or_else(|_| DecodingKey::from_ec_pem(bytes))
        .or_else(|_| DecodingKey::from_ed_pem(bytes))
        .map_err(|_| "it holds what is no public key in PEM".to_owned())
}

fn secret(text: &str) -> Result<Vec<DecodingKey>, String> {
    // RFC 7518 §3.2: a key of the hash's size or larger.
    const SHORTEST: usize = 32;
    let secret = text.trim_end();
    if secret.len() < SHORTEST {
        return Err(format!("the secret has less than {SHORTEST} bytes"));
    }
    Ok(vec![DecodingKey::from_secret(secret.as_bytes())])
}

impl Published {
    fn new(url: &str, upstream: impl FnOnce(String) -> Upstream) -> Result<Self, StartError> {
        let wrong = || {
            StartError(format!(
                "--jwt-jwks-url (MCP_JWT_JWKS_URL): `{url}` is no https URL, or http URL of this machine"
            ))
        };
        let (url, host) = oauth::endpoint(url).ok_or_else(wrong)?;
        Ok(Self {
            url,
            upstream: upstream(host),
            state: RwLock::default(),
            asking: Arc::default(),
        })
    }

    async fn keys(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<DecodingKey>, Refused> {
        let found = self.known(id, algorithm);
        if !found.is_empty() {
            // What is known is good while it is renewed: an issuer that is slow must not hold anybody up.
            if !self.is_fresh(FRESH)
                && !self.was_asked(AGAIN)
                && let Ok(turn) = Arc::clone(&self.asking).try_lock_owned()
            {
                let this = Arc::clone(self);
                tokio::spawn(async move {
                    this.renew().await;
                    drop(turn);
                });
            }
            return Ok(found);
        }
        self.ask().await;
        let found = self.known(id, algorithm);
        if found.is_empty() && self.is_away() {
            return Err(Refused::Unasked);
        }
        Ok(found)
    }

    /// Asks for the keys, unless that was done just now; whether it was done in here, by whomever.
    async fn ask(&self) -> bool {
        if self.was_asked(AGAIN) {
            return false;
        }
        let _turn = self.asking.lock().await;
        // Somebody may have asked meanwhile.
        if !self.was_asked(AGAIN) {
            self.renew().await;
        }
        true
    }

    fn is_away(&self) -> bool {
        self.read().is_away
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<DecodingKey> {
        let keys = Arc::clone(&self.read().keys);
        let fits = |known: &&Known| {
            (id.is_none() || known.id.is_none() || known.id.as_deref() == id)
                && known.algorithm.is_none_or(|own| own == algorithm)
                && known.key.family() == family(algorithm)
        };
        keys.iter()
            .filter(fits)
            .map(|known| known.key.clone())
            .collect()
    }

    fn is_fresh(&self, span: Duration) -> bool {
        let fetched = self.read().fetched;
        fetched.is_some_and(|fetched| fetched.elapsed() < span)
    }

    fn was_asked(&self, span: Duration) -> bool {
        let asked = self.read().asked;
        asked.is_some_and(|asked| asked.elapsed() < span)
    }

    async fn renew(&self) {
        let asked = Instant::now();
        let fetched = self.fetch().await;
        let mut state = self.write();
        // Counted from the end: who waited for it has the answer too.
        state.asked = Some(Instant::now());
        state.is_away = fetched.is_err();
        match fetched {
            Ok(keys) => {
                state.keys = Arc::new(keys);
                state.fetched = Some(asked);
            }
            // An issuer that is away for a while must not lock everybody out.
            Err(why) => {
                tracing::warn!(
                    why,
                    "the issuer's keys could not be fetched; those of before are used"
                );
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Known>, String> {
        let (status, bytes) = oauth::answer(&self.upstream, oauth::get(&self.url)).await?;
        if status != StatusCode::OK {
            return Err(format!("answered with status {}", status.as_u16()));
        }
        let set: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|_| "gave no JSON".to_owned())?;
        // One key of a kind that is not known here does not spoil the others.
        let keys = set
            .get("keys")
            .and_then(|keys| keys.as_array())
            .ok_or("no key set")?;
        let known: Vec<Known> = (keys.iter())
            .filter_map(|key| serde_json::from_value(key.clone()).ok())
            .filter_map(|key| Known::of(&key))
            .collect();
        if known.is_empty() {
            return Err("no key that can be used".to_owned());
        }
        Ok(known)
    }
}

impl Known {
    /// A key that signs; public ones only.
    fn of(key: &Jwk) -> Option<Self> {
        let signs = (key.common.public_key_use.as_ref())
            .is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let is_public = !matches!(key.algorithm, AlgorithmParameters::OctetKey(_));
        if !signs || !is_public {
            return None;
        }
        Some(Self {
            id: key.common.key_id.clone(),
            algorithm: key
                .common
                .key_algorithm
                .and_then(|name| name.to_string().parse().ok()),
            key: DecodingKey::from_jwk(key).ok()?,
        })
    }
}
