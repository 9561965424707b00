//! Records made into people, accounts and workspaces, with all that is said of them (rules 1–7, 33).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::record::{Body, EventKind, Properties, Record, SubjectKind};
use engine::workspace::Workspace;
use engine::{Timestamp, Value};

use super::identity::{Identity, Link, Person, Said, chain, once};

/// A user, account or workspace: its place in the sorted list of those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    pub kind: SubjectKind,
    pub number: usize,
}

impl Subject {
    pub const fn user(number: usize) -> Self {
        Self { kind: SubjectKind::User, number }
    }

    pub const fn account(number: usize) -> Self {
        Self { kind: SubjectKind::Account, number }
    }

    pub const fn workspace(number: usize) -> Self {
        Self { kind: SubjectKind::Workspace, number }
    }
}

/// Something done.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: Timestamp,
    pub name: Arc<str>,
    pub kind: EventKind,
    pub user: Option<usize>,
    pub account: Option<usize>,
    pub workspace: Option<usize>,
    pub properties: Properties,
    /// When it takes effect for its user, workspace and own group.
    pub known: Timestamp,
    /// When it takes effect for the account.
    pub known_to_account: Timestamp,
}

/// A trait's value from an instant on; constants from [`Timestamp::MIN`].
#[derive(Debug, Clone)]
pub struct Fact {
    pub at: Timestamp,
    pub known: Timestamp,
    pub of: Subject,
    pub name: Arc<str>,
    pub value: Value,
}

/// A statement that a user (or workspace) joins or leaves an account.
#[derive(Debug, Clone)]
pub struct Move {
    pub at: Timestamp,
    pub leaves: bool,
    pub known: Timestamp,
    pub member: Subject,
    pub account: usize,
}

/// An unbroken membership.
#[derive(Debug, Clone, Copy)]
pub struct Stay {
    pub account: usize,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    pub known: Timestamp,
}

/// All that is known, sorted.
#[derive(Debug, Clone)]
pub struct World {
    pub people: Vec<Person>,
    pub accounts: Vec<Arc<str>>,
    pub workspaces: Vec<Arc<str>>,
    pub events: Vec<Event>,
    pub facts: Vec<Fact>,
    pub moves: Vec<Move>,
}

impl World {
    /// Everything that the records say.
    pub fn of(records: &[Record], workspace: &Workspace) -> Self {
        let sent = once(records);
        let identity = Identity::of(&sent);
        let all: Vec<Said> = sent.iter().map(|sent| identity.said(sent)).collect();
        let by_email = if workspace.account_from_email { emails(&all, workspace) } else { Vec::new() };
        let named = all.iter().filter_map(|said| said.account.cloned());
        let every: BTreeSet<Arc<str>> =
            named.chain(by_email.iter().filter_map(|email| email.account.clone())).collect();
        let spaces: BTreeSet<Arc<str>> = all.iter().filter_map(|said| said.workspace.cloned()).collect();
        let mut world = Self {
            accounts: every.into_iter().collect(),
            workspaces: spaces.into_iter().collect(),
            people: identity.people,
            events: Vec::new(),
            facts: Vec::new(),
            moves: Vec::new(),
        };
        world.add_moves(&all, &by_email);
        for said in &all {
            world.add_facts(said);
            world.add_event(said, workspace);
        }
        world
    }

    fn account_named(&self, id: &Arc<str>) -> usize {
        self.accounts.binary_search(id).expect("every account is listed")
    }

    fn workspace_named(&self, id: &Arc<str>) -> usize {
        self.workspaces.binary_search(id).expect("every workspace is listed")
    }

    /// Who joins and leaves what: the records that begin and end memberships (rule 6).
    fn add_moves(&mut self, all: &[Said], by_email: &[Email]) {
        let mut stated: Vec<Move> = Vec::new();
        let mut parents: BTreeMap<Subject, Vec<Link<Option<usize>>>> = BTreeMap::new();
        for said in all {
            let Some(account) = said.account.map(|id| self.account_named(id)) else { continue };
            let leaves = matches!(said.body, Body::Leave);
            if let Some(user) = said.person {
                stated.push(Move { at: said.at, leaves, known: said.known, member: Subject::user(user), account });
            }
            if let (Some(workspace), false) = (said.workspace, leaves) {
                let member = Subject::workspace(self.workspace_named(workspace));
                parents.entry(member).or_default().push(Link { at: said.at, to: Some(account), known: said.known });
            }
        }
        for email in by_email {
            let member = Subject::user(email.person);
            if !stated.iter().any(|step| step.member == member && !step.leaves) {
                let to = email.account.as_ref().map(|id| self.account_named(id));
                parents.entry(member).or_default().push(Link { at: email.at, to, known: email.known });
            }
        }
        for (member, links) in parents {
            let links = chain(links);
            for (place, link) in links.iter().enumerate() {
                let Some(account) = link.to else { continue };
                stated.push(Move { at: link.at, leaves: false, known: link.known, member, account });
                if let Some(next) = links.get(place + 1) {
                    stated.push(Move { at: next.at, leaves: true, known: next.known, member, account });
                }
            }
        }
        stated.sort_by_key(|step| (step.at, step.leaves, step.known));
        // Only what begins or ends a membership moves anyone.
        let mut inside = BTreeSet::new();
        for step in stated {
            let pair = (step.member, step.account);
            if if step.leaves { inside.remove(&pair) } else { inside.insert(pair) } {
                self.moves.push(step);
            }
        }
    }

