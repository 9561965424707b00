//! A state as it is stored: of each subject only what differs from a new one's, which is little.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::behaviour::GateTimes;
use super::fold::Fold;
use super::hot::SavedHot;
use super::leaf::LeafState;
use super::state::{HouseholdState, NewRow, StateError};
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

/// Puts everything in its place. `None`: there is no such place.
pub(super) fn spread<T>(saved: Sparse<T>, all: &mut [T]) -> Option<()> {
    saved.into_iter().try_for_each(|(place, one)| {
        *all.get_mut(place as usize)? = one;
        Some(())
    })
}

/// A fold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedFold {
    gates: Sparse<GateTimes>,
    hot: SavedHot,
    leaves: Sparse<LeafState>,
    units: Sparse<UnitState>,
    goals: Sparse<Vec<i64>>,
    #[serde(with = "never")]
    next_due: i64,
    zoned: bool,
}

impl SavedFold {
    fn of(fold: &Fold, pass: &Pass) -> Self {
        let is_new_leaf = |place: usize, leaf: &LeafState| {
            pass.leaves.get(place).is_some_and(|rule| *leaf == LeafState::new(&rule.kind))
        };
        Self {
            gates: sparse(&fold.gates, |_, gate| *gate == GateTimes::default()),
            hot: fold.hot.saved(),
            leaves: sparse(&fold.leaves, is_new_leaf),
            units: sparse(&fold.units, |_, unit| *unit == UnitState::default()),
            goals: sparse(&fold.goals, |_, times| times.is_empty()),
            next_due: fold.next_due,
            zoned: fold.zoned,
        }
    }

    fn restored(self, pass: &Pass) -> Option<Fold> {
        let mut fold = Fold::new(pass);
        for (place, _) in &self.leaves {
            fold.work.is_used.get(*place as usize)?;
            fold.work.using(*place);
        }
        for (place, _) in &self.units {
            fold.work.is_used_unit.get(*place as usize)?;
            fold.work.using_unit(*place);
        }
        spread(self.gates, &mut fold.gates)?;
        fold.hot.restore(self.hot)?;
        spread(self.leaves, &mut fold.leaves)?;
        spread(self.units, &mut fold.units)?;
        spread(self.goals, &mut fold.goals)?;
        fold.next_due = self.next_due;
        fold.zoned = self.zoned;
        Some(fold)
    }
}

/// A household's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedState<'a> {
    frontier: Timestamp,
    folds: BTreeMap<(u32, Subject), SavedFold>,
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
        let mut folds = BTreeMap::new();
        for (key, fold) in &state.folds {
            let pass = program.passes.get(key.0 as usize).ok_or(StateError::OtherProgram)?;
            folds.insert(*key, SavedFold::of(fold, pass));
        }
        Ok(Self {
            frontier: state.frontier,
            folds,
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
        let mut folds = BTreeMap::new();
        for (key, saved) in self.folds {
            let pass = program.passes.get(key.0 as usize).ok_or(StateError::Damaged)?;
            folds.insert(key, saved.restored(pass).ok_or(StateError::Damaged)?);
        }
        let Self { frontier, traits, memberships, recent, .. } = self;
        let (traits, memberships) = (traits.into_owned(), memberships.into_owned());
        Ok(HouseholdState { frontier, folds, traits, memberships, recent: recent.into_owned() })
    }
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
