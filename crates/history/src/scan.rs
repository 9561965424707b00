//! The scan: every household of a lake, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use engine::household::{Household, Needs};
use engine::workspace::Workspace;

use crate::columns::Table;
use crate::error::{Error, Result};
use crate::gather::Gatherer;
use crate::lake::{Lake, Names, OpenFile};
use crate::manifest::RunEntry;

/// What a scan reads.
#[derive(Debug, Clone, Copy)]
pub struct ScanRequest<'a> {
    /// Which properties, traits and kinds of subjects.
    pub needs: &'a Needs,
    /// Aliases and account settings.
    pub workspace: &'a Workspace,
    /// How many threads; 0: one for each processor.
    pub threads: usize,
}

/// A range of places and the files that hold its rows.
pub(crate) struct Unit {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Lake {
    /// Gives every household to a fold: `make` starts one for each thread, `step` takes a household, `join` adds the
    /// second of two to the first. Households come in no particular order and are divided among threads differently
    /// each time, so `step` and `join` must not depend on order.
    ///
    /// Where neither accounts nor workspaces are needed each person is a household alone, and rows of nobody are left
    /// out.
    ///
    /// # Errors
    /// [`Error::Layout`] if accounts or workspaces are needed and the lake was laid out for other account settings;
    /// [`Error::Damaged`] and [`Error::System`] when a file cannot be read.
    pub fn scan<A: Send>(
        &self,
        request: &ScanRequest<'_>,
        make: impl Fn() -> A + Sync,
        step: impl Fn(&mut A, &Household<'_>) + Sync,
        join: impl Fn(&mut A, A),
    ) -> Result<A> {
        let together = request.needs.accounts || request.needs.workspaces;
        if together && !self.is_laid_out_for(request.workspace) {
            return Err(Error::Layout(self.folder().to_owned()));
        }
        let names = self.names(request.workspace);
        let units = self.units();
        let next = AtomicUsize::new(0);
        let failure = Mutex::new(None);
        let fail = |error| {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            next.store(units.len(), Ordering::Relaxed);
        };
        let threads = match request.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads,
        };
        let work = || {
            let mut fold = make();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.scan_unit(unit, request, &names, &mut |household| step(&mut fold, household)) {
                    fail(error);
                }
            }
            fold
        };
        let folds: Vec<A> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(units.len())).map(|_| scope.spawn(work)).collect();
            let mut folds = vec![work()];
            for thread in others {
                match thread.join() {
                    Ok(fold) => folds.push(fold),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            folds
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        if let Some(error) = self.directory().take_failure() {
            return Err(error);
        }
        let mut folds = folds.into_iter();
        let mut all = folds.next().unwrap_or_else(&make);
        folds.for_each(|fold| join(&mut all, fold));
        Ok(all)
    }

    /// The ranges of the run with the most rows.
    pub(crate) fn units(&self) -> Vec<Unit> {
        let largest = self.manifest().runs.iter().max_by_key(|run| run.rows);
        let parts = largest.map_or(&[][..], |run| &run.parts);
        parts.iter().map(|part| Unit { from: part.from, to: part.to }).collect()
    }

    /// Files of a run's table that hold rows of a range.
    pub(crate) fn files_of(&self, run: &RunEntry, table: Table, from: u32, to: u32) -> Result<Vec<OpenFile>> {
        let parts = run.parts.iter().filter(|part| part.from <= to && part.to >= from);
        let entries = parts.filter_map(|part| match table {
            Table::Events => part.events.as_ref(),
            Table::Facts => part.facts.as_ref(),
        });
        entries.map(|entry| self.open_table(entry)).collect()
    }

    pub(crate) fn scan_unit(
        &self,
        unit: &Unit,
        request: &ScanRequest<'_>,
        names: &Names,
        visit: &mut dyn FnMut(&Household<'_>),
    ) -> Result<()> {
        let mut gatherer = Gatherer::open(self, unit, request, names)?;
        while gatherer.batch()? {
            gatherer.households(visit);
        }
        Ok(())
    }
}
