//! The real binary, as a user runs it: good and bad input for each command.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod consent;
mod data;
mod days;
mod discovering;
mod examples;
mod exits;
mod guide;
mod import;
mod init;
mod job;
mod limits_used;
mod line;
mod masked;
mod questions;
mod retain;
mod support;
