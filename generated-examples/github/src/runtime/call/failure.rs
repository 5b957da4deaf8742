//! What the model reads where there was no answer.

use std::time::Duration;

use super::super::catalog::Prepared;
use super::super::engine::{Inner, ToolResult};
use super::super::upstream::{Failure, Stage};
use super::attempts::asked;

/// No answer: in words, with the host but nothing else of the request.
pub(super) fn failed(
    inner: &Inner,
    tool: &Prepared,
    failure: &Failure,
    limit: Duration,
) -> ToolResult {
    let origin = asked(inner, tool.def.server);
    ToolResult::failure(
        failure.error_type(),
        explained(
            inner,
            failure,
            &origin,
            tool.def.server,
            tool.def.hints.read_only,
            limit,
        ),
    )
}

/// The words for it. `limit` is how long the call was to take at most.
pub(super) fn explained(
    inner: &Inner,
    failure: &Failure,
    origin: &str,
    server: usize,
    read_only: bool,
    limit: Duration,
) -> String {
    let settings = &inner.settings;
    let changed = if read_only {
        ""
    } else {
        " What a changing call has done by now is not known: look before you repeat it."
    };
    match failure {
        Failure::Timeout(Stage::Connect) => format!(
            "No connection to {origin} within {}. Try again later.",
            seconds(settings.connect_timeout)
        ),
        Failure::Timeout(Stage::Read) => format!(
            "{origin} was silent for {}. Ask for less, or try again later.{changed}",
            seconds(settings.read_timeout)
        ),
        Failure::Timeout(Stage::Total) => format!(
            "The call to {origin} took longer than {}. Ask for less, or try again later.{changed}",
            seconds(limit)
        ),
        Failure::Dns => format!("The host of {origin} is not known: its name has no address."),
        Failure::Forbidden => format!(
            "No request was sent: {origin} leads to a link-local or metadata address, which only `{}` may name.",
            super::super::base_url::variable(server)
        ),
        Failure::Connect(why) => format!("No connection to {origin}: {why}. Try again later."),
        Failure::Proxy => {
            format!("No connection to {origin}: the proxy cannot be reached or refuses.")
        }
        Failure::Tls(why) => format!("No secure connection to {origin}: {why}."),
        Failure::Redirect(to) => {
            // A name of the API's choice may be a sentence, which must not stand outside of the marks.
            let to = if inner.policies.everything().marks_data() {
                "another origin"
            } else {
                to
            };
            format!(
                "{origin} redirects to {to}, which was not followed: credentials and arguments are for {origin} only. If \
                 the API has moved, set `{}`.",
                super::super::base_url::variable(server)
            )
        }
        Failure::BadRedirect => format!("{origin} redirects to something that is no http URL."),
        Failure::TooManyRedirects => format!("{origin} redirects in circles."),
        Failure::Broken => {
            format!("The connection to {origin} broke before the answer was complete.{changed}")
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
