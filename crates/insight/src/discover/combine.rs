//! The search over combinations, on the earlier half alone: all pairs (and, and not), triples among the best, two of three,
//! and a beam beyond.
//!
//! Sets are bits over the people at risk of one window, so that a pair costs an AND and a count of bits a word. Buyers are few:
//! what concerns only them is counted over sets of buyers alone.

use super::aim::Aim;
use super::bits::{Bits, count_and};
use super::cohort::{Cohort, Half, table};
use super::pairs::{Pairs, Triples};
use super::rule::{Condition, Rule};
use super::search::{Candidate, LEAST_PEOPLE};
use super::table::{Measure, Slot};
use crate::workers::{Workers, all_of};

/// Conditions of a window that pairs are made of.
pub const MOST_PAIRED: usize = 300;
/// Of these, the ones that triples are made of.
pub const MOST_TRIPLED: usize = 60;
/// Rules that the beam goes on with, and the most conditions it reaches.
const BEAM: usize = 8;
const MOST_CONDITIONS: usize = 4;
/// A rule must beat what is simpler by so many standard errors.
pub(crate) const NOISE: f64 = 1.0;
/// Rules of each form and window that are kept.
const KEPT: usize = 12;

/// How many, and the buyers among them.
pub(crate) type Figures = (u64, u64);

/// A combination with its score in the searched half.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Combination {
    pub rule: Rule,
    /// Who meets it in the searched half, and the buyers among them.
    pub figures: Figures,
    pub score: f64,
}

/// What was tried, and the best of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Combined {
    /// The best, each better than its parts by more than noise; the best first.
    pub best: Vec<Combination>,
    /// How many combinations were tried.
    pub tried: u64,
}

/// The conditions of one window as sets.
struct Pool {
    window: usize,
    conditions: Vec<Condition>,
    /// Who meets a condition, of the people at risk.
    met: Vec<Vec<u64>>,
    /// Who meets it, of the buyers.
    won: Vec<Vec<u64>>,
    sizes: Vec<(u64, u64)>,
    scores: Vec<f64>,
    people: u64,
    buyers: u64,
    weeks: f64,
    aim: Aim,
}

/// Searches combinations in every window.
pub(crate) fn combine(
    cohort: &Cohort<'_>,
    cells: &[Candidate],
    aim: Aim,
    weeks: f64,
    workers: Workers<'_>,
) -> Combined {
    let of_windows = all_of(workers, cohort.landmarks.len(), |window| {
        let mut combined = Combined::default();
        let pool = Pool::new(cohort, window, pick(cells, window), aim, weeks);
        let pairs = (Pairs::of(&pool.met, workers), Pairs::of(&pool.won, workers));
        pool.pairs(&pairs, &mut combined);
        pool.orders(cells, &mut combined);
        pool.triples(&pairs, &mut combined, workers);
        combined
    });
    let mut combined = Combined::default();
    for of_window in of_windows {
        combined.best.extend(of_window.best);
        combined.tried += of_window.tried;
    }
    combined.best.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.rule.cmp(&right.rule)));
    combined
}

/// Conditions of a window: in turns one of each event, so that one whose parts say nothing alone has its place too.
fn pick(cells: &[Candidate], window: usize) -> Vec<Condition> {
    let mut of_events: std::collections::BTreeMap<_, Vec<&Candidate>> = std::collections::BTreeMap::new();
    let alone = |cell: &&Candidate| cell.window == window && cell.condition.slot.measure != Measure::Then;
    for cell in cells.iter().filter(alone) {
        of_events.entry(cell.condition.slot.about()).or_default().push(cell);
    }
    for group in of_events.values_mut() {
        group.sort_by(|left, right| right.z.total_cmp(&left.z).then_with(|| left.condition.cmp(&right.condition)));
    }
    let mut groups: Vec<_> = of_events.into_values().collect();
    groups.sort_by(|left, right| {
        right[0].z.total_cmp(&left[0].z).then_with(|| left[0].condition.cmp(&right[0].condition))
    });
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)));
    turns.map(|cell| cell.condition).take(MOST_PAIRED).collect()
}

