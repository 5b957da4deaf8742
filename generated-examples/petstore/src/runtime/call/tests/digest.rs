//! HTTP digest: challenges and what answers them.

use serde_json::json;

use super::super::super::engine::ErrorType;
use super::*;

const SCHEMES: &[Scheme] = &[Scheme {
    name: "digest",
    env: "DIGEST",
    kind: SchemeKind::Digest,
}];

const CALLS: &[ToolDef] = &[
    ToolDef::new("look", "GET", "/look")
        .hints(Hints::READ)
        .parameters(&[Parameter::query("q")])
        .security(&[&[Need::scheme("digest")]]),
    ToolDef::new("add", "POST", "/add")
        .body(Body::json(BodySource::Fields(&[Field::new("name")])))
        .security(&[&[Need::scheme("digest")]]),
];

fn setup(api: &Recording) -> Setup {
    let mut setup = Setup::new(&api.url);
    setup.def.schemes = SCHEMES;
    setup.def.groups = &[Group {
        tag: "pets",
        tools: CALLS,
        schemas: r#"{"add": {"advertised": {"type": "object", "properties": {"name": {"type": "string"}}}}}"#,
    }];
    for (name, value) in [("USERNAME", "us"), ("PASSWORD", "ge:heim")] {
        setup
            .env
            .insert(format!("API_DIGEST_{name}"), value.to_owned());
    }
    setup
}

/// The parameters of what a request answers.
fn answer(request: &str) -> Option<BTreeMap<String, String>> {
    let line = (request.lines()).find_map(|line| line.strip_prefix("authorization: Digest "))?;
    let pairs = line.split(", ").filter_map(|pair| pair.split_once('='));
    Some(
        pairs
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect(),
    )
}

fn sha256(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether a request answers the challenge of [`asking`] with the right password: worked out from the request itself.
fn is_right(request: &str, nonce: &str) -> bool {
    let Some(answer) = answer(request) else {
        return false;
    };
    let mut line = request.split(' ');
    let (method, target) = (
        line.next().unwrap_or_default(),
        line.next().unwrap_or_default(),
    );
    let (secret, asked) = (
        sha256("us:the api:ge:heim"),
        sha256(&format!("{method}:{target}")),
    );
    let (nc, cnonce) = (&answer["nc"], &answer["cnonce"]);
    let expected = sha256(&format!("{secret}:{nonce}:{nc}:{cnonce}:auth:{asked}"));
    answer["uri"] == target && answer["nonce"] == nonce && answer["response"] == expected
}

fn asking(nonce: &str, more: &str) -> Vec<u8> {
    let headers = format!(
        "WWW-Authenticate: Basic realm=\"x\", Digest realm=\"the api\", qop=\"auth\", algorithm=SHA-256, nonce=\"{nonce}\"{more}\r\n"
    );
    reply("401 Unauthorized", &headers, b"no")
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_its_nonce_used_again() {
    let api = Recording::start(|request| {
        if is_right(request, "n1") {
            reply("200 OK", JSON, b"{}")
        } else {
            asking("n1", "")
        }
    })
    .await;
    let tools = setup(&api).engine();
    for (tool, arguments) in [
        ("add", json!({"name": "a"})),
        ("look", json!({"q": "a b"})),
        ("add", json!({"name": "b"})),
    ] {
        let result = call(&tools, tool, arguments).await;
        assert_eq!(result.error, None, "{}", result.as_text());
    }
    let requests = api.requests();
    assert_eq!(requests.len(), 4, "{requests:#?}");
    assert_eq!(answer(&requests[0]), None);
    assert!(
        requests[1].ends_with(r#"{"name":"a"}"#),
        "the body too: {}",
        requests[1]
    );
    let counts = requests[1..]
        .iter()
        .map(|request| answer(request).expect("an answer")["nc"].clone());
    assert!(counts.eq(["00000001", "00000002", "00000003"]));
    assert!(
        requests
            .iter()
            .all(|request| !request.contains("heim") && !request.contains("Basic"))
    );
}

#[tokio::test]
async fn a_nonce_that_is_too_old_is_replaced_and_a_wrong_password_is_not_tried_again() {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let api = Recording::start(move |request| {
        let number = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let nonce = if number < 2 { "old" } else { "new" };
        if is_right(request, nonce) {
            reply("200 OK", JSON, b"{}")
        } else {
            asking(nonce, ", stale=true")
        }
    })
    .await;
    let tools = setup(&api).engine();
    for _ in 0..2 {
        assert_eq!(call(&tools, "look", json!({})).await.error, None);
    }
    assert_eq!(api.requests().len(), 4);

    let refusing = Recording::start(|_| asking("n", "")).await;
    let tools = setup(&refusing).engine();
    for requests in [2, 3] {
        let result = call(&tools, "look", json!({})).await;
        assert_eq!(result.error, Some(ErrorType::Unauthorized));
        assert!(!result.as_text().contains("heim"), "{}", result.as_text());
        assert_eq!(refusing.requests().len(), requests);
    }
}

#[tokio::test]
async fn a_challenge_of_another_origin_or_another_kind_is_not_answered() {
    let other = Recording::start(|_| asking("n", "")).await;
    let target = format!("Location: {}/look\r\n", other.url);
    let api = Recording::start(move |_| reply("307 Temporary Redirect", &target, b"")).await;
    let result = call(&setup(&api).engine(), "look", json!({})).await;
    assert!(
        result.as_text().contains("was not followed"),
        "{}",
        result.as_text()
    );
    assert!(other.requests().is_empty());
    for challenge in [
        "WWW-Authenticate: Basic realm=\"x\"\r\n",
        "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256\r\n",
        "",
    ] {
        let api = answering("401 Unauthorized", challenge, "").await;
        let result = call(&setup(&api).engine(), "look", json!({})).await;
        assert_eq!(result.error, Some(ErrorType::Unauthorized));
        assert_eq!(answer(&api.request()), None);
    }
}
