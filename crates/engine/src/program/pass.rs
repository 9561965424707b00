//! What definitions compile to: passes over timelines, each a set of clocks, gates, leaves and units.

use std::sync::Arc;

use crate::definition::{Aggregate, CalendarUnit, Events, NamePattern, Op, Pattern, TraitOwner};
use crate::household::EventName;
use crate::program::screen::Screen;
use crate::record::{EventKind, SubjectKind};
use crate::workspace::DomainKind;
use crate::{Number, Span, Value};

/// One fold over the timelines of all subjects of a kind. Passes run in order: what a pass reads of other
/// subjects was said by an earlier one.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    pub kind: Option<SubjectKind>,
    pub clocks: Vec<ClockRule>,
    pub gates: Vec<Gate>,
    pub leaves: Vec<Leaf>,
    pub nodes: Vec<Node>,
    pub filters: Vec<Filter>,
    pub units: Vec<Unit>,
    pub goals: Vec<GoalRule>,
    /// Which units a leaf's truth can change.
    pub leaf_units: Vec<Vec<u32>>,
    /// Counts kept in the quick way, for one or more leaves: see [`HotRule`].
    pub hot: Vec<HotRule>,
    /// For each leaf its place among the hot ones, if it is one.
    pub leaf_hot: Vec<Option<u32>>,
    /// The different periods of hot leaves: gate and period.
    pub hot_spans: Vec<(usize, Period)>,
    /// No clock and no marker is started by an event, so that events of one instant can be counted in any order.
    pub unordered: bool,
    /// All windows end a fixed time after their clocks.
    pub fixed_windows: bool,
    /// The units that later passes read.
    pub kept: Vec<usize>,
    /// Units that hold for good once they hold, and before that change by nothing but their behaviour coming true.
    pub steady: Vec<bool>,
    /// Leaves that are made of a leaf's value (ratios).
    pub dependents: Vec<Vec<u32>>,
    /// For each gate the leaves that may hold, or fall due, without any event; evaluated when the gate opens.
    pub openers: Vec<Vec<u32>>,
    /// Event selectors and what they touch, before binding to a dictionary.
    pub touches: Vec<(Selector, Touch)>,
    /// Leaves that read traits, memberships or other units, and so wake with them.
    pub wakeful: Vec<u32>,
    pub screen: Screen,
}

/// Names and kind of an event selector; its filter is in the touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub names: Vec<NamePattern>,
    pub kind: Option<EventKind>,
}

impl Selector {
    /// Names and kind of `events`; `any` without a kind means product events.
    pub fn of(events: &Events) -> Self {
        let any = events.names.iter().any(|name| matches!(name, NamePattern::Any));
        let kind = events.kind.or(if any { Some(EventKind::Product) } else { None });
        Self { names: events.names.clone(), kind }
    }

    /// Whether an event of this name and kind is selected.
    pub fn selects(&self, event: &EventName) -> bool {
        self.kind.is_none_or(|kind| kind == event.kind)
            && self.names.iter().any(|pattern| match pattern {
                NamePattern::Any => true,
                NamePattern::Exactly(name) => *name == event.name,
                NamePattern::Prefix(prefix) => event.name.starts_with(&**prefix),
            })
    }
}

/// What an event does, in the order in which it is done at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// May start a clock.
    Clock,
    /// Starts a `since` period anew.
    Marker,
    /// Is counted in the quick way; the index is the place in [`Pass::hot`].
    Hot,
    /// Is measured by a leaf.
    Hit,
    /// Is a step of a sequence leaf.
    Step(u8),
    /// Is a conversion.
    Goal,
    /// Makes an entry of a unit.
    Entry,
}

/// An event's effect on one clock, leaf, goal or unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touch {
    pub effect: Effect,
    pub index: u32,
    /// The filter's place in [`Pass::filters`]; [`Touch::UNFILTERED`] for none.
    pub filter: u32,
}

impl Touch {
    pub const UNFILTERED: u32 = u32::MAX;
}

/// When a subject's time starts.
#[derive(Debug, Clone)]
pub(crate) enum ClockRule {
    FirstSeen,
    Event,
    Trait(TraitRef),
}

