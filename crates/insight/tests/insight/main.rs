//! The tests of the backtest and its report, in one binary.

mod common;
mod fates;
mod properties;
mod same_age;
mod snapshots;
