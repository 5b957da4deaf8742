//! Keys by which callers say that a call is one that they made before: `_meta["mcpgen/idempotency-key"]`.
//!
//! What the API gets is a digest of caller, tool and key: it is the same from every replica, and nobody repeats another
//! one's call.

use http::HeaderValue;
use serde_json::{Value, json};

use super::super::custom::Call;
use super::super::engine::{ErrorType, ToolResult};
use super::super::random::uuid_of;
use super::super::request::Outgoing;
use super::super::resilience::may_repeat;
use super::super::state::name_of;

/// Where a call says it.
pub(super) const META: &str = "mcpgen/idempotency-key";
/// In bytes.
const LONGEST: usize = 255;

/// What the API is to get; `None` where the call says nothing.
///
/// # Errors
/// It is no key: what the model reads.
pub(super) fn key_of(call: &Call) -> Result<Option<HeaderValue>, ToolResult> {
    let Some(given) = call.context.meta.get(META) else {
        return Ok(None);
    };
    let fits = |text: &&str| (1..=LONGEST).contains(&text.len());
    let Some(text) = given.as_str().filter(fits) else {
        let why = format!("expected a text of 1 to {LONGEST} bytes");
        return Err(refused(call, &why));
    };
    let identity = call.context.identity.as_ref();
    let caller = identity.map(|identity| (identity.means().label(), identity.name()));
    let facts: Value = json!(["idempotency key", caller, &*call.tool, text]);
    // Many APIs take UUIDs alone; version 8 is what its maker makes of something (RFC 9562 §5.8).
    Ok(HeaderValue::from_str(&uuid_of(&name_of(&facts), 8)).ok())
}

/// Nobody is to believe that a request is repeated safely which is not.
///
/// # Errors
/// The API may do it twice: what the model reads.
pub(super) fn check(call: &Call, outgoing: &Outgoing) -> Result<(), ToolResult> {
    if !call.context.meta.contains_key(META) || may_repeat(outgoing) {
        return Ok(());
    }
    let why = "the API takes no idempotency key for this and may do it twice; leave the key out";
    Err(refused(call, why))
}

fn refused(call: &Call, why: &str) -> ToolResult {
    let text = format!(
        "`{}` was not called: `_meta[\"{META}\"]`: {why}.",
        call.tool
    );
    ToolResult::failure(ErrorType::InvalidArguments, text)
}