/// A clock and the window behind it.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub clock: usize,
    pub window: WindowRule,
    /// The units whose time it is.
    pub units: Vec<u32>,
    /// Those of them that may hold when it opens, so that they need a look.
    pub loud: Vec<u32>,
}

#[derive(Debug, Clone)]
pub(crate) enum WindowRule {
    Open,
    For(Span),
    Until(TraitRef),
}

/// The smallest condition: its truth is kept and re-evaluated only when touched or due.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub gate: usize,
    pub kind: LeafKind,
    pub words: Arc<str>,
}

#[derive(Debug)]
pub(crate) enum LeafKind {
    Behaviour(Behaviour),
    Sequence(Sequence),
    Trait(TraitLeaf),
    Ratio {
        of: Quantity,
        to: Quantity,
        test: Test,
    },
    Meets {
        unit: usize,
        lasting: Option<Span>,
    },
    MembersMeeting {
        unit: usize,
        test: Test,
    },
    OfAccount {
        unit: usize,
    },
    /// Not internal and no conversion before now.
    DefaultPopulation {
        email: Option<TraitRef>,
        goal: Option<usize>,
    },
    /// Nobody who refuses to be judged.
    Consent(TraitRef),
}

/// A measure of events over a period, perhaps compared.
#[derive(Debug, Clone)]
pub(crate) struct Behaviour {
    pub measure: Measure,
    pub period: Period,
    pub test: Option<Test>,
    /// The comparison holds only from the period's end.
    pub delayed: bool,
    /// The measure can only grow while the period lasts, so that `>=` once true stays true.
    pub latches: bool,
    /// Calendar units told apart: `per`, regularity, or a calendar period.
    pub units: Option<CalendarUnit>,
    pub grouping: Grouping,
    pub previous: bool,
    /// For a plain count (or days) over a rolling period compared by `>= n`: only the last n times (or days) matter.
    pub last_times: Option<u64>,
    /// The comparison is with this number.
    pub bound: Option<(Op, Number)>,
}

/// What most definitions are made of: so many events, or separate days, within an anchored period. Leaves that count the
/// same share one number, which is never looked at again once all of them hold.
#[derive(Debug, Clone)]
pub(crate) struct HotRule {
    /// The place in [`Pass::hot_spans`].
    pub span: u32,
    pub days: bool,
    /// What the count is compared with, ascending, and the leaf that then holds.
    pub thresholds: Vec<(u32, u32)>,
}

impl HotRule {
    /// What a leaf needs.
    pub fn needed(&self, leaf: u32) -> Option<u32> {
        self.thresholds.iter().find(|(_, of)| *of == leaf).map(|(needed, _)| *needed)
    }
}

/// How calendar units make one value or truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Not told apart.
    Whole,
    /// The current unit's.
    Current,
    /// Some unit's (the largest).
    Some,
    /// In at least so many of the last so many.
    Regular { units: u32, at_least: u32 },
}

#[derive(Debug, Clone)]
pub(crate) enum Measure {
    Count,
    Days,
    Weeks,
    Users,
    DistinctName,
    DistinctProperty(u32),
    Of(Aggregate, u32),
    Grouped { outer: Aggregate, inner: Aggregate, of: u32, by: u32 },
    Gap(u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Period {
    Window,
    Within(Span),
    FromTo(Span, Span),
    Last(Span),
    Calendar,
    Since { latest: bool },
    Ever,
}

/// Steps in order.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub steps: usize,
    /// For each step: what later steps' filters need of it.
    pub captures: Vec<Vec<Capture>>,
    pub span: Option<i64>,
    pub period: Period,
    pub units: Option<CalendarUnit>,
    /// No event can be two steps, so that used events need not be told apart.
    pub disjoint: bool,
}

/// What is remembered of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Capture {
    Property(u32),
    Day,
    Time,
}

#[derive(Debug)]
pub(crate) struct TraitLeaf {
    pub path: TraitRef,
    pub test: Test,
    pub lasting: Option<Span>,
    pub against: Option<(TraitRef, Span)>,
    /// Whether a missing value is "unknown" in a fit.
    pub unknown_if_missing: bool,
}

