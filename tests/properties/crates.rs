//! Nothing gets out: every file of the crate of a hostile spec has the structure of the same file of a harmless one.

use std::collections::BTreeMap;

use mcpgen::emit::{CrateFacts, crate_files};
use mcpgen::output::FileTree;
use mcpgen::plan::Plan;
use serde_json::Value;

use super::shapes;
use super::tame::tamed;

/// The files that have a word of a spec in them. All others do not depend on it.
const TELLING: &[&str] = &[
    ".env.example",
    "Cargo.toml",
    "Dockerfile",
    "README.md",
    "clients/vscode.json",
    "mcpgen.lock",
    "openapi.json",
    "server.json",
    "src/lib.rs",
    "src/prompts.rs",
    "tests/wire.json",
];

/// What opens and closes a tag of the templates. `#}` and `{#` are a part of Rust's own format strings.
const DELIMITERS: &[&str] = &["{$", "$}", "{%", "%}"];

/// Panics where a text of the plan or of the spec is anything but text in a file of the crate.
pub(super) fn assert_nothing_gets_out(plan: &Plan, openapi_json: &str) {
    let files = files(plan, openapi_json);
    let tame = self::files(&tamed(plan), "{}\n");
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        tame.keys().collect::<Vec<_>>()
    );
    for (path, text) in &files {
        assert_is_a_plain_path(path);
        let tame = &tame[path];
        if let Some(hidden) = text.chars().find(|&c| shapes::is_hidden(c)) {
            panic!("{path} has the character {hidden:?}");
        }
        for delimiter in DELIMITERS.iter().filter(|_| !is_data(path)) {
            assert!(!tame.contains(delimiter), "{path} has {delimiter}:\n{tame}");
        }
        if is_telling(path) {
            assert_same_shape(path, text, tame);
        } else {
            assert_eq!(text, tame, "{path} depends on the texts of the spec");
        }
    }
    assert_texts_are_kept(plan, &files);
    let bundle: Value = serde_json::from_str(&files["openapi.json"]).expect("JSON");
    let spec: Value = serde_json::from_str(openapi_json).expect("JSON");
    assert_eq!(bundle, spec, "openapi.json is the spec");
}

/// The files of a crate without the runtime, which is the same in each.
fn files(plan: &Plan, openapi_json: &str) -> BTreeMap<String, String> {
    let facts = CrateFacts {
        openapi_json: openapi_json.to_owned(),
        ..CrateFacts::default()
    };
    let tree: FileTree = crate_files(plan, facts);
    tree.iter()
        .filter(|(path, _)| !path.as_str().starts_with("src/runtime/"))
        .map(|(path, file)| {
            let text = String::from_utf8(file.bytes.clone()).expect("every file is text");
            (path.to_string(), text)
        })
        .collect()
}

fn is_telling(path: &str) -> bool {
    TELLING.contains(&path) || path.starts_with("src/tools/") || path.starts_with("schemas/")
}

/// Files that are not templates, and that say of a harmless plan what its schemas say.
fn is_data(path: &str) -> bool {
    path.starts_with("schemas/") || path == "tests/wire.json"
}

/// Nothing of a path is the spec's but the names of modules.
fn assert_is_a_plain_path(path: &str) {
    const FOLDERS: &[&str] = &[
        "",
        ".github/workflows",
        "clients",
        "schemas",
        "src",
        "src/tools",
        "tests",
    ];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    assert!(FOLDERS.contains(&folder), "{path}");
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    assert!(name.chars().all(plain) && name.len() <= 60, "{path}");
}

fn assert_same_shape(path: &str, text: &str, tame: &str) {
    let shape = |text: &str| -> String {
        match path {
            "Cargo.toml" => manifest(text),
            "mcpgen.lock" => lock(text),
            "Dockerfile" => dockerfile(text),
            ".env.example" => environment(text),
            "README.md" => shapes::markdown(text),
            // Lists of schemas and of calls: what is in them depends on the spec.
            "openapi.json" | "tests/wire.json" => json(path, text, |_| String::new()),
            _ if path.starts_with("schemas/") => json(path, text, |value| {
                let names = value.as_object().map(|fields| fields.keys());
                names.into_iter().flatten().cloned().collect()
            }),
            _ => match path.rsplit('.').next() {
                Some("json") => json(path, text, shapes::keys),
                Some("rs") => shapes::rust(path, text),
                _ => panic!("{path} has a shape that nobody knows"),
            },
        }
    };
    assert_eq!(shape(text), shape(tame), "{path}:\n{text}");
}

fn json(path: &str, text: &str, shape: impl Fn(&Value) -> String) -> String {
    match serde_json::from_str(text) {
        Ok(value) => shape(&value),
        Err(error) => panic!("{path} is no JSON: {error}\n{text}"),
    }
}

fn toml(text: &str) -> toml::Table {
    text.parse()
        .unwrap_or_else(|error| panic!("is no TOML: {error}\n{text}"))
}

/// Everything but the text of the description.
fn manifest(text: &str) -> String {
    let mut table = toml(text);
    let description = table["package"]
        .get_mut("description")
        .expect("a description");
    assert!(
        description.is_str(),
        "the description is a text: {description}"
    );
    *description = toml::Value::String(String::new());
    table.to_string()
}

/// Everything but the hashes.
fn lock(text: &str) -> String {
    let table = serde_json::to_value(toml(text)).expect("TOML is JSON");
    shapes::keys(&table)
}

/// Everything but the words of the one label that describes the API.
fn dockerfile(text: &str) -> String {
    const LABEL: &str = "      org.opencontainers.image.description=\"";
    let line = |line: &str| match line.strip_prefix(LABEL) {
        Some(label) => {
            assert_ends_with_its_quote(label);
            LABEL.to_owned()
        }
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The rest of a double-quoted word in which no variable is replaced.
fn assert_ends_with_its_quote(label: &str) {
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => assert!(
                chars.next().is_some(),
                "the label goes on on the next line: {label}"
            ),
            '"' => return assert_eq!(chars.as_str(), "", "the label ends early: {label}"),
            '$' => panic!("the label names a variable: {label}"),
            _ => {}
        }
    }
    panic!("the label does not end: {label}");
}

/// Which lines there are. Each is empty or a comment, so that an untouched file sets nothing.
fn environment(text: &str) -> String {
    let line = |line: &str| {
        assert!(line.is_empty() || line.starts_with("# "), "{line:?}");
        let name = line[line.len().min(2)..].split('=').next();
        let is_name = |name: &&str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
        };
        name.filter(is_name)
            .unwrap_or(&line[..line.len().min(1)])
            .to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A text that is told to a client or sent to the API is the spec's own, whatever is in it.
fn assert_texts_are_kept(plan: &Plan, files: &BTreeMap<String, String>) {
    let written: Vec<Vec<String>> = (files.iter())
        .filter(|(path, _)| path.starts_with("src/tools/"))
        .map(|(_, text)| shapes::rust_texts(text))
        .collect();
    let assert_kept = |text: &str| {
        let is_kept = written.iter().flatten().any(|known| known == text);
        assert!(is_kept, "{text:?} is not among the texts of src/tools");
    };
    for text in [&plan.title, &plan.version, &plan.instructions] {
        assert_kept(text);
    }
    for url in plan
        .servers
        .iter()
        .filter_map(|server| server.url.as_deref())
    {
        assert_kept(url);
    }
    for tool in plan.tools() {
        assert_kept(&tool.path);
        assert_kept(&tool.description);
        for parameter in &tool.parameters {
            assert_kept(&parameter.name);
        }
    }
}
