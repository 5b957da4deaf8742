//! `login` and `logout` on the command line: what was typed, what is asked of the issuer, and what is told of it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use clap::Parser;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::super::super::engine::{StartError, way};
use super::super::super::settings::{Settings, Span, Stop};
use super::super::super::text::visible;
use super::super::super::tool::{Scheme, SchemeKind, ServerDef};
use super::super::super::upstream::Upstream;
use super::super::endpoint::{Answer, Refused, Targets, TokenEndpoint, client, variable};
use super::super::source::{Origin, given, is_given};
use super::authorization::Authorization;
use super::browser;
use super::device;
use super::file::{Login, LoginFile, Secret};
use super::loopback::{Loopback, USUAL};
use super::provider::Provider;

type Env<'e> = &'e dyn Fn(&str) -> Option<String>;
type Say<'s> = &'s dyn Fn(&str);

/// Log in with a browser, so that calls of this server are made as you: over stdio, where you are the only caller.
#[derive(Debug, Parser)]
#[command(name = "login", max_term_width = 100)]
struct LoginArguments {
    /// The security scheme of the API's description to log in for; needed where there are several
    scheme: Option<String>,
    /// Log in on any device, with a code that is shown here (RFC 8628)
    #[arg(long)]
    device: bool,
    /// Show the address, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// As which client; API_<SCHEME>_CLIENT_ID unless given
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Who issues the tokens; API_<SCHEME>_ISSUER unless given
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// What the token is to be good for; API_<SCHEME>_SCOPES, or what the operations need, unless given
    #[arg(long, value_name = "SCOPE", value_delimiter = ' ')]
    scope: Vec<String>,
    /// Where the browser comes back to, as the client is registered: `http://127.0.0.1:8765/callback`; a free port if it
    /// has none
    #[arg(long, value_name = "URL", default_value = USUAL)]
    redirect_uri: String,
    /// How long you may take
    #[arg(long, value_name = "TIME", default_value = "5m")]
    timeout: Span,
    /// Where the tokens are kept; API_<SCHEME>_LOGIN_FILE, or the usual place, unless given
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Say who is logged in, and end: with 0, or with 1 if nobody is
    #[arg(long)]
    status: bool,
}

/// End a login: its tokens are revoked where the issuer can, and deleted; ends with 1 if they could not be revoked.
#[derive(Debug, Parser)]
#[command(name = "logout", max_term_width = 100)]
struct LogoutArguments {
    /// The security scheme; all unless given
    scheme: Option<String>,
    /// Where the tokens are kept; API_<SCHEME>_LOGIN_FILE, or the usual place, unless given
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What a command works with.
struct Place<'a> {
    def: &'a ServerDef,
    env: Env<'a>,
    upstream: Upstream,
    /// The origins that credentials may be sent to.
    apis: Vec<String>,
    /// Tells the user something.
    say: Say<'a>,
}

