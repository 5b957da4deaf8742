//! Calls that the user has to agree to, and arguments that the user is asked for.

use std::sync::Mutex;

use serde_json::json;

use super::super::super::confirmation::Confirm;
use super::super::super::engine::{Answers, Asker, Asking, ErrorType, Question, Reply};
use super::super::super::identity::{Identity, Means};
use super::super::super::policy::Tables;
use super::*;

/// An engine that asks before these calls, with tables beside it.
fn engine(base: &str, confirm: Confirm, tables: &str) -> Engine {
    let mut setup = Setup::new(base).with_token();
    setup.settings.policies = PolicySettings {
        confirm,
        tables: Tables::parse(tables).unwrap_or_else(|(_, why)| panic!("{why}")),
        ..PolicySettings::default()
    };
    setup.settings.confirm.asks_missing = true;
    setup.engine()
}

/// A user who says this to every question, and the questions.
fn saying(reply: Reply) -> (CallContext, Arc<Mutex<Vec<Question>>>) {
    let questions = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&questions);
    let asker = Asker(Arc::new(move |question| {
        recorded.lock().expect("not poisoned").push(question);
        let reply = reply.clone();
        Box::pin(async move { reply })
    }));
    let context = CallContext {
        asking: Asking::Now(asker),
        ..CallContext::default()
    };
    (context, questions)
}

fn yes() -> Reply {
    Reply::Accepted(Map::new())
}

fn token(result: &ToolResult) -> String {
    let told = &result.meta["mcpgen/confirm"]["token"];
    told.as_str().expect("a token").to_owned()
}

fn listed(engine: &Engine, tool: &str) -> Value {
    let view = engine.view(None);
    let listed = engine.tools(&view, None).find(|listed| listed.name == tool);
    let listed = listed.expect("a tool");
    serde_json::from_str(listed.input_schema.get()).expect("JSON")
}

#[tokio::test]
async fn only_the_calls_that_are_meant_are_asked_about() {
    let upstream = answering("200 OK", JSON, "{}").await;
    for (confirm, tables, expected) in [
        (Confirm::Never, "", [false, false]),
        (Confirm::Destructive, "", [false, false]),
        (Confirm::Writes, "", [false, true]),
        (Confirm::Always, "", [true, true]),
        (
            Confirm::Never,
            "[tools.\"GET /ping\"]\nconfirm = \"always\"\n",
            [true, false],
        ),
        (
            Confirm::Writes,
            "[tools.\"POST /pets\"]\nconfirm = \"never\"\n",
            [false, false],
        ),
    ] {
        let engine = engine(&upstream.url, confirm, tables);
        let get = call(&engine, "ping", json!({})).await;
        let add = call(&engine, "add_pet", json!({"name": "Rex"})).await;
        let asked = [get, add].map(|result| result.error == Some(ErrorType::Forbidden));
        assert_eq!(asked, expected, "{confirm:?} {tables}");
        let has_argument = |tool| listed(&engine, tool)["properties"]["confirm"].is_object();
        assert_eq!(
            ["ping", "add_pet"].map(has_argument),
            expected,
            "{confirm:?}"
        );
    }
}

#[tokio::test]
async fn nothing_reaches_the_api_before_the_user_agrees() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    // What cannot be called is not asked about.
    let wrong = call(&engine, "add_pet", json!({"nam": "Rex"})).await;
    assert_eq!(wrong.error, Some(ErrorType::InvalidArguments));
    let asked = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    assert!(
        asked.as_text().contains("/pets\nname: \"Rex\""),
        "{}",
        asked.as_text()
    );
    let token = token(&asked);
    for other in [
        json!({"name": "Max", "confirm": token}),
        json!({"name": "Rex", "tag": "x", "confirm": token}),
        json!({"name": "Rex", "confirm": true}),
        json!({"name": "Rex", "confirm": "yes"}),
    ] {
        let result = call(&engine, "add_pet", other.clone()).await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "{other}");
    }
    assert_eq!(upstream.requests().len(), 0);
    let done = call(&engine, "add_pet", json!({"confirm": token, "name": "Rex"})).await;
    assert_eq!(done.error, None, "{}", done.as_text());
    assert!(upstream.request().ends_with("{\"name\":\"Rex\"}"));
}

