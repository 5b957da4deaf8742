//! A refresh token (RFC 6749 §6): what a user once consented to, turned into tokens for the API.
//!
//! An issuer may give another one with each token and take the old one no more (RFC 9700 §2.2.2): the new one is kept, in the
//! file that the old one came from where there is such a file.

use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};

use super::super::files::replace_secret;
use super::source::Origin;

/// The refresh token of one scheme.
#[derive(Debug)]
pub(super) struct RefreshToken {
    origin: Origin,
    replaced: Mutex<Option<Replaced>>,
}

/// What the owner gave, and what the issuer put in its place and could not be stored there.
#[derive(Debug)]
struct Replaced {
    given: SecretString,
    fresh: SecretString,
}

impl RefreshToken {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            replaced: Mutex::default(),
        }
    }

    /// The one that counts: the issuer's, until the owner gives another.
    pub(super) fn value(&self) -> Result<SecretString, String> {
        let now = self.origin.value()?;
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match &*replaced {
            Some(replaced) if same(&replaced.given, &now) => replaced.fresh.clone(),
            _ => now,
        })
    }

    /// Runs its command again if that is due.
    pub(super) async fn renewed(&self) {
        self.origin.renewed().await;
    }

    /// Says that it was refused.
    pub(super) fn refused(&self) {
        self.origin.refused();
    }

    /// Keeps what the issuer gave in the place of `used`.
    pub(super) fn replace(&self, used: &SecretString, fresh: SecretString) {
        if same(used, &fresh) {
            return;
        }
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(why) = self.store(&fresh) else {
            *replaced = None;
            return;
        };
        tracing::warn!(target: "mcp::credentials", "the issuer replaced a refresh token, and after a restart the old one would count: {why}");
        let given = match replaced.take() {
            Some(before) if same(&before.fresh, used) => before.given,
            _ => used.clone(),
        };
        *replaced = Some(Replaced { given, fresh });
    }

    fn store(&self, fresh: &SecretString) -> Result<(), String> {
        match &self.origin {
            Origin::Variable(_) => {
                Err("it came from a variable, and a file could be written".to_owned())
            }
            Origin::Command(_) => {
                Err("it came from a command, and a file could be written".to_owned())
            }
            Origin::File { variable, path } => {
                let written = replace_secret(path, fresh.expose_secret().as_bytes());
                written.map_err(|_| format!("the file of `{variable}` cannot be written"))
            }
        }
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
