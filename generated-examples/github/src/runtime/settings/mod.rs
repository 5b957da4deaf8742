//! The server's options: what there are, their defaults, and what they mean together.
//!
//! Options come from the command line, `MCP_*` variables and a TOML file (`layers`), as the kinds of values in
//! `values`. Credentials are no options: the engine reads them from the environment itself.

mod callers;
mod layers;
mod limits;
mod reference;
mod state;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

use super::engine::{
    CacheSettings, ConfirmSettings, EngineSettings, FollowSettings, HookSettings, LoginSettings,
    ServerChoice, StartError,
};
use super::limits::LimitSettings;
use super::policy::PolicySettings;
use super::redact::Redact;
use super::resilience::ResilienceSettings;
use super::state::StateSettings;
use super::tool::ServerDef;

pub use callers::{CallerOptions, CertificateName, ClientAuth};
pub use layers::Stop;
pub use limits::{
    Budget, CacheOptions, ConfirmOptions, FollowOptions, Frequency, HookOptions, LimitOptions,
    Rate, ResilienceOptions,
};
pub use reference::reference;
pub use state::{StateOptions, StateUrl};
pub use values::{
    ForwardRule, ForwardedHeader, Listen, Network, PathPrefix, Patience, Size, Span, Transport,
};

const AFTER_HELP: &str = "\
Options may also stand in a TOML file (--config) under the same names: read-timeout = \"10s\". Variables come before \
the file, and the command line before both. Credentials come from the environment alone; see the README.\n\nkeys new NAME makes an API key for --api-keys-file; `keys new --help` tells more.\n\
login [SCHEME] logs you in at the API's issuer of tokens, and logout [SCHEME] out; `login --help` tells more.";

/// Serve the tools of a REST API over the Model Context Protocol.
#[derive(Debug, Clone, Parser)]
#[command(max_term_width = 100, args_override_self = true, after_help = AFTER_HELP)]
pub struct Options {
    /// How clients reach the server [env: MCP_TRANSPORT]
    #[arg(long, value_enum, default_value = "stdio", help_heading = "Transport")]
    pub transport: Transport,

