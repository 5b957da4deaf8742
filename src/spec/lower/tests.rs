use std::fmt::Write as _;

use serde_json::json;

use crate::api::{
    ParameterLocation, SecuritySchemeKind, Serialization, Server, StatusPattern, Style,
};
use crate::spec::Source;
use crate::spec::testing::{Lowered, lowered, lowered_3_1, lowered_from, source};

/// One `GET` on a path, with these lines as its fields.
fn get(path: &str, fields: &str) -> Lowered {
    lowered_3_1(&format!("paths: {{'{path}': {{get: {{{fields}}}}}}}\n"))
}

fn parameter_names(lowered: &Lowered) -> Vec<&str> {
    let parameters = &lowered.operation().parameters;
    parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect()
}

#[test]
fn operations_come_in_document_order_with_the_methods_in_upper_case() {
    let lowered = lowered_3_1(
        "paths:\n  x-note: 1\n  /b: {put: {}, get: {}}\n  /a: {trace: {}, x-a: {}, servers: []}\nwebhooks: {w: {post: {}}}\n",
    );
    let calls: Vec<_> = lowered
        .api
        .operations
        .iter()
        .map(|operation| {
            format!(
                "{} {} {}",
                operation.method, operation.path, operation.pointer
            )
        })
        .collect();
    assert_eq!(
        calls,
        [
            "PUT /b /paths/~1b/put",
            "GET /b /paths/~1b/get",
            "TRACE /a /paths/~1a/trace"
        ]
    );
    assert!(lowered.told().is_empty());
}

#[test]
fn an_operation_falls_back_to_what_its_path_says() {
    let lowered = lowered_3_1(
        "paths: {/a: {summary: S, description: D, servers: [{url: 'https://p.example'}], get: {summary: '', description: own, tags: [t, t], x-rate: 1, operationId: 7}}}\ntags: [{name: u, description: U}]\n",
    );
    let operation = lowered.operation();
    assert_eq!(operation.summary.as_deref(), Some("S"));
    assert_eq!(operation.description.as_deref(), Some("own"));
    assert_eq!(operation.operation_id.as_deref(), Some("7"));
    assert_eq!(operation.extensions["x-rate"], json!(1));
    let servers = operation.servers.as_deref().expect("the path's servers");
    assert_eq!(servers[0].url.as_deref(), Some("https://p.example"));
    let tags: Vec<_> = lowered
        .api
        .tags
        .iter()
        .map(|tag| tag.name.as_str())
        .collect();
    assert_eq!(
        (operation.tags.as_slice(), tags),
        (["t".to_owned()].as_slice(), vec!["u", "t"])
    );
}

#[test]
fn the_operations_parameter_overrides_the_shared_one_in_its_place() {
    let lowered = lowered_3_1(
        "paths: {'/{a}': {parameters: [{name: a, in: path, schema: {type: string}}, {name: X-B, in: header, schema: {type: string}}], get: {parameters: [{name: x-b, in: header, required: true, schema: {type: integer}}, {name: a, in: query, schema: {}}]}}}\n",
    );
    let parameters = &lowered.operation().parameters;
    assert_eq!(parameter_names(&lowered), ["a", "x-b", "a"]);
    assert!(parameters[0].required && parameters[1].required && !parameters[2].required);
    assert_eq!(parameters[1].schema, json!({"type": "integer"}));
    assert_eq!(parameters[2].location, ParameterLocation::Query);
}

