//! Signed webhooks, as Standard Webhooks 1.0.0 has them (<https://www.standardwebhooks.com>).
//!
//! The body is `{type, timestamp, data}` and under 20 kB; `webhook-id` is the action's key, `webhook-timestamp` the time of this
//! attempt, `webhook-signature` one signature for each secret, so that a receiver can go over to a new one.

mod body;
mod signature;

use self::signature::SigningSecret;
use super::answer::{Answer, Verdict};
use super::destination::{Connected, Connector, Destination, Dispatch, Field, Pace, Unsendable};
use super::outgoing::Outgoing;
use super::settings::{Fault, Settings};
use crate::secret::Secret;

/// So many secrets at once, at most.
const MOST_SECRETS: usize = 5;

/// The declaration.
pub(super) const DESTINATION: Destination = Destination {
    id: "webhook",
    name: "Webhook",
    about: "Posts each lead, signed, to an address of yours.",
    fields: &[
        Field { name: "url", about: "the address to post to", is_needed: true, is_secret: true, is_many: false },
        Field {
            name: "secret",
            about: "what to sign with, whsec_ and 24 to 64 bytes in Base64; two of them while the receiver changes over",
            is_needed: true,
            is_secret: true,
            is_many: true,
        },
    ],
    pace: Pace { most_at_once: 16, interval_ms: 0 },
    configure,
};

#[derive(Debug)]
struct Webhook {
    url: Secret,
    secrets: Vec<SigningSecret>,
}

fn configure(settings: &Settings) -> Connected {
    let mut faults = settings.faults(DESTINATION.fields);
    let url = settings.url(&mut faults);
    let mut secrets = Vec::new();
    for secret in settings.all("secret").iter().filter(|secret| !secret.expose().trim().is_empty()) {
        match SigningSecret::read(secret) {
            Ok(secret) => secrets.push(secret),
            Err(cure) => faults.push(Fault::of("secret", cure)),
        }
    }
    if secrets.len() > MOST_SECRETS {
        faults.push(Fault::of("secret", format!("is there {} times: keep {MOST_SECRETS}", secrets.len())));
    }
    if faults.is_empty() { Ok(Box::new(Webhook { url, secrets })) } else { Err(faults) }
}

impl Connector for Webhook {
    fn url(&self) -> &Secret {
        &self.url
    }

    fn outgoing(&self, dispatch: &Dispatch<'_>) -> Result<Outgoing, Unsendable> {
        let body = body::of(dispatch.message)?;
        let seconds = dispatch.at.0.div_euclid(engine::time::SECOND);
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(dispatch.key, seconds, &body)).collect();
        Ok(Outgoing::json(&self.url, body)
            .header("webhook-id", dispatch.key)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures.join(" ")))
    }

    fn verdict(&self, answer: &Answer<'_>) -> Verdict {
        answer.by_status()
    }
}
