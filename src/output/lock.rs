//! `mcpgen.lock`: what made a crate, and the hash of each generated file.
//!
//! It tells a file that the owner edited from one that is merely older than the spec. Hashes are taken with LF line
//! ends, so that a checkout on Windows is not an edit. No time, machine or user is in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::error::OutputError;
use super::tree::{FileTree, Ownership, RelativePath};

/// Where the lock lies in a crate.
pub const LOCK_FILE: &str = "mcpgen.lock";

/// The version of the lock's own format.
const FORMAT: i64 = 1;

/// What made a crate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    /// The version of mcpgen.
    pub mcpgen: String,
    /// The hash of all templates.
    pub templates: String,
    /// The hash of the bundled spec, `openapi.json`.
    pub spec: String,
    /// What was asked for on the command line and in mcpgen.toml, in the form of mcpgen.toml.
    pub options: toml::Table,
    /// The hash of each generated file.
    pub files: BTreeMap<String, String>,
}

impl Lock {
    /// Takes down the hash of each generated file of `tree`.
    #[must_use]
    pub fn with_files_of(mut self, tree: &FileTree) -> Self {
        let ours: Vec<_> = tree
            .iter()
            .filter(|(path, file)| file.owner != Ownership::Owner && path.as_str() != LOCK_FILE)
            .collect();
        let hashed = ours.par_iter();
        let hashed = hashed.map(|(path, file)| (path.to_string(), hash(&file.bytes)));
        self.files = hashed.collect();
        self
    }

    /// The text of the file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Written by mcpgen, do not edit: what made this crate, and the hash of each generated file.\n",
        );
        // Writing into a string cannot fail.
        let _ = writeln!(text, "version = {FORMAT}");
        let _ = writeln!(text, "mcpgen = {}", quoted(&self.mcpgen));
        let _ = writeln!(text, "templates = {}", quoted(&self.templates));
        let _ = writeln!(text, "spec = {}", quoted(&self.spec));
        if !self.options.is_empty() {
            let mut table = toml::Table::new();
            table.insert("options".to_owned(), self.options.clone().into());
            let _ = write!(text, "\n{table}");
        }
        let _ = writeln!(text, "\n[files]");
        for (path, hash) in &self.files {
            let _ = writeln!(text, "{} = {}", quoted(path), quoted(hash));
        }
        text
    }

    /// Reads the lock of the crate in `dir`; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, or is not a lock.
    pub fn read(dir: &Path) -> Result<Option<Self>, OutputError> {
        let path = dir.join(LOCK_FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OutputError::from_io(&path, &error)),
        };
        let broken = |reason: String| OutputError::BrokenLock { path, reason };
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&text).map(Some).map_err(broken),
            Err(_) => Err(broken("it is not UTF-8".to_owned())),
        }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// A sentence that says why it is not a lock of a version that we know.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        match table.get("version").and_then(toml::Value::as_integer) {
            Some(FORMAT) => {}
            Some(other) => return Err(format!("it has version `{other}`, and only `1` is known")),
            None => return Err("it has no `version`".to_owned()),
        }
        let options = table.get("options").and_then(toml::Value::as_table);
        Ok(Self {
            mcpgen: text_of(&table, "mcpgen"),
            templates: text_of(&table, "templates"),
            spec: text_of(&table, "spec"),
            options: options.cloned().unwrap_or_default(),
            files: files_of(&table),
        })
    }
}

fn text_of(table: &toml::Table, key: &str) -> String {
    table
        .get(key)
        .and_then(toml::Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The hashes by path. The lock is a file like any other, so a path in it that leads outside does not count.
fn files_of(table: &toml::Table) -> BTreeMap<String, String> {
    let files = table.get("files").and_then(toml::Value::as_table);
    files
        .into_iter()
        .flatten()
        .filter(|(path, _)| RelativePath::parse(path).is_ok())
        .filter_map(|(path, hash)| Some((path.clone(), hash.as_str()?.to_owned())))
        .collect()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The SHA-256 of the bytes with LF line ends, in hexadecimal.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(with_lf(bytes))
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes with LF for CRLF.
pub(super) fn with_lf(bytes: &[u8]) -> Cow<'_, [u8]> {
    // Most files have none, and some have many megabytes.
    if !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let mut result = Vec::with_capacity(bytes.len());
    for (index, &byte) in bytes.iter().enumerate() {
        if byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
            result.push(byte);
        }
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::File;

    fn lock() -> Lock {
        let mut tree = FileTree::new();
        for (path, file) in [
            ("src/a.rs", File::generated("a\n")),
            ("src/custom.rs", File::owned("b\n")),
        ] {
            tree.insert(path, file).expect("plain paths");
        }
        Lock {
            mcpgen: "0.1.0".to_owned(),
            templates: "t".to_owned(),
            spec: "s".to_owned(),
            options: toml::toml! { include = ["tag:'''x\"\"\"\n[files]"] },
            ..Lock::default()
        }
        .with_files_of(&tree)
    }

    #[test]
    fn a_lock_is_read_back_as_it_was_written() {
        assert_eq!(Lock::parse(&lock().to_toml()), Ok(lock()));
    }

    #[test]
    fn the_files_of_the_owner_are_not_in_it() {
        assert_eq!(lock().files.keys().collect::<Vec<_>>(), ["src/a.rs"]);
    }

    #[test]
    fn a_path_that_leads_outside_does_not_count() {
        let text = "version = 1\n[files]\n\"../../etc/passwd\" = \"x\"\n\"/etc/passwd\" = \"x\"\n";
        assert_eq!(Lock::parse(text).map(|lock| lock.files.len()), Ok(0));
    }

    #[test]
    fn a_merge_conflict_in_it_is_an_error_and_not_an_empty_lock() {
        assert!(Lock::parse("<<<<<<< HEAD\nversion = 1\n").is_err());
        assert!(Lock::parse("").is_err());
        assert!(Lock::parse("version = 2").is_err());
    }

    #[test]
    fn line_ends_of_windows_do_not_change_the_hash() {
        assert_eq!(hash(b"a\r\nb\n"), hash(b"a\nb\n"));
        assert_ne!(hash(b"a\rb"), hash(b"ab"));
    }
}
