//! What a conversion is likely to be, and who can qualify.

use engine::language::text_to_yaml;
use engine::record::{EventKind, SubjectKind};
use history::EventProfile;

use super::look::Look;
use super::section::Section;
use super::words::{has, has_word, words};
use crate::commands::data::percent;
use crate::console::count;

/// Points from which a name may be a purchase, and from which one is taken for it.
const LIKELY: i32 = 50;
const SURE: i32 = 70;

/// An event that may be the goal.
pub struct Candidate<'a> {
    event: &'a EventProfile,
    points: i32,
}

/// Candidates, the best first.
pub fn choose(look: &Look) -> Vec<Candidate<'_>> {
    let people = look.profile.people.with_events;
    let points = |event: &EventProfile| name_points(&event.name.name) + figure_points(event, people);
    let mut all: Vec<Candidate<'_>> = look
        .events()
        .iter()
        .filter(|event| name_points(&event.name.name) >= LIKELY)
        .map(|event| Candidate { event, points: points(event) })
        .filter(|candidate| candidate.points >= LIKELY)
        .collect();
    all.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| b.event.people.cmp(&a.event.people)));
    all
}

/// How much a name sounds like a first purchase, 0 to 100.
fn name_points(name: &str) -> i32 {
    let words = words(name);
    let any = |starts: &[&str]| starts.iter().any(|start| has(&words, start));
    let undone = [
        "cancel", "fail", "refund", "declin", "expir", "abandon", "remind", "view", "click", "open", "trial",
        "attempt", "end", "lost", "clos", "request", "due", "churn", "page", "email", "downgrad", "pause",
    ];
    let won = any(&["won"]) || (has_word(&words, "closed") && has_word(&words, "won"));
    if !won && any(&undone) {
        return 0;
    }
    let began = any(&[
        "start", "purchas", "creat", "activat", "bought", "buy", "begin", "began", "paid", "complet", "plac", "new",
        "success", "succeed",
    ]);
    if any(&["subscri"]) && !any(&["unsubscri", "newsletter", "renew", "updat", "chang"]) {
        return if began { 100 } else { 75 };
    }
    let rules: [(bool, i32); 9] = [
        (any(&["purchas", "bought"]), 90),
        (any(&["convert"]), 85),
        (won && any(&["deal", "opportunity", "closed", "contract"]), 85),
        (any(&["order", "checkout"]) && any(&["complet", "plac", "paid", "success", "succeed", "confirm"]), 80),
        (any(&["enrol"]), 75),
        (any(&["upgrad"]) && !any(&["plan", "seat"]), 72),
        (any(&["upgrad"]), 60),
        (any(&["payment", "paid", "charge"]) && !any(&["invoice"]), 65),
        (any(&["invoice"]) && any(&["paid", "payment"]), 55),
    ];
    rules.into_iter().filter(|(holds, _)| *holds).map(|(_, points)| points).max().unwrap_or(0)
}

/// How much the figures do: some people, not nearly all, each once or a few times, with money.
fn figure_points(event: &EventProfile, people: u64) -> i32 {
    let share = event.people as f64 / people.max(1) as f64;
    let times = event.rows as f64 / event.people.max(1) as f64;
    let mut points = 0;
    points += if share > 0.8 { -30 } else { 5 };
    points += if times > 3.0 { -10 } else { 5 };
    points += if event.money.is_empty() { 0 } else { 5 };
    points += if event.name.kind == EventKind::Billing { 5 } else { 0 };
    points
}

/// The goal.
pub fn section(look: &Look, candidates: &[Candidate<'_>]) -> Section {
    let mut section = Section {
        key: "goal",
        because: vec!["What a conversion is, unless a definition says otherwise.".to_owned()],
        ..Section::default()
    };
    let Some(first) = candidates.first() else {
        section.doubts.push(
            "No event looks like a purchase. Without a goal Brix lists who qualifies but cannot prove that they pay: \
             import purchases (from billing, or the CRM), and name their event here."
                .to_owned(),
        );
        section.proposed = vec!["goal: { event: Subscription Started, within: 60d }".to_owned()];
        return section;
    };
    let told = |candidate: &Candidate<'_>| {
        let event = candidate.event;
        let who = if event.people == 0 {
            "accounts alone".to_owned()
        } else {
            let share = percent(event.people, look.profile.people.with_events);
            format!("{} ({share} of those with an event)", count(event.people, "person", "people"))
        };
        format!("`{}`: {} by {who}", event.name.name, count(event.rows, "event", "events"))
    };
    section.because.push(format!("{}.", told(first)));
    let others: Vec<String> = candidates.iter().skip(1).take(4).map(told).collect();
    if !others.is_empty() {
        section.doubts.push(format!(
            "The first purchase is meant, and nothing that follows it. These could be it as well: {}.",
            others.join("; ")
        ));
    }
    let mut parts = vec![format!("event: {}", event_to_yaml(&first.event.name.name))];
    let people = look.profile.people;
    let have_accounts = people.all > 0 && people.with_account * 2 >= people.all;
    if first.event.with_account * 10 >= first.event.rows * 9 && have_accounts {
        parts.push("of: account".to_owned());
        section.because.push(
            "Purchases name accounts, so a purchase converts everybody in the account, whoever made it.".to_owned(),
        );
    }
    if let Some(within) = within(look) {
        section.doubts.push(format!(
            "{within} after qualifying a purchase is no longer laid to the signal's credit: about the length of your sales \
             cycle."
        ));
        parts.push(format!("within: {within}"));
    }
    let line = format!("goal: {{ {} }}", parts.join(", "));
    if first.points >= SURE {
        section.settings = vec![line];
    } else {
        section
            .doubts
            .push("No name says plainly that it is a purchase; take the mark away if this one is.".to_owned());
        section.proposed = vec![line];
    }
    section
}

