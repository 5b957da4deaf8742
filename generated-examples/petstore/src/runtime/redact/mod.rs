//! What the model does not get to see of the API's answers: personal data and secrets that a detector knows, and what the
//! owner names by its place.
//!
//! It works on the text of an answer, before anything is made of it. JSON stays JSON, and what is not taken out stays as
//! the API wrote it.

mod checks;
mod detect;
mod json;
mod keys;
mod led_to;
mod names;
mod signs;

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

use serde::de::IgnoredAny;

pub(super) use self::detect::Detector;
use self::detect::Detectors;
use self::keys::{private_keys, without_passwords};
use self::signs::Signs;
use super::path::{Path, Step};
use super::references::character;
use super::text::{numbered, visible};

/// How what stands for something that was taken out begins.
pub(super) const REDACTED: &str = "[redacted";

/// What stands for a text into which paths do not lead.
const WITHHELD: &str =
    "[redacted: this is not JSON, and what is to be taken out of it is named by paths into JSON]";
/// What stands in front of JSON so that no script can be made of it.
const GUARDS: [&str; 4] = [")]}',", ")]}'", "while(1);", "for(;;);"];
/// The lines of an event that are not its data; a comment has no name.
const FIELDS: [&str; 4] = ["event:", "id:", "retry:", ":"];

/// What long lines are folded in (RFC 5545 §3.1, RFC 6350 §3.2).
const CARDS: [&str; 2] = ["BEGIN:VCALENDAR", "BEGIN:VCARD"];

/// What many streams end with, which is no JSON and says nothing.
const END: &str = "[DONE]";

/// What is taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Redaction {
    detectors: Detectors,
    paths: Vec<Path>,
}

/// What is left of a text.
pub(super) struct Redacted<'t> {
    pub(super) text: Cow<'t, str>,
    /// Whether it was seen to be one JSON text, which it still is.
    pub(super) is_json: bool,
}

/// One entry of `--redact` or `redact`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redact {
    /// What one detector finds.
    One(Detector),
    /// What any detector finds.
    All,
    /// Nothing.
    Off,
}

impl FromStr for Redact {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "off" => Ok(Self::Off),
            path if path.starts_with('$') => Err(format!(
                "`{path}` is a path, which is about the answers of some tools: put it into `redact` of a table \
                 `[tools.\"SELECTOR\"]`"
            )),
            name => Detector::ALL
                .into_iter()
                .find(|detector| detector.name() == name)
                .map(Self::One)
                .ok_or_else(|| {
                    let names: Vec<&str> = Detector::ALL.map(Detector::name).into();
                    format!("expected {}, all or off", names.join(", "))
                }),
        }
    }
}

impl Redaction {
    /// Adds an entry; `off` takes the detectors away that were there.
    pub(super) fn add(&mut self, entry: &Redact) {
        match entry {
            Redact::Off => self.detectors = Detectors::default(),
            Redact::All => self.detectors = Detectors::of(&Detector::ALL),
            Redact::One(detector) => self.detectors.add(*detector),
        }
    }

    /// Adds what stands at a path in the JSON of an answer.
    pub(super) fn add_path(&mut self, path: Path) {
        self.paths.push(path);
    }

    /// Whether nothing is taken out.
    pub(super) fn is_empty(&self) -> bool {
        self.detectors.is_empty() && self.paths.is_empty()
    }

