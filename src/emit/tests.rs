//! Whole crates from plans made by hand: that they are what they should be, whatever the plan's strings say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostic::JsonPointer;
use crate::output::hash;
use crate::plan::{
    Alternative, Body, BodySource, Field, Group, Need, Parameter, Prompt, PromptArgument,
    PromptContent, PromptMessage, Scheme, SchemeKind, Server, ServerTemplate, ServerVariable, Tool,
};
use crate::runtime::tool::{
    BodyFormat, FieldFormat, Hints, Location, ParameterFormat, ResultShape, Style,
};

fn parameter(name: &str, argument: &str, location: Location) -> Parameter {
    let (style, explode) = match location {
        Location::Path | Location::Header => (Style::Simple, false),
        Location::Query | Location::Cookie => (Style::Form, true),
    };
    Parameter {
        argument: argument.to_owned(),
        name: name.to_owned(),
        location,
        style,
        explode,
        allow_reserved: false,
        format: ParameterFormat::Style,
        items: Vec::new(),
        whole_query: false,
        fields: Vec::new(),
    }
}

/// A tool that creates an order, with a bit of everything; `text` is put wherever the spec decides the text.
fn tool(name: &str, text: &str) -> Tool {
    let advertised = json!({
        "type": "object",
        "properties": {
            "shop": {"type": "string", "description": text},
            "fields": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string", "maxLength": 3},
        },
        "required": ["shop", "note"],
        "additionalProperties": false,
    });
    Tool {
        name: name.to_owned(),
        title: text.to_owned(),
        description: text.to_owned(),
        operation_id: Some(text.to_owned()),
        method: "POST".to_owned(),
        path: format!("/shops/{{shop}}/orders{text}"),
        tags: vec![text.to_owned()],
        deprecated: false,
        server: 0,
        parameters: vec![
            parameter("shop", "shop", Location::Path),
            parameter("fields", "fields", Location::Query),
            parameter(text, "trace", Location::Header),
        ],
        body: Some(Body {
            media_type: "application/json".to_owned(),
            format: BodyFormat::Json,
            required: true,
            source: BodySource::Fields(vec![Field {
                argument: "note".to_owned(),
                name: format!("note{text}"),
                style: Style::Form,
                explode: true,
                allow_reserved: false,
                format: FieldFormat::Value,
                content_type: text.to_owned(),
                headers: vec![(text.to_owned(), text.to_owned())],
                xml: text.to_owned(),
                parts: Vec::new(),
                items: Vec::new(),
            }]),
            pages: Vec::new(),
            choice: Some((
                text.to_owned(),
                vec![Alternative {
                    media_type: text.to_owned(),
                    format: BodyFormat::Xml,
                    fields: None,
                    xml: text.to_owned(),
                }],
            )),
            xml: text.to_owned(),
        }),
        accept: "application/json".to_owned(),
        security: vec![vec![Need {
            scheme: text.to_owned(),
            scopes: vec![text.to_owned()],
        }]],
        hints: Hints::READ.open_world(false),
        long_running: None,
        resource: Some(text.to_owned()),
        result: ResultShape::Object,
        precise: json!({"type": "object", "required": ["shop"], "properties": {"note": {"$ref": "#/$defs/Note"}}}),
        advertised,
        output: Some(json!({"type": "object", "description": text})),
        whole_description: Some(text.to_owned()),
        is_partial: true,
        null_is_absent: false,
        pointer: JsonPointer::root(),
    }
}

fn plan(text: &str) -> Plan {
    Plan {
        name: "shop".to_owned(),
        title: text.to_owned(),
        version: text.to_owned(),
        description: text.to_owned(),
        instructions: text.to_owned(),
        servers: vec![Server {
            url: Some(text.to_owned()),
            path: None,
            variable: "API_BASE_URL".to_owned(),
            description: text.to_owned(),
            templates: vec![ServerTemplate {
                url: text.to_owned(),
                description: text.to_owned(),
                variables: vec![ServerVariable {
                    name: text.to_owned(),
                    variable: "API_SERVER_REGION".to_owned(),
                    default: text.to_owned(),
                    values: vec![text.to_owned()],
                }],
            }],
        }],
        schemes: vec![Scheme {
            name: text.to_owned(),
            env: "BEARER_AUTH".to_owned(),
            kind: SchemeKind::ApiKey(Location::Header, text.to_owned()),
            issuer: Some(text.to_owned()),
            description: text.to_owned(),
        }],
        groups: vec![Group {
            tag: text.to_owned(),
            module: "orders".to_owned(),
            description: text.to_owned(),
            tools: vec![tool("create_order", text)],
        }],
        defs: [(
            "Note".to_owned(),
            json!({"type": "string", "description": text}),
        )]
        .into(),
        prompts: vec![Prompt {
            name: "ask".to_owned(),
            title: text.to_owned(),
            description: text.to_owned(),
            version: "2".to_owned(),
            arguments: vec![PromptArgument {
                name: "a".to_owned(),
                title: text.to_owned(),
                description: text.to_owned(),
                required: true,
                values: vec![text.to_owned()],
                complete: Some(("list".to_owned(), "a".to_owned())),
            }],
            messages: vec![PromptMessage {
                by_assistant: false,
                content: PromptContent::Text(text.to_owned()),
            }],
        }],
    }
}

