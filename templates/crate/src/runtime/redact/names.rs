//! What is a secret by its name, whatever it looks like: members such as `access_token`, and `api_key=…` in URLs and forms.
//!
//! A mere `token` is none: many APIs call the way to the next page so.

use std::ops::Range;

use super::detect::pattern;

/// The names, in lower case and without what separates their words.
const TELLING: [&str; 28] = [
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "apisecret",
    "apitoken",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "consumersecret",
    "encryptionkey",
    "idtoken",
    "masterkey",
    "oauthtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "privatetoken",
    "refreshtoken",
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "sharedsecret",
    "signingkey",
    "signingsecret",
    "tokensecret",
    "webhooksecret",
];
/// The longest of them, with what may separate its words.
const LONGEST: usize = 24;

/// Whether what ends with this may be one of them: most names end otherwise, and are not looked at.
#[inline]
fn may_end(name: &[u8]) -> bool {
    const fn code(end: [u8; 3]) -> u32 {
        let [a, b, c] = end;
        // With the bit that tells lower case from upper.
        u32::from_be_bytes([0, a, b, c]) | 0x0020_2020
    }
    const ENDS: [u32; 6] = [
        code(*b"ken"),
        code(*b"ret"),
        code(*b"key"),
        code(*b"ord"),
        code(*b"swd"),
        code(*b"ase"),
    ];
    let may_be_last = |byte: &u8| {
        let letter = byte.to_ascii_lowercase();
        matches!(letter, b'n' | b't' | b'y' | b'd' | b'e') || is_separator(*byte)
    };
    if !name.last().is_some_and(may_be_last) {
        return false;
    }
    let mut letters = name.iter().rev().filter(|byte| !is_separator(**byte));
    match [letters.next(), letters.next(), letters.next()] {
        [Some(c), Some(b), Some(a)] => ENDS.contains(&code([*a, *b, *c])),
        _ => false,
    }
}

/// What may stand between the words of a name, and behind them.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b' ' | b'.')
}

/// Whether what has this name is a secret.
fn is_telling(name: &str) -> bool {
    if name.len() > LONGEST {
        return false;
    }
    let letters: String = (name.chars())
        .filter(|c| !u8::try_from(*c).is_ok_and(is_separator))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    TELLING.contains(&letters.as_str())
}

/// Whether a member of this name is one, also with the name of its maker in front: `DB_PASSWORD`.
fn tells(name: &str) -> bool {
    let mut behind = std::iter::successors(Some(name), |name| {
        name.split_once(['_', '.', '-']).map(|(_, rest)| rest)
    });
    behind.any(is_telling)
}

/// What a name tells of a value: that it is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether that may be made of words.
    has_words: bool,
}

impl Told {
    /// `None` where the name tells nothing.
    #[inline]
    pub(super) fn by(name: &str) -> Option<Self> {
        may_end(name.as_bytes()).then(|| Self::by_all_of(name))?
    }

    fn by_all_of(name: &str) -> Option<Self> {
        const OF_WORDS: [&str; 2] = ["phrase", "key"];
        tells(name).then(|| {
            let name = name.to_ascii_lowercase();
            Self {
                has_words: OF_WORDS.iter().any(|end| name.ends_with(end)),
            }
        })
    }

    /// Whether this JSON text is one that is a secret then: what has spaces is a sentence about one.
    pub(super) fn is_about(self, json: &str) -> bool {
        json.len() > 2 && json.starts_with('"') && (self.has_words || !json.contains(' '))
    }
}

/// Whether a member of a JSON text may have such a name.
pub(super) fn may_tell(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut all = bytes.iter().enumerate();
    all.any(|(at, byte)| *byte == b'"' && may_end(&bytes[..at]))
}

/// The values of such names in URLs, forms and files of settings.
pub(super) fn values(text: &str) -> impl Iterator<Item = Range<usize>> {
    // A signature of a URL is as good as a key to it.
    let pair = pattern!(concat!(
        "(?i)(?:^|[^a-z0-9])([a-z][a-z0-9]*(?:[_.-][a-z0-9]+){0,5})=",
        "[\"']?([^\\s&\"'<>#;,]{6,})"
    ));
    let signs =
        |name: &str| ["sig", "x-amz-signature", "x-goog-signature", "signature"].contains(&name);
    let is_secret = move |name: &str| {
        let name = name.to_ascii_lowercase();
        signs(&name) || tells(&name)
    };
    pair.captures_iter(text).filter_map(move |found| {
        let (name, value) = (found.get(1)?, found.get(2)?);
        is_secret(name.as_str()).then(|| value.range())
    })
}

