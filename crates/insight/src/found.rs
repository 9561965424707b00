//! What was found for criteria, as lines: the criterion's words, what there is, since when, and the events behind it.
//!
//! Everything comes from the finding itself, once [`told::in_words`](crate::told::in_words) has put the words into it: what is kept
//! of a lead is told in the same lines as what is found now, also where its definition is not in force any more.

use engine::Timestamp;
use engine::outcome::{Explanation, Finding, Truth};
use jiff::tz::TimeZone;

use crate::figure::{When, grouped};
use crate::text::table::wrap;
use crate::words;

/// Evidence rows shown with a criterion.
const ROWS_SHOWN: usize = 5;

/// Gives an event behind a criterion in words, by its row; `None`: it is passed over.
pub type EventWords<'a> = &'a dyn Fn(usize) -> Option<String>;

/// The criteria of `when` and `fit` of an explanation that has its words, as lines; what belongs to a line is indented by two blanks more.
#[must_use]
pub fn lines(explanation: &Explanation, zone: &TimeZone, event: EventWords<'_>) -> Vec<String> {
    let mut teller = Teller::new(zone, event, usize::MAX);
    for finding in [Some(&explanation.when), explanation.fit.as_ref()].into_iter().flatten() {
        teller.finding(0, finding);
    }
    teller.lines
}

/// Writes lines.
pub(crate) struct Teller<'a> {
    pub(crate) lines: Vec<String>,
    zone: &'a TimeZone,
    event: EventWords<'a>,
    width: usize,
}

impl<'a> Teller<'a> {
    /// Lines up to a width.
    pub(crate) const fn new(zone: &'a TimeZone, event: EventWords<'a>, width: usize) -> Self {
        Self { lines: Vec::new(), zone, event, width }
    }

    /// One line, or what is too long for one.
    pub(crate) fn line(&mut self, depth: usize, words: &str) {
        let indent = "  ".repeat(depth);
        let lines = wrap(words, self.width, &indent, &format!("{indent}    "));
        self.lines.extend(lines.into_iter().map(|line| line.trim_end().to_owned()));
    }

    /// A criterion, and those inside it.
    pub(crate) fn finding(&mut self, depth: usize, finding: &Finding) {
        let sign = match finding.truth {
            Truth::True => '✓',
            Truth::False => '✗',
            Truth::Unknown => '?',
        };
        let mut words = format!("{sign} {}", finding.words);
        if !finding.parts.is_empty() {
            self.line(depth, &words);
            finding.parts.iter().for_each(|part| self.finding(depth + 1, part));
            return;
        }
        match (&finding.value, finding.truth) {
            (Some(value), _) => words.push_str(&format!(" — {}", words::value(value))),
            (None, Truth::Unknown) => words.push_str(" — not known"),
            (None, _) => {}
        }
        if let Some(since) = finding.since.filter(|_| finding.truth.holds()) {
            words.push_str(&format!(", since {}", self.minute(since)));
        }
        self.line(depth, &words);
        self.evidence(depth + 2, finding);
    }

    fn minute(&self, at: Timestamp) -> String {
        if at == Timestamp::MIN { "always".to_owned() } else { When(at).minute(self.zone) }
    }

    fn evidence(&mut self, depth: usize, finding: &Finding) {
        let evidence = &finding.evidence;
        let rows: Vec<String> = evidence.rows.iter().rev().filter_map(|row| (self.event)(*row)).collect();
        for row in rows.iter().take(ROWS_SHOWN) {
            self.line(depth, row);
        }
        let hidden = evidence.count.saturating_sub(rows.len().min(ROWS_SHOWN) as u64);
        if let (Some(first), true) = (evidence.first, hidden > 0) {
            let last = evidence.last.unwrap_or(first);
            let all = grouped(evidence.count);
            self.line(depth, &format!("{all} events in all, {} to {}", self.minute(first), self.minute(last)));
        }
    }
}
