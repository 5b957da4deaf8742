//! Parameters and bodies: what becomes an argument, and what is sent.

use serde_json::{Value, json};

use super::{api, codes, operation, planned, tool, validator, with_schemas};
use crate::api::{Encoding, ParameterLocation, Serialization};
use crate::diagnostic::{Code, Diagnostics};
use crate::plan::{BodySource, PlanOptions, Tool, plan};
use crate::runtime::tool::{BodyFormat, FieldFormat, ParameterFormat, Style};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn post(schema: Value) -> Tool {
    tool(operation("POST", "/a").body(true, &[(JSON, schema)]))
}

/// The arguments that the body is made of; `*` marks the whole body.
fn fields(tool: &Tool) -> Vec<String> {
    match tool.body.as_ref().map(|body| &body.source) {
        Some(BodySource::Fields(fields)) => {
            fields.iter().map(|field| field.argument.clone()).collect()
        }
        Some(BodySource::Whole(name) | BodySource::Object(name, _)) => vec![format!("*{name}")],
        None => Vec::new(),
    }
}

#[test]
fn fields_of_a_plain_object_become_arguments() {
    let tool = post(json!({
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": true}, "name": {"type": "string"}},
        "required": ["id", "name"]
    }));
    assert_eq!(fields(&tool), ["name"]);
    assert_eq!(tool.precise["required"], json!(["name"]));
    assert_eq!(tool.precise["additionalProperties"], json!(false));
}

#[test]
fn references_and_all_of_are_merged_before_fields_are_lifted() {
    let api = with_schemas(
        api([operation("POST", "/a").body(true, &[(JSON, json!({"$ref": "#/$defs/Order"}))])]),
        &[
            (
                "Order",
                json!({"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}]}),
            ),
            (
                "Base",
                json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/Leaf"}}, "required": ["a"], "additionalProperties": false}),
            ),
            ("Leaf", json!({"type": "integer"})),
        ],
    );
    let (plan, _) = planned(&api, &PlanOptions::default());
    let tool = &plan.groups[0].tools[0];
    assert_eq!(fields(tool), ["a", "b"]);
    assert_eq!(tool.advertised["required"], json!(["a", "b"]));
    assert!(validator(&plan, tool).is_valid(&json!({"a": 1, "b": "x"})));
    assert!(!validator(&plan, tool).is_valid(&json!({"a": "1", "b": "x"})));
}

#[test]
fn a_body_that_a_flat_list_cannot_say_is_one_argument() {
    let object = |extra: Value| {
        let mut schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        for (key, value) in extra.as_object().expect("an object") {
            schema[key] = value.clone();
        }
        schema
    };
    for schema in [
        json!({"type": "array", "items": {"type": "string"}}),
        json!({"type": "string"}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({}),
        object(json!({"additionalProperties": true})),
        object(json!({"patternProperties": {"^x-": {}}})),
        object(json!({"oneOf": [{"required": ["a"]}]})),
        object(json!({"not": {"required": ["a"]}})),
        object(json!({"type": ["object", "null"]})),
        object(json!({"properties": {"a": {"readOnly": true}}})),
    ] {
        assert_eq!(fields(&post(schema.clone())), ["*body"], "{schema}");
    }
}

#[test]
fn a_field_with_the_name_of_a_parameter_keeps_the_body_whole() {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    let tool = tool(
        operation("PUT", "/a/{id}")
            .with(ParameterLocation::Path, "id", json!({"type": "string"}))
            .query("body", json!({"type": "string"}))
            .body(true, &[(JSON, schema)]),
    );
    assert_eq!(fields(&tool), ["*body_2"]);
    assert_eq!(tool.advertised["required"], json!(["id", "body_2"]));
}

#[test]
fn an_optional_body_is_lifted_only_when_no_field_is_required() {
    let body = |required: Value| {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": required});
        tool(operation("POST", "/a").body(false, &[(JSON, schema)]))
    };
    assert_eq!(fields(&body(json!([]))), ["a"]);
    assert_eq!(fields(&body(json!(["a"]))), ["*body"]);
    assert!(!body(json!([])).body.expect("a body").required);
}

#[test]
fn a_required_field_without_a_schema_is_still_an_argument() {
    let tool = post(json!({"type": "object", "properties": {"a": {}}, "required": ["b"]}));
    assert_eq!(fields(&tool), ["a", "b"]);
    assert_eq!(tool.precise["required"], json!(["b"]));
}

#[test]
fn a_form_keeps_the_style_of_each_field() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "object"}, "b": {"type": "array"}, "c[]": {}}});
    let mut operation = operation("POST", "/a").body(true, &[(FORM, schema)]);
    let media = &mut operation.body.as_mut().expect("a body").content[0];
    media.encoding.insert(
        "a".to_owned(),
        Encoding {
            style: Some(crate::api::Style::DeepObject),
            ..Encoding::default()
        },
    );
    media.encoding.insert(
        "b".to_owned(),
        Encoding {
            explode: Some(false),
            ..Encoding::default()
        },
    );
    let body = tool(operation).body.expect("a body");
    assert_eq!(body.format, BodyFormat::Form);
    let BodySource::Fields(fields) = body.source else {
        panic!("not lifted")
    };
    let facts: Vec<(&str, &str, Style, bool)> = fields
        .iter()
        .map(|field| {
            (
                field.argument.as_str(),
                field.name.as_str(),
                field.style,
                field.explode,
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("a", "a", Style::DeepObject, true),
            ("b", "b", Style::Form, false),
            ("c", "c[]", Style::Form, true)
        ]
    );
}

