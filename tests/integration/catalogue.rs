//! The catalogue of diagnostics: each code has a small input below `tests/catalogue` that provokes it, and what is told
//! then, to a person and to programs, is a snapshot beside the input.
//!
//! A folder is named for a code, or `CODE.VARIANT`. It is copied before it is used. Its `command` has one line a step,
//! of which the last one is looked at; without it, `inspect spec.yaml` is run.

use std::fs;
use std::path::{Path, PathBuf};

use mcpgen::diagnostic::Code;
use serde_json::Value;

use crate::support::{Ran, copy, folder, root, run};

fn catalogue() -> PathBuf {
    root().join("tests/catalogue")
}

/// The cases in order: the folder's name and its code.
fn cases() -> Vec<(String, Code)> {
    let mut names: Vec<String> = fs::read_dir(catalogue())
        .expect("the catalogue is there")
        .map(|entry| {
            let entry = entry.expect("the entry is readable");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let code = name.split('.').next().unwrap_or_default();
            let code = Code::ALL.iter().find(|known| known.as_str() == code);
            let code = code.unwrap_or_else(|| panic!("`{name}` names no diagnostic"));
            (name, *code)
        })
        .collect()
}

/// Runs a case in a folder of its own.
fn told(name: &str, format: &str) -> Ran {
    let source = catalogue().join(name);
    let place = folder();
    copy(&source, place.path());
    let command = fs::read_to_string(source.join("command"));
    let command = command.unwrap_or_else(|_| "inspect spec.yaml".to_owned());
    let mut steps: Vec<Vec<&str>> = command
        .lines()
        .map(|line| line.split(' ').collect())
        .collect();
    let last = steps.pop().expect("there is a step");
    for step in steps {
        match step[..] {
            ["edit", path] => append(&place.path().join(path), "# edited\n"),
            ["pad", path] => append(&place.path().join(path), &"# padding\n".repeat(110_000)),
            _ => assert_eq!(run(place.path(), step).code, 0),
        }
    }
    let format = ["--message-format", format];
    run(place.path(), last.into_iter().chain(format))
}

fn append(path: &Path, text: &str) {
    let mut whole = fs::read_to_string(path).expect("is text");
    whole.push_str(text);
    fs::write(path, whole).expect("can be written");
}

fn results(sarif: &str) -> Vec<Value> {
    let sarif: Value = serde_json::from_str(sarif).expect("stderr is one SARIF document");
    let results = sarif["runs"][0]["results"].as_array();
    results.expect("has results").clone()
}

#[test]
fn every_code_has_an_input_and_what_is_told_is_as_it_was() {
    let cases = cases();
    let missing: Vec<&str> = (Code::ALL.iter())
        .filter(|code| !cases.iter().any(|(name, _)| name == code.as_str()))
        .map(|code| code.as_str())
        .collect();
    assert_eq!(missing, [""; 0], "codes without an input");
    for (name, code) in cases {
        let human = told(&name, "human");
        let json = told(&name, "json").stderr;
        let lines: Vec<Value> = json
            .lines()
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect();
        let others = lines.iter().filter(|line| line["code"] != code.as_str());
        let is_variant = name != code.as_str();
        assert!(
            is_variant || others.count() == 0,
            "`{name}` provokes more than its own code:\n{}",
            human.stderr
        );
        assert!(
            lines.iter().any(|line| line["code"] == code.as_str()),
            "`{name}` does not provoke its code:\n{}",
            human.stderr
        );
        let sarif = results(&told(&name, "sarif").stderr);
        let explained = run(root(), ["explain", code.as_str()]).stdout;
        let text = format!(
            "{explained}\n# human, exit code {}\n\n{}\n# json\n\n{json}\n# sarif\n\n{}\n",
            human.code,
            human.stderr.trim_end(),
            serde_json::to_string_pretty(&sarif).expect("is JSON"),
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(catalogue().join(&name));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("told", text));
    }
}

/// Seven operations: two become tools, two are broken, one is disabled, one cannot be called, one is not selected.
const MIXED: &str = "openapi: 3.0.3
info: {title: Shop, version: '1'}
servers: [{url: 'https://shop.example'}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: Accept, in: header, schema: {type: string}}
        - {name: size, in: query, style: matrix, schema: {type: string}}
      responses: {'200': {description: ok}}
    post: {operationId: createOrder, parameters: none, responses: {}}
    put: later
    delete: {operationId: deleteOrders, x-mcp: {enabled: false}, responses: {'204': {description: gone}}}
  /items:
    get: {operationId: listItems, responses: {'200': {description: ok}}}
    post:
      operationId: createItem
      requestBody: {required: true, content: {application/edifact: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
    delete: {operationId: deleteItems, responses: {'204': {description: gone}}}
";

#[test]
fn a_build_says_what_it_skipped_by_code() {
    let place = folder();
    fs::write(place.path().join("spec.yaml"), MIXED).expect("can be written");
    let exclude = ["--exclude", "op:deleteItems"];
    let build = ["build", "spec.yaml", "-o", "out"];
    let ran = run(place.path(), build.into_iter().chain(exclude));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let summary = ran.stderr.split("\n\n").last().unwrap_or_default();
    let counts = summary.split("  tools/list").next().unwrap_or_default();
    insta::assert_snapshot!(counts, @r"
    Shop → out
      tools      2 of 7 operations
      skipped    2 operations: invalid-operation
                 1 operation: unsupported-media-type
                 1 operation: disabled-operation
                 1 operation: not selected
                 1 part: unsupported-parameter
                 1 part: ignored-parameter
    ");
}

#[test]
fn a_program_that_reads_diagnostics_finds_nothing_else_on_stderr() {
    let place = folder();
    fs::write(place.path().join("spec.yaml"), MIXED).expect("can be written");
    let build = ["build", "spec.yaml", "-o", "out", "--deny-warnings"];
    for format in ["json", "sarif"] {
        let ran = run(
            place.path(),
            build.into_iter().chain(["--message-format", format]),
        );
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let mut documents = serde_json::Deserializer::from_str(&ran.stderr).into_iter::<Value>();
        assert!(documents.all(|document| document.is_ok()));
    }
}
