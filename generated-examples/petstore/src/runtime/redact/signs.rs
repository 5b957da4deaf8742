//! A look at the bytes of a text that costs a fraction of the patterns: what of all that is looked for cannot be in it.
//!
//! The text may be JSON as it came. What is ruled out is in none of its strings; nearly every answer has none of most.

use super::detect::{Detector, Detectors};

/// The fewest digits of a telephone number behind a plus, and of one without.
const PHONE: (u32, u32) = (7, 10);
/// Those of a social security number.
const SSN: u32 = 9;
/// The fewest of a card.
const CARD: u32 = 14;
/// The fewest bytes of a key or token.
const SECRET: usize = 16;
/// What is made of digits.
const NUMBERS: [Detector; 4] = [
    Detector::Iban,
    Detector::Card,
    Detector::Ssn,
    Detector::Phone,
];

/// Those of the detectors that may find something in a text, which may be JSON.
pub(super) fn suspected(detectors: Detectors, text: &str) -> Detectors {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'\\') {
        return suspected_in_plain(detectors, text);
    }
    // An escape may spell anything, or what cannot be seen and hides the rest.
    if ["\\u", "\\b", "\\f"]
        .iter()
        .any(|escape| text.contains(escape))
    {
        return detectors;
    }
    let mut suspected = suspected_in_plain(detectors, text);
    // A slash may be written with an escape, and a bearer's token may have many.
    if detectors.has(Detector::Secret) && text.contains("\\/") && text.contains("earer ") {
        suspected.add(Detector::Secret);
    }
    suspected
}

/// Those of the detectors that may find something in a text without escapes.
pub(super) fn suspected_in_plain(detectors: Detectors, text: &str) -> Detectors {
    let bytes = text.as_bytes();
    let mut suspected = Detectors::default();
    if detectors.has(Detector::Secret)
        && bytes.len() >= SECRET
        && Detector::Secret.pattern().is_match(text)
    {
        suspected.add(Detector::Secret);
    }
    if detectors.has(Detector::Email)
        && (bytes.contains(&b'@') || (bytes.contains(&b'%') && text.contains("%40")))
    {
        suspected.add(Detector::Email);
    }
    if bytes.len() < PHONE.0 as usize || !detectors.has_any(&NUMBERS) {
        return suspected;
    }
    let runs = Runs::of(bytes);
    for (detector, is_there) in [
        (Detector::Iban, runs.has_iban),
        (Detector::Card, runs.longest >= CARD),
        (Detector::Ssn, runs.has_ssn),
        (Detector::Phone, runs.has_phone),
    ] {
        if is_there && detectors.has(detector) {
            suspected.add(detector);
        }
    }
    suspected
}

/// Digits that follow each other, with nothing between them but what separates the groups of a number.
#[derive(Debug, Default)]
struct Runs {
    longest: u32,
    /// Whether there are enough behind a plus, or enough of which the last four stand apart.
    has_phone: bool,
    /// Whether enough have hyphens where a social security number has them.
    has_ssn: bool,
    /// Whether two capitals stand before two digits (ISO 13616).
    has_iban: bool,
}

#[derive(Clone, Copy)]
enum Class {
    Digit,
    /// Stands between digits of one number. A character that is not ASCII may be a space.
    Joint,
    Plus,
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = u8::MAX;
    loop {
        classes[byte as usize] = match byte {
            b'0'..=b'9' => Class::Digit,
            b'+' => Class::Plus,
            b' ' | b'.' | b'-' | b'/' | b'(' | b')' | b'\\' | 0x80.. => Class::Joint,
            _ => Class::Other,
        };
        if byte == 0 {
            break classes;
        }
        byte -= 1;
    }
};

/// What a plus is in a URL.
const PLUS: &[u8] = b"%2B";

impl Runs {
    fn of(bytes: &[u8]) -> Self {
        let mut runs = Self::default();
        let (mut run, mut is_after_plus) = (0_u32, false);
        let mut at = 0;
        while at < bytes.len() {
            // No number has eight other characters between two of its digits.
            if let Some(word) = bytes[at..].first_chunk::<8>()
                && !has_digit_or_plus(u64::from_ne_bytes(*word))
            {
                (run, is_after_plus) = (0, false);
                at += 8;
                continue;
            }
            let end = bytes.len().min(at + 8);
            while at < end {
                match CLASSES[usize::from(bytes[at])] {
                    Class::Digit => {
                        run += 1;
                        runs.see(&bytes[..=at], run, is_after_plus);
                    }
                    Class::Joint => {}
                    Class::Plus => (run, is_after_plus) = (0, true),
                    Class::Other => {
                        is_after_plus = bytes[..=at].ends_with(PLUS);
                        run = 0;
                    }
                }
                at += 1;
            }
        }
        runs
    }

    /// A digit is the last of these bytes, and that many stand together there.
    fn see(&mut self, bytes: &[u8], run: u32, is_after_plus: bool) {
        self.longest = self.longest.max(run);
        let back = |count: usize| bytes.len().checked_sub(count + 1).map(|at| bytes[at]);
        self.has_phone |= (is_after_plus && run >= PHONE.0)
            || (run >= PHONE.1 && matches!(back(4), Some(b'-' | b'.' | b' ')));
        self.has_ssn |= run >= SSN && back(4) == Some(b'-') && back(7) == Some(b'-');
        let is_capital = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_uppercase());
        self.has_iban |= run == 2
            && back(1).is_some_and(|byte| byte.is_ascii_digit())
            && is_capital(back(2))
            && is_capital(back(3));
    }
}

/// Whether one of eight bytes is `0` to `9` or `+`.
fn has_digit_or_plus(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 255;
    const LOW: u64 = EACH * 0x7f;
    // A byte less `0` is below ten when adding 118 to its low bits does not reach the high one.
    let digit = word ^ (EACH * u64::from(b'0'));
    let is_no_digit = ((digit & LOW) + EACH * 0x76) | digit;
    let plus = word ^ (EACH * u64::from(b'+'));
    let is_no_plus = ((plus & LOW) + LOW) | plus;
    (is_no_digit & is_no_plus) & (EACH * 0x80) != EACH * 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspects(detector: Detector, text: &str) -> bool {
        suspected(Detectors::of(&[detector]), text).has(detector)
    }

    #[test]
    fn what_a_detector_finds_is_suspected_wherever_it_stands() {
        for (detector, it) in super::super::detect::EXAMPLES {
            for before in 0..20 {
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
                let expected = byte.is_ascii_digit() || byte == b'+';
                let found = has_digit_or_plus(u64::from_ne_bytes(word));
                assert_eq!(found, expected, "{byte} at {place}");
            }
        }
    }
}
