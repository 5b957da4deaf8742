//! Which credentials a call carries: from the environment, files or commands, or from the client when the owner says so.
//!
//! Alternatives are tried in the order of the description; the client's own credential beats the environment's. Where
//! a credential may be sent is decided in `engine`, with `base_url`. No value is ever shown, here or elsewhere.

mod client;
mod command;
mod digest;
mod discovery;
mod endpoint;
mod exchange;
mod kept;
mod login;
mod refresh;
mod source;
mod spelled;
mod tokens;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub(super) use self::digest::Digest;
use self::exchange::Exchange;
use self::login::LoggedIn;
pub use self::login::LoginSettings;
pub(super) use self::login::{Logins, command as login};
use self::source::{Part, Stored};
use self::spelled::spelled;
use self::tokens::Tokens;
use super::engine::{CallContext, ForwardAuth, StartError};
use super::tool::{Location, Need, Scheme, SchemeKind, ServerDef, ToolDef};
use super::upstream::Upstream;

/// In bytes: shorter secrets, and shorter parts of one, are found in any text.
const SHORTEST: usize = 4;
/// How many tools are named in a warning.
const MOST_TOOLS: usize = 5;

/// The credentials of a server, by scheme.
#[derive(Debug)]
pub(super) struct Credentials(Vec<Slot>);

#[derive(Debug)]
struct Slot {
    scheme: &'static Scheme,
    forward: ForwardAuth,
    source: Option<Source>,
}

/// Where this server has a credential from.
#[derive(Debug)]
enum Source {
    /// The environment.
    Stored(Stored),
    /// Tokens that it gets for itself.
    Tokens(Tokens),
    /// Tokens that it gets for those of its callers.
    Exchange(Exchange),
    /// Tokens of the user who logged in, if somebody has.
    Login(Box<LoggedIn>),
}

/// Whose a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// This server's, for every caller.
    Server,
    /// The same, and an issuer gave it: another one can be had.
    Issued,
    /// The client sent it.
    Client,
    /// One caller's: it was got for the token that it proved its identity with.
    Caller,
}

/// A credential as it is sent.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) placed: Placed,
    /// What must not show in a result.
    secrets: Vec<SecretString>,
    pub(super) whose: Whose,
}

/// Where in a request a credential goes, and its text there.
pub(super) enum Placed {
    /// A header; the value is marked as sensitive.
    Header(HeaderName, HeaderValue),
    /// What answers a challenge, in the `Authorization` header of the next request.
    Challenge(Arc<Digest>),
    /// A parameter of the query, not yet encoded.
    Query(&'static str, String),
    /// A cookie, encoded.
    Cookie(&'static str, String),
}

impl Placed {
    /// Whether it is a parameter or cookie of this name.
    pub(super) fn is_called(&self, wanted: &str) -> bool {
        match self {
            Self::Header(..) | Self::Challenge(_) => false,
            Self::Query(name, _) | Self::Cookie(name, _) => *name == wanted,
        }
    }
}

impl fmt::Debug for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, name) = match self {
            Self::Header(name, _) => ("header", name.as_str()),
            Self::Challenge(_) => ("header", AUTHORIZATION.as_str()),
            Self::Query(name, _) => ("query", *name),
            Self::Cookie(name, _) => ("cookie", *name),
        };
        write!(f, "{place} {name}: ***")
    }
}