/// Whether such a name may end here, before a `=`.
pub(super) fn ends_name(before: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] = [
        b"token",
        b"secret",
        b"key",
        b"password",
        b"passwd",
        b"phrase",
        b"sig",
        b"signature",
    ];
    ENDS.iter().any(|end| {
        let start = before.len().checked_sub(end.len());
        start.is_some_and(|start| before[start..].eq_ignore_ascii_case(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_of_a_secret_however_it_is_spelt() {
        for name in [
            "access_token",
            "accessToken",
            "Client-Secret",
            "apiKey",
            "API_KEY",
            "password",
        ] {
            assert!(is_telling(name), "{name}");
        }
        for name in [
            "token",
            "next_page_token",
            "key",
            "id",
            "password_changed_at",
            "secret",
            "",
        ] {
            assert!(!is_telling(name), "{name}");
        }
    }

    #[test]
    fn a_pair_has_its_secret_behind_the_name() {
        let of = |text: &'static str| -> Vec<&str> { values(text).map(|at| &text[at]).collect() };
        let url = "https://a.example/x?page=2&access_token=abcdef123&api_key=0123456789#top";
        assert_eq!(of(url), ["abcdef123", "0123456789"]);
        assert_eq!(
            of("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI\nREGION=eu-west-1"),
            ["wJalrXUtnFEMI"]
        );
        assert_eq!(of("?sv=2022&sig=AbC%2Fdef%3D"), ["AbC%2Fdef%3D"]);
        let none: [&str; 0] = [];
        assert_eq!(
            of("?page_token=abcdefgh&sort_key=created_at&monkey=banana1"),
            none
        );
    }

    #[test]
    fn an_answer_keeps_everything_but_the_secrets_that_its_names_tell_of() {
        let mut secrets = super::super::Redaction::default();
        secrets.add(&super::super::Redact::One(super::super::Detector::Secret));
        let body = |text: &str| secrets.body(text.into()).text.into_owned();
        for (text, expected) in [
            (
                r#"{"access_token": "opaque", "expires_in": 3600, "next_page_token": "abc"}"#,
                r#"{"access_token": "[redacted]", "expires_in": 3600, "next_page_token": "abc"}"#,
            ),
            (
                r#"{"DB_PASSWORD": "hunter2", "password": "must have 8 characters", "PassPhrase": "a b"}"#,
                r#"{"DB_PASSWORD": "[redacted]", "password": "must have 8 characters", "PassPhrase": "[redacted]"}"#,
            ),
            (
                r#"[{"user": {"apiKey": "x1", "password": null}, "client_secret": ""}]"#,
                r#"[{"user": {"apiKey": "[redacted]", "password": null}, "client_secret": ""}]"#,
            ),
            (
                r#"{"password": {"min": 8, "api_key": "x"}, "private_key": ["a"]}"#,
                r#"{"password": {"min": 8, "api_key": "[redacted]"}, "private_key": ["a"]}"#,
            ),
            (
                r#"{"api_key_": "x1", "P A S S W O R D": "y", "password.": "z"}"#,
                r#"{"api_key_": "[redacted]", "P A S S W O R D": "[redacted]", "password.": "[redacted]"}"#,
            ),
            (r#"{"password_": "x1"}"#, r#"{"password_": "[redacted]"}"#),
            (
                r#"{"pass\u200bword": "x1", "\u0070assword": "x2"}"#,
                r#"{"pass\u200bword": "[redacted]", "\u0070assword": "[redacted]"}"#,
            ),
            (
                "{\"api_key\":\"x1\"}\n{\"id\":2}\n",
                "{\"api_key\":\"[redacted]\"}\n{\"id\":2}\n",
            ),
            (
                r#"{"url": "https://a.example/x?api_key=0123456789&page=2"}"#,
                r#"{"url": "https://a.example/x?api_key=[redacted: secret]&page=2"}"#,
            ),
        ] {
            assert_eq!(body(text), expected);
        }
        let mut others = super::super::Redaction::default();
        others.add(&super::super::Redact::One(super::super::Detector::Email));
        let text = r#"{"access_token": "opaque"}"#;
        assert_eq!(others.body(text.into()).text, text);
    }

    #[test]
    fn what_has_the_name_of_a_secret_at_each_level_takes_no_more_than_a_few_readings() {
        let mut secrets = super::super::Redaction::default();
        secrets.add(&super::super::Redact::One(super::super::Detector::Secret));
        let levels = 20_000;
        let text = format!("{}1{}", "{\"password\":".repeat(levels), "}".repeat(levels));
        let shown = secrets.body(text.clone().into()).text.into_owned();
        assert!(shown.len() <= text.len());
        let levels = 60;
        let text = format!(
            "{}\"x\"{}",
            "{\"password\":".repeat(levels),
            "}".repeat(levels)
        );
        let shown = secrets.body(text.into()).text.into_owned();
        assert!(!shown.contains("\"x\""), "{shown}");
    }
}