#[derive(Debug)]
pub(crate) enum Quantity {
    Trait(TraitRef),
    /// Another leaf's value.
    Leaf(usize),
}

/// Whose trait, and where it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraitRef {
    pub owner: TraitOwner,
    pub slots: TraitSlots,
    pub derived: Option<Derived>,
}

/// The slot of a trait's name for each kind of subject that can own it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraitSlots {
    pub user: u32,
    pub account: u32,
    pub workspace: u32,
}

impl TraitSlots {
    pub const fn for_kind(self, kind: SubjectKind) -> u32 {
        match kind {
            SubjectKind::User => self.user,
            SubjectKind::Account => self.account,
            SubjectKind::Workspace => self.workspace,
        }
    }
}

/// Traits that Brix keeps itself, where the data has none of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derived {
    FirstSeen,
    LastSeen,
    /// The property slot of `utm_source` or `utm_campaign`.
    FirstOf(u32),
    Members,
    Rank,
    /// `customer` after the first conversion of this goal.
    Stage(Option<usize>),
}

/// A condition tree; leaves are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    All(Vec<u32>),
    Any(Vec<u32>),
    Not(u32),
    AtLeast(u32, Vec<u32>),
    Leaf(u32),
}

/// Something said of each subject: a definition's entries, or a signal that other passes read.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Its number over all passes; the key of its output.
    pub output: usize,
    /// Whether a later pass reads its output.
    pub kept: bool,
    pub gate: usize,
    /// Without those who refuse to be judged.
    pub population: Option<u32>,
    /// The population as it was given.
    pub given_population: Option<u32>,
    pub when: u32,
    pub fit: Option<u32>,
    /// The definition, or none for a signal.
    pub definition: Option<DefinitionUnit>,
}

/// What only definitions have.
#[derive(Debug)]
pub(crate) struct DefinitionUnit {
    /// Its place in the program.
    pub place: usize,
    pub once: bool,
    pub on_event: bool,
    pub score: Vec<(Number, Share)>,
    pub value: Option<(Option<TraitRef>, Number)>,
    pub goal: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum Share {
    Time { best: i64, worst: i64 },
    Measure { leaf: usize, full: Number },
    Points { rows: Vec<(u32, Number, Option<i64>)>, cap: Number },
    FitMet(Vec<u32>),
    Max(Vec<Self>),
}

/// A goal within a pass.
#[derive(Debug)]
pub(crate) struct GoalRule {
    /// On whose timeline goals are looked for; `None`: the own, and for users also the account's.
    pub of: Option<SubjectKind>,
    /// Whether the subject's own events are goals.
    pub own: bool,
    /// The output of the account's conversions, where they count too.
    pub of_account: Option<usize>,
    /// The output that holds this subject's own conversions for later passes.
    pub output: Option<usize>,
}

/// A comparison with its operands resolved.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Is(Op, Operand),
    Between(Operand, Operand),
    In(Vec<Operand>),
    NotIn(Vec<Operand>),
    Contains(Operand),
    Starts(Arc<str>),
    Ends(Arc<str>),
    Matches(Pattern),
    Exists,
    Missing,
    OlderThan(Span),
    WithinLast(Span),
    WithinNext(Span),
    DomainKind(DomainKind),
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Constant(Value),
    Property(u32),
    /// Of an earlier step: its place in the captures of the partial match.
    Captured(usize),
    Day,
    Time,
    UserId,
    Trait(TraitRef),
}

#[derive(Debug)]
pub(crate) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test { left: Operand, test: Test },
}

impl Filter {
    /// Whether it looks at earlier steps of a sequence.
    pub fn relates(&self) -> bool {
        let looks = |operand: &Operand| matches!(operand, Operand::Captured(_));
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::relates),
            Self::Not(part) => part.relates(),
            Self::Test { left, test } => {
                looks(left)
                    || match test {
                        Test::Is(_, operand) | Test::Contains(operand) => looks(operand),
                        Test::Between(low, high) => looks(low) || looks(high),
                        Test::In(list) | Test::NotIn(list) => list.iter().any(looks),
                        _ => false,
                    }
            }
        }
    }
}
