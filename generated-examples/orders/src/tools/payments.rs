//! The tools of the tag payments.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Body, BodySource, Field, Hints, Need, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /v1/orders/{order_id}/refunds — List the refunds of an order
    ToolDef::new("list_refunds", "GET", "/v1/orders/{order_id}/refunds")
        .title("List the refunds of an order")
        .description("List the refunds of an order.")
        .operation_id("listRefunds")
        .parameters(&[Parameter::path("order_id")])
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // POST /v1/orders/{order_id}/refunds — Refund an order in whole or in part
    ToolDef::new("create_refund", "POST", "/v1/orders/{order_id}/refunds")
        .title("Refund an order in whole or in part")
        .description(
            "Refund an order in whole or in part. The money goes back to where it came from. The sum of all refunds cannot exceed what was paid; an order that was not paid cannot be refunded (422).",
        )
        .operation_id("createRefund")
        .parameters(
            &[
                Parameter::path("order_id"),
                Parameter::header("Idempotency-Key").argument("Idempotency_Key"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("amount"),
                        Field::new("reason"),
                        Field::new("items"),
                        Field::new("notify"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /v1/me — Get my account
    ToolDef::new("get_my_account", "GET", "/v1/me")
        .title("Get my account")
        .description("Get my account.")
        .operation_id("getMyAccount")
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Object),
];
