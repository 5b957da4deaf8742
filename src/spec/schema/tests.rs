use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::Api;
use crate::spec::testing::{Lowered, lowered};

/// Lowers component schemas that one operation refers to, each from its own response.
fn schemas(version: &str, yaml: &str) -> Lowered {
    let names: Vec<&str> = yaml
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_once(':').map(|(name, _)| name))
        .collect();
    let media_types: Vec<String> = names
        .iter()
        .map(|name| format!("t/{name}: {{schema: {{$ref: '#/components/schemas/{name}'}}}}"))
        .collect();
    let indented = format!("    {}\n", yaml.trim_end().replace('\n', "\n    "));
    lowered(&format!(
        "openapi: {version}\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {{get: {{responses: {{200: {{content: {{{}}}}}}}}}}}}}\ncomponents:\n  schemas:\n{indented}",
        media_types.join(", ")
    ))
}

/// A single schema `A` and the places of the warnings about it.
fn schema(version: &str, yaml: &str) -> (Value, Vec<String>) {
    let lowered = schemas(version, &format!("A: {yaml}"));
    let prefix = "invalid-schema /components/schemas/A/";
    let told = lowered
        .told()
        .iter()
        .map(|told| told.strip_prefix(prefix).unwrap_or(told).to_owned())
        .collect();
    (lowered.api.schemas["A"].clone(), told)
}

fn assert_translated(version: &str, yaml: &str, expected: &Value) {
    assert_eq!(schema(version, yaml), (expected.clone(), vec![]), "{yaml}");
}

fn assert_mended(yaml: &str, expected: &Value, place: &str) {
    assert_eq!(
        schema("3.0.3", yaml),
        (expected.clone(), vec![place.to_owned()]),
        "{yaml}"
    );
}

