//! Token buckets, as the generic cell rate algorithm (ITU-T I.371): for each key one point in time.
//!
//! It is written here because the crates for it would be five more in every server.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ahash::HashMap;

use super::super::settings::Frequency;

/// How many keys are kept before those that are full again are forgotten.
const MANY: usize = 10_000;

/// Buckets of one size by the hash of what they are for.
#[derive(Debug)]
pub(in super::super) struct Buckets {
    frequency: Frequency,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When, since `start`, a bucket will be full again.
    full: HashMap<u64, Duration>,
    /// At how many keys to look for full buckets.
    limit: usize,
}

impl Buckets {
    pub(in super::super) fn new(frequency: Frequency) -> Self {
        Self {
            frequency,
            start: Instant::now(),
            state: Mutex::new(State {
                full: HashMap::default(),
                limit: MANY,
            }),
        }
    }

    pub(in super::super) fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Takes one token, where this is one of so many parts of the limit.
    ///
    /// # Errors
    /// There is none: how long to wait for the next.
    pub(in super::super) fn take(&self, key: u64, parts: u32) -> Result<(), Duration> {
        self.take_at(key, self.start.elapsed(), parts)
    }

    fn take_at(&self, key: u64, now: Duration, parts: u32) -> Result<(), Duration> {
        // The time that one call is worth.
        let each = self.frequency.span * parts / self.frequency.count;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { full, limit } = &mut *state;
        let own = full.entry(key).or_default();
        // Of an empty bucket, `burst` calls are between now and when it is full.
        let room = each * (self.frequency.burst / parts).max(1);
        let next = (*own).max(now) + each;
        let wait = next.saturating_sub(now + room);
        if !wait.is_zero() {
            return Err(wait);
        }
        *own = next;
        if full.len() > *limit {
            full.retain(|_, full| *full > now);
            *limit = (full.len() * 2).max(MANY);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(count: u32, burst: u32) -> Buckets {
        Buckets::new(Frequency {
            count,
            span: Duration::from_secs(60),
            burst,
        })
    }

    #[test]
    fn a_burst_goes_through_and_then_one_at_a_time() {
        let buckets = buckets(60, 3);
        let at = |seconds: f64| buckets.take_at(1, Duration::from_secs_f64(seconds), 1);
        for _ in 0..3 {
            assert_eq!(at(10.0), Ok(()));
        }
        assert_eq!(at(10.0), Err(Duration::from_secs(1)));
        assert_eq!(at(10.5), Err(Duration::from_millis(500)));
        assert_eq!(at(11.0), Ok(()));
        assert!(at(11.0).is_err());
        // Full again, and no fuller.
        for _ in 0..3 {
            assert_eq!(at(100.0), Ok(()));
        }
        assert!(at(100.0).is_err());
    }

    #[test]
    fn over_time_it_is_the_rate_and_no_more() {
        let buckets = buckets(600, 100);
        let taken = (0..600_000_u64)
            .filter(|tick| {
                buckets
                    .take_at(7, Duration::from_micros(tick * 100), 1)
                    .is_ok()
            })
            .count();
        assert_eq!(taken, 700 - 1);
    }

    #[test]
    fn a_part_has_its_part_of_the_rate_and_of_the_burst() {
        let buckets = buckets(600, 100);
        let taken = (0..600_000_u64)
            .filter(|tick| {
                let now = Duration::from_micros(tick * 100);
                buckets.take_at(7, now, 3).is_ok()
            })
            .count();
        assert_eq!(taken, 200 + 33 - 1);
        // At least one call goes through now and then.
        assert_eq!(buckets.take_at(8, Duration::ZERO, 1000), Ok(()));
    }

    #[test]
    fn keys_do_not_share_and_are_forgotten_when_their_bucket_is_full() {
        let buckets = buckets(60, 1);
        for key in 0..50_000 {
            let now = Duration::from_millis(key);
            assert_eq!(buckets.take_at(key, now, 1), Ok(()), "{key}");
        }
        let kept = buckets.state.lock().expect("no panic").full.len();
        assert!(kept <= MANY + 1, "{kept}");
    }
}
