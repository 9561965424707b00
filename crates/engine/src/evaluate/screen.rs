//! A look at a subject's counts before the fold: which units can still be met.

use super::clocks::first_product;
use super::scene::{Rows, Scene};
use crate::program::screen::ScreenBinding;

/// The counts of one subject, and the units that they leave.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    counts: Vec<u32>,
    /// The set of counters that are not 0.
    counted: Vec<u64>,
    left: Vec<u64>,
}

impl Sieve {
    /// The units that the subject may meet; `None`: none, and nobody else reads what the pass says of it. See [`crate::program::screen`].
    pub fn left(&mut self, scene: &Scene<'_>) -> Option<&[u64]> {
        let screen = &scene.pass.screen;
        self.counts.clear();
        self.counts.resize(screen.counters.len() + 1, 0);
        self.counted.clear();
        self.counted.resize(screen.counter_words(), 0);
        self.left.clear();
        self.left.extend(&screen.all);
        let clock = first_product(scene);
        let mut place = 0;
        for end in &screen.ends {
            let until = clock.map_or(i64::MAX, |clock| clock.saturating_add(end.after));
            place = self.count(scene, place, until);
            end.rule_out(&self.counts, &self.counted, &mut self.left);
        }
        let anybody = screen.heard || self.left.iter().zip(&screen.nobody).any(|(left, nobody)| left & !nobody != 0);
        anybody.then_some(&self.left)
    }

    /// Counts the events before an instant, from a place on. The place behind them.
    fn count(&mut self, scene: &Scene<'_>, from: usize, until: i64) -> usize {
        let (times, names) = (scene.household.times, scene.household.names);
        let binding = &scene.touches.screen;
        from + match scene.rows {
            Rows::Range(start, end) => {
                let rows = times[start + from..end].iter().zip(&names[start + from..end]);
                self.add(binding, rows.map(|(at, name)| (*at, *name)), until)
            }
            Rows::List(list) => {
                let rows = list[from..].iter().map(|row| (times[*row as usize], names[*row as usize]));
                self.add(binding, rows, until)
            }
        }
    }

    /// Counts events, given with their times, up to an instant. How many those were.
    fn add(&mut self, binding: &ScreenBinding, rows: impl Iterator<Item = (i64, u32)>, until: i64) -> usize {
        let (counts, counted) = (&mut self.counts[..], &mut self.counted[..]);
        // The word at hand stays in a register: most sets have no other.
        let (mut word, mut set) = (0, counted[0]);
        let mut see = |counter: u16| {
            counts[counter as usize] += 1;
            let of = counter as usize / 64;
            if of != word {
                counted[word] = set;
                (word, set) = (of, counted[of]);
            }
            set |= 1 << (counter % 64);
        };
        let mut seen = 0;
        for (at, name) in rows {
            if at >= until {
                break;
            }
            seen += 1;
            if let Some(first) = binding.first.get(name as usize) {
                see(*first);
                if binding.has_others {
                    binding.others[name as usize].iter().copied().for_each(&mut see);
                }
            }
        }
        counted[word] = set;
        seen
    }
}
