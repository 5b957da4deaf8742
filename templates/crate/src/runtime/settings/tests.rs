use std::time::Duration;

use super::super::engine::{ForwardAuth, HookFailure};
use super::super::tool::{BaseUrl, Scheme, SchemeKind};
use super::*;

const DEF: ServerDef = ServerDef {
    name: "orders",
    title: "Orders",
    version: "1.2.0",
    instructions: "",
    servers: &[BaseUrl::new(None), BaseUrl::new(None)],
    schemes: &[Scheme {
        name: "bearerAuth",
        env: "BEARER_AUTH",
        kind: SchemeKind::Bearer,
    }],
    groups: &[],
    defs: "{}",
    prompts: &[],
    document: None,
};

/// Reads options where `FILE` is the path of a file with this text.
fn read_with(file: &str, args: &[&str], env: &[(&str, &str)]) -> Result<Settings, Stop> {
    let args = std::iter::once("orders-mcp").chain(args.iter().copied());
    let lookup = |name: &str| {
        let found = env.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let file = |path: &str| match path {
        "FILE" => Ok(file.to_owned()),
        _ => Err(std::io::Error::other("there is none")),
    };
    Settings::read(&DEF, args.map(OsString::from).collect(), &lookup, &file)
}

fn read(args: &[&str], env: &[(&str, &str)]) -> Result<Settings, Stop> {
    read_with("", args, env)
}

fn options(file: &str, args: &[&str], env: &[(&str, &str)]) -> Options {
    match read_with(file, args, env) {
        Ok(settings) => settings.options,
        Err(stop) => panic!("{}", message(&stop)),
    }
}

fn error(file: &str, args: &[&str], env: &[(&str, &str)]) -> String {
    match read_with(file, args, env) {
        Ok(_) => panic!("expected an error"),
        Err(stop) => message(&stop),
    }
}

fn message(stop: &Stop) -> String {
    match stop {
        Stop::Usage(error) => error.render().to_string(),
        Stop::Start(error) => error.0.clone(),
    }
}

#[test]
fn the_defaults_are_safe_for_a_laptop() {
    let options = options("", &[], &[]);
    assert_eq!(options.transport, Transport::Stdio);
    assert_eq!(options.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(options.log, "info");
    assert!(!options.no_sse);
}

#[test]
fn the_command_line_beats_the_environment_beats_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nread-timeout = 5\ntimeout = \"7s\"\n";
    let env = [("MCP_LISTEN", "127.0.0.1:2"), ("MCP_READ_TIMEOUT", "6s")];
    let options = options(file, &["--config=FILE", "--listen=127.0.0.1:3"], &env);
    assert_eq!(options.listen.port, 3);
    assert_eq!(options.read_timeout.0, Duration::from_secs(6));
    assert_eq!(options.timeout.0, Duration::from_secs(7));
}

#[test]
fn a_list_of_a_higher_layer_replaces_that_of_a_lower_one() {
    let file = "allowed-host = [\"a.example\", \"b.example\"]\nno-sse = true\n";
    let env = [("MCP_CONFIG", "FILE")];
    assert_eq!(
        options(file, &[], &env).allowed_host,
        ["a.example", "b.example"]
    );
    assert!(options(file, &[], &env).no_sse);
    let env = [
        ("MCP_CONFIG", "FILE"),
        ("MCP_ALLOWED_HOSTS", "c.example,d.example"),
    ];
    assert_eq!(
        options(file, &[], &env).allowed_host,
        ["c.example", "d.example"]
    );
    let flags = ["--allowed-host", "e.example", "--allowed-host", "f.example"];
    assert_eq!(
        options(file, &flags, &env).allowed_host,
        ["e.example", "f.example"]
    );
}

#[test]
fn a_port_of_the_platform_is_served_to_the_outside_unless_an_address_is_given() {
    let port = [("PORT", "9000")];
    assert_eq!(options("", &[], &port).listen.to_string(), "0.0.0.0:9000");
    let given = ["--listen", "127.0.0.1:7"];
    assert_eq!(options("", &given, &port).listen.to_string(), "127.0.0.1:7");
    let both = [("PORT", "9000"), ("MCP_LISTEN", "127.0.0.1:8")];
    assert_eq!(options("", &[], &both).listen.to_string(), "127.0.0.1:8");
}

#[test]
fn an_empty_variable_is_no_variable() {
    let env = [("MCP_LISTEN", ""), ("PORT", ""), ("MCP_NO_SSE", "")];
    assert_eq!(options("", &[], &env).listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn a_bad_variable_is_named_in_one_line() {
    let message = error("", &[], &[("MCP_LISTEN", "nowhere")]);
    assert_eq!(
        message,
        "environment variable `MCP_LISTEN`: invalid value 'nowhere' for '--listen <HOST:PORT>': expected `HOST:PORT`, like `127.0.0.1:8080` or `[::]:8080`"
    );
}

#[test]
fn a_bad_file_is_named_with_the_line() {
    let at = |text: &str| error(text, &["--config", "FILE"], &[]);
    assert_eq!(
        at("log = \"info\"\nread_timeout = 5\n"),
        "config file `FILE`, line 2: unknown key `read_timeout`, did you mean `read-timeout`"
    );
    assert!(at("lisen = \"a\"").starts_with(
        "config file `FILE`, line 1: unknown key `lisen`, expected one of `transport`, `listen`,"
    ));
    assert!(at("print-config = true").contains("unknown key `print-config`"));
    assert!(at("config = \"b.toml\"").contains("unknown key `config`"));
    assert!(
        at("\n\ntimeout = \"soon\"")
            .starts_with("config file `FILE`, line 3: invalid value 'soon'")
    );
    assert!(at("timeout = [[1]]").ends_with("line 1: `timeout` cannot be of type array"));
    assert!(at("log = \"info\"\nlog = \"warn\"\n").contains("line 2: "));
    assert!(!at("a = ").contains('\n'));
    assert_eq!(
        error("", &["--config", "/nonexistent.toml"], &[]),
        "config file `/nonexistent.toml` cannot be read: there is none"
    );
}

#[test]
fn printed_options_give_the_same_options_again() {
    let args = [
        "--transport=http",
        "--listen=[::]:80",
        "--allowed-host=a,b",
        "--no-sse",
        "--timeout=90s",
        "--forward-auth=bearerAuth=header:X-Token",
    ];
    let printed = read(&args, &[]).map(|settings| settings.toml);
    let printed = printed.unwrap_or_else(|stop| panic!("{}", message(&stop)));
    assert!(
        printed.contains("allowed-host = [\"a\", \"b\"]\n"),
        "{printed}"
    );
    assert!(printed.contains("no-sse = true\n"), "{printed}");
    let again = read_with(&printed, &["--config=FILE"], &[]).map(|settings| settings.toml);
    assert_eq!(again.ok(), Some(printed));
}

#[test]
fn forwarding_is_checked_against_the_schemes_of_the_api() {
    let settings = read(&["--forward-auth", "off,bearerAuth=authorization"], &[]);
    let forward = settings.map(|settings| settings.engine.forward_auth);
    let forward = forward.unwrap_or_else(|stop| panic!("{}", message(&stop)));
    assert_eq!(forward.get(""), Some(&ForwardAuth::Off));
    assert_eq!(forward.get("bearerAuth"), Some(&ForwardAuth::Authorization));
    assert_eq!(
        error("", &[], &[("MCP_FORWARD_AUTH", "basic=meta")]),
        "--forward-auth names the unknown security scheme `basic`, the API has `bearerAuth`"
    );
}

#[test]
fn base_urls_come_by_the_number_of_the_server() {
    let env = [
        ("API_BASE_URL", "http://a"),
        ("API_BASE_URL_1", "http://b"),
        ("API_BASE_URL_2", "http://unused"),
    ];
    let settings = read(&[], &env).map(|settings| settings.engine.base_urls);
    let expected = [(0, "http://a".to_owned()), (1, "http://b".to_owned())];
    assert_eq!(settings.ok(), Some(BTreeMap::from(expected)));
}

#[test]
fn the_help_names_the_variable_of_every_option() {
    let help = error("", &["--help"], &[]);
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for argument in Options::command().get_arguments() {
        let Some(option) = argument.get_long() else {
            continue;
        };
        if ["print-config", "healthcheck"].contains(&option) {
            continue;
        }
        let variable = layers::variable(option);
        assert!(words.contains(&format!("[env: {variable}")), "{option}");
    }
    assert!(help.contains("Usage: orders-mcp [OPTIONS]"), "{help}");
    assert!(error("", &["--version"], &[]).starts_with("orders 1.2.0"));
}

#[test]
fn headers_that_route_or_authenticate_do_not_go_on() {
    for name in [
        "authorization",
        "Cookie",
        "host",
        "x-forwarded-for",
        "X-API-Key",
        "a b",
    ] {
        let told = error("", &["--forward-header", name], &[]);
        assert!(told.contains("--forward-header"), "{name}: {told}");
    }
    let options = options("", &[], &[("MCP_FORWARD_HEADERS", "traceparent,X-Tenant")]);
    assert_eq!(options.forward_header.len(), 2);
}

#[test]
fn limits_and_resilience_are_what_the_options_say() {
    let engine = |args: &[&str], env: &[(&str, &str)]| read(args, env).expect("in order").engine;
    let plain = engine(&[], &[]);
    // Over stdio there is one caller, who is the user.
    assert_eq!(plain.limits.caller, None);
    assert_eq!(
        (plain.limits.repetitions, plain.limits.concurrency),
        (None, None)
    );
    assert_eq!(
        (plain.resilience.retries, plain.resilience.breaker),
        (0, None)
    );
    assert!(plain.checks_scopes && plain.resilience.makes_keys);
    let over_http = engine(&["--transport=http"], &[])
        .limits
        .caller
        .expect("on by default");
    assert_eq!((over_http.count, over_http.burst), (600, 100));
    let set = engine(
        &[
            "--transport=http",
            "--rate-limit=off",
            "--max-concurrency=3",
            "--no-scope-check",
        ],
        &[
            ("MCP_RATE_LIMIT_TENANT", "5/s"),
            ("MCP_RATE_LIMIT_GLOBAL", "7/m"),
            ("MCP_LOOP_LIMIT", "9"),
            ("MCP_MAX_QUEUE", "4"),
            ("MCP_TENANT_CLAIM", "org"),
            ("MCP_TEAM_CLAIM", "unit"),
            ("MCP_RETRIES", "2"),
            ("MCP_RETRY_PAUSE", "1s"),
            ("MCP_BREAKER", "6"),
            ("MCP_BREAKER_PAUSE", "3s"),
            ("MCP_NO_IDEMPOTENCY_KEYS", "true"),
            ("MCP_HOOK_TIMEOUT", "2s"),
            ("MCP_HOOK_FAILURE", "open"),
        ],
    );
    let count = |rate: Option<Frequency>| rate.map(|rate| rate.count);
    let limits = &set.limits;
    let rates = [limits.caller, limits.tenant, limits.all].map(count);
    assert_eq!(rates, [None, Some(5), Some(7)]);
    assert_eq!(
        (limits.repetitions, limits.concurrency),
        (Some(9), Some((3, 4)))
    );
    assert_eq!(
        (limits.tenant_claim.as_str(), limits.team_claim.as_str()),
        ("org", "unit")
    );
    let resilience = &set.resilience;
    assert_eq!(
        (resilience.retries, resilience.pause),
        (2, Duration::from_secs(1))
    );
    assert_eq!(resilience.breaker, Some((6, Duration::from_secs(3))));
    assert!(!resilience.makes_keys && !set.checks_scopes);
    assert_eq!(plain.hooks, HookSettings::default());
    let hooks = (set.hooks.timeout, set.hooks.failure);
    assert_eq!(hooks, (Duration::from_secs(2), HookFailure::Open));
}

#[test]
fn what_callers_prove_their_identity_with_is_not_sent_on() {
    let asks = ["--transport=http", "--identity-header=X-User"];
    for from in [
        "authorization",
        "header:Authorization",
        "bearerAuth=header:X-API-Key",
    ] {
        let rule = format!("--forward-auth={from}");
        let told = error("", &[asks[0], asks[1], &rule], &[]);
        assert!(
            told.contains("would send what callers prove their identity with"),
            "{told}"
        );
        assert!(
            read(&[asks[0], asks[1], &rule, "--same-audience"], &[]).is_ok(),
            "{from}"
        );
        assert!(
            read(&[asks[0], &rule], &[]).is_ok(),
            "{from}: nobody is asked"
        );
    }
    for from in ["meta", "header:X-Api-Token"] {
        let rule = format!("--forward-auth={from}");
        assert!(read(&[asks[0], asks[1], &rule], &[]).is_ok(), "{from}");
    }
}
