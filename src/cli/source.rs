//! Reads the text of a spec from a file, from stdin or from a URL. The only part of mcpgen that fetches anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{Source, shown};

/// The most bytes of a document where nobody says otherwise; the largest published one that we know of has 47 MB.
pub(super) const MAX_BYTES: u64 = 128 << 20;
pub(super) const RAISE_SIZE: &str =
    "raise `--max-size` if this is the right file, or cut the spec to the operations that you need";
const FETCH_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 5;

/// Whether the user means a URL.
pub(super) fn is_url(spec: &str) -> bool {
    spec.starts_with("http://") || spec.starts_with("https://")
}

/// The text of `spec`: a path, `-` or an http(s) URL, of at most so many bytes.
pub(super) fn read(spec: &str, max_bytes: u64) -> Result<Source, Box<Diagnostic>> {
    let (text, url, location) = if spec == "-" {
        let text =
            capped(io::stdin().lock(), max_bytes).map_err(|error| unreadable("stdin", &error))?;
        (text, None, None)
    } else if is_url(spec) {
        let (text, url) = fetch(spec, max_bytes)?;
        // Relative URLs of servers start there; what opened the document is nothing that they have.
        (text, Url::parse(&shown(url.as_str())).ok(), Some(url))
    } else {
        let path = Path::new(spec);
        let text = file(path, max_bytes)?;
        let location = std::path::absolute(path)
            .ok()
            .and_then(|path| Url::from_file_path(path).ok());
        (text, None, location)
    };
    if text.len() as u64 > max_bytes {
        let message = format!(
            "`{}` is larger than {} MiB",
            displayed(spec),
            max_bytes >> 20
        );
        return Err(Box::new(
            Diagnostic::new(Code::SizeLimit, message).with_help(RAISE_SIZE),
        ));
    }
    Ok(Source {
        name: Arc::from(displayed(spec)),
        text,
        url,
        location,
    })
}

/// The spec as it may be shown: without the user name, password and query of a URL, which may be secrets.
fn displayed(spec: &str) -> String {
    if spec == "-" {
        return "<stdin>".to_owned();
    }
    let Some(mut url) = is_url(spec).then(|| Url::parse(spec).ok()).flatten() else {
        return spec.to_owned();
    };
    url.set_fragment(None);
    shown(url.as_str())
}

fn file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Box<Diagnostic>> {
    let name = path.display().to_string();
    if name.contains("://") {
        let message = format!("`{name}` is neither a path nor an http(s) URL");
        return Err(Box::new(
            Diagnostic::new(Code::UnreadableSpec, message)
                .with_help("download the document and name the file"),
        ));
    }
    if path.is_dir() {
        let message = format!("`{name}` is a directory");
        return Err(Box::new(
            Diagnostic::new(Code::UnreadableSpec, message)
                .with_help("name the OpenAPI document inside of it"),
        ));
    }
    Ok(file_at(path, max_bytes).map_err(|error| unreadable(&name, &error))?)
}

/// The bytes of a file, as far as they count.
pub(super) fn file_at(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    capped(File::open(path)?, max_bytes)
}

/// Reads one byte more than is allowed, so that the caller sees that there is more.
fn capped(reader: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(max_bytes + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::new(
        Code::UnreadableSpec,
        format!("cannot read `{name}`: {reason}"),
    )
    .with_help("check the path and its permissions")
}

fn fetch(spec: &str, max_bytes: u64) -> Result<(Vec<u8>, Url), Box<Diagnostic>> {
    let name = displayed(spec);
    let failed = |reason: String| {
        Diagnostic::new(
            Code::UnreadableSpec,
            format!("cannot fetch `{name}`: {reason}"),
        )
        .with_help(
            "check the URL; download the document and name the file instead if it needs a login",
        )
    };
    let url = Url::parse(spec).map_err(|error| failed(error.to_string()))?;
    let redirects = reqwest::redirect::Policy::limited(MAX_REDIRECTS);
    Ok(get(url, max_bytes, redirects).map_err(failed)?)
}

/// The bytes at a URL; each redirect has to lead to a permitted one.
///
/// # Errors
/// The end of a sentence.
pub(super) fn fetch_permitted(
    url: &Url,
    max_bytes: u64,
    permits: impl Fn(&Url) -> bool + Send + Sync + 'static,
) -> Result<Vec<u8>, String> {
    let redirects = reqwest::redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else if permits(attempt.url()) {
            attempt.follow()
        } else {
            attempt.error("it redirects to another origin")
        }
    });
    let (text, _) = get(url.clone(), max_bytes, redirects)?;
    Ok(text)
}

fn get(
    url: Url,
    max_bytes: u64,
    redirects: reqwest::redirect::Policy,
) -> Result<(Vec<u8>, Url), String> {
    let deadline = Instant::now() + FETCH_TIMEOUT;
    let response = client(redirects)
        .and_then(|client| client.get(url).header("accept", ACCEPT).send())
        .map_err(|error| innermost(&error))?;
    if !response.status().is_success() {
        return Err(format!("the server answered {}", response.status()));
    }
    let url = response.url().clone();
    let until = Until { response, deadline };
    let text = capped(until, max_bytes).map_err(|error| error.to_string())?;
    Ok((text, url))
}

/// An answer that has to be over in time: the client's own timeout starts anew with each piece.
struct Until {
    response: reqwest::blocking::Response,
    deadline: Instant,
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() > self.deadline {
            let message = format!("it took longer than {} seconds", FETCH_TIMEOUT.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        self.response.read(buffer)
    }
}

const ACCEPT: &str =
    "application/vnd.oai.openapi, application/yaml, application/json, text/yaml, */*;q=0.5";

fn client(redirects: reqwest::redirect::Policy) -> reqwest::Result<reqwest::blocking::Client> {
    // Only one TLS backend is in the binary; a second call finds it installed and may fail without harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::builder()
        .user_agent(concat!("mcpgen/", env!("CARGO_PKG_VERSION")))
        .timeout(FETCH_TIMEOUT)
        .redirect(redirects)
        .build()
}

/// The cause at the bottom of an error's chain, which says what happened; the layers above only repeat the URL.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let shown = displayed("https://user:secret@example.com/a.yaml?token=secret");
        assert_eq!(shown, "https://example.com/a.yaml");
    }

    #[test]
    fn a_directory_and_a_missing_file_are_told_apart() {
        let directory = read(".", MAX_BYTES).expect_err("is a directory");
        assert_eq!(directory.message, "`.` is a directory");
        let missing = read("no-such-file.yaml", MAX_BYTES).expect_err("does not exist");
        assert!(
            missing.message.ends_with("it does not exist"),
            "{}",
            missing.message
        );
    }
}
