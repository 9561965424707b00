//! The tests of the backtest and its report, in one binary.

mod best;
mod definitions;
mod discover;
mod fates;
mod known_answers;
mod learned;
mod learned_shares;
mod limits;
mod near;
mod product;
mod properties;
mod same_age;
mod snapshots;
mod validate;
