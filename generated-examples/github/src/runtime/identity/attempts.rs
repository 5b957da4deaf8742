//! How often an address may have the issuer asked about tokens that are no good.
//!
//! Each question costs a request with this server's own secret, and anybody can make tokens up. What is good costs nothing.

use std::net::IpAddr;
use std::time::Duration;

use ahash::RandomState;

use super::super::limits::{Buckets, block};
use super::super::settings::Frequency;
use super::claims::Refused;

/// The most that a caller's limit allows of this.
const MOST: Frequency = Frequency {
    count: 60,
    span: Duration::from_secs(60),
    burst: 20,
};

/// What addresses have asked in vain.
#[derive(Debug)]
pub(super) struct Attempts {
    buckets: Buckets,
    hasher: RandomState,
}

/// A question on its way, which was in vain unless somebody says otherwise: who hangs up does not get around it.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    attempts: &'a Attempts,
    client: Option<IpAddr>,
    is_in_vain: bool,
}

impl Attempts {
    /// By the limit of callers where that is the stricter one.
    pub(super) fn new(limit: Option<Frequency>) -> Self {
        let each = |frequency: &Frequency| frequency.span / frequency.count;
        let strict = limit.filter(|limit| each(limit) > each(&MOST));
        Self {
            buckets: Buckets::new(strict.unwrap_or(MOST)),
            hasher: RandomState::new(),
        }
    }

    /// # Errors
    /// The address has asked too often in vain.
    pub(super) fn check(&self, client: Option<IpAddr>) -> Result<(), Refused> {
        (self.buckets.look(self.key(client))).map_err(Refused::TooMany)
    }

    /// To be kept until the answer is known.
    pub(super) fn begin(&self, client: Option<IpAddr>) -> Attempt<'_> {
        Attempt {
            attempts: self,
            client,
            is_in_vain: true,
        }
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

    #[test]
    fn what_was_forgiven_and_what_others_did_does_not_count() {
        let attempts = Attempts::new(None);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().ok());
        for _ in 0..50 {
            attempts.begin(one).forgive();
            drop(attempts.begin(other));
        }
        assert_eq!(attempts.check(one), Ok(()));
        assert!(attempts.check(other).is_err());
    }
}
