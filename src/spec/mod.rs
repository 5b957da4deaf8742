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
mod files;
mod lower;
mod path;
mod position;
mod reading;
mod refs;
mod resources;
mod schema;
mod tree;
mod version;

use std::sync::Arc;

use crate::api::Api;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place};
use bundle::{Bundled, Step};
use files::{Others, Part};
use position::Positions;
use reading::{Excess, Failure};
use tree::Node;
use version::Version;

/// A document before it is read.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user named it.
    pub name: Arc<str>,
    /// What is in it.
    pub text: Vec<u8>,
    /// Where the API publishes it, if that is known; relative server URLs start there.
    pub url: Option<url::Url>,
    /// Where it was read from (`file:`, `http:` or `https:`); relative references start there.
    pub location: Option<url::Url>,
}

/// Opens the other documents that a document refers to, or refuses to.
pub trait Opener {
    /// The bytes at an absolute `file:`, `http:` or `https:` URL.
    ///
    /// # Errors
    /// There is nothing, or it may not be read.
    fn open(&mut self, url: &url::Url) -> Result<Vec<u8>, Unopened>;
}

/// Why a document could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// [`Code::ExternalRef`], or [`Code::SizeLimit`] where it is too large.
    pub code: Code,
    /// The end of a sentence that starts with the document: `which does not exist`.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

/// An address as it may be shown: without the user name, password and query of an http URL, which may be secrets.
pub(crate) fn shown(reference: &str) -> String {
    let url = url::Url::parse(reference).ok();
    let Some(mut url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return reference.to_owned();
    };
    url.set_query(None);
    // Both fail only for URLs without a host, which http URLs are not.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// Opens nothing: for a document that has to stand alone.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Opener for Alone {
    fn open(&mut self, _: &url::Url) -> Result<Vec<u8>, Unopened> {
        Err(Unopened {
            code: Code::ExternalRef,
            reason: "and no other documents are read here".to_owned(),
            help: "bundle the spec into one file first".to_owned(),
        })
    }
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
    /// How many other documents are opened: 20,000; DigitalOcean's description has 2,872.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 128,
            nodes: 3_000_000,
            text: 256 << 20,
            shared: 3_000_000,
            documents: 20_000,
        }
    }
}

/// A document that has been read, with all documents that it refers to.
#[derive(Debug)]
pub struct Document {
    url: Option<url::Url>,
    /// Whether nobody knows where it is, so that no other document is read beside it.
    is_alone: bool,
    root: Part,
    others: Others,
    version: Version,
    tree: Node,
    limits: Limits,
}

impl Document {
    /// The document as the user named it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.root.name
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
        json.shrink_to_fit();
        json
    }

    /// Gives back the memory of everything but the texts, in which [`Document::place`] finds its positions.
    pub fn forget_tree(&mut self) {
        self.tree = Node::Null;
    }

    /// The document that a node was read from, as a person would name it, the node's pointer in it, and its position
    /// there, or that of the nearest one around it that stands in the text.
    #[must_use]
    pub fn place(&self, pointer: &JsonPointer) -> Place {
        let (part, pointer) = self.part(pointer);
        Place {
            source: Some(Arc::clone(&part.name)),
            position: part.positions().position(&pointer),
            pointer: Some(pointer),
        }
    }

    /// Whether a text stands in one of the documents.
    fn mentions(&self, text: &str) -> bool {
        std::iter::once(&self.root)
            .chain(self.others.values())
            .any(|part| part.text.contains(text))
    }

    /// The text that a number was read from, where that can be told.
    fn number_text(&self, pointer: &JsonPointer, number: &serde_json::Number) -> Option<&str> {
        let (part, pointer) = self.part(pointer);
        part.positions()
            .scalar_text(&part.text, &pointer)
            .filter(|text| text.parse::<f64>().ok() == number.as_f64())
    }

    /// The document that a node was read from, and the pointer in it.
    fn part(&self, pointer: &JsonPointer) -> (&Part, JsonPointer) {
        let mut tokens = pointer.tokens();
        let other = (tokens.next().as_deref() == Some(files::HOME))
            .then(|| tokens.next())
            .flatten()
            .and_then(|key| self.others.get(&key));
        match other {
            Some(part) => {
                let rest = tokens.fold(JsonPointer::root(), |rest, token| rest.child(token));
                (part, rest)
            }
            None => (&self.root, pointer.clone()),
        }
    }
}

