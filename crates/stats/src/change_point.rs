//! Did a share change at some time, when nobody said beforehand at which?
//!
//! Whoever looks at twelve months and tests the worst of them finds a change in pure noise. So the statistic is the
//! *largest* standardised sum of residuals over all possible times of a change, and it is held against the same largest
//! value under random orders of the same people: the search is part of the test.
//!
//! Max-type permutation test as in Zeileis and Hothorn (2013), "A toolbox of permutation tests for structural change";
//! for one binomial sequence it is the cumulative sum test of Worsley (1983), "The power of likelihood ratio and
//! cumulative sum tests for a change in a binomial probability". People who are not independent (colleagues) change
//! places together.

use serde::{Deserialize, Serialize};

use crate::error::Unanswerable;
use crate::random::Generator;

/// People who stand or fall together (one person alone, or the people of one account), and when they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Group {
    /// When: weeks or months, from any origin.
    pub period: i64,
    /// How many people.
    pub trials: u64,
    /// How many of them had the outcome; at most `trials`.
    pub successes: u64,
}

/// The likeliest time of a change, and how often pure chance shows as large a one anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// The first period after the change.
    pub period: i64,
    /// The largest standardised sum of residuals over all times of a change, without its sign.
    pub statistic: f64,
    /// The share of random orders with as large a one, the observed order counted among them (Phipson and Smyth 2010):
    /// never 0.
    pub p_value: f64,
    /// Successes and trials before the change.
    pub before: (u64, u64),
    /// Successes and trials from it on.
    pub after: (u64, u64),
    /// Groups in all.
    pub groups: u64,
    /// Random orders tried.
    pub permutations: u32,
}

/// Looks for one change of the share of successes over time.
///
/// Only times with at least `least_groups` groups on either side are looked at: a change that rests on three people is
/// none. The order of `groups` does not matter. Cost: one step for each group that is not like most (of a hundred people
/// of whom five convert: five), times `permutations`.
///
/// # Errors
/// [`Unanswerable::NoObservations`] without groups; [`Unanswerable::OutOfRange`] for a group with more successes than
/// trials; [`Unanswerable::NothingToCompare`] where no time has enough groups on either side, or no group differs.
pub fn change_point(
    groups: &[Group],
    least_groups: u64,
    permutations: u32,
    random: &mut Generator,
) -> Result<ChangePoint, Unanswerable> {
    let series = Series::of(groups, least_groups)?;
    let observed: Vec<f64> = series.observed_sums();
    let (statistic, place) = series.largest(&observed);
    let mut order: Vec<u32> = (0..series.groups.len() as u32).collect();
    let mut sums = vec![0.0; series.periods.len()];
    let mut as_large = 1_u64;
    for _ in 0..permutations {
        series.draw(&mut order, &mut sums, random);
        // What is equal on paper may differ in the last digit.
        as_large += u64::from(series.largest(&sums).0 >= statistic * (1.0 - 1e-9));
    }
    let split = series.periods.get(place + 1).copied().unwrap_or_default();
    let total = |test: &dyn Fn(&Group) -> bool| {
        let side = groups.iter().filter(|group| test(group));
        side.fold((0, 0), |(successes, trials), group| (successes + group.successes, trials + group.trials))
    };
    Ok(ChangePoint {
        period: split.0,
        statistic,
        p_value: as_large as f64 / (f64::from(permutations) + 1.0),
        before: total(&|group| group.period < split.0),
        after: total(&|group| group.period >= split.0),
        groups: groups.len() as u64,
        permutations,
    })
}

/// Groups in the order of time, ready to be reordered.
struct Series {
    /// In the order of time.
    groups: Vec<Group>,
    /// Each period with the number of groups up to its end.
    periods: Vec<(i64, usize)>,
    /// The place in `periods` of each place in the order.
    period_of: Vec<u32>,
    /// The residual that most groups have, and of the others how much theirs is above it.
    usual: f64,
    unusual: Vec<f64>,
    /// For each period the standard deviation of the sum up to its end under random orders; `None`: too few on a side.
    deviations: Vec<Option<f64>>,
}

