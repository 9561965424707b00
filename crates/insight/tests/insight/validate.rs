//! Is a definition still true: what is said, how often it is a false alarm, and that a real change is seen.

use std::sync::Arc;

use engine::Timestamp;
use engine::time::DAY;
use insight::validate::{Proposed, RULES, Search, Side, Split, Trials, Validation, Validity, Verdict};
use insight::{Life, Question};
use proptest::prelude::*;

use crate::product::{Dice, START, at, entry, outcome, people, question};

/// The question about the first definition alone.
fn about_one() -> Question {
    let mut question = question();
    question.definitions.truncate(1);
    question.baseline = None;
    question.segments.clear();
    question.people_listed = 5;
    question
}

fn validity(lives: impl IntoIterator<Item = Life>) -> Validity {
    let mut validation = Validation::new(about_one(), 1);
    for life in lives {
        validation.add(life);
    }
    validation.finish()
}

/// People of whom qualifying speeds up buying until a day, and not at all from then on.
fn until(day: i64, count: usize, seed: u64, effect: f64) -> Vec<Life> {
    let change = Timestamp(START + day * DAY);
    let late = |life: &Life| life.outcomes.iter().flatten().any(|outcome| outcome.clock >= change);
    let (before, after) = (people(count, seed, effect), people(count, seed, 1.0));
    before.into_iter().zip(after).map(|(before, after)| if late(&before) { after } else { before }).collect()
}

#[test]
fn what_still_holds_in_text() {
    insta::assert_snapshot!(insight::validate::text::text(&validity(people(1_500, 11, 6.0))));
}

#[test]
fn what_no_longer_holds_in_text() {
    let validity = validity(until(80, 3_000, 11, 12.0));
    assert_eq!(validity.verdict, Verdict::Worse);
    insta::assert_snapshot!(insight::validate::text::text(&validity));
}

#[test]
fn too_few_to_say_in_text() {
    let validity = validity(people(60, 2, 4.0));
    assert_eq!(validity.verdict, Verdict::NotEnough);
    let text = insight::validate::text::text(&validity);
    assert!(text.starts_with("Trial team is at work: not enough data"), "{text}");
    assert!(!text.contains("NaN") && !validity.to_json().unwrap().contains("NaN"));
}

#[test]
fn a_definition_that_holds_raises_few_alarms_and_one_that_stopped_is_found() {
    let rounds = 120;
    let alarms = (0..rounds).filter(|seed| validity(people(900, 1_000 + seed, 5.0)).verdict == Verdict::Worse).count();
    // The level is 5 %: six of 120, and three standard errors of the simulation.
    assert!(alarms <= 13, "{alarms} false alarms of {rounds}");
    let found = (0..40)
        .map(|seed| validity(until(80, 2_500, 2_000 + seed, 12.0)))
        .filter(|validity| validity.verdict == Verdict::Worse)
        .count();
    assert!(found >= 34, "found in {found} of 40");
}

