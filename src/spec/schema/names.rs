//! The names of shared schemas: what `#/$defs/NAME` says for a place in the document.
//!
//! A component keeps its name. A schema that is referred to by a deep pointer gets one from that pointer. A name never
//! depends on the order in which references are met, only on the document's own names.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::Definition;
use super::dynamic::{Anchor, Scope};
use crate::diagnostic::JsonPointer;
use crate::spec::files::HOME;
use crate::spec::refs::Target;
use crate::spec::tree::Node;

/// Names for the schemas of one document.
pub(in crate::spec) struct Names<'d> {
    /// The position in `entries`: one node has one name, however it is referred to, for each set of dynamic anchors.
    by_key: HashMap<Key<'d>, usize>,
    entries: Vec<Entry<'d>>,
    /// How many entries have a scope.
    scoped: usize,
    /// How many entries have been handed out for conversion.
    converted: usize,
    components: HashMap<*const Node, Component>,
    taken: HashSet<String>,
}

/// A node's address, and the dynamic anchors that it was reached with.
type Key<'d> = (*const Node, Vec<(&'d str, *const Node)>);

struct Entry<'d> {
    name: String,
    target: Target<'d>,
    /// The dynamic anchors that it was reached with, where these matter.
    scope: Scope<'d>,
    /// Components in their order, everything else after them.
    order: usize,
}

struct Component {
    name: String,
    order: usize,
}

impl<'d> Names<'d> {
    /// Gives every component schema its name.
    pub(in crate::spec) fn new(root: &'d Node) -> Self {
        let mut names = Self {
            by_key: HashMap::new(),
            entries: Vec::new(),
            scoped: 0,
            converted: 0,
            components: HashMap::new(),
            taken: HashSet::new(),
        };
        let schemas = root
            .child("components")
            .and_then(|components| components.child("schemas"))
            // Swagger 2.0.
            .or_else(|| root.child("definitions"))
            .and_then(Node::as_map);
        let Some(schemas) = schemas else { return names };
        // Names that are safe as they are come first, so that no other name can push them aside.
        let (safe, unsafe_ones): (Vec<_>, Vec<_>) = schemas
            .iter()
            .enumerate()
            .partition(|(_, (name, _))| is_safe(name));
        for (order, (wire_name, node)) in safe.into_iter().chain(unsafe_ones) {
            let name = names.unique(&safe_name(wire_name), wire_name);
            names.components.insert(node, Component { name, order });
        }
        names
    }

    /// The name of what a reference leads to, in the scope in which it does.
    pub(super) fn name(&mut self, target: &Target<'d>, scope: Scope<'d>) -> &str {
        let key = key(target, &scope);
        let index = if let Some(&index) = self.by_key.get(&key) {
            index
        } else {
            let component = self.components.get(&key.0);
            let order = component.map_or(usize::MAX, |component| component.order);
            let name = match component.map(|component| component.name.clone()) {
                Some(name) if scope.is_empty() => name,
                name => self.derived(name, target, &scope),
            };
            self.scoped += usize::from(!scope.is_empty());
            self.entries.push(Entry {
                name,
                target: target.clone(),
                scope,
                order,
            });
            self.by_key.insert(key, self.entries.len() - 1);
            self.entries.len() - 1
        };
        &self.entries[index].name
    }

    /// Whether this has a name.
    pub(super) fn has(&self, target: &Target<'d>, scope: &Scope<'d>) -> bool {
        self.by_key.contains_key(&key(target, scope))
    }

    /// How many names are those of a scope.
    pub(super) fn scoped(&self) -> usize {
        self.scoped
    }

    /// The next schema that has a name and has not been converted.
    pub(super) fn next_unconverted(&mut self) -> Option<(Target<'d>, Scope<'d>)> {
        let entry = self.entries.get(self.converted)?;
        self.converted += 1;
        Some((entry.target.clone(), entry.scope.clone()))
    }

    /// The conversions, given in the order in which they were handed out, by name.
    pub(super) fn in_document_order(
        &mut self,
        converted: Vec<Definition>,
    ) -> IndexMap<String, Definition> {
        let mut all: Vec<_> = self.entries.drain(..).zip(converted).collect();
        all.sort_by(|(a, _), (b, _)| {
            (a.order, a.target.pointer.as_str(), &a.name).cmp(&(
                b.order,
                b.target.pointer.as_str(),
                &b.name,
            ))
        });
        all.into_iter()
            .map(|(entry, definition)| (entry.name, definition))
            .collect()
    }