#[tokio::test]
async fn a_token_is_its_callers_own() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    let by = |name: &str| CallContext {
        identity: Some(Identity::new(
            name.to_owned(),
            Means::ApiKey,
            Vec::new(),
            None,
            Map::new(),
        )),
        ..CallContext::default()
    };
    let asked = call_with(&engine, "add_pet", json!({"name": "Rex"}), by("ann")).await;
    let arguments = json!({"name": "Rex", "confirm": token(&asked)});
    let stolen = call_with(&engine, "add_pet", arguments.clone(), by("bob")).await;
    assert_eq!(stolen.error, Some(ErrorType::Forbidden));
    let anonymous = call(&engine, "add_pet", arguments.clone()).await;
    assert_eq!(anonymous.error, Some(ErrorType::Forbidden));
    let own = call_with(&engine, "add_pet", arguments, by("ann")).await;
    assert_eq!(own.error, None);
}

#[tokio::test]
async fn a_user_who_can_be_asked_is() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let tables = "[tools.\"POST /pets\".bind]\ntag = \"value:bound\"\n";
    let engine = engine(&upstream.url, Confirm::Writes, tables);
    let (no, _) = saying(Reply::Declined);
    let refused = call_with(&engine, "add_pet", json!({"name": "Rex"}), no).await;
    assert!(
        refused.as_text().contains("the user declined"),
        "{}",
        refused.as_text()
    );
    assert_eq!(upstream.requests().len(), 0);
    let (context, questions) = saying(yes());
    let done = call_with(&engine, "add_pet", json!({"name": "Rex"}), context).await;
    assert_eq!(done.error, None, "{}", done.as_text());
    // What the server fills in is not the client's to see.
    let questions = questions.lock().expect("not poisoned");
    assert_eq!(
        questions[0].message,
        format!(
            "May `add_pet` of Pets be called?\n\nPOST {}/pets\nname: \"Rex\"",
            upstream.url
        )
    );
    assert!(upstream.request().contains("\"tag\":\"bound\""));
}

#[tokio::test]
async fn an_argument_of_that_name_keeps_it() {
    const CONFIRM: &[Parameter] = &[Parameter::query("confirm")];
    const TOOLS: &[ToolDef] = &[ToolDef::new("wipe", "DELETE", "/all").parameters(CONFIRM)];
    let upstream = answering("204 No Content", "", "").await;
    let mut setup = Setup::new(&upstream.url);
    setup.def.groups = const {
        &[Group {
            tag: "",
            tools: TOOLS,
            schemas: "{}",
        }]
    };
    setup.settings.policies.confirm = Confirm::Destructive;
    let engine = setup.engine();
    let asked = call(&engine, "wipe", json!({"confirm": "yes"})).await;
    assert_eq!(asked.meta["mcpgen/confirm"]["argument"], "confirm_2");
    let done = call(
        &engine,
        "wipe",
        json!({"confirm": "yes", "confirm_2": token(&asked)}),
    )
    .await;
    assert_eq!(done.error, None, "{}", done.as_text());
    assert!(upstream.request().starts_with("DELETE /all?confirm=yes "));
}

#[tokio::test]
async fn the_user_is_asked_for_what_is_missing() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let engine = engine(&upstream.url, Confirm::Never, "");
    let said = json!({"id": "7", "trace": "not asked for"});
    let (context, questions) = saying(Reply::Accepted(
        said.as_object().expect("an object").clone(),
    ));
    let done = call_with(&engine, "get_pet", json!({}), context).await;
    assert_eq!(done.error, None, "{}", done.as_text());
    let request = upstream.request();
    assert!(request.starts_with("GET /pets/7 "), "{request}");
    assert!(!request.contains("not asked for"), "{request}");
    let questions = questions.lock().expect("not poisoned").clone();
    let expected = json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "integer", "description": "The pet's id"},
    }});
    assert_eq!(questions[0].schema, expected);
    let (no, _) = saying(Reply::Declined);
    let refused = call_with(&engine, "get_pet", json!({}), no).await;
    assert_eq!(refused.error, Some(ErrorType::Forbidden));
    // Whoever cannot be asked gets the usual answer.
    let told = call(&engine, "get_pet", json!({})).await;
    assert_eq!(told.error, Some(ErrorType::InvalidArguments));
}

