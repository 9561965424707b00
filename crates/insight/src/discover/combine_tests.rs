//! The quick search over pairs and triples against the slow one, person by person.

use std::sync::Arc;

use engine::household::Subject;
use engine::record::SubjectKind;
use engine::time::DAY;
use stats::random::Generator;
use stats::table::TwoByTwo;

use super::{Combined, Condition, NOISE, combine, pick};
use crate::discover::aim::Aim;
use crate::discover::cohort::{Cohort, Half};
use crate::discover::rule::Rule;
use crate::discover::search::search;
use crate::discover::table::{FeatureTable, Layout, Measure, Part, TableRow};
use crate::discover::testing;
use crate::workers::in_turn;

/// People who do things at random, of whom those buy more often who did the first two.
fn table(seed: u64, people: usize, events: usize) -> FeatureTable {
    let question = testing::question(events, &[DAY, 7 * DAY]);
    let layout = Arc::new(Layout::new(&question));
    let mut generator = Generator::new(seed);
    let mut part = Part::default();
    for person in 0..people {
        let clock = person as i64 * DAY / 10;
        let start = part.levels.len();
        part.levels.resize(start + layout.stride(), 0);
        let mut did = Vec::new();
        for (slot, feature) in layout.slots.iter().enumerate().filter(|(_, feature)| feature.event.is_some()) {
            let first = u8::try_from(generator.below(4).saturating_sub(1)).unwrap_or(0);
            part.levels[start + slot * 2] = first;
            part.levels[start + slot * 2 + 1] = first + generator.below(2) as u8;
            if feature.event < Some(2) && !feature.measure.is_timing() {
                did.push(part.levels[start + slot * 2 + 1] > 1);
            }
        }
        part.activity.extend([5, 9]);
        let chance = if did.iter().all(|did| *did) { 0.6 } else { 0.2 };
        let won = if generator.happens(chance) { 3 } else { 0 };
        let subject = Subject { kind: SubjectKind::User, code: person as u32 + 1 };
        let household = person as u32;
        part.rows.push(TableRow { subject, clock, household, in_population: 3, unconverted: 3, won });
    }
    FeatureTable { layout, parts: vec![part], following: vec![Default::default(); events] }
}

/// The score of a rule, person by person.
fn slowly(cohort: &Cohort<'_>, rule: &Rule) -> f64 {
    let mut table = TwoByTwo::default();
    let levels = |condition: &Condition| cohort.levels(cohort.slot(condition.slot).unwrap_or(0), rule.window);
    let conditions: Vec<_> = rule.conditions.iter().map(|condition| (condition, levels(condition))).collect();
    for place in cohort.range(Half::Search) {
        let Some(row) = cohort.row(place) else { continue };
        let holds = conditions
            .iter()
            .filter(|(condition, levels)| (u32::from(levels[place]) >= condition.at_least) != condition.negated);
        table.add(holds.count() >= rule.least, row.won >> rule.window & 1 == 1);
    }
    Aim::Tell.score(&table, 1.0).unwrap_or(f64::NEG_INFINITY)
}

#[test]
fn what_is_found_scores_as_it_should_and_no_pair_is_better() {
    for seed in 1..6 {
        let table = table(seed, 700, 5);
        let cohort = Cohort::new(&table, &in_turn);
        let searched = search(&cohort, &in_turn);
        let Combined { best, tried } = combine(&cohort, &searched.all, Aim::Tell, 1.0, &in_turn);
        assert!(tried > 1_000 && !best.is_empty(), "{tried}");
        for found in &best {
            assert!((found.score - slowly(&cohort, &found.rule)).abs() < 1e-9, "{found:?}");
        }
        let mut most = f64::NEG_INFINITY;
        for window in 0..2 {
            let conditions = pick(&searched.all, window);
            let rule = |first: usize, second: usize, negated: bool| {
                let second = Condition { negated, ..conditions[second] };
                Rule { window, conditions: vec![conditions[first], second], least: 2 }
            };
            let alone = |place: usize| slowly(&cohort, &Rule::one(conditions[place], window));
            for first in 0..conditions.len() {
                for second in (0..conditions.len()).filter(|second| *second != first) {
                    if conditions[first].slot.event == conditions[second].slot.event {
                        continue;
                    }
                    for negated in [false, true] {
                        if negated
                            && matches!(
                                conditions[second].slot.measure,
                                Measure::Again(_) | Measure::Growth | Measure::Lately
                            )
                        {
                            continue;
                        }
                        let score = slowly(&cohort, &rule(first, second, negated));
                        if score >= alone(first).max(alone(second)) + NOISE {
                            most = most.max(score);
                        }
                    }
                }
            }
        }
        let pairs = best.iter().filter(|found| found.rule.conditions.len() == 2).map(|found| found.score);
        let found = pairs.fold(f64::NEG_INFINITY, f64::max);
        assert!((found - most).abs() < 1e-9, "seed {seed}: found {found}, there is {most}");
    }
}
