//! Which units can be met by a look for the events that they need, instead of living through all of them.

use super::Touch;
use super::link::unit_leaves;
use super::pass::{Effect, Pass};

/// For a history's dictionary of event names.
#[derive(Debug, Default)]
pub(crate) struct Foresight {
    /// For each hot leaf's place the names whose every event it counts.
    pub counted: Vec<Vec<u32>>,
    /// The units whose instant follows from when each of their counts was reached, as a set of the screen; and what concerns everybody.
    pub units: Vec<u64>,
}

impl Foresight {
    /// Of a pass, where `touches` says what each of so many names touches.
    pub fn of<'a>(pass: &Pass, names: usize, touches: impl Fn(u32) -> &'a [Touch]) -> Self {
        let mut counted = vec![Some(Vec::new()); pass.hot.len()];
        for name in 0..names as u32 {
            for touch in touches(name).iter().filter(|touch| touch.effect == Effect::Hot) {
                let of = &mut counted[touch.index as usize];
                match of {
                    Some(of) if touch.filter == Touch::UNFILTERED => of.push(name),
                    _ => *of = None,
                }
            }
        }
        let mut units = pass.screen.nobody.clone();
        for place in (0..pass.units.len()).filter(|place| is_foreseeable(pass, *place, &counted)) {
            units[place / 64] |= 1 << (place % 64);
        }
        Self { counted: counted.into_iter().map(Option::unwrap_or_default).collect(), units }
    }
}

fn is_foreseeable(pass: &Pass, place: usize, counted: &[Option<Vec<u32>>]) -> bool {
    let unit = &pass.units[place];
    // A score may read counts as they are at the instant.
    let scored = unit.definition.as_ref().is_none_or(|definition| !definition.score.is_empty());
    let looked_for = |leaf: u32| {
        let hot = pass.hot_of(leaf).filter(|hot| counted[*hot].is_some());
        hot.and_then(|hot| pass.hot[hot].needed(leaf)).is_some_and(|needed| needed > 0)
    };
    pass.steady[place] && !unit.kept && !scored && unit_leaves(pass, place).into_iter().all(looked_for)
}
