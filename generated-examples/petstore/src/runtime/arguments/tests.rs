use serde_json::{Value, json};

use super::super::schema::{Definitions, Schema};
use super::{Reading, check, nearest};

fn checked(schema: Value, arguments: Value) -> Result<Value, Vec<String>> {
    checked_with(schema, arguments, Reading::default())
}

fn checked_with(schema: Value, arguments: Value, reading: Reading) -> Result<Value, Vec<String>> {
    let names: Vec<String> = (schema["properties"].as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let schema = Schema::compile(schema, &Definitions::new());
    let Value::Object(mut arguments) = arguments else {
        panic!("arguments are an object")
    };
    check(&schema, Some(&names), &mut arguments, reading)
        .map(|()| Value::Object(arguments))
        .map_err(|mistakes| mistakes.0)
}

const LENIENT: Reading = Reading {
    bound: None,
    lenient: true,
    null_is_absent: false,
};

fn of(property: impl Into<Value>) -> Value {
    json!({"type": "object", "properties": {"x": property.into()}, "additionalProperties": false})
}

#[test]
fn what_is_safely_meant_is_coerced() {
    let color = json!({"type": "string", "enum": ["red", "Green"]});
    for (property, given, taken) in [
        (json!({"type": "integer"}), json!("42"), json!(42)),
        (
            json!({"type": "integer"}),
            json!(" 9007199254740993 "),
            json!(9_007_199_254_740_993_i64),
        ),
        (json!({"type": "number"}), json!("1.5"), json!(1.5)),
        (json!({"type": "boolean"}), json!("True"), json!(true)),
        (
            json!({"type": "array", "items": {"type": "integer"}}),
            json!("[1, \"2\"]"),
            json!([1, 2]),
        ),
        (
            json!({"type": "object"}),
            json!("{\"a\": 1}"),
            json!({"a": 1}),
        ),
        (json!({"type": "string"}), json!(7), json!("7")),
        (
            json!({"type": ["string", "null"]}),
            json!(true),
            json!("true"),
        ),
        (color, json!("green"), json!("Green")),
        (json!({"enum": [1, 2]}), json!("2"), json!(2)),
        (json!({"const": "Yes"}), json!("yes"), json!("Yes")),
        (
            json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
            json!("5"),
            json!(5),
        ),
        (
            json!({"type": "array", "items": {"type": "boolean"}}),
            json!(["false"]),
            json!([false]),
        ),
    ] {
        assert_eq!(
            checked(of(property.clone()), json!({"x": given})),
            Ok(json!({"x": taken})),
            "{property}"
        );
    }
}

#[test]
fn what_would_be_a_guess_is_not_coerced() {
    for (property, given) in [
        (json!({"type": "integer"}), json!("1.5")),
        (json!({"type": "integer"}), json!("0x10")),
        (json!({"type": "boolean"}), json!("yes")),
        (json!({"type": "boolean"}), json!(1)),
        (json!({"type": "string"}), json!(1.1)),
        (json!({"type": "array"}), json!("a,b")),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!("a"),
        ),
        (json!({"enum": ["a", "A"]}), json!("á")),
    ] {
        assert!(
            checked(of(property.clone()), json!({"x": given})).is_err(),
            "{property}"
        );
    }
}

#[test]
fn right_arguments_stay_as_they_are() {
    let schema = of(json!({"type": ["string", "integer"]}));
    assert_eq!(
        checked(schema.clone(), json!({"x": "42"})),
        Ok(json!({"x": "42"}))
    );
    assert_eq!(
        checked(schema, json!({"x": u64::MAX})),
        Ok(json!({"x": u64::MAX}))
    );
}

#[test]
fn one_value_becomes_an_array_only_when_lenient() {
    let schema = of(json!({"type": "array", "items": {"type": "string"}}));
    assert_eq!(
        checked_with(schema.clone(), json!({"x": "a"}), LENIENT),
        Ok(json!({"x": ["a"]}))
    );
    assert!(checked(schema, json!({"x": "a"})).is_err());
}

#[test]
fn null_is_nothing_for_a_client_that_has_to_send_everything() {
    let nullable = json!({"type": ["string", "null"]});
    let schema = json!({
        "type": "object",
        "properties": {
            "note": nullable,
            "must": nullable,
            "item": {"type": "object", "required": ["a"], "properties": {"a": nullable, "b": nullable}},
            "list": {"type": "array", "items": {"allOf": [{"properties": {"c": {"type": "integer"}}}]}},
            "free": {"type": "object"}
        },
        "required": ["must"],
        "additionalProperties": false
    });
    let given = json!({
        "note": null, "must": null, "item": {"a": null, "b": null}, "list": [{"c": null}, {"c": 1}], "free": {"x": null}
    });
    let reading = Reading {
        bound: None,
        lenient: false,
        null_is_absent: true,
    };
    assert_eq!(
        checked_with(schema.clone(), given.clone(), reading),
        Ok(json!({"must": null, "item": {"a": null}, "list": [{}, {"c": 1}], "free": {"x": null}}))
    );
    let kept = checked(schema, json!({"note": null, "must": null}));
    assert_eq!(kept, Ok(json!({"note": null, "must": null})));
}

