//! The signature of a webhook: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]`, an HMAC-SHA256 over `<t>.<body>`.
//!
//! After Stripe's documentation "Verify webhook signatures manually".

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret::Secret;
use crate::sources::limits;
use crate::sources::reject::Reason;
use crate::sources::request::Request;

/// Whether a request is signed with the secret, now.
pub(super) fn check(request: &Request<'_>, secret: Option<&Secret>) -> Result<(), Reason> {
    let Some(secret) = secret.filter(|secret| !secret.expose().is_empty()) else {
        return Err(Reason::Signature("no signing secret is set for this source; copy the endpoint's from Stripe"));
    };
    let header = request.headers.get("stripe-signature");
    let header = header.ok_or(Reason::Signature("the request is not signed; is it from Stripe?"))?;
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", digits)) => time = Some(digits),
            Some(("v1", digits)) => signatures.extend(bytes_of(digits)),
            _ => {}
        }
    }
    let time = time.ok_or(Reason::Signature("the signature states no time"))?;
    // Several stand there while a secret is being replaced.
    let is_signed = signatures.iter().any(|signature| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(request.body);
        // In constant time.
        mac.verify_slice(signature).is_ok()
    });
    if !is_signed {
        return Err(Reason::Signature(
            "the signature is of another secret or body; is the endpoint's secret the right one?",
        ));
    }
    let seconds: Option<i64> = time.parse().ok();
    let now = request.received_at.0.div_euclid(engine::time::SECOND);
    let is_now = seconds
        .is_some_and(|seconds| now.saturating_sub(seconds).saturating_abs() <= limits::SIGNATURE_TOLERANCE_SECONDS);
    if is_now { Ok(()) } else { Err(Reason::Signature("the signature is too old; is the server's clock right?")) }
}

/// The bytes that hexadecimal digits stand for.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}
