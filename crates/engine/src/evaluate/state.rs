//! The state of a household: a checkpoint at a frontier, plus what came after it.
//!
//! What is after the frontier is folded again, in order, whenever something is added to it, so the order of arrival does not
//! matter there. What is at or before it needs the whole timeline: the frontier changes cost, never answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::saved::{SavedFold, SavedState};
use super::{Evaluator, subjects};
use crate::assemble::{IdDirectory, OwnedHousehold, OwnedProperties};
use crate::household::{Code, Directory, Household, Membership, Needs, PropertySource, Run, Subject, TraitFact};
use crate::outcome::Outcome;
use crate::record::SubjectKind;
use crate::{Timestamp, Value};

/// The version that [`HouseholdState::encode`] writes first.
pub const STATE_VERSION: u8 = 3;

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
pub(super) type Folds = BTreeMap<(u32, Subject), SavedFold>;

/// A checkpoint at a frontier and what came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdState {
    pub(super) frontier: Timestamp,
    /// By pass and subject, as of the frontier.
    pub(super) folds: Folds,
    /// All traits and memberships, whole: they are few.
    pub(super) traits: Vec<TraitFact>,
    pub(super) memberships: Vec<Membership>,
    /// Events after the frontier, sorted by (user, time).
    pub(super) recent: Vec<NewRow>,
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

/// What came of folding what is recent.
struct Evaluated {
    said: Vec<Outcome>,
    changed: Vec<((u32, Subject), SavedFold)>,
    /// The first instant after the horizon at which something is due.
    due: i64,
}

impl Default for Evaluated {
    fn default() -> Self {
        Self { said: Vec::new(), changed: Vec::new(), due: i64::MAX }
    }
}

/// Recent rows side by side.
pub(super) struct RecentColumns<'a> {
    rows: RecentProperties<'a>,
    times: Vec<i64>,
    names: Vec<u32>,
    users: Vec<Run>,
    accounts: Vec<Code>,
    workspaces: Vec<Code>,
}

impl<'a> RecentColumns<'a> {
    pub fn of(recent: &'a [NewRow]) -> Self {
        let mut users: Vec<Run> = Vec::new();
        for (place, row) in recent.iter().enumerate() {
            match users.last_mut() {
                Some(run) if run.user == row.user => run.end = place + 1,
                _ => users.push(Run { user: row.user, start: place, end: place + 1 }),
            }
        }
        Self {
            rows: RecentProperties(recent),
            times: recent.iter().map(|row| row.at.0).collect(),
            names: recent.iter().map(|row| row.name).collect(),
            users,
            accounts: recent.iter().map(|row| row.account).collect(),
            workspaces: recent.iter().map(|row| row.workspace).collect(),
        }
    }

