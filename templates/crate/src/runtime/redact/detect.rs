//! The detectors: patterns with a check behind them, where there is one, so that an order number is no card.

use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use memchr::memmem;
use regex::{Match, Regex};

use super::REDACTED;

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

/// Some of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Detectors(u8);

impl Detectors {
    /// All of these.
    pub(super) fn of(detectors: &[Detector]) -> Self {
        let bits = detectors.iter().map(|detector| detector.bit());
        Self(bits.fold(0, |all, bit| all | bit))
    }

    pub(super) fn add(&mut self, detector: Detector) {
        self.0 |= detector.bit();
    }

    pub(super) fn has(self, detector: Detector) -> bool {
        self.0 & detector.bit() != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has_any(self, detectors: &[Detector]) -> bool {
        self.0 & Self::of(detectors).0 != 0
    }

    /// In the order of [`Detector::ALL`].
    pub(super) fn iter(self) -> impl Iterator<Item = Detector> {
        (Detector::ALL.into_iter()).filter(move |detector| self.has(*detector))
    }
}

/// How names of files end that have an `@`, and no domain does.
const FILES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js"];

/// Spaces and hyphens, also those at which no line breaks.
macro_rules! separator {
    () => {
        "[ \u{a0}\u{2009}\u{202f}\u{2010}\u{2011}\u{2013}-]"
    };
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

    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// The text without what is found; `None` where nothing is.
    pub(super) fn redacted(self, text: &str) -> Option<String> {
        self.without(text, self.found(text))
    }

    /// The text without these parts of it, which are in order and apart; `None` where there are none.
    pub(super) fn without(
        self,
        text: &str,
        parts: impl IntoIterator<Item = Range<usize>>,
    ) -> Option<String> {
        let mut new = String::new();
        let mut copied = 0;
        for Range { start, end } in parts {
            if copied == 0 {
                new.reserve(text.len() + REDACTED.len());
            }
            for piece in [&text[copied..start], REDACTED, ": ", self.name(), "]"] {
                new.push_str(piece);
            }
            copied = end;
        }
        (copied > 0).then(|| {
            new.push_str(&text[copied..]);
            new
        })
    }

    /// Where it is, in order.
    fn found(self, text: &str) -> Vec<Range<usize>> {
        if self == Self::Secret {
            return secrets(text);
        }
        let mut all = Vec::new();
        let mut at = 0;
        while let Some(found) = self.pattern().find_at(text, at) {
            at = found.end();
            match self {
                Self::Card => all.extend(grouped(text, &found, 14..=19, is_card)),
                Self::Iban => all.extend(grouped(text, &found, 15..=34, is_iban)),
                _ if self.is_real(text, &found) => {
                    let Range { start, end } = found.range();
                    all.push(start + behind_escape(&text[..start], found.as_str())..end);
                }
                // What is none may begin with something else and go on with one.
                Self::Ssn | Self::Phone => at = behind_first(&found),
                Self::Secret | Self::Email => {}
            }
        }
        all
    }

    fn pattern(self) -> &'static Regex {
        match self {
            // Behind what may stand before it: no letter or digit but that of an escape.
            Self::Secret => pattern!(concat!(
                "(?:^|[^A-Za-z0-9]|\\\\[nrtbf]|\\\\u[0-9A-Fa-f]{4}|\\\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2})",
                "((?:AKIA|ASIA)[0-9A-Z]{16}",
                "|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}",
                "|xox[abeoprs]-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{36}",
                "|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{20,200}",
                "|AIza[0-9A-Za-z_-]{35}|ya29\\.[0-9A-Za-z_-]{20,}|SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
                "|[Bb]earer +(?:[A-Za-z0-9._~+/-]|\\\\+/){16,}=*)",
            )),
            Self::Email => {
                // Letters of a domain are those of any script (RFC 6531 §3.3).
                macro_rules! letter {
                    ($more:literal) => {
                        concat!(
                            "[^\\x00-,./:-@\\[-`{-\\x7f\\u{a0}\\u{2000}-\\u{206f}",
                            $more,
                            "]"
                        )
                    };
                }
                pattern!(concat!(
                    "[^\\]\\[ \t\r\n<>(){},;:\"\\\\/=&?@%]+(?:@|%40)(?:",
                    letter!(""),
                    "+\\.)+",
                    letter!("0-9-"),
                    letter!(""),
                    "+"
                ))
            }
            Self::Iban => pattern!(concat!("[A-Z0-9]{4,}(?:", separator!(), "[A-Z0-9]+)*")),
            Self::Card => pattern!(concat!("[0-9]+(?:", separator!(), "[0-9]+)*")),
            Self::Ssn => pattern!("[0-9]{3}-[0-9]{2}-[0-9]{4}"),
            Self::Phone => pattern!(concat!(
                "(?:\\+|%2[Bb])[0-9](?:[ \u{a0}\u{202f}\u{2011}./-]?\\(?[0-9]\\)?){6,14}",
                "|(?:1[-. ])?(?:\\([0-9]{3}\\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}",
            )),
        }
    }

