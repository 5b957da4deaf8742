//! The properties of `tests/properties` on texts at random, and on every input that once broke one.
//!
//! The random texts are the same in every run, so that a failure is one for everybody; `PROPTEST_RNG_SEED` makes others.
//! `tests/fuzz/run` looks for more, for as long as it is given.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::properties::{Property, SEPARATOR, STAGES};
use crate::support::{root, spec};

/// Texts that are something else than text, where one of our languages takes them as they are.
pub(crate) fn attacks() -> Vec<String> {
    serde_json::from_str(include_str!("../properties/attacks.json")).expect("a list of texts")
}

fn text() -> impl Strategy<Value = String> {
    let pieces = vec(select(attacks()), 2..4).prop_map(|pieces| pieces.concat());
    prop_oneof![
        4 => select(attacks()),
        2 => pieces,
        2 => any::<String>(),
        1 => "[a-zA-Z0-9_./-]{0,60}",
        1 => "[\\x00-\\x7f]{0,20}",
    ]
}

/// The input of a stage that puts texts into a spec of its own.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    vec(text(), 1..40).prop_map(|texts| {
        let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        texts.join(&SEPARATOR)
    })
}

/// A document in which some texts stand where they should not.
fn broken(document: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    vec((any::<Index>(), 0_usize..40, text()), 0..4).prop_map(move |changes| {
        let mut document = document.clone();
        for (place, length, text) in changes {
            let start = place.index(document.len() + 1);
            let end = document.len().min(start + length);
            document.splice(start..end, text.into_bytes());
        }
        document
    })
}

/// Documents that refer to each other as `a`, `b` and `c`.
fn folders() -> impl Strategy<Value = Vec<u8>> {
    const TARGETS: &[&str] = &[
        "#",
        "a",
        "b",
        "c",
        "b#/x",
        "c#/x",
        "a#/components/schemas/x",
        "#/x",
        "#/paths",
        "#name",
        "b#name",
        "d",
        "../b",
        "%62",
        "http://other.example/b",
        "file:///etc/passwd",
        "",
    ];
    let target = || prop_oneof![4 => select(TARGETS).prop_map(str::to_owned), 1 => text()];
    vec(target(), 9).prop_map(|targets| {
        let reference = |index: usize| serde_json::json!({ "$ref": targets[index] });
        let root = serde_json::json!({
            "openapi": "3.1.0",
            "$self": targets[8],
            "info": {"title": "T", "version": "1", "description": reference(0)},
            "paths": {"/a": reference(1), "/b": {"get": {"parameters": [reference(2)], "responses": {"200": reference(3)}}}},
            "components": {"schemas": {"x": reference(4), "y": {"properties": {"z": reference(5)}}}},
        });
        let part = |index: usize| serde_json::json!({
            "x": {"name": "q", "in": "query", "schema": reference(index), "get": {"responses": {}}, "$anchor": "name"},
            "allOf": [reference(index + 1)],
        });
        [root, part(5), part(6)].map(|document| document.to_string().into_bytes()).join(&SEPARATOR)
    })
}

/// Bytes that a failure shows in a way that can be read and copied.
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn holds(stage: &str, cases: u32, input: impl Strategy<Value = Vec<u8>>) {
    let mut config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    let property = property(stage);
    let outcome = TestRunner::new(config).run(&input.prop_map(Input), |input| {
        property(&input.0);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{stage}: {error}");
    }
}

fn property(stage: &str) -> Property {
    let found = STAGES.iter().find(|(name, _)| *name == stage);
    found
        .unwrap_or_else(|| panic!("there is no stage {stage}"))
        .1
}

fn orders() -> Vec<u8> {
    fs::read(spec("orders/openapi.yaml")).expect("the spec is readable")
}

#[test]
fn any_bytes_are_a_document_or_an_error() {
    holds("load", 60, broken(orders()));
    holds("load", 200, vec(any::<u8>(), 0..200));
}

#[test]
fn any_references_come_to_an_end() {
    holds("references", 200, folders());
}

#[test]
fn any_document_is_an_api_whose_parts_are_whole() {
    holds("lower", 60, broken(orders()));
}

#[test]
fn any_names_become_legal_ones() {
    holds("naming", 40, texts());
}

#[test]
fn what_is_written_is_read_as_what_it_was() {
    holds("serialise", 60, texts());
}

#[test]
fn no_text_gets_out_of_its_place() {
    holds("emit", 12, texts());
}

#[test]
fn what_was_found_stays_mended() {
    for (stage, property) in STAGES {
        let folder = root().join("tests/properties/found").join(stage);
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let input = fs::read(&path).expect("the input is readable");
            let outcome = std::panic::catch_unwind(|| property(&input));
            assert!(outcome.is_ok(), "{}", path.display());
        }
    }
}
