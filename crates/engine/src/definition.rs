//! The definition language, read: what a definition file says, as plain data. `docs/language.md` has the
//! meaning; the parser and the checks are in [`crate::language`].

use std::sync::Arc;

use crate::record::{EventKind, SubjectKind};
use crate::workspace::DomainKind;
use crate::{Number, Span, Value};

/// A PQL or PQA definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The stable name; caps, holdout and `once` belong to it across versions.
    pub id: Arc<str>,
    /// For people.
    pub name: String,
    /// What is qualified.
    pub subject: SubjectKind,
    /// Who can qualify; `None`: the workspace's default.
    pub population: Option<Population>,
    /// When the subject's time starts.
    pub clock: Clock,
    /// How long after the clock `when` can be met; `None`: for ever.
    pub window: Option<Window>,
    /// The behaviour.
    pub when: Criterion,
    /// The fit, three-valued; `None`: everyone fits.
    pub fit: Option<Criterion>,
    /// 0–100, the sum of its parts, in the file's order; empty: no score.
    pub score: Vec<ScorePart>,
    /// Names for scores, highest threshold first.
    pub bands: Vec<Band>,
    /// What the lead may be worth in a year.
    pub value: Option<ValueRule>,
    /// What a conversion is; `None`: the workspace's goal.
    pub goal: Option<Goal>,
    /// Which entries are kept.
    pub entries: Entries,
}

impl Definition {
    /// A definition of a behaviour and nothing else: from first seen on, without a window, in the workspace's population,
    /// by the workspace's goal, once.
    #[must_use]
    pub fn of(id: &str, name: &str, subject: SubjectKind, when: Criterion) -> Self {
        Self {
            id: Arc::from(id),
            name: name.to_owned(),
            subject,
            population: None,
            clock: Clock::FirstSeen,
            window: None,
            when,
            fit: None,
            score: Vec::new(),
            bands: Vec::new(),
            value: None,
            goal: None,
            entries: Entries::Once,
        }
    }
}

/// Who can qualify, tested at each instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Population {
    /// Everyone.
    Everyone,
    /// Whoever meets it; a missing trait is "no".
    Meeting(Criterion),
}

/// When the subject's time starts: the earliest match; repeats are ignored.
#[derive(Debug, Clone, PartialEq)]
pub enum Clock {
    /// The subject's first product event.
    FirstSeen,
    /// Its first event of these.
    Event(Events),
    /// The date held by the first value of a trait (a time, or a text that is an ISO 8601 date or time).
    Trait(TraitPath),
}

/// When `when` can no longer be met.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// This long after the clock.
    For(Span),
    /// The date held by a trait, as known at each instant.
    Until(TraitPath),
}

/// Which entries are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Entries {
    /// The first.
    Once,
    /// All, numbered, each with its exit.
    Repeated,
    /// One for each matching event at whose instant the definition holds.
    OnEvent(Events),
}

/// A condition on a subject at an instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Criterion {
    /// All hold.
    All(Vec<Self>),
    /// One holds.
    Any(Vec<Self>),
    /// It does not hold so far.
    Not(Box<Self>),
    /// At least so many hold.
    AtLeast {
        /// How many.
        least: u32,
        /// Of these.
        of: Vec<Self>,
    },
    /// A measure of events over a period, compared.
    Behaviour(Box<Behaviour>),
    /// Events in order.
    Sequence(Box<Sequence>),
    /// A trait as it then was, compared.
    Trait(Box<TraitTest>),
    /// One quantity's share of another, compared.
    Ratio(Box<Ratio>),
    /// Inside an entry of another definition of the same kind of subject (or, from a user, `account.`: see
    /// [`Criterion::OfAccount`]).
    Meets {
        /// The other's id.
        definition: Arc<str>,
        /// Inside it without a break for this long.
        lasting: Option<Span>,
    },
    /// On accounts and workspaces: how many members are inside an entry of a user definition now.
    MembersMeeting {
        /// The user definition's id.
        definition: Arc<str>,
        /// Compared with the number of distinct members.
        is: Test,
    },
    /// From a user's (or workspace's) definition: a criterion on the account's own timeline. Its clock is the
    /// account's first product event; it has no window.
    OfAccount(Box<Self>),
}

/// Which events · what is measured · over which period · compared with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Which events.
    pub events: Events,
    /// What is measured of them.
    pub measure: Measure,
    /// Over which period.
    pub period: Period,
    /// Compared with what. `None` only inside a score's `of:` and a ratio's side, where the value is wanted.
    pub is: Option<Test>,
    /// In some one day or week of the period (the workspace's calendar for accounts, the user's for users).
    pub per: Option<CalendarUnit>,
    /// In each of several calendar units: the measure is taken in each, the comparison must hold in enough.
    pub regularity: Option<Regularity>,
    /// Compared not as it is but as its growth on the previous period: (now − before) / before.
    pub against_previous: bool,
}

