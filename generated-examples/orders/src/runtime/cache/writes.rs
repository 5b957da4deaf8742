//! Which paths of the API were written to, and when: what was read before is no longer believed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// When there are more paths, everything that was read before is forgotten instead.
const MOST_PATHS: usize = 10_000;

/// A point between two writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in super::super) struct Moment(u64);

/// The last write to each path.
#[derive(Debug, Default)]
pub(super) struct Writes(Mutex<Marks>);

#[derive(Debug, Default)]
struct Marks {
    now: Moment,
    /// Everything before is as if it were written to.
    floor: Moment,
    at: HashMap<String, Moment>,
    /// At a path or below it.
    below: HashMap<String, Moment>,
}

impl Writes {
    pub(super) fn now(&self) -> Moment {
        self.marks(|marks| marks.now)
    }

    /// Something was written to a path.
    pub(super) fn note(&self, path: &str) {
        self.marks(|marks| {
            marks.now.0 += 1;
            if marks.below.len() >= MOST_PATHS {
                marks.at.clear();
                marks.below.clear();
                marks.floor = marks.now;
            }
            marks.at.insert(trimmed(path).to_owned(), marks.now);
            for above in with_ancestors(path) {
                marks.below.insert(above.to_owned(), marks.now);
            }
        });
    }

    /// Whether something was written to a path, above it or below it: to the order itself, to all orders of which it is
    /// one, or to its items.
    pub(super) fn has_changed(&self, path: &str, since: Moment) -> bool {
        self.marks(|marks| {
            let is_later = |mark: Option<&Moment>| mark.is_some_and(|mark| *mark > since);
            marks.floor > since
                || is_later(marks.below.get(trimmed(path)))
                || with_ancestors(path).any(|above| is_later(marks.at.get(above)))
        })
    }

    fn marks<T>(&self, look: impl FnOnce(&mut Marks) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// `/a/b`, `/a` and the empty path.
fn with_ancestors(path: &str) -> impl Iterator<Item = &str> {
    let path = trimmed(path);
    let ends = path.rmatch_indices('/').map(|(at, _)| at);
    std::iter::once(path.len())
        .chain(ends)
        .map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_about_its_path_and_what_is_above_and_below() {
        let writes = Writes::default();
        let before = writes.now();
        writes.note("/v1/orders/7/items/");
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
    }

    #[test]
    fn more_paths_than_are_remembered_count_as_a_write_to_all() {
        let writes = Writes::default();
        let before = writes.now();
        for number in 0..=MOST_PATHS {
            writes.note(&format!("/{number}"));
        }
        assert!(writes.has_changed("/never", before));
        assert!(!writes.has_changed("/never", writes.now()));
    }
}
