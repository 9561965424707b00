//! The listings of `brix qualify` and `brix explain`: who qualifies, with the score and the reasons; and one subject,
//! criterion by criterion.

use std::sync::Arc;

use engine::definition::{Criterion, Definition};
use engine::outcome::{Explanation, Finding, Outcome, Score, Truth};
use engine::{Number, Timestamp};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::figure::{When, duration, grouped, left_out};
use crate::found::{EventWords, Teller};
use crate::question::DefinitionFacts;
use crate::text::table::{Table, cut, wrap};
use crate::{told, words};

/// Everyone who qualifies, or has qualified, at an instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The definition's id.
    pub definition: Arc<str>,
    /// Its name.
    pub name: String,
    /// Seen from this instant.
    pub as_of: When,
    /// The names of the score's parts.
    pub score_parts: Vec<Arc<str>>,
    /// The currency of values.
    pub currency: Option<Arc<str>>,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
    /// Who was not heard of since is not kept. `None`: everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_from: Option<When>,
    /// The rows; [`Listing::sort`] puts them in order.
    pub rows: Vec<Row>,
}

/// Whether someone fits, or only uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Behaviour and fit hold.
    QualifiedToBuy,
    /// The behaviour holds, the fit does not or is not known.
    QualifiedToUse,
    /// Qualified once; it no longer holds.
    Left,
}

/// Someone who qualifies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The id by which people know the subject.
    pub id: Arc<str>,
    /// How it stands.
    pub state: State,
    /// When it qualified: the latest entry; for those who only use, when the behaviour was first met.
    pub qualified_at: When,
    /// When the latest entry ended.
    pub left_at: Option<When>,
    /// How many entries there are.
    pub entries: usize,
    /// The score at the latest entry.
    pub score: Option<f64>,
    /// Its parts, in the order of the listing's `score_parts`.
    pub score_parts: Vec<f64>,
    /// The score's band.
    pub band: Option<Arc<str>>,
    /// What it may be worth in a year.
    pub value: Option<f64>,
    /// The criteria met, in words.
    pub reasons: Vec<Arc<str>>,
}

impl Row {
    /// The row of a subject, `None` if it neither qualifies nor has qualified.
    #[must_use]
    pub fn of(id: &str, outcome: &Outcome, facts: &DefinitionFacts, reasons: Vec<Arc<str>>) -> Option<Self> {
        let row = |state, at: Timestamp| Self {
            id: Arc::from(id),
            state,
            qualified_at: When(at),
            left_at: None,
            entries: outcome.entries.len(),
            score: None,
            score_parts: Vec::new(),
            band: None,
            value: None,
            reasons: Vec::new(),
        };
        if let Some(entry) = outcome.entries.last() {
            let state = if entry.exit.is_none() { State::QualifiedToBuy } else { State::Left };
            return Some(Self {
                left_at: entry.exit.map(When),
                score: entry.score.as_ref().map(|score| score.total.to_f64()),
                score_parts: entry.score.iter().flat_map(|score| &score.parts).map(|part| part.to_f64()).collect(),
                band: entry.score.as_ref().and_then(|score| facts.band(score.total)).cloned(),
                value: entry.value.map(Number::to_f64),
                reasons,
                ..row(state, entry.at)
            });
        }
        let uses = outcome.now.in_population && outcome.now.when;
        outcome.met_at.filter(|_| uses).map(|at| Self { reasons, ..row(State::QualifiedToUse, at) })
    }
}

impl Listing {
    /// Nobody yet.
    #[must_use]
    pub fn new(facts: &DefinitionFacts, as_of: Timestamp) -> Self {
        Self {
            definition: Arc::clone(&facts.id),
            name: facts.name.clone(),
            as_of: When(as_of),
            score_parts: facts.score_parts.clone(),
            currency: facts.currency.clone(),
            refused_profiling: None,
            kept_from: None,
            rows: Vec::new(),
        }
    }

    /// Those qualified to buy first, then to use, then those who left; within each the highest score, then the latest.
    pub fn sort(&mut self) {
        self.rows.sort_by(|left, right| {
            left.state
                .cmp(&right.state)
                .then_with(|| right.score.unwrap_or(-1.0).total_cmp(&left.score.unwrap_or(-1.0)))
                .then_with(|| right.qualified_at.cmp(&left.qualified_at))
                .then_with(|| left.id.cmp(&right.id))
        });
    }

