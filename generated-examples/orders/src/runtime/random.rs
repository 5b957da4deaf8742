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

/// 256 random bits as text that URLs and file names take as it is.
///
/// # Errors
/// The system has no random numbers: a sentence without its end.
pub(super) fn secret() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no source of randomness: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
