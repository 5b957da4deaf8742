//! The kinds of values that options take: durations, sizes, addresses, networks and rules.
//!
//! Each parses from text and says in one sentence what it expected. Where the text came from is `layers`' business.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::super::engine::ForwardAuth;

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Transport {
    /// Standard input and output: the client starts the server.
    Stdio,
    /// HTTP: `/mcp`, and `/sse` for older clients.
    Http,
}

/// A host name or address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The host as it was written, IPv6 addresses without brackets.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Listen {
    /// Whether only this machine can connect.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected `HOST:PORT`, like `127.0.0.1:8080` or `[::]:8080`".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        // Without brackets `::1:80` could be an address or an address and a port.
        if host.is_empty() || (bracketed.is_none() && host.contains(':')) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A positive duration: `30s`, `500ms`, `2m`, or a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a duration like `30s`, `500ms` or `2m`".to_owned();
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = text.split_at(split.unwrap_or(text.len()));
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "ms" => number / 1000.0,
            "" | "s" => number,
            "m" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(wrong()),
        };
        let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        if duration.is_zero() {
            return Err("expected a duration longer than zero".to_owned());
        }
        Ok(Self(duration))
    }
}

/// A duration, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(pub Option<Duration>);

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "off" | "0" | "0s") {
            return Ok(Self(None));
        }
        let span = text.parse::<Span>();
        span.map(|span| Self(Some(span.0)))
            .map_err(|why| format!("{why}, or `off`"))
    }
}

/// A positive number of bytes: `1048576`, `64KiB`, `4MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a size like `65536`, `64KiB` or `4MiB`".to_owned();
        let split = text.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = text.split_at(split.unwrap_or(text.len()));
        let number: usize = number.parse().map_err(|_| wrong())?;
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        match number.checked_mul(factor) {
            Some(0) | None => Err(wrong()),
            Some(bytes) => Ok(Self(bytes)),
        }
    }
}

/// A network of trusted proxies: an address, or an address and a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether the address lies in the network. An IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected an address or a network, like `10.0.0.0/8`".to_owned();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| wrong())?,
            None => longest,
        };
        if prefix > longest {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }
}

/// `[SCHEME=]off|authorization|header:NAME|meta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardRule {
    /// The security scheme; empty for every scheme.
    pub scheme: String,
    /// Where its credential comes from.
    pub from: ForwardAuth,
}

impl FromStr for ForwardRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, from) = text.rsplit_once('=').unwrap_or(("", text));
        let from = match from {
            "off" => ForwardAuth::Off,
            "authorization" => ForwardAuth::Authorization,
            "meta" => ForwardAuth::Meta,
            _ => match from.strip_prefix("header:").map(http::HeaderName::from_str) {
                Some(Ok(name)) => ForwardAuth::Header(name.as_str().to_owned()),
                _ => {
                    return Err(
                        "expected `off`, `authorization`, `header:NAME` or `meta`, with `SCHEME=` in front for one scheme"
                            .to_owned(),
                    );
                }
            },
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            from,
        })
    }
}

/// A header that may go on to the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedHeader(pub http::HeaderName);

impl FromStr for ForwardedHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = http::HeaderName::from_str(text.trim());
        let name = name.map_err(|_| "expected the name of a header".to_owned())?;
        if super::super::tool::is_own_header(name.as_str()) || name == "x-api-key" {
            return Err(format!(
                "`{name}` says where a message goes, where it ends or who sends it; credentials go by `--forward-auth`"
            ));
        }
        Ok(Self(name))
    }
}

/// A path prefix: empty, or beginning and not ending with a slash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPrefix(pub String);

impl FromStr for PathPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(Self::default());
        }
        // RFC 3986 §3.3: what a segment may hold as it is. It ends up in routes and in the `endpoint` event.
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()+,;=:@/".contains(c);
        if !trimmed.chars().all(legal) || trimmed.split('/').any(str::is_empty) {
            return Err("expected a path like `/tools/orders`".to_owned());
        }
        Ok(Self(format!("/{trimmed}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let listen: Listen = "[::1]:8080".parse().expect("valid");
        assert_eq!((listen.host.as_str(), listen.port), ("::1", 8080));
        assert_eq!(listen.to_string(), "[::1]:8080");
        assert!(listen.is_loopback());
        assert!(!"0.0.0.0:80".parse::<Listen>().expect("valid").is_loopback());
        for wrong in ["8080", ":8080", "::1:8080", "localhost:http", "a:70000"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        let milliseconds = |text: &str| text.parse::<Span>().map(|span| span.0.as_millis());
        assert_eq!(milliseconds("500ms"), Ok(500));
        assert_eq!(milliseconds("1.5s"), Ok(1500));
        assert_eq!(milliseconds("2m"), Ok(120_000));
        assert_eq!(milliseconds("10"), Ok(10_000));
        for wrong in ["", "s", "0", "-1s", "1 day", "1e400h"] {
            assert!(milliseconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        let bytes = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(bytes("4MiB"), Ok(4 << 20));
        assert_eq!(bytes("64k"), Ok(64 << 10));
        assert_eq!(bytes("10"), Ok(10));
        for wrong in ["", "0", "-1", "1.5MiB", "1 parsec", "99999999999999999999"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_network_contains_its_addresses() {
        let contains = |network: &str, address: &str| {
            let network: Network = network.parse().expect("network");
            network.contains(address.parse().expect("address"))
        };
        assert!(contains("10.0.0.0/8", "10.1.2.3"));
        assert!(!contains("10.0.0.0/8", "11.1.2.3"));
        assert!(contains("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(!contains("::/0", "203.0.113.9"));
        assert!(contains("fd00::/8", "fd12::1"));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
    }

    #[test]
    fn a_forwarding_rule_names_a_scheme_and_a_source() {
        let rule: ForwardRule = "apiKey=header:X-Api-Key".parse().expect("valid");
        assert_eq!(rule.scheme, "apiKey");
        assert_eq!(rule.from, ForwardAuth::Header("x-api-key".to_owned()));
        let rule: ForwardRule = "authorization".parse().expect("valid");
        assert_eq!(
            (rule.scheme.as_str(), rule.from),
            ("", ForwardAuth::Authorization)
        );
        assert!("apiKey=header:".parse::<ForwardRule>().is_err());
        assert!("everything".parse::<ForwardRule>().is_err());
    }

    #[test]
    fn a_path_prefix_begins_and_does_not_end_with_a_slash() {
        let prefix = |text: &str| text.parse::<PathPrefix>().map(|prefix| prefix.0);
        assert_eq!(prefix("orders/"), Ok("/orders".to_owned()));
        assert_eq!(prefix("/"), Ok(String::new()));
        assert!(prefix("/a//b").is_err());
        assert!(prefix("/{id}").is_err());
        assert!(prefix("/a\nb").is_err());
    }
}
