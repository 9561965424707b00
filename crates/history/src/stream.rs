//! Reads the lives of one run's table within a range of places, in order, some columns only.

use std::collections::VecDeque;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArrayType, Int32Type, Int64Type};

use crate::error::Result;
use crate::place;
use crate::rows::{CONSTANT, FACT, NEVER, SAYINGS};
use crate::table_reader::{Cursor, Life, OpenTable};
use crate::values::{ValueColumn, ValueCursor, WantedColumn};

/// What is read of each row, beside its time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Code columns by their names in files.
    pub(crate) codes: Vec<&'static str>,
    /// When rows took effect.
    pub(crate) known: bool,
    /// When they were received.
    pub(crate) received: bool,
    /// What facts say.
    pub(crate) says: bool,
    /// Values.
    pub(crate) values: Vec<WantedColumn>,
}

/// The columns of a batch of rows.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) times: Vec<i64>,
    /// By [`Wanted::codes`].
    pub(crate) codes: Vec<Vec<i32>>,
    /// Filled if wanted.
    pub(crate) known: Vec<i64>,
    /// Filled if wanted; [`NEVER`] where not known.
    pub(crate) received: Vec<i64>,
    /// Filled if wanted, as in [`crate::rows::Row::what`].
    pub(crate) says: Vec<u32>,
    /// By [`Wanted::values`].
    pub(crate) values: Vec<ValueColumn>,
    /// Whether some row took effect later than it happened.
    pub(crate) late: bool,
    levels: Vec<i16>,
}

impl Buffers {
    pub(crate) fn new(wanted: &Wanted) -> Self {
        Self {
            codes: wanted.codes.iter().map(|_| Vec::new()).collect(),
            values: wanted.values.iter().map(ValueColumn::new).collect(),
            ..Self::default()
        }
    }

    fn clear(&mut self) {
        self.times.clear();
        self.codes.iter_mut().for_each(Vec::clear);
        self.known.clear();
        self.received.clear();
        self.says.clear();
        self.values.iter_mut().for_each(ValueColumn::clear);
        self.late = false;
    }

    /// The codes of a wanted column, unsigned.
    pub(crate) fn codes(&self, column: usize) -> &[u32] {
        self.codes.get(column).map_or(&[], |codes| bytemuck::cast_slice(codes))
    }
}

/// One file and the part of its lives that is asked for.
struct Segment {
    cursors: Cursors,
    lives: Arc<Vec<Life>>,
    /// The next life.
    next: usize,
    /// Behind the last life.
    end: usize,
}

struct Cursors {
    times: Cursor<Int64Type>,
    codes: Vec<Cursor<Int32Type>>,
    known: Option<Cursor<Int64Type>>,
    received: Option<Cursor<Int64Type>>,
    says: Option<(Cursor<ByteArrayType>, Cursor<BoolType>)>,
    values: Vec<Option<ValueCursor>>,
}

/// A table of one run, from the front.
pub(crate) struct LifeStream {
    wanted: Arc<Wanted>,
    segments: VecDeque<Segment>,
    /// Rows to leap over and then to read, of the first segment, not yet done.
    leaps: Vec<(usize, usize)>,
    pub(crate) buffers: Buffers,
}

impl LifeStream {
    /// Of files in order, with their lives; only lives at places from `from` to `to` are given.
    pub(crate) fn new(
        files: impl IntoIterator<Item = (Arc<OpenTable>, Arc<Vec<Life>>)>,
        from: u32,
        to: u32,
        wanted: &Arc<Wanted>,
    ) -> Result<Self> {
        let mut segments = VecDeque::new();
        for (table, lives) in files {
            let start = lives.partition_point(|life| place::of(life.household) < from);
            let end = lives.partition_point(|life| place::of(life.household) <= to);
            if start < end {
                let mut cursors = Cursors::open(&table, wanted)?;
                let before = lives.get(..start).unwrap_or_default();
                cursors.skip(before.iter().map(|life| life.rows as usize).sum())?;
                segments.push_back(Segment { cursors, lives, next: start, end });
            }
        }
        let buffers = Buffers::new(wanted);
        Ok(Self { wanted: Arc::clone(wanted), segments, leaps: Vec::new(), buffers })
    }

    /// The next life, if there is one.
    pub(crate) fn peek(&mut self) -> Result<Option<Life>> {
        loop {
            let Some(segment) = self.segments.front_mut() else { return Ok(None) };
            match segment.lives.get(segment.next).filter(|_| segment.next < segment.end) {
                None => {
                    self.flush()?;
                    self.segments.pop_front();
                }
                Some(life) if life.moved => {
                    segment.next += 1;
                    self.leaps.push((life.rows as usize, 0));
                }
                Some(life) => return Ok(Some(*life)),
            }
        }
    }

