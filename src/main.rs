//! The `mcpgen` command.

use std::process::ExitCode;

/// Planning makes millions of small texts and tables, on all processors.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mcpgen::cli::main()
}
