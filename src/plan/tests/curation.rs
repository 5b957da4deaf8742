//! Selection, `x-mcp`, hints and texts.

use serde_json::{Value, json};

use super::{api, codes, operation, planned, tool};
use crate::api::Tag;
use crate::diagnostic::{Code, Diagnostics};
use crate::plan::{PlanOptions, ToolOverride, estimated_tokens, plan};
use crate::runtime::tool::Hints;
use crate::selector::Selector;

fn selectors(texts: &[&str]) -> Vec<Selector> {
    texts
        .iter()
        .map(|text| Selector::parse(text).expect("a selector"))
        .collect()
}

#[test]
fn exclude_wins_over_include_and_an_unused_selector_is_said() {
    let api = api([
        operation("GET", "/orders").id("list"),
        operation("DELETE", "/orders").id("clear"),
        operation("GET", "/pets").id("pets"),
    ]);
    let options = PlanOptions {
        include: selectors(&["* /orders/**", "tag:none"]),
        exclude: selectors(&["method:DELETE"]),
        ..PlanOptions::default()
    };
    let (plan, codes) = planned(&api, &options);
    let names: Vec<&str> = plan.tools().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["list"]);
    assert_eq!(codes, [Code::UnusedSelector]);
}

#[test]
fn no_tools_is_an_error_that_says_why() {
    let none = |api: &crate::api::Api, options: &PlanOptions| {
        let mut diagnostics = Diagnostics::new();
        assert!(plan(api, options, &mut diagnostics).is_none());
        assert!(codes(&diagnostics).contains(&Code::NoTools));
        let last = diagnostics.into_vec().pop().expect("a diagnostic");
        last.message
    };
    let defaults = PlanOptions::default();
    assert_eq!(
        none(&api([]), &defaults),
        "the spec describes no operations"
    );
    let hooks = crate::api::Api {
        webhooks: 2,
        ..api([])
    };
    assert_eq!(
        none(&hooks, &defaults),
        "the spec describes no operations, only 2 webhooks: requests that the API sends itself"
    );
    let broken = crate::api::Api {
        left_out: 3,
        ..api([])
    };
    assert_eq!(
        none(&broken, &defaults),
        "the spec has 3 operations, and none of them could be read"
    );
    let disabled = api([operation("GET", "/a").extension("x-mcp", json!({"enabled": false}))]);
    assert_eq!(
        none(&disabled, &defaults),
        "the spec has 1 operation, and `x-mcp` disables all that are selected"
    );
    let one = api([operation("GET", "/a")]);
    let options = PlanOptions {
        exclude: selectors(&["method:GET"]),
        ..PlanOptions::default()
    };
    assert_eq!(
        none(&one, &options),
        "the spec has 1 operation, and exclude `method:GET` leaves none"
    );
}

#[test]
fn hints_follow_the_method() {
    for (method, hints) in [
        ("GET", Hints::READ),
        ("HEAD", Hints::READ),
        ("PUT", Hints::OVERWRITE),
        ("DELETE", Hints::OVERWRITE),
        ("POST", Hints::DESTROY),
        ("PATCH", Hints::DESTROY),
    ] {
        assert_eq!(tool(operation(method, "/a")).hints, hints, "{method}");
    }
}

#[test]
fn x_mcp_shapes_a_tool() {
    let tool = tool(operation("POST", "/search").id("doSearch").extension(
        "x-mcp",
        json!({
            "name": "find_orders", "title": "Find orders", "description": "Finds **orders**.",
            "hints": {"readOnly": true, "openWorld": false}
        }),
    ));
    assert_eq!(tool.name, "find_orders");
    assert_eq!(tool.title, "Find orders");
    assert_eq!(tool.description, "Finds orders.");
    assert_eq!(tool.hints, Hints::READ.open_world(false));
}

#[test]
fn configuration_goes_before_x_mcp() {
    let api = api([operation("GET", "/a")
        .id("a")
        .extension("x-mcp", json!({"name": "b", "title": "B"}))]);
    let own = ToolOverride {
        name: Some("c".to_owned()),
        ..ToolOverride::default()
    };
    let options = PlanOptions {
        tools: vec![(selectors(&["op:a"]).remove(0), own)],
        ..PlanOptions::default()
    };
    let (plan, _) = planned(&api, &options);
    let tool = &plan.groups[0].tools[0];
    assert_eq!((tool.name.as_str(), tool.title.as_str()), ("c", "B"));
}

