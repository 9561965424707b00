//! Shares of limits as rows of a learned card.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::sync::Arc;

use engine::definition::{Criterion, Period, Quantity, TraitOwner, TraitPath};
use engine::household::{EventName, Subject};
use engine::language;
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use engine::workspace::Workspace;
use insight::discover::catalog::TraitFeature;
use insight::discover::share::shares;
use insight::discover::table::{FeatureTable, Following, Layout, Measure, Part, TableRow};
use insight::discover::{Catalog, Question};
use insight::learned::{Allowed, Learned, LearnedCard, learn};

use crate::discover::made_up;
use crate::product::{Dice, START};

const EVENTS: [&str; 2] = ["Project Created", "Logged In"];
const LIMITS: [u32; 4] = [5, 10, 20, 40];

/// Two events, and two limits: of the one what is done uses it up, of the other a number that is known of somebody.
fn question() -> Question {
    let names = EVENTS.map(|name| (EventName { name: Arc::from(name), kind: EventKind::Product }, 1));
    let mut catalog = Catalog::new(&names, &made_up::goal());
    let of = |(name, slot): (&str, u32)| TraitFeature {
        path: TraitPath { of: TraitOwner::Own, name: Arc::from(name) },
        slot,
        is: None,
    };
    catalog.traits.extend([("max_projects", 0), ("storage", 1), ("storage_limit", 2)].map(of));
    catalog.shares = shares(&catalog, SubjectKind::User, &[]);
    assert_eq!(catalog.shares.len(), 2);
    Question { catalog: Arc::new(catalog), ..made_up::question(SubjectKind::User, &[], &[7 * DAY]) }
}

/// What is known of somebody: how many projects and logins, how many projects he may have, how much storage of 100 he uses.
#[derive(Clone, Copy)]
struct Known {
    projects: u32,
    logins: u32,
    most: u32,
    storage: u32,
}

impl Known {
    fn used(self) -> f64 {
        f64::from(self.projects) / f64::from(self.most)
    }
}

/// People over half a year; `live`: whether somebody converts, and the limit that he then has.
fn table(live: impl Fn(Known, &mut Dice) -> (bool, u32)) -> FeatureTable {
    let question = question();
    let (catalog, layout) = (&question.catalog, Arc::new(Layout::new(&question)));
    let mut dice = Dice(21);
    let mut part = Part::default();
    for household in 0..4_000 {
        let most = LIMITS[dice.below(4) as usize];
        let mut known = Known {
            projects: (dice.share() * 1.1 * f64::from(most)) as u32,
            logins: dice.below(30) as u32,
            most,
            storage: dice.below(120) as u32,
        };
        let (won, limit) = live(known, &mut dice);
        known.most = limit;
        part.rows.push(TableRow {
            subject: Subject { kind: SubjectKind::User, code: household + 1 },
            clock: START + (dice.share() * 180.0 * DAY as f64) as i64,
            household,
            in_population: 1,
            unconverted: 1,
            won: u8::from(won),
        });
        part.activity.push(known.projects + known.logins);
        let steps = |used: u32, of: u32| [50, 80, 90, 100].iter().filter(|step| used * 100 >= **step * of).count();
        part.levels.extend(layout.slots.iter().map(|slot| {
            let event = slot.event.map(|event| &*catalog.events[usize::from(event)].name);
            layout.levels.of(match (slot.measure, event) {
                (Measure::Share, Some(_)) => steps(known.projects, known.most) as u32,
                (Measure::Share, None) => steps(known.storage, 100) as u32,
                (Measure::Trait, _) => [known.most, known.storage, 100][usize::from(slot.of.unwrap())],
                (Measure::Count, Some("Project Created")) => known.projects,
                (Measure::Count, Some(_)) => known.logins,
                _ => 0,
            })
        }));
    }
    FeatureTable { following: vec![Following::default(); EVENTS.len()], layout, parts: vec![part] }
}

