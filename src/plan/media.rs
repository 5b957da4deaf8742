//! Media types: which one a request body is sent as, and which ones a tool asks for.

use serde_json::Value;

use super::schema::flat::flatten;
use super::schema::{JsonType, Schemas};
use super::{fields, parts};
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

/// The ways to send a body, the one that fits a tool's arguments best first: JSON, a form with files or without, streams
/// of JSON, XML, text, bytes; within a kind the first of the document.
pub(super) fn choices(content: &[MediaType], schemas: &Schemas<'_>) -> Vec<Choice> {
    let is_only = content.len() == 1;
    let mut ranked: Vec<(u8, Choice)> = (content.iter().enumerate())
        .filter(|(_, media)| is_header_text(&media.name) || media.name.trim().is_empty())
        .filter_map(|(index, media)| {
            let (rank, format, content_type) = sendable(media, is_only, schemas)?;
            let choice = Choice {
                index,
                content_type,
                format,
            };
            Some((rank, choice))
        })
        .collect();
    ranked.sort_by_key(|(rank, choice)| (*rank, choice.index));
    ranked.into_iter().map(|(_, choice)| choice).collect()
}

/// Rank, format and `Content-Type` of a media type that arguments can be sent as. The rank of the only one does not
/// matter.
fn sendable(
    media: &MediaType,
    is_only: bool,
    schemas: &Schemas<'_>,
) -> Option<(u8, BodyFormat, String)> {
    // Without a name it may be anything.
    let name = match essence(&media.name) {
        name if name.is_empty() => "*/*".to_owned(),
        name => name,
    };
    let as_is = || in_utf8(media.name.trim());
    let is_wildcard = name.contains('*');
    let usual = |usual: &str| {
        if is_wildcard {
            usual.to_owned()
        } else {
            as_is()
        }
    };
    let has_file = || !is_only && fields::has_file(media.schema.as_ref(), schemas);
    if is_json(&name) {
        // JSON can hold a file as text at best.
        let rank = if has_file() {
            4
        } else {
            u8::from(name != "application/json")
        };
        return Some((rank, BodyFormat::Json, usual("application/json")));
    }
    let schema = media.schema.as_ref();
    match name.as_str() {
        // Pairs without names are nothing that OpenAPI defines.
        "application/x-www-form-urlencoded" if is_list(schema, schemas) => return None,
        // As JSON.
        "application/x-www-form-urlencoded" => {
            let rank = if has_file() { 5 } else { 2 };
            return Some((rank, BodyFormat::Form, as_is()));
        }
        name if name.starts_with("multipart/") && carried(schema, schemas) == Carries::Text => {
            return None;
        }
        name if name.starts_with("multipart/") && is_list(schema, schemas) => {
            let is_sent = name != "multipart/form-data" || parts::are_named(media, schemas);
            let content_type = match name {
                "multipart/*" => "multipart/mixed".to_owned(),
                _ => without_boundary(&media.name),
            };
            return is_sent.then_some((3, BodyFormat::Parts, content_type));
        }
        "multipart/form-data" | "multipart/mixed" | "multipart/related" => {
            // The boundary is ours to choose.
            return Some((3, BodyFormat::Multipart, name));
        }
        "multipart/*" => {
            return Some((3, BodyFormat::Multipart, "multipart/form-data".to_owned()));
        }
        _ => {}
    }
    let carries = carried(schema, schemas);
    if is_json_lines(&name) && carries == Carries::Structure {
        return Some((5, BodyFormat::JsonLines, as_is()));
    }
    if is_xml(&name) && carries == Carries::Structure {
        return Some((6, BodyFormat::Xml, as_is()));
    }
    if is_text(&name) {
        let rank = if name.starts_with("text/plain") { 7 } else { 8 };
        return Some((rank, BodyFormat::Text, usual("text/plain; charset=utf-8")));
    }
    if matches!(name.as_str(), "*/*" | "application/*") && carries == Carries::Structure {
        return Some((9, BodyFormat::Json, "application/json".to_owned()));
    }
    // Bytes are the caller's, and so is what is said about them.
    let bytes = || {
        if is_wildcard {
            "application/octet-stream".to_owned()
        } else {
            media.name.trim().to_owned()
        }
    };
    match carries {
        Carries::Text if !is_binary(&name) => {
            Some((10, BodyFormat::Text, usual("application/octet-stream")))
        }
        Carries::Bytes => Some((11, BodyFormat::Bytes, bytes())),
        _ if is_binary(&name) || is_wildcard => Some((11, BodyFormat::Bytes, bytes())),
        // What no schema describes is a file (OpenAPI 3.1, §4.8.14.2).
        Carries::Unknown => Some((12, BodyFormat::Bytes, bytes())),
        _ => None,
    }
}

