//! Limits and failures: what is refused, tried again, left alone and written down.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::super::super::audit::{Auditing, FIELDS};
use super::super::super::engine::ErrorType;
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::super::super::settings::Frequency;
use super::*;

/// An API that fails some times and then answers.
async fn failing(times: usize, status: &'static str, headers: &'static str) -> Recording {
    let count = AtomicUsize::new(0);
    Recording::start(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) < times {
            reply(status, headers, b"{}")
        } else {
            reply("200 OK", JSON, b"{}")
        }
    })
    .await
}

fn engine(base: &str, change: impl FnOnce(&mut EngineSettings)) -> Engine {
    let mut setup = Setup::new(base).with_token();
    change(&mut setup.settings);
    setup.engine()
}

fn retrying(settings: &mut EngineSettings) {
    settings.resilience = ResilienceSettings {
        retries: 2,
        pause: Duration::from_millis(5),
        makes_keys: true,
        breaker: None,
    };
}

#[tokio::test]
async fn what_may_be_repeated_is_tried_again_and_nothing_else() {
    let api = failing(2, "503 Service Unavailable", "").await;
    let tools = engine(&api.url, retrying);
    assert_eq!(call(&tools, "ping", json!({})).await.error, None);
    assert_eq!(api.requests().len(), 3);
    let api = failing(2, "503 Service Unavailable", "").await;
    let tools = engine(&api.url, retrying);
    let once = call(&tools, "touch", json!({})).await;
    assert_eq!(
        (once.error, api.requests().len()),
        (Some(ErrorType::Upstream5xx), 1)
    );
    // The API asks for more time than the call has.
    let api = failing(2, "429 Too Many Requests", "Retry-After: 3600\r\n").await;
    let tools = engine(&api.url, retrying);
    let limited = call(&tools, "ping", json!({})).await;
    assert_eq!(
        (limited.error, api.requests().len()),
        (Some(ErrorType::RateLimited), 1)
    );
}

const PAYMENTS: &[Group] = &[Group {
    tag: "payments",
    tools: &[
        ToolDef::new("pay", "POST", "/pay")
            .parameters(&[Parameter::header("Idempotency-Key").argument("key")]),
        ToolDef::new("refund", "POST", "/refund")
            .parameters(&[Parameter::header("Idempotency-Key").argument("key")]),
        ToolDef::new("note", "POST", "/note"),
        ToolDef::new("paid", "GET", "/pay").hints(Hints::READ),
    ],
    schemas: "{}",
}];

fn key_of(request: &str) -> String {
    let lines = request.lines();
    let mut keys = lines.filter_map(|line| line.strip_prefix("idempotency-key: "));
    keys.next().expect("a key").to_owned()
}

fn is_uuid(text: &str, version: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts[2].starts_with(version) && parts[3].starts_with('8')
}

#[tokio::test]
async fn a_call_with_a_key_is_repeated_under_the_same_key() {
    let api = failing(1, "502 Bad Gateway", "").await;
    let mut setup = Setup::new(&api.url);
    setup.def.groups = PAYMENTS;
    retrying(&mut setup.settings);
    let tools = setup.engine();
    assert_eq!(call(&tools, "pay", json!({})).await.error, None);
    let keys: Vec<String> = api.requests().iter().map(|it| key_of(it)).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0] == keys[1] && is_uuid(&keys[0], "4"), "{keys:?}");
    assert_eq!(call(&tools, "pay", json!({})).await.error, None);
    assert_eq!(
        call(&tools, "pay", json!({"key": "mine"})).await.error,
        None
    );
    let keys: Vec<String> = api.requests().iter().map(|it| key_of(it)).collect();
    assert!(keys[2] != keys[1] && keys[3] == "mine", "{keys:?}");
}

