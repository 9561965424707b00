//! What a logistic regression on all counts and properties makes of the same people: the price of being readable.

use stats::logistic::{Logistic, Problem};

use super::people::{Side, Sides};
use crate::discover::table::{FeatureTable, Slot};

/// Features at most, traits and shares of limits and then the most frequent events first: the information matrix grows with their square.
const MOST_FEATURES: usize = 100;
/// On columns of spread 1.
const RIDGE: f64 = 1.0;

/// The log-odds of those who judge, of a model fitted on those who teach: the logarithm of each count plus one, scaled to a
/// spread of 1. `kept`: whether a feature is looked at, as the card does. `None`: it could not be fitted.
pub(super) fn scores(
    table: &FeatureTable,
    window: usize,
    sides: &Sides,
    kept: impl Fn(Slot) -> bool,
) -> Option<Vec<f64>> {
    let layout = &table.layout;
    let (traits, counts): (Vec<usize>, Vec<usize>) = (0..layout.slots.len())
        .filter(|place| kept(layout.slots[*place]))
        .partition(|place| layout.slots[*place].measure.reads_traits());
    let places = traits.into_iter().chain(counts);
    let columns: Vec<usize> = places.map(|place| place * layout.windows + window).take(MOST_FEATURES).collect();
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