fn files(plan: &Plan) -> BTreeMap<String, String> {
    let facts = CrateFacts {
        openapi_json: "{}\n".to_owned(),
        ..CrateFacts::default()
    };
    crate_files(plan, facts)
        .iter()
        .map(|(path, file)| {
            let text = String::from_utf8(file.bytes.clone()).expect("every file is text");
            (path.to_string(), text)
        })
        .collect()
}

fn ending(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// The crate of each hostile text that is not empty, and of a plain one first. Made once: it takes a while.
fn crafted() -> &'static [(&'static str, BTreeMap<String, String>)] {
    static CRATES: LazyLock<Vec<(&str, BTreeMap<String, String>)>> = LazyLock::new(|| {
        ["plain"]
            .into_iter()
            .chain(quote::tests::HOSTILE.iter().copied())
            .filter(|text| !text.is_empty())
            .map(|text| {
                let mut files = files(&plan(text));
                files.retain(|path, _| !path.starts_with("src/runtime/"));
                (text, files)
            })
            .collect()
    });
    &CRATES
}

/// All string literals of a Rust file.
fn literals(text: &str) -> Vec<String> {
    fn collect(tokens: TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => collect(group.stream(), found),
                TokenTree::Literal(literal) => {
                    if let Ok(literal) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        found.push(literal.value());
                    }
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(text.parse().expect("the file is Rust"), &mut found);
    found
}

/// A Rust file with every literal and comment emptied: what a hostile text must not change.
fn skeleton(text: &str) -> String {
    fn emptied(tokens: TokenStream) -> String {
        let piece = |token| match token {
            TokenTree::Group(group) => {
                format!("{:?}[{}]", group.delimiter(), emptied(group.stream()))
            }
            TokenTree::Literal(_) => " \"\" ".to_owned(),
            // A trailing comma comes with a line break, and goes with it.
            TokenTree::Punct(punct) if punct.as_char() == ',' => String::new(),
            other => format!(" {other} "),
        };
        tokens.into_iter().map(piece).collect()
    }
    emptied(text.parse().expect("the file is Rust"))
}

#[test]
fn no_text_of_a_spec_becomes_rust() {
    let (_, plain) = &crafted()[0];
    for (text, crafted) in crafted() {
        for (path, file) in crafted.iter().filter(|(path, _)| ending(path) == "rs") {
            assert_eq!(skeleton(file), skeleton(&plain[path]), "{path} of {text:?}");
        }
        let found = literals(&crafted["src/tools/orders.rs"]);
        for expected in [
            text.to_string(),
            format!("/shops/{{shop}}/orders{text}"),
            format!("note{text}"),
        ] {
            assert!(found.contains(&expected), "{expected:?} is in {found:?}");
        }
        assert!(literals(&crafted["src/tools/mod.rs"]).contains(&text.to_string()));
    }
}

#[test]
fn no_text_of_a_spec_changes_the_structure_of_a_configuration_file() {
    let (_, plain) = &crafted()[0];
    let shape = |path: &str, text: &str| -> Json {
        match ending(path) {
            "toml" => {
                let table: toml::Table = text
                    .parse()
                    .unwrap_or_else(|e| panic!("{path}: {e}\n{text}"));
                serde_json::to_value(table).expect("TOML is JSON")
            }
            "yml" | "yaml" => serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}")),
            _ => serde_json::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}\n{text}")),
        }
    };
    for (text, crafted) in crafted() {
        for (path, file) in crafted {
            let ending = ending(path);
            if !["toml", "yml", "yaml", "json"].contains(&ending) {
                continue;
            }
            let keys = |value: &Json| {
                let mut keys = Vec::new();
                value_keys(value, &mut keys);
                keys
            };
            let is_table = !path.starts_with("schemas/") && path != "tests/wire.json";
            let (crafted, plain) = (shape(path, file), shape(path, &plain[path]));
            if is_table {
                assert_eq!(keys(&crafted), keys(&plain), "{path} of {text:?}");
            }
            if path == "Cargo.toml" {
                assert_eq!(
                    crafted["package"]["description"],
                    json!(format!("MCP server for {text}"))
                );
            }
            if path == ".github/workflows/ci.yml" || path == "compose.yaml" {
                assert_eq!(crafted, plain, "{path} does not depend on {text:?}");
            }
        }
    }
}