/// `in_each_of: { weeks: 4, at_least: 3 }`: of the last 4 calendar weeks, the current one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regularity {
    /// Days or weeks or months.
    pub unit: CalendarUnit,
    /// How many units back, the current one included.
    pub units: u32,
    /// In how many of them the comparison must hold.
    pub at_least: u32,
}

/// A unit of the calendar; weeks start on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
}

/// Which events: any of the names, of the kind, and where the filter holds at the event's instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// Any of these.
    pub names: Vec<NamePattern>,
    /// Only of this kind. With `any` and no kind: product.
    pub kind: Option<EventKind>,
    /// Only where this holds of the event and of traits as they were then.
    pub filter: Option<Filter>,
}

/// A name in an event selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePattern {
    /// Every name.
    Any,
    /// Exactly this one.
    Exactly(Arc<str>),
    /// Every name that starts so (`Report *` is the prefix `Report `).
    Prefix(Arc<str>),
}

/// A condition on one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold.
    All(Vec<Self>),
    /// One holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A comparison.
    Test {
        /// What is compared.
        left: Operand,
        /// With what.
        test: Test,
    },
}

/// A value that a comparison can point at.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// As written.
    Constant(Value),
    /// A property of the event at hand.
    Property(Arc<str>),
    /// `$2.plan`: a property of a sequence's step, counted from 1.
    StepProperty(usize, Arc<str>),
    /// `$2.day`: the calendar day of a step (a number). `$day`, step 0: of the event at hand.
    StepDay(usize),
    /// `$2.time`: the instant of a step. `$time`, step 0: of the event at hand.
    StepTime(usize),
    /// `$user.id`: any of the ids of the user whose event it is. Equal to a text if one of them is.
    UserId,
    /// `$account.plan`, `$user.role`: a trait as it was at the event's instant.
    Trait(TraitPath),
}

/// Whose trait, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraitPath {
    /// Whose.
    pub of: TraitOwner,
    /// Its name. Derived by Brix: `first_seen`, `last_seen`, `first_source`, `first_campaign`, `members`
    /// (of accounts: how many), `rank` (of users: 1 for their account's first member), `stage`.
    pub name: Arc<str>,
}

/// Whose trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TraitOwner {
    /// The subject's own (`email`).
    Own,
    /// The account's (`account.employees`); on an account the same as its own.
    Account,
    /// The workspace's (`workspace.plan`).
    Workspace,
    /// The user's (`user.role`): in a filter, of the user whose event it is; else the same as own.
    User,
    /// On accounts: the first member's (`first_member.role`).
    FirstMember,
    /// On accounts: of any member (`any_member.role`): the comparison holds for one of them.
    AnyMember,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// How many events.
    Count,
    /// On how many calendar days.
    Days,
    /// In how many calendar weeks.
    Weeks,
    /// How many distinct members (accounts, workspaces).
    Users,
    /// How many different values of a property, or events.
    Distinct(DistinctOf),
    /// One number (or value) out of the values of a property; events without it are passed over.
    Of(Aggregate, Arc<str>),
    /// Per value of `by` the inner aggregate of `of`; over those the outer one.
    Grouped {
        /// Over the groups: sum, min, max, avg.
        outer: Aggregate,
        /// Within a group.
        inner: Aggregate,
        /// The property measured.
        of: Arc<str>,
        /// The property that tells the groups apart.
        by: Arc<str>,
    },
    /// The time from the first to the n-th event, in microseconds; missing with fewer.
    Gap(u32),
}

/// What is told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistinctOf {
    /// `$event`: the name.
    EventName,
    /// A property's values; events without it are passed over.
    Property(Arc<str>),
}

/// One out of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Aggregate {
    /// Of numbers; other values are passed over. No numbers: 0.
    Sum,
    /// Of numbers. None: missing.
    Min,
    /// Of numbers. None: missing.
    Max,
    /// Of numbers, compared exactly. None: missing.
    Avg,
    /// Of the earliest event (at one instant: of the smallest value). None: missing.
    First,
    /// Of the latest event (at one instant: of the largest value). None: missing.
    Latest,
}

/// Over which period. Before the clock nothing counts, except with `Ever`.
#[derive(Debug, Clone, PartialEq)]
pub enum Period {
    /// The definition's own window.
    Window,
    /// clock ≤ e < clock + span.
    Within(Span),
    /// clock + from ≤ e < clock + to.
    FromTo(Span, Span),
    /// t − span < e ≤ t.
    Last(Span),
    /// The calendar week or month that holds t.
    Calendar(CalendarUnit),
    /// From the first (or the latest) of these events on, it included.
    Since {
        /// The events.
        events: Events,
        /// From the latest one.
        latest: bool,
    },
    /// From the beginning of the history.
    Ever,
}

