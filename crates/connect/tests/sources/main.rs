//! What vendors' clients send, as records: real requests, tables of single messages, hostile ones, and random ones.

mod asked;
mod segment;
mod sound;
