//! Logarithms of counts, looked up: everybody is asked for them many times, and there are few different ones.

use super::levels::Levels;

/// Counts below this are looked up.
const SMALL: u32 = 4_096;

/// `ln(1 + n)` of levels and of counts.
pub(crate) struct Logarithms {
    of_levels: Vec<f64>,
    small: Vec<f64>,
}

impl Logarithms {
    /// Of the values that levels stand for.
    pub fn new(levels: &Levels) -> Self {
        let of = |value: u32| f64::from(value).ln_1p();
        let of_levels = (0..=u8::MAX).map(|level| of(levels.least(level))).collect();
        Self { of_levels, small: (0..SMALL).map(of).collect() }
    }

    /// Of each level.
    pub fn of_levels(&self) -> &[f64] {
        &self.of_levels
    }

    /// Of a count.
    pub fn of_count(&self, count: u32) -> f64 {
        self.small.get(count as usize).copied().unwrap_or_else(|| f64::from(count).ln_1p())
    }
}
