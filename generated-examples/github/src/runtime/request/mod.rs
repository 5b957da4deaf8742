//! From checked arguments to an HTTP request in which every argument stays in its place.
//!
//! What a tool's request looks like is worked out once ([`Plan`]); a call only fills it in. Credentials are added by
//! `credentials`, sending is `upstream`'s.

mod body;
mod multipart;
mod overrides;
pub(super) mod own;
mod style;
mod template;
mod upload;
mod xml;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Uri};
use serde_json::{Map, Value};
use url::Url;

pub(super) use self::overrides::overriding;
use self::style::Pairs;
pub(super) use self::style::text as sent;
use self::template::Template;
use super::base_url::Base;
use super::credentials::{Digest, Placed};
use super::text::is_invisible;
use super::tool::{
    BodySource, Location, Parameter, ParameterFormat, Style, ToolDef, is_own_header,
};

/// What answers challenges among credentials.
fn digest_of(credentials: &[&Placed]) -> Option<Arc<Digest>> {
    credentials.iter().find_map(|placed| match placed {
        Placed::Challenge(digest) => Some(Arc::clone(digest)),
        Placed::Header(..) | Placed::Query(..) | Placed::Cookie(..) => None,
    })
}

/// An argument, or a field of one.
type Way = (&'static str, Option<&'static str>);

/// The request of a tool, worked out as far as it does not depend on arguments.
#[derive(Debug)]
pub(super) struct Plan {
    tool: &'static ToolDef,
    method: Method,
    template: Template,
    /// Parallel to the tool's parameters; `None` unless the parameter is a header that may be set.
    header_names: Vec<Option<HeaderName>>,
    headers: HeaderMap,
    content_type: Option<HeaderValue>,
    /// The lists of lists, and how the inner ones are joined.
    lists: Vec<(Way, &'static [Style])>,
    /// The names of all arguments.
    pub(super) arguments: Vec<&'static str>,
}

/// A request that is ready to be sent.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What answers challenges to this request.
    pub(super) digest: Option<Arc<Digest>>,
}

impl std::fmt::Debug for Outgoing {
    // URL, headers and body hold arguments, and the first two credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Outgoing").field(&self.method).finish()
    }
}

/// A URI with the credentials that stand in the query, where it does not have them.
pub(super) fn with_query(uri: &Uri, credentials: &[&Placed]) -> Uri {
    let Some(mut url) = Url::parse(&uri.to_string()).ok() else {
        return uri.clone();
    };
    let mut is_changed = false;
    for placed in credentials {
        if let Placed::Query(name, value) = placed
            && !url.query_pairs().any(|(known, _)| known == *name)
        {
            url.query_pairs_mut().append_pair(name, value);
            is_changed = true;
        }
    }
    let changed = is_changed.then(|| url.as_str().parse().ok());
    changed.flatten().unwrap_or_else(|| uri.clone())
}

impl Plan {
    /// Works out a tool's request.
    ///
    /// # Errors
    /// What makes the definition unusable.
    pub(super) fn new(tool: &'static ToolDef, user_agent: &HeaderValue) -> Result<Self, String> {
        let method = Method::from_bytes(tool.method.as_bytes())
            .map_err(|_| format!("`{}` is not an HTTP method", tool.method))?;
        let template = Template::parse(tool.path, tool.parameters)?;
        let header_names = (tool.parameters.iter()).map(settable_header).collect();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(USER_AGENT, user_agent.clone());
        if let Ok(accept) = HeaderValue::from_str(tool.accept) {
            headers.insert(ACCEPT, accept);
        }
        let content_type = (tool.body).and_then(|body| HeaderValue::from_str(body.media_type).ok());
        Ok(Self {
            tool,
            method,
            template,
            header_names,
            headers,
            content_type,
            lists: lists_of(tool),
            arguments: arguments_of(tool),
        })
    }

