//! Requests that are on their way, so that identical calls share one.
//!
//! The call that makes a request drives it, in its own time and with its own progress; the others wait for what it ends with,
//! and one of them makes it anew when that call goes away.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ahash::HashMap;
use tokio::sync::watch;

use super::Key;
use super::Since;

/// The requests that are on their way.
pub(super) struct Flights<T: Clone>(Arc<Mutex<Aloft<T>>>);

struct Aloft<T> {
    started: u64,
    by_key: HashMap<Key, Entry<T>>,
}

struct Entry<T> {
    number: u64,
    since: Since,
    landed: Landed<T>,
}

/// Where it is told what a request ended with, once somebody waits for that. It goes away with the call that makes it.
type Landed<T> = Arc<OnceLock<watch::Sender<Option<T>>>>;

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Aloft {
            started: 0,
            by_key: HashMap::default(),
        })))
    }
}

/// Who makes a request that calls may share.
pub(in super::super) enum Flight<T: Clone> {
    /// This call, of what is right as of now.
    Ours(Landing<T>, Since),
    Theirs(Waiting<T>),
}

/// A request of this call's, which no other joins once it is over or given up.
pub(in super::super) struct Landing<T: Clone> {
    aloft: Arc<Mutex<Aloft<T>>>,
    key: Key,
    /// `None` once it is over.
    number: Option<u64>,
    landed: Landed<T>,
}

impl<T: Clone> Landing<T> {
    /// Tells those who wait what it ended with.
    pub(in super::super) fn with(mut self, ended: &T) {
        // Whoever looks from now on finds no flight.
        self.strike();
        if let Some(landed) = self.landed.get() {
            landed.send_replace(Some(ended.clone()));
        }
    }

    fn strike(&mut self) {
        let Some(number) = self.number.take() else {
            return;
        };
        let mut aloft = self.aloft.lock().unwrap_or_else(PoisonError::into_inner);
        if (aloft.by_key.get(&self.key)).is_some_and(|entry| entry.number == number) {
            aloft.by_key.remove(&self.key);
        }
    }
}

impl<T: Clone> Drop for Landing<T> {
    fn drop(&mut self) {
        self.strike();
    }
}

/// The wait for a request of another call's.
pub(in super::super) struct Waiting<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Waiting<T> {
    /// What it ended with; `None` where its call went away.
    pub(in super::super) async fn ended(mut self) -> Option<T> {
        let ended = self.0.wait_for(Option::is_some).await;
        ended.ok()?.clone()
    }
}

impl<T: Clone> Flights<T> {
    /// The flight of a key. One that `is_current` does not hold for is not joined.
    pub(super) fn join(
        &self,
        key: &Key,
        now: Since,
        is_current: impl Fn(Since) -> bool,
    ) -> Flight<T> {
        let mut aloft = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = (aloft.by_key.get(key)).filter(|entry| is_current(entry.since)) {
            let landed = entry.landed.get_or_init(|| watch::Sender::new(None));
            return Flight::Theirs(Waiting(landed.subscribe()));
        }
        aloft.started += 1;
        let number = aloft.started;
        let landed = Landed::default();
        let entry = Entry {
            number,
            since: now,
            landed: Arc::clone(&landed),
        };
        aloft.by_key.insert(*key, entry);
        let landing = Landing {
            aloft: Arc::clone(&self.0),
            key: *key,
            number: Some(number),
            landed,
        };
        Flight::Ours(landing, now)
    }
}
