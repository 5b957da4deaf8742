//! From an OpenAPI document to an [`Api`]: reading YAML and JSON, versions, `$ref`s, positions, lowering.
//!
//! [`read`] parses the text and checks that it is a document that mcpgen knows; [`lower`] says what the API is. Both
//! are total: what is broken is left out with a diagnostic, the rest goes on, and no input makes them panic. Files and
//! URLs are opened by the command line. What becomes of an operation is `plan`'s business.
//!
//! ```text
//! text ─ reading ─▶ tree ─ version ─▶ one shape ─ lower (refs, schema) ─▶ Api
//! ```

mod bundle;
mod lower;
mod path;
mod position;
mod reading;
mod refs;
mod schema;
mod tree;
mod version;

use std::sync::{Arc, OnceLock};

use crate::api::Api;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place, Position};
use bundle::{Bundled, Step};
use position::Positions;
use reading::{Failure, Format};
use tree::Node;
use version::Version;

/// A document before it is read.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user named it.
    pub name: Arc<str>,
    /// What is in it.
    pub text: Vec<u8>,
    /// Where it came from, if it was read from a URL; relative server URLs start there.
    pub url: Option<url::Url>,
}

/// What a document may ask for. The defaults fit the largest published API descriptions several times over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep lists and objects are nested. Not above 128, which is where the parsers stop.
    pub depth: usize,
    /// How many values the document has, aliases resolved: 3 million; GitHub's has 260,000.
    pub nodes: usize,
    /// How many bytes of keys and text the document has, aliases resolved: 256 MiB.
    pub text: usize,
    /// How many values shared parts (parameters, bodies, responses) may add where they are used: 3 million.
    pub shared: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 128,
            nodes: 3_000_000,
            text: 256 << 20,
            shared: 3_000_000,
        }
    }
}

/// A document that has been read.
#[derive(Debug)]
pub struct Document {
    name: Arc<str>,
    url: Option<url::Url>,
    text: String,
    format: Format,
    version: Version,
    tree: Node,
    limits: Limits,
    positions: OnceLock<Positions>,
}

impl Document {
    /// The document as the user named it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The document as pretty JSON with a newline at its end: keys in their order, numbers as they are written.
    #[must_use]
    pub fn bundled_json(&self) -> String {
        let root = Bundled {
            document: self,
            node: &self.tree,
            step: Step::Root,
        };
        let mut json = serde_json::to_string_pretty(&root)
            .expect("a tree of text, numbers, lists and maps is JSON");
        json.push('\n');
        json
    }

    /// The position of a node, or of the nearest one around it that stands in the text.
    #[must_use]
    pub fn position(&self, pointer: &JsonPointer) -> Option<Position> {
        self.positions().position(pointer)
    }

    fn positions(&self) -> &Positions {
        self.positions
            .get_or_init(|| Positions::of(&self.text, self.format))
    }

    /// The text that a number was read from, where that can be told.
    fn number_text(&self, pointer: &JsonPointer, number: &serde_json::Number) -> Option<&str> {
        self.positions()
            .scalar_text(&self.text, pointer)
            .filter(|text| text.parse::<f64>().ok() == number.as_f64())
    }
}

/// Reads a document. `None` comes with an error diagnostic.
pub fn read(source: Source, diagnostics: &mut Diagnostics) -> Option<Document> {
    read_within(source, Limits::default(), diagnostics)
}

/// [`read`] with limits of one's own.
pub fn read_within(
    source: Source,
    limits: Limits,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let name = Arc::clone(&source.name);
    match document(source, limits, diagnostics) {
        Ok(document) => Some(document),
        Err(mut problem) => {
            let place = problem.place.take().unwrap_or_default();
            diagnostics.push(problem.in_place(Place {
                source: Some(name),
                ..place
            }));
            None
        }
    }
}

/// Says what the API is that a document describes.
#[must_use]
pub fn lower(document: &Document, diagnostics: &mut Diagnostics) -> Api {
    lower::api(document, diagnostics)
}

fn document(
    source: Source,
    limits: Limits,
    diagnostics: &mut Diagnostics,
) -> Result<Document, Box<Diagnostic>> {
    let text = decoded(source.text)?;
    check_kind_of_text(&text)?;
    let parsed =
        reading::parse(&text, &limits).map_err(|failure| Box::new(failure_diagnostic(failure)))?;
    let version = version::of(&parsed.tree)?;
    for pointer in &parsed.duplicates {
        let key = pointer.tokens().last().unwrap_or_default();
        diagnostics.push(
            Diagnostic::new(
                Code::DuplicateKey,
                format!("the key `{key}` comes twice in its mapping"),
            )
            .at(pointer)
            .with_help("keep one of them; the last one was used"),
        );
    }
    Ok(Document {
        name: source.name,
        url: source.url,
        text,
        format: parsed.format,
        version,
        tree: parsed.tree,
        limits,
        positions: OnceLock::new(),
    })
}

/// UTF-8, or UTF-16 with a byte order mark; the mark is taken away.
fn decoded(bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).map_err(|_| ())
    };
    let text = if bytes.starts_with(&[0xff, 0xfe]) {
        utf16(u16::from_le_bytes)
    } else if bytes.starts_with(&[0xfe, 0xff]) {
        utf16(u16::from_be_bytes)
    } else {
        String::from_utf8(bytes).map_err(|_| ())
    };
    let mut text = text.map_err(|()| {
        Diagnostic::new(Code::SpecSyntax, "the document is not UTF-8 text")
            .with_help("save it as UTF-8, or check that it is a text file at all")
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

fn check_kind_of_text(text: &str) -> Result<(), Box<Diagnostic>> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Diagnostic::new(Code::NotOpenapi, "the document is empty").into());
    }
    if start.starts_with('<') {
        let kind = if start.starts_with("<?xml") {
            "XML"
        } else {
            "an HTML page"
        };
        let message = format!("the document is {kind}, not YAML or JSON");
        return Err(Diagnostic::new(Code::NotOpenapi, message)
            .with_help("give the address of the raw file, not of the page that shows it")
            .into());
    }
    Ok(())
}

fn failure_diagnostic(failure: Failure) -> Diagnostic {
    let (diagnostic, position) = match failure {
        Failure::Syntax {
            message,
            help,
            position,
        } => (
            Diagnostic::new(Code::SpecSyntax, message).with_help(help),
            position,
        ),
        Failure::Limit { message, position } => (
            Diagnostic::new(Code::DocumentLimit, message)
                .with_help("split the document, or take away what repeats itself"),
            position,
        ),
    };
    diagnostic.in_place(Place {
        position,
        ..Place::default()
    })
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
