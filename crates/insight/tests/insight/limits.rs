//! Where to set a free limit: what is said, against plain counting, and where a naive comparison would be wrong.

use std::sync::Arc;

use engine::time::DAY;
use engine::{Number, Span, Timestamp};
use insight::limits::{Limits, LimitsReport, Metric};
use insight::{Life, Question};

use crate::product::{Dice, START, at, entry, facts, outcome};

fn asked(limits: usize) -> Question {
    let about = |place: usize| insight::DefinitionFacts {
        needed: Vec::new(),
        window: None,
        ..facts(&format!("limit-{place}"), "limit")
    };
    let mut question = Question::new((0..limits).map(about).collect(), "Subscription Started", at(300.0));
    question.within = Span::days(30);
    question.people_listed = 5;
    question
}

fn metric(name: &str, limits: &[i64]) -> Metric {
    Metric { name: name.to_owned(), limits: limits.iter().map(|limit| Number::whole(*limit)).collect() }
}

fn report(metrics: Vec<Metric>, lives: Vec<Life>) -> LimitsReport {
    let count = metrics.iter().map(|metric| metric.limits.len()).sum();
    let mut limits = Limits::new(asked(count), metrics, Span::days(14));
    for life in lives {
        limits.add(life);
    }
    limits.finish()
}

/// People who come over 200 days, use two things at their own paces and buy at a pace that depends on the first one.
fn people(count: u64, seed: u64, effect: f64) -> Vec<Life> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|number| {
            let clock = Timestamp(START + (dice.share() * 200.0 * DAY as f64) as i64);
            // So many days for each piece of use.
            let paces = [2.0 + dice.share() * 20.0, 2.0 + dice.share() * 20.0];
            let reaches = |pace: f64, limit: f64| Timestamp(clock.0 + (pace * limit * DAY as f64) as i64);
            let keen = if paces[0] < 8.0 { effect } else { 1.0 };
            let paid = Timestamp(clock.0 + dice.wait(300.0 / keen));
            let in_time = |instant: Timestamp| instant <= at(300.0) && instant < paid;
            let met = |pace: f64, limit: f64| {
                let instant = reaches(pace, limit);
                Some(outcome(clock, in_time(instant).then(|| entry(instant, 0, None)).into_iter().collect()))
            };
            let amount = |pace: f64| Some(Number::whole((14.0 / pace) as i64));
            Life {
                id: Arc::from(format!("{number}")),
                household: None,
                measures: vec![amount(paces[0]), amount(paces[1])],
                segments: Vec::new(),
                conversions: (paid <= at(300.0)).then_some(paid).into_iter().collect(),
                outcomes: vec![met(paces[0], 1.0), met(paces[0], 5.0), met(paces[1], 5.0)],
            }
        })
        .collect()
}

fn two() -> Vec<Metric> {
    vec![metric("posted", &[1, 5]), metric("viewed", &[5])]
}

#[test]
fn an_answer_in_text() {
    insta::assert_snapshot!(insight::limits::text::text(&report(two(), people(2_500, 3, 4.0))));
}

#[test]
fn counts_are_those_of_plain_counting() {
    let lives = people(800, 4, 4.0);
    let report = report(two(), lives.clone());
    for (place, row) in report.metrics.iter().flat_map(|metric| &metric.limits).enumerate() {
        let of = |life: &Life| life.outcomes[place].as_ref().unwrap().entries.first().map(|entry| entry.at);
        let met = lives.iter().filter(|life| of(life).is_some()).count() as u64;
        assert_eq!((row.met.count, row.met.of, row.people.total), (met, 800, met));
        let horizon = 30 * DAY;
        let judged: Vec<bool> = lives
            .iter()
            .filter_map(|life| {
                let at_limit = of(life)?;
                (at_limit.0 + horizon <= at(300.0).0)
                    .then(|| life.conversions.first().is_some_and(|paid| paid.0 < at_limit.0 + horizon))
            })
            .collect();
        assert_eq!(row.converted.of, judged.len() as u64);
        assert_eq!(row.converted.count, judged.iter().filter(|won| **won).count() as u64);
    }
}

#[test]
fn the_metric_that_matters_is_told_from_the_one_that_does_not() {
    let told = report(two(), people(4_000, 5, 5.0)).separations;
    assert_eq!(told.best, Some(0));
    let area = |place: usize| told.metrics[place].area.known().copied().unwrap();
    assert!(area(0).low > 0.5 && (area(1).low..=area(1).high).contains(&0.5), "{told:?}");
    let behind = told.metrics[1].behind_best.as_ref().unwrap().known().copied().unwrap();
    assert!(behind.low > 0.0 && told.metrics[0].behind_best.is_none());
    let few = report(two(), people(20, 5, 5.0)).separations;
    assert!(few.metrics.iter().all(|metric| metric.area.known().is_none()));
}

#[test]
fn time_lived_is_no_merit_of_a_limit() {
    // Nothing matters. Whoever meets a limit late has by then lived long without buying: "ever met" against "never met" is
    // far from 1, the comparison at the same age is not.
    let (mut naive, mut same_age, mut covered) = (0.0, 0.0, 0);
    let rounds = 30;
    for seed in 0..rounds {
        let lives = people(1_500, 100 + seed, 1.0);
        let ever = |met: bool| {
            let group: Vec<&Life> =
                lives.iter().filter(|life| life.outcomes[1].as_ref().unwrap().entries.is_empty() != met).collect();
            group.iter().filter(|life| !life.conversions.is_empty()).count() as f64 / group.len() as f64
        };
        naive += ever(true) / ever(false) / rounds as f64;
        let lift = report(two(), lives.clone()).metrics[0].limits[1].lift.known().copied().unwrap();
        same_age += lift.value / rounds as f64;
        covered += usize::from(lift.low <= 1.0 && 1.0 <= lift.high);
    }
    assert!(naive < 0.8, "{naive}");
    assert!((0.93..1.07).contains(&same_age), "{same_age}");
    // 95 % of 30 and three standard errors.
    assert!(covered >= 25, "covered in {covered} of {rounds}");
}

#[test]
fn nobody_is_told_without_a_figure() {
    let empty = report(two(), Vec::new());
    let text = insight::limits::text::text(&empty);
    assert!(!text.contains("NaN") && text.contains("not enough data"), "{text}");
    assert_eq!(Limits::new(asked(1), vec![metric("posted", &[1])], Span::days(14)).grids(), [vec![Number::ONE]]);
}
