//! Requests that are on their way, so that identical calls share one.

use std::sync::{Arc, Mutex, PoisonError};

use ahash::HashMap;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::Key;
use super::Since;

/// One request, and what it ends with for everybody who waits. It is given up when nobody waits any more.
pub(super) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// The requests that are on their way.
pub(super) struct Flights<T: Clone>(Arc<Mutex<Aloft<T>>>);

struct Aloft<T: Clone> {
    started: u64,
    by_key: HashMap<Key, Entry<T>>,
}

struct Entry<T: Clone> {
    number: u64,
    since: Since,
    flight: WeakShared<BoxFuture<'static, T>>,
}

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Aloft {
            started: 0,
            by_key: HashMap::default(),
        })))
    }
}

/// Strikes a flight from the list when it ends or is given up.
pub(in super::super) struct Landing<T: Clone> {
    aloft: Arc<Mutex<Aloft<T>>>,
    key: Key,
    number: u64,
}

impl<T: Clone> Drop for Landing<T> {
    fn drop(&mut self) {
        let mut aloft = self.aloft.lock().unwrap_or_else(PoisonError::into_inner);
        if (aloft.by_key.get(&self.key)).is_some_and(|entry| entry.number == self.number) {
            aloft.by_key.remove(&self.key);
        }
    }
}

impl<T: Clone + Send + 'static> Flights<T> {
    /// The flight of a key, and whether it begins here. One that `is_current` does not hold for is not joined.
    pub(super) fn join(
        &self,
        key: &Key,
        now: Since,
        is_current: impl Fn(Since) -> bool,
        start: impl FnOnce(Landing<T>) -> BoxFuture<'static, T>,
    ) -> (Flight<T>, bool) {
        let mut aloft = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = (aloft.by_key.get(key))
            .filter(|entry| is_current(entry.since))
            .and_then(|entry| entry.flight.upgrade());
        if let Some(flight) = found {
            return (flight, false);
        }
        aloft.started += 1;
        let number = aloft.started;
        let flight = start(Landing {
            aloft: Arc::clone(&self.0),
            key: *key,
            number,
        })
        .shared();
        let entry = Entry {
            number,
            since: now,
            flight: flight.downgrade().expect("it has not ended"),
        };
        aloft.by_key.insert(*key, entry);
        (flight, true)
    }
}
