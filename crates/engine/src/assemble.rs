//! Households straight from records: for tests, examples and small histories. The lake gives the same households
//! from files, with the same rules of [`crate::identity`].

mod directory;
mod names;
mod rows;

use std::sync::Arc;

pub use directory::IdDirectory;
pub use names::EventNames;
use rows::{Rows, belongs};

use crate::Value;
use crate::household::{Code, EventName, Household, Membership, Needs, PropertySource, Run, Subject, TraitFact};
use crate::identity::Belonging;
use crate::record::{Body, Record, SubjectKind};
use crate::time::Timestamp;
use crate::workspace::Workspace;

/// Households that own their columns.
#[derive(Debug, Clone)]
pub struct OwnedHouseholds {
    /// The dictionary of event names.
    pub names: Vec<EventName>,
    /// In no particular order.
    pub households: Vec<OwnedHousehold>,
    /// The ids behind the codes.
    pub directory: Arc<IdDirectory>,
}

/// A [`Household`] that owns its columns.
#[derive(Debug, Clone)]
pub struct OwnedHousehold {
    /// See [`Household::times`].
    pub times: Vec<i64>,
    /// See [`Household::names`].
    pub names: Vec<u32>,
    /// See [`Household::users`].
    pub users: Vec<Run>,
    /// See [`Household::accounts`].
    pub accounts: Option<Vec<Code>>,
    /// See [`Household::workspaces`].
    pub workspaces: Option<Vec<Code>>,
    /// See [`Household::known`].
    pub known: Option<Vec<i64>>,
    /// See [`Household::known_to_account`].
    pub known_to_account: Option<Vec<i64>>,
    /// By slot of [`Needs::properties`], then by row.
    pub properties: OwnedProperties,
    /// See [`Household::traits`].
    pub traits: Vec<TraitFact>,
    /// See [`Household::memberships`].
    pub memberships: Vec<Membership>,
    /// See [`Household::directory`].
    pub directory: Arc<IdDirectory>,
    /// Each row's place among the records given; empty where none were.
    pub records: Vec<usize>,
}

/// Values by slot, then by row.
#[derive(Debug, Clone, Default)]
pub struct OwnedProperties(pub Vec<Vec<Option<Value>>>);

impl PropertySource for OwnedProperties {
    fn value(&self, row: usize, slot: u32) -> Option<Value> {
        self.0.get(slot as usize)?.get(row)?.clone()
    }
}

impl OwnedHousehold {
    /// Whether there is nothing of it to be read.
    fn is_empty(&self) -> bool {
        self.times.is_empty() && self.traits.is_empty() && self.memberships.is_empty()
    }

    /// As the evaluator reads it.
    #[must_use]
    pub fn view(&self) -> Household<'_> {
        Household {
            times: &self.times,
            names: &self.names,
            users: &self.users,
            accounts: self.accounts.as_deref(),
            workspaces: self.workspaces.as_deref(),
            known: self.known.as_deref(),
            known_to_account: self.known_to_account.as_deref(),
            properties: &self.properties,
            traits: &self.traits,
            memberships: &self.memberships,
            directory: self.directory.as_ref(),
        }
    }
}

/// The households of a history: duplicates counted once (the first copy wins), identity resolved, grouped, sorted.
///
/// Where neither accounts nor workspaces are needed each person is a household alone, and rows of nobody are left out.
/// Records that do not name whom they are about (an alias without two ids, a leave without user and account) are passed
/// over; the door rejects them.
#[must_use]
pub fn from_records(records: &[Record], workspace: &Workspace, needs: &Needs) -> OwnedHouseholds {
    let mut rows = Rows::of(records, workspace, needs);
    let together = needs.accounts || needs.workspaces;
    let mut names = EventNames::default();
    names.take(records, workspace);
    let mut households = Vec::new();
    rows.all.sort_by_key(|row| (row.household, row.person, row.at, row.record));
    for group in rows.all.chunk_by(|a, b| {
        if together { a.household == b.household } else { (a.household, a.person) == (b.household, b.person) }
    }) {
        let builder = Builder { records, needs, rows: &rows, together };
        let Some(first) = group.first() else { continue };
        if together || first.person != 0 {
            let belonging = builder.belonging(group);
            households
                .extend(Some(builder.household(group, &names, &belonging)).filter(|household| !household.is_empty()));
        }
    }
    let directory = Arc::new(rows.into_directory());
    for household in &mut households {
        household.directory = Arc::clone(&directory);
    }
    OwnedHouseholds { names: names.into_list(), households, directory }
}

