//! Parts of a JSON text that are JSON themselves: what a caller asked for, and what fits into a result.
//!
//! The text is walked over and copied, without its layout, so that numbers keep their digits. A text that was cut off is
//! taken for what it begins: everything that was opened is closed.

mod fields;
mod sizes;
mod walk;

use std::collections::BTreeMap;

pub(in super::super) use fields::Fields;
pub(super) use fields::joined;
use sizes::Sizes;
use walk::{Limits, Walk};

/// How many lists are told of that were cut.
const MOST_TOLD: usize = 4;
/// A longer path to a list is not told.
const LONGEST_PLACE: usize = 80;

/// A part of a JSON text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// What was left out: `` `items` has the first 20 of its 1000 items ``.
    pub(super) cuts: Vec<String>,
}

/// What was chosen of a JSON text, and the names at its top; `None` when it is no JSON.
pub(super) fn chosen(text: &str, fields: &Fields, is_part: bool) -> Option<(String, Vec<String>)> {
    let mut walk = Walk::new(text, is_part, Limits::NONE);
    walk.names = Some(Vec::new());
    walk.whole(fields).ok()?;
    Some((walk.out, walk.names.unwrap_or_default()))
}

/// As much of a JSON text as fits into so many characters; `None` when it is no JSON.
pub(super) fn fitted(text: &str, most: usize, is_part: bool) -> Option<Excerpt> {
    let mut walk = Walk::new(text, is_part, Limits::NONE);
    walk.sizes = Some(Sizes::new(most));
    walk.whole(&Fields::everything()).ok()?;
    let sizes = walk.sizes.take()?;
    let limits = match sizes.best(most) {
        Some((items, texts)) => Limits {
            items,
            texts,
            ..Limits::NONE
        },
        None => Limits {
            texts: sizes.shortest_texts(),
            most,
            ..Limits::NONE
        },
    };
    let mut walk = Walk::new(text, is_part, limits);
    walk.cuts = Some(Cuts::default());
    walk.whole(&Fields::everything()).ok()?;
    let cuts = walk.cuts.take().unwrap_or_default();
    let ends = limits.most < usize::MAX && walk.is_over;
    Some(Excerpt {
        cuts: cuts.told(ends),
        text: walk.out,
    })
}

/// What was left out, by the places of lists and texts.
#[derive(Default)]
struct Cuts {
    /// The most items there were, and how many were kept.
    lists: BTreeMap<String, (usize, usize)>,
    texts: usize,
}

impl Cuts {
    fn told(&self, ends: bool) -> Vec<String> {
        let mut told: Vec<String> = (self.lists.iter().take(MOST_TOLD))
            .map(|(place, (all, kept))| {
                let place = if place.is_empty() {
                    "the list".to_owned()
                } else if place.len() > LONGEST_PLACE {
                    "a list deep inside".to_owned()
                } else {
                    format!("`{place}`")
                };
                let many = if place.contains("[*]") {
                    "at most "
                } else {
                    ""
                };
                format!("{place} has the first {kept} of {many}{all} items")
            })
            .collect();
        if let Some(more @ 1..) = self.lists.len().checked_sub(MOST_TOLD) {
            told.push(format!("{more} more lists are shorter"));
        }
        if self.texts > 0 {
            told.push(format!("{} of the texts end early in `…`", self.texts));
        }
        if ends {
            told.push("what comes later is left out".to_owned());
        }
        told
    }
}

#[cfg(test)]
mod tests;
