//! Credentials of the environment: variables, files that are read again when they change, and what commands print.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::super::engine::StartError;
use super::super::files::{Remade, reason, without_mark};
use super::super::settings::Span;
use super::super::tool::{Scheme, SchemeKind};
use super::command::Printed;
use super::{Credential, Whose, parts_of};

/// No credential is larger; what is, is another file.
pub(super) const MOST_BYTES: u64 = 64 * 1024;

/// The end of a variable's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(pub(super) &'static str);

/// The credential of a scheme.
#[derive(Debug)]
pub(super) enum Stored {
    /// From variables: it never changes.
    Fixed(Arc<Credential>),
    /// At least one part is in a file or comes from a command.
    Changing(Box<Changing>),
}

#[derive(Debug)]
pub(super) struct Changing {
    scheme: &'static Scheme,
    parts: Vec<Origin>,
    made: Mutex<Made>,
}

/// The credential that was made of what commands had printed.
#[derive(Debug)]
struct Made {
    counts: Vec<u64>,
    current: Remade<Credential>,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Origin {
    Variable(SecretString),
    File { variable: String, path: PathBuf },
    Command(Printed),
}

impl Origin {
    /// The value as of now.
    pub(super) fn value(&self) -> Result<SecretString, String> {
        match self {
            Self::Variable(value) => Ok(value.clone()),
            Self::File { variable, path } => content(path)
                .map(SecretString::from)
                .map_err(|problem| format!("`{variable}`: `{}` {problem}", path.display())),
            Self::Command(printed) => Ok(printed.secret()),
        }
    }

    fn is_due(&self) -> bool {
        matches!(self, Self::Command(printed) if printed.is_due())
    }

    /// Runs its command again if that is due.
    pub(super) async fn renewed(&self) {
        if let Self::Command(printed) = self {
            printed.renewed().await;
        }
    }