#[test]
fn style_and_explode_have_the_defaults_of_their_location() {
    let lowered = get(
        "/{p}",
        "parameters: [{name: p, in: path, schema: {}}, {name: q, in: query, schema: {}}, {name: d, in: query, style: deepObject, explode: true, allowReserved: true, allowEmptyValue: true, schema: {}}, {name: l, in: query, style: pipeDelimited, schema: {}}, {name: c, in: cookie, schema: {}}, {name: j, in: query, content: {application/json: {schema: {type: object}, example: {a: 1}}}}]",
    );
    let style = |style, explode, allow_reserved, allow_empty| Serialization::Style {
        style,
        explode,
        allow_reserved,
        allow_empty,
        items: Vec::new(),
    };
    let found: Vec<_> = lowered
        .operation()
        .parameters
        .iter()
        .map(|parameter| parameter.serialization.clone())
        .collect();
    assert_eq!(
        found,
        [
            style(Style::Simple, false, false, false),
            style(Style::Form, true, false, false),
            style(Style::DeepObject, true, true, true),
            style(Style::PipeDelimited, false, false, false),
            style(Style::Form, true, false, false),
            Serialization::Content {
                media_type: "application/json".to_owned(),
                encoding: indexmap::IndexMap::new(),
                is_whole_query: false,
            },
        ]
    );
    let json = &lowered.operation().parameters[5];
    assert_eq!(
        (&json.schema, &json.example),
        (&json!({"type": "object"}), &Some(json!({"a": 1})))
    );
    assert!(lowered.told().is_empty(), "{:?}", lowered.told());
}

#[test]
fn headers_that_other_parts_decide_are_ignored_with_a_note() {
    let lowered = get(
        "/",
        "parameters: [{name: accept, in: header, schema: {}}, {name: Authorization, in: header, schema: {}}, {name: Content-Type, in: query, schema: {}}]",
    );
    assert_eq!(parameter_names(&lowered), ["Content-Type"]);
    assert_eq!(
        lowered.told(),
        [
            "ignored-parameter /paths/~1/get/parameters/0",
            "ignored-parameter /paths/~1/get/parameters/1"
        ]
    );
}

#[test]
fn every_variable_of_the_path_is_a_parameter_and_no_other_path_parameter_is() {
    let lowered = get(
        "/{a}/{b}.json/{a}",
        "parameters: [{name: c, in: path, schema: {}}, {name: b, in: path, schema: {}}]",
    );
    assert_eq!(parameter_names(&lowered), ["b", "a"]);
    let undeclared = &lowered.operation().parameters[1];
    assert!(undeclared.required);
    assert_eq!(undeclared.schema, json!({"type": "string"}));
    assert_eq!(
        lowered.told(),
        [
            "unused-path-parameter /paths/~1{a}~1{b}.json~1{a}/get/parameters/0",
            "undeclared-path-parameter /paths/~1{a}~1{b}.json~1{a}"
        ]
    );
}

#[test]
fn variables_written_as_in_rfc_6570_are_those_that_are_declared() {
    let lowered = get(
        "/{.a*}/{b+}",
        "parameters: [{name: a, in: path, style: label, explode: true, schema: {}}, {name: b, in: path, schema: {}}]",
    );
    assert_eq!(lowered.operation().path, "/{a}/{b}");
    assert!(lowered.told().is_empty());
}

#[test]
fn a_parameter_that_comes_twice_is_told_and_the_later_one_used() {
    let lowered = get(
        "/",
        "parameters: [{name: q, in: query, schema: {type: string}}, {name: q, in: query, schema: {type: integer}}]",
    );
    assert_eq!(
        lowered.operation().parameters[0].schema,
        json!({"type": "integer"})
    );
    assert_eq!(
        lowered.told(),
        ["duplicate-parameter /paths/~1/get/parameters/1"]
    );
}

#[test]
fn a_broken_operation_costs_one_diagnostic_and_itself() {
    for (broken, told) in [
        ("5", "/get"),
        ("{parameters: {}}", "/get/parameters"),
        ("{parameters: [5]}", "/get/parameters/0"),
        ("{parameters: [{in: query}]}", "/get/parameters/0"),
        ("{parameters: [{name: a, in: body}]}", "/get/parameters/0"),
        ("{requestBody: []}", "/get/requestBody"),
    ] {
        let lowered = lowered_3_1(&format!(
            "paths: {{/a: {{get: {broken}}}, /b: {{get: {{}}}}}}\n"
        ));
        assert_eq!(lowered.operation().path, "/b");
        assert_eq!(
            lowered.told(),
            [format!("invalid-operation /paths/~1a{told}")]
        );
        assert_eq!(
            lowered.diagnostics[0].skipped.as_deref(),
            Some("operation `GET /a`")
        );
    }
}