/// Runs `login …` or `logout …`, if that is what `args` say; `args[0]` is the name of the program. What
/// the user is told goes to `say`.
pub(in super::super::super) fn command(
    def: &ServerDef,
    args: &[OsString],
    env: Env<'_>,
    say: Say<'_>,
) -> Option<ExitCode> {
    let ended = match args.get(1)?.to_str()? {
        "login" => LoginArguments::try_parse_from(&args[1..]).map(|arguments| {
            run(def, args, (env, say), async |place| {
                logged_in(place, &arguments).await
            })
        }),
        "logout" => LogoutArguments::try_parse_from(&args[1..]).map(|arguments| {
            run(def, args, (env, say), async |place| {
                logged_out(place, &arguments).await
            })
        }),
        _ => return None,
    };
    Some(match ended {
        Ok(Ok(code)) => code,
        Ok(Err(why)) => {
            say(&format!("error: {why}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    })
}

fn run(
    def: &ServerDef,
    args: &[OsString],
    (env, say): (Env<'_>, Say<'_>),
    work: impl AsyncFnOnce(Place<'_>) -> Result<ExitCode, String>,
) -> Result<ExitCode, String> {
    let file = |path: &str| std::fs::read_to_string(path);
    // The server's own options count too: its proxies and authorities are the way to the issuer.
    let settings = Settings::read(def, args[..1].to_vec(), env, &file).map_err(Stop::into_line)?;
    let (bases, upstream) = way(def, &settings.engine, env).map_err(|StartError(why)| why)?;
    let place = Place {
        def,
        env,
        upstream,
        apis: bases.trusted_origins(),
        say,
    };
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| format!("the threads cannot be started: {error}"))?;
    let ended = runtime.block_on(work(place));
    // A name that is being looked up blocks a thread that nobody needs to wait for.
    runtime.shutdown_background();
    ended
}

async fn logged_in(place: Place<'_>, arguments: &LoginArguments) -> Result<ExitCode, String> {
    let schemes = schemes(place.def, arguments.scheme.as_deref())?;
    if arguments.status {
        return status(&place, &schemes, arguments.token_file.as_ref());
    }
    let [scheme] = schemes[..] else {
        return Err(format!(
            "the API has several security schemes: say which, {}",
            names(&schemes)
        ));
    };
    let file = file(&place, scheme, arguments.token_file.as_ref())?;
    let issuer = arguments.issuer.as_deref();
    let provider = Provider::found(scheme, issuer, place.env, &place.upstream).await?;
    let mut login = draft(&place, scheme, arguments, &provider)?;
    let endpoint = login.endpoint(scheme).await?;
    let by_device = arguments.device || provider.authorization.is_none();
    let asked = Instant::now();
    let flow = async {
        if by_device {
            by_code_of_device(&place, &provider, &login, &endpoint).await
        } else {
            by_browser(&place, &provider, &login, (&endpoint, arguments)).await
        }
    };
    let answer = match tokio::time::timeout(arguments.timeout.0, flow).await {
        Ok(answer) => answer?,
        Err(_) => {
            return Err(
                "nobody has logged in in time: try again, or give it longer with `--timeout`"
                    .to_owned(),
            );
        }
    };
    // What could not be sent is told now, not at the first call.
    endpoint.token(&answer, asked)?;
    login.user = answer.id_token.as_deref().and_then(user);
    login.take(answer);
    file.make_folder()?;
    let lock = file.lock().await?;
    file.write(&login)?;
    drop(lock);
    told_of_login(&place, scheme, &login, &file, arguments);
    Ok(ExitCode::SUCCESS)
}

/// What is known of a login before it is done.
fn draft(
    place: &Place<'_>,
    scheme: &Scheme,
    arguments: &LoginArguments,
    provider: &Provider,
) -> Result<Login, String> {
    let (id, secret) = client(scheme, place.env).map_err(|StartError(why)| why)?;
    let id = match &arguments.client_id {
        Some(id) => id.clone(),
        None => value(id.as_ref())?.ok_or_else(|| {
            format!(
                "the issuer knows no client for `{}`: register a public (native) client there that may come back to \
                 `{USUAL}`, and give its id with `--client-id` or `{}`",
                scheme.name,
                variable(scheme, "CLIENT_ID")
            )
        })?,
    };
    let targets = Targets::read(scheme, place.env);
    Ok(Login {
        apis: place.apis.clone(),
        issuer: provider.issuer.as_ref().map(|(name, _)| name.clone()),
        token_endpoint: provider.token.clone(),
        revocation_endpoint: provider.revocation.clone(),
        client_id: id,
        client_secret: match secret {
            Some(secret) => Some(Secret::of(&secret)?),
            None => None,
        },
        audience: targets.audience,
        resource: targets.resource,
        scopes: scopes(place, scheme, arguments, provider),
        user: None,
        access_token: String::new(),
        expires_at: None,
        refresh_token: None,
    })
}

fn value(origin: Option<&Origin>) -> Result<Option<String>, String> {
    let value = origin.map(Origin::value).transpose()?;
    Ok(value.map(|value: SecretString| value.expose_secret().to_owned()))
}

fn scopes(
    place: &Place<'_>,
    scheme: &Scheme,
    arguments: &LoginArguments,
    provider: &Provider,
) -> String {
    if !arguments.scope.is_empty() {
        return arguments.scope.join(" ");
    }
    if let Some(set) = given(&variable(scheme, "SCOPES"), place.env) {
        return set;
    }
    let tools = place.def.groups.iter().flat_map(|group| group.tools);
    let needs = tools.flat_map(|tool| tool.security.iter().copied().flatten());
    let needed = needs
        .filter(|need| need.scheme == scheme.name)
        .flat_map(|need| need.scopes.iter().copied());
    let mut scopes: Vec<&str> = Vec::new();
    for scope in needed.chain(provider.own_scopes()) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

async fn by_browser(
    place: &Place<'_>,
    provider: &Provider,
    login: &Login,
    (endpoint, arguments): (&TokenEndpoint, &LoginArguments),
) -> Result<Answer, String> {
    let page = provider.authorization.as_ref();
    let page = page.ok_or("the issuer names no page to log in on: try `--device`")?;
    let authorization = Authorization::new(provider.issuer.clone())?;
    let loopback = Loopback::bind(&arguments.redirect_uri).await?;
    let redirect_uri = loopback.redirect_uri.clone();
    let targets = Targets {
        audience: login.audience.clone(),
        resource: login.resource.clone(),
    };
    let goal = (login.scopes.as_str(), &targets);
    let url = authorization.url(page, &login.client_id, &redirect_uri, goal);
    show_page(place, &url, arguments.no_browser);
    let ours = authorization.clone();
    let code = loopback.answer(move |query| ours.code(query)).await?;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &authorization.verifier),
    ];
    let answer = endpoint.ask(&grant, "", &place.upstream).await;
    answer.map_err(|Refused { told, .. }| told)
}

fn show_page(place: &Place<'_>, url: &Url, no_browser: bool) {
    if !no_browser && browser::open(url.as_str()) {
        (place.say)(&format!(
            "Log in on the page that your browser opens. If it opens none, go to:\n{url}"
        ));
    } else {
        (place.say)(&format!(
            "Log in on this page, with a browser of this machine:\n{url}"
        ));
    }
}

async fn by_code_of_device(
    place: &Place<'_>,
    provider: &Provider,
    login: &Login,
    endpoint: &TokenEndpoint,
) -> Result<Answer, String> {
    let site = provider.device.as_deref();
    let site = login.site(site.ok_or(
        "the issuer names no endpoint for the login by device: leave `--device` out, or set \
         `API_<SCHEME>_DEVICE_AUTHORIZATION_URL`",
    )?)?;
    let codes = device::codes(endpoint, &site, &login.scopes, &place.upstream).await?;
    let shown = |text: &str| visible(text.into()).replace(['\n', '\r', '\t'], " ");
    let mut text = format!(
        "Go to {} on any device, and enter the code {}",
        shown(&codes.verification_uri),
        shown(&codes.user_code)
    );
    if let Some(complete) = &codes.verification_uri_complete {
        text.push_str(&format!("\nOr go to {}", shown(complete)));
    }
    (place.say)(&text);
    device::token(endpoint, &codes, &place.upstream, place.say).await
}

fn told_of_login(
    place: &Place<'_>,
    scheme: &Scheme,
    login: &Login,
    file: &LoginFile,
    arguments: &LoginArguments,
) {
    (place.say)(&format!(
        "Logged in. {}\nThe tokens are in {}",
        about(scheme, login),
        file.path().display()
    ));
    let usual = LoginFile::of(place.def, scheme, place.env);
    if arguments.token_file.is_some() && usual.is_none_or(|usual| usual.path() != file.path()) {
        (place.say)(&format!(
            "The server looks for them there if you set {}",
            variable(scheme, "LOGIN_FILE")
        ));
    }
    let before = [
        "TOKEN",
        "REFRESH_TOKEN",
        "CLIENT_SECRET",
        "EXCHANGE_URL",
        "EXCHANGE_ISSUER",
    ]
    .map(|part| variable(scheme, part));
    for set in before.iter().filter(|name| is_given(name, place.env)) {
        (place.say)(&format!(
            "A server that has {set} set takes its tokens by that, and not by this login"
        ));
    }
}

fn status(
    place: &Place<'_>,
    schemes: &[&'static Scheme],
    token_file: Option<&PathBuf>,
) -> Result<ExitCode, String> {
    let mut code = ExitCode::FAILURE;
    for scheme in schemes {
        let file = file(place, scheme, token_file)?;
        let text = match file.read()? {
            Some(login) => {
                code = ExitCode::SUCCESS;
                if let Some(warning) = file.warning() {
                    (place.say)(&format!("warning: {warning}"));
                }
                format!(
                    "{}\n  in {}\n",
                    about(scheme, &login),
                    file.path().display()
                )
            }
            None => format!("`{}`: nobody is logged in\n", scheme.name),
        };
        let written = std::io::stdout().write_all(text.as_bytes());
        written.map_err(|error| error.to_string())?;
    }
    Ok(code)
}

/// A login in a line, without its tokens.
fn about(scheme: &Scheme, login: &Login) -> String {
    let issuer = login.issuer.as_ref().unwrap_or(&login.token_endpoint);
    let user = login.user.as_deref().unwrap_or("a user");
    let scopes = match login.scopes.as_str() {
        "" => String::new(),
        scopes => format!(", with the scopes {scopes}"),
    };
    let end = login
        .expires_at
        .and_then(|end| DateTime::from_timestamp(end, 0));
    let end = match (end, &login.refresh_token) {
        (Some(end), None) => format!(
            "; the token ends at {}",
            end.format("%Y-%m-%d %H:%M:%S UTC")
        ),
        (Some(end), Some(_)) => format!(
            "; the token ends at {} and is renewed by itself",
            end.format("%Y-%m-%d %H:%M:%S UTC")
        ),
        (None, _) => "; when the token ends is not said".to_owned(),
    };
    let text = format!(
        "`{}`: {user} at {issuer}, for {}{scopes}{end}",
        scheme.name,
        login.apis.join(" and ")
    );
    visible(text.into()).replace(['\n', '\r', '\t'], " ")
}

async fn logged_out(place: Place<'_>, arguments: &LogoutArguments) -> Result<ExitCode, String> {
    let schemes = schemes(place.def, arguments.scheme.as_deref())?;
    if arguments.token_file.is_some() && schemes.len() > 1 {
        return Err(format!(
            "a file is of one scheme: say which, {}",
            names(&schemes)
        ));
    }
    let mut code = ExitCode::SUCCESS;
    for scheme in schemes {
        let file = file(&place, scheme, arguments.token_file.as_ref())?;
        if !file.is_there() {
            (place.say)(&format!("`{}`: nobody was logged in", scheme.name));
            continue;
        }
        let lock = file.lock().await?;
        let login = file.read();
        file.remove()?;
        drop(lock);
        match login {
            Ok(Some(login)) => (place.say)(&match revoked(&place, scheme, &login).await {
                Ok(()) => format!("`{}`: logged out, and the tokens are revoked", scheme.name),
                Err(why) => {
                    code = ExitCode::FAILURE;
                    format!(
                        "`{}`: logged out here, but the issuer takes the tokens until they end: {why}",
                        scheme.name
                    )
                }
            }),
            Ok(None) => (place.say)(&format!("`{}`: logged out", scheme.name)),
            Err(why) => {
                code = ExitCode::FAILURE;
                (place.say)(&format!(
                    "`{}`: logged out here, but the tokens could not be revoked: {why}",
                    scheme.name
                ));
            }
        }
    }
    Ok(code)
}

/// RFC 7009: the refresh token first, with which others could be got.
async fn revoked(place: &Place<'_>, scheme: &'static Scheme, login: &Login) -> Result<(), String> {
    let endpoint = login.endpoint(scheme).await?;
    let url = login.revocation_endpoint.as_deref();
    let site = login.site(url.ok_or("it names no endpoint for that")?)?;
    let refresh = login.refresh_token.as_deref();
    let tokens = [
        ("refresh_token", refresh),
        ("access_token", Some(login.access_token.as_str())),
    ];
    // Where one of them cannot be revoked, the other one still may.
    let mut ended = Ok(());
    for (kind, token) in tokens {
        let Some(token) = token else { continue };
        let fields = [("token", token), ("token_type_hint", kind)];
        let answer = endpoint.asked::<serde::de::IgnoredAny>(&site, &fields, None, &place.upstream);
        match answer.await {
            Ok(_) => {}
            // §2.2.1: a kind of token that cannot be revoked, such as a signed one.
            Err(refused)
                if kind == "access_token"
                    && refused.code.as_deref() == Some("unsupported_token_type") => {}
            Err(refused) => ended = ended.and(Err(refused.told)),
        }
    }
    ended
}

/// The security schemes that a login can be for: that one, or all.
fn schemes(def: &ServerDef, named: Option<&str>) -> Result<Vec<&'static Scheme>, String> {
    let all = def.schemes.iter();
    let all: Vec<&'static Scheme> = all
        .filter(|scheme| scheme.kind == SchemeKind::Bearer)
        .collect();
    let found: Vec<_> = (all.iter().copied())
        .filter(|scheme| named.is_none_or(|name| scheme.name == name))
        .collect();
    match (found.is_empty(), named) {
        (false, _) => Ok(found),
        (true, Some(name)) if !all.is_empty() => Err(format!(
            "`{name}` is no security scheme that takes tokens: there is {}",
            names(&all)
        )),
        (true, _) => Err(
            "no security scheme of the API takes tokens, so there is nothing to log in for"
                .to_owned(),
        ),
    }
}

fn names(schemes: &[&Scheme]) -> String {
    let names: Vec<_> = schemes
        .iter()
        .map(|scheme| format!("`{}`", scheme.name))
        .collect();
    names.join(", ")
}

fn file(place: &Place<'_>, scheme: &Scheme, named: Option<&PathBuf>) -> Result<LoginFile, String> {
    match named {
        Some(path) => Ok(LoginFile::at(path)),
        None => LoginFile::of(place.def, scheme, place.env).ok_or(
            "there is no home folder to keep tokens in: say where with `--token-file`".to_owned(),
        ),
    }
}

/// Who an ID token is about, for people to read. It came straight from the issuer (OpenID Connect Core §3.1.3.7), and nothing
/// is decided by it.
fn user(id_token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?.trim_end_matches('='));
    let claims: Value = serde_json::from_slice(&claims.ok()?).ok()?;
    let told = ["email", "preferred_username", "name", "sub"]
        .iter()
        .find_map(|claim| claims[claim].as_str());
    told.map(|user| user.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_token_tells_a_name() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let told = |claims: &str| user(&token(claims));
        let alice = Some("alice".to_owned());
        assert_eq!(
            told(r#"{"sub": "7", "preferred_username": "alice"}"#),
            alice
        );
        assert_eq!(told(r#"{"sub": "alice"}"#), alice);
        assert_eq!(told(r#"{"sub": 7}"#), None);
        assert_eq!(user("opaque"), None);
    }
}
