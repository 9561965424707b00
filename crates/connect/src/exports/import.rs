//! An import of a vendor's export: files and a plan in, batches out.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use engine::Timestamp;
use engine::batch::Batch;

use super::rows::{Rows, TextRow};
use super::{Plan, Row};
use crate::files::input::{self, Found};
use crate::files::reject::{FileError, Reason, Reject, RejectSink, capped};
use crate::files::{Batches, FileSummary, Options, Progress, Summary, limits};
use crate::sources::intake::Intake;
use crate::sources::json;
use crate::sources::reject::Fault;

/// An import of an export under way.
pub struct Exported {
    plan: Plan,
    waiting: VecDeque<Found>,
    current: Option<Current>,
    options: Options,
    summary: Summary,
    count: Progress,
}

struct Current {
    rows: Rows,
    table: String,
    intake: Intake,
    summary: FileSummary,
}

/// What became of a row.
enum Done {
    Records(u64),
    LeftOut,
}

impl Exported {
    /// Finds the files. Settings and notes that lie beside them are left, and so is Heap's manifest.
    ///
    /// # Errors
    /// If a path cannot be read, or there is no file.
    pub fn open(plan: Plan, paths: &[PathBuf], options: Options) -> Result<Self, FileError> {
        let (mut waiting, mut summary) = (VecDeque::new(), Summary::default());
        let count = Progress::default();
        let mut bytes = 0;
        for file in input::find(paths)? {
            if is_beside(&file.relative) {
                summary.ignored.push(file.shown.to_string());
            } else {
                bytes += file.bytes;
                waiting.push_back(file);
            }
        }
        if waiting.is_empty() {
            let file = paths.first().map_or_else(|| "no path".into(), |path| path.to_string_lossy());
            let message = format!("no file of an export of {} is here; name its files or folder", plan.vendor.name);
            return Err(FileError::unfit(&Arc::from(file), None, message));
        }
        count.set_total(bytes);
        Ok(Self { plan, waiting, current: None, options, summary, count })
    }

    fn begin(&self, found: &Found) -> Result<Current, FileError> {
        let rows = Rows::open(found, &self.count)?;
        let summary = FileSummary {
            file: found.shown.to_string(),
            pattern: self.plan.vendor.id.to_owned(),
            format: rows.format.word(),
            ..FileSummary::default()
        };
        let intake = Intake::new(&self.plan.settings.source, Timestamp::LATEST);
        Ok(Current { rows, table: table_of(&found.relative).to_owned(), intake, summary })
    }

    fn end(&mut self) {
        let Some(current) = self.current.take() else { return };
        let changed = current.intake.finish().changed;
        self.summary.texts_cut += changed.texts_cut;
        self.summary.clamped += changed.clamped;
        self.summary.files.push(current.summary);
    }
}

impl Batches for Exported {
    fn next_batch(&mut self, sink: &mut dyn RejectSink) -> Result<Option<Batch>, FileError> {
        let mut batch = Batch::default();
        while batch.len() < self.options.batch_rows
            && (batch.len() % 1_024 != 0 || batch.memory_bytes() < limits::BATCH_BYTES)
        {
            if self.current.is_none() {
                let Some(found) = self.waiting.pop_front() else { break };
                self.current = Some(self.begin(&found)?);
            }
            let Some(current) = &mut self.current else { break };
            let Some(row) = current.rows.next()? else {
                self.end();
                continue;
            };
            current.summary.rows += 1;
            match take(&self.plan, &current.table, &mut current.intake, &row, &mut batch) {
                Ok(Done::Records(records)) => current.summary.records += records,
                Ok(Done::LeftOut) => current.summary.left_out += 1,
                Err((field, reason)) => {
                    current.summary.rejected += 1;
                    *self.summary.rejected.entry(reason.code()).or_default() += 1;
                    let start = row.bytes.get(..limits::REJECT_RAW_BYTES.min(row.bytes.len())).unwrap_or_default();
                    let raw = capped(&String::from_utf8_lossy(start), limits::REJECT_RAW_BYTES).to_owned();
                    let reject = Reject { place: row.place, field, raw, reason };
                    if self.options.strict {
                        return Err(FileError::Rejected(Box::new(reject)));
                    }
                    sink.reject(reject).map_err(FileError::Sink)?;
                }
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn progress(&self) -> Progress {
        Arc::clone(&self.count)
    }
}

/// Takes in a row as the live source would take the message that it was; what it says goes into the batch.
fn take(
    plan: &Plan,
    table: &str,
    intake: &mut Intake,
    row: &TextRow<'_>,
    batch: &mut Batch,
) -> Result<Done, (Option<String>, Reason)> {
    if let Some(fault) = &row.fault {
        return Err((None, fault.clone()));
    }
    let blamed = |fault: Fault| {
        let field = fault.pointer.trim_start_matches('/').replace('/', ".");
        (
            (!field.is_empty()).then_some(field),
            Reason::Message { code: fault.reason.code(), words: fault.reason.to_string() },
        )
    };
    let text = std::str::from_utf8(row.bytes).map_err(|_| (None, Reason::NotUtf8))?;
    let checked = json::checked(row.bytes).map_err(|reason| blamed(reason.into()))?;
    let object = json::object(checked).map_err(blamed)?;
    let received = (plan.vendor.received)(&object);
    intake.receive_at(received.unwrap_or(Timestamp(Timestamp::LATEST.0 - 1)));
    let row = Row { object: &object, table, received: intake.received_at() };
    if !(plan.vendor.is_row)(&row) {
        return Err((None, Reason::NotOfVendor(plan.vendor.name)));
    }
    let Some(said) = (plan.vendor.says)(&row, &plan.settings, &plan.zone).map_err(blamed)? else {
        return Ok(Done::LeftOut);
    };
    let records = intake.said(text, said).map_err(blamed)?;
    for record in &records {
        let mut record = record.clone();
        record.received_at = received;
        batch.push_record(&record);
    }
    Ok(Done::Records(records.len() as u64))
}

/// Mappings, settings and notes that lie beside data.
pub(super) fn is_beside(relative: &str) -> bool {
    let name = relative.rsplit('/').next().unwrap_or(relative);
    [".yaml", ".yml", ".md"].iter().any(|ending| name.ends_with(ending)) || name.starts_with("manifest")
}

/// The table that a file is of: the folder it lies in, unless that is one of a whole dump; else its own name without what numbers
/// its parts.
pub(super) fn table_of(relative: &str) -> &str {
    let (folder, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    if !folder.is_empty() && !folder.starts_with("sync") && !folder.starts_with("dump") {
        return folder;
    }
    let stem = name.split('.').next().unwrap_or(name);
    let named = stem.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '_'));
    if named.is_empty() { stem } else { named }
}

/// Whether a row could be one of the vendor's.
pub(super) fn looks_like(plan: &Plan, table: &str, row: &TextRow<'_>) -> bool {
    let object = json::checked(row.bytes).ok().and_then(|text| json::object(text).ok());
    object.is_some_and(|object| (plan.vendor.is_row)(&Row { object: &object, table, received: Timestamp::LATEST }))
}
