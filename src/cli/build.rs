//! `mcpgen build`: writes the crate, or compares it (`--check`).

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::arguments::Build;
use super::load::{self, Loaded, Session, Wanted};
use super::progress::Progress;
use super::report::{counted, printable, thousands};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::emit::{self, CrateFacts};
use crate::output::{
    self, Difference, DifferenceKind, FileTree, OutputError, WritePolicy, Written,
};
use crate::spec::Document;

const STAGES: u64 = 5;

pub(super) fn run(arguments: Build, session: &mut Session) -> io::Result<Outcome> {
    let progress = Progress::new(STAGES);
    let Some(mut loaded) = load::load(&arguments.input, Wanted::Document, session, &progress)
    else {
        return Ok(Outcome::Done);
    };
    let tools = counted(loaded.plan.tools().count(), "tool");
    progress.stage(format!("making {tools}"));
    let Some(document) = &session.document else {
        return Ok(Outcome::Done);
    };
    let facts = CrateFacts {
        openapi_json: std::mem::take(&mut loaded.openapi_json),
        options: loaded.config.options(),
        dependencies: loaded.config.dependencies.clone(),
        workspace_member: loaded.config.workspace,
        features: loaded.config.features.clone(),
    };
    let tree = emit::crate_files(&loaded.plan, facts);
    let directory = arguments
        .output
        .or_else(|| loaded.output.clone())
        .unwrap_or_else(|| PathBuf::from(format!("{}-mcp", loaded.plan.name)));
    let policy = WritePolicy {
        force: arguments.force,
        keep: loaded.config.keep.clone(),
    };
    progress.stage(format!("writing {}", directory.display()));
    if arguments.check {
        drop(progress);
        return check(&directory, &tree, &policy, &mut session.diagnostics);
    }
    let (written, tokens) = rayon::join(
        || output::write(&directory, &tree, &policy),
        || {
            find_places(&session.diagnostics, document);
            loaded.plan.estimated_tokens()
        },
    );
    drop(progress);
    match written {
        Ok(written) => {
            let diagnostics = &session.diagnostics;
            session.summary = Some(summary(&directory, &loaded, &written, tokens, diagnostics));
        }
        Err(error) => report(error, &directory, &mut session.diagnostics),
    }
    // The process is about to end, and to free a million small values one by one takes a while.
    std::mem::forget((loaded, tree));
    Ok(Outcome::Done)
}

/// Makes the document find out now where its nodes stand in the text, if that will be asked.
fn find_places(diagnostics: &Diagnostics, document: &Document) {
    for place in diagnostics.iter().filter_map(|item| item.place.as_ref()) {
        if let (None, Some(pointer)) = (&place.source, &place.pointer) {
            let _ = document.place(pointer);
        }
    }
}

fn check(
    directory: &Path,
    tree: &FileTree,
    policy: &WritePolicy,
    diagnostics: &mut Diagnostics,
) -> io::Result<Outcome> {
    let differences = match output::check(directory, tree, policy) {
        Ok(differences) => differences,
        Err(error) => {
            report(error, directory, diagnostics);
            return Ok(Outcome::Done);
        }
    };
    if differences.is_empty() {
        return Ok(Outcome::Done);
    }
    let is_missing = |difference: &Difference| difference.kind == DifferenceKind::Missing;
    if differences.len() == tree.iter().count() && differences.iter().all(is_missing) {
        diagnostics.push(nothing_there(directory));
        return Ok(Outcome::Drift);
    }
    let diffs = differences
        .iter()
        .map(|difference| difference.diff.as_bytes());
    match io::stdout().write_all(&diffs.collect::<Vec<_>>().concat()) {
        // Whoever reads only the beginning still wants to know that there is a difference.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => {}
    }
    for difference in &differences {
        diagnostics.push(drift(directory, difference));
    }
    Ok(Outcome::Drift)
}

