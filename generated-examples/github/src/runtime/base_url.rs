//! Where requests go: base URLs, their origins, and which addresses a spec may not name.
//!
//! A base URL comes from the spec or from the owner (`API_BASE_URL`). Nothing here opens a connection.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Uri;
use http::uri::{Authority, Scheme};
use url::{Host, Url};

use super::engine::StartError;
use super::tool::{BaseUrl, ServerDef};

/// Scheme, host and port: what a credential is bound to (RFC 6454 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an absolute http or https URL.
    pub(super) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            https: match url.scheme() {
                "https" => true,
                "http" => false,
                _ => return None,
            },
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    pub(super) fn is_https(&self) -> bool {
        self.https
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, usual) = if self.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

/// A base URL that requests can be sent to.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    /// The path in front of every tool's path, without a trailing slash.
    pub(super) prefix: String,
    pub(super) origin: Origin,
    /// Whether the owner named it, not the spec.
    pub(super) owners: bool,
    host: Host<String>,
    port: u16,
}

impl Base {
    /// Reads a base URL.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the URL.
    pub(super) fn parse(text: &str, owners: bool) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("is not a URL: {error}"))?;
        let origin =
            Origin::of(&url).ok_or("does not begin with `http://` or `https://`".to_owned())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("contains a user name or password".to_owned());
        }
        if url.query().is_some() {
            return Err("contains a query".to_owned());
        }
        if url.fragment().is_some() {
            return Err("contains a fragment".to_owned());
        }
        let host = url.host().ok_or("has no host")?.to_owned();
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", origin.host),
            None => origin.host.clone(),
        };
        Ok(Self {
            scheme: if origin.https {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority: authority
                .parse()
                .map_err(|_| "has a host that cannot be sent in a request")?,
            prefix: url.path().trim_end_matches('/').to_owned(),
            port: origin.port,
            origin,
            owners,
            host,
        })
    }

    /// Host (an IPv6 address without brackets) and port.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        let host = match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        (host, self.port)
    }

    fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    /// Why a spec may not name this host, if so.
    fn refusal(&self) -> Option<&'static str> {
        let refused = match &self.host {
            Host::Domain(name) => is_metadata_name(name),
            Host::Ipv4(address) => is_local_infrastructure(IpAddr::V4(*address)),
            Host::Ipv6(address) => is_local_infrastructure(IpAddr::V6(*address)),
        };
        (refused && !self.owners).then_some("is a link-local or metadata address")
    }
}

/// Which of the description's servers the owner chose, and with which variables.
#[derive(Debug, Clone, Default)]
pub struct ServerChoice {
    /// `API_SERVER`: a number from 1.
    pub number: Option<String>,
    /// `API_SERVER_<VARIABLE>` by the variable's name.
    pub variables: BTreeMap<&'static str, String>,
}

impl ServerChoice {
    /// The variables of a server that the owner gave a value.
    fn filled_in(&self, server: Option<&BaseUrl>) -> Option<String> {
        let variables = server?.templates.iter().flat_map(|it| it.variables);
        let given: Vec<&str> = variables
            .map(|variable| variable.env)
            .filter(|name| self.variables.contains_key(name))
            .collect();
        (!given.is_empty()).then(|| given.join("`, `"))
    }
}

/// The base URLs of a server definition, by index.
#[derive(Debug)]
pub(super) struct Bases {
    firsts: Vec<Result<Base, String>>,
    others: Vec<Others>,
}

/// The addresses of a server beside its first, and which of all is asked.
#[derive(Debug, Default)]
struct Others {
    bases: Vec<Base>,
    current: AtomicUsize,
}

