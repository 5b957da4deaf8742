//! URIs that people gave GET operations as resources: what is not usable is reported and taken back.

use std::collections::BTreeSet;

use super::Tool;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::text::is_invisible;

/// Names of resources that are ours, and those that a client would fetch or open by itself.
const NOT_TO_GIVE: [&str; 8] = [
    "api",
    "openapi",
    "http",
    "https",
    "file",
    "data",
    "javascript",
    "ui",
];

/// Takes back what is no URI of its own.
pub(super) fn check(tools: &mut [Tool], diagnostics: &mut Diagnostics) {
    let mut taken = BTreeSet::new();
    for tool in tools {
        let Some(uri) = tool.resource.take() else {
            continue;
        };
        let wrong = problem(&uri, tool).or_else(|| {
            let shape: Vec<&str> = (uri.split('/'))
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect();
            let is_new = taken.insert(shape.join("/"));
            (!is_new).then_some("another operation has it")
        });
        match wrong {
            None => tool.resource = Some(uri),
            Some(wrong) => {
                let message = format!("the resource of `{}` is not usable: {wrong}", tool.name);
                let help =
                    "write a URI of your own such as `shop://orders/{order_id}`; it was ignored";
                let diagnostic = Diagnostic::new(Code::InvalidExtension, message).with_help(help);
                diagnostics.push(diagnostic.at(&tool.pointer));
            }
        }
    }
}

fn problem(uri: &str, tool: &Tool) -> Option<&'static str> {
    if tool.method != "GET" || tool.body.is_some() {
        return Some("only a GET operation without a body can be read");
    }
    let Some((scheme, rest)) = uri.split_once("://") else {
        return Some("it has no scheme");
    };
    // RFC 3986 §3.1.
    let is_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.chars().all(is_scheme) {
        return Some("its scheme is none, or not in lower case");
    }
    if NOT_TO_GIVE.contains(&scheme) {
        return Some("its scheme means something else to clients");
    }
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || is_invisible(c) || "?#\\\"<>".contains(c);
    if rest.is_empty() || rest.starts_with('{') || rest.contains(is_odd) {
        return Some("it has no name after the scheme, or characters that a URI does not have");
    }
    let mut known = BTreeSet::new();
    for part in rest.split('/') {
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        let Some(name) = name else {
            if part.contains(['{', '}']) {
                return Some("`{…}` is not a whole segment");
            }
            continue;
        };
        if !tool.parameters.iter().any(|it| it.argument == name) || !known.insert(name) {
            return Some("`{…}` is no argument of the tool, or there twice");
        }
    }
    None
}
