//! Where an issuer has its token endpoint, by its own word (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
//!
//! Which issuer that is, the owner says; nothing is asked of an issuer that only the API's description names. The document
//! may name an endpoint on another host, which then may not be link-local or a metadata service.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::{StatusCode, Uri};
use serde::Deserialize;
use url::Url;

use super::super::oauth;
use super::super::upstream::Upstream;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
/// How long what an issuer said is kept.
const FRESH: Duration = Duration::from_secs(3600);

/// A URL that may be sent secrets, and the way there.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) url: Uri,
    pub(super) host: String,
    /// Whether the owner named the host.
    is_owners: bool,
    way: OnceLock<Upstream>,
}

/// An issuer that the owner named.
#[derive(Debug)]
pub(super) struct Issuer {
    /// As it names itself, without a slash at the end.
    name: String,
    documents: [Site; 2],
    found: tokio::sync::Mutex<Option<(Instant, Arc<Site>)>>,
}

/// What an issuer says about itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    pub(super) issuer: String,
    token_endpoint: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    /// RFC 8628 §4.
    pub(super) device_authorization_endpoint: Option<String>,
    /// RFC 7009.
    pub(super) revocation_endpoint: Option<String>,
    pub(super) scopes_supported: Option<Vec<String>>,
    /// RFC 9207 §3.
    #[serde(rename = "authorization_response_iss_parameter_supported")]
    pub(super) says_who_answers: Option<bool>,
}

impl Site {
    /// A URL of the owner's; `None` where whoever listens on the way there could read along.
    pub(super) fn named(url: &str) -> Option<Self> {
        Self::of(url, |_| true)
    }

    pub(super) fn of(url: &str, is_owners: impl FnOnce(&str) -> bool) -> Option<Self> {
        let (url, host) = oauth::endpoint(url)?;
        Some(Self {
            url,
            is_owners: is_owners(&host),
            host,
            way: OnceLock::new(),
        })
    }

    /// The way there.
    pub(super) fn way(&self, upstream: &Upstream) -> &Upstream {
        self.way.get_or_init(|| {
            let host = self.is_owners.then(|| self.host.clone());
            upstream.beside(host)
        })
    }

    fn is_https(&self) -> bool {
        self.url.scheme() == Some(&http::uri::Scheme::HTTPS)
    }
}

impl Issuer {
    /// An issuer by its name, or by the address of its document.
    pub(super) fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        let name = text.strip_suffix(OPENID).unwrap_or(text);
        let name = name.trim_end_matches('/').to_owned();
        let url = Url::parse(&name).ok()?;
        if url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        // RFC 8414 §3.1: in front of the path, where OpenID Connect has it behind.
        let path = url.path().trim_end_matches('/');
        let origin = name.strip_suffix(path).unwrap_or(&name);
        let documents = [format!("{name}{OPENID}"), format!("{origin}{OAUTH}{path}")];
        let [openid, oauth] = documents.map(|document| Site::named(&document));
        Some(Self {
            documents: [openid?, oauth?],
            name,
            found: tokio::sync::Mutex::default(),
        })
    }

    /// The token endpoint.
    ///
    /// # Errors
    /// There is none to be found: a sentence without its end.
    pub(super) async fn endpoint(&self, upstream: &Upstream) -> Result<Arc<Site>, String> {
        let mut found = self.found.lock().await;
        if let Some((since, site)) = &*found
            && since.elapsed() < FRESH
        {
            return Ok(Arc::clone(site));
        }
        match (self.ask(upstream).await, &mut *found) {
            (Ok(site), found) => {
                let site = Arc::new(site);
                *found = Some((Instant::now(), Arc::clone(&site)));
                Ok(site)
            }
            (Err(why), Some((since, site))) => {
                tracing::warn!(target: "mcp::credentials", "{why}; its token endpoint of before is used");
                *since = Instant::now();
                Ok(Arc::clone(site))
            }
            (Err(why), None) => Err(why),
        }
    }

    async fn ask(&self, upstream: &Upstream) -> Result<Site, String> {
        let document = self.document(upstream).await?;
        (self.site(&document)).map_err(|why| format!("{} {why}", self.host()))
    }

    /// What it says about itself.
    ///
    /// # Errors
    /// Nothing, or it is about another issuer: a sentence without its end.
    pub(super) async fn document(&self, upstream: &Upstream) -> Result<Document, String> {
        let [openid, oauth] = &self.documents;
        let told = |why: String| format!("{} {why}", self.host());
        let document = match fetched(openid, upstream).await.map_err(told)? {
            Some(document) => document,
            None => (fetched(oauth, upstream).await.map_err(told)?)
                .ok_or_else(|| told("publishes no discovery document".to_owned()))?,
        };
        self.is_about_it(&document)
            .map_err(|why| told(why.to_owned()))?;
        Ok(document)
    }

    pub(super) fn host(&self) -> &str {
        &self.documents[0].host
    }

    /// §4.3: whoever answers for another issuer would have its secrets.
    fn is_about_it(&self, document: &Document) -> Result<(), &'static str> {
        if document.issuer.trim_end_matches('/') == self.name {
            Ok(())
        } else {
            Err("calls itself by another name than the one that it was asked by")
        }
    }

    /// The token endpoint of its document.
    pub(super) fn site(&self, document: &Document) -> Result<Site, &'static str> {
        let text = document.token_endpoint.as_deref();
        let text = text.ok_or("names no token endpoint")?;
        self.endpoint_at(text)
            .ok_or("names a token endpoint that is no https URL")
    }

    /// An endpoint that its document names; `None` where what is sent there could be read on the way.
    pub(super) fn endpoint_at(&self, text: &str) -> Option<Site> {
        let [own, _] = &self.documents;
        Site::of(text, |host| host == own.host).filter(|site| site.is_https() || !own.is_https())
    }
}