/// The next call of a client that is asked by results: what was asked, and what the user says.
fn again(asked: &ToolResult, content: &Value) -> CallContext {
    let question = asked.question.as_ref().expect("a question");
    let reply = json!({"action": "accept", "content": content});
    let replies = Map::from_iter([(question.key.to_owned(), reply)]);
    let state = question.state.clone();
    CallContext {
        asking: Asking::Again(Some(Box::new(Answers { replies, state }))),
        ..CallContext::default()
    }
}

#[tokio::test]
async fn what_the_user_gave_is_kept_until_the_user_agrees() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let engine = engine(&upstream.url, Confirm::Always, "");
    let context = CallContext {
        asking: Asking::Again(None),
        ..CallContext::default()
    };
    let arguments = json!({"verbose": true});
    let first = call_with(&engine, "get_pet", arguments.clone(), context).await;
    let next = again(&first, &json!({"id": 7}));
    let second = call_with(&engine, "get_pet", arguments.clone(), next).await;
    let question = second.question.as_ref().expect("a question");
    assert!(question.message.contains("\nid: 7"), "{}", question.message);
    assert_eq!(upstream.requests().len(), 0);
    // What was given cannot be exchanged for something else.
    let mut forged = again(&second, &json!({}));
    if let Asking::Again(Some(answers)) = &mut forged.asking {
        let state = answers.state.take().expect("a state");
        let (token, _) = state.split_once('.').expect("what was given");
        // {"id":8}
        answers.state = Some(format!("{token}.eyJpZCI6OH0"));
    }
    let result = call_with(&engine, "get_pet", arguments.clone(), forged).await;
    assert!(result.question.is_some());
    assert_eq!(upstream.requests().len(), 0);
    let last = again(&second, &json!({}));
    let done = call_with(&engine, "get_pet", arguments, last).await;
    assert_eq!(done.error, None, "{}", done.as_text());
    assert!(upstream.request().starts_with("GET /pets/7?verbose=true "));
}

