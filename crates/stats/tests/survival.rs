//! Kaplan-Meier, log-rank and concordance against lifelines and statsmodels, and against slow and obvious versions.

mod support;

use stats::random::Generator;
use stats::survival::{KaplanMeier, Observation, QuantileTime, RiskTable, concordance, log_rank};
use stats::{Confidence, Unanswerable};
use support::{cells, close, document, list, number, numbers};

const LEVEL: Confidence = Confidence::NINETY_FIVE;

fn waltons() -> Vec<(Observation, String)> {
    let number = |cell: &str| cell.parse().unwrap_or(u64::MAX);
    let rows = cells("waltons.csv").into_iter();
    rows.map(|row| (Observation::new(number(&row[0]), row[1] == "1"), row[2].clone())).collect()
}

/// Observations with their group.
fn delayed() -> Vec<(Observation, usize)> {
    let observation = |row: &Vec<f64>| Observation {
        entry: (row[0] >= 0.0).then_some(row[0] as u64),
        exit: row[1] as u64,
        event: row[2] == 1.0,
    };
    numbers("delayed.csv").iter().map(|row| (observation(row), row[3] as usize)).collect()
}

fn only<T: Copy, G>(rows: &[(T, G)]) -> Vec<T> {
    rows.iter().map(|row| row.0).collect()
}

fn check_curve(curve: &KaplanMeier, name: &str, every_step: bool) {
    let theirs = numbers(name);
    let events = curve.steps().iter().filter(|step| every_step || step.events > 0);
    assert_eq!(events.clone().count(), theirs.len());
    for (step, row) in events.zip(theirs) {
        assert_eq!([step.time, step.at_risk, step.events], [row[0] as u64, row[1] as u64, row[2] as u64]);
        close(step.survival, row[3]);
        if let Some(interval) = step.interval(LEVEL) {
            close(interval.low, row[4]);
            close(interval.high, row[5]);
            let converted = step.converted_interval(LEVEL);
            assert!(converted.is_some_and(|converted| converted.contains(step.converted())));
        } else {
            assert!(step.survival == 0.0 || step.survival == 1.0);
        }
    }
}

#[test]
fn curves_agree() {
    let curve = KaplanMeier::fit(&only(&waltons())).unwrap();
    check_curve(&curve, "waltons_curve.csv", true);
    let median = list(&document("survival.json")["waltons_median"]);
    let [value, low, high] = [0, 1, 2].map(|index: usize| Some(median[index] as u64));
    assert_eq!(curve.median(LEVEL), QuantileTime { value, low, high });
    assert_eq!(value, Some(56));
    check_curve(&KaplanMeier::fit(&only(&delayed())).unwrap(), "delayed_curve.csv", false);
}

#[test]
fn log_rank_agrees() {
    let cases = document("survival.json");
    let check = |groups: &[RiskTable], name: &str| {
        let ours = log_rank(groups).unwrap();
        close(ours.statistic, number(&cases[name]["statistic"]));
        close(ours.p_value, number(&cases[name]["p_value"]));
        assert_eq!(u64::from(ours.degrees_of_freedom) + 1, cases[name]["groups"].as_u64().unwrap());
        let expected: f64 = ours.groups.iter().map(|group| group.expected).sum();
        close(expected, ours.groups.iter().map(|group| group.observed).sum::<u64>() as f64);
    };
    let walton_group = |control: bool| {
        let rows = waltons().into_iter().filter(|row| (row.1 == "control") == control);
        RiskTable::of(&rows.map(|row| row.0).collect::<Vec<_>>()).unwrap()
    };
    check(&[walton_group(true), walton_group(false)], "waltons");

    let groups = |count: usize, keep_entry: bool| {
        let mut tables = vec![RiskTable::default(); count];
        for (observation, group) in delayed() {
            let entry = observation.entry.filter(|_| keep_entry);
            tables[group.min(count - 1)].add(Observation { entry, ..observation }).unwrap();
        }
        tables
    };
    check(&groups(3, false), "three_without_entry");
    check(&groups(3, true), "three_with_entry");
    // Two groups: the first against the other two.
    let mut two = groups(3, true);
    let third = two.pop().unwrap();
    two[1].merge(&third);
    check(&two, "two_with_entry");
}

fn random_life(random: &mut Generator, longest: u64) -> Observation {
    let exit = random.below(longest);
    let entry = random.happens(0.5).then(|| random.below(exit + 1));
    Observation { entry, exit, event: random.happens(0.6) }
}

#[test]
fn curve_is_the_product_of_what_one_counts() {
    let mut random = Generator::new(1);
    for round in 0..200 {
        let lives: Vec<_> = (0..=round % 40).map(|_| random_life(&mut random, 12)).collect();
        let mut merged = RiskTable::default();
        for part in lives.chunks(7) {
            merged.merge(&RiskTable::of(part).unwrap());
        }
        assert_eq!(merged, RiskTable::of(&lives).unwrap());
        let Ok(curve) = KaplanMeier::from_table(&merged) else {
            assert!(lives.iter().all(|life| !life.is_ever_at_risk()));
            continue;
        };
        let mut survival = 1.0;
        for time in 0..12 {
            let watched = lives.iter().filter(|life| life.entry.is_none_or(|entry| entry < time) && time <= life.exit);
            let at_risk = watched.clone().count() as f64;
            let events = watched.filter(|life| life.event && life.exit == time).count() as f64;
            if events > 0.0 {
                survival *= 1.0 - events / at_risk;
            }
            close(curve.survival_at(time), survival);
        }
        let never = lives.iter().filter(|life| !life.is_ever_at_risk()).count() as u64;
        assert_eq!(merged.never_at_risk(), never);
    }
}

