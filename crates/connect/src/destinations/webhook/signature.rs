//! The signature `v1`: HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

/// A secret to sign with, unpacked.
pub(super) struct SigningSecret(Hmac<Sha256>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl SigningSecret {
    /// From Base64, with or without `whsec_` before it.
    pub(super) fn read(secret: &Secret) -> Result<Self, String> {
        let text = secret.expose().trim();
        if text.starts_with("whsk_") || text.starts_with("whpk_") {
            return Err("is of an asymmetric key, which is not supported: take one that begins with whsec_".to_owned());
        }
        let packed = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = STANDARD
            .decode(packed)
            .map_err(|_| "is not Base64 behind whsec_: make one with `openssl rand -base64 32`".to_owned())?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(format!(
                "has {} bytes, it takes 24 to 64: make one with `openssl rand -base64 32`",
                bytes.len()
            ));
        }
        let mac = Hmac::new_from_slice(&bytes).map_err(|error| format!("cannot be used: {error}"))?;
        Ok(Self(mac))
    }

    /// What stands in `webhook-signature`.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by PyPI `standardwebhooks`, and the example of the specification's libraries.
    const KNOWN: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_known_answer() {
        for text in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let secret = SigningSecret::read(&Secret::new(text)).unwrap();
            let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
            assert_eq!(signed, KNOWN);
        }
    }

    #[test]
    fn wrong_secrets_are_told_without_showing_them() {
        for text in ["whsec_short", "whsec_AAAA", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "not base 64 at all!"] {
            let fault = SigningSecret::read(&Secret::new(text)).unwrap_err();
            assert!(!fault.contains(text.trim_start_matches("whsec_")), "{fault}");
        }
    }
}
