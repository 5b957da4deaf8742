//! The detectors: patterns with a check behind them, where there is one, so that an order number is no card.

use std::ops::{Range, RangeInclusive};

use memchr::memchr2;
use regex::{Match, Regex};

use super::REDACTED;
use super::checks::{
    address, is_amount, is_card, is_file, is_iban, is_in_uuid, is_plain_address, is_repository,
    is_ssn, is_zone,
};
use super::keys::secrets;

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

    /// Whether this is the only one.
    pub(super) fn is_only(self, detector: Detector) -> bool {
        self.0 == detector.bit()
    }

    pub(super) fn has_any(self, detectors: &[Detector]) -> bool {
        self.0 & Self::of(detectors).0 != 0
    }

    /// In the order of [`Detector::ALL`].
    pub(super) fn iter(self) -> impl Iterator<Item = Detector> {
        (Detector::ALL.into_iter()).filter(move |detector| self.has(*detector))
    }
}

/// Spaces and hyphens, also those at which no line breaks.
macro_rules! separator {
    () => {
        "[ \u{a0}\u{2009}\u{202f}\u{2010}\u{2011}\u{2013}-]"
    };
}

macro_rules! pattern {
    ($text:expr) => {{
        static PATTERN: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).expect("a pattern of ours"));
        &*PATTERN
    }};
}
pub(super) use pattern;

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
        if self == Self::Email && is_plain_address(text) {
            let is_none = is_file(text) || is_repository(text);
            return Vec::from_iter((!is_none).then_some(0..text.len()));
        }
        let mut all = Vec::new();
        let mut at = 0;
        while self.may_be_in(&text.as_bytes()[at..])
            && let Some(found) = self.pattern().find_at(text, at)
        {
            at = found.end();
            match self {
                Self::Card => all.extend(grouped(text, &found, 14..=19, is_card)),
                Self::Iban => all.extend(grouped(text, &found, 15..=34, is_iban)),
                Self::Email if self.is_real(text, &found) => {
                    let it = address(text, &found);
                    at = it.end;
                    all.push(it);
                }
                _ if self.is_real(text, &found) => {
                    let Range { start, end } = found.range();
                    // A bracket that was opened before it ends behind it.
                    let closes = found.as_str().ends_with(')') && !found.as_str().contains('(');
                    let end = end - usize::from(closes);
                    all.push(start + behind_escape(&text[..start], found.as_str())..end);
                }
                // What is none may begin with something else and go on with one.
                Self::Ssn | Self::Phone => at = behind_first(&found),
                Self::Secret | Self::Email => {}
            }
        }
        all
    }

    pub(super) fn pattern(self) -> &'static Regex {
        match self {
            // Behind what may stand before it: no letter or digit but that of an escape.
            Self::Secret => pattern!(concat!(
                "(?:^|[^A-Za-z0-9]|\\\\[nrtbf]|\\\\u[0-9A-Fa-f]{4}|\\\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2})",
                "((?:AKIA|ASIA)[0-9A-Z]{16}",
                "|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}",
                "|xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}|npm_[A-Za-z0-9]{36}",
                "|hooks\\.slack\\.com\\\\?/services\\\\?/[A-Za-z0-9/\\\\]{20,}",
                "|pypi-[A-Za-z0-9_-]{50,}|do[opr]_v1_[0-9a-f]{64}|shp[a-z]{2}_[0-9A-Fa-f]{32}|hf_[A-Za-z0-9]{30,}",
                "|gl(?:rt|dt|ft|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|hv[bs]\\.[A-Za-z0-9_-]{24,}",
                "|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|dckr_pat_[A-Za-z0-9_-]{20,}",
                "|glsa_[A-Za-z0-9_]{32,}|sbp_[0-9a-f]{40}|ntn_[A-Za-z0-9]{40,}|lin_api_[A-Za-z0-9]{32,}|sntrys_[A-Za-z0-9+/=_-]{40,}",
                "|NRAK-[A-Z0-9]{27}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|pscale_tkn_[A-Za-z0-9_-]{32,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}",
                "|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}",
                // PEM in base64, which begins with `-----BEGIN … PRIVATE KEY`.
                "|LS0tLS1CRUdJTi(?:BQUklWQVR|BSU0EgUFJJVkFUR|BFQyBQUklWQVR|BPUEVOU1NI|BFTkNSWVBUR)[A-Za-z0-9+/=\\\\]*",
                "|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{20,200}",
                "|AIza[0-9A-Za-z_-]{35}|ya29\\.[0-9A-Za-z_-]{20,}|SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
                "|[Bb]earer +(?:[A-Za-z0-9._~+/-]|\\\\+/){16,}=*|[Bb]asic +(?:[A-Za-z0-9+/]|\\\\+/){16,}=*)",
            )),
            Self::Email => {
                // Letters of a domain are those of any script (RFC 6531 §3.3).
                macro_rules! letter {
                    ($more:literal) => {
                        concat!(
                            "[^\\x00-,./:-@\\[-`{-\\x7f\\u{a0}\\u{2000}-\\u{206f}\\u{3000}-\\u{303f}\\u{ff00}-\\u{ffef}",
                            $more,
                            "]"
                        )
                    };
                }
                pattern!(concat!(
                    "[^\\]\\[ \t\r\n<>(){},;:\"\\\\/=&?@%|*`\u{a0}\u{3000}-\u{303f}\u{ff00}-\u{ffef}]+(?:@|%40)(?:",
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
            Self::Phone => {
                macro_rules! between {
                    () => {
                        "[-. /\u{a0}\u{202f}\u{2010}\u{2011}\u{2013}]"
                    };
                }
                // Neither the area of a North American number nor its exchange begins with 0 or 1.
                pattern!(concat!(
                    "(?:\\+|%2[Bb])[1-9](?:",
                    between!(),
                    "{0,3}\\(?[0-9]\\)?){6,14}",
                    "|(?:(?:00)?1",
                    between!(),
                    ")?[2-9][0-9]{2}",
                    between!(),
                    "[2-9][0-9]{2}",
                    between!(),
                    "[0-9]{4}",
                    "|(?:(?:00)?1",
                    between!(),
                    "?)?\\([2-9][0-9]{2}\\)",
                    between!(),
                    "?[2-9][0-9]{2}",
                    between!(),
                    "?[0-9]{4}",
                ))
            }
        }
    }

    /// Whether a text has what its pattern asks for.
    fn may_be_in(self, bytes: &[u8]) -> bool {
        self != Self::Email || memchr2(b'@', b'%', bytes).is_some()
    }

    /// Whether what looks like it is it, and no part of something longer.
    fn is_real(self, text: &str, found: &Match<'_>) -> bool {
        if self == Self::Email {
            return !is_file(found.as_str()) && !is_repository(found.as_str());
        }
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
                    && !is_amount(&text[..found.start()], found.as_str(), &text[found.end()..])
                    && !is_zone(&text[..found.start()], found.as_str())
            }
            Self::Phone => {
                let rest = &text.as_bytes()[found.end()..];
                let is_extended = |word: &[u8]| {
                    let (begin, rest) = rest.split_at(word.len().min(rest.len()));
                    begin.eq_ignore_ascii_case(word) && rest.first().is_some_and(u8::is_ascii_digit)
                };
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
                !before.is_some_and(|c| c == '.' || is_part(c))
                    && (!after.is_some_and(is_part) || is_extended(b"x") || is_extended(b"ext"))
            }
            _ => true,
        }
    }
}

