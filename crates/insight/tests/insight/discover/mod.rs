//! Discovery: the feature table against the plain way and against the engine, and what is said of made-up products.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod features;
pub mod made_up;
mod studies;
mod times;
mod told;
mod twins;
mod world;
