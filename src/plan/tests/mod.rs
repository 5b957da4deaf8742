//! Tests of the whole stage: on hand-made APIs, and on real specs where they are at hand.

mod bodies;
mod corpus;
mod curation;
mod long_running;
mod naming;
mod profiles;
mod projection;
mod prompts;
mod resources;
mod results;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Plan, PlanOptions, Tool, plan};
use crate::api::{
    Api, MediaType, Operation, Parameter, ParameterLocation, RequestBody, Response,
    SecurityRequirement, Serialization, StatusPattern, Style,
};
use crate::diagnostic::{Code, Diagnostics, JsonPointer};

/// An operation to be described step by step.
fn operation(method: &str, path: &str) -> Operation {
    Operation {
        operation_id: None,
        method: method.to_owned(),
        path: path.to_owned(),
        summary: None,
        description: None,
        tags: Vec::new(),
        deprecated: false,
        parameters: Vec::new(),
        body: None,
        responses: Vec::new(),
        security: Vec::new(),
        servers: None,
        extensions: IndexMap::new(),
        pointer: JsonPointer::root()
            .child("paths")
            .child(path)
            .child(method.to_ascii_lowercase()),
    }
}

impl Operation {
    fn id(mut self, id: &str) -> Self {
        self.operation_id = Some(id.to_owned());
        self
    }

    fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }

    fn with(mut self, location: ParameterLocation, name: &str, schema: Value) -> Self {
        let is_simple = matches!(
            location,
            ParameterLocation::Path | ParameterLocation::Header
        );
        let pointer = self
            .pointer
            .child("parameters")
            .child(self.parameters.len());
        self.parameters.push(Parameter {
            name: name.to_owned(),
            location,
            required: location == ParameterLocation::Path,
            description: None,
            deprecated: false,
            schema,
            example: None,
            serialization: Serialization::Style {
                style: if is_simple {
                    Style::Simple
                } else {
                    Style::Form
                },
                explode: !is_simple,
                allow_reserved: false,
                allow_empty: false,
                items: Vec::new(),
            },
            schema_pointer: pointer.child("schema"),
            pointer,
        });
        self
    }

    fn query(self, name: &str, schema: Value) -> Self {
        self.with(ParameterLocation::Query, name, schema)
    }

    fn body(mut self, required: bool, content: &[(&str, Value)]) -> Self {
        self.body = Some(RequestBody {
            required,
            description: None,
            content: content
                .iter()
                .map(|(name, schema)| media(name, schema))
                .collect(),
            pointer: self.pointer.child("requestBody"),
        });
        self
    }

    fn answer(mut self, status: u16, content: &[(&str, Value)]) -> Self {
        self.responses.push(Response {
            status: StatusPattern::Exact(status),
            description: None,
            content: content
                .iter()
                .map(|(name, schema)| media(name, schema))
                .collect(),
        });
        self
    }

    fn extension(mut self, name: &str, value: Value) -> Self {
        self.extensions.insert(name.to_owned(), value);
        self
    }

    fn needs(mut self, schemes: &[&str]) -> Self {
        self.security.push(SecurityRequirement {
            schemes: schemes
                .iter()
                .map(|name| ((*name).to_owned(), Vec::new()))
                .collect(),
        });
        self
    }
}

fn media(name: &str, schema: &Value) -> MediaType {
    MediaType {
        name: name.to_owned(),
        schema: (!schema.is_null()).then(|| schema.clone()),
        ..MediaType::default()
    }
}

fn api(operations: impl IntoIterator<Item = Operation>) -> Api {
    Api {
        title: "Test".to_owned(),
        version: "1".to_owned(),
        operations: operations.into_iter().collect(),
        ..Api::default()
    }
}

fn with_schemas(mut api: Api, schemas: &[(&str, Value)]) -> Api {
    for (name, schema) in schemas {
        api.schemas.insert((*name).to_owned(), schema.clone());
    }
    api
}

/// The plan of an API that has one, and the codes of its diagnostics without those about the missing server.
fn planned(api: &Api, options: &PlanOptions) -> (Plan, Vec<Code>) {
    let mut diagnostics = Diagnostics::new();
    let plan = plan(api, options, &mut diagnostics).expect("a plan");
    (plan, codes(&diagnostics))
}

fn codes(diagnostics: &Diagnostics) -> Vec<Code> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .filter(|code| *code != Code::NoServer)
        .collect()
}

/// The only tool of an API with one operation.
fn tool(operation: Operation) -> Tool {
    let (mut plan, _) = planned(&api([operation]), &PlanOptions::default());
    plan.groups.remove(0).tools.remove(0)
}

/// The precise schema with all it refers to, compiled.
fn validator(plan: &Plan, tool: &Tool) -> jsonschema::Validator {
    let mut schema = tool.precise.clone();
    schema["$defs"] = plan
        .defs
        .iter()
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    jsonschema::draft202012::new(&schema).expect("a precise schema that compiles")
}