#[test]
fn bytes_are_a_file_and_structured_xml_is_fields() {
    let send =
        |media: &str, schema: Value| tool(operation("PUT", "/a").body(true, &[(media, schema)]));
    let bytes = send("image/png", json!({"type": "string", "format": "binary"}));
    assert_eq!(
        bytes.body.as_ref().expect("a body").format,
        BodyFormat::Bytes
    );
    let precise = &bytes.precise["properties"]["body"];
    assert_eq!(precise["anyOf"][1]["properties"]["text"]["type"], "string");
    let xml = send(
        "application/xml",
        json!({"type": "object", "properties": {"a": {"type": "string", "xml": {"attribute": true}}}, "xml": {"name": "r"}}),
    );
    let body = xml.body.as_ref().expect("a body");
    assert_eq!(body.format, BodyFormat::Xml);
    assert_eq!(
        body.xml,
        r#"{"name":"r","properties":{"a":{"attribute":true}}}"#
    );
    assert_eq!(fields(&xml), ["a"]);
    let text = send("application/xml", json!({"type": "string"}));
    assert_eq!(text.body.as_ref().expect("a body").format, BodyFormat::Text);
    let description = &text.advertised["properties"]["body"]["description"];
    assert_eq!(
        description,
        "The request body. Sent as it is, as `application/xml`."
    );
}

#[test]
fn a_required_list_of_a_form_has_an_item() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let schema = json!({"type": "object", "required": ["a"], "properties": {"a": list, "b": list}});
    for (name, least) in [
        ("application/x-www-form-urlencoded", Some(1)),
        ("multipart/form-data", Some(1)),
        ("application/json", None),
    ] {
        let tool = tool(operation("POST", "/a").body(true, &[(name, schema.clone())]));
        let shown = &tool.advertised["properties"];
        assert_eq!(shown["a"].get("minItems").and_then(Value::as_u64), least);
        assert!(shown["b"].get("minItems").is_none());
    }
}

#[test]
fn bytes_of_a_range_of_media_types_are_to_say_which() {
    let file = json!({"type": "string", "format": "binary"});
    for (name, remark) in [
        (
            "image/*",
            " Name its type, one of `image/*`, in `content_type`.",
        ),
        ("*/*", ""),
        ("image/png", ""),
    ] {
        let tool = tool(operation("POST", "/a").body(true, &[(name, file.clone())]));
        let description =
            format!("A file: base64, a `data:` URL, or an object with its `text`.{remark}");
        assert_eq!(
            tool.advertised["properties"]["body"]["description"],
            description
        );
    }
}

