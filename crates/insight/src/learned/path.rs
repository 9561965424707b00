//! Rows one after the other, each the one that says most beside those before it.

use stats::distribution::normal_quantile;
use stats::logistic::Logistic;

use super::RULES;
use super::candidates::Candidate;
use super::card::fit;
use super::people::{Side, Sides};
use crate::discover::bits::Bits;

/// Some of those who teach: their places among all people, what became of each, and of which household each is; households
/// stand together.
pub(super) struct Teachers {
    pub places: Vec<usize>,
    pub outcomes: Vec<bool>,
    pub households: Vec<u64>,
}

impl Teachers {
    /// All of them.
    pub fn all(sides: &Sides) -> Self {
        let places = sides.places(Side::Teaching);
        Self { outcomes: sides.outcomes(&places), households: sides.households(&places), places }
    }

    /// Those of some households.
    pub fn of(&self, is_of: impl Fn(u64) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.places.len()).filter(|person| is_of(self.households[*person])).collect();
        Self {
            places: kept.iter().map(|person| self.places[*person]).collect(),
            outcomes: kept.iter().map(|person| self.outcomes[*person]).collect(),
            households: kept.iter().map(|person| self.households[*person]).collect(),
        }
    }

    pub fn conversions(&self) -> usize {
        self.outcomes.iter().filter(|won| **won).count()
    }

    /// Who of them meets which row, person by person.
    pub fn cells(&self, rows: &[&Candidate]) -> Vec<f64> {
        let known = |place: usize| rows.iter().map(move |row| f64::from(u8::from(row.met.has(place))));
        self.places.iter().flat_map(|place| known(*place)).collect()
    }
}

/// The rows in the order in which they were chosen, and the model after each.
pub(super) struct Path<'a> {
    pub chosen: Vec<&'a Candidate>,
    /// One for each row: of this row and those before it.
    pub models: Vec<Logistic>,
}

impl<'a> Path<'a> {
    /// The condition with the largest score statistic given those before it, until nothing says enough or there are so many.
    pub fn of(candidates: &'a [Candidate], teachers: &Teachers, most_rows: usize) -> Self {
        let people = teachers.places.len();
        let share = teachers.conversions() as f64 / people.max(1) as f64;
        let mut chances = vec![share; people];
        let mut path = Self { chosen: Vec::new(), models: Vec::new() };
        while path.chosen.len() < most_rows {
            let is_first = path.chosen.is_empty();
            let level =
                if is_first { RULES.level / candidates.len().max(1) as f64 } else { RULES.level_of_further_rows };
            let least = -normal_quantile(level);
            let best = candidates
                .iter()
                .filter(|candidate| path.chosen.iter().all(|other| !candidate.is_about(other)))
                .map(|candidate| (candidate, statistic(&candidate.met, teachers, &chances)))
                .reduce(|best, other| if other.1 > best.1 { other } else { best });
            let Some((candidate, _)) = best.filter(|(_, z)| *z >= least) else { break };
            path.chosen.push(candidate);
            let cells = teachers.cells(&path.chosen);
            let Some(fitted) = fit(path.chosen.len(), &cells, &teachers.outcomes) else {
                path.chosen.pop();
                break;
            };
            for (chance, known) in chances.iter_mut().zip(cells.chunks_exact(path.chosen.len())) {
                *chance = fitted.probability(known);
            }
            path.models.push(fitted);
        }
        path
    }
}

/// How much more often than the model says those who meet a condition convert, in standard errors: Rao's score test with
/// the rows of the model taken as given. The error is the larger one of the model's own and of the one that takes a
/// household for one (Liang and Zeger 1986): where colleagues convert together, what they all have would look proven.
fn statistic(met: &Bits, teachers: &Teachers, chances: &[f64]) -> f64 {
    let (mut own, mut all) = (0.0, 0.0);
    for (place, chance) in teachers.places.iter().zip(chances) {
        let weight = chance * (1.0 - chance);
        all += weight;
        own += if met.has(*place) { weight } else { 0.0 };
    }
    let share = own / all;
    let (mut sum, mut squares, mut of_household, mut last) = (0.0, 0.0, 0.0, None);
    let people = teachers.places.iter().zip(&teachers.outcomes).zip(chances).zip(&teachers.households);
    for (((place, won), chance), household) in people {
        if last != Some(household) {
            squares += of_household * of_household;
            (of_household, last) = (0.0, Some(household));
        }
        let exposure = f64::from(u8::from(met.has(*place))) - share;
        let score = exposure * (f64::from(u8::from(*won)) - chance);
        of_household += score;
        sum += score;
    }
    squares += of_household * of_household;
    let variance = f64::max(own - own * share, squares);
    if variance > 0.0 { sum / variance.sqrt() } else { 0.0 }
}
