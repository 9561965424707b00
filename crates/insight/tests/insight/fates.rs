//! Small tables worked out by hand: who is counted where.

use std::sync::Arc;

use crate::product::{at, entry, facts, outcome, report};
use engine::Span;
use engine::time::{DAY, HOUR};
use insight::figure::Answer;
use insight::report::{Judgement, Met};
use insight::{DefinitionFacts, Life, LifeOutcome, Question};

fn plain() -> DefinitionFacts {
    DefinitionFacts { needed: Vec::new(), window: None, ..facts("plain", "Plain") }
}

/// Watched until day 100, within 30 days.
fn question() -> Question {
    let mut question = Question::new(vec![plain()], "Paid", at(100.0));
    question.within = Span::days(30);
    question
}

fn life(id: &str, outcome: LifeOutcome, conversions: &[f64]) -> Life {
    Life {
        id: Arc::from(id),
        household: None,
        measures: Vec::new(),
        segments: Vec::new(),
        conversions: conversions.iter().map(|day| at(*day)).collect(),
        outcomes: vec![Some(outcome)],
    }
}

fn ids(people: &insight::figure::People) -> Vec<&str> {
    assert_eq!(people.total as usize, people.listed.len());
    let mut ids: Vec<&str> = people.listed.iter().map(|person| &*person.id).collect();
    ids.sort_unstable();
    ids
}

/// One of each fate. Day 0 is the clock of all.
fn one_of_each() -> Vec<Life> {
    let named = |day: f64| outcome(at(0.0), vec![entry(at(day), 0, Some(50))]);
    vec![
        life("won", named(10.0), &[20.0]),
        life("won-just", named(10.0), &[39.999]),
        life("lost", named(10.0), &[]),
        // 10 + 30 = 40 is outside: known < conversion < known + within.
        life("lost-later", named(10.0), &[40.0]),
        life("immature", named(80.0), &[]),
        life("immature-converted", named(80.0), &[90.0]),
        // 70 + 30 = 100: watched to the very end.
        life("lost-at-the-end", named(70.0), &[]),
        life("same", named(10.0), &[10.0]),
        life("too-late", outcome(at(0.0), vec![entry(at(10.0), 2 * DAY, None)]), &[11.0]),
        life("before", named(10.0), &[5.0]),
        life("never", outcome(at(0.0), vec![]), &[]),
        life("missed", outcome(at(0.0), vec![]), &[50.0]),
        life("near", LifeOutcome { met_at: Some(at(3.0)), ..outcome(at(0.0), vec![]) }, &[9.0]),
        life("after", LifeOutcome { outside_at: Some(at(30.0)), ..outcome(at(0.0), vec![]) }, &[9.0]),
        life("outside", LifeOutcome { population_from: None, ..outcome(at(0.0), vec![]) }, &[]),
        life("paid-first", LifeOutcome { population_from: None, ..outcome(at(5.0), vec![]) }, &[4.0]),
        // A conversion after the end of observation is not known.
        life("beyond", named(10.0), &[100.5]),
    ]
}

fn judged(question: &Question, lives: Vec<Life>) -> Judgement {
    report(question, lives).definitions.remove(0)
}

#[test]
fn each_lead_has_its_fate() {
    let judgement = judged(&question(), one_of_each());
    let leads = &judgement.leads;
    assert_eq!(ids(&leads.won), ["won", "won-just"]);
    assert_eq!(ids(&leads.lost), ["beyond", "lost", "lost-at-the-end", "lost-later"]);
    assert_eq!(leads.lost_converted_later, 1);
    assert_eq!(ids(&leads.immature), ["immature", "immature-converted"]);
    assert_eq!(leads.immature_converted, 1);
    assert_eq!(ids(&leads.same_instant), ["same"]);
    assert_eq!(ids(&leads.before_known), ["too-late"]);
    assert_eq!(ids(&leads.already_converted), ["before"]);
    assert_eq!((leads.precision.count, leads.precision.of), (2, 6));
    assert_eq!(leads.precision.rate, None, "six people are too few for a rate");
    let population = &judgement.population;
    assert_eq!(ids(&population.outside), ["outside"]);
    assert_eq!(ids(&population.converted_before), ["paid-first"]);
    assert_eq!(ids(&population.met_outside), ["after"]);
    assert_eq!(population.counted.total, 15);
    assert_eq!((judgement.qualified.to_buy.count, judgement.qualified.to_buy.of), (11, 15));
    assert_eq!(judgement.qualified.to_use.count, 12);
    assert_eq!(ids(&judgement.qualified.to_use_only), ["near"]);
}

