use super::super::testing::read_at;
use super::super::{Document, lower};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use serde_json::{Value, json};

struct Read {
    document: Document,
    json: Value,
    diagnostics: Vec<Diagnostic>,
    _folder: tempfile::TempDir,
}

/// Reads and lowers the first of some files.
fn read(files: &[(&str, &str)]) -> (Read, crate::api::Api) {
    let folder = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }
    let mut diagnostics = Diagnostics::new();
    let document = read_at(&folder.path().join(files[0].0), &mut diagnostics);
    let document = document.expect("a document");
    let api = lower(&document, &mut diagnostics);
    let json = serde_json::from_str(&document.bundled_json()).expect("JSON");
    let read = Read {
        document,
        json,
        diagnostics: diagnostics.into_vec(),
        _folder: folder,
    };
    (read, api)
}

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n";

#[test]
fn references_lead_from_file_to_file_and_back() {
    let root = format!(
        "{HEAD}paths:\n  /pets: {{$ref: 'paths/pets.yaml'}}\ncomponents:\n  schemas:\n    Tag: {{type: string}}\n"
    );
    let (read, api) = read(&[
        ("openapi.yaml", &root),
        (
            "paths/pets.yaml",
            "post:\n  requestBody: {$ref: '../a b/bodies.json#/pet'}\n  responses: {'201': {description: made}}\n",
        ),
        (
            "a b/bodies.json",
            r#"{"pet": {"required": true, "content": {"application/json": {"schema": {"$ref": "../schemas/pet.yaml"}}}}}"#,
        ),
        (
            "schemas/pet.yaml",
            "type: object\nproperties:\n  mother: {$ref: '#'}\n  name: {$ref: '#/$defs/name'}\n  nick: {$ref: '#nick'}\n  \
             tag: {$ref: '../openapi.yaml#/components/schemas/Tag'}\n  owner: {$ref: 'owner.yaml#/Owner'}\n\
             $defs:\n  name: {type: string, minLength: 1}\n  nickname: {$anchor: nick, type: string}\n",
        ),
        (
            "schemas/owner.yaml",
            "Owner: {type: object, properties: {pet: {$ref: pet.yaml}}}\n",
        ),
    ]);
    assert_eq!(read.diagnostics, []);
    let schema = api.operations[0]
        .body
        .as_ref()
        .and_then(|body| body.content[0].schema.as_ref());
    assert_eq!(schema, Some(&json!({"$ref": "#/$defs/pet"})));
    let pet = &api.schemas["pet"]["properties"];
    assert_eq!(pet["mother"], json!({"$ref": "#/$defs/pet"}));
    assert_eq!(pet["tag"], json!({"$ref": "#/$defs/Tag"}));
    assert_eq!(pet["owner"], json!({"$ref": "#/$defs/Owner"}));
    assert_eq!(
        api.schemas["Owner"]["properties"]["pet"],
        json!({"$ref": "#/$defs/pet"})
    );
    let nick = pet["nick"]["$ref"]
        .as_str()
        .and_then(|name| name.strip_prefix("#/$defs/"));
    assert_eq!(api.schemas[nick.expect("a name")]["type"], "string");
    let pointer = JsonPointer::root()
        .child(super::HOME)
        .child("schemas/pet.yaml")
        .child("properties")
        .child("tag");
    let place = read.document.place(&pointer);
    let file = place.source.expect("a file");
    assert!(file.ends_with("/schemas/pet.yaml"), "{file}");
    assert_eq!(place.position.map(|place| place.line), Some(6));
}

#[test]
fn the_bundle_stands_alone_and_means_the_same() {
    let root = format!("{HEAD}paths: {{$ref: paths.yaml}}\n");
    let (read, api) = read(&[
        ("openapi.yaml", &root),
        (
            "paths.yaml",
            "/a: {get: {parameters: [{$ref: 'p.yaml#/x~1y'}], responses: {}}}\n",
        ),
        (
            "p.yaml",
            "x/y: {name: q, in: query, schema: {type: number, enum: [1.10, 2]}}\n",
        ),
    ]);
    assert_eq!(read.diagnostics, []);
    assert_eq!(api.operations[0].parameters[0].name, "q");
    let text = read.document.bundled_json();
    assert!(text.contains("1.10"), "{text}");
    let again = super::super::testing::lowered(&text);
    assert_eq!(again.told(), Vec::<String>::new());
    assert_eq!(
        format!("{:?}", again.api.operations),
        format!("{:?}", api.operations)
    );
}

