//! The precise and the advertised schema.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{api, operation, planned, tool, validator, with_schemas};
use crate::api::Api;
use crate::diagnostic::Code;
use crate::plan::{Plan, PlanOptions, Tool, schema};

/// The advertised schema of a nested value, which is the query parameter `q` as JSON.
fn advertised(schema: &Value) -> Value {
    let tool = body(json!({"type": "object", "properties": {"q": schema}}), &[]).1;
    tool.advertised["properties"]["q"].clone()
}

fn body(schema: Value, schemas: &[(&str, Value)]) -> (Plan, Tool, Vec<Code>) {
    let (plan, codes) = planned(&body_api(schema, schemas), &PlanOptions::default());
    let tool = plan.groups[0].tools[0].clone();
    (plan, tool, codes)
}

fn body_api(schema: Value, schemas: &[(&str, Value)]) -> Api {
    let operation = operation("POST", "/a").body(true, &[("application/json", schema)]);
    with_schemas(api([operation]), schemas)
}

#[test]
fn types_become_one_type_each() {
    for (schema, shown) in [
        (
            json!({"type": ["string", "null"], "maxLength": 3}),
            json!({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}),
        ),
        (
            json!({"enum": ["a", "a", null]}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        ),
        (json!({"const": 3}), json!({"type": "integer", "enum": [3]})),
        (json!(true), json!({})),
        (
            json!({"type": ["integer", "number"]}),
            json!({"type": "number"}),
        ),
        (
            json!({"type": "array"}),
            json!({"type": "array", "items": {}}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"oneOf": [{"type": "integer"}, {"type": "string"}]}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}], "default": "x", "title": "T"}),
            json!({"default": "x", "anyOf": [{"type": "string"}, {"type": "null"}]}),
        ),
        (
            json!({"anyOf": [{"type": "string", "minLength": 1}]}),
            json!({"type": "string", "minLength": 1}),
        ),
    ] {
        assert_eq!(advertised(&schema), shown, "{schema}");
    }
}

#[test]
fn all_of_is_merged_to_what_all_of_them_allow() {
    let merged = advertised(&json!({
        "allOf": [
            {"type": ["string", "integer"], "enum": ["a", "b", 3], "description": "First."},
            {"type": "string", "enum": ["b", "c"], "minLength": 1, "maxLength": 9},
            {"maxLength": 5}
        ]
    }));
    assert_eq!(
        merged,
        json!({"type": "string", "description": "First.", "enum": ["b"], "minLength": 1, "maxLength": 5})
    );
}

#[test]
fn words_of_openapi_do_not_reach_the_client() {
    let shown = advertised(&json!({
        "type": "object",
        "xml": {"name": "x"}, "x-internal": 1, "title": "T", "$schema": "s", "$id": "i", "deprecated": true,
        "discriminator": {"propertyName": "kind"}, "externalDocs": {},
        "properties": {"kind": {"type": "string", "writeOnly": true}, "id": {"readOnly": true}}
    }));
    assert_eq!(
        shown,
        json!({"type": "object", "description": "Deprecated.", "properties": {"kind": {"type": "string"}}})
    );
}

#[test]
fn a_query_parameter_is_never_null() {
    let shown = tool(operation("GET", "/a").query("q", json!({"type": ["string", "null"]})));
    assert_eq!(
        shown.advertised["properties"]["q"],
        json!({"type": "string"})
    );
}

#[test]
fn an_item_of_a_query_parameter_is_never_null() {
    let items = json!({"enum": ["a", null], "type": ["string", "null"]});
    let shown = tool(operation("GET", "/a").query("q", json!({"type": "array", "items": items})));
    assert_eq!(
        shown.advertised["properties"]["q"],
        json!({"type": "array", "items": {"type": "string", "enum": ["a"]}})
    );
}

#[test]
fn forms_that_are_left_open_tell_the_type_that_all_have() {
    let form =
        |name: &str| json!({"properties": {name: {"$ref": "#/$defs/Any"}}, "required": [name]});
    let any = json!({"oneOf": [form("a"), form("b")]});
    let schema = json!({"type": "object", "properties": {"q": {"$ref": "#/$defs/Any"}}});
    let (_, tool, _) = body(schema, &[("Any", any)]);
    let text = tool.advertised.to_string();
    let open = r#"{"type":"object","description":"Several forms are accepted."}"#;
    assert!(text.contains(open), "{text}");
}

