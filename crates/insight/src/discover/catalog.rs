//! Which events are looked at, and which are left out by construction.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Value;
use engine::definition::{Goal, NamePattern, TraitPath};
use engine::household::EventName;
use engine::record::EventKind;
use serde::Serialize;

/// The most events that are looked at: the most frequent ones.
pub const MOST_EVENTS: usize = 200;
/// Names that are not looked at.
pub(crate) const NONE: u16 = u16::MAX;

/// The events of a history, as discovery sees them.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Names whose behaviour may predict, the most frequent first.
    pub events: Vec<CatalogEvent>,
    /// Names that are left out, and why.
    pub excluded: Vec<Excluded>,
    /// Features of their properties.
    pub properties: Vec<PropertyFeature>,
    /// Features of traits as of the landmark.
    pub traits: Vec<TraitFeature>,
    /// How much is used of the limits among them: [`super::share::shares`] finds them.
    pub shares: Vec<ShareFeature>,
    /// The place in `events` of each code, or [`NONE`].
    by_code: Vec<u16>,
    /// Codes of one name share a number.
    alike: Vec<u32>,
    product: Vec<bool>,
    /// By code, whether it is what sales did.
    sales: Vec<bool>,
}

/// An event that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogEvent {
    /// Its name.
    pub name: Arc<str>,
    /// What it is about; where the name has several kinds, the most frequent one.
    pub kind: EventKind,
}

/// A feature of an event's property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyFeature {
    /// The event's place in the catalog.
    pub event: u16,
    /// The property.
    pub property: Arc<str>,
    /// Its slot among what is read of rows.
    pub slot: u32,
    /// What is measured.
    pub what: OfProperty,
}

/// What is measured of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfProperty {
    /// How many events have this value.
    Is(Value),
    /// How many different values there are.
    Distinct,
    /// The sum of its numbers, cut to whole ones.
    Sum,
}

/// A feature of a trait, as it is at the landmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraitFeature {
    /// Whose: the subject's own or, for users, its account's.
    pub path: TraitPath,
    /// Its slot among what is read of subjects.
    pub slot: u32,
    /// Whether it is this value; `None`: how large its number is, cut to a whole one.
    pub is: Option<Value>,
}

/// A limit and what counts against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareFeature {
    /// What is used.
    pub used: Used,
    /// The limit: the subject's own trait or, for users, their account's.
    pub limit: TraitPath,
    /// Its slot among what is read of subjects.
    pub slot: u32,
}

/// What counts against a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Used {
    /// How often an event happened in the window: its place in the catalog.
    Event(u16),
    /// How many members used the product in the window (accounts only).
    Members,
    /// A number at the landmark: the trait, and its slot among what is read of subjects.
    Trait(TraitPath, u32),
}

impl Used {
    /// The event that is counted.
    #[must_use]
    pub const fn event(&self) -> Option<u16> {
        match self {
            Self::Event(event) => Some(*event),
            Self::Members | Self::Trait(..) => None,
        }
    }

    /// What it is called: an event, a trait, or all product events.
    pub(crate) fn name(&self, catalog: &Catalog) -> Arc<str> {
        let event = |event: &u16| catalog.events.get(usize::from(*event)).map(|event| Arc::clone(&event.name));
        match self {
            Self::Event(place) => event(place),
            Self::Trait(path, _) => Some(Arc::clone(&path.name)),
            Self::Members => None,
        }
        .unwrap_or_else(|| Arc::from("any"))
    }
}

/// An event that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// Its name.
    pub name: Arc<str>,
    /// Why.
    pub why: String,
}

