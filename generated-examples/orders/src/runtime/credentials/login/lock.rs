//! The lock of a login's file, so that of several processes of one user one gets the next token and the others wait for it.
//!
//! A lock is a file beside it that only one can make. One that is as old as no request gets was left behind by a process that
//! ended in the middle. (`File::lock` of the standard library is younger than the Rust that crates are built with.)

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::super::super::random;

/// Longer than a token takes that comes at all.
const OLD: Duration = Duration::from_secs(120);
/// How long to wait for it at most.
const LONGEST: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// What tells this lock from another one in its place.
    mark: String,
}

impl Lock {
    /// Waits for the lock of a file; `None` where nothing can be written, so that nobody changes the file.
    pub(super) async fn of(file: &Path) -> Result<Option<Self>, String> {
        let path = beside(file, ".lock");
        let mark = random::secret()?;
        let start = Instant::now();
        while start.elapsed() < LONGEST {
            match made(&path, &mark) {
                Ok(()) => return Ok(Some(Self { path, mark })),
                Err(ErrorKind::AlreadyExists) if is_old(&path) => break_up(&path, &mark),
                Err(ErrorKind::AlreadyExists) => tokio::time::sleep(PAUSE).await,
                Err(_) => return Ok(None),
            }
        }
        Err(format!(
            "another program is about to change the login, by `{}`, and does not end",
            path.display()
        ))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Unless it was taken for one that was left behind.
        if fs::read_to_string(&self.path).is_ok_and(|mark| mark == self.mark) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn made(path: &Path, mark: &str) -> Result<(), ErrorKind> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    let mut file = file.map_err(|error| error.kind())?;
    file.write_all(mark.as_bytes())
        .map_err(|error| error.kind())
}

fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|lock| lock.modified());
    // One that is much younger than now is of another clock.
    let age = |modified: SystemTime| match modified.elapsed() {
        Ok(age) => age,
        Err(ahead) => ahead.duration(),
    };
    modified.is_ok_and(|modified| age(modified) > OLD)
}

/// Takes an old lock away. Of several who try, one moves it; what it moved may be the lock of one who was faster still.
fn break_up(path: &Path, mark: &str) {
    let aside = beside(path, &format!(".{mark}"));
    if fs::rename(path, &aside).is_ok() {
        if !is_old(&aside) {
            let _ = fs::hard_link(&aside, path);
        }
        let _ = fs::remove_file(&aside);
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::super::super::super::tests::scratch::Scratch;
    use super::*;

    #[tokio::test]
    async fn one_has_it_and_the_others_wait() {
        let scratch = Scratch::holding("");
        let path = PathBuf::from(scratch.path());
        let first = Lock::of(&path).await.expect("a lock").expect("writable");
        let mut second = std::pin::pin!(Lock::of(&path));
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        drop(first);
        drop(second.await.expect("a lock"));
        assert!(!beside(&path, ".lock").exists());
    }

    #[tokio::test]
    async fn one_that_was_left_behind_is_taken_away() {
        let scratch = Scratch::holding("");
        let path = PathBuf::from(scratch.path());
        let left = beside(&path, ".lock");
        let before = Lock::of(&path).await.expect("a lock").expect("writable");
        let lock = fs::File::options().write(true).open(&left).expect("there");
        lock.set_modified(SystemTime::now() - OLD * 2)
            .expect("settable");
        let after = Lock::of(&path).await.expect("a lock").expect("writable");
        // Who was thought to be gone and is not leaves the other's lock alone.
        drop(before);
        assert!(left.exists());
        drop(after);
        assert!(!left.exists());
        let nowhere = path.join("no folder");
        assert!(Lock::of(&nowhere).await.expect("no lock").is_none());
    }
}
