//! `$dynamicRef`: what it means depends on the way that led to it (JSON Schema 2020-12, core §8.2.3.2).
//!
//! It is the schema with that `$dynamicAnchor` in the outermost of the resources on the way, which a validator finds
//! while it runs. Here a schema that leads to a `$dynamicRef` is converted once for each set of anchors that it is reached
//! with, and all others once, so that no later stage knows of them. `survey` learns what there is in a document.

mod survey;

use std::collections::{HashMap, HashSet};

use percent_encoding::percent_decode_str;

use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::files::NO_ANCHOR;
use crate::spec::lower::{Context, node_weight};
use crate::spec::path::Path;
use crate::spec::refs::Target;
use crate::spec::tree::Node;

/// A name for a schema within its resource, and that schema.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Anchor<'d> {
    name: &'d str,
    target: Target<'d>,
    /// `$dynamicAnchor`, not `$anchor`.
    is_dynamic: bool,
}

impl<'d> Anchor<'d> {
    /// What makes two of them the same.
    pub(super) fn key(&self) -> (&'d str, *const Node) {
        (self.name, self.target.node)
    }

    pub(super) fn pointer(&self) -> &JsonPointer {
        &self.target.pointer
    }

    /// Where the schema stands, or the one whose `$defs` have it.
    pub(super) fn owner(&self) -> JsonPointer {
        let tokens: Vec<String> = self.target.pointer.tokens().collect();
        let tokens = match tokens.as_slice() {
            [owner @ .., keyword, _] if keyword == "$defs" => owner,
            all => all,
        };
        tokens
            .iter()
            .fold(JsonPointer::root(), |owner, token| owner.child(token))
    }
}

/// How many definitions may be told apart by the anchors that they are reached with.
const MOST: usize = 10_000;

/// The anchors of the resources on the way so far: of one name, the outermost.
pub(in crate::spec) type Scope<'d> = Vec<Anchor<'d>>;

/// The anchors of a document that has a `$dynamicRef`.
pub(in crate::spec) struct Dynamic<'d> {
    /// The roots of schema resources.
    resources: HashSet<*const Node>,
    /// The anchors by the node with which they come into scope: the root of their resource. A name that a resource has
    /// twice, which leaves open what it means, comes with the schema whose `$defs` have it.
    anchors: HashMap<*const Node, Scope<'d>>,
    /// All of a name, in document order.
    named: HashMap<&'d str, Scope<'d>>,
    /// A bit for each name that is asked for.
    bits: HashMap<&'d str, u64>,
    /// The names that a node, with all that it refers to, asks for.
    asked: HashMap<*const Node, u64>,
}

