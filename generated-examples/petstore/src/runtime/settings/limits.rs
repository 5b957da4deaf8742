//! The options that say how much and how often, and what becomes of a call whose API fails.

use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::super::cache::{CacheStore, Caching};
use super::super::confirmation::Confirm;
use super::super::engine::HookFailure;
use super::values::{Patience, Size, Span};

/// How much a caller may ask for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitOptions {
    /// How often an identity may call over HTTP, or a client's address where there is none: `600/m`, or `600/m:100`
    /// with how many at once, or `off` [env: MCP_RATE_LIMIT]
    #[arg(long, value_name = "RATE", default_value = "600/m:100")]
    pub rate_limit: Rate,

    /// How often all identities of a tenant together [env: MCP_RATE_LIMIT_TENANT]
    #[arg(long, value_name = "RATE", default_value = "off")]
    pub rate_limit_tenant: Rate,

    /// How often everybody together [env: MCP_RATE_LIMIT_GLOBAL]
    #[arg(long, value_name = "RATE", default_value = "off")]
    pub rate_limit_global: Rate,

    /// What an identity may use up in a day of UTC, or a client's address where there is none: `1000 calls`, `500 cost`,
    /// in the units of each tool's `cost`, both with a comma between, or `off` [env: MCP_BUDGET]
    #[arg(long, value_name = "BUDGET", default_value = "off")]
    pub budget: Budget,

    /// What all identities of a team together [env: MCP_BUDGET_TEAM]
    #[arg(long, value_name = "BUDGET", default_value = "off")]
    pub budget_team: Budget,

    /// At how many percent of a budget the answer says so, and the log; 0 for never [env: MCP_BUDGET_WARNING]
    #[arg(long, value_name = "PERCENT", default_value = "80",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub budget_warning: u8,

    /// How often one caller may make the same call in a minute, whoever answers it; 0 for any number
    /// [env: MCP_LOOP_LIMIT]
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub loop_limit: u32,

    /// How many calls go to one server of the API at once; 0 for any number [env: MCP_MAX_CONCURRENCY]
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub max_concurrency: usize,

    /// How many more may wait for their turn; the others are refused at once [env: MCP_MAX_QUEUE]
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    pub max_queue: usize,

    /// The claim that names the tenant of an identity [env: MCP_TENANT_CLAIM]
    #[arg(long, value_name = "CLAIM", default_value = "tenant")]
    pub tenant_claim: String,

    /// The claim that names its team [env: MCP_TEAM_CLAIM]
    #[arg(long, value_name = "CLAIM", default_value = "team")]
    pub team_claim: String,

    /// Write a line of JSON about every call to this file, or to `stderr`; the fingerprint of arguments in it tells them
    /// apart and does not hide what can be guessed [env: MCP_AUDIT_LOG]
    #[arg(long, value_name = "FILE")]
    pub audit_log: Option<String>,
}

/// What becomes of a call whose API fails.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Resilience")]
pub struct ResilienceOptions {
    /// How often a call is tried again that fails and may be repeated: its method is idempotent, or it has an
    /// idempotency key [env: MCP_RETRIES]
    #[arg(long, value_name = "NUMBER", default_value = "0",
          value_parser = clap::value_parser!(u32).range(0..=10))]
    pub retries: u32,

    /// How long the first pause is at most; each is twice as long [env: MCP_RETRY_PAUSE]
    #[arg(long, value_name = "TIME", default_value = "200ms")]
    pub retry_pause: Span,

    /// After how many failures in a row a server of the API is left alone; 0 for never [env: MCP_BREAKER]
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub breaker: u32,

    /// For how long, until one call tries it again [env: MCP_BREAKER_PAUSE]
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub breaker_pause: Span,

    /// Send no key of our own where an operation has a header `Idempotency-Key` that a call leaves out
    /// [env: MCP_NO_IDEMPOTENCY_KEYS]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub no_idempotency_keys: bool,
}

/// What the user is asked before a call.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Confirmation")]
pub struct ConfirmOptions {
    /// Which calls are not made before the user agrees: `never`, `destructive`, those that may delete or overwrite,
    /// `writes`, those that change anything, or `always`. Clients that can ask do so; the others get a token that their
    /// model gives back when the user has agreed [env: MCP_CONFIRM]
    #[arg(long, value_name = "WHICH", default_value = "never")]
    pub confirm: Confirm,

    /// How long a question waits for its answer, and a token is good [env: MCP_CONFIRM_TIMEOUT]
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub confirm_timeout: Span,

    /// The key of the tokens, which replicas share; made up at start unless given: a file of 32 bytes or more
    /// [env: MCP_CONFIRM_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub confirm_key_file: Option<String>,

    /// Ask the user for required arguments that a call lacks, where the client can ask [env: MCP_ASK_MISSING]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub ask_missing: bool,
}

/// How work is followed that goes on after the API has answered.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Long work")]
pub struct FollowOptions {
    /// For how long a call waits for work that goes on after the API has answered (202 with a `Location`, or
    /// `Operation-Location`), within the time for the call; then there is a handle for `check_operation`; `off` gives the
    /// API's first answer [env: MCP_POLL_TIMEOUT]
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub poll_timeout: Patience,

    /// For how long a handle is good for that nobody asks for [env: MCP_OPERATION_LIFETIME]
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub operation_lifetime: Span,