#[test]
fn a_part_is_a_file_where_its_schema_or_its_encoding_says_so() {
    let schema = json!({"type": "object", "properties": {
        "bytes": {"type": "string", "format": "binary", "description": "Which one"},
        "many": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "typed": {"type": "string"},
        "json": {"type": "object"},
        "byte": {"type": "string", "format": "byte"},
    }});
    let mut operation = operation("POST", "/a").body(true, &[("multipart/form-data", schema)]);
    let media = &mut operation.body.as_mut().expect("a body").content[0];
    for (name, content_type) in [
        ("typed", "image/*, image/png"),
        ("json", "application/x+json"),
    ] {
        let encoding = Encoding {
            content_type: Some(content_type.to_owned()),
            ..Encoding::default()
        };
        media.encoding.insert(name.to_owned(), encoding);
    }
    let tool = tool(operation);
    let Some(BodySource::Fields(fields)) = tool.body.map(|body| body.source) else {
        panic!("not lifted")
    };
    let facts: Vec<(&str, FieldFormat, &str)> = (fields.iter())
        .map(|field| {
            (
                field.name.as_str(),
                field.format,
                field.content_type.as_str(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("bytes", FieldFormat::File, ""),
            ("many", FieldFormat::File, ""),
            ("typed", FieldFormat::File, "image/png"),
            ("json", FieldFormat::Json, "application/x+json"),
            ("byte", FieldFormat::Value, ""),
        ]
    );
    let properties = &tool.advertised["properties"];
    assert_eq!(properties["bytes"]["description"], "Which one");
    assert!(properties["bytes"]["anyOf"].is_array());
    assert!(properties["many"]["items"]["anyOf"].is_array());
}

#[test]
fn another_media_type_of_the_same_schema_is_chosen_by_an_argument() {
    let schema = json!({"type": "object", "properties": {"content_type": {"type": "string"}}});
    let operation = operation("POST", "/a").body(
        true,
        &[
            (FORM, schema.clone()),
            (JSON, schema.clone()),
            ("*/*", schema),
        ],
    );
    let (plan, codes) = planned(&api([operation]), &PlanOptions::default());
    assert_eq!(codes, []);
    let tool = &plan.groups[0].tools[0];
    let body = tool.body.as_ref().expect("a body");
    assert_eq!(body.format, BodyFormat::Json);
    assert_eq!(
        body.choice,
        Some((
            "content_type_2".to_owned(),
            vec![crate::plan::Alternative {
                media_type: FORM.to_owned(),
                format: BodyFormat::Form,
                fields: None,
                xml: String::new(),
            }]
        ))
    );
    for schema in [&tool.advertised, &tool.precise] {
        let choice = &schema["properties"]["content_type_2"];
        assert_eq!(choice["enum"], json!([JSON, FORM]));
        assert_eq!(choice["default"], JSON);
    }
}

#[test]
fn a_media_type_that_takes_another_body_is_chosen_by_the_argument_as_well() {
    let one = |name: &str| json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}}});
    let operation = operation("POST", "/a").body(
        true,
        &[
            (JSON, one("a")),
            (FORM, one("b")),
            ("application/x+json", one("a")),
            ("text/csv", json!({"type": "string"})),
            ("image/*", json!({"type": "string", "format": "binary"})),
        ],
    );
    let (plan, codes) = planned(&api([operation]), &PlanOptions::default());
    assert_eq!(codes, [Code::UnofferedMediaType]);
    let tool = &plan.groups[0].tools[0];
    let body = tool.body.as_ref().expect("a body");
    assert_eq!(body.source, BodySource::Whole("body".to_owned()));
    let names = [JSON, "application/x+json", FORM, "text/csv"];
    for schema in [&tool.advertised, &tool.precise] {
        assert_eq!(schema["properties"]["content_type"]["enum"], json!(names));
        let forms = schema["properties"]["body"]["anyOf"]
            .as_array()
            .expect("forms");
        let texts: Vec<_> = forms
            .iter()
            .filter_map(|form| form["description"].as_str())
            .collect();
        assert_eq!(
            texts,
            [
                format!("For `{JSON}` or `application/x+json`, the default"),
                format!("For `{FORM}`"),
                "For `text/csv`".to_owned()
            ]
        );
    }
    let validator = validator(&plan, tool);
    let a = json!({"a": "x"});
    let b = json!({"b": "x"});
    for (name, body, is_taken) in [
        (None, &a, true),
        (None, &b, false),
        (None, &json!("a,b"), false),
        (Some(JSON), &a, true),
        (Some("application/x+json"), &a, true),
        (Some("application/x+json"), &b, false),
        (Some(FORM), &b, true),
        (Some(FORM), &a, false),
        (Some("text/csv"), &json!("a,b"), true),
        (Some("text/csv"), &a, false),
    ] {
        let mut arguments = json!({ "body": body });
        if let Some(name) = name {
            arguments["content_type"] = json!(name);
        }
        assert_eq!(validator.is_valid(&arguments), is_taken, "{arguments}");
    }
}

