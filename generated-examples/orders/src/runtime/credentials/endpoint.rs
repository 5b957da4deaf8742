//! A token endpoint (RFC 6749 §3.2): where it is, how the client of this server shows itself there, and what it answers.
//!
//! Where it is, is the owner's word, never the description's: secrets go there, and nowhere else. What tokens are asked for
//! with is `tokens`' and `exchange`'s business.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::{HeaderValue, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

use super::super::engine::StartError;
use super::super::oauth;
use super::super::tool::Scheme;
use super::super::upstream::Upstream;
use super::discovery::{Issuer, Site};
use super::kept::Token;
use super::source::{Origin, given, origin};
use super::{Credential, Whose};

/// The client of one scheme, and where it gets tokens.
#[derive(Debug)]
pub(super) struct TokenEndpoint {
    pub(super) scheme: &'static Scheme,
    whose: Whose,
    id: Option<Origin>,
    /// A public client has none.
    secret: Option<Origin>,
    place: Place,
    /// Whether the endpoint takes id and secret in the body only (RFC 6749 §2.3.1).
    in_body: AtomicBool,
    /// Instead of those that an operation needs.
    pub(super) scopes: Option<String>,
    targets: Targets,
}

/// What tokens are for, beside their scopes.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets {
    pub(super) audience: Option<String>,
    /// RFC 8707.
    pub(super) resource: Option<String>,
}

/// Where an endpoint is.
#[derive(Debug)]
enum Place {
    Named(Arc<Site>),
    /// Where this issuer says.
    Issued(Box<Issuer>),
}

/// The names of the variables that say where an endpoint is: its URL, or its issuer.
pub(super) type Places = (&'static str, &'static str);

/// What an endpoint gives.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) access_token: String,
    token_type: Option<String>,
    /// A number, though some write it as text.
    expires_in: Option<Value>,
    pub(super) refresh_token: Option<String>,
    /// What the token is good for, where that is not what was asked for.
    pub(super) scope: Option<String>,
    pub(super) id_token: Option<String>,
}

impl Answer {
    /// For how many seconds the token is good.
    pub(super) fn seconds(&self) -> Option<f64> {
        let seconds = self.expires_in.as_ref()?;
        let text = || seconds.as_str()?.trim().parse().ok();
        // Some say 0 of a token that has no end.
        let seconds = seconds.as_f64().or_else(text);
        seconds.filter(|seconds| *seconds > 0.0)
    }
}

/// Why there is no token.
#[derive(Debug)]
pub(super) struct Refused {
    /// The error code (RFC 6749 §5.2), where it is one.
    pub(super) code: Option<String>,
    /// A sentence without its end, without a secret.
    pub(super) told: String,
    /// Whether it would be the same soon.
    pub(super) is_lasting: bool,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

impl TokenEndpoint {
    /// Reads the variables of a scheme that say where tokens are got, and for what.
    ///
    /// # Errors
    /// One is missing, given twice or not usable: one line.
    pub(super) fn read(
        scheme: &'static Scheme,
        whose: Whose,
        (id, secret): (Option<Origin>, Option<Origin>),
        places: Places,
        env: Env<'_>,
    ) -> Result<Self, StartError> {
        Ok(Self {
            scheme,
            whose,
            id,
            secret,
            place: place(scheme, places, env)?,
            in_body: AtomicBool::new(false),
            scopes: given(&variable(scheme, "SCOPES"), env),
            targets: Targets::read(scheme, env),
        })
    }

    /// The client of a login, and where that login's tokens are got.
    pub(super) fn of_login(
        scheme: &'static Scheme,
        (id, secret): (Option<Origin>, Option<Origin>),
        site: Site,
        targets: Targets,
    ) -> Self {
        Self {
            scheme,
            whose: Whose::Server,
            id,
            secret,
            place: Place::Named(Arc::new(site)),
            in_body: AtomicBool::new(false),
            scopes: None,
            targets,
        }
    }

