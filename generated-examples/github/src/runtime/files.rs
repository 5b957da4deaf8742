//! Files that the owner may replace while the server runs: whether one is another than before, and what was made of it.

use std::fmt;
use std::fs::{self, Metadata};
use std::io::Write as _;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::engine::StartError;

/// Tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, inode and the time of the last change, which another file of the same length and age does not share.
    #[cfg(unix)]
    place: (u64, u64, i64, i64),
}

impl Stamp {
    /// The state of a file; `None` where there is none, or a pipe, which cannot be read twice.
    pub(super) fn of(path: impl AsRef<Path>) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            place: (
                metadata.dev(),
                metadata.ino(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ),
        })
    }
}

/// What was made of the secrets in some files, and is made again when one of them is another.
pub(super) struct Remade<T>(Mutex<Made<T>>);

struct Made<T> {
    of: Vec<Option<Stamp>>,
    what: Arc<T>,
    /// The files that nothing could be made of, which was told.
    told: Vec<Option<Stamp>>,
}

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
        Ok(Self(Mutex::new(Made {
            of: stamps,
            what: Arc::new(make()?),
            told: Vec::new(),
        })))
    }

    /// What is made of the files as of now, or of what they were while that cannot be understood.
    pub(super) fn current(
        &self,
        files: impl Iterator<Item = impl AsRef<Path>>,
        make: impl FnOnce() -> Result<T, StartError>,
    ) -> Arc<T> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = Vec::with_capacity(current.of.len());
        let mut missing = None;
        for path in files {
            let stamp = Stamp::of(&path);
            // A pipe has been read, and would be waited for.
            if stamp.is_none() {
                missing = Some(path);
            }
            now.push(stamp);
        }
        if current.of == now {
            return Arc::clone(&current.what);
        }
        // While files are being replaced one may be absent or half written, or not belong to the other.
        let fresh = match &missing {
            Some(path) => Err(StartError(gone(path.as_ref()))),
            None => make(),
        };
        match fresh {
            Ok(fresh) => {
                *current = Made {
                    of: now,
                    what: Arc::new(fresh),
                    told: Vec::new(),
                };
            }
            Err(StartError(problem)) if current.told != now => {
                tracing::warn!(target: "mcp::credentials", "{problem}; the one that was read before is used");
                current.told = now;
            }
            Err(_) => {}
        }
        Arc::clone(&current.what)
    }
}

/// Puts a secret in the place of what a file holds: as a whole or not at all, and for the owner's eyes only.
///
/// # Errors
/// The file system's; then the file is what it was.
pub(super) fn replace_secret(path: &Path, secret: &[u8]) -> std::io::Result<()> {
    // A link goes on leading where it led.
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    let mut beside = target.clone().into_os_string();
    beside.push(".new");
    // What a process that was stopped in the middle has left.
    let _ = fs::remove_file(&beside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file
        .write_all(secret)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A text without the byte order mark that some editors put before it: it is no part of a secret.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What is said of a file that has no [`Stamp`] any more.
pub(super) fn gone(path: &Path) -> String {
    format!("`{}` is gone or no regular file", path.display())
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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::super::tests::scratch::Scratch;
    use super::*;

    fn read(path: &str) -> Result<String, StartError> {
        std::fs::read_to_string(path).map_err(|error| StartError(reason(&error).to_owned()))
    }

    #[test]
    fn another_file_of_the_same_length_and_age_is_another() {
        let (scratch, next) = (Scratch::holding("one"), Scratch::holding("two"));
        let path = scratch.path();
        let made = Remade::of([&path].into_iter(), || read(&path)).expect("readable");
        let age = std::fs::metadata(&path).and_then(|file| file.modified());
        let file = File::options().write(true).open(next.path());
        file.and_then(|file| file.set_modified(age.expect("a time")))
            .expect("settable");
        std::fs::rename(next.path(), &path).expect("one file system");
        let current = made.current([&path].into_iter(), || read(&path));
        assert_eq!(*current, "two");
    }

    #[test]
    fn what_cannot_be_read_again_is_what_it_was() {
        let scratch = Scratch::holding("one");
        let path = scratch.path();
        let made = Remade::of([&path].into_iter(), || read(&path)).expect("readable");
        std::fs::remove_file(&path).expect("removable");
        let unread = || -> Result<String, StartError> { panic!("there is nothing to read") };
        assert_eq!(*made.current([&path].into_iter(), unread), "one");
        // A directory stands for everything that is no regular file: a pipe would be waited for.
        std::fs::create_dir(&path).expect("writable");
        assert_eq!(*made.current([&path].into_iter(), unread), "one");
        std::fs::remove_dir(&path).expect("removable");
        scratch.write("two");
        let current = made.current([&path].into_iter(), || read(&path));
        assert_eq!(*current, "two");
    }
}
