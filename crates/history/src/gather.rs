//! From the pieces of all runs to households: batch by batch, the rows of whole households are read, and where only one
//! run has rows of a household they are handed on where they lie.

mod columns;
mod household;

use std::sync::Arc;

use engine::household::{Household, Needs};
use engine::identity::HouseholdKey;

use crate::columns::Table;
use crate::error::Result;
use crate::lake::{Lake, Names, OpenFile};
use crate::scan::{ScanRequest, Unit};
use crate::stream::{LifeStream, Wanted};
use crate::table_reader::Life;
use columns::Selection;
use household::Workbench;

/// Rows in a batch, unless one household has more: few enough to stay in the processor's cache.
const BATCH_ROWS: usize = 1 << 15;

/// The rows of one life in one stream's buffers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) household: HouseholdKey,
    pub(crate) person: u32,
    /// Events of stream `stream`, or facts.
    pub(crate) table: Table,
    pub(crate) stream: usize,
    pub(crate) start: usize,
    pub(crate) rows: usize,
}

/// Reads one unit.
pub(crate) struct Gatherer<'a> {
    lake: &'a Lake,
    needs: &'a Needs,
    names: &'a Names,
    /// Where accounts or workspaces are needed, households are whole.
    together: bool,
    selection: Selection,
    events: Vec<LifeStream>,
    facts: Vec<LifeStream>,
    pieces: Vec<Piece>,
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
            events: streams(events, unit, &selection.events)?,
            facts: streams(facts, unit, &selection.facts)?,
            selection,
            pieces: Vec::new(),
            workbench: Workbench::new(request),
        })
    }

    /// Reads the next batch; `false` at the end.
    pub(crate) fn batch(&mut self) -> Result<bool> {
        self.pieces.clear();
        self.events.iter_mut().chain(&mut self.facts).for_each(LifeStream::clear);
        let mut filled = vec![0; self.events.len() + self.facts.len()];
        let event_streams = self.events.len();
        let (mut rows, mut last) = (0, None);
        while let Some(life) = self.next_life()? {
            let alone = !self.together;
            if rows >= BATCH_ROWS && (alone || last != Some(life.household)) {
                break;
            }
            last = Some(life.household);
            let pass = alone && life.person == 0;
            let streams = self.events.iter_mut().chain(&mut self.facts);
            for ((place, stream), filled) in streams.enumerate().zip(&mut filled) {
                let Some(here) = stream.peek()?.filter(|here| here.order() == life.order()) else { continue };
                if pass {
                    stream.leap(&here);
                    continue;
                }
                stream.take(&here);
                let (table, stream) = match place.checked_sub(event_streams) {
                    None => (Table::Events, place),
                    Some(place) => (Table::Facts, place),
                };
                let count = here.rows as usize;
                self.pieces.push(Piece {
                    household: here.household,
                    person: here.person,
                    table,
                    stream,
                    start: *filled,
                    rows: count,
                });
                *filled += count;
                rows += count;
            }
        }
        for stream in self.events.iter_mut().chain(&mut self.facts) {
            stream.fill()?;
        }
        for stream in &mut self.events {
            if let Some(codes) = stream.buffers.codes.first_mut() {
                self.names.translate(codes);
            }
        }
        Ok(!self.pieces.is_empty() || last.is_some())
    }

    /// The life that comes first among all streams.
    fn next_life(&mut self) -> Result<Option<Life>> {
        let mut first: Option<Life> = None;
        for stream in self.events.iter_mut().chain(&mut self.facts) {
            if let Some(life) = stream.peek()?
                && first.is_none_or(|first| life.order() < first.order())
            {
                first = Some(life);
            }
        }
        Ok(first)
    }

    /// Gives the batch's households.
    pub(crate) fn households(&mut self, visit: &mut dyn FnMut(&Household<'_>)) {
        let together = self.together;
        for group in self.pieces.chunk_by(|a, b| a.household == b.household && (together || a.person == b.person)) {
            self.workbench.household(
                group,
                &self.events,
                &self.facts,
                &self.selection,
                self.lake.directory(),
                self.needs,
                visit,
            );
        }
    }
}

fn streams(runs: Vec<Vec<OpenFile>>, unit: &Unit, wanted: &Arc<Wanted>) -> Result<Vec<LifeStream>> {
    let files = runs.into_iter().filter(|files| !files.is_empty());
    files.map(|files| LifeStream::new(files, unit.from, unit.to, wanted)).collect()
}
