//! Why a question has no answer.

/// Why a statistic cannot be computed from what was given.
///
/// These are answers to show ("not enough data"), not faults: a definition that nobody met is an ordinary thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswerable {
    /// There is nothing to count.
    #[error("there are no observations")]
    NoObservations,
    /// Nobody had the event, or everybody, or nobody differs: there is nothing to compare.
    #[error("there is nothing to compare: {0}")]
    NothingToCompare(&'static str),
    /// Two inputs that belong together have different lengths.
    #[error("inputs that belong together have {left} and {right} entries")]
    LengthsDiffer {
        /// Entries in the first.
        left: usize,
        /// Entries in the second.
        right: usize,
    },
    /// A number is not finite, or outside the range that has a meaning.
    #[error("out of range: {0}")]
    OutOfRange(&'static str),
    /// An observation ends before it begins.
    #[error("observation {index} ends before it begins")]
    EndsBeforeItBegins {
        /// Position in the input, from 0.
        index: usize,
    },
    /// A column is constant or a combination of others, so its effect cannot be told apart.
    #[error("some covariates cannot be told apart (one is constant, or a combination of others)")]
    NotIdentifiable,
    /// The estimate runs away, usually because a column separates those with the event from those without.
    #[error("no finite estimate after {iterations} steps (does one covariate separate the events perfectly?)")]
    DidNotConverge {
        /// Steps tried.
        iterations: usize,
    },
}