impl Bases {
    /// How many servers there are.
    pub(super) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Joins what the spec says with what the owner set.
    ///
    /// # Errors
    /// An unusable URL of the owner, or none at all for the default server that tools need.
    pub(super) fn new(
        def: &ServerDef,
        set: &BTreeMap<usize, String>,
        choice: &ServerChoice,
    ) -> Result<Self, StartError> {
        let count = def.servers.len().max(1);
        let mut others: Vec<Others> = Vec::with_capacity(count);
        let mut firsts = Vec::with_capacity(count);
        for index in 0..count {
            let mut texts = set
                .get(&index)
                .map(|text| addresses(text))
                .into_iter()
                .flatten();
            firsts.push(base(def, texts.next(), choice, &firsts)?);
            let bases: Vec<Base> = texts
                .map(|text| owners(index, text))
                .collect::<Result<_, _>>()?;
            check_schemes(index, firsts[index].as_ref().ok(), &bases)?;
            others.push(Others {
                bases,
                ..Others::default()
            });
        }
        let default_is_used =
            || (def.groups.iter()).any(|group| group.tools.iter().any(|tool| tool.server == 0));
        if let Err(problem) = &firsts[0]
            && default_is_used()
        {
            return Err(StartError(problem.clone()));
        }
        Ok(Self { firsts, others })
    }

    /// The base URL of a server, or why there is none.
    pub(super) fn get(&self, index: usize) -> Result<&Base, &str> {
        match self.firsts.get(index) {
            Some(Ok(base)) => Ok(base),
            Some(Err(problem)) => Err(problem),
            None => Err("this tool belongs to a server that is not defined"),
        }
    }

    /// All addresses of all servers.
    fn all(&self) -> impl Iterator<Item = &Base> {
        let others = self.others.iter().flat_map(|others| &others.bases);
        self.firsts.iter().flatten().chain(others)
    }

    /// How many addresses a server has.
    pub(super) fn addresses(&self, server: usize) -> usize {
        1 + self
            .others
            .get(server)
            .map_or(0, |others| others.bases.len())
    }

    /// The address of a server that is asked: 0 is the first.
    pub(super) fn current(&self, server: usize) -> usize {
        let others = self.others.get(server);
        others.map_or(0, |others| others.current.load(Ordering::Relaxed))
    }

    /// Asks the next address of a server from now on, unless that was decided already.
    pub(super) fn leave(&self, server: usize, address: usize) {
        let next = (address + 1) % self.addresses(server);
        if let Some(others) = self.others.get(server) {
            // Fails when another call has left this address.
            let order = Ordering::Relaxed;
            let _ = others.current.compare_exchange(address, next, order, order);
        }
    }

    /// The base URL at one of a server's addresses.
    pub(super) fn at(&self, server: usize, address: usize) -> Option<&Base> {
        match address.checked_sub(1) {
            None => self.get(server).ok(),
            Some(other) => self.others.get(server)?.bases.get(other),
        }
    }

    /// The URI of a request to a server's first address, as it is at another one.
    pub(super) fn moved(&self, uri: &Uri, server: usize, address: usize) -> Option<Uri> {
        let (first, other) = (self.at(server, 0)?, self.at(server, address)?);
        let path = uri.path_and_query()?.as_str().strip_prefix(&first.prefix)?;
        Uri::builder()
            .scheme(other.scheme.clone())
            .authority(other.authority.clone())
            .path_and_query(format!("{}{path}", other.prefix))
            .build()
            .ok()
    }

    /// Whether credentials may be sent to this server: they are configured for the default server's origin.
    pub(super) fn may_have_credentials(&self, base: &Base) -> bool {
        base.owners || matches!(&self.firsts[0], Ok(default) if default.origin == base.origin)
    }

    /// The origins that credentials may be sent to.
    pub(super) fn trusted(&self) -> impl Iterator<Item = Origin> {
        self.all()
            .filter(|base| self.may_have_credentials(base))
            .map(|base| base.origin.clone())
    }

    /// The same as texts, each once.
    pub(super) fn trusted_origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.trusted().map(|origin| origin.to_string()).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }

    /// The hosts that the owner named, which may be anywhere.
    pub(super) fn owners_hosts(&self) -> impl Iterator<Item = String> {
        self.all()
            .filter(|base| base.owners)
            .map(|base| base.host_and_port().0)
    }
}

/// `API_BASE_URL` or `API_BASE_URL_<N>`.
pub(super) fn variable(index: usize) -> String {
    if index == 0 {
        "API_BASE_URL".to_owned()
    } else {
        format!("API_BASE_URL_{index}")
    }
}