#[test]
fn references_in_examples_and_extensions_are_data_but_names_are_no_keywords() {
    let root = format!(
        "{HEAD}paths: {{}}\nx-a: {{$ref: missing.yaml}}\ncomponents:\n  schemas:\n    S:\n      example: {{$ref: missing.yaml}}\n      \
         properties:\n        example: {{$ref: there.yaml}}\n        x-b: {{$ref: there.yaml}}\n  examples:\n    e: {{value: {{$ref: missing.yaml}}}}\n"
    );
    let (read, _) = read(&[("openapi.yaml", &root), ("there.yaml", "type: string\n")]);
    assert_eq!(read.diagnostics, []);
    let schema = &read.json["components"]["schemas"]["S"];
    assert_eq!(schema["example"]["$ref"], "missing.yaml");
    let moved = json!("#/x-mcpgen-documents/there.yaml");
    assert_eq!(schema["properties"]["example"]["$ref"], moved);
    assert_eq!(schema["properties"]["x-b"]["$ref"], moved);
}

#[test]
fn a_description_may_be_a_file_and_a_mapping_may_name_files() {
    let root = format!(
        "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S:\n      description: {{$ref: ./text.md}}\n      oneOf: [{{$ref: cat.yaml}}]\n      \
         discriminator: {{propertyName: kind, mapping: {{cat: cat.yaml, dog: Dog}}}}\n    Dog: {{}}\n"
    );
    let (read, _) = read(&[
        ("openapi.yaml", &root),
        ("text.md", "# Any *text*: [at all"),
        ("cat.yaml", "type: object\n"),
    ]);
    assert_eq!(read.diagnostics, []);
    let schema = &read.json["components"]["schemas"]["S"];
    assert_eq!(schema["description"], "# Any *text*: [at all");
    let mapping = &schema["discriminator"]["mapping"];
    assert_eq!(mapping["cat"], "#/x-mcpgen-documents/cat.yaml");
    assert_eq!(mapping["dog"], "Dog");
}

#[test]
fn what_cannot_be_read_is_told_once_with_the_place_that_names_it() {
    let root = format!(
        "{HEAD}paths:\n  /a: {{$ref: missing.yaml}}\n  /b: {{$ref: missing.yaml}}\n  /c: {{$ref: broken.yaml}}\n  /d: {{get: {{responses: {{}}}}}}\n"
    );
    let (read, api) = read(&[("openapi.yaml", &root), ("broken.yaml", "a: [\n")]);
    assert_eq!(api.operations.len(), 1);
    let messages: Vec<&Diagnostic> = (read.diagnostics.iter())
        .filter(|each| each.skipped.is_none())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0].code, Code::ExternalRef);
    assert!(messages[0].message.ends_with("which does not exist"));
    let place = messages[0]
        .place
        .as_ref()
        .and_then(|place| place.pointer.as_ref());
    assert_eq!(place.map(JsonPointer::as_str), Some("/paths/~1a/$ref"));
    assert_eq!(messages[1].code, Code::SpecSyntax);
    let skipped = read
        .diagnostics
        .iter()
        .filter(|each| each.skipped.is_some());
    assert_eq!(skipped.count(), 3);
}

#[test]
fn a_document_is_known_by_the_name_that_it_gives_itself() {
    let root = "openapi: 3.2.0\n$self: https://api.example/v1/openapi\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    \
                A: {$ref: 'https://api.example/v1/openapi#/components/schemas/B'}\n    B: {$ref: 'https://api.example/v1/shared/c.yaml'}\n";
    let (read, _) = read(&[("openapi.yaml", root), ("shared/c.yaml", "type: string\n")]);
    let schemas = &read.json["components"]["schemas"];
    assert_eq!(schemas["A"]["$ref"], "#/components/schemas/B");
    assert_eq!(schemas["B"]["$ref"], "#/x-mcpgen-documents/shared~1c.yaml");
}