#[test]
fn an_unknown_media_type_costs_the_operation_or_the_optional_body() {
    let upload = |required| {
        operation("POST", "/a").id("upload").body(
            required,
            &[("application/edifact", json!({"type": "object"}))],
        )
    };
    let mut diagnostics = Diagnostics::new();
    let none = plan(
        &api([upload(true)]),
        &PlanOptions::default(),
        &mut diagnostics,
    );
    assert!(none.is_none());
    assert_eq!(
        codes(&diagnostics),
        [Code::UnsupportedMediaType, Code::NoTools]
    );
    let first = diagnostics.iter().nth(1).expect("a diagnostic");
    assert_eq!(
        first.message,
        "request body `application/edifact` cannot become tool input"
    );
    assert_eq!(first.skipped.as_deref(), Some("operation `upload`"));
    let (plan, codes) = planned(&api([upload(false)]), &PlanOptions::default());
    assert_eq!(codes, [Code::UnsupportedMediaType]);
    assert!(plan.groups[0].tools[0].body.is_none());
}

#[test]
fn a_parameter_keeps_its_style_and_its_wire_name() {
    let mut operation = operation("GET", "/a").query("filter[x]", json!({"type": "object"}));
    operation.parameters[0].serialization = Serialization::Style {
        style: crate::api::Style::DeepObject,
        explode: true,
        allow_reserved: true,
        allow_empty: false,
        items: Vec::new(),
    };
    let parameter = tool(operation).parameters.remove(0);
    assert_eq!(
        (parameter.name.as_str(), parameter.argument.as_str()),
        ("filter[x]", "filter_x")
    );
    assert_eq!(parameter.style, Style::DeepObject);
    assert!(
        parameter.explode && parameter.allow_reserved && parameter.format == ParameterFormat::Style
    );
}

#[test]
fn a_content_parameter_is_json_or_text_or_unsupported() {
    let with = |media: &str, schema: Value, required: bool| {
        let mut operation = operation("GET", "/a")
            .query("q", schema)
            .query("r", json!({}));
        operation.parameters[0].serialization = Serialization::Content {
            media_type: media.to_owned(),
            encoding: indexmap::IndexMap::new(),
            is_whole_query: false,
        };
        operation.parameters[0].required = required;
        let mut diagnostics = Diagnostics::new();
        let plan = plan(&api([operation]), &PlanOptions::default(), &mut diagnostics);
        let parameters = plan.map(|mut plan| plan.groups.remove(0).tools.remove(0).parameters);
        (parameters, codes(&diagnostics))
    };
    let object = json!({"type": "object"});
    let (parameters, _) = with("application/json", object.clone(), true);
    assert_eq!(parameters.expect("a tool")[0].format, ParameterFormat::Json);
    let (parameters, _) = with("text/csv", json!({"type": "string"}), true);
    assert_eq!(
        parameters.expect("a tool")[0].format,
        ParameterFormat::Style
    );
    let (parameters, codes) = with("application/xml", object.clone(), false);
    assert_eq!(parameters.expect("a tool").len(), 1);
    assert_eq!(codes, [Code::UnsupportedParameter]);
    let (parameters, codes) = with("application/xml", object, true);
    assert!(parameters.is_none());
    assert_eq!(codes, [Code::UnsupportedParameter, Code::NoTools]);
}

