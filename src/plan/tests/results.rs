//! Output schemas, `Accept`, servers and security.

use serde_json::{Value, json};

use super::{api, operation, planned, tool};
use crate::api::{ParameterLocation, SecurityScheme, SecuritySchemeKind, Server};
use crate::diagnostic::{Code, Diagnostics};
use crate::plan::{PlanOptions, SchemeKind, Tool, plan, schema};
use crate::runtime::tool::{Location, ResultShape};

const JSON: &str = "application/json";

/// Status and contents of each response.
type Answers<'a> = &'a [(u16, &'a [(&'a str, Value)])];

fn answering(answers: Answers<'_>) -> Tool {
    let mut operation = operation("GET", "/a");
    for (status, content) in answers {
        operation = operation.answer(*status, content);
    }
    tool(operation)
}

#[test]
fn an_object_is_summed_up_and_refuses_nothing() {
    let order = json!({
        "type": "object",
        "required": ["id"],
        "additionalProperties": false,
        "properties": {
            "id": {"type": "integer", "description": "The number. More."},
            "state": {"type": "string", "enum": ["open"]},
            "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {}, "count": {}}}},
            "secret": {"type": "string", "writeOnly": true}
        }
    });
    let tool = answering(&[(200, &[(JSON, order)])]);
    assert_eq!(tool.result, ResultShape::Object);
    let output = tool.output.expect("an output schema");
    assert_eq!(
        output,
        json!({"type": "object", "properties": {
            "id": {"description": "integer: The number."},
            "state": {"description": "string"},
            "items": {"description": "array of objects with sku, count"}
        }})
    );
    let validator = jsonschema::draft202012::new(&output).expect("a schema");
    assert!(validator.is_valid(&json!({"id": null, "state": 3, "more": []})));
}

#[test]
fn what_is_no_object_for_sure_is_wrapped() {
    for (schema, shape, words) in [
        (
            json!({"type": "array", "items": {"type": "object", "properties": {"id": {}}}}),
            ResultShape::Wrapped,
            "array of objects with id",
        ),
        (
            json!({"type": "string"}),
            ResultShape::WrappedText,
            "string",
        ),
        (
            json!({"type": ["object", "null"], "properties": {"id": {}}}),
            ResultShape::Wrapped,
            "object with id or null",
        ),
    ] {
        let tool = answering(&[(200, &[(JSON, schema)])]);
        assert_eq!(tool.result, shape);
        let expected = json!({"type": "object", "properties": {"result": {"description": words}}});
        assert_eq!(tool.output, Some(expected));
    }
}

#[test]
fn forms_of_an_object_are_summed_up_together() {
    let schema = json!({"oneOf": [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"b": {"type": "string"}}}
    ]});
    let tool = answering(&[(200, &[(JSON, schema)])]);
    assert_eq!(tool.result, ResultShape::Object);
    let output = tool.output.expect("an output schema");
    assert_eq!(
        output["properties"].as_object().map(serde_json::Map::len),
        Some(2)
    );
}