#[test]
fn nullable_becomes_the_type_null() {
    let cases = [
        (
            "{type: string, nullable: true}",
            json!({"type": ["string", "null"]}),
        ),
        ("{type: string, nullable: false}", json!({"type": "string"})),
        (
            "{type: string, enum: [a], nullable: true}",
            json!({"type": ["string", "null"], "enum": ["a", null]}),
        ),
        ("{nullable: true}", json!({})),
        (
            "{allOf: [{type: string}], nullable: true, description: d}",
            json!({"description": "d", "anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]}),
        ),
        (
            "{anyOf: [{type: string}], nullable: true}",
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ),
    ];
    for (yaml, expected) in cases {
        assert_translated("3.0.3", yaml, &expected);
    }
}

#[test]
fn exclusive_bounds_become_numbers() {
    let cases = [
        (
            "{minimum: 1, exclusiveMinimum: true}",
            json!({"exclusiveMinimum": 1}),
        ),
        (
            "{maximum: 1.5, exclusiveMaximum: false}",
            json!({"maximum": 1.5}),
        ),
        ("{exclusiveMaximum: true}", json!({})),
    ];
    for (yaml, expected) in cases {
        assert_translated("3.0.3", yaml, &expected);
    }
    assert_translated(
        "3.1.0",
        "{exclusiveMinimum: 3}",
        &json!({"exclusiveMinimum": 3}),
    );
}

#[test]
fn examples_are_a_list() {
    assert_translated("3.0.3", "{example: 1}", &json!({"examples": [1]}));
    assert_translated("3.1.0", "{examples: [1, 2]}", &json!({"examples": [1, 2]}));
    assert_translated(
        "3.0.3",
        "{examples: {one: {value: 1}, two: {value: 2}}}",
        &json!({"examples": [1, 2]}),
    );
}

#[test]
fn siblings_of_a_reference_constrain_in_3_1_only() {
    let yaml = "B: {type: string}\nA: {$ref: '#/components/schemas/B', description: d, readOnly: true, minLength: 2, x-y: 1}\n";
    let old = schemas("3.0.3", yaml).api;
    assert_eq!(
        old.schemas["A"],
        json!({"$ref": "#/$defs/B", "description": "d", "readOnly": true, "x-y": 1})
    );
    let new = schemas("3.1.0", yaml).api;
    assert_eq!(new.schemas["A"]["minLength"], 2);
}

#[test]
fn a_nullable_reference_allows_null_in_3_0() {
    let yaml =
        "B: {type: string}\nA: {$ref: '#/components/schemas/B', nullable: true, description: d}\n";
    assert_eq!(
        schemas("3.0.3", yaml).api.schemas["A"],
        json!({"description": "d", "anyOf": [{"$ref": "#/$defs/B"}, {"type": "null"}]})
    );
}

#[test]
fn what_openapi_adds_stays_and_what_names_a_schema_goes() {
    assert_translated(
        "3.1.0",
        "{$id: 'https://x/y', $anchor: a, $defs: {Z: {}}, xml: {name: n}, x-order: 1, format: byte, deprecated: true, unknown: 1}",
        &json!({"xml": {"name": "n"}, "x-order": 1, "format": "byte", "deprecated": true}),
    );
}

#[test]
fn keywords_of_a_wrong_shape_are_mended_or_left_away_with_one_warning() {
    let cases = [
        ("{type: int}", json!({"type": "integer"}), "type"),
        (
            "{type: file}",
            json!({"format": "binary", "type": "string"}),
            "type",
        ),
        ("{type: any}", json!({}), "type"),
        ("{type: 5}", json!({}), "type"),
        ("{enum: []}", json!({}), "enum"),
        ("{enum: a}", json!({}), "enum"),
        ("{properties: [a]}", json!({}), "properties"),
        ("{properties: {$ref: '#/x'}}", json!({}), "properties"),
        ("{minimum: '0'}", json!({"minimum": 0}), "minimum"),
        ("{minimum: low}", json!({}), "minimum"),
        ("{maxLength: -1}", json!({}), "maxLength"),
        ("{multipleOf: 0}", json!({}), "multipleOf"),
        ("{allOf: []}", json!({}), "allOf"),
        (
            "{allOf: {type: string}}",
            json!({"allOf": [{"type": "string"}]}),
            "allOf",
        ),
        ("{required: a}", json!({"required": ["a"]}), "required"),
        ("{required: {a: b}}", json!({}), "required"),
        ("{pattern: [a]}", json!({}), "pattern"),
        ("{readOnly: 'true'}", json!({"readOnly": true}), "readOnly"),
        (
            "{additionalProperties: no}",
            json!({}),
            "additionalProperties",
        ),
        (
            "{properties: {a: 5}}",
            json!({"properties": {"a": true}}),
            "properties/a",
        ),
        (
            "{properties: {a: {required: true}}}",
            json!({"properties": {"a": {}}, "required": ["a"]}),
            "properties/a/required",
        ),
        ("{$ref: 5}", json!({}), "$ref"),
    ];
    for (yaml, expected, place) in cases {
        assert_mended(yaml, &expected, place);
    }
}

#[test]
fn keywords_that_can_be_meant_only_one_way_need_no_warning() {
    let cases = [
        ("{maxLength: 3.0}", json!({"maxLength": 3})),
        ("{description: 5}", json!({"description": "5"})),
        ("{enum: [a, a, b]}", json!({"enum": ["a", "b"]})),
        ("{required: [a, a]}", json!({"required": ["a"]})),
        ("{type: array, items: }", json!({"type": "array"})),
        (
            "{additionalProperties: {}}",
            json!({"additionalProperties": {}}),
        ),
        (
            "{additionalProperties: false}",
            json!({"additionalProperties": false}),
        ),
        ("{default: null}", json!({"default": null})),
        (
            "{discriminator: kind}",
            json!({"discriminator": {"propertyName": "kind"}}),
        ),
        (
            "{discriminator: {propertyName: 1, allOf: [{$ref: '#/S'}], x-a: [2]}}",
            json!({"discriminator": {"propertyName": "1", "x-a": [2]}}),
        ),
    ];
    for (yaml, expected) in cases {
        assert_translated("3.0.3", yaml, &expected);
    }
}

#[test]
fn tuples_and_dependencies_of_older_drafts_are_those_of_2020_12() {
    assert_translated(
        "3.1.0",
        "{items: [{type: string}], additionalItems: false}",
        &json!({"prefixItems": [{"type": "string"}], "items": false}),
    );
    assert_translated(
        "3.1.0",
        "{dependencies: {a: [b, b], c: {minProperties: 2}}}",
        &json!({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 2}}}),
    );
}

