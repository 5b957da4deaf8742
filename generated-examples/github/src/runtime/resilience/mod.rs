//! What becomes of a call whose API fails: it is tried again where that cannot do harm, and an API that is down is left
//! alone for a while.
//!
//! Pauses have full jitter, so that many callers do not come back at once, honour `Retry-After`, and never outlast the
//! call's deadline.

mod breaker;

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};

pub(super) use breaker::Breaker;

use super::random;
use super::request::Outgoing;
use super::tool::{Location, ToolDef};
use super::upstream::{Answered, Failure, Stage, is_broken_off};

/// The longest pause of our own making.
const LONGEST: Duration = Duration::from_secs(10);
/// draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How a server deals with failures.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResilienceSettings {
    /// How often a call is tried again.
    pub retries: u32,
    /// How long the first pause is at most.
    pub pause: Duration,
    /// After how many failures in a row a server of the API is left alone, and for how long.
    pub breaker: Option<(u32, Duration)>,
    /// Whether calls get a key of ours where the operation has a header for it.
    pub makes_keys: bool,
}

/// How one attempt ended.
pub(super) enum Outcome<'a> {
    Answer(StatusCode, &'a HeaderMap),
    Failure(&'a Failure),
}

impl<'a> Outcome<'a> {
    /// An answer that the connection cut counts as none.
    pub(super) fn of(ended: &'a Result<Answered, Failure>) -> Self {
        match ended {
            Ok(answered) if is_broken_off(answered) => Self::Failure(&Failure::Broken),
            Ok((status, headers, _)) => Self::Answer(*status, headers),
            Err(failure) => Self::Failure(failure),
        }
    }

    /// Whether the API as a whole seems to be at fault.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Answer(status, _) => {
                is_temporary(*status) || *status == StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Failure(failure) => !matches!(
                failure,
                Failure::Forbidden
                    | Failure::Redirect(_)
                    | Failure::BadRedirect
                    | Failure::TooManyRedirects
            ),
        }
    }

    /// Whether the same request may have another answer soon.
    pub(super) fn may_change(&self) -> bool {
        match self {
            Self::Answer(status, _) => {
                is_temporary(*status) || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Failure(failure) => matches!(
                failure,
                Failure::Connect(_)
                    | Failure::Dns
                    | Failure::Broken
                    | Failure::Timeout(Stage::Connect | Stage::Read)
            ),
        }
    }
}

fn is_temporary(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

impl ResilienceSettings {
    /// How long to wait before the next attempt; `None` when there is to be none. `attempt` counts from 0.
    pub(super) fn pause(
        &self,
        outcome: &Outcome<'_>,
        attempt: u32,
        may_repeat: bool,
        left: Duration,
    ) -> Option<Duration> {
        if attempt >= self.retries || !may_repeat || !outcome.may_change() {
            return None;
        }
        let asked = match outcome {
            Outcome::Answer(_, headers) => retry_after(headers),
            Outcome::Failure(_) => None,
        };
        let pause = asked.unwrap_or_else(|| {
            let most = self.pause.saturating_mul(1 << attempt.min(16)).min(LONGEST);
            most.mul_f64(f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX))
        });
        (pause < left).then_some(pause)
    }

    /// Gives a request a key where the operation has a header for one and the call left it out: the one that its caller
    /// stands for, or else one of its own.
    pub(super) fn add_key(
        &self,
        tool: &ToolDef,
        callers: Option<HeaderValue>,
        outgoing: &mut Outgoing,
    ) {
        let has_header = || {
            tool.parameters.iter().any(|parameter| {
                parameter.location == Location::Header
                    && IDEMPOTENCY_KEY
                        .as_str()
                        .eq_ignore_ascii_case(parameter.name)
            })
        };
        let makes_one = self.makes_keys || callers.is_some();
        if !makes_one || outgoing.headers.contains_key(IDEMPOTENCY_KEY) || !has_header() {
            return;
        }
        // Without randomness a key could be somebody else's: then there is none.
        let own = || HeaderValue::from_str(&random::uuid()?).ok();
        if let Some(key) = callers.or_else(own) {
            outgoing.headers.insert(IDEMPOTENCY_KEY, key);
        }
    }
}

/// Whether sending a request twice is the same as sending it once (RFC 9110 §9.2.2).
pub(super) fn may_repeat(outgoing: &Outgoing) -> bool {
    let is_idempotent = matches!(
        outgoing.method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    );
    is_idempotent
        || outgoing.method.as_str() == "QUERY"
        || outgoing.headers.contains_key(IDEMPOTENCY_KEY)
}

/// RFC 9110 §10.2.3: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is for ever too.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let wait = date(text)? - Utc::now();
    Some(wait.to_std().unwrap_or_default())
}

/// A date of a header (RFC 9110 §5.6.7): the form of today, and the two of before, which have to be understood.
pub(super) fn date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.to_utc());
    }
    let before = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let read = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    before.iter().find_map(read).map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ResilienceSettings = ResilienceSettings {
        retries: 2,
        pause: Duration::from_millis(100),
        breaker: None,
        makes_keys: true,
    };

    fn answer(status: u16, retry_after: Option<&str>) -> (StatusCode, HeaderMap) {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).expect("a value"));
        }
        (StatusCode::from_u16(status).expect("a status"), headers)
    }

    fn pause(status: u16, wait: Option<&str>, attempt: u32, left: u64) -> Option<Duration> {
        let (status, headers) = answer(status, wait);
        let outcome = Outcome::Answer(status, &headers);
        SETTINGS.pause(&outcome, attempt, true, Duration::from_secs(left))
    }

    #[test]
    fn only_what_may_change_is_tried_again_and_not_for_ever() {
        for status in [429, 502, 503, 504] {
            assert!(pause(status, None, 0, 60).is_some(), "{status}");
            assert!(pause(status, None, 2, 60).is_none(), "{status}");
        }
        for status in [200, 400, 401, 404, 409, 500, 501] {
            assert!(pause(status, None, 0, 60).is_none(), "{status}");
        }
    }

    #[test]
    fn a_pause_is_what_the_api_asks_for_or_a_part_of_a_growing_span() {
        assert_eq!(pause(503, Some("7"), 0, 60), Some(Duration::from_secs(7)));
        assert_eq!(pause(503, Some("7"), 0, 5), None);
        for past in [
            "Fri, 31 Dec 1999 23:59:59 GMT",
            "Friday, 31-Dec-99 23:59:59 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(pause(503, Some(past), 0, 5), Some(Duration::ZERO), "{past}");
        }
        for _ in 0..100 {
            assert!(pause(503, None, 0, 60).expect("a pause") <= Duration::from_millis(100));
            assert!(pause(503, None, 1, 60).expect("a pause") <= Duration::from_millis(200));
        }
    }

    #[test]
    fn an_api_that_asks_for_a_long_time_is_left_alone_however_it_says_so() {
        for future in [
            "Sat, 06 Nov 2060 08:49:37 GMT",
            "Saturday, 06-Nov-60 08:49:37 GMT",
            "Sat Nov  6 08:49:37 2060",
            "Sat Nov 13 08:49:37 2060",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(pause(503, Some(future), 0, 60), None, "{future}");
        }
        for nothing in ["", "-1", "soon", "1.5", "Sun Nov 31 08:49:37 2060"] {
            let pause = pause(503, Some(nothing), 0, 60);
            assert!(
                pause.is_some_and(|pause| pause < Duration::from_secs(1)),
                "{nothing}"
            );
        }
    }
}
