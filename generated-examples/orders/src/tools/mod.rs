//! The tools as data, a module for each tag.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.
#![allow(clippy::unicode_not_nfc, reason = "the texts are the API's own")]

#[rustfmt::skip]
mod orders;
#[rustfmt::skip]
mod payments;
#[rustfmt::skip]
mod shipping;

use crate::runtime::tool::{BaseUrl, Group, Scheme, SchemeKind, ServerDef};

/// The whole server: what `main` runs.
pub const SERVER: ServerDef = ServerDef {
    name: "orders",
    title: "Harbour Orders",
    version: "4.2.1",
    instructions: "\
Harbour Orders: Order management for the Harbour web shop, in production since 2014. A caller sees the orders of their own account and nothing else; somebody else's order does not exist for them (404). 15 tools, one for each operation of the API.\n\
\n\
Tools by subject:\n\
- orders (9, e.g. list_orders): Find, read, change and cancel orders\n\
- payments (3, e.g. list_refunds): Refunds and the account that is charged\n\
- shipping (3, e.g. list_shipments): Parcels, labels and tracking",
    servers: &[BaseUrl::new(Some("http://127.0.0.1:4010/api"))],
    schemes: &[
        Scheme {
            name: "bearerAuth",
            env: "BEARER_AUTH",
            kind: SchemeKind::Bearer,
        },
    ],
    groups: &[
        Group {
            tag: "orders",
            tools: orders::TOOLS,
            schemas: include_str!("../../schemas/orders.json"),
        },
        Group {
            tag: "payments",
            tools: payments::TOOLS,
            schemas: include_str!("../../schemas/payments.json"),
        },
        Group {
            tag: "shipping",
            tools: shipping::TOOLS,
            schemas: include_str!("../../schemas/shipping.json"),
        },
    ],
    defs: include_str!("../../schemas/defs.json"),
    prompts: crate::prompts::PROMPTS,
    #[cfg(feature = "spec")]
    document: Some(include_str!("../../openapi.json")),
    #[cfg(not(feature = "spec"))]
    document: None,
};
