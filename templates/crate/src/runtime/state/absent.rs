//! Stands for the way to Redis in a program that was built without: there never is one.

use std::future::Ready;
use std::sync::Arc;
use std::time::Duration;

use super::super::engine::StartError;
use super::super::metrics::Metrics;
use super::super::upstream::Trust;
use super::{Claim, Draft, Place, Spent, StateSettings, Stored, Taken};
#[cfg(feature = "cache")]
use super::{Looked, Put, Question, Write};

#[derive(Debug)]
pub(super) enum Link {}

impl Link {
    /// # Errors
    /// A state is to be shared: one line.
    pub(super) fn new(
        settings: &StateSettings,
        _: &str,
        _: &Trust,
        _: &Arc<Metrics>,
    ) -> Result<Option<Self>, StartError> {
        let named = [
            (settings.url.is_some(), "--state"),
            (settings.url_file.is_some(), "--state-file"),
        ];
        match named.iter().find(|(is_given, _)| *is_given) {
            None => Ok(None),
            Some((_, option)) => Err(StartError(format!(
                "{option} needs Redis, and this program was built without; build it with `--features redis`"
            ))),
        }
    }

    #[cfg(feature = "http")]
    pub(super) fn condition(&self) -> super::Condition {
        match *self {}
    }

    pub(super) fn take(&self, _: &[Claim]) -> Ready<Option<Taken>> {
        match *self {}
    }

    pub(super) fn spend(&self, _: &[Draft], _: Duration, _: bool) -> Ready<Option<Spent>> {
        match *self {}
    }

    pub(super) fn hold(
        &self,
        _: &Place,
        _: &[u8],
        _: Duration,
        _: (usize, bool),
    ) -> Ready<Option<bool>> {
        match *self {}
    }

    pub(super) fn find(&self, _: &Place, _: Duration) -> Ready<Option<Stored>> {
        match *self {}
    }

    pub(super) fn connection(&self) -> Option<u64> {
        match *self {}
    }

    pub(super) fn connected_anew(&self, _: Option<u64>) -> Ready<u64> {
        match *self {}
    }

    #[cfg(feature = "cache")]
    pub(super) fn renew(&self) -> Ready<Option<()>> {
        match *self {}
    }

    #[cfg(feature = "cache")]
    pub(super) fn look(&self, _: &Question<'_>) -> Ready<Option<Looked>> {
        match *self {}
    }

    #[cfg(feature = "cache")]
    pub(super) fn put(&self, _: &Put<'_>) -> Ready<Option<bool>> {
        match *self {}
    }

    #[cfg(feature = "cache")]
    pub(super) fn mark(&self, _: &Write<'_>) -> Ready<Option<()>> {
        match *self {}
    }

    #[cfg(feature = "cache")]
    pub(super) fn seen_up(&self) -> Ready<()> {
        match *self {}
    }

    pub(super) fn once(&self, _: &str, _: Duration) -> Ready<Option<bool>> {
        match *self {}
    }
}
