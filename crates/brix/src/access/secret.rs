//! Secrets: made from the system's randomness, kept as digests or slow hashes.

use std::fs::File;
use std::io::{self, Read as _};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use sha2::{Digest as _, Sha256};

use super::Refusal;

/// A key that stands in the environment must have so many characters at least. The digest of one tells nothing of its length.
pub const LEAST_CHARACTERS: usize = 16;

/// The SHA-256 of a key.
pub type KeyDigest = [u8; 32];

/// Bytes that nobody can guess, in hexadecimal.
///
/// # Errors
/// The system gives none.
pub fn random<const BYTES: usize>() -> io::Result<String> {
    Ok(hexadecimal(&bytes::<BYTES>()?))
}

fn bytes<const BYTES: usize>() -> io::Result<[u8; BYTES]> {
    let mut bytes = [0_u8; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Bytes as text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest of a key or token, which has enough randomness of its own, so that no slow hash is needed.
pub fn digest_of(key: &str) -> KeyDigest {
    Sha256::digest(key.as_bytes()).into()
}

/// The hash of a password (argon2id with 19 MiB, 2 passes, 1 lane: the OWASP Password Storage Cheat Sheet). Takes some 50 ms: not
/// for a thread that others wait for.
///
/// # Errors
/// There is no randomness for the salt.
pub fn hash(password: &str) -> Result<String, Refusal> {
    let wrong =
        |error: argon2::password_hash::Error| Refusal::Senseless(format!("this password cannot be hashed: {error}"));
    let salt = SaltString::encode_b64(&bytes::<16>()?).map_err(wrong)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(wrong)?.to_string())
}

/// Whether a password is the one that was hashed. Where there is no hash it takes as long, and is not.
pub fn is_password(password: &str, hash: Option<&str>) -> bool {
    /// Of nothing that anybody has, by the same parameters.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let hashed = hash("correct horse battery").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(is_password("correct horse battery", Some(&hashed)));
        assert!(!is_password("correct horse", Some(&hashed)));
        assert!(!is_password("correct horse battery", None));
    }

    #[test]
    fn who_is_unknown_takes_as_long_as_who_is_wrong() {
        let hashed = hash("correct horse battery").unwrap();
        let time = |hash: Option<&str>| {
            let begun = std::time::Instant::now();
            assert!(!is_password("wrong horse", hash));
            begun.elapsed()
        };
        let (wrong, unknown) = (time(Some(&hashed)), time(None));
        assert!(unknown * 5 > wrong, "unknown {unknown:?}, wrong {wrong:?}");
    }
}
