//! Limits: what a plan gives, and what counts against it.

use std::sync::Arc;

use crate::definition::TraitPath;

/// A limit that the workspace names, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The trait that holds it: without an owner it is the trait of that name of whomever is looked at, or of their account.
    pub limit: TraitPath,
    /// What counts against it.
    pub used: LimitUse,
}

/// What counts against a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitUse {
    /// How often an event happened.
    Event(Arc<str>),
    /// A number that is known of the same subject.
    Trait(Arc<str>),
    /// How many members used the product.
    Members,
}
