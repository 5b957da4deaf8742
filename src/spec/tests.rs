use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path as FilePath, PathBuf};

use super::testing::{document, error, lowered, read, read_at, source};
use super::*;
use crate::diagnostic::Severity;

fn place_of(diagnostic: &Diagnostic) -> (usize, usize) {
    let position = diagnostic.place.as_ref().and_then(|place| place.position);
    position.map_or((0, 0), |position| (position.line, position.column))
}

#[test]
fn what_is_no_openapi_document_is_one_error_that_names_the_file() {
    for (text, code, message) in [
        ("", Code::NotOpenapi, "the document is empty"),
        (" \n", Code::NotOpenapi, "the document is empty"),
        (
            "<!doctype html><p>",
            Code::NotOpenapi,
            "the document is an HTML page, not YAML or JSON",
        ),
        (
            "just words",
            Code::NotOpenapi,
            "the document is text, not an object",
        ),
        (
            "# only a comment\n",
            Code::NotOpenapi,
            "the document is empty, not an object",
        ),
        (
            "[1, 2]",
            Code::NotOpenapi,
            "the document is a list, not an object",
        ),
        (
            "title: x\n",
            Code::NotOpenapi,
            "the document has no `openapi` field",
        ),
        (
            "openapi: {}\n",
            Code::NotOpenapi,
            "the field `openapi` is an object, not a version",
        ),
        (
            "swaggerVersion: '1.2'\napis: []\n",
            Code::UnsupportedVersion,
            "Swagger `1.2` is not supported",
        ),
        (
            "swagger: '1.2'\npaths: {}\n",
            Code::UnsupportedVersion,
            "Swagger `1.2` is not supported",
        ),
        (
            "openapi: 4.0.0\npaths: {}\n",
            Code::UnsupportedVersion,
            "OpenAPI `4.0.0` is not supported",
        ),
        (
            "openapi: 3.0.3\n",
            Code::MissingPaths,
            "the document has no `paths`",
        ),
        (
            "openapi: 3.0.3\npaths: []\n",
            Code::MissingPaths,
            "`paths` is a list, not an object",
        ),
        (
            "openapi: 3.1.0\ninfo: {}\n",
            Code::MissingPaths,
            "the document has no `paths`",
        ),
    ] {
        let error = error(text);
        assert_eq!(
            (error.code, error.message.as_str()),
            (code, message),
            "{text}"
        );
        let name = error
            .place
            .as_ref()
            .and_then(|place| place.source.as_deref());
        assert_eq!(name, Some("spec.yaml"), "{text}");
    }
}

#[test]
fn paths_may_be_missing_from_3_1_where_there_are_webhooks_or_components() {
    assert!(
        lowered("openapi: 3.1.0\nwebhooks: {}\n")
            .api
            .operations
            .is_empty()
    );
    assert!(
        lowered("openapi: '3.1'\ncomponents: {}\n")
            .api
            .operations
            .is_empty()
    );
}

#[test]
fn a_mistake_in_yaml_is_told_with_its_place_in_plain_words() {
    for (text, place, message) in [
        (
            "openapi: 3.0.0\n\tpaths: {}\n",
            (2, 1),
            "a tab is used where only spaces are allowed",
        ),
        (
            "openapi: 3.0.0\ninfo: a: b\n",
            (2, 8),
            "a `key: value` pair stands where none can be",
        ),
        (
            "a: 1\n---\nb: 2\n",
            (0, 0),
            "the file holds more than one document",
        ),
        (
            "a: *b\n",
            (1, 4),
            "an alias `*name` has no anchor `&name` before it",
        ),
        ("a: @b\n", (1, 4), "a value cannot start with `@`"),
        ("? [1]\n: 2\n", (1, 3), "a mapping key is not plain text"),
    ] {
        let error = error(text);
        assert_eq!(error.code, Code::SpecSyntax, "{text}");
        assert_eq!(
            error.message,
            format!("this is not valid YAML: {message}"),
            "{text}"
        );
        assert_eq!(place_of(&error), place, "{text}");
        assert!(error.help.is_some());
    }
}

