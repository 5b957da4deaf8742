//! The JSON of the two requests that make up nearly all traffic, `tools/list` and `tools/call`, read and written
//! without a detour.
//!
//! Only what is plainly in order is read here; everything else is [`Message::Other`] and goes to the SDK, which knows
//! every way in which a request can be wrong. What a call *does* is `server`'s business.

use std::borrow::Cow;

use rmcp::model::{ClientCapabilities, NumberOrString, ProtocolVersion};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// `_meta` key of a request (MCP 2026-07-28, basic, "Per-request metadata").
pub(super) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// `_meta` key of a request.
pub(super) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Which of the two lives of MCP a request belongs to (MCP 2026-07-28, basic/versioning, "Dual-era").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// Up to 2025-11-25: a handshake comes first.
    Legacy,
    /// From 2026-07-28: every request says what it is.
    Modern,
}

impl Era {
    /// The era of a request by its `_meta`; `None` when it contradicts itself.
    fn of_request(meta: Option<&Map<String, Value>>) -> Option<Self> {
        let Some(version) = meta.and_then(|meta| meta.get(PROTOCOL_VERSION)) else {
            return Some(Self::Legacy);
        };
        let capabilities = meta.and_then(|meta| meta.get(CLIENT_CAPABILITIES))?;
        let in_order = version.as_str() == Some(ProtocolVersion::V_2026_07_28.as_str())
            && ClientCapabilities::deserialize(capabilities).is_ok();
        in_order.then_some(Self::Modern)
    }
}

/// One message of a client, as far as it is read here.
pub(super) enum Message {
    /// `tools/list` for the first and only page.
    List(Request),
    /// `tools/call`.
    Call(Request, Call),
    /// `notifications/cancelled` for the request with this id, as JSON text.
    Cancelled(String),
    /// Anything else.
    Other,
}

/// What a plain request has in common.
pub(super) struct Request {
    /// The id as JSON text.
    pub(super) id: Box<RawValue>,
    /// The era.
    pub(super) era: Era,
}

/// What is called.
#[derive(Default)]
pub(super) struct Call {
    /// The tool.
    pub(super) name: String,
    /// The arguments; none are an empty object.
    pub(super) arguments: Map<String, Value>,
    /// `_meta`.
    pub(super) meta: Map<String, Value>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams {
    name: String,
    arguments: Option<Map<String, Value>>,
    #[serde(rename = "_meta")]
    meta: Option<Map<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    #[serde(rename = "_meta")]
    meta: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelledParams<'a> {
    #[serde(borrow)]
    request_id: &'a RawValue,
}

impl Message {
    /// Reads one JSON-RPC message.
    pub(super) fn read(text: &[u8]) -> Self {
        Self::plain(text).unwrap_or(Self::Other)
    }

