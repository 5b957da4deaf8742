//! The tools of the tag orders.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Body, BodySource, Field, FinalState, Hints, Need, Parameter, ResultShape, Style, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /v1/orders — List my orders
    ToolDef::new("list_orders", "GET", "/v1/orders")
        .title("List my orders")
        .description(
            "List my orders. The orders of the caller's account, newest first. Filters narrow the list together (AND).",
        )
        .operation_id("listOrders")
        .parameters(
            &[
                Parameter::query("status"),
                Parameter::query("placed_after"),
                Parameter::query("placed_before"),
                Parameter::query("min_total"),
                Parameter::query("q"),
                Parameter::query("account"),
                Parameter::query("sort"),
                Parameter::query("page"),
                Parameter::query("per_page"),
            ],
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // GET /v1/orders/export — Export my orders as CSV
    ToolDef::new("export_orders", "GET", "/v1/orders/export")
        .title("Export my orders as CSV")
        .description("Export my orders as CSV.")
        .operation_id("exportOrders")
        .parameters(&[Parameter::query("year"), Parameter::query("account")])
        .accept("text/csv")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ),
    // GET /v1/orders/{order_id} — Get one order
    ToolDef::new("get_order", "GET", "/v1/orders/{order_id}")
        .title("Get one order")
        .description("Get one order.")
        .operation_id("getOrder")
        .parameters(
            &[
                Parameter::path("order_id"),
                Parameter::query("include").style(Style::Form, false),
            ],
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // PATCH /v1/orders/{order_id} — Change the delivery address or the reference
    ToolDef::new("update_order", "PATCH", "/v1/orders/{order_id}")
        .title("Change the delivery address or the reference")
        .description(
            "Change the delivery address or the reference. Possible until the order is packed. What is not sent stays as it is.",
        )
        .operation_id("updateOrder")
        .parameters(
            &[
                Parameter::path("order_id"),
                Parameter::header("If-Match").argument("If_Match"),
            ],
        )
        .body(
            Body::json(
                BodySource::Fields(
                    &[
                        Field::new("reference"),
                        Field::new("shipping_address"),
                        Field::new("labels"),
                    ],
                ),
            ),
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // POST /v1/orders/{order_id}/cancel — Cancel an order
    ToolDef::new("cancel_order", "POST", "/v1/orders/{order_id}/cancel")
        .title("Cancel an order")
        .description(
            "Cancel an order. Cancels the whole order and returns the money. An order that has left the warehouse cannot be cancelled (409): ask for a refund instead.",
        )
        .operation_id("cancelOrder")
        .parameters(&[Parameter::path("order_id")])
        .body(
            Body::json(
                BodySource::Fields(&[Field::new("reason"), Field::new("comment")]),
            ),
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // PUT /v1/orders/{order_id}/gift-message — Set the text of the gift card
    ToolDef::new("set_gift_message", "PUT", "/v1/orders/{order_id}/gift-message")
        .title("Set the text of the gift card")
        .description("Set the text of the gift card.")
        .operation_id("setGiftMessage")
        .parameters(&[Parameter::path("order_id")])
        .body(Body::text(BodySource::Whole("body")).media_type("text/plain"))
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::OVERWRITE),
    // DELETE /v1/orders/{order_id}/gift-message — Send no gift card
    ToolDef::new("remove_gift_message", "DELETE", "/v1/orders/{order_id}/gift-message")
        .title("Send no gift card")
        .description("Send no gift card.")
        .operation_id("removeGiftMessage")
        .parameters(&[Parameter::path("order_id")])
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::OVERWRITE),
    // GET /v0/orders/{number} — Get one order (old numbers) (deprecated)
    ToolDef::new("get_order_v0", "GET", "/v0/orders/{number}")
        .title("Get one order (old numbers)")
        .description(
            "Deprecated. Get one order (old numbers). Kept for the till systems. Amounts are floating point numbers here; use `get_order`.",
        )
        .operation_id("getOrderV0")
        .deprecated()
        .parameters(&[Parameter::path("number")])
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /v1/reports — Make a report about the orders of a year
    ToolDef::new("create_sales_report", "POST", "/v1/reports")
        .title("Make a report about the orders of a year")
        .description(
            "Make a report about the orders of a year. The report is made after the API has answered, which takes some seconds.",
        )
        .operation_id("createSalesReport")
        .body(
            Body::json(BodySource::Fields(&[Field::new("year"), Field::new("account")])),
        )
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::DESTROY)
        .result(ResultShape::Object)
        .long_running(FinalState::Unsaid),
];
