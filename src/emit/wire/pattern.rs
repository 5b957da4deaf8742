//! A text that matches a regular expression, for the expressions that schemas usually have.
//!
//! Anchors, literals, classes, groups, alternatives and counts. What it makes is checked like every other example, so
//! that an expression which is only half understood does no harm.

use std::iter::Peekable;
use std::str::Chars;

/// The longest text that is made.
const LONGEST: usize = 200;

/// How deep groups may be nested.
const DEPTH: usize = 8;

/// A short text that probably matches.
pub(super) fn matching(pattern: &str) -> Option<String> {
    let mut chars = pattern.chars().peekable();
    let text = alternatives(&mut chars, DEPTH)?;
    (chars.peek().is_none() && text.len() <= LONGEST).then_some(text)
}

/// The first alternative up to the end or to the `)` that closes the group.
fn alternatives(chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let first = sequence(chars, depth)?;
    while chars.next_if_eq(&'|').is_some() {
        sequence(chars, depth)?;
    }
    Some(first)
}

fn sequence(chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    let mut text = String::new();
    while let Some(&next) = chars.peek() {
        if matches!(next, '|' | ')') {
            break;
        }
        chars.next();
        let piece = match next {
            '^' | '$' => continue,
            '(' => group(chars, depth)?,
            '[' => class(chars)?.to_string(),
            '.' => "a".to_owned(),
            '\\' => match escaped(chars.next()?)? {
                Some(c) => c.to_string(),
                None => continue,
            },
            '*' | '+' | '?' | '{' => return None,
            literal => literal.to_string(),
        };
        let times = count(chars)?;
        if text.len() + piece.len().saturating_mul(times) > LONGEST {
            return None;
        }
        text.push_str(&piece.repeat(times));
    }
    Some(text)
}

fn group(chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    if chars.next_if_eq(&'?').is_some() && chars.next() != Some(':') {
        // Look-arounds and names.
        return None;
    }
    let text = alternatives(chars, depth)?;
    (chars.next() == Some(')')).then_some(text)
}

/// A character that an escape stands for; `Some(None)` for one that stands for no character.
#[expect(
    clippy::option_option,
    reason = "a border is another thing than an unknown escape"
)]
fn escaped(c: char) -> Option<Option<char>> {
    Some(match c {
        'd' => Some('7'),
        'w' | 'D' | 'S' => Some('a'),
        's' => Some(' '),
        'W' => Some('-'),
        'b' => None,
        't' => Some('\t'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        c if !c.is_ascii_alphanumeric() => Some(c),
        _ => return None,
    })
}

/// A character of a class; the `[` has been read.
fn class(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut members = Vec::new();
    loop {
        match chars.next()? {
            ']' if !members.is_empty() => break,
            '[' => return None,
            '\\' => members.push(escaped(chars.next()?)??),
            c => members.push(c),
        }
    }
    if negated {
        return ['a', '7', '-'].into_iter().find(|c| !members.contains(c));
    }
    // A letter or a digit is a better example than a sign.
    let plain = members.iter().find(|c| c.is_ascii_alphanumeric());
    plain.or(members.first()).copied()
}

/// How often the last piece is repeated: as rarely as the expression lets it, but at least once where it may.
fn count(chars: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let times = match chars.peek() {
        Some('*' | '+' | '?') => {
            chars.next();
            1
        }
        Some('{') => {
            chars.next();
            let range: String = chars.by_ref().take_while(|c| *c != '}').collect();
            let least = range.split(',').next()?.trim().parse::<usize>().ok()?;
            if range.contains(',') {
                least.max(1)
            } else {
                least
            }
        }
        _ => return Some(1),
    };
    // The signs for lazy and possessive repetition change nothing here.
    chars.next_if(|c| matches!(c, '?' | '+'));
    Some(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_match_the_expressions_that_schemas_have() {
        for pattern in [
            "^[a-z]{3}$",
            "^ORD-\\d{4}-[0-9A-F]{8}$",
            "^(?:EUR|USD)$",
            "^[A-Za-z0-9_-]+$",
            "^\\+?[1-9]\\d{1,14}$",
            "^([01]\\d|2[0-3]):[0-5]\\d$",
            "[^/]+",
            "^$|^[a-z]+$",
            "^(-?(?:[1-9][0-9]*)?[0-9]{4})-(1[0-2]|0[1-9])$",
            "^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$",
            "^\\d+(\\.\\d{1,2})?$",
        ] {
            let text = matching(pattern).unwrap_or_else(|| panic!("nothing for {pattern}"));
            let schema = json!({"pattern": pattern});
            assert!(
                jsonschema::is_valid(&schema, &text.as_str().into()),
                "{text} for {pattern}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_gives_nothing() {
        for pattern in [
            "^(?=a)b",
            "(",
            "[a",
            "a{x}",
            "*",
            "\\p{L}",
            &"(".repeat(100_000),
            "(a{9999}){9999}",
        ] {
            assert_eq!(matching(pattern), None, "{pattern:.20}");
        }
    }
}
