//! Whom messages are about, and when they say that it happened.

/// Chance with a seed (Knuth's MMIX generator; the upper bits count).
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 20
    }

    /// A number below an end.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }
}

/// How people are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Each as often as any other.
    Uniform,
    /// Half of all events are of the first percent of the people, half of the rest of the next percent of those that are left, and
    /// so on for eight times; then uniform.
    Skewed,
}

impl Draw {
    /// A person.
    pub fn person(self, users: u64, dice: &mut Dice) -> u64 {
        let (mut from, mut left) = (0, users);
        if self == Self::Skewed {
            for _ in 0..8 {
                let first = (left / 100).max(1);
                if dice.below(2) == 0 {
                    return from + dice.below(first);
                }
                from += first;
                left = left.saturating_sub(first).max(1);
            }
        }
        (from + dice.below(left)).min(users.saturating_sub(1))
    }
}
