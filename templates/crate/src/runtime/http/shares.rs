//! How many connections one address may have: a part of all, so that no client keeps the others out.
//!
//! This machine and trusted proxies have no such bound, since everybody may be behind them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::limits::block;
use super::super::settings::Network;

/// One address has at most this part of all places.
const PART: usize = 4;

/// The connections that each address has open.
#[derive(Clone)]
pub(super) struct Shares(Arc<All>);

struct All {
    most: usize,
    unbounded: Vec<Network>,
    open: Mutex<HashMap<IpAddr, Open>>,
}

#[derive(Default)]
struct Open {
    count: usize,
    /// Whether it was told that the address wanted more.
    told: bool,
}

/// The place of one connection, until this is dropped.
pub(super) struct Share(Option<(Shares, IpAddr)>);

impl Shares {
    /// `places` is how many connections there may be in all.
    pub(super) fn new(places: usize, unbounded: &[Network]) -> Self {
        Self(Arc::new(All {
            most: (places / PART).max(1),
            unbounded: unbounded.to_vec(),
            open: Mutex::default(),
        }))
    }

    /// A place for a connection from this address; `None` where it has its share already.
    pub(super) fn take(&self, address: IpAddr) -> Option<Share> {
        let address = address.to_canonical();
        let is_unbounded = |network: &Network| network.contains(address);
        if address.is_loopback() || self.0.unbounded.iter().any(is_unbounded) {
            return Some(Share(None));
        }
        let site = block(address);
        let mut open = self.lock();
        let of_site = open.entry(site).or_default();
        if of_site.count < self.0.most {
            of_site.count += 1;
            return Some(Share(Some((self.clone(), site))));
        }
        if !std::mem::replace(&mut of_site.told, true) {
            tracing::warn!(
                client = address.to_string(),
                most = self.0.most,
                "connections beyond the share of one address are closed"
            );
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((shares, site)) = &self.0 else {
            return;
        };
        let mut open = shares.lock();
        if let Some(of_site) = open.get_mut(site) {
            of_site.count -= 1;
            if of_site.count == 0 {
                open.remove(site);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_has_a_part_of_the_places_and_leaves_the_others() {
        let shares = Shares::new(8, &[]);
        for (first, second, another) in [
            ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
            ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"),
        ] {
            let held = [shares.take(address(first)), shares.take(address(second))];
            assert!(held.iter().all(Option::is_some), "{first}");
            assert!(shares.take(address(first)).is_none(), "{first}");
            assert!(shares.take(address(another)).is_some(), "{another}");
            drop(held);
            assert!(shares.take(address(first)).is_some(), "{first}");
        }
    }

    #[test]
    fn this_machine_and_trusted_proxies_have_all_places() {
        let proxy = "10.0.0.0/8".parse().expect("a network");
        let shares = Shares::new(1, &[proxy]);
        for free in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
            let held: Vec<_> = (0..3).map(|_| shares.take(address(free))).collect();
            assert!(held.iter().all(Option::is_some), "{free}");
        }
        let _one = shares.take(address("192.0.2.1")).expect("there is one");
        assert!(shares.take(address("192.0.2.1")).is_none());
    }
}
