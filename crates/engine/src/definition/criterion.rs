//! Conditions on a subject at an instant: measures of its events over a period, events in order, traits, shares, other definitions.

use std::sync::Arc;

use super::comparison::{Test, TraitPath};
use super::events::Events;
use crate::Span;

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
