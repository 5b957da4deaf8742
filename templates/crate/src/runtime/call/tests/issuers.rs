//! Issuers of callers' tokens: how often they are asked, and what callers are told while they cannot be.

use clap::Parser as _;
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::super::http::{Shutdown, bind};
use super::super::super::server::Server;
use super::super::super::settings::Options;
use super::super::super::tests::scratch::Scratch;
use super::*;

const AUDIENCE: &str = "--jwt-audience=us";

/// A server that asks who calls.
struct Site(std::net::SocketAddr);

impl Site {
    async fn start(args: &[&str]) -> Self {
        let fixed = ["pets", "--listen=127.0.0.1:0", AUDIENCE];
        let options = Options::parse_from(fixed.iter().chain(args));
        let server = Server::new(Setup::new("http://127.0.0.1:9").engine());
        let bound = bind(server, Arc::default(), &options, Shutdown::default());
        let bound = bound.await.expect("a port");
        let address = bound.address().expect("an address");
        tokio::spawn(bound.serve());
        Self(address)
    }

    /// One that asks this issuer what tokens are.
    async fn asking(about: &Recording, more: &[&str]) -> Self {
        let secret = Scratch::holding("s");
        let fixed = [
            &format!("--introspection-url={}/about", about.url),
            "--introspection-client=us",
            &format!("--introspection-secret-file={}", secret.path()),
        ];
        Self::start(&[&fixed, more].concat()).await
    }

    async fn list(&self, token: &str) -> String {
        self.list_from("192.0.2.1", token).await
    }

    /// The answer to a client of this address, behind a proxy.
    async fn list_from(&self, client: &str, token: &str) -> String {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nX-Forwarded-For: {client}\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = tokio::net::TcpStream::connect(self.0).await;
        let mut stream = stream.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }
}

fn status(answer: &str) -> &str {
    &answer[9..12]
}

/// An issuer that knows tokens that begin with `good`.
async fn knowing() -> Recording {
    Recording::start(|request| {
        let claims = if request.contains("token=good") {
            r#"{"active": true, "sub": "ann", "aud": "us"}"#
        } else {
            r#"{"active": false}"#
        };
        reply("200 OK", JSON, claims.as_bytes())
    })
    .await
}

const PROXY: &str = "--trusted-proxy=127.0.0.1";

#[tokio::test]
async fn tokens_that_are_made_up_have_the_issuer_asked_only_so_often() {
    let about = knowing().await;
    let site = Site::asking(&about, &[PROXY, "--rate-limit=5/m:5"]).await;
    for number in 0..5 {
        assert_eq!(status(&site.list(&format!("good-{number}")).await), "200");
        let answer = site.list(&format!("junk-{number}")).await;
        assert_eq!(status(&answer), "401", "{answer}");
        // What was asked costs nothing the second time.
        assert_eq!(status(&site.list("junk-0").await), "401");
    }
    for token in ["junk-5", "junk-6", "good-5"] {
        let answer = site.list(token).await;
        assert_eq!(status(&answer), "429", "{answer}");
        assert!(answer.contains("\r\nretry-after: 1"), "{answer}");
    }
    assert_eq!(status(&site.list("good-0").await), "200", "known by now");
    assert_eq!(about.requests().len(), 10);
    let elsewhere = site.list_from("192.0.2.2", "good-5").await;
    assert_eq!(status(&elsewhere), "200", "{elsewhere}");
}

#[tokio::test]
async fn tokens_that_are_made_up_at_once_wait_for_what_is_said_of_the_first() {
    let about = knowing().await;
    let site = Site::asking(&about, &[PROXY, "--rate-limit=5/m:5"]).await;
    let tokens: Vec<String> = (0..100).map(|number| format!("junk-{number}")).collect();
    let mut refused = 0;
    for answer in join_all(tokens.iter().map(|token| site.list(token))).await {
        let status = status(&answer);
        assert!(["401", "429"].contains(&status), "{answer}");
        refused += usize::from(status == "429");
    }
    // Five of the limit, and the others that were on their way with the first of them.
    assert!(refused >= 100 - (5 + 31), "{refused}");
    assert_eq!(about.requests().len(), 100 - refused);
    let elsewhere = site.list_from("192.0.2.2", "good").await;
    assert_eq!(status(&elsewhere), "200", "{elsewhere}");
}