#[test]
fn a_mistake_in_json_is_told_with_its_place_in_characters() {
    let error = error("{\"é\": 1,\n \"é\" 2}");
    assert_eq!(error.message, "this is not valid JSON: expected `:`");
    assert_eq!(place_of(&error), (2, 6));
}

#[test]
fn yaml_in_json_clothes_is_read_all_the_same() {
    let text = "{openapi: 3.0.0, # a comment\n paths: {},}";
    assert_eq!(
        document(text).bundled_json(),
        "{\n  \"openapi\": \"3.0.0\",\n  \"paths\": {}\n}\n"
    );
}

#[test]
fn text_that_is_not_utf_8_is_refused_and_utf_16_is_understood() {
    let mut diagnostics = Diagnostics::new();
    let latin = Source {
        text: b"openapi: \xe9".to_vec(),
        ..source("")
    };
    assert!(read(latin, &mut diagnostics).is_none());
    assert_eq!(diagnostics.count(Severity::Error), 1);
    let units = "\u{feff}openapi: 3.0.0\npaths: {}".encode_utf16();
    let utf16 = Source {
        text: units.flat_map(u16::to_le_bytes).collect(),
        ..source("")
    };
    assert!(read(utf16, &mut diagnostics).is_some());
}

#[test]
fn yaml_scalars_are_those_of_yaml_1_2() {
    let text = "\u{feff}openapi: 3.0.0\r\npaths: {}\r\nx-words: [yes, no, on, off, 2024-01-01, 12:30, 007]\r\nx-numbers: [0x1F, 1e3, 36893488147419103232, .inf, !!str 5]\r\nx-nothing: ~\r\n";
    let json: serde_json::Value =
        serde_json::from_str(&document(text).bundled_json()).expect("JSON");
    assert_eq!(
        json["x-words"],
        serde_json::json!(["yes", "no", "on", "off", "2024-01-01", "12:30", "007"])
    );
    assert_eq!(
        json["x-numbers"],
        serde_json::json!([31, 1000.0, 3.689_348_814_741_910_3e19, ".inf", "5"])
    );
    assert!(json["x-nothing"].is_null());
}

#[test]
fn anchors_and_merge_keys_are_resolved_and_own_keys_win() {
    let text = "openapi: 3.0.0\npaths: {}\nx-a: &a {k: 1, l: 2}\nx-b: &b {l: 3, m: 4}\nx-c: {<<: [*a, *b], k: 9}\nx-d: !tag {<<: *a}\n";
    let json: serde_json::Value =
        serde_json::from_str(&document(text).bundled_json()).expect("JSON");
    assert_eq!(json["x-c"], serde_json::json!({"l": 2, "m": 4, "k": 9}));
    assert_eq!(json["x-d"], serde_json::json!({"k": 1, "l": 2}));
}

#[test]
fn numbers_as_keys_are_text() {
    let lowered = lowered("openapi: 3.0.0\npaths: {/a: {get: {responses: {200: {}, 1.10: {}}}}}\n");
    let operation = &lowered.api.operations[0];
    assert_eq!(operation.responses.len(), 1);
    assert!(
        lowered.told()[1].ends_with("/responses/1.10"),
        "{:?}",
        lowered.told()
    );
}

#[test]
fn a_key_that_comes_twice_is_told_and_its_last_value_used() {
    for text in [
        "openapi: 3.0.0\npaths: {}\nx-a: {b: 1, b: 2}\n",
        r#"{"openapi": "3.0.0", "paths": {}, "x-a": {"b": 1, "b": 2}}"#,
    ] {
        let mut diagnostics = Diagnostics::new();
        let document = read(source(text), &mut diagnostics).expect("a document");
        assert!(document.bundled_json().contains("\"b\": 2"));
        let told: Vec<_> = diagnostics
            .iter()
            .map(|each| each.message.as_str())
            .collect();
        assert_eq!(told, ["the key `b` comes twice in its mapping"]);
        let pointer = JsonPointer::root().child("x-a").child("b");
        let position = document.place(&pointer).position;
        assert!(position.is_some_and(|place| place.column > 10));
    }
}

