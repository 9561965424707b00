//! An import: files and a mapping in, batches out.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::UTF_8;
use engine::batch::Batch;

use super::apply::{Applier, Fault, Outcome, bind};
use super::columnar::Columnar;
use super::columns::{Decoder, Position};
use super::field::Field;
use super::input::{self, ByteCount, Found};
use super::json::Json;
use super::mapping::{FileMapping, Format, Mapping};
use super::reject::{FileError, Place, Reason, Reject, RejectSink};
use super::separated::{Dialect, Separated};
use super::{encoding, limits, sniff};

/// How an import is done.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Stop at the first rejected row ([`FileError::Rejected`]).
    pub strict: bool,
    /// Rows after which a batch is handed over, at most; a row's records are never torn apart.
    pub batch_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { strict: false, batch_rows: limits::BATCH_ROWS }
    }
}

/// How far an import is: to be read at any time, from any thread.
pub type Progress = Arc<ByteCount>;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Each file that was read.
    pub files: Vec<FileSummary>,
    /// Files that no pattern fits.
    pub ignored: Vec<String>,
    /// Patterns that fit no file.
    pub unmatched: Vec<String>,
    /// Rejected rows by [`Reason::code`].
    pub rejected: BTreeMap<&'static str, u64>,
    /// Texts cut to [`limits::TEXT_BYTES`].
    pub texts_cut: u64,
    /// Times later than their receipt, set to it.
    pub clamped: u64,
    /// Values that stayed text because the column's first rows were of another type.
    pub kept_as_text: u64,
    /// Pieces of text with characters that the file's encoding does not have.
    pub replaced: u64,
    /// Members of JSON objects that were given twice: the last counts.
    pub duplicate_keys: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSummary {
    /// As the user named it.
    pub file: String,
    /// The pattern of the mapping that fits it.
    pub pattern: String,
    /// Its format, once it was opened.
    pub format: &'static str,
    /// Its encoding, where it is text.
    pub encoding: Option<&'static str>,
    /// Rows read.
    pub rows: u64,
    /// Records made of them.
    pub records: u64,
    /// Rows that the mapping's conditions leave out.
    pub left_out: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Columns that the mapping names and no row had (JSON).
    pub never_present: Vec<String>,
}

impl Summary {
    /// Rows read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Records made.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.files.iter().map(|file| file.records).sum()
    }

    /// Rows rejected.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }
}

/// What reads files into batches.
pub trait Batches: Send {
    /// The next batch; `None` when all files are done. Rejected rows go to `sink`.
    ///
    /// # Errors
    /// If a file cannot be read or does not fit, if the sink fails, and at the first rejected row in strict mode. The import
    /// cannot go on then.
    fn next_batch(&mut self, sink: &mut dyn RejectSink) -> Result<Option<Batch>, FileError>;
    /// What was done so far.
    fn summary(&self) -> &Summary;
    /// How far it is.
    fn progress(&self) -> Progress;
}

impl Batches for Import {
    fn next_batch(&mut self, sink: &mut dyn RejectSink) -> Result<Option<Batch>, FileError> {
        Self::next_batch(self, sink)
    }

    fn summary(&self) -> &Summary {
        Self::summary(self)
    }

    fn progress(&self) -> Progress {
        Self::progress(self)
    }
}

/// A file that is being read.
struct Current {
    shown: Arc<str>,
    decoder: Box<dyn Decoder>,
    applier: Applier,
    /// The next row of the block.
    row: usize,
    replaced: Arc<AtomicU64>,
    summary: FileSummary,
    /// Whether the applier knows the batch at hand.
    knows_batch: bool,
}

/// An import under way.
pub struct Import {
    mapping: Arc<Mapping>,
    waiting: VecDeque<(Found, usize)>,
    current: Option<Current>,
    options: Options,
    summary: Summary,
    count: Progress,
    batch: Batch,
}

impl Import {
    /// Finds the files and the mapping of each. Nothing is read yet but first bytes.
    ///
    /// # Errors
    /// If a path cannot be read, or no file fits the mapping.
    pub fn open(mapping: Arc<Mapping>, paths: &[PathBuf], options: Options) -> Result<Self, FileError> {
        let found = input::find(paths)?;
        let mut waiting = VecDeque::new();
        let mut summary = Summary::default();
        let mut used = vec![false; mapping.files.len()];
        let count = Progress::default();
        let mut bytes = 0;
        for file in found {
            match mapping.files.iter().position(|rule| rule.matches(&file.relative)) {
                Some(rule) => {
                    if let Some(used) = used.get_mut(rule) {
                        *used = true;
                    }
                    bytes += file.bytes;
                    waiting.push_back((file, rule));
                }
                None => summary.ignored.push(file.shown.to_string()),
            }
        }
        count.set_total(bytes);
        let unused = mapping.files.iter().zip(used).filter(|(_, used)| !used);
        summary.unmatched = unused.map(|(rule, _)| rule.pattern.clone()).collect();
        if waiting.is_empty() {
            let file = paths.first().map_or_else(|| "no path".into(), |path| path.to_string_lossy());
            let patterns: Vec<&str> = mapping.files.iter().map(|rule| rule.pattern.as_str()).collect();
            let message = format!("no file here fits the mapping, whose files are: {}", patterns.join(", "));
            return Err(FileError::unfit(&Arc::from(file), None, message));
        }
        Ok(Self { mapping, waiting, current: None, options, summary, count, batch: Batch::default() })
    }

