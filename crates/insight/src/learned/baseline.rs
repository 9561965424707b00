//! What a logistic regression on all counts and properties makes of the same people: the price of being readable.

use stats::logistic::{Logistic, Problem};

use super::people::{Side, Sides};
use crate::discover::table::{FeatureTable, Measure};

/// Features at most, the most frequent events first: the information matrix grows with their square.
const MOST_FEATURES: usize = 60;
/// On columns of spread 1.
const RIDGE: f64 = 1.0;

/// The log-odds of those who judge, of a model fitted on those who teach: the logarithm of each count plus one, scaled to a
/// spread of 1. `None`: it could not be fitted.
pub(super) fn scores(table: &FeatureTable, window: usize, sides: &Sides) -> Option<Vec<f64>> {
    let layout = &table.layout;
    let following: Vec<usize> = table.only_following().collect();
    let slots = layout.slots.iter().enumerate();
    let counts = slots.filter(|(_, slot)| slot.measure != Measure::Trait && !slot.measure.is_timing());
    let used = counts.filter(|(_, slot)| slot.event.is_none_or(|event| !following.contains(&usize::from(event))));
    let columns: Vec<usize> = used.map(|(place, _)| place * layout.windows + window).take(MOST_FEATURES).collect();
    let known = |person: usize, column: usize| {
        let (part, row) = sides.place(person);
        let level = table.parts.get(part).and_then(|part| part.levels.get(row * layout.stride() + column));
        f64::from(level.map_or(0, |level| layout.levels.least(*level))).ln_1p()
    };
    let teachers = sides.places(Side::Teaching);
    let spread = |column: &usize| {
        let values = teachers.iter().map(|person| known(*person, *column));
        let (sum, squares) = values.fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value));
        let people = teachers.len() as f64;
        (squares / people - (sum / people).powi(2)).max(0.0).sqrt()
    };
    let scaled: Vec<(usize, f64)> =
        columns.iter().map(|column| (*column, spread(column))).filter(|(_, spread)| *spread > 1e-9).collect();
    let row = |person: usize| {
        scaled.iter().map(move |(column, spread)| known(person, *column) / spread).collect::<Vec<f64>>()
    };
    let cells: Vec<f64> = teachers.iter().flat_map(|person| row(*person)).collect();
    let outcomes = sides.outcomes(&teachers);
    let problem =
        Problem { columns: scaled.len(), cells: &cells, outcomes: &outcomes, offsets: None, ridge: RIDGE, least: None };
    let model = Logistic::fit(&problem).ok()?;
    Some(sides.places(Side::Judging).into_iter().map(|person| model.log_odds(&row(person))).collect())
}