#[test]
fn a_disabled_operation_is_left_out_with_a_note() {
    let off = |value: Value| operation("GET", "/a").id("a").extension("x-mcp", value);
    for value in [json!({"enabled": false}), json!(false)] {
        let (plan, codes) = planned(
            &api([off(value), operation("GET", "/b")]),
            &PlanOptions::default(),
        );
        assert_eq!(plan.tools().count(), 1);
        assert_eq!(codes, [Code::DisabledOperation]);
    }
}

#[test]
fn a_wrong_field_of_x_mcp_is_said_and_ignored() {
    let wrong = json!({"nmae": "x", "enabled": "no", "hints": {"readOnly": 1}});
    let (plan, codes) = planned(
        &api([operation("GET", "/a").extension("x-mcp", wrong)]),
        &PlanOptions::default(),
    );
    assert_eq!(codes, [Code::InvalidExtension; 3]);
    assert_eq!(plan.groups[0].tools[0].hints, Hints::READ);
}

#[test]
fn an_unknown_field_is_said_to_be_missing_where_it_was_written() {
    let wrong = json!({"nmae": "x", "hints": {"readonly": true}});
    let mut diagnostics = Diagnostics::new();
    let _ = plan(
        &api([operation("GET", "/a").extension("x-mcp", wrong)]),
        &PlanOptions::default(),
        &mut diagnostics,
    );
    let messages: Vec<&str> = diagnostics
        .iter()
        .filter(|it| it.code == Code::InvalidExtension)
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "`x-mcp` has no field `nmae`",
            "`hints` of `x-mcp` has no field `readonly`"
        ]
    );
}

#[test]
fn a_description_is_summary_and_description_in_plain_words() {
    let described = |summary: &str, description: &str, deprecated: bool| {
        let mut operation = operation("GET", "/a");
        operation.summary = Some(summary.to_owned()).filter(|text| !text.is_empty());
        operation.description = Some(description.to_owned()).filter(|text| !text.is_empty());
        operation.deprecated = deprecated;
        tool(operation).description
    };
    for (summary, description, deprecated, expected) in [
        (
            "List orders",
            "Newest <b>first</b>.",
            false,
            "List orders. Newest first.",
        ),
        ("List orders", "List orders.", false, "List orders."),
        (
            "List orders",
            "Lists [orders](x).",
            true,
            "Deprecated. List orders. Lists orders.",
        ),
        ("", "", false, "GET /a"),
        (
            "List orders",
            "list orders of a user",
            false,
            "list orders of a user",
        ),
    ] {
        assert_eq!(described(summary, description, deprecated), expected);
    }
    let long = described("List", &"A sentence of some words. ".repeat(100), false);
    assert!(
        long.chars().count() <= 1_024 && long.ends_with('.'),
        "{long}"
    );
}

#[test]
fn a_title_is_the_summary_or_the_words_of_the_name() {
    let mut with_summary = operation("GET", "/a");
    with_summary.summary = Some("List all orders.".to_owned());
    assert_eq!(tool(with_summary).title, "List all orders");
    assert_eq!(
        tool(operation("GET", "/a").id("listOrders")).title,
        "List orders"
    );
}

#[test]
fn a_title_does_not_show_what_makes_a_name_unique() {
    let (plan, _) = planned(
        &api([
            operation("POST", "/a/pets").id("Pets_create"),
            operation("POST", "/b/pets").id("petsCreate"),
        ]),
        &PlanOptions::default(),
    );
    for tool in plan.tools() {
        assert_eq!(tool.title, "Pets create");
        assert!(tool.name.starts_with("pets_create_"), "{}", tool.name);
    }
}

#[test]
fn an_operation_id_in_backticks_becomes_the_name_of_its_tool() {
    let mut described = operation("GET", "/a").id("listOrders");
    described.description = Some("Use `getOrder`, not getOrder, `noOrder` or `order`.".to_owned());
    let (plan, _) = planned(
        &api([
            described.query(
                "status",
                json!({"type": "string", "description": "Either `getOrder` or `none`"}),
            ),
            operation("GET", "/b").id("getOrder"),
        ]),
        &PlanOptions::default(),
    );
    let tool = plan.tools().find(|tool| tool.name == "list_orders");
    let tool = tool.expect("a tool");
    assert_eq!(
        tool.description,
        "Use `get_order`, not getOrder, `noOrder` or `order`."
    );
    // There it may as well be a value.
    let status = &tool.advertised["properties"]["status"];
    assert_eq!(status["description"], "Either `getOrder` or `none`");
}

