//! The file of a login: whose tokens they are, for which API, and how the next ones are got.
//!
//! It is for its owner's eyes only and replaced as a whole. Who changes it holds its lock.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::Utc;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::super::super::engine::StartError;
use super::super::super::files::{reason, replace_secret};
use super::super::super::tool::{Scheme, ServerDef};
use super::super::command::Printed;
use super::super::discovery::{Issuer, Site};
use super::super::endpoint::{Answer, Targets, TokenEndpoint, variable};
use super::super::kept::Token;
use super::super::source::{MOST_BYTES, Origin, given};
use super::super::{Credential, Whose};
use super::lock::Lock;

/// What a login gave. Times are in seconds since 1970.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Login {
    /// The origins of the API that its tokens are for.
    pub(super) apis: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issuer: Option<String>,
    pub(super) token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revocation_endpoint: Option<String>,
    pub(super) client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_secret: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<String>,
    /// What was consented to, with spaces between.
    pub(super) scopes: String,
    /// As whom, where the issuer says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    pub(super) access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
}

/// The client's secret, or how it is got: what is kept elsewhere stays there.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Secret {
    Text(String),
    File { file: PathBuf },
    Command { command: Vec<String> },
}

impl Secret {
    /// # Errors
    /// The folder of this process is not there: a sentence without its end.
    pub(super) fn of(origin: &Origin) -> Result<Self, String> {
        Ok(match origin {
            Origin::Variable(secret) => Self::Text(secret.expose_secret().to_owned()),
            Origin::File { path, .. } => {
                let path = std::path::absolute(path);
                let file = path.map_err(|error| format!("there is no folder: {error}"))?;
                Self::File { file }
            }
            Origin::Command(printed) => Self::Command {
                command: printed.words().to_vec(),
            },
        })
    }

    /// Where its value comes from. A command is run.
    async fn origin(&self, scheme: &'static Scheme) -> Result<Origin, String> {
        let variable = |end: &str| format!("{}_{end}", variable(scheme, "CLIENT_SECRET"));
        Ok(match self {
            Self::Text(text) => Origin::Variable(text.clone().into()),
            Self::File { file } => Origin::File {
                variable: variable("FILE"),
                path: file.clone(),
            },
            Self::Command { command } => {
                let (variable, command) = (variable("COMMAND"), command.clone());
                let run = move || Printed::of(variable, command, None);
                let run = tokio::task::spawn_blocking(run).await;
                let run = run.map_err(|_| "the command of the login broke off".to_owned())?;
                Origin::Command(run.map_err(|StartError(why)| why)?)
            }
        })
    }
}

impl fmt::Debug for Login {
    // It is full of secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

impl Login {
    /// Takes what an answer gives; what it does not give again stays.
    pub(super) fn take(&mut self, answer: Answer) {
        self.expires_at = answer.seconds().and_then(|seconds| {
            let seconds = std::time::Duration::try_from_secs_f64(seconds).ok()?;
            let end = Utc::now().checked_add_signed(chrono::TimeDelta::from_std(seconds).ok()?)?;
            Some(end.timestamp())
        });
        self.access_token = answer.access_token;
        self.refresh_token = answer.refresh_token.or(self.refresh_token.take());
        if let Some(scopes) = answer.scope.filter(|scopes| !scopes.is_empty()) {
            self.scopes = scopes;
        }
    }

    /// Its access token, unless that ends in less than so many seconds.
    ///
    /// # Errors
    /// It cannot be sent: the end of a sentence.
    pub(super) fn token(&self, scheme: &Scheme, least: i64) -> Result<Option<Token>, &'static str> {
        let left = self.expires_at.map(|end| end - Utc::now().timestamp());
        if left.is_some_and(|left| left <= least) {
            return Ok(None);
        }
        let credential = Credential::new(scheme, &[&self.access_token], Whose::Issued)?;
        let left =
            left.map(|seconds| u32::try_from(seconds).map_or(f64::from(u32::MAX), f64::from));
        Ok(Some(Token::new(credential, left, Instant::now())))
    }

    /// Where its tokens are got, and as which client.
    ///
    /// # Errors
    /// The endpoint of the file is none that secrets may be sent to, or the client's secret cannot be had.
    pub(super) async fn endpoint(&self, scheme: &'static Scheme) -> Result<TokenEndpoint, String> {
        let site = self.site(&self.token_endpoint)?;
        let secret = match &self.client_secret {
            Some(secret) => Some(secret.origin(scheme).await?),
            None => None,
        };
        let targets = Targets {
            audience: self.audience.clone(),
            resource: self.resource.clone(),
        };
        let id = Origin::Variable(SecretString::from(self.client_id.clone()));
        let client = (Some(id), secret);
        Ok(TokenEndpoint::of_login(scheme, client, site, targets))
    }

    /// One of its endpoints.
    pub(super) fn site(&self, url: &str) -> Result<Site, String> {
        let site = match &self.issuer {
            Some(issuer) => Issuer::named(issuer).and_then(|issuer| issuer.endpoint_at(url)),
            None => Site::named(url),
        };
        site.ok_or("its file names an endpoint that is no https URL".to_owned())
    }
}

/// Where a login is kept.
#[derive(Debug, Clone)]
pub(super) struct LoginFile(PathBuf);

