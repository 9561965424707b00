//! Records made into people, accounts and workspaces, with all that is said of them (rules 1–7, 33).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::record::{Body, EventKind, Properties, Record, SubjectKind, is_generic};
use engine::workspace::Workspace;
use engine::{Timestamp, Value};

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

/// One person with all his ids.
#[derive(Debug, Clone)]
pub struct Person {
    pub shown: Arc<str>,
    pub ids: BTreeSet<Arc<str>>,
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

/// A record after the door: clamped, without ids that name nobody.
struct Said<'a> {
    at: Timestamp,
    known: Timestamp,
    user: Option<&'a Arc<str>>,
    anonymous: Option<&'a Arc<str>>,
    account: Option<&'a Arc<str>>,
    workspace: Option<&'a Arc<str>>,
    body: &'a Body,
}

fn said(record: &Record) -> Said<'_> {
    fn named(id: &Option<Arc<str>>) -> Option<&Arc<str>> {
        id.as_ref().filter(|id| !is_generic(id))
    }
    let at = record.received_at.map_or(record.timestamp, |received| received.min(record.timestamp));
    Said {
        at,
        known: record.received_at.unwrap_or(at),
        user: named(&record.who.user),
        anonymous: named(&record.who.anonymous),
        account: named(&record.who.account),
        workspace: named(&record.who.workspace),
        body: &record.body,
    }
}

fn once(records: &[Record]) -> Vec<Said<'_>> {
    let mut seen = BTreeSet::new();
    let fresh = |record: &&Record| seen.insert((&record.source, &record.sender, &record.message));
    let mut all: Vec<Said> = records.iter().filter(fresh).map(said).collect();
    all.sort_by_key(|said| said.at);
    all
}

/// Anonymous and user tied at a time; when that was first known.
type Ties = BTreeMap<(Arc<str>, Timestamp, Arc<str>), Timestamp>;

fn ties(all: &[Said]) -> Ties {
    let mut ties = Ties::new();
    for said in all {
        if let (Some(user), Some(anonymous)) = (said.user, said.anonymous) {
            let known = ties.entry((anonymous.clone(), said.at, user.clone())).or_insert(said.known);
            *known = said.known.min(*known);
        }
    }
    ties
}

/// The id a record goes by, and when the tie that says so was known (rule 4).
fn goes_by<'a>(said: &Said<'a>, ties: &'a Ties) -> Option<(&'a Arc<str>, Timestamp)> {
    if let Some(user) = said.user {
        return Some((user, Timestamp::MIN));
    }
    let anonymous = said.anonymous?;
    let mine = || ties.iter().filter(|((tied, _, _), _)| tied == anonymous);
    let before = mine().filter(|((_, at, _), _)| *at <= said.at).map(|((_, at, _), _)| *at).max();
    let after = mine().filter(|((_, at, _), _)| *at > said.at).map(|((_, at, _), _)| *at).min();
    let Some(chosen) = before.or(after) else { return Some((anonymous, Timestamp::MIN)) };
    let at_that_time = mine().filter(|((_, at, _), _)| *at == chosen);
    at_that_time.min_by_key(|((_, _, user), _)| user.clone()).map(|((_, _, user), known)| (user, *known))
}

/// Sets of ids that are one person (rule 5).
fn families(all: &[Said]) -> Vec<BTreeSet<Arc<str>>> {
    let mut families: Vec<BTreeSet<Arc<str>>> = Vec::new();
    let mut join = |left: &Arc<str>, right: &Arc<str>| {
        let mut merged = BTreeSet::from([left.clone(), right.clone()]);
        families.retain(|family| {
            let touches = family.contains(left) || family.contains(right);
            if touches {
                merged.extend(family.iter().cloned());
            }
            !touches
        });
        families.push(merged);
    };
    for said in all {
        if let Body::Alias { previous } = said.body {
            if let (false, Some(id)) = (is_generic(previous), said.user.or(said.anonymous)) {
                join(previous, id);
            }
        }
    }
    families
}

fn family_of(id: &Arc<str>, families: &[BTreeSet<Arc<str>>]) -> BTreeSet<Arc<str>> {
    families.iter().find(|family| family.contains(id)).cloned().unwrap_or_else(|| BTreeSet::from([id.clone()]))
}

fn people(all: &[Said], ties: &Ties) -> Vec<Person> {
    let families = families(all);
    let users: BTreeSet<&Arc<str>> = all.iter().filter_map(|said| said.user).collect();
    let mut found: BTreeMap<Arc<str>, Person> = BTreeMap::new();
    for said in all {
        let Some((id, _)) = goes_by(said, ties) else { continue };
        let family = family_of(id, &families);
        let known = family.iter().find(|id| users.contains(id));
        let Some(shown) = known.or(family.first()).cloned() else { continue };
        let tied = ties.keys().filter(|(_, _, user)| family.contains(user)).map(|(anonymous, _, _)| anonymous.clone());
        let ids = family.iter().cloned().chain(tied).collect();
        found.insert(shown.clone(), Person { shown, ids });
    }
    found.into_values().collect()
}

