//! Tests that hold "no difference" against what is seen.

use serde::Serialize;

/// A test of "no difference".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// Which.
    pub name: &'static str,
    /// Its statistic, where it has one.
    pub statistic: Option<f64>,
    /// How often chance alone would give a difference at least as large.
    pub p_value: f64,
}
