//! mcpgen from outside: its files, its command line, its output, its servers.

mod authority;
mod bad_input;
mod calls;
mod catalogue;
mod generated;
mod hostile;
#[cfg(feature = "jq")]
mod jq;
mod mutual_tls;
mod prompts;
mod properties_at_random;
mod repository;
mod resources;
mod standard_streams;
mod support;
mod tls;
mod upstream;

#[path = "../properties/mod.rs"]
mod properties;
