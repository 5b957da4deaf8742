//! Keys, tokens and passwords, some of which have parts and ends of their own.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::detect::{Detector, around, behind_first, pattern};
use super::names::values;

/// Where keys and tokens are, in order and apart.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut all = private_keys(text);
    all.extend(signed_tokens(text));
    all.extend(passwords(text.as_bytes()));
    all.extend(values(text));
    let pattern = Detector::Secret.pattern();
    let mut at = 0;
    while let Some(found) = pattern.captures_at(text, at).and_then(|found| found.get(1)) {
        let it = found.as_str();
        if is_word(it) {
            at = behind_first(&found);
            continue;
        }
        let end = match found.end() {
            end if it.starts_with("sk-") => end_of_token(text, end),
            end => end,
        };
        all.push(found.start()..end);
        // The last character of one may be what stands before the next.
        let is_apart = !it.ends_with(|c: char| c.is_ascii_alphanumeric());
        at = if is_apart && end == found.end() {
            end - 1
        } else {
            end
        };
    }
    all.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in all {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Where keys in PEM are, which begin and end with words of their own (RFC 7468 §2). One that does not end goes on as long as its lines look
/// like it.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let begin = pattern!("-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----");
    let end = pattern!("-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----");
    // Headers (RFC 1421 §4.6, RFC 9580 §6.2.2) and lines of base64.
    let body = pattern!(concat!(
        "^(?:\\s|\\\\+[rn])*",
        "(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID): [^\r\n\\\\]*(?:\\s|\\\\+[rn])+)*",
        "(?:[A-Za-z0-9+/=]{16,}(?:\\s|\\\\+[rn])*)*"
    ));
    let is_base64 = |text: &str| {
        (text.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    let mut keys: Vec<Range<usize>> = Vec::new();
    let (mut at, mut ends) = (0, true);
    while let Some(begun) = begin.find_at(text, at) {
        let ended = ends.then(|| end.find_at(text, begun.end())).flatten();
        ends = ended.is_some();
        at = if let Some(ended) = ended {
            ended.end()
        } else {
            let rest = &text[begun.end()..];
            let length = body.find(rest).map_or(0, |lines| lines.end());
            // What was cut off may end in the middle of a line.
            begun.end()
                + if is_base64(&rest[length..]) {
                    rest.len()
                } else {
                    length
                }
        };
        keys.push(begun.start()..at);
    }
    keys
}

/// Passwords in the authority of a URL (RFC 3986 §3.2.1), in order. In JSON, and in texts within it, slashes may be behind
/// backslashes.
pub(super) fn passwords(bytes: &[u8]) -> Vec<Range<usize>> {
    let second = |at: &usize| {
        let before = &bytes[..*at];
        let slash = before.iter().rposition(|byte| *byte != b'\\');
        slash.is_some_and(|slash| {
            let is_escaped = slash + 1 < before.len();
            before[slash] == b'/' && (!is_escaped || before[..slash].ends_with(b"\\"))
        })
    };
    (memchr_iter(b'/', bytes).filter(second))
        .filter_map(|at| password(bytes, at + 1))
        .collect()
}

/// The password of the authority that begins here.
fn password(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    const MOST: usize = 512;
    let ends = |byte: &u8| b"/?#\"'<>\\".contains(byte) || byte.is_ascii_whitespace();
    let rest = &bytes[start..bytes.len().min(start + MOST)];
    let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let at = memrchr(b'@', authority)?;
    let colon = memchr(b':', &authority[..at])?;
    (colon + 1 < at).then_some(start + colon + 1..start + at)
}

/// A text without these; `None` where there are none.
pub(super) fn without_passwords(text: &str) -> Option<String> {
    Detector::Secret.without(text, passwords(text.as_bytes()))
}

/// Whether what looks like a key is made of words.
fn is_word(it: &str) -> bool {
    const LIKE_WORDS: [&str; 12] = [
        "sk-", "sk_", "rk_", "pk_", "whsec_", "Bearer", "bearer", "Basic", "basic", "hf_", "xapp-",
        "xox",
    ];
    LIKE_WORDS.iter().any(|word| it.starts_with(word))
        && !["_live_", "_test_"].iter().any(|part| it.contains(part))
        && !it.bytes().any(|byte| byte.is_ascii_digit())
}

/// Where the letters of base64url end that begin here (RFC 4648 §5).
fn end_of_token(text: &str, start: usize) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    start
        + text.as_bytes()[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count()
}

/// JSON Web Tokens, signed (RFC 7515 §7.1) or encrypted (RFC 7516 §7.1). A pattern would look at a long run of their letters
/// once for each that may begin one.
fn signed_tokens(text: &str) -> Vec<Range<usize>> {
    const SHORTEST: usize = 8;
    /// An encrypted one has no more.
    const PARTS: usize = 5;
    let bytes = text.as_bytes();
    // Some pad their parts.
    let end_of_part = |start: usize| {
        let end = end_of_token(text, start);
        end + bytes[end..]
            .iter()
            .take_while(|byte| **byte == b'=')
            .take(2)
            .count()
    };
    // The end of the token that ends its first part here.
    let end_behind = |header: usize| {
        let mut at = (bytes.get(header) == Some(&b'.')).then(|| end_of_part(header + 1))?;
        let length = at - (header + 1);
        // That of the key may be empty.
        if !(length == 0 || length >= SHORTEST) || bytes.get(at) != Some(&b'.') {
            return None;
        }
        for part in 2..PARTS {
            let is_more =
                bytes.get(at) == Some(&b'.') && (part == 2 || end_of_token(text, at + 1) > at + 1);
            if !is_more {
                break;
            }
            at = end_of_part(at + 1);
        }
        (at - header > SHORTEST).then_some(at)
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut header, mut end) = (0, None);
    for start in memmem::find_iter(bytes, b"ey") {
        // `{"`, or `{ "`.
        let begins = [b"J", b"A"]
            .iter()
            .any(|next| bytes[start + 2..].starts_with(*next));
        let is_behind = found.last().is_some_and(|last| start < last.end);
        let is_inside = || {
            around(text, &(start..start))
                .0
                .is_some_and(|c| c.is_ascii_alphanumeric())
        };
        if !begins || is_behind || is_inside() {
            continue;
        }
        if start >= header {
            header = end_of_part(start);
            end = end_behind(header);
        }
        if let Some(end) = end.filter(|_| header - start >= 3 + SHORTEST) {
            found.push(start..end);
        }
    }
    found
}