    /// Whether what looks like it is it, and no part of something longer.
    fn is_real(self, text: &str, found: &Match<'_>) -> bool {
        let (before, after) = around(text, &found.range());
        let touches =
            |is_part: fn(char) -> bool| before.is_some_and(is_part) || after.is_some_and(is_part);
        match self {
            Self::Ssn => {
                !touches(|c| c.is_ascii_alphanumeric() || c == '-') && is_ssn(found.as_str())
            }
            // Behind a plus whatever follows is no other number.
            Self::Phone if found.as_str().starts_with(['+', '%']) => {
                !before.is_some_and(|c| c.is_ascii_alphanumeric())
            }
            Self::Phone => {
                before != Some('.') && !touches(|c| c.is_ascii_alphanumeric() || c == '-')
            }
            // `logo@2x.png`.
            Self::Email => {
                let last = found.as_str().rsplit('.').next().unwrap_or_default();
                !FILES.iter().any(|ending| last.eq_ignore_ascii_case(ending))
            }
            _ => true,
        }
    }
}

/// How much of what was found belongs to an escape that begins before it: `\n` of JSON within a text.
fn behind_escape(before: &str, found: &str) -> usize {
    let is_escape = before.ends_with('\\') && found.starts_with(['n', 'r', 't', 'b', 'f']);
    usize::from(is_escape && !found[1..].starts_with('@'))
}

/// Behind the first character of what is none.
fn behind_first(found: &Match<'_>) -> usize {
    let first = found.as_str().chars().next();
    found.start() + first.map_or(1, char::len_utf8)
}

/// Where keys and tokens are, in order and apart.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut all = private_keys(text);
    all.extend(signed_tokens(text));
    let pattern = Detector::Secret.pattern();
    let mut at = 0;
    while let Some(found) = pattern.captures_at(text, at).and_then(|found| found.get(1)) {
        let it = found.as_str();
        if is_word(it) {
            at = behind_first(&found);
            continue;
        }
        let end = match found.end() {
            end if it.starts_with("sk-") => end_of_token(text, end),
            end => end,
        };
        all.push(found.start()..end);
        // The last character of one may be what stands before the next.
        let is_apart = !it.ends_with(|c: char| c.is_ascii_alphanumeric());
        at = if is_apart && end == found.end() {
            end - 1
        } else {
            end
        };
    }
    all.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in all {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Where keys in PEM are, which begin and end with words of their own (RFC 7468 §2); one that does not end goes to the end.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let pattern = pattern!(
        "-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)"
    );
    pattern.find_iter(text).map(|key| key.range()).collect()
}