    /// Fills in the arguments.
    ///
    /// # Errors
    /// Arguments that cannot be sent, one line each.
    pub(super) fn fill(
        &self,
        base: &Base,
        arguments: &Map<String, Value>,
        added: &[(String, String)],
        credentials: &[&Placed],
    ) -> Result<Outgoing, Vec<String>> {
        let mut mistakes = Vec::new();
        let arguments = &*self.with_joined_items(arguments, &mut mistakes);
        let mut target = String::with_capacity(base.prefix.len() + 128);
        target.push_str(&base.prefix);
        self.template
            .fill(&mut target, self.tool.parameters, arguments, &mut mistakes);
        self.push_query(&mut target, arguments, credentials, &mut mistakes);
        let mut headers = self.headers.clone();
        self.push_headers(&mut headers, arguments, &mut mistakes);
        self.push_cookies(&mut headers, arguments, credentials, &mut mistakes);
        add_headers(&mut headers, added, &mut mistakes);
        for placed in credentials {
            if let Placed::Header(name, value) = placed {
                headers.insert(name, value.clone());
            }
        }
        let body = match self
            .tool
            .body
            .as_ref()
            .map(|body| body::encode(body, arguments))
        {
            Some(Ok(Some(encoded))) => {
                let other = (encoded.content_type)
                    .and_then(|content_type| HeaderValue::try_from(content_type).ok());
                if let Some(content_type) = other.or_else(|| self.content_type.clone()) {
                    headers.insert(CONTENT_TYPE, content_type);
                }
                encoded.bytes
            }
            Some(Err(mistake)) => {
                mistakes.push(mistake);
                Bytes::new()
            }
            Some(Ok(None)) | None => Bytes::new(),
        };
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let uri = absolute(base, target)
            .map_err(|()| vec!["the arguments are too long for a URL".to_owned()])?;
        Ok(Outgoing {
            method: self.method.clone(),
            uri,
            headers,
            body,
            digest: digest_of(credentials),
        })
    }

