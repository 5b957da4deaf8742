//! What a server asks for: the challenges of `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 7616 §3.3).

/// A digest challenge that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) realm: String,
    pub(super) nonce: String,
    pub(super) opaque: Option<String>,
    /// As it is written.
    pub(super) algorithm: Option<String>,
    pub(super) hash: Hash,
    /// `-sess`: one secret for all answers.
    pub(super) is_session: bool,
    /// Whether the user's name is sent as a hash.
    pub(super) hides_user: bool,
    /// Whether only the nonce was too old.
    pub(super) is_stale: bool,
}

/// Better ones are smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hash {
    Sha256,
    /// SHA-512/256.
    Sha512,
    #[cfg(feature = "digest")]
    Md5,
}

type Parameters = Vec<(String, String)>;

/// The best of the challenges that can be answered, the first among equals.
pub(super) fn best<'t>(headers: impl Iterator<Item = &'t str>) -> Option<Challenge> {
    let all = headers.flat_map(challenges);
    let digests = all.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("digest"));
    let known = digests.filter_map(|(_, parameters)| Challenge::of(&parameters));
    known.min_by_key(|challenge| challenge.hash)
}

impl Challenge {
    fn of(parameters: &Parameters) -> Option<Self> {
        let get = |wanted: &str| {
            let mut named = parameters.iter();
            named
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.as_str())
        };
        let is_true =
            |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let algorithm = get("algorithm");
        let (hash, is_session) = hash(algorithm.unwrap_or("MD5"))?;
        let mut qualities = get("qop")?.split(',').map(str::trim);
        if !qualities.any(|quality| quality.eq_ignore_ascii_case("auth")) {
            return None;
        }
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            // It goes back as it came, which must then be a token.
            algorithm: algorithm.map(str::to_owned),
            hash,
            is_session,
            hides_user: is_true("userhash"),
            is_stale: is_true("stale"),
        })
    }
}

fn hash(algorithm: &str) -> Option<(Hash, bool)> {
    let name = algorithm.to_ascii_lowercase();
    let (name, is_session) = match name.strip_suffix("-sess") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let hash = match name {
        "sha-256" => Hash::Sha256,
        "sha-512-256" => Hash::Sha512,
        #[cfg(feature = "digest")]
        "md5" => Hash::Md5,
        _ => return None,
    };
    Some((hash, is_session))
}

/// The schemes of a header and their parameters. What is no challenge ends the list.
fn challenges(header: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let (word, after) = rest.split_at(end);
        let value = after.trim_start().strip_prefix('=');
        match (value, found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let Some((value, after)) = read_value(value.trim_start()) else {
                    return found;
                };
                parameters.push((word.to_owned(), value));
                rest = after;
            }
            (Some(_), None) => return found,
            (None, _) => {
                found.push((word.to_owned(), Vec::new()));
                rest = after;
            }
        }
    }
}

/// A token or the text of a quoted one, and what comes after it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // What `Negotiate` and others have in the place of parameters may end with more of these.
        let end = text.find(|c: char| !is_token(c) && !matches!(c, '=' | '/' | ':'));
        let (value, after) = text.split_at(end.unwrap_or(text.len()));
        return Some((value.to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((value, &quoted[at + 1..])),
            (_, '\\') => value.push(chars.next()?.1),
            (_, c) => value.push(c),
        }
    }
}

/// RFC 9110 §5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// A text in quotes (RFC 9110 §5.6.4).
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_challenge_is_found_among_others() {
        let header = r#"Negotiate YII=, Basic realm="a, Digest b", Digest realm="x\"y", nonce=n1, qop="auth-int", algorithm=SHA-256,
            DIGEST Realm = "z" ,nonce="n,2",qop="auth,auth-int", stale=TRUE, algorithm=SHA-512-256-sess, opaque="""#
            .replace('\n', " ");
        let better = r#"Digest realm="w", nonce="n3", qop="auth", algorithm=sha-256"#;
        let found = best([header.as_str()].into_iter()).expect("a challenge");
        assert_eq!((found.realm.as_str(), found.nonce.as_str()), ("z", "n,2"));
        assert!(found.is_stale && found.is_session && found.opaque.as_deref() == Some(""));
        let found = best([header.as_str(), better].into_iter()).expect("a challenge");
        assert_eq!(found.nonce, "n3");
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for header in [
            "",
            "Basic realm=\"a\"",
            "Digest",
            "Digest realm=\"a\", qop=\"auth\", algorithm=SHA-256",
            "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-256",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", algorithm=SHA-1",
            "Digest realm=\"a, nonce=\"n\", qop=\"auth",
            "=\"a\", Digest",
            "\u{e4}",
        ] {
            assert_eq!(best([header].into_iter()), None, "{header}");
        }
    }
}
