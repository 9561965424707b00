//! Where rows stand: households are spread evenly over the whole range of 32 bits, so that any range of places holds
//! its share of them.

use engine::identity::HouseholdKey;

/// An odd number close to 2³² divided by the golden ratio: multiplying by it maps 32-bit numbers one to one and spreads
/// neighbours far apart (Knuth, The Art of Computer Programming, volume 3, 6.4).
const SPREAD: u32 = 0x9E37_79B1;

/// A household's place. A bucket is a range of places: its number is the place's leading bits.
#[must_use]
pub const fn of(household: HouseholdKey) -> u32 {
    household.0.wrapping_mul(SPREAD)
}

/// The order of rows within a run: by household's place, then by person; within one, by time.
#[must_use]
pub(crate) const fn life(household: HouseholdKey, person: u32) -> u64 {
    (of(household) as u64) << 32 | person as u64
}

/// The ranges of places (first and last) of 2^`bits` buckets.
pub(crate) fn ranges(bits: u32) -> Vec<(u32, u32)> {
    let size = 1_u64 << (32 - bits.min(31));
    let place = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    (0..1_u64 << bits.min(31)).map(|bucket| (place(bucket * size), place((bucket + 1) * size - 1))).collect()
}

/// How many parts rows are divided into: at least `least_rows` each, at most 2^`most_bits`.
pub(crate) fn bits_for(rows: u64, least_rows: u64, most_bits: u32) -> u32 {
    (rows / least_rows.max(1)).max(1).ilog2().min(most_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_once() {
        for bits in 0..=6 {
            let ranges = ranges(bits);
            assert_eq!(ranges.len(), 1 << bits);
            assert_eq!((ranges[0].0, ranges.last().map(|range| range.1)), (0, Some(u32::MAX)));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
        }
        assert_eq!([0, 1, 2, 3, 9].map(|rows| bits_for(rows, 1, 2)), [0, 0, 1, 1, 2]);
    }
}
