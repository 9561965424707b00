//! When to try again: the waits that Standard Webhooks 1.0.0 proposes, each up to a quarter longer, so that what failed together does not
//! come back together.

use std::time::Duration;

use engine::time::{HOUR, MINUTE, SECOND};

/// After the first attempt, the second, …: ten attempts within a good three days.
const WAITS: [i64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// No longer than this does a destination make us wait.
const LONGEST_ASKED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait in microseconds after so many attempts, at least as long as the destination asked for; `None`: no more.
pub fn wait_us(tries: u32, asked_for: Option<Duration>, action: u64, seed: u64) -> Option<i64> {
    let wait = WAITS.get(usize::try_from(tries.max(1)).ok()? - 1)?;
    let share = i64::from(dice(seed ^ action.rotate_left(32) ^ u64::from(tries)) >> 8);
    let jittered = wait + wait / 4 * share / i64::from(u32::MAX >> 8);
    Some(jittered.max(asked_for_us(asked_for)))
}

/// What a destination asked for in microseconds, within reason.
pub fn asked_for_us(asked_for: Option<Duration>) -> i64 {
    let asked_for = asked_for.unwrap_or_default().min(LONGEST_ASKED_FOR);
    i64::try_from(asked_for.as_micros()).unwrap_or(0)
}

/// SplitMix64 (Steele, Lea, Flood 2014): a number that looks random, the same for the same seed.
fn dice(seed: u64) -> u32 {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_with_jitter() {
        for (place, wait) in WAITS.iter().enumerate() {
            let tries = u32::try_from(place).unwrap() + 1;
            let waits: Vec<i64> = (0..200).map(|action| wait_us(tries, None, action, 7).unwrap()).collect();
            assert!(waits.iter().all(|found| (*wait..=wait + wait / 4).contains(found)));
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(most - least > wait / 5, "spread over the quarter");
        }
        assert_eq!(wait_us(10, None, 1, 7), None);
        assert_eq!(wait_us(u32::MAX, None, 1, 7), None);
        assert_eq!(wait_us(3, None, 1, 7), wait_us(3, None, 1, 7), "the same seed gives the same");
        assert_ne!(wait_us(3, None, 1, 7), wait_us(3, None, 1, 8));
    }

    #[test]
    fn what_is_asked_for_is_obeyed() {
        assert_eq!(wait_us(1, Some(Duration::from_secs(90)), 1, 7), Some(90 * SECOND));
        assert!(wait_us(3, Some(Duration::from_secs(90)), 1, 7) >= Some(30 * MINUTE), "and no less than planned");
        assert_eq!(wait_us(1, Some(Duration::MAX), 1, 7), Some(24 * HOUR));
    }
}
