//! Traits as of an instant, derived ones among them, and who belongs where (rules 7, 9, 11, 29, 34).

use std::sync::Arc;

use engine::definition::{Goal, TraitOwner, TraitPath};
use engine::record::{EventKind, SubjectKind};
use engine::{Span, Timestamp, Value};
use jiff::tz::TimeZone;

use super::judge::{Frame, Judge};
use super::world::{Event, Subject};

/// "As of t", or "as of t − D": what is effective at some a with a + D ≤ t.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub at: Timestamp,
    pub ago: Option<Span>,
}

impl Cut {
    pub const fn at(at: Timestamp) -> Self {
        Self { at, ago: None }
    }
}

impl Judge<'_> {
    fn effect(&self, fact: Timestamp, cut: Cut) -> Timestamp {
        cut.ago.map_or(fact, |span| fact.plus(span, &self.workspace.zone))
    }

    fn sees(&self, fact: Timestamp, cut: Cut) -> bool {
        self.effect(fact, cut) <= cut.at
    }

    /// The accounts a user or workspace is in, each with the start of the membership.
    fn memberships(&self, member: Subject, cut: Cut) -> Vec<(Timestamp, usize)> {
        let here = |start: Timestamp, end: Option<Timestamp>| {
            self.sees(start, cut) && !end.is_some_and(|end| self.sees(end, cut))
        };
        let stays = self.world.stays(member);
        stays.iter().filter(|stay| here(stay.start, stay.end)).map(|stay| (stay.start, stay.account)).collect()
    }

    /// The account that a subject is in (rule 7).
    pub fn account_in(&self, subject: Subject, cut: Cut) -> Option<Subject> {
        if subject.kind == SubjectKind::Account {
            return Some(subject);
        }
        let all = self.memberships(subject, cut);
        let latest = all.into_iter().max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        latest.map(|(_, account)| Subject::account(account))
    }

    /// The members of an account, or the users of a workspace.
    pub fn members(&self, of: Subject, cut: Cut) -> Vec<Subject> {
        let users = (0..self.world.people.len()).map(Subject::user);
        let belongs = |user: &Subject| match of.kind {
            SubjectKind::Account => self.memberships(*user, cut).iter().any(|(_, account)| *account == of.number),
            SubjectKind::Workspace => {
                self.world.timeline(of).iter().any(|event| event.user == Some(user.number) && self.sees(event.at, cut))
            }
            SubjectKind::User => *user == of,
        };
        users.filter(belongs).collect()
    }

    /// All who ever joined an account by then, in the order of their ranks.
    fn ranks(&self, account: Subject, cut: Cut) -> Vec<Subject> {
        let mut joined: Vec<(Timestamp, Subject)> = Vec::new();
        for user in (0..self.world.people.len()).map(Subject::user) {
            let stays = self.world.stays(user);
            let first = stays.iter().filter(|stay| stay.account == account.number).map(|stay| stay.start).min();
            if let Some(first) = first.filter(|first| self.sees(*first, cut)) {
                joined.push((first, user));
            }
        }
        joined.sort_unstable();
        joined.into_iter().map(|(_, user)| user).collect()
    }

    /// The value of a subject's own trait.
    pub fn own_trait(&self, of: Subject, name: &str, goal: Option<&Goal>, cut: Cut) -> Option<Value> {
        self.stated(of, name, cut).or_else(|| self.derived(of, name, goal, cut))
    }

    fn stated(&self, of: Subject, name: &str, cut: Cut) -> Option<Value> {
        let mine = self.world.facts.iter().filter(|fact| fact.of == of && &*fact.name == name);
        let mine = mine.filter(|fact| self.sees(fact.at, cut));
        mine.max_by(|a, b| a.at.cmp(&b.at).then_with(|| by_type_then_value(&a.value, &b.value)))
            .map(|fact| fact.value.clone())
    }

    fn derived(&self, of: Subject, name: &str, goal: Option<&Goal>, cut: Cut) -> Option<Value> {
        let timeline = self.world.timeline(of);
        let seen: Vec<&Event> = timeline.into_iter().filter(|event| self.sees(event.at, cut)).collect();
        let product = || seen.iter().filter(|event| event.kind == EventKind::Product).map(|event| event.at);
        match name {
            "first_seen" => product().min().map(Value::Time),
            "last_seen" => product().max().map(Value::Time),
            "first_source" => first_of(&seen, "utm_source"),
            "first_campaign" => first_of(&seen, "utm_campaign"),
            "members" if of.kind == SubjectKind::Account => Some(Value::whole(self.members(of, cut).len() as i64)),
            "rank" if of.kind == SubjectKind::User => {
                let ranks = self.ranks(self.account_in(of, cut)?, cut);
                ranks.iter().position(|user| *user == of).map(|place| Value::whole(place as i64 + 1))
            }
            "stage" => self.stage(of, goal, cut),
            _ => None,
        }
    }

    fn stage(&self, of: Subject, goal: Option<&Goal>, cut: Cut) -> Option<Value> {
        if of.kind == SubjectKind::User {
            let account = self.account_in(of, cut);
            if let Some(stage) = account.and_then(|account| self.stated(account, "stage", cut)) {
                return Some(stage);
            }
        }
        self.converted_before(of, goal, cut).then(|| Value::text("customer"))
    }

    /// Whether a conversion lies strictly before (rules 27, 29).
    pub fn converted_before(&self, of: Subject, goal: Option<&Goal>, cut: Cut) -> bool {
        let Some(goal) = goal else { return false };
        let before = |owner: Subject| {
            let frame = Frame::bare(owner, Some(goal));
            self.matching(&goal.events, &frame).iter().any(|event| self.effect(event.at, cut) < cut.at)
        };
        let (own, account) = timelines_of(of.kind, goal);
        (own && before(of)) || (account && self.account_in(of, cut).is_some_and(before))
    }

    /// The instants of the goal (rule 28), the first 64 up to the horizon.
    pub fn conversions(&self, of: Subject, goal: Option<&Goal>) -> Vec<Timestamp> {
        let Some(goal) = goal else { return Vec::new() };
        let (own, account) = timelines_of(of.kind, goal);
        let mut found = std::collections::BTreeSet::new();
        if own {
            let frame = Frame::bare(of, Some(goal));
            found.extend(self.matching(&goal.events, &frame).iter().map(|event| event.at));
        }
        if account {
            for owner in (0..self.world.accounts.len()).map(Subject::account) {
                let frame = Frame::bare(owner, Some(goal));
                let theirs = self.matching(&goal.events, &frame);
                let inside = theirs.iter().filter(|event| self.account_in(of, Cut::at(event.at)) == Some(owner));
                found.extend(inside.map(|event| event.at));
            }
        }
        found.into_iter().filter(|at| *at <= self.horizon).take(engine::outcome::Outcome::MOST_CONVERSIONS).collect()
    }

    /// The one subject a path leads to; `any_member` leads to none alone.
    pub fn owner(&self, path: &TraitPath, subject: Subject, event: Option<&Event>, cut: Cut) -> Option<Subject> {
        match path.of {
            TraitOwner::Own => Some(subject),
            TraitOwner::User => event.map_or(Some(subject), |event| event.user.map(Subject::user)),
            TraitOwner::Account => self.account_in(subject, cut),
            TraitOwner::Workspace => match event {
                _ if subject.kind == SubjectKind::Workspace => Some(subject),
                Some(event) => event.workspace.map(Subject::workspace),
                None => None,
            },
            TraitOwner::FirstMember if subject.kind == SubjectKind::Account => {
                self.ranks(subject, cut).first().copied()
            }
            TraitOwner::FirstMember | TraitOwner::AnyMember => None,
        }
    }

    /// The value that a path shows.
    pub fn path_value(&self, path: &TraitPath, frame: &Frame, event: Option<&Event>, cut: Cut) -> Option<Value> {
        let owner = self.owner(path, frame.subject, event, Cut::at(cut.at))?;
        self.own_trait(owner, &path.name, frame.goal, cut)
    }

    /// The zone of a subject's calendar at an instant (rule 10).
    pub fn zone_at(&self, subject: Subject, at: Timestamp) -> TimeZone {
        if subject.kind == SubjectKind::User
            && let Some(Value::Text(name)) = self.stated(subject, "timezone", Cut::at(at))
            && let Ok(zone) = TimeZone::get(&name)
        {
            return zone;
        }
        self.workspace.zone.clone()
    }
}