impl<'d> Dynamic<'d> {
    fn anchors_of(&self, node: &Node) -> impl Iterator<Item = &Anchor<'d>> {
        self.anchors
            .get(&std::ptr::from_ref(node))
            .into_iter()
            .flatten()
    }

    /// Brings into scope what comes with a node.
    fn enter(&self, scope: &mut Scope<'d>, node: &Node) {
        for anchor in self.anchors_of(node).filter(|anchor| anchor.is_dynamic) {
            if !scope.iter().any(|known| known.name == anchor.name) {
                scope.push(anchor.clone());
            }
        }
    }

    /// Brings into scope the anchors of the resource in which a way from the document's root ends.
    fn enter_around(&self, scope: &mut Scope<'d>, way: &[Target<'d>]) {
        for around in way.iter().rev() {
            self.enter(scope, around.node);
            if self.resources.contains(&std::ptr::from_ref(around.node)) {
                break;
            }
        }
    }

    /// What a name means at the end of a way: in the closest resource that has it, or else anywhere.
    fn initial(&self, name: &str, way: &[Target<'d>]) -> Option<&Anchor<'d>> {
        (way.iter().rev())
            .flat_map(|around| self.anchors_of(around.node))
            .find(|anchor| anchor.name == name)
            .or_else(|| self.named.get(name)?.first())
    }

    /// What a name means in another document or resource.
    fn inside(&self, home: &str, name: &str) -> Option<&Anchor<'d>> {
        let home = percent_decode_str(home).decode_utf8_lossy();
        (self.named.get(name)?.iter()).find(|anchor| {
            let rest = anchor.target.pointer.as_str().strip_prefix(&*home);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

impl<'d> Context<'_, 'd> {
    /// Converts a schema, with the anchors in scope that come with it.
    pub(super) fn within<T>(
        &mut self,
        node: &'d Node,
        path: &Path<'_>,
        convert: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(dynamic) = &self.dynamic else {
            return convert(self);
        };
        let outer = self.scope.as_ref().map(Vec::len);
        let scope = self.scope.get_or_insert_default();
        if outer.is_none() {
            dynamic.enter_around(scope, &self.refs.around(&path.pointer()));
        }
        dynamic.enter(scope, node);
        let converted = convert(self);
        match (outer, &mut self.scope) {
            (Some(length), Some(scope)) => scope.truncate(length),
            _ => self.scope = None,
        }
        converted
    }

    /// Sets out to convert a definition that was reached in a scope.
    pub(super) fn begin(&mut self, target: &Target<'d>, mut scope: Scope<'d>) {
        if let Some(dynamic) = &self.dynamic {
            dynamic.enter_around(&mut scope, &self.refs.around(&target.pointer));
            self.scope = Some(scope);
        }
    }

    /// The name of a definition as it is reached from here.
    pub(super) fn definition(&mut self, target: &Target<'d>) -> String {
        let mut scope = self.scope_of(target);
        if !scope.is_empty()
            && !self.names.has(target, &scope)
            && (self.names.scoped() == MOST || self.share(node_weight(target.node)).is_err())
        {
            let message = "the document uses `$dynamicRef` with so many anchors that not all of them are told apart";
            self.push(
                Diagnostic::new(Code::NodeLimit, message)
                    .skipping("what later anchors stand for")
                    .with_help("use the same name in schemas that are not used together"),
            );
            scope.clear();
        }
        format!("#/$defs/{}", self.names.name(target, scope))
    }

    /// The anchors in scope that make a definition another one than it is by itself.
    fn scope_of(&self, target: &Target<'d>) -> Scope<'d> {
        let (Some(dynamic), Some(scope)) = (&self.dynamic, &self.scope) else {
            return Scope::new();
        };
        let asked = dynamic.asked.get(&std::ptr::from_ref(target.node));
        let asked = asked.copied().unwrap_or_default();
        if asked == 0 {
            return Scope::new();
        }
        let mut own = Scope::new();
        dynamic.enter_around(&mut own, &self.refs.around(&target.pointer));
        let is_own = |anchor: &Anchor<'d>| own.iter().any(|own| own.key() == anchor.key());
        let mut other: Scope<'d> = (scope.iter())
            .filter(|anchor| dynamic.bits[anchor.name] & asked != 0 && !is_own(anchor))
            .cloned()
            .collect();
        other.sort_by_key(|anchor| anchor.name);
        other
    }

    /// `#/$defs/NAME` for a `$dynamicRef`; `None`, with a warning, when it leads nowhere.
    pub(super) fn dynamic_reference(&mut self, reference: &str, path: &Path<'_>) -> Option<String> {
        let Some((home, name)) = anchor_of(reference) else {
            return self.schema_reference(reference, path);
        };
        let dynamic = self.dynamic.as_ref()?;
        let initial = match home {
            "" => dynamic.initial(name, &self.refs.around(&path.pointer())),
            home => dynamic.inside(home, name),
        };
        let bound = (self.scope.iter().flatten())
            .find(|anchor| anchor.name == name)
            .filter(|_| initial.is_none_or(|initial| initial.is_dynamic));
        match bound.or(initial).map(|anchor| anchor.target.clone()) {
            Some(target) => Some(self.definition(&target)),
            None => self.schema_reference(reference, path),
        }
    }
}

/// The anchor that a reference asks for, and the pointer to the document or resource where that is not the own one.
fn anchor_of(reference: &str) -> Option<(&str, &str)> {
    let fragment = reference.trim().strip_prefix('#')?;
    match fragment.rsplit_once('/') {
        None => Some(("", fragment)),
        Some((home, token)) => Some((home, token.strip_prefix(NO_ANCHOR)?)),
    }
    .filter(|(_, name)| !name.is_empty())
}
