//! Brings a tree to the disk, as a whole or not at all.
//!
//! First everything is decided, then everything new is written into a staging directory on the same file system, and
//! only then are files moved to their places; what they replace is kept until the last one is there, and put back
//! when one move fails.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tempfile::TempDir;

use super::WritePolicy;
use super::error::{Edit, EditedFile, OutputError};
use super::lock::LOCK_FILE;
use super::survey::{BrokenLock, Found, Survey};
use super::tree::{File, FileTree, Ownership, RelativePath};

/// How the names of staging directories begin.
pub(super) const STAGING_PREFIX: &str = ".mcpgen-staging-";

/// What a build did, by relative path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were not there before.
    pub created: Vec<String>,
    /// Files that were there with another text.
    pub updated: Vec<String>,
    /// Files that the plan no longer has.
    pub removed: Vec<String>,
    /// Files that already had this text; they were not touched.
    pub unchanged: usize,
    /// Files of the owner that were not touched: written once, matched by `keep`, or edited and no longer in the plan.
    pub kept: Vec<String>,
}

/// Writes the tree into `dir`.
///
/// # Errors
/// Nothing is written when the directory is not ours, a generated file was edited, or the machine refuses.
pub fn write(dir: &Path, tree: &FileTree, policy: &WritePolicy) -> Result<Written, OutputError> {
    let broken_lock = if policy.force {
        BrokenLock::Ignore
    } else {
        BrokenLock::Refuse
    };
    let survey = Survey::of(dir, broken_lock)?;
    let decisions = decide(&survey, tree, policy)?;
    if survey.exists {
        replace(&survey.dir, &decisions)?;
    } else {
        create(dir, tree)?;
    }
    Ok(decisions.written())
}

/// What is to be done.
#[derive(Default)]
struct Decisions<'a> {
    create: Vec<(&'a RelativePath, &'a File)>,
    update: Vec<(&'a RelativePath, &'a File)>,
    remove: Vec<RelativePath>,
    unchanged: usize,
    kept: Vec<String>,
}

impl Decisions<'_> {
    fn written(&self) -> Written {
        let names = |files: &[(&RelativePath, &File)]| {
            files.iter().map(|(path, _)| path.to_string()).collect()
        };
        Written {
            created: names(&self.create),
            updated: names(&self.update),
            removed: self.remove.iter().map(ToString::to_string).collect(),
            unchanged: self.unchanged,
            kept: self.kept.clone(),
        }
    }
}

fn decide<'a>(
    survey: &Survey,
    tree: &'a FileTree,
    policy: &WritePolicy,
) -> Result<Decisions<'a>, OutputError> {
    let keep = policy.kept()?;
    let mut decisions = Decisions::default();
    let mut edited = Vec::new();
    for (path, file) in tree.iter() {
        match survey.found(path, &file.bytes)? {
            Found::Absent => decisions.create.push((path, file)),
            _ if file.owner == Ownership::Owner => decisions.kept.push(path.to_string()),
            Found::Same => decisions.unchanged += 1,
            _ if keep.is_match(path.as_str()) => decisions.kept.push(path.to_string()),
            Found::Older => decisions.update.push((path, file)),
            Found::Edited(Edit::Changed)
                if file.owner == Ownership::UntilEdited && !policy.force =>
            {
                decisions.kept.push(path.to_string());
            }
            Found::Edited(_) if policy.force => decisions.update.push((path, file)),
            Found::Edited(edit) => edited.push(EditedFile {
                path: path.to_string(),
                edit,
            }),
        }
    }
    if !edited.is_empty() {
        return Err(OutputError::Edited(edited));
    }
    for (path, found) in survey.leftovers(tree)? {
        if found == Found::Older && !keep.is_match(path.as_str()) {
            decisions.remove.push(path);
        } else {
            decisions.kept.push(path.to_string());
        }
    }
    Ok(decisions)
}

/// Writes a whole new directory and moves it to its place.
fn create(dir: &Path, tree: &FileTree) -> Result<(), OutputError> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|error| OutputError::from_io(parent, &error))?;
    let staging = staging_in(parent)?;
    // The staging directory itself may only be read by this user; the one inside has the usual permissions.
    let root = staging.path().join("crate");
    create_dir(&root, dir)?;
    let files: Vec<_> = tree.iter().collect();
    stage_all(&files, &root, dir)?;
    fs::rename(&root, dir).map_err(|error| OutputError::from_io(dir, &error))
}

/// Moves what changed into a directory that exists.
fn replace(dir: &Path, decisions: &Decisions<'_>) -> Result<(), OutputError> {
    let files = decisions.create.iter().chain(&decisions.update);
    let mut files: Vec<_> = files.copied().collect();
    if files.is_empty() && decisions.remove.is_empty() {
        return Ok(());
    }
    // The lock comes last: until then the old one vouches for the old files.
    files.sort_by_key(|(path, _)| path.as_str() == LOCK_FILE);
    let staging = staging_in(dir)?;
    stage_all(&files, staging.path(), dir)?;
    let mut moves = Moves::new(dir, staging.path().join(".replaced"))?;
    let result = moves.run(staging.path(), &files, &decisions.remove);
    if result.is_err() {
        moves.undo();
        return result;
    }
    for path in &decisions.remove {
        remove_empty_folders(dir, path);
    }
    Ok(())
}

