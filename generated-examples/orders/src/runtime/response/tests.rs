use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::super::engine::{Content, ErrorType, Structured, ToolResult};
use super::super::output::Output;
use super::super::schema::Definitions;
use super::super::tool::{Hints, Need, Parameter, ResultShape, ToolDef};
use super::super::upstream::{End, Received};
use super::{Answer, Known, Sender, Validators};

const TOOL: ToolDef = ToolDef::new("t", "GET", "/x");

#[derive(Debug)]
struct Upstream {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
    cut: bool,
    most_chars: usize,
    sent: Option<Sender>,
}

const OK: Upstream = Upstream {
    status: 200,
    headers: &[("content-type", "application/json")],
    body: b"{}",
    cut: false,
    most_chars: 1000,
    sent: None,
};

fn result(upstream: &Upstream, tool: &ToolDef, output: Option<Value>) -> ToolResult {
    let headers: HeaderMap = (upstream.headers.iter())
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                value.parse().expect("a value"),
            )
        })
        .collect();
    let output = output.map(|schema| Output::compile(schema, &Definitions::new()));
    let known = Known {
        way_out: &|| "Set the environment variable `API_X_TOKEN`.".to_owned(),
        security: &[&[Need::scheme("x").scopes(&["pets:write"])]],
        sent: upstream.sent,
    };
    Answer {
        method: &Method::GET,
        path: "/files/7",
        status: StatusCode::from_u16(upstream.status).expect("a status"),
        headers: &headers,
        received: Received {
            bytes: Bytes::from_static(upstream.body),
            end: if upstream.cut {
                End::TooLarge
            } else {
                End::Whole
            },
            moved: false,
        },
        arguments: &Map::new(),
        fields: None,
        jq: None,
        validators: Validators::default(),
        mark: None,
        fields_argument: None,
        credentials: &[],
        most_bytes: 100,
        redaction: None,
        most_chars: upstream.most_chars,
        text: std::cell::OnceCell::new(),
        is_json: std::cell::Cell::default(),
    }
    .into_result(tool, output.as_ref(), &known)
}

fn refused(upstream: &Upstream) -> (ErrorType, String) {
    let result = result(upstream, &TOOL, None);
    assert!(result.structured.is_none());
    (result.error.expect("an error"), result.as_text())
}

#[test]
fn json_keeps_the_upstreams_own_text_of_numbers() {
    let found = result(
        &Upstream {
            body: b" {\"price\": 1.10, \"id\": 12345678901234567890123} \n",
            ..OK
        },
        &TOOL.result(ResultShape::Object),
        Some(json!({"type": "object"})),
    );
    assert_eq!(
        found.as_text(),
        "{\"price\": 1.10, \"id\": 12345678901234567890123}"
    );
    assert!(found.structured.is_some());
}

#[test]
fn structured_content_is_sent_only_where_it_fits() {
    let object = TOOL.result(ResultShape::Object);
    let wrapped = TOOL.result(ResultShape::Wrapped);
    let list = json!({"type": "object", "properties": {"result": {"type": "array"}}});
    let body = |body| Upstream { body, ..OK };
    assert_eq!(
        result(&body(b"[1]"), &wrapped, Some(list.clone())).structured,
        Structured::of(&json!({"result": [1]}))
    );
    assert_eq!(result(&body(b"[1]"), &object, None).structured, None);
    assert_eq!(result(&body(b"{}"), &TOOL, None).structured, None);
    assert_eq!(
        result(&body(b"1,\"more\":2"), &wrapped, None).structured,
        None
    );
    let oops = result(&body(b"<oops>"), &object, None);
    assert_eq!(
        (oops.structured.clone(), oops.as_text()),
        (
            None,
            "<oops>\nThe response says that it is `application/json`, but it is not JSON."
                .to_owned()
        )
    );
    assert_eq!(oops.content[0], Content::Text("<oops>".to_owned()));
    // What the schema says of the result is only words, so that nothing is refused.
    let words = json!({"type": "object", "properties": {"result": {"description": "array"}}});
    let cut = result(&body(b"[1,2"), &wrapped, Some(words));
    assert_eq!(cut.structured, Structured::of(&json!({})));
    assert!(cut.as_text().ends_with("but it is not JSON."));
}

