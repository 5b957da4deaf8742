//! API keys: known by their hashes, each with a name, maybe an expiry and roles.
//!
//! A key is 256 random bits, so one round of SHA-256 hides it: there is nothing to guess. What is looked for is compared
//! with every key in constant time.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Days, NaiveDate, Utc};
use clap::Parser;
use ring::digest::{SHA256, digest};
use serde_json::Map;
use subtle::ConstantTimeEq as _;

use super::super::engine::StartError;
use super::super::random;
use super::super::text::hex;
use super::watched::Watched;
use super::{Identity, Means};

/// What every key that we make starts with, so that scanners for leaked secrets find it.
const PREFIX: &str = "mcp_";
/// How a hash is marked.
const HASH: &str = "sha256:";

/// The keys of a server.
#[derive(Debug)]
pub(in super::super) struct ApiKeys {
    fixed: Vec<Key>,
    file: Option<Watched<Vec<Key>>>,
}

#[derive(Debug, Clone)]
struct Key {
    hash: [u8; 32],
    expires: Option<DateTime<Utc>>,
    identity: Identity,
}

/// Why a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Refused {
    Unknown,
    Expired,
}

impl ApiKeys {
    /// # Errors
    /// A line that is no key, or a file that cannot be read: one line, without the key.
    pub(in super::super) fn new(
        lines: &[String],
        file: Option<&str>,
    ) -> Result<Option<Self>, StartError> {
        let fixed = parsed(&lines.join("\n"))
            .map_err(|why| StartError(format!("--api-keys (MCP_API_KEYS): {why}")))?;
        let file = match file {
            Some(path) => Some(Watched::open(Path::new(path), "MCP_API_KEYS_FILE", parsed)?),
            None => None,
        };
        let some = !fixed.is_empty() || file.is_some();
        Ok(some.then_some(Self { fixed, file }))
    }

    /// Whose key this is.
    pub(in super::super) fn identify(&self, presented: &str) -> Result<Identity, Refused> {
        let hash = hashed(presented);
        let in_file = self.file.as_ref().map(Watched::current);
        let all = self
            .fixed
            .iter()
            .chain(in_file.iter().flat_map(|keys| keys.iter()));
        let mut found = None;
        for key in all {
            if bool::from(key.hash.ct_eq(&hash)) {
                found = Some(key);
            }
        }
        match found {
            None => Err(Refused::Unknown),
            Some(key) if key.expires.is_some_and(|end| end <= Utc::now()) => Err(Refused::Expired),
            Some(key) => Ok(key.identity.clone()),
        }
    }
}

fn hashed(key: &str) -> [u8; 32] {
    let digest = digest(&SHA256, key.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The keys of some lines; `#` begins a comment.
fn parsed(text: &str) -> Result<Vec<Key>, String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let numbered = lines.enumerate().filter(|(_, line)| !line.is_empty());
    numbered
        .map(|(number, line)| key(line).map_err(|why| format!("line {}: {why}", number + 1)))
        .collect()
}

fn key(line: &str) -> Result<Key, String> {
    const SHAPE: &str =
        "expected `NAME sha256:HEX [expires=DATE] [roles=A+B]`, as `keys new NAME` prints it";
    let mut words = line.split_whitespace();
    let (Some(name), Some(hash)) = (words.next(), words.next()) else {
        return Err(SHAPE.to_owned());
    };
    let hash = hash.strip_prefix(HASH).and_then(unhexed).ok_or(SHAPE)?;
    let mut expires = None;
    let mut roles = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some(("expires", date)) => expires = Some(instant(date)?),
            Some(("roles", names)) => {
                roles.extend(
                    names
                        .split('+')
                        .filter(|name| !name.is_empty())
                        .map(str::to_owned),
                );
            }
            _ => {
                return Err(format!(
                    "`{word}` is neither `expires=DATE` nor `roles=A+B`"
                ));
            }
        }
    }
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), name.into());
    claims.insert("roles".to_owned(), roles.clone().into());
    Ok(Key {
        hash,
        expires,
        identity: Identity::new(name.to_owned(), Means::ApiKey, roles, None, claims),
    })
}

fn unhexed(text: &str) -> Option<[u8; 32]> {
    let digits = (text.len() == 64 && text.is_ascii()).then_some(text)?;
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// The end of a day, or a moment of RFC 3339.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.with_timezone(&Utc));
    }
    let day = text.parse::<NaiveDate>().ok();
    let end = day.and_then(|day| day.succ_opt()?.and_hms_opt(0, 0, 0));
    end.map(|end| end.and_utc())
        .ok_or_else(|| format!("`{text}` is no date like `2027-01-31` or `2027-01-31T12:00:00Z`"))
}

