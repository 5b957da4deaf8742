use http::header::HeaderValue;
use serde_json::{Map, Value, json};

use super::super::base_url::Base;
use super::super::tool::{Body, BodySource, Field, Parameter, Style, ToolDef};
use super::{Outgoing, Plan};

#[expect(
    clippy::large_types_passed_by_value,
    reason = "the tests write it where it is used"
)]
fn fill(tool: ToolDef, arguments: Value) -> Result<Outgoing, Vec<String>> {
    let tool = Box::leak(Box::new(tool));
    let base = Base::parse("https://api.example.com/v1", true).expect("valid");
    let plan = Plan::new(tool, &HeaderValue::from_static("t-mcp/1")).expect("a plan");
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    plan.fill(&base, &arguments, &[], &[])
}

#[expect(
    clippy::large_types_passed_by_value,
    reason = "the tests write it where it is used"
)]
fn uri(tool: ToolDef, arguments: Value) -> String {
    fill(tool, arguments).expect("a request").uri.to_string()
}

const PET: ToolDef =
    ToolDef::new("get_pet", "GET", "/pets/{id}").parameters(&[Parameter::path("id")]);

#[test]
fn the_base_urls_path_stays_in_front() {
    assert_eq!(
        uri(PET, json!({"id": 7})),
        "https://api.example.com/v1/pets/7"
    );
}

#[test]
fn a_path_value_stays_inside_its_segment() {
    for (value, path) in [
        ("a/b", "a%2Fb"),
        ("a?admin=1#x", "a%3Fadmin%3D1%23x"),
        ("%2e%2e", "%252e%252e"),
        ("a;b=c", "a%3Bb%3Dc"),
        ("@evil.example", "%40evil.example"),
        ("//evil.example", "%2F%2Fevil.example"),
        ("...", "..."),
        ("é ü", "%C3%A9%20%C3%BC"),
    ] {
        assert_eq!(
            uri(PET, json!({"id": value})),
            format!("https://api.example.com/v1/pets/{path}")
        );
    }
}

#[test]
fn a_value_that_would_change_the_path_is_refused() {
    for value in [
        "",
        ".",
        "..",
        "../admin",
        "a/../../b",
        "..\\admin",
        "a\0b",
        "a\r\nb",
    ] {
        let mistakes = fill(PET, json!({"id": value})).expect_err(value);
        assert!(
            mistakes[0].contains("argument `id` must not"),
            "{mistakes:?}"
        );
    }
    for value in [
        json!(["a", ".."]),
        json!({"..": ".."}),
        json!({"../../admin/": "x"}),
        json!({"a\\..\\b": "x"}),
        json!("..;/admin"),
    ] {
        assert!(fill(PET, json!({"id": value})).is_err(), "{value}");
    }
}

#[test]
fn parts_of_a_segment_cannot_make_a_dot_segment_together() {
    const LABEL: ToolDef = ToolDef::new("t", "GET", "/x/{b}/y")
        .parameters(&[Parameter::path("b").style(Style::Label, true)]);
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x/{a}{b}/y").parameters(&[
        Parameter::path("a"),
        Parameter::path("b").style(Style::Label, false),
    ]);
    assert!(
        fill(TOOL, json!({"a": "x", "b": ""})).is_err(),
        "an empty value"
    );
    assert!(
        fill(LABEL, json!({"b": [""]})).is_err(),
        "a label of nothing"
    );
    assert_eq!(
        uri(TOOL, json!({"a": "x", "b": "y"})),
        "https://api.example.com/v1/x/x.y/y"
    );
}

#[test]
fn templates_hold_parts_of_segments_queries_and_fragments() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/files/{id}.json?alt=media#Download")
        .parameters(&[Parameter::path("id"), Parameter::query("q")]);
    assert_eq!(
        uri(TOOL, json!({"id": "a", "q": "b c"})),
        "https://api.example.com/v1/files/a.json?alt=media&q=b%20c"
    );
}

#[test]
fn absent_and_null_parameters_are_left_out() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x").parameters(&[
        Parameter::query("a"),
        Parameter::query("b"),
        Parameter::query("filter").style(Style::DeepObject, true),
        Parameter::header("X-Trace"),
    ]);
    let sent = fill(TOOL, json!({"a": null, "filter": {}, "X-Trace": null})).expect("a request");
    assert_eq!(sent.uri.to_string(), "https://api.example.com/v1/x");
    assert!(sent.headers.get("x-trace").is_none());
}

#[test]
fn json_parameters_are_json_text() {
    const TOOL: ToolDef =
        ToolDef::new("t", "GET", "/x").parameters(&[Parameter::query("filter").json()]);
    assert_eq!(
        uri(TOOL, json!({"filter": {"a": ["b&c"]}})),
        "https://api.example.com/v1/x?filter=%7B%22a%22%3A%5B%22b%26c%22%5D%7D"
    );
}