    /// A table for a terminal, of those states that were asked for.
    #[must_use]
    pub fn text(&self, asked: &[State], zone: &TimeZone) -> String {
        let count = |state| grouped(self.rows.iter().filter(|row| row.state == state).count() as u64);
        // Who was not asked for is not there, which is not the same as nobody.
        let counted: Vec<String> = [
            (State::QualifiedToBuy, "qualified to buy"),
            (State::QualifiedToUse, "to use only"),
            (State::Left, "no longer"),
        ]
        .into_iter()
        .filter(|(state, _)| asked.contains(state))
        .map(|(state, words)| format!("{} {words}", count(state)))
        .collect();
        let mut lines = vec![format!("{} as of {}: {}", self.name, self.as_of.minute(zone), counted.join(", "))];
        lines.extend(self.refused_profiling.filter(|count| *count > 0).map(left_out));
        let scored = self.rows.iter().any(|row| row.score.is_some());
        let mut head = vec!["who", "state", "since"];
        if scored {
            head.extend([">score", "parts"]);
        }
        let mut table = Table::new(&head);
        for row in &self.rows {
            let state = match row.state {
                State::QualifiedToBuy => "to buy",
                State::QualifiedToUse => "to use",
                State::Left => "left",
            };
            let mut cells = vec![cut(&row.id, 32), state.to_owned(), row.qualified_at.minute(zone)];
            if scored {
                let band = row.band.as_ref().map_or(String::new(), |band| format!(" {band}"));
                cells.push(row.score.map_or("–".to_owned(), |score| format!("{score:.0}{band}")));
                let parts = self.score_parts.iter().zip(&row.score_parts);
                cells.push(parts.map(|(name, part)| format!("{name} {part:.0}")).collect::<Vec<_>>().join(" · "));
            }
            table.row(cells);
        }
        let mut rows = table.lines(0, crate::text::WIDTH).into_iter();
        lines.push(String::new());
        lines.extend(rows.next());
        for (line, row) in rows.zip(&self.rows) {
            lines.push(line);
            if !row.reasons.is_empty() {
                let reasons = row.reasons.iter().map(|reason| &**reason).collect::<Vec<_>>().join(" · ");
                lines.extend(wrap(&reasons, crate::text::WIDTH, "    ", "    "));
            }
        }
        lines.join("\n") + "\n"
    }

    /// Comma-separated values (RFC 4180) with a head. Words that a spreadsheet would take for a formula get a `'` in front.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from("id,state,qualified_at,left_at,entries,score,band,value,reasons");
        for part in &self.score_parts {
            text.push(',');
            text.push_str(&csv_cell(&format!("score.{part}")));
        }
        text.push_str("\r\n");
        let number = |amount: Option<f64>| amount.map_or(String::new(), |amount| amount.to_string());
        for row in &self.rows {
            let state = match row.state {
                State::QualifiedToBuy => "qualified_to_buy",
                State::QualifiedToUse => "qualified_to_use",
                State::Left => "left",
            };
            let mut cells = vec![
                guarded(&row.id),
                state.to_owned(),
                row.qualified_at.0.to_string(),
                row.left_at.map_or(String::new(), |at| at.0.to_string()),
                row.entries.to_string(),
                number(row.score),
                guarded(row.band.as_deref().unwrap_or("")),
                number(row.value),
                guarded(&row.reasons.iter().map(|reason| &**reason).collect::<Vec<_>>().join("; ")),
            ];
            cells.extend((0..self.score_parts.len()).map(|place| number(row.score_parts.get(place).copied())));
            text.push_str(&cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(","));
            text.push_str("\r\n");
        }
        text
    }
}

/// A spreadsheet takes words that begin so for a formula; ids and reasons come from outside.
pub(crate) fn guarded(words: &str) -> String {
    if words.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{words}") } else { words.to_owned() }
}

pub(crate) fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The criteria that were met, in words: of `when`, then of `fit`.
#[must_use]
pub fn reasons(definition: &Definition, explanation: &Explanation) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    gather_met(&definition.when, &explanation.when, &mut found);
    if let (Some(fit), Some(finding)) = (&definition.fit, &explanation.fit) {
        gather_met(fit, finding, &mut found);
    }
    found
}

fn gather_met(criterion: &Criterion, finding: &Finding, found: &mut Vec<Arc<str>>) {
    if !finding.truth.holds() {
        return;
    }
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            for (part, finding) in parts.iter().zip(&finding.parts) {
                gather_met(part, finding, found);
            }
        }
        _ => found.push(Arc::from(words::met(criterion, finding))),
    }
}

/// What is there so far: the criteria of `when` and `fit` that hold, in words, whether or not the whole does.
#[must_use]
pub fn so_far(definition: &Definition, explanation: &Explanation) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    gather_so_far(&definition.when, &explanation.when, &mut found);
    if let (Some(fit), Some(finding)) = (&definition.fit, &explanation.fit) {
        gather_so_far(fit, finding, &mut found);
    }
    found
}

