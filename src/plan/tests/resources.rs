//! URIs that operations are given as resources.

use serde_json::json;

use super::{api, operation, planned};
use crate::api::ParameterLocation;
use crate::diagnostic::Code;
use crate::plan::PlanOptions;

#[test]
fn a_uri_of_its_own_is_taken_and_any_other_is_reported() {
    let of = |method: &str, uri: &str| {
        let get = operation(method, "/orders/{id}").id("getOrder");
        let get = get.with(ParameterLocation::Path, "id", json!({"type": "string"}));
        let get = get.extension("x-mcp", json!({"resource": uri}));
        let (plan, codes) = planned(&api([get]), &PlanOptions::default());
        (plan.groups[0].tools[0].resource.clone(), codes)
    };
    for uri in ["shop://orders/{id}", "shop://latest", "x-1.y://a/{id}/pdf"] {
        assert_eq!(of("GET", uri), (Some(uri.to_owned()), Vec::new()), "{uri}");
    }
    for uri in [
        "orders/{id}",
        "https://x/{id}",
        "file:///etc/passwd",
        "api://get_order",
        "openapi://spec",
        "Shop://a",
        "shop://",
        "shop://{id}",
        "shop://a/{id}.pdf",
        "shop://a/{x}",
        "shop://a/{id}/{id}",
        "shop://a?b=c",
        "shop://a b",
        "shop://a\u{200b}",
    ] {
        assert_eq!(
            of("GET", uri),
            (None, vec![Code::InvalidExtension]),
            "{uri}"
        );
    }
    assert_eq!(of("POST", "shop://a").0, None);
}

#[test]
fn two_operations_do_not_share_a_uri() {
    let get = |id: &str| {
        let get = operation("GET", &format!("/{id}/{{a}}")).id(id);
        let get = get.with(ParameterLocation::Path, "a", json!({"type": "string"}));
        get.extension("x-mcp", json!({"resource": "shop://x/{a}"}))
    };
    let (plan, codes) = planned(&api([get("first"), get("second")]), &PlanOptions::default());
    let uris: Vec<bool> = plan.tools().map(|tool| tool.resource.is_some()).collect();
    assert_eq!(
        (uris, codes),
        (vec![true, false], vec![Code::InvalidExtension])
    );
}
