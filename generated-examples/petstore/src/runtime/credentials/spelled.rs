//! What a text means whose characters are written as escapes, as references or percent-encoded.

use super::super::references::character;
use super::super::text::is_invisible;

/// What a reference in HTML takes at most, behind its `&`, where it stands for what tokens are made of.
const LONGEST_REFERENCE: usize = 10;
/// The characters that a text means and that can be seen, each with the place where it is written; without what only begins
/// at the end.
pub(super) fn spelled(text: &str) -> Vec<(usize, char)> {
    let mut all = Vec::with_capacity(text.len());
    let mut push = |at: usize, c: char| {
        if !is_invisible(c) {
            all.push((at, c));
        }
    };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        // A run of backslashes is one.
        let begin = if c == '\\' {
            rest.len() - rest.trim_start_matches('\\').len()
        } else {
            c.len_utf8()
        };
        let behind = &rest[begin..];
        let read = match c {
            '\\' => escape(behind),
            '&' => reference(behind),
            '%' => percent(behind),
            _ => Read::Nothing,
        };
        match read {
            Read::Character(meant, length) => {
                push(at, meant);
                at += length;
            }
            Read::Half => break,
            // Two of them mean one.
            Read::Nothing if c == '\\' => {
                (at..at + begin).step_by(2).for_each(|at| push(at, c));
            }
            Read::Nothing => push(at, c),
        }
        at += begin;
    }
    all
}

enum Read {
    /// A character, and in how many bytes it is written behind what begins it.
    Character(char, usize),
    /// The text ends in the middle of it.
    Half,
    Nothing,
}

/// `\u003d`, `\/` and `\"`; what is behind the backslashes, of which texts within texts have many.
fn escape(text: &str) -> Read {
    if let Some(rest) = text.strip_prefix('u') {
        let digits = hexadecimal(rest, 4);
        if digits.len() < 4 {
            let is_end = digits.len() == rest.len();
            return if is_end { Read::Half } else { Read::Nothing };
        }
        let unit = |digits: &str| u16::from_str_radix(digits, 16).unwrap_or_default();
        let first = unit(digits);
        if !matches!(first, 0xd800..0xdc00) {
            let c = char::from_u32(first.into());
            return c.map_or(Read::Nothing, |c| Read::Character(c, 5));
        }
        // The other half of the character has as many backslashes.
        let behind = &rest[4..];
        let other = behind.trim_start_matches('\\');
        let digits = other
            .strip_prefix('u')
            .map_or("", |rest| hexadecimal(rest, 4));
        if digits.len() < 4 {
            let is_end = other.len() <= 1 + digits.len();
            return if is_end { Read::Half } else { Read::Nothing };
        }
        let pair = char::decode_utf16([first, unit(digits)]).next();
        let length = 5 + behind.len() - other.len() + 5;
        return match pair {
            Some(Ok(c)) => Read::Character(c, length),
            _ => Read::Nothing,
        };
    }
    match text.chars().next() {
        None => Read::Half,
        Some(c @ ('/' | '"')) => Read::Character(c, 1),
        Some(_) => Read::Nothing,
    }
}

/// `&#61;`, `&#x3d;` and `&equals;`; what is behind the `&`.
fn reference(behind: &str) -> Read {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let length = behind
        .bytes()
        .take(LONGEST_REFERENCE)
        .take_while(is_part)
        .count();
    if length == behind.len() {
        return Read::Half;
    }
    let is_one = behind[length..].starts_with(';');
    let meant = character(&behind[..length]).filter(|_| is_one);
    meant.map_or(Read::Nothing, |c| Read::Character(c, length + 1))
}

/// `%3D`, and `%253D` of a URL within one; what is behind the `%`.
fn percent(behind: &str) -> Read {
    let text = behind.strip_prefix("25").unwrap_or(behind);
    let digits = hexadecimal(text, 2);
    match u8::from_str_radix(digits, 16) {
        Ok(byte) if digits.len() == 2 && byte.is_ascii() => {
            Read::Character(byte.into(), behind.len() - text.len() + 2)
        }
        _ if digits.len() == text.len() => Read::Half,
        _ if text.len() < behind.len() => Read::Character('%', 2),
        _ => Read::Nothing,
    }
}

/// The hexadecimal digits that a text begins with, so many at most.
fn hexadecimal(text: &str, most: usize) -> &str {
    let length = text.bytes().take(most).take_while(u8::is_ascii_hexdigit);
    &text[..length.count()]
}
