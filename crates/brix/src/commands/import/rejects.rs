//! Rows that were not imported, kept in the lake's folder as JSON lines: each with its file, line, column and reason.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use connect::files::{Reject, RejectSink};
use serde::Serialize;

use super::Refused;
use crate::live::SuppressedIds;

/// The folder of reject files inside the lake's.
pub const FOLDER: &str = "rejects";

/// A file of rejects in the making; it gets its name when the import is done.
pub struct RejectFile {
    folder: PathBuf,
    path: PathBuf,
    file: Option<BufWriter<File>>,
    by_reason: BTreeMap<&'static str, Reasoned>,
    /// Of whom nothing is kept.
    suppressed: Arc<SuppressedIds>,
}

/// What is kept of the rejects.
#[derive(Debug, Default, Serialize)]
pub struct Kept {
    /// How many.
    pub rows: u64,
    /// The file; `None` if there are none.
    pub file: Option<PathBuf>,
    /// By reason.
    pub reasons: Vec<Reasoned>,
}

/// Rejects for one reason.
#[derive(Debug, Clone, Serialize)]
pub struct Reasoned {
    /// The stable word.
    pub code: &'static str,
    /// How many rows.
    pub rows: u64,
    /// The first of them, in words.
    pub first: String,
}

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    file: Option<&'a str>,
    row: Option<u64>,
    line: Option<u64>,
    column: Option<u64>,
    field: Option<&'a str>,
    code: &'a str,
    reason: String,
    text: &'a str,
}

impl RejectFile {
    /// Nothing is written before the first reject.
    pub fn create(lake: &Path, suppressed: Arc<SuppressedIds>) -> Result<Self> {
        let folder = lake.join(FOLDER);
        let path = folder.join(format!("unfinished-{}.jsonl", std::process::id()));
        Ok(Self { folder, path, file: None, by_reason: BTreeMap::new(), suppressed })
    }

    /// Takes the rows that the lake refused.
    pub fn refused(&mut self, refused: &[Refused]) -> Result<()> {
        for Refused { source, message, reason } in refused {
            let text = format!("source {source}, message {message}");
            let line = Line {
                file: None,
                row: None,
                line: None,
                column: None,
                field: None,
                code: "refused",
                reason: reason.to_string(),
                text: &text,
            };
            self.count("refused", || format!("{text}: {reason}"));
            self.write(&line).with_context(|| format!("cannot write {}", self.path.display()))?;
        }
        Ok(())
    }

    /// Gives the file its name.
    pub fn finish(mut self) -> Result<Kept> {
        let reasons: Vec<Reasoned> = self.by_reason.values().cloned().collect();
        let mut kept = Kept { rows: reasons.iter().map(|reason| reason.rows).sum(), file: None, reasons };
        kept.reasons.sort_by(|left, right| right.rows.cmp(&left.rows).then_with(|| left.code.cmp(right.code)));
        let Some(mut file) = self.file.take() else { return Ok(kept) };
        let named = self.folder.join(format!("{}.jsonl", jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%S")));
        let done = file.flush().and_then(|()| fs::rename(&self.path, &named));
        done.with_context(|| format!("cannot keep the rejected rows in {}", named.display()))?;
        kept.file = Some(named);
        Ok(kept)
    }

    fn count(&mut self, code: &'static str, first: impl FnOnce() -> String) {
        self.by_reason.entry(code).or_insert_with(|| Reasoned { code, rows: 0, first: first() }).rows += 1;
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                fs::create_dir_all(&self.folder)?;
                self.file.insert(BufWriter::new(File::create(&self.path)?))
            }
        };
        serde_json::to_writer(&mut *file, line)?;
        file.write_all(b"\n")
    }
}

impl RejectSink for RejectFile {
    fn reject(&mut self, reject: Reject) -> io::Result<()> {
        let code = reject.reason.code();
        let reason = reject.reason.to_string();
        let said = [Some(reject.raw.as_str()), reject.reason.of_input()];
        if said.into_iter().flatten().any(|text| self.suppressed.stand_in(text)) {
            // It is counted, and nothing of it is kept.
            self.count(code, || "of somebody who is suppressed".to_owned());
            return Ok(());
        }
        let line = Line {
            file: Some(&reject.place.file),
            row: Some(reject.place.row).filter(|row| *row > 0),
            line: reject.place.line,
            column: reject.place.column,
            field: reject.field.as_deref(),
            code,
            reason,
            text: &reject.raw,
        };
        self.write(&line)?;
        self.count(code, || reject.to_string());
        Ok(())
    }
}

/// A file that never got its name is of an import that stopped: nothing of it was imported, so nothing is kept.
impl Drop for RejectFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
