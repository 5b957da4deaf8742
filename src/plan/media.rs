//! Media types: which one a request body is sent as, and which ones a tool asks for.

use serde_json::Value;

use crate::api::{MediaType, Response, StatusPattern};
use crate::runtime::tool::BodyFormat;

/// How a body is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// The index into the body's media types.
    pub index: usize,
    /// The `Content-Type`.
    pub content_type: String,
    pub format: BodyFormat,
}

/// The media type that fits a tool's arguments best: JSON before forms before text before bytes; within a kind
/// the first one. Nothing when there is none, as with `multipart/…` alone.
pub(super) fn choice(content: &[MediaType]) -> Option<Choice> {
    content
        .iter()
        .enumerate()
        .filter(|(_, media)| is_header_text(&media.name))
        .filter_map(|(index, media)| {
            let (rank, format, content_type) = sendable(media)?;
            let choice = Choice {
                index,
                content_type,
                format,
            };
            Some((rank, choice))
        })
        .min_by_key(|(rank, choice)| (*rank, choice.index))
        .map(|(_, choice)| choice)
}

/// Rank, format and `Content-Type` of a media type that arguments can be sent as.
fn sendable(media: &MediaType) -> Option<(u8, BodyFormat, String)> {
    let name = essence(&media.name);
    let as_is = || media.name.trim().to_owned();
    let is_wildcard = name.contains('*');
    if is_json(&name) {
        let rank = u8::from(name != "application/json");
        let content_type = if is_wildcard {
            "application/json".to_owned()
        } else {
            as_is()
        };
        return Some((rank, BodyFormat::Json, content_type));
    }
    if name == "application/x-www-form-urlencoded" {
        return Some((2, BodyFormat::Form, as_is()));
    }
    if name.starts_with("multipart/") {
        return None;
    }
    if is_text(&name) {
        let content_type = if is_wildcard {
            "text/plain; charset=utf-8".to_owned()
        } else {
            as_is()
        };
        let rank = if name.starts_with("text/plain") { 3 } else { 4 };
        return Some((rank, BodyFormat::Text, content_type));
    }
    let carries = carried(media.schema.as_ref());
    if matches!(name.as_str(), "*/*" | "application/*") && carries == Carries::Structure {
        let json = "application/json".to_owned();
        return Some((5, BodyFormat::Json, json));
    }
    let content_type = if is_wildcard {
        "application/octet-stream".to_owned()
    } else {
        as_is()
    };
    match carries {
        Carries::Text if !is_binary(&name) => Some((6, BodyFormat::Text, content_type)),
        Carries::Bytes => Some((7, BodyFormat::Bytes, content_type)),
        _ if is_binary(&name) || is_wildcard => Some((7, BodyFormat::Bytes, content_type)),
        _ => None,
    }
}

/// What the schema of a media type says about the bytes.
#[derive(PartialEq)]
enum Carries {
    Text,
    Bytes,
    Structure,
    Unknown,
}

fn carried(schema: Option<&Value>) -> Carries {
    let Some(Value::Object(schema)) = schema else {
        return Carries::Unknown;
    };
    let text = |keyword| schema.get(keyword).and_then(Value::as_str);
    let is_bytes = matches!(text("format"), Some("binary" | "byte" | "base64"))
        || schema.contains_key("contentEncoding")
        || schema.contains_key("contentMediaType");
    match text("type") {
        Some("string") | None if is_bytes => Carries::Bytes,
        Some("string") => Carries::Text,
        None if schema.is_empty() => Carries::Unknown,
        _ => Carries::Structure,
    }
}

/// `application/json`, `application/problem+json`, `text/json`; not streams of JSON.
pub(super) fn is_json(name: &str) -> bool {
    let name = essence(name);
    matches!(
        name.as_str(),
        "application/json" | "text/json" | "application/x-json" | "application/vnd.api+json"
    ) || (name.ends_with("+json") && !name.ends_with("json-seq"))
}

fn is_text(name: &str) -> bool {
    name.starts_with("text/")
        || name.ends_with("+xml")
        || name.ends_with("+yaml")
        || matches!(
            name,
            "application/xml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/csv"
                | "application/graphql"
                | "application/javascript"
                | "application/sql"
                | "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/jwt"
                | "application/jose"
        )
}

fn is_binary(name: &str) -> bool {
    ["image/", "audio/", "video/", "font/"]
        .iter()
        .any(|kind| name.starts_with(kind))
        || matches!(
            name,
            "application/octet-stream"
                | "application/pdf"
                | "application/zip"
                | "application/gzip"
                | "application/x-gzip"
                | "application/x-tar"
                | "application/x-zip-compressed"
                | "application/x-protobuf"
                | "application/protobuf"
                | "application/msgpack"
                | "application/cbor"
                | "application/vnd.ms-excel"
                | "application/msword"
        )
        || name.starts_with("application/vnd.openxmlformats-")
}

