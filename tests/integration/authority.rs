//! A certificate authority for tests, and a server and clients that speak TLS: real sockets, and rustls at the client's end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::support::mcpgen;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// Signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate that `change` says more about.
    pub(crate) fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer);
        Issued {
            certificate: certificate.expect("a certificate").pem(),
            key: key.serialize_pem(),
        }
    }

    /// That of a server on this machine.
    pub(crate) fn server(&self) -> Issued {
        self.issue(|params| {
            let name = "localhost".try_into().expect("a name");
            params.subject_alt_names.push(SanType::DnsName(name));
        })
    }

    /// That of a client with a URI as its name.
    pub(crate) fn client(&self, uri: &str) -> Issued {
        self.issue(|params| params.subject_alt_names.push(san_uri(uri)))
    }

    /// The list of certificates that are no longer good, by their serial numbers.
    pub(crate) fn revoking(&self, serials: &[u64]) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2999, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).expect("a list");
        list.pem().expect("it can be written")
    }
}

pub(crate) fn san_uri(uri: &str) -> SanType {
    SanType::URI(uri.try_into().expect("a URI"))
}

/// Writes a file beside and moves it in, as owners do who rotate with care.
pub(crate) fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).expect("writable");
    std::fs::rename(&beside, path).expect("one file system");
}

/// The files of a server's certificate in a folder.
pub(crate) fn certificate_in(folder: &Path, issued: &Issued) -> [PathBuf; 2] {
    let paths = [folder.join("server.pem"), folder.join("server.key")];
    put(&paths[0], &issued.certificate);
    put(&paths[1], &issued.key);
    paths
}

/// `mcpgen serve` over HTTP, with what it logs.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<Value>>>,
}

/// Two operations: one reads, one writes.
pub(crate) const SPEC: &str = "openapi: 3.1.0\ninfo: {title: Who, version: '1'}\nservers: [{url: 'http://127.0.0.1:1'}]\npaths:\n  \
    /who: {get: {operationId: who, responses: {'200': {description: fine}}}}\n  \
    /orders: {post: {operationId: order, parameters: [{name: amount, in: query, schema: {type: integer}}, \
    {name: ids, in: query, schema: {type: array, items: {type: integer}}}], responses: {'200': {description: fine}}}}\n";

impl Serving {
    pub(crate) fn start(folder: &Path, upstream: &str, options: &[&str]) -> Self {
        std::fs::write(folder.join("spec.yaml"), SPEC).expect("writable");
        let fixed = ["--transport=http", "--listen=127.0.0.1:0"];
        let mut child = mcpgen(folder)
            .args(["serve", "spec.yaml", "--"])
            .args(fixed)
            .args(options)
            .env("API_BASE_URL", upstream)
            .stderr(Stdio::piped())
            .spawn()
            .expect("mcpgen starts");
        let stderr = child.stderr.take().expect("is piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = mpsc::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                let address = line["address"].as_str();
                let address = address.map(|it| it.parse().expect("an address"));
                kept.lock().expect("no test thread panicked").push(line);
                if let Some(address) = address {
                    let _ = found.send(address);
                }
            }
        });
        let mut serving = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            log,
        };
        serving.address = (address.recv_timeout(PATIENCE))
            .unwrap_or_else(|_| panic!("it listens: {}", serving.whole_log()));
        serving
    }

    /// Waits until so many lines of the log hold this: an answer may come before them.
    ///
    /// # Panics
    /// There are fewer, or more.
    pub(crate) fn has_logged(&self, text: &str, times: usize) {
        let count = || {
            let log = self.log.lock().expect("no test thread panicked");
            let lines = log.iter().filter(|line| line.to_string().contains(text));
            lines.count()
        };
        let start = Instant::now();
        while count() < times && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(count(), times, "`{text}` in: {}", self.whole_log());
    }

    /// Where it answers probes: it stands in the line that told its address.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        let log = self.log.lock().expect("no test thread panicked");
        let told = log.iter().find_map(|line| line["admin_address"].as_str());
        told.expect("a port for probes")
            .parse()
            .expect("an address")
    }

    /// Everything that was logged.
    pub(crate) fn whole_log(&self) -> String {
        let log = self.log.lock().expect("no test thread panicked");
        log.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream
    }

    /// Connects as a client that believes an authority, and has a certificate or not.
    pub(crate) fn connect(&self, believed: &Authority, shown: Option<&Issued>) -> Client {
        self.connect_with(client_config(believed, shown))
    }

    pub(crate) fn connect_with(&self, config: ClientConfig) -> Client {
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
        Client(BufReader::new(StreamOwned::new(connection, self.tcp())))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn client_config(believed: &Authority, shown: Option<&Issued>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(believed.pem.as_bytes()).expect("PEM");
    roots.add(authority).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(roots);
    match shown {
        None => builder.with_no_client_auth(),
        Some(issued) => {
            let chain = CertificateDer::pem_slice_iter(issued.certificate.as_bytes());
            let chain = chain.collect::<Result<_, _>>().expect("PEM");
            let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).expect("PEM");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    }
}

/// One connection, which is kept.
pub(crate) struct Client(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Client {
    /// Asks, and gives the status and the body; an error where the connection is not taken.
    pub(crate) fn ask(
        &mut self,
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let headers: String = (headers.iter())
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut text) = (0, 0, String::new());
        loop {
            text.clear();
            if self.0.read_line(&mut text)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let lower = text.trim_end().to_ascii_lowercase();
            if lower.is_empty() {
                break;
            }
            if status == 0 {
                status = lower[9..12].parse().expect("a status");
            } else if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body).expect("text")))
    }

    /// Calls a tool, and gives the status and the answer.
    pub(crate) fn call(
        &mut self,
        headers: &[(&str, &str)],
        tool: &str,
        arguments: &Value,
    ) -> std::io::Result<(u16, Value)> {
        let params = json!({"name": tool, "arguments": arguments});
        self.rpc(headers, "tools/call", &params)
    }

    pub(crate) fn rpc(
        &mut self,
        headers: &[(&str, &str)],
        method: &str,
        params: &Value,
    ) -> std::io::Result<(u16, Value)> {
        let json_headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let headers = [&json_headers, headers].concat();
        let (status, body) = self.ask("POST /mcp", &headers, &message.to_string())?;
        Ok((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
    }

    /// Opens a stream, and gives the address for its posts.
    pub(crate) fn endpoint(&mut self) -> String {
        let request = "GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n";
        (self.0.get_mut().write_all(request.as_bytes())).expect("a connection");
        let mut lines = (&mut self.0).lines().map(|line| line.expect("a stream"));
        let data = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        data.expect("an address")
    }

    /// The certificate that the server shows.
    pub(crate) fn server_certificate(&self) -> Vec<u8> {
        let chain = self.0.get_ref().conn.peer_certificates();
        chain.expect("after the handshake")[0].to_vec()
    }
}