/// The media type without the boundary, which is ours to choose.
fn without_boundary(name: &str) -> String {
    let parameters = name.split(';').map(str::trim);
    let is_other = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default().trim();
        !name.eq_ignore_ascii_case("boundary")
    };
    parameters.filter(is_other).collect::<Vec<_>>().join("; ")
}

/// The media type with the character set in which texts are sent (RFC 9110 §8.3.2).
fn in_utf8(name: &str) -> String {
    let parameters = name
        .split(';')
        .map(|parameter| match parameter.split_once('=') {
            Some((key, value))
                if key.trim().eq_ignore_ascii_case("charset")
                    && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") =>
            {
                format!("{key}=utf-8")
            }
            _ => parameter.to_owned(),
        });
    parameters.collect::<Vec<_>>().join(";")
}

/// What the schema of a media type says about the bytes.
#[derive(PartialEq)]
enum Carries {
    Text,
    Bytes,
    Structure,
    Unknown,
}

fn is_list(schema: Option<&Value>, schemas: &Schemas<'_>) -> bool {
    let types = schema.and_then(|schema| flatten(schemas, &[schema]).effective_types());
    types.is_some_and(|types| types == JsonType::Array)
}

fn carried(schema: Option<&Value>, schemas: &Schemas<'_>) -> Carries {
    let Some(schema) = schema else {
        return Carries::Unknown;
    };
    let flat = flatten(schemas, &[schema]);
    let text = |keyword: &str| flat.limits.get(keyword).and_then(|value| value.as_str());
    let is_bytes = matches!(text("format"), Some("binary" | "byte" | "base64"))
        || text("contentEncoding").is_some()
        || text("contentMediaType").is_some();
    // AutoRest's way to say so.
    if text("format") == Some("file") && flat.properties.is_empty() {
        return Carries::Bytes;
    }
    let types = flat.effective_types();
    let is_text = types
        .as_ref()
        .is_some_and(|types| types.iter().all(|kind| kind == JsonType::String));
    match types {
        _ if is_text && is_bytes => Carries::Bytes,
        _ if is_text => Carries::Text,
        None if is_bytes => Carries::Bytes,
        None if flat.alternatives.is_empty() => Carries::Unknown,
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

/// A JSON text on each line.
fn is_json_lines(name: &str) -> bool {
    matches!(
        name,
        "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines"
            | "application/stream+json"
            | "application/x-json-stream"
    )
}

pub(super) fn is_xml(name: &str) -> bool {
    matches!(name, "application/xml" | "text/xml") || name.ends_with("+xml")
}

/// Whether a media type is text, whatever it says.
pub(super) fn is_text(name: &str) -> bool {
    let name = essence(name);
    let name = name.as_str();
    is_json_lines(name)
        || name.starts_with("text/")
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
pub(super) fn essence(name: &str) -> String {
    name.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A spec's text that may stand in a header: `type/subtype` with parameters, no line breaks.
pub(super) fn is_header_text(name: &str) -> bool {
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
pub(super) fn json_of<'r>(response: &'r Response, schemas: &Schemas<'_>) -> Option<&'r MediaType> {
    let exact = |media: &&MediaType| essence(&media.name) == "application/json";
    let any = |media: &&MediaType| is_json(&media.name);
    let open = |media: &&MediaType| {
        let carries = || carried(media.schema.as_ref(), schemas);
        essence(&media.name) == "*/*" && carries() == Carries::Structure
    };
    let content = &response.content;
    content
        .iter()
        .find(exact)
        .or_else(|| content.iter().find(any))
        .or_else(|| content.iter().find(open))
}

/// The `Accept` header: what the successes are described as, JSON alone where a response has it.
pub(super) fn accept(successes: &[&Response], schemas: &Schemas<'_>) -> String {
    const LONGEST: usize = 250;
    let mut names: Vec<&str> = Vec::new();
    for response in successes {
        let wanted: Vec<&MediaType> = match json_of(response, schemas) {
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
            ..MediaType::default()
        }
    }

    fn chosen(content: &[(&str, Option<Value>)]) -> Option<(String, BodyFormat)> {
        let content: Vec<MediaType> = content
            .iter()
            .map(|(name, schema)| media(name, schema.clone()))
            .collect();
        let none = indexmap::IndexMap::new();
        let best = choices(&content, &Schemas::new(&none)).into_iter().next();
        best.map(|choice| (choice.content_type, choice.format))
    }

    #[test]
    fn json_goes_before_forms_text_and_bytes() {
        let all = [
            ("application/edifact", None),
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
            "application/edifact",
        ];
        for (index, name) in expected.iter().enumerate() {
            let (chosen, _) = chosen(&all[..all.len() - index]).expect("a choice");
            assert_eq!(chosen, *name);
        }
        let list = Some(json!({"type": "array", "items": {"type": "string"}}));
        assert_eq!(chosen(&[("application/x-www-form-urlencoded", list)]), None);
    }

    #[test]
    fn a_wildcard_becomes_a_type_that_can_be_sent() {
        let object = Some(json!({"type": "object"}));
        let binary = Some(json!({"type": "string", "format": "binary"}));
        for (name, schema, expected, format) in [
            ("", object.clone(), "application/json", BodyFormat::Json),
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
    fn a_charset_is_that_of_what_is_sent() {
        let bytes = Some(json!({"type": "string", "format": "binary"}));
        for (name, schema, expected) in [
            ("text/csv; charset=latin1", None, "text/csv; charset=utf-8"),
            ("text/csv; charset=UTF-8", None, "text/csv; charset=UTF-8"),
            (
                "application/octet-stream; charset=binary",
                bytes,
                "application/octet-stream; charset=binary",
            ),
        ] {
            let (content_type, _) = chosen(&[(name, schema)]).expect("a choice");
            assert_eq!(content_type, expected);
        }
    }

    #[test]
    fn a_structure_is_not_sent_as_an_unknown_type() {
        let file = json!({"type": "object", "format": "file"});
        for schema in [None, Some(json!({"description": "A message"})), Some(file)] {
            assert_eq!(
                chosen(&[("application/edifact", schema)]),
                Some(("application/edifact".to_owned(), BodyFormat::Bytes))
            );
        }
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
        let none = indexmap::IndexMap::new();
        let responses = [
            response(
                StatusPattern::Exact(200),
                &["application/xml", "application/json"],
            ),
            response(StatusPattern::Exact(202), &["text/plain"]),
            response(StatusPattern::Exact(404), &["application/problem+json"]),
        ];
        assert_eq!(
            accept(&successes(&responses), &Schemas::new(&none)),
            "application/json, text/plain"
        );
        assert_eq!(
            accept(
                &successes(&[response(StatusPattern::Default, &[])]),
                &Schemas::new(&none)
            ),
            "*/*"
        );
    }
}