fn value_keys(value: &Json, keys: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            for (key, value) in fields {
                keys.push(key.clone());
                value_keys(value, keys);
            }
        }
        Json::Array(items) => {
            for item in items {
                value_keys(item, keys);
            }
        }
        _ => {}
    }
}

#[test]
fn no_text_of_a_spec_adds_a_line_to_a_file_without_structure() {
    let (_, plain) = &crafted()[0];
    let shown = |text: &str| !quote::one_line(text).is_empty();
    for (text, crafted) in crafted().iter().filter(|(text, _)| shown(text)) {
        for path in [
            "Dockerfile",
            ".env.example",
            "README.md",
            "RUNBOOK.md",
            ".gitignore",
            ".dockerignore",
        ] {
            assert_eq!(
                crafted[path].lines().count(),
                plain[path].lines().count(),
                "{path} of {text:?}:\n{}",
                crafted[path]
            );
        }
        for line in crafted["Dockerfile"].lines() {
            let instruction = line.split(' ').next().unwrap_or_default();
            assert!(
                [
                    "",
                    "#",
                    "FROM",
                    "WORKDIR",
                    "COPY",
                    "RUN",
                    "LABEL",
                    "ENV",
                    "EXPOSE",
                    "USER",
                    "HEALTHCHECK",
                    "ENTRYPOINT"
                ]
                .contains(&instruction),
                "{line}"
            );
        }
        for line in crafted[".env.example"].lines() {
            assert!(line.is_empty() || line.starts_with("# "), "{line}");
        }
        assert!(
            !crafted["README.md"].contains("<script>") && !crafted["README.md"].contains("<img")
        );
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    assert_eq!(files(&plan("a")), files(&plan("a")));
}

#[test]
fn a_tool_reads_at_a_glance() {
    let text = &files(&plan("List my orders"))["src/tools/orders.rs"];
    let start = text.find("    // POST").expect("the headline is a comment");
    let expected = r#"    // POST /shops/{shop}/ordersList my orders — List my orders
    ToolDef::new("create_order", "POST", "/shops/{shop}/ordersList my orders")
        .title("List my orders")
        .description("List my orders")
        .operation_id("List my orders")
        .parameters(
            &[
                Parameter::path("shop"),
                Parameter::query("fields"),
                Parameter::header("List my orders").argument("trace"),
            ],
        )
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("noteList my orders")
                                .argument("note")
                                .content_type("List my orders")
                                .headers(&[("List my orders", "List my orders")])
                                .xml_hints("List my orders"),
                        ],
                    ),
                )
                .xml_hints("List my orders")
                .choice(
                    &Choice::new(
                        "List my orders",
                        &[
                            Alternative::new("List my orders", BodyFormat::Xml)
                                .xml_hints("List my orders"),
                        ],
                    ),
                ),
        )
        .accept("application/json")
        .security(&[&[Need::scheme("List my orders").scopes(&["List my orders"])]])
        .hints(Hints::READ.open_world(false))
        .result(ResultShape::Object)
        .resource("List my orders"),
];
"#;
    assert_eq!(&text[start..], expected);
}

#[test]
fn the_precise_schema_is_left_out_where_it_is_the_advertised_one() {
    let mut plan = plan("a");
    let mut other = tool("other", "a");
    other.precise = other.advertised.clone();
    other.output = None;
    other.whole_description = None;
    other.is_partial = false;
    plan.groups[0].tools.push(other);
    let text = &files(&plan)["schemas/orders.json"];
    let value: Json = serde_json::from_str(text).expect("JSON");
    assert_eq!(
        value["create_order"]["precise"],
        plan.groups[0].tools[0].precise
    );
    assert_eq!(
        value["other"].as_object().map(serde_json::Map::len),
        Some(1)
    );
    // A line for the object, each schema and each closing brace: a changed schema is a changed line.
    assert_eq!(text.lines().count(), 2 + 7 + 3);
}

#[test]
fn the_owners_dependencies_make_the_lock_theirs() {
    let facts = CrateFacts {
        dependencies: [("uuid".to_owned(), toml::Value::from("1"))].into(),
        ..CrateFacts::default()
    };
    let tree = crate_files(&plan("a"), facts);
    let owner = |path: &str| tree.get(path).map(|file| file.owner);
    assert_eq!(owner("Cargo.lock"), Some(Ownership::Owner));
    assert_eq!(owner("src/custom.rs"), Some(Ownership::Owner));
    assert_eq!(owner("Cargo.toml"), Some(Ownership::Generated));
}