/// RFC 6570 §2.3: an empty list is undefined, so that nothing would be sent.
#[test]
fn a_required_list_outside_of_the_body_has_an_item() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let closed = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false});
    let mut operation = operation("GET", "/a")
        .query("needed", list.clone())
        .query("filter", json!({"type": "object"}))
        .query("closed", closed)
        .query("optional", list.clone())
        .body(true, &[("application/json", list)]);
    for parameter in &mut operation.parameters[..3] {
        parameter.required = true;
    }
    let tool = tool(operation);
    let shown = &tool.advertised["properties"];
    assert_eq!(shown["needed"]["minItems"], 1);
    assert_eq!(shown["filter"]["minProperties"], 1);
    for name in ["closed", "optional", "body"] {
        assert!(shown[name].get("minItems").is_none(), "{name}");
        assert!(shown[name].get("minProperties").is_none(), "{name}");
    }
}

#[test]
fn one_text_serves_both_when_nothing_was_lost() {
    let tool =
        tool(operation("GET", "/a").query("q", json!({"type": "string", "description": "Q."})));
    assert_eq!(tool.precise, tool.advertised);
}

#[test]
fn recursion_is_unrolled_a_little_and_kept_in_the_precise_schema() {
    let node = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "child": {"$ref": "#/$defs/Node"}},
        "required": ["name"], "additionalProperties": false
    });
    let (plan, tool, codes) = body(json!({"$ref": "#/$defs/Node"}), &[("Node", node)]);
    let text = tool.advertised.to_string();
    assert_eq!(text.matches("\"name\":{").count(), 3, "{text}");
    assert!(text.contains("More fields are accepted: name (required), child."));
    let deep =
        json!({"name": "a", "child": {"name": "b", "child": {"name": "c", "child": {"nam": 1}}}});
    assert!(!validator(&plan, &tool).is_valid(&deep));
    assert_eq!(codes, []);
}

#[test]
fn a_schema_that_inlines_to_billions_costs_nothing() {
    let mut schemas = Vec::new();
    let names: Vec<String> = (0..40).map(|level| format!("L{level}")).collect();
    for (level, name) in names.iter().enumerate().take(39) {
        let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
        let schema = json!({"type": "object", "properties": {"a": next, "b": next, "c": next}});
        schemas.push((name.as_str(), schema));
    }
    schemas.push((names[39].as_str(), json!({"type": "string"})));
    let (_, tool, codes) = body(json!({"$ref": "#/$defs/L0"}), &schemas);
    assert!(schema::json_chars(&tool.advertised) <= 8_000);
    assert_eq!(codes, [Code::SchemaLeftOpen]);
}

#[test]
fn what_does_not_fit_is_left_open_required_parts_last() {
    let fields = |count: usize| -> Value {
        let properties: serde_json::Map<String, Value> = (0..count)
            .map(|index| {
                (
                    format!("some_field_{index}"),
                    json!({"type": "string", "description": "Some text."}),
                )
            })
            .collect();
        json!({"type": "object", "properties": properties})
    };
    let schema = json!({
        "type": "object",
        "properties": {"optional": fields(90), "needed": fields(90)},
        "required": ["needed"]
    });
    let (_, tool, codes) = body(schema, &[]);
    let properties = &tool.advertised["properties"];
    let shown = |name: &str| {
        properties[name]["properties"]
            .as_object()
            .map_or(0, serde_json::Map::len)
    };
    assert_eq!(shown("needed"), 90);
    assert!(shown("optional") < 90);
    let note = properties["optional"]["description"]
        .as_str()
        .expect("a note");
    assert!(
        note.starts_with("More fields are accepted: some_field_"),
        "{note}"
    );
    assert_eq!(codes, [Code::SchemaLeftOpen]);
}

#[test]
fn texts_are_cut_before_arguments_are() {
    let mut operation = operation("GET", "/a");
    for index in 0..150 {
        operation = operation.query(
            &format!("p{index}"),
            json!({"type": "string", "description": "A sentence. ".repeat(20)}),
        );
    }
    let tool = tool(operation);
    assert!(schema::json_chars(&tool.advertised) <= 8_000);
    assert_eq!(tool.arguments().count(), 150);
}

#[test]
fn hundreds_of_arguments_leave_the_root_open() {
    let mut operation = operation("GET", "/a");
    for index in 0..600 {
        operation = operation.query(&format!("parameter_{index}"), json!({"type": "string"}));
    }
    let last = operation.parameters.len() - 1;
    operation.parameters[last].required = true;
    let tool = tool(operation);
    assert!(schema::json_chars(&tool.advertised) <= 8_000);
    assert_eq!(tool.advertised["required"], json!(["parameter_599"]));
    assert_eq!(tool.advertised["additionalProperties"], json!(true));
    let count = tool.precise["properties"]
        .as_object()
        .map(serde_json::Map::len);
    assert_eq!(count, Some(600));
}

