//! The detectors: patterns with a check behind them, where there is one, so that an order number is no card.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Finds one kind of data in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detector {
    /// Keys and tokens of well-known makers, JSON Web Tokens and private keys.
    Secret,
    /// Addresses of e-mail.
    Email,
    /// International bank account numbers (ISO 13616) whose check digits fit.
    Iban,
    /// Payment card numbers of the large networks whose check digit fits (ISO/IEC 7812).
    Card,
    /// United States social security numbers, with their hyphens.
    Ssn,
    /// Telephone numbers, international with a `+`, or North American with separators.
    Phone,
}

macro_rules! pattern {
    ($text:expr) => {{
        static PATTERN: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a pattern of ours"));
        &*PATTERN
    }};
}

impl Detector {
    /// The order matters: a part of one thing may look like another.
    pub(super) const ALL: [Self; 6] = [
        Self::Secret,
        Self::Email,
        Self::Iban,
        Self::Card,
        Self::Ssn,
        Self::Phone,
    ];

    /// The name in options.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::Ssn => "ssn",
            Self::Phone => "phone",
        }
    }

    /// The text without what is found; `None` where nothing is.
    pub(super) fn redacted(self, text: &str) -> Option<String> {
        if !self.may_be_in(text) {
            return None;
        }
        let mut found = false;
        let new = self.pattern().replace_all(text, |captures: &Captures<'_>| {
            if self.is_real(text, captures) {
                found = true;
                format!("[redacted: {}]", self.name())
            } else {
                captures[0].to_owned()
            }
        });
        found.then(|| new.into_owned())
    }

    /// A look that is cheaper than the pattern.
    fn may_be_in(self, text: &str) -> bool {
        let digits = |least: usize| {
            let digits = text.bytes().filter(u8::is_ascii_digit);
            digits.take(least).count() == least
        };
        match self {
            Self::Secret => text.len() >= 16,
            Self::Email => text.contains('@') || text.contains("%40"),
            Self::Iban => {
                text.len() >= 15 && text.bytes().any(|c| c.is_ascii_uppercase()) && digits(8)
            }
            Self::Card => digits(13),
            Self::Ssn => digits(9) && text.contains('-'),
            Self::Phone => digits(7),
        }
    }

    fn pattern(self) -> &'static Regex {
        match self {
            Self::Secret => pattern!(concat!(
                "-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)",
                "|eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*",
                "|(?:AKIA|ASIA)[0-9A-Z]{16}",
                "|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}",
                "|xox[abeoprs]-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{36}",
                "|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{20,}",
                "|AIza[0-9A-Za-z_-]{35}|ya29\\.[0-9A-Za-z_-]{20,}|SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
                "|[Bb]earer +[A-Za-z0-9._~+/-]{16,}=*",
            )),
            Self::Email => {
                pattern!(
                    "[^\\]\\[ \t\r\n<>(){},;:\"\\\\/=&?@%]+(?:@|%40)(?:[A-Za-z0-9-]+\\.)+[A-Za-z][A-Za-z0-9-]+"
                )
            }
            Self::Iban => {
                pattern!("[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?")
            }
            Self::Card => pattern!("[0-9](?:[ -]?[0-9]){12,18}"),
            Self::Ssn => pattern!("[0-9]{3}-[0-9]{2}-[0-9]{4}"),
            Self::Phone => pattern!(
                "\\+[0-9](?:[ ./-]?\\(?[0-9]\\)?){6,14}|(?:\\([0-9]{3}\\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}"
            ),
        }
    }

    /// Whether what looks like it is it: the checks of its standard, and no part of something longer.
    fn is_real(self, text: &str, captures: &Captures<'_>) -> bool {
        let Some(whole) = captures.get(0) else {
            return false;
        };
        let before = text[..whole.start()].chars().next_back();
        let after = text[whole.end()..].chars().next();
        let touches =
            |is_part: fn(char) -> bool| before.is_some_and(is_part) || after.is_some_and(is_part);
        let it = whole.as_str();
        match self {
            Self::Secret | Self::Email => true,
            Self::Iban => !touches(|c| c.is_ascii_alphanumeric()) && is_iban(it),
            Self::Card => !touches(|c| c.is_ascii_alphanumeric()) && is_card(it),
            Self::Ssn => !touches(|c| c.is_ascii_alphanumeric() || c == '-') && is_ssn(it),
            Self::Phone => {
                before != Some('.') && !touches(|c| c.is_ascii_alphanumeric() || c == '-')
            }
        }
    }
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Length and first digits are one network's, and the sum fits.
fn is_card(text: &str) -> bool {
    let digits = digits(text);
    let first = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0, |number, digit| number * 10 + digit)
    };
    let is_issued = match digits.len() {
        13 | 19 => first(1) == 4,
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 65 | 62)
                || matches!(first(4), 2221..=2720 | 6011 | 3528..=3589)
                || matches!(first(3), 644..=649)
        }
        _ => false,
    };
    is_issued && luhn(&digits)
}

