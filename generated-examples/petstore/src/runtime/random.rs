//! What nobody can guess: names of 128 random bits, and secrets of 256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::text::hex;

/// 128 random bits in hexadecimal; `None` where the system has no random numbers.
pub(super) fn id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

/// A random UUID (RFC 9562 §5.4); `None` where the system has no random numbers.
pub(super) fn uuid() -> Option<String> {
    id().map(|bits| uuid_of(&bits, 4))
}

/// A UUID of 32 hexadecimal digits, of which it leaves out those of its version and variant (RFC 9562 §4).
pub(super) fn uuid_of(digits: &str, version: u8) -> String {
    format!(
        "{}-{}-{version}{}-8{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..32]
    )
}

/// 256 random bits as text that URLs and file names take as it is.
///
/// # Errors
/// The system has no random numbers: a sentence without its end.
pub(super) fn secret() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no source of randomness: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