#[test]
fn a_member_of_a_workspace_has_no_profile() {
    let facts = CrateFacts {
        workspace_member: true,
        ..CrateFacts::default()
    };
    let manifest = |facts| {
        let tree = crate_files(&plan("a"), facts);
        let file = tree.get("Cargo.toml").expect("there is a manifest");
        let text = std::str::from_utf8(&file.bytes).expect("text");
        text.parse::<toml::Table>().expect("TOML")
    };
    assert!(!manifest(facts).contains_key("profile"));
    assert!(manifest(CrateFacts::default()).contains_key("profile"));
}

#[test]
fn features_that_were_asked_for_are_on_by_default() {
    let facts = CrateFacts {
        features: vec!["jwt".to_owned()],
        ..CrateFacts::default()
    };
    let tree = crate_files(&plan("a"), facts);
    let file = tree.get("Cargo.toml").expect("there is a manifest");
    let text = std::str::from_utf8(&file.bytes).expect("text");
    let manifest: toml::Table = text.parse().expect("TOML");
    let features = manifest["features"].as_table().expect("a table");
    let default = toml::Value::from(vec!["http", "jwt"]);
    assert_eq!(features["default"], default);
    let mut names: Vec<&str> = features.keys().map(String::as_str).collect();
    names.retain(|name| !["default", "http"].contains(name));
    let mut known = crate::config::FEATURES;
    known.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn the_runtime_is_copied_byte_for_byte() {
    let files = files(&plan("a"));
    let runtime = include_str!("../../templates/crate/src/runtime/tool/mod.rs");
    assert_eq!(files["src/runtime/tool/mod.rs"], runtime);
}

#[test]
fn the_dependencies_are_those_that_the_runtime_is_tested_with() {
    let ours: toml::Table = include_str!("../../Cargo.toml").parse().expect("TOML");
    let theirs: toml::Table = files(&plan("a"))["Cargo.toml"].parse().expect("TOML");
    let table = theirs["dependencies"].as_table().expect("a table");
    for (name, value) in table {
        assert_eq!(Some(value), ours["dependencies"].get(name), "{name}");
    }
    assert_eq!(theirs["lints"], ours["lints"]);
    let features = theirs["features"].as_table().expect("a table");
    for (name, value) in features.iter().filter(|(name, _)| *name != "default") {
        assert_eq!(Some(value), ours["features"].get(name), "{name}");
    }
    assert_eq!(
        theirs["package"]["rust-version"],
        ours["package"]["rust-version"]
    );
}

#[test]
fn the_lock_vouches_for_every_generated_file() {
    let files = files(&plan("a"));
    let lock = Lock::parse(&files["mcpgen.lock"]).expect("a lock");
    for (path, text) in &files {
        let known = lock.files.get(path);
        let vouched = known == Some(&hash(text.as_bytes()));
        assert!(
            vouched || ["mcpgen.lock", "src/custom.rs", "server.json"].contains(&path.as_str()),
            "{path}"
        );
    }
}

#[test]
fn an_api_without_credentials_or_base_url_is_fine_too() {
    let mut plan = plan("a");
    plan.schemes.clear();
    plan.servers[0].url = None;
    plan.groups[0].tools[0].security.clear();
    let files = files(&plan);
    for (path, text) in files.iter().filter(|(path, _)| ending(path) == "json") {
        assert!(
            serde_json::from_str::<Json>(text).is_ok(),
            "{path}:\n{text}"
        );
    }
    assert!(files["README.md"].contains("none: it has to be set"));
    assert!(files["clients/vscode.json"].contains("API_BASE_URL"));
}

#[test]
fn the_lock_of_generated_crates_has_the_versions_of_our_own() {
    let packages = |text: &str| -> BTreeSet<String> {
        let lock: toml::Table = text.parse().expect("TOML");
        let packages = lock["package"].as_array().expect("a list").iter();
        packages
            .map(|package| format!("{} {}", package["name"], package["version"]))
            .collect()
    };
    let ours = packages(include_str!("../../Cargo.lock"));
    let files = files(&plan("a"));
    let theirs = packages(&files["Cargo.lock"]);
    let other: Vec<_> = theirs.difference(&ours).collect();
    assert_eq!(
        other,
        ["\"shop-mcp\" \"0.1.0\""],
        "run templates/update-lock"
    );
    let manifest: toml::Table = files["Cargo.toml"].parse().expect("TOML");
    for name in manifest["dependencies"].as_table().expect("a table").keys() {
        let found = theirs
            .iter()
            .any(|package| package.starts_with(&format!("\"{name}\" ")));
        assert!(found, "run templates/update-lock: {name} is not locked");
    }
}
