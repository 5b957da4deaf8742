//! What models and people read about a tool and about the whole server.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::curation::Curation;
use super::{Group, Tool, names, text};
use crate::api::{Api, Operation};
use crate::runtime::tool::input_schema_uri;

/// OpenAI refuses longer descriptions.
const DESCRIPTION: usize = 1_024;
/// In a terse plan, of a long description the paragraphs up to about here: what it does stands first, details of the
/// HTTP API follow.
const OPENING: usize = 300;
const TITLE: usize = 80;
/// Claude Code cuts instructions behind this.
const INSTRUCTIONS: usize = 2_048;
const OVERVIEW: usize = 360;

/// The title of a tool: what was decided, the summary, or the words of the name, without what only makes it unique.
pub(super) fn title(operation: &Operation, curation: &Curation) -> String {
    let own = curation.title.as_deref().or(operation.summary.as_deref());
    let title = text::line(own.unwrap_or_default());
    let title = title.trim_end_matches('.').trim();
    let length = title.chars().count();
    // A summary that is a paragraph is no title.
    if (1..=TITLE).contains(&length) || curation.title.is_some() && length > 0 {
        return text::cut(title, TITLE);
    }
    let name = curation.name.clone();
    let name = name.unwrap_or_else(|| names::readable_name(operation, TITLE));
    let words = name.replace('_', " ");
    text::capitalised(&words)
}

/// What is said about a tool.
pub(super) struct Described {
    /// What is listed.
    pub listed: String,
    /// The whole text, where the list has a part of it.
    pub whole: Option<String>,
}

impl Described {
    fn new(whole: String, listed: String) -> Self {
        Self {
            whole: (listed.trim() != whole.trim()).then_some(whole),
            listed,
        }
    }
}

/// The description of a tool: what was decided, or summary and description.
pub(super) fn description(operation: &Operation, curation: &Curation, is_terse: bool) -> Described {
    if let Some(own) = &curation.description {
        let own = text::plain(own);
        let listed = text::cut(&own, DESCRIPTION);
        return Described::new(own, listed);
    }
    let summary = text::line(operation.summary.as_deref().unwrap_or_default());
    let long = text::plain(operation.description.as_deref().unwrap_or_default());
    let bare = |text: &str| text.trim_end_matches('.').to_lowercase();
    let mut described = if summary.is_empty() {
        long
    } else if long.is_empty() || bare(&long) == bare(&summary) {
        text::sentence(&summary)
    } else if bare(&long).starts_with(&bare(&summary)) {
        long
    } else {
        format!("{} {long}", text::sentence(&summary))
    };
    if described.is_empty() {
        described = format!("{} {}", operation.method, text::line(&operation.path));
    }
    let says_so = text::first_sentence(&described, DESCRIPTION)
        .to_ascii_lowercase()
        .contains("deprecated");
    if operation.deprecated && !says_so {
        described = format!("Deprecated. {described}");
    }
    let wanted = if is_terse { OPENING } else { DESCRIPTION };
    let listed = text::opening(&described, wanted, DESCRIPTION);
    Described::new(described, listed)
}

/// Writes the tool's name where the description of a tool has the operationId of another in backticks: a model knows no
/// operations. What is said about arguments stays: there, the same word may be a value.
pub(super) fn name_tools(tools: &mut [Tool]) {
    let mut names: BTreeMap<String, Option<String>> = BTreeMap::new();
    for tool in tools.iter() {
        if let Some(id) = &tool.operation_id {
            // An id that is given twice names neither.
            let name = Some(tool.name.clone()).filter(|_| !names.contains_key(id));
            names.insert(id.clone(), name);
        }
    }
    tools.par_iter_mut().for_each(|tool| {
        if let Some(text) = with_names(&tool.description, &names) {
            tool.description = text::cut(&text, DESCRIPTION);
        }
    });
}

/// The text with tools instead of operations, if it names any.
fn with_names(text: &str, names: &BTreeMap<String, Option<String>>) -> Option<String> {
    let mut pieces: Vec<&str> = text.split('`').collect();
    let last = pieces.len() - 1;
    let mut is_changed = false;
    for index in (1..last).step_by(2) {
        if let Some(Some(name)) = names.get(pieces[index])
            && name != pieces[index]
        {
            pieces[index] = name;
            is_changed = true;
        }
    }
    is_changed.then(|| pieces.join("`"))
}

/// What the client's model reads first. Some clients show only the first 512 characters, so these stand alone:
/// what the API is, and how to find a tool.
pub(super) fn instructions(api: &Api, groups: &[Group]) -> String {
    let title = text::line(&api.title);
    let title = if title.is_empty() {
        "This server"
    } else {
        &title
    };
    let count: usize = groups.iter().map(|group| group.tools.len()).sum();
    let about = api.summary.iter().chain(&api.description);
    let about = about
        .map(|text| text::plain(text))
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let paragraph = about
        .split("\n\n")
        .find(|paragraph| paragraph.chars().filter(|c| c.is_alphabetic()).count() > 20)
        .unwrap_or(&about);
    let overview = text::sentence(&text::cut(&text::line(paragraph), OVERVIEW));
    let tools = if count == 1 {
        "1 tool".to_owned()
    } else {
        format!("{count} tools")
    };
    let mut out = text::cut(title, 80);
    if !overview.is_empty() {
        out.push_str(": ");
        out.push_str(&overview);
    }
    if !out.ends_with(['.', '!', '?', '…']) {
        out.push('.');
    }
    out.push(' ');
    out.push_str(&tools);
    out.push_str(", one for each operation of the API.");
    if groups
        .iter()
        .flat_map(|group| &group.tools)
        .any(|tool| tool.is_partial)
    {
        let whole = input_schema_uri("NAME");
        out.push_str(&format!(" What a tool NAME leaves out of its schema or description is in the resource `{whole}`."));
    }
    if groups.len() < 2 {
        return out;
    }
    out.push_str("\n\nTools by subject:");
    let mut left = groups.len();
    for group in groups {
        let line = group_line(group);
        let more = format!("\n- and {left} more");
        if out.chars().count() + line.chars().count() + more.len() > INSTRUCTIONS {
            out.push_str(&more);
            break;
        }
        out.push_str(&line);
        left -= 1;
    }
    out
}

/// `- orders (12, e.g. list_orders): Everything about orders.`
fn group_line(group: &Group) -> String {
    let example = group.tools.first().map_or("", |tool| &tool.name);
    let tag = text::cut(&text::line(&group.tag), 60);
    let mut line = format!("\n- {tag} ({}, e.g. {example})", group.tools.len());
    let about = text::first_sentence(&text::plain(&group.description), 120);
    if !about.is_empty() {
        line.push_str(": ");
        line.push_str(&about);
    }
    line
}