/// All records as one household, whoever they are about, with the ids and memberships it rests on; codes of event
/// names are those of `names`. Whoever can share a row must be in it, and more may be: what is said of a subject does
/// not depend on strangers in its household.
#[must_use]
pub(crate) fn one_household(
    records: &[Record],
    workspace: &Workspace,
    needs: &Needs,
    names: &EventNames,
) -> (OwnedHousehold, Belonging) {
    let mut rows = Rows::of(records, workspace, needs);
    let together = needs.accounts || needs.workspaces;
    if !together {
        rows.all.retain(|row| row.person != 0);
    }
    rows.all.sort_by_key(|row| (row.person, row.at, row.record));
    let builder = Builder { records, needs, rows: &rows, together };
    let belonging = builder.belonging(&rows.all);
    let mut household = builder.household(&rows.all, names, &belonging);
    household.directory = Arc::new(rows.into_directory());
    (household, belonging)
}

struct Builder<'a> {
    records: &'a [Record],
    needs: &'a Needs,
    rows: &'a Rows,
    together: bool,
}

impl Builder<'_> {
    fn belonging(&self, group: &[rows::Row]) -> Belonging {
        if self.together { belongs(group, self.rows, self.records) } else { Belonging::default() }
    }

    /// The household of sorted rows.
    fn household(&self, group: &[rows::Row], names: &EventNames, belonging: &Belonging) -> OwnedHousehold {
        let mut household = OwnedHousehold {
            times: Vec::new(),
            names: Vec::new(),
            users: Vec::new(),
            accounts: self.needs.accounts.then(Vec::new),
            workspaces: self.needs.workspaces.then(Vec::new),
            known: Some(Vec::new()),
            known_to_account: Some(Vec::new()),
            properties: OwnedProperties(vec![Vec::new(); self.needs.properties.len()]),
            traits: Vec::new(),
            memberships: belonging.memberships(),
            directory: Arc::default(),
            records: Vec::new(),
        };
        for row in group {
            let Some(record) = self.records.get(row.record) else { continue };
            match &record.body {
                Body::Event { .. } => self.push_event(&mut household, row, record, belonging, names),
                Body::Traits { .. } => self.push_traits(&mut household, row, record),
                Body::Alias { .. } | Body::Leave => {}
            }
        }
        household
            .traits
            .sort_by(|a, b| (a.at, a.of, a.slot, &a.value, a.known).cmp(&(b.at, b.of, b.slot, &b.value, b.known)));
        if household.known_to_account == household.known {
            household.known_to_account = None;
        }
        if household.known.as_ref() == Some(&household.times) {
            household.known = None;
        }
        household
    }

    fn push_event(
        &self,
        household: &mut OwnedHousehold,
        row: &rows::Row,
        record: &Record,
        belonging: &Belonging,
        names: &EventNames,
    ) {
        let Body::Event { name, kind, properties, .. } = &record.body else { return };
        let (account, account_known) = belonging.account_of_row(row.person, row.account, row.workspace, row.at);
        let place = household.times.len();
        match household.users.last_mut() {
            Some(run) if run.user == row.person => run.end = place + 1,
            _ => household.users.push(Run { user: row.person, start: place, end: place + 1 }),
        }
        household.times.push(row.at);
        household.names.push(names.code(name, *kind));
        household.records.push(row.record);
        if let Some(accounts) = &mut household.accounts {
            accounts.push(account);
        }
        if let Some(workspaces) = &mut household.workspaces {
            workspaces.push(row.workspace);
        }
        if let Some(known) = &mut household.known {
            known.push(row.known);
        }
        if let Some(known) = &mut household.known_to_account {
            known.push(row.known.max(account_known));
        }
        for (name, values) in self.needs.properties.iter().zip(&mut household.properties.0) {
            values.push(properties.get(name).cloned());
        }
    }

    fn push_traits(&self, household: &mut OwnedHousehold, row: &rows::Row, record: &Record) {
        let Body::Traits { of, traits, constant } = &record.body else { return };
        let code = match of {
            SubjectKind::User => row.person,
            SubjectKind::Account => row.account,
            SubjectKind::Workspace => row.workspace,
        };
        if code == 0 {
            return;
        }
        for (slot, (_, name)) in self.needs.traits.iter().enumerate().filter(|(_, (kind, _))| kind == of) {
            let Some(value) = traits.get(name) else { continue };
            let (at, known) = if *constant {
                (Timestamp::MIN, Timestamp::MIN)
            } else {
                (Timestamp(row.at), if row.known <= row.at { Timestamp::MIN } else { Timestamp(row.known) })
            };
            let slot = u32::try_from(slot).unwrap_or(u32::MAX);
            let of = Subject { kind: *of, code };
            household.traits.push(TraitFact { at, known, of, slot, value: value.clone() });
        }
    }
}

#[cfg(test)]
mod tests;
