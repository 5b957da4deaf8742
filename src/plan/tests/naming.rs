//! Names of tools, servers, groups and arguments.

use serde_json::json;

use super::{api, operation, planned, tool};
use crate::api::{ParameterLocation, Tag};
use crate::diagnostic::Code;
use crate::plan::{PlanOptions, ToolOverride, names};
use crate::selector::Selector;

fn tool_names(operations: Vec<crate::api::Operation>) -> Vec<String> {
    let (plan, _) = planned(&api(operations), &PlanOptions::default());
    plan.tools().map(|tool| tool.name.clone()).collect()
}

fn name_of(id: &str) -> String {
    tool(operation("GET", "/orders/{id}").id(id)).name
}

#[test]
fn an_operation_id_becomes_snake_case() {
    for (id, name) in [
        ("listOrders", "list_orders"),
        ("issues/list-for-repo", "issues_list_for_repo"),
        ("drive.files.list", "drive_files_list"),
        ("Get all the orders", "get_all_the_orders"),
        ("getURLs", "get_urls"),
        ("createOAuthToken", "create_oauth_token"),
        ("créerCommande", "creer_commande"),
        ("orders.list\n\"); evil()", "orders_list_evil"),
    ] {
        assert_eq!(name_of(id), name);
    }
}

#[test]
fn an_id_that_says_nothing_in_ascii_gives_way_to_method_and_path() {
    for id in ["", "--", "получитьЗаказ", "注文取得"] {
        assert_eq!(name_of(id), "get_orders_by_id", "{id}");
    }
    assert_eq!(name_of("3dSecure"), "get_3d_secure");
}

#[test]
fn method_and_path_make_a_readable_name() {
    for (method, path, name) in [
        ("GET", "/", "get_root"),
        ("GET", "/orders/{id}", "get_orders_by_id"),
        (
            "POST",
            "/orders/{order-id}/refund",
            "post_orders_by_order_id_refund",
        ),
        ("GET", "/files/{name}.json", "get_files_by_name_json"),
        ("POST", "/users/{id}:activate", "post_users_by_id_activate"),
        ("GET", "/search?type=a#b", "get_search"),
        (
            "GET",
            "/organizations/{organization_id}/members/{member_id}",
            "get_organizations_members_by_member_id",
        ),
    ] {
        assert_eq!(tool(operation(method, path)).name, name);
    }
}

#[test]
fn a_long_name_is_shortened_at_word_borders() {
    let id = "actions/list-selected-repositories-enabled-github-actions-organization";
    assert_eq!(name_of(id), "actions_list_selected_repos_enabled_org");
    let one_word = "a".repeat(90);
    assert_eq!(name_of(&one_word), "a".repeat(40));
    let plain = name_of("get_all_of_the_items_of_the_big_list_of_things");
    assert_eq!(plain, "get_all_items_big_list_things");
}

#[test]
fn every_member_of_a_colliding_group_gets_a_hash_in_any_order() {
    let first = || operation("GET", "/a").id("get-thing");
    let second = || operation("GET", "/b").id("getThing");
    let third = || operation("GET", "/c").id("other");
    let names = tool_names(vec![first(), second(), third()]);
    assert!(names[0].starts_with("get_thing_") && names[1].starts_with("get_thing_"));
    assert_ne!(names[0], names[1]);
    assert_eq!(names[2], "other");
    let mut reversed = tool_names(vec![third(), second(), first()]);
    reversed.reverse();
    assert_eq!(names, reversed);
}

#[test]
fn a_hash_stays_within_the_limit_and_is_stable() {
    let long = "create_or_update_something_that_has_quite_long_name";
    let names = tool_names(vec![
        operation("GET", "/a").id(long),
        operation("GET", "/b").id(&format!("{long}-")),
    ]);
    assert!(names.iter().all(|name| name.len() <= 40), "{names:?}");
    let literal = format!("x_{}", names::hash("GET /a", 6));
    let names = tool_names(vec![
        operation("GET", "/a").id("x"),
        operation("GET", "/b").id("X"),
        operation("GET", "/c").id(&literal),
    ]);
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), 3, "{names:?}");
}

#[test]
fn two_operations_with_one_id_are_both_kept() {
    let api = api([
        operation("GET", "/a").id("get"),
        operation("POST", "/a").id("get"),
    ]);
    let (plan, codes) = planned(&api, &PlanOptions::default());
    assert_eq!(plan.tools().count(), 2);
    assert_eq!(codes, [Code::DuplicateOperationId]);
}

