//! Households as they live: records come in one by one, and at any instant it can be said how things stand.
//!
//! [`LiveHousehold`] keeps a [`HouseholdState`] and the ids and memberships it rests on. Most records are plain: an event of a
//! person who is known, in an account that is known. Those are [taken](LiveHousehold::take) as they come. What changes whose
//! earlier events are (a new tie, an alias, a first membership) or reaches behind the frontier asks for the whole life again,
//! which [`LiveHousehold::of`] reads with the rules of [`crate::assemble`]: there is one place that knows who is who.
//!
//! [`Roster`] tells which household a record belongs to.

mod roster;
mod take;

use std::sync::Arc;

use crate::Timestamp;
use crate::assemble::{EventNames, IdDirectory, OwnedHousehold, one_household};
use crate::evaluate::{Evaluator, HouseholdState, SavedState, StateError};
use crate::household::{Code, Directory, Needs, Subject};
use crate::identity::Belonging;
use crate::outcome::{Outcome, Progress};
use crate::program::Program;
use crate::record::{Record, SubjectKind};
use crate::workspace::Workspace;

pub use roster::{Roster, Seat, Seating, each_id};
pub use take::Taken;

/// What records are read with.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The settings of the workspace.
    pub workspace: &'a Workspace,
    /// What the program reads.
    pub needs: &'a Needs,
    /// The dictionary of event names, in which every name that comes must be.
    pub names: &'a EventNames,
}

impl Frame<'_> {
    /// Whether people who share an account are read together.
    #[must_use]
    pub const fn together(&self) -> bool {
        self.needs.accounts || self.needs.workspaces
    }
}

/// A household that lives.
#[derive(Debug, Clone, Default)]
pub struct LiveHousehold {
    ids: IdDirectory,
    belonging: Belonging,
    state: HouseholdState,
}

impl LiveHousehold {
    /// From all its records, in any order; copies count once. Nothing is folded yet.
    #[must_use]
    pub fn of(records: &[Record], frame: &Frame<'_>) -> Self {
        let (household, belonging) = one_household(records, frame.workspace, frame.needs, frame.names);
        let state = HouseholdState::whole(&household);
        let ids = Arc::unwrap_or_clone(household.directory);
        Self { ids, belonging, state }
    }

    /// All its records as the evaluator reads them, to explain or to date an entry.
    #[must_use]
    pub fn replayed(records: &[Record], frame: &Frame<'_>) -> OwnedHousehold {
        one_household(records, frame.workspace, frame.needs, frame.names).0
    }

    /// All of it as the evaluator reads it, to explain an entry: as long as nothing is folded for good. `None`: read it again.
    #[must_use]
    pub fn unfolded(&self, needs: &Needs) -> Option<OwnedHousehold> {
        self.state.unfolded(&Arc::new(self.ids.clone()), needs)
    }

    /// As bytes, which only the same program can read, and only a build of the same
    /// [version](crate::evaluate::STATE_VERSION): whoever stores them keeps the two with them.
    ///
    /// # Errors
    /// If another program has made it.
    pub fn encode(&self, program: &Program) -> Result<Vec<u8>, StateError> {
        let saved = SavedState::of(&self.state, program)?;
        postcard::to_stdvec(&(&self.ids, &self.belonging, saved)).map_err(|_| StateError::Damaged)
    }

    /// Reads what [`LiveHousehold::encode`] wrote.
    ///
    /// # Errors
    /// If it is damaged or of another program.
    pub fn decode(bytes: &[u8], program: &Program) -> Result<Self, StateError> {
        let (ids, belonging, saved): (IdDirectory, Belonging, SavedState<'_>) =
            postcard::from_bytes(bytes).map_err(|_| StateError::Damaged)?;
        Ok(Self { ids, belonging, state: saved.restored(program)? })
    }

    /// How things stand at the evaluator's horizon, and the first instant after it at which something may change with
    /// time alone ([`i64::MAX`]: never). `None`: read it again from all its records.
    pub fn stands(&self, evaluator: &mut Evaluator<'_>) -> Option<(Vec<Outcome>, Timestamp)> {
        self.state.stands(evaluator, &self.ids)
    }

    /// How far everyone in it is on the way into each definition, as of the evaluator's horizon. `None`: read it again from all its
    /// records.
    pub fn progress(&self, evaluator: &mut Evaluator<'_>, take: &mut dyn FnMut(Progress)) -> Option<()> {
        self.state.progress(evaluator, &self.ids, take)
    }

    /// Folds for good what is up to the evaluator's horizon. `false`: read it again from all its records.
    pub fn advance(&mut self, evaluator: &mut Evaluator<'_>) -> bool {
        self.state.advance(evaluator, &self.ids)
    }

    /// The instant up to which everything is folded; what comes at or before it asks for the whole life.
    #[must_use]
    pub const fn frontier(&self) -> Timestamp {
        self.state.frontier()
    }

    /// How many events are not folded yet.
    #[must_use]
    pub const fn recent(&self) -> usize {
        self.state.recent()
    }

    /// The instant such that about half of the recent events are at or before it; `None` if there are none.
    #[must_use]
    pub fn middle(&self) -> Option<Timestamp> {
        self.state.middle()
    }

    /// The id by which people know a subject.
    #[must_use]
    pub fn id(&self, subject: Subject) -> &str {
        self.ids.id(subject)
    }

    /// Every id of everyone in it, with the one by which people know whose it is.
    pub fn each_id(&self, mut take: impl FnMut(SubjectKind, &str, &str)) {
        for kind in [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace] {
            for id in self.ids.ids(kind).iter_from(1) {
                let shown = self.ids.find(kind, id).map_or(id, |subject| self.ids.id(subject));
                take(kind, id, shown);
            }
        }
    }

    /// How many ids there are in it.
    #[must_use]
    pub fn ids(&self) -> usize {
        [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace]
            .iter()
            .map(|kind| self.ids.ids(*kind).end() as usize - 1)
            .sum()
    }

    /// Whether a user does not want to be contacted, by the latest that is known.
    #[must_use]
    pub fn refuses_contact(&self, user: Code, program: &Program) -> bool {
        let consent = &program.workspace().consent;
        program.consent().contact.is_some_and(|slot| consent.refuses(self.state.latest_trait(user, slot)))
    }

    /// The ids by which people know those who do not want to be judged, by the latest that is known.
    pub fn refusing<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = &'a str> {
        let slots = program.consent().profile.into_iter();
        let refuses = move |slot, user| program.workspace().consent.refuses(self.state.latest_trait(user, slot));
        let users = 1..self.ids.persons.end();
        let refusing = slots.flat_map(move |slot| users.clone().filter(move |user| refuses(slot, *user)));
        refusing.map(|code| self.ids.id(Subject { kind: SubjectKind::User, code }))
    }

    /// The account that a user is in as of an instant.
    #[must_use]
    pub fn account_of(&self, user: Code, at: Timestamp) -> Option<&str> {
        let (code, _) = self.belonging.account_of_row(user, 0, 0, at.0);
        let kind = SubjectKind::Account;
        (code != 0).then(|| self.ids.id(Subject { kind, code }))
    }
}