    /// Where to listen [env: MCP_LISTEN, or PORT for 0.0.0.0:PORT]
    #[arg(
        long,
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:8080",
        help_heading = "HTTP"
    )]
    pub listen: Listen,

    /// The certificate by which this server is known over https, with those that lead to its authority: a PEM file, read
    /// again when it changes [env: MCP_TLS_CERT]
    #[arg(long, value_name = "FILE", help_heading = "HTTP")]
    pub tls_cert: Option<String>,

    /// Its private key: a PEM file, read again when it changes [env: MCP_TLS_KEY]
    #[arg(long, value_name = "FILE", help_heading = "HTTP")]
    pub tls_key: Option<String>,

    /// The path under which a reverse proxy shows this server [env: MCP_PATH_PREFIX]
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/",
        hide_default_value = true,
        help_heading = "HTTP"
    )]
    pub path_prefix: PathPrefix,

    /// A host name by which clients may call this server: `mcp.example.com`, with or without a port, `*.example.com`,
    /// or `*` for any; the loopback names and the host of --listen unless given [env: MCP_ALLOWED_HOSTS]
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        help_heading = "HTTP"
    )]
    pub allowed_host: Vec<String>,

    /// An origin whose web pages may call this server: `https://app.example.com`, `http://localhost:*`, or `*` for any;
    /// those of this machine unless given [env: MCP_ALLOWED_ORIGINS]
    #[arg(
        long,
        value_name = "ORIGIN",
        value_delimiter = ',',
        help_heading = "HTTP"
    )]
    pub allowed_origin: Vec<String>,

    /// A reverse proxy whose X-Forwarded-Host and X-Forwarded-For are believed: an address or a network
    /// [env: MCP_TRUSTED_PROXIES]
    #[arg(
        long,
        value_name = "NETWORK",
        value_delimiter = ',',
        help_heading = "HTTP"
    )]
    pub trusted_proxy: Vec<Network>,

    /// Leave out /sse and /messages, the transport of clients from 2024 [env: MCP_NO_SSE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "HTTP")]
    pub no_sse: bool,

    /// How many /sse streams may be open at once; no other stream outlives its call [env: MCP_MAX_STREAMS]
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "256",
        help_heading = "HTTP"
    )]
    pub max_streams: usize,

    /// How many of them one identity may have, or one client's address where there is none [env: MCP_MAX_STREAMS_EACH]
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "64",
        help_heading = "HTTP"
    )]
    pub max_streams_each: usize,

    /// How many connections may be open at once; more wait. One address has a quarter of them at most, unless it is this
    /// machine's or a trusted proxy's [env: MCP_MAX_CONNECTIONS]
    #[arg(long, value_name = "NUMBER", default_value = "1024",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1_000_000),
          help_heading = "HTTP")]
    pub max_connections: usize,

    /// The largest request that is read [env: MCP_MAX_REQUEST_BYTES]
    #[arg(
        long,
        value_name = "BYTES",
        default_value = "4MiB",
        help_heading = "HTTP"
    )]
    pub max_request_bytes: Size,

    /// The longest time that the upstream may take to accept a connection [env: MCP_CONNECT_TIMEOUT]
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10s",
        help_heading = "Upstream"
    )]
    pub connect_timeout: Span,

    /// The longest silence of the upstream [env: MCP_READ_TIMEOUT]
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30s",
        help_heading = "Upstream"
    )]
    pub read_timeout: Span,

    /// For how long a kept connection gets more requests. A new one looks the host's name up again, so that an API that
    /// moves is found [env: MCP_CONNECTION_MAX_AGE]
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        help_heading = "Upstream"
    )]
    pub connection_max_age: Span,

    /// The longest time for a whole call [env: MCP_TIMEOUT]
    #[arg(
        long,
        value_name = "TIME",
        default_value = "60s",
        help_heading = "Upstream"
    )]
    pub timeout: Span,

    /// Certificate authorities that are believed beside those of Mozilla's programme, also for proxies and issuers of
    /// tokens: a PEM file [env: MCP_UPSTREAM_CA]
    #[arg(long, value_name = "FILE", help_heading = "Upstream")]
    pub upstream_ca: Option<String>,

    /// How much of an upstream response is read [env: MCP_MAX_RESPONSE_BYTES]
    #[arg(
        long,
        value_name = "BYTES",
        default_value = "1MiB",
        help_heading = "Upstream"
    )]
    pub max_response_bytes: Size,

    /// The longest text of a result, in characters [env: MCP_MAX_RESULT_CHARS]
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "100000",
        help_heading = "Upstream"
    )]
    pub max_result_chars: usize,

    /// Take one value for an array of one [env: MCP_LENIENT]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Upstream")]
    pub lenient: bool,

    /// A header of the client's request that goes on to the API, such as `traceparent` or `X-Tenant`, unless it is there more
    /// than once [env: MCP_FORWARD_HEADERS]
    #[arg(
        long,
        value_name = "HEADER",
        value_delimiter = ',',
        help_heading = "Upstream"
    )]
    pub forward_header: Vec<ForwardedHeader>,

    /// Send the client's own credential on: `off`, `authorization`, `header:NAME` or `meta`, with `SCHEME=` in front for
    /// one security scheme; off unless given [env: MCP_FORWARD_AUTH]
    #[arg(
        long,
        value_name = "[SCHEME=]FROM",
        value_delimiter = ',',
        help_heading = "Upstream"
    )]
    pub forward_auth: Vec<ForwardRule>,

    /// Who may call.
    #[command(flatten)]
    pub callers: CallerOptions,

    /// How much a caller may ask for.
    #[command(flatten)]
    pub limits: LimitOptions,

    /// What becomes of a call whose API fails.
    #[command(flatten)]
    pub resilience: ResilienceOptions,

    /// How work is followed that goes on.
    #[command(flatten)]
    pub follow: FollowOptions,

    /// What the user is asked.
    #[command(flatten)]
    pub confirm: ConfirmOptions,

    /// What is kept of the API's answers.
    #[command(flatten)]
    pub cache: CacheOptions,

    /// What replicas share.
    #[command(flatten)]
    pub state: StateOptions,

    /// What becomes of a call whose hook fails.
    #[command(flatten)]
    pub hooks: HookOptions,

    /// Serve only tools that change nothing [env: MCP_READ_ONLY]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Policies")]
    pub read_only: bool,

    /// Tools that are switched off: names, or selectors such as `tag:admin` or `method:DELETE`
    /// [env: MCP_DISABLED_TOOLS]
    #[arg(
        long,
        value_name = "TOOL",
        value_delimiter = ',',
        help_heading = "Policies"
    )]
    pub disabled_tools: Vec<String>,

    /// Give tools that change nothing an argument `fields`, by which a call chooses the parts of a JSON answer that it
    /// wants to see [env: MCP_RESULT_FIELDS]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Policies")]
    pub result_fields: bool,

    /// Give tools that change nothing an argument `jq`: a program that a JSON answer is given to, in a process of its own
    /// with 2 s and without access to anything else; needs the feature `jq` [env: MCP_RESULT_JQ]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Policies")]
    pub result_jq: bool,

    /// Put what the API says in the text of a result between marks that it cannot forge, so that a model takes it for data and
    /// not for instructions [env: MCP_MARK_DATA]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Policies")]
    pub mark_data: bool,

    /// What is taken out of the API's answers before the model sees them, wherever it is found: `card`, `ssn`, `email`,
    /// `phone`, `iban`, `secret` (keys and tokens by how they look, and what is called `access_token`, `api_key`, `password` and the like), or `all` [env: MCP_REDACT]
    #[arg(
        long,
        value_name = "DETECTOR",
        value_delimiter = ',',
        help_heading = "Policies"
    )]
    pub redact: Vec<Redact>,

    /// Offer GET operations as resources, `api://NAME`, and the API's description where the program has it
    /// [env: MCP_RESOURCES]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Policies")]
    pub resources: bool,

    /// What to log: `error`, `warn`, `info`, `debug`, `trace` or a filter of tracing-subscriber [env: MCP_LOG]
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        help_heading = "Operations"
    )]
    pub log: String,

    /// Serve /health, /ready and /metrics here instead, without TLS [env: MCP_ADMIN_LISTEN]
    #[arg(long, value_name = "HOST:PORT", help_heading = "Operations")]
    pub admin_listen: Option<Listen>,

    /// Be ready only while the upstream's host name resolves [env: MCP_READY_UPSTREAM]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, help_heading = "Operations")]
    pub ready_upstream: bool,

    /// How many threads work; one for each core unless given, and one alone on two cores [env: MCP_WORKER_THREADS]
    #[arg(long, value_name = "NUMBER", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..),
          help_heading = "Operations")]
    pub worker_threads: Option<usize>,

    /// Read options from this TOML file [env: MCP_CONFIG]
    #[arg(long, value_name = "FILE", help_heading = "Operations")]
    pub config: Option<String>,

    /// Print the effective options as TOML, and end
    #[arg(long, help_heading = "Operations")]
    pub print_config: bool,

    /// Ask the server that runs with these options whether it is healthy, and end with 0 or 1
    #[arg(long, help_heading = "Operations")]
    pub healthcheck: bool,
}