impl Pool {
    fn new(cohort: &Cohort<'_>, window: usize, conditions: Vec<Condition>, aim: Aim, weeks: f64) -> Self {
        let words = cohort.words(Half::Search);
        let landmark = &cohort.landmarks[window];
        let (people, buyers) = cohort.totals(window, Half::Search);
        let winners: Vec<usize> = cohort.range(Half::Search).filter(|place| landmark.won.has(*place)).collect();
        let at_risk = &landmark.at_risk.words()[words.clone()];
        let met: Vec<Vec<u64>> = conditions
            .iter()
            .map(|condition| and(cohort.of_half(condition, window, Half::Search).words(), at_risk))
            .collect();
        let has = |words: &[u64], place: usize| words[place / 64] >> (place % 64) & 1 == 1;
        let won: Vec<Vec<u64>> = met
            .iter()
            .map(|met| Bits::of(winners.len(), |number| has(met, winners[number])).words().to_vec())
            .collect();
        let count = |words: &[u64]| words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        let sizes: Vec<(u64, u64)> = met.iter().zip(&won).map(|(met, won)| (count(met), count(won))).collect();
        let mut pool = Self { window, conditions, met, won, sizes, scores: Vec::new(), people, buyers, weeks, aim };
        pool.scores = pool.sizes.iter().map(|(met, won)| pool.score(*met, *won)).collect();
        pool
    }

    /// The score of a set by its size and its buyers; below everything where it is missed.
    fn score(&self, met: u64, won: u64) -> f64 {
        if met < LEAST_PEOPLE || self.people - met < LEAST_PEOPLE {
            return f64::NEG_INFINITY;
        }
        self.aim.score(&table(met, won, self.people, self.buyers), self.weeks).unwrap_or(f64::NEG_INFINITY)
    }

    /// All pairs, as "both" and as "the one without the other".
    fn pairs(&self, (pairs, pairs_won): &(Pairs, Pairs), combined: &mut Combined) {
        let mut best = Best::default();
        for first in 0..self.conditions.len() {
            for second in first + 1..self.conditions.len() {
                if !self.go_together(first, second) {
                    continue;
                }
                let (met, won) = (pairs.both(first, second), pairs_won.both(first, second));
                combined.tried += 3;
                let simpler = self.scores[first].max(self.scores[second]);
                let both = self.score(met, won);
                best.offer((met, won), both, simpler, || self.rule(&[(first, false), (second, false)], 2));
                for (kept, without) in [(first, second), (second, first)] {
                    // "Not so far" would be true from the start: it cannot be said of what has no end of its own.
                    if matches!(
                        self.conditions[without].slot.measure,
                        Measure::Again(_) | Measure::Growth | Measure::Lately | Measure::Share
                    ) {
                        continue;
                    }
                    let (all, all_won) = self.sizes[kept];
                    let others = (all - met, all_won - won);
                    let score = self.score(others.0, others.1);
                    best.offer(others, score, simpler, || self.rule(&[(kept, false), (without, true)], 2));
                }
            }
        }
        combined.best.extend(best.kept);
    }

    /// One event before another, where that says more than both of them in any order. Of the pool only what was counted of
    /// its conditions is used: who did both is known by those who did them in either order.
    fn orders(&self, cells: &[Candidate], combined: &mut Combined) {
        let of_window = || cells.iter().filter(|cell| cell.window == self.window);
        let counted = |event: Option<u16>| {
            let of_event = of_window().filter(|cell| cell.condition.slot.event == event);
            of_event.filter(|cell| cell.condition.slot.measure == Measure::Count).map(|cell| cell.z).fold(0.0, f64::max)
        };
        let mut best = Best::default();
        for cell in of_window().filter(|cell| cell.condition.slot.measure == Measure::Then) {
            let (first, second) = (cell.condition.slot.event, cell.condition.slot.of);
            let place = |event| {
                let is = Slot { event, measure: Measure::Count, of: None };
                self.conditions.iter().position(|condition| condition.slot == is && condition.at_least == 1)
            };
            let both = place(first).zip(place(second)).map_or(f64::NEG_INFINITY, |(first, second)| {
                let met = count_and(&self.met[first], &self.met[second]);
                self.score(met, count_and(&self.won[first], &self.won[second]))
            });
            combined.tried += 1;
            let (met, won) = (cell.table.exposed(), cell.table.exposed_event);
            let score = self.score(met, won);
            let simpler = both.max(counted(first)).max(counted(second));
            best.offer((met, won), score, simpler, || Rule::one(cell.condition, self.window));
        }
        combined.best.extend(best.kept);
    }