#[test]
fn a_document_without_end_ends_at_a_limit() {
    let deep_yaml = format!("openapi: {}", "[".repeat(100_000));
    let deep_json = format!("{{\"openapi\": {}", "[".repeat(100_000));
    let bomb = (0..30).fold("x0: &x0 [a, a]\n".to_owned(), |text, n| {
        let next = n + 1;
        text + &format!("x{next}: &x{next} [*x{n}, *x{n}]\n")
    });
    let merges = (0..30).fold("x0: &x0 {a: b}\n".to_owned(), |text, n| {
        let next = n + 1;
        text + &format!("x{next}: &x{next} {{l: *x{n}, r: *x{n}}}\n")
    });
    let anchored = format!("openapi: {}", "[&a ".repeat(100_000));
    let blocks = format!("openapi:\n  {}", "- ".repeat(100_000));
    for (text, code) in [
        (deep_yaml.as_str(), Code::DepthLimit),
        (&deep_json, Code::DepthLimit),
        (&anchored, Code::DepthLimit),
        (&blocks, Code::DepthLimit),
        (&bomb, Code::AliasLimit),
        (&merges, Code::AliasLimit),
        ("a: &a [*a]\n", Code::DepthLimit),
    ] {
        assert_eq!(error(text).code, code, "{}", &text[..text.len().min(40)]);
    }
}

#[test]
fn limits_count_nodes_text_and_depth() {
    let refused = |limits: Limits| {
        let mut diagnostics = Diagnostics::new();
        let text = "openapi: 3.0.0\npaths: {}\nx-a: [[[1]]]\n";
        super::read(source(text), limits, &mut Alone, &mut diagnostics);
        let error = diagnostics.into_vec().pop();
        error.map(|error| (error.code, error.message))
    };
    let told = |code, message: &str| Some((code, message.to_owned()));
    let limits = Limits::default();
    assert_eq!(refused(limits), None);
    assert_eq!(
        refused(Limits { depth: 3, ..limits }),
        told(
            Code::DepthLimit,
            "the document is nested deeper than 3 levels"
        )
    );
    assert_eq!(
        refused(Limits { nodes: 5, ..limits }),
        told(
            Code::NodeLimit,
            "the spec and all that it refers to have more than 5 values"
        )
    );
    assert_eq!(
        refused(Limits { text: 9, ..limits }),
        told(
            Code::AliasLimit,
            "the spec and all that it refers to have more than 9 bytes of text, aliases resolved"
        )
    );
}

#[test]
fn a_version_that_yaml_takes_for_a_number_keeps_its_text() {
    let text = "openapi: 3.0.0\ninfo:\n  title: 42\n  version: 1.10\npaths: {}\n";
    let api = lowered(text).api;
    assert_eq!((api.title.as_str(), api.version.as_str()), ("42", "1.10"));
}

#[test]
fn many_broken_operations_cost_one_diagnostic_each_and_each_is_located_at_once() {
    let mut text = "openapi: 3.0.0\npaths:\n".to_owned();
    for n in 0..20_000 {
        let _ = writeln!(text, "  /p{n}: {{get: {{parameters: 5}}}}");
    }
    let document = document(&text);
    let mut diagnostics = Diagnostics::new();
    assert!(lower(&document, &mut diagnostics).operations.is_empty());
    let broken: Vec<_> = diagnostics
        .iter()
        .filter(|each| each.code == Code::InvalidOperation)
        .collect();
    assert_eq!(broken.len(), 20_000);
    for (n, each) in broken.iter().enumerate() {
        let pointer = each.place.as_ref().and_then(|place| place.pointer.as_ref());
        let position = document.place(pointer.expect("a pointer")).position;
        assert_eq!(position.map(|place| place.line), Some(n + 3));
    }
}

/// The corpus of real documents, where it is at hand.
fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("MCPGEN_CORPUS").map_or_else(
        || FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    dir.join("README.md").is_file().then_some(dir)
}

/// A row of the corpus' table.
struct Row {
    id: String,
    root: String,
    version: String,
    operations: usize,
}

