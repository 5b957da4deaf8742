//! Which paths of the API were written to, and when: what was read before is no longer believed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ahash::{HashMap, RandomState};

/// When there are more paths, everything that was read before is forgotten instead.
const MOST_PATHS: usize = 10_000;
/// A path of more parts than this is related to every other.
pub(super) const MOST_PARTS: usize = 64;

/// A point between two writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in super::super) struct Moment(u64);

/// The last write to each path.
#[derive(Debug, Default)]
pub(super) struct Writes {
    marks: Mutex<Marks>,
    /// Two paths with the same hash only make more be forgotten.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Marks {
    now: Moment,
    /// Until when the API may still be at any of them.
    until: Option<Instant>,
    /// Everything is as if it were written to.
    all: Mark,
    at: HashMap<u64, Mark>,
    /// At a path or below it.
    below: HashMap<u64, Mark>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    last: Moment,
    /// Until when the API may still be at it.
    until: Option<Instant>,
}

impl Mark {
    fn touch(&mut self, now: Moment, until: Option<Instant>) {
        self.last = now;
        // What is over does not end what another write has left open.
        self.until = self.until.max(until);
    }

    fn has_changed(&self, since: Moment) -> bool {
        self.last > since || self.until.is_some_and(|until| Instant::now() < until)
    }
}

impl Writes {
    pub(super) fn now(&self) -> Moment {
        self.marks(|marks| marks.now)
    }

    /// Something was written to a path, or may be written to it for some time yet.
    pub(super) fn note(&self, path: &str, open: Option<Duration>) {
        let until = open.map(|open| Instant::now() + open);
        let parts: Vec<u64> = self.parts(path).take(MOST_PARTS + 1).collect();
        self.marks(|marks| {
            marks.now.0 += 1;
            marks.until = marks.until.max(until);
            let now = marks.now;
            if marks.below.len() >= MOST_PATHS || parts.len() > MOST_PARTS {
                let until = (marks.at.values())
                    .map(|mark| mark.until)
                    .fold(until, Option::max);
                marks.at.clear();
                marks.below.clear();
                marks.all.touch(now, until);
                return;
            }
            if let Some(whole) = parts.first() {
                marks.at.entry(*whole).or_default().touch(now, until);
            }
            for part in parts {
                marks.below.entry(part).or_default().touch(now, until);
            }
        });
    }

    /// Whether something was written to a path, above it or below it: to the order itself, to all orders of which it is
    /// one, or to its items.
    pub(super) fn has_changed(&self, path: &str, since: Moment) -> bool {
        let is_over = |until: Option<Instant>| until.is_none_or(|until| until <= Instant::now());
        if self.marks(|marks| marks.now <= since && is_over(marks.until)) {
            return false;
        }
        let parts: Vec<u64> = self.parts(path).take(MOST_PARTS + 1).collect();
        let is_later = |mark: Option<&Mark>| mark.is_some_and(|mark| mark.has_changed(since));
        self.marks(|marks| {
            marks.all.has_changed(since)
                || parts.len() > MOST_PARTS
                || is_later(parts.first().and_then(|whole| marks.below.get(whole)))
                || parts.iter().any(|part| is_later(marks.at.get(part)))
        })
    }

    fn parts<'p>(&'p self, path: &'p str) -> impl Iterator<Item = u64> + 'p {
        parts(path).map(|part| self.hasher.hash_one(part))
    }

    fn marks<T>(&self, look: impl FnOnce(&mut Marks) -> T) -> T {
        look(&mut self.marks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `/a/b:c`, `/a/b`, `/a` and the empty path: methods of a thing stand behind a colon with some APIs.
pub(super) fn parts(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_end_matches('/');
    let ends = path.rmatch_indices(['/', ':', ';']).map(|(at, _)| at);
    let ends = std::iter::once(path.len()).chain(ends);
    ends.map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_about_its_path_and_what_is_above_and_below() {
        let writes = Writes::default();
        let before = writes.now();
        writes.note("/v1/orders/7/items/", None);
        for changed in [
            "/v1/orders/7/items",
            "/v1/orders/7/items/3",
            "/v1/orders/7",
            "/v1/orders/",
            "/v1",
        ] {
            assert!(writes.has_changed(changed, before), "{changed}");
        }
        for same in [
            "/v1/orders/8",
            "/v1/orders/7/history",
            "/v1/pets",
            "/v1/orders/7/itemsets",
        ] {
            assert!(!writes.has_changed(same, before), "{same}");
        }
        assert!(!writes.has_changed("/v1/orders/7", writes.now()));
        writes.note("/v1/pets/7:feed", None);
        assert!(writes.has_changed("/v1/pets/7", before));
    }

    #[test]
    fn what_may_still_be_written_to_is_not_believed_until_it_is_over() {
        let writes = Writes::default();
        writes.note("/a", Some(Duration::from_secs(60)));
        writes.note("/a", None);
        assert!(writes.has_changed("/a/b", writes.now()));
        writes.note("/c", Some(Duration::ZERO));
        assert!(!writes.has_changed("/c", writes.now()));
    }

    #[test]
    fn more_paths_than_are_remembered_count_as_a_write_to_all() {
        let writes = Writes::default();
        let before = writes.now();
        for number in 0..=MOST_PATHS {
            writes.note(&format!("/{number}"), None);
        }
        assert!(writes.has_changed("/never", before));
        assert!(!writes.has_changed("/never", writes.now()));
        let before = writes.now();
        writes.note(&"/a".repeat(MOST_PARTS + 1), None);
        assert!(writes.has_changed("/never", before));
    }
}
