//! The state of a household: a checkpoint at a frontier, plus what came after it.
//!
//! What is after the frontier is folded again, in order, whenever something is added to it, so the order of arrival does not
//! matter there. What is at or before it needs the whole timeline: the frontier changes cost, never answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::{Evaluator, subjects};
use crate::household::{Code, Directory, Household, Membership, PropertySource, Run, Subject, TraitFact};
use crate::outcome::Outcome;
use crate::{Timestamp, Value};

/// The version that [`HouseholdState::encode`] writes first.
pub const STATE_VERSION: u8 = 2;

/// An event on its way into a state, identity resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRow {
    /// When.
    pub at: Timestamp,
    /// The name's code.
    pub name: u32,
    /// Whose; 0 for nobody's.
    pub user: Code,
    /// Its account; 0 for none.
    pub account: Code,
    /// Its workspace; 0 for none.
    pub workspace: Code,
    /// By slot of [`crate::household::Needs::properties`].
    pub properties: Vec<Option<Value>>,
}

/// Something new about a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An event.
    Row(NewRow),
    /// A trait's value.
    Trait(TraitFact),
    /// A membership.
    Membership(Membership),
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// What is said of every subject now.
    Said(Vec<Outcome>),
    /// It reaches behind the frontier: rebuild the state from the whole timeline. The state is as before.
    NeedsReplay,
}

/// Why stored bytes are no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Written by a version that this one cannot read.
    #[error("the state has format version {0}; this build reads version {STATE_VERSION}: rebuild it from the history")]
    Version(u8),
    /// Written for other definitions.
    #[error("the state belongs to other definitions: rebuild it from the history")]
    OtherProgram,
    /// Cut off or changed.
    #[error("the state is damaged: rebuild it from the history")]
    Damaged,
}

/// By pass and subject.
type Folds = BTreeMap<(u32, Subject), Fold>;

/// A checkpoint at a frontier and what came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdState {
    frontier: Timestamp,
    /// By pass and subject, as of the frontier.
    folds: Folds,
    /// All traits and memberships, whole: they are few.
    traits: Vec<TraitFact>,
    memberships: Vec<Membership>,
    /// Events after the frontier, sorted by (user, time).
    recent: Vec<NewRow>,
}

impl Default for HouseholdState {
    fn default() -> Self {
        Self {
            frontier: Timestamp::MIN,
            folds: BTreeMap::new(),
            traits: Vec::new(),
            memberships: Vec::new(),
            recent: Vec::new(),
        }
    }
}

/// The properties of recent rows.
struct RecentProperties<'a>(&'a [NewRow]);

impl PropertySource for RecentProperties<'_> {
    fn value(&self, row: usize, slot: u32) -> Option<Value> {
        self.0.get(row)?.properties.get(slot as usize)?.clone()
    }
}

impl HouseholdState {
    /// The instant up to which everything is folded.
    #[must_use]
    pub const fn frontier(&self) -> Timestamp {
        self.frontier
    }

    /// How many events lie after the frontier.
    #[must_use]
    pub const fn recent(&self) -> usize {
        self.recent.len()
    }

    /// Adds something and says how things stand at the evaluator's horizon. An exact copy of something already there must
    /// have been left out before: a record counts once.
    pub fn apply(&mut self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory, change: Change) -> Applied {
        let before = match &change {
            Change::Row(row) => row.at,
            Change::Trait(fact) => fact.at,
            Change::Membership(tie) => tie.at,
        };
        if before <= self.frontier && self.frontier != Timestamp::MIN {
            return Applied::NeedsReplay;
        }
        let saved = self.clone();
        self.insert(change);
        match self.evaluate(evaluator, directory) {
            Some((said, _)) => Applied::Said(said),
            None => {
                *self = saved;
                Applied::NeedsReplay
            }
        }
    }

    /// How things stand at the evaluator's horizon, which must not be before the frontier. `None`: rebuild it.
    pub fn said(&self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory) -> Option<Vec<Outcome>> {
        self.evaluate(evaluator, directory).map(|(said, _)| said)
    }

    /// Adds something without evaluating it.
    pub fn insert(&mut self, change: Change) {
        match change {
            Change::Row(row) => {
                let place = self.recent.partition_point(|known| (known.user, known.at) <= (row.user, row.at));
                self.recent.insert(place, row);
            }
            Change::Trait(fact) => {
                self.traits.push(fact);
                self.traits.sort_by(|left, right| {
                    (left.at, left.of, left.slot, &left.value).cmp(&(right.at, right.of, right.slot, &right.value))
                });
            }
            Change::Membership(tie) => {
                // At one instant joining comes before leaving.
                self.memberships.push(tie);
                self.memberships.sort_by_key(|tie| (tie.at, tie.leaves, tie.member, tie.account));
            }
        }
    }

