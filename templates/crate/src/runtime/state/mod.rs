//! What replicas share: through Redis or Valkey, where `--state` names one that answers. Else each replica is on its own.
//!
//! `link` holds the connection and says whether it is up, `address` reads the URL, `scripts` are the programs that Redis
//! runs. What is shared, and what becomes of it without an answer, is the business of those who ask: `limits`,
//! `confirmation`, `cache` and `http::sse`.

#[cfg(feature = "redis")]
mod address;
#[cfg(feature = "redis")]
mod link;
#[cfg(feature = "redis")]
mod scripts;
#[cfg(all(test, feature = "redis"))]
mod tests;

use std::path::PathBuf;
#[cfg(feature = "redis")]
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde_json::Value;

use super::engine::StartError;
use super::metrics::Metrics;
use super::settings::Frequency;
use super::upstream::Trust;
#[cfg(feature = "redis")]
use link::Link;

/// Where the state is, and how it is kept there.
#[derive(Debug, Clone)]
pub struct StateSettings {
    /// `--state`.
    pub url: Option<SecretString>,
    /// `--state-file`: a file that holds the URL.
    pub url_file: Option<PathBuf>,
    /// `--state-key-file`: what it is sealed with.
    pub key_file: Option<PathBuf>,
    /// `--state-prefix`; the name of the server unless given.
    pub prefix: Option<String>,
    /// `--state-timeout`: how long an answer may take.
    pub timeout: Duration,
    /// `--replicas`.
    pub replicas: u32,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            key_file: None,
            prefix: None,
            timeout: Duration::from_millis(100),
            replicas: 1,
        }
    }
}

/// Whether the shared state answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Up,
    Down,
}

/// One token that is wanted of a bucket.
#[derive(Debug)]
pub(super) struct Claim {
    /// Names the bucket among all.
    pub(super) bucket: String,
    pub(super) frequency: Frequency,
}

/// All tokens were taken, or none: the place of the claim that has to wait, and for how long.
pub(super) type Taken = Result<(), (usize, Duration)>;

/// What replicas share.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    replicas: u32,
    #[cfg(feature = "redis")]
    link: Option<Arc<Link>>,
}

impl State {
    /// # Errors
    /// The address or a file is of no use, or this program was built without Redis: one line.
    pub(super) fn new(
        settings: &StateSettings,
        server: &str,
        trust: &Trust,
        metrics: &std::sync::Arc<Metrics>,
    ) -> Result<Self, StartError> {
        #[cfg(feature = "redis")]
        return Ok(Self {
            replicas: settings.replicas,
            link: Link::new(settings, server, trust, metrics)?.map(Arc::new),
        });
        #[cfg(not(feature = "redis"))]
        {
            let _ = (server, trust, metrics, &settings.timeout, &settings.prefix);
            let named = [
                (settings.url.is_some(), "--state"),
                (settings.url_file.is_some(), "--state-file"),
                (settings.key_file.is_some(), "--state-key-file"),
            ];
            if let Some((_, option)) = named.iter().find(|(is_given, _)| *is_given) {
                return Err(StartError(format!(
                    "{option} needs Redis, and this program was built without; build it with `--features redis`"
                )));
            }
            Ok(Self {
                replicas: settings.replicas,
            })
        }
    }

    /// Looks for the shared state, waits until it is known whether it answers, and goes on looking.
    #[cfg(feature = "redis")]
    pub(super) async fn start(&self) {
        if let Some(link) = &self.link {
            tokio::spawn(Arc::clone(link).keep());
            link.first_seen().await;
        }
    }

    /// Into how many parts a limit is divided of which each replica counts its own.
    pub(super) fn parts(&self) -> u32 {
        self.replicas.max(1)
    }

    /// Whether there is a state to be shared, up or down.
    pub(super) fn is_shared(&self) -> bool {
        self.condition().is_some()
    }

    /// Whether the state answers; `None` where there is none.
    pub(super) fn condition(&self) -> Option<Condition> {
        #[cfg(feature = "redis")]
        return self.link.as_ref().map(|link| link.condition());
        #[cfg(not(feature = "redis"))]
        None
    }

    /// Takes a token for each claim, or none at all; `None` without an answer.
    #[cfg_attr(
        not(feature = "redis"),
        expect(
            clippy::unused_async,
            reason = "the same signature as with the feature"
        )
    )]
    pub(super) async fn take(&self, claims: &[Claim]) -> Option<Taken> {
        #[cfg(feature = "redis")]
        return self.link.as_ref()?.take(claims).await;
        #[cfg(not(feature = "redis"))]
        {
            let _ = claims.iter().map(|claim| (&claim.bucket, claim.frequency));
            None
        }
    }

    /// Adds to a counter and says what it is then; it begins with 0, and again `lifetime` after its first addition.
    /// `None` without an answer.
    #[cfg(feature = "redis")]
    #[cfg_attr(not(test), expect(dead_code, reason = "budgets count with it"))]
    pub(super) async fn add(&self, counter: &str, amount: u64, lifetime: Duration) -> Option<u64> {
        self.link.as_ref()?.add(counter, amount, lifetime).await
    }
}

/// A name of fixed length that tells nothing of what it is made of.
pub(super) fn name_of(facts: &Value) -> String {
    let digest = digest(&SHA256, facts.to_string().as_bytes());
    hex(&digest.as_ref()[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