impl Credential {
    /// Puts a value where the scheme says.
    ///
    /// # Errors
    /// The value cannot be sent there: the end of a sentence that names where it comes from.
    fn new(scheme: &Scheme, parts: &[&str], whose: Whose) -> Result<Self, &'static str> {
        if parts.iter().any(|part| part.chars().any(char::is_control)) {
            return Err("contains a line break or another control character");
        }
        let mut secrets: Vec<SecretString> = Vec::new();
        let mut secret = |text: &str| secrets.push(SecretString::from(text.to_owned()));
        let placed = match (scheme.kind, parts) {
            (SchemeKind::Bearer, [token, ..]) => {
                let token = without_prefix(token, "bearer");
                if token.is_empty() {
                    return Err("is empty");
                }
                secret(token);
                Placed::Header(AUTHORIZATION, sensitive(&format!("Bearer {token}"))?)
            }
            (SchemeKind::Basic, [user, password]) => {
                if user.contains(':') {
                    return Err("contains a colon, which a user name cannot (RFC 7617)");
                }
                let encoded = STANDARD.encode(format!("{user}:{password}"));
                secret(password);
                secret(&encoded);
                Placed::Header(AUTHORIZATION, sensitive(&format!("Basic {encoded}"))?)
            }
            // Encoded already: what a client sent after `Basic`.
            (SchemeKind::Basic, [encoded, ..]) => {
                secret(encoded);
                Placed::Header(AUTHORIZATION, sensitive(&format!("Basic {encoded}"))?)
            }
            (SchemeKind::Digest, [user, password]) => {
                secret(password);
                Placed::Challenge(Arc::new(Digest::new(user, password)))
            }
            (SchemeKind::Digest, [_, ..]) => return Err("is no user name and password"),
            (SchemeKind::ApiKey(location, name), [key, ..]) => {
                secret(key);
                placed_key(location, name, key)?
            }
            (_, []) => return Err("is empty"),
        };
        Ok(Self {
            placed,
            secrets,
            whose,
        })
    }

    /// Takes the credential out of a text that the upstream sent back, also where it is escaped.
    pub(super) fn redact(&self, text: &mut Cow<'_, str>) {
        for form in self.forms() {
            if text.contains(&form) {
                *text = Cow::Owned(text.replace(&form, "***"));
            }
        }
        if text.contains(['\\', '&', '%']) {
            for secret in self.secrets.iter().map(ExposeSecret::expose_secret) {
                if let Some(new) = without_spelled(text, secret) {
                    *text = Cow::Owned(new);
                }
            }
        }
    }

    /// Takes the beginning of the credential off the end of a text that was cut there.
    pub(super) fn redact_end(&self, text: &mut Cow<'_, str>) {
        let cut = self.forms().filter_map(|form| {
            // The whole credential is no longer in the text.
            let mut beginnings = form.char_indices().map(|(end, _)| &form[..end]).rev();
            beginnings
                .find(|beginning| text.ends_with(beginning))
                .map(str::len)
        });
        let plain = cut.max().filter(|length| *length >= SHORTEST);
        let plain = plain.map(|length| text.len() - length);
        let end = plain.into_iter().chain(self.begins_at_end(text)).min();
        if let Some(end) = end {
            *text = Cow::Owned(text[..end].to_owned());
        }
    }

    /// Where a secret begins that a text ends within, whatever its characters are written as.
    fn begins_at_end(&self, text: &str) -> Option<usize> {
        /// In bytes: what a character is written in at most, within texts within texts.
        const LONGEST: usize = 12;
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        let starts = secrets.filter_map(|secret| {
            let mut window = text.len().saturating_sub(LONGEST * secret.len());
            while !text.is_char_boundary(window) {
                window += 1;
            }
            let shown = spelled(&text[window..]);
            let secret: Vec<char> = secret.chars().collect();
            let first = shown.len().saturating_sub(secret.len());
            let last = (shown.len() + 1).saturating_sub(SHORTEST);
            let begins = |start: &usize| {
                let shown = shown[*start..].iter().map(|(_, c)| c);
                shown.zip(&secret).all(|(shown, meant)| shown == meant)
            };
            let start = (first..last).find(begins)?;
            Some(window + shown[start].0)
        });
        starts.min()
    }

    /// What is secret in it.
    pub(super) fn texts(&self) -> Vec<&str> {
        (self.secrets.iter())
            .map(ExposeSecret::expose_secret)
            .collect()
    }

    /// Whether the bytes of a body that is no text hold the credential.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms().any(|form| {
            bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes())
        })
    }

    /// Each secret in every spelling.
    fn forms(&self) -> impl Iterator<Item = String> {
        (self.secrets.iter())
            .map(ExposeSecret::expose_secret)
            .filter(|secret| secret.len() >= SHORTEST)
            .flat_map(|secret| std::iter::once(secret.to_owned()).chain(escaped_forms(secret)))
    }
}

