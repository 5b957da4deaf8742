//! Tokens that a user got by logging in at a terminal: how that is done, and how the server uses and renews them.
//!
//! They lie in a file of the user's (`file`), which is what confirms the endpoints in it. It is read again when it changes, so that
//! a login, or its end, counts in servers that run already. Tokens go only to the API that they were got for.

mod authorization;
mod browser;
mod command;
mod device;
mod file;
mod lock;
mod loopback;
mod provider;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::engine::StartError;
use super::super::files::Stamp;
use super::super::tool::{Scheme, ServerDef};
use super::super::upstream::Upstream;
use super::Credential;
use super::kept::{Room, Token};
use super::source::{self, is_given};
pub(in super::super) use command::command;
use file::{Login, LoginFile};

/// How many seconds before its end a token is not used any more where there may be another.
const EARLY: i64 = 30;

/// What servers need to know of logins.
#[derive(Debug, Clone, Default)]
pub struct LoginSettings {
    /// How this program is called, for the text that says how to log in.
    pub program: String,
    /// Whether calls may be made as the user who logged in: over stdio, where the caller is that user, or with `--share-login`.
    pub allowed: bool,
}

/// What is common to the logins of a server.
pub(in super::super) struct Logins<'a> {
    pub(in super::super) def: &'a ServerDef,
    pub(in super::super) settings: &'a LoginSettings,
    /// The origins that credentials may be sent to.
    pub(in super::super) apis: Vec<String>,
}

/// The login of one scheme, which may be yet to come.
#[derive(Debug)]
pub(super) struct LoggedIn {
    scheme: &'static Scheme,
    file: LoginFile,
    apis: Vec<String>,
    /// The command that logs in.
    way: String,
    /// Whether it is known where that would be done.
    is_suggested: bool,
    room: Room,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The file as it was when it was last looked at.
    stamp: Option<Stamp>,
    /// The access token in the room, and one that the API did not take.
    used: String,
    refused: Option<String>,
    /// A login that could not be written, beside the one that the file has instead.
    unwritten: Option<(Login, Login)>,
}

impl LoggedIn {
    /// The login of a scheme that has no other credential; `None` where there is no place for one, or it may not be used.
    ///
    /// # Errors
    /// There is one, and it is not for whoever can reach this server.
    pub(super) fn read(
        scheme: &'static Scheme,
        logins: &Logins<'_>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, StartError> {
        let Some(file) = LoginFile::of(logins.def, scheme, env) else {
            return Ok(None);
        };
        if !logins.settings.allowed {
            return if file.is_there() {
                Err(StartError(format!(
                    "somebody has logged in for `{}`, and over HTTP every caller would act as that user: give the server a \
                     credential of its own, end the login with `{} logout`, or say with `--share-login` that callers may",
                    scheme.name, logins.settings.program
                )))
            } else {
                Ok(None)
            };
        }
        if let Some(warning) = file.warning() {
            tracing::warn!(target: "mcp::credentials", "{warning}");
        }
        Ok(Some(Self {
            scheme,
            file,
            apis: logins.apis.clone(),
            way: format!("{} login {}", logins.settings.program, quoted(scheme.name)),
            is_suggested: is_suggested(scheme, env),
            room: Room::default(),
            state: Mutex::default(),
        }))
    }

    /// Whether somebody is logged in.
    pub(super) fn is_there(&self) -> bool {
        self.file.is_there()
    }

    /// What is to be done to have a token, or another one, as a sentence without its end.
    pub(super) fn how(&self, scheme: &Scheme) -> String {
        let log_in = format!("run `{}` in a terminal", self.way);
        if self.is_there() {
            return log_in;
        }
        let set = source::how(scheme);
        if self.is_suggested {
            format!("{log_in}, or {set}")
        } else {
            set
        }
    }

    /// The token, if there is one that is still good and nobody has logged out.
    pub(super) fn current(&self) -> Option<Arc<Credential>> {
        self.room.current().filter(|_| self.is_there())
    }