#[test]
fn a_promised_structured_content_is_never_left_out_of_a_success() {
    let object = TOOL.result(ResultShape::Object);
    let wrapped = TOOL.result(ResultShape::Wrapped);
    let pet = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    let list = json!({"type": "object", "properties": {"result": {"type": "array"}}});
    let png = &[("content-type", "image/png")];
    let plain = &[("content-type", "text/plain")];
    let body = |body| Upstream { body, ..OK };
    for (tool, output, upstream) in [
        (&object, &pet, body(b"")),
        (&object, &pet, body(b"{\"id\": \"x\"}")),
        (&object, &pet, body(b"[1]")),
        (&object, &pet, body(b"<oops>")),
        (
            &object,
            &pet,
            Upstream {
                headers: png,
                ..body(b"x")
            },
        ),
        (
            &object,
            &pet,
            Upstream {
                headers: plain,
                ..body(b"x")
            },
        ),
        (&wrapped, &list, body(b"{}")),
        (&wrapped, &list, body(b"oops")),
    ] {
        let found = result(&upstream, tool, Some(output.clone()));
        assert_eq!(found.structured, Structured::of(&json!({})), "{upstream:?}");
        assert_eq!(result(&upstream, &TOOL, None).structured, None);
    }
    let half = Upstream {
        headers: png,
        cut: true,
        ..OK
    };
    assert_eq!(result(&half, &object, Some(pet)).structured, None);
    let needed = json!({"type": "object", "required": ["result"], "properties": {"result": {"type": ["array", "null"]}}});
    assert_eq!(
        result(&body(b"{}"), &wrapped, Some(needed)).structured,
        Structured::of(&json!({"result": null}))
    );
}

#[test]
fn a_text_is_the_string_that_was_promised() {
    let wrapped = TOOL.result(ResultShape::WrappedText);
    let word = json!({"type": "object", "properties": {"result": {"type": "string"}}});
    let headers = &[("content-type", "text/plain")];
    for upstream in [
        Upstream {
            headers,
            body: b"pong",
            ..OK
        },
        Upstream {
            body: b"pong",
            ..OK
        },
    ] {
        assert_eq!(
            result(&upstream, &wrapped, Some(word.clone())).structured,
            Structured::of(&json!({"result": "pong"}))
        );
    }
}

#[test]
fn what_cannot_be_seen_is_in_neither_text_nor_structured_content() {
    let found = result(
        &Upstream {
            body: "{\"a\": \"x\u{202e}y\", \"b\": \"\\u200bz\"}".as_bytes(),
            ..OK
        },
        &TOOL.result(ResultShape::Object),
        None,
    );
    assert_eq!(found.as_text(), "{\"a\": \"xy\", \"b\": \"z\"}");
    assert_eq!(
        found.structured,
        Structured::of(&json!({"a": "xy", "b": "z"}))
    );
}

#[test]
fn a_character_set_that_is_not_known_is_told_of_texts_only() {
    let notes = |header: &'static [(&'static str, &'static str)], body: &'static [u8]| {
        let upstream = Upstream {
            headers: header,
            body,
            ..OK
        };
        result(&upstream, &TOOL, None).content.len() - 1
    };
    assert_eq!(
        notes(&[("content-type", "text/plain; charset=x-none")], b"a"),
        1
    );
    assert_eq!(
        notes(&[("content-type", "text/plain; charset=utf-8")], b"a"),
        0
    );
    assert_eq!(
        notes(&[("content-type", "application/pdf; charset=binary")], b"a"),
        0
    );
    let xml: &[u8] = b"<?xml version='1.0' encoding='x-none'?><a/>";
    assert_eq!(notes(&[("content-type", "application/xml")], xml), 1);
}

