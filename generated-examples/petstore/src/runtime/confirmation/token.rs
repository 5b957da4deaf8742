//! Tokens that stand for one call: who got one may make that call and no other, once and for a while.
//!
//! A token is 32 characters: eight random bytes, the second in which it ends, and 96 bits of a HMAC-SHA256 over both and
//! the call. Nothing is kept of a token until it is used, so that replicas with one key take each other's. That it was used
//! they tell each other through the shared state.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Map, Value, json};

use super::super::arguments::sorted;
use super::super::engine::StartError;
use super::super::files::reason;
use super::super::identity::Identity;
use super::super::state::State;
use super::super::text::hex;
use super::ConfirmSettings;

const NONCE: usize = 8;
const ENDS: usize = 4;
const TAG: usize = 12;
/// RFC 2104 §3: no shorter than what the hash function gives.
const SHORTEST_KEY: usize = 32;
/// What keys are for beside this is signed differently.
const PURPOSE: &str = "mcpgen confirmation 2";

/// What a token stands for: a tool, what it does and where, its arguments, and who calls.
pub(in super::super) struct Subject(Vec<u8>);

impl Subject {
    /// Arguments are the same in any order. `sent` is what else of the client's request goes to the API: headers, and the
    /// texts of credentials.
    pub(in super::super) fn new(
        (tool, does): (&str, &str),
        arguments: &Map<String, Value>,
        identity: Option<&Identity>,
        sent: &(Vec<(String, &str)>, Vec<String>),
    ) -> Self {
        let caller = identity.map(|identity| (identity.means().label(), identity.name()));
        let subject = json!([PURPOSE, tool, does, caller, sorted(arguments), sent]);
        Self(subject.to_string().into_bytes())
    }
}

/// Who brings what the user has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearer {
    /// The client, which has asked the user.
    Client,
    /// The model, which has shown the user what it would do.
    Model,
}

/// Why a token does not stand for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Unfit {
    /// It stands for another call, or for none.
    Other,
    Expired,
    Used,
}

/// Why a token cannot be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Unspent {
    /// Another call has done so.
    Used,
    /// Whether another replica has done so cannot be found out.
    Unknown,
}

/// A token that stands for a call, until it is used.
#[derive(Debug)]
pub(in super::super) struct Ticket {
    nonce: [u8; NONCE],
    ends: u32,
}

/// Makes tokens and takes them back.
pub(in super::super) struct Confirmations {
    key: hmac::Key,
    pub(super) lifetime: Duration,
    /// The tokens that were used, with the second in which they end.
    used: Mutex<HashMap<[u8; NONCE], u32>>,
    /// Where replicas tell each other, if they take each other's tokens.
    state: Option<State>,
}

impl std::fmt::Debug for Confirmations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Confirmations")
    }
}

impl Confirmations {
    /// # Errors
    /// The file of the key is of no use: one line.
    pub(in super::super) fn new(
        settings: &ConfirmSettings,
        state: &State,
    ) -> Result<Self, StartError> {
        let key = match &settings.key_file {
            Some(path) => read_key(path)?,
            None => made_up_key()?,
        };
        // A key that was made up is no other replica's.
        let is_shared = state.is_shared() && settings.key_file.is_some();
        Ok(Self {
            state: is_shared.then(|| state.clone()),
            ..Self::with_key(&key, settings.timeout)
        })
    }

