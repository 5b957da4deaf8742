//! What is gathered in memory for a thread that writes it in batches: who adds something never waits for that thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What waits to be written; `B` is a batch of it.
#[derive(Debug)]
pub(super) struct Batches<B> {
    waiting: Mutex<Waiting<B>>,
    ready: Condvar,
    /// For how long is gathered what is written together: a busy server wakes a thread and the disk once for many calls.
    time: Duration,
}

#[derive(Debug, Default)]
struct Waiting<B> {
    batch: B,
    /// Whether there is something in it.
    is_begun: bool,
    dropped: usize,
    is_closed: bool,
}

impl<B: Default> Batches<B> {
    pub(super) fn new(time: Duration) -> Self {
        Self {
            waiting: Mutex::default(),
            ready: Condvar::new(),
            time,
        }
    }

    /// Adds to what waits. `put` gives whether it had room; what has none, or comes when all is closed, is dropped and counted.
    pub(super) fn add(&self, put: impl FnOnce(&mut B) -> bool) -> bool {
        let mut waiting = self.lock();
        if waiting.is_closed || !put(&mut waiting.batch) {
            waiting.dropped += 1;
            return false;
        }
        let is_first = !std::mem::replace(&mut waiting.is_begun, true);
        drop(waiting);
        if is_first {
            self.ready.notify_one();
        }
        true
    }

    /// The next batch, once there is one, and how much was dropped since the last; `None` when there will be no more.
    pub(super) fn next(&self) -> Option<(B, usize)> {
        let waiting = self.lock();
        let waiting = self
            .ready
            .wait_while(waiting, |it| !it.is_begun && !it.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        let gathered = self
            .ready
            .wait_timeout_while(waiting, self.time, |it| !it.is_closed);
        let mut waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::take(&mut waiting.is_begun).then(|| {
            let batch = std::mem::take(&mut waiting.batch);
            (batch, std::mem::take(&mut waiting.dropped))
        })
    }

    /// Nothing more comes: `next` gives what is left.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<B>> {
        // Nothing that is put into a batch panics half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_dropped_and_counted() {
        let batches = Batches::<Vec<u8>>::new(Duration::ZERO);
        let add = |byte: u8| {
            batches.add(|batch| {
                let has_room = batch.len() < 2;
                if has_room {
                    batch.push(byte);
                }
                has_room
            })
        };
        assert_eq!([1, 2, 3, 4].map(add), [true, true, false, false]);
        assert_eq!(batches.next(), Some((vec![1, 2], 2)));
        assert!(add(5));
        batches.close();
        assert!(!add(6));
        assert_eq!(batches.next(), Some((vec![5], 1)));
        assert_eq!(batches.next(), None);
    }

    #[test]
    fn who_waits_is_woken_by_the_first_and_by_the_end() {
        let batches = Batches::<usize>::new(Duration::from_millis(1));
        let sum = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let all = std::iter::from_fn(|| batches.next());
                all.map(|(batch, _)| batch).sum::<usize>()
            });
            for number in 1..=100 {
                batches.add(|batch| {
                    *batch += number;
                    true
                });
                std::thread::yield_now();
            }
            batches.close();
            reader.join().expect("it reads to the end")
        });
        assert_eq!(sum, 5050);
    }
}
