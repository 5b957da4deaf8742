//! What `/metrics` shows.

/// The server's metrics.
#[derive(Debug, Default)]
pub struct Metrics {}
