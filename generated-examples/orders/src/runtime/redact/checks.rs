//! Whether what looks like something is it: check digits, lengths, and what stands in it.

use std::ops::Range;

use memchr::{memchr, memrchr};
use regex::Match;

use super::detect::behind_escape;

/// How names of files end that have an `@`, and no domain does.
const FILES: [&str; 14] = [
    "avif", "css", "gif", "gz", "jpeg", "jpg", "js", "json", "pdf", "png", "svg", "tgz", "webp",
    "zip",
];

/// Whether something with an `@` is the user of a repository, `git@github.com:octocat/Hello-World.git`.
pub(super) fn is_repository(it: &str) -> bool {
    it.starts_with("git@")
}

/// Whether something with an `@` is the name of a file, such as `logo@2x.png`, and not a file named by an address.
pub(super) fn is_file(it: &str) -> bool {
    let last = |byte, text: &str| memrchr(byte, text.as_bytes());
    let domain = last(b'@', it).map_or(it, |at| &it[at + 1..]);
    let Some(dot) = last(b'.', domain) else {
        return false;
    };
    let (name, ending) = (&domain[..dot], &domain[dot + 1..]);
    if !FILES.iter().any(|file| ending.eq_ignore_ascii_case(file)) {
        return false;
    }
    let is_scale = |label: &str| {
        label
            .strip_suffix('x')
            .is_some_and(|it| it.parse::<f32>().is_ok())
    };
    let label = name.rsplit_once('.').map(|(_, label)| label);
    let is_domain = label.is_some_and(|label| label.starts_with(|c: char| c.is_alphabetic()))
        && !name.split('.').next().is_some_and(is_scale);
    !is_domain
}

/// Whether a text is nothing but an address, as most are.
pub(super) fn is_address(text: &str) -> bool {
    is_plain_address(text) && !is_file(text) && !is_repository(text)
}

/// Whether a text is nothing but what may be an address, as most are, of ASCII letters and digits: the pattern need not be asked.
pub(super) fn is_plain_address(text: &str) -> bool {
    let text = text.as_bytes();
    let Some((local, domain)) = memchr(b'@', text).map(|at| (&text[..at], &text[at + 1..])) else {
        return false;
    };
    let Some(dot) = memrchr(b'.', domain) else {
        return false;
    };
    let (names, last) = (&domain[..dot], &domain[dot + 1..]);
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_name = |name: &[u8]| {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        !name.is_empty() && name.iter().all(is_part)
    };
    !local.is_empty()
        && local.iter().all(is_local)
        && names.split(|byte| *byte == b'.').all(is_name)
        && last.len() >= 2
        && last.iter().all(u8::is_ascii_alphabetic)
}

/// Where the address is in what was found: in scripts without spaces, words stand directly beside it.
pub(super) fn address(text: &str, found: &Match<'_>) -> Range<usize> {
    let is_unspaced = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
    let Range { mut start, mut end } = found.range();
    start += behind_escape(&text[..start], found.as_str());
    let sign = text[..end].rfind(['@', '%']).unwrap_or(end);
    let local = &text[start..sign];
    let own = local.rfind(is_unspaced).map_or(local, |last| {
        let last = &local[last..];
        last.trim_start_matches(is_unspaced)
    });
    let own = if own.is_empty() { local } else { own };
    start = sign - own.trim_start_matches('\'').len();
    let last = &text[text[..end].rfind('.').map_or(end, |dot| dot + 1)..end];
    let ascii = last.bytes().take_while(u8::is_ascii_alphabetic).count();
    if ascii >= 2 && last[ascii..].starts_with(is_unspaced) {
        end -= last.len() - ascii;
    }
    start..end
}

/// Whether a number behind a plus is one with a fraction. The registries of domains write `+1.4155550132`.
pub(super) fn is_amount(before: &str, it: &str, behind: &str) -> bool {
    const SHORTEST: usize = 8;
    const IN_A_LIST: usize = 10;
    let number = behind_plus(it.trim_end_matches(')'));
    let Some((whole, fraction)) = number.split_once('.') else {
        return false;
    };
    // Two coordinates (ISO 6709).
    if number.contains(['-', '+']) && number.split(['-', '+']).all(|part| part.contains('.')) {
        return true;
    }
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = if behind.starts_with(',') {
        IN_A_LIST
    } else {
        SHORTEST
    };
    let is_registered = is_digits(whole)
        && is_digits(fraction)
        && fraction.len() >= shortest
        && !is_coordinate(before, behind);
    !fraction.contains('.') && !is_registered
}

/// Whether another number stands beside one with a fraction, or the end of a place.
fn is_coordinate(before: &str, behind: &str) -> bool {
    if behind.starts_with(['-', '+', '/']) {
        return true;
    }
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.');
    let first = before.trim_end().strip_suffix(',').map_or("", |before| {
        &before[before.trim_end_matches(is_number).len()..]
    });
    let other = behind.strip_prefix(',').unwrap_or_default().trim_start();
    first.contains('.') || other.starts_with(is_number)
}