/// `keys new NAME`: makes an API key.
#[derive(Debug, Parser)]
#[command(about = "Make an API key", long_about = None)]
enum Keys {
    /// Make an API key: the key goes to standard output, the line that lets a server know it to standard error or
    /// --file
    New {
        /// What the key is called in logs
        #[arg(value_parser = name)]
        name: String,
        /// After how many days it is no longer taken
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
        /// Its roles, with commas between them, as the tables `[access.ROLE]` name them
        #[arg(long, value_name = "ROLE", value_delimiter = ',', value_parser = name)]
        roles: Vec<String>,
        /// Append the line to this file, the one of MCP_API_KEYS_FILE
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

fn name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.@:/".contains(c);
    if !text.is_empty() && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err("expected letters, digits and `-_.@:/`".to_owned())
    }
}

/// Runs `keys …`; `args[0]` is `keys`.
pub(in super::super) fn command(args: &[OsString]) -> ExitCode {
    let keys = match Keys::try_parse_from(args) {
        Ok(keys) => keys,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let Keys::New {
        name,
        days,
        roles,
        file,
    } = keys;
    match made(&name, days, &roles, file.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn made(
    name: &str,
    days: Option<u32>,
    roles: &[String],
    file: Option<&Path>,
) -> Result<(), String> {
    let key = format!("{PREFIX}{}", random::secret()?);
    let mut line = format!("{name} {HASH}{}", hex(&hashed(&key)));
    if let Some(days) = days {
        let end = Utc::now().checked_add_days(Days::new(days.into()));
        let end = end.ok_or("these are too many days")?;
        line.push_str(&format!(" expires={}", end.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    if !roles.is_empty() {
        line.push_str(&format!(" roles={}", roles.join("+")));
    }
    let written = match file {
        Some(path) => std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| {
                let start = if ends_in_a_line(path) { "" } else { "\n" };
                writeln!(file, "{start}{line}")
            })
            .map_err(|error| format!("`{}` cannot be written: {error}", path.display())),
        None => writeln!(std::io::stderr(), "add to MCP_API_KEYS_FILE: {line}")
            .map_err(|error| error.to_string()),
    };
    written?;
    writeln!(std::io::stdout(), "{key}").map_err(|error| error.to_string())
}

/// Whether what is appended begins a line.
fn ends_in_a_line(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.last().is_none_or(|byte| *byte == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: &str, rest: &str) -> String {
        format!("alice sha256:{}{rest}", hex(&hashed(key)))
    }

    fn keys(lines: &[String]) -> ApiKeys {
        ApiKeys::new(lines, None).expect("keys").expect("some")
    }

    #[test]
    fn a_key_is_known_by_its_hash_and_has_a_name_and_roles() {
        let keys = keys(&["# mine".to_owned(), line("geheim", " roles=analyst+admin")]);
        let alice = keys.identify("geheim").expect("known");
        assert_eq!((alice.name(), alice.has_role("admin")), ("alice", true));
        assert_eq!(
            keys.identify("gehein").expect_err("unknown"),
            Refused::Unknown
        );
        assert_eq!(keys.identify("").expect_err("unknown"), Refused::Unknown);
    }

    #[test]
    fn a_key_ends_with_its_day() {
        let until = |rest: &str| keys(&[line("k", rest)]).identify("k").map(|_| ());
        assert_eq!(until(" expires=2020-01-31"), Err(Refused::Expired));
        assert_eq!(
            until(" expires=2020-01-31T10:00:00Z"),
            Err(Refused::Expired)
        );
        assert_eq!(until(" expires=2999-01-31"), Ok(()));
    }

    #[test]
    fn a_line_that_is_no_key_is_told_without_showing_it() {
        for wrong in ["alice geheim", "alice", "alice sha256:00", "a sha256:zz"] {
            let error = ApiKeys::new(&[wrong.to_owned()], None).expect_err(wrong);
            assert!(
                error.0.contains("line 1: expected `NAME sha256:HEX"),
                "{}",
                error.0
            );
            assert!(!error.0.contains("geheim"), "{}", error.0);
        }
        let error = ApiKeys::new(&[line("k", " expires=soon")], None).expect_err("no date");
        assert!(error.0.contains("is no date like"), "{}", error.0);
    }
}
