//! What names say of limits: of a trait, whether it is one and of what; of an event, whether it uses something up.

use engine::record::EventKind;

use super::catalog::{Catalog, spaced, stem};

/// Words that make a trait a limit.
pub const LIMITS: [&str; 7] = ["limit", "max", "maximum", "quota", "allowance", "allowed", "included"];
/// Words for what somebody gets: beside a thing that something else counts they make a trait a limit of it (`plan_projects`).
pub const GIVES: [&str; 4] = ["plan", "tier", "package", "subscription"];
/// Words that do not say what is limited.
const SAYS_NOTHING: [&str; 19] = [
    "plan",
    "free",
    "trial",
    "paid",
    "usage",
    "account",
    "workspace",
    "per",
    "a",
    "of",
    "day",
    "daily",
    "week",
    "weekly",
    "month",
    "monthly",
    "year",
    "total",
    "number",
];
/// Beside words of plans these say nothing, too: little words, and units, which are shared by what has nothing in common.
const SAYS_NOTHING_OF_PLANS: [&str; 15] = [
    "in", "with", "for", "the", "my", "our", "your", "yearly", "gb", "mb", "tb", "gigabyte", "megabyte", "terabyte",
    "unit",
];
/// What has such a word is a price, a mark or a time, and neither a limit of a plan nor what counts against any.
const NO_AMOUNT_OF_USE: [&str; 39] = [
    "price",
    "cost",
    "fee",
    "amount",
    "revenue",
    "mrr",
    "arr",
    "value",
    "discount",
    "tax",
    "currency",
    "balance",
    "spend",
    "spent",
    "payment",
    "invoice",
    "id",
    "name",
    "type",
    "code",
    "status",
    "state",
    "level",
    "rank",
    "version",
    "age",
    "date",
    "time",
    "at",
    "since",
    "until",
    "ago",
    "start",
    "end",
    "change",
    "upgrade",
    "downgrade",
    "interval",
    "renewal",
];
/// What has such a word says how much is taken already, and not how much a plan gives.
const TAKEN: [&str; 10] =
    ["used", "usage", "consumed", "current", "active", "remaining", "left", "available", "actual", "count"];
/// Words for who takes a seat.
const SEATS: [&str; 7] = ["seat", "user", "member", "teammate", "licence", "license", "colleague"];
/// Words of events that add to what there is; where a limit has such events, only these count against it.
const ADDS: [&str; 11] = [
    "created",
    "added",
    "invited",
    "joined",
    "imported",
    "uploaded",
    "sent",
    "posted",
    "published",
    "connected",
    "started",
];
/// Words of events that take something away.
const TAKES: [&str; 4] = ["deleted", "removed", "archived", "left"];
/// Words that have no plural.
const UNCOUNTED: [&str; 7] = ["storage", "space", "bandwidth", "traffic", "memory", "data", "usage"];
/// Of a limit that names nothing, so many of the most frequent events may be what counts against it.
const MOST_UNNAMED: usize = 8;

/// The words of a name, without their endings.
fn stems(name: &str) -> Vec<String> {
    spaced(name).split_whitespace().map(stem).collect()
}

fn has_any(words: &[String], of: &[&str]) -> bool {
    of.iter().any(|word| words.contains(&stem(word)))
}

/// A trait that is a limit by its name.
pub(super) struct Named {
    /// What is limited; empty where it does not say.
    pub things: Vec<String>,
    /// It is what a plan gives: a limit only of what something else counts.
    pub is_of_plan: bool,
}

impl Named {
    /// What a name says; `None`: it is no limit.
    pub fn of(name: &str) -> Option<Self> {
        let words = stems(name);
        let without = |silent: &[&str]| -> Vec<String> {
            words.iter().filter(|word| !has_any(std::slice::from_ref(*word), silent)).cloned().collect()
        };
        if has_any(&words, &LIMITS) {
            return Some(Self { things: without(&[&LIMITS[..], &SAYS_NOTHING].concat()), is_of_plan: false });
        }
        if !has_any(&words, &GIVES) || has_any(&words, &NO_AMOUNT_OF_USE) || has_any(&words, &TAKEN) {
            return None;
        }
        let silent = [&GIVES[..], &SAYS_NOTHING, &SAYS_NOTHING_OF_PLANS, &ADDS, &TAKES].concat();
        Some(Self { things: without(&silent), is_of_plan: true }).filter(|named| !named.things.is_empty())
    }

    pub fn is_seats(&self) -> bool {
        has_any(&self.things, &SEATS)
    }

    /// Whether another name speaks of what is limited.
    fn is_about(&self, words: &[String]) -> bool {
        self.things.iter().any(|word| words.contains(word)) || self.is_seats() && has_any(words, &SEATS)
    }

    /// Whether a number of this name may count against it.
    pub fn is_counted_by(&self, name: &str) -> bool {
        let words = stems(name);
        self.is_about(&words) && Self::of(name).is_none() && !has_any(&words, &NO_AMOUNT_OF_USE)
    }

    /// The events that count against it, by their places in a catalog: product events that speak of it. Where some of these add to what
    /// there is, only they do. What a plan gives is only used up by what adds, or is named by nothing else (`API Called`).
    pub fn used_by(&self, catalog: &Catalog) -> Vec<u16> {
        let is_unnamed = self.things.is_empty();
        let product = catalog.events.iter().zip(0..).filter(|(event, _)| event.kind == EventKind::Product);
        let about: Vec<(Vec<String>, u16)> = product
            .map(|(event, place)| (stems(&event.name), place))
            .filter(|(words, _)| (is_unnamed || self.is_about(words)) && !has_any(words, &TAKES))
            .collect();
        let adds = |words: &[String]| has_any(words, &ADDS);
        let is_itself = |words: &[String]| words.iter().all(|word| self.things.contains(word));
        let only_adding = !is_unnamed && about.iter().any(|(words, _)| adds(words));
        let counts = |words: &[String]| {
            if only_adding { adds(words) } else { !self.is_of_plan || is_itself(words) }
        };
        let most = if is_unnamed { MOST_UNNAMED } else { usize::MAX };
        about.iter().filter(|(words, _)| counts(words)).map(|(_, place)| *place).take(most).collect()
    }
}

/// What is limited, as people say it: `projects` of `max_projects`. A name that says neither limit nor plan is taken as it is.
pub(super) fn things(limit: &str) -> String {
    let all = spaced(limit);
    let as_it_is = || all.split_whitespace().collect::<Vec<_>>().join(" ");
    let silent = match Named::of(limit) {
        Some(Named { is_of_plan: false, .. }) => [&LIMITS[..], &SAYS_NOTHING].concat(),
        Some(_) => [&GIVES[..], &SAYS_NOTHING, &SAYS_NOTHING_OF_PLANS].concat(),
        None => return as_it_is(),
    };
    let says = |word: &&str| !has_any(&[stem(word)], &silent);
    let words: Vec<&str> = all.split_whitespace().filter(says).collect();
    let Some(last) = words.last() else { return as_it_is() };
    let many = if last.ends_with('s') || UNCOUNTED.contains(last) { "" } else { "s" };
    format!("{}{many}", words.join(" "))
}
