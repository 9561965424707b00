//! What is discovered and learned on real data, as a user runs it. Skipped where the data are not there.
//!
//! Who is looked at, and how many buy, was counted from the same files with DuckDB 2.0.0.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where it cannot go on, and says what it skips"
)]

mod discovery;
mod learned;
mod set;