#[test]
fn a_result_is_structured_when_all_successes_have_one_json_schema() {
    let a = || json!({"type": "object", "properties": {"a": {}}});
    let b = || json!({"type": "object", "properties": {"b": {}}});
    let cases: [(Answers<'_>, bool); 6] = [
        (
            &[
                (200, &[(JSON, a())]),
                (201, &[(JSON, a())]),
                (404, &[(JSON, b())]),
            ],
            true,
        ),
        (&[(200, &[(JSON, a())]), (204, &[])], true),
        (
            &[(
                200,
                &[("text/csv", json!({})), ("application/hal+json", a())],
            )],
            true,
        ),
        (&[(200, &[(JSON, a())]), (202, &[(JSON, b())])], false),
        (
            &[
                (200, &[(JSON, a())]),
                (206, &[("application/pdf", json!({}))]),
            ],
            false,
        ),
        (&[(204, &[])], false),
    ];
    for (answers, is_structured) in cases {
        let tool = answering(answers);
        assert_eq!(tool.output.is_some(), is_structured, "{answers:?}");
        assert_eq!(tool.result != ResultShape::Unstructured, is_structured);
    }
}

#[test]
fn a_large_result_keeps_to_its_budget() {
    let properties: serde_json::Map<String, Value> = (0..300)
        .map(|index| {
            (
                format!("field_{index}"),
                json!({"type": "string", "description": "Words."}),
            )
        })
        .collect();
    let schema = json!({"type": "object", "properties": properties});
    let output = answering(&[(200, &[(JSON, schema)])])
        .output
        .expect("an output schema");
    assert!(schema::json_chars(&output) <= 800);
    assert!(output["properties"].as_object().expect("fields").len() > 20);
}

#[test]
fn accept_names_what_the_successes_are() {
    let any = || json!({});
    let tool = answering(&[
        (200, &[("application/xml", any()), (JSON, any())]),
        (206, &[("text/csv", any())]),
        (400, &[("text/html", any())]),
    ]);
    assert_eq!(tool.accept, "application/json, text/csv");
}

fn server(url: Option<&str>) -> Server {
    Server {
        url: url.map(str::to_owned),
        ..Server::default()
    }
}

#[test]
fn servers_of_operations_follow_the_default_without_repetition() {
    let with = |path: &str, url: Option<&str>| {
        let mut operation = operation("GET", path);
        operation.servers = Some(vec![server(url)]);
        operation
    };
    let relative = |path: &str, url: &str| {
        let mut operation = with(path, None);
        let server = operation.servers.as_mut().and_then(|own| own.first_mut());
        server.expect("has one").path = Some(url.to_owned());
        operation
    };
    let mut api = api([
        operation("GET", "/0"),
        with("/1", Some("https://files.test")),
        with("/2", Some("https://api.test")),
        with("/3", Some("https://files.test")),
        with("/4", None),
        relative("/5", "/v2"),
        relative("/6", "/v2"),
    ]);
    api.servers = vec![
        server(Some("https://api.test")),
        server(Some("https://staging.test")),
    ];
    let mut diagnostics = Diagnostics::new();
    let plan = plan(&api, &PlanOptions::default(), &mut diagnostics).expect("a plan");
    let servers: Vec<(Option<&str>, &str)> = plan
        .servers
        .iter()
        .map(|server| (server.url_or_path(), server.variable.as_str()))
        .collect();
    assert_eq!(
        servers,
        [
            (Some("https://api.test"), "API_BASE_URL"),
            (Some("https://files.test"), "API_BASE_URL_1"),
            (Some("/v2"), "API_BASE_URL_2")
        ]
    );
    let used: Vec<usize> = plan.tools().map(|tool| tool.server).collect();
    assert_eq!(used, [0, 1, 0, 1, 0, 2, 2]);
    let codes: Vec<Code> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::RelativeServer]);
}

#[test]
fn a_spec_without_a_server_is_planned_with_a_warning() {
    let mut diagnostics = Diagnostics::new();
    let plan = plan(
        &api([operation("GET", "/a")]),
        &PlanOptions::default(),
        &mut diagnostics,
    );
    assert_eq!(plan.expect("a plan").servers[0].url, None);
    let codes: Vec<Code> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::NoServer]);
}

#[test]
fn a_relative_first_server_is_named_together_with_an_absolute_one() {
    let mut api = api([operation("GET", "/a")]);
    for (template, url) in [("/v1", None), ("https://b.test", Some("https://b.test"))] {
        api.servers.push(Server {
            url: url.map(str::to_owned),
            template: template.to_owned(),
            ..Server::default()
        });
    }
    let mut diagnostics = Diagnostics::new();
    let _ = plan(&api, &PlanOptions::default(), &mut diagnostics);
    let found = diagnostics.iter().next().expect("a diagnostic");
    assert_eq!(
        found.message,
        "the first server of the spec is relative: `/v1`"
    );
    let help = found.help.as_deref().unwrap_or_default();
    assert!(help.contains("`https://b.test`"), "{help}");
}

fn scheme(kind: SecuritySchemeKind) -> SecurityScheme {
    SecurityScheme {
        kind,
        description: None,
    }
}

