//! When people of a made-up world do the event whose timing matters, and what its features are, counted plainly.

use engine::time::{DAY, HOUR};
use insight::discover::table::Measure;
use stats::random::Generator;

use super::world::{Truth, poisson};

/// Times since the start, ascending. How many there are says nothing of when they are.
pub fn times(generator: &mut Generator, truth: Truth) -> Vec<i64> {
    let mut between = |from: i64, to: i64| from + (generator.uniform() * (to - from) as f64) as i64;
    let (coin, soon) = (between(0, 100), between(0, 6 * HOUR));
    let first = if truth == Truth::Soon && coin < 30 { soon } else { between(6 * HOUR, 5 * DAY) };
    let again =
        if truth == Truth::Again && coin < 40 { between(first, first + DAY) } else { between(first + DAY, 13 * DAY) };
    let late_in_100 = if coin < 50 { 75 } else { 30 };
    let count = poisson(generator, 4.0);
    let mut times = Vec::new();
    let mut between = |from: i64, to: i64| from + (generator.uniform() * (to - from) as f64) as i64;
    for number in 0..count {
        times.push(match (truth, number) {
            (Truth::Growing, _) if between(0, 100) < late_in_100 => between(7 * DAY, 14 * DAY),
            (Truth::Growing, _) => between(0, 7 * DAY),
            (_, 0) => first,
            (_, 1) => again,
            (Truth::Again, _) => between(again, 14 * DAY),
            _ => between(first, 14 * DAY),
        });
    }
    times.sort_unstable();
    times
}

/// Whether times are as those of buyers: the first within six hours, the second within a day of it, twice as many in the second week.
pub fn matters(truth: Truth, times: &[i64]) -> bool {
    match (truth, times) {
        (Truth::Soon, [first, ..]) => *first < 6 * HOUR,
        (Truth::Again, [first, second, ..]) => second - first <= DAY,
        (Truth::Growing, [_, ..]) => {
            let early = times.iter().filter(|time| **time < 7 * DAY).count();
            early > 0 && times.len() - early >= 2 * early
        }
        _ => false,
    }
}

/// A feature of the event within a window.
pub fn feature(times: &[i64], measure: Measure, window: i64) -> u32 {
    let inside: Vec<i64> = times.iter().copied().filter(|time| *time < window).collect();
    let lengths = |hours: &[i64], length: i64| 1 + hours.iter().filter(|hours| length <= **hours * HOUR).count() as u32;
    let late = |from: i64| inside.iter().filter(|time| **time >= from).count() as u32;
    match measure {
        Measure::Count => inside.len() as u32,
        Measure::Days => {
            let mut days: Vec<i64> = inside.iter().map(|time| time / DAY).collect();
            days.dedup();
            days.len() as u32
        }
        Measure::Soon => inside.first().map_or(0, |first| lengths(&[1, 6, 24, 72, 168], first + 1)),
        Measure::Again(nth) => {
            inside.get(usize::from(nth) - 1).map_or(0, |at| lengths(&[1, 24, 72, 168], at - inside[0]))
        }
        Measure::Growth => {
            let (early, late) = (inside.len() as u32 - late(window / 2), late(window / 2));
            let kept = [50, 100, 150, 200, 300].iter().filter(|share| late * 100 >= **share * early).count();
            if early > 0 { kept as u32 } else { 0 }
        }
        Measure::Lately => late(window - window / 4),
        _ => 0,
    }
}