    fn plain(text: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(text).ok()?;
        if envelope.jsonrpc != "2.0" {
            return None;
        }
        match (&*envelope.method, envelope.id) {
            ("tools/call", Some(id)) => {
                let params: CallParams = serde_json::from_str(envelope.params?.get()).ok()?;
                let request = Request::new(id, params.meta.as_ref())?;
                let call = Call {
                    name: params.name,
                    arguments: params.arguments.unwrap_or_default(),
                    meta: params.meta.unwrap_or_default(),
                };
                Some(Self::Call(request, call))
            }
            ("tools/list", Some(id)) => {
                let params: ListParams = match envelope.params {
                    Some(params) => serde_json::from_str(params.get()).ok()?,
                    None => ListParams::default(),
                };
                let request = Request::new(id, params.meta.as_ref())?;
                Some(Self::List(request))
            }
            ("notifications/cancelled", None) => {
                let params: CancelledParams = serde_json::from_str(envelope.params?.get()).ok()?;
                Some(Self::Cancelled(params.request_id.get().to_owned()))
            }
            _ => None,
        }
    }
}

impl Request {
    fn new(id: &RawValue, meta: Option<&Map<String, Value>>) -> Option<Self> {
        // JSON-RPC 2.0 §4: a string or a number; MCP: an integer. The SDK writes other spellings of a number anew.
        let text = id.get();
        let plain = text.starts_with('"')
            || text
                .parse::<i64>()
                .is_ok_and(|number| number.to_string() == text);
        let era = Era::of_request(meta)?;
        plain.then(|| Self {
            id: id.to_owned(),
            era,
        })
    }
}

/// Whether a request of this `_meta` is of an era in which to close its stream is to cancel it.
pub(super) fn is_modern(meta: &Map<String, Value>) -> bool {
    meta.contains_key(PROTOCOL_VERSION)
}

/// The token that a request wants its progress reported under.
pub(super) fn progress_token(meta: &Map<String, Value>) -> Option<NumberOrString> {
    NumberOrString::deserialize(meta.get("progressToken")?).ok()
}

/// A JSON-RPC response with this result.
pub(super) fn response<T: Serialize + ?Sized>(id: &RawValue, result: &T) -> Vec<u8> {
    #[derive(Serialize)]
    struct Response<'a, T: ?Sized> {
        jsonrpc: &'static str,
        id: &'a RawValue,
        result: &'a T,
    }
    let jsonrpc = "2.0";
    let mut out = Vec::with_capacity(1 << 10);
    let response = Response {
        jsonrpc,
        id,
        result,
    };
    serde_json::to_writer(&mut out, &response).expect("maps have text keys");
    out
}

/// The call that a message asks for, in order or not; its name is empty where it is none.
#[cfg(feature = "http")]
pub(super) fn called(text: &[u8]) -> Option<Call> {
    #[derive(Deserialize)]
    struct Loose {
        method: String,
        #[serde(default)]
        params: Value,
    }
    let Loose { method, mut params } = serde_json::from_slice(text).ok()?;
    if method != "tools/call" {
        return None;
    }
    let name = params.get("name").and_then(Value::as_str);
    let name = name.unwrap_or_default().to_owned();
    let arguments = match params.get_mut("arguments").map(Value::take) {
        Some(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    };
    let meta = Map::new();
    Some(Call {
        name,
        arguments,
        meta,
    })
}

/// A JSON-RPC error response. Without an id it answers what could not be read.
pub(super) fn error(id: Option<&RawValue>, error: &rmcp::ErrorData) -> Vec<u8> {
    #[derive(Serialize)]
    struct Response<'a> {
        jsonrpc: &'static str,
        // JSON-RPC 2.0 §5: null when the id could not be read.
        id: Option<&'a RawValue>,
        error: &'a rmcp::ErrorData,
    }
    let jsonrpc = "2.0";
    serde_json::to_vec(&Response { jsonrpc, id, error }).expect("maps have text keys")
}

/// `notifications/tools/list_changed`.
pub(super) fn tools_changed() -> Vec<u8> {
    br#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#.to_vec()
}

/// `notifications/progress`.
pub(super) fn progress(
    token: &NumberOrString,
    progress: f64,
    total: Option<f64>,
    message: &str,
) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Params<'a> {
        progress_token: &'a NumberOrString,
        progress: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<f64>,
        #[serde(skip_serializing_if = "str::is_empty")]
        message: &'a str,
    }
    #[derive(Serialize)]
    struct Notification<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: Params<'a>,
    }
    let notification = Notification {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: Params {
            progress_token: token,
            progress,
            total,
            message,
        },
    };
    serde_json::to_vec(&notification).expect("maps have text keys")
}

