//! Which documents a spec may bring in with `$ref`, and how they are read.
//!
//! A spec is untrusted: it reaches the files below its own folder, or its own origin, and nothing else that `--allow-ref`
//! does not name. Links are followed before that is decided.

use std::path::PathBuf;

use url::Url;

use super::source;
use crate::spec::{Opener, Unopened};

/// The most bytes of all other documents together.
const MAX_BYTES: u64 = 512 << 20;

/// The documents around a spec.
pub(super) struct Neighbours {
    /// Where the spec was read from; `None` for stdin.
    root: Option<Url>,
    folders: Vec<PathBuf>,
    urls: Vec<Url>,
    left: u64,
}

impl Neighbours {
    /// The neighbours of a spec that was read from `root`; each of `allowed` is a folder, a file or an http(s) URL below
    /// which more may be read.
    ///
    /// # Errors
    /// One of `allowed` is not there: a sentence.
    pub(super) fn new(root: Option<&Url>, allowed: &[String]) -> Result<Self, String> {
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
            left: MAX_BYTES,
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
            std::io::ErrorKind::InvalidInput => Unopened {
                reason: "which cannot be the name of a file".to_owned(),
                help: "correct the reference".to_owned(),
            },
            std::io::ErrorKind::NotFound => Unopened {
                reason: "which does not exist".to_owned(),
                help: "correct the reference, or add the file".to_owned(),
            },
            _ => unreadable(&error),
        })?;
        if !self.folders.iter().any(|folder| real.starts_with(folder)) {
            return Err(outside("which lies outside the folder of the spec"));
        }
        // Anything else, such as a pipe, could keep us waiting for ever.
        if !real.is_file() {
            return Err(Unopened {
                reason: "which is not a file".to_owned(),
                help: "name the document itself".to_owned(),
            });
        }
        source::file_at(&real).map_err(|error| unreadable(&error))
    }

    fn fetch(&self, url: &Url) -> Result<Vec<u8>, Unopened> {
        if !permits(self.root.as_ref(), &self.urls, url) {
            return Err(outside("which is at another origin than the spec"));
        }
        let origin = self.root.clone();
        let allowed = self.urls.clone();
        source::fetch_permitted(url, move |url| permits(origin.as_ref(), &allowed, url)).map_err(
            |reason| Unopened {
                reason: format!("which cannot be fetched: {reason}"),
                help: "check the URL, or download the documents and name the file".to_owned(),
            },
        )
    }
}

impl Opener for Neighbours {
    fn open(&mut self, url: &Url) -> Result<Vec<u8>, Unopened> {
        let bytes = match url.scheme() {
            "file" => self.read_file(url)?,
            "http" | "https" => self.fetch(url)?,
            scheme => {
                return Err(Unopened {
                    reason: format!("whose scheme `{scheme}` is not read"),
                    help: "name a file or an http(s) URL".to_owned(),
                });
            }
        };
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(Unopened {
                    reason: format!(
                        "and the documents together have more than {} MiB",
                        MAX_BYTES >> 20
                    ),
                    help: "cut the spec to the operations that you need".to_owned(),
                });
            }
        }
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
    Unopened {
        reason: reason.to_owned(),
        help: "allow it with `--allow-ref` if you trust the spec".to_owned(),
    }
}

fn unreadable(error: &std::io::Error) -> Unopened {
    Unopened {
        reason: format!("which cannot be read: {error}"),
        help: "check its permissions".to_owned(),
    }
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
            let mut neighbours = Neighbours::new(Some(&root), allowed).expect("they are there");
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
    }
}
