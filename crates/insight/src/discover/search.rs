//! The search over single features: every event × measure × window × threshold, on the earlier half alone.

use super::cohort::{Cohort, Half, table};
use super::layout::Measure;
use super::levels::Levels;
use super::measures::z_score;
use super::rule::Condition;
use crate::workers::{Workers, all_of};
use stats::distribution::normal_two_sided;
use stats::table::TwoByTwo;

/// The best threshold of a feature in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub condition: Condition,
    pub window: usize,
    /// In the searched half.
    pub table: TwoByTwo,
    pub z: f64,
    /// The p-value of the best cell, and among all cells tried its q-value (Benjamini and Hochberg).
    pub p_value: f64,
    pub q_value: f64,
    /// How many of the thresholds were tried.
    pub thresholds: u32,
}

/// What a search gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searched {
    /// One for each feature and window in which something could be tried; the best first.
    pub candidates: Vec<Candidate>,
    /// Every cell tried, for combinations.
    pub all: Vec<Candidate>,
    /// How many features were looked at in windows.
    pub features: u64,
    /// How many cells (feature × window × threshold) were tried.
    pub cells: u64,
    /// How many of these look good: positive with an uncorrected p below 0.05.
    pub look_good: u64,
}

/// The least people on either side of a threshold in the searched half.
pub(crate) const LEAST_PEOPLE: u64 = 20;

/// The z-score with a two-sided p of 0.05.
const GOOD: f64 = 1.959_963_984_540_054;

/// By feature, then by window and level: people at risk and buyers, of the searched half.
struct Histograms {
    of_slots: Vec<Vec<[u32; 2]>>,
}

/// Levels of a feature.
const LEVELS: usize = 256;

impl Histograms {
    fn of(cohort: &Cohort<'_>, workers: Workers<'_>) -> Self {
        let layout = &cohort.table.layout;
        let range = cohort.range(Half::Search);
        // How each place stands: 0 and 1 at risk, without and with a purchase; 2 not at risk.
        let stands = all_of(workers, layout.windows, |window| {
            let landmark = &cohort.landmarks[window];
            let stand = |place| if landmark.at_risk.has(place) { u8::from(landmark.won.has(place)) } else { 2 };
            range.clone().map(stand).collect::<Vec<u8>>()
        });
        let of_slot = |slot: usize| {
            let columns = stands.iter().enumerate().map(|(window, stands)| {
                let levels = &cohort.levels(slot, window)[range.clone()];
                counts_of(levels, stands).map(|[others, won, _, _]| [others, won])
            });
            columns.flatten().collect()
        };
        Self { of_slots: all_of(workers, layout.slots.len(), of_slot) }
    }

    /// Those whose value is at least that of each nice threshold, from the highest down: (threshold, people, buyers).
    fn tails(&self, slot: usize, window: usize, scale: &Levels) -> Vec<(u32, u64, u64)> {
        let counts = &self.of_slots[slot][window * LEVELS..(window + 1) * LEVELS];
        let mut tails = Vec::new();
        let (mut people, mut won) = (0, 0);
        let mut level = LEVELS;
        for threshold in Levels::NICE.iter().rev() {
            let least = usize::from(scale.of(*threshold));
            while level > least {
                level -= 1;
                people += u64::from(counts[level][0]) + u64::from(counts[level][1]);
                won += u64::from(counts[level][1]);
            }
            tails.push((*threshold, people, won));
        }
        tails
    }
}

/// By level, how many stand how. Level 0 is not counted: nobody is asked for less than one, and most have nothing of most events.
fn counts_of(levels: &[u8], stands: &[u8]) -> [[u32; 4]; LEVELS] {
    let mut counts = [[0_u32; 4]; LEVELS];
    for (levels, stands) in levels.chunks(8).zip(stands.chunks(8)) {
        if levels.iter().fold(0, |any, level| any | level) == 0 {
            continue;
        }
        for (level, stand) in levels.iter().zip(stands) {
            counts[usize::from(*level)][usize::from(*stand & 3)] += 1;
        }
    }
    counts
}

/// Searches every feature.
pub(crate) fn search(cohort: &Cohort<'_>, workers: Workers<'_>) -> Searched {
    let layout = &cohort.table.layout;
    let histograms = Histograms::of(cohort, workers);
    let mut searched = Searched::default();
    let mut p_values = Vec::new();
    for (place, slot) in layout.slots.iter().enumerate() {
        for window in 0..layout.windows {
            let (people, won) = cohort.totals(window, Half::Search);
            let mut best: Option<Candidate> = None;
            let (mut tried, mut last) = (0, None);
            // One step is that it happened, or happened so often: a count says that, too.
            let is_said = matches!(slot.measure, Measure::Soon | Measure::Again(_));
            for (threshold, met, met_won) in histograms.tails(place, window, &layout.levels).into_iter().rev() {
                // Thresholds that pick the same people are one: a person would write the lowest.
                if met < LEAST_PEOPLE || people - met < LEAST_PEOPLE || last == Some(met) {
                    continue;
                }
                last = Some(met);
                if is_said && threshold == 1 {
                    continue;
                }
                tried += 1;
                let table = table(met, met_won, people, won);
                let z = z_score(&table);
                p_values.push(normal_two_sided(z));
                searched.look_good += u64::from(z > GOOD);
                let condition = Condition { slot: *slot, at_least: threshold, negated: false };
                let (p_value, q_value) = (normal_two_sided(z), 1.0);
                let cell = Candidate { condition, window, table, z, p_value, q_value, thresholds: 0 };
                searched.all.push(cell);
                if best.is_none_or(|best| z > best.z) {
                    best = Some(cell);
                }
            }
            searched.features += u64::from(tried > 0);
            searched.cells += u64::from(tried);
            searched.candidates.extend(best.map(|best| Candidate { thresholds: tried, ..best }));
        }
    }
    give_q_values(&mut searched.candidates, &p_values);
    searched.candidates.sort_by(|left, right| {
        right.z.total_cmp(&left.z).then_with(|| (left.condition, left.window).cmp(&(right.condition, right.window)))
    });
    searched
}

/// Each candidate's q-value among all cells.
fn give_q_values(candidates: &mut [Candidate], p_values: &[f64]) {
    let Some(q_values) = stats::multiplicity::benjamini_hochberg(p_values) else { return };
    let mut pairs: Vec<(f64, f64)> = p_values.iter().copied().zip(q_values).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
    for candidate in candidates {
        let place = pairs.partition_point(|(p_value, _)| *p_value < candidate.p_value);
        candidate.q_value = pairs.get(place).map_or(1.0, |(_, q_value)| *q_value);
    }
}
