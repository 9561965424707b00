//! Who is near: one criterion or a few percent away from a definition's behaviour; and who was on the way and has stopped.
//!
//! Both are said of those who have not met the behaviour and can still meet it. Whoever has met it is a lead, at least one who is qualified to
//! use, whatever the fit.

pub mod distance;

use std::sync::Arc;

use engine::definition::{Definition, Entries};
use engine::outcome::{Finding, Progress, Truth};
use engine::{Span, Timestamp};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::figure::{When, grouped, left_out};
use crate::qualified::{csv_cell, guarded};
use crate::question::length;
use crate::text::table::{Table, cut, wrap};
use distance::{Distance, Sight};

/// Who has at least so much of the way behind them was on the way.
const ON_THE_WAY: f64 = 0.5;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// How much of each threshold may be missing.
    pub within: f64,
    /// Whoever has done nothing towards it for so long has stopped.
    pub silent: Span,
}

impl Default for Terms {
    fn default() -> Self {
        Self { within: 0.2, silent: Span::days(7) }
    }
}

/// Somebody on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    /// The id by which people know the subject.
    pub id: Arc<str>,
    /// How much of the way lies behind, from 0 to 1: each criterion counts alike.
    pub share: f64,
    /// The way.
    #[serde(flatten)]
    pub way: Distance,
    /// Whether the fit is met.
    pub fit: Truth,
    /// The latest event towards it.
    pub last_at: Option<When>,
    /// It was not known of all events whether they were towards it: `last_at` may be too early.
    #[serde(skip)]
    pub is_open: bool,
}

impl Near {
    /// How far somebody is; `None` for those who have met the behaviour, those outside the population, and those who can no longer meet it.
    #[must_use]
    pub fn of(id: &str, definition: &Definition, progress: &Progress, at: Timestamp, zone: &TimeZone) -> Option<Self> {
        let outcome = &progress.outcome;
        let has_met = match definition.entries {
            Entries::Repeated => outcome.now.when,
            Entries::Once | Entries::OnEvent(_) => outcome.met_at.is_some() || !outcome.entries.is_empty(),
        };
        if has_met || outcome.now.when || !outcome.now.in_population {
            return None;
        }
        let way = Sight::of(progress, at, zone).distance(&definition.when, &progress.when)?;
        Some(Self {
            id: Arc::from(id),
            share: way.share(),
            fit: progress.fit.as_ref().map_or(Truth::True, |fit| fit.truth),
            last_at: last(&progress.when).map(When),
            is_open: !progress.is_whole,
            way,
        })
    }

    /// Whether that is near.
    #[must_use]
    pub fn is_near(&self, terms: &Terms) -> bool {
        self.way.is_near(terms.within)
    }

    /// Whether somebody was on the way and has done nothing towards it lately, as far as is known.
    #[must_use]
    pub fn has_stalled(&self, terms: &Terms, at: Timestamp) -> bool {
        let since = at.0.saturating_sub(length(terms.silent));
        let has_stopped = match self.last_at {
            Some(last) => last.0.0 <= since,
            None => self.is_open,
        };
        self.share >= ON_THE_WAY && has_stopped
    }

    /// By which the nearest come first: those who fit before the others of the same distance.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let nearer = other.share.total_cmp(&self.share);
        nearer.then_with(|| other.fit.cmp(&self.fit)).then_with(|| self.id.cmp(&other.id))
    }
}

/// The latest event behind a criterion and its parts.
fn last(finding: &Finding) -> Option<Timestamp> {
    finding.parts.iter().filter_map(last).chain(finding.evidence.last).max()
}

/// Everyone who is near, or has stalled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearListing {
    /// The definition's id.
    pub definition: Arc<str>,
    /// Its name.
    pub name: String,
    /// As of this instant.
    pub as_of: When,
    /// Those who have stalled are asked for; else those who are near.
    pub stalled: bool,
    /// The nearest first.
    pub rows: Vec<Near>,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
}

impl NearListing {
    /// A table for a terminal.
    #[must_use]
    pub fn text(&self, zone: &TimeZone) -> String {
        let count = grouped(self.rows.len() as u64);
        let what = if self.stalled { "were on the way and have stopped" } else { "are near" };
        let mut lines = vec![format!("{} as of {}: {count} {what}", self.name, self.as_of.minute(zone))];
        lines.extend(self.refused_profiling.filter(|count| *count > 0).map(left_out));
        lines.push(String::new());
        let mut table = Table::new(&["who", ">way", "criteria", "fits", "last"]);
        for row in &self.rows {
            let last = row.last_at.map_or("–".to_owned(), |at| at.minute(zone));
            let way = format!("{:.0} %", (row.share * 100.0).floor());
            let criteria = format!("{} of {}", row.way.met, row.way.of);
            table.row(vec![cut(&row.id, 32), way, criteria, fits(row.fit).to_owned(), last]);
        }
        let mut rows = table.lines(0, crate::text::WIDTH).into_iter();
        lines.extend(rows.next());
        for (line, row) in rows.zip(&self.rows) {
            lines.push(line);
            for gap in &row.way.missing {
                lines.extend(wrap(&gap.words, crate::text::WIDTH, "    ", "      "));
            }
        }
        lines.join("\n") + "\n"
    }

    /// Comma-separated values (RFC 4180) with a head.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from("id,share,met,of,fit,last_at,missing\r\n");
        for row in &self.rows {
            let missing: Vec<&str> = row.way.missing.iter().map(|gap| gap.words.as_str()).collect();
            let cells = [
                guarded(&row.id),
                format!("{:.4}", row.share),
                row.way.met.to_string(),
                row.way.of.to_string(),
                fits(row.fit).to_owned(),
                row.last_at.map_or(String::new(), |at| at.0.to_string()),
                guarded(&missing.join("; ")),
            ];
            text.push_str(&cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(","));
            text.push_str("\r\n");
        }
        text
    }
}

/// Whether the fit is met, in a word.
#[must_use]
pub const fn fits(fit: Truth) -> &'static str {
    match fit {
        Truth::True => "yes",
        Truth::Unknown => "unknown",
        Truth::False => "no",
    }
}
