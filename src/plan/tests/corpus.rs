//! Every rule of a plan, tried on every spec of a directory of real ones (`MCPGEN_CORPUS`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostics, Severity};
use crate::plan::{Plan, PlanOptions, Tool, plan, schema};
use crate::spec;

#[test]
fn plans_of_real_specs_obey_every_rule() {
    for path in real_specs() {
        let mut diagnostics = Diagnostics::new();
        let Some(api) = api(&path, &mut diagnostics) else {
            continue;
        };
        let mut of_plan = Diagnostics::new();
        let Some(plan) = plan(&api, &PlanOptions::default(), &mut of_plan) else {
            assert!(
                of_plan.has_errors(),
                "{}: no plan and no word why",
                path.display()
            );
            continue;
        };
        assert_eq!(
            of_plan.count(Severity::Error),
            0,
            "{}: {:?}",
            path.display(),
            of_plan.into_vec()
        );
        check(&path.display().to_string(), &plan);
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests has to know what was not tried"
)]
fn real_specs() -> Vec<PathBuf> {
    let directory = std::env::var_os("MCPGEN_CORPUS")
        .map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let mut specs = Vec::new();
    let Ok(entries) = std::fs::read_dir(&directory) else {
        eprintln!(
            "no corpus at {}: set MCPGEN_CORPUS to try real documents",
            directory.display()
        );
        return specs;
    };
    let mut directories: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    directories.sort();
    for directory in directories {
        let files = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten();
        let is_spec = |path: &PathBuf| {
            path.extension()
                .is_some_and(|it| it == "json" || it == "yaml" || it == "yml")
        };
        specs.extend(files.map(|entry| entry.path()).filter(is_spec));
    }
    specs
}

fn api(path: &Path, diagnostics: &mut Diagnostics) -> Option<crate::api::Api> {
    let document = spec::testing::read_at(path, diagnostics)?;
    Some(spec::lower(&document, diagnostics))
}

fn check(spec: &str, plan: &Plan) {
    assert!(
        plan.name.len() <= 19 && is_made_of(&plan.name, "-"),
        "{spec}: server name {}",
        plan.name
    );
    let definitions = definitions(plan);
    let mut names = BTreeSet::new();
    let mut modules = BTreeSet::new();
    for group in &plan.groups {
        assert!(
            modules.insert(&group.module),
            "{spec}: module {} twice",
            group.module
        );
        assert!(group.module.len() <= 40 && is_made_of(&group.module, "_"));
        for tool in &group.tools {
            let label = format!("{spec}: {}", tool.name);
            assert!(names.insert(&tool.name), "{label} twice");
            assert!(
                tool.name.len() <= 40 && is_made_of(&tool.name, "_"),
                "{label}"
            );
            check_texts(&label, tool);
            check_arguments(&label, tool);
            check_advertised(&label, tool);
            check_precise(&label, tool, &definitions);
        }
    }
}

fn is_made_of(name: &str, separator: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || separator.contains(c))
}

fn check_texts(label: &str, tool: &Tool) {
    assert!(!tool.title.is_empty(), "{label}: no title");
    assert!(tool.title.chars().count() <= 80, "{label}: {}", tool.title);
    assert!(!tool.description.is_empty(), "{label}: no description");
    assert!(tool.description.chars().count() <= 1_024, "{label}");
    assert!(tool.accept.is_ascii() && !tool.accept.contains(['\r', '\n']));
}

fn check_arguments(label: &str, tool: &Tool) {
    let properties = tool.advertised["properties"]
        .as_object()
        .expect("properties at the root");
    let is_whole = tool.advertised["additionalProperties"] == json!(false);
    let mut used: Vec<&str> = tool
        .parameters
        .iter()
        .map(|parameter| parameter.argument.as_str())
        .collect();
    match tool.body.as_ref().map(|body| &body.source) {
        Some(crate::plan::BodySource::Whole(name) | crate::plan::BodySource::Object(name, _)) => {
            used.push(name);
        }
        Some(crate::plan::BodySource::Fields(fields)) => {
            used.extend(fields.iter().map(|field| field.argument.as_str()));
        }
        None => {}
    }
    let choice = tool.body.as_ref().and_then(|body| body.choice.as_ref());
    used.extend(choice.map(|(argument, _)| argument.as_str()));
    let distinct: BTreeSet<&str> = used.iter().copied().collect();
    assert_eq!(distinct.len(), used.len(), "{label}: {used:?}");
    for name in &used {
        assert!(
            (1..=64).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
            "{label}: argument {name}"
        );
        assert!(
            !is_whole || properties.contains_key(*name),
            "{label}: {name} is not advertised"
        );
    }
    assert!(
        properties
            .keys()
            .all(|name| distinct.contains(name.as_str()))
    );
}