/// How much of what was found belongs to an escape that begins before it: `\n` of JSON within a text.
pub(super) fn behind_escape(before: &str, found: &str) -> usize {
    let is_escape = before.ends_with('\\') && found.starts_with(['n', 'r', 't', 'b', 'f']);
    usize::from(is_escape && !found[1..].starts_with('@'))
}

/// Behind the first character of what is none.
pub(super) fn behind_first(found: &Match<'_>) -> usize {
    let first = found.as_str().chars().next();
    found.start() + first.map_or(1, char::len_utf8)
}

/// What stands beside it: the end of an escape, of JSON, of a script or of a URL, is no letter or digit.
pub(super) fn around(text: &str, found: &Range<usize>) -> (Option<char>, Option<char>) {
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
    is_real: fn(&str, &[Range<usize>]) -> bool,
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
            let is_fraction = before == Some('.')
                && text[..part.start - 1].ends_with(|c: char| c.is_ascii_digit());
            let is_whole =
                !is_fraction && !before.is_some_and(is_part) && !after.is_some_and(is_part);
            is_whole && !is_in_uuid(text, &part) && is_real(&text[part], &groups[first..=*last])
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

/// One thing each that is found.
#[cfg(test)]
pub(super) const EXAMPLES: [(Detector, &str); 56] = [
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
    (
        Detector::Secret,
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----",
    ),
    (
        Detector::Secret,
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUI",
    ),
    (
        Detector::Secret,
        "eyAidHlwIjogIkpXVCIgfQ.eyAiYSI6IDEgfQ.c2lnbmF0dXJl",
    ),
    (
        Detector::Secret,
        "eyJhbGciOiJkaXIifQ..bWF0aGlj.c2VjcmV0.dGFn",
    ),
    (
        Detector::Secret,
        "eyJhbGciOiJFUzI1NiJ9==.eyJzdWIiOiIxIn0=.dGVzdA==",
    ),
    (Detector::Secret, "xapp-1-A02ABC-123456789012-abcdef"),
    (Detector::Secret, "shpat_0123456789abcdef0123456789abcdef"),
    (Detector::Secret, "hvs.CAESIJ0123456789abcdefgh"),
    (Detector::Secret, "glrt-0123456789abcdefghij"),
    (
        Detector::Secret,
        "glsa_0123456789abcdefghijABCDEFGHIJ01_0a1b2c3d",
    ),
    (
        Detector::Secret,
        "sbp_0123456789abcdef0123456789abcdef01234567",
    ),
    (
        Detector::Secret,
        "ntn_0123456789abcdefghijABCDEFGHIJ0123456789ab",
    ),
    (Detector::Secret, "lin_api_0123456789abcdefghijABCDEFGHIJ01"),
    (Detector::Secret, "NRAK-0123456789ABCDEFGHIJKLMNOPQ"),
    (Detector::Secret, "sq0atp-0123456789abcdefghijAB"),
    (
        Detector::Secret,
        "pscale_tkn_0123456789abcdefghijABCDEFGHIJ01",
    ),
    (
        Detector::Secret,
        "AGE-SECRET-KEY-10123456789ABCDEFGHIJ0123456789ABCDEFGHIJ0123456789",
    ),
    (
        Detector::Secret,
        "hooks.slack.com/services/T00000000/B00000000/abcdefghij012345",
    ),
    (
        Detector::Secret,
        "AccountKey=abcdefghijklmnopqrstuvwxyz0123456789abcdefgh==",
    ),
    (Detector::Secret, "Basic dXNlcjpwYXNzd29yZDE="),
    (Detector::Card, "6212345678901234569"),
    (Detector::Card, "2200123456789019"),
    (Detector::Card, "6759123456789015"),
    (Detector::Phone, "(415)-555-0132"),
    (Detector::Phone, "001-415-555-0132"),
    (Detector::Phone, "415/555-0132"),
    (Detector::Phone, "(415)\u{a0}555-0132"),
    (Detector::Phone, "415\u{2011}555\u{2011}0132"),
    (Detector::Phone, "+49 (0) 30 / 90 18 20"),
    (Detector::Phone, "+1.4155550132"),
    (Detector::Phone, "(415)\u{202f}5550132"),
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
    fn an_address_alone_is_found_as_it_is_among_words() {
        for text in [
            "ann@example.org",
            "a.b-c_d@x1.y-2.Example",
            "-@-.aa",
            "logo@2x.png",
            "git@github.com",
            "a@b.c",
            "a@b.co1",
            "a@b.1co",
            "@b.co",
            "a@.co",
            "a@b..co",
            "a@b@c.org",
            "a@b.org.",
            "a@b",
        ] {
            let alone = finds(Detector::Email, text).map(|it| format!("see {it} !"));
            let among = finds(Detector::Email, &format!("see {text} !"));
            assert_eq!(alone, among, "{text}");
        }
    }

    #[test]
    fn what_stands_beside_an_address_or_a_number_stays() {
        for (detector, text, expected) in [
            (
                Detector::Email,
                "您好，客服邮箱：ann@example.org，谢谢您的支持。",
                "您好，客服邮箱：[redacted: email]，谢谢您的支持。",
            ),
            (
                Detector::Email,
                "お問い合わせはsupport@example.co.jpまでお願いします。",
                "お問い合わせは[redacted: email]までお願いします。",
            ),
            (
                Detector::Email,
                "('Ann','ann@example.org') 1|Ann|ann@example.org|1 **ann@example.org**",
                "('Ann','[redacted: email]') 1|Ann|[redacted: email]|1 **[redacted: email]**",
            ),
            (
                Detector::Email,
                "/u/ann@example.org.jpg",
                "/u/[redacted: email]",
            ),
            (
                Detector::Card,
                "Card no.4111111111111111",
                "Card no.[redacted: card]",
            ),
            (
                Detector::Phone,
                "415-555-0132x123 and (415)555-0132 ext5",
                "[redacted: phone]x123 and [redacted: phone] ext5",
            ),
            (
                Detector::Secret,
                "postgres://ann:p4ss@db:5432/x?y=1 and https:\\/\\/ann:p4ss@db.example.org",
                "postgres://ann:[redacted: secret]@db:5432/x?y=1 and https:\\/\\/ann:[redacted: secret]@db.example.org",
            ),
            (
                Detector::Secret,
                "mongodb://u:p@ss@h/x https://u@x.org:pw@h rediss://:aB3+dE=@h:6380",
                "mongodb://u:[redacted: secret]@h/x https://u@x.org:[redacted: secret]@h rediss://:[redacted: secret]@h:6380",
            ),
            (
                Detector::Phone,
                "From=+14155550132, 12:30 +14155550132 at 10:15 +44 20 7946 0958",
                "From=[redacted: phone], 12:30 [redacted: phone] at 10:15 [redacted: phone]",
            ),
            (
                Detector::Phone,
                "1,+1.4155550132,Oslo (+1.4155550132) +1.4155550132, 5 or",
                "1,[redacted: phone],Oslo ([redacted: phone]) +1.4155550132, 5 or",
            ),
            (
                Detector::Secret,
                "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2.0.22 (GNU/Linux)\n\nlQOYBFabcdefghijklmnop\nlQOY",
                "[redacted: secret]",
            ),
            (
                Detector::Secret,
                "Files start with -----BEGIN PRIVATE KEY-----\n\n## Install\nrun make install",
                "Files start with [redacted: secret]## Install\nrun make install",
            ),
            (
                Detector::Secret,
                "It begins with `-----BEGIN PRIVATE KEY-----`.\n\n# Limits",
                "It begins with `[redacted: secret]`.\n\n# Limits",
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
                "x[redacted: secret]MI [redacted: secret]",
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
            (Detector::Card, "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
            (Detector::Card, "0.4111111111111111 and 12.4111111111111111"),
            (Detector::Iban, "86C78F73-B99A-4A39-AD47-86E141D02A63"),
            (Detector::Iban, "RF18539007547034"),
            (Detector::Iban, "TX2026113012345678"),
            (Detector::Email, "lodash@4.17.21.tgz and logo@2x.min.png"),
            (Detector::Phone, "Wed Oct 10 20:19:24 +0000 2018"),
            (Detector::Phone, "Wed Oct 10 20:19:24 +1000 2018"),
            (Detector::Phone, "2026-11-30 m=+12.345678901 and +12.345678"),
            (Detector::Phone, "+37.7749295,-122.4194155"),
            (Detector::Phone, "+37.77492951,-122.4194155"),
            (Detector::Email, "git@github.com:octocat/Hello-World.git"),
            (
                Detector::Secret,
                "https://example.org:443?q=a@b https://h:80#c@d",
            ),
            (
                Detector::Phone,
                "+37.77492951, 122.4194155 +37.77492951,\t-.4194155",
            ),
            (
                Detector::Phone,
                "-122.08220352,+37.42228990,0 (-122.4194155, +37.77492951)",
            ),
            (
                Detector::Phone,
                "1,+12.34567891,5 1,+2.50000001,x +37.77492951-122.41941551/",
            ),
            (Detector::Card, "44979904-1431-4900-bc60-3ea86851357a"),
            (Detector::Phone, "+41 16 07.50"),
            (Detector::Phone, "120 350 4200"),
        ] {
            assert_eq!(finds(detector, it), None, "{it}");
        }
    }
}