    fn with_joined_items<'a>(
        &self,
        arguments: &'a Map<String, Value>,
        mistakes: &mut Vec<String>,
    ) -> Cow<'a, Map<String, Value>> {
        let mut arguments = Cow::Borrowed(arguments);
        for ((argument, field), formats) in &self.lists {
            let Some(mut value) = arguments.to_mut().get_mut(*argument) else {
                continue;
            };
            if let Some(field) = field {
                match value.get_mut(field) {
                    Some(inner) => value = inner,
                    None => continue,
                }
            }
            match style::with_joined_items(value, formats) {
                Ok(joined) => *value = joined,
                Err(split) => mistakes.push(splits(field.unwrap_or(argument), split)),
            }
        }
        arguments
    }

    fn given<'a>(
        &'a self,
        location: Location,
        arguments: &'a Map<String, Value>,
    ) -> impl Iterator<Item = (usize, &'static Parameter, &'a Value)> {
        (self.tool.parameters.iter().enumerate())
            .filter(move |(_, parameter)| parameter.location == location)
            .filter_map(|(index, parameter)| {
                let value = arguments.get(parameter.argument)?;
                (!value.is_null()).then_some((index, parameter, value))
            })
    }

    /// Appends the pairs of all parameters in this place.
    fn push_all(
        &self,
        separator: &str,
        location: Location,
        out: &mut String,
        arguments: &Map<String, Value>,
        credentials: &[&Placed],
        mistakes: &mut Vec<String>,
    ) {
        for (_, parameter, value) in self.given(location, arguments) {
            if has_credential(credentials, parameter) {
                continue;
            }
            let split = || {
                if let Some(form) = form_of(parameter, value) {
                    return form.mistake();
                }
                let is_list = parameter.format == ParameterFormat::Style;
                let split = style::split_in_url(value, parameter.style, parameter.explode)
                    .filter(|_| is_list)?;
                Some(splits(parameter.argument, split))
            };
            match self.intruder(parameter, value, credentials).or_else(split) {
                Some(mistake) => mistakes.push(mistake),
                None => push_pairs(separator, out, parameter, value),
            }
        }
    }

    fn push_query(
        &self,
        target: &mut String,
        arguments: &Map<String, Value>,
        credentials: &[&Placed],
        mistakes: &mut Vec<String>,
    ) {
        let mut query = String::new();
        self.push_all(
            "&",
            Location::Query,
            &mut query,
            arguments,
            credentials,
            mistakes,
        );
        for placed in credentials {
            if let Placed::Query(name, value) = placed {
                PLAIN.pair(&mut query, name, value);
            }
        }
        if !query.is_empty() {
            // A path of the description may end in `?` or in a query of its own.
            if !target.contains('?') {
                target.push('?');
            } else if !target.ends_with(['?', '&']) {
                target.push('&');
            }
            target.push_str(&query);
        }
    }

    /// A field of a spread object becomes a parameter of its own: it must not be another one's.
    fn intruder(
        &self,
        parameter: &Parameter,
        value: &Value,
        credentials: &[&Placed],
    ) -> Option<String> {
        let names = spread_names_of(parameter, value);
        let is_other = |other: &&Parameter| {
            other.location == parameter.location && other.name != parameter.name
        };
        let is_part = |other: &Parameter, name: &str| {
            style::is_sent_as(other.name, other.style == Style::DeepObject, name)
        };
        let taken = |name: &str| {
            (self.tool.parameters.iter())
                .filter(is_other)
                .any(|other| is_part(other, name))
                || (credentials.iter()).any(|placed| placed.is_called(name))
        };
        let field = names.iter().find(|name| taken(name))?;
        Some(format!(
            "argument `{}` must not have a field that is sent as `{field}`: that is another parameter",
            parameter.argument
        ))
    }

    fn push_headers(
        &self,
        headers: &mut HeaderMap,
        arguments: &Map<String, Value>,
        mistakes: &mut Vec<String>,
    ) {
        for (index, parameter, value) in self.given(Location::Header, arguments) {
            let Some(name) = &self.header_names[index] else {
                mistakes.push(format!(
                    "argument `{}` cannot be sent: the header `{}` is not an argument's to set",
                    parameter.argument, parameter.name
                ));
                continue;
            };
            let (style, explode) = (parameter.style, parameter.explode);
            let text = if let Some(text) = style::content(parameter, value) {
                text
            } else if style::is_undefined(value) {
                continue;
            } else if let Some(split) = style::split_in_text(value, style, explode) {
                mistakes.push(splits(parameter.argument, split));
                continue;
            } else {
                style::joined(value, style, explode)
            };
            // Tabs between items are ours.
            let is_fine = |c: char| c == '\t' && style == Style::TabDelimited;
            match header_value(&text, is_fine) {
                Some(value) => {
                    headers.insert(name, value);
                }
                None => mistakes.push(format!(
                    "argument `{}` must not contain line breaks, control or invisible characters: it is sent as a \
                     header",
                    parameter.argument
                )),
            }
        }
    }

    fn push_cookies(
        &self,
        headers: &mut HeaderMap,
        arguments: &Map<String, Value>,
        credentials: &[&Placed],
        mistakes: &mut Vec<String>,
    ) {
        let mut cookies = String::new();
        self.push_all(
            "; ",
            Location::Cookie,
            &mut cookies,
            arguments,
            credentials,
            mistakes,
        );
        let mut secret = false;
        for placed in credentials {
            if let Placed::Cookie(name, value) = placed {
                if !cookies.is_empty() {
                    cookies.push_str("; ");
                }
                style::encode(&mut cookies, name);
                cookies.push('=');
                cookies.push_str(value);
                secret = true;
            }
        }
        // Encoded text and checked credentials are always a header's value.
        if let Ok(mut value) = HeaderValue::from_str(&cookies)
            && !cookies.is_empty()
        {
            value.set_sensitive(secret);
            headers.insert(COOKIE, value);
        }
    }
}

/// The names of the pairs that a value is spread out to; none where it is not.
fn spread_names_of(parameter: &Parameter, value: &Value) -> Vec<String> {
    match parameter.format {
        ParameterFormat::Style if !parameter.whole_query => {
            style::spread_names(parameter.name, value, parameter.style, parameter.explode)
        }
        ParameterFormat::Form if parameter.whole_query => {
            form_of(parameter, value).map_or_else(Vec::new, |form| form.names())
        }
        ParameterFormat::Style | ParameterFormat::Form | ParameterFormat::Json => Vec::new(),
    }
}

/// The form that a value is sent as, where it is one.
fn form_of<'a>(parameter: &Parameter, value: &'a Value) -> Option<body::Form<'a>> {
    let is_form = parameter.format == ParameterFormat::Form;
    let given = value.as_object().filter(|_| is_form)?;
    Some(body::Form::of(given, parameter.fields))
}

const PLAIN: Pairs<'static> = Pairs {
    separator: "&",
    allow_reserved: false,
};

