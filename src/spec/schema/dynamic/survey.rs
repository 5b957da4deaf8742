//! What the anchors of a document are, and which schemas lead to a `$dynamicRef`.

use std::collections::{HashMap, HashSet};

use super::{Anchor, Dynamic};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use crate::spec::files::{HOME, Keys};
use crate::spec::path::Path;
use crate::spec::refs::{Refs, Target};
use crate::spec::resources::id_of;
use crate::spec::tree::{Map, Node};

/// How many names a document may ask for.
const MOST: usize = 64;

impl<'d> Dynamic<'d> {
    /// Learns what there is in a document.
    pub(in crate::spec) fn of(
        root: &'d Node,
        refs: &mut Refs<'d>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut survey = Survey::default();
        let home = JsonPointer::root().child(HOME);
        let others = root.child(HOME).and_then(Node::as_map);
        let others = (others.into_iter().flat_map(Map::iter))
            .map(|(key, document)| (document, home.child(key)));
        for (document, pointer) in std::iter::once((root, JsonPointer::root())).chain(others) {
            survey.resources.insert(document);
            let site = Site {
                resource: document,
                holder: None,
                keys: Keys::Keywords,
            };
            survey.walk(document, &Path::Start(&pointer), site);
        }
        survey.dynamic(refs, diagnostics)
    }
}

/// What is known of a place while a document is walked.
#[derive(Clone, Copy)]
struct Site {
    /// The root of the resource that it belongs to.
    resource: *const Node,
    /// The schema whose `$defs` have it.
    holder: Option<*const Node>,
    keys: Keys,
}

