//! The seeded generator of a believable B2B product whose truth is known.
//!
//! A [`Product`] is a set of parameters. [`Product::generate`] lives its accounts day by day (visits, signup, trial,
//! invitations, sessions, limits, purchase, invoices, cancellation) and hands over [`Fact`]s: rows of plain numbers.
//! Encoders ([`to_batch`](Encoder::to_batch), [`csv`], [`jsonl`]) turn rows into what an importer reads.
//!
//! The [`Scenario`] says what conversion depends on, and each [`Account`] tells its truth: what it is, its hidden
//! level, when its people met the [`Rule`], on how many days it could have bought and with which chance.
//!
//! Everything is drawn in whole numbers from streams that belong to one account and one purpose each. Hence a product
//! is the same on every machine and for every order and batch size, and changing what makes people buy does not change
//! what they do before they buy.
//!
//! Invariants: no clock, no files, no threads; the same parameters give the same rows; a row's time is at or after the
//! UTC day on which it was lived, and a purchase depends only on rows of earlier days.

mod account;
mod action;
mod billing;
mod calendar;
pub mod csv;
mod draw;
mod encode;
mod fact;
mod generate;
mod ids;
pub mod jsonl;
mod life;
mod member;
mod people;
mod product;
mod scenario;
mod session;
mod text;
mod vocabulary;
mod wire;
mod world;

pub use account::{Account, Person, Subscription};
pub use encode::Encoder;
pub use fact::{AccountCode, Fact, Form, PersonCode, Slot, What};
pub use generate::Part;
pub use ids::Ids;
pub use life::Exposure;
pub use people::{MailKind, OWN_DOMAIN};
pub use product::{Noise, Order, Product, ProductError};
pub use scenario::{Buyer, Level, Rule, Scenario, phase_percent};
pub use vocabulary::{EventName, Key, Words};
pub use world::Kind;

/// The workspace's settings (`brix.yaml`) for every simulated product: its own domain, the goal, the kinds of events.
pub const WORKSPACE: &str = include_str!("../../../examples/simulated/brix.yaml");

/// The mapping for the CSV files ([`csv`]).
pub const CSV_MAPPING: &str = include_str!("../../../examples/simulated/mapping.yaml");

/// The mapping for the JSON lines ([`jsonl`]).
pub const LINES_MAPPING: &str = include_str!("../../../examples/simulated/lines.yaml");
