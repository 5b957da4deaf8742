//! What holds for every input, whoever wrote it: a function for each stage, which panics where it does not hold.
//!
//! The fuzz targets of `tests/fuzz` and the random tests of `tests/integration` call the same functions, so that what
//! the one finds is a plain test of the other: its input lies in `found/STAGE/` from then on. Only the public API of
//! mcpgen is used. Time and memory are the caller's to bound.

mod api;
mod crates;
mod names;
mod shapes;
mod spec;
mod tame;

use mcpgen::api::Api;
use mcpgen::diagnostic::{Code, Diagnostics, Severity};
use mcpgen::plan::{Plan, PlanOptions};
use mcpgen::spec::{Alone, Document, Limits, Opener, Source, Unopened};
use url::Url;

/// What parts the texts of an input: a byte that UTF-8 does not have.
pub(crate) const SEPARATOR: u8 = 0xff;

/// Panics where an input breaks it.
pub(crate) type Property = fn(&[u8]);

/// The property of each stage, by the name of its fuzz target.
pub(crate) const STAGES: &[(&str, Property)] = &[
    ("load", load),
    ("references", references),
    ("lower", lower),
    ("naming", naming),
    ("serialise", serialise),
    ("emit", emit),
];

/// Small enough that an input which reaches them is quick, large enough that none of the seeds does.
const LIMITS: Limits = Limits {
    depth: 128,
    nodes: 100_000,
    text: 4 << 20,
    shared: 100_000,
    documents: 100,
};

/// Any bytes are a document, or there is an error that says why not. What was read can be written and read again.
pub(crate) fn load(input: &[u8]) {
    let mut diagnostics = Diagnostics::new();
    let Some(document) = read(input, &mut Alone, &mut diagnostics) else {
        assert_ne!(diagnostics.count(Severity::Error), 0, "nobody is told why");
        return;
    };
    look_up(&document, &diagnostics);
    let bundle = document.bundled_json();
    let again = read_well(bundle.as_bytes());
    assert_eq!(again.bundled_json(), bundle);
}

/// The input is several documents that refer to each other. However they do, all of it ends, and nothing is left that
/// points to nowhere.
pub(crate) fn references(input: &[u8]) {
    let mut files = Files::new(input);
    let root = files.texts.first().cloned().unwrap_or_default();
    let mut diagnostics = Diagnostics::new();
    let Some(document) = read(&root, &mut files, &mut diagnostics) else {
        assert_ne!(diagnostics.count(Severity::Error), 0, "nobody is told why");
        return;
    };
    let api = mcpgen::spec::lower(&document, &mut diagnostics);
    look_up(&document, &diagnostics);
    api::check(&api);
    let bundle = read_well(document.bundled_json().as_bytes());
    let alone = mcpgen::spec::lower(&bundle, &mut Diagnostics::new());
    api::check(&alone);
}

/// Any document that can be read is an API, whose parts are whole.
pub(crate) fn lower(input: &[u8]) {
    let mut diagnostics = Diagnostics::new();
    let Some(document) = read(input, &mut Alone, &mut diagnostics) else {
        return;
    };
    let api = mcpgen::spec::lower(&document, &mut diagnostics);
    look_up(&document, &diagnostics);
    api::check(&api);
    if let Some(plan) = plan(&api, &PlanOptions::default(), &mut diagnostics) {
        names::check(&plan);
    } else {
        assert_ne!(diagnostics.count(Severity::Error), 0, "nobody is told why");
    }
}

/// Whatever the operations, tags, parameters and schemas are called, tools and arguments have legal names, which do
/// not depend on the order of the spec.
pub(crate) fn naming(input: &[u8]) {
    let texts = texts(input);
    let mut api = lowered(&spec::of_names(&texts));
    let Some(plan) = plan(&api, &PlanOptions::default(), &mut Diagnostics::new()) else {
        return;
    };
    names::check(&plan);
    api.operations.reverse();
    let reversed = self::plan(&api, &PlanOptions::default(), &mut Diagnostics::new());
    let reversed = reversed.expect("the same operations in another order are a plan too");
    names::assert_same(&plan, &reversed);
}

/// What is written as JSON or TOML is read as what it was.
pub(crate) fn serialise(input: &[u8]) {
    let text = spec::of(&texts(input)).to_string();
    let document = read_well(text.as_bytes());
    let bundle = document.bundled_json();
    let again = read_well(bundle.as_bytes());
    assert_eq!(again.bundled_json(), bundle);
    let api = mcpgen::spec::lower(&document, &mut Diagnostics::new());
    let same = mcpgen::spec::lower(&again, &mut Diagnostics::new());
    assert_eq!(format!("{api:?}"), format!("{same:?}"));
    if let Some(plan) = plan(&api, &PlanOptions::default(), &mut Diagnostics::new()) {
        shapes::assert_schemas_are_the_plans(&plan);
    }
}

