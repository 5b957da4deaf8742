//! A look at the bytes of a text that costs a fraction of the patterns: where something of all that is looked for may be.
//!
//! The text may be JSON as it came: what has no sign here is in none of its strings and numbers.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2_iter, memchr3, memchr3_iter, memmem};

use super::detect::{Detector, Detectors};
use super::keys::passwords;
use super::names::ends_name;
use super::{may_be_encoded, may_refer};

/// The fewest digits of a telephone number behind a plus, and of one without.
const PHONE: (u32, u32) = (7, 10);
/// Those of a social security number.
const SSN: u32 = 9;
/// The fewest of a card.
const CARD: u32 = 14;
/// The fewest bytes of a key or token behind what it begins with.
const SECRET: usize = 8;
/// In bytes: what stands behind the name of a secret at least.
const SHORTEST_VALUE: usize = 6;
/// What is made of digits.
const NUMBERS: [Detector; 4] = [
    Detector::Iban,
    Detector::Card,
    Detector::Ssn,
    Detector::Phone,
];
/// A text with more signs than this is looked into everywhere.
const MOST: usize = 1 << 16;

/// What may be in a text, and where.
#[derive(Debug)]
pub(super) struct Signs {
    detectors: Detectors,
    /// In order, and each within what is found. `None` where that may be anywhere.
    places: Option<Vec<(usize, Detector)>>,
}

impl Signs {
    /// What these detectors may find in a text, which may be JSON.
    pub(super) fn of(detectors: Detectors, text: &str) -> Self {
        // An escape or a reference may spell anything, or what cannot be seen and hides the rest.
        let hides = |escape: &&str| text.contains(*escape);
        if memchr3(b'\\', b'&', b'%', text.as_bytes()).is_some()
            && (may_refer(text) || may_be_encoded(text) || ["\\u", "\\b", "\\f"].iter().any(hides))
        {
            return Self::anywhere(detectors);
        }
        Self::of_plain(detectors, text)
    }

    /// What these detectors may find in a text without escapes.
    pub(super) fn of_plain(detectors: Detectors, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut places = Vec::new();
        let mut suspected = Detectors::default();
        let mut sign = |at: usize, detector: Detector| {
            if detectors.has(detector) && places.len() <= MOST {
                suspected.add(detector);
                places.push((at, detector));
            }
        };
        if detectors.has(Detector::Email) {
            for at in memchr2_iter(b'@', b'%', bytes) {
                if bytes[at] == b'@' || bytes[at..].starts_with(b"%40") {
                    sign(at, Detector::Email);
                }
            }
        }
        if detectors.has(Detector::Secret) {
            secrets(bytes, |at| sign(at, Detector::Secret));
        }
        if detectors.has_any(&NUMBERS) {
            numbers(bytes, &mut sign);
        }
        if places.len() > MOST {
            return Self::anywhere(detectors);
        }
        places.sort_unstable_by_key(|(at, _)| *at);
        Self {
            detectors: suspected,
            places: Some(places),
        }
    }

    /// All of these may find something anywhere.
    pub(super) fn anywhere(detectors: Detectors) -> Self {
        Self {
            detectors,
            places: None,
        }
    }

    /// Those that may find something.
    pub(super) fn detectors(&self) -> Detectors {
        self.detectors
    }

    /// Where, in order; `None` where that may be anywhere.
    pub(super) fn places(&self) -> Option<&[(usize, Detector)]> {
        self.places.as_deref()
    }
}

/// Bytes by which it is seen that something stands before them that keys and tokens begin with.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let all = b"_-J.I +%=A";
    let mut at = 0;
    while at < all.len() {
        ends[all[at] as usize] = true;
        at += 1;
    }
    ends
};
/// In bytes: a longer text is looked through for one of them after the other.
const SHORT: usize = 1024;
/// What has one of them at its end that long texts may be full of, and how far behind its beginning that is.
static WORDS: LazyLock<[(memmem::Finder<'_>, usize); 3]> = LazyLock::new(|| {
    let words = [("earer", 5), ("asic", 4), ("eyA", 2)];
    words.map(|(word, end)| (memmem::Finder::new(word), end))
});

