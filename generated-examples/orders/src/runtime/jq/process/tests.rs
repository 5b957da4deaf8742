use std::fmt::Write as _;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::*;

const MOST: usize = 1 << 20;

/// What the process of a worker runs, which is this program with this test.
#[test]
fn the_program_of_the_tests_works_too() {
    super::super::worker();
}

async fn given(program: &str, json: &str) -> Result<String, String> {
    let programs = Programs::new().expect("this program runs jq");
    let given = programs.run(program, json, MOST).await;
    given.map_err(|failed| {
        assert_eq!(
            failed.kind,
            ErrorType::InvalidArguments,
            "`{program}`: {}",
            failed.text
        );
        failed.text
    })
}

#[tokio::test]
async fn a_program_is_run_in_a_process_of_its_own() {
    assert_eq!(
        given(".a[] | . + 1", r#"{"a":[1,2]}"#).await,
        Ok("2\n3\n".to_owned())
    );
    assert_eq!(given("empty", "1").await, Ok(String::new()));
    assert_eq!(
        given(".a.b", "1").await,
        Err("the program failed: cannot index 1 with \"a\"".to_owned())
    );
    let large = format!("[{}1]", "1,".repeat(200_000));
    assert_eq!(given("length", &large).await, Ok("200001\n".to_owned()));
    // Neither reads what it is given: that is no reason to wait for it.
    assert!(given("(", &large).await.is_err());
}

#[tokio::test]
async fn a_program_is_checked_without_an_answer() {
    let programs = Programs::new().expect("this program runs jq");
    assert!(programs.check(".a | f").await.is_err());
    assert!(programs.check("def f: f; f").await.is_ok());
    let long = programs.check(&".".repeat(MOST_PROGRAM + 1)).await;
    assert_eq!(
        long.expect_err("is too long").text,
        "the program has more than 65536 bytes"
    );
}

#[tokio::test]
async fn a_program_without_an_end_is_stopped() {
    for endless in [
        "def f: f; f",
        "last(repeat(1))",
        "last(range(1e18))",
        "first(range(1; infinite) | select(. < 0))",
        "[range(3000)] | [combinations(9)] | length",
    ] {
        let why = given(endless, "1").await.expect_err(endless);
        assert!(
            why.contains("took longer than 2 s") || why.contains("more memory"),
            "`{endless}`: {why}"
        );
    }
}

#[tokio::test]
async fn a_program_that_needs_too_much_memory_ends_without_an_answer() {
    let parentheses = format!("{}1{}", "(".repeat(30_000), ")".repeat(30_000));
    for greedy in [
        "[range(1e18)]",
        "[limit(1e9; repeat(1))]",
        r#""a" * 1000000000 | length"#,
        r#""a" * 9000000000000000000 | length"#,
        ".[1000000000] = 1",
        ".[1e300 | floor] = 1",
        r#"reduce range(60) as $i ("x"; . + .) | length"#,
        "def f: 1 + f; f",
        "def f: [f]; f",
        "reduce range(1000000) as $i (0; [.]) | tojson | length",
        &parentheses,
    ] {
        let why = given(greedy, "null").await.expect_err(greedy);
        let is_told = ["more memory", "longer than 2 s", "the program failed"];
        assert!(
            is_told.iter().any(|told| why.contains(told)),
            "`{greedy:.40}`: {why}"
        );
    }
}

#[tokio::test]
async fn a_program_that_gives_too_much_gives_nothing() {
    let programs = Programs::new().expect("this program runs jq");
    for loud in [
        r#""x" * 1000000"#,
        "reduce range(40) as $i ([]; [., .])",
        "range(1000000)",
    ] {
        let failed = programs.run(loud, "1", 1000).await.expect_err(loud);
        assert_eq!(
            failed.text,
            "the program gives more than 1000 bytes; make it choose less"
        );
    }
    // One that is slow here says so before.
    let why = given(r#""x" * 100000000"#, "1").await;
    let why = why.expect_err("100 MB are too much");
    assert!(
        why.contains("more than 1048576 bytes") || why.contains("longer than 2 s"),
        "{why}"
    );
    // An error says no more of a value than its beginning.
    let why = given("reduce range(40) as $i ([]; [., .]) | .a", "1").await;
    assert!(why.expect_err("no object").len() < 1000);
}

#[tokio::test]
async fn a_program_reaches_nothing_outside_of_it() {
    for outside in [
        "env",
        "env.PATH",
        "$ENV",
        "$ENV.PATH",
        "input",
        "[inputs]",
        "input_filename",
        "halt",
        "halt_error",
        "halt(1)",
        "localtime",
        "$__prog_args",
        "get_search_list",
        "@sh \"\\(env)\"",
        r#"import "a" as a; a::b"#,
        r#"include "/etc/passwd"; ."#,
        r#"import "/etc/passwd" as $x; $x"#,
    ] {
        let why = given(outside, "1").await.expect_err(outside);
        assert!(
            why.contains("here") || why.contains("no files"),
            "`{outside}`: {why}"
        );
    }
    // What is said beside the outputs is heard by nobody.
    assert_eq!(
        given("debug, stderr, (\"x\" | debug(. * 1000))", "1").await,
        Ok("1\n1\n\"x\"\n".to_owned())
    );
}

#[tokio::test]
async fn many_programs_take_turns() {
    let programs = Programs::new().expect("this program runs jq");
    let runs = (0..50).map(|number| {
        let programs = &programs;
        async move {
            let program = format!(". + {number}");
            (number, programs.run(&program, "1", MOST).await)
        }
    });
    let mut all = String::new();
    for (number, given) in join_all(runs).await {
        let given = given.expect("it is short");
        assert_eq!(given, format!("{}\n", number + 1));
        let _ = write!(all, "{given}");
    }
    assert_eq!(all.lines().count(), 50);
}

#[tokio::test]
async fn a_call_that_ends_leaves_its_turn_to_the_next() {
    let programs = Programs::new().expect("this program runs jq");
    let places = programs.turns.available_permits();
    let mut begun: Vec<_> = (0..places)
        .map(|_| Box::pin(programs.run("def f: f; f", "1", MOST)))
        .collect();
    for run in &mut begun {
        assert!(run.now_or_never().is_none());
    }
    assert_eq!(programs.turns.available_permits(), 0);
    drop(begun);
    assert_eq!(programs.turns.available_permits(), places);
    assert_eq!(
        programs.run("1", "1", MOST).await.expect("it has its turn"),
        "1\n"
    );
}

#[tokio::test]
async fn programs_of_one_caller_wait_for_each_other_and_for_nobody_else() {
    let programs = Programs::new().expect("this program runs jq");
    let first = programs.turn(1).await;
    assert!(first.is_some());
    assert!(programs.turn(1).now_or_never().is_none());
    let other = programs.turn(2).now_or_never().flatten();
    assert!(other.is_some());
    drop(first);
    assert!(programs.turn(1).now_or_never().flatten().is_some());
}
