//! The MCP server itself: one text that powers `mcpgen serve` and every generated crate.
//!
//! It is formatted, linted and tested in mcpgen and copied from there byte for byte. It knows nothing of OpenAPI: the
//! facts about the API come as a [`tool::ServerDef`].

pub mod custom;
pub mod engine;
pub mod metrics;
pub mod tool;
