//! Lives of all runs in one order: batch by batch, whole households, wherever their rows lie.

use std::sync::Arc;

use engine::identity::HouseholdKey;

use crate::columns::Table;
use crate::error::Result;
use crate::lake::OpenFile;
use crate::scan::Unit;
use crate::stream::{LifeStream, Wanted};

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

/// The streams of one unit, one for each run and table.
pub(crate) struct Batches {
    pub(crate) events: Vec<LifeStream>,
    pub(crate) facts: Vec<LifeStream>,
    /// Where the lives of the batch at hand lie, in order of lives.
    pub(crate) pieces: Vec<Piece>,
}

impl Batches {
    /// Opens the files of each run, of events and of facts, with what is read of them.
    pub(crate) fn open(
        unit: &Unit,
        events: (Vec<Vec<OpenFile>>, &Arc<Wanted>),
        facts: (Vec<Vec<OpenFile>>, &Arc<Wanted>),
    ) -> Result<Self> {
        let streams = |(runs, wanted): (Vec<Vec<OpenFile>>, &Arc<Wanted>)| {
            let files = runs.into_iter().filter(|files| !files.is_empty());
            files.map(|files| LifeStream::new(files, unit.from, unit.to, wanted)).collect::<Result<Vec<_>>>()
        };
        Ok(Self { events: streams(events)?, facts: streams(facts)?, pieces: Vec::new() })
    }

    /// Reads the next batch; `false` at the end. `together`: households are whole, with the rows of nobody.
    pub(crate) fn advance(&mut self, together: bool) -> Result<bool> {
        self.pieces.clear();
        self.events.iter_mut().chain(&mut self.facts).for_each(LifeStream::clear);
        let mut filled = vec![0; self.events.len() + self.facts.len()];
        let event_streams = self.events.len();
        let (mut rows, mut last) = (0, None);
        while let Some(next) = self.next_lives()? {
            if rows >= BATCH_ROWS && (!together || last != Some(next.household)) {
                break;
            }
            let streams = self.events.iter_mut().chain(&mut self.facts);
            for ((place, stream), filled) in streams.enumerate().zip(&mut filled) {
                let (table, number) = match place.checked_sub(event_streams) {
                    None => (Table::Events, place),
                    Some(place) => (Table::Facts, place),
                };
                // Whole stretches of lives are in one stream alone. The last household of a batch is ended life by life.
                while let Some(life) = stream.peek()?
                    && (life.order() == next.order || life.order() < next.alone_until)
                    && (rows < BATCH_ROWS || life.order() == next.order)
                {
                    last = Some(life.household);
                    if !together && life.person == 0 {
                        stream.leap(&life);
                        continue;
                    }
                    stream.take(&life);
                    let count = life.rows as usize;
                    self.pieces.push(Piece {
                        household: life.household,
                        person: life.person,
                        table,
                        stream: number,
                        start: *filled,
                        rows: count,
                    });
                    *filled += count;
                    rows += count;
                }
            }
        }
        for stream in self.events.iter_mut().chain(&mut self.facts) {
            stream.fill()?;
        }
        Ok(!self.pieces.is_empty() || last.is_some())
    }

    /// What comes next among all streams.
    fn next_lives(&mut self) -> Result<Option<Next>> {
        let mut next: Option<Next> = None;
        for stream in self.events.iter_mut().chain(&mut self.facts) {
            let Some(life) = stream.peek()? else { continue };
            let (household, order) = (life.household, life.order());
            next = Some(match next {
                Some(next) if next.order <= order => Next { alone_until: next.alone_until.min(order), ..next },
                Some(next) => Next { household, order, alone_until: next.order },
                None => Next { household, order, alone_until: u64::MAX },
            });
        }
        Ok(next)
    }
}

/// The life that comes first, and those after it that only its stream has.
#[derive(Clone, Copy)]
struct Next {
    household: HouseholdKey,
    order: u64,
    /// From here on other streams have lives, too.
    alone_until: u64,
}