fn rows(readme: &str) -> Vec<Row> {
    let parse = |line: &str| {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
        let [id, root, _, _, version, operations, ..] = cells.as_slice() else {
            return None;
        };
        Some(Row {
            id: (*id).to_owned(),
            root: (*root).to_owned(),
            version: (*version).to_owned(),
            operations: operations.parse().ok()?,
        })
    };
    readme.lines().filter_map(parse).collect()
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests should know that this one did nothing"
)]
fn every_document_of_the_corpus_is_read_and_lowered() {
    let Some(dir) = corpus() else {
        eprintln!("skipped: no corpus of real documents; set MCPGEN_CORPUS");
        return;
    };
    // A parameter without a name; references to nothing; no paths at all; `query` and `additionalOperations`, which the
    // table does not count; two parameters that refer to schemas.
    let exceptions = BTreeMap::from([
        (
            "fx-swagger-parser-modules-swagger-parser-v3-src-test-resources-issue-1751-yaml",
            0,
        ),
        (
            "fx-openapi-net-penapipathitem-pathitemwithqueryandadditionaloperations-yaml-2",
            5,
        ),
        ("fx-openapi-ts-specs-2-0-x-full-yaml", 32),
        (
            "fx-swagger-parser-s-swagger-parser-v3-src-test-resources-3-1-0-siblings31-yaml",
            0,
        ),
    ]);
    let readme = std::fs::read_to_string(dir.join("README.md")).expect("the corpus' README");
    let rows = rows(&readme);
    assert!(rows.len() > 60, "the table has {} rows", rows.len());
    for row in rows {
        let mut diagnostics = Diagnostics::new();
        let path = dir.join(&row.id).join(&row.root);
        let Some(document) = read_at(&path, &mut diagnostics) else {
            let has_shape = row.version.starts_with("3.0") || row.version.starts_with("3.1");
            assert!(
                !has_shape || row.operations == 0,
                "{}: {diagnostics:?}",
                row.id
            );
            assert_eq!(diagnostics.count(Severity::Error), 1, "{}", row.id);
            continue;
        };
        let api = lower(&document, &mut diagnostics);
        for place in diagnostics.iter().filter_map(|each| each.place.as_ref()) {
            let pointer = place.pointer.as_ref().expect("a pointer");
            assert!(
                document.place(pointer).position.is_some(),
                "{}: {pointer}",
                row.id
            );
        }
        assert_schemas_are_sound(&row.id, &api);
        let expected = exceptions.get(row.id.as_str()).unwrap_or(&row.operations);
        assert_eq!(
            api.operations.len(),
            *expected,
            "{}: {diagnostics:?}",
            row.id
        );
    }
}

fn assert_schemas_are_sound(id: &str, api: &Api) {
    let mut schemas: Vec<&serde_json::Value> = api.schemas.values().collect();
    for operation in &api.operations {
        schemas.extend(
            operation
                .parameters
                .iter()
                .map(|parameter| &parameter.schema),
        );
        let bodies = operation.body.iter().flat_map(|body| &body.content);
        let responses = operation
            .responses
            .iter()
            .flat_map(|response| &response.content);
        schemas.extend(
            bodies
                .chain(responses)
                .filter_map(|content| content.schema.as_ref()),
        );
    }
    for schema in schemas {
        let verdict = jsonschema::meta::validate(schema);
        assert!(verdict.is_ok(), "{id}: {verdict:?}");
        each_reference(schema, &mut |reference| {
            let name = reference.strip_prefix("#/$defs/");
            assert!(
                name.is_some_and(|name| api.schemas.contains_key(name)),
                "{id}: {reference}"
            );
        });
    }
}

/// The references of a schema; what is data in it is not looked at.
fn each_reference(value: &serde_json::Value, found: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("$ref", serde_json::Value::String(reference)) => found(reference),
                    ("default" | "examples" | "enum" | "const", _) => {}
                    (key, _) if key.starts_with("x-") => {}
                    _ => each_reference(value, found),
                }
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                each_reference(item, found);
            }
        }
        _ => {}
    }
}
