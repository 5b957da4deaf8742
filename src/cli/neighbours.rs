//! Which documents a spec may bring in with `$ref`, and how they are read.
//!
//! A spec is untrusted: it reaches the files below its own folder, or its own origin, and nothing else that `--allow-ref`
//! does not name. Links are followed before that is decided.

use std::path::PathBuf;

use url::Url;

use super::source;
use crate::diagnostic::Code;
use crate::spec::{Opener, Unopened};

/// How many times as large as one document all others together may be.
const ALL_OTHERS: u64 = 4;

/// The documents around a spec.
pub(super) struct Neighbours {
    /// Where the spec was read from; `None` for stdin.
    root: Option<Url>,
    folders: Vec<PathBuf>,
    urls: Vec<Url>,
    /// The most bytes of one document, and what is left for all of them.
    max_bytes: u64,
    left: u64,
}

impl Neighbours {
    /// The neighbours of a spec that was read from `root`; each of `allowed` is a folder, a file or an http(s) URL below
    /// which more may be read.
    ///
    /// # Errors
    /// One of `allowed` is not there: a sentence.
    pub(super) fn new(
        root: Option<&Url>,
        allowed: &[String],
        max_bytes: u64,
    ) -> Result<Self, String> {
        let mut folders = Vec::new();
        let mut urls = Vec::new();
        for text in allowed {
            if source::is_url(text) {
                let url =
                    Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
                urls.push(url);
            } else {
                let folder = std::fs::canonicalize(text)
                    .map_err(|error| format!("cannot find `{text}`: {error}"))?;
                folders.push(folder);
            }
        }
        if let Some(path) = root.and_then(|root| root.to_file_path().ok())
            && let Some(folder) = path.parent().and_then(|folder| folder.canonicalize().ok())
        {
            folders.push(folder);
        }
        Ok(Self {
            root: root.cloned(),
            folders,
            urls,
            max_bytes,
            left: max_bytes.saturating_mul(ALL_OTHERS),
        })
    }

    fn read_file(&self, url: &Url) -> Result<Vec<u8>, Unopened> {
        let is_local = self
            .root
            .as_ref()
            .is_some_and(|root| root.scheme() == "file");
        let path = url.to_file_path().ok().filter(|_| is_local);
        let path = path.ok_or_else(|| outside("which is a file, and the spec is not"))?;
        let real = std::fs::canonicalize(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => unopened(
                "which cannot be the name of a file",
                "correct the reference",
            ),
            std::io::ErrorKind::NotFound => unopened(
                "which does not exist",
                "correct the reference, or add the file",
            ),
            _ => unreadable(&error),
        })?;
        if !self.folders.iter().any(|folder| real.starts_with(folder)) {
            return Err(outside("which lies outside the folder of the spec"));
        }
        // Anything else, such as a pipe, could keep us waiting for ever.
        if !real.is_file() {
            return Err(unopened("which is not a file", "name the document itself"));
        }
        source::file_at(&real, self.max_bytes).map_err(|error| unreadable(&error))
    }

    fn fetch(&self, url: &Url) -> Result<Vec<u8>, Unopened> {
        if !permits(self.root.as_ref(), &self.urls, url) {
            return Err(outside("which is at another origin than the spec"));
        }
        let origin = self.root.clone();
        let allowed = self.urls.clone();
        let permits = move |url: &Url| permits(origin.as_ref(), &allowed, url);
        source::fetch_permitted(url, self.max_bytes, permits).map_err(|reason| {
            unopened(
                format!("which cannot be fetched: {reason}"),
                "check the URL, or download the documents and name the file",
            )
        })
    }
}

