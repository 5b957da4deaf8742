//! TLS to the API: which authorities are believed, and the certificate that this server proves itself with.
//!
//! Authorities stand beside those of Mozilla's programme. The certificate goes only where credentials go, and its files are
//! read again when they change: a new connection has the new one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};

use super::super::engine::StartError;
use super::super::stamp::Stamp;

const CERTIFICATE: &str = "API_CLIENT_CERT_FILE";
const KEY: &str = "API_CLIENT_KEY_FILE";

/// Whom to believe, and how to be believed.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Trust {
    authorities: Arc<[CertificateDer<'static>]>,
    certificate: Option<Arc<Certificate>>,
    made: Arc<[OnceLock<ClientConfig>; 2]>,
}

impl Trust {
    /// Reads `--upstream-ca` and, through `env`, the names of the files of a client certificate.
    ///
    /// # Errors
    /// A file that cannot be read or has nothing of use, or half a certificate: one line.
    pub(in super::super) fn read(
        authorities: Option<&Path>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let given = |name: &str| env(name).filter(|path| !path.trim().is_empty());
        let certificate = match (given(CERTIFICATE), given(KEY)) {
            (None, None) => None,
            (Some(chain), Some(key)) => {
                Some(Arc::new(Certificate::read(chain.into(), key.into())?))
            }
            (chain, _) => {
                let (set, missing) = match chain {
                    Some(_) => (CERTIFICATE, KEY),
                    None => (KEY, CERTIFICATE),
                };
                return Err(StartError(format!(
                    "`{missing}` is not set, although `{set}` is: a client certificate has both"
                )));
            }
        };
        let authorities = match authorities {
            Some(path) => chain("--upstream-ca", path)?.into(),
            None => Arc::default(),
        };
        let trust = Self {
            authorities,
            certificate,
            made: Arc::default(),
        };
        // What is no authority is to be told at the start, and the set-up takes its time only where there is one.
        if !trust.authorities.is_empty() {
            trust.roots().map_err(StartError)?;
        }
        Ok(trust)
    }

    /// The same authorities, and no certificate.
    pub(super) fn without_certificate(&self) -> Self {
        Self {
            authorities: Arc::clone(&self.authorities),
            ..Self::default()
        }
    }

    /// For a connection where the certificate may be shown, or for another one.
    pub(super) fn config(&self, shows_certificate: bool) -> ClientConfig {
        let made = &self.made[usize::from(shows_certificate)];
        made.get_or_init(|| self.make(shows_certificate)).clone()
    }

    fn make(&self, shows_certificate: bool) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of every version")
            .with_root_certificates(self.roots().unwrap_or_else(|_| mozillas()));
        match self.certificate.as_ref().filter(|_| shows_certificate) {
            Some(certificate) => {
                let mut config = builder.with_client_cert_resolver(Arc::clone(certificate) as _);
                // A session that is resumed is one of the certificate that it began with (RFC 8446 §2.2).
                config.resumption = Resumption::disabled();
                config
            }
            None => builder.with_no_client_auth(),
        }
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = mozillas();
        for authority in self.authorities.iter() {
            let added = roots.add(authority.clone());
            added
                .map_err(|error| format!("--upstream-ca holds what is no certificate: {error}"))?;
        }
        Ok(roots)
    }
}

fn mozillas() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
}

/// The certificate of this server as a client, in two files.
struct Certificate {
    files: [PathBuf; 2],
    current: Mutex<([Option<Stamp>; 2], Arc<CertifiedKey>)>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    fn read(chain: PathBuf, key: PathBuf) -> Result<Self, StartError> {
        let files = [chain, key];
        let stamps = stamps(&files);
        let pair = pair(&files)?;
        Ok(Self {
            files,
            current: Mutex::new((stamps, pair)),
        })
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let now = stamps(&self.files);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != now {
            // While the two are being replaced they may not belong together: the old ones serve until then.
            match pair(&self.files) {
                Ok(fresh) => *current = (now, fresh),
                Err(StartError(problem)) => {
                    tracing::warn!(target: "mcp::credentials", "{problem}; the one that was read before is used");
                }
            }
        }
        Arc::clone(&current.1)
    }
}

impl ResolvesClientCert for Certificate {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let current = self.current();
        current
            .key
            .choose_scheme(schemes)
            .is_some()
            .then_some(current)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn stamps(files: &[PathBuf; 2]) -> [Option<Stamp>; 2] {
    [Stamp::of(&files[0]), Stamp::of(&files[1])]
}

fn pair([certificate, key]: &[PathBuf; 2]) -> Result<Arc<CertifiedKey>, StartError> {
    let certificates = chain(CERTIFICATE, certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unreadable(KEY, key, "private key", &error))?;
    let pair = CertifiedKey::from_der(certificates, secret, &provider());
    pair.map(Arc::new).map_err(|error| {
        StartError(format!(
            "`{CERTIFICATE}` and `{KEY}` are of no use together: {error}"
        ))
    })
}

fn chain(name: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unreadable(name, path, "certificate", &error))?;
    if found.is_empty() {
        let nothing = rustls::pki_types::pem::Error::NoItemsFound;
        return Err(unreadable(name, path, "certificate", &nothing));
    }
    Ok(found)
}

/// Says nothing of what is in the file: it may be the key.
fn unreadable(
    name: &str,
    path: &Path,
    what: &str,
    error: &rustls::pki_types::pem::Error,
) -> StartError {
    let why = match error {
        rustls::pki_types::pem::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => "it cannot be read".to_owned(),
        },
        _ => format!("it holds no {what} in PEM"),
    };
    StartError(format!("`{name}`: `{}`: {why}", path.display()))
}
