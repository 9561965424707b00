//! The change-point test against its obvious version, its level by simulation, and its power.

use stats::Unanswerable;
use stats::change_point::{ChangePoint, Group, change_point};
use stats::random::Generator;

/// The definition in plain words: the largest standardised sum over all times, held against every one of many full
/// shuffles of the residuals.
fn obvious(groups: &[Group], least: usize, rounds: u32, seed: u64) -> (f64, f64) {
    let mut groups = groups.to_vec();
    groups.sort_by_key(|group| group.period);
    let trials: u64 = groups.iter().map(|group| group.trials).sum();
    let successes: u64 = groups.iter().map(|group| group.successes).sum();
    let share = successes as f64 / trials as f64;
    let mut residuals: Vec<f64> =
        groups.iter().map(|group| group.successes as f64 - share * group.trials as f64).collect();
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let count = residuals.len();
    let largest = |residuals: &[f64]| {
        (least..=count - least)
            .filter(|split| groups[split - 1].period != groups[*split].period)
            .map(|split| {
                let sum: f64 = residuals[..split].iter().sum();
                let pairs = split as f64 * (count - split) as f64 / (count as f64 * (count as f64 - 1.0));
                sum.abs() / (squares * pairs).sqrt()
            })
            .fold(0.0, f64::max)
    };
    let observed = largest(&residuals);
    let mut random = Generator::new(seed);
    let as_large = (0..rounds)
        .filter(|_| {
            random.shuffle(&mut residuals);
            largest(&residuals) >= observed * (1.0 - 1e-9)
        })
        .count();
    (observed, (as_large as f64 + 1.0) / (f64::from(rounds) + 1.0))
}

/// Groups of one to `most` people over a year of weeks; from week `change` on the share is `after`. The people of a group
/// all have the outcome, or none has.
fn year(random: &mut Generator, count: usize, most: u64, before: f64, after: f64, change: i64) -> Vec<Group> {
    let group = |random: &mut Generator| {
        let period = random.below(52) as i64;
        let trials = 1 + random.below(most);
        let has = random.happens(if period < change { before } else { after });
        Group { period, trials, successes: if has { trials } else { 0 } }
    };
    (0..count).map(|_| group(random)).collect()
}

fn found(groups: &[Group], seed: u64) -> Result<ChangePoint, Unanswerable> {
    change_point(groups, 10, 199, &mut Generator::new(seed))
}

#[test]
fn it_agrees_with_the_obvious_version() {
    let mut random = Generator::new(4);
    for round in 0..30 {
        let groups = year(&mut random, 60 + round * 5, 1 + round as u64 % 4, 0.2, 0.1, 26);
        let (statistic, p_value) = obvious(&groups, 10, 4_000, 9);
        let ours = change_point(&groups, 10, 4_000, &mut Generator::new(round as u64)).unwrap();
        assert!((ours.statistic - statistic).abs() < 1e-9, "{} {statistic}", ours.statistic);
        // Two simulations of one probability: four standard errors of their difference.
        let error = 4.0 * (2.0 * p_value * (1.0 - p_value) / 4_000.0).sqrt();
        assert!((ours.p_value - p_value).abs() <= error + 1e-3, "{} {p_value}", ours.p_value);
    }
}

#[test]
fn it_keeps_its_level_whatever_the_groups() {
    for (people, most, share) in [(150, 1, 0.1), (150, 5, 0.1), (80, 3, 0.4)] {
        let rounds = 1_000;
        let mut random = Generator::new(77);
        let alarms = (0..rounds)
            .filter(|round| {
                let groups = year(&mut random, people, most, share, share, 0);
                found(&groups, *round).is_ok_and(|change| change.p_value <= 0.05)
            })
            .count();
        // 5 % of 1,000 and three standard errors of the simulation.
        assert!(alarms <= 71, "{alarms} false alarms of {rounds} with {people} groups of up to {most}");
        assert!(alarms >= 15, "{alarms}: a test that never alarms has no power either");
    }
}

#[test]
fn colleagues_taken_for_independent_would_raise_false_alarms() {
    // The same people, each a group alone: what the grouping is for.
    let mut random = Generator::new(78);
    let alarms = (0..200)
        .filter(|round| {
            let alone: Vec<Group> = year(&mut random, 150, 9, 0.1, 0.1, 0)
                .into_iter()
                .flat_map(|group| {
                    let successes = u64::from(group.successes > 0);
                    (0..group.trials).map(move |_| Group { trials: 1, successes, ..group })
                })
                .collect();
            found(&alone, *round).is_ok_and(|change| change.p_value <= 0.05)
        })
        .count();
    assert!(alarms > 40, "{alarms} of 200");
}

#[test]
fn a_real_change_is_found_near_its_time() {
    let mut random = Generator::new(79);
    let rounds = 200;
    let mut near = 0;
    let mut seen = 0;
    for round in 0..rounds {
        let groups = year(&mut random, 800, 1, 0.20, 0.08, 30);
        let change = found(&groups, round).unwrap();
        if change.p_value <= 0.05 {
            seen += 1;
            near += u64::from((change.period - 30).abs() <= 6);
            assert!(change.before.0 * change.after.1 > change.after.0 * change.before.1, "it fell");
        }
    }
    assert!(seen >= 180, "20 % to 8 % among 800 is found in {seen} of {rounds}");
    assert!(near * 10 >= seen * 7, "{near} of {seen} within six weeks");
}

#[test]
fn order_does_not_matter_and_the_seed_decides() {
    let mut random = Generator::new(80);
    let mut groups = year(&mut random, 200, 3, 0.2, 0.1, 26);
    let first = found(&groups, 1).unwrap();
    random.shuffle(&mut groups);
    assert_eq!(found(&groups, 1).unwrap(), first);
    assert_eq!(first.before.1 + first.after.1, groups.iter().map(|group| group.trials).sum::<u64>());
}

#[test]
fn what_cannot_be_answered_is_said() {
    let one = |period, successes| Group { period, trials: 1, successes };
    assert_eq!(found(&[], 1), Err(Unanswerable::NoObservations));
    assert!(matches!(found(&[one(0, 0); 40], 1), Err(Unanswerable::NothingToCompare(_))));
    let few: Vec<Group> = (0..12).map(|week| one(week, week as u64 % 2)).collect();
    assert!(matches!(found(&few, 1), Err(Unanswerable::NothingToCompare(_))));
    assert!(matches!(found(&[one(0, 2)], 1), Err(Unanswerable::OutOfRange(_))));
    // All in one week: no time of a change.
    let flat: Vec<Group> = (0..40).map(|person| one(3, person % 2)).collect();
    assert!(matches!(found(&flat, 1), Err(Unanswerable::NothingToCompare(_))));
}
