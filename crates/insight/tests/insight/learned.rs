//! The learned card: what it finds, that it invents nothing, and that it is the definition it writes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::sync::Arc;

use engine::definition::Criterion;
use engine::household::{EventName, Subject};
use engine::language;
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use engine::workspace::Workspace;
use insight::discover::Question;
use insight::discover::table::{FeatureTable, Following, Layout, Part, TableRow};
use insight::learned::{Allowed, Learned, LearnedCard, learn};

use crate::discover::made_up;
use crate::product::{Dice, START};

const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

fn question() -> Question {
    let name = |name: &&str| EventName { name: Arc::from(*name), kind: EventKind::Product };
    let names: Vec<EventName> = NAMES.iter().map(name).collect();
    made_up::question(SubjectKind::User, &names, &[7 * DAY])
}

/// Households of `size` people over half a year. Each event happens so often at random, alike for all of a household; the
/// chance to convert is `chance` of the counts of A to F, and a household converts as one.
fn table(seed: u64, households: u32, size: u32, chance: impl Fn(&[u32; 6]) -> f64) -> FeatureTable {
    let question = question();
    let layout = Arc::new(Layout::new(&question));
    let mut dice = Dice(seed);
    let mut part = Part::default();
    for household in 0..households {
        let clock = START + (dice.share() * 180.0 * DAY as f64) as i64;
        let counts: [u32; 6] = std::array::from_fn(|_| if dice.share() < 0.5 { 0 } else { 1 + dice.below(6) as u32 });
        let won = dice.share() < chance(&counts);
        for member in 0..size {
            let code = household * size + member + 1;
            part.rows.push(TableRow {
                subject: Subject { kind: SubjectKind::User, code },
                clock,
                household,
                in_population: 1,
                unconverted: 1,
                won: u8::from(won),
            });
            part.activity.push(counts.iter().sum());
            part.levels.extend(layout.slots.iter().map(|slot| {
                let event = slot.event.and_then(|event| question.catalog.events.get(usize::from(event)));
                let count = event.map_or(0, |event| {
                    let place = NAMES.iter().position(|name| **name == *event.name).unwrap();
                    counts[place]
                });
                layout.levels.of(count)
            }));
        }
    }
    FeatureTable { following: vec![Following::default(); NAMES.len()], layout, parts: vec![part] }
}

fn learned(table: &FeatureTable, monotone: bool) -> Learned {
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    learn(table, &question(), 0, &like, &Allowed { monotone, ..Allowed::default() })
}

fn card(table: &FeatureTable) -> LearnedCard {
    match learned(table, false) {
        Learned::Card(card) => *card,
        Learned::Refused(refused) => panic!("{}", refused.because),
    }
}

/// A matters much, B less, not having C a little.
fn planted(counts: &[u32; 6]) -> f64 {
    let odds = -3.4
        + 1.8 * f64::from(u8::from(counts[0] >= 3))
        + 1.0 * f64::from(u8::from(counts[1] >= 1))
        + 0.8 * f64::from(u8::from(counts[2] == 0));
    1.0 / (1.0 + (-odds).exp())
}

#[test]
fn the_planted_rows_are_found_with_their_weights() {
    let card = card(&table(5, 8_000, 1, planted));
    let points = |words: &str| card.rows.iter().find(|row| row.words.starts_with(words)).map(|row| row.points);
    let (a, b, c) = (points("A 3"), points("B"), points("not C"));
    assert!(a > b && b.is_some() && c.is_some(), "{:?}", card.rows);
    assert!(card.rows.len() <= 6, "{:?}", card.rows);
    assert!(card.reliable && card.area.unwrap().low > 0.6);
    // It loses nothing to the regression that sees all counts: the truth is a card.
    assert!(card.against_baseline.unwrap().high > 0.0, "{:?}", card.against_baseline);
    let [own, always] = card.brier.unwrap();
    assert!(own < always);
    for total in &card.totals {
        let rate = total.converted.rate.unwrap();
        assert!((rate.low - 0.03..=rate.high + 0.03).contains(&total.predicted), "{total:?}");
    }
    assert_eq!(card.totals.iter().map(|total| total.converted.of).sum::<u64>(), card.judging.of);
}

#[test]
fn the_card_is_a_definition_that_reads_back() {
    let card = card(&table(5, 8_000, 1, planted));
    let read = language::parse(&card.definition, &Workspace::default()).unwrap().definition;
    let Criterion::AtLeast { least, of } = &read.when else { panic!("{}", card.definition) };
    assert_eq!((*least, of.len() as u32), (card.threshold, card.most));
    assert_eq!(language::to_yaml(&read), card.definition);
    // The largest row stands in it as often as it has points.
    let first = &card.rows[0];
    assert_eq!(of.iter().filter(|criterion| *criterion == &of[0]).count() as u32, first.points);
}

#[test]
fn a_monotone_card_counts_nothing_that_was_not_done() {
    let Learned::Card(card) = learned(&table(5, 8_000, 1, planted), true) else { panic!("refused") };
    assert!(card.rows.iter().all(|row| !row.words.starts_with("not ")), "{:?}", card.rows);
}