#[test]
fn an_anchor_and_an_id_name_schemas_of_other_documents_and_of_this_one() {
    let root = format!(
        "{HEAD}paths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{$ref: '#/components/schemas/B'}}}}], responses: {{}}}}}}}}\n\
         components:\n  schemas:\n    A: {{$ref: 'b.yaml#foo'}}\n    B: {{items: {{$ref: 'b.yaml#missing'}}}}\n    \
         C: {{$ref: other}}\n    D: {{$defs: {{o: {{$id: other, type: string}}}}}}\n"
    );
    let (read, _) = read(&[
        ("openapi.yaml", &root),
        ("b.yaml", "$defs: {F: {$anchor: foo, type: string}}\n"),
    ]);
    let told: Vec<&str> = (read.diagnostics.iter())
        .map(|each| each.message.as_str())
        .collect();
    assert_eq!(told, ["`$ref` points to nothing: `b.yaml#missing`"]);
    let schemas = &read.json["components"]["schemas"];
    assert_eq!(schemas["A"]["$ref"], "#/x-mcpgen-documents/b.yaml/$defs/F");
    assert_eq!(schemas["C"]["$ref"], "#/components/schemas/D/$defs/o");
}

#[test]
fn relative_references_start_from_the_uri_of_what_they_stand_in() {
    let root = "openapi: 3.2.0\n$self: https://api.example/v1/openapi\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n    \
                Self: {$ref: 'openapi#/components/schemas/B'}\n    \
                A: {$id: 'https://s.example/box/a', items: {$ref: b}, contains: {$ref: '#here'}, $defs: {x: {$anchor: here}}}\n    \
                B: {$id: 'https://s.example/box/b', contains: {$ref: '#here'}, $defs: {y: {$anchor: here}}}\n    \
                C: {$ref: 'https://s.example/box/b#here'}\n    D: {$ref: there.yaml}\n    E: {$id: things/e, $ref: '/v1/things/e#/$defs/f', $defs: {f: {}}}\n";
    let there = "$id: https://s.example/c\nitems: {$ref: box/a}\n";
    let (read, _) = read(&[("openapi.yaml", root), ("there.yaml", there)]);
    let schemas = &read.json["components"]["schemas"];
    let leads = |pointer: &str| schemas.pointer(pointer).and_then(Value::as_str);
    for (pointer, target) in [
        ("/Self/$ref", "B"),
        ("/A/items/$ref", "B"),
        ("/A/contains/$ref", "A/$defs/x"),
        ("/B/contains/$ref", "B/$defs/y"),
        ("/C/$ref", "B/$defs/y"),
        ("/E/$ref", "E/$defs/f"),
    ] {
        let expected = format!("#/components/schemas/{target}");
        assert_eq!(leads(pointer), Some(expected.as_str()), "{pointer}");
    }
    let there = &read.json[super::HOME]["there.yaml"];
    assert_eq!(there["items"]["$ref"], "#/components/schemas/A");
}

#[test]
fn a_description_is_no_part_of_a_document() {
    let root = format!(
        "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S: {{description: {{$ref: '#/components/x'}}}}\n    \
         T: {{description: {{$ref: openapi.yaml}}}}\n"
    );
    let (read, _) = read(&[("openapi.yaml", &root)]);
    let schemas = &read.json["components"]["schemas"];
    for name in ["S", "T"] {
        assert!(schemas[name]["description"].is_object(), "{schemas}");
    }
}

