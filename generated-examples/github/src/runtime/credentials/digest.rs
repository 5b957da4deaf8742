//! HTTP digest (RFC 7616): what answers a challenge, so that the password itself is never sent.
//!
//! A challenge counts for the origin that it came from, and its nonce for as many requests as the API takes it for. SHA-256
//! and SHA-512/256 come before MD5, which needs the feature `digest`; of the qualities of protection there is `auth`.

mod challenge;

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Uri};
use secrecy::{ExposeSecret as _, SecretString};

use self::challenge::{Challenge, Hash};
use super::super::random;
use super::super::request::Outgoing;
use super::super::text::hex;

/// A user name and a password, and the challenges that there were for them.
pub(in super::super) struct Digest {
    user: String,
    password: SecretString,
    /// By origin.
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

/// A challenge and how often it was answered.
struct Session {
    challenge: Challenge,
    /// The client's own nonce.
    own: String,
    count: AtomicU32,
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    pub(super) fn new(user: &str, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: password.into(),
            sessions: Mutex::default(),
        }
    }

    /// What a request is sent with at first: an answer to the challenge of before, if there was one.
    pub(in super::super) fn answer(&self, request: &Outgoing) -> Option<HeaderValue> {
        let session = self.session(&request.uri)?;
        self.header(&session, &request.method, &request.uri)
    }

    /// What the same request is sent with once more, after it was answered with 401. `sent` is what it was sent with.
    pub(in super::super) fn again(
        &self,
        request: &Outgoing,
        sent: Option<&HeaderValue>,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts = texts.filter_map(|value| value.to_str().ok());
        let Some(challenge) = challenge::best(texts) else {
            tracing::warn!(target: "mcp::credentials", "the API does not ask for digest authentication in a way that this program has; MD5 needs the feature `digest`");
            return None;
        };
        // Whoever is asked the same again has the wrong password.
        let is_same = |sent: &HeaderValue| {
            let nonce = format!("nonce={},", challenge::quoted(&challenge.nonce));
            sent.to_str().is_ok_and(|sent| sent.contains(&nonce))
        };
        if !challenge.is_stale && sent.is_some_and(is_same) {
            return None;
        }
        let session = Arc::new(Session {
            challenge,
            own: random::id()?,
            count: AtomicU32::new(0),
        });
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(origin(&request.uri), Arc::clone(&session));
        drop(sessions);
        self.header(&session, &request.method, &request.uri)
    }

    fn session(&self, uri: &Uri) -> Option<Arc<Session>> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&origin(uri)).map(Arc::clone)
    }

    fn header(&self, session: &Session, method: &Method, uri: &Uri) -> Option<HeaderValue> {
        let count = session
            .count
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let text = self.text(session, count, method.as_str(), target);
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// RFC 7616 §3.4.
    fn text(&self, session: &Session, count: u32, method: &str, target: &str) -> String {
        let Session { challenge, own, .. } = session;
        let Challenge {
            realm, nonce, hash, ..
        } = challenge;
        let hash = |text: String| hash_of(*hash, &text);
        let mut secret = hash(format!(
            "{}:{realm}:{}",
            self.user,
            self.password.expose_secret()
        ));
        if challenge.is_session {
            secret = hash(format!("{secret}:{nonce}:{own}"));
        }
        let request = hash(format!("{method}:{target}"));
        let response = hash(format!("{secret}:{nonce}:{count:08x}:{own}:auth:{request}"));
        let mut text = format!("Digest {}", self.named(challenge, &hash));
        let mut add = |name: &str, value: &str| {
            let _ = write!(text, ", {name}={value}");
        };
        add("realm", &challenge::quoted(realm));
        add("nonce", &challenge::quoted(nonce));
        add("uri", &challenge::quoted(target));
        if let Some(algorithm) = &challenge.algorithm {
            add("algorithm", algorithm);
        }
        add("qop", "auth");
        add("nc", &format!("{count:08x}"));
        add("cnonce", &challenge::quoted(own));
        add("response", &challenge::quoted(&response));
        if let Some(opaque) = &challenge.opaque {
            add("opaque", &challenge::quoted(opaque));
        }
        text
    }

    /// The user's name as the challenge wants it (§3.4, §3.4.4).
    fn named(&self, challenge: &Challenge, hash: &dyn Fn(String) -> String) -> String {
        if challenge.hides_user {
            let hidden = hash(format!("{}:{}", self.user, challenge.realm));
            return format!("username=\"{hidden}\", userhash=true");
        }
        if self.user.is_ascii() {
            return format!("username={}", challenge::quoted(&self.user));
        }
        let kept = percent_encoding::NON_ALPHANUMERIC;
        let encoded = percent_encoding::utf8_percent_encode(&self.user, kept);
        format!("username*=UTF-8''{encoded}")
    }
}

/// Where a challenge counts.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}")
}

fn hash_of(hash: Hash, text: &str) -> String {
    use ring::digest::{SHA256, SHA512_256, digest};
    match hash {
        Hash::Sha256 => hex(digest(&SHA256, text.as_bytes()).as_ref()),
        Hash::Sha512 => hex(digest(&SHA512_256, text.as_bytes()).as_ref()),
        #[cfg(feature = "digest")]
        Hash::Md5 => {
            use md5::Digest as _;
            hex(&md5::Md5::digest(text.as_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(challenge: &str, count: u32) -> String {
        let digest = Digest::new("Mufasa", "Circle of Life");
        let session = Session {
            challenge: challenge::best([challenge].into_iter()).expect("a challenge"),
            own: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(),
            count: AtomicU32::new(0),
        };
        digest.text(&session, count, "GET", "/dir/index.html")
    }

    /// RFC 7616 §3.9.1.
    const EXAMPLE: &str = r#"realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;

    #[test]
    fn the_answer_is_that_of_the_specification() {
        let text = answered(&format!("Digest algorithm=SHA-256, {EXAMPLE}"), 1);
        assert_eq!(
            text,
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", algorithm=SHA-256, \
             qop=auth, nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", \
             response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        );
    }

    #[cfg(feature = "digest")]
    #[test]
    fn md5_is_what_a_challenge_without_an_algorithm_means() {
        for challenge in [
            format!("Digest algorithm=MD5, {EXAMPLE}"),
            format!("Digest {EXAMPLE}"),
        ] {
            let text = answered(&challenge, 1);
            assert!(
                text.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""),
                "{text}"
            );
        }
    }

    #[test]
    fn a_user_may_have_any_name_and_stay_hidden() {
        let named = |user: &str, more: &str| {
            let digest = Digest::new(user, "p");
            let text =
                format!("Digest realm=\"r\", nonce=\"n\", qop=auth, algorithm=SHA-256{more}");
            let challenge = challenge::best([text.as_str()].into_iter()).expect("a challenge");
            digest.named(&challenge, &|text| format!("<{text}>"))
        };
        assert_eq!(named("a\"b\\", ""), r#"username="a\"b\\""#);
        assert_eq!(named("Jäsøn", ""), "username*=UTF-8''J%C3%A4s%C3%B8n");
        assert_eq!(
            named("a", ", userhash=true"),
            "username=\"<a:r>\", userhash=true"
        );
    }
}
