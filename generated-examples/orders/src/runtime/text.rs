//! Makes upstream text fit to be read by a model: decoded, and without what a person would not see.
//!
//! Control characters, terminal sequences, bidirectional overrides and invisible characters are ways to say to a
//! model what its user cannot see. They are removed; everything else stays as the upstream sent it.

use std::borrow::Cow;

use serde_json::Value;

/// The text of a body in the charset that its media type names; UTF-8 unless it says otherwise.
pub(super) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    // WHATWG Encoding §6: a byte order mark goes before what anybody says.
    let charset = match bytes {
        [0xff, 0xfe, ..] => Some("utf-16le"),
        [0xfe, 0xff, ..] => Some("utf-16be"),
        _ => charset,
    };
    match charset.map(str::to_ascii_lowercase).as_deref() {
        Some("iso-8859-1" | "latin1" | "windows-1252" | "us-ascii")
            if std::str::from_utf8(bytes).is_err() =>
        {
            bytes.iter().copied().map(windows_1252).collect()
        }
        Some("utf-16" | "utf-16be") => utf16(bytes, u16::from_be_bytes),
        Some("utf-16le") => utf16(bytes, u16::from_le_bytes),
        Some(label) => by_label(bytes, label).unwrap_or_else(|| utf8(bytes)),
        None => utf8(bytes),
    }
}

/// Whether texts in this charset can be read.
pub(super) fn knows(charset: &str) -> bool {
    matches!(
        charset.to_ascii_lowercase().as_str(),
        "utf-8"
            | "utf8"
            | "us-ascii"
            | "ascii"
            | "iso-8859-1"
            | "latin1"
            | "windows-1252"
            | "utf-16"
            | "utf-16be"
            | "utf-16le"
    ) || by_label(b"", charset).is_some()
}

fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    // The lossy way looks at each chunk; nearly every text is valid and is told so at once.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// WHATWG Encoding §4.2. A text that is valid UTF-8 is that, whatever it calls itself; but one charset looks like ASCII.
#[cfg(feature = "charsets")]
fn by_label<'a>(bytes: &'a [u8], label: &str) -> Option<Cow<'a, str>> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    if encoding != encoding_rs::ISO_2022_JP && std::str::from_utf8(bytes).is_ok() {
        return Some(utf8(bytes));
    }
    Some(encoding.decode_without_bom_handling(bytes).0)
}

#[cfg(not(feature = "charsets"))]
fn by_label<'a>(_: &'a [u8], _: &str) -> Option<Cow<'a, str>> {
    None
}

/// UTF-8 that was cut anywhere, up to the last whole character.
pub(super) fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        // No length: the error is that the text ends.
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'a, str> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// WHATWG Encoding: what is labelled as ISO-8859-1 is windows-1252.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Bytes in hexadecimal, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes out what cannot be seen. A text without any of it, nearly every one, is not copied.
pub(crate) fn visible(text: Cow<'_, str>) -> Cow<'_, str> {
    if may_hide(text.as_bytes()) && text.chars().any(is_removed) {
        Cow::Owned(without_hidden(&text))
    } else {
        text
    }
}

/// The text with those escapes of JSON read that may spell any character (RFC 8259 §7).
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let code = || u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok();
        if let Some(after) = escape.strip_prefix('/') {
            out.push('/');
            rest = after;
        } else if let Some(c) = code().and_then(char::from_u32) {
            out.push(c);
            rest = &escape[5..];
        } else {
            out.push('\\');
            rest = escape;
        }
    }
    out + rest
}

/// A JSON text without what cannot be seen behind escapes, which would show again as soon as somebody reads it (RFC 8259 §7).
pub(super) fn visible_json(json: Cow<'_, str>) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = &json[..];
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let numbered = numbered(escape, "\\");
        let two = || escape.chars().take(2).map(char::len_utf8).sum();
        let length = numbered.map_or_else(two, |(_, length)| length);
        // Half a character is none, and two halves must not meet.
        if numbered.is_none_or(|(c, _)| c.is_some_and(|c| !is_removed(c))) {
            out.push_str(&escape[..length]);
        }
        rest = &escape[length..];
    }
    if out.len() + rest.len() == json.len() {
        return json;
    }
    (out + rest).into()
}

