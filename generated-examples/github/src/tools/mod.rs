//! The tools as data, a module for each tag.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.
#![allow(clippy::unicode_not_nfc, reason = "the texts are the API's own")]

#[rustfmt::skip]
mod issues;
#[rustfmt::skip]
mod pulls;
#[rustfmt::skip]
mod repos;

use crate::runtime::tool::{BaseUrl, Group, ServerDef};

/// The whole server: what `main` runs.
pub const SERVER: ServerDef = ServerDef {
    name: "github",
    title: "GitHub's official OpenAPI spec + Octokit extension",
    version: "23.0.2",
    instructions: "\
GitHub's official OpenAPI spec + Octokit extension: OpenAPI specs from https://github.com/github/rest-api-description with the 'x-octokit' extension required by the Octokit SDKs. 296 tools, one for each operation of the API. What a tool NAME leaves out of its schema or description is in the resource `openapi://tools/NAME/input-schema`.\n\
\n\
Tools by subject:\n\
- issues (58, e.g. issues_list): Interact with GitHub Issues.\n\
- pulls (34, e.g. pulls_list): Interact with GitHub Pull Requests.\n\
- repos (204, e.g. repos_list_for_org): Interact with GitHub Repos.",
    servers: &[
        BaseUrl::new(Some("https://api.github.com")),
        BaseUrl::new(Some("https://uploads.github.com")),
    ],
    schemes: &[],
    groups: &[
        Group {
            tag: "issues",
            tools: issues::TOOLS,
            schemas: include_str!("../../schemas/issues.json"),
        },
        Group {
            tag: "pulls",
            tools: pulls::TOOLS,
            schemas: include_str!("../../schemas/pulls.json"),
        },
        Group {
            tag: "repos",
            tools: repos::TOOLS,
            schemas: include_str!("../../schemas/repos.json"),
        },
    ],
    defs: include_str!("../../schemas/defs.json"),
    prompts: &[],
    #[cfg(feature = "spec")]
    document: Some(include_str!("../../openapi.json")),
    #[cfg(not(feature = "spec"))]
    document: None,
};