#[derive(Default)]
struct Survey<'d> {
    resources: HashSet<*const Node>,
    /// Each with its resource and the schema that it may be told apart by there.
    anchors: Vec<(Anchor<'d>, *const Node, *const Node)>,
    parents: HashMap<*const Node, *const Node>,
    /// `$ref`s, with the schemas that they stand in.
    references: Vec<(&'d str, Target<'d>)>,
    /// The anchors that `$dynamicRef`s ask for, in the same way.
    questions: Vec<(&'d str, *const Node)>,
}

impl<'d> Survey<'d> {
    fn walk(&mut self, node: &'d Node, path: &Path<'_>, site: Site) {
        match node {
            Node::Map(map) => self.walk_map(node, map, path, site),
            Node::List(items) => {
                let inside = Site {
                    holder: None,
                    keys: Keys::Keywords,
                    ..site
                };
                for (index, item) in items.iter().enumerate() {
                    self.parents.insert(item, node);
                    self.walk(item, &path.item(index), inside);
                }
            }
            _ => {}
        }
    }

    fn walk_map(&mut self, node: &'d Node, map: &'d Map, path: &Path<'_>, site: Site) {
        let mut site = site;
        if site.keys == Keys::Keywords {
            if id_of(map).is_some() {
                self.resources.insert(node);
                site.resource = node;
            }
            self.read(node, map, path, site);
        }
        for (key, child) in map.iter().filter(|(key, _)| !site.keys.is_data(key)) {
            if !matches!(child, Node::Map(_) | Node::List(_)) {
                continue;
            }
            self.parents.insert(child, node);
            let holder = match site.keys {
                Keys::Keywords => (key == "$defs").then_some(std::ptr::from_ref(node)),
                Keys::Names => site.holder,
            };
            let inside = Site {
                holder,
                keys: site.keys.below(key),
                ..site
            };
            self.walk(child, &path.key(key), inside);
        }
    }

    /// Learns what a schema says about anchors.
    fn read(&mut self, node: &'d Node, map: &'d Map, path: &Path<'_>, site: Site) {
        let text = |keyword: &str| map.get(keyword).and_then(Node::as_text);
        let here = || Target {
            node,
            pointer: path.pointer(),
        };
        for (keyword, is_dynamic) in [("$dynamicAnchor", true), ("$anchor", false)] {
            if let Some(name) = text(keyword) {
                let anchor = Anchor {
                    name,
                    target: here(),
                    is_dynamic,
                };
                let holder = site.holder.unwrap_or(node);
                self.anchors.push((anchor, site.resource, holder));
            }
        }
        if let Some(reference) = text("$ref") {
            self.references.push((reference, here()));
        }
        if let Some((_, name)) = text("$dynamicRef").and_then(super::anchor_of) {
            self.questions.push((name, node));
        }
    }

    fn dynamic(mut self, refs: &mut Refs<'d>, diagnostics: &mut Diagnostics) -> Dynamic<'d> {
        let mut bits: HashMap<&'d str, u64> = HashMap::new();
        for (name, _) in &self.questions {
            if bits.len() < MOST || bits.contains_key(name) {
                let bit = 1 << bits.len();
                bits.entry(name).or_insert(bit);
            } else {
                let message =
                    format!("the document asks for more than {MOST} names by `$dynamicRef`");
                diagnostics.push(
                    Diagnostic::new(Code::NodeLimit, message)
                        .skipping("what the others mean in other schemas; they are read as `$ref`")
                        .with_help("use the same name in schemas that are not used together"),
                );
                break;
            }
        }
        for (anchor, ..) in &mut self.anchors {
            anchor.is_dynamic &= bits.contains_key(anchor.name);
        }
        let mut known: HashMap<(*const Node, &str), usize> = HashMap::new();
        for (anchor, resource, _) in self.anchors.iter().filter(|(anchor, ..)| anchor.is_dynamic) {
            *known.entry((*resource, anchor.name)).or_default() += 1;
        }
        let asked = self.asked(&bits, refs);
        let mut dynamic = Dynamic {
            resources: self.resources,
            anchors: HashMap::new(),
            named: HashMap::new(),
            bits,
            asked,
        };
        for (anchor, resource, holder) in self.anchors {
            let is_ambiguous =
                (known.get(&(resource, anchor.name))).is_some_and(|count| *count > 1);
            let node = if is_ambiguous { holder } else { resource };
            let anchors = dynamic.anchors.entry(node).or_default();
            if dynamic.bits.contains_key(anchor.name)
                && !anchors.iter().any(|known| known.name == anchor.name)
            {
                anchors.push(anchor.clone());
            }
            dynamic.named.entry(anchor.name).or_default().push(anchor);
        }
        dynamic
    }

    /// The names that each node asks for: what stands in it, and what it refers to.
    fn asked(
        &self,
        bits: &HashMap<&'d str, u64>,
        refs: &mut Refs<'d>,
    ) -> HashMap<*const Node, u64> {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        enum Vertex<'d> {
            Node(*const Node),
            /// All schemas that an anchor may mean.
            Name(&'d str),
        }
        let mut leads: HashMap<Vertex<'d>, Vec<Vertex<'d>>> = HashMap::new();
        for (reference, site) in &self.references {
            if let Ok(target) = refs.target(reference, &site.pointer) {
                let sites = leads.entry(Vertex::Node(target.node)).or_default();
                sites.push(Vertex::Node(site.node));
            }
        }
        for (anchor, ..) in self.anchors.iter().filter(|(anchor, ..)| anchor.is_dynamic) {
            let names = leads.entry(Vertex::Node(anchor.target.node)).or_default();
            names.push(Vertex::Name(anchor.name));
        }
        let mut asked: HashMap<Vertex<'d>, u64> = HashMap::new();
        let mut waiting = Vec::new();
        for (name, site) in &self.questions {
            leads
                .entry(Vertex::Name(name))
                .or_default()
                .push(Vertex::Node(*site));
            *asked.entry(Vertex::Node(*site)).or_default() |=
                bits.get(name).copied().unwrap_or_default();
            waiting.push(Vertex::Node(*site));
        }
        while let Some(vertex) = waiting.pop() {
            let mask = asked[&vertex];
            let parent = match vertex {
                Vertex::Node(node) => self.parents.get(&node).copied(),
                Vertex::Name(_) => None,
            };
            let parent = parent.map(Vertex::Node);
            for &next in leads.get(&vertex).into_iter().flatten().chain(&parent) {
                let known = asked.entry(next).or_default();
                if *known | mask != *known {
                    *known |= mask;
                    waiting.push(next);
                }
            }
        }
        let nodes = asked.into_iter().filter_map(|(vertex, mask)| match vertex {
            Vertex::Node(node) => Some((node, mask)),
            Vertex::Name(_) => None,
        });
        nodes.collect()
    }
}
