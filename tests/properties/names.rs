//! The names that a plan promises, held against the limits of clients, crates, file systems and environments.

use std::collections::{BTreeMap, BTreeSet};

use mcpgen::plan::{BodySource, Plan, Tool};

/// Panics where a name is not what ARCHITECTURE.md and the documentation of [`Plan`] promise.
pub(super) fn check(plan: &Plan) {
    assert!(
        is_name(&plan.name, "-") && plan.name.len() <= 19,
        "server {:?}",
        plan.name
    );
    assert_unique(plan.groups.iter().map(|group| group.module.as_str()));
    assert_unique(plan.tools().map(|tool| tool.name.as_str()));
    for group in &plan.groups {
        let module = &group.module;
        assert!(
            is_name(module, "_") && module.len() <= 40,
            "module {module:?}"
        );
        assert!(syn::parse_str::<syn::Ident>(module).is_ok(), "{module:?}");
    }
    for tool in plan.tools() {
        assert!(
            is_name(&tool.name, "_") && tool.name.len() <= 40,
            "tool {:?}",
            tool.name
        );
        check_arguments(tool);
    }
    assert_unique(plan.schemes.iter().map(|scheme| scheme.env.as_str()));
    let schemes = plan.schemes.iter().map(|scheme| &scheme.env);
    let servers = plan.servers.iter().map(|server| &server.variable);
    let templates = plan.servers.iter().flat_map(|server| &server.templates);
    let variables = templates
        .flat_map(|template| &template.variables)
        .map(|variable| &variable.variable);
    for name in schemes.chain(servers).chain(variables) {
        assert!(
            !name.is_empty()
                && name
                    .bytes()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_'),
            "variable {name:?}"
        );
    }
    for name in plan.defs.keys() {
        assert!(
            name.bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"_.-".contains(&c)),
            "definition {name:?}"
        );
    }
}

/// Panics where a tool or one of its arguments has another name in the other plan.
pub(super) fn assert_same(plan: &Plan, other: &Plan) {
    let names = |plan: &Plan| -> BTreeMap<String, (String, Vec<String>)> {
        let of = |tool: &Tool| {
            let arguments = tool.arguments().map(str::to_owned).collect();
            (tool.pointer.to_string(), (tool.name.clone(), arguments))
        };
        plan.tools().map(of).collect()
    };
    assert_eq!(names(plan), names(other));
}

fn check_arguments(tool: &Tool) {
    let mut names: Vec<&str> = (tool.parameters.iter())
        .map(|parameter| parameter.argument.as_str())
        .collect();
    if let Some(body) = &tool.body {
        match &body.source {
            BodySource::Fields(fields) => {
                names.extend(fields.iter().map(|field| field.argument.as_str()));
            }
            BodySource::Whole(name) | BodySource::Object(name, _) => names.push(name),
        }
        names.extend(body.choice.iter().map(|(name, _)| name.as_str()));
    }
    for name in &names {
        assert!(
            (1..=64).contains(&name.len())
                && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_'),
            "argument {name:?}"
        );
    }
    // Unlike files, arguments may differ by case alone: `id` and `ID` are two parameters.
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
}

fn is_name(name: &str, separator: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || separator.contains(c))
}

fn assert_unique<'a>(names: impl Iterator<Item = &'a str>) {
    let mut known = BTreeSet::new();
    for name in names {
        assert!(known.insert(name.to_lowercase()), "{name:?} comes twice");
    }
}