#[test]
fn a_long_enum_that_does_not_fit_is_told_in_words() {
    let values: Vec<String> = (0..2_000).map(|index| format!("value-{index}")).collect();
    let schema = json!({"type": "object", "properties": {"q": {"type": "string", "enum": values}}});
    let (plan, tool, _) = body(schema, &[]);
    let shown = &tool.advertised["properties"]["q"];
    assert!(shown.get("enum").is_none());
    let note = shown["description"].as_str().expect("a note");
    assert!(
        note.starts_with("One of 2000 values, such as value-0, value-1"),
        "{note}"
    );
    assert!(validator(&plan, &tool).is_valid(&json!({"q": "value-1999"})));
    assert!(!validator(&plan, &tool).is_valid(&json!({"q": "value-2000"})));
}

#[test]
fn a_key_that_providers_refuse_is_named_and_not_listed() {
    let shown = advertised(&json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "filter[x]": {"type": "string"}},
        "required": ["filter[x]"]
    }));
    assert_eq!(
        shown,
        json!({
            "type": "object",
            "description": "More fields are accepted: filter[x] (required).",
            "properties": {"a": {"type": "string"}}
        })
    );
}

#[test]
fn a_bad_pattern_is_dropped_and_said() {
    let schema =
        json!({"type": "object", "properties": {"q": {"type": "string", "pattern": "[z-a]"}}});
    let (plan, tool, codes) = body(schema, &[]);
    assert_eq!(codes, [Code::InvalidPattern]);
    assert_eq!(
        tool.advertised["properties"]["q"],
        json!({"type": "string", "description": "Pattern: `[z-a]`."})
    );
    assert!(validator(&plan, &tool).is_valid(&json!({"q": "anything"})));
}

#[test]
fn a_default_that_does_not_fit_is_dropped_and_said() {
    let schema =
        json!({"type": "object", "properties": {"q": {"type": "integer", "default": "ten"}}});
    let (_, tool, codes) = body(schema, &[]);
    assert_eq!(codes, [Code::InvalidDefault]);
    assert_eq!(
        tool.advertised["properties"]["q"],
        json!({"type": "integer"})
    );
}

#[test]
fn a_keyword_of_the_wrong_shape_is_dropped_and_said() {
    let schema = json!({"type": "object", "properties": {"q": {"type": "text", "minLength": "1", "enum": []}}});
    let (plan, tool, codes) = body(schema, &[]);
    assert_eq!(codes, [Code::InvalidSchema; 3]);
    assert!(validator(&plan, &tool).is_valid(&json!({"q": 1})));
}

#[test]
fn forms_that_overlap_are_no_trap() {
    let schema = json!({
        "type": "object",
        "properties": {"q": {"oneOf": [{"type": "string"}, {"type": "string", "format": "date"}]}}
    });
    let (plan, tool, _) = body(schema, &[]);
    assert!(validator(&plan, &tool).is_valid(&json!({"q": "2026-01-01"})));
    assert!(!validator(&plan, &tool).is_valid(&json!({"q": 1})));
}

