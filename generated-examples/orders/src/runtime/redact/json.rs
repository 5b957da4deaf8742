//! Takes values out of JSON text without reading it into values: numbers keep their digits, and the rest its layout.
//!
//! It follows what is well formed and walks on over what is not, so that the beginning of a long answer is redacted like
//! the whole.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memrchr, memrchr_iter};
use serde::de::IgnoredAny;

use super::super::path::Step;
use super::super::text::visible;
use super::checks::is_address;
use super::detect::{Detector, Detectors};
use super::names::Told;
use super::signs::Signs;
use super::{REDACTED, Redaction, is_plain, without, without_suspected};

/// The fewest digits of a number that may be a card's.
const SHORTEST: usize = 14;

/// Where the walk is: in an object behind a name, or in an array at an index.
enum Place<'a> {
    Object(Option<Cow<'a, str>>),
    Array(usize),
}

/// The JSON without what is to be taken out; `None` where that is nothing.
pub(super) fn redacted(text: &str, redaction: &Redaction, signs: &Signs) -> Option<String> {
    let mut walk = Walk::new(text, redaction, signs);
    walk.run();
    walk.ended()
}

/// The same of a text that is no JSON and may have some in it: a single quote in it begins no string.
pub(super) fn redacted_in(text: &str, redaction: &Redaction) -> Option<String> {
    let signs = Signs::anywhere(redaction.detectors);
    let mut walk = Walk::new(text, redaction, &signs);
    walk.is_json = false;
    walk.run();
    walk.ended()
}