    /// The body of an answer: JSON, many of them, a stream of events, or any other text.
    pub(super) fn body<'t>(&self, text: Cow<'t, str>) -> Redacted<'t> {
        if let Some(seen) = self.json_within(&text) {
            return Redacted {
                text: Cow::Owned(seen),
                is_json: false,
            };
        }
        let signs = Signs::of(self.detectors, &text);
        // What is read anyway is not looked through for that before.
        let is_read = !self.paths.is_empty() || !signs.detectors().is_empty();
        let tells = self.detectors.has(Detector::Secret) && (is_read || names::may_tell(&text));
        if !is_read && !tells && is_ended(&text) {
            return Redacted {
                text,
                is_json: false,
            };
        }
        if signs.places().is_some()
            && text.trim_start().starts_with(['{', '['])
            && let Some(led_to) = self.led_to(&text, tells)
        {
            let new = json::redacted_at(&text, self, (&signs, &led_to));
            return Redacted {
                text: new.map_or(text, Cow::Owned),
                is_json: true,
            };
        }
        let extent = Extent::of(&text);
        let is_one = extent == Some(Extent::Whole) && text.trim_start().starts_with(['{', '[']);
        let new = if is_one || extent == Some(Extent::CutOff) {
            json::redacted(&text, self, &signs)
        } else {
            self.no_json(&text)
        };
        Redacted {
            text: new.map_or(text, Cow::Owned),
            is_json: is_one,
        }
    }

    /// A text that is one string of JSON, or the beginning of one, where paths may lead into what it says; `None` where it is
    /// none.
    fn json_within(&self, text: &str) -> Option<String> {
        let token = text.trim();
        if self.paths.is_empty() || !token.starts_with('"') {
            return None;
        }
        Extent::of(token)?;
        let inside = json::beginning(token);
        if !inside.contains(['{', '[']) {
            return None;
        }
        let seen = json::quoted(&self.body(Cow::Owned(inside)).text);
        Some(text.replacen(token, &seen, 1))
    }

    /// Where paths lead in a text, and what its members' names tell of, if they may; `None` where it is not one JSON text, or
    /// that can only be said by walking through it.
    fn led_to(&self, text: &str, tells: bool) -> Option<Vec<Range<usize>>> {
        let paths = self.paths.iter().filter(|path| may_lead(path, text));
        led_to::led_to(paths, tells, text)
    }

    /// What is not one JSON text.
    fn no_json(&self, text: &str) -> Option<String> {
        if is_events(text) {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            let text = self.without_spread_keys(&text, "\n\n");
            return Some(self.events(&text));
        }
        if CARDS.iter().any(|begin| text.starts_with(begin)) {
            let folds = ["\r\n ", "\r\n\t", "\n ", "\n\t"];
            let text = folds
                .iter()
                .fold(text.to_owned(), |text, fold| text.replace(fold, ""));
            return self.piece(&text);
        }
        self.piece(text)
    }

    /// A text without the keys that go on over what separates its parts, each of which is looked at for itself.
    fn without_spread_keys<'t>(&self, text: &'t str, between: &str) -> Cow<'t, str> {
        if !self.detectors.has(Detector::Secret) {
            return Cow::Borrowed(text);
        }
        let spread = private_keys(text).into_iter().filter(|key| {
            // What only speaks of a key has no end.
            let it = &text[key.clone()];
            it.contains(between) && it.contains("-----END ")
        });
        let new = Detector::Secret.without(text, spread);
        new.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// A text that may be JSON, JSON on each line, or JSON behind a guard against scripts; `None` where nothing is to be taken
    /// out. Paths lead nowhere in any other text: what they mean may be anywhere in it, so nothing of it is shown.
    fn piece(&self, text: &str) -> Option<String> {
        let json = |text: &str| json::redacted(text, self, &Signs::anywhere(self.detectors));
        if let Some(seen) = self.json_within(text) {
            return Some(seen);
        }
        if text.trim().is_empty() || Extent::of(text).is_some() {
            return json(text);
        }
        if is_lines(text) {
            // Nothing of one line says anything of the next, but for a key that goes on over many. What that leaves of its
            // lines may be no JSON.
            let text = self.without_spread_keys(text, "\n");
            let mut seen = String::with_capacity(text.len());
            for line in text.split_inclusive('\n') {
                // With its end, a line that is cut off would be no JSON, but such lines again.
                let own = line.trim_end_matches(['\r', '\n']);
                seen.push_str(self.piece(own).as_deref().unwrap_or(own));
                seen.push_str(&line[own.len()..]);
            }
            return Some(seen);
        }
        let begin = text.trim_start();
        let behind = GUARDS.iter().find_map(|guard| begin.strip_prefix(guard));
        if let Some(rest) = behind.filter(|rest| Extent::of(rest).is_some()) {
            let guard = &text[..text.len() - rest.len()];
            return json(rest).map(|new| format!("{guard}{new}"));
        }
        if !self.paths.is_empty() {
            return Some(WITHHELD.to_owned());
        }
        // What only begins like JSON may hold anything between what looks like its parts.
        let plain = self.text(text);
        json::redacted_in(plain.as_deref().unwrap_or(text), self).or(plain)
    }

    /// Text that is no JSON; `None` where nothing is to be taken out.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        without(self.detectors, text)
    }

    /// Server-sent events, whose data is often JSON, on one line or on many with others in between (HTML, §9.2.6).
    fn events(&self, text: &str) -> String {
        let events: Vec<String> = text.split("\n\n").map(|event| self.event(event)).collect();
        events.join("\n\n")
    }

    fn event(&self, event: &str) -> String {
        let data: Vec<&str> = (event.split('\n'))
            .filter_map(|line| line.strip_prefix("data:"))
            .collect();
        let data = data.join("\n");
        let is_end = data.trim() == END;
        let mut data = self.piece(&data).filter(|_| !is_end);
        let is_new = data.is_some();
        let mut lines: Vec<String> = Vec::new();
        for line in event.split('\n') {
            if !line.starts_with("data:") {
                let field = FIELDS.iter().find(|field| line.starts_with(**field));
                let (name, value) = line.split_at(field.map_or(0, |field| field.len()));
                // A word is no JSON, and is not to be withheld for that.
                let is_word = field.is_some() && !value.contains(['{', '[', '"']);
                let new = if is_word {
                    self.text(value)
                } else {
                    self.piece(value)
                };
                lines.push(new.map_or_else(|| line.to_owned(), |new| format!("{name}{new}")));
            } else if let Some(data) = data.take() {
                lines.extend(data.split('\n').map(|line| format!("data:{line}")));
            } else if !is_new {
                lines.push(line.to_owned());
            }
        }
        lines.join("\n")
    }
}