impl Catalog {
    /// From a history's dictionary of names with the number of their events.
    ///
    /// Left out are the goal, names that say the same, billing (a payment's parts say nothing about who will pay), what Brix
    /// itself did, and names beyond the [`MOST_EVENTS`] most frequent.
    #[must_use]
    pub fn new(names: &[(EventName, u64)], goal: &Goal) -> Self {
        let mut counts: BTreeMap<&Arc<str>, (u64, u64, EventKind)> = BTreeMap::new();
        for (event, count) in names.iter().filter(|(_, count)| *count > 0) {
            let entry = counts.entry(&event.name).or_insert((0, 0, event.kind));
            entry.0 += count;
            if *count > entry.1 {
                (entry.1, entry.2) = (*count, event.kind);
            }
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by_key(|(name, (count, ..))| (std::cmp::Reverse(*count), Arc::clone(name)));
        let (mut events, mut excluded) = (Vec::new(), Vec::new());
        for (name, (_, _, kind)) in ranked {
            let why = why_excluded(name, kind, goal).or_else(|| {
                (events.len() >= MOST_EVENTS).then(|| format!("not among the {MOST_EVENTS} most frequent"))
            });
            match why {
                Some(why) => excluded.push(Excluded { name: Arc::clone(name), why }),
                None => events.push(CatalogEvent { name: Arc::clone(name), kind }),
            }
        }
        let places: BTreeMap<&Arc<str>, u16> = events.iter().map(|event| &event.name).zip(0..).collect();
        let mut first: BTreeMap<&Arc<str>, u32> = BTreeMap::new();
        let alike = names.iter().zip(0..).map(|((event, _), code)| *first.entry(&event.name).or_insert(code)).collect();
        let by_code = names.iter().map(|(event, _)| places.get(&event.name).copied().unwrap_or(NONE)).collect();
        let product = names.iter().map(|(event, _)| event.kind == EventKind::Product).collect();
        let sales = names.iter().map(|(event, _)| event.kind == EventKind::Sales).collect();
        Self {
            by_code,
            alike,
            product,
            sales,
            excluded,
            events,
            properties: Vec::new(),
            traits: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// Whether an event, property or trait of this name is looked at.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.events.iter().any(|event| &*event.name == name)
            || self.properties.iter().any(|feature| &*feature.property == name)
            || self.traits.iter().any(|feature| &*feature.path.name == name)
    }

    /// Whether there is anything that sales did.
    pub(crate) fn has_sales(&self) -> bool {
        self.sales.contains(&true)
    }

    /// Whether a code's event is what sales did.
    #[inline]
    pub(crate) fn is_sales(&self, code: u32) -> bool {
        self.sales.get(code as usize).is_some_and(|is_sales| *is_sales)
    }

    /// How many codes the dictionary has.
    pub(crate) fn codes(&self) -> usize {
        self.by_code.len()
    }

    /// The place of a code's event, the number it shares with others of its name, and whether it is use of the product.
    #[inline]
    pub(crate) fn look(&self, code: u32) -> (u16, u32, bool) {
        let code = code as usize;
        match (self.by_code.get(code), self.alike.get(code), self.product.get(code)) {
            (Some(place), Some(alike), Some(product)) => (*place, *alike, *product),
            _ => (NONE, 0, false),
        }
    }
}

fn why_excluded(name: &str, kind: EventKind, goal: &Goal) -> Option<String> {
    for pattern in &goal.events.names {
        let (is_goal, goal_name) = match pattern {
            NamePattern::Any => (true, ""),
            NamePattern::Exactly(exactly) => (**exactly == *name, &**exactly),
            NamePattern::Prefix(prefix) => (name.starts_with(&**prefix), &**prefix),
        };
        if is_goal {
            return Some("it is the goal".to_owned());
        }
        if says_the_same(name, goal_name) {
            return Some(format!("its name says the same as the goal \"{goal_name}\""));
        }
    }
    match kind {
        EventKind::Billing => Some("billing: paying does not predict paying".to_owned()),
        EventKind::Brix => Some("what Brix itself did".to_owned()),
        _ => None,
    }
}

/// Whether two names are one but for case, signs, the order of words and their endings: `subscription_started` and
/// `Started Subscriptions`.
fn says_the_same(left: &str, right: &str) -> bool {
    let words = |name: &str| {
        let spaced: String = spaced(name);
        let mut words: Vec<String> = spaced.split_whitespace().map(stem).collect();
        words.sort();
        words.dedup();
        words
    };
    !right.is_empty() && words(left) == words(right)
}

/// Words apart: at signs, and where small letters turn to capitals.
pub(super) fn spaced(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (small && letter.is_uppercase()) {
            text.push(' ');
        }
        if letter.is_alphanumeric() {
            text.extend(letter.to_lowercase());
        }
        small = letter.is_lowercase();
    }
    text
}

/// A word without the endings that nouns and past tenses have.
pub(super) fn stem(word: &str) -> String {
    let cut = ["ions", "ion", "ing", "ed", "es", "s", "e"].into_iter().find_map(|end| word.strip_suffix(end));
    cut.filter(|rest| rest.len() >= 3).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use engine::definition::Events;

    use super::*;

    #[test]
    fn the_goal_and_what_says_the_same_are_left_out() {
        let goal = Goal {
            events: Events {
                names: vec![NamePattern::Exactly(Arc::from("Subscription Started"))],
                kind: None,
                filter: None,
            },
            of: None,
            within: None,
        };
        let event = |name: &str, kind, count| (EventName { name: Arc::from(name), kind }, count);
        let names = [
            event("Logged In", EventKind::Product, 5),
            event("Subscription Started", EventKind::Product, 4),
            event("subscription_start", EventKind::Product, 4),
            event("startSubscriptions", EventKind::Product, 4),
            event("Started Over", EventKind::Product, 4),
            event("Invoice Paid", EventKind::Billing, 3),
            event("Call Held", EventKind::Sales, 9),
            event("Logged In", EventKind::Marketing, 1),
            event("Never", EventKind::Product, 0),
        ];
        let catalog = Catalog::new(&names, &goal);
        let kept: Vec<&str> = catalog.events.iter().map(|event| &*event.name).collect();
        assert_eq!(kept, ["Call Held", "Logged In", "Started Over"]);
        assert_eq!(catalog.excluded.len(), 4);
        assert_eq!(catalog.look(0), (1, 0, true));
        assert_eq!(catalog.look(7), (1, 0, false), "the same name of another kind");
        assert_eq!(catalog.look(1).0, NONE);
        assert_eq!(catalog.look(99), (NONE, 0, false));
    }
}
