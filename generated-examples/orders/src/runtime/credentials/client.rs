//! The client's own credential, where the owner forwards it.

use super::super::engine::{CallContext, ForwardAuth};
use super::super::tool::{Scheme, SchemeKind};
use super::{Credential, Whose};

/// The credential that the client sent for a scheme.
///
/// # Errors
/// The client sent something that is no credential of this kind.
pub(super) fn credential(
    scheme: &Scheme,
    forward: &ForwardAuth,
    ctx: &CallContext,
) -> Result<Option<Credential>, String> {
    let (value, place) = match forward {
        ForwardAuth::Off => return Ok(None),
        ForwardAuth::Authorization => (header(ctx, "authorization")?, "the `Authorization` header"),
        ForwardAuth::Header(name) => (header(ctx, name)?, "the forwarded header"),
        ForwardAuth::Meta => (meta(ctx)?, "`_meta.authorization`"),
    };
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        return Ok(None);
    };
    if *forward != ForwardAuth::Authorization && proves_identity(value, ctx) {
        return Err(format!(
            "{place} of the MCP request holds what the caller proves its identity to this server with, which must not go on"
        ));
    }
    let parts = parts(scheme.kind, value.trim(), forward).ok_or_else(|| {
        format!(
            "{place} of the MCP request does not hold {}",
            wanted(scheme.kind)
        )
    })?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Credential::new(scheme, &parts, Whose::Client)
        .map(Some)
        .map_err(|problem| format!("{place} of the MCP request {problem}"))
}

/// MCP, basic/authorization, "Token Passthrough": whether a client repeats what it was let in with.
fn proves_identity(value: &str, ctx: &CallContext) -> bool {
    let bare = |text: &str| -> String {
        let text = text.trim();
        let rest = text
            .split_once(' ')
            .filter(|(word, _)| word.eq_ignore_ascii_case("bearer"));
        rest.map_or(text, |(_, rest)| rest.trim()).to_owned()
    };
    let mut sent = ["authorization", "x-api-key"]
        .iter()
        .flat_map(|name| ctx.headers.get_all(*name));
    ctx.identity.is_some()
        && sent.any(|sent| sent.to_str().is_ok_and(|sent| bare(sent) == bare(value)))
}

fn header<'a>(ctx: &'a CallContext, name: &str) -> Result<Option<&'a str>, String> {
    let mut values = ctx.headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(format!(
            "the header `{name}` of the MCP request is there more than once"
        ));
    }
    let text = value.to_str();
    text.map(Some)
        .map_err(|_| format!("the header `{name}` of the MCP request is not plain text"))
}

fn meta(ctx: &CallContext) -> Result<Option<&str>, String> {
    match ctx.meta.get("authorization") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("`_meta.authorization` of the MCP request is not a string".to_owned()),
    }
}

fn wanted(kind: SchemeKind) -> &'static str {
    match kind {
        SchemeKind::Bearer => "a bearer token",
        SchemeKind::Basic | SchemeKind::Digest => "a user name and password",
        SchemeKind::ApiKey(..) => "a key",
    }
}

/// The value in the parts that [`Credential::new`] takes, or `None` when it is a credential of another kind.
fn parts(kind: SchemeKind, value: &str, forward: &ForwardAuth) -> Option<Vec<String>> {
    let (scheme, rest) = match value.split_once(' ') {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest.trim().to_owned()),
        None => (String::new(), value.to_owned()),
    };
    let named = |wanted: &str| scheme == wanted;
    match kind {
        SchemeKind::Bearer | SchemeKind::ApiKey(..) if named("bearer") || scheme.is_empty() => {
            Some(vec![rest])
        }
        SchemeKind::Basic if named("basic") => Some(vec![rest]),
        SchemeKind::Basic if scheme.is_empty() => match rest.split_once(':') {
            Some((user, password)) => Some(vec![user.to_owned(), password.to_owned()]),
            None => Some(vec![rest]),
        },
        SchemeKind::Digest if scheme.is_empty() => {
            let (user, password) = rest.split_once(':')?;
            Some(vec![user.to_owned(), password.to_owned()])
        }
        // A key may hold a space; in an `Authorization` header it is another scheme's.
        SchemeKind::ApiKey(..) if *forward != ForwardAuth::Authorization => {
            Some(vec![value.to_owned()])
        }
        _ => None,
    }
}