/// A text without what the detectors find; `None` where that is nothing. It is written out only where that is how something is
/// found.
fn without(detectors: Detectors, text: &str) -> Option<String> {
    let look = |text: &str| without_suspected(Signs::of_plain(detectors, text).detectors(), text);
    if is_plain(text) {
        return look(text);
    }
    // Before anything is decoded: what ends a password is encoded in it.
    let begun = (detectors
        .has(Detector::Secret)
        .then(|| without_passwords(text)))
    .flatten();
    let text = begun.as_deref().unwrap_or(text);
    let plain = look(text);
    let seen = plain.as_deref().unwrap_or(text);
    let is_form = is_form(text);
    let written = match written_out(seen, is_form) {
        Cow::Owned(more) if plain.is_none() => look(&more),
        // Or what was found began before, with what is encoded.
        Cow::Owned(more) if seen.contains("%[redacted") || look(&more).is_some() => {
            look(&written_out(text, is_form))
        }
        Cow::Owned(_) | Cow::Borrowed(_) => None,
    };
    written.or(plain).or(begun)
}

/// Whether a text is what it says, and no URL.
fn is_plain(text: &str) -> bool {
    !text.contains(['&', '\\', '%', '+', '/'])
}

/// Characters that HTML refers to by name where numbers and addresses stand (HTML §13.5).
const NAMED: [(&str, char); 8] = [
    ("&nbsp;", '\u{a0}'),
    ("&ensp;", '\u{2002}'),
    ("&emsp;", '\u{2003}'),
    ("&thinsp;", '\u{2009}'),
    ("&ndash;", '\u{2013}'),
    ("&hyphen;", '\u{2010}'),
    ("&commat;", '@'),
    ("&plus;", '+'),
];
/// What URLs have in their place (RFC 3986 §2.1).
const ENCODED: [(&str, char); 6] = [
    ("%20", ' '),
    ("%2B", '+'),
    ("%2b", '+'),
    ("%40", '@'),
    ("%28", '('),
    ("%29", ')'),
];

/// Whether a text may refer to characters, by their numbers (XML 1.0 §4.1) or their names.
fn may_refer(text: &str) -> bool {
    text.contains('&') && (text.contains("&#") || NAMED.iter().any(|(name, _)| text.contains(name)))
}

/// Whether a text may have what separates the parts of a number or a token as URLs do.
fn may_be_encoded(text: &str) -> bool {
    text.contains('%') && ["%28", "%29"].iter().any(|it| text.contains(it))
}
/// In bytes: what a reference takes at most.
const LONGEST_REFERENCE: usize = 32;

