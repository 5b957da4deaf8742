//! Words: how text comes apart into plain lower-case words, and how words become a name that is not too long.

use std::collections::BTreeSet;

use heck::ToSnakeCase;

use super::super::text::capitalised;

/// Words that carry the least meaning; they go first when a name is too long.
const FILLERS: &[&str] = &[
    "a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with",
];

/// Abbreviations that everybody reads, for names that are too long.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("administration", "admin"),
    ("administrator", "admin"),
    ("application", "app"),
    ("applications", "apps"),
    ("attribute", "attr"),
    ("attributes", "attrs"),
    ("authenticated", "auth"),
    ("authentication", "auth"),
    ("authorization", "authz"),
    ("configuration", "config"),
    ("configurations", "configs"),
    ("database", "db"),
    ("databases", "dbs"),
    ("definition", "def"),
    ("definitions", "defs"),
    ("description", "desc"),
    ("development", "dev"),
    ("directory", "dir"),
    ("document", "doc"),
    ("documents", "docs"),
    ("environment", "env"),
    ("environments", "envs"),
    ("information", "info"),
    ("language", "lang"),
    ("maximum", "max"),
    ("message", "msg"),
    ("messages", "msgs"),
    ("minimum", "min"),
    ("number", "num"),
    ("organization", "org"),
    ("organizations", "orgs"),
    ("parameter", "param"),
    ("parameters", "params"),
    ("permission", "perm"),
    ("permissions", "perms"),
    ("production", "prod"),
    ("reference", "ref"),
    ("references", "refs"),
    ("repositories", "repos"),
    ("repository", "repo"),
    ("specification", "spec"),
    ("statistics", "stats"),
    ("temporary", "temp"),
    ("transaction", "txn"),
    ("transactions", "txns"),
];

/// The words of a text in lower case, or nothing when most of it is in another script than Latin.
pub(super) fn ascii_words(text: &str) -> Option<Vec<String>> {
    let folded = folded(text);
    let kept = folded.chars().filter(char::is_ascii_alphanumeric).count();
    let meant = text.chars().filter(|c| c.is_alphanumeric()).count();
    if kept == 0 || kept * 2 < meant {
        return None;
    }
    let snake = with_plain_plurals(&folded).to_snake_case();
    Some(snake.split('_').map(str::to_owned).collect())
}

/// Joins words within a length. Fillers and repeated words go first, then long words are abbreviated, then words
/// in the middle go: the first ones say what it is about, and the last one makes the difference in names such as
/// `…_for_org` and `…_for_repo`.
pub(super) fn shortened(words: &[String], limit: usize) -> String {
    let joined = words.join("_");
    if joined.len() <= limit {
        return joined;
    }
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_to_have_a_letter = !starts_with_digit(&joined);
    let mut seen = BTreeSet::new();
    let first = words.first().map(String::as_str);
    let mut words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !FILLERS.contains(word) && seen.insert(*word))
        .collect();
    if is_to_have_a_letter && words.first().is_some_and(|word| starts_with_digit(word)) {
        // A filler is better than a name that no client takes.
        words.splice(..0, first);
    }
    let mut length = words.join("_").len();
    // From the end on, so that a name keeps its first words as they are if it can.
    for word in words.iter_mut().rev() {
        if length <= limit {
            break;
        }
        if let Some((long, brief)) = ABBREVIATIONS.iter().find(|(long, _)| long == word) {
            length -= long.len() - brief.len();
            *word = brief;
        }
    }
    let joined = words.join("_");
    if joined.len() <= limit {
        return joined;
    }
    let last = words.pop().unwrap_or_default();
    let tail = if last.len() * 2 <= limit { last } else { "" };
    let mut kept: Vec<&str> = Vec::new();
    let mut length = tail.len();
    for word in words {
        let more = word.len() + usize::from(length > 0);
        if length + more <= limit {
            length += more;
            kept.push(word);
        }
    }
    let may_stand_first = |word: &str| !(is_to_have_a_letter && starts_with_digit(word));
    if !kept.first().is_some_and(|word| may_stand_first(word)) {
        // Not even one word fits, or none of those that do may stand first.
        return joined[..limit].trim_end_matches('_').to_owned();
    }
    kept.extend(Some(tail).filter(|tail| !tail.is_empty()));
    kept.join("_")
}

/// `URLs` is `Urls`, `OAuth` is `Oauth`: heck would make `ur_ls` and `o_auth` of them.
fn with_plain_plurals(text: &str) -> String {
    let chars: Vec<char> = text.replace("OAuth", "Oauth").chars().collect();
    let mut out = String::with_capacity(chars.len());
    let mut index = 0;
    while index < chars.len() {
        let run = chars[index..]
            .iter()
            .take_while(|c| c.is_ascii_uppercase())
            .count();
        let is_plural = run >= 2
            && chars.get(index + run) == Some(&'s')
            && chars
                .get(index + run + 1)
                .is_none_or(|c| !c.is_ascii_lowercase());
        if is_plural {
            out.push(chars[index]);
            out.extend(
                chars[index + 1..index + run]
                    .iter()
                    .map(char::to_ascii_lowercase),
            );
            index += run;
        } else {
            let step = run.max(1);
            out.extend(&chars[index..index + step]);
            index += step;
        }
    }
    out
}

/// A text with accents taken off Latin letters and everything else beyond ASCII taken out as a word border.
pub(super) fn folded(text: &str) -> String {
    text.chars()
        .map(|c| match fold(c) {
            Some(folded) => folded,
            None if c.is_ascii() => c.to_string(),
            None => " ".to_owned(),
        })
        .collect()
}

/// An ASCII letter, digit or underscore as it is, an accented Latin letter without its accent.
pub(super) fn fold(c: char) -> Option<String> {
    if c.is_ascii_alphanumeric() || c == '_' {
        return Some(c.to_string());
    }
    let base = match c.to_lowercase().next().unwrap_or(c) {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ľ' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' | 'ţ' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ž' | 'ż' => "z",
        _ => return None,
    };
    Some(if c.is_uppercase() {
        capitalised(base)
    } else {
        base.to_owned()
    })
}
