//! The tools of the tag store.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Alternative, Body, BodyFormat, BodySource, Choice, Field, Hints, Need, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /store/inventory — Returns pet inventories by status
    ToolDef::new("get_inventory", "GET", "/store/inventory")
        .title("Returns pet inventories by status")
        .description(
            "Returns pet inventories by status. Returns a map of status codes to quantities.",
        )
        .operation_id("getInventory")
        .accept("application/json")
        .security(&[&[Need::scheme("api_key")]])
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // POST /store/order — Place an order for a pet
    ToolDef::new("place_order", "POST", "/store/order")
        .title("Place an order for a pet")
        .description("Place an order for a pet. Place a new order in the store.")
        .operation_id("placeOrder")
        .body(
            Body::json(
                    BodySource::Fields(
                        &[
                            Field::new("id"),
                            Field::new("petId"),
                            Field::new("quantity"),
                            Field::new("shipDate"),
                            Field::new("status"),
                            Field::new("complete"),
                        ],
                    ),
                )
                .xml_hints("{\"name\":\"order\"}")
                .choice(
                    &Choice::new(
                        "content_type",
                        &[
                            Alternative::new(
                                "application/x-www-form-urlencoded",
                                BodyFormat::Form,
                            ),
                            Alternative::new("application/xml", BodyFormat::Xml),
                        ],
                    ),
                )
                .optional(),
        )
        .accept("application/json")
        .hints(Hints::DESTROY)
        .result(ResultShape::Object),
    // GET /store/order/{orderId} — Find purchase order by ID
    ToolDef::new("get_order_by_id", "GET", "/store/order/{orderId}")
        .title("Find purchase order by ID")
        .description(
            "Find purchase order by ID. For valid response try integer IDs with value <= 5 or > 10. Other values will generate exceptions.",
        )
        .operation_id("getOrderById")
        .parameters(&[Parameter::path("orderId")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
    // DELETE /store/order/{orderId} — Delete purchase order by identifier
    ToolDef::new("delete_order", "DELETE", "/store/order/{orderId}")
        .title("Delete purchase order by identifier")
        .description(
            "Delete purchase order by identifier. For valid response try integer IDs with value < 1000. Anything above 1000 or non-integers will generate API errors.",
        )
        .operation_id("deleteOrder")
        .parameters(&[Parameter::path("orderId")])
        .hints(Hints::OVERWRITE),
];