#[test]
fn a_definition_that_tells_nothing_is_not_said_to_hold() {
    let rounds = 60;
    let held = (0..rounds).filter(|seed| validity(people(1_500, 5_000 + seed, 1.0)).verdict == Verdict::Holds).count();
    // One-sided 2.5 % and three standard errors.
    assert!(held <= 6, "{held} of {rounds}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// However lives come and parts are merged, the answer is the same; months, quarters and the whole count the same people.
    #[test]
    fn order_and_parts_do_not_matter(seed in 0..1_000_u64) {
        let lives = people(300, seed, 5.0);
        let whole = validity(lives.clone());
        let mut dice = Dice(seed);
        let mut parts = [Validation::new(about_one(), 1), Validation::new(about_one(), 1)];
        for life in lives.into_iter().rev() {
            parts[dice.below(2) as usize].add(life);
        }
        let [mut first, second] = parts;
        first.merge(second);
        let people = |cohorts: &[insight::validate::Cohort]| cohorts.iter().map(|cohort| cohort.people).sum::<u64>();
        prop_assert_eq!(people(&whole.months), people(&whole.quarters));
        let leads = |cohorts: &[insight::validate::Cohort]| cohorts.iter().map(|cohort| cohort.precision.of).sum::<u64>();
        prop_assert_eq!(leads(&whole.months), leads(&whole.quarters));
        prop_assert_eq!(first.finish(), whole);
    }
}

/// A person of whom each of several rules says when (if ever) they qualified; they buy or not some days later.
fn tried(number: u64, household: Option<u64>, day: f64, qualifies: &[bool], buys: bool) -> Life {
    let clock = at(day);
    let outcomes = qualifies
        .iter()
        .map(|yes| Some(outcome(clock, yes.then(|| entry(at(day + 1.0), 0, None)).into_iter().collect())))
        .collect();
    Life {
        id: Arc::from(format!("{number}")),
        household,
        measures: Vec::new(),
        segments: Vec::new(),
        conversions: buys.then(|| at(day + 6.0)).into_iter().collect(),
        outcomes,
    }
}

/// Several rules that each name three in ten; who is named by rule `true_rule` buys more often.
fn product(dice: &mut Dice, count: u64, rules: usize, true_rule: Option<usize>) -> Trials {
    let mut trials = Trials::new(about_one());
    for number in 0..count {
        let named: Vec<bool> = (0..rules).map(|_| dice.share() < 0.3).collect();
        let chance = if true_rule.is_some_and(|rule| named[rule]) { 0.4 } else { 0.1 };
        let day = 4.0 + dice.share() * 130.0;
        trials.add(tried(number, None, day, &named, dice.share() < chance));
    }
    trials
}

fn searched(mut trials: Trials, rules: usize) -> Proposed {
    let words: Vec<String> = (1..rules).map(|rule| format!("rule {rule}")).collect();
    let mut search = Search::default();
    search.choose(&mut trials, Timestamp::MIN, 0, 1, &words);
    search.finish(&trials, || "id: better\n".to_owned())
}

#[test]
fn the_best_of_many_useless_rules_is_not_proposed() {
    let rounds = 200;
    let mut dice = Dice(9);
    let proposed =
        (0..rounds).filter(|_| matches!(searched(product(&mut dice, 600, 20, None), 20), Proposed::Change(_))).count();
    // One-sided 2.5 % of 200 and three standard errors.
    assert!(proposed <= 12, "{proposed} of {rounds}");
}

#[test]
fn a_better_rule_is_proposed_with_its_gain() {
    let mut dice = Dice(10);
    let Proposed::Change(proposal) = searched(product(&mut dice, 3_000, 20, Some(7)), 20) else {
        panic!("nothing proposed");
    };
    assert_eq!(proposal.changes, ["rule 7"]);
    assert_eq!(proposal.tried, 19);
    assert!(proposal.later.gain.low > 0.0 && proposal.later.after.balance > proposal.later.before.balance);
    assert_eq!(proposal.definition, "id: better\n");
}

#[test]
fn too_few_customers_are_no_ground_for_a_proposal() {
    let mut dice = Dice(11);
    let Proposed::Nothing(nothing) = searched(product(&mut dice, 60, 3, Some(1)), 3) else { panic!("proposed") };
    assert!(nothing.because.contains("not enough data"), "{}", nothing.because);
    let Proposed::Nothing(nothing) = searched(Trials::new(about_one()), 3) else { panic!("proposed") };
    assert_eq!(nothing.because, "nobody converted");
}

/// The split that puts everybody on one side.
const EVERYONE: Split = Split { from: Timestamp::MIN, at: Timestamp::MIN };

#[test]
fn balances_are_those_of_plain_counting() {
    let mut dice = Dice(12);
    let mut trials = Trials::new(about_one());
    let (mut customers, mut leads, mut won) = (0_u64, [0_u64; 2], [0_u64; 2]);
    for number in 0..500 {
        let named = [dice.share() < 0.3, dice.share() < 0.5];
        let buys = dice.share() < 0.2;
        customers += u64::from(buys);
        for (rule, named) in named.into_iter().enumerate() {
            leads[rule] += u64::from(named);
            won[rule] += u64::from(named && buys);
        }
        trials.add(tried(number, Some(number / 3), 4.0 + dice.share() * 100.0, &named, buys));
    }
    trials.sort();
    let compared = trials.compare(0, 1, EVERYONE, Side::Later).unwrap();
    assert_eq!((compared.before.precision.count, compared.before.precision.of), (won[0], leads[0]));
    assert_eq!((compared.after.recall.count, compared.after.recall.of), (won[1], customers));
    let balance = |rule: usize| {
        let (precision, recall) = (won[rule] as f64 / leads[rule] as f64, won[rule] as f64 / customers as f64);
        2.0 * precision * recall / (precision + recall)
    };
    assert!((compared.gain.value - (balance(1) - balance(0))).abs() < 1e-12);
}

#[test]
fn gains_cover_the_truth_also_among_colleagues() {
    // Neither rule says anything, and both name as many: the true gain is 0. All of a household buy together.
    for size in [1, 4] {
        let mut dice = Dice(13 + size);
        let rounds = 500;
        let covered = (0..rounds)
            .filter(|_| {
                let mut trials = Trials::new(about_one());
                for household in 0..200 {
                    let (buys, named) = (dice.share() < 0.2, [dice.share() < 0.4, dice.share() < 0.4]);
                    for member in 0..size {
                        trials.add(tried(household * size + member, Some(household + 1), 20.0, &named, buys));
                    }
                }
                trials.sort();
                let gain = trials.compare(0, 1, EVERYONE, Side::Later).unwrap().gain;
                gain.low <= 0.0 && 0.0 <= gain.high
            })
            .count();
        // 95 % and three standard errors of the simulation.
        assert!((461..=489).contains(&covered), "covered in {covered} of {rounds} with households of {size}");
    }
}

#[test]
fn the_rules_are_those_of_the_page() {
    let page = include_str!("../../../../docs/validate.md");
    for stated in [
        format!("{:.0} %", RULES.level * 100.0),
        "1,999".to_owned(),
        format!("{} judged leads", RULES.judged_leads),
        format!("{} of them", RULES.won_leads),
        format!("{} customers", RULES.customers_beside_split),
    ] {
        assert!(page.contains(&stated), "docs/validate.md does not say {stated}");
    }
}