#[test]
fn a_number_where_the_schema_asks_for_text_keeps_its_text() {
    assert_translated(
        "3.0.3",
        "{type: string, enum: [1.10, 2], default: 1.10, example: true}",
        &json!({"type": "string", "enum": ["1.10", "2"], "default": "1.10", "examples": ["true"]}),
    );
}

#[test]
fn a_mapping_of_a_discriminator_names_definitions() {
    let yaml = "A:\n  discriminator: {propertyName: k, mapping: {b: B, c: '#/components/schemas/C', d: D}}\nB: {}\nC: {}\n";
    let lowered = schemas("3.0.3", yaml);
    assert_eq!(
        lowered.api.schemas["A"]["discriminator"]["mapping"],
        json!({"b": "#/$defs/B", "c": "#/$defs/C"})
    );
    assert_eq!(
        lowered.told(),
        ["unresolved-ref /components/schemas/A/discriminator/mapping/d"]
    );
}

#[test]
fn definitions_are_those_in_use_in_document_order() {
    let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        200: {content: {a/b: {schema: {$ref: '#/components/schemas/C'}}}}\n        201: {content: {a/b: {schema: {$ref: '#/components/schemas/A/properties/x'}}}}\n        202: {content: {a/b: {schema: {$ref: '#/paths/~1a/get/responses/200/content/a~1b/schema'}}}}\ncomponents:\n  schemas: {A: {properties: {x: {type: string}}}, B: {}, C: {items: {$ref: '#/components/schemas/C'}}, 'C d': {}}\n";
    let api = lowered(text).api;
    let names: Vec<_> = api.schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["C", "A_x", "a_get_responses_200_a_b_schema"]);
    assert_eq!(api.schemas["C"], json!({"items": {"$ref": "#/$defs/C"}}));
    assert_eq!(
        api.schemas["a_get_responses_200_a_b_schema"],
        json!({"$ref": "#/$defs/C"})
    );
}

#[test]
fn a_reference_to_nothing_leaves_the_schema_open() {
    for (reference, code) in [
        ("#/components/schemas/Z", "unresolved-ref"),
        ("#/components/schemas/A", "unresolved-ref"),
        ("common.yaml#/Z", "external-ref"),
        ("https://example.com/z.json", "external-ref"),
    ] {
        let lowered = schemas("3.1.0", &format!("A: {{$ref: '{reference}'}}"));
        assert_eq!(
            lowered.told()[0].split(' ').next(),
            Some(code),
            "{reference}"
        );
        assert!(
            response(&lowered.api, 0) == &json!(true) || lowered.api.schemas["A"] == json!(true),
            "{reference}"
        );
    }
}

fn response(api: &Api, index: usize) -> &Value {
    let content = &api.operations[0].responses[0].content;
    content[index].schema.as_ref().expect("a schema")
}

#[test]
fn a_subtype_refers_to_its_base_without_the_list_of_subtypes() {
    let yaml = "Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object}]}\nPet: {required: [kind], oneOf: [{$ref: '#/components/schemas/Cat'}], discriminator: {propertyName: kind}}\n";
    let lowered = schemas("3.0.3", yaml);
    assert!(lowered.told().is_empty());
    let schemas = &lowered.api.schemas;
    assert_eq!(
        schemas["Cat"]["allOf"][0],
        json!({"$ref": "#/$defs/Pet_base"})
    );
    assert_eq!(schemas["Pet_base"], json!({"required": ["kind"]}));
    assert_eq!(schemas["Pet"]["oneOf"][0], json!({"$ref": "#/$defs/Cat"}));
}

#[test]
fn a_base_with_a_discriminator_lists_its_subtypes() {
    let cat = "allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {claws: {type: integer}}}]";
    let yaml = format!(
        "Pet: {{required: [kind], properties: {{kind: {{type: string}}}}, discriminator: {{propertyName: kind, mapping: {{d: Dog}}}}}}\n\
         Dog: {{type: object}}\nCat: {{{cat}}}\nOwner: {{properties: {{pet: {{$ref: '#/components/schemas/Pet'}}}}}}\n"
    );
    let lowered = schemas("3.0.3", &yaml);
    assert!(lowered.told().is_empty(), "{:?}", lowered.told());
    let schemas = &lowered.api.schemas;
    assert_eq!(
        schemas["Pet"]["anyOf"],
        json!([{"$ref": "#/$defs/Dog"}, {"$ref": "#/$defs/Cat"}, {}])
    );
    assert_eq!(
        schemas["Cat"]["allOf"][0],
        json!({"$ref": "#/$defs/Pet_base"})
    );
    assert!(schemas["Pet_base"].get("anyOf").is_none());
}