#[test]
fn where_nothing_matters_nothing_reliable_is_learned_even_among_colleagues() {
    for size in [1, 5] {
        let rounds = 60;
        let reliable = (0..rounds)
            .filter(|seed| match learned(&table(1_000 + seed, 600, size, |_| 0.2), false) {
                Learned::Card(card) => card.reliable,
                Learned::Refused(_) => false,
            })
            .count();
        // 5 % of 60 and two standard errors.
        assert!(reliable <= 6, "{reliable} of {rounds} with households of {size}");
    }
}

#[test]
fn few_conversions_are_refused_with_what_it_takes() {
    let Learned::Refused(refused) = learned(&table(7, 300, 1, |_| 0.05), false) else { panic!("learned") };
    assert!(refused.because.contains("it takes 50 conversions"), "{}", refused.because);
    assert!(refused.teaching.of + refused.judging.of == 300);
    let Learned::Refused(nobody) = learned(&table(7, 0, 1, |_| 0.5), false) else { panic!("learned") };
    assert!(insight::learned::text::text(&Learned::Refused(nobody)).starts_with("Nothing was learned"));
}

/// F is nearly all there is to know: those who have it often convert, and hardly anybody else does.
fn marked(counts: &[u32; 6]) -> f64 {
    if counts[5] >= 6 { 0.9 } else { 0.5 * planted(counts) }
}

#[test]
fn what_looks_too_good_is_left_out_of_card_and_regression_unless_it_is_trusted() {
    let table = table(11, 6_000, 1, marked);
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    let learned = |trusted: &[&str]| {
        let trusted = trusted.iter().map(|name| (*name).to_owned()).collect();
        match learn(&table, &question(), 0, &like, &Allowed { trusted, ..Allowed::default() }) {
            Learned::Card(card) => *card,
            Learned::Refused(refused) => panic!("{}", refused.because),
        }
    };
    let names_f = |card: &LearnedCard| card.rows.iter().any(|row| row.words.starts_with("F "));
    let (doubting, trusting) = (learned(&[]), learned(&["F"]));
    assert!(!names_f(&doubting) && names_f(&trusting), "{:?}", doubting.rows);
    assert!(doubting.left_out.iter().any(|why| why.contains("F 6")), "{:?}", doubting.left_out);
    // Nor does it come back by the back door, as use of the product in all.
    assert!(doubting.rows.iter().all(|row| !row.words.contains("product event")), "{:?}", doubting.rows);
    let area = |card: &LearnedCard| card.baseline_area.unwrap().value;
    assert!(area(&trusting) > area(&doubting) + 0.05, "the regression is asked the same");
}

#[test]
fn card_and_regression_are_compared_on_the_same_people() {
    let card = card(&table(5, 8_000, 1, planted));
    let lift = card.lift_against_baseline.unwrap();
    let apart = card.lift_of_top_tenth.unwrap() - card.baseline_lift_of_top_tenth.unwrap();
    assert!((lift.value - apart).abs() < 1e-9 && lift.low <= apart && apart <= lift.high, "{lift:?}");
    // Both say about as many as there are.
    for expected in card.expected {
        let ratio = expected.unwrap() / card.judging.count as f64;
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
    }
    assert!(card.baseline_brier.unwrap() < card.brier.unwrap()[1]);
}

/// Whoever has A three times or more converts, and nobody else: no error is left, and still it is not certain.
#[test]
fn a_perfect_card_has_an_interval_too() {
    let like = made_up::definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    let allowed = Allowed { trusted: vec!["A".to_owned()], ..Allowed::default() };
    let of = |people: u32, size: u32| {
        let table = table(12, people, size, |counts| f64::from(u8::from(counts[0] >= 3)));
        match learn(&table, &question(), 0, &like, &allowed) {
            Learned::Card(card) => *card,
            Learned::Refused(refused) => panic!("{}", refused.because),
        }
    };
    let card = of(800, 1);
    let area = card.area.unwrap();
    assert!(area.value == 1.0 && area.high == 1.0 && area.low > 0.95 && area.low < 1.0, "{area:?}");
    assert!(card.reliable);
    // Colleagues are no further proof.
    assert!(of(160, 5).area.unwrap().low < area.low);
}

#[test]
fn a_card_in_text() {
    insta::assert_snapshot!(insight::learned::text::text(&learned(&table(5, 8_000, 1, planted), false)));
}

#[test]
fn the_parts_of_a_table_do_not_matter() {
    let whole = table(9, 3_000, 2, planted);
    let mut parts = whole.clone();
    let (rows, stride) = (whole.parts[0].rows.len(), whole.layout.stride());
    let cut = rows / 2;
    let second = Part {
        rows: whole.parts[0].rows[..cut].to_vec(),
        levels: whole.parts[0].levels[..cut * stride].to_vec(),
        activity: whole.parts[0].activity[..cut].to_vec(),
    };
    let first = Part {
        rows: whole.parts[0].rows[cut..].to_vec(),
        levels: whole.parts[0].levels[cut * stride..].to_vec(),
        activity: whole.parts[0].activity[cut..].to_vec(),
    };
    parts.parts = vec![first, second];
    assert_eq!(learned(&parts, false), learned(&whole, false));
}
