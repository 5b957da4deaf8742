//! Our own port with TLS: who gets in, what a bad handshake does, and certificates that are replaced.

use std::io::{Read as _, Write as _};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use crate::authority::{
    Authority, Client, Issued, SPEC, Serving, certificate_in, client_config, put,
};
use crate::support::{folder, mcpgen, ran};
use crate::upstream::Upstream;

fn api() -> Upstream {
    Upstream::start(|_| ("200 OK", "application/json", r#"{"who":"you"}"#.to_owned()))
}

fn der(issued: &Issued) -> Vec<u8> {
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes());
    certificate.expect("PEM").to_vec()
}

fn is_answered(client: &mut Client) {
    let (status, answer) = client.call(&[], "who", &json!({})).expect("an answer");
    assert_eq!(status, 200);
    assert_eq!(
        answer["result"]["content"][0]["text"], r#"{"who":"you"}"#,
        "{answer}"
    );
}

/// The options for a certificate in a folder.
fn options(paths: &[std::path::PathBuf; 2]) -> [String; 2] {
    [
        format!("--tls-cert={}", paths[0].display()),
        format!("--tls-key={}", paths[1].display()),
    ]
}

#[test]
fn calls_and_the_health_check_go_over_https_and_nothing_else_does() {
    let (folder, api, authority) = (folder(), api(), Authority::new("ours"));
    let options = options(&certificate_in(folder.path(), &authority.server()));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Serving::start(folder.path(), &api.url, &options);
    let mut config = client_config(&authority, None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut client = server.connect_with(config.clone());
    is_answered(&mut client);
    is_answered(&mut client);
    let (status, _) = client.ask("GET /health", &[], "").expect("an answer");
    assert_eq!(status, 200);

    config.alpn_protocols = vec![b"h2".to_vec()];
    let only_h2 = server.connect_with(config).ask("GET /health", &[], "");
    assert!(only_h2.is_err(), "HTTP/2 is not spoken: {only_h2:?}");
    let strange = Authority::new("another");
    let disbelieved = server.connect(&strange, None).ask("GET /health", &[], "");
    assert!(disbelieved.is_err(), "the server proves who it is");
    let mut plain = server.tcp();
    plain
        .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .expect("a socket");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");

    let listen = format!("--listen={}", server.address);
    let health = |options: &[&str]| {
        let mut command = mcpgen(folder.path());
        command.args(["serve", "spec.yaml", "--", &listen, "--healthcheck"]);
        ran(command.args(options).output().expect("mcpgen starts"))
    };
    let healthy = health(&options);
    assert_eq!(healthy.code, 0, "{}", healthy.stderr);
    assert_eq!(health(&[]).code, 1, "nothing answers without TLS");
}

#[test]
fn handshakes_that_go_wrong_or_never_end_disturb_nobody() {
    let (folder, api, authority) = (folder(), api(), Authority::new("ours"));
    let options = options(&certificate_in(folder.path(), &authority.server()));
    let mut all: Vec<&str> = options.iter().map(String::as_str).collect();
    all.push("--max-connections=8");
    let server = Serving::start(folder.path(), &api.url, &all);
    let mut before = server.connect(&authority, None);
    is_answered(&mut before);
    // Half of the places are for handshakes: three that never end leave one.
    let hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];
    let _silent: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = server.tcp();
            stream.write_all(&hello).expect("a socket");
            stream
        })
        .collect();
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 4096], &[0xff; 5], b""] {
        let mut stream = server.tcp();
        stream.write_all(garbage).expect("a socket");
        stream
            .shutdown(std::net::Shutdown::Write)
            .expect("a socket");
        let _ = stream.read_to_end(&mut Vec::new());
    }
    is_answered(&mut before);
    is_answered(&mut server.connect(&authority, None));
}

