//! Which operations become tools, and in which group each tool stands.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::curation::Curation;
use super::{Group, PlanOptions, Tool, names, operation_label, subject};
use crate::api::Api;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};
use crate::selector::Selector;

/// The group of tools without a tag.
const DEFAULT_GROUP: &str = "default";

/// The indices of the operations that the selectors leave, in document order. `exclude` wins.
pub(super) fn selected(
    api: &Api,
    options: &PlanOptions,
    diagnostics: &mut Diagnostics,
) -> Vec<usize> {
    let matches = |selector: &Selector| -> BTreeSet<usize> {
        (0..api.operations.len())
            .filter(|index| selector.matches(&subject(&api.operations[*index])))
            .collect()
    };
    let mut included = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    for (selectors, set) in [
        (&options.include, &mut included),
        (&options.exclude, &mut excluded),
    ] {
        for selector in selectors {
            let found = matches(selector);
            if found.is_empty() {
                diagnostics.push(unused(Code::UnusedSelector, selector));
            }
            set.extend(found);
        }
    }
    for (selector, _) in &options.tools {
        if matches(selector).is_empty() {
            diagnostics.push(unused(Code::UnusedToolOverride, selector));
        }
    }
    warn_of_duplicate_ids(api, diagnostics);
    (0..api.operations.len())
        .filter(|index| options.include.is_empty() || included.contains(index))
        .filter(|index| !excluded.contains(index))
        .collect()
}

/// Takes out what `x-mcp: {enabled: false}` disables.
pub(super) fn drop_disabled(
    api: &Api,
    curations: &mut BTreeMap<usize, Curation>,
    diagnostics: &mut Diagnostics,
) {
    curations.retain(|index, curation| {
        if curation.is_disabled {
            let operation = &api.operations[*index];
            diagnostics.push(
                Diagnostic::new(
                    Code::DisabledOperation,
                    format!("{} is disabled by `x-mcp`", operation_label(operation)),
                )
                .at(&operation.pointer)
                .skipping(operation_label(operation)),
            );
        }
        !curation.is_disabled
    });
}

/// Why there are no tools; `left` operations remained after selection.
pub(super) fn no_tools(api: &Api, left: usize) -> Diagnostic {
    let count = api.operations.len();
    let (why, help) = if count == 0 {
        (
            "the spec has no operation that can be called".to_owned(),
            "add paths with operations, and look at the diagnostics above for broken ones",
        )
    } else if left == 0 {
        (
            format!("all {count} operations were left out by selectors or by `x-mcp`"),
            "widen `--include` or take back an `--exclude`",
        )
    } else {
        (
            format!("none of {left} operations could become a tool"),
            "the diagnostics above say why for each of them",
        )
    };
    Diagnostic::new(Code::NoTools, why)
        .at(&JsonPointer::root().child("paths"))
        .with_help(help)
}

/// The tools by their first tag, in the order of the tags; those without a tag come last.
pub(super) fn groups(api: &Api, tools: Vec<Tool>) -> Vec<Group> {
    let mut by_tag: IndexMap<String, Vec<Tool>> = api
        .tags
        .iter()
        .map(|tag| (tag.name.clone(), Vec::new()))
        .collect();
    let mut untagged = Vec::new();
    for tool in tools {
        match tool.tags.first() {
            Some(tag) => by_tag.entry(tag.clone()).or_default().push(tool),
            None => untagged.push(tool),
        }
    }
    if !untagged.is_empty() {
        by_tag
            .entry(DEFAULT_GROUP.to_owned())
            .or_default()
            .extend(untagged);
    }
    by_tag.retain(|_, tools| !tools.is_empty());
    let tags: Vec<&str> = by_tag.keys().map(String::as_str).collect();
    let modules = names::module_names(&tags);
    by_tag
        .into_iter()
        .zip(modules)
        .map(|((tag, tools), module)| Group {
            description: api
                .tags
                .iter()
                .find(|declared| declared.name == tag)
                .and_then(|declared| declared.description.clone())
                .unwrap_or_default(),
            tag,
            module,
            tools,
        })
        .collect()
}

fn unused(code: Code, selector: &Selector) -> Diagnostic {
    Diagnostic::new(code, format!("`{selector}` matches no operation"))
        .with_help("`mcpgen inspect` lists the operations with their ids and tags")
}

fn warn_of_duplicate_ids(api: &Api, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for operation in &api.operations {
        if let Some(id) = &operation.operation_id
            && !seen.insert(id)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateOperationId,
                    format!("another operation has the operationId `{id}` too"),
                )
                .at(&operation.pointer)
                .with_help("give each operation an id of its own"),
            );
        }
    }
}
