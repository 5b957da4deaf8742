//! mcpgen turns the OpenAPI document of a REST API into a complete MCP server.
//!
//! ```text
//! text ─ spec ─▶ Document ─ lower ─▶ Api ─ plan ─▶ Plan ─ emit ─▶ FileTree ─ output ─▶ disk | diff
//!                                                    └─────────▶ runtime::serve   (mcpgen serve)
//! ```
//!
//! Every stage takes `&mut Diagnostics`; none does I/O between the first read and the last write. ARCHITECTURE.md has
//! the map and the rules.

pub mod api;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod emit;
pub mod output;
pub mod plan;
#[path = "../templates/crate/src/runtime/mod.rs"]
pub mod runtime;
pub mod selector;
pub mod spec;
