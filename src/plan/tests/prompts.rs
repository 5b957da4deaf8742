//! Prompts: which there are, in which order, and what is said about the others.

use serde_json::{Value, json};

use super::{api, operation, plan};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Position};
use crate::plan::{Plan, PlanOptions, PromptContent, PromptOverride};

fn told(prompts: Value, own: Vec<PromptOverride>) -> (Plan, Vec<Diagnostic>) {
    let list = operation("GET", "/orders").id("listOrders");
    let mut api = api([list.query("status", json!({"enum": ["paid", "sent"]}))]);
    api.extensions.insert("x-mcp-prompts".to_owned(), prompts);
    let options = PlanOptions {
        prompts: own,
        ..PlanOptions::default()
    };
    let mut diagnostics = Diagnostics::new();
    let plan = plan(&api, &options, &mut diagnostics).expect("a plan");
    let told = diagnostics.into_vec().into_iter();
    (plan, told.filter(|it| it.code != Code::NoServer).collect())
}

fn labels(plan: &Plan) -> Vec<String> {
    let prompts = plan.prompts.iter();
    prompts
        .map(|it| format!("{}@{}", it.name, it.version))
        .collect()
}

fn own(name: &str, value: Value) -> PromptOverride {
    let position = Position { line: 3, column: 1 };
    let place = Place {
        position: Some(position),
        ..Place::default()
    };
    PromptOverride {
        name: name.to_owned(),
        value,
        place,
    }
}

#[test]
fn a_prompt_has_a_title_arguments_and_messages_without_what_nobody_sees() {
    let prompts = json!([{
        "name": "triage_order",
        "description": "Finds **out**.",
        "arguments": ["order", {"name": "status", "required": true, "complete": "op:listOrders.status", "values": ["new", 7]}],
        "messages": [{"text": "About {{order}}\u{200b}: **{{ status }}**"}, {"role": "assistant", "text": "Yes."}],
    }]);
    let (plan, told) = told(prompts, Vec::new());
    assert_eq!(told, []);
    let prompt = &plan.prompts[0];
    assert_eq!(
        (&*prompt.title, &*prompt.description),
        ("Triage order", "Finds out.")
    );
    let status = &prompt.arguments[1];
    assert!(status.required && !prompt.arguments[0].required);
    assert_eq!(status.values, ["new", "7"]);
    let complete = Some(("list_orders".to_owned(), "status".to_owned()));
    assert_eq!(status.complete, complete);
    let text = PromptContent::Text("About {{order}}: **{{ status }}**".to_owned());
    assert_eq!(prompt.messages[0].content, text);
    assert!(prompt.messages[1].by_assistant);
}

#[test]
fn the_newest_version_of_a_name_stands_first() {
    let of = |version: Value| json!({"name": "a", "text": "x", "version": version});
    let prompts = json!([of(json!("1.9")), {"name": "b", "text": "x"}, of(json!("1.10")), of(json!(1)), {"name": "a", "text": "x"}]);
    let (plan, told) = told(prompts, Vec::new());
    assert_eq!(told, []);
    assert_eq!(labels(&plan), ["a@1.10", "a@1.9", "a@1", "a@", "b@"]);
}

#[test]
fn prompts_may_stand_under_their_names_with_versions_as_a_list() {
    let prompts = json!({"a": {"text": "x"}, "b": [{"text": "x", "version": "1"}, {"text": "y", "version": "2"}]});
    assert_eq!(labels(&told(prompts, Vec::new()).0), ["a@", "b@2", "b@1"]);
}

#[test]
fn what_the_owner_says_about_a_name_is_all_there_is_of_it() {
    let prompts = json!([
        {"name": "a", "text": "x", "version": "1"}, {"name": "a", "text": "x", "version": "2"},
        {"name": "b", "text": "x"}, {"name": "c", "text": "x"},
    ]);
    let own = vec![
        own("a", json!({"text": "mine"})),
        own("b", json!({"enabled": false})),
        own(
            "d",
            json!([{"text": "x", "version": "1"}, {"text": "x", "version": "2"}]),
        ),
    ];
    let (plan, told) = told(prompts, own);
    assert_eq!(told, []);
    assert_eq!(labels(&plan), ["c@", "a@", "d@2", "d@1"]);
}

