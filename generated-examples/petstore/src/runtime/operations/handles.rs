//! The handles by which callers take up again what goes on: not to be guessed, each for who got it, and so many.
//!
//! What is kept of an operation is plain data without a credential. Each replica has its own, and those that share a state
//! have them there too (`shared`); without an answer of it, a replica goes on with what it has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::super::identity::{Identity, Means};
use super::super::random;
use super::super::state::State;
use super::Operation;
use super::shared::{self, Found};

/// How many operations are kept of one identity; with one more, the oldest is forgotten.
const MOST_OF_ONE: usize = 64;
/// Of all.
const MOST: usize = 4096;
/// How many bytes of arguments are kept, about.
const MOST_BYTES: usize = 64 << 20;

/// For how long there is a handle for what is over: its result may have been lost on the way.
const AFTERWARDS: Duration = Duration::from_secs(30);

/// What is kept of an operation.
#[derive(Debug, Clone)]
pub(in super::super) struct Kept {
    /// The tool whose call began it.
    pub(in super::super) tool: &'static str,
    /// What it was called with, as far as that is no credential.
    pub(in super::super) arguments: Map<String, Value>,
    pub(in super::super) headers: Vec<(String, String)>,
    /// The parts of the result that are wanted.
    pub(in super::super) fields: Vec<String>,
    /// The jq program that the result is given to.
    pub(in super::super) jq: Option<String>,
    /// When it was handed over.
    pub(in super::super) since: DateTime<Utc>,
    pub(in super::super) operation: Operation,
}

/// Whose an operation is; `None` is who has no identity.
pub(super) type Owner = Option<(Means, String)>;

/// Why there is no operation for a handle.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Missing {
    /// Nobody knows it, or it is somebody else's.
    Unknown,
    /// The tool of this name that began it is none of this server's any more.
    Tool(String),
    /// Another replica may know it, which cannot be found out now.
    Unanswered,
}

#[derive(Debug)]
struct Entry {
    owner: Owner,
    kept: Arc<Kept>,
    bytes: usize,
    begun: Instant,
    ends: Instant,
}

type Entries = Mutex<HashMap<String, Entry>>;

/// The operations that go on, by their handles.
#[derive(Debug)]
pub(in super::super) struct Handles {
    lifetime: Duration,
    entries: Arc<Entries>,
    state: State,
    /// What shares them anew, as long as there are any of these.
    sharing: OnceLock<DropGuard>,
}