#[test]
fn each_customer_is_met_in_one_way() {
    let judgement = judged(&question(), one_of_each());
    let customers = &judgement.customers;
    let met: Vec<(Met, Vec<&str>)> =
        customers.by_met.iter().filter(|row| row.people.total > 0).map(|row| (row.met, ids(&row.people))).collect();
    assert_eq!(
        met,
        [
            (Met::Named, vec!["immature-converted", "won", "won-just"]),
            (Met::NamedLongBefore, vec!["lost-later"]),
            (Met::SameInstant, vec!["same"]),
            (Met::KnownTooLate, vec!["too-late"]),
            (Met::FitNotMet, vec!["near"]),
            (Met::AfterConverting, vec!["after", "before"]),
            (Met::WithoutSignal, vec!["missed"]),
        ]
    );
    assert_eq!((customers.recall.count, customers.recall.of), (3, 10));
    assert_eq!((customers.named_ever.count, customers.named_ever.of), (4, 10));
    // The latest customer first.
    assert_eq!(&*customers.last.people[0].person.id, "immature-converted");
    assert_eq!(customers.last.named, 4);
    assert!(judgement.headline[0].words.starts_with("Of the last 10 customers, “Plain” would have named 4"));
    assert!(judgement.headline[0].words.contains("; 1 paid without a signal"));
}

#[test]
fn a_goal_that_recurs_is_won_again() {
    let mut question = question();
    question.definitions[0].recurs = true;
    let in_population =
        LifeOutcome { population_from: Some(at(5.0)), ..outcome(at(0.0), vec![entry(at(20.0), 0, None)]) };
    let judgement = judged(&question, vec![life("grows", in_population, &[4.0, 10.0, 25.0])]);
    assert_eq!(ids(&judgement.leads.won), ["grows"]);
    // As a customer it counts by the first conversion in the population, which came before it was named.
    assert_eq!(judgement.customers.last.people[0].met, Met::AfterConverting);
}

#[test]
fn cohorts_from_before_an_event_was_recorded_are_left_out() {
    let mut question = question();
    question.definitions[0].needed = vec![
        insight::NeededEvent { name: Arc::from("Invited"), first_seen: Some(at(10.25)) },
        insight::NeededEvent { name: Arc::from("Exported"), first_seen: None },
    ];
    let started = |day: f64| outcome(at(day), vec![entry(at(day + 1.0), 0, None)]);
    let lives =
        vec![life("early", started(9.9), &[]), life("that-day", started(10.1), &[]), life("later", started(12.0), &[])];
    let judgement = judged(&question, lives);
    assert_eq!(ids(&judgement.population.before_instrument), ["early"]);
    assert_eq!(judgement.leads.total, 2);
    assert_eq!(judgement.never_seen, [Arc::from("Exported")]);
    assert!(judgement.headline.iter().any(|plain| plain.words.contains("1 person is left out")));
}

#[test]
fn the_young_are_not_in_the_rate_but_their_alerts_are() {
    let mut question = question();
    question.minimum_age = Span::days(14);
    let started = |day: f64| outcome(at(day), vec![entry(at(day + 1.0), 0, None)]);
    let judgement = judged(&question, vec![life("old", started(86.0), &[]), life("young", started(86.1), &[])]);
    assert_eq!(ids(&judgement.population.too_young), ["young"]);
    assert_eq!((judgement.qualified.to_buy.count, judgement.qualified.to_buy.of), (1, 1));
    assert_eq!(judgement.volume.alerts, 2);
}

#[test]
fn only_the_period_counts() {
    let mut question = question();
    (question.from, question.to) = (Some(at(10.0)), Some(at(20.0)));
    let lives = [9.9, 10.0, 19.9, 20.0].map(|day| life(&format!("{day}"), outcome(at(day), vec![]), &[]));
    let judgement = judged(&question, lives.into());
    assert_eq!(judgement.population.counted.total, 2);
    assert_eq!(judgement.population.outside_period, 2);
}

