//! What the templates are filled in with: the plan in the words of a reader of the crate.
//!
//! Strings stay as they are in the plan; quoting them is the templates' business, through the filters of `quote`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::CrateFacts;
use super::modules::Module;
use super::quote::one_line;
use crate::plan::{Plan, Prompt, Scheme, SchemeKind, Tool};
use crate::runtime::tool::Location;

/// Everything that a template may name.
#[derive(Debug, Serialize)]
pub(super) struct Context {
    /// The server's name: `orders`.
    name: String,
    /// The crate's name: `orders-mcp`.
    package: String,
    /// The crate's name in Rust: `orders_mcp`.
    library: String,
    /// The API's title.
    title: String,
    /// The API's version.
    version: String,
    /// The first paragraph of the API's description; may be empty.
    summary: String,
    /// The version of mcpgen.
    mcpgen: &'static str,
    /// Whether the crate is a member of a workspace around it.
    member: bool,
    /// The features that are on by default beside `http`.
    features: Vec<String>,
    /// How many tools there are.
    tools: usize,
    servers: Vec<ServerContext>,
    /// The servers that `API_SERVER` chooses from.
    templates: Vec<TemplateContext>,
    /// The variables of all servers.
    server_variables: Vec<ServerVariableContext>,
    schemes: Vec<SchemeContext>,
    /// All variables of all schemes.
    variables: Vec<Variable>,
    /// What a client's configuration has to set.
    client_env: Vec<ClientVariable>,
    /// The title and description that fit the MCP registry.
    registry_title: String,
    registry_description: String,
    groups: Vec<GroupContext>,
    prompts: Vec<PromptContext>,
}

