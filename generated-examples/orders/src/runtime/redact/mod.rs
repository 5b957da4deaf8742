//! What the model does not get to see of the API's answers: personal data and secrets that a detector knows, and what the
//! owner names by its place.
//!
//! It works on the text of an answer, before anything is made of it. JSON stays JSON, and what is not taken out stays as
//! the API wrote it.

mod detect;
mod json;
mod signs;

use std::borrow::Cow;
use std::str::FromStr;

use serde::de::IgnoredAny;

pub(super) use self::detect::Detector;
use self::detect::Detectors;
use self::signs::Signs;
use super::path::{Path, Step};
use super::text::visible;

/// How what stands for something that was taken out begins.
pub(super) const REDACTED: &str = "[redacted";

/// What stands for a text into which paths do not lead.
const WITHHELD: &str =
    "[redacted: this is not JSON, and what is to be taken out of it is named by paths into JSON]";
/// What stands in front of JSON so that no script can be made of it.
const GUARDS: [&str; 4] = [")]}',", ")]}'", "while(1);", "for(;;);"];
/// The lines of an event that are not its data; a comment has no name.
const FIELDS: [&str; 4] = ["event:", "id:", "retry:", ":"];

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
        let signs = Signs::of(self.detectors, &text);
        if self.paths.is_empty() && signs.detectors().is_empty() && is_ended(&text) {
            return Redacted {
                text,
                is_json: false,
            };
        }
        let is_one = text.trim_start().starts_with(['{', '[']) && is_value(&text);
        let leads = || self.paths.iter().any(|path| may_lead(path, &text));
        let new = if is_one && signs.places().is_some() && !leads() {
            json::redacted_at_signs(&text, self, &signs)
        } else if is_one || is_json(&text) {
            json::redacted(&text, self, &signs)
        } else {
            self.no_json(&text)
        };
        Redacted {
            text: new.map_or(text, Cow::Owned),
            is_json: is_one,
        }
    }

    /// A text that only begins like JSON may hold anything between what looks like its parts.
    fn no_json(&self, text: &str) -> Option<String> {
        let plain = self.text(text);
        let seen = plain.as_deref().unwrap_or(text);
        let new = if is_events(seen) {
            Some(self.events(seen))
        } else {
            self.piece(seen)
        };
        new.or(plain)
    }

    /// A text that may be JSON, or JSON behind a guard against scripts; `None` where nothing is to be taken out. Paths lead
    /// nowhere in any other text: what they mean may be anywhere in it, so nothing of it is shown.
    fn piece(&self, text: &str) -> Option<String> {
        let anywhere = || Signs::anywhere(self.detectors);
        if text.trim().is_empty() || is_json(text) {
            return json::redacted(text, self, &anywhere());
        }
        if self.paths.is_empty() {
            return json::redacted_in(text, self);
        }
        let behind = GUARDS
            .iter()
            .find_map(|guard| text.trim_start().strip_prefix(guard));
        match behind.filter(|rest| is_json(rest)) {
            Some(rest) => {
                Some(json::redacted(rest, self, &anywhere()).unwrap_or_else(|| rest.to_owned()))
            }
            None => Some(WITHHELD.to_owned()),
        }
    }

    /// Text that is no JSON; `None` where nothing is to be taken out.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        without(self.detectors, text)
    }

    /// Server-sent events, whose data is often JSON, on one line or on many with others in between (HTML, §9.2.6).
    fn events(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let events: Vec<String> = text.split("\n\n").map(|event| self.event(event)).collect();
        events.join("\n\n")
    }

    fn event(&self, event: &str) -> String {
        let data: Vec<&str> = (event.split('\n'))
            .filter_map(|line| line.strip_prefix("data:"))
            .collect();
        let mut data = self.piece(&data.join("\n"));
        let is_new = data.is_some();
        let mut lines: Vec<String> = Vec::new();
        for line in event.split('\n') {
            if !line.starts_with("data:") {
                let field = FIELDS.iter().find(|field| line.starts_with(**field));
                let (name, value) = line.split_at(field.map_or(0, |field| field.len()));
                // A word is no JSON, and is not to be withheld for that.
                let is_word = field.is_some() && !value.trim_start().starts_with(['{', '[', '"']);
                let new = if is_word { None } else { self.piece(value) };
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

/// A text without what the detectors find; `None` where that is nothing.
fn without(detectors: Detectors, text: &str) -> Option<String> {
    let text = written_out(text);
    without_suspected(Signs::of_plain(detectors, &text).detectors(), &text)
}

/// What character references begin with (XML 1.0 §4.1).
const REFERENCE: &str = "&#";

/// A text with the characters themselves in place of references to them, where they mean nothing else to XML.
fn written_out(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(REFERENCE) else {
        return Cow::Borrowed(text);
    };
    let (before, mut rest) = text.split_at(first);
    let mut out = before.to_owned();
    while let Some(found) = rest.find(REFERENCE) {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        let end = rest
            .bytes()
            .take(MOST_OF_REFERENCE)
            .position(|byte| byte == b';');
        let referred = end.and_then(|end| referred(&rest[REFERENCE.len()..end]));
        let (piece, length) = match (referred, end) {
            (Some(c), Some(end)) => (c, end + 1),
            _ => ('&', 1),
        };
        out.push(piece);
        rest = &rest[length..];
    }
    visible(Cow::Owned(out + rest))
}

/// In bytes.
const MOST_OF_REFERENCE: usize = 12;

fn referred(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|c| !"<>&\"'".contains(*c) && !c.is_control())
}

/// The same where only these may find something.
fn without_suspected(detectors: Detectors, text: &str) -> Option<String> {
    let mut new = None;
    for detector in detectors.iter() {
        new = detector.redacted(new.as_deref().unwrap_or(text)).or(new);
    }
    new
}

fn is_events(text: &str) -> bool {
    text.starts_with("data:") || text.contains("\ndata:") || text.contains("\rdata:")
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
    let is_plain = |name: &&String| !name.contains(['"', '\\', '/']);
    is_right
        && last
            .filter(is_plain)
            .is_none_or(|name| text.contains(name.as_str()) || text.contains("\\u"))
}

/// Whether a text is one JSON text.
fn is_value(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether a text is JSON as far as it goes, or each of its lines is. Numbers beside each other are text: a card has spaces.
fn is_json(text: &str) -> bool {
    let is_value = |text: &str| {
        let is_cut_off = text.trim_start().starts_with(['{', '[', '"']);
        serde_json::from_str::<IgnoredAny>(text)
            .map_or_else(|error| is_cut_off && error.is_eof(), |_| true)
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    is_value(text) || lines.all(is_value)
}