#[test]
fn images_audio_and_other_bytes_have_blocks_of_their_own() {
    let of = |media: &'static [(&'static str, &'static str)]| {
        result(
            &Upstream {
                headers: media,
                body: b"\x89PNG",
                ..OK
            },
            &TOOL,
            None,
        )
        .content
    };
    assert_eq!(
        of(&[("content-type", "image/png")]),
        [Content::Image("iVBORw==".into(), "image/png".into())]
    );
    assert_eq!(
        of(&[("content-type", "audio/mpeg")]),
        [Content::Audio("iVBORw==".into(), "audio/mpeg".into())]
    );
    assert_eq!(
        of(&[("content-type", "application/pdf")]),
        [Content::Blob(
            "upstream:///files/7".into(),
            "application/pdf".into(),
            "iVBORw==".into()
        )]
    );
    assert_eq!(
        of(&[]),
        [Content::Blob(
            "upstream:///files/7".into(),
            "application/octet-stream".into(),
            "iVBORw==".into()
        )]
    );
}

#[test]
fn half_an_image_is_an_error() {
    let headers = &[("content-type", "image/png")];
    let found = result(
        &Upstream {
            headers,
            body: b"x",
            cut: true,
            ..OK
        },
        &TOOL,
        None,
    );
    assert_eq!(found.error, Some(ErrorType::TooLarge));
    assert!(
        found.as_text().contains("larger than the 100 bytes"),
        "{}",
        found.as_text()
    );
}

#[test]
fn what_cannot_be_seen_is_gone_behind_escapes_too() {
    let text = |body: &'static str| {
        let upstream = Upstream {
            body: body.as_bytes(),
            ..OK
        };
        result(&upstream, &TOOL, None).as_text()
    };
    let hidden = r#"{"a\u200b": "x\u202ey\udb40\udc41z", "n": 1.10}"#;
    assert_eq!(text(hidden), r#"{"a": "xyz", "n": 1.10}"#);
    let seen = r#"{ "a": "caf\u00e9 \ud83d\ude00 \" \n" }"#;
    assert_eq!(text(seen), seen);
}

#[test]
fn a_stream_is_cut_between_its_items() {
    const LINES: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];
    const EVENTS: &[(&str, &str)] = &[("content-type", "text/event-stream")];
    for (headers, body, kept) in [
        (
            LINES,
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
            "{\"a\":1}\n{\"a\":2}",
        ),
        (EVENTS, "data: 1\n\ndata: two\ndata: 3\n\n", "data: 1"),
        (
            LINES,
            "{\"a\":\"a long one\"}\n{}\n",
            "{\"a\":\"a long one\"",
        ),
    ] {
        let upstream = Upstream {
            headers,
            body: body.as_bytes(),
            most_chars: 17,
            ..OK
        };
        let found = result(&upstream, &TOOL, None).as_text();
        let (text, _) = found.split_once("\n\n[Cut:").expect("a note");
        assert_eq!(text, kept);
    }
}

#[test]
fn text_is_decoded_and_cut_between_characters_with_a_note() {
    let headers = &[("content-type", "text/plain; charset=iso-8859-1")];
    let found = result(
        &Upstream {
            headers,
            body: b"caf\xe9 au lait",
            most_chars: 4,
            ..OK
        },
        &TOOL,
        None,
    );
    assert!(
        found
            .as_text()
            .starts_with("café\n\n[Cut: these are the first 4 characters of 12."),
        "{}",
        found.as_text()
    );
    let headers = &[("content-type", "text/plain")];
    let half = result(
        &Upstream {
            headers,
            body: b"caf\xc3",
            cut: true,
            ..OK
        },
        &TOOL,
        None,
    );
    assert!(
        half.as_text().starts_with("caf\n\n[Cut"),
        "{}",
        half.as_text()
    );
}

