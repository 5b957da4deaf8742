//! Advertised schemas for hosts with needs of their own, each held against that host's rules.

use serde_json::{Value, json};

use super::{api, operation, planned, with_schemas};
use crate::plan::{PlanOptions, SchemaProfile, Tool};

/// A tool whose input has nearly everything.
fn tool(profile: SchemaProfile, budget: usize) -> Tool {
    let schema = json!({
        "type": "object",
        "required": ["name", "pet"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "default": "Rex", "description": "Its name."},
            "age": {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 1},
            "size": {"type": "integer", "enum": [1, 2, 3]},
            "color": {"type": ["string", "null"], "enum": ["", "red", null]},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "anything": {},
            "list": {"type": "array", "uniqueItems": true},
            "pet": {"$ref": "#/$defs/Pet"}
        }
    });
    let pet = json!({
        "oneOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b.c": {"type": "string"}}},
            {"type": "object", "properties": {"next": {"$ref": "#/$defs/Pet"}}},
            {"type": "string"}
        ]
    });
    let operation = operation("POST", "/a").body(true, &[("application/json", schema)]);
    let options = PlanOptions {
        schema_profile: profile,
        schema_budget: budget,
        ..PlanOptions::default()
    };
    let (plan, _) = planned(&with_schemas(api([operation]), &[("Pet", pet)]), &options);
    plan.groups[0].tools[0].clone()
}

/// Calls back with every schema inside of a schema.
fn each(schema: &Value, depth: usize, look: &mut impl FnMut(&Value, usize)) {
    look(schema, depth);
    for (_, property) in schema["properties"].as_object().into_iter().flatten() {
        each(property, depth + 1, look);
    }
    for form in schema["anyOf"].as_array().into_iter().flatten() {
        each(form, depth, look);
    }
    if let Some(items) = schema.get("items") {
        each(items, depth + 1, look);
    }
}

#[test]
fn full_is_what_arguments_are_checked_against() {
    let tool = tool(SchemaProfile::Full, 100);
    assert_eq!(
        tool.advertised["properties"]["pet"],
        json!({"$ref": "#/$defs/Pet"})
    );
    assert_eq!(
        tool.advertised["properties"]["name"]["description"],
        "Its name."
    );
    assert_eq!(
        tool.advertised["$defs"]["Pet"]["anyOf"][2],
        json!({"type": "string"})
    );
    assert!(!tool.is_partial);
    jsonschema::draft202012::new(&tool.advertised).expect("a schema that stands alone");
}

#[test]
fn strict_schemas_are_closed_and_require_everything() {
    let tool = tool(SchemaProfile::OpenaiStrict, 2_000);
    assert!(tool.null_is_absent);
    each(&tool.advertised, 0, &mut |schema, depth| {
        assert!(depth <= 10);
        for keyword in [
            "default",
            "minLength",
            "uniqueItems",
            "oneOf",
            "allOf",
            "$ref",
        ] {
            assert!(schema.get(keyword).is_none(), "{keyword}: {schema}");
        }
        assert!(
            schema.get("type").is_some() != schema.get("anyOf").is_some(),
            "{schema}"
        );
        if schema["type"] == "object" {
            let properties = schema["properties"].as_object().expect("properties");
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(schema["required"], json!(names));
            assert_eq!(schema["additionalProperties"], json!(false));
        }
    });
    let properties = &tool.advertised["properties"];
    assert_eq!(
        properties["name"],
        json!({"type": "string", "description": "Its name. Default: \"Rex\"."})
    );
    assert_eq!(
        properties["age"],
        json!({"anyOf": [{"type": "integer", "exclusiveMinimum": 0, "multipleOf": 1}, {"type": "null"}]})
    );
    let labels = &properties["labels"]["anyOf"][0];
    assert_eq!(labels["type"], "string");
}

#[test]
fn gemini_schemas_have_only_what_google_knows() {
    const KNOWN: [&str; 18] = [
        "type",
        "format",
        "description",
        "nullable",
        "enum",
        "items",
        "properties",
        "required",
        "anyOf",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "pattern",
        "minProperties",
        "maxProperties",
    ];
    let tool = tool(SchemaProfile::Gemini, 2_000);
    each(&tool.advertised, 0, &mut |schema, _| {
        let keywords: Vec<&str> = schema
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert!(
            keywords.iter().all(|keyword| KNOWN.contains(keyword)),
            "{schema}"
        );
        if schema.get("anyOf").is_some() {
            assert_eq!(keywords, ["anyOf"]);
        } else {
            let kind = schema["type"].as_str().expect("one type");
            assert_ne!(kind, "null");
            assert!(schema.get("enum").is_none() || kind == "string", "{schema}");
            assert!(
                kind != "object"
                    || schema["properties"]
                        .as_object()
                        .is_some_and(|all| !all.is_empty())
            );
            assert!(kind != "array" || schema.get("items").is_some());
        }
    });
    let properties = &tool.advertised["properties"];
    assert_eq!(properties["age"], json!({"type": "integer", "minimum": 1}));
    assert_eq!(
        properties["size"],
        json!({"type": "integer", "description": "One of 1, 2, 3."})
    );
    assert_eq!(
        properties["color"],
        json!({"type": "string", "enum": ["red"], "nullable": true})
    );
    assert_eq!(
        properties["pet"]["anyOf"][0]["description"],
        "More fields are accepted: b.c."
    );
}

#[test]
fn every_profile_but_full_keeps_to_the_budget_and_says_where_the_rest_is() {
    for profile in [
        SchemaProfile::Portable,
        SchemaProfile::OpenaiStrict,
        SchemaProfile::Gemini,
    ] {
        let tool = tool(profile, 150);
        let size = tool.advertised.to_string().chars().count();
        assert!(
            size <= 600,
            "{}: {size} characters: {}",
            profile.as_str(),
            tool.advertised
        );
        assert!(tool.is_partial);
        let note = tool.advertised["description"].as_str().unwrap_or_default();
        let whole = format!("openapi://tools/{}/input-schema", tool.name);
        assert!(
            note.contains(&whole),
            "{}: {}",
            profile.as_str(),
            tool.advertised
        );
    }
}
