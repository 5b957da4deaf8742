//! What a URI names in the documents that were read: a document by its `$self` or address, a schema by its `$id`, and
//! a part of either by its `$anchor` (JSON Schema 2020-12 §8.2, OpenAPI 3.2 §4.1.2.2).
//!
//! URIs only tell what is meant; nothing is opened by them.

use std::collections::HashMap;

use percent_encoding::utf8_percent_encode;
use url::Url;

use super::files::{FRAGMENT, Keys};
use super::tree::{Map, Node};
use crate::diagnostic::JsonPointer;

/// Places by the URIs that name them; a place is a reference inside of the gathered tree.
#[derive(Default)]
pub(super) struct Resources {
    places: HashMap<Url, String>,
    /// By the resource that an anchor belongs to; the document's own has all that are in it.
    anchors: HashMap<Url, HashMap<String, String>>,
}

impl Resources {
    /// Learns what a document names and gives its base URI. `home` is the reference to the whole of it.
    pub(super) fn add(&mut self, tree: &Node, text: &str, url: &Url, home: &str) -> Url {
        let base = own_name(tree, url).unwrap_or_else(|| without_fragment(url.clone()));
        self.places.insert(base.clone(), home.to_owned());
        // Most documents have none: their text tells it sooner than their tree.
        if ["$id", "$anchor", "$dynamicAnchor"]
            .iter()
            .any(|keyword| text.contains(keyword))
        {
            let document = Document { base: &base, home };
            self.collect(tree, &document, &base, &JsonPointer::root(), Keys::Keywords);
        }
        base
    }

    fn collect(
        &mut self,
        node: &Node,
        document: &Document<'_>,
        base: &Url,
        pointer: &JsonPointer,
        keys: Keys,
    ) {
        let inner;
        let mut base = base;
        match node {
            Node::Map(map) => {
                if keys == Keys::Keywords {
                    if let Some(id) = base_of(map, base) {
                        inner = id;
                        base = &inner;
                        let place = document.place(pointer);
                        self.places.entry(base.clone()).or_insert(place);
                    }
                    self.collect_anchors(map, document, base, pointer);
                }
                for (key, value) in map.iter().filter(|(key, _)| !keys.is_data(key)) {
                    if matches!(value, Node::Map(_) | Node::List(_)) {
                        self.collect(value, document, base, &pointer.child(key), keys.below(key));
                    }
                }
            }
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(item, document, base, &pointer.child(index), Keys::Keywords);
                }
            }
            _ => {}
        }
    }

    fn collect_anchors(
        &mut self,
        map: &Map,
        document: &Document<'_>,
        base: &Url,
        pointer: &JsonPointer,
    ) {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            let Some(name) = map.get(keyword).and_then(Node::as_text) else {
                continue;
            };
            for base in [base, document.base] {
                let anchors = self.anchors.entry(base.clone()).or_default();
                let place = || document.place(pointer);
                anchors.entry(name.to_owned()).or_insert_with(place);
            }
        }
    }

    /// The place of the document or schema that a URI names.
    pub(super) fn place(&self, url: &Url) -> Option<&str> {
        self.places.get(url).map(String::as_str)
    }

    /// The place that an anchor names in a document or schema.
    pub(super) fn anchor(&self, url: &Url, name: &str) -> Option<&str> {
        self.anchors.get(url)?.get(name).map(String::as_str)
    }
}

struct Document<'d> {
    base: &'d Url,
    home: &'d str,
}

impl Document<'_> {
    fn place(&self, pointer: &JsonPointer) -> String {
        let home = if self.home.is_empty() { "#" } else { self.home };
        format!("{home}{}", utf8_percent_encode(pointer.as_str(), FRAGMENT))
    }
}

/// The base URI of what stands in a schema that has an `$id`. A mere fragment is a name of older drafts.
pub(super) fn base_of(schema: &Map, around: &Url) -> Option<Url> {
    Some(without_fragment(around.join(id_of(schema)?).ok()?))
}

/// `$id`, where it makes a schema a resource of its own.
pub(super) fn id_of(schema: &Map) -> Option<&str> {
    let id = schema.get("$id")?.as_text()?.trim();
    (!id.is_empty() && !id.starts_with('#')).then_some(id)
}

/// What a document calls itself (OpenAPI 3.2 §4.1.1), where that is not its address.
pub(super) fn own_name(tree: &Node, location: &Url) -> Option<Url> {
    let name = tree.child("$self")?.as_text()?;
    let url = without_fragment(location.join(name).ok()?);
    (url != *location).then_some(url)
}

pub(super) fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}
