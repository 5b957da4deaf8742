//! What the owner adds: tools of their own, and hooks around every call.

/// Implemented by `src/custom.rs`.
pub trait Custom: Send + Sync + 'static {}
