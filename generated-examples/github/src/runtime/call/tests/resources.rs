//! Operations as resources: what an identity sees, and that to read one is to call its tool.

use serde_json::json;

use super::super::super::identity::{Identity, Means};
use super::super::super::limits::LimitSettings;
use super::super::super::policy::{PolicySettings, Tables};
use super::super::super::server::Server;
use super::*;

fn server(base: &str, policies: &str, limits: LimitSettings) -> Arc<Server> {
    let mut setup = Setup::new(base).with_token();
    setup.settings.resources = true;
    setup.settings.limits = limits;
    setup.settings.policies = PolicySettings {
        tables: Tables::parse(policies).unwrap_or_else(|(_, why)| panic!("{why}")),
        ..PolicySettings::default()
    };
    Server::new(setup.engine())
}

fn by(role: &str) -> CallContext {
    let claims = json!({"sub": role});
    let claims = claims.as_object().expect("an object").clone();
    let roles = vec![role.to_owned()];
    let identity = Identity::new(role.to_owned(), Means::ApiKey, roles, None, claims);
    CallContext {
        identity: Some(identity),
        ..CallContext::default()
    }
}

#[tokio::test]
async fn an_identity_reads_the_operations_that_it_sees_and_no_other() {
    let upstream = answering("200 OK", JSON, r#"{"id": 7}"#).await;
    let rules =
        "[access.vet]\nallow = [\"GET /pets/**\"]\n[access.guest]\nallow = [\"GET /ping\"]\n";
    let server = server(&upstream.url, rules, LimitSettings::default());
    let (vet, guest) = (by("vet"), by("guest"));
    let resources = server.resources(guest.identity.as_ref());
    let uris: Vec<&str> = resources
        .resources
        .iter()
        .map(|it| it.uri.as_str())
        .collect();
    assert_eq!(uris, ["api://ping"]);
    let templates = server.resource_templates(vet.identity.as_ref());
    let templates = serde_json::to_value(&templates).expect("JSON");
    assert_eq!(templates["cacheScope"], "private");
    let uri = &templates["resourceTemplates"][2]["uriTemplate"];
    assert_eq!(uri, "api://get_pet/{id}{?verbose,trace,theme}");
    let read = server.resource("api://get_pet/7?verbose=true", vet).await;
    let read = serde_json::to_value(read.expect("a resource")).expect("JSON");
    assert_eq!(read["contents"][0]["text"], r#"{"id": 7}"#);
    let refused = server.resource("api://get_pet/7", guest.clone()).await;
    let nothing = server.resource("api://nothing/7", guest).await;
    let (refused, nothing) = (refused.expect_err("no pet"), nothing.expect_err("nothing"));
    assert_eq!(
        (refused.code, refused.message),
        (nothing.code, nothing.message)
    );
    let request = upstream.request();
    assert!(
        request.starts_with("GET /pets/7?verbose=true "),
        "{request}"
    );
    assert!(
        request
            .to_lowercase()
            .contains("authorization: bearer geheim")
    );
}

#[tokio::test]
async fn to_read_counts_as_a_call() {
    let upstream = answering("200 OK", "Content-Type: image/png\r\n", "png").await;
    let limits = LimitSettings {
        repetitions: Some(2),
        ..LimitSettings::default()
    };
    let server = server(&upstream.url, "", limits);
    for _ in 0..2 {
        let read = server.resource("api://ping", CallContext::default()).await;
        let read = serde_json::to_value(read.expect("a resource")).expect("JSON");
        let contents = json!([{"uri": "api://ping", "mimeType": "image/png", "blob": "cG5n"}]);
        assert_eq!(read["contents"], contents);
    }
    let read = server.resource("api://ping", CallContext::default()).await;
    assert_eq!(read.expect_err("too often").code.0, -32603);
    assert_eq!(upstream.requests().len(), 2);
}