impl Options {
    /// Whether something is said about connections that are encrypted here.
    #[must_use]
    pub fn uses_tls(&self) -> bool {
        let files = [
            &self.tls_cert,
            &self.tls_key,
            &self.callers.tls_client_ca,
            &self.callers.tls_client_crl,
        ];
        files.into_iter().any(Option::is_some)
    }
}

/// What the options mean.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The options themselves.
    pub options: Options,
    /// What the engine needs to know.
    pub engine: EngineSettings,
    /// The options as TOML, for `--print-config`.
    pub toml: String,
}

impl Settings {
    /// Reads the command line, the environment and, through `file`, the file that they name.
    ///
    /// # Errors
    /// [`Stop::Usage`] for `--help`, `--version` and a command line that cannot be understood; [`Stop::Start`] for
    /// anything else that is wrong.
    pub fn read(
        def: &ServerDef,
        args: Vec<OsString>,
        env: &dyn Fn(&str) -> Option<String>,
        file: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Self, Stop> {
        let program_args: Vec<OsString> = args.first().cloned().into_iter().collect();
        let command = command(def, &args);
        let (matches, tables) = layers::matches(&command, args, env, file)?;
        let options =
            Options::from_arg_matches(&matches).map_err(|error| Stop::Usage(Box::new(error)))?;
        let engine = EngineSettings {
            base_urls: base_urls(def, env),
            server: server_choice(def, env),
            connect_timeout: options.connect_timeout.0,
            read_timeout: options.read_timeout.0,
            total_timeout: options.timeout.0,
            connection_max_age: options.connection_max_age.0,
            upstream_ca: options.upstream_ca.as_ref().map(Into::into),
            max_response_bytes: options.max_response_bytes.0,
            max_result_chars: options.max_result_chars,
            lenient: options.lenient,
            forward_auth: forward_auth(def, &options.forward_auth)?,
            forward_headers: options
                .forward_header
                .iter()
                .map(|name| name.0.clone())
                .collect(),
            checks_scopes: !options.callers.no_scope_check,
            limits: limit_settings(&options),
            resilience: resilience_settings(&options.resilience),
            cache: CacheSettings {
                bytes: options.cache.cache_size.0,
                store: options.cache.cache_store,
                key_file: options.cache.cache_key_file.as_ref().map(Into::into),
            },
            login: LoginSettings {
                program: program(def, &program_args),
                // Over stdio there is one caller, who is the user.
                allowed: options.transport == Transport::Stdio || options.callers.share_login,
            },
            state: state_settings(&options.state),
            hooks: HookSettings {
                timeout: options.hooks.hook_timeout.0,
                failure: options.hooks.hook_failure,
            },
            confirm: ConfirmSettings {
                timeout: options.confirm.confirm_timeout.0,
                key_file: options.confirm.confirm_key_file.as_ref().map(Into::into),
                asks_missing: options.confirm.ask_missing,
            },
            follow: FollowSettings {
                timeout: options.follow.poll_timeout.0,
                lifetime: options.follow.operation_lifetime.0,
                cancels_upstream: options.follow.cancel_upstream,
            },
            resources: options.resources,
            policies: PolicySettings {
                read_only: options.read_only,
                disabled: options.disabled_tools.clone(),
                cache: options.cache.cache,
                confirm: options.confirm.confirm,
                result_fields: options.result_fields,
                result_jq: options.result_jq,
                mark_data: options.mark_data,
                redact: options.redact.clone(),
                tenant_claim: options.limits.tenant_claim.clone(),
                tables,
            },
        };
        check_passthrough(&options)?;
        let toml = layers::as_toml(&command, &matches);
        Ok(Self {
            options,
            engine,
            toml,
        })
    }
}

/// Over stdio there is one caller, who is the user: the rate of callers is for servers that many can reach.
fn limit_settings(options: &Options) -> LimitSettings {
    let limits = &options.limits;
    let is_shared = options.transport == Transport::Http;
    LimitSettings {
        caller: limits.rate_limit.0.filter(|_| is_shared),
        tenant: limits.rate_limit_tenant.0,
        all: limits.rate_limit_global.0,
        budget: limits.budget,
        team_budget: limits.budget_team,
        budget_warning: limits.budget_warning,
        repetitions: (limits.loop_limit > 0).then_some(limits.loop_limit),
        concurrency: (limits.max_concurrency > 0)
            .then_some((limits.max_concurrency, limits.max_queue)),
        tenant_claim: limits.tenant_claim.clone(),
        team_claim: limits.team_claim.clone(),
    }
}

fn resilience_settings(options: &ResilienceOptions) -> ResilienceSettings {
    ResilienceSettings {
        retries: options.retries,
        pause: options.retry_pause.0,
        breaker: (options.breaker > 0).then_some((options.breaker, options.breaker_pause.0)),
        makes_keys: !options.no_idempotency_keys,
    }
}

fn state_settings(options: &StateOptions) -> StateSettings {
    StateSettings {
        url: options.state.as_ref().map(|url| url.0.clone()),
        url_file: options.state_file.as_ref().map(Into::into),
        prefix: options.state_prefix.clone(),
        timeout: options.state_timeout.0,
        replicas: options.replicas,
    }
}

/// MCP, basic/authorization, "Token Passthrough": a token that was issued for this server must not go on to another.
fn check_passthrough(options: &Options) -> Result<(), StartError> {
    use super::engine::ForwardAuth;
    let is_ours = |rule: &ForwardRule| match &rule.from {
        ForwardAuth::Authorization => true,
        ForwardAuth::Header(name) => matches!(name.as_str(), "authorization" | "x-api-key"),
        ForwardAuth::Off | ForwardAuth::Meta => false,
    };
    let asks = options.transport == Transport::Http && options.callers.ask_in_headers();
    if asks && !options.callers.same_audience && options.forward_auth.iter().any(is_ours) {
        return Err(StartError(
            "--forward-auth would send what callers prove their identity with to the API; take the API's credential \
             from another header (`header:NAME`), or state with `--same-audience` that this server and the API are \
             one resource"
                .to_owned(),
        ));
    }
    Ok(())
}

fn command(def: &ServerDef, args: &[OsString]) -> clap::Command {
    Options::command()
        .name(def.name)
        .bin_name(program(def, args))
        .version(def.version)
}

/// How this program is called.
fn program(def: &ServerDef, args: &[OsString]) -> String {
    let program = args.first().map(Path::new).and_then(Path::file_name);
    program.map_or(def.name.into(), |name| name.to_string_lossy().into_owned())
}

/// `API_BASE_URL` for the first server, `API_BASE_URL_<N>` for the others.
fn base_urls(def: &ServerDef, env: &dyn Fn(&str) -> Option<String>) -> BTreeMap<usize, String> {
    let count = def.servers.len().max(1);
    let given = (0..count).filter_map(|index| {
        let name = match index {
            0 => "API_BASE_URL".to_owned(),
            n => format!("API_BASE_URL_{n}"),
        };
        let url = env(&name).filter(|url| !url.is_empty())?;
        Some((index, url))
    });
    given.collect()
}

fn server_choice(def: &ServerDef, env: &dyn Fn(&str) -> Option<String>) -> ServerChoice {
    let given = |name: &str| env(name).filter(|value| !value.is_empty());
    let templates = def.servers.iter().flat_map(|server| server.templates);
    let variables = templates.flat_map(|template| template.variables);
    ServerChoice {
        number: given("API_SERVER"),
        variables: variables
            .filter_map(|variable| Some((variable.env, given(variable.env)?)))
            .collect(),
    }
}

fn forward_auth(
    def: &ServerDef,
    rules: &[ForwardRule],
) -> Result<BTreeMap<String, super::engine::ForwardAuth>, StartError> {
    let mut by_scheme = BTreeMap::new();
    for rule in rules {
        let known = rule.scheme.is_empty() || def.schemes.iter().any(|s| s.name == rule.scheme);
        if !known {
            return Err(StartError(unknown_scheme(def, &rule.scheme)));
        }
        by_scheme.insert(rule.scheme.clone(), rule.from.clone());
    }
    Ok(by_scheme)
}

fn unknown_scheme(def: &ServerDef, scheme: &str) -> String {
    let names: Vec<&str> = def.schemes.iter().map(|scheme| scheme.name).collect();
    if names.is_empty() {
        format!("--forward-auth names the security scheme `{scheme}`, but the API has none")
    } else {
        format!(
            "--forward-auth names the unknown security scheme `{scheme}`, the API has `{}`",
            names.join("`, `")
        )
    }
}

#[cfg(test)]
mod tests;