#[derive(Debug, Serialize)]
struct ServerContext {
    url: Option<String>,
    path: Option<String>,
    variable: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct TemplateContext {
    number: usize,
    url: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct ServerVariableContext {
    variable: String,
    default: String,
    choices: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SchemeContext {
    name: String,
    description: String,
    /// What is sent, in words.
    sends: String,
    variables: Vec<Variable>,
    /// `API_OAUTH`, where the server can get tokens for itself.
    client: Option<String>,
    /// Who issues its tokens, by the description's word.
    issuer: Option<String>,
    /// How many tools can use it.
    tools: usize,
}

/// An environment variable that holds a credential.
#[derive(Debug, Clone, Serialize)]
struct Variable {
    name: String,
    /// What to put into it.
    holds: &'static str,
    /// The same for the MCP registry.
    registry: String,
    /// Whether it should not be shown.
    secret: bool,
}

/// A variable in a client's configuration.
#[derive(Debug, Serialize)]
struct ClientVariable {
    name: String,
    /// A value to be replaced.
    value: String,
    /// What a client asks for.
    prompt: String,
    secret: bool,
}

#[derive(Debug, Serialize)]
struct GroupContext {
    tag: String,
    description: String,
    module: String,
    tools: Vec<ToolContext>,
}

#[derive(Debug, Serialize)]
struct ToolContext {
    name: String,
    title: String,
    method: String,
    path: String,
    deprecated: bool,
    /// What a call does to the API, in a word.
    effect: &'static str,
}

#[derive(Debug, Serialize)]
struct PromptContext {
    name: String,
    version: String,
    title: String,
    arguments: Vec<String>,
}

impl Context {
    /// Reads a plan.
    pub(super) fn new(plan: &Plan, modules: &[Module<'_>], facts: &CrateFacts) -> Self {
        let package = format!("{}-mcp", plan.name);
        let uses = uses(plan);
        let schemes: Vec<_> = plan
            .schemes
            .iter()
            .map(|scheme| scheme_context(scheme, &uses))
            .collect();
        let variables: Vec<_> = schemes
            .iter()
            .flat_map(|scheme| scheme.variables.clone())
            .collect();
        let title = one_line(&plan.title);
        Self {
            name: plan.name.clone(),
            library: package.replace('-', "_"),
            package,
            title: plan.title.clone(),
            version: plan.version.clone(),
            summary: first_paragraph(&plan.description),
            mcpgen: env!("CARGO_PKG_VERSION"),
            member: facts.workspace_member,
            features: features(plan, &facts.features),
            tools: plan.groups.iter().map(|group| group.tools.len()).sum(),
            servers: plan.servers.iter().map(server_context).collect(),
            templates: template_contexts(plan),
            server_variables: server_variable_contexts(plan),
            client_env: client_env(plan, &variables),
            registry_title: at_most_100(&title),
            registry_description: at_most_100(&format!("The operations of {title} as tools")),
            variables,
            schemes,
            groups: modules.iter().map(group_context).collect(),
            prompts: plan.prompts.iter().map(prompt_context).collect(),
        }
    }
}

fn server_context(server: &crate::plan::Server) -> ServerContext {
    ServerContext {
        url: server.url.clone(),
        path: server.path.clone(),
        variable: server.variable.clone(),
        description: first_paragraph(&server.description),
    }
}

fn template_contexts(plan: &Plan) -> Vec<TemplateContext> {
    let templates = plan.servers.first().map(|server| &server.templates);
    (templates.into_iter().flatten().enumerate())
        .map(|(index, template)| TemplateContext {
            number: index + 1,
            url: template.url.clone(),
            description: first_paragraph(&template.description),
        })
        .collect()
}

fn server_variable_contexts(plan: &Plan) -> Vec<ServerVariableContext> {
    let templates = plan.servers.iter().flat_map(|server| &server.templates);
    let mut known = BTreeSet::new();
    templates
        .flat_map(|template| &template.variables)
        .filter(|variable| known.insert(&variable.variable))
        .map(|variable| ServerVariableContext {
            variable: variable.variable.clone(),
            default: variable.default.clone(),
            choices: variable.values.clone(),
        })
        .collect()
}

/// What the owner asked for, and what the API's credentials need.
fn features(plan: &Plan, asked: &[String]) -> Vec<String> {
    let has_digest = (plan.schemes.iter()).any(|scheme| scheme.kind == SchemeKind::Digest);
    let digest = has_digest.then(|| "digest".to_owned());
    let needed = digest.filter(|name| !asked.contains(name));
    asked.iter().cloned().chain(needed).collect()
}

/// How many tools can use each scheme, by its name.
fn uses(plan: &Plan) -> BTreeMap<&str, usize> {
    let mut uses = BTreeMap::new();
    for tool in plan.tools() {
        let needs = tool.security.iter().flatten();
        let schemes: BTreeSet<&str> = needs.map(|need| need.scheme.as_str()).collect();
        for scheme in schemes {
            *uses.entry(scheme).or_default() += 1;
        }
    }
    uses
}

fn scheme_context(scheme: &Scheme, uses: &BTreeMap<&str, usize>) -> SchemeContext {
    SchemeContext {
        name: scheme.name.clone(),
        description: first_paragraph(&scheme.description),
        sends: sends(&scheme.kind),
        variables: variables(scheme),
        client: (scheme.kind == SchemeKind::Bearer).then(|| format!("API_{}", scheme.env)),
        issuer: scheme.issuer.clone(),
        tools: uses.get(scheme.name.as_str()).copied().unwrap_or_default(),
    }
}

fn sends(kind: &SchemeKind) -> String {
    match kind {
        SchemeKind::Basic => "Authorization: Basic …".to_owned(),
        SchemeKind::Bearer => "Authorization: Bearer …".to_owned(),
        SchemeKind::Digest => "Authorization: Digest …".to_owned(),
        SchemeKind::ApiKey(Location::Query, name) => format!("?{name}=…"),
        SchemeKind::ApiKey(Location::Cookie, name) => format!("Cookie: {name}=…"),
        SchemeKind::ApiKey(Location::Header | Location::Path, name) => format!("{name}: …"),
    }
}

/// The variables of a scheme, in the order in which a person fills them in.
fn variables(scheme: &Scheme) -> Vec<Variable> {
    let variable = |suffix: &str, holds, secret| Variable {
        name: format!("API_{}_{suffix}", scheme.env),
        holds,
        registry: format!("Credential {}: {holds}", one_line(&scheme.name)),
        secret,
    };
    match scheme.kind {
        SchemeKind::ApiKey(..) => vec![variable("KEY", "the key", true)],
        SchemeKind::Bearer => vec![variable("TOKEN", "the token, without Bearer", true)],
        SchemeKind::Basic | SchemeKind::Digest => vec![
            variable("USERNAME", "the user name", false),
            variable("PASSWORD", "the password", true),
        ],
    }
}

/// The credentials, and the base URLs that have no default.
fn client_env(plan: &Plan, variables: &[Variable]) -> Vec<ClientVariable> {
    let without_default = (plan.servers.iter()).filter(|server| server.url_or_path().is_none());
    let servers = without_default.map(|server| ClientVariable {
        name: server.variable.clone(),
        value: "https://api.example.com".to_owned(),
        prompt: "The base URL of the API".to_owned(),
        secret: false,
    });
    let credentials = variables.iter().map(|variable| ClientVariable {
        name: variable.name.clone(),
        value: format!("<{}>", variable.holds),
        prompt: variable.registry.clone(),
        secret: variable.secret,
    });
    servers.chain(credentials).collect()
}

/// The registry's limit for titles and descriptions.
fn at_most_100(text: &str) -> String {
    if text.chars().count() <= 100 {
        return text.to_owned();
    }
    let start: String = text.chars().take(99).collect();
    format!("{}…", start.trim_end())
}

fn group_context(module: &Module<'_>) -> GroupContext {
    GroupContext {
        tag: module.group.tag.clone(),
        description: first_paragraph(&module.group.description),
        module: module.name.clone(),
        tools: module.group.tools.iter().map(tool_context).collect(),
    }
}

fn prompt_context(prompt: &Prompt) -> PromptContext {
    let arguments = prompt.arguments.iter();
    PromptContext {
        name: prompt.name.clone(),
        version: prompt.version.clone(),
        title: prompt.title.clone(),
        arguments: arguments.map(|argument| argument.name.clone()).collect(),
    }
}

fn tool_context(tool: &Tool) -> ToolContext {
    let hints = tool.hints;
    ToolContext {
        name: tool.name.clone(),
        title: tool.title.clone(),
        method: tool.method.clone(),
        path: tool.path.clone(),
        deprecated: tool.deprecated,
        effect: if hints.read_only {
            "reads"
        } else if hints.destructive {
            "changes or deletes"
        } else {
            "adds"
        },
    }
}

/// The text up to the first empty line.
fn first_paragraph(text: &str) -> String {
    text.trim()
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
