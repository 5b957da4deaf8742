//! Answers to `GET` requests that are kept for who asks again, and requests in flight that several calls share.
//!
//! What may be kept, and for how long, the answer itself says (RFC 9111), unless the owner says it for a tool. An answer is
//! found by the tool, its arguments and the caller, never by a credential. Replicas may keep answers for each other (`shared`).
//! Who sends requests is `call::kept`'s business.

#[cfg(feature = "cache")]
mod flights;
#[cfg(feature = "cache")]
mod key;
#[cfg(feature = "cache")]
mod names;
#[cfg(feature = "cache")]
mod room;
#[cfg(feature = "cache")]
mod shared;
#[cfg(feature = "cache")]
mod store;
#[cfg(feature = "cache")]
mod writes;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::engine::StartError;
use super::settings::Span;

/// How long an answer is kept at most, with the time in which it stands in for an API that fails.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[cfg(feature = "cache")]
pub(super) use flights::Flight;
#[cfg(feature = "cache")]
pub(super) use key::Key;
#[cfg(feature = "cache")]
pub(super) use store::{Cache, Keepable, Kept, Since, age_of, lifetime_of};

/// For how long answers are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caching {
    /// They are not.
    #[default]
    Off,
    /// As long as they say themselves.
    Http,
    /// This long, whatever they say.
    For(Duration),
}

impl FromStr for Caching {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "http" => Ok(Self::Http),
            time => (time.parse())
                .map(|Span(time)| Self::For(time))
                .map_err(|_| "expected `off`, `http` or a duration like `30s`".to_owned()),
        }
    }
}

/// Where answers are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CacheStore {
    /// In the memory of each replica.
    #[default]
    Memory,
    /// In the state that replicas share too.
    State,
}

/// How much is kept, and where.
#[derive(Debug, Clone, Default)]
pub struct CacheSettings {
    /// `--cache-size`: how many bytes of answers are kept in memory at most, and of this replica's in the shared state.
    pub bytes: usize,
    /// `--cache-store`.
    pub store: CacheStore,
    /// `--cache-key-file`: what seals answers in the shared state.
    pub key_file: Option<PathBuf>,
}

impl CacheSettings {
    /// # Errors
    /// Answers are to be kept where there is nothing: one line.
    pub(super) fn check(&self, has_state: bool) -> Result<(), StartError> {
        let why = match self.store {
            CacheStore::Memory if self.key_file.is_some() => {
                "--cache-key-file seals what replicas share: it needs `--cache-store state`"
            }
            CacheStore::State if !cfg!(feature = "cache") => {
                "--cache-store: this program was built without a cache; build it with `--features cache`"
            }
            CacheStore::State if !has_state => {
                "--cache-store state needs a state that replicas share: `--state redis://HOST`"
            }
            CacheStore::Memory | CacheStore::State => return Ok(()),
        };
        Err(StartError(why.to_owned()))
    }
}

/// How the answers of one tool are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Keeping {
    pub(super) caching: Caching,
    /// Whether all callers get the same answers.
    pub(super) is_shared: bool,
    /// For how long after its time an answer stands in for an API that fails; the answer says it itself where the owner
    /// does not.
    pub(super) stale_if_error: Option<Duration>,
    /// Whether they leave this server only sealed.
    pub(super) is_confidential: bool,
}

/// # Errors
/// Answers are to be kept, and this program was built without that, or for longer than they are: the end of a sentence.
pub(super) fn check(caching: Caching, stale_if_error: Option<Duration>) -> Result<(), StartError> {
    let time = match caching {
        Caching::Off => return Ok(()),
        Caching::Http => Duration::ZERO,
        Caching::For(time) => time,
    };
    if !cfg!(feature = "cache") {
        return Err(StartError(
            "this program was built without a cache; build it with `--features cache`".to_owned(),
        ));
    }
    if time.saturating_add(stale_if_error.unwrap_or_default()) > LONGEST {
        return Err(StartError(
            "an answer is kept for 24 hours at most, with the time of `stale-if-error`".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_replicas_share_needs_a_state() {
        let settings = |store, key_file: Option<&str>| CacheSettings {
            store,
            key_file: key_file.map(Into::into),
            ..CacheSettings::default()
        };
        let (memory, state) = (CacheStore::Memory, CacheStore::State);
        assert_eq!(settings(memory, None).check(false), Ok(()));
        assert!(settings(memory, Some("keys")).check(true).is_err());
        assert!(settings(state, None).check(false).is_err());
        let is_built = cfg!(feature = "cache");
        assert_eq!(settings(state, Some("keys")).check(true).is_ok(), is_built);
    }

    #[test]
    fn a_time_is_off_http_or_a_duration() {
        assert_eq!("off".parse(), Ok(Caching::Off));
        assert_eq!("http".parse(), Ok(Caching::Http));
        assert_eq!("2m".parse(), Ok(Caching::For(Duration::from_secs(120))));
        for wrong in ["", "on", "0s", "-1s", "HTTP"] {
            assert!(wrong.parse::<Caching>().is_err(), "{wrong}");
        }
    }
}