#[test]
fn certificates_are_replaced_without_a_lost_call() {
    let (folder, api, authority) = (folder(), api(), Authority::new("ours"));
    let (first, second) = (authority.server(), authority.server());
    let paths = certificate_in(folder.path(), &first);
    let options = options(&paths);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Serving::start(folder.path(), &api.url, &options);
    let mut old = server.connect(&authority, None);
    is_answered(&mut old);
    assert_eq!(old.server_certificate(), der(&first));

    // Half of a pair, and half of a file: told once each, and what was there stays.
    for half in [second.certificate.as_str(), &second.certificate[..100]] {
        put(&paths[0], half);
        for _ in 0..3 {
            let mut client = server.connect(&authority, None);
            is_answered(&mut client);
            assert_eq!(client.server_certificate(), der(&first));
        }
    }
    server.has_logged("it holds no certificate in PEM", 1);
    server.has_logged("are of no use together", 1);
    let secret = second.key.lines().nth(1).expect("a line");

    certificate_in(folder.path(), &second);
    let mut new = server.connect(&authority, None);
    is_answered(&mut new);
    assert_eq!(new.server_certificate(), der(&second));
    is_answered(&mut old);
    assert!(!server.whole_log().contains(secret));
}

#[cfg(unix)]
#[test]
fn a_folder_that_kubernetes_swaps_is_seen() {
    let (folder, api, authority) = (folder(), api(), Authority::new("ours"));
    let (first, second) = (authority.server(), authority.server());
    let at = folder.path();
    for (name, issued) in [("one", &first), ("two", &second)] {
        std::fs::create_dir(at.join(name)).expect("writable");
        std::fs::write(at.join(name).join("tls.crt"), &issued.certificate).expect("writable");
        std::fs::write(at.join(name).join("tls.key"), &issued.key).expect("writable");
    }
    let swap = |to: &str| {
        let beside = at.join("..data_tmp");
        std::os::unix::fs::symlink(to, &beside).expect("a link");
        std::fs::rename(&beside, at.join("..data")).expect("one file system");
    };
    swap("one");
    let paths = ["tls.crt", "tls.key"].map(|name| {
        std::os::unix::fs::symlink(format!("..data/{name}"), at.join(name)).expect("a link");
        at.join(name)
    });
    let options = options(&paths);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Serving::start(at, &api.url, &options);
    let mut client = server.connect(&authority, None);
    is_answered(&mut client);
    assert_eq!(client.server_certificate(), der(&first));
    swap("two");
    let mut client = server.connect(&authority, None);
    is_answered(&mut client);
    assert_eq!(client.server_certificate(), der(&second));
}

#[test]
fn options_that_do_not_fit_together_are_told_in_one_line() {
    let (folder, authority) = (folder(), Authority::new("ours"));
    std::fs::write(folder.path().join("spec.yaml"), SPEC).expect("writable");
    let [certificate, key] = options(&certificate_in(folder.path(), &authority.server()));
    put(&folder.path().join("empty"), "");
    put(&folder.path().join("other.key"), &authority.server().key);
    for (options, told) in [
        (&[certificate.as_str()][..], "--tls-cert needs `--tls-key`"),
        (&[key.as_str()], "--tls-key needs `--tls-cert`"),
        (
            &[&certificate, "--tls-key=empty"],
            "`--tls-key`: `empty`: it holds no private key in PEM",
        ),
        (
            &["--tls-cert=no/such", &key],
            "`--tls-cert`: `no/such`: there is no such file",
        ),
        (
            &[&certificate, "--tls-key=other.key"],
            "are of no use together",
        ),
    ] {
        let mut command = mcpgen(folder.path());
        command.args([
            "serve",
            "spec.yaml",
            "--",
            "--transport=http",
            "--listen=127.0.0.1:0",
        ]);
        let ended = ran(command.args(options).output().expect("mcpgen starts"));
        assert_eq!(ended.code, 1, "{options:?}");
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: ") && last.contains(told),
            "{}",
            ended.stderr
        );
    }
}
