//! `mcpgen serve`: runs the runtime of generated crates over a plan in memory.

use std::ffi::OsString;

use super::Outcome;
use super::arguments::Serve;
use super::load::{self, Session, Wanted};
use super::progress::Progress;
use crate::emit;
use crate::plan::{self, Plan};
use crate::runtime;
use crate::runtime::tool::{
    Alternative, BaseUrl, Body, BodySource, Choice, Field, Group, Need, Parameter, PromptArgument,
    PromptContent, PromptDef, PromptMessage, Scheme, SchemeKind, ServerDef, Template, ToolDef,
    Variable,
};

const STAGES: u64 = 3;

pub(super) fn run(
    arguments: Serve,
    session: &mut Session,
    finish: impl FnOnce(&mut Session) -> bool,
) -> Outcome {
    let progress = Progress::new(STAGES);
    let loaded = load::load(&arguments.input, Wanted::Document, session, &progress);
    drop(progress);
    let Some(loaded) = loaded else {
        return Outcome::Done;
    };
    let server = server_def(&loaded.plan, &loaded.openapi_json);
    // The server runs until it is stopped: what was found about the spec is shown before, and its memory is free.
    finish(session);
    session.document = None;
    drop(loaded);
    let program = OsString::from("mcpgen serve SPEC --");
    let options: Vec<OsString> = std::iter::once(program).chain(arguments.server).collect();
    Outcome::Served(runtime::run(server, runtime::custom::Nothing, &options))
}

/// The plan as the runtime's tables. A generated crate has them as constants; here they live as long as the
/// process, so they are leaked once.
fn server_def(plan: &Plan, document: &str) -> ServerDef {
    ServerDef {
        name: text(&plan.name),
        title: text(&plan.title),
        version: text(&plan.version),
        instructions: text(&plan.instructions),
        servers: list(plan.servers.iter().map(|server| BaseUrl {
            url: server.url_or_path().map(text),
            templates: list(server.templates.iter().map(template)),
        })),
        schemes: list(plan.schemes.iter().map(scheme)),
        groups: list(plan.groups.iter().map(|group| Group {
            tag: text(&group.tag),
            tools: list(group.tools.iter().map(tool)),
            schemas: text(&emit::group_schemas(group)),
        })),
        defs: text(&emit::shared_schemas(plan)),
        prompts: list(plan.prompts.iter().map(prompt)),
        document: Some(text(document)),
    }
}

fn prompt(prompt: &plan::Prompt) -> PromptDef {
    let argument = |argument: &plan::PromptArgument| PromptArgument {
        name: text(&argument.name),
        title: text(&argument.title),
        description: text(&argument.description),
        required: argument.required,
        values: list(argument.values.iter().map(|value| text(value))),
        complete: (argument.complete.as_ref()).map(|(tool, name)| (text(tool), text(name))),
    };
    let message = |message: &plan::PromptMessage| PromptMessage {
        by_assistant: message.by_assistant,
        content: match &message.content {
            plan::PromptContent::Text(said) => PromptContent::Text(text(said)),
            plan::PromptContent::Resource(uri) => PromptContent::Resource(text(uri)),
            plan::PromptContent::Image(kind, data) => PromptContent::Image(text(kind), text(data)),
        },
    };
    PromptDef {
        name: text(&prompt.name),
        title: text(&prompt.title),
        description: text(&prompt.description),
        version: text(&prompt.version),
        arguments: list(prompt.arguments.iter().map(argument)),
        messages: list(prompt.messages.iter().map(message)),
    }
}

fn template(template: &plan::ServerTemplate) -> Template {
    Template {
        url: text(&template.url),
        variables: list(template.variables.iter().map(|variable| Variable {
            name: text(&variable.name),
            env: text(&variable.variable),
            default: text(&variable.default),
            values: list(variable.values.iter().map(|value| text(value))),
        })),
    }
}

fn scheme(scheme: &plan::Scheme) -> Scheme {
    let kind = match &scheme.kind {
        plan::SchemeKind::ApiKey(location, name) => SchemeKind::ApiKey(*location, text(name)),
        plan::SchemeKind::Basic => SchemeKind::Basic,
        plan::SchemeKind::Bearer => SchemeKind::Bearer,
        plan::SchemeKind::Digest => SchemeKind::Digest,
    };
    Scheme {
        name: text(&scheme.name),
        env: text(&scheme.env),
        kind,
    }
}

fn tool(tool: &plan::Tool) -> ToolDef {
    ToolDef {
        name: text(&tool.name),
        title: text(&tool.title),
        description: text(&tool.description),
        operation_id: text(tool.operation_id.as_deref().unwrap_or_default()),
        method: text(&tool.method),
        path: text(&tool.path),
        server: tool.server,
        tags: list(tool.tags.iter().skip(1).map(|tag| text(tag))),
        deprecated: tool.deprecated,
        parameters: list(tool.parameters.iter().map(parameter)),
        body: tool.body.as_ref().map(body),
        accept: text(&tool.accept),
        security: list(tool.security.iter().map(|needs| {
            list(needs.iter().map(|need| Need {
                scheme: text(&need.scheme),
                scopes: list(need.scopes.iter().map(|scope| text(scope))),
            }))
        })),
        hints: tool.hints,
        result: tool.result,
        long_running: tool.long_running,
        resource: text(tool.resource.as_deref().unwrap_or_default()),
    }
}

fn parameter(parameter: &plan::Parameter) -> Parameter {
    Parameter {
        argument: text(&parameter.argument),
        name: text(&parameter.name),
        location: parameter.location,
        style: parameter.style,
        explode: parameter.explode,
        allow_reserved: parameter.allow_reserved,
        format: parameter.format,
        items: list(parameter.items.iter().copied()),
        whole_query: parameter.whole_query,
        fields: list(parameter.fields.iter().map(field)),
    }
}

fn body(body: &plan::Body) -> Body {
    let source = match &body.source {
        plan::BodySource::Whole(argument) => BodySource::Whole(text(argument)),
        plan::BodySource::Fields(fields) => BodySource::Fields(list(fields.iter().map(field))),
        plan::BodySource::Object(argument, fields) => {
            BodySource::Object(text(argument), list(fields.iter().map(field)))
        }
    };
    let alternative = |other: &plan::Alternative| Alternative {
        media_type: text(&other.media_type),
        format: other.format,
        fields: (other.fields.as_ref()).map(|fields| list(fields.iter().map(field))),
        xml: text(&other.xml),
    };
    Body {
        media_type: text(&body.media_type),
        format: body.format,
        required: body.required,
        source,
        choice: (body.choice.as_ref()).map(|(argument, others)| {
            let others = list(others.iter().map(alternative));
            &*Box::leak(Box::new(Choice::new(text(argument), others)))
        }),
        xml: text(&body.xml),
        pages: list(body.pages.iter().map(|way| text(way))),
    }
}

fn field(field: &plan::Field) -> Field {
    let header = |(name, value): &(String, String)| (text(name), text(value));
    Field {
        argument: text(&field.argument),
        name: text(&field.name),
        style: field.style,
        explode: field.explode,
        allow_reserved: field.allow_reserved,
        format: field.format,
        content_type: text(&field.content_type),
        headers: list(field.headers.iter().map(header)),
        xml: text(&field.xml),
        parts: list(field.parts.iter().map(self::field)),
        items: list(field.items.iter().copied()),
    }
}

fn text(text: &str) -> &'static str {
    Box::leak(Box::from(text))
}

fn list<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    Box::leak(items.collect())
}
