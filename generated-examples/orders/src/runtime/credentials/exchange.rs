//! Token exchange (RFC 8693): the token that a caller has proven its identity with becomes one for the API.
//!
//! The caller's token goes to the token endpoint that the owner named and nowhere else. What is got for it is this caller's
//! alone: it is found by a digest of the caller's token, and forgotten when it ends or the API refuses it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::engine::StartError;
use super::super::tool::Scheme;
use super::super::upstream::Upstream;
use super::endpoint::{Places, TokenEndpoint, client, variable};
use super::kept::{Room, Token};
use super::source::{given, is_given};
use super::{Credential, Whose};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// RFC 8693 §3: what the names of kinds of tokens begin with.
const KIND: &str = "urn:ietf:params:oauth:token-type:";
const PLACES: Places = ("EXCHANGE_URL", "EXCHANGE_ISSUER");
/// For how many callers, times sets of scopes, tokens are kept.
const MANY: usize = 10_000;

/// What finds a caller's token: of no use to who reads memory.
type Key = [u8; SHA256_OUTPUT_LEN];

/// The tokens of one scheme, by caller.
#[derive(Debug)]
pub(super) struct Exchange {
    endpoint: TokenEndpoint,
    /// What kind of token callers have.
    kind: String,
    kept: Mutex<HashMap<Key, Arc<Room>>>,
}

impl Exchange {
    /// Reads the variables of a scheme; `None` when nothing is to be exchanged.
    ///
    /// # Errors
    /// One is missing, given twice or not usable: one line.
    pub(super) fn read(
        scheme: &'static Scheme,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, StartError> {
        let name = |part: &str| variable(scheme, part);
        let (url, issuer) = PLACES;
        let set = [url, issuer]
            .into_iter()
            .find(|part| given(&name(part), env).is_some());
        let Some(set) = set else {
            return Ok(None);
        };
        let others = ["TOKEN", "REFRESH_TOKEN", "TOKEN_URL", "ISSUER"];
        if let Some(other) = others.iter().find(|other| is_given(&name(other), env)) {
            return Err(StartError(format!(
                "`{}` and `{}` are both set: keep one of them",
                name(other),
                name(set)
            )));
        }
        let client = client(scheme, env)?;
        if let (None, Some(_)) = &client {
            return Err(StartError(format!(
                "`{}` is not set, although another part of the client of `{}` is",
                name("CLIENT_ID"),
                scheme.name
            )));
        }
        Ok(Some(Self {
            endpoint: TokenEndpoint::read(scheme, Whose::Caller, client, PLACES, env)?,
            kind: kind(&name("SUBJECT_TOKEN_TYPE"), env)?,
            kept: Mutex::default(),
        }))
    }

    /// What a caller's token was exchanged for, if that is still good.
    pub(super) fn current(&self, token: &SecretString, scopes: &[&str]) -> Option<Arc<Credential>> {
        let key = key(token, &self.scopes(scopes));
        let room = self.lock().get(&key).map(Arc::clone)?;
        room.current()
    }

    /// Exchanges a caller's token, unless that was done and is good for a while.
    ///
    /// # Errors
    /// There is nothing to be had for it: a sentence without its end and without a secret.
    pub(super) async fn ensure(
        &self,
        token: &SecretString,
        scopes: &[&str],
        upstream: &Upstream,
    ) -> Result<(), String> {
        let scopes = self.scopes(scopes);
        let room = self.room(key(token, &scopes));
        let ask = async || self.exchanged(token, &scopes, upstream).await;
        room.ensure(self.endpoint.scheme.name, ask).await
    }

