//! The tools as data, a module for each tag.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.
#![allow(clippy::unicode_not_nfc, reason = "the texts are the API's own")]

#[rustfmt::skip]
mod pet;
#[rustfmt::skip]
mod store;
#[rustfmt::skip]
mod user;

use crate::runtime::tool::{BaseUrl, Group, Location, Scheme, SchemeKind, ServerDef};

/// The whole server: what `main` runs.
pub const SERVER: ServerDef = ServerDef {
    name: "petstore",
    title: "Swagger Petstore - OpenAPI 3.0",
    version: "1.0.27-SNAPSHOT",
    instructions: "\
Swagger Petstore - OpenAPI 3.0: This is a sample Pet Store Server based on the OpenAPI 3.0 specification. You can find out more about Swagger at https://swagger.io. In the third iteration of the pet store, we've switched to the design first approach! You can now help us improve the API whether it's by making changes to the definition itself or to the code. 19 tools, one for each operation of the API.\n\
\n\
Tools by subject:\n\
- pet (8, e.g. update_pet): Everything about your Pets\n\
- store (4, e.g. get_inventory): Access to Petstore orders\n\
- user (7, e.g. create_user): Operations about user",
    servers: &[BaseUrl::new(Some("https://petstore3.swagger.io/api/v3"))],
    schemes: &[
        Scheme {
            name: "petstore_auth",
            env: "PETSTORE_AUTH",
            kind: SchemeKind::Bearer,
        },
        Scheme {
            name: "api_key",
            env: "API_KEY",
            kind: SchemeKind::ApiKey(Location::Header, "api_key"),
        },
    ],
    groups: &[
        Group {
            tag: "pet",
            tools: pet::TOOLS,
            schemas: include_str!("../../schemas/pet.json"),
        },
        Group {
            tag: "store",
            tools: store::TOOLS,
            schemas: include_str!("../../schemas/store.json"),
        },
        Group {
            tag: "user",
            tools: user::TOOLS,
            schemas: include_str!("../../schemas/user.json"),
        },
    ],
    defs: include_str!("../../schemas/defs.json"),
    prompts: &[],
    #[cfg(feature = "spec")]
    document: Some(include_str!("../../openapi.json")),
    #[cfg(not(feature = "spec"))]
    document: None,
};