/// Where something stands that keys and tokens begin with.
fn secrets(bytes: &[u8], mut sign: impl FnMut(usize)) {
    let mut look = |at| {
        if let Some(at) = secret(bytes, at) {
            sign(at);
        }
    };
    if bytes.len() < SHORT {
        let ends = bytes.iter().enumerate();
        (ends.filter(|(_, byte)| ENDS[usize::from(**byte)])).for_each(|(at, _)| look(at));
    } else {
        memchr3_iter(b'_', b'-', b'J', bytes).for_each(&mut look);
        memchr3_iter(b'.', b'I', b'=', bytes).for_each(&mut look);
        for (word, end) in &*WORDS {
            let ends = word.find_iter(bytes).map(|at| at + end);
            ends.filter(|at| *at < bytes.len()).for_each(&mut look);
        }
    }
    for password in passwords(bytes) {
        sign(password.start);
    }
}

/// Where what keys and tokens begin with is, if it ends at this byte or before it.
fn secret(bytes: &[u8], at: usize) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(byte);
    let goes_on = || {
        let behind = bytes.get(at + 1..at + 1 + SECRET);
        behind.is_some_and(|behind| behind.iter().all(is_part))
    };
    let last = &bytes[at.saturating_sub(5)..=at];
    let is_one = match last {
        // Behind a space there may be more, and slashes with escapes.
        [b'e', b'a', b'r', b'e', b'r', b' ' | b'+' | b'%'] => return Some(at - 5),
        [.., b'a', b's', b'i', b'c', b' ' | b'+' | b'%'] => return Some(at - 4),
        [.., b'e', b'y', b'A'] => return Some(at - 2),
        [.., b'='] => {
            let begins = last.ends_with(b"Key=")
                || (ends_name(&bytes[..at]) && bytes.len() > at + SHORTEST_VALUE);
            return begins.then_some(at + 1);
        }
        [.., b'-', b'-', b'-', b'-', b'-'] => bytes[at + 1..].starts_with(b"BEGIN"),
        [.., b'x', b'a', b'p', b'p', b'-']
        | [.., b'p', b'y', b'p', b'i', b'-']
        | [.., b'P', b'M', b'A', b'K', b'-']
        | [.., b'C', b'R', b'U', b'd', b'J']
        | [.., b'g', b'l', b'r' | b'd' | b'f', b't', b'-']
        | [.., b'l', b'c', b'b', b't', b'-']
        | [.., b'l', b'p', b't', b't', b'-']
        | [.., b's', b'o', b'a', b't', b'-']
        | [.., b'g', b'l', b's', b'a', b'_']
        | [.., b't', b'r', b'y', b's', b'_']
        | [.., b's', b'b', b'p', b'_']
        | [.., b'n', b't', b'n', b'_']
        | [.., b'a', b'p', b'i', b'_']
        | [.., b't', b'k', b'n', b'_']
        | [.., b'R', b'A', b'K', b'-']
        | [.., b'K', b'E', b'Y', b'-']
        | [.., b'0', b'a' | b'c', b't' | b's', b'p', b'-']
        | [.., b'S', b'P', b'X', b'-']
        | [.., b'_', b'v', b'1', b'_']
        | [.., b'h', b'p', _, _, b'_']
        | [.., b'h', b'f', b'_']
        | [.., b's' | b'r' | b'p', b'k', b'_']
        | [.., b'g', b'h', b'p' | b'o' | b'u' | b's' | b'r', b'_']
        | [.., b'p', b'a', b't', b'_' | b'-']
        | [.., b'n', b'p', b'm', b'_']
        | [.., b's', b'e', b'c', b'_']
        | [.., b's', b'k', b'-']
        | [.., b'x', b'o', b'x', _, b'-']
        | [.., b'e', b'y', b'J']
        | [.., b'S', b'G', b'.']
        | [.., b'y', b'a', b'2', b'9', b'.']
        | [.., b'h', b'v', b's' | b'b', b'.']
        | [.., b'o', b'o', b'k', b's', b'.'] => goes_on(),
        [.., b'A', b'K' | b'S', b'I'] => bytes[at + 1..].starts_with(b"A") && goes_on(),
        [.., b'A', b'I'] => bytes[at + 1..].starts_with(b"za") && goes_on(),
        _ => false,
    };
    is_one.then_some(at)
}

/// What stands between digits of one number. A character that is not ASCII may be a space.
const fn is_joint(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'.' | b'-' | b'/' | b'(' | b')' | b'\\' | 0x80..
    )
}

/// What a plus is in a URL, and the digits of what a space is behind their `%`.
const PLUS: [&[u8]; 2] = [b"%2B", b"%2b"];
const SPACE: &[u8] = b"20";
/// In bytes: what separates two groups, where it is a space that is no ASCII, or `%20`.
const WIDEST: usize = 3;
/// No number has so many other bytes between two of its digits.
const APART: usize = 12;