/// A length that leaves enough of the history to watch people for so long.
fn within(look: &Look) -> Option<&'static str> {
    let first = look.events().iter().filter_map(|event| event.days.keys().next()).min()?;
    let last = look.events().iter().filter_map(|event| event.days.keys().next_back()).max()?;
    match last.abs_diff(*first) {
        150.. => Some("60d"),
        75.. => Some("30d"),
        30.. => Some("14d"),
        _ => None,
    }
}

/// A name as an event of a definition: `any`, and names that end in a star, mean more than themselves.
fn event_to_yaml(name: &str) -> String {
    let is_more = name == "any" || name.ends_with('*') || name.starts_with('\\');
    if is_more { text_to_yaml(&format!("\\{name}")) } else { text_to_yaml(name) }
}

/// Who can qualify.
pub fn population(look: &Look, candidates: &[Candidate<'_>]) -> Section {
    let paid = if candidates.is_empty() { "" } else { ", who have not converted, and whose account has not" };
    let mut section = Section {
        key: "population",
        because: vec![format!(
            "Who can qualify, tested at each instant. Left out, it is those who are not of an internal domain{paid}."
        )],
        ..Section::default()
    };
    let stage =
        look.profile.traits.iter().find(|found| found.column.name == "stage" && found.of != SubjectKind::Workspace);
    let Some(stage) = stage else {
        section.because.push("No trait `stage` says otherwise, so it is left out.".to_owned());
        return section;
    };
    let texts = stage.column.values.common.iter().filter_map(|(value, rows)| Some((value.as_text()?, *rows)));
    let stages: Vec<(&str, u64)> = texts.take(8).collect();
    let told: Vec<String> =
        stages.iter().map(|(word, rows)| format!("{word} {}", percent(*rows, stage.column.rows))).collect();
    section.because.push(format!("The trait `{}.stage` is one of: {}.", stage.of.word(), told.join(", ")));
    if stage.constant > 0 {
        section.doubts.push(
            "It is imported as constant: it tells the past what came later. Date it before you use it.".to_owned(),
        );
    }
    let before: Vec<String> = stages
        .iter()
        .filter(|(word, _)| {
            ["trial", "free", "freemium", "lead", "evaluation", "prospect"]
                .iter()
                .any(|before| word.to_lowercase().contains(before))
        })
        .map(|(word, _)| text_to_yaml(word))
        .collect();
    if !before.is_empty() {
        section.doubts.push("A narrower choice, which replaces the whole rule above:".to_owned());
        section.proposed = vec![format!("population: {{ stage: [{}] }}", before.join(", "))];
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purchases_are_told_by_their_names() {
        for sure in [
            "Subscription Started",
            "subscription_created",
            "Subscription Purchased",
            "Order Placed",
            "Deal Won",
            "Converted To Paid",
            "Enrolled",
        ] {
            assert!(name_points(sure) >= SURE, "{sure}");
        }
        for other in [
            "Subscription Cancelled",
            "Trial Started",
            "Checkout Started",
            "Newsletter Subscribed",
            "Payment Failed",
            "Logged In",
            "Page Viewed",
            "Subscription Page Viewed",
            "Unsubscribed",
            "Reordered Columns",
        ] {
            assert!(name_points(other) < LIKELY, "{other}");
        }
        assert!(name_points("Invoice Paid") < SURE && name_points("Plan Upgraded") < SURE);
    }

    #[test]
    fn names_that_mean_more_are_marked() {
        assert_eq!(event_to_yaml("any"), "\"\\\\any\"");
        assert_eq!(event_to_yaml("Order Placed"), "Order Placed");
        assert_eq!(event_to_yaml("Paid: yes"), "\"Paid: yes\"");
    }
}
