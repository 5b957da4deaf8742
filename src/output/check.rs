//! Compares a directory with a tree and writes nothing.

use std::path::Path;

use similar::TextDiff;

use super::WritePolicy;
use super::error::{Edit, OutputError};
use super::survey::{BrokenLock, Found, OnDisk, Survey};
use super::tree::{File, FileTree, Ownership, RelativePath};

/// A file that is not as a build would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the output directory.
    pub path: String,
    /// How it differs.
    pub kind: DifferenceKind,
    /// A headline such as `outdated: src/lib.rs`, and for texts a unified diff from what is there to what would be.
    pub diff: String,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// A build would write it.
    Missing,
    /// A build would remove it.
    Extra,
    /// A build would change it.
    Outdated,
    /// It was edited by hand, so that a build would refuse.
    Edited,
    /// It is a link or a directory.
    NotAFile,
}

impl Difference {
    fn new(path: &RelativePath, kind: DifferenceKind, diff: &str) -> Self {
        let what = match kind {
            DifferenceKind::Missing => "missing",
            DifferenceKind::Extra => "extra",
            DifferenceKind::Outdated => "outdated",
            DifferenceKind::Edited => "edited",
            DifferenceKind::NotAFile => "not a plain file",
        };
        Self {
            path: path.to_string(),
            kind,
            diff: format!("{what}: {path}\n{diff}"),
        }
    }
}

/// What a build would do to `dir`. Files of the owner and files that `policy` keeps are not compared.
///
/// # Errors
/// The directory is not ours, or cannot be read.
pub fn check(
    dir: &Path,
    tree: &FileTree,
    policy: &WritePolicy,
) -> Result<Vec<Difference>, OutputError> {
    let survey = Survey::of(dir, BrokenLock::Refuse)?;
    let keep = policy.kept()?;
    let mut differences = Vec::new();
    for (path, file) in tree.iter() {
        if !keep.is_match(path.as_str()) {
            differences.extend(difference(&survey, path, file)?);
        }
    }
    for (path, found) in survey.leftovers(tree)? {
        if found == Found::Older && !keep.is_match(path.as_str()) {
            differences.push(Difference::new(&path, DifferenceKind::Extra, ""));
        }
    }
    Ok(differences)
}

fn difference(
    survey: &Survey,
    path: &RelativePath,
    file: &File,
) -> Result<Option<Difference>, OutputError> {
    let kind = match survey.found(path, &file.bytes)? {
        Found::Absent => return Ok(Some(Difference::new(path, DifferenceKind::Missing, ""))),
        Found::Same => return Ok(None),
        _ if file.owner == Ownership::Owner => return Ok(None),
        Found::Edited(Edit::Changed) if file.owner == Ownership::UntilEdited => return Ok(None),
        Found::Older => DifferenceKind::Outdated,
        Found::Edited(Edit::NotAFile) => DifferenceKind::NotAFile,
        Found::Edited(_) => DifferenceKind::Edited,
    };
    let diff = match survey.read(path)? {
        OnDisk::Plain(there) => unified(path.as_str(), &there, &file.bytes),
        OnDisk::Nothing | OnDisk::Other => String::new(),
    };
    Ok(Some(Difference::new(path, kind, &diff)))
}

/// A unified diff of three lines of context, with LF line ends.
fn unified(path: &str, old: &[u8], new: &[u8]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(&super::lock::with_lf(bytes)).into_owned();
    let (old, new) = (text(old), text(new));
    TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