#[test]
fn splitting_a_life_keeps_it_whole() {
    let mut random = Generator::new(2);
    for _ in 0..2_000 {
        let life = random_life(&mut random, 10);
        let change = random.happens(0.7).then(|| random.below(12));
        let (before, after) = life.split_at(change);
        let whole = RiskTable::of(&[life]).unwrap();
        let parts: Vec<_> = before.iter().chain(&after).copied().collect();
        let split = RiskTable::of(&parts).unwrap();
        assert_eq!(split.events(), whole.events());
        for time in 0..12 {
            let watched = |life: &Observation| life.entry.is_none_or(|entry| entry < time) && time <= life.exit;
            assert_eq!(parts.iter().filter(|part| watched(part)).count(), usize::from(watched(&life)));
            // Changed means changed before.
            if after.is_some_and(|after| watched(&after)) {
                assert!(change.is_some_and(|change| change < time));
            }
        }
    }
}

#[test]
fn immortal_time_is_not_counted() {
    // The change does nothing, but only those who live long enough get to change.
    let mut random = Generator::new(3);
    let (mut before, mut after) = (RiskTable::default(), RiskTable::default());
    let (mut naive_never, mut naive_ever) = (RiskTable::default(), RiskTable::default());
    for _ in 0..5_000 {
        let event = (random.exponential() * 100.0) as u64;
        let life = Observation::new(event.min(200), event < 200);
        let change = Some((random.exponential() * 100.0) as u64).filter(|&change| change < life.exit);
        if change.is_some() { &mut naive_ever } else { &mut naive_never }.add(life).unwrap();
        let (first, second) = life.split_at(change);
        for (part, table) in [(first, &mut before), (second, &mut after)] {
            part.map_or(Ok(()), |part| table.add(part)).unwrap();
        }
    }
    assert!(log_rank(&[naive_never, naive_ever]).unwrap().p_value < 1e-20);
    assert!(log_rank(&[before, after]).unwrap().p_value > 0.01);
}

#[test]
fn events_at_time_zero_and_open_ends() {
    let lives = [Observation::new(0, true), Observation::new(0, false), Observation::new(5, false)];
    let curve = KaplanMeier::fit(&lives).unwrap();
    close(curve.converted_at(0), 1.0 / 3.0);
    assert_eq!(curve.last_time(), 5);
    assert_eq!(curve.median(LEVEL).value, None);
    let none = KaplanMeier::fit(&[Observation::new(5, false)]).unwrap();
    assert_eq!(none.interval_at(5, LEVEL), None);
    assert_eq!(none.step_at(4), None);
    let all = KaplanMeier::fit(&[Observation::new(5, true)]).unwrap();
    assert_eq!((all.survival_at(5), all.median(LEVEL).value), (0.0, Some(5)));
    assert_eq!(all.steps()[0].variance(), None);
    assert_eq!(all.quantile(f64::NAN, LEVEL).value, None);
}

#[test]
fn what_cannot_be_answered_says_so() {
    let torn = Observation::delayed(5, 3, true);
    assert_eq!(KaplanMeier::fit(&[]), Err(Unanswerable::NoObservations));
    let error = Unanswerable::EndsBeforeItBegins { index: 1 };
    assert_eq!(KaplanMeier::fit(&[Observation::new(1, true), torn]), Err(error));
    assert_eq!(KaplanMeier::fit(&[Observation::delayed(3, 3, true)]), Err(Unanswerable::NoObservations));
    let mut table = RiskTable::default();
    assert!(table.add(torn).is_err() && table.is_empty());
    table.add_many(Observation::new(u64::MAX, true), u64::MAX).unwrap();
    table.add_many(Observation::new(u64::MAX, true), u64::MAX).unwrap();
    assert!(KaplanMeier::from_table(&table).is_ok());

    let group = |entry, exit| RiskTable::of(&[Observation { entry, exit, event: true }]).unwrap();
    for groups in [vec![], vec![group(None, 3)], vec![group(None, 3), group(Some(3), 9)], vec![RiskTable::default(); 2]]
    {
        assert!(matches!(log_rank(&groups), Err(Unanswerable::NothingToCompare(_))));
    }
    // A third group that nobody was in takes no degree of freedom.
    let three = [group(None, 3), group(None, 4), RiskTable::default()];
    assert_eq!(log_rank(&three).unwrap().degrees_of_freedom, 1);
}

#[test]
fn concordance_agrees_and_is_what_one_counts() {
    let case = document("cox.json")["tied"].take();
    let (times, events, scores) = (list(&case["time"]), list(&case["event"]), list(&case["score"]));
    let lives: Vec<_> = times.iter().zip(&events).map(|(&t, &e)| Observation::new(t as u64, e == 1.0)).collect();
    let ours = concordance(&lives, &scores).unwrap();
    close(ours.value, number(&case["concordance"]));
    let (mut comparable, mut concordant) = (0, 0);
    for (first, first_score) in lives.iter().zip(&scores) {
        for (second, second_score) in lives.iter().zip(&scores) {
            let earlier = first.exit < second.exit || (first.exit == second.exit && !second.event);
            if first.event && earlier {
                comparable += 1;
                concordant += u64::from(first_score > second_score);
            }
        }
    }
    assert_eq!((ours.comparable, ours.concordant), (comparable, concordant));
    assert!(concordance(&lives, &scores[1..]).is_err());
    assert!(concordance(&lives[..1], &[f64::NAN]).is_err());
    assert!(concordance(&[], &[]).is_err());
}
