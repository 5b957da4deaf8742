//! One list of options, three places to give them: a file below the environment below the command line.
//!
//! What a value means is `values`' business; here it is found, checked, and blamed on the place it came from.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use toml::Spanned;

use super::super::engine::StartError;
use super::super::policy::{self, Tables};
use super::StateUrl;

/// Options that have no place in a file: they say what to do, not how.
const FLAGS_ONLY: [&str; 5] = ["config", "print-config", "healthcheck", "help", "version"];

/// What ends the program before it serves.
#[derive(Debug)]
pub enum Stop {
    /// `--help`, `--version`, or a command line that cannot be understood.
    Usage(Box<clap::Error>),
    /// A bad value in the environment or in a file.
    Start(StartError),
}

impl Stop {
    /// What is wrong, for a program that goes on.
    pub(in super::super) fn into_line(self) -> String {
        match self {
            Self::Usage(error) => one_line(&error),
            Self::Start(error) => error.0,
        }
    }
}

impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

/// The variable that gives an option: `--read-timeout` is `MCP_READ_TIMEOUT`; lists are in the plural.
pub(super) fn variable(option: &str) -> String {
    let upper = option.replace('-', "_").to_ascii_uppercase();
    match option {
        "allowed-host" | "allowed-origin" | "allowed-client" | "forward-header" => {
            format!("MCP_{upper}S")
        }
        "trusted-proxy" => "MCP_TRUSTED_PROXIES".to_owned(),
        _ => format!("MCP_{upper}"),
    }
}

/// All three layers as one set of matches. `read` reads the file that `--config` names.
pub(super) fn matches(
    command: &Command,
    args: Vec<OsString>,
    env: &dyn Fn(&str) -> Option<String>,
    read: &dyn Fn(&str) -> std::io::Result<String>,
) -> Result<(ArgMatches, Tables), Stop> {
    let usage = |error| Stop::Usage(Box::new(error));
    let mut args = args.into_iter();
    let program = args.next().unwrap_or_else(|| OsString::from("server"));
    let flags: Vec<OsString> = args.collect();
    let on_line = parse(command, &program, flags.clone()).map_err(usage)?;

    let mut lower: Vec<OsString> = Vec::new();
    let mut given: Vec<String> = Vec::new();
    for option in options(command) {
        if on_line.value_source(&id(&option)) == Some(ValueSource::CommandLine) {
            given.push(option);
        } else if let Some(value) = value_of(&option, env) {
            let arg = OsString::from(format!("--{option}={value}"));
            parse(command, &program, vec![arg.clone()]).map_err(|error| {
                StartError(format!(
                    "environment variable `{}`: {}",
                    variable(&option),
                    one_line(&error)
                ))
            })?;
            lower.push(arg);
            given.push(option);
        }
    }

    let so_far =
        parse(command, &program, [lower.clone(), flags.clone()].concat()).map_err(usage)?;
    let mut tables = Tables::default();
    if let Some(path) = so_far.get_one::<String>("config") {
        let from_file;
        (from_file, tables) = file_layer(command, &program, path, read)?;
        lower.extend(
            from_file
                .into_iter()
                .filter(|(option, _)| !given.contains(option))
                .flat_map(|(_, args)| args),
        );
    }
    lower.extend(flags);
    let matches = parse(command, &program, lower).map_err(usage)?;
    Ok((matches, tables))
}

fn parse(
    command: &Command,
    program: &OsString,
    args: Vec<OsString>,
) -> Result<ArgMatches, clap::Error> {
    let line = std::iter::once(program.clone()).chain(args);
    command.clone().try_get_matches_from(line)
}

/// The names of all options that have a value.
fn options(command: &Command) -> Vec<String> {
    let long = command.get_arguments().filter_map(clap::Arg::get_long);
    long.filter(|name| !FLAGS_ONLY[1..].contains(name))
        .map(str::to_owned)
        .collect()
}

/// clap's name for the option, which is that of the field.
fn id(option: &str) -> String {
    option.replace('-', "_")
}

/// What the environment says; a variable that is set but empty says nothing, as in compose files.
fn value_of(option: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let given = env(&variable(option)).filter(|value| !value.is_empty());
    match (given, option) {
        // Platforms that run containers hand the port over in `PORT` and connect from outside.
        (None, "listen") => env("PORT")
            .filter(|port| !port.is_empty())
            .map(|port| format!("0.0.0.0:{port}")),
        (given, _) => given,
    }
}

