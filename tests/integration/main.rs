//! mcpgen from outside: its files, its command line, its output, its servers.

mod bad_input;
mod generated;
mod repository;
mod support;
mod upstream;
