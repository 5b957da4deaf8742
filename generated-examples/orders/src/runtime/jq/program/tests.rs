use super::*;

fn gives(program: &str, json: &str) -> String {
    let given = given(program, json.as_bytes(), 10_000);
    let given = given.unwrap_or_else(|why| panic!("`{program}`: {why:?}"));
    String::from_utf8(given).expect("JSON is text")
}

fn fails(program: &str, json: &str) -> String {
    match given(program, json.as_bytes(), 10_000) {
        Err(Stopped::Failed(why)) => why,
        other => panic!("`{program}`: {other:?}"),
    }
}

#[test]
fn numbers_keep_their_digits() {
    let json = "[9007199254740993,1.10,1e400,-0.0,123456789012345678901234567890,0.1000000000000000055511151231257827]";
    assert_eq!(gives(".", json), format!("{json}\n"));
    assert_eq!(gives("map({n: .})[0].n", json), "9007199254740993\n");
    assert_eq!(gives(".[0] + 1", json), "9007199254740994\n");
    assert_eq!(gives("map(tostring)[1]", json), "\"1.10\"\n");
    // Ids that a floating-point number cannot tell apart are others.
    let ids = "[9007199254740993,9007199254740992]";
    assert_eq!(gives("unique | length", ids), "2\n");
    assert_eq!(
        gives("map(select(. == 9007199254740993))", ids),
        "[9007199254740993]\n"
    );
}

#[test]
fn each_output_is_a_line_of_json() {
    assert_eq!(
        gives(".[]", r#"[{"b":1,"a":"x\ny"},"é",null]"#),
        "{\"b\":1,\"a\":\"x\\ny\"}\n\"é\"\nnull\n"
    );
    for (program, expected) in [
        ("nan", "no JSON"),
        ("infinite", "no JSON"),
        ("{(1): 2}", "no JSON"),
        (r#""a" | tobytes"#, "no JSON"),
    ] {
        let why = fails(program, "1");
        assert!(why.contains(expected), "`{program}`: {why}");
    }
}

#[test]
fn what_jq_has_is_there() {
    for (program, json, expected) in [
        (
            "group_by(.a) | map(length)",
            r#"[{"a":1},{"a":2},{"a":1}]"#,
            "[2,1]",
        ),
        (
            "to_entries | map(select(.value > 1).key)",
            r#"{"a":1,"b":2}"#,
            "[\"b\"]",
        ),
        (r#"test("^a.c$")"#, "\"abc\"", "true"),
        (
            r#"capture("(?<y>\\d+)-(?<m>\\d+)")"#,
            "\"2024-05\"",
            r#"{"y":"2024","m":"05"}"#,
        ),
        (r#"sub("a"; "b")"#, "\"aa\"", "\"ba\""),
        ("@csv", r#"["a\"b",1,null,true]"#, r#""\"a\"\"b\",1,,true""#),
        ("@tsv", r#"["a\tb",1.50]"#, r#""a\\tb\t1.50""#),
        (
            "@base64, @uri, @html",
            "\"a b<\"",
            "\"YSBiPA==\"\n\"a%20b%3C\"\n\"a b&lt;\"",
        ),
        (
            "fromdate | todate",
            "\"2024-05-01T00:00:00Z\"",
            "\"2024-05-01T00:00:00Z\"",
        ),
        ("now > 1700000000", "1", "true"),
        ("pow(.; 2), sqrt, floor", "4", "16.0\n2.0\n4"),
        (
            "INDEX(.id) | keys",
            r#"[{"id":2},{"id":1}]"#,
            "[\"1\",\"2\"]",
        ),
        ("IN(1, 2)", "2", "true"),
        ("[leaf_paths]", r#"{"a":[1],"b":2}"#, r#"[["a",0],["b"]]"#),
        ("limit(1; .[])", "[5,6]", "5"),
        ("try error(\"x\") catch .", "1", "\"x\""),
        ("[.[] | tojson | fromjson]", "[1.10]", "[1.10]"),
    ] {
        assert_eq!(gives(program, json), format!("{expected}\n"), "`{program}`");
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (program, expected) in [
        (
            ".a | foo(1)",
            "there is no filter `foo` with 1 argument here (at character 6, at `foo(1)`)",
        ),
        (
            "$x",
            "there is no variable `$x` here (at character 1, at `$x`)",
        ),
        (
            ".a[",
            "expected closing bracket at the end, for what opens at character 3, at `[`",
        ),
        (".a |", "expected term at the end"),
        (
            "\"é\" | foo",
            "there is no filter `foo` here (at character 7, at `foo`)",
        ),
        ("", "expected term at the end"),
    ] {
        assert_eq!(fails(program, "1"), expected, "`{program}`");
    }
    assert_eq!(
        fails(".a", "[1]"),
        "the program failed: cannot index [1] with \"a\""
    );
    assert_eq!(fails("error({a: 1})", "1"), "the program failed: {\"a\":1}");
}
