//! Statistics that a report can be held to.
//!
//! Pure functions from counts and durations to estimates: no files, no clock, no randomness that is not seeded by
//! the caller. Nothing here panics on any input: what cannot be answered is `None` where there is only one possible
//! reason (nobody to count), and [`Unanswerable`] where the reader needs to be told which.
//!
//! | question | module |
//! |---|---|
//! | what share converted, and how sure are we? | [`proportion`], [`difference`] |
//! | do the qualified convert more often? | [`table`], and within segments [`stratified`] |
//! | which of many findings survive having looked at many? | [`multiplicity`] |
//! | how long until they convert, given that some have not *yet*? | [`survival`] |
//! | did a share change over time, and when? | [`change_point`] |
//! | is there enough history to see it? | [`sample_size`] |
//! | what is a typical duration? | [`quantile`], [`histogram`] |
//! | what does all that is known of a person say together? | [`logistic`], [`isotonic`] |
//! | are the predicted probabilities right, and is their order? | [`calibration`], [`roc`] |
//!
//! Every formula names its source, and `tests/data` holds values computed by other tools, with their versions.

pub mod calibration;
pub mod change_point;
pub mod confidence;
pub mod difference;
pub mod distribution;
mod error;
pub mod histogram;
mod incomplete_beta;
pub mod isotonic;
pub mod logistic;
mod matrix;
pub mod multiplicity;
pub mod proportion;
pub mod quantile;
pub mod random;
pub mod roc;
pub mod sample_size;
pub mod stratified;
pub mod survival;
pub mod table;

pub use confidence::{Confidence, Estimate, Interval};
pub use error::Unanswerable;
