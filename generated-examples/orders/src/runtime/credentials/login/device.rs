//! The device flow (RFC 8628): the user logs in on any device, with a code that this program shows.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::super::super::upstream::Upstream;
use super::super::discovery::Site;
use super::super::endpoint::{Answer, Refused, TokenEndpoint};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// §3.2: the pause where the issuer names none.
const PAUSE: u64 = 5;
/// §3.5: how much longer it gets each time it was too short.
const MORE: Duration = Duration::from_secs(5);
/// How often in a row the issuer may be out of reach.
const MOST_FAILURES: u32 = 5;

/// What the issuer gives to log in with.
#[derive(Deserialize)]
pub(super) struct Codes {
    device_code: String,
    pub(super) user_code: String,
    #[serde(alias = "verification_url")]
    pub(super) verification_uri: String,
    #[serde(alias = "verification_url_complete")]
    pub(super) verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

/// Asks for codes.
///
/// # Errors
/// The issuer gives none: a sentence without its end.
pub(super) async fn codes(
    endpoint: &TokenEndpoint,
    site: &Site,
    scopes: &str,
    upstream: &Upstream,
) -> Result<Codes, String> {
    let asked = endpoint.asked(site, &[], Some(scopes), upstream).await;
    asked.map_err(|refused| match refused.code.as_deref() {
        Some("invalid_scope") => {
            "the issuer does not know or give one of the scopes: choose them with `--scope`"
                .to_owned()
        }
        _ => refused.told,
    })
}

/// Asks for the token until the user has logged in. What goes wrong meanwhile is told to `say`.
///
/// # Errors
/// The user has not, or the issuer refuses: a sentence without its end.
pub(super) async fn token(
    endpoint: &TokenEndpoint,
    codes: &Codes,
    upstream: &Upstream,
    say: &dyn Fn(&str),
) -> Result<Answer, String> {
    let grant = [("grant_type", GRANT), ("device_code", &codes.device_code)];
    let end = Instant::now() + Duration::from_secs(codes.expires_in.min(86_400));
    let mut pace = Pace::of(codes);
    while Instant::now() < end {
        tokio::time::sleep(pace.pause).await;
        match endpoint.ask(&grant, "", upstream).await {
            Ok(answer) => return Ok(answer),
            Err(refused) => {
                if let Some(trouble) = pace.after(refused)? {
                    say(&trouble);
                }
            }
        }
    }
    Err(EXPIRED.to_owned())
}

const EXPIRED: &str = "the code has expired: log in again, and a little faster";

/// When the issuer is asked next.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    pause: Duration,
    failures: u32,
}

impl Pace {
    fn of(codes: &Codes) -> Self {
        Self {
            pause: Duration::from_secs(codes.interval.unwrap_or(PAUSE).clamp(1, 300)),
            failures: 0,
        }
    }

    /// §3.5: goes on after a refusal, or not; gives what the user has to know of it.
    fn after(&mut self, refused: Refused) -> Result<Option<String>, String> {
        match refused.code.as_deref() {
            Some("authorization_pending") => self.failures = 0,
            Some("slow_down") => {
                self.failures = 0;
                self.pause += MORE;
            }
            Some("expired_token") => return Err(EXPIRED.to_owned()),
            Some("access_denied") => return Err("the login was not allowed".to_owned()),
            // Out of reach for once: more slowly, but on.
            None if !refused.is_lasting && self.failures < MOST_FAILURES => {
                self.failures += 1;
                self.pause *= 2;
                let (why, pause) = (refused.told, self.pause.as_secs());
                return Ok(Some(format!("{why}; it is asked again in {pause} s")));
            }
            _ => return Err(refused.told),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_says_how_often_it_is_asked_and_when_no_more() {
        let codes = |interval: &str| -> Codes {
            let text = format!(
                r#"{{"device_code": "d", "user_code": "u", "verification_uri": "https://l.example", "expires_in": 600{interval}}}"#
            );
            serde_json::from_str(&text).expect("codes")
        };
        let seconds = |pace: &Pace| pace.pause.as_secs();
        assert_eq!(seconds(&Pace::of(&codes(", \"interval\": 0"))), 1);
        let mut pace = Pace::of(&codes(""));
        assert_eq!(seconds(&pace), 5);
        let refused = |code: Option<&str>| Refused {
            code: code.map(str::to_owned),
            told: "told".to_owned(),
            is_lasting: code.is_some(),
        };
        assert_eq!(pace.after(refused(Some("authorization_pending"))), Ok(None));
        assert_eq!(seconds(&pace), 5);
        assert_eq!(pace.after(refused(Some("slow_down"))), Ok(None));
        assert_eq!(pace.after(refused(Some("slow_down"))), Ok(None));
        assert_eq!(seconds(&pace), 15);
        let told = Some("told; it is asked again in 30 s".to_owned());
        assert_eq!(pace.after(refused(None)), Ok(told));
        assert_eq!(seconds(&pace), 30);
        for end in ["expired_token", "access_denied", "invalid_client"] {
            assert!(pace.after(refused(Some(end))).is_err(), "{end}");
        }
        let lasting = Refused {
            is_lasting: true,
            ..refused(None)
        };
        assert_eq!(pace.after(lasting), Err("told".to_owned()));
        let mut pace = Pace::of(&codes(""));
        let failures = (0..9).map_while(|_| pace.after(refused(None)).ok());
        assert_eq!(failures.count(), 5);
    }
}
