//! What is left of a text, and what is said about it.

use serde_json::{Value, json};

use super::*;

fn fit(text: &str, most: usize) -> Excerpt {
    let excerpt = fitted(text, most, false).expect("JSON");
    assert!(excerpt.text.chars().count() <= most, "{}", excerpt.text);
    serde_json::from_str::<Value>(&excerpt.text).expect("JSON");
    excerpt
}

fn choose(text: &str, paths: &[&str]) -> (String, Vec<String>) {
    let fields = Fields::parse(paths.iter().copied());
    let (text, _) = chosen(text, &fields, false).expect("JSON");
    (text, fields.missed())
}

#[test]
fn layout_goes_before_anything_else_does() {
    let text = "{\n  \"a\": [1.10, 2e5 ],\n  \"b\": \"x  y\"\n}";
    let excerpt = fit(text, 30);
    assert_eq!(excerpt.text, r#"{"a":[1.10,2e5],"b":"x  y"}"#);
    assert_eq!(excerpt.cuts, Vec::<String>::new());
}

#[test]
fn lists_get_shorter_and_what_stands_behind_them_stays() {
    let items: Vec<Value> = (0..1000)
        .map(|id| json!({"id": id, "tags": ["a", "b"]}))
        .collect();
    let text = json!({"items": items, "total": 1000}).to_string();
    let excerpt = fit(&text, 500);
    let value: Value = serde_json::from_str(&excerpt.text).expect("JSON");
    let kept = value["items"].as_array().expect("a list").len();
    assert_eq!(value["total"], 1000);
    assert_eq!(value["items"][0], json!({"id": 0, "tags": ["a", "b"]}));
    assert!(kept > 10, "{kept}");
    assert_eq!(
        excerpt.cuts,
        [format!("`items` has the first {kept} of 1000 items")]
    );
    let list = Value::Array((0..100).map(Value::from).collect()).to_string();
    assert!(fit(&list, 50).cuts[0].starts_with("the list has the first "));
    let nested =
        json!([{"a": {"b": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}, {"a": {"b": [1, 2]}}]).to_string();
    assert_eq!(
        fit(&nested, 40).cuts,
        ["`[*].a.b` has the first 3 of at most 9 items"]
    );
}

#[test]
fn long_texts_get_shorter_before_lists_have_next_to_nothing() {
    let items: Vec<Value> = (0..10)
        .map(|id| json!({"id": id, "text": "é".repeat(5000)}))
        .collect();
    let excerpt = fit(&json!(items).to_string(), 9000);
    let value: Value = serde_json::from_str(&excerpt.text).expect("JSON");
    assert_eq!(value.as_array().expect("a list").len(), 5);
    let kept = value[4]["text"]
        .as_str()
        .map_or(0, |text| text.chars().count());
    assert!((1000..2000).contains(&kept), "{kept}");
    assert_eq!(
        excerpt.cuts,
        [
            "the list has the first 5 of 10 items",
            "5 of the texts end early in `…`"
        ]
    );
}

#[test]
fn what_never_fits_ends_early() {
    let members: serde_json::Map<String, Value> = (0..1000)
        .map(|id| (format!("k{id}"), json!({"v": id})))
        .collect();
    let excerpt = fit(&Value::Object(members).to_string(), 200);
    assert!(
        excerpt.text.starts_with(r#"{"k0":{"v":0},"k1":{"v":1}"#),
        "{}",
        excerpt.text
    );
    assert_eq!(excerpt.cuts, ["what comes later is left out"]);
}

#[test]
fn a_text_that_was_cut_off_anywhere_becomes_json() {
    let text = r#"{"a": [1.5, true, "x\ud83d\ude00\n é", {"b": null}], "c": {"d": "e"}, "f": 12}"#;
    let whole: Value = serde_json::from_str(text).expect("JSON");
    for end in (1..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let part = &text[..end];
        let excerpt = fitted(part, 1000, true).unwrap_or_else(|| panic!("{part}"));
        let value: Value = serde_json::from_str(&excerpt.text)
            .unwrap_or_else(|error| panic!("{part}: {}: {error}", excerpt.text));
        // Never another number.
        let numbers = [&value["a"][0], &value["f"]];
        assert!(
            numbers
                .iter()
                .all(|number| number.is_null() || [&whole["a"][0], &whole["f"]].contains(number)),
            "{value}"
        );
    }
    assert_eq!(fitted(&text[..30], 1000, false), None);
}

#[test]
fn a_text_is_never_cut_inside_an_escape() {
    let text = json!({"t": "\u{1f600}\"\\\n".repeat(2000)}).to_string();
    let escaped = format!(r#"{{"t": "{}"}}"#, "\\ud83d\\ude00\\u00e9\\\"".repeat(2000));
    for text in [text, escaped] {
        for most in 320..360 {
            fit(&text, most);
        }
    }
}

#[test]
fn fields_choose_members_and_look_into_lists() {
    let text = r#"{"id": 1.0, "items": [{"id": 1, "name": "a", "x": {"y": 1, "z": 2}}, {"name": "b"}], "next": null}"#;
    for (paths, expected) in [
        (&["id"][..], r#"{"id":1.0}"#),
        (
            &["items.name", "next"],
            r#"{"items":[{"name":"a"},{"name":"b"}],"next":null}"#,
        ),
        (&["$.items[*].x.y"], r#"{"items":[{"x":{"y":1}},{}]}"#),
        (
            &["items[0].id", "$['id']"],
            r#"{"id":1.0,"items":[{"id":1},{}]}"#,
        ),
    ] {
        assert_eq!(
            choose(text, paths),
            (expected.to_owned(), Vec::new()),
            "{paths:?}"
        );
    }
    let (text, missed) = choose(text, &["id.x", "items.nam", "items.id"]);
    assert_eq!(text, r#"{"items":[{"id":1},{}]}"#);
    assert_eq!(missed, ["id.x", "items.nam"]);
}

#[test]
fn any_name_can_be_asked_for() {
    let text = r#"{"2024": {"x": 1, "y": 2}, "a.b": 3, "k[0]": 4, "it's": 5}"#;
    for (paths, expected) in [
        (&["2024"][..], r#"{"2024":{"x":1,"y":2}}"#),
        (&["2024.x"], r#"{"2024":{"x":1}}"#),
        (&["2024.x", "2024"], r#"{"2024":{"x":1,"y":2}}"#),
        (&["['a.b']", "['k[0]']"], r#"{"a.b":3,"k[0]":4}"#),
        (&["[\"it's\"]"], r#"{"it's":5}"#),
    ] {
        assert_eq!(choose(text, paths).0, expected, "{paths:?}");
    }
    assert_eq!(joined("a", "b.c"), "a['b.c']");
    let fields = Fields::parse(["result.id", "id"]).without("result");
    let (text, _) = chosen(r#"[{"id": 1, "x": 2}]"#, &fields, false).expect("JSON");
    assert_eq!(text, r#"[{"id":1}]"#);
}

#[test]
fn a_text_is_as_long_as_fits() {
    let text = json!({"title": "t", "body": "x".repeat(120_000)}).to_string();
    let kept = fit(&text, 100_000).text.len();
    assert!(kept > 60_000, "{kept}");
    // Where there is no room for anything, nothing is said of texts that are not there.
    let long = json!({"s": "x".repeat(1000), "n": 1}).to_string();
    let excerpt = fit(&long, 40);
    assert!(excerpt.text.ends_with(r#"x…","n":1}"#), "{}", excerpt.text);
    let tight = fit(&long, 8);
    assert_eq!(
        (tight.text.as_str(), &tight.cuts[..]),
        ("{}", &["what comes later is left out".to_owned()][..])
    );
}

#[test]
fn a_name_is_the_same_however_it_is_spelled() {
    assert_eq!(
        choose(r#"[{"\u0069d": 1, "x": 2}]"#, &["id"]).0,
        r#"[{"\u0069d":1}]"#
    );
}

#[test]
fn what_is_no_json_has_no_parts() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\" 1}",
        "[1] 2",
        "nul",
        "{a: 1}",
        "'x'",
        "[01]",
        r#"["\x"]"#,
        "[\"\n\"]",
        r#"["\u12g4"]"#,
        &"[".repeat(101),
    ] {
        assert_eq!(fitted(text, 10, false), None, "{text}");
    }
}
