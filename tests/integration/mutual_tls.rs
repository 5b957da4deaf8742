//! Mutual TLS: whose certificates are taken, who they name, and what that opens.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{DnType, SanType, SerialNumber, date_time_ymd};
use ring::digest::{SHA256, digest};
use ring::hmac;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::authority::{Authority, Client, Issued, Serving, certificate_in, put, san_uri};
use crate::support::{folder, mcpgen, ran};
use crate::upstream::Upstream;

const PATIENCE: Duration = Duration::from_secs(20);
/// `geheim`, as `keys new` would have it.
const KEYS: &str =
    "--api-keys=alice sha256:addb0f5e7826c857d7376d1bd9bc33c0c544790a2eac96144a8af22b1298c940";
const KEY: (&str, &str) = ("x-api-key", "geheim");

/// A folder with the server's certificate and the authority of clients, and what is needed to use them.
struct Site {
    folder: tempfile::TempDir,
    api: Upstream,
    server: Authority,
    clients: Authority,
}

impl Site {
    fn new() -> Self {
        let (folder, server, clients) = (
            folder(),
            Authority::new("server"),
            Authority::new("clients"),
        );
        certificate_in(folder.path(), &server.server());
        put(&folder.path().join("clients.pem"), clients.pem());
        let api =
            Upstream::start(|_| ("200 OK", "application/json", r#"{"who":"you"}"#.to_owned()));
        Self {
            folder,
            api,
            server,
            clients,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn serve(&self, options: &[&str]) -> Serving {
        let fixed = [
            "--tls-cert=server.pem",
            "--tls-key=server.key",
            "--tls-client-ca=clients.pem",
        ];
        Serving::start(self.path(), &self.api.url, &[&fixed, options].concat())
    }

    /// The status of a call.
    fn status(
        &self,
        server: &Serving,
        shown: Option<&Issued>,
        headers: &[(&str, &str)],
    ) -> std::io::Result<u16> {
        status(&mut server.connect(&self.server, shown), headers)
    }

    fn audited(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path().join("audit.log")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// The first lines of the audit log, once there are so many.
    fn audit(&self, count: usize) -> Vec<Value> {
        let end = Instant::now() + PATIENCE;
        while self.audited().len() < count {
            assert!(Instant::now() < end, "{:?}", self.audited());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.audited()
    }
}

fn status(client: &mut Client, headers: &[(&str, &str)]) -> std::io::Result<u16> {
    Ok(client.call(headers, "who", &json!({}))?.0)
}

#[test]
fn who_has_no_certificate_of_the_authority_does_not_get_in() {
    let site = Site::new();
    let server = site.serve(&["--audit-log=audit.log"]);
    let agent = site.clients.client("spiffe://example/agent");
    let other = Authority::new("other").client("spiffe://example/agent");
    let expired = site.clients.issue(|params| {
        params.subject_alt_names = vec![san_uri("spiffe://example/agent")];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
    });
    let of_a_server = site.clients.issue(|params| {
        params.subject_alt_names = vec![san_uri("spiffe://example/agent")];
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    for (what, shown) in [
        ("none", None),
        ("another authority's", Some(&other)),
        ("an expired one", Some(&expired)),
        ("one for servers", Some(&of_a_server)),
    ] {
        let refused = site.status(&server, shown, &[]);
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
    let mut client = server.connect(&site.server, Some(&agent));
    assert_eq!(status(&mut client, &[]).expect("an answer"), 200);
    // The API's credential of another is nobody's business where certificates are the only way.
    assert_eq!(
        status(&mut client, &[("authorization", "Basic YTpi")]).expect("an answer"),
        200
    );
    let line = &site.audit(2)[1];
    assert_eq!(line["identity"], "spiffe://example/agent");
    assert_eq!(
        (&line["means"], &line["outcome"]),
        (&json!("mtls"), &json!("ok"))
    );
    server.has_logged("a TLS handshake failed", 4);

    // Whoever is asked for a certificate knows that somebody is there.
    let listen = format!("--listen={}", server.address);
    let mut command = mcpgen(site.path());
    command.args([
        "serve",
        "spec.yaml",
        "--",
        &listen,
        "--healthcheck",
        "--tls-cert=server.pem",
        "--tls-key=server.key",
    ]);
    let healthy = ran(command.output().expect("mcpgen starts"));
    assert_eq!(healthy.code, 0, "{}", healthy.stderr);
}

#[test]
fn the_owner_says_which_name_is_the_identity_and_a_name_does_not_pass_for_another() {
    let site = Site::new();
    let everything = site.clients.issue(|params| {
        params.subject_alt_names = vec![
            SanType::DnsName("Agent.Example".try_into().expect("a name")),
            SanType::Rfc822Name("agent@example.com".try_into().expect("an address")),
            san_uri("spiffe://example/agent"),
        ];
        params
            .distinguished_name
            .push(DnType::CommonName, "agent seven");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Example");
    });
    let named = |common: &str| {
        let common = common.to_owned();
        site.clients
            .issue(move |params| params.distinguished_name.push(DnType::CommonName, common))
    };
    let two_ids = site.clients.issue(|params| {
        params.subject_alt_names =
            vec![san_uri("spiffe://example/a"), san_uri("spiffe://example/b")];
    });
    for (names, shown, identity) in [
        (
            "san-uri,san-dns,subject",
            &everything,
            Some("spiffe://example/agent"),
        ),
        ("san-dns", &everything, Some("agent.example")),
        ("san-email", &everything, Some("agent@example.com")),
        ("subject", &everything, Some("agent seven")),
        (
            "san-uri,san-dns,subject",
            &named("agent seven"),
            Some("agent seven"),
        ),
        (
            "san-uri,san-dns,subject",
            &named("spiffe://example/agent"),
            None,
        ),
        ("san-uri,san-dns,subject", &two_ids, None),
        ("san-uri", &named("agent seven"), None),
    ] {
        let _ = std::fs::remove_file(site.path().join("audit.log"));
        let option = format!("--tls-client-identity={names}");
        let server = site.serve(&[&option, "--audit-log=audit.log", "--tenant-claim=o"]);
        let answered = site.status(&server, Some(shown), &[]).expect("an answer");
        assert_eq!(
            answered,
            if identity.is_some() { 200 } else { 403 },
            "{names}"
        );
        if let Some(identity) = identity {
            let line = &site.audit(1)[0];
            assert_eq!(line["identity"], identity);
            let tenant = if identity == "agent seven" && names != "subject" {
                Value::Null
            } else {
                json!("Example")
            };
            assert_eq!(line["tenant"], tenant, "{names}");
        }
    }
}

#[test]
fn tables_of_access_and_bindings_go_by_the_names_in_a_certificate() {
    let site = Site::new();
    let tables = "[access.\"uri:spiffe://example/reader\"]\nallow = [\"method:GET\"]\n\n\
                  [access.\"ou:Desk\"]\nallow = [\"op:order\"]\n\n[tools.\"op:order\".bind]\namount = \"claim:serial\"\n";
    put(&site.path().join("policies.toml"), tables);
    let server = site.serve(&["--config=policies.toml"]);
    let listed = |shown: &Issued| {
        let mut client = server.connect(&site.server, Some(shown));
        let (_, list) = client
            .rpc(&[], "tools/list", &json!({}))
            .expect("an answer");
        let tools = list["result"]["tools"].as_array().expect("a list").clone();
        tools
            .iter()
            .map(|tool| tool["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let reader = site.clients.client("spiffe://example/reader");
    let desk = site.clients.issue(|params| {
        params.subject_alt_names = vec![san_uri("spiffe://example/desk")];
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, "Desk");
        params.serial_number = Some(SerialNumber::from(0x11_u64));
    });
    assert_eq!(listed(&reader), ["who"]);
    assert_eq!(listed(&desk), ["order"]);
    assert!(listed(&site.clients.client("spiffe://example/stranger")).is_empty());
    let mut client = server.connect(&site.server, Some(&desk));
    let (_, answer) = client.call(&[], "order", &json!({})).expect("an answer");
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let received = site.api.received();
    assert_eq!(
        received.last().map(|it| it.line.as_str()),
        Some("POST /orders?amount=11")
    );
}

#[test]
fn with_other_ways_beside_it_the_one_closest_to_the_user_counts_and_a_wrong_one_is_refused() {
    let site = Site::new();
    let agent = site.clients.client("spiffe://example/agent");
    let (wrong, bearer) = (("x-api-key", "wrong"), ("authorization", "Bearer geheim"));
    let server = site.serve(&[KEYS, "--tls-client-auth=optional", "--audit-log=audit.log"]);
    let answered =
        |shown, headers: &[(&str, &str)]| site.status(&server, shown, headers).expect("an answer");
    assert_eq!(answered(None, &[]), 401);
    assert_eq!(answered(None, &[KEY]), 200);
    assert_eq!(answered(Some(&agent), &[]), 200);
    assert_eq!(answered(Some(&agent), &[bearer]), 200);
    assert_eq!(answered(Some(&agent), &[wrong]), 401);
    let who: Vec<Value> = site
        .audit(5)
        .into_iter()
        .map(|line| line["identity"].clone())
        .collect();
    // Who was refused has a line too, and no name.
    assert_eq!(
        who,
        [
            json!(null),
            json!("alice"),
            json!("spiffe://example/agent"),
            json!("alice"),
            json!(null)
        ]
    );
    let other = Authority::new("other").client("spiffe://example/agent");
    assert!(site.status(&server, Some(&other), &[KEY]).is_err());
    let mut stranger = server.connect(&site.server, None);
    assert_eq!(
        stranger.ask("GET /health", &[], "").expect("an answer").0,
        200
    );
    drop(server);

    // Both: the certificate opens the connection, and the key says who calls.
    let server = site.serve(&[KEYS, "--tls-client-identity=none"]);
    assert!(site.status(&server, None, &[KEY]).is_err());
    assert_eq!(
        site.status(&server, Some(&agent), &[]).expect("an answer"),
        401
    );
    assert_eq!(
        site.status(&server, Some(&agent), &[KEY])
            .expect("an answer"),
        200
    );
    drop(server);

    // Where certificates are the only way and not everybody needs one, who has none is told so.
    let server = site.serve(&["--tls-client-auth=optional"]);
    let mut stranger = server.connect(&site.server, None);
    let (status, answer) = stranger.call(&[], "who", &json!({})).expect("an answer");
    assert_eq!(status, 403);
    assert!(
        answer["help"]
            .as_str()
            .expect("a way out")
            .contains("client certificate"),
        "{answer}"
    );
    drop(server);

    // A proxy's certificate is the proxy's: it names nobody who is behind it.
    let proxied = [
        "--trusted-proxy=127.0.0.1",
        "--identity-header=x-user",
        "--audit-log=proxied.log",
    ];
    let server = site.serve(&proxied);
    assert_eq!(
        site.status(&server, Some(&agent), &[]).expect("an answer"),
        403
    );
    assert_eq!(
        site.status(&server, Some(&agent), &[("x-user", "bob")])
            .expect("an answer"),
        200
    );
}

#[test]
fn a_certificate_that_is_revoked_loses_the_connections_that_it_has() {
    let site = Site::new();
    let list = site.path().join("revoked.pem");
    put(&list, &site.clients.revoking(&[7]));
    let of = |serial: u64| {
        site.clients.issue(|params| {
            params.subject_alt_names = vec![san_uri("spiffe://example/agent")];
            params.serial_number = Some(SerialNumber::from(serial));
        })
    };
    let (good, bad) = (of(8), of(7));
    let server = site.serve(&["--tls-client-crl=revoked.pem"]);
    assert!(site.status(&server, Some(&bad), &[]).is_err());
    let mut client = server.connect(&site.server, Some(&good));
    assert_eq!(status(&mut client, &[]).expect("an answer"), 200);
    // Half a list changes nothing.
    put(&list, "-----BEGIN X509 CRL-----\nMIIB");
    assert_eq!(
        status(&mut server.connect(&site.server, Some(&good)), &[]).expect("an answer"),
        200
    );
    put(&list, &site.clients.revoking(&[7, 8]));
    let end = Instant::now() + PATIENCE;
    while status(&mut client, &[]).expect("an answer") != 403 {
        assert!(Instant::now() < end, "the list is read again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(status(&mut client, &[]).is_err(), "the connection is over");
    assert!(site.status(&server, Some(&good), &[]).is_err());
}

#[test]
fn another_authority_takes_over_without_a_lost_call() {
    let site = Site::new();
    let server = site.serve(&[]);
    let (old, next) = (
        site.clients.client("spiffe://example/old"),
        Authority::new("next"),
    );
    let new = next.client("spiffe://example/new");
    let mut kept = server.connect(&site.server, Some(&old));
    assert_eq!(status(&mut kept, &[]).expect("an answer"), 200);
    assert!(site.status(&server, Some(&new), &[]).is_err());
    let both = format!("{}{}", site.clients.pem(), next.pem());
    put(&site.path().join("clients.pem"), &both);
    for shown in [&old, &new] {
        assert_eq!(
            site.status(&server, Some(shown), &[]).expect("an answer"),
            200
        );
    }
    assert_eq!(status(&mut kept, &[]).expect("an answer"), 200);
    put(&site.path().join("clients.pem"), next.pem());
    assert!(site.status(&server, Some(&old), &[]).is_err());
    assert_eq!(
        site.status(&server, Some(&new), &[]).expect("an answer"),
        200
    );
}

#[test]
fn a_stream_is_bound_to_the_certificate_that_opened_it_and_probes_have_a_port_of_their_own() {
    let site = Site::new();
    let server = site.serve(&["--admin-listen=127.0.0.1:0"]);
    let admin = server.admin_address();
    let (alice, bob) = (
        site.clients.client("urn:alice"),
        site.clients.client("urn:bob"),
    );
    let mut stream = server.connect(&site.server, Some(&alice));
    let endpoint = stream.endpoint();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let post = |shown: &Issued| {
        let mut client = server.connect(&site.server, Some(shown));
        let json = [("content-type", "application/json")];
        client
            .ask(&format!("POST {endpoint}"), &json, &list)
            .expect("an answer")
            .0
    };
    assert_eq!(post(&bob), 404);
    assert_eq!(post(&alice), 202);

    let mut command = mcpgen(site.path());
    command.args([
        "serve",
        "spec.yaml",
        "--",
        &format!("--admin-listen={admin}"),
        "--healthcheck",
    ]);
    let healthy = ran(command
        .args(["--tls-cert=server.pem", "--tls-key=server.key"])
        .output()
        .expect("mcpgen starts"));
    assert_eq!(healthy.code, 0, "{}", healthy.stderr);
}

#[test]
fn options_of_client_certificates_that_do_not_fit_together_are_told_in_one_line() {
    let site = Site::new();
    std::fs::write(site.path().join("spec.yaml"), crate::authority::SPEC).expect("writable");
    put(&site.path().join("empty"), "");
    let own = ["--tls-cert=server.pem", "--tls-key=server.key"];
    for (options, told) in [
        (
            &["--tls-client-ca=clients.pem"][..],
            "--tls-client-ca needs `--tls-cert`",
        ),
        (
            &[own[0], own[1], "--tls-client-crl=empty"],
            "--tls-client-crl needs `--tls-client-ca`",
        ),
        (
            &[own[0], own[1], "--tls-client-ca=empty"],
            "`--tls-client-ca`: `empty`: it holds no certificate in PEM",
        ),
        (
            &[
                own[0],
                own[1],
                "--tls-client-ca=clients.pem",
                "--tls-client-crl=clients.pem",
            ],
            "`--tls-client-crl`: `clients.pem`: it holds no revocation list in PEM",
        ),
    ] {
        let mut command = mcpgen(site.path());
        command.args([
            "serve",
            "spec.yaml",
            "--",
            "--transport=http",
            "--listen=127.0.0.1:0",
        ]);
        let ended = ran(command.args(options).output().expect("mcpgen starts"));
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: ") && last.contains(told),
            "{}",
            ended.stderr
        );
    }
}

/// A token of the issuer whose secret is 32 times `k`, for `alice`, with these claims.
fn token(more: &Value) -> String {
    let mut claims = json!({"iss": "https://login.example", "aud": "orders", "sub": "alice", "exp": 32_503_680_000_u64});
    for (name, value) in more.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!(
        "{}.{}",
        part(&json!({"alg": "HS256", "typ": "JWT"})),
        part(&claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, "k".repeat(32).as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
    format!("Bearer {text}.{signature}")
}

#[test]
fn a_token_that_is_bound_to_a_certificate_is_good_with_it_alone() {
    let site = Site::new();
    put(&site.path().join("secret"), &"k".repeat(32));
    let server = site.serve(&[
        "--tls-client-auth=optional",
        "--jwt-hs256-secret-file=secret",
        "--jwt-issuer=https://login.example",
        "--jwt-audience=orders",
    ]);
    let (alice, mallory) = (
        site.clients.client("urn:alice"),
        site.clients.client("urn:mallory"),
    );
    // RFC 8705 §3.1
    let thumbprint = |issued: &Issued| {
        let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).expect("PEM");
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &der))
    };
    let bound = token(&json!({"cnf": {"x5t#S256": thumbprint(&alice)}}));
    let answered = |shown, token: &str| {
        let headers = [("authorization", token)];
        site.status(&server, shown, &headers).expect("an answer")
    };
    assert_eq!(answered(Some(&alice), &bound), 200);
    assert_eq!(answered(Some(&mallory), &bound), 401);
    assert_eq!(answered(None, &bound), 401);
    assert_eq!(answered(None, &token(&json!({}))), 200);
    assert_eq!(
        answered(Some(&alice), &token(&json!({"cnf": {"x5t#S256": 1}}))),
        401
    );
}