#[test]
fn recursion_through_a_value_is_kept_and_recursion_on_the_spot_is_cut() {
    let yaml = "A: {properties: {a: {$ref: '#/components/schemas/A'}}}\nB: {allOf: [{$ref: '#/components/schemas/C'}]}\nC: {not: {$ref: '#/components/schemas/B'}}\n";
    let lowered = schemas("3.1.0", yaml);
    let schemas = &lowered.api.schemas;
    assert_eq!(
        schemas["A"]["properties"]["a"],
        json!({"$ref": "#/$defs/A"})
    );
    assert_eq!(schemas["B"]["allOf"], json!([{"$ref": "#/$defs/C"}]));
    assert_eq!(schemas["C"], json!({"not": {}}));
    assert_eq!(lowered.told(), ["invalid-schema /components/schemas/C"]);
}

/// DigitalOcean's load balancers.
#[test]
fn properties_that_are_a_reference_are_those_of_its_target_even_within_themselves() {
    let yaml = "A: {properties: {$ref: '#/components/schemas/B/properties'}}\nB: {properties: {b: {type: string}}}\nC: {properties: {c: {properties: {$ref: '#/components/schemas/C/properties'}}}}\n";
    let lowered = schemas("3.0.3", yaml);
    assert_eq!(
        lowered.api.schemas["A"],
        json!({"properties": {"b": {"type": "string"}}})
    );
    let mut inner = &lowered.api.schemas["C"];
    let mut depth = 0;
    while let Some(next) = inner.pointer("/properties/c") {
        (inner, depth) = (next, depth + 1);
    }
    assert_eq!((inner, depth), (&json!({}), 5));
    assert!(lowered.told()[0].starts_with("invalid-schema /components/schemas/A"));
}

#[test]
fn a_long_chain_of_references_is_cut_before_it_exhausts_a_stack() {
    let mut yaml = String::new();
    for n in 0..5_000 {
        let next = n + 1;
        let _ = writeln!(
            yaml,
            "A{n}: {{allOf: [{{$ref: '#/components/schemas/A{next}'}}]}}"
        );
    }
    yaml.push_str("A5000: {type: string}\n");
    let lowered = schemas("3.1.0", &yaml);
    assert_eq!(lowered.api.schemas.len(), 5_001);
    assert!(!lowered.told().is_empty());
}

/// Component schemas of OpenAPI 3.1, each referred to from a response of its own.
fn dynamic(yaml: &str) -> Lowered {
    let lowered = schemas("3.1.0", yaml);
    assert_eq!(lowered.told(), Vec::<String>::new());
    lowered
}

/// The generic list of OpenAPI 3.2 §4.24.8.10, and the same without `$id`s, as most write it.
#[test]
fn a_generic_schema_is_another_one_for_each_schema_that_specialises_it() {
    let with_ids = "
Page:
  $id: page
  type: object
  properties: {items: {type: array, items: {$dynamicRef: '#item'}}, total: {type: integer}}
  $defs: {any: {$dynamicAnchor: item}}
Pets: {$id: pets, $ref: page, $defs: {pet: {$dynamicAnchor: item, $ref: '#/components/schemas/Pet'}}}
Names: {$id: names, $ref: page, $defs: {name: {$dynamicAnchor: item, type: string}}}
Pet: {type: object, required: [name]}
";
    let plain = with_ids
        .replace("$ref: page", "$ref: '#/components/schemas/Page'")
        .replace("  $id: page\n", "")
        .replace("$id: pets, ", "")
        .replace("$id: names, ", "");
    for yaml in [with_ids, &plain] {
        let schemas = dynamic(yaml.trim_start()).api.schemas;
        let item = |page: &str| {
            let reference = schemas[page]["properties"]["items"]["items"]["$ref"].as_str();
            let name = reference.and_then(|name| name.strip_prefix("#/$defs/"));
            &schemas[name.expect("a name")]
        };
        assert_eq!(schemas["Pets"], json!({"$ref": "#/$defs/Page_Pets"}));
        assert_eq!(schemas["Names"], json!({"$ref": "#/$defs/Page_Names"}));
        assert_eq!(*item("Page_Pets"), json!({"$ref": "#/$defs/Pet"}));
        assert_eq!(*item("Page_Names"), json!({"type": "string"}));
        assert_eq!(*item("Page"), json!({}));
        assert_eq!(
            schemas.keys().filter(|name| name.contains("Pet_")).count(),
            0
        );
    }
}