#[test]
fn a_prompt_that_is_wrong_is_left_out_and_the_rest_is_built() {
    let with = |field: &str, value: Value| {
        let mut prompt = json!({"name": "a", "text": "x"});
        prompt[field] = value;
        prompt
    };
    let message = |message: Value| json!({"name": "a", "messages": [message]});
    for (wrong, said) in [
        (json!(7), "no object"),
        (json!({"text": "x"}), "no `name`"),
        (with("name", json!("List Orders")), "not a legal name"),
        (with("name", json!(7)), "`name` of a prompt is not a string"),
        (with("txt", json!("x")), "no field `txt`"),
        (with("text", json!("{{x}}")), "`{{x}}` is no argument"),
        (with("text", Value::Null), "neither `text` nor `messages`"),
        (with("messages", json!([{"text": "x"}])), "or both"),
        (with("version", json!(1.1)), "is no version"),
        (with("version", json!("1@2")), "is no version"),
        (
            with("arguments", json!(["a b"])),
            "`a b` is not a legal name",
        ),
        (with("arguments", json!(["a", "a"])), "`a` is there twice"),
        (with("arguments", json!({"a": {}})), "not a list"),
        (
            with("arguments", json!([{"name": "a", "required": "yes"}])),
            "not `true` or `false`",
        ),
        (
            message(json!({"role": "system", "text": "x"})),
            "`system` is no role",
        ),
        (
            message(json!({"text": "x", "resource": "a:b"})),
            "or several",
        ),
        (
            message(json!({"image": "https://example.com/a.png"})),
            "no `data:` URL",
        ),
        (
            message(json!({"image": "data:image/png;base64,!"})),
            "no `data:` URL",
        ),
    ] {
        let (plan, told) = told(json!([wrong, {"name": "good", "text": "x"}]), Vec::new());
        assert_eq!(labels(&plan), ["good@"], "{wrong}");
        assert_eq!(told.len(), 1, "{wrong}: {told:?}");
        assert_eq!(told[0].code, Code::InvalidPrompt);
        assert!(told[0].message.contains(said), "{}", told[0].message);
        assert!(told[0].help.is_some() && told[0].place.is_some());
    }
}

#[test]
fn the_same_prompt_twice_is_there_once() {
    let prompts = json!([{"name": "a", "text": "first"}, {"name": "a", "text": "second"}]);
    let (plan, told) = told(prompts, Vec::new());
    let first = PromptContent::Text("first".to_owned());
    assert_eq!(plan.prompts[0].messages[0].content, first);
    assert_eq!(plan.prompts.len(), 1);
    assert_eq!(told[0].skipped.as_deref(), Some("prompt `a`"));
}

#[test]
fn suggestions_that_lead_nowhere_cost_only_themselves() {
    for from in [
        "op:listOrders.state",
        "op:nothing.status",
        "list_orders.status",
        "op:x",
    ] {
        let argument = json!({"name": "s", "complete": from});
        let prompts = json!([{"name": "a", "text": "x", "arguments": [argument]}]);
        let (plan, told) = told(prompts, Vec::new());
        assert_eq!(plan.prompts[0].arguments[0].complete, None);
        assert_eq!(told[0].code, Code::InvalidPrompt, "{from}");
    }
}

#[test]
fn a_mistake_in_the_owners_file_names_its_line() {
    let (_, told) = told(Value::Null, vec![own("a", json!({"txt": "x"}))]);
    let place = told[0].place.as_ref().expect("a place");
    assert_eq!(place.position.map(|it| it.line), Some(3));
}

#[test]
fn ten_thousand_prompts_are_no_trouble() {
    let prompts = (0..10_000).map(|n| json!({"name": format!("p{}", n / 2), "version": n, "text": "{{x}} ".repeat(9), "arguments": ["x"]}));
    let (plan, told) = told(prompts.collect(), Vec::new());
    assert_eq!((plan.prompts.len(), told.len()), (10_000, 0));
}
