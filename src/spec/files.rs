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
use super::tree::{Map, Node};
use super::{Limits, Opener, Source, Unopened, decoded, failure_diagnostic};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place};

/// The key of the root under which the other documents lie.
pub(super) const HOME: &str = "x-mcpgen-documents";

/// How the pointer to what a missing anchor would name begins: `#`, which no such key does by chance.
pub(super) const NO_ANCHOR: &str = "%23";

/// What a URI fragment cannot hold as it is (RFC 3986 §3.5), and `%` itself.
const FRAGMENT: &AsciiSet = &CONTROLS
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
    /// What `$anchor` names in it: a reference of another document's must not reach the root's.
    anchors: &'h HashMap<String, String>,
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
    /// What was opened and is to be rewritten, by its index in `trees`.
    queue: VecDeque<(Url, usize)>,
    others: Others,
    trees: Vec<(Box<str>, Node)>,
    /// What `$anchor` names in each of `trees`, by where it lies.
    anchors: HashMap<String, HashMap<String, String>>,
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
    let Some(location) = &root.location else {
        return (tree, Others::new());
    };
    let mut tree = tree;
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
        anchors: HashMap::new(),
        opener,
        room: allowance,
        root,
        location,
        diagnostics,
    };
    let here = Here {
        url: location,
        home: "",
        anchors: &HashMap::new(),
    };
    gathering.rewrite(
        &mut tree,
        &here,
        &Path::Start(&JsonPointer::root()),
        Keys::Keywords,
    );
    while let Some((url, index)) = gathering.queue.pop_front() {
        gathering.open(&url, index);
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
enum Keys {
    /// Words of OpenAPI and JSON Schema.
    Keywords,
    /// Names that the author chose: `example` is a property, not an example.
    Names,
}

impl Keys {
    /// What the keys of the value of this keyword are.
    fn below(self, key: &str) -> Self {
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
    fn is_data(self, key: &str) -> bool {
        self == Self::Keywords
            && (matches!(key, "example" | "default" | "enum" | "const" | "value")
                || key.starts_with("x-"))
    }
}

impl Gathering<'_> {
    fn rewrite(&mut self, node: &mut Node, here: &Here<'_>, path: &Path<'_>, keys: Keys) {
        match node {
            Node::Map(map) => {
                for (key, value) in map.iter_mut() {
                    let path = path.key(key);
                    match value {
                        Node::Text(text) if key == "$ref" => {
                            if let Some(rewritten) = self.reference(text, here, &path) {
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
            return (!here.home.is_empty()).then(|| here.inside(fragment));
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
        Some(match self.anchors.get(&home) {
            Some(anchors) if is_anchor(fragment) => named(&home, fragment, anchors),
            _ => format!("{home}{fragment}"),
        })
    }

    /// The address that a reference names, as it can be opened.
    fn address(&self, document: &str, here: &Here<'_>) -> Option<Url> {
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
                let mut anchors = HashMap::new();
                collect_anchors(&tree, &JsonPointer::root(), &mut anchors);
                self.anchors.insert(home.clone(), anchors);
                self.queue.push_back((url.clone(), self.trees.len()));
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
    fn open(&mut self, url: &Url, index: usize) {
        let mut tree = std::mem::replace(&mut self.trees[index].1, Node::Null);
        let key = &self.trees[index].0;
        let place = JsonPointer::root().child(HOME).child(key);
        let home = home(key);
        let anchors = self.anchors.get(&home).cloned().unwrap_or_default();
        let here = Here {
            url,
            home: &home,
            anchors: &anchors,
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
        if self.home.is_empty() {
            return format!("#{fragment}");
        }
        if !is_anchor(fragment) {
            return format!("{}{fragment}", self.home);
        }
        named(self.home, fragment, self.anchors)
    }
}

/// The reference to what an anchor names in a document; to nothing where it names nothing.
fn named(home: &str, anchor: &str, anchors: &HashMap<String, String>) -> String {
    match anchors.get(anchor) {
        Some(pointer) => format!("{home}{pointer}"),
        None => format!("{home}/{NO_ANCHOR}{anchor}"),
    }
}

/// Whether a fragment is a name, not a pointer.
fn is_anchor(fragment: &str) -> bool {
    !fragment.is_empty() && !fragment.starts_with('/')
}

/// The pointers that `$anchor`s stand for, as parts of a reference.
fn collect_anchors(node: &Node, pointer: &JsonPointer, anchors: &mut HashMap<String, String>) {
    match node {
        Node::Map(map) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = map.get(keyword).and_then(Node::as_text) {
                    let pointer = utf8_percent_encode(pointer.as_str(), FRAGMENT).to_string();
                    anchors.entry(name.to_owned()).or_insert(pointer);
                }
            }
            for (key, value) in map.iter() {
                if matches!(value, Node::Map(_) | Node::List(_)) {
                    collect_anchors(value, &pointer.child(key), anchors);
                }
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_anchors(item, &pointer.child(index), anchors);
            }
        }
        _ => {}
    }
}

/// The reference to a document that lies under [`HOME`].
fn home(key: &str) -> String {
    let token = key.replace('~', "~0").replace('/', "~1");
    format!("#/{HOME}/{}", utf8_percent_encode(&token, FRAGMENT))
}

fn own_name(tree: &Node, location: &Url) -> Option<Url> {
    let name = tree.child("$self")?.as_text()?;
    let url = without_fragment(location.join(name).ok()?);
    (url != *location).then_some(url)
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

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::super::testing::read_at;
    use super::super::{Document, lower};
    use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
    use serde_json::{Value, json};

    struct Read {
        document: Document,
        json: Value,
        diagnostics: Vec<Diagnostic>,
        _folder: tempfile::TempDir,
    }

    /// Reads and lowers the first of some files.
    fn read(files: &[(&str, &str)]) -> (Read, crate::api::Api) {
        let folder = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("writable");
            std::fs::write(path, text).expect("writable");
        }
        let mut diagnostics = Diagnostics::new();
        let document = read_at(&folder.path().join(files[0].0), &mut diagnostics);
        let document = document.expect("a document");
        let api = lower(&document, &mut diagnostics);
        let json = serde_json::from_str(&document.bundled_json()).expect("JSON");
        let read = Read {
            document,
            json,
            diagnostics: diagnostics.into_vec(),
            _folder: folder,
        };
        (read, api)
    }

    const HEAD: &str = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n";

    #[test]
    fn references_lead_from_file_to_file_and_back() {
        let root = format!(
            "{HEAD}paths:\n  /pets: {{$ref: 'paths/pets.yaml'}}\ncomponents:\n  schemas:\n    Tag: {{type: string}}\n"
        );
        let (read, api) = read(&[
            ("openapi.yaml", &root),
            (
                "paths/pets.yaml",
                "post:\n  requestBody: {$ref: '../a b/bodies.json#/pet'}\n  responses: {'201': {description: made}}\n",
            ),
            (
                "a b/bodies.json",
                r#"{"pet": {"required": true, "content": {"application/json": {"schema": {"$ref": "../schemas/pet.yaml"}}}}}"#,
            ),
            (
                "schemas/pet.yaml",
                "type: object\nproperties:\n  mother: {$ref: '#'}\n  name: {$ref: '#/$defs/name'}\n  nick: {$ref: '#nick'}\n  \
                 tag: {$ref: '../openapi.yaml#/components/schemas/Tag'}\n  owner: {$ref: 'owner.yaml#/Owner'}\n\
                 $defs:\n  name: {type: string, minLength: 1}\n  nickname: {$anchor: nick, type: string}\n",
            ),
            (
                "schemas/owner.yaml",
                "Owner: {type: object, properties: {pet: {$ref: pet.yaml}}}\n",
            ),
        ]);
        assert_eq!(read.diagnostics, []);
        let schema = api.operations[0]
            .body
            .as_ref()
            .and_then(|body| body.content[0].schema.as_ref());
        assert_eq!(schema, Some(&json!({"$ref": "#/$defs/pet"})));
        let pet = &api.schemas["pet"]["properties"];
        assert_eq!(pet["mother"], json!({"$ref": "#/$defs/pet"}));
        assert_eq!(pet["tag"], json!({"$ref": "#/$defs/Tag"}));
        assert_eq!(pet["owner"], json!({"$ref": "#/$defs/Owner"}));
        assert_eq!(
            api.schemas["Owner"]["properties"]["pet"],
            json!({"$ref": "#/$defs/pet"})
        );
        let nick = pet["nick"]["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix("#/$defs/"));
        assert_eq!(api.schemas[nick.expect("a name")]["type"], "string");
        let pointer = JsonPointer::root()
            .child(super::HOME)
            .child("schemas/pet.yaml")
            .child("properties")
            .child("tag");
        let place = read.document.place(&pointer);
        let file = place.source.expect("a file");
        assert!(file.ends_with("/schemas/pet.yaml"), "{file}");
        assert_eq!(place.position.map(|place| place.line), Some(6));
    }

    #[test]
    fn the_bundle_stands_alone_and_means_the_same() {
        let root = format!("{HEAD}paths: {{$ref: paths.yaml}}\n");
        let (read, api) = read(&[
            ("openapi.yaml", &root),
            (
                "paths.yaml",
                "/a: {get: {parameters: [{$ref: 'p.yaml#/x~1y'}], responses: {}}}\n",
            ),
            (
                "p.yaml",
                "x/y: {name: q, in: query, schema: {type: number, enum: [1.10, 2]}}\n",
            ),
        ]);
        assert_eq!(read.diagnostics, []);
        assert_eq!(api.operations[0].parameters[0].name, "q");
        let text = read.document.bundled_json();
        assert!(text.contains("1.10"), "{text}");
        let again = super::super::testing::lowered(&text);
        assert_eq!(again.told(), Vec::<String>::new());
        assert_eq!(
            format!("{:?}", again.api.operations),
            format!("{:?}", api.operations)
        );
    }

    #[test]
    fn references_in_examples_and_extensions_are_data_but_names_are_no_keywords() {
        let root = format!(
            "{HEAD}paths: {{}}\nx-a: {{$ref: missing.yaml}}\ncomponents:\n  schemas:\n    S:\n      example: {{$ref: missing.yaml}}\n      \
             properties:\n        example: {{$ref: there.yaml}}\n        x-b: {{$ref: there.yaml}}\n  examples:\n    e: {{value: {{$ref: missing.yaml}}}}\n"
        );
        let (read, _) = read(&[("openapi.yaml", &root), ("there.yaml", "type: string\n")]);
        assert_eq!(read.diagnostics, []);
        let schema = &read.json["components"]["schemas"]["S"];
        assert_eq!(schema["example"]["$ref"], "missing.yaml");
        let moved = json!("#/x-mcpgen-documents/there.yaml");
        assert_eq!(schema["properties"]["example"]["$ref"], moved);
        assert_eq!(schema["properties"]["x-b"]["$ref"], moved);
    }

    #[test]
    fn a_description_may_be_a_file_and_a_mapping_may_name_files() {
        let root = format!(
            "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S:\n      description: {{$ref: ./text.md}}\n      oneOf: [{{$ref: cat.yaml}}]\n      \
             discriminator: {{propertyName: kind, mapping: {{cat: cat.yaml, dog: Dog}}}}\n    Dog: {{}}\n"
        );
        let (read, _) = read(&[
            ("openapi.yaml", &root),
            ("text.md", "# Any *text*: [at all"),
            ("cat.yaml", "type: object\n"),
        ]);
        assert_eq!(read.diagnostics, []);
        let schema = &read.json["components"]["schemas"]["S"];
        assert_eq!(schema["description"], "# Any *text*: [at all");
        let mapping = &schema["discriminator"]["mapping"];
        assert_eq!(mapping["cat"], "#/x-mcpgen-documents/cat.yaml");
        assert_eq!(mapping["dog"], "Dog");
    }

    #[test]
    fn what_cannot_be_read_is_told_once_with_the_place_that_names_it() {
        let root = format!(
            "{HEAD}paths:\n  /a: {{$ref: missing.yaml}}\n  /b: {{$ref: missing.yaml}}\n  /c: {{$ref: broken.yaml}}\n  /d: {{get: {{responses: {{}}}}}}\n"
        );
        let (read, api) = read(&[("openapi.yaml", &root), ("broken.yaml", "a: [\n")]);
        assert_eq!(api.operations.len(), 1);
        let messages: Vec<&Diagnostic> = (read.diagnostics.iter())
            .filter(|each| each.skipped.is_none())
            .collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert_eq!(messages[0].code, Code::ExternalRef);
        assert!(messages[0].message.ends_with("which does not exist"));
        let place = messages[0]
            .place
            .as_ref()
            .and_then(|place| place.pointer.as_ref());
        assert_eq!(place.map(JsonPointer::as_str), Some("/paths/~1a/$ref"));
        assert_eq!(messages[1].code, Code::SpecSyntax);
        let skipped = read
            .diagnostics
            .iter()
            .filter(|each| each.skipped.is_some());
        assert_eq!(skipped.count(), 3);
    }

    #[test]
    fn a_document_is_known_by_the_name_that_it_gives_itself() {
        let root = "openapi: 3.2.0\n$self: https://api.example/v1/openapi\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    \
                    A: {$ref: 'https://api.example/v1/openapi#/components/schemas/B'}\n    B: {$ref: 'https://api.example/v1/shared/c.yaml'}\n";
        let (read, _) = read(&[("openapi.yaml", root), ("shared/c.yaml", "type: string\n")]);
        let schemas = &read.json["components"]["schemas"];
        assert_eq!(schemas["A"]["$ref"], "#/components/schemas/B");
        assert_eq!(schemas["B"]["$ref"], "#/x-mcpgen-documents/shared~1c.yaml");
    }

    #[test]
    fn an_anchor_and_an_id_name_schemas_of_other_documents_and_of_this_one() {
        let root = format!(
            "{HEAD}paths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{$ref: '#/components/schemas/B'}}}}], responses: {{}}}}}}}}\n\
             components:\n  schemas:\n    A: {{$ref: 'b.yaml#foo'}}\n    B: {{items: {{$ref: 'b.yaml#missing'}}}}\n    \
             C: {{$ref: other}}\n    D: {{$defs: {{o: {{$id: other, type: string}}}}}}\n"
        );
        let (read, _) = read(&[
            ("openapi.yaml", &root),
            ("b.yaml", "$defs: {F: {$anchor: foo, type: string}}\n"),
        ]);
        let told: Vec<&str> = (read.diagnostics.iter())
            .map(|each| each.message.as_str())
            .collect();
        assert_eq!(told, ["`$ref` points to nothing: `b.yaml#missing`"]);
        let schemas = &read.json["components"]["schemas"];
        assert_eq!(schemas["A"]["$ref"], "#/x-mcpgen-documents/b.yaml/$defs/F");
        assert_eq!(schemas["C"]["$ref"], "other");
    }

    #[test]
    fn a_description_is_no_part_of_a_document() {
        let root = format!(
            "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S: {{description: {{$ref: '#/components/x'}}}}\n    \
             T: {{description: {{$ref: openapi.yaml}}}}\n"
        );
        let (read, _) = read(&[("openapi.yaml", &root)]);
        let schemas = &read.json["components"]["schemas"];
        for name in ["S", "T"] {
            assert!(schemas[name]["description"].is_object(), "{schemas}");
        }
    }

    #[test]
    fn what_is_told_of_an_address_does_not_give_away_what_is_secret_in_it() {
        let root = format!(
            "{HEAD}paths:\n  /a: {{$ref: 'https://u:geheim@b.example/p.yaml?token=geheim'}}\n  /b: {{get: {{responses: {{}}}}}}\n"
        );
        let (read, _) = read(&[("openapi.yaml", &root)]);
        assert!(!read.diagnostics.is_empty());
        let told = format!("{:?}", read.diagnostics);
        assert!(!told.contains("geheim"), "{told}");
        assert!(told.contains("https://b.example/p.yaml"), "{told}");
    }
}
