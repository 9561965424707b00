//! Rules that pick the same people are judged once, and told of together.

use std::sync::Arc;

use engine::Value;
use engine::definition::{TraitOwner, TraitPath};
use engine::household::{EventName, Subject};
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use insight::discover::catalog::TraitFeature;
use insight::discover::report::{Discovery, Finding};
use insight::discover::table::{FeatureTable, Following, Layout, Measure, Part, TableRow};
use insight::discover::{Catalog, Question, answer};

use super::made_up;
use crate::product::{Dice, START};

const EVENTS: [&str; 4] = ["A", "B", "C", "D"];
const PEOPLE: u32 = 3_000;
/// Somebody of the later half.
const ODD: u32 = PEOPLE - 10;

/// What happens beside A, which makes people buy where it happens three times or more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// Nothing that has to do with it.
    Nothing,
    /// B happens as often, and two traits say who did A three times.
    Twins,
    /// The same, but for one of the later people, of whom the traits do not say so.
    NearlyTwins,
}

fn question() -> Question {
    let names = EVENTS.map(|name| (EventName { name: Arc::from(name), kind: EventKind::Product }, 1));
    let mut catalog = Catalog::new(&names, &made_up::goal());
    let of = |(name, slot): (&str, u32)| TraitFeature {
        path: TraitPath { of: TraitOwner::Own, name: Arc::from(name) },
        slot,
        is: Some(Value::text("yes")),
    };
    catalog.traits.extend([("busy", 0), ("eager", 1)].map(of));
    Question { catalog: Arc::new(catalog), ..made_up::question(SubjectKind::User, &[], &[7 * DAY]) }
}

fn discovery(beside: Beside) -> Discovery {
    let question = question();
    let (catalog, layout) = (&question.catalog, Arc::new(Layout::new(&question)));
    let mut dice = Dice(3);
    let mut part = Part::default();
    for person in 0..PEOPLE {
        let [a, c, d] = [0; 3].map(|_: u32| if dice.share() < 0.4 { 0 } else { 1 + dice.below(5) as u32 });
        let others = [if dice.share() < 0.4 { 0 } else { 1 + dice.below(5) as u32 }, dice.below(4) as u32 / 3];
        let won = dice.share() < 0.05 + if a >= 3 { 0.25 } else { 0.0 } + if c >= 2 && a >= 3 { 0.3 } else { 0.0 };
        let is_twin = beside != Beside::Nothing;
        let [b, says] = if is_twin { [a, u32::from(a >= 3)] } else { others };
        let says = if beside == Beside::NearlyTwins && person == ODD { 1 - says } else { says };
        let eager = if is_twin { says } else { dice.below(2) as u32 };
        part.rows.push(TableRow {
            subject: Subject { kind: SubjectKind::User, code: person + 1 },
            clock: START + i64::from(person) * DAY / 16,
            household: person,
            in_population: 1,
            unconverted: 1,
            won: u8::from(won),
        });
        // All are as active as each other: what is left of a rule is the rule.
        part.activity.push(10);
        part.levels.extend(layout.slots.iter().map(|slot| {
            let event = slot.event.map(|event| &*catalog.events[usize::from(event)].name);
            layout.levels.of(match (slot.measure, event) {
                (Measure::Trait, _) => [says, eager][usize::from(slot.of.unwrap())],
                (Measure::Count, Some("A")) => a,
                (Measure::Count, Some("B")) => b,
                (Measure::Count, Some("C")) => c,
                (Measure::Count, Some("D")) => d,
                _ => 0,
            })
        }));
    }
    let table = FeatureTable { following: vec![Following::default(); EVENTS.len()], layout, parts: vec![part] };
    answer(&question, &table)
}

fn of<'a>(discovery: &'a Discovery, words: &str) -> Option<&'a Finding> {
    discovery.findings.iter().find(|finding| finding.words == words)
}

#[test]
fn twins_are_judged_once_in_the_plainest_words() {
    let twins = discovery(Beside::Twins);
    let finding = of(&twins, "A 3 or more times").unwrap();
    let told: Vec<&str> = finding.same_people.iter().map(|twin| twin.words.as_str()).collect();
    assert_eq!(told, ["B 3 or more times", "busy = yes", "eager = yes"]);
    assert_eq!(finding.same_people[1].criterion, "{ trait: busy, is: yes }".replace("yes", "\"yes\""));
    let sentence = "The same people: B 3 or more times; busy = yes; eager = yes.";
    assert!(finding.sentence.contains(sentence), "{}", finding.sentence);
    for full in [false, true] {
        let text = insight::discover::text::text(&twins, full).replace("\n     ", " ");
        assert!(text.contains(sentence), "{text}");
    }
    assert!(serde_json::to_string(&twins).unwrap().contains("\"same_people\":[{\"words\":\"B 3 or more times\""));
    // No two findings are of the same people, pairs with C among them.
    let mut figures: Vec<_> =
        twins.findings.iter().map(|of| (of.search.met, of.search.met_buyers, of.held_out.met)).collect();
    let pair = twins.findings.iter().find(|finding| finding.conditions.len() == 2).unwrap();
    let twin = pair.words.replace("A ", "B ");
    assert!(pair.words.starts_with("A ") && pair.same_people.iter().any(|of| of.words == twin), "{pair:?}");
    let all = figures.len();
    figures.sort_unstable();
    figures.dedup();
    assert_eq!((figures.len(), twins.tried.judged), (all, all as u64));
}

/// A twin makes nothing harder to prove; and what only nearly picks the same people is a rule of its own.
#[test]
fn twins_count_once_in_the_correction() {
    let twins = discovery(Beside::Twins);
    let apart = discovery(Beside::NearlyTwins);
    assert_eq!(of(&apart, "A 3 or more times").unwrap().same_people.len(), 1, "only B");
    let nearly = of(&apart, "busy = yes").unwrap();
    assert_eq!(nearly.same_people.iter().map(|twin| &*twin.words).collect::<Vec<_>>(), ["eager = yes"]);
    assert!(apart.tried.judged > twins.tried.judged, "{:?} {:?}", apart.tried, twins.tried);
    // All of it was tried, and is told so.
    assert_eq!((apart.tried.cells, apart.tried.features), (twins.tried.cells, twins.tried.features));
    let alone = discovery(Beside::Nothing);
    assert!(alone.findings.iter().all(|finding| finding.same_people.is_empty()));
}