/// Reads a document and what it refers to. `None` comes with an error diagnostic.
pub fn read(
    source: Source,
    limits: Limits,
    opener: &mut dyn Opener,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let name = Arc::clone(&source.name);
    match document(source, limits, opener, diagnostics) {
        Ok(document) => Some(document),
        Err(mut problem) => {
            let place = problem.place.take().unwrap_or_default();
            diagnostics.push(problem.in_place(Place {
                source: Some(place.source.unwrap_or(name)),
                pointer: place.pointer,
                position: place.position,
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
    mut source: Source,
    limits: Limits,
    opener: &mut dyn Opener,
    diagnostics: &mut Diagnostics,
) -> Result<Document, Box<Diagnostic>> {
    let text = decoded(std::mem::take(&mut source.text))?;
    check_kind_of_text(&text)?;
    let parsed = reading::parse(&text, &limits)
        .map_err(|failure| Box::new(failure_diagnostic(failure, &limits)))?;
    let version = version::of(&parsed.tree)
        .map_err(|problem| Box::new(located(*problem, &text, parsed.format)))?;
    for pointer in &parsed.duplicates {
        diagnostics.push(duplicate_key(pointer));
    }
    let left = Limits {
        nodes: limits.nodes - parsed.nodes,
        text: limits.text - parsed.text,
        ..limits
    };
    let room = files::Room {
        limits,
        left,
        is_full: false,
    };
    let (tree, others) = files::gather(parsed.tree, &text, &source, room, opener, diagnostics);
    Ok(Document {
        url: source.url,
        is_alone: source.location.is_none(),
        root: Part::new(source.name, text, parsed.format),
        others,
        version,
        tree,
        limits,
    })
}

/// Looks up where a problem stands, since there will be no [`Document`] to ask.
fn located(mut problem: Diagnostic, text: &str, format: reading::Format) -> Diagnostic {
    if let Some(place) = &mut problem.place
        && let Some(pointer) = &place.pointer
    {
        place.position = Positions::of(text, format).position(pointer);
    }
    problem
}

fn duplicate_key(pointer: &JsonPointer) -> Diagnostic {
    let key = pointer.tokens().last().unwrap_or_default();
    let message = format!("the key `{key}` comes twice in its mapping");
    Diagnostic::new(Code::DuplicateKey, message)
        .at(pointer)
        .with_help("keep one of them; the last one was used")
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

fn failure_diagnostic(failure: Failure, limits: &Limits) -> Diagnostic {
    let (diagnostic, position) = match failure {
        Failure::Syntax {
            message,
            help,
            position,
        } => (
            Diagnostic::new(Code::SpecSyntax, message).with_help(help),
            position,
        ),
        Failure::Limit(excess, position) => (excess_diagnostic(excess, limits), position),
    };
    diagnostic.in_place(Place {
        position,
        ..Place::default()
    })
}

fn excess_diagnostic(excess: Excess, limits: &Limits) -> Diagnostic {
    let (code, message, help) = match excess {
        Excess::Depth => (
            Code::DepthLimit,
            format!("the document is nested deeper than {} levels", limits.depth),
            "move deep parts to `components` and refer to them with `$ref`",
        ),
        Excess::Nodes => (
            Code::NodeLimit,
            format!(
                "the spec and all that it refers to have more than {} values",
                limits.nodes
            ),
            "raise `--max-nodes`, or cut the spec to the operations that you need",
        ),
        Excess::Text => (
            Code::AliasLimit,
            format!(
                "the spec and all that it refers to have more than {} bytes of text, aliases resolved",
                limits.text
            ),
            "raise `--max-text`, or write out what the aliases repeat",
        ),
        Excess::Repetition => (
            Code::AliasLimit,
            "aliases repeat so much of the document that it is not read".to_owned(),
            "use `$ref` for what repeats",
        ),
    };
    Diagnostic::new(code, message).with_help(help)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
