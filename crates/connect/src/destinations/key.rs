//! The key of an action, by which a destination knows it again.

use sha2::{Digest as _, Sha256};

use super::message::Message;

/// So many bytes of the digest stand for a lead.
const BYTES: usize = 8;

/// The key of what is told of a lead: the same each time, and another one for each other action.
///
/// A lead is known by what it is (definition, subject, the how-manyth entry, its day) and not by its number: a server that was put back from a
/// backup gives other numbers to leads that it finds again, and tells of them with the keys of before. The day and not the instant, as a message
/// that is sent again has its clock set right anew; not without it, as the entries of who was erased and comes back are counted anew. What was
/// written before entries were told, or cannot be read any more, goes by the number.
///
/// Letters, digits, `_`, `-` and `/` stay as they are; all else becomes `~` and its hexadecimal value, for Standard Webhooks wants no
/// full stop in it and a header no blanks.
#[must_use]
pub fn key(lead: u64, message: Option<&Message>, action: &str) -> String {
    let mut key = match message.and_then(|message| Some((message, message.entry?))) {
        Some((message, entry)) => format!("lead_{}/", digest(message, entry)),
        None => format!("lead_{lead}/"),
    };
    for byte in action.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'/' => key.push(char::from(byte)),
            _ => key.push_str(&format!("~{byte:02x}")),
        }
    }
    key
}

fn digest(message: &Message, entry: u32) -> String {
    let mut digest = Sha256::new();
    let definition = message.definition.id.as_deref().unwrap_or_default();
    let entry = entry.to_string();
    // As in RFC 3339, in UTC.
    let day = message.qualified_at.get(..10).unwrap_or_default();
    for part in [definition, &message.subject.kind, &message.subject.id, &entry, day] {
        // With its length, so that none can pass for another.
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::key;
    use crate::destinations::Message;

    fn message(lead: u64, subject: &str, entry: Option<u32>, qualified_at: &str) -> Message {
        let payload = serde_json::json!({
            "type": "lead.qualified", "lead": lead, "definition": {"id": "trial"}, "subject": {"kind": "user", "id": subject},
            "entry": entry, "qualified_at": qualified_at, "detected_at": "2026-01-02T00:00:00Z",
        });
        Message::read(&payload.to_string()).unwrap()
    }

    #[test]
    fn different_actions_have_different_keys() {
        assert_eq!(key(17, None, "sales/to-buy"), "lead_17/sales/to-buy");
        assert_eq!(key(17, None, "v1.2 ~ü"), "lead_17/v1~2e2~20~7e~c3~bc");
        assert_ne!(key(1, None, "a.b"), key(1, None, "a~2eb"));
    }

    #[test]
    fn a_lead_is_known_by_what_it_is() {
        let of =
            |lead, subject: &str, entry, at: &str| key(lead, Some(&message(lead, subject, entry, at)), "crm/to-buy");
        let first = of(17, "ada", Some(1), "2026-01-01T00:00:00Z");
        assert!(first.starts_with("lead_") && first.ends_with("/crm/to-buy") && first.len() == 5 + 16 + 11, "{first}");
        assert_eq!(of(100_018, "ada", Some(1), "2026-01-01T00:00:00.012Z"), first, "its number is another one");
        for other in [
            of(17, "bo", Some(1), "2026-01-01T00:00:00Z"),
            of(17, "ada", Some(2), "2026-01-01T00:00:00Z"),
            of(17, "ada", Some(1), "2026-01-03T00:00:00Z"),
        ] {
            assert_ne!(other, first);
        }
        assert_eq!(of(17, "ada", None, "2026-01-01T00:00:00Z"), "lead_17/crm/to-buy", "as before an upgrade");
    }
}