fn gather_so_far(criterion: &Criterion, finding: &Finding, found: &mut Vec<Arc<str>>) {
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            for (part, finding) in parts.iter().zip(&finding.parts) {
                gather_so_far(part, finding, found);
            }
        }
        _ if finding.truth.holds() => found.push(Arc::from(words::met(criterion, finding))),
        _ => {}
    }
}

/// What is missing: the criteria of `when` and `fit` that do not hold and that would have to, in words with what there
/// is so far.
#[must_use]
pub fn missing(definition: &Definition, explanation: &Explanation) -> Vec<Arc<str>> {
    told::missing(definition, explanation).into_iter().map(|missing| missing.words).collect()
}

/// What happened to a subject, in the order of time: start, population, behaviour met, entries, conversions.
#[must_use]
pub fn timeline(outcome: &Outcome, zone: &TimeZone) -> Vec<String> {
    let mut moments: Vec<(Timestamp, u8, String)> = vec![(outcome.clock, 0, "its time started".to_owned())];
    moments.extend(outcome.population_from.map(|at| (at, 1, "in the population".to_owned())));
    moments.extend(outcome.met_at.map(|at| (at, 2, "qualified to use: the behaviour was met".to_owned())));
    moments.extend(outcome.outside_at.map(|at| (at, 2, "met it, but outside the population".to_owned())));
    for (number, entry) in (1..).zip(&outcome.entries) {
        let score = entry.score.as_ref().map_or(String::new(), |score| format!(", score {}", score.total));
        moments.push((entry.at, 3, format!("qualified to buy (entry {number}{score})")));
        moments.extend(entry.exit.map(|at| (at, 5, format!("no longer (entry {number} ends)"))));
    }
    moments.extend(outcome.conversions.iter().map(|at| (*at, 4, "converted".to_owned())));
    moments.sort();
    moments.into_iter().map(|(at, _, words)| format!("{:<16}  {words}", When(at).minute(zone))).collect()
}

/// One subject at one instant, criterion by criterion. `event` gives an evidence row in words; a row that it does not
/// know is passed over.
#[must_use]
pub fn explanation(
    id: &str,
    definition: &Definition,
    explained: &Explanation,
    zone: &TimeZone,
    event: EventWords<'_>,
) -> String {
    let mut explained = explained.clone();
    told::in_words(definition, &mut explained);
    let explained = &explained;
    let mut teller = Teller::new(zone, event, crate::text::WIDTH);
    teller.line(0, &format!("{id} · {} ({})", definition.name, definition.id));
    let at = When(explained.at).minute(zone);
    match explained.clock {
        Some(clock) => {
            let age = duration(explained.at.0.saturating_sub(clock.0) as f64);
            teller.line(0, &format!("as of {at} · started {} ({age} before)", When(clock).minute(zone)));
        }
        None => teller.line(0, &format!("as of {at} · its time has not started: nothing holds yet")),
    }
    let standing = explained.standing;
    let inside = if standing.in_population { "in the population" } else { "outside the population" };
    let verdict = match (standing.in_population, standing.when, standing.fit) {
        (true, true, Truth::True) => "qualified to buy",
        (true, true, Truth::False) => "qualified to use; the fit is not met",
        (true, true, Truth::Unknown) => "qualified to use; the fit is not known",
        _ => "not qualified",
    };
    teller.line(0, &format!("{inside} · {verdict}"));
    let parts = [
        ("behaviour", Some(&explained.when)),
        ("fit", explained.fit.as_ref()),
        ("population", explained.population.as_ref()),
    ];
    for (name, finding) in parts.into_iter().filter_map(|(name, finding)| Some((name, finding?))) {
        teller.line(0, "");
        teller.line(0, name);
        teller.finding(1, finding);
    }
    if let Some(score) = &explained.score {
        teller.line(0, "");
        // The timeline has that of each entry.
        teller.line(0, &format!("{}; a lead keeps the score of its entry", score_words(definition, score, &at)));
    }
    let missing = missing(definition, explained);
    if !missing.is_empty() {
        teller.line(0, "");
        teller.line(0, "missing");
        for criterion in missing {
            teller.line(1, &format!("✗ {criterion}"));
        }
    }
    teller.lines.join("\n") + "\n"
}

fn score_words(definition: &Definition, score: &Score, at: &str) -> String {
    let parts = definition.score.iter().zip(&score.parts);
    let parts: Vec<String> = parts.map(|(part, points)| format!("{} {points} of {}", part.name, part.weight)).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" · ")) };
    format!("score as of {at}: {}{parts}", score.total)
}
