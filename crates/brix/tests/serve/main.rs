//! `brix serve`, the real binary, from outside: what clients send, how they are answered, and what is then in the log.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions"
)]

mod ages;
mod api;
mod backups;
mod bad_input;
mod brought;
mod browser;
mod clocks;
mod companies_later;
mod consent;
mod course;
mod definitions;
mod deliveries;
mod disks;
mod document_holds;
mod equality;
mod erasing;
mod exits;
mod failing_destinations;
mod followed_apply;
mod following;
mod ill_destinations;
mod key_command;
mod kills;
mod limits;
mod near;
mod not_ready;
mod odd_bodies;
mod odd_ids;
mod odd_times;
mod people;
mod person_command;
mod private_addresses;
mod pulls;
mod qualification;
mod receivers;
mod repeats;
mod restored;
mod retained;
mod routes;
mod sdks;
mod secrets;
mod segment;
mod settings;
mod simulated;
mod slips;
mod stopping;
mod story;
mod support;
mod suppressed;
mod torn;
mod unknown_ids;
mod versions;
