//! The `brix` command: from files of events to a proven definition. `brix --help` lists what it can do,
//! `docs/getting-started.md` goes through it.
//!
//! Each command is a file of [`commands`]; [`dispatch`] finds the way to it. What is shared by all: options in [`cli`], exit codes in
//! [`exit`], and where data and words go in [`console`]. The work itself is done by the libraries.

mod access;
mod backup;
mod cli;
mod commands;
mod console;
mod definitions;
mod delivery;
mod dispatch;
mod exit;
mod instant;
mod judging;
mod live;
mod mistyped;
mod overview;
mod progress;
mod question;
mod scratch;
mod serve;
mod table;
mod workers;
mod workspace;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A server keeps millions of small things for a long time, which come and go on several threads: see decision 25.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    dispatch::run(std::env::args_os())
}