    /// Asks for a token for these scopes with a grant: its fields of the form.
    ///
    /// # Errors
    /// There is none to be had.
    pub(super) async fn ask(
        &self,
        grant: &[(&str, &str)],
        scopes: &str,
        upstream: &Upstream,
    ) -> Result<Answer, Refused> {
        let site = match &self.place {
            Place::Named(site) => Arc::clone(site),
            Place::Issued(issuer) => {
                let found = issuer.endpoint(upstream).await;
                found.map_err(|told| Refused {
                    code: None,
                    told,
                    is_lasting: false,
                })?
            }
        };
        self.asked(&site, grant, Some(scopes), upstream).await
    }

    /// Asks one of the issuer's endpoints as this client; a request that is about no scopes is about no target either.
    ///
    /// # Errors
    /// It refuses, or gives no such answer.
    pub(super) async fn asked<T: DeserializeOwned>(
        &self,
        site: &Site,
        fields: &[(&str, &str)],
        scopes: Option<&str>,
        upstream: &Upstream,
    ) -> Result<T, Refused> {
        for origin in self.id.iter().chain(&self.secret) {
            origin.renewed().await;
        }
        let way = (site, upstream);
        let in_body = self.in_body.load(Ordering::Relaxed);
        let mut asked = self.ask_once(fields, scopes, in_body, way).await;
        if self.secret.is_some() && !in_body && is_about_client(&asked) {
            asked = self.ask_once(fields, scopes, true, way).await;
            if asked.is_ok() {
                self.in_body.store(true, Ordering::Relaxed);
            }
        }
        if is_about_client(&asked) {
            self.id.iter().chain(&self.secret).for_each(Origin::refused);
        }
        asked
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        fields: &[(&str, &str)],
        scopes: Option<&str>,
        in_body: bool,
        (site, upstream): (&Site, &Upstream),
    ) -> Result<T, Refused> {
        let failed = |why: String| Refused {
            code: None,
            told: format!("{} {why}", site.host),
            is_lasting: false,
        };
        let lasting = |why: String| Refused {
            is_lasting: true,
            ..failed(why)
        };
        let (form, header) = self.form(fields, scopes, in_body).map_err(lasting)?;
        let outgoing = oauth::post(&site.url, form, header);
        let answer = oauth::answer(site.way(upstream), outgoing).await;
        let (status, bytes) = answer.map_err(failed)?;
        if status == StatusCode::OK {
            // RFC 7009 §2.2: an answer to a revocation may have no content.
            let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
            return serde_json::from_slice(text)
                .map_err(|_| lasting("gave no token in its answer".to_owned()));
        }
        let error = match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => refusal.error,
            Err(_) if status == StatusCode::UNAUTHORIZED => "invalid_client".to_owned(),
            Err(_) => {
                let comes_back = status.is_server_error()
                    || matches!(
                        status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    );
                return Err(Refused {
                    is_lasting: !comes_back,
                    ..failed(format!("answered with status {}", status.as_u16()))
                });
            }
        };
        // A code is a word of the specifications; anything else is not repeated.
        let is_code =
            error.len() <= 40 && error.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let code = is_code.then_some(error);
        let why = (code.as_ref()).map_or_else(String::new, |code| format!(": {code}"));
        Err(Refused {
            code,
            ..lasting(format!("refuses a token{why}"))
        })
    }

    fn form(
        &self,
        fields: &[(&str, &str)],
        scopes: Option<&str>,
        in_body: bool,
    ) -> Result<(String, Option<HeaderValue>), String> {
        let value = |origin: &Option<Origin>| origin.as_ref().map(Origin::value).transpose();
        let (id, secret) = (value(&self.id)?, value(&self.secret)?);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if let Some(scopes) = scopes {
            form.extend_pairs(self.targets.fields(scopes));
        }
        let header = match (&id, &secret) {
            (Some(id), Some(secret)) if !in_body => {
                let client = oauth::basic(id.expose_secret(), secret.expose_secret());
                Some(client.ok_or("cannot be sent this client")?)
            }
            _ => {
                let shown = |secret: &Option<SecretString>| {
                    let shown = secret.as_ref().map(SecretString::expose_secret);
                    shown.map(str::to_owned)
                };
                form.extend_pairs(shown(&id).map(|id| ("client_id", id)));
                form.extend_pairs(shown(&secret).map(|secret| ("client_secret", secret)));
                None
            }
        };
        Ok((form.finish(), header))
    }