/// No text of a spec becomes anything but text in any file of a crate.
pub(crate) fn emit(input: &[u8]) {
    let text = spec::of(&texts(input)).to_string();
    let document = read_well(text.as_bytes());
    let api = mcpgen::spec::lower(&document, &mut Diagnostics::new());
    let options = PlanOptions {
        name: Some("probe".to_owned()),
        ..PlanOptions::default()
    };
    if let Some(plan) = plan(&api, &options, &mut Diagnostics::new()) {
        names::check(&plan);
        crates::assert_nothing_gets_out(&plan, &document.bundled_json());
    }
}

/// The same for a spec that somebody wrote; gives what was planned.
pub(crate) fn emit_spec(text: &[u8]) -> Plan {
    let document = read_well(text);
    let mut diagnostics = Diagnostics::new();
    let api = mcpgen::spec::lower(&document, &mut diagnostics);
    look_up(&document, &diagnostics);
    api::check(&api);
    let plan = plan(&api, &PlanOptions::default(), &mut diagnostics);
    let plan = plan.expect("the spec has operations that become tools");
    names::check(&plan);
    shapes::assert_schemas_are_the_plans(&plan);
    crates::assert_nothing_gets_out(&plan, &document.bundled_json());
    plan
}

/// Whether a file shows a character that would not be seen, or that turns what is around it.
pub(crate) fn hidden_in(text: &str) -> Option<char> {
    text.chars().find(|&c| shapes::is_hidden(c))
}

/// The texts of an input.
pub(crate) fn texts(input: &[u8]) -> Vec<String> {
    input
        .split(|byte| *byte == SEPARATOR)
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect()
}

fn read(text: &[u8], opener: &mut dyn Opener, diagnostics: &mut Diagnostics) -> Option<Document> {
    read_within(LIMITS, text, opener, diagnostics)
}

fn read_within(
    limits: Limits,
    text: &[u8],
    opener: &mut dyn Opener,
    diagnostics: &mut Diagnostics,
) -> Option<Document> {
    let source = Source {
        name: "spec.yaml".into(),
        text: text.to_vec(),
        url: None,
        location: Url::parse("file:///specs/a").ok(),
    };
    mcpgen::spec::read(source, limits, opener, diagnostics)
}

/// Reads what we wrote ourselves. It may be larger than what it was made from: a bundle has longer references.
fn read_well(text: &[u8]) -> Document {
    let mut diagnostics = Diagnostics::new();
    let document = read_within(Limits::default(), text, &mut Alone, &mut diagnostics);
    document.unwrap_or_else(|| panic!("is refused: {:?}", diagnostics.into_vec()))
}

fn lowered(spec: &serde_json::Value) -> Api {
    let document = read_well(spec.to_string().as_bytes());
    mcpgen::spec::lower(&document, &mut Diagnostics::new())
}

fn plan(api: &Api, options: &PlanOptions, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let plan = mcpgen::plan::plan(api, options, diagnostics)?;
    assert!(
        plan.tools().next().is_some(),
        "a plan without tools is none"
    );
    Some(plan)
}

/// Every diagnostic has a place that can be looked for, whether or not it is found.
fn look_up(document: &Document, diagnostics: &Diagnostics) {
    // Each lookup parses the text again.
    for diagnostic in diagnostics.iter().take(3) {
        let place = diagnostic.place.as_ref();
        if let Some(pointer) = place.and_then(|place| place.pointer.as_ref()) {
            let _ = document.place(pointer);
        }
    }
}

/// Documents called `a`, `b`, … in one folder, at one address.
struct Files {
    texts: Vec<Vec<u8>>,
    /// How many more may be opened: an endless chain of new addresses is the opener's to end.
    left: usize,
}

impl Files {
    fn new(input: &[u8]) -> Self {
        let texts = input.split(|byte| *byte == SEPARATOR);
        Self {
            texts: texts.map(<[u8]>::to_vec).collect(),
            left: 100,
        }
    }
}

impl Opener for Files {
    fn open(&mut self, url: &Url) -> Result<Vec<u8>, Unopened> {
        assert_eq!(url.fragment(), None, "a fragment is no part of an address");
        let unopened = || Unopened {
            code: Code::ExternalRef,
            reason: "which does not exist".to_owned(),
            help: String::new(),
        };
        self.left = self.left.checked_sub(1).ok_or_else(unopened)?;
        let name = url.path_segments().and_then(|mut parts| parts.next_back());
        let letter = name.and_then(|name| name.bytes().next());
        let index = letter.and_then(|letter| letter.checked_sub(b'a'));
        index
            .and_then(|index| self.texts.get(usize::from(index)).cloned())
            .ok_or_else(unopened)
    }
}