/// The media type without its parameters, in lower case.
fn essence(name: &str) -> String {
    name.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A spec's text that may stand in a header: `type/subtype` with parameters, no line breaks.
fn is_header_text(name: &str) -> bool {
    name.contains('/')
        && name.len() <= 200
        && name.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !name.contains(',')
}

/// The responses that mean success: all 2xx, or `default` where there is none.
pub(super) fn successes(responses: &[Response]) -> Vec<&Response> {
    let is_success = |response: &&Response| {
        matches!(
            response.status,
            StatusPattern::Exact(200..=299) | StatusPattern::Class(2)
        )
    };
    let successes: Vec<&Response> = responses.iter().filter(is_success).collect();
    if successes.is_empty() {
        responses
            .iter()
            .filter(|response| response.status == StatusPattern::Default)
            .collect()
    } else {
        successes
    }
}

/// The JSON media type of a response: `application/json` or else the first one. `*/*` with a schema that is not
/// text means JSON too (Spring's default).
pub(super) fn json_of(response: &Response) -> Option<&MediaType> {
    let exact = |media: &&MediaType| essence(&media.name) == "application/json";
    let any = |media: &&MediaType| is_json(&media.name);
    let open = |media: &&MediaType| {
        essence(&media.name) == "*/*" && carried(media.schema.as_ref()) == Carries::Structure
    };
    let content = &response.content;
    content
        .iter()
        .find(exact)
        .or_else(|| content.iter().find(any))
        .or_else(|| content.iter().find(open))
}

/// The `Accept` header: what the successes are described as, JSON alone where a response has it.
pub(super) fn accept(successes: &[&Response]) -> String {
    const LONGEST: usize = 250;
    let mut names: Vec<&str> = Vec::new();
    for response in successes {
        let wanted: Vec<&MediaType> = match json_of(response) {
            Some(json) => vec![json],
            None => response.content.iter().collect(),
        };
        for media in wanted {
            let name = media.name.trim();
            if is_header_text(name) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.sort_by_key(|name| !is_json(name));
    let mut accept = String::new();
    for name in names {
        if accept.len() + name.len() + 2 > LONGEST {
            break;
        }
        if !accept.is_empty() {
            accept.push_str(", ");
        }
        accept.push_str(name);
    }
    if accept.is_empty() {
        "*/*".to_owned()
    } else {
        accept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn media(name: &str, schema: Option<Value>) -> MediaType {
        MediaType {
            name: name.to_owned(),
            schema,
            example: None,
            encoding: indexmap::IndexMap::new(),
        }
    }

    fn chosen(content: &[(&str, Option<Value>)]) -> Option<(String, BodyFormat)> {
        let content: Vec<MediaType> = content
            .iter()
            .map(|(name, schema)| media(name, schema.clone()))
            .collect();
        choice(&content).map(|choice| (choice.content_type, choice.format))
    }

    #[test]
    fn json_goes_before_forms_text_and_bytes() {
        let all = [
            ("multipart/form-data", None),
            ("image/png", None),
            ("text/csv", None),
            ("application/x-www-form-urlencoded", None),
            ("application/merge-patch+json", None),
            ("application/json; charset=utf-8", None),
        ];
        let expected = [
            "application/json; charset=utf-8",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
            "text/csv",
            "image/png",
        ];
        for (index, name) in expected.iter().enumerate() {
            let (chosen, _) = chosen(&all[..all.len() - index]).expect("a choice");
            assert_eq!(chosen, *name);
        }
        assert_eq!(chosen(&all[..1]), None);
    }

    #[test]
    fn a_wildcard_becomes_a_type_that_can_be_sent() {
        let object = Some(json!({"type": "object"}));
        let binary = Some(json!({"type": "string", "format": "binary"}));
        for (name, schema, expected, format) in [
            ("*/*", object.clone(), "application/json", BodyFormat::Json),
            (
                "application/*+json",
                object.clone(),
                "application/json",
                BodyFormat::Json,
            ),
            (
                "*/*",
                binary.clone(),
                "application/octet-stream",
                BodyFormat::Bytes,
            ),
            (
                "image/*",
                binary,
                "application/octet-stream",
                BodyFormat::Bytes,
            ),
            (
                "text/*",
                None,
                "text/plain; charset=utf-8",
                BodyFormat::Text,
            ),
        ] {
            assert_eq!(
                chosen(&[(name, schema)]),
                Some((expected.to_owned(), format))
            );
        }
    }

    #[test]
    fn an_unknown_type_is_sent_only_when_its_schema_says_how() {
        assert_eq!(chosen(&[("application/edifact", None)]), None);
        assert_eq!(
            chosen(&[("application/edifact", Some(json!({"type": "object"})))]),
            None
        );
        assert_eq!(
            chosen(&[("application/edifact", Some(json!({"type": "string"})))]),
            Some(("application/edifact".to_owned(), BodyFormat::Text))
        );
        assert_eq!(
            chosen(&[("text/plain\r\nX: y", Some(json!({"type": "string"})))]),
            None
        );
    }

    #[test]
    fn accept_prefers_json_and_lists_the_rest() {
        let response = |status, names: &[&str]| Response {
            status,
            description: None,
            content: names.iter().map(|name| media(name, None)).collect(),
        };
        let responses = [
            response(
                StatusPattern::Exact(200),
                &["application/xml", "application/json"],
            ),
            response(StatusPattern::Exact(202), &["text/plain"]),
            response(StatusPattern::Exact(404), &["application/problem+json"]),
        ];
        assert_eq!(
            accept(&successes(&responses)),
            "application/json, text/plain"
        );
        assert_eq!(
            accept(&successes(&[response(StatusPattern::Default, &[])])),
            "*/*"
        );
    }
}
