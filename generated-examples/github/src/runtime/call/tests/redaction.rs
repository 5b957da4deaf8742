//! What is taken out of answers, and for whom.

use serde_json::json;

use super::super::super::engine::Content;
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::*;

fn engine(base: &str, redact: &[&str], tables: &str) -> Engine {
    try_engine(base, redact, tables).unwrap_or_else(|StartError(why)| panic!("{why}"))
}

fn try_engine(base: &str, redact: &[&str], tables: &str) -> Result<Engine, StartError> {
    let mut setup = Setup::new(base).with_token();
    setup.settings.policies = PolicySettings {
        redact: (redact.iter())
            .map(|entry| entry.parse().expect("an entry"))
            .collect(),
        tables: Tables::parse(tables).unwrap_or_else(|(_, why)| panic!("{why}")),
        ..PolicySettings::default()
    };
    setup.try_engine()
}

fn with_role(role: &str) -> CallContext {
    let roles = vec![role.to_owned()];
    let identity = Identity::new("ann".to_owned(), Means::ApiKey, roles, None, Map::new());
    CallContext {
        identity: Some(identity),
        ..CallContext::default()
    }
}

const PET: &str = r#"{"id": 1, "price": 1.10, "owner": {"mail": "ann@example.org", "note": "call +44 20 7946 0958"}}"#;

#[tokio::test]
async fn detectors_leave_the_rest_of_an_answer_as_it_was() {
    let upstream = answering("200 OK", JSON, PET).await;
    let engine = engine(&upstream.url, &["all"], "");
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    let expected = r#"{"id": 1, "price": 1.10, "owner": {"mail": "[redacted: email]", "note": "call [redacted: phone]"}}"#;
    assert_eq!(result.as_text(), expected);
    assert_eq!(result.structured.expect("an object").json(), expected);
}

#[tokio::test]
async fn paths_take_values_out_and_roles_see_them() {
    let upstream = answering("200 OK", JSON, PET).await;
    let tables = "[tools.\"GET /pets/**\"]\nredact = [\"$.owner.mail\", \"$.id\"]\nunredacted-for = [\"vet\"]\n";
    let engine = engine(&upstream.url, &["phone"], tables);
    let result = call_with(&engine, "get_pet", json!({"id": 1}), with_role("clerk")).await;
    let expected = r#"{"id": null, "price": 1.10, "owner": {"mail": "[redacted]", "note": "call [redacted: phone]"}}"#;
    assert_eq!(result.as_text(), expected);
    // `id` is a number to clients: what is left does not break what the output schema promises.
    assert_eq!(result.structured.expect("promised").json(), "{}");
    let all = call_with(&engine, "get_pet", json!({"id": 1}), with_role("vet")).await;
    assert_eq!(all.as_text(), PET);
    let other = call(&engine, "ping", json!({})).await;
    assert!(
        other.as_text().contains("[redacted: phone]"),
        "{}",
        other.as_text()
    );
}