    fn add_facts(&mut self, said: &Said) {
        let Body::Traits { of, traits, constant } = said.body else { return };
        let owner = match of {
            SubjectKind::User => said.person.map(Subject::user),
            SubjectKind::Account => said.account.map(|id| Subject::account(self.account_named(id))),
            SubjectKind::Workspace => said.workspace.map(|id| Subject::workspace(self.workspace_named(id))),
        };
        let Some(of) = owner else { return };
        let (at, known) = if *constant { (Timestamp::MIN, Timestamp::MIN) } else { (said.at, said.known) };
        for (name, value) in traits {
            self.facts.push(Fact { at, known, of, name: name.clone(), value: value.clone() });
        }
    }

    fn add_event(&mut self, said: &Said, workspace: &Workspace) {
        let Body::Event { name, kind, properties, .. } = said.body else { return };
        let name = workspace.name_of(name).clone();
        let kind = workspace.kind_of(&name, *kind);
        let space = said.workspace.map(|id| self.workspace_named(id));
        let own = said.account.map(|id| (self.account_named(id), said.known));
        let through = |member: Option<Subject>| {
            self.stay_at_or_later(member?, said.at).map(|stay| (stay.account, said.known.max(stay.known)))
        };
        let account =
            own.or_else(|| through(space.map(Subject::workspace))).or_else(|| through(said.person.map(Subject::user)));
        self.events.push(Event {
            at: said.at,
            name,
            kind,
            user: said.person,
            account: account.map(|(account, _)| account),
            workspace: space,
            properties: properties.clone(),
            known: said.known,
            known_to_account: account.map_or(said.known, |(_, known)| known),
        });
    }

    /// The memberships of a user or workspace (rule 6).
    pub fn stays(&self, member: Subject) -> Vec<Stay> {
        let mut stays: Vec<Stay> = Vec::new();
        for step in self.moves.iter().filter(|step| step.member == member) {
            let open = stays.iter_mut().find(|stay| stay.account == step.account && stay.end.is_none());
            match (open, step.leaves) {
                (Some(stay), true) => stay.end = Some(step.at),
                (None, false) => {
                    stays.push(Stay { account: step.account, start: step.at, end: None, known: step.known });
                }
                _ => {}
            }
        }
        stays
    }

    fn stay_at_or_later(&self, member: Subject, at: Timestamp) -> Option<Stay> {
        let stays = self.stays(member);
        let there = |stay: &&Stay| stay.start <= at && stay.end.is_none_or(|end| end > at);
        let latest = stays.iter().filter(there).max_by(|a, b| a.start.cmp(&b.start).then(b.account.cmp(&a.account)));
        let later = stays.iter().filter(|stay| stay.start > at).min_by_key(|stay| (stay.start, stay.account));
        latest.or(later).copied()
    }

    /// The world as it would be if only what is in effect by `limit` were known (rule 33).
    pub fn known_by(&self, limit: Timestamp) -> Self {
        let mut world = self.clone();
        world.events.retain(|event| event.known <= limit);
        for event in &mut world.events {
            if event.known_to_account > limit {
                event.account = None;
            }
        }
        world.facts.retain(|fact| fact.known <= limit);
        world.moves.retain(|step| step.known <= limit);
        world
    }

    /// The events of a user, account or workspace in time order.
    pub fn timeline(&self, subject: Subject) -> Vec<&Event> {
        let owner = |event: &&Event| match subject.kind {
            SubjectKind::User => event.user == Some(subject.number),
            SubjectKind::Account => event.account == Some(subject.number),
            SubjectKind::Workspace => event.workspace == Some(subject.number),
        };
        self.events.iter().filter(owner).collect()
    }

    /// Every subject of a kind with the id by which people know it.
    pub fn subjects(&self, kind: SubjectKind) -> Vec<(Subject, Arc<str>)> {
        let ids: Vec<Arc<str>> = match kind {
            SubjectKind::User => self.people.iter().map(|person| person.shown.clone()).collect(),
            SubjectKind::Account => self.accounts.clone(),
            SubjectKind::Workspace => self.workspaces.clone(),
        };
        ids.into_iter().enumerate().map(|(number, id)| (Subject { kind, number }, id)).collect()
    }
}

/// An e-mail address that says which account its person is of: none for a domain that is nobody's.
struct Email {
    at: Timestamp,
    known: Timestamp,
    person: usize,
    account: Option<Arc<str>>,
}

fn emails(all: &[Said], workspace: &Workspace) -> Vec<Email> {
    let mut found = Vec::new();
    for said in all {
        let Body::Traits { of: SubjectKind::User, traits, constant } = said.body else { continue };
        let (Some(person), Some(Value::Text(email))) = (said.person, traits.get("email")) else { continue };
        let (at, known) = if *constant { (Timestamp::MIN, Timestamp::MIN) } else { (said.at, said.known) };
        found.push(Email { at, known, person, account: workspace.account_of_email(email).map(Arc::from) });
    }
    found
}
