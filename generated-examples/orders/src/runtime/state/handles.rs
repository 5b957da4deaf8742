//! What is kept of work that goes on, so that each replica can take it up: sealed values, and so many of each owner.

use std::time::Duration;

use super::link::{Link, milliseconds};
use super::scripts::{FIND, KEEP};
use super::{Place, Stored};

impl Link {
    /// See [`super::State::keep`].
    pub(super) async fn hold(
        &self,
        place: &Place,
        value: &[u8],
        lifetime: Duration,
        (most, makes_room): (usize, bool),
    ) -> Option<bool> {
        let arguments = [
            value.to_owned(),
            milliseconds(lifetime).to_string().into_bytes(),
            most.to_string().into_bytes(),
            u8::from(makes_room).to_string().into_bytes(),
        ];
        let kept: u8 = self.run(&KEEP, self.keys(place), arguments).await?;
        Some(kept == 1)
    }

    /// See [`super::State::find`].
    pub(super) async fn find(&self, place: &Place, lifetime: Duration) -> Option<Stored> {
        let arguments = [milliseconds(lifetime).to_string()];
        self.run(&FIND, self.keys(place), arguments).await
    }

    fn keys(&self, place: &Place) -> [String; 2] {
        [
            self.key("operation", &place.name),
            self.key("operations", &place.owner),
        ]
    }
}