    /// Ask the API to stop the work of a call that is cancelled, as `cancel_operation` does
    /// [env: MCP_CANCEL_UPSTREAM]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub cancel_upstream: bool,
}

/// What is kept of the API's answers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cache")]
pub struct CacheOptions {
    /// For how long answers to GET requests are kept, each for its identity: `off`, `http`, as they say themselves, or a
    /// time like `30s`, up to 24h; identical calls at the same time then share one request [env: MCP_CACHE]
    #[arg(long, value_name = "TIME", default_value = "off")]
    pub cache: Caching,

    /// How many bytes of answers are kept in memory, with what each entry takes, and of each replica's in the shared state
    /// [env: MCP_CACHE_SIZE]
    #[arg(long, value_name = "BYTES", default_value = "64MiB")]
    pub cache_size: Size,

    /// Where they are kept: `memory`, each replica has its own, or `state`, replicas share them through what --state names,
    /// and a change that one of them makes ends what all have read [env: MCP_CACHE_STORE]
    #[arg(
        long,
        value_name = "STORE",
        value_enum,
        default_value = "memory",
        hide_possible_values = true
    )]
    pub cache_store: CacheStore,

    /// What seals them there: a file of keys of 32 bytes or more, one a line, of which the first seals and all open; without
    /// it they lie there as they are, and those that were asked for with a credential, or of tools for confidential data, not at all [env: MCP_CACHE_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub cache_key_file: Option<String>,
}

/// What becomes of a call whose hook in `src/custom.rs` fails.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Hooks")]
pub struct HookOptions {
    /// The longest time that one hook of src/custom.rs may wait, before and after the time of the call itself; code that blocks its thread is not interrupted, and has threads of its own once it was seen to do so [env: MCP_HOOK_TIMEOUT]
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub hook_timeout: Span,

    /// What becomes of a call whose hook panics or takes too long: `closed`, it fails and its result is withheld, or
    /// `open`, it goes on as if there were no such hook [env: MCP_HOOK_FAILURE]
    #[arg(
        long,
        value_name = "POLICY",
        value_enum,
        default_value = "closed",
        hide_possible_values = true
    )]
    pub hook_failure: HookFailure,
}

/// So many in a span of time, and how many of them at once; `None` is `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub Option<Frequency>);

/// See [`Rate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// How many.
    pub count: u32,
    /// In which time.
    pub span: Duration,
    /// How many at once.
    pub burst: u32,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a rate like `600/m`, `10/s:5` or `off`".to_owned();
        if text == "off" {
            return Ok(Self(None));
        }
        let (rate, burst) = text
            .split_once(':')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let (count, unit) = rate.split_once('/').ok_or_else(wrong)?;
        let positive = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        let count = positive(count).ok_or_else(wrong)?;
        let burst = match burst {
            Some(burst) => positive(burst).ok_or_else(wrong)?,
            None => count,
        };
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let span = Duration::from_secs(seconds);
        Ok(Self(Some(Frequency { count, span, burst })))
    }
}

/// How much may be used up in a day; what is `None` has no end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// How many calls.
    pub calls: Option<u64>,
    /// How much of what they cost, in the owner's units.
    pub cost: Option<u64>,
}

impl Budget {
    /// Whether nothing is limited.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.calls.is_none() && self.cost.is_none()
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "expected a budget like `1000 calls`, `500 cost`, `1000 calls, 500 cost` or `off`"
                .to_owned()
        };
        let mut budget = Self::default();
        if text == "off" {
            return Ok(budget);
        }
        for part in text.split(',') {
            let (number, unit) = part.trim().split_once(' ').ok_or_else(wrong)?;
            let limit = match unit.trim() {
                "call" | "calls" => &mut budget.calls,
                "cost" => &mut budget.cost,
                _ => return Err(wrong()),
            };
            let number = number.parse::<u64>().ok().filter(|number| *number > 0);
            if limit.is_some() || number.is_none() {
                return Err(wrong());
            }
            *limit = number;
        }
        Ok(budget)
    }
}

impl std::fmt::Display for Frequency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let span = match self.span.as_secs() {
            1 => "a second",
            60 => "a minute",
            3600 => "an hour",
            _ => "a day",
        };
        write!(f, "{} {span}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_of_calls_or_of_cost_or_of_both() {
        let budget = |text: &str| {
            let budget = text.parse::<Budget>();
            budget.map(|budget| (budget.calls, budget.cost))
        };
        assert_eq!(budget("1000 calls"), Ok((Some(1000), None)));
        assert_eq!(budget("500 cost"), Ok((None, Some(500))));
        assert_eq!(budget("5 cost, 1 call"), Ok((Some(1), Some(5))));
        assert_eq!(budget("off"), Ok((None, None)));
        for wrong in [
            "",
            "5",
            "0 calls",
            "5 calls, 6 calls",
            "-1 cost",
            "5 calls,",
            "5 tokens",
        ] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_a_count_a_span_and_maybe_a_burst() {
        let rate = |text: &str| {
            let rate = text.parse::<Rate>().map(|rate| rate.0);
            rate.map(|rate| rate.map(|rate| (rate.count, rate.span.as_secs(), rate.burst)))
        };
        assert_eq!(rate("600/m:100"), Ok(Some((600, 60, 100))));
        assert_eq!(rate("10/s"), Ok(Some((10, 1, 10))));
        assert_eq!(rate("off"), Ok(None));
        for wrong in ["", "600", "0/m", "600/w", "600/m:0", "600/m:", "-1/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