/// Whether what looks like a key is made of words.
fn is_word(it: &str) -> bool {
    const LIKE_WORDS: [&str; 7] = ["sk-", "sk_", "rk_", "pk_", "whsec_", "Bearer", "bearer"];
    LIKE_WORDS.iter().any(|word| it.starts_with(word))
        && !["_live_", "_test_"].iter().any(|part| it.contains(part))
        && !it.bytes().any(|byte| byte.is_ascii_digit())
}

/// Where the letters of base64url end that begin here (RFC 4648 §5).
fn end_of_token(text: &str, start: usize) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    start
        + text.as_bytes()[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count()
}

/// JSON Web Tokens (RFC 7515 §7.1). A pattern would look at a long run of their letters once for each that may begin one.
fn signed_tokens(text: &str) -> Vec<Range<usize>> {
    const SHORTEST: usize = 8;
    let bytes = text.as_bytes();
    // The end of the token that ends its first part here.
    let end_behind = |header: usize| {
        let claims = (bytes.get(header) == Some(&b'.')).then(|| end_of_token(text, header + 1))?;
        let is_one = claims - (header + 1) >= SHORTEST && bytes.get(claims) == Some(&b'.');
        is_one.then(|| end_of_token(text, claims + 1))
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut header, mut end) = (0, None);
    for start in memmem::find_iter(bytes, b"eyJ") {
        let is_behind = found.last().is_some_and(|last| start < last.end);
        let is_inside = || {
            around(text, &(start..start))
                .0
                .is_some_and(|c| c.is_ascii_alphanumeric())
        };
        if is_behind || is_inside() {
            continue;
        }
        if start >= header {
            header = end_of_token(text, start);
            end = end_behind(header);
        }
        if let Some(end) = end.filter(|_| header - start >= 3 + SHORTEST) {
            found.push(start..end);
        }
    }
    found
}

/// What stands beside it: the end of an escape, of JSON, of a script or of a URL, is no letter or digit.
fn around(text: &str, found: &Range<usize>) -> (Option<char>, Option<char>) {
    let before = &text[..found.start];
    let is_hex = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit);
    let is_escape = match before.as_bytes() {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'\\', b'u', a, b, c, d] => is_hex(&[*a, *b, *c, *d]),
        [.., b'\\', b'x', a, b] | [.., b'%', a, b] => is_hex(&[*a, *b]),
        _ => false,
    };
    let last = if is_escape {
        Some(' ')
    } else {
        before.chars().next_back()
    };
    (last, text[found.end..].chars().next())
}