#[test]
fn null_for_an_optional_argument_leaves_it_out() {
    let schema = of(json!({"type": "string"}));
    assert_eq!(checked(schema, json!({"x": null})), Ok(json!({})));
    let nullable = of(json!({"type": ["string", "null"]}));
    assert_eq!(
        checked(nullable, json!({"x": null})),
        Ok(json!({"x": null}))
    );
}

fn mistakes(schema: Value, arguments: Value) -> Vec<String> {
    checked(schema, arguments).expect_err("mistakes")
}

#[test]
fn a_missing_text_is_told_with_its_format() {
    let schema = json!({
        "type": "object", "properties": {"born": {"type": "string", "format": "date"}}, "required": ["born"]
    });
    assert_eq!(
        mistakes(schema, json!({})),
        ["missing required argument `born` (string, format `date`)"]
    );
}

#[test]
fn every_mistake_is_told_at_once_and_reads_well() {
    let schema = json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "description": "The pet's id\nMore."},
            "unit": {"enum": ["C", "F"]},
            "status": {"type": "string"},
            "page": {"type": "integer", "minimum": 1},
            "body": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string"},
                "items": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"price": {"type": "number"}}}}
            }}
        },
        "required": ["id"],
        "additionalProperties": false
    });
    let arguments = json!({
        "unit": "Celsius", "stauts": "sold", "page": 0,
        "body": {"items": [{}, {}, {"price": "cheap", "prise": 1}]}
    });
    assert_eq!(
        mistakes(schema, arguments),
        [
            "unknown argument `stauts`; did you mean `status`?",
            "argument `unit` must be one of `C`, `F`; got `Celsius`",
            "argument `page` must be at least 1; got `0`",
            "missing required argument `body.name` (string)",
            "argument `body.items[2].price` must be a number; got the string `cheap`",
            "unknown field `body.items[2].prise`; did you mean `price`?",
            "missing required argument `id` (integer): The pet's id",
        ]
    );
}