fn card(table: &FeatureTable, traits: bool) -> LearnedCard {
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    match learn(table, &question(), 0, &like, &Allowed { traits, ..Allowed::default() }) {
        Learned::Card(card) => *card,
        Learned::Refused(refused) => panic!("{}", refused.because),
    }
}

/// Who uses up the limit is likelier to buy.
fn by_used(known: Known, dice: &mut Dice) -> (bool, u32) {
    (dice.share() < if known.used() >= 0.8 { 0.45 } else { 0.06 }, known.most)
}

#[test]
fn what_is_used_of_a_limit_is_a_row_where_that_tells_buyers() {
    let card = card(&table(by_used), false);
    let first = &card.rows[0];
    assert_eq!(first.words, "80 % or more of their projects used (Project Created against max_projects)");
    assert!(serde_json::to_string(first).unwrap().contains("\"at_least\":80"), "a share is told in hundredths");
    assert!(card.reliable, "{:?}", card.area);
    // In the file the share has the window, for the definition has none.
    let read = language::parse(&card.definition, &Workspace::default()).unwrap().definition;
    assert_eq!(language::to_yaml(&read), card.definition);
    let Criterion::AtLeast { of, .. } = &read.when else { panic!("{}", card.definition) };
    let ratios = of.iter().filter_map(|part| if let Criterion::Ratio(ratio) = part { Some(ratio) } else { None });
    let ratios: Vec<_> = ratios.collect();
    assert!(ratios.len() >= first.points as usize);
    for ratio in ratios {
        assert!(matches!(&ratio.of, Quantity::Measure(of) if matches!(of.period, Period::Within(_))), "{ratio:?}");
        assert!(matches!(&ratio.to, Quantity::Trait(path) if &*path.name == "max_projects"), "{ratio:?}");
    }
    let told = insight::learned::text::text(&Learned::Card(Box::new(card)));
    assert!(told.contains("max_projects)"), "the words of a long row go on below:\n{told}");
}

/// Who has much left is likelier to buy. No definition can say it, for it would be true from the start.
#[test]
fn what_is_not_used_of_a_limit_is_no_row() {
    let table = table(|known, dice| (dice.share() < if known.used() < 0.5 { 0.5 } else { 0.06 }, known.most));
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    if let Learned::Card(card) = learn(&table, &question(), 0, &like, &Allowed::default()) {
        let is_share = |row: &insight::learned::Row| row.words.contains("% or more of their projects");
        assert!(!card.rows.iter().any(is_share), "{:?}", card.rows);
    }
}

/// Who uses up what he is known to have is likelier to buy: that is who he is, and nothing that he did.
#[test]
fn a_number_and_its_limit_are_who_somebody_is() {
    let table = table(|known, dice| (dice.share() < if known.storage >= 80 { 0.5 } else { 0.06 }, known.most));
    let words = "80 % or more of their storage used (storage against storage_limit)";
    let rows = |card: &LearnedCard| card.rows.iter().map(|row| row.words.clone()).collect::<Vec<_>>();
    let of_traits = card(&table, true);
    assert!(
        rows(&of_traits).iter().any(|row| row == words || row == "storage of 75 or more"),
        "{:?}",
        rows(&of_traits)
    );
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    if let Learned::Card(card) = learn(&table, &question(), 0, &like, &Allowed::default()) {
        assert!(rows(&card).iter().all(|row| !row.contains("storage")), "{:?}", rows(&card));
    }
}

/// Where the purchase sets the limit, and the limit is known only as it is at last, a share of it is what became of people.
#[test]
fn a_limit_that_the_purchase_sets_is_left_out_with_its_shares() {
    let table = table(|known, dice| {
        let (won, most) = by_used(known, dice);
        (won, if won { 1_000 } else { most })
    });
    let card = card(&table, false);
    assert!(card.left_out.iter().any(|why| why.contains("max_projects of 50 or more")), "{:?}", card.left_out);
    assert!(card.rows.iter().all(|row| !row.words.contains("max_projects")), "{:?}", card.rows);
}
