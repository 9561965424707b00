//! Who is meant when somebody is to be erased, and which records go with them.
//!
//! A person is all their ids: aliases, and devices that nobody else was known on. On a device that several people used, only what was
//! theirs goes. With a company go its workspaces and the people who were in no other one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Value;
use crate::household::Code;
use crate::identity::{Alias, IdDictionary, Identity, Ids as _, Tie, known_at};
use crate::record::{Body, Record, SubjectKind, is_generic};
use crate::workspace::Workspace;

/// Everything by which a subject that is to be erased is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Whatever names one of them goes.
    pub ids: BTreeSet<(SubjectKind, String)>,
    /// Devices that others used too: of what names nothing else, that goes which was theirs.
    pub shared: BTreeSet<String>,
}

/// Who is behind the ids of some records.
struct Owners {
    persons: IdDictionary,
    identity: Identity,
    /// Codes that were sent as a user's id, or in an alias.
    users: BTreeSet<Code>,
}

impl Owners {
    fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Self {
        let (mut persons, mut users) = (IdDictionary::default(), BTreeSet::new());
        let (mut ties, mut aliases) = (Vec::new(), Vec::new());
        for record in records {
            let mut code = |id: &Option<_>| id.as_deref().map_or(0, |id: &str| persons.intern(id));
            let (user, anonymous) = (code(&record.who.user), code(&record.who.anonymous));
            if !says_something(record, user != 0 || anonymous != 0) {
                continue;
            }
            let at = record.timestamp.0;
            let known = known_at(at, record.received_at.map(|received| received.0));
            if user != 0 {
                users.insert(user);
            }
            if user != 0 && anonymous != 0 {
                ties.push(Tie { anonymous, user, at, known });
            }
            if let Body::Alias { previous } = &record.body {
                let previous = persons.intern(previous);
                users.extend([previous, if user == 0 { anonymous } else { user }]);
                aliases.push(Alias { id: if user == 0 { anonymous } else { user }, previous, known });
            }
        }
        let identity = Identity::resolve(ties, &aliases, &persons);
        Self { persons, identity, users }
    }

    fn code(&self, id: Option<&str>) -> Code {
        id.and_then(|id| self.persons.find(id)).unwrap_or(0)
    }

    fn person_of(&self, record: &Record) -> Code {
        let (user, anonymous) = (self.code(record.who.user.as_deref()), self.code(record.who.anonymous.as_deref()));
        self.identity.person_of_row(user, anonymous, record.timestamp.0).0
    }

    /// The person that an id stands for; nobody if it is a device that several people used.
    fn person_named(&self, id: &str) -> Option<Code> {
        let code = self.persons.find(id)?;
        if self.users.contains(&code) {
            return Some(self.identity.person(code).0);
        }
        let meant: BTreeSet<Code> = self.identity.persons_of_anonymous(code).collect();
        meant.first().copied().filter(|_| meant.len() == 1)
    }

    /// All ids of some persons.
    fn ids_of(&self, persons: &BTreeSet<Code>, leaving: &mut Leaving) {
        for code in 1..self.persons.end() {
            let id = self.persons.text(code).to_owned();
            let is_theirs = |person: Code| persons.contains(&person);
            let mut meant = self.identity.persons_of_anonymous(code);
            // An id that is another one's own is that one's, whoever used it as a device.
            let is_only_theirs = !self.users.contains(&code) && meant.all(is_theirs);
            if is_theirs(self.identity.person(code).0) || is_only_theirs {
                leaving.ids.insert((SubjectKind::User, id));
            } else if self.identity.persons_of_anonymous(code).any(is_theirs) {
                leaving.shared.insert(id);
            }
        }
    }
}