    /// How far the import is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Arc::clone(&self.count)
    }

    /// What the import did so far.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The next batch; `None` when all files are done. Rejected rows go to `sink`.
    ///
    /// # Errors
    /// If a file cannot be read or does not fit the mapping, if the sink fails, and at the first rejected row in strict mode.
    /// The import cannot go on then.
    pub fn next_batch(&mut self, sink: &mut dyn RejectSink) -> Result<Option<Batch>, FileError> {
        loop {
            if self.current.is_none() {
                let Some((found, rule)) = self.waiting.pop_front() else {
                    let batch = std::mem::take(&mut self.batch);
                    return Ok((!batch.is_empty()).then_some(batch));
                };
                self.current = self.begin(&found, rule, sink)?;
                continue;
            }
            if self.fill(sink)? {
                if let Some(current) = &mut self.current {
                    current.knows_batch = false;
                }
                return Ok(Some(std::mem::take(&mut self.batch)));
            }
        }
    }

    /// Opens a file and reads its first block; `None` if there is nothing in it.
    fn begin(&mut self, found: &Found, rule: usize, sink: &mut dyn RejectSink) -> Result<Option<Current>, FileError> {
        let mapping = Arc::clone(&self.mapping);
        let Some(rule) = mapping.files.get(rule) else { return Ok(None) };
        let replaced = Arc::new(AtomicU64::new(0));
        let mut opened = open(found, Some(rule), &self.count, &replaced)?;
        let mut summary = FileSummary {
            file: found.shown.to_string(),
            pattern: rule.pattern.clone(),
            format: opened.format.word(),
            encoding: opened.encoding,
            ..FileSummary::default()
        };
        let has_rows = opened.decoder.next_block()?;
        if opened.format == Format::Csv && opened.decoder.columns().is_empty() && !has_rows {
            summary.rejected = 1;
            let place = Place { file: Arc::clone(&found.shown), row: 0, line: Some(1), column: Some(1) };
            let reject = Reject { place, field: None, raw: String::new(), reason: Reason::Empty };
            *self.summary.rejected.entry(reject.reason.code()).or_default() += 1;
            self.summary.files.push(summary);
            if self.options.strict {
                return Err(FileError::Rejected(Box::new(reject)));
            }
            sink.reject(reject).map_err(FileError::Sink)?;
            return Ok(None);
        }
        let is_text = opened.format == Format::Csv;
        let applier = bind(&mapping, rule, &found.shown, opened.decoder.as_mut(), is_text)?;
        let shown = Arc::clone(&found.shown);
        let decoder = opened.decoder;
        Ok(Some(Current { shown, decoder, applier, row: 0, replaced, summary, knows_batch: false }))
    }

    /// Reads on in the current file until the batch is full (`true`) or the file is done.
    fn fill(&mut self, sink: &mut dyn RejectSink) -> Result<bool, FileError> {
        let Some(current) = &mut self.current else { return Ok(false) };
        if !current.knows_batch {
            current.applier.begin_batch(&mut self.batch);
            current.knows_batch = true;
        }
        loop {
            let (rejected, is_full) = current.block(&mut self.batch, self.options);
            for reject in rejected {
                *self.summary.rejected.entry(reject.reason.code()).or_default() += 1;
                if self.options.strict {
                    return Err(FileError::Rejected(Box::new(reject)));
                }
                sink.reject(reject).map_err(FileError::Sink)?;
            }
            if is_full {
                return Ok(true);
            }
            if current.row < current.decoder.rows() {
                continue;
            }
            current.row = 0;
            if !current.decoder.next_block()? {
                break;
            }
        }
        self.end();
        Ok(false)
    }

    fn end(&mut self) {
        let Some(mut current) = self.current.take() else { return };
        let changed = current.applier.changed;
        self.summary.texts_cut += changed.texts_cut;
        self.summary.clamped += changed.clamped;
        self.summary.kept_as_text += changed.kept_as_text;
        self.summary.replaced += current.replaced.load(Ordering::Relaxed);
        self.summary.duplicate_keys += current.decoder.duplicate_keys();
        current.summary.never_present = current.decoder.never_present();
        self.summary.files.push(current.summary);
    }
}

/// Rejected rows that are gathered before they are handed to the sink.
const REJECTS_AT_ONCE: usize = 256;

