//! Answers that other tools gave, on the real set of free learners who became paying subscribers.
#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reads the real set where it is present")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use engine::Timestamp;
use engine::time::DAY;
use insight::{DefinitionFacts, Life, Question};

use crate::product::{facts, outcome, report};

fn day(date: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = date.parse().ok()?;
    Some(Timestamp::from_jiff(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()))
}

/// Registration day and country, and the days of purchases, by student.
fn students(folder: &Path) -> Option<(Vec<Life>, Timestamp)> {
    let rows = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let (info, purchases) = (rows("365_student_info.csv")?, rows("365_student_purchases.csv")?);
    let mut paid: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    let mut last = Timestamp::MIN;
    for row in purchases.lines().skip(1) {
        let mut cells = row.split(',').skip(1);
        let (Some(student), Some(at)) = (cells.next(), cells.nth(1).and_then(day)) else { continue };
        last = last.max(at);
        paid.entry(student).or_default().push(at);
    }
    let lives = info.lines().skip(1).filter_map(|row| {
        let mut cells = row.split(',');
        let (student, country) = (cells.next()?, cells.next()?);
        let registered = day(cells.next()?)?;
        Some(Life {
            id: Arc::from(student),
            household: None,
            measures: Vec::new(),
            segments: vec![Some(Arc::from(country))],
            conversions: paid.get(student).cloned().unwrap_or_default(),
            outcomes: vec![Some(outcome(registered, vec![]))],
        })
    });
    Some((lives.collect(), last))
}

#[test]
fn conversion_of_free_learners() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/365");
    let Some((lives, last)) = students(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let plain = DefinitionFacts { needed: Vec::new(), window: None, ..facts("nobody", "Nobody") };
    let mut question = Question::new(vec![plain], "Purchase", last);
    question.segments = vec!["country".to_owned()];
    let report = report(&question, lives);
    let judgement = &report.definitions[0];
    let clock = &judgement.from_clock;
    assert_eq!((clock.people, clock.converted), (35_230, 2_135));
    let buckets: Vec<u64> = clock.buckets.iter().map(|bucket| bucket.people.total).collect();
    assert_eq!(buckets, [1_019, 725, 285, 106]);
    let shares: Vec<(u64, String)> = clock
        .by_day
        .iter()
        .map(|point| (point.day, format!("{:.6}", point.converted.known().unwrap().value)))
        .collect();
    let expect = [
        (0, "0.028924"),
        (1, "0.035562"),
        (7, "0.049742"),
        (14, "0.052785"),
        (30, "0.055554"),
        (60, "0.058633"),
        (90, "0.060481"),
        (180, "0.063268"),
    ];
    assert_eq!(shares, expect.map(|(day, share)| (day, share.to_owned())));
    let rate = |country: &str| {
        let row = judgement.segments[0].rows.iter().find(|row| row.value.as_deref() == Some(country)).unwrap();
        format!("{:.2}", row.converted.rate.unwrap().value * 100.0)
    };
    assert_eq!(["US", "GB", "NG", "IN", "EG"].map(rate), ["15.81", "7.55", "2.74", "2.28", "1.00"]);
    let longest = clock.buckets[3].people.listed.iter();
    let days = longest.filter_map(|person| Some((person.converted_at?.0.0 - person.clock?.0.0) / DAY)).max();
    assert!(days.is_some_and(|days| days <= 264));
}