fn nothing_there(directory: &Path) -> Diagnostic {
    let what = if directory.exists() {
        "has nothing of a crate"
    } else {
        "does not exist"
    };
    let directory = directory.display();
    Diagnostic::new(Code::Drift, format!("`{directory}` {what}"))
        .with_help("name the directory of the crate with `-o`, or run `mcpgen build` first")
}

fn drift(directory: &Path, difference: &Difference) -> Diagnostic {
    let path = &difference.path;
    let what = match difference.kind {
        DifferenceKind::Missing => "is missing",
        DifferenceKind::Extra => "is not generated any more",
        DifferenceKind::Outdated => "differs from what the spec gives",
        DifferenceKind::Edited => "was edited since mcpgen generated it",
        DifferenceKind::NotAFile => "is not a plain file",
    };
    let help = match difference.kind {
        DifferenceKind::Edited | DifferenceKind::NotAFile => format!(
            "a build does not overwrite it: move the change to `src/custom.rs` or mcpgen.toml, list `{path}` under `keep` there, or run `mcpgen build --force`"
        ),
        _ => "run `mcpgen build` and commit the result".to_owned(),
    };
    Diagnostic::new(Code::Drift, format!("`{path}` {what}"))
        .in_place(Place {
            source: Some(directory.join(path).to_string_lossy().into()),
            ..Place::default()
        })
        .with_help(help)
}

fn report(error: OutputError, directory: &Path, diagnostics: &mut Diagnostics) {
    for diagnostic in error.into_diagnostics(directory) {
        diagnostics.push(diagnostic);
    }
}

/// What a person wants to know after a build.
fn summary(
    directory: &Path,
    loaded: &Loaded,
    written: &Written,
    tokens: usize,
    diagnostics: &Diagnostics,
) -> String {
    let plan = &loaded.plan;
    let tools = plan.tools().count();
    let directory = directory.display();
    let mut text = format!("{} → {directory}\n", printable(&plan.title));
    let _ = writeln!(
        text,
        "  tools      {tools} of {}",
        counted(loaded.operations, "operation")
    );
    for (index, line) in skipped(loaded.operations - tools, diagnostics)
        .iter()
        .enumerate()
    {
        let head = if index == 0 { "skipped" } else { "" };
        let _ = writeln!(text, "  {head:10} {line}");
    }
    let _ = writeln!(text, "  tools/list about {} tokens", thousands(tokens));
    let changed = written.created.len() + written.updated.len();
    let _ = writeln!(
        text,
        "  files      {changed} written, {} unchanged",
        written.unchanged
    );
    for path in &written.removed {
        let _ = writeln!(text, "             removed {path}");
    }
    for path in &written.kept {
        let _ = writeln!(text, "             left as it is: {path}");
    }
    let _ = writeln!(
        text,
        "  next       cd {directory} && cargo run --release -- --help"
    );
    text
}

/// What was skipped, counted by code: operations first, then parts of those that were built. `left_out` operations
/// became no tools.
fn skipped(left_out: usize, diagnostics: &Diagnostics) -> Vec<String> {
    let mut operations = Vec::new();
    let mut parts = Vec::new();
    let mut explained = 0;
    for &code in Code::ALL {
        let of_code = || {
            diagnostics
                .iter()
                .filter(|item| item.code == code && item.skipped.is_some())
        };
        let count: usize = of_code().map(|item| item.operations).sum();
        if count > 0 {
            explained += count;
            operations.push(format!("{}: {code}", counted(count, "operation")));
        }
        let count = of_code().filter(|item| item.operations == 0).count();
        if count > 0 {
            parts.push(format!("{}: {code}", counted(count, "part")));
        }
    }
    let deselected = left_out.saturating_sub(explained);
    if deselected > 0 {
        operations.push(format!(
            "{}: not selected",
            counted(deselected, "operation")
        ));
    }
    operations.extend(parts);
    operations
}
