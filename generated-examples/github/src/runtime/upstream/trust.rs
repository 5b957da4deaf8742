//! TLS to the API: which authorities are believed, and the certificate that this server proves itself with.
//!
//! Authorities stand beside those of Mozilla's programme. The certificate goes only where credentials go, and its files are
//! read again when they change: a new connection has the new one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};

use super::super::engine::StartError;
use super::super::files::Remade;
use super::super::pem::{self, Named, provider};

pub(super) const CERTIFICATE: &str = "API_CLIENT_CERT_FILE";
const KEY: &str = "API_CLIENT_KEY_FILE";

/// Whom to believe, and how to be believed.
#[derive(Debug, Clone)]
pub(in super::super) struct Trust {
    /// The owner's.
    authorities: Arc<RootCertStore>,
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
        let given = |name: &str| {
            let path = env(name)?.trim().to_owned();
            (!path.is_empty()).then_some(path)
        };
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
            Some(path) => pem::roots(Named("--upstream-ca", path))?,
            None => RootCertStore::empty(),
        };
        Ok(Self {
            authorities: Arc::new(authorities),
            certificate,
            made: Arc::default(),
        })
    }

    pub(super) fn has_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    /// For a connection where the certificate may be shown, or for another one.
    pub(in super::super) fn config(&self, shows_certificate: bool) -> ClientConfig {
        let certificate = self.certificate.as_ref().filter(|_| shows_certificate);
        let made = &self.made[usize::from(certificate.is_some())];
        made.get_or_init(|| self.make(certificate)).clone()
    }

    fn make(&self, certificate: Option<&Arc<Certificate>>) -> ClientConfig {
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        roots.extend(self.authorities.roots.iter().cloned());
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of every version")
            .with_root_certificates(roots);
        match certificate {
            Some(certificate) => {
                let mut config = builder.with_client_cert_resolver(Arc::clone(certificate) as _);
                // A session that is resumed is one of the certificate that it began with (RFC 8446 §2.2).
                config.resumption = Resumption::disabled();
                config
            }
            None => builder.with_no_client_auth(),
        }
    }
}

/// The certificate of this server as a client, in two files.
#[derive(Debug)]
struct Certificate {
    files: [PathBuf; 2],
    current: Remade<CertifiedKey>,
}

impl Certificate {
    fn read(chain: PathBuf, key: PathBuf) -> Result<Self, StartError> {
        let files = [chain, key];
        let current = Remade::of(files.iter(), || pair(&files))?;
        Ok(Self { files, current })
    }
}

impl ResolvesClientCert for Certificate {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let current = (self.current).current(self.files.iter(), || pair(&self.files));
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

fn pair([certificate, key]: &[PathBuf; 2]) -> Result<CertifiedKey, StartError> {
    pem::pair(Named(CERTIFICATE, certificate), Named(KEY, key))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::scratch::Scratch;
    use super::*;

    #[test]
    fn a_key_with_a_passphrase_is_called_that() {
        let certificate =
            Scratch::holding("-----BEGIN CERTIFICATE-----\nMAAwADAA\n-----END CERTIFICATE-----\n");
        let key = Scratch::holding(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAwADAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        );
        let env = |name: &str| match name {
            CERTIFICATE => Some(format!("{} ", certificate.path())),
            KEY => Some(key.path()),
            _ => None,
        };
        let StartError(text) = Trust::read(None, &env).expect_err("it cannot be used");
        assert!(text.contains("the private key is encrypted"), "{text}");
        assert!(!text.contains("MAAwADAA"), "{text}");
    }
}
