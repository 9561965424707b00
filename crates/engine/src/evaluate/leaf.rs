//! The truth of leaves at an instant, and when it is due to be looked at again.

use serde::{Deserialize, Serialize};

use super::behaviour::{BehaviourState, GateTimes};
use super::calendar::lasted;
use super::compare::growth;
use super::scene::{Clockwork, Moment, Scene, account};
use super::sequence::SequenceState;
use crate::definition::TraitOwner;
use crate::household::Subject;
use crate::outcome::Truth;
use crate::program::pass::{Behaviour, Grouping, LeafKind, Pass, Period, Quantity, TraitLeaf, TraitRef};
use crate::{Number, Timestamp, Value};

const NEVER: i64 = i64::MAX;

/// A leaf's truth as last evaluated, and its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeafState {
    pub truth: Truth,
    /// It cannot change any more.
    pub settled: bool,
    /// When it last came true.
    #[serde(with = "super::saved::never")]
    pub since: i64,
    /// When it must be evaluated again, event or not.
    #[serde(with = "super::saved::never")]
    pub due: i64,
    pub body: LeafBody,
}

/// What is remembered, by kind of leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LeafBody {
    Behaviour(Box<BehaviourState>),
    Sequence(Box<SequenceState>),
    /// Reads only what is kept elsewhere, as in [`super::hot::Hot`].
    Reading,
}

impl LeafState {
    /// Of a subject of whom nothing is known.
    pub fn new(pass: &Pass, place: usize) -> Self {
        let body = match pass.leaves.get(place).map(|leaf| &leaf.kind) {
            Some(LeafKind::Behaviour(_)) if !pass.is_hot(place as u32) => LeafBody::Behaviour(Box::default()),
            Some(LeafKind::Sequence(_)) => LeafBody::Sequence(Box::default()),
            _ => LeafBody::Reading,
        };
        Self { truth: Truth::False, settled: false, since: NEVER, due: NEVER, body }
    }

    pub fn clear(&mut self) {
        self.truth = Truth::False;
        self.settled = false;
        self.since = NEVER;
        self.due = NEVER;
        match &mut self.body {
            LeafBody::Behaviour(state) => state.clear(),
            LeafBody::Sequence(state) => state.clear(),
            LeafBody::Reading => {}
        }
    }
}

/// A leaf's truth at an instant and when it is due again.
pub(crate) struct Verdict {
    pub truth: Truth,
    pub due: i64,
    /// It cannot change any more.
    pub settled: bool,
}

impl Verdict {
    const fn open(truth: Truth, due: i64) -> Self {
        Self { truth, due, settled: false }
    }
}

/// Evaluates a behaviour.
pub(crate) fn behaviour(
    scene: &Scene<'_>,
    clockwork: &mut Clockwork,
    rule: &Behaviour,
    state: &mut BehaviourState,
    gate: GateTimes,
    at: i64,
    followed: bool,
) -> Verdict {
    let Some(test) = &rule.test else {
        // A value for a ratio or a score; only a ratio has to be woken when it changes.
        if !followed {
            return Verdict::open(Truth::False, NEVER);
        }
        state.value(scene, clockwork, rule, at);
        return Verdict::open(Truth::False, state.due(scene, clockwork, rule, at));
    };
    let moment = Moment { at, row: None, captured: &[] };
    let holds = match rule.grouping {
        Grouping::Whole
            if rule.bound.is_some()
                && let Some(count) = state.whole(scene, clockwork, rule, at) =>
        {
            rule.bound.is_some_and(|(op, bound)| {
                let order = (i128::from(count) * Number::UNIT).cmp(&bound.0);
                op.admits(order)
            })
        }
        Grouping::Whole | Grouping::Current => {
            let value = state.value(scene, clockwork, rule, at);
            scene.holds(test, value.as_ref(), moment, Some(clockwork))
        }
        Grouping::Some => state
            .unit_values(scene, clockwork, rule, at)
            .iter()
            .any(|value| scene.holds(test, value.as_ref(), moment, None)),
        Grouping::Regular { at_least, .. } => {
            let values = state.unit_values(scene, clockwork, rule, at);
            let enough = values.iter().filter(|value| scene.holds(test, value.as_ref(), moment, None)).count();
            enough >= at_least as usize
        }
    };
    if holds && rule.latches {
        return Verdict { truth: Truth::True, due: NEVER, settled: true };
    }
    let mut due = state.due(scene, clockwork, rule, at);
    let release = if rule.delayed { release(scene, rule, gate) } else { i64::MIN };
    if at < release && release != NEVER {
        due = due.min(release);
    }
    Verdict::open(Truth::of(holds && at >= release), due)
}

