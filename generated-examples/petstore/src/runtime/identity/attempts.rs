//! How often an address may have the issuer asked about tokens that are no good.
//!
//! Each question costs a request with this server's own secret, and anybody can make tokens up. What is good costs nothing,
//! and waits only for the questions of its own address.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ahash::{HashMap, RandomState};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::limits::{Buckets, block};
use super::super::settings::Frequency;
use super::claims::Refused;

/// The most that a caller's limit allows of this.
const MOST: Frequency = Frequency {
    count: 60,
    span: Duration::from_secs(60),
    burst: 20,
};
/// How many questions of an address are on their way at once: so many more may be in vain before the first answer tells.
const AT_ONCE: usize = 32;
/// How long to wait for a turn where the issuer is slow.
const PATIENCE: Duration = Duration::from_secs(5);

/// What addresses have asked in vain.
#[derive(Debug)]
pub(super) struct Attempts {
    buckets: Buckets,
    hasher: RandomState,
    /// The turns of the addresses that ask at the moment.
    turns: Mutex<HashMap<u64, Arc<Semaphore>>>,
    /// How long to wait for one.
    patience: Duration,
}

/// A question on its way, which was in vain unless somebody says otherwise: who hangs up does not get around it.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    attempts: &'a Attempts,
    client: Option<IpAddr>,
    is_in_vain: bool,
}

/// Leave to wait for an answer.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    attempts: &'a Attempts,
    key: u64,
    own: Option<Arc<Semaphore>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Attempts {
    /// By the limit of callers where that is the stricter one.
    pub(super) fn new(limit: Option<Frequency>) -> Self {
        let each = |frequency: &Frequency| frequency.span / frequency.count;
        let strict = limit.filter(|limit| each(limit) > each(&MOST));
        Self {
            buckets: Buckets::new(strict.unwrap_or(MOST)),
            hasher: RandomState::new(),
            turns: Mutex::default(),
            patience: PATIENCE,
        }
    }

    /// # Errors
    /// The address has asked too often in vain.
    pub(super) fn check(&self, client: Option<IpAddr>) -> Result<(), Refused> {
        (self.buckets.look(self.key(client))).map_err(Refused::TooMany)
    }

    /// Waits for the turn of an address; to be kept until the answer is known.
    ///
    /// # Errors
    /// The issuer is too slow for so many.
    pub(super) async fn turn(&self, client: Option<IpAddr>) -> Result<Turn<'_>, Refused> {
        let key = self.key(client);
        let new = || Arc::new(Semaphore::new(AT_ONCE));
        let own = Arc::clone(self.turns().entry(key).or_insert_with(new));
        let next = Arc::clone(&own).acquire_owned();
        let mut turn = Turn {
            attempts: self,
            key,
            own: Some(own),
            permit: None,
        };
        let next = tokio::time::timeout(self.patience, next).await;
        turn.permit = next.map_err(|_| Refused::Unasked)?.ok();
        Ok(turn)
    }

    /// To be kept until the answer is known.
    pub(super) fn begin(&self, client: Option<IpAddr>) -> Attempt<'_> {
        Attempt {
            attempts: self,
            client,
            is_in_vain: true,
        }
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<u64, Arc<Semaphore>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, client: Option<IpAddr>) -> u64 {
        self.hasher.hash_one(client.map(block))
    }
}

impl Attempt<'_> {
    /// The answer is not the address's fault.
    pub(super) fn forgive(mut self) {
        self.is_in_vain = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.is_in_vain {
            self.attempts.buckets.owe(self.attempts.key(self.client));
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.attempts.turns();
        drop((self.permit.take(), self.own.take()));
        // Nobody else has a turn, or waits for one.
        if (turns.get(&self.key)).is_some_and(|left| Arc::strong_count(left) == 1) {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_callers_counts_where_it_is_the_stricter_one() {
        let limit = |count| Frequency {
            count,
            span: Duration::from_secs(60),
            burst: 5,
        };
        let used = |limit| Attempts::new(limit).buckets.frequency();
        assert_eq!(used(Some(limit(5))), limit(5));
        assert_eq!(used(Some(limit(600))), MOST);
        assert_eq!(used(None), MOST);
    }

    #[tokio::test]
    async fn who_waits_for_a_turn_too_long_is_told_that_the_issuer_is_slow() {
        let attempts = Attempts {
            patience: Duration::from_millis(20),
            ..Attempts::new(None)
        };
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().ok());
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(attempts.turn(one).await.expect("a turn"));
        }
        let late = attempts.turn(one).await.map(drop);
        assert_eq!(late, Err(Refused::Unasked));
        assert!(attempts.turn(other).await.is_ok());
        held.pop();
        assert!(attempts.turn(one).await.is_ok());
        drop(held);
        assert!(attempts.turns().is_empty(), "nobody asks any more");
    }

    #[tokio::test]
    async fn what_was_forgiven_and_what_others_did_does_not_count() {
        let attempts = Attempts::new(None);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().ok());
        for _ in 0..50 {
            let _turn = attempts.turn(one).await.expect("a turn");
            attempts.begin(one).forgive();
            drop(attempts.begin(other));
        }
        assert_eq!(attempts.check(one), Ok(()));
        assert!(attempts.check(other).is_err());
        assert!(attempts.turns().is_empty(), "nobody asks any more");
    }
}
