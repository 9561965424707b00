//! What vendors' clients send, as records: real requests, tables of single messages, hostile ones, and random ones.

mod amplitude;
mod asked;
mod clients;
mod declared;
mod fuzz;
mod mixpanel;
mod posthog;
mod pushed;
mod segment;
mod sound;
mod stripe;