impl Leaving {
    /// Finds out who is meant by an id, from all records of those who touch it; the id itself is among what is found.
    #[must_use]
    pub fn find(records: &[Record], kind: SubjectKind, id: &str, workspace: &Workspace) -> Self {
        let mut leaving = Self::default();
        let owners = Owners::of(records.iter());
        let persons: BTreeSet<Code> = match kind {
            SubjectKind::User => {
                let person = owners.person_named(id);
                if person.is_none() && owners.persons.find(id).is_some() {
                    // Whose it is cannot be said: nobody is erased by it.
                    leaving.shared.insert(id.to_owned());
                    return leaving;
                }
                person.into_iter().collect()
            }
            SubjectKind::Account => company(records, &owners, id, workspace, &mut leaving),
            SubjectKind::Workspace => BTreeSet::new(),
        };
        leaving.ids.insert((kind, id.to_owned()));
        owners.ids_of(&persons, &mut leaving);
        leaving
    }

    /// Whether a record names one of the ids.
    #[must_use]
    pub fn is_named_by(&self, record: &Record) -> bool {
        let who = &record.who;
        let previous = match &record.body {
            Body::Alias { previous } => Some(previous),
            _ => None,
        };
        let persons = [who.user.as_ref(), who.anonymous.as_ref(), previous];
        let has = |kind: SubjectKind, id: &str| self.ids.contains(&(kind, id.to_owned()));
        persons.into_iter().flatten().any(|id| has(SubjectKind::User, id))
            || who.account.as_ref().is_some_and(|id| has(SubjectKind::Account, id))
            || who.workspace.as_ref().is_some_and(|id| has(SubjectKind::Workspace, id))
    }

    /// Which of the records of those who touch them go: for each, in their order.
    #[must_use]
    pub fn goes(&self, records: &[&Record]) -> Vec<bool> {
        if self.shared.is_empty() {
            return records.iter().map(|record| self.is_named_by(record)).collect();
        }
        let owners = Owners::of(records.iter().copied());
        let users = self.ids.iter().filter(|(kind, _)| *kind == SubjectKind::User);
        let persons: BTreeSet<Code> =
            users.filter_map(|(_, id)| owners.persons.find(id)).map(|code| owners.identity.person(code).0).collect();
        let goes = |record: &&Record| self.is_named_by(record) || persons.contains(&owners.person_of(record));
        records.iter().map(goes).collect()
    }

    /// Whether an id is one of them.
    #[must_use]
    pub fn has(&self, kind: SubjectKind, id: &str) -> bool {
        self.ids.contains(&(kind, id.to_owned()))
    }
}

/// As [`crate::assemble`] takes records: others say nothing of anybody, and tie nobody.
fn says_something(record: &Record, names_a_person: bool) -> bool {
    let names = |id: &Option<std::sync::Arc<str>>| id.as_deref().is_some_and(|id| !is_generic(id));
    let (account, workspace) = (names(&record.who.account), names(&record.who.workspace));
    match &record.body {
        Body::Event { .. } => names_a_person || account || workspace,
        Body::Traits { of: SubjectKind::User, .. } => names_a_person,
        Body::Traits { of: SubjectKind::Account, .. } => account,
        Body::Traits { of: SubjectKind::Workspace, .. } => workspace,
        Body::Alias { previous } => names_a_person && !is_generic(previous),
        Body::Leave => names_a_person && account,
    }
}

