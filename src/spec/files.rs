//! The other documents that a document refers to: opened, read, and put into its tree, so that all later stages see
//! one document and every `$ref` in it is a pointer.
//!
//! A document that was opened lies under [`HOME`] by its address relative to the root's; references to it are
//! rewritten. Which addresses may be opened is the [`Opener`]'s to say. References inside of examples and extensions
//! are data.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::path::Path;
use super::position::Positions;
use super::reading::{self, Excess, Failure, Format};
use super::resources::{Resources, base_of, own_name, without_fragment};
use super::tree::{Map, Node};
use super::{Limits, Opener, Source, Unopened, decoded, failure_diagnostic};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place};

/// The key of the root under which the other documents lie.
pub(super) const HOME: &str = "x-mcpgen-documents";

/// How the pointer to what a missing anchor would name begins: `#`, which no such key does by chance.
pub(super) const NO_ANCHOR: &str = "%23";

/// What a URI fragment cannot hold as it is (RFC 3986 §3.5), and `%` itself.
pub(super) const FRAGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'|');

/// The text of one document, for the positions in it.
#[derive(Debug)]
pub(super) struct Part {
    /// As a person would name it.
    pub(super) name: Arc<str>,
    pub(super) text: String,
    format: Format,
    positions: OnceLock<Positions>,
}

impl Part {
    pub(super) fn new(name: Arc<str>, text: String, format: Format) -> Self {
        Self {
            name,
            text,
            format,
            positions: OnceLock::new(),
        }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn positions(&self) -> &Positions {
        self.positions
            .get_or_init(|| Positions::of(&self.text, self.format))
    }
}

/// The documents beside the root, by their keys under [`HOME`].
pub(super) type Others = HashMap<String, Part>;

/// A document while its references are rewritten.
struct Here<'h> {
    url: &'h Url,
    /// Where it lies; empty for the root.
    home: &'h str,
    /// What relative references start from: its URI, or that of a schema in it.
    base: &'h Url,
    /// The closest schema around with a URI of its own.
    resource: Option<&'h Inner>,
}

/// A schema with an `$id`, in which pointers start at itself (JSON Schema 2020-12, core §8.2.1).
struct Inner {
    /// The reference to the whole of it.
    place: String,
    /// Pointers to its members, and to theirs.
    members: HashSet<String>,
}

/// What became of an address.
enum Opened {
    /// The reference to the whole of it: `#/x-mcpgen-documents/KEY`.
    At(String),
    /// It could not be opened; that was told.
    Not,
}

/// How much may still be read.
pub(super) struct Room {
    pub(super) limits: Limits,
    pub(super) left: Limits,
    /// A limit was reached, which was told once; nothing more is opened.
    pub(super) is_full: bool,
}

struct Gathering<'g> {
    opener: &'g mut dyn Opener,
    room: Room,
    root: &'g Source,
    location: &'g Url,
    /// What `$self` calls the root (OpenAPI 3.2 §4.1.1).
    own_name: Option<Url>,
    /// The names of the root's component schemas: the bare references of older tools.
    bare: HashSet<String>,
    known: HashMap<Url, Opened>,
    /// What was opened and is to be rewritten: its address, its base URI and its index in `trees`.
    queue: VecDeque<(Url, Url, usize)>,
    others: Others,
    trees: Vec<(Box<str>, Node)>,
    resources: Resources,
    diagnostics: &'g mut Diagnostics,
}

