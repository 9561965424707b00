//! Work in pieces that do not depend on each other.
//!
//! This crate starts no threads. Where something long falls into pieces it says so, and whoever asked does them: one after the
//! other, or side by side. What comes out does not depend on it.

use std::sync::OnceLock;

/// Does pieces of work: calls what it is given once with each number below the count, in whatever order and on whatever threads, and
/// comes back when all are done.
pub type Workers<'a> = &'a (dyn Fn(usize, &(dyn Fn(usize) + Sync)) + Sync);

/// One piece after the other on the thread of whoever asks.
pub fn in_turn(pieces: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..pieces).for_each(work);
}

/// What each piece gives, in their order.
pub(crate) fn all_of<T: Send + Sync>(workers: Workers<'_>, pieces: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let given: Vec<OnceLock<T>> = (0..pieces).map(|_| OnceLock::new()).collect();
    workers(pieces, &|piece| {
        given[piece].get_or_init(|| work(piece));
    });
    // A piece that was left out is done here.
    given.into_iter().enumerate().map(|(piece, given)| given.into_inner().unwrap_or_else(|| work(piece))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pieces_give_stands_in_their_order_whoever_does_them() {
        let backwards = |pieces: usize, work: &(dyn Fn(usize) + Sync)| (0..pieces).rev().for_each(work);
        let twice = |pieces: usize, work: &(dyn Fn(usize) + Sync)| (0..2 * pieces).for_each(|piece| work(piece / 2));
        let lazy = |_: usize, _: &(dyn Fn(usize) + Sync)| {};
        let all: [Workers<'_>; 4] = [&in_turn, &backwards, &twice, &lazy];
        for workers in all {
            assert_eq!(all_of(workers, 5, |piece| piece * piece), [0, 1, 4, 9, 16]);
            assert!(all_of(workers, 0, |piece| piece).is_empty());
        }
    }
}