/// The people who were in this company and in no other; its workspaces, likewise.
fn company(
    records: &[Record],
    owners: &Owners,
    id: &str,
    workspace: &Workspace,
    leaving: &mut Leaving,
) -> BTreeSet<Code> {
    let mut companies: BTreeMap<Code, BTreeSet<&str>> = BTreeMap::new();
    let mut workspaces: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut by_address: Vec<(Code, String)> = Vec::new();
    for record in records {
        let person = owners.person_of(record);
        if let Some(account) = record.who.account.as_deref() {
            companies.entry(person).or_default().insert(account);
            if let Some(workspace) = record.who.workspace.as_deref() {
                workspaces.entry(workspace).or_default().insert(account);
            }
        }
        if let Body::Traits { of: SubjectKind::User, traits, .. } = &record.body
            && workspace.account_from_email
            && let Some(Value::Text(address)) = traits.get("email")
            && let Some(account) = workspace.account_of_email(address)
        {
            by_address.push((person, account));
        }
    }
    for (person, account) in &by_address {
        companies.entry(*person).or_default().insert(account);
    }
    let only = |of: &BTreeSet<&str>| of.len() == 1 && of.contains(id);
    let own = workspaces.into_iter().filter(|(_, of)| only(of));
    leaving.ids.extend(own.map(|(workspace, _)| (SubjectKind::Workspace, workspace.to_owned())));
    companies.into_iter().filter(|(person, of)| *person != 0 && only(of)).map(|(person, _)| person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::record::{Properties, Who};

    fn record(user: &str, device: &str, account: &str, at: i64) -> Record {
        let some = |id: &str| (!id.is_empty()).then(|| id.into());
        Record {
            source: "app".into(),
            sender: "".into(),
            message: format!("{user} {device} {at}").into(),
            timestamp: Timestamp(at),
            received_at: None,
            who: Who { user: some(user), anonymous: some(device), account: some(account), workspace: None },
            body: Body::Event { name: "Used".into(), kind: None, properties: Properties::default(), amount: None },
        }
    }

    fn alias(user: &str, previous: &str) -> Record {
        Record { body: Body::Alias { previous: previous.into() }, ..record(user, "", "", 0) }
    }

    fn found(records: &[Record], kind: SubjectKind, id: &str) -> (Vec<String>, Vec<String>) {
        let leaving = Leaving::find(records, kind, id, &Workspace::default());
        (leaving.ids.into_iter().map(|(_, id)| id).collect(), leaving.shared.into_iter().collect())
    }

    fn going(records: &[Record], id: &str) -> Vec<bool> {
        let leaving = Leaving::find(records, SubjectKind::User, id, &Workspace::default());
        leaving.goes(&records.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_person_is_all_their_ids() {
        let records = [
            record("ann", "phone", "", 1),
            record("", "phone", "", 2),
            alias("ann", "ann@old"),
            record("ann@old", "", "", 3),
            record("ben", "laptop", "", 4),
        ];
        for id in ["ann", "ann@old", "phone"] {
            let ids = ["ann", "ann@old", "phone"].map(str::to_owned).to_vec();
            assert_eq!(found(&records, SubjectKind::User, id), (ids, vec![]), "{id}");
            assert_eq!(going(&records, id), [true, true, true, true, false], "{id}");
        }
        assert_eq!(found(&records, SubjectKind::User, "nobody").0, ["nobody"]);
    }

    #[test]
    fn of_a_shared_device_goes_what_was_theirs() {
        let records = [
            record("ann", "till", "", 10),
            record("", "till", "", 15),
            record("ben", "till", "", 20),
            record("", "till", "", 25),
        ];
        assert_eq!(found(&records, SubjectKind::User, "ann"), (vec!["ann".to_owned()], vec!["till".to_owned()]));
        assert_eq!(going(&records, "ann"), [true, true, false, false]);
        assert_eq!(going(&records, "ben"), [false, false, true, true]);
        assert_eq!(going(&records, "till"), [false; 4], "whose it is cannot be said");
    }

    #[test]
    fn with_a_company_go_those_who_were_in_no_other() {
        let records = [record("ann", "", "acme", 1), record("ben", "", "acme", 2), record("ben", "", "umbrella", 3)];
        assert_eq!(found(&records, SubjectKind::Account, "acme").0, ["ann", "acme"]);
        let leaving = Leaving::find(&records, SubjectKind::Account, "acme", &Workspace::default());
        assert_eq!(leaving.goes(&records.iter().collect::<Vec<_>>()), [true, true, false]);
    }
}