/// A text with the characters themselves in place of references to them: what is within a reference may be one.
fn written_out(text: &str, is_form: bool) -> Cow<'_, str> {
    /// How deep texts within texts are read.
    const DEPTH: usize = 3;
    let mut seen = if is_form {
        with_spaces(text)
    } else {
        Cow::Borrowed(text)
    };
    for _ in 0..DEPTH {
        let Some(new) = written_out_once(&seen) else {
            break;
        };
        seen = Cow::Owned(new);
    }
    match seen {
        Cow::Borrowed(text) => Cow::Borrowed(text),
        Cow::Owned(text) => visible(Cow::Owned(text)),
    }
}

/// Whether a text is a form or the query of a URL, or has one in it.
fn is_form(text: &str) -> bool {
    text.contains('+') && forms(text).any(|(_, is_form)| is_form)
}

/// The words of a text, with the spaces behind them, and whether each is a form. Of many words, base64 is none, which has `=`
/// at its end alone.
fn forms(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let is_one = !text.contains(char::is_whitespace);
    text.split_inclusive(char::is_whitespace).map(move |word| {
        let inner = if is_one {
            word
        } else {
            word.trim_end().trim_end_matches('=')
        };
        (word, word.contains('+') && inner.contains('='))
    })
}

/// A text with the spaces that the pluses of its forms are (WHATWG URL §5.1).
fn with_spaces(text: &str) -> Cow<'_, str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '(' | ')' | '%');
    let mut out = String::with_capacity(text.len());
    for (word, is_form) in forms(text) {
        if !is_form {
            out.push_str(word);
            continue;
        }
        let mut rest = word;
        while let Some((before, behind)) = rest.split_once('+') {
            out.push_str(before);
            let is_space = before.ends_with(is_part) && behind.starts_with(is_part);
            out.push(if is_space { ' ' } else { '+' });
            rest = behind;
        }
        out.push_str(rest);
    }
    Cow::Owned(out)
}

/// `None` where there is no reference.
fn written_out_once(text: &str) -> Option<String> {
    let is_encoded = || text.contains('%') && ENCODED.iter().any(|(it, _)| text.contains(it));
    let is_escaped = || ["\\u", "\\/"].iter().any(|escape| text.contains(escape));
    if !(may_refer(text) || is_escaped() || is_encoded()) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_new = false;
    while let Some(found) = rest.find(['&', '\\', '%']) {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        let read = match rest.as_bytes()[0] {
            b'&' => referred(rest).or_else(|| one_of(&NAMED, rest)),
            b'%' => one_of(&ENCODED, rest),
            _ => escaped(rest),
        };
        is_new |= read.is_some();
        let (piece, length) = read.unwrap_or_else(|| {
            let length = slashes(rest).max(1);
            (rest[..length].to_owned(), length)
        });
        out.push_str(&piece);
        rest = &rest[length..];
    }
    out.push_str(rest);
    is_new.then_some(out)
}

fn slashes(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'\\').count()
}

/// What the escape of JSON says that a text begins with, and the length of it in bytes. A text within texts has twice as many
/// backslashes; others before them are the text's own. What would end a string or a line stays an escape.
fn escaped(text: &str) -> Option<(String, usize)> {
    let count = slashes(text);
    let own = 1 << count.trailing_zeros();
    let (theirs, text) = text.split_at(count - own);
    let (begin, rest) = text.split_at(own);
    if rest.starts_with('/') {
        return Some(("/".to_owned(), count + 1));
    }
    let (c, length) = numbered(text, begin)?;
    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
    let said = match c {
        '"' => format!("{}\"", "\\".repeat(2 * own - 1)),
        '\n' => format!("{begin}n"),
        '\r' => format!("{begin}r"),
        '\t' => format!("{begin}t"),
        '\\' => return None,
        c if c.is_control() => return None,
        c => c.to_string(),
    };
    Some((format!("{theirs}{said}"), theirs.len() + length))
}

fn one_of(all: &[(&str, char)], text: &str) -> Option<(String, usize)> {
    let found = all.iter().find(|(it, _)| text.starts_with(it));
    found.map(|(it, c)| (c.to_string(), it.len()))
}

/// The character of the reference that a text begins with, and the length of it in bytes.
fn referred(text: &str) -> Option<(String, usize)> {
    let number = text.strip_prefix("&#")?;
    let end = number
        .bytes()
        .take(LONGEST_REFERENCE)
        .position(|byte| byte == b';')?;
    let c = character(&text[1..2 + end])?;
    // To XML, these mean something else.
    let is_text = !"<>&\"'\\".contains(c) && !c.is_control();
    is_text.then(|| (c.to_string(), end + 3))
}

