//! What conditions say, of whom and of what, and what they are not asked.

use serde_json::{Map, Value, json};

use super::super::super::identity::{Identity, Means};
use super::{About, Condition};

fn condition(text: &str) -> Condition {
    Condition::new(text, About::Call).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn alice() -> Identity {
    let claims =
        json!({"department": "sales", "level": 3, "groups": [{"name": "eu"}], "org": {"id": 7}});
    let claims = claims.as_object().expect("an object").clone();
    let (roles, scopes) = (
        vec!["manager".to_owned()],
        Some(vec!["orders:write".to_owned()]),
    );
    Identity::new("alice".to_owned(), Means::Jwt, roles, scopes, claims)
}

/// What is decided for alice's call, or why nothing is.
fn decided(text: &str, arguments: &Value) -> Result<bool, String> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    (condition(text).holds((Some(&alice()), "org.id"), Some(&arguments)))
        .map_err(|undecided| undecided.reason().to_owned())
}

#[test]
fn a_condition_sees_arguments_claims_and_the_identity() {
    let arguments = json!({
        "amount": 100, "price": 9.5, "note": "été", "tags": ["a", "b"], "open": true, "nothing": null,
        "big": u64::MAX, "lines": [{"sku": "x", "count": 2}, {"sku": "y", "count": 1}], "a-b": {"c": 1},
    });
    for (text, expected) in [
        ("args.amount <= 100", true),
        ("args.amount < 100", false),
        ("args.price <= 9.5 && args.price > 9", true),
        ("args.amount * 2 == 200", true),
        ("args.note.size() == 3 && args.note.startsWith('é')", true),
        ("args.note.matches('^[a-zé]+$')", true),
        ("args.note.matches('^z')", false),
        ("'b' in args.tags && !('c' in args.tags)", true),
        ("args.tags.all(tag, tag in ['a', 'b'])", true),
        ("args.lines.all(line, line.count <= 2)", true),
        ("args.lines.exists(line, line.sku == 'z')", false),
        ("args.lines.map(line, line.count) == [2, 1]", true),
        ("args.lines.filter(line, line.count > 1).size() == 1", true),
        ("args.lines.exists_one(line, line.sku == 'x')", true),
        ("args.lines[0].sku == 'x'", true),
        ("args['a-b'].c == 1", true),
        ("args.open", true),
        ("args.nothing == null", true),
        ("args.big > 9223372036854775807", true),
        ("has(args.amount) && !has(args.absent)", true),
        ("!has(args.absent) || args.absent <= 5", true),
        ("'amount' in args && !('absent' in args)", true),
        ("args.size() == 9", true),
        ("claims.department == 'sales' && claims.level >= 2", true),
        ("claims.groups.exists(group, group.name == 'eu')", true),
        ("claims['org'].id == 7", true),
        ("has(claims.admin) && claims.admin", false),
        ("identity.name == 'alice' && identity.means == 'jwt'", true),
        ("'manager' in identity.roles", true),
        (
            "'orders:write' in identity.scopes && identity.tenant == 7",
            true,
        ),
        ("args.amount > 100 ? 'boss' in identity.roles : true", true),
        // What a call lacks decides nothing where the rest does.
        ("args.absent <= 5 || 'manager' in identity.roles", true),
        (
            "double('100.5') > 100.0 && int('7') == 7 && string(7) == '7'",
            true,
        ),
    ] {
        assert_eq!(decided(text, &arguments), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_decided_is_no_yes_and_says_no_value() {
    let arguments = json!({"amount": "geheim", "count": 7, "list": [1], "rate": 0});
    for (text, says) in [
        ("args.amount <= 100", "another type"),
        ("args.absent <= 100", "there is no `absent`"),
        ("claims.absent == 1", "there is no `absent`"),
        (
            "claims[args.amount] == 1",
            "a member that it looks at is not there",
        ),
        ("args.list[3] == 1", "fewer items"),
        ("args.count / args.rate == 1", "divides by zero"),
        ("args.count + 9223372036854775807 > 0", "too large"),
        ("int(args.amount) > 1", "`int` cannot be made"),
        ("args.count", "neither true nor false"),
        ("args.count || args.amount", "another type"),
        ("args.count.all(x, x > 1)", "another type"),
        ("args.count.matches('1')", "`matches` cannot be made"),
        ("args.amount.contains(1)", "another type"),
        ("double('NaN') <= 1.0", "another type"),
        ("args.list.exists(x, x / args.rate == 1)", "divides by zero"),
    ] {
        let why = decided(text, &arguments).expect_err(text);
        assert!(
            why.contains(says) && !why.contains("geheim"),
            "{text}: {why}"
        );
    }
    let nobody = condition("identity.name != 'bob'");
    assert!(nobody.holds((None, "org"), Some(&Map::new())).is_err());
    let nobody = condition("!('boss' in identity.roles) && !has(claims.sub)");
    let decided = nobody.holds((None, "org"), Some(&Map::new()));
    assert_eq!(decided.ok(), Some(true));
}

#[test]
fn what_is_wrong_with_an_expression_is_told_when_it_is_read() {
    let deep = format!("true{}", " == true".repeat(40));
    let long = format!("args.a == '{}'", "x".repeat(5000));
    let brackets = format!("{}1{} == 1", "(".repeat(2000), ")".repeat(2000));
    let lists = format!("{}1{} == 1", "[".repeat(60), "]".repeat(60));
    for (text, says) in [
        ("args.amount <=", "no CEL expression: line 1, column"),
        ("args.amount = 1", "no CEL expression"),
        ("", "no CEL expression"),
        ("'abc", "no CEL expression"),
        ("99999999999999999999 == 1", "invalid int literal"),
        (
            "amount <= 1",
            "unknown variable `amount`; there are `args`, `claims` and `identity`",
        ),
        ("now > 1", "unknown variable `now`"),
        (".args.a == 1", "unknown variable"),
        (
            "identity.role == 'x'",
            "unknown `identity.role`; did you mean `roles`?",
        ),
        ("identity.email == 'x'", "it has `name`"),
        ("identity['role'] == 'x'", "did you mean `roles`?"),
        ("args.a.lenght() > 1", "unknown `function lenght`"),
        ("args.a.startswith('x')", "did you mean `startsWith`?"),
        (
            "timestamp('2027-01-01T00:00:00Z') > 1",
            "unknown `function timestamp`",
        ),
        ("args.?a == 1", "unsupported syntax"),
        ("optional.of(1).hasValue()", "unknown"),
        ("Foo{a: 1} == 1", "there is no message `Foo`"),
        (
            "args.a.matches(args.b)",
            "has to be a text that stands there",
        ),
        ("args.a.matches('(')", "no regular expression"),
        ("args.a.matches('(a{1000}){1000}')", "no regular expression"),
        ("args.a.all(args, true)", "`args` is taken"),
        ("args.a.all(x, x.all(y, y.all(z, z)))", "more than 2 loops"),
        ("args.a <= 9007199254740992.0", "less than 2^53"),
        (deep.as_str(), "more than 32 levels"),
        (long.as_str(), "more than 4096 bytes"),
        (brackets.as_str(), "no CEL expression"),
        (lists.as_str(), "than"),
    ] {
        let why = Condition::new(text, About::Call).expect_err(text);
        assert!(why.contains(says), "{text}: {why}");
        assert!(!why.contains('\n') && why.len() < 300, "{why}");
    }
    let early = Condition::new("args.a == 1", About::Caller).expect_err("no call yet");
    assert!(early.contains("`require`"), "{early}");
    assert!(Condition::new("claims.a == 1", About::Caller).is_ok());
}

#[test]
fn a_number_is_seen_as_it_is_sent_or_not_at_all() {
    let read = |text: &str| serde_json::from_str::<Value>(text).expect(text);
    for (amount, expected) in [
        ("9007199254740993", Ok(false)),
        ("9223372036854775807", Ok(false)),
        ("18446744073709551615", Ok(false)),
        ("100.0000000000000001", Ok(true)),
        ("100.00000000000001", Ok(false)),
        ("1e2", Ok(true)),
        ("-1e300", Err(())),
        ("1e300", Err(())),
        ("9007199254740993.0", Err(())),
        ("18446744073709551617", Err(())),
        ("-0.0", Ok(true)),
        (r#""100""#, Err(())),
        (r#""NaN""#, Err(())),
        ("[1]", Err(())),
        (r#"{"a": 1}"#, Err(())),
        ("null", Err(())),
        ("true", Err(())),
    ] {
        let arguments = json!({"amount": read(amount)});
        let decided = decided("args.amount <= 100", &arguments).map_err(|_| ());
        assert_eq!(decided, expected, "{amount}");
    }
}

#[test]
fn a_member_that_some_take_for_another_is_a_reason_not_to_decide() {
    let text = "!has(args.body.amount) || args.body.amount <= 100";
    for (arguments, is_undecided) in [
        (json!({"body": {"amount": 1}}), false),
        (json!({"body": {"other": 1}}), false),
        (json!({"body": {"Amount": 1000}}), true),
        (json!({"body": {"amount": 1, "AMOUNT": 1000}}), true),
        (json!({"body": {"note": [{"aMount": 1000}]}}), true),
        (json!({"body": {}, "Body": {"amount": 1000}}), true),
        // Another letter is another name to everybody.
        (json!({"body": {"аmount": 1000}}), false),
    ] {
        assert_eq!(
            decided(text, &arguments).is_err(),
            is_undecided,
            "{arguments}"
        );
    }
    // Go's reader of JSON takes the long s for an s, and the sign of kelvin for a k.
    let text = "!has(args.body.sku) || args.body.sku == 'x'";
    for name in ["ſku", "s\u{212a}u"] {
        let arguments = json!({"body": {name: "y"}});
        assert!(decided(text, &arguments).is_err(), "{name}");
    }
    // Names of claims are the issuer's.
    let text = "claims.groups.exists(group, group.name == 'eu')";
    assert_eq!(decided(text, &json!({"Name": 1})), Ok(true));
}

#[test]
fn arguments_that_are_too_large_are_not_looked_at() {
    let numbers = |count: usize| json!({"list": (0..count).collect::<Vec<_>>(), "limit": 100_000});
    let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let rows: Vec<Vec<u32>> = vec![vec![1; 50]; 50];
    for (text, arguments, expected) in [
        ("args.list.all(x, x >= 0)", numbers(5_000), Some(true)),
        (
            "args.list.all(x, x <= args.limit)",
            numbers(5_000),
            Some(true),
        ),
        ("args.list.size() > 1", numbers(100_000), None),
        // What is not looked at does not count.
        ("args.limit > 1", numbers(100_000), Some(true)),
        ("args.list == 1", json!({"list": nested}), None),
        (
            "args.list == 'x'",
            json!({"list": "x".repeat(300_000)}),
            None,
        ),
        ("args.list.all(x, x in args.list)", numbers(500), Some(true)),
        ("args.list.all(x, x in args.list)", numbers(5_000), None),
        (
            "args.list.all(x, args.list.exists(y, x == y))",
            numbers(3_000),
            None,
        ),
        (
            "args.list.map(x, args.list).size() > 1",
            numbers(5_000),
            None,
        ),
        (
            "args.list.map(x, x).map(x, args.list.map(y, y)).size() > 1",
            numbers(2_000),
            None,
        ),
        (
            "args.rows.all(row, row.all(cell, cell == 1))",
            json!({"rows": rows}),
            Some(true),
        ),
    ] {
        let decided = decided(text, &arguments);
        assert_eq!(decided.clone().ok(), expected, "{text}: {decided:?}");
        let is_size = |why: String| why.contains("too large");
        assert!(decided.map_or_else(is_size, |_| true), "{text}");
    }
}

#[test]
fn a_decision_is_the_same_on_every_thread() {
    let condition = condition("args.list.all(x, x in [1, 2, 3]) && args.text.matches('^a+$')");
    std::thread::scope(|scope| {
        for number in 1..=8 {
            let condition = &condition;
            scope.spawn(move || {
                let arguments = json!({"list": [number], "text": "aaa"});
                let arguments = arguments.as_object().expect("an object");
                for _ in 0..50 {
                    let decided = condition.holds((None, ""), Some(arguments));
                    assert_eq!(decided.ok(), Some(number <= 3));
                }
            });
        }
    });
}
