//! A state as it is stored: of each subject only what differs from a new one's, which is little.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::behaviour::GateTimes;
use super::fold::Fold;
use super::hot::SavedHot;
use super::leaf::LeafState;
use super::state::{Folds, HouseholdState, NewRow, StateError};
use super::unit::UnitState;
use crate::Timestamp;
use crate::household::{Membership, Subject, TraitFact};
use crate::program::{Pass, Program};

/// Things by place, without those that are as in the beginning.
pub(super) type Sparse<T> = Vec<(u32, T)>;

/// What differs from what is in the beginning.
pub(super) fn sparse<T: Clone + PartialEq>(all: &[T], is_new: impl Fn(usize, &T) -> bool) -> Sparse<T> {
    let used = all.iter().enumerate().filter(|(place, one)| !is_new(*place, one));
    used.map(|(place, one)| (place as u32, one.clone())).collect()
}

/// The same of those in use: all others are as in the beginning.
fn used<T: Clone>(used: &[u32], all: &[T], is_new: impl Fn(usize, &T) -> bool) -> Sparse<T> {
    let one = |place: &u32| {
        all.get(*place as usize).filter(|one| !is_new(*place as usize, one)).map(|one| (*place, one.clone()))
    };
    let mut saved: Sparse<T> = used.iter().filter_map(one).collect();
    saved.sort_unstable_by_key(|(place, _)| *place);
    saved
}

/// Puts everything in its place.
pub(super) fn spread<T: Clone>(saved: &Sparse<T>, all: &mut [T]) {
    for (place, one) in saved {
        if let Some(slot) = all.get_mut(*place as usize) {
            slot.clone_from(one);
        }
    }
}

/// A fold as it is kept between events: of a person who has done a hundred things a thousand definitions know little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedFold {
    gates: Sparse<GateTimes>,
    hot: SavedHot,
    leaves: Sparse<LeafState>,
    units: Sparse<UnitState>,
    goals: Sparse<Vec<i64>>,
    #[serde(with = "never")]
    pub(super) next_due: i64,
    pub(super) zoned: bool,
}

impl SavedFold {
    pub(super) fn of(fold: &Fold, pass: &Pass) -> Self {
        let is_new_leaf = |place: usize, leaf: &LeafState| *leaf == LeafState::new(pass, place);
        Self {
            gates: sparse(&fold.gates, |_, gate| *gate == GateTimes::default()),
            hot: fold.hot.saved(),
            leaves: used(&fold.work.used, &fold.leaves, is_new_leaf),
            units: used(&fold.work.used_units, &fold.units, |_, unit| *unit == UnitState::default()),
            goals: sparse(&fold.goals, |_, times| times.is_empty()),
            next_due: fold.next_due,
            zoned: fold.zoned,
        }
    }

    /// Whether the behaviour of a unit has been met.
    pub(super) fn is_met(&self) -> bool {
        self.units.iter().any(|(_, unit)| unit.met_at.is_some())
    }

    /// When each goal was reached first.
    pub(super) fn first_conversions(&self) -> impl Iterator<Item = (usize, i64)> {
        self.goals.iter().filter_map(|(goal, times)| Some((*goal as usize, *times.first()?)))
    }

    /// Whether a pass has places for all of it.
    fn fits(&self, pass: &Pass) -> bool {
        fn all_below<T>(saved: &Sparse<T>, end: usize) -> bool {
            saved.iter().all(|(place, _)| (*place as usize) < end)
        }
        all_below(&self.gates, pass.gates.len())
            && self.hot.fits(pass)
            && all_below(&self.leaves, pass.leaves.len())
            && all_below(&self.units, pass.units.len())
            && all_below(&self.goals, pass.goals.len())
    }
}

impl Fold {
    /// Becomes what was kept of a fold of the same pass; as cheap as that one is young.
    pub(super) fn take_up(&mut self, saved: &SavedFold) {
        self.clear();
        spread(&saved.gates, &mut self.gates);
        self.hot.restore(&saved.hot);
        spread(&saved.leaves, &mut self.leaves);
        saved.leaves.iter().for_each(|(place, _)| self.work.using(*place));
        spread(&saved.units, &mut self.units);
        saved.units.iter().for_each(|(place, _)| self.work.using_unit(*place));
        spread(&saved.goals, &mut self.goals);
        self.next_due = saved.next_due;
        self.zoned = saved.zoned;
    }
}

/// A household's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedState<'a> {
    frontier: Timestamp,
    folds: Cow<'a, Folds>,
    traits: Cow<'a, [TraitFact]>,
    memberships: Cow<'a, [Membership]>,
    recent: Cow<'a, [NewRow]>,
}

impl<'a> SavedState<'a> {
    /// Of a state that the program has made.
    ///
    /// # Errors
    /// [`StateError::OtherProgram`] if another one has.
    pub fn of(state: &'a HouseholdState, program: &Program) -> Result<Self, StateError> {
        fit(&state.folds, program).ok_or(StateError::OtherProgram)?;
        Ok(Self {
            frontier: state.frontier,
            folds: Cow::Borrowed(&state.folds),
            traits: Cow::Borrowed(&state.traits),
            memberships: Cow::Borrowed(&state.memberships),
            recent: Cow::Borrowed(&state.recent),
        })
    }

    /// The state.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it does not fit the program.
    pub fn restored(self, program: &Program) -> Result<HouseholdState, StateError> {
        let Self { frontier, folds, traits, memberships, recent } = self;
        fit(&folds, program).ok_or(StateError::Damaged)?;
        let (folds, traits, memberships) = (folds.into_owned(), traits.into_owned(), memberships.into_owned());
        Ok(HouseholdState { frontier, folds, traits, memberships, recent: recent.into_owned() })
    }
}

/// `None` if folds are not of a program.
fn fit(folds: &Folds, program: &Program) -> Option<()> {
    let fits = |((place, _), fold): (&(u32, Subject), &SavedFold)| {
        program.passes.get(*place as usize).is_some_and(|pass| fold.fits(pass))
    };
    folds.iter().all(fits).then_some(())
}

/// An instant that is mostly `i64::MAX`, never: one byte then.
pub(super) mod never {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub fn serialize<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        (*at != i64::MAX).then_some(*at).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.unwrap_or(i64::MAX))
    }
}