/// The same where only these may find something.
fn without_suspected(detectors: Detectors, text: &str) -> Option<String> {
    let mut new = None;
    for detector in detectors.iter() {
        new = detector.redacted(new.as_deref().unwrap_or(text)).or(new);
    }
    new
}

/// Whether a text is server-sent events, and none that only has a line like one of theirs.
fn is_events(text: &str) -> bool {
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.is_empty());
    let is_field = |line: &str| {
        line.starts_with("data:") || FIELDS.iter().any(|field| line.starts_with(field))
    };
    text.contains("data:") && lines.all(is_field)
}

/// Whether a text ends where something of JSON ends, and not in the middle of a string.
fn is_ended(text: &str) -> bool {
    text.trim_end().ends_with(['}', ']', '"'])
}

/// Whether a path may lead anywhere in a text that is one object or array: it begins as that does, and its last name is
/// there, or may be under an escape.
fn may_lead(path: &Path, text: &str) -> bool {
    let is_right = match path.steps().first() {
        Some(Step::Name(_)) => text.trim_start().starts_with('{'),
        Some(Step::Index(_)) => text.trim_start().starts_with('['),
        Some(Step::All) | None => true,
    };
    let last = path.steps().iter().rev().find_map(|step| match step {
        Step::Name(name) => Some(name),
        Step::Index(_) | Step::All => None,
    });
    let is_plain = |name: &&String| {
        let may_be_escaped = |c: char| matches!(c, '"' | '\\' | '/') || c.is_control();
        !name.contains(may_be_escaped)
    };
    is_right
        && last
            .filter(is_plain)
            .is_none_or(|name| text.contains(name.as_str()) || text.contains("\\u"))
}

/// How far a text is JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// It is one JSON text.
    Whole,
    /// It ends in the middle of one.
    CutOff,
}

impl Extent {
    fn of(text: &str) -> Option<Self> {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Some(Self::Whole),
            Err(error) if error.is_eof() => {
                let is_begun = text.trim_start().starts_with(['{', '[', '"']);
                is_begun.then_some(Self::CutOff)
            }
            Err(_) => None,
        }
    }
}

