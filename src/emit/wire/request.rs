//! The HTTP request that a call should make, worked out from the plan alone.
//!
//! This is a second, smaller implementation of what the runtime does, kept apart so that the generated test can fail.
//! It covers what most calls are made of and refuses the rest.

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::plan::{Body, BodySource, Parameter, Plan, SchemeKind, Tool};
use crate::runtime::tool::{BodyFormat, Location, ParameterFormat, Style};

/// What the upstream should receive.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    /// The path, encoded.
    pub(super) path: String,
    /// The pairs of the query, encoded.
    pub(super) query: Vec<String>,
    /// Headers by lower-case name; there may be others.
    pub(super) headers: Map<String, Value>,
    /// The body; `None` when there should be none.
    pub(super) body: Option<ExpectedBody>,
}

/// A body, compared as what it is.
#[derive(Debug, PartialEq)]
pub(super) enum ExpectedBody {
    /// Equal as JSON.
    Json(Value),
    /// Equal as text.
    Text(String),
}

/// The request for these arguments, or nothing when a part of it is not covered.
pub(super) fn request(plan: &Plan, tool: &Tool, arguments: &Map<String, Value>) -> Option<Request> {
    let mut request = Request {
        path: tool.path.clone(),
        ..Request::default()
    };
    request
        .headers
        .insert("accept".to_owned(), tool.accept.clone().into());
    for parameter in &tool.parameters {
        if let Some(value) = arguments.get(&parameter.argument) {
            add_parameter(&mut request, parameter, value)?;
        }
    }
    // A variable that stays is not ours to judge, nor what has to be encoded, and dots would be another path.
    let odd = |segment: &str| matches!(segment, "." | "..") || !segment.bytes().all(is_of_a_path);
    if request.path.split('/').any(odd) {
        return None;
    }
    if let Some(body) = &tool.body {
        request.body = expected_body(body, arguments)?;
        if request.body.is_some() {
            let media_type = body.media_type.clone();
            request
                .headers
                .insert("content-type".to_owned(), media_type.into());
        }
    }
    add_credentials(&mut request, plan, tool)?;
    Some(request)
}

/// Whether a parameter is sent in a way that is covered.
pub(super) fn covers(parameter: &Parameter) -> bool {
    let style = match parameter.location {
        Location::Path | Location::Header => Style::Simple,
        Location::Query => Style::Form,
        Location::Cookie => return false,
    };
    if parameter.location == Location::Header && is_of_the_message(&parameter.name) {
        return false;
    }
    let name_is_plain = parameter.name.bytes().all(is_unreserved);
    parameter.style == style
        && !parameter.allow_reserved
        && parameter.format == ParameterFormat::Style
        && name_is_plain
}

/// Headers that are a client's own business: how a message is framed, where it goes, on whose behalf. An argument
/// should not set them, whatever the API's description says.
fn is_of_the_message(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["content-", "proxy-", "x-forwarded-", "http2-"];
    const NAMES: [&str; 12] = [
        "accept-encoding",
        "authorization",
        "connection",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = name.to_ascii_lowercase();
    let prefixed = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    prefixed || NAMES.contains(&name.as_str())
}

fn add_parameter(request: &mut Request, parameter: &Parameter, value: &Value) -> Option<()> {
    if !covers(parameter) {
        return None;
    }
    match parameter.location {
        Location::Path => {
            let text = encoded(&scalar(value).filter(|text| !text.is_empty())?);
            let variable = format!("{{{}}}", parameter.name);
            request.path = request.path.replace(&variable, &text);
        }
        Location::Query => {
            let texts = match value {
                Value::Array(items) if items.is_empty() => return None,
                Value::Array(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>()?,
                other => vec![scalar(other)?],
            };
            let texts: Vec<_> = texts.iter().map(|text| encoded(text)).collect();
            let values = if parameter.explode || texts.len() == 1 {
                texts
            } else {
                vec![texts.join(",")]
            };
            let pairs = values
                .iter()
                .map(|text| format!("{}={text}", parameter.name));
            request.query.extend(pairs);
        }
        Location::Header => {
            let text = scalar(value)?;
            let visible = text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' ');
            if text.is_empty() || text.trim() != text || !visible {
                return None;
            }
            request
                .headers
                .insert(parameter.name.to_ascii_lowercase(), text.into());
        }
        Location::Cookie => return None,
    }
    Some(())
}

/// A string, number or boolean as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// RFC 6570 §3.2.2: everything but unreserved characters is percent-encoded.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut result, byte| {
        if is_unreserved(byte) {
            result.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(result, "%{byte:02X}");
        }
        result
    })
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 §3.3.
fn is_of_a_path(byte: u8) -> bool {
    is_unreserved(byte) || b"%!$&'()*+,;=:@".contains(&byte)
}

