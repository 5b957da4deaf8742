//! Where a `$ref` leads.
//!
//! A reference stays inside its document: JSON pointers (percent-encoded or not, deep, through other references),
//! `$anchor`s, `$id`s, and the bare component names of older tools. References to other documents are told apart, not
//! followed.

use std::collections::HashMap;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::files::{HOME, NO_ANCHOR};
use super::tree::Node;
use crate::diagnostic::{Code, Diagnostic, JsonPointer};

/// How many references the answer to one question may pass through. Counted over all branches: pointers that lead
/// through references which lead through references would otherwise double with each.
const HOPS: usize = 64;

/// A node and its place.
#[derive(Debug, Clone)]
pub(super) struct Target<'d> {
    pub(super) node: &'d Node,
    pub(super) pointer: JsonPointer,
}

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is in another document, which was not read; why was told.
    External,
    /// The same, and no other is read beside a document from nowhere.
    Alone,
    Missing,
    Circular,
}

/// A reference that leads nowhere.
#[derive(Debug)]
pub(super) struct Dangling {
    pub(super) problem: Problem,
    pub(super) reference: String,
    /// Where its `$ref` stands.
    pub(super) pointer: JsonPointer,
}

impl Dangling {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        self.problem.diagnostic(&self.reference, &self.pointer)
    }
}

impl Problem {
    /// The diagnostic for a reference; `at` is where the text of its `$ref` stands.
    pub(super) fn diagnostic(self, reference: &str, at: &JsonPointer) -> Diagnostic {
        let keyword = match at.tokens().last() {
            Some(keyword) if keyword == "$dynamicRef" => keyword,
            _ => "$ref".to_owned(),
        };
        match self {
            Self::External | Self::Alone => Diagnostic::new(
                Code::ExternalRef,
                format!(
                    "`{keyword}` points to another document, which was not read: `{}`",
                    as_written(reference)
                ),
            )
            .with_help(match self {
                Self::Alone => {
                    "a spec from stdin stands alone: give its path, or bundle it into one document"
                }
                _ => "why it was not read is told where the document is named first",
            }),
            Self::Missing => Diagnostic::new(
                Code::UnresolvedRef,
                format!("`{keyword}` points to nothing: `{}`", as_written(reference)),
            )
            .with_help("correct the pointer, or add what it names"),
            Self::Circular => Diagnostic::new(
                Code::UnresolvedRef,
                format!(
                    "`{keyword}` leads back to itself, or through more than {HOPS} others: `{}`",
                    as_written(reference)
                ),
            )
            .with_help("let one of the references in the circle be a definition"),
        }
        .at(at)
    }
}

/// A reference as it stood in its document, before that was put under the root.
fn as_written(reference: &str) -> String {
    let inside = reference.strip_prefix(&format!("#/{HOME}/"));
    let Some(inside) = inside else {
        return super::shown(reference);
    };
    let (document, pointer) = match inside.split_once('/') {
        Some((document, pointer)) => match pointer.strip_prefix(NO_ANCHOR) {
            Some(anchor) => (document, format!("#{anchor}")),
            None => (document, format!("#/{pointer}")),
        },
        None => (inside, String::new()),
    };
    let document = document.replace("~1", "/").replace("~0", "~");
    format!(
        "{}{pointer}",
        percent_decode_str(&document).decode_utf8_lossy()
    )
}

/// The references of one document.
pub(super) struct Refs<'d> {
    root: &'d Node,
    name: Arc<str>,
    url: Option<&'d url::Url>,
    /// Whether nobody knows where the document is.
    is_alone: bool,
    /// What `$anchor` and `$id` name; made when the first reference needs it.
    named: Option<HashMap<String, Target<'d>>>,
    /// What is left of [`HOPS`].
    hops: usize,
}

impl<'d> Refs<'d> {
    pub(super) fn new(root: &'d Node, name: Arc<str>, url: Option<&'d url::Url>) -> Self {
        Self {
            root,
            name,
            url,
            is_alone: false,
            named: None,
            hops: HOPS,
        }
    }

    /// The same for a document that comes from nowhere.
    pub(super) fn alone(mut self, is_alone: bool) -> Self {
        self.is_alone = is_alone;
        self
    }

