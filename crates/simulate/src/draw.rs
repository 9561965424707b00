//! Random draws in whole numbers only, so that a seed gives the same product on every machine.
//!
//! The generator is PCG (XSL RR 128/64 MCG, O'Neill 2014), whose output its crate guarantees to stay the same. Shapes
//! are tables of quantiles instead of formulas with logarithms, whose last bit differs between platforms.

use rand_core::Rng;
use rand_pcg::Pcg64Mcg;

/// What a stream of draws is for. Streams are independent: how a rule changes buying never changes what people do
/// before they buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// When an account arrives and what it is.
    Arrival = 1,
    /// What its people do.
    Behaviour = 2,
    /// When it buys.
    Buying = 3,
    /// What goes wrong on the way: delays, copies.
    Wire = 4,
}

/// A stream of draws.
#[derive(Debug, Clone)]
pub(crate) struct Draw(Pcg64Mcg);

impl Draw {
    /// The stream of an account for a purpose.
    pub(crate) fn new(seed: u64, account: u32, purpose: Purpose) -> Self {
        let key = mix(mix(seed ^ 0x6272_6978).wrapping_add(u64::from(account) << 3 | purpose as u64));
        Self(Pcg64Mcg::new(u128::from(key) << 64 | u128::from(mix(key ^ 0x0070_726f_6475_6374))))
    }

    /// Uniform below `bound`; 0 for a bound of 0. (Multiply and shift; its bias is below `bound` / 2³².)
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let word = self.0.next_u64() >> 32;
        ((word * u64::from(bound)) >> 32) as u32
    }

    /// True in `permille` of a thousand cases.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        self.below(1_000) < permille
    }

    /// True in `millionths` of a million cases.
    pub(crate) fn rare(&mut self, millionths: u64) -> bool {
        u64::from(self.below(1_000_000)) < millionths
    }

    /// Uniform from `low` up to and with `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::from(self.below(u32::try_from(high - low + 1).unwrap_or(0)))
    }

    /// One of a table, each as likely.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, table: &[T; N]) -> T {
        table[self.below(N as u32) as usize]
    }

    /// A value between the quantiles 0, 1/16 … 16/16 of a shape, linear between two.
    pub(crate) fn shape(&mut self, quantiles: &Quantiles) -> i64 {
        let at = self.below(16 << 16);
        let (step, rest) = ((at >> 16) as usize, i64::from(at & 0xffff));
        let (low, high) = (quantiles[step], quantiles[step + 1]);
        low + (((high - low) * rest) >> 16)
    }

    /// The place in a table of rising sums of weights.
    pub(crate) fn weighted(&mut self, sums: &[u32]) -> usize {
        let at = self.below(sums.last().copied().unwrap_or(0));
        sums.partition_point(|sum| *sum <= at)
    }
}

/// The quantiles 0, 1/16 … 16/16 of a shape.
pub(crate) type Quantiles = [i64; 17];

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014): one to one, and every bit depends on every bit.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_frozen_and_apart() {
        let mut first = Draw::new(1, 0, Purpose::Behaviour);
        let mut second = Draw::new(1, 0, Purpose::Buying);
        let mut third = Draw::new(1, 1, Purpose::Behaviour);
        let draws = |draw: &mut Draw| [draw.below(1_000), draw.below(1_000), draw.below(1_000)];
        let all = [draws(&mut first), draws(&mut second), draws(&mut third)];
        assert_eq!(all, [[900, 825, 970], [604, 998, 51], [82, 40, 867]]);
    }

    #[test]
    fn draws_are_even() {
        let mut draw = Draw::new(7, 7, Purpose::Wire);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[draw.below(10) as usize] += 1;
        }
        // Chi-square with 9 degrees of freedom: 27.9 is its 99.9 % point.
        let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi_square < 27.9, "{counts:?}");
    }

    #[test]
    fn shapes_keep_their_ends_and_their_median() {
        let table: Quantiles = std::array::from_fn(|at| at as i64 * 100);
        let mut draw = Draw::new(3, 3, Purpose::Wire);
        let mut drawn: Vec<i64> = (0..10_001).map(|_| draw.shape(&table)).collect();
        drawn.sort_unstable();
        assert!(drawn[0] >= 0 && drawn[10_000] < 1_600);
        assert!((drawn[5_000] - 800).abs() < 40, "{}", drawn[5_000]);
    }

    #[test]
    fn weights_are_kept() {
        let mut draw = Draw::new(5, 5, Purpose::Wire);
        let mut counts = [0_u32; 3];
        for _ in 0..40_000 {
            counts[draw.weighted(&[1, 1, 4])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((9_600..10_400).contains(&counts[0]), "{counts:?}");
    }
}
