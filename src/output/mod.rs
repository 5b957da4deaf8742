//! From a [`FileTree`] to the disk and back: write it, or compare.
//!
//! A build either happens as a whole or not at all, never loses what the owner wrote, and leaves files alone that did
//! not change. What the files contain is none of this module's business.

mod check;
mod error;
mod lock;
mod survey;
mod tree;
mod write;

use globset::{Glob, GlobSet, GlobSetBuilder};

pub use check::{Difference, DifferenceKind, check};
pub use error::{Edit, EditedFile, OutputError};
pub use lock::{LOCK_FILE, Lock, hash};
pub use tree::{File, FileTree, Ownership, RelativePath, is_reserved};
pub use write::{Written, write};

/// What is done about files that differ from what mcpgen wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WritePolicy {
    /// `--force`: edited files are overwritten, where it would be an error otherwise.
    pub force: bool,
    /// Globs of generated files that the owner has taken over: they are neither written nor compared.
    pub keep: Vec<String>,
}

impl WritePolicy {
    /// The files that `keep` speaks of.
    fn kept(&self) -> Result<GlobSet, OutputError> {
        let mut globs = GlobSetBuilder::new();
        for text in &self.keep {
            let glob = Glob::new(text).map_err(|error| OutputError::InvalidKeep {
                glob: text.clone(),
                reason: error.kind().to_string(),
            })?;
            globs.add(glob);
        }
        globs.build().map_err(|error| OutputError::InvalidKeep {
            glob: self.keep.join(", "),
            reason: error.kind().to_string(),
        })
    }
}

#[cfg(test)]
mod tests;
