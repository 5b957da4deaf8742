//! A file that is read again when it changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::engine::StartError;
use super::super::files::{Stamp, gone, without_mark};

/// How often the file system is asked.
const EVERY: Duration = Duration::from_secs(1);

/// What a file holds. While it is being replaced, or when it cannot be understood, what was read before stays.
pub(super) struct Watched<T> {
    path: PathBuf,
    variable: &'static str,
    parse: fn(&str) -> Result<T, String>,
    current: Mutex<Current<T>>,
}

struct Current<T> {
    asked: Instant,
    stamp: Option<Stamp>,
    value: Arc<T>,
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watched").field(&self.path).finish()
    }
}

impl<T> Watched<T> {
    /// # Errors
    /// The file cannot be read or understood: one line that names the variable.
    pub(super) fn open(
        path: &Path,
        variable: &'static str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Self, StartError> {
        let stamp = Stamp::of(path);
        let value = read(path, variable, parse).map_err(StartError)?;
        Ok(Self {
            path: path.to_owned(),
            variable,
            parse,
            current: Mutex::new(Current {
                asked: Instant::now(),
                stamp,
                value: Arc::new(value),
            }),
        })
    }

    /// What the file holds, at most a second old.
    pub(super) fn current(&self) -> Arc<T> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.asked.elapsed() >= EVERY {
            current.asked = Instant::now();
            let now = Stamp::of(&self.path);
            if now != current.stamp {
                let fresh = match now {
                    Some(_) => read(&self.path, self.variable, self.parse),
                    None => Err(format!("`{}`: {}", self.variable, gone(&self.path))),
                };
                match fresh {
                    Ok(value) => {
                        current.value = Arc::new(value);
                        current.stamp = now;
                        tracing::info!(variable = self.variable, "file read again");
                    }
                    Err(why) => tracing::warn!("{why}; what was read before is used"),
                }
            }
        }
        Arc::clone(&current.value)
    }
}

fn read<T>(path: &Path, variable: &str, parse: fn(&str) -> Result<T, String>) -> Result<T, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("`{variable}`: `{}` cannot be read: {error}", path.display()))?;
    parse(without_mark(&text)).map_err(|why| format!("`{variable}`: `{}`: {why}", path.display()))
}