/// ISO/IEC 7812-1, annex B.
fn luhn(digits: &[u32]) -> bool {
    let each = digits.iter().rev().enumerate();
    let sum: u32 = each
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, twice) => twice / 10 + twice % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064, MOD 97-10.
fn is_iban(text: &str) -> bool {
    let plain: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let (country, account) = plain.split_at(4);
    let rest = (account.iter().chain(country)).fold(0, |rest, c| {
        let value = c.to_digit(36).unwrap_or_default();
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    });
    rest == 1
}

/// Numbers that the Social Security Administration gives out.
fn is_ssn(text: &str) -> bool {
    let (area, group, serial) = (&text[..3], &text[4..6], &text[7..]);
    !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(detector: Detector, text: &str) -> Option<String> {
        detector.redacted(text)
    }

    #[test]
    fn what_is_one_is_found_in_the_middle_of_a_text() {
        for (detector, it) in [
            (Detector::Card, "4111111111111111"),
            (Detector::Card, "4111 1111 1111 1111"),
            (Detector::Card, "3782-822463-10005"),
            (Detector::Card, "5555555555554444"),
            (Detector::Card, "6011111111111117"),
            (Detector::Ssn, "219-09-9999"),
            (Detector::Email, "ann.o'neil+x@mail.example.co.uk"),
            (Detector::Email, "jürgen@example.org"),
            (Detector::Email, "ann%40example.org"),
            (Detector::Phone, "+44 20 7946 0958"),
            (Detector::Phone, "+1 (415) 555-0132"),
            (Detector::Phone, "(415) 555-0132"),
            (Detector::Phone, "415-555-0132"),
            (Detector::Iban, "DE89370400440532013000"),
            (Detector::Iban, "GB82 WEST 1234 5698 7654 32"),
            (Detector::Secret, "AKIAIOSFODNN7EXAMPLE"),
            (Detector::Secret, "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
            (
                Detector::Secret,
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA",
            ),
            (
                Detector::Secret,
                "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
            ),
        ] {
            let text = format!("it is <{it}>, and more");
            let name = detector.name();
            let expected = format!("it is <[redacted: {name}]>, and more");
            assert_eq!(
                finds(detector, &text).as_deref(),
                Some(expected.as_str()),
                "{it}"
            );
            assert_eq!(finds(detector, &expected), None, "{it}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for (detector, it) in [
            (Detector::Card, "4111111111111112"),
            (Detector::Card, "1732723200000"),
            (Detector::Card, "41111111111111110"),
            (Detector::Card, "a4111111111111111"),
            (Detector::Card, "1234567812345670"),
            (Detector::Ssn, "000-12-3456"),
            (Detector::Ssn, "900-12-3456"),
            (Detector::Ssn, "2219-09-9999"),
            (Detector::Ssn, "219-09-9999-1"),
            (Detector::Email, "@handle and a @ b"),
            (Detector::Email, "user@localhost"),
            (Detector::Phone, "2026-11-27T10:20:30"),
            (Detector::Phone, "192.168.100.2000"),
            (Detector::Phone, "3141592653589793"),
            (Detector::Iban, "DE89370400440532013001"),
            (Detector::Iban, "ORDER1234567890123456"),
            (Detector::Secret, "sk-short and eyJ alone"),
        ] {
            assert_eq!(finds(detector, it), None, "{it}");
        }
    }
}
