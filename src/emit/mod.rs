//! From a [`Plan`] to the files of a crate: the templates filled in, the tables, the schemas and the lock.
//!
//! A pure function: it reads no file, no clock and no environment, and the same plan and facts give the same bytes on
//! every machine. Every string of the plan gets into a file through `quote`.

mod context;
mod expression;
mod manifest;
mod modules;
mod prompts;
mod quote;
mod render;
mod schemas;
mod templates;
mod tools;
mod wire;

use indexmap::IndexMap;
use minijinja::value::{Serde, Value};
use rayon::prelude::*;

use self::context::Context;
use self::modules::modules;
use self::render::Renderer;
pub use self::schemas::{group_schemas, shared_schemas};
use self::templates::{TEMPLATES, Template, Treatment};
use crate::output::{File, FileTree, LOCK_FILE, Lock, Ownership};
use crate::plan::Plan;

/// The spec that a crate was made from, in the crate.
const SPEC: &str = "openapi.json";

/// What goes into a crate beside its plan.
#[derive(Debug, Clone, Default)]
pub struct CrateFacts {
    /// The bundled spec, for `openapi.json`.
    pub openapi_json: String,
    /// What was asked for, in the form of mcpgen.toml; recorded in `mcpgen.lock`.
    pub options: toml::Table,
    /// `[crate.dependencies]` of mcpgen.toml, as they stand in a Cargo.toml.
    pub dependencies: IndexMap<String, toml::Value>,
    /// `[crate] workspace`: the crate is a member of a workspace around it, which then has the profile.
    pub workspace_member: bool,
    /// `[crate] features`: what is on by default beside `http`.
    pub features: Vec<String>,
}

/// All files of the crate, `mcpgen.lock` among them.
///
/// # Panics
/// When a template or a name that the plan promises to be plain breaks our own rules.
#[must_use]
pub fn crate_files(plan: &Plan, facts: CrateFacts) -> FileTree {
    let modules = modules(plan);
    let context = Context::new(plan, &modules, &facts);
    let mut tree = FileTree::new();
    add_templates(&mut tree, &context, &facts);
    add(&mut tree, "src/tools/mod.rs", tools::index(plan, &modules));
    if !plan.prompts.is_empty() {
        add(&mut tree, "src/prompts.rs", prompts::module(&plan.prompts));
    }
    let texts: Vec<_> = (modules.par_iter())
        .map(|module| (tools::group_module(module), group_schemas(module.group)))
        .collect();
    for (module, (table, schemas)) in modules.iter().zip(texts) {
        let name = &module.name;
        add(&mut tree, &format!("src/tools/{name}.rs"), table);
        add(&mut tree, &format!("schemas/{name}.json"), schemas);
    }
    add(&mut tree, "schemas/defs.json", shared_schemas(plan));
    add(&mut tree, "tests/wire.json", wire::cases(plan));
    add(&mut tree, SPEC, facts.openapi_json);
    let mut lock = Lock {
        mcpgen: env!("CARGO_PKG_VERSION").to_owned(),
        templates: templates::FINGERPRINT.clone(),
        options: facts.options,
        ..Lock::default()
    }
    .with_files_of(&tree);
    lock.spec.clone_from(&lock.files[SPEC]);
    add(&mut tree, LOCK_FILE, lock.to_toml());
    tree
}

fn add(tree: &mut FileTree, path: &str, text: String) {
    // Whoever made these texts wrote JSON as it comes.
    let is_json = path.rsplit('.').next() == Some("json");
    let text = if is_json {
        quote::json_seen(text)
    } else {
        text
    };
    insert(tree, path, File::generated(text));
}

fn insert(tree: &mut FileTree, path: &str, file: File) {
    if let Err(problem) = tree.insert(path, file) {
        panic!("mcpgen made a path that is not usable: {problem}");
    }
}

fn add_templates(tree: &mut FileTree, context: &Context, facts: &CrateFacts) {
    let context = Value::from(Serde(context));
    let renderer = Renderer::new().expect("the delimiters are ours");
    for template in TEMPLATES {
        let mut owner = template.ownership();
        let mut text = match template.treatment() {
            Treatment::Copied => template.text.to_owned(),
            Treatment::Rendered => rendered(&renderer, template, &context),
        };
        match template.path() {
            "Cargo.toml" => text = manifest::with_dependencies(&text, &facts.dependencies),
            "Cargo.lock" => {
                text = manifest::in_order(&text);
                // With more dependencies it has to say more than we know.
                if !facts.dependencies.is_empty() {
                    owner = Ownership::Owner;
                }
            }
            _ => {}
        }
        let file = File {
            owner,
            ..File::generated(text)
        };
        insert(tree, template.path(), file);
    }
}

fn rendered(renderer: &Renderer, template: &Template, context: &Value) -> String {
    let text = match renderer.render(template.source, template.text, context) {
        Ok(text) => text,
        Err(error) => panic!("template {}: {error:#}", template.source),
    };
    let ending = template.path().rsplit('.').next();
    let is_rust = ending == Some("rs");
    if let Some(error) = is_rust.then(|| syn::parse_file(&text).err()).flatten() {
        panic!("template {} is no Rust: {error}", template.source);
    }
    text
}

#[cfg(test)]
mod tests;
