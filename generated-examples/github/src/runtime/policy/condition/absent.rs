//! Stands for conditions in a program that was built without: there never is one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{About, Caller};

#[derive(Debug)]
pub(in super::super) enum Condition {}

#[derive(Debug)]
pub(in super::super) enum Undecided {}

impl Condition {
    /// # Errors
    /// There is one: the end of a sentence.
    pub(in super::super) fn new(_: &str, _: About) -> Result<Self, String> {
        let why = "this program was built without the Common Expression Language; build it with `--features cel`";
        Err(why.to_owned())
    }

    pub(in super::super) fn arguments(&self) -> &BTreeSet<String> {
        match *self {}
    }

    pub(in super::super) fn holds(
        &self,
        _: Caller<'_>,
        _: Option<&Map<String, Value>>,
    ) -> Result<bool, Undecided> {
        match *self {}
    }
}

impl Undecided {
    pub(in super::super) fn told(&self) -> Option<&'static str> {
        match *self {}
    }

    pub(in super::super) fn reason(&self) -> &str {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_says_what_the_program_lacks() {
        for about in [About::Caller, About::Call] {
            let why = Condition::new("true", about).expect_err("there is no CEL here");
            assert!(why.contains("`--features cel`"), "{why}");
        }
    }
}
