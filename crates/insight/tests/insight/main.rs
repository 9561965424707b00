//! The tests of the backtest and its report, in one binary.

mod common;
mod definitions;
mod fates;
mod known_answers;
mod properties;
mod same_age;
mod snapshots;
