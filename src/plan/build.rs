//! One operation becomes one tool.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::body::{self, Outcome};
use super::curation::Curation;
use super::schema::advertised::{Advertised, Argument, Room, advertised, closed};
use super::schema::output::output;
use super::schema::pattern::Patterns;
use super::schema::precise::{Precise, Reporter};
use super::schema::profile::SchemaProfile;
use super::schema::{Schemas, json_chars};
use super::upstream::{Schemes, Servers};
use super::{
    Body, Need, Parameter, PlanOptions, Tool, describe, long_running, media, parameters, text,
};
use crate::api::{Operation, Response};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{ResultShape, input_schema_uri};

/// What is known of a tool before its schema is fitted for clients.
pub(super) struct Draft<'a, 'c> {
    operation: &'a Operation,
    name: String,
    curation: &'c Curation,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    arguments: Vec<Argument<'a>>,
    precise: Value,
    server: usize,
    security: Vec<Vec<Need>>,
}

/// What drafts have in common, and have to be made one after the other for.
pub(super) struct Drafts<'a, 's> {
    pub schemas: &'s Schemas<'a>,
    pub patterns: Patterns,
    pub precise: Precise<'a, 's>,
    pub servers: Servers,
    pub schemes: Schemes,
}

impl<'a> Drafts<'a, '_> {
    /// The draft of an operation, or nothing when it cannot be called; the diagnostics say why.
    pub(super) fn draft<'c>(
        &mut self,
        operation: &'a Operation,
        name: String,
        curation: &'c Curation,
        made: &'a OnceCell<Value>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Draft<'a, 'c>> {
        let parameters = parameters::parameters(operation, self.schemas, diagnostics)?;
        let (parameters, mut arguments): (Vec<_>, Vec<_>) = parameters.into_iter().unzip();
        let taken: BTreeSet<String> = arguments
            .iter()
            .map(|argument| argument.name.clone())
            .collect();
        let mut forms = Vec::new();
        let body = match body::body(operation, &taken, self.schemas, made, diagnostics) {
            Outcome::None => None,
            Outcome::Impossible => return None,
            Outcome::Sent(sent) => {
                arguments.extend(sent.arguments);
                forms = sent.forms;
                Some(sent.body)
            }
        };
        let mut precise = self.precise(&arguments);
        if let Some((argument, schema)) = body.as_ref().and_then(Body::media_type_argument) {
            precise["properties"][argument] = schema;
            // With several forms the body is one argument, the last.
            if let Some(whole) = arguments.last() {
                tell_apart(&mut precise, &whole.name, argument, &forms);
            }
        }
        Some(Draft {
            operation,
            name,
            curation,
            parameters,
            body,
            arguments,
            precise,
            server: self.servers.of(operation, diagnostics),
            security: self.schemes.needs(operation),
        })
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
        closed(arguments, properties)
    }
}

/// The tools of drafts, each fitted for clients by itself: on all processors, while the next drafts are made.
pub(super) fn tools<'a>(
    mut drafts: impl Iterator<Item = Draft<'a, 'a>>,
    schemas: &Schemas<'a>,
    options: &PlanOptions,
    is_terse: bool,
) -> (Vec<Tool>, Vec<Diagnostic>) {
    let finished = Mutex::new(BTreeMap::new());
    let work = |number: usize, drafts: Vec<Draft<'a, 'a>>| {
        let mut builder = Builder {
            options,
            schemas,
            patterns: Patterns::new(),
            is_terse,
        };
        let mut told = Diagnostics::new();
        let tools: Vec<Tool> = (drafts.into_iter())
            .map(|draft| builder.tool(draft, &mut told))
            .collect();
        let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.insert(number, (tools, told.into_vec()));
    };
    rayon::in_place_scope(|scope| {
        for number in 0.. {
            let some: Vec<_> = drafts.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let work = &work;
            scope.spawn(move |_| work(number, some));
        }
    });
    let finished = finished
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let (tools, told): (Vec<_>, Vec<_>) = finished.into_values().unzip();
    let told = told.into_iter().flatten().collect();
    (tools.into_iter().flatten().collect(), told)
}

/// As many tools are made one after the other: what is found out about one helps with the next.
const AT_ONCE: usize = 64;

