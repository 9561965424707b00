//! How many are in two or in three of many sets at once: all pairs and triples of conditions.
//!
//! Each set is too long for the memory next to the processor, and is asked for hundreds of times. So a short stretch of all sets
//! is counted for all pairs before the next one.

use super::bits::count_each;
use crate::workers::{Workers, all_of};

/// Words of each set that are counted at a time: of 300 sets a few hundred kilobytes.
const STRETCH: usize = 256;
/// Stretches that are worth a piece of work of their own, with counts of its own.
const STRETCHES: usize = 4;

/// How many are in both of each pair of sets.
pub(crate) struct Pairs {
    counts: Vec<u32>,
    sets: usize,
}

impl Pairs {
    /// Of sets of equally many words.
    pub fn of(sets: &[Vec<u64>], workers: Workers<'_>) -> Self {
        let counts = counted(sets, sets.len().pow(2), workers, |stretch, counts| {
            for (first, left) in stretch.iter().enumerate() {
                let row = &mut counts[first * sets.len()..(first + 1) * sets.len()];
                count_each(left, &stretch[first + 1..], &mut row[first + 1..]);
            }
        });
        Self { counts, sets: sets.len() }
    }

    /// How many are in both, the first before the second.
    pub fn both(&self, first: usize, second: usize) -> u64 {
        u64::from(self.counts[first * self.sets + second])
    }
}

/// How many are in all of each three of few sets.
pub(crate) struct Triples {
    counts: Vec<u32>,
    sets: usize,
}

impl Triples {
    /// Of sets of equally many words.
    pub fn of(sets: &[Vec<u64>], workers: Workers<'_>) -> Self {
        let count = sets.len();
        let counts = counted(sets, count.pow(3), workers, |stretch, counts| {
            let mut both = Vec::with_capacity(STRETCH);
            for (first, left) in stretch.iter().enumerate() {
                for (second, right) in stretch.iter().enumerate().skip(first + 1) {
                    both.clear();
                    both.extend(left.iter().zip(*right).map(|(left, right)| left & right));
                    let row = (first * count + second) * count;
                    count_each(&both, &stretch[second + 1..], &mut counts[row + second + 1..row + count]);
                }
            }
        });
        Self { counts, sets: count }
    }

    /// How many are in all three, in their order.
    pub fn all(&self, first: usize, second: usize, third: usize) -> u64 {
        u64::from(self.counts[(first * self.sets + second) * self.sets + third])
    }
}

/// So many counts, added up over the same stretch of all sets, one stretch after the other.
fn counted(
    sets: &[Vec<u64>],
    counts: usize,
    workers: Workers<'_>,
    count: impl Fn(&[&[u64]], &mut [u32]) + Sync,
) -> Vec<u32> {
    let words = sets.first().map_or(0, Vec::len);
    let stretches = words.div_ceil(STRETCH);
    let pieces = stretches.div_ceil(STRETCHES).max(1);
    let of_pieces = all_of(workers, pieces, |piece| {
        let mut counts = vec![0; counts];
        for number in piece * stretches / pieces..(piece + 1) * stretches / pieces {
            let (start, end) = (number * STRETCH, ((number + 1) * STRETCH).min(words));
            let stretch: Vec<&[u64]> = sets.iter().map(|set| &set[start..end]).collect();
            count(&stretch, &mut counts);
        }
        counts
    });
    let add = |mut all: Vec<u32>, piece: Vec<u32>| {
        all.iter_mut().zip(piece).for_each(|(all, piece)| *all += piece);
        all
    };
    of_pieces.into_iter().reduce(add).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::bits::Bits;
    use crate::workers::in_turn;

    #[test]
    fn pairs_and_triples_are_counted_as_sets_are() {
        let mut generator = stats::random::Generator::new(9);
        for people in [0, 70, 64 * STRETCH + 100, 64 * STRETCH * (STRETCHES + 1)] {
            let mut sets = vec![Bits::none(people); 5];
            for place in 0..people {
                sets.iter_mut().filter(|_| generator.below(3) > 0).for_each(|set| set.set(place));
            }
            let words: Vec<Vec<u64>> = sets.iter().map(|set| set.words().to_vec()).collect();
            let (pairs, triples) = (Pairs::of(&words, &in_turn), Triples::of(&words, &in_turn));
            for third in 0..5 {
                for second in 0..third {
                    assert_eq!(pairs.both(second, third), sets[second].count_and(&sets[third]));
                    for first in 0..second {
                        let all = sets[first].and(&sets[second]).count_and(&sets[third]);
                        assert_eq!(triples.all(first, second, third), all);
                    }
                }
            }
        }
    }
}