#[tokio::test]
async fn who_comes_with_the_same_token_at_once_waits_for_one_answer() {
    let about = knowing().await;
    let site = Site::asking(&about, &["--rate-limit=5/m:5"]).await;
    for answer in join_all((0..8).map(|_| site.list("good"))).await {
        assert_eq!(status(&answer), "200", "{answer}");
    }
    assert!(about.request().contains("token=good&"));
}

#[tokio::test]
async fn good_tokens_that_come_at_once_are_all_asked_about() {
    let about = knowing().await;
    let site = Site::asking(&about, &["--rate-limit=5/m:5"]).await;
    let tokens: Vec<String> = (0..8).map(|number| format!("good-{number}")).collect();
    for answer in join_all(tokens.iter().map(|token| site.list(token))).await {
        assert_eq!(status(&answer), "200", "{answer}");
    }
}

#[tokio::test]
async fn what_an_issuer_says_of_a_token_is_checked_as_what_a_token_says() {
    let now = chrono::Utc::now().timestamp();
    for (name, value, told) in [
        ("iss", json!("https://login.example"), None),
        ("iss", json!(null), None),
        (
            "iss",
            json!("https://evil.example"),
            Some("is of another issuer"),
        ),
        ("iss", json!(["https://login.example"]), Some("no text")),
        ("nbf", json!(now - 60), None),
        ("nbf", json!(now + 60), None),
        ("nbf", json!(now + 600), Some("is not valid yet")),
        ("nbf", json!("1"), Some("`nbf` of the token is no number")),
        ("exp", json!(now + 600), None),
        ("exp", json!(now - 1), Some("has expired")),
        (
            "exp",
            json!("9000000000"),
            Some("`exp` of the token is no number"),
        ),
        ("aud", json!(["x", "us"]), None),
        ("aud", json!("x us"), Some("is meant for another server")),
        ("aud", json!(["x us"]), Some("is meant for another server")),
        ("aud", json!({"us": 1}), Some("neither a text nor a list")),
    ] {
        let mut claims = json!({"active": true, "sub": "ann", "aud": "us"});
        claims[name] = value.clone();
        let claims = claims.to_string();
        let about = Recording::start(move |_| reply("200 OK", JSON, claims.as_bytes())).await;
        let more = ["--jwt-issuer=https://login.example", "--jwt-leeway=5m"];
        let answer = Site::asking(&about, &more).await.list("any").await;
        let expected = if told.is_some() { "401" } else { "200" };
        assert_eq!(status(&answer), expected, "{name}: {value}: {answer}");
        assert!(answer.contains(told.unwrap_or_default()), "{answer}");
    }
}

