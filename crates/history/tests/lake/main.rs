//! The lake from outside: imports, scans, crashes, growth, stored formats.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions"
)]

mod crash;
mod damage;
mod erase;
mod frozen;
mod growth;
mod profile;
mod python;
mod retain;
mod same_households;
mod sent;
mod subjects;
mod support;