#[test]
fn parts_that_each_forbid_the_others_fields_do_not() {
    let schemas = [
        (
            "A",
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
        ),
        (
            "B",
            json!({"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": false}),
        ),
    ];
    let both = json!({"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]});
    let schema = json!({"type": "object", "properties": {"q": both, "a": {"$ref": "#/$defs/A"}}});
    let (plan, tool, _) = body(schema, &schemas);
    let validator = validator(&plan, &tool);
    assert!(validator.is_valid(&json!({"q": {"a": "x", "b": "y"}})));
    assert!(!validator.is_valid(&json!({"q": {"a": 1}})));
    assert!(!validator.is_valid(&json!({"a": {"b": "x"}})));
}

#[test]
fn schemas_that_only_refer_to_each_other_end() {
    let schemas = [
        ("A", json!({"$ref": "#/$defs/B"})),
        (
            "B",
            json!({"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}),
        ),
    ];
    let schema = json!({"type": "object", "properties": {"q": {"$ref": "#/$defs/A"}}});
    let (plan, tool, _) = body(schema, &schemas);
    assert!(validator(&plan, &tool).is_valid(&json!({"q": 1})));
}

#[test]
fn a_base_that_lists_its_heirs_can_be_inherited_from() {
    let schemas = [
        (
            "Pet",
            json!({
                "type": "object",
                "properties": {"kind": {"type": "string"}}, "required": ["kind"],
                "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"feline": "#/components/schemas/Cat"}
                }
            }),
        ),
        (
            "Cat",
            json!({"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"claws": {"type": "integer"}}}]}),
        ),
        (
            "Dog",
            json!({"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"bark": {"type": "string"}}}]}),
        ),
    ];
    let (_, tool, _) = body(json!({"$ref": "#/$defs/Cat"}), &schemas);
    let names: Vec<&str> = tool.arguments().collect();
    assert_eq!(names, ["kind", "claws"]);
    let pet = json!({"type": "object", "properties": {"pet": {"$ref": "#/$defs/Pet"}}});
    let (plan, tool, _) = body(pet, &schemas);
    let forms = tool.advertised["properties"]["pet"]["anyOf"]
        .as_array()
        .expect("forms")
        .len();
    assert_eq!(forms, 2, "{}", tool.advertised);
    let cat = &tool.advertised["properties"]["pet"]["anyOf"][0];
    assert_eq!(cat["description"], "For `kind` `feline`.");
    assert_eq!(
        cat["properties"]["kind"],
        json!({"type": "string", "enum": ["feline"]})
    );
    assert!(validator(&plan, &tool).is_valid(&json!({"pet": {"kind": "cat", "claws": 3}})));
}

#[test]
fn fields_that_go_together_are_told_in_words() {
    let shown = advertised(&json!({
        "type": "object",
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}]
    }));
    assert_eq!(shown["description"], "Give one of: id; name.");
    assert!(shown.get("anyOf").is_none());
}

#[test]
fn odd_names_of_shared_schemas_are_made_safe() {
    let name = "System.List`1[[a/b~c, d%]]";
    let reference = "#/$defs/System.List`1[[a~1b~0c, d%]]";
    let schema = json!({"type": "object", "properties": {"q": {"$ref": reference}}});
    let (plan, tool, _) = body(schema, &[(name, json!({"type": "integer"}))]);
    let mut defs = String::new();
    for name in plan.defs.keys() {
        let _ = write!(defs, "{name} ");
    }
    assert_eq!(defs, "System.List_1__a_b_c__d___ ");
    assert!(!validator(&plan, &tool).is_valid(&json!({"q": "x"})));
}

#[test]
fn only_what_is_referred_to_is_shared() {
    let schemas = [
        ("Used", json!({"type": "string"})),
        ("Unused", json!({"type": "string"})),
    ];
    let schema = json!({"type": "object", "properties": {"q": {"type": "array", "items": {"$ref": "#/$defs/Used"}}}});
    let tool_and_plan = body(schema, &schemas);
    // A simple schema is inlined without loss; then nothing is shared by reference in it.
    let names: Vec<&String> = tool_and_plan.0.defs.keys().collect();
    assert_eq!(names, ["Used"]);
}

#[test]
fn items_with_places_of_their_own_are_told_in_their_order() {
    let tuple = json!({
        "type": "array",
        "prefixItems": [{"type": "object", "properties": {"author": {}, "year": {}}}, {"type": ["string", "null"]}],
        "items": {"type": "integer"}
    });
    let tool = tool(operation("POST", "/a").body(true, &[("application/json", tuple.clone())]));
    let body = &tool.advertised["properties"]["body"];
    assert_eq!(body["items"], json!({}));
    let description = body["description"].as_str().expect("a description");
    let told =
        "The items in their order: an object with author and year; string or null; then integer.";
    assert!(description.ends_with(told), "{description}");
    assert_eq!(
        tool.precise["properties"]["body"]["prefixItems"],
        tuple["prefixItems"]
    );
}

/// A chain of choices, each of the next one in two ways, that asks at its start what was evaluated.
fn doubling(levels: usize) -> Vec<(String, Value)> {
    let mut schemas: Vec<(String, Value)> = (0..levels)
        .map(|level| {
            let next = json!({"$ref": format!("#/$defs/S{}", level + 1)});
            (format!("S{level}"), json!({"anyOf": [next, next]}))
        })
        .collect();
    schemas[0].1["unevaluatedProperties"] = json!(false);
    let last = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    schemas.push((format!("S{levels}"), last));
    schemas
}

#[test]
fn what_was_evaluated_is_not_asked_where_that_doubles_without_end() {
    let schema = json!({"type": "object", "properties": {"v": {"$ref": "#/$defs/S0"}}});
    for (levels, told) in [(4, &[][..]), (60, &[Code::SchemaLeftOpen])] {
        let schemas = doubling(levels);
        let schemas: Vec<(&str, Value)> = (schemas.iter())
            .map(|(name, schema)| (name.as_str(), schema.clone()))
            .collect();
        let (plan, tool, codes) = body(schema.clone(), &schemas);
        let codes: Vec<Code> = (codes.into_iter().collect::<std::collections::BTreeSet<_>>())
            .into_iter()
            .collect();
        assert_eq!(codes, told);
        let is_asked = plan.defs["S0"].get("unevaluatedProperties").is_some();
        assert_eq!(is_asked, told.is_empty());
        if is_asked {
            let validator = validator(&plan, &tool);
            assert!(validator.is_valid(&json!({"v": {"a": "x"}})));
            assert!(!validator.is_valid(&json!({"v": {"b": "x"}})));
        }
    }
    let nested = (0..30).fold(
        json!({}),
        |inner, _| json!({"type": "object", "unevaluatedProperties": inner}),
    );
    let (_, _, codes) = body(json!({"type": "object", "properties": {"v": nested}}), &[]);
    assert!(codes.contains(&Code::SchemaLeftOpen));
}

#[test]
fn beside_its_parts_a_schema_knows_all_properties() {
    let open = json!({"type": "object", "properties": {"b": {"type": "string"}}, "allOf": [{"properties": {"a": {"type": "string"}}}], "unevaluatedProperties": false});
    let part = json!({"$ref": "#/$defs/A", "properties": {"b": {"type": "string"}}, "unevaluatedProperties": false});
    let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    for schema in [open, part] {
        let schema = json!({"type": "object", "properties": {"v": schema}});
        let (plan, tool, codes) = body(schema, &[("A", closed.clone())]);
        assert_eq!(codes, []);
        let validator = validator(&plan, &tool);
        assert!(validator.is_valid(&json!({"v": {"a": "x", "b": "x"}})));
        assert!(!validator.is_valid(&json!({"v": {"z": "x"}})));
    }
}

#[test]
fn a_choice_of_one_is_exact_where_wider_would_refuse() {
    let number = (
        "N",
        json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
    );
    let closed = json!({"allOf": [{"required": ["a"]}, {"properties": {"a": {}}, "additionalProperties": false}]});
    for (schema, valid, invalid) in [
        (
            json!({"not": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}}),
            json!({"a": 1, "b": 2}),
            json!({"a": 1}),
        ),
        (
            json!({"if": {"$ref": "#/$defs/N"}, "then": {"minimum": 10}}),
            json!(1),
            json!(1.5),
        ),
        (
            json!({"not": closed}),
            json!({"a": 1, "b": 2}),
            json!({"a": 1}),
        ),
        (json!({"$ref": "#/$defs/N"}), json!(1), json!("x")),
        (
            json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            json!({"b": 2}),
            json!({"a": 1, "b": 2}),
        ),
        (
            json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["a", "b"]}]}),
            json!({"a": 1, "b": 2}),
            json!({}),
        ),
    ] {
        let shown = schema.to_string();
        let schema = json!({"type": "object", "properties": {"v": schema}});
        let (plan, tool, _) = body(schema, std::slice::from_ref(&number));
        let validator = validator(&plan, &tool);
        assert!(validator.is_valid(&json!({"v": valid})), "{shown}");
        assert!(!validator.is_valid(&json!({"v": invalid})), "{shown}");
    }
}

#[test]
fn a_form_of_a_base_that_lists_its_types_has_its_own() {
    let of = |field: &str| json!({"allOf": [{"$ref": "#/$defs/Ev"}, {"properties": {field: {"type": "string"}}}]});
    let schemas = [
        (
            "Ev",
            json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": ["Dog", "feline"]}}}),
        ),
        ("Dog", of("bark")),
        ("Cat", of("meow")),
    ];
    let pet = json!({
        "oneOf": [{"$ref": "#/$defs/Dog"}, {"$ref": "#/$defs/Cat"}],
        "discriminator": {"propertyName": "type", "mapping": {"feline": "#/components/schemas/Cat"}}
    });
    let pet = json!({"type": "object", "properties": {"pet": pet}});
    let (_, tool, _) = body(pet, &schemas);
    let forms = &tool.advertised["properties"]["pet"]["anyOf"];
    for (form, value) in [(0, "Dog"), (1, "feline")] {
        let shown = &forms[form]["properties"]["type"];
        assert_eq!(*shown, json!({"type": "string", "enum": [value]}));
        let told = format!("For `type` `{value}`.");
        assert_eq!(forms[form]["description"], told);
    }
}