/// Why a text is no message at all, as the answer that says so.
pub(super) fn unreadable(text: &[u8]) -> Vec<u8> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    match serde_json::from_slice::<&RawValue>(text) {
        Err(_) => error(
            None,
            &rmcp::ErrorData::parse_error("the message is not JSON", None),
        ),
        Ok(value) if value.get().starts_with('[') => error(
            None,
            // MCP 2025-06-18 took batches out.
            &rmcp::ErrorData::invalid_request("batches are not supported", None),
        ),
        Ok(value) => {
            let id = serde_json::from_str::<Id>(value.get())
                .ok()
                .and_then(|id| id.id);
            let legal = id.filter(|id| {
                id.get().starts_with(['"', '-'])
                    || id.get().starts_with(|c: char| c.is_ascii_digit())
            });
            error(
                legal,
                &rmcp::ErrorData::invalid_request(refusal(value), None),
            )
        }
    }
}

/// Why a text of JSON is no message.
fn refusal(text: &RawValue) -> &'static str {
    let Err(error) = serde_json::from_str::<Value>(text.get()) else {
        return "the message is not a JSON-RPC 2.0 request, notification or response";
    };
    let why = error.to_string();
    if why.starts_with("recursion limit") {
        "the message has arrays and objects within one another on more than 127 levels"
    } else if why.starts_with("number out of range") {
        "a number of the message is larger than any that is read"
    } else {
        // RFC 8259 §8.2: what is made of these is not said.
        "a text of the message has half of a surrogate pair, such as `\\ud83d` alone"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_plain(text: &str) -> bool {
        !matches!(Message::read(text.as_bytes()), Message::Other)
    }

    #[test]
    fn a_bare_request_is_legacy() {
        let text = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let Message::List(request) = Message::read(text) else {
            panic!("expected a list");
        };
        assert_eq!((request.id.get(), request.era), ("1", Era::Legacy));
    }

    #[test]
    fn a_request_with_complete_metadata_is_modern() {
        let text = br#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
        let Message::Call(request, call) = Message::read(text) else {
            panic!("expected a call");
        };
        assert_eq!((request.id.get(), request.era), ("\"a\"", Era::Modern));
        assert!(call.arguments.is_empty());
        assert_eq!(call.meta.len(), 2);
    }

    #[test]
    fn what_is_not_plainly_in_order_is_left_to_the_sdk() {
        for text in [
            r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1.0,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","requestState":"s"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":7}}}"#,
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
            "not json",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn a_message_that_cannot_be_read_is_answered_with_what_is_wrong() {
        let answer = |text: &str| -> Value {
            serde_json::from_slice(&unreadable(text.as_bytes())).expect("JSON")
        };
        assert_eq!(answer("{")["error"]["code"], -32700);
        assert_eq!(answer("{")["id"], Value::Null);
        assert_eq!(answer("[]")["error"]["code"], -32600);
        assert_eq!(answer(r#"{"id":7}"#)["error"]["code"], -32600);
        assert_eq!(answer(r#"{"id":7}"#)["id"], 7);
        assert_eq!(answer(r#"{"id":{}}"#)["id"], Value::Null);
        let message = |text: &str| answer(text)["error"]["message"].to_string();
        assert!(message(r#"{"id":7}"#).contains("JSON-RPC"));
        assert!(message(r#"{"id":7,"params":"\ud83d"}"#).contains("surrogate"));
        assert!(message(r#"{"id":7,"params":1e999}"#).contains("number"));
        let deep = format!(
            r#"{{"id":7,"params":{}{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        assert!(message(&deep).contains("127 levels"));
        assert_eq!(answer(&deep)["id"], 7);
    }

    #[test]
    fn progress_is_reported_under_the_token_as_it_was_given() {
        let meta = serde_json::json!({"progressToken": "t1"});
        let token = progress_token(meta.as_object().expect("an object")).expect("a token");
        let text = progress(&token, 1.0, Some(4.0), "");
        let expected = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t1","progress":1.0,"total":4.0}}"#;
        assert_eq!(String::from_utf8(text).as_deref(), Ok(expected));
        let meta = serde_json::json!({"progressToken": {}});
        assert!(progress_token(meta.as_object().expect("an object")).is_none());
    }
}