fn push_pairs(separator: &str, out: &mut String, parameter: &Parameter, value: &Value) {
    let pairs = Pairs {
        separator,
        allow_reserved: parameter.allow_reserved,
    };
    match style::content(parameter, value) {
        Some(text) if parameter.whole_query => {
            let is_encoded = parameter.format == ParameterFormat::Form && value.is_object();
            pairs.whole(out, &text, is_encoded);
        }
        Some(text) => pairs.pair(out, parameter.name, &text),
        None if parameter.whole_query => pairs.whole(out, &style::text(value), false),
        None => pairs.push(
            out,
            parameter.name,
            value,
            parameter.style,
            parameter.explode,
        ),
    }
}

/// A credential beats an argument of the same name.
fn has_credential(credentials: &[&Placed], parameter: &Parameter) -> bool {
    credentials.iter().any(|placed| match placed {
        Placed::Query(name, _) => parameter.location == Location::Query && *name == parameter.name,
        Placed::Cookie(name, _) => {
            parameter.location == Location::Cookie && *name == parameter.name
        }
        Placed::Header(..) | Placed::Challenge(_) => false,
    })
}

fn lists_of(tool: &'static ToolDef) -> Vec<(Way, &'static [Style])> {
    let parameters =
        (tool.parameters.iter()).map(|parameter| ((parameter.argument, None), parameter.items));
    let (whole, fields) = match tool.body.map(|body| body.source) {
        Some(BodySource::Fields(fields)) => (None, fields),
        Some(BodySource::Object(argument, fields)) => (Some(argument), fields),
        Some(BodySource::Whole(_)) | None => (None, &[][..]),
    };
    let fields = fields.iter().map(|field| match whole {
        Some(argument) => ((argument, Some(field.name)), field.items),
        None => ((field.argument, None), field.items),
    });
    (parameters.chain(fields))
        .filter(|(_, formats)| !formats.is_empty())
        .collect()
}

/// The names of all arguments of a tool.
pub(super) fn arguments_of(tool: &'static ToolDef) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = (tool.parameters.iter())
        .map(|parameter| parameter.argument)
        .collect();
    match tool.body.map(|body| body.source) {
        Some(BodySource::Fields(fields)) => names.extend(fields.iter().map(|field| field.argument)),
        Some(BodySource::Whole(argument) | BodySource::Object(argument, _)) => names.push(argument),
        None => {}
    }
    names.extend(tool.body.and_then(|body| Some(body.choice?.argument)));
    names
}

fn absolute(base: &Base, target: String) -> Result<Uri, ()> {
    let path_and_query = PathAndQuery::from_maybe_shared(Bytes::from(target)).map_err(|_| ())?;
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(base.scheme.clone());
    parts.authority = Some(base.authority.clone());
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).map_err(|_| ())
}

fn settable_header(parameter: &Parameter) -> Option<HeaderName> {
    if parameter.location != Location::Header {
        return None;
    }
    let name = HeaderName::from_bytes(parameter.name.as_bytes()).ok()?;
    (!is_own_header(name.as_str())).then_some(name)
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn splits(argument: &str, split: style::Split) -> String {
    format!(
        "argument `{argument}` must not contain {split} inside its items: they are sent as one list in which that \
         separates them"
    )
}

fn header_value(text: &str, is_fine: impl Fn(char) -> bool) -> Option<HeaderValue> {
    let is_wrong = |c: char| c.is_control() || is_invisible(c);
    if text.chars().any(|c| is_wrong(c) && !is_fine(c)) {
        return None;
    }
    HeaderValue::from_bytes(text.trim().as_bytes()).ok()
}

/// Adds what the owner's `before` hook asked for. It is the owner's code: only what would break the message is refused.
fn add_headers(headers: &mut HeaderMap, added: &[(String, String)], mistakes: &mut Vec<String>) {
    for (name, value) in added {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let allowed = parsed.ok().filter(|name| {
            let framing = ["host", "content-length", "transfer-encoding", "connection"];
            !framing.contains(&name.as_str())
        });
        match (allowed, header_value(value, |_| false)) {
            (Some(name), Some(mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            _ => mistakes.push(format!(
                "the header `{name}` that a hook of this server adds cannot be sent"
            )),
        }
    }
}

#[cfg(test)]
mod tests;
