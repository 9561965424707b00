//! What is live: from the log to leads, with the evaluator that replays history.
//!
//! - [`entry`]: what stands in the log.
//! - [`rules`]: the definitions in force.
//! - [`town`]: all households in memory; [`home`]: one of them.

pub mod entry;
mod home;
mod rules;
mod town;
