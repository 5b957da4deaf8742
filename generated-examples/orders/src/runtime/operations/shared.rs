//! What is kept of an operation where replicas share it: each finds by its handle what another one has kept.
//!
//! It is sealed with the handle, which is a secret of its caller's, and lies at a name that is made of the handle and the
//! caller: whoever reads the shared state learns nothing of it, and another caller's question is about another name.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::state::{Place, Seal, State, name_of};
use super::handles::Owner;
use super::{Kept, Operation, Told};

/// In bytes: what is larger is kept by the replica alone that began it.
const LARGEST: usize = 64 << 10;
/// What is sealed for something else, or by another version, is not this.
const PURPOSE: &str = "mcpgen operation 1";
/// The length of a handle.
const HANDLE: usize = 32;

/// An operation as it is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    tool: String,
    arguments: Map<String, Value>,
    headers: Vec<(String, String)>,
    fields: Vec<String>,
    jq: Option<String>,
    since_ms: i64,
    monitor: String,
    told: Told,
    location: Option<String>,
}

/// What was found of an operation.
pub(super) enum Found {
    Here(Arc<Kept>),
    /// Of a tool that is none of this server's.
    OfTool(String),
    Nothing,
    /// Whether there is something cannot be found out.
    Unanswered,
}

/// What stands in the shared state for an operation.
pub(super) fn sealed(kept: &Kept, handle: &str) -> Option<Vec<u8>> {
    let written = Written {
        tool: kept.tool.to_owned(),
        arguments: kept.arguments.clone(),
        headers: kept.headers.clone(),
        fields: kept.fields.clone(),
        jq: kept.jq.clone(),
        since_ms: kept.since.timestamp_millis(),
        monitor: kept.operation.monitor.to_string(),
        told: kept.operation.told,
        location: kept.operation.location.as_ref().map(Uri::to_string),
    };
    let text = serde_json::to_vec(&written).ok()?;
    let fits = text.len() <= LARGEST;
    fits.then(|| Seal::new([handle.as_bytes()]).seal(&text, PURPOSE))?
}

/// Looks for the operation of a handle. `known` is the tool of a name.
pub(super) async fn found(
    state: &State,
    (handle, owner): (&str, &Owner),
    lifetime: Duration,
    known: impl Fn(&str) -> Option<&'static str>,
) -> Found {
    let is_handle = handle.len() == HANDLE && handle.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !state.is_shared() || !is_handle {
        return Found::Nothing;
    }
    let sealed = match state.find(&place(handle, owner), lifetime).await {
        Some(Some(sealed)) => sealed,
        Some(None) => return Found::Nothing,
        None => return Found::Unanswered,
    };
    opened(&sealed, handle, known)
}

fn opened(sealed: &[u8], handle: &str, known: impl Fn(&str) -> Option<&'static str>) -> Found {
    let text = Seal::new([handle.as_bytes()]).open(sealed, PURPOSE);
    let written = text.and_then(|text| serde_json::from_slice::<Written>(&text).ok());
    match written.map(|written| written.read(known)) {
        Some(Ok(Some(kept))) => Found::Here(Arc::new(kept)),
        Some(Err(tool)) => Found::OfTool(tool),
        // What somebody else put there.
        Some(Ok(None)) | None => Found::Nothing,
    }
}

/// Where an operation is kept.
pub(super) fn place(handle: &str, owner: &Owner) -> Place {
    let caller = owner.as_ref().map(|(means, name)| (means.label(), name));
    Place {
        name: name_of(&json!(["operation", handle, caller])),
        owner: name_of(&json!(["operations", caller])),
    }
}

