//! The URL of a Redis: where it is, and who we are there.

use percent_encoding::percent_decode_str;
use redis::RedisConnectionInfo;
use url::Url;

/// What an address looks like, for who wrote another one.
pub(super) const EXPECTED: &str =
    "expected `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS";

/// Where a Redis is, and who we are there.
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    pub(super) login: RedisConnectionInfo,
}

impl Address {
    /// Reads a URL, also one of `valkey://` and `valkeys://`; `None` where it is none. The port is 6379 unless given.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let is_tls = match url.scheme() {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return None,
        };
        // What a query would mean differs between libraries: whoever writes one means something.
        if url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => number.parse().ok().filter(|number: &i64| *number >= 0)?,
        };
        let plain = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        let mut login = RedisConnectionInfo::default()
            .set_db(database)
            .set_skip_set_lib_name();
        if !url.username().is_empty() {
            login = login.set_username(plain(url.username())?);
        }
        if let Some(password) = url.password() {
            login = login.set_password(plain(password)?);
        }
        Some(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(6379),
            is_tls,
            login,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_maybe_a_login_and_a_database() {
        let address = Address::parse("rediss://app:ge%40heim@cache.example.com/2").expect("one");
        assert_eq!(
            (address.host.as_str(), address.port, address.is_tls),
            ("cache.example.com", 6379, true)
        );
        let login = &address.login;
        assert_eq!(
            (login.username(), login.password(), login.db()),
            (Some("app"), Some("ge@heim"), 2)
        );
        let address = Address::parse("valkey://:geheim@[::1]:7000").expect("one");
        assert_eq!((address.host.as_str(), address.port), ("::1", 7000));
        assert_eq!(address.login.username(), None);
        for wrong in [
            "",
            "127.0.0.1:6379",
            "http://cache",
            "redis://",
            "redis://cache/a",
            "redis://cache/-1",
            "redis://cache?db=1",
        ] {
            assert!(Address::parse(wrong).is_none(), "{wrong}");
        }
    }
}
