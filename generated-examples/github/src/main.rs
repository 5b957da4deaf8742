//! The `github-mcp` command: see `--help`.

use std::process::ExitCode;

use github_mcp::{SERVER, custom, runtime};

fn main() -> ExitCode {
    runtime::main(SERVER, custom::Mine)
}