    pub fn household<'b>(&'b self, state: &'b HouseholdState, directory: &'b dyn Directory) -> Household<'b> {
        Household {
            times: &self.times,
            names: &self.names,
            users: &self.users,
            accounts: Some(&self.accounts),
            workspaces: Some(&self.workspaces),
            known: None,
            known_to_account: None,
            properties: &self.rows,
            traits: &state.traits,
            memberships: &state.memberships,
            directory,
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
        match self.evaluate(evaluator, directory, false) {
            Some(evaluated) => Applied::Said(evaluated.said),
            None => {
                *self = saved;
                Applied::NeedsReplay
            }
        }
    }

    /// How things stand at the evaluator's horizon, which must not be before the frontier. `None`: rebuild it.
    pub fn said(&self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory) -> Option<Vec<Outcome>> {
        self.evaluate(evaluator, directory, false).map(|evaluated| evaluated.said)
    }

    /// How things stand at the evaluator's horizon, and the first instant after it at which something may change with
    /// time alone. `None`: rebuild it.
    pub(crate) fn stands(
        &self,
        evaluator: &mut Evaluator<'_>,
        directory: &dyn Directory,
    ) -> Option<(Vec<Outcome>, Timestamp)> {
        self.evaluate(evaluator, directory, false).map(|evaluated| (evaluated.said, Timestamp(evaluated.due)))
    }

    /// Everything about a household, unfolded.
    pub(crate) fn whole(household: &OwnedHousehold) -> Self {
        let mut recent = Vec::with_capacity(household.times.len());
        for run in &household.users {
            for row in run.start..run.end {
                let code = |codes: &Option<Vec<Code>>| codes.as_ref().and_then(|codes| codes.get(row)).copied();
                recent.push(NewRow {
                    at: Timestamp(household.times[row]),
                    name: household.names[row],
                    user: run.user,
                    account: code(&household.accounts).unwrap_or(0),
                    workspace: code(&household.workspaces).unwrap_or(0),
                    properties: household.properties.0.iter().map(|column| column[row].clone()).collect(),
                });
            }
        }
        let (traits, memberships) = (household.traits.clone(), household.memberships.clone());
        Self { traits, memberships, recent, ..Self::default() }
    }

    /// All of it, as long as nothing is folded for good.
    pub(crate) fn unfolded(&self, directory: &Arc<IdDirectory>, needs: &Needs) -> Option<OwnedHousehold> {
        if self.frontier != Timestamp::MIN {
            return None;
        }
        let RecentColumns { times, names, users, accounts, workspaces, .. } = RecentColumns::of(&self.recent);
        let column = |slot: usize| self.recent.iter().map(|row| row.properties.get(slot).cloned().flatten()).collect();
        Some(OwnedHousehold {
            times,
            names,
            users,
            accounts: needs.accounts.then_some(accounts),
            workspaces: needs.workspaces.then_some(workspaces),
            known: None,
            known_to_account: None,
            properties: OwnedProperties((0..needs.properties.len()).map(column).collect()),
            traits: self.traits.clone(),
            memberships: self.memberships.clone(),
            directory: Arc::clone(directory),
            records: Vec::new(),
        })
    }

    /// What a trait of a user says last. At one instant the largest value holds.
    pub(crate) fn latest_trait(&self, user: Code, slot: u32) -> Option<&Value> {
        let of = Subject { kind: SubjectKind::User, code: user };
        let held = self.traits.iter().filter(|fact| fact.of == of && fact.slot == slot);
        held.max_by(|left, right| (left.at, &left.value).cmp(&(right.at, &right.value))).map(|fact| &fact.value)
    }

    /// The instant such that about half of the recent events are at or before it.
    pub(crate) fn middle(&self) -> Option<Timestamp> {
        let mut times: Vec<Timestamp> = self.recent.iter().map(|row| row.at).collect();
        let middle = times.len() / 2;
        (!times.is_empty()).then(|| *times.select_nth_unstable(middle).1)
    }

    /// The time of the latest recent event of a user.
    pub(crate) fn latest_of(&self, user: Code) -> Option<Timestamp> {
        let behind = self.recent.partition_point(|row| row.user <= user);
        let last = self.recent.get(behind.checked_sub(1)?)?;
        (last.user == user).then_some(last.at)
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
        let Some(evaluated) = self.evaluate(evaluator, directory, true) else { return false };
        self.folds.extend(evaluated.changed);
        self.frontier = to;
        self.recent.retain(|row| row.at > to);
        true
    }

    /// Folds what is recent on top of the checkpoint; gives the folds only if they are to be kept.
    fn evaluate(&self, evaluator: &mut Evaluator<'_>, directory: &dyn Directory, keep: bool) -> Option<Evaluated> {
        let columns = RecentColumns::of(&self.recent);
        let household = columns.household(self, directory);
        let program = evaluator.program;
        evaluator.ground.open(&household);
        let mut evaluated = Evaluated::default();
        for (place, pass) in program.passes.iter().enumerate() {
            let key = place as u32;
            let mut of_pass = Vec::new();
            subjects(pass, &household, &evaluator.ground.books, &mut of_pass);
            of_pass.extend(self.folds.keys().filter(|(pass, _)| *pass == key).map(|(_, subject)| *subject));
            of_pass.sort_unstable();
            of_pass.dedup();
            for subject in of_pass {
                let known = self.folds.get(&(key, subject));
                let mut say = |outcome| evaluated.said.push(outcome);
                if let Some(kept) = known
                    && evaluator.is_unchanged(&household, place, subject, kept, self.frontier.0)
                {
                    let due = evaluator.stay(&household, place, subject, kept, &mut say);
                    evaluated.due = evaluated.due.min(due);
                    continue;
                }
                if !keep && known.is_none() && evaluator.is_ruled_out(&household, place, subject) {
                    continue;
                }
                let (fold, due) = evaluator.resume(&household, place, subject, known, self.frontier.0, &mut say)?;
                evaluated.due = evaluated.due.min(due);
                if keep {
                    evaluated.changed.push(((key, subject), SavedFold::of(fold, pass)));
                }
            }
        }
        Some(evaluated)
    }

    /// The state as bytes: the format's version, the program's fingerprint, then the state in postcard's wire format.
    ///
    /// # Errors
    /// [`StateError::OtherProgram`] if the evaluator's program has not made it.
    pub fn encode(&self, evaluator: &Evaluator<'_>) -> Result<Vec<u8>, StateError> {
        let mut bytes = vec![STATE_VERSION];
        bytes.extend(evaluator.program.fingerprint().to_le_bytes());
        let saved = SavedState::of(self, evaluator.program)?;
        bytes.extend(postcard::to_stdvec(&saved).map_err(|_| StateError::Damaged)?);
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
        let saved: SavedState<'_> = postcard::from_bytes(rest).map_err(|_| StateError::Damaged)?;
        saved.restored(evaluator.program)
    }
}
