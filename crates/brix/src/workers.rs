//! Pieces of work done side by side.

use rayon::prelude::*;

/// Does pieces of work on all processors. Each piece is taken by whoever is free: pieces may take very different times.
pub fn on_all_processors(pieces: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..pieces).into_par_iter().with_max_len(1).for_each(work);
}
