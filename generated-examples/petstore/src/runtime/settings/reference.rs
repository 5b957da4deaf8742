//! The reference of all policies, `POLICIES.md`: made of the options and tables themselves, so that it is complete.

use clap::CommandFactory;

use super::super::audit::FIELDS;
use super::super::policy::KEYS;
use super::Options;
use super::layers::variable;

/// The headings of the options that are policies, in the order of the page.
const HEADINGS: [&str; 11] = [
    "Callers",
    "HTTP",
    "Upstream",
    "Policies",
    "Confirmation",
    "Limits",
    "Resilience",
    "Long work",
    "Cache",
    "State",
    "Hooks",
];

/// What stands for a metric where there is none.
const NO_METRIC: &str = "–";

/// Where each option shows in `/metrics`.
const METRICS: &[(&str, &str)] = &[
    ("max-connections", "mcp_active_connections"),
    ("max-streams", "mcp_active_connections"),
    ("max-streams-each", "mcp_active_connections"),
    (
        "connect-timeout",
        "mcp_tool_errors_total{error_type=\"timeout\"}",
    ),
    (
        "read-timeout",
        "mcp_tool_errors_total{error_type=\"timeout\"}",
    ),
    ("timeout", "mcp_tool_errors_total{error_type=\"timeout\"}"),
    (
        "upstream-ca",
        "mcp_tool_errors_total{error_type=\"connect\"}",
    ),
    (
        "max-response-bytes",
        "mcp_tool_errors_total{error_type=\"too_large\"}",
    ),
    (
        "lenient",
        "mcp_tool_errors_total{error_type=\"invalid_arguments\"}",
    ),
    ("confirm-timeout", "mcp_confirmations_total"),
    ("confirm-key-file", "mcp_confirmations_total"),
    ("retry-pause", "mcp_retries_total"),
    (
        "breaker-pause",
        "mcp_limited_calls_total{limit=\"breaker\"}",
    ),
    ("operation-lifetime", "mcp_polls_total"),
    ("cancel-upstream", "mcp_polls_total"),
    ("cache-size", "mcp_cache_outcomes_total"),
    ("cache-key-file", "mcp_cache_shared_total"),
    ("state-file", "mcp_state_up"),
    ("state-prefix", "mcp_state_up"),
    ("replicas", "mcp_state_up"),
    ("hook-failure", "mcp_hook_failures_total"),
    ("rate-limit", "mcp_limited_calls_total{limit=\"rate\"}"),
    (
        "rate-limit-tenant",
        "mcp_limited_calls_total{limit=\"rate\"}",
    ),
    (
        "rate-limit-global",
        "mcp_limited_calls_total{limit=\"rate\"}",
    ),
    ("budget", "mcp_limited_calls_total{limit=\"budget\"}"),
    ("budget-team", "mcp_limited_calls_total{limit=\"budget\"}"),
    ("budget-warning", "mcp_budget_warnings_total"),
    ("loop-limit", "mcp_limited_calls_total{limit=\"loop\"}"),
    (
        "max-concurrency",
        "mcp_limited_calls_total{limit=\"queue\"}",
    ),
    ("max-queue", "mcp_limited_calls_total{limit=\"queue\"}"),
    ("audit-log", "mcp_audit_lost_lines_total"),
    ("retries", "mcp_retries_total"),
    ("confirm", "mcp_confirmations_total"),
    ("cache", "mcp_cache_outcomes_total"),
    ("cache-store", "mcp_cache_shared_total"),
    ("state", "mcp_state_up"),
    ("state-timeout", "mcp_state_errors_total"),
    ("hook-timeout", "mcp_hook_failures_total"),
    ("poll-timeout", "mcp_polls_total"),
    ("breaker", "mcp_limited_calls_total{limit=\"breaker\"}"),
    (
        "read-only",
        "mcp_tool_invocations_total{tool_name=\"unknown\"}",
    ),
    (
        "disabled-tools",
        "mcp_tool_invocations_total{tool_name=\"unknown\"}",
    ),
];

const HEAD: &str = "\
# Policies

Who may call which tools, how often, and what becomes of a call whose API fails. This page is made from the code.

Each option is a flag (`--rate-limit`), a variable (`MCP_RATE_LIMIT`) and a key of the file that `--config` names
(`rate-limit = \"600/m\"`); the flag comes before the variable, and the variable before the file. The file is read again when it
changes: its tables, `read-only`, `disabled-tools`, `confirm`, `result-fields`, `result-jq`, `mark-data`, `cache` and `redact` hold for the calls that come, and a mistake in it leaves the policies of
before in force.

Signed tokens, the options whose names begin with `jwt-`, need the feature `jwt` of the crate, TLS and client certificates, those that
begin with `tls-`, the feature `tls`, the cache the feature `cache`, `result-jq` the feature `jq`, what replicas share the feature `redis`,
and conditions (`when` and `require`) the feature `cel`.

The caller whom a token names is called as its `sub` says. A token without one names a client, which is called `client:` and its
`client_id` or `azp`, so that it is never the user of that name; a `sub` that itself begins with `client:` or `sub:` has `sub:` before it.

