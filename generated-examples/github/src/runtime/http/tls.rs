//! TLS on our own port: the certificate that clients see.
//!
//! Its files are read again when they change: a new connection has the new one, and those that are open stay. While the
//! files cannot be used together, what was read before is used.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::ResolvesServerCert;
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::engine::StartError;
use super::super::files::Remade;
use super::super::pem::{self, Named, provider};
use super::super::settings::Options;
use super::patience::Patient;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(super) type Encrypted = TlsStream<Patient<TcpStream>>;

/// How this server proves who it is.
pub(super) struct Tls {
    files: Files,
    current: Remade<ServerConfig>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The files that the owner named.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
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
        let current = Remade::of(files.all(), || files.config())?;
        Ok(Some(Arc::new(Self { files, current })))
    }

    /// The other side of a handshake; `None` when it fails, which is told where it may be the owner's concern.
    pub(super) async fn accept(
        &self,
        stream: Patient<TcpStream>,
        peer: SocketAddr,
    ) -> Option<Encrypted> {
        let handshake = TlsAcceptor::from(self.current()).accept(stream);
        let error = match tokio::time::timeout(HANDSHAKE, handshake).await {
            Ok(Ok(stream)) => return Some(stream),
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

    fn current(&self) -> Arc<ServerConfig> {
        self.current.current(self.files.all(), || {
            let read = self.files.config()?;
            tracing::info!("the files of TLS were read again");
            Ok(read)
        })
    }
}

impl Files {
    fn of(options: &Options) -> Result<Option<Self>, StartError> {
        let (set, missing) = match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), Some(key)) => {
                return Ok(Some(Self {
                    certificate: certificate.into(),
                    key: key.into(),
                }));
            }
            (None, None) => return Ok(None),
            (Some(_), None) => ("--tls-cert", "--tls-key"),
            (None, Some(_)) => ("--tls-key", "--tls-cert"),
        };
        Err(StartError(format!(
            "{set} needs `{missing}`: a certificate is of use together with its key"
        )))
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.certificate, &self.key].into_iter()
    }

    fn config(&self) -> Result<ServerConfig, StartError> {
        let certificate = Named("--tls-cert", &self.certificate);
        let pair = pem::pair(certificate, Named("--tls-key", &self.key))?;
        let shown: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(pair));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of every version")
            .with_no_client_auth()
            .with_cert_resolver(shown);
        // RFC 7301 §3.2: who speaks nothing that we do is told so at once.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
