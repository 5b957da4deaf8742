//! The two tools that take up again what goes on.

use serde_json::{Value, json};

use super::super::custom::{CustomTool, Does};
use super::super::tool::{Hints, ServerDef};
use super::Doing;

/// The argument that both have.
pub(in super::super) const HANDLE: &str = "handle";
/// For how long to wait.
pub(in super::super) const WAIT: &str = "wait";
/// The usual names.
const CHECK: &str = "check_operation";
const CANCEL: &str = "cancel_operation";

/// The listed schema of the first of them for hosts that want every argument, and null for what is left out.
pub(in super::super) fn with_every_argument(schema: &mut Value) {
    schema["properties"][WAIT]["type"] = json!(["number", "null"]);
    schema["required"] = json!([HANDLE, WAIT]);
}

/// The tools of a server that has an operation whose work may go on. `is_taken` says which names others have.
pub(in super::super) fn tools(def: &ServerDef, is_taken: &dyn Fn(&str) -> bool) -> Vec<CustomTool> {
    let mut all = def.groups.iter().flat_map(|group| group.tools);
    if !all.any(|tool| tool.long_running.is_some()) {
        return Vec::new();
    }
    let free = |name: &str| {
        let others = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(others);
        names.find(|name| !is_taken(name)).unwrap_or_default()
    };
    let handle =
        json!({"type": "string", "description": "What the result that said so has named."});
    let wait = json!({
        "type": "number",
        "minimum": 0,
        "description": "For how many seconds to wait for its end; as long as this server waits for any unless given.",
    });
    let schema = |properties| {
        json!({
            "type": "object",
            "properties": properties,
            "required": [HANDLE],
            "additionalProperties": false,
        })
    };
    let check = CustomTool::of(free(CHECK), Does::Follow(Doing::Check))
        .title("Check a running operation")
        .description(
            "Asks how far an operation is that an earlier call has started, and waits for it a while. When it is over, \
             this gives the result that the call would have given.",
        )
        .input(schema(json!({HANDLE: handle, WAIT: wait})))
        .hints(Hints::READ);
    let cancel = CustomTool::of(free(CANCEL), Does::Follow(Doing::Cancel))
        .title("Cancel a running operation")
        .description("Asks the API to stop an operation that an earlier call has started.")
        .input(schema(json!({HANDLE: handle})))
        .hints(Hints {
            read_only: false,
            destructive: true,
            idempotent: true,
            open_world: true,
        });
    vec![check, cancel]
}