    fn with_key(key: &[u8], lifetime: Duration) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            lifetime,
            used: Mutex::default(),
            state: None,
        }
    }

    /// A token for a call; `None` without a source of randomness.
    pub(super) fn issue(&self, subject: &Subject, bearer: Bearer) -> Option<String> {
        let mut token = [0; NONCE + ENDS + TAG];
        getrandom::fill(&mut token[..NONCE]).ok()?;
        let seconds = u32::try_from(self.lifetime.as_secs()).unwrap_or(u32::MAX);
        let ends = now().saturating_add(seconds.max(1));
        token[NONCE..NONCE + ENDS].copy_from_slice(&ends.to_be_bytes());
        let tag = self.tag(&token[..NONCE + ENDS], subject, bearer);
        token[NONCE + ENDS..].copy_from_slice(&tag);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// Looks whether a token stands for a call, which uses nothing up.
    ///
    /// # Errors
    /// It does not, or no longer.
    pub(super) fn check(
        &self,
        token: &str,
        subject: &Subject,
        bearer: Bearer,
    ) -> Result<Ticket, Unfit> {
        let mut bytes = [0; NONCE + ENDS + TAG];
        let length = URL_SAFE_NO_PAD.decode_slice(token.trim(), &mut bytes);
        if length.ok() != Some(bytes.len()) {
            return Err(Unfit::Other);
        }
        let (head, tag) = bytes.split_at(NONCE + ENDS);
        let expected = self.tag(head, subject, bearer);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(tag, &expected[..])) {
            return Err(Unfit::Other);
        }
        let (mut nonce, mut ends) = ([0; NONCE], [0; ENDS]);
        nonce.copy_from_slice(&head[..NONCE]);
        ends.copy_from_slice(&head[NONCE..]);
        let ends = u32::from_be_bytes(ends);
        if now() >= ends {
            return Err(Unfit::Expired);
        }
        if self.used().contains_key(&nonce) {
            return Err(Unfit::Used);
        }
        Ok(Ticket { nonce, ends })
    }

    /// Uses up a token, on all replicas that take it.
    ///
    /// # Errors
    /// Another call has done so, or may have: without an answer of the shared state nothing is done twice, and the token is
    /// as good as before.
    pub(in super::super) async fn spend(&self, ticket: &Ticket) -> Result<(), Unspent> {
        self.spend_here(ticket)?;
        let Some(state) = &self.state else {
            return Ok(());
        };
        let left = ticket.ends.saturating_sub(now()).max(1);
        let name = hex(&ticket.nonce);
        match state.once(&name, Duration::from_secs(left.into())).await {
            Some(true) => Ok(()),
            Some(false) => Err(Unspent::Used),
            None => {
                self.used().remove(&ticket.nonce);
                Err(Unspent::Unknown)
            }
        }
    }

    fn spend_here(&self, ticket: &Ticket) -> Result<(), Unspent> {
        let mut used = self.used();
        let now = now();
        // Only tokens of this server come this far, and they end by themselves.
        used.retain(|_, ends| *ends > now);
        match used.insert(ticket.nonce, ticket.ends) {
            None => Ok(()),
            Some(_) => Err(Unspent::Used),
        }
    }

    fn used(&self) -> MutexGuard<'_, HashMap<[u8; NONCE], u32>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tag(&self, head: &[u8], subject: &Subject, bearer: Bearer) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(head);
        context.update(&[bearer as u8]);
        context.update(&subject.0);
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }
}

fn made_up_key() -> Result<Vec<u8>, StartError> {
    let mut key = vec![0; SHORTEST_KEY];
    getrandom::fill(&mut key)
        .map_err(|error| StartError(format!("no source of randomness: {error}")))?;
    Ok(key)
}

fn read_key(path: &Path) -> Result<Vec<u8>, StartError> {
    let told = |why: String| StartError(format!("--confirm-key-file `{}` {why}", path.display()));
    let text =
        std::fs::read(path).map_err(|error| told(format!("cannot be read: {}", reason(&error))))?;
    let key = text.trim_ascii();
    if key.len() < SHORTEST_KEY {
        return Err(told(format!(
            "has {} bytes, and a key needs {SHORTEST_KEY}: `openssl rand -hex 32` makes one",
            key.len()
        )));
    }
    Ok(key.to_vec())
}

