//! Files that the owner may replace while the server runs: whether one is another than before, and what was made of it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::engine::StartError;

/// Tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    /// The state of a file; `None` where there is none.
    pub(super) fn of(path: impl AsRef<Path>) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
        })
    }
}

/// What was made of the secrets in some files, and is made again when one of them is another.
pub(super) struct Remade<T>(Mutex<(Vec<Option<Stamp>>, Arc<T>)>);

impl<T> fmt::Debug for Remade<T> {
    // It is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remade")
    }
}

impl<T> Remade<T> {
    /// # Errors
    /// Those of `make`.
    pub(super) fn of(
        files: impl Iterator<Item = impl AsRef<Path>>,
        make: impl FnOnce() -> Result<T, StartError>,
    ) -> Result<Self, StartError> {
        // Before they are read: what changes in between is read again.
        let stamps = files.map(Stamp::of).collect();
        Ok(Self(Mutex::new((stamps, Arc::new(make()?)))))
    }

    /// What is made of the files as of now, or of what they were while that cannot be understood.
    pub(super) fn current(
        &self,
        files: impl Iterator<Item = impl AsRef<Path>>,
        make: impl FnOnce() -> Result<T, StartError>,
    ) -> Arc<T> {
        let now: Vec<_> = files.map(Stamp::of).collect();
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != now {
            // While files are being replaced one may be absent or half written, or not belong to the other.
            match make() {
                Ok(fresh) => *current = (now, Arc::new(fresh)),
                Err(StartError(problem)) => {
                    tracing::warn!(target: "mcp::credentials", "{problem}; the one that was read before is used");
                }
            }
        }
        Arc::clone(&current.1)
    }
}

/// Why a file cannot be read.
pub(super) fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a directory",
        std::io::ErrorKind::InvalidData => "it is not text",
        _ => "the file system failed",
    }
}