/// The parts of a run of groups that are what is looked for: what stands beside it, a date or an amount, may look like
/// another group. A part has so many letters and digits.
fn grouped(
    text: &str,
    run: &Match<'_>,
    count: RangeInclusive<usize>,
    is_real: fn(&str) -> bool,
) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, c) in run.as_str().char_indices() {
        let at = run.start() + at;
        match groups.last_mut() {
            _ if !is_part(c) => {}
            Some(group) if group.end == at => group.end += 1,
            _ => groups.push(at..at + 1),
        }
    }
    let mut found = Vec::new();
    let mut first = 0;
    while let Some(group) = groups.get(first) {
        let mut length = 0;
        let mut ends: Vec<usize> = Vec::new();
        for (last, group) in groups.iter().enumerate().skip(first) {
            length += group.len();
            if length > *count.end() {
                break;
            }
            if count.contains(&length) {
                ends.push(last);
            }
        }
        let last = ends.into_iter().rev().find(|last| {
            let part = group.start..groups[*last].end;
            let (before, after) = around(text, &part);
            let is_whole =
                before != Some('.') && !before.is_some_and(is_part) && !after.is_some_and(is_part);
            is_whole && is_real(&text[part])
        });
        match last {
            Some(last) => {
                found.push(group.start..groups[last].end);
                first = last + 1;
            }
            None => first += 1,
        }
    }
    found
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Length and first digits are one network's, and the sum fits.
fn is_card(text: &str) -> bool {
    if !text.starts_with(['2', '3', '4', '5', '6']) {
        return false;
    }
    let digits = digits(text);
    let first = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0, |number, digit| number * 10 + digit)
    };
    let is_issued = match digits.len() {
        19 => first(1) == 4,
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
    let starts = text.as_bytes().split_at_checked(4);
    if !starts.is_some_and(|(start, _)| {
        start[..2].iter().all(u8::is_ascii_uppercase) && start[2..].iter().all(u8::is_ascii_digit)
    }) {
        return false;
    }
    let plain: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
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

/// One thing each that is found.
#[cfg(test)]
pub(super) const EXAMPLES: [(Detector, &str); 25] = [
    (Detector::Card, "4111111111111111"),
    (Detector::Card, "4111 1111 1111 1111"),
    (Detector::Card, "3782-822463-10005"),
    (Detector::Card, "5555555555554444"),
    (Detector::Card, "6011111111111117"),
    (Detector::Card, "4111\u{a0}1111\u{a0}1111\u{a0}1111"),
    (Detector::Ssn, "219-09-9999"),
    (Detector::Email, "ann.o'neil+x@mail.example.co.uk"),
    (Detector::Email, "jürgen@example.org"),
    (Detector::Email, "ann%40example.org"),
    (Detector::Email, "ann@bücher.example"),
    (Detector::Email, "ann@例え.テスト"),
    (Detector::Phone, "+44 20 7946 0958"),
    (Detector::Phone, "+1 (415) 555-0132"),
    (Detector::Phone, "(415) 555-0132"),
    (Detector::Phone, "415-555-0132"),
    (Detector::Phone, "1-800-555-0132"),
    (Detector::Phone, "%2B442079460958"),
    (Detector::Phone, "+44\u{a0}20\u{a0}7946\u{a0}0958"),
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
];

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(detector: Detector, text: &str) -> Option<String> {
        detector.redacted(text)
    }

    #[test]
    fn what_is_one_is_found_in_the_middle_of_a_text() {
        for (detector, it) in EXAMPLES {
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
    fn what_stands_beside_it_hides_nothing() {
        for (detector, text, expected) in [
            (
                Detector::Card,
                "2 x 4111 1111 1111 1111 12/27 123",
                "2 x [redacted: card] 12/27 123",
            ),
            (
                Detector::Card,
                "12 4111111111111111 99 5555555555554444",
                "12 [redacted: card] 99 [redacted: card]",
            ),
            (
                Detector::Iban,
                "IBAN BE68 5390 0754 7034 PAID",
                "IBAN [redacted: iban] PAID",
            ),
            (
                Detector::Iban,
                "ABCD 1234 DE89 3704 0044 0532 0130 00",
                "ABCD 1234 [redacted: iban]",
            ),
        ] {
            assert_eq!(finds(detector, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_none_hides_none_in_it() {
        for (detector, text, expected) in [
            (
                Detector::Secret,
                "task-export-x-AKIAIOSFODNN7EXAMPLE",
                "task-export-x-[redacted: secret]",
            ),
            (
                Detector::Secret,
                "disk-token-is-here-ghp_0123456789abcdefghijABCDEFGHIJ012345",
                "disk-token-is-here-[redacted: secret]",
            ),
            (
                Detector::Secret,
                "risk-a-b-c-d-e-f-g-eyJhbGciOiJI.eyJzdWIiOiIx.dGVz",
                "risk-a-b-c-d-e-f-g-[redacted: secret]",
            ),
            (
                Detector::Secret,
                "xBearer sk_live_abcdefghijklmnopqrst",
                "xBearer [redacted: secret]",
            ),
            (
                Detector::Secret,
                "x-----BEGIN PRIVATE KEY-----\nMI AKIAIOSFODNNQEXAMPLE",
                "x[redacted: secret]",
            ),
            (
                Detector::Secret,
                "AKIAIOSFODNN7EXAMPLE,AKIAIOSFODNN7EXAMPLE",
                "[redacted: secret],[redacted: secret]",
            ),
            (
                Detector::Phone,
                "tel+1 415-555-0132",
                "tel+[redacted: phone]",
            ),
            (Detector::Phone, "%2b442079460958", "[redacted: phone]"),
        ] {
            assert_eq!(finds(detector, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_escape_before_it_is_no_part_of_it() {
        for (detector, it) in EXAMPLES {
            for before in ["\\n", "\\t", "\\u000a", "\\u003e", "\\x3e", "%3D", "%20"] {
                // What ends in digits is one run with a number, and in capitals with an account, until somebody reads it.
                let is_run = before.ends_with(|c: char| c.is_ascii_digit() || c == 'D');
                if detector == Detector::Email || (is_run && detector != Detector::Secret) {
                    continue;
                }
                let text = format!("a{before}{it}");
                let told = finds(detector, &text).unwrap_or_default();
                assert!(told.contains("[redacted"), "{text}: {told}");
            }
        }
    }

    #[test]
    fn keys_beside_keys_are_taken_out() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
        for text in [
            format!("{key}{key}"),
            format!("AKIAIOSFODNN7EXAMPLE{key}"),
            format!("glpat-0123456789abcdefghij-{key}"),
            "eyJhbGciOiJI.eyJzdWIiOiIx.cc-ya29.0123456789abcdefghijABC".to_owned(),
            "Bearer abcdefghijklmnop0==ghp_0123456789abcdefghijABCDEFGHIJ012345".to_owned(),
            "a=Bearer 0123456789abcdefghij=sk_live_abcdefghij012345".to_owned(),
        ] {
            let told = finds(Detector::Secret, &text).expect("keys");
            assert!(
                !told.contains("MIIB") && !told.contains("cdefghij"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_run_of_what_may_begin_a_token_is_looked_at_once() {
        let run = "eyJaaaaaaaa_AKIAIOSFODNN7EXAMPLE_".repeat(30_000);
        let told = finds(Detector::Secret, &run).expect("keys");
        assert!(!told.contains("AKIA"));
        for word in ["ask-", "sk-", "sk-a_", "-sk-"] {
            let words = word.repeat(5_000);
            assert_eq!(finds(Detector::Secret, &words), None);
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for (detector, it) in [
            (Detector::Card, "4111111111111112"),
            (Detector::Card, "1732723200000"),
            (Detector::Card, "41111111111111110"),
            (Detector::Card, "a4111111111111111"),
            (Detector::Card, "0.4111111111111111"),
            (Detector::Card, "1234567812345670"),
            (Detector::Ssn, "000-12-3456"),
            (Detector::Ssn, "900-12-3456"),
            (Detector::Ssn, "2219-09-9999"),
            (Detector::Ssn, "219-09-9999-1"),
            (Detector::Email, "@handle and a @ b"),
            (Detector::Email, "user@localhost"),
            (Detector::Email, "img/logo@2x.png"),
            (Detector::Phone, "2026-11-27T10:20:30"),
            (Detector::Phone, "192.168.100.2000"),
            (Detector::Phone, "3141592653589793"),
            (Detector::Iban, "DE89370400440532013001"),
            (Detector::Iban, "ORDER1234567890123456"),
            (Detector::Secret, "sk-short and eyJ alone"),
            (Detector::Secret, "risk-assessment-report-2026-final"),
            (Detector::Secret, "task_abcdefghijklmnopqrst1"),
            (Detector::Secret, "Bearer authentication-required"),
            (Detector::Secret, "eyJhbGciOiJIUzI1NiJ9 alone.eyJ.x"),
            (Detector::Card, "4006381333931"),
        ] {
            assert_eq!(finds(detector, it), None, "{it}");
        }
    }
}
