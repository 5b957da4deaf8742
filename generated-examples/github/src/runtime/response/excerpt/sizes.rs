//! How long an excerpt would be, for every number of items and every length of texts at once.

/// Up to here every number of items is tried, and from there on each tenth more.
const EACH: usize = 64;
/// How long texts are at least where they are cut, if there is room for that.
const SHORTEST: usize = 300;
/// With fewer items than this, shorter texts are tried first.
const FEW: usize = 5;

/// Characters by what they need: a part that stands at the fifth place of a list needs five items.
#[derive(Debug)]
pub(super) struct Sizes {
    /// The numbers of items that are tried.
    items: Vec<usize>,
    /// The lengths of texts that are tried, the longest first.
    texts: Vec<usize>,
    /// By the place in `items`.
    plain: Vec<usize>,
    /// What long texts take, by the places in `texts` and `items`.
    long: Vec<Vec<usize>>,
}

impl Sizes {
    /// For excerpts of so many characters.
    pub(super) fn new(most: usize) -> Self {
        let shortest = SHORTEST.min(most / 4).max(1);
        let shorter = |length: &usize| Some(length * 2 / 3).filter(|next| *next > shortest);
        let texts: Vec<usize> = std::iter::once(usize::MAX)
            .chain(std::iter::successors(Some(most), shorter))
            .chain([shortest])
            .collect();
        Self {
            items: (1..=EACH).collect(),
            plain: vec![0; EACH],
            long: vec![vec![0; EACH]; texts.len()],
            texts,
        }
    }

    /// Texts of up to so many characters are never cut.
    fn shortest(&self) -> usize {
        self.texts.last().copied().unwrap_or(usize::MAX)
    }

    /// Takes note of something that needs so many items.
    pub(super) fn add(&mut self, items: usize, characters: usize) {
        let place = self.place(items);
        self.plain[place] += characters;
    }

    /// Takes note of a text with its quotes.
    pub(super) fn add_text(&mut self, items: usize, characters: usize) {
        if characters <= self.shortest() + 2 {
            return self.add(items, characters);
        }
        let place = self.place(items);
        for (long, limit) in self.long.iter_mut().zip(&self.texts) {
            // With the quotes, and the sign that it was cut.
            long[place] += characters.min(limit.saturating_add(3));
        }
    }

    fn place(&mut self, items: usize) -> usize {
        while self.items.last().is_some_and(|last| *last < items) {
            let last = self.items.last().copied().unwrap_or_default();
            self.items.push(last + last / 10);
            self.plain.push(0);
            self.long.iter_mut().for_each(|long| long.push(0));
        }
        self.items.partition_point(|number| *number < items)
    }

    /// How many items of each list, and how many characters of each text, fit into so many characters; `None` where one
    /// item of each is too much. With the last of all items, lists are whole: `usize::MAX`.
    pub(super) fn best(&self, most: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for (long, texts) in self.long.iter().zip(&self.texts) {
            let mut size = 0;
            let fitting = (self.plain.iter().zip(long))
                .take_while(|(plain, long)| {
                    size += *plain + *long;
                    size <= most
                })
                .count();
            let Some(last) = fitting.checked_sub(1) else {
                continue;
            };
            if fitting == self.items.len() {
                return best
                    .filter(|(items, _)| *items >= FEW)
                    .or(Some((usize::MAX, *texts)));
            }
            let items = self.items[last];
            if best.is_none_or(|(most, _)| most < items) {
                best = Some((items, *texts));
            }
            if items >= FEW {
                break;
            }
        }
        best
    }

    /// The length of texts where nothing else helps.
    pub(super) fn shortest_texts(&self) -> usize {
        self.shortest()
    }
}
