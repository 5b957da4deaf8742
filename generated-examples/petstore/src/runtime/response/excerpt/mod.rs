//! Parts of a JSON text that are JSON themselves: what a caller asked for, and what fits into a result.
//!
//! The text is walked over and copied, without its layout, so that numbers keep their digits. A text that was cut off is
//! taken for what it begins: everything that was opened is closed.

mod fields;
mod walk;

use std::collections::BTreeMap;

pub(in super::super) use fields::Fields;
use walk::{Limits, Stop, Walk};

/// How long texts are where they are cut, one attempt after the other; before, they are left whole.
const TEXTS: [usize; 3] = [usize::MAX, 2_000, 300];
/// With fewer items than this, shorter texts are tried first.
const FEW: usize = 5;
/// How many lists are told of that were cut.
const MOST_TOLD: usize = 4;

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
    let attempt = |items, texts| {
        fits(
            text,
            is_part,
            Limits {
                items,
                texts,
                most,
                ends: false,
            },
        )
    };
    let limits = match best(&attempt).ok()? {
        Some((items, texts)) => Limits {
            items,
            texts,
            most,
            ends: false,
        },
        // Where the walk ends early, it sees no mistake in the rest.
        None if fits(text, is_part, Limits::NONE).is_err() => return None,
        None => Limits {
            items: usize::MAX,
            texts: TEXTS[TEXTS.len() - 1],
            most,
            ends: true,
        },
    };
    let mut walk = Walk::new(text, is_part, limits);
    walk.cuts = Some(Cuts::default());
    walk.whole(&Fields::default()).ok()?;
    let cuts = walk.cuts.take().unwrap_or_default();
    let ends = limits.ends && walk.is_over;
    Some(Excerpt {
        cuts: cuts.told(ends),
        text: walk.out,
    })
}

/// The text is no JSON.
struct NoJson;

/// Whether it fits with these limits.
fn fits(text: &str, is_part: bool, limits: Limits) -> Result<bool, NoJson> {
    match Walk::new(text, is_part, limits).whole(&Fields::default()) {
        Ok(()) => Ok(true),
        Err(Stop::Over) => Ok(false),
        Err(Stop::NoJson) => Err(NoJson),
    }
}

/// The most items of each list, and the longest texts, with which it fits; `None` when nothing helps.
fn best(
    attempt: &dyn Fn(usize, usize) -> Result<bool, NoJson>,
) -> Result<Option<(usize, usize)>, NoJson> {
    let mut best: Option<(usize, usize)> = None;
    for texts in TEXTS {
        if attempt(usize::MAX, texts)? {
            return Ok(Some((usize::MAX, texts)));
        }
        let Some(items) = most_items(&|items| attempt(items, texts))? else {
            continue;
        };
        if best.is_none_or(|(most, _)| most < items) {
            best = Some((items, texts));
        }
        if items >= FEW {
            break;
        }
    }
    Ok(best)
}

/// The most items with which it fits, one at least.
fn most_items(attempt: &dyn Fn(usize) -> Result<bool, NoJson>) -> Result<Option<usize>, NoJson> {
    let (mut fits, mut too_many) = (0, 1);
    while attempt(too_many)? {
        fits = too_many;
        too_many *= 2;
    }
    while too_many - fits > 1 {
        let middle = usize::midpoint(fits, too_many);
        if attempt(middle)? {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    Ok((fits > 0).then_some(fits))
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