/// A text without a secret whose characters are written in any way; `None` where it is not there.
fn without_spelled(text: &str, secret: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    // Nobody writes letters and digits otherwise, but for tools that do it with all of a text.
    let longest = (secret.split(|c| !is_plain(c))).max_by_key(|part| part.len())?;
    let is_of_plain = longest.len() == secret.len();
    if secret.len() < SHORTEST || is_of_plain || !text.contains(longest) {
        return None;
    }
    let shown = spelled(text);
    let secret: Vec<char> = secret.chars().collect();
    let mut new = String::new();
    let (mut copied, mut first) = (0, 0);
    while let Some(window) = shown.get(first..first + secret.len()) {
        if window.iter().map(|(_, c)| c).eq(&secret) {
            new.push_str(&text[copied..window[0].0]);
            new.push_str("***");
            first += secret.len();
            copied = shown.get(first).map_or(text.len(), |(at, _)| *at);
        } else {
            first += 1;
        }
    }
    (copied > 0).then(|| new + &text[copied..])
}

/// How URLs and JSON writers may spell a secret that is not plain: percent-encoded, with `\/`, or with `\u002B`.
fn escaped_forms(secret: &str) -> Vec<String> {
    let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    if secret.chars().all(unreserved) {
        return Vec::new();
    }
    let each = |escape: &dyn Fn(char) -> String| -> String { secret.chars().map(escape).collect() };
    let percent = |c: char| {
        let mut buffer = [0; 4];
        let text: &str = c.encode_utf8(&mut buffer);
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    };
    let kept = |c: char, also: &str| unreserved(c) || also.contains(c);
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let quoted = quoted.trim_matches('"').to_owned();
    let mut forms = vec![
        each(&|c| {
            if unreserved(c) {
                c.to_string()
            } else {
                percent(c)
            }
        }),
        each(&|c| {
            if kept(c, "/") {
                c.to_string()
            } else {
                percent(c)
            }
        }),
        each(&|c| {
            if kept(c, "!$&'()*+,;=:@/?") {
                c.to_string()
            } else {
                percent(c)
            }
        }),
        each(&|c| {
            if c.is_ascii_alphanumeric() {
                c.to_string()
            } else {
                percent(c)
            }
        }),
        each(&|c| {
            if kept(c, "/=:") {
                c.to_string()
            } else {
                format!("\\u{:04x}", u32::from(c))
            }
        }),
        each(&|c| {
            if kept(c, "/=:") {
                c.to_string()
            } else {
                format!("\\u{:04X}", u32::from(c))
            }
        }),
        each(&|c| {
            if unreserved(c) {
                c.to_string()
            } else {
                format!("\\u{:04x}", u32::from(c))
            }
        }),
        each(&|c| {
            if unreserved(c) {
                c.to_string()
            } else {
                format!("\\u{:04X}", u32::from(c))
            }
        }),
        quoted.replace('/', "\\/"),
        quoted,
    ];
    let lower: Vec<_> = forms[..4].iter().map(|form| lower_percent(form)).collect();
    forms.extend(lower);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// `%2f` for `%2F`.
fn lower_percent(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        text.push('%');
        text.push_str(&digits.to_ascii_lowercase());
        text.push_str(rest);
        text
    })
}

fn placed_key(location: Location, name: &'static str, key: &str) -> Result<Placed, &'static str> {
    Ok(match location {
        Location::Cookie => Placed::Cookie(name, cookie_value(key)),
        Location::Query => Placed::Query(name, key.to_owned()),
        Location::Header | Location::Path => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| "belongs in a header whose name cannot be sent")?;
            Placed::Header(name, sensitive(key)?)
        }
    })
}

/// RFC 6265 §4.1.1: what is no cookie-octet is percent-encoded.
fn cookie_value(key: &str) -> String {
    let octet = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\');
    if key.chars().all(octet) {
        key.to_owned()
    } else {
        percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC).to_string()
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, &'static str> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| "contains characters that a header cannot hold")?;
    value.set_sensitive(true);
    Ok(value)
}

