//! How good a lead is: its score, the names of scores, and what it may be worth.

use std::sync::Arc;

use super::comparison::TraitPath;
use super::criterion::{Behaviour, Criterion};
use crate::{Number, Span};

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