/// Whether goals are looked for on the own timeline, and on that of the account one is in.
fn timelines_of(kind: SubjectKind, goal: &Goal) -> (bool, bool) {
    match (kind, goal.of) {
        (SubjectKind::User, None) => (true, true),
        (SubjectKind::User, Some(SubjectKind::Account)) => (false, true),
        _ => (true, false),
    }
}

fn first_of(events: &[&Event], property: &str) -> Option<Value> {
    let having: Vec<(Timestamp, &Value)> = events
        .iter()
        .filter_map(|event| Some((event.at, event.properties.get(&Arc::<str>::from(property))?)))
        .collect();
    having
        .into_iter()
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| by_type_then_value(a.1, b.1)))
        .map(|(_, value)| value.clone())
}

/// Boolean < number < text < time < list, then by value.
pub fn by_type_then_value(left: &Value, right: &Value) -> std::cmp::Ordering {
    let rank = |value: &Value| match value {
        Value::Boolean(_) => 0,
        Value::Number(_) => 1,
        Value::Text(_) => 2,
        Value::Time(_) => 3,
        Value::List(_) => 4,
    };
    rank(left).cmp(&rank(right)).then_with(|| match (left, right) {
        (Value::List(left), Value::List(right)) => {
            let pairs = left.iter().zip(right.iter()).map(|(left, right)| by_type_then_value(left, right));
            pairs.into_iter().find(|order| order.is_ne()).unwrap_or(left.len().cmp(&right.len()))
        }
        _ => left.cmp(right),
    })
}
