//! What an import did, for people and scripts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use connect::files::Summary;
use serde::Serialize;

use super::rejects::Kept;
use super::seconds;
use crate::console::{BAD, Console, DOUBT, GOOD, count, grouped};

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Told {
    lake: PathBuf,
    version: u64,
    seconds: f64,
    rows: u64,
    rows_left_out: u64,
    new_events: u64,
    new_facts: u64,
    duplicates: u64,
    differing_duplicates: u64,
    /// Records that named somebody who is suppressed, and were left out.
    suppressed: u64,
    files: Vec<FileTold>,
    ignored_files: Vec<String>,
    unmatched_patterns: Vec<String>,
    changed: Changed,
    rejected: Kept,
}

/// What became of a file.
#[derive(Debug, Serialize)]
struct FileTold {
    file: String,
    pattern: String,
    format: &'static str,
    encoding: Option<&'static str>,
    rows: u64,
    records: u64,
    left_out: u64,
    rejected: u64,
    columns_never_present: Vec<String>,
}

/// What was changed on the way in.
#[derive(Debug, Serialize)]
struct Changed {
    texts_cut: u64,
    times_set_to_receipt: u64,
    values_kept_as_text: u64,
    characters_replaced: u64,
    json_keys_given_twice: u64,
}

impl Told {
    /// From what both sides say.
    pub fn new(
        folder: &Path,
        files: &Summary,
        lake: &history::Summary,
        suppressed: u64,
        rejected: Kept,
        elapsed: Duration,
    ) -> Self {
        Self {
            lake: folder.to_owned(),
            version: lake.version,
            seconds: seconds(elapsed),
            rows: files.rows(),
            rows_left_out: files.files.iter().map(|file| file.left_out).sum(),
            new_events: lake.events,
            new_facts: lake.facts,
            duplicates: lake.duplicates,
            differing_duplicates: lake.differing,
            suppressed,
            files: files
                .files
                .iter()
                .map(|file| FileTold {
                    file: file.file.clone(),
                    pattern: file.pattern.clone(),
                    format: file.format,
                    encoding: file.encoding,
                    rows: file.rows,
                    records: file.records,
                    left_out: file.left_out,
                    rejected: file.rejected,
                    columns_never_present: file.never_present.clone(),
                })
                .collect(),
            ignored_files: files.ignored.clone(),
            unmatched_patterns: files.unmatched.clone(),
            changed: Changed {
                texts_cut: files.texts_cut,
                times_set_to_receipt: files.clamped,
                values_kept_as_text: files.kept_as_text,
                characters_replaced: files.replaced,
                json_keys_given_twice: files.duplicate_keys,
            },
            rejected,
        }
    }

    /// Whether anything was new.
    pub const fn brought_something(&self) -> bool {
        self.new_events + self.new_facts > 0
    }

    /// The lake's version now.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// In words.
    pub fn tell(&self, console: &mut Console) {
        let rate = self.rows as f64 / self.seconds.max(1e-3);
        console.say(format_args!(
            "{GOOD}Imported{GOOD:#} {} and {} from {} of {}, in {:.1} s ({} rows a second)",
            count(self.new_events, "new event", "new events"),
            count(self.new_facts, "new fact", "new facts"),
            count(self.rows, "row", "rows"),
            count(self.files.len() as u64, "file", "files"),
            self.seconds,
            grouped(rate as u64),
        ));
        self.tell_files(console);
        self.tell_doubts(console);
        self.tell_rejects(console);
        console.say(format_args!("The lake is {}, version {}", self.lake.display(), self.version));
    }

    fn tell_files(&self, console: &mut Console) {
        for file in &self.files {
            let mut words = format!("  {}: {}", file.file, count(file.rows, "row", "rows"));
            for (number, what) in [(file.left_out, "left out by the mapping"), (file.rejected, "rejected")] {
                if number > 0 {
                    words.push_str(&format!(", {} {what}", grouped(number)));
                }
            }
            console.say(words);
            if !file.columns_never_present.is_empty() {
                console.say(format_args!(
                    "    {DOUBT}no row has{DOUBT:#} {}, which the mapping names",
                    file.columns_never_present.join(", ")
                ));
            }
        }
        for (files, what) in
            [(&self.ignored_files, "fits no pattern of the mapping"), (&self.unmatched_patterns, "fits no file")]
        {
            for name in files.iter().filter(|name| !name.ends_with("mapping.yaml")) {
                console.say(format_args!("  {name} {what}"));
            }
        }
    }

    fn tell_doubts(&self, console: &mut Console) {
        let changed = &self.changed;
        for (number, one, many, what) in [
            (self.suppressed, "record", "records", "of whoever is suppressed: left out, and nothing of it kept"),
            (self.duplicates, "row was", "rows were", "there already, or came twice"),
            (self.differing_duplicates, "of them", "of them", "said something else than the first copy, which counts"),
            (changed.times_set_to_receipt, "time was", "times were", "later than the receipt, and set to it"),
            (changed.texts_cut, "text was", "texts were", "too long, and cut"),
            (
                changed.values_kept_as_text,
                "value",
                "values",
                "stayed text in a column whose first rows are of another type",
            ),
            (
                changed.characters_replaced,
                "piece of text",
                "pieces of text",
                "with characters that the encoding does not know",
            ),
            (changed.json_keys_given_twice, "JSON key was", "JSON keys were", "given twice; the last counts"),
        ] {
            if number > 0 {
                console.say(format_args!("  {} {what}", count(number, one, many)));
            }
        }
    }

    fn tell_rejects(&self, console: &mut Console) {
        if self.rejected.rows == 0 {
            return;
        }
        console.say(format_args!("{BAD}Rejected{BAD:#} {}:", count(self.rejected.rows, "row", "rows")));
        for reason in &self.rejected.reasons {
            console.say(format_args!("  {} {}, the first: {}", grouped(reason.rows), reason.code, reason.first));
        }
        if let Some(file) = &self.rejected.file {
            console.say(format_args!("  all of them with their places: {}", file.display()));
        }
    }
}
