//! The command line: arguments, stdout and stderr, exit codes. It reads the spec, hands it from stage to stage and
//! shows what came of it; the stages themselves print nothing.

mod arguments;
mod build;
mod explain;
mod inspect;
mod load;
mod neighbours;
mod progress;
mod report;
#[cfg(feature = "serve")]
mod serve;
mod source;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::arguments::{Arguments, Command, MessageFormat};
use self::load::Session;
use crate::diagnostic::Severity;

/// How a command ended; the exit codes are a contract (`mcpgen --help`).
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// Exit code 0, unless there are error diagnostics.
    Done,
    /// Exit code 3: the output differs from what the spec gives.
    Drift,
    /// The exit code of a server that ran.
    #[cfg(feature = "serve")]
    Served(ExitCode),
}

/// Runs `mcpgen` with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    // A server of `mcpgen serve` starts this program for the jq programs of its calls.
    if let Some(code) = crate::runtime::worker() {
        return code;
    }
    let arguments = Arguments::parse();
    let mut session = Session::default();
    let outcome = match arguments.command {
        Command::Build(build) => build::run(build, &mut session),
        #[cfg(feature = "serve")]
        Command::Serve(serve) => Ok(serve::run(serve, &mut session, |session| {
            finish(session, arguments.message_format)
        })),
        Command::Inspect(inspect) => inspect::run(&inspect, &mut session),
        Command::Explain(explain) => explain::run(&explain),
        Command::Completions(completions) => {
            clap_complete::generate(
                completions.shell,
                &mut Arguments::command(),
                "mcpgen",
                &mut io::stdout(),
            );
            Ok(Outcome::Done)
        }
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when stderr is closed too.
            let _ = writeln!(io::stderr(), "error: cannot write the output: {error}");
            return ExitCode::FAILURE;
        }
    };
    let warnings = session.diagnostics.count(Severity::Warning);
    let summary = session.summary.take();
    let errors = finish(&mut session, arguments.message_format);
    // A program that reads JSON from stderr wants nothing else there.
    let is_for_people = matches!(
        arguments.message_format,
        MessageFormat::Human | MessageFormat::Github
    );
    if let Some(summary) = summary.filter(|_| is_for_people) {
        let _ = write!(io::stderr(), "{summary}");
    }
    match outcome {
        #[cfg(feature = "serve")]
        Outcome::Served(code) => code,
        Outcome::Drift => ExitCode::from(3),
        Outcome::Done if errors => ExitCode::FAILURE,
        Outcome::Done if arguments.deny_warnings && warnings > 0 => {
            if is_for_people {
                let _ = writeln!(
                    io::stderr(),
                    "error: {warnings} warning(s), and `--deny-warnings` is set"
                );
            }
            ExitCode::FAILURE
        }
        Outcome::Done => ExitCode::SUCCESS,
    }
}

/// Writes the diagnostics so far; true if there are errors among them.
fn finish(session: &mut Session, format: MessageFormat) -> bool {
    let diagnostics = std::mem::take(&mut session.diagnostics);
    let errors = diagnostics.has_errors();
    // A closed stderr must not keep the command from ending with its exit code.
    let _ = report::write(diagnostics, session.document.as_ref(), format);
    errors
}