    /// Moves the frontier to the evaluator's horizon: what is up to it is folded for good. Does nothing for programs that must
    /// see whole lives ([`crate::program::Program::is_splittable`]). `false`: rebuild the state first.
    pub fn advance(&mut self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory) -> bool {
        let to = evaluator.horizon;
        if to <= self.frontier || !evaluator.program.is_splittable() {
            return true;
        }
        let Some((_, folds)) = self.evaluate(evaluator, directory) else { return false };
        self.folds = folds;
        self.frontier = to;
        self.recent.retain(|row| row.at > to);
        true
    }

    /// Folds what is recent on top of the checkpoint.
    fn evaluate(&self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory) -> Option<(Vec<Outcome>, Folds)> {
        let times: Vec<i64> = self.recent.iter().map(|row| row.at.0).collect();
        let names: Vec<u32> = self.recent.iter().map(|row| row.name).collect();
        let accounts: Vec<Code> = self.recent.iter().map(|row| row.account).collect();
        let workspaces: Vec<Code> = self.recent.iter().map(|row| row.workspace).collect();
        let mut users: Vec<Run> = Vec::new();
        for (place, row) in self.recent.iter().enumerate() {
            match users.last_mut() {
                Some(run) if run.user == row.user => run.end = place + 1,
                _ => users.push(Run { user: row.user, start: place, end: place + 1 }),
            }
        }
        let household = Household {
            times: &times,
            names: &names,
            users: &users,
            accounts: Some(&accounts),
            workspaces: Some(&workspaces),
            known: None,
            known_to_account: None,
            properties: &RecentProperties(&self.recent),
            traits: &self.traits,
            memberships: &self.memberships,
            directory,
        };
        let program = evaluator.program;
        evaluator.ground.open(&household);
        let mut said = Vec::new();
        let mut folds = BTreeMap::new();
        for (place, pass) in program.passes.iter().enumerate() {
            let key = place as u32;
            let mut of_pass = Vec::new();
            subjects(pass, &household, &evaluator.ground.books, &mut of_pass);
            of_pass.extend(self.folds.keys().filter(|(pass, _)| *pass == key).map(|(_, subject)| *subject));
            of_pass.sort_unstable();
            of_pass.dedup();
            for subject in of_pass {
                let known = self.folds.get(&(key, subject));
                let mut fold = known.cloned().unwrap_or_else(|| Fold::new(pass));
                evaluator.resume(&household, place, subject, &mut fold, self.frontier.0, &mut |outcome| {
                    said.push(outcome);
                })?;
                evaluator.ground.books.note(pass, subject, &fold);
                folds.insert((key, subject), fold);
            }
        }
        Some((said, folds))
    }

    /// The state as bytes: the format's version, the program's fingerprint, then the state in postcard's wire format.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if the serializer refuses, which it has no reason to.
    pub fn encode(&self, evaluator: &Evaluator<'_>) -> Result<Vec<u8>, StateError> {
        let mut bytes = vec![STATE_VERSION];
        bytes.extend(evaluator.program.fingerprint().to_le_bytes());
        bytes.extend(postcard::to_stdvec(self).map_err(|_| StateError::Damaged)?);
        Ok(bytes)
    }

    /// Reads what [`HouseholdState::encode`] wrote.
    ///
    /// # Errors
    /// Another version or program, or bytes that are no state.
    pub fn decode(bytes: &[u8], evaluator: &Evaluator<'_>) -> Result<Self, StateError> {
        let (version, rest) = bytes.split_first().ok_or(StateError::Damaged)?;
        if *version != STATE_VERSION {
            return Err(StateError::Version(*version));
        }
        let (fingerprint, rest) = rest.split_first_chunk::<8>().ok_or(StateError::Damaged)?;
        if u64::from_le_bytes(*fingerprint) != evaluator.program.fingerprint() {
            return Err(StateError::OtherProgram);
        }
        let mut state: Self = postcard::from_bytes(rest).map_err(|_| StateError::Damaged)?;
        for ((place, _), fold) in &mut state.folds {
            let pass = evaluator.program.passes.get(*place as usize).ok_or(StateError::Damaged)?;
            if !fold.restored(pass) {
                return Err(StateError::Damaged);
            }
        }
        Ok(state)
    }
}