/// With what a value is compared. A missing value is false, except for `Missing`.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// An order or equality. Values of different types are never equal and never ordered.
    Is(Op, Operand),
    /// Both ends included.
    Between(Operand, Operand),
    /// One of.
    In(Vec<Operand>),
    /// None of.
    NotIn(Vec<Operand>),
    /// The text holds it (case matters), or the list has it.
    Contains(Operand),
    /// The text starts so.
    Starts(Arc<str>),
    /// The text ends so.
    Ends(Arc<str>),
    /// The regular expression matches somewhere.
    Matches(Pattern),
    /// There is a value.
    Exists,
    /// There is none.
    Missing,
    /// The date is at or before t − span.
    OlderThan(Span),
    /// t − span < date ≤ t.
    WithinLast(Span),
    /// t ≤ date ≤ t + span.
    WithinNext(Span),
    /// The e-mail address's domain is of this kind.
    DomainKind(DomainKind),
}

/// A regular expression that is compared by its text.
#[derive(Debug, Clone)]
pub struct Pattern(pub regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// `>= > = != < <=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Op {
    /// Whether it holds of two things whose order is known.
    #[must_use]
    pub const fn admits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::AtLeast => order.is_ge(),
            Self::Above => order.is_gt(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

/// Events in order: any choice of distinct events in time order, equal timestamps satisfying it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// The steps; a step's filter may point at itself and earlier steps.
    pub steps: Vec<Events>,
    /// From the first to the last at most this long (inclusive); exact spans only.
    pub span: Option<Span>,
    /// All steps lie in it.
    pub period: Period,
}

/// A trait compared.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitTest {
    /// Which.
    pub path: TraitPath,
    /// With what.
    pub test: Test,
    /// The comparison has held without a break for this long.
    pub lasting: Option<Span>,
    /// Compare not the value but its growth on another trait as it was: (value − base) / base.
    pub against: Option<TraitAgainst>,
}

/// The base of a trend.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitAgainst {
    /// Which trait.
    pub path: TraitPath,
    /// As it was this long ago.
    pub ago: Span,
}

/// `of / to`, compared. A missing side, or `to` = 0: false.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// The share.
    pub of: Quantity,
    /// The whole.
    pub to: Quantity,
    /// With what; percentages are fractions of 1.
    pub is: Test,
}

/// A trait's or a measure's number.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// As it then was.
    Trait(TraitPath),
    /// As measured; `is` is `None`.
    Measure(Box<Behaviour>),
}

/// A named part of the score: a share of 0–1 times its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorePart {
    /// `time`, `engagement`, …
    pub name: Arc<str>,
    /// Points for a share of 1.
    pub weight: Number,
    /// How the share comes about.
    pub share: Share,
}

/// A share of 0–1, linear between its ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Share {
    /// Clock to qualification: 1 at `best` or sooner, 0 at `worst` or later. Exact spans.
    Time {
        /// As soon as this: 1.
        best: Span,
        /// As late as this: 0.
        worst: Span,
    },
    /// A measure: 0 at 0, 1 at `full`. A missing measure: 0.
    Measure {
        /// Its comparison is `None`.
        of: Box<Behaviour>,
        /// Full marks.
        full: Number,
    },
    /// The points of what holds, over the cap, at most 1 and at least 0.
    Points {
        /// Each criterion's points.
        table: Vec<PointRow>,
        /// Full marks.
        cap: Number,
    },
    /// How many of the fit's outermost `all` (or the single criterion) are met.
    FitMet,
    /// The largest share of several.
    Max(Vec<Self>),
}

/// A row of a point table.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// If this holds …
    pub criterion: Criterion,
    /// … so many points, also below zero.
    pub points: Number,
    /// Halved for each such span (whole hours) since the criterion last came true; linear in between.
    pub half_life: Option<Span>,
}

/// A score of at least this much has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// `high`, `medium`, …
    pub name: Arc<str>,
    /// The least score.
    pub at_least: Number,
}

/// What a lead may be worth in a year: a trait (or 1) times a number.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueRule {
    /// `account.seats`; `None`: the number alone.
    pub of: Option<TraitPath>,
    /// Times.
    pub times: Number,
    /// ISO 4217.
    pub currency: Arc<str>,
}

/// What a conversion is.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Any of these events.
    pub events: Events,
    /// On whose timeline it is looked for; `None`: the subject's own, and for a user also the account's.
    pub of: Option<SubjectKind>,
    /// Within this long after qualification; `None`: whenever.
    pub within: Option<Span>,
}
