//! Takes values out of JSON text without reading it into values: numbers keep their digits, and the rest its layout.
//!
//! It follows what is well formed and walks on over what is not, so that the beginning of a long answer is redacted like
//! the whole.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::super::path::Step;
use super::super::text::visible;
use super::detect::Detectors;
use super::{REDACTED, Redaction, without};

/// Where the walk is: in an object behind a name, or in an array at an index.
enum Place {
    Object(Option<Range<usize>>),
    Array(usize),
}

/// The JSON without what is to be taken out; `None` where that is nothing. Only the detectors that are suspected are asked.
pub(super) fn redacted(text: &str, redaction: &Redaction, suspected: Detectors) -> Option<String> {
    walked(text, redaction, suspected, true)
}

/// The same of a text that is no JSON and may have some in it: a single quote in it begins no string.
pub(super) fn redacted_in(text: &str, redaction: &Redaction) -> Option<String> {
    walked(text, redaction, redaction.detectors, false)
}

fn walked(
    text: &str,
    redaction: &Redaction,
    suspected: Detectors,
    is_json: bool,
) -> Option<String> {
    let mut walk = Walk {
        text,
        at: 0,
        places: Vec::new(),
        redaction,
        suspected,
        is_json,
        new: String::new(),
        copied: 0,
        names: 0,
    };
    walk.run();
    (walk.copied > 0).then(|| {
        walk.new.push_str(&text[walk.copied..]);
        walk.new
    })
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    places: Vec<Place>,
    redaction: &'a Redaction,
    suspected: Detectors,
    /// Whether a string that does not end was cut off.
    is_json: bool,
    new: String,
    /// Up to where the text is in `new`.
    copied: usize,
    /// How many names of members were taken out.
    names: usize,
}

impl Walk<'_> {
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
            // A text stays a text, so that what reads the answer goes on.
            let new = match first {
                b'"' => quoted(&format!("{REDACTED}]")),
                _ => "null".to_owned(),
            };
            self.replace(start, self.at, &new);
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
                let end = self.at;
                if let Some(new) = self.found(start, end) {
                    self.replace(start, end, &quoted(&new));
                }
            }
            _ => {
                self.literal();
                let end = self.at;
                // A number may be a card's; one that is short, or has a fraction, is not.
                let token = &self.text[start..end];
                let whole = token.trim_start_matches('-');
                let whole = whole.strip_suffix(".0").unwrap_or(whole);
                let is_long = whole.len() >= 14 && whole.bytes().all(|byte| byte.is_ascii_digit());
                if is_long && without(self.suspected, whole).is_some() {
                    self.replace(start, end, "null");
                }
            }
        }
    }

    /// The name of a member, which may be an address.
    fn name(&mut self) {
        let start = self.at;
        self.string();
        let end = self.at;
        if let Some(new) = self.found(start, end) {
            // Two members must not get the same name.
            self.names += 1;
            self.replace(start, end, &quoted(&format!("{new} {}", self.names)));
        }
        if let Some(Place::Object(here)) = self.places.last_mut() {
            *here = Some(start..end);
        }
    }

    /// What the detectors make of a string. One that is cut off may end in the middle of what they look for.
    fn found(&self, start: usize, end: usize) -> Option<String> {
        let token = &self.text[start..end];
        if token.len() < 2 || !token.ends_with('"') {
            if !self.is_json {
                return None;
            }
            return (!self.redaction.detectors.is_empty()).then(|| format!("{REDACTED}]"));
        }
        if self.suspected.is_empty() {
            return None;
        }
        match unquoted(token) {
            Cow::Borrowed(plain) => without(self.suspected, plain),
            // What cannot be seen is taken out later, and must not hide anything until then.
            Cow::Owned(read) => without(self.suspected, &visible(Cow::Owned(read))),
        }
    }

    /// Whether one of the owner's paths leads here.
    fn is_named(&self) -> bool {
        self.redaction.paths.iter().any(|path| {
            let steps = path.steps();
            let leads = |(step, place): (&Step, &Place)| match (step, place) {
                (Step::All, _) => true,
                (Step::Name(name), Place::Object(Some(here))) => {
                    unquoted(&self.text[here.clone()]) == name.as_str()
                }
                (Step::Index(index), Place::Array(here)) => index == here,
                _ => false,
            };
            steps.len() == self.places.len() && steps.iter().zip(&self.places).all(leads)
        })
    }

    fn replace(&mut self, start: usize, end: usize, new: &str) {
        self.new.push_str(&self.text[self.copied..start]);
        self.new.push_str(new);
        self.copied = end;
    }

    /// Goes to the end of the string that begins here.
    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(rest) = bytes.get(self.at..) {
            match rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
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
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        self.at += rest.iter().take_while(|byte| is_part(byte)).count().max(1);
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

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
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
    use super::super::{Detector, Redaction};
    use super::*;

    fn redacted_by(paths: &[&str], detectors: &[Detector], text: &str) -> String {
        let paths = paths.iter().map(|path| Path::parse(path).expect("a path"));
        let redaction = Redaction {
            detectors: Detectors::of(detectors),
            paths: paths.collect(),
        };
        redacted(text, &redaction, redaction.detectors).unwrap_or_else(|| text.to_owned())
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
