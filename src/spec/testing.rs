//! What the tests of this module share: documents small enough to stand in a test.

use std::path::Path;
use std::sync::Arc;

use super::{Alone, Document, Limits, Opener, Source, Unopened, lower};
use crate::api::{Api, Operation};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// A document called `spec.yaml`.
pub(super) fn source(text: &str) -> Source {
    Source {
        name: Arc::from("spec.yaml"),
        text: text.as_bytes().to_vec(),
        url: None,
        location: None,
    }
}

/// Reads a document that stands alone.
pub(super) fn read(source: Source, diagnostics: &mut Diagnostics) -> Option<Document> {
    super::read(source, Limits::default(), &mut Alone, diagnostics)
}

/// What became of a document and what was told.
pub(super) struct Lowered {
    pub(super) api: Api,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Lowered {
    /// The only operation.
    pub(super) fn operation(&self) -> &Operation {
        let [operation] = self.api.operations.as_slice() else {
            panic!("one operation expected: {:?}", self.told());
        };
        operation
    }

    /// Each diagnostic as `code pointer`.
    pub(super) fn told(&self) -> Vec<String> {
        self.diagnostics.iter().map(told).collect()
    }
}

fn told(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place.as_ref();
    let pointer = place.and_then(|place| place.pointer.as_ref());
    pointer.map_or_else(
        || diagnostic.code.to_string(),
        |pointer| format!("{} {pointer}", diagnostic.code),
    )
}

/// A document that can be read.
pub(super) fn document(text: &str) -> Document {
    let mut diagnostics = Diagnostics::new();
    read(source(text), &mut diagnostics)
        .unwrap_or_else(|| panic!("the document can be read: {:?}", diagnostics.into_vec()))
}

/// Reads and lowers.
pub(super) fn lowered(text: &str) -> Lowered {
    lowered_from(source(text))
}

/// Reads and lowers a document from anywhere.
pub(super) fn lowered_from(source: Source) -> Lowered {
    let mut diagnostics = Diagnostics::new();
    let document = read(source, &mut diagnostics).expect("the document can be read");
    let api = lower(&document, &mut diagnostics);
    Lowered {
        api,
        diagnostics: diagnostics.into_vec(),
    }
}

/// Lowers `paths` (and `components`, `servers`, …) of OpenAPI 3.1.
pub(super) fn lowered_3_1(rest: &str) -> Lowered {
    lowered(&format!(
        "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\n{rest}"
    ))
}

/// The error that a text ends with.
pub(super) fn error(text: &str) -> Diagnostic {
    let mut diagnostics = Diagnostics::new();
    assert!(
        read(source(text), &mut diagnostics).is_none(),
        "{text} is refused"
    );
    let mut all = diagnostics.into_vec();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Reads every file that is asked for.
struct Folder;

impl Opener for Folder {
    fn open(&mut self, url: &url::Url) -> Result<Vec<u8>, Unopened> {
        let path = url.to_file_path().ok();
        path.and_then(|path| std::fs::read(path).ok())
            .ok_or_else(|| Unopened {
                code: Code::ExternalRef,
                reason: "which does not exist".to_owned(),
                help: String::new(),
            })
    }
}

/// Reads a document from a file, and what it refers to.
pub(crate) fn read_at(path: &Path, diagnostics: &mut Diagnostics) -> Option<Document> {
    let location = std::path::absolute(path).ok()?;
    let source = Source {
        name: path.display().to_string().into(),
        text: std::fs::read(path).ok()?,
        url: None,
        location: url::Url::from_file_path(location).ok(),
    };
    super::read(source, Limits::default(), &mut Folder, diagnostics)
}