fn behind_plus(it: &str) -> &str {
    let rest = it.strip_prefix('+').or_else(|| it.get(3..)).unwrap_or(it);
    rest.trim_start_matches(' ')
}

/// Whether what begins with a plus is the zone of the time of day before it, `+hh` or `+hhmm` with a year at most behind it, or
/// Go's clock, ` m=+12.345678901`.
pub(super) fn is_zone(before: &str, it: &str) -> bool {
    const LARGEST: u32 = 14;
    let number = behind_plus(it);
    if before.ends_with(" m=") {
        return number.contains('.');
    }
    let time = before.trim_end_matches(' ').as_bytes();
    let is_behind_time =
        matches!(time, [.., b':', tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit());
    let length = number.bytes().take_while(u8::is_ascii_digit).count();
    let (zone, rest) = number.split_at(length);
    let is_one =
        matches!(length, 2 | 4) && zone[..2].parse::<u32>().is_ok_and(|hours| hours <= LARGEST);
    let year = rest.strip_prefix(' ').filter(|year| year.len() == 4);
    is_behind_time && is_one && (rest.is_empty() || year.is_some())
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Length and first digits are one network's, the sum fits, and no group of digits is a number of its own.
pub(super) fn is_card(text: &str, groups: &[Range<usize>]) -> bool {
    const SHORTEST: usize = 3;
    let are_groups = groups.len() == 1 || groups.iter().all(|group| group.len() >= SHORTEST);
    if !are_groups || text.starts_with(['0', '1', '7', '9']) {
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
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        // Of UnionPay and Maestro, some are longer.
        16..=19 if first(2) == 62 => true,
        16..=19
            if matches!(
                first(4),
                5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763
            ) =>
        {
            true
        }
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 65 | 81 | 82)
                || matches!(first(4), 2200..=2204 | 2221..=2720 | 6011 | 3528..=3589)
                || matches!(first(3), 508 | 606..=608 | 644..=649)
        }
        19 => first(1) == 4,
        _ => false,
    };
    is_issued && luhn(&digits)
}

/// Whether a part of a text is a part of a UUID (RFC 9562 §4), whose groups may have digits alone.
pub(super) fn is_in_uuid(text: &str, part: &Range<usize>) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    const LENGTH: usize = 36;
    let is_one = |uuid: &[u8]| {
        (uuid.iter().enumerate()).all(|(at, byte)| {
            if HYPHENS.contains(&at) {
                *byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
    };
    let before_groups = std::iter::once(0).chain(HYPHENS.map(|hyphen| hyphen + 1));
    before_groups
        .filter_map(|length| part.start.checked_sub(length))
        .filter_map(|start| text.as_bytes().get(start..start + LENGTH))
        .any(is_one)
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

/// The countries that have such numbers, and how long theirs are (the registry of ISO 13616).
const COUNTRIES: &str = "AD24AE23AL28AO25AT20AZ28BA20BE16BF28BG22BH22BI27BJ28BR29BY28CF27CG27CH21CI28CM27CR22CV25CY28CZ24\
    DE22DJ27DK18DO28DZ26EE20EG29ES24FI18FK18FO18FR27GA27GB22GE22GI23GL18GQ27GR27GT28GW25HN28HR21HU28IE22IL23IQ23IR26IS26\
    IT27JO30KM27KW30KZ20LB28LC32LI21LT20LU20LV21LY25MA28MC27MD24ME22MG27MK19ML28MN20MR27MT31MU30MZ25NE28NI28NL18NO15OM23\
    PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SN28SO23ST25SV28TD27TG28TL23TN24TR26UA29VA22VG24XK20YE30";

/// A country's length, in fours where it is in groups, and check digits that fit (ISO 7064, MOD 97-10).
pub(super) fn is_iban(text: &str, groups: &[Range<usize>]) -> bool {
    let length: usize = groups.iter().map(Range::len).sum();
    let (last, others) = groups.split_last().expect("a part has a group");
    let are_fours =
        others.is_empty() || (last.len() <= 4 && others.iter().all(|group| group.len() == 4));
    let is_country = COUNTRIES.as_bytes().chunks(4).any(|country| {
        let digits = |ten: u8, one: u8| usize::from(ten - b'0') * 10 + usize::from(one - b'0');
        text.as_bytes().starts_with(&country[..2]) && digits(country[2], country[3]) == length
    });
    let is_checked = text
        .as_bytes()
        .get(2..4)
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
    if !(are_fours && is_country && is_checked) {
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
pub(super) fn is_ssn(text: &str) -> bool {
    let (area, group, serial) = (&text[..3], &text[4..6], &text[7..]);
    !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000"
}
