//! Logins at a terminal, with an issuer, a browser and an API of a few lines; `tests/interop` has an issuer of others.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::super::super::credentials;
use super::super::super::engine::{ErrorType, LoginSettings};
use super::super::super::tests::scratch::Scratch;
use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// An issuer that replaces refresh tokens and takes each once; its access tokens are good for so many seconds.
async fn issuer(seconds: usize) -> Recording {
    let (refreshed, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Recording::start(move |request| {
        let host = request.split("host: ").nth(1).and_then(|text| text.lines().next());
        let url = format!("http://{}", host.unwrap_or_default());
        let form = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let form = format!("{form}&");
        let tokens = |number: usize| {
            json!({"access_token": format!("geheim-a{number}"), "refresh_token": format!("geheim-r{number}"),
                   "token_type": "Bearer", "expires_in": seconds, "id_token": format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"sub": "alice"}"#))})
        };
        let number = refreshed.load(Ordering::SeqCst);
        let body = match request.split(' ').nth(1).unwrap_or_default() {
            "/.well-known/openid-configuration" => json!({
                "issuer": url, "token_endpoint": format!("{url}/token"), "authorization_endpoint": format!("{url}/authorize?tenant=1"),
                "device_authorization_endpoint": format!("{url}/device"), "revocation_endpoint": format!("{url}/revoke"),
                "scopes_supported": ["openid", "offline_access"], "authorization_response_iss_parameter_supported": true,
            }),
            "/device" => json!({"device_code": "d-1", "user_code": "WDJB-MJHT", "verification_uri": format!("{url}/activate"),
                                "expires_in": 600, "interval": 1}),
            "/revoke" => return reply("200 OK", "", b""),
            "/token" if form.contains("device_code=d-1") && asked.fetch_add(1, Ordering::SeqCst) == 0 => {
                return reply("400 Bad Request", JSON, br#"{"error": "authorization_pending"}"#);
            }
            "/token" if form.contains("device_code=d-1") || form.contains("&code=c-1&") => tokens(number),
            "/token" if form.contains(&format!("refresh_token=geheim-r{number}&")) => {
                refreshed.store(number + 1, Ordering::SeqCst);
                tokens(number + 1)
            }
            _ => return reply("400 Bad Request", JSON, br#"{"error": "invalid_grant"}"#),
        };
        reply("200 OK", JSON, body.to_string().as_bytes())
    })
    .await
}

/// A program that logs in or out in a thread of its own.
struct Terminal {
    told: mpsc::Receiver<String>,
    running: JoinHandle<Option<ExitCode>>,
}

impl Terminal {
    fn running(api: &str, issuer: &str, file: &Scratch, args: &[&str]) -> Self {
        Self::with(&[], api, issuer, file, args)
    }

    /// The same with more variables.
    fn with(more: &[(&str, &str)], api: &str, issuer: &str, file: &Scratch, args: &[&str]) -> Self {
        let (telling, told) = mpsc::channel();
        let words = ["pets-mcp"].iter().chain(args).map(OsString::from);
        let words: Vec<OsString> = words.collect();
        let path = file.path();
        let usual = [
            ("API_BASE_URL", api),
            ("API_BEARER_AUTH_CLIENT_ID", "desk"),
            ("API_BEARER_AUTH_ISSUER", issuer),
            ("API_BEARER_AUTH_LOGIN_FILE", path.as_str()),
        ];
        let env: BTreeMap<String, String> = (usual.iter().chain(more))
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let running = std::thread::spawn(move || {
            let say = |text: &str| telling.send(text.to_owned()).expect("heard");
            credentials::login(&def(), &words, &|name: &str| env.get(name).cloned(), &say)
        });
        Self { told, running }
    }

    /// The next thing that the user is told.
    fn told(&self) -> String {
        self.told.recv_timeout(PATIENCE).expect("something is told")
    }

    /// The address that it shows.
    fn page(&self) -> Url {
        let told = self.told();
        let line = told.lines().last().unwrap_or_default();
        Url::parse(line).expect("an address")
    }

    /// How it ends, and what else it tells.
    fn end(self) -> (ExitCode, String) {
        let told: Vec<String> = self.told.iter().collect();
        let code = self.running.join().expect("no panic").expect("a command");
        (code, told.join("\n"))
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let value = url.query_pairs().find(|(known, _)| known == name);
    value
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A browser's request, and the answer's text.
async fn get(redirect_uri: &str, query: &str, host: Option<&str>) -> String {
    let url = Url::parse(redirect_uri).expect("an address");
    let authority = url.authority();
    let mut stream = TcpStream::connect(authority)
        .await
        .expect("somebody listens");
    let host = host.unwrap_or(authority);
    let request = format!(
        "GET {}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        url.path()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

fn engine(api: &str, issuer: &str, file: &Scratch) -> Engine {
    let mut setup = Setup::new(api);
    setup.settings.login = LoginSettings {
        program: "pets-mcp".to_owned(),
        allowed: true,
    };
    for (name, value) in [("LOGIN_FILE", file.path()), ("ISSUER", issuer.to_owned())] {
        setup.env.insert(format!("API_BEARER_AUTH_{name}"), value);
    }
    setup.engine()
}

async fn pet(tools: &Engine) -> ToolResult {
    call(tools, "get_pet", json!({"id": 1})).await
}

fn bearers(api: &Recording) -> Vec<String> {
    let requests = api.requests();
    let lines = requests.iter().flat_map(|request| request.lines());
    lines
        .filter_map(|line| Some(line.strip_prefix("authorization: Bearer ")?.to_owned()))
        .collect()
}

/// Logs in as a browser would that does nothing wrong.
async fn log_in(api: &Recording, issuer: &Recording, file: &Scratch) -> String {
    let terminal = Terminal::running(&api.url, &issuer.url, file, &["login", "--no-browser"]);
    let page = terminal.page();
    let query = format!(
        "code=c-1&state={}&iss={}",
        parameter(&page, "state"),
        issuer.url
    );
    let answer = get(&parameter(&page, "redirect_uri"), &query, None).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::SUCCESS, "{told}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_takes_one_answer_of_the_browser_and_proves_that_it_asked() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(3600).await);
    let file = Scratch::holding("");
    let _ = std::fs::remove_file(file.path());
    let terminal = Terminal::running(&api.url, &issuer.url, &file, &["login", "--no-browser"]);
    let page = terminal.page();
    assert_eq!(page.path(), "/authorize");
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "desk"),
        ("code_challenge_method", "S256"),
        ("scope", "openid offline_access"),
        ("prompt", "consent"),
    ] {
        assert_eq!(parameter(&page, name), value, "{page}");
    }
    let redirect_uri = parameter(&page, "redirect_uri");
    assert!(
        redirect_uri.starts_with("http://127.0.0.1:"),
        "{redirect_uri}"
    );
    let right = format!(
        "code=c-1&state={}&iss={}",
        parameter(&page, "state"),
        issuer.url
    );
    // Pages and programs of others, and a browser that opens a connection for later.
    let idle = TcpStream::connect(Url::parse(&redirect_uri).expect("a URL").authority()).await;
    for (query, host) in [
        ("code=c-1&state=guessed&iss=x<b>", None),
        ("code=c-1", None),
        ("error=access_denied&state=guessed", None),
        (right.as_str(), Some("evil.example")),
    ] {
        let answer = get(&redirect_uri, query, host).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{query}: {answer}");
        assert!(!answer.contains("<b>"), "{answer}");
    }
    let answer = get(&redirect_uri, &right, None).await;
    assert!(answer.contains("You may close this page"), "{answer}");
    assert!(!answer.contains("c-1"), "{answer}");
    drop(idle);
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::SUCCESS, "{told}");
    assert!(
        told.contains("`bearerAuth`: alice at http://127.0.0.1:"),
        "{told}"
    );
    assert!(!told.contains("geheim"), "{told}");
    let asked = issuer.requests().pop().expect("a request");
    let verifier = asked.split("code_verifier=").nth(1).expect("a verifier");
    let verifier = verifier.split('&').next().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    assert_eq!(parameter(&page, "code_challenge"), challenge);
    assert!(
        TcpStream::connect(Url::parse(&redirect_uri).expect("a URL").authority())
            .await
            .is_err()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file.path())
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(pet(&engine(&api.url, &issuer.url, &file)).await.error, None);
    assert_eq!(bearers(&api), ["geheim-a0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_and_a_refusal_end_a_login_without_a_token() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(3600).await);
    let file = Scratch::holding("");
    let _ = std::fs::remove_file(file.path());
    for (answer, why) in [
        (
            "code=c-1&iss=http%3A%2F%2Fevil.example",
            "not from the issuer that was asked",
        ),
        ("code=c-1", "not from the issuer that was asked"),
        ("error=access_denied", "not from the issuer that was asked"),
    ] {
        let terminal = Terminal::running(&api.url, &issuer.url, &file, &["login", "--no-browser"]);
        let page = terminal.page();
        let query = format!("{answer}&state={}", parameter(&page, "state"));
        get(&parameter(&page, "redirect_uri"), &query, None).await;
        let (code, told) = terminal.end();
        assert_eq!(code, ExitCode::FAILURE);
        assert!(told.contains(why), "{told}");
    }
    assert!(!std::path::Path::new(&file.path()).exists());
    assert!(
        issuer
            .requests()
            .iter()
            .all(|request| request.starts_with("GET "))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_asks_until_the_user_has_logged_in() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(3600).await);
    let file = Scratch::holding("");
    let terminal = Terminal::running(
        &api.url,
        &issuer.url,
        &file,
        &["login", "bearerAuth", "--device"],
    );
    let told = terminal.told();
    assert!(
        told.contains("/activate on any device, and enter the code WDJB-MJHT"),
        "{told}"
    );
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::SUCCESS, "{told}");
    let requests = issuer.requests();
    let tokens = requests
        .iter()
        .filter(|request| request.starts_with("POST /token "));
    assert_eq!(tokens.count(), 2);
    assert_eq!(pet(&engine(&api.url, &issuer.url, &file)).await.error, None);
    assert_eq!(bearers(&api), ["geheim-a0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_one_user_renew_a_login_one_after_the_other() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(20).await);
    let file = Scratch::holding("");
    log_in(&api, &issuer, &file).await;
    // Each token ends so soon that every server renews it before its first call, and the issuer takes a refresh token once.
    let servers: Vec<Engine> = (0..4)
        .map(|_| engine(&api.url, &issuer.url, &file))
        .collect();
    for _ in 0..2 {
        let calls = servers.iter().map(pet);
        for result in futures_util::future::join_all(calls).await {
            assert_eq!(result.error, None, "{}", result.as_text());
        }
    }
    assert!(!std::fs::exists(format!("{}.lock", file.path())).expect("readable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_counts_in_servers_that_run_until_it_is_ended() {
    let refusing = Recording::start(|request| {
        if request.contains("authorization: Bearer geheim-a0") {
            reply("401 Unauthorized", JSON, b"{}")
        } else {
            reply("200 OK", JSON, b"{}")
        }
    })
    .await;
    let issuer = issuer(3600).await;
    let file = Scratch::holding("");
    let _ = std::fs::remove_file(file.path());
    let tools = engine(&refusing.url, &issuer.url, &file);
    let told = pet(&tools).await;
    assert_eq!(told.error, Some(ErrorType::Unauthorized));
    let told = told.as_text();
    assert!(
        told.contains("Run `pets-mcp login bearerAuth` in a terminal, or set"),
        "{told}"
    );
    let warned = tools.warnings().join("\n");
    assert!(
        warned.contains("no credential for `bearerAuth`: run `pets-mcp login bearerAuth`"),
        "{warned}"
    );
    log_in(&refusing, &issuer, &file).await;
    // The API takes no token of before; the next one it does.
    while pet(&tools).await.error.is_some() {
        assert!(bearers(&refusing).len() < 4, "{:?}", bearers(&refusing));
    }
    assert_eq!(
        bearers(&refusing).last().map(String::as_str),
        Some("geheim-a1")
    );
    let terminal = Terminal::running(&refusing.url, &issuer.url, &file, &["logout"]);
    let (code, told) = terminal.end();
    assert_eq!(
        (code, told.as_str()),
        (
            ExitCode::SUCCESS,
            "`bearerAuth`: logged out, and the tokens are revoked"
        )
    );
    let requests = issuer.requests();
    let revoked = requests
        .iter()
        .filter(|request| request.starts_with("POST /revoke "));
    let revoked: Vec<_> = revoked
        .filter_map(|request| request.split("\r\n\r\n").nth(1))
        .collect();
    assert_eq!(
        revoked,
        [
            "token=geheim-r1&token_type_hint=refresh_token&client_id=desk",
            "token=geheim-a1&token_type_hint=access_token&client_id=desk"
        ]
    );
    let told = pet(&tools).await.as_text();
    assert!(
        told.contains("needs a credential that this server does not have"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_for_its_api_and_its_user_alone() {
    let (api, other) = (
        answering("200 OK", JSON, "{}").await,
        answering("200 OK", JSON, "{}").await,
    );
    let issuer = issuer(3600).await;
    let file = Scratch::holding("");
    log_in(&api, &issuer, &file).await;
    // A server of the same name for another API.
    let told = pet(&engine(&other.url, &issuer.url, &file)).await;
    assert_eq!(told.error, Some(ErrorType::Unauthorized));
    assert!(
        told.as_text().contains("would send its token to"),
        "{}",
        told.as_text()
    );
    assert!(other.requests().is_empty());
    // One that others can reach.
    let mut setup = Setup::new(&api.url);
    setup
        .env
        .insert("API_BEARER_AUTH_LOGIN_FILE".to_owned(), file.path());
    let StartError(told) = setup.try_engine().expect_err("no start");
    assert!(
        told.contains("over HTTP every caller would act as that user"),
        "{told}"
    );
    let mut setup = Setup::new(&api.url).with_token();
    setup
        .env
        .insert("API_BEARER_AUTH_LOGIN_FILE".to_owned(), file.path());
    assert_eq!(pet(&setup.engine()).await.error, None);
    assert_eq!(bearers(&api), ["geheim"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_the_issuer_ended_says_how_to_begin_again() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(20).await);
    let file = Scratch::holding("");
    log_in(&api, &issuer, &file).await;
    let text = std::fs::read_to_string(file.path()).expect("a file");
    file.write(&text.replace("geheim-r0", "geheim-old"));
    let told = pet(&engine(&api.url, &issuer.url, &file)).await.as_text();
    assert!(
        told.contains("run `pets-mcp login bearerAuth` in a terminal to log in again"),
        "{told}"
    );
    assert!(
        !told.contains("geheim") && !told.contains("operator"),
        "{told}"
    );
    assert!(api.requests().is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_secret_that_is_kept_elsewhere_stays_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(20).await);
    let secret = Scratch::holding("streng\n");
    let (path, command) = (secret.path(), format!("cat {}", secret.path()));
    for (variable, value) in [
        ("API_BEARER_AUTH_CLIENT_SECRET_FILE", path.as_str()),
        ("API_BEARER_AUTH_CLIENT_SECRET_COMMAND", command.as_str()),
    ] {
        let file = Scratch::holding("");
        let more = [(variable, value)];
        let words = ["login", "--no-browser"];
        let terminal = Terminal::with(&more, &api.url, &issuer.url, &file, &words);
        let page = terminal.page();
        let state = parameter(&page, "state");
        let query = format!("code=c-1&state={state}&iss={}", issuer.url);
        get(&parameter(&page, "redirect_uri"), &query, None).await;
        let (code, told) = terminal.end();
        assert_eq!(code, ExitCode::SUCCESS, "{told}");
        let kept = std::fs::read_to_string(file.path()).expect("a file");
        assert!(kept.contains(&path) && !kept.contains("streng"), "{kept}");
        // A server that renews the login shows itself as the same client.
        let before = issuer.requests().len();
        let renewed = pet(&engine(&api.url, &issuer.url, &file)).await;
        assert_eq!(renewed.error, None, "{}", renewed.as_text());
        let renewal = issuer.requests().split_off(before).concat();
        assert!(
            renewal.contains("authorization: Basic ZGVzazpzdHJlbmc="),
            "{renewal}"
        );
        // Who may write the file must not choose what is run.
        let anybodys = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(file.path(), anybodys).expect("ours");
        let told = pet(&engine(&api.url, &issuer.url, &file)).await.as_text();
        let is_refused = told.contains("the command is not run");
        assert_eq!(is_refused, variable.ends_with("_COMMAND"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_could_not_revoke_says_so_with_its_code() {
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(3600).await);
    let file = Scratch::holding("");
    log_in(&api, &issuer, &file).await;
    let text = std::fs::read_to_string(file.path()).expect("a file");
    file.write(&text.replace("/revoke", "/gone"));
    let terminal = Terminal::running(&api.url, &issuer.url, &file, &["logout"]);
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::FAILURE);
    assert!(
        told.contains("the issuer takes the tokens until they end"),
        "{told}"
    );
    assert!(!std::path::Path::new(&file.path()).exists());
    file.write("{}");
    let terminal = Terminal::running(&api.url, &issuer.url, &file, &["logout"]);
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::FAILURE);
    assert!(told.contains("could not be revoked"), "{told}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_others_may_read_is_warned_of_and_a_pipe_is_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let (api, issuer) = (answering("200 OK", JSON, "{}").await, issuer(3600).await);
    let file = Scratch::holding("");
    log_in(&api, &issuer, &file).await;
    let status = || {
        let terminal = Terminal::running(&api.url, &issuer.url, &file, &["login", "--status"]);
        terminal.end()
    };
    assert_eq!(status(), (ExitCode::SUCCESS, String::new()));
    let others = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(file.path(), others).expect("ours");
    let (code, told) = status();
    assert_eq!(code, ExitCode::SUCCESS);
    assert!(
        told.starts_with("warning: other users may read the tokens"),
        "{told}"
    );
    assert!(
        told.contains("(mode 644)") && told.contains("chmod 600"),
        "{told}"
    );
    std::fs::remove_file(file.path()).expect("ours");
    let made = std::process::Command::new("mkfifo")
        .arg(file.path())
        .status();
    assert!(made.expect("a program of every Unix").success());
    let (code, told) = status();
    assert_eq!(code, ExitCode::FAILURE);
    assert!(told.contains("is no file"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_in_vain_says_so() {
    let api = answering("200 OK", JSON, "{}").await;
    let issuer = Recording::start(|request| {
        let host = request.split("host: ").nth(1).and_then(|text| text.lines().next());
        let url = format!("http://{}", host.unwrap_or_default());
        let body = match request.split(' ').nth(1).unwrap_or_default() {
            "/.well-known/openid-configuration" => json!({
                "issuer": url, "token_endpoint": format!("{url}/token"), "device_authorization_endpoint": format!("{url}/device"),
            }),
            "/device" => json!({"device_code": "d-1", "user_code": "WDJB-MJHT", "verification_uri": format!("{url}/activate"),
                                "expires_in": 600, "interval": 1}),
            _ => return reply("404 Not Found", "", b""),
        };
        reply("200 OK", JSON, body.to_string().as_bytes())
    })
    .await;
    let file = Scratch::holding("");
    let terminal = Terminal::running(&api.url, &issuer.url, &file, &["login", "--device"]);
    let (code, told) = terminal.end();
    assert_eq!(code, ExitCode::FAILURE);
    assert!(told.contains("answered with status 404"), "{told}");
    let asked = issuer
        .requests()
        .into_iter()
        .filter(|it| it.starts_with("POST /token "));
    assert_eq!(asked.count(), 1);
}
