//! The walk over a JSON text that copies what is wanted and fits.

use std::borrow::Cow;

use super::sizes::Sizes;
use super::{Cuts, Fields};

/// More levels are left to those who read text.
const DEEPEST: usize = 100;
/// How many names at the top are told of.
const MOST_NAMES: usize = 30;

#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Of each list.
    pub(super) items: usize,
    /// Characters of each text.
    pub(super) texts: usize,
    /// Characters in all: what is open is closed where there is no more room.
    pub(super) most: usize,
}

impl Limits {
    pub(super) const NONE: Self = Self {
        items: usize::MAX,
        texts: usize::MAX,
        most: usize::MAX,
    };
}

/// The text is no JSON.
pub(super) struct NoJson;

/// What became of a value.
#[derive(PartialEq, Eq)]
enum Got {
    /// It was written, or passed over as it was to be.
    Value,
    /// The text ended before there was anything to write.
    Nothing,
}

pub(super) struct Walk<'t> {
    text: &'t str,
    at: usize,
    /// Whether the text may end anywhere.
    is_part: bool,
    limits: Limits,
    pub(super) out: String,
    /// How many characters were written.
    written: usize,
    /// Whether the end was reached, of the text or of the room: what is open is closed.
    pub(super) is_over: bool,
    depth: usize,
    /// How many items lists need to have for what is written now.
    rank: usize,
    /// Where nothing is written but measured.
    pub(super) sizes: Option<Sizes>,
    /// Where the walk is, where cuts are told of.
    place: Vec<String>,
    pub(super) cuts: Option<Cuts>,
    /// The names at the top, where they are asked for.
    pub(super) names: Option<Vec<String>>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str, is_part: bool, limits: Limits) -> Self {
        Self {
            text,
            at: 0,
            is_part,
            limits,
            out: String::new(),
            written: 0,
            is_over: false,
            depth: 0,
            rank: 0,
            sizes: None,
            place: Vec::new(),
            cuts: None,
            names: None,
        }
    }

    pub(super) fn whole(&mut self, fields: &Fields) -> Result<(), NoJson> {
        let got = self.value(fields, true)?;
        self.skip_space();
        let is_end = self.at == self.text.len() || self.is_over;
        if got == Got::Value && is_end {
            Ok(())
        } else {
            Err(NoJson)
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that says something; `None` at the end of a text that was cut off.
    fn upcoming(&mut self) -> Result<Option<u8>, NoJson> {
        self.skip_space();
        match self.peek() {
            None if self.is_part => {
                self.is_over = true;
                Ok(None)
            }
            None => Err(NoJson),
            some => Ok(some),
        }
    }

    /// Whether another part of a list or an object follows; what is between them, or closes it, is passed over.
    fn goes_on(&mut self, close: u8) -> Result<bool, NoJson> {
        if self.is_over {
            return Ok(false);
        }
        match self.upcoming()? {
            None => Ok(false),
            Some(byte) if byte == b',' || byte == close => {
                self.at += 1;
                Ok(byte == b',')
            }
            Some(_) => Err(NoJson),
        }
    }

    /// Writes where there is room.
    fn write(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        if let Some(sizes) = &mut self.sizes {
            sizes.add(self.rank, length);
            return true;
        }
        if self.written + length > self.limits.most {
            self.is_over = true;
            return false;
        }
        self.written += length;
        self.out.push_str(text);
        true
    }

    /// Writes whether there is room or not.
    fn close(&mut self, bracket: char) {
        if let Some(sizes) = &mut self.sizes {
            sizes.add(self.rank, 1);
            return;
        }
        self.written += 1;
        self.out.push(bracket);
    }

    fn value(&mut self, fields: &Fields, writes: bool) -> Result<Got, NoJson> {
        let Some(byte) = self.upcoming()? else {
            return Ok(Got::Nothing);
        };
        match byte {
            b'{' | b'[' if self.depth >= DEEPEST => Err(NoJson),
            b'{' | b'[' => {
                self.depth += 1;
                let got = if byte == b'{' {
                    self.object(fields, writes)
                } else {
                    self.array(fields, writes)
                };
                self.depth -= 1;
                got
            }
            b'"' => self.string(writes),
            _ => self.literal(writes),
        }
    }

    fn literal(&mut self, writes: bool) -> Result<Got, NoJson> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let token = &rest[..end];
        self.at += end;
        // Half a number is another number.
        if self.is_part && self.at == self.text.len() {
            self.is_over = true;
            return Ok(Got::Nothing);
        }
        if !is_literal(token) {
            return Err(NoJson);
        }
        if !writes || self.write(token) {
            Ok(Got::Value)
        } else {
            Ok(Got::Nothing)
        }
    }

    /// The text between two quotes, with them; what was cut off gets one.
    fn quoted(&mut self) -> Result<Cow<'t, str>, NoJson> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        // The last place where nothing is half written.
        let mut whole = at;
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(self.text[start..self.at].into());
                }
                Some(b'\\') => {
                    at += match bytes.get(at + 1) {
                        Some(b'u') if is_hex(&bytes[at + 2..bytes.len().min(at + 6)]) => 6,
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') | None => 2,
                        Some(_) => return Err(NoJson),
                    };
                    whole = at.min(bytes.len());
                }
                // RFC 8259 §7: control characters have to be escaped.
                Some(..=0x1f) => return Err(NoJson),
                Some(byte) => {
                    at += 1;
                    if byte.is_ascii() {
                        whole = at;
                    }
                }
                None if self.is_part => {
                    self.is_over = true;
                    self.at = bytes.len();
                    return Ok(
                        format!("{}…\"", shortened(&self.text[start..whole], usize::MAX)).into(),
                    );
                }
                None => return Err(NoJson),
            }
        }
    }

    fn string(&mut self, writes: bool) -> Result<Got, NoJson> {
        let quoted = self.quoted()?;
        if !writes {
            return Ok(Got::Value);
        }
        if let Some(sizes) = &mut self.sizes {
            sizes.add_text(self.rank, quoted.chars().count());
            return Ok(Got::Value);
        }
        let limit = self.limits.texts;
        // With its quotes. Bytes first: counting characters takes a look at each.
        let is_long =
            limit < usize::MAX && quoted.len() > limit + 2 && quoted.chars().count() > limit + 2;
        let written = if is_long {
            self.write(&format!("{}…\"", shortened(&quoted, limit + 1)))
        } else {
            self.write(&quoted)
        };
        if let Some(cuts) = self.cuts.as_mut().filter(|_| is_long && written) {
            cuts.texts += 1;
        }
        Ok(if written { Got::Value } else { Got::Nothing })
    }

    fn array(&mut self, fields: &Fields, writes: bool) -> Result<Got, NoJson> {
        self.at += 1;
        if writes && !self.write("[") {
            return Ok(Got::Nothing);
        }
        let rank = self.rank;
        let mut count = 0;
        loop {
            match self.upcoming()? {
                Some(b']') if count == 0 => {
                    self.at += 1;
                    break;
                }
                None => break,
                Some(_) => {}
            }
            let kept = writes && count < self.limits.items;
            let mark = self.mark();
            self.rank = rank.max(count + 1);
            let is_open = !kept || count == 0 || self.write(",");
            if self.cuts.is_some() {
                self.place.push("[*]".to_owned());
            }
            let got = if is_open {
                self.value(fields, kept)?
            } else {
                Got::Nothing
            };
            self.place.pop();
            self.rank = rank;
            if got == Got::Nothing {
                self.back_to(mark);
                break;
            }
            count += 1;
            if !self.goes_on(b']')? {
                break;
            }
        }
        if writes {
            if count > self.limits.items {
                self.cut_list(count);
            }
            self.close(']');
        }
        Ok(Got::Value)
    }

    fn cut_list(&mut self, count: usize) {
        let Some(cuts) = &mut self.cuts else { return };
        let place = self.place.concat();
        let place = place.strip_prefix('.').unwrap_or(&place).to_owned();
        let (most, kept) = cuts.lists.entry(place).or_default();
        *most = (*most).max(count);
        *kept = self.limits.items;
    }

    fn object(&mut self, fields: &Fields, writes: bool) -> Result<Got, NoJson> {
        self.at += 1;
        if writes && !self.write("{") {
            return Ok(Got::Nothing);
        }
        let mut is_first = true;
        let mut members = 0;
        loop {
            match self.upcoming()? {
                Some(b'}') if is_first => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {}
                None => break,
                Some(_) => return Err(NoJson),
            }
            let mark = self.mark();
            if self.member(fields, writes, &mut members)? == Got::Nothing {
                self.back_to(mark);
                break;
            }
            is_first = false;
            if !self.goes_on(b'}')? {
                break;
            }
        }
        if writes {
            self.close('}');
        }
        Ok(Got::Value)
    }

    /// Where the walk is in what it writes.
    fn mark(&self) -> (usize, usize, usize) {
        let texts = self.cuts.as_ref().map_or(0, |cuts| cuts.texts);
        (self.out.len(), self.written, texts)
    }

    /// Takes back what was written since.
    fn back_to(&mut self, (length, written, texts): (usize, usize, usize)) {
        self.out.truncate(length);
        self.written = written;
        if let Some(cuts) = &mut self.cuts {
            cuts.texts = texts;
        }
    }

    /// A member, after so many that were written.
    fn member(
        &mut self,
        fields: &Fields,
        writes: bool,
        members: &mut usize,
    ) -> Result<Got, NoJson> {
        let quoted = self.quoted()?;
        if self.is_over {
            return Ok(Got::Nothing);
        }
        match self.upcoming()? {
            Some(b':') => self.at += 1,
            None => return Ok(Got::Nothing),
            Some(_) => return Err(NoJson),
        }
        let Some(first) = self.upcoming()? else {
            return Ok(Got::Nothing);
        };
        let name = || serde_json::from_str::<String>(&quoted).unwrap_or_default();
        let top = if self.text.trim_start().starts_with('[') {
            2
        } else {
            1
        };
        if let Some(names) =
            (self.names.as_mut()).filter(|names| self.depth == top && names.len() < MOST_NAMES)
        {
            let name = name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let everything = Fields::everything();
        let chosen = if fields.is_everything() {
            Some(&everything)
        } else {
            fields.member(&name())
        };
        // What has no members is not what somebody meant who asked for a member of it.
        let is_deep = matches!(first, b'{' | b'[' | b'n');
        let chosen = chosen.filter(|chosen| is_deep || chosen.is_everything());
        let kept = writes && chosen.is_some();
        if kept {
            let separator = if *members == 0 { "" } else { "," };
            if !self.write(&format!("{separator}{quoted}:")) {
                return Ok(Got::Nothing);
            }
            *members += 1;
        }
        if self.cuts.is_some() {
            self.place.push(format!(".{}", name()));
        }
        let got = self.value(chosen.unwrap_or(&everything), kept);
        self.place.pop();
        got
    }
}

/// The beginning of a text in quotes, up to so many characters, without half an escape at its end.
fn shortened(quoted: &str, most: usize) -> &str {
    let end = quoted
        .char_indices()
        .nth(most)
        .map_or(quoted.len(), |(at, _)| at);
    let inside = &quoted.as_bytes()[..end];
    // Walk over the escapes: a backslash before the end may be the second of two.
    let (mut at, mut whole) = (1, 1);
    while at < end {
        let length = match (inside[at], inside.get(at + 1)) {
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        at += length;
        if at > end {
            break;
        }
        // A half of a pair is nothing (RFC 8259 §7).
        let escape = &inside[at - length..at];
        let is_high = length == 6
            && matches!(
                escape[2..],
                [b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', ..]
            );
        if !is_high && quoted.is_char_boundary(at) {
            whole = at;
        }
    }
    &quoted[..whole]
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

fn is_literal(token: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(token).is_ok()
}
