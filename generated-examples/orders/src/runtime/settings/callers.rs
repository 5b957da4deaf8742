//! The options that say who may call: keys, tokens, proxies and addresses.

use clap::{ArgAction, Args};

use super::values::{Network, Span};

/// Who may call over HTTP. Without any of the ways to prove an identity, everybody who can connect.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Callers")]
pub struct CallerOptions {
    /// API keys, by the lines that `keys new` prints: `NAME sha256:HEX [expires=DATE] [roles=A+B]`; clients send theirs
    /// as a bearer token or in X-API-Key [env: MCP_API_KEYS]
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub api_keys: Vec<String>,

    /// A file of such lines, read again when it changes [env: MCP_API_KEYS_FILE]
    #[arg(long, value_name = "FILE")]
    pub api_keys_file: Option<String>,

    /// The issuer whose tokens are taken: `iss` has to be this (of an opaque token where it has one), and clients are sent
    /// there to log in [env: MCP_JWT_ISSUER]
    #[arg(long, value_name = "URL")]
    pub jwt_issuer: Option<String>,

    /// What `aud` has to hold; `--resource-url` unless given [env: MCP_JWT_AUDIENCE]
    #[arg(long, value_name = "AUDIENCE", value_delimiter = ',')]
    pub jwt_audience: Vec<String>,

    /// Where the issuer publishes its keys (RFC 7517); fetched again when a token names another key or none of them signed it
    /// [env: MCP_JWT_JWKS_URL]
    #[arg(long, value_name = "URL")]
    pub jwt_jwks_url: Option<String>,

    /// A file with the issuer's public keys in PEM, of which each may sign, read again when it changes [env: MCP_JWT_PEM_FILE]
    #[arg(long, value_name = "FILE")]
    pub jwt_pem_file: Option<String>,

    /// A file with the secret that the issuer signs with, for HS256 [env: MCP_JWT_HS256_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    pub jwt_hs256_secret_file: Option<String>,

    /// Where the issuer says what an opaque token is (RFC 7662); its answer is kept for a minute, an address may
    /// have it asked about 32 at once and, where it sent tokens that are no good, 60 times a minute, or as `--rate-limit` says
    /// where that is less
    /// [env: MCP_INTROSPECTION_URL]
    #[arg(long, value_name = "URL")]
    pub introspection_url: Option<String>,

    /// As which client this server asks it [env: MCP_INTROSPECTION_CLIENT]
    #[arg(long, value_name = "ID")]
    pub introspection_client: Option<String>,

    /// A file with that client's secret, read again when it changes [env: MCP_INTROSPECTION_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    pub introspection_secret_file: Option<String>,

    /// The algorithms that may sign; HS256 with a secret, RS256, PS256, ES256, ES384 and EdDSA with public keys unless
    /// given [env: MCP_JWT_ALGORITHMS]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub jwt_algorithms: Vec<String>,

    /// How far the clocks may be apart [env: MCP_JWT_LEEWAY]
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub jwt_leeway: Span,

    /// Claims that a token has to have beside `exp`, `iss` and `aud`: `NAME`, or `NAME=VALUE`, the whole value or one item
    /// of a list; of `scope` one word [env: MCP_JWT_REQUIRED_CLAIMS]
    #[arg(long, value_name = "CLAIM", value_delimiter = ',')]
    pub jwt_required_claims: Vec<String>,