/// From when on a comparison that one more event could break holds; `i64::MIN`: at once, for a period without an end.
fn release(scene: &Scene<'_>, rule: &Behaviour, gate: GateTimes) -> i64 {
    let zone = &scene.program.workspace.zone;
    let clock = Timestamp(gate.clock);
    match &rule.period {
        Period::Window if gate.end == NEVER => i64::MIN,
        Period::Window => gate.end,
        Period::Within(span) | Period::FromTo(_, span) => clock.plus(*span, zone).0.min(gate.end),
        Period::Last(span) => lasted(gate.clock, *span, zone),
        _ => i64::MIN,
    }
}

/// Evaluates a leaf that reads traits, memberships or what earlier passes said. `value_of` gives another leaf's value.
pub(crate) fn reading(
    scene: &Scene<'_>,
    kind: &LeafKind,
    at: i64,
    mut value_of: impl FnMut(usize) -> Option<Value>,
) -> Verdict {
    let moment = Moment { at, row: None, captured: &[] };
    let zone = &scene.program.workspace.zone;
    match kind {
        LeafKind::Trait(leaf) => trait_leaf(scene, leaf, at),
        LeafKind::Ratio { of, to, test } => {
            let mut quantity = |quantity: &Quantity| match quantity {
                Quantity::Trait(path) => scene.trait_value(path, moment)?.as_number(),
                Quantity::Leaf(leaf) => value_of(*leaf)?.as_number(),
            };
            let share = match (quantity(of), quantity(to)) {
                (Some(of), Some(to)) => Number::ratio(of.0, to.0),
                _ => None,
            };
            let value = share.map(Value::Number);
            Verdict::open(Truth::of(value.is_some() && scene.holds(test, value.as_ref(), moment, None)), NEVER)
        }
        LeafKind::Meets { unit, lasting } => {
            let since = scene.books.inside(*unit, scene.subject.code, at);
            lasting_verdict(since, *lasting, at, zone)
        }
        LeafKind::OfAccount { unit } => {
            let inside = scene.account_at(at).and_then(|code| scene.books.inside(*unit, code, at));
            Verdict::open(Truth::of(inside.is_some()), NEVER)
        }
        LeafKind::MembersMeeting { unit, test } => {
            let members = scene.members_at(at);
            let inside = members.iter().filter(|member| scene.books.inside(*unit, member.code, at).is_some());
            let count = Value::whole(inside.count() as i64);
            Verdict::open(Truth::of(scene.holds(test, Some(&count), moment, None)), NEVER)
        }
        LeafKind::DefaultPopulation { email, goal } => {
            let internal = email.as_ref().and_then(|path| scene.trait_value(path, moment)).is_some_and(|value| {
                let kind = value.as_text().and_then(|text| scene.program.workspace.domain_kind(text));
                kind == Some(crate::workspace::DomainKind::Internal)
            });
            let converted = goal.is_some_and(|goal| scene.converted_before(goal, scene.subject, at));
            Verdict::open(Truth::of(!internal && !converted), NEVER)
        }
        LeafKind::Consent(path) => {
            let said = scene.trait_value(path, moment);
            Verdict::open(Truth::of(!scene.program.workspace.consent.refuses(said.as_ref())), NEVER)
        }
        LeafKind::Behaviour(_) | LeafKind::Sequence(_) => Verdict::open(Truth::False, NEVER),
    }
}

/// True once `since` lies at least the span back.
fn lasting_verdict(since: Option<i64>, lasting: Option<crate::Span>, at: i64, zone: &jiff::tz::TimeZone) -> Verdict {
    match (since, lasting) {
        (None, _) => Verdict::open(Truth::False, NEVER),
        (Some(_), None) => Verdict::open(Truth::True, NEVER),
        (Some(since), Some(span)) => {
            let due = if since == i64::MIN { i64::MIN } else { lasted(since, span, zone) };
            Verdict::open(Truth::of(at >= due), if at < due { due } else { NEVER })
        }
    }
}

fn trait_leaf(scene: &Scene<'_>, leaf: &TraitLeaf, at: i64) -> Verdict {
    if leaf.path.owner != TraitOwner::AnyMember {
        let owner = scene.owner(leaf.path.owner, Moment { at, row: None, captured: &[] });
        return of_owner(scene, leaf, owner, at);
    }
    // As `any` over the members.
    let (mut truth, mut due) = (Truth::False, NEVER);
    for member in scene.members_at(at) {
        let verdict = of_owner(scene, leaf, Some(member), at);
        truth = truth.max(verdict.truth);
        due = due.min(verdict.due);
    }
    Verdict::open(truth, due)
}

/// The comparison of one owner's trait.
fn of_owner(scene: &Scene<'_>, leaf: &TraitLeaf, owner: Option<Subject>, at: i64) -> Verdict {
    let trait_now = owner.and_then(|owner| scene.value_of(&leaf.path, owner, at));
    let mut due = NEVER;
    let mut consider = |change: i64| {
        if change > at {
            due = due.min(change);
        }
    };
    scene.changes(&leaf.test, trait_now.as_ref()).into_iter().for_each(&mut consider);
    base_changes(scene, leaf, at).into_iter().for_each(&mut consider);
    if trait_now.is_none() && leaf.unknown_if_missing {
        return Verdict::open(Truth::Unknown, due);
    }
    let value = grown(scene, leaf, trait_now, at, at);
    let holds = scene.holds(&leaf.test, value.as_ref(), Moment { at, row: None, captured: &[] }, None);
    match leaf.lasting {
        None => Verdict::open(Truth::of(holds), due),
        Some(span) => {
            let since = holds.then(|| held_since(scene, leaf, owner, at));
            let verdict = lasting_verdict(since, Some(span), at, &scene.program.workspace.zone);
            Verdict::open(verdict.truth, verdict.due.min(due))
        }
    }
}