#[test]
fn headers_of_the_http_client_are_no_arguments() {
    let operation = operation("GET", "/a")
        .with(ParameterLocation::Header, "Host", json!({}))
        .with(ParameterLocation::Header, "X-Forwarded-For", json!({}))
        .with(ParameterLocation::Header, "Content-Encoding", json!({}))
        .with(ParameterLocation::Header, "X-Tenant", json!({}))
        .with(ParameterLocation::Header, "bad name", json!({}));
    let (plan, codes) = planned(&api([operation]), &PlanOptions::default());
    let names: Vec<&str> = plan.groups[0].tools[0].arguments().collect();
    assert_eq!(names, ["X_Tenant"]);
    let ignored = Code::IgnoredParameter;
    assert_eq!(
        codes,
        [ignored, ignored, ignored, Code::UnsupportedParameter]
    );
}

#[test]
fn arguments_of_a_body_that_choose_a_page_are_known() {
    let text = json!({"type": "string"});
    let lifted = post(json!({"type": "object", "properties": {
        "query": text, "cursor": text, "page-token": text, "from": text, "offset": {"type": "array"},
        "pagination": {"type": "object", "properties": {"starting_after": text, "size": {"type": "integer"}}}
    }}));
    let pages = |tool: &Tool| tool.body.as_ref().map(|body| body.pages.join(" "));
    let expected = "cursor page_token pagination.starting_after";
    assert_eq!(pages(&lifted).as_deref(), Some(expected));
    let whole = post(json!({
        "type": "object", "additionalProperties": true, "properties": {"after": text}
    }));
    assert_eq!(pages(&whole).as_deref(), Some("body.after"));
}

/// OpenAPI 3.2 §4.14.5.2.
#[test]
fn a_list_that_is_multipart_has_a_part_for_each_item() {
    let mut operation = operation("POST", "/a").body(
        true,
        &[(
            "multipart/mixed",
            json!({"type": "array", "prefixItems": [{"type": "object"}, {}], "items": false}),
        )],
    );
    let image = Encoding {
        content_type: Some("image/png".to_owned()),
        ..Encoding::default()
    };
    let media = &mut operation.body.as_mut().expect("a body").content[0];
    media.positions.prefix = vec![Encoding::default(), image];
    let tool = tool(operation);
    let body = tool.body.expect("a body");
    assert_eq!(body.format, BodyFormat::Parts);
    let BodySource::Object(_, fields) = body.source else {
        panic!("a list of parts");
    };
    let formats: Vec<_> = (fields.iter())
        .map(|field| (field.format, field.content_type.as_str()))
        .collect();
    assert_eq!(
        formats[..2],
        [(FieldFormat::Json, ""), (FieldFormat::File, "image/png")]
    );
    let argument = &tool.precise["properties"]["body"];
    assert_eq!(
        (&argument["minItems"], &argument["items"]),
        (&json!(1), &json!(false))
    );
    let form = json!({"type": "array", "items": {"type": "string"}});
    let nameless = super::operation("POST", "/b").body(true, &[("multipart/form-data", form)]);
    let nameless = api(vec![super::operation("GET", "/a"), nameless]);
    let (_, told) = planned(&nameless, &PlanOptions::default());
    assert!(told.contains(&Code::UnsupportedMediaType), "{told:?}");
}
