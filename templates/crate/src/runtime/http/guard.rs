//! Who may call over HTTP, by the names that they use: the `Host` they ask for and the `Origin` of the page that asks.
//!
//! MCP, basic/transports: a server MUST validate `Origin`, or any web page could call it from the browser of somebody
//! who may reach it; checking `Host` closes the same door to DNS rebinding. Who the caller *is* is not decided here.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::super::engine::StartError;
use super::super::settings::{Network, Options};

/// What is allowed.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    hosts: Vec<Pattern>,
    origins: Vec<OriginPattern>,
    proxies: Vec<Network>,
}

/// Why a request is refused; `help` says what the operator can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) help: String,
}

impl Guard {
    /// # Errors
    /// A pattern cannot be understood: one line.
    pub(super) fn new(options: &Options) -> Result<Self, StartError> {
        let default_hosts = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let default_origins = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
        let mut hosts = options.allowed_host.clone();
        if hosts.is_empty() {
            hosts.extend(default_hosts);
            hosts.push(bracketed(&options.listen.host));
        }
        let mut origins = options.allowed_origin.clone();
        if origins.is_empty() {
            origins.extend(default_origins.map(str::to_owned));
        }
        Ok(Self {
            hosts: parsed(&hosts, "--allowed-host", Pattern::parse)?,
            origins: parsed(&origins, "--allowed-origin", OriginPattern::parse)?,
            proxies: options.trusted_proxy.clone(),
        })
    }

    /// Lets a request pass, or says why not. What comes back is the origin that may read the response.
    pub(super) fn check(
        &self,
        peer: Option<IpAddr>,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, Refusal> {
        // RFC 9112 §3.2: which of them is meant is nobody's to guess.
        if headers.get_all(HOST).iter().nth(1).is_some() {
            return Err(Refusal {
                status: StatusCode::BAD_REQUEST,
                message: "two hosts were sent".to_owned(),
                help: "send one `Host` header".to_owned(),
            });
        }
        let hosts = self.hosts(peer, uri, headers);
        if let Some(host) = hosts.into_iter().find(|host| !self.allows_host(host)) {
            return Err(Refusal {
                status: StatusCode::FORBIDDEN,
                message: format!("host `{}` is not allowed", shown(host)),
                help: "start the server with `--allowed-host NAME` (MCP_ALLOWED_HOSTS) for the name that clients use"
                    .to_owned(),
            });
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return Ok(None);
        };
        let text = origin.to_str().unwrap_or_default();
        if self.origins.iter().any(|pattern| pattern.matches(text)) {
            return Ok(Some(origin.clone()));
        }
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            message: format!("origin `{}` is not allowed", shown(text)),
            help: "start the server with `--allowed-origin ORIGIN` (MCP_ALLOWED_ORIGINS) for the page's origin".to_owned(),
        })
    }

    /// The address of the client: that of the connection, or the last one that a trusted proxy did not add.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        if !self.trusts(client) {
            return client;
        }
        for hop in items(headers, "x-forwarded-for").rev() {
            if !self.trusts(client) {
                break;
            }
            client = hop_address(hop).unwrap_or(UNKNOWN);
        }
        client
    }

    /// Whether an address is a trusted proxy's.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }

    /// The host that the client asked for. A request in absolute form names one twice (RFC 9112 §3.2.2), and the two may
    /// differ.
    fn hosts<'a>(
        &self,
        peer: Option<IpAddr>,
        uri: &'a Uri,
        headers: &'a HeaderMap,
    ) -> [&'a str; 2] {
        let is_proxy = peer.is_some_and(|peer| self.trusts(peer));
        // The last is what this proxy was asked for; what stands before may be the client's invention.
        let forwarded = || items(headers, "x-forwarded-host").next_back();
        if let Some(forwarded) = is_proxy.then(forwarded).flatten() {
            return [forwarded; 2];
        }
        let header = headers.get(HOST).map(|host| ascii(host.as_bytes()));
        let in_uri = uri.authority().map(Authority::as_str);
        let first = header.or(in_uri).unwrap_or_default();
        [first, in_uri.unwrap_or(first)]
    }

    fn allows_host(&self, host: &str) -> bool {
        if self.hosts.contains(&Pattern::Any) {
            return true;
        }
        let Some((name, port)) = authority(host) else {
            return false;
        };
        self.hosts
            .iter()
            .any(|pattern| pattern.matches(&name, port))
    }
}

/// The items of a header that is a list, of all its lines (RFC 9110 §5.3). One that is not ASCII is there and says
/// nothing: what stands beside it may be somebody else's, and is right.
pub(super) fn items<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(ascii)
}