    /// Takes the life that [`Self::peek`] gave: its rows will be in the buffers after [`Self::fill`].
    pub(crate) fn take(&mut self, life: &Life) {
        let rows = life.rows as usize;
        match self.leaps.last_mut() {
            Some((_, read)) => *read += rows,
            None => self.leaps.push((0, rows)),
        }
        if let Some(segment) = self.segments.front_mut() {
            segment.next += 1;
        }
    }

    /// Leaps over the life that [`Self::peek`] gave.
    pub(crate) fn leap(&mut self, life: &Life) {
        self.leaps.push((life.rows as usize, 0));
        if let Some(segment) = self.segments.front_mut() {
            segment.next += 1;
        }
    }

    /// Empties the buffers for the next batch. To be called before the first [`Self::peek`] of the batch.
    pub(crate) fn clear(&mut self) {
        self.buffers.clear();
    }

    /// Reads the rows of all lives taken.
    pub(crate) fn fill(&mut self) -> Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let Some(segment) = self.segments.front_mut() else { return Ok(()) };
        let mut skip = 0;
        for (leap, read) in self.leaps.drain(..) {
            skip += leap;
            if read > 0 {
                segment.cursors.skip(std::mem::take(&mut skip))?;
                segment.cursors.read(read, &mut self.buffers, &self.wanted)?;
            }
        }
        segment.cursors.skip(skip)
    }
}

impl Cursors {
    fn open(table: &Arc<OpenTable>, wanted: &Wanted) -> Result<Self> {
        let says = if wanted.says {
            Some((Cursor::required(table, "says")?, Cursor::required(table, "constant")?))
        } else {
            None
        };
        Ok(Self {
            times: Cursor::required(table, "time")?,
            codes: wanted.codes.iter().map(|name| Cursor::required(table, name)).collect::<Result<_>>()?,
            known: if wanted.known { Cursor::new(table, "known") } else { None },
            received: if wanted.received { Cursor::new(table, "received") } else { None },
            says,
            values: wanted.values.iter().map(|column| ValueCursor::new(table, column)).collect(),
        })
    }

    fn skip(&mut self, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        self.times.skip(rows)?;
        for cursor in &mut self.codes {
            cursor.skip(rows)?;
        }
        for cursor in self.known.iter_mut().chain(&mut self.received) {
            cursor.skip(rows)?;
        }
        if let Some((says, constant)) = &mut self.says {
            says.skip(rows)?;
            constant.skip(rows)?;
        }
        for cursor in self.values.iter_mut().flatten() {
            cursor.skip(rows)?;
        }
        Ok(())
    }

    fn read(&mut self, rows: usize, into: &mut Buffers, wanted: &Wanted) -> Result<()> {
        let start = into.times.len();
        self.times.read(rows, None, &mut into.times)?;
        for (cursor, codes) in self.codes.iter_mut().zip(&mut into.codes) {
            cursor.read(rows, None, codes)?;
        }
        if wanted.known {
            match &mut self.known {
                Some(cursor) => {
                    cursor.read(rows, None, &mut into.known)?;
                    into.late = true;
                }
                None => into.known.extend_from_slice(into.times.get(start..).unwrap_or_default()),
            }
        }
        if wanted.received {
            self.read_received(rows, into)?;
        }
        if let Some((says, constant)) = &mut self.says {
            read_says(says, constant, rows, into)?;
        }
        for (cursor, column) in self.values.iter_mut().zip(&mut into.values) {
            match cursor {
                Some(cursor) => column.fill(cursor, rows, &mut into.levels)?,
                None => column.fill_none(rows),
            }
        }
        Ok(())
    }

    fn read_received(&mut self, rows: usize, into: &mut Buffers) -> Result<()> {
        let Some(cursor) = &mut self.received else {
            into.received.resize(into.received.len() + rows, NEVER);
            return Ok(());
        };
        let mut values = Vec::new();
        into.levels.clear();
        cursor.read(rows, Some(&mut into.levels), &mut values)?;
        let mut values = values.into_iter();
        into.received.extend(into.levels.iter().map(|level| match level {
            0 => NEVER,
            _ => values.next().unwrap_or(NEVER),
        }));
        Ok(())
    }
}

fn read_says(
    says: &mut Cursor<ByteArrayType>,
    constant: &mut Cursor<BoolType>,
    rows: usize,
    into: &mut Buffers,
) -> Result<()> {
    let (mut words, mut constants) = (Vec::new(), Vec::new());
    says.read(rows, None, &mut words)?;
    constant.read(rows, None, &mut constants)?;
    into.says.extend(words.iter().zip(constants).map(|(word, constant)| {
        let code = SAYINGS.iter().position(|saying| saying.as_bytes() == word.data()).unwrap_or(0);
        FACT | u32::try_from(code).unwrap_or(0) | if constant { CONSTANT } else { 0 }
    }));
    Ok(())
}