    /// The node that a reference names; it may be a reference itself. `from` is where the reference stands.
    pub(super) fn target(
        &mut self,
        reference: &str,
        from: &JsonPointer,
    ) -> Result<Target<'d>, Problem> {
        self.hops = HOPS;
        self.next(reference, from)
    }

    /// The node itself or, when it is a reference, what that leads to in the end.
    pub(super) fn follow(&mut self, target: Target<'d>) -> Result<Target<'d>, Dangling> {
        self.hops = HOPS;
        self.last(target)
    }

    fn last(&mut self, mut target: Target<'d>) -> Result<Target<'d>, Dangling> {
        while let Some(reference) = reference_of(target.node) {
            target = self
                .next(reference, &target.pointer)
                .map_err(|problem| Dangling {
                    problem,
                    reference: reference.to_owned(),
                    pointer: target.pointer.child("$ref"),
                })?;
        }
        Ok(target)
    }

    fn next(&mut self, reference: &str, from: &JsonPointer) -> Result<Target<'d>, Problem> {
        self.hops = self.hops.checked_sub(1).ok_or(Problem::Circular)?;
        let reference = reference.trim();
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if !document.is_empty() && !self.is_this(document) {
            return self
                .by_name(reference)
                .or_else(|| self.component(reference))
                .ok_or(if self.is_alone {
                    Problem::Alone
                } else {
                    Problem::External
                });
        }
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self
                .by_name(&format!("#{fragment}"))
                .ok_or(Problem::Missing);
        }
        let decoded = percent_decode_str(fragment).decode_utf8_lossy();
        let root = Target {
            node: self.root,
            pointer: JsonPointer::root(),
        };
        // JSON Schema 2020-12 §8.2.1: `#` is the schema with an `$id` that is the closest around.
        if reference == "#" {
            return Ok(self
                .around(from)
                .into_iter()
                .rev()
                .find(has_id)
                .unwrap_or(root));
        }
        match self.walk(root.clone(), &decoded) {
            Err(Problem::Missing) => {}
            done => return done,
        }
        // Keys that hold a literal `%`.
        if decoded != fragment
            && let Ok(target) = self.walk(root, fragment)
        {
            return Ok(target);
        }
        self.local_definition(&decoded, from)
            .ok_or(Problem::Missing)
    }

    /// `#/$defs/X` means the schema's own `$defs` to the many tools that paste a schema into a document.
    fn local_definition(&mut self, fragment: &str, from: &JsonPointer) -> Option<Target<'d>> {
        let keyword = ["$defs", "definitions"].into_iter().find(|keyword| {
            let rest = fragment.strip_prefix('/');
            rest.and_then(|rest| rest.strip_prefix(keyword))
                .is_some_and(|rest| rest.starts_with('/'))
        })?;
        self.around(from)
            .into_iter()
            .rev()
            .filter(|schema| schema.node.child(keyword).is_some())
            .find_map(|schema| self.walk(schema, fragment).ok())
    }

    /// The nodes on the way to a place, the root first.
    pub(super) fn around(&self, place: &JsonPointer) -> Vec<Target<'d>> {
        let mut last = Target {
            node: self.root,
            pointer: JsonPointer::root(),
        };
        let mut around = vec![last.clone()];
        for token in place.tokens() {
            let Some(node) = last.node.child(&token) else {
                break;
            };
            let pointer = last.pointer.child(&token);
            last = Target { node, pointer };
            around.push(last.clone());
        }
        around
    }

    fn walk(&mut self, start: Target<'d>, fragment: &str) -> Result<Target<'d>, Problem> {
        let pointer = JsonPointer::parse(fragment).ok_or(Problem::Missing)?;
        let mut target = start;
        for token in pointer.tokens() {
            if target.node.child(&token).is_none() && reference_of(target.node).is_some() {
                target = self.last(target).map_err(|dangling| dangling.problem)?;
            }
            let node = target.node.child(&token).ok_or(Problem::Missing)?;
            target = Target {
                node,
                pointer: target.pointer.child(&token),
            };
        }
        Ok(target)
    }

    /// Whether a reference's document part is this document: its own file name or URL.
    fn is_this(&self, document: &str) -> bool {
        if self.url.is_some_and(|url| {
            url.join(document)
                .is_ok_and(|target| target.as_str() == url.as_str())
        }) {
            return true;
        }
        let own = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        !own.is_empty() && document.strip_prefix("./").unwrap_or(document) == own
    }

    /// Swagger allowed `$ref: Pet`; some writers still do it.
    fn component(&self, name: &str) -> Option<Target<'d>> {
        let root = JsonPointer::root();
        let places = [
            root.child("components").child("schemas").child(name),
            root.child("definitions").child(name),
        ];
        places.into_iter().find_map(|pointer| {
            let node = (pointer.tokens()).try_fold(self.root, |node, token| node.child(&token))?;
            Some(Target { node, pointer })
        })
    }

    fn by_name(&mut self, name: &str) -> Option<Target<'d>> {
        let root = self.root;
        self.named
            .get_or_insert_with(|| {
                let mut named = HashMap::new();
                collect_names(root, &JsonPointer::root(), &mut named);
                named
            })
            .get(name)
            .cloned()
    }
}