/// The lowest bit of each of eight bytes, and the highest.
const EACH: u64 = u64::MAX / 255;
const HIGH: u64 = EACH * 0x80;

/// What ends a run where digits stand behind it, and is no end of what a plus is in a URL, nor the beginning of its space.
static ENDS_RUN: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        ends[byte as usize] = !is_joint(byte) && !matches!(byte, b'%' | b'B' | b'b');
        byte += 1;
    }
    ends
};

/// Digits that may be of one number.
#[derive(Default)]
struct Run {
    /// How many there are.
    all: u32,
    /// How many of them stand behind the last plus, which in a form is a space.
    own: u32,
    is_after_plus: bool,
    /// Up to where the text was looked at.
    end: usize,
}

impl Run {
    /// Goes on to a digit or a plus: what stands before it may end the run.
    fn pass_to(&mut self, bytes: &[u8], start: usize) {
        let between = &bytes[self.end..start];
        if between.len() >= APART {
            *self = Self::default();
        } else if let Some(other) = between.iter().rposition(|byte| !is_joint(*byte)) {
            let before = &bytes[..=self.end + other];
            *self = Self {
                is_after_plus: PLUS.iter().any(|plus| before.ends_with(plus)),
                ..Self::default()
            };
        }
        self.end = start;
    }

    /// Goes through eight bytes, the first of which stands there, by what is in them.
    #[inline(never)]
    fn word(
        &mut self,
        bytes: &[u8],
        at: usize,
        (digits, pluses): (u64, u64),
        sign: &mut impl FnMut(usize, Detector),
    ) {
        let mut found = digits | pluses;
        while found != 0 {
            let start = found.trailing_zeros();
            let place = at + start as usize / 8;
            if pluses & (1 << start) != 0 {
                self.plus(bytes, place);
                found &= found - 1;
                continue;
            }
            let behind = !digits & (HIGH << (start - 7));
            let end = behind.trailing_zeros().min(u64::BITS);
            self.digits(bytes, place..at + end as usize / 8, sign);
            found = found.checked_shr(end).map_or(0, |rest| rest << end);
        }
    }

    fn plus(&mut self, bytes: &[u8], at: usize) {
        self.pass_to(bytes, at);
        (self.own, self.is_after_plus, self.end) = (0, true, at + 1);
    }

    /// Takes digits that stand side by side, and gives each at which something may be.
    fn digits(
        &mut self,
        bytes: &[u8],
        mut group: Range<usize>,
        sign: &mut impl FnMut(usize, Detector),
    ) {
        if self.end < group.start && ENDS_RUN[usize::from(bytes[group.start - 1])] {
            *self = Self::default();
        } else {
            group.start = self.joined(bytes, group.start);
            if group.start >= group.end {
                return;
            }
        }
        self.end = group.end;
        let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
        if self.all + count >= PHONE.0 {
            return self.many(bytes, group, sign);
        }
        if self.own < 2 && self.own + count >= 2 {
            let second = group.start + 1 - self.own as usize;
            if is_country(&bytes[..=second]) {
                sign(second, Detector::Iban);
            }
        }
        (self.all, self.own) = (self.all + count, self.own + count);
    }

    /// Where digits begin that may go on with the run: behind what was looked at, and behind a space of a URL.
    #[inline(never)]
    fn joined(&mut self, bytes: &[u8], start: usize) -> usize {
        let mut start = start.max(self.end);
        if bytes[..start].ends_with(b"%") && bytes[start..].starts_with(SPACE) {
            self.pass_to(bytes, start - 1);
            start += SPACE.len();
            self.end = start;
        }
        self.pass_to(bytes, start);
        start
    }

    /// The same where they may be more than those of an account's country.
    fn many(&mut self, bytes: &[u8], group: Range<usize>, sign: &mut impl FnMut(usize, Detector)) {
        for at in group {
            self.all += 1;
            self.own += 1;
            if self.own == 2 && is_country(&bytes[..=at]) {
                sign(at, Detector::Iban);
            } else if self.all >= PHONE.0 {
                long(&bytes[..=at], self, |it| sign(at, it));
            }
        }
    }
}