impl Written {
    /// # Errors
    /// There is no such tool any more: its name.
    fn read(self, known: impl Fn(&str) -> Option<&'static str>) -> Result<Option<Kept>, String> {
        let Some(tool) = known(&self.tool) else {
            return Err(self.tool);
        };
        let uri = |text: &str| text.parse::<Uri>().ok();
        let place = || {
            let location = match &self.location {
                Some(location) => Some(uri(location)?),
                None => None,
            };
            Some((uri(&self.monitor)?, location))
        };
        let (Some((monitor, location)), Some(since)) = (
            place(),
            DateTime::<Utc>::from_timestamp_millis(self.since_ms),
        ) else {
            return Ok(None);
        };
        Ok(Some(Kept {
            tool,
            arguments: self.arguments,
            headers: self.headers,
            fields: self.fields,
            jq: self.jq,
            since,
            operation: Operation {
                monitor,
                told: self.told,
                location,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLE_OF_ONE: &str = "0123456789abcdef0123456789abcdef";

    fn kept() -> Kept {
        let uri = |text: &str| text.parse::<Uri>().expect("a URI");
        Kept {
            tool: "export",
            arguments: Map::from_iter([("name".to_owned(), "geheim".into())]),
            headers: vec![("x-tenant".to_owned(), "acme".to_owned())],
            fields: vec!["rows".to_owned()],
            jq: Some(".rows".to_owned()),
            since: DateTime::from_timestamp_millis(1_700_000_000_123).expect("a time"),
            operation: Operation {
                monitor: uri("http://api.example/operations/1?v=2"),
                told: Told::InBody,
                location: Some(uri("http://api.example/exports/1")),
            },
        }
    }

    fn known(name: &str) -> Option<&'static str> {
        (name == "export").then_some("export")
    }

    #[test]
    fn an_operation_is_opened_by_its_handle_and_is_the_one_that_was_kept() {
        let sealed_one = sealed(&kept(), HANDLE_OF_ONE).expect("it fits");
        for word in ["geheim", "export", "acme", "operations", HANDLE_OF_ONE] {
            let mut windows = sealed_one.windows(word.len());
            assert!(!windows.any(|part| part == word.as_bytes()), "{word}");
        }
        let Found::Here(found) = opened(&sealed_one, HANDLE_OF_ONE, known) else {
            panic!("it is there");
        };
        let parts = |kept: Kept| {
            let Kept {
                tool,
                arguments,
                headers,
                fields,
                jq,
                since,
                operation,
            } = kept;
            (tool, arguments, headers, fields, jq, since, operation)
        };
        let found = Arc::try_unwrap(found).expect("nobody else has it");
        assert_eq!(parts(found), parts(kept()));
        let other = "1123456789abcdef0123456789abcdef";
        assert!(matches!(opened(&sealed_one, other, known), Found::Nothing));
        let changed = opened(&sealed_one[1..], HANDLE_OF_ONE, known);
        assert!(matches!(changed, Found::Nothing));
    }

    #[test]
    fn an_operation_of_a_tool_that_is_no_more_says_so() {
        let sealed = sealed(&kept(), HANDLE_OF_ONE).expect("it fits");
        let found = opened(&sealed, HANDLE_OF_ONE, |_| None);
        assert!(matches!(found, Found::OfTool(tool) if tool == "export"));
    }

    #[test]
    fn what_is_too_large_stays_with_its_replica() {
        let mut large = kept();
        (large.arguments).insert("text".to_owned(), "x".repeat(LARGEST).into());
        assert!(sealed(&large, HANDLE_OF_ONE).is_none());
    }

    #[test]
    fn the_name_of_an_operation_is_another_one_for_each_caller() {
        use super::super::super::identity::Means;
        let ann = Some((Means::ApiKey, "ann".to_owned()));
        let others = [
            None,
            Some((Means::ApiKey, "bob".to_owned())),
            Some((Means::Jwt, "ann".to_owned())),
        ];
        let name = place(HANDLE_OF_ONE, &ann).name;
        for other in others {
            assert_ne!(place(HANDLE_OF_ONE, &other).name, name);
        }
    }

    #[test]
    fn where_to_look_may_have_become_an_address_of_somebody_else() {
        let operation = kept().operation;
        let here = |origin: &super::super::Origin| origin.to_string() == "http://api.example";
        assert!(operation.is_at(&here));
        assert!(!operation.is_at(&|_| false));
        let elsewhere = Operation {
            location: Some(Uri::from_static("http://other.example/1")),
            ..operation
        };
        assert!(!elsewhere.is_at(&here));
    }
}