    /// Forgets a token that the API did not take.
    pub(super) fn forget(&self, refused: &Arc<Credential>) {
        for room in self.lock().values() {
            room.forget(refused);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Room>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scopes(&self, scopes: &[&str]) -> String {
        let set = self.endpoint.scopes.clone();
        set.unwrap_or_else(|| scopes.join(" "))
    }

    fn room(&self, key: Key) -> Arc<Room> {
        let mut kept = self.lock();
        if kept.len() >= MANY && !kept.contains_key(&key) {
            make_room(&mut kept, MANY);
        }
        Arc::clone(kept.entry(key).or_default())
    }

    async fn exchanged(
        &self,
        token: &SecretString,
        scopes: &str,
        upstream: &Upstream,
    ) -> Result<Token, String> {
        let asked = Instant::now();
        let wanted = format!("{KIND}access_token");
        let grant = [
            ("grant_type", GRANT),
            ("subject_token", token.expose_secret()),
            ("subject_token_type", &self.kind),
            ("requested_token_type", &wanted),
        ];
        let answer = self.endpoint.ask(&grant, scopes, upstream).await;
        let answer = answer.map_err(|refused| refused.told)?;
        self.endpoint.token(&answer, asked)
    }
}

/// Drops what is over, and if that is not enough what ends first; never what somebody asks for just now.
fn make_room(kept: &mut HashMap<Key, Arc<Room>>, most: usize) {
    let now = Instant::now();
    let is_wanted = |room: &Arc<Room>| Arc::strong_count(room) > 1;
    kept.retain(|_, room| is_wanted(room) || room.end().is_some_and(|end| end > now));
    if kept.len() >= most {
        let idle = kept.iter().filter(|(_, room)| !is_wanted(room));
        let first = idle.min_by_key(|(_, room)| room.end()).map(|(key, _)| *key);
        first.map(|key| kept.remove(&key));
    }
}

fn key(token: &SecretString, scopes: &str) -> Key {
    let mut context = Context::new(&SHA256);
    context.update(token.expose_secret().as_bytes());
    // No token holds one.
    context.update(b"\n");
    context.update(scopes.as_bytes());
    let mut key = [0; SHA256_OUTPUT_LEN];
    key.copy_from_slice(context.finish().as_ref());
    key
}

/// The kind of token that callers have, as a URI: `jwt` and the like are short for RFC 8693's.
fn kind(variable: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, StartError> {
    let text = given(variable, env).unwrap_or_else(|| "access_token".to_owned());
    match text.trim() {
        short @ ("access_token" | "jwt" | "id_token") => Ok(format!("{KIND}{short}")),
        uri if uri.contains(':') => Ok(uri.to_owned()),
        other => Err(StartError(format!(
            "`{variable}` must be `access_token`, `jwt`, `id_token` or a URI; got `{other}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_goes_by_its_end() {
        let scheme = Scheme {
            name: "s",
            env: "S",
            kind: super::super::SchemeKind::Bearer,
        };
        let room = |seconds: f64| {
            let room = Arc::new(Room::default());
            let credential = Credential::new(&scheme, &["geheim"], Whose::Caller).expect("text");
            let token = Token::new(credential, Some(seconds), Instant::now());
            let ensured = room.ensure("s", async || Ok(token));
            futures_util::FutureExt::now_or_never(ensured)
                .expect("at once")
                .expect("a token");
            room
        };
        let mut kept: HashMap<Key, Arc<Room>> = HashMap::new();
        for (number, seconds) in [(1, 1e-9), (2, 3600.0), (3, 60.0)] {
            kept.insert([number; 32], room(seconds));
        }
        let asked_for = Arc::new(Room::default());
        kept.insert([4; 32], Arc::clone(&asked_for));
        make_room(&mut kept, 4);
        assert!(!kept.contains_key(&[1; 32]) && kept.len() == 3);
        make_room(&mut kept, 3);
        assert!(!kept.contains_key(&[3; 32]) && kept.len() == 2);
    }

    #[test]
    fn callers_and_scopes_have_keys_of_their_own() {
        let token = |text: &str| SecretString::from(text);
        assert_eq!(key(&token("a"), "x"), key(&token("a"), "x"));
        assert_ne!(key(&token("a"), "x"), key(&token("a"), "y"));
        assert_ne!(key(&token("a"), "x"), key(&token("b"), "x"));
    }
}