#[test]
fn leaving_an_operation_out_renames_no_other() {
    let api = api([
        operation("GET", "/a").id("get"),
        operation("GET", "/b").id("Get"),
    ]);
    let (all, _) = planned(&api, &PlanOptions::default());
    let options = PlanOptions {
        exclude: vec![Selector::parse("GET /b").expect("a selector")],
        ..PlanOptions::default()
    };
    let (some, _) = planned(&api, &options);
    assert_eq!(some.groups[0].tools[0].name, all.groups[0].tools[0].name);
}

fn naming(rules: &[(&str, &str)]) -> PlanOptions {
    let tools = rules.iter().map(|(selector, name)| {
        let own = ToolOverride {
            name: Some((*name).to_owned()),
            ..ToolOverride::default()
        };
        (Selector::parse(selector).expect("a selector"), own)
    });
    PlanOptions {
        tools: tools.collect(),
        ..PlanOptions::default()
    }
}

#[test]
fn a_given_name_is_used_and_its_owner_keeps_it() {
    let api = api([
        operation("GET", "/a").id("a"),
        operation("GET", "/b").id("b"),
    ]);
    let (plan, codes) = planned(&api, &naming(&[("op:a", "b")]));
    let names: Vec<&str> = plan.tools().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names[0], "b");
    assert!(names[1].starts_with("b_"));
    assert_eq!(codes, []);
}

#[test]
fn an_illegal_name_and_a_name_given_twice_are_errors() {
    let api = api([
        operation("GET", "/a").id("a"),
        operation("GET", "/b").id("b"),
    ]);
    let (plan, codes) = planned(&api, &naming(&[("op:a", "Not Legal")]));
    assert_eq!(codes, [Code::InvalidName]);
    assert_eq!(plan.groups[0].tools[0].name, "a");
    let (_, codes) = planned(&api, &naming(&[("method:GET", "same")]));
    assert_eq!(codes, [Code::InvalidName, Code::InvalidName]);
    let (_, codes) = planned(&api, &naming(&[("op:c", "c")]));
    assert_eq!(codes, [Code::UnusedToolOverride]);
}

#[test]
fn a_server_is_called_as_its_api_in_short() {
    for (title, name) in [
        ("GitHub v3 REST API", "github"),
        ("Swagger Petstore - OpenAPI 3.0", "petstore"),
        ("Open Policy Agent (OPA) REST API", "open-policy-agent"),
        ("Orders Service", "orders"),
        ("The Open API", "api"),
        ("", "api"),
        ("7digital", "api-7digital"),
        ("Adyen Checkout API (v72)", "adyen-checkout"),
        ("Supercalifragilisticexpialidocious", "supercalifragilisti"),
        ("Überblick", "uberblick"),
    ] {
        assert_eq!(names::server_name(title), name);
    }
}

#[test]
fn a_given_server_name_must_be_legal() {
    let options = |name: &str| PlanOptions {
        name: Some(name.to_owned()),
        ..PlanOptions::default()
    };
    let api = api([operation("GET", "/a")]);
    let (plan, codes) = planned(&api, &options("my-orders"));
    assert_eq!((plan.name.as_str(), codes.len()), ("my-orders", 0));
    for name in ["My Orders", "a-name-that-is-far-too-long", "1st"] {
        assert_eq!(
            planned(&api, &options(name)).1,
            [Code::InvalidName],
            "{name}"
        );
    }
}

#[test]
fn groups_follow_the_first_tag_in_the_order_of_the_tags() {
    let mut api = api([
        operation("GET", "/1"),
        operation("GET", "/2").tag("pets").tag("store"),
        operation("GET", "/3").tag("store"),
        operation("GET", "/4").tag("type"),
        operation("GET", "/5").tag("pets"),
    ]);
    api.tags = ["store", "unused", "pets", "type"]
        .map(|name| Tag {
            name: name.to_owned(),
            description: None,
        })
        .to_vec();
    let (plan, _) = planned(&api, &PlanOptions::default());
    let groups: Vec<(&str, &str, usize)> = plan
        .groups
        .iter()
        .map(|group| (group.tag.as_str(), group.module.as_str(), group.tools.len()))
        .collect();
    assert_eq!(
        groups,
        [
            ("store", "store", 1),
            ("pets", "pets", 2),
            ("type", "tag_type", 1),
            ("default", "default", 1)
        ]
    );
}