#[test]
fn json_that_is_too_long_stays_json_and_says_what_it_lacks() {
    const LIMIT: &[Parameter] = &[Parameter::query("limit"), Parameter::header("x")];
    let tool = TOOL.result(ResultShape::Object).parameters(LIMIT);
    let found = result(
        &Upstream {
            body: br#"{"items": [1.0, 2, 3, 4, 5, 6, 7, 8, 9], "total": 9}"#,
            most_chars: 40,
            ..OK
        },
        &tool,
        Some(json!({"type": "object", "properties": {"total": {"type": "integer"}}})),
    );
    let note = "[This is cut to 40 characters: `items` has the first 8 of 9 items. Ask for less, or for the next \
                part, with `limit`.]";
    let text = r#"{"items":[1.0,2,3,4,5,6,7,8],"total":9}"#;
    assert_eq!(
        found.content,
        [
            Content::Text(text.to_owned()),
            Content::Text(note.to_owned())
        ]
    );
    let marked = json!({"items": [1.0, 2, 3, 4, 5, 6, 7, 8], "total": 9, "_truncated": note});
    assert_eq!(found.structured, Structured::of(&marked));
    let list = result(
        &Upstream {
            body: b"[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
            most_chars: 13,
            ..OK
        },
        &TOOL.result(ResultShape::Wrapped),
        Some(json!({"type": "object", "properties": {"result": {"type": "array"}}})),
    );
    let structured = list.structured.as_ref().expect("promised").to_value();
    assert_eq!(structured["result"], json!([1, 2, 3, 4, 5, 6]));
    assert!(
        list.as_text()
            .contains("has no argument that asks for less"),
        "{}",
        list.as_text()
    );
}