#[test]
fn a_broken_path_costs_one_diagnostic() {
    for (path, item) in [
        ("/a", "5"),
        ("/a", "{parameters: 5, get: {}, put: {}}"),
        ("/a", "[get]"),
    ] {
        let lowered = lowered_3_1(&format!("paths: {{'{path}': {item}, /b: {{get: {{}}}}}}\n"));
        assert_eq!(lowered.operation().path, "/b");
        assert_eq!(lowered.diagnostics.len(), 1);
        assert_eq!(lowered.diagnostics[0].skipped.as_deref(), Some("path `/a`"));
    }
    let lowered = lowered_3_1("paths: {'/a/{b': {get: {}}}\n");
    assert_eq!(lowered.told(), ["invalid-operation /paths/~1a~1{b"]);
}

#[test]
fn a_style_that_its_location_does_not_have_costs_an_optional_parameter_only() {
    let parameters = |required| {
        format!(
            "parameters: [{{name: a, in: header, style: form, required: {required}, schema: {{}}}}]"
        )
    };
    let optional = get("/", &parameters(false));
    assert!(optional.operation().parameters.is_empty());
    let required = get("/", &parameters(true));
    assert!(required.api.operations.is_empty());
    assert_eq!(optional.told(), required.told());
    assert_eq!(
        required.told(),
        ["unsupported-parameter /paths/~1/get/parameters/0/style"]
    );
}

#[test]
fn fields_of_a_wrong_shape_are_read_as_they_are_meant() {
    let lowered = get(
        "/",
        "tags: pets, deprecated: 'true', summary: [a], parameters: [{name: a, in: query, required: 'yes', schema: {}}]",
    );
    let operation = lowered.operation();
    assert_eq!(operation.tags, ["pets"]);
    assert!(operation.deprecated && operation.parameters[0].required);
    assert_eq!(operation.summary, None);
    assert!(
        lowered
            .told()
            .iter()
            .all(|told| told.starts_with("invalid-field /paths/~1/get/"))
    );
    assert_eq!(lowered.told().len(), 4);
}

