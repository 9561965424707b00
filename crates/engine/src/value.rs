//! What a property or a trait can hold.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Number, Timestamp};

/// The value of a property or trait. Nothing is turned into another type in silence: `"500"` is not 500.
///
/// Nested objects are flattened at the door to dotted names (`plan.name`); lists hold scalars.
/// The order of the types is part of the meaning: of several values of a trait at one instant the largest holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// An exact decimal.
    Number(Number),
    /// Words.
    Text(Arc<str>),
    /// An instant.
    Time(Timestamp),
    /// Several values, in the sender's order.
    List(Arc<[Self]>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(words: &str) -> Self {
        Self::Text(Arc::from(words))
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self::Number(Number::whole(value))
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<Number> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The words, if it is a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(words) = self { Some(words) } else { None }
    }
}