impl Series {
    fn of(groups: &[Group], least_groups: u64) -> Result<Self, Unanswerable> {
        if groups.iter().any(|group| group.successes > group.trials) {
            return Err(Unanswerable::OutOfRange("a group has more successes than trials"));
        }
        let mut groups = groups.to_vec();
        groups.sort_unstable_by_key(|group| (group.period, group.trials, group.successes));
        let trials: u64 = groups.iter().map(|group| group.trials).sum();
        if trials == 0 {
            return Err(Unanswerable::NoObservations);
        }
        let successes: u64 = groups.iter().map(|group| group.successes).sum();
        if successes == 0 || successes == trials {
            return Err(Unanswerable::NothingToCompare("nobody had the outcome, or everybody"));
        }
        let share = successes as f64 / trials as f64;
        let residual = |group: &Group| group.successes as f64 - share * group.trials as f64;
        let usual = usual(&groups).map_or(0.0, |group| residual(&group));
        let mut periods: Vec<(i64, usize)> = Vec::new();
        let mut period_of = Vec::with_capacity(groups.len());
        for group in &groups {
            match periods.last_mut() {
                Some((period, count)) if *period == group.period => *count += 1,
                _ => periods.push((group.period, period_of.len() + 1)),
            }
            period_of.push(periods.len() as u32 - 1);
        }
        let squares: f64 = groups.iter().map(|group| residual(group).powi(2)).sum();
        let count = groups.len();
        let deviation = |(_, first): &(i64, usize)| {
            let second = count - first;
            if (*first as u64) < least_groups.max(1) || (second as u64) < least_groups.max(1) {
                return None;
            }
            // The sum of `first` of `count` residuals that add up to 0, drawn without replacement.
            let pairs = *first as f64 * second as f64 / (count as f64 * (count as f64 - 1.0));
            Some((pairs * squares).sqrt()).filter(|deviation| *deviation > 0.0)
        };
        let deviations: Vec<Option<f64>> = periods.iter().map(deviation).collect();
        if deviations.iter().all(Option::is_none) {
            return Err(Unanswerable::NothingToCompare("too few groups before and after any time"));
        }
        let unusual = groups.iter().map(residual).filter(|own| *own != usual).map(|own| own - usual).collect();
        Ok(Self { groups, periods, period_of, usual, unusual, deviations })
    }

    /// For each period the sum of what is unusual in it, in the observed order.
    fn observed_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.periods.len()];
        let trials: u64 = self.groups.iter().map(|group| group.trials).sum();
        let successes: u64 = self.groups.iter().map(|group| group.successes).sum();
        let share = successes as f64 / trials as f64;
        for (group, period) in self.groups.iter().zip(&self.period_of) {
            if let Some(sum) = sums.get_mut(*period as usize) {
                *sum += group.successes as f64 - share * group.trials as f64 - self.usual;
            }
        }
        sums
    }

    /// The same in a random order: the unusual groups take places drawn without replacement. `order` is any order of the
    /// places, and is shuffled further.
    fn draw(&self, order: &mut [u32], sums: &mut [f64], random: &mut Generator) {
        sums.fill(0.0);
        let count = order.len();
        for (place, above) in self.unusual.iter().enumerate() {
            let other = place + random.below((count - place) as u64) as usize;
            order.swap(place, other);
            let period = order.get(place).and_then(|drawn| self.period_of.get(*drawn as usize));
            if let Some(sum) = period.and_then(|period| sums.get_mut(*period as usize)) {
                *sum += above;
            }
        }
    }

    /// The largest standardised sum, and the period at whose end it stands.
    fn largest(&self, sums: &[f64]) -> (f64, usize) {
        let mut total = 0.0;
        let mut largest = (0.0, 0);
        for (place, ((sum, (_, count)), deviation)) in sums.iter().zip(&self.periods).zip(&self.deviations).enumerate()
        {
            total += sum;
            if let Some(deviation) = deviation {
                let value = (total + self.usual * *count as f64).abs() / deviation;
                if value > largest.0 {
                    largest = (value, place);
                }
            }
        }
        largest
    }
}

/// The group that occurs most often, whatever its time.
fn usual(groups: &[Group]) -> Option<Group> {
    let mut sizes: Vec<(u64, u64)> = groups.iter().map(|group| (group.trials, group.successes)).collect();
    sizes.sort_unstable();
    let (trials, successes) = sizes.chunk_by(|left, right| left == right).max_by_key(|equal| equal.len())?.first()?;
    Some(Group { period: 0, trials: *trials, successes: *successes })
}
