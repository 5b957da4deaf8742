//! MCP server for Harbour Orders, 4.2.1.
//!
//! Written by mcpgen from `openapi.json`. [`custom`] is yours; everything else is written again by the next build.

pub mod custom;
#[rustfmt::skip]
mod prompts;
pub mod runtime;
#[rustfmt::skip]
mod tools;

pub use tools::SERVER;