#[tokio::test]
async fn a_caller_says_which_calls_are_one_on_every_replica() {
    let api = failing(0, "500 Internal Server Error", "").await;
    let replica = |makes_keys| {
        let mut setup = Setup::new(&api.url);
        setup.def.groups = PAYMENTS;
        setup.settings.resilience.makes_keys = makes_keys;
        setup.engine()
    };
    let by = |name: Option<&str>, key: Value| {
        let identity =
            |name: &str| Identity::new(name.to_owned(), Means::Jwt, Vec::new(), None, Map::new());
        CallContext {
            identity: name.map(identity),
            meta: Map::from_iter([("mcpgen/idempotency-key".to_owned(), key)]),
            ..CallContext::default()
        }
    };
    let (one, other) = (replica(true), replica(false));
    let calls = [
        (&one, "pay", json!({}), Some("ann"), "1"),
        (&other, "pay", json!({}), Some("ann"), "1"),
        (&one, "pay", json!({}), Some("ann"), "2"),
        (&one, "pay", json!({}), Some("bob"), "1"),
        (&one, "pay", json!({}), None, "1"),
        (&one, "refund", json!({}), Some("ann"), "1"),
        (&one, "pay", json!({"key": "mine"}), Some("ann"), "1"),
    ];
    for (replica, tool, arguments, name, key) in calls {
        let result = call_with(replica, tool, arguments, by(name, key.into())).await;
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    let keys: Vec<String> = api.requests().iter().map(|it| key_of(it)).collect();
    assert_eq!(keys[0], keys[1]);
    assert!(is_uuid(&keys[0], "8"), "{keys:?}");
    assert_eq!(keys[6], "mine");
    let different: BTreeSet<&String> = keys[1..].iter().collect();
    assert_eq!(different.len(), 6, "{keys:?}");
    assert!(!keys.contains(&"1".to_owned()));
    // Some hosts put it inside the arguments.
    let inside = json!({"_meta": {"mcpgen/idempotency-key": "1"}});
    let by_ann = by(Some("ann"), "1".into());
    let without = CallContext {
        meta: Map::new(),
        ..by_ann
    };
    assert_eq!(call_with(&one, "pay", inside, without).await.error, None);
    assert_eq!(key_of(&api.requests()[7]), keys[0]);
    let wrong = [json!(1), json!(""), json!("x".repeat(256)), json!(["a"])];
    for key in wrong {
        let refused = call_with(&one, "pay", json!({}), by(None, key)).await;
        assert_eq!(refused.error, Some(ErrorType::InvalidArguments));
        assert!(
            refused.as_text().contains("1 to 255 bytes"),
            "{}",
            refused.as_text()
        );
    }
    let refused = call_with(&one, "note", json!({}), by(None, "1".into())).await;
    assert_eq!(refused.error, Some(ErrorType::InvalidArguments));
    assert!(
        refused.as_text().contains("may do it twice"),
        "{}",
        refused.as_text()
    );
    // What may be repeated anyway needs no key.
    let read = call_with(&one, "paid", json!({}), by(None, "1".into())).await;
    assert_eq!((read.error, api.requests().len()), (None, 9));
}

#[tokio::test]
async fn an_api_that_is_down_is_left_alone() {
    let api = failing(2, "500 Internal Server Error", "").await;
    let tools = engine(&api.url, |settings| {
        settings.resilience.breaker = Some((2, Duration::from_secs(60)));
    });
    for _ in 0..2 {
        let failed = call(&tools, "ping", json!({})).await;
        assert_eq!(failed.error, Some(ErrorType::Upstream5xx));
    }
    let alone = call(&tools, "touch", json!({})).await;
    assert_eq!(alone.error, Some(ErrorType::BreakerOpen));
    assert!(
        alone
            .as_text()
            .contains("is left alone for now. Try again in 60 s"),
        "{}",
        alone.as_text()
    );
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn a_tool_has_a_rate_a_time_limit_and_a_last_word_of_its_own() {
    let api = failing(1, "503 Service Unavailable", "").await;
    let rules = "[tools.\"GET /ping\"]\nrate = \"2/h\"\nfallback = \"Ask the depot: +31 10 555.\"\n\
                 [tools.\"POST /touch\"]\ntimeout = \"50ms\"\n";
    let tools = engine(&api.url, |settings| {
        settings.policies.tables = Tables::parse(rules).expect("tables");
    });
    let failed = call(&tools, "ping", json!({})).await.as_text();
    assert!(failed.ends_with("Ask the depot: +31 10 555."), "{failed}");
    assert_eq!(call(&tools, "ping", json!({})).await.error, None);
    let third = call(&tools, "ping", json!({})).await;
    assert_eq!(third.error, Some(ErrorType::RateLimited));
    assert!(
        third
            .as_text()
            .contains("All callers of `ping` together may call 2 an hour"),
        "{}",
        third.as_text()
    );
    let silent = Recording::start(|_| Vec::new()).await;
    let tools = engine(&silent.url, |settings| {
        settings.policies.tables = Tables::parse(rules).expect("tables");
    });
    let late = call(&tools, "touch", json!({})).await;
    assert_eq!(late.error, Some(ErrorType::Timeout));
    assert!(
        late.as_text().contains("took longer than 0.05 s"),
        "{}",
        late.as_text()
    );
}

#[tokio::test]
async fn calls_wait_for_their_turn_and_too_many_do_not() {
    let silent = Recording::start(|_| Vec::new()).await;
    let tools = engine(&silent.url, |settings| {
        settings.limits.concurrency = Some((1, 0));
        settings.total_timeout = Duration::from_millis(300);
    });
    let first = call(&tools, "ping", json!({}));
    let second = async {
        // After the first has taken its turn.
        tokio::time::sleep(Duration::from_millis(50)).await;
        call(&tools, "ping", json!({})).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.error, Some(ErrorType::Timeout));
    assert_eq!(
        second.error,
        Some(ErrorType::RateLimited),
        "{}",
        second.as_text()
    );
}

#[tokio::test]
async fn every_call_is_a_line_of_the_audit_log_and_none_shows_arguments() {
    let api = answering("200 OK", JSON, "{}").await;
    let path = std::env::temp_dir().join(format!("mcp-audit-{}", std::process::id()));
    let metrics = Arc::new(Metrics::default());
    let auditing = Auditing::start(&path.to_string_lossy(), &metrics).expect("a file");
    let tools = engine(&api.url, |settings| {
        settings.limits.tenant_claim = "org".to_owned();
        settings.policies.tables =
            Tables::parse("[tools.\"GET /pages\"]\nclass = \"public\"\nrate = \"1/h\"\n[tools.\"GET /ping\"]\nclass = \"confidential\"\n")
                .expect("tables");
    });
    tools.audit(auditing.log());
    let claims = json!({"sub": "alice", "org": "harbour"});
    let claims = claims.as_object().expect("an object").clone();
    let alice = Identity::new("alice".to_owned(), Means::Jwt, Vec::new(), None, claims);
    let by_alice = || CallContext {
        request_id: "r1".to_owned(),
        identity: Some(alice.clone()),
        client: Some("192.0.2.1".parse().expect("an address")),
        ..CallContext::default()
    };
    let arguments = json!({"q": "geheim"});
    let _ = call_with(&tools, "pages", arguments.clone(), by_alice()).await;
    let _ = call_with(&tools, "pages", arguments, by_alice()).await;
    let _ = call_with(&tools, "ping", json!({}), by_alice()).await;
    let unknown = tools
        .call("geheim", Map::new(), CallContext::default())
        .await;
    assert!(unknown.is_err());
    drop((tools, auditing));
    let text = std::fs::read_to_string(&path).expect("a log");
    let _ = std::fs::remove_file(&path);
    assert!(!text.contains("geheim"), "{text}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let facts = |line: &Value| {
        let fields = [
            "identity",
            "means",
            "tenant",
            "client",
            "tool",
            "data_class",
            "outcome",
            "error_type",
            "upstream_status",
        ];
        fields.map(|field| line[field].clone())
    };
    let known = ["alice", "jwt", "harbour", "192.0.2.1", "pages", "public"].map(Value::from);
    assert_eq!(facts(&lines[0])[..6], known);
    assert_eq!(
        facts(&lines[0])[6..],
        [json!("ok"), json!(null), json!(200)]
    );
    assert_eq!(
        facts(&lines[1])[6..],
        [json!("denied"), json!("rate_limited"), json!(null)]
    );
    assert_eq!(lines[0]["arguments"], lines[1]["arguments"]);
    assert_eq!(lines[0]["arguments"].as_str().map(str::len), Some(16));
    assert_eq!(
        (&lines[2]["data_class"], &lines[2]["arguments"]),
        (&json!("confidential"), &json!(null)),
        "what can be guessed is no secret"
    );
    assert_eq!(
        (&lines[3]["tool"], &lines[3]["identity"]),
        (&json!("unknown"), &json!(null))
    );
    assert_eq!(lines.len(), 4);
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    for line in &lines {
        let line = line.as_object().expect("an object");
        assert!(line.keys().eq(&names), "the reference tells of each field");
    }
}

#[tokio::test]
async fn a_refused_call_of_a_confidential_tool_has_no_fingerprint() {
    let path = std::env::temp_dir().join(format!("mcp-audit-refused-{}", std::process::id()));
    let auditing =
        Auditing::start(&path.to_string_lossy(), &Arc::new(Metrics::default())).expect("a file");
    let tools = engine("http://127.0.0.1:9", |settings| {
        let class = "[tools.\"GET /ping\"]\nclass = \"confidential\"\n";
        settings.policies.tables = Tables::parse(class).expect("tables");
        settings.limits.caller = Some(Frequency {
            count: 1,
            span: Duration::from_secs(3600),
            burst: 1,
        });
    });
    tools.audit(auditing.log());
    for _ in 0..2 {
        let _ = call(&tools, "ping", json!({})).await;
    }
    drop((tools, auditing));
    let text = std::fs::read_to_string(&path).expect("a log");
    let _ = std::fs::remove_file(&path);
    let refused = text.lines().nth(1).expect("two lines");
    let refused: Value = serde_json::from_str(refused).expect("JSON");
    assert_eq!(refused["error_type"], "rate_limited", "{refused}");
    assert_eq!(refused["data_class"], "confidential");
    assert_eq!(refused["arguments"], Value::Null);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_no_call_and_is_counted() {
    let api = answering("200 OK", JSON, "{}").await;
    let metrics = Arc::new(Metrics::default());
    let auditing = Auditing::start("/dev/full", &metrics).expect("it can be opened");
    let tools = engine(&api.url, |_| ());
    tools.audit(auditing.log());
    for _ in 0..3 {
        assert_eq!(call(&tools, "ping", json!({})).await.error, None);
    }
    drop((tools, auditing));
    let text = metrics.text();
    assert!(text.contains("mcp_audit_lost_lines_total 3"), "{text}");
}

#[tokio::test]
async fn what_hangs_until_the_deadline_opens_the_breaker() {
    let silent = Recording::start(|_| Vec::new()).await;
    let tools = engine(&silent.url, |settings| {
        settings.resilience.breaker = Some((2, Duration::from_secs(60)));
        settings.total_timeout = Duration::from_millis(50);
    });
    for expected in [
        ErrorType::Timeout,
        ErrorType::Timeout,
        ErrorType::BreakerOpen,
    ] {
        assert_eq!(call(&tools, "ping", json!({})).await.error, Some(expected));
    }
}

#[tokio::test]
async fn a_pause_holds_no_turn() {
    let api = failing(1, "503 Service Unavailable", "Retry-After: 2\r\n").await;
    let tools = engine(&api.url, |settings| {
        retrying(settings);
        settings.limits.concurrency = Some((1, 0));
    });
    let waits = call(&tools, "ping", json!({}));
    let other = async {
        while api.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        call(&tools, "touch", json!({})).await
    };
    let (first, second) = tokio::join!(waits, other);
    assert_eq!(
        (first.error, second.error),
        (None, None),
        "{}",
        second.as_text()
    );
}

#[tokio::test]
async fn a_budget_of_the_day_pays_for_what_is_sent_warns_and_then_refuses() {
    let api = failing(0, "", "").await;
    let tables =
        "[tools.\"POST /touch\"]\ncost = 5\n[tools.\"POST /pets\"]\nbudget = \"1 calls\"\n";
    let mut setup = Setup::new(&api.url).with_token();
    setup.settings.limits.budget = "8 cost".parse().expect("a budget");
    setup.settings.limits.budget_warning = 50;
    setup.settings.policies.tables = Tables::parse(tables).expect("tables");
    let metrics = Arc::clone(&setup.metrics);
    let tools = setup.engine();

    // What does not come to a request costs nothing.
    let wrong = call(&tools, "get_pet", json!({"id": "x"})).await;
    assert_eq!(wrong.error, Some(ErrorType::InvalidArguments));
    let first = call(&tools, "ping", json!({})).await;
    assert!(!first.as_text().contains("budget"), "{}", first.as_text());
    let warned = call(&tools, "touch", json!({})).await;
    assert_eq!(warned.error, None);
    let text = warned.as_text();
    let note = "You have used 6 of 8 units of cost of today's budget.";
    assert!(text.starts_with("{}") && text.contains(note), "{text}");

    let refused = call(&tools, "touch", json!({})).await;
    assert_eq!(refused.error, Some(ErrorType::RateLimited));
    let text = refused.as_text();
    let told = "you have used 6 of 8 units of cost, and this call costs 5.";
    assert!(text.contains(told), "{text}");
    assert_eq!(
        call(&tools, "add_pet", json!({"name": "a"})).await.error,
        None
    );
    let shared = call(&tools, "add_pet", json!({"name": "b"}))
        .await
        .as_text();
    let told = "All callers of `add_pet` together have used 1 of 1 calls.";
    assert!(shared.contains(told), "{shared}");
    assert_eq!(api.requests().len(), 3);

    let shown = metrics.text();
    for line in [
        "mcp_limited_calls_total{limit=\"budget\"} 2",
        "mcp_budget_warnings_total{budget=\"identity\"} 1",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