/// The body, where it is covered.
#[expect(
    clippy::option_option,
    reason = "not covered is another thing than no body"
)]
fn expected_body(body: &Body, arguments: &Map<String, Value>) -> Option<Option<ExpectedBody>> {
    let value = match &body.source {
        BodySource::Whole(argument) => match arguments.get(argument) {
            Some(value) => value.clone(),
            None if body.required => return None,
            None => return Some(None),
        },
        BodySource::Object(..) => return None,
        BodySource::Fields(fields) => {
            let given: Map<String, Value> = fields
                .iter()
                .filter_map(|field| {
                    Some((field.name.clone(), arguments.get(&field.argument)?.clone()))
                })
                .collect();
            if given.is_empty() && !body.required {
                return Some(None);
            }
            given.into()
        }
    };
    let expected = match body.format {
        BodyFormat::Json => ExpectedBody::Json(value),
        BodyFormat::Text => ExpectedBody::Text(value.as_str()?.to_owned()),
        BodyFormat::Bytes => {
            let bytes = base64::prelude::BASE64_STANDARD
                .decode(value.as_str()?)
                .ok()?;
            ExpectedBody::Text(String::from_utf8(bytes).ok()?)
        }
        BodyFormat::Form => ExpectedBody::Text(form(value.as_object()?)?),
        BodyFormat::Multipart | BodyFormat::Parts | BodyFormat::Xml | BodyFormat::JsonLines => {
            return None;
        }
    };
    Some(Some(expected))
}

/// A form of plain values, in which no two encodings differ.
fn form(fields: &Map<String, Value>) -> Option<String> {
    let pairs: Option<Vec<_>> = fields
        .iter()
        .map(|(name, value)| {
            let text = scalar(value)?;
            let plain = name.bytes().chain(text.bytes()).all(is_unreserved);
            (plain && !text.contains('~')).then(|| format!("{name}={text}"))
        })
        .collect();
    pairs.map(|pairs| pairs.join("&"))
}

/// The value that the test gives to a credential's variable.
pub(super) fn credential(variable: &str) -> String {
    format!("wire-{}", variable.to_ascii_lowercase().replace('_', "-"))
}

