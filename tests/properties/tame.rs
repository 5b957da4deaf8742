//! A harmless plan of the same shape as a hostile one: what its crate is, the hostile one's has to be too.
//!
//! Every text that a spec decides is replaced. What mcpgen makes itself (names of tools, arguments, modules and
//! variables) stays, and so does whether a text is empty, or equal to what it is compared with when it is printed.

use mcpgen::plan::{
    Alternative, Body, BodySource, Field, Group, Need, Parameter, Plan, Prompt, PromptArgument,
    PromptContent, PromptMessage, Scheme, SchemeKind, Server, ServerTemplate, ServerVariable, Tool,
};

use super::shapes::is_hidden;

/// What every text becomes. It is no name that mcpgen makes.
const TAME: &str = "Tame text";

/// The plan with harmless texts.
pub(super) fn tamed(plan: &Plan) -> Plan {
    Plan {
        name: plan.name.clone(),
        title: text(&plan.title),
        version: text(&plan.version),
        description: text(&plan.description),
        instructions: text(&plan.instructions),
        servers: plan.servers.iter().map(server).collect(),
        schemes: plan.schemes.iter().map(scheme).collect(),
        groups: plan.groups.iter().map(group).collect(),
        defs: plan.defs.clone(),
        prompts: plan.prompts.iter().map(prompt).collect(),
    }
}

fn text(text: &str) -> String {
    let is_seen = |c: char| !c.is_whitespace() && !is_hidden(c);
    if text.chars().any(is_seen) {
        TAME.to_owned()
    } else {
        text.to_owned()
    }
}

/// A name on the wire beside the name of its argument, which is printed only where they differ.
fn wire_name(name: &str, argument: &str) -> String {
    if name == argument {
        name.to_owned()
    } else {
        TAME.to_owned()
    }
}

/// A media type, of which the usual ones are not printed.
fn media_type(name: &str) -> String {
    const USUAL: &[&str] = &[
        "",
        "*/*",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "application/x-ndjson",
        "text/plain; charset=utf-8",
        "application/octet-stream",
    ];
    if USUAL.contains(&name) {
        name.to_owned()
    } else {
        TAME.to_owned()
    }
}

fn prompt(prompt: &Prompt) -> Prompt {
    let argument = |argument: &PromptArgument| PromptArgument {
        title: text(&argument.title),
        description: text(&argument.description),
        values: argument.values.iter().map(|value| text(value)).collect(),
        ..argument.clone()
    };
    let message = |message: &PromptMessage| PromptMessage {
        content: match &message.content {
            PromptContent::Text(said) => PromptContent::Text(text(said)),
            PromptContent::Resource(uri) => PromptContent::Resource(text(uri)),
            image @ PromptContent::Image(..) => image.clone(),
        },
        ..message.clone()
    };
    Prompt {
        title: text(&prompt.title),
        description: text(&prompt.description),
        arguments: prompt.arguments.iter().map(argument).collect(),
        messages: prompt.messages.iter().map(message).collect(),
        ..prompt.clone()
    }
}

fn server(server: &Server) -> Server {
    Server {
        url: server.url.as_deref().map(text),
        path: server.path.as_deref().map(text),
        variable: server.variable.clone(),
        description: text(&server.description),
        templates: server.templates.iter().map(template).collect(),
    }
}

fn template(template: &ServerTemplate) -> ServerTemplate {
    ServerTemplate {
        url: text(&template.url),
        description: text(&template.description),
        variables: (template.variables.iter())
            .map(|variable| ServerVariable {
                name: text(&variable.name),
                variable: variable.variable.clone(),
                default: text(&variable.default),
                values: variable.values.iter().map(|value| text(value)).collect(),
            })
            .collect(),
    }
}

fn scheme(scheme: &Scheme) -> Scheme {
    let kind = match &scheme.kind {
        SchemeKind::ApiKey(location, name) => SchemeKind::ApiKey(*location, text(name)),
        other => other.clone(),
    };
    Scheme {
        name: text(&scheme.name),
        env: scheme.env.clone(),
        kind,
        issuer: scheme.issuer.as_deref().map(text),
        description: text(&scheme.description),
    }
}

fn group(group: &Group) -> Group {
    Group {
        tag: text(&group.tag),
        module: group.module.clone(),
        description: text(&group.description),
        tools: group.tools.iter().map(tool).collect(),
    }
}

fn tool(tool: &Tool) -> Tool {
    let title = if tool.title == tool.name {
        tool.title.clone()
    } else {
        text(&tool.title)
    };
    Tool {
        title,
        description: text(&tool.description),
        operation_id: tool.operation_id.as_deref().map(text),
        method: text(&tool.method),
        path: text(&tool.path),
        tags: tool.tags.iter().map(|tag| text(tag)).collect(),
        parameters: tool.parameters.iter().map(parameter).collect(),
        body: tool.body.as_ref().map(body),
        accept: media_type(&tool.accept),
        resource: tool.resource.as_deref().map(text),
        security: (tool.security.iter())
            .map(|needs| needs.iter().map(need).collect())
            .collect(),
        ..tool.clone()
    }
}

fn parameter(parameter: &Parameter) -> Parameter {
    Parameter {
        name: wire_name(&parameter.name, &parameter.argument),
        ..parameter.clone()
    }
}

fn body(body: &Body) -> Body {
    let source = match &body.source {
        BodySource::Fields(fields) => BodySource::Fields(fields.iter().map(field).collect()),
        BodySource::Whole(argument) => BodySource::Whole(argument.clone()),
        BodySource::Object(argument, fields) => {
            BodySource::Object(argument.clone(), fields.iter().map(field).collect())
        }
    };
    let alternative = |other: &Alternative| Alternative {
        media_type: media_type(&other.media_type),
        format: other.format,
        fields: (other.fields.as_ref()).map(|fields| fields.iter().map(field).collect()),
        xml: text(&other.xml),
    };
    Body {
        media_type: media_type(&body.media_type),
        source,
        choice: (body.choice.as_ref())
            .map(|(argument, others)| (argument.clone(), others.iter().map(alternative).collect())),
        xml: text(&body.xml),
        ..body.clone()
    }
}

fn field(field: &Field) -> Field {
    // A field of an object that is an argument as a whole has no name but its own.
    let argument = if field.name == field.argument {
        TAME
    } else {
        &field.argument
    };
    Field {
        argument: argument.to_owned(),
        name: TAME.to_owned(),
        content_type: media_type(&field.content_type),
        xml: text(&field.xml),
        headers: (field.headers.iter())
            .map(|(name, value)| (text(name), text(value)))
            .collect(),
        ..field.clone()
    }
}

fn need(need: &Need) -> Need {
    Need {
        scheme: text(&need.scheme),
        scopes: need.scopes.iter().map(|scope| text(scope)).collect(),
    }
}
