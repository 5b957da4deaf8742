//! What people decided about a tool: `x-mcp` in the spec and, above it, the tables of mcpgen.toml.
//!
//! ```yaml
//! x-mcp:
//!   name: cancel_order
//!   title: Cancel an order
//!   description: Cancels an order that has not been shipped.
//!   resource: shop://orders/{order_id}
//!   enabled: true
//!   hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{PlanOptions, names, subject};
use crate::api::Operation;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place};
use crate::runtime::tool::Hints;

pub(super) const EXTENSION: &str = "x-mcp";

/// The decisions about one operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Curation {
    pub name: Option<String>,
    /// Where that name was given.
    pub name_place: Place,
    pub title: Option<String>,
    pub description: Option<String>,
    /// The URI of a GET operation as a resource.
    pub resource: Option<String>,
    pub is_disabled: bool,
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

impl Curation {
    /// Reads `x-mcp`, then lets the overrides of the options speak, later ones over earlier ones.
    pub(super) fn of(
        operation: &Operation,
        options: &PlanOptions,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut curation = Self::default();
        if let Some(value) = operation.extensions.get(EXTENSION) {
            let pointer = operation.pointer.child(EXTENSION);
            curation.read_extension(value, &pointer, diagnostics);
        }
        for (selector, own) in &options.tools {
            if !selector.matches(&subject(operation)) {
                continue;
            }
            let set = |target: &mut Option<String>, value: &Option<String>| {
                if value.is_some() {
                    target.clone_from(value);
                }
            };
            set(&mut curation.name, &own.name);
            if own.name.is_some() {
                curation.name_place = own.name_place.clone().unwrap_or_default();
            }
            set(&mut curation.title, &own.title);
            set(&mut curation.description, &own.description);
            set(&mut curation.resource, &own.resource);
        }
        curation
    }

    /// The hints of the method, changed by what was decided.
    pub(super) fn hints(&self, method: &str) -> Hints {
        let hints = match method {
            "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY" => Hints::READ,
            "PUT" | "DELETE" => Hints::OVERWRITE,
            // MCP takes a tool for destructive unless it is told otherwise, and a POST can be anything.
            _ => Hints::DESTROY,
        };
        let mut hints = hints;
        if let Some(read_only) = self.read_only {
            hints = hints.read_only(read_only);
            // What changes nothing destroys nothing, unless somebody says both.
            hints = hints.destructive(!read_only);
            if read_only {
                hints = hints.idempotent(true);
            }
        }
        if let Some(destructive) = self.destructive {
            hints = hints.destructive(destructive);
        }
        if let Some(idempotent) = self.idempotent {
            hints = hints.idempotent(idempotent);
        }
        if let Some(open_world) = self.open_world {
            hints = hints.open_world(open_world);
        }
        hints
    }

    fn read_extension(
        &mut self,
        value: &Value,
        pointer: &JsonPointer,
        diagnostics: &mut Diagnostics,
    ) {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Bool(enabled) => {
                self.is_disabled = !enabled;
                return;
            }
            _ => {
                diagnostics.push(wrong(pointer, EXTENSION, "an object"));
                return;
            }
        };
        let mut reader = Reader {
            fields,
            owner: "`x-mcp`",
            pointer,
            diagnostics,
        };
        self.name = reader.text("name");
        self.name_place = Place {
            pointer: Some(pointer.child("name")),
            ..Place::default()
        };
        self.title = reader.text("title");
        self.description = reader.text("description");
        self.resource = reader.text("resource");
        self.is_disabled = reader.flag("enabled") == Some(false);
        reader.report_unknown(&[
            "name",
            "title",
            "description",
            "resource",
            "enabled",
            "hints",
        ]);
        match fields.get("hints") {
            None => {}
            Some(Value::Object(hints)) => {
                let pointer = pointer.child("hints");
                let mut reader = Reader {
                    fields: hints,
                    owner: "`hints` of `x-mcp`",
                    pointer: &pointer,
                    diagnostics,
                };
                self.read_only = reader.flag("readOnly");
                self.destructive = reader.flag("destructive");
                self.idempotent = reader.flag("idempotent");
                self.open_world = reader.flag("openWorld");
                reader.report_unknown(&["readOnly", "destructive", "idempotent", "openWorld"]);
            }
            Some(_) => diagnostics.push(wrong(&pointer.child("hints"), "hints", "an object")),
        }
    }
}

/// Takes fields of the right type out of an object and reports the others.
struct Reader<'r> {
    fields: &'r Map<String, Value>,
    /// What messages call the object.
    owner: &'static str,
    pointer: &'r JsonPointer,
    diagnostics: &'r mut Diagnostics,
}

impl Reader<'_> {
    fn text(&mut self, key: &str) -> Option<String> {
        let value = self.fields.get(key)?;
        if !value.is_string() {
            let pointer = self.pointer.child(key);
            self.diagnostics.push(wrong(&pointer, key, "a string"));
        }
        value.as_str().map(str::to_owned)
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.fields.get(key)?;
        if !value.is_boolean() {
            let pointer = self.pointer.child(key);
            self.diagnostics
                .push(wrong(&pointer, key, "`true` or `false`"));
        }
        value.as_bool()
    }

    fn report_unknown(&mut self, known: &[&str]) {
        for key in self.fields.keys() {
            if !known.contains(&key.as_str()) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::InvalidExtension,
                        format!("{} has no field `{key}`", self.owner),
                    )
                    .at(&self.pointer.child(key))
                    .with_help(format!("known fields are {}", quoted(known))),
                );
            }
        }
    }
}

fn wrong(pointer: &JsonPointer, key: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidExtension,
        format!("`{key}` of `{EXTENSION}` is not {expected}"),
    )
    .at(pointer)
    .with_help("it was ignored; correct it or take it out")
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Checks the names that people gave. What is illegal or given twice is reported and taken back, so that the
/// operation gets a name of its own.
pub(super) fn check_names(
    curations: &mut BTreeMap<usize, Curation>,
    operations: &[Operation],
    limit: usize,
    diagnostics: &mut Diagnostics,
) -> BTreeSet<String> {
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, curation) in curations.iter_mut() {
        let Some(name) = curation.name.clone() else {
            continue;
        };
        if names::is_tool_name(&name, limit) {
            users.entry(name).or_default().push(*index);
            continue;
        }
        curation.name = None;
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidName,
                format!("`{name}` is not a legal tool name"),
            )
            .in_place(curation.name_place.clone())
            .with_help(format!(
                "use lower-case letters, digits and `_`, a letter first, at most {limit} characters"
            )),
        );
    }
    let mut taken = BTreeSet::new();
    for (name, indices) in users {
        if let [_] = indices[..] {
            taken.insert(name);
            continue;
        }
        for index in indices {
            let Some(curation) = curations.get_mut(&index) else {
                continue;
            };
            curation.name = None;
            diagnostics.push(
                Diagnostic::new(
                    Code::InvalidName,
                    format!(
                        "the tool name `{name}` of {} is also given to another operation",
                        super::operation_label(&operations[index])
                    ),
                )
                .in_place(curation.name_place.clone())
                .with_help("give each operation a name of its own"),
            );
        }
    }
    taken
}
