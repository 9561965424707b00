//! The commands, each in its own file: its arguments, and what it does with them.

pub mod apply;
pub mod backtest;
pub mod best;
pub mod check;
mod client;
pub mod completions;
pub mod data;
pub mod definitions;
pub mod discover;
pub mod explain;
pub mod import;
pub mod init;
pub mod leads;
pub mod learn;
pub mod limits;
pub mod near;
pub mod person;
pub mod plan;
pub mod pull;
pub mod qualify;
pub mod serve;
pub mod simulate;
pub mod suppress;
pub mod templates;
pub mod test;
pub mod validate;
