//! What the end of a text means that was cut, where its characters are written as escapes, references or percent-encoded.

/// What a reference in HTML takes at most, behind its `&`, where it stands for what tokens are made of.
const LONGEST_REFERENCE: usize = 10;
/// References by name that may stand in a token (HTML §13.5).
const NAMED: [(&str, char); 6] = [
    ("amp;", '&'),
    ("equals;", '='),
    ("plus;", '+'),
    ("sol;", '/'),
    ("period;", '.'),
    ("lowbar;", '_'),
];

/// The characters that a text means, each with the place where it is written; without what only begins at the end.
pub(super) fn spelled(text: &str) -> Vec<(usize, char)> {
    let mut all = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let behind = &text[at + c.len_utf8()..];
        let read = match c {
            '\\' => escape(behind),
            '&' => reference(behind),
            '%' => percent(behind),
            _ => Read::Nothing,
        };
        match read {
            Read::Character(meant, length) => {
                all.push((at, meant));
                at += 1 + length;
            }
            Read::Half => break,
            Read::Nothing => {
                all.push((at, c));
                at += c.len_utf8();
            }
        }
    }
    all
}

enum Read {
    /// A character, and in how many bytes it is written behind the first.
    Character(char, usize),
    /// The text ends in the middle of it.
    Half,
    Nothing,
}

/// `\u003d` and `\/`, with as many backslashes as texts within texts have; what is behind the first.
fn escape(behind: &str) -> Read {
    let text = behind.trim_start_matches('\\');
    let slashes = behind.len() - text.len();
    if let Some(rest) = text.strip_prefix('u') {
        let digits = hexadecimal(rest, 4);
        return match u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
        {
            Some(c) if digits.len() == 4 => Read::Character(c, slashes + 5),
            _ if digits.len() == rest.len() => Read::Half,
            _ => Read::Nothing,
        };
    }
    match text.chars().next() {
        None => Read::Half,
        Some('/') => Read::Character('/', slashes + 1),
        Some(_) => Read::Nothing,
    }
}

/// `&#61;`, `&#x3d;` and `&equals;`; what is behind the `&`.
fn reference(behind: &str) -> Read {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let length = behind
        .bytes()
        .take(LONGEST_REFERENCE)
        .take_while(is_part)
        .count();
    if length == behind.len() {
        return Read::Half;
    }
    if !behind[length..].starts_with(';') {
        return Read::Nothing;
    }
    let named = || NAMED.iter().find(|(name, _)| behind.starts_with(name));
    let meant = match behind[..length].strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        }
        .and_then(char::from_u32),
        None => named().map(|(_, c)| *c),
    };
    meant.map_or(Read::Nothing, |c| Read::Character(c, length + 1))
}

/// `%3D`; what is behind the `%`.
fn percent(behind: &str) -> Read {
    let digits = hexadecimal(behind, 2);
    match u8::from_str_radix(digits, 16) {
        Ok(byte) if digits.len() == 2 && byte.is_ascii() => Read::Character(byte.into(), 2),
        _ if digits.len() == behind.len() => Read::Half,
        _ => Read::Nothing,
    }
}

/// The hexadecimal digits that a text begins with, so many at most.
fn hexadecimal(text: &str, most: usize) -> &str {
    let length = text.bytes().take(most).take_while(u8::is_ascii_hexdigit);
    &text[..length.count()]
}
