//! Stands for jq in a program that was built without: no program is ever run.

use std::future::Ready;

use super::Failed;

#[derive(Debug)]
pub(in super::super) enum Programs {}

impl Programs {
    pub(in super::super) fn new() -> Option<Self> {
        None
    }

    pub(in super::super) fn turn(&self, _: u64) -> Ready<()> {
        match *self {}
    }

    pub(in super::super) fn check(&self, _: &str) -> Ready<Result<(), Failed>> {
        match *self {}
    }

    pub(in super::super) fn run(
        &self,
        _: &str,
        _: &str,
        _: usize,
    ) -> Ready<Result<String, Failed>> {
        match *self {}
    }
}
