//! The way from the document's root to a node, built on the stack while a tree is walked.
//!
//! A walk over a large document visits hundreds of thousands of nodes and reports on a few: the text of a pointer is
//! made only for those. This module reads no document.

use crate::diagnostic::JsonPointer;

/// A node's place as a chain of borrowed steps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'p> {
    /// Where the walk started.
    Start(&'p JsonPointer),
    /// A member of a map.
    Key(&'p Path<'p>, &'p str),
    /// An item of a list.
    Item(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    /// The member `key` of this node.
    pub(super) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path::Key(self, key)
    }

    /// Item number `index` of this node.
    pub(super) fn item(&'p self, index: usize) -> Path<'p> {
        Path::Item(self, index)
    }

    /// The pointer that this path spells.
    pub(super) fn pointer(&self) -> JsonPointer {
        let mut text = String::new();
        self.write(&mut text);
        JsonPointer::parse(&text).unwrap_or_default()
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Start(pointer) => out.push_str(pointer.as_str()),
            Self::Key(parent, key) => {
                parent.write(out);
                out.push('/');
                for character in key.chars() {
                    match character {
                        '~' => out.push_str("~0"),
                        '/' => out.push_str("~1"),
                        other => out.push(other),
                    }
                }
            }
            Self::Item(parent, index) => {
                parent.write(out);
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_escaped_as_rfc_6901_says() {
        let root = JsonPointer::root();
        let start = Path::Start(&root);
        let paths = start.key("paths");
        let path = paths.key("/a~b");
        assert_eq!(path.item(3).pointer().as_str(), "/paths/~1a~0b/3");
    }
}
