//! Where a login is done: the endpoints that the owner named, or that the issuer names that the owner named.

use url::Url;

use super::super::super::oauth;
use super::super::super::tool::Scheme;
use super::super::super::upstream::Upstream;
use super::super::discovery::{Document, Issuer};
use super::super::endpoint::variable;
use super::super::source::given;

/// The endpoints of an issuer; each is https, or of this machine.
#[derive(Debug)]
pub(super) struct Provider {
    /// As it names itself, and whether its answers always do (RFC 9207); `None` where only URLs are known.
    pub(super) issuer: Option<(String, bool)>,
    pub(super) token: String,
    pub(super) authorization: Option<Url>,
    pub(super) device: Option<String>,
    pub(super) revocation: Option<String>,
    scopes: Vec<String>,
}

/// The variables of a scheme that name a place, by what stands behind `API_<SCHEME>_`.
const PLACES: [&str; 5] = [
    "ISSUER",
    "TOKEN_URL",
    "AUTHORIZATION_URL",
    "DEVICE_AUTHORIZATION_URL",
    "REVOCATION_URL",
];

impl Provider {
    /// Asks the issuer where its endpoints are, if it is one that was named; single endpoints that are named count before.
    ///
    /// # Errors
    /// Nothing is named, it is no place for secrets, or the issuer does not answer: a sentence without its end.
    pub(super) async fn found(
        scheme: &Scheme,
        issuer: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
        upstream: &Upstream,
    ) -> Result<Self, String> {
        let [named, token, authorization, device, revocation] =
            PLACES.map(|part| given(&variable(scheme, part), env));
        let issuer = issuer.map(str::to_owned).or(named);
        let mut provider = match (issuer, token) {
            (Some(issuer), None) => of_issuer(&issuer, upstream).await?,
            (None, Some(token)) => Self::at(token),
            (Some(_), Some(_)) => {
                return Err(format!(
                    "`{}` and an issuer are both given: keep one of them",
                    variable(scheme, "TOKEN_URL")
                ));
            }
            (None, None) => return Err(nowhere(scheme)),
        };
        if let Some(text) = authorization {
            provider.authorization = Some(Url::parse(text.trim()).map_err(|_| unsafe_url(&text))?);
        }
        provider.device = device.or(provider.device);
        provider.revocation = revocation.or(provider.revocation);
        provider.checked()
    }

    fn at(token: String) -> Self {
        Self {
            issuer: None,
            token,
            authorization: None,
            device: None,
            revocation: None,
            scopes: Vec::new(),
        }
    }

    fn checked(self) -> Result<Self, String> {
        let authorization = self.authorization.as_ref().map(Url::as_str);
        let texts = [
            Some(self.token.as_str()),
            authorization,
            self.device.as_deref(),
            self.revocation.as_deref(),
        ];
        for text in texts.into_iter().flatten() {
            oauth::endpoint(text).ok_or_else(|| unsafe_url(text))?;
        }
        Ok(self)
    }

    /// The scopes that are asked for beside those of the operations: to be told who logged in, and to be given a refresh
    /// token (OpenID Connect Core §11).
    pub(super) fn own_scopes(&self) -> impl Iterator<Item = &'static str> {
        ["openid", "offline_access"]
            .into_iter()
            .filter(|own| self.scopes.iter().any(|scope| scope == own))
    }
}

async fn of_issuer(text: &str, upstream: &Upstream) -> Result<Provider, String> {
    let issuer = Issuer::named(text).ok_or_else(|| unsafe_url(text))?;
    let document = issuer.document(upstream).await?;
    let told = |why: &str| format!("{} {why}", issuer.host());
    let token = issuer.site(&document).map_err(told)?;
    let Document {
        issuer: name,
        authorization_endpoint,
        device_authorization_endpoint,
        revocation_endpoint,
        scopes_supported,
        says_who_answers,
        ..
    } = document;
    let is_safe = |text: &String| issuer.endpoint_at(text).is_some();
    Ok(Provider {
        issuer: Some((name, says_who_answers.unwrap_or_default())),
        token: token.url.to_string(),
        authorization: (authorization_endpoint.filter(is_safe))
            .and_then(|text| Url::parse(&text).ok()),
        device: device_authorization_endpoint.filter(is_safe),
        revocation: revocation_endpoint.filter(is_safe),
        scopes: scopes_supported.unwrap_or_default(),
    })
}

fn unsafe_url(text: &str) -> String {
    let shown = Url::parse(text.trim()).ok();
    let shown = shown.and_then(|url| Some(url.host_str()?.to_owned()));
    let shown = shown.map_or_else(String::new, |host| format!(" of `{host}`"));
    format!("an endpoint{shown} is no https URL, or http URL of this machine")
}

fn nowhere(scheme: &Scheme) -> String {
    let [issuer, token, authorization, ..] = PLACES.map(|part| variable(scheme, part));
    format!(
        "where to log in for `{}` is not known: name the issuer (`--issuer URL` or `{issuer}`), or set `{token}` and \
         `{authorization}`",
        scheme.name
    )
}
