//! MCP server for GitHub's official OpenAPI spec + Octokit extension, 23.0.2.
//!
//! Written by mcpgen from `openapi.json`. [`custom`] is yours; everything else is written again by the next build.

pub mod custom;
pub mod runtime;
#[rustfmt::skip]
mod tools;

pub use tools::SERVER;