/// Moves that can be taken back.
struct Moves<'a> {
    dir: &'a Path,
    /// Where replaced files wait.
    replaced: PathBuf,
    /// From where to where, in order.
    done: Vec<(PathBuf, PathBuf)>,
    /// Folders that were made, in order.
    made: Vec<PathBuf>,
}

impl<'a> Moves<'a> {
    fn new(dir: &'a Path, replaced: PathBuf) -> Result<Self, OutputError> {
        create_dir(&replaced, dir)?;
        Ok(Self {
            dir,
            replaced,
            done: Vec::new(),
            made: Vec::new(),
        })
    }

    fn run(
        &mut self,
        staging: &Path,
        files: &[(&RelativePath, &File)],
        remove: &[RelativePath],
    ) -> Result<(), OutputError> {
        for path in remove {
            self.put_aside(path)?;
        }
        for (path, _) in files {
            self.make_folders(path)?;
            self.put_aside(path)?;
            self.rename(path.below(staging), path.below(self.dir))?;
        }
        Ok(())
    }

    /// Moves away what is at a path, if anything is.
    fn put_aside(&mut self, path: &RelativePath) -> Result<(), OutputError> {
        let from = path.below(self.dir);
        if fs::symlink_metadata(&from).is_err() {
            return Ok(());
        }
        let to = self.replaced.join(self.done.len().to_string());
        self.rename(from, to)
    }

    fn make_folders(&mut self, path: &RelativePath) -> Result<(), OutputError> {
        for folder in path.folders() {
            let folder = self.dir.join(folder);
            match fs::create_dir(&folder) {
                Ok(()) => self.made.push(folder),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(OutputError::from_io(&folder, &error)),
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: PathBuf, to: PathBuf) -> Result<(), OutputError> {
        let place = if to.starts_with(&self.replaced) {
            &from
        } else {
            &to
        };
        fs::rename(&from, &to).map_err(|error| OutputError::from_io(place, &error))?;
        self.done.push((from, to));
        Ok(())
    }

    /// Puts everything back. A move that worked a moment ago works backwards too; where it does not, there is
    /// nothing better to do than to go on with the others.
    fn undo(self) {
        for (from, to) in self.done.into_iter().rev() {
            let _ = fs::rename(to, from);
        }
        for folder in self.made.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn staging_in(parent: &Path) -> Result<TempDir, OutputError> {
    tempfile::Builder::new()
        .prefix(STAGING_PREFIX)
        .tempdir_in(parent)
        .map_err(|error| OutputError::from_io(parent, &error))
}

/// Writes the files of the staging directory, until one cannot be written.
fn stage_all(
    files: &[(&RelativePath, &File)],
    staging: &Path,
    dir: &Path,
) -> Result<(), OutputError> {
    let staged = files.par_iter();
    staged.try_for_each(|(path, file)| {
        stage(&path.below(staging), file).map_err(|error| match error.kind() {
            // Which of the files it was is chance.
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                OutputError::from_io(dir, &error)
            }
            _ => OutputError::from_io(&path.below(dir), &error),
        })
    })
}

/// Writes a file of the staging directory.
fn stage(staged: &Path, file: &File) -> io::Result<()> {
    if let Some(folder) = staged.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(staged, &file.bytes)?;
    if file.executable {
        make_executable(staged)?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = fs::metadata(path)?.permissions();
    // Whoever may read it may run it.
    permissions.set_mode(permissions.mode() | ((permissions.mode() & 0o444) >> 2));
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "only Unix has the bit")]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn create_dir(path: &Path, place: &Path) -> Result<(), OutputError> {
    fs::create_dir(path).map_err(|error| OutputError::from_io(place, &error))
}

/// Removes the folders of a removed file, innermost first, as long as they are empty.
fn remove_empty_folders(dir: &Path, path: &RelativePath) {
    let folders: Vec<_> = path.folders().collect();
    for folder in folders.into_iter().rev() {
        if fs::remove_dir(dir.join(folder)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_move_fails_the_earlier_ones_are_taken_back() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let (dir, staging) = (temp.path().join("crate"), temp.path().join("staging"));
        let path = |text| RelativePath::parse(text).expect("a plain path");
        let (old, new, gone, lost) = (path("old"), path("new/f"), path("gone"), path("lost"));
        for file in [&old, &gone] {
            stage(&file.below(&dir), &File::generated("1")).expect("writable");
        }
        for file in [&old, &new] {
            stage(&file.below(&staging), &File::generated("2")).expect("writable");
        }
        let file = File::generated("2");
        let mut moves = Moves::new(&dir, staging.join(".replaced")).expect("writable");
        let staged = [(&old, &file), (&new, &file), (&lost, &file)];
        let result = moves.run(&staging, &staged, &[gone]);
        assert!(result.is_err(), "`lost` was never staged");
        moves.undo();
        let left: Vec<_> = ["old", "gone", "new"]
            .map(|name| fs::read_to_string(dir.join(name)).ok())
            .into();
        assert_eq!(left, [Some("1".to_owned()), Some("1".to_owned()), None]);
        assert!(!dir.join("new").exists());
    }
}