/// Opens everything that `tree`, the tree of `text`, refers to, and what that refers to in turn.
pub(super) fn gather(
    tree: Node,
    text: &str,
    root: &Source,
    allowance: Room,
    opener: &mut dyn Opener,
    diagnostics: &mut Diagnostics,
) -> (Node, Others) {
    // A document from nowhere only has URIs that it gives itself.
    let nowhere = Url::parse("file:///").ok();
    let nowhere = nowhere.filter(|_| text.contains("$id"));
    let Some(location) = root.location.as_ref().or(nowhere.as_ref()) else {
        return (tree, Others::new());
    };
    let mut tree = tree;
    let mut resources = Resources::default();
    let base = resources.add(&tree, text, location, "#");
    let mut gathering = Gathering {
        own_name: own_name(&tree, location),
        bare: bare_names(&tree, text),
        known: HashMap::from([(
            without_fragment(location.clone()),
            Opened::At("#".to_owned()),
        )]),
        queue: VecDeque::new(),
        others: Others::new(),
        trees: Vec::new(),
        resources,
        opener,
        room: allowance,
        root,
        location,
        diagnostics,
    };
    let here = Here {
        url: location,
        home: "",
        base: &base,
        resource: None,
    };
    gathering.rewrite(
        &mut tree,
        &here,
        &Path::Start(&JsonPointer::root()),
        Keys::Keywords,
    );
    while let Some((url, base, index)) = gathering.queue.pop_front() {
        gathering.open(&url, &base, index);
    }
    let Gathering { others, trees, .. } = gathering;
    if trees.is_empty() {
        return (tree, others);
    }
    let Node::Map(map) = tree else {
        return (tree, others);
    };
    let mut entries = map.into_entries();
    entries.push((HOME.into(), Node::Map(Map::new(trees, |_| {}))));
    (Node::Map(Map::new(entries, |_| {})), others)
}

/// What the keys of a map are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Words of OpenAPI and JSON Schema.
    Keywords,
    /// Names that the author chose: `example` is a property, not an example.
    Names,
}

impl Keys {
    /// What the keys of the value of this keyword are.
    pub(super) fn below(self, key: &str) -> Self {
        const MAPS: &[&str] = &[
            "properties",
            "patternProperties",
            "$defs",
            "definitions",
            "dependentSchemas",
            "dependencies",
            "schemas",
            "parameters",
            "requestBodies",
            "responses",
            "headers",
            "examples",
            "links",
            "callbacks",
            "securitySchemes",
            "securityDefinitions",
            "pathItems",
            "mediaTypes",
            "paths",
            "webhooks",
            "content",
            "encoding",
            "variables",
            "additionalOperations",
        ];
        if self == Self::Keywords && MAPS.contains(&key) {
            Self::Names
        } else {
            Self::Keywords
        }
    }

    /// Whether the value of this key is data, in which `$ref` means nothing.
    pub(super) fn is_data(self, key: &str) -> bool {
        self == Self::Keywords
            && (matches!(key, "example" | "default" | "enum" | "const" | "value")
                || key.starts_with("x-"))
    }
}

