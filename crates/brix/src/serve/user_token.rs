//! Tokens by which a user of the product asks about herself, and about nobody else: JSON Web Tokens (RFC 7519), signed by the
//! product's server with HMAC-SHA256 (`HS256`, RFC 7515), which any library for them makes.
//!
//! Nothing but that one algorithm is taken, and no token without an end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

/// What is longer is no token of ours.
const MOST_BYTES: usize = 4096;
/// A token may not live longer than this from now on, in seconds: one that gets lost is of use to others for no longer.
const LONGEST: i64 = 24 * 60 * 60;

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts, not base64url, not JSON, or without its claims.
    #[error("this is no token: it has a head, claims with `sub` and `exp`, and a signature")]
    Form,
    /// Signed in another way.
    #[error("the token's head says another algorithm than HS256")]
    Algorithm,
    /// Signed with another secret.
    #[error("the token's signature is not right: is it signed with the secret of `product.token_secret`?")]
    Signature,
    /// Its time is over.
    #[error("the token has expired: ask your server for a new one")]
    Expired,
    /// Its time is too long.
    #[error("the token lives longer than 24 hours from now: let `exp` be sooner")]
    TooLong,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// The user's id, as the product's events have it.
    pub sub: String,
    /// When it ends, in seconds since the epoch, which may have a fraction (RFC 7519, 2: NumericDate).
    exp: f64,
}

/// Reads a token; `now` in seconds since the epoch.
///
/// # Errors
/// What is wrong with it.
pub fn read(token: &str, secret: &[u8], now: i64) -> Result<Claims, TokenError> {
    if token.len() > MOST_BYTES {
        return Err(TokenError::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
    let (head, claims) = signed.split_once('.').ok_or(TokenError::Form)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Form);
    let head: Head = serde_json::from_slice(&decode(head)?).map_err(|_| TokenError::Form)?;
    if head.alg != "HS256" {
        return Err(TokenError::Algorithm);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| TokenError::Signature)?;
    mac.update(signed.as_bytes());
    // Takes the same time wherever the first difference is.
    mac.verify_slice(&decode(signature)?).map_err(|_| TokenError::Signature)?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Form)?;
    match claims.exp - now as f64 {
        left if left <= 0.0 => Err(TokenError::Expired),
        left if left > LONGEST as f64 => Err(TokenError::TooLong),
        _ => Ok(claims),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Header `{"alg":"HS256","typ":"JWT"}` and claims, signed.
    fn token(head: &str, claims: &str, secret: &[u8]) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    #[test]
    fn a_signed_token_says_who_asks() {
        let good = token(HEAD, r#"{"sub":"u1","exp":1100,"iat":900}"#, b"secret");
        assert_eq!(read(&good, b"secret", 1000).map(|claims| claims.sub), Ok("u1".to_owned()));
        assert_eq!(read(&good, b"another", 1000), Err(TokenError::Signature));
        assert_eq!(read(&good, b"secret", 1100), Err(TokenError::Expired));
        let ends_within_a_second = token(HEAD, r#"{"sub":"u1","exp":1100.75}"#, b"secret");
        assert_eq!(read(&ends_within_a_second, b"secret", 1100).map(|claims| claims.sub), Ok("u1".to_owned()));
        assert_eq!(read(&ends_within_a_second, b"secret", 1101), Err(TokenError::Expired));
        for (end, why) in [("-9223372036854775808", TokenError::Expired), ("1e300", TokenError::TooLong)] {
            let far = token(HEAD, &format!(r#"{{"sub":"u1","exp":{end}}}"#), b"secret");
            assert_eq!(read(&far, b"secret", 1000), Err(why), "{end}");
        }
        let ever = token(HEAD, r#"{"sub":"u1","exp":99999999}"#, b"secret");
        assert_eq!(read(&ever, b"secret", 1000), Err(TokenError::TooLong));
    }

    /// The example of RFC 7515, appendix A.1: its signature is right, and it has no user.
    #[test]
    fn the_published_example_is_rightly_signed() {
        let example = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                       dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        assert_eq!(read(example, &key, 0), Err(TokenError::Form), "no `sub`, and no earlier complaint");
        assert_eq!(read(&example.replace("dBj", "dBk"), &key, 0), Err(TokenError::Signature));
    }

    #[test]
    fn other_algorithms_and_other_forms_are_refused() {
        let claims = r#"{"sub":"u1","exp":1100}"#;
        for head in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"hs256"}"#] {
            assert_eq!(read(&token(head, claims, b"secret"), b"secret", 1000), Err(TokenError::Algorithm), "{head}");
        }
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(HEAD), URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(read(&unsigned, b"secret", 1000), Err(TokenError::Signature));
        for text in ["", ".", "..", "a.b", "a.b.c", "{}.{}.{}"] {
            assert_eq!(read(text, b"secret", 1000), Err(TokenError::Form), "{text}");
        }
        assert_eq!(read(&token(HEAD, r#"{"sub":"u1"}"#, b"secret"), b"secret", 1000), Err(TokenError::Form));
    }
}
