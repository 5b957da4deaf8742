//! `mcpgen build`: writes the crate, or compares it (`--check`).

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::arguments::Build;
use super::load::{self, Loaded, Session};
use super::progress::Progress;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::emit::{self, CrateFacts};
use crate::output::{self, FileTree, OutputError, WritePolicy, Written};

const STAGES: u64 = 5;

pub(super) fn run(arguments: Build, session: &mut Session) -> io::Result<Outcome> {
    let progress = Progress::new(STAGES);
    let Some(loaded) = load::load(&arguments.input, session, &progress) else {
        return Ok(Outcome::Done);
    };
    progress.stage(format!("making {} tools", loaded.plan.tools().count()));
    let Some(document) = &session.document else {
        return Ok(Outcome::Done);
    };
    let facts = CrateFacts {
        openapi_json: document.bundled_json(),
        options: loaded.config.options(),
        dependencies: loaded.config.dependencies.clone(),
        workspace_member: loaded.config.workspace,
    };
    let tree = emit::crate_files(&loaded.plan, &facts);
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
    let written = output::write(&directory, &tree, &policy);
    drop(progress);
    match written {
        Ok(written) => {
            session.summary = Some(summary(&directory, &loaded, &written, &session.diagnostics));
        }
        Err(error) => report(error, &mut session.diagnostics),
    }
    Ok(Outcome::Done)
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
            report(error, diagnostics);
            return Ok(Outcome::Done);
        }
    };
    let mut stdout = io::stdout().lock();
    for difference in &differences {
        stdout.write_all(difference.diff.as_bytes())?;
    }
    if differences.is_empty() {
        return Ok(Outcome::Done);
    }
    let count = differences.len();
    writeln!(
        io::stderr(),
        "drift: {count} file{} in `{}` would change; run `mcpgen build` and commit the result",
        if count == 1 { "" } else { "s" },
        directory.display()
    )?;
    Ok(Outcome::Drift)
}

fn report(error: OutputError, diagnostics: &mut Diagnostics) {
    for diagnostic in error.into_diagnostics() {
        diagnostics.push(diagnostic);
    }
}

/// What a person wants to know after a build.
fn summary(
    directory: &Path,
    loaded: &Loaded,
    written: &Written,
    diagnostics: &Diagnostics,
) -> String {
    let plan = &loaded.plan;
    let tools = plan.tools().count();
    let directory = directory.display();
    let mut text = format!("{} → {directory}\n", plan.title);
    let skipped = loaded.operations.saturating_sub(tools);
    let _ = writeln!(
        text,
        "  tools      {tools} of {} operations{}",
        loaded.operations,
        if skipped == 0 {
            String::new()
        } else {
            format!(", {skipped} left out")
        }
    );
    let reasons = reasons(diagnostics);
    for (reason, count) in &reasons {
        let _ = writeln!(text, "             {count} × {reason}");
    }
    let explained: usize = reasons.iter().map(|(_, count)| count).sum();
    let deselected = skipped.saturating_sub(explained);
    if deselected > 0 {
        let _ = writeln!(text, "             {deselected} × not selected");
    }
    let _ = writeln!(
        text,
        "  tools/list about {} tokens",
        thousands(plan.estimated_tokens())
    );
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

/// Why operations were skipped, with how often.
fn reasons(diagnostics: &Diagnostics) -> Vec<(Code, usize)> {
    Code::ALL
        .iter()
        .filter(|code| code.severity() != Severity::Note)
        .map(|&code| {
            let skipped = |item: &&Diagnostic| item.code == code && item.skipped.is_some();
            (code, diagnostics.iter().filter(skipped).count())
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
