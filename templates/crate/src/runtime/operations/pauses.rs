//! How long to wait before looking again.

use std::time::Duration;

/// The first pause of our own choice.
const FIRST: Duration = Duration::from_millis(500);
/// The longest of our own choice.
const LONGEST: Duration = Duration::from_secs(5);
/// No API is asked more often, whatever it says.
const SHORTEST: Duration = Duration::from_millis(100);

/// Pauses that grow by half each time, unless the API asks for one.
#[derive(Debug)]
pub(in super::super) struct Pauses(Duration);

impl Pauses {
    pub(in super::super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next one. `asked` is what the API asks for (RFC 9110 §10.2.3).
    pub(in super::super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        if let Some(asked) = asked {
            return asked.max(SHORTEST);
        }
        let next = self.0;
        self.0 = (next * 3 / 2).min(LONGEST);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_the_api_may_ask_for_others() {
        let mut pauses = Pauses::new();
        assert_eq!(pauses.next(None), FIRST);
        assert_eq!(pauses.next(None), FIRST * 3 / 2);
        for _ in 0..20 {
            assert!(pauses.next(None) <= LONGEST);
        }
        assert_eq!(pauses.next(None), LONGEST);
        let minute = Duration::from_secs(60);
        assert_eq!(pauses.next(Some(minute)), minute);
        assert_eq!(pauses.next(Some(Duration::ZERO)), SHORTEST);
    }
}