/// Text without spaces around it; empty where it is not ASCII.
fn ascii(bytes: &[u8]) -> &str {
    let text = std::str::from_utf8(bytes).ok();
    text.filter(|text| text.is_ascii())
        .unwrap_or_default()
        .trim()
}

/// Who is behind a proxy that does not tell it: nobody's address.
const UNKNOWN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80` (RFC 7239 §6).
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || {
        text.parse::<std::net::SocketAddr>()
            .ok()
            .map(|address| address.ip())
    };
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(bracketed)
}

/// Client text for a message: short, and without control characters.
fn shown(text: &str) -> String {
    let visible = text.chars().filter(|c| !c.is_control());
    visible.take(100).collect()
}

fn bracketed(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    }
}

fn parsed<T>(
    texts: &[String],
    option: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, StartError> {
    let one = |text: &String| {
        let wrong = || StartError(format!("{option} `{text}` cannot be understood"));
        parse(text.trim()).ok_or_else(wrong)
    };
    texts.iter().map(one).collect()
}

/// Host in lower case, and port.
fn authority(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    Some((authority.host().to_ascii_lowercase(), authority.port_u16()))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Any,
    /// The name or address, and the port when only one will do.
    Exact(String, Option<u16>),
    /// `.example.com`: every name below it.
    Below(String, Option<u16>),
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        if let Ok(IpAddr::V6(address)) = text.parse() {
            return Some(Self::Exact(format!("[{address}]"), None));
        }
        if let Some(below) = text.strip_prefix('*') {
            let (name, port) = authority(below.strip_prefix('.')?)?;
            return Some(Self::Below(format!(".{name}"), port));
        }
        let (name, port) = authority(text)?;
        Some(Self::Exact(name, port))
    }

    fn matches(&self, name: &str, port: Option<u16>) -> bool {
        let (fits, wanted) = match self {
            Self::Any => return true,
            Self::Exact(exact, wanted) => (name == exact, wanted),
            Self::Below(suffix, wanted) => (name.ends_with(suffix), wanted),
        };
        fits && (wanted.is_none() || *wanted == port)
    }
}

/// A scheme, a host, and one port or any.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OriginPattern {
    Any,
    /// What browsers send for pages without an origin.
    Null,
    Tuple(String, Pattern),
}

impl OriginPattern {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => return Some(Self::Any),
            "null" => return Some(Self::Null),
            _ => {}
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let pattern = match rest.strip_suffix(":*") {
            Some(host) => Pattern::parse(host)?,
            None => match Pattern::parse(rest)? {
                Pattern::Exact(name, port) => {
                    Pattern::Exact(name, port.or_else(|| default_port(&scheme)))
                }
                Pattern::Below(name, port) => {
                    Pattern::Below(name, port.or_else(|| default_port(&scheme)))
                }
                Pattern::Any => return None,
            },
        };
        Some(Self::Tuple(scheme, pattern))
    }

    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Null => origin == "null",
            Self::Tuple(scheme, pattern) => {
                let Some((given, rest)) = origin.split_once("://") else {
                    return false;
                };
                let same_scheme = given.eq_ignore_ascii_case(scheme);
                let Some((name, port)) = authority(rest) else {
                    return false;
                };
                same_scheme && pattern.matches(&name, port.or_else(|| default_port(scheme)))
            }
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn guard(args: &[&str]) -> Guard {
        let args = std::iter::once("server").chain(args.iter().copied());
        Guard::new(&Options::parse_from(args)).expect("valid patterns")
    }

    fn allowed(guard: &Guard, peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let headers = map(headers);
        let peer = peer.parse().expect("an address");
        let uri = Uri::from_static("/mcp");
        guard.check(Some(peer), &uri, &headers).is_ok()
    }

    fn map(headers: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("a header value");
            (http::HeaderName::from_static(name), value)
        });
        pairs.collect()
    }

    #[test]
    fn only_this_machine_is_a_host_unless_more_are_named() {
        let guard = guard(&["--listen", "192.0.2.1:80"]);
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "[::1]:9",
            "LOCALHOST:1",
            "192.0.2.1",
        ] {
            assert!(allowed(&guard, "::1", &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "",
            "u@localhost",
            "a b",
        ] {
            assert!(!allowed(&guard, "::1", &[("host", host)]), "{host}");
        }
        assert!(!allowed(&guard, "::1", &[]));
    }

    #[test]
    fn a_named_host_may_have_a_port_or_names_below_it() {
        let guard = guard(&["--allowed-host", "mcp.example:443,*.internal,10.0.0.1"]);
        for (host, expected) in [
            ("mcp.example:443", true),
            ("mcp.example", false),
            ("a.b.internal:8080", true),
            ("internal", false),
            ("10.0.0.1:1", true),
            ("localhost", false),
        ] {
            assert_eq!(
                allowed(&guard, "::1", &[("host", host)]),
                expected,
                "{host}"
            );
        }
    }

    #[test]
    fn a_star_allows_every_host() {
        let guard = guard(&["--allowed-host", "*"]);
        assert!(allowed(&guard, "::1", &[("host", "anything")]));
    }

    #[test]
    fn pages_of_this_machine_are_origins_and_no_others() {
        let guard = guard(&[]);
        let with = |origin| allowed(&guard, "::1", &[("host", "localhost"), ("origin", origin)]);
        assert!(with("http://localhost:3000"));
        assert!(with("http://127.0.0.1"));
        assert!(with("http://[::1]:5173"));
        assert!(!with("https://localhost:3000"));
        assert!(!with("http://localhost.evil.example"));
        assert!(!with("http://evil.example"));
        assert!(!with("null"));
        assert!(!with(""));
    }

    #[test]
    fn an_origin_without_a_port_has_that_of_its_scheme() {
        let guard = guard(&[
            "--allowed-origin",
            "https://app.example,https://*.preview.example:*",
        ]);
        let with = |origin| allowed(&guard, "::1", &[("host", "localhost"), ("origin", origin)]);
        assert!(with("https://app.example"));
        assert!(with("https://app.example:443"));
        assert!(!with("https://app.example:444"));
        assert!(with("https://a.preview.example:444"));
        assert!(!with("http://localhost:3000"));
    }

    #[test]
    fn only_a_trusted_proxy_says_what_host_was_asked_for() {
        let guard = guard(&[
            "--allowed-host",
            "mcp.example",
            "--trusted-proxy",
            "10.0.0.0/8",
        ]);
        let headers = [("host", "backend"), ("x-forwarded-host", "mcp.example")];
        assert!(allowed(&guard, "10.1.1.1", &headers));
        assert!(!allowed(&guard, "192.0.2.1", &headers));
        // A client's own header, to which the proxy appended what it was really asked for.
        let headers = [
            ("host", "backend"),
            ("x-forwarded-host", "mcp.example, evil.example"),
        ];
        assert!(!allowed(&guard, "10.1.1.1", &headers));
    }

    #[test]
    fn the_client_is_the_last_hop_that_no_proxy_added() {
        let guard = guard(&["--trusted-proxy", "10.0.0.0/8"]);
        let headers = map(&[("x-forwarded-for", "1.1.1.1, 203.0.113.7, 10.0.0.2")]);
        let client = |peer: &str| guard.client(peer.parse().expect("an address"), &headers);
        assert_eq!(client("10.0.0.1").to_string(), "203.0.113.7");
        assert_eq!(client("192.0.2.1").to_string(), "192.0.2.1");
        for (hop, expected) in [
            ("203.0.113.7:80", "203.0.113.7"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("unknown", "0.0.0.0"),
        ] {
            let headers = map(&[("x-forwarded-for", hop)]);
            let peer = "10.0.0.1".parse().expect("an address");
            assert_eq!(guard.client(peer, &headers).to_string(), expected);
        }
    }

    #[test]
    fn a_hop_that_is_not_text_is_unknown_and_hides_no_other() {
        let guard = guard(&["--trusted-proxy", "127.0.0.0/8"]);
        for (lines, expected) in [
            (&[&b"\xff, 127.0.0.9"[..]][..], "0.0.0.0"),
            (&[b"\xff, 203.0.113.7, 127.0.0.9"], "203.0.113.7"),
            (&[b"\xc3\xa4"], "0.0.0.0"),
            (&[b"203.0.113.7", b"\xff, 127.0.0.9"], "0.0.0.0"),
            (&[b"1.1.1.1, \xff", b"203.0.113.7"], "203.0.113.7"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                let value = HeaderValue::from_bytes(line).expect("a header value");
                headers.append("x-forwarded-for", value);
            }
            let client = guard.client("127.0.0.1".parse().expect("an address"), &headers);
            assert_eq!(client.to_string(), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_understood_is_an_error_at_start() {
        let options = Options::parse_from(["server", "--allowed-origin", "app.example"]);
        let error = Guard::new(&options).expect_err("no scheme");
        assert_eq!(
            error.0,
            "--allowed-origin `app.example` cannot be understood"
        );
    }
}