/// Where digits follow each other as they do in what is made of digits, with nothing between them but what separates the
/// groups of a number.
fn numbers(bytes: &[u8], mut sign: impl FnMut(usize, Detector)) {
    let mut run = Run::default();
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let has_pluses = memchr(b'+', bytes).is_some();
    let mut look = |number: usize, word: &[u8; 8]| {
        let pluses = if has_pluses { pluses(*word) } else { 0 };
        let digits = digits(*word);
        // Most have none.
        if digits | pluses != 0 {
            run.word(bytes, number * 8, (digits, pluses), &mut sign);
        }
    };
    for (number, word) in words.iter().enumerate() {
        look(number, word);
    }
    look(words.len(), &last);
}

/// Whether two capitals stand before the two digits at the end (ISO 13616).
fn is_country(bytes: &[u8]) -> bool {
    match bytes {
        [.., first, second, b'0'..=b'9', _] => {
            first.is_ascii_uppercase() && second.is_ascii_uppercase()
        }
        _ => false,
    }
}

/// A digit is the last of these bytes, and of such a run: what that may be.
fn long(bytes: &[u8], run: &Run, mut sign: impl FnMut(Detector)) {
    let back = |count: usize| bytes.len().checked_sub(count + 1).map(|at| bytes[at]);
    if run.all >= CARD {
        sign(Detector::Card);
    }
    if run.all >= SSN && back(4) == Some(b'-') && back(7) == Some(b'-') {
        sign(Detector::Ssn);
    }
    // A space may be a `0` here, of `%20`.
    let is_apart = || {
        matches!(
            back(4),
            Some(b'-' | b'.' | b' ' | b'/' | b'+' | b'0' | 0x80..)
        ) || (7..=7 + WIDEST).any(|count| back(count) == Some(b')'))
    };
    let is_international = run.is_after_plus && run.own >= PHONE.0;
    if is_international || (run.all >= PHONE.1 && is_apart()) {
        sign(Detector::Phone);
    }
}

/// Which of eight bytes are `0` to `9`: the highest bit of each, the first byte the lowest.
fn digits(word: [u8; 8]) -> u64 {
    // A byte less `0` is below ten when adding 118 to its low bits does not reach the high one.
    let digit = u64::from_le_bytes(word) ^ (EACH * u64::from(b'0'));
    !(((digit & !HIGH) + EACH * 0x76) | digit) & HIGH
}

/// Which of eight bytes are `+`, in the same way.
fn pluses(word: [u8; 8]) -> u64 {
    let plus = u64::from_le_bytes(word) ^ (EACH * u64::from(b'+'));
    !(((plus & !HIGH) + !HIGH) | plus) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspects(detector: Detector, text: &str) -> bool {
        let signs = Signs::of(Detectors::of(&[detector]), text);
        signs.detectors().has(detector)
    }

    #[test]
    fn what_a_detector_finds_is_suspected_wherever_it_stands() {
        for (detector, it) in super::super::detect::EXAMPLES {
            for before in (0..20).chain([SHORT]) {
                for text in [
                    format!("{}{it}", "-".repeat(before)),
                    format!("{{\"a\":\"{} {it}\",\"b\":1}}", "x".repeat(before)),
                ] {
                    assert!(suspects(detector, &text), "{text}");
                }
            }
        }
        assert!(suspects(
            Detector::Email,
            "{\"a\":\"ann\\u0040example.org\"}"
        ));
        for hidden in [
            r#"{"a":"4111\b1111\b1111\b1111"}"#,
            r#"{"a":"4111\f111111111111"}"#,
        ] {
            assert!(suspects(Detector::Card, hidden), "{hidden}");
        }
        assert!(suspects(
            Detector::Secret,
            "Bearer abc\\/def\\/ghi\\/jkl\\/m0"
        ));
    }

    #[test]
    fn what_answers_are_full_of_is_not() {
        let text = r#"{"id":"550e8400-e29b-41d4-a716-4466a5540000","at":"2026-11-29T13:40:13.123Z","n":123456789,
            "price":1299.50,"tags":["A1","b2"],"url":"https://example.org/a/7?b=1&c=%20"}"#;
        for detector in Detector::ALL {
            assert!(!suspects(detector, text), "{}", detector.name());
        }
    }

    #[test]
    fn eight_bytes_are_looked_at_at_once() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut word = *b"abc:;/\xff\"";
                word[place] = byte;
                let bit = |is_one| if is_one { 0x80 << (place * 8) } else { 0 };
                assert_eq!(
                    digits(word),
                    bit(byte.is_ascii_digit()),
                    "{byte} at {place}"
                );
                assert_eq!(pluses(word), bit(byte == b'+'), "{byte} at {place}");
            }
        }
    }
}
