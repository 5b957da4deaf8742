//! The `orders-mcp` command: see `--help`.

use std::process::ExitCode;

use orders_mcp::{SERVER, custom, runtime};

fn main() -> ExitCode {
    runtime::main(SERVER, custom::Mine)
}
