//! The specs of `specs/hostile` try to get code, paths and references into every file of a crate: nothing gets out.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use crate::properties;
use crate::support::{Ran, copy, folder, run, spec, tree};

/// A copy of `specs/hostile` in a folder of its own, with a file beside it that no spec may read.
fn copied() -> TempDir {
    let folder = folder();
    copy(&spec("hostile"), &folder.path().join("specs"));
    fs::write(folder.path().join("specs/secret.yaml"), SECRET).expect("writes");
    folder
}

/// What a reference could be taken for: a path item, a schema and a text.
const SECRET: &str = "get: {operationId: verrat-7f3a, responses: {}}\ntype: object\nproperties: {token: {type: string, default: verrat-7f3a}}\n";

/// Builds a spec into `out`, and sees that nothing else was written.
fn built(folder: &Path, spec: &str) -> Ran {
    let before = tree(folder);
    let ran = run(folder, ["build", spec, "-o", "out"]);
    let mut after = tree(folder);
    after.retain(|(path, _)| !path.starts_with("out/"));
    assert!(after == before, "{spec} wrote beside its folder");
    ran
}

/// The files of a crate that do not depend on its spec, in the way that they are listed.
fn usual_files() -> BTreeSet<String> {
    let folder = copied();
    fs::write(folder.path().join("plain.yaml"), PLAIN).expect("writes");
    let ran = built(folder.path(), "plain.yaml");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let files = tree(&folder.path().join("out"));
    files.into_iter().map(|(path, _)| path).collect()
}

const PLAIN: &str = "openapi: 3.0.3\ninfo: {title: Plain, version: '1'}\nservers: [{url: 'https://plain.example'}]\n\
                     paths: {/a: {get: {responses: {}}}}\n";

/// Sees that the crate in `out` has the files of every crate and no hidden character, and that nothing got out of its
/// place in any of them.
fn assert_nothing_got_out(folder: &Path, usual: &BTreeSet<String>) {
    let bundle = fs::read(folder.join("out/openapi.json")).expect("reads");
    let plan = properties::emit_spec(&bundle);
    let mut expected = usual.clone();
    expected.retain(|path| !path.contains("/default."));
    for group in &plan.groups {
        expected.insert(format!("src/tools/{}.rs", group.module));
        expected.insert(format!("schemas/{}.json", group.module));
    }
    let files = tree(&folder.join("out"));
    let paths: BTreeSet<String> = files.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths, expected);
    for (path, bytes) in files {
        let text = String::from_utf8(bytes).expect("every file is text");
        assert_eq!(properties::hidden_in(&text), None, "{path}");
    }
}

#[test]
fn nothing_of_a_hostile_spec_gets_out() {
    let usual = usual_files();
    for (spec, tools) in [
        ("specs/texts.yaml", 13),
        ("specs/names.yaml", 56),
        ("specs/swagger.json", 1),
        ("specs/size.yaml", 6),
    ] {
        let folder = copied();
        let ran = built(folder.path(), spec);
        assert_eq!(ran.code, 0, "{spec}: {}", ran.stderr);
        assert_eq!(properties::hidden_in(&ran.stderr), None, "{}", ran.stderr);
        assert_nothing_got_out(folder.path(), &usual);
        let built = format!("tools      {tools} of {tools} operation");
        assert!(ran.stderr.contains(&built), "{spec}: {}", ran.stderr);
    }
}

#[test]
fn no_reference_leads_out_of_the_folder() {
    let folder = copied();
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    listener.set_nonblocking(true).expect("can be asked");
    let address = listener.local_addr().expect("is bound").to_string();
    let path = folder.path().join("specs/references/openapi.yaml");
    let text = fs::read_to_string(&path).expect("reads");
    fs::write(&path, text.replace("127.0.0.1:9", &address)).expect("writes");

    let ran = built(folder.path(), "specs/references/openapi.yaml");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(listener.accept().is_err(), "nobody was called");
    assert_nothing_got_out(folder.path(), &usual_files());
    for (path, bytes) in tree(&folder.path().join("out")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("verrat-7f3a") && !text.contains("root:x:"),
            "{path}"
        );
    }
    assert!(!ran.stderr.contains("verrat-7f3a"), "{}", ran.stderr);
    for reason in [
        "outside the folder of the spec",
        "at another origin",
        "whose scheme `data` is not read",
        "whose scheme `gopher` is not read",
    ] {
        assert!(ran.stderr.contains(reason), "{reason}: {}", ran.stderr);
    }
    for tool in ["fine", "inside", "schemas"] {
        let name = format!("\"{tool}\"");
        let module = fs::read_to_string(folder.path().join("out/src/tools/default.rs"));
        assert!(module.expect("reads").contains(&name), "{tool}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let folder = copied();
    let ran = built(folder.path(), "specs/aliases.yaml");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("error[alias-limit]"), "{}", ran.stderr);
}

#[test]
fn very_long_texts_are_built() {
    let folder = folder();
    let long = "\\\"`| ".repeat(40_000);
    let json = serde_json::json!({
        "openapi": "3.1.0",
        "info": {"title": long, "version": long, "description": long},
        "servers": [{"url": format!("https://{}.example", "a".repeat(100_000)), "description": long}],
        "paths": {format!("/{}", "a".repeat(100_000)): {"get": {
            "operationId": "a".repeat(100_000),
            "summary": long,
            "description": long,
            "tags": ["b".repeat(100_000)],
            "parameters": [{"name": "c".repeat(100_000), "in": "query", "schema": {"enum": [long], "default": long, "pattern": long}}],
            "responses": {"200": {"description": long}},
        }}},
    });
    fs::write(folder.path().join("long.json"), json.to_string()).expect("writes");
    let ran = built(folder.path(), "long.json");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let longest = tree(&folder.path().join("out"))
        .into_iter()
        .map(|(path, _)| path.len());
    assert!(longest.max() < Some(100), "no path is long");
}
