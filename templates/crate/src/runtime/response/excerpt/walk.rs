//! The walk over a JSON text that copies what is wanted and fits.

use std::borrow::Cow;

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
    /// Characters in all.
    pub(super) most: usize,
    /// Whether the text ends where there is no more room; else that is [`Stop::Over`].
    pub(super) ends: bool,
}

impl Limits {
    pub(super) const NONE: Self = Self {
        items: usize::MAX,
        texts: usize::MAX,
        most: usize::MAX,
        ends: false,
    };
}

pub(super) enum Stop {
    NoJson,
    Over,
}

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
            place: Vec::new(),
            cuts: None,
            names: None,
        }
    }

    pub(super) fn whole(&mut self, fields: &Fields) -> Result<(), Stop> {
        let got = self.value(fields, true)?;
        self.skip_space();
        let is_end = self.at == self.text.len() || self.is_over;
        if got == Got::Value && is_end {
            Ok(())
        } else {
            Err(Stop::NoJson)
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
    fn upcoming(&mut self) -> Result<Option<u8>, Stop> {
        self.skip_space();
        match self.peek() {
            None if self.is_part => {
                self.is_over = true;
                Ok(None)
            }
            None => Err(Stop::NoJson),
            some => Ok(some),
        }
    }

    /// Writes where there is room; what closes something always is written.
    fn write(&mut self, text: &str) -> Result<bool, Stop> {
        let length = text.chars().count();
        if self.written + length > self.limits.most {
            if !self.limits.ends {
                return Err(Stop::Over);
            }
            self.is_over = true;
            return Ok(false);
        }
        self.written += length;
        self.out.push_str(text);
        Ok(true)
    }

    fn close(&mut self, bracket: char) -> Result<(), Stop> {
        self.written += 1;
        self.out.push(bracket);
        if self.written > self.limits.most && !self.limits.ends {
            Err(Stop::Over)
        } else {
            Ok(())
        }
    }

    fn value(&mut self, fields: &Fields, writes: bool) -> Result<Got, Stop> {
        let Some(byte) = self.upcoming()? else {
            return Ok(Got::Nothing);
        };
        match byte {
            b'{' | b'[' if self.depth >= DEEPEST => Err(Stop::NoJson),
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

    fn literal(&mut self, writes: bool) -> Result<Got, Stop> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let token = &rest[..end];
        self.at += end;
        // Half a number is another number.
        if self.is_part && self.at == self.text.len() && self.depth > 0 {
            self.is_over = true;
            return Ok(Got::Nothing);
        }
        if !is_literal(token) {
            return Err(Stop::NoJson);
        }
        if !writes || self.write(token)? {
            Ok(Got::Value)
        } else {
            Ok(Got::Nothing)
        }
    }

    /// The text between two quotes, with them; what was cut off gets one.
    fn quoted(&mut self) -> Result<Cow<'t, str>, Stop> {
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
                    at += if bytes.get(at + 1) == Some(&b'u') {
                        6
                    } else {
                        2
                    };
                    whole = at.min(bytes.len());
                }
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
                None => return Err(Stop::NoJson),
            }
        }
    }

    fn string(&mut self, writes: bool) -> Result<Got, Stop> {
        let quoted = self.quoted()?;
        if !writes {
            return Ok(Got::Value);
        }
        let limit = self.limits.texts;
        // With its quotes. Bytes first: counting characters takes a look at each.
        if limit < usize::MAX && quoted.len() > limit + 2 && quoted.chars().count() > limit + 2 {
            let short = format!("{}…\"", shortened(&quoted, limit + 1));
            if let Some(cuts) = &mut self.cuts {
                cuts.texts += 1;
            }
            return Ok(if self.write(&short)? {
                Got::Value
            } else {
                Got::Nothing
            });
        }
        Ok(if self.write(&quoted)? {
            Got::Value
        } else {
            Got::Nothing
        })
    }

    fn array(&mut self, fields: &Fields, writes: bool) -> Result<Got, Stop> {
        self.at += 1;
        if writes && !self.write("[")? {
            return Ok(Got::Nothing);
        }
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
            let mark = (self.out.len(), self.written);
            let is_open = !kept || count == 0 || self.write(",")?;
            if self.cuts.is_some() {
                self.place.push("[*]".to_owned());
            }
            let got = if is_open {
                self.value(fields, kept)?
            } else {
                Got::Nothing
            };
            self.place.pop();
            if got == Got::Nothing {
                self.out.truncate(mark.0);
                self.written = mark.1;
                break;
            }
            count += 1;
            if self.is_over {
                break;
            }
            match self.upcoming()? {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                None => break,
                Some(_) => return Err(Stop::NoJson),
            }
        }
        if writes {
            if count > self.limits.items {
                self.cut_list(count);
            }
            self.close(']')?;
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

    fn object(&mut self, fields: &Fields, writes: bool) -> Result<Got, Stop> {
        self.at += 1;
        if writes && !self.write("{")? {
            return Ok(Got::Nothing);
        }
        let mut is_first = true;
        loop {
            match self.upcoming()? {
                Some(b'}') if is_first => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {}
                None => break,
                Some(_) => return Err(Stop::NoJson),
            }
            let mark = (self.out.len(), self.written);
            if self.member(fields, writes)? == Got::Nothing {
                self.out.truncate(mark.0);
                self.written = mark.1;
                break;
            }
            is_first = false;
            if self.is_over {
                break;
            }
            match self.upcoming()? {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                None => break,
                Some(_) => return Err(Stop::NoJson),
            }
        }
        if writes {
            self.close('}')?;
        }
        Ok(Got::Value)
    }

    fn member(&mut self, fields: &Fields, writes: bool) -> Result<Got, Stop> {
        let quoted = self.quoted()?;
        if self.is_over {
            return Ok(Got::Nothing);
        }
        match self.upcoming()? {
            Some(b':') => self.at += 1,
            None => return Ok(Got::Nothing),
            Some(_) => return Err(Stop::NoJson),
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
        let everything = Fields::default();
        let chosen = if fields.is_everything() {
            Some(&everything)
        } else {
            // What has no members is not what somebody meant who asked for a member of it.
            let is_deep = matches!(first, b'{' | b'[' | b'n');
            (fields.names.get(&name())).filter(|chosen| is_deep || chosen.is_everything())
        };
        if let Some(chosen) = chosen {
            chosen.is_found.set(true);
        }
        let kept = writes && chosen.is_some();
        if kept {
            let separator = if self.out.ends_with('{') { "" } else { "," };
            if !self.write(&format!("{separator}{quoted}:"))? {
                return Ok(Got::Nothing);
            }
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

fn is_literal(token: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(token).is_ok()
}
