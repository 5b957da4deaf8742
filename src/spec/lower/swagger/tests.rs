use serde_json::{Value, json};

use super::super::super::testing::{Lowered, lowered, lowered_from, source};
use crate::api::{
    ParameterLocation, SecuritySchemeKind, Serialization, Server, StatusPattern, Style,
};

fn swagger(rest: &str) -> Lowered {
    lowered(&format!(
        "swagger: '2.0'\ninfo: {{title: T, version: '1'}}\n{rest}"
    ))
}

fn urls(servers: &[Server]) -> Vec<Option<&str>> {
    servers.iter().map(|server| server.url.as_deref()).collect()
}

#[test]
fn schemes_host_and_base_path_are_servers_https_first() {
    let api = |rest: &str| swagger(&format!("paths: {{}}\n{rest}")).api;
    let both = api("schemes: [http, https, ws]\nhost: api.example:8080\nbasePath: /v1/\n");
    assert_eq!(
        urls(&both.servers),
        [
            Some("https://api.example:8080/v1"),
            Some("http://api.example:8080/v1")
        ]
    );
    assert_eq!(
        urls(&api("host: api.example\n").servers),
        [Some("https://api.example")]
    );
    let nowhere = api("basePath: v1\n");
    assert_eq!(urls(&nowhere.servers), [None]);
    assert_eq!(nowhere.servers[0].template, "/v1");
    let text = "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths: {}\nbasePath: /v1\n";
    let known = lowered_from(crate::spec::Source {
        url: "http://docs.example/swagger.yaml".parse().ok(),
        ..source(text)
    });
    assert_eq!(urls(&known.api.servers), [Some("http://docs.example/v1")]);
}

#[test]
fn every_collection_format_has_its_style() {
    let lowered = swagger(
        "paths:\n  /a/{p}:\n    get:\n      parameters:\n      - {name: p, in: path, type: array, items: {type: string}}\n      \
         - {name: none, in: query, type: array, items: {type: string}}\n      \
         - {name: csv, in: query, type: array, items: {type: string}, collectionFormat: csv}\n      \
         - {name: ssv, in: query, type: array, items: {type: string}, collectionFormat: ssv}\n      \
         - {name: tsv, in: query, type: array, items: {type: string}, collectionFormat: tsv}\n      \
         - {name: pipes, in: query, type: array, items: {type: string}, collectionFormat: pipes}\n      \
         - {name: multi, in: query, type: array, items: {type: string}, collectionFormat: multi}\n      \
         - {name: H, in: header, type: array, items: {type: string}}\n      responses: {}\n",
    );
    assert_eq!(lowered.told(), Vec::<String>::new());
    let found: Vec<(&str, Style, bool)> = (lowered.operation().parameters.iter())
        .map(|parameter| match parameter.serialization {
            Serialization::Style { style, explode, .. } => {
                (parameter.name.as_str(), style, explode)
            }
            Serialization::Content { .. } => panic!("there is no content in Swagger 2.0"),
        })
        .collect();
    assert_eq!(
        found,
        [
            ("p", Style::Simple, false),
            ("none", Style::Form, false),
            ("csv", Style::Form, false),
            ("ssv", Style::SpaceDelimited, false),
            ("tsv", Style::TabDelimited, false),
            ("pipes", Style::PipeDelimited, false),
            ("multi", Style::Form, true),
            ("H", Style::Simple, false),
        ]
    );
}

#[test]
fn a_parameter_is_its_own_schema() {
    let lowered = swagger(
        "paths:\n  /a:\n    get:\n      parameters:\n      - {name: n, in: query, description: How many, required: true, type: integer, \
         format: int64, minimum: 0, exclusiveMinimum: true, default: 5, x-nullable: true, x-example: 7}\n      responses: {}\n",
    );
    let parameter = &lowered.operation().parameters[0];
    assert_eq!(
        parameter.schema,
        json!({"type": ["integer", "null"], "format": "int64", "exclusiveMinimum": 0, "default": 5})
    );
    assert_eq!(
        (
            parameter.required,
            parameter.description.as_deref(),
            &parameter.example
        ),
        (true, Some("How many"), &Some(json!(7)))
    );
}

#[test]
fn a_body_parameter_is_the_body_in_what_the_operation_consumes() {
    let lowered = swagger(
        "consumes: [application/xml]\nparameters:\n  Pet: {name: body, in: body, required: true, description: A pet, schema: {$ref: '#/definitions/Pet'}}\n\
         definitions:\n  Pet: {type: object, properties: {id: {type: integer, readOnly: true}}}\n\
         paths:\n  /a:\n    parameters: [{$ref: '#/parameters/Pet'}]\n    post: {consumes: [application/json, text/json], responses: {}}\n    \
         put: {responses: {}}\n",
    );
    assert_eq!(lowered.told(), Vec::<String>::new());
    let names = |index: usize| -> Vec<&str> {
        let body = lowered.api.operations[index].body.as_ref().expect("a body");
        body.content.iter().map(|each| each.name.as_str()).collect()
    };
    assert_eq!(names(0), ["application/json", "text/json"]);
    assert_eq!(names(1), ["application/xml"]);
    let body = lowered.api.operations[0].body.as_ref().expect("a body");
    assert_eq!(
        (body.required, body.description.as_deref()),
        (true, Some("A pet"))
    );
    assert_eq!(body.content[0].schema, Some(json!({"$ref": "#/$defs/Pet"})));
    assert!(lowered.api.operations[0].parameters.is_empty());
}