/// The same of a text that is one JSON text, where these signs are all there is and paths lead to these places: the rest is
/// passed over.
pub(super) fn redacted_at(
    text: &str,
    redaction: &Redaction,
    (signs, led_to): (&Signs, &[Range<usize>]),
) -> Option<String> {
    let mut walk = Walk::new(text, redaction, signs);
    for named in led_to {
        walk.up_to(named.start);
        walk.at = named.end;
        walk.take_out(named.start);
        walk.signs_before(named.end);
    }
    walk.up_to(text.len());
    walk.ended()
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    places: Vec<Place<'a>>,
    redaction: &'a Redaction,
    suspected: Detectors,
    /// Those that are still ahead; `None` where there may be some anywhere.
    signs: Option<&'a [(usize, Detector)]>,
    /// Whether a string that does not end was cut off.
    is_json: bool,
    new: String,
    /// Up to where the text is in `new`.
    copied: usize,
    /// The number behind the last name that was taken out, once one was.
    names: Option<usize>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, redaction: &'a Redaction, signs: &'a Signs) -> Self {
        Self {
            text,
            at: 0,
            places: Vec::new(),
            redaction,
            suspected: signs.detectors(),
            signs: signs.places(),
            is_json: true,
            new: String::new(),
            copied: 0,
            names: None,
        }
    }

    fn ended(mut self) -> Option<String> {
        (self.copied > 0).then(|| {
            self.new.push_str(&self.text[self.copied..]);
            self.new
        })
    }

    /// What has a sign up to a place that is in no string.
    fn up_to(&mut self, end: usize) {
        while let Some((sign, _)) = self.signs.and_then(<[_]>::first).copied()
            && sign < end
        {
            let Some(start) = self.string_around(sign) else {
                self.number(sign);
                continue;
            };
            self.at = start;
            self.string();
            if self.text[self.at..].trim_start().starts_with(':') {
                self.look_at_name(start, self.at);
            } else {
                self.look_at_text(start, self.at);
            }
        }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' if matches!(self.places.last(), Some(Place::Object(None))) => self.name(),
                b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.value(*byte),
                b',' => {
                    match self.places.last_mut() {
                        Some(Place::Array(index)) => *index += 1,
                        Some(Place::Object(name)) => *name = None,
                        None => {}
                    }
                    self.at += 1;
                }
                b'}' | b']' => {
                    self.places.pop();
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn value(&mut self, first: u8) {
        let start = self.at;
        if self.is_named() {
            self.skip();
            self.take_out(start);
            return;
        }
        match first {
            b'{' => {
                self.places.push(Place::Object(None));
                self.at += 1;
            }
            b'[' => {
                self.places.push(Place::Array(0));
                self.at += 1;
            }
            b'"' => {
                self.string();
                if self.is_told(start) {
                    self.take_out(start);
                } else {
                    self.look_at_text(start, self.at);
                }
            }
            _ => {
                let mut before = self.text[..start].chars().rev();
                let is_part = match before.next() {
                    Some('.') => before.next().is_some_and(|c| c.is_ascii_digit()),
                    before => before.is_some_and(char::is_alphanumeric),
                };
                self.literal();
                // In a text that is no JSON, digits may be a part of a word.
                if self.is_json || !is_part {
                    self.look_at_literal(start, self.at);
                }
            }
        }
    }

    /// Takes the value out that begins there and ends here.
    fn take_out(&mut self, start: usize) {
        // A text stays a text, so that what reads the answer goes on.
        let new = match self.text.as_bytes()[start] {
            b'"' => quoted(&format!("{REDACTED}]")),
            _ => "null".to_owned(),
        };
        self.replace(start, self.at, &new);
    }

    /// The name of a member, which may be an address.
    fn name(&mut self) {
        let start = self.at;
        self.string();
        let end = self.at;
        self.look_at_name(start, end);
        if let Some(Place::Object(here)) = self.places.last_mut() {
            *here = Some(unquoted(&self.text[start..end]));
        }
    }

    fn look_at_name(&mut self, start: usize, end: usize) {
        if let Some(new) = self.found(start, end, false) {
            // Two members must not get the same name, also where some were taken out before the API has answered.
            let number = self.names.get_or_insert_with(|| last_number(self.text));
            *number += 1;
            let name = quoted(&format!("{new} {number}"));
            self.replace(start, end, &name);
        }
    }

    fn look_at_text(&mut self, start: usize, end: usize) {
        if let Some(new) = self.found(start, end, self.is_json) {
            self.replace(start, end, &quoted(&new));
        }
    }

    /// A number may be a card's, however it is written; one that is short, or has a fraction, is not.
    fn look_at_literal(&mut self, start: usize, end: usize) {
        let token = self.text[start..end].trim_start_matches('-');
        if self.suspected.is_empty() || token.len() < SHORTEST {
            return;
        }
        let is_digits = token.bytes().all(|byte| byte.is_ascii_digit());
        let whole = if is_digits {
            Some(token.to_owned())
        } else {
            written_whole(token)
        };
        let is_long = |whole: &String| whole.len() >= SHORTEST;
        if whole
            .filter(is_long)
            .is_some_and(|whole| without(self.suspected, &whole).is_some())
        {
            self.replace(start, end, "null");
        }
    }

    /// Where the string begins that a sign is in, if it is in one; nothing is in any string here.
    fn string_around(&mut self, sign: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let before = &bytes[self.at..sign];
        if !may_be_outside(bytes[sign]) {
            let mut quotes = memrchr_iter(b'"', before);
            let start = quotes.find(|quote| !is_escaping(&before[..*quote]));
            return start.map(|start| self.at + start);
        }
        // Without escapes, every quote begins a string or ends one.
        if memchr(b'\\', before).is_none() {
            let is_inside = memchr_iter(b'"', before).count() % 2 == 1;
            let quote = memrchr(b'"', before).filter(|_| is_inside);
            return quote.map(|quote| self.at + quote);
        }
        while let Some(quote) = memchr(b'"', &bytes[self.at..sign]) {
            let start = self.at + quote;
            self.at = start;
            self.string();
            if self.at > sign {
                return Some(start);
            }
        }
        None
    }

    /// The number in which a sign is, and all other signs in it.
    fn number(&mut self, sign: usize) {
        let before = &self.text.as_bytes()[self.at..sign];
        let length = before
            .iter()
            .rev()
            .take_while(|byte| is_part(**byte))
            .count();
        let start = sign - length;
        self.at = start;
        self.literal();
        self.look_at_literal(start, self.at);
        self.at = self.at.max(sign + 1);
        self.signs_before(self.at);
    }

    /// What the detectors make of a string. One that is cut off may end in the middle of what they look for.
    fn found(&mut self, start: usize, end: usize, is_written_anew: bool) -> Option<String> {
        let token = &self.text[start..end];
        if token.len() < 2 || !token.ends_with('"') {
            if !self.is_json {
                return None;
            }
            return (!self.redaction.detectors.is_empty()).then(|| format!("{REDACTED}]"));
        }
        let inside = &token[1..token.len() - 1];
        match self.signs_before(end) {
            Some(suspected) if suspected.is_empty() => None,
            Some(suspected) if suspected.is_only(Detector::Email) && is_address(inside) => {
                Detector::Email.without(inside, std::iter::once(0..inside.len()))
            }
            Some(suspected) => seen(token, is_written_anew, |plain| {
                if is_plain(plain) {
                    without_suspected(suspected, plain)
                } else {
                    without(suspected, plain)
                }
            }),
            None if self.suspected.is_empty() => None,
            None => seen(token, is_written_anew, |plain| {
                without(self.suspected, plain)
            }),
        }
    }

    /// What has a sign up to here that nobody has looked at; `None` where there may be some anywhere.
    fn signs_before(&mut self, end: usize) -> Option<Detectors> {
        let mut ahead = self.signs?;
        let mut found = Detectors::default();
        while let Some(((at, detector), rest)) = ahead.split_first()
            && *at < end
        {
            found.add(*detector);
            ahead = rest;
        }
        self.signs = Some(ahead);
        Some(found)
    }

    /// Whether a text that begins there and ends here is a secret by its name.
    fn is_told(&self, start: usize) -> bool {
        let Some(Place::Object(Some(name))) = self.places.last() else {
            return false;
        };
        self.redaction.detectors.has(Detector::Secret)
            && Told::by(&visible(Cow::Borrowed(name)))
                .is_some_and(|told| told.is_about(&self.text[start..self.at]))
    }

    /// Whether one of the owner's paths leads here.
    fn is_named(&self) -> bool {
        self.redaction.paths.iter().any(|path| {
            let steps = path.steps();
            let leads = |(step, place): (&Step, &Place)| match (step, place) {
                (Step::All, _) => true,
                (Step::Name(name), Place::Object(Some(here))) => here == name,
                (Step::Index(index), Place::Array(here)) => index == here,
                _ => false,
            };
            steps.len() == self.places.len() && steps.iter().zip(&self.places).all(leads)
        })
    }

    fn replace(&mut self, start: usize, end: usize, new: &str) {
        if self.copied == 0 {
            self.new.reserve(self.text.len());
        }
        self.new.push_str(&self.text[self.copied..start]);
        self.new.push_str(new);
        self.copied = end;
    }

    /// Goes to the end of the string that begins here.
    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(rest) = bytes.get(self.at..) {
            match memchr2(b'"', b'\\', rest) {
                Some(length) if rest[length] == b'"' => {
                    self.at += length + 1;
                    return;
                }
                Some(length) => self.at += length + 2,
                None => break,
            }
        }
        self.at = bytes.len();
    }

    /// Goes to the end of a number, `true`, `false` or `null`.
    fn literal(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest
            .iter()
            .take_while(|byte| is_part(**byte))
            .count()
            .max(1);
    }

    /// Goes to the end of the value that begins here.
    fn skip(&mut self) {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' | b'a'..=b'z' if depth == 0 => self.literal(),
                _ => self.at += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// The digits of a number that is written with a fraction or an exponent and has none.
fn written_whole(token: &str) -> Option<String> {
    if let Some((whole, fraction)) = token.split_once('.')
        && fraction.bytes().all(|byte| byte == b'0')
    {
        return Some(whole.to_owned());
    }
    // One with fewer digits ends in many zeros.
    let digits = token
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.');
    let number: f64 = (digits.count() >= SHORTEST).then(|| token.parse().ok())??;
    (number.fract() == 0.0 && number < 1e19).then(|| format!("{number:.0}"))
}

/// The largest number behind a name that was taken out.
fn last_number(text: &str) -> usize {
    let names = text.split(REDACTED).skip(1);
    let numbers = names.filter_map(|behind| {
        let (_, number) = behind.split_once("] ")?;
        let length = number.bytes().take_while(u8::is_ascii_digit).count();
        number[..length].parse::<usize>().ok()
    });
    numbers.max().unwrap_or_default().min(usize::MAX / 2)
}

/// Whether this may be in JSON where no string is.
fn may_be_outside(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_whitespace() || b"{}[]:,+-.eEtrufalsn".contains(&byte)
}

/// Whether what follows this is escaped by it.
fn is_escaping(before: &[u8]) -> bool {
    let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Whether a number or a word of JSON may have this in it.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// What a look at what a string says gives. What cannot be seen hides nothing: of JSON, a text that has any of it
/// `is_written_anew`.
fn seen(
    token: &str,
    is_written_anew: bool,
    look: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let read = match unquoted(token) {
        Cow::Borrowed(plain) => return look(plain),
        Cow::Owned(read) => read,
    };
    let shown = visible(Cow::Borrowed(read.as_str()));
    if *shown == *read {
        return look(&shown);
    }
    let found = look(&shown);
    if is_written_anew {
        return found.or_else(|| Some(shown.into_owned()));
    }
    found.or_else(|| look(&read))
}

/// What a string says that may be cut off.
pub(super) fn beginning(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| {
        let inside = token.strip_prefix('"').unwrap_or(token);
        // A quote behind a backslash ends nothing.
        let is_whole = serde_json::from_str::<IgnoredAny>(token).is_ok();
        let inside = inside
            .strip_suffix('"')
            .filter(|_| is_whole)
            .unwrap_or(inside);
        read_escapes(inside)
    })
}

/// What a string says; what is no JSON is taken as it stands.
fn unquoted(token: &str) -> Cow<'_, str> {
    let inside = token.strip_prefix('"').unwrap_or(token);
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    if !inside.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    Cow::Owned(serde_json::from_str(token).unwrap_or_else(|_| read_escapes(inside)))
}

/// What a string says of which not all can be read: half of a character hides nothing of the rest.
fn read_escapes(inside: &str) -> String {
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = escape.chars();
        let code = || u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok();
        if let Some(code) = code() {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = &escape[5..];
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some(other) => out.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::super::super::path::Path;
    use super::super::detect::EXAMPLES;
    use super::super::{Detector, Redaction};
    use super::*;

    fn redacted_by(paths: &[&str], detectors: &[Detector], text: &str) -> String {
        let paths = paths.iter().map(|path| Path::parse(path).expect("a path"));
        let redaction = Redaction {
            detectors: Detectors::of(detectors),
            paths: paths.collect(),
        };
        let new = redacted(text, &redaction, &Signs::of(redaction.detectors, text));
        new.unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn what_stays_is_as_it_was_written() {
        let text = "{ \"price\": 1.10,\n  \"card\": \"4111111111111111\", \"big\": 123456789012345678901234567890 }";
        assert_eq!(
            redacted_by(&[], &[Detector::Card], text),
            "{ \"price\": 1.10,\n  \"card\": \"[redacted: card]\", \"big\": 123456789012345678901234567890 }"
        );
        assert_eq!(redacted_by(&[], &[Detector::Email], text), text);
    }

    #[test]
    fn paths_lead_to_members_items_and_all_of_them() {
        let text = r#"{"a":{"b":"x","c":[{"d":1,"e":"y"},{"d":{"f":[1,"]"]}}]},"b":"z"}"#;
        for (path, expected) in [
            (
                "$.a.b",
                r#"{"a":{"b":"[redacted]","c":[{"d":1,"e":"y"},{"d":{"f":[1,"]"]}}]},"b":"z"}"#,
            ),
            (
                "$.a.c[*].d",
                r#"{"a":{"b":"x","c":[{"d":null,"e":"y"},{"d":null}]},"b":"z"}"#,
            ),
            (
                "$.a.c[1]",
                r#"{"a":{"b":"x","c":[{"d":1,"e":"y"},null]},"b":"z"}"#,
            ),
            ("$.*", r#"{"a":null,"b":"[redacted]"}"#),
            ("$.a.x", text),
        ] {
            assert_eq!(redacted_by(&[path], &[], text), expected, "{path}");
        }
        let lines = "{\"a\":1}\n{\"a\":2}\n";
        assert_eq!(
            redacted_by(&["$.a"], &[], lines),
            "{\"a\":null}\n{\"a\":null}\n"
        );
    }

    #[test]
    fn escapes_hide_nothing() {
        let text = r#"{"\u0061":"ann\u0040example.org"}"#;
        assert_eq!(
            redacted_by(&["$.a"], &[], text),
            r#"{"\u0061":"[redacted]"}"#
        );
        assert_eq!(
            redacted_by(&[], &[Detector::Email], text),
            r#"{"\u0061":"[redacted: email]"}"#
        );
    }

    #[test]
    fn half_a_character_and_escapes_within_escapes_hide_nothing() {
        let all = Detector::ALL;
        for (text, expected) in [
            (r#"{"a":"x \ud83d\n4111111111111111"}"#, "[redacted: card]"),
            (
                r#"{"a":"\ud83d ann\u0040example.org"}"#,
                "[redacted: email]",
            ),
            (r#"{"a":"\ud83d\t415-555-0132"}"#, "[redacted: phone]"),
            (
                r#"{"a":"{\"b\":\"x\\n4111111111111111\"}"}"#,
                "[redacted: card]",
            ),
            (r#"{"a":"line\\n219-09-9999"}"#, "[redacted: ssn]"),
            (r#"{"a":[4111111111111111.0]}"#, "[null]"),
            (r#"{"a":[-4111111111111111]}"#, "[null]"),
        ] {
            let told = redacted_by(&[], &all, text);
            assert!(told.contains(expected), "{text}: {told}");
        }
    }

    #[test]
    fn names_and_numbers_are_looked_at_too() {
        let text = r#"{"ann@example.org":1,"bob@example.org":[4111111111111111]}"#;
        assert_eq!(
            redacted_by(&[], &[Detector::Email, Detector::Card], text),
            r#"{"[redacted: email] 1":1,"[redacted: email] 2":[null]}"#
        );
    }

    #[test]
    fn what_has_a_sign_is_what_is_found_where_all_is_looked_into() {
        let beside = [
            "",
            "x ",
            "550e8400-e29b-41d4 ",
            "task_id ",
            "100% ",
            "2026-11-29 ",
            "\\n",
            "\\\" ",
            "--- ",
        ];
        for (number, (_, it)) in EXAMPLES.iter().enumerate() {
            let it = it.replace('\n', "\\n");
            let (_, other) = EXAMPLES[(number + 7) % EXAMPLES.len()];
            let other = other.replace('\n', "\\n");
            for before in beside {
                for text in [
                    format!(
                        r#"{{"a":"{before}{it}","b":[1,"x",{{"{before}{it}":null}}],"c":"{other}"}}"#
                    ),
                    format!(
                        r#" [ 4111111111111111 , "{before}" , {{}} , [ ] , -1.5e3, "{it}",true,"{other} {it}" ] "#
                    ),
                    format!(
                        r#"{{"{other}":{{"a":{{"b":"{before}"}}}},"d":"plain","e":"{before}{it} plain"}}"#
                    ),
                ] {
                    for paths in [
                        &[][..],
                        &["$.a", "$.c"],
                        &["$.*.a", "$[*]"],
                        &["$.b[2]", "$[1]"],
                    ] {
                        let redaction = Redaction {
                            detectors: Detectors::of(&Detector::ALL),
                            paths: paths
                                .iter()
                                .map(|path| Path::parse(path).expect("a path"))
                                .collect(),
                        };
                        let everywhere = Signs::anywhere(redaction.detectors);
                        let expected = redacted(&text, &redaction, &everywhere);
                        let signs = Signs::of(redaction.detectors, &text);
                        let led_to = redaction.led_to(&text, true).expect("JSON");
                        assert!(expected.is_some(), "{text}");
                        assert_eq!(
                            redacted_at(&text, &redaction, (&signs, &led_to)),
                            expected,
                            "{text}"
                        );
                        assert_eq!(redacted(&text, &redaction, &signs), expected, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_broken_is_walked_as_far_as_it_goes() {
        for (text, expected) in [
            (
                r#"{"a":"ann@example.org","b":"bob@exam"#,
                r#"{"a":"[redacted: email]","b":"[redacted]""#,
            ),
            (
                r#"{"a":"ann@example.org","b":"\"#,
                r#"{"a":"[redacted: email]","b":"[redacted]""#,
            ),
            (
                r#"}}]{"a":"ann@example.org"}"#,
                r#"}}]{"a":"[redacted: email]"}"#,
            ),
            (
                r#"["x",,"ann@example.org"]]"#,
                r#"["x",,"[redacted: email]"]]"#,
            ),
        ] {
            assert_eq!(
                redacted_by(&[], &[Detector::Email], text),
                expected,
                "{text}"
            );
        }
    }
}
