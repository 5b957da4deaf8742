//! The command line: `--flag value` pairs, a few bare switches, and a command after `--`.

use std::{collections::BTreeMap, str::FromStr};

const SWITCHES: [&str; 2] = ["--shared-session", "--get-stream"];

/// What was typed after the mode.
pub(crate) struct Options {
    flags: BTreeMap<String, String>,
    /// The server to start: program and arguments.
    pub(crate) command: Vec<String>,
}

impl Options {
    /// The mode and its options.
    pub(crate) fn from_command_line() -> (String, Self) {
        let mut words = std::env::args().skip(1);
        let mode = words.next().unwrap_or_default();
        let mut flags = BTreeMap::new();
        let mut command = Vec::new();
        while let Some(word) = words.next() {
            if word == "--" {
                command = words.by_ref().collect();
            } else if SWITCHES.contains(&word.as_str()) {
                flags.insert(word, String::new());
            } else {
                flags.insert(word, words.next().unwrap_or_default());
            }
        }
        (mode, Self { flags, command })
    }

    pub(crate) fn get(&self, flag: &str) -> Option<&str> {
        self.flags.get(flag).map(String::as_str)
    }

    pub(crate) fn has(&self, switch: &str) -> bool {
        self.flags.contains_key(switch)
    }

    pub(crate) fn text(&self, flag: &str, default: &str) -> String {
        self.get(flag).unwrap_or(default).to_owned()
    }

    pub(crate) fn number<T: FromStr>(&self, flag: &str, default: T) -> T {
        self.get(flag)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }
}