    /// The claims that hold roles, as a list or as text with spaces; `scope` always does [env: MCP_ROLES_CLAIM]
    #[arg(
        long,
        value_name = "CLAIM",
        value_delimiter = ',',
        default_value = "roles,groups,permissions,scp"
    )]
    pub roles_claim: Vec<String>,

    /// Do not ask for the scopes that the API's description names for an operation [env: MCP_NO_SCOPE_CHECK]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub no_scope_check: bool,

    /// The header in which a trusted proxy says who calls [env: MCP_IDENTITY_HEADER]
    #[arg(long, value_name = "HEADER")]
    pub identity_header: Option<String>,

    /// The header in which it says with which roles, with commas between them [env: MCP_IDENTITY_ROLES_HEADER]
    #[arg(long, value_name = "HEADER")]
    pub identity_roles_header: Option<String>,

    /// The authorities whose client certificates are taken (mutual TLS); needs `--tls-cert`: a PEM file, read again when it
    /// changes [env: MCP_TLS_CLIENT_CA]
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<String>,

    /// Certificates of theirs that are no longer good: a PEM file with a list of each authority of a chain, read again when
    /// it changes; when its time is over no certificate is good [env: MCP_TLS_CLIENT_CRL]
    #[arg(long, value_name = "FILE")]
    pub tls_client_crl: Option<String>,

    /// Whether a client can connect without a certificate: `required`, it cannot, also for /health and /metrics unless
    /// they have a port of their own (`--admin-listen`), or `optional`, it proves otherwise who it is
    /// [env: MCP_TLS_CLIENT_AUTH]
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value = "required",
        hide_possible_values = true
    )]
    pub tls_client_auth: ClientAuth,

    /// Which names of a certificate are the identity, the first that it has: `san-uri` (SPIFFE), `san-dns`, `san-email`,
    /// `subject` (its common name); or `none`, it has to be there and another way says who calls
    /// [env: MCP_TLS_CLIENT_IDENTITY]
    #[arg(
        long,
        value_name = "NAME",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true,
        default_value = "san-uri,san-dns,subject"
    )]
    pub tls_client_identity: Vec<CertificateName>,
    /// Over HTTP, let every caller act as the user who logged in (`login`); without it, a server over HTTP does not start
    /// while somebody is [env: MCP_SHARE_LOGIN]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub share_login: bool,

    /// An address or network from which clients may call; any unless given [env: MCP_ALLOWED_CLIENTS]
    #[arg(long, value_name = "NETWORK", value_delimiter = ',')]
    pub allowed_client: Vec<Network>,

    /// The address of this server as clients know it, `https://mcp.example.com/mcp`; for tokens and
    /// their metadata [env: MCP_RESOURCE_URL]
    #[arg(long, value_name = "URL")]
    pub resource_url: Option<String>,

    /// This server and the API are one resource: tokens for one are meant for the other [env: MCP_SAME_AUDIENCE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set)]
    pub same_audience: bool,
}

/// Whether a client needs a certificate to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientAuth {
    /// It does.
    Required,
    /// It may have one.
    Optional,
}

/// A name in a certificate (RFC 5280 §4.1.2.6, §4.2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CertificateName {
    /// A URI, such as a SPIFFE ID.
    SanUri,
    /// The name of a host.
    SanDns,
    /// An e-mail address.
    SanEmail,
    /// The common name of the subject.
    Subject,
    /// No name: the certificate identifies nobody.
    None,
}

impl CallerOptions {
    /// Whether callers have to prove who they are.
    #[must_use]
    pub fn ask_for_identity(&self) -> bool {
        self.ask_in_headers() || self.take_names_of_certificates()
    }

    /// Whether headers of a request may prove it.
    #[must_use]
    pub fn ask_in_headers(&self) -> bool {
        self.take_credentials() || self.identity_header.is_some()
    }

    /// Whether keys or tokens do.
    #[must_use]
    pub fn take_credentials(&self) -> bool {
        !self.api_keys.is_empty()
            || self.api_keys_file.is_some()
            || self.introspection_url.is_some()
            || self.take_tokens()
    }

    /// Whether client certificates do.
    #[must_use]
    pub fn take_names_of_certificates(&self) -> bool {
        self.tls_client_ca.is_some() && !self.tls_client_identity.contains(&CertificateName::None)
    }

    /// Whether nobody can connect without a client certificate.
    #[must_use]
    pub fn require_certificates(&self) -> bool {
        self.tls_client_ca.is_some() && self.tls_client_auth == ClientAuth::Required
    }

    /// What a token may be meant for, beside the address of this server.
    #[must_use]
    pub fn audience(&self) -> Vec<String> {
        let named = self.jwt_audience.iter().map(|name| name.trim());
        named
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether signed tokens are taken.
    #[must_use]
    pub fn take_tokens(&self) -> bool {
        (self.jwt_issuer.is_some() && self.introspection_url.is_none())
            || self.jwt_jwks_url.is_some()
            || self.jwt_pem_file.is_some()
            || self.jwt_hs256_secret_file.is_some()
    }
}
