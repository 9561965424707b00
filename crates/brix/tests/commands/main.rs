//! The real binary, as a user runs it: good and bad input for each command.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod data;
mod init;
mod job;
mod support;
