//! The `petstore-mcp` command: see `--help`.

use std::process::ExitCode;

use petstore_mcp::{SERVER, custom, runtime};

fn main() -> ExitCode {
    runtime::main(SERVER, custom::Mine)
}