#[test]
fn form_fields_are_one_form_and_a_file_makes_it_multipart() {
    let lowered = swagger(
        "consumes: [application/x-www-form-urlencoded, multipart/form-data]\npaths:\n  /a:\n    post:\n      parameters:\n      \
         - {name: tags, in: formData, type: array, items: {type: string}, collectionFormat: multi}\n      \
         - {name: note, in: formData, type: string, required: true, description: Why}\n      responses: {}\n    \
         put:\n      parameters:\n      - {name: file, in: formData, type: file, required: true}\n      responses: {}\n",
    );
    assert_eq!(lowered.told(), Vec::<String>::new());
    let body = |index: usize| lowered.api.operations[index].body.as_ref().expect("a body");
    let names: Vec<&str> = (body(0).content.iter())
        .map(|each| each.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["application/x-www-form-urlencoded", "multipart/form-data"]
    );
    assert_eq!(
        body(0).content[0].schema,
        Some(json!({
            "type": "object",
            "properties": {
                "tags": {"type": "array", "items": {"type": "string"}},
                "note": {"type": "string", "description": "Why"},
            },
            "required": ["note"],
        }))
    );
    let tags = &body(0).content[0].encoding["tags"];
    assert_eq!((tags.style, tags.explode), (Some(Style::Form), Some(true)));
    assert_eq!(body(1).content.len(), 1);
    assert_eq!(body(1).content[0].name, "multipart/form-data");
    let file = body(1).content[0]
        .schema
        .as_ref()
        .map(|schema| &schema["properties"]["file"]);
    assert_eq!(file, Some(&json!({"type": "string", "format": "binary"})));
}

#[test]
fn responses_carry_their_schema_in_what_the_operation_produces() {
    let lowered = swagger(
        "produces: [application/json]\nresponses:\n  Gone: {description: gone, schema: {type: object}}\npaths:\n  /a:\n    get:\n      \
         produces: [text/csv, application/json]\n      responses:\n        200: {description: fine, schema: {type: array, items: {type: string}}, \
         examples: {text/csv: 'a,b'}}\n        204: {description: empty}\n        default: {$ref: '#/responses/Gone'}\n  /b:\n    get:\n      \
         responses:\n        200: {description: a file, schema: {type: file}}\n        default: {$ref: '#/responses/Gone'}\n",
    );
    assert_eq!(lowered.told(), Vec::<String>::new());
    let responses = &lowered.api.operations[0].responses;
    let content = |index: usize| -> Vec<(&str, Option<&Value>)> {
        (responses[index].content.iter())
            .map(|each| (each.name.as_str(), each.example.as_ref()))
            .collect()
    };
    assert_eq!(
        content(0),
        [
            ("text/csv", Some(&json!("a,b"))),
            ("application/json", None)
        ]
    );
    assert_eq!(content(1), []);
    assert_eq!(responses[2].status, StatusPattern::Default);
    assert_eq!(content(2).len(), 2);
    let other = &lowered.api.operations[1].responses;
    assert_eq!(other[1].content.len(), 1);
    assert_eq!(
        other[0].content[0].schema,
        Some(json!({"type": "string", "format": "binary"}))
    );
}

#[test]
fn security_definitions_are_schemes() {
    let lowered = swagger(
        "securityDefinitions:\n  basic: {type: basic}\n  key: {type: apiKey, in: header, name: X-Key}\n  \
         oauth: {type: oauth2, flow: implicit, authorizationUrl: 'https://a.example', scopes: {read: r}}\n\
         security: [{oauth: [read]}]\npaths:\n  /a: {get: {responses: {}}, post: {security: [{basic: []}, {}], responses: {}}}\n",
    );
    assert_eq!(lowered.told(), Vec::<String>::new());
    let kinds: Vec<_> = (lowered.api.security_schemes.values())
        .map(|scheme| scheme.kind.clone())
        .collect();
    let key = SecuritySchemeKind::ApiKey {
        location: ParameterLocation::Header,
        name: "X-Key".to_owned(),
    };
    assert_eq!(
        kinds,
        [SecuritySchemeKind::Basic, key, SecuritySchemeKind::OAuth2]
    );
    assert_eq!(
        lowered.api.operations[0].security[0].schemes,
        [("oauth".to_owned(), vec!["read".to_owned()])]
    );
    assert_eq!(lowered.api.operations[1].security.len(), 2);
}
