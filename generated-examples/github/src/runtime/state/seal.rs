//! Sealing: what is sent or kept where others may look can be read and changed by nobody else (AES-256-GCM, NIST SP 800-38D).
//!
//! Each message has a key of its own, derived (RFC 5869) from the secret and from random bytes that stand before it: so no
//! number of messages uses a nonce twice.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;

const VERSION: u8 = 1;
const ID: usize = 4;
const SALT: usize = 16;
/// What secrets are for beside this has other keys.
const PURPOSE: &[u8] = b"mcpgen state 1";

/// Secrets of which the first one seals and all open.
pub(in super::super) struct Seal(Vec<(Vec<u8>, [u8; ID])>);

impl Seal {
    pub(in super::super) fn new<'s>(secrets: impl IntoIterator<Item = &'s [u8]>) -> Self {
        let named = |secret: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            let mut id = [0; ID];
            id.copy_from_slice(&hmac::sign(&key, b"id").as_ref()[..ID]);
            (secret.to_owned(), id)
        };
        Self(secrets.into_iter().map(named).collect())
    }

    /// `about` has to be said again to open it. `None` without a source of randomness.
    pub(in super::super) fn seal(&self, message: &[u8], about: &str) -> Option<Vec<u8>> {
        let (secret, id) = self.0.first()?;
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).ok()?;
        let mut sealed = Vec::with_capacity(1 + ID + SALT + message.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend(id);
        sealed.extend(salt);
        let mut text = message.to_owned();
        key(secret, &salt)?
            .seal_in_place_append_tag(once(), Aad::from(about), &mut text)
            .ok()?;
        sealed.extend(text);
        Some(sealed)
    }

    /// `None` where it was sealed with another secret or about something else, or was changed.
    pub(in super::super) fn open(&self, sealed: &[u8], about: &str) -> Option<Vec<u8>> {
        let (head, text) = sealed.split_at_checked(1 + ID + SALT)?;
        let (version, id, salt) = (head[0], &head[1..=ID], &head[1 + ID..]);
        let mut all = self.0.iter();
        let (secret, _) = all.find(|(_, known)| version == VERSION && known == id)?;
        let mut text = text.to_owned();
        let opened = key(secret, salt)?.open_in_place(once(), Aad::from(about), &mut text);
        let length = opened.ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

fn key(secret: &[u8], salt: &[u8]) -> Option<LessSafeKey> {
    let derived = Salt::new(HKDF_SHA256, salt).extract(secret);
    let derived = derived.expand(&[PURPOSE], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(derived)))
}

/// The nonce of a key that is used once.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; ring::aead::NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_the_secret_opens_what_was_not_changed() {
        let (old, new) = (&b"the old secret"[..], &b"the new secret"[..]);
        let before = Seal::new([old]);
        let rotated = Seal::new([new, old]);
        let sealed = before.seal(b"geheim", "here").expect("randomness");
        assert!(!sealed.windows(6).any(|part| part == b"geheim"));
        assert_ne!(before.seal(b"geheim", "here"), Some(sealed.clone()));
        assert_eq!(
            rotated.open(&sealed, "here").as_deref(),
            Some(&b"geheim"[..])
        );
        assert_eq!(rotated.open(&sealed, "there"), None);
        assert_eq!(Seal::new([new]).open(&sealed, "here"), None);
        let sealed_anew = rotated.seal(b"geheim", "here").expect("randomness");
        assert_eq!(before.open(&sealed_anew, "here"), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(before.open(&changed, "here"), None, "{at}");
            assert_eq!(before.open(&sealed[..at], "here"), None, "{at}");
        }
    }
}
