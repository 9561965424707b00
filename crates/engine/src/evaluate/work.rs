//! What is at hand while one instant of a fold is worked through.

use crate::program::Pass;

/// What is at hand during an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Work {
    pub touched: Vec<u32>,
    pub is_touched: Vec<bool>,
    pub dirty: Vec<u32>,
    /// When the last window ends; `i64::MAX` where that is not known.
    pub closes: i64,
    pub is_dirty: Vec<bool>,
    /// Leaves and units that are not as a new subject's.
    pub used: Vec<u32>,
    pub is_used: Vec<bool>,
    pub used_units: Vec<u32>,
    pub is_used_unit: Vec<bool>,
    /// The units of which something may still change, as a set of the pass's screen; empty: all.
    pub left: Vec<u64>,
    pub candidates: Vec<(u32, Vec<CandidateRow>)>,
}

pub(super) type CandidateRow = (u8, usize, u32);

impl Work {
    /// Whether something of the instant waits to be evaluated.
    #[inline]
    pub fn is_pending(&self) -> bool {
        !self.touched.is_empty() || !self.dirty.is_empty()
    }

    pub fn new(pass: &Pass) -> Self {
        Self {
            is_touched: vec![false; pass.leaves.len()],
            is_dirty: vec![false; pass.units.len()],
            is_used: vec![false; pass.leaves.len()],
            is_used_unit: vec![false; pass.units.len()],
            ..Self::default()
        }
    }

    /// Lets go of what was at hand when an instant was left half-way, as where the whole timeline turned out to be needed.
    pub fn settle(&mut self) {
        for leaf in self.touched.drain(..) {
            self.is_touched[leaf as usize] = false;
        }
        for unit in self.dirty.drain(..) {
            self.is_dirty[unit as usize] = false;
        }
        self.candidates.clear();
        self.left.clear();
    }

    /// Looks only at some units from now on.
    pub fn look_at(&mut self, left: &[u64]) {
        self.left.clear();
        self.left.extend(left);
    }

    /// Whether something of a unit may still change.
    #[inline]
    pub fn is_left(&self, unit: u32) -> bool {
        self.left.get(unit as usize / 64).is_none_or(|word| word >> (unit % 64) & 1 == 1)
    }

    /// Nothing changes any more of a unit.
    pub fn put_away(&mut self, unit: usize) {
        if let Some(word) = self.left.get_mut(unit / 64) {
            *word &= !(1 << (unit % 64));
        }
    }

    #[inline]
    pub fn touch(&mut self, leaf: u32) {
        let flag = &mut self.is_touched[leaf as usize];
        if !*flag {
            *flag = true;
            self.touched.push(leaf);
        }
    }

    #[inline]
    pub fn using(&mut self, leaf: u32) {
        let flag = &mut self.is_used[leaf as usize];
        if !*flag {
            *flag = true;
            self.used.push(leaf);
        }
    }

    #[inline]
    pub fn using_unit(&mut self, unit: u32) {
        let flag = &mut self.is_used_unit[unit as usize];
        if !*flag {
            *flag = true;
            self.used_units.push(unit);
        }
    }

    #[inline]
    pub fn dirty(&mut self, unit: u32) {
        let flag = &mut self.is_dirty[unit as usize];
        if !*flag {
            *flag = true;
            self.dirty.push(unit);
        }
    }

    pub fn step(&mut self, leaf: u32, row: CandidateRow) {
        match self.candidates.iter_mut().find(|(known, _)| *known == leaf) {
            Some((_, rows)) => rows.push(row),
            None => self.candidates.push((leaf, vec![row])),
        }
    }
}
