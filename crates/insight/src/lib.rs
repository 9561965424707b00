//! Questions asked of many lives: what a definition would have done, had it been live.
//!
//! Pure functions of their arguments: no clock ("today" is an argument), no files, no threads, no randomness. The
//! engine says what a definition says of one subject; this crate counts, compares and tells.
//!
//! A question is a fold: [`Backtest::new`], [`Backtest::add`] for each [`Life`], [`Backtest::merge`] of parts that were
//! folded elsewhere, [`Backtest::finish`]. The answer, a [`Report`], is one value that is written as JSON, as text for
//! a terminal ([`text::report`]) or as one self-contained page ([`html::page`]).
//!
//! [`validate`] asks whether a definition still holds, [`limits`] where a free limit should be, on the same lives.
//!
//! **Invariants**
//! - Nothing later than the question's `data_until` (for conversions: `observed_until`) changes the report.
//! - The report does not depend on the order in which lives were added or parts merged.
//! - Qualified people are compared with people who had not qualified *at the same age*, never from signup on: whoever
//!   qualifies late has, by then, survived as a free user (immortal time).
//! - Every count opens to the people it counts; lists are capped at a stated number, the totals are not.
//! - Where there are too few people, the report says so instead of giving a figure ([`enough`]).

pub mod backtest;
pub mod best;
mod case;
pub mod discover;
pub mod enough;
pub mod figure;
pub mod found;
pub mod html;
pub mod learned;
pub mod life;
pub mod limits;
pub mod near;
pub mod plain;
pub mod qualified;
pub mod question;
pub mod refusal;
pub mod report;
pub mod text;
pub mod told;
pub mod validate;
pub mod words;
pub mod workers;

mod capacity;
mod curves;
mod customers;
mod drift;
mod headline;
mod leads;
mod overlap;
mod pace;
mod same_age;
mod segments;
mod volume;

pub use backtest::Backtest;
pub use discover::{Discover, Discovery};
pub use life::{EntryFacts, Life, LifeEntry, LifeOutcome};
pub use question::{DefinitionFacts, NeededEvent, Question};
pub use refusal::{Refusal, refusals};
pub use report::Report;
pub use same_age::LeadsAndRest;
