//! What the head of an answer tells beside its body, where a model can do something with it.

use http::header::{ETAG, LAST_MODIFIED, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};

use super::super::operations::{AZURE_OPERATION, OPERATION_LOCATION};
use super::super::tool::{Location, ServerDef, ToolDef};

/// So few calls that are left are worth a word.
const FEW: u64 = 5;

/// Which validators (RFC 9110 §8.8) some tool of this server can be told: these are worth a word in any answer.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Validators {
    etag: bool,
    last_modified: bool,
}

impl Validators {
    pub(in super::super) fn of(def: &ServerDef) -> Self {
        let mut any = Self::default();
        for tool in def.groups.iter().flat_map(|group| group.tools) {
            any.etag |= takes(tool, &["if-match", "if-none-match"]);
            any.last_modified |= takes(tool, &["if-modified-since", "if-unmodified-since"]);
        }
        any
    }

    pub(super) fn names(self) -> impl Iterator<Item = HeaderName> {
        let etag = self.etag.then_some(ETAG);
        etag.into_iter()
            .chain(self.last_modified.then_some(LAST_MODIFIED))
    }
}

/// The headers that are worth a line, as `Name: value`.
pub(super) fn headers(
    validators: Validators,
    status: StatusCode,
    headers: &HeaderMap,
) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |name: &HeaderName| {
        if let Some(value) = headers.get(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            notes.push(format!("{}: {value}", super::title_case(name.as_str())));
        }
    };
    if matches!(status.as_u16(), 200..=202) {
        note(&OPERATION_LOCATION);
        note(&AZURE_OPERATION);
    }
    // RFC 9110 §15.3.2 and §15.3.3: where the new thing is, or how the work goes on.
    if matches!(status, StatusCode::CREATED | StatusCode::ACCEPTED) {
        note(&LOCATION);
        note(&RETRY_AFTER);
    }
    validators.names().for_each(|name| note(&name));
    notes.extend(few_calls_left(headers));
    notes
}

fn takes(tool: &ToolDef, names: &[&str]) -> bool {
    (tool.parameters.iter()).any(|parameter| {
        parameter.location == Location::Header
            && names
                .iter()
                .any(|name| parameter.name.eq_ignore_ascii_case(name))
    })
}

/// The many spellings of a rate limit: RFC drafts' `RateLimit-Remaining`, and everybody's `X-RateLimit-Remaining`.
fn few_calls_left(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let number = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| text(name)?.trim().parse::<u64>().ok())
    };
    let remaining = number(["ratelimit-remaining", "x-ratelimit-remaining"])?;
    let reset = number(["ratelimit-reset", "x-ratelimit-reset"]);
    let until = match reset {
        // An epoch time, or seconds from now.
        Some(reset) if reset > 1_000_000_000 => format!(" until the Unix time {reset}"),
        Some(reset) => format!(" for the next {reset} s"),
        None => String::new(),
    };
    (remaining <= FEW).then(|| format!("The API allows {remaining} more calls{until}."))
}