#[tokio::test]
async fn errors_and_what_stands_beside_an_answer_are_looked_at_too() {
    let body = r#"{"message": "no such pet of ann@example.org"}"#;
    let upstream = answering("404 Not Found", JSON, body).await;
    let engine_404 = engine(&upstream.url, &["email"], "");
    let text = call(&engine_404, "ping", json!({})).await.as_text();
    assert!(text.contains("no such pet of [redacted: email]"), "{text}");
    assert!(!text.contains("ann@"), "{text}");
    let headers = "Content-Type: application/json\r\nLocation: /owners/ann@example.org/pets/1\r\n";
    let upstream = answering("201 Created", headers, r#"{"id": 1}"#).await;
    let engine = engine(&upstream.url, &["email"], "");
    let text = call(&engine, "add_pet", json!({"name": "Rex"}))
        .await
        .as_text();
    assert!(
        text.contains("[redacted: email]") && !text.contains("ann@"),
        "{text}"
    );
}

#[tokio::test]
async fn text_streams_and_pages_are_no_way_around() {
    for (media_type, body) in [
        ("text/plain; charset=utf-8", "ann@example.org"),
        ("text/csv", "name,mail\nbob,ann@example.org\n"),
        ("text/html", "<p>ann@<b>example</b>.org</p>"),
        (
            "text/event-stream",
            "data: {\"mail\": \"ann\\u0040example.org\"}\n\n",
        ),
        (
            "application/x-ndjson",
            "{\"mail\": \"ann@example.org\"}\n{}\n",
        ),
        ("application/xml", "<mail>ann@example.org</mail>"),
        (
            "application/json; charset=utf-16le",
            "\"\0a\0n\0n\0@\0x\0.\0o\0r\0g\0\"\0",
        ),
    ] {
        let headers = format!("Content-Type: {media_type}\r\n");
        let upstream = Recording::start(move |_| reply("200 OK", &headers, body.as_bytes())).await;
        let engine = engine(&upstream.url, &["email"], "");
        let text = call(&engine, "ping", json!({})).await.as_text();
        assert!(text.contains("[redacted: email]"), "{media_type}: {text}");
        assert!(!text.contains("ann"), "{media_type}: {text}");
    }
}

#[tokio::test]
async fn text_is_looked_into_whatever_it_calls_itself() {
    let body = r#"{"mail": "ann@example.org", "n": 1.10}"#;
    for media_type in [
        "application/octet-stream",
        "application/vnd.acme.v1",
        "application/x-acme",
    ] {
        let headers = format!("Content-Type: {media_type}\r\n");
        let upstream = Recording::start(move |_| reply("200 OK", &headers, body.as_bytes())).await;
        let tables = "[tools.\"GET /ping\"]\nredact = \"$.n\"\n";
        let engine = engine(&upstream.url, &["email"], tables);
        let text = call(&engine, "ping", json!({})).await.as_text();
        assert_eq!(
            text, r#"{"mail": "[redacted: email]", "n": null}"#,
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn text_in_another_charset_is_looked_into_whatever_it_calls_itself() {
    let latin = b"Name;Karte\r\nM\xfcller;4111111111111111;m@example.org\r\n";
    let utf_16: Vec<u8> = ("\u{feff}M\u{fc}ller;4111111111111111".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (media, body) in [
        ("application/vnd.ms-excel", &latin[..]),
        ("application/vnd.ms-excel; charset=iso-8859-1", latin),
        ("application/octet-stream", latin),
        ("audio/x-mpegurl", latin),
        ("image/x-acme", latin),
        ("application/vnd.ms-excel", &utf_16),
        ("application/vnd.ms-excel; charset=utf-16le", &utf_16),
    ] {
        let (headers, body) = (format!("Content-Type: {media}\r\n"), body.to_vec());
        let api = Recording::start(move |_| reply("200 OK", &headers, &body)).await;
        let engine = engine(&api.url, &["all"], "");
        let text = call(&engine, "ping", json!({})).await.as_text();
        assert!(
            text.contains("M\u{fc}ller;[redacted: card]"),
            "{media}: {text}"
        );
    }
    let picture = b"\x89PNG\r\n\x1a\n\0\0ann@example.org";
    let api =
        Recording::start(move |_| reply("200 OK", "Content-Type: image/png\r\n", picture)).await;
    let engine = engine(&api.url, &["all"], "");
    let result = call(&engine, "ping", json!({})).await;
    assert!(matches!(result.content[..], [Content::Image(..)]));
}

#[tokio::test]
async fn paths_lead_into_json_in_a_string() {
    let long = format!(
        r#""{{\"t\": \"secret\", \"n\": [\"{}\"]}}""#,
        "x".repeat(9_000)
    );
    for (media, body, expected) in [
        (
            "application/json",
            r#" "{\"t\": \"secret\", \"n\": 1}" "#,
            r#""{\"t\": \"[redacted]\", \"n\": 1}""#,
        ),
        (
            "application/json",
            r#""{\"t\": \"secret\", \"n\": \"\ud83d\"}""#,
            r#""{\"t\": \"[redacted]\", \"n\": \"�\"}""#,
        ),
        (
            "application/json",
            &long,
            r#""{\"t\": \"[redacted]\", \"n\""#,
        ),
        (
            "application/x-ndjson",
            "\"{\\\"t\\\": \\\"secret\\\"}\"\n{\"t\": 1}\n",
            "\"{\\\"t\\\": \\\"[redacted]\\\"}\"\n{\"t\": null}\n",
        ),
        (
            "text/event-stream",
            "data: \"{\\\"t\\\": \\\"secret\\\"}\"\n\ndata: [DONE]\n\n",
            "data: \"{\\\"t\\\": \\\"[redacted]\\\"}\"\n\ndata: [DONE]\n\n",
        ),
        (
            "application/json",
            r#""{not JSON} secret""#,
            r#""[redacted: this"#,
        ),
        ("application/json", r#""a text""#, r#""a text""#),
    ] {
        let (headers, body) = (format!("Content-Type: {media}\r\n"), body.to_owned());
        let api = Recording::start(move |_| reply("200 OK", &headers, body.as_bytes())).await;
        let mut setup = Setup::new(&api.url).with_token();
        setup.settings.max_response_bytes = 4_096;
        let tables = "[tools.\"GET /ping\"]\nredact = \"$.t\"\n";
        setup.settings.policies.tables = Tables::parse(tables).expect("a table");
        let text = call(&setup.engine(), "ping", json!({})).await.as_text();
        assert!(text.starts_with(expected), "{media}: {text}");
        assert!(!text.contains("secret"), "{media}: {text}");
    }
}

#[tokio::test]
async fn what_separates_numbers_in_pages_urls_and_folded_lines_hides_nothing() {
    for (media, text, expected) in [
        (
            "application/json",
            r#"{"a":"<p>+44&nbsp;20&nbsp;7946&nbsp;0958 4111&nbsp;1111&nbsp;1111&nbsp;1111</p>","b":"&nbsp;"}"#,
            r#"{"a":"<p>[redacted: phone] [redacted: card]</p>","b":"&nbsp;"}"#,
        ),
        (
            "application/json",
            r#"{"a":"https://example.org/?q=a%20b&card=4111%201111%201111%201111&p=%2B44%2020%207946%200958","b":"a%20b+c"}"#,
            r#"{"a":"https://example.org/?q=a b&card=[redacted: card]&p=[redacted: phone]","b":"a%20b+c"}"#,
        ),
        (
            "application/x-www-form-urlencoded",
            "phone=%2B44+20+7946+0958&card=4111+1111+1111+1111&p=%28415%29+555-0132&email=ann.x%2Bshop%40example.org&q=+a++",
            "phone=[redacted: phone]&card=[redacted: card]&p=[redacted: phone]&email=[redacted: email]&q=+a++",
        ),
        (
            "application/json",
            r#"{"a":"tel=%2B1%20%28415%29%20555-0132","b":"/?a=Bearer%20abcdef0123456789abcd","c":"h=Bearer+abcdef0123456789abcd"}"#,
            r#"{"a":"tel=[redacted: phone]","b":"/?a=[redacted: secret]","c":"h=[redacted: secret]"}"#,
        ),
        (
            "application/json",
            r#"{"a":"/?email=ann%40example.org&cursor=abc%2Bdef%3D","b":"postgres://u:p%40ss%20w@db/x"}"#,
            r#"{"a":"/?email=[redacted: email]&cursor=abc%2Bdef%3D","b":"postgres://u:[redacted: secret]@db/x"}"#,
        ),
        (
            "text/markdown",
            "[a](https://example.org/a%20b%28c%29) ann@example.org c2ln+abc==,&#169;",
            "[a](https://example.org/a%20b%28c%29) [redacted: email] c2ln+abc==,&#169;",
        ),
        (
            "application/json",
            r#"{"a":"GET /pay?card=4111+1111+1111+1111&iban=GB82+WEST+1234+5698+7654+32 HTTP/1.1","b":"(415)%205550132 a+b=c+d e"}"#,
            r#"{"a":"GET /pay?card=[redacted: card]&iban=[redacted: iban] HTTP/1.1","b":"[redacted: phone] a b=c d e"}"#,
        ),
        (
            "text/plain",
            "/search?4111+1111+1111+1111&lang=en",
            "/search?[redacted: card]&lang=en",
        ),
        (
            "text/plain",
            "GET /x?auth=Bearer+abcdef0123456789abcdef HTTP/1.1\nc2ln+abc== 1",
            "GET /x?auth=[redacted: secret] HTTP/1.1\nc2ln+abc== 1",
        ),
        (
            "application/json",
            r#"{"a":"{\"dsn\":\"postgres:\\\/\\\/ann:s3cr3tpw@db:5432\\\/x\",\"d\":\"1\\\/2\"}","b":"415\\\/555\\\/0132","c":"1\\\/2"}"#,
            r#"{"a":"{\"dsn\":\"postgres:\\/\\/ann:[redacted: secret]@db:5432\\/x\",\"d\":\"1\\/2\"}","b":"[redacted: phone]","c":"1\\\/2"}"#,
        ),
        (
            "text/calendar",
            "BEGIN:VCALENDAR\r\nATTENDEE;CN=ann.m@exam\r\n ple.org;X=1\r\n",
            "BEGIN:VCALENDAR\r\nATTENDEE;CN=[redacted: email];X=1\r\n",
        ),
    ] {
        assert_eq!(shown(media, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn references_to_characters_hide_nothing() {
    for (media, text, expected) in [
        (
            "application/xml",
            "<a>ann&#64;example.org &#60;ok&#62;</a>",
            "<a>[redacted: email] &#60;ok&#62;</a>",
        ),
        (
            "application/xml",
            "<a>&#x34;111&#x200b;1111&#32;1111 1111, &#; &#99999999; &#38;</a>",
            "<a>[redacted: card], &#; &#99999999; &#38;</a>",
        ),
        (
            "application/json",
            r#"{"a":"ann&#x40;example.org","b":"&#169;"}"#,
            r#"{"a":"[redacted: email]","b":"&#169;"}"#,
        ),
        (
            "application/xml",
            "<a>&#169; &#64;</a>",
            "<a>&#169; &#64;</a>",
        ),
    ] {
        let headers = format!("Content-Type: {media}\r\n");
        let api = Recording::start(move |_| reply("200 OK", &headers, text.as_bytes())).await;
        let engine = engine(&api.url, &["all"], "");
        let result = call(&engine, "ping", json!({})).await;
        assert_eq!(result.as_text(), expected);
    }
}

/// What a caller sees of an answer where everything that a detector finds is taken out.
async fn shown(media: &str, text: &'static str) -> String {
    let headers = format!("Content-Type: {media}\r\n");
    let api = Recording::start(move |_| reply("200 OK", &headers, text.as_bytes())).await;
    let engine = engine(&api.url, &["all"], "");
    call(&engine, "ping", json!({})).await.as_text()
}

#[tokio::test]
async fn a_line_that_is_cut_off_hides_nothing_of_the_next() {
    for (media, text) in [
        (
            "application/x-ndjson",
            "{\"msg\":\"sta\n{\"mail\":\"ann@example.org\"}\n{\"lvl\":\"x\"}\n",
        ),
        (
            "text/plain",
            "\"Good morning.\n\"Order 12 for ann@example.org, card 4111 1111 1111 1111.\n\"Thanks.\"",
        ),
    ] {
        let told = shown(media, text).await;
        assert!(!told.contains("ann@") && !told.contains("4111"), "{told}");
        assert!(told.contains("[redacted: email]"), "{told}");
    }
}

#[tokio::test]
async fn what_is_not_shown_of_a_string_hides_nothing() {
    for text in [
        r#"{"a":"x\u001b]8;;mailto:ann@example.org\u0007Ann\u001b]8;;\u0007"}"#,
        r#"{"a":"x\u001b]0;4111 1111 1111 1111\u0007 y"}"#,
        r#"{"a":"x\u001b[219-09-9999 y"}"#,
        r#"{"a":"x\u009b415-555-0132m y"}"#,
        r#"{"a":"{\"b\":\"ann\\u0040example.org\",\"c\":\"\\u002B442079460958\"}"}"#,
        r#"2026-11-29 disk of 5" {"phone":"\u002B442079460958"}"#,
        r#"{"a":"{\"h\":\"\\u003ctd\\u003e4111111111111111\\u003c/td\\u003e \\u0022219-09-9999\\u0022\"}"}"#,
        r#"{"a":"{\"h\":\"ann\\u0026#64;example.org 4111\\u0026#32;1111\\u0026#32;1111\\u0026#32;1111\"}"}"#,
        r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"ann\\\\u0040example.org\\\"}\"}"}"#,
        r#"{"x\u001b]8;;mailto:ann@example.org\u0007":1}"#,
        r#"{"a":"ann&#00000000000064;example.org"}"#,
        r#"{"a":"{\"t\":\"\\ud83d\\udcb34111111111111111 \\ud8004111111111111111\"}"}"#,
        r#"{"a":"{\"auth\":\"Bearer abcd\\/efghijkl\\/mnop0123459999\"}"}"#,
    ] {
        let told = shown("application/json", text).await;
        for secret in ["example.org", "4111", "9999", "0132", "442079460958"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[tokio::test]
async fn keys_in_texts_within_json_and_beside_lines_of_data_are_found() {
    for (media, text) in [
        (
            "application/json",
            r#"{"body":"{\"pem\":\"bundle\\n-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----\",\"k\":\"a\\nAKIAIOSFODNN7EXAMPLE\"}"}"#,
        ),
        (
            "application/yaml",
            "kind: Secret\ndata:\n  k: |\n    -----BEGIN PRIVATE KEY-----\n    MIIEvQ\n    -----END PRIVATE KEY-----\n",
        ),
        (
            "text/event-stream",
            "data: -----BEGIN PRIVATE KEY-----\ndata: MIIEvQ\ndata: -----END PRIVATE KEY-----\n\n",
        ),
        (
            "text/event-stream",
            "data: {\"l\":\"-----BEGIN PRIVATE KEY-----\"}\n\ndata: {\"l\":\"MIIEvQ\"}\n\ndata: {\"l\":\"-----END PRIVATE KEY-----\"}\n\n",
        ),
        (
            "text/event-stream",
            "data: -----BEGIN PRIVATE KEY-----\r\n\r\ndata: MIIEvQ\r\n\r\ndata: -----END PRIVATE KEY-----\r\n\r\n",
        ),
        (
            "application/x-ndjson",
            "{\"l\":\"-----BEGIN PRIVATE KEY-----\"}\n{\"l\":\"MIIEvQ\"}\n{\"l\":\"-----END PRIVATE KEY-----\"}\n",
        ),
    ] {
        let told = shown(media, text).await;
        assert!(!told.contains("MIIEvQ") && !told.contains("AKIA"), "{told}");
        assert!(told.contains("[redacted: secret]"), "{told}");
    }
}

#[tokio::test]
async fn what_hides_nothing_stays_as_it_was_written() {
    for (media, text) in [
        (
            "text/plain",
            r#"re = "\bfoo\b"; p = "C:\files\bin"; c = "\u001b[31mred\u001b[0m"; z = "\u200b""#,
        ),
        (
            "application/json",
            r#"{"n\u00e9x":{"a":2},"ab 1":"keep","a\u00e9b":2}"#,
        ),
        ("text/plain", r#"{"a":"\\u0041","e":"x"}{"b":1}"#),
        (
            "application/x-ndjson",
            "{\"l\":\"no BEGIN PRIVATE KEY\"}\n{\"l\":\"keep 1\"}\n",
        ),
    ] {
        assert_eq!(shown(media, text).await, text);
    }
}

#[tokio::test]
async fn what_is_read_of_an_escape_makes_no_new_part_of_a_text() {
    for (media, text, expected) in [
        (
            "application/json",
            r#"{"a":"{\"n\":\"x\\u0022,\\u0022role\\u0022:\\u0022admin\",\"m\":\"ann\\u0040example.org\"}"}"#,
            r#"{"a":"{\"n\":\"x\\\",\\\"role\\\":\\\"admin\",\"m\":\"[redacted: email]\"}"}"#,
        ),
        (
            "text/event-stream",
            "id: x\\u000adata: forged ann\\u0040example.org\ndata: {\"b\":1}\n\n",
            "id: x\\ndata: forged [redacted: email]\ndata: {\"b\":1}\n\n",
        ),
        (
            "text/plain",
            r#"s.replace(/\\/g, "/"); u = /^\/api/; // ann@example.org"#,
            r#"s.replace(/\\/g, "/"); u = /^\/api/; // [redacted: email]"#,
        ),
        (
            "text/plain",
            r#"2026 INFO {"p": "C:\\\ud83d\ude00 x", "q": "\\\u0022", "m": "ann\u0040example.org"}"#,
            r#"2026 INFO {"p": "C:\\😀 x", "q": "\\\"", "m": "[redacted: email]"}"#,
        ),
        (
            "application/json",
            r#"{"a":"{\"m\":\"hi\\nann@example.org\"}"}"#,
            r#"{"a":"{\"m\":\"hi\\n[redacted: email]\"}"}"#,
        ),
    ] {
        assert_eq!(shown(media, text).await, expected);
    }
}

#[tokio::test]
async fn a_key_over_many_lines_leaves_paths_their_way() {
    let text = r#"{"msg": "-----BEGIN PRIVATE KEY-----"}
{"msg": "MIIEvQ"}
{"event": {"msg": "-----END PRIVATE KEY-----"}, "owner": {"email": "hidden words"}, "pin": "hidden pin"}
{"pin": "hidden"}
"#;
    let headers = "Content-Type: application/x-ndjson\r\n";
    let api = Recording::start(move |_| reply("200 OK", headers, text.as_bytes())).await;
    let tables = "[tools.\"GET /ping\"]\nredact = [\"all\", \"$.owner.email\", \"$.pin\"]\n";
    let engine = engine(&api.url, &[], tables);
    let told = call(&engine, "ping", json!({})).await.as_text();
    assert!(
        !told.contains("hidden") && !told.contains("MIIEvQ"),
        "{told}"
    );
}

#[tokio::test]
async fn json_in_a_member_of_the_library_stays_a_text() {
    let text = r#"{"u":"\u00e9","m":{"$serde_json::private::RawValue":"{\"x\": \"ann\\u0040example.org\"}"}}"#;
    let api = answering("200 OK", JSON, text).await;
    let engine = engine(&api.url, &["all"], "");
    let result = call(&engine, "get_pet", json!({"id": 1})).await;
    let structured = result
        .structured
        .as_ref()
        .expect("an object")
        .json()
        .to_owned();
    assert!(!structured.contains("example.org"), "{structured}");
    assert!(!result.as_text().contains("example.org"));
}

#[tokio::test]
async fn json_stays_json_in_events_and_behind_a_guard() {
    for (text, expected) in [
        (
            "data: {\"n\":4111111111111111}\n\n",
            "data: {\"n\":null}\n\n",
        ),
        (
            "data: {\"ann@example.org\":1,\"bob@example.org\":2}\n\n",
            "data: {\"[redacted: email] 1\":1,\"[redacted: email] 2\":2}\n\n",
        ),
        (
            "data: {\"from\":\"\\u003cann@example.org\\u003e\"}\n\n",
            "data: {\"from\":\"<[redacted: email]>\"}\n\n",
        ),
        (")]}'\n{\"n\":4111111111111111}", ")]}'\n{\"n\":null}"),
        (
            "id: ann@example.org\ndata: 1\n\n",
            "id: [redacted: email]\ndata: 1\n\n",
        ),
    ] {
        assert_eq!(shown("text/plain", text).await, expected);
    }
}

#[tokio::test]
async fn a_card_is_one_however_the_number_is_written() {
    let text = r#"{"[redacted: email] 7":0,"ann@example.org":[4.111111111111111E15,4111111111111111e0,4111111111111111.00,1.5e3,4.2e15]}"#;
    let expected =
        r#"{"[redacted: email] 7":0,"[redacted: email] 8":[null,null,null,1.5e3,4.2e15]}"#;
    assert_eq!(shown("application/json", text).await, expected);
    let words = "order a4111111111111111 pi 0.4111111111111111";
    assert_eq!(shown("text/plain", words).await, words);
}

#[tokio::test]
async fn a_single_quote_in_a_text_ends_nothing() {
    for (media, text) in [
        (
            "text/plain",
            "The 3.5\" drive of order 7 costs 10 dollars.\nLine two stays.\n",
        ),
        ("text/csv", "id,name\n1,3.5\" drive\n2,other\n"),
        ("application/xml", "<a><b>3.5\" drive</b><c>kept</c></a>"),
    ] {
        let headers = format!("Content-Type: {media}\r\n");
        let api = Recording::start(move |_| reply("200 OK", &headers, text.as_bytes())).await;
        let engine = engine(&api.url, &["all"], "");
        let result = call(&engine, "ping", json!({})).await;
        assert_eq!(result.as_text(), text);
    }
}

#[tokio::test]
async fn paths_lead_into_every_line_of_an_event() {
    let text =
        ": {\"phone\":\"x2\"}\nid: {\"phone\":\"x3\"}\nevent: phone\ndata: {\"phone\":\"x4\"}\n\n";
    let headers = "Content-Type: text/event-stream\r\n";
    let api = Recording::start(move |_| reply("200 OK", headers, text.as_bytes())).await;
    let engine = engine(
        &api.url,
        &[],
        "[tools.\"GET /ping\"]\nredact = [\"$.phone\"]\n",
    );
    let result = call(&engine, "ping", json!({})).await.as_text();
    assert!(
        !["x2", "x3", "x4"].iter().any(|it| result.contains(it)),
        "{result}"
    );
    assert!(result.contains("event: phone"), "{result}");
}

#[tokio::test]
async fn events_of_many_lines_are_one_json() {
    let body = "event: a\ndata: {\"id\": 1,\ndata:  \"owner\": {\"mail\":\ndata: \"x\"}}\n\ndata: {\"id\": 2}\n\n";
    let headers = "Content-Type: text/event-stream\r\n";
    let upstream = answering("200 OK", headers, body).await;
    let tables = "[tools.\"GET /ping\"]\nredact = [\"$.owner.mail\", \"$.id\"]\n";
    let engine = engine(&upstream.url, &[], tables);
    let text = call(&engine, "ping", json!({})).await.as_text();
    let expected = "event: a\ndata: {\"id\": null,\ndata:  \"owner\": {\"mail\":\ndata: \"[redacted]\"}}\n\ndata: {\"id\": null}";
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test]
async fn where_paths_do_not_lead_nothing_is_shown() {
    let tables = "[tools.\"GET /ping\"]\nredact = [\"$.x.y\"]\n";
    for (media_type, body) in [
        ("text/plain", "{\"x\":{\"y\":\"secret1\"}}\ndata: foo"),
        ("application/json", "{\"x\":{\"y\":\"secret1\"}}\ndata: foo"),
        (
            "text/event-stream",
            "data: {\"x\":{\nid: 5\ndata: \"y\":\"secret1\"}}\n\n",
        ),
        (
            "text/event-stream",
            "data: {\"x\":{\n: ping\ndata: \"y\":\"secret1\"}}\n\n",
        ),
        (
            "text/event-stream",
            "id: 1\rdata: {\"x\":{\"y\":\"secret1\"}}\r\rid: 2\r\ndata: {}\r\n\r\n",
        ),
        ("text/plain", "it\"s {\"x\":{\"y\":\"secret1\"}}"),
        ("application/json", "[info {\"x\":{\"y\":\"secret1\"}}"),
        ("application/json", "{\"a\" 1, \"x\":{\"y\":\"secret1\"}}"),
        ("application/xml", "<x><y>secret1</y></x>"),
        ("text/html", "<p>secret1</p>"),
    ] {
        let headers = format!("Content-Type: {media_type}\r\n");
        let upstream = Recording::start(move |_| reply("200 OK", &headers, body.as_bytes())).await;
        let engine = engine(&upstream.url, &[], tables);
        let text = call(&engine, "ping", json!({})).await.as_text();
        assert!(!text.contains("secret1"), "{media_type} {body}: {text}");
        assert!(text.contains("[redacted"), "{media_type} {body}: {text}");
    }
}

#[tokio::test]
async fn a_guard_against_scripts_in_front_of_json_hides_nothing() {
    let upstream = answering(
        "200 OK",
        JSON,
        ")]}',\n{\"id\": 1, \"owner\": {\"mail\": \"x\"}}",
    )
    .await;
    let tables = "[tools.\"GET /ping\"]\nredact = [\"$.owner.mail\"]\n";
    let engine = engine(&upstream.url, &[], tables);
    let text = call(&engine, "ping", json!({})).await.as_text();
    assert!(text.contains(r#"{"mail": "[redacted]"}"#), "{text}");
}

#[tokio::test]
async fn what_was_cut_off_ends_before_what_may_be_half_of_it() {
    let mut body = format!("{{\"x\": \"{}", "x".repeat(64 * 1024 - 20));
    body.push_str(" 4111111111111111\"}");
    let upstream = Recording::start(move |_| reply("200 OK", JSON, body.as_bytes())).await;
    let engine = engine(&upstream.url, &["card"], "");
    let text = call(&engine, "ping", json!({})).await.as_text();
    assert!(
        text.contains("This is a part of") && !text.contains("411"),
        "{text}"
    );
    for half in [
        "4111\u{a0}1111\u{a0}1111\u{a0}11",
        "GB82&nbsp;WEST&#160;1234\u{2011}5698",
        "ann.lee@例え.テ",
        "https://ann:p!s$s,wo(rd)x",
        "https://ann:p!s{wo[rd|x",
        "<b>4111</b> <b>1111</b> <b>1111</b> <",
        "<i>ann</i>@example.<b>or",
    ] {
        for media in ["text/plain", "text/html"] {
            // Tags are a page's.
            if half.starts_with('<') && media == "text/plain" {
                continue;
            }
            let headers = format!("Content-Type: {media}\r\n");
            let body = format!("<p>It begins here.</p>\n<p>{half}");
            let upstream = Recording::start(move |_| cut_off("200 OK", &headers, &body)).await;
            let engine = self::engine(&upstream.url, &["all"], "");
            let text = call(&engine, "ping", json!({})).await.as_text();
            assert!(text.contains("It begins"), "{media} {half}: {text}");
            for shown in ["1111", "GB82", "lee@", "p!s", "example."] {
                assert!(!text.contains(shown), "{media}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn what_hides_nothing_is_shown_of_an_answer_that_was_cut_off() {
    for (media, body, shown) in [
        (
            "application/json",
            "[1,2,3,4,5,6,7,8,9,10,11",
            "[1,2,3,4,5,6,7,8,9,10",
        ),
        ("text/plain", "a;b;c; It begins her", "a;b;c; It begins"),
        ("text/html", "<p>It begins here.</p><", "It begins here."),
    ] {
        let headers = format!("Content-Type: {media}\r\n");
        let upstream = Recording::start(move |_| cut_off("200 OK", &headers, body)).await;
        let engine = self::engine(&upstream.url, &["all"], "");
        let text = call(&engine, "ping", json!({})).await.as_text();
        assert!(text.contains(shown), "{text}");
    }
}

#[tokio::test]
async fn the_class_of_the_data_decides_where_nothing_else_does() {
    let upstream = answering("200 OK", JSON, PET).await;
    for (redact, table, shown) in [
        (&[][..], "class = \"confidential\"", false),
        (&[][..], "class = \"confidential\"\nredact = []", true),
        (&["email"][..], "class = \"public\"", true),
        (&["email"][..], "class = \"internal\"", false),
        (&[][..], "class = \"internal\"", true),
    ] {
        let table = format!("[tools.\"GET /pets/**\"]\n{table}\n");
        let engine = engine(&upstream.url, redact, &table);
        let text = call(&engine, "get_pet", json!({"id": 1})).await.as_text();
        assert_eq!(
            text.contains("ann@example.org"),
            shown,
            "{redact:?} {table}"
        );
    }
}

#[test]
fn what_is_no_detector_and_no_path_is_a_mistake() {
    for (entry, why) in [
        (
            "mail",
            "expected secret, email, iban, card, ssn, phone, all or off",
        ),
        ("$..a", "`$..a` is not a path"),
    ] {
        let table = format!("[tools.\"GET /pets/**\"]\nredact = [\"{entry}\"]\n");
        let StartError(text) =
            try_engine("http://127.0.0.1:9", &[], &table).expect_err("a mistake");
        assert!(
            text.starts_with("[tools.\"GET /pets/**\"] redact: "),
            "{text}"
        );
        assert!(text.contains(why), "{text}");
    }
}

#[tokio::test]
async fn what_only_begins_like_json_is_looked_at_as_a_whole() {
    for body in [
        "[10:00] user ann@example.org paid",
        "\"name\",\"mail\"\n\"Bob\",ann@example.org\n",
        "{'mail': 'ann@example.org'}",
        "{\"a\": 1}; ann@example.org",
        "{\"card\": \"x\", \"mail\": \"ann@\\u200bexample.org\"}",
    ] {
        let upstream = Recording::start(move |_| reply("200 OK", JSON, body.as_bytes())).await;
        let engine = engine(&upstream.url, &["all"], "");
        let result = call(&engine, "get_pet", json!({"id": 1})).await;
        let shown = format!("{} {:?}", result.as_text(), result.structured);
        assert!(shown.contains("[redacted: email]"), "{body}: {shown}");
        assert!(!shown.contains("ann@"), "{body}: {shown}");
    }
    for (body, shown) in [
        ("4111111111111111", "null"),
        ("4111 1111 1111 1111", "[redacted: card]"),
        ("[1] 4111 1111 1111 1111", "[1] [redacted: card]"),
    ] {
        let upstream = answering("200 OK", "Content-Type: text/plain\r\n", body).await;
        let engine = engine(&upstream.url, &["all"], "");
        assert_eq!(call(&engine, "ping", json!({})).await.as_text(), shown);
    }
}

#[tokio::test]
async fn the_next_page_is_not_told_by_what_was_taken_out() {
    let body = r#"{"data": [1], "has_more": true, "next_page": "secret-cursor"}"#;
    let upstream = answering("200 OK", JSON, body).await;
    for (redact, shown) in [("[]", true), ("[\"$.next_page\"]", false)] {
        let tables = format!("[tools.\"GET /pages\"]\nredact = {redact}\n");
        let engine = engine(&upstream.url, &[], &tables);
        let text = call(&engine, "pages", json!({})).await.as_text();
        assert_eq!(text.contains("secret-cursor"), shown, "{text}");
    }
}

#[tokio::test]
async fn tables_add_up_until_one_takes_everything_away() {
    let upstream = answering("200 OK", JSON, PET).await;
    let shown = |tables: &'static str| {
        let engine = engine(&upstream.url, &["phone"], tables);
        async move { call(&engine, "get_pet", json!({"id": 1})).await.as_text() }
    };
    let both = "[tools.\"GET /**\"]\nredact = [\"email\"]\n[tools.\"GET /pets/{id}\"]\nredact = [\"$.id\"]\n";
    let text = shown(both).await;
    assert!(
        text.contains("[redacted: email]") && text.contains("\"id\": null"),
        "{text}"
    );
    let none = "[tools.\"GET /**\"]\nredact = [\"email\", \"$.id\"]\n[tools.\"GET /pets/{id}\"]\nredact = []\n";
    assert_eq!(shown(none).await, PET);
}

#[test]
fn a_file_without_redaction_is_no_new_policy() {
    let engine = engine(
        "http://127.0.0.1:9",
        &[],
        "[tools.\"GET /pets/**\"]\nredact = [\"all\"]\n",
    );
    let StartError(why) = engine
        .replace_policies(&PolicySettings::default())
        .expect_err("half a file");
    assert!(why.contains("`redact` or `class`"), "{why}");
}

#[tokio::test]
async fn no_detectors_anywhere_leaves_the_paths_of_tables() {
    let upstream = answering("200 OK", JSON, PET).await;
    let tables = "[tools.\"GET /pets/**\"]\nredact = [\"$.owner.mail\"]\n";
    let engine = engine(&upstream.url, &["off"], tables);
    let text = call(&engine, "get_pet", json!({"id": 1})).await.as_text();
    assert!(text.contains("\"mail\": \"[redacted]\""), "{text}");
}