impl Opener for Neighbours {
    fn open(&mut self, url: &Url) -> Result<Vec<u8>, Unopened> {
        let bytes = match url.scheme() {
            "file" => self.read_file(url)?,
            "http" | "https" => self.fetch(url)?,
            scheme => {
                return Err(unopened(
                    format!("whose scheme `{scheme}` is not read"),
                    "name a file or an http(s) URL",
                ));
            }
        };
        let size = bytes.len() as u64;
        let mebibytes = self.max_bytes >> 20;
        if size > self.max_bytes {
            return Err(too_large(format!("which is larger than {mebibytes} MiB")));
        }
        self.left = self.left.checked_sub(size).ok_or_else(|| {
            let most = mebibytes.saturating_mul(ALL_OTHERS);
            too_large(format!(
                "and the documents together have more than {most} MiB"
            ))
        })?;
        Ok(bytes)
    }
}

/// Whether a URL is of the spec's origin, or below one that the user allowed.
fn permits(root: Option<&Url>, allowed: &[Url], url: &Url) -> bool {
    let is_own = root.is_some_and(|root| root.scheme() != "file" && root.origin() == url.origin());
    is_own
        || allowed.iter().any(|allowed| {
            let folder = allowed.path().trim_end_matches('/');
            let below = url.path().strip_prefix(folder);
            allowed.origin() == url.origin()
                && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

fn outside(reason: &str) -> Unopened {
    unopened(reason, "allow it with `--allow-ref` if you trust the spec")
}

fn too_large(reason: String) -> Unopened {
    Unopened {
        code: Code::SizeLimit,
        reason,
        help: source::RAISE_SIZE.to_owned(),
    }
}

fn unopened(reason: impl Into<String>, help: &str) -> Unopened {
    Unopened {
        code: Code::ExternalRef,
        reason: reason.into(),
        help: help.to_owned(),
    }
}

fn unreadable(error: &std::io::Error) -> Unopened {
    unopened(
        format!("which cannot be read: {error}"),
        "check its permissions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn only_the_own_origin_and_what_is_allowed_is_fetched() {
        let root = url("https://a.example/api/openapi.yaml");
        let allowed = [url("https://b.example/schemas/")];
        let permits = |text: &str| permits(Some(&root), &allowed, &url(text));
        assert!(permits("https://a.example/other.yaml"));
        assert!(permits("https://b.example/schemas/pet.yaml"));
        assert!(!permits("https://b.example/schemas-of-others/pet.yaml"));
        assert!(!permits("https://b.example/pet.yaml"));
        assert!(!permits("http://a.example/other.yaml"));
        assert!(!permits("https://a.example:8443/other.yaml"));
        assert!(!permits("http://169.254.169.254/latest"));
    }

    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let temp = tempfile::tempdir().expect("a directory");
        let specs = temp.path().join("specs");
        std::fs::create_dir(&specs).expect("writable");
        std::fs::write(temp.path().join("secret.yaml"), "a: 1").expect("writable");
        std::fs::write(specs.join("near.yaml"), "a: 1").expect("writable");
        #[cfg(unix)]
        std::os::unix::fs::symlink(temp.path().join("secret.yaml"), specs.join("link.yaml"))
            .expect("writable");
        let root = Url::from_file_path(specs.join("openapi.yaml")).expect("a path");
        let open = |allowed: &[String], name: &str| {
            let mut neighbours = Neighbours::new(Some(&root), allowed, 8).expect("they are there");
            neighbours.open(&root.join(name).expect("a URL"))
        };
        assert!(open(&[], "near.yaml").is_ok());
        for name in [
            "../secret.yaml",
            "link.yaml",
            "/etc/passwd",
            "file:///etc/passwd",
        ] {
            let refused = open(&[], name).expect_err(name);
            assert!(refused.reason.contains("outside the folder"), "{refused:?}");
        }
        let missing = open(&[], "missing.yaml").expect_err("missing");
        assert_eq!(missing.reason, "which does not exist");
        let everything = [temp.path().display().to_string()];
        assert!(open(&everything, "../secret.yaml").is_ok());
        std::fs::write(specs.join("large.yaml"), "a: 1234567").expect("writable");
        let large = open(&[], "large.yaml").expect_err("large");
        assert_eq!(large.code, Code::SizeLimit);
    }
}
