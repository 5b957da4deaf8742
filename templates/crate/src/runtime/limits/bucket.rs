//! Token buckets, as the generic cell rate algorithm (ITU-T I.371): for each key one point in time.
//!
//! It is written here because the crates for it would be five more in every server.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ahash::HashMap;

use super::super::settings::Frequency;

/// How many keys are kept before those that are full again are forgotten.
const MANY: usize = 10_000;

/// Buckets of one size by the hash of what they are for.
#[derive(Debug)]
pub(in super::super) struct Buckets {
    frequency: Frequency,
    /// What one call and a full bucket are worth where this is the only one of its limit.
    alone: (Duration, Duration),
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
            alone: worth(frequency, 1),
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
    pub(in super::super) fn take(
        &self,
        key: u64,
        now: Instant,
        parts: u32,
    ) -> Result<(), Duration> {
        self.take_at(key, now.saturating_duration_since(self.start), parts)
    }

    fn take_at(&self, key: u64, now: Duration, parts: u32) -> Result<(), Duration> {
        let (each, room) = self.worth(parts);
        let mut state = self.lock();
        let own = state.full.entry(key).or_default();
        let next = (*own).max(now) + each;
        let wait = next.saturating_sub(now + room);
        if !wait.is_zero() {
            return Err(wait);
        }
        *own = next;
        state.forget_full(now);
        Ok(())
    }

    /// Looks for a token and leaves it there.
    ///
    /// # Errors
    /// There is none: how long to wait for the next.
    #[cfg(feature = "http")]
    pub(in super::super) fn look(&self, key: u64) -> Result<(), Duration> {
        self.look_at(key, self.start.elapsed())
    }

    #[cfg(feature = "http")]
    fn look_at(&self, key: u64, now: Duration) -> Result<(), Duration> {
        let (each, room) = self.alone;
        let own = self.lock().full.get(&key).copied().unwrap_or_default();
        let wait = (own.max(now) + each).saturating_sub(now + room);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Takes a token for what has been done already, so also where there is none; what is owed is at most what comes in
    /// one span of the limit.
    #[cfg(feature = "http")]
    pub(in super::super) fn owe(&self, key: u64) {
        self.owe_at(key, self.start.elapsed());
    }

    #[cfg(feature = "http")]
    fn owe_at(&self, key: u64, now: Duration) {
        let (each, room) = self.alone;
        let mut state = self.lock();
        let own = state.full.entry(key).or_default();
        *own = ((*own).max(now) + each).min(now + room + self.frequency.span);
        state.forget_full(now);
    }

    fn worth(&self, parts: u32) -> (Duration, Duration) {
        if parts == 1 {
            return self.alone;
        }
        worth(self.frequency, parts)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time that one call is worth, and that of a full bucket: of an empty one, `burst` calls are between now and when it is
/// full.
fn worth(frequency: Frequency, parts: u32) -> (Duration, Duration) {
    let each = frequency.span * parts / frequency.count;
    (each, each * (frequency.burst / parts).max(1))
}

impl State {
    fn forget_full(&mut self, now: Duration) {
        if self.full.len() > self.limit {
            self.full.retain(|_, full| *full > now);
            self.limit = (self.full.len() * 2).max(MANY);
        }
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

    #[cfg(feature = "http")]
    #[test]
    fn what_is_owed_is_paid_before_the_next_and_is_not_too_much() {
        let buckets = buckets(60, 3);
        let now = Duration::from_secs(10);
        assert_eq!(buckets.look_at(1, now), Ok(()));
        for _ in 0..3 {
            buckets.owe_at(1, now);
        }
        assert_eq!(buckets.look_at(1, now), Err(Duration::from_secs(1)));
        buckets.owe_at(1, now);
        assert_eq!(buckets.look_at(1, now), Err(Duration::from_secs(2)));
        assert_eq!(buckets.look_at(1, now + Duration::from_secs(2)), Ok(()));
        for _ in 0..1000 {
            buckets.owe_at(1, now);
        }
        assert_eq!(buckets.look_at(1, now), Err(Duration::from_secs(61)));
        assert_eq!(buckets.look_at(2, now), Ok(()));
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
