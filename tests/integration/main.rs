//! mcpgen from outside: its files, its command line, its output, its servers.

mod bad_input;
mod catalogue;
mod generated;
mod repository;
mod support;
mod upstream;
