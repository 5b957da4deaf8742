//! Requests that the owner's code makes itself.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};

use super::super::base_url::Base;
use super::super::credentials::Placed;
use super::super::handle::ApiRequest;
use super::{Outgoing, PLAIN, absolute, add_headers, digest_of, style};

/// The request as it is sent.
///
/// # Errors
/// What makes it impossible.
pub(in super::super) fn outgoing(
    request: &ApiRequest,
    base: &Base,
    user_agent: &HeaderValue,
    credentials: &[&Placed],
) -> Result<Outgoing, String> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    let mut target = base.prefix.clone();
    if !request.path.starts_with('/') {
        target.push('/');
    }
    target.push_str(&request.path);
    for segment in &request.segments {
        if matches!(segment.as_str(), "" | "." | "..") {
            return Err(format!("`{segment}` cannot be a segment of a path"));
        }
        if !target.ends_with('/') {
            target.push('/');
        }
        style::encode(&mut target, segment);
    }
    push_query(&mut target, request, credentials);
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, user_agent.clone());
    let mut mistakes = Vec::new();
    add_headers(&mut headers, &request.headers, &mut mistakes);
    if let Some(mistake) = mistakes.pop() {
        return Err(mistake);
    }
    add_credentials(&mut headers, credentials);
    let body = request.json.as_ref().map(|body| {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Bytes::from(body.to_string())
    });
    let uri = absolute(base, target)
        .map_err(|()| format!("`{}` is not a path of a URL", request.path))?;
    Ok(Outgoing {
        method,
        uri,
        headers,
        body: body.unwrap_or_default(),
        digest: digest_of(credentials),
    })
}

fn push_query(target: &mut String, request: &ApiRequest, credentials: &[&Placed]) {
    let mut query = String::new();
    for (name, value) in &request.query {
        PLAIN.pair(&mut query, name, value);
    }
    for placed in credentials {
        if let Placed::Query(name, value) = placed {
            PLAIN.pair(&mut query, name, value);
        }
    }
    if !query.is_empty() {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&query);
    }
}

fn add_credentials(headers: &mut HeaderMap, credentials: &[&Placed]) {
    for placed in credentials {
        match placed {
            Placed::Header(name, value) => {
                headers.insert(name, value.clone());
            }
            Placed::Cookie(name, value) => {
                if let Ok(mut value) = HeaderValue::from_str(&format!("{name}={value}")) {
                    value.set_sensitive(true);
                    headers.append(COOKIE, value);
                }
            }
            Placed::Query(..) | Placed::Challenge(_) => {}
        }
    }
}
