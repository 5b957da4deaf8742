//! TLS on our own port: the certificate that clients see, and those that they show (mutual TLS).
//!
//! The files are read again when they change: a new connection has the new ones, and those that are open stay. While the
//! files cannot be used together, what was read before is used. A client's certificate is looked at again while its
//! connection is used: it may expire, be revoked, or lose its authority. What its names mean is `identity`'s business.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::engine::StartError;
use super::super::files::Remade;
use super::super::identity::Identity;
use super::super::identity::certificate;
use super::super::pem::{self, Named, provider};
use super::super::settings::{CertificateName, Options};
use super::patience::Patient;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How old the last look at a client's certificate may be.
const EVERY: Duration = Duration::from_secs(1);

type Encrypted = TlsStream<Patient<TcpStream>>;

/// How this server proves who it is, and whose clients it takes.
pub(super) struct Tls {
    files: Files,
    current: Remade<Terms>,
    order: Vec<CertificateName>,
}

/// What was made of the files.
struct Terms {
    config: Arc<ServerConfig>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
}

/// The files that the owner named.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    clients: Option<ClientFiles>,
}

/// Those about client certificates.
struct ClientFiles {
    authorities: PathBuf,
    revoked: Option<PathBuf>,
    is_required: bool,
}

impl Tls {
    /// `None` where connections are not encrypted here.
    ///
    /// # Errors
    /// Options that do not fit together, or files that cannot be used: one line.
    pub(super) fn new(options: &Options) -> Result<Option<Arc<Self>>, StartError> {
        let Some(files) = Files::of(options)? else {
            return Ok(None);
        };
        if options.callers.require_certificates() && options.admin_listen.is_none() {
            tracing::info!(
                "/health, /ready and /metrics ask for a client certificate too; `--admin-listen` serves them without"
            );
        }
        let current = Remade::of(files.all(), || files.terms())?;
        Ok(Some(Arc::new(Self {
            files,
            current,
            order: options.callers.tls_client_identity.clone(),
        })))
    }

    /// Whether clients may have certificates.
    pub(super) fn takes_certificates(&self) -> bool {
        self.files.clients.is_some()
    }

    /// The other side of a handshake, and the certificate that the client has shown; `None` when it fails, which is told
    /// where it may be the owner's concern.
    pub(super) async fn accept(
        self: Arc<Self>,
        stream: Patient<TcpStream>,
        peer: SocketAddr,
    ) -> Option<(Encrypted, Option<Arc<Certified>>)> {
        let config = Arc::clone(&self.current().config);
        let handshake = TlsAcceptor::from(config).accept(stream);
        let error = match tokio::time::timeout(HANDSHAKE, handshake).await {
            Ok(Ok(stream)) => {
                let chain = stream.get_ref().1.peer_certificates();
                let chain = chain.filter(|chain| !chain.is_empty());
                let certified = chain.map(|chain| Certified::new(&self, chain));
                return Some((stream, certified));
            }
            Ok(Err(error)) => error,
            Err(_) => std::io::ErrorKind::TimedOut.into(),
        };
        let client = peer.ip().to_canonical().to_string();
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::AlertReceived(alert)) => {
                tracing::debug!(client, reason = ?alert, "the client ended a TLS handshake");
            }
            Some(error) => tracing::warn!(client, reason = %error, "a TLS handshake failed"),
            // Whoever only looks whether the port is open.
            None => tracing::debug!(client, reason = %error, "a TLS handshake ended early"),
        }
        None
    }

    fn current(&self) -> Arc<Terms> {
        self.current.current(self.files.all(), || {
            let read = self.files.terms()?;
            tracing::info!("the files of TLS were read again");
            Ok(read)
        })
    }
}

/// The certificate that a client has shown in the handshake of its connection, with proof that it has the key.
pub(super) struct Certified {
    tls: Arc<Tls>,
    chain: Vec<CertificateDer<'static>>,
    identity: Result<Option<Identity>, certificate::Unnamed>,
    looked_at: Mutex<Instant>,
}

