//! How good the best of a search looks where nothing matters: the same search over outcomes that are given out anew.
//!
//! Thresholds are chosen for being the best, so that a p-value that does not know of the choice flatters. The largest score of each
//! of many permutations is what luck alone reaches (Westfall and Young 1993, "Resampling-based multiple testing", single step). Colleagues buy
//! together: where households have several people, households of one size exchange how many of them bought.

use serde::Serialize;
use stats::random::Generator;

use super::cohort::{Cohort, Half, table};
use super::measures::z_score;
use super::search::Candidate;
use crate::workers::{Workers, all_of};

/// The largest scores of permuted searches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Luck {
    /// How many permutations.
    pub permutations: u32,
    /// Standard errors that the best of a search reached in half of them,
    pub half: f64,
    /// and in one of twenty.
    pub twentieth: f64,
    /// All of them, ascending.
    #[serde(skip)]
    most: Vec<f64>,
}

/// The cells of one feature and window: its column, then each threshold's level with how many reach it.
struct Column {
    slot: usize,
    window: usize,
    cells: Vec<(usize, u64)>,
}

impl Luck {
    /// Permutes the searched half; `None` without permutations or cells.
    pub(crate) fn of(
        cohort: &Cohort<'_>,
        cells: &[Candidate],
        permutations: u32,
        seed: u64,
        workers: Workers<'_>,
    ) -> Option<Self> {
        let columns = columns(cohort, cells);
        if permutations == 0 || columns.is_empty() {
            return None;
        }
        let windows: Vec<Exchange> = (0..cohort.landmarks.len()).map(|window| Exchange::of(cohort, window)).collect();
        let households: Vec<u32> = (0..cohort.households(Half::Search).count() as u32).collect();
        let mut most = all_of(workers, permutations as usize, |permutation| {
            let mut generator = Generator::stream(seed, (1 << 32) + permutation as u64);
            let mut order = households.clone();
            generator.shuffle(&mut order);
            let winners: Vec<Vec<usize>> =
                windows.iter().map(|exchange| exchange.winners(&order, &mut generator)).collect();
            largest(cohort, &columns, &winners)
        });
        most.sort_unstable_by(f64::total_cmp);
        let quantile = |share: f64| most[((most.len() as f64 * share) as usize).min(most.len() - 1)];
        Some(Self { permutations, half: quantile(0.5), twentieth: quantile(0.95), most })
    }

    /// The chance that the best of a search where nothing matters scores so high: never 0, since the order that happened is
    /// one of them (Phipson and Smyth 2010).
    #[must_use]
    pub fn p_value(&self, z: f64) -> f64 {
        let reached = self.most.len() - self.most.partition_point(|most| *most < z);
        (reached + 1) as f64 / (self.most.len() + 1) as f64
    }
}

/// Cells that were tried, by column.
fn columns(cohort: &Cohort<'_>, cells: &[Candidate]) -> Vec<Column> {
    let layout = &cohort.table.layout;
    let mut columns: Vec<Column> = Vec::new();
    let mut last = None;
    for cell in cells {
        let (slot, window) = (cell.condition.slot, cell.window);
        if last != Some((slot, window)) {
            let Some(place) = cohort.slot(slot) else { continue };
            columns.push(Column { slot: place, window, cells: Vec::new() });
            last = Some((slot, window));
        }
        if let Some(column) = columns.last_mut() {
            column.cells.push((usize::from(layout.levels.of(cell.condition.at_least)), cell.table.exposed()));
        }
    }
    columns
}

/// The largest score of all cells where these win, by window.
fn largest(cohort: &Cohort<'_>, columns: &[Column], winners: &[Vec<usize>]) -> f64 {
    let mut most = 0.0_f64;
    for column in columns {
        let (people, won) = cohort.totals(column.window, Half::Search);
        let levels = cohort.levels(column.slot, column.window);
        let mut counts = [0_u64; 256];
        for place in &winners[column.window] {
            counts[usize::from(levels[*place])] += 1;
        }
        let (mut reached, mut above) = (0_u64, 256);
        for (level, met) in column.cells.iter().rev() {
            reached += counts[*level..above].iter().sum::<u64>();
            above = *level;
            most = most.max(z_score(&table(*met, reached, people, won)));
        }
    }
    most
}

/// What households can exchange in one window.
struct Exchange {
    /// Of each household of the searched half, the places at risk.
    members: Vec<Vec<u32>>,
    /// By how many of a household are at risk: how many bought, in each household of that size, the most first.
    bought: Vec<Vec<u32>>,
}

impl Exchange {
    fn of(cohort: &Cohort<'_>, window: usize) -> Self {
        let landmark = &cohort.landmarks[window];
        let (mut members, mut bought) = (Vec::new(), Vec::new());
        for household in cohort.households(Half::Search) {
            let of_household: Vec<u32> =
                household.filter(|place| landmark.at_risk.has(*place)).map(|place| place as u32).collect();
            let won = of_household.iter().filter(|place| landmark.won.has(**place as usize)).count() as u32;
            if bought.len() <= of_household.len() {
                bought.resize(of_household.len() + 1, Vec::new());
            }
            bought[of_household.len()].push(won);
            members.push(of_household);
        }
        for of_size in &mut bought {
            of_size.sort_unstable_by(|left, right| right.cmp(left));
        }
        Self { members, bought }
    }

    /// Those who buy when households are met in an order: the first of each size get the most buyers, so that who buys in one
    /// window mostly does in the others, too.
    fn winners(&self, order: &[u32], generator: &mut Generator) -> Vec<usize> {
        let mut winners = Vec::new();
        let mut next = vec![0; self.bought.len()];
        for household in order {
            let members = &self.members[*household as usize];
            let mut left = self.bought[members.len()].get(next[members.len()]).map_or(0, |bought| u64::from(*bought));
            next[members.len()] += 1;
            for (number, place) in members.iter().enumerate() {
                let of = (members.len() - number) as u64;
                if left == of || (left > 0 && generator.below(of) < left) {
                    left -= 1;
                    winners.push(*place as usize);
                }
            }
        }
        winners
    }
}
