//! The authorization code flow of an app on the user's machine (RFC 8252), with PKCE (RFC 7636).

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::super::random;
use super::super::endpoint::Targets;

/// What is common to a request for authorization and its answer.
#[derive(Clone)]
pub(super) struct Authorization {
    /// The issuer as it names itself, where that is known, and whether it always does (RFC 9207).
    pub(super) issuer: Option<(String, bool)>,
    state: String,
    /// What proves to the token endpoint that the code is ours.
    pub(super) verifier: String,
}

impl Authorization {
    pub(super) fn new(issuer: Option<(String, bool)>) -> Result<Self, String> {
        Ok(Self {
            issuer,
            state: random::secret()?,
            verifier: random::secret()?,
        })
    }

    /// The address that the user's browser is sent to.
    pub(super) fn url(
        &self,
        endpoint: &Url,
        client_id: &str,
        redirect_uri: &str,
        (scopes, targets): (&str, &Targets),
    ) -> Url {
        let challenge = digest(&SHA256, self.verifier.as_bytes());
        // RFC 6749 §3.1: a query that the endpoint has stays.
        let mut url = endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(targets.fields(scopes));
        // OpenID Connect Core §11: without it, access while the user is away is not given.
        if scopes.split(' ').any(|scope| scope == "offline_access") {
            query.append_pair("prompt", "consent");
        }
        drop(query);
        url
    }

    /// The code in the query of an answer, or why there is none; `None` when it is not the answer to this request.
    pub(super) fn code(&self, query: &str) -> Option<Result<String, String>> {
        let [state, code, error, issuer] = ["state", "code", "error", "iss"].map(|name| {
            let pairs = form_urlencoded::parse(query.as_bytes());
            let mut values = pairs
                .filter(|(known, _)| known == name)
                .map(|(_, value)| value);
            match (values.next(), values.next()) {
                (value, None) => Some(value),
                // RFC 6749 §3.1: no parameter is there more than once.
                (_, Some(_)) => None,
            }
        });
        let (state, code, error, issuer) = (state?, code?, error?, issuer?);
        if !bool::from(state?.as_bytes().ct_eq(self.state.as_bytes())) {
            return None;
        }
        if let Some((known, always)) = &self.issuer
            && (issuer.as_deref()).map_or(*always, |issuer| issuer != known)
        {
            return Some(Err(
                "the answer is not from the issuer that was asked, so it was not used".to_owned(),
            ));
        }
        match (error, code) {
            (Some(error), _) => Some(Err(refusal(&error))),
            (None, Some(code)) if !code.is_empty() => Some(Ok(code.into_owned())),
            _ => None,
        }
    }
}

/// What is told of an error code (RFC 6749 §4.1.2.1).
fn refusal(code: &str) -> String {
    match code {
        "access_denied" => "the login was not allowed".to_owned(),
        "invalid_scope" => {
            "the issuer does not know or give one of the scopes: choose them with `--scope`"
                .to_owned()
        }
        // A code is a word of the specifications; anything else is not repeated.
        code if code.len() <= 40 && code.chars().all(|c| c.is_ascii_lowercase() || c == '_') => {
            format!("the issuer refuses the login: {code}")
        }
        _ => "the issuer refuses the login".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Authorization {
        Authorization {
            issuer: None,
            state: "s-1".to_owned(),
            // RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        }
    }

    #[test]
    fn a_request_holds_what_the_specifications_ask_for() {
        let endpoint = Url::parse("https://login.example/a?tenant=1").expect("a URL");
        let targets = Targets {
            audience: None,
            resource: Some("https://api.example".to_owned()),
        };
        let redirect = "http://127.0.0.1:9/callback";
        let url = asked().url(&endpoint, "desk", redirect, ("a offline_access", &targets));
        assert_eq!(
            url.as_str(),
            "https://login.example/a?tenant=1&response_type=code&client_id=desk&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback\
             &state=s-1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
             &scope=a+offline_access&resource=https%3A%2F%2Fapi.example&prompt=consent"
        );
    }

    #[test]
    fn only_the_answer_to_the_request_is_taken() {
        let code = |query: &str| asked().code(query);
        assert_eq!(code("code=c%2F1&state=s-1"), Some(Ok("c/1".to_owned())));
        for other in [
            "code=c",
            "code=c&state=s-2",
            "code=c&state=",
            "code=c&state=s-1&state=s-1",
            "code=c&code=d&state=s-1",
            "code=&state=s-1",
            "state=s-1",
            "error=access_denied&state=s-2",
        ] {
            assert_eq!(code(other), None, "{other}");
        }
        let refused = |query: &str| code(query).expect("ours").expect_err("no code");
        assert_eq!(
            refused("error=access_denied&state=s-1"),
            "the login was not allowed"
        );
        assert_eq!(
            refused("error=<b>x&state=s-1&code=c"),
            "the issuer refuses the login"
        );
    }

    #[test]
    fn an_answer_of_another_issuer_is_not_used() {
        let from = |always: bool, query: &str| {
            let issuer = Some(("https://login.example".to_owned(), always));
            let code = Authorization { issuer, ..asked() }.code(query);
            code.expect("ours").is_ok()
        };
        let named = "code=c&state=s-1&iss=https%3A%2F%2Flogin.example";
        assert!(from(true, named) && from(false, named));
        assert!(from(false, "code=c&state=s-1"));
        assert!(!from(true, "code=c&state=s-1"));
        let other = "code=c&state=s-1&iss=https%3A%2F%2Fevil.example";
        assert!(!from(false, other) && !from(true, other));
    }
}
