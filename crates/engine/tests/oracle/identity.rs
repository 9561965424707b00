//! Who is meant by the ids that records carry (rules 1–5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Timestamp;
use engine::record::{Body, Record, SubjectKind, is_generic};

/// One person with all his ids.
#[derive(Debug, Clone)]
pub struct Person {
    pub shown: Arc<str>,
    pub ids: BTreeSet<Arc<str>>,
}

/// A record as sent, without ids that name nobody.
pub struct Sent<'a> {
    at: Timestamp,
    known: Timestamp,
    user: Option<&'a Arc<str>>,
    anonymous: Option<&'a Arc<str>>,
    account: Option<&'a Arc<str>>,
    workspace: Option<&'a Arc<str>>,
    body: &'a Body,
}

/// A record after the door, with the person behind it.
pub struct Said<'a> {
    pub at: Timestamp,
    /// Its receipt and those of the tie and the aliases that give it to the person.
    pub known: Timestamp,
    pub person: Option<usize>,
    pub account: Option<&'a Arc<str>>,
    pub workspace: Option<&'a Arc<str>>,
    pub body: &'a Body,
}

fn sent(record: &Record) -> Sent<'_> {
    fn named(id: &Option<Arc<str>>) -> Option<&Arc<str>> {
        id.as_ref().filter(|id| !is_generic(id))
    }
    let at = record.received_at.map_or(record.timestamp, |received| received.min(record.timestamp));
    Sent {
        at,
        known: record.received_at.unwrap_or(at),
        user: named(&record.who.user),
        anonymous: named(&record.who.anonymous),
        account: named(&record.who.account),
        workspace: named(&record.who.workspace),
        body: &record.body,
    }
}

impl Sent<'_> {
    /// Whether the record names whom it is about.
    fn names_somebody(&self) -> bool {
        let person = self.user.is_some() || self.anonymous.is_some();
        match self.body {
            Body::Event { .. } => person || self.account.is_some() || self.workspace.is_some(),
            Body::Traits { of: SubjectKind::User, .. } => person,
            Body::Traits { of: SubjectKind::Account, .. } => self.account.is_some(),
            Body::Traits { of: SubjectKind::Workspace, .. } => self.workspace.is_some(),
            Body::Alias { previous } => person && !is_generic(previous),
            Body::Leave => person && self.account.is_some(),
        }
    }
}

/// The records that count, in time order.
pub fn once(records: &[Record]) -> Vec<Sent<'_>> {
    let mut seen = BTreeSet::new();
    let mut all: Vec<Sent> = Vec::new();
    for record in records {
        let sent = sent(record);
        if sent.names_somebody() && seen.insert((&record.source, &record.sender, &record.message)) {
            all.push(sent);
        }
    }
    all.sort_by_key(|sent| sent.at);
    all
}

/// From an instant on something belongs to something else, until the next link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link<T> {
    pub at: Timestamp,
    pub to: T,
    pub known: Timestamp,
}

/// Statements as links: at one instant the smallest wins, and statements in a row that say the same are one link, known
/// with the first of them that was received.
pub fn chain<T: Ord + Clone>(mut statements: Vec<Link<T>>) -> Vec<Link<T>> {
    statements.sort();
    let mut links: Vec<Link<T>> = Vec::new();
    let mut winner: Option<(Timestamp, T)> = None;
    for statement in statements {
        if winner.as_ref().is_some_and(|(at, to)| *at == statement.at && *to != statement.to) {
            continue;
        }
        winner = Some((statement.at, statement.to.clone()));
        match links.last_mut() {
            Some(last) if last.to == statement.to => last.known = last.known.min(statement.known),
            _ => links.push(statement),
        }
    }
    links
}

/// Ties, aliases and the people they make.
pub struct Identity {
    ties: BTreeMap<Arc<str>, Vec<Link<Arc<str>>>>,
    /// The id that goes on, the one of before, and when that was known.
    aliases: Vec<(Arc<str>, Arc<str>, Timestamp)>,
    pub people: Vec<Person>,
}

