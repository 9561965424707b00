//! What vendors' clients send, as records: real requests, tables of single messages, hostile ones, and random ones.

mod amplitude;
mod asked;
mod clients;
mod mixpanel;
mod posthog;
mod segment;
mod sound;