/// Whether a client is told that its token may be good.
fn is_about_issuer(answer: &str) -> bool {
    status(answer) == "503"
        && answer.contains("\r\nretry-after: 10\r\n")
        && !answer.contains("www-authenticate")
        && answer.contains(r#"{"error":"the issuer of the token cannot be asked at the moment""#)
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_not_the_fault_of_a_token() {
    for (code, body) in [
        ("500 Internal Server Error", "{}"),
        ("401 Unauthorized", "{}"),
        ("200 OK", "<html>"),
    ] {
        let about = answering(code, JSON, body).await;
        let site = Site::asking(&about, &["--rate-limit=1/m:1"]).await;
        for _ in 0..3 {
            let answer = site.list("good").await;
            assert!(is_about_issuer(&answer), "{answer}");
        }
        assert_eq!(about.requests().len(), 3, "what failed is not kept");
    }
}

#[cfg(feature = "jwt")]
mod signed {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::super::super::super::identity::claims::Refused;
    use super::super::super::super::identity::jwt::Tokens;
    use super::*;

    struct Key(EcdsaKeyPair);

    impl Key {
        fn new() -> Self {
            let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
            Self(pair.expect("a key"))
        }

        fn published(&self, id: &str) -> String {
            // SEC 1 §2.3.3: a byte that says what follows, and the two coordinates.
            let [x, y] = [1..33, 33..65]
                .map(|part| URL_SAFE_NO_PAD.encode(&self.0.public_key().as_ref()[part]));
            json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y}]}).to_string()
        }

        fn token(&self, id: Option<&str>) -> String {
            let mut header = json!({"alg": "ES256"});
            if let Some(id) = id {
                header["kid"] = id.into();
            }
            let claims =
                json!({"iss": ISSUER, "aud": "us", "sub": "ann", "exp": 9_000_000_000_u64});
            let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", encoded(&header), encoded(&claims));
            let signature = self.0.sign(&SystemRandom::new(), message.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(signature.expect("signed"));
            format!("{message}.{signature}")
        }
    }

    const ISSUER: &str = "https://login.example";

    /// The options for keys that are published there.
    fn options(keys: &Recording) -> [String; 2] {
        [
            format!("--jwt-issuer={ISSUER}"),
            format!("--jwt-jwks-url={}/keys", keys.url),
        ]
    }

    #[tokio::test]
    async fn keys_that_cannot_be_fetched_are_not_the_fault_of_a_token() {
        let keys = answering("503 Service Unavailable", JSON, "{}").await;
        let [issuer, url] = options(&keys);
        let site = Site::start(&[&issuer, &url]).await;
        for _ in 0..3 {
            let answer = site.list(&Key::new().token(Some("a"))).await;
            assert!(is_about_issuer(&answer), "{answer}");
        }
        assert!(keys.request().starts_with("GET /keys "));
        assert_eq!(status(&site.list("no.token").await), "401");
    }
    /// An issuer that published the first key at first, and then the second.
    async fn rotating(first: String, second: String) -> (Recording, Tokens) {
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let keys = Recording::start(move |_| {
            let is_first = is_first.swap(false, std::sync::atomic::Ordering::Relaxed);
            let keys = if is_first { &first } else { &second };
            reply("200 OK", JSON, keys.as_bytes())
        })
        .await;
        let [issuer, url] = options(&keys);
        let options = Options::parse_from(["pets", AUDIENCE, &issuer, &url]);
        let engine = Setup::new("http://127.0.0.1:9").engine();
        let tokens = Tokens::new(&options.callers, |host| engine.side_channel(host));
        (keys, tokens.expect("in order").expect("some"))
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_under_its_name_is_fetched_for_a_token_that_it_signed() {
        let (old, new) = (Key::new(), Key::new());
        for id in [Some("a"), None] {
            let (keys, tokens) = rotating(old.published("a"), new.published("a")).await;
            let is_taken = async |key: &Key| tokens.identify(&key.token(id), "").await.is_ok();
            assert!(is_taken(&old).await);
            assert!(!is_taken(&new).await, "keys were fetched just now");
            assert_eq!(keys.requests().len(), 1);
            tokens.end_pause();
            assert!(is_taken(&old).await, "as long as nobody has another");
            assert_eq!(keys.requests().len(), 1);
            assert!(is_taken(&new).await);
            assert!(!is_taken(&old).await);
            assert_eq!(keys.requests().len(), 2);
        }
    }

    #[tokio::test]
    async fn keys_that_are_known_stay_good_while_the_issuer_is_away() {
        let (known, other) = (Key::new(), Key::new());
        let (_, tokens) = rotating(known.published("a"), "away".to_owned()).await;
        let known = known.token(Some("a"));
        assert!(tokens.identify(&known, "").await.is_ok());
        tokens.end_pause();
        let unknown = tokens.identify(&other.token(Some("b")), "").await;
        assert_eq!(unknown.err(), Some(Refused::Unasked));
        assert!(tokens.identify(&known, "").await.is_ok());
        let forged = tokens.identify(&other.token(Some("a")), "").await;
        let wrong = Refused::Token("the signature of the token is wrong");
        assert_eq!(forged.err(), Some(wrong));
    }
}