impl LoginFile {
    pub(super) fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `API_<SCHEME>_LOGIN_FILE`, or the usual place; `None` where this user has no folder for such files.
    pub(super) fn of(
        def: &ServerDef,
        scheme: &Scheme,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        if let Some(path) = given(&variable(scheme, "LOGIN_FILE"), env) {
            return Some(Self(path.into()));
        }
        let folder = format!("{}-mcp", plain(def.name));
        let file = format!("{}.json", plain(scheme.env));
        Some(Self(state(env)?.join(folder).join(file)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.is_file()
    }

    /// What is wrong with who may read it: a sentence without its end.
    pub(super) fn warning(&self) -> Option<String> {
        let mode = self.mode()?;
        (mode & 0o077 != 0).then(|| {
            format!(
                "other users may read the tokens of the login, `{path}` (mode {mode:03o}): take that away with `chmod 600 \
                 {path}`, and log in again if somebody may have",
                path = self.0.display()
            )
        })
    }

    /// The login; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read: a sentence without its end.
    pub(super) fn read(&self) -> Result<Option<Login>, String> {
        let told = |why: &str| format!("the file of the login, `{}`, {why}", self.0.display());
        let size = match fs::metadata(&self.0) {
            // A pipe would be waited for.
            Ok(metadata) if !metadata.is_file() => return Err(told("is no file")),
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(told(&format!("cannot be read: {}", reason(&error)))),
        };
        if size > MOST_BYTES {
            return Err(told("is too large for one"));
        }
        let text = fs::read(&self.0)
            .map_err(|error| told(&format!("cannot be read: {}", reason(&error))))?;
        let login: Login =
            serde_json::from_slice(&text).map_err(|_| told("holds none; log in again"))?;
        if matches!(login.client_secret, Some(Secret::Command { .. })) && self.is_anybodys() {
            return Err(told(
                "names a command, and other users may write it, so the command is not run; log in again",
            ));
        }
        Ok(Some(login))
    }

    /// Whether other users may write it.
    fn is_anybodys(&self) -> bool {
        self.mode().is_some_and(|mode| mode & 0o022 != 0)
    }

    #[cfg(unix)]
    fn mode(&self) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs::metadata(&self.0).ok().filter(fs::Metadata::is_file)?;
        Some(metadata.permissions().mode() & 0o777)
    }

    /// Who may do what with a file is not said by a mode here.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the same signature as on Unix")]
    fn mode(&self) -> Option<u32> {
        None
    }

    /// Puts a login in the place of the one that was there. The caller holds the lock.
    ///
    /// # Errors
    /// The file system's: a sentence without its end.
    pub(super) fn write(&self, login: &Login) -> Result<(), String> {
        let told = |error: &std::io::Error| {
            format!(
                "the file of the login, `{}`, cannot be written: {error}",
                self.0.display()
            )
        };
        let text = serde_json::to_vec_pretty(login).expect("plain texts become JSON");
        replace_secret(&self.0, &text).map_err(|error| told(&error))
    }

    pub(super) fn remove(&self) -> Result<(), String> {
        fs::remove_file(&self.0).map_err(|error| {
            format!(
                "the file of the login, `{}`, cannot be deleted: {error}",
                self.0.display()
            )
        })
    }

    /// Makes the folder, if there is none, for its owner only.
    ///
    /// # Errors
    /// The file system's: a sentence without its end.
    pub(super) fn make_folder(&self) -> Result<(), String> {
        let Some(folder) = self.0.parent().filter(|folder| !folder.exists()) else {
            return Ok(());
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .map_err(|error| format!("the folder `{}` cannot be made: {error}", folder.display()))
    }

    /// Waits until nobody else is about to change the file; `None` where nobody can.
    pub(super) async fn lock(&self) -> Result<Option<Lock>, String> {
        Lock::of(&self.0).await
    }
}

/// Where programs of this user keep what outlives a restart (XDG Base Directory Specification).
fn state(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name| given(name, env).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    let of_home = || Some(folder("HOME")?.join(".local").join("state"));
    let of_windows = || folder("LOCALAPPDATA").filter(|_| cfg!(windows));
    (folder("XDG_STATE_HOME").filter(absolute))
        .or_else(of_windows)
        .or_else(|| of_home().filter(absolute))
}

/// A name that leads nowhere else as part of a path.
fn plain(name: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars()
        .map(|c| if legal(c) { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::super::tool::SchemeKind;
    use super::*;

    #[test]
    fn a_login_lies_where_its_user_keeps_such_files() {
        let scheme = Scheme {
            name: "../o",
            env: "O",
            kind: SchemeKind::Bearer,
        };
        let def = ServerDef {
            name: "../x",
            title: "",
            version: "",
            instructions: "",
            servers: &[],
            schemes: &[],
            groups: &[],
            defs: "{}",
            prompts: &[],
            document: None,
        };
        let path = |variables: &[(&str, &str)]| {
            let env = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            LoginFile::of(&def, &scheme, &env).map(|file| file.path().to_owned())
        };
        let home = ("HOME", "/home/a");
        for (variables, wanted) in [
            (&[home][..], "/home/a/.local/state/---x-mcp/O.json"),
            (&[home, ("XDG_STATE_HOME", "/s")], "/s/---x-mcp/O.json"),
            // A relative path means nothing there.
            (
                &[home, ("XDG_STATE_HOME", "s")],
                "/home/a/.local/state/---x-mcp/O.json",
            ),
            (&[home, ("API_O_LOGIN_FILE", "f.json")], "f.json"),
        ] {
            assert_eq!(path(variables), Some(wanted.into()), "{variables:?}");
        }
        assert_eq!(path(&[]), None);
    }
}