/// Adds what the first alternative of the tool's security sends, when every credential is there. An empty one is what
/// is left without any credential, wherever it stands.
fn add_credentials(request: &mut Request, plan: &Plan, tool: &Tool) -> Option<()> {
    let Some(first) = tool.security.iter().find(|needs| !needs.is_empty()) else {
        return Some(());
    };
    let mut contested = Vec::new();
    for need in first {
        let scheme = plan
            .schemes
            .iter()
            .find(|scheme| scheme.name == need.scheme)?;
        let variable = |suffix: &str| credential(&format!("API_{}_{suffix}", scheme.env));
        let (name, value) = match &scheme.kind {
            SchemeKind::Bearer => (
                "authorization".to_owned(),
                format!("Bearer {}", variable("TOKEN")),
            ),
            SchemeKind::Basic => {
                let pair = format!("{}:{}", variable("USERNAME"), variable("PASSWORD"));
                let text = base64::prelude::BASE64_STANDARD.encode(pair);
                ("authorization".to_owned(), format!("Basic {text}"))
            }
            // It answers a challenge, and the mock has none.
            SchemeKind::Digest => continue,
            SchemeKind::ApiKey(Location::Header, name) => {
                (name.to_ascii_lowercase(), variable("KEY"))
            }
            SchemeKind::ApiKey(Location::Query, name) if name.bytes().all(is_unreserved) => {
                request.query.push(format!("{name}={}", variable("KEY")));
                continue;
            }
            SchemeKind::ApiKey(Location::Cookie, name) => {
                ("cookie".to_owned(), format!("{name}={}", variable("KEY")))
            }
            SchemeKind::ApiKey(..) => return None,
        };
        if request.headers.insert(name.clone(), value.into()).is_some() {
            contested.push(name);
        }
    }
    // Which of two credentials for one header is sent is not ours to judge.
    for name in contested {
        request.headers.shift_remove(&name);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::plan::{Group, Need, Scheme};
    use crate::runtime::tool::{Hints, ResultShape};

    /// The pairs of the query of a call without arguments, where `q` is a key in the query.
    fn query(security: &[&[&str]]) -> Vec<String> {
        let request = to("/", security);
        request.expect("it is covered").query
    }

    /// The request of a call without arguments.
    fn to(path: &str, security: &[&[&str]]) -> Option<Request> {
        let needs = |names: &[&str]| {
            let need = |name: &&str| Need {
                scheme: (*name).to_owned(),
                scopes: Vec::new(),
            };
            names.iter().map(need).collect()
        };
        let tool = Tool {
            name: "list".to_owned(),
            title: String::new(),
            description: String::new(),
            operation_id: None,
            whole_description: None,
            is_partial: false,
            null_is_absent: false,
            method: "GET".to_owned(),
            path: path.to_owned(),
            tags: Vec::new(),
            deprecated: false,
            server: 0,
            parameters: Vec::new(),
            body: None,
            accept: "*/*".to_owned(),
            security: security.iter().map(|names| needs(names)).collect(),
            hints: Hints::READ,
            result: ResultShape::Unstructured,
            long_running: None,
            resource: None,
            advertised: json!({}),
            precise: json!({}),
            output: None,
            pointer: crate::diagnostic::JsonPointer::root(),
        };
        let plan = Plan {
            name: "test".to_owned(),
            title: String::new(),
            version: String::new(),
            description: String::new(),
            instructions: String::new(),
            servers: Vec::new(),
            schemes: vec![Scheme {
                name: "q".to_owned(),
                env: "Q".to_owned(),
                kind: SchemeKind::ApiKey(Location::Query, "api_key".to_owned()),
                issuer: None,
                description: String::new(),
            }],
            groups: Vec::<Group>::new(),
            defs: IndexMap::new(),
            prompts: Vec::new(),
        };
        request(&plan, &tool, &Map::new())
    }

    #[test]
    fn a_path_that_has_to_be_encoded_is_not_judged() {
        assert!(to("/a-b/c%20d;e=f", &[]).is_some());
        for path in [
            "/a b", "/\"", "/a|b", "/<a>", "/`", "/a\\b", "/{id}", "/ä", "/../a",
        ] {
            assert_eq!(to(path, &[]), None, "{path}");
        }
    }

    #[test]
    fn a_credential_is_sent_whether_or_not_the_call_can_do_without() {
        let key = ["api_key=wire-api-q-key"];
        assert_eq!(query(&[&["q"]]), key);
        assert_eq!(query(&[&["q"], &[]]), key);
        assert_eq!(query(&[&[], &["q"]]), key);
        assert!(query(&[&[]]).is_empty());
        assert!(query(&[]).is_empty());
    }
}