    /// The token of an answer.
    ///
    /// # Errors
    /// It cannot be sent.
    pub(super) fn token(&self, answer: &Answer, asked: Instant) -> Result<Token, String> {
        let is_bearer = |kind: &String| {
            // RFC 8693 §2.2.1: `N_A` where what was asked for is no access token.
            ["bearer", "n_a"]
                .iter()
                .any(|known| kind.eq_ignore_ascii_case(known))
        };
        if !answer.token_type.as_ref().is_none_or(is_bearer) {
            return Err(format!(
                "the issuer gave a token for `{}` that is no bearer token",
                self.scheme.name
            ));
        }
        let credential = Credential::new(self.scheme, &[&answer.access_token], self.whose)
            .map_err(|why| {
                format!(
                    "the issuer gave a token for `{}` that {why}",
                    self.scheme.name
                )
            })?;
        Ok(Token::new(credential, answer.seconds(), asked))
    }
}

impl Targets {
    pub(super) fn read(scheme: &Scheme, env: Env<'_>) -> Self {
        let set = |part: &str| given(&variable(scheme, part), env);
        Self {
            audience: set("AUDIENCE"),
            resource: set("RESOURCE"),
        }
    }

    /// With scopes as the fields of a request.
    pub(super) fn fields<'a>(
        &'a self,
        scopes: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'a str)> {
        let scopes = Some(scopes).filter(|scopes| !scopes.is_empty());
        [
            ("scope", scopes),
            ("audience", self.audience.as_deref()),
            ("resource", self.resource.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

fn place(scheme: &Scheme, (url, issuer): Places, env: Env<'_>) -> Result<Place, StartError> {
    let (url, issuer) = (variable(scheme, url), variable(scheme, issuer));
    let wrong = |variable: &str| {
        StartError(format!(
            "`{variable}` is no https URL, or http URL of this machine"
        ))
    };
    match (given(&url, env), given(&issuer, env)) {
        (Some(_), Some(_)) => Err(StartError(format!(
            "`{url}` and `{issuer}` are both set: keep one of them"
        ))),
        (Some(text), None) => {
            let site = Site::named(&text).ok_or_else(|| wrong(&url))?;
            Ok(Place::Named(Arc::new(site)))
        }
        (None, Some(text)) => {
            let named = Issuer::named(&text).ok_or_else(|| wrong(&issuer))?;
            Ok(Place::Issued(Box::new(named)))
        }
        (None, None) => Err(StartError(format!(
            "`{url}` is not set, and neither is `{issuer}`: where the client of `{}` gets its tokens is not taken from \
             the API's description, since the secret goes there",
            scheme.name
        ))),
    }
}

fn is_about_client<T>(asked: &Result<T, Refused>) -> bool {
    let refused = asked.as_ref().err();
    refused.is_some_and(|refused| refused.code.as_deref() == Some("invalid_client"))
}

/// The name of a variable of a scheme.
pub(super) fn variable(scheme: &Scheme, part: &str) -> String {
    format!("API_{}_{part}", scheme.env)
}

/// The client of a scheme: its id, and its secret.
pub(super) fn client(
    scheme: &Scheme,
    env: Env<'_>,
) -> Result<(Option<Origin>, Option<Origin>), StartError> {
    let id = origin(&variable(scheme, "CLIENT_ID"), env)?;
    Ok((id, origin(&variable(scheme, "CLIENT_SECRET"), env)?))
}
