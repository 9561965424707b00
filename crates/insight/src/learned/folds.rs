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