type FileLayer = Vec<(String, Vec<OsString>)>;

fn file_layer(
    command: &Command,
    program: &OsString,
    path: &str,
    read: &dyn Fn(&str) -> std::io::Result<String>,
) -> Result<(FileLayer, Tables), StartError> {
    let text = read(path)
        .map_err(|error| StartError(format!("config file `{path}` cannot be read: {error}")))?;
    let at = |offset: usize, message: &str| {
        let line = text[..offset.min(text.len())].matches('\n').count() + 1;
        StartError(format!("config file `{path}`, line {line}: {message}"))
    };
    let table: BTreeMap<Spanned<String>, Spanned<toml::Value>> =
        toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            at(start, &error.message().replace('\n', ", "))
        })?;
    let mut tables = Tables::parse(&text).map_err(|(offset, message)| at(offset, &message))?;
    tables.file = Some(path.to_owned());
    let known = options(command);
    let mut layer = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_str();
        let wrong = |message: &str| at(key.span().start, message);
        if policy::TABLES.contains(&name) {
            continue;
        }
        if !known.iter().any(|option| option == name) || FLAGS_ONLY.contains(&name) {
            return Err(wrong(&unknown_key(name, &known)));
        }
        let args = option_args(name, value.get_ref()).map_err(|message| wrong(&message))?;
        parse(command, program, args.clone()).map_err(|error| wrong(&one_line(&error)))?;
        layer.push((name.to_owned(), args));
    }
    Ok((layer, tables))
}

fn unknown_key(name: &str, known: &[String]) -> String {
    let mut keys: Vec<&str> = known.iter().map(String::as_str).collect();
    keys.retain(|key| !FLAGS_ONLY.contains(key));
    keys.extend(policy::TABLES);
    let meant = name.replace('_', "-").to_ascii_lowercase();
    if keys.contains(&meant.as_str()) {
        format!("unknown key `{name}`, did you mean `{meant}`")
    } else {
        format!(
            "unknown key `{name}`, expected one of `{}`",
            keys.join("`, `")
        )
    }
}

fn option_args(name: &str, value: &toml::Value) -> Result<Vec<OsString>, String> {
    let scalar = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(yes) => Ok(yes.to_string()),
        _ => Err(format!("`{name}` cannot be of type {}", value.type_str())),
    };
    let values = match value {
        toml::Value::Array(items) => items.iter().map(scalar).collect::<Result<Vec<_>, _>>()?,
        single => vec![scalar(single)?],
    };
    let arg = |value: String| OsString::from(format!("--{name}={value}"));
    Ok(values.into_iter().map(arg).collect())
}

/// The first sentence of what clap says, without its prefix.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    match lines.next().filter(|line| line.starts_with("[possible")) {
        Some(possible) => format!("{first} {possible}"),
        None => first.to_owned(),
    }
}

/// The effective settings as a config file that gives the same settings again.
pub(super) fn as_toml(command: &Command, matches: &ArgMatches) -> String {
    let mut lines = Vec::new();
    for option in options(command) {
        if FLAGS_ONLY.contains(&option.as_str()) {
            continue;
        }
        let Some(values) = matches.get_raw(&id(&option)) else {
            continue;
        };
        let literals: Vec<String> = values
            .flat_map(|value| {
                shown(&option, &value.to_string_lossy())
                    .split(',')
                    .map(literal)
                    .collect::<Vec<_>>()
            })
            .collect();
        let is_list = command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(&option) && arg.get_value_delimiter().is_some());
        let value = match literals.as_slice() {
            [single] if !is_list => single.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        lines.push(format!("{option} = {value}\n"));
    }
    lines.concat()
}

/// A value as it may be printed.
fn shown(option: &str, value: &str) -> String {
    match option {
        "state" => StateUrl(value.into()).to_string(),
        _ => value.to_owned(),
    }
}

fn literal(value: &str) -> String {
    match value {
        "true" | "false" => value.to_owned(),
        // A number with a sign, leading zero or point stays text.
        _ if value.parse::<u32>().is_ok_and(|n| n.to_string() == value) => value.to_owned(),
        _ => toml::Value::String(value.to_owned()).to_string(),
    }
}
