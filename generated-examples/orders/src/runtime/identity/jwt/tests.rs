use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::Utc;
use clap::Parser;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

use super::super::super::settings::Options;
use super::super::super::tests::scratch::Scratch;
use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const RESOURCE: &str = "https://mcp.example/mcp";

fn tokens(key: &[&str], args: &[&str]) -> Result<Tokens, StartError> {
    let fixed = ["server", "--jwt-issuer=https://login.example"];
    let options = Options::parse_from(fixed.iter().chain(key).chain(args));
    let none = |_| unreachable!("the key is in a file");
    Tokens::new(&options.callers, none).map(|tokens| tokens.expect("some"))
}

fn with_secret(args: &[&str]) -> Tokens {
    let secret = Scratch::holding(SECRET);
    let path = secret.path();
    tokens(&[&format!("--jwt-hs256-secret-file={path}")], args).expect("tokens")
}

fn parts(header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

fn signed(header: &Value, claims: &Value) -> String {
    let message = parts(header, claims);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = ring::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": "https://login.example", "aud": RESOURCE, "sub": "alice",
        "exp": Utc::now().timestamp() + 600, "scope": "read write",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

async fn told(tokens: &Tokens, token: &str) -> Result<Identity, &'static str> {
    let identified = tokens.identify(token, RESOURCE).await;
    identified.map_err(|refused| match refused {
        Refused::Token(why) => why,
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn a_token_says_who_calls_and_what_they_may() {
    let tokens = with_secret(&[]);
    let token = signed(
        &json!({"alg": "HS256"}),
        &claims(&json!({"groups": ["staff"], "roles": "analyst"})),
    );
    let alice = told(&tokens, &token).await.expect("taken");
    assert_eq!(alice.name(), "alice");
    for role in ["read", "write", "staff", "analyst"] {
        assert!(alice.has_role(role), "{role}");
    }
    assert!(!alice.has_role("admin"));
    for kind in ["JWT", "at+jwt", "application/at+jwt"] {
        let header = json!({"alg": "HS256", "typ": kind});
        let token = signed(&header, &claims(&json!({})));
        assert!(told(&tokens, &token).await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn a_token_is_refused_for_each_thing_that_is_wrong_with_it() {
    let tokens = with_secret(&["--jwt-required-claims=tenant=acme"]);
    let now = Utc::now().timestamp();
    let good = json!({"tenant": "acme"});
    let with = |name: &str, value: Value| {
        let mut changes = good.clone();
        changes[name] = value;
        signed(&json!({"alg": "HS256"}), &claims(&changes))
    };
    assert!(told(&tokens, &with("x", json!(1))).await.is_ok());
    for (name, value, why) in [
        ("exp", json!(now - 60), "the token has expired"),
        ("exp", json!(null), "the token lacks a claim"),
        ("nbf", json!(now + 600), "the token is not valid yet"),
        (
            "aud",
            json!("https://other.example"),
            "the token is meant for another server",
        ),
        ("aud", json!(null), "the token lacks a claim"),
        (
            "iss",
            json!("https://evil.example"),
            "the token is of another issuer",
        ),
        ("iss", json!(null), "the token lacks a claim"),
        (
            "tenant",
            json!("other"),
            "the token lacks a claim that this server asks for",
        ),
        ("sub", json!(""), "the token names nobody"),
        ("sub", json!(" \t"), "the token names nobody"),
        ("sub", json!({}), "`sub` of the token is no text"),
        ("exp", json!([]), "`exp` of the token is no number"),
        ("exp", json!({}), "`exp` of the token is no number"),
        ("exp", json!("soon"), "`exp` of the token is no number"),
        ("nbf", json!("soon"), "`nbf` of the token is no number"),
        ("nbf", json!([1]), "`nbf` of the token is no number"),
        ("iss", json!(7), "`iss` of the token is no text"),
        (
            "aud",
            json!([RESOURCE, 1]),
            "`aud` of the token is neither a text nor a list of texts",
        ),
    ] {
        let refused = told(&tokens, &with(name, value)).await.map(|_| ());
        assert_eq!(refused, Err(why), "{name}");
    }
}

#[tokio::test]
async fn a_claim_that_is_asked_for_is_compared_as_a_whole() {
    let lacks = Err("the token lacks a claim that this server asks for");
    for (asked, given, taken) in [
        ("org.id=acme", json!({"org": {"id": "acme"}}), Ok(())),
        ("org.id=acme", json!({"org": {"id": "x acme"}}), lacks),
        ("org.id=acme", json!({"org": {"id": ["x", "acme"]}}), Ok(())),
        ("org.id=acme", json!({"org": {"id": ["x acme"]}}), lacks),
        ("org=ac me", json!({"org": "ac me"}), Ok(())),
        ("plan=7", json!({"plan": 7}), Ok(())),
        ("plan=7", json!({"plan": [6, 7]}), Ok(())),
        ("staff=true", json!({"staff": true}), Ok(())),
        ("staff=true", json!({"staff": {"true": true}}), lacks),
        ("scope=write", json!({}), Ok(())),
        ("scope=read write", json!({}), lacks),
        ("scp=b", json!({"scp": "a b"}), Ok(())),
        ("scp=b", json!({"scp": ["a b"]}), lacks),
        ("org.scope=b", json!({"org": {"scope": "a b"}}), lacks),
    ] {
        let tokens = with_secret(&[&format!("--jwt-required-claims={asked}")]);
        let token = signed(&json!({"alg": "HS256"}), &claims(&given));
        let told = told(&tokens, &token).await.map(|_| ());
        assert_eq!(told, taken, "{asked} of {given}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_the_issuer_is_refused() {
    let tokens = with_secret(&[]);
    let fine = claims(&json!({}));
    let good = signed(&json!({"alg": "HS256"}), &fine);
    let (message, _) = good.rsplit_once('.').expect("a signature");
    let other = signed(&json!({"alg": "HS256"}), &claims(&json!({"sub": "bob"})));
    let (_, foreign) = other.rsplit_once('.').expect("a signature");
    let algorithm = "the token is signed with an algorithm that is not allowed";
    for (token, why) in [
        (
            format!("{message}.{foreign}"),
            "the signature of the token is wrong",
        ),
        (format!("{message}."), "the signature of the token is wrong"),
        (
            format!("{}.", parts(&json!({"alg": "none"}), &fine)),
            "this is no token",
        ),
        (signed(&json!({"alg": "RS256"}), &fine), algorithm),
        (signed(&json!({"alg": "HS512"}), &fine), algorithm),
        (
            signed(
                &json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
                &fine,
            ),
            "the token asks for an extension that this server does not have",
        ),
        (
            signed(&json!({"alg": "HS256", "typ": "logout+jwt"}), &fine),
            "this is another kind of token",
        ),
        (
            signed(&json!({"alg": "HS256", "typ": "dpop+jwt"}), &fine),
            "this is another kind of token",
        ),
        ("geheim".to_owned(), "this is no token"),
        ("a".repeat(20_000), "the token is too long"),
    ] {
        assert_eq!(told(&tokens, &token).await.map(|_| ()), Err(why), "{token}");
    }
}

fn pair() -> EcdsaKeyPair {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key")
}

fn pem(pair: &EcdsaKeyPair) -> String {
    // RFC 5480: the head of a P-256 key in SubjectPublicKeyInfo.
    let mut info = vec![
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    info.extend_from_slice(pair.public_key().as_ref());
    let encoded = STANDARD.encode(&info);
    format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n")
}

fn signed_with(pair: &EcdsaKeyPair) -> String {
    let message = parts(&json!({"alg": "ES256"}), &claims(&json!({})));
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
    format!(
        "{message}.{}",
        URL_SAFE_NO_PAD.encode(signature.expect("signed"))
    )
}

#[tokio::test]
async fn each_key_of_a_file_may_sign() {
    let [old, new, other] = [pair(), pair(), pair()];
    let file = Scratch::holding(&format!("# of before\n{}\n{}", pem(&old), pem(&new)));
    let option = format!("--jwt-pem-file={}", file.path());
    let by_keys = tokens(&[&option], &[]).expect("tokens");
    for pair in [&old, &new] {
        let alice = told(&by_keys, &signed_with(pair)).await;
        assert_eq!(alice.expect("taken").name(), "alice");
    }
    let refused = told(&by_keys, &signed_with(&other)).await.map(|_| ());
    assert_eq!(refused, Err("the signature of the token is wrong"));
    for text in [
        "",
        "geheim",
        &format!("{}-----BEGIN PUBLIC KEY-----\ngeheim\n", pem(&old)),
    ] {
        let file = Scratch::holding(text);
        let option = format!("--jwt-pem-file={}", file.path());
        let error = tokens(&[&option], &[]).expect_err("no keys");
        assert!(error.0.contains("no public key in PEM"), "{}", error.0);
        assert!(!error.0.contains("geheim"), "{}", error.0);
    }
}

#[tokio::test]
async fn a_public_key_verifies_and_is_never_taken_for_a_secret() {
    let pair = pair();
    let pem = pem(&pair);
    let key = Scratch::holding(&pem);
    let option = format!("--jwt-pem-file={}", key.path());
    let by_key = tokens(&[&option], &[]).expect("tokens");
    let token = signed_with(&pair);
    assert_eq!(told(&by_key, &token).await.expect("taken").name(), "alice");
    let forged = signed(&json!({"alg": "HS256"}), &claims(&json!({})));
    assert!(told(&by_key, &forged).await.is_err());
    let error = tokens(&[&option], &["--jwt-algorithms=HS256"]).expect_err("a mixture");
    assert!(error.0.contains("does not fit the key"), "{}", error.0);
}

#[test]
fn what_tells_the_signature_is_one_thing_and_strong() {
    let weak = Scratch::holding("short");
    let option = format!("--jwt-hs256-secret-file={}", weak.path());
    for (key, says) in [
        (vec![], "tokens need one of"),
        (vec![option.as_str()], "less than 32 bytes"),
        (
            vec![option.as_str(), "--jwt-jwks-url=https://a.example/k"],
            "tokens need one of",
        ),
        (vec!["--jwt-jwks-url=http://a.example/k"], "is no https URL"),
    ] {
        let options = ["server", "--jwt-issuer=https://a.example"]
            .into_iter()
            .chain(key);
        let options = Options::parse_from(options);
        let error = Tokens::new(&options.callers, |_| unreachable!()).expect_err(says);
        assert!(error.0.contains(says), "{}", error.0);
    }
}

#[tokio::test]
async fn a_client_is_never_the_user_of_its_name() {
    let tokens = with_secret(&[]);
    let name = async |changes: Value| {
        let mut claims = claims(&changes);
        let claims = claims.as_object_mut().expect("an object");
        claims.retain(|_, value| !value.is_null());
        let token = signed(&json!({"alg": "HS256"}), &json!(claims));
        told(&tokens, &token).await.map(|it| it.name().to_owned())
    };
    for (changes, expected) in [
        (json!({"client_id": "web"}), "alice"),
        (json!({"sub": null, "client_id": "alice"}), "client:alice"),
        (json!({"sub": null, "azp": "alice"}), "client:alice"),
        (json!({"sub": "client:alice"}), "sub:client:alice"),
        (json!({"sub": "sub:client:alice"}), "sub:sub:client:alice"),
        (json!({"sub": "auth0|alice"}), "auth0|alice"),
    ] {
        assert_eq!(name(changes).await.as_deref(), Ok(expected));
    }
    let nobody = name(json!({"sub": null})).await;
    assert_eq!(nobody, Err("the token names nobody"));
    let blank = name(json!({"sub": null, "client_id": " "})).await;
    assert_eq!(blank, Err("the token names nobody"));
}

#[tokio::test]
async fn roles_may_lie_deeper_in_a_token() {
    let tokens = with_secret(&["--roles-claim=realm_access.roles"]);
    let claims = claims(&json!({"realm_access": {"roles": ["clerk"]}, "client_id": "web"}));
    let identity = told(&tokens, &signed(&json!({"alg": "HS256"}), &claims))
        .await
        .expect("taken");
    assert!(identity.has_role("clerk"));
}
