//! From the pieces of all runs to households: batch by batch, the rows of whole households are read, and where only one
//! run has rows of a household they are handed on where they lie.

pub(crate) mod batches;
pub(crate) mod columns;
mod household;

use engine::household::{Household, Needs};

use crate::columns::Table;
use crate::error::Result;
use crate::lake::{Lake, Names};
use crate::scan::{ScanRequest, Unit};
use batches::Batches;
use columns::Selection;
use household::Workbench;

/// Reads one unit.
pub(crate) struct Gatherer<'a> {
    lake: &'a Lake,
    needs: &'a Needs,
    names: &'a Names,
    /// Where accounts or workspaces are needed, households are whole.
    together: bool,
    selection: Selection,
    batches: Batches,
    workbench: Workbench<'a>,
}

impl<'a> Gatherer<'a> {
    pub(crate) fn open(lake: &'a Lake, unit: &Unit, request: &ScanRequest<'a>, names: &'a Names) -> Result<Self> {
        let together = request.needs.accounts || request.needs.workspaces;
        let mut events = Vec::new();
        let mut facts = Vec::new();
        for run in &lake.manifest().runs {
            events.push(lake.files_of(run, Table::Events, unit.from, unit.to)?);
            if together || !request.needs.traits.is_empty() {
                facts.push(lake.files_of(run, Table::Facts, unit.from, unit.to)?);
            }
        }
        let selection = Selection::of(lake, request, &events, &facts)?;
        Ok(Self {
            lake,
            needs: request.needs,
            names,
            together,
            batches: Batches::open(unit, (events, &selection.events), (facts, &selection.facts))?,
            selection,
            workbench: Workbench::new(request),
        })
    }

    /// Reads the next batch; `false` at the end.
    pub(crate) fn batch(&mut self) -> Result<bool> {
        let any = self.batches.advance(self.together)?;
        for stream in &mut self.batches.events {
            if let Some(codes) = stream.buffers.codes.first_mut() {
                self.names.translate(codes);
            }
        }
        Ok(any)
    }

    /// Gives the batch's households.
    pub(crate) fn households(&mut self, visit: &mut dyn FnMut(&Household<'_>)) {
        let together = self.together;
        for group in
            self.batches.pieces.chunk_by(|a, b| a.household == b.household && (together || a.person == b.person))
        {
            self.workbench.household(
                group,
                &self.batches.events,
                &self.batches.facts,
                &self.selection,
                self.lake.directory(),
                self.needs,
                visit,
            );
        }
    }
}
