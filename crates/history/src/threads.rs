//! Work shared out among threads, piece by piece.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;

/// Gives each piece to one of several folds, each with a thread of its own: `make` starts a fold, `step` takes a piece. Whoever is done takes
/// the next one, so which fold has which pieces differs each time. 0 threads: one for each processor. There is at least one fold.
///
/// # Errors
/// The first that a step meets; pieces that nobody has begun are left.
pub(crate) fn share_out<T: Sync, A: Send>(
    pieces: &[T],
    threads: usize,
    make: impl Fn() -> A + Sync,
    step: impl Fn(&mut A, &T) -> Result<()> + Sync,
) -> Result<Vec<A>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<A> {
        let mut fold = make();
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            step(&mut fold, piece).inspect_err(|_| next.store(pieces.len(), Ordering::Relaxed))?;
        }
        Ok(fold)
    };
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(pieces.len())).map(|_| scope.spawn(work)).collect();
        let mut folds = vec![work()];
        for other in others {
            match other.join() {
                Ok(fold) => folds.push(fold),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        folds.into_iter().collect()
    })
}