#[tokio::test]
async fn what_the_user_declined_is_over_and_no_token_is_the_other_kind() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    let asking = || CallContext {
        asking: Asking::Again(None),
        ..CallContext::default()
    };
    let rex = json!({"name": "Rex"});
    let asked = call_with(&engine, "add_pet", rex.clone(), asking()).await;
    let yes = || again(&asked, &json!({}));
    let mut no = yes();
    if let Asking::Again(Some(answers)) = &mut no.asking {
        answers.replies["confirm"] = json!({"action": "decline"});
    }
    let declined = call_with(&engine, "add_pet", rex.clone(), no).await;
    assert_eq!(declined.error, Some(ErrorType::Forbidden));
    assert!(declined.question.is_none());
    let after = call_with(&engine, "add_pet", rex.clone(), yes()).await;
    assert!(after.question.is_some(), "{}", after.as_text());
    // What a client brings is no token of a model's, and the other way round.
    let state = after.question.as_ref().and_then(|it| it.state.clone());
    let as_token = json!({"name": "Rex", "confirm": state});
    let result = call(&engine, "add_pet", as_token).await;
    assert_eq!(result.error, Some(ErrorType::Forbidden));
    let mut as_state = again(&after, &json!({}));
    if let Asking::Again(Some(answers)) = &mut as_state.asking {
        answers.state = Some(token(&result));
    }
    let result = call_with(&engine, "add_pet", rex, as_state).await;
    assert!(result.question.is_some(), "{}", result.as_text());
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn what_goes_on_to_the_api_is_a_part_of_what_was_agreed_to() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies.confirm = Confirm::Writes;
    setup.settings.forward_headers = ["x-tenant", "traceparent"]
        .map(http::HeaderName::from_static)
        .into();
    forwarding(&mut setup, ForwardAuth::Header("x-cred".to_owned()));
    let engine = setup.engine();
    let from = |tenant: &'static str, credential: &'static str, trace: &'static str| {
        let headers = [
            ("x-tenant", tenant),
            ("x-cred", credential),
            ("traceparent", trace),
        ];
        CallContext {
            headers: (headers.into_iter())
                .map(|(name, value)| {
                    let value = http::HeaderValue::from_static(value);
                    (http::HeaderName::from_static(name), value)
                })
                .collect(),
            ..CallContext::default()
        }
    };
    let rex = json!({"name": "Rex"});
    let asked = call_with(&engine, "add_pet", rex, from("t1", "geheim1", "1")).await;
    let agreed = json!({"name": "Rex", "confirm": token(&asked)});
    for (tenant, credential) in [("t2", "geheim1"), ("t1", "geheim2")] {
        let other = from(tenant, credential, "1");
        let result = call_with(&engine, "add_pet", agreed.clone(), other).await;
        assert_eq!(result.error, Some(ErrorType::Forbidden), "{tenant}");
    }
    assert!(upstream.requests().is_empty());
    let own = call_with(&engine, "add_pet", agreed, from("t1", "geheim1", "2")).await;
    assert_eq!(own.error, None, "{}", own.as_text());
}

#[tokio::test]
async fn a_token_is_used_up_by_what_is_done_and_by_nothing_else() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let tables = "[tools.\"POST /pets\"]\nrate = \"1/h\"\n";
    let engine = engine(&upstream.url, Confirm::Writes, tables);
    let asked = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    let first = token(&asked);
    let asked = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    let done = call(&engine, "add_pet", json!({"name": "Rex", "confirm": first})).await;
    assert_eq!(done.error, None, "{}", done.as_text());
    let second = json!({"name": "Rex", "confirm": token(&asked)});
    for _ in 0..2 {
        let limited = call(&engine, "add_pet", second.clone()).await;
        assert_eq!(
            limited.error,
            Some(ErrorType::RateLimited),
            "{}",
            limited.as_text()
        );
    }
    // Nobody is asked about what is refused anyway.
    let (context, questions) = saying(yes());
    let limited = call_with(&engine, "add_pet", json!({"name": "Max"}), context).await;
    assert_eq!(limited.error, Some(ErrorType::RateLimited));
    assert!(questions.lock().expect("not poisoned").is_empty());
}

