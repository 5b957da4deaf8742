//! A walk over a JSON text (RFC 8259) that makes no values of it: where members and items stand, and whether it is JSON at all.
//!
//! It takes what `serde_json` takes, and costs less: guards, redaction and output schemas each ask it for every answer of the
//! API.

use std::borrow::Cow;
use std::ops::Range;

/// How deep values may be within each other, as with `serde_json`.
const DEEPEST: usize = 127;

/// The text is no JSON, or none that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoJson;

/// Where the walk is in a text.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    deepest: usize,
}

/// What a value is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self::within(text, DEEPEST)
    }

    /// The same of a text whose values are no deeper within each other.
    pub(super) fn within(text: &'t str, deepest: usize) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            deepest: deepest.min(DEEPEST),
        }
    }

    /// What the next value is; it is still ahead.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn kind(&mut self) -> Result<Kind, NoJson> {
        Ok(match self.upcoming()? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b'-' | b'0'..=b'9' => Kind::Number,
            b't' | b'f' => Kind::Boolean,
            b'n' => Kind::Null,
            _ => return Err(NoJson),
        })
    }

    /// Goes past the next value; gives where it stands.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn value(&mut self) -> Result<Range<usize>, NoJson> {
        self.kind()?;
        let start = self.at;
        self.members(|_, _| Ok(Past::Name))?;
        Ok(start..self.at)
    }

    /// Goes past the next value. `member` is given the name of each member in it, however deep, and may go past what is behind
    /// the name.
    ///
    /// # Errors
    /// It is none.
    #[inline]
    pub(super) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, Name<'t>) -> Result<Past, NoJson>,
    ) -> Result<(), NoJson> {
        let outside = self.depth;
        // Which of the brackets that are open are an object's, the innermost the lowest bit: there are no more of them.
        let mut objects = 0_u128;
        loop {
            let mut is_open = false;
            match self.kind()? {
                Kind::String => drop(self.string()?),
                Kind::Number => self.number()?,
                Kind::Boolean | Kind::Null => self.word()?,
                Kind::Object => {
                    self.enter(b'{')?;
                    is_open = !self.leaves(b'}')?;
                    objects = objects << u8::from(is_open) | u128::from(is_open);
                }
                Kind::Array => {
                    self.enter(b'[')?;
                    is_open = !self.leaves(b']')?;
                    objects <<= u8::from(is_open);
                }
            }
            // On to what is a value.
            loop {
                let is_object = objects & 1 == 1;
                if !is_open {
                    if self.depth == outside {
                        return Ok(());
                    }
                    if !self.goes_on(if is_object { b'}' } else { b']' })? {
                        objects >>= 1;
                        continue;
                    }
                }
                if !is_object {
                    break;
                }
                let name = self.name()?;
                if member(self, name)? == Past::Name {
                    break;
                }
                is_open = false;
            }
        }
    }

    /// Goes past the object that is next. `member` is given each name, and goes past the value behind it.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Name<'t>) -> Result<(), NoJson>,
    ) -> Result<(), NoJson> {
        self.enter(b'{')?;
        if self.leaves(b'}')? {
            return Ok(());
        }
        loop {
            let name = self.name()?;
            member(self, name)?;
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    /// Goes past the array that is next. `item` is given each index, and goes past the value.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), NoJson>,
    ) -> Result<(), NoJson> {
        self.enter(b'[')?;
        if self.leaves(b']')? {
            return Ok(());
        }
        for index in 0.. {
            item(self, index)?;
            if !self.goes_on(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// # Errors
    /// There is more behind the value.
    pub(super) fn end(&mut self) -> Result<(), NoJson> {
        match self.upcoming() {
            Ok(_) => Err(NoJson),
            Err(NoJson) => Ok(()),
        }
    }

    /// What is written at a place.
    pub(super) fn text(&self, place: Range<usize>) -> &'t str {
        &self.text[place]
    }

    /// The next byte that is no space.
    #[inline]
    fn upcoming(&mut self) -> Result<u8, NoJson> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => self.behind_spaces(),
        }
    }

    fn behind_spaces(&mut self) -> Result<u8, NoJson> {
        let mut rest = self.text.as_bytes()[self.at..].iter().enumerate();
        let is_space = |byte: u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
        let (spaces, byte) = rest.find(|(_, byte)| !is_space(**byte)).ok_or(NoJson)?;
        self.at += spaces;
        Ok(*byte)
    }

    /// Goes past the name of a member that is next, and the colon behind it.
    #[expect(clippy::inline_always, reason = "the walk is a sixth faster")]
    #[inline(always)]
    fn name(&mut self) -> Result<Name<'t>, NoJson> {
        if self.upcoming()? != b'"' {
            return Err(NoJson);
        }
        let start = self.at + 1;
        let has_escapes = self.string()?;
        let written = &self.text[start..self.at - 1];
        if self.upcoming()? != b':' {
            return Err(NoJson);
        }
        self.at += 1;
        Ok(Name {
            written,
            has_escapes,
        })
    }

    fn enter(&mut self, bracket: u8) -> Result<(), NoJson> {
        if self.upcoming()? != bracket || self.depth == self.deepest {
            return Err(NoJson);
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    /// Whether the bracket is next that ends what was entered.
    fn leaves(&mut self, bracket: u8) -> Result<bool, NoJson> {
        let leaves = self.upcoming()? == bracket;
        if leaves {
            self.at += 1;
            self.depth -= 1;
        }
        Ok(leaves)
    }

    /// Whether a comma follows, and not the end.
    #[inline]
    fn goes_on(&mut self, bracket: u8) -> Result<bool, NoJson> {
        let next = self.upcoming()?;
        if next == b',' {
            self.at += 1;
            return Ok(true);
        }
        if next != bracket {
            return Err(NoJson);
        }
        self.at += 1;
        self.depth -= 1;
        Ok(false)
    }

    /// Goes past the string that is next; gives whether it has escapes.
    fn string(&mut self) -> Result<bool, NoJson> {
        self.at += 1;
        self.pass_plain();
        if self.text.as_bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(false);
        }
        self.rest_of_string()
    }

    /// Goes on to what ends a string, begins an escape or may be in none, eight bytes at once.
    #[inline]
    fn pass_plain(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let found = ends_and_escapes(*word);
            at += found.trailing_zeros() as usize / 8;
            if found != 0 {
                break;
            }
        }
        self.at = at;
    }

    #[inline(never)]
    fn rest_of_string(&mut self) -> Result<bool, NoJson> {
        let bytes = self.text.as_bytes();
        let mut has_escapes = false;
        loop {
            self.pass_plain();
            match bytes.get(self.at).ok_or(NoJson)? {
                b'"' => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                b'\\' => {
                    has_escapes = true;
                    let digits = match bytes.get(self.at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
                        Some(b'u') => 4,
                        _ => return Err(NoJson),
                    };
                    self.at += 2;
                    let code = bytes.get(self.at..self.at + digits).ok_or(NoJson)?;
                    if !code.iter().all(u8::is_ascii_hexdigit) {
                        return Err(NoJson);
                    }
                    self.at += digits;
                }
                0..=0x1f => return Err(NoJson),
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Result<(), NoJson> {
        let bytes = self.text.as_bytes();
        let next = |at: usize| bytes.get(at).copied();
        let digits = |mut at: usize| {
            let start = at;
            while next(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            if at > start { Ok(at) } else { Err(NoJson) }
        };
        let mut at = self.at + usize::from(next(self.at) == Some(b'-'));
        at = match next(at) {
            Some(b'0') => at + 1,
            _ => digits(at)?,
        };
        if next(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = next(at) {
            let is_signed = matches!(next(at + 1), Some(b'+' | b'-'));
            at = digits(at + 1 + usize::from(is_signed))?;
        }
        self.at = at;
        Ok(())
    }

    fn word(&mut self) -> Result<(), NoJson> {
        self.at += match &self.text.as_bytes()[self.at..] {
            [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => 4,
            [b'f', b'a', b'l', b's', b'e', ..] => 5,
            _ => return Err(NoJson),
        };
        Ok(())
    }
}

/// How far one of the members is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    Name,
    Value,
}

/// The name of a member.
#[derive(Clone, Copy)]
pub(super) struct Name<'t> {
    /// Between its quotes.
    written: &'t str,
    has_escapes: bool,
}

impl<'t> Name<'t> {
    /// What it says, where that is what is written.
    #[inline]
    pub(super) fn plain(self) -> Option<&'t str> {
        (!self.has_escapes).then_some(self.written)
    }

    /// What it says.
    ///
    /// # Errors
    /// One of its escapes is half a character.
    #[inline]
    pub(super) fn said(self) -> Result<Cow<'t, str>, NoJson> {
        match self.plain() {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => self.unescaped().map(Cow::Owned),
        }
    }

    #[cold]
    fn unescaped(self) -> Result<String, NoJson> {
        serde_json::from_str(&format!("\"{}\"", self.written)).map_err(|_| NoJson)
    }
}

/// Which of eight bytes end a string, begin an escape or may be in none: the highest bit of the first that does, the first byte
/// the lowest; what stands behind it may be wrong.
fn ends_and_escapes(word: [u8; 8]) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(word);
    let has = |byte: u8| {
        let other = word ^ (EACH * u64::from(byte));
        other.wrapping_sub(EACH) & !other
    };
    let is_control = word.wrapping_sub(EACH * 0x20) & !word;
    (has(b'"') | has(b'\\') | is_control) & (EACH * 0x80)
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;

    fn whole(text: &str) -> Result<Range<usize>, NoJson> {
        let mut tokens = Tokens::of(text);
        let value = tokens.value()?;
        tokens.end()?;
        Ok(value)
    }

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    const TEXTS: [&str; 12] = [
        r#" {"a": [1, -0.5e+3, true, null, false], "b\u00e9\"": {"c": "x\\"}} "#,
        r#"["a", {"b": []}, {}, [[]], 0, -1, 1E5, "\ud800"]"#,
        "12",
        "\"\\/\"",
        "01",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "\"\t\"",
        "tru",
        "1 2",
        "",
    ];

    #[test]
    fn it_takes_what_serde_json_takes_wherever_a_byte_is_another() {
        for text in TEXTS {
            assert_eq!(whole(text).is_ok(), is_json(text), "{text}");
            for at in 0..text.len() {
                for other in " \t\n\"\\{}[]:,0-+.eEut/\u{1}x".chars() {
                    let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else {
                        continue;
                    };
                    for changed in [
                        format!("{before}{other}{after}"),
                        format!("{before}{after}"),
                        format!("{before}{other}"),
                    ] {
                        assert_eq!(whole(&changed).is_ok(), is_json(&changed), "{changed}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_nested_as_deep_as_serde_json_takes_it_is_taken() {
        for levels in [126, 127, 128, 129, 100_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                let is_taken = serde_json::from_str::<Value>(&text).is_ok();
                assert_eq!(whole(&text).is_ok(), is_taken, "{levels}");
            }
        }
    }

    #[test]
    fn members_and_items_are_where_they_stand() {
        let text = r#"{"a": [1, {"b\n": "c"}], "\u0064": null}"#;
        let mut tokens = Tokens::of(text);
        let mut seen = Vec::new();
        let walked = tokens.object(|tokens, name| {
            seen.push(name.said()?.into_owned());
            if tokens.kind()? == Kind::Array {
                return tokens.array(|tokens, index| {
                    let value = tokens.value()?;
                    seen.push(format!("{index}: {}", tokens.text(value)));
                    Ok(())
                });
            }
            let value = tokens.value()?;
            seen.push(tokens.text(value).to_owned());
            Ok(())
        });
        assert_eq!((walked, tokens.end()), (Ok(()), Ok(())));
        assert_eq!(seen, ["a", "0: 1", "1: {\"b\\n\": \"c\"}", "d", "null"]);
        let half = Tokens::of(r#"{"\ud800": 1}"#).object(|_, name| name.said().map(drop));
        assert_eq!(half, Err(NoJson));
    }
}
