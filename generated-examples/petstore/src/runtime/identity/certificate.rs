//! Client certificates: the names that an authority has vouched for, as an identity.
//!
//! That a certificate is good, and whose key was shown, was found out in the handshake (`http/tls`).

use serde_json::{Map, Value};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};
use x509_cert::name::Name;

use super::super::settings::CertificateName;
use super::super::text::hex;
use super::{Identity, Means};

// RFC 4519 §2.3, §2.19 and §2.20.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
/// Longer than any name that is meant to be read.
const LONGEST: usize = 512;

/// Why a certificate that is good names nobody.
pub(in super::super) type Unnamed = &'static str;

/// Who a certificate (DER) names, by the first of these names that it has; `None` where it is not to name anybody. Its
/// roles are its names, each with its kind: `uri:spiffe://…`, `dns:…`, `email:…`, `cn:…`, `ou:…`.
///
/// # Errors
/// It cannot be read, or has none of these names.
pub(in super::super) fn identity(
    certificate: &[u8],
    order: &[CertificateName],
) -> Result<Option<Identity>, Unnamed> {
    if order.contains(&CertificateName::None) {
        return Ok(None);
    }
    let names = Names::read(certificate).ok_or("the client certificate cannot be read")?;
    if names.is_ambiguous() {
        return Err("the client certificate has more than one SPIFFE ID");
    }
    let name = order.iter().find_map(|kind| names.first(*kind, order));
    let name = name.ok_or("the client certificate has no name that this server asks for")?;
    let (roles, claims) = (names.roles(), names.claims(&name));
    let identity = Identity::new(name, Means::Certificate, roles, None, claims);
    Ok(Some(identity))
}

/// The names in a certificate.
#[derive(Debug, Default)]
struct Names {
    uris: Vec<String>,
    hosts: Vec<String>,
    addresses: Vec<String>,
    common: Vec<String>,
    organizations: Vec<String>,
    units: Vec<String>,
    serial: String,
}

impl Names {
    fn read(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let facts = certificate.tbs_certificate();
        let subject = facts.subject();
        let mut names = Self {
            common: attributes(subject, COMMON_NAME)?,
            organizations: attributes(subject, ORGANIZATION)?,
            units: attributes(subject, UNIT)?,
            serial: hex(facts.serial_number().as_bytes()),
            ..Self::default()
        };
        let alternative = facts.get_extension::<SubjectAltName>().ok()?;
        for name in alternative.map(|(_, names)| names.0).unwrap_or_default() {
            match name {
                // A URI without a scheme could be taken for a name of another kind.
                GeneralName::UniformResourceIdentifier(uri) if uri.as_str().contains(':') => {
                    names.uris.push(plain(uri.as_str())?);
                }
                GeneralName::DnsName(host) => {
                    names.hosts.push(plain(host.as_str())?.to_ascii_lowercase());
                }
                GeneralName::Rfc822Name(address) if address.as_str().contains('@') => {
                    names.addresses.push(plain(address.as_str())?);
                }
                _ => {}
            }
        }
        Some(names)
    }

    /// SPIFFE X509-SVID §2: a certificate has exactly one SPIFFE ID, and no other URI.
    fn is_ambiguous(&self) -> bool {
        self.uris.len() > 1
            && self
                .uris
                .iter()
                .any(|uri| uri.to_ascii_lowercase().starts_with("spiffe:"))
    }

    fn first(&self, kind: CertificateName, order: &[CertificateName]) -> Option<String> {
        match kind {
            CertificateName::SanUri => self.uris.first().cloned(),
            CertificateName::SanDns => self.hosts.first().cloned(),
            CertificateName::SanEmail => self.addresses.first().cloned(),
            CertificateName::Subject => {
                let [common] = self.common.as_slice() else {
                    return None;
                };
                // Beside other kinds of names it must not pass for one of them: authorities look at it the least.
                let is_like_host = common.contains('.') && !common.contains(' ');
                let passes_for_another =
                    order.len() > 1 && (common.contains([':', '@', '/']) || is_like_host);
                (!passes_for_another).then(|| common.clone())
            }
            CertificateName::None => None,
        }
    }

    fn alternative(&self) -> impl Iterator<Item = String> {
        let uris = self.uris.iter().map(|uri| format!("uri:{uri}"));
        let hosts = self.hosts.iter().map(|host| format!("dns:{host}"));
        let addresses = (self.addresses.iter()).map(|address| format!("email:{address}"));
        uris.chain(hosts).chain(addresses)
    }

    fn roles(&self) -> Vec<String> {
        let common = self.common.iter().map(|name| format!("cn:{name}"));
        let units = self.units.iter().map(|unit| format!("ou:{unit}"));
        self.alternative().chain(common).chain(units).collect()
    }

    fn claims(&self, name: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), name.into());
        claims.insert("san".to_owned(), self.alternative().collect());
        let firsts = [
            ("san_uri", &self.uris),
            ("san_dns", &self.hosts),
            ("san_email", &self.addresses),
            ("cn", &self.common),
            ("o", &self.organizations),
            ("ou", &self.units),
        ];
        for (claim, values) in firsts {
            if let Some(first) = values.first() {
                claims.insert(claim.to_owned(), first.as_str().into());
            }
        }
        claims.insert("serial".to_owned(), self.serial.as_str().into());
        claims.insert("roles".to_owned(), self.roles().into());
        claims
    }
}

/// The values of an attribute; `None` where one is no text.
fn attributes(subject: &Name, kind: ObjectIdentifier) -> Option<Vec<String>> {
    let values = subject.iter().filter(|attribute| attribute.oid == kind);
    values
        .map(|attribute| plain(&DirectoryString::try_from(&attribute.value).ok()?.value()))
        .collect()
}

/// A name that says what it shows.
fn plain(name: &str) -> Option<String> {
    let is_plain = (1..=LONGEST).contains(&name.len()) && !name.chars().any(char::is_control);
    is_plain.then(|| name.to_owned())
}