/// The character that an escape of JSON is written for by its number (RFC 8259 §7), and the length of that; `None` in its place
/// for half a character. `slashes` is what stands before each `u`, which is more than one in texts within texts.
pub(super) fn numbered(text: &str, slashes: &str) -> Option<(Option<char>, usize)> {
    let length = slashes.len() + 5;
    let unit = |text: &str| {
        let digits = text.strip_prefix(slashes)?.strip_prefix('u')?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(text)?;
    let second = unit(&text[length..]).unwrap_or_default();
    let c = char::decode_utf16([first, second]).next()?.ok();
    Some((c, length * c.map_or(1, char::len_utf16)))
}

/// Makes every text of a JSON value, names too, what `clean` makes of it.
pub(super) fn clean_all(value: &mut Value, clean: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(other) = clean(text) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clean_all(item, clean)),
        Value::Object(fields) => {
            if fields.keys().any(|key| clean(key).is_some()) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, value)| (clean(&key).unwrap_or(key), value))
                    .collect();
            }
            fields
                .values_mut()
                .for_each(|field| clean_all(field, clean));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a character has no place in what a model reads or a header holds, apart from line breaks and tabs.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul fillers, Khmer inherent vowels.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        // Mongolian selectors, zero width, bidirectional controls, separators, word joiner and invisible operators.
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fe00}'..='\u{fe0f}'
        // Shorthand format controls, musical controls, tags and variation selectors.
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn is_removed(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_invisible(c)
}

/// Whether a byte of the text begins a character that might be removed: a look at the bytes alone.
fn may_hide(bytes: &[u8]) -> bool {
    const SUSPECT: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 0x20 {
            table[byte as usize] = !matches!(byte, b'\n' | b'\r' | b'\t');
            byte += 1;
        }
        table[0x7f] = true;
        // The first bytes in UTF-8 of the characters of `is_invisible` and of C1 controls.
        let leads = [0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef, 0xf0, 0xf3];
        let mut index = 0;
        while index < leads.len() {
            table[leads[index]] = true;
            index += 1;
        }
        table
    };
    // Eight bytes at a time: nearly all of them are plain ASCII.
    let (words, rest) = bytes.as_chunks::<8>();
    let suspect = |bytes: &[u8]| bytes.iter().any(|byte| SUSPECT[usize::from(*byte)]);
    (words.iter()).any(|word| !is_plain(u64::from_ne_bytes(*word)) && suspect(word))
        || suspect(rest)
}

/// Whether eight bytes are printable ASCII; may say no although they are, never yes although they are not.
fn is_plain(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 255;
    let below_space = word.wrapping_sub(EACH * 0x20);
    let is_delete = (word ^ (EACH * 0x7f)).wrapping_sub(EACH);
    (word | below_space | is_delete) & (EACH * 0x80) == 0
}

