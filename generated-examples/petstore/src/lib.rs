//! MCP server for Swagger Petstore - OpenAPI 3.0, 1.0.27-SNAPSHOT.
//!
//! Written by mcpgen from `openapi.json`. [`custom`] is yours; everything else is written again by the next build.

pub mod custom;
pub mod runtime;
#[rustfmt::skip]
mod tools;

pub use tools::SERVER;
