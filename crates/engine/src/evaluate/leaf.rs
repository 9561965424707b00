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
use crate::program::pass::{Behaviour, Grouping, LeafKind, Period, Quantity, TraitLeaf, TraitRef};
use crate::record::SubjectKind;
use crate::{Number, Timestamp, Value};

const NEVER: i64 = i64::MAX;

/// A leaf's truth as last evaluated, and its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeafState {
    pub truth: Truth,
    /// It cannot change any more.
    pub settled: bool,
    /// When it last came true.
    pub since: i64,
    /// When it must be evaluated again, event or not.
    pub due: i64,
    pub body: LeafBody,
}

/// What is remembered, by kind of leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LeafBody {
    Behaviour(Box<BehaviourState>),
    Sequence(Box<SequenceState>),
    /// Reads only what is kept elsewhere.
    Reading,
}

impl LeafState {
    pub fn new(kind: &LeafKind) -> Self {
        let body = match kind {
            LeafKind::Behaviour(_) => LeafBody::Behaviour(Box::default()),
            LeafKind::Sequence(_) => LeafBody::Sequence(Box::default()),
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
            let mut inside: Vec<u32> = members_at(scene, at)
                .filter(|member| scene.books.inside(*unit, member.code, at).is_some())
                .map(|member| member.code)
                .collect();
            inside.sort_unstable();
            inside.dedup();
            let count = Value::whole(inside.len() as i64);
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
        LeafKind::Behaviour(_) | LeafKind::Sequence(_) => Verdict::open(Truth::False, NEVER),
    }
}

/// The users who are members of the subject's account (or of the workspace's) at an instant.
fn members_at<'a>(scene: &'a Scene<'_>, at: i64) -> impl Iterator<Item = Subject> + 'a {
    let stays = scene.account_at(at).map_or(&[][..], |code| scene.books.members(code));
    stays.iter().filter(move |stay| stay.holds(at) && stay.member.kind == SubjectKind::User).map(|stay| stay.member)
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
    if leaf.path.owner == TraitOwner::AnyMember {
        return any_member(scene, leaf, at);
    }
    let value = trait_value(scene, leaf, &leaf.path, at);
    let moment = Moment { at, row: None, captured: &[] };
    let mut due = NEVER;
    for change in scene.changes(&leaf.test, value.as_ref()) {
        if change > at {
            due = due.min(change);
        }
    }
    if let Some((path, ago)) = &leaf.against {
        due = due.min(base_due(scene, path, *ago, at));
    }
    if value.is_none() && leaf.unknown_if_missing {
        return Verdict::open(Truth::Unknown, due);
    }
    let holds = scene.holds(&leaf.test, value.as_ref(), moment, None);
    match leaf.lasting {
        None => Verdict::open(Truth::of(holds), due),
        Some(span) => {
            let since = holds.then(|| held_since(scene, leaf, at));
            let verdict = lasting_verdict(since, Some(span), at, &scene.program.workspace.zone);
            Verdict::open(verdict.truth, verdict.due.min(due))
        }
    }
}

/// The trait's value, or its growth on its base.
fn trait_value(scene: &Scene<'_>, leaf: &TraitLeaf, path: &TraitRef, at: i64) -> Option<Value> {
    let value = scene.trait_value(path, Moment { at, row: None, captured: &[] });
    let Some((base, ago)) = &leaf.against else { return value };
    let then = Timestamp(at).minus(*ago, &scene.program.workspace.zone).0;
    let base = scene.trait_value(base, Moment { at: then, row: None, captured: &[] });
    growth(value?.as_number()?, base?.as_number()?).map(Value::Number)
}

/// When the base of a trend next changes: each of its changes, that long later.
fn base_due(scene: &Scene<'_>, path: &TraitRef, ago: crate::Span, at: i64) -> i64 {
    let zone = &scene.program.workspace.zone;
    let mut due = NEVER;
    for subject in owners(scene, path) {
        for (from, _) in scene.books.history(subject, path.slots.for_kind(subject.kind)) {
            if *from != i64::MIN {
                let change = lasted(*from, ago, zone);
                if change > at {
                    due = due.min(change);
                }
            }
        }
        if subject != scene.subject {
            for stay in scene.books.stays(scene.subject) {
                for time in [stay.from, stay.until] {
                    let change = lasted(time, ago, zone);
                    if change > at && time != NEVER {
                        due = due.min(change);
                    }
                }
            }
        }
    }
    due
}

/// Everyone whose trait a path can mean for the subject.
fn owners(scene: &Scene<'_>, path: &TraitRef) -> Vec<Subject> {
    match path.owner {
        TraitOwner::Own | TraitOwner::User => vec![scene.subject],
        TraitOwner::Account if scene.subject.kind == SubjectKind::Account => vec![scene.subject],
        TraitOwner::Account => scene.books.stays(scene.subject).iter().map(|stay| account(stay.account)).collect(),
        TraitOwner::Workspace if scene.subject.kind == SubjectKind::Workspace => vec![scene.subject],
        TraitOwner::Workspace => Vec::new(),
        TraitOwner::FirstMember | TraitOwner::AnyMember => {
            let accounts: Vec<u32> = match scene.subject.kind {
                SubjectKind::Account => vec![scene.subject.code],
                _ => scene.books.stays(scene.subject).iter().map(|stay| stay.account).collect(),
            };
            accounts
                .iter()
                .flat_map(|code| scene.books.members(*code).iter().map(|stay| stay.member))
                .filter(|member| member.kind == SubjectKind::User)
                .collect()
        }
    }
}

/// Since when the comparison has held without a break, given that it holds at `at`: looks back over the instants at which
/// its inputs changed.
fn held_since(scene: &Scene<'_>, leaf: &TraitLeaf, at: i64) -> i64 {
    let mut times: Vec<i64> = Vec::new();
    for subject in owners(scene, &leaf.path) {
        let slot = leaf.path.slots.for_kind(subject.kind);
        for (from, value) in scene.books.history(subject, slot) {
            times.push(*from);
            times.extend(scene.changes(&leaf.test, Some(value)));
        }
        if let Some(derived) = leaf.path.derived {
            times.extend(scene.derived_times(derived, subject));
        }
    }
    for stay in scene.books.stays(scene.subject) {
        times.extend([stay.from, stay.until]);
    }
    if (scene.subject.kind != SubjectKind::User || leaf.path.derived.is_some())
        && let Some(code) = scene.account_at(at)
    {
        times.extend(scene.books.members(code).iter().flat_map(|stay| [stay.from, stay.until]));
    }
    if let Some((base, ago)) = &leaf.against {
        let mut then = i64::MIN;
        loop {
            let change = base_due(scene, base, *ago, then);
            if change > at {
                break;
            }
            times.push(change);
            then = change;
        }
    }
    times.retain(|time| *time <= at && *time != i64::MIN);
    times.sort_unstable_by(|left, right| right.cmp(left));
    times.dedup();
    // Behind the earliest change everything was as it was always.
    let mut since = at;
    for time in times.into_iter().chain([i64::MIN]) {
        let value = trait_value(scene, leaf, &leaf.path, time);
        let moment = Moment { at: time, row: None, captured: &[] };
        if !scene.holds(&leaf.test, value.as_ref(), moment, None) {
            return since;
        }
        since = time;
    }
    since
}

fn any_member(scene: &Scene<'_>, leaf: &TraitLeaf, at: i64) -> Verdict {
    let moment = Moment { at, row: None, captured: &[] };
    let mut due = NEVER;
    let (mut holds, mut known) = (false, false);
    for member in members_at(scene, at) {
        let value = scene.books.trait_at(member, leaf.path.slots.user, at);
        known |= value.is_some();
        let inner = scene.holds(&leaf.test, value, moment, None);
        holds |= inner;
        for change in scene.changes(&leaf.test, value) {
            if change > at {
                due = due.min(change);
            }
        }
    }
    if !known && leaf.unknown_if_missing {
        return Verdict::open(Truth::Unknown, due);
    }
    Verdict::open(Truth::of(holds), due)
}