#[tokio::test]
async fn nobody_is_asked_about_what_cannot_be_paid_for() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let tables = "[tools.\"POST /pets\"]\nbudget = \"1 calls\"\n";
    let engine = engine(&upstream.url, Confirm::Writes, tables);
    let asked = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    let arguments = json!({"name": "Rex", "confirm": token(&asked)});
    assert_eq!(call(&engine, "add_pet", arguments).await.error, None);
    let (context, questions) = saying(yes());
    for context in [CallContext::default(), context] {
        let result = call_with(&engine, "add_pet", json!({"name": "Max"}), context).await;
        assert_eq!(result.error, Some(ErrorType::RateLimited));
        let text = result.as_text();
        assert!(
            text.contains("budget") && result.meta.get("mcpgen/confirm").is_none(),
            "{text}"
        );
    }
    assert!(questions.lock().expect("not poisoned").is_empty());
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_no_yes() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let mut setup = Setup::new(&upstream.url);
    setup.settings.policies.confirm = Confirm::Writes;
    setup.settings.confirm.timeout = Duration::from_millis(1);
    let asker = Asker(Arc::new(|_| Box::pin(std::future::pending())));
    let context = CallContext {
        asking: Asking::Now(asker),
        ..CallContext::default()
    };
    let refused = call_with(&setup.engine(), "add_pet", json!({"name": "Rex"}), context).await;
    assert!(
        refused.as_text().contains("nobody answered in time"),
        "{}",
        refused.as_text()
    );
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn no_token_is_none() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    for nothing in [json!(null), json!("")] {
        let asked = call(
            &engine,
            "add_pet",
            json!({"name": "Rex", "confirm": nothing}),
        )
        .await;
        assert!(
            asked.as_text().contains("consent to this call first"),
            "{}",
            asked.as_text()
        );
    }
    // Whoever can be asked is, whatever the model gives.
    let asked = call(&engine, "add_pet", json!({"name": "Rex"})).await;
    let (no, _) = saying(Reply::Declined);
    let arguments = json!({"name": "Rex", "confirm": token(&asked)});
    let refused = call_with(&engine, "add_pet", arguments, no).await;
    assert!(
        refused.as_text().contains("declined"),
        "{}",
        refused.as_text()
    );
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_question_shows_everything_or_says_that_it_does_not() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    let (context, questions) = saying(Reply::Declined);
    let arguments = json!({"name": "x".repeat(9000), "tag": "admin\u{200b}"});
    call_with(&engine, "add_pet", arguments, context).await;
    let message = &questions.lock().expect("not poisoned")[0].message;
    assert!(
        message.contains("NOT ALL OF IT IS SHOWN: one argument is too long."),
        "{message}"
    );
    assert!(message.ends_with("tag: \"admin\\u200b\""), "{message}");
    assert!(message.len() < 7000, "{}", message.len());
}

#[tokio::test]
async fn a_tool_that_is_switched_off_while_its_question_waits_is_not_called() {
    let upstream = answering("201 Created", JSON, "{}").await;
    let engine = engine(&upstream.url, Confirm::Writes, "");
    let other = engine.clone();
    let asker = Asker(Arc::new(move |_| {
        let off = PolicySettings {
            confirm: Confirm::Writes,
            disabled: vec!["add_pet".to_owned()],
            ..PolicySettings::default()
        };
        other.replace_policies(&off).expect("policies");
        Box::pin(async { yes() })
    }));
    let context = CallContext {
        asking: Asking::Now(asker),
        ..CallContext::default()
    };
    let refused = call_with(&engine, "add_pet", json!({"name": "Rex"}), context).await;
    assert!(
        refused.as_text().contains("not available any more"),
        "{}",
        refused.as_text()
    );
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_file_that_changed_asks_no_less_than_before() {
    let engine = engine("http://127.0.0.1:9", Confirm::Destructive, "");
    for (confirm, is_taken) in [
        (Confirm::Never, false),
        (Confirm::Writes, true),
        (Confirm::Destructive, false),
    ] {
        let policies = PolicySettings {
            confirm,
            tables: Tables::parse("[tools.\"GET /ping\"]\nconfirm = \"always\"\n")
                .unwrap_or_else(|(_, why)| panic!("{why}")),
            ..PolicySettings::default()
        };
        assert_eq!(
            engine.replace_policies(&policies).is_ok(),
            is_taken,
            "{confirm:?}"
        );
    }
}

#[tokio::test]
async fn a_guard_still_looks_after_the_user_agreed() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7, "owner": "bob"}"#).await;
    let tables = "[tools.\"GET /pets/{id}\".guard]\npath = \"$.owner\"\nequals = \"claim:sub\"\n";
    let engine = engine(&upstream.url, Confirm::Always, tables);
    let claims = json!({"sub": "ann"})
        .as_object()
        .expect("an object")
        .clone();
    let ann = Identity::new("ann".to_owned(), Means::ApiKey, Vec::new(), None, claims);
    let context = CallContext {
        identity: Some(ann),
        ..saying(yes()).0
    };
    let refused = call_with(&engine, "get_pet", json!({"id": 7}), context).await;
    assert_eq!(refused.error, Some(ErrorType::Forbidden));
    assert!(!refused.as_text().contains("bob"), "{}", refused.as_text());
}