#[test]
fn references_lead_to_every_kind_of_part() {
    let lowered = lowered_3_1(
        "paths:
  /a/{id}: {$ref: '#/components/pathItems/P'}
components:
  pathItems:
    P: {post: {parameters: [{$ref: '#/components/parameters/Q'}], requestBody: {$ref: '#/components/requestBodies/B'}, responses: {200: {$ref: '#/components/responses/R'}, default: {$ref: '#/components/responses/R'}}, security: [{k: []}]}}
  parameters: {Q: {$ref: '#/components/parameters/id'}, id: {name: id, in: path, schema: {$ref: '#/components/schemas/S'}, examples: {e: {$ref: '#/components/examples/E'}}}}
  requestBodies: {B: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
  responses: {R: {description: fine, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}
  examples: {E: {value: 5}}
  schemas: {S: {type: string}}
  securitySchemes: {k: {$ref: '#/components/securitySchemes/l'}, l: {type: http, scheme: Bearer}}
",
    );
    let operation = lowered.operation();
    let parameter = &operation.parameters[0];
    assert_eq!(parameter.pointer.as_str(), "/components/parameters/id");
    assert_eq!(
        (&parameter.schema, &parameter.example),
        (&json!({"$ref": "#/$defs/S"}), &Some(json!(5)))
    );
    let body = operation.body.as_ref().expect("a body");
    assert!(body.required);
    assert_eq!(body.content[0].schema, Some(json!({"$ref": "#/$defs/S"})));
    assert_eq!(
        operation.responses[0].content[0].schema,
        body.content[0].schema
    );
    assert_eq!(operation.responses[1].status, StatusPattern::Default);
    assert_eq!(
        lowered.api.security_schemes["k"].kind,
        SecuritySchemeKind::Bearer
    );
    assert!(lowered.told().is_empty(), "{:?}", lowered.told());
}

#[test]
fn what_stands_beside_a_path_items_reference_overrides_it() {
    let lowered = lowered_3_1(
        "paths: {/a: {$ref: '#/components/pathItems/P', get: {summary: own}}}\ncomponents: {pathItems: {P: {get: {summary: other}, put: {}}}}\n",
    );
    let found: Vec<_> = lowered
        .api
        .operations
        .iter()
        .map(|operation| (operation.method.as_str(), operation.summary.as_deref()))
        .collect();
    assert_eq!(found, [("GET", Some("own")), ("PUT", None)]);
}

#[test]
fn a_part_that_is_elsewhere_or_missing_costs_what_needs_it() {
    for reference in [
        "other.yaml#/x",
        "#/components/x",
        "#/paths/~1a/get/requestBody",
    ] {
        let lowered = lowered_3_1(&format!(
            "paths: {{/a: {{get: {{requestBody: {{$ref: '{reference}'}}}}}}, /b: {{get: {{responses: {{200: {{$ref: '{reference}'}}, 204: {{description: done}}}}}}}}}}\n"
        ));
        let operation = lowered.operation();
        assert_eq!(
            (operation.path.as_str(), operation.responses.len()),
            ("/b", 1)
        );
        assert_eq!(
            lowered.diagnostics[0].skipped.as_deref(),
            Some("operation `GET /a`")
        );
        assert_eq!(
            lowered.diagnostics[1].skipped.as_deref(),
            Some("this response")
        );
    }
}

#[test]
fn statuses_are_exact_classes_or_the_default() {
    let lowered = get(
        "/",
        "responses: {200: {description: d}, '4XX': {}, 5xx: , default: {}, '20': {}, 999: {}, x-a: {}}",
    );
    let found: Vec<_> = lowered
        .operation()
        .responses
        .iter()
        .map(|response| response.status)
        .collect();
    assert_eq!(
        found,
        [
            StatusPattern::Exact(200),
            StatusPattern::Class(4),
            StatusPattern::Class(5),
            StatusPattern::Default
        ]
    );
    assert_eq!(
        lowered.told(),
        [
            "invalid-field /paths/~1/get/responses/20",
            "invalid-field /paths/~1/get/responses/999"
        ]
    );
}

#[test]
fn a_media_type_has_its_encoding_and_its_first_example() {
    let lowered = get(
        "/",
        "requestBody: {content: {multipart/form-data: {schema: {type: object}, examples: {x-no: {value: 0}, a: {value: 1}, b: {value: 2}}, encoding: {p: {contentType: image/png, style: form, explode: false, headers: {}}}}, text/plain: }}",
    );
    let content = &lowered.operation().body.as_ref().expect("a body").content;
    let encoding = &content[0].encoding["p"];
    assert_eq!(content[0].example, Some(json!(1)));
    assert_eq!(encoding.content_type.as_deref(), Some("image/png"));
    assert_eq!(
        (encoding.style, encoding.explode),
        (Some(Style::Form), Some(false))
    );
    assert_eq!(
        (content[1].name.as_str(), &content[1].schema),
        ("text/plain", &None)
    );
}

#[test]
fn a_body_without_content_is_left_away() {
    let lowered = get("/", "requestBody: {description: d, content: {}}");
    assert!(lowered.operation().body.is_none());
    assert_eq!(lowered.told(), ["invalid-field /paths/~1/get/requestBody"]);
}

fn security(root: &str, operation: &str) -> (Vec<Vec<String>>, Vec<String>) {
    let lowered = lowered_3_1(&format!(
        "{root}\npaths: {{/a: {{get: {{{operation}}}}}}}\ncomponents: {{securitySchemes: {{a: {{type: apiKey, in: header, name: X}}, b: {{type: oauth2}}}}}}\n"
    ));
    let alternatives = lowered.operation().security.iter().map(|alternative| {
        let schemes = alternative.schemes.iter();
        schemes
            .map(|(name, scopes)| format!("{name}{scopes:?}"))
            .collect()
    });
    (alternatives.collect(), lowered.told())
}

#[test]
fn the_security_of_an_operation_replaces_that_of_the_root() {
    let told: Vec<String> = Vec::new();
    let a = || vec![vec!["a[]".to_owned()]];
    assert_eq!(security("security: [{a: []}]", ""), (a(), told.clone()));
    assert_eq!(
        security("security: [{b: []}]", "security: [{a: []}]"),
        (a(), told.clone())
    );
    assert_eq!(
        security("security: [{a: []}]", "security: []"),
        (vec![], told.clone())
    );
    assert_eq!(
        security("", "security: [{a: [], b: [r, w]}, {}]"),
        (
            vec![vec!["a[]".to_owned(), r#"b["r", "w"]"#.to_owned()], vec![]],
            told
        )
    );
}

#[test]
fn an_authorization_parameter_is_an_optional_credential_where_nothing_else_is_said() {
    const PARAMETER: &str = "parameters: [{name: authorization, in: header, required: true}]";
    let lowered = |schemes: &str, security: &str| {
        lowered_3_1(&format!(
            "paths: {{/a: {{get: {{{PARAMETER}{security}}}}}, /b: {{get: {{}}}}}}\ncomponents: {{securitySchemes: {{{schemes}}}}}\n"
        ))
    };
    for (schemes, security, expected) in [
        ("", "", Some("Authorization")),
        (
            "a: {type: apiKey, in: header, name: X}",
            "",
            Some("Authorization"),
        ),
        (
            "a: {type: apiKey, in: header, name: AUTHORIZATION}",
            "",
            Some("a"),
        ),
        ("a: {type: http, scheme: bearer}", "", Some("a")),
        (
            "authorization: {type: http, scheme: bearer}, b: {type: oauth2}",
            "",
            Some("AuthorizationHeader"),
        ),
        ("a: {type: http, scheme: bearer}", ", security: []", None),
    ] {
        let lowered = lowered(schemes, security);
        let security = &lowered.api.operations[0].security;
        let names: Vec<Vec<&str>> = (security.iter())
            .map(|each| each.schemes.iter().map(|(name, _)| name.as_str()).collect())
            .collect();
        match expected {
            Some(name) => assert_eq!(names, [vec![name], vec![]], "{schemes}"),
            None => assert!(names.is_empty(), "{schemes}"),
        }
        let is_declared = |name| lowered.api.security_schemes.contains_key(name);
        assert!(expected.is_none_or(is_declared), "{schemes}");
        assert!(lowered.api.operations[1].security.is_empty());
    }
    assert!(
        lowered_3_1("paths: {/b: {get: {}}}")
            .api
            .security_schemes
            .is_empty()
    );
}

#[test]
fn an_alternative_with_an_unknown_scheme_is_dropped_and_told() {
    let (left, told) = security("", "security: [{a: [], z: []}, {a: []}]");
    assert_eq!(left, [["a[]"]]);
    assert_eq!(
        told,
        ["unknown-security-scheme /paths/~1a/get/security/0/z"]
    );
    let (left, told) = security("", "security: [{z: []}, {y: []}]");
    assert!(left.is_empty());
    assert_eq!(told, ["unknown-security-scheme /paths/~1a/get/security"]);
    let (_, told) = security("security: [{z: []}]", "");
    assert_eq!(told, ["unknown-security-scheme /security"]);
}

#[test]
fn security_schemes_say_where_their_credential_goes() {
    let lowered = lowered_3_1(
        "paths: {}\ncomponents:\n  securitySchemes:\n    key: {type: apiKey, in: cookie, name: sid, description: d}\n    basic: {type: http, scheme: BASIC}\n    oidc: {type: openIdConnect, openIdConnectUrl: 'https://a.example/b'}\n    digest: {type: http, scheme: Digest}\n    hoba: {type: http, scheme: hoba}\n    tls: {type: mutualTLS}\n    odd: {type: apiKey, in: body, name: x}\n    none: {}\n",
    );
    let schemes = &lowered.api.security_schemes;
    assert_eq!(
        schemes["key"].kind,
        SecuritySchemeKind::ApiKey {
            location: ParameterLocation::Cookie,
            name: "sid".to_owned()
        }
    );
    assert_eq!(schemes["basic"].kind, SecuritySchemeKind::Basic);
    let url = Some("https://a.example/b".to_owned());
    assert_eq!(
        schemes["oidc"].kind,
        SecuritySchemeKind::OpenIdConnect { url }
    );
    assert_eq!(schemes["digest"].kind, SecuritySchemeKind::Digest);
    assert_eq!(schemes["tls"].kind, SecuritySchemeKind::MutualTls);
    for name in ["hoba", "odd", "none"] {
        assert!(
            matches!(schemes[name].kind, SecuritySchemeKind::Unsupported(_)),
            "{name}"
        );
    }
    assert_eq!(lowered.told().len(), 4);
}

fn servers(text: &str, url: Option<&str>) -> (Vec<Server>, Vec<String>) {
    let text = format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths: {{}}\n{text}");
    let lowered = lowered_from(Source {
        url: url.map(|url| url.parse().expect("a URL")),
        ..source(&text)
    });
    let told = lowered.told();
    (lowered.api.servers, told)
}

fn server_url(url: &str, document: Option<&str>) -> Option<String> {
    let (servers, told) = servers(&format!("servers: [{{url: '{url}'}}]\n"), document);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(servers[0].template, url);
    servers[0].url.clone()
}

#[test]
fn server_urls_are_absolute_or_unknown() {
    let document = Some("https://api.example/docs/spec.yaml");
    for (url, from, expected) in [
        ("https://a.example/v1/", None, Some("https://a.example/v1")),
        ("/v1", None, None),
        ("/v1", document, Some("https://api.example/v1")),
        ("../v2", document, Some("https://api.example/v2")),
        ("//b.example/x", None, Some("https://b.example/x")),
        (
            "//b.example/x",
            Some("http://c.example/"),
            Some("http://b.example/x"),
        ),
        ("a.example/v1", None, Some("https://a.example/v1")),
        ("localhost:8080/v1", None, Some("http://localhost:8080/v1")),
        ("a.example:8443", None, Some("https://a.example:8443")),
    ] {
        assert_eq!(server_url(url, from).as_deref(), expected, "{url}");
    }
}

#[test]
fn a_servers_query_is_left_away_and_told() {
    for url in ["https://a.example/v1?q=1", "https://a.example/v1#f"] {
        let (found, told) = servers(&format!("servers: [{{url: '{url}'}}]\n"), None);
        assert_eq!(found[0].url.as_deref(), Some("https://a.example/v1"));
        assert_eq!(told, ["invalid-server /servers/0/url"]);
    }
}

#[test]
fn without_servers_the_documents_own_origin_is_the_server() {
    assert_eq!(servers("", None).0[0].url, None);
    let (found, _) = servers("servers: []\n", Some("https://api.example/docs/spec.yaml"));
    assert_eq!(found[0].url.as_deref(), Some("https://api.example"));
}

#[test]
fn variables_of_a_server_have_their_defaults() {
    let (found, told) = servers(
        "servers: [{url: 'https://{host}:{port}/{base}', variables: {host: {default: a.example}, port: {enum: [8443, 443], default: 443}, base: {enum: [v2]}}}]\n",
        None,
    );
    assert_eq!(found[0].url.as_deref(), Some("https://a.example/v2"));
    assert!(told.is_empty());
}

#[test]
fn a_server_that_cannot_be_called_is_told() {
    let (found, told) = servers(
        "servers: [{url: 'wss://a.example'}, {url: 'https://{x}/'}, {description: d}, 5, {url: 'https://b.example'}]\n",
        None,
    );
    let urls: Vec<_> = found.iter().map(|server| server.url.as_deref()).collect();
    assert_eq!(urls, [None, Some("https://b.example")]);
    assert_eq!(
        told,
        [
            "invalid-server /servers/0/url",
            "invalid-server /servers/1/url",
            "invalid-server /servers/2",
            "invalid-field /servers/3"
        ]
    );
}

#[test]
fn large_shared_parts_that_are_used_everywhere_end_at_a_limit() {
    let mut text = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n".to_owned();
    for n in 0..3_000 {
        let _ = writeln!(
            text,
            "  /p{n}: {{get: {{responses: {{200: {{$ref: '#/components/responses/R'}}}}}}}}"
        );
    }
    text.push_str("components: {responses: {R: {content: {a/b: {schema: {properties: {");
    for n in 0..3_000 {
        let _ = write!(text, "p{n}: {{}}, ");
    }
    text.push_str("}}}}}}}\n");
    let lowered = lowered(&text);
    assert!(lowered.api.operations.len() < 2_000);
    assert!(
        lowered
            .told()
            .iter()
            .any(|told| told.starts_with("node-limit "))
    );
}
