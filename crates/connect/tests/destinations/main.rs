//! What is sent to destinations.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod asked;
mod receivers;
mod slack;
mod webhook;