impl Identity {
    /// From all that was sent.
    pub fn of(all: &[Sent]) -> Self {
        let mut ties: BTreeMap<Arc<str>, Vec<Link<Arc<str>>>> = BTreeMap::new();
        let mut aliases = Vec::new();
        for sent in all {
            if let (Some(user), Some(anonymous)) = (sent.user, sent.anonymous) {
                let link = Link { at: sent.at, to: user.clone(), known: sent.known };
                ties.entry(anonymous.clone()).or_default().push(link);
            }
            if let (Body::Alias { previous }, Some(id)) = (sent.body, sent.user.or(sent.anonymous))
                && !is_generic(previous)
                && previous != id
            {
                aliases.push((id.clone(), previous.clone(), sent.known));
            }
        }
        let ties = ties.into_iter().map(|(anonymous, links)| (anonymous, chain(links))).collect();
        let mut identity = Self { ties, aliases, people: Vec::new() };
        let mut people = BTreeMap::new();
        for sent in all {
            if let Some((id, _)) = identity.goes_by(sent) {
                let person = identity.person_of(&id);
                people.insert(person.shown.clone(), person);
            }
        }
        identity.people = people.into_values().collect();
        identity
    }

    /// The id a record goes by, and when the tie that says so was known (rule 4).
    fn goes_by(&self, sent: &Sent) -> Option<(Arc<str>, Timestamp)> {
        if let Some(user) = sent.user {
            return Some((user.clone(), Timestamp::MIN));
        }
        let anonymous = sent.anonymous?;
        let Some(ties) = self.ties.get(anonymous) else { return Some((anonymous.clone(), Timestamp::MIN)) };
        let before = ties.iter().rev().find(|tie| tie.at <= sent.at);
        before.or(ties.first()).map(|tie| (tie.to.clone(), tie.known))
    }

    /// The ids joined with an id by the aliases known by a time (rule 5).
    fn family(&self, id: &Arc<str>, by: Timestamp) -> BTreeSet<Arc<str>> {
        let mut family = BTreeSet::from([id.clone()]);
        loop {
            let size = family.len();
            for (id, previous, known) in &self.aliases {
                if *known <= by && (family.contains(id) || family.contains(previous)) {
                    family.extend([id.clone(), previous.clone()]);
                }
            }
            if family.len() == size {
                return family;
            }
        }
    }

    fn person_of(&self, id: &Arc<str>) -> Person {
        let family = self.family(id, Timestamp::MAX);
        let goes_on = |id: &&Arc<str>| !self.aliases.iter().any(|(_, previous, _)| previous == *id);
        let mut last = family.iter().filter(goes_on);
        let shown = match (last.next(), last.next()) {
            (Some(only), None) => only,
            _ => family.first().expect("an id is of its own family"),
        };
        let tied = self.ties.iter().filter(|(_, links)| links.iter().any(|link| family.contains(&link.to)));
        let ids = family.iter().cloned().chain(tied.map(|(anonymous, _)| anonymous.clone())).collect();
        Person { shown: shown.clone(), ids }
    }

    /// When an id was known to be the one its person is known by.
    fn joined(&self, id: &Arc<str>, shown: &Arc<str>) -> Timestamp {
        if id == shown {
            return Timestamp::MIN;
        }
        let times: BTreeSet<Timestamp> = self.aliases.iter().map(|(_, _, known)| *known).collect();
        times.into_iter().find(|by| self.family(id, *by).contains(shown)).unwrap_or(Timestamp::MAX)
    }

    /// A record with the person behind it.
    pub fn said<'a>(&self, sent: &Sent<'a>) -> Said<'a> {
        let mut known = sent.known;
        let person = self.goes_by(sent).map(|(id, tied)| {
            let shown = self.person_of(&id).shown;
            known = known.max(tied).max(self.joined(&id, &shown));
            self.people.iter().position(|person| person.shown == shown).expect("everyone is listed")
        });
        Said { at: sent.at, known, person, account: sent.account, workspace: sent.workspace, body: sent.body }
    }
}
