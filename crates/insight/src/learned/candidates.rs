//! Conditions that may become rows of a card, and who meets them.

use engine::definition::TraitPath;
use stats::table::TwoByTwo;

use super::people::{Side, Sides};
use crate::discover::bits::Bits;
use crate::discover::catalog::{Catalog, ShareFeature, Used};
use crate::discover::levels::Levels;
use crate::discover::rule::Condition;
use crate::discover::table::{FeatureTable, Measure, Slot};

/// Conditions of one feature that are looked at at most.
const MOST_THRESHOLDS: usize = 6;
/// A condition that fewer than one in this many meet, or miss, is not looked at.
const RAREST: usize = 200;
/// Nor one that fewer people than this meet, or miss: a handful proves nothing.
const FEWEST: usize = 30;

/// A condition and who meets it.
pub(super) struct Candidate {
    pub condition: Condition,
    /// Who meets it, by their places among all people.
    pub met: Bits,
}

impl Candidate {
    /// Whether it is another's condition or its opposite.
    pub fn is_about(&self, other: &Self) -> bool {
        Condition { negated: false, ..self.condition } == Condition { negated: false, ..other.condition }
    }

    /// Who does not meet it. `None` for shares of limits: no definition can say it. "Not so much so far" is true from the start, and
    /// "less than that" is not true of those whose limit is not known, who are among those who do not meet it.
    pub fn negated(&self, people: usize) -> Option<Self> {
        (self.condition.slot.measure != Measure::Share).then(|| Self {
            condition: Condition { negated: true, ..self.condition },
            met: Bits::of(people, |person| !self.met.has(person)),
        })
    }

    /// How those of a side fared who meet it, and who do not.
    pub fn table(&self, sides: &Sides, side: Side) -> TwoByTwo {
        let places = sides.places(side);
        let mut table = TwoByTwo::default();
        for (place, won) in places.iter().zip(sides.outcomes(&places)) {
            table.add(self.met.has(*place), won);
        }
        table
    }
}

/// Whether a feature is looked at at all: steps of timing are no amounts, what only ever follows the goal says nothing before it, and
/// a trait is as it is at the landmark, where a definition takes it as it is at each instant. What somebody did with a limit is
/// use; of two traits, a number and its limit, it is who they are.
pub(super) fn is_looked_at(table: &FeatureTable, catalog: &Catalog, slot: Slot, traits: bool) -> bool {
    let follows = || slot.event.is_some_and(|event| table.only_following().any(|other| other == usize::from(event)));
    let is_use = || match slot.measure {
        Measure::Trait => false,
        Measure::Share => {
            let share = slot.of.and_then(|of| catalog.shares.get(usize::from(of)));
            share.is_some_and(|share| !matches!(share.used, Used::Trait(..)))
        }
        _ => true,
    };
    !slot.measure.is_timing() && (traits || is_use()) && !follows()
}

/// The traits that shares of limits rest on: the limits, and the numbers that count against them.
pub(super) fn under_shares(catalog: &Catalog) -> Vec<Slot> {
    let is_under = |path: &TraitPath| {
        let rests =
            |share: &ShareFeature| share.limit == *path || matches!(&share.used, Used::Trait(used, _) if used == path);
        catalog.shares.iter().any(rests)
    };
    let traits = catalog.traits.iter().zip(0..).filter(|(feature, _)| is_under(&feature.path));
    traits.map(|(_, of)| Slot { event: None, measure: Measure::Trait, of: Some(of) }).collect()
}

/// Conditions worth a look: of each feature that is `kept` the thresholds that cut those who teach into parts of some size.
pub(super) fn candidates(
    table: &FeatureTable,
    window: usize,
    sides: &Sides,
    kept: impl Fn(Slot) -> bool,
) -> Vec<Candidate> {
    let layout = &table.layout;
    let teachers = sides.places(Side::Teaching).len();
    let fewest = FEWEST.max(teachers / RAREST);
    let mut found: Vec<Candidate> = Vec::new();
    for (number, slot) in layout.slots.iter().enumerate().filter(|(_, slot)| kept(**slot)) {
        let column = number * layout.windows + window;
        let level = |person: usize| {
            let (part, row) = sides.place(person);
            table.parts[part].levels[row * layout.stride() + column]
        };
        let levels: Vec<u8> = (0..sides.len()).map(level).collect();
        let mut last = teachers;
        let mut kept = 0;
        for at_least in Levels::NICE {
            let least = layout.levels.of(at_least);
            let met = levels.iter().take(teachers).filter(|level| **level >= least).count();
            // The next threshold must lose a fifth of the people, else it says the same.
            let differs = last == teachers || met * 5 <= last * 4;
            if met < fewest || kept == MOST_THRESHOLDS {
                break;
            }
            if teachers - met < fewest || !differs {
                continue;
            }
            let met_by = Bits::of(sides.len(), |person| levels[person] >= least);
            found.push(Candidate { condition: Condition { slot: *slot, at_least, negated: false }, met: met_by });
            (last, kept) = (met, kept + 1);
        }
    }
    found
}