impl Current {
    /// Applies the mapping to rows of the block until it ends, the batch is full, or many rows were rejected.
    fn block(&mut self, batch: &mut Batch, options: Options) -> (Vec<Reject>, bool) {
        let mut rejected = Vec::new();
        let decoder = self.decoder.as_ref();
        let columns = decoder.columns();
        let mut fields: Vec<Field<'_>> = Vec::with_capacity(columns.len());
        let rows = decoder.rows();
        while self.row < rows {
            if batch.len() >= options.batch_rows
                || (self.row.is_multiple_of(1_024) && batch.memory_bytes() > limits::BATCH_BYTES)
            {
                return (rejected, true);
            }
            let row = self.row;
            self.row += 1;
            self.summary.rows += 1;
            let fault = match decoder.fields(row, &mut fields) {
                Ok(()) => match self.applier.row(columns, &fields, batch) {
                    Ok(Outcome::Records(records)) => {
                        self.summary.records += records;
                        continue;
                    }
                    Ok(Outcome::LeftOut) => {
                        self.summary.left_out += 1;
                        continue;
                    }
                    Err(Fault { reason, column }) => {
                        let field = column.and_then(|column| columns.name(column)).map(str::to_owned);
                        (reason, field, decoder.position(row, column))
                    }
                },
                Err(fault) => (fault.reason, None, fault.position.unwrap_or_else(|| decoder.position(row, None))),
            };
            self.summary.rejected += 1;
            let (reason, field, Position { row: number, line, column }) = fault;
            let place = Place { file: Arc::clone(&self.shown), row: number, line, column };
            rejected.push(Reject { place, field, raw: decoder.raw(row), reason });
            if rejected.len() >= REJECTS_AT_ONCE || options.strict {
                break;
            }
        }
        (rejected, false)
    }
}

/// A file that is open, with its format.
pub(crate) struct OpenFile {
    pub(crate) decoder: Box<dyn Decoder>,
    pub(crate) format: Format,
    pub(crate) encoding: Option<&'static str>,
    /// Between fields, where the format has that.
    pub(crate) delimiter: Option<u8>,
}

/// Opens a file by what the mapping says and the file's first bytes tell.
pub(crate) fn open(
    found: &Found,
    rule: Option<&FileMapping>,
    count: &Arc<ByteCount>,
    replaced: &Arc<AtomicU64>,
) -> Result<OpenFile, FileError> {
    let opened = input::open(found, count)?;
    let format = rule.and_then(|rule| rule.format).unwrap_or_else(|| sniff::format(&opened.head, &found.relative));
    if format == Format::Parquet {
        if opened.was_packed {
            let message = "a Parquet file inside a compressed one cannot be read; unpack it first";
            return Err(FileError::unfit(&found.shown, None, message));
        }
        let decoder = Box::new(Columnar::open(found, count, opened.head.len() as u64)?);
        return Ok(OpenFile { decoder, format, encoding: None, delimiter: None });
    }
    let stated = rule.and_then(|rule| rule.encoding);
    if format == Format::Avro {
        let decoder = Box::new(Columnar::open_avro(&found.shown, opened.bytes)?);
        return Ok(OpenFile { decoder, format, encoding: None, delimiter: None });
    }
    let chosen = encoding::choose(&opened.head, stated, format == Format::Csv);
    let head = encoding::head_text(&opened.head, chosen);
    // A mapping knows its files: what is odd in them is told with its line.
    if rule.is_none() && !sniff::is_text(&head) {
        let message = "it is no text, and neither Parquet nor Avro: name files of events; where it is text in an encoding \
                       without a mark, such as UTF-16, the mapping says which by `encoding:`";
        return Err(FileError::unfit(&found.shown, None, message));
    }
    let input = Box::new(encoding::Utf8Reader::new(opened.bytes, chosen, Arc::clone(replaced)));
    let encoding = Some(if chosen == UTF_8 { "UTF-8" } else { chosen.name() });
    if format == Format::Json {
        let decoder = Box::new(Json::open(&found.shown, input, &head, opened.is_whole));
        return Ok(OpenFile { decoder, format, encoding, delimiter: None });
    }
    let dialect = dialect(&head, rule);
    let delimiter = Some(dialect.delimiter);
    let decoder = Box::new(Separated::open(&found.shown, input, dialect)?);
    Ok(OpenFile { decoder, format, encoding, delimiter })
}

fn dialect(head: &str, rule: Option<&FileMapping>) -> Dialect {
    let quote = rule.map_or(b'"', |rule| rule.quote);
    let by_line = sniff::stated_delimiter(head);
    let delimiter = rule.and_then(|rule| rule.delimiter).or(by_line).unwrap_or_else(|| sniff::delimiter(head, quote));
    let names = rule.and_then(|rule| rule.names.clone());
    Dialect { delimiter, quote, names, skip_lines: usize::from(by_line.is_some()) }
}