impl Certified {
    fn new(tls: &Arc<Tls>, chain: &[CertificateDer<'_>]) -> Arc<Self> {
        let chain: Vec<_> = chain.iter().map(|it| it.clone().into_owned()).collect();
        Arc::new(Self {
            tls: Arc::clone(tls),
            identity: certificate::identity(&chain[0], &tls.order),
            chain,
            looked_at: Mutex::new(Instant::now()),
        })
    }

    /// Whom it names; `None` where it is not to name anybody.
    ///
    /// # Errors
    /// It is no longer good, or names nobody: what the client may know.
    pub(super) fn identity(&self) -> Result<Option<Identity>, &'static str> {
        if self.is_still_good() {
            self.identity.clone()
        } else {
            Err("the client certificate is no longer good")
        }
    }

    /// Whether it has this thumbprint (RFC 8705 §3.1).
    pub(super) fn is(&self, thumbprint: &str) -> bool {
        let digest = digest(&SHA256, &self.chain[0]);
        URL_SAFE_NO_PAD.encode(digest) == thumbprint
    }

    fn is_still_good(&self) -> bool {
        let mut looked_at = (self.looked_at.lock()).unwrap_or_else(PoisonError::into_inner);
        if looked_at.elapsed() < EVERY {
            return true;
        }
        let terms = self.tls.current();
        let is_good = terms.clients.as_ref().is_some_and(|clients| {
            let (own, others) = (&self.chain[0], &self.chain[1..]);
            (clients.verify_client_cert(own, others, UnixTime::now())).is_ok()
        });
        if is_good {
            *looked_at = Instant::now();
        }
        is_good
    }
}

impl Files {
    fn of(options: &Options) -> Result<Option<Self>, StartError> {
        let clients = ClientFiles::of(options)?;
        let needs = |set: &str, missing: &str, why: &str| {
            Err(StartError(format!("{set} needs `{missing}`: {why}")))
        };
        let why = "a certificate is of use together with its key";
        match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(Self {
                certificate: certificate.into(),
                key: key.into(),
                clients,
            })),
            (Some(_), None) => needs("--tls-cert", "--tls-key", why),
            (None, Some(_)) => needs("--tls-key", "--tls-cert", why),
            (None, None) if clients.is_some() => {
                let why = "clients show certificates on connections that are encrypted here";
                needs("--tls-client-ca", "--tls-cert", why)
            }
            (None, None) => Ok(None),
        }
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        let clients = self.clients.iter();
        let of_clients =
            clients.flat_map(|files| [Some(&files.authorities), files.revoked.as_ref()]);
        [&self.certificate, &self.key]
            .into_iter()
            .chain(of_clients.flatten())
    }

    fn terms(&self) -> Result<Terms, StartError> {
        let certificate = Named("--tls-cert", &self.certificate);
        let pair = pem::pair(certificate, Named("--tls-key", &self.key))?;
        let shown: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(pair));
        let clients = match &self.clients {
            Some(files) => Some(files.verifier()?),
            None => None,
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of every version");
        let mut config = match &clients {
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients)),
            None => builder.with_no_client_auth(),
        }
        .with_cert_resolver(shown);
        if clients.is_some() {
            // In a session that is resumed nobody shows a certificate again (RFC 8446 §2.2).
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        // RFC 7301 §3.2: who speaks nothing that we do is told so at once.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Terms {
            config: Arc::new(config),
            clients,
        })
    }
}

impl ClientFiles {
    fn of(options: &Options) -> Result<Option<Self>, StartError> {
        let callers = &options.callers;
        match (&callers.tls_client_ca, &callers.tls_client_crl) {
            (Some(authorities), revoked) => Ok(Some(Self {
                authorities: authorities.into(),
                revoked: revoked.as_ref().map(Into::into),
                is_required: callers.require_certificates(),
            })),
            (None, Some(_)) => Err(StartError(
                "--tls-client-crl needs `--tls-client-ca`: an authority takes certificates of its own back"
                    .to_owned(),
            )),
            (None, None) => Ok(None),
        }
    }

    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, StartError> {
        let roots = pem::roots(Named("--tls-client-ca", &self.authorities))?;
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        if !self.is_required {
            builder = builder.allow_unauthenticated();
        }
        if let Some(path) = &self.revoked {
            let file = Named("--tls-client-crl", path);
            let lists = pem::all::<CertificateRevocationListDer<'static>>(file, "revocation list")?;
            builder = builder.with_crls(lists).enforce_revocation_expiration();
        }
        builder.build().map_err(|error| {
            StartError(format!(
                "--tls-client-ca and --tls-client-crl are of no use together: {error}"
            ))
        })
    }
}