impl World {
    /// Everything that the records say.
    pub fn of(records: &[Record], workspace: &Workspace) -> Self {
        let all = once(records);
        let ties = ties(&all);
        let families = families(&all);
        let people = people(&all, &ties);
        let person = |said: &Said| {
            let (id, known) = goes_by(said, &ties)?;
            let family = family_of(id, &families);
            let number = people.iter().position(|person| family.contains(&person.shown))?;
            Some((number, known.max(said.known)))
        };
        let mut world = Self {
            accounts: Vec::new(),
            workspaces: all.iter().filter_map(|said| said.workspace.cloned()).collect::<BTreeSet<_>>().into_iter().collect(),
            people: people.clone(),
            events: Vec::new(),
            facts: Vec::new(),
            moves: Vec::new(),
        };
        let by_email = if workspace.account_from_email { accounts_by_email(&all, &person, workspace) } else { Vec::new() };
        let named = all.iter().filter_map(|said| said.account.cloned());
        let every: BTreeSet<Arc<str>> = named.chain(by_email.iter().map(|(_, _, _, account)| account.clone())).collect();
        world.accounts = every.into_iter().collect();
        for said in &all {
            world.add_moves(said, person(said));
            world.add_facts(said, person(said));
        }
        for (at, known, user, account) in by_email {
            let account = world.account_named(&account);
            world.moves.push(Move { at, leaves: false, known, member: Subject::user(user), account });
        }
        world.moves.sort_by_key(|step| (step.at, step.leaves));
        for said in &all {
            world.add_event(said, person(said), workspace);
        }
        world
    }

    fn account_named(&self, id: &Arc<str>) -> usize {
        self.accounts.binary_search(id).expect("every account is listed")
    }

    fn workspace_named(&self, id: &Arc<str>) -> usize {
        self.workspaces.binary_search(id).expect("every workspace is listed")
    }

    fn add_moves(&mut self, said: &Said, person: Option<(usize, Timestamp)>) {
        let Some(account) = said.account.map(|id| self.account_named(id)) else { return };
        let leaves = matches!(said.body, Body::Leave);
        if let Some((user, known)) = person {
            self.moves.push(Move { at: said.at, leaves, known, member: Subject::user(user), account });
        }
        if let (Some(workspace), false) = (said.workspace, leaves) {
            let member = Subject::workspace(self.workspace_named(workspace));
            self.moves.push(Move { at: said.at, leaves, known: said.known, member, account });
        }
    }

    fn add_facts(&mut self, said: &Said, person: Option<(usize, Timestamp)>) {
        let Body::Traits { of, traits, constant } = said.body else { return };
        let owner = match of {
            SubjectKind::User => person.map(|(user, known)| (Subject::user(user), known)),
            SubjectKind::Account => said.account.map(|id| (Subject::account(self.account_named(id)), said.known)),
            SubjectKind::Workspace => said.workspace.map(|id| (Subject::workspace(self.workspace_named(id)), said.known)),
        };
        let Some((of, known)) = owner else { return };
        let (at, known) = if *constant { (Timestamp::MIN, Timestamp::MIN) } else { (said.at, known) };
        for (name, value) in traits {
            self.facts.push(Fact { at, known, of, name: name.clone(), value: value.clone() });
        }
    }

    fn add_event(&mut self, said: &Said, person: Option<(usize, Timestamp)>, workspace: &Workspace) {
        let Body::Event { name, kind, properties, .. } = said.body else { return };
        let name = workspace.name_of(name).clone();
        let kind = workspace.kind_of(&name, *kind);
        let (user, known) = person.map_or((None, said.known), |(user, known)| (Some(user), known));
        let space = said.workspace.map(|id| self.workspace_named(id));
        let own = said.account.map(|id| (self.account_named(id), known));
        let through = |member: Option<Subject>| {
            self.stay_at_or_later(member?, said.at).map(|stay| (stay.account, known.max(stay.known)))
        };
        let account = own.or_else(|| through(space.map(Subject::workspace))).or_else(|| through(user.map(Subject::user)));
        self.events.push(Event {
            at: said.at,
            name,
            kind,
            user,
            account: account.map(|(account, _)| account),
            workspace: space,
            properties: properties.clone(),
            known,
            known_to_account: account.map_or(known, |(_, known)| known),
        });
    }

    /// The memberships of a user or workspace (rule 6).
    pub fn stays(&self, member: Subject) -> Vec<Stay> {
        let mut stays: Vec<Stay> = Vec::new();
        for step in self.moves.iter().filter(|step| step.member == member) {
            let open = stays.iter_mut().find(|stay| stay.account == step.account && stay.end.is_none());
            match (open, step.leaves) {
                (Some(stay), true) => stay.end = Some(step.at),
                (Some(stay), false) if stay.start == step.at => stay.known = stay.known.min(step.known),
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

/// Memberships by e-mail: from when, known when, whose, in which account.
type ByEmail = Vec<(Timestamp, Timestamp, usize, Arc<str>)>;

fn accounts_by_email(
    all: &[Said],
    person: &dyn Fn(&Said) -> Option<(usize, Timestamp)>,
    workspace: &Workspace,
) -> ByEmail {
    let stated = |said: &&Said| said.account.is_some() && !matches!(said.body, Body::Leave);
    let members: BTreeSet<usize> = all.iter().filter(stated).filter_map(|said| Some(person(said)?.0)).collect();
    let mut found = ByEmail::new();
    for said in all {
        let Body::Traits { of: SubjectKind::User, traits, constant } = said.body else { continue };
        let Some((user, known)) = person(said).filter(|(user, _)| !members.contains(user)) else { continue };
        let Some(Value::Text(email)) = traits.get("email") else { continue };
        let known = if *constant { Timestamp::MIN } else { known };
        if let Some(account) = workspace.account_of_email(email) {
            found.push((said.at, known, user, Arc::from(account)));
        }
    }
    found
}