fn check_advertised(label: &str, tool: &Tool) {
    let size = schema::json_chars(&tool.advertised);
    assert!(size <= 8_000, "{label}: {size} characters");
    let root = tool.advertised.as_object().expect("an object");
    assert_eq!(root["type"], "object", "{label}");
    for keyword in ["anyOf", "oneOf", "allOf", "not", "enum"] {
        assert!(
            !root.contains_key(keyword),
            "{label}: {keyword} at the root"
        );
    }
    walk(label, root, true);
    jsonschema::draft202012::meta::validate(&tool.advertised)
        .unwrap_or_else(|error| panic!("{label}: {error}"));
    if let Some(output) = &tool.output {
        assert_eq!(output["type"], "object", "{label}");
        assert!(schema::json_chars(output) <= 800, "{label}: {output}");
        jsonschema::draft202012::meta::validate(output)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let validator = jsonschema::draft202012::new(output).expect("an output schema");
        assert!(validator.is_valid(&json!({})), "{label}");
    }
}

fn walk(label: &str, schema: &Map<String, Value>, is_root: bool) {
    const KNOWN: &[&str] = &[
        "type",
        "description",
        "default",
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "contentEncoding",
        "contentMediaType",
    ];
    for keyword in schema.keys() {
        assert!(
            KNOWN.contains(&keyword.as_str()),
            "{label}: keyword {keyword}"
        );
    }
    if let Some(kind) = schema.get("type") {
        assert!(kind.is_string(), "{label}: type {kind}");
        assert_eq!(
            kind == "array",
            schema.contains_key("items"),
            "{label}: {schema:?}"
        );
    }
    let child = |value: &Value| {
        let map = value.as_object().unwrap_or_else(|| {
            panic!("{label}: {value} is no schema");
        });
        walk(label, map, false);
    };
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            assert!(
                (1..=64).contains(&name.len())
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)),
                "{label}: key {name}"
            );
            child(property);
        }
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = name.as_str().expect("a name");
            assert!(properties.contains_key(name), "{label}: required {name}");
        }
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(value) = schema
            .get(keyword)
            .filter(|value| !(is_root && value.is_boolean()))
        {
            child(value);
        }
    }
    for form in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        child(form);
    }
}

fn definitions(plan: &Plan) -> Value {
    let definitions: Map<String, Value> = plan
        .defs
        .iter()
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    Value::Object(definitions)
}

fn check_precise(label: &str, tool: &Tool, definitions: &Value) {
    let mut reached = Map::new();
    reach(label, &tool.precise, definitions, &mut reached);
    let mut precise = tool.precise.clone();
    precise["$defs"] = Value::Object(reached);
    let validator =
        jsonschema::draft202012::new(&precise).unwrap_or_else(|error| panic!("{label}: {error}"));
    check_defaults(label, tool, &validator);
    check_samples(label, tool, &validator, definitions);
    let unknown = json!({"no_such_argument_in_any_spec": 1});
    assert!(!validator.is_valid(&unknown), "{label}");
}

/// A default that is advertised is one that the precise schema takes.
fn check_defaults(label: &str, tool: &Tool, validator: &Validator) {
    let properties = tool.advertised["properties"]
        .as_object()
        .expect("properties");
    for (name, property) in properties {
        if let Some(default) = property.get("default") {
            let arguments = json!({ name: default });
            let path = format!("/{name}");
            let error = validator
                .iter_errors(&arguments)
                .find(|error| error.instance_path().to_string().starts_with(&path));
            assert!(error.is_none(), "{label}: default of {name}: {error:?}");
        }
    }
}

/// Takes the values away by which a discriminator tells forms apart: samples are made without a look at it.
fn without_pins(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let description = map.get("description").and_then(Value::as_str);
            let field = description
                .and_then(|text| text.split_once("For `")?.1.split_once("` `"))
                .map(|(field, _)| field.to_owned());
            if let Some(Value::Object(pinned)) =
                field.and_then(|field| map.get_mut("properties")?.get_mut(&field))
            {
                pinned.remove("enum");
            }
            map.values_mut().for_each(without_pins);
        }
        Value::Array(items) => items.iter_mut().for_each(without_pins),
        _ => {}
    }
}

