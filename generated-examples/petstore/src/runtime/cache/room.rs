//! How much of the shared state the answers of one replica take up: whoever calls must not be able to fill it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// In bytes: what an entry takes there beside its value.
const OVERHEAD: usize = 512;

/// What this replica has put there and what is not over yet. An answer that took the place of another counts beside it.
#[derive(Debug)]
pub(super) struct Room {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    /// Each with the time at which the state drops it, the next one first.
    entries: BinaryHeap<Reverse<(Instant, usize)>>,
}

impl Room {
    /// One of so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    /// Takes what a value of so many bytes needs that is there for so long; whether there was room.
    pub(super) fn take(&self, bytes: usize, lasting: Duration) -> bool {
        let bytes = bytes.saturating_add(OVERHEAD);
        let now = Instant::now();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Reverse((end, gone))) = taken.entries.peek().copied()
            && end <= now
        {
            taken.entries.pop();
            taken.bytes -= gone;
        }
        let has_room = bytes <= self.most.saturating_sub(taken.bytes);
        if has_room {
            taken.bytes += bytes;
            taken.entries.push(Reverse((now + lasting, bytes)));
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_makes_room_for_the_next() {
        let room = Room::new(2_000);
        let hour = Duration::from_secs(3_600);
        assert!(room.take(488, hour));
        assert!(!room.take(1_000, hour));
        assert!(room.take(488, Duration::ZERO));
        assert!(room.take(488, Duration::ZERO));
        assert!(!room.take(usize::MAX, hour));
        assert!(!room.take(489, hour));
        assert!(room.take(488, hour));
    }
}