impl Gathering<'_> {
    fn rewrite(&mut self, node: &mut Node, here: &Here<'_>, path: &Path<'_>, keys: Keys) {
        match node {
            Node::Map(map) => {
                let named = (keys == Keys::Keywords)
                    .then(|| base_of(map, here.base))
                    .flatten();
                let inner = named.as_ref().map(|_| Inner::of(map, &path.pointer()));
                let here = &Here {
                    base: named.as_ref().unwrap_or(here.base),
                    resource: inner.as_ref().or(here.resource),
                    ..*here
                };
                for (key, value) in map.iter_mut() {
                    let path = path.key(key);
                    match value {
                        Node::Text(text) if key == "$ref" => {
                            if let Some(rewritten) = self.reference(text, here, &path) {
                                *text = rewritten.into();
                            }
                        }
                        Node::Text(text) if key == "$dynamicRef" => {
                            if let Some(rewritten) = self.dynamic_reference(text, here, &path) {
                                *text = rewritten.into();
                            }
                        }
                        // A habit of Redocly's users: the text of a description in a file of its own.
                        Node::Map(_) if keys == Keys::Keywords && key == "description" => {
                            if let Some(text) = self.prose(value, here, &path) {
                                *value = Node::Text(text.into());
                            }
                        }
                        Node::Map(mapping) if keys == Keys::Keywords && key == "discriminator" => {
                            self.rewrite_mapping(mapping, here, &path);
                        }
                        value if !keys.is_data(key) => {
                            self.rewrite(value, here, &path, keys.below(key));
                        }
                        _ => {}
                    }
                }
            }
            Node::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.rewrite(item, here, &path.item(index), Keys::Keywords);
                }
            }
            _ => {}
        }
    }

    /// The values of a discriminator's `mapping` are references or bare names (OpenAPI 3.1 §4.8.25).
    fn rewrite_mapping(&mut self, discriminator: &mut Map, here: &Here<'_>, path: &Path<'_>) {
        let Some((_, Node::Map(mapping))) =
            (discriminator.iter_mut()).find(|(key, _)| *key == "mapping")
        else {
            return;
        };
        let path = path.key("mapping");
        for (key, value) in mapping.iter_mut() {
            if let Node::Text(text) = value
                && text.contains(['/', '.', '#'])
                && let Some(rewritten) = self.reference(text, here, &path.key(key))
            {
                *text = rewritten.into();
            }
        }
    }

    /// What is to stand instead of a reference; `None` leaves it as it is.
    fn reference(&mut self, reference: &str, here: &Here<'_>, path: &Path<'_>) -> Option<String> {
        let reference = reference.trim();
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if document.is_empty() {
            let anchor = is_anchor(fragment).then(|| self.resources.anchor(here.base, fragment));
            let place = (anchor.flatten().map(str::to_owned))
                .or_else(|| here.resource?.reference(fragment))
                .or_else(|| (!here.home.is_empty()).then(|| here.inside(fragment)));
            return place;
        }
        if let Some(named) = self.named(document, fragment, here) {
            return Some(named);
        }
        if reference == document && self.bare.contains(document) {
            return None;
        }
        let url = self.address(document, here)?;
        if url == without_fragment(here.url.clone()) {
            return Some(here.inside(fragment));
        }
        let Opened::At(home) = self.known(&url, path) else {
            return None;
        };
        let home = home.clone();
        // What was opened may be known by a name of its own, such as that which the reference has.
        let named = self.named(document, fragment, here);
        Some(named.unwrap_or_else(|| inside(&home, fragment)))
    }

    /// The same for a `$dynamicRef`, whose anchor stays one: what it means is found on the way that leads to it.
    fn dynamic_reference(
        &mut self,
        reference: &str,
        here: &Here<'_>,
        path: &Path<'_>,
    ) -> Option<String> {
        let (document, fragment) = reference.trim().split_once('#')?;
        if !is_anchor(fragment) {
            return self.reference(reference, here, path);
        }
        let home = (!document.is_empty()).then(|| self.reference(document, here, path))?;
        home.map(|home| inside(&home, fragment))
    }

    /// The place of what a reference names by a URI that is known.
    fn named(&self, document: &str, fragment: &str, here: &Here<'_>) -> Option<String> {
        let url = without_fragment(here.base.join(document).ok()?);
        let home = self.resources.place(&url)?;
        if is_anchor(fragment) {
            let place = self.resources.anchor(&url, fragment).map(str::to_owned);
            return place.or_else(|| Some(inside(home, fragment)));
        }
        Some(format!("{home}{fragment}"))
    }

    /// The address that a reference names, as it can be opened.
    fn address(&self, document: &str, here: &Here<'_>) -> Option<Url> {
        self.root.location.as_ref()?;
        let url = without_fragment(here.url.join(document).ok()?);
        let Some(own_name) = &self.own_name else {
            return Some(url);
        };
        // OpenAPI 3.2 §4.1.2.1: documents refer to each other by their `$self`; they lie beside each other all the
        // same.
        if url == *own_name {
            return Some(self.location.clone());
        }
        let folder = own_name.join(".").ok()?;
        match url.as_str().strip_prefix(folder.as_str()) {
            Some(rest) => self.location.join(rest).ok().map(without_fragment),
            None => Some(url),
        }
    }

    fn known(&mut self, url: &Url, path: &Path<'_>) -> &Opened {
        if !self.known.contains_key(url) {
            let opened = self.enqueue(url, path);
            self.known.insert(url.clone(), opened);
        }
        &self.known[url]
    }

    /// Opens a document right away, so that what is wrong is told at the first place that names it.
    fn enqueue(&mut self, url: &Url, path: &Path<'_>) -> Opened {
        if self.room.is_full {
            return Opened::Not;
        }
        let most = self.room.limits.documents;
        if self.others.len() >= most {
            self.room.is_full = true;
            let message = format!("the spec refers to more than {most} other documents");
            let diagnostic = Diagnostic::new(Code::NodeLimit, message);
            self.tell(diagnostic.with_help("raise `--max-nodes`"), path);
            return Opened::Not;
        }
        let key = self.key(url);
        match self.read(url, &key) {
            Ok((part, tree)) => {
                let home = home(&key);
                let base = self.resources.add(&tree, &part.text, url, &home);
                self.queue.push_back((url.clone(), base, self.trees.len()));
                self.trees.push((key.as_str().into(), tree));
                self.others.insert(key, part);
                Opened::At(home)
            }
            Err(diagnostic) => {
                self.tell(*diagnostic, path);
                Opened::Not
            }
        }
    }

    fn read(&mut self, url: &Url, key: &str) -> Result<(Part, Node), Box<Diagnostic>> {
        let name: Arc<str> = Arc::from(self.display_name(url, key));
        let bytes = (self.opener.open(url)).map_err(|unopened| not_opened(&name, unopened))?;
        let inside = |diagnostic: Box<Diagnostic>| {
            let place = diagnostic.place.clone().unwrap_or_default();
            let place = Place {
                source: Some(Arc::clone(&name)),
                ..place
            };
            Box::new(diagnostic.in_place(place))
        };
        let text = decoded(bytes).map_err(inside)?;
        let mut parsed = reading::parse(&text, &self.room.left).map_err(|failure| {
            self.room.is_full |= matches!(failure, Failure::Limit(Excess::Nodes | Excess::Text, _));
            inside(Box::new(failure_diagnostic(failure, &self.room.limits)))
        })?;
        self.room.left.nodes = self.room.left.nodes.saturating_sub(parsed.nodes);
        self.room.left.text = self.room.left.text.saturating_sub(parsed.text);
        let home = JsonPointer::root().child(HOME).child(key);
        for pointer in parsed.duplicates.drain(..) {
            let pointer = JsonPointer::parse(&format!("{home}{pointer}")).unwrap_or_default();
            self.diagnostics.push(super::duplicate_key(&pointer));
        }
        Ok((Part::new(name, text, parsed.format), parsed.tree))
    }

    /// Rewrites the references of a document that was opened.
    fn open(&mut self, url: &Url, base: &Url, index: usize) {
        let mut tree = std::mem::replace(&mut self.trees[index].1, Node::Null);
        let key = &self.trees[index].0;
        let place = JsonPointer::root().child(HOME).child(key);
        let home = home(key);
        let here = Here {
            url,
            home: &home,
            base,
            resource: None,
        };
        self.rewrite(&mut tree, &here, &Path::Start(&place), Keys::Keywords);
        self.trees[index].1 = tree;
    }

    /// The text that `{$ref: ./text.md}` stands for.
    fn prose(&mut self, node: &Node, here: &Here<'_>, path: &Path<'_>) -> Option<String> {
        let reference = node.as_map().filter(|map| map.len() == 1)?.get("$ref")?;
        let reference = reference.as_text()?.trim();
        let url = self.address(reference, here)?;
        // A part of a document, or this one, is no text of its own.
        if reference.contains('#')
            || reference.is_empty()
            || url == without_fragment(here.url.clone())
        {
            return None;
        }
        match self.opener.open(&url).map(decoded) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(diagnostic)) => {
                self.tell(*diagnostic, path);
                None
            }
            Err(unopened) => {
                let name = self.display_name(&url, &self.key(&url));
                self.tell(not_opened(&name, unopened), path);
                None
            }
        }
    }

    fn tell(&mut self, diagnostic: Diagnostic, path: &Path<'_>) {
        let diagnostic = if diagnostic.place.is_some() {
            diagnostic
        } else {
            diagnostic.at(&path.pointer())
        };
        self.diagnostics.push(diagnostic);
    }

    /// The address relative to the root's, which is the same on every machine.
    fn key(&self, url: &Url) -> String {
        let relative = self.location.make_relative(url);
        let relative = relative.filter(|_| self.location.scheme() == url.scheme());
        match relative {
            Some(relative) => percent_decode_str(&relative)
                .decode_utf8_lossy()
                .into_owned(),
            None => url.to_string(),
        }
    }

    /// `specs/paths/a.yaml` for `paths/a.yaml` beside `specs/shop.yaml`.
    fn display_name(&self, url: &Url, key: &str) -> String {
        if url.scheme() != "file" || self.location.scheme() != "file" {
            return super::shown(url.as_str());
        }
        match self.root.name.rsplit_once(['/', '\\']) {
            Some((folder, _)) => format!("{folder}/{key}"),
            None => key.to_owned(),
        }
    }
}