#[test]
fn a_header_value_cannot_add_a_header() {
    const TOOL: ToolDef =
        ToolDef::new("t", "GET", "/x").parameters(&[Parameter::header("X-Trace")]);
    for value in ["a\r\nHost: evil", "a\nb", "a\0", "a\u{202e}b", "\u{200b}"] {
        let mistakes = fill(TOOL, json!({"X-Trace": value})).expect_err("refused");
        assert!(mistakes[0].contains("argument `X-Trace`"), "{mistakes:?}");
    }
    let sent = fill(TOOL, json!({"X-Trace": ["a", "b"]})).expect("a request");
    assert_eq!(sent.headers["x-trace"], "a,b");
}

#[test]
fn headers_of_the_message_itself_are_no_arguments() {
    for name in [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Authorization",
        "Cookie",
        "Proxy-Authorization",
        "X-Forwarded-For",
        "Content-Type",
    ] {
        let parameters = Box::leak(Box::new([Parameter::header(name).argument("x")]));
        let tool = ToolDef::new("t", "GET", "/x").parameters(parameters);
        let mistakes = fill(tool, json!({"x": "v"})).expect_err(name);
        assert!(mistakes[0].contains(name), "{mistakes:?}");
        assert!(fill(tool, json!({})).is_ok(), "{name} left out");
    }
}

#[test]
fn a_cookie_value_cannot_add_a_cookie() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x")
        .parameters(&[Parameter::cookie("a"), Parameter::cookie("b")]);
    let sent = fill(TOOL, json!({"a": "1; admin=1", "b": [1, 2]})).expect("a request");
    assert_eq!(sent.headers["cookie"], "a=1%3B%20admin%3D1; b=1; b=2");
}

#[test]
fn a_field_of_an_exploded_object_cannot_take_another_parameters_place() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x")
        .parameters(&[Parameter::query("filter"), Parameter::query("admin")]);
    let mistakes = fill(TOOL, json!({"filter": {"admin": true}})).expect_err("refused");
    assert!(mistakes[0].contains("`admin`"), "{mistakes:?}");
}

#[test]
fn a_field_of_an_exploded_object_cannot_take_another_cookies_place() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x")
        .parameters(&[Parameter::cookie("prefs"), Parameter::cookie("sid")]);
    assert!(fill(TOOL, json!({"prefs": {"sid": "x"}})).is_err());
}

fn body(body: Body, arguments: Value) -> String {
    let sent = fill(ToolDef::new("t", "POST", "/x").body(body), arguments).expect("a request");
    String::from_utf8(sent.body.to_vec()).expect("text")
}

const FIELDS: BodySource = BodySource::Fields(&[
    Field::new("z"),
    Field::new("first name").argument("first_name"),
    Field::new("tags"),
    Field::new("meta").style(Style::DeepObject, true),
]);

#[test]
fn a_json_body_keeps_the_order_of_its_fields_and_explicit_nulls() {
    assert_eq!(
        body(
            Body::json(FIELDS),
            json!({"tags": [1.50, 9_007_199_254_740_993_i64], "first_name": null, "z": 1})
        ),
        r#"{"z":1,"first name":null,"tags":[1.5,9007199254740993]}"#
    );
    assert_eq!(body(Body::json(FIELDS), json!({})), "{}");
    assert_eq!(body(Body::json(FIELDS).optional(), json!({})), "");
    assert_eq!(
        body(
            Body::json(BodySource::Whole("body")),
            json!({"body": [1, null]})
        ),
        "[1,null]"
    );
}

#[test]
fn a_form_value_cannot_add_a_field() {
    assert_eq!(
        body(
            Body::form(FIELDS),
            json!({"z": "1&admin=1", "first_name": "A B", "tags": ["x", "y"], "meta": {"k": {"l": "v"}}})
        ),
        "z=1%26admin%3D1&first%20name=A%20B&tags=x&tags=y&meta%5Bk%5D%5Bl%5D=v"
    );
}

#[test]
fn text_and_bytes_are_sent_as_they_are() {
    assert_eq!(
        body(Body::text(BodySource::Whole("t")), json!({"t": "hé"})),
        "hé"
    );
    assert_eq!(
        body(Body::bytes(BodySource::Whole("b")), json!({"b": "aGk"})),
        "hi"
    );
    let tool = ToolDef::new("t", "POST", "/x").body(Body::bytes(BodySource::Whole("b")));
    let refused = fill(tool, json!({"b": "???"})).expect_err("refused");
    assert!(
        refused[0].starts_with("argument `b` must be bytes in base64, a `data:` URL"),
        "{refused:?}"
    );
}

