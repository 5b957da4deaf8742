//! A circuit breaker: after some failures in a row nothing is sent for a while, then one call tries.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The breaker of one server of the API.
#[derive(Debug)]
pub(in super::super) struct Breaker {
    after: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    /// Whether a call tries out whether the API is back.
    is_tried: bool,
}

/// The leave to send one request. It ends with [`Pass::ended`], or without a word when the call is given up.
#[derive(Debug)]
pub(in super::super) struct Pass<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Breaker {
    pub(in super::super) fn new(after: u32, pause: Duration) -> Self {
        Self {
            after,
            pause,
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// The API is left alone: for how long still.
    pub(in super::super) fn pass(&self) -> Result<Pass<'_>, Duration> {
        self.pass_at(Instant::now)
    }

    fn pass_at(&self, now: impl FnOnce() -> Instant) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        let pause = (state.open_until).map(|until| until.saturating_duration_since(now()));
        let is_trial = match pause {
            None => false,
            Some(Duration::ZERO) if !state.is_tried => {
                state.is_tried = true;
                true
            }
            // Another call is trying; its answer will be here soon.
            Some(Duration::ZERO) => return Err(Duration::from_secs(1)),
            Some(pause) => return Err(pause),
        };
        Ok(Pass {
            breaker: self,
            is_trial,
        })
    }

    fn ended_at(&self, is_failure: bool, is_trial: bool, now: impl FnOnce() -> Instant) {
        let mut state = self.lock();
        if !is_failure {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if is_trial || state.failures >= self.after {
            state.open_until = Some(now() + self.pause);
        }
    }
}

impl Pass<'_> {
    /// Tells how it went.
    pub(in super::super) fn ended(self, is_failure: bool) {
        self.breaker
            .ended_at(is_failure, self.is_trial, Instant::now);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.lock().is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_open_it_and_one_call_tries_after_the_pause() {
        let breaker = Breaker::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let at = |seconds| move || start + Duration::from_secs(seconds);
        let try_at = |seconds, is_failure| {
            let pass = breaker.pass_at(at(seconds));
            pass.map(|pass| breaker.ended_at(is_failure, pass.is_trial, at(seconds)))
                .is_ok()
        };
        // A success in between counts from the beginning.
        assert!(try_at(0, true) && try_at(0, false) && try_at(0, true) && try_at(0, true));
        assert_eq!(
            breaker.pass_at(at(4)).map(|_| ()),
            Err(Duration::from_secs(6))
        );
        let trial = breaker.pass_at(at(10)).expect("one may try");
        assert!(breaker.pass_at(at(10)).is_err(), "one only");
        // The call was given up: another one may try.
        drop(trial);
        assert!(try_at(11, true));
        assert!(!try_at(12, true), "open again at once");
        assert!(try_at(21, false) && try_at(21, true) && try_at(21, false));
    }
}
