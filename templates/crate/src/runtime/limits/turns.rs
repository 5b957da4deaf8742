//! Turns: how many calls go to one server of the API at once, and how many wait for theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of one server of the API.
#[derive(Debug)]
pub(in super::super) struct Turns {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

impl Turns {
    pub(in super::super) fn new(most: usize, most_waiting: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(most)),
            waiting: AtomicUsize::new(0),
            most_waiting,
        }
    }

    /// A turn that needs no wait, if there is one. Who waits already comes first.
    pub(in super::super) fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.running).try_acquire_owned().ok()
    }

    /// Waits for a turn, which lasts until the permit is dropped; `None` when too many wait already.
    pub(in super::super) async fn next(&self) -> Option<OwnedSemaphorePermit> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        // Whoever gives up waiting is no longer counted.
        let _place = Place(&self.waiting);
        Arc::clone(&self.running).acquire_owned().await.ok()
    }
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