impl Handles {
    /// What nobody asks for is forgotten after `lifetime`.
    pub(in super::super) fn new(lifetime: Duration, state: State) -> Self {
        Self {
            lifetime,
            entries: Arc::default(),
            state,
            sharing: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        locked(&self.entries)
    }

    /// Whether other replicas find what this one keeps.
    pub(in super::super) fn are_shared(&self) -> bool {
        self.state.is_shared()
    }

    /// The handle of an operation from now on; `None` when there are too many. `bytes` is what its arguments take, about.
    pub(in super::super) async fn keep(
        &self,
        kept: Kept,
        bytes: usize,
        identity: Option<&Identity>,
    ) -> Option<String> {
        let handle = random::id()?;
        let (kept, owner) = (Arc::new(kept), owner(identity));
        self.share_anew();
        let is_shared = self.share(&handle, &kept, &owner).await;
        let is_here = self.keep_at(&handle, kept, bytes, owner, Instant::now());
        (is_shared || is_here).then_some(handle)
    }

    /// Forgets what is over, so that it takes no place for long.
    pub(in super::super) async fn forget(
        &self,
        (handle, identity): (&str, Option<&Identity>),
        kept: &Kept,
    ) {
        let owner = owner(identity);
        self.lock()
            .retain(|known, entry| known != handle || entry.owner != owner);
        share(&self.state, AFTERWARDS, (handle, kept, &owner)).await;
    }

    /// Keeps it where other replicas find it, or what it has become; whether that can be.
    async fn share(&self, handle: &str, kept: &Kept, owner: &Owner) -> bool {
        share(&self.state, self.lifetime, (handle, kept, owner)).await == Some(true)
    }

    /// From now on, what the shared state has not heard of, or has lost, is shared as soon as it answers again.
    fn share_anew(&self) {
        if !self.state.is_shared() {
            return;
        }
        self.sharing.get_or_init(|| {
            let (state, lifetime) = (self.state.clone(), self.lifetime);
            let entries = Arc::clone(&self.entries);
            let end = CancellationToken::new();
            let ended = end.clone();
            tokio::spawn(async move {
                let sharing = async {
                    let mut last = state.connection();
                    loop {
                        last = Some(state.connected_anew(last).await);
                        share_all(&state, lifetime, &entries).await;
                    }
                };
                ended.run_until_cancelled(sharing).await
            });
            end.drop_guard()
        });
    }

    /// Whether there was room for it.
    fn keep_at(
        &self,
        handle: &str,
        kept: Arc<Kept>,
        bytes: usize,
        owner: Owner,
        now: Instant,
    ) -> bool {
        let mut entries = self.lock();
        entries.retain(|_, entry| entry.ends > now);
        let own = || (entries.iter()).filter(|(_, entry)| entry.owner == owner && owner.is_some());
        if own().count() >= MOST_OF_ONE {
            let oldest = own().min_by_key(|(_, entry)| entry.begun);
            let oldest = oldest.map(|(handle, _)| handle.clone());
            oldest.and_then(|handle| entries.remove(&handle));
        }
        let taken: usize = entries.values().map(|entry| entry.bytes).sum();
        if entries.len() >= MOST || taken.saturating_add(bytes) > MOST_BYTES {
            return false;
        }
        let entry = Entry {
            owner,
            kept,
            bytes,
            begun: now,
            ends: now + self.lifetime,
        };
        entries.insert(handle.to_owned(), entry);
        true
    }

    /// The operation of a handle, if it is this caller's. To ask for it keeps it for longer. `known` is the tool of a name.
    ///
    /// # Errors
    /// There is none.
    pub(in super::super) async fn find(
        &self,
        handle: &str,
        identity: Option<&Identity>,
        known: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Arc<Kept>, Missing> {
        let owner = owner(identity);
        let own = self.find_at(handle, &owner, Instant::now());
        match shared::found(&self.state, (handle, &owner), self.lifetime, known).await {
            // Another replica may have looked further.
            Found::Here(kept) => Ok(kept),
            Found::OfTool(tool) => Err(Missing::Tool(tool)),
            Found::Nothing => {
                let own = own.ok_or(Missing::Unknown)?;
                // It was begun while the shared state did not answer, or that has lost it.
                self.share(handle, &own, &owner).await;
                Ok(own)
            }
            Found::Unanswered => own.ok_or(Missing::Unanswered),
        }
    }

    fn find_at(&self, handle: &str, owner: &Owner, now: Instant) -> Option<Arc<Kept>> {
        let mut entries = self.lock();
        let entry = entries.get_mut(handle)?;
        if entry.owner != *owner || entry.ends <= now {
            return None;
        }
        entry.ends = now + self.lifetime;
        Some(Arc::clone(&entry.kept))
    }

    /// Looks elsewhere from now on, as the API wants it.
    pub(in super::super) async fn moved(
        &self,
        (handle, identity): (&str, Option<&Identity>),
        kept: &Kept,
        operation: Operation,
    ) {
        if kept.operation == operation {
            return;
        }
        let kept = Arc::new(Kept {
            operation,
            ..kept.clone()
        });
        let owner = owner(identity);
        if let Some(entry) = (self.lock().get_mut(handle)).filter(|entry| entry.owner == owner) {
            entry.kept = Arc::clone(&kept);
        }
        self.share(handle, &kept, &owner).await;
    }
}

fn locked(entries: &Entries) -> MutexGuard<'_, HashMap<String, Entry>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `None` without an answer.
async fn share(
    state: &State,
    lifetime: Duration,
    (handle, kept, owner): (&str, &Kept, &Owner),
) -> Option<bool> {
    if !state.is_shared() {
        return None;
    }
    let Some(sealed) = shared::sealed(kept, handle) else {
        return Some(false);
    };
    let room = (owner.as_ref()).map_or((MOST, false), |_| (MOST_OF_ONE, true));
    let place = shared::place(handle, owner);
    state.hold(&place, &sealed, lifetime, room).await
}

/// Shares what is not there.
async fn share_all(state: &State, lifetime: Duration, entries: &Entries) {
    let now = Instant::now();
    let all: Vec<_> = (locked(entries).iter())
        .filter(|(_, entry)| entry.ends > now)
        .map(|(handle, entry)| (handle.clone(), Arc::clone(&entry.kept), entry.owner.clone()))
        .collect();
    for (handle, kept, owner) in all {
        let there = state.find(&shared::place(&handle, &owner), lifetime).await;
        let is_told = match there {
            Some(None) => share(state, lifetime, (&handle, &kept, &owner)).await,
            Some(Some(_)) => Some(true),
            None => None,
        };
        if is_told.is_none() {
            return;
        }
    }
}

fn owner(identity: Option<&Identity>) -> Owner {
    identity.map(|identity| (identity.means(), identity.name().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Told;
    use super::*;

    fn kept(tool: &'static str) -> Kept {
        Kept {
            tool,
            arguments: Map::new(),
            headers: Vec::new(),
            fields: Vec::new(),
            jq: None,
            since: Utc::now(),
            operation: Operation {
                monitor: "http://api.example/operations/1".parse().expect("a URI"),
                told: Told::InBody,
                location: None,
            },
        }
    }

    fn named(name: &str) -> Owner {
        let means = Means::ApiKey;
        let identity = Identity::new(name.to_owned(), means, Vec::new(), None, Map::new());
        owner(Some(&identity))
    }

    fn keep(
        handles: &Handles,
        tool: &'static str,
        of: (usize, Owner),
        now: Instant,
    ) -> Option<String> {
        let handle = random::id().expect("randomness");
        let (bytes, owner) = of;
        let is_kept = handles.keep_at(&handle, Arc::new(kept(tool)), bytes, owner, now);
        is_kept.then_some(handle)
    }

    #[test]
    fn a_handle_is_for_who_got_it_until_nobody_asks_for_it() {
        let handles = Handles::new(Duration::from_secs(60), State::default());
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let ann = keep(&handles, "a", (0, named("ann")), start);
        let ann = ann.expect("a handle");
        let nobody = keep(&handles, "b", (0, None), start).expect("another");
        assert_ne!(ann, nobody);
        assert_eq!(ann.len(), 32);
        for other in [named("bob"), None, Some((Means::Jwt, "ann".to_owned()))] {
            assert!(handles.find_at(&ann, &other, start).is_none());
        }
        assert!(handles.find_at(&nobody, &named("ann"), start).is_none());
        // Each time it is asked for, it stays for another minute.
        for seconds in [59, 118, 177] {
            let found = handles.find_at(&ann, &named("ann"), at(seconds));
            assert_eq!(found.expect("it is there").tool, "a");
        }
        assert!(handles.find_at(&nobody, &None, at(60)).is_none());
        assert!(handles.find_at(&ann, &named("ann"), at(237)).is_none());
    }

    #[test]
    fn nobody_takes_the_room_of_the_others() {
        let handles = Handles::new(Duration::from_secs(60), State::default());
        let start = Instant::now();
        let bob = keep(&handles, "b", (0, named("bob")), start);
        let anns_of = |number: u64| {
            let now = start + Duration::from_millis(number);
            keep(&handles, "a", (0, named("ann")), now)
        };
        let anns: Vec<String> = (0..=64).filter_map(anns_of).collect();
        assert_eq!(anns.len(), 65);
        let finds = |handle: &str, name: &str| {
            let found = handles.find_at(handle, &named(name), start);
            found.is_some()
        };
        assert!(!finds(&anns[0], "ann") && finds(&anns[1], "ann") && finds(&anns[64], "ann"));
        assert!(finds(&bob.expect("a handle"), "bob"));
        let large = keep(&handles, "a", (MOST_BYTES, named("eve")), start);
        let larger = keep(&handles, "a", (1, named("eve")), start);
        assert!(large.is_some() && larger.is_none());
        let later = start + Duration::from_secs(61);
        assert!(keep(&handles, "a", (1, named("eve")), later).is_some());
    }
}
