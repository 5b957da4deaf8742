//! Which operations become tools, and in which group each tool stands.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::curation::Curation;
use super::{Group, PlanOptions, Tool, names, operation_label, subject};
use crate::api::{Api, Operation};
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
                .at(&operation.pointer.child(super::curation::EXTENSION))
                .skipping_operations(operation_label(operation), 1),
            );
        }
        !curation.is_disabled
    });
}

/// Why there are no tools; `selected` operations were left by the selectors, `enabled` of these by `x-mcp`.
pub(super) fn no_tools(
    api: &Api,
    options: &PlanOptions,
    selected: usize,
    enabled: usize,
) -> Diagnostic {
    let count = api.operations.len();
    let all = counted(count, "operation");
    let (why, help) = if count == 0 {
        no_operations(api)
    } else if selected == 0 {
        (
            format!(
                "the spec has {all}, and {} leaves none",
                named_selectors(options)
            ),
            "widen `include` or take back an `exclude`; `mcpgen inspect` without them lists all operations",
        )
    } else if enabled == 0 {
        (
            format!("the spec has {all}, and `x-mcp` disables all that are selected"),
            "take back `enabled: false`, or select others",
        )
    } else {
        (
            format!("the spec has {all}, and none of those selected can become a tool"),
            EACH_IS_TOLD,
        )
    };
    Diagnostic::new(Code::NoTools, why)
        .at(&JsonPointer::root().child("paths"))
        .with_help(help)
}

const EACH_IS_TOLD: &str = "other diagnostics say why for each of them";

fn no_operations(api: &Api) -> (String, &'static str) {
    let webhooks = api.webhooks;
    if api.left_out > 0 {
        let all = counted(api.left_out, "operation");
        let message = format!("the spec has {all}, and none of them could be read");
        return (message, EACH_IS_TOLD);
    }
    if webhooks > 0 {
        let message = format!(
            "the spec describes no operations, only {}: requests that the API sends itself",
            counted(webhooks, "webhook")
        );
        let help =
            "build from the description of what the API answers; a webhook cannot become a tool";
        return (message, help);
    }
    let message = "the spec describes no operations".to_owned();
    (message, "describe at least one operation under `paths`")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// ``include `tag:a` `` and ``exclude `deprecated` ``, as far as there are any.
fn named_selectors(options: &PlanOptions) -> String {
    let named = |word: &str, selectors: &[Selector]| {
        let quoted: Vec<String> = (selectors.iter())
            .map(|selector| format!("`{selector}`"))
            .collect();
        (!quoted.is_empty()).then(|| format!("{word} {}", quoted.join(", ")))
    };
    let both = [
        named("include", &options.include),
        named("exclude", &options.exclude),
    ];
    both.into_iter().flatten().collect::<Vec<_>>().join(" and ")
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
    // A tag that is declared twice has its first description, as it has its first place.
    let described = api.tags.iter().rev();
    let descriptions: BTreeMap<&str, &str> = described
        .map(|tag| {
            (
                tag.name.as_str(),
                tag.description.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    by_tag
        .into_iter()
        .zip(modules)
        .map(|((tag, tools), module)| Group {
            description: descriptions
                .get(tag.as_str())
                .map_or_else(String::new, |text| (*text).to_owned()),
            tag,
            module,
            tools,
        })
        .collect()
}

fn unused(code: Code, selector: &Selector) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, format!("`{selector}` matches no operation"))
        .with_help("`mcpgen inspect` lists the operations with their ids and tags");
    match selector.place() {
        Some(place) => diagnostic.in_place(place.clone()),
        None => diagnostic,
    }
}

fn warn_of_duplicate_ids(api: &Api, diagnostics: &mut Diagnostics) {
    let mut first_of: BTreeMap<&str, &Operation> = BTreeMap::new();
    for operation in &api.operations {
        let Some(id) = &operation.operation_id else {
            continue;
        };
        let first = *first_of.entry(id).or_insert(operation);
        if !std::ptr::eq(first, operation) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateOperationId,
                    format!(
                        "`{} {}` has the operationId `{id}` too",
                        first.method, first.path
                    ),
                )
                .at(&operation.pointer.child("operationId"))
                .with_help("give each operation an id of its own"),
            );
        }
    }
}
