//! Whole numbers as one byte each: exact up to 100, then in steps of a few percent up to ten million.
//!
//! A feature is only ever compared with the thresholds of [`Levels::NICE`], all of which are ends of steps: the comparison
//! is exact for every value, while half a million people times hundreds of features stay within a cache-friendly table.

/// Values up to this are their own level.
const EXACT: u32 = 100;
/// Ends of steps in a decade, in hundredths of its beginning.
const STEPS: [u32; 27] = [
    100, 110, 120, 125, 130, 140, 150, 160, 175, 200, 225, 250, 275, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750,
    800, 850, 900, 950,
];
/// Decades beyond the exact part.
const DECADES: u32 = 5;

/// How values become bytes.
#[derive(Debug, Clone)]
pub struct Levels {
    /// The least value of each level.
    least: Vec<u32>,
    /// The level of each small value.
    small: Vec<u8>,
}

impl Default for Levels {
    fn default() -> Self {
        Self::new()
    }
}

impl Levels {
    /// Thresholds that a person would write into a definition.
    pub const NICE: [u32; 36] = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 100, 120, 150, 200, 250, 300, 400, 500, 750,
        1_000, 1_500, 2_000, 2_500, 5_000, 10_000, 20_000, 50_000,
    ];
    /// Values below this are looked up.
    const SMALL: usize = 1_024;

    /// The levels; they are the same everywhere.
    #[must_use]
    pub fn new() -> Self {
        let mut least: Vec<u32> = (0..=EXACT).collect();
        let beyond = (0..DECADES).flat_map(|decade| STEPS.map(|step| step * 10_u32.pow(decade)));
        least.extend(beyond.filter(|value| *value > EXACT));
        let mut levels = Self { least, small: Vec::new() };
        levels.small = (0..Self::SMALL as u32).map(|value| levels.search(value)).collect();
        levels
    }

    fn search(&self, value: u32) -> u8 {
        // There are fewer than 256 levels, which a test holds.
        (self.least.partition_point(|least| *least <= value) - 1) as u8
    }

    /// The level that holds a value.
    #[inline]
    #[must_use]
    pub fn of(&self, value: u32) -> u8 {
        self.small.get(value as usize).copied().unwrap_or_else(|| self.search(value))
    }

    /// The least value of a level; of the last one for levels that there are not.
    #[must_use]
    pub fn least(&self, level: u8) -> u32 {
        let last = self.least.len() - 1;
        self.least[usize::from(level).min(last)]
    }

    /// How many levels there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.least.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nice_thresholds_are_compared_exactly() {
        let levels = Levels::new();
        assert!(levels.count() <= 256, "{}", levels.count());
        for nice in Levels::NICE {
            assert_eq!(levels.least(levels.of(nice)), nice);
            assert!(levels.of(nice - 1) < levels.of(nice));
        }
    }

    #[test]
    fn levels_rise_and_hold_their_values() {
        let levels = Levels::new();
        for value in (0..3_000).chain((3_000..12_000_000).step_by(997)) {
            let level = levels.of(value);
            assert!(levels.least(level) <= value);
            assert!(usize::from(level) + 1 == levels.count() || value < levels.least(level + 1));
            assert!(f64::from(value - levels.least(level)) <= 0.16 * f64::from(value) || value > 9_000_000);
        }
    }
}
