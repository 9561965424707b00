//! The engine says what the oracle says, of random definitions and random histories: under disorder, duplicates, late
//! events, back-dated traits, merges, and states that were saved and restored.
//!
//! The seeds that ever failed are in `seeds/` and come first. `BRIX_CASES` sets the number of cases, `BRIX_FIRST_SEED`
//! where they begin.

#[cfg(test)]
mod generate;
#[cfg(test)]
#[path = "../oracle/mod.rs"]
mod oracle;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod sides;
