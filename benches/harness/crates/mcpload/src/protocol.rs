//! The MCP messages that a run sends, and how a reply is found and judged. No I/O.

use memchr::memmem;
use serde_json::{Value, json};

use crate::{Outcome, options::Options, sentence};

/// The protocol version that asks for a handshake; every server under test speaks it.
pub(crate) const LEGACY: &str = "2025-06-18";
/// The stateless protocol version.
pub(crate) const MODERN: &str = "2026-07-28";

pub(crate) fn initialize(protocol: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": protocol,
        "capabilities": {}, "clientInfo": {"name": "mcpload", "version": env!("CARGO_PKG_VERSION")}}})
}

pub(crate) fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

pub(crate) fn tools_list(cursor: &Value) -> Value {
    let params = if cursor.is_null() {
        json!({})
    } else {
        json!({ "cursor": cursor })
    };
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params})
}

/// The `params` of a client's calls that `--tool`, `--args` and `--vary` describe, as text: only the id differs between them.
pub(crate) fn call_params(options: &Options, protocol: &str, client: usize) -> Outcome<String> {
    let mut arguments: Value =
        serde_json::from_str(&options.text("--args", "{}")).map_err(sentence)?;
    if let Some(name) = options.get("--vary") {
        arguments[name] = json!(client + 1);
    }
    let mut params = json!({"name": options.text("--tool", ""), "arguments": arguments});
    if protocol == MODERN {
        params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": "mcpload", "version": env!("CARGO_PKG_VERSION")},
            "io.modelcontextprotocol/clientCapabilities": {}});
    }
    Ok(params.to_string())
}

pub(crate) fn call(id: u64, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#)
}

/// Whether a reply is the expected one: found by bytes, since parsing it would cost more than the server does.
pub(crate) fn is_good(body: &[u8], expected: &[u8]) -> bool {
    let has = |needle: &[u8]| memmem::find(body, needle).is_some();
    has(expected)
        && !has(b"\"isError\":true")
        && !has(b"\"isError\": true")
        && !has(b"\"error\":{\"code\"")
}

/// The JSON-RPC reply in a plain JSON body or in an event stream.
pub(crate) fn reply(body: &[u8]) -> Outcome<Value> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return Ok(value);
    }
    let text = String::from_utf8_lossy(body);
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok())
        .rfind(|value| value.get("result").is_some() || value.get("error").is_some())
        .ok_or_else(|| {
            format!(
                "no JSON-RPC reply in: {}",
                text.chars().take(400).collect::<String>()
            )
        })
}

/// The top-level id of a message: looked for near the start, then near the end (where some servers put it).
pub(crate) fn id(message: &[u8]) -> Option<u64> {
    let key = b"\"id\":";
    let at = memmem::find(&message[..message.len().min(80)], key)
        .or_else(|| memmem::rfind(message, key))?;
    let digits = message[at + key.len()..].trim_ascii_start();
    let end = digits
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// Whether a message is a notification or a request of the server's, which a run skips.
pub(crate) fn is_not_a_reply(message: &[u8]) -> bool {
    memmem::find(message, b"\"method\":").is_some_and(|at| at < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_read_at_either_end_of_a_reply() {
        assert_eq!(id(br#"{"jsonrpc":"2.0","id":17,"result":{}}"#), Some(17));
        let late = format!(
            r#"{{"result":{{"text":"{}"}},"jsonrpc":"2.0","id": 42}}"#,
            "x".repeat(200)
        );
        assert_eq!(id(late.as_bytes()), Some(42));
        assert_eq!(id(b"{}"), None);
    }

    #[test]
    fn a_marked_error_is_not_a_good_reply() {
        assert!(is_good(
            br#"{"result":{"content":[{"text":"petmark"}],"isError":false}}"#,
            b"petmark"
        ));
        assert!(!is_good(
            br#"{"result":{"content":[{"text":"petmark"}],"isError":true}}"#,
            b"petmark"
        ));
        assert!(!is_good(
            br#"{"error":{"code":-32602,"message":"petmark"}}"#,
            b"petmark"
        ));
        assert!(!is_good(br#"{"result":{}}"#, b"petmark"));
    }

    #[test]
    fn the_reply_is_found_in_an_event_stream() {
        let stream = b"event: message\ndata: {\"method\":\"x\"}\n\ndata: {\"id\":1,\"result\":{\"ok\":1}}\n\n";
        assert_eq!(reply(stream).expect("a reply")["result"]["ok"], 1);
        assert!(reply(b": ping\n\n").is_err());
    }
}