    /// A name from the place where a schema stands, and from where the anchors stand that it was reached with.
    fn derived(&mut self, own: Option<String>, target: &Target<'d>, scope: &Scope<'d>) -> String {
        let mut words = vec![own.unwrap_or_else(|| words_of(&target.pointer))];
        let mut origin = target.pointer.to_string();
        for anchor in scope {
            let owner = words_of(&anchor.owner());
            if !words.contains(&owner) {
                words.push(owner);
            }
            origin.push_str(anchor.pointer().as_str());
        }
        self.unique(&words.join("_"), &origin)
    }

    fn unique(&mut self, name: &str, origin: &str) -> String {
        let mut unique = name.to_owned();
        let mut salt = 0_u32;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name}_{:06x}", short_hash(origin, salt));
            salt += 1;
        }
        unique
    }
}

fn key<'d>(target: &Target<'d>, scope: &Scope<'d>) -> Key<'d> {
    (target.node, scope.iter().map(Anchor::key).collect())
}

/// The words of a pointer that tell its place from others.
fn words_of(pointer: &JsonPointer) -> String {
    const STRUCTURE: [&str; 6] = [
        "components",
        "schemas",
        "definitions",
        "paths",
        "content",
        "properties",
    ];
    let mut tokens: Vec<String> = pointer.tokens().collect();
    // A document of its own is called by its file, and what is in it by the place there.
    if tokens.first().is_some_and(|token| token == HOME) {
        tokens.remove(0);
        if let [file] = &mut tokens[..] {
            let name = file.rsplit('/').next().unwrap_or_default();
            *file = name.split('.').next().unwrap_or_default().to_owned();
        } else if tokens.len() > 1 {
            tokens.remove(0);
        }
    }
    let words: Vec<String> = (tokens.iter())
        .filter(|token| !STRUCTURE.contains(&token.as_str()))
        .map(|token| safe_name(token).trim_matches('_').to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        "document".to_owned()
    } else {
        words.join("_")
    }
}

fn is_safe(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_safe_character)
}

fn is_safe_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

/// A name that a JSON pointer inside of a URI fragment takes without escapes.
fn safe_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|character| {
            if is_safe_character(character) {
                character
            } else {
                '_'
            }
        })
        .collect();
    if safe.is_empty() {
        "_".to_owned()
    } else {
        safe
    }
}

/// 24 bits of FNV-1a: a suffix that stays the same from run to run.
fn short_hash(text: &str, salt: u32) -> u32 {
    let hash = text
        .bytes()
        .chain(salt.to_le_bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    hash & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Limits, reading};

    fn names_of(yaml: &str, pointers: &[&str]) -> Vec<String> {
        let tree = reading::parse(yaml, &Limits::default()).expect("YAML").tree;
        let mut names = Names::new(&tree);
        pointers
            .iter()
            .map(|pointer| {
                let pointer = JsonPointer::parse(pointer).expect("a pointer");
                let node = pointer
                    .tokens()
                    .try_fold(&tree, |node, token| node.child(&token))
                    .expect("the node");
                names
                    .name(&Target { node, pointer }, Scope::new())
                    .to_owned()
            })
            .collect()
    }

    const DOCUMENT: &str = "
paths: {/a: {get: {responses: {200: {content: {application/json: {schema: {}}}}}}}}
components:
  schemas: {'Foo Bar': {}, Foo_Bar: {properties: {b: {}}}, Foo_Bar_b: {}, a.B-c: {}}
";

    #[test]
    fn a_safe_component_name_is_kept_whoever_comes_first() {
        let names = names_of(
            DOCUMENT,
            &[
                "/components/schemas/Foo Bar",
                "/components/schemas/Foo_Bar",
                "/components/schemas/a.B-c",
            ],
        );
        assert!(names[0].starts_with("Foo_Bar_"), "{}", names[0]);
        assert_eq!(names[1..], ["Foo_Bar", "a.B-c"]);
    }

    #[test]
    fn a_deep_pointer_gives_a_name_of_its_own() {
        let response = "/paths/~1a/get/responses/200/content/application~1json/schema";
        let property = "/components/schemas/Foo_Bar/properties/b";
        let names = names_of(DOCUMENT, &[response, property, response]);
        assert_eq!(names[0], "a_get_responses_200_application_json_schema");
        assert!(names[1].starts_with("Foo_Bar_b_"), "{}", names[1]);
        assert_eq!(names[2], names[0]);
    }
}