A trusted proxy's header says who calls before a key or token does, and a key or token before the certificate of the connection; one
that is wrong is refused though another is right. A proxy's certificate names nobody. `tls-client-identity = \"none\"` asks for both. The
roles of a certificate are its names: `[access.\"uri:spiffe://example/agent\"]`, `dns:…`, `email:…`, `cn:…`, `ou:…`; its claims are
`sub`, `san`, `san_uri`, `san_dns`, `san_email`, `cn`, `o`, `ou` and `serial`. All of them are the authority's word: name one of your own.

Where the column of metrics has `–`, a setting has none of its own: what it does to a call shows in `mcp_tool_invocations_total`,
`mcp_tool_errors_total` and the audit log.

What a policy refuses is a result that says so, counted as `mcp_tool_invocations_total{status=\"denied\"}`. A tool that a caller
may not see is not refused: to that caller it does not exist.

";

const TABLES: &str = "\
## Tables

`[access.NAME]` says what callers with the role or scope `NAME` may call; `anonymous` is who has no identity. As soon as there is
one such table, everything that none of a caller's tables allows does not exist for them. `[tools.\"SELECTOR\"]` is about some tools;
where several are about one tool, the one that looks the closest decides, key by key; conditions of all of them must hold. Selectors are `op:GLOB`, `GET /path/**`,
`tag:NAME`, `method:GET` and `deprecated`; tools of your own go by `op:NAME`. A selector that is about no tool is a mistake.

```toml
[access.analyst]
allow = [\"method:GET\"]

[tools.\"op:listOrders\".bind]
user_id = \"claim:sub\"

[tools.\"op:cancelOrder\".guard]
read = \"op:getOrder\"
arguments = { order_id = \"argument:order_id\" }
path = \"$.customer.id\"
equals = \"claim:sub\"
```

Conditions are expressions of the [Common Expression Language](https://cel.dev) that give true or false, `when` before there is a call and
`require` when its arguments are checked, bound and changed by hooks, before anybody is asked and anything is counted or sent:

```toml
[access.accountant]
allow = [\"tag:refunds\"]
when = 'claims.department == \"finance\"'

[tools.\"op:createRefund\"]
require = 'args.amount <= 100 || \"manager\" in identity.roles'
require-message = \"refunds above 100 are for managers\"
```

`args` has the arguments by the names of the tool's schema, `claims` what a token or key says, `identity` has `name`, `means`, `roles`, `scopes`
and `tenant`. What is absent is an error, unless `has(args.note)` asks first, and an error refuses, as everything does that is not true: another
type, a number that no 64 bits hold exactly, a member like `Amount` beside `amount`, more than 10,000 values or 256 KiB, or loops that take too long. The log
says once for each tool what it was, without a value. Say what is allowed and not what is forbidden: texts have many forms. An
expression has at most 4,096 bytes, 32 levels and two loops within each other, and `matches` a pattern that stands there. There is no clock, so that a list of
tools depends on who asks alone.

";

const AUDIT: &str = "
## Audit log

`audit-log` has one line of JSON about every call, also about one that was refused because nobody has proven who calls. Each line has
all of these fields, and more may be added.

| field | type | | null when |
|---|---|---|---|
";

/// The page.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for heading in HEADINGS {
        page.push_str(&format!(
            "## {heading}\n\n| key | variable | default | metric | |\n|---|---|---|---|---|\n"
        ));
        let command = Options::command();
        let options = command.get_arguments();
        for option in options.filter(|option| option.get_help_heading() == Some(heading)) {
            page.push_str(&row(option));
        }
        page.push('\n');
    }
    page.push_str(TABLES);
    page.push_str("| table | key | default | metric | |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let metric = code_of_metric(key.metric);
        let line = format!(
            "| `{}` | `{}` | {} | {metric} | {} |\n",
            key.table, key.name, key.default, key.text
        );
        page.push_str(&line);
    }
    page.push_str(AUDIT);
    for field in FIELDS {
        let line = format!(
            "| `{}` | {} | {} | {} |\n",
            field.name, field.kind, field.text, field.null
        );
        page.push_str(&line);
    }
    page
}

fn row(option: &clap::Arg) -> String {
    let name = option.get_long().unwrap_or_default();
    let defaults = option.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    let help = option
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let text = help
        .split(" [env:")
        .next()
        .unwrap_or_default()
        .replace('\n', " ")
        .replace('|', "\\|");
    let metric = METRICS
        .iter()
        .find(|(option, _)| *option == name)
        .map_or("", |(_, metric)| metric);
    format!(
        "| `{name}` | `{}` | {} | {} | {text} |\n",
        variable(name),
        code(&defaults.join(",")),
        code_of_metric(metric)
    )
}

fn code_of_metric(metric: &str) -> String {
    match metric {
        "" => NO_METRIC.to_owned(),
        metric => code(metric),
    }
}

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `INSTA_UPDATE=always cargo test reference` writes the page.
    #[test]
    fn the_page_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/crate/POLICIES.md");
        if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always")
            && std::path::Path::new(path).exists()
        {
            std::fs::write(path, reference()).expect("writable");
        }
        assert_eq!(reference(), include_str!("../../../POLICIES.md"));
    }

    #[test]
    fn every_metric_is_an_options() {
        let command = Options::command();
        for (name, _) in METRICS {
            let is_there = command
                .get_arguments()
                .any(|option| option.get_long() == Some(*name));
            assert!(is_there, "{name}");
        }
    }
}
