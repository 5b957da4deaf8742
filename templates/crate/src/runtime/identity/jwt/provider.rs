//! The arithmetic of signatures: ring's, which the TLS of this server uses too.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
use ring::hmac;
use ring::signature::{
    self as rings, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use signature::Verifier;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(Error::from(ErrorKind::InvalidAlgorithm)),
    verifier_factory: |algorithm, key| {
        let by_ring = ByRing {
            algorithm: *algorithm,
            key: key.clone(),
        };
        if key.family() == family(*algorithm) {
            Ok(Box::new(by_ring))
        } else {
            Err(Error::from(ErrorKind::InvalidKeyFormat))
        }
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Lets ring verify for this process.
pub(super) fn install() {
    // There is one provider for a process: that of the program around this server stays, if it has set its own.
    let _ = PROVIDER.install_default();
}

struct ByRing {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for ByRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for ByRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let key = self.key.kind();
        let fits = match self.algorithm {
            Algorithm::HS256 => by_secret(hmac::HMAC_SHA256, key, message, signature),
            Algorithm::HS384 => by_secret(hmac::HMAC_SHA384, key, message, signature),
            Algorithm::HS512 => by_secret(hmac::HMAC_SHA512, key, message, signature),
            Algorithm::RS256 => by_rsa(&rings::RSA_PKCS1_2048_8192_SHA256, key, message, signature),
            Algorithm::RS384 => by_rsa(&rings::RSA_PKCS1_2048_8192_SHA384, key, message, signature),
            Algorithm::RS512 => by_rsa(&rings::RSA_PKCS1_2048_8192_SHA512, key, message, signature),
            Algorithm::PS256 => by_rsa(&rings::RSA_PSS_2048_8192_SHA256, key, message, signature),
            Algorithm::PS384 => by_rsa(&rings::RSA_PSS_2048_8192_SHA384, key, message, signature),
            Algorithm::PS512 => by_rsa(&rings::RSA_PSS_2048_8192_SHA512, key, message, signature),
            Algorithm::ES256 => by_key(&rings::ECDSA_P256_SHA256_FIXED, key, message, signature),
            Algorithm::ES384 => by_key(&rings::ECDSA_P384_SHA384_FIXED, key, message, signature),
            Algorithm::EdDSA => by_key(&rings::ED25519, key, message, signature),
            // ES512 is not ring's.
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(signature::Error::new())
        }
    }
}

fn by_secret(
    algorithm: hmac::Algorithm,
    key: &DecodingKeyKind,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let DecodingKeyKind::SecretOrDer(secret) = key else {
        return false;
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), message, signature).is_ok()
}

fn by_rsa(
    parameters: &'static RsaParameters,
    key: &DecodingKeyKind,
    message: &[u8],
    signature: &[u8],
) -> bool {
    match key {
        DecodingKeyKind::SecretOrDer(_) => by_key(parameters, key, message, signature),
        DecodingKeyKind::RsaModulusExponent { n, e } => RsaPublicKeyComponents { n, e }
            .verify(parameters, message, signature)
            .is_ok(),
    }
}

fn by_key(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &DecodingKeyKind,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let DecodingKeyKind::SecretOrDer(bytes) = key else {
        return false;
    };
    UnparsedPublicKey::new(algorithm, bytes)
        .verify(message, signature)
        .is_ok()
}

pub(super) fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => AlgorithmFamily::Hmac,
        Algorithm::ES256 | Algorithm::ES384 => AlgorithmFamily::Ec,
        Algorithm::EdDSA => AlgorithmFamily::Ed,
        _ => AlgorithmFamily::Rsa,
    }
}