/// A trait's value, or its growth on its base. The base's owner is the one at `now`.
fn grown(scene: &Scene<'_>, leaf: &TraitLeaf, value: Option<Value>, at: i64, now: i64) -> Option<Value> {
    let Some((base, ago)) = &leaf.against else { return value };
    let zone = &scene.program.workspace.zone;
    let owner = scene.owner(base.owner, Moment { at: now, row: None, captured: &[] })?;
    // Months are clamped, so that what began later can be a month old earlier: each change is asked for itself.
    let changes = change_times(scene, base, owner).into_iter();
    let then = changes.filter(|change| *change == i64::MIN || lasted(*change, *ago, zone) <= at).max();
    let base = scene.value_of(base, owner, then.unwrap_or(i64::MIN));
    growth(value?.as_number()?, base?.as_number()?).map(Value::Number)
}

/// When the base of a trend changes: each change of its trait, that long later.
fn base_changes(scene: &Scene<'_>, leaf: &TraitLeaf, now: i64) -> Vec<i64> {
    let Some((base, ago)) = &leaf.against else { return Vec::new() };
    let owner = scene.owner(base.owner, Moment { at: now, row: None, captured: &[] });
    let zone = &scene.program.workspace.zone;
    let times = owner.map_or_else(Vec::new, |owner| change_times(scene, base, owner));
    times.into_iter().filter(|time| *time != i64::MIN && *time != NEVER).map(|time| lasted(time, *ago, zone)).collect()
}

/// The instants at which an owner's trait changes.
pub(super) fn change_times(scene: &Scene<'_>, path: &TraitRef, owner: Subject) -> Vec<i64> {
    let slot = path.slots.for_kind(owner.kind);
    let mut times: Vec<i64> = scene.books.history(owner, slot).iter().map(|(from, _)| *from).collect();
    if let Some(derived) = path.derived {
        times.extend(scene.derived_times(derived, owner));
        let accounts: Vec<u32> = scene.books.stays(owner).iter().map(|stay| stay.account).collect();
        for code in accounts {
            // A user's stage is his account's where he has none of his own.
            let account = account(code);
            let slot = path.slots.account;
            times.extend(scene.books.history(account, slot).iter().map(|(from, _)| *from));
            times.extend(scene.derived_times(derived, account));
        }
        times.extend(scene.books.stays(owner).iter().flat_map(|stay| [stay.from, stay.until]));
    }
    times
}

/// Since when the comparison has held without a break, given that it holds at `at`: looks back over the instants at which
/// its inputs changed.
fn held_since(scene: &Scene<'_>, leaf: &TraitLeaf, owner: Option<Subject>, at: i64) -> i64 {
    let any = leaf.path.owner == TraitOwner::AnyMember;
    let moment = |at: i64| Moment { at, row: None, captured: &[] };
    let owner_at = |time: i64| if any { owner } else { scene.owner(leaf.path.owner, moment(time)) };
    let mut times: Vec<i64> = base_changes(scene, leaf, at);
    let stays: Vec<i64> = scene.books.stays(scene.subject).iter().flat_map(|stay| [stay.from, stay.until]).collect();
    let mut owners: Vec<Subject> = stays.iter().filter_map(|time| owner_at(*time)).chain(owner).collect();
    owners.sort_unstable();
    owners.dedup();
    for owner in owners {
        for time in change_times(scene, &leaf.path, owner) {
            times.push(time);
            let value = scene.value_of(&leaf.path, owner, time);
            times.extend(scene.changes(&leaf.test, value.as_ref()));
        }
    }
    if !any {
        times.extend(stays);
        if leaf.path.owner == TraitOwner::FirstMember
            && let Some(code) = scene.account_at(at)
        {
            times.extend(scene.books.members(code).iter().map(|stay| stay.from));
        }
    }
    times.retain(|time| *time <= at && *time != i64::MIN);
    times.sort_unstable_by(|left, right| right.cmp(left));
    times.dedup();
    // Behind the earliest change everything was as it was always.
    let mut since = at;
    for time in times.into_iter().chain([i64::MIN]) {
        let value = owner_at(time).and_then(|owner| scene.value_of(&leaf.path, owner, time));
        let value = grown(scene, leaf, value, time, time);
        if !scene.holds(&leaf.test, value.as_ref(), moment(time), None) {
            return since;
        }
        since = time;
    }
    since
}