#[test]
fn a_tool_without_a_body_sends_no_content_type() {
    let sent = fill(ToolDef::new("t", "POST", "/x"), Value::Object(Map::new())).expect("a request");
    assert!(sent.headers.get("content-type").is_none());
    assert_eq!(sent.headers["user-agent"], "t-mcp/1");
}

#[test]
fn a_variable_without_a_parameter_is_said_to_be_one() {
    let tool = Box::leak(Box::new(ToolDef::new("t", "GET", "/x/{id}")));
    let problem = Plan::new(tool, &HeaderValue::from_static("t")).expect_err("no parameter");
    assert_eq!(problem, "no argument fills in `{id}` of `/x/{id}`");
}

#[test]
fn an_item_of_a_header_cannot_become_two() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x").parameters(&[Parameter::header("X-Ids")]);
    let sent = fill(TOOL, json!({"X-Ids": ["a", "b"]})).expect("a request");
    assert_eq!(sent.headers["x-ids"], "a,b");
    for value in [json!(["a,admin"]), json!({"role": "user,admin"})] {
        let mistakes = fill(TOOL, json!({ "X-Ids": value })).expect_err("refused");
        assert!(mistakes[0].contains("commas"), "{mistakes:?}");
    }
}

#[test]
fn a_field_of_an_exploded_object_cannot_be_a_part_of_a_deep_object() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x").parameters(&[
        Parameter::query("extra"),
        Parameter::query("filter").style(Style::DeepObject, true),
    ]);
    let fine = json!({"extra": {"other[a]": "1"}, "filter": {"owner": "me"}});
    assert_eq!(
        uri(TOOL, fine),
        "https://api.example.com/v1/x?other%5Ba%5D=1&filter%5Bowner%5D=me"
    );
    let intruding = json!({"extra": {"filter[owner]": "you"}, "filter": {"owner": "me"}});
    let mistakes = fill(TOOL, intruding).expect_err("refused");
    assert!(mistakes[0].contains("filter[owner]"), "{mistakes:?}");
}

#[test]
fn a_value_that_ends_in_a_delimiter_does_not_take_in_what_follows() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x").parameters(&[
        Parameter::query("q").allow_reserved(),
        Parameter::query("b"),
        Parameter::cookie("c").style(Style::Cookie, true),
        Parameter::cookie("d").style(Style::Cookie, true),
    ]);
    let sent = fill(TOOL, json!({"q": "x?", "b": "1", "c": "x&", "d": "?"})).expect("a request");
    assert_eq!(sent.uri.query(), Some("q=x?&b=1"));
    assert_eq!(sent.headers["cookie"], "c=x&; d=?");
    let parameters: &'static [Parameter] = Box::leak(Box::new([Parameter::query("q")]));
    let fixed = ToolDef::new("t", "GET", "/x?").parameters(parameters);
    assert_eq!(
        uri(fixed, json!({"q": "1"})),
        "https://api.example.com/v1/x?q=1"
    );
}

#[test]
fn a_field_of_a_deep_object_cannot_be_another_parameter() {
    const TOOL: ToolDef = ToolDef::new("t", "GET", "/x").parameters(&[
        Parameter::query("filter").style(Style::DeepObject, true),
        Parameter::query("filter[status]"),
    ]);
    assert_eq!(
        uri(TOOL, json!({"filter": {"owner": "me"}})),
        "https://api.example.com/v1/x?filter%5Bowner%5D=me"
    );
    let mistakes = fill(TOOL, json!({"filter": {"status": "x"}})).expect_err("refused");
    assert!(mistakes[0].contains("`filter[status]`"), "{mistakes:?}");
}

#[test]
fn an_item_of_a_delimited_list_cannot_become_two() {
    for (style, harmless, splitting) in [
        (Style::PipeDelimited, "a,b", "a|b"),
        (Style::SpaceDelimited, "a,b", "a b"),
        (Style::TabDelimited, "a b", "a\tb"),
    ] {
        let header = Parameter::header("X-Ids").style(style, false);
        let query = Parameter::query("q").style(style, false);
        let parameters: &'static [Parameter] = Box::leak(Box::new([header, query]));
        let tool = ToolDef::new("t", "GET", "/x").parameters(parameters);
        let in_path: &'static [Parameter] =
            Box::leak(Box::new([Parameter::path("p").style(style, false)]));
        let path = ToolDef::new("t", "GET", "/x/{p}").parameters(in_path);
        fill(path, json!({"p": [splitting, "c"]})).expect_err("refused");
        for argument in ["X-Ids", "q"] {
            fill(tool, json!({ argument: [harmless, "c"] })).expect("a request");
            let mistakes = fill(tool, json!({ argument: [splitting, "c"] })).expect_err("refused");
            assert!(mistakes[0].contains("inside its items"), "{mistakes:?}");
        }
    }
}
