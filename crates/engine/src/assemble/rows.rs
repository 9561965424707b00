//! Records as rows of codes, with identity resolved.

use std::collections::BTreeSet;

use super::IdDirectory;
use crate::household::{Code, Needs};
use crate::identity::{
    Alias, Belonging, Bond, EmailFact, HouseholdKey, Households, IdDictionary, Identity, Statement, Tie, known_at,
};
use crate::record::{Body, Record, SubjectKind, is_generic};
use crate::workspace::Workspace;
use crate::{Timestamp, Value};

/// A record's place and its ids; 0 where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) record: usize,
    pub(super) household: HouseholdKey,
    pub(super) person: Code,
    pub(super) at: i64,
    /// Its receipt and those of the tie and aliases that give it to the person.
    pub(super) known: i64,
    pub(super) account: Code,
    pub(super) workspace: Code,
    user: Code,
    anonymous: Code,
    /// For user traits with an e-mail: its account, 0 for a domain that is nobody's.
    email: Option<Code>,
}

/// All rows of a history.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    directory: IdDirectory,
}

impl Rows {
    pub(super) fn of(records: &[Record], workspace: &Workspace, needs: &Needs) -> Self {
        let mut rows = Self::default();
        let (mut ties, mut aliases) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (place, record) in records.iter().enumerate() {
            let identity = (&record.source, &record.sender, &record.message);
            // What the lake gives back has been counted once, and has no message ids any more.
            let nameless = record.message.is_empty();
            if !seen.contains(&identity) && rows.push(place, record, workspace, &mut ties, &mut aliases) && !nameless {
                seen.insert(identity);
            }
        }
        rows.directory.identity = Identity::resolve(ties, &aliases, &rows.directory.persons);
        rows.place(needs);
        rows
    }

    /// Takes a record, if it names whom it is about.
    fn push(
        &mut self,
        place: usize,
        record: &Record,
        workspace: &Workspace,
        ties: &mut Vec<Tie>,
        aliases: &mut Vec<Alias>,
    ) -> bool {
        let IdDirectory { persons, accounts, workspaces, .. } = &mut self.directory;
        let code =
            |dictionary: &mut IdDictionary, id: &Option<_>| id.as_deref().map_or(0, |id: &str| dictionary.intern(id));
        let user = code(persons, &record.who.user);
        let anonymous = code(persons, &record.who.anonymous);
        let account = code(accounts, &record.who.account);
        let in_workspace = code(workspaces, &record.who.workspace);
        let person = if user == 0 { anonymous } else { user };
        let names_somebody = match &record.body {
            Body::Event { .. } => person != 0 || account != 0 || in_workspace != 0,
            Body::Traits { of: SubjectKind::User, .. } => person != 0,
            Body::Traits { of: SubjectKind::Account, .. } => account != 0,
            Body::Traits { of: SubjectKind::Workspace, .. } => in_workspace != 0,
            Body::Alias { previous } => person != 0 && !is_generic(previous),
            Body::Leave => person != 0 && account != 0,
        };
        if !names_somebody {
            return false;
        }
        let at = record.timestamp.0;
        let known = known_at(at, record.received_at.map(|received| received.0));
        if user != 0 && anonymous != 0 {
            ties.push(Tie { anonymous, user, at, known });
        }
        let mut email = None;
        match &record.body {
            Body::Alias { previous } => {
                let previous = persons.intern(previous);
                aliases.push(Alias { id: person, previous, known });
            }
            Body::Traits { of: SubjectKind::User, traits, .. } if workspace.account_from_email => {
                if let Some(Value::Text(address)) = traits.get("email") {
                    email = Some(workspace.account_of_email(address).map_or(0, |account| accounts.intern(&account)));
                }
            }
            Body::Traits { .. } | Body::Event { .. } | Body::Leave => {}
        }
        let household = HouseholdKey::default();
        self.all.push(Row {
            record: place,
            household,
            person: 0,
            at,
            known,
            account,
            workspace: in_workspace,
            user,
            anonymous,
            email,
        });
        true
    }

    /// Gives every row its person and its household.
    fn place(&mut self, needs: &Needs) {
        let IdDirectory { persons, accounts, workspaces, identity } = &self.directory;
        let mut bonds = BTreeSet::new();
        for row in &mut self.all {
            let (person, known) = identity.person_of_row(row.user, row.anonymous, row.at);
            row.person = person;
            row.known = row.known.max(known);
            bonds.extend(Bond::of(row.user, row.anonymous, row.account, row.workspace));
            if let Some(account) = row.email {
                bonds.extend(Bond::of(row.user, row.anonymous, account, 0));
            }
        }
        if !(needs.accounts || needs.workspaces) {
            bonds.clear();
        }
        let households = Households::of(bonds, identity, accounts.end(), workspaces.end(), persons.end());
        for row in &mut self.all {
            row.household = households.of_row(row.person, row.account, row.workspace);
        }
    }

    pub(super) fn into_directory(self) -> IdDirectory {
        self.directory
    }
}

/// Who belongs where in a household.
pub(super) fn belongs(group: &[Row], rows: &Rows, records: &[Record]) -> Belonging {
    let mut statements = Vec::new();
    let mut emails = Vec::new();
    for row in group {
        let body = records.get(row.record).map(|record| &record.body);
        let leaves = matches!(body, Some(Body::Leave));
        let constant = matches!(body, Some(Body::Traits { constant: true, .. }));
        if row.account != 0 && (row.person != 0 || row.workspace != 0) {
            let Row { at, known, person, account, workspace, .. } = *row;
            statements.push(Statement { at, known, person, account, workspace, leaves });
        }
        if let (Some(account), true) = (row.email, row.person != 0) {
            let (at, known) = if constant { (Timestamp::MIN.0, Timestamp::MIN.0) } else { (row.at, row.known) };
            emails.push(EmailFact { at, known, person: row.person, account });
        }
    }
    Belonging::of(statements, &emails, &rows.directory.accounts)
}
