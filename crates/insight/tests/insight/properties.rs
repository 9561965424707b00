//! What holds for every report.

use crate::product::{Dice, at, entry, people, question, report};
use engine::Timestamp;
use engine::time::DAY;
use insight::{Backtest, Life};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// However lives are spread over parts, and in whatever order the parts are merged, the report is the same.
    #[test]
    fn order_and_parts_do_not_matter(seed in 0..1_000_u64, parts in 1..6_usize) {
        let lives = people(120, seed, 3.0);
        let whole = report(&question(), lives.clone());
        let mut dice = Dice(seed);
        let mut folds: Vec<Backtest> = (0..parts).map(|_| Backtest::new(question())).collect();
        let mut shuffled = lives;
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, dice.below(place as u64 + 1) as usize);
        }
        for life in shuffled {
            let part = dice.below(parts as u64) as usize;
            folds[part].add(life);
        }
        let mut merged = folds.pop().unwrap();
        while let Some(fold) = folds.pop() {
            merged.merge(fold);
        }
        prop_assert_eq!(merged.finish(), whole);
    }

    /// Whatever happens after the question's ends changes nothing that is said.
    #[test]
    fn nothing_later_is_seen(seed in 0..1_000_u64, end in 40..150_u32) {
        let mut question = question();
        question.data_until = at(f64::from(end));
        question.observed_until = at(f64::from(end) - 3.0);
        let lives = people(120, seed, 3.0);
        let before: Vec<Life> = lives.iter().cloned().map(|life| forget_after(life, &question)).collect();
        let mut dice = Dice(seed);
        let after: Vec<Life> = lives.into_iter().map(|life| with_later_records(life, &question, &mut dice)).collect();
        prop_assert_eq!(report(&question, before), report(&question, after));
    }
}

/// The life as it could have been told at the question's end, by the plain words.
fn forget_after(mut life: Life, question: &insight::Question) -> Life {
    life.conversions.retain(|at| *at <= question.observed_until);
    for outcome in &mut life.outcomes {
        if outcome.as_ref().is_some_and(|outcome| outcome.clock > question.data_until) {
            *outcome = None;
        }
        if let Some(outcome) = outcome {
            outcome.entries.retain(|entry| entry.known() <= question.data_until);
            outcome.met_at = outcome.met_at.filter(|at| *at <= question.data_until);
            outcome.population_from = outcome.population_from.filter(|at| *at <= question.data_until);
        }
    }
    life
}

fn with_later_records(mut life: Life, question: &insight::Question, dice: &mut Dice) -> Life {
    life.conversions.push(Timestamp(question.observed_until.0 + 1 + dice.below(30 * DAY as u64) as i64));
    for outcome in life.outcomes.iter_mut().flatten() {
        let later = Timestamp(question.data_until.0 + 1 + dice.below(30 * DAY as u64) as i64);
        let earlier = Timestamp(question.data_until.0 - dice.below(5 * DAY as u64) as i64);
        // One that happened later, and one that happened before but was only received later.
        outcome.entries.push(entry(later, 0, Some(99)));
        if earlier >= outcome.clock && outcome.population_from.is_some() {
            outcome.entries.push(entry(earlier, later.0 - earlier.0, Some(99)));
        }
        if outcome.outside_at.is_none() {
            outcome.outside_at = Some(later);
        }
    }
    life
}