/// A value without `Bearer ` or the like in front of it.
fn without_prefix<'a>(value: &'a str, scheme: &str) -> &'a str {
    match value.trim().split_once(' ') {
        Some((front, back)) if front.eq_ignore_ascii_case(scheme) => back.trim_start(),
        _ => value.trim(),
    }
}

/// Why a call has no credential: text that the model reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoCredential(pub(super) String);

impl Credentials {
    /// Reads the variables of every scheme, and the files that they name.
    ///
    /// # Errors
    /// A credential that is given twice, cannot be read or cannot be sent, or a forwarding rule for no scheme.
    pub(super) fn new(
        logins: &Logins<'_>,
        forward: &BTreeMap<String, ForwardAuth>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let def = logins.def;
        if let Some(name) = (forward.keys()).find(|name| {
            !name.is_empty()
                && !def
                    .schemes
                    .iter()
                    .any(|scheme| scheme.name == name.as_str())
        }) {
            let known: Vec<&str> = def.schemes.iter().map(|scheme| scheme.name).collect();
            return Err(StartError(format!(
                "auth forwarding is set for `{name}`, which is no security scheme of this API; there is `{}`",
                known.join("`, `")
            )));
        }
        let slots = (def.schemes.iter())
            .map(|scheme| {
                let rule = forward.get(scheme.name).or_else(|| forward.get(""));
                let rule = rule.cloned().unwrap_or(ForwardAuth::Off);
                Slot::read(scheme, rule, logins, env)
            })
            .collect::<Result<_, StartError>>()?;
        Ok(Self(slots))
    }

    /// The credentials for a call: those of the first alternative that is complete, where one with a credential of
    /// the client's goes before the others, and `{}` behind them.
    ///
    /// # Errors
    /// No alternative is complete, or what the client sent cannot be used.
    pub(super) fn select(
        &self,
        tool: &ToolDef,
        ctx: &CallContext,
    ) -> Result<Vec<Arc<Credential>>, NoCredential> {
        let mut first_complete = None;
        for alternative in tool.security.iter().filter(|needs| !needs.is_empty()) {
            let Some(found) = self.complete(alternative, ctx)? else {
                continue;
            };
            if found.iter().any(|found| found.whose == Whose::Client) {
                return Ok(found);
            }
            first_complete = first_complete.or(Some(found));
        }
        if let Some(found) = first_complete {
            return Ok(found);
        }
        if tool.security.iter().all(|needs| !needs.is_empty()) && !tool.security.is_empty() {
            return Err(NoCredential(format!(
                "`{}` needs a credential that this server does not have, so no request was sent. {}",
                tool.name,
                self.way_out(tool.security)
            )));
        }
        Ok(Vec::new())
    }

