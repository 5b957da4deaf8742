//! What answers and paths are called in the shared state, and who can read what is kept there.
//!
//! With keys (`--cache-key-file`) an answer is sealed, and nobody can guess a name without them. Each replica names paths by
//! all its keys, so that they understand each other while keys are replaced.

use std::path::Path;

use ring::hmac;

use super::super::engine::StartError;
use super::super::files::reason;
use super::super::state::Seal;
use super::super::text::hex;
use super::key::{AskedAs, Key};
use super::writes::{MOST_PARTS, parts};

const OPTION: &str = "--cache-key-file";
/// RFC 2104 §3: no shorter than what the hash function gives.
const SHORTEST: usize = 32;
const MOST_KEYS: usize = 4;
/// What keys are for beside this has other names.
const PURPOSE: &str = "mcpgen cache 1";
/// The mark of everything.
const ALL: &str = "all";

/// The keys of what is kept, of which the first one seals.
pub(super) struct Names {
    namers: Vec<Namer>,
    seal: Option<Seal>,
    /// What else an answer depends on beside its call: the server and the API.
    about: String,
    /// The ids of all keys.
    pub(super) ids: String,
}

struct Namer {
    key: hmac::Key,
    id: String,
}

impl Namer {
    fn new(secret: &[u8], id: Option<&str>) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let own = |what: &str| hex(&hmac::sign(&key, what.as_bytes()).as_ref()[..8]);
        let id = id.map_or_else(|| own("id of mcpgen cache 1"), str::to_owned);
        Self { key, id }
    }

    fn name(&self, what: &[&[u8]], length: usize) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [PURPOSE.as_bytes()].iter().chain(what) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        hex(&context.sign().as_ref()[..length])
    }
}

impl Names {
    /// # Errors
    /// The file of the keys is of no use: one line.
    pub(super) fn new(key_file: Option<&Path>, about: String) -> Result<Self, StartError> {
        let secrets = key_file.map(read_keys).transpose()?;
        let secrets: Option<Vec<&[u8]>> = (secrets.as_ref())
            .map(|text| text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii))
            .map(|lines| lines.filter(|line| !line.is_empty()).collect());
        let namers: Vec<Namer> = match &secrets {
            Some(secrets) => secrets.iter().map(|it| Namer::new(it, None)).collect(),
            None => vec![Namer::new(PURPOSE.as_bytes(), Some("plain"))],
        };
        let ids: Vec<&str> = namers.iter().map(|namer| namer.id.as_str()).collect();
        Ok(Self {
            ids: ids.join(" "),
            seal: secrets.map(|secrets| Seal::new(secrets.iter().copied())),
            namers,
            about,
        })
    }

    /// Whether nobody else can read what is kept.
    pub(super) fn seals(&self) -> bool {
        self.seal.is_some()
    }

    /// The id of the key that seals.
    pub(super) fn id(&self) -> &str {
        self.namers.first().map_or("", |namer| &namer.id)
    }

    /// Whether an answer may be there at all. What the API has given for a credential is for that alone, which nobody may
    /// guess from a name; and a token that this server got is no replica's but its own.
    pub(super) fn may_have(&self, key: &Key) -> bool {
        match key.asked_as() {
            AskedAs::Nobody => true,
            AskedAs::Server(_) => self.seals(),
            AskedAs::Other => false,
        }
    }

    /// What an answer may be kept as; the first one is what it will be.
    pub(super) fn of_answer(&self, key: &Key) -> Vec<String> {
        let asked_as: &[u8] = match key.asked_as() {
            AskedAs::Nobody => b"nobody",
            AskedAs::Server(digest) if self.seals() => digest,
            AskedAs::Server(_) | AskedAs::Other => b"",
        };
        let about = self.about.as_bytes();
        let what: [&[u8]; 4] = [b"answer", about, key.bytes(), asked_as];
        let namers = self.namers.iter();
        namers.map(|namer| namer.name(&what, 16)).collect()
    }

    /// The marks that a read of a path depends on; `None` where it has too many parts.
    pub(super) fn of_read(&self, path: &str) -> Option<Vec<String>> {
        let all: Vec<&str> = parts(path).take(MOST_PARTS + 1).collect();
        if all.len() > MOST_PARTS {
            return None;
        }
        let mut fields = vec![ALL.to_owned()];
        for namer in &self.namers {
            fields.extend(all.first().map(|whole| below(namer, whole)));
            fields.extend(all.iter().map(|part| at(namer, part)));
        }
        Some(fields)
    }

    /// The marks that a write to a path leaves.
    pub(super) fn of_write(&self, path: &str) -> Vec<String> {
        let all: Vec<&str> = parts(path).take(MOST_PARTS + 1).collect();
        if all.len() > MOST_PARTS {
            return Self::of_everything();
        }
        let mut fields = Vec::new();
        for namer in &self.namers {
            fields.extend(all.first().map(|whole| at(namer, whole)));
            fields.extend(all.iter().map(|part| below(namer, part)));
        }
        fields
    }

    /// The mark of a write to everything.
    pub(super) fn of_everything() -> Vec<String> {
        vec![ALL.to_owned()]
    }

    /// What is kept under a name; `None` without a source of randomness.
    pub(super) fn sealed(&self, value: Vec<u8>, name: &str) -> Option<Vec<u8>> {
        match &self.seal {
            Some(seal) => seal.seal(&value, name),
            None => Some(value),
        }
    }

    /// `None` where it was kept with another key, or by somebody else.
    pub(super) fn opened(&self, value: Vec<u8>, name: &str) -> Option<Vec<u8>> {
        match &self.seal {
            Some(seal) => seal.open(&value, name),
            None => Some(value),
        }
    }
}

