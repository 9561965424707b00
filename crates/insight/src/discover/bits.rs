//! Sets of subjects as bits, in the order of a [`Cohort`](super::cohort::Cohort).

use pulp::Arch;

/// A set of subjects: bit `n % 64` of word `n / 64` is the subject in place `n`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Nobody of `count` subjects.
    #[must_use]
    pub fn none(count: usize) -> Self {
        Self { words: vec![0; count.div_ceil(64)] }
    }

    /// Those of `count` subjects for whom it holds.
    #[must_use]
    pub fn of(count: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self::none(count);
        for place in (0..count).filter(|place| holds(*place)) {
            bits.set(place);
        }
        bits
    }

    /// Those whose level is at least so much.
    #[must_use]
    pub fn at_least(levels: &[u8], least: u8) -> Self {
        let word = |levels: &[u8]| {
            let mut met = [0_u8; 64];
            met.iter_mut().zip(levels).for_each(|(met, level)| *met = u8::from(*level >= least));
            let eights = met.chunks_exact(8).map(packed);
            eights.enumerate().fold(0, |word, (number, eight)| word | eight << (8 * number))
        };
        Self { words: levels.chunks(64).map(word).collect() }
    }

    /// Takes a subject in.
    #[inline]
    pub fn set(&mut self, place: usize) {
        self.words[place / 64] |= 1 << (place % 64);
    }

    /// Whether a subject is in.
    #[inline]
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        self.words[place / 64] >> (place % 64) & 1 == 1
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words, to be written.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// How many are in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.with(other, |mine, theirs| mine & theirs)
    }

    /// Those in this one and not in the other.
    #[must_use]
    pub fn and_not(&self, other: &Self) -> Self {
        self.with(other, |mine, theirs| mine & !theirs)
    }

    /// Those in one of them.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.with(other, |mine, theirs| mine | theirs)
    }

    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(mine, theirs)| join(*mine, *theirs)).collect() }
    }

    /// How many are in both.
    #[must_use]
    pub fn count_and(&self, other: &Self) -> u64 {
        count_and(&self.words, &other.words)
    }

    /// The places of those who are in, ascending.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(number, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let place = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    number * 64 + place
                })
            })
        })
    }
}

/// Eight bytes of 0 or 1 as the lowest eight bits.
#[inline]
fn packed(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(bytes);
    // Byte `n`, bit `8 n` of the factor, goes to bit `56 + n` of the product: no two meet below.
    u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// How many bits two rows of words share.
#[must_use]
pub fn count_and(left: &[u64], right: &[u64]) -> u64 {
    Arch::new().dispatch(|| shared(left, right))
}

/// Adds to the counts how many bits a row of words shares with each of others.
pub fn count_each(left: &[u64], others: &[&[u64]], counts: &mut [u32]) {
    Arch::new().dispatch(|| {
        for (count, right) in counts.iter_mut().zip(others) {
            *count += shared(left, right) as u32;
        }
    });
}

/// To be called within a dispatch: it then uses what the processor at hand has for counting bits, several words at once.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must become part of what is compiled for each kind of processor")]
fn shared(left: &[u64], right: &[u64]) -> u64 {
    left.iter().zip(right).map(|(left, right)| u64::from((left & right).count_ones())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_what_their_places_say() {
        let threes = Bits::of(200, |place| place % 3 == 0);
        let fives = Bits::of(200, |place| place % 5 == 0);
        let count = |test: &dyn Fn(usize) -> bool| (0..200).filter(|place| test(*place)).count() as u64;
        assert_eq!(threes.count(), count(&|place| place % 3 == 0));
        assert_eq!(threes.count_and(&fives), count(&|place| place % 15 == 0));
        assert_eq!(threes.or(&fives).count(), count(&|place| place % 3 == 0 || place % 5 == 0));
        assert_eq!(threes.and_not(&fives).count(), count(&|place| place % 3 == 0 && place % 5 != 0));
        assert_eq!(threes.and(&fives).places().collect::<Vec<_>>(), (0..200).step_by(15).collect::<Vec<_>>());
        assert!(threes.has(198) && !threes.has(199));
    }

    #[test]
    fn shared_bits_are_counted_one_by_one() {
        let mut generator = stats::random::Generator::new(11);
        for words in 0..70 {
            let [left, right] =
                [0, 1].map(|_| (0..words).map(|_| generator.bits() | generator.bits()).collect::<Vec<u64>>());
            let expected: u64 =
                left.iter().zip(&right).map(|(left, right)| u64::from((left & right).count_ones())).sum();
            assert_eq!(count_and(&left, &right), expected, "{words} words");
            let mut counts = [3; 2];
            count_each(&left, &[&right, &left], &mut counts);
            let own: u64 = left.iter().map(|word| u64::from(word.count_ones())).sum();
            assert_eq!(counts, [3 + expected as u32, 3 + own as u32], "{words} words");
        }
    }

    #[test]
    fn levels_are_compared_one_by_one() {
        let mut generator = stats::random::Generator::new(7);
        for count in [0, 1, 63, 64, 65, 200] {
            let levels: Vec<u8> = (0..count).map(|_| generator.below(4) as u8).collect();
            for least in 1..4 {
                assert_eq!(Bits::at_least(&levels, least), Bits::of(count, |place| levels[place] >= least));
            }
        }
    }
}