#[test]
fn an_issuer_is_suggested_where_the_spec_names_its_document() {
    let suggested = |url: &str| {
        let mut api = api([operation("GET", "/a")]);
        let url = Some(url.to_owned());
        let kind = SecuritySchemeKind::OpenIdConnect { url };
        (api.security_schemes).insert("oidc".to_owned(), scheme(kind));
        let planned = plan(&api, &PlanOptions::default(), &mut Diagnostics::new());
        planned.expect("a plan").schemes[0].issuer.clone()
    };
    assert_eq!(
        suggested("https://login.example/a/.well-known/openid-configuration").as_deref(),
        Some("https://login.example/a")
    );
    for url in [
        "http://login.example/.well-known/openid-configuration",
        "https://a:b@login.example/.well-known/openid-configuration",
        "https://login.example/other",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(suggested(url), None, "{url}");
    }
}

#[test]
fn schemes_get_variables_of_their_own_in_document_order() {
    let mut api = api([operation("GET", "/a")]);
    for (name, kind) in [
        ("bearerAuth", SecuritySchemeKind::Bearer),
        ("bearer-auth", SecuritySchemeKind::OAuth2),
        ("mtls", SecuritySchemeKind::MutualTls),
        (
            "api key",
            SecuritySchemeKind::ApiKey {
                location: ParameterLocation::Header,
                name: "X-Key".to_owned(),
            },
        ),
    ] {
        api.security_schemes.insert(name.to_owned(), scheme(kind));
    }
    let (plan, codes) = planned(&api, &PlanOptions::default());
    let schemes: Vec<(&str, &SchemeKind)> = plan
        .schemes
        .iter()
        .map(|scheme| (scheme.env.as_str(), &scheme.kind))
        .collect();
    let key = SchemeKind::ApiKey(Location::Header, "X-Key".to_owned());
    assert_eq!(
        schemes,
        [
            ("BEARER_AUTH", &SchemeKind::Bearer),
            ("BEARER_AUTH_2", &SchemeKind::Bearer),
            ("API_KEY", &key)
        ]
    );
    assert!(
        codes.is_empty(),
        "the spec was told about when it was read: {codes:?}"
    );
}

#[test]
fn alternatives_that_can_be_sent_whole_go_before_parts_of_others() {
    let mut api = api([
        operation("GET", "/1")
            .needs(&["key", "hoba"])
            .needs(&["basic"]),
        operation("GET", "/2").needs(&["hoba"]),
        operation("GET", "/3").needs(&["key"]).needs(&[]),
        operation("GET", "/4").needs(&[]),
        operation("GET", "/5").needs(&["key", "basic"]),
        operation("GET", "/6").needs(&["hoba", "key"]),
        operation("GET", "/7").needs(&[]).needs(&["hoba", "key"]),
        operation("GET", "/8").needs(&["mtls", "key"]),
        operation("GET", "/9").needs(&["mtls"]),
        operation("GET", "/10").needs(&["mtls"]).needs(&["key"]),
    ]);
    for (name, kind) in [
        ("key", SecuritySchemeKind::Bearer),
        ("basic", SecuritySchemeKind::Basic),
        ("mtls", SecuritySchemeKind::MutualTls),
        ("hoba", SecuritySchemeKind::Unsupported("hoba".to_owned())),
    ] {
        api.security_schemes.insert(name.to_owned(), scheme(kind));
    }
    let (plan, _) = planned(&api, &PlanOptions::default());
    let needs: Vec<Vec<Vec<&str>>> = plan
        .tools()
        .map(|tool| {
            (tool.security.iter())
                .map(|needs| needs.iter().map(|need| need.scheme.as_str()).collect())
                .collect()
        })
        .collect();
    let expected: [&[&[&str]]; 10] = [
        &[&["basic"]],
        &[],
        &[&["key"], &[]],
        &[],
        &[&["key", "basic"]],
        &[&["key"], &[]],
        &[&["key"], &[]],
        &[&["key"]],
        &[],
        &[&[], &["key"]],
    ];
    assert_eq!(needs, expected);
}
