//! Credentials of the environment: variables, and files that are read again when they change.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::super::engine::StartError;
use super::super::files::{Remade, reason};
use super::super::tool::{Scheme, SchemeKind};
use super::{Credential, parts_of};

/// No credential is larger; what is, is another file.
const MOST_BYTES: u64 = 64 * 1024;

/// The end of a variable's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(pub(super) &'static str);

/// The credential of a scheme.
#[derive(Debug)]
pub(super) enum Stored {
    /// From variables: it never changes.
    Fixed(Arc<Credential>),
    /// At least one part is in a file.
    Files(Box<Files>),
}

#[derive(Debug)]
pub(super) struct Files {
    scheme: &'static Scheme,
    parts: Vec<Origin>,
    current: Remade<Credential>,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Origin {
    Variable(SecretString),
    File { variable: String, path: PathBuf },
}

impl Origin {
    /// The value as of now.
    pub(super) fn value(&self) -> Result<SecretString, String> {
        match self {
            Self::Variable(value) => Ok(value.clone()),
            Self::File { variable, path } => content(path)
                .map(SecretString::from)
                .map_err(|problem| format!("`{variable}`: `{}` {problem}", path.display())),
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
        let make = || credential(scheme, &parts);
        Ok(Some(if files(&parts).next().is_none() {
            Self::Fixed(Arc::new(make()?))
        } else {
            let current = Remade::of(files(&parts), make)?;
            Self::Files(Box::new(Files {
                scheme,
                parts,
                current,
            }))
        }))
    }

    /// The credential as of now.
    pub(super) fn current(&self) -> Arc<Credential> {
        match self {
            Self::Fixed(credential) => Arc::clone(credential),
            Self::Files(files) => files.current(),
        }
    }
}

impl Files {
    fn current(&self) -> Arc<Credential> {
        (self.current).current(files(&self.parts), || credential(self.scheme, &self.parts))
    }
}

fn files(parts: &[Origin]) -> impl Iterator<Item = &PathBuf> {
    parts.iter().filter_map(|origin| match origin {
        Origin::Variable(_) => None,
        Origin::File { path, .. } => Some(path),
    })
}

fn credential(scheme: &Scheme, parts: &[Origin]) -> Result<Credential, StartError> {
    let values = (parts.iter())
        .map(|origin| origin.value().map_err(StartError))
        .collect::<Result<Vec<_>, _>>()?;
    let values: Vec<&str> = values.iter().map(SecretString::expose_secret).collect();
    Credential::new(scheme, &values, false).map_err(|problem| {
        let part = match scheme.kind {
            SchemeKind::ApiKey(..) => "KEY",
            SchemeKind::Bearer => "TOKEN",
            SchemeKind::Basic => "USERNAME",
        };
        StartError(format!("`API_{}_{part}` {problem}", scheme.env))
    })
}

/// Where the value of a variable comes from; `None` where it is not set.
pub(super) fn origin(
    variable: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Origin>, StartError> {
    let file_variable = format!("{variable}_FILE");
    // Compose files and manifests set variables to nothing to say that they are not set.
    let value = env(variable).filter(|value| !value.trim().is_empty());
    let path = env(&file_variable).filter(|path| !path.trim().is_empty());
    match (value, path) {
        (Some(_), Some(_)) => Err(StartError(format!(
            "`{variable}` and `{file_variable}` are both set: keep one of them"
        ))),
        (Some(value), None) => Ok(Some(Origin::Variable(value.trim_end().to_owned().into()))),
        (None, Some(path)) => Ok(Some(Origin::File {
            variable: file_variable,
            path: path.into(),
        })),
        (None, None) => Ok(None),
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
    let text = text.trim_end();
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text.to_owned())
}
