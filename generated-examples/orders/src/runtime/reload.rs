//! Policies that change while the server runs: the configuration file is read again when it is another.
//!
//! Only policies change; what they were stays in force when the new text has a mistake, which is told.

use std::time::Duration;

use super::engine::Engine;
use super::files::Stamp;
use super::settings::Settings;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Watches the configuration file for as long as it is polled; without one it waits for ever. `again` reads all options.
pub(super) async fn policies(
    engine: &Engine,
    settings: &Settings,
    again: impl Fn() -> Result<Settings, String>,
) {
    let Some(path) = settings.options.config.as_deref() else {
        return std::future::pending().await;
    };
    let mut read = Stamp::of(path);
    let mut last = read;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = Stamp::of(path);
        // What is being written is not yet what its writer means: it has to look the same twice.
        let is_settled = now == std::mem::replace(&mut last, now);
        if !is_settled || now == read || now.is_none() {
            continue;
        }
        read = now;
        let fresh = again();
        let replaced = fresh.and_then(|fresh| {
            let policies = &fresh.engine.policies;
            engine.replace_policies(policies).map_err(|error| error.0)
        });
        match replaced {
            Ok(()) => tracing::info!(path, "policies read again"),
            Err(why) => tracing::error!("{why}; the policies of before stay in force"),
        }
    }
}