#[test]
fn every_count_opens_to_its_people() {
    let mut question = question();
    question.people_listed = 10_000;
    let report = report(&question, people(600, 5, 3.0));
    for judgement in &report.definitions {
        let leads = &judgement.leads;
        let fates = [
            &leads.won,
            &leads.lost,
            &leads.immature,
            &leads.same_instant,
            &leads.before_known,
            &leads.already_converted,
        ];
        assert_eq!(fates.iter().map(|people| people.total).sum::<u64>(), leads.total);
        assert!(fates.iter().all(|people| people.total as usize == people.listed.len()));
        let customers = &judgement.customers;
        assert_eq!(customers.by_met.iter().map(|row| row.people.total).sum::<u64>(), customers.recall.of);
        assert_eq!(judgement.volume.weeks.iter().map(|week| week.people.total).sum::<u64>(), judgement.volume.alerts);
        assert_eq!(judgement.volume.days.iter().map(|day| day.alerts).sum::<u64>(), judgement.volume.alerts);
        let paces = judgement.time_to_qualify.buckets.iter().map(|bucket| bucket.people.total);
        assert_eq!(paces.sum::<u64>(), judgement.time_to_qualify.people);
        for segment in &judgement.segments {
            let people = segment.rows.iter().map(|row| row.people.total).sum::<u64>();
            assert_eq!(people, judgement.population.counted.total + judgement.population.too_young.total);
        }
        let months = judgement.drift.months.iter().map(|month| month.leads.total).sum::<u64>();
        assert_eq!(months, leads.total);
        assert_eq!(judgement.bands.iter().map(|row| row.people.total).sum::<u64>(), leads.total);
    }
    let overlap = &report.overlaps[0];
    let [both, first, second] = &overlap.parts;
    assert_eq!(both.people.total + first.people.total, report.definitions[0].leads.total);
    assert_eq!(both.people.total + second.people.total, report.definitions[1].leads.total);
}

#[test]
fn lists_are_capped_and_totals_are_not() {
    let mut question = question();
    question.people_listed = 3;
    let capped = report(&question, people(600, 5, 3.0));
    question.people_listed = 10_000;
    let whole = report(&question, people(600, 5, 3.0));
    let (capped, whole) = (&capped.definitions[0].leads.lost, &whole.definitions[0].leads.lost);
    assert_eq!(capped.total, whole.total);
    assert_eq!(capped.listed[..], whole.listed[..3]);
}

#[test]
fn nobody_and_one_are_told_without_a_figure() {
    for count in [0, 1, 3] {
        let report = report(&question(), people(count, 3, 3.0));
        let judgement = &report.definitions[0];
        assert!(judgement.against_rest.lift.known().is_none());
        assert!(judgement.after_qualifying.known().is_none());
        let text = insight::text::report(&report);
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert!(!insight::html::page(&report).contains("NaN"));
        assert!(report.to_json().unwrap().contains("not enough data"));
    }
}

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "input", "!doctype"];

#[test]
fn the_page_is_well_formed_and_holds_no_foreign_markup() {
    let page = insight::html::page(&report(&question(), people(400, 5, 3.0)));
    let mut open: Vec<&str> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("every < begins a tag");
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "…{piece}");
            continue;
        }
        let name = tag.split_whitespace().next().unwrap();
        assert!(name != "script", "no script, neither ours nor a person's name");
        assert!(!(name == "details" && open.contains(&"p")), "a paragraph cannot hold a fold");
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    for outside in ["http://", "https://", "url(", "@import", "src="] {
        assert!(!page.contains(outside), "the page loads {outside}");
    }
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn the_text_fits_a_hundred_columns() {
    let text = insight::text::report(&report(&question(), people(800, 5, 3.0)));
    for line in text.lines() {
        assert!(line.chars().count() <= insight::text::WIDTH, "{line}");
    }
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn reasons_can_be_given_later() {
    let mut lives = people(400, 5, 3.0);
    for entry in lives.iter_mut().flat_map(|life| life.outcomes[0].iter_mut()).flat_map(|outcome| &mut outcome.entries)
    {
        entry.reasons.clear();
    }
    let mut report = report(&question(), lives);
    let wanted = report.reasons_wanted();
    let (definition, id, at) = wanted.iter().find(|(definition, _, _)| &**definition == "trial-team").unwrap().clone();
    report.give_reasons(&definition, &id, at, &["because".into()]);
    assert_eq!(report.reasons_wanted().len(), wanted.len() - 1);
    assert!(insight::text::report(&report).contains("because") || insight::html::page(&report).contains("because"));
}
