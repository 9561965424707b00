//! The feature table: what it holds is what the plain way counts, and what the engine says of the same definition.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::assemble::OwnedHouseholds;
use engine::household::Subject;
use engine::outcome::Outcome;
use engine::record::{EventKind, SubjectKind};
use engine::time::{DAY, HOUR};
use insight::discover::Question;
use insight::discover::rule::Condition;
use insight::discover::table::{FeatureTable, Measure, Slot, TableRow};
use insight::workers::{Workers, in_turn};

use super::made_up::{definition, discover, households, outcomes, question, records, signups};

const WINDOWS: [i64; 3] = [20 * HOUR, 3 * DAY, 14 * DAY];

/// Each subject's row with its levels.
fn rows(table: &FeatureTable) -> impl Iterator<Item = (&TableRow, &[u8])> {
    let stride = table.layout.stride();
    table.parts.iter().flat_map(move |part| part.rows.iter().zip(part.levels.chunks_exact(stride)))
}

/// One row of a subject: when, whose, which event, whether it is use of the product, and when it was known.
type Seen = (i64, u32, String, bool, i64);

fn seen(households: &OwnedHouseholds, subject: Subject) -> Vec<Seen> {
    let mut seen = Vec::new();
    for household in &households.households {
        for run in &household.users {
            for row in run.start..run.end {
                let owns = match subject.kind {
                    SubjectKind::User => run.user == subject.code,
                    _ => household.accounts.as_ref().unwrap()[row] == subject.code,
                };
                let name = &households.names[household.names[row] as usize];
                if owns {
                    let known = match subject.kind {
                        SubjectKind::Account => household.known_to_account.as_ref().or(household.known.as_ref()),
                        _ => household.known.as_ref(),
                    };
                    let known = known.map_or(i64::MIN, |known| known[row]);
                    let is_product = name.kind == EventKind::Product;
                    seen.push((household.times[row], run.user, name.name.to_string(), is_product, known));
                }
            }
        }
    }
    seen
}

