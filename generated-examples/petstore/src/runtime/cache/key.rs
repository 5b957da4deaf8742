//! What an answer is found by.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use super::super::arguments::sorted;
use super::super::call::telling;
use super::super::credentials::{Credential, Whose};
use super::super::custom::Call;
use super::super::tool::ToolDef;
use super::{Caching, Keeping};

/// In bytes: what most of what is digested takes.
const USUAL: usize = 512;

/// The digest of a tool, its caller, its arguments, the headers that the call adds, and how its answers are kept. In this
/// process the credentials of the API are no part of it.
#[derive(Clone, Copy)]
pub(in super::super) struct Key {
    found_by: [u8; SHA256_OUTPUT_LEN],
    asked_as: AskedAs,
}

/// Whose credentials a request has, for other processes, which may have others.
#[derive(Clone, Copy)]
pub(super) enum AskedAs {
    /// It has none.
    Nobody,
    /// Those that the owner gave this server; a digest of them.
    Server([u8; SHA256_OUTPUT_LEN]),
    /// Others, also tokens that this server got; or nothing is kept for other processes.
    Other,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.found_by == other.found_by
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.found_by.hash(hasher);
    }
}

impl Key {
    /// The key of a call whose arguments are checked. `shares` is whether answers are kept for other processes too.
    pub(in super::super) fn new(
        tool: &ToolDef,
        (call, credentials): (&Call, &[Arc<Credential>]),
        keeping: &Keeping,
        shares: bool,
    ) -> Self {
        let identity = call.context.identity.as_ref();
        let caller = (identity.filter(|_| !keeping.is_shared))
            .map(|identity| (identity.means().label(), identity.name()));
        let time = match keeping.caching {
            Caching::Off | Caching::Http => None,
            Caching::For(time) => Some(time),
        };
        let facts = (
            (tool.name, tool.method, tool.path, tool.server),
            caller,
            sorted(&call.arguments),
            telling(&call.headers),
            (time, keeping.is_shared, keeping.stale_if_error),
        );
        let mut text = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut text, &facts).expect("names and values are JSON");
        Self {
            found_by: digested(&text),
            asked_as: if shares {
                AskedAs::of(credentials)
            } else {
                AskedAs::Other
            },
        }
    }

    /// One of a call of which nothing else matters.
    #[cfg(test)]
    pub(super) fn of(asked_as: AskedAs) -> Self {
        Self {
            found_by: [0; SHA256_OUTPUT_LEN],
            asked_as,
        }
    }

    pub(super) fn asked_as(&self) -> &AskedAs {
        &self.asked_as
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.found_by
    }
}

impl AskedAs {
    fn of(credentials: &[Arc<Credential>]) -> Self {
        if credentials.is_empty() {
            return Self::Nobody;
        }
        let texts: Option<Vec<Vec<&str>>> = (credentials.iter())
            .map(|credential| (credential.whose == Whose::Server).then(|| credential.texts()))
            .collect();
        match texts {
            Some(texts) => {
                let text = serde_json::to_vec(&texts).expect("texts are JSON");
                Self::Server(digested(&text))
            }
            None => Self::Other,
        }
    }
}

fn digested(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut out = [0; SHA256_OUTPUT_LEN];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}
