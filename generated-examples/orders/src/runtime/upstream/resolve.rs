//! Where names lead: asks the system, for each new connection, and leaves out where a description may not point.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::vec;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use super::connect::BoxError;
use super::failure::{Dialled, Failure};

/// The addresses of a name that is being looked up; `None` when it has none.
type Found = Shared<BoxFuture<'static, Option<Arc<[SocketAddr]>>>>;

/// The names that are being looked up. The system blocks a thread for each, which nobody can end: so all who ask for a
/// name wait for the same, and a resolver that hangs takes one thread and not one for each call.
#[derive(Clone, Default)]
pub(super) struct Lookups(Arc<Mutex<HashMap<String, Found>>>);

impl Lookups {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, name: Name) -> Found {
        let mut open = self.lock();
        if let Some(found) = open.get(name.as_str()) {
            return found.clone();
        }
        let name_of_it = name.as_str().to_owned();
        let under_way = UnderWay {
            lookups: self.clone(),
            name: name_of_it.clone(),
        };
        // A task of its own, since it goes on when the call that began it has given up.
        let looking = tokio::spawn(async move {
            let _under_way = under_way;
            let found = GaiResolver::new().call(name).await;
            found.ok().map(Iterator::collect::<Arc<[SocketAddr]>>)
        });
        let found = looking.map(|found| found.ok().flatten()).boxed().shared();
        open.insert(name_of_it, found.clone());
        found
    }
}

/// A lookup, until it ends.
struct UnderWay {
    lookups: Lookups,
    name: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.lookups.lock().remove(&self.name);
    }
}

/// The system's resolver, without the addresses that a description may not lead to.
#[derive(Clone)]
pub(super) struct Resolve {
    lookups: Lookups,
    owners_hosts: Option<Arc<[String]>>,
}

impl Resolve {
    /// `owners_hosts` may be anywhere, all others not; `None` is for proxies, which may be anywhere.
    pub(super) fn new(lookups: &Lookups, owners_hosts: Option<Arc<[String]>>) -> Self {
        Self {
            lookups: lookups.clone(),
            owners_hosts,
        }
    }
}

impl Service<Name> for Resolve {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let trusted = (self.owners_hosts.as_ref())
            .is_none_or(|hosts| hosts.iter().any(|host| host == name.as_str()));
        let looking = self.lookups.of(name);
        Box::pin(async move {
            match looking.await {
                Some(found) if !found.is_empty() => {
                    permitted(found.to_vec(), trusted).map(Vec::into_iter)
                }
                _ => Err(Dialled(Failure::Dns).into()),
            }
        })
    }
}

fn permitted(found: Vec<SocketAddr>, trusted: bool) -> Result<Vec<SocketAddr>, BoxError> {
    if trusted {
        return Ok(found);
    }
    let left: Vec<SocketAddr> = (found.into_iter())
        .filter(|address| !super::super::base_url::is_local_infrastructure(address.ip()))
        .collect();
    if left.is_empty() {
        return Err(Dialled(Failure::Forbidden).into());
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(addresses: &[&str], trusted: bool) -> Result<usize, Failure> {
        let found = (addresses.iter())
            .map(|address| SocketAddr::new(address.parse().expect("an address"), 80))
            .collect();
        permitted(found, trusted)
            .map(|left| left.len())
            .map_err(|error| Failure::of(&*error))
    }

    #[test]
    fn a_name_of_the_spec_cannot_lead_to_link_local_or_metadata_addresses() {
        let rebound = ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254"];
        assert_eq!(resolved(&rebound, false), Err(Failure::Forbidden));
        assert_eq!(resolved(&["169.254.169.254", "192.0.2.1"], false), Ok(1));
        assert_eq!(resolved(&rebound, true), Ok(3));
        assert_eq!(resolved(&["127.0.0.1", "10.0.0.1"], false), Ok(2));
    }

    #[tokio::test]
    async fn who_asks_at_once_waits_for_the_same_lookup() {
        let lookups = Lookups::default();
        let name = || "localhost".parse::<Name>().expect("a name");
        let (first, second) = (lookups.of(name()), lookups.of(name()));
        assert!(first.ptr_eq(&second));
        assert!(first.await.is_some());
        // Who asks now asks anew.
        assert!(lookups.lock().is_empty());
    }
}