fn not_opened(name: &str, unopened: Unopened) -> Diagnostic {
    let message = format!("`$ref` points to `{name}`, {}", unopened.reason);
    Diagnostic::new(unopened.code, message).with_help(unopened.help)
}

impl Here<'_> {
    /// A fragment of this document as a reference of the whole tree.
    fn inside(&self, fragment: &str) -> String {
        inside(if self.home.is_empty() { "#" } else { self.home }, fragment)
    }
}

impl Inner {
    fn of(schema: &Map, pointer: &JsonPointer) -> Self {
        let mut members = HashSet::from([String::new()]);
        for (key, member) in schema.iter() {
            let pointer = JsonPointer::root().child(key);
            let tokens: Vec<String> = match member {
                Node::Map(map) => map.iter().map(|(key, _)| key.to_owned()).collect(),
                Node::List(items) => (0..items.len()).map(|index| index.to_string()).collect(),
                _ => Vec::new(),
            };
            members.extend(tokens.iter().map(|token| pointer.child(token).to_string()));
            members.insert(pointer.to_string());
        }
        let pointer = utf8_percent_encode(pointer.as_str(), FRAGMENT);
        Self {
            place: format!("#{pointer}"),
            members,
        }
    }

    /// A pointer in it as a reference of the whole tree. Many documents have pointers from their root here, too.
    fn reference(&self, fragment: &str) -> Option<String> {
        let decoded = percent_decode_str(fragment).decode_utf8_lossy();
        let pointer = JsonPointer::parse(&decoded)?;
        let start =
            (pointer.tokens().take(2)).fold(JsonPointer::root(), |start, token| start.child(token));
        (self.members.contains(start.as_str())).then(|| format!("{}{fragment}", self.place))
    }
}