    /// Triples of the best conditions, as "all" and as "two of three"; then the beam.
    fn triples(&self, (pairs, pairs_won): &(Pairs, Pairs), combined: &mut Combined, workers: Workers<'_>) {
        let count = self.conditions.len().min(MOST_TRIPLED);
        let (triples, triples_won) =
            (Triples::of(&self.met[..count], workers), Triples::of(&self.won[..count], workers));
        let pair = |first: usize, second: usize| (pairs.both(first, second), pairs_won.both(first, second));
        let (mut all, mut two) = (Best::default(), Best::default());
        for first in 0..count {
            for second in first + 1..count {
                if !self.go_together(first, second) {
                    continue;
                }
                let (both, both_won) = pair(first, second);
                let pair_score = self.score(both, both_won);
                for third in second + 1..count {
                    if !(self.go_together(first, third) && self.go_together(second, third)) {
                        continue;
                    }
                    combined.tried += 2;
                    let (met, won) = (triples.all(first, second, third), triples_won.all(first, second, third));
                    let others = [pair(first, third), pair(second, third)];
                    let of_pairs = others.iter().map(|(met, won)| self.score(*met, *won)).fold(pair_score, f64::max);
                    let alone = [first, second, third].iter().map(|place| self.scores[*place]).fold(of_pairs, f64::max);
                    let parts = [(first, false), (second, false), (third, false)];
                    all.offer((met, won), self.score(met, won), alone, || self.rule(&parts, 3));
                    let met = both + others[0].0 + others[1].0 - 2 * met;
                    let won = both_won + others[0].1 + others[1].1 - 2 * won;
                    two.offer((met, won), self.score(met, won), alone, || self.rule(&parts, 2));
                }
            }
        }
        self.beam(&all, combined);
        combined.best.extend(all.kept);
        combined.best.extend(two.kept);
    }

    /// The best triples with one condition more, as long as that is worth it.
    fn beam(&self, triples: &Best, combined: &mut Combined) {
        let mut front: Vec<Combination> = triples.kept.iter().take(BEAM).cloned().collect();
        for _ in 3..MOST_CONDITIONS {
            let mut best = Best::default();
            for combination in &front {
                let places: Vec<usize> = combination
                    .rule
                    .conditions
                    .iter()
                    .filter_map(|condition| self.conditions.iter().position(|known| known == condition))
                    .collect();
                let joined = |sets: &[Vec<u64>]| {
                    places.iter().skip(1).fold(sets[places[0]].clone(), |all, place| and(&all, &sets[*place]))
                };
                let (met, won) = (joined(&self.met), joined(&self.won));
                for more in 0..self.conditions.len() {
                    if !places.iter().all(|place| self.go_together(*place, more)) {
                        continue;
                    }
                    combined.tried += 1;
                    let figures = (count_and(&met, &self.met[more]), count_and(&won, &self.won[more]));
                    let score = self.score(figures.0, figures.1);
                    let parts: Vec<(usize, bool)> = places.iter().chain([&more]).map(|place| (*place, false)).collect();
                    best.offer(figures, score, combination.score, || self.rule(&parts, parts.len()));
                }
            }
            combined.best.extend(best.kept.iter().cloned());
            front = best.kept;
        }
    }

    /// Whether two conditions say different things: not two measures of one event, nor two values of one trait.
    fn go_together(&self, first: usize, second: usize) -> bool {
        let [first, second] = [first, second].map(|place| self.conditions[place].slot);
        let details = first.measure == Measure::Property && second.measure == Measure::Property;
        if first.event.is_some() {
            first.event != second.event || details && first.of != second.of
        } else {
            first != second
        }
    }

    fn rule(&self, parts: &[(usize, bool)], least: usize) -> Rule {
        let mut conditions: Vec<Condition> =
            parts.iter().map(|(place, negated)| Condition { negated: *negated, ..self.conditions[*place] }).collect();
        conditions.sort_unstable();
        Rule { window: self.window, conditions, least }
    }
}

/// The best rules of a form.
#[derive(Default)]
struct Best {
    kept: Vec<Combination>,
}

impl Best {
    fn offer(&mut self, figures: Figures, score: f64, simpler: f64, rule: impl FnOnce() -> Rule) {
        let worst = if self.kept.len() < KEPT { f64::NEG_INFINITY } else { self.kept[KEPT - 1].score };
        if score <= worst || score < simpler + NOISE {
            return;
        }
        let rule = rule();
        // Of the rules about the same things one is enough.
        let about = |rule: &Rule| {
            rule.conditions.iter().map(|condition| (condition.slot.about(), condition.negated)).collect::<Vec<_>>()
        };
        if let Some(known) = self.kept.iter().position(|known| about(&known.rule) == about(&rule)) {
            if self.kept[known].score >= score {
                return;
            }
            self.kept.remove(known);
        }
        let place = self.kept.partition_point(|known| known.score >= score);
        self.kept.insert(place, Combination { rule, figures, score });
        self.kept.truncate(KEPT);
    }
}

fn and(left: &[u64], right: &[u64]) -> Vec<u64> {
    left.iter().zip(right).map(|(left, right)| left & right).collect()
}

#[cfg(test)]
#[path = "combine_tests.rs"]
mod tests;
