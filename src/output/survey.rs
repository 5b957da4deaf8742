//! What lies in an output directory, compared with a tree. Reads, decides nothing, writes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Edit, OutputError};
use super::lock::{LOCK_FILE, Lock, hash, with_lf};
use super::tree::{FileTree, RelativePath};

/// An output directory as it was found.
pub(super) struct Survey {
    /// The directory, without links in its path where it exists.
    pub(super) dir: PathBuf,
    /// Whether the directory exists.
    pub(super) exists: bool,
    /// What made what is in it.
    pub(super) lock: Lock,
}

/// What is at the place of a file of the tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// The same text.
    Same,
    /// What an earlier build wrote.
    Older,
    /// Something that no build wrote.
    Edited(Edit),
}

/// What is at a path.
pub(super) enum OnDisk {
    /// Nothing.
    Nothing,
    /// A file with these bytes.
    Plain(Vec<u8>),
    /// A link, a directory or something else.
    Other,
}

/// What a broken lock means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BrokenLock {
    /// Nothing can be said about edits, so it is an error.
    Refuse,
    /// It is as if it were empty.
    Ignore,
}

impl Survey {
    /// Looks at `dir` and its lock.
    pub(super) fn of(dir: &Path, broken_lock: BrokenLock) -> Result<Self, OutputError> {
        let nothing = |dir: &Path| Self {
            dir: dir.to_owned(),
            exists: false,
            lock: Lock::default(),
        };
        match fs::metadata(dir) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(OutputError::unwritable(dir, "it is a file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(dir).is_ok() {
                    return Err(OutputError::unwritable(
                        dir,
                        "it is a link that leads nowhere",
                    ));
                }
                return Ok(nothing(dir));
            }
            Err(error) => return Err(OutputError::from_io(dir, &error)),
        }
        let typed = dir;
        let dir = fs::canonicalize(dir).map_err(|error| OutputError::from_io(dir, &error))?;
        let lock = match Lock::read(typed) {
            Ok(Some(lock)) => lock,
            Ok(None) if is_somebodys(&dir)? => return Err(OutputError::NotOurs(typed.to_owned())),
            Ok(None) => Lock::default(),
            Err(OutputError::BrokenLock { .. }) if broken_lock == BrokenLock::Ignore => {
                Lock::default()
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            dir,
            exists: true,
            lock,
        })
    }

    /// What is at the place of a file.
    pub(super) fn found(&self, path: &RelativePath, bytes: &[u8]) -> Result<Found, OutputError> {
        let there = match self.read(path)? {
            OnDisk::Nothing => return Ok(Found::Absent),
            OnDisk::Other => return Ok(Found::Edited(Edit::NotAFile)),
            OnDisk::Plain(there) => there,
        };
        if with_lf(&there) == with_lf(bytes) {
            return Ok(Found::Same);
        }
        Ok(match self.lock.files.get(path.as_str()) {
            // The lock itself is ours and is in no lock.
            _ if path.as_str() == LOCK_FILE => Found::Older,
            Some(known) if *known == hash(&there) => Found::Older,
            Some(_) => Found::Edited(Edit::Changed),
            None => Found::Edited(Edit::Foreign),
        })
    }

    /// The files of an earlier build that the tree no longer has and that are still there, with whether they are
    /// still as they were written.
    pub(super) fn leftovers(
        &self,
        tree: &FileTree,
    ) -> Result<Vec<(RelativePath, Found)>, OutputError> {
        let mut result = Vec::new();
        for (path, known) in &self.lock.files {
            let Ok(path) = RelativePath::parse(path) else {
                continue;
            };
            if tree.get(path.as_str()).is_some() {
                continue;
            }
            match self.read(&path)? {
                OnDisk::Nothing => {}
                OnDisk::Plain(there) if *known == hash(&there) => {
                    result.push((path, Found::Older));
                }
                OnDisk::Plain(_) => result.push((path, Found::Edited(Edit::Changed))),
                OnDisk::Other => result.push((path, Found::Edited(Edit::NotAFile))),
            }
        }
        Ok(result)
    }

    /// What is at a path. Links are not followed, neither that of the file nor that of a folder on the way.
    pub(super) fn read(&self, path: &RelativePath) -> Result<OnDisk, OutputError> {
        if !self.exists {
            return Ok(OnDisk::Nothing);
        }
        for folder in path.folders() {
            let folder = self.dir.join(folder);
            match fs::symlink_metadata(&folder) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_symlink() => {
                    return Err(OutputError::unwritable(
                        &folder,
                        "it is a link, and links inside the output are not followed",
                    ));
                }
                Ok(_) => return Err(OutputError::unwritable(&folder, "it is not a directory")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(OnDisk::Nothing);
                }
                Err(error) => return Err(OutputError::from_io(&folder, &error)),
            }
        }
        let full = path.below(&self.dir);
        match fs::symlink_metadata(&full) {
            Ok(metadata) if metadata.is_file() => fs::read(&full)
                .map(OnDisk::Plain)
                .map_err(|error| OutputError::from_io(&full, &error)),
            Ok(_) => Ok(OnDisk::Other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(OnDisk::Nothing),
            Err(error) => Err(OutputError::from_io(&full, &error)),
        }
    }
}

/// Whether a directory without a lock has anything in it. A fresh repository counts as empty, and so does what an
/// interrupted build left.
fn is_somebodys(dir: &Path) -> Result<bool, OutputError> {
    let entries = fs::read_dir(dir).map_err(|error| OutputError::from_io(dir, &error))?;
    for entry in entries {
        let name = entry
            .map_err(|error| OutputError::from_io(dir, &error))?
            .file_name();
        let name = name.to_string_lossy();
        if name != ".git" && name != ".DS_Store" && !name.starts_with(super::write::STAGING_PREFIX)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
