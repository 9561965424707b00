//! Which events are not use of the product: marketing, sales, billing, support, by their names.

use std::collections::BTreeMap;

use engine::language::text_to_yaml;
use engine::record::EventKind;
use history::EventProfile;

use super::look::Look;
use super::section::Section;
use super::words::{has, has_word, words};
use crate::console::grouped;

/// How plainly a name says of which kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sound {
    Plain(EventKind),
    Doubtful(EventKind),
}

/// The kind that a name sounds like; `None` for use of the product.
fn sound(name: &str) -> Option<Sound> {
    use EventKind::{Billing, Marketing, Sales, Support};
    let words = words(name);
    let any = |starts: &[&str]| starts.iter().any(|start| has(&words, start));
    let word = |wanted: &[&str]| wanted.iter().any(|wanted| has_word(&words, wanted));
    let rules: [(bool, Sound); 12] = [
        (
            word(&["newsletter", "webinar", "ad", "ads", "advert", "whitepaper", "ebook", "utm"]),
            Sound::Plain(Marketing),
        ),
        (any(&["unsubscri"]), Sound::Plain(Marketing)),
        (
            any(&["subscri", "invoice", "payment", "refund", "checkout", "chargeback", "renewal", "dunning"]),
            Sound::Plain(Billing),
        ),
        (any(&["trial", "purchas"]) || word(&["billing"]), Sound::Plain(Billing)),
        (
            any(&["plan", "seat"]) && any(&["upgrad", "downgrad", "add", "remov", "chang", "purchas"]),
            Sound::Plain(Billing),
        ),
        (word(&["order"]) && any(&["plac", "complet", "paid", "cancel"]), Sound::Plain(Billing)),
        (any(&["ticket"]) || word(&["csat", "nps"]), Sound::Plain(Support)),
        (word(&["demo"]) && any(&["request", "book", "schedul"]), Sound::Plain(Sales)),
        (
            word(&["sales"])
                || (word(&["call"]) && word(&["held", "booked"]))
                || (word(&["deal", "opportunity"]) && word(&["won", "lost"])),
            Sound::Plain(Sales),
        ),
        (
            word(&["page", "pageview"]) && (any(&["view", "visit"]) || word(&["pageview"])) || word(&["pageview"]),
            Sound::Doubtful(Marketing),
        ),
        (
            any(&["email", "campaign", "landing"]) && any(&["open", "click", "sent", "deliver", "bounc", "view"]),
            Sound::Doubtful(Marketing),
        ),
        (any(&["support", "complain", "helpdesk", "feedback"]), Sound::Doubtful(Support)),
    ];
    rules.into_iter().find(|(holds, _)| *holds).map(|(_, sound)| sound)
}

/// The kinds.
pub fn section(look: &Look) -> Section {
    let mut section = Section {
        key: "event_kinds",
        because: vec![
            "What is not use of the product. Everything else is, and counts in `event: any`. A kind that the source \
             states goes before."
                .to_owned(),
        ],
        ..Section::default()
    };
    // A name that ends in a star would be read as a prefix here.
    let open: Vec<&EventProfile> = look
        .events()
        .iter()
        .filter(|event| event.kind_stated < event.rows && !event.name.name.ends_with('*'))
        .collect();
    let (mut plain, mut doubtful) = (BTreeMap::new(), BTreeMap::new());
    for event in &open {
        match sound(&event.name.name) {
            Some(Sound::Plain(kind)) => plain.entry(kind).or_insert_with(Vec::new).push(*event),
            Some(Sound::Doubtful(kind)) => doubtful.entry(kind).or_insert_with(Vec::new).push(*event),
            None => {}
        }
    }
    if plain.is_empty() && doubtful.is_empty() {
        section.because.push(if open.is_empty() && !look.events().is_empty() {
            "The source states every kind, so it is left out.".to_owned()
        } else {
            "No name sounds like marketing, sales, billing or support, so it is left out.".to_owned()
        });
        return section;
    }
    let lines = |kinds: &BTreeMap<EventKind, Vec<&EventProfile>>| {
        let lines = kinds.iter().flat_map(|(kind, events)| lines_of(*kind, events, look.events()));
        lines.collect::<Vec<String>>()
    };
    if !plain.is_empty() {
        section.settings = vec!["event_kinds:".to_owned()];
        section.settings.extend(lines(&plain));
    }
    if !doubtful.is_empty() {
        section
            .doubts
            .push("The marked ones may be use of the product, too: take the mark away if they are not.".to_owned());
        if plain.is_empty() {
            section.proposed.push("event_kinds:".to_owned());
        }
        section.proposed.extend(lines(&doubtful));
    }
    section
}

/// Names of a kind; those that share their first word with each other, and with no other event, as one prefix.
fn lines_of(kind: EventKind, events: &[&EventProfile], all: &[EventProfile]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for event in events {
        let name = &*event.name.name;
        if done.contains(&name) {
            continue;
        }
        let prefix = name.split_inclusive([' ', '_', '.', ':', '-']).next().unwrap_or(name);
        let with = |name: &str| name.len() > prefix.len() && name.starts_with(prefix);
        let alike: Vec<&EventProfile> = events.iter().copied().filter(|other| with(&other.name.name)).collect();
        let others = all.iter().filter(|other| with(&other.name.name)).count();
        if prefix.len() < name.len() && alike.len() > 1 && alike.len() == others {
            let told: Vec<String> =
                alike.iter().map(|other| format!("{} {}", other.name.name, grouped(other.rows))).collect();
            lines.push(format!("  {}: {} # {}", text_to_yaml(&format!("{prefix}*")), kind.word(), told.join(", ")));
            done.extend(alike.iter().map(|other| &*other.name.name));
        } else {
            lines.push(format!("  {}: {} # {}", text_to_yaml(name), kind.word(), grouped(event.rows)));
            done.push(name);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use EventKind::{Billing, Marketing, Sales, Support};

    use super::*;

    #[test]
    fn names_sound_like_kinds() {
        let cases = [
            ("Ad Clicked", Some(Sound::Plain(Marketing))),
            ("newsletter_opened", Some(Sound::Plain(Marketing))),
            ("Page Viewed", Some(Sound::Doubtful(Marketing))),
            ("$pageview", Some(Sound::Doubtful(Marketing))),
            ("Email Opened", Some(Sound::Doubtful(Marketing))),
            ("Subscription Started", Some(Sound::Plain(Billing))),
            ("trial_ended", Some(Sound::Plain(Billing))),
            ("Seat Added", Some(Sound::Plain(Billing))),
            ("Ticket Opened", Some(Sound::Plain(Support))),
            ("Demo Requested", Some(Sound::Plain(Sales))),
            ("Call Held", Some(Sound::Plain(Sales))),
            ("Deal Created", None),
            ("Added To Board", None),
            ("API Called", None),
            ("Logged In", None),
            ("Order Sorted", None),
        ];
        for (name, expected) in cases {
            assert_eq!(sound(name), expected, "{name}");
        }
    }
}
