//! The options of what replicas share.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::values::Span;

/// What replicas of a server share, and through what.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "State")]
pub struct StateOptions {
    /// The Redis or Valkey through which replicas share limits, used consents, /sse streams and handles:
    /// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS; each replica is on its own unless given
    /// [env: MCP_STATE]
    #[arg(long, value_name = "URL")]
    pub state: Option<StateUrl>,

    /// A file that holds this address, so that its password stands in no command line [env: MCP_STATE_FILE]
    #[arg(long, value_name = "FILE")]
    pub state_file: Option<String>,

    /// What the names of everything there begin with: replicas have the same, other servers another; the name of the
    /// server unless given [env: MCP_STATE_PREFIX]
    #[arg(long, value_name = "NAME")]
    pub state_prefix: Option<String>,

    /// How long it may take to answer, until it counts as down [env: MCP_STATE_TIMEOUT]
    #[arg(long, value_name = "TIME", default_value = "100ms")]
    pub state_timeout: Span,

    /// How many replicas there are: without the shared state, each has this part of every limit [env: MCP_REPLICAS]
    #[arg(long, value_name = "NUMBER", default_value = "1",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub replicas: u32,
}

/// An address that may hold a password. What it means is looked at when it is used, so that no message shows it.
#[derive(Clone)]
pub struct StateUrl(pub SecretString);

impl FromStr for StateUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().into()))
    }
}

impl fmt::Display for StateUrl {
    // Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HIDDEN: &str = "***";
        let Ok(mut url) = Url::parse(self.0.expose_secret()) else {
            return f.write_str(HIDDEN);
        };
        if url.password().is_some() && url.set_password(Some(HIDDEN)).is_err() {
            return f.write_str(HIDDEN);
        }
        url.set_query(None);
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let shown = |text: &str| StateUrl(text.into()).to_string();
        let url = shown("rediss://app:geheim@cache.example.com:6380/2");
        assert_eq!(url, "rediss://app:***@cache.example.com:6380/2");
        assert_eq!(shown("redis://127.0.0.1:6379"), "redis://127.0.0.1:6379");
        assert_eq!(shown("geheim"), "***");
        assert!(!shown("redis://cache?password=geheim").contains("geheim"));
    }
}