/// The day of an instant, by the last zone that the user was in.
fn day(households: &OwnedHouseholds, subject: Subject, at: i64) -> jiff::civil::Date {
    let facts = households.households.iter().flat_map(|household| &household.traits);
    let last = facts
        .filter(|fact| fact.of == subject && fact.slot == 0 && subject.kind == SubjectKind::User && fact.at.0 <= at)
        .max_by_key(|fact| (fact.at, fact.value.clone()));
    let zone = last.and_then(|fact| jiff::tz::TimeZone::get(fact.value.as_text()?).ok());
    let zone = zone.unwrap_or_else(|| jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
    engine::Timestamp(at).in_zone(&zone).date()
}

/// Steps of timing, by trying each length from its words.
fn steps(question: &Question, seen: &[Seen], clock: i64, slot: Slot, window: i64, known: bool) -> usize {
    let named = |event: Option<u16>| {
        let name = &*question.catalog.events[usize::from(event.unwrap())].name;
        let mut times: Vec<i64> = seen
            .iter()
            .filter(|seen| seen.2 == name && (clock..clock + window).contains(&seen.0))
            .filter(|seen| !known || seen.4 <= clock + window)
            .map(|seen| seen.0)
            .collect();
        times.sort_unstable();
        times
    };
    let (times, lengths) = (named(slot.event), |hours: &[i64], holds: &dyn Fn(i64) -> bool| {
        1 + hours.iter().filter(|hours| holds(**hours * HOUR)).count()
    });
    match slot.measure {
        Measure::Soon => times.first().map_or(0, |first| lengths(&[1, 6, 24, 72, 168], &|span| first - clock < span)),
        Measure::Again(nth) => times
            .get(usize::from(nth) - 1)
            .map_or(0, |later| lengths(&[1, 24, 72, 168], &|span| later - times[0] <= span)),
        Measure::Lately => times.iter().filter(|time| **time >= clock + window - window / 4).count(),
        Measure::Growth => {
            let early = times.iter().filter(|time| **time < clock + window / 2).count();
            let late = times.len() - early;
            let shares = [50, 100, 150, 200, 300];
            if early == 0 { 0 } else { shares.iter().filter(|share| late * 100 >= *share * early).count() }
        }
        _ => {
            let later = named(slot.of);
            let pairs = || times.iter().flat_map(|first| later.iter().map(move |second| second - first));
            let within = |span: i64| pairs().any(|apart| (0..=span).contains(&apart));
            if within(i64::MAX) { lengths(&[1, 24, 168], &within) } else { 0 }
        }
    }
}

/// A feature, counted from its words: of all rows, or of those that were known at the landmark.
fn plainly(
    question: &Question,
    households: &OwnedHouseholds,
    row: &TableRow,
    slot: Slot,
    window: i64,
    known: bool,
) -> usize {
    let name = slot.event.map(|event| question.catalog.events[usize::from(event)].name.to_string());
    let landmark = row.clock + window;
    let inside = |seen: &Seen| seen.0 >= row.clock && seen.0 < landmark && (!known || seen.4 <= landmark);
    let wanted = |seen: &Seen| name.as_ref().map_or(seen.3, |name| *name == seen.2);
    let counted: Vec<Seen> =
        seen(households, row.subject).into_iter().filter(|seen| inside(seen) && wanted(seen)).collect();
    match slot.measure {
        Measure::Count => counted.len(),
        Measure::Days => counted.iter().map(|seen| day(households, row.subject, seen.0)).collect::<BTreeSet<_>>().len(),
        Measure::Users => counted.iter().map(|seen| seen.1).filter(|user| *user != 0).collect::<BTreeSet<_>>().len(),
        Measure::Kinds => counted.iter().map(|seen| &seen.2).collect::<BTreeSet<_>>().len(),
        Measure::Soon | Measure::Again(_) | Measure::Growth | Measure::Lately | Measure::Then => {
            steps(question, &seen(households, row.subject), row.clock, slot, window, known)
        }
        Measure::Property | Measure::Trait | Measure::Share => panic!("needs more than names and times"),
    }
}

#[test]
fn features_are_what_the_plain_way_counts() {
    for (seed, subject) in [(1, SubjectKind::User), (2, SubjectKind::Account), (3, SubjectKind::User)] {
        let records = records(seed, 40);
        let households = households(&records);
        let question = Arc::new(question(subject, &households.names, &WINDOWS));
        let table = discover(&question, &records, 3).into_table();
        let mut more_than_one = 0;
        for (row, levels) in rows(&table) {
            let mut levels = levels.iter();
            for slot in &table.layout.slots {
                for window in WINDOWS {
                    // What reads properties and traits is held against the engine below.
                    if slot.measure == Measure::Property || slot.measure.reads_traits() {
                        levels.next().unwrap();
                        continue;
                    }
                    let expect = plainly(&question, &households, row, *slot, window, false);
                    let level = table.layout.levels.of(expect as u32);
                    assert_eq!(*levels.next().unwrap(), level, "{slot:?} {window} of {:?}", row.subject);
                    more_than_one += usize::from(expect > 1);
                }
            }
        }
        assert!(table.len() > 8 && more_than_one > 200, "{} {more_than_one}", table.len());
    }
}

/// Whoever meets a condition by the end of the window, by the table, meets the definition made of it, by the engine; and
/// those who converted are those whom the engine saw convert.
#[test]
fn features_are_what_the_engine_says() {
    for (seed, subject) in [(5, SubjectKind::User), (6, SubjectKind::Account)] {
        let records = records(seed, 60);
        let question = Arc::new(question(subject, &households(&records).names, &WINDOWS));
        let table = discover(&question, &records, 2).into_table();
        let (mut met, mut of_limits) = (0, 0);
        for (place, slot) in table.layout.slots.iter().enumerate() {
            for (window, length) in WINDOWS.iter().enumerate() {
                let is_yes_or_no = slot.measure == Measure::Trait
                    && question.catalog.traits[usize::from(slot.of.unwrap())].is.is_some();
                let at_least = if is_yes_or_no { 1 } else { 1 + (place + window) as u32 % 3 };
                let condition = Condition { slot: *slot, at_least, negated: false };
                let said = definition(subject, condition.criterion(&question.catalog, *length), Some(*length));
                let said: Vec<Outcome> = outcomes(&said, &records).into_iter().flatten().collect();
                for (row, levels) in rows(&table) {
                    let outcome = said.iter().find(|outcome| outcome.subject == row.subject).unwrap();
                    let level = levels[place * WINDOWS.len() + window];
                    let holds = level >= table.layout.levels.of(at_least);
                    // A trait is as it is at the landmark, whatever it was before.
                    let inside = |entry: &engine::outcome::Entry| {
                        let landmark = row.clock + length;
                        entry.at.0 <= landmark && entry.exit.is_none_or(|exit| exit.0 > landmark)
                    };
                    let expect = match slot.measure {
                        Measure::Trait | Measure::Share => outcome.entries.iter().any(inside),
                        _ => outcome.met_at.is_some(),
                    };
                    assert_eq!(holds, expect, "{condition:?} within {length} of {:?}", row.subject);
                    assert_eq!(row.clock, outcome.clock.0);
                    let first = outcome.conversions.first().map_or(i64::MAX, |at| at.0);
                    let inside = first >= row.clock + length && first < row.clock + question.end;
                    let bit = |mask: u8| mask >> window & 1 == 1;
                    assert_eq!(bit(row.won) && bit(row.unconverted), inside);
                    met += usize::from(holds);
                    of_limits += usize::from(holds && slot.measure == Measure::Share);
                }
            }
        }
        assert!(met > 300 && of_limits > 25, "{met} {of_limits}");
    }
}

#[test]
fn the_answer_depends_neither_on_the_parts_nor_on_who_works_it_out() {
    let records = records(9, 120);
    let question = Arc::new(question(SubjectKind::User, &households(&records).names, &WINDOWS));
    let told = |parts, workers: Workers<'_>| {
        serde_json::to_string(&discover(&question, &records, parts).finish(workers)).unwrap()
    };
    let whole = told(1, &in_turn);
    assert!(whole.contains("\"counted\":"));
    assert_eq!(told(2, &in_turn), whole);
    assert_eq!(told(7, &in_turn), whole);
    // The last piece first, and a piece of work within another before the rest of it.
    let backwards = |pieces: usize, work: &(dyn Fn(usize) + Sync)| (0..pieces).rev().for_each(work);
    assert_eq!(told(7, &backwards), whole);
}

