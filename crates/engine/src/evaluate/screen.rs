//! A look at a subject's counts before the fold: which units can still be met.

use super::clocks::first_product;
use super::scene::{Rows, Scene};
use crate::program::screen::ScreenBinding;

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
        let (times, names) = (scene.household.times, scene.household.names);
        match scene.rows {
            Rows::Range(start, end) => {
                let rest = &times[start + from..end];
                let rows = rest.iter().position(|time| *time >= until).unwrap_or(rest.len());
                self.add(&scene.touches.screen, names[start + from..start + from + rows].iter().copied());
                from + rows
            }
            Rows::List(list) => {
                let rest = &list[from..];
                let rows = rest.iter().position(|row| times[*row as usize] >= until).unwrap_or(rest.len());
                self.add(&scene.touches.screen, rest[..rows].iter().map(|row| names[*row as usize]));
                from + rows
            }
        }
    }

    fn add(&mut self, binding: &ScreenBinding, names: impl Iterator<Item = u32> + Clone) {
        let counts = &mut self.counts[..];
        for name in names.clone() {
            if let Some(first) = binding.first.get(name as usize) {
                counts[*first as usize] += 1;
            }
        }
        if binding.has_others {
            let others = names.filter_map(|name| binding.others.get(name as usize)).flatten();
            others.for_each(|other| counts[*other as usize] += 1);
        }
    }
}
