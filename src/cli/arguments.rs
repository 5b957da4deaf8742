//! What can be typed: the command line as clap sees it. What it means is in the modules of the commands.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::SchemaProfile;

/// Turn the OpenAPI document of a REST API into a complete MCP server.
#[derive(Debug, Parser)]
#[command(
    name = "mcpgen",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 fine, 1 an error diagnostic or a failed gate, 2 usage, 3 drift (`build --check`).\n\
                  `mcpgen help COMMAND` shows the options of a command."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// How diagnostics are written to stderr.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub(super) message_format: MessageFormat,

    /// Fail on warnings too.
    #[arg(long, global = true)]
    pub(super) deny_warnings: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the crate of an MCP server for an API.
    Build(Build),
    /// Run the MCP server for an API without writing a crate.
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Show which tools a spec gives.
    Inspect(Inspect),
    /// Explain a diagnostic.
    Explain(Explain),
    /// Print the completions for a shell.
    Completions(Completions),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// Text for a person.
    Human,
    /// One JSON object a line.
    Json,
    /// A SARIF 2.1.0 document.
    Sarif,
    /// Annotations for GitHub Actions.
    Github,
}

/// The spec and which of its operations become tools.
#[derive(Debug, Clone, Args)]
pub(super) struct Input {
    /// The OpenAPI document: a path, `-` for stdin, or an http(s) URL. Without it, the `spec` of `mcpgen.toml`, or the
    /// document inside of the crate in the current directory.
    #[arg(value_name = "SPEC")]
    pub(super) spec: Option<String>,

    /// The configuration file [default: `mcpgen.toml` beside the spec].
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The server's short name; the crate is NAME-mcp [default: from the title of the API].
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Only these operations: `tag:NAME`, `op:GLOB`, `method:GET`, `GET /path/**` or `deprecated`.
    #[arg(long, value_name = "SELECTOR")]
    pub(super) include: Vec<String>,

    /// Not these operations; wins over `--include`.
    #[arg(long, value_name = "SELECTOR")]
    pub(super) exclude: Vec<String>,

    /// A folder, or an http(s) URL, below which `$ref` may read more than the spec's own folder or origin.
    #[arg(long, value_name = "PATH|URL")]
    pub(super) allow_ref: Vec<String>,

    /// The most bytes of the spec, and of each document that it refers to, in MiB; all of these together may have four
    /// times as many [default: 128].
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=16_384))]
    pub(super) max_size: Option<u64>,

    /// The most values of the spec and all that it refers to, in millions; for each million, 6,666
    /// other documents may be read [default: 3].
    #[arg(long, value_name = "MILLIONS", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(super) max_nodes: Option<u64>,

    /// The most text of the spec and all that it refers to, aliases resolved, in MiB [default: 256].
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=16_384))]
    pub(super) max_text: Option<u64>,

    /// The most characters of a tool's name [default: 40].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(12..=128))]
    pub(super) name_length: Option<u64>,

    /// The most tokens (characters / 4) of a tool's advertised schema [default: 2000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    pub(super) schema_budget: Option<u64>,

    /// Who reads the advertised schemas: every common client, or hosts with needs of their own [default: portable].
    #[arg(long, value_name = "PROFILE", value_parser = schema_profiles())]
    pub(super) schema_profile: Option<SchemaProfile>,
}

fn schema_profiles() -> impl TypedValueParser<Value = SchemaProfile> {
    let names = SchemaProfile::ALL.map(SchemaProfile::as_str);
    PossibleValuesParser::new(names).map(|name| SchemaProfile::parse(&name).unwrap_or_default())
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    pub(super) input: Input,

    /// The crate's directory [default: `output` of `mcpgen.toml`, else NAME-mcp].
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,

    /// Write nothing; show how the directory differs from what would be written and exit with 3 if it does.
    #[arg(long)]
    pub(super) check: bool,

    /// Overwrite generated files that were edited by hand.
    #[arg(long, conflicts_with = "check")]
    pub(super) force: bool,
}

#[cfg(feature = "serve")]
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) input: Input,

    /// Options of the server, after `--`: the same as those of a generated server (`mcpgen serve SPEC -- --help`).
    #[arg(last = true, value_name = "SERVER OPTIONS")]
    pub(super) server: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    pub(super) input: Input,

    /// A table for a person, or everything as JSON.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: InspectFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum InspectFormat {
    /// One line a tool.
    Table,
    /// The whole plan.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code, such as `unresolved-ref`; without one, all of them are listed.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

/// Ends the process as clap does for a mistake on the command line: exit code 2.
pub(super) fn usage_error(message: &str) -> ! {
    use clap::CommandFactory;
    Arguments::command()
        .error(clap::error::ErrorKind::InvalidValue, message)
        .exit()
}
