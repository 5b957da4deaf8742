//! The files of a crate in memory, by relative path.
//!
//! A [`RelativePath`] is what makes leaving the output directory impossible: there is no other way to name a file.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// A path below the output directory that is the same file on every system: `/` between the parts, no `..`, nothing
/// absolute, no name that Windows keeps for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(String);

impl Borrow<str> for RelativePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Names that Windows gives to devices, with or without an extension.
const RESERVED: &[&str] = &[
    "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    "conin$", "conout$",
];

impl RelativePath {
    /// Takes a path, or says what is wrong with it.
    ///
    /// # Errors
    /// A sentence about the first part that is not usable.
    pub fn parse(text: &str) -> Result<Self, String> {
        for part in text.split('/') {
            if let Some(problem) = part_problem(part) {
                return Err(format!(
                    "path `{}` {problem}",
                    text.escape_debug().collect::<String>()
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, with `/` between the parts.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the file is below `dir`.
    #[must_use]
    pub fn below(&self, dir: &Path) -> PathBuf {
        dir.join(self.0.split('/').collect::<PathBuf>())
    }

    /// The folders that hold the file, outermost first: `a`, then `a/b` for `a/b/c`.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..end])
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with one part of a path.
fn part_problem(part: &str) -> Option<&'static str> {
    if part.is_empty() || part == "." || part == ".." {
        return Some("is not a plain path below the output directory");
    }
    if part
        .chars()
        .any(|c| c.is_control() || matches!(c, '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*'))
    {
        return Some("has a character that not every file system takes");
    }
    if part.ends_with('.') || part.ends_with(' ') {
        return Some("has a part that ends with a dot or a space");
    }
    is_reserved(part).then_some("has a part that Windows keeps for a device")
}

/// Whether Windows takes a file of this name for a device.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    RESERVED
        .iter()
        .any(|reserved| stem.trim_end().eq_ignore_ascii_case(reserved))
}

/// Who a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// mcpgen's: written again by every build.
    Generated,
    /// mcpgen's until its owner changes it, and the owner's from then on.
    UntilEdited,
    /// The owner's: written once and never touched again.
    Owner,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Who it belongs to.
    pub owner: Ownership,
    /// Whether it may be run.
    pub executable: bool,
}

impl File {
    /// A file of mcpgen's.
    #[must_use]
    pub fn generated(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            owner: Ownership::Generated,
            executable: false,
        }
    }

    /// A file of the owner's.
    #[must_use]
    pub fn owned(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            owner: Ownership::Owner,
            ..Self::generated(bytes)
        }
    }
}

/// The files of a crate, ordered by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<RelativePath, File>,
    /// Each path by what it is where case does not count.
    folded: BTreeMap<String, RelativePath>,
}

impl FileTree {
    /// A tree without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The path is not usable, or only differs by case from one that is there: on many systems they would be one file.
    pub fn insert(&mut self, path: &str, file: File) -> Result<(), String> {
        let path = RelativePath::parse(path)?;
        let folded = path.as_str().to_lowercase();
        if let Some(other) = self.folded.get(&folded) {
            return Err(format!(
                "path `{path}` is the same as `{other}` where case does not count"
            ));
        }
        self.folded.insert(folded, path.clone());
        self.files.insert(path, file);
        Ok(())
    }

    /// The file at this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// All files by path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelativePath, &File)> {
        self.files.iter()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_the_output_directory() {
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "a/../../b",
            "a//b",
            "./a",
            "a\\..\\b",
            "C:/a",
            "a\0b",
            "a/",
            "aux.rs",
            "src/CON",
            "a/nul.txt.gz",
            "a.",
            "a ",
            "com1",
        ] {
            assert!(RelativePath::parse(path).is_err(), "{path:?}");
        }
        for path in ["Cargo.toml", ".github/workflows/ci.yml", "a/b c/é.rs"] {
            assert!(RelativePath::parse(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    fn two_paths_that_differ_by_case_only_are_refused() {
        let mut tree = FileTree::new();
        tree.insert("src/Orders.rs", File::generated(""))
            .expect("the first one is fine");
        assert!(tree.insert("src/orders.rs", File::generated("")).is_err());
    }

    #[test]
    fn folders_come_outermost_first() {
        let path = RelativePath::parse("a/b/c").expect("a plain path");
        assert_eq!(path.folders().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
