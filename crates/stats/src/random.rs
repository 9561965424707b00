//! A seeded generator, for simulations and permutations.
//!
//! The bits come from PCG-64 (O'Neill 2014, <https://www.pcg-random.org>) as implemented by `rand_pcg`, which promises
//! the same sequence for the same seed in every release. What is drawn from them is written out here, because `rand`
//! makes no such promise for its ranges and shuffles, and a report must come out the same after an upgrade.

use rand_core::Rng as _;
use rand_pcg::Pcg64;

/// A deterministic stream of random numbers: the same seed and stream give the same numbers on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator(Pcg64);

impl Generator {
    /// Starts the stream that belongs to a seed. Not for secrets.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, 0)
    }

    /// Starts one of many independent streams of a seed, for example one per bucket or per permutation, so that the
    /// answer does not depend on how work was divided.
    #[must_use]
    pub fn stream(seed: u64, stream: u64) -> Self {
        // PCG streams of near-by numbers are correlated at first; mixing spreads seeds and streams over all bits.
        let state = u128::from(mix(seed)) << 64 | u128::from(mix(seed ^ 0x9e37_79b9_7f4a_7c15));
        let sequence = u128::from(mix(stream)) << 64 | u128::from(mix(!stream));
        Self(Pcg64::new(state, sequence))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of the given probability happened; never for 0 or less, always for 1 or more.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number in 0..limit, each equally likely; 0 when `limit` is 0.
    ///
    /// Lemire (2019), "Fast random integer generation in an interval".
    pub fn below(&mut self, limit: u64) -> u64 {
        let mut product = u128::from(self.bits()) * u128::from(limit);
        if (product as u64) < limit {
            let threshold = limit.wrapping_neg() % limit;
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(limit);
            }
        }
        (product >> 64) as u64
    }

    /// A waiting time with mean 1 (exponential), by inversion.
    pub fn exponential(&mut self) -> f64 {
        -(-self.uniform()).ln_1p()
    }

    /// Puts the items into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