/// Whether each line of a text is JSON, of which the last one may be cut off. Numbers beside each other are text: a card has
/// spaces.
fn is_lines(text: &str) -> bool {
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .peekable();
    while let Some(line) = lines.next() {
        match Extent::of(line) {
            Some(Extent::Whole) => {}
            Some(Extent::CutOff) if lines.peek().is_none() => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_at_the_end_of_a_line_is_looked_through_once() {
        let mut all = Redaction::default();
        all.add(&Redact::All);
        let mut with_path = all.clone();
        with_path.add_path(Path::parse("$.a").expect("a path"));
        for text in [
            "[\"a\n",
            "[\"a@\r\n",
            "{\"a\":\"x\n",
            "[\"access_token\n",
            "{\"a\":1}\n{\"b\":\"x@y\n",
            "data: {\"a\":\"x@y\ndata:\n\n",
            "\"a\n",
            "\"a\n\n\r\n",
            "[\u{7f}\"\n",
        ] {
            for redaction in [&all, &with_path] {
                let seen = redaction.body(text.into()).text;
                assert!(!seen.contains("x@y"), "{seen}");
            }
        }
        let seen = all.body("{\"id\":1,\"m\":\"a@b.co\"}\r\n{\"id\":2,\"m\":\"ann@exam\n".into());
        let expected = "{\"id\":1,\"m\":\"[redacted: email]\"}\r\n{\"id\":2,\"m\":\"[redacted]\"\n";
        assert_eq!(seen.text, expected);
    }

    #[test]
    fn every_text_comes_to_an_end_and_json_stays_json() {
        const PARTS: [&str; 14] = [
            "[", "{", "\"", "a", ":", ",", "\n", "\\", "@b.co", "}", "]", "1", "data:", "\u{7f}",
        ];
        let mut all = Redaction::default();
        all.add(&Redact::All);
        let mut with_path = all.clone();
        with_path.add_path(Path::parse("$.a").expect("a path"));
        let look = |text: &str| {
            let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
            for redaction in [&all, &with_path] {
                let seen = redaction.body(text.into()).text;
                assert!(is_json(&seen) || !is_json(text), "{text:?} {seen:?}");
            }
        };
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer = texts
                .iter()
                .flat_map(|text| PARTS.map(|part| format!("{text}{part}")));
            texts = longer.collect();
            for text in &texts {
                look(text);
            }
        }
        let mut dice = Dice(1);
        for text in &texts {
            let mut text = text.clone();
            for _ in 0..12 {
                text.push_str(dice.one_of(&PARTS));
            }
            look(&text);
        }
    }

    #[test]
    fn what_is_found_by_signs_and_on_the_way_is_all_that_there_is() {
        const NAMES: [&str; 9] = [
            "id",
            "a",
            "email",
            "token",
            "access_token",
            "api_key_",
            "b@example.org",
            "keys",
            "P A S S W O R D",
        ];
        const TEXTS: [&str; 30] = [
            "ann@example.org",
            "a@b.c",
            "logo@2x.png",
            "git@github.com",
            "4111 1111 1111 1111",
            "4111111111111111",
            "(415) 555-0132",
            "415-555-0132",
            " +14155550132",
            "123-45-6789",
            "2026-01-15T09:30:00Z",
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "AKIAIOSFODNN7EXAMPLE",
            "Bearer abcdefghijklmnop",
            "https://u:secret@h.example/x",
            "api_key=abcdef123456",
            "AB12",
            "12",
            "7",
            "1234567890",
            "two words",
            "",
            " ",
            "-",
            ".",
            ", ",
            "é",
            "\u{a0}",
        ];
        let mut dice = Dice(2);
        let text = |dice: &mut Dice| -> String {
            let parts = (0..=dice.below(3)).map(|_| dice.one_of(&TEXTS));
            format!("\"{}\"", parts.collect::<String>())
        };
        let mut all = Redaction::default();
        all.add(&Redact::All);
        let mut with_path = all.clone();
        with_path.add_path(Path::parse("$.a").expect("a path"));
        let mut found = 0;
        for _ in 0..5_000 {
            let mut json = String::from("{");
            for at in 0..dice.below(8) {
                let value = match dice.below(6) {
                    0 => ["7", "-12.5", "4111111111111111", "null", "1234567890"][dice.below(5)]
                        .into(),
                    1 => format!("[{}, {}]", text(&mut dice), text(&mut dice)),
                    2 => format!("{{\"{}\" :{}}}", dice.one_of(&NAMES), text(&mut dice)),
                    _ => text(&mut dice),
                };
                let comma = if at > 0 { "," } else { "" };
                json.push_str(&format!("{comma}\"{}\":\n{value}", dice.one_of(&NAMES)));
            }
            json.push('}');
            for redaction in [&all, &with_path] {
                let everywhere = Signs::anywhere(redaction.detectors);
                let expected = json::redacted(&json, redaction, &everywhere);
                found += usize::from(expected.is_some());
                let seen = redaction.body(Cow::Borrowed(&json)).text;
                assert_eq!(seen, expected.as_deref().unwrap_or(&json), "{json}");
            }
        }
        assert!(found > 5_000, "{found}");
    }

    /// Numbers that are the same each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, most: usize) -> usize {
            self.0 = (self.0)
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap_or_default() % most
        }

        fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
            all[self.below(all.len())]
        }
    }

    #[test]
    fn a_path_leads_to_names_that_are_written_with_escapes() {
        for (path, text) in [
            ("$['a\nb']", r#"{"a\nb":1}"#),
            ("$['a\tb']", r#"{"a\tb":1}"#),
            ("$['a/b']", r#"{"a\/b":1}"#),
            ("$.ab", r#"{"a\u0062":1}"#),
            ("$[0]", "[1]"),
            ("$[*].b.c", r#"[{"b":{"c":2}}]"#),
        ] {
            assert!(
                may_lead(&Path::parse(path).expect("a path"), text),
                "{path}"
            );
        }
        for (path, text) in [
            ("$.a.b", r#"[{"a":{"b":1}}]"#),
            ("$[0].b", r#"{"b":1}"#),
            ("$.a.b", r#"{"a":1}"#),
        ] {
            assert!(
                !may_lead(&Path::parse(path).expect("a path"), text),
                "{path}"
            );
        }
    }
}
