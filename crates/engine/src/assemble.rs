//! Households straight from records: for tests, examples and small histories. The lake gives the same households
//! from files, with the same rules of [`crate::identity`].

mod directory;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use directory::IdDirectory;
use rows::{Rows, belongs};

use crate::Value;
use crate::household::{Code, EventName, Household, Membership, Needs, PropertySource, Run, Subject, TraitFact};
use crate::identity::Belonging;
use crate::record::{Body, EventKind, Record, SubjectKind};
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
    /// Each row's place among the records given.
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
    let mut names = Names::default();
    let mut households = Vec::new();
    rows.all.sort_by_key(|row| (row.household, row.person, row.at, row.record));
    for group in rows.all.chunk_by(|a, b| {
        if together { a.household == b.household } else { (a.household, a.person) == (b.household, b.person) }
    }) {
        let builder = Builder { records, workspace, needs, rows: &rows, together };
        let Some(first) = group.first() else { continue };
        if together || first.person != 0 {
            households.extend(builder.household(group, &mut names));
        }
    }
    let directory = Arc::new(rows.into_directory());
    for household in &mut households {
        household.directory = Arc::clone(&directory);
    }
    OwnedHouseholds { names: names.list, households, directory }
}

/// Event names by first use.
#[derive(Default)]
struct Names {
    codes: BTreeMap<(Arc<str>, EventKind), u32>,
    list: Vec<EventName>,
}

impl Names {
    fn code(&mut self, name: &Arc<str>, kind: EventKind) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        *self.codes.entry((Arc::clone(name), kind)).or_insert_with(|| {
            self.list.push(EventName { name: Arc::clone(name), kind });
            next
        })
    }
}

struct Builder<'a> {
    records: &'a [Record],
    workspace: &'a Workspace,
    needs: &'a Needs,
    rows: &'a Rows,
    together: bool,
}

impl Builder<'_> {
    /// The household of sorted rows; `None` if nothing about it is to be read.
    fn household(&self, group: &[rows::Row], names: &mut Names) -> Option<OwnedHousehold> {
        let belonging = if self.together { belongs(group, self.rows, self.records) } else { Belonging::default() };
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
                Body::Event { .. } => self.push_event(&mut household, row, record, &belonging, names),
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
        let empty = household.times.is_empty() && household.traits.is_empty() && household.memberships.is_empty();
        (!empty).then_some(household)
    }

    fn push_event(
        &self,
        household: &mut OwnedHousehold,
        row: &rows::Row,
        record: &Record,
        belonging: &Belonging,
        names: &mut Names,
    ) {
        let Body::Event { name, kind, properties, .. } = &record.body else { return };
        let (account, account_known) = belonging.account_of_row(row.person, row.account, row.workspace, row.at);
        let place = household.times.len();
        match household.users.last_mut() {
            Some(run) if run.user == row.person => run.end = place + 1,
            _ => household.users.push(Run { user: row.person, start: place, end: place + 1 }),
        }
        let name = self.workspace.name_of(name);
        household.times.push(row.at);
        household.names.push(names.code(name, self.workspace.kind_of(name, *kind)));
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
