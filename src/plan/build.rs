//! One operation becomes one tool.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::{self, Outcome};
use super::curation::Curation;
use super::schema::advertised::{Advertised, Argument, Room, advertised};
use super::schema::output::output;
use super::schema::pattern::Patterns;
use super::schema::precise::{Precise, Reporter};
use super::schema::profile::SchemaProfile;
use super::schema::{Schemas, json_chars};
use super::upstream::{Schemes, Servers};
use super::{Body, PlanOptions, Tool, describe, media, parameters, text};
use crate::api::{Operation, Response};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{ResultShape, input_schema_uri};

/// What the tools of one plan share.
pub(super) struct Builder<'a, 's> {
    pub options: &'s PlanOptions,
    pub schemas: &'s Schemas<'a>,
    pub patterns: Patterns,
    pub precise: Precise<'a, 's>,
    pub servers: Servers,
    pub schemes: Schemes,
    /// Whether there are so many tools that the texts of each have to be short.
    pub is_terse: bool,
}

impl<'a> Builder<'a, '_> {
    /// The tool of an operation, or nothing when it cannot be called; the diagnostics say why.
    pub(super) fn tool(
        &mut self,
        operation: &'a Operation,
        name: String,
        curation: &Curation,
        diagnostics: &mut Diagnostics,
    ) -> Option<Tool> {
        let parameters = parameters::parameters(operation, self.schemas, diagnostics)?;
        let (parameters, mut arguments): (Vec<_>, Vec<_>) = parameters.into_iter().unzip();
        let taken: BTreeSet<String> = arguments
            .iter()
            .map(|argument| argument.name.clone())
            .collect();
        let body = match body::body(operation, &taken, self.schemas, diagnostics) {
            Outcome::None => None,
            Outcome::Impossible => return None,
            Outcome::Sent(body, fields) => {
                arguments.extend(fields);
                Some(body)
            }
        };
        let choice = body.as_ref().and_then(Body::media_type_argument);
        let mut precise = self.precise(&arguments);
        if let Some((argument, schema)) = &choice {
            precise["properties"][*argument] = schema.clone();
        }
        let shown = self.advertised(&name, operation, &arguments, choice.as_ref(), diagnostics);
        // Where the projection lost nothing, one text serves both.
        let is_whole = !shown.is_left_open && !shown.is_cut;
        if is_whole
            && without_annotations(&shown.schema, false) == without_annotations(&precise, false)
        {
            precise = shown.schema.clone();
        }
        let successes = media::successes(&operation.responses);
        let (result, output) = self.output(&successes);
        let described = describe::description(operation, curation, self.is_terse);
        Some(Tool {
            title: describe::title(operation, curation),
            is_partial: !is_whole || described.whole.is_some(),
            null_is_absent: self.options.schema_profile == SchemaProfile::OpenaiStrict,
            description: described.listed,
            whole_description: described.whole,
            name,
            operation_id: operation.operation_id.clone(),
            method: operation.method.clone(),
            path: operation.path.clone(),
            tags: operation.tags.clone(),
            deprecated: operation.deprecated,
            server: self.servers.of(operation),
            parameters,
            body,
            accept: media::accept(&successes, self.schemas),
            security: self.schemes.needs(operation),
            hints: curation.hints(&operation.method),
            result,
            advertised: shown.schema,
            precise,
            output,
            pointer: operation.pointer.clone(),
        })
    }

    fn advertised(
        &mut self,
        name: &str,
        operation: &Operation,
        arguments: &[Argument<'a>],
        choice: Option<&(&str, Value)>,
        diagnostics: &mut Diagnostics,
    ) -> Advertised {
        let mut shown = self.fitted(arguments, choice, "");
        if shown.is_left_open {
            let whole = input_schema_uri(name);
            let note = format!("The whole schema is the resource `{whole}`.");
            shown = self.fitted(arguments, choice, &note);
            let message = format!(
                "the whole input schema of {} does not fit into {} tokens",
                super::operation_label(operation),
                self.options.schema_budget
            );
            // The full profile has no budget, and tells by itself what is too long all the same.
            if self.options.schema_profile != SchemaProfile::Full {
                let diagnostic = Diagnostic::new(Code::SchemaLeftOpen, message);
                diagnostics.push(diagnostic.at(&operation.pointer));
            }
        }
        shown
    }

    /// The advertised schema with the argument that chooses a media type and with a note, within the budget.
    fn fitted(
        &mut self,
        arguments: &[Argument<'a>],
        choice: Option<&(&str, Value)>,
        note: &str,
    ) -> Advertised {
        let profile = self.options.schema_profile;
        let limit = self.options.schema_budget.saturating_mul(4);
        let taken = choice.map_or(0, |(name, schema)| name.len() + json_chars(schema) + 4);
        // `"description":"",`
        let around = if note.is_empty() { 0 } else { note.len() + 20 };
        let mut room = Room {
            limit: limit.saturating_sub(taken + around),
            is_terse: self.is_terse,
        };
        // Other profiles make a schema longer; by how much shows when it is written.
        let mut tries = if profile == SchemaProfile::Portable {
            1
        } else {
            4
        };
        loop {
            let mut shown = advertised(arguments, self.schemas, &mut self.patterns, room);
            let size = json_chars(&shown.schema);
            if let Some((argument, schema)) = choice {
                shown.schema["properties"][*argument] = schema.clone();
            }
            if !note.is_empty() {
                add_note(&mut shown.schema, note);
            }
            shown.schema = profile.rewritten(shown.schema);
            let over = json_chars(&shown.schema).saturating_sub(limit);
            tries -= 1;
            if over == 0 || tries == 0 {
                return shown;
            }
            room.limit = size.saturating_sub(over);
        }
    }

    fn precise(&mut self, arguments: &[Argument<'a>]) -> Value {
        let mut properties = Map::new();
        for argument in arguments {
            let mut reporter = Reporter {
                patterns: &mut self.patterns,
                pointer: argument.pointer,
            };
            let mut schema = self.precise.of(&argument.source.all, &mut reporter);
            annotate(&mut schema, argument);
            properties.insert(argument.name.clone(), schema);
        }
        let required: Vec<&str> = arguments
            .iter()
            .filter(|argument| argument.is_required)
            .map(|argument| argument.name.as_str())
            .collect();
        let mut root = Map::new();
        root.insert("type".to_owned(), Value::from("object"));
        root.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            root.insert("required".to_owned(), json!(required));
        }
        root.insert("additionalProperties".to_owned(), Value::Bool(false));
        Value::Object(root)
    }

    /// A result is structured when all successes that have JSON have the same schema.
    fn output(&self, successes: &[&Response]) -> (ResultShape, Option<Value>) {
        let mut found: Option<&Value> = None;
        for response in successes.iter().filter(|it| !it.content.is_empty()) {
            // A success in another format has nothing that could be structured.
            let Some(schema) =
                media::json_of(response, self.schemas).and_then(|json| json.schema.as_ref())
            else {
                return (ResultShape::Unstructured, None);
            };
            if found.is_some_and(|found| found != schema) {
                return (ResultShape::Unstructured, None);
            }
            found = Some(schema);
        }
        let Some(schema) = found else {
            return (ResultShape::Unstructured, None);
        };
        let limit = self.options.output_budget.saturating_mul(4);
        let (shape, output) = output(schema, self.schemas, limit);
        (shape, Some(output))
    }
}

/// Ends the description of a schema with a sentence.
fn add_note(schema: &mut Value, note: &str) {
    let text = match schema.get("description").and_then(Value::as_str) {
        Some(text) => format!("{text} {note}"),
        None => note.to_owned(),
    };
    schema["description"] = Value::from(text);
}

/// Puts what is said about an argument into the schema of its values.
fn annotate(schema: &mut Value, argument: &Argument<'_>) {
    let Value::Object(schema) = schema else {
        return;
    };
    let described = text::plain(argument.source.description.unwrap_or_default());
    if !described.is_empty() {
        schema.insert("description".to_owned(), Value::from(described));
    }
    if let Some(example) = argument.source.example {
        schema.insert("examples".to_owned(), json!([example]));
    }
    if argument.source.is_deprecated {
        schema.insert("deprecated".to_owned(), Value::Bool(true));
    }
}

/// The keywords that no validator looks at.
const ANNOTATIONS: [&str; 4] = ["description", "default", "examples", "deprecated"];

/// A schema without them. `is_names` says that the keys are property names.
fn without_annotations(schema: &Value, is_names: bool) -> Value {
    match schema {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, _)| is_names || !ANNOTATIONS.contains(&key.as_str()));
            let kept = kept.map(|(key, value)| {
                let value = match key.as_str() {
                    "enum" if !is_names => value.clone(),
                    "properties" if !is_names => without_annotations(value, true),
                    _ => without_annotations(value, false),
                };
                (key.clone(), value)
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| without_annotations(item, false))
                .collect(),
        ),
        value => value.clone(),
    }
}
