//! A jq program itself: what it may use, whether it is one, and what it gives.
//!
//! Nothing here has bounds of its own but the size of what is written: it is called where the process has them.

use std::io::{self, Write};

use jaq_core::compile::{self, Compiler, Undefined};
use jaq_core::data::JustLut;
use jaq_core::load::lex::Expect;
use jaq_core::load::parse::Def;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Ctx, Filter, Vars};
use jaq_json::Val;
use serde::de::IgnoredAny;

/// Filters that reach outside of the program; they do not exist here.
const OUTSIDE: [&str; 5] = ["env", "halt", "halt_error", "localtime", "strflocaltime"];

/// What jq has and jaq lacks, or has elsewhere.
const MORE: &str = r#"
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);
def INDEX(f): INDEX(.[]; f);
def leaf_paths: paths(scalars);
def toarray: if isarray then . else [.] end;
def cell(text): if isstring then text elif . == null then "" elif isarray or isobject
  then error("\(.) cannot stand in a row") else tojson end;
def @csv: [.[] | cell("\"" + gsub("\""; "\"\"") + "\"")] | join(",");
def @tsv: [.[] | cell(gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r"))] | join("\t");
"#;

/// The most characters of a program or a value that stand in a message.
const MOST_SHOWN: usize = 30;
/// The most bytes of a message.
const MOST_MESSAGE: usize = 500;

/// Why a program gives nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// A sentence without its full stop.
    Failed(String),
    /// It gives more than there may be.
    TooLarge,
}

impl From<String> for Stopped {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

type Data = JustLut<Val>;

/// What a program gives for a JSON text, each value on a line; nothing for an empty text.
///
/// # Errors
/// It is no program, it failed, or it gives too much or what is no JSON.
pub(super) fn given(program: &str, json: &[u8], most: usize) -> Result<Vec<u8>, Stopped> {
    let filter = compiled(program)?;
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let input = jaq_json::read::parse_single(json)
        .map_err(|error| Stopped::Failed(format!("the answer is no JSON: {error}")))?;
    let context = Ctx::<Data>::new(&filter.lut, Vars::new([]));
    let mut out = Capped {
        bytes: Vec::new(),
        most,
    };
    for value in filter.id.run((context, input)) {
        let value = value.map_err(|exception| match exception.get_err() {
            Ok(error) => Stopped::Failed(format!("the program failed: {}", shown(&error))),
            Err(_) => Stopped::Failed("the program broke off".to_owned()),
        })?;
        let start = out.bytes.len();
        let style = jaq_json::write::Pp::default();
        let written = jaq_json::write::write(&mut out, &style, 0, &value);
        written.map_err(|_| Stopped::TooLarge)?;
        if serde_json::from_slice::<IgnoredAny>(&out.bytes[start..]).is_err() {
            let why = "the program gives something that is no JSON: a number that is none, bytes, or a name that is no text";
            return Err(why.to_owned().into());
        }
        out.write_all(b"\n").map_err(|_| Stopped::TooLarge)?;
    }
    Ok(out.bytes)
}

fn compiled(program: &str) -> Result<Filter<Data>, String> {
    let own = load::parse(MORE, |parser| parser.defs()).unwrap_or_default();
    let definitions = (jaq_core::defs())
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .chain(own)
        .filter(|it: &Def<&'static str>| !OUTSIDE.contains(&it.name));
    let functions = (jaq_core::funs::<Data>())
        .chain(jaq_std::funs::<Data>())
        .chain(jaq_json::funs::<Data>())
        .filter(|(name, ..)| !OUTSIDE.contains(name));
    let arena = Arena::default();
    let file = File {
        code: program,
        path: (),
    };
    let modules = (Loader::new(definitions).load(&arena, file))
        .map_err(|errors| first(errors, |(_, error)| unread(program, error)))?;
    load::import(&modules, |_| Err("there are no files".to_owned()))
        .map_err(|errors| first(errors, |(_, error)| unread(program, error)))?;
    (Compiler::default().with_funs(functions).compile(modules)).map_err(|errors| {
        first(errors, |(_, errors)| {
            first(errors, |error| undefined(program, &error))
        })
    })
}

/// One mistake is enough to go on with.
fn first<T>(errors: Vec<T>, told: impl FnOnce(T) -> String) -> String {
    let error = errors.into_iter().next();
    error.map_or_else(|| "the program cannot be read".to_owned(), told)
}

fn unread(program: &str, error: load::Error<&str>) -> String {
    match error {
        load::Error::Io(errors) => first(errors, |(path, _)| {
            format!("the program wants `{path}`, and there are no files here")
        }),
        load::Error::Lex(errors) => first(errors, |(expected, found)| {
            let open = match &expected {
                Expect::Delim(open) => format!(", for what opens {}", place(program, open)),
                _ => String::new(),
            };
            let place = place(program, found);
            format!("expected {} {place}{open}", expected.as_str())
        }),
        load::Error::Parse(errors) => first(errors, |(expected, found)| {
            format!("expected {} {}", expected.as_str(), place(program, found))
        }),
    }
}

fn undefined(program: &str, (found, what): &compile::Error<&str>) -> String {
    let place = place(program, found);
    match what {
        Undefined::Filter(arity) => {
            let arguments = match arity {
                0 => String::new(),
                1 => " with 1 argument".to_owned(),
                more => format!(" with {more} arguments"),
            };
            format!("there is no filter `{found}`{arguments} here ({place})")
        }
        what => format!("there is no {} `{found}` here ({place})", what.as_str()),
    }
}

/// Where a part of the program stands.
fn place(program: &str, part: &str) -> String {
    let start = (part.as_ptr().addr()).wrapping_sub(program.as_ptr().addr());
    let Some(rest) = program.get(start..).filter(|rest| !rest.is_empty()) else {
        return "at the end".to_owned();
    };
    let before = program[..start].chars().count();
    let shown: String = rest.chars().take(MOST_SHOWN).collect();
    format!("at character {}, at `{}`", before + 1, shown.trim_end())
}

/// The beginning of what an error says: it may hold a value that has no end.
fn shown(error: &jaq_json::Error) -> String {
    let mut out = Capped {
        bytes: Vec::new(),
        most: MOST_MESSAGE,
    };
    let whole = write!(out, "{error}").is_ok();
    let text = String::from_utf8_lossy(&out.bytes);
    let dots = if whole { "" } else { " […]" };
    format!("{text}{dots}")
}

/// Takes so many bytes and no more.
struct Capped {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Capped {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        self.bytes.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
