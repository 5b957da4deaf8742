//! Who calls over HTTP: trusted proxies, keys, tokens and certificates are asked in turn, and who proves nothing is told
//! how to. What is closest to the user counts, and nothing that is wrong is passed over for something that is right.
//!
//! This server is an OAuth 2.1 resource server where tokens are taken (MCP, basic/authorization): it publishes who
//! issues them (RFC 9728) and names the scopes that are missing (RFC 6750 §3). What an identity may do is `policy`'s.

use std::net::IpAddr;
use std::time::Duration;

use axum::response::Response;
use http::header::{AUTHORIZATION, CONNECTION, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::super::engine::{ErrorType, StartError};
use super::super::identity::claims::Refused;
use super::super::identity::introspection::Introspection;
use super::super::identity::keys::{self, ApiKeys};
use super::super::identity::{Identity, Means};
use super::super::policy::scopes;
use super::super::server::Server;
use super::super::settings::{Network, Options};
use super::super::tool::ServerDef;
use super::guard::items;
use super::problem;
use super::tls::{Certified, Tls};

/// Where the metadata lies (RFC 9728 §3).
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";
/// When to come again with a token of which the issuer could not be asked.
const AGAIN: Duration = Duration::from_secs(10);
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The ways to prove an identity.
#[derive(Debug)]
pub(super) struct Authentication {
    keys: Option<ApiKeys>,
    #[cfg(feature = "jwt")]
    tokens: Option<super::super::identity::jwt::Tokens>,
    introspection: Option<Introspection>,
    /// Who sends clients there to log in.
    issuer: Option<String>,
    proxy: Option<Proxy>,
    clients: Vec<Network>,
    resource: Option<String>,
    prefix: String,
    /// How this server is reached where nobody says otherwise: `http` or `https`.
    scheme: &'static str,
    /// Whether callers have to prove who they are.
    is_asked_for: bool,
    /// Whether keys or tokens do so.
    takes_credentials: bool,
    /// Whether clients may have certificates.
    takes_certificates: bool,
}

/// The headers of a trusted proxy.
#[derive(Debug)]
struct Proxy {
    name: HeaderName,
    roles: Option<HeaderName>,
}

/// Where a request comes from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The address of the client, also of one behind a proxy.
    pub(super) client: Option<IpAddr>,
    /// Whether a trusted proxy has the connection.
    pub(super) is_proxy: bool,
    /// The certificate of the connection.
    pub(super) certified: Option<&'a Certified>,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// From an address that may not call.
    Address,
    /// Nothing was proven.
    Missing,
    /// What was sent proves nothing: what the client may know.
    Invalid(&'static str),
    /// Whether it proves something cannot be found out at the moment.
    Unasked,
    /// Too much that proves nothing came from the address: how long to wait.
    TooMany(Duration),
    /// The certificate of the connection proves nothing, or no longer.
    Certificate(&'static str),
}

impl Denied {
    /// What it is called in metrics and in the audit log.
    pub(super) fn error(&self) -> ErrorType {
        match self {
            Self::Address | Self::Certificate(_) => ErrorType::Forbidden,
            Self::Missing | Self::Invalid(_) => ErrorType::Unauthorized,
            Self::TooMany(_) => ErrorType::RateLimited,
            Self::Unasked => ErrorType::Internal,
        }
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Token(why) => Self::Invalid(why),
            Refused::Unasked => Self::Unasked,
            Refused::TooMany(wait) => Self::TooMany(wait),
        }
    }
}

impl Authentication {
    /// # Errors
    /// Options that do not fit together, or a file that cannot be read: one line.
    pub(super) fn new(
        server: &Server,
        options: &Options,
        tls: Option<&Tls>,
    ) -> Result<Self, StartError> {
        let callers = &options.callers;
        let header = |text: &Option<String>, option: &str| {
            let Some(text) = text else { return Ok(None) };
            let wrong = || StartError(format!("{option} `{text}` is no name of a header"));
            text.parse::<HeaderName>().map(Some).map_err(|_| wrong())
        };
        let name = header(&callers.identity_header, "--identity-header")?;
        let roles = header(&callers.identity_roles_header, "--identity-roles-header")?;
        if name.is_some() && options.trusted_proxy.is_empty() {
            return Err(StartError(
                "--identity-header needs `--trusted-proxy`: everybody could say to be anybody"
                    .to_owned(),
            ));
        }
        let asks_issuer = callers.take_tokens() || callers.introspection_url.is_some();
        // What a request calls this server is the client's word.
        if asks_issuer && callers.audience().is_empty() && callers.resource_url.is_none() {
            return Err(StartError(
                "tokens need `--resource-url`, the address of this server, or `--jwt-audience`: one that was made for \
                 another server must not be taken"
                    .to_owned(),
            ));
        }
        #[cfg(not(feature = "jwt"))]
        if callers.take_tokens() {
            return Err(StartError(
                "this program was built without tokens; build it with `--features jwt`".to_owned(),
            ));
        }
        Ok(Self {
            keys: ApiKeys::new(&callers.api_keys, callers.api_keys_file.as_deref())?,
            #[cfg(feature = "jwt")]
            tokens: super::super::identity::jwt::Tokens::new(callers, |host| {
                server.engine().side_channel(host)
            })?,
            introspection: Introspection::new(callers, options.limits.rate_limit.0, |host| {
                server.engine().side_channel(host)
            })?,
            issuer: callers.jwt_issuer.clone(),
            proxy: name.map(|name| Proxy { name, roles }),
            clients: callers.allowed_client.clone(),
            resource: callers.resource_url.clone(),
            prefix: options.path_prefix.0.clone(),
            scheme: if tls.is_some() { "https" } else { "http" },
            is_asked_for: callers.ask_for_identity(),
            takes_credentials: callers.take_credentials(),
            takes_certificates: tls.is_some_and(Tls::takes_certificates),
        })
    }

    /// Whether requests have to be looked at.
    pub(super) fn is_needed(&self) -> bool {
        self.is_asked_for || self.takes_certificates || !self.clients.is_empty()
    }

    /// Who calls, by where the request comes from and by its headers; `None` where nobody is asked.
    ///
    /// # Errors
    /// The request is refused.
    pub(super) async fn identify(
        &self,
        from: Source<'_>,
        headers: &HeaderMap,
    ) -> Result<Option<Identity>, Denied> {
        let Source {
            client,
            is_proxy,
            certified,
        } = from;
        if !self.clients.is_empty() {
            let allowed =
                client.is_some_and(|client| self.clients.iter().any(|net| net.contains(client)));
            if !allowed {
                return Err(Denied::Address);
            }
        }
        let by_certificate = match certified {
            Some(certified) => certified.identity().map_err(Denied::Certificate)?,
            None => None,
        };
        if !self.is_asked_for {
            return Ok(None);
        }
        if let Some(proxy) = self.proxy.as_ref().filter(|_| is_proxy)
            && let Some(identity) = proxy.identity(headers)?
        {
            return Ok(Some(identity));
        }
        if self.takes_credentials
            && let Some(presented) = presented(headers)?
        {
            let identity = self.presenting(presented, headers, from).await?;
            self.check_binding(&identity, certified)?;
            return Ok(Some(identity));
        }
        // The certificate of a proxy says nothing of who is behind it.
        let by_certificate = by_certificate.filter(|_| !is_proxy);
        by_certificate.map(Some).ok_or(Denied::Missing)
    }

    /// Who has this key or token.
    async fn presenting(
        &self,
        presented: &str,
        headers: &HeaderMap,
        from: Source<'_>,
    ) -> Result<Identity, Denied> {
        let by_key = self.keys.as_ref().map(|keys| keys.identify(presented));
        match by_key {
            Some(Ok(identity)) => return Ok(identity),
            Some(Err(keys::Refused::Expired)) => {
                return Err(Denied::Invalid("the key has expired"));
            }
            _ => {}
        }
        let resource = self.resource(headers, from.is_proxy);
        #[cfg(feature = "jwt")]
        if let Some(tokens) = self
            .tokens
            .as_ref()
            .filter(|_| self.introspection.is_none() || is_jwt(presented))
        {
            // On the heap: a request is moved with what it waits for, and few wait for an issuer.
            let identified = Box::pin(tokens.identify(presented, &resource));
            return Ok(identified.await?.with_token(presented));
        }
        if let Some(introspection) = &self.introspection {
            let identified = Box::pin(introspection.identify(presented, &resource, from.client));
            return Ok(identified.await?.with_token(presented));
        }
        Err(Denied::Invalid("the key is not known"))
    }

    /// RFC 8705 §3: a token that is bound to a certificate is good only together with it. What it is bound to and cannot be
    /// looked for here, such as another kind of key (RFC 9449), is not there.
    fn check_binding(
        &self,
        identity: &Identity,
        certified: Option<&Certified>,
    ) -> Result<(), Denied> {
        let Some(confirmation) = identity.claim("cnf").filter(|it| !it.is_null()) else {
            return Ok(());
        };
        match confirmation.get("x5t#S256") {
            Some(Value::String(bound)) if certified.is_some_and(|it| it.is(bound)) => Ok(()),
            Some(_) if self.takes_certificates => Err(Denied::Invalid(
                "the token is bound to another client certificate",
            )),
            _ => Err(Denied::Invalid(
                "the token is bound to a key, and this server does not see who has it",
            )),
        }
    }

    /// The answer to a request that is refused. `scopes` are those that the operation needs, where it is known.
    pub(super) fn refusal(
        &self,
        denied: &Denied,
        headers: &HeaderMap,
        is_proxy: bool,
        scopes: Option<&[&str]>,
    ) -> Response {
        let (error, message) = match denied {
            Denied::Address => {
                let help = "clients of this address may not call";
                return problem(StatusCode::FORBIDDEN, "this address is not allowed", help);
            }
            Denied::Certificate(why) => return without_certificate(why),
            Denied::Unasked => {
                let message = "the issuer of the token cannot be asked at the moment";
                let help = "the token may be good: keep it, and send it again later";
                let response = problem(StatusCode::SERVICE_UNAVAILABLE, message, help);
                return after(response, AGAIN);
            }
            Denied::TooMany(wait) => {
                let message = "too many tokens that are no good came from this address";
                let help = "wait, and send a token that is good";
                return after(problem(StatusCode::TOO_MANY_REQUESTS, message, help), *wait);
            }
            // RFC 9110 §15.5.2: a 401 names a way to be let in, and headers are none here.
            Denied::Missing if !self.takes_credentials && self.takes_certificates => {
                return without_certificate("this server asks who is calling");
            }
            Denied::Missing => ("", "this server asks who is calling"),
            Denied::Invalid(why) => ("invalid_token", *why),
        };
        let help = "send a key or token as `Authorization: Bearer …`";
        let response = problem(StatusCode::UNAUTHORIZED, message, help);
        self.challenged(response, headers, is_proxy, (error, message), scopes)
    }

    /// The answer to a call for which the token has too few scopes (RFC 6750 §3.1).
    pub(super) fn too_few_scopes(
        &self,
        headers: &HeaderMap,
        is_proxy: bool,
        scopes: &[&str],
    ) -> Response {
        let message = "the token has too few scopes";
        let help = format!("ask for a token with the scopes {}", scopes.join(" "));
        let response = problem(StatusCode::FORBIDDEN, message, &help);
        let told = ("insufficient_scope", message);
        self.challenged(response, headers, is_proxy, told, Some(scopes))
    }

    fn challenged(
        &self,
        mut response: Response,
        headers: &HeaderMap,
        is_proxy: bool,
        (error, description): (&str, &str),
        scopes: Option<&[&str]>,
    ) -> Response {
        let mut parts = vec![r#"realm="mcp""#.to_owned()];
        let mut add = |name: &str, value: &str| {
            if is_quotable(value) && !value.is_empty() {
                parts.push(format!("{name}=\"{value}\""));
            }
        };
        add("error", error);
        if !error.is_empty() {
            add("error_description", description);
        }
        add("scope", &scopes.unwrap_or_default().join(" "));
        if self.issuer().is_some() {
            add("resource_metadata", &self.metadata_url(headers, is_proxy));
        }
        let challenge = format!("Bearer {}", parts.join(", "));
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The metadata of this resource (RFC 9728 §2); `None` where no tokens are taken.
    pub(super) fn metadata(
        &self,
        headers: &HeaderMap,
        is_proxy: bool,
        def: &ServerDef,
    ) -> Option<Value> {
        let issuer = self.issuer()?;
        let mut metadata = Map::new();
        metadata.insert(
            "resource".to_owned(),
            self.resource(headers, is_proxy).into(),
        );
        metadata.insert("authorization_servers".to_owned(), json!([issuer]));
        let scopes = scopes::all(def);
        if !scopes.is_empty() {
            metadata.insert("scopes_supported".to_owned(), scopes.into());
        }
        metadata.insert("bearer_methods_supported".to_owned(), json!(["header"]));
        metadata.insert("resource_name".to_owned(), def.title.into());
        Some(Value::Object(metadata))
    }

    /// The address of this server: as it was configured, or as it was asked for.
    fn resource(&self, headers: &HeaderMap, is_proxy: bool) -> String {
        if let Some(url) = &self.resource {
            return url.trim_end_matches('/').to_owned();
        }
        let origin = origin(headers, is_proxy, self.scheme);
        format!("{origin}{}/mcp", self.prefix)
    }

    /// Before the path of the resource (RFC 9728 §3.1).
    fn metadata_url(&self, headers: &HeaderMap, is_proxy: bool) -> String {
        let resource = self.resource(headers, is_proxy);
        let path_at = resource
            .find("://")
            .and_then(|at| Some(at + 3 + resource[at + 3..].find('/')?));
        let (origin, path) = resource.split_at(path_at.unwrap_or(resource.len()));
        format!("{origin}{METADATA}{path}")
    }
}

/// An answer with the time to wait, rounded up.
fn after(mut response: Response, wait: Duration) -> Response {
    let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// Sent on a connection that is of no use any more: the client has to begin another.
fn without_certificate(why: &str) -> Response {
    let help = "connect again with a client certificate that this server takes";
    let mut response = problem(StatusCode::FORBIDDEN, why, help);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// The scheme and host by which this server was asked for.
fn origin(headers: &HeaderMap, is_proxy: bool, own_scheme: &str) -> String {
    let last = |name: &str| items(headers, name).next_back();
    let forwarded = |name: &str| last(name).filter(|_| is_proxy);
    let scheme = forwarded("x-forwarded-proto").filter(|scheme| *scheme == "https");
    let host = forwarded("x-forwarded-host").or_else(|| last(HOST.as_str()));
    format!(
        "{}://{}",
        scheme.unwrap_or(own_scheme),
        host.unwrap_or_default()
    )
}

impl Proxy {
    fn identity(&self, headers: &HeaderMap) -> Result<Option<Identity>, Denied> {
        let mut names = headers.get_all(&self.name).iter();
        let name = match (names.next(), names.next()) {
            (None, _) => return Ok(None),
            (Some(name), None) => name
                .to_str()
                .map_err(|_| Denied::Invalid("the identity is not text"))?
                .trim(),
            // One of them is not the proxy's.
            (Some(_), Some(_)) => return Err(Denied::Invalid("two identities were sent")),
        };
        if name.is_empty() {
            return Ok(None);
        }
        let roles = self.roles(headers)?;
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), name.into());
        claims.insert("roles".to_owned(), roles.clone().into());
        let identity = Identity::new(name.to_owned(), Means::Proxy, roles, None, claims);
        Ok(Some(identity))
    }

    fn roles(&self, headers: &HeaderMap) -> Result<Vec<String>, Denied> {
        let mut lists = (self.roles.iter()).flat_map(|header| headers.get_all(header));
        let list = match (lists.next(), lists.next()) {
            (None, _) => return Ok(Vec::new()),
            (Some(list), None) => list
                .to_str()
                .map_err(|_| Denied::Invalid("the list of roles is not text"))?,
            (Some(_), Some(_)) => return Err(Denied::Invalid("two lists of roles were sent")),
        };
        let roles = list.split(',').map(str::trim);
        Ok(roles
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// The key or token of a request (RFC 6750 §2.1; never from the query).
fn presented(headers: &HeaderMap) -> Result<Option<&str>, Denied> {
    let of = |name: &HeaderName| headers.get_all(name).iter();
    let (mut keys, mut tokens) = (of(&X_API_KEY), of(&AUTHORIZATION));
    let (key, token) = (keys.next(), tokens.next());
    let Some(first) = key.or(token) else {
        return Ok(None);
    };
    // What stands beside a key may be meant for the API; two of a kind are somebody's trick.
    if keys.next().is_some() || tokens.next().is_some() {
        return Err(Denied::Invalid("two credentials were sent"));
    }
    let text = first
        .to_str()
        .map_err(|_| Denied::Invalid("the credential is not text"))?;
    if key.is_some() {
        return Ok(Some(text.trim()));
    }
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        Ok(Some(token.trim()))
    } else {
        Err(Denied::Invalid("the credential is no bearer token"))
    }
}

/// Whether a token has the form of a signed one (RFC 7515 §7.1).
#[cfg(feature = "jwt")]
fn is_jwt(token: &str) -> bool {
    token.starts_with("ey") && token.split('.').count() == 3
}

/// RFC 6750 §3: what may stand in a quoted attribute.
fn is_quotable(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
}
