//! What PEM files hold for TLS: certificates, authorities, and a certificate with its key.
//!
//! Who is believed and what is shown where is `upstream`'s and `http`'s business. No message says what is in a file: it
//! may be the key.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::engine::StartError;
use super::files::reason;

/// A file and the setting that names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a>(pub(super) &'static str, pub(super) &'a Path);

/// The arithmetic of all TLS here.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
}

/// The authorities in a file.
///
/// # Errors
/// It cannot be read, or holds what is no certificate: one line.
pub(super) fn roots(file: Named<'_>) -> Result<RootCertStore, StartError> {
    let mut roots = RootCertStore::empty();
    for authority in all::<CertificateDer<'static>>(file, "certificate")? {
        roots.add(authority).map_err(|error| {
            StartError(format!("{} holds what is no certificate: {error}", file.0))
        })?;
    }
    Ok(roots)
}

/// A certificate with those that lead to its authority, and its key.
///
/// # Errors
/// A file cannot be read, or they do not belong together: one line.
pub(super) fn pair(certificate: Named<'_>, key: Named<'_>) -> Result<CertifiedKey, StartError> {
    let certificates = all(certificate, "certificate")?;
    let secret = PrivateKeyDer::from_pem_file(key.1).map_err(|error| {
        if is_encrypted(key.1) {
            return StartError(format!(
                "`{}`: `{}`: the private key is encrypted; take its passphrase off (`openssl pkey -in KEY -out \
                 PLAIN`) and guard the file by its mode",
                key.0,
                key.1.display()
            ));
        }
        unreadable(key, "private key", &error)
    })?;
    let pair = CertifiedKey::from_der(certificates, secret, &provider());
    pair.map_err(|error| {
        StartError(format!(
            "`{}` and `{}` are of no use together: {error}",
            certificate.0, key.0
        ))
    })
}

/// Everything of a kind in a file, of which there is some; `what` names it.
///
/// # Errors
/// The file cannot be read, or has nothing of the kind: one line.
pub(super) fn all<T: PemObject>(file: Named<'_>, what: &str) -> Result<Vec<T>, StartError> {
    let read = T::pem_file_iter(file.1).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unreadable(file, what, &error))?;
    if found.is_empty() {
        return Err(unreadable(file, what, &Error::NoItemsFound));
    }
    Ok(found)
}

/// RFC 7468 §11, and the older form of OpenSSL.
fn is_encrypted(key: &Path) -> bool {
    let text = std::fs::read_to_string(key).unwrap_or_default();
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn unreadable(Named(name, path): Named<'_>, what: &str, error: &Error) -> StartError {
    let why = match error {
        Error::Io(error) => reason(error).to_owned(),
        _ => format!("it holds no {what} in PEM"),
    };
    StartError(format!("`{name}`: `{}`: {why}", path.display()))
}