    /// Sees to it that there is a token that is good for a while.
    ///
    /// # Errors
    /// There is none to be had: a sentence without its end and without a secret.
    pub(super) async fn ensure(&self, upstream: &Upstream) -> Result<(), String> {
        let stamp = Stamp::of(self.file.path());
        if std::mem::replace(&mut self.state().stamp, stamp) != stamp {
            self.room.expire();
        }
        let ask = async || self.fetch(upstream).await;
        self.room.ensure(self.scheme.name, ask).await
    }

    /// Remembers that the API did not take a token, which may be an older one.
    pub(super) fn forget(&self, refused: &Arc<Credential>) {
        if self.room.forget(refused) {
            let mut state = self.state();
            state.refused = Some(state.used.clone());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, upstream: &Upstream) -> Result<Token, String> {
        let login = self.login()?;
        if let Some(token) = self.usable(&login, EARLY)? {
            return Ok(token);
        }
        if login.refresh_token.is_none() {
            return Err(self.ended("its token is no longer good, and there is no other"));
        }
        let _lock = self.file.lock().await?;
        // Whoever had the lock has it renewed.
        let login = self.login()?;
        if let Some(token) = self.usable(&login, EARLY)? {
            return Ok(token);
        }
        let fresh = self.renewed(&login, upstream).await?;
        self.keep(login, &fresh);
        self.usable(&fresh, 0)?.ok_or_else(|| {
            format!(
                "the issuer gave a token for `{}` that is no longer good",
                self.scheme.name
            )
        })
    }

    /// The login as of now.
    fn login(&self) -> Result<Login, String> {
        let login = (self.file.read()?).ok_or_else(|| self.ended("its file is gone"))?;
        let state = self.state();
        let login = match &state.unwritten {
            Some((written, fresh)) if written.access_token == login.access_token => fresh.clone(),
            _ => login,
        };
        match self.apis.iter().find(|api| !login.apis.contains(api)) {
            None => Ok(login),
            Some(other) => Err(format!(
                "the login of `{}` is for {}, and this server would send its token to {other}: run `{}` to log in for that",
                self.scheme.name,
                login.apis.join(" and "),
                self.way
            )),
        }
    }

    fn usable(&self, login: &Login, least: i64) -> Result<Option<Token>, String> {
        let mut state = self.state();
        if state.refused.as_ref() == Some(&login.access_token) {
            return Ok(None);
        }
        let token = login.token(self.scheme, least);
        let token = token.map_err(|why| self.ended(&format!("its token {why}")))?;
        state.used.clone_from(&login.access_token);
        Ok(token)
    }

    async fn renewed(&self, login: &Login, upstream: &Upstream) -> Result<Login, String> {
        let endpoint = login.endpoint(self.scheme).await?;
        let refresh = login.refresh_token.as_deref().unwrap_or_default();
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let answer = endpoint.ask(&grant, "", upstream).await;
        let answer = answer.map_err(|refused| match refused.code.as_deref() {
            Some("invalid_grant") => self.ended("the issuer does not renew it"),
            _ => refused.told,
        })?;
        let mut fresh = login.clone();
        fresh.take(answer);
        Ok(fresh)
    }

    /// Writes a login, or keeps it beside the one that the file goes on to have.
    fn keep(&self, old: Login, fresh: &Login) {
        let written = self.file.write(fresh);
        let mut state = self.state();
        match written {
            Ok(()) => {
                state.unwritten = None;
                state.stamp = Stamp::of(self.file.path());
            }
            Err(why) => {
                tracing::warn!(target: "mcp::credentials", "{why}; a restart may need another login");
                let in_file = state.unwritten.take().map_or(old, |(in_file, _)| in_file);
                state.unwritten = Some((in_file, fresh.clone()));
            }
        }
    }

    fn ended(&self, why: &str) -> String {
        format!(
            "the login of `{}` has ended ({why}): run `{}` in a terminal to log in again",
            self.scheme.name, self.way
        )
    }
}

/// Whether a login is what a scheme may be meant to have: where it would be done is known.
fn is_suggested(scheme: &Scheme, env: &dyn Fn(&str) -> Option<String>) -> bool {
    ["ISSUER", "AUTHORIZATION_URL", "DEVICE_AUTHORIZATION_URL"]
        .iter()
        .any(|part| is_given(&super::endpoint::variable(scheme, part), env))
}

/// A scheme's name as an argument on a command line.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}