#[test]
fn alerts_come_when_they_can_be_known() {
    // Known on Monday 2024-01-08, half a day after the Sunday on which it happened.
    let sunday = at(6.75);
    let lives = vec![
        life("a", outcome(at(0.0), vec![entry(sunday, 12 * HOUR, Some(80))]), &[]),
        life("b", outcome(at(0.0), vec![entry(at(8.0), 0, Some(90)), entry(at(16.0), 0, Some(20))]), &[]),
    ];
    let mut question = question();
    question.data_until = at(21.5);
    question.observed_until = at(21.5);
    let judgement = judged(&question, lives);
    let weeks: Vec<(&str, u64, bool)> =
        judgement.volume.weeks.iter().map(|week| (week.monday.as_str(), week.people.total, week.unfinished)).collect();
    assert_eq!(weeks, [("2024-01-01", 0, false), ("2024-01-08", 2, false), ("2024-01-15", 1, false)]);
    let Answer::Known(per_week) = &judgement.volume.per_week else { panic!("three whole weeks are enough") };
    assert_eq!((per_week.mean, per_week.most, per_week.most_on.as_str()), (1.0, 2, "2024-01-08"));
    assert_eq!(judgement.last_monday.monday, "2024-01-22");
    let listed: Vec<&str> = judgement.last_monday.people.iter().map(|person| &*person.id).collect();
    assert_eq!(listed, ["b"]);
}

#[test]
fn a_team_calls_the_best_and_nobody_who_has_paid() {
    let mut question = question();
    question.capacity_per_week = 2;
    let lead = |id: &str, day: f64, score: i64, paid: &[f64]| {
        life(id, outcome(at(0.0), vec![entry(at(day), 0, Some(score))]), paid)
    };
    let lives = vec![
        lead("best", 1.0, 90, &[10.0]),
        lead("second", 2.0, 80, &[]),
        lead("third", 0.5, 70, &[3.0]),
        lead("paid-at-once", 1.0, 100, &[1.0]),
        lead("next-week", 8.0, 10, &[20.0]),
    ];
    let judgement = judged(&question, lives);
    let capacity = &judgement.capacity;
    assert_eq!(capacity.offered, 4);
    assert_eq!((capacity.won.count, capacity.won.of), (2, 3));
    assert_eq!(ids(&capacity.won_people), ["best", "next-week"]);
    // Weeks whose last lead is watched for 30 days by day 100: those that end by day 70.
    let weeks = capacity.weeks.as_ref().unwrap();
    assert_eq!((weeks.first.as_str(), weeks.last.as_str(), weeks.count), ("2024-01-01", "2024-03-04", 10));
    assert_eq!(capacity.calls_made_per_week.known(), Some(&0.3));
    assert!(capacity.wins_per_week.reason().is_some_and(|why| why.contains("3 calls, needs 10")));
}

#[test]
fn conversion_from_the_clock_counts_events_before_censorings() {
    // By hand: 12 watched for 3 days at least. Day 0: 2 of 12 pay; two are censored on day 0 (they joined on the last
    // day); day 1: 1 of 8; day 3: 1 of 7.
    let mut question = Question::new(vec![plain()], "Paid", at(3.5));
    question.zone = jiff::tz::TimeZone::UTC;
    let start = |id: usize, day: f64, paid: &[f64]| life(&format!("{id}"), outcome(at(day), vec![]), paid);
    let mut lives = vec![
        start(0, 0.2, &[0.9]),
        start(1, 0.0, &[0.0]),
        start(2, 3.1, &[]),
        start(3, 3.2, &[]),
        start(4, 0.5, &[1.2]),
        start(5, 0.5, &[3.0]),
    ];
    lives.extend((6..12).map(|id| start(id, 0.3, &[])));
    let judgement = judged(&question, lives);
    let clock = &judgement.from_clock;
    assert_eq!((clock.people, clock.converted), (12, 4));
    let buckets: Vec<u64> = clock.buckets.iter().map(|bucket| bucket.people.total).collect();
    assert_eq!(buckets, [2, 2, 0, 0]);
    let share = clock.by_day[0].converted.known().unwrap().value;
    assert!((share - 2.0 / 12.0).abs() < 1e-12, "{share}");
    assert_eq!(clock.by_day[0].at_risk, 12);
    assert_eq!(clock.by_day[1].at_risk, 8);
    assert!(clock.by_day[1].converted.reason().unwrap().contains("8 people still watched"));
}