/// A part holds some thousand subjects: where one ends no household is cut in two, be it small or large.
#[test]
fn those_of_a_household_stand_in_one_part() {
    for of_each in [3, 300] {
        let records = signups(5_000, of_each);
        let question = Arc::new(question(SubjectKind::User, &households(&records).names, &WINDOWS));
        let table = discover(&question, &records, 1).into_table();
        assert_eq!((table.parts.len(), table.len()), (2, 5_000));
        for pair in table.parts.windows(2) {
            assert_ne!(pair[0].rows.last().unwrap().household, pair[1].rows[0].household);
            assert_eq!(pair[0].levels.len(), pair[0].rows.len() * table.layout.stride());
        }
        let told = |parts| serde_json::to_string(&discover(&question, &records, parts).finish(&in_turn)).unwrap();
        assert_eq!(told(1), told(3));
    }
}

/// What was received after a landmark did not exist at it: each window is what the plain way counts of the rows known by then.
#[test]
fn what_was_received_late_was_not_there_at_the_landmark() {
    for (seed, subject) in [(21, SubjectKind::User), (22, SubjectKind::Account)] {
        let mut records = records(seed, 40);
        let mut dice = crate::product::Dice(seed);
        for record in &mut records {
            let late = if dice.below(3) == 0 { dice.below(20) as i64 * DAY } else { 0 };
            record.received_at = Some(engine::Timestamp(record.timestamp.0 + late));
        }
        let households = households(&records);
        let question = Arc::new(question(subject, &households.names, &WINDOWS));
        let table = discover(&question, &records, 3).into_table();
        let (mut masked, mut kept) = (0, 0);
        for (row, levels) in rows(&table) {
            let mut levels = levels.iter();
            for slot in &table.layout.slots {
                for window in WINDOWS {
                    let level = *levels.next().unwrap();
                    if slot.measure == Measure::Property || slot.measure.reads_traits() {
                        continue;
                    }
                    let known = plainly(&question, &households, row, *slot, window, true);
                    assert_eq!(level, table.layout.levels.of(known as u32), "{slot:?} {window} of {:?}", row.subject);
                    let all = plainly(&question, &households, row, *slot, window, false);
                    masked += usize::from(known < all);
                    kept += usize::from(known > 0);
                }
            }
        }
        assert!(masked > 100 && kept > 100, "{masked} {kept}");
    }
}
