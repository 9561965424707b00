//! The body of a webhook: `{type, timestamp, data}`, under 20 kB.

use serde_json::{Map, Value as Json, json};

use crate::destinations::destination::Unsendable;
use crate::destinations::message::Message;

/// What Standard Webhooks advises to stay under.
const MOST_BYTES: usize = 20_000;

/// The body. Reasons at the end are left out, and counted, if there are too many; the lead in Brix has all.
pub(super) fn of(message: &Message) -> Result<String, Unsendable> {
    let Some(whole) = message.whole.as_object() else {
        return Err(Unsendable::Unreadable("it is no object".to_owned()));
    };
    let mut data = whole.clone();
    let kind = data.remove("type").unwrap_or(Json::Null);
    let body = text(&kind, message, &data);
    if body.len() < MOST_BYTES {
        return Ok(body);
    }
    let (mut low, mut high) = (0, message.reasons.len());
    let with = |kept: usize| {
        let mut data = data.clone();
        data.insert("reasons".to_owned(), json!(message.reasons.iter().take(kept).collect::<Vec<_>>()));
        data.insert("reasons_left_out".to_owned(), json!(message.reasons.len() - kept));
        text(&kind, message, &data)
    };
    while low < high {
        let middle = usize::midpoint(low, high + 1);
        if with(middle).len() < MOST_BYTES { low = middle } else { high = middle - 1 }
    }
    let body = with(low);
    if body.len() < MOST_BYTES { Ok(body) } else { Err(Unsendable::TooLarge { found: body.len(), most: MOST_BYTES }) }
}

fn text(kind: &Json, message: &Message, data: &Map<String, Json>) -> String {
    json!({ "type": kind, "timestamp": message.detected_at, "data": data }).to_string()
}
