//! How many rows a card has: as many as tell most about people who did not choose them, among those who teach.
//!
//! Those who judge have no say in it. Households are dealt out to folds; each fold is foretold by a card that the others chose,
//! row by row (Stone 1974, "Cross-validatory choice and assessment of statistical predictions").

use super::RULES;
use super::candidates::Candidate;
use super::path::{Path, Teachers};

/// Folds.
const FOLDS: u64 = 5;
/// No chance is taken for certain.
const CERTAIN: f64 = 1e-6;

/// The number of rows with the largest likelihood of those who did not choose them; at most one for so many conversions.
pub(super) fn rows(candidates: &[Candidate], teachers: &Teachers) -> usize {
    let most = RULES.most_rows.min((teachers.conversions() as u64 / RULES.conversions_per_row) as usize);
    let mut sums = vec![0.0; most];
    for fold in 0..FOLDS {
        let choosing = teachers.of(|household| household % FOLDS != fold);
        let foretold = teachers.of(|household| household % FOLDS == fold);
        let path = Path::of(candidates, &choosing, most);
        let share = choosing.conversions() as f64 / choosing.places.len().max(1) as f64;
        for (rows, sum) in (1..=most).zip(&mut sums) {
            // Where a fold chose fewer, further ones add nothing.
            let rows = rows.min(path.models.len());
            let chances = match rows.checked_sub(1).and_then(|last| path.models.get(last)) {
                Some(model) => {
                    let cells = foretold.cells(&path.chosen[..rows]);
                    cells.chunks_exact(rows).map(|known| model.probability(known)).collect()
                }
                None => vec![share; foretold.places.len()],
            };
            *sum += likelihood(&chances, &foretold.outcomes);
        }
    }
    // Of equal ones the fewest.
    let best = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    sums.iter().position(|sum| *sum >= best).map_or(0, |place| place + 1)
}

/// The logarithm of the likelihood of what happened.
fn likelihood(chances: &[f64], outcomes: &[bool]) -> f64 {
    let of = |(chance, won): (&f64, &bool)| {
        let chance = chance.clamp(CERTAIN, 1.0 - CERTAIN);
        if *won { chance.ln() } else { (1.0 - chance).ln() }
    };
    chances.iter().zip(outcomes).map(of).sum()
}

#[cfg(test)]
mod tests {
    use stats::random::Generator;

    use super::*;
    use crate::discover::bits::Bits;
    use crate::discover::rule::Condition;
    use crate::discover::table::{Measure, Slot};

    /// One condition that matters among two hundred that do not: a search for the best of so many always finds one more that
    /// fits, and nobody else is foretold by it.
    #[test]
    fn what_only_fits_those_who_chose_it_is_no_row() {
        let mut random = Generator::new(8);
        let people = 2_000;
        let mut candidate = |event: u16| {
            let slot = Slot { event: Some(event), measure: Measure::Count, of: None };
            let meets: Vec<bool> = (0..people).map(|_| random.happens(0.3)).collect();
            let condition = Condition { slot, at_least: 1, negated: false };
            Candidate { condition, met: Bits::of(people, |place| meets[place]) }
        };
        let candidates: Vec<Candidate> = (0..200).map(&mut candidate).collect();
        let outcomes: Vec<bool> =
            (0..people).map(|place| random.happens(if candidates[0].met.has(place) { 0.5 } else { 0.15 })).collect();
        let teachers = Teachers { places: (0..people).collect(), outcomes, households: (0..people as u64).collect() };
        let path = Path::of(&candidates, &teachers, RULES.most_rows);
        assert!(path.models.len() >= 6, "{}", path.models.len());
        assert!((1..=3).contains(&rows(&candidates, &teachers)), "{}", rows(&candidates, &teachers));
        assert_eq!(path.chosen.first().map(|first| first.condition.slot.event), Some(Some(0)));
    }
}
