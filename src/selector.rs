//! Selectors as the generator's users write them: the language is `runtime::selector`'s, since servers speak it too; here
//! is where one was written, which a diagnostic shows.

use std::fmt;

use crate::diagnostic::Place;
use crate::runtime::selector as language;

/// A parsed selector. It prints as it was written.
#[derive(Debug, Clone)]
pub struct Selector {
    selector: language::Selector,
    place: Option<Place>,
}

/// What a selector looks at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// `operationId`, where there is one.
    pub operation_id: Option<&'a str>,
    /// The method in upper case.
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// All tags.
    pub tags: &'a [String],
    /// Whether the operation is deprecated.
    pub deprecated: bool,
}

impl Selector {
    /// Reads a selector: see [`language::Selector::parse`].
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            selector: language::Selector::parse(text)?,
            place: None,
        })
    }

    /// Notes where the selector was written.
    #[must_use]
    pub fn in_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Where the selector was written, if not on the command line.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Whether the selector is about this operation.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.selector.matches(&language::Subject {
            operation_id: subject.operation_id,
            method: subject.method,
            path: subject.path,
            has_tag: &|tag| subject.tags.iter().any(|other| other == tag),
            deprecated: subject.deprecated,
        })
    }

    /// How closely the selector looks: where several are about one operation, the greatest decides.
    #[must_use]
    pub fn specificity(&self) -> (u8, usize) {
        self.selector.specificity()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.selector.fmt(f)
    }
}