/// What the advertised schema refuses the precise one refuses too.
fn check_samples(label: &str, tool: &Tool, validator: &Validator, definitions: &Value) {
    let mut advertised = tool.advertised.clone();
    without_pins(&mut advertised);
    let advertised = jsonschema::draft202012::new(&advertised)
        .unwrap_or_else(|error| panic!("{label}: {error}"));
    for choice in 0..4 {
        let sampler = Sampler {
            definitions,
            choice,
        };
        let mut sample = sampler.sample(&tool.precise, 0);
        // Only a body can say null.
        if let Value::Object(arguments) = &mut sample {
            let is_parameter =
                |name: &String| tool.parameters.iter().any(|it| it.argument == *name);
            arguments.retain(|name, value| !(value.is_null() && is_parameter(name)));
        }
        if validator.is_valid(&sample)
            && let Some(error) = advertised.iter_errors(&sample).next()
        {
            panic!("{label}: {sample} at {}: {error}", error.instance_path());
        }
    }
}

/// Makes values that often fit a schema: required fields for an even `choice`, all fields for an odd one.
struct Sampler<'s> {
    definitions: &'s Value,
    choice: usize,
}

impl Sampler<'_> {
    fn sample(&self, schema: &Value, depth: usize) -> Value {
        let Value::Object(map) = schema else {
            return json!({"anything": [1, null]});
        };
        if depth > 12 {
            return json!({});
        }
        if let Some(Value::String(reference)) = map.get("$ref") {
            let name = reference.trim_start_matches("#/$defs/");
            return self.sample(&self.definitions[name], depth + 1);
        }
        if let Some(Value::Array(values)) = map.get("enum") {
            return values[self.choice % values.len()].clone();
        }
        if let Some(value) = map.get("const") {
            return value.clone();
        }
        let mut made = self.of_type(map, depth);
        for keyword in ["anyOf", "allOf"] {
            let Some(Value::Array(branches)) = map.get(keyword) else {
                continue;
            };
            let chosen = if keyword == "allOf" {
                branches.as_slice()
            } else {
                let index = self.choice % branches.len();
                &branches[index..=index]
            };
            for branch in chosen {
                match (&mut made, self.sample(branch, depth + 1)) {
                    (Value::Object(made), Value::Object(more)) => made.extend(more),
                    (_, other) => made = other,
                }
            }
        }
        made
    }

    fn of_type(&self, map: &Map<String, Value>, depth: usize) -> Value {
        let kind = match map.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds[self.choice % kinds.len()].as_str().unwrap_or(""),
            _ if map.contains_key("properties") => "object",
            _ if map.contains_key("items") => "array",
            _ if map.contains_key("pattern") || map.contains_key("maxLength") => "string",
            _ if map.contains_key("minimum") => "number",
            _ => "",
        };
        let number = |keyword: &str| map.get(keyword).and_then(Value::as_u64);
        match kind {
            "object" | "" => {
                let mut object = Map::new();
                let required = map.get("required").and_then(Value::as_array);
                let is_required =
                    |name: &str| required.is_some_and(|names| names.iter().any(|it| it == name));
                for (name, schema) in map
                    .get("properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    if is_required(name) || (self.choice % 2 == 1 && depth < 7) {
                        object.insert(name.clone(), self.sample(schema, depth + 1));
                    }
                }
                if let Some(Value::Object(schema)) = map.get("additionalProperties") {
                    let value = self.sample(&Value::Object(schema.clone()), depth + 1);
                    object.insert("some key".to_owned(), value);
                }
                Value::Object(object)
            }
            "array" => {
                let count = number("minItems").unwrap_or(1).min(4);
                let item = map.get("items").cloned().unwrap_or(json!({}));
                (0..count).map(|_| self.sample(&item, depth + 1)).collect()
            }
            "string" => {
                let length = number("minLength").unwrap_or(3).min(200);
                json!("a".repeat(usize::try_from(length).unwrap_or(3)))
            }
            "integer" | "number" => map.get("minimum").cloned().unwrap_or(json!(1)),
            "boolean" => json!(true),
            _ => Value::Null,
        }
    }
}

fn reach(label: &str, schema: &Value, definitions: &Value, reached: &mut Map<String, Value>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let name = reference
                    .strip_prefix("#/$defs/")
                    .unwrap_or_else(|| panic!("{label}: {reference}"));
                let target = definitions
                    .get(name)
                    .unwrap_or_else(|| panic!("{label}: {reference} leads nowhere"));
                if !reached.contains_key(name) {
                    reached.insert(name.to_owned(), target.clone());
                    reach(label, target, definitions, reached);
                }
            }
            for (_, value) in map
                .iter()
                .filter(|(key, _)| *key != "enum" && *key != "const")
            {
                reach(label, value, definitions, reached);
            }
        }
        Value::Array(items) => {
            for item in items {
                reach(label, item, definitions, reached);
            }
        }
        _ => {}
    }
}
