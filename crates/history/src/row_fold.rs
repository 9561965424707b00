//! Folds over the rows of a table, in no order of subjects: for profiles and for measuring.

use std::sync::Arc;

use crate::columns::Table;
use crate::error::Result;
use crate::lake::Lake;
use crate::manifest::TableEntry;
use crate::stream::{Buffers, LifeStream, Wanted};
use crate::threads::share_out;

/// Rows in a batch.
const BATCH_ROWS: usize = 1 << 15;

impl Lake {
    /// Gives all rows of a table, batch by batch, to one fold for each thread.
    pub(crate) fn fold_rows<A: Send>(
        &self,
        table: Table,
        wanted: &Arc<Wanted>,
        threads: usize,
        make: impl Fn() -> A + Sync,
        step: impl Fn(&mut A, &Buffers) + Sync,
    ) -> Result<Vec<A>> {
        let parts = self.manifest().runs.iter().flat_map(|run| &run.parts);
        let entries: Vec<&TableEntry> = parts
            .filter_map(|part| match table {
                Table::Events => part.events.as_ref(),
                Table::Facts => part.facts.as_ref(),
            })
            .collect();
        share_out(&entries, threads, make, |fold, entry| {
            let mut stream = LifeStream::new([self.open_table(entry)?], 0, u32::MAX, wanted)?;
            while next_batch(&mut stream)? {
                step(fold, &stream.buffers);
            }
            Ok(())
        })
    }

    /// Reads the time and some code columns of all events and throws them away: what any scan of them costs at least.
    /// Gives the number of rows.
    ///
    /// # Errors
    /// As for [`Lake::scan`].
    pub fn read_bare(&self, columns: &[&'static str], threads: usize) -> Result<u64> {
        let wanted = Arc::new(Wanted { codes: columns.to_vec(), ..Wanted::default() });
        let step = |rows: &mut u64, buffers: &Buffers| *rows += buffers.times.len() as u64;
        Ok(self.fold_rows(Table::Events, &wanted, threads, || 0, step)?.into_iter().sum())
    }
}

fn next_batch(stream: &mut LifeStream) -> Result<bool> {
    stream.clear();
    let mut rows = 0;
    while rows < BATCH_ROWS {
        let Some(life) = stream.peek()? else { break };
        stream.take(&life);
        rows += life.rows as usize;
    }
    stream.fill()?;
    Ok(rows > 0)
}
