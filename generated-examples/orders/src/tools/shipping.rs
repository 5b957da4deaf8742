//! The tools of the tag shipping.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

use crate::runtime::tool::{Hints, Need, Parameter, ResultShape, ToolDef};

pub(super) const TOOLS: &[ToolDef] = &[
    // GET /v1/orders/{order_id}/shipments — List the parcels of an order
    ToolDef::new("list_shipments", "GET", "/v1/orders/{order_id}/shipments")
        .title("List the parcels of an order")
        .description("List the parcels of an order.")
        .operation_id("listShipments")
        .parameters(&[Parameter::path("order_id")])
        .accept("application/json")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ)
        .result(ResultShape::Wrapped),
    // GET /v1/shipments/{shipment_id}/label — Get the label of a parcel
    ToolDef::new("get_shipment_label", "GET", "/v1/shipments/{shipment_id}/label")
        .title("Get the label of a parcel")
        .description("Get the label of a parcel.")
        .operation_id("getShipmentLabel")
        .parameters(&[Parameter::path("shipment_id"), Parameter::query("format")])
        .accept("application/pdf, image/png")
        .security(&[&[Need::scheme("bearerAuth")]])
        .hints(Hints::READ),
    // GET /v1/tracking/{tracking_number} — Track a parcel
    ToolDef::new("track_parcel", "GET", "/v1/tracking/{tracking_number}")
        .title("Track a parcel")
        .description(
            "Track a parcel. Public, as the number is the secret. Asks the carrier, which can take some seconds.",
        )
        .operation_id("trackParcel")
        .parameters(&[Parameter::path("tracking_number")])
        .accept("application/json")
        .hints(Hints::READ)
        .result(ResultShape::Object),
];