fn has_id(target: &Target<'_>) -> bool {
    target.node.child("$id").and_then(Node::as_text).is_some()
}

/// The text of `$ref`, where a node is a reference.
pub(super) fn reference_of(node: &Node) -> Option<&str> {
    node.as_map()?.get("$ref")?.as_text()
}

fn collect_names<'d>(
    node: &'d Node,
    pointer: &JsonPointer,
    named: &mut HashMap<String, Target<'d>>,
) {
    match node {
        Node::Map(map) => {
            for (keyword, mark) in [("$anchor", "#"), ("$dynamicAnchor", "#"), ("$id", "")] {
                if let Some(name) = map.get(keyword).and_then(Node::as_text) {
                    let pointer = pointer.clone();
                    let name = format!("{mark}{name}");
                    named.entry(name).or_insert(Target { node, pointer });
                }
            }
            for (key, value) in map.iter() {
                if matches!(value, Node::Map(_) | Node::List(_)) {
                    collect_names(value, &pointer.child(key), named);
                }
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_names(item, &pointer.child(index), named);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, reading};
    use super::*;

    fn target(yaml: &str, reference: &str) -> Result<String, Problem> {
        let tree = reading::parse(yaml, &Limits::default()).expect("YAML").tree;
        let mut refs = Refs::new(&tree, Arc::from("specs/shop.yaml"), None);
        let from = JsonPointer::parse("/components/schemas/A/properties/x").expect("a pointer");
        refs.target(reference, &from)
            .map(|target| target.pointer.to_string())
    }

    const SHOP: &str = "
paths:
  /a/{b}: {$ref: '#/components/pathItems/P'}
components:
  pathItems:
    P: {get: {responses: {200: {description: fine}}}}
  schemas:
    A: {$anchor: here, $defs: {B: {}}, properties: {x: {}}}
    'C D': {}
    'p%q': {}
    R: {$ref: '#/components/schemas/S'}
    S: {$ref: '#/components/schemas/R'}
";

    #[test]
    fn a_pointer_may_be_escaped_and_percent_encoded() {
        assert_eq!(
            target(SHOP, "#/paths/~1a~1%7Bb%7D").as_deref(),
            Ok("/paths/~1a~1{b}")
        );
        assert_eq!(
            target(SHOP, "#/components/schemas/C%20D").as_deref(),
            Ok("/components/schemas/C D")
        );
        assert_eq!(
            target(SHOP, "#/components/schemas/p%q").as_deref(),
            Ok("/components/schemas/p%q")
        );
    }

    #[test]
    fn a_pointer_leads_through_other_references() {
        assert_eq!(
            target(SHOP, "#/paths/~1a~1{b}/get/responses/200").as_deref(),
            Ok("/components/pathItems/P/get/responses/200")
        );
    }

    #[test]
    fn a_pointer_through_a_circle_ends() {
        assert_eq!(
            target(SHOP, "#/components/schemas/R/properties/a"),
            Err(Problem::Circular)
        );
    }

    #[test]
    fn anchors_own_definitions_and_bare_names_are_found() {
        assert_eq!(
            target(SHOP, "#here").as_deref(),
            Ok("/components/schemas/A")
        );
        assert_eq!(
            target(SHOP, "#/$defs/B").as_deref(),
            Ok("/components/schemas/A/$defs/B")
        );
        assert_eq!(target(SHOP, "A").as_deref(), Ok("/components/schemas/A"));
        assert_eq!(
            target(SHOP, "./shop.yaml#/components/schemas/A").as_deref(),
            Ok("/components/schemas/A")
        );
    }

    #[test]
    fn another_document_is_told_from_a_missing_part() {
        assert_eq!(target(SHOP, "other.yaml#/a"), Err(Problem::External));
        assert_eq!(
            target(SHOP, "#/components/schemas/Z"),
            Err(Problem::Missing)
        );
        assert_eq!(target(SHOP, "#nowhere"), Err(Problem::Missing));
    }
}
