//! The scan: every household of a lake, on several threads.

use engine::household::{Household, Needs};
use engine::workspace::Workspace;

use crate::columns::Table;
use crate::error::{Error, Result};
use crate::gather::Gatherer;
use crate::lake::{Lake, Names, OpenFile};
use crate::manifest::RunEntry;
use crate::threads::share_out;

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
        let folds = share_out(&units, request.threads, &make, |fold, unit| {
            self.scan_unit(unit, request, &names, &mut |household| step(fold, household))
        })?;
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
