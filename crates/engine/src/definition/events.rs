//! Which events are meant.

use std::sync::Arc;

use super::comparison::{Operand, Test};
use crate::record::EventKind;

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
