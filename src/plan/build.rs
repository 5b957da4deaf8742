//! One operation becomes one tool.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::{self, Outcome};
use super::curation::Curation;
use super::schema::advertised::{Argument, Room, advertised};
use super::schema::output::output;
use super::schema::pattern::Patterns;
use super::schema::precise::{Precise, Reporter};
use super::schema::{Schemas, json_chars};
use super::upstream::{Schemes, Servers};
use super::{Body, PlanOptions, Tool, describe, media, parameters};
use crate::api::{Operation, Response};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::ResultShape;

/// What the tools of one plan share.
pub(super) struct Builder<'a, 's> {
    pub options: &'s PlanOptions,
    pub schemas: &'s Schemas<'a>,
    pub patterns: Patterns,
    pub precise: Precise<'a, 's>,
    pub servers: Servers,
    pub schemes: Schemes<'a>,
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
        let taken =
            (choice.as_ref()).map_or(0, |(name, schema)| name.len() + json_chars(schema) + 4);
        let mut advertised = self.advertised(operation, &arguments, taken, diagnostics);
        let mut precise = self.precise(&arguments, diagnostics);
        // Where the projection lost nothing, one text serves both.
        if without_annotations(&advertised, false) == precise {
            precise = advertised.clone();
        }
        let successes = media::successes(&operation.responses);
        let (result, output) = self.output(&successes);
        if let Some((argument, schema)) = choice {
            for root in [&mut advertised, &mut precise] {
                root["properties"][argument] = schema.clone();
            }
        }
        Some(Tool {
            title: describe::title(operation, curation),
            description: describe::description(operation, curation, self.is_terse),
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
            security: self.schemes.needs(operation, diagnostics),
            hints: curation.hints(&operation.method),
            result,
            advertised,
            precise,
            output,
            pointer: operation.pointer.clone(),
        })
    }

    fn advertised(
        &mut self,
        operation: &Operation,
        arguments: &[Argument<'a>],
        taken: usize,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let limit = self.options.schema_budget.saturating_mul(4);
        let room = Room {
            limit: limit.saturating_sub(taken),
            is_terse: self.is_terse,
        };
        let advertised = advertised(arguments, self.schemas, &mut self.patterns, room);
        if advertised.is_left_open {
            diagnostics.push(
                Diagnostic::new(
                    Code::SchemaLeftOpen,
                    format!(
                        "the whole input schema of {} does not fit into {} tokens",
                        super::operation_label(operation),
                        self.options.schema_budget
                    ),
                )
                .at(&operation.pointer),
            );
        }
        advertised.schema
    }

    fn precise(&mut self, arguments: &[Argument<'a>], diagnostics: &mut Diagnostics) -> Value {
        let mut properties = Map::new();
        for argument in arguments {
            let mut reporter = Reporter {
                patterns: &mut self.patterns,
                pointer: argument.pointer,
                diagnostics,
            };
            let schema = self.precise.of(&argument.source.all, &mut reporter);
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

/// A schema without what no validator looks at. `is_names` says that the keys are property names.
fn without_annotations(schema: &Value, is_names: bool) -> Value {
    match schema {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, _)| is_names || !matches!(key.as_str(), "description" | "default"));
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