#[test]
fn a_recursive_schema_that_is_extended_recurs_as_the_extension() {
    let schemas = dynamic(
        "Tree: {$dynamicAnchor: node, type: object, properties: {value: {}, children: {type: array, items: {$dynamicRef: '#node'}}}}\n\
         Strict: {$dynamicAnchor: node, $ref: '#/components/schemas/Tree', unevaluatedProperties: false}\n",
    )
    .api
    .schemas;
    let items = |tree: &str| schemas[tree]["properties"]["children"]["items"].clone();
    assert_eq!(schemas["Strict"]["$ref"], "#/$defs/Tree_Strict");
    assert_eq!(items("Tree_Strict"), json!({"$ref": "#/$defs/Strict"}));
    assert_eq!(items("Tree"), json!({"$ref": "#/$defs/Tree"}));
    assert_eq!(schemas.len(), 3);
}

#[test]
fn a_dynamic_reference_without_such_an_anchor_is_a_plain_one_or_told() {
    let schemas = dynamic(
        "A: {type: array, items: {$dynamicRef: '#x'}, $defs: {x: {$anchor: x, type: string}}}\n\
         B: {$ref: '#/components/schemas/A', $defs: {y: {$dynamicAnchor: x, type: integer}}}\n\
         C: {$ref: '#/components/schemas/A', $dynamicRef: '#/components/schemas/D', allOf: [{title: all}]}\n\
         D: {}\n",
    )
    .api
    .schemas;
    let items = schemas["A"]["items"]["$ref"].as_str();
    assert_eq!(items, Some("#/$defs/A_defs_x"));
    assert_eq!(schemas["A_defs_x"], json!({"type": "string"}));
    assert_eq!(schemas["B"], json!({"$ref": "#/$defs/A"}));
    let parts = json!([{"$ref": "#/$defs/D"}, {"title": "all"}]);
    assert_eq!(schemas["C"], json!({"$ref": "#/$defs/A", "allOf": parts}));

    let (schema, told) = schema("3.1.0", "{type: array, items: {$dynamicRef: '#nowhere'}}");
    assert_eq!(schema, json!({"type": "array", "items": {}}));
    assert_eq!(
        told,
        ["unresolved-ref /components/schemas/A/items/$dynamicRef"]
    );
}

/// Each level can be reached with twice as many anchors as the one before.
#[test]
fn anchors_that_multiply_are_told_apart_only_as_far_as_the_limit_allows() {
    let mut yaml = String::new();
    for level in 0..40 {
        let next = level + 1;
        for holder in ["A", "B"] {
            let _ = writeln!(
                yaml,
                "{holder}{level}: {{$id: {holder}{level}, $ref: '#/components/schemas/N{next}', $defs: {{x: {{$dynamicAnchor: x{level}, title: {holder}}}}}}}"
            );
        }
        let _ = writeln!(
            yaml,
            "N{level}: {{allOf: [{{$ref: '#/components/schemas/A{level}'}}, {{$ref: '#/components/schemas/B{level}'}}]}}"
        );
    }
    let asked: Vec<String> = (0..40)
        .map(|level| format!("{{$dynamicRef: '#x{level}'}}"))
        .collect();
    let _ = writeln!(yaml, "N40: {{allOf: [{}]}}", asked.join(", "));
    let lowered = schemas("3.1.0", &yaml);
    assert_eq!(lowered.told(), ["node-limit"]);
    assert!(lowered.api.schemas.len() < 11_000);
}
