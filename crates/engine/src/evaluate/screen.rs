//! A look at a subject's counts before the fold: which units can still be met.

use super::clocks::first_product;
use super::scene::{Rows, Scene};

/// The counts of one subject, and the units that they leave.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    counts: Vec<u32>,
    left: Vec<u64>,
}

impl Sieve {
    /// The units that the subject may meet; `None`: none, and nobody else reads what the pass says of it. See [`crate::program::screen`].
    pub fn left(&mut self, scene: &Scene<'_>) -> Option<&[u64]> {
        let screen = &scene.pass.screen;
        self.counts.clear();
        self.counts.resize(screen.counters.len() + 1, 0);
        self.left.clear();
        self.left.extend(&screen.all);
        let clock = first_product(scene);
        let mut place = 0;
        for end in &screen.ends {
            let until = clock.map_or(i64::MAX, |clock| clock.saturating_add(end.after));
            place = self.count(scene, place, until);
            // Up to 63 units fit into one word, which stays in a register.
            if let [left] = &mut self.left[..] {
                *left = end.checks.iter().fold(*left, |left, check| left & end.units[check.set(&self.counts)]);
                continue;
            }
            for check in &end.checks {
                let may = &end.units[check.set(&self.counts) * screen.words..];
                self.left.iter_mut().zip(may).for_each(|(left, may)| *left &= may);
            }
        }
        let anybody = screen.heard || self.left.iter().zip(&screen.nobody).any(|(left, nobody)| left & !nobody != 0);
        anybody.then_some(&self.left)
    }

    /// Counts the events before an instant, from a place on. The place behind them.
    fn count(&mut self, scene: &Scene<'_>, from: usize, until: i64) -> usize {
        let binding = &scene.touches.screen;
        let (times, names) = (scene.household.times, scene.household.names);
        let mut count = |name: u32| {
            let name = name as usize;
            if let Some(first) = binding.first.get(name) {
                self.counts[*first as usize] += 1;
                if binding.has_others {
                    binding.others[name].iter().for_each(|other| self.counts[*other as usize] += 1);
                }
            }
        };
        let mut place = from;
        match scene.rows {
            Rows::Range(start, end) => {
                for (time, name) in times[start + from..end].iter().zip(&names[start + from..end]) {
                    if *time >= until {
                        break;
                    }
                    count(*name);
                    place += 1;
                }
            }
            Rows::List(list) => {
                for row in list[from..].iter().map(|row| *row as usize) {
                    if times[row] >= until {
                        break;
                    }
                    count(names[row]);
                    place += 1;
                }
            }
        }
        place
    }
}
