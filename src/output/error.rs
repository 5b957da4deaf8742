//! Why an output directory was not written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Place};

/// Why nothing was written. What was there before is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputError {
    /// The directory holds files, but none of them is `mcpgen.lock`.
    NotOurs(PathBuf),
    /// Something of the machine: the path is a file, the disk is full, permission is missing.
    Unwritable {
        /// What could not be written.
        path: PathBuf,
        /// Why, as a clause.
        reason: String,
    },
    /// `mcpgen.lock` is there but is not readable as one.
    BrokenLock {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob of `keep` is not one.
    InvalidKeep {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// These files were edited since they were generated, or were never generated.
    Edited(Vec<EditedFile>),
}

/// A file that a build would overwrite and lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedFile {
    /// Relative to the output directory.
    pub path: String,
    /// How it came to be other than generated.
    pub edit: Edit,
}

/// How a file differs from what mcpgen knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It was generated, and was changed since.
    Changed,
    /// It was not generated.
    Foreign,
    /// It is a link, a directory or something else than a plain file.
    NotAFile,
}

impl OutputError {
    /// What went wrong with `path`.
    pub(super) fn from_io(path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => "permission is missing".to_owned(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "the disk is full".to_owned()
            }
            io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
            io::ErrorKind::NotADirectory => "a part of the path is a file".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
            _ => lower_first(&error.to_string()),
        };
        Self::unwritable(path, reason)
    }

    pub(super) fn unwritable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unwritable {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    /// The error as diagnostics, one for each file; `dir` is the output directory as the user named it.
    #[must_use]
    pub fn into_diagnostics(self, dir: &Path) -> Vec<Diagnostic> {
        match self {
            Self::NotOurs(dir) => vec![
                Diagnostic::new(
                    Code::OutputNotOurs,
                    format!("`{}` holds files that mcpgen did not write", dir.display()),
                )
                .with_help("choose another directory with `-o`, or an empty one"),
            ],
            Self::Unwritable { path, reason } => vec![
                Diagnostic::new(
                    Code::OutputUnwritable,
                    format!("`{}` cannot be written: {reason}", path.display()),
                )
                .with_help("choose another directory with `-o`; nothing was changed"),
            ],
            Self::BrokenLock { path, reason } => vec![
                Diagnostic::new(
                    Code::OutputNotOurs,
                    format!("`{}` is not a lock of mcpgen: {reason}", path.display()),
                )
                .with_help(
                    "restore it from version control, or overwrite all generated files with `--force`",
                ),
            ],
            Self::InvalidKeep { glob, reason } => vec![
                Diagnostic::new(
                    Code::InvalidConfig,
                    format!("`{glob}` in `keep` is not a glob: {reason}"),
                )
                .with_help("write a path relative to the crate, such as `deploy/**`"),
            ],
            Self::Edited(files) => files
                .into_iter()
                .map(|file| file.into_diagnostic(dir))
                .collect(),
        }
    }
}

impl EditedFile {
    fn into_diagnostic(self, dir: &Path) -> Diagnostic {
        let Self { path, edit } = self;
        let message = match edit {
            Edit::Changed => format!("`{path}` was edited since mcpgen generated it"),
            Edit::Foreign => format!("`{path}` is in the way of a generated file"),
            Edit::NotAFile => format!("`{path}` is not a plain file any more"),
        };
        let help = match (edit, path.as_str()) {
            (Edit::Changed, _) if path.starts_with("src/") => format!(
                "move the change to `src/custom.rs` or mcpgen.toml, list `{path}` under `keep` in mcpgen.toml, or overwrite it with `--force`"
            ),
            _ => format!(
                "move the change to mcpgen.toml, list `{path}` under `keep` there, or overwrite it with `--force`"
            ),
        };
        Diagnostic::new(Code::EditedFile, message)
            .in_place(Place {
                source: Some(dir.join(path).to_string_lossy().into()),
                ..Place::default()
            })
            .with_help(help)
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<_> = self
            .clone()
            .into_diagnostics(Path::new(""))
            .into_iter()
            .map(|diagnostic| diagnostic.message)
            .collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for OutputError {}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