#[test]
fn what_is_told_of_an_address_does_not_give_away_what_is_secret_in_it() {
    let root = format!(
        "{HEAD}paths:\n  /a: {{$ref: 'https://u:geheim@b.example/p.yaml?token=geheim'}}\n  /b: {{get: {{responses: {{}}}}}}\n"
    );
    let (read, _) = read(&[("openapi.yaml", &root)]);
    assert!(!read.diagnostics.is_empty());
    let told = format!("{:?}", read.diagnostics);
    assert!(!told.contains("geheim"), "{told}");
    assert!(told.contains("https://b.example/p.yaml"), "{told}");
}

#[test]
fn a_dynamic_reference_names_an_anchor_of_another_document() {
    let root = format!(
        "{HEAD}paths:\n  /a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Numbers'}}}}}}}}, responses: {{}}}}}}\n\
         components:\n  schemas:\n    Numbers: {{$ref: list.yaml, $defs: {{it: {{$dynamicAnchor: item, type: number}}}}}}\n    \
         Any: {{$dynamicRef: 'list.yaml#item'}}\n"
    );
    let (read, api) = read(&[
        ("openapi.yaml", &root),
        (
            "list.yaml",
            "type: array\nitems: {$dynamicRef: 'list.yaml#item'}\nproperties: {any: {$ref: 'openapi.yaml#/components/schemas/Any'}}\n\
             $defs: {it: {$dynamicAnchor: item}}\n",
        ),
    ]);
    assert_eq!(read.diagnostics, []);
    assert_eq!(
        api.schemas["Numbers"],
        json!({"$ref": "#/$defs/list_Numbers"})
    );
    let numbers = json!({"$ref": "#/$defs/Numbers_defs_it"});
    let list = &api.schemas["list_Numbers"];
    assert_eq!(list["items"], numbers);
    let any = list["properties"]["any"]["$ref"].as_str();
    let any = any.and_then(|name| name.strip_prefix("#/$defs/"));
    assert_eq!(api.schemas[any.expect("a name")], numbers);
    let again = super::super::testing::lowered(&read.document.bundled_json());
    assert_eq!(again.told(), Vec::<String>::new());
    assert_eq!(again.api.schemas, api.schemas);
}

/// JSON Schema 2020-12, core §8.2.1: `$id` is relative to the one around it, and pointers in its schema start there.
#[test]
fn references_within_a_schema_with_an_id_start_there() {
    let text = format!(
        "{HEAD}paths:\n  /a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Order'}}}}}}}}, responses: {{}}}}}}\n\
         components:\n  schemas:\n    Order:\n      $id: https://example.com/schemas/order\n      properties:\n        \
         item: {{$ref: items/item}}\n        note: {{$ref: '#/components/schemas/Note'}}\n        other: {{$ref: '#/properties/item'}}\n      \
         $defs:\n        item:\n          $id: items/item\n          properties: {{size: {{$ref: size}}, next: {{$ref: '#/properties/size'}}, self: {{$ref: '#'}}}}\n        \
         size: {{$id: items/size, type: integer}}\n    Note: {{type: string}}\n"
    );
    let (read, api) = read(&[("openapi.yaml", &text)]);
    assert_eq!(read.diagnostics, []);
    let target = |schema: &Value, name: &str| {
        let reference = schema["properties"][name]["$ref"].as_str();
        let name = reference.and_then(|name| name.strip_prefix("#/$defs/"));
        name.expect("a reference").to_owned()
    };
    let order = &api.schemas["Order"];
    let item = &api.schemas[&target(order, "item")];
    assert_eq!(target(order, "note"), "Note");
    assert_eq!(
        api.schemas[&target(order, "other")]["$ref"],
        order["properties"]["item"]["$ref"]
    );
    assert_eq!(
        api.schemas[&target(item, "size")],
        json!({"type": "integer"})
    );
    assert_eq!(target(item, "self"), target(order, "item"));
    assert_eq!(
        api.schemas[&target(item, "next")]["$ref"],
        item["properties"]["size"]["$ref"]
    );
    for same in [&text, &read.document.bundled_json()] {
        let again = super::super::testing::lowered(same);
        assert_eq!(again.told(), Vec::<String>::new());
        assert_eq!(again.api.schemas, api.schemas);
    }
}