    fn complete(
        &self,
        needs: &[Need],
        ctx: &CallContext,
    ) -> Result<Option<Vec<Arc<Credential>>>, NoCredential> {
        let mut found = Vec::with_capacity(needs.len());
        for need in needs {
            let Some(slot) = self.slot(need.scheme) else {
                return Ok(None);
            };
            let client =
                client::credential(slot.scheme, &slot.forward, ctx).map_err(NoCredential)?;
            match client.map(Arc::new).or_else(|| slot.own(need, ctx)) {
                Some(credential) => found.push(credential),
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// The texts of the credentials that the client has sent for the API.
    pub(super) fn forwarded(&self, ctx: &CallContext) -> Vec<String> {
        let sent = self.0.iter().filter_map(|slot| {
            let sent = client::credential(slot.scheme, &slot.forward, ctx);
            sent.ok().flatten()
        });
        sent.flat_map(|sent| {
            sent.texts()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
    }

    /// Gets the tokens that a call needs, and has commands print what is due.
    ///
    /// # Errors
    /// There is none to be had.
    pub(super) async fn ready(
        &self,
        tool: &ToolDef,
        ctx: &CallContext,
        upstream: &Upstream,
    ) -> Result<(), NoCredential> {
        let is_there = |need: &Need| (self.slot(need.scheme)).is_some_and(|slot| slot.serves(ctx));
        let mut alternatives = tool.security.iter();
        let Some(needs) = alternatives.find(|needs| needs.iter().all(is_there)) else {
            return Ok(());
        };
        for need in *needs {
            if let Some(slot) = self.slot(need.scheme) {
                slot.ready(need, ctx, upstream).await.map_err(|why| {
                    let whose = match slot.source {
                        Some(Source::Login(_)) => "",
                        _ => " That is for the operator of this server to mend.",
                    };
                    NoCredential(format!(
                        "`{}` needs a token, so no request was sent: {why}.{whose}",
                        tool.name
                    ))
                })?;
            }
        }
        Ok(())
    }

    /// Forgets tokens that the API did not take; what a command printed is not asked for again before the next call.
    pub(super) fn forget(&self, refused: &[Arc<Credential>]) {
        for source in self.0.iter().filter_map(|slot| slot.source.as_ref()) {
            for credential in refused {
                match source {
                    Source::Stored(stored) => stored.refused(credential),
                    Source::Tokens(tokens) => tokens.forget(credential),
                    Source::Exchange(exchange) => exchange.forget(credential),
                    Source::Login(login) => login.forget(credential),
                }
            }
        }
    }

    fn slot(&self, scheme: &str) -> Option<&Slot> {
        self.0.iter().find(|slot| slot.scheme.name == scheme)
    }

    /// How the credentials of a tool are given, as sentences.
    pub(super) fn way_out(&self, security: &[&[Need]]) -> String {
        let ways: Vec<String> = (security.iter())
            .filter(|needs| !needs.is_empty())
            .map(|needs| {
                let each: Vec<String> = (needs.iter())
                    .filter_map(|need| self.slot(need.scheme))
                    .map(Slot::how)
                    .collect();
                each.join(", and ")
            })
            .collect();
        match ways.split_first() {
            None => String::new(),
            Some((only, [])) => format!("{}.", capitalised(only)),
            Some((first, others)) => {
                format!("{}; or {}.", capitalised(first), others.join("; or "))
            }
        }
    }

    /// One line for each scheme that some tool cannot do without and that has no credential.
    pub(super) fn missing(&self, def: &ServerDef) -> Vec<String> {
        (self.0.iter())
            .filter(|slot| !slot.has_source() && slot.forward == ForwardAuth::Off)
            .filter_map(|slot| {
                let tools: Vec<&str> = (def.groups.iter())
                    .flat_map(|group| group.tools)
                    .filter(|tool| self.lacks(tool, slot.scheme.name))
                    .map(|tool| tool.name)
                    .collect();
                (!tools.is_empty()).then(|| warning(slot, &tools))
            })
            .collect()
    }

    /// Whether a tool cannot be called, and this scheme is one that would help.
    fn lacks(&self, tool: &ToolDef, scheme: &str) -> bool {
        let available = |need: &Need| {
            self.slot(need.scheme)
                .is_some_and(|slot| slot.has_source() || slot.forward != ForwardAuth::Off)
        };
        (tool.security.iter()).any(|needs| needs.iter().any(|need| need.scheme == scheme))
            && !(tool.security.iter()).any(|needs| needs.iter().all(available))
    }
}

fn warning(slot: &Slot, tools: &[&str]) -> String {
    let named: Vec<String> = (tools.iter().take(MOST_TOOLS))
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match tools.len().checked_sub(MOST_TOOLS) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    format!(
        "no credential for `{}`: {}; needed by {}{more}",
        slot.scheme.name,
        slot.how(),
        named.join(", ")
    )
}

impl Slot {
    fn read(
        scheme: &'static Scheme,
        forward: ForwardAuth,
        logins: &Logins<'_>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let is_bearer = scheme.kind == SchemeKind::Bearer;
        let exchange = if is_bearer {
            Exchange::read(scheme, env)?
        } else {
            None
        };
        if exchange.is_some() && forward != ForwardAuth::Off {
            return Err(StartError(format!(
                "tokens are exchanged for `{}`, and auth forwarding is on for it: keep one of them",
                scheme.name
            )));
        }
        let source = match exchange {
            Some(exchange) => Some(Source::Exchange(exchange)),
            None => match is_bearer
                .then(|| Tokens::read(scheme, env))
                .transpose()?
                .flatten()
            {
                Some(tokens) => Some(Source::Tokens(tokens)),
                None => Stored::read(scheme, env)?.map(Source::Stored),
            },
        };
        // What the environment says counts before.
        let source = match source {
            // Where callers bring their own, nobody acts as the user.
            None if is_bearer && (logins.settings.allowed || forward == ForwardAuth::Off) => {
                LoggedIn::read(scheme, logins, env)?.map(|login| Source::Login(Box::new(login)))
            }
            source => source,
        };
        if source.is_none() && is_bearer {
            tokens::check_half(scheme, env)?;
        }
        Ok(Self {
            scheme,
            forward,
            source,
        })
    }

    /// Whether this server has a credential for such a call, or can get one.
    fn serves(&self, ctx: &CallContext) -> bool {
        match &self.source {
            None => false,
            Some(Source::Stored(_) | Source::Tokens(_)) => true,
            Some(Source::Login(login)) => login.is_there(),
            Some(Source::Exchange(_)) => callers_token(ctx).is_some(),
        }
    }

    /// Does what takes time, so that the credential is there.
    async fn ready(
        &self,
        need: &Need,
        ctx: &CallContext,
        upstream: &Upstream,
    ) -> Result<(), String> {
        match &self.source {
            Some(Source::Stored(stored)) if stored.is_due() => {
                Box::pin(stored.renewed()).await;
                Ok(())
            }
            Some(Source::Tokens(tokens)) if self.forward == ForwardAuth::Off => {
                tokens.ensure(need.scopes, upstream).await
            }
            Some(Source::Login(login)) => login.ensure(upstream).await,
            Some(Source::Exchange(exchange)) => match callers_token(ctx) {
                Some(token) => exchange.ensure(token, need.scopes, upstream).await,
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether this server has a credential, whoever calls.
    fn has_source(&self) -> bool {
        match &self.source {
            None => false,
            Some(Source::Login(login)) => login.is_there(),
            Some(_) => true,
        }
    }

    /// It, as of now.
    fn own(&self, need: &Need, ctx: &CallContext) -> Option<Arc<Credential>> {
        match self.source.as_ref()? {
            Source::Stored(stored) => Some(stored.current()),
            Source::Tokens(tokens) => tokens.current(need.scopes),
            Source::Login(login) => login.current(),
            Source::Exchange(exchange) => exchange.current(callers_token(ctx)?, need.scopes),
        }
    }

    /// What is to be done to have this credential.
    fn how(&self) -> String {
        if let Some(Source::Exchange(_)) = self.source {
            return "call over HTTP with a token that this server verifies: it is exchanged for one of the API's, and \
                    this call came without"
                .to_owned();
        }
        let set = match &self.source {
            Some(Source::Tokens(tokens)) => tokens.how(),
            Some(Source::Stored(stored)) => stored.how(self.scheme),
            Some(Source::Login(login)) => login.how(self.scheme),
            None | Some(Source::Exchange(_)) => source::how(self.scheme),
        };
        match &self.forward {
            ForwardAuth::Off => set,
            ForwardAuth::Authorization => {
                format!("send it in the `Authorization` header of the MCP request, or {set}")
            }
            ForwardAuth::Header(name) => {
                format!("send it in the `{name}` header of the MCP request, or {set}")
            }
            ForwardAuth::Meta => {
                format!("send it as `_meta.authorization` of the MCP request, or {set}")
            }
        }
    }
}

/// The token that the caller has proven its identity with.
fn callers_token(ctx: &CallContext) -> Option<&SecretString> {
    ctx.identity.as_ref()?.token()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// The variables of a scheme, in the order in which [`Credential::new`] takes their values.
fn parts_of(kind: SchemeKind) -> &'static [Part] {
    match kind {
        SchemeKind::ApiKey(..) => &[Part("KEY")],
        SchemeKind::Bearer => &[Part("TOKEN")],
        SchemeKind::Basic | SchemeKind::Digest => &[Part("USERNAME"), Part("PASSWORD")],
    }
}

#[cfg(test)]
mod tests;