#[test]
fn json_that_was_not_read_to_its_end_is_closed() {
    let cut = result(
        &Upstream {
            body: br#"{"a": [{"b": 1}, {"c": "x"#,
            cut: true,
            ..OK
        },
        &TOOL.result(ResultShape::Object),
        None,
    );
    assert_eq!(
        cut.content[0],
        Content::Text(r#"{"a":[{"b":1},{"c":"x…"}]}"#.to_owned())
    );
    assert!(
        cut.as_text()
            .contains("a part of a response larger than 100 bytes"),
        "{}",
        cut.as_text()
    );
    // What calls itself JSON and is none is cut as text is.
    let text = result(
        &Upstream {
            body: b"{a: 1",
            cut: true,
            ..OK
        },
        &TOOL,
        None,
    );
    assert!(
        text.as_text().starts_with("{a: 1\n\n[Cut: "),
        "{}",
        text.as_text()
    );
}

#[test]
fn nothing_is_a_sentence() {
    let headers = &[("location", "/orders/9")];
    let found = result(
        &Upstream {
            status: 201,
            headers,
            body: b"",
            ..OK
        },
        &TOOL,
        None,
    );
    assert_eq!(
        found.as_text(),
        "The call succeeded (201 Created); the response has no body.\nLocation: /orders/9"
    );
}

#[test]
fn an_error_says_status_message_and_what_to_do() {
    for (status, body, kind, expected) in [
        (
            404,
            &br#"{"message": "no such pet"}"#[..],
            ErrorType::Upstream4xx,
            "The API answered 404 Not Found: no such pet\nCheck the identifiers",
        ),
        (
            400,
            br#"{"error": {"message": "bad limit", "code": 7}}"#,
            ErrorType::Upstream4xx,
            "The API answered 400 Bad Request: bad limit\n{\"error\"",
        ),
        (
            422,
            br#"{"title": "Invalid", "detail": "name is taken", "status": 422}"#,
            ErrorType::Upstream4xx,
            "The API answered 422 Unprocessable Entity: Invalid: name is taken\nCorrect the arguments",
        ),
        (
            422,
            br#"{"detail": [{"loc": ["body", "x"], "msg": "field required"}]}"#,
            ErrorType::Upstream4xx,
            "The API answered 422 Unprocessable Entity: field required\n{\"detail\"",
        ),
        (
            409,
            b"",
            ErrorType::Upstream4xx,
            "The API answered 409 Conflict.\nThe current state",
        ),
        (
            403,
            br#"{"error": "nope"}"#,
            ErrorType::Forbidden,
            "The API answered 403 Forbidden: nope\nNo credential was sent. Set the",
        ),
        (
            401,
            b"",
            ErrorType::Unauthorized,
            "The API answered 401 Unauthorized.\nNo credential was sent. Set the environment variable `API_X_TOKEN`.",
        ),
        (
            503,
            b"",
            ErrorType::Upstream5xx,
            "The API answered 503 Service Unavailable.\nThe fault is the API's",
        ),
        (
            304,
            b"",
            ErrorType::Internal,
            "The API answered 304 Not Modified.\nThere is nothing newer",
        ),
        (
            302,
            b"",
            ErrorType::Internal,
            "The API answered 302 Found.\nThe redirect says nowhere to go.",
        ),
    ] {
        let (error, text) = refused(&Upstream { status, body, ..OK });
        assert_eq!(error, kind, "{status}");
        assert!(text.starts_with(expected), "{status}: {text}");
    }
}

#[test]
fn retry_after_is_passed_on() {
    let headers = &[("retry-after", "30")];
    let (kind, text) = refused(&Upstream {
        status: 429,
        headers,
        body: b"",
        ..OK
    });
    assert_eq!(kind, ErrorType::RateLimited);
    assert!(
        text.ends_with("Too many calls. Try again after 30 seconds."),
        "{text}"
    );
    let headers = &[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")];
    let (_, text) = refused(&Upstream {
        status: 503,
        headers,
        body: b"",
        ..OK
    });
    assert!(
        text.ends_with("Try again after Wed, 21 Oct 2026 07:28:00 GMT."),
        "{text}"
    );
}

#[test]
fn a_refused_credential_is_said_to_be_the_clients_or_the_servers() {
    let with = |status, sent| {
        refused(&Upstream {
            status,
            sent: Some(sent),
            body: b"",
            ..OK
        })
        .1
    };
    assert!(with(401, Sender::Server).contains("credential of this server was not accepted"));
    assert!(with(401, Sender::Server).contains("`API_X_TOKEN`"));
    assert!(with(401, Sender::Client).contains("came with the MCP request"));
    assert!(with(403, Sender::Server).contains("does not permit this call"));
    assert!(with(403, Sender::Server).ends_with("asks for the scopes `pets:write`."));
}

#[test]
fn an_error_page_is_its_title_and_a_long_error_is_cut() {
    let headers = &[("content-type", "text/html")];
    let page = b"<html><head><title>\n Bad <b>Gateway</b> </title></head><body>long</body></html>";
    let (_, text) = refused(&Upstream {
        status: 502,
        headers,
        body: page,
        ..OK
    });
    assert!(
        text.starts_with("The API answered 502 Bad Gateway: Bad <b>Gateway</b>\n"),
        "{text}"
    );
    let headers = &[("content-type", "text/plain")];
    let long: &'static [u8] = Box::leak(vec![b'x'; 5000].into_boxed_slice());
    let (_, text) = refused(&Upstream {
        status: 500,
        headers,
        body: long,
        ..OK
    });
    assert!(
        text.len() < 2400 && text.contains("x […]"),
        "{}",
        text.len()
    );
}

#[test]
fn an_error_does_not_say_its_status_twice() {
    for (status, body, expected) in [
        (404, &br#"{"title": "Not Found"}"#[..], "404 Not Found.\n"),
        (404, br#"{"statusCode": 404, "message": "not found", "error": "Not Found"}"#, "404 Not Found.\n"),
        (404, br#"{"message": "Not Found", "error": "no such pet"}"#, "404 Not Found: no such pet\n"),
        (
            404,
            br#"{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no pet 7", "instance": "/7"}"#,
            "404 Not Found: no pet 7\nCheck",
        ),
        (
            404,
            br#"{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no pet 7", "code": 3}"#,
            "404 Not Found: no pet 7\n{\"type\"",
        ),
        (404, br#"{"title": "Not Found", "code": 3}"#, "404 Not Found: {\"title\""),
        (409, br#"{"title": "Taken", "detail": "Taken"}"#, "409 Conflict: Taken\n"),
        (404, b"\"not found\"", "404 Not Found.\n"),
    ] {
        let (_, text) = refused(&Upstream { status, body, ..OK });
        let expected = format!("The API answered {expected}");
        assert!(text.starts_with(&expected), "{expected}: {text}");
    }
    let headers = &[("content-type", "text/plain")];
    let plain = Upstream {
        status: 404,
        headers,
        body: b"Not Found\n",
        ..OK
    };
    assert!(
        refused(&plain)
            .1
            .starts_with("The API answered 404 Not Found.\n")
    );
}

#[test]
fn an_error_page_whose_title_is_the_reason_is_its_text() {
    let headers = &[("content-type", "text/html")];
    let with = |body| {
        refused(&Upstream {
            status: 404,
            headers,
            body,
            ..OK
        })
        .1
    };
    let page = b"<html><head><title>404 Not Found</title><style>p {}</style></head>\
        <body><script>x < 1</script><p>No such\n<b>order</b></p></body></html>";
    assert!(with(page).starts_with("The API answered 404 Not Found: No such order\n"));
    let empty = b"<title>Not Found</title><h1>Not Found</h1>";
    assert!(with(empty).starts_with("The API answered 404 Not Found.\n"));
    assert!(with(b"<p>gone <b").starts_with("The API answered 404 Not Found: gone\n"));
}

#[test]
fn only_a_call_that_may_change_something_is_said_to_have_perhaps_done_so() {
    let down = Upstream {
        status: 503,
        body: b"",
        ..OK
    };
    let told = "What a changing call has done";
    let reading = TOOL.hints(Hints::READ);
    assert!(result(&down, &TOOL, None).as_text().contains(told));
    assert!(!result(&down, &reading, None).as_text().contains(told));
}

#[test]
fn what_calls_itself_html_and_is_json_is_json() {
    let html = |body| Upstream {
        headers: &[("content-type", "text/html")],
        body,
        ..OK
    };
    let text = |body| result(&html(body), &TOOL, None).as_text();
    assert_eq!(text(br#"[{"a":"<p>x</p>"}]"#), r#"[{"a":"<p>x</p>"}]"#);
    assert_eq!(text(b"[see] <p>x</p>"), "[see]\nx");
}

#[test]
fn a_page_without_text_is_told_in_a_sentence() {
    let page = Upstream {
        headers: &[("content-type", "text/html")],
        body: b"<html><body><img src=x></body></html>",
        ..OK
    };
    assert_eq!(
        result(&page, &TOOL, None).as_text(),
        "The call succeeded (200 OK); the response is an HTML page without text."
    );
}

#[test]
fn a_text_says_itself_what_its_charset_is() {
    let text = |media: &'static str, body: &'static [u8]| {
        let headers: &[_] = Box::leak(Box::new([("content-type", media)]));
        result(
            &Upstream {
                headers,
                body,
                ..OK
            },
            &TOOL,
            None,
        )
        .as_text()
    };
    assert_eq!(text("text/plain", b"\xff\xfea\0\xe9\0"), "aé");
    assert_eq!(text("text/plain", b"\xfe\xff\0a\0\xe9"), "aé");
    for meta in [
        "<meta charset=iso-8859-1>",
        "<META content='text/html; Charset=ISO-8859-1' http-equiv=Content-Type>",
    ] {
        let page = [b"<meta name=a>", meta.as_bytes(), b"<p>caf\xe9"].concat();
        assert_eq!(text("text/html", page.leak()), "café", "{meta}");
    }
    // It can be read, so it is not what it says.
    let page = "<meta charset=utf-16><p>café".as_bytes();
    assert_eq!(text("text/html", page), "café");
}