/// Whoever keeps others from the addresses that are encrypted must not get to read along.
fn check_schemes(server: usize, first: Option<&Base>, others: &[Base]) -> Result<(), StartError> {
    let all = || first.into_iter().chain(others);
    let is_open = |base: &&Base| !base.origin.is_https() && !base.is_loopback();
    match all().find(is_open) {
        Some(open) if all().any(|base| base.origin.is_https()) => Err(StartError(format!(
            "`{}` mixes https with `{}`: what is sent there, with its credentials, anybody on the way can read",
            variable(server),
            open.origin
        ))),
        _ => Ok(()),
    }
}

/// The addresses in one variable: URLs with commas or spaces between them.
fn addresses(text: &str) -> Vec<&str> {
    let parts = || text.split([',', ' ']).filter(|part| !part.is_empty());
    let is_url = |part: &str| part.starts_with("http://") || part.starts_with("https://");
    // A comma may be a part of a path.
    if parts().all(is_url) && parts().next().is_some() {
        parts().collect()
    } else {
        vec![text]
    }
}

fn owners(index: usize, text: &str) -> Result<Base, StartError> {
    Base::parse(text, true).map_err(|problem| {
        StartError(format!(
            "`{}` {problem}: `{}`",
            variable(index),
            without_userinfo(text)
        ))
    })
}

fn base(
    def: &ServerDef,
    set: Option<&str>,
    choice: &ServerChoice,
    before: &[Result<Base, String>],
) -> Result<Result<Base, String>, StartError> {
    let index = before.len();
    let variable = variable(index);
    if let Some(text) = set {
        return owners(index, text).map(Ok);
    }
    let server = def.servers.get(index);
    let chosen = match server {
        Some(server) => chosen(server, choice, index)?,
        None => None,
    };
    let url = chosen.or_else(|| server?.url.map(str::to_owned));
    let Some(url) = url else {
        return Ok(Err(format!(
            "no base URL: set `{variable}`, for example `{variable}=https://api.example.com`"
        )));
    };
    if let (Some(default), true) = (before.first(), url.starts_with('/')) {
        return Ok(default
            .clone()
            .and_then(|default| Base::parse(&format!("{}{url}", default.origin), default.owners)));
    }
    Ok(Base::parse(&url, false)
        .and_then(|base| match base.refusal() {
            Some(refusal) => Err(refusal.to_owned()),
            None => Ok(base),
        })
        .map_err(|problem| {
            let whose = match choice.filled_in(server) {
                Some(names) => format!("`{names}` in the URL of the API's description makes"),
                None => "the API's description names".to_owned(),
            };
            format!("{whose} `{url}`, which {problem}: set `{variable}`")
        }))
}

/// The URL that the owner chose from those of the description, if there is a choice.
fn chosen(
    server: &BaseUrl,
    choice: &ServerChoice,
    index: usize,
) -> Result<Option<String>, StartError> {
    let number = choice.number.as_deref().filter(|_| index == 0);
    let count = server.templates.len().max(1);
    let position = match number {
        None => 0,
        Some(text) => match text.parse::<usize>() {
            Ok(number) if (1..=count).contains(&number) => number - 1,
            _ => return Err(StartError(no_such_server(server, text))),
        },
    };
    let Some(template) = server.templates.get(position) else {
        return Ok(None);
    };
    let mut url = template.url.to_owned();
    for variable in template.variables {
        let value = choice
            .variables
            .get(variable.env)
            .map_or(variable.default, String::as_str);
        if !variable.values.is_empty() && !variable.values.contains(&value) {
            return Err(StartError(format!(
                "`{}` must be one of `{}`; got `{value}`",
                variable.env,
                variable.values.join("`, `")
            )));
        }
        url = url.replace(&format!("{{{}}}", variable.name), value);
    }
    Ok(Some(url))
}

fn no_such_server(server: &BaseUrl, number: &str) -> String {
    let servers: Vec<String> = (server.templates.iter().enumerate())
        .map(|(index, template)| format!("{} `{}`", index + 1, template.url))
        .collect();
    match servers[..] {
        [] => format!("`API_SERVER` is `{number}`, and the API's description has one server only"),
        _ => format!(
            "`API_SERVER` is `{number}`; the servers are {}",
            servers.join(", ")
        ),
    }
}