/// A document; `None` where there is none at this place.
async fn fetched(site: &Site, upstream: &Upstream) -> Result<Option<Document>, String> {
    let asked = oauth::get(&site.url);
    let (status, bytes) = oauth::answer(site.way(upstream), asked).await?;
    match status {
        StatusCode::OK => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| "gave no discovery document".to_owned()),
        StatusCode::NOT_FOUND => Ok(None),
        status => Err(format!(
            "answered with status {} when it was asked for its discovery document",
            status.as_u16()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_its_document_in_one_of_two_places() {
        for (text, documents) in [
            (
                "https://login.example/",
                [
                    "https://login.example/.well-known/openid-configuration",
                    "https://login.example/.well-known/oauth-authorization-server",
                ],
            ),
            (
                "https://login.example/realms/a/.well-known/openid-configuration",
                [
                    "https://login.example/realms/a/.well-known/openid-configuration",
                    "https://login.example/.well-known/oauth-authorization-server/realms/a",
                ],
            ),
        ] {
            let issuer = Issuer::named(text).expect(text);
            assert_eq!(issuer.documents.map(|site| site.url.to_string()), documents);
        }
        for text in [
            "http://login.example",
            "https://a:b@login.example",
            "login.example",
            "https://a.example?b",
        ] {
            assert!(Issuer::named(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_document_is_believed_about_its_own_issuer_and_about_https_only() {
        let issuer = Issuer::named("https://login.example/a").expect("an issuer");
        let site = |issuer_is: &str, endpoint: Option<&str>| {
            let document = Document {
                issuer: issuer_is.to_owned(),
                token_endpoint: endpoint.map(str::to_owned),
                ..Document::default()
            };
            issuer.is_about_it(&document)?;
            issuer.site(&document).map(|site| site.is_owners)
        };
        let own = "https://login.example/a/";
        assert_eq!(site(own, Some("https://login.example/t")), Ok(true));
        assert_eq!(site(own, Some("https://tokens.example/t")), Ok(false));
        for (name, endpoint) in [
            ("https://login.example/b", Some("https://login.example/t")),
            (own, None),
            (own, Some("http://login.example/t")),
            (own, Some("http://127.0.0.1:8200/t")),
            (own, Some("https://a:b@login.example/t")),
            (own, Some("/t")),
        ] {
            assert!(site(name, endpoint).is_err(), "{name} {endpoint:?}");
        }
    }
}