fn without_hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' | '\u{9b}' => skip_sequence(c, &mut chars),
            // Joiners are a part of how Persian, Indic scripts and emoji are written, between visible characters.
            '\u{200c}' | '\u{200d}' => {
                let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_removed(c));
                let before = out
                    .chars()
                    .next_back()
                    .filter(|c| *c != '\u{200d}' && *c != '\u{200c}');
                if joins(before.map(unselected)) && joins(chars.peek().copied()) {
                    out.push(c);
                }
            }
            // One selector chooses how the emoji before it looks.
            '\u{fe0e}' | '\u{fe0f}' => {
                let before = out.chars().next_back();
                if before.is_some_and(|c| !c.is_ascii() && !is_removed(c)) {
                    out.push(c);
                }
            }
            c if is_removed(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// A selector that was kept counts as the visible character that it belongs to.
fn unselected(c: char) -> char {
    if c == '\u{fe0f}' { '☺' } else { c }
}

/// Skips a terminal's control sequence (ECMA-48 §5.4) or operating system command (§8.3.89).
fn skip_sequence(first: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if first == '\u{9b}' {
        Some('[')
    } else {
        chars.next_if(|c| matches!(c, '[' | ']' | 'P' | '^' | '_' | 'X'))
    };
    match kind {
        Some('[') => {
            while chars
                .next_if(|c| matches!(c, '\u{20}'..='\u{3f}'))
                .is_some()
            {}
            chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
        }
        Some(_) => {
            // Ends at BEL or ST; a sequence without an end would swallow the text, so at the line's end too.
            while let Some(c) = chars.next_if(|c| *c != '\n') {
                if c == '\u{7}' || c == '\u{9c}' {
                    break;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    break;
                }
            }
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn clean(text: &str) -> String {
        visible(Cow::Borrowed(text)).into_owned()
    }

    #[test]
    fn what_cannot_be_seen_is_removed() {
        for (given, left) in [
            ("a\u{1b}[31mred\u{1b}[0m", "ared"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{9b}2Jx\0\u{8}", "x"),
            ("pay \u{202e}gpj.exe\u{202c} now", "pay gpj.exe now"),
            ("a\u{200b}b\u{2060}c\u{feff}d\u{ad}e", "abcde"),
            ("x\u{e0041}\u{e0042}y\u{e0101}", "xy"),
            ("i\u{200d}gnore\u{fe0f}", "ignore"),
            ("a\u{fe01}\u{fe02}\u{3164}", "a"),
        ] {
            assert_eq!(clean(given), left, "{given:?}");
        }
    }

    #[test]
    fn what_can_be_seen_stays_and_is_not_copied() {
        for text in [
            "line\r\n\ttab",
            "naïve — “quotes” € 日本語",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀 ❤\u{fe0f} ❤\u{fe0f}\u{200d}🔥",
        ] {
            assert_eq!(clean(text), text);
        }
        assert!(matches!(
            visible(Cow::Borrowed("— 日本語")),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn escaped_characters_are_removed_from_json_values() {
        let mut value: Value =
            serde_json::from_str(r#"{"a\u200b": ["\u202ex", 1]}"#).expect("json");
        clean_all(&mut value, &|text| match visible(Cow::Borrowed(text)) {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        });
        assert_eq!(value, json!({"a": ["x", 1]}));
        assert_eq!(unescaped(r"a\u003d\/\n\u00e9\u12"), "a=/\\n\u{e9}\\u12");
    }

    #[test]
    fn every_removed_character_is_suspected_by_its_first_byte() {
        for c in ('\0'..=char::MAX).filter(|c| is_removed(*c)) {
            for before in 0..9 {
                let text = format!("{}{c}{}", "~".repeat(before), "~".repeat(9));
                assert!(may_hide(text.as_bytes()), "{c:?} after {before} bytes");
            }
        }
    }

    #[test]
    fn charsets_are_decoded() {
        assert_eq!(decode(b"caf\xe9 \x80", Some("ISO-8859-1")), "café €");
        assert_eq!(decode("café".as_bytes(), Some("latin1")), "café");
        assert_eq!(
            decode(&[0xff, 0xfe, b'h', 0, b'i', 0], Some("utf-16")),
            "\u{feff}hi"
        );
        assert_eq!(decode(b"a\xffb", None), "a\u{fffd}b");
        assert!(knows("UTF-8") && knows("Latin1") && !knows("x-nothing"));
    }

    #[cfg(feature = "charsets")]
    #[test]
    fn other_charsets_are_decoded_too() {
        assert_eq!(decode(b"\x8d\x82", Some("Shift_JIS")), "高");
        assert_eq!(decode(b"\xcf\xf0", Some("windows-1251")), "Пр");
        assert_eq!(decode("Привет".as_bytes(), Some("windows-1251")), "Привет");
        assert_eq!(decode(b"\x1b$B9b\x1b(B", Some("iso-2022-jp")), "高");
    }
}