fn at(namer: &Namer, part: &str) -> String {
    format!("a:{}", namer.name(&[b"path", part.as_bytes()], 8))
}

fn below(namer: &Namer, part: &str) -> String {
    format!("b:{}", namer.name(&[b"path", part.as_bytes()], 8))
}

/// The lines of a file.
fn read_keys(path: &Path) -> Result<Vec<u8>, StartError> {
    let told = |why: String| StartError(format!("{OPTION} `{}` {why}", path.display()));
    let text =
        std::fs::read(path).map_err(|error| told(format!("cannot be read: {}", reason(&error))))?;
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let keys: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(told(format!(
            "has {} keys; write one a line, the one that seals first, and {MOST_KEYS} at most",
            keys.len()
        )));
    }
    if let Some(short) = keys.iter().find(|key| key.len() < SHORTEST) {
        return Err(told(format!(
            "has a key of {} bytes, and a key needs {SHORTEST}: `openssl rand -hex 32` makes one",
            short.len()
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::scratch::Scratch;
    use super::*;

    const OLD: &str = "0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210";

    fn names(text: &str) -> Result<Names, String> {
        let scratch = Scratch::holding(text);
        let names = Names::new(Some(scratch.path().as_ref()), "about".to_owned());
        names.map_err(|StartError(why)| why)
    }

    #[test]
    fn a_file_of_keys_has_one_a_line_and_each_is_long_enough() {
        for (text, why) in [
            ("", "has 0 keys"),
            (&OLD[1..], "has a key of 31 bytes"),
            (&format!("{OLD}\n\n{}\n", &NEW[..5]), "has a key of 5 bytes"),
            (&format!("{OLD}\n").repeat(5), "has 5 keys"),
        ] {
            let told = names(text).err().expect("it is of no use");
            assert!(
                told.starts_with("--cache-key-file `") && told.contains(why),
                "{told}"
            );
            assert!(!told.contains("0123"), "{told}");
        }
        assert!(names(&format!("{NEW}\n{OLD}\n")).is_ok());
        let none = Path::new("/nowhere/keys");
        assert!(Names::new(Some(none), String::new()).is_err());
    }

    #[test]
    fn an_answer_is_for_the_credentials_that_it_was_asked_for_with() {
        let sealing = names(OLD).expect("keys");
        let plain = Names::new(None, "about".to_owned()).expect("no keys");
        let all = [
            AskedAs::Nobody,
            AskedAs::Server([1; 32]),
            AskedAs::Server([2; 32]),
            AskedAs::Other,
        ];
        let keys = all.map(Key::of);
        assert_eq!(
            keys.map(|key| sealing.may_have(&key)),
            [true, true, true, false]
        );
        assert_eq!(
            keys.map(|key| plain.may_have(&key)),
            [true, false, false, false]
        );
        let different = |names: &Names| {
            let all = keys.iter().flat_map(|key| names.of_answer(key));
            all.collect::<std::collections::BTreeSet<_>>().len()
        };
        // What may not be there has a name all the same, under which nobody finds another one's.
        assert_eq!((different(&sealing), different(&plain)), (4, 2));
    }

    #[test]
    fn while_keys_are_replaced_replicas_understand_each_other() {
        let (before, meanwhile) = (names(OLD), names(&format!("{NEW}\n{OLD}")));
        let (before, meanwhile) = (before.expect("keys"), meanwhile.expect("keys"));
        let plain = Names::new(None, "about".to_owned()).expect("no keys");
        let name = "name";
        let sealed = before.sealed(b"geheim".to_vec(), name).expect("randomness");
        assert!(!sealed.windows(6).any(|part| part == b"geheim"));
        let opened = meanwhile.opened(sealed.clone(), name);
        assert_eq!(opened.as_deref(), Some(&b"geheim"[..]));
        assert_eq!(meanwhile.opened(sealed, "other"), None);
        let sealed = meanwhile.sealed(b"geheim".to_vec(), name);
        assert_eq!(before.opened(sealed.expect("randomness"), name), None);
        assert!(!plain.seals() && before.seals());

        let reads = |names: &Names| names.of_read("/orders/7").expect("few parts");
        let shares = |one: &[String], other: &[String]| one.iter().any(|it| other.contains(it));
        for write in ["/orders/7", "/orders", "/orders/7/items"] {
            assert!(
                shares(&reads(&before), &meanwhile.of_write(write)),
                "{write}"
            );
            assert!(
                shares(&reads(&meanwhile), &before.of_write(write)),
                "{write}"
            );
            assert!(!shares(&reads(&before), &plain.of_write(write)), "{write}");
        }
        assert!(!shares(&reads(&before), &before.of_write("/orders/8")));
        assert_eq!(before.ids.split(' ').count(), 1);
        assert!(meanwhile.ids.split(' ').any(|id| id == before.id()));
        let many = "/a".repeat(MOST_PARTS + 1);
        assert_eq!(before.of_read(&many), None);
        assert_eq!(before.of_write(&many), ["all"]);
    }
}
