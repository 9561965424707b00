//! What is compared with what.

use std::sync::Arc;

use crate::workspace::DomainKind;
use crate::{Span, Value};

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