/// A fragment of what lies there; to nothing where it is an anchor, which is not known by its name.
fn inside(home: &str, fragment: &str) -> String {
    if is_anchor(fragment) {
        format!("{home}/{NO_ANCHOR}{fragment}")
    } else {
        format!("{home}{fragment}")
    }
}

/// Whether a fragment is a name, not a pointer.
fn is_anchor(fragment: &str) -> bool {
    !fragment.is_empty() && !fragment.starts_with('/')
}

/// The reference to a document that lies under [`HOME`].
fn home(key: &str) -> String {
    let token = key.replace('~', "~0").replace('/', "~1");
    format!("#/{HOME}/{}", utf8_percent_encode(&token, FRAGMENT))
}

/// Swagger allowed `$ref: Pet`; and a schema may be called by its `$id`, wherever it stands.
fn bare_names(tree: &Node, text: &str) -> HashSet<String> {
    let components = tree
        .child("components")
        .and_then(|node| node.child("schemas"));
    let maps = [components, tree.child("definitions")];
    let schemas = (maps.into_iter().flatten())
        .filter_map(Node::as_map)
        .flat_map(Map::iter);
    let mut names: HashSet<String> = schemas.map(|(name, _)| name.to_owned()).collect();
    // Most documents have none: their text tells it sooner than their tree.
    if text.contains("$id") {
        collect_ids(tree, &mut names);
    }
    names
}

fn collect_ids(node: &Node, ids: &mut HashSet<String>) {
    match node {
        Node::Map(map) => {
            ids.extend(map.get("$id").and_then(Node::as_text).map(str::to_owned));
            for (_, value) in map.iter() {
                collect_ids(value, ids);
            }
        }
        Node::List(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
