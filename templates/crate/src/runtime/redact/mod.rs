//! What the model does not get to see of the API's answers: personal data and secrets that a detector knows, and what the
//! owner names by its place.
//!
//! It works on the text of an answer, before anything is made of it. JSON stays JSON, and what is not taken out stays as
//! the API wrote it.

mod detect;
mod json;

use std::borrow::Cow;
use std::str::FromStr;

use serde::de::IgnoredAny;

pub(super) use self::detect::Detector;
use super::path::Path;

/// How what stands for something that was taken out begins.
pub(super) const REDACTED: &str = "[redacted";

/// What is taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Redaction {
    detectors: Vec<Detector>,
    paths: Vec<Path>,
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
            Redact::Off => self.detectors.clear(),
            Redact::All => self.detectors = Detector::ALL.into(),
            Redact::One(detector) if self.detectors.contains(detector) => {}
            Redact::One(detector) => self.detectors.push(*detector),
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
    pub(super) fn body<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if is_json(&text) {
            return json::redacted(&text, self).map_or(text, Cow::Owned);
        }
        // What only begins like JSON may hold anything between what looks like its parts.
        let plain = self.text(&text).map_or(text, Cow::Owned);
        let new = if plain.starts_with("data:") || plain.contains("\ndata:") {
            self.events(&plain)
        } else {
            json::redacted(&plain, self)
        };
        new.map_or(plain, Cow::Owned)
    }

    /// Text that is no JSON; `None` where nothing is to be taken out.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let mut new = Cow::Borrowed(text);
        for detector in &self.detectors {
            if let Some(redacted) = detector.redacted(&new) {
                new = Cow::Owned(redacted);
            }
        }
        match new {
            Cow::Owned(new) => Some(new),
            Cow::Borrowed(_) => None,
        }
    }

    /// Server-sent events, whose data is often JSON, on one line or on many (HTML, §9.2.6).
    fn events(&self, text: &str) -> Option<String> {
        let lines: Vec<&str> = text.split('\n').collect();
        let mut new: Vec<Cow<'_, str>> = Vec::with_capacity(lines.len());
        let mut is_new = false;
        let mut at = 0;
        while at < lines.len() {
            let count = lines[at..]
                .iter()
                .take_while(|line| line.starts_with("data:"))
                .count();
            let event = &lines[at..at + count.max(1)];
            at += event.len();
            let data: Vec<&str> = event
                .iter()
                .filter_map(|line| line.strip_prefix("data:"))
                .collect();
            match json::redacted(&data.join("\n"), self).filter(|_| count > 0) {
                Some(data) => {
                    is_new = true;
                    new.extend(data.split('\n').map(|line| format!("data:{line}").into()));
                }
                None => new.extend(event.iter().map(|line| Cow::Borrowed(*line))),
            }
        }
        is_new.then(|| new.join("\n"))
    }
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