struct Builder<'a, 's> {
    options: &'s PlanOptions,
    schemas: &'s Schemas<'a>,
    patterns: Patterns,
    is_terse: bool,
}

impl<'a> Builder<'a, '_> {
    fn tool(&mut self, mut draft: Draft<'a, '_>, diagnostics: &mut Diagnostics) -> Tool {
        let Draft {
            operation,
            curation,
            ..
        } = draft;
        let shown = self.advertised(&draft, diagnostics);
        // Where the projection lost nothing, one text serves both.
        let is_whole = !shown.is_left_open && !shown.is_cut;
        if is_whole && is_same_check(&shown.schema, &draft.precise, false) {
            draft.precise = shown.schema.clone();
        }
        let successes = media::successes(&operation.responses);
        let (result, output) = self.output(&successes);
        let described = describe::description(operation, curation, self.is_terse);
        Tool {
            title: describe::title(operation, curation),
            is_partial: !is_whole || described.whole.is_some(),
            null_is_absent: self.options.schema_profile == SchemaProfile::OpenaiStrict,
            description: described.listed,
            whole_description: described.whole,
            name: draft.name,
            operation_id: operation.operation_id.clone(),
            method: operation.method.clone(),
            path: operation.path.clone(),
            tags: operation.tags.clone(),
            deprecated: operation.deprecated,
            server: draft.server,
            parameters: draft.parameters,
            body: draft.body,
            accept: media::accept(&successes, self.schemas),
            security: draft.security,
            resource: curation.resource.clone(),
            hints: curation.hints(&operation.method),
            result,
            long_running: long_running::final_state(operation),
            advertised: shown.schema,
            precise: draft.precise,
            output,
            pointer: operation.pointer.clone(),
        }
    }

    fn advertised(&mut self, draft: &Draft<'a, '_>, diagnostics: &mut Diagnostics) -> Advertised {
        let choice = draft.body.as_ref().and_then(Body::media_type_argument);
        let whole = input_schema_uri(&draft.name);
        let note = format!("The whole schema is the resource `{whole}`.");
        let shown = self.fitted(&draft.arguments, choice.as_ref(), &note);
        // The full profile has no budget, and tells by itself what is too long all the same.
        if shown.is_left_open && self.options.schema_profile != SchemaProfile::Full {
            let message = format!(
                "the whole input schema of {} does not fit into {} tokens",
                super::operation_label(draft.operation),
                self.options.schema_budget
            );
            let diagnostic = Diagnostic::new(Code::SchemaLeftOpen, message);
            diagnostics.push(diagnostic.at(&draft.operation.pointer));
        }
        shown
    }

    /// The advertised schema with the argument that chooses a media type, within the budget. The note ends the
    /// description of one that leaves something open; there is always room for it.
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
        let around = note.len() + 20;
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
            if shown.is_left_open {
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

/// Says which form of the body each media type takes. The forms are those of the body's `anyOf`, the usual one first.
fn tell_apart(precise: &mut Value, body: &str, media_type: &str, forms: &[Vec<String>]) {
    let schemas = precise["properties"][body]["anyOf"].as_array().cloned();
    let schemas = schemas.into_iter().flatten();
    let chosen: Vec<Value> = (forms.iter().zip(schemas).enumerate())
        .map(|(index, (names, schema))| {
            let mut is_named = json!({"properties": {media_type: {"enum": names}}});
            if index > 0 {
                is_named["required"] = json!([media_type]);
            }
            json!({"if": is_named, "then": {"properties": {body: schema}}})
        })
        .collect();
    if !chosen.is_empty() {
        precise["allOf"] = chosen.into();
    }
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

/// Whether two schemas say the same but for annotations. `is_names` says that the keys are property names.
fn is_same_check(left: &Value, right: &Value, is_names: bool) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let counts = |key: &str| is_names || !ANNOTATIONS.contains(&key);
            let count = |map: &Map<String, Value>| map.keys().filter(|key| counts(key)).count();
            count(left) == count(right)
                && (left.iter().filter(|(key, _)| counts(key))).all(|(key, value)| {
                    right.get(key).is_some_and(|other| match key.as_str() {
                        "enum" if !is_names => value == other,
                        "properties" if !is_names => is_same_check(value, other, true),
                        _ => is_same_check(value, other, false),
                    })
                })
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same_check(left, right, false))
        }
        (left, right) => left == right,
    }
}
