//! The engine of Brix: records, identity, the definition language and its evaluation.
//!
//! Everything here is a pure function of its arguments: no clock, no files, no randomness. The code that
//! fires live is the code that replays history.

pub mod assemble;
pub mod batch;
pub mod definition;
pub mod erasure;
pub mod evaluate;
pub mod household;
pub mod identity;
pub mod language;
pub mod live;
pub mod number;
pub mod outcome;
pub mod program;
pub mod record;
pub mod time;
pub mod value;
pub mod workspace;

pub use number::Number;
pub use time::{Span, Timestamp};
pub use value::Value;
