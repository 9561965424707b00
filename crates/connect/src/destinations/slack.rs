//! Slack's incoming webhooks: who, why in words, the score with its parts, a link.
//!
//! Limits (<https://docs.slack.dev/reference/block-kit/blocks>): 3,000 characters in a text, 50 blocks, and all together near 13,200 characters,
//! which is written nowhere. One message a second for each channel.

mod blocks;
mod markup;

use super::answer::{Answer, Verdict};
use super::destination::{Connected, Connector, Destination, Dispatch, Field, Pace, Unsendable};
use super::outgoing::Outgoing;
use super::settings::Settings;
use crate::secret::Secret;

/// The declaration.
pub(super) const DESTINATION: Destination = Destination {
    id: "slack",
    name: "Slack",
    about: "Posts each lead to a channel.",
    fields: &[Field {
        name: "url",
        about: "the address of an incoming webhook, which Slack makes for a channel",
        is_needed: true,
        is_secret: true,
        is_many: false,
    }],
    pace: Pace { most_at_once: 1, interval_ms: 1000 },
    configure,
};

#[derive(Debug)]
struct Slack {
    url: Secret,
}

fn configure(settings: &Settings) -> Connected {
    let mut faults = settings.faults(DESTINATION.fields);
    let url = settings.url(&mut faults);
    if faults.is_empty() { Ok(Box::new(Slack { url })) } else { Err(faults) }
}

impl Connector for Slack {
    fn url(&self) -> &Secret {
        &self.url
    }

    fn outgoing(&self, dispatch: &Dispatch<'_>) -> Result<Outgoing, Unsendable> {
        Ok(Outgoing::json(&self.url, blocks::of(dispatch.message).to_string()))
    }

    /// Slack says in one word what is wrong (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).
    fn verdict(&self, answer: &Answer<'_>) -> Verdict {
        let word = std::str::from_utf8(answer.body).unwrap_or_default().trim();
        let is_word =
            (1..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let why =
            if is_word { format!("answered {}, {word}", answer.status) } else { format!("answered {}", answer.status) };
        match (answer.status, word) {
            // The webhook or its channel was removed: nothing that is posted there will ever arrive.
            (
                403 | 404 | 410,
                "invalid_token" | "no_service" | "no_team" | "channel_not_found" | "channel_is_archived",
            ) => Verdict::Gone { why },
            _ => match answer.by_status() {
                Verdict::Refused { .. } => Verdict::Refused { why },
                Verdict::Gone { .. } => Verdict::Gone { why },
                Verdict::Retry { after, why: by_status } if answer.status < 400 => {
                    Verdict::Retry { why: by_status, after }
                }
                Verdict::Retry { after, .. } => Verdict::Retry { why, after },
                delivered @ Verdict::Delivered { .. } => delivered,
            },
        }
    }
}