    /// Says that the value was refused.
    pub(super) fn refused(&self) {
        if let Self::Command(printed) = self {
            printed.refused();
        }
    }
}

impl Stored {
    /// Reads the variables of a scheme; `None` when there are none.
    pub(super) fn read(
        scheme: &'static Scheme,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, StartError> {
        let mut parts = Vec::new();
        for part in parts_of(scheme.kind) {
            let variable = format!("API_{}_{}", scheme.env, part.0);
            parts.push((origin(&variable, env)?, variable));
        }
        if parts.iter().all(|(origin, _)| origin.is_none()) {
            return Ok(None);
        }
        let parts = (parts.into_iter())
            .map(|(origin, variable)| match origin {
                Some(origin) => Ok(origin),
                // Many an API takes its key as the user name of an empty password.
                None if variable.ends_with("_PASSWORD") => {
                    Ok(Origin::Variable(SecretString::default()))
                }
                None => Err(StartError(format!(
                    "`{variable}` is not set, although the other half of the credential `{}` is",
                    scheme.name
                ))),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let is_fixed = |origin: &Origin| matches!(origin, Origin::Variable(_));
        Ok(Some(if parts.iter().all(is_fixed) {
            Self::Fixed(Arc::new(credential(scheme, &parts)?))
        } else {
            let made = Mutex::new(Made {
                counts: counts(&parts),
                current: made(scheme, &parts)?,
            });
            Self::Changing(Box::new(Changing {
                scheme,
                parts,
                made,
            }))
        }))
    }

    /// The credential as of now.
    pub(super) fn current(&self) -> Arc<Credential> {
        match self {
            Self::Fixed(credential) => Arc::clone(credential),
            Self::Changing(changing) => changing.current(),
        }
    }

    /// Whether there are commands to be run again.
    pub(super) fn is_due(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Changing(changing) => changing.parts.iter().any(Origin::is_due),
        }
    }

    /// Runs the commands again that are due.
    pub(super) async fn renewed(&self) {
        if let Self::Changing(changing) = self {
            for part in &changing.parts {
                part.renewed().await;
            }
        }
    }

    /// Says that a credential was refused, which may be an older one.
    pub(super) fn refused(&self, credential: &Arc<Credential>) {
        if let Self::Changing(changing) = self
            && Arc::ptr_eq(&changing.current(), credential)
        {
            changing.parts.iter().for_each(Origin::refused);
        }
    }
}

impl Stored {
    /// How it is replaced by another one, as a sentence without its end.
    pub(super) fn how(&self, scheme: &Scheme) -> String {
        let Self::Changing(changing) = self else {
            return how(scheme);
        };
        let ways = changing.parts.iter().filter_map(|part| match part {
            Origin::Variable(_) => None,
            Origin::File { variable, .. } => {
                Some(format!("write it to the file that `{variable}` names"))
            }
            Origin::Command(printed) => Some(format!(
                "see to what `{}` prints, which is run again before the next call",
                printed.variable()
            )),
        });
        ways.collect::<Vec<_>>().join(", and ")
    }
}

impl Changing {
    fn current(&self) -> Arc<Credential> {
        let mut made_of = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts(&self.parts);
        if made_of.counts != counts {
            made_of.counts = counts;
            match made(self.scheme, &self.parts) {
                Ok(current) => made_of.current = current,
                Err(StartError(problem)) => {
                    tracing::warn!(target: "mcp::credentials", "{problem}; the one of before is used");
                }
            }
        }
        (made_of.current).current(files(&self.parts), || credential(self.scheme, &self.parts))
    }
}

fn made(scheme: &Scheme, parts: &[Origin]) -> Result<Remade<Credential>, StartError> {
    Remade::of(files(parts), || credential(scheme, parts))
}

fn files(parts: &[Origin]) -> impl Iterator<Item = &PathBuf> {
    parts.iter().filter_map(|origin| match origin {
        Origin::Variable(_) | Origin::Command(_) => None,
        Origin::File { path, .. } => Some(path),
    })
}

fn counts(parts: &[Origin]) -> Vec<u64> {
    let counts = parts.iter().filter_map(|origin| match origin {
        Origin::Variable(_) | Origin::File { .. } => None,
        Origin::Command(printed) => Some(printed.count()),
    });
    counts.collect()
}

fn credential(scheme: &Scheme, parts: &[Origin]) -> Result<Credential, StartError> {
    let values = (parts.iter())
        .map(|origin| origin.value().map_err(StartError))
        .collect::<Result<Vec<_>, _>>()?;
    let values: Vec<&str> = values.iter().map(SecretString::expose_secret).collect();
    Credential::new(scheme, &values, Whose::Server).map_err(|problem| {
        let part = match scheme.kind {
            SchemeKind::ApiKey(..) => "KEY",
            SchemeKind::Bearer => "TOKEN",
            SchemeKind::Basic | SchemeKind::Digest => "USERNAME",
        };
        StartError(format!("`API_{}_{part}` {problem}", scheme.env))
    })
}

/// A variable that is set. Compose files and manifests set variables to nothing to say that they are not.
pub(super) fn given(variable: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    env(variable).filter(|text| !text.trim().is_empty())
}

/// Whether a value is given, in whichever way. No command is run.
pub(super) fn is_given(variable: &str, env: &dyn Fn(&str) -> Option<String>) -> bool {
    let is_given = |end| given(&format!("{variable}{end}"), env).is_some();
    ["", "_FILE", "_COMMAND"].into_iter().any(is_given)
}

/// Where the value of a variable comes from; `None` where it is not set. A command is run.
pub(super) fn origin(
    variable: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Origin>, StartError> {
    let ways = ["", "_FILE", "_COMMAND"].map(|end| format!("{variable}{end}"));
    let mut found = ways
        .into_iter()
        .filter_map(|way| Some((given(&way, env)?, way)));
    let Some((text, way)) = found.next() else {
        return Ok(None);
    };
    if let Some((_, other)) = found.next() {
        return Err(StartError(format!(
            "`{way}` and `{other}` are both set: keep one of them"
        )));
    }
    Ok(Some(if way.ends_with("_COMMAND") {
        let good_for = good_for(&format!("{way}_TTL"), env)?;
        Origin::Command(Printed::first(way, &text, good_for)?)
    } else if way == variable {
        Origin::Variable(text.trim_end().to_owned().into())
    } else {
        Origin::File {
            variable: way,
            path: text.into(),
        }
    }))
}

/// How long what a command prints is good for.
fn good_for(
    variable: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Duration>, StartError> {
    let Some(text) = given(variable, env) else {
        return Ok(None);
    };
    let wrong = |why| StartError(format!("`{variable}`: `{text}`: {why}"));
    let Span(span) = text.trim().parse().map_err(wrong)?;
    Ok(Some(span))
}

/// How the credential of a scheme is given, as a sentence without its end.
pub(super) fn how(scheme: &Scheme) -> String {
    let one = |name: &str| {
        let name = format!("API_{}_{name}", scheme.env);
        format!("set the environment variable `{name}` (or `{name}_FILE`, `{name}_COMMAND`)")
    };
    match parts_of(scheme.kind) {
        [Part(only)] => one(only),
        parts => {
            let names: Vec<String> = (parts.iter())
                .map(|Part(name)| format!("`API_{}_{name}`", scheme.env))
                .collect();
            format!(
                "set the environment variables {} (or `…_FILE`, `…_COMMAND`)",
                names.join(" and ")
            )
        }
    }
}

fn content(path: &PathBuf) -> Result<String, String> {
    let file = File::open(path).map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    if text.len() as u64 > MOST_BYTES {
        return Err("is too large for a credential".to_owned());
    }
    let text = without_mark(&text).trim_end();
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text.to_owned())
}
