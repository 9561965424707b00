//! The message: a line for notifications, and blocks for the channel.

use engine::time::{SECOND, Timestamp};
use serde_json::{Value as Json, json};

use super::markup::{address, escaped};
use crate::destinations::message::{Kind, Message};

/// So many reasons are told, at most.
const MOST_REASONS: usize = 10;
/// Of a reason, a name or an id, at most so many characters.
const MOST_REASON: usize = 250;
const MOST_NAME: usize = 150;
/// So many parts of the score, the largest first.
const MOST_PARTS: usize = 8;

/// The message.
pub(super) fn of(message: &Message) -> Json {
    let headline = headline(message);
    let mut blocks = vec![section(&format!("*{headline}*: {}", who(message)))];
    if !message.reasons.is_empty() {
        blocks.push(section(&reasons(message)));
    }
    let facts = facts(message);
    if !facts.is_empty() {
        blocks.push(section(&facts));
    }
    if let Some(link) = message.link.as_deref().and_then(address) {
        blocks.push(section(&format!("<{link}|Open in Brix>")));
    }
    blocks.push(json!({ "type": "context", "elements": [text(&footer(message))] }));
    json!({ "text": fallback(message, headline), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

fn headline(message: &Message) -> &'static str {
    match message.kind {
        Kind::Woken if message.is_over() => "Snoozed until now, and over",
        Kind::Woken => "Look again",
        Kind::Retracted => "No longer a lead",
        Kind::QualifiedToBuy => "Ready to buy",
        Kind::Qualified if message.is_to_buy() => "Ready to buy",
        Kind::Qualified => "Qualified to use",
    }
}

/// Texts that are shown as they are: what looks like a link, a channel or a mention stays text.
fn text(markup: &str) -> Json {
    json!({ "type": "mrkdwn", "text": markup, "verbatim": true })
}

fn section(markup: &str) -> Json {
    json!({ "type": "section", "text": text(markup) })
}

fn who(message: &Message) -> String {
    let id = escaped(&message.subject.id, MOST_NAME);
    match &message.subject.account {
        Some(account) if message.subject.kind == "user" => format!("{id} of {}", escaped(account, MOST_NAME)),
        _ => id,
    }
}

fn fallback(message: &Message, headline: &str) -> String {
    let score = message.score.as_ref().map(|score| format!(" (score {})", escaped(&score.total, 20)));
    let name = message.definition.name.as_deref().or(message.definition.id.as_deref()).unwrap_or("a definition");
    format!("{headline}: {}, {}{}", who(message), escaped(name, MOST_NAME), score.unwrap_or_default())
}

fn reasons(message: &Message) -> String {
    let told = message.reasons.iter().take(MOST_REASONS).map(|reason| format!("• {}", escaped(reason, MOST_REASON)));
    let mut lines: Vec<String> = told.collect();
    if let Some(more) = message.reasons.len().checked_sub(MOST_REASONS).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// Score with band and parts, and value: a line each.
fn facts(message: &Message) -> String {
    let mut lines = Vec::new();
    if let Some(score) = &message.score {
        let band = message.band.as_ref().map(|band| format!(", {}", escaped(band, 50))).unwrap_or_default();
        lines.push(format!("*Score* {}{band}", escaped(&score.total, 20)));
        let points = |points: &str| points.parse::<f64>().unwrap_or(0.0);
        let mut parts: Vec<(&String, &String)> = score.parts.iter().collect();
        parts.sort_by(|one, other| points(other.1).total_cmp(&points(one.1)));
        let told: Vec<String> = parts
            .iter()
            .take(MOST_PARTS)
            .map(|(name, points)| format!("{} {}", escaped(name, 50), escaped(points, 20)))
            .collect();
        if !told.is_empty() {
            lines.push(told.join(" · "));
        }
    }
    if let Some(value) = &message.value {
        lines.push(format!("*Value* {} {}", escaped(&value.amount, 30), escaped(&value.currency, 10)));
    }
    lines.join("\n")
}

/// Which definition, and when, on the reader's own clock.
fn footer(message: &Message) -> String {
    let definition = &message.definition;
    let name = definition.name.as_deref().or(definition.id.as_deref()).unwrap_or("a definition");
    let version: String = definition.version.as_deref().unwrap_or_default().chars().take(12).collect();
    let version = if version.is_empty() { version } else { format!(" {}", escaped(&version, 12)) };
    let when = message.qualified_at.parse::<jiff::Timestamp>().map_or_else(
        |_| escaped(&message.qualified_at, 40),
        |at| {
            let seconds = Timestamp::from_jiff(at).0.div_euclid(SECOND);
            let plain = escaped(&message.qualified_at, 40).replace('|', " ");
            format!("<!date^{seconds}^{{date_short_pretty}} {{time_secs}}|{plain}>")
        },
    );
    format!("{}{version} · qualified {when} · lead {}", escaped(name, MOST_NAME), message.lead)
}