#[test]
fn module_names_are_legal_and_unique() {
    let modules = names::module_names(&[
        "Pull Requests",
        "pull-requests",
        "mod",
        "defs",
        "AUX",
        "2fa",
        "Заказы",
        "../../etc/passwd",
    ]);
    assert!(modules[0].starts_with("pull_requests_") && modules[1].starts_with("pull_requests_"));
    assert_ne!(modules[0], modules[1]);
    assert_eq!(modules[2..6], ["tag_mod", "tag_defs", "tag_aux", "tag_2fa"]);
    assert!(modules[6].starts_with("tag_"));
    assert_eq!(modules[7], "etc_passwd");
}

#[test]
fn an_argument_is_called_as_near_to_the_wire_as_is_legal() {
    for (wire, argument) in [
        ("id", "id"),
        ("filter[name]", "filter_name"),
        ("tags[]", "tags"),
        ("$top", "top"),
        ("X-Request-ID", "X_Request_ID"),
        ("_links", "_links"),
        ("_meta", "meta"),
        ("StartTime<", "StartTime_lt"),
        ("StartTime>", "StartTime_gt"),
        ("+1", "plus_1"),
        ("größe", "grosse"),
        ("a.b:c", "a_b_c"),
    ] {
        assert_eq!(names::argument_name(wire), argument);
    }
    assert!(names::argument_name("名前").starts_with("arg_"));
    assert_eq!(names::argument_name(&"x".repeat(100)).len(), 64);
}

#[test]
fn one_name_in_two_places_is_told_apart_by_the_place() {
    let tool = tool(
        operation("GET", "/orders/{id}")
            .query("id", json!({}))
            .with(ParameterLocation::Path, "id", json!({}))
            .with(ParameterLocation::Header, "id", json!({})),
    );
    let names: Vec<(&str, &str)> = tool
        .parameters
        .iter()
        .map(|parameter| (parameter.name.as_str(), parameter.argument.as_str()))
        .collect();
    assert_eq!(
        names,
        [("id", "id_query"), ("id", "id"), ("id", "id_header")]
    );
}

#[test]
fn of_two_names_that_fall_together_the_legal_one_stays() {
    let tool = tool(
        operation("GET", "/orders")
            .query("tags[]", json!({}))
            .query("tags", json!({})),
    );
    assert_eq!(tool.parameters[1].argument, "tags");
    let other = &tool.parameters[0].argument;
    assert!(other.starts_with("tags_") && other.len() == 11, "{other}");
}

#[test]
fn a_method_that_is_any_token_still_makes_a_plain_name() {
    for (method, path, expected) in [
        ("FOO!", "/b", "foo_b"),
        ("M-SEARCH", "/b", "m_search_b"),
        ("a.b", "/b", "a_b_b"),
        ("!", "/", "call_root"),
        ("1a", "/b", "call_b"),
    ] {
        assert_eq!(tool(operation(method, path)).name, expected);
    }
}

#[test]
fn thousands_of_schemes_that_come_to_one_name_are_named_at_once() {
    let schemes: Vec<String> = (0..20_000)
        .map(|spaces| format!("a{}", " ".repeat(spaces % 300)))
        .collect();
    let schemes: Vec<&str> = schemes.iter().map(String::as_str).collect();
    let named = names::env_names(&schemes);
    assert_eq!(named[0], "A");
    assert_eq!(named[19_999], "A_20000");
    assert_eq!(names::env_names(&["a", "a_2", "a!"]), ["A", "A_2", "A_3"]);
}

#[test]
fn a_name_that_is_shortened_still_starts_with_a_letter() {
    let long = "x".repeat(50);
    for id in [
        format!("htt{long} 169 254"),
        format!("the 2 factors of {long} and others"),
        format!("a 2{long}"),
        format!("{long} 1 {long} 2"),
    ] {
        let name = name_of(&id);
        assert!(
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 40,
            "{name} of {id}"
        );
    }
}

#[test]
fn a_name_of_a_hundred_thousand_words_is_shortened_at_once() {
    let words: Vec<String> = (0..100_000).map(|number| format!("word{number}")).collect();
    assert!(name_of(&words.join(" ")).len() <= 40);
}