/// A URL as it may be shown: without the part that may hold a password.
fn without_userinfo(text: &str) -> String {
    // Queries hold secrets too.
    let text = match text.split_once(['?', '#']) {
        Some((front, _)) => &format!("{front}…"),
        None => text,
    };
    match text.rsplit_once('@') {
        Some((front, back)) => {
            let scheme = front.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://***@{back}")
        }
        None => text.to_owned(),
    }
}

/// Whether an address serves a machine's own infrastructure: link-local, or a cloud's metadata service.
pub(super) fn is_local_infrastructure(address: IpAddr) -> bool {
    match address {
        // RFC 3927; the others are what three clouds serve their machines at.
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || matches!(
                    v4.octets(),
                    [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192]
                )
        }
        // RFC 4291 §2.5.6; fd00:ec2::254 and fd20:ce::254 are metadata services.
        IpAddr::V6(v6) => match embedded_ipv4(v6) {
            Some(v4) => is_local_infrastructure(IpAddr::V4(v4)),
            None => {
                v6.is_unicast_link_local()
                    || matches!(
                        v6.segments(),
                        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
                            | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
                    )
            }
        },
    }
}

/// The IPv4 address that an IPv6 address leads to.
fn embedded_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let ipv4 = |high: u16, low: u16| Some((u32::from(high) << 16 | u32::from(low)).into());
    match v6.segments() {
        // RFC 4291 §2.5.5: IPv4-mapped, and the older IPv4-compatible, of which `::` and `::1` are none.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] if high != 0 => ipv4(high, low),
        // RFC 6052 §2.1 and RFC 8215: translated; the local prefix may embed the address in several ways, of which this
        // is the one with 96 bits.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => {
            ipv4(high, low)
        }
        // RFC 3056 §2: 6to4.
        [0x2002, high, low, ..] => ipv4(high, low),
        _ => None,
    }
}

fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    matches!(
        name.as_str(),
        "metadata" | "metadata.google.internal" | "metadata.goog" | "instance-data"
    ) || name == "instance-data.ec2.internal"
}

#[cfg(test)]
mod tests {
    use super::super::tool::{Group, Template, ToolDef, Variable};
    use super::*;

    const TOOLS: &[ToolDef] = &[ToolDef::new("ping", "GET", "/ping")];

    fn bases(spec: Option<&'static str>, set: &[(usize, &str)]) -> Result<Bases, StartError> {
        chosen_bases(BaseUrl::new(spec), set, &ServerChoice::default())
    }

    fn chosen_bases(
        server: BaseUrl,
        set: &[(usize, &str)],
        choice: &ServerChoice,
    ) -> Result<Bases, StartError> {
        let servers = Box::leak(Box::new([server]));
        let def = ServerDef {
            name: "t",
            title: "T",
            version: "1",
            instructions: "",
            servers,
            schemes: &[],
            groups: &[Group {
                tag: "t",
                tools: TOOLS,
                schemas: "{}",
            }],
            defs: "{}",
            prompts: &[],
            document: None,
        };
        let set = (set.iter())
            .map(|(index, url)| (*index, (*url).to_owned()))
            .collect();
        Bases::new(&def, &set, choice)
    }

    const REGIONS: BaseUrl = BaseUrl::new(Some("https://eu.example.com/v1")).templates(&[
        Template {
            url: "https://{region}.example.com/{version}",
            variables: &[
                Variable {
                    name: "region",
                    env: "API_SERVER_REGION",
                    default: "eu",
                    values: &["eu", "us"],
                },
                Variable {
                    name: "version",
                    env: "API_SERVER_VERSION",
                    default: "v1",
                    values: &[],
                },
            ],
        },
        Template {
            url: "http://169.254.169.254",
            variables: &[],
        },
    ]);