#[test]
fn an_argument_whose_name_says_nothing_tells_its_name_on_the_wire() {
    let tool = tool(
        operation("GET", "/a")
            .query("日本", json!({"type": "string", "description": "Where"}))
            .query("filter[a]", json!({"type": "string"})),
    );
    let properties = tool.advertised["properties"].as_object().expect("fields");
    let texts: Vec<_> = properties.values().map(|it| &it["description"]).collect();
    assert_eq!(texts, [&json!("Where. Sent as `日本`."), &Value::Null]);
}

#[test]
fn parameters_tell_default_and_example() {
    let mut operation = operation("GET", "/a")
        .query(
            "page",
            json!({"type": "integer", "default": 1, "description": "Which page"}),
        )
        .query("city", json!({"type": "string"}));
    operation.parameters[1].description = Some("Where".to_owned());
    operation.parameters[1].example = Some(json!("Oslo"));
    operation.parameters[1].deprecated = true;
    let properties = tool(operation).advertised["properties"].clone();
    assert_eq!(
        properties,
        json!({
            "page": {"type": "integer", "description": "Which page", "default": 1},
            "city": {"type": "string", "description": "Deprecated. Where. Example: `Oslo`."}
        })
    );
}

#[test]
fn many_tools_have_short_texts() {
    let long =
        "What it does.\n\nA paragraph about details. ".to_owned() + &"More details. ".repeat(40);
    let operations = (0..200).map(|index| {
        let mut operation = operation("GET", &format!("/{index}"));
        operation.description = Some(long.clone());
        operation
    });
    let (plan, _) = planned(&api(operations), &PlanOptions::default());
    assert!(plan.tools().all(|tool| tool.description == "What it does."));
}

#[test]
fn instructions_say_what_it_is_and_how_tools_are_grouped() {
    let mut api = api([
        operation("GET", "/orders").id("listOrders").tag("orders"),
        operation("GET", "/pets").id("listPets").tag("pets"),
    ]);
    api.title = "Shop API".to_owned();
    api.description =
        Some("# Shop\n\nManages orders and pets of a shop.\n\n## Auth\nNone.".to_owned());
    api.tags = vec![
        Tag {
            name: "orders".to_owned(),
            description: Some("What people bought. And more.".to_owned()),
        },
        Tag {
            name: "pets".to_owned(),
            description: None,
        },
    ];
    let (plan, _) = planned(&api, &PlanOptions::default());
    assert_eq!(
        plan.instructions,
        "Shop API: Manages orders and pets of a shop. 2 tools, one for each operation of the API.\n\n\
         Tools by subject:\n\
         - orders (1, e.g. list_orders): What people bought.\n\
         - pets (1, e.g. list_pets)"
    );
}

#[test]
fn instructions_stay_within_what_clients_read() {
    let mut api = api((0..300).map(|index| {
        operation("GET", &format!("/{index}")).tag(&format!("a tag with the number {index}"))
    }));
    api.description = Some("Words and more words. ".repeat(400));
    let (plan, _) = planned(&api, &PlanOptions::default());
    assert!(plan.instructions.chars().count() <= 2_048);
    assert!(plan.instructions.contains("more"));
    let start: String = plan.instructions.chars().take(512).collect();
    assert!(start.contains("300 tools, one for each operation"));
}

#[test]
fn a_listed_tool_is_what_tools_list_sends() {
    let tool = tool(
        operation("GET", "/a")
            .id("a")
            .answer(200, &[("application/json", json!({"type": "string"}))]),
    );
    let listed = tool.listed_json();
    let keys: Vec<&String> = listed.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "name",
            "title",
            "description",
            "inputSchema",
            "outputSchema",
            "annotations"
        ]
    );
    assert_eq!(listed["annotations"]["openWorldHint"], json!(true));
    assert_eq!(
        listed["inputSchema"],
        json!({"type": "object", "properties": {}, "additionalProperties": false})
    );
    assert_eq!(
        tool.estimated_tokens(),
        estimated_tokens(listed.to_string().len())
    );
}
