//! Token endpoints that issuers publish themselves.

use serde_json::json;

use super::super::super::engine::{ErrorType, StartError};
use super::*;

/// An issuer whose document `about` makes of its own address.
async fn issuer(about: impl Fn(&str) -> Value + Send + Sync + 'static) -> Recording {
    Recording::start(move |request| {
        let host = request.split("host: ").nth(1);
        let host = host
            .and_then(|text| text.lines().next())
            .unwrap_or_default();
        if request.starts_with("GET /realm/.well-known/openid-configuration ") {
            let document = about(&format!("http://{host}")).to_string();
            reply("200 OK", JSON, document.as_bytes())
        } else if request.starts_with("POST /realm/token ") {
            reply(
                "200 OK",
                JSON,
                br#"{"access_token": "t-1", "expires_in": 20}"#,
            )
        } else {
            reply("404 Not Found", JSON, b"{}")
        }
    })
    .await
}

fn client(api: &Recording, issuer: &str) -> Setup {
    let mut setup = Setup::new(&api.url);
    for (name, value) in [
        ("CLIENT_ID", "us"),
        ("CLIENT_SECRET", "geheim"),
        ("ISSUER", issuer),
    ] {
        let name = format!("API_BEARER_AUTH_{name}");
        setup.env.insert(name, value.to_owned());
    }
    setup
}

#[tokio::test]
async fn an_issuer_that_the_owner_names_says_where_its_tokens_are_got() {
    let api = answering("200 OK", JSON, "{}").await;
    let issuer = issuer(|url| {
        json!({"issuer": format!("{url}/realm"), "token_endpoint": format!("{url}/realm/token")})
    })
    .await;
    for name in [
        "/realm",
        "/realm/",
        "/realm/.well-known/openid-configuration",
    ] {
        let tools = client(&api, &format!("{}{name}", issuer.url)).engine();
        for _ in 0..2 {
            let result = call(&tools, "get_pet", json!({"id": 1})).await;
            assert_eq!(result.error, None, "{}", result.as_text());
        }
    }
    let asked = issuer.requests();
    let first_lines = asked.iter().filter_map(|request| request.split(' ').nth(1));
    let expected = [
        "/realm/.well-known/openid-configuration",
        "/realm/token",
        "/realm/token",
    ];
    assert!(
        first_lines.eq(expected.iter().copied().cycle().take(9)),
        "{asked:#?}"
    );
    assert!(
        asked
            .iter()
            .all(|request| !request.starts_with("GET") || !request.contains("authorization"))
    );
}

#[tokio::test]
async fn an_issuer_that_is_not_the_one_that_was_asked_gets_no_secret() {
    let api = answering("200 OK", JSON, "{}").await;
    let other = answering("200 OK", JSON, r#"{"access_token": "t"}"#).await;
    let stolen = other.url.clone();
    let as_another =
        issuer(move |_| json!({"issuer": stolen, "token_endpoint": format!("{stolen}/t")})).await;
    let nowhere = issuer(|url| json!({"issuer": format!("{url}/realm")})).await;
    let inside = issuer(|url| {
        json!({"issuer": format!("{url}/realm"), "token_endpoint": "https://169.254.169.254/latest"})
    })
    .await;
    let page = answering("200 OK", "Content-Type: text/html\r\n", "<p>geheim").await;
    for (issuer, why) in [
        (&as_another, "calls itself by another name"),
        (&nowhere, "names no token endpoint"),
        (&inside, "169.254.169.254 cannot be reached"),
        (&page, "gave no discovery document"),
    ] {
        let tools = client(&api, &format!("{}/realm", issuer.url)).engine();
        let result = call(&tools, "get_pet", json!({"id": 1})).await;
        assert_eq!(result.error, Some(ErrorType::Unauthorized));
        let told = result.as_text();
        assert!(told.contains(why) && !told.contains("geheim"), "{told}");
        assert!(
            issuer
                .requests()
                .iter()
                .all(|request| request.starts_with("GET "))
        );
    }
    assert!(other.requests().is_empty() && api.requests().is_empty());
}

#[test]
fn an_issuer_beside_an_endpoint_is_a_mistake() {
    let refused = |more: &[(&str, &str)], issuer: &str| {
        let mut setup = Setup::new("http://127.0.0.1:9");
        for (name, value) in [
            ("CLIENT_ID", "a"),
            ("CLIENT_SECRET", "b"),
            ("ISSUER", issuer),
        ]
        .iter()
        .chain(more)
        {
            let name = format!("API_BEARER_AUTH_{name}");
            setup.env.insert(name, (*value).to_owned());
        }
        let StartError(told) = setup.try_engine().expect_err("a mistake");
        told
    };
    let url = ("TOKEN_URL", "https://login.example/t");
    assert!(refused(&[url], "https://login.example").contains("are both set"));
    assert!(
        refused(&[], "http://login.example").contains("`API_BEARER_AUTH_ISSUER` is no https URL")
    );
    assert!(refused(&[], "").contains("and neither is `API_BEARER_AUTH_ISSUER`"));
}