    fn choice(number: Option<&str>, variables: &[(&'static str, &str)]) -> ServerChoice {
        ServerChoice {
            number: number.map(str::to_owned),
            variables: (variables.iter())
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn the_owner_chooses_a_server_of_the_description_and_its_variables() {
        let origin = |choice: &ServerChoice, set: &[(usize, &str)]| {
            let bases = chosen_bases(REGIONS, set, choice).expect("usable");
            let base = bases.get(0).expect("a base URL");
            format!("{}{}", base.origin, base.prefix)
        };
        assert_eq!(origin(&choice(None, &[]), &[]), "https://eu.example.com/v1");
        let us = choice(
            Some("1"),
            &[("API_SERVER_REGION", "us"), ("API_SERVER_VERSION", "v2")],
        );
        assert_eq!(origin(&us, &[]), "https://us.example.com/v2");
        assert_eq!(origin(&us, &[(0, "http://own")]), "http://own");
    }

    #[test]
    fn a_choice_that_there_is_not_is_one_line_that_says_what_there_is() {
        let refused = |choice: &ServerChoice| {
            let StartError(text) = chosen_bases(REGIONS, &[], choice).expect_err("refused");
            text
        };
        let mars = choice(None, &[("API_SERVER_REGION", "mars")]);
        assert_eq!(
            refused(&mars),
            "`API_SERVER_REGION` must be one of `eu`, `us`; got `mars`"
        );
        let query = choice(None, &[("API_SERVER_VERSION", "v1?a=b")]);
        assert_eq!(
            refused(&query),
            "`API_SERVER_VERSION` in the URL of the API's description makes \
             `https://eu.example.com/v1?a=b`, which contains a query: set `API_BASE_URL`"
        );
        let third = refused(&choice(Some("3"), &[]));
        assert!(
            third.contains("1 `https://{region}.example.com/{version}`"),
            "{third}"
        );
        // What the description names is no more trusted for having been chosen.
        assert!(refused(&choice(Some("2"), &[])).contains("link-local or metadata"));
    }

    #[test]
    fn a_base_url_keeps_its_path_and_loses_its_last_slash() {
        let base = Base::parse("https://api.example.com:8443/v1/", true).expect("valid");
        assert_eq!(base.prefix, "/v1");
        assert_eq!(base.authority.as_str(), "api.example.com:8443");
        assert_eq!(base.origin.to_string(), "https://api.example.com:8443");
    }

    #[test]
    fn an_ipv6_host_stays_in_brackets_on_the_wire_only() {
        let base = Base::parse("http://[::1]:9000", true).expect("valid");
        assert_eq!(base.authority.as_str(), "[::1]:9000");
        assert_eq!(base.host_and_port(), ("::1".to_owned(), 9000));
    }

    #[test]
    fn a_base_url_with_extras_is_refused_in_one_line_without_its_password() {
        for (url, why) in [
            ("ftp://h/x", "does not begin with"),
            ("http://h/x?a=1", "contains a query"),
            ("http://h/x#a", "contains a fragment"),
            ("http://u:geheim@h/x", "user name or password"),
            ("not a url", "is not a URL"),
        ] {
            let StartError(text) = bases(None, &[(0, url)]).expect_err(url);
            assert!(
                text.contains(why) && text.contains("API_BASE_URL"),
                "{text}"
            );
            assert!(!text.contains('\n') && !text.contains("geheim"), "{text}");
        }
    }

    #[test]
    fn a_missing_base_url_names_the_variable() {
        let StartError(text) = bases(None, &[]).expect_err("missing");
        assert!(text.contains("set `API_BASE_URL`"), "{text}");
    }

    #[test]
    fn a_spec_cannot_name_metadata_addresses_but_the_owner_can() {
        for url in [
            "http://169.254.169.254/latest",
            "http://168.63.129.16/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a9fe:a9fe]/",
            "http://[::a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::1]/",
            "http://metadata.google.internal/",
            "http://2852039166/",
        ] {
            let StartError(text) = bases(Some(url), &[]).expect_err(url);
            assert!(text.contains("link-local or metadata"), "{text}");
            assert!(bases(Some(url), &[(0, url)]).is_ok(), "{url}");
        }
    }
}