#[test]
fn alternatives_are_summed_up() {
    let shapes = json!({"anyOf": [
        {"type": "object", "required": ["kind", "side"], "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}},
        {"type": "object", "required": ["kind", "radius"], "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}}
    ]});
    assert_eq!(
        mistakes(of(shapes.clone()), json!({"x": {"kind": "circle"}})),
        [
            "argument `x` fits none of the 2 allowed forms; for the closest: missing required argument `x.radius` (number)"
        ]
    );
    assert_eq!(
        mistakes(of(shapes), json!({"x": 5})),
        ["argument `x` must be an object; got the number `5`"]
    );
    assert_eq!(
        mistakes(
            of(json!({"anyOf": [{"type": "integer"}, {"type": "boolean"}]})),
            json!({"x": []})
        ),
        ["argument `x` must be an integer or a boolean; got the array `[]`"]
    );
    assert_eq!(
        mistakes(
            of(json!({"anyOf": [{"enum": ["a"]}, {"const": "b"}]})),
            json!({"x": "c"})
        ),
        ["argument `x` must be one of `a`, `b`; got `c`"]
    );
}

#[test]
fn an_integer_of_too_many_digits_is_refused() {
    let long = ["argument `x` has more digits than can be sent exactly; send at most 19"];
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("json");
    for property in [
        json!({"type": "integer"}),
        json!({"type": ["integer", "null"]}),
        json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ] {
        let given = parsed(r#"{"x": 12345678901234567890123}"#);
        assert_eq!(mistakes(of(property.clone()), given), long, "{property}");
    }
    let integer = || of(json!({"type": "integer"}));
    for text in [
        "12345678901234567890123",
        "100000000000000000000",
        "-9999999999999999999",
    ] {
        assert_eq!(mistakes(integer(), json!({"x": text})), long, "{text}");
    }
    assert_eq!(
        mistakes(
            of(json!({"type": "array", "items": {"type": "integer"}})),
            parsed(r#"{"x": [1, 1e20]}"#)
        ),
        ["argument `x[1]` has more digits than can be sent exactly; send at most 19"]
    );
    assert_eq!(
        checked(integer(), json!({"x": u64::MAX.to_string()})),
        Ok(json!({"x": u64::MAX}))
    );
    let number = of(json!({"type": "number"}));
    assert_eq!(
        checked(number.clone(), json!({"x": 1e300})),
        Ok(json!({"x": 1e300}))
    );
    assert!(checked(number, json!({"x": "0.12345678901234567890123"})).is_err());
}

#[test]
fn what_should_be_an_array_is_told_of_what() {
    let status = json!({"type": "array", "items": {"enum": ["pending", "paid"]}});
    let either =
        json!({"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]});
    for (property, given, told) in [
        (
            status,
            json!("Shipped!"),
            "an array of `pending`, `paid`; got the string `Shipped!`",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!(7),
            "an array of strings; got the number `7`",
        ),
        (
            json!({"type": "array", "items": {"type": "object"}}),
            json!({}),
            "an array of objects; got the object `{}`",
        ),
        (
            json!({"type": "array"}),
            json!("a"),
            "an array; got the string `a`",
        ),
        (
            either,
            json!("a"),
            "an array of integers or null; got the string `a`",
        ),
    ] {
        assert_eq!(
            mistakes(of(property), json!({"x": given})),
            [format!("argument `x` must be {told}")]
        );
    }
}

#[test]
fn a_wrong_discriminator_is_the_only_mistake_of_a_choice() {
    let form = |kind: Value, field: &str| {
        json!({"type": "object", "required": ["kind", field], "properties": {
            "kind": kind, field: {"type": "number"}, "version": {"const": 1}
        }})
    };
    let pets = json!({"oneOf": [form(json!({"const": "cat"}), "lives"), form(json!({"enum": ["dog", "wolf"]}), "age")]});
    assert_eq!(
        mistakes(
            of(pets.clone()),
            json!({"x": {"version": 2, "kind": "bird", "age": "old"}})
        ),
        ["argument `x.kind` must be one of `cat`, `dog`, `wolf`; got `bird`"]
    );
    let same = mistakes(
        of(pets),
        json!({"x": {"version": 2, "kind": "cat", "lives": 9}}),
    );
    assert_eq!(
        same,
        [
            "argument `x` fits none of the 2 allowed forms; for the closest: argument `x.version` must be `1`; got `2`"
        ]
    );
}

#[test]
fn where_another_argument_chooses_the_form_only_that_form_is_told() {
    let one = |name: &str| json!({"type": "object", "required": [name], "properties": {name: {"type": "integer"}}});
    let takes = |body: &Value| json!({"properties": {"body": body}});
    let is = |name: &str| json!({"properties": {"content_type": {"enum": [name]}}});
    let mut is_form = is("form");
    is_form["required"] = json!(["content_type"]);
    let schema = json!({
        "type": "object",
        "properties": {"body": {"anyOf": [one("a"), one("b")]}, "content_type": {"enum": ["json", "form"], "default": "json"}},
        "allOf": [{"if": is("json"), "then": takes(&one("a"))}, {"if": is_form, "then": takes(&one("b"))}],
    });
    assert_eq!(
        mistakes(
            schema.clone(),
            json!({"body": {"a": "x"}, "content_type": "form"})
        ),
        ["missing required argument `body.b` (integer)"]
    );
    assert_eq!(
        mistakes(schema.clone(), json!({"body": {"a": "x"}})),
        [
            "argument `body.a` must be an integer; got the string `x`",
            "without `content_type` this is what `json` takes; `content_type` may be one of `json`, `form`"
        ]
    );
    assert_eq!(
        checked(schema, json!({"body": {"b": "1"}, "content_type": "form"})),
        Ok(json!({"body": {"b": 1}, "content_type": "form"}))
    );
}

#[test]
fn an_argument_that_belongs_into_the_body_is_sent_there() {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {
        "names": {"type": "string"},
        "body": {"anyOf": [{"type": "object", "properties": {"name": {"type": "string"}}}]}
    }});
    assert_eq!(
        mistakes(schema.clone(), json!({"name": "Rex"})),
        ["unknown argument `name`; put it inside `body`"]
    );
    assert_eq!(
        mistakes(schema, json!({"nams": "Rex"})),
        ["unknown argument `nams`; did you mean `names`?"]
    );
}

#[test]
fn long_lists_and_long_values_are_cut() {
    let options: Vec<String> = (0..50).map(|n| format!("option{n}")).collect();
    let told = mistakes(of(json!({"enum": options})), json!({"x": "z".repeat(500)}));
    assert!(told[0].contains("and 30 more"), "{told:?}");
    assert!(told[0].chars().count() < 600, "{told:?}");
    let many: serde_json::Map<String, Value> =
        (0..50).map(|n| (format!("q{n}"), json!(1))).collect();
    let names = ["x"];
    let schema = Schema::compile(of(json!({})), &Definitions::new());
    let mut arguments = many;
    let text = check(&schema, Some(&names), &mut arguments, Reading::default())
        .expect_err("unknown")
        .text("t");
    assert_eq!(text.lines().count(), 22, "{text}");
    assert!(text.ends_with("- and 30 more"), "{text}");
}

#[test]
fn unknown_tools_have_near_ones() {
    assert_eq!(
        nearest("lists_pet", ["list_pets", "list_pet", "delete_order"], 3),
        ["list_pet", "list_pets"]
    );
}

#[test]
fn very_many_wrong_values_are_refused_without_being_explained_one_by_one() {
    let schema = of(json!({"type": "array", "items": {"type": "string"}}));
    let told = mistakes(schema, json!({"x": vec![1; 30_000]}));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("more than 20000 values"), "{told:?}");
}