/// Seconds since 1970; a clock that is before stands at 0.
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::identity::Means;
    use super::super::super::tests::scratch::Scratch;
    use super::*;

    fn subject(tool: &str, arguments: &Value, who: Option<&str>) -> Subject {
        let identity = who.map(|name| {
            Identity::new(name.to_owned(), Means::ApiKey, Vec::new(), None, Map::new())
        });
        let arguments = arguments.as_object().expect("an object");
        Subject::new(
            (tool, "DELETE /x"),
            arguments,
            identity.as_ref(),
            &Default::default(),
        )
    }

    fn redeem(of: &Confirmations, token: &str, call: &Subject) -> Result<(), Unfit> {
        let ticket = of.check(token, call, Bearer::Model)?;
        of.spend_here(&ticket).map_err(|_| Unfit::Used)
    }

    fn confirmations(key: &str) -> Confirmations {
        Confirmations::with_key(key.as_bytes(), Duration::from_secs(60))
    }

    #[test]
    fn a_token_is_good_for_its_call_once() {
        let confirmations = confirmations("k");
        let call = subject(
            "cancel",
            &json!({"id": 1, "why": {"a": 1, "b": [2]}}),
            Some("ann"),
        );
        let token = confirmations.issue(&call, Bearer::Model).expect("a token");
        assert_eq!(token.len(), 32);
        for other in [
            subject(
                "delete",
                &json!({"id": 1, "why": {"a": 1, "b": [2]}}),
                Some("ann"),
            ),
            subject(
                "cancel",
                &json!({"id": 2, "why": {"a": 1, "b": [2]}}),
                Some("ann"),
            ),
            subject(
                "cancel",
                &json!({"id": 1, "why": {"a": 1, "b": [3]}}),
                Some("ann"),
            ),
            subject(
                "cancel",
                &json!({"id": "1", "why": {"a": 1, "b": [2]}}),
                Some("ann"),
            ),
            subject(
                "cancel",
                &json!({"id": 1, "why": {"a": 1, "b": [2]}}),
                Some("bob"),
            ),
            subject("cancel", &json!({"id": 1, "why": {"a": 1, "b": [2]}}), None),
        ] {
            assert_eq!(redeem(&confirmations, &token, &other), Err(Unfit::Other));
        }
        let reordered = subject(
            "cancel",
            &json!({"why": {"b": [2], "a": 1}, "id": 1}),
            Some("ann"),
        );
        assert_eq!(redeem(&confirmations, &token, &reordered), Ok(()));
        assert_eq!(redeem(&confirmations, &token, &call), Err(Unfit::Used));
    }

    #[test]
    fn what_is_no_token_stands_for_nothing() {
        let confirmations = confirmations("k");
        let call = subject("cancel", &json!({}), None);
        let token = confirmations.issue(&call, Bearer::Model).expect("a token");
        let flipped: String = (token.chars().enumerate())
            .map(|(at, c)| {
                if at == 12 {
                    if c == 'A' { 'B' } else { 'A' }
                } else {
                    c
                }
            })
            .collect();
        let longer = format!("{token}AAAA");
        for text in ["", "yes", "true", "é", &flipped, &longer, &token[..31]] {
            assert_eq!(
                redeem(&confirmations, text, &call),
                Err(Unfit::Other),
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_ends() {
        let confirmations = confirmations("k");
        let call = subject("cancel", &json!({}), None);
        let mut token = URL_SAFE_NO_PAD
            .decode(confirmations.issue(&call, Bearer::Model).expect("a token"))
            .expect("base64");
        token[NONCE..NONCE + ENDS].copy_from_slice(&1_000_u32.to_be_bytes());
        let tag = confirmations.tag(&token[..NONCE + ENDS], &call, Bearer::Model);
        token[NONCE + ENDS..].copy_from_slice(&tag);
        let text = URL_SAFE_NO_PAD.encode(token);
        assert_eq!(redeem(&confirmations, &text, &call), Err(Unfit::Expired));
    }

    fn of_file(path: &Path) -> Result<Confirmations, StartError> {
        let settings = ConfirmSettings {
            key_file: Some(path.to_owned()),
            ..ConfirmSettings::default()
        };
        Confirmations::new(&settings, &State::default())
    }

    #[test]
    fn a_key_in_a_file_is_shared_and_one_of_no_use_says_so() {
        let scratch = Scratch::holding(&format!("{}\n", "0123456789abcdef".repeat(2)));
        let path = Path::new(&scratch.path()).to_owned();
        let call = subject("cancel", &json!({"id": 1}), None);
        let token = of_file(&path)
            .expect("a key")
            .issue(&call, Bearer::Model)
            .expect("a token");
        assert_eq!(
            redeem(&of_file(&path).expect("a key"), &token, &call),
            Ok(())
        );
        // Without a file each start has a key of its own.
        let other =
            Confirmations::new(&ConfirmSettings::default(), &State::default()).expect("a key");
        assert_eq!(redeem(&other, &token, &call), Err(Unfit::Other));
        scratch.write("short");
        let StartError(why) = of_file(&path).expect_err("too short");
        assert!(why.contains("has 5 bytes, and a key needs 32"), "{why}");
        let StartError(why) = of_file(Path::new("/no/such/file")).expect_err("absent");
        assert_eq!(
            why,
            "--confirm-key-file `/no/such/file` cannot be read: there is no such file"
        );
    }

    #[test]
    fn replicas_with_one_key_take_each_others_tokens() {
        let call = subject("cancel", &json!({"id": 1}), None);
        let token = confirmations("one")
            .issue(&call, Bearer::Model)
            .expect("a token");
        assert_eq!(
            redeem(&confirmations("two"), &token, &call),
            Err(Unfit::Other)
        );
        assert_eq!(redeem(&confirmations("one"), &token, &call), Ok(()));
    }
}
